
/*
 * Copyright (C) nginx-idv authors
 *
 * The console, as its files share it: operations, one request of one of them,
 * and what makes pages of their answers.
 */


#ifndef _NGX_HTTP_IDV_CONSOLE_H_INCLUDED_
#define _NGX_HTTP_IDV_CONSOLE_H_INCLUDED_


#include "ngx_http_idv_web.h"
#include "../provider/idv_relay.h"


#define NGX_HTTP_IDV_CONSOLE_MAX_ID     128      /* bytes of an id */
#define NGX_HTTP_IDV_CONSOLE_MAX_BODY   (64 * 1024)
#define NGX_HTTP_IDV_CONSOLE_TOKEN_LEN  80       /* time, and a MAC of it */


/* in the order of the table in ngx_http_idv_console_table.c */

typedef enum {
    NGX_HTTP_IDV_CONSOLE_USERS = 0,
    NGX_HTTP_IDV_CONSOLE_USER,
    NGX_HTTP_IDV_CONSOLE_TRANSACTIONS,
    NGX_HTTP_IDV_CONSOLE_TRANSACTION,
    NGX_HTTP_IDV_CONSOLE_DATA,
    NGX_HTTP_IDV_CONSOLE_IMAGE,
    NGX_HTTP_IDV_CONSOLE_RESET,
    NGX_HTTP_IDV_CONSOLE_STATUS,
    NGX_HTTP_IDV_CONSOLE_APPROVE,
    NGX_HTTP_IDV_CONSOLE_APPROVE_USER,
    NGX_HTTP_IDV_CONSOLE_REVOKE,
    NGX_HTTP_IDV_CONSOLE_FLOWS,
    NGX_HTTP_IDV_CONSOLE_FLOW_CANCEL,
    NGX_HTTP_IDV_CONSOLE_POLICIES,
    NGX_HTTP_IDV_CONSOLE_POLICY,
    NGX_HTTP_IDV_CONSOLE_POLICY_CREATE,
    NGX_HTTP_IDV_CONSOLE_POLICY_UPDATE,
    NGX_HTTP_IDV_CONSOLE_POLICY_DELETE,
    NGX_HTTP_IDV_CONSOLE_POLICY_TEST,
    NGX_HTTP_IDV_CONSOLE_REVIEWS,
    NGX_HTTP_IDV_CONSOLE_REVIEW,
    NGX_HTTP_IDV_CONSOLE_DECIDE,
    NGX_HTTP_IDV_CONSOLE_REVIEW_IMAGE,
    NGX_HTTP_IDV_CONSOLE_NONE                    /* no operation at all */
} ngx_http_idv_console_op_e;


/* a viewer's rights are an administrator's as well */

typedef enum {
    NGX_HTTP_IDV_CONSOLE_STRANGER = 0,
    NGX_HTTP_IDV_CONSOLE_VIEWER,
    NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR
} ngx_http_idv_console_role_e;


/* what stands in braces in the path of an operation */

typedef enum {
    NGX_HTTP_IDV_CONSOLE_ID_USER = 0,
    NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION,
    NGX_HTTP_IDV_CONSOLE_ID_FLOW,
    NGX_HTTP_IDV_CONSOLE_ID_POLICY,
    NGX_HTTP_IDV_CONSOLE_ID_IMAGE,
    NGX_HTTP_IDV_CONSOLE_NIDS
} ngx_http_idv_console_id_e;


typedef struct ngx_http_idv_console_s  ngx_http_idv_console_t;

typedef void (*ngx_http_idv_console_run_pt)(ngx_http_idv_console_t *job);


/* a row of the table; docs/console.md lists the same, a script compares them */

typedef struct {
    ngx_uint_t                            method;    /* of the JSON API */
    const char                           *path;      /* "users/{user}" */
    ngx_http_idv_console_role_e           role;      /* at least */
    const char                           *audit;     /* word, NULL: none */
    const char                           *value;     /* a word of the input */
    const char                           *summary;
    ngx_http_idv_console_run_pt           run;
} ngx_http_idv_console_op_t;


/*
 * A page of the view's own: its path below the console, and the operation whose
 * answer it shows, or none at all.  GET only.  A path that is no such page is
 * that of the operation: {console}PATH shows what {console}api/PATH answers.
 */

typedef struct {
    const char                           *path;      /* may have {user} ... */
    ngx_http_idv_console_op_e             op;
    ngx_uint_t                            open;      /* 1: strangers as well */
} ngx_http_idv_console_page_t;


typedef enum {
    NGX_HTTP_IDV_CONSOLE_QUIET = 0,              /* nothing is written */
    NGX_HTTP_IDV_CONSOLE_ATTEMPT,                /* and no result yet */
    NGX_HTTP_IDV_CONSOLE_TOLD
} ngx_http_idv_console_audit_e;


/* one request; from its pool */

struct ngx_http_idv_console_s {
    ngx_http_request_t                   *request;
    const ngx_http_idv_console_conf_t    *conf;
    const ngx_http_idv_console_op_t      *op;        /* NULL: none (page) */
    const ngx_http_idv_console_page_t    *page;      /* NULL: the op's own */

    ngx_http_idv_client_t                 client;    /* who acts */
    ngx_http_idv_console_role_e           role;

    ngx_str_t                             path;      /* below api/ or console */
    ngx_str_t                             ids[NGX_HTTP_IDV_CONSOLE_NIDS];
    json_t                               *input;     /* an object, the pool's */

    unsigned                              html:1;    /* a page is asked for */
    unsigned                              changes:1; /* the op is no GET */

    void                                 *view;      /* the view's own */

    /* the core's own */
    ngx_http_idv_console_audit_e          audit;
    ngx_str_t                             args;      /* as they were sent */
    ngx_str_t                             secret;    /* of the cookie, or "" */
    json_t                               *draft;     /* so far, the pool's */
    json_t                               *done;      /* before it failed */

    /* of the call that is out, or was the last one */
    idv_relay_t                           relay;
    idv_transfer_t                       *transfer;
    ngx_http_idv_console_run_pt           next;
    unsigned                              lenient:1; /* any status will do */
    unsigned                              waits:1;   /* a caller may go */
    ngx_uint_t                            status;
    json_t                               *reply;     /* the pool's, or NULL */
    void                                 *task;      /* the operation's own */
};


/* what the view makes of an answer; zeroed, but for the status */

typedef struct {
    ngx_uint_t                            status;
    const char                           *type;      /* NUL-terminated */
    ngx_str_t                             location;  /* not "": 303 there */
    ngx_uint_t                            cached;    /* 1: never changes */
    ngx_chain_t                          *body;      /* memory, any number */
} ngx_http_idv_console_reply_t;


extern const ngx_http_idv_console_op_t
    ngx_http_idv_console_ops[NGX_HTTP_IDV_CONSOLE_NONE];

/* the names of the ids in paths and in the audit log */
extern const char *const  ngx_http_idv_console_ids[NGX_HTTP_IDV_CONSOLE_NIDS];


/* by the core, for the view (ngx_http_idv_console*.c) */

/*
 * The token that a form of this console has to carry as its field "token":
 * TOKEN_LEN letters and digits, good for this actor and browser for an hour.
 */
ngx_int_t ngx_http_idv_console_token(ngx_http_idv_console_t *job,
    ngx_str_t *token);

/* a decoded parameter of the query; "" where there is none */
ngx_int_t ngx_http_idv_console_arg(ngx_http_idv_console_t *job,
    const char *name, ngx_str_t *value);


/* by the view (ngx_http_idv_console_view*.c) */

/* ends with a path of NULL */
extern const ngx_http_idv_console_page_t  ngx_http_idv_console_pages[];

/*
 * A posted form as the operation's input.  form: an object of strings, by the
 * names of the fields, without the token; a name that comes twice is refused
 * before.  The view may put another object in its place (*form is owned by the
 * caller before and after).  NGX_ERROR without memory.
 */
ngx_int_t ngx_http_idv_console_view_input(ngx_http_idv_console_t *job,
    json_t **form);

/*
 * Makes the page of an answer.  answer: the JSON document of the operation, or
 * {"code","message","details"?,"provider"?} where reply->status is 400 or more;
 * NULL for a page that shows no operation.  It may be read only, and does not
 * outlive the call.  Bytes of the body live as long as the request.  NGX_ERROR
 * without memory.
 *
 * The core adds the headers: Content-Security-Policy (style-src, script-src,
 * img-src and form-action 'self', nothing else), Referrer-Policy, nosniff, and
 * Cache-Control: no-store unless cached is set.
 */
ngx_int_t ngx_http_idv_console_view(ngx_http_idv_console_t *job,
    json_t *answer, ngx_http_idv_console_reply_t *reply);


#endif /* _NGX_HTTP_IDV_CONSOLE_H_INCLUDED_ */
