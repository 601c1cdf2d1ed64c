
/*
 * Copyright (C) nginx-idv authors
 *
 * What shows that a form is one of ours: the time when it ends, and a MAC of
 * that, of the actor, of the console and of a secret that the browser has as a
 * cookie.
 */


#include "ngx_http_idv_console_run.h"
#include "../util/idv_crypto.h"


#define NGX_HTTP_IDV_CONSOLE_LIFE   3600         /* seconds of a token */
#define NGX_HTTP_IDV_CONSOLE_UNTIL  16           /* hexadecimal digits */


static ngx_uint_t ngx_http_idv_console_secret(ngx_http_idv_console_t *job);
static ngx_int_t ngx_http_idv_console_mac(ngx_http_idv_console_t *job,
    const idv_key_t *key, u_char *token);


ngx_int_t
ngx_http_idv_console_token(ngx_http_idv_console_t *job, ngx_str_t *token)
{
    u_char                *p;
    ngx_http_request_t    *r;
    const idv_provider_t  *provider;

    r = job->request;
    provider = job->conf->provider;

    p = ngx_pnalloc(r->pool, NGX_HTTP_IDV_CONSOLE_TOKEN_LEN);

    if (p == NULL) {
        return NGX_ERROR;
    }

    if (!ngx_http_idv_console_secret(job)) {
        job->secret.data = ngx_pnalloc(r->pool, IDV_ID_LEN);

        if (job->secret.data == NULL
            || idv_random_id(job->secret.data) != NGX_OK)
        {
            return NGX_ERROR;
        }

        job->secret.len = IDV_ID_LEN;

        if (ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_CONSOLE,
                                    &job->secret, -1)
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    token->data = p;
    token->len = NGX_HTTP_IDV_CONSOLE_TOKEN_LEN;

    (void) ngx_sprintf(p, "%016xL",
                       (int64_t) (ngx_time() + NGX_HTTP_IDV_CONSOLE_LIFE));

    return ngx_http_idv_console_mac(job, &provider->keys[0], p);
}


ngx_uint_t
ngx_http_idv_console_token_valid(ngx_http_idv_console_t *job,
    const ngx_str_t *token)
{
    u_char                 made[NGX_HTTP_IDV_CONSOLE_TOKEN_LEN];
    time_t                 left;
    ngx_uint_t             i;
    const idv_provider_t  *provider;

    provider = job->conf->provider;

    if (token->len != NGX_HTTP_IDV_CONSOLE_TOKEN_LEN
        || !ngx_http_idv_console_secret(job))
    {
        return 0;
    }

    left = ngx_hextoi(token->data, NGX_HTTP_IDV_CONSOLE_UNTIL) - ngx_time();

    if (left <= 0 || left > NGX_HTTP_IDV_CONSOLE_LIFE) {
        return 0;
    }

    ngx_memcpy(made, token->data, NGX_HTTP_IDV_CONSOLE_UNTIL);

    /* a form may be older than a reload that brought a new key */

    for (i = 0; i < provider->nkeys; i++) {

        if (ngx_http_idv_console_mac(job, &provider->keys[i], made) == NGX_OK
            && idv_equal(made, token->data, sizeof(made)))
        {
            return 1;
        }
    }

    return 0;
}


/* 0: the browser has none */

static ngx_uint_t
ngx_http_idv_console_secret(ngx_http_idv_console_t *job)
{
    ngx_str_t   name, value;
    ngx_uint_t  pos;

    if (job->secret.len) {
        return 1;
    }

    ngx_http_idv_cookie_name(job->request, job->conf->provider,
                             IDV_COOKIE_CONSOLE, &name);
    pos = 0;

    while (ngx_http_idv_cookie_next(job->request, &name, &pos, &value)
           == NGX_OK)
    {
        if (idv_id_form(value.data, value.len)) {
            job->secret = value;
            return 1;
        }
    }

    return 0;
}


/* token begins with its time */

static ngx_int_t
ngx_http_idv_console_mac(ngx_http_idv_console_t *job, const idv_key_t *key,
    u_char *token)
{
    u_char     mac[IDV_HASH_LEN];
    ngx_str_t  parts[5];

    ngx_str_set(&parts[0], "idv console form");
    parts[1] = job->conf->path;
    parts[2] = job->client.subject;
    parts[3] = job->secret;
    parts[4].data = token;
    parts[4].len = NGX_HTTP_IDV_CONSOLE_UNTIL;

    if (idv_mac(mac, key, parts, 5) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hex_dump(token + NGX_HTTP_IDV_CONSOLE_UNTIL, mac, sizeof(mac));

    return NGX_OK;
}
