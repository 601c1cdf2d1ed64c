
/*
 * Copyright (C) nginx-idv authors
 *
 * A flow moves only here: the store gives us its newest version, the machine
 * says what an event means, and the save fails if another worker was first.
 *
 * An effect that calls the provider is a job.  It has a pool of its own and
 * outlives the request that began it.  Operations on the same flow that come
 * meanwhile wait with it, those on other workers look at the zone every
 * IDV_ENGINE_TICK:
 *
 *   bucket[flow id] -> job -> op (owner), op, op     one worker
 *                       |
 *                       +-> call -> transfer
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "idv_engine_job.h"
#include "../util/idv_crypto.h"


#define IDV_ENGINE_BUCKETS  1024
#define IDV_ENGINE_TRIES    8        /* lost races in a row */


static ngx_int_t idv_engine_prepare(idv_engine_op_t *op, idv_flow_t *flow,
    idv_flow_t *next);
static ngx_int_t idv_engine_begin(idv_engine_op_t *op, idv_flow_t *next,
    idv_effect_t *effect);
static ngx_int_t idv_engine_copy(idv_engine_job_t *job, idv_engine_op_t *op);
static ngx_int_t idv_engine_save(idv_engine_job_t *job, idv_event_t *event,
    ngx_str_t *claims, idv_effect_t *effect);
static ngx_int_t idv_engine_renew(idv_engine_job_t *job);
static void idv_engine_finish(idv_engine_job_t *job, ngx_uint_t stale);


/* of this worker; the heads are made in init_process */

static ngx_queue_t  idv_engine_jobs[IDV_ENGINE_BUCKETS];


static ngx_queue_t *
idv_engine_bucket(const char *id)
{
    return &idv_engine_jobs[ngx_murmur_hash2((u_char *) id, IDV_FLOW_ID_LEN)
                            % IDV_ENGINE_BUCKETS];
}


idv_engine_job_t *
idv_engine_job(const char *id)
{
    ngx_queue_t       *q, *bucket;
    idv_engine_job_t  *job;

    bucket = idv_engine_bucket(id);

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        job = ngx_queue_data(q, idv_engine_job_t, link);

        if (ngx_memcmp(job->flow.id, id, IDV_FLOW_ID_LEN) == 0) {
            return job;
        }
    }

    return NULL;
}


void
idv_engine_clock(idv_event_t *event)
{
    event->now = ngx_time();
    event->now_ms = ngx_current_msec;
}


void
idv_engine_start(idv_engine_op_t *op)
{
    ngx_int_t     rc;
    idv_flow_t    next;
    idv_effect_t  effect;

    op->event.type = IDV_EVENT_START;
    idv_engine_clock(&op->event);

    /* looked for first: clients ask again and again, and an id costs more */

    if (idv_store_reuse(op->provider->store, &op->flow, op->event.now_ms)
        == NGX_OK)
    {
        op->result = IDV_ENGINE_OK;
        return;
    }

    if (idv_engine_resume(op, &op->flow) == NGX_OK) {
        op->result = IDV_ENGINE_OK;
        return;
    }

    if (idv_random_id((u_char *) op->flow.id) != NGX_OK) {
        op->result = IDV_ENGINE_ERROR;
        return;
    }

    (void) idv_flow_next(&op->provider->flow, &op->flow, &op->event, &next,
                         &effect);

    op->flow = next;

    rc = idv_store_create(op->provider->store, &op->flow, op->event.now_ms);

    switch (rc) {

    case NGX_OK:
    case NGX_AGAIN:
        op->result = IDV_ENGINE_OK;
        break;

    case NGX_BUSY:
        op->result = IDV_ENGINE_TOO_MANY;
        break;

    default:
        op->result = IDV_ENGINE_FULL;
        break;
    }
}


/* in this turn of the event loop: a save would tell if it is old */

static ngx_inline ngx_uint_t
idv_engine_seen(idv_engine_op_t *op)
{
    return op->found && op->found == ngx_current_msec;
}


/* unknown, expired, ended and not theirs look the same from outside */

ngx_int_t
idv_engine_load(idv_engine_op_t *op, idv_flow_t *flow)
{
    ngx_uint_t  mine;

    /* where it was seen, flow is op->flow: whoever waits has seen nothing */

    if (!idv_engine_seen(op)
        && idv_store_load(op->provider->store, &op->id, op->event.now_ms, flow)
           != NGX_OK
        && idv_engine_resume(op, flow) != NGX_OK)
    {
        ngx_memzero(flow, sizeof(idv_flow_t));
    }

    op->found = 0;

    mine = idv_equal(flow->binding, op->binding, sizeof(op->binding));

    /* no provider has the id 0, which a flow that was not found has */

    if (!mine || flow->provider != op->provider->id) {
        return NGX_DECLINED;
    }

    if (op->event.type != IDV_EVENT_LOOK && op->event.type != IDV_EVENT_FIND
        && (flow->state == IDV_STATE_ENDED
            || flow->state == IDV_STATE_CANCELED))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
idv_engine_run(idv_engine_op_t *op)
{
    int           step;
    ngx_int_t     rc;
    ngx_uint_t    tries, changed;
    idv_flow_t    loaded, next, *flow;
    idv_store_t  *store;
    idv_effect_t  effect;

    static const ngx_str_t  wiped = ngx_null_string;

    store = op->provider->store;
    op->retry_after = -1;

    if (op->event.type == IDV_EVENT_FIND) {
        idv_engine_clock(&op->event);

        if (idv_engine_load(op, &op->flow) != NGX_OK) {
            ngx_memzero(&op->flow, sizeof(idv_flow_t));
            op->result = IDV_ENGINE_NOT_FOUND;
            return NGX_OK;
        }

        op->found = ngx_current_msec;
        op->result = IDV_ENGINE_OK;
        return NGX_OK;
    }

    for (tries = 0; tries < IDV_ENGINE_TRIES; tries++) {

        idv_engine_clock(&op->event);

        /* a flow is long: not copied where it is already */

        flow = idv_engine_seen(op) ? &op->flow : &loaded;

        if (idv_engine_load(op, flow) != NGX_OK) {
            op->result = IDV_ENGINE_NOT_FOUND;
            return NGX_OK;
        }

        if (op->event.type == IDV_EVENT_RETURNED) {
            op->event.asked = (uint8_t) idv_engine_asked_back(op, flow);
        }

        step = idv_flow_next(&op->provider->flow, flow, &op->event, &next,
                             &effect);

        changed = ngx_memcmp(flow, &next, sizeof(idv_flow_t)) != 0;

        ngx_log_debug4(NGX_LOG_DEBUG_HTTP, op->log, 0,
                       "idv flow event %d: %s -> %s, effect %d",
                       (int) op->event.type, idv_flow_state_name(flow->state),
                       idv_flow_state_name(next.state), (int) effect.type);

        if (effect.type == IDV_EFFECT_ISSUE) {
            rc = idv_engine_prepare(op, flow, &next);

            if (rc == NGX_DECLINED) {
                continue;
            }

            if (rc == NGX_ERROR) {
                op->result = IDV_ENGINE_ERROR;
                return NGX_OK;
            }
        }

        if (op->return_to.len
            && (effect.type == IDV_EFFECT_CREATE
                || effect.type == IDV_EFFECT_RECALL
                || effect.type == IDV_EFFECT_FIND))
        {
            ngx_cpystrn((u_char *) next.return_to, op->return_to.data,
                        ngx_min(op->return_to.len + 1,
                                sizeof(next.return_to)));
        }

        if (changed) {

            rc = idv_store_save(store, &next,
                                effect.type == IDV_EFFECT_ISSUE ? &wiped
                                                                : NULL);
            if (rc != NGX_OK) {
                continue;
            }
        }

        if (changed || flow == &loaded) {
            op->flow = next;
        }

        if (step == IDV_FLOW_REFUSED) {
            op->result = IDV_ENGINE_NOT_ALLOWED;
            return NGX_OK;
        }

        if (step == IDV_FLOW_LIMIT) {
            op->result = IDV_ENGINE_NO_ATTEMPTS;
            return NGX_OK;
        }

        op->result = IDV_ENGINE_OK;

        switch (effect.type) {

        case IDV_EFFECT_READ:
        case IDV_EFFECT_FIND:
        case IDV_EFFECT_RECALL:
        case IDV_EFFECT_CREATE:
            return idv_engine_begin(op, &next, &effect);

        case IDV_EFFECT_WAIT:

            if (op->event.type == IDV_EVENT_POLL
                && (op->provider->poll_wait == 0
                    || (op->deadline
                        && (ngx_msec_int_t) (op->deadline - ngx_current_msec)
                           <= 0)))
            {
                return NGX_OK;
            }

            idv_engine_wait(op, idv_engine_job(next.id), &next);
            return NGX_AGAIN;

        case IDV_EFFECT_ISSUE:
            op->issue = 1;
            return NGX_OK;

        default:
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_ERR, op->log, 0,
                  "idv: a flow was changed %d times while it was looked at",
                  IDV_ENGINE_TRIES);

    op->result = IDV_ENGINE_ERROR;

    return NGX_OK;
}


static ngx_int_t
idv_engine_prepare(idv_engine_op_t *op, idv_flow_t *flow, idv_flow_t *next)
{
    ngx_int_t   rc;
    idv_flow_t  before;

    before = *flow;

    rc = idv_store_claims(op->provider->store, flow, op->pool, &op->claims);

    if (rc == NGX_OK) {
        op->flow = *next;
        op->issue = 1;

        rc = op->prepare(op);

        op->issue = 0;
    }

    if (rc != NGX_OK) {
        op->flow = before;
    }

    return rc;
}


static ngx_int_t
idv_engine_copy_string(ngx_pool_t *pool, ngx_str_t *dst, ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = ngx_pnalloc(pool, src->len + 1);

    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(dst->data, src->data, src->len);
    dst->data[src->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
idv_engine_begin(idv_engine_op_t *op, idv_flow_t *next, idv_effect_t *effect)
{
    ngx_str_t          address;
    ngx_pool_t        *pool;
    ngx_uint_t         spent;
    idv_event_t        event;
    idv_engine_job_t  *job;
    idv_store_limit_t  limits[IDV_LIMIT_MAX];

    spent = 0;
    op->ask->address(op, &address);

    /* who registers finds nobody, and no user is made beyond a limit either */

    if (effect->type == IDV_EFFECT_CREATE
        || (effect->type == IDV_EFFECT_FIND && op->provider->registration))
    {
        op->result = idv_engine_spend(op->provider, next, &address, limits,
                                      &op->retry_after);

        if (op->result != IDV_ENGINE_OK) {
            goto failed;
        }

        spent = 1;

    } else if (effect->type == IDV_EFFECT_RECALL
               || effect->type == IDV_EFFECT_FIND)
    {
        op->result = idv_engine_locked(op->provider, next, &op->retry_after);

        if (op->result != IDV_ENGINE_OK) {
            goto failed;
        }
    }

    op->result = IDV_ENGINE_ERROR;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        goto failed;
    }

    job = ngx_pcalloc(pool, sizeof(idv_engine_job_t));
    if (job == NULL) {
        ngx_destroy_pool(pool);
        goto failed;
    }

    job->pool = pool;
    job->provider = op->provider;
    job->flow = *next;
    job->event = op->event;
    job->effect = *effect;
    job->method = effect->method;
    job->retry_after = -1;

    if (spent) {
        job->spent = (effect->type == IDV_EFFECT_FIND);
        ngx_memcpy(job->limits, limits, sizeof(limits));
    }

    if (idv_engine_copy_string(job->pool, &job->address, &address) != NGX_OK
        || idv_engine_copy(job, op) != NGX_OK
        || idv_engine_call(job, NULL) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        goto failed;
    }

    ngx_queue_init(&job->ops);
    ngx_queue_insert_head(idv_engine_bucket(job->flow.id), &job->link);

    job->owner = op;
    op->result = IDV_ENGINE_OK;

    if (op->event.type == IDV_EVENT_POLL && op->provider->poll_wait == 0) {
        job->owner = NULL;
        idv_provider_detach(job->call);
        return NGX_OK;
    }

    idv_engine_wait(op, job, next);

    return NGX_AGAIN;

failed:

    /* give back the lease, and what was spent: nothing is under way */

    if (spent) {
        idv_engine_refund(op->provider, limits);
    }

    event = op->event;
    event.type = effect->type == IDV_EFFECT_READ ? IDV_EVENT_READ_FAILED
                                                 : IDV_EVENT_CREATE_FAILED;
    event.cause = IDV_CAUSE_NONE;
    event.retry_after = 0;

    if (idv_flow_next(&op->provider->flow, next, &event, &op->flow, effect)
        == IDV_FLOW_OK)
    {
        (void) idv_store_save(op->provider->store, &op->flow, NULL);
    }

    return NGX_OK;
}


/* what the job needs of the request, which may go away before it */

static ngx_int_t
idv_engine_copy(idv_engine_job_t *job, idv_engine_op_t *op)
{
    uint32_t      wanted;
    ngx_str_t     value;
    ngx_uint_t    i, n;
    idv_inputs_t  inputs;

    if (idv_engine_copy_string(job->pool, &job->contact, &op->contact)
        != NGX_OK
        || idv_engine_copy_string(job->pool, &job->redirect, &op->redirect)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    wanted = idv_engine_wants(job);

    if (wanted) {
        inputs.n = 0;

        if (op->ask->inputs(op, wanted, &inputs) != NGX_OK
            || idv_input_copy(job->pool, &job->inputs, &inputs) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    n = op->provider->matches ? op->provider->matches->nelts : 0;

    if (n == 0 || job->effect.type == IDV_EFFECT_CREATE) {
        return NGX_OK;
    }

    job->expected = ngx_pcalloc(job->pool, n * sizeof(ngx_str_t));
    if (job->expected == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (op->ask->expect(op, i, &value) != NGX_OK
            || idv_engine_copy_string(job->pool, &job->expected[i], &value)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
idv_engine_outcome(idv_engine_job_t *job, idv_event_t *event,
    ngx_str_t *claims, json_t *document)
{
    uint8_t       counted;
    ngx_uint_t    creating;
    idv_effect_t  effect;

    counted = job->flow.flags & IDV_FLOW_COUNTED;

    if (idv_engine_save(job, event, claims, &effect) != NGX_OK) {

        if (event->type == IDV_EVENT_CREATED) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "idv: provider \"%V\": a transaction was created for "
                          "a flow that has gone on meanwhile",
                          &job->provider->name);
        }

        idv_engine_finish(job, 1);
        return;
    }

    if (!counted && (job->flow.flags & IDV_FLOW_COUNTED)) {
        idv_engine_strike(job->provider, &job->flow);
    }

    if (effect.type == IDV_EFFECT_NONE) {
        idv_engine_finish(job, 0);
        return;
    }

    job->effect = effect;

    /* also where an earlier transaction is looked at instead */

    creating = job->flow.flags & IDV_FLOW_CREATING;

    event->type = creating ? IDV_EVENT_CREATE_FAILED : IDV_EVENT_READ_FAILED;
    event->retry_after = 1000;

    if (effect.type == IDV_EFFECT_CREATE && !job->spent) {
        job->refused = idv_engine_spend(job->provider, &job->flow,
                                        &job->address, job->limits,
                                        &job->retry_after);

    } else if (effect.type == IDV_EFFECT_RECALL) {
        job->refused = idv_engine_locked(job->provider, &job->flow,
                                         &job->retry_after);
    }

    job->spent = 0;

    if (job->refused != IDV_ENGINE_OK) {
        event->cause = IDV_CAUSE_FAILED;

    } else if (idv_engine_call(job, document) == NGX_OK) {
        return;

    } else {
        event->cause = IDV_CAUSE_NONE;
        job->create_failed = creating ? 1 : 0;

        if (effect.type == IDV_EFFECT_CREATE) {
            idv_engine_refund(job->provider, job->limits);
        }
    }

    (void) idv_engine_save(job, event, NULL, &effect);

    idv_engine_finish(job, 0);
}


/* what the event makes of the flow, in the zone and in the job */

static ngx_int_t
idv_engine_save(idv_engine_job_t *job, idv_event_t *event, ngx_str_t *claims,
    idv_effect_t *effect)
{
    ngx_int_t   rc;
    ngx_uint_t  tries;
    idv_flow_t  next;

    for (tries = 0; tries < IDV_ENGINE_TRIES; tries++) {

        idv_engine_clock(event);

        if (idv_flow_next(&job->provider->flow, &job->flow, event, &next,
                          effect)
            != IDV_FLOW_OK)
        {
            return NGX_DECLINED;
        }

        rc = idv_store_save(job->provider->store, &next, claims);

        if (rc == NGX_OK) {
            job->flow = next;
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            /* no room for claims: the transaction keeps them for a while */
            event->type = IDV_EVENT_READ_FAILED;
            event->retry_after = 1000;
            claims = NULL;

        } else if (idv_engine_renew(job) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_DECLINED;
}


/*
 * A save that lost a race.  The flow is still ours where nobody has taken the
 * lease: another tab brought a return address, or the browser came back from
 * the capture.  NGX_OK: job->flow is the newest version.
 */

static ngx_int_t
idv_engine_renew(idv_engine_job_t *job)
{
    ngx_str_t   id;
    idv_flow_t  flow;

    id.data = (u_char *) job->flow.id;
    id.len = IDV_FLOW_ID_LEN;

    if (idv_store_load(job->provider->store, &id, ngx_current_msec, &flow)
        != NGX_OK
        || flow.busy_until == 0
        || flow.busy_until != job->flow.busy_until
        || ((flow.flags ^ job->flow.flags) & IDV_FLOW_CREATING)
        || ngx_memcmp(flow.tx, job->flow.tx, sizeof(flow.tx)) != 0)
    {
        return NGX_DECLINED;
    }

    job->flow = flow;

    return NGX_OK;
}


void
idv_engine_release(idv_engine_job_t *job)
{
    idv_flow_t  next;
    ngx_uint_t  tries;

    for (tries = 0; tries < IDV_ENGINE_TRIES; tries++) {

        next = job->flow;
        next.busy_until = 0;
        next.flags &= (uint8_t) ~IDV_FLOW_CREATING;

        if (idv_store_save(job->provider->store, &next, NULL) == NGX_OK
            || idv_engine_renew(job) != NGX_OK)
        {
            return;
        }
    }
}


/*
 * Everybody who waited is told.  A handler may finalize requests and thereby
 * abandon other operations of this queue, so it is taken apart from its head.
 */

static void
idv_engine_finish(idv_engine_job_t *job, ngx_uint_t stale)
{
    ngx_queue_t      *q;
    idv_engine_op_t  *op;

    /* who is abandoned by a handler is not the last to care for the job */
    job->finished = 1;

    ngx_queue_remove(&job->link);

    while (!ngx_queue_empty(&job->ops)) {
        q = ngx_queue_head(&job->ops);
        op = ngx_queue_data(q, idv_engine_op_t, queue);

        idv_engine_unwait(op);

        /* all who poll have waited for this answer and need no other */

        if (stale || (op != job->owner && op->event.type != IDV_EVENT_POLL)) {
            idv_engine_again(op);
            continue;
        }

        op->flow = job->flow;
        op->made = job->another;
        op->result = IDV_ENGINE_OK;

        if (op == job->owner && (job->create_failed || job->refused)
            && (job->event.type == IDV_EVENT_DEVICE_SELF
                || job->event.type == IDV_EVENT_DEVICE_OTHER
                || job->event.type == IDV_EVENT_OPTIONS)
            && (job->flow.state == IDV_STATE_DEVICE
                || job->flow.state == IDV_STATE_OPTIONS))
        {
            op->result = job->refused ? job->refused : IDV_ENGINE_UNAVAILABLE;
            op->retry_after = job->retry_after;
        }

        op->handler(op);
    }

    ngx_destroy_pool(job->pool);
}


void
idv_engine_again(idv_engine_op_t *op)
{
    if (idv_engine_run(op) == NGX_OK) {
        op->handler(op);
    }
}


ngx_int_t
idv_engine_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_ENGINE_BUCKETS; i++) {
        ngx_queue_init(&idv_engine_jobs[i]);
    }

    return NGX_OK;
}


void
idv_engine_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t         i;
    ngx_queue_t       *q;
    idv_engine_job_t  *job;

    for (i = 0; i < IDV_ENGINE_BUCKETS; i++) {

        while (!ngx_queue_empty(&idv_engine_jobs[i])) {
            q = ngx_queue_head(&idv_engine_jobs[i]);
            job = ngx_queue_data(q, idv_engine_job_t, link);

            ngx_queue_remove(&job->link);
            idv_provider_cancel(job->call);

            /* other workers go on with the flow, and need not wait for it */
            idv_engine_release(job);

            ngx_destroy_pool(job->pool);
        }
    }
}
