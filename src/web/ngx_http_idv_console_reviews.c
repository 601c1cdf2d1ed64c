
/*
 * Copyright (C) nginx-idv authors
 *
 * What waits for a person at the local service, and what that person says.  The
 * queue knows whose a transaction is; the rest is read where it is kept.
 */


#include "ngx_http_idv_console_run.h"


static ngx_uint_t ngx_http_idv_console_queue(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_waiting(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_mine(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_review_find(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_found(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_tx(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_given(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_done(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_documents(ngx_http_idv_console_t *job,
    json_t *list);
static void ngx_http_idv_console_decide_found(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_decided(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_whose(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_review_document(ngx_http_idv_console_t *job);


/* 0: there is none, and that has been answered */

static ngx_uint_t
ngx_http_idv_console_queue(ngx_http_idv_console_t *job)
{
    if (job->conf->reviews.len) {
        return 1;
    }

    ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NO_QUEUE);

    return 0;
}


void
ngx_http_idv_console_reviews(ngx_http_idv_console_t *job)
{
    static ngx_str_t  all = ngx_null_string;

    if (ngx_http_idv_console_queue(job)) {
        ngx_http_idv_console_ask_queue(job, &all, NULL,
                                       ngx_http_idv_console_waiting);
    }
}


static void
ngx_http_idv_console_waiting(ngx_http_idv_console_t *job)
{
    json_t  *reviews;

    reviews = ngx_http_idv_console_mine(job);

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                json_pack("{s:I, s:o}",
                                          "count",
                                          (json_int_t) json_array_size(reviews),
                                          "reviews", reviews));
}


/* the service may have several environments, the console has one */

static json_t *
ngx_http_idv_console_mine(ngx_http_idv_console_t *job)
{
    size_t            i;
    json_t           *list, *review, *mine;
    ngx_str_t         id;
    const ngx_str_t  *environment;

    environment = &job->conf->provider->environment_id;

    list = json_object_get(job->reply, "reviews");
    mine = json_array();

    json_array_foreach(list, i, review) {
        id = idv_json_string(json_object_get(review, "environment"), "id");

        if (id.len == environment->len
            && ngx_strncasecmp(id.data, environment->data, id.len) == 0)
        {
            (void) json_array_append(mine, review);
        }
    }

    return mine;
}


/* with the user's id in job->ids; NULL: it waits for nobody, answered */

static json_t *
ngx_http_idv_console_review_find(ngx_http_idv_console_t *job)
{
    size_t      i;
    json_t     *review, *mine;
    ngx_str_t   id, user, *wanted;

    wanted = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION];
    mine = ngx_http_idv_console_keep(job, ngx_http_idv_console_mine(job));

    json_array_foreach(mine, i, review) {
        id = idv_json_string(json_object_get(review, "transaction"), "id");
        user = idv_json_string(json_object_get(review, "user"), "id");

        if (id.len == wanted->len && user.len
            && ngx_strncasecmp(id.data, wanted->data, id.len) == 0)
        {
            job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER] = user;
            return review;
        }
    }

    ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NOT_FOUND);

    return NULL;
}


void
ngx_http_idv_console_review(ngx_http_idv_console_t *job)
{
    static ngx_str_t  all = ngx_null_string;

    if (ngx_http_idv_console_queue(job)) {
        ngx_http_idv_console_ask_queue(job, &all, NULL,
                                       ngx_http_idv_console_review_found);
    }
}


static void
ngx_http_idv_console_review_found(ngx_http_idv_console_t *job)
{
    json_t  *review;

    review = ngx_http_idv_console_review_find(job);

    if (review == NULL) {
        return;
    }

    job->draft = review;

    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_review_tx,
                             "/users/%v/verifyTransactions/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


/* who decides may see what was required of the user, and nothing else of it */

static void
ngx_http_idv_console_review_tx(ngx_http_idv_console_t *job)
{
    json_t  *required;

    required = json_object_get(job->reply, "requirements");
    (void) json_object_del(required, "referenceSelfie");

    if (required) {
        (void) json_object_set(job->draft, "requirements", required);
    }

    ngx_http_idv_console_harmless(job->reply);
    (void) json_object_set(job->draft, "transaction", job->reply);

    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_review_given,
                             "/users/%v/verifyTransactions/%v/documents",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


static void
ngx_http_idv_console_review_given(ngx_http_idv_console_t *job)
{
    json_t  *list;

    list = json_object_get(json_object_get(job->reply, "_embedded"),
                           "documents");

    (void) json_object_set_new(job->draft, "documents",
                               ngx_http_idv_console_documents(job, list));

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_review_done,
                             "/users/%v/verifyTransactions/%v/verifiedData"
                             "?type=GOVERNMENT_ID,BARCODE,EMAIL,PHONE",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


/* a value is a text that was typed, or an image, which has its own place */

static json_t *
ngx_http_idv_console_documents(ngx_http_idv_console_t *job, json_t *list)
{
    size_t      i;
    json_t     *item, *documents, *document;
    ngx_str_t   type, value;
    ngx_uint_t  text;

    documents = json_array();

    json_array_foreach(list, i, item) {
        type = idv_json_string(item, "type");
        value = idv_json_string(item, "value");

        text = (type.len == 5 && (ngx_strncmp(type.data, "Phone", 5) == 0
                                  || ngx_strncmp(type.data, "Email", 5) == 0))
               || (type.len == 19
                   && ngx_strncmp(type.data, "Driver License Code", 19) == 0);

        document = json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*}",
                             "id", json_object_get(item, "id"),
                             "type", json_object_get(item, "type"),
                             "status", json_object_get(item, "status"),
                             "createdAt", json_object_get(item, "createdAt"),
                             "retry", json_object_get(item, "retry"));

        if (text) {
            (void) json_object_set_new(document, "value",
                                       json_stringn((char *) value.data,
                                                    value.len));

        } else if (value.len) {
            (void) json_object_set_new(document, "image",
                         json_sprintf("reviews/%.*s/images/%s",
                                      IDV_UUID_LEN,
                             job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION].data,
                                      json_string_value(json_object_get(item,
                                                                   "id"))));
        }

        (void) json_array_append_new(documents, document);
    }

    return documents;
}


static void
ngx_http_idv_console_review_done(ngx_http_idv_console_t *job)
{
    size_t   i;
    json_t  *list, *item;

    list = job->status == NGX_HTTP_OK
           ? json_object_get(json_object_get(job->reply, "_embedded"),
                             "verifiedData")
           : NULL;

    json_array_foreach(list, i, item) {
        (void) json_object_del(item, "_links");
    }

    if (list) {
        (void) json_object_set(job->draft, "verifiedData", list);
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK, json_incref(job->draft));
}


void
ngx_http_idv_console_decide(ngx_http_idv_console_t *job)
{
    ngx_str_t   decision;
    json_t     *reason;

    static ngx_str_t  all = ngx_null_string;

    if (!ngx_http_idv_console_queue(job)) {
        return;
    }

    decision = idv_json_string(job->input, "decision");
    reason = json_object_get(job->input, "reason");

    if (decision.len != 8 || (ngx_strncmp(decision.data, "APPROVED", 8) != 0
                              && ngx_strncmp(decision.data, "REJECTED", 8)
                                 != 0))
    {
        ngx_http_idv_console_invalid(job, "decision",
                                "The decision is APPROVED or REJECTED.");
        return;
    }

    if (reason && !json_is_string(reason)) {
        ngx_http_idv_console_invalid(job, "reason", "A reason is a text.");
        return;
    }

    /* only what this console's environment has */

    ngx_http_idv_console_ask_queue(job, &all, NULL,
                                   ngx_http_idv_console_decide_found);
}


static void
ngx_http_idv_console_decide_found(ngx_http_idv_console_t *job)
{
    json_t     *reason;
    ngx_str_t   text;

    if (ngx_http_idv_console_review_find(job) == NULL) {
        return;
    }

    /* a form has the field, and nothing in it */

    text = idv_json_string(job->input, "reason");
    reason = text.len ? json_object_get(job->input, "reason") : NULL;

    ngx_http_idv_console_ask_queue(job,
                            &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION],
                            json_pack("{s:O, s:O*}",
                                      "decision",
                                      json_object_get(job->input, "decision"),
                                      "reason", reason),
                            ngx_http_idv_console_decided);
}


static void
ngx_http_idv_console_decided(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_harmless(job->reply);

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                json_pack("{s:O}", "transaction", job->reply));
}


void
ngx_http_idv_console_review_image(ngx_http_idv_console_t *job)
{
    static ngx_str_t  all = ngx_null_string;

    if (ngx_http_idv_console_queue(job)) {
        ngx_http_idv_console_ask_queue(job, &all, NULL,
                                       ngx_http_idv_console_review_whose);
    }
}


static void
ngx_http_idv_console_review_whose(ngx_http_idv_console_t *job)
{
    if (ngx_http_idv_console_review_find(job) == NULL) {
        return;
    }

    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_review_document,
                             "/users/%v/verifyTransactions/%v/documents/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_IMAGE]);
}


static void
ngx_http_idv_console_review_document(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_picture(job, json_object_get(job->reply, "value"));
}
