
/*
 * Copyright (C) nginx-idv authors
 *
 * The user of a flow at the provider.
 *
 *   look --- there ---------------------------------------------> found
 *     |
 *     +----- nobody --> make --- made --------------------------> found
 *                         |
 *                         +----- not, or nobody knows --> look again
 *
 * Who makes a user may be second, or never hear of it: the look that follows
 * tells, so that a subject has one user however often, and wherever at once, it
 * comes.
 */


#include "idv_engine_job.h"
#include "../util/idv_crypto.h"


#define IDV_ENGINE_NAME  20          /* bytes of a hash that make a name */


typedef enum {
    IDV_ENGINE_LOOK = 0,
    IDV_ENGINE_MAKE,
    IDV_ENGINE_LOOK_AGAIN
} idv_engine_step_e;


static ngx_int_t idv_engine_find_name(idv_engine_job_t *job);
static ngx_int_t idv_engine_find_step(idv_engine_job_t *job,
    idv_engine_step_e step);


ngx_int_t
idv_engine_find(idv_engine_job_t *job)
{
    if (idv_engine_find_name(job) != NGX_OK) {
        return NGX_ERROR;
    }

    return idv_engine_find_step(job, IDV_ENGINE_LOOK);
}


/* the subject, or what nobody can tell it from who does not have the key */

static ngx_int_t
idv_engine_find_name(idv_engine_job_t *job)
{
    u_char     mac[IDV_HASH_LEN];
    ngx_str_t  parts[2];

    job->name.data = (u_char *) job->flow.user;
    job->name.len = ngx_strlen(job->flow.user);

    if (job->provider->names == NULL) {
        return NGX_OK;
    }

    ngx_str_set(&parts[0], "user name");
    parts[1] = job->name;

    job->name.data = ngx_pnalloc(job->pool, 2 * IDV_ENGINE_NAME);

    if (job->name.data == NULL
        || idv_mac(mac, job->provider->names, parts, 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    job->name.len = ngx_hex_dump(job->name.data, mac, IDV_ENGINE_NAME)
                    - job->name.data;

    return NGX_OK;
}


static ngx_int_t
idv_engine_find_step(idv_engine_job_t *job, idv_engine_step_e step)
{
    idv_call_t  *call;

    call = idv_engine_call_new(job);
    if (call == NULL) {
        return NGX_ERROR;
    }

    job->step = step;

    call->name = job->name;

    if (step == IDV_ENGINE_MAKE) {
        call->inputs = job->provider->names ? NULL : &job->inputs;
        return idv_provider_provision(call);
    }

    return idv_provider_find(call);
}


void
idv_engine_find_called(idv_engine_job_t *job, idv_call_t *call)
{
    ngx_int_t         rc;
    idv_event_t       event;
    idv_call_result_e result;

    static const idv_cause_e  causes[] = {
        IDV_CAUSE_USER_NOT_FOUND,
        IDV_CAUSE_NONE,
        IDV_CAUSE_USER_DISABLED,
        IDV_CAUSE_USER_AMBIGUOUS
    };

    rc = NGX_DECLINED;
    result = call->result;

    if (job->step == IDV_ENGINE_MAKE && result != IDV_CALL_OK) {
        job->made = result;
        rc = idv_engine_find_step(job, IDV_ENGINE_LOOK_AGAIN);

    } else if (job->step == IDV_ENGINE_LOOK && result == IDV_CALL_OK
               && call->match == IDV_FOUND_NONE
               && job->provider->flow.on_user_not_found == IDV_PROVISION)
    {
        rc = idv_engine_find_step(job, IDV_ENGINE_MAKE);

    } else if (job->step == IDV_ENGINE_LOOK_AGAIN && result == IDV_CALL_OK
               && call->match == IDV_FOUND_NONE)
    {
        call->result = job->made;
    }

    if (rc == NGX_OK) {
        return;
    }

    if (rc == NGX_ERROR) {
        call->result = IDV_CALL_ERROR;
    }

    event = job->event;
    event.method = job->effect.method;
    event.cause = job->effect.cause;

    if (call->result == IDV_CALL_OK && call->match == IDV_FOUND_ONE) {
        event.type = IDV_EVENT_FOUND;
        event.user = (char *) call->found.data;

    } else {

        /* there is no environment, or no such attribute: no user's fault */

        if (call->result == IDV_CALL_NOT_FOUND) {
            call->result = IDV_CALL_REFUSED;
        }

        idv_engine_failed(job, call, &event);
        idv_engine_refund(job->provider, job->limits);

        if (call->result == IDV_CALL_OK) {
            event.cause = causes[call->match];
        }
    }

    idv_engine_outcome(job, &event, NULL, NULL);
}
