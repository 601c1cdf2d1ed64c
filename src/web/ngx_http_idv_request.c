
/*
 * Copyright (C) nginx-idv authors
 *
 * What pages and console read of a request: its query, its body, and where it
 * comes from.
 */


#include "ngx_http_idv_web.h"


ngx_int_t
ngx_http_idv_arg(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    ngx_str_t  raw;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_http_idv_unescape(r->pool, &raw, 0, value);
}


/*
 * Percent-decoding, and "+" as a space in forms.  In a query a "+" stays: the
 * addresses in it are URIs, and people write them there by hand.  Where there
 * is nothing to decode, as in all that our pages send but addresses, it takes
 * no memory and cannot fail.
 */

ngx_int_t
ngx_http_idv_unescape(ngx_pool_t *pool, ngx_str_t *src, ngx_uint_t form,
    ngx_str_t *dst)
{
    size_t      i;
    u_char     *p;
    ngx_int_t   c;

    for (i = 0; i < src->len; i++) {
        if (src->data[i] == '%' || (form && src->data[i] == '+')) {
            break;
        }
    }

    if (i == src->len) {
        *dst = *src;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, src->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->data = p;
    p = ngx_cpymem(p, src->data, i);

    for ( /* void */ ; i < src->len; i++) {

        if (form && src->data[i] == '+') {
            *p++ = ' ';
            continue;
        }

        if (src->data[i] != '%') {
            *p++ = src->data[i];
            continue;
        }

        if (src->len - i < 3) {
            return NGX_DECLINED;
        }

        c = ngx_hextoi(&src->data[i + 1], 2);

        if (c == NGX_ERROR) {
            return NGX_DECLINED;
        }

        *p++ = (u_char) c;
        i += 2;
    }

    dst->len = p - dst->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_same_origin(ngx_http_request_t *r, const idv_provider_t *provider)
{
    ngx_str_t  *site, *from, origin;

    /*
     * The browser's own verdict comes first: it also holds where TLS ends in
     * front of nginx and our idea of the origin differs in its scheme.
     */

    site = ngx_http_idv_request_header(r, "Sec-Fetch-Site");

    if (site) {
        return site->len == sizeof("same-origin") - 1
               && ngx_strncmp(site->data, "same-origin", site->len) == 0
               ? NGX_OK : NGX_DECLINED;
    }

    from = ngx_http_idv_request_header(r, "Origin");

    if (from == NULL) {
        return NGX_AGAIN;
    }

    if (ngx_http_idv_origin(r, provider, &origin) != NGX_OK
        || origin.len != from->len
        || ngx_strncasecmp(origin.data, from->data, from->len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_body(ngx_http_request_t *r, size_t max, ngx_str_t *text)
{
    size_t        len;
    u_char       *p;
    ngx_chain_t  *cl;

    ngx_str_null(text);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        if (cl->buf->in_file) {
            return NGX_DECLINED;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > max) {
        return NGX_DECLINED;
    }

    cl = r->request_body->bufs;
    text->len = len;

    if (cl->next == NULL) {
        text->data = cl->buf->pos;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for ( /* void */ ; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}
