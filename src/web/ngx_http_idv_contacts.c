
/*
 * Copyright (C) nginx-idv authors
 *
 * The user's e-mail addresses and phone numbers.  They are evaluated anew with
 * each request and never stored: a client sees them masked and posts back a
 * value that stands for one of them.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_crypto.h"


#define NGX_HTTP_IDV_MAX_EMAIL   254
#define NGX_HTTP_IDV_MAX_PHONE   15      /* digits, E.164 */
#define NGX_HTTP_IDV_OPAQUE_LEN  12


ngx_uint_t
ngx_http_idv_email_form(ngx_str_t *address)
{
    u_char      ch;
    ngx_uint_t  i, at;

    if (address->len < 3 || address->len > NGX_HTTP_IDV_MAX_EMAIL) {
        return 0;
    }

    at = 0;

    for (i = 0; i < address->len; i++) {
        ch = address->data[i];

        if (ch <= ' ' || ch >= 0x7f || ch == '"' || ch == '\'' || ch == '<'
            || ch == '>' || ch == '\\' || ch == ';')
        {
            return 0;
        }

        if (ch == '@') {
            if (at || i == 0 || i == address->len - 1) {
                return 0;
            }

            at = i;
        }
    }

    return at != 0;
}


/* to "+" and digits */

ngx_int_t
ngx_http_idv_phone_form(ngx_pool_t *pool, ngx_str_t *number)
{
    u_char      *p, ch;
    ngx_uint_t   i, n;

    p = ngx_pnalloc(pool, NGX_HTTP_IDV_MAX_PHONE + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = 0;
    p[n++] = '+';

    for (i = 0; i < number->len; i++) {
        ch = number->data[i];

        if (ch >= '0' && ch <= '9') {

            if (n > NGX_HTTP_IDV_MAX_PHONE) {
                return NGX_DECLINED;
            }

            p[n++] = ch;
            continue;
        }

        if ((ch == '+' && i == 0) || ch == ' ' || ch == '-' || ch == '.'
            || ch == '(' || ch == ')')
        {
            continue;
        }

        return NGX_DECLINED;
    }

    if (n < 8) {
        return NGX_DECLINED;
    }

    number->data = p;
    number->len = n;

    return NGX_OK;
}


void
ngx_http_idv_trim(ngx_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }

    while (s->len && (s->data[s->len - 1] == ' '
                      || s->data[s->len - 1] == '\t'))
    {
        s->len--;
    }
}


ngx_int_t
ngx_http_idv_contacts(ngx_http_request_t *r, ngx_uint_t contact,
    ngx_http_idv_contacts_t *contacts)
{
    u_char                         *p, *last;
    ngx_int_t                       rc;
    ngx_str_t                       list, address;
    const ngx_http_idv_loc_conf_t  *lcf;

    contacts->n = 0;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (ngx_http_idv_value(r, contact == IDV_CONTACT_EMAIL ? lcf->email
                                                           : lcf->phone,
                           &list)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    last = list.data + list.len;

    for (p = list.data;
         p < last && contacts->n < NGX_HTTP_IDV_MAX_CONTACTS;
         p = address.data + address.len + 1)
    {
        address.data = p;

        while (p < last && *p != ',') {
            p++;
        }

        address.len = p - address.data;

        list = address;
        ngx_http_idv_trim(&list);

        if (contact == IDV_CONTACT_EMAIL) {
            rc = ngx_http_idv_email_form(&list) ? NGX_OK : NGX_DECLINED;

        } else {
            rc = ngx_http_idv_phone_form(r->pool, &list);
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            contacts->addresses[contacts->n++] = list;
        }
    }

    return NGX_OK;
}


/* those that this provider's delivery leaves to the user's choice, or takes */

ngx_int_t
ngx_http_idv_offered(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_uint_t contact, ngx_http_idv_contacts_t *contacts)
{
    ngx_uint_t  delivery;

    contacts->n = 0;

    delivery = provider->flow.delivery;

    if (delivery == IDV_DELIVERY_QR
        || (delivery == IDV_DELIVERY_EMAIL && contact != IDV_CONTACT_EMAIL)
        || (delivery == IDV_DELIVERY_SMS && contact != IDV_CONTACT_PHONE))
    {
        return NGX_OK;
    }

    return ngx_http_idv_contacts(r, contact, contacts);
}


ngx_int_t
ngx_http_idv_mask(ngx_pool_t *pool, ngx_uint_t contact, ngx_str_t *address,
    ngx_str_t *masked)
{
    u_char  *p, *at;

    masked->data = ngx_pnalloc(pool, address->len + sizeof("*** *** 0000"));
    if (masked->data == NULL) {
        return NGX_ERROR;
    }

    p = masked->data;

    if (contact == IDV_CONTACT_PHONE) {
        p = ngx_cpymem(p, "*** *** ", 8);
        p = ngx_cpymem(p, address->data + address->len - 4, 4);

    } else {
        at = ngx_strlchr(address->data, address->data + address->len, '@');

        *p++ = address->data[0];
        p = ngx_cpymem(p, "***", 3);
        p = ngx_cpymem(p, at, address->data + address->len - at);
    }

    masked->len = p - masked->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_opaque(ngx_pool_t *pool, const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_uint_t contact, ngx_str_t *address,
    ngx_str_t *value)
{
    u_char      mac[IDV_HASH_LEN];
    ngx_str_t   parts[4];
    ngx_uint_t  i;

    static const u_char  digits[] = "abcdefghijklmnopqrstuvwxyz234567";

    ngx_str_set(&parts[0], "contact");
    parts[1].data = (u_char *) flow->id;
    parts[1].len = IDV_FLOW_ID_LEN;
    parts[2] = *address;
    parts[3].data = (u_char *) (contact == IDV_CONTACT_EMAIL ? "e" : "p");
    parts[3].len = 1;

    if (idv_mac(mac, &provider->keys[0], parts, 4) != NGX_OK) {
        return NGX_ERROR;
    }

    value->data = ngx_pnalloc(pool, NGX_HTTP_IDV_OPAQUE_LEN + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->data[0] = parts[3].data[0];

    for (i = 0; i < NGX_HTTP_IDV_OPAQUE_LEN; i++) {
        value->data[i + 1] = digits[mac[i] & 31];
    }

    value->len = NGX_HTTP_IDV_OPAQUE_LEN + 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_choose(ngx_http_request_t *r, const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_uint_t contact, ngx_str_t *value,
    ngx_str_t *address)
{
    ngx_str_t                 offered;
    ngx_uint_t                i;
    ngx_http_idv_contacts_t   contacts;

    if (ngx_http_idv_offered(r, provider, contact, &contacts) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < contacts.n; i++) {

        if (ngx_http_idv_opaque(r->pool, provider, flow, contact,
                                &contacts.addresses[i], &offered)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* the address itself is as good: who has it already knows it */

        if ((value->len == offered.len
             && ngx_memcmp(value->data, offered.data, offered.len) == 0)
            || (value->len == contacts.addresses[i].len
                && ngx_memcmp(value->data, contacts.addresses[i].data,
                              value->len)
                   == 0))
        {
            *address = contacts.addresses[i];
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
