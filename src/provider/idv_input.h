
/*
 * Copyright (C) nginx-idv authors
 *
 * What an operator knows of a user and may give to the provider, and what a
 * verify policy has a use for.
 *
 * Source: developer.pingidentity.com/pingone-api/verify, "requirements" of a
 * transaction and of data-based verification
 */


#ifndef _IDV_INPUT_H_INCLUDED_
#define _IDV_INPUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>


#define IDV_INPUT_MAX         32             /* values of one user */
#define IDV_INPUT_MAX_TEXT    1024           /* bytes */
#define IDV_INPUT_MAX_SELFIE  (192 * 1024)   /* ... of base64 */


typedef enum {
    IDV_INPUT_GIVEN_NAME = 0,
    IDV_INPUT_FAMILY_NAME,
    IDV_INPUT_NAME,
    IDV_INPUT_BIRTH_DATE,
    IDV_INPUT_ADDRESS,
    IDV_INPUT_STREET,
    IDV_INPUT_STREET2,
    IDV_INPUT_CITY,
    IDV_INPUT_STATE,
    IDV_INPUT_ZIP,
    IDV_INPUT_NATIONAL_ID,
    IDV_INPUT_EMAIL,
    IDV_INPUT_PHONE,
    IDV_INPUT_SELFIE,
    IDV_INPUT_NINPUTS
} idv_input_e;


typedef struct {
    ngx_str_t    name;               /* as the provider has it */
    size_t       max;                /* bytes of a value */
    unsigned     uses;               /* parts of a policy, bits */
    unsigned     options;            /* 1: a list, even of one */
    const char  *object;             /* of a new user: where it is, or NULL */
    const char  *member;             /* ... and as what; NULL: nowhere */
} idv_input_t;


/* in the order of a user's directives; a name may come several times */

typedef struct {
    ngx_uint_t   n;

    struct {
        idv_input_e  input;
        ngx_str_t    value;          /* never empty */
    } list[IDV_INPUT_MAX];
} idv_inputs_t;


#define IDV_INPUT_BIT(input)  ((uint32_t) 1 << (input))
#define IDV_INPUT_ALL         (IDV_INPUT_BIT(IDV_INPUT_NINPUTS) - 1)


/* by idv_input_e */
extern const idv_input_t  idv_input_table[IDV_INPUT_NINPUTS];

/* IDV_INPUT_NINPUTS: there is no such name */
idv_input_e idv_input_parse(const ngx_str_t *name);

/* the first value of that input; NULL: there is none */
const ngx_str_t *idv_input_first(const idv_inputs_t *inputs,
    idv_input_e input);

/* the values are in the pool afterwards, and wiped before it is destroyed */
ngx_int_t idv_input_copy(ngx_pool_t *pool, idv_inputs_t *dst,
    const idv_inputs_t *src);

/* the bits of what a verify policy of PingOne compares, sends to or looks at */
uint32_t idv_input_uses(json_t *policy);

/* 1: UTF-8 without control characters, fit for JSON, a header, a log, a page */
ngx_uint_t idv_input_text(const ngx_str_t *value);

/*
 * Those of the bits, as "requirements"; NULL: none.  NGX_ERROR without memory:
 * a user would be compared with less than what is known.
 */
ngx_int_t idv_input_requirements(const idv_inputs_t *inputs, uint32_t bits,
    json_t **requirements);


#endif /* _IDV_INPUT_H_INCLUDED_ */
