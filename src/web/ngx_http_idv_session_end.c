
/*
 * Copyright (C) nginx-idv authors
 */


#include "ngx_http_idv_web.h"
#include "ngx_http_idv_session_cache.h"


static ngx_int_t ngx_http_idv_session_hold(ngx_http_request_t *r,
    ngx_http_idv_sealed_t *sealed, ngx_array_t *sessions);


ngx_int_t
ngx_http_idv_sessions_held(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_array_t *sessions)
{
    ngx_str_t               name, *text;
    ngx_uint_t              pos;
    ngx_http_idv_sealed_t   sealed;

    if (ngx_array_init(sessions, r->pool, 1, sizeof(ngx_http_idv_session_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sealed.provider = provider;
    sealed.header = 0;
    ngx_http_idv_session_host(r, &sealed.host);
    ngx_http_idv_cookie_name(r, provider, IDV_COOKIE_SESSION, &name);

    pos = 0;

    while (ngx_http_idv_cookie_next(r, &name, &pos, &sealed.text) == NGX_OK) {
        if (ngx_http_idv_session_hold(r, &sealed, sessions) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    text = ngx_http_idv_request_header(r, "IDV-Session");

    if (text == NULL) {
        return NGX_OK;
    }

    sealed.header = 1;
    sealed.text = *text;

    return ngx_http_idv_session_hold(r, &sealed, sessions);
}


static ngx_int_t
ngx_http_idv_session_hold(ngx_http_request_t *r, ngx_http_idv_sealed_t *sealed,
    ngx_array_t *sessions)
{
    ngx_int_t                rc;
    ngx_http_idv_session_t  *held, session;

    rc = ngx_http_idv_session_open(r, sealed, &session);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    /* one that a request is using just now may yet be given back */

    if (!sealed->provider->registration
        && idv_store_revoked(sealed->provider->store, session.id,
                             session.subject, session.issued, ngx_time()))
    {
        return NGX_OK;
    }

    held = ngx_array_push(sessions);
    if (held == NULL) {
        return NGX_ERROR;
    }

    *held = session;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_sessions_end(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_array_t *sessions)
{
    ngx_int_t                rc;
    ngx_str_t                empty;
    ngx_uint_t               i, cookie;
    ngx_http_idv_session_t  *session;

    rc = NGX_OK;
    cookie = 0;
    session = sessions->elts;

    for (i = 0; i < sessions->nelts; i++) {

        if (idv_store_revoke(provider->store, session[i].id, session[i].issued,
                             session[i].expires)
            != NGX_OK)
        {
            rc = NGX_DECLINED;
        }

        cookie |= !session[i].header;
    }

    ngx_str_null(&empty);

    if (cookie
        && ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_SESSION, &empty, 0)
           == NULL)
    {
        return NGX_ERROR;
    }

    return rc;
}
