
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_input.h"


static void idv_input_wipe(void *data);


/* in the order of idv_input_e */

const idv_input_t  idv_input_table[IDV_INPUT_NINPUTS] = {
    { ngx_string("given_name"), IDV_INPUT_MAX_TEXT, "name", "given" },
    { ngx_string("family_name"), IDV_INPUT_MAX_TEXT, "name", "family" },
    { ngx_string("email"), IDV_INPUT_MAX_TEXT, NULL, "email" }
};


idv_input_e
idv_input_parse(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_INPUT_NINPUTS; i++) {
        if (name->len == idv_input_table[i].name.len
            && ngx_memcmp(name->data, idv_input_table[i].name.data, name->len)
               == 0)
        {
            break;
        }
    }

    return i;
}


const ngx_str_t *
idv_input_first(const idv_inputs_t *inputs, idv_input_e input)
{
    ngx_uint_t  i;

    for (i = 0; i < inputs->n; i++) {
        if (inputs->list[i].input == input) {
            return &inputs->list[i].value;
        }
    }

    return NULL;
}


ngx_int_t
idv_input_copy(ngx_pool_t *pool, idv_inputs_t *dst, const idv_inputs_t *src)
{
    ngx_uint_t           i;
    ngx_pool_cleanup_t  *cln;

    if (src->n == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = idv_input_wipe;
    cln->data = dst;

    for (i = 0; i < src->n; i++) {
        dst->list[i].input = src->list[i].input;
        dst->list[i].value.len = src->list[i].value.len;
        dst->list[i].value.data = ngx_pstrdup(pool,
                                          (ngx_str_t *) &src->list[i].value);

        if (dst->list[i].value.data == NULL) {
            return NGX_ERROR;
        }

        dst->n = i + 1;
    }

    return NGX_OK;
}


static void
idv_input_wipe(void *data)
{
    idv_inputs_t *inputs = data;

    ngx_uint_t  i;

    for (i = 0; i < inputs->n; i++) {
        ngx_explicit_memzero(inputs->list[i].value.data,
                             inputs->list[i].value.len);
    }
}
