
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_address.h"


#define IDV_SVC_MIN_DIGITS  7
#define IDV_SVC_MAX_DIGITS  15       /* E.164 */
#define IDV_SVC_MAX_NUMBER  32       /* bytes, as it is written */
#define IDV_SVC_MAX_LOCAL   64       /* RFC 5321, 4.5.3.1 */
#define IDV_SVC_END_DIGITS  4        /* that a mask leaves */


static ngx_uint_t idv_svc_address_email(const ngx_str_t *text);
static ngx_uint_t idv_svc_address_local(const u_char *p, const u_char *last);
static ngx_uint_t idv_svc_address_host(const u_char *p, const u_char *last);
static size_t idv_svc_address_phone(const ngx_str_t *text, u_char *number);


/* what was written, or a number in the buffer, made of it; empty: it is none */

static ngx_str_t
idv_svc_address_read(idv_svc_channel_e channel, const ngx_str_t *text,
    u_char number[IDV_SVC_MAX_NUMBER + 1])
{
    ngx_str_t  address;

    address = *text;

    while (address.len && address.data[0] == ' ') {
        address.data++;
        address.len--;
    }

    while (address.len && address.data[address.len - 1] == ' ') {
        address.len--;
    }

    if (channel == IDV_SVC_SMS) {
        address.len = idv_svc_address_phone(&address, number);
        address.data = number;

    } else if (!idv_svc_address_email(&address)) {
        address.len = 0;
    }

    return address;
}


ngx_uint_t
idv_svc_address_valid(idv_svc_channel_e channel, const ngx_str_t *text)
{
    u_char  number[IDV_SVC_MAX_NUMBER + 1];

    return idv_svc_address_read(channel, text, number).len > 0;
}


ngx_int_t
idv_svc_address(ngx_pool_t *pool, idv_svc_channel_e channel,
    const ngx_str_t *text, ngx_str_t *address)
{
    u_char     number[IDV_SVC_MAX_NUMBER + 1];
    ngx_str_t  read;

    read = idv_svc_address_read(channel, text, number);

    if (read.len == 0) {
        return NGX_DECLINED;
    }

    address->len = read.len;
    address->data = ngx_pstrdup(pool, &read);

    return address->data ? NGX_OK : NGX_ERROR;
}


/*
 * local@host of RFC 5321 in ASCII, without quotes and address literals, which
 * no person has.
 */

static ngx_uint_t
idv_svc_address_email(const ngx_str_t *text)
{
    u_char  *at, *last;

    last = text->data + text->len;

    at = text->len <= IDV_SVC_MAX_ADDRESS ? ngx_strlchr(text->data, last, '@')
                                          : NULL;

    return at && idv_svc_address_local(text->data, at)
           && idv_svc_address_host(at + 1, last);
}


/* words with dots between them */

static ngx_uint_t
idv_svc_address_local(const u_char *p, const u_char *last)
{
    u_char  c, before;

    if (p == last || last - p > IDV_SVC_MAX_LOCAL) {
        return 0;
    }

    before = '.';

    for ( /* void */ ; p < last; p++) {
        c = ngx_tolower(*p);

        if (c == '.' ? before == '.'
                     : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                         || (c && ngx_strchr("!#$%&'*+/=?^_`{|}~-", c))))
        {
            return 0;
        }

        before = c;
    }

    return before != '.';
}


static ngx_uint_t
idv_svc_address_host(const u_char *p, const u_char *last)
{
    u_char  c, before;

    before = '.';

    for ( /* void */ ; p < last; p++) {
        c = ngx_tolower(*p);

        if (c == '.' || c == '-') {

            /* labels are not empty, and do not begin or end with a hyphen */

            if (before == '.' || (c == '.' && before == '-')) {
                return 0;
            }

        } else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            return 0;
        }

        before = c;
    }

    return before != '.' && before != '-';
}


/* digits in any of the usual spellings */

static size_t
idv_svc_address_phone(const ngx_str_t *text, u_char *number)
{
    u_char      *p, c;
    size_t       len;
    ngx_uint_t   i;

    if (text->len > IDV_SVC_MAX_NUMBER) {
        return 0;
    }

    p = number;
    *p++ = '+';

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c >= '0' && c <= '9') {
            *p++ = c;
            continue;
        }

        if (c == '\0' || !ngx_strchr(" -.()+", c) || (c == '+' && i > 0)) {
            return 0;
        }
    }

    len = p - number;

    return len > IDV_SVC_MIN_DIGITS && len <= IDV_SVC_MAX_DIGITS + 1 ? len : 0;
}


ngx_int_t
idv_svc_address_mask(ngx_pool_t *pool, idv_svc_channel_e channel,
    const ngx_str_t *address, ngx_str_t *masked)
{
    u_char  *p, *rest, *last;

    masked->data = ngx_pnalloc(pool, address->len + 4);
    if (masked->data == NULL) {
        return NGX_ERROR;
    }

    last = address->data + address->len;

    rest = (channel == IDV_SVC_SMS)
           ? last - IDV_SVC_END_DIGITS
           : ngx_strlchr(address->data, last, '@');

    p = masked->data;
    *p++ = address->data[0];
    p = ngx_cpymem(p, "***", 3);
    p = ngx_cpymem(p, rest, last - rest);

    masked->len = p - masked->data;

    return NGX_OK;
}
