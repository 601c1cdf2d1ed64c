
/*
 * Copyright (C) nginx-idv authors
 *
 * A user's transactions: what became of them, why, and approved by hand.
 */


#include "ngx_http_idv_console_run.h"


static void ngx_http_idv_console_listed(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_tx_read(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_tx_judged(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_latest(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_made(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_put(ngx_http_idv_console_t *job,
    const char *status, json_t *transaction);
static void ngx_http_idv_console_approved(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_summary(json_t *transaction);
static json_t *ngx_http_idv_console_meaning(json_t *status);


/* the words of PingOne's administrator's guide for each status */

static const struct {
    const char  *status;
    const char  *meaning;
} ngx_http_idv_console_meanings[] = {

    { "REQUESTED",
      "The user is requested to send their ID information for verification." },

    { "INITIATED",
      "The user has received the link or scanned the code, and has begun the "
      "verification." },

    { "PARTIAL",
      "At least one step of the verification is complete, others are "
      "pending." },

    { "IN_PROGRESS",
      "The user has submitted a document, and it is being validated." },

    { "SUCCESS",
      "The user's ID information has been validated and verified." },

    { "APPROVED_MANUALLY",
      "The verification was approved by hand after the user had begun to hand "
      "in documents." },

    { "APPROVED_NO_REQUEST",
      "The verification was approved by hand without the user handing in "
      "documents." },

    { "FAIL",
      "The user's ID information was refused (fraud, an unsupported document, "
      "bad image quality), or it was not handed in in time, or there was an "
      "internal error." },

    { "NOT_REQUIRED",
      "Nothing was verified." }
};


void
ngx_http_idv_console_transactions(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_listed,
                             "/users/%v/verifyTransactions?limit=100",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_listed(ngx_http_idv_console_t *job)
{
    size_t   i;
    json_t  *list, *transaction;

    list = json_object_get(json_object_get(job->reply, "_embedded"),
                           "verifyTransactions");

    json_array_foreach(list, i, transaction) {
        ngx_http_idv_console_harmless(transaction);
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                ngx_http_idv_console_bare(job->reply));
}


void
ngx_http_idv_console_transaction(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_tx_read,
                             "/users/%v/verifyTransactions/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


static void
ngx_http_idv_console_tx_read(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_harmless(job->reply);

    job->draft = job->reply;

    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_tx_judged,
                             "/users/%v/verifyTransactions/%v/metaData",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


/* earlier attempts stand beside the list, or with it */

static void
ngx_http_idv_console_tx_judged(ngx_http_idv_console_t *job)
{
    size_t   i;
    json_t  *embedded, *list, *previous, *item;

    embedded = json_object_get(job->reply, "_embedded");
    list = json_object_get(embedded, "metaData");
    previous = json_object_get(job->reply, "previousAttempts");

    if (previous == NULL) {
        previous = json_object_get(embedded, "previousAttempts");
    }

    json_array_foreach(list, i, item) {
        (void) json_object_del(item, "_links");
    }

    json_array_foreach(previous, i, item) {
        (void) json_object_del(item, "_links");
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                     json_pack("{s:O, s:o*, s:o, s:O*}",
                               "transaction", job->draft,
                               "meaning",
                               ngx_http_idv_console_meaning(job->draft),
                               "metaData",
                               list ? json_incref(list) : json_array(),
                               "previousAttempts", previous));
}


void
ngx_http_idv_console_approve(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_put(job, "APPROVED_MANUALLY", NULL);
}


/*
 * The user's latest transaction, or one that is made for it: what may be
 * approved, the provider knows.
 */

void
ngx_http_idv_console_approve_user(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_latest,
                             "/users/%v/verifyTransactions?limit=1",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_latest(ngx_http_idv_console_t *job)
{
    json_t  *list, *transaction;

    list = json_object_get(json_object_get(job->reply, "_embedded"),
                           "verifyTransactions");

    transaction = json_array_get(list, 0);

    if (transaction == NULL) {
        ngx_http_idv_console_ask(job, "POST", json_object(),
                                 ngx_http_idv_console_made,
                                 "/users/%v/verifyTransactions",
                                 &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
        return;
    }

    ngx_http_idv_console_put(job, "APPROVED_NO_REQUEST", transaction);
}


static void
ngx_http_idv_console_made(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_put(job, "APPROVED_NO_REQUEST", job->reply);
}


static void
ngx_http_idv_console_put(ngx_http_idv_console_t *job, const char *status,
    json_t *transaction)
{
    u_char     uuid[16];
    ngx_str_t  id;

    id = job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION];

    if (transaction) {
        id = idv_json_string(transaction, "id");

        if (idv_uuid_parse(uuid, id.data, id.len) != NGX_OK) {
            ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_UNUSABLE);
            return;
        }

        /* the log tells which one it was */
        job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION] = id;
    }

    ngx_http_idv_console_ask(job, "PUT",
                             json_pack("{s:{s:s}}", "transactionStatus",
                                       "status", status),
                             ngx_http_idv_console_approved,
                             "/users/%v/verifyTransactions/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER], &id);
}


static void
ngx_http_idv_console_approved(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_harmless(job->reply);

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                json_pack("{s:O, s:o*}",
                                          "transaction", job->reply,
                                          "meaning",
                                          ngx_http_idv_console_meaning(
                                                                job->reply)));
}


/*
 * Who has the link and its code can act for the user; what was required of them
 * is personal data, and what is called back is between the creator and the
 * provider.
 */

void
ngx_http_idv_console_harmless(json_t *transaction)
{
    json_t      *sent;
    ngx_uint_t   i;

    static const char *const  secrets[] = {
        "_links", "qrUrl", "webVerificationUrl", "webVerificationCode",
        "verificationCode", "requirements", "callback", "redirect",
        "verifiedUserData"
    };

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        (void) json_object_del(transaction, secrets[i]);
    }

    sent = json_object_get(transaction, "sendNotification");

    (void) json_object_del(sent, "email");
    (void) json_object_del(sent, "phone");
}


json_t *
ngx_http_idv_console_summaries(json_t *reply)
{
    size_t   i;
    json_t  *list, *summaries, *transaction;

    list = json_object_get(json_object_get(reply, "_embedded"),
                           "verifyTransactions");
    summaries = json_array();

    json_array_foreach(list, i, transaction) {
        (void) json_array_append_new(summaries,
                                 ngx_http_idv_console_summary(transaction));
    }

    return summaries;
}


static json_t *
ngx_http_idv_console_summary(json_t *transaction)
{
    json_t  *status;

    status = json_object_get(transaction, "transactionStatus");

    return json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:o*}",
                     "id", json_object_get(transaction, "id"),
                     "status", json_object_get(status, "status"),
                     "verificationStatus",
                     json_object_get(status, "verificationStatus"),
                     "createdAt", json_object_get(transaction, "createdAt"),
                     "updatedAt", json_object_get(transaction, "updatedAt"),
                     "expiresAt", json_object_get(transaction, "expiresAt"),
                     "verifyPolicy",
                     json_object_get(transaction, "verifyPolicy"),
                     "meaning", ngx_http_idv_console_meaning(transaction));
}


/* NULL: none is known */

static json_t *
ngx_http_idv_console_meaning(json_t *transaction)
{
    ngx_str_t   word;
    ngx_uint_t  i, n;

    n = sizeof(ngx_http_idv_console_meanings)
        / sizeof(ngx_http_idv_console_meanings[0]);

    word = idv_json_string(json_object_get(transaction, "transactionStatus"),
                           "status");

    for (i = 0; i < n; i++) {
        if (word.len == ngx_strlen(ngx_http_idv_console_meanings[i].status)
            && ngx_strncmp(word.data, ngx_http_idv_console_meanings[i].status,
                           word.len)
               == 0)
        {
            return json_string(ngx_http_idv_console_meanings[i].meaning);
        }
    }

    return NULL;
}
