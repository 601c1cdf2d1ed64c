
/*
 * Copyright (C) nginx-idv authors
 *
 * What happens to a flow while a call to the provider is under way, and to
 * those who wait for it: the engine and the zone are the real ones, the
 * provider is played by the test, and each call ends when the test says so.
 */


#include "store.h"

#include <ngx_event.h>

#include "engine/idv_engine_job.h"


typedef struct {
    idv_engine_op_t   op;
    ngx_pool_t       *pool;
    ngx_uint_t        done;
    idv_engine_op_t  *abandons;      /* when it is told */
} client_t;


static idv_store_t     *store;
static idv_provider_t   provider;
static idv_call_t      *called;      /* under way */
static ngx_uint_t       created, reads, canceled;


/* these take the place of the real ones */

static ngx_int_t
begun(idv_call_t *call)
{
    called = call;
    return NGX_OK;
}


ngx_int_t
idv_provider_create(idv_call_t *call)
{
    created++;
    return begun(call);
}


ngx_int_t
idv_provider_read(idv_call_t *call)
{
    reads++;
    return begun(call);
}


ngx_int_t
idv_provider_claims(idv_call_t *call)
{
    return begun(call);
}


void
idv_provider_cancel(idv_call_t *call)
{
    canceled++;
    called = NULL;
}


void
idv_provider_detach(idv_call_t *call)
{
    /* void */
}


/* the provider answers; handlers run meanwhile */

static void
answer(idv_tx_status_e status)
{
    idv_call_t  *call;

    call = called;
    called = NULL;

    call->result = IDV_CALL_OK;
    memset(&call->transaction, 0, sizeof(idv_transaction_t));
    memset(call->transaction.id, 7, sizeof(call->transaction.id));
    strcpy(call->transaction.code, "482915");
    call->transaction.status = (uint8_t) status;

    call->handler(call);
}


static void
told(idv_engine_op_t *op)
{
    client_t  *client = op->data;

    client->done++;

    if (client->abandons) {
        idv_engine_abandon(client->abandons);
    }
}


static client_t *
client(idv_flow_t *flow, idv_event_e event)
{
    client_t    *c;
    ngx_pool_t  *pool;

    pool = tap_pool();

    c = ngx_pcalloc(pool, sizeof(client_t));
    c->pool = pool;

    c->op.provider = &provider;
    c->op.pool = pool;
    c->op.log = tap_log();
    c->op.id.data = (u_char *) flow->id;
    c->op.id.len = IDV_FLOW_ID_LEN;
    c->op.event.type = event;
    c->op.handler = told;
    c->op.data = c;

    memcpy(c->op.binding, flow->binding, sizeof(c->op.binding));

    return c;
}


static client_t *
run(idv_flow_t *flow, idv_event_e event)
{
    client_t  *c;

    c = client(flow, event);

    if (idv_engine_run(&c->op) == NGX_OK) {
        c->done = 1;
    }

    return c;
}


static void
gone(client_t *c)
{
    ngx_destroy_pool(c->pool);
}


/* ann starts, and again with another return address */

static idv_flow_t
start(const char *return_to)
{
    client_t    *c;
    idv_flow_t   flow;

    flow = zone_flow(1, "ann", provider.id, 0);

    c = client(&flow, IDV_EVENT_START);

    memset(flow.id, 0, sizeof(flow.id));
    memset(flow.return_to, 0, sizeof(flow.return_to));
    strcpy(flow.return_to, return_to);
    flow.state = IDV_STATE_NEW;
    c->op.flow = flow;

    idv_engine_start(&c->op);
    flow = c->op.flow;
    gone(c);

    return flow;
}


static idv_flow_t
look(idv_flow_t *flow)
{
    idv_flow_t  found;

    if (zone_load(store, flow, &found) != NGX_OK) {
        memset(&found, 0, sizeof(found));
    }

    return found;
}


static void
reset(void)
{
    static ngx_str_t  name = ngx_string("local");

    store = zone_create(512 * 1024);

    ngx_current_msec = 1000000;

    memset(&provider, 0, sizeof(provider));
    provider.name = name;
    provider.store = store;
    provider.id = 5;
    provider.poll_wait = 1000;
    provider.flow.device_choice = 1;
    provider.flow.attempts = 3;
    provider.flow.state_timeout = 1200;
    provider.flow.read_interval = 4000;
    provider.flow.lease = 25000;

    called = NULL;
    created = 0;
    reads = 0;
    canceled = 0;

    idv_engine_init_process(&zone_cycle);
}


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
