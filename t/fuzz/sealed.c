
/*
 * Copyright (C) nginx-idv authors
 */


#include "sealed.h"


/* each part behind its length, in two bytes */

ngx_str_t
sealed_aad(const idv_provider_t *provider, const char *host, ngx_uint_t header)
{
    u_char      *p;
    ngx_str_t    aad, parts[5];
    ngx_uint_t   i;

    ngx_str_set(&parts[0], "header IDV-Session");

    if (!header) {
        parts[0] = provider->cookie_name;
    }

    ngx_str_set(&parts[1], "session 2");
    parts[2] = provider->name;
    parts[3] = provider->environment_id;
    parts[4].data = (u_char *) host;
    parts[4].len = strlen(host);

    aad.data = p = ngx_pnalloc(house_pool, strlen(host) + 1024);

    for (i = 0; i < 5; i++) {
        *p++ = (u_char) (parts[i].len >> 8);
        *p++ = (u_char) parts[i].len;
        p = ngx_cpymem(p, parts[i].data, parts[i].len);
    }

    aad.len = p - aad.data;

    return aad;
}


ngx_uint_t
sealed_opens(const idv_provider_t *provider, const char *host,
    ngx_uint_t header, const ngx_str_t *text)
{
    ssize_t     n;
    u_char     *plain;
    ngx_str_t   aad, bytes, again, src;

    src = *text;
    bytes.data = ngx_pnalloc(house_pool,
                             ngx_base64_decoded_length(text->len) + 1);

    if (ngx_decode_base64url(&bytes, &src) != NGX_OK) {
        return 0;
    }

    /* one spelling */

    again.data = ngx_pnalloc(house_pool, ngx_base64_encoded_length(bytes.len)
                                         + 1);
    ngx_encode_base64url(&again, &bytes);

    if (again.len != text->len
        || memcmp(again.data, text->data, text->len) != 0)
    {
        return 0;
    }

    aad = sealed_aad(provider, host, header);
    plain = ngx_pnalloc(house_pool, bytes.len + 1);

    n = idv_open(provider->keys, provider->nkeys, &aad, bytes.data, bytes.len,
                 plain);

    return n >= 116 && (plain[1] & 1) == header;
}


ngx_int_t
sealed_cookie(const ngx_str_t *header, const char *name, ngx_uint_t n,
    ngx_str_t *value)
{
    size_t  i, from, equals, first, last, len;

    len = strlen(name);

    for (from = 0; from <= header->len; from = i + 1) {

        equals = header->len;

        for (i = from; i < header->len && header->data[i] != ';'; i++) {
            if (header->data[i] == '=' && equals == header->len) {
                equals = i;
            }
        }

        if (equals == header->len) {
            continue;
        }

        for (first = from; first < equals; first++) {
            if (strchr(" \t", header->data[first]) == NULL
                || header->data[first] == '\0')
            {
                break;
            }
        }

        for (last = equals; last > first; last--) {
            if (header->data[last - 1] != ' '
                && header->data[last - 1] != '\t')
            {
                break;
            }
        }

        if (last - first != len
            || memcmp(header->data + first, name, len) != 0
            || n-- > 0)
        {
            continue;
        }

        first = equals + 1;
        last = i;

        while (first < last && (header->data[first] == ' '
                                || header->data[first] == '\t'))
        {
            first++;
        }

        while (last > first && (header->data[last - 1] == ' '
                                || header->data[last - 1] == '\t'))
        {
            last--;
        }

        value->data = header->data + first;
        value->len = last - first;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/*
 * The states of WHATWG's basic URL parser that decide on the host, for a text
 * that is resolved against an https page.
 */

ngx_uint_t
sealed_same_origin(const u_char *text, size_t len)
{
    size_t   i, n;
    u_char  *p;

    /* C0 control or space at both ends, tab and newline anywhere: gone */

    while (len && text[0] <= ' ') {
        text++;
        len--;
    }

    while (len && text[len - 1] <= ' ') {
        len--;
    }

    p = ngx_pnalloc(house_pool, len + 3);

    for (i = 0, n = 0; i < len; i++) {
        if (text[i] != '\t' && text[i] != '\n' && text[i] != '\r') {
            p[n++] = text[i];
        }
    }

    p[n] = '\0';

    /* scheme state: "https:" before a path is relative, but who needs it */

    if (isalpha(p[0])) {
        for (i = 0; isalnum(p[i]) || (p[i] && strchr("+-.", p[i])); i++) {
            /* void */
        }

        if (p[i] == ':') {
            return 0;
        }
    }

    /* relative slash state: the scheme is special, so "\" is "/" */

    return !((p[0] == '/' || p[0] == '\\') && (p[1] == '/' || p[1] == '\\'));
}
