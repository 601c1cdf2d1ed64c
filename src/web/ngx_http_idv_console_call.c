
/*
 * Copyright (C) nginx-idv authors
 *
 * What the console asks of others: of the provider with our token, and of the
 * queue of reviews without.  One call at a time; a caller that goes away ends
 * it.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_PATH  4096


static ngx_int_t ngx_http_idv_console_path(ngx_http_idv_console_t *job,
    ngx_str_t *path, const char *fmt, va_list args);
static ngx_int_t ngx_http_idv_console_relay(ngx_http_idv_console_t *job,
    const char *method, json_t *body);
static ngx_int_t ngx_http_idv_console_transfer(ngx_http_idv_console_t *job,
    const ngx_str_t *tx, json_t *body);
static void ngx_http_idv_console_relayed(idv_relay_t *relay);
static void ngx_http_idv_console_transferred(idv_transfer_t *t);
static void ngx_http_idv_console_called(ngx_http_idv_console_t *job,
    ngx_str_t *response, ngx_uint_t wordless);
static void ngx_http_idv_console_gone(void *data);
static void ngx_http_idv_console_drop(void *data);


static const char *const  ngx_http_idv_console_kept[] = {
    "Retry-After",
    NULL
};


void
ngx_http_idv_console_ask(ngx_http_idv_console_t *job, const char *method,
    json_t *body, ngx_http_idv_console_run_pt next, const char *fmt, ...)
{
    va_list       args;
    ngx_int_t     rc;
    idv_relay_t  *relay;

    relay = &job->relay;
    ngx_memzero(relay, sizeof(idv_relay_t));

    va_start(args, fmt);
    rc = ngx_http_idv_console_path(job, &relay->path, fmt, args);
    va_end(args);

    job->next = next;
    job->reply = NULL;

    if (rc == NGX_OK) {
        rc = ngx_http_idv_console_relay(job, method, body);
    }

    json_decref(body);

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
    }
}


/* %s as it is, %v escaped; NGX_ERROR also where it is too long */

static ngx_int_t
ngx_http_idv_console_path(ngx_http_idv_console_t *job, ngx_str_t *path,
    const char *fmt, va_list args)
{
    u_char      *p, *last;
    size_t       len;
    ngx_str_t   *value;
    const char  *text;

    p = ngx_pnalloc(job->request->pool, NGX_HTTP_IDV_CONSOLE_PATH);
    if (p == NULL) {
        return NGX_ERROR;
    }

    path->data = p;
    last = p + NGX_HTTP_IDV_CONSOLE_PATH - 1;

    for ( /* void */ ; *fmt; fmt++) {

        if (*fmt != '%') {
            text = fmt;
            len = 1;

        } else if (*++fmt == 's') {
            text = va_arg(args, const char *);
            len = ngx_strlen(text);

        } else {
            value = va_arg(args, ngx_str_t *);
            len = value->len + 2 * ngx_escape_uri(NULL, value->data,
                                                  value->len,
                                                  NGX_ESCAPE_URI_COMPONENT);
            if ((size_t) (last - p) < len) {
                return NGX_ERROR;
            }

            p = (u_char *) ngx_escape_uri(p, value->data, value->len,
                                          NGX_ESCAPE_URI_COMPONENT);
            continue;
        }

        if ((size_t) (last - p) < len) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(p, text, len);
    }

    *p = '\0';
    path->len = p - path->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_console_relay(ngx_http_idv_console_t *job, const char *method,
    json_t *body)
{
    idv_relay_t         *relay;
    ngx_http_request_t  *r;

    r = job->request;
    relay = &job->relay;

    relay->provider = job->conf->provider;
    relay->net = &job->conf->net;
    relay->pool = r->pool;
    relay->log = r->connection->log;
    relay->method.data = (u_char *) method;
    relay->method.len = ngx_strlen(method);
    relay->keep = ngx_http_idv_console_kept;
    relay->name = "console";
    relay->handler = ngx_http_idv_console_relayed;
    relay->data = job;

    if (body) {
        ngx_str_set(&relay->type, "application/json");

        if (idv_json_dump(r->pool, body, &relay->body) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_idv_console_wait(job) != NGX_OK) {
        return NGX_ERROR;
    }

    return idv_relay_start(relay);
}


void
ngx_http_idv_console_ask_queue(ngx_http_idv_console_t *job,
    const ngx_str_t *tx, json_t *body, ngx_http_idv_console_run_pt next)
{
    ngx_int_t  rc;

    job->next = next;
    job->reply = NULL;

    rc = ngx_http_idv_console_transfer(job, tx, body);

    json_decref(body);

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
    }
}


static ngx_int_t
ngx_http_idv_console_transfer(ngx_http_idv_console_t *job,
    const ngx_str_t *tx, json_t *body)
{
    u_char              *p;
    idv_transfer_t      *t;
    ngx_http_request_t  *r;

    r = job->request;

    t = ngx_pcalloc(r->pool, sizeof(idv_transfer_t));
    p = ngx_pnalloc(r->pool, job->conf->reviews.len + sizeof("/") + tx->len);

    if (t == NULL || p == NULL || ngx_http_idv_console_wait(job) != NGX_OK) {
        return NGX_ERROR;
    }

    t->url.data = p;
    p = ngx_sprintf(p, "%V%s%V%Z", &job->conf->reviews, tx->len ? "/" : "",
                    tx);
    t->url.len = p - t->url.data - 1;

    t->conf = &job->conf->queue;
    t->pool = r->pool;
    t->log = r->connection->log;
    t->live = 1;
    t->keep = ngx_http_idv_console_kept;
    t->handler = ngx_http_idv_console_transferred;
    t->data = job;

    ngx_str_set(&t->method, "GET");
    ngx_str_set(&t->headers[t->nheaders], "Accept: application/json");
    t->nheaders++;

    if (body) {
        ngx_str_set(&t->method, "POST");
        ngx_str_set(&t->headers[t->nheaders], "Content-Type: application/json");
        t->nheaders++;
        t->creates = 1;

        if (idv_json_dump(r->pool, body, &t->body) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (idv_transfer_start(t) != NGX_OK) {
        return NGX_ERROR;
    }

    job->transfer = t;

    return NGX_OK;
}


static void
ngx_http_idv_console_relayed(idv_relay_t *relay)
{
    ngx_uint_t               wordless;
    ngx_connection_t        *c;
    ngx_http_idv_console_t  *job;

    job = relay->data;
    c = job->request->connection;

    ngx_http_set_log_request(c->log, job->request);

    if (relay->result == IDV_CALL_OK) {
        /* what is deleted, and what need not succeed, may say nothing */

        wordless = (relay->method.data[0] == 'D'
                    || (job->lenient && relay->method.data[0] == 'P'));

        job->status = relay->status;
        ngx_http_idv_console_called(job, &relay->response, wordless);

    } else {
        ngx_http_idv_console_fail(job,
                          relay->too_large
                          ? NGX_HTTP_IDV_CONSOLE_UNUSABLE
                          : (relay->result == IDV_CALL_LIMITED)
                            ? NGX_HTTP_IDV_CONSOLE_LIMITED
                            : (relay->result == IDV_CALL_ERROR)
                              ? NGX_HTTP_IDV_CONSOLE_INTERNAL
                              : NGX_HTTP_IDV_CONSOLE_UNAVAILABLE);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_idv_console_transferred(idv_transfer_t *t)
{
    ngx_connection_t        *c;
    ngx_http_idv_console_t  *job;

    job = t->data;
    job->transfer = NULL;
    c = job->request->connection;

    ngx_http_set_log_request(c->log, job->request);

    if (t->result == IDV_TRANSFER_OK) {
        job->status = t->status;
        ngx_http_idv_console_called(job, &t->response, 0);

    } else {
        ngx_log_error(NGX_LOG_ERR, c->log, 0, "idv: console: the queue of "
                      "reviews: %s: %s", idv_transfer_result_name(t->result),
                      t->error);

        ngx_http_idv_console_fail(job,
                          t->result == IDV_TRANSFER_INTERNAL
                          ? NGX_HTTP_IDV_CONSOLE_INTERNAL
                          : t->result == IDV_TRANSFER_TOO_LARGE
                            ? NGX_HTTP_IDV_CONSOLE_UNUSABLE
                            : NGX_HTTP_IDV_CONSOLE_UNAVAILABLE);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_idv_console_called(ngx_http_idv_console_t *job, ngx_str_t *response,
    ngx_uint_t wordless)
{
    ngx_uint_t  good, lenient;

    lenient = job->lenient;
    job->lenient = 0;

    good = (job->status >= 200 && job->status < 300);

    if (response->len) {
        job->reply = idv_json_parse(job->request->pool, response->data,
                                    response->len, job->conf->net.max_body);

        if (job->reply == NULL && ngx_errno == NGX_ENOMEM) {
            ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
            return;
        }
    }

    if (good && !json_is_object(job->reply)
        && !(wordless && response->len == 0))
    {
        ngx_log_error(NGX_LOG_ERR, job->request->connection->log, 0,
                      "idv: console: an answer is no JSON object");
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_UNUSABLE);
        return;
    }

    if (!good && !lenient) {
        ngx_http_idv_console_refused(job);
        return;
    }

    job->next(job);
}


/* once for a request, however many calls it takes */

ngx_int_t
ngx_http_idv_console_wait(ngx_http_idv_console_t *job)
{
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    if (job->waits) {
        return NGX_OK;
    }

    r = job->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_idv_console_gone;
    cln->data = job;

    job->waits = 1;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(r->connection->read, 0);
}


/*
 * The request is over, perhaps because its caller has gone: then nobody knows
 * what became of the call that was out.
 */

static void
ngx_http_idv_console_gone(void *data)
{
    ngx_http_idv_console_t *job = data;

    idv_relay_cancel(&job->relay);

    if (job->transfer) {
        idv_transfer_cancel(job->transfer);
        job->transfer = NULL;
    }

    if (job->audit == NGX_HTTP_IDV_CONSOLE_ATTEMPT) {
        job->audit = NGX_HTTP_IDV_CONSOLE_TOLD;
        (void) ngx_http_idv_console_tell(job, "aborted", 0);
    }
}


json_t *
ngx_http_idv_console_keep(ngx_http_idv_console_t *job, json_t *value)
{
    ngx_pool_cleanup_t  *cln;

    if (value == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(job->request->pool, 0);

    if (cln == NULL) {
        json_decref(value);
        return NULL;
    }

    cln->handler = ngx_http_idv_console_drop;
    cln->data = value;

    return value;
}


static void
ngx_http_idv_console_drop(void *data)
{
    json_t *value = data;

    json_decref(value);
}


json_t *
ngx_http_idv_console_bare(json_t *document)
{
    (void) json_object_del(document, "_links");

    return json_incref(document);
}
