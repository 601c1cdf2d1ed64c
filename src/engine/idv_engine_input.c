
/*
 * Copyright (C) nginx-idv authors
 *
 * What is known of a user goes into a transaction as far as its policy uses it.
 * A policy that cannot be read has no transactions of those of whom something
 * is known: without it they would be compared with nothing.
 */


#include "idv_engine_job.h"
#include "../provider/idv_policy.h"


/* which inputs this effect, or one that may follow, has a use for */

uint32_t
idv_engine_wants(const idv_engine_job_t *job)
{
    uint32_t    bits;
    ngx_uint_t  i;

    if (job->effect.type == IDV_EFFECT_READ
        && job->flow.failures + 1u >= job->provider->flow.attempts)
    {
        return 0;
    }

    if (idv_policy_uses(job->provider, job->flow.policy, &bits) != NGX_OK) {
        return IDV_INPUT_ALL;
    }

    if (job->effect.type == IDV_EFFECT_FIND
        && job->provider->flow.on_user_not_found == IDV_PROVISION)
    {
        for (i = 0; i < IDV_INPUT_NINPUTS; i++) {
            if (idv_input_table[i].member) {
                bits |= IDV_INPUT_BIT(i);
            }
        }
    }

    return bits;
}


ngx_int_t
idv_engine_uses(idv_engine_job_t *job)
{
    idv_call_t  *call;

    job->uses = 0;

    if (job->inputs.n == 0
        || idv_policy_uses(job->provider, job->flow.policy, &job->uses)
           == NGX_OK)
    {
        return NGX_OK;
    }

    call = idv_engine_call_new(job);

    if (call == NULL || idv_provider_uses(call) != NGX_OK) {
        return NGX_ERROR;
    }

    job->asks = 1;

    return NGX_AGAIN;
}


ngx_int_t
idv_engine_uses_called(idv_engine_job_t *job, idv_call_t *call)
{
    job->asks = 0;

    if (call->result != IDV_CALL_OK) {

        /* there is no such policy: that is not about the user */

        if (call->result == IDV_CALL_NOT_FOUND) {
            call->result = IDV_CALL_REFUSED;
        }

        return NGX_DECLINED;
    }

    idv_policy_learn(job->provider, job->flow.policy, call->uses);

    if (idv_engine_call(job, NULL) != NGX_OK) {
        call->result = IDV_CALL_ERROR;
        return NGX_DECLINED;
    }

    return NGX_OK;
}
