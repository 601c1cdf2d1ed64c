
/*
 * Copyright (C) nginx-idv authors
 *
 * A user starts over.  What they have here ends first, so that the gate is
 * closed whatever the provider says:
 *
 *   flows, sessions --> how many transactions --> reset --> what it has left,
 *   one by one --> flows, sessions of the meantime --> the user's contact -->
 *   a new transaction that tells them
 *
 * The local service resets as a whole; PingOne's own reset does nothing any
 * more, and there the transactions are deleted.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_DELETES  500        /* transactions of a reset */


typedef struct {
    ngx_uint_t   transactions;
    ngx_uint_t   flows;
    ngx_uint_t   deletes;
    size_t       next;           /* of the list that is being deleted */
    json_t      *list;
    const char  *contact;        /* "email" or "phone" */
} ngx_http_idv_console_reset_t;


static ngx_int_t ngx_http_idv_console_reset_here(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_counted(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_asked(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_list(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_left(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_delete(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_contact(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_tell(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_told(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_reset_done(ngx_http_idv_console_t *job,
    const char *message);


void
ngx_http_idv_console_reset(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_reset_t  *reset;

    reset = ngx_pcalloc(job->request->pool,
                        sizeof(ngx_http_idv_console_reset_t));

    if (reset == NULL) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    job->task = reset;

    if (ngx_http_idv_console_reset_here(job) != NGX_OK) {
        return;
    }

    job->done = ngx_http_idv_console_keep(job,
                                          json_pack("{s:I, s:s}",
                                                    "flows",
                                                    (json_int_t) reset->flows,
                                                    "sessions", "revoked"));

    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_reset_counted,
                             "/users/%v/verifyTransactions?limit=100",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


/* in this order: a flow that ends gives no session any more */

static ngx_int_t
ngx_http_idv_console_reset_here(ngx_http_idv_console_t *job)
{
    ngx_int_t                      rc;
    ngx_str_t                     *user;
    ngx_uint_t                     ended;
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;
    user = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];

    rc = ngx_http_idv_console_end_flows(job, user, &ended);

    reset->flows += ended;

    if (rc == NGX_OK) {
        rc = ngx_http_idv_console_end_sessions(job, user);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_idv_console_forgive(job, user);
    }

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, rc == NGX_DECLINED
                                       ? NGX_HTTP_IDV_CONSOLE_ZONE_FULL
                                       : NGX_HTTP_IDV_CONSOLE_INTERNAL);
    }

    return rc;
}


static void
ngx_http_idv_console_reset_counted(ngx_http_idv_console_t *job)
{
    json_t                        *list;
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;

    list = json_object_get(json_object_get(job->reply, "_embedded"),
                           "verifyTransactions");
    reset->transactions = json_array_size(list);

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "POST", NULL,
                             ngx_http_idv_console_reset_asked,
                             "/users/%v/resetVerification",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


/* deprecated: a provider that does not know it any more has not failed */

static void
ngx_http_idv_console_reset_asked(ngx_http_idv_console_t *job)
{
    if (job->status >= 500 || job->status == NGX_HTTP_TOO_MANY_REQUESTS
        || job->status == NGX_HTTP_UNAUTHORIZED)
    {
        ngx_http_idv_console_refused(job);
        return;
    }

    ngx_http_idv_console_reset_list(job);
}


static void
ngx_http_idv_console_reset_list(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_reset_left,
                             "/users/%v/verifyTransactions?limit=100",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_reset_left(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;

    reset->list = json_object_get(json_object_get(job->reply, "_embedded"),
                                  "verifyTransactions");
    reset->next = 0;

    ngx_http_idv_console_reset_delete(job);
}


/* one that has gone meanwhile is gone as well */

static void
ngx_http_idv_console_reset_delete(ngx_http_idv_console_t *job)
{
    ngx_str_t                      id;
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;

    if (reset->next && (job->status < 200 || job->status >= 300)
        && job->status != NGX_HTTP_NOT_FOUND)
    {
        ngx_http_idv_console_refused(job);
        return;
    }

    if (reset->next < json_array_size(reset->list)) {

        id = idv_json_string(json_array_get(reset->list, reset->next++), "id");

        if (id.len == 0 || reset->deletes++ == NGX_HTTP_IDV_CONSOLE_DELETES) {
            ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_UNUSABLE);
            return;
        }

        reset->transactions = ngx_max(reset->transactions, reset->deletes);

        job->lenient = 1;
        ngx_http_idv_console_ask(job, "DELETE", NULL,
                                 ngx_http_idv_console_reset_delete,
                                 "/users/%v/verifyTransactions/%v",
                                 &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER], &id);
        return;
    }

    if (reset->next) {
        /* a list has an end, and there may be more behind it */
        ngx_http_idv_console_reset_list(job);
        return;
    }

    (void) json_object_set_new(job->done, "transactions",
                               json_integer(reset->transactions));

    /* who came back meanwhile had the old transactions to show */

    if (ngx_http_idv_console_reset_here(job) != NGX_OK) {
        return;
    }

    (void) json_object_set_new(job->done, "flows",
                               json_integer(reset->flows));

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_reset_contact, "/users/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


/* a provider that has no directory cannot tell them */

static void
ngx_http_idv_console_reset_contact(ngx_http_idv_console_t *job)
{
    ngx_str_t                      email, phone;
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;

    if (job->status != NGX_HTTP_OK) {
        ngx_http_idv_console_reset_done(job, "NOT_CONFIGURED");
        return;
    }

    email = idv_json_string(job->reply, "email");
    phone = idv_json_string(job->reply, "mobilePhone");

    reset->contact = email.len ? "email" : phone.len ? "phone" : NULL;

    if (reset->contact == NULL) {
        ngx_http_idv_console_reset_done(job, "NO_CONTACT");
        return;
    }

    job->draft = json_object_get(job->reply,
                                 email.len ? "email" : "mobilePhone");

    ngx_http_idv_console_reset_tell(job);
}


static void
ngx_http_idv_console_reset_tell(ngx_http_idv_console_t *job)
{
    u_char                         policy[IDV_UUID_LEN], zero[16];
    json_t                        *body;
    const idv_provider_t          *provider;
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;
    provider = job->conf->provider;

    body = json_pack("{s:{s:O}}", "sendNotification", reset->contact,
                     job->draft);

    ngx_memzero(zero, sizeof(zero));

    if (ngx_memcmp(provider->verify_policy, zero, sizeof(zero)) != 0) {
        (void) idv_uuid_print(policy, provider->verify_policy);
        (void) json_object_set_new(body, "verifyPolicy",
                                   json_pack("{s:s%}", "id", policy,
                                             (size_t) sizeof(policy)));
    }

    if (body == NULL) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "POST", body,
                             ngx_http_idv_console_reset_told,
                             "/users/%v/verifyTransactions",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_reset_told(ngx_http_idv_console_t *job)
{
    json_t  *results;

    results = json_object_get(json_object_get(job->reply, "sendNotification"),
                              "results");

    ngx_http_idv_console_reset_done(job,
                      json_is_true(json_object_get(json_array_get(results, 0),
                                                   "sent"))
                      ? "SENT" : "FAILED");
}


static void
ngx_http_idv_console_reset_done(ngx_http_idv_console_t *job,
    const char *message)
{
    ngx_http_idv_console_reset_t  *reset;

    reset = job->task;

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                        json_pack("{s:I, s:I, s:s, s:s}",
                                  "transactions",
                                  (json_int_t) reset->transactions,
                                  "flows", (json_int_t) reset->flows,
                                  "sessions", "revoked",
                                  "message", message));
}
