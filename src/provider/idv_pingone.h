
/*
 * Copyright (C) nginx-idv authors
 *
 * A call under way, as the two files of this client share it.
 */


#ifndef _IDV_PINGONE_H_INCLUDED_
#define _IDV_PINGONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_pass.h"
#include "idv_pingone_parse.h"


typedef struct idv_pingone_s  idv_pingone_t;


typedef struct {
    const char        *name;          /* for the log */
    ngx_str_t          method;
    ngx_str_t          query;         /* after the transaction's URL */
    idv_count_e        counter;
    unsigned           read:1;        /* costs a read */
    unsigned           creates:1;
    unsigned           extends:1;     /* call->document is an input */
    unsigned           lists:1;       /* all of a user */

    /* NULL: of a transaction, see idv_pingone_request() */
    ngx_int_t        (*request)(idv_pingone_t *op, const char **why);

    /* NULL, or why the answer cannot be used */
    const char      *(*use)(idv_pingone_t *op, json_t *document);
} idv_pingone_kind_t;


struct idv_pingone_s {
    idv_call_t                *call;
    const idv_pingone_kind_t  *kind;
    ngx_uint_t                 repeats;
    idv_pass_t                 pass;
};


extern const idv_pingone_kind_t  idv_pingone_create;
extern const idv_pingone_kind_t  idv_pingone_read;
extern const idv_pingone_kind_t  idv_pingone_recall;
extern const idv_pingone_kind_t  idv_pingone_claims;
extern const idv_pingone_kind_t  idv_pingone_find;
extern const idv_pingone_kind_t  idv_pingone_provision;
extern const idv_pingone_kind_t  idv_pingone_uses;


/*
 * Writes URL and body.  why: NULL, or the reason for which the call must not be
 * made.  NGX_ERROR without memory.
 */
ngx_int_t idv_pingone_request(idv_pingone_t *op, const char **why);

/* NULL, or why that is no id of a user: it goes into a path */
const char *idv_pingone_check_user(const ngx_str_t *user);

/* {"part":{"name":"value"}}, whatever else the part has already */
ngx_int_t idv_pingone_part(json_t *root, const char *part, const char *name,
    const ngx_str_t *value);


#endif /* _IDV_PINGONE_H_INCLUDED_ */
