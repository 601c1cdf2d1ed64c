
/*
 * Copyright (C) nginx-idv authors
 *
 * What a browser sends to the page: headers, query, form, and the proof that a
 * form is one of ours.
 */


#include "ngx_http_idv_page.h"


static ngx_int_t ngx_http_idv_page_token(ngx_http_idv_page_t *page,
    const idv_key_t *key, const ngx_str_t *bound, u_char *token);


ngx_int_t
ngx_http_idv_page_field(ngx_http_idv_page_t *page, const char *name,
    ngx_str_t *value)
{
    size_t      len;
    u_char     *p, *last, *end;
    ngx_str_t   raw;

    len = ngx_strlen(name);
    p = page->form.data;
    last = p + page->form.len;

    while (p < last) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > len
            && p[len] == '='
            && ngx_strncmp(p, name, len) == 0)
        {
            raw.data = p + len + 1;
            raw.len = end - raw.data;

            return ngx_http_idv_unescape(page->r->pool, &raw, 1, value);
        }

        p = end + 1;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_idv_page_body(ngx_http_request_t *r, ngx_str_t *body)
{
    off_t         len;
    u_char       *p;
    ngx_chain_t  *cl;

    static const ngx_str_t  type =
        ngx_string("application/x-www-form-urlencoded");

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    len = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (cl->buf->in_file) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > NGX_HTTP_IDV_PAGE_MAX_FORM) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    /* what a script posts without a body has no type either */

    if (len
        && (r->headers_in.content_type == NULL
            || r->headers_in.content_type->value.len < type.len
            || ngx_strncasecmp(r->headers_in.content_type->value.data,
                               type.data, type.len)
               != 0))
    {
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }

    p = ngx_pnalloc(r->pool, (size_t) len + 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body->data = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    body->len = p - body->data;

    return NGX_OK;
}


/* of the form, or else of the query */

static ngx_int_t
ngx_http_idv_page_value(ngx_http_idv_page_t *page, const char *name,
    ngx_str_t *value)
{
    ngx_int_t  rc;

    rc = ngx_http_idv_page_field(page, name, value);

    return rc == NGX_DECLINED ? ngx_http_idv_arg(page->r, name, value) : rc;
}


ngx_int_t
ngx_http_idv_page_read(ngx_http_idv_page_t *page)
{
    size_t     i;
    u_char     c;
    ngx_int_t  id, return_to;
    ngx_str_t  value;

    id = ngx_http_idv_page_value(page, "flowId", &value);

    if (id == NGX_OK) {
        page->flow_id = value;
    }

    if (page->flow_id.len != IDV_FLOW_ID_LEN) {
        ngx_str_null(&page->flow_id);
    }

    for (i = 0; i < page->flow_id.len; i++) {
        c = page->flow_id.data[i];

        if (!((c >= '0' && c <= '9')
              || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
        {
            ngx_str_null(&page->flow_id);
        }
    }

    return_to = ngx_http_idv_page_value(page, "return", &value);

    if (return_to == NGX_OK && ngx_http_idv_return_path(&value) == NGX_OK) {
        page->return_to = value;
    }

    return id == NGX_ERROR || return_to == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_idv_page_csrf(ngx_http_idv_page_t *page, const ngx_str_t *bound,
    ngx_str_t *token)
{
    token->data = ngx_pnalloc(page->r->pool, NGX_HTTP_IDV_PAGE_CSRF_LEN);
    if (token->data == NULL) {
        return NGX_ERROR;
    }

    token->len = NGX_HTTP_IDV_PAGE_CSRF_LEN;

    return ngx_http_idv_page_token(page, &page->provider->keys[0], bound,
                                   token->data);
}


ngx_uint_t
ngx_http_idv_page_csrf_valid(ngx_http_idv_page_t *page, const ngx_str_t *bound)
{
    u_char      token[NGX_HTTP_IDV_PAGE_CSRF_LEN];
    ngx_str_t   given;
    ngx_uint_t  i;

    if (ngx_http_idv_page_field(page, "csrf", &given) != NGX_OK
        || given.len != NGX_HTTP_IDV_PAGE_CSRF_LEN)
    {
        return 0;
    }

    /* a form may be older than a reload that brought a new key */

    for (i = 0; i < page->provider->nkeys; i++) {

        if (ngx_http_idv_page_token(page, &page->provider->keys[i], bound,
                                    token)
            == NGX_OK
            && idv_equal(token, given.data, sizeof(token)))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_idv_page_token(ngx_http_idv_page_t *page, const idv_key_t *key,
    const ngx_str_t *bound, u_char *token)
{
    u_char     mac[IDV_HASH_LEN];
    ngx_str_t  parts[3];

    ngx_str_set(&parts[0], "idv page form");
    parts[1] = page->client.secret;
    parts[2] = *bound;

    if (idv_mac(mac, key, parts, 3) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hex_dump(token, mac, sizeof(mac));

    return NGX_OK;
}
