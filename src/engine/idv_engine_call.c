
/*
 * Copyright (C) nginx-idv authors
 *
 * The calls of a job, and what their answers mean for its flow.
 */


#include "idv_engine_job.h"
#include "idv_engine_claims.h"


/* seconds that a provider's clock may be ahead */
#define IDV_ENGINE_SKEW  60


static void idv_engine_called(idv_call_t *call);


/* who was sent back to the beginning does not begin with what was before */

static int64_t
idv_engine_since(const idv_engine_job_t *job)
{
    u_char   owner[16], key[16];
    int64_t  now, since, revoked;

    now = ngx_time();
    since = now - ngx_min(job->provider->flow.reuse, job->flow.max_age);

    if (idv_engine_owner(&job->flow, owner) != NGX_OK) {
        return now + 1;
    }

    idv_store_subject(job->provider->id, owner, key);

    revoked = idv_store_revoked_before(job->provider->store, key, now);

    return ngx_max(since, revoked + 1);
}


idv_call_t *
idv_engine_call_new(idv_engine_job_t *job)
{
    idv_call_t  *call;

    call = ngx_pcalloc(job->pool, sizeof(idv_call_t));
    if (call == NULL) {
        return NULL;
    }

    call->provider = job->provider;
    call->pool = job->pool;
    call->log = ngx_cycle->log;
    call->live = job->call == NULL || job->owner || !ngx_queue_empty(&job->ops);
    call->user.data = (u_char *) job->flow.user;
    call->user.len = ngx_strlen(job->flow.user);
    call->retry_after = -1;
    call->handler = idv_engine_called;
    call->data = job;

    ngx_memcpy(call->tx, job->flow.tx, sizeof(call->tx));
    ngx_memcpy(call->policy, job->flow.policy, sizeof(call->policy));

    job->call = call;

    return call;
}


ngx_int_t
idv_engine_call(idv_engine_job_t *job, json_t *document)
{
    ngx_int_t    rc;
    idv_call_t  *call;

    if (job->effect.type == IDV_EFFECT_FIND) {
        return idv_engine_find(job);
    }

    if (job->effect.type == IDV_EFFECT_CREATE) {
        rc = idv_engine_uses(job);

        if (rc != NGX_OK) {
            return rc == NGX_AGAIN ? NGX_OK : NGX_ERROR;
        }
    }

    call = idv_engine_call_new(job);
    if (call == NULL) {
        return NGX_ERROR;
    }

    switch (job->effect.type) {

    case IDV_EFFECT_RECALL:
        call->since = idv_engine_since(job);

        return idv_provider_recall(call);

    case IDV_EFFECT_CREATE:
        call->method = job->effect.method;
        call->contact = job->contact;
        call->inputs = &job->inputs;
        call->uses = job->uses;

        if (job->redirect.len
            && idv_engine_return(job, &call->redirect) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (call->method != IDV_METHOD_QR && call->contact.len == 0) {
            /* a new transaction after a failure: nobody to ask again */
            call->method = IDV_METHOD_QR;
        }

        job->effect.method = call->method;

        return idv_provider_create(call);

    case IDV_EFFECT_READ:
        return idv_provider_read(call);

    default: /* IDV_EFFECT_FETCH */
        call->document = document;
        return idv_provider_claims(call);
    }
}


static uint32_t
idv_engine_pause(idv_call_t *call)
{
    return call->retry_after > 0 ? (uint32_t) call->retry_after * 1000 : 0;
}


void
idv_engine_failed(idv_engine_job_t *job, idv_call_t *call, idv_event_t *event)
{
    event->type = IDV_EVENT_CREATE_FAILED;
    event->retry_after = idv_engine_pause(call);

    /* a limit, a refusal or our own fault is no outage: never bypassed */

    event->cause = call->result == IDV_CALL_NOT_FOUND
                   ? IDV_CAUSE_USER_NOT_FOUND
                   : call->result == IDV_CALL_UNAVAILABLE
                     ? IDV_CAUSE_UNAVAILABLE : IDV_CAUSE_NONE;
    job->create_failed = 1;
    job->retry_after = call->retry_after;
}


static void
idv_engine_created(idv_engine_job_t *job, idv_call_t *call)
{
    idv_event_t  event;

    event = job->event;
    event.method = job->effect.method;
    event.cause = job->effect.cause;
    event.tx = &call->transaction;

    if (call->result == IDV_CALL_OK) {
        event.type = IDV_EVENT_CREATED;
        job->another = 1;

    } else {
        idv_engine_failed(job, call, &event);
        idv_engine_refund(job->provider, job->limits);
    }

    idv_engine_outcome(job, &event, NULL, NULL);
}


/* what cannot be asked for is not there: another transaction will do */

static void
idv_engine_recalled(idv_engine_job_t *job, idv_call_t *call)
{
    idv_event_t  event;

    event = job->event;
    event.type = IDV_EVENT_RECALLED;
    event.method = job->method;
    event.cause = IDV_CAUSE_NONE;
    event.tx = NULL;

    /* one of the future would never be too old */

    if (call->result == IDV_CALL_OK && call->transaction.created
        && call->transaction.created <= ngx_time() + IDV_ENGINE_SKEW)
    {
        event.tx = &call->transaction;
        job->verified = call->transaction.created;
    }

    idv_engine_outcome(job, &event, NULL, NULL);
}


static void
idv_engine_read(idv_engine_job_t *job, idv_call_t *call)
{
    idv_event_t  event;

    event = job->event;
    event.method = job->method;
    event.retry_after = idv_engine_pause(call);
    event.tx = &call->transaction;
    event.type = call->result == IDV_CALL_OK ? IDV_EVENT_STATUS
                                             : IDV_EVENT_READ_FAILED;

    if (event.type == IDV_EVENT_STATUS
        && (call->transaction.status == IDV_TX_UNKNOWN
            || call->transaction.status == IDV_TX_NOT_REQUIRED))
    {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "idv: provider \"%V\" reports a transaction status that "
                      "%s: not a success", &job->provider->name,
                      call->transaction.status == IDV_TX_UNKNOWN
                      ? "is not known" : "is NOT_REQUIRED");
    }

    idv_engine_outcome(job, &event, NULL, call->document);
}


static void
idv_engine_fetched(idv_engine_job_t *job, idv_call_t *call)
{
    ngx_str_t    claims;
    idv_event_t  event;

    event = job->event;
    event.type = IDV_EVENT_READ_FAILED;
    event.method = job->method;
    event.verified = job->verified;
    event.retry_after = idv_engine_pause(call);
    ngx_str_null(&claims);

    /* data that are gone leave a document without them: matches then fail */

    if ((call->result == IDV_CALL_OK || call->result == IDV_CALL_NOT_FOUND)
        && call->document
        && idv_engine_claims(job->provider, job->pool, call->log,
                             call->document, job->expected, &claims,
                             &event.cause)
           == NGX_OK)
    {
        event.type = IDV_EVENT_CLAIMS;
    }

    idv_engine_outcome(job, &event, claims.len ? &claims : NULL, NULL);

    /* job may be gone */
}


static void
idv_engine_called(idv_call_t *call)
{
    idv_engine_job_t *job = call->data;

    if (job->asks && idv_engine_uses_called(job, call) == NGX_OK) {
        return;
    }

    switch (job->effect.type) {

    case IDV_EFFECT_FIND:
        idv_engine_find_called(job, call);
        break;

    case IDV_EFFECT_RECALL:
        idv_engine_recalled(job, call);
        break;

    case IDV_EFFECT_CREATE:
        idv_engine_created(job, call);
        break;

    case IDV_EFFECT_READ:
        idv_engine_read(job, call);
        break;

    default:
        idv_engine_fetched(job, call);
        break;
    }
}
