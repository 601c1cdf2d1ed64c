
/*
 * Copyright (C) nginx-idv authors
 *
 * The connector: applications ask what the PingOne Verify connector of DaVinci
 * is asked, and get what it gives.  Checks come in this order: caller, method,
 * capability, right to it, content type, size, JSON, input.
 */


#include "ngx_http_idv_connector.h"
#include "../util/idv_json.h"


#define NGX_HTTP_IDV_MAX_SENTENCE  128


static ngx_int_t ngx_http_idv_connector_json_type(ngx_http_request_t *r);
static void ngx_http_idv_connector_body(ngx_http_request_t *r);
static void ngx_http_idv_connector_local(ngx_http_idv_connector_t *job);
static ngx_int_t ngx_http_idv_connector_link(ngx_http_idv_connector_t *job,
    ngx_str_t *link);
static ngx_uint_t ngx_http_idv_connector_minimal(ngx_http_request_t *r);


/* docs/connector.md lists the same; a script compares them */

static const struct {
    ngx_uint_t    status;
    const char   *code;
    const char   *message;
} ngx_http_idv_connector_errors[] = {
    { 401, "UNAUTHORIZED", "A key or a certificate that is known is needed." },
    { 403, "FORBIDDEN", "The caller may not use this capability." },
    { 404, "NOT_FOUND", "There is no such capability." },
    { 405, "METHOD_NOT_ALLOWED", "A capability is used by POST." },
    { 413, "TOO_LARGE", "The request body is too large." },
    { 415, "UNSUPPORTED_MEDIA_TYPE", "The body has to be application/json." },
    { 400, "INVALID_BODY", "The body is not a JSON object." },
    { 400, "INVALID_INPUT", "The input is not valid." },
    { 404, "NO_SELFIE", "The transaction has no selfie." },
    { 501, "NOT_CONFIGURED", "There is no link for a client to go on." },
    { 429, "LIMITED", "The provider may not be asked that often." },
    { 502, "PROVIDER_UNUSABLE", "The provider's answer is of no use." },
    { 503, "PROVIDER_UNAVAILABLE", "The provider has not answered." },
    { 500, "UNEXPECTED_ERROR", "The request could not be handled." }
};


ngx_int_t
ngx_http_idv_connector_handler(ngx_http_request_t *r)
{
    size_t                                len;
    ngx_int_t                             rc;
    ngx_uint_t                            bit;
    ngx_http_idv_ctx_t                   *ctx;
    const idv_connector_t                *capability;
    ngx_http_idv_connector_t             *job;
    const ngx_http_idv_caller_t          *caller;
    const ngx_http_idv_loc_conf_t        *lcf;
    const ngx_http_idv_connector_conf_t  *conf;

    static ngx_str_t  scheme = ngx_string("Bearer realm=\"connector\"");
    static ngx_str_t  allow = ngx_string("POST");

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);
    conf = &lcf->connector;

    rc = ngx_http_idv_caller(r, conf, &caller);

    if (rc == NGX_ERROR) {
        return ngx_http_idv_connector_error(r,
                                    NGX_HTTP_IDV_CONNECTOR_INTERNAL, NULL, -1);
    }

    if (rc == NGX_DECLINED) {
        if (ngx_http_idv_header(r, "WWW-Authenticate", &scheme) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_idv_connector_error(r,
                                NGX_HTTP_IDV_CONNECTOR_UNAUTHORIZED, NULL, -1);
    }

    if (r->method != NGX_HTTP_POST) {
        if (ngx_http_idv_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_idv_connector_error(r, NGX_HTTP_IDV_CONNECTOR_METHOD,
                                            NULL, -1);
    }

    len = ngx_min(r->uri.len, conf->path.len);
    capability = idv_connector_find((char *) r->uri.data + len,
                                    r->uri.len - len);

    if (capability == NULL) {
        return ngx_http_idv_connector_error(r,
                                NGX_HTTP_IDV_CONNECTOR_NOT_FOUND, NULL, -1);
    }

    bit = capability - idv_connector_capabilities;

    if (!((caller->capabilities >> bit) & 1)) {
        return ngx_http_idv_connector_error(r,
                                NGX_HTTP_IDV_CONNECTOR_FORBIDDEN, NULL, -1);
    }

    if (ngx_http_idv_connector_json_type(r) != NGX_OK) {
        return ngx_http_idv_connector_error(r,
                                NGX_HTTP_IDV_CONNECTOR_MEDIA_TYPE, NULL, -1);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "idv connector: \"%V\" asks %s", &caller->name,
                   capability->name);

    ctx = ngx_http_idv_get_ctx(r);
    job = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_connector_t));

    if (ctx == NULL || job == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    job->request = r;
    job->conf = conf;
    job->capability = capability;
    job->minimal = ngx_http_idv_connector_minimal(r);

    ctx->call = job;

    rc = ngx_http_read_client_request_body(r, ngx_http_idv_connector_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static ngx_int_t
ngx_http_idv_connector_json_type(ngx_http_request_t *r)
{
    size_t      len;
    ngx_str_t  *type;

    static const size_t  json = sizeof("application/json") - 1;

    if (r->headers_in.content_type == NULL) {
        return NGX_DECLINED;
    }

    type = &r->headers_in.content_type->value;

    for (len = 0; len < type->len && type->data[len] != ';'
                  && type->data[len] != ' '; len++)
    {
        /* void */
    }

    return len == json
           && ngx_strncasecmp(type->data, (u_char *) "application/json", json)
              == 0
           ? NGX_OK : NGX_DECLINED;
}


/* RFC 7240: a caller with no use for rawResponse can have the rest stream */

static ngx_uint_t
ngx_http_idv_connector_minimal(ngx_http_request_t *r)
{
    ngx_str_t  *prefer;

    prefer = ngx_http_idv_request_header(r, "Prefer");

    return prefer
           && prefer->len == sizeof("return=minimal") - 1
           && ngx_strncasecmp(prefer->data, (u_char *) "return=minimal",
                              prefer->len)
              == 0;
}


static void
ngx_http_idv_connector_body(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_str_t                  text;
    ngx_http_idv_ctx_t        *ctx;
    idv_connector_mistakes_t  *mistakes;
    ngx_http_idv_connector_t  *job;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);
    job = ctx->call;

    rc = ngx_http_idv_body(r, job->conf->max_body, &text);

    if (rc == NGX_ERROR) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_http_idv_connector_error(r, NGX_HTTP_IDV_CONNECTOR_TOO_LARGE,
                                          NULL, -1);
        ngx_http_idv_connector_finalize(job, rc);
        return;
    }

    job->input = idv_json_parse(r->pool, text.data, text.len,
                                job->conf->max_body);

    if (job->input == NULL && ngx_errno == NGX_ENOMEM) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (!json_is_object(job->input)) {
        rc = ngx_http_idv_connector_error(r, NGX_HTTP_IDV_CONNECTOR_BODY, NULL,
                                          -1);
        ngx_http_idv_connector_finalize(job, rc);
        return;
    }

    mistakes = ngx_palloc(r->pool, sizeof(idv_connector_mistakes_t));
    if (mistakes == NULL) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    idv_connector_check(job->capability, job->input, mistakes);

    if (mistakes->n) {
        rc = ngx_http_idv_connector_error(r, NGX_HTTP_IDV_CONNECTOR_INPUT,
                                          mistakes, -1);
        ngx_http_idv_connector_finalize(job, rc);
        return;
    }

    if (job->capability->way == IDV_CONNECTOR_LOCAL) {
        ngx_http_idv_connector_local(job);
        return;
    }

    ngx_http_idv_connector_ask(job);
}


/* createExtClientResponse: the provider has no part in it */

static void
ngx_http_idv_connector_local(ngx_http_idv_connector_t *job)
{
    json_t              *answer;
    ngx_int_t            rc;
    ngx_str_t            body, link;
    ngx_uint_t           last;
    ngx_http_request_t  *r;

    r = job->request;

    last = !json_is_false(json_object_get(job->input, "isLastClientStep"));

    ngx_str_null(&link);

    if (!last && job->conf->next.len == 0) {
        rc = ngx_http_idv_connector_error(r,
                           NGX_HTTP_IDV_CONNECTOR_NOT_CONFIGURED, NULL, -1);
        ngx_http_idv_connector_finalize(job, rc);
        return;
    }

    if (!last && ngx_http_idv_connector_link(job, &link) != NGX_OK) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    answer = json_pack("{s:s, s:O, s:O, s:o*}",
                       "clientState", last ? "COMPLETED" : "IN_PROGRESS",
                       "webVerificationUrl",
                       json_object_get(job->input, "webVerificationUrl"),
                       "challenge", json_object_get(job->input, "challengeId"),
                       "continueLink",
                       link.len ? json_stringn((char *) link.data, link.len)
                                : NULL);

    rc = NGX_ERROR;

    if (answer) {
        rc = idv_json_dump(r->pool, answer, &body);
        json_decref(answer);
    }

    if (rc != NGX_OK || ngx_http_idv_no_store(r) != NGX_OK) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = ngx_http_idv_send(r, NGX_HTTP_OK, "application/json", &body);

    ngx_http_idv_connector_finalize(job, rc);
}


static ngx_int_t
ngx_http_idv_connector_link(ngx_http_idv_connector_t *job, ngx_str_t *link)
{
    u_char     *p;
    ngx_str_t   challenge;

    challenge = idv_json_string(job->input, "challengeId");

    p = ngx_pnalloc(job->request->pool, job->conf->next.len
                                        + sizeof("?challenge=")
                                        + 3 * challenge.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    link->data = p;

    p = ngx_sprintf(p, "%V?challenge=", &job->conf->next);
    p = (u_char *) ngx_escape_uri(p, challenge.data, challenge.len,
                                  NGX_ESCAPE_URI_COMPONENT);

    link->len = p - link->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_connector_error(ngx_http_request_t *r,
    ngx_http_idv_connector_error_e error,
    const idv_connector_mistakes_t *mistakes, ngx_int_t retry_after)
{
    char                            text[NGX_HTTP_IDV_MAX_SENTENCE];
    size_t                          i;
    json_t                         *answer, *details;
    ngx_int_t                       rc;
    ngx_str_t                       body;
    ngx_uint_t                      status;
    const idv_connector_mistake_t  *mistake;

    status = ngx_http_idv_connector_errors[error].status;

    details = mistakes ? json_array() : NULL;

    for (i = 0; mistakes && i < mistakes->n; i++) {
        mistake = &mistakes->list[i];

        idv_connector_fault_text(mistake, text, sizeof(text));

        if (json_array_append_new(details,
                             json_pack("{s:s, s:s, s:s}",
                                       "code",
                                       idv_connector_fault_code(mistake->fault),
                                       "target", mistake->target,
                                       "message", text))
            != 0)
        {
            json_decref(details);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    answer = json_pack("{s:s, s:s, s:o*}",
                       "code", ngx_http_idv_connector_errors[error].code,
                       "message", ngx_http_idv_connector_errors[error].message,
                       "details", details);

    if (answer == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = idv_json_dump(r->pool, answer, &body);

    json_decref(answer);

    if (rc != NGX_OK || ngx_http_idv_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (retry_after < 0 && (status == NGX_HTTP_TOO_MANY_REQUESTS
                            || status == NGX_HTTP_SERVICE_UNAVAILABLE))
    {
        retry_after = 5;
    }

    if (retry_after >= 0
        && ngx_http_idv_retry_after(r, ngx_max(retry_after, 1)) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, status, "application/json", &body);
}


void
ngx_http_idv_connector_finalize(ngx_http_idv_connector_t *job, ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = job->request;
    job->request = NULL;

    ngx_http_finalize_request(r, rc);
}


/* half an answer must not look like one: the connection is closed */

void
ngx_http_idv_connector_abort(ngx_http_idv_connector_t *job, const char *why)
{
    ngx_log_error(NGX_LOG_ERR, job->request->connection->log, 0,
                  "idv: connector: %s: %s", job->capability->name, why);

    idv_relay_cancel(&job->relay);

    ngx_http_idv_connector_finalize(job, NGX_ERROR);
}
