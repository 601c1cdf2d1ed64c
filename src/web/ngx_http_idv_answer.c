
/*
 * Copyright (C) nginx-idv authors
 *
 * Answers: bodies, headers, redirects and the one table of errors.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_crypto.h"


typedef struct {
    ngx_uint_t    status;
    const char   *code;
    const char   *message;
    const char   *user;              /* userMessage, or NULL */
    const char   *detail;            /* details[0].code, or NULL */
} ngx_http_idv_error_t;


/* docs/flow-api.md lists the same; a script compares them */

static const ngx_http_idv_error_t  ngx_http_idv_errors[] = {

    /* NGX_HTTP_IDV_NOT_FOUND */
    { 404, "RESOURCE_NOT_FOUND", "The requested resource was not found.",
      NULL, NULL },

    /* NGX_HTTP_IDV_NO_XSRF */
    { 403, "INVALID_REQUEST", "The X-XSRF-Header request header is required.",
      NULL, NULL },

    /* NGX_HTTP_IDV_METHOD */
    { 405, "INVALID_REQUEST", "The method is not allowed here.", NULL, NULL },

    /* NGX_HTTP_IDV_CONTENT_TYPE */
    { 415, "INVALID_REQUEST", "The content type names no action.", NULL,
      "INVALID_CONTENT_TYPE" },

    /* NGX_HTTP_IDV_TOO_LARGE */
    { 413, "INVALID_REQUEST", "The request body is too large.", NULL, NULL },

    /* NGX_HTTP_IDV_VALIDATION */
    { 400, "VALIDATION_ERROR", "The request body is not valid.", NULL,
      "INVALID_REQUEST_BODY" },

    /* NGX_HTTP_IDV_ACTION */
    { 400, "INVALID_ACTION_ID",
      "The action is not allowed in the current state.", NULL, NULL },

    /* NGX_HTTP_IDV_ATTEMPTS */
    { 400, "REQUEST_FAILED", "No attempt is left.",
      "You have no more attempts.", "ATTEMPTS_LIMIT" },

    /* NGX_HTTP_IDV_UNAVAILABLE */
    { 503, "REQUEST_FAILED", "The verification service is not available.",
      "Verification is not available at the moment. Please try again later.",
      "SERVICE_UNAVAILABLE" },

    /* NGX_HTTP_IDV_LIMITED */
    { 429, "REQUEST_FAILED", "This user has had too many verifications.",
      "You have started too many verifications. Please try again later.",
      "TRANSACTIONS_LIMIT" },

    /* NGX_HTTP_IDV_LIMITED_ADDRESS */
    { 429, "REQUEST_FAILED", "This address has had too many verifications.",
      "Too many verifications from your network. Please try again later.",
      "ADDRESS_LIMIT" },

    /* NGX_HTTP_IDV_LIMITED_ALL */
    { 503, "REQUEST_FAILED", "No verification is left at the moment.",
      "Verification is not available at the moment. Please try again later.",
      "TOTAL_LIMIT" },

    /* NGX_HTTP_IDV_LOCKED */
    { 429, "REQUEST_FAILED", "This user is locked after failures.",
      "Too many of your verifications have failed. Please try again later.",
      "SUBJECT_LOCKED" },

    /* NGX_HTTP_IDV_TOO_MANY */
    { 429, "REQUEST_FAILED", "Too many verifications of this user are open.",
      "Too many verifications are open. Please try again later.",
      "OPEN_FLOWS_LIMIT" },

    /* NGX_HTTP_IDV_FULL */
    { 503, "REQUEST_FAILED", "No further verification can be started now.",
      "Verification is not available at the moment. Please try again later.",
      "CAPACITY_LIMIT" },

    /* NGX_HTTP_IDV_NO_SUBJECT */
    { 403, "SUBJECT_REQUIRED", "Nobody is signed on.", NULL, NULL },

    /* NGX_HTTP_IDV_REQUIRED */
    { 403, "VERIFICATION_REQUIRED", "Identity verification is required.",
      "Please verify your identity first.", NULL },

    /* NGX_HTTP_IDV_DIRECTORY */
    { 503, "REQUEST_FAILED", "The directory of users is not available.",
      "Verification is not available at the moment. Please try again later.",
      "DIRECTORY_UNAVAILABLE" },

    /* NGX_HTTP_IDV_NO_ENTRY */
    { 403, "REQUEST_FAILED", "The directory does not tell who the user is.",
      "You are not known here. Please ask for help.", "NO_DIRECTORY_ENTRY" },

    /* NGX_HTTP_IDV_INTERNAL */
    { 500, "UNEXPECTED_ERROR", "The request could not be handled.", NULL,
      NULL }
};


ngx_http_idv_error_e
ngx_http_idv_engine_error(idv_engine_result_e result)
{
    switch (result) {

    case IDV_ENGINE_NOT_FOUND:
        return NGX_HTTP_IDV_NOT_FOUND;

    case IDV_ENGINE_NOT_ALLOWED:
        return NGX_HTTP_IDV_ACTION;

    case IDV_ENGINE_NO_ATTEMPTS:
        return NGX_HTTP_IDV_ATTEMPTS;

    case IDV_ENGINE_UNAVAILABLE:
        return NGX_HTTP_IDV_UNAVAILABLE;

    case IDV_ENGINE_LIMITED:
        return NGX_HTTP_IDV_LIMITED;

    case IDV_ENGINE_LIMITED_ADDRESS:
        return NGX_HTTP_IDV_LIMITED_ADDRESS;

    case IDV_ENGINE_LIMITED_ALL:
        return NGX_HTTP_IDV_LIMITED_ALL;

    case IDV_ENGINE_LOCKED:
        return NGX_HTTP_IDV_LOCKED;

    case IDV_ENGINE_TOO_MANY:
        return NGX_HTTP_IDV_TOO_MANY;

    case IDV_ENGINE_FULL:
        return NGX_HTTP_IDV_FULL;

    default:
        return NGX_HTTP_IDV_INTERNAL;
    }
}


ngx_table_elt_t *
ngx_http_idv_header_push(ngx_http_request_t *r, const char *name, size_t len,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = len;
    h->value = *value;
    h->lowcase_key = NULL;
    idv_header_clear_next(h);

    return h;
}


ngx_int_t
ngx_http_idv_no_store(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t  *ctx;

    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  nosniff = ngx_string("nosniff");

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->no_store) {
        /* made with an answer that was for nothing */
        return NGX_OK;
    }

    if (ngx_http_idv_header(r, "Cache-Control", &no_store) != NGX_OK
        || ngx_http_idv_header(r, "X-Content-Type-Options", &nosniff)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->no_store = 1;

    return NGX_OK;
}


ngx_buf_t *
ngx_http_idv_buf(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NULL;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    return b;
}


ngx_int_t
ngx_http_idv_send(ngx_http_request_t *r, ngx_uint_t status, const char *type,
    ngx_str_t *body)
{
    ngx_buf_t  *b;

    if (body->len == 0) {
        return ngx_http_idv_send_chain(r, status, type, NULL, 0);
    }

    b = ngx_http_idv_buf(r, body);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send_buf(r, status, type, b);
}


ngx_int_t
ngx_http_idv_send_buf(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_buf_t *b)
{
    ngx_chain_t  out;

    out.buf = b;
    out.next = NULL;

    return ngx_http_idv_send_chain(r, status, type, &out, b->last - b->pos);
}


/* all of the answer is there: after the header, an error is none any more */

ngx_int_t
ngx_http_idv_send_chain(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_chain_t *out, off_t len)
{
    ngx_int_t            rc;
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * Not earlier, where a request waits for the engine: nginx gives what is
     * left of a body lingering_timeout to arrive, and then ends the connection.
     * Not later: it would be taken for the next request.
     */

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        /* nginx says why, with headers of its own */
        ngx_http_clean_header(r);
        ctx->cors = 0;
        ctx->no_store = 0;
        return rc;
    }

    ctx->ours = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    if (type) {
        r->headers_out.content_type.data = (u_char *) type;
        r->headers_out.content_type.len = ngx_strlen(type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    /* what is said here is no page of an error_page */
    r->err_status = 0;

    if (out == NULL) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}


ngx_int_t
ngx_http_idv_retry_after(ngx_http_request_t *r, ngx_int_t seconds)
{
    u_char     *p;
    ngx_str_t   value;

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%i", seconds) - p;

    return ngx_http_idv_header(r, "Retry-After", &value);
}


/*
 * The members are constants of this module but for the client's own state,
 * which has been checked: letters and digits.
 */

static ngx_int_t
ngx_http_idv_error_json(ngx_http_request_t *r, const ngx_http_idv_error_t *e,
    const char *target, ngx_int_t retry_after, ngx_str_t *body)
{
    u_char                 *p;
    size_t                  len;
    const char             *user;
    ngx_str_t              *state;

    user = e->user ? e->user : e->message;
    state = ngx_http_idv_state_header(r);

    len = 256 + NGX_HTTP_IDV_SECRET_LEN + ngx_strlen(e->code)
          + 2 * ngx_strlen(e->message) + 2 * ngx_strlen(user)
          + (e->detail ? ngx_strlen(e->detail) : 0)
          + (target ? ngx_strlen(target) : 0);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    p = ngx_sprintf(p, "{\"code\":\"%s\",\"message\":\"%s\"",
                    e->code, e->message);

    if (e->user) {
        p = ngx_sprintf(p, ",\"userMessage\":\"%s\"", e->user);
    }

    if (e->detail) {
        p = ngx_sprintf(p, ",\"details\":[{\"code\":\"%s\",\"message\":\"%s\""
                        ",\"userMessage\":\"%s\"",
                        e->detail, e->message, user);

        if (target) {
            p = ngx_sprintf(p, ",\"target\":\"%s\"", target);
        }

        p = ngx_cpymem(p, "}]", 2);
    }

    if (retry_after > 0) {
        p = ngx_sprintf(p, ",\"retryAfter\":%i", retry_after);
    }

    if (state && idv_id_form(state->data, state->len)) {
        p = ngx_sprintf(p, ",\"_pf_authn_api_state\":\"%V\"", state);
    }

    *p++ = '}';
    body->len = p - body->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_send_json_error(ngx_http_request_t *r,
    const ngx_http_idv_error_t *e, const char *target, ngx_int_t retry_after)
{
    ngx_str_t  body;

    if (retry_after < 0
        && (e->status == NGX_HTTP_SERVICE_UNAVAILABLE
            || e->status == NGX_HTTP_TOO_MANY_REQUESTS))
    {
        retry_after = 5;
    }

    if (retry_after == 0) {
        retry_after = 1;
    }

    if (retry_after > 0 && ngx_http_idv_retry_after(r, retry_after) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_idv_error_json(r, e, target, retry_after, &body) != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, e->status, "application/json", &body);
}


ngx_int_t
ngx_http_idv_send_error(ngx_http_request_t *r, ngx_http_idv_error_e error,
    ngx_int_t retry_after)
{
    return ngx_http_idv_send_json_error(r, &ngx_http_idv_errors[error], NULL,
                                        retry_after);
}


ngx_int_t
ngx_http_idv_send_invalid(ngx_http_request_t *r, const char *code,
    const char *target, const char *message)
{
    ngx_http_idv_error_t  e;

    e = ngx_http_idv_errors[NGX_HTTP_IDV_VALIDATION];
    e.detail = code;
    e.message = message;

    return ngx_http_idv_send_json_error(r, &e, target, -1);
}


ngx_int_t
ngx_http_idv_redirect(ngx_http_request_t *r, ngx_str_t *location)
{
    static ngx_str_t  empty = ngx_null_string;

    /* as it is: nginx would make an absolute URL of r->headers_out.location */

    if (ngx_http_idv_header(r, "Location", location) != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, NGX_HTTP_SEE_OTHER, NULL, &empty);
}


/*
 * Clients of the flow API read nothing but JSON.  What nginx itself answers
 * under it (401 of the first factor, 413, 503 of limit_req, ...) keeps its
 * status and headers and gets a body of ours.
 */

static ngx_int_t ngx_http_idv_filter_init(ngx_conf_t *cf);


/* a module of its own: in a static nginx, filters are set up after handlers */

static ngx_http_module_t  ngx_http_idv_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_idv_filter_init,              /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_idv_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_idv_filter_module_ctx,       /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_idv_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_idv_next_body_filter;


static const ngx_http_idv_error_t *
ngx_http_idv_error_of(ngx_uint_t status)
{
    ngx_uint_t  i;

    static const ngx_http_idv_error_t  unauthorized = {
        401, "UNAUTHORIZED", "Sign on is required.", NULL, NULL
    };

    static const ngx_http_idv_error_t  refused = {
        403, "INVALID_REQUEST", "The request was refused.", NULL, NULL
    };

    if (status == NGX_HTTP_UNAUTHORIZED) {
        return &unauthorized;
    }

    if (status == NGX_HTTP_FORBIDDEN) {
        return &refused;
    }

    for (i = 0; i < NGX_HTTP_IDV_NERRORS; i++) {
        if (ngx_http_idv_errors[i].status == status) {
            return &ngx_http_idv_errors[i];
        }
    }

    return status < 500 ? &refused
                        : &ngx_http_idv_errors[NGX_HTTP_IDV_INTERNAL];
}


/*
 * What is asked for, up to its end or beyond.  A request line that is too long
 * or malformed was not taken apart, and the parser's pointers are only moved
 * with the line once they are set: others point anywhere.
 */

static void
ngx_http_idv_asked(ngx_http_request_t *r, ngx_str_t *uri)
{
    ngx_buf_t  *b;

    *uri = r->uri;
    b = r->header_in;

    if (uri->len || r->http_version >= NGX_HTTP_VERSION_20
        || r->uri_start < b->start || r->uri_start >= b->last)
    {
        return;
    }

    uri->data = r->uri_start;
    uri->len = b->last - r->uri_start;
}


/* whose flow API, or start of a flow for it, is asked for; NULL: none */

static const idv_provider_t *
ngx_http_idv_api_of(ngx_http_request_t *r)
{
    ngx_str_t                       mode, uri;
    ngx_uint_t                      i;
    ngx_http_idv_place_t           *place;
    ngx_http_core_srv_conf_t       *cscf;
    const ngx_http_idv_loc_conf_t  *lcf;
    const ngx_http_idv_srv_conf_t  *scf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (lcf->api) {
        return lcf->api;
    }

    if (lcf->connector.provider) {
        return lcf->connector.provider;
    }

    if (lcf->console.provider) {
        return ngx_http_idv_console_api(r, &lcf->console)
               ? lcf->console.provider : NULL;
    }

    if (lcf->page
        && ngx_http_arg(r, (u_char *) "response_mode",
                        sizeof("response_mode") - 1, &mode)
           == NGX_OK
        && mode.len == sizeof("pi.flow") - 1
        && ngx_strncmp(mode.data, "pi.flow", mode.len) == 0)
    {
        return lcf->page;
    }

    /* what is malformed is refused before a location is looked for */

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (r->loc_conf != cscf->ctx->loc_conf) {
        return NULL;
    }

    ngx_http_idv_asked(r, &uri);

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);
    place = scf->apis.elts;

    for (i = 0; i < scf->apis.nelts; i++) {
        if (uri.len >= place[i].path.len
            && ngx_memcmp(uri.data, place[i].path.data, place[i].path.len)
               == 0)
        {
            return place[i].provider;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_idv_header_filter(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t             *ctx;
    const idv_provider_t           *provider;
    const ngx_http_idv_loc_conf_t  *lcf;

    if (r->headers_out.status < 400 || r != r->main) {
        return ngx_http_idv_next_header_filter(r);
    }

    provider = ngx_http_idv_api_of(r);

    if (provider == NULL) {
        return ngx_http_idv_next_header_filter(r);
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (!ctx->ours) {
        lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

        if (ngx_http_idv_error_json(r,
                                    ngx_http_idv_error_of(
                                        r->headers_out.status),
                                    NULL, -1, &ctx->instead)
            != NGX_OK
            || (lcf->connector.provider == NULL
                && lcf->console.provider == NULL
                && ngx_http_idv_cors(r, provider) != NGX_OK)
            || ngx_http_idv_no_store(r) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_str_set(&r->headers_out.content_type, "application/json");
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
        r->headers_out.content_length_n = ctx->instead.len;
    }

    return ngx_http_idv_next_header_filter(r);
}


static ngx_int_t
ngx_http_idv_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t           *b;
    ngx_chain_t          out, *cl;
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);

    if (ctx == NULL || ctx->instead.len == 0 || in == NULL) {
        return ngx_http_idv_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->instead.data;
    b->last = b->pos + ctx->instead.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    ngx_str_null(&ctx->instead);

    out.buf = b;
    out.next = NULL;

    return ngx_http_idv_next_body_filter(r, &out);
}


static ngx_int_t
ngx_http_idv_filter_init(ngx_conf_t *cf)
{
    ngx_http_idv_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_idv_header_filter;

    ngx_http_idv_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_idv_body_filter;

    return NGX_OK;
}
