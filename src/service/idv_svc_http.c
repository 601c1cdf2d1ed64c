
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_HTTP_GONE  410       /* nginx has no name for it */


static void idv_svc_body_handler(ngx_http_request_t *r);
static ngx_int_t idv_svc_body_collect(idv_svc_call_t *call);
static ngx_int_t idv_svc_body_take(idv_svc_call_t *call);
static ngx_int_t idv_svc_body_grow(idv_svc_call_t *call, size_t len);
static ngx_int_t idv_svc_too_large(idv_svc_call_t *call);
static ngx_int_t idv_svc_allow(idv_svc_call_t *call);
static json_t *idv_svc_error_json(idv_svc_call_t *call, const char *code,
    const char *message);


typedef struct {
    ngx_uint_t   status;
    const char  *code;
    const char  *message;
} idv_svc_error_t;


/* in the order of idv_svc_error_e */

static idv_svc_error_t  idv_svc_errors[IDV_SVC_NERRORS] = {

    { NGX_HTTP_BAD_REQUEST, "INVALID_REQUEST",
      "The request is malformed." },

    { NGX_HTTP_BAD_REQUEST, "INVALID_DATA",
      "One or more values in the request are not valid." },

    { NGX_HTTP_UNAUTHORIZED, "INVALID_TOKEN",
      "The access token is missing, unknown or expired." },

    { NGX_HTTP_FORBIDDEN, "ACCESS_FAILED",
      "The access token does not allow this." },

    { NGX_HTTP_NOT_FOUND, "NOT_FOUND",
      "The requested resource was not found." },

    { NGX_HTTP_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
      "The resource does not support this method." },

    { IDV_SVC_HTTP_GONE, "GONE",
      "The resource is deprecated, and not here." },

    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "REQUEST_TOO_LARGE",
      "The request body is too large." },

    { NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE",
      "The content type of the request is not supported." },

    { NGX_HTTP_TOO_MANY_REQUESTS, "REQUEST_LIMITED",
      "There are too many requests of this kind." },

    { NGX_HTTP_INTERNAL_SERVER_ERROR, "UNEXPECTED_ERROR",
      "The request could not be completed." },

    { NGX_HTTP_NOT_IMPLEMENTED, "NOT_IMPLEMENTED",
      "No register answers this here." },

    { NGX_HTTP_SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE",
      "The service has no room for this at the moment." }
};


typedef struct {
    ngx_uint_t   method;
    const char  *name;
} idv_svc_method_t;

static idv_svc_method_t  idv_svc_methods[] = {
    { NGX_HTTP_GET, "GET" },
    { NGX_HTTP_HEAD, "HEAD" },
    { NGX_HTTP_POST, "POST" },
    { NGX_HTTP_PUT, "PUT" },
    { NGX_HTTP_PATCH, "PATCH" },
    { NGX_HTTP_DELETE, "DELETE" },
    { 0, NULL }
};


/*
 * The body goes to memory as it comes, never to a file: documents and photos
 * have no business on a disk, and file I/O would block the worker.
 */

ngx_int_t
idv_svc_read_body(idv_svc_call_t *call, size_t max)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    if (r->headers_in.content_length_n > (off_t) max) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return idv_svc_too_large(call);
    }

    call->room = max;
    call->body.len = 0;

    if (r->headers_in.content_length_n > 0
        && idv_svc_body_grow(call, (size_t) r->headers_in.content_length_n)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, idv_svc_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static void
idv_svc_body_handler(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    idv_svc_call_t  *call;

    call = ngx_http_get_module_ctx(r, ngx_http_idv_service_module);

    r->read_event_handler = idv_svc_body_handler;

    rc = idv_svc_body_collect(call);

    if (rc == NGX_AGAIN) {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;

    if (rc == NGX_OK) {
        rc = idv_svc_dispatch(call);

    } else if (rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        rc = idv_svc_too_large(call);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
idv_svc_body_collect(idv_svc_call_t *call)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    for ( ;; ) {
        rc = idv_svc_body_take(call);
        if (rc != NGX_OK) {
            return rc;
        }

        if (!r->reading_body) {
            return NGX_OK;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return NGX_AGAIN;
        }
    }
}


static ngx_int_t
idv_svc_body_take(idv_svc_call_t *call)
{
    size_t               len;
    ngx_buf_t           *b;
    ngx_chain_t         *cl, *next;
    ngx_http_request_t  *r;

    r = call->request;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = next) {
        next = cl->next;
        b = cl->buf;

        if (b->in_file) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        len = b->last - b->pos;

        if (len > call->room - call->body.len) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        if (len) {
            if (idv_svc_body_grow(call, call->body.len + len) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            ngx_memcpy(call->body.data + call->body.len, b->pos, len);
            call->body.len += len;

            b->pos = b->last;
        }

        ngx_free_chain(r->pool, cl);
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


/* makes the buffer hold len bytes; it at least doubles when it grows */

static ngx_int_t
idv_svc_body_grow(idv_svc_call_t *call, size_t len)
{
    u_char  *p;

    if (len <= call->size) {
        return NGX_OK;
    }

    len = ngx_min(ngx_max(len, 2 * call->size), call->room);

    p = ngx_pnalloc(call->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (call->body.len) {
        ngx_memcpy(p, call->body.data, call->body.len);
    }

    if (call->body.data) {
        (void) ngx_pfree(call->request->pool, call->body.data);
    }

    call->body.data = p;
    call->size = len;

    return NGX_OK;
}


/* NGX_OK if the content type, without its parameters, is the given one */

ngx_int_t
idv_svc_media_type(idv_svc_call_t *call, const char *type)
{
    size_t            len;
    u_char           *p, *last;
    ngx_table_elt_t  *header;

    header = call->request->headers_in.content_type;

    if (header == NULL) {
        return NGX_DECLINED;
    }

    p = header->value.data;
    last = ngx_strlchr(p, p + header->value.len, ';');

    if (last == NULL) {
        last = p + header->value.len;
    }

    while (last > p && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    len = ngx_strlen(type);

    if ((size_t) (last - p) != len
        || ngx_strncasecmp(p, (u_char *) type, len) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* an nginx that was built with less does not know this header */

ngx_str_t
idv_svc_accept_language(idv_svc_call_t *call)
{
    ngx_str_t         none;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    static ngx_str_t  name = ngx_string("Accept-Language");

    for (part = &call->request->headers_in.headers.part; part;
         part = part->next)
    {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len == name.len
                && ngx_strncasecmp(header[i].key.data, name.data, name.len)
                   == 0)
            {
                return header[i].value;
            }
        }
    }

    ngx_str_null(&none);

    return none;
}


ngx_int_t
idv_svc_header(idv_svc_call_t *call, const char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&call->request->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    idv_header_clear_next(h);

    return NGX_OK;
}


ngx_int_t
idv_svc_send(idv_svc_call_t *call, ngx_uint_t status, const char *type,
    ngx_str_t *body)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_str_t            correlation, no_store, nosniff;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = call->request;

    correlation.data = call->correlation;
    correlation.len = IDV_UUID_LEN;
    ngx_str_set(&no_store, "no-store");
    ngx_str_set(&nosniff, "nosniff");

    b = ngx_calloc_buf(r->pool);

    if (b == NULL
        || idv_svc_header(call, "Correlation-Id", &correlation) != NGX_OK
        || idv_svc_header(call, "Cache-Control", &no_store) != NGX_OK
        || idv_svc_header(call, "X-Content-Type-Options", &nosniff) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;

    if (type) {
        r->headers_out.content_type.data = (u_char *) type;
        r->headers_out.content_type.len = ngx_strlen(type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    if (body->len == 0) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
idv_svc_send_json(idv_svc_call_t *call, ngx_uint_t status, json_t *json)
{
    ngx_int_t  rc;
    ngx_str_t  body;

    if (json == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = idv_json_dump(call->request->pool, json, &body);

    json_decref(json);

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return idv_svc_send(call, status, "application/json;charset=UTF-8", &body);
}


ngx_int_t
idv_svc_send_nothing(idv_svc_call_t *call)
{
    ngx_str_t  body;

    ngx_str_null(&body);

    return idv_svc_send(call, NGX_HTTP_NO_CONTENT, NULL, &body);
}


ngx_int_t
idv_svc_location(idv_svc_call_t *call, json_t *json)
{
    ngx_str_t  location;

    location = idv_json_string(json_object_get(json_object_get(json, "_links"),
                                               "self"), "href");

    if (location.len == 0) {
        return NGX_ERROR;
    }

    location.data = ngx_pstrdup(call->request->pool, &location);
    if (location.data == NULL) {
        return NGX_ERROR;
    }

    return idv_svc_header(call, "Location", &location);
}

ngx_int_t
idv_svc_error(idv_svc_call_t *call, idv_svc_error_e error)
{
    ngx_str_t         value;
    idv_svc_error_t  *e;

    ngx_str_null(&value);

    e = &idv_svc_errors[error];

    switch (error) {

    case IDV_SVC_METHOD_NOT_ALLOWED:
        if (idv_svc_allow(call) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        break;

    case IDV_SVC_INVALID_TOKEN:
        ngx_str_set(&value, "Bearer");

        if (idv_svc_header(call, "WWW-Authenticate", &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        break;

    case IDV_SVC_LIMITED:
    case IDV_SVC_FULL:
        ngx_str_set(&value, "60");

        if (idv_svc_header(call, "Retry-After", &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        break;

    default:
        break;
    }

    return idv_svc_send_json(call, e->status,
                             idv_svc_error_json(call, e->code, e->message));
}


/* the error of a status that the control interface chose */

ngx_int_t
idv_svc_error_status(idv_svc_call_t *call, ngx_uint_t status)
{
    ngx_uint_t        i;
    idv_svc_error_t  *e;

    e = &idv_svc_errors[IDV_SVC_UNEXPECTED];

    for (i = 0; i < IDV_SVC_NERRORS; i++) {
        if (idv_svc_errors[i].status == status) {
            e = &idv_svc_errors[i];
            break;
        }
    }

    return idv_svc_send_json(call, status,
                             idv_svc_error_json(call, e->code, e->message));
}


ngx_int_t
idv_svc_full(idv_svc_call_t *call)
{
    if (idv_svc_store_warn(call->store)) {
        ngx_log_error(NGX_LOG_WARN, call->request->connection->log, 0,
                      "idv service: zone \"%V\" %sis full", &call->store->name,
                      call->store->keep ? "or its disk " : "");
    }

    return idv_svc_error(call, IDV_SVC_FULL);
}


static ngx_int_t
idv_svc_too_large(idv_svc_call_t *call)
{
    if (call->route->flags & IDV_SVC_PAGE) {
        return idv_svc_page_large(call);
    }

    return idv_svc_error(call, IDV_SVC_TOO_LARGE);
}


/* "OTHER" for those that no resource has */

ngx_str_t
idv_svc_method_name(ngx_uint_t method)
{
    ngx_str_t          name;
    idv_svc_method_t  *m;

    for (m = idv_svc_methods; m->name; m++) {
        if (m->method == method) {
            name.data = (u_char *) m->name;
            name.len = ngx_strlen(m->name);
            return name;
        }
    }

    ngx_str_set(&name, "OTHER");

    return name;
}


static ngx_int_t
idv_svc_allow(idv_svc_call_t *call)
{
    u_char            *p;
    ngx_str_t          value;
    idv_svc_method_t  *m;

    value.data = ngx_pnalloc(call->request->pool,
                             sizeof("GET, HEAD, POST, PUT, PATCH, DELETE"));
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = value.data;

    for (m = idv_svc_methods; m->name; m++) {
        if (call->allowed & m->method) {
            if (p != value.data) {
                *p++ = ',';
                *p++ = ' ';
            }

            p = ngx_cpymem(p, m->name, ngx_strlen(m->name));
        }
    }

    value.len = p - value.data;

    return idv_svc_header(call, "Allow", &value);
}


static json_t *
idv_svc_error_json(idv_svc_call_t *call, const char *code, const char *message)
{
    json_t  *details;

    details = call->details;
    call->details = NULL;

    return json_pack("{s:s%, s:s, s:s, s:o*}",
                     "id", (char *) call->correlation, (size_t) IDV_UUID_LEN,
                     "code", code,
                     "message", message,
                     "details", details);
}


void
idv_svc_detail(idv_svc_call_t *call, const char *code, const char *target,
    const char *message, json_t *inner)
{
    if (call->details == NULL) {
        call->details = json_array();
    }

    /* without memory, too, what was found wrong is not taken for right */

    if (call->details == NULL) {
        call->details = json_null();
    }

    (void) json_array_append_new(call->details,
                                 json_pack("{s:s, s:s, s:s, s:o*}",
                                           "code", code,
                                           "target", target,
                                           "message", message,
                                           "innerError", inner));
}
