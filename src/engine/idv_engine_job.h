
/*
 * Copyright (C) nginx-idv authors
 *
 * A call to the provider for a flow, and the operations that wait for it.
 */


#ifndef _IDV_ENGINE_JOB_H_INCLUDED_
#define _IDV_ENGINE_JOB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "idv_engine.h"


typedef struct {
    ngx_queue_t             link;
    ngx_queue_t             ops;
    ngx_pool_t             *pool;

    const idv_provider_t   *provider;
    idv_flow_t              flow;        /* as it was saved for the effect */
    idv_event_t             event;       /* of the operation that began it */
    idv_effect_t            effect;      /* under way */
    idv_engine_op_t        *owner;       /* NULL: gone */

    idv_call_t             *call;
    ngx_str_t               contact;
    ngx_str_t               redirect;
    ngx_str_t              *expected;
    ngx_int_t               retry_after;
    unsigned                create_failed:1;
    unsigned                finished:1;  /* those who wait are being told */
} idv_engine_job_t;


/* the job of this worker for a flow, or NULL */
idv_engine_job_t *idv_engine_job(const char *id);

/* gives back the lease of an effect that will have no outcome */
void idv_engine_release(idv_engine_job_t *job);

/*
 * One transaction more for the subject of the flow: NGX_BUSY if it has had as
 * many as it may, and after wait seconds one more.  And one less: what was not
 * created after all.
 */
ngx_int_t idv_engine_spend(const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_int_t *wait);
void idv_engine_refund(const idv_provider_t *provider, const idv_flow_t *flow);

/* the time of an event is when it is looked at */
void idv_engine_clock(idv_event_t *event);

/* the flow of op as it is; NGX_DECLINED if there is none or it is not theirs */
ngx_int_t idv_engine_load(idv_engine_op_t *op, idv_flow_t *flow);

/* runs op once more and tells its owner if that has ended it */
void idv_engine_again(idv_engine_op_t *op);

/* op waits for job, or, where that is NULL, for whoever has the flow's lease */
void idv_engine_wait(idv_engine_op_t *op, idv_engine_job_t *job,
    idv_flow_t *flow);

/* and waits no more */
void idv_engine_unwait(idv_engine_op_t *op);


#endif /* _IDV_ENGINE_JOB_H_INCLUDED_ */
