
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "../util/idv_json.h"
#include "idv_answer.h"


#define IDV_ANSWER_PAUSE      5      /* seconds, for a 429 that names none */
#define IDV_ANSWER_MAX_PAUSE  300
#define IDV_ANSWER_BACKOFF    200    /* ms, doubled each time */


typedef struct {
    idv_transfer_result_e  result;
    unsigned               repeat;
    unsigned               unsent;
    idv_peer_outcome_e     outcome;
} idv_answer_net_t;


typedef struct {
    ngx_uint_t             status;
    idv_call_result_e      result;
    unsigned               repeat;
} idv_answer_http_t;


static void idv_answer_transfer(idv_answer_t *answer, idv_transfer_t *t);
static void idv_answer_status(idv_answer_t *answer, idv_transfer_t *t);


/* what is not listed is an unusable transfer, not to be repeated */

static const idv_answer_net_t  idv_answer_nets[] = {
    { IDV_TRANSFER_RESOLVE,  1, 1, IDV_PEER_BAD },
    { IDV_TRANSFER_CONNECT,  1, 1, IDV_PEER_BAD },
    { IDV_TRANSFER_TLS,      0, 1, IDV_PEER_BAD },
    { IDV_TRANSFER_TIMEOUT,  1, 0, IDV_PEER_BAD },
    { IDV_TRANSFER_RESET,    1, 0, IDV_PEER_BAD },
    { IDV_TRANSFER_INTERNAL, 0, 0, IDV_PEER_NEITHER },
    { IDV_TRANSFER_OK,       0, 0, IDV_PEER_BAD }
};


/* the first row whose status is not above; "retry best practices" of PingOne */

static const idv_answer_http_t  idv_answer_https[] = {
    { 505, IDV_CALL_UNAVAILABLE, 0 },
    { 502, IDV_CALL_UNAVAILABLE, 1 },
    { 501, IDV_CALL_UNAVAILABLE, 0 },
    { 500, IDV_CALL_UNAVAILABLE, 1 },
    { 430, IDV_CALL_REFUSED,     0 },
    { 429, IDV_CALL_LIMITED,     0 },
    { 409, IDV_CALL_REFUSED,     0 },
    { 408, IDV_CALL_UNAVAILABLE, 1 },
    { 405, IDV_CALL_REFUSED,     0 },
    { 404, IDV_CALL_NOT_FOUND,   0 },
    { 400, IDV_CALL_REFUSED,     0 },
    { 300, IDV_CALL_UNAVAILABLE, 0 },
    { 200, IDV_CALL_OK,          0 },
    { 0,   IDV_CALL_UNAVAILABLE, 0 }
};


void
idv_answer_read(idv_answer_t *answer, idv_transfer_t *t)
{
    ngx_memzero(answer, sizeof(idv_answer_t));

    answer->retry_after = -1;

    if (t->result == IDV_TRANSFER_OK) {
        idv_answer_status(answer, t);

    } else {
        idv_answer_transfer(answer, t);
    }

    /* it has codes, contacts, documents or tokens */

    if (t->response.len) {
        ngx_explicit_memzero(t->response.data, t->response.len);
        t->response.len = 0;
    }
}


static void
idv_answer_transfer(idv_answer_t *answer, idv_transfer_t *t)
{
    u_char                  *p;
    const idv_answer_net_t  *net;

    for (net = idv_answer_nets; net->result != IDV_TRANSFER_OK; net++) {
        if (net->result == t->result) {
            break;
        }
    }

    answer->result = (net->outcome == IDV_PEER_NEITHER) ? IDV_CALL_ERROR
                                                        : IDV_CALL_UNAVAILABLE;
    answer->outcome = net->outcome;
    answer->repeat = net->repeat;
    answer->unsent = net->unsent;

    t->error[IDV_TRANSFER_ERROR_LEN - 1] = '\0';

    p = ngx_slprintf(answer->why, answer->why + IDV_ANSWER_WHY_LEN, "%s%s%s",
                     idv_transfer_result_name(t->result),
                     t->error[0] ? ": " : "", t->error);

    answer->len = p - answer->why;
}


static void
idv_answer_status(idv_answer_t *answer, idv_transfer_t *t)
{
    u_char                   *p, *last, id[IDV_UUID_LEN];
    json_t                   *root;
    idv_pingone_error_t       error;
    const idv_answer_http_t  *http;

    for (http = idv_answer_https; t->status < http->status; http++) {
        /* void */
    }

    answer->status = t->status;
    answer->result = http->result;
    answer->repeat = http->repeat;
    answer->outcome = (http->result == IDV_CALL_UNAVAILABLE) ? IDV_PEER_BAD
                                                             : IDV_PEER_GOOD;

    root = idv_json_parse(NULL, t->response.data, t->response.len,
                          t->conf->max_body);

    p = answer->why;
    last = answer->why + IDV_ANSWER_WHY_LEN;

    if (answer->result == IDV_CALL_OK) {
        if (root == NULL && ngx_errno == NGX_ENOMEM) {
            idv_answer_none(answer, IDV_CALL_ERROR, "no memory for the answer");

        } else if (root == NULL) {
            idv_answer_unusable(answer, "it is not JSON");
        }

        answer->document = root;
        return;
    }

    idv_pingone_error(root, &error);
    json_decref(root);

    /*
     * Only PingOne can say that it does not know a user; a 404 of a wrong URL
     * or of something in between must not look like that.
     */

    if (answer->result == IDV_CALL_NOT_FOUND && !error.known) {
        answer->result = IDV_CALL_REFUSED;
    }

    if (answer->result == IDV_CALL_LIMITED
        || answer->result == IDV_CALL_UNAVAILABLE)
    {
        answer->retry_after = t->retry_after;
    }

    if (answer->result == IDV_CALL_LIMITED && answer->retry_after < 0) {
        answer->retry_after = IDV_ANSWER_PAUSE;
    }

    if (answer->retry_after >= 0) {
        answer->retry_after = ngx_min(answer->retry_after,
                                      IDV_ANSWER_MAX_PAUSE);
        answer->repeat = 0;
    }

    p = ngx_slprintf(p, last, "HTTP %ui%s%s%s%s", t->status,
                     error.code[0] ? ", code " : "", error.code,
                     error.detail[0] ? ", detail " : "", error.detail);

    if (error.named) {
        idv_uuid_print(id, error.id);
        p = ngx_slprintf(p, last, ", error %*s", (size_t) IDV_UUID_LEN, id);
    }

    if (answer->retry_after >= 0) {
        p = ngx_slprintf(p, last, ", no call for %is", answer->retry_after);
    }

    answer->len = p - answer->why;
}


void
idv_answer_unusable(idv_answer_t *answer, const char *why)
{
    u_char  *p;

    json_decref(answer->document);
    answer->document = NULL;

    answer->result = IDV_CALL_UNAVAILABLE;
    answer->outcome = IDV_PEER_BAD;
    answer->repeat = 0;

    p = ngx_slprintf(answer->why, answer->why + IDV_ANSWER_WHY_LEN,
                     "HTTP %ui with an answer of no use: %s",
                     answer->status, why);

    answer->len = p - answer->why;
}


void
idv_answer_none(idv_answer_t *answer, idv_call_result_e result,
    const char *why)
{
    u_char  *p;

    ngx_memzero(answer, sizeof(idv_answer_t));

    answer->result = result;
    answer->outcome = IDV_PEER_NEITHER;
    answer->retry_after = -1;

    p = ngx_slprintf(answer->why, answer->why + IDV_ANSWER_WHY_LEN, "%s", why);

    answer->len = p - answer->why;
}


void
idv_answer_late(idv_answer_t *answer)
{
    idv_answer_none(answer, IDV_CALL_UNAVAILABLE,
                    "no answer within the time of the call");

    answer->outcome = IDV_PEER_BAD;
}


void
idv_answer_fault(const idv_answer_t *answer, const idv_provider_t *provider,
    const char *what, ngx_log_t *log)
{
    if (answer->retry_after > 0) {
        idv_store_peer_defer(provider->store, provider->id,
                             (uint64_t) answer->retry_after * 1000,
                             answer->result == IDV_CALL_LIMITED,
                             ngx_current_msec);
    }

    idv_store_count(provider->store, answer->result == IDV_CALL_LIMITED
                                     ? IDV_COUNT_PROVIDER_LIMITED
                                     : IDV_COUNT_PROVIDER_ERRORS);

    ngx_log_error(NGX_LOG_ERR, log, 0, "idv: provider \"%V\": %s: %*s",
                  &provider->name, what, answer->len, answer->why);
}


ngx_msec_t
idv_answer_backoff(ngx_uint_t n)
{
    ngx_msec_t  ms;

    ms = (ngx_msec_t) IDV_ANSWER_BACKOFF << n;

    return ms / 2 + (ngx_msec_t) ngx_random() % (ms / 2);
}
