
/*
 * Copyright (C) nginx-idv authors
 *
 * A request to the connector, as its files share it.
 */


#ifndef _NGX_HTTP_IDV_CONNECTOR_H_INCLUDED_
#define _NGX_HTTP_IDV_CONNECTOR_H_INCLUDED_


#include "ngx_http_idv_web.h"
#include "../model/idv_connector.h"
#include "../model/idv_connector_filter.h"
#include "../provider/idv_relay.h"


#define NGX_HTTP_IDV_PIECES  3           /* head, bytes, tail */


/* in the order of the table in ngx_http_idv_connector.c */

typedef enum {
    NGX_HTTP_IDV_CONNECTOR_UNAUTHORIZED = 0,
    NGX_HTTP_IDV_CONNECTOR_FORBIDDEN,
    NGX_HTTP_IDV_CONNECTOR_NOT_FOUND,
    NGX_HTTP_IDV_CONNECTOR_METHOD,
    NGX_HTTP_IDV_CONNECTOR_TOO_LARGE,
    NGX_HTTP_IDV_CONNECTOR_MEDIA_TYPE,
    NGX_HTTP_IDV_CONNECTOR_BODY,
    NGX_HTTP_IDV_CONNECTOR_INPUT,
    NGX_HTTP_IDV_CONNECTOR_NO_SELFIE,
    NGX_HTTP_IDV_CONNECTOR_NOT_CONFIGURED,
    NGX_HTTP_IDV_CONNECTOR_LIMITED,
    NGX_HTTP_IDV_CONNECTOR_UNUSABLE,
    NGX_HTTP_IDV_CONNECTOR_UNAVAILABLE,
    NGX_HTTP_IDV_CONNECTOR_INTERNAL
} ngx_http_idv_connector_error_e;


/* from the request's pool */

typedef struct {
    ngx_http_request_t                   *request;    /* NULL: it has ended */
    const ngx_http_idv_connector_conf_t  *conf;
    const idv_connector_t                *capability;
    json_t                               *input;      /* the pool's */

    idv_relay_t                           relay;
    json_t                               *first;      /* what came before */
    ngx_str_t                             challenge;

    unsigned                              minimal:1;  /* no rawResponse */
    unsigned                              streams:1;
    unsigned                              begun:1;    /* the header is sent */
    unsigned                              ended:1;    /* all bytes are here */

    idv_connector_filter_t                filter;
    u_char                               *window;
    ngx_str_t                             head;
    ngx_buf_t                             bufs[NGX_HTTP_IDV_PIECES];
    ngx_chain_t                           links[NGX_HTTP_IDV_PIECES];
} ngx_http_idv_connector_t;


/* NGX_DECLINED: nobody who may call; known in the time of all who may */
ngx_int_t ngx_http_idv_caller(ngx_http_request_t *r,
    const ngx_http_idv_connector_conf_t *conf,
    const ngx_http_idv_caller_t **found);

/* an error of ours; mistakes may be NULL */
ngx_int_t ngx_http_idv_connector_error(ngx_http_request_t *r,
    ngx_http_idv_connector_error_e error,
    const idv_connector_mistakes_t *mistakes, ngx_int_t retry_after);

/*
 * Asks the provider, with the request's count held, and answers.  The request
 * is finalized in any case, perhaps at once.
 */
void ngx_http_idv_connector_ask(ngx_http_idv_connector_t *job);

/* a piece of an answer that streams has come, or its end */
void ngx_http_idv_connector_feed(ngx_http_idv_connector_t *job);

/* JSON up to where the named output begins */
ngx_int_t ngx_http_idv_connector_head(ngx_http_idv_connector_t *job,
    const char *named, ngx_str_t *head);

/* ends the request: with that status, or in the middle of an answer */
void ngx_http_idv_connector_finalize(ngx_http_idv_connector_t *job,
    ngx_int_t rc);
void ngx_http_idv_connector_abort(ngx_http_idv_connector_t *job,
    const char *why);


#endif /* _NGX_HTTP_IDV_CONNECTOR_H_INCLUDED_ */
