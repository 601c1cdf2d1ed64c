
/*
 * Copyright (C) nginx-idv authors
 *
 * The one place that moves a flow: load, decide, call out, save, wake the
 * waiters.
 */


#ifndef _IDV_ENGINE_H_INCLUDED_
#define _IDV_ENGINE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../model/idv_flow.h"
#include "../provider/idv_provider.h"
#include "../store/idv_store.h"


typedef enum {
    IDV_ENGINE_OK = 0,
    IDV_ENGINE_NOT_FOUND,            /* unknown, expired, ended, not theirs */
    IDV_ENGINE_NOT_ALLOWED,          /* the state does not allow the event */
    IDV_ENGINE_NO_ATTEMPTS,          /* retry, and no attempt is left */
    IDV_ENGINE_UNAVAILABLE,          /* the provider, while creating */
    IDV_ENGINE_LIMITED,              /* transactions of this subject */
    IDV_ENGINE_LIMITED_ADDRESS,      /* ... of this client's address */
    IDV_ENGINE_LIMITED_ALL,          /* ... of all together */
    IDV_ENGINE_LOCKED,               /* this subject, after failures */
    IDV_ENGINE_TOO_MANY,             /* open flows of this subject */
    IDV_ENGINE_FULL,                 /* the zone */
    IDV_ENGINE_ERROR                 /* memory of this process */
} idv_engine_result_e;


typedef struct idv_engine_op_s  idv_engine_op_t;

typedef void (*idv_engine_handler_pt)(idv_engine_op_t *op);

/* what is asked of a request where its operation begins a call */

typedef struct {
    /* the value that claim i of provider->matches must equal, in op->pool */
    ngx_int_t             (*expect)(idv_engine_op_t *op, ngx_uint_t i,
                                    ngx_str_t *value);

    /* whom transactions are counted for: the client's address, or network */
    void                  (*address)(idv_engine_op_t *op, ngx_str_t *value);

    /* what is known of the user, of those bits, in op->pool */
    ngx_int_t             (*inputs)(idv_engine_op_t *op, uint32_t wanted,
                                    idv_inputs_t *inputs);

    /*
     * The flow that the client has kept, if it is of this provider and another
     * zone, as it was when its transaction was created; sealed is when.  NULL
     * or NGX_DECLINED: none.
     */
    ngx_int_t             (*kept)(idv_engine_op_t *op, idv_flow_t *flow,
                                  int64_t *sealed);
} idv_engine_ask_t;

/*
 * Makes what a flow that ends gives to its client, out of op->flow and
 * op->claims as they will be.  The flow ends only if that can be made, and not
 * where another operation was first: then this was for nothing.
 */
typedef ngx_int_t (*idv_engine_prepare_pt)(idv_engine_op_t *op);


/* one operation of one request; allocated zeroed in the request's pool */

struct idv_engine_op_s {
    /* in */
    const idv_provider_t   *provider;
    ngx_pool_t             *pool;
    ngx_log_t              *log;

    ngx_str_t               id;          /* of the flow */
    u_char                  binding[32];
    idv_event_t             event;       /* type, method, contacts */
    ngx_str_t               contact;     /* OPTIONS: address or number */
    ngx_str_t               redirect;    /* where the capture returns to */
    ngx_str_t               code;        /* RETURNED: what came with it */
    ngx_str_t               return_to;   /* DEVICE_SELF: replaces the flow's */
    const idv_engine_ask_t *ask;
    idv_engine_prepare_pt   prepare;     /* CONTINUE */

    idv_engine_handler_pt   handler;
    void                   *data;

    /* out */
    idv_engine_result_e     result;
    idv_flow_t              flow;        /* as it is now, if it was found */
    ngx_int_t               retry_after; /* seconds, -1: none */
    ngx_str_t               claims;      /* ENDED by this op: for the session */
    unsigned                issue:1;     /* this op, and no other, issues it */
    unsigned                made:1;      /* flow has another transaction */

    /* the engine's own */
    ngx_msec_t              found;       /* when FIND has seen flow; 0: not */
    ngx_event_t             timer;
    ngx_msec_t              deadline;    /* 0: has not waited yet */
    ngx_queue_t             queue;
    void                   *job;
};


/*
 * Creates a flow from op->flow (provider, binding, subject, policy, user,
 * return_to and flags set, the rest zero) or finds the open one of the same
 * client, subject and policy.  Never calls a provider; finishes at once.
 */
void idv_engine_start(idv_engine_op_t *op);

/*
 * Runs op->event on the flow.  NGX_OK: finished, the handler is not called.
 * NGX_AGAIN: the handler will be called once, from the event loop.
 */
ngx_int_t idv_engine_run(idv_engine_op_t *op);

/*
 * What would be said if a transaction were to be created for the flow now, by a
 * client with that address: IDV_ENGINE_OK, or what refuses it, and for how many
 * seconds.
 */
idv_engine_result_e idv_engine_granted(const idv_provider_t *provider,
    const idv_flow_t *flow, const ngx_str_t *address, ngx_int_t *wait);

/* The request is gone: the handler is not called any more. */
void idv_engine_abandon(idv_engine_op_t *op);

/*
 * Ends a flow, whosever it is and whatever is under way for it: an
 * administrator wants it.  NGX_OK and what has become of it; NGX_DECLINED: it
 * is unknown, has expired or was over; NGX_ERROR: others keep changing it.
 */
ngx_int_t idv_engine_close(const idv_provider_t *provider, ngx_str_t *id,
    idv_flow_t *flow);

/*
 * Whose a flow is: a hash of the provider's id of the user, which is the
 * subject where users are not looked up, or have not been found yet.  What is
 * counted and what is revoked goes by that.
 */
ngx_int_t idv_engine_owner(const idv_flow_t *flow, u_char owner[16]);

/*
 * An administrator lets a user start over: what they have used of limits of
 * their own is forgotten, and so are their failures.
 */
ngx_int_t idv_engine_forgive(const idv_provider_t *provider,
    const u_char owner[16]);

/* process hooks */
ngx_int_t idv_engine_init_process(ngx_cycle_t *cycle);
void idv_engine_exit_process(ngx_cycle_t *cycle);


#endif /* _IDV_ENGINE_H_INCLUDED_ */
