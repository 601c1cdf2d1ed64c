
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#if (NGX_LINUX)
#include <dlfcn.h>
#endif

#include "idv_transfer_job.h"


/*
 *   start ---> lookup ---> running ---> ended ---> handler
 *                 |           |           |
 *                 '-----------+-----------+------> cancelled
 *
 * A job is always in one of two queues, jobs or ended, and also in that of news
 * while its caller is to be told of bytes.  Handlers are called from
 * idv_transfer_settle() only, and that by the event loop only.
 */


#define IDV_TRANSFER_TICK  60000     /* ms, where there is no deadline */


static void idv_transfer_pin(void);
static void idv_transfer_free_all(ngx_queue_t *jobs);
static ngx_int_t idv_transfer_lookup(idv_transfer_job_t *job);
static void idv_transfer_looked_up(idv_resolve_t *rs);
static ngx_int_t idv_transfer_run(idv_transfer_job_t *job);
static void idv_transfer_timer(ngx_event_t *ev);
static ngx_msec_t idv_transfer_left(idv_transfer_job_t *job);
static void idv_transfer_done(CURL *easy, CURLcode code);
static void idv_transfer_lost(idv_multi_t *multi);
static void idv_transfer_fail(idv_transfer_job_t *job,
    idv_transfer_result_e result, const char *error);
static void idv_transfer_end(idv_transfer_job_t *job);
static void idv_transfer_settle(void);
static void idv_transfer_settle_news(void);
static void idv_transfer_untell(idv_transfer_job_t *job);
static void idv_transfer_report(idv_transfer_job_t *job);
static void idv_transfer_drop_response(idv_transfer_t *t);
static void idv_transfer_free(idv_transfer_job_t *job);


/* in the order of idv_transfer_result_e */

static const char  *idv_transfer_results[] = {
    "ok",
    "resolve",
    "connect",
    "tls",
    "timeout",
    "reset",
    "too large",
    "protocol",
    "internal"
};


static ngx_queue_t  idv_transfer_jobs;
static ngx_queue_t  idv_transfer_ended;
static ngx_queue_t  idv_transfer_news;


ngx_int_t
idv_transfer_init_process(ngx_cycle_t *cycle)
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    /* in a static nginx both modules call */

    if (idv_transfer_jobs.next) {
        return NGX_OK;
    }

    idv_transfer_pin();

    ngx_queue_init(&idv_transfer_jobs);
    ngx_queue_init(&idv_transfer_ended);
    ngx_queue_init(&idv_transfer_news);

    return idv_multi_init(cycle->log, idv_transfer_done, idv_transfer_lost,
                          idv_transfer_settle);
}


/*
 * A lookup that was given up leaves its thread inside getaddrinfo(), and that
 * thread returns into libcurl.  nginx unloads modules shortly before a worker
 * ends: the library must stay mapped until the end.
 */

static void
idv_transfer_pin(void)
{
#if (NGX_LINUX)
    Dl_info   info;

    if (dladdr((void *) (uintptr_t) &curl_multi_init, &info) != 0
        && info.dli_fname != NULL)
    {
        (void) dlopen(info.dli_fname, RTLD_NOW|RTLD_NOLOAD|RTLD_NODELETE);
    }
#endif
}


void
idv_transfer_exit_process(ngx_cycle_t *cycle)
{
    if (idv_transfer_jobs.next == NULL) {
        return;
    }

    idv_transfer_free_all(&idv_transfer_jobs);
    idv_transfer_free_all(&idv_transfer_ended);

    idv_multi_exit();

    idv_transfer_jobs.next = NULL;
}


static void
idv_transfer_free_all(ngx_queue_t *jobs)
{
    ngx_queue_t         *q;
    idv_transfer_job_t  *job;

    while (!ngx_queue_empty(jobs)) {
        q = ngx_queue_head(jobs);
        job = ngx_queue_data(q, idv_transfer_job_t, queue);

        if (job->transfer) {
            job->transfer->priv = NULL;
        }

        idv_transfer_free(job);
    }
}


const char *
idv_transfer_result_name(idv_transfer_result_e result)
{
    if ((size_t) result
        >= sizeof(idv_transfer_results) / sizeof(idv_transfer_results[0]))
    {
        return "unknown";
    }

    return idv_transfer_results[result];
}


ngx_int_t
idv_transfer_start(idv_transfer_t *t)
{
    idv_transfer_job_t  *job;

    t->priv = NULL;
    t->result = IDV_TRANSFER_INTERNAL;
    t->status = 0;
    t->retry_after = -1;
    t->error[0] = '\0';

    ngx_str_null(&t->response);
    ngx_str_null(&t->content_type);
    ngx_memzero(t->kept, sizeof(t->kept));

    if (idv_transfer_jobs.next == NULL) {
        return NGX_ERROR;
    }

    job = ngx_calloc(sizeof(idv_transfer_job_t), t->log);
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->transfer = t;
    job->started = ngx_current_msec;

    ngx_queue_insert_tail(&idv_transfer_jobs, &job->queue);

    job->multi = idv_multi_get(t->conf, t->conf->max_connections);

    if (job->multi == NULL
        || idv_transfer_request(job) != NGX_OK
        || idv_transfer_lookup(job) != NGX_OK)
    {
        idv_transfer_free(job);
        return NGX_ERROR;
    }

    t->priv = job;

    job->timer.data = &idv_multi_no_connection;
    job->timer.handler = idv_transfer_timer;
    job->timer.log = ngx_cycle->log;
    job->timer.cancelable = !t->live;

    ngx_add_timer(&job->timer, idv_transfer_left(job));

    ngx_log_debug3(NGX_LOG_DEBUG_CORE, t->log, 0,
                   "idv transfer start: %V creates:%d live:%d",
                   &t->method, t->creates, t->live);

    return NGX_OK;
}


void
idv_transfer_cancel(idv_transfer_t *t)
{
    idv_transfer_job_t *job = t->priv;

    if (job == NULL) {
        return;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_CORE, t->log, 0, "idv transfer cancel");

    t->priv = NULL;

    idv_transfer_drop_response(t);

    job->transfer = NULL;

    idv_transfer_untell(job);

    if (idv_multi_inside()) {

        /* libcurl cannot drop a handle under its own feet */

        if (job->timer.timer_set) {
            ngx_del_timer(&job->timer);
        }

        idv_transfer_end(job);
        return;
    }

    idv_transfer_free(job);
}


void
idv_transfer_resume(idv_transfer_t *t)
{
    idv_transfer_job_t *job = t->priv;

    if (job == NULL || job->ended || !job->paused) {
        return;
    }

    job->paused = 0;
    job->active = ngx_current_msec;

    ngx_add_timer(&job->timer, idv_transfer_left(job));

    if (idv_multi_resume(job->multi, job->easy) != NGX_OK) {
        idv_transfer_fail(job, job->too_large ? IDV_TRANSFER_TOO_LARGE
                                              : IDV_TRANSFER_INTERNAL,
                          "the transfer cannot go on");
    }
}


void
idv_transfer_detach(idv_transfer_t *t)
{
    idv_transfer_job_t *job = t->priv;

    t->live = 0;

    if (job) {
        job->timer.cancelable = 1;
    }
}


/* Runs the job at once where nginx's resolver has nothing to say. */

static ngx_int_t
idv_transfer_lookup(idv_transfer_job_t *job)
{
    ngx_int_t                   rc;
    in_port_t                   port;
    const char                 *url;
    idv_resolve_t              *rs;
    const idv_transfer_conf_t  *conf;

    rs = &job->resolve;
    conf = job->transfer->conf;

    if (conf->resolver == NULL) {
        return idv_transfer_run(job);
    }

    url = (const char *) job->transfer->url.data;
    port = 0;

    if (conf->proxy.len) {

        /* the peer's name is then the proxy's business; 1080 is libcurl's */

        url = (const char *) conf->proxy.data;
        port = (ngx_strncasecmp(conf->proxy.data, (u_char *) "https:", 6) == 0)
               ? 443 : 1080;
    }

    rs->resolver = conf->resolver;
    rs->timeout = conf->resolver_timeout;
    rs->handler = idv_transfer_looked_up;

    rc = idv_resolve_parse(rs, url, port);

    if (rc == NGX_DECLINED) {
        return idv_transfer_run(job);
    }

    if (rc == NGX_ERROR) {
        idv_transfer_fail(job, IDV_TRANSFER_PROTOCOL, "not a URL with a host");
        return NGX_OK;
    }

    if (idv_resolve_start(rs) != NGX_OK) {
        idv_transfer_fail(job, IDV_TRANSFER_RESOLVE, rs->error);
    }

    return NGX_OK;
}


/* may come from inside idv_transfer_start() */

static void
idv_transfer_looked_up(idv_resolve_t *rs)
{
    idv_transfer_job_t  *job;

    job = ngx_queue_data(rs, idv_transfer_job_t, resolve);

    if (rs->list == NULL) {
        idv_transfer_fail(job, IDV_TRANSFER_RESOLVE, rs->error);
        return;
    }

    if (!idv_transfer_set(job->easy, CURLOPT_RESOLVE, rs->list)
        || idv_transfer_run(job) != NGX_OK)
    {
        idv_transfer_fail(job, IDV_TRANSFER_INTERNAL,
                          "the transfer could not be started");
    }
}


static ngx_int_t
idv_transfer_run(idv_transfer_job_t *job)
{
    ngx_msec_t  spent, timeout;

    timeout = job->transfer->conf->timeout;

    if (timeout) {
        spent = ngx_current_msec - job->started;
        timeout = (spent < timeout) ? timeout - spent : 1;
    }

    if (!idv_transfer_set(job->easy, CURLOPT_TIMEOUT_MS, (long) timeout)
        || idv_multi_add(job->multi, job->easy) != NGX_OK)
    {
        return NGX_ERROR;
    }

    job->added = 1;

    return NGX_OK;
}


/*
 * The total deadline counts lookups and waiting for a connection, which
 * libcurl's does not; idle is counted from the moment of a connection on.
 */

static void
idv_transfer_timer(ngx_event_t *ev)
{
    ngx_msec_t                  now;
    idv_transfer_job_t         *job;
    const idv_transfer_conf_t  *conf;

    job = ngx_queue_data(ev, idv_transfer_job_t, timer);

    if (job->ended) {
        idv_transfer_settle();
        return;
    }

    conf = job->transfer->conf;
    now = ngx_current_msec;

    if (conf->timeout && now - job->started >= conf->timeout) {
        idv_transfer_fail(job, IDV_TRANSFER_TIMEOUT, "not done in time");

    } else if (conf->idle_timeout && job->sent && !job->paused
               && now - job->active >= conf->idle_timeout)
    {
        idv_transfer_fail(job, IDV_TRANSFER_TIMEOUT, "idle for too long");

    } else {
        ngx_add_timer(ev, idv_transfer_left(job));
        return;
    }

    idv_transfer_settle();
}


/* ms until the timer has to look again, at least 1 */

static ngx_msec_t
idv_transfer_left(idv_transfer_job_t *job)
{
    ngx_msec_t                  idle, left, now, spent;
    const idv_transfer_conf_t  *conf;

    conf = job->transfer->conf;
    now = ngx_current_msec;
    left = IDV_TRANSFER_TICK;

    if (conf->timeout) {
        spent = now - job->started;
        left = (spent < conf->timeout) ? conf->timeout - spent : 1;
    }

    if (conf->idle_timeout && !job->paused) {
        spent = job->sent ? now - job->active : 0;
        idle = (spent < conf->idle_timeout) ? conf->idle_timeout - spent : 1;
        left = ngx_min(left, idle);
    }

    return left;
}


static void
idv_transfer_done(CURL *easy, CURLcode code)
{
    char                *data;
    ngx_int_t            rc;
    idv_transfer_job_t  *job;

    data = NULL;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data);

    job = (idv_transfer_job_t *) (void *) data;

    if (code == CURLE_OK && job->transfer && job->transfer->mail
        && !job->ended)
    {
        rc = idv_transfer_mail_talk(job);

        if (rc == NGX_OK) {
            return;
        }

        code = (rc == NGX_DECLINED) ? CURLE_LOGIN_DENIED : CURLE_OUT_OF_MEMORY;
    }

    idv_multi_remove(job->multi, easy);

    job->added = 0;
    job->result = idv_transfer_map(job, code);

    if (job->error[0] == '\0' && code != CURLE_OK) {
        ngx_cpystrn((u_char *) job->error, (u_char *) curl_easy_strerror(code),
                    CURL_ERROR_SIZE);
    }

    idv_transfer_end(job);
}


void
idv_transfer_talked(idv_transfer_job_t *job, idv_transfer_result_e result,
    const char *error)
{
    idv_transfer_fail(job, result, error);
}


/* also those that wait for a lookup: the handle is not for them any more */

static void
idv_transfer_lost(idv_multi_t *multi)
{
    ngx_queue_t         *q, *next;
    idv_transfer_job_t  *job;

    for (q = ngx_queue_head(&idv_transfer_jobs);
         q != ngx_queue_sentinel(&idv_transfer_jobs);
         q = next)
    {
        next = ngx_queue_next(q);
        job = ngx_queue_data(q, idv_transfer_job_t, queue);

        if (job->multi == multi) {
            idv_transfer_fail(job, IDV_TRANSFER_INTERNAL,
                              "libcurl has lost its handle");
        }
    }
}


/* Ends a job that libcurl did not end; its handler is still to be called. */

static void
idv_transfer_fail(idv_transfer_job_t *job, idv_transfer_result_e result,
    const char *error)
{
    idv_transfer_mail_hang_up(job);

    if (job->added) {
        idv_multi_remove(job->multi, job->easy);
        job->added = 0;
    }

    idv_resolve_cancel(&job->resolve);

    job->result = result;

    ngx_cpystrn((u_char *) job->error, (u_char *) error, CURL_ERROR_SIZE);

    idv_transfer_end(job);
}


/* The timer goes on: until the handler is called it holds the worker. */

static void
idv_transfer_end(idv_transfer_job_t *job)
{
    if (job->ended) {
        return;
    }

    job->ended = 1;

    idv_transfer_mail_hang_up(job);

    ngx_queue_remove(&job->queue);
    ngx_queue_insert_tail(&idv_transfer_ended, &job->queue);

    idv_multi_post();
}


/*
 * Calls handlers, which may start and cancel any transfer, those that wait here
 * included.  What ends meanwhile has its turn in the next round.
 */

static void
idv_transfer_settle(void)
{
    ngx_queue_t          batch, *q;
    idv_transfer_t      *t;
    idv_transfer_job_t  *job;

    idv_transfer_settle_news();

    if (ngx_queue_empty(&idv_transfer_ended)) {
        return;
    }

    ngx_queue_init(&batch);
    ngx_queue_add(&batch, &idv_transfer_ended);
    ngx_queue_init(&idv_transfer_ended);

    while (!ngx_queue_empty(&batch)) {
        q = ngx_queue_head(&batch);
        job = ngx_queue_data(q, idv_transfer_job_t, queue);
        t = job->transfer;

        if (t) {
            idv_transfer_report(job);
            t->priv = NULL;
        }

        idv_transfer_free(job);

        if (t) {
            t->handler(t);
        }
    }
}


void
idv_transfer_tell(idv_transfer_job_t *job)
{
    if (job->told) {
        return;
    }

    job->told = 1;

    ngx_queue_insert_tail(&idv_transfer_news, &job->news);

    idv_multi_post();
}


static void
idv_transfer_untell(idv_transfer_job_t *job)
{
    if (job->told) {
        job->told = 0;
        ngx_queue_remove(&job->news);
    }
}


/* before handlers: what comes after the last piece is the end */

static void
idv_transfer_settle_news(void)
{
    ngx_queue_t          batch, *q;
    idv_transfer_job_t  *job;

    if (ngx_queue_empty(&idv_transfer_news)) {
        return;
    }

    ngx_queue_init(&batch);
    ngx_queue_add(&batch, &idv_transfer_news);
    ngx_queue_init(&idv_transfer_news);

    while (!ngx_queue_empty(&batch)) {
        q = ngx_queue_head(&batch);
        job = ngx_queue_data(q, idv_transfer_job_t, news);

        idv_transfer_untell(job);

        /* of one that has failed, nothing more is told but that */

        if (!job->ended) {
            job->transfer->progress(job->transfer);
        }
    }
}


static void
idv_transfer_report(idv_transfer_job_t *job)
{
    u_char          *p;
    long             status;
    idv_transfer_t  *t;

    t = job->transfer;

    status = 0;
    (void) curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);

    t->result = job->result;
    t->status = job->code ? job->code : (ngx_uint_t) status;

    if (t->result != IDV_TRANSFER_OK) {

        /* half an answer is none */

        idv_transfer_drop_response(t);

        ngx_cpystrn((u_char *) t->error, (u_char *) job->error,
                    IDV_TRANSFER_ERROR_LEN);

        /* it is going to be logged, and may quote what a server said */

        for (p = (u_char *) t->error; *p; p++) {
            if (*p < 0x20 || *p >= 0x7f) {
                *p = '.';
            }
        }
    }

    ngx_log_debug4(NGX_LOG_DEBUG_CORE, t->log, 0,
                   "idv transfer done: %s status:%ui bytes:%uz ms:%M",
                   idv_transfer_result_name(t->result), t->status,
                   t->response.len, ngx_current_msec - job->started);
}


static void
idv_transfer_drop_response(idv_transfer_t *t)
{
    if (t->response.len) {
        ngx_explicit_memzero(t->response.data, t->response.len);
    }

    ngx_str_null(&t->response);
}


static void
idv_transfer_free(idv_transfer_job_t *job)
{
    ngx_queue_remove(&job->queue);

    idv_transfer_untell(job);

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    idv_resolve_cancel(&job->resolve);
    idv_transfer_mail_hang_up(job);

    if (job->added) {
        idv_multi_remove(job->multi, job->easy);
    }

    if (job->easy) {
        curl_easy_cleanup(job->easy);
    }

    curl_slist_free_all(job->headers);
    curl_slist_free_all(job->resolve.list);

    ngx_free(job);
}
