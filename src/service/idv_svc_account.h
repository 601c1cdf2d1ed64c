
/*
 * Copyright (C) nginx-idv authors
 *
 * What is known of a user beside verifications: a name, addresses, numbers.
 * One table says what there may be; what is accepted, kept, answered and
 * looked for all come from it.
 *
 * Source: developer.pingidentity.com/pingone-api/platform/users/users-1
 */


#ifndef _IDV_SVC_ACCOUNT_H_INCLUDED_
#define _IDV_SVC_ACCOUNT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "idv_svc_model.h"


#define IDV_SVC_ACCOUNT_MAX  16384   /* bytes of all attributes of a user */


typedef enum {
    IDV_SVC_A_USERNAME = 0,
    IDV_SVC_A_EMAIL,
    IDV_SVC_A_GIVEN,
    IDV_SVC_A_FAMILY,
    IDV_SVC_A_MIDDLE,
    IDV_SVC_A_FORMATTED,
    IDV_SVC_A_PREFIX,
    IDV_SVC_A_SUFFIX,
    IDV_SVC_A_NICKNAME,
    IDV_SVC_A_TITLE,
    IDV_SVC_A_TYPE,
    IDV_SVC_A_ACCOUNT,
    IDV_SVC_A_EXTERNAL,
    IDV_SVC_A_MOBILE,
    IDV_SVC_A_PRIMARY,
    IDV_SVC_A_LANGUAGE,
    IDV_SVC_A_LOCALE,
    IDV_SVC_A_TIMEZONE,
    IDV_SVC_A_STREET,
    IDV_SVC_A_LOCALITY,
    IDV_SVC_A_REGION,
    IDV_SVC_A_POSTAL,
    IDV_SVC_A_COUNTRY,
    IDV_SVC_NATTRS
} idv_svc_attr_e;


/* strings belong to who has filled it in */

typedef struct {
    ngx_str_t     id;
    ngx_str_t     attr[IDV_SVC_NATTRS];      /* empty: there is none */
    int64_t       created;
    int64_t       updated;
    uint8_t       enabled;
} idv_svc_account_t;


/* "name.given"; data is NULL for one that is none */
ngx_str_t idv_svc_account_attr(ngx_uint_t i);

/*
 * Takes the members that the object has; null is for one that is to go, and
 * members that are not known are left alone.  population is the only one that
 * may be named.  Each mistake is reported; returns how many there were.
 * Strings are those of the JSON; the pool is for what they are tried as.
 */
ngx_uint_t idv_svc_account_read(ngx_pool_t *pool, json_t *json,
    const ngx_str_t *population, idv_svc_account_t *account,
    idv_svc_report_pt report, void *data);

/* the attributes, as the API has them; NULL without memory */
json_t *idv_svc_account_json(const idv_svc_account_t *account);

/*
 * What usernames are told apart by: IDV_HASH_LEN bytes; and which of two is
 * less.  Letters of ASCII are the same in either case.
 */
ngx_int_t idv_svc_account_name(u_char *name, const u_char *env,
    const ngx_str_t *username);
ngx_int_t idv_svc_account_name_cmp(const ngx_str_t *one,
    const ngx_str_t *two);


#endif /* _IDV_SVC_ACCOUNT_H_INCLUDED_ */
