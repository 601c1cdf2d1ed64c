
/*
 * Copyright (C) nginx-idv authors
 *
 * Verify policies.  Their rules are the provider's, and so are its complaints.
 */


#include "ngx_http_idv_console_run.h"


static void ngx_http_idv_console_policy_given(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_policy_made(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_policy_gone(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_policy_tested(ngx_http_idv_console_t *job);


void
ngx_http_idv_console_policies(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_policy_given,
                             "/verifyPolicies");
}


void
ngx_http_idv_console_policy(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_policy_given,
                             "/verifyPolicies/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
}


static void
ngx_http_idv_console_policy_given(ngx_http_idv_console_t *job)
{
    size_t   i;
    json_t  *list, *policy;

    list = json_object_get(json_object_get(job->reply, "_embedded"),
                           "verifyPolicies");

    json_array_foreach(list, i, policy) {
        (void) json_object_del(policy, "_links");
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                ngx_http_idv_console_bare(job->reply));
}


void
ngx_http_idv_console_policy_create(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "POST", json_incref(job->input),
                             ngx_http_idv_console_policy_made,
                             "/verifyPolicies");
}


/* the log tells which one it has become */

static void
ngx_http_idv_console_policy_made(ngx_http_idv_console_t *job)
{
    u_char     uuid[16];
    ngx_str_t  id;

    id = idv_json_string(job->reply, "id");

    if (idv_uuid_parse(uuid, id.data, id.len) == NGX_OK) {
        job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY] = id;
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_CREATED,
                                ngx_http_idv_console_bare(job->reply));
}


void
ngx_http_idv_console_policy_update(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "PUT", json_incref(job->input),
                             ngx_http_idv_console_policy_given,
                             "/verifyPolicies/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
}


void
ngx_http_idv_console_policy_delete(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "DELETE", NULL,
                             ngx_http_idv_console_policy_gone,
                             "/verifyPolicies/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
}


static void
ngx_http_idv_console_policy_gone(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                json_pack("{s:b}", "deleted", 1));
}


/* a transaction like any other, which no flow waits for */

void
ngx_http_idv_console_policy_test(ngx_http_idv_console_t *job)
{
    ngx_str_t  user, *policy;

    user = idv_json_string(job->input, "userId");
    policy = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY];

    if (!ngx_http_idv_console_is_user(&user)) {
        ngx_http_idv_console_invalid(job, "userId", "A user's id is needed.");
        return;
    }

    job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER] = user;

    ngx_http_idv_console_ask(job, "POST",
                             json_pack("{s:{s:s%}}", "verifyPolicy",
                                       "id", policy->data, policy->len),
                             ngx_http_idv_console_policy_tested,
                             "/users/%v/verifyTransactions", &user);
}


static void
ngx_http_idv_console_policy_tested(ngx_http_idv_console_t *job)
{
    u_char      uuid[16];
    json_t     *document;
    ngx_str_t   id;

    id = idv_json_string(job->reply, "id");

    if (idv_uuid_parse(uuid, id.data, id.len) == NGX_OK) {
        job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION] = id;
    }

    document = json_pack("{s:O, s:O*, s:O*}",
                         "transaction", job->reply,
                         "url",
                         json_object_get(job->reply, "webVerificationUrl"),
                         "code",
                         json_object_get(job->reply, "webVerificationCode"));

    ngx_http_idv_console_harmless(job->reply);

    ngx_http_idv_console_answer(job, NGX_HTTP_CREATED, document);
}
