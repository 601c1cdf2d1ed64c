
/*
 * Copyright (C) nginx-idv authors
 *
 *   enter --> admitted? -----------------------------> refused, from the loop
 *               |                                              |
 *               v         renew: a new token, once             |
 *           token --> send <---------------------+             |
 *                      |                         |             |
 *                      v                         |             |
 *                   answered -- pause: admitted again          |
 *                      |                                       |
 *                      v                                       v
 *                   finish --------------------------------> end
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_pass.h"


#define IDV_PASS_PROBE_SLACK  1000       /* ms that a probe outlives a call */


static ngx_int_t idv_pass_admit(idv_pass_t *pass);
static void idv_pass_authorize(idv_pass_t *pass);
static void idv_pass_authorized(idv_token_t *token);
static void idv_pass_unauthorized(idv_pass_t *pass);
static void idv_pass_answered(idv_transfer_t *t);
static void idv_pass_wake(ngx_event_t *ev);
static void idv_pass_settle(idv_pass_t *pass, idv_peer_outcome_e outcome);


/* how each verdict of the store is answered; ADMITTED is not */

static const struct {
    idv_call_result_e   result;
    const char         *why;
} idv_pass_refusals[] = {
    { IDV_CALL_OK,          "" },
    { IDV_CALL_UNAVAILABLE, "the breaker is open" },
    { IDV_CALL_UNAVAILABLE, "the provider asked for a pause" },
    { IDV_CALL_LIMITED,     "the provider's limit is reached" },
    { IDV_CALL_LIMITED,     "read_rate is reached" },
    { IDV_CALL_UNAVAILABLE, "the zone has no room for another provider" }
};


void
idv_pass_init(idv_pass_t *pass)
{
    const idv_provider_t  *provider;

    provider = pass->provider;

    pass->deadline = (uint64_t) ngx_current_msec + pass->net->timeout;

    pass->limits.failures = provider->breaker_failures;
    pass->limits.timeout = provider->breaker_timeout;
    pass->limits.probe = pass->net->timeout + IDV_PASS_PROBE_SLACK;
    pass->limits.rate = provider->read_rate;
    pass->limits.burst = provider->read_burst;

    idv_alarm_init(&pass->alarm, idv_pass_wake, pass, pass->log, pass->live);
}


void
idv_pass_enter(idv_pass_t *pass)
{
    if (idv_pass_admit(pass) == NGX_OK) {
        idv_pass_authorize(pass);
    }
}


static ngx_int_t
idv_pass_admit(idv_pass_t *pass)
{
    idv_peer_verdict_e     verdict;
    const idv_provider_t  *provider;

    provider = pass->provider;

    verdict = idv_store_peer_admit(provider->store, provider->id,
                                   &pass->limits, pass->read,
                                   ngx_current_msec, &pass->peer);

    if (verdict == IDV_PEER_ADMITTED) {
        pass->admitted = 1;
        return NGX_OK;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, pass->log, 0,
                   "idv provider \"%V\": %s", &provider->name,
                   idv_pass_refusals[verdict].why);

    if (pass->admitted) {
        /* a repetition: the answer that it already has is the better one */
        return NGX_DECLINED;
    }

    /* the fault behind it was logged when it happened */

    pass->quiet = (verdict != IDV_PEER_MISSING);

    if (pass->peer.warn) {
        ngx_log_error(NGX_LOG_WARN, pass->log, 0,
                      "idv: provider \"%V\": reads are put off, more than "
                      "\"read_rate\" are asked for", &provider->name);
    }

    if (idv_pass_refusals[verdict].result == IDV_CALL_LIMITED) {
        idv_store_count(provider->store, IDV_COUNT_PROVIDER_LIMITED);
    }

    idv_pass_fail(pass, idv_pass_refusals[verdict].result,
                  idv_pass_refusals[verdict].why);

    if (pass->peer.wait) {
        pass->answer.retry_after = (pass->peer.wait + 999) / 1000;
    }

    return NGX_DECLINED;
}


static void
idv_pass_authorize(idv_pass_t *pass)
{
    pass->token.provider = pass->provider;
    pass->token.pool = pass->pool;
    pass->token.log = pass->log;
    pass->token.live = pass->live;
    pass->token.deadline = pass->deadline;
    pass->token.handler = idv_pass_authorized;
    pass->token.data = pass;

    switch (idv_token_get(&pass->token)) {

    case NGX_OK:
        pass->send(pass);
        return;

    case NGX_AGAIN:
        pass->waiting = 1;
        return;

    default: /* NGX_DECLINED */
        idv_pass_unauthorized(pass);
        idv_alarm_post(&pass->alarm);
    }
}


static void
idv_pass_authorized(idv_token_t *token)
{
    idv_pass_t  *pass;

    pass = token->data;
    pass->waiting = 0;

    if (token->answer.result == IDV_CALL_OK) {
        pass->send(pass);
        return;
    }

    idv_pass_unauthorized(pass);
    idv_pass_finish(pass);
}


static void
idv_pass_unauthorized(idv_pass_t *pass)
{
    pass->answer = pass->token.answer;
    pass->answer.document = NULL;

    /* whoever fetched has logged it, and answers for it to the breaker */

    pass->quiet = pass->token.logged;

    if (!pass->token.fetched) {
        pass->answer.outcome = IDV_PEER_NEITHER;
    }
}


idv_transfer_t *
idv_pass_transfer(idv_pass_t *pass)
{
    idv_transfer_t  *t;

    if ((uint64_t) ngx_current_msec >= pass->deadline) {
        idv_pass_fail(pass, IDV_CALL_UNAVAILABLE,
                      "no time was left after the token");
        return NULL;
    }

    t = ngx_pcalloc(pass->pool, sizeof(idv_transfer_t));
    if (t == NULL) {
        idv_pass_fail(pass, IDV_CALL_ERROR, "no memory");
        return NULL;
    }

    t->conf = pass->net;
    t->pool = pass->pool;
    t->log = pass->log;
    t->live = pass->live;
    t->url = pass->url;
    t->body = pass->body;
    t->handler = idv_pass_answered;
    t->data = pass;

    t->headers[t->nheaders++] = pass->token.header;
    ngx_str_set(&t->headers[t->nheaders], "Accept: application/json");
    t->nheaders++;

    if (pass->type.len) {
        t->headers[t->nheaders++] = pass->type;
    }

    return t;
}


ngx_int_t
idv_pass_send(idv_pass_t *pass, idv_transfer_t *t)
{
    uint64_t  left;

    if (idv_transfer_start(t) != NGX_OK) {
        idv_pass_fail(pass, IDV_CALL_ERROR, "the request cannot be sent");
        return NGX_DECLINED;
    }

    pass->transfer = t;

    /* the driver knows the transfer's own deadline, not that of the call */

    left = pass->deadline - ngx_current_msec;

    if (left < pass->net->timeout) {
        idv_alarm_in(&pass->alarm, left);
    }

    return NGX_OK;
}


static void
idv_pass_answered(idv_transfer_t *t)
{
    idv_pass_t  *pass;

    pass = t->data;
    pass->transfer = NULL;

    idv_alarm_stop(&pass->alarm);

    pass->answered(pass, t);
}


ngx_int_t
idv_pass_renew(idv_pass_t *pass)
{
    idv_token_drop(&pass->token);

    if (pass->renewed) {
        return NGX_DECLINED;
    }

    pass->renewed = 1;
    idv_pass_authorize(pass);

    return NGX_OK;
}


ngx_int_t
idv_pass_pause(idv_pass_t *pass, ngx_msec_t pause)
{
    if ((uint64_t) ngx_current_msec + pause >= pass->deadline) {
        return NGX_DECLINED;
    }

    pass->pausing = 1;
    idv_alarm_in(&pass->alarm, pause);

    return NGX_OK;
}


static void
idv_pass_wake(ngx_event_t *ev)
{
    idv_pass_t  *pass;

    pass = idv_alarm_data(ev);

    if (pass->pausing) {
        pass->pausing = 0;

        if (idv_pass_admit(pass) == NGX_OK) {
            idv_pass_authorize(pass);
            return;
        }

    } else if (pass->transfer) {
        idv_transfer_cancel(pass->transfer);
        pass->transfer = NULL;

        pass->late = 1;
        idv_answer_late(&pass->answer);
    }

    idv_pass_finish(pass);
}


void
idv_pass_fail(idv_pass_t *pass, idv_call_result_e result, const char *why)
{
    idv_answer_none(&pass->answer, result, why);

    idv_alarm_post(&pass->alarm);
}


void
idv_pass_finish(idv_pass_t *pass)
{
    idv_alarm_stop(&pass->alarm);

    pass->end(pass);
}


void
idv_pass_close(idv_pass_t *pass)
{
    if (pass->answer.result != IDV_CALL_OK && !pass->quiet) {
        idv_answer_fault(&pass->answer, pass->provider, pass->name, pass->log);
    }

    idv_pass_settle(pass, pass->answer.outcome);
}


static void
idv_pass_settle(idv_pass_t *pass, idv_peer_outcome_e outcome)
{
    const idv_provider_t  *provider;

    provider = pass->provider;

    idv_token_done(&pass->token);

    if (pass->body.len) {
        ngx_explicit_memzero(pass->body.data, pass->body.len);
    }

    if (!pass->admitted) {
        return;
    }

    if (idv_store_peer_settle(provider->store, provider->id, &pass->limits,
                              &pass->peer, outcome, ngx_current_msec))
    {
        idv_store_count(provider->store, IDV_COUNT_BREAKER_OPENED);

        ngx_log_error(NGX_LOG_ERR, pass->log, 0,
                      "idv: provider \"%V\": the breaker opens, no call for "
                      "%Mms", &provider->name, provider->breaker_timeout);
    }
}


void
idv_pass_cancel(idv_pass_t *pass)
{
    if (pass->transfer) {
        idv_transfer_cancel(pass->transfer);
        pass->transfer = NULL;
    }

    idv_alarm_stop(&pass->alarm);
    idv_pass_settle(pass, IDV_PEER_NEITHER);
}


void
idv_pass_detach(idv_pass_t *pass, ngx_log_t *log)
{
    pass->live = 0;
    pass->log = log;

    idv_alarm_detach(&pass->alarm, log);

    if (pass->waiting) {
        idv_token_detach(&pass->token, log);
    }

    if (pass->transfer) {
        idv_transfer_detach(pass->transfer);
        pass->transfer->log = log;
    }
}
