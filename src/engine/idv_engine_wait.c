
/*
 * Copyright (C) nginx-idv authors
 *
 * Operations that wait: for a job of this worker, or of another one.
 */


#include "idv_engine_job.h"


#define IDV_ENGINE_TICK  50          /* ms between looks at the zone */


static void idv_engine_timer(ngx_event_t *ev);


/*
 * A poll waits poll_wait in all; anything else until the effect that it has to
 * wait for is over, or its lease.  Without a job on this worker the zone is
 * looked at now and then.
 */

void
idv_engine_wait(idv_engine_op_t *op, idv_engine_job_t *job, idv_flow_t *flow)
{
    ngx_msec_t  wait;

    if (op->deadline == 0) {

        wait = op->event.type == IDV_EVENT_POLL
               ? op->provider->poll_wait
               : (ngx_msec_t) (flow->busy_until - ngx_current_msec);

        op->deadline = ngx_current_msec + wait;
    }

    op->timer.handler = idv_engine_timer;
    op->timer.data = op;
    op->timer.log = ngx_cycle->log;
    op->job = job;

    if (job) {
        ngx_queue_insert_tail(&job->ops, &op->queue);

        /* an owner that creates is told by the end of its job, however late */

        if (op == job->owner && op->event.type != IDV_EVENT_POLL) {
            return;
        }
    }

    /* a deadline that has passed: a timer that has, or one that comes soon */

    wait = op->deadline - ngx_current_msec;

    ngx_add_timer(&op->timer, job ? wait : ngx_min(wait, IDV_ENGINE_TICK));
}


void
idv_engine_unwait(idv_engine_op_t *op)
{
    if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);
    }

    if (op->job) {
        ngx_queue_remove(&op->queue);
        op->job = NULL;
    }
}


static void
idv_engine_timer(ngx_event_t *ev)
{
    idv_engine_op_t *op = ev->data;

    ngx_uint_t         late;
    idv_flow_t         flow;
    idv_engine_job_t  *job;

    job = op->job;
    late = (ngx_msec_int_t) (op->deadline - ngx_current_msec) <= 0;

    idv_engine_unwait(op);

    if (job && job->owner == op) {
        job->owner = NULL;
    }

    if (job && ngx_queue_empty(&job->ops)) {
        /* its result is worth having, but it holds nobody any more */
        idv_provider_detach(job->call);
    }

    if (op->event.type != IDV_EVENT_POLL) {

        if (late) {
            op->deadline = 0;
        }

        idv_engine_again(op);
        return;
    }

    /* a poll that has waited is answered, and begins no read of its own */

    idv_engine_clock(&op->event);

    if (idv_engine_load(op, &flow) != NGX_OK) {
        op->result = IDV_ENGINE_NOT_FOUND;

    } else if (!late && flow.busy_until > op->event.now_ms) {
        idv_engine_wait(op, idv_engine_job(flow.id), &flow);
        return;

    } else {
        op->flow = flow;
        op->result = IDV_ENGINE_OK;
    }

    op->handler(op);
}


void
idv_engine_abandon(idv_engine_op_t *op)
{
    idv_engine_job_t  *job;

    job = op->job;

    idv_engine_unwait(op);

    if (job == NULL) {
        return;
    }

    if (job->owner == op) {
        job->owner = NULL;
    }

    if (job->finished || !ngx_queue_empty(&job->ops)) {
        return;
    }

    if (job->effect.type == IDV_EFFECT_CREATE) {
        /* it costs money: finished, and the result kept */
        idv_provider_detach(job->call);
        return;
    }

    idv_provider_cancel(job->call);
    idv_engine_release(job);

    ngx_queue_remove(&job->link);
    ngx_destroy_pool(job->pool);
}
