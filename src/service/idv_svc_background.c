
/*
 * Copyright (C) nginx-idv authors
 *
 * A selfie with another background.  The picture goes to a helper, a process of
 * its own for each, and comes back from it through a socket pair in the event
 * loop.  The helper limits itself in time, so nobody has to be killed: who goes
 * away before it is done leaves it to end, and counted until then.
 *
 * Source: developer.pingidentity.com/pingone-api/verify/verified-data
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include <sys/syscall.h>

#include "../helper/idv_background.h"
#include "idv_svc.h"
#include "idv_svc_background.h"


#define IDV_SVC_BACKGROUND_TYPE                                               \
    "application/vnd.pingidentity.replace.background+json"

#define IDV_SVC_BACKGROUND_LATE  1000    /* ms, for a helper to end itself */


typedef struct {
    idv_svc_call_t         *call;            /* NULL: nobody waits any more */
    ngx_pool_t             *pool;
    ngx_connection_t       *connection;
    ngx_str_t               ask;
    size_t                  sent;
    idv_background_tell_t   tell;
    size_t                  told;            /* bytes, with what is above */
    ngx_str_t               picture;
    idv_svc_tx_t            tx;
} idv_svc_background_t;


/* members of the model, with the bounds that the API has for them */

typedef struct {
    const char             *object;
    const char             *name;
    const char             *target;
    ngx_int_t               min;
    ngx_int_t               max;
} idv_svc_background_number_t;


static ngx_int_t idv_svc_background_model(idv_svc_call_t *call,
    idv_background_ask_t *ask);
static ngx_int_t idv_svc_background_start(idv_svc_call_t *call,
    const idv_svc_tx_t *tx, const idv_background_ask_t *ask,
    const ngx_str_t *image);
static ngx_int_t idv_svc_background_spawn(idv_svc_call_t *call,
    idv_svc_background_t *b);
static void idv_svc_background_exec(const idv_svc_conf_t *conf,
    ngx_socket_t s);
static void idv_svc_background_write(ngx_event_t *wev);
static void idv_svc_background_read(ngx_event_t *rev);
static ssize_t idv_svc_background_recv(idv_svc_background_t *b);
static void idv_svc_background_done(idv_svc_background_t *b,
    ngx_uint_t answered);
static ngx_int_t idv_svc_background_answer(idv_svc_call_t *call,
    idv_svc_background_t *b, ngx_uint_t answered);
static void idv_svc_background_left(void *data);


static const idv_svc_background_number_t  idv_svc_background_numbers[] = {
    { "backgroundColor", "red", "backgroundColor.red", 0, 255 },
    { "backgroundColor", "green", "backgroundColor.green", 0, 255 },
    { "backgroundColor", "blue", "backgroundColor.blue", 0, 255 },
    { "aspectRatio", "aspectWidth", "aspectRatio.aspectWidth", 1, 1000 },
    { "aspectRatio", "aspectHeight", "aspectRatio.aspectHeight", 1, 1000 }
};


/* helpers of this worker */

static ngx_uint_t  idv_svc_background_running;


ngx_int_t
idv_svc_background(idv_svc_call_t *call)
{
    ngx_int_t              rc;
    ngx_str_t              image, after;
    idv_svc_view_t         view;
    idv_background_ask_t   ask;

    if (idv_svc_media_type(call, IDV_SVC_BACKGROUND_TYPE) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_MEDIA_TYPE);
    }

    if (idv_svc_transaction_get(call, IDV_SVC_DOCS, &view, &rc) != NGX_OK) {
        return rc;
    }

    if (call->conf->background.len == 0) {
        return idv_svc_error_status(call, NGX_HTTP_NOT_IMPLEMENTED);
    }

    if (idv_svc_background_model(call, &ask) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    rc = idv_svc_data_selfie(call, &view, &image);

    if (rc == NGX_DECLINED) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    if (rc != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    if (!idv_svc_tx_decided(&view.tx)) {
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "verifyTransaction",
                       "The transaction is not decided yet.", NULL);

        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (idv_svc_background_running >= (ngx_uint_t) call->conf->background_max)
    {
        ngx_str_set(&after, "1");

        if (idv_svc_header(call, "Retry-After", &after) != NGX_OK) {
            return idv_svc_error(call, IDV_SVC_UNEXPECTED);
        }

        return idv_svc_error(call, IDV_SVC_LIMITED);
    }

    return idv_svc_background_start(call, &view.tx, &ask, &image);
}


/* every mistake is named */

static ngx_int_t
idv_svc_background_model(idv_svc_call_t *call, idv_background_ask_t *ask)
{
    json_t                             *value;
    uint32_t                            number[5];
    ngx_uint_t                          i;
    const idv_svc_background_number_t  *n;

    for (i = 0; i < 5; i++) {
        n = &idv_svc_background_numbers[i];

        value = json_object_get(json_object_get(call->json, n->object),
                                n->name);

        if (value == NULL) {
            idv_svc_detail(call, "REQUIRED_VALUE", n->target,
                           "A value is required.", NULL);
            continue;
        }

        if (!json_is_integer(value) || json_integer_value(value) < n->min
            || json_integer_value(value) > n->max)
        {
            idv_svc_detail(call, "INVALID_VALUE", n->target,
                           "The value must be a number within the range.",
                           json_pack("{s:I, s:I}",
                                     "rangeMinimumValue", (json_int_t) n->min,
                                     "rangeMaximumValue",
                                     (json_int_t) n->max));
            continue;
        }

        number[i] = (uint32_t) json_integer_value(value);
    }

    if (call->details) {
        return NGX_DECLINED;
    }

    ngx_memzero(ask, sizeof(idv_background_ask_t));

    ask->magic = IDV_BACKGROUND_MAGIC;
    ask->rgb[0] = (uint8_t) number[0];
    ask->rgb[1] = (uint8_t) number[1];
    ask->rgb[2] = (uint8_t) number[2];
    ask->width = number[3];
    ask->height = number[4];

    return NGX_OK;
}


/* with memory of its own, since it may outlive the request */

static ngx_int_t
idv_svc_background_start(idv_svc_call_t *call, const idv_svc_tx_t *tx,
    const idv_background_ask_t *ask, const ngx_str_t *image)
{
    u_char                *p;
    ngx_pool_t            *pool;
    ngx_pool_cleanup_t    *cln;
    ngx_http_request_t    *r;
    idv_svc_background_t  *b;

    r = call->request;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    pool = ngx_create_pool(1024, ngx_cycle->log);

    if (cln == NULL || pool == NULL) {
        goto failed;
    }

    b = ngx_pcalloc(pool, sizeof(idv_svc_background_t));
    p = ngx_pnalloc(pool, sizeof(idv_background_ask_t) + image->len);

    if (b == NULL || p == NULL) {
        goto failed;
    }

    b->call = call;
    b->pool = pool;
    b->ask.data = p;
    b->ask.len = sizeof(idv_background_ask_t) + image->len;
    b->tx = *tx;

    p = ngx_cpymem(p, ask, sizeof(idv_background_ask_t));
    ngx_memcpy(p, image->data, image->len);
    ((idv_background_ask_t *) b->ask.data)->len = (uint32_t) image->len;

    if (!r->discard_body
        && ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
    {
        goto failed;
    }

    if (idv_svc_background_spawn(call, b) != NGX_OK) {
        goto failed;
    }

    cln->handler = idv_svc_background_left;
    cln->data = b;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    r->main->count++;

    return NGX_DONE;

failed:

    if (pool) {
        ngx_destroy_pool(pool);
    }

    return idv_svc_error(call, IDV_SVC_UNEXPECTED);
}


static ngx_int_t
idv_svc_background_spawn(idv_svc_call_t *call, idv_svc_background_t *b)
{
    int                s[2];
    ngx_pid_t          pid;
    ngx_log_t         *log;
    ngx_connection_t  *c;

    log = ngx_cycle->log;

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, s) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno, "socketpair() failed");
        return NGX_ERROR;
    }

    c = NULL;

    if (ngx_nonblocking(s[0]) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_nonblocking_n " failed");
        goto failed;
    }

    c = ngx_get_connection(s[0], log);
    if (c == NULL) {
        goto failed;
    }

    c->data = b;
    c->pool = b->pool;
    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = idv_svc_background_read;
    c->write->handler = idv_svc_background_write;
    c->recv = ngx_recv;
    c->send = ngx_send;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    b->connection = c;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK
        || ngx_handle_write_event(c->write, 0) != NGX_OK)
    {
        goto failed;
    }

    pid = fork();

    if (pid == 0) {
        idv_svc_background_exec(call->conf, s[1]);
    }

    if (pid == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno, "fork() failed");
        goto failed;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0, "idv service: helper %P", pid);

    (void) close(s[1]);

    idv_svc_background_running++;

    ngx_add_timer(c->read, (ngx_msec_t) call->conf->background_time * 1000
                           + IDV_SVC_BACKGROUND_LATE);
    ngx_post_event(c->write, &ngx_posted_events);

    return NGX_OK;

failed:

    (void) close(s[1]);

    if (c) {
        ngx_close_connection(c);

    } else {
        (void) close(s[0]);
    }

    return NGX_ERROR;
}


/*
 * Between fork() and exec(): nothing but system calls.  The helper gets its end
 * of the pair, and neither a socket, nor a file, nor a variable of ours.
 */

static void
idv_svc_background_exec(const idv_svc_conf_t *conf, ngx_socket_t s)
{
    int       fd, null;
    char     *argv[3], *envp[1];
    u_char    seconds[NGX_TIME_T_LEN + 1];
    sigset_t  set;

    (void) ngx_sprintf(seconds, "%T%Z", conf->background_time);

    argv[0] = (char *) conf->background.data;
    argv[1] = (char *) seconds;
    argv[2] = NULL;
    envp[0] = NULL;

    null = open("/dev/null", O_WRONLY);

    if (dup2(s, 0) == -1 || dup2(s, 1) == -1 || dup2(null, 2) == -1) {
        _exit(1);
    }

    if (syscall(SYS_close_range, 3, ~0U, 0) == -1) {
        for (fd = 3; fd < 65536; fd++) {
            (void) close(fd);
        }
    }

    sigemptyset(&set);
    (void) sigprocmask(SIG_SETMASK, &set, NULL);

    (void) execve(argv[0], argv, envp);

    _exit(1);
}


static void
idv_svc_background_write(ngx_event_t *wev)
{
    ssize_t                n;
    ngx_connection_t      *c;
    idv_svc_background_t  *b;

    c = wev->data;
    b = c->data;

    while (b->sent < b->ask.len) {
        n = c->send(c, b->ask.data + b->sent, b->ask.len - b->sent);

        if (n == NGX_AGAIN) {
            if (ngx_handle_write_event(wev, 0) != NGX_OK) {
                idv_svc_background_done(b, 0);
            }

            return;
        }

        /* one that does not want all of it may have an answer all the same */

        if (n == NGX_ERROR || n == 0) {
            b->sent = b->ask.len;
            return;
        }

        b->sent += n;
    }
}


static void
idv_svc_background_read(ngx_event_t *rev)
{
    ssize_t                n;
    ngx_connection_t      *c;
    idv_svc_background_t  *b;

    c = rev->data;
    b = c->data;

    if (rev->timedout) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "idv service: the helper for pictures is too slow");
        idv_svc_background_done(b, 0);
        return;
    }

    for ( ;; ) {
        n = idv_svc_background_recv(b);

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                idv_svc_background_done(b, 0);
            }

            return;
        }

        if (n == NGX_OK || n == NGX_ERROR) {
            idv_svc_background_done(b, n == NGX_OK);
            return;
        }
    }
}


/* NGX_OK: all is there; NGX_ERROR: it will never be */

static ssize_t
idv_svc_background_recv(idv_svc_background_t *b)
{
    size_t    head;
    ssize_t   n;

    head = sizeof(idv_background_tell_t);

    if (b->told < head) {
        n = b->connection->recv(b->connection,
                                (u_char *) &b->tell + b->told, head - b->told);

    } else {
        n = b->connection->recv(b->connection,
                                b->picture.data + (b->told - head),
                                b->picture.len - (b->told - head));
    }

    if (n == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (n <= 0) {
        ngx_log_error(NGX_LOG_ERR, b->connection->log, 0,
                      "idv service: the helper for pictures has failed");
        return NGX_ERROR;
    }

    b->told += n;

    if (b->told == head) {

        if (b->tell.magic != IDV_BACKGROUND_MAGIC
            || b->tell.len > IDV_BACKGROUND_MAX)
        {
            return NGX_ERROR;
        }

        b->picture.len = b->tell.len;
        b->picture.data = ngx_pnalloc(b->pool, b->picture.len + 1);

        if (b->picture.data == NULL) {
            return NGX_ERROR;
        }
    }

    return (b->told >= head && b->told == head + b->picture.len) ? NGX_OK : n;
}


static void
idv_svc_background_done(idv_svc_background_t *b, ngx_uint_t answered)
{
    ngx_connection_t    *c;
    idv_svc_call_t      *call;
    ngx_http_request_t  *r;

    call = b->call;
    b->call = NULL;

    if (call) {
        r = call->request;
        c = r->connection;

        r->read_event_handler = ngx_http_block_reading;

        ngx_http_finalize_request(r, idv_svc_background_answer(call, b,
                                                               answered));
        ngx_http_run_posted_requests(c);
    }

    ngx_close_connection(b->connection);

    ngx_explicit_memzero(b->ask.data, b->ask.len);

    if (b->picture.data) {
        ngx_explicit_memzero(b->picture.data, b->picture.len);
    }

    ngx_destroy_pool(b->pool);

    idv_svc_background_running--;
}


static ngx_int_t
idv_svc_background_answer(idv_svc_call_t *call, idv_svc_background_t *b,
    ngx_uint_t answered)
{
    u_char       id[IDV_UUID_LEN];
    ngx_str_t    item;
    const char  *why;

    switch (answered ? b->tell.status : IDV_BACKGROUND_NO_MEMORY) {

    case IDV_BACKGROUND_JPEG:
    case IDV_BACKGROUND_PNG:
        item.data = id;
        item.len = idv_uuid_print(id, call->item) - id;

        return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:o, s:o, s:s, s:o, s:o}",
                                       "_links",
                                       idv_svc_json_links(call, &b->tx,
                                                          "transaction",
                                                          "/verifiedData/%V",
                                                          &item),
                                       "id", idv_svc_json_str(&item),
                                       "type", "SELFIE",
                                       "data",
                                       idv_svc_data_image(call, &b->picture),
                                       "createdAt",
                                       idv_svc_json_date(call->now)));

    case IDV_BACKGROUND_BROKEN:
        why = "The selfie is no JPEG or PNG that can be decoded.";
        break;

    case IDV_BACKGROUND_LARGE:
        why = "The selfie has too many pixels.";
        break;

    case IDV_BACKGROUND_NOT_PLAIN:
        why = "The background of the selfie is not plain.";
        break;

    default:
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    idv_svc_detail(call, "INVALID_VALUE", "selfie", why, NULL);

    return idv_svc_error(call, IDV_SVC_INVALID_DATA);
}


static void
idv_svc_background_left(void *data)
{
    idv_svc_background_t  *b = data;

    b->call = NULL;
}
