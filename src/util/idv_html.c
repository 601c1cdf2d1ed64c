
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_html.h"


static size_t idv_html_size(u_char c, const char **entity);
static void idv_html_add_component(idv_html_t *html, const ngx_str_t *value);
static void idv_html_add_number(idv_html_t *html, int n);


ngx_int_t
idv_html_escape(ngx_pool_t *pool, const ngx_str_t *src, ngx_str_t *dst)
{
    size_t       len, n;
    u_char      *p;
    ngx_uint_t   i, plain;
    const char  *entity;

    len = 0;
    plain = 1;

    for (i = 0; i < src->len; i++) {
        n = idv_html_size(src->data[i], &entity);
        len += n;

        if (entity) {
            plain = 0;
        }
    }

    if (plain) {
        *dst = *src;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, len ? len : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    dst->data = p;
    dst->len = len;

    for (i = 0; i < src->len; i++) {
        n = idv_html_size(src->data[i], &entity);

        if (entity) {
            p = ngx_cpymem(p, entity, n);

        } else {
            *p++ = src->data[i];
        }
    }

    return NGX_OK;
}


/* bytes that c takes, and what replaces it: NULL if it stays */

static size_t
idv_html_size(u_char c, const char **entity)
{
    switch (c) {

    case '&':
        *entity = "&amp;";
        return sizeof("&amp;") - 1;

    case '<':
        *entity = "&lt;";
        return sizeof("&lt;") - 1;

    case '>':
        *entity = "&gt;";
        return sizeof("&gt;") - 1;

    case '"':
        *entity = "&quot;";
        return sizeof("&quot;") - 1;

    case '\'':
        *entity = "&#39;";
        return sizeof("&#39;") - 1;
    }

    if (c < 0x20 || c == 0x7f) {
        *entity = "";
        return 0;
    }

    *entity = NULL;
    return 1;
}


ngx_int_t
idv_html_init(idv_html_t *html, ngx_pool_t *pool)
{
    html->pool = pool;
    html->len = 0;

    return ngx_array_init(&html->pieces, pool, 32, sizeof(ngx_str_t));
}


void
idv_html_put(idv_html_t *html, const char *fmt, ...)
{
    idv_html_args_t  args;

    va_start(args.list, fmt);
    idv_html_vput(html, fmt, &args);
    va_end(args.list);
}


void
idv_html_vput(idv_html_t *html, const char *fmt, idv_html_args_t *args)
{
    const char  *s, *text;
    ngx_str_t   *value;

    for (s = fmt; *s; /* void */ ) {

        if (*s != '%') {
            text = s;
            s += strcspn(s, "%");
            idv_html_add(html, text, s - text);
            continue;
        }

        switch (s[1]) {

        case 's':
            text = va_arg(args->list, const char *);
            idv_html_add(html, text, ngx_strlen(text));
            break;

        case 'v':
            value = va_arg(args->list, ngx_str_t *);
            idv_html_add(html, value->data, value->len);
            break;

        case 'e':
            idv_html_add_escaped(html, va_arg(args->list, ngx_str_t *));
            break;

        case 'u':
            idv_html_add_component(html, va_arg(args->list, ngx_str_t *));
            break;

        case 'd':
            idv_html_add_number(html, va_arg(args->list, int));
            break;

        default:
            html->more(html, s[1], args);
        }

        s += 2;
    }
}


void
idv_html_add(idv_html_t *html, const void *data, size_t len)
{
    ngx_str_t  *piece;

    if (len == 0) {
        return;
    }

    piece = ngx_array_push(&html->pieces);
    if (piece == NULL) {
        html->failed = 1;
        return;
    }

    piece->data = (u_char *) data;
    piece->len = len;

    html->len += len;
}


void
idv_html_add_escaped(idv_html_t *html, const ngx_str_t *value)
{
    ngx_str_t  escaped;

    if (idv_html_escape(html->pool, value, &escaped) != NGX_OK) {
        html->failed = 1;
        return;
    }

    idv_html_add(html, escaped.data, escaped.len);
}


static void
idv_html_add_component(idv_html_t *html, const ngx_str_t *value)
{
    size_t      len;
    u_char     *p;
    uintptr_t   n;

    if (value->len == 0) {
        return;
    }

    n = ngx_escape_uri(NULL, value->data, value->len,
                       NGX_ESCAPE_URI_COMPONENT);
    len = value->len + 2 * n;

    p = ngx_pnalloc(html->pool, len);
    if (p == NULL) {
        html->failed = 1;
        return;
    }

    (void) ngx_escape_uri(p, value->data, value->len,
                          NGX_ESCAPE_URI_COMPONENT);

    idv_html_add(html, p, len);
}


static void
idv_html_add_number(idv_html_t *html, int n)
{
    u_char  *p;

    p = ngx_pnalloc(html->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        html->failed = 1;
        return;
    }

    idv_html_add(html, p, ngx_sprintf(p, "%d", n) - p);
}


ngx_str_t
idv_html_join(idv_html_t *html)
{
    u_char      *p;
    ngx_str_t    joined, *piece;
    ngx_uint_t   i;

    ngx_str_set(&joined, "");

    if (html->failed || html->len == 0) {
        return joined;
    }

    p = ngx_pnalloc(html->pool, html->len);
    if (p == NULL) {
        html->failed = 1;
        return joined;
    }

    joined.data = p;
    joined.len = html->len;

    piece = html->pieces.elts;

    for (i = 0; i < html->pieces.nelts; i++) {
        p = ngx_cpymem(p, piece[i].data, piece[i].len);
    }

    return joined;
}
