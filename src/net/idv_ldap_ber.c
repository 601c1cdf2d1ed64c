
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_ldap_ber.h"


void
idv_ber_bytes(idv_ber_t *ber, const void *data, size_t len)
{
    if (ber->full || (size_t) (ber->pos - ber->start) < len) {
        ber->full = 1;
        return;
    }

    ber->pos -= len;

    if (len) {
        ngx_memcpy(ber->pos, data, len);
    }
}


void
idv_ber_head(idv_ber_t *ber, u_char tag, const u_char *end)
{
    size_t       len;
    u_char       head[6];
    ngx_uint_t   n;

    if (ber->full) {
        return;
    }

    len = end - ber->pos;

    if (len < 0x80) {
        head[0] = tag;
        head[1] = (u_char) len;
        idv_ber_bytes(ber, head, 2);
        return;
    }

    /* no message of ours comes near to four bytes of length */

    for (n = 1; n < 4 && len >> (8 * n); n++) { /* void */ }

    head[0] = tag;
    head[1] = (u_char) (0x80 | n);
    head[2] = (u_char) (len >> (8 * (n - 1)));

    if (n > 1) {
        head[3] = (u_char) (len >> (8 * (n - 2)));
    }

    if (n > 2) {
        head[4] = (u_char) (len >> (8 * (n - 3)));
    }

    if (n > 3) {
        head[5] = (u_char) len;
    }

    idv_ber_bytes(ber, head, n + 2);
}


void
idv_ber_string(idv_ber_t *ber, u_char tag, const ngx_str_t *s)
{
    u_char  *end;

    end = ber->pos;

    idv_ber_bytes(ber, s->data, s->len);
    idv_ber_head(ber, tag, end);
}


void
idv_ber_number(idv_ber_t *ber, u_char tag, uint32_t n)
{
    u_char  *end, byte;

    end = ber->pos;

    /* a first byte with its highest bit would be negative */

    do {
        byte = (u_char) n;
        idv_ber_bytes(ber, &byte, 1);
        n >>= 8;
    } while (n || (byte & 0x80));

    idv_ber_head(ber, tag, end);
}


void
idv_ber_boolean(idv_ber_t *ber, u_char tag, ngx_uint_t on)
{
    u_char  *end, byte;

    end = ber->pos;
    byte = on ? 0xff : 0;

    idv_ber_bytes(ber, &byte, 1);
    idv_ber_head(ber, tag, end);
}


ngx_int_t
idv_ber_read(const u_char **p, const u_char *last, u_char *tag, size_t *len)
{
    size_t         n;
    ngx_uint_t     bytes;
    const u_char  *q;

    q = *p;

    if (last - q < 2) {
        return NGX_ERROR;
    }

    *tag = *q++;

    if ((*tag & 0x1f) == 0x1f) {
        return NGX_ERROR;
    }

    n = *q++;

    if (n & 0x80) {
        bytes = n & 0x7f;

        if (bytes == 0 || bytes > 4 || (ngx_uint_t) (last - q) < bytes) {
            return NGX_ERROR;
        }

        for (n = 0; bytes; bytes--) {
            n = n << 8 | *q++;
        }
    }

    if ((size_t) (last - q) < n) {
        return NGX_ERROR;
    }

    *len = n;
    *p = q;

    return NGX_OK;
}


ngx_int_t
idv_ber_expect(const u_char **p, const u_char *last, u_char tag, size_t *len)
{
    u_char         found;
    const u_char  *q;

    q = *p;

    if (idv_ber_read(&q, last, &found, len) != NGX_OK || found != tag) {
        return NGX_ERROR;
    }

    *p = q;

    return NGX_OK;
}


ngx_int_t
idv_ber_expect_number(const u_char **p, const u_char *last, u_char tag,
    uint32_t *n)
{
    size_t  len;

    if (idv_ber_expect(p, last, tag, &len) != NGX_OK
        || len == 0 || len > 4 || (**p & 0x80))
    {
        return NGX_ERROR;
    }

    for (*n = 0; len; len--) {
        *n = *n << 8 | *(*p)++;
    }

    return NGX_OK;
}
