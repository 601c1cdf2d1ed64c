
/*
 * Copyright (C) nginx-idv authors
 *
 * How a request to the console ends: with one JSON document, as it is or as a
 * page, with the bytes of an image, or elsewhere (303).
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_SENTENCE  256


static ngx_int_t ngx_http_idv_console_send(ngx_http_idv_console_t *job,
    ngx_uint_t status, json_t *document);
static ngx_int_t ngx_http_idv_console_send_json(ngx_http_idv_console_t *job,
    ngx_uint_t status, json_t *document);
static ngx_int_t ngx_http_idv_console_send_page(ngx_http_idv_console_t *job,
    ngx_uint_t status, json_t *document);
static ngx_int_t ngx_http_idv_console_headers(ngx_http_idv_console_t *job,
    ngx_str_t *policy, ngx_uint_t cached);
static void ngx_http_idv_console_told(ngx_http_idv_console_t *job,
    ngx_uint_t status);
static void ngx_http_idv_console_error(ngx_http_idv_console_t *job,
    ngx_http_idv_console_error_e error, ngx_uint_t status, json_t *details,
    json_t *provider);


/* docs/console.md lists the same; a script compares them */

static const struct {
    ngx_uint_t    status;
    const char   *code;
    const char   *message;
} ngx_http_idv_console_errors[] = {
    { 403, "SUBJECT_REQUIRED", "Nobody is signed on." },
    { 403, "ROLE_REQUIRED", "You have no role in this console." },
    { 403, "ADMINISTRATOR_REQUIRED", "Only an administrator may do this." },
    { 403, "CROSS_SITE", "The request comes from another site." },
    { 403, "HEADER_REQUIRED", "The header X-IDV-Console: 1 is needed." },
    { 403, "FORM_EXPIRED", "The form is too old, or it is not yours." },
    { 404, "NOT_FOUND", "There is nothing at this address." },
    { 405, "METHOD_NOT_ALLOWED", "The method is not allowed here." },
    { 413, "TOO_LARGE", "The request body is too large." },
    { 415, "UNSUPPORTED_MEDIA_TYPE",
      "The body has to be application/json, or a form of a page." },
    { 400, "INVALID_BODY", "The body is not a JSON object, or no form." },
    { 400, "INVALID_INPUT", "The input is not valid." },
    { 501, "NO_QUEUE", "This console has no queue of reviews." },
    { 429, "LIMITED", "The provider may not be asked that often." },
    { 502, "PROVIDER_REFUSED", "The provider has refused." },
    { 502, "PROVIDER_UNUSABLE", "The provider's answer is of no use." },
    { 503, "PROVIDER_UNAVAILABLE", "The provider has not answered." },
    { 503, "ZONE_FULL", "There is no room to end the sessions." },
    { 503, "AUDIT_FAILED", "The audit log takes no line: nothing was done." },
    { 500, "UNEXPECTED_ERROR", "The request could not be handled." }
};


/*
 * As the hosted page has it.  An image is what somebody handed in: it is looked
 * at and does nothing, not even where it is opened by itself.
 */

static ngx_str_t  ngx_http_idv_console_safety =
    ngx_string("default-src 'none'; style-src 'self'; script-src 'self'; "
               "img-src 'self'; connect-src 'self'; form-action 'self'; "
               "base-uri 'none'; frame-ancestors 'none'");

static ngx_str_t  ngx_http_idv_console_sandbox =
    ngx_string("default-src 'none'; frame-ancestors 'none'; sandbox");


void
ngx_http_idv_console_answer(ngx_http_idv_console_t *job, ngx_uint_t status,
    json_t *document)
{
    ngx_int_t  rc;

    if (document == NULL) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    ngx_http_idv_console_told(job, status);

    rc = ngx_http_idv_console_send(job, status, document);

    json_decref(document);

    ngx_http_finalize_request(job->request, rc);
}


void
ngx_http_idv_console_show(ngx_http_idv_console_t *job)
{
    ngx_int_t  rc;

    rc = ngx_http_idv_console_send_page(job, NGX_HTTP_OK, NULL);

    ngx_http_finalize_request(job->request, rc);
}


void
ngx_http_idv_console_bytes(ngx_http_idv_console_t *job, const char *type,
    ngx_str_t *bytes)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    static ngx_str_t  disposition = ngx_string("inline");

    r = job->request;

    if (ngx_http_idv_console_headers(job, &ngx_http_idv_console_sandbox, 0)
        != NGX_OK
        || ngx_http_idv_header(r, "Content-Disposition", &disposition)
           != NGX_OK)
    {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    ngx_http_idv_console_told(job, NGX_HTTP_OK);

    rc = ngx_http_idv_send(r, NGX_HTTP_OK, type, bytes);

    ngx_http_finalize_request(r, rc);
}


void
ngx_http_idv_console_fail(ngx_http_idv_console_t *job,
    ngx_http_idv_console_error_e error)
{
    ngx_int_t   seconds;
    ngx_uint_t  status;

    status = ngx_http_idv_console_errors[error].status;

    if (status == NGX_HTTP_TOO_MANY_REQUESTS
        || status == NGX_HTTP_SERVICE_UNAVAILABLE)
    {
        seconds = job->relay.retry_after > 0 ? job->relay.retry_after : 5;

        /* without memory for it, the answer fails as well */
        (void) ngx_http_idv_retry_after(job->request, seconds);
    }

    ngx_http_idv_console_error(job, error, status, NULL, NULL);
}


void
ngx_http_idv_console_invalid(ngx_http_idv_console_t *job, const char *target,
    const char *message)
{
    ngx_http_idv_console_error(job, NGX_HTTP_IDV_CONSOLE_INPUT,
                               NGX_HTTP_BAD_REQUEST,
                               json_pack("[{s:s, s:s, s:s}]",
                                         "code", "INVALID_VALUE",
                                         "target", target,
                                         "message", message),
                               NULL);
}


/*
 * The provider's own error: its status and its words, apart from ours.  Its 401
 * is about our token.
 */

void
ngx_http_idv_console_refused(ngx_http_idv_console_t *job)
{
    json_t      *provider, *value;
    ngx_int_t    seconds;
    ngx_str_t   *after;
    ngx_uint_t   i, status;

    static const char *const  members[] = {
        "id", "code", "message", "target", "details"
    };

    provider = json_pack("{s:I}", "status", (json_int_t) job->status);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        value = json_object_get(job->reply, members[i]);

        if (json_is_string(value)
            || (json_is_array(value) && ngx_strcmp(members[i], "details") == 0))
        {
            (void) json_object_set(provider, members[i], value);
        }
    }

    status = job->status;

    if (status < 400 || status > 599 || status == NGX_HTTP_UNAUTHORIZED) {
        status = NGX_HTTP_BAD_GATEWAY;
    }

    after = &job->relay.kept[0];
    seconds = after->len ? ngx_atoi(after->data, after->len) : NGX_ERROR;

    if (seconds != NGX_ERROR) {
        (void) ngx_http_idv_retry_after(job->request, seconds);
    }

    ngx_http_idv_console_error(job, NGX_HTTP_IDV_CONSOLE_REFUSED, status, NULL,
                               provider);
}


/* takes details and provider; what was done before it is said as well */

static void
ngx_http_idv_console_error(ngx_http_idv_console_t *job,
    ngx_http_idv_console_error_e error, ngx_uint_t status, json_t *details,
    json_t *provider)
{
    json_t     *document;
    ngx_int_t   rc;

    ngx_http_idv_console_told(job, status);

    document = json_pack("{s:s, s:s, s:o*, s:o*, s:O*}",
                         "code", ngx_http_idv_console_errors[error].code,
                         "message", ngx_http_idv_console_errors[error].message,
                         "details", details,
                         "provider", provider,
                         "done", job->done);

    rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (document) {
        rc = ngx_http_idv_console_send(job, status, document);
        json_decref(document);
    }

    ngx_http_finalize_request(job->request, rc);
}


static ngx_int_t
ngx_http_idv_console_send(ngx_http_idv_console_t *job, ngx_uint_t status,
    json_t *document)
{
    return job->html ? ngx_http_idv_console_send_page(job, status, document)
                     : ngx_http_idv_console_send_json(job, status, document);
}


static ngx_int_t
ngx_http_idv_console_send_json(ngx_http_idv_console_t *job, ngx_uint_t status,
    json_t *document)
{
    ngx_str_t  body;

    if (idv_json_dump(job->request->pool, document, &body) != NGX_OK
        || ngx_http_idv_console_headers(job, &ngx_http_idv_console_sandbox, 0)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(job->request, status, "application/json", &body);
}


static ngx_int_t
ngx_http_idv_console_send_page(ngx_http_idv_console_t *job, ngx_uint_t status,
    json_t *document)
{
    off_t                          len;
    ngx_chain_t                   *cl;
    ngx_http_request_t            *r;
    ngx_http_idv_console_reply_t   reply;

    r = job->request;

    ngx_memzero(&reply, sizeof(ngx_http_idv_console_reply_t));
    reply.status = status;
    reply.type = "text/html; charset=utf-8";

    if (ngx_http_idv_console_view(job, document, &reply) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_idv_console_headers(job, &ngx_http_idv_console_safety,
                                     reply.cached)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (reply.location.len) {
        return ngx_http_idv_redirect(r, &reply.location);
    }

    len = 0;

    for (cl = reply.body; cl; cl = cl->next) {
        len += cl->buf->last - cl->buf->pos;

        if (cl->next == NULL) {
            cl->buf->last_buf = (r == r->main) ? 1 : 0;
            cl->buf->last_in_chain = 1;
        }
    }

    return ngx_http_idv_send_chain(r, reply.status, reply.type,
                                   len ? reply.body : NULL, len);
}


static ngx_int_t
ngx_http_idv_console_headers(ngx_http_idv_console_t *job, ngx_str_t *policy,
    ngx_uint_t cached)
{
    ngx_http_request_t  *r;

    static ngx_str_t  forever = ngx_string("private, max-age=31536000, "
                                           "immutable");
    static ngx_str_t  nosniff = ngx_string("nosniff");
    static ngx_str_t  same_origin = ngx_string("same-origin");

    r = job->request;

    if (cached) {
        if (ngx_http_idv_header(r, "Cache-Control", &forever) != NGX_OK
            || ngx_http_idv_header(r, "X-Content-Type-Options", &nosniff)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else if (ngx_http_idv_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_idv_header(r, "Content-Security-Policy", policy) != NGX_OK
        || ngx_http_idv_header(r, "Referrer-Policy", &same_origin) != NGX_OK
        || ngx_http_idv_header(r, "Cross-Origin-Opener-Policy", &same_origin)
           != NGX_OK
        || ngx_http_idv_header(r, "Cross-Origin-Resource-Policy",
                               &same_origin)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * What became of it is told before anybody can act on it.  It is done then: a
 * log that takes no line now changes nothing any more.
 */

static void
ngx_http_idv_console_told(ngx_http_idv_console_t *job, ngx_uint_t status)
{
    const char  *result;

    if (job->op == NULL || job->op->audit == NULL
        || job->audit == NGX_HTTP_IDV_CONSOLE_TOLD)
    {
        return;
    }

    result = status < 400 ? "done"
             : (job->audit == NGX_HTTP_IDV_CONSOLE_ATTEMPT) ? "failed"
                                                            : "refused";

    job->audit = NGX_HTTP_IDV_CONSOLE_TOLD;

    (void) ngx_http_idv_console_tell(job, result, status);
}
