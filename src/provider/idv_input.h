
/*
 * Copyright (C) nginx-idv authors
 *
 * What an operator knows of a user and may give to the provider.
 */


#ifndef _IDV_INPUT_H_INCLUDED_
#define _IDV_INPUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_INPUT_MAX        16      /* values of one user */
#define IDV_INPUT_MAX_TEXT   1024    /* bytes */


typedef enum {
    IDV_INPUT_GIVEN_NAME = 0,
    IDV_INPUT_FAMILY_NAME,
    IDV_INPUT_EMAIL,
    IDV_INPUT_NINPUTS
} idv_input_e;


typedef struct {
    ngx_str_t    name;               /* as the provider has it */
    size_t       max;                /* bytes of a value */
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


#endif /* _IDV_INPUT_H_INCLUDED_ */
