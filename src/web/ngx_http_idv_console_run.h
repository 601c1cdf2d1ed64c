
/*
 * Copyright (C) nginx-idv authors
 *
 * What the operations of the console are made of.  An operation makes calls one
 * after the other and ends with one of answer, bytes, fail and refused; so does
 * every call that goes wrong, by itself.
 */


#ifndef _NGX_HTTP_IDV_CONSOLE_RUN_H_INCLUDED_
#define _NGX_HTTP_IDV_CONSOLE_RUN_H_INCLUDED_


#include "ngx_http_idv_console.h"
#include "../util/idv_json.h"


/* in the order of the table in ngx_http_idv_console_answer.c */

typedef enum {
    NGX_HTTP_IDV_CONSOLE_NO_SUBJECT = 0,
    NGX_HTTP_IDV_CONSOLE_NO_ROLE,
    NGX_HTTP_IDV_CONSOLE_NOT_ADMINISTRATOR,
    NGX_HTTP_IDV_CONSOLE_CROSS_SITE,
    NGX_HTTP_IDV_CONSOLE_NO_HEADER,
    NGX_HTTP_IDV_CONSOLE_NO_TOKEN,
    NGX_HTTP_IDV_CONSOLE_NOT_FOUND,
    NGX_HTTP_IDV_CONSOLE_METHOD,
    NGX_HTTP_IDV_CONSOLE_TOO_LARGE,
    NGX_HTTP_IDV_CONSOLE_MEDIA_TYPE,
    NGX_HTTP_IDV_CONSOLE_BODY,
    NGX_HTTP_IDV_CONSOLE_INPUT,
    NGX_HTTP_IDV_CONSOLE_NO_QUEUE,
    NGX_HTTP_IDV_CONSOLE_LIMITED,
    NGX_HTTP_IDV_CONSOLE_REFUSED,
    NGX_HTTP_IDV_CONSOLE_UNUSABLE,
    NGX_HTTP_IDV_CONSOLE_UNAVAILABLE,
    NGX_HTTP_IDV_CONSOLE_ZONE_FULL,
    NGX_HTTP_IDV_CONSOLE_AUDIT_FAILED,
    NGX_HTTP_IDV_CONSOLE_INTERNAL
} ngx_http_idv_console_error_e;


/* 1: it may be the id of a user (ngx_http_idv_console.c) */
ngx_uint_t ngx_http_idv_console_is_user(const ngx_str_t *id);


/* ends (ngx_http_idv_console_answer.c); a NULL document is a want of memory */

/* takes the reference */
void ngx_http_idv_console_answer(ngx_http_idv_console_t *job,
    ngx_uint_t status, json_t *document);

/* an image, as it is */
void ngx_http_idv_console_bytes(ngx_http_idv_console_t *job, const char *type,
    ngx_str_t *bytes);

void ngx_http_idv_console_fail(ngx_http_idv_console_t *job,
    ngx_http_idv_console_error_e error);

/* one mistake in the input; target is a member of it */
void ngx_http_idv_console_invalid(ngx_http_idv_console_t *job,
    const char *target, const char *message);

/* what the provider said to the last call */
void ngx_http_idv_console_refused(ngx_http_idv_console_t *job);

/* a page that shows no operation */
void ngx_http_idv_console_show(ngx_http_idv_console_t *job);


/* the pool's from now on; NULL where there was none, or without memory */
json_t *ngx_http_idv_console_keep(ngx_http_idv_console_t *job, json_t *value);

/* a new reference to a document of the provider's, which loses its links */
json_t *ngx_http_idv_console_bare(json_t *document);


/* calls (ngx_http_idv_console_call.c) */

/*
 * Asks the provider.  fmt is the path below the environment, in which %s is a
 * char * as it is and %v an ngx_str_t * that is escaped.  body may be NULL, its
 * reference is taken; type NULL is application/json.  next is called with
 * job->reply, for a status of 2xx only unless job->lenient was set, which holds
 * for one call.
 */
void ngx_http_idv_console_ask(ngx_http_idv_console_t *job, const char *method,
    json_t *body, ngx_http_idv_console_run_pt next, const char *fmt, ...);

/* the same of the queue of reviews; tx "" is the whole of it */
void ngx_http_idv_console_ask_queue(ngx_http_idv_console_t *job,
    const ngx_str_t *tx, json_t *body, ngx_http_idv_console_run_pt next);

/* a caller that goes away from now on ends the job */
ngx_int_t ngx_http_idv_console_wait(ngx_http_idv_console_t *job);


/* the audit log (ngx_http_idv_console_audit.c); NGX_ERROR: nothing written */

ngx_int_t ngx_http_idv_console_tell(ngx_http_idv_console_t *job,
    const char *result, ngx_uint_t status);


/* cookie and tokens (ngx_http_idv_console_token.c) */

/* 1: of this actor and browser, and not too old */
ngx_uint_t ngx_http_idv_console_token_valid(ngx_http_idv_console_t *job,
    const ngx_str_t *token);


/* operations (ngx_http_idv_console_users.c) */
void ngx_http_idv_console_users(ngx_http_idv_console_t *job);
void ngx_http_idv_console_user(ngx_http_idv_console_t *job);
void ngx_http_idv_console_status(ngx_http_idv_console_t *job);

/* a user as the console shows them, of the provider's; NULL without memory */
json_t *ngx_http_idv_console_user_json(json_t *user);

/* operations (ngx_http_idv_console_transactions.c) */
void ngx_http_idv_console_transactions(ngx_http_idv_console_t *job);
void ngx_http_idv_console_transaction(ngx_http_idv_console_t *job);
void ngx_http_idv_console_approve(ngx_http_idv_console_t *job);
void ngx_http_idv_console_approve_user(ngx_http_idv_console_t *job);

/* takes from a transaction what lets others act for the user */
void ngx_http_idv_console_harmless(json_t *transaction);

/* summaries of a list of them; NULL without memory */
json_t *ngx_http_idv_console_summaries(json_t *list);

/* operations (ngx_http_idv_console_data.c) */
void ngx_http_idv_console_data(ngx_http_idv_console_t *job);
void ngx_http_idv_console_image(ngx_http_idv_console_t *job);

/* ends the job with the image that base64 stands for */
void ngx_http_idv_console_picture(ngx_http_idv_console_t *job, json_t *base64);

/* operations (ngx_http_idv_console_reset.c) */
void ngx_http_idv_console_reset(ngx_http_idv_console_t *job);

/* operations (ngx_http_idv_console_flows.c) */
void ngx_http_idv_console_flows(ngx_http_idv_console_t *job);
void ngx_http_idv_console_flow_cancel(ngx_http_idv_console_t *job);
void ngx_http_idv_console_revoke(ngx_http_idv_console_t *job);

/* the user's flows as a list, and when sessions were revoked, 0: not */
json_t *ngx_http_idv_console_flows_of(ngx_http_idv_console_t *job,
    ngx_str_t *user);
ngx_int_t ngx_http_idv_console_revoked(ngx_http_idv_console_t *job,
    ngx_str_t *user, int64_t *when);

/* ends what the user has here: all sessions up to now; n flows have ended */
ngx_int_t ngx_http_idv_console_end_flows(ngx_http_idv_console_t *job,
    ngx_str_t *user, ngx_uint_t *n);
ngx_int_t ngx_http_idv_console_end_sessions(ngx_http_idv_console_t *job,
    ngx_str_t *user);
ngx_int_t ngx_http_idv_console_forgive(ngx_http_idv_console_t *job,
    ngx_str_t *user);

/* operations (ngx_http_idv_console_policies.c) */
void ngx_http_idv_console_policies(ngx_http_idv_console_t *job);
void ngx_http_idv_console_policy(ngx_http_idv_console_t *job);
void ngx_http_idv_console_policy_create(ngx_http_idv_console_t *job);
void ngx_http_idv_console_policy_update(ngx_http_idv_console_t *job);
void ngx_http_idv_console_policy_delete(ngx_http_idv_console_t *job);
void ngx_http_idv_console_policy_test(ngx_http_idv_console_t *job);

/* operations (ngx_http_idv_console_reviews.c) */
void ngx_http_idv_console_reviews(ngx_http_idv_console_t *job);
void ngx_http_idv_console_review(ngx_http_idv_console_t *job);
void ngx_http_idv_console_decide(ngx_http_idv_console_t *job);
void ngx_http_idv_console_review_image(ngx_http_idv_console_t *job);


#endif /* _NGX_HTTP_IDV_CONSOLE_RUN_H_INCLUDED_ */
