
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_background.h"


#define IDV_SVC_ALL     "v1/environments/{env}/users"
#define IDV_SVC_ONE     IDV_SVC_ALL "/{user}"
#define IDV_SVC_USER    IDV_SVC_ONE "/verifyTransactions"
#define IDV_SVC_TX      IDV_SVC_USER "/{tx}"
#define IDV_SVC_POLICY  "v1/environments/{env}/verifyPolicies"
#define IDV_SVC_GROUP   "v1/environments/{env}/populations"
#define IDV_SVC_VOICE   "v1/environments/{env}/voicePhrases"
#define IDV_SVC_APP     "{env}/verify/verify-webapp/v2/"


typedef struct {
    ngx_str_t    segment[IDV_SVC_MAX_SEGMENTS];
    ngx_uint_t   n;
} idv_svc_path_t;


static idv_svc_call_t *idv_svc_call(ngx_http_request_t *r,
    const idv_svc_conf_t *conf);
static ngx_int_t idv_svc_base(idv_svc_call_t *call);
static ngx_uint_t idv_svc_plain_host(ngx_str_t *host);
static size_t idv_svc_link(ngx_http_request_t *r, u_char *code);
static void idv_svc_mask(ngx_str_t *text);
static void idv_svc_find(idv_svc_call_t *call, idv_svc_path_t *path);
static ngx_uint_t idv_svc_split(ngx_str_t *text, idv_svc_path_t *path);
static ngx_uint_t idv_svc_match(const char *pattern, idv_svc_path_t *path);
static ngx_int_t idv_svc_bind(idv_svc_call_t *call, idv_svc_path_t *path);
static ngx_int_t idv_svc_bind_one(idv_svc_call_t *call, const char *name,
    ngx_str_t *value);
static ngx_int_t idv_svc_known(idv_svc_call_t *call);
static ngx_int_t idv_svc_refuse(idv_svc_call_t *call, idv_svc_error_e error);


const idv_svc_route_t  idv_svc_routes[] = {

    { "{env}/as/token", NGX_HTTP_POST,
      IDV_SVC_FORM, idv_svc_token_issue },

    { IDV_SVC_USER, NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_transaction_create },

    { IDV_SVC_USER, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_transaction_list },

    { IDV_SVC_TX, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_transaction_read },

    { IDV_SVC_TX, NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_transaction_approve },

    { IDV_SVC_TX, NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_transaction_delete },

    { IDV_SVC_TX "/verifiedData", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_data_list },

    { IDV_SVC_TX "/verifiedData", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_data_delete_all },

    { IDV_SVC_TX "/verifiedData/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_data_read },

    { IDV_SVC_TX "/verifiedData/{item}", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_data_delete },

    { IDV_SVC_TX "/verifiedData/{item}", NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_background },

    { IDV_SVC_TX "/metaData", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_meta_list },

    { IDV_SVC_TX "/metaData/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_meta_read },

    { IDV_SVC_TX "/metaData", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_meta_delete_all },

    { IDV_SVC_TX "/metaData/{item}", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_meta_delete },

    { IDV_SVC_TX "/appEvents", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_event_list },

    { IDV_SVC_TX "/appEvents", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_event_delete_all },

    { IDV_SVC_TX "/appEvents/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_event_read },

    { IDV_SVC_TX "/appEvents/{item}", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_event_delete },

    { IDV_SVC_ALL, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_account_list },

    { IDV_SVC_ALL, NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_account_create },

    { IDV_SVC_ONE, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_account_show },

    { IDV_SVC_ONE, NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_account_replace },

    { IDV_SVC_ONE, NGX_HTTP_PATCH,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_account_change },

    { IDV_SVC_ONE, NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_account_delete },

    { IDV_SVC_ONE "/enabled", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_account_enabled_show },

    { IDV_SVC_ONE "/enabled", NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_account_enable },

    { IDV_SVC_GROUP, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_population_list },

    { IDV_SVC_GROUP "/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_population_read },

    { IDV_SVC_ONE "/identityRecordMatching", NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_match_records },

    { IDV_SVC_ONE "/identityAssurance", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_assurance_read },

    { IDV_SVC_ONE "/identityAssurance", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_assurance_delete },

    { IDV_SVC_ONE "/verifyStatus", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_user_status },

    { IDV_SVC_ONE "/verifyStatus", NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_user_set_status },

    { IDV_SVC_ONE "/resetVerification", NGX_HTTP_POST,
      IDV_SVC_BEARER, idv_svc_user_reset },

    { IDV_SVC_ONE "/dataBasedIdentityVerification", NGX_HTTP_POST,
      IDV_SVC_BEARER, idv_svc_unlicensed },

    { IDV_SVC_ONE "/deviceOwnershipVerification", NGX_HTTP_POST,
      IDV_SVC_BEARER, idv_svc_unlicensed },

    { IDV_SVC_ONE "/referenceData", NGX_HTTP_GET|NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_ONE "/referenceData/{item}", NGX_HTTP_GET|NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_VOICE, NGX_HTTP_GET|NGX_HTTP_POST,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_VOICE "/{item}", NGX_HTTP_GET|NGX_HTTP_PUT|NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_VOICE "/{item}/contents", NGX_HTTP_GET|NGX_HTTP_POST,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_VOICE "/{item}/contents/{item}",
      NGX_HTTP_GET|NGX_HTTP_PUT|NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_gone },

    { IDV_SVC_TX "/documents", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_document_list },

    { IDV_SVC_TX "/documents", NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON|IDV_SVC_VALUE, idv_svc_document_post },

    { IDV_SVC_TX "/documents/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_document_read },

    { IDV_SVC_TX "/documents/{item}", NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON|IDV_SVC_VALUE, idv_svc_document_update },

    { IDV_SVC_TX "/documents/{item}", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_document_delete },

    { IDV_SVC_POLICY, NGX_HTTP_POST,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_policy_create },

    { IDV_SVC_POLICY, NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_policy_list },

    { IDV_SVC_POLICY "/{item}", NGX_HTTP_GET,
      IDV_SVC_BEARER, idv_svc_policy_read },

    { IDV_SVC_POLICY "/{item}", NGX_HTTP_PUT,
      IDV_SVC_BEARER|IDV_SVC_JSON, idv_svc_policy_update },

    { IDV_SVC_POLICY "/{item}", NGX_HTTP_DELETE,
      IDV_SVC_BEARER, idv_svc_policy_delete },

    { "v1/idValidations/webVerifications/{tx}/qr", NGX_HTTP_GET,
      0, idv_svc_qr },

    { IDV_SVC_APP "index.html", NGX_HTTP_GET,
      IDV_SVC_PAGE, idv_svc_capture_show },

    { IDV_SVC_APP "index.html", NGX_HTTP_POST,
      IDV_SVC_PAGE|IDV_SVC_UPLOAD, idv_svc_capture_step },

    { IDV_SVC_APP "capture.css", NGX_HTTP_GET,
      0, idv_svc_capture_style },

    { IDV_SVC_APP "capture.js", NGX_HTTP_GET,
      0, idv_svc_capture_script },

    { "_control/transactions/{tx}", NGX_HTTP_POST,
      IDV_SVC_CONTROL|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_control_transaction },

    { "_control/faults", NGX_HTTP_PUT,
      IDV_SVC_CONTROL|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_control_faults },

    { "_control/clock", NGX_HTTP_POST,
      IDV_SVC_CONTROL|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_control_clock },

    { "_control/requests", NGX_HTTP_GET,
      IDV_SVC_CONTROL, idv_svc_control_requests },

    { "_control/requests", NGX_HTTP_DELETE,
      IDV_SVC_CONTROL, idv_svc_control_requests_clear },

    { "_control/reviews", NGX_HTTP_GET,
      IDV_SVC_CONTROL, idv_svc_review_list },

    { "_control/reviews/{tx}", NGX_HTTP_POST,
      IDV_SVC_CONTROL|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_review_decide },

    { "_control/notifications", NGX_HTTP_GET,
      IDV_SVC_CONTROL, idv_svc_control_notes },

    { "_control/notifications", NGX_HTTP_PUT,
      IDV_SVC_CONTROL|IDV_SVC_JSON|IDV_SVC_LAX, idv_svc_control_notify },

    { NULL, 0, 0, NULL }
};


ngx_int_t
idv_svc_handler(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    idv_svc_call_t        *call;
    idv_svc_path_t         path;
    const idv_svc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_idv_service_module);

    call = idv_svc_call(r, conf);
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (idv_svc_split(&call->path, &path)) {
        idv_svc_find(call, &path);
    }

    if (!conf->control || (path.n && path.segment[0].len == 8
                           && ngx_strncmp(path.segment[0].data, "_control", 8)
                              == 0))
    {
        return idv_svc_run(call);
    }

    idv_svc_store_count(call->store, r->method, &call->path);

    rc = idv_svc_store_fault(call->store, &call->path, r->pool, &call->fault);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return (rc == NGX_OK) ? idv_svc_fault_answer(call) : idv_svc_run(call);
}


/* everything that is asked of a request before its body is read */

ngx_int_t
idv_svc_run(idv_svc_call_t *call)
{
    ngx_int_t        rc;
    ngx_uint_t       flags;
    idv_svc_path_t   path;

    if (call->allowed == 0) {
        return idv_svc_refuse(call, IDV_SVC_NOT_FOUND);
    }

    if (call->route == NULL) {
        return idv_svc_refuse(call, IDV_SVC_METHOD_NOT_ALLOWED);
    }

    flags = call->route->flags;

    if ((flags & IDV_SVC_CONTROL) && idv_svc_control_check(call) != NGX_OK) {
        return idv_svc_refuse(call, IDV_SVC_ACCESS_FAILED);
    }

    (void) idv_svc_split(&call->path, &path);

    rc = idv_svc_bind(call, &path);

    if (flags & IDV_SVC_BEARER) {
        switch (idv_svc_token_check(call)) {

        case NGX_OK:
            break;

        case NGX_ABORT:
            if (rc == NGX_OK) {
                return idv_svc_refuse(call, IDV_SVC_ACCESS_FAILED);
            }
            break;

        default:
            return idv_svc_refuse(call, IDV_SVC_INVALID_TOKEN);
        }
    }

    if (rc != NGX_OK || idv_svc_known(call) != NGX_OK) {
        return idv_svc_refuse(call, IDV_SVC_NOT_FOUND);
    }

    if ((flags & IDV_SVC_VALUE) && call->request->method == NGX_HTTP_POST) {
        call->action = idv_svc_document_action(call);

        if (call->action != IDV_SVC_SUBMIT) {
            flags = IDV_SVC_BEARER;
        }
    }

    if ((flags & IDV_SVC_JSON) && !(flags & IDV_SVC_LAX)
        && idv_svc_media_type(call, "application/json") != NGX_OK)
    {
        return idv_svc_refuse(call, IDV_SVC_MEDIA_TYPE);
    }

    if (flags & IDV_SVC_VALUE) {
        return idv_svc_read_body(call,
                            ngx_base64_encoded_length(call->conf->max_image)
                            + IDV_SVC_MAX_FORM);
    }

    if (flags & IDV_SVC_JSON) {
        return idv_svc_read_body(call, IDV_SVC_MAX_JSON);
    }

    if (flags & IDV_SVC_FORM) {
        return idv_svc_read_body(call, IDV_SVC_MAX_FORM);
    }

    if (flags & IDV_SVC_UPLOAD) {
        return idv_svc_read_body(call,
                                 call->conf->max_image + IDV_SVC_MAX_FORM);
    }

    rc = ngx_http_discard_request_body(call->request);

    return (rc == NGX_OK) ? idv_svc_dispatch(call) : rc;
}


/* with the body, if the route has one */

ngx_int_t
idv_svc_dispatch(idv_svc_call_t *call)
{
    if ((call->route->flags & IDV_SVC_JSON)
        && call->action == IDV_SVC_SUBMIT)
    {
        call->json = idv_json_parse(call->request->pool, call->body.data,
                                    call->body.len, call->room);

        if (call->json == NULL && ngx_errno == NGX_ENOMEM) {
            return idv_svc_error(call, IDV_SVC_UNEXPECTED);
        }

        if (!json_is_object(call->json) && !json_is_array(call->json)) {
            return idv_svc_error(call, IDV_SVC_INVALID_REQUEST);
        }
    }

    return call->route->handler(call);
}


static ngx_int_t
idv_svc_refuse(idv_svc_call_t *call, idv_svc_error_e error)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(call->request);

    return (rc == NGX_OK) ? idv_svc_error(call, error) : rc;
}


static idv_svc_call_t *
idv_svc_call(ngx_http_request_t *r, const idv_svc_conf_t *conf)
{
    size_t           len;
    u_char           uuid[IDV_SVC_UUID], code[IDV_SVC_CODE_LEN + 1];
    idv_svc_call_t  *call;

    /* first of all: whatever fails is logged with the request line */

    len = idv_svc_link(r, code);

    call = ngx_pcalloc(r->pool, sizeof(idv_svc_call_t));
    if (call == NULL || idv_svc_uuid(uuid) != NGX_OK) {
        return NULL;
    }

    ngx_memcpy(call->code_text, code, len);
    call->code.data = call->code_text;
    call->code.len = len;

    (void) ngx_http_arg(r, (u_char *) "txnid", 5, &call->txnid);

    idv_uuid_print(call->correlation, uuid);

    call->request = r;
    call->conf = conf;
    call->store = conf->store;
    call->now = idv_svc_store_now(conf->store);
    call->path = r->uri;

    if (call->path.len >= conf->prefix.len
        && ngx_strncmp(call->path.data, conf->prefix.data, conf->prefix.len)
           == 0)
    {
        call->path.data += conf->prefix.len;
        call->path.len -= conf->prefix.len;
    }

    if (idv_svc_base(call) != NGX_OK) {
        return NULL;
    }

    ngx_http_set_ctx(r, call, ngx_http_idv_service_module);

    return call;
}


/* links lead to where the client reached us, unless the operator says where */

static ngx_int_t
idv_svc_base(idv_svc_call_t *call)
{
    u_char              *p;
    ngx_str_t            host;
    const char          *scheme;
    ngx_http_request_t  *r;

    r = call->request;

    if (call->conf->public_url.len) {
        call->base = call->conf->public_url;
        return NGX_OK;
    }

    scheme = "http";

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        scheme = "https";
    }
#endif

    if (r->headers_in.host) {
        host = r->headers_in.host->value;

    } else {
        ngx_str_set(&host, "localhost");
    }

    if (!idv_svc_plain_host(&host)) {
        ngx_str_set(&host, "localhost");
    }

    p = ngx_pnalloc(r->pool, sizeof("https://") + host.len
                             + call->conf->prefix.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    call->base.data = p;
    call->base.len = ngx_sprintf(p, "%s://%V%V", scheme, &host,
                                 &call->conf->prefix)
                     - p;

    return NGX_OK;
}


/* nginx lets more through than a host and a port are made of */

static ngx_uint_t
idv_svc_plain_host(ngx_str_t *host)
{
    u_char      c;
    ngx_uint_t  i;

    if (host->len == 0 || host->len > 255) {
        return 0;
    }

    for (i = 0; i < host->len; i++) {
        c = ngx_tolower(host->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * The code of the capture page's link, which must not get into a log.  One that
 * is too long is cut to a length that no code has.
 */

static size_t
idv_svc_link(ngx_http_request_t *r, u_char *code)
{
    size_t     len;
    ngx_str_t  arg;

    if (ngx_http_arg(r, (u_char *) "code", 4, &arg) != NGX_OK) {
        return 0;
    }

    len = ngx_min(arg.len, IDV_SVC_CODE_LEN + 1);
    ngx_memcpy(code, arg.data, len);

    idv_svc_mask(&r->args);
    idv_svc_mask(&r->unparsed_uri);
    idv_svc_mask(&r->request_line);

    return len;
}


/* the values of all arguments "code" are overwritten where they stand */

static void
idv_svc_mask(ngx_str_t *text)
{
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    while (p) {
        p = ngx_strlcasestrn(p, last, (u_char *) "code=", 5 - 1);

        if (p == NULL) {
            break;
        }

        for (p += 5; p < last && *p != '&' && *p != ' '; p++) {
            *p = '*';
        }
    }
}


static void
idv_svc_find(idv_svc_call_t *call, idv_svc_path_t *path)
{
    ngx_uint_t              method;
    const idv_svc_route_t  *route;

    method = call->request->method;

    if (method == NGX_HTTP_HEAD) {
        method = NGX_HTTP_GET;
    }

    for (route = idv_svc_routes; route->pattern; route++) {

        if ((route->flags & IDV_SVC_CONTROL) && !call->conf->control) {
            continue;
        }

        if (!idv_svc_match(route->pattern, path)) {
            continue;
        }

        call->allowed |= route->method;

        if (route->method & NGX_HTTP_GET) {
            call->allowed |= NGX_HTTP_HEAD;
        }

        if (route->method & method) {
            call->route = route;
        }
    }
}


/* 0 if no route has that many segments, or one of them is empty */

static ngx_uint_t
idv_svc_split(ngx_str_t *text, idv_svc_path_t *path)
{
    u_char     *p, *last;
    ngx_str_t  *s;

    p = text->data;
    last = p + text->len;

    path->n = 0;

    while (p < last && *p == '/') {

        if (path->n == IDV_SVC_MAX_SEGMENTS) {
            return 0;
        }

        s = &path->segment[path->n++];

        s->data = ++p;

        while (p < last && *p != '/') {
            p++;
        }

        s->len = p - s->data;

        if (s->len == 0) {
            return 0;
        }
    }

    return p == last;
}


static ngx_uint_t
idv_svc_match(const char *pattern, idv_svc_path_t *path)
{
    size_t       len;
    ngx_uint_t   i;
    const char  *p;

    p = pattern;

    for (i = 0; i < path->n; i++) {
        len = strcspn(p, "/");

        if (len == 0) {
            return 0;
        }

        if (*p != '{'
            && (len != path->segment[i].len
                || ngx_strncmp(p, path->segment[i].data, len) != 0))
        {
            return 0;
        }

        p += len;

        if (*p == '/') {
            p++;
        }
    }

    return *p == '\0' && path->n;
}


/* NGX_DECLINED if a segment cannot be what the pattern calls it */

static ngx_int_t
idv_svc_bind(idv_svc_call_t *call, idv_svc_path_t *path)
{
    ngx_uint_t   i;
    const char  *p;

    p = call->route->pattern;

    for (i = 0; i < path->n; i++) {

        if (*p == '{'
            && idv_svc_bind_one(call, p + 1, &path->segment[i]) != NGX_OK)
        {
            return NGX_DECLINED;
        }

        p += strcspn(p, "/");
        p += (*p == '/');
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_bind_one(idv_svc_call_t *call, const char *name, ngx_str_t *value)
{
    u_char  *uuid;

    switch (*name) {

    case 'u':
        call->user = *value;
        return idv_svc_user_form(value);

    case 'e':
        uuid = call->env;
        break;

    case 't':
        uuid = call->tx;
        break;

    default:
        uuid = call->item;
        break;
    }

    return idv_uuid_parse(uuid, value->data, value->len) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
idv_svc_user_form(const ngx_str_t *user)
{
    u_char      c;
    ngx_uint_t  i;

    if (user->len > IDV_SVC_MAX_USER) {
        return NGX_DECLINED;
    }

    for (i = 0; i < user->len; i++) {
        c = ngx_tolower(user->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '.' || c == '_' || c == '@' || c == '+' || c == '-'))
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * The operator may have named the one environment, and all users but those that
 * the API makes.
 */

static ngx_int_t
idv_svc_known(idv_svc_call_t *call)
{
    idv_svc_key_t  key;

    if (call->conf->environment && call->route->pattern[0] != '_'
        && ngx_strstr(call->route->pattern, "{env}")
        && ngx_memcmp(call->env, call->conf->environment, IDV_SVC_UUID) != 0)
    {
        return NGX_DECLINED;
    }

    if (call->user.len == 0 || call->conf->users == NULL) {
        return NGX_OK;
    }

    if (idv_svc_account_declared(call->conf, &call->user)) {
        return NGX_OK;
    }

    key.tx = NULL;
    key.env = call->env;
    key.user = call->user;

    return idv_svc_accounts_known(call->store, &key) ? NGX_OK : NGX_DECLINED;
}
