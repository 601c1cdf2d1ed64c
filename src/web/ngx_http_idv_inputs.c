
/*
 * Copyright (C) nginx-idv authors
 *
 * What the configuration knows of a user, for the provider.  Evaluated where a
 * call of a flow begins, as contacts are, and never stored with the flow.
 */


#include "ngx_http_idv_web.h"


static void ngx_http_idv_input_add(ngx_http_request_t *r,
    idv_inputs_t *inputs, idv_input_e input, ngx_str_t *value);
static void ngx_http_idv_input_emails(ngx_http_request_t *r,
    idv_inputs_t *inputs, ngx_str_t *list);


ngx_int_t
ngx_http_idv_inputs(idv_engine_op_t *op, idv_inputs_t *inputs)
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

        if (ngx_http_complex_value(r, &input[i].value, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (input[i].input == IDV_INPUT_EMAIL) {
            ngx_http_idv_input_emails(r, inputs, &value);

        } else {
            ngx_http_idv_input_add(r, inputs, input[i].input, &value);
        }
    }

    return NGX_OK;
}


static void
ngx_http_idv_input_add(ngx_http_request_t *r, idv_inputs_t *inputs,
    idv_input_e input, ngx_str_t *value)
{
    if (value->len == 0) {
        return;
    }

    /* a part of a name, or of a picture, is of no use */

    if (value->len > idv_input_table[input].max
        || inputs->n == IDV_INPUT_MAX)
    {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "idv: input \"%V\" is left out: a value of %uz bytes "
                      "is too long, or one too many",
                      &idv_input_table[input].name, value->len);
        return;
    }

    inputs->list[inputs->n].input = input;
    inputs->list[inputs->n++].value = *value;
}


/* as "auth_idv_email" has them, with commas between */

static void
ngx_http_idv_input_emails(ngx_http_request_t *r, idv_inputs_t *inputs,
    ngx_str_t *list)
{
    u_char     *p, *last;
    ngx_str_t   address;

    p = list->data;
    last = p + list->len;

    while (p < last) {
        address.data = p;

        while (p < last && *p != ',') {
            p++;
        }

        address.len = p++ - address.data;

        ngx_http_idv_trim(&address);
        ngx_http_idv_input_add(r, inputs, IDV_INPUT_EMAIL, &address);
    }
}
