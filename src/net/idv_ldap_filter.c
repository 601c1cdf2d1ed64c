
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_ldap_filter.h"


#define IDV_LDAP_FILTER_AND         0xa0
#define IDV_LDAP_FILTER_OR          0xa1
#define IDV_LDAP_FILTER_NOT         0xa2
#define IDV_LDAP_FILTER_EQUAL       0xa3
#define IDV_LDAP_FILTER_SUBSTRINGS  0xa4
#define IDV_LDAP_FILTER_GREATER     0xa5
#define IDV_LDAP_FILTER_LESS        0xa6
#define IDV_LDAP_FILTER_PRESENT     0x87
#define IDV_LDAP_FILTER_APPROX      0xa8
#define IDV_LDAP_FILTER_EXTENSIBLE  0xa9

#define IDV_LDAP_PART_INITIAL       0x80
#define IDV_LDAP_PART_ANY           0x81
#define IDV_LDAP_PART_FINAL         0x82

#define IDV_LDAP_MATCH_RULE         0x81
#define IDV_LDAP_MATCH_TYPE         0x82
#define IDV_LDAP_MATCH_VALUE        0x83
#define IDV_LDAP_MATCH_DN           0x84


typedef struct {
    ngx_pool_t         *pool;
    u_char             *pos;
    u_char             *last;
    ngx_uint_t          depth;
    ngx_uint_t          users;
    const char         *error;
} idv_ldap_filter_parser_t;


static idv_ldap_filter_t *idv_ldap_filter_one(idv_ldap_filter_parser_t *fp);
static ngx_int_t idv_ldap_filter_inner(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_t *filter);
static ngx_int_t idv_ldap_filter_item(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_t *filter);
static ngx_int_t idv_ldap_filter_match(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_t *filter);
static ngx_int_t idv_ldap_filter_values(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_t *filter);
static ngx_int_t idv_ldap_filter_part(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_value_t *value);


idv_ldap_filter_t *
idv_ldap_filter_parse(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_uint_t *users, const char **error)
{
    idv_ldap_filter_t         *filter;
    idv_ldap_filter_parser_t   fp;

    ngx_memzero(&fp, sizeof(idv_ldap_filter_parser_t));

    *error = NULL;

    if (text->len > IDV_LDAP_FILTER_MAX) {
        *error = "is too long";
        return NULL;
    }

    fp.pool = pool;
    fp.pos = text->data;
    fp.last = text->data + text->len;

    filter = idv_ldap_filter_one(&fp);

    if (filter && fp.pos != fp.last) {
        fp.error = "has more behind its last parenthesis";
        filter = NULL;
    }

    *users = fp.users;
    *error = fp.error;

    return filter;
}


static idv_ldap_filter_t *
idv_ldap_filter_one(idv_ldap_filter_parser_t *fp)
{
    ngx_int_t           rc;
    idv_ldap_filter_t  *filter;

    if (fp->pos == fp->last || *fp->pos != '(') {
        fp->error = "needs parentheses around each of its parts";
        return NULL;
    }

    if (++fp->depth > IDV_LDAP_FILTER_DEPTH) {
        fp->error = "is nested too deep";
        return NULL;
    }

    filter = ngx_pcalloc(fp->pool, sizeof(idv_ldap_filter_t));
    if (filter == NULL) {
        return NULL;
    }

    fp->pos++;

    switch (fp->pos < fp->last ? *fp->pos : '\0') {

    case '&':
        filter->tag = IDV_LDAP_FILTER_AND;
        rc = idv_ldap_filter_inner(fp, filter);
        break;

    case '|':
        filter->tag = IDV_LDAP_FILTER_OR;
        rc = idv_ldap_filter_inner(fp, filter);
        break;

    case '!':
        filter->tag = IDV_LDAP_FILTER_NOT;
        rc = idv_ldap_filter_inner(fp, filter);

        if (rc == NGX_OK && filter->inner->next) {
            fp->error = "negates more than one part";
            rc = NGX_ERROR;
        }

        break;

    default:
        rc = idv_ldap_filter_item(fp, filter);
    }

    if (rc != NGX_OK) {
        return NULL;
    }

    if (fp->pos == fp->last || *fp->pos != ')') {
        fp->error = "lacks a closing parenthesis";
        return NULL;
    }

    fp->pos++;
    fp->depth--;

    return filter;
}


static ngx_int_t
idv_ldap_filter_inner(idv_ldap_filter_parser_t *fp, idv_ldap_filter_t *filter)
{
    idv_ldap_filter_t  **next;

    fp->pos++;
    next = &filter->inner;

    do {
        *next = idv_ldap_filter_one(fp);
        if (*next == NULL) {
            return NGX_ERROR;
        }

        next = &(*next)->next;
    } while (fp->pos < fp->last && *fp->pos == '(');

    return NGX_OK;
}


/* letters, digits and what options and OIDs have */

static ngx_uint_t
idv_ldap_filter_name(idv_ldap_filter_parser_t *fp, ngx_str_t *name)
{
    u_char  ch;

    name->data = fp->pos;

    for ( /* void */ ; fp->pos < fp->last; fp->pos++) {
        ch = *fp->pos;

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.'
              || ch == ';' || ch == '_'))
        {
            break;
        }
    }

    name->len = fp->pos - name->data;

    return name->len != 0;
}


static ngx_int_t
idv_ldap_filter_item(idv_ldap_filter_parser_t *fp, idv_ldap_filter_t *filter)
{
    u_char  ch;

    if (!idv_ldap_filter_name(fp, &filter->attribute)
        && (fp->pos == fp->last || *fp->pos != ':'))
    {
        fp->error = "has a part without the name of an attribute";
        return NGX_ERROR;
    }

    ch = fp->pos < fp->last ? *fp->pos : '\0';

    switch (ch) {

    case '=':
        filter->tag = IDV_LDAP_FILTER_EQUAL;
        break;

    case '>':
        filter->tag = IDV_LDAP_FILTER_GREATER;
        fp->pos++;
        break;

    case '<':
        filter->tag = IDV_LDAP_FILTER_LESS;
        fp->pos++;
        break;

    case '~':
        filter->tag = IDV_LDAP_FILTER_APPROX;
        fp->pos++;
        break;

    case ':':
        filter->tag = IDV_LDAP_FILTER_EXTENSIBLE;

        if (idv_ldap_filter_match(fp, filter) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (fp->pos == fp->last || *fp->pos != '=') {
        fp->error = "has a part without \"=\" behind its attribute";
        return NGX_ERROR;
    }

    fp->pos++;

    return idv_ldap_filter_values(fp, filter);
}


/* [attr] [":dn"] [":" rule] ":", up to the "=" */

static ngx_int_t
idv_ldap_filter_match(idv_ldap_filter_parser_t *fp, idv_ldap_filter_t *filter)
{
    ngx_str_t  word;

    while (fp->pos < fp->last && *fp->pos == ':') {
        fp->pos++;

        if (fp->pos < fp->last && *fp->pos == '=') {

            if (filter->attribute.len == 0 && filter->rule.len == 0) {
                break;
            }

            return NGX_OK;
        }

        if (!idv_ldap_filter_name(fp, &word) || filter->rule.len) {
            break;
        }

        if (!filter->dn && word.len == 2
            && ngx_strncasecmp(word.data, (u_char *) "dn", 2) == 0)
        {
            filter->dn = 1;

        } else {
            filter->rule = word;
        }
    }

    fp->error = "has an extensible match that is not written as "
                "\"attribute:dn:rule:=value\"";

    return NGX_ERROR;
}


static ngx_int_t
idv_ldap_filter_values(idv_ldap_filter_parser_t *fp, idv_ldap_filter_t *filter)
{
    u_char                    tag;
    ngx_uint_t                first;
    idv_ldap_filter_value_t   value, *v;

    filter->values = ngx_array_create(fp->pool, 1,
                                      sizeof(idv_ldap_filter_value_t));
    if (filter->values == NULL) {
        return NGX_ERROR;
    }

    for (first = 1; /* void */ ; first = 0, fp->pos++) {

        if (idv_ldap_filter_part(fp, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        tag = fp->pos < fp->last && *fp->pos == '*' ? 0 : IDV_LDAP_PART_FINAL;

        if (tag == 0) {

            if (filter->tag != IDV_LDAP_FILTER_EQUAL
                && filter->tag != IDV_LDAP_FILTER_SUBSTRINGS)
            {
                fp->error = "has an asterisk where only \"=\" may have one";
                return NGX_ERROR;
            }

            filter->tag = IDV_LDAP_FILTER_SUBSTRINGS;
            tag = first ? IDV_LDAP_PART_INITIAL : IDV_LDAP_PART_ANY;
        }

        value.tag = tag;

        /* nothing between two asterisks is no part */

        if (filter->tag != IDV_LDAP_FILTER_SUBSTRINGS
            || value.before.len || value.user)
        {
            v = ngx_array_push(filter->values);
            if (v == NULL) {
                return NGX_ERROR;
            }

            *v = value;
        }

        if (fp->pos == fp->last || *fp->pos != '*') {
            break;
        }
    }

    if (filter->values->nelts == 0) {
        filter->tag = IDV_LDAP_FILTER_PRESENT;
    }

    return NGX_OK;
}


static ngx_int_t
idv_ldap_filter_part(idv_ldap_filter_parser_t *fp,
    idv_ldap_filter_value_t *value)
{
    u_char      ch, *p;
    ngx_int_t   n;
    ngx_str_t  *text;

    ngx_memzero(value, sizeof(idv_ldap_filter_value_t));

    /* escapes are longer than what they stand for */

    p = ngx_pnalloc(fp->pool, fp->last - fp->pos + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text = &value->before;
    text->data = p;

    for ( /* void */ ; fp->pos < fp->last; fp->pos++) {
        ch = *fp->pos;

        if (ch == ')' || ch == '*') {
            break;
        }

        if (ch == '(' || ch == '\0') {
            fp->error = "has a parenthesis or NUL in a value: write it \\28, "
                        "\\29 or \\00";
            return NGX_ERROR;
        }

        if (ch == '%' && fp->last - fp->pos > 1 && fp->pos[1] == 's') {

            if (value->user) {
                fp->error = "has \"%s\" twice in one value";
                return NGX_ERROR;
            }

            fp->pos++;
            fp->users++;

            value->user = 1;
            text->len = p - text->data;
            text = &value->after;
            text->data = p;

            continue;
        }

        if (ch == '\\') {
            n = fp->last - fp->pos > 2 ? ngx_hextoi(fp->pos + 1, 2)
                                       : NGX_ERROR;

            if (n == NGX_ERROR) {
                fp->error = "has a backslash without two hexadecimal digits";
                return NGX_ERROR;
            }

            fp->pos += 2;
            ch = (u_char) n;
        }

        *p++ = ch;
    }

    text->len = p - text->data;

    return NGX_OK;
}


static void
idv_ldap_filter_write_value(idv_ber_t *ber, u_char tag,
    const idv_ldap_filter_value_t *value, const ngx_str_t *user)
{
    u_char  *end;

    end = ber->pos;

    idv_ber_bytes(ber, value->after.data, value->after.len);

    if (value->user) {
        idv_ber_bytes(ber, user->data, user->len);
    }

    idv_ber_bytes(ber, value->before.data, value->before.len);
    idv_ber_head(ber, tag, end);
}


/* from its end to its beginning: the last of a list is written first */

static void
idv_ldap_filter_write_list(idv_ber_t *ber, const idv_ldap_filter_t *filter,
    const ngx_str_t *user)
{
    if (filter->next) {
        idv_ldap_filter_write_list(ber, filter->next, user);
    }

    idv_ldap_filter_write(ber, filter, user);
}


void
idv_ldap_filter_write(idv_ber_t *ber, const idv_ldap_filter_t *filter,
    const ngx_str_t *user)
{
    u_char                         *end;
    ngx_uint_t                      i;
    const idv_ldap_filter_value_t  *value;

    end = ber->pos;
    value = filter->values ? filter->values->elts : NULL;

    switch (filter->tag) {

    case IDV_LDAP_FILTER_AND:
    case IDV_LDAP_FILTER_OR:
    case IDV_LDAP_FILTER_NOT:
        idv_ldap_filter_write_list(ber, filter->inner, user);
        break;

    case IDV_LDAP_FILTER_PRESENT:
        idv_ber_bytes(ber, filter->attribute.data, filter->attribute.len);
        break;

    case IDV_LDAP_FILTER_SUBSTRINGS:

        for (i = filter->values->nelts; i; i--) {
            idv_ldap_filter_write_value(ber, value[i - 1].tag, &value[i - 1],
                                        user);
        }

        idv_ber_head(ber, IDV_BER_SEQUENCE, end);
        idv_ber_string(ber, IDV_BER_OCTETS, &filter->attribute);
        break;

    case IDV_LDAP_FILTER_EXTENSIBLE:

        if (filter->dn) {
            idv_ber_boolean(ber, IDV_LDAP_MATCH_DN, 1);
        }

        idv_ldap_filter_write_value(ber, IDV_LDAP_MATCH_VALUE, value, user);

        if (filter->attribute.len) {
            idv_ber_string(ber, IDV_LDAP_MATCH_TYPE, &filter->attribute);
        }

        if (filter->rule.len) {
            idv_ber_string(ber, IDV_LDAP_MATCH_RULE, &filter->rule);
        }

        break;

    default:
        idv_ldap_filter_write_value(ber, IDV_BER_OCTETS, value, user);
        idv_ber_string(ber, IDV_BER_OCTETS, &filter->attribute);
    }

    idv_ber_head(ber, filter->tag, end);
}
