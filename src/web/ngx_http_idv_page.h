
/*
 * Copyright (C) nginx-idv authors
 *
 * The hosted page's own header: what its rooms (routes, input, views, output,
 * configuration, texts) share and nobody else needs.
 */


#ifndef _NGX_HTTP_IDV_PAGE_H_INCLUDED_
#define _NGX_HTTP_IDV_PAGE_H_INCLUDED_


#include "ngx_http_idv_web.h"
#include "../util/idv_html.h"


#define NGX_HTTP_IDV_PAGE_CSRF_LEN      64     /* hexadecimal digits */


/*
 * Every sentence of the page.  The order is free: each language is a table by
 * these numbers and ngx_http_idv_page_text_names gives the words by which an
 * operator's file calls them.
 */

typedef enum {
    NGX_HTTP_IDV_TEXT_NONE = 0,          /* no sentence; never in a table */

    NGX_HTTP_IDV_TEXT_DIR,               /* ltr or rtl */
    NGX_HTTP_IDV_TEXT_SKIP,
    NGX_HTTP_IDV_TEXT_SERVICE,
    NGX_HTTP_IDV_TEXT_OFFLINE,
    NGX_HTTP_IDV_TEXT_UPDATES,
    NGX_HTTP_IDV_TEXT_CHECK_NOW,
    NGX_HTTP_IDV_TEXT_CONTINUE,
    NGX_HTTP_IDV_TEXT_RETRY,
    NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN,
    NGX_HTTP_IDV_TEXT_CANCEL,
    NGX_HTTP_IDV_TEXT_START_AGAIN,
    NGX_HTTP_IDV_TEXT_BACK,
    NGX_HTTP_IDV_TEXT_WARNING,
    NGX_HTTP_IDV_TEXT_PROBLEM,

    NGX_HTTP_IDV_TEXT_START_TITLE,
    NGX_HTTP_IDV_TEXT_START_TEXT,
    NGX_HTTP_IDV_TEXT_START_BUTTON,

    NGX_HTTP_IDV_TEXT_ACTIVE_TITLE,
    NGX_HTTP_IDV_TEXT_ACTIVE_TEXT,
    NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT,

    NGX_HTTP_IDV_TEXT_DEVICE_TITLE,
    NGX_HTTP_IDV_TEXT_DEVICE_TEXT,
    NGX_HTTP_IDV_TEXT_DEVICE_SELF,
    NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT,
    NGX_HTTP_IDV_TEXT_DEVICE_OTHER,
    NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT,

    NGX_HTTP_IDV_TEXT_OPTIONS_TITLE,
    NGX_HTTP_IDV_TEXT_OPTIONS_TEXT,
    NGX_HTTP_IDV_TEXT_OPTIONS_QR,
    NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL,
    NGX_HTTP_IDV_TEXT_OPTIONS_PHONE,

    NGX_HTTP_IDV_TEXT_REQUIRED_TITLE,
    NGX_HTTP_IDV_TEXT_REQUIRED_SCAN,
    NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE,
    NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW,
    NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT,
    NGX_HTTP_IDV_TEXT_REQUIRED_CODE,
    NGX_HTTP_IDV_TEXT_REQUIRED_VALID,
    NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE,
    NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL,
    NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE,
    NGX_HTTP_IDV_TEXT_REQUIRED_PHONE,
    NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD,
    NGX_HTTP_IDV_TEXT_REQUIRED_LINK,
    NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT,
    NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN,
    NGX_HTTP_IDV_TEXT_INITIATED_TITLE,
    NGX_HTTP_IDV_TEXT_INITIATED_TEXT,

    NGX_HTTP_IDV_TEXT_SELF_TITLE,
    NGX_HTTP_IDV_TEXT_SELF_TEXT,
    NGX_HTTP_IDV_TEXT_SELF_OPEN,

    NGX_HTTP_IDV_TEXT_PROGRESS_TITLE,
    NGX_HTTP_IDV_TEXT_PROGRESS_TEXT,

    NGX_HTTP_IDV_TEXT_COMPLETED_TITLE,
    NGX_HTTP_IDV_TEXT_COMPLETED_TEXT,
    NGX_HTTP_IDV_TEXT_BYPASS_TITLE,
    NGX_HTTP_IDV_TEXT_BYPASS_TEXT,

    NGX_HTTP_IDV_TEXT_FAILED_TITLE,
    NGX_HTTP_IDV_TEXT_FAILED_TEXT,
    NGX_HTTP_IDV_TEXT_FAILED_LAST,
    NGX_HTTP_IDV_TEXT_FAILED_AGAIN,

    NGX_HTTP_IDV_TEXT_CAUSE_FAILED,
    NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH,
    NGX_HTTP_IDV_TEXT_CAUSE_CHECKS,
    NGX_HTTP_IDV_TEXT_CAUSE_STATUS,
    NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION,
    NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE,
    NGX_HTTP_IDV_TEXT_CAUSE_USER,
    NGX_HTTP_IDV_TEXT_CAUSE_DISABLED,

    NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE,
    NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT,

    NGX_HTTP_IDV_TEXT_CANCELED_TITLE,
    NGX_HTTP_IDV_TEXT_CANCELED_TEXT,

    NGX_HTTP_IDV_TEXT_EXPIRED_TITLE,
    NGX_HTTP_IDV_TEXT_EXPIRED_TEXT,

    NGX_HTTP_IDV_TEXT_RETURNED_TITLE,
    NGX_HTTP_IDV_TEXT_RETURNED_TEXT,

    NGX_HTTP_IDV_TEXT_LOGOUT_TITLE,
    NGX_HTTP_IDV_TEXT_LOGOUT_TEXT,
    NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON,
    NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE,
    NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT,

    NGX_HTTP_IDV_TEXT_SUBJECT_TITLE,
    NGX_HTTP_IDV_TEXT_SUBJECT_TEXT,
    NGX_HTTP_IDV_TEXT_FORM_TITLE,
    NGX_HTTP_IDV_TEXT_FORM_TEXT,
    NGX_HTTP_IDV_TEXT_BUSY_TITLE,
    NGX_HTTP_IDV_TEXT_LIMITED_TEXT,
    NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS,
    NGX_HTTP_IDV_TEXT_LIMITED_ALL,
    NGX_HTTP_IDV_TEXT_LIMITED_LOCKED,
    NGX_HTTP_IDV_TEXT_LIMITED_TIME,
    NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT,
    NGX_HTTP_IDV_TEXT_FULL_TEXT,
    NGX_HTTP_IDV_TEXT_ERROR_TITLE,
    NGX_HTTP_IDV_TEXT_ERROR_TEXT,
    NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE,
    NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT,

    NGX_HTTP_IDV_NTEXTS
} ngx_http_idv_text_e;


typedef struct {
    ngx_str_t                        tag;      /* "de", "pt-BR" */
    ngx_str_t                        texts[NGX_HTTP_IDV_NTEXTS];
} ngx_http_idv_page_lang_t;


/* places of the template; the first of all is the text between them */

typedef enum {
    NGX_HTTP_IDV_SLOT_LITERAL = 0,
    NGX_HTTP_IDV_SLOT_LANG,
    NGX_HTTP_IDV_SLOT_DIR,
    NGX_HTTP_IDV_SLOT_TITLE,
    NGX_HTTP_IDV_SLOT_HEAD,
    NGX_HTTP_IDV_SLOT_STYLE,
    NGX_HTTP_IDV_SLOT_SCRIPT,
    NGX_HTTP_IDV_SLOT_ICON,
    NGX_HTTP_IDV_SLOT_SKIP,
    NGX_HTTP_IDV_SLOT_SERVICE,
    NGX_HTTP_IDV_SLOT_HOST,
    NGX_HTTP_IDV_SLOT_MAIN,
    NGX_HTTP_IDV_NSLOTS
} ngx_http_idv_slot_e;


typedef struct {
    ngx_uint_t                       slot;
    ngx_str_t                        text;
} ngx_http_idv_page_part_t;


typedef enum {
    NGX_HTTP_IDV_ASSET_STYLE = 0,
    NGX_HTTP_IDV_ASSET_SCRIPT,
    NGX_HTTP_IDV_ASSET_ICON,
    NGX_HTTP_IDV_NASSETS
} ngx_http_idv_asset_e;


typedef struct {
    ngx_str_t                        body;
    ngx_str_t                        version;  /* of the body, for its URL */
    ngx_str_t                        etag;
} ngx_http_idv_page_asset_t;


/* provider->page: const after start */

typedef struct {
    ngx_array_t                      langs;    /* the first is English */
    ngx_array_t                      parts;    /* ngx_http_idv_page_part_t */
    ngx_http_idv_page_asset_t        assets[NGX_HTTP_IDV_NASSETS];
} ngx_http_idv_page_conf_t;


/* one request of the page; kept in the request's context */

typedef struct {
    ngx_http_request_t              *r;
    const idv_provider_t            *provider;
    const ngx_http_idv_page_conf_t  *conf;
    const ngx_http_idv_page_lang_t  *lang;
    ngx_http_idv_client_t            client;

    ngx_str_t                        path;     /* of the page, for URLs */
    ngx_str_t                        path_html;
    ngx_str_t                        host;     /* as shown, not escaped */
    ngx_str_t                        form;     /* the posted body */
    ngx_str_t                        flow_id;  /* "" or of the right form */
    ngx_str_t                        return_to;
    ngx_str_t                        option;
    ngx_str_t                        csrf;     /* this client's token */
    ngx_str_t                        contact;  /* of {contact}, masked */
    ngx_str_t                        time;     /* of {time} */
    idv_event_e                      action;
    ngx_uint_t                       status;
    ngx_http_idv_text_e              title;
    ngx_http_idv_text_e              error;    /* shown above the rest */
    ngx_str_t                        go;       /* leaves for here at once */
    ngx_table_elt_t                 *end;      /* where the end leads to */

    idv_html_t                       html;     /* the <main> element */

    unsigned                         fragment:1;
    unsigned                         phone:1;
    unsigned                         leaves:1;   /* asked to go at once */
    unsigned                         waits:1;    /* shows a waiting state */
} ngx_http_idv_page_t;


/* routes and what they share (ngx_http_idv_page.c) */

/* the page of a request that was asked for it */
ngx_http_idv_page_t *ngx_http_idv_page_get(ngx_http_request_t *r);

/* the valid session of whoever is signed in */
ngx_http_idv_session_t *ngx_http_idv_page_get_session(
    ngx_http_idv_page_t *page);

/* 303 to the page of the flow; more is appended to the query */
ngx_int_t ngx_http_idv_page_to_flow(ngx_http_idv_page_t *page,
    const char *more);

ngx_int_t ngx_http_idv_page_cancelled(ngx_http_idv_page_t *page);
ngx_int_t ngx_http_idv_page_expired(ngx_http_idv_page_t *page);

/* what there was to do on this device is done */
ngx_int_t ngx_http_idv_page_done(ngx_http_idv_page_t *page);

/* what the engine could not do */
ngx_int_t ngx_http_idv_page_fail(ngx_http_idv_page_t *page,
    idv_engine_op_t *op);

/* the flow's return address, or "/" */
ngx_str_t ngx_http_idv_page_flow_return(const idv_flow_t *flow);


/* the flow: its page, its buttons, its picture (ngx_http_idv_page_flow.c) */

ngx_int_t ngx_http_idv_page_state(ngx_http_idv_page_t *page);
ngx_int_t ngx_http_idv_page_return(ngx_http_idv_page_t *page);
ngx_int_t ngx_http_idv_page_qr(ngx_http_idv_page_t *page);


/* texts and languages (ngx_http_idv_page_text*.c) */

extern const char *const  ngx_http_idv_page_text_names[NGX_HTTP_IDV_NTEXTS];
extern const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_en;
extern const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_de;
extern const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_ar;

/* may a page show it in the place of that key?  reason says why not */
ngx_int_t ngx_http_idv_page_check_text(ngx_uint_t key, ngx_str_t *text,
    const char **reason);

/* the language of langs that an Accept-Language value, or NULL, asks for */
const ngx_http_idv_page_lang_t *ngx_http_idv_page_language(
    const ngx_array_t *langs, const ngx_str_t *accept);


/* built in files (ngx_http_idv_page_assets.c) */

extern const ngx_str_t  ngx_http_idv_page_template;
extern const ngx_str_t  ngx_http_idv_page_files[NGX_HTTP_IDV_NASSETS];


/* what came in (ngx_http_idv_page_input.c) */

/* a decoded field of the posted form; NGX_DECLINED: none or malformed */
ngx_int_t ngx_http_idv_page_field(ngx_http_idv_page_t *page, const char *name,
    ngx_str_t *value);

/* the posted body as one string: NGX_OK or an HTTP status */
ngx_int_t ngx_http_idv_page_body(ngx_http_request_t *r, ngx_str_t *body);

/* flowId and return of query and form, validated; NGX_ERROR without memory */
ngx_int_t ngx_http_idv_page_read(ngx_http_idv_page_t *page);

/* this client's token for one flow, or of its session for the log-out */
ngx_int_t ngx_http_idv_page_csrf(ngx_http_idv_page_t *page,
    const ngx_str_t *bound, ngx_str_t *token);

/* 1 if the posted token is this client's, sealed with any of the keys */
ngx_uint_t ngx_http_idv_page_csrf_valid(ngx_http_idv_page_t *page,
    const ngx_str_t *bound);


/* writing (ngx_http_idv_page_output.c) */

/* nothing is written yet; NGX_ERROR without memory */
ngx_int_t ngx_http_idv_page_init(ngx_http_idv_page_t *page);

/*
 * Appends to <main>, as idv_html_put() does.  %t: a text by its number, %T: the
 * same without markup, for attributes, %p: the page's path.
 */
void ngx_http_idv_page_put(ngx_http_idv_page_t *page, const char *fmt, ...);

/* the same into a string of its own; "" after a failure */
ngx_str_t ngx_http_idv_page_string(ngx_http_idv_page_t *page, const char *fmt,
    ...);

/* sends what was written, as a document or as a fragment */
ngx_int_t ngx_http_idv_page_send(ngx_http_idv_page_t *page);

/* sends style sheet, script or icon */
ngx_int_t ngx_http_idv_page_send_asset(ngx_http_idv_page_t *page,
    ngx_uint_t asset);

/* 303 to a URL, as ngx_http_idv_page_string() gave it */
ngx_int_t ngx_http_idv_page_redirect(ngx_http_idv_page_t *page,
    ngx_str_t location);


/* what is shown (ngx_http_idv_page_view.c); each writes <main> and sends it */

ngx_int_t ngx_http_idv_page_show_flow(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
ngx_int_t ngx_http_idv_page_show_start(ngx_http_idv_page_t *page,
    ngx_http_idv_session_t *session);
ngx_int_t ngx_http_idv_page_show_logout(ngx_http_idv_page_t *page,
    ngx_http_idv_session_t *session);

/*
 * A page with a title, a sentence and, where they are wanted, links to start
 * again and to go back to page->return_to.
 */
ngx_int_t ngx_http_idv_page_show_notice(ngx_http_idv_page_t *page,
    ngx_uint_t status, ngx_http_idv_text_e title, ngx_http_idv_text_e text,
    ngx_uint_t links);

#define NGX_HTTP_IDV_LINK_START  0x01
#define NGX_HTTP_IDV_LINK_BACK   0x02
#define NGX_HTTP_IDV_LINK_FLOW   0x04


#endif /* _NGX_HTTP_IDV_PAGE_H_INCLUDED_ */
