
/*
 * Copyright (C) nginx-idv authors
 *
 * What the configuration knows of a user, for the provider.  Evaluated where a
 * call of a flow begins, as contacts are, and never stored with the flow.
 */


#include "ngx_http_idv_web.h"


static ngx_int_t ngx_http_idv_input(ngx_http_request_t *r,
    idv_inputs_t *inputs, idv_input_e input, ngx_str_t *text);
static ngx_int_t ngx_http_idv_input_form(ngx_http_request_t *r,
    idv_input_e input, ngx_str_t *value);


ngx_int_t
ngx_http_idv_inputs(idv_engine_op_t *op, uint32_t wanted,
    idv_inputs_t *inputs)
{
    ngx_str_t                       value;
    ngx_uint_t                      i;
    ngx_http_request_t             *r;
    ngx_http_idv_input_t           *input;
    const ngx_http_idv_loc_conf_t  *lcf;

    r = ngx_http_idv_op_request(op);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (lcf->inputs == NULL) {
        return NGX_OK;
    }

    input = lcf->inputs->elts;

    for (i = 0; i < lcf->inputs->nelts; i++) {

        if (!(wanted & IDV_INPUT_BIT(input[i].input))) {
            continue;
        }

        if (ngx_http_complex_value(r, &input[i].value, &value) != NGX_OK
            || ngx_http_idv_input(r, inputs, input[i].input, &value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* one value, or what stands between commas, as "auth_idv_email" has it */

static ngx_int_t
ngx_http_idv_input(ngx_http_request_t *r, idv_inputs_t *inputs,
    idv_input_e input, ngx_str_t *text)
{
    u_char             *p, *last;
    ngx_int_t           rc;
    ngx_str_t           value;
    const idv_input_t  *row;

    row = &idv_input_table[input];
    p = text->data;
    last = p + text->len;

    while (p < last) {

        value.data = p;
        p = row->options ? ngx_strlchr(p, last, ',') : last;

        if (p == NULL) {
            p = last;
        }

        value.len = p++ - value.data;

        ngx_http_idv_trim(&value);

        if (value.len == 0) {
            continue;
        }

        rc = (value.len > row->max || inputs->n == IDV_INPUT_MAX)
             ? NGX_DECLINED : ngx_http_idv_input_form(r, input, &value);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {

            /* a part of a name, or of a picture, is of no use */

            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "idv: input \"%V\" is left out: a value of %uz "
                          "bytes is too long, not of its form, or one too "
                          "many", &row->name, value.len);
            continue;
        }

        inputs->list[inputs->n].input = input;
        inputs->list[inputs->n++].value = value;
    }

    return NGX_OK;
}


/* what the provider would refuse a transaction for */

static ngx_int_t
ngx_http_idv_input_form(ngx_http_request_t *r, idv_input_e input,
    ngx_str_t *value)
{
    size_t     size;
    ngx_int_t  rc;
    ngx_str_t  bytes;

    switch (input) {

    case IDV_INPUT_EMAIL:
        return ngx_http_idv_email_form(value) ? NGX_OK : NGX_DECLINED;

    case IDV_INPUT_PHONE:
        return ngx_http_idv_phone_form(r->pool, value);

    case IDV_INPUT_SELFIE:
        size = ngx_base64_decoded_length(value->len);
        bytes.data = ngx_pnalloc(r->pool, size);

        if (bytes.data == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_decode_base64(&bytes, value);

        ngx_explicit_memzero(bytes.data, size);

        return rc == NGX_OK ? NGX_OK : NGX_DECLINED;

    default:
        return idv_input_text(value) ? NGX_OK : NGX_DECLINED;
    }
}
