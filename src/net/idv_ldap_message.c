
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_ldap_ber.h"
#include "idv_ldap_message.h"


#define IDV_LDAP_VERSION       3
#define IDV_LDAP_AUTH_SIMPLE   0x80
#define IDV_LDAP_REQUEST_NAME  0x80
#define IDV_LDAP_NEVER_DEREF   0


static void
idv_ldap_begin(idv_ber_t *ber, u_char *start, u_char *end)
{
    ber->start = start;
    ber->pos = end;
    ber->full = 0;
}


/* LDAPMessage ::= SEQUENCE { messageID, protocolOp, controls OPTIONAL } */

static u_char *
idv_ldap_finish(idv_ber_t *ber, u_char type, uint32_t id, u_char *end)
{
    idv_ber_head(ber, type, end);
    idv_ber_number(ber, IDV_BER_INTEGER, id);
    idv_ber_head(ber, IDV_BER_SEQUENCE, end);

    return ber->full ? NULL : ber->pos;
}


u_char *
idv_ldap_write_bind(u_char *start, u_char *end, uint32_t id,
    const ngx_str_t *dn, const ngx_str_t *password)
{
    idv_ber_t  ber;

    idv_ldap_begin(&ber, start, end);

    idv_ber_string(&ber, IDV_LDAP_AUTH_SIMPLE, password);
    idv_ber_string(&ber, IDV_BER_OCTETS, dn);
    idv_ber_number(&ber, IDV_BER_INTEGER, IDV_LDAP_VERSION);

    return idv_ldap_finish(&ber, IDV_LDAP_BIND_REQUEST, id, end);
}


u_char *
idv_ldap_write_search(u_char *start, u_char *end, uint32_t id,
    const idv_ldap_query_t *query)
{
    u_char      *list;
    idv_ber_t    ber;
    ngx_uint_t   i;

    idv_ldap_begin(&ber, start, end);

    list = ber.pos;

    for (i = query->nattributes; i; i--) {
        idv_ber_string(&ber, IDV_BER_OCTETS, &query->attributes[i - 1]);
    }

    idv_ber_head(&ber, IDV_BER_SEQUENCE, list);

    idv_ldap_filter_write(&ber, query->filter, &query->user);

    idv_ber_boolean(&ber, IDV_BER_BOOLEAN, 0);
    idv_ber_number(&ber, IDV_BER_INTEGER, (uint32_t) query->time_limit);
    idv_ber_number(&ber, IDV_BER_INTEGER, (uint32_t) query->size_limit);
    idv_ber_number(&ber, IDV_BER_ENUMERATED, IDV_LDAP_NEVER_DEREF);
    idv_ber_number(&ber, IDV_BER_ENUMERATED, (uint32_t) query->scope);
    idv_ber_string(&ber, IDV_BER_OCTETS, &query->base);

    return idv_ldap_finish(&ber, IDV_LDAP_SEARCH_REQUEST, id, end);
}


u_char *
idv_ldap_write_starttls(u_char *start, u_char *end, uint32_t id)
{
    idv_ber_t  ber;

    static const ngx_str_t  oid = ngx_string("1.3.6.1.4.1.1466.20037");

    idv_ldap_begin(&ber, start, end);

    idv_ber_string(&ber, IDV_LDAP_REQUEST_NAME, &oid);

    return idv_ldap_finish(&ber, IDV_LDAP_EXTENDED_REQUEST, id, end);
}


/* the only operation that is nothing but a number */

u_char *
idv_ldap_write_abandon(u_char *start, u_char *end, uint32_t id,
    uint32_t abandoned)
{
    idv_ber_t  ber;

    idv_ldap_begin(&ber, start, end);

    idv_ber_number(&ber, IDV_LDAP_ABANDON_REQUEST, abandoned);
    idv_ber_number(&ber, IDV_BER_INTEGER, id);
    idv_ber_head(&ber, IDV_BER_SEQUENCE, end);

    return ber.full ? NULL : ber.pos;
}


u_char *
idv_ldap_write_unbind(u_char *start, u_char *end, uint32_t id)
{
    idv_ber_t  ber;

    idv_ldap_begin(&ber, start, end);

    return idv_ldap_finish(&ber, IDV_LDAP_UNBIND_REQUEST, id, end);
}


ngx_int_t
idv_ldap_read(const u_char *p, size_t len, size_t max, size_t *size,
    idv_ldap_message_t *message)
{
    u_char         tag;
    size_t         n, head;
    const u_char  *last;

    *size = 0;

    if (len == 0) {
        return NGX_AGAIN;
    }

    if (p[0] != IDV_BER_SEQUENCE) {
        return NGX_ERROR;
    }

    if (len < 2) {
        return NGX_AGAIN;
    }

    /* the head is looked at by hand: what follows need not be there yet */

    head = 2;
    n = p[1];

    if (n & 0x80) {
        head += n & 0x7f;

        if (head == 2 || head > 6) {
            return NGX_ERROR;
        }

        if (len < head) {
            return NGX_AGAIN;
        }

        for (n = 0, last = p + 2; last < p + head; last++) {
            n = n << 8 | *last;
        }
    }

    if (n > max || head + n > max) {
        return NGX_ERROR;
    }

    *size = head + n;

    if (len < *size) {
        return NGX_AGAIN;
    }

    last = p + *size;
    p += head;

    if (idv_ber_expect_number(&p, last, IDV_BER_INTEGER, &message->id)
        != NGX_OK
        || idv_ber_read(&p, last, &tag, &n) != NGX_OK)
    {
        return NGX_ERROR;
    }

    message->type = tag;
    message->pos = p;
    message->last = p + n;

    return NGX_OK;
}


ngx_int_t
idv_ldap_result(const idv_ldap_message_t *message, ngx_uint_t *code)
{
    uint32_t       n;
    const u_char  *p;

    p = message->pos;

    if (idv_ber_expect_number(&p, message->last, IDV_BER_ENUMERATED, &n)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    *code = n;

    return NGX_OK;
}


/* SEQUENCE { objectName, attributes SEQUENCE OF SEQUENCE { type, SET } } */

ngx_int_t
idv_ldap_entry(const u_char *p, size_t len, idv_ldap_list_t *list)
{
    size_t         n;
    const u_char  *last;

    last = p + len;

    if (idv_ber_expect(&p, last, IDV_BER_OCTETS, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    p += n;

    if (idv_ber_expect(&p, last, IDV_BER_SEQUENCE, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    list->pos = p;
    list->last = p + n;

    return NGX_OK;
}


ngx_int_t
idv_ldap_attribute(idv_ldap_list_t *list, ngx_str_t *name,
    idv_ldap_list_t *values)
{
    size_t         n;
    const u_char  *p, *last;

    if (list->pos == list->last) {
        return NGX_DONE;
    }

    p = list->pos;

    if (idv_ber_expect(&p, list->last, IDV_BER_SEQUENCE, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    last = p + n;
    list->pos = last;

    if (idv_ber_expect(&p, last, IDV_BER_OCTETS, &name->len) != NGX_OK) {
        return NGX_ERROR;
    }

    name->data = (u_char *) p;
    p += name->len;

    if (idv_ber_expect(&p, last, IDV_BER_SET, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    values->pos = p;
    values->last = p + n;

    return NGX_OK;
}


ngx_int_t
idv_ldap_value(idv_ldap_list_t *values, ngx_str_t *value)
{
    const u_char  *p;

    if (values->pos == values->last) {
        return NGX_DONE;
    }

    p = values->pos;

    if (idv_ber_expect(&p, values->last, IDV_BER_OCTETS, &value->len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    value->data = (u_char *) p;
    values->pos = p + value->len;

    return NGX_OK;
}
