
/*
 * Copyright (C) nginx-idv authors
 *
 * The local verification service: what its rooms share.  A request is a call;
 * a route says who answers it.
 */


#ifndef _IDV_SVC_H_INCLUDED_
#define _IDV_SVC_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>

#include "../util/idv_compat.h"
#include "../util/idv_crypto.h"
#include "../util/idv_json.h"
#include "idv_svc_account.h"
#include "idv_svc_out.h"
#include "idv_svc_rules.h"
#include "idv_svc_store.h"


#define IDV_SVC_MAX_JSON      (256 * 1024)
#define IDV_SVC_MAX_FORM      (8 * 1024)
#define IDV_SVC_MAX_SEGMENTS  9
#define IDV_SVC_MAX_HREF      1024
#define IDV_SVC_DATE_LEN      (sizeof("2026-01-02T03:04:05.678Z") - 1)


typedef struct {
    ngx_str_t               id;
    ngx_str_t               secret;
    ngx_str_t               name;            /* as people know it, or "" */
} idv_svc_client_t;


/* a user of the configuration */

typedef struct {
    ngx_str_t               id;
    idv_svc_account_t      *account;         /* NULL: nothing but the id */
} idv_svc_declared_t;


typedef struct {
    ngx_flag_t              enable;
    ngx_flag_t              control;
    ngx_flag_t              test_mode;
    ngx_str_t               prefix;          /* of the location, no slash */
    ngx_str_t               public_url;      /* no slash at the end */
    ngx_array_t            *clients;         /* idv_svc_client_t */
    ngx_array_t            *users;           /* idv_svc_declared_t, by id */
    u_char                 *environment;     /* NULL: any */
    ngx_msec_t              processing_time;
    time_t                  personal_time;   /* after a decision */
    time_t                  record_time;
    size_t                  max_image;
    size_t                  keep_image;
    ngx_uint_t              user_limit;
    ngx_str_t               policies;        /* a file, may be empty */
    ngx_str_t               background;      /* a program, may be empty */
    ngx_int_t               background_max;  /* of them, in a worker */
    time_t                  background_time; /* s, of each */
    ngx_uint_t              inspection;      /* bits of types, licensed */
    ngx_array_t            *presets;         /* idv_svc_stored_t */
    idv_svc_out_t           out;
    idv_svc_store_t        *store;
} idv_svc_conf_t;


typedef struct {
    ngx_shm_zone_t         *zone;
    idv_svc_store_t        *store;
} ngx_http_idv_service_main_conf_t;


typedef struct idv_svc_call_s  idv_svc_call_t;


/* what a POST to the documents of a transaction wants */

typedef enum {
    IDV_SVC_SUBMIT = 0,
    IDV_SVC_COMPLETE,
    IDV_SVC_PROCESS
} idv_svc_action_e;


typedef ngx_int_t (*idv_svc_handler_pt)(idv_svc_call_t *call);


/* how a request must come */

#define IDV_SVC_BEARER   0x01        /* with a token of the environment */
#define IDV_SVC_CONTROL  0x02        /* from this machine */
#define IDV_SVC_JSON     0x04        /* the body is JSON */
#define IDV_SVC_FORM     0x08        /* the body is a form */
#define IDV_SVC_LAX      0x10        /* ... whatever its content type says */
#define IDV_SVC_UPLOAD   0x20        /* a form that may have an image */
#define IDV_SVC_PAGE     0x40        /* errors are pages */
#define IDV_SVC_VALUE    0x80        /* ... that has an image, or an action */


typedef struct {
    const char             *pattern;         /* segments; {name} is any one */
    ngx_uint_t              method;          /* one, or several */
    ngx_uint_t              flags;
    idv_svc_handler_pt      handler;
} idv_svc_route_t;


struct idv_svc_call_s {
    ngx_http_request_t     *request;
    const idv_svc_conf_t   *conf;
    idv_svc_store_t        *store;
    const idv_svc_route_t  *route;           /* NULL: there is none */
    ngx_uint_t              allowed;         /* methods of the path */
    int64_t                 now;

    ngx_str_t               path;            /* below the prefix */
    ngx_str_t               base;            /* public URL, with the prefix */

    /* from the path, as far as the route has them */
    u_char                  env[IDV_SVC_UUID];
    ngx_str_t               user;
    u_char                  tx[IDV_SVC_UUID];
    u_char                  item[IDV_SVC_UUID];

    u_char                  correlation[IDV_UUID_LEN];
    ngx_str_t               client;          /* name of the token's */

    ngx_str_t               txnid;           /* of the capture page's link */
    ngx_str_t               code;
    u_char                  code_text[IDV_SVC_CODE_LEN + 1];

    ngx_str_t               body;
    size_t                  size;            /* of its buffer */
    size_t                  room;            /* ... and what it may become */
    idv_svc_action_e        action;
    json_t                 *json;
    json_t                 *details;         /* of the error to come */

    idv_svc_fault_t         fault;
    ngx_msec_t              hung;            /* since when */

    void                   *data;            /* of who waits for something */
};


typedef enum {
    IDV_SVC_INVALID_REQUEST = 0,
    IDV_SVC_INVALID_DATA,
    IDV_SVC_INVALID_TOKEN,
    IDV_SVC_ACCESS_FAILED,
    IDV_SVC_NOT_FOUND,
    IDV_SVC_METHOD_NOT_ALLOWED,
    IDV_SVC_GONE,
    IDV_SVC_TOO_LARGE,
    IDV_SVC_MEDIA_TYPE,
    IDV_SVC_LIMITED,
    IDV_SVC_UNEXPECTED,
    IDV_SVC_NOT_IMPLEMENTED,
    IDV_SVC_FULL,
    IDV_SVC_NERRORS
} idv_svc_error_e;


extern ngx_module_t  ngx_http_idv_service_module;
extern const idv_svc_route_t  idv_svc_routes[];


/* ngx_http_idv_service_file.c */

char *ngx_http_idv_service_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_uint_t secret, ngx_str_t *text);
char *ngx_http_idv_service_background(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_idv_service_store.c: idv_service_zone, idv_service_store */

char *ngx_http_idv_service_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_idv_service_store_files(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* idv_svc_account_conf.c: users that are declared; NULL: there is none such */

char *ngx_http_idv_service_users(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
const idv_svc_declared_t *idv_svc_account_declared(const idv_svc_conf_t *conf,
    const ngx_str_t *id);
void idv_svc_account_of(const idv_svc_declared_t *user,
    idv_svc_account_t *account);

/* idv_svc_route.c: from a request to its handler */

ngx_int_t idv_svc_handler(ngx_http_request_t *r);
ngx_int_t idv_svc_run(idv_svc_call_t *call);
ngx_int_t idv_svc_dispatch(idv_svc_call_t *call);

/* NGX_OK if a user can have that id, as far as it has one */
ngx_int_t idv_svc_user_form(const ngx_str_t *user);

/* idv_svc_http.c: bodies in, answers out */

ngx_int_t idv_svc_read_body(idv_svc_call_t *call, size_t max);
ngx_str_t idv_svc_method_name(ngx_uint_t method);
ngx_int_t idv_svc_media_type(idv_svc_call_t *call, const char *type);

/* of the request, or empty */
ngx_str_t idv_svc_accept_language(idv_svc_call_t *call);
ngx_int_t idv_svc_header(idv_svc_call_t *call, const char *name,
    ngx_str_t *value);
ngx_int_t idv_svc_send(idv_svc_call_t *call, ngx_uint_t status,
    const char *type, ngx_str_t *body);

/* takes the reference; NULL is answered with an error */
ngx_int_t idv_svc_send_json(idv_svc_call_t *call, ngx_uint_t status,
    json_t *json);
ngx_int_t idv_svc_send_nothing(idv_svc_call_t *call);

/* Location, as the answer says itself; NGX_ERROR if it does not */
ngx_int_t idv_svc_location(idv_svc_call_t *call, json_t *json);

ngx_int_t idv_svc_error(idv_svc_call_t *call, idv_svc_error_e error);
ngx_int_t idv_svc_error_status(idv_svc_call_t *call, ngx_uint_t status);
ngx_int_t idv_svc_full(idv_svc_call_t *call);

/* one more detail of the error to come; inner is taken and may be NULL */
void idv_svc_detail(idv_svc_call_t *call, const char *code,
    const char *target, const char *message, json_t *inner);

/* idv_svc_json.c: what answers are made of; all may be NULL */

json_t *idv_svc_json_str(const ngx_str_t *s);
json_t *idv_svc_json_uuid(const u_char *uuid);
json_t *idv_svc_json_date(int64_t ms);
json_t *idv_svc_json_reference(const u_char *uuid);       /* {"id": ...} */

/* base, "/v1" and the printed path, as a string and as {"href": ...} */
json_t *idv_svc_json_url(idv_svc_call_t *call, const char *fmt, ...);
json_t *idv_svc_json_href(idv_svc_call_t *call, const char *fmt, ...);

/* _links of something under a transaction; fmt is NULL for itself */
json_t *idv_svc_json_links(idv_svc_call_t *call, idv_svc_tx_t *tx,
    const char *rel, const char *fmt, ...);

/* _links of what the user of the path has below it */
json_t *idv_svc_json_user_links(idv_svc_call_t *call, const char *self);

/* a new random UUID (version 4) */
ngx_int_t idv_svc_uuid(u_char *uuid);

/* always the same for the same parts (version 8 of RFC 9562) */
ngx_int_t idv_svc_uuid_of(u_char *uuid, const ngx_str_t *parts, ngx_uint_t n);

/* a new random code of IDV_SVC_CODE_LEN digits */
ngx_int_t idv_svc_code(u_char *code);

/* idv_svc_token.c */

ngx_int_t idv_svc_token_issue(idv_svc_call_t *call);
ngx_int_t idv_svc_token_check(idv_svc_call_t *call);

/* idv_svc_transaction.c, idv_svc_create.c */

ngx_int_t idv_svc_transaction_create(idv_svc_call_t *call);
ngx_int_t idv_svc_transaction_list(idv_svc_call_t *call);
ngx_int_t idv_svc_transaction_read(idv_svc_call_t *call);
ngx_int_t idv_svc_transaction_approve(idv_svc_call_t *call);
ngx_int_t idv_svc_transaction_delete(idv_svc_call_t *call);

/* how long a list may be, by its "limit"; NGX_DECLINED: there is a detail */
ngx_int_t idv_svc_limit(idv_svc_call_t *call, ngx_uint_t *limit);

/*
 * The transaction of the path with the wanted blobs; NGX_OK, or what the
 * answer that was sent instead returned.
 */
ngx_int_t idv_svc_transaction_get(idv_svc_call_t *call, ngx_uint_t want,
    idv_svc_view_t *view, ngx_int_t *rc);

/*
 * Looks, changes and saves; and again if another was first.  The change says
 * what is to be saved, and NGX_OK; NGX_DONE: there is nothing to be saved;
 * NGX_DECLINED: it is not there; NGX_ABORT: there are details; NGX_ERROR.
 * NGX_OK, and the view is as it was saved, or rc as above.
 */
typedef ngx_int_t (*idv_svc_change_pt)(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);

ngx_int_t idv_svc_transaction_change(idv_svc_call_t *call, ngx_uint_t want,
    idv_svc_view_t *view, idv_svc_change_pt change, void *data,
    ngx_int_t *rc);
json_t *idv_svc_transaction_json(idv_svc_call_t *call, idv_svc_view_t *view);
ngx_int_t idv_svc_transaction_url(idv_svc_call_t *call, idv_svc_tx_t *tx,
    ngx_str_t *url);

/* idv_svc_policy.c */

/* without an id the default one; NGX_DECLINED if there is none such */
ngx_int_t idv_svc_policy_find(idv_svc_call_t *call, const u_char *id,
    ngx_uint_t text, idv_svc_stored_t *policy);
json_t *idv_svc_policy_json(idv_svc_call_t *call, idv_svc_stored_t *policy);
ngx_int_t idv_svc_policy_list(idv_svc_call_t *call);
ngx_int_t idv_svc_policy_read(idv_svc_call_t *call);
ngx_int_t idv_svc_policy_create(idv_svc_call_t *call);
ngx_int_t idv_svc_policy_update(idv_svc_call_t *call);
ngx_int_t idv_svc_policy_delete(idv_svc_call_t *call);

/* idv_svc_policy_conf.c: what policies begin with */

ngx_int_t idv_svc_policy_conf(ngx_conf_t *cf, idv_svc_conf_t *conf);
ngx_int_t idv_svc_policy_name(const ngx_str_t *text, u_char *name);

/* text and rules of what idv_svc_model_read() returned */
ngx_int_t idv_svc_policy_pack(ngx_pool_t *pool, json_t *json,
    idv_svc_stored_t *policy);

/* idv_svc_data.c */

ngx_int_t idv_svc_data_list(idv_svc_call_t *call);
ngx_int_t idv_svc_data_read(idv_svc_call_t *call);
ngx_int_t idv_svc_data_delete(idv_svc_call_t *call);
ngx_int_t idv_svc_data_delete_all(idv_svc_call_t *call);
ngx_int_t idv_svc_qr(idv_svc_call_t *call);

/* the selfie of the path, as it was given; NGX_DECLINED if it is none */
ngx_int_t idv_svc_data_selfie(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_str_t *image);

/* IMAGE and FORMAT; may be NULL */
json_t *idv_svc_data_image(idv_svc_call_t *call, ngx_str_t *image);

/*
 * A document in the keys of GOVERNMENT_ID, every one of them present: from
 * the given members, the rest empty or, with sample set, of the sample
 * document.  NULL without memory.
 */
json_t *idv_svc_data_document(json_t *given, ngx_uint_t sample);

/* 1 if the API knows the key */
ngx_uint_t idv_svc_data_key(const char *name);

/*
 * idv_svc_finding.c: what is wrong with the machine-readable lines, by name;
 * what was verified of the document, NULL if it had no lines; which of the
 * creator's requirements it meets, empty if none was asked for.
 */

json_t *idv_svc_finding_faults(const idv_svc_tx_t *tx);
json_t *idv_svc_finding_verifications(const idv_svc_tx_t *tx);
json_t *idv_svc_finding_matches(const idv_svc_tx_t *tx, ngx_uint_t *good);

/* idv_svc_match.c */

ngx_int_t idv_svc_match_records(idv_svc_call_t *call);

/* idv_svc_meta.c */

ngx_int_t idv_svc_meta_list(idv_svc_call_t *call);
ngx_int_t idv_svc_meta_read(idv_svc_call_t *call);
ngx_int_t idv_svc_meta_delete(idv_svc_call_t *call);
ngx_int_t idv_svc_meta_delete_all(idv_svc_call_t *call);

/* idv_svc_event.c */

ngx_int_t idv_svc_event_list(idv_svc_call_t *call);
ngx_int_t idv_svc_event_read(idv_svc_call_t *call);
ngx_int_t idv_svc_event_delete(idv_svc_call_t *call);
ngx_int_t idv_svc_event_delete_all(idv_svc_call_t *call);

/* idv_svc_assurance.c */

ngx_int_t idv_svc_assurance_read(idv_svc_call_t *call);
ngx_int_t idv_svc_assurance_delete(idv_svc_call_t *call);

/* idv_svc_accounts.c, idv_svc_account_change.c */

/* NGX_DECLINED: nobody has made a user of that id */
ngx_int_t idv_svc_account_find(idv_svc_call_t *call, const ngx_str_t *id,
    idv_svc_own_view_t *view);
ngx_int_t idv_svc_account_answer(idv_svc_call_t *call,
    const idv_svc_own_view_t *view, ngx_uint_t status);
ngx_int_t idv_svc_account_not(idv_svc_call_t *call, ngx_int_t rc);

/* IDV_UUID_LEN characters */
ngx_int_t idv_svc_account_population_id(idv_svc_call_t *call, u_char *id);

ngx_int_t idv_svc_account_list(idv_svc_call_t *call);
ngx_int_t idv_svc_account_show(idv_svc_call_t *call);
ngx_int_t idv_svc_account_create(idv_svc_call_t *call);
ngx_int_t idv_svc_account_replace(idv_svc_call_t *call);
ngx_int_t idv_svc_account_change(idv_svc_call_t *call);
ngx_int_t idv_svc_account_delete(idv_svc_call_t *call);
ngx_int_t idv_svc_account_enabled_show(idv_svc_call_t *call);
ngx_int_t idv_svc_account_enable(idv_svc_call_t *call);
ngx_int_t idv_svc_population_list(idv_svc_call_t *call);
ngx_int_t idv_svc_population_read(idv_svc_call_t *call);

/* idv_svc_user.c */

const ngx_str_t *idv_svc_user_standing(idv_svc_standing_e standing);
ngx_int_t idv_svc_user_status(idv_svc_call_t *call);
ngx_int_t idv_svc_user_set_status(idv_svc_call_t *call);
ngx_int_t idv_svc_user_reset(idv_svc_call_t *call);
ngx_int_t idv_svc_gone(idv_svc_call_t *call);
ngx_int_t idv_svc_unlicensed(idv_svc_call_t *call);

/* idv_svc_document.c */

ngx_int_t idv_svc_document_list(idv_svc_call_t *call);
ngx_int_t idv_svc_document_read(idv_svc_call_t *call);
ngx_int_t idv_svc_document_post(idv_svc_call_t *call);
ngx_int_t idv_svc_document_update(idv_svc_call_t *call);
ngx_int_t idv_svc_document_delete(idv_svc_call_t *call);

/* by the content type */
idv_svc_action_e idv_svc_document_action(idv_svc_call_t *call);

/* one more in the view, or another version of old; NULL: no room for it */
idv_svc_doc_t *idv_svc_document_add(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t type, ngx_str_t *value, ngx_uint_t bad,
    idv_svc_doc_t *old);

/* those of the latest attempt; side: idv_svc_side_e, none is any */
void idv_svc_document_remove(idv_svc_view_t *view, ngx_uint_t give,
    ngx_uint_t side);

/*
 * Makes the checks that can be made; closing: collection is over.  Returns what
 * is to be saved.
 */
ngx_uint_t idv_svc_document_look(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t closing);

/* idv_svc_capture.c, idv_svc_capture_assets.c */

ngx_int_t idv_svc_capture_show(idv_svc_call_t *call);
ngx_int_t idv_svc_capture_step(idv_svc_call_t *call);
ngx_int_t idv_svc_capture_style(idv_svc_call_t *call);
ngx_int_t idv_svc_capture_script(idv_svc_call_t *call);

/* idv_svc_page.c: the answer to a body above its limit */

ngx_int_t idv_svc_page_large(idv_svc_call_t *call);

/* idv_svc_review.c */

ngx_int_t idv_svc_review_list(idv_svc_call_t *call);
ngx_int_t idv_svc_review_decide(idv_svc_call_t *call);

/*
 * The body's reason, or the preset one; what there is no word for has a detail.
 * clock: that of the clock is one, too.
 */
ngx_uint_t idv_svc_review_reason(idv_svc_call_t *call, ngx_uint_t preset,
    ngx_uint_t clock);

/* idv_svc_control.c, idv_svc_fault.c */

ngx_int_t idv_svc_control_check(idv_svc_call_t *call);
ngx_int_t idv_svc_control_transaction(idv_svc_call_t *call);
ngx_int_t idv_svc_control_faults(idv_svc_call_t *call);
ngx_int_t idv_svc_control_clock(idv_svc_call_t *call);
ngx_int_t idv_svc_control_requests(idv_svc_call_t *call);
ngx_int_t idv_svc_control_requests_clear(idv_svc_call_t *call);
ngx_int_t idv_svc_control_notes(idv_svc_call_t *call);
ngx_int_t idv_svc_control_notify(idv_svc_call_t *call);
ngx_int_t idv_svc_fault_answer(idv_svc_call_t *call);


#endif /* _IDV_SVC_H_INCLUDED_ */
