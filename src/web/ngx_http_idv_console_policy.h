
/*
 * Copyright (C) nginx-idv authors
 *
 * What the console's form of a verify policy has: one table of fields, by which
 * a policy is shown, edited and read from the form.
 */


#ifndef _NGX_HTTP_IDV_CONSOLE_POLICY_H_INCLUDED_
#define _NGX_HTTP_IDV_CONSOLE_POLICY_H_INCLUDED_


#include "ngx_http_idv_console_view.h"


typedef enum {
    NGX_HTTP_IDV_FIELD_GROUP = 0,            /* of those that follow */
    NGX_HTTP_IDV_FIELD_WORD,
    NGX_HTTP_IDV_FIELD_NUMBER,
    NGX_HTTP_IDV_FIELD_TEXT,
    NGX_HTTP_IDV_FIELD_FLAG
} ngx_http_idv_field_e;


typedef struct {
    ngx_http_idv_field_e             type;
    const char                      *path;   /* in the policy; its name */
    const char                      *label;
    const char                      *hint;   /* the rule, or NULL */
    const char                      *words;  /* apart by spaces, or NULL */
    const char                      *empty;  /* a word for none, or NULL */
    ngx_uint_t                       min;
    ngx_uint_t                       max;
    const char                      *preset; /* of a new policy, or NULL */
    unsigned                         whole:1;/* its object goes with it */
} ngx_http_idv_field_t;


/* ends with a path of NULL */
extern const ngx_http_idv_field_t  ngx_http_idv_policy_fields[];

/* what people call the words */
extern const ngx_http_idv_view_word_t  ngx_http_idv_policy_words[];

/* the member that a path leads to, NULL: none; borrowed */
json_t *ngx_http_idv_policy_get(json_t *policy, const char *path);


#endif /* _NGX_HTTP_IDV_CONSOLE_POLICY_H_INCLUDED_ */
