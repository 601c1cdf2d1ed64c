
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
    uint8_t                 method;      /* after an earlier success: none */
    int64_t                 verified;    /* when that was */
    ngx_str_t               contact;
    ngx_str_t               name;        /* by which the user is found */
    idv_call_result_e       made;        /* a new user, FIND */
    uint8_t                 step;        /* of FIND */
    idv_inputs_t            inputs;      /* wiped with the pool */
    uint32_t                uses;        /* of them, by the policy */
    ngx_str_t               redirect;
    ngx_str_t               address;
    idv_store_limit_t       limits[IDV_LIMIT_MAX];   /* what was spent */
    ngx_str_t              *expected;
    ngx_int_t               retry_after;
    idv_engine_result_e     refused;     /* OK, or by which limit */
    unsigned                create_failed:1;
    unsigned                asks:1;      /* what the policy uses */
    unsigned                another:1;   /* transaction, for the flow */
    unsigned                spent:1;     /* for what FIND leads to */
    unsigned                finished:1;  /* those who wait are being told */
} idv_engine_job_t;


/* the job of this worker for a flow, or NULL */
idv_engine_job_t *idv_engine_job(const char *id);

/* a call of the job, zeroed but for what all have; NULL without memory */
idv_call_t *idv_engine_call_new(idv_engine_job_t *job);

/* begins the call of job->effect; document: of a read, where claims are next */
ngx_int_t idv_engine_call(idv_engine_job_t *job, json_t *document);

/*
 * Finds the flow's user at the provider, or makes one there.  called: a call of
 * that is over.
 */
ngx_int_t idv_engine_find(idv_engine_job_t *job);
void idv_engine_find_called(idv_engine_job_t *job, idv_call_t *call);

/* bits of the inputs that are worth to be asked of the request */
uint32_t idv_engine_wants(const idv_engine_job_t *job);

/*
 * What the policy uses of job->inputs.  NGX_OK: job->uses has it; NGX_AGAIN: it
 * is being read, and the call under way is that.
 */
ngx_int_t idv_engine_uses(idv_engine_job_t *job);

/* that is over.  NGX_DECLINED: nothing is created, call->result says why */
ngx_int_t idv_engine_uses_called(idv_engine_job_t *job, idv_call_t *call);

/* the event of an effect that creates, and whose call has failed */
void idv_engine_failed(idv_engine_job_t *job, idv_call_t *call,
    idv_event_t *event);

/*
 * Saves what the event makes of the flow, and goes on with what that entails.
 * The job may be gone afterwards.
 */
void idv_engine_outcome(idv_engine_job_t *job, idv_event_t *event,
    ngx_str_t *claims, json_t *document);

/* job->redirect with the code of the transaction that is to be created */
ngx_int_t idv_engine_return(const idv_engine_job_t *job, ngx_str_t *url);

/* 1 if op->code is that of the flow's last transaction */
ngx_uint_t idv_engine_asked_back(const idv_engine_op_t *op,
    const idv_flow_t *flow);

/*
 * The flow that is asked for, or one that would do where one is started, as the
 * client of op has kept it.  NGX_OK: it is in the zone.
 */
ngx_int_t idv_engine_resume(idv_engine_op_t *op, idv_flow_t *flow);

/* gives back the lease of an effect that will have no outcome */
void idv_engine_release(idv_engine_job_t *job);

/*
 * One transaction more for the flow's subject and the client's address: what
 * refuses it, if anything does, and for how many seconds.  And one less: what
 * was not created after all, maybe for want of memory; so it takes the limits
 * that the other has filled in, all IDV_LIMIT_MAX of them.
 */
idv_engine_result_e idv_engine_spend(const idv_provider_t *provider,
    const idv_flow_t *flow, const ngx_str_t *address,
    idv_store_limit_t *limits, ngx_int_t *wait);
void idv_engine_refund(const idv_provider_t *provider,
    const idv_store_limit_t *limits);

/* IDV_ENGINE_LOCKED, and for how long, or IDV_ENGINE_OK */
idv_engine_result_e idv_engine_locked(const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_int_t *wait);

/* one failure of the flow's subject */
void idv_engine_strike(const idv_provider_t *provider, const idv_flow_t *flow);

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
