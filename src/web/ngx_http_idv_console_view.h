
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages: what the files that make them share.  A page is made of
 * the JSON document of an operation, so whatever it says of people is foreign:
 * it reaches the page by formats that escape, and by nothing else.
 */


#ifndef _NGX_HTTP_IDV_CONSOLE_VIEW_H_INCLUDED_
#define _NGX_HTTP_IDV_CONSOLE_VIEW_H_INCLUDED_


#include "ngx_http_idv_console.h"
#include "../util/idv_html.h"
#include "../util/idv_json.h"


/* where a page belongs to: the entry of the menu that is marked */

typedef enum {
    NGX_HTTP_IDV_MENU_NONE = 0,
    NGX_HTTP_IDV_MENU_USERS,
    NGX_HTTP_IDV_MENU_FLOWS,
    NGX_HTTP_IDV_MENU_REVIEWS,
    NGX_HTTP_IDV_MENU_POLICIES
} ngx_http_idv_menu_e;


/* one page, or what becomes of a form */

typedef struct {
    ngx_http_idv_console_t        *job;
    ngx_http_idv_console_reply_t  *reply;
    idv_html_t                     html;     /* of the <main> element */

    ngx_str_t                      uri;      /* of the console */
    ngx_str_t                      path;     /* the same for HTML */
    ngx_str_t                      token;    /* once a form has asked for it */
    ngx_str_t                      title;    /* not escaped */
    ngx_http_idv_menu_e            menu;

    unsigned                       admin:1;  /* may change something */
    unsigned                       photos:1; /* they were asked for */
} ngx_http_idv_view_t;


/* a word that an API uses, what people call it, and what that means */

typedef struct {
    const char                    *name;
    const char                    *word;
    const char                    *kind;     /* class of its badge, or "" */
    const char                    *meaning;  /* or NULL */
} ngx_http_idv_view_word_t;


/* a button, and what it asks before anything happens */

typedef struct {
    const char                    *id;
    const char                    *kind;     /* "danger" or "plain" */
    const char                    *button;   /* and what confirms it */
    const char                    *question;
    const char                    *text;
} ngx_http_idv_view_ask_t;


/*
 * Appends to <main> as idv_html_put() does.  %p: the console's path, %t: the
 * token of a form, %j: a member of a json_t * by its name, escaped; %b: the
 * same, kept apart from the direction of the text around it, and "none" where
 * it is missing; %U: the same as a URL component, %D: the same as a time.
 */
void ngx_http_idv_view_put(ngx_http_idv_view_t *v, const char *fmt,
    ...);

/* the same into a string of its own, "" after a failure */
ngx_str_t ngx_http_idv_view_string(ngx_http_idv_view_t *v,
    const char *fmt, ...);

/* begins <main>: title of the document, and its heading (NULL: the same) */
void ngx_http_idv_view_open(ngx_http_idv_view_t *v,
    ngx_http_idv_menu_e menu, const char *name, ngx_str_t *title);

/* a word of the table, the table's last row where there is none such */
const ngx_http_idv_view_word_t *ngx_http_idv_view_word(
    const ngx_http_idv_view_word_t *words, const ngx_str_t *name);

/* <span class="badge">: a word, and the value itself where it is not known */
void ngx_http_idv_view_badge(ngx_http_idv_view_t *v,
    const ngx_http_idv_view_word_t *words, const ngx_str_t *name);

/* a button and its question; action is escaped already */
void ngx_http_idv_view_ask(ngx_http_idv_view_t *v,
    const ngx_http_idv_view_ask_t *ask, ngx_str_t *action,
    const char *hidden);

/* a row of facts: <dt> and <dd> of a member, left out where it is missing */
void ngx_http_idv_view_fact(ngx_http_idv_view_t *v, const char *label,
    json_t *object, const char *name);

/* the name that a user is called by: the best of what is known of them */
ngx_str_t ngx_http_idv_view_name(ngx_http_idv_view_t *v, json_t *user);

/* anything, as lists */
void ngx_http_idv_view_value(ngx_http_idv_view_t *v,
    json_t *value);

/* scalars as text: "" for lists and objects */
ngx_str_t ngx_http_idv_view_text(ngx_http_idv_view_t *v,
    json_t *value);

/* what an error says of each mistake, or NULL */
json_t *ngx_http_idv_view_details(json_t *error);

/* a member that is an array, by its name or below _embedded; or NULL */
json_t *ngx_http_idv_view_list(json_t *answer, const char *name);

/* 303 to what ngx_http_idv_view_string() gave, which is not escaped */
ngx_int_t ngx_http_idv_view_go(ngx_http_idv_view_t *v,
    ngx_str_t location);


extern const ngx_http_idv_view_word_t  ngx_http_idv_view_statuses[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_standings[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_states[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_checks[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_keys[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_messages[];
extern const ngx_http_idv_view_word_t  ngx_http_idv_view_done[];

extern const ngx_str_t  ngx_http_idv_view_style;


/* views: each writes <main> (ngx_http_idv_console_view_*.c) */

typedef void (*ngx_http_idv_view_pt)(ngx_http_idv_view_t *v,
    json_t *answer);

void ngx_http_idv_view_users(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_by_id(ngx_http_idv_view_t *v, ngx_str_t *id);
void ngx_http_idv_view_user(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_flows(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_transaction(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_data(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_reviews(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_review(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_policies(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_policy(ngx_http_idv_view_t *v,
    json_t *answer);
void ngx_http_idv_view_test(ngx_http_idv_view_t *v,
    json_t *answer);

/*
 * The form of a policy: as it is, or as it was typed in, with what was wrong.
 * policy and error may be NULL.
 */
void ngx_http_idv_view_form(ngx_http_idv_view_t *v,
    json_t *policy, json_t *error);

/* the fields of that form as a policy; NGX_ERROR without memory */
ngx_int_t ngx_http_idv_view_policy_input(ngx_http_idv_console_t *job,
    json_t **form);

/* a table of flows, with buttons that end them */
void ngx_http_idv_view_flow_table(ngx_http_idv_view_t *v, json_t *flows);


/* where a change leads to (ngx_http_idv_console_view_next.c) */

typedef ngx_str_t (*ngx_http_idv_view_next_pt)(ngx_http_idv_view_t *v,
    json_t *answer);

ngx_str_t ngx_http_idv_view_to_user(ngx_http_idv_view_t *v, json_t *answer);
ngx_str_t ngx_http_idv_view_to_same(ngx_http_idv_view_t *v, json_t *answer);
ngx_str_t ngx_http_idv_view_after_reset(ngx_http_idv_view_t *v, json_t *answer);
ngx_str_t ngx_http_idv_view_after_status(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_approve(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_approve_user(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_revoke(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_cancel(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_create(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_update(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_delete(ngx_http_idv_view_t *v,
    json_t *answer);
ngx_str_t ngx_http_idv_view_after_decide(ngx_http_idv_view_t *v,
    json_t *answer);


#endif /* _NGX_HTTP_IDV_CONSOLE_VIEW_H_INCLUDED_ */
