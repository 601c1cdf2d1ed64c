
/*
 * Copyright (C) nginx-idv authors
 *
 * "idv_service_echo on;" stands in for the application behind a gate: it
 * answers with the request as it arrived, so that one can see what the gate
 * lets through and what it sets.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>

#include "../util/idv_compat.h"
#include "../util/idv_json.h"
#include "idv_svc_echo.h"


static ngx_int_t idv_svc_echo_handler(ngx_http_request_t *r);
static json_t *idv_svc_echo_document(ngx_http_request_t *r);
static json_t *idv_svc_echo_headers(ngx_http_request_t *r);
static ngx_int_t idv_svc_echo_add(ngx_pool_t *pool, json_t *headers,
    ngx_table_elt_t *header);
static const char *idv_svc_echo_known(json_t *headers, const char *name);
static json_t *idv_svc_echo_string(ngx_pool_t *pool, ngx_str_t *value);
static ngx_int_t idv_svc_echo_send(ngx_http_request_t *r, ngx_str_t *body);


char *
idv_svc_echo(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        return "must be \"on\" or \"off\"";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        return "cannot be where another handler is";
    }

    clcf->handler = idv_svc_echo_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
idv_svc_echo_handler(ngx_http_request_t *r)
{
    json_t     *document;
    ngx_int_t   rc;
    ngx_str_t   body;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    document = idv_svc_echo_document(r);
    if (document == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = idv_json_dump(r->pool, document, &body);

    json_decref(document);

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return idv_svc_echo_send(r, &body);
}


static json_t *
idv_svc_echo_document(ngx_http_request_t *r)
{
    json_t  *document, *method, *uri, *headers;

    document = json_object();
    method = idv_svc_echo_string(r->pool, &r->method_name);
    uri = idv_svc_echo_string(r->pool, &r->unparsed_uri);
    headers = idv_svc_echo_headers(r);

    /* each call takes its value, even if it fails or the value is NULL */

    if (json_object_set_new(document, "method", method)
        | json_object_set_new(document, "uri", uri)
        | json_object_set_new(document, "headers", headers))
    {
        json_decref(document);
        return NULL;
    }

    return document;
}


static json_t *
idv_svc_echo_headers(ngx_http_request_t *r)
{
    json_t           *headers;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    headers = json_object();
    if (headers == NULL) {
        return NULL;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (idv_svc_echo_add(r->pool, headers, &header[i]) != NGX_OK) {
                json_decref(headers);
                return NULL;
            }
        }
    }

    return headers;
}


/*
 * The first spelling names the member.  A header that came more than once is
 * an array, so that a forged copy beside the true one can be seen.
 */

static ngx_int_t
idv_svc_echo_add(ngx_pool_t *pool, json_t *headers, ngx_table_elt_t *header)
{
    json_t      *key, *value, *old, *list;
    ngx_int_t    rc;
    const char  *name;

    value = idv_svc_echo_string(pool, &header->value);
    if (value == NULL) {
        return NGX_ERROR;
    }

    name = idv_svc_echo_known(headers, (char *) header->key.data);

    if (name == NULL) {
        key = idv_svc_echo_string(pool, &header->key);
        name = json_string_value(key);

        /* NULL for a name is an error, as it is for a value */
        rc = json_object_set_new(headers, name, value) ? NGX_ERROR : NGX_OK;

        json_decref(key);

        return rc;
    }

    old = json_object_get(headers, name);

    if (json_is_array(old)) {
        return json_array_append_new(old, value) ? NGX_ERROR : NGX_OK;
    }

    list = json_array();

    if (json_array_append(list, old) | json_array_append_new(list, value)
        | json_object_set_new(headers, name, list))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static const char *
idv_svc_echo_known(json_t *headers, const char *name)
{
    json_t      *value;
    const char  *known;

    json_object_foreach(headers, known, value) {
        if (ngx_strcasecmp((u_char *) known, (u_char *) name) == 0) {
            return known;
        }
    }

    return NULL;
}


/* bytes that are not UTF-8 are shown as ISO-8859-1 */

static json_t *
idv_svc_echo_string(ngx_pool_t *pool, ngx_str_t *value)
{
    u_char  *p;
    size_t   i;
    json_t  *string;
    u_char  *text;

    string = json_stringn((char *) value->data, value->len);
    if (string != NULL) {
        return string;
    }

    text = ngx_pnalloc(pool, value->len * 2);
    if (text == NULL) {
        return NULL;
    }

    for (p = text, i = 0; i < value->len; i++) {

        if (value->data[i] < 0x80) {
            *p++ = value->data[i];
            continue;
        }

        *p++ = (u_char) (0xc0 | (value->data[i] >> 6));
        *p++ = (u_char) (0x80 | (value->data[i] & 0x3f));
    }

    return json_stringn((char *) text, p - text);
}


static ngx_int_t
idv_svc_echo_send(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t         rc;
    ngx_buf_t        *b;
    ngx_chain_t       out;
    ngx_table_elt_t  *h;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    idv_header_clear_next(h);
    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "no-store");

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = body->len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
