
/*
 * Copyright (C) nginx-idv authors
 *
 * What happens to a flow while a call to the provider is under way, and to
 * those who wait for it.
 */


#include "engine.h"


/* a second tab starts again while the first one's transaction is created */

static void
test_touched_create(void)
{
    client_t    *c, *d;
    idv_flow_t   flow, now;

    reset();

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    ok(called && !c->done, "a transaction is being created");

    now = start("/second");
    is_str(now.id, IDV_FLOW_ID_LEN, flow.id, "another tab: the same flow");

    answer(IDV_TX_REQUESTED);
    is_int(c->done, 1, "the first tab is told");
    is_int(c->op.flow.state, IDV_STATE_REQUIRED, "of the code");

    now = look(&flow);
    is_int(now.state, IDV_STATE_REQUIRED, "the flow has the transaction");
    is_str(now.code, strlen(now.code), "482915", "its code");
    is_str(now.return_to, strlen(now.return_to), "/second",
           "and the second tab's address");
    is_int(now.busy_until, 0, "and no lease");

    d = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(created, 1, "transactions that were paid for");
    gone(c);
    gone(d);
}


/* the browser comes back from the capture while the transaction is read */

static void
test_touched_read(void)
{
    client_t    *c, *d;
    idv_flow_t   flow, now;

    reset();

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    gone(c);

    c = run(&flow, IDV_EVENT_POLL);
    ok(called && reads == 1, "a read");

    d = run(&flow, IDV_EVENT_RETURNED);
    is_int(d->done, 1, "the browser is back");
    gone(d);
    (void) start("/second");

    answer(IDV_TX_IN_PROGRESS);
    is_int(c->done, 1, "the poll is told");

    now = look(&flow);
    is_int(now.state, IDV_STATE_IN_PROGRESS, "what was read");
    ok(now.flags & IDV_FLOW_RETURNED, "that the browser is back");
    is_str(now.return_to, strlen(now.return_to), "/second", "and the address");
    is_int(now.busy_until, 0, "and nobody reads any more");
    is_int(reads, 1, "reads");
    gone(c);

    /* the last reader goes, after a touch: the lease is given back */

    ngx_current_msec += 5000;
    c = run(&flow, IDV_EVENT_POLL);
    is_int(reads, 2, "another read");
    (void) start("/third");
    idv_engine_abandon(&c->op);
    gone(c);
    is_int(canceled, 1, "which nobody waits for is canceled");
    is_int(look(&flow).busy_until, 0, "and the next does not wait for it");
}


/* what is no longer this job's is left alone */

static void
test_taken(void)
{
    client_t    *c;
    idv_flow_t   flow, now;

    reset();

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);

    /* another worker, when the lease is over, and its transaction */

    now = look(&flow);
    now.busy_until = 0;
    now.flags &= (uint8_t) ~IDV_FLOW_CREATING;
    now.state = IDV_STATE_REQUIRED;
    memset(now.tx, 9, sizeof(now.tx));
    ok(idv_store_save(store, &now, NULL) == NGX_OK, "another worker was first");

    answer(IDV_TX_REQUESTED);
    is_int(look(&flow).tx[0], 9, "its transaction stays");
    is_int(c->done, 1, "and who waited is told of that");
    gone(c);

    /* another worker is creating: the lease was over, and it took a new one */

    reset();

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);

    now = look(&flow);
    now.busy_until += 30000;
    ok(idv_store_save(store, &now, NULL) == NGX_OK, "another worker creates");

    answer(IDV_TX_REQUESTED);
    is_int(look(&flow).busy_until, now.busy_until, "its lease stays");
    is_int(look(&flow).state, IDV_STATE_DEVICE, "and so does the flow");
    is_int(c->done, 0, "who waited waits for it");
    idv_engine_abandon(&c->op);
    gone(c);
}


/* the worker ends: others need not wait until its lease is over */

static void
test_exit(void)
{
    client_t    *c;
    idv_flow_t   flow, now;

    reset();

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    (void) start("/second");

    ok(look(&flow).busy_until != 0, "a creation is under way");
    idv_engine_unwait(&c->op);
    idv_engine_exit_process(&zone_cycle);

    now = look(&flow);
    is_int(now.busy_until, 0, "the worker ends: no lease");
    ok(!(now.flags & IDV_FLOW_CREATING), "and nothing is being created");
    is_int(now.state, IDV_STATE_DEVICE, "the flow is as it was");
    gone(c);
}


/*
 * Three wait for one read.  The first that is told finalizes a request, which
 * takes another one of them with it: sanitizers see what is freed twice.
 */

static void
test_abandoned(ngx_uint_t all)
{
    client_t    *c[3];
    ngx_uint_t   i;
    idv_flow_t   flow;

    reset();

    flow = start("/first");
    c[0] = run(&flow, IDV_EVENT_DEVICE_SELF);
    answer(IDV_TX_REQUESTED);
    gone(c[0]);

    for (i = 0; i < 3; i++) {
        c[i] = run(&flow, IDV_EVENT_POLL);
    }

    is_int(reads, 1, "reads that three wait for");

    c[0]->abandons = &c[1]->op;

    if (all) {
        idv_engine_abandon(&c[1]->op);
        c[0]->abandons = &c[2]->op;
    }

    answer(IDV_TX_INITIATED);

    is_int(c[0]->done, 1, "the first is told");
    is_int(c[1]->done, 0, "who was abandoned is not");
    is_int(c[2]->done, !all, "the last");
    is_int(canceled, 0, "nothing is canceled");
    is_int(look(&flow).tx_status, IDV_TX_INITIATED, "the result is kept");
    is_int(look(&flow).busy_until, 0, "and the lease given back");
    ok(idv_engine_job(flow.id) == NULL, "and the job is gone");

    for (i = 0; i < 3; i++) {
        gone(c[i]);
    }
}


int
main(void)
{
    ngx_event_timer_init(tap_log());

    test_touched_create();
    test_touched_read();
    test_taken();
    test_exit();
    test_abandoned(0);
    test_abandoned(1);

    return tap_done();
}
