
/*
 * Copyright (C) nginx-idv authors
 *
 * The flow machine under any order of events.  What an effect brings back comes
 * as the engine lets it come: while nobody else has taken the lease.
 */


#include "fuzz.h"


#define FLOW_STEPS  256


/* an effect under way, as the engine's job */

typedef struct {
    ngx_uint_t      under_way;
    idv_effect_t    effect;
    idv_flow_t      flow;
    ngx_uint_t      good;            /* FETCH: after a status of success */
} flow_job_t;


static void flow_policy(idv_flow_policy_t *policy, fuzz_input_t *in);
static ngx_uint_t flow_event(idv_event_t *event, fuzz_input_t *in,
    const flow_job_t *job);
static ngx_uint_t flow_renew(flow_job_t *job, const idv_flow_t *flow);
static void flow_check(const idv_flow_policy_t *policy,
    const idv_flow_t *flow, const idv_event_t *event, int rc,
    const idv_flow_t *next, const idv_effect_t *effect,
    const flow_job_t *job);


void
fuzz_flow(fuzz_input_t *in)
{
    int                 rc;
    ngx_uint_t          n, good;
    flow_job_t          job;
    idv_flow_t          flow, next, before;
    idv_event_t         event;
    idv_effect_t        effect;
    idv_transaction_t   tx;
    idv_flow_policy_t   policy;

    memset(&flow, 0, sizeof(flow));
    memset(&job, 0, sizeof(job));
    memset(&event, 0, sizeof(event));
    memset(&tx, 0, sizeof(tx));

    event.now = FUZZ_NOW;
    event.now_ms = FUZZ_NOW_MS;
    event.tx = &tx;

    flow_policy(&policy, in);

    for (n = 0; n < FLOW_STEPS && in->p < in->last; n++) {

        if (!flow_event(&event, in, &job)) {
            continue;
        }

        tx.status = fuzz_byte(in) % (IDV_TX_NSTATUSES + 2);
        tx.timed_out = fuzz_byte(in) & 1;
        tx.sent = (event.contacts != 0);
        memset(tx.id, 1 + (int) n % 255, sizeof(tx.id));
        strcpy(tx.code, "123456");
        strcpy(tx.url, "https://verify.example.com/?" HOUSE_SECRET);

        /* what was brought back meets the flow as the job knows it */

        before = flow;

        if (event.type >= IDV_EVENT_FOUND
            && event.type < IDV_EVENT_NEVENTS
            && !flow_renew(&job, &flow))
        {
            job.under_way = 0;
            continue;
        }

        good = job.good;

        rc = idv_flow_next(&policy, &flow, &event, &next, &effect);

        flow_check(&policy, &before, &event, rc, &next, &effect, &job);

        if (event.type >= IDV_EVENT_FOUND
            && event.type < IDV_EVENT_NEVENTS)
        {
            job.under_way = 0;
            job.good = 0;
        }

        if (effect.type == IDV_EFFECT_FIND || effect.type == IDV_EFFECT_CREATE
            || effect.type == IDV_EFFECT_READ
            || effect.type == IDV_EFFECT_FETCH)
        {
            job.under_way = 1;
            job.effect = effect;
            job.good = 0;
        }

        if (effect.type == IDV_EFFECT_FETCH) {
            must(event.type == IDV_EVENT_STATUS && good == 0);
            must(tx.status == IDV_TX_SUCCESS
                 || tx.status == IDV_TX_APPROVED_MANUALLY
                 || tx.status == IDV_TX_APPROVED_NO_REQUEST);
            job.good = 1;
        }

        /* the store */

        if (memcmp(&flow, &next, sizeof(flow)) != 0) {
            next.version++;
        }

        flow = next;

        if (job.under_way && effect.type != IDV_EFFECT_NONE
            && effect.type != IDV_EFFECT_WAIT)
        {
            job.flow = flow;
        }
    }
}


static void
flow_policy(idv_flow_policy_t *policy, fuzz_input_t *in)
{
    u_char  c;

    c = fuzz_byte(in);

    policy->device_choice = c & 1;
    policy->delivery = c >> 1 & 3;
    policy->on_unavailable = c >> 3 & 1;
    policy->on_user_not_found = c >> 4 & 1;
    policy->on_failed = c >> 5 & 1;
    policy->attempts = 1 + (c >> 6);
    policy->lookup = c >> 6 == 3;
    policy->state_timeout = 300;
    policy->read_interval = 4000;
    policy->lease = 25000;
}


/* 0: what would be brought back is not under way */

static ngx_uint_t
flow_event(idv_event_t *event, fuzz_input_t *in, const flow_job_t *job)
{
    u_char  c;

    static const unsigned  seconds[] = { 0, 0, 0, 5, 26, 100, 301, 1000 };

    event->type = fuzz_byte(in) % (IDV_EVENT_NEVENTS + 1);

    c = fuzz_byte(in);

    event->now += seconds[c & 7];
    event->now_ms += (uint64_t) seconds[c & 7] * 1000;
    event->method = (c >> 3 & 3) % 3;
    event->contacts = c >> 5 & 3;
    event->retry_after = (c & 0x80) ? 30000 : 0;

    c = fuzz_byte(in);

    event->cause = (c & 0x3f) % IDV_CAUSE_NCAUSES;
    event->now += (c & 0x80) ? 3600 : (c & 0x40) ? -3600 : 0;

    switch (event->type) {

    case IDV_EVENT_CREATED:
    case IDV_EVENT_CREATE_FAILED:
        event->method = job->effect.method;

        /* a second try that may not be made is the end of the first */

        if (event->type == IDV_EVENT_CREATED
            || event->cause == IDV_CAUSE_FAILED)
        {
            event->cause = job->effect.cause;
        }

        return job->under_way
               && (job->effect.type == IDV_EFFECT_CREATE
                   || (job->effect.type == IDV_EFFECT_FIND
                       && event->type == IDV_EVENT_CREATE_FAILED));

    case IDV_EVENT_RECALLED:
        return 0;

    case IDV_EVENT_FOUND:
        event->method = job->effect.method;
        event->cause = job->effect.cause;
        event->user = "7b3e5f0a-1c2d-4e8f-9a6b-0d1e2f3a4b5c";

        return job->under_way && job->effect.type == IDV_EFFECT_FIND;

    case IDV_EVENT_STATUS:
        return job->under_way && job->effect.type == IDV_EFFECT_READ;

    case IDV_EVENT_CLAIMS:
        return job->under_way && job->effect.type == IDV_EFFECT_FETCH;

    case IDV_EVENT_READ_FAILED:
        return job->under_way && job->effect.type != IDV_EFFECT_CREATE
               && job->effect.type != IDV_EFFECT_FIND;

    default:
        return 1;
    }
}


static ngx_uint_t
flow_renew(flow_job_t *job, const idv_flow_t *flow)
{
    if (job->flow.version != flow->version
        && (flow->busy_until == 0
            || flow->busy_until != job->flow.busy_until
            || ((flow->flags ^ job->flow.flags) & IDV_FLOW_CREATING)
            || memcmp(flow->tx, job->flow.tx, sizeof(flow->tx)) != 0))
    {
        return 0;
    }

    job->flow = *flow;

    return 1;
}


static void
flow_check(const idv_flow_policy_t *policy, const idv_flow_t *flow,
    const idv_event_t *event, int rc, const idv_flow_t *next,
    const idv_effect_t *effect, const flow_job_t *job)
{
    unsigned  entered, waiting;

    must(next->version == flow->version);
    must(memcmp(next->id, flow->id, sizeof(flow->id)) == 0);
    must(memcmp(next->binding, flow->binding, sizeof(flow->binding)) == 0);
    must(memcmp(next->subject, flow->subject, sizeof(flow->subject)) == 0);
    must(next->state < IDV_STATE_NSTATES);

    entered = (next->state != flow->state);
    waiting = (next->state == IDV_STATE_REQUIRED
               || next->state == IDV_STATE_IN_PROGRESS);

    /* what is refused changes nothing but what time has changed */

    if (rc != IDV_FLOW_OK) {
        must(effect->type == IDV_EFFECT_NONE);
        must(!entered || next->state == IDV_STATE_TIMED_OUT);

        if (!entered) {
            must(memcmp(next, flow, sizeof(*flow)) == 0);
        }
    }

    if (event->type == IDV_EVENT_FIND) {
        must(memcmp(next, flow, sizeof(*flow)) == 0);
    }

    /* an end has no way out */

    if (flow->state == IDV_STATE_ENDED || flow->state == IDV_STATE_CANCELED) {
        must(memcmp(next, flow, sizeof(*flow)) == 0);
        must(effect->type == IDV_EFFECT_NONE);
    }

    /* success has a reason */

    if (entered && next->state == IDV_STATE_COMPLETED) {

        if (next->flags & IDV_FLOW_BYPASS) {
            must((policy->on_unavailable && next->cause
                  == IDV_CAUSE_UNAVAILABLE
                  && event->type == IDV_EVENT_CREATE_FAILED)
                 || (policy->on_user_not_found && next->cause
                     == IDV_CAUSE_USER_NOT_FOUND
                     && event->type == IDV_EVENT_CREATE_FAILED)
                 || (policy->on_failed && next->cause == IDV_CAUSE_FAILED
                     && event->type == IDV_EVENT_STATUS
                     && event->tx->status == IDV_TX_FAIL
                     && !event->tx->timed_out)
                 || (policy->on_failed && next->cause == IDV_CAUSE_FAILED
                     && event->type == IDV_EVENT_CREATE_FAILED
                     && job->effect.cause == IDV_CAUSE_FAILED));

        } else {
            must(event->type == IDV_EVENT_CLAIMS);
            must(event->cause == IDV_CAUSE_NONE);
            must(job->good);
            must(flow->transactions > 0);
        }
    }

    if (entered && next->state == IDV_STATE_ENDED) {
        must(flow->state == IDV_STATE_COMPLETED);
        must(event->type == IDV_EVENT_CONTINUE);
        must(effect->type == IDV_EFFECT_ISSUE);
    }

    must((effect->type == IDV_EFFECT_ISSUE)
         == (entered && next->state == IDV_STATE_ENDED));

    /* money is spent for an action, or for an attempt that is left */

    if (effect->type == IDV_EFFECT_CREATE || effect->type == IDV_EFFECT_FIND) {
        must((effect->type == IDV_EFFECT_FIND)
             == (policy->lookup && !next->found));
        must(event->type == IDV_EVENT_DEVICE_SELF
             || event->type == IDV_EVENT_DEVICE_OTHER
             || event->type == IDV_EVENT_OPTIONS
             || event->type == IDV_EVENT_FOUND
             || (event->type == IDV_EVENT_STATUS
                 && flow->failures + 1u < policy->attempts));
        must(next->flags & IDV_FLOW_CREATING);
    }

    must(next->transactions <= 16);

    if (effect->type == IDV_EFFECT_CREATE || effect->type == IDV_EFFECT_READ
        || effect->type == IDV_EFFECT_FETCH)
    {
        must(next->busy_until == event->now_ms + policy->lease);
    }

    if (effect->type == IDV_EFFECT_FIND) {
        must(next->busy_until == event->now_ms + 2 * policy->lease);
    }

    /* whoever has the link can act for the user */

    must(waiting || (next->url[0] == '\0' && next->code[0] == '\0'));
    must(next->state == IDV_STATE_NEW || next->expires >= next->since);

    /* whoever sets the clock ends no flow */

    must(!entered || next->state != IDV_STATE_TIMED_OUT
         || event->type == IDV_EVENT_STATUS
         || event->now_ms - flow->since
            >= (uint64_t) policy->state_timeout * 1000);
}
