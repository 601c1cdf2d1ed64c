
/*
 * Copyright (C) nginx-idv authors
 *
 * The calls of idv_provider.h, as PingOne Verify's REST API knows them.
 *
 *   start --> admitted? -----------------------------> refused, from the loop
 *               |                                              |
 *               v      a new token, once, after a 401          |
 *           token --> send <---------------------+             |
 *                      |                         |             |
 *                      v                         |             |
 *                   answered -- again, after a pause           |
 *                      |                                       |
 *                      v                                       v
 *                    finish --> settle with the breaker --> handler
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_pingone.h"


#define IDV_PINGONE_PROBE_SLACK  1000    /* ms that a probe outlives a call */


static ngx_int_t idv_pingone_start(idv_call_t *call,
    const idv_pingone_kind_t *kind);
static void idv_pingone_post(idv_pingone_t *op, idv_call_result_e result,
    const char *why);
static ngx_int_t idv_pingone_admit(idv_pingone_t *op);
static void idv_pingone_authorize(idv_pingone_t *op);
static void idv_pingone_authorized(idv_token_t *token);
static void idv_pingone_unauthorized(idv_pingone_t *op);
static void idv_pingone_send(idv_pingone_t *op);
static void idv_pingone_answered(idv_transfer_t *t);
static void idv_pingone_use(idv_pingone_t *op);
static void idv_pingone_release(void *data);
static ngx_int_t idv_pingone_again(idv_pingone_t *op);
static void idv_pingone_wake(ngx_event_t *ev);
static void idv_pingone_finish(idv_pingone_t *op);
static void idv_pingone_settle(idv_pingone_t *op, idv_peer_outcome_e outcome);


/* how each verdict of the store is answered; ADMITTED is not */

static const struct {
    idv_call_result_e   result;
    const char         *why;
} idv_pingone_refusals[] = {
    { IDV_CALL_OK,          "" },
    { IDV_CALL_UNAVAILABLE, "the breaker is open" },
    { IDV_CALL_UNAVAILABLE, "the provider asked for a pause" },
    { IDV_CALL_LIMITED,     "the provider's limit is reached" },
    { IDV_CALL_LIMITED,     "read_rate is reached" },
    { IDV_CALL_UNAVAILABLE, "the zone has no room for another provider" }
};


ngx_int_t
idv_provider_create(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_create);
}


ngx_int_t
idv_provider_read(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_read);
}


ngx_int_t
idv_provider_claims(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_claims);
}


static ngx_int_t
idv_pingone_start(idv_call_t *call, const idv_pingone_kind_t *kind)
{
    const char            *why;
    idv_pingone_t         *op;
    const idv_provider_t  *provider;

    provider = call->provider;

    op = ngx_pcalloc(call->pool, sizeof(idv_pingone_t));
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->call = call;
    op->kind = kind;
    op->deadline = (uint64_t) ngx_current_msec + provider->net.timeout;

    op->limits.failures = provider->breaker_failures;
    op->limits.timeout = provider->breaker_timeout;
    op->limits.probe = provider->net.timeout + IDV_PINGONE_PROBE_SLACK;
    op->limits.rate = provider->read_rate;
    op->limits.burst = provider->read_burst;

    idv_alarm_init(&op->alarm, idv_pingone_wake, op, call->log, call->live);

    if (!kind->extends) {
        call->document = NULL;
    }

    if (idv_pingone_request(op, &why) != NGX_OK) {
        return NGX_ERROR;
    }

    call->priv = op;
    call->retry_after = -1;

    if (why) {
        idv_pingone_post(op, IDV_CALL_REFUSED, why);
        return NGX_OK;
    }

    if (idv_pingone_admit(op) == NGX_OK) {
        op->admitted = 1;
        idv_pingone_authorize(op);
    }

    return NGX_OK;
}


/* the call ends here, but its handler waits for the event loop */

static void
idv_pingone_post(idv_pingone_t *op, idv_call_result_e result, const char *why)
{
    idv_answer_none(&op->answer, result, why);

    idv_alarm_post(&op->alarm);
}


static ngx_int_t
idv_pingone_admit(idv_pingone_t *op)
{
    idv_call_t            *call;
    idv_peer_verdict_e     verdict;
    const idv_provider_t  *provider;

    call = op->call;
    provider = call->provider;

    verdict = idv_store_peer_admit(provider->store, provider->id, &op->limits,
                                   op->kind->read, ngx_current_msec,
                                   &op->pass);

    if (verdict == IDV_PEER_ADMITTED) {
        return NGX_OK;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, call->log, 0,
                   "idv provider \"%V\": %s", &provider->name,
                   idv_pingone_refusals[verdict].why);

    if (op->admitted) {
        /* a repetition: the answer that it already has is the better one */
        return NGX_DECLINED;
    }

    /* the fault behind it was logged when it happened */

    op->quiet = (verdict != IDV_PEER_MISSING);

    if (op->pass.warn) {
        ngx_log_error(NGX_LOG_WARN, call->log, 0,
                      "idv: provider \"%V\": reads are put off, more than "
                      "\"read_rate\" are asked for", &provider->name);
    }

    if (idv_pingone_refusals[verdict].result == IDV_CALL_LIMITED) {
        idv_store_count(provider->store, IDV_COUNT_PROVIDER_LIMITED);
    }

    idv_pingone_post(op, idv_pingone_refusals[verdict].result,
                     idv_pingone_refusals[verdict].why);

    if (op->pass.wait) {
        op->answer.retry_after = (op->pass.wait + 999) / 1000;
    }

    return NGX_DECLINED;
}


static void
idv_pingone_authorize(idv_pingone_t *op)
{
    idv_call_t  *call;

    call = op->call;

    op->token.provider = call->provider;
    op->token.pool = call->pool;
    op->token.log = call->log;
    op->token.live = call->live;
    op->token.deadline = op->deadline;
    op->token.handler = idv_pingone_authorized;
    op->token.data = op;

    switch (idv_token_get(&op->token)) {

    case NGX_OK:
        idv_pingone_send(op);
        return;

    case NGX_AGAIN:
        op->waiting = 1;
        return;

    default: /* NGX_DECLINED */
        idv_pingone_unauthorized(op);
        idv_alarm_post(&op->alarm);
    }
}


static void
idv_pingone_authorized(idv_token_t *token)
{
    idv_pingone_t  *op;

    op = token->data;
    op->waiting = 0;

    if (token->answer.result == IDV_CALL_OK) {
        idv_pingone_send(op);
        return;
    }

    idv_pingone_unauthorized(op);
    idv_pingone_finish(op);
}


static void
idv_pingone_unauthorized(idv_pingone_t *op)
{
    op->answer = op->token.answer;
    op->answer.document = NULL;

    /* whoever fetched has logged it, and answers for it to the breaker */

    op->quiet = op->token.logged;

    if (!op->token.fetched) {
        op->answer.outcome = IDV_PEER_NEITHER;
    }
}


static void
idv_pingone_send(idv_pingone_t *op)
{
    uint64_t               now;
    idv_call_t            *call;
    idv_transfer_t        *t;
    const idv_provider_t  *provider;

    call = op->call;
    provider = call->provider;
    now = ngx_current_msec;

    if (now >= op->deadline) {
        idv_pingone_post(op, IDV_CALL_UNAVAILABLE,
                         "no time was left after the token");
        return;
    }

    t = ngx_pcalloc(call->pool, sizeof(idv_transfer_t));
    if (t == NULL) {
        idv_pingone_post(op, IDV_CALL_ERROR, "no memory");
        return;
    }

    t->conf = &provider->net;
    t->pool = call->pool;
    t->log = call->log;
    t->live = call->live;
    t->creates = op->kind->creates;
    t->method = op->kind->method;
    t->url = op->url;
    t->body = op->body;
    t->handler = idv_pingone_answered;
    t->data = op;

    t->headers[t->nheaders++] = op->token.header;
    ngx_str_set(&t->headers[t->nheaders], "Accept: application/json");
    t->nheaders++;

    if (op->body.len) {
        ngx_str_set(&t->headers[t->nheaders],
                    "Content-Type: application/json");
        t->nheaders++;
    }

    if (idv_transfer_start(t) != NGX_OK) {
        idv_pingone_post(op, IDV_CALL_ERROR,
                         "the request cannot be sent");
        return;
    }

    op->transfer = t;

    /* creations are counted when they succeed */

    if (op->kind->read) {
        idv_store_count(provider->store, op->kind->counter);
    }

    /* the driver knows the transfer's own deadline, not that of the call */

    if (op->deadline - now < provider->net.timeout) {
        idv_alarm_in(&op->alarm, op->deadline - now);
    }
}


static void
idv_pingone_answered(idv_transfer_t *t)
{
    idv_pingone_t  *op;

    op = t->data;
    op->transfer = NULL;

    idv_alarm_stop(&op->alarm);

    idv_answer_read(&op->answer, t);

    if (op->answer.result == IDV_CALL_OK) {
        idv_pingone_use(op);
    }

    if (op->answer.status == 401) {
        idv_token_drop(&op->token);

        if (!op->renewed) {
            op->renewed = 1;
            idv_pingone_authorize(op);
            return;
        }
    }

    if (op->answer.result != IDV_CALL_OK && idv_pingone_again(op) == NGX_OK) {
        return;
    }

    idv_pingone_finish(op);
}


static void
idv_pingone_use(idv_pingone_t *op)
{
    json_t              *document;
    const char          *why;
    ngx_pool_cleanup_t  *cln;

    /* from here on the pool owns it */

    document = op->answer.document;
    op->answer.document = NULL;

    cln = ngx_pool_cleanup_add(op->call->pool, 0);
    if (cln == NULL) {
        json_decref(document);
        idv_answer_none(&op->answer, IDV_CALL_ERROR, "no memory");
        return;
    }

    cln->handler = idv_pingone_release;
    cln->data = document;

    why = op->kind->use(op, document);

    if (why) {
        idv_answer_unusable(&op->answer, why);
        return;
    }

    if (op->kind->creates) {
        idv_store_count(op->call->provider->store, op->kind->counter);
    }
}


static void
idv_pingone_release(void *data)
{
    json_decref(data);
}


/* NGX_OK: it is sent again after a pause */

static ngx_int_t
idv_pingone_again(idv_pingone_t *op)
{
    ngx_msec_t  pause;

    if (!op->answer.repeat || op->repeats == IDV_ANSWER_REPEATS) {
        return NGX_DECLINED;
    }

    /* a creation that the provider may have seen is never sent again */

    if (!op->kind->read && !op->answer.unsent) {
        return NGX_DECLINED;
    }

    pause = idv_answer_backoff(op->repeats++);

    if ((uint64_t) ngx_current_msec + pause >= op->deadline) {
        return NGX_DECLINED;
    }

    op->pausing = 1;
    idv_alarm_in(&op->alarm, pause);

    return NGX_OK;
}


static void
idv_pingone_wake(ngx_event_t *ev)
{
    idv_pingone_t  *op;

    op = idv_alarm_data(ev);

    if (op->pausing) {
        op->pausing = 0;

        if (idv_pingone_admit(op) == NGX_OK) {
            idv_pingone_authorize(op);
            return;
        }

    } else if (op->transfer) {
        idv_transfer_cancel(op->transfer);
        op->transfer = NULL;

        idv_answer_late(&op->answer);
    }

    idv_pingone_finish(op);
}


static void
idv_pingone_finish(idv_pingone_t *op)
{
    idv_call_t  *call;

    call = op->call;

    idv_alarm_stop(&op->alarm);

    if (op->answer.result != IDV_CALL_OK && !op->quiet) {
        idv_answer_fault(&op->answer, call->provider, op->kind->name,
                         call->log);
    }

    idv_pingone_settle(op, op->answer.outcome);

    call->result = op->answer.result;
    call->retry_after = op->answer.retry_after;
    call->priv = NULL;

    /* the handler may destroy the pool */

    call->handler(call);
}


/* the last of a call: nothing secret stays, nothing is held */

static void
idv_pingone_settle(idv_pingone_t *op, idv_peer_outcome_e outcome)
{
    idv_call_t            *call;
    const idv_provider_t  *provider;

    call = op->call;
    provider = call->provider;

    idv_token_done(&op->token);

    if (op->body.len) {
        ngx_explicit_memzero(op->body.data, op->body.len);
    }

    if (!op->admitted) {
        return;
    }

    if (idv_store_peer_settle(provider->store, provider->id, &op->limits,
                              &op->pass, outcome, ngx_current_msec))
    {
        idv_store_count(provider->store, IDV_COUNT_BREAKER_OPENED);

        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "idv: provider \"%V\": the breaker opens, no call for "
                      "%Mms", &provider->name, provider->breaker_timeout);
    }
}


void
idv_provider_cancel(idv_call_t *call)
{
    idv_pingone_t  *op;

    op = call->priv;

    if (op == NULL) {
        return;
    }

    call->priv = NULL;

    if (op->transfer) {
        idv_transfer_cancel(op->transfer);
        op->transfer = NULL;
    }

    idv_alarm_stop(&op->alarm);
    idv_pingone_settle(op, IDV_PEER_NEITHER);
}


void
idv_provider_detach(idv_call_t *call)
{
    idv_pingone_t  *op;

    op = call->priv;

    call->live = 0;
    call->log = ngx_cycle->log;

    if (op == NULL) {
        return;
    }

    idv_alarm_detach(&op->alarm, call->log);

    if (op->waiting) {
        idv_token_detach(&op->token, call->log);
    }

    if (op->transfer) {
        idv_transfer_detach(op->transfer);
        op->transfer->log = call->log;
    }
}
