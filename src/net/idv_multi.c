
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>
#include <openssl/err.h>

#include "idv_event.h"
#include "idv_multi.h"


/*
 *  idv_transfer.c          this file                       event loop
 *
 *  idv_multi_add() -----> curl_multi_add_handle()
 *                              |  timer callback ----------> multi->timer
 *                              |  socket callback ---------> socket->read
 *                                                            socket->write
 *                         idv_multi_action()  <------------- (one fires)
 *                              |  curl_multi_socket_action()
 *                              |  curl_multi_info_read()...
 *  done(easy, code) <----------|  each, after it was removed
 *  settle() <------------------'  once, libcurl is not on the stack
 *
 * A provider has a multi handle of its own: its connections, its limit of
 * them, its CA store and its TLS sessions are nobody else's.
 *
 * Sockets belong to libcurl: it opens and closes them.  The records that tie
 * them to events are ours and not slots of nginx's connection table: a full
 * table can fail no transfer, and no transfer takes a slot from a client.  They
 * are recycled but never freed while the process runs, since events of a batch
 * that epoll has returned already may still point at them; "instance" marks
 * such events as stale.
 *
 * Events are level-triggered, libcurl does not read until EAGAIN.  Both
 * directions of a socket must then be: epoll has one set of flags for both.
 *
 * Before 8.4, libcurl closes a socket that did not connect first and tells of
 * it later, and then waits for some event or other until it tries the host's
 * next address.  Nothing that it waits for would come: it is pushed.
 */


#define IDV_MULTI_SWEEP  10          /* ms between looks at unwatched sockets */


typedef struct idv_multi_socket_s  idv_multi_socket_t;

struct idv_multi_socket_s {
    ngx_connection_t       connection;     /* first: what event methods see */
    ngx_event_t            read;
    ngx_event_t            write;

    idv_multi_t           *multi;
    CURL                  *easy;           /* that libcurl last named */
    ngx_queue_t            queue;          /* of free or unwatched ones */
    unsigned               unwatched:1;

    idv_multi_socket_t    *next;           /* of all */
};


struct idv_multi_s {
    CURLM                 *handle;
    CURLSH                *share;
    ngx_event_t            timer;
    unsigned               stalled:1;

    const void            *key;
    idv_multi_t           *next;
};


typedef struct {
    idv_multi_t           *multis;
    idv_multi_socket_t    *sockets;
    ngx_queue_t            free;
    ngx_queue_t            unwatched;

    ngx_event_t            sweep;
    ngx_event_t            post;

    idv_multi_done_pt      done;
    idv_multi_lost_pt      lost;
    idv_multi_settle_pt    settle;

    ngx_uint_t             inside;
    unsigned               ready:1;
} idv_multi_process_t;


static idv_multi_t *idv_multi_create(const void *key);
static ngx_int_t idv_multi_configure(idv_multi_t *multi);
static void idv_multi_destroy(idv_multi_t *multi);
static int idv_multi_socket_callback(CURL *easy, curl_socket_t fd, int what,
    void *data, void *socket_data);
static idv_multi_socket_t *idv_multi_socket_get(idv_multi_t *multi,
    curl_socket_t fd);
static void idv_multi_socket_free(idv_multi_socket_t *s);
static void idv_multi_socket_watch(idv_multi_socket_t *s, int what);
static int idv_multi_timer_callback(CURLM *handle, long timeout, void *data);
static void idv_multi_socket_handler(ngx_event_t *ev);
static void idv_multi_timer_handler(ngx_event_t *ev);
static void idv_multi_sweep_handler(ngx_event_t *ev);
static void idv_multi_post_handler(ngx_event_t *ev);
static void idv_multi_action(idv_multi_t *multi, curl_socket_t fd, int mask);
static ngx_int_t idv_multi_push(idv_multi_t *multi);
static ngx_int_t idv_multi_check(CURLMcode rc, const char *call);
static void idv_multi_break(idv_multi_t *multi);
static void idv_multi_drain(idv_multi_t *multi);
static void idv_multi_timer_init(ngx_event_t *ev, ngx_event_handler_pt handler);


ngx_connection_t  idv_multi_no_connection = { .fd = (ngx_socket_t) -1 };

/* what this process has; nothing of it is configuration */

static idv_multi_process_t  idv_multi_process;


ngx_int_t
idv_multi_init(ngx_log_t *log, idv_multi_done_pt done, idv_multi_lost_pt lost,
    idv_multi_settle_pt settle)
{
    CURLcode  code;

    code = curl_global_init(CURL_GLOBAL_DEFAULT);

    ERR_clear_error();

    if (code != CURLE_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "idv: curl_global_init() failed: %s",
                      curl_easy_strerror(code));
        return NGX_ERROR;
    }

    ngx_memzero(&idv_multi_process, sizeof(idv_multi_process_t));

    ngx_queue_init(&idv_multi_process.free);
    ngx_queue_init(&idv_multi_process.unwatched);

    idv_multi_timer_init(&idv_multi_process.sweep, idv_multi_sweep_handler);
    idv_multi_timer_init(&idv_multi_process.post, idv_multi_post_handler);

    idv_multi_process.done = done;
    idv_multi_process.lost = lost;
    idv_multi_process.settle = settle;
    idv_multi_process.ready = 1;

    return NGX_OK;
}


void
idv_multi_exit(void)
{
    idv_multi_t         *multi;
    idv_multi_socket_t  *s;

    if (!idv_multi_process.ready) {
        return;
    }

    idv_multi_process.ready = 0;

    /* libcurl reports the end of its sockets: the records live longer */

    while (idv_multi_process.multis) {
        multi = idv_multi_process.multis;
        idv_multi_process.multis = multi->next;

        idv_multi_destroy(multi);
    }

    idv_event_stop(&idv_multi_process.sweep);
    idv_event_stop(&idv_multi_process.post);

    while (idv_multi_process.sockets) {
        s = idv_multi_process.sockets;
        idv_multi_process.sockets = s->next;

        ngx_free(s);
    }

    curl_global_cleanup();
}


idv_multi_t *
idv_multi_get(const void *key, ngx_uint_t connections)
{
    idv_multi_t  *multi;

    if (!idv_multi_process.ready) {
        return NULL;
    }

    for (multi = idv_multi_process.multis; multi; multi = multi->next) {
        if (multi->key == key) {
            break;
        }
    }

    if (multi == NULL) {
        multi = idv_multi_create(key);
        if (multi == NULL) {
            return NULL;
        }
    }

    /*
     * Each time, since the key is an address: without a master process it may
     * come back from a reload with another limit.
     */

    if (curl_multi_setopt(multi->handle, CURLMOPT_MAX_HOST_CONNECTIONS,
                          (long) connections) != CURLM_OK
        || (connections
            && curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS,
                                 (long) connections) != CURLM_OK))
    {
        return NULL;
    }

    return multi;
}


static idv_multi_t *
idv_multi_create(const void *key)
{
    idv_multi_t  *multi;

    multi = ngx_calloc(sizeof(idv_multi_t), ngx_cycle->log);
    if (multi == NULL) {
        return NULL;
    }

    multi->key = key;

    idv_multi_timer_init(&multi->timer, idv_multi_timer_handler);

    multi->handle = curl_multi_init();
    multi->share = curl_share_init();

    if (multi->handle == NULL || multi->share == NULL
        || idv_multi_configure(multi) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "idv: libcurl refused to make a multi handle");

        idv_multi_destroy(multi);
        return NULL;
    }

    multi->next = idv_multi_process.multis;
    idv_multi_process.multis = multi;

    return multi;
}


static ngx_int_t
idv_multi_configure(idv_multi_t *multi)
{
    CURLM  *handle;

    handle = multi->handle;

    if (curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION,
                          idv_multi_socket_callback) != CURLM_OK
        || curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi) != CURLM_OK
        || curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION,
                             idv_multi_timer_callback) != CURLM_OK
        || curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi) != CURLM_OK)
    {
        return NGX_ERROR;
    }

#if (LIBCURL_VERSION_NUM >= 0x081400)

    /* lookups have a pool of threads then: the end does not wait for them */

    (void) curl_multi_setopt(handle, CURLMOPT_QUICK_EXIT, 1L);

#endif

    /* otherwise a TLS session is known to one easy handle only */

    if (curl_share_setopt(multi->share, CURLSHOPT_SHARE,
                          CURL_LOCK_DATA_SSL_SESSION)
        != CURLSHE_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
idv_multi_destroy(idv_multi_t *multi)
{
    idv_multi_socket_t  *s;

    if (multi->handle) {
        idv_multi_process.inside++;
        (void) curl_multi_cleanup(multi->handle);
        idv_multi_process.inside--;
    }

    /* its sockets that libcurl has not told the end of, short of memory */

    for (s = idv_multi_process.sockets; s; s = s->next) {
        if (s->multi == multi && s->connection.fd != (ngx_socket_t) -1) {
            idv_multi_socket_free(s);
        }
    }

    if (multi->share) {
        (void) curl_share_cleanup(multi->share);
    }

    ERR_clear_error();

    idv_event_stop(&multi->timer);

    ngx_free(multi);
}


ngx_int_t
idv_multi_add(idv_multi_t *multi, CURL *easy)
{
    CURLMcode  rc;

    if (curl_easy_setopt(easy, CURLOPT_SHARE, multi->share) != CURLE_OK) {
        return NGX_ERROR;
    }

    idv_multi_process.inside++;

    rc = curl_multi_add_handle(multi->handle, easy);

    idv_multi_process.inside--;

    if (idv_multi_check(rc, "curl_multi_add_handle()") != NGX_OK) {
        return NGX_ERROR;
    }

    /* it may have ended by now, without a socket or a timer that would tell */

    idv_multi_post();

    return NGX_OK;
}


void
idv_multi_remove(idv_multi_t *multi, CURL *easy)
{
    CURLMcode  rc;

    idv_multi_process.inside++;

    rc = curl_multi_remove_handle(multi->handle, easy);

    idv_multi_process.inside--;

    (void) idv_multi_check(rc, "curl_multi_remove_handle()");
}


ngx_int_t
idv_multi_resume(idv_multi_t *multi, CURL *easy)
{
    CURLcode  code;

    idv_multi_process.inside++;

    code = curl_easy_pause(easy, CURLPAUSE_CONT);

    idv_multi_process.inside--;

    ERR_clear_error();

    /* what it held has been through the callbacks by now */

    idv_multi_post();

    return (code == CURLE_OK) ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
idv_multi_inside(void)
{
    return idv_multi_process.inside != 0;
}


void
idv_multi_post(void)
{
    if (idv_multi_process.ready) {
        ngx_post_event(&idv_multi_process.post, &ngx_posted_next_events);
    }
}


/*
 * Tells changes only, and also of a resolver's pipe.  It never fails: libcurl
 * would take the multi handle, with all of its transfers, for dead.
 */

static int
idv_multi_socket_callback(CURL *easy, curl_socket_t fd, int what, void *data,
    void *socket_data)
{
    idv_multi_t *multi = data;
    idv_multi_socket_t *s = socket_data;

    ngx_log_debug3(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, 0,
                   "idv socket fd:%d what:%d known:%d",
                   (int) fd, what, s != NULL);

    if (what == CURL_POLL_REMOVE) {
        if (s) {
            idv_multi_socket_free(s);
        }

        return 0;
    }

    if (s == NULL) {
        s = idv_multi_socket_get(multi, fd);
        if (s == NULL) {
            /* no memory: the transfer's deadline ends it */
            return 0;
        }

        if (curl_multi_assign(multi->handle, fd, s) != CURLM_OK) {
            idv_multi_socket_free(s);
            return 0;
        }
    }

    s->easy = easy;

    idv_multi_socket_watch(s, what);

    return 0;
}


void
idv_multi_deafen(CURL *easy)
{
    idv_multi_socket_t  *s;

    for (s = idv_multi_process.sockets; s; s = s->next) {
        if (s->easy == easy && s->connection.fd != (ngx_socket_t) -1) {
            (void) shutdown(s->connection.fd, SHUT_RD);
        }
    }
}


static idv_multi_socket_t *
idv_multi_socket_get(idv_multi_t *multi, curl_socket_t fd)
{
    ngx_uint_t           instance;
    ngx_queue_t         *q;
    idv_multi_socket_t  *s;

    if (ngx_queue_empty(&idv_multi_process.free)) {
        s = ngx_calloc(sizeof(idv_multi_socket_t), ngx_cycle->log);
        if (s == NULL) {
            return NULL;
        }

        s->next = idv_multi_process.sockets;
        idv_multi_process.sockets = s;

    } else {
        q = ngx_queue_head(&idv_multi_process.free);
        ngx_queue_remove(q);
        s = ngx_queue_data(q, idv_multi_socket_t, queue);
    }

    instance = s->read.instance;

    ngx_memzero(&s->connection, sizeof(ngx_connection_t));
    ngx_memzero(&s->read, sizeof(ngx_event_t));
    ngx_memzero(&s->write, sizeof(ngx_event_t));

    s->connection.fd = (ngx_socket_t) fd;
    s->connection.read = &s->read;
    s->connection.write = &s->write;
    s->connection.log = ngx_cycle->log;

    s->read.instance = !instance;
    s->read.index = NGX_INVALID_INDEX;
    s->read.data = &s->connection;
    s->read.handler = idv_multi_socket_handler;
    s->read.log = ngx_cycle->log;

    s->write = s->read;
    s->write.write = 1;

    s->multi = multi;
    s->unwatched = 0;

    return s;
}


/* The descriptor stays open: closing it is up to libcurl. */

static void
idv_multi_socket_free(idv_multi_socket_t *s)
{
    ngx_uint_t  closed;

    closed = (fcntl(s->connection.fd, F_GETFD) == -1);

    if (closed && idv_multi_process.ready) {
        s->multi->stalled = 1;
        idv_multi_post();
    }

    idv_event_del(&s->read, NGX_READ_EVENT, closed);
    idv_event_del(&s->write, NGX_WRITE_EVENT, closed);

    if (s->unwatched) {
        ngx_queue_remove(&s->queue);
        s->unwatched = 0;
    }

    s->connection.fd = (ngx_socket_t) -1;

    ngx_queue_insert_head(&idv_multi_process.free, &s->queue);
}


/*
 * poll, select and the like have tables sized by worker_connections, which our
 * records are not counted in: there, and wherever a descriptor is refused, a
 * timer lets libcurl look for itself.
 */

static void
idv_multi_socket_watch(idv_multi_socket_t *s, int what)
{
    ngx_int_t   rc;
    ngx_uint_t  in, out, unwatched;

    in = (what == CURL_POLL_IN || what == CURL_POLL_INOUT);
    out = (what == CURL_POLL_OUT || what == CURL_POLL_INOUT);

    rc = NGX_DECLINED;

    if (ngx_event_flags & (NGX_USE_EPOLL_EVENT|NGX_USE_KQUEUE_EVENT)) {
        rc = idv_event_set(&s->read, NGX_READ_EVENT, in);

        if (rc == NGX_OK) {
            rc = idv_event_set(&s->write, NGX_WRITE_EVENT, out);
        }
    }

    unwatched = (rc != NGX_OK && (in || out));

    if (unwatched == s->unwatched) {
        return;
    }

    if (s->unwatched) {
        ngx_queue_remove(&s->queue);
        s->unwatched = 0;
        return;
    }

    ngx_queue_insert_tail(&idv_multi_process.unwatched, &s->queue);
    s->unwatched = 1;

    if (!idv_multi_process.sweep.timer_set) {
        ngx_add_timer(&idv_multi_process.sweep, IDV_MULTI_SWEEP);
    }
}


/* One timer for all transfers of the handle, not repeated; no libcurl here. */

static int
idv_multi_timer_callback(CURLM *handle, long timeout, void *data)
{
    idv_multi_t *multi = data;

    /* ngx_add_timer() alone would keep a deadline that is 300 ms off */

    idv_event_stop(&multi->timer);

    if (timeout < 0) {
        return 0;
    }

    if (timeout == 0) {

        /*
         * A timer of 0 ms set by a timer runs in the same pass over the tree,
         * and libcurl asks for such timers in rows.
         */

        ngx_post_event(&multi->timer, &ngx_posted_next_events);
        return 0;
    }

    ngx_add_timer(&multi->timer, (ngx_msec_t) timeout);

    return 0;
}


static void
idv_multi_socket_handler(ngx_event_t *ev)
{
    idv_multi_socket_t *s = ev->data;

    /*
     * The direction that fired, whatever "ready" says, as nobody clears it.
     * Errors come as both directions: libcurl finds them by itself.
     */

    idv_multi_action(s->multi, (curl_socket_t) s->connection.fd,
                     ev->write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
}


static void
idv_multi_timer_handler(ngx_event_t *ev)
{
    idv_multi_action(ngx_queue_data(ev, idv_multi_t, timer),
                     CURL_SOCKET_TIMEOUT, 0);
}


static void
idv_multi_sweep_handler(ngx_event_t *ev)
{
    ngx_queue_t          batch, *q;
    idv_multi_socket_t  *s;

    if (ngx_queue_empty(&idv_multi_process.unwatched)) {
        return;
    }

    /* an action may free any of them: none is held but through a queue */

    ngx_queue_init(&batch);
    ngx_queue_add(&batch, &idv_multi_process.unwatched);
    ngx_queue_init(&idv_multi_process.unwatched);

    while (!ngx_queue_empty(&batch)) {
        q = ngx_queue_head(&batch);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&idv_multi_process.unwatched, q);

        s = ngx_queue_data(q, idv_multi_socket_t, queue);

        idv_multi_action(s->multi, (curl_socket_t) s->connection.fd, 0);
    }

    if (!ngx_queue_empty(&idv_multi_process.unwatched) && !ev->timer_set) {
        ngx_add_timer(ev, IDV_MULTI_SWEEP);
    }
}


static void
idv_multi_post_handler(ngx_event_t *ev)
{
    idv_multi_t  *multi, *next;

    for (multi = idv_multi_process.multis; multi; multi = next) {
        next = multi->next;

        if (multi->stalled) {
            multi->stalled = 0;

            if (idv_multi_push(multi) != NGX_OK) {
                idv_multi_break(multi);
                continue;
            }
        }

        idv_multi_drain(multi);
    }

    idv_multi_process.settle();
}


static void
idv_multi_action(idv_multi_t *multi, curl_socket_t fd, int mask)
{
    int        running;
    CURLMcode  rc;

    idv_multi_process.inside++;

    rc = curl_multi_socket_action(multi->handle, fd, mask, &running);

    idv_multi_process.inside--;

    if (idv_multi_check(rc, "curl_multi_socket_action()") != NGX_OK) {
        idv_multi_break(multi);
        return;
    }

    idv_multi_drain(multi);

    idv_multi_process.settle();
}


/* Lets every transfer of the handle have a turn. */

static ngx_int_t
idv_multi_push(idv_multi_t *multi)
{
#if (LIBCURL_VERSION_NUM < 0x080400)

    int        running;
    CURLMcode  rc;

    rc = CURLM_OK;

    idv_multi_process.inside++;

    /* deprecated for its cost, which a failed connection may have */

    CURL_IGNORE_DEPRECATION(
        rc = curl_multi_socket_all(multi->handle, &running);
    )

    idv_multi_process.inside--;

    return idv_multi_check(rc, "curl_multi_socket_all()");

#else

    return NGX_OK;

#endif
}


static ngx_int_t
idv_multi_check(CURLMcode rc, const char *call)
{
    /* nginx takes what is left there for an error of its own connections */

    ERR_clear_error();

    if (rc == CURLM_OK) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0, "idv: %s failed: %s", call,
                  curl_multi_strerror(rc));

    return NGX_ERROR;
}


/*
 * A handle that ran out of memory has tables that are half made: libcurl would
 * divide by the size of one of them.  It goes with all of its transfers, and
 * the next one begins with another.
 */

static void
idv_multi_break(idv_multi_t *multi)
{
    idv_multi_t  **p;

    for (p = &idv_multi_process.multis; *p != multi; p = &(*p)->next) {
        /* void */
    }

    *p = multi->next;

    idv_multi_drain(multi);

    idv_multi_process.lost(multi);
    idv_multi_process.settle();

    idv_multi_destroy(multi);
}


static void
idv_multi_drain(idv_multi_t *multi)
{
    int       left;
    CURL     *easy;
    CURLMsg  *msg;
    CURLcode  code;

    for ( ;; ) {
        msg = curl_multi_info_read(multi->handle, &left);

        if (msg == NULL) {
            return;
        }

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message ends with the handle's stay */

        easy = msg->easy_handle;
        code = msg->data.result;

        idv_multi_process.done(easy, code);
    }
}


static void
idv_multi_timer_init(ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->data = &idv_multi_no_connection;
    ev->handler = handler;
    ev->log = ngx_cycle->log;

    /* what holds a worker is the timer of a live transfer */

    ev->cancelable = 1;
}
