
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: LDAP's messages (RFC 4511) as bytes, and the few of
 * them that a lookup needs.  No I/O, and nothing is allocated.
 */


#ifndef _IDV_LDAP_MESSAGE_H_INCLUDED_
#define _IDV_LDAP_MESSAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_ldap_filter.h"


#define IDV_LDAP_BIND_REQUEST       0x60
#define IDV_LDAP_BIND_RESPONSE      0x61
#define IDV_LDAP_UNBIND_REQUEST     0x42
#define IDV_LDAP_SEARCH_REQUEST     0x63
#define IDV_LDAP_SEARCH_ENTRY       0x64
#define IDV_LDAP_SEARCH_DONE        0x65
#define IDV_LDAP_SEARCH_REFERENCE   0x73
#define IDV_LDAP_ABANDON_REQUEST    0x50
#define IDV_LDAP_EXTENDED_REQUEST   0x77
#define IDV_LDAP_EXTENDED_RESPONSE  0x78


/* result codes that are told apart, RFC 4511, appendix A */

#define IDV_LDAP_SUCCESS                 0
#define IDV_LDAP_OPERATIONS_ERROR        1
#define IDV_LDAP_TIME_LIMIT              3
#define IDV_LDAP_SIZE_LIMIT              4
#define IDV_LDAP_AUTH_METHOD             7
#define IDV_LDAP_STRONGER_AUTH           8
#define IDV_LDAP_REFERRAL                10
#define IDV_LDAP_CONFIDENTIALITY         13
#define IDV_LDAP_NO_SUCH_OBJECT          32
#define IDV_LDAP_INVALID_DN              34
#define IDV_LDAP_INAPPROPRIATE_AUTH      48
#define IDV_LDAP_INVALID_CREDENTIALS     49
#define IDV_LDAP_INSUFFICIENT_RIGHTS     50


/* what a search asks for */

typedef struct {
    ngx_str_t                   base;
    ngx_uint_t                  scope;       /* 0 base, 1 one, 2 sub */
    ngx_uint_t                  size_limit;
    ngx_uint_t                  time_limit;  /* seconds */
    const idv_ldap_filter_t    *filter;
    ngx_str_t                   user;        /* in place of each %s */
    const ngx_str_t            *attributes;
    ngx_uint_t                  nattributes;
} idv_ldap_query_t;


typedef struct {
    uint32_t                    id;
    ngx_uint_t                  type;        /* the tag of its operation */
    const u_char               *pos;         /* the operation's contents */
    const u_char               *last;
} idv_ldap_message_t;


typedef struct {
    const u_char               *pos;
    const u_char               *last;
} idv_ldap_list_t;


/*
 * Each writes one message at the end of the free part of a buffer and says
 * where it begins; NULL: there is no room for it.
 */

u_char *idv_ldap_write_bind(u_char *start, u_char *end, uint32_t id,
    const ngx_str_t *dn, const ngx_str_t *password);
u_char *idv_ldap_write_search(u_char *start, u_char *end, uint32_t id,
    const idv_ldap_query_t *query);
u_char *idv_ldap_write_starttls(u_char *start, u_char *end, uint32_t id);
u_char *idv_ldap_write_abandon(u_char *start, u_char *end, uint32_t id,
    uint32_t abandoned);
u_char *idv_ldap_write_unbind(u_char *start, u_char *end, uint32_t id);


/*
 * The first message of len bytes.  NGX_OK: *size is what it takes.  NGX_AGAIN:
 * it is not all there; *size is what it will take, 0 if that is not known yet.
 * NGX_ERROR: it is none, or takes more than max bytes.
 */
ngx_int_t idv_ldap_read(const u_char *p, size_t len, size_t max, size_t *size,
    idv_ldap_message_t *message);

/* the result code of a response; NGX_ERROR: there is none */
ngx_int_t idv_ldap_result(const idv_ldap_message_t *message, ngx_uint_t *code);

/*
 * The attributes of an entry (the contents of SEARCH_ENTRY), one after another,
 * and the values of one of them.  NGX_DONE: that was the last.  NGX_ERROR.
 */
ngx_int_t idv_ldap_entry(const u_char *p, size_t len, idv_ldap_list_t *list);
ngx_int_t idv_ldap_attribute(idv_ldap_list_t *list, ngx_str_t *name,
    idv_ldap_list_t *values);
ngx_int_t idv_ldap_value(idv_ldap_list_t *values, ngx_str_t *value);


#endif /* _IDV_LDAP_MESSAGE_H_INCLUDED_ */
