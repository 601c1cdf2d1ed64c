
/*
 * Copyright (C) nginx-idv authors
 *
 * An answer that streams.  The provider is read while there is room:
 *
 *   provider --> window of the transfer --> filter --> buffer --> caller
 *                 full: not read any more              not empty: waits
 *
 * The transfer's deadline is that of the whole: who is slower loses the rest.
 */


#include "ngx_http_idv_connector.h"


static ngx_int_t ngx_http_idv_connector_begin(ngx_http_idv_connector_t *job);
static ngx_int_t ngx_http_idv_connector_cut_piece(
    ngx_http_idv_connector_t *job, size_t *len);
static ngx_uint_t ngx_http_idv_connector_full(ngx_http_idv_connector_t *job);
static void ngx_http_idv_connector_piece_add(ngx_http_idv_connector_t *job,
    ngx_uint_t *n, u_char *data, size_t len);
static void ngx_http_idv_connector_await(ngx_http_idv_connector_t *job);
static void ngx_http_idv_connector_writer(ngx_http_request_t *r);


void
ngx_http_idv_connector_feed(ngx_http_idv_connector_t *job)
{
    size_t               len;
    ngx_int_t            rc;
    ngx_uint_t           n, last;
    ngx_http_request_t  *r;

    static u_char  tail[] = ",\"rawResponse\":{}}";

    r = job->request;

    for ( ;; ) {

        if (ngx_http_idv_connector_full(job)) {
            ngx_http_idv_connector_await(job);
            return;
        }

        if (job->relay.response.len == 0 && !job->ended) {
            return;
        }

        last = job->ended;
        rc = ngx_http_idv_connector_cut_piece(job, &len);

        if (rc != NGX_OK && !job->begun) {
            idv_relay_cancel(&job->relay);
            rc = ngx_http_idv_connector_error(r,
                                rc == NGX_DECLINED
                                ? NGX_HTTP_IDV_CONNECTOR_UNUSABLE
                                : NGX_HTTP_IDV_CONNECTOR_INTERNAL, NULL, -1);
            ngx_http_idv_connector_finalize(job, rc);
            return;
        }

        if (rc != NGX_OK) {
            ngx_http_idv_connector_abort(job, "the answer is not JSON of its "
                                         "form");
            return;
        }

        if (!job->begun) {
            rc = ngx_http_idv_connector_begin(job);

            if (rc != NGX_OK) {
                idv_relay_cancel(&job->relay);
                ngx_http_idv_connector_finalize(job, rc);
                return;
            }
        }

        n = 0;

        ngx_http_idv_connector_piece_add(job, &n, job->head.data,
                                         job->head.len);
        ngx_http_idv_connector_piece_add(job, &n, job->window, len);

        if (last) {
            ngx_http_idv_connector_piece_add(job, &n, tail, sizeof(tail) - 1);
            job->bufs[n - 1].last_buf = (r == r->main) ? 1 : 0;
            job->bufs[n - 1].last_in_chain = 1;
        }

        job->head.len = 0;

        if (n == 0) {
            continue;
        }

        job->bufs[n - 1].flush = 1;
        job->links[n - 1].next = NULL;

        rc = ngx_http_output_filter(r, job->links);

        if (last) {
            ngx_http_idv_connector_finalize(job, rc);
            return;
        }

        if (rc == NGX_ERROR) {
            idv_relay_cancel(&job->relay);
            ngx_http_idv_connector_finalize(job, NGX_ERROR);
            return;
        }
    }
}


static ngx_int_t
ngx_http_idv_connector_begin(ngx_http_idv_connector_t *job)
{
    ngx_int_t            rc;
    ngx_http_idv_ctx_t  *ctx;
    ngx_http_request_t  *r;

    static ngx_str_t  applied = ngx_string("return=minimal");

    r = job->request;

    ctx = ngx_http_idv_get_ctx(r);

    if (ctx == NULL
        || ngx_http_idv_connector_head(job, job->capability->named, &job->head)
           != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK
        || ngx_http_idv_header(r, "Preference-Applied", &applied) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->ours = 1;

    r->headers_out.status = NGX_HTTP_OK;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    job->begun = 1;

    return (rc == NGX_ERROR || rc > NGX_OK) ? NGX_ERROR : NGX_OK;
}


/* what has come, through the filter into the window: room for the next */

static ngx_int_t
ngx_http_idv_connector_cut_piece(ngx_http_idv_connector_t *job, size_t *len)
{
    long        n;
    size_t      size;
    ngx_str_t  *response;

    response = &job->relay.response;

    if (job->window == NULL) {

        /* what comes last may be all that comes */

        size = ngx_max(job->relay.window, IDV_TRANSFER_MIN_WINDOW);
        size = ngx_max(size, response->len) + IDV_CONNECTOR_FILTER_MORE;

        job->window = ngx_pnalloc(job->request->pool, size);
        if (job->window == NULL) {
            return NGX_ERROR;
        }

        idv_connector_filter_init(&job->filter, job->capability->output);

        if (response->len == 0) {
            /* nothing is an object without members, as in a whole answer */
            ngx_str_set(response, "{}");
        }
    }

    n = idv_connector_filter(&job->filter, (char *) response->data,
                             response->len, (char *) job->window);

    if (n < 0 || (job->ended && !idv_connector_filter_done(&job->filter))) {
        return NGX_DECLINED;
    }

    *len = (size_t) n;

    idv_relay_resume(&job->relay);

    return NGX_OK;
}


/* 1: the caller has not taken what was sent */

static ngx_uint_t
ngx_http_idv_connector_full(ngx_http_idv_connector_t *job)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IDV_PIECES; i++) {
        if (job->bufs[i].pos != job->bufs[i].last) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_idv_connector_piece_add(ngx_http_idv_connector_t *job, ngx_uint_t *n,
    u_char *data, size_t len)
{
    ngx_buf_t  *b;

    if (len == 0) {
        return;
    }

    b = &job->bufs[*n];

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->pos = data;
    b->last = data + len;
    b->memory = 1;

    job->links[*n].buf = b;
    job->links[*n].next = &job->links[*n + 1];

    (*n)++;
}


static void
ngx_http_idv_connector_await(ngx_http_idv_connector_t *job)
{
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = job->request;
    wev = r->connection->write;

    r->write_event_handler = ngx_http_idv_connector_writer;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed && !wev->timer_set) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_idv_connector_abort(job, "the caller cannot be waited for");
    }
}


static void
ngx_http_idv_connector_writer(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_event_t               *wev;
    ngx_http_idv_ctx_t        *ctx;
    ngx_http_idv_connector_t  *job;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);
    job = ctx->call;
    wev = r->connection->write;

    if (wev->timedout) {
        r->connection->timedout = 1;
        idv_relay_cancel(&job->relay);
        ngx_http_idv_connector_finalize(job, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    rc = ngx_http_output_filter(r, NULL);

    if (rc == NGX_ERROR) {
        idv_relay_cancel(&job->relay);
        ngx_http_idv_connector_finalize(job, NGX_ERROR);
        return;
    }

    if (wev->timer_set && !wev->delayed) {
        ngx_del_timer(wev);
    }

    if (!ngx_http_idv_connector_full(job)) {
        r->write_event_handler = ngx_http_request_empty_handler;
    }

    ngx_http_idv_connector_feed(job);
}
