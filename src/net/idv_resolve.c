
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "idv_resolve.h"


static ngx_int_t idv_resolve_url(idv_resolve_t *rs, CURLU *u, const char *url,
    in_port_t default_port);
static ngx_int_t idv_resolve_name(idv_resolve_t *rs, const char *host);
static ngx_uint_t idv_resolve_known(idv_resolve_t *rs);
static void idv_resolve_handler(ngx_resolver_ctx_t *ctx);
static void idv_resolve_copy(idv_resolve_t *rs, ngx_resolver_ctx_t *ctx);
static struct curl_slist *idv_resolve_list(idv_resolve_t *rs,
    ngx_resolver_ctx_t *ctx);


ngx_int_t
idv_resolve_parse(idv_resolve_t *rs, const char *url, in_port_t default_port)
{
    CURLU      *u;
    ngx_int_t   rc;

    /* the parser of libcurl: two opinions on a URL would be one too many */

    u = curl_url();
    if (u == NULL) {
        return NGX_ERROR;
    }

    rc = idv_resolve_url(rs, u, url, default_port);

    curl_url_cleanup(u);

    return rc;
}


static ngx_int_t
idv_resolve_url(idv_resolve_t *rs, CURLU *u, const char *url,
    in_port_t default_port)
{
    char       *text;
    ngx_int_t   n;

    /* CURLU_GUESS_SCHEME: a proxy may be given as host:port */

    if (curl_url_set(u, CURLUPART_URL, url,
                     CURLU_GUESS_SCHEME|CURLU_NON_SUPPORT_SCHEME)
        != CURLUE_OK)
    {
        return NGX_ERROR;
    }

    rs->port = default_port;

    if (curl_url_get(u, CURLUPART_PORT, &text,
                     default_port ? 0 : CURLU_DEFAULT_PORT)
        == CURLUE_OK)
    {
        n = ngx_atoi((u_char *) text, ngx_strlen(text));
        curl_free(text);

        if (n < 1 || n > 65535) {
            return NGX_ERROR;
        }

        rs->port = (in_port_t) n;
    }

    if (rs->port == 0
        || curl_url_get(u, CURLUPART_HOST, &text, 0) != CURLUE_OK)
    {
        return NGX_ERROR;
    }

    n = idv_resolve_name(rs, text);

    curl_free(text);

    if (n != NGX_OK) {
        return NGX_ERROR;
    }

    return idv_resolve_known(rs) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
idv_resolve_name(idv_resolve_t *rs, const char *host)
{
    size_t  len;

    len = ngx_strlen(host);

    /* libcurl looks for the name as it stands in the URL */

    rs->dot = (len > 1 && host[len - 1] == '.');
    len -= rs->dot;

    if (len == 0 || len > IDV_RESOLVE_MAX_NAME) {
        return NGX_ERROR;
    }

    ngx_strlow(rs->name, (u_char *) host, len);
    rs->name[len] = '\0';
    rs->len = len;

    return NGX_OK;
}


static ngx_uint_t
idv_resolve_known(idv_resolve_t *rs)
{
    size_t   len;
    u_char  *name;

    static const char  local[] = "localhost";

    name = rs->name;

    if (name[0] == '[' || ngx_inet_addr(name, rs->len) != INADDR_NONE
        || ngx_strcmp(name, "255.255.255.255") == 0)
    {
        return 1;
    }

    len = sizeof(local) - 1;

    if (rs->len < len || ngx_strcmp(name + rs->len - len, local) != 0) {
        return 0;
    }

    return rs->len == len || name[rs->len - len - 1] == '.';
}


ngx_int_t
idv_resolve_start(idv_resolve_t *rs)
{
    ngx_resolver_ctx_t  *ctx;

    ctx = ngx_resolve_start(rs->resolver, NULL);

    if (ctx == NULL) {
        rs->error = "no memory for a lookup";
        return NGX_ERROR;
    }

    if (ctx == NGX_NO_RESOLVER) {
        rs->error = "the resolver has no server";
        return NGX_ERROR;
    }

    ctx->name.data = rs->name;
    ctx->name.len = rs->len;
    ctx->handler = idv_resolve_handler;
    ctx->data = rs;
    ctx->timeout = rs->timeout;

    /* whether the worker is held is said by the timer of the transfer */

    ctx->cancelable = 1;

    rs->ctx = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        rs->ctx = NULL;
        rs->error = "the lookup could not be started";
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
idv_resolve_cancel(idv_resolve_t *rs)
{
    ngx_resolver_ctx_t  *ctx;

    ctx = rs->ctx;

    if (ctx) {
        rs->ctx = NULL;
        ngx_resolve_name_done(ctx);
    }
}


static void
idv_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    idv_resolve_t *rs = ctx->data;

    if (ctx->state) {
        rs->error = ngx_resolver_strerror(ctx->state);

    } else if (rs->plain) {
        idv_resolve_copy(rs, ctx);

    } else {
        rs->list = idv_resolve_list(rs, ctx);

        if (rs->list == NULL) {
            rs->error = "no memory for addresses";
        }
    }

    rs->ctx = NULL;

    ngx_resolve_name_done(ctx);

    rs->handler(rs);
}


static void
idv_resolve_copy(idv_resolve_t *rs, ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; i < ctx->naddrs && i < IDV_RESOLVE_MAX_ADDRS; i++) {
        ngx_memcpy(&rs->addrs[i], ctx->addrs[i].sockaddr,
                   ctx->addrs[i].socklen);
        rs->lens[i] = ctx->addrs[i].socklen;

        ngx_inet_set_port(&rs->addrs[i].sockaddr, rs->port);
    }

    rs->naddrs = i;

    if (i == 0) {
        rs->error = "no address";
    }
}


/*
 * "+name:port:address,address": the plus lets libcurl forget them in time.
 */

static struct curl_slist *
idv_resolve_list(idv_resolve_t *rs, ngx_resolver_ctx_t *ctx)
{
    u_char      *p, *last;
    ngx_uint_t   i;
    u_char       text[IDV_RESOLVE_MAX_NAME + sizeof("+.:65535:")
                      + IDV_RESOLVE_MAX_ADDRS * (NGX_SOCKADDR_STRLEN + 3)];

    last = text + sizeof(text) - 1;

    p = ngx_slprintf(text, last, "+%s%s:%ui:", rs->name, rs->dot ? "." : "",
                     (ngx_uint_t) rs->port);

    for (i = 0; i < ctx->naddrs && i < IDV_RESOLVE_MAX_ADDRS; i++) {
        if (i) {
            *p++ = ',';
        }

#if (NGX_HAVE_INET6)
        if (ctx->addrs[i].sockaddr->sa_family == AF_INET6) {
            *p++ = '[';
            p += ngx_sock_ntop(ctx->addrs[i].sockaddr, ctx->addrs[i].socklen,
                               p, last - p, 0);
            *p++ = ']';
            continue;
        }
#endif

        p += ngx_sock_ntop(ctx->addrs[i].sockaddr, ctx->addrs[i].socklen,
                           p, last - p, 0);
    }

    *p = '\0';

    return curl_slist_append(NULL, (char *) text);
}
