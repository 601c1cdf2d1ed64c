
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_html.h"


static size_t idv_html_size(u_char c, const char **entity);


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
