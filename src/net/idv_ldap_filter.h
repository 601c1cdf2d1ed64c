
/*
 * Copyright (C) nginx-idv authors
 *
 * The filter of a lookup: RFC 4515's text, read once with the configuration.
 * A user's name becomes a value of the message and is never part of a text that
 * is parsed, so there is nothing in it that would have to be escaped.
 */


#ifndef _IDV_LDAP_FILTER_H_INCLUDED_
#define _IDV_LDAP_FILTER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_ldap_ber.h"


#define IDV_LDAP_FILTER_MAX    2048     /* bytes of text */
#define IDV_LDAP_FILTER_DEPTH  16


typedef struct idv_ldap_filter_s  idv_ldap_filter_t;


/* a value, or a part of one between asterisks */

typedef struct {
    u_char                      tag;
    ngx_str_t                   before;
    ngx_str_t                   after;
    unsigned                    user:1;      /* between the two */
} idv_ldap_filter_value_t;


struct idv_ldap_filter_s {
    u_char                      tag;
    idv_ldap_filter_t          *inner;       /* of "and", "or", "not" */
    idv_ldap_filter_t          *next;
    ngx_str_t                   attribute;
    ngx_str_t                   rule;        /* of an extensible match */
    unsigned                    dn:1;
    ngx_array_t                *values;      /* idv_ldap_filter_value_t */
};


/*
 * NULL: no memory, or *error says what is wrong with it.  *users is how many
 * places there are for a user's name ("%s").
 */
idv_ldap_filter_t *idv_ldap_filter_parse(ngx_pool_t *pool,
    const ngx_str_t *text, ngx_uint_t *users, const char **error);

void idv_ldap_filter_write(idv_ber_t *ber, const idv_ldap_filter_t *filter,
    const ngx_str_t *user);


#endif /* _IDV_LDAP_FILTER_H_INCLUDED_ */
