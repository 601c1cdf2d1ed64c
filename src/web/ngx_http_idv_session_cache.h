
/*
 * Copyright (C) nginx-idv authors
 *
 * The sessions that this process has opened lately.  Opening a cookie costs
 * three times what all the rest of the gate does, and clients send the same one
 * with each request.  Nothing here admits anybody: times, subject and
 * revocation are checked on each request, as of a cookie that was just opened.
 */


#ifndef _NGX_HTTP_IDV_SESSION_CACHE_H_INCLUDED_
#define _NGX_HTTP_IDV_SESSION_CACHE_H_INCLUDED_


#include "ngx_http_idv_session.h"


/* all that decides what is in a sealed text, by value */

typedef struct {
    const idv_provider_t       *provider;
    ngx_str_t                   host;
    ngx_str_t                   text;
    ngx_uint_t                  header;      /* not a cookie */
} ngx_http_idv_sealed_t;


/* nginx has it in lower case, without port and the root's dot */
void ngx_http_idv_session_host(ngx_http_request_t *r, ngx_str_t *host);

/*
 * What our keys open, whoever it is of and whatever its time.  NGX_DECLINED: it
 * does not open.  NGX_ERROR without memory.
 */
ngx_int_t ngx_http_idv_session_open(ngx_http_request_t *r,
    ngx_http_idv_sealed_t *sealed, ngx_http_idv_session_t *session);

/* NGX_OK and a copy in the pool; NGX_DECLINED */
ngx_int_t ngx_http_idv_session_cache_get(ngx_pool_t *pool,
    const ngx_http_idv_sealed_t *sealed, ngx_http_idv_session_t *session);

/* keeps a session that was opened, or does not if memory is short */
void ngx_http_idv_session_cache_put(const ngx_http_idv_sealed_t *sealed,
    ngx_http_idv_session_t *session);

/* the claims of a session as parsed before, a new reference; NULL */
json_t *ngx_http_idv_session_cache_claims(
    const ngx_http_idv_session_t *session);

/* keeps a reference of its own */
void ngx_http_idv_session_cache_keep(const ngx_http_idv_session_t *session,
    json_t *claims);


#endif /* _NGX_HTTP_IDV_SESSION_CACHE_H_INCLUDED_ */
