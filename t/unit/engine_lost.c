
/*
 * Copyright (C) nginx-idv authors
 *
 * What goes wrong for the engine: other workers that are always faster, calls
 * that cannot be made, limits that are reached and leases that run out.  Nobody
 * waits for ever, and no flow is stuck.
 */


#include "engine.h"

#include "util/idv_json.h"


#define TRIES  8


static idv_flow_t  *meddled;         /* changed by another worker ... */
static ngx_uint_t   meddles;         /* so often, whenever nobody locks */


static idv_store_node_t *
node(const idv_flow_t *flow)
{
    uint32_t           i;
    idv_store_node_t  *n;

    for (i = 1; i <= store->root->nnodes; i++) {
        n = idv_store_node(store->root, i);

        if (n->used && memcmp(n->flow.id, flow->id, IDV_FLOW_ID_LEN) == 0) {
            return n;
        }
    }

    return NULL;
}


/* another worker has saved the flow, and does so now whenever it can */

static void
meddle(ngx_uint_t times)
{
    meddles = times;
    node(meddled)->flow.version++;
}


/* instead of nginx's: the zone is free, and another worker was waiting */

void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    (void) ngx_atomic_cmp_set(mtx->lock, ngx_pid, 0);

    if (meddles) {
        meddles--;
        node(meddled)->flow.version++;
    }
}


static void
later(ngx_msec_t ms)
{
    ngx_current_msec += ms;
    ngx_event_expire_timers();
}


/* a flow with a transaction */

static idv_flow_t
required(void)
{
    client_t    *c;
    idv_flow_t   flow;

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    gone(c);

    return flow;
}


/* somebody else is always first: given up after some tries, and no earlier */

static void
test_meddled(void)
{
    client_t    *c;
    idv_flow_t   flow;

    reset();

    flow = start("/");
    meddled = &flow;

    meddles = 2 * TRIES - 1;
    c = run(&flow, IDV_EVENT_CANCEL);
    is_int(c->op.result, IDV_ENGINE_ERROR, "8 lost races are an error");
    is_int(look(&flow).state, IDV_STATE_DEVICE, "and change nothing");
    gone(c);

    meddles = 2 * TRIES - 2;
    c = run(&flow, IDV_EVENT_CANCEL);
    is_int(c->op.result, IDV_ENGINE_OK, "7 are not");
    is_int(look(&flow).state, IDV_STATE_CANCELED, "the flow is canceled");
    gone(c);

    meddles = 0;
}


/* a transaction was created, and its flow cannot be had */

static void
test_outcome(void)
{
    client_t    *c, *d;
    idv_flow_t   flow;

    reset();

    flow = start("/");
    meddled = &flow;

    c = run(&flow, IDV_EVENT_DEVICE_SELF);

    meddle(1000);
    answer(IDV_TX_REQUESTED);
    ok(meddles > 900, "the job gives up");
    meddles = 0;

    is_int(c->done, 0, "who waits goes on waiting");
    ok(idv_engine_job(flow.id) == NULL, "without the job");
    is_int(look(&flow).state, IDV_STATE_DEVICE, "the flow is as it was");

    d = run(&flow, IDV_EVENT_CANCEL);
    is_int(d->done, 0, "another waits for the lease, too");
    idv_engine_abandon(&d->op);
    ok(!d->done && !d->op.timer.timer_set, "and may give that up");
    gone(d);

    later(provider.flow.lease - 1);
    is_int(created, 1, "while the lease lasts nothing is created");
    later(1);
    is_int(created, 2, "then another transaction");
    answer(IDV_TX_REQUESTED);
    is_int(c->done, 1, "of which who waited is told");
    is_int(look(&flow).state, IDV_STATE_REQUIRED, "and which the flow has");
    gone(c);
}


/* the last who waits for a read goes, and the lease cannot be given back */

static void
test_release(void)
{
    client_t    *c;
    idv_flow_t   flow;

    reset();

    flow = required();
    meddled = &flow;

    c = run(&flow, IDV_EVENT_POLL);
    is_int(reads, 1, "a read");

    meddle(1000);
    idv_engine_abandon(&c->op);
    ok(meddles > 900, "is given up");
    meddles = 0;
    gone(c);
    is_int(canceled, 1, "and canceled");

    provider.poll_wait = 0;
    c = run(&flow, IDV_EVENT_POLL);
    ok(c->done && reads == 1, "whose lease nobody has while it lasts");
    gone(c);

    later(provider.flow.lease);
    c = run(&flow, IDV_EVENT_POLL);
    ok(c->done && reads == 2, "and then the next one");
    is_int(detached, 1, "for whom nobody waits");
    answer(IDV_TX_IN_PROGRESS);
    is_int(look(&flow).state, IDV_STATE_IN_PROGRESS, "has a result");
    gone(c);
}


/* no memory, or no descriptor */

static void
test_no_call(void)
{
    client_t    *c;
    idv_flow_t   flow, now;

    reset();

    flow = start("/");

    no_calls = 1;
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    ok(c->done && c->op.result == IDV_ENGINE_ERROR, "no creation");
    now = look(&flow);
    is_int(now.state, IDV_STATE_DEVICE, "the choice is still there");
    ok(now.busy_until == 0 && !(now.flags & IDV_FLOW_CREATING), "and free");
    gone(c);

    no_calls = 0;
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    is_int(c->op.flow.state, IDV_STATE_REQUIRED, "the next one is made");
    gone(c);

    no_calls = 1;
    c = run(&flow, IDV_EVENT_POLL);
    ok(c->done && c->op.result == IDV_ENGINE_ERROR, "no read");
    ok(look(&flow).busy_until == 0, "and no lease");
    gone(c);

    /* what follows upon a read: another transaction */

    later(provider.flow.read_interval);
    no_calls = 0;
    c = run(&flow, IDV_EVENT_POLL);
    no_calls = 1;
    answer(IDV_TX_FAIL);
    now = look(&flow);
    ok(c->done && now.busy_until == 0, "a failure without a second try");
    is_int(now.state, IDV_STATE_REQUIRED, "which is not the user's");
    is_int(now.failures, 0, "and not counted");
    gone(c);

    later(provider.flow.read_interval);
    no_calls = 0;
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    is_int(created, 4, "it comes a little later");
    answer(IDV_TX_REQUESTED);
    is_int(look(&flow).failures, 1, "and is counted once");
    gone(c);

    /* ... and the verified data */

    later(provider.flow.read_interval);
    c = run(&flow, IDV_EVENT_POLL);
    no_calls = 1;
    answer(IDV_TX_SUCCESS);
    now = look(&flow);
    ok(c->done && now.busy_until == 0, "a success whose data cannot be had");
    is_int(now.state, IDV_STATE_REQUIRED, "is none yet");
    gone(c);
}


static void
limit_of(idv_limit_e kind, ngx_uint_t count)
{
    provider.nlimits = 1;
    provider.limits[0].kind = kind;
    provider.limits[0].count = count;
    provider.limits[0].period = 3600000;
    provider.limits[0].lock = kind == IDV_LIMIT_LOCKOUT ? 3600000 : 0;
}


/* a subject may have one transaction, and that fails */

static void
test_limit(void)
{
    client_t    *c;
    idv_flow_t   flow, now;

    reset();
    limit_of(IDV_LIMIT_SUBJECT, 1);

    flow = required();
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);

    now = look(&flow);
    is_int(created, 1, "transactions that were paid for");
    is_int(now.state, IDV_STATE_FAILED, "there is no second one");
    is_int(now.cause, IDV_CAUSE_FAILED, "since the first has failed");
    is_int(c->op.flow.state, IDV_STATE_FAILED, "which the poll is told");
    gone(c);
}


/* a failure that is read twice, since what follows it could not be made */

static void
test_lockout(void)
{
    ngx_int_t    wait;
    client_t    *c;
    idv_flow_t   flow;

    reset();
    limit_of(IDV_LIMIT_LOCKOUT, 2);

    flow = required();

    c = run(&flow, IDV_EVENT_POLL);
    no_calls = 1;
    answer(IDV_TX_FAIL);
    gone(c);
    is_int(look(&flow).state, IDV_STATE_REQUIRED, "a failure, and nothing new");
    no_calls = 0;

    later(provider.flow.read_interval);
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    is_int(created, 3, "read again, it is still the first");
    answer(IDV_TX_REQUESTED);
    gone(c);
    ok(idv_engine_granted(&provider, &flow, &home, &wait) == IDV_ENGINE_OK,
       "which locks nobody");

    later(provider.flow.read_interval);
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    gone(c);
    is_int(created, 3, "the second failure is the last");
    is_int(look(&flow).state, IDV_STATE_FAILED, "of a flow that has failed");
    ok(idv_engine_granted(&provider, &flow, &home, &wait) == IDV_ENGINE_LOCKED
       && wait == 3600, "its subject is locked");

    c = run(&flow, IDV_EVENT_RETRY);
    gone(c);
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    ok(c->done && c->op.result == IDV_ENGINE_LOCKED
       && c->op.retry_after == 3600, "who tries again is told for how long");
    is_int(look(&flow).state, IDV_STATE_DEVICE, "and stays where it is");
    gone(c);
}


/* each client pays where it is, and has back what was not created there */

static void
test_address(void)
{
    client_t    *c;
    idv_flow_t   flow;

    reset();
    limit_of(IDV_LIMIT_ADDRESS, 1);

    flow = start("/");

    no_calls = 1;
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(c->op.result, IDV_ENGINE_ERROR, "nothing was created");
    is_int(c->op.retry_after, -1, "and nobody said when to come back");
    gone(c);
    no_calls = 0;

    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    is_int(c->op.result, IDV_ENGINE_OK, "then something was");
    gone(c);

    c = run(&flow, IDV_EVENT_RETRY);
    gone(c);
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(c->op.result, IDV_ENGINE_LIMITED_ADDRESS, "there is no other here");
    gone(c);

    ngx_str_set(&home, "away");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    is_int(c->op.result, IDV_ENGINE_OK, "but elsewhere there is");
    gone(c);
    ngx_str_set(&home, "home");
}


/* the list of transactions comes; of none of them if created is 0 */

static void
listed(int64_t when)
{
    idv_call_t  *call;

    call = called;
    called = NULL;

    call->result = IDV_CALL_OK;
    memset(&call->transaction, 0, sizeof(idv_transaction_t));
    memset(call->transaction.id, 7, sizeof(call->transaction.id));
    call->transaction.created = when;

    call->handler(call);
}


/* a flow of a location where a success may be so old */

static idv_flow_t
aged(uint32_t max_age)
{
    idv_flow_t  flow;

    flow = start("/");
    flow.max_age = max_age;
    node(&flow)->flow.max_age = max_age;

    return flow;
}


/* an earlier success is looked for first, and costs nothing */

static void
test_recall(void)
{
    u_char       key[16];
    client_t    *c;
    idv_flow_t   flow, now;

    reset();
    limit_of(IDV_LIMIT_SUBJECT, 1);
    provider.flow.reuse = 3600;
    document = idv_json_parse(NULL, (u_char *) "{}", 2, 100);

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    ok(recalls == 1 && created == 0, "looked for first");
    listed(0);
    ok(recalls == 1 && created == 1 && !c->done, "none: another one");
    answer(IDV_TX_REQUESTED);
    is_int(c->op.flow.state, IDV_STATE_REQUIRED, "which is there");
    gone(c);

    c = run(&flow, IDV_EVENT_CANCEL);
    gone(c);

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    listed(0);
    ok(c->done && created == 1, "no other is granted after that");
    is_int(c->op.result, IDV_ENGINE_LIMITED, "which is said");
    is_int(c->op.retry_after, 3600, "and until when");
    now = look(&flow);
    ok(now.state == IDV_STATE_DEVICE && now.busy_until == 0
       && !(now.flags & IDV_FLOW_CREATING), "the choice is still there");
    gone(c);

    c = run(&flow, IDV_EVENT_CANCEL);
    gone(c);

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    listed(1790000000);
    is_int(reads, 1, "one that is found is read");
    answer(IDV_TX_SUCCESS);
    answer(IDV_TX_SUCCESS);
    ok(c->done && created == 1, "and no other is created");
    is_int(c->op.flow.state, IDV_STATE_COMPLETED, "the flow is completed");
    is_int(c->op.flow.entered, 1790000000, "as of then");
    gone(c);

    /* nor a success of the future, which would never be too old */

    reset();
    provider.flow.reuse = 3600;

    flow = aged(3600);
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(since, ngx_time() - 3600, "what there was in the last hour");
    listed(ngx_time() + 100);
    ok(reads == 0 && created == 1, "one of the future is none");
    answer(IDV_TX_REQUESTED);
    gone(c);
    c = run(&flow, IDV_EVENT_CANCEL);
    gone(c);

    /* nor what was before all sessions of the subject were ended */

    idv_store_subject(provider.id, flow.subject, key);
    is_int(idv_store_revoke(store, key, ngx_time() - 7, ngx_time() + 3600),
           NGX_OK, "all sessions of the subject are ended");

    flow = aged(3600);
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(since, ngx_time() - 6, "and with them what they came from");
    listed(0);
    answer(IDV_TX_REQUESTED);
    gone(c);

    /* who is locked is not looked for */

    reset();
    limit_of(IDV_LIMIT_LOCKOUT, 1);
    provider.flow.reuse = 3600;

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    listed(0);
    answer(IDV_TX_REQUESTED);
    gone(c);

    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    gone(c);
    c = run(&flow, IDV_EVENT_CANCEL);
    gone(c);

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    ok(c->done && recalls == 1, "nobody looks for the transactions of one");
    is_int(c->op.result, IDV_ENGINE_LOCKED, "who is locked");
    is_int(look(&flow).busy_until, 0, "and nothing is under way");
    gone(c);

    json_decref(document);
    document = NULL;
}


/* claims of others fill the zone */

static void
test_no_room(void)
{
    ngx_str_t    text = ngx_string("{\"firstName\":\"ANN\"}");
    client_t    *c;
    ngx_uint_t   i;
    idv_flow_t   flow, now, others[64];

    reset();
    document = idv_json_parse(NULL, (u_char *) "{}", 2, 100);

    flow = required();

    for (i = 0; i < 64; i++) {
        others[i] = zone_flow(1000 + i, "bob", 99, flow.expires);
        others[i].state = IDV_STATE_COMPLETED;
        sprintf((char *) others[i].subject, "%lu", (unsigned long) i);
        idv_store_create(store, &others[i], ngx_current_msec);

        if (idv_store_save(store, &others[i], &text) != NGX_OK) {
            break;
        }
    }

    ok(i > 4 && i < 64, "%d others have claims", (int) i);

    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_SUCCESS);
    answer(IDV_TX_SUCCESS);
    now = look(&flow);
    ok(c->done && now.busy_until == 0, "a success without room for its claims");
    is_int(now.state, IDV_STATE_REQUIRED, "is none yet");
    gone(c);

    ngx_str_null(&text);
    idv_store_save(store, &others[0], &text);

    later(provider.flow.read_interval);
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_SUCCESS);
    answer(IDV_TX_SUCCESS);
    is_int(c->op.flow.state, IDV_STATE_COMPLETED, "but as soon as there is");
    gone(c);

    json_decref(document);
    document = NULL;
}


static ngx_int_t
unknown(idv_engine_op_t *op, ngx_uint_t i, ngx_str_t *value)
{
    return NGX_ERROR;
}


static const idv_engine_ask_t  unasked = { unknown, at_home, as_known, NULL };


/* who the user is cannot be said: nothing is read that would be compared */

static void
test_expected(void)
{
    client_t     *c;
    idv_flow_t    flow;
    ngx_array_t   matches;
    idv_match_t   match;

    reset();
    flow = required();

    memset(&match, 0, sizeof(match));
    memset(&matches, 0, sizeof(matches));
    matches.elts = &match;
    matches.nelts = 1;
    provider.matches = &matches;

    c = client(&flow, IDV_EVENT_POLL);
    c->op.ask = &unasked;
    ok(idv_engine_run(&c->op) == NGX_OK, "nobody waits");
    is_int(c->op.result, IDV_ENGINE_ERROR, "an error");
    is_int(reads, 0, "no read");
    is_int(look(&flow).busy_until, 0, "no lease");
    gone(c);
}


/* another worker reads or creates: they look at the zone, not at a job */

static void
test_elsewhere(void)
{
    client_t    *c, *d, *e;
    idv_flow_t   flow, now;

    reset();
    flow = required();

    now = look(&flow);
    now.busy_until = ngx_current_msec + 20000;
    idv_store_save(store, &now, NULL);

    c = run(&flow, IDV_EVENT_POLL);
    d = run(&flow, IDV_EVENT_POLL);
    e = run(&flow, IDV_EVENT_POLL);
    later(60);
    ok(!c->done && !d->done && reads == 0, "polls wait for another's read");

    idv_engine_abandon(&c->op);
    gone(c);

    now = look(&flow);
    now.busy_until = 0;
    now.state = IDV_STATE_IN_PROGRESS;
    idv_store_save(store, &now, NULL);
    later(60);
    ok(d->done && e->done && reads == 0,
       "and hear of it without one of theirs");
    is_int(d->op.flow.state, IDV_STATE_IN_PROGRESS, "as it is now");
    gone(d);
    gone(e);

    /* ... and none is told of a flow that is no more */

    now.busy_until = ngx_current_msec + 20000;
    idv_store_save(store, &now, NULL);
    c = run(&flow, IDV_EVENT_POLL);
    now.state = IDV_STATE_CANCELED;
    idv_store_save(store, &now, NULL);
    later(60);
    ok(c->done && c->op.result == IDV_ENGINE_NOT_FOUND, "a flow that is over");
    gone(c);
}


/*
 * A creation takes longer than its lease, and another worker has begun one
 * more: who waits for the first goes on to wait for that one.
 */

static void
test_late(void)
{
    client_t    *c;
    idv_flow_t   flow, now;

    reset();

    flow = start("/");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);

    later(provider.flow.lease + 1000);
    ok(!c->done, "late, and still waiting");

    now = look(&flow);
    now.busy_until = ngx_current_msec + provider.flow.lease;
    idv_store_save(store, &now, NULL);

    answer(IDV_TX_REQUESTED);
    is_int(c->done, 0, "the creation came too late");
    ok(c->op.timer.timer_set, "there is another one");

    now = look(&flow);
    now.busy_until = 0;
    now.flags &= (uint8_t) ~IDV_FLOW_CREATING;
    now.state = IDV_STATE_REQUIRED;
    idv_store_save(store, &now, NULL);

    later(100);
    is_int(c->done, 1, "whose end is seen");
    is_int(c->op.result, IDV_ENGINE_NOT_ALLOWED, "the choice was made");
    is_int(created, 1, "transactions of this worker");
    gone(c);
}


static ngx_uint_t  prepared;


static ngx_int_t
prepare(idv_engine_op_t *op)
{
    prepared++;
    return NGX_OK;
}


/* another worker saves the flow before the claims of its end are looked for */

static void
test_issue(void)
{
    client_t    *c;
    idv_flow_t   flow;

    reset();
    document = idv_json_parse(NULL, (u_char *) "{}", 2, 100);

    flow = required();
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_SUCCESS);
    answer(IDV_TX_SUCCESS);
    is_int(c->op.flow.state, IDV_STATE_COMPLETED, "a flow at its end");
    gone(c);

    meddled = &flow;
    prepared = 0;

    c = client(&flow, IDV_EVENT_CONTINUE);
    c->op.prepare = prepare;

    meddles = 2 * TRIES;
    (void) idv_engine_run(&c->op);
    is_int(c->op.result, IDV_ENGINE_ERROR, "8 lost races are an error");
    is_int(prepared, 0, "and no session is made");
    is_int(look(&flow).state, IDV_STATE_COMPLETED, "the flow has not ended");

    meddles = 1;
    (void) idv_engine_run(&c->op);
    ok(c->op.result == IDV_ENGINE_OK && c->op.issue, "it ends after one");
    is_int(prepared, 1, "sessions made");
    is_int(look(&flow).state, IDV_STATE_ENDED, "once");
    gone(c);

    json_decref(document);
    document = NULL;
}


/* a read is lost when the time of those who wait for it is over, too */

static void
test_poll_late(void)
{
    client_t    *c, *d;
    idv_flow_t   flow, now;

    reset();
    flow = required();

    c = run(&flow, IDV_EVENT_POLL);
    d = run(&flow, IDV_EVENT_POLL);

    now = look(&flow);
    now.busy_until += 30000;
    idv_store_save(store, &now, NULL);

    ngx_current_msec += provider.poll_wait;
    answer(IDV_TX_IN_PROGRESS);

    ok(c->done && d->done, "nobody waits for the next");
    is_int(c->op.flow.state, IDV_STATE_REQUIRED, "they are told what is known");
    is_int(look(&flow).busy_until, now.busy_until, "another worker reads on");
    is_int(reads, 1, "reads of this one");
    gone(c);
    gone(d);
}


/* two flows in one bucket: each has its own job */

static void
test_bucket(void)
{
    client_t    *c, *d;
    uint32_t     hash;
    ngx_uint_t   i;
    idv_call_t  *first;
    idv_flow_t   a, b;

    reset();

    a = zone_flow(1, "ann", provider.id, ngx_current_msec + 3600000);
    hash = ngx_murmur_hash2((u_char *) a.id, IDV_FLOW_ID_LEN) % 1024;

    for (i = 2; i < 100000; i++) {
        b = zone_flow(i, "bob", provider.id, a.expires);

        if (ngx_murmur_hash2((u_char *) b.id, IDV_FLOW_ID_LEN) % 1024 == hash)
        {
            break;
        }
    }

    ok(i < 100000, "flow %d is in the bucket of flow 1", (int) i);

    idv_store_create(store, &a, ngx_current_msec);
    idv_store_create(store, &b, ngx_current_msec);

    c = run(&a, IDV_EVENT_DEVICE_SELF);
    first = called;
    d = run(&b, IDV_EVENT_DEVICE_SELF);

    ok(idv_engine_job(a.id) == c->op.job && idv_engine_job(b.id) == d->op.job
       && c->op.job != d->op.job, "a job each");

    called = first;
    answer(IDV_TX_REQUESTED);
    ok(c->done && !d->done, "the end of one");
    ok(!idv_engine_job(a.id) && idv_engine_job(b.id), "is not that of another");
    idv_engine_abandon(&d->op);
    gone(c);
    gone(d);
    idv_engine_exit_process(&zone_cycle);
    is_int(look(&b).busy_until, 0, "which the end of the worker frees");
}


int
main(void)
{
    ngx_pid = getpid();
    ngx_event_timer_init(tap_log());

    test_meddled();
    test_outcome();
    test_release();
    test_no_call();
    test_limit();
    test_lockout();
    test_address();
    test_recall();
    test_no_room();
    test_expected();
    test_elsewhere();
    test_issue();
    test_poll_late();
    test_bucket();
    test_late();

    return tap_done();
}
