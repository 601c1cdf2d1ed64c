
/*
 * Copyright (C) nginx-idv authors
 *
 * The session: a sealed cookie (or the IDV-Session header of clients without
 * cookies) that opens the gate.
 */


#ifndef _NGX_HTTP_IDV_SESSION_H_INCLUDED_
#define _NGX_HTTP_IDV_SESSION_H_INCLUDED_


#include "../ngx_http_idv_module.h"


#define NGX_HTTP_IDV_MAX_COOKIE   4000   /* bytes of name=value */


typedef struct {
    u_char                      id[16];
    u_char                      subject[16];     /* hash of the subject */
    u_char                      policy[16];
    u_char                      tx[16];
    u_char                      owner[16];       /* see idv_engine_owner() */
    u_char                      user[16];        /* where one was registered */
    uint8_t                     bypass;          /* nobody was verified */
    uint8_t                     status;          /* idv_tx_status_e */
    int64_t                     verified;        /* seconds since the epoch */
    int64_t                     issued;
    int64_t                     seen;            /* for the idle time-out */
    int64_t                     expires;         /* absolute */
    ngx_str_t                   claims;          /* JSON text */
    unsigned                    header:1;        /* came as IDV-Session */

    /* in the cache of this process */
    ngx_uint_t                  slot;
    ngx_uint_t                  serial;          /* 0: is not there */
} ngx_http_idv_session_t;


/*
 * What a session has of its subject, and what a flow has of its client and
 * subject.  Hashes that were asked for lately are kept.
 */
ngx_int_t ngx_http_idv_subject_hash(ngx_str_t *subject, u_char hash[16]);
ngx_int_t ngx_http_idv_binding(const idv_provider_t *provider,
    ngx_str_t *secret, ngx_str_t *subject, u_char binding[32]);

/*
 * The valid session of this request, which has a context: opened, in time,
 * bound to this host and subject, not revoked.  NULL: none, whatever the
 * reason; where that is a want of memory, "lost" is set in the request's
 * context.  The result is kept there.
 */
ngx_http_idv_session_t *ngx_http_idv_session(ngx_http_request_t *r,
    const idv_provider_t *provider, const u_char subject[16]);

/*
 * Makes the session of a flow that is about to end: its cookie, which is not
 * sent before ngx_http_idv_session_grant(), or the sealed text in out where out
 * is not NULL (cookieless).  Claims that would make it longer than
 * NGX_HTTP_IDV_MAX_COOKIE are left out from the end and the loss is logged by
 * name.
 */
ngx_int_t ngx_http_idv_session_issue(ngx_http_request_t *r,
    const idv_provider_t *provider, const idv_flow_t *flow, ngx_str_t *claims,
    ngx_str_t *out);

/* the flow has ended: the session is its client's */
void ngx_http_idv_session_grant(ngx_http_request_t *r,
    const idv_provider_t *provider);

/*
 * A sliding idle time: once a quarter of it has passed, sets the cookie anew,
 * or the response header IDV-Session for a client that sent it.
 */
ngx_int_t ngx_http_idv_session_touch(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session);

/*
 * What a request holds and our keys open: the sessions that are to end with it,
 * whoever they are of.  Their time does not matter: a clock may be set back.
 */
ngx_int_t ngx_http_idv_sessions_held(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_array_t *sessions);

/*
 * Revokes them, and clears their cookie in any case.  NGX_DECLINED: the zone
 * has no room for that.
 */
ngx_int_t ngx_http_idv_sessions_end(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_array_t *sessions);

/* {"active":true,...}: what the application's front end may know */
ngx_int_t ngx_http_idv_session_json(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session,
    ngx_str_t *json);

/* cookies: values of one name, in order; *pos is 0 at first */
ngx_int_t ngx_http_idv_cookie_next(ngx_http_request_t *r, ngx_str_t *name,
    ngx_uint_t *pos, ngx_str_t *value);

/* the names of all cookies, by what they share; at configuration time */
ngx_int_t ngx_http_idv_cookie_names(ngx_pool_t *pool, const ngx_str_t *plain,
    ngx_str_t names[IDV_COOKIE_NCOOKIES]);

/* the cookie's full name: __Host- before it where the client sees TLS */
void ngx_http_idv_cookie_name(ngx_http_request_t *r,
    const idv_provider_t *provider, idv_cookie_e cookie, ngx_str_t *name);

/*
 * Set-Cookie with the provider's attributes; max_age 0 clears, -1: session.
 * NULL without memory.
 */
ngx_table_elt_t *ngx_http_idv_cookie_set(ngx_http_request_t *r,
    const idv_provider_t *provider, idv_cookie_e cookie, ngx_str_t *value,
    time_t max_age);

/* 1 if the client's connection (or base_url) is TLS */
ngx_uint_t ngx_http_idv_secure(ngx_http_request_t *r,
    const idv_provider_t *provider);


/* claims to the upstream (web/ngx_http_idv_claims.c) */

#define NGX_HTTP_IDV_TIME_LEN    (sizeof("2026-11-22T12:00:00Z") - 1)

/* ISO 8601 in UTC, returns the end */
u_char *ngx_http_idv_time(u_char *buf, time_t t);

/* adds the variables $idv_* */
ngx_int_t ngx_http_idv_add_variables(ngx_conf_t *cf);

/* strips every header that the server manages, in any spelling */
ngx_int_t ngx_http_idv_strip_headers(ngx_http_request_t *r);

/*
 * Sets the headers of the location from an admitted session, in the place of
 * those that the client or an earlier location has set.
 */
ngx_int_t ngx_http_idv_set_headers(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_http_idv_session_t *session);


#endif /* _NGX_HTTP_IDV_SESSION_H_INCLUDED_ */
