
/*
 * Copyright (C) nginx-idv authors
 *
 * The flow API: PingFederate's authentication API as the PingOne Verify adapter
 * speaks it.  Checks come in the order that the design fixes: size, method,
 * XSRF header, flow, content type, model, state.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_json.h"


#define NGX_HTTP_IDV_VENDOR  "application/vnd.pingidentity."


/* one request to the API, from its pool */

typedef struct {
    const idv_provider_t   *provider;
    ngx_http_idv_client_t   client;
    ngx_str_t               id;
    ngx_int_t               action;      /* idv_action_e, -1: not known */
    idv_engine_op_t        *op;          /* what has looked at the flow */
    ngx_buf_t              *end;         /* the body, made before it ends */
} ngx_http_idv_call_t;


/* what an action's body may have; a script compares this with the docs */

typedef struct {
    const char             *name;
    ngx_uint_t              actions;     /* bits of idv_action_e */
    ngx_uint_t              types;       /* bits, below */
} ngx_http_idv_field_t;

#define NGX_HTTP_IDV_STRING   1
#define NGX_HTTP_IDV_NULL     2
#define NGX_HTTP_IDV_BOOLEAN  4

static const ngx_http_idv_field_t  ngx_http_idv_fields[] = {
    { "deviceAuthentication", 1 << IDV_ACTION_DEVICE, NGX_HTTP_IDV_STRING },
    { "email", 1 << IDV_ACTION_OPTIONS,
      NGX_HTTP_IDV_STRING|NGX_HTTP_IDV_NULL },
    { "phone", 1 << IDV_ACTION_OPTIONS,
      NGX_HTTP_IDV_STRING|NGX_HTTP_IDV_NULL },
    { "optionsAuthentication", 1 << IDV_ACTION_OPTIONS,
      NGX_HTTP_IDV_BOOLEAN|NGX_HTTP_IDV_NULL },
    { NULL, 0, 0 }
};


static ngx_int_t ngx_http_idv_flow_found(ngx_http_request_t *r,
    idv_engine_op_t *op);
static void ngx_http_idv_flow_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_flow_acted(ngx_http_request_t *r,
    idv_engine_op_t *op);


ngx_int_t
ngx_http_idv_cors(ngx_http_request_t *r, const idv_provider_t *provider)
{
    ngx_str_t           *origin, *listed;
    ngx_uint_t           i;
    ngx_http_idv_ctx_t  *ctx;

    static ngx_str_t  vary = ngx_string("Origin");
    static ngx_str_t  yes = ngx_string("true");
    static ngx_str_t  expose = ngx_string("Retry-After, IDV-Session");

    if (provider->origins == NULL) {
        return NGX_OK;
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->cors) {
        /* nginx itself answers what was begun here: twice is refused */
        return NGX_OK;
    }

    ctx->cors = 1;

    if (ngx_http_idv_header(r, "Vary", &vary) != NGX_OK) {
        return NGX_ERROR;
    }

    origin = ngx_http_idv_request_header(r, "Origin");
    if (origin == NULL) {
        return NGX_OK;
    }

    listed = provider->origins->elts;

    for (i = 0; i < provider->origins->nelts; i++) {

        if (listed[i].len != origin->len
            || ngx_memcmp(listed[i].data, origin->data, origin->len) != 0)
        {
            continue;
        }

        if (ngx_http_idv_header(r, "Access-Control-Allow-Origin", origin)
            != NGX_OK
            || ngx_http_idv_header(r, "Access-Control-Allow-Credentials",
                                   &yes)
               != NGX_OK
            || ngx_http_idv_header(r, "Access-Control-Expose-Headers",
                                   &expose)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        break;
    }

    return NGX_OK;
}


/* a preflight has no credentials and touches no flow */

ngx_int_t
ngx_http_idv_preflight_handler(ngx_http_request_t *r)
{
    const idv_provider_t           *provider;
    const ngx_http_idv_loc_conf_t  *lcf;

    static ngx_str_t  empty = ngx_null_string;
    static ngx_str_t  methods = ngx_string("GET, POST");
    static ngx_str_t  headers = ngx_string("Content-Type, X-XSRF-Header, "
                                           "X-PF-Authn-API-State, "
                                           "Authorization, IDV-Session");
    static ngx_str_t  age = ngx_string("600");

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    provider = lcf->api ? lcf->api : lcf->page;

    if (provider == NULL || provider->origins == NULL
        || ngx_http_idv_request_header(r, "Origin") == NULL
        || ngx_http_idv_request_header(r, "Access-Control-Request-Method")
           == NULL)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_idv_cors(r, provider) != NGX_OK
        || ngx_http_idv_header(r, "Access-Control-Allow-Methods", &methods)
           != NGX_OK
        || ngx_http_idv_header(r, "Access-Control-Allow-Headers", &headers)
           != NGX_OK
        || ngx_http_idv_header(r, "Access-Control-Max-Age", &age) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, ngx_http_idv_send(r, NGX_HTTP_NO_CONTENT,
                                                   NULL, &empty));
    return NGX_DONE;
}


/* {path}{id} or {path}{id}/qr; 1 if it is the image */

static ngx_int_t
ngx_http_idv_flow_path(ngx_http_request_t *r,
    const ngx_http_idv_loc_conf_t *lcf, ngx_str_t *id)
{
    size_t  rest;

    ngx_str_null(id);

    if (r->uri.len <= lcf->path.len
        || ngx_memcmp(r->uri.data, lcf->path.data, lcf->path.len) != 0)
    {
        return 0;
    }

    id->data = r->uri.data + lcf->path.len;
    rest = r->uri.len - lcf->path.len;

    id->len = ngx_min(rest, IDV_FLOW_ID_LEN);

    if (rest == IDV_FLOW_ID_LEN + 3
        && ngx_memcmp(id->data + IDV_FLOW_ID_LEN, "/qr", 3) == 0)
    {
        return 1;
    }

    if (rest != IDV_FLOW_ID_LEN) {
        ngx_str_null(id);
    }

    return 0;
}


/* whether len bytes are the same but for their case, as they mostly are */

static ngx_inline ngx_uint_t
ngx_http_idv_same(u_char *p, const char *text, size_t len)
{
    return ngx_memcmp(p, text, len) == 0
           || ngx_strncasecmp(p, (u_char *) text, len) == 0;
}


/* the action that the content type or the query names */

static ngx_int_t
ngx_http_idv_flow_action(ngx_http_request_t *r, ngx_int_t *action)
{
    u_char     *end;
    ngx_str_t   type, name;

    static const size_t  vendor = sizeof(NGX_HTTP_IDV_VENDOR) - 1;

    *action = -1;

    if (r->headers_in.content_type == NULL) {
        return NGX_DECLINED;
    }

    type = r->headers_in.content_type->value;

    end = memchr(type.data, ';', type.len);
    if (end) {
        type.len = end - type.data;
    }

    end = memchr(type.data, ' ', type.len);
    if (end) {
        type.len = end - type.data;
    }

    if (type.len > vendor + sizeof("+json") - 1
        && ngx_http_idv_same(type.data, NGX_HTTP_IDV_VENDOR, vendor)
        && ngx_http_idv_same(type.data + type.len - 5, "+json", 5))
    {
        *action = idv_flow_action_parse((char *) type.data + vendor,
                                        type.len - vendor - 5);
        return NGX_OK;
    }

    if (type.len != sizeof("application/json") - 1
        || ngx_strncasecmp(type.data, (u_char *) "application/json", type.len)
           != 0
        || ngx_http_arg(r, (u_char *) "action", 6, &name) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *action = idv_flow_action_parse((char *) name.data, name.len);

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_flow_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc, image;
    ngx_str_t                      *xsrf, id;
    idv_engine_op_t                *op;
    ngx_http_idv_ctx_t             *ctx;
    ngx_http_idv_call_t            *call;
    ngx_http_idv_error_e            error;
    const ngx_http_idv_loc_conf_t  *lcf;

    static ngx_str_t  allow = ngx_string("GET, HEAD, POST");
    static ngx_str_t  allow_image = ngx_string("GET, HEAD");

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (ngx_http_idv_cors(r, lcf->api) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    image = ngx_http_idv_flow_path(r, lcf, &id);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && (image || r->method != NGX_HTTP_POST))
    {
        if (ngx_http_idv_header(r, "Allow", image ? &allow_image : &allow)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_METHOD, -1);
    }

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_call_t));
    if (call == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call->provider = lcf->api;
    call->id = id;
    call->action = -1;

    /* an image element sends no headers of a script's choice */

    if (!image) {
        xsrf = ngx_http_idv_request_header(r, "X-XSRF-Header");

        if (xsrf == NULL || xsrf->len == 0) {
            return ngx_http_idv_send_error(r, NGX_HTTP_IDV_NO_XSRF, -1);
        }
    }

    rc = ngx_http_idv_client(r, lcf->api, &call->client);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_NO_SUBJECT, -1);
    }

    if (ngx_http_idv_ldap_blocks(r, &error)) {
        return ngx_http_idv_send_error(r, error, -1);
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->call = call;

    op = ngx_http_idv_op(r, lcf->api, &call->client, &call->id,
                         r->method == NGX_HTTP_POST ? IDV_EVENT_FIND
                                                    : IDV_EVENT_LOOK);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_run(r, op, ngx_http_idv_flow_found);
}


static ngx_http_idv_call_t *
ngx_http_idv_flow_call(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);

    return ctx->call;
}


/* the answer to everything that succeeded */

static ngx_int_t
ngx_http_idv_flow_answer(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_str_t             json;
    ngx_http_idv_call_t  *call;

    call = ngx_http_idv_flow_call(r);

    if (op->issue) {
        ngx_http_idv_session_grant(r, call->provider);

        return ngx_http_idv_send_buf(r, NGX_HTTP_OK, "application/json",
                                     call->end);
    }

    if (ngx_http_idv_flow_json(r, call->provider, &call->client, op, &json)
        != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, NGX_HTTP_OK, "application/json", &json);
}


static ngx_int_t
ngx_http_idv_flow_found(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_call_t  *call;

    call = ngx_http_idv_flow_call(r);

    /* an ended flow is finished for this API, whoever asks */

    if (op->result == IDV_ENGINE_OK
        && (op->flow.state == IDV_STATE_ENDED
            || op->flow.state == IDV_STATE_CANCELED))
    {
        op->result = IDV_ENGINE_NOT_FOUND;
    }

    if (op->result != IDV_ENGINE_OK) {
        return ngx_http_idv_send_error(r,
                                       ngx_http_idv_engine_error(op->result),
                                       -1);
    }

    if (r->method != NGX_HTTP_POST) {

        if (r->uri.data[r->uri.len - 3] == '/') {
            return ngx_http_idv_send_qr(r, &op->flow);
        }

        return ngx_http_idv_flow_answer(r, op);
    }

    call->op = op;

    if (ngx_http_idv_flow_action(r, &call->action) != NGX_OK) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_CONTENT_TYPE, -1);
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_idv_flow_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* the body as one text; NGX_DECLINED: too large */

static ngx_int_t
ngx_http_idv_flow_text(ngx_http_request_t *r, ngx_http_idv_call_t *call,
    ngx_str_t *text)
{
    size_t        len;
    u_char       *p;
    ngx_chain_t  *cl;

    ngx_str_null(text);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    cl = r->request_body->bufs;

    if (cl->next == NULL && !cl->buf->in_file) {
        text->data = cl->buf->pos;
        text->len = cl->buf->last - cl->buf->pos;
        return NGX_OK;
    }

    len = 0;

    for ( /* void */ ; cl; cl = cl->next) {

        /* chunks of a few bytes each, which are more than what they frame */

        if (cl->buf->in_file) {
            return NGX_DECLINED;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    text->len = len;

    /* what came with the header and what came later are buffers of their own */

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NGX_OK;
}


/* checks the members of the body against the table; sends what is wrong */

static ngx_int_t
ngx_http_idv_flow_model(ngx_http_request_t *r, ngx_http_idv_call_t *call,
    json_t *body)
{
    json_t                      *value;
    ngx_uint_t                   type;
    const char                  *name;
    const ngx_http_idv_field_t  *field;

    json_object_foreach(body, name, value) {

        for (field = ngx_http_idv_fields; field->name; field++) {
            if (ngx_strcmp(field->name, name) == 0
                && call->action >= 0
                && (field->actions & (1 << call->action)))
            {
                break;
            }
        }

        if (field->name == NULL) {
            /* the name is the client's: not repeated */
            return ngx_http_idv_send_invalid(r, "UNRECOGNIZED_FIELD_NAME",
                                             NULL,
                                             "The body has a member that the "
                                             "action does not know.");
        }

        type = json_is_string(value) ? NGX_HTTP_IDV_STRING
               : json_is_null(value) ? NGX_HTTP_IDV_NULL
               : json_is_boolean(value) ? NGX_HTTP_IDV_BOOLEAN : 0;

        if (!(field->types & type)) {
            return ngx_http_idv_send_invalid(r, "INVALID_FIELD_FORMAT",
                                             field->name,
                                             "The member is of a wrong type.");
        }

        if (type == NGX_HTTP_IDV_STRING && json_string_length(value) > 320) {
            return ngx_http_idv_send_invalid(r, "INVALID_FIELD_VALUE",
                                             field->name,
                                             "The member is too long.");
        }
    }

    return NGX_DECLINED;
}


/* the choice of a device: NGX_DECLINED, or what sending an error returned */

static ngx_int_t
ngx_http_idv_flow_device(ngx_http_request_t *r, json_t *body,
    idv_event_e *event)
{
    ngx_str_t  value;

    value = idv_json_string(body, "deviceAuthentication");

    if (value.data == NULL) {
        return ngx_http_idv_send_invalid(r, "FIELD_REQUIRED",
                                         "deviceAuthentication",
                                         "The member is required.");
    }

    if (value.len == 4 && ngx_memcmp(value.data, "self", 4) == 0) {
        *event = IDV_EVENT_DEVICE_SELF;
        return NGX_DECLINED;
    }

    if (value.len == 5 && ngx_memcmp(value.data, "other", 5) == 0) {
        *event = IDV_EVENT_DEVICE_OTHER;
        return NGX_DECLINED;
    }

    return ngx_http_idv_send_invalid(r, "INVALID_FIELD_VALUE",
                                     "deviceAuthentication",
                                     "The member is \\\"self\\\" or "
                                     "\\\"other\\\".");
}


static ngx_int_t
ngx_http_idv_flow_option(ngx_http_request_t *r, ngx_http_idv_call_t *call,
    json_t *body, uint8_t *method, ngx_str_t *contact)
{
    ngx_int_t   rc;
    ngx_str_t   email, phone;

    email = idv_json_string(body, "email");
    phone = idv_json_string(body, "phone");

    *method = IDV_METHOD_QR;
    ngx_str_null(contact);

    if (email.data && phone.data) {
        return ngx_http_idv_send_invalid(r, "INVALID_FIELD_VALUE", "phone",
                                         "Choose one of email and phone.");
    }

    if (email.data == NULL && phone.data == NULL) {
        return NGX_DECLINED;
    }

    if (email.data) {
        *method = IDV_METHOD_EMAIL;
        rc = ngx_http_idv_choose(r, call->provider, &call->op->flow,
                                 IDV_CONTACT_EMAIL, &email, contact);

    } else {
        *method = IDV_METHOD_SMS;
        rc = ngx_http_idv_choose(r, call->provider, &call->op->flow,
                                 IDV_CONTACT_PHONE, &phone, contact);
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_idv_send_invalid(r, "INVALID_FIELD_VALUE",
                                         email.data ? "email" : "phone",
                                         "The address is not one of those "
                                         "that were offered.");
    }

    return NGX_DECLINED;
}


/*
 * The page that hosts an API client: where its browser comes back to after a
 * capture on the same device.  Only a path on this host counts.
 */

static void
ngx_http_idv_flow_referer(ngx_http_request_t *r, ngx_http_idv_call_t *call,
    ngx_str_t *path)
{
    u_char     *end, *p;
    ngx_str_t  *referer, origin;

    ngx_str_null(path);

    referer = ngx_http_idv_request_header(r, "Referer");

    if (referer == NULL
        || ngx_http_idv_origin(r, call->provider, &origin) != NGX_OK
        || referer->len <= origin.len
        || ngx_strncasecmp(referer->data, origin.data, origin.len) != 0)
    {
        return;
    }

    path->data = referer->data + origin.len;
    path->len = referer->len - origin.len;

    end = path->data + path->len;
    p = ngx_strlchr(path->data, end, '#');

    if (p) {
        path->len = p - path->data;
    }

    if (ngx_http_idv_return_path(path) != NGX_OK) {
        ngx_str_null(path);
    }
}


static ngx_int_t
ngx_http_idv_flow_prepare(idv_engine_op_t *op)
{
    ngx_str_t             json;
    ngx_http_request_t   *r;
    ngx_http_idv_call_t  *call;

    r = ngx_http_idv_op_request(op);
    call = ngx_http_idv_flow_call(r);

    if (ngx_http_idv_flow_json(r, call->provider, &call->client, op, &json)
        != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->end = ngx_http_idv_buf(r, &json);

    return call->end ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_idv_flow_act(ngx_http_request_t *r, ngx_http_idv_call_t *call,
    json_t *body)
{
    uint8_t           method;
    ngx_int_t         rc;
    ngx_str_t         contact;
    idv_event_e       event;
    idv_engine_op_t  *op;

    static const idv_event_e  events[IDV_ACTION_NACTIONS] = {
        IDV_EVENT_DEVICE_OTHER,
        IDV_EVENT_OPTIONS,
        IDV_EVENT_POLL,
        IDV_EVENT_RETRY,
        IDV_EVENT_CANCEL,
        IDV_EVENT_CONTINUE
    };

    rc = ngx_http_idv_flow_model(r, call, body);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* what a poll means is decided by what it finds */

    op = call->op;

    if (call->action < 0
        || (call->action != IDV_ACTION_POLL
            && !idv_flow_allows(op->flow.state, (unsigned) call->action)))
    {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_ACTION, -1);
    }

    event = events[call->action];
    method = IDV_METHOD_QR;
    ngx_str_null(&contact);

    if (call->action == IDV_ACTION_DEVICE) {
        rc = ngx_http_idv_flow_device(r, body, &event);

    } else if (call->action == IDV_ACTION_OPTIONS) {
        rc = ngx_http_idv_flow_option(r, call, body, &method, &contact);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_idv_op_event(r, op, event) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->event.method = method;
    op->prepare = ngx_http_idv_flow_prepare;

    if (contact.len) {
        op->contact = contact;
    }

    if (event == IDV_EVENT_DEVICE_SELF
        && !(op->flow.flags & IDV_FLOW_BROWSER))
    {
        ngx_http_idv_flow_referer(r, call, &op->return_to);
    }

    /* a poll may find that a transaction failed, and create the next one */

    if ((event == IDV_EVENT_DEVICE_SELF
         || (event == IDV_EVENT_POLL && (op->flow.flags & IDV_FLOW_SELF)))
        && ngx_http_idv_capture_return(r, call->provider, &call->id,
                                       &op->redirect)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (event == IDV_EVENT_POLL) {
        idv_store_count(call->provider->store, IDV_COUNT_POLLS);
    }

    return ngx_http_idv_run(r, op, ngx_http_idv_flow_acted);
}


static void
ngx_http_idv_flow_body(ngx_http_request_t *r)
{
    json_t               *body;
    ngx_int_t             rc;
    ngx_str_t             text;
    ngx_http_idv_call_t  *call;

    call = ngx_http_idv_flow_call(r);

    rc = ngx_http_idv_flow_text(r, call, &text);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_finalize_request(r, ngx_http_idv_send_error(r,
                                              NGX_HTTP_IDV_TOO_LARGE, -1));
        return;
    }

    /* what pollers send is worth no parser: no member, and so no object */

    body = NULL;

    if (text.len != 0
        && !(text.len == 2 && ngx_strncmp(text.data, "{}", 2) == 0))
    {
        body = idv_json_parse(r->pool, text.data, text.len,
                              call->provider->max_body);
        if (!json_is_object(body)) {
            rc = (body == NULL && ngx_errno == NGX_ENOMEM) ? NGX_ERROR
                                                           : NGX_DECLINED;
        }
    }

    if (rc == NGX_ERROR) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (rc == NGX_DECLINED) {
        rc = ngx_http_idv_send_error(r, NGX_HTTP_IDV_VALIDATION, -1);

    } else {
        rc = ngx_http_idv_flow_act(r, call, body);
    }

    ngx_http_finalize_request(r, rc);
}


/*
 * Any error but "not found" makes pollers come back at once, again and again,
 * or leaves them where they are for ever.  So they are told the state as it
 * is, also where a read that took longer than its poll has ended the waiting.
 */

static ngx_uint_t
ngx_http_idv_flow_told(idv_engine_op_t *op)
{
    if (op->result == IDV_ENGINE_OK) {
        return 1;
    }

    if (op->event.type != IDV_EVENT_POLL) {
        return 0;
    }

    return (op->result == IDV_ENGINE_ERROR && op->flow.id[0])
           || (op->result == IDV_ENGINE_NOT_ALLOWED
               && (op->flow.state == IDV_STATE_COMPLETED
                   || op->flow.state == IDV_STATE_FAILED
                   || op->flow.state == IDV_STATE_TIMED_OUT));
}


static ngx_int_t
ngx_http_idv_flow_acted(ngx_http_request_t *r, idv_engine_op_t *op)
{
    if (ngx_http_idv_flow_told(op)) {
        return ngx_http_idv_flow_answer(r, op);
    }

    return ngx_http_idv_send_error(r, ngx_http_idv_engine_error(op->result),
                                   op->retry_after);
}
