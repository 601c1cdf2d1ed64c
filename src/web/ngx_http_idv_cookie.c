
/*
 * Copyright (C) nginx-idv authors
 */


#include "ngx_http_idv_web.h"


static void ngx_http_idv_cookie_trim(ngx_str_t *text);
static ngx_table_elt_t *ngx_http_idv_cookie_find(ngx_http_request_t *r,
    ngx_str_t *name);


/*
 * RFC 6265, section 5.4 as servers meet it: pairs between semicolons, blanks
 * around them.  *pos counts the bytes of all Cookie headers in their order, so
 * that a walk is linear however many cookies there are.
 */

ngx_int_t
ngx_http_idv_cookie_next(ngx_http_request_t *r, ngx_str_t *name,
    ngx_uint_t *pos, ngx_str_t *value)
{
    u_char           *p, *end, *last, *equals;
    ngx_str_t         found;
    ngx_uint_t        i, base;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    base = 0;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_DECLINED;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len != sizeof("cookie") - 1
            || ngx_memcmp(h[i].lowcase_key, "cookie", sizeof("cookie") - 1)
               != 0)
        {
            continue;
        }

        end = h[i].value.data + h[i].value.len;

        while (*pos - base < h[i].value.len) {

            p = h[i].value.data + (*pos - base);

            /* sealed texts are long: libc looks at many bytes at a time */

            last = memchr(p, ';', end - p);
            if (last == NULL) {
                last = end;
            }

            *pos += last + 1 - p;

            equals = memchr(p, '=', last - p);
            if (equals == NULL) {
                continue;
            }

            found.data = p;
            found.len = equals - p;
            ngx_http_idv_cookie_trim(&found);

            if (found.len != name->len
                || ngx_memcmp(found.data, name->data, name->len) != 0)
            {
                continue;
            }

            value->data = equals + 1;
            value->len = last - value->data;
            ngx_http_idv_cookie_trim(value);

            return NGX_OK;
        }

        base += h[i].value.len + 1;

        if (*pos < base) {
            *pos = base;
        }
    }
}


static void
ngx_http_idv_cookie_trim(ngx_str_t *text)
{
    while (text->len && (text->data[0] == ' ' || text->data[0] == '\t')) {
        text->data++;
        text->len--;
    }

    while (text->len
           && (text->data[text->len - 1] == ' '
               || text->data[text->len - 1] == '\t'))
    {
        text->len--;
    }
}


ngx_uint_t
ngx_http_idv_secure(ngx_http_request_t *r, const idv_provider_t *provider)
{
#if (NGX_HTTP_SSL)

    if (r->connection->ssl) {
        return 1;
    }

#endif

    return provider->base_url.len >= sizeof("https://") - 1
           && ngx_strncasecmp(provider->base_url.data, (u_char *) "https://",
                              sizeof("https://") - 1)
              == 0;
}


ngx_int_t
ngx_http_idv_cookie_names(ngx_pool_t *pool, const ngx_str_t *plain,
    ngx_str_t names[IDV_COOKIE_NCOOKIES])
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    static const char *const  suffix[IDV_COOKIE_NCOOKIES] = {
        "",                              /* IDV_COOKIE_SESSION */
        NGX_HTTP_IDV_FLOW_COOKIE,        /* IDV_COOKIE_FLOW */
        NGX_HTTP_IDV_KEPT_COOKIE,        /* IDV_COOKIE_KEPT */
        NGX_HTTP_IDV_CONSOLE_COOKIE      /* IDV_COOKIE_CONSOLE */
    };

    for (i = 0; i < IDV_COOKIE_NCOOKIES; i++) {
        name = &names[i];

        name->len = sizeof("__Host-") - 1 + plain->len + ngx_strlen(suffix[i]);

        name->data = ngx_pnalloc(pool, name->len);
        if (name->data == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(name->data, "__Host-%V%s", plain, suffix[i]);
    }

    return NGX_OK;
}


void
ngx_http_idv_cookie_name(ngx_http_request_t *r, const idv_provider_t *provider,
    idv_cookie_e cookie, ngx_str_t *name)
{
    *name = provider->cookies[cookie];

    if (!ngx_http_idv_secure(r, provider)) {
        name->data += sizeof("__Host-") - 1;
        name->len -= sizeof("__Host-") - 1;
    }
}


ngx_table_elt_t *
ngx_http_idv_cookie_set(ngx_http_request_t *r, const idv_provider_t *provider,
    idv_cookie_e cookie, ngx_str_t *value, time_t max_age)
{
    u_char           *p;
    size_t            len;
    ngx_str_t         name;
    ngx_uint_t        secure;
    ngx_table_elt_t  *h;

    ngx_http_idv_cookie_name(r, provider, cookie, &name);

    secure = ngx_http_idv_secure(r, provider);

    len = name.len + sizeof("=; Path=/; HttpOnly; Secure") - 1 + value->len
          + sizeof("; SameSite=") - 1 + provider->same_site.len
          + sizeof("; Max-Age=") - 1 + NGX_TIME_T_LEN
          + sizeof("; Expires=Thu, 01 Jan 1970 00:00:00 GMT") - 1;

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NULL;
    }

    h = ngx_http_idv_cookie_find(r, &name);

    if (h == NULL) {
        h = ngx_list_push(&r->headers_out.headers);
        if (h == NULL) {
            return NULL;
        }

        idv_header_clear_next(h);
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Set-Cookie");
    h->lowcase_key = (u_char *) "set-cookie";
    h->value.data = p;

    p = ngx_sprintf(p, "%V=%V; Path=/; HttpOnly", &name, value);

    if (secure) {
        p = ngx_cpymem(p, "; Secure", sizeof("; Secure") - 1);
    }

    if (provider->same_site.len) {
        p = ngx_sprintf(p, "; SameSite=%V", &provider->same_site);
    }

    if (max_age == 0) {
        p = ngx_cpymem(p, "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                sizeof("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
                       - 1);

    } else if (max_age > 0) {
        p = ngx_sprintf(p, "; Max-Age=%T", max_age);
    }

    *p = '\0';
    h->value.len = p - h->value.data;

    return h;
}


/* an answer has each cookie once: of two, the client would choose */

static ngx_table_elt_t *
ngx_http_idv_cookie_find(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash
            && h[i].key.len == sizeof("Set-Cookie") - 1
            && ngx_strncasecmp(h[i].key.data, (u_char *) "Set-Cookie",
                               sizeof("Set-Cookie") - 1)
               == 0
            && h[i].value.len > name->len
            && ngx_memcmp(h[i].value.data, name->data, name->len) == 0
            && h[i].value.data[name->len] == '=')
        {
            return &h[i];
        }
    }
}
