
/*
 * Copyright (C) nginx-idv authors
 *
 *   start --> admitted? --> token --> send --> pieces --> the end
 *                                      ^         401, once: a new token
 *                                      '------------------------------'
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_alarm.h"
#include "idv_answer.h"
#include "idv_relay.h"
#include "idv_token.h"


#define IDV_RELAY_PROBE_SLACK  1000      /* ms that a probe outlives a call */
#define IDV_RELAY_MAX_ERROR    65536     /* bytes of an error that is kept */


typedef struct {
    idv_relay_t               *relay;
    uint64_t                   deadline;     /* monotonic ms */

    idv_store_peer_conf_t      limits;
    idv_peer_pass_t            pass;
    unsigned                   admitted:1;
    unsigned                   renewed:1;    /* the token, after a 401 */
    unsigned                   quiet:1;      /* nothing, or already logged */

    ngx_str_t                  url;
    ngx_str_t                  type;         /* a whole header line */
    idv_token_t                token;
    idv_transfer_t            *transfer;
    idv_answer_t               answer;
    idv_alarm_t                alarm;
} idv_relay_op_t;


typedef struct {
    u_char                    *data;
    size_t                     len;
} idv_relay_bytes_t;


static ngx_int_t idv_relay_prepare(idv_relay_op_t *op);
static ngx_int_t idv_relay_admit(idv_relay_op_t *op);
static void idv_relay_authorize(idv_relay_op_t *op);
static void idv_relay_authorized(idv_token_t *token);
static void idv_relay_unauthorized(idv_relay_op_t *op);
static void idv_relay_send(idv_relay_op_t *op);
static void idv_relay_fail(idv_relay_op_t *op, idv_call_result_e result,
    const char *why);
static void idv_relay_wake(ngx_event_t *ev);
static void idv_relay_piece(idv_transfer_t *t);
static void idv_relay_answered(idv_transfer_t *t);
static ngx_int_t idv_relay_error(idv_relay_op_t *op, idv_transfer_t *t);
static ngx_int_t idv_relay_own(idv_relay_t *relay, u_char *data, size_t len);
static void idv_relay_wipe(void *data);
static void idv_relay_finish(idv_relay_op_t *op);
static void idv_relay_settle(idv_relay_op_t *op, idv_peer_outcome_e outcome);


/* how each verdict of the store is answered; ADMITTED is not */

static const struct {
    idv_call_result_e   result;
    const char         *why;
} idv_relay_refusals[] = {
    { IDV_CALL_OK,          "" },
    { IDV_CALL_UNAVAILABLE, "the breaker is open" },
    { IDV_CALL_UNAVAILABLE, "the provider asked for a pause" },
    { IDV_CALL_LIMITED,     "the provider's limit is reached" },
    { IDV_CALL_LIMITED,     "read_rate is reached" },
    { IDV_CALL_UNAVAILABLE, "the zone has no room for another provider" }
};


ngx_int_t
idv_relay_start(idv_relay_t *relay)
{
    idv_relay_op_t        *op;
    const idv_provider_t  *provider;

    provider = relay->provider;

    op = ngx_pcalloc(relay->pool, sizeof(idv_relay_op_t));
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->relay = relay;
    op->deadline = (uint64_t) ngx_current_msec + relay->net->timeout;

    op->limits.failures = provider->breaker_failures;
    op->limits.timeout = provider->breaker_timeout;
    op->limits.probe = relay->net->timeout + IDV_RELAY_PROBE_SLACK;
    op->limits.rate = provider->read_rate;
    op->limits.burst = provider->read_burst;

    if (idv_relay_prepare(op) != NGX_OK) {
        return NGX_ERROR;
    }

    idv_alarm_init(&op->alarm, idv_relay_wake, op, relay->log, 1);

    relay->priv = op;
    relay->retry_after = -1;
    relay->status = 0;
    ngx_str_null(&relay->response);

    if (idv_relay_admit(op) == NGX_OK) {
        op->admitted = 1;
        idv_relay_authorize(op);
    }

    return NGX_OK;
}


static ngx_int_t
idv_relay_prepare(idv_relay_op_t *op)
{
    u_char                *p;
    idv_relay_t           *relay;
    const idv_provider_t  *provider;

    relay = op->relay;
    provider = relay->provider;

    p = ngx_pnalloc(relay->pool, provider->api_url.len
                                 + sizeof("/environments/")
                                 + provider->environment_id.len
                                 + relay->path.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->url.data = p;
    p = ngx_sprintf(p, "%V/environments/%V%V%Z", &provider->api_url,
                    &provider->environment_id, &relay->path);
    op->url.len = p - op->url.data - 1;

    if (relay->type.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(relay->pool, sizeof("Content-Type: ") + relay->type.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->type.data = p;
    p = ngx_sprintf(p, "Content-Type: %V%Z", &relay->type);
    op->type.len = p - op->type.data - 1;

    return NGX_OK;
}


static ngx_int_t
idv_relay_admit(idv_relay_op_t *op)
{
    idv_relay_t           *relay;
    idv_peer_verdict_e     verdict;
    const idv_provider_t  *provider;

    relay = op->relay;
    provider = relay->provider;

    /* whatever it is, it costs from the bucket, and waits when that is empty */

    verdict = idv_store_peer_admit(provider->store, provider->id, &op->limits,
                                   1, ngx_current_msec, &op->pass);

    if (verdict == IDV_PEER_ADMITTED) {
        return NGX_OK;
    }

    op->quiet = (verdict != IDV_PEER_MISSING);

    if (idv_relay_refusals[verdict].result == IDV_CALL_LIMITED) {
        idv_store_count(provider->store, IDV_COUNT_PROVIDER_LIMITED);
    }

    idv_relay_fail(op, idv_relay_refusals[verdict].result,
                   idv_relay_refusals[verdict].why);

    if (op->pass.wait) {
        op->answer.retry_after = (op->pass.wait + 999) / 1000;
    }

    return NGX_DECLINED;
}


static void
idv_relay_authorize(idv_relay_op_t *op)
{
    idv_relay_t  *relay;

    relay = op->relay;

    op->token.provider = relay->provider;
    op->token.pool = relay->pool;
    op->token.log = relay->log;
    op->token.live = 1;
    op->token.deadline = op->deadline;
    op->token.handler = idv_relay_authorized;
    op->token.data = op;

    switch (idv_token_get(&op->token)) {

    case NGX_OK:
        idv_relay_send(op);
        return;

    case NGX_AGAIN:
        return;

    default: /* NGX_DECLINED */
        idv_relay_unauthorized(op);
        idv_alarm_post(&op->alarm);
    }
}


static void
idv_relay_authorized(idv_token_t *token)
{
    idv_relay_op_t  *op;

    op = token->data;

    if (token->answer.result == IDV_CALL_OK) {
        idv_relay_send(op);
        return;
    }

    idv_relay_unauthorized(op);
    idv_relay_finish(op);
}


static void
idv_relay_unauthorized(idv_relay_op_t *op)
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
idv_relay_send(idv_relay_op_t *op)
{
    uint64_t         now;
    idv_relay_t     *relay;
    idv_transfer_t  *t;

    relay = op->relay;
    now = ngx_current_msec;

    if (now >= op->deadline) {
        idv_relay_fail(op, IDV_CALL_UNAVAILABLE,
                       "no time was left after the token");
        return;
    }

    t = ngx_pcalloc(relay->pool, sizeof(idv_transfer_t));
    if (t == NULL) {
        idv_relay_fail(op, IDV_CALL_ERROR, "no memory");
        return;
    }

    t->conf = relay->net;
    t->pool = relay->pool;
    t->log = relay->log;
    t->live = 1;
    t->creates = (relay->method.data[0] != 'G');
    t->method = relay->method;
    t->url = op->url;
    t->body = relay->body;
    t->window = relay->window;
    t->progress = idv_relay_piece;
    t->handler = idv_relay_answered;
    t->keep = relay->keep;
    t->data = op;

    t->headers[t->nheaders++] = op->token.header;
    ngx_str_set(&t->headers[t->nheaders], "Accept: application/json");
    t->nheaders++;

    if (op->type.len) {
        t->headers[t->nheaders++] = op->type;
    }

    if (idv_transfer_start(t) != NGX_OK) {
        idv_relay_fail(op, IDV_CALL_ERROR, "the request cannot be sent");
        return;
    }

    op->transfer = t;

    /* the driver knows the transfer's own deadline, not that of the call */

    if (op->deadline - now < relay->net->timeout) {
        idv_alarm_in(&op->alarm, op->deadline - now);
    }
}


/* it ends here, but its handler waits for the event loop */

static void
idv_relay_fail(idv_relay_op_t *op, idv_call_result_e result, const char *why)
{
    idv_answer_none(&op->answer, result, why);

    idv_alarm_post(&op->alarm);
}


static void
idv_relay_wake(ngx_event_t *ev)
{
    idv_relay_op_t  *op;

    op = idv_alarm_data(ev);

    if (op->transfer) {
        idv_transfer_cancel(op->transfer);
        op->transfer = NULL;

        idv_answer_late(&op->answer);

        if (op->relay->status) {
            /* it did answer: whoever asked was slow to take it */
            op->answer.outcome = IDV_PEER_GOOD;
            op->quiet = 1;
        }
    }

    idv_relay_finish(op);
}


static void
idv_relay_piece(idv_transfer_t *t)
{
    idv_relay_t     *relay;
    idv_relay_op_t  *op;

    op = t->data;
    relay = op->relay;

    if (relay->status == 0) {
        relay->status = t->status;
        ngx_memcpy(relay->kept, t->kept, sizeof(t->kept));

        /* documents and photos are wiped whatever becomes of the request */

        if (idv_relay_own(relay, t->response.data,
                          ngx_max(relay->window, IDV_TRANSFER_MIN_WINDOW))
            != NGX_OK)
        {
            idv_transfer_cancel(t);
            op->transfer = NULL;
            idv_relay_fail(op, IDV_CALL_ERROR, "no memory");
            return;
        }
    }

    relay->response = t->response;
    relay->progress(relay);
}


void
idv_relay_resume(idv_relay_t *relay)
{
    idv_relay_op_t  *op;

    op = relay->priv;
    relay->response.len = 0;

    if (op && op->transfer) {
        op->transfer->response.len = 0;
        idv_transfer_resume(op->transfer);
    }
}


static void
idv_relay_answered(idv_transfer_t *t)
{
    ngx_uint_t       streamed;
    idv_relay_t     *relay;
    idv_relay_op_t  *op;

    op = t->data;
    relay = op->relay;

    op->transfer = NULL;
    idv_alarm_stop(&op->alarm);

    streamed = (relay->status != 0);

    if (t->result != IDV_TRANSFER_OK) {
        idv_answer_read(&op->answer, t);
        ngx_str_null(&relay->response);

        /* whom it is too much for, or too fast, is no fault of the provider */

        relay->too_large = (t->result == IDV_TRANSFER_TOO_LARGE);

        if (relay->too_large
            || (streamed && t->result == IDV_TRANSFER_TIMEOUT))
        {
            op->answer.outcome = IDV_PEER_GOOD;
            op->quiet = 1;
        }

        idv_relay_finish(op);
        return;
    }

    if (t->status == 401) {
        idv_token_drop(&op->token);

        if (!op->renewed) {
            op->renewed = 1;
            idv_relay_authorize(op);
            return;
        }
    }

    relay->status = t->status;
    ngx_memcpy(relay->kept, t->kept, sizeof(t->kept));

    if (t->status >= 200 && t->status < 300) {

        if (!streamed
            && idv_relay_own(relay, t->response.data, t->response.len)
               != NGX_OK)
        {
            idv_answer_none(&op->answer, IDV_CALL_ERROR, "no memory");

        } else {
            ngx_memzero(&op->answer, sizeof(idv_answer_t));
            op->answer.outcome = IDV_PEER_GOOD;
            op->answer.retry_after = -1;
            relay->response = t->response;
        }

    } else if (idv_relay_error(op, t) != NGX_OK) {
        idv_answer_none(&op->answer, IDV_CALL_ERROR, "no memory");
    }

    idv_relay_finish(op);
}


/* an error is an answer, too: ours to log, and the application's to read */

static ngx_int_t
idv_relay_error(idv_relay_op_t *op, idv_transfer_t *t)
{
    ngx_str_t     copy;
    idv_relay_t  *relay;

    relay = op->relay;

    ngx_str_null(&copy);

    if (t->response.len && t->response.len <= IDV_RELAY_MAX_ERROR) {
        copy.data = ngx_pstrdup(relay->pool, &t->response);

        if (copy.data == NULL
            || idv_relay_own(relay, copy.data, t->response.len) != NGX_OK)
        {
            return NGX_ERROR;
        }

        copy.len = t->response.len;
    }

    idv_answer_read(&op->answer, t);

    if (op->answer.result != IDV_CALL_LIMITED
        && op->answer.result != IDV_CALL_UNAVAILABLE)
    {
        /* what the application asked for was wrong: no news for our log */
        op->quiet = (t->status != 401 && t->status != 403);
    }

    if (!op->quiet) {
        idv_answer_fault(&op->answer, relay->provider, relay->name,
                         relay->log);
        op->quiet = 1;
    }

    op->answer.result = IDV_CALL_OK;
    relay->response = copy;

    return NGX_OK;
}


static ngx_int_t
idv_relay_own(idv_relay_t *relay, u_char *data, size_t len)
{
    idv_relay_bytes_t   *bytes;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(relay->pool, sizeof(idv_relay_bytes_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    bytes = cln->data;
    bytes->data = data;
    bytes->len = len;

    cln->handler = idv_relay_wipe;

    return NGX_OK;
}


static void
idv_relay_wipe(void *data)
{
    idv_relay_bytes_t *bytes = data;

    if (bytes->len) {
        ngx_explicit_memzero(bytes->data, bytes->len);
    }
}


static void
idv_relay_finish(idv_relay_op_t *op)
{
    idv_relay_t  *relay;

    relay = op->relay;

    idv_alarm_stop(&op->alarm);

    if (op->answer.result != IDV_CALL_OK && !op->quiet) {
        idv_answer_fault(&op->answer, relay->provider, relay->name,
                         relay->log);
    }

    idv_relay_settle(op, op->answer.outcome);

    relay->result = op->answer.result;
    relay->retry_after = op->answer.retry_after;
    relay->priv = NULL;

    /* the handler may destroy the pool */

    relay->handler(relay);
}


/* the last of a call: nothing secret stays, nothing is held */

static void
idv_relay_settle(idv_relay_op_t *op, idv_peer_outcome_e outcome)
{
    idv_relay_t           *relay;
    const idv_provider_t  *provider;

    relay = op->relay;
    provider = relay->provider;

    idv_token_done(&op->token);

    if (relay->body.len) {
        ngx_explicit_memzero(relay->body.data, relay->body.len);
    }

    if (!op->admitted) {
        return;
    }

    if (idv_store_peer_settle(provider->store, provider->id, &op->limits,
                              &op->pass, outcome, ngx_current_msec))
    {
        idv_store_count(provider->store, IDV_COUNT_BREAKER_OPENED);

        ngx_log_error(NGX_LOG_ERR, relay->log, 0,
                      "idv: provider \"%V\": the breaker opens, no call for "
                      "%Mms", &provider->name, provider->breaker_timeout);
    }
}


void
idv_relay_cancel(idv_relay_t *relay)
{
    idv_relay_op_t  *op;

    op = relay->priv;

    if (op == NULL) {
        return;
    }

    relay->priv = NULL;

    if (op->transfer) {
        idv_transfer_cancel(op->transfer);
        op->transfer = NULL;
    }

    idv_alarm_stop(&op->alarm);
    idv_relay_settle(op, IDV_PEER_NEITHER);
}
