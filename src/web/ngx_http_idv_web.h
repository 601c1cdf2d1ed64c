
/*
 * Copyright (C) nginx-idv authors
 *
 * What the rooms of web/ have in common: who asks, with what, and how answers
 * are sent.
 */


#ifndef _NGX_HTTP_IDV_WEB_H_INCLUDED_
#define _NGX_HTTP_IDV_WEB_H_INCLUDED_


#include "../ngx_http_idv_module.h"
#include "../engine/idv_engine.h"
#include "ngx_http_idv_session.h"


#define NGX_HTTP_IDV_SECRET_LEN   22     /* of a client, letters and digits */
#define NGX_HTTP_IDV_FLOW_COOKIE  "_flow" /* behind the session cookie's name */
#define NGX_HTTP_IDV_KEPT_COOKIE  "_kept"  /* the same */
#define NGX_HTTP_IDV_CONSOLE_COOKIE  "_console"  /* the same */
#define NGX_HTTP_IDV_MAX_CONTACTS  8     /* e-mails and phones, each */
#define NGX_HTTP_IDV_PAGE_MAX_FORM  8192 /* bytes */


/*
 * Per request.  Internal redirects wipe module contexts, so it is found again
 * through the cleanup of the request's pool.  Subrequests share that pool and
 * run side by side: each has a context of its own, with the session that the
 * gate has found for the request.
 */

typedef struct {
    ngx_http_request_t         *request;     /* whose it is */
    ngx_http_idv_session_t     *session;     /* NULL: none that is valid */
    const idv_provider_t       *provider;    /* whose session was looked for */
    ngx_str_t                   claims_of;   /* decoded once, see claims */
    json_t                     *claims;
    void                       *page;        /* the hosted page's own */
    unsigned                    looked:1;    /* session is what was found */
    unsigned                    lost:1;      /* no memory to look at one */
    unsigned                    admitted:1;  /* by the gate, as it is now */
    unsigned                    shared:1;    /* redeemed, with a subrequest */
    unsigned                    ours:1;      /* the answer was made here */
    unsigned                    cors:1;      /* its headers are there */
    unsigned                    no_store:1;  /* as well */
    void                       *call;        /* the flow API's own */
    ngx_str_t                   instead;     /* of a body that nginx made */
    ngx_table_elt_t            *issued;      /* a session's cookie, see there */
    const ngx_http_idv_session_t  *redeemed; /* by this request */
    void                       *look;        /* in a directory, see ldap */
    ngx_str_t                   args;        /* of a console, see there */
} ngx_http_idv_ctx_t;


typedef enum {
    NGX_HTTP_IDV_NOT_FOUND = 0,
    NGX_HTTP_IDV_NO_XSRF,
    NGX_HTTP_IDV_METHOD,
    NGX_HTTP_IDV_CONTENT_TYPE,
    NGX_HTTP_IDV_TOO_LARGE,
    NGX_HTTP_IDV_VALIDATION,
    NGX_HTTP_IDV_ACTION,
    NGX_HTTP_IDV_ATTEMPTS,
    NGX_HTTP_IDV_UNAVAILABLE,
    NGX_HTTP_IDV_LIMITED,
    NGX_HTTP_IDV_LIMITED_ADDRESS,
    NGX_HTTP_IDV_LIMITED_ALL,
    NGX_HTTP_IDV_LOCKED,
    NGX_HTTP_IDV_TOO_MANY,
    NGX_HTTP_IDV_FULL,
    NGX_HTTP_IDV_NO_SUBJECT,
    NGX_HTTP_IDV_REQUIRED,
    NGX_HTTP_IDV_DIRECTORY,
    NGX_HTTP_IDV_NO_ENTRY,
    NGX_HTTP_IDV_INTERNAL,
    NGX_HTTP_IDV_NERRORS
} ngx_http_idv_error_e;


/* who asks, and on behalf of which flow client */

typedef struct {
    ngx_str_t                   subject;     /* "": unknown, without a secret */
    ngx_str_t                   secret;      /* the flow client's; "" : none */
    u_char                      binding[32]; /* of both, where secret is set */
    unsigned                    cookieless:1;/* sent X-PF-Authn-API-State */
} ngx_http_idv_client_t;


typedef struct {
    ngx_str_t                   addresses[NGX_HTTP_IDV_MAX_CONTACTS];
    ngx_uint_t                  n;
} ngx_http_idv_contacts_t;


ngx_http_idv_ctx_t *ngx_http_idv_get_ctx(ngx_http_request_t *r);

/* evaluates a complex value; "" where it is NULL */
ngx_int_t ngx_http_idv_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_str_t *value);

/* NGX_DECLINED: no subject; fills in nothing but who it is */
ngx_int_t ngx_http_idv_subject(ngx_http_request_t *r,
    ngx_http_idv_client_t *client);

/* the same at a provider, where it may be somebody whom nobody knows */
ngx_int_t ngx_http_idv_who(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_client_t *client);

/* the subject of a client who registers: by its secret, "" without one */
ngx_int_t ngx_http_idv_newcomer(const idv_provider_t *provider,
    ngx_http_idv_client_t *client, ngx_pool_t *pool);

/* who a new flow is of; user is zero, and longer than any */
ngx_int_t ngx_http_idv_flow_user(const idv_provider_t *provider,
    const ngx_http_idv_client_t *client, char *user);

/*
 * NGX_OK: this request, and no other, has the session of a registration;
 * NGX_DECLINED: another had it.
 */
ngx_int_t ngx_http_idv_redeem(ngx_http_request_t *r,
    const idv_provider_t *provider, const ngx_http_idv_session_t *session);

/* r, a subrequest, may tell somebody of what its request has redeemed */
void ngx_http_idv_redeem_shared(ngx_http_request_t *r);

/*
 * NGX_DECLINED: no subject.  With the client's secret from its cookie, or from
 * X-PF-Authn-API-State, if it sent one of the right form.
 */
ngx_int_t ngx_http_idv_client(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_client_t *client);

/* the known e-mails (or phones) of the request, valid and bounded */
ngx_int_t ngx_http_idv_contacts(ngx_http_request_t *r, ngx_uint_t contact,
    ngx_http_idv_contacts_t *contacts);

/* without blanks around it */
void ngx_http_idv_trim(ngx_str_t *s);

/* 1: it is an address; NGX_DECLINED: it is no number, else "+" and digits */
ngx_uint_t ngx_http_idv_email_form(ngx_str_t *address);
ngx_int_t ngx_http_idv_phone_form(ngx_pool_t *pool, ngx_str_t *number);

/* what the location knows of the user, for idv_engine_ask_t */
ngx_int_t ngx_http_idv_inputs(idv_engine_op_t *op, uint32_t wanted,
    idv_inputs_t *inputs);

/* as the contacts, and none that the provider's delivery has no use for */
ngx_int_t ngx_http_idv_offered(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_uint_t contact,
    ngx_http_idv_contacts_t *contacts);

/* masked for display: j***@example.com, *** *** 0142 */
ngx_int_t ngx_http_idv_mask(ngx_pool_t *pool, ngx_uint_t contact,
    ngx_str_t *address, ngx_str_t *masked);

/* the opaque value that is posted back for an address of this flow */
ngx_int_t ngx_http_idv_opaque(ngx_pool_t *pool, const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_uint_t contact, ngx_str_t *address,
    ngx_str_t *value);

/* the address that a posted value stands for; NGX_DECLINED: none offered */
ngx_int_t ngx_http_idv_choose(ngx_http_request_t *r,
    const idv_provider_t *provider, const idv_flow_t *flow, ngx_uint_t contact,
    ngx_str_t *value, ngx_str_t *address);

/* scheme://host[:port] of the request, or base_url */
ngx_int_t ngx_http_idv_origin(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_str_t *origin);

/*
 * The one validator of return addresses: an absolute path on this host, no
 * scheme, host, backslash, control or second leading slash, at most
 * IDV_FLOW_MAX_RETURN bytes.  NGX_DECLINED otherwise.
 */
ngx_int_t ngx_http_idv_return_path(const ngx_str_t *path);

/* the place of a provider's API or page in this server; NULL: none */
const ngx_http_idv_place_t *ngx_http_idv_place(const ngx_array_t *places,
    const idv_provider_t *provider);

/*
 * Prepares an engine operation for this request; NULL without memory.  Events
 * that may create a transaction come with the contacts that are known, and with
 * the address where the operator decided on the delivery.
 */
idv_engine_op_t *ngx_http_idv_op(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_client_t *client,
    ngx_str_t *flow_id, idv_event_e event);

/* gives an operation that is over another event, with what that comes with */
ngx_int_t ngx_http_idv_op_event(ngx_http_request_t *r, idv_engine_op_t *op,
    idv_event_e event);

/* the client's address, or its network: whom transactions are counted for */
void ngx_http_idv_address(ngx_http_request_t *r, ngx_str_t *value);

/* whose it is */
ngx_http_request_t *ngx_http_idv_op_request(idv_engine_op_t *op);

/*
 * Runs it.  done(r, op) is called exactly once, at once or later, and says what
 * the request is finalized with; it is not called if the client has gone.
 * Returns what a content handler returns.
 */
typedef ngx_int_t (*ngx_http_idv_done_pt)(ngx_http_request_t *r,
    idv_engine_op_t *op);

ngx_int_t ngx_http_idv_run(ngx_http_request_t *r, idv_engine_op_t *op,
    ngx_http_idv_done_pt done);

/*
 * Once op is over: its client gets what a zone without the flow needs of it, or
 * has no more use for that.
 */
void ngx_http_idv_keep(ngx_http_request_t *r, idv_engine_op_t *op);

/* what the engine asks for: the flow that the client has kept */
ngx_int_t ngx_http_idv_kept(idv_engine_op_t *op, idv_flow_t *flow,
    int64_t *sealed);

/*
 * Starts or finds the flow of this client; finishes at once.  A verification
 * that is asked for may be max_age seconds old.
 */
ngx_int_t ngx_http_idv_start(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_client_t *client,
    ngx_str_t *return_to, ngx_uint_t flags, ngx_str_t *policy,
    ngx_int_t max_age, idv_engine_op_t **op);

/* seconds of the location's "auth_idv_max_age"; NGX_DECLINED: it is no time */
ngx_int_t ngx_http_idv_max_age(ngx_http_request_t *r,
    const ngx_http_idv_loc_conf_t *lcf, ngx_int_t *age);

#define NGX_HTTP_IDV_ANY_AGE  NGX_MAX_INT32_VALUE

/* the error an engine result stands for; OK has none */
ngx_http_idv_error_e ngx_http_idv_engine_error(idv_engine_result_e result);

/* a response header; value must live as long as the request */
ngx_table_elt_t *ngx_http_idv_header_push(ngx_http_request_t *r,
    const char *name, size_t len, ngx_str_t *value);

/* inline: the length of a name is known when this is compiled */
static ngx_inline ngx_int_t
ngx_http_idv_header(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    return ngx_http_idv_header_push(r, name, ngx_strlen(name), value)
           ? NGX_OK : NGX_ERROR;
}

/* Retry-After */
ngx_int_t ngx_http_idv_retry_after(ngx_http_request_t *r, ngx_int_t seconds);

/* Cache-Control: no-store and the like, once, on every answer of ours */
ngx_int_t ngx_http_idv_no_store(ngx_http_request_t *r);

/*
 * Sends a whole body; type NUL-terminated, body may be empty.  What is left of
 * the request's own body is discarded.
 */
ngx_int_t ngx_http_idv_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_str_t *body);

/* the same in two steps: the buffer of a body, and an answer that has it */
ngx_buf_t *ngx_http_idv_buf(ngx_http_request_t *r, ngx_str_t *body);
ngx_int_t ngx_http_idv_send_buf(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_buf_t *b);

/* the same with a body of several buffers, the last of them marked so */
ngx_int_t ngx_http_idv_send_chain(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_chain_t *out, off_t len);

/* sends an error of the table as JSON; retry_after -1: none */
ngx_int_t ngx_http_idv_send_error(ngx_http_request_t *r,
    ngx_http_idv_error_e error, ngx_int_t retry_after);

/* 303 to a path or URL */
ngx_int_t ngx_http_idv_redirect(ngx_http_request_t *r, ngx_str_t *location);

/* the state of a flow as JSON, in the pool (web/ngx_http_idv_flow_json.c) */
ngx_int_t ngx_http_idv_flow_json(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_client_t *client,
    idv_engine_op_t *op, ngx_str_t *json);

/*
 * Where the capture sends this device's browser back to: an address of the
 * provider's page in this server; "" if it has none.
 */
ngx_int_t ngx_http_idv_capture_return(ngx_http_request_t *r,
    const idv_provider_t *provider, const ngx_str_t *flow_id, ngx_str_t *url);

/* the QR code of a flow in REQUIRED; 404 in any other state */
ngx_int_t ngx_http_idv_send_qr(ngx_http_request_t *r, const idv_flow_t *flow);

/* whether what is asked for below the page is about somebody */
ngx_uint_t ngx_http_idv_page_personal(ngx_http_request_t *r);

/* reads the page's files into provider->page, at configuration time */
ngx_int_t ngx_http_idv_page_load(ngx_conf_t *cf, idv_provider_t *provider);

/* the state that a client without cookies sent, or NULL */
ngx_str_t *ngx_http_idv_state_header(ngx_http_request_t *r);

/* a request header by name, or NULL */
ngx_str_t *ngx_http_idv_header_find(ngx_http_request_t *r, const char *name,
    size_t len);

static ngx_inline ngx_str_t *
ngx_http_idv_request_header(ngx_http_request_t *r, const char *name)
{
    return ngx_http_idv_header_find(r, name, ngx_strlen(name));
}

/* a decoded parameter of the query; NGX_DECLINED: none or malformed */
ngx_int_t ngx_http_idv_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/*
 * Percent-decoding, and of "+" as well where it is a form's; the text itself
 * where there is nothing to decode.  NGX_DECLINED: malformed.
 */
ngx_int_t ngx_http_idv_unescape(ngx_pool_t *pool, ngx_str_t *src,
    ngx_uint_t form, ngx_str_t *dst);

/*
 * The body as one text, without a NUL, of the request's memory: NGX_DECLINED
 * if it is longer than max, or in a file.
 */
ngx_int_t ngx_http_idv_body(ngx_http_request_t *r, size_t max,
    ngx_str_t *text);

/*
 * What the browser says of where a request comes from: NGX_OK: this origin,
 * NGX_DECLINED: another one, NGX_AGAIN: it does not say.
 */
ngx_int_t ngx_http_idv_same_origin(ngx_http_request_t *r,
    const idv_provider_t *provider);

/* CORS headers where the request's origin is listed */
ngx_int_t ngx_http_idv_cors(ngx_http_request_t *r,
    const idv_provider_t *provider);

/* 400 VALIDATION_ERROR with one detail; target may be NULL */
ngx_int_t ngx_http_idv_send_invalid(ngx_http_request_t *r, const char *code,
    const char *target, const char *message);

/* 1: the JSON API of a console is asked, and none of its pages */
ngx_uint_t ngx_http_idv_console_api(ngx_http_request_t *r,
    const ngx_http_idv_console_conf_t *conf);

/*
 * Looks the user up where the location says so, once for a request.  NGX_OK:
 * variables have what is known.  NGX_AGAIN: the request waits, and its phase
 * handler is called anew; it returns NGX_DONE meanwhile.
 */
ngx_int_t ngx_http_idv_ldap(ngx_http_request_t *r);

/* whether the outcome of a lookup, if there was one, ends in an error */
ngx_uint_t ngx_http_idv_ldap_blocks(ngx_http_request_t *r,
    ngx_http_idv_error_e *error);

/* $idv_ldap_ATTRIBUTE */
ngx_int_t ngx_http_idv_variable_ldap(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

/* strips managed headers once, as soon as the request is read */
ngx_int_t ngx_http_idv_strip_handler(ngx_http_request_t *r);

/* rooms: each is a content handler or phase handler */
ngx_int_t ngx_http_idv_gate_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_flow_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_preflight_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_page_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_page_done_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_connector_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_idv_console_handler(ngx_http_request_t *r);

/*
 * What is looked for in a console is personal: no log has it, whatever comes of
 * the request, nor has whom a first factor asks.  The context has it.
 */
ngx_int_t ngx_http_idv_console_hide(ngx_http_request_t *r);


#endif /* _NGX_HTTP_IDV_WEB_H_INCLUDED_ */
