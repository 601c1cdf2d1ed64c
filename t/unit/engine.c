
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


/* this device is chosen; code is what the provider was told for the return */

static void
choose_self(idv_flow_t *flow, char *code)
{
    client_t   *c;
    ngx_str_t  *url;

    static ngx_str_t  page = ngx_string("https://gate.example/return?flowId=x");

    c = client(flow, IDV_EVENT_DEVICE_SELF);
    c->op.redirect = page;
    ok(idv_engine_run(&c->op) == NGX_AGAIN, "this device");

    url = &called->redirect;
    ok(url->len == page.len + 6 + 32
       && memcmp(url->data, page.data, page.len) == 0
       && memcmp(url->data + page.len, "&code=", 6) == 0,
       "the way back has a code");
    memcpy(code, url->data + url->len - 32, 33 - 1);

    answer(IDV_TX_REQUESTED);
    gone(c);
}


/* a browser comes back with that; 1: it was this flow's own */

static ngx_uint_t
returned(idv_flow_t *flow, const char *code)
{
    client_t    *c;
    ngx_uint_t   before;

    before = look(flow).flags & IDV_FLOW_RETURNED;

    c = client(flow, IDV_EVENT_RETURNED);
    c->op.code.data = (u_char *) code;
    c->op.code.len = strlen(code);
    ok(idv_engine_run(&c->op) == NGX_OK, "a browser comes back");
    gone(c);

    return !before && (look(flow).flags & IDV_FLOW_RETURNED);
}


/* the browser comes back from the capture while the transaction is read */

static void
test_touched_read(void)
{
    char         code[33] = "";
    client_t    *c;
    idv_flow_t   flow, now;

    reset();

    flow = start("/first");
    choose_self(&flow, code);

    c = run(&flow, IDV_EVENT_POLL);
    ok(called && reads == 1, "a read");

    ok(returned(&flow, code), "from the capture");
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


/* a code is good for one transaction of one flow of one client, once */

static void
test_returned(void)
{
    char        code[33] = "", second[33] = "", other[33] = "";
    client_t   *c;
    idv_flow_t  flow, stranger;

    reset();

    flow = start("/first");
    choose_self(&flow, code);

    stranger = zone_flow(2, "ann", provider.id, ngx_current_msec + 600000);
    stranger.state = IDV_STATE_DEVICE;
    ok(idv_store_create(store, &stranger, ngx_current_msec) == NGX_OK,
       "another client of hers");
    choose_self(&stranger, other);

    ok(!returned(&flow, ""), "without a code");
    ok(!returned(&flow, "0123456789abcdef0123456789abcdef"), "with a guess");
    ok(!returned(&flow, other), "with that of another flow");

    /* a key that has come meanwhile is the first */

    provider.keys = &keys[1];
    provider.nkeys = 1;
    ok(!returned(&flow, code), "by a key that is gone");

    memcpy(&keys[2], &keys[0], sizeof(idv_key_t));
    provider.nkeys = 2;
    ok(returned(&flow, code), "by one that was the first");
    ok(!returned(&flow, code), "no second time");

    /* the transaction fails, and another one takes its place */

    c = client(&flow, IDV_EVENT_POLL);
    ngx_str_set(&c->op.redirect, "https://gate.example/return?flowId=x");
    ngx_current_msec += 5000;
    ok(idv_engine_run(&c->op) == NGX_AGAIN, "a read");
    answer(IDV_TX_FAIL);
    memcpy(second, called->redirect.data + called->redirect.len - 32, 32);
    answer(IDV_TX_REQUESTED);
    gone(c);

    ok(!returned(&flow, code), "its code is that of the first no more");
    ok(returned(&flow, second), "but one of its own");
}


/* a flow that another zone had, as its client has kept it */

static idv_flow_t  kept;
static int64_t     kept_since;
static ngx_uint_t  kept_twice;       /* another worker is asked for it, too */


static ngx_uint_t comes_back(idv_flow_t *flow);


static ngx_int_t
keeps(idv_engine_op_t *op, idv_flow_t *flow, int64_t *sealed)
{
    *flow = kept;
    *sealed = kept_since;

    if (kept_twice) {
        kept_twice = 0;
        (void) comes_back(flow);
    }

    return NGX_OK;
}


static const idv_engine_ask_t  keeper = { NULL, at_home, as_known, keeps };


static ngx_uint_t
comes_back(idv_flow_t *flow)
{
    client_t    *c;
    ngx_uint_t   found;

    c = client(flow, IDV_EVENT_FIND);
    c->op.ask = &keeper;
    ok(idv_engine_run(&c->op) == NGX_OK, "a client comes");
    found = c->op.result == IDV_ENGINE_OK
            && c->op.flow.state == IDV_STATE_REQUIRED;
    gone(c);

    return found;
}


static void
reset_kept(idv_flow_t *flow)
{
    reset();

    memset(&kept, 0, sizeof(kept));
    *flow = zone_flow(1, "ann", provider.id, 0);

    memcpy(kept.id, flow->id, sizeof(kept.id));
    memcpy(kept.binding, flow->binding, sizeof(kept.binding));
    memcpy(kept.subject, flow->subject, sizeof(kept.subject));
    kept.provider = provider.id;
    memset(kept.tx, 7, sizeof(kept.tx));
    strcpy(kept.code, "482915");
    kept.failures = 1;
    kept.transactions = 2;
    kept_since = ngx_time();
}


static void
test_resumed(void)
{
    u_char       key[16];
    client_t    *c;
    idv_flow_t   flow, now, other;

    reset_kept(&flow);
    ok(comes_back(&flow), "a flow goes on in another zone");
    now = look(&flow);
    ok(strcmp(now.code, "482915") == 0 && now.failures == 1
       && now.transactions == 2, "as it was");

    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    is_int(look(&flow).state, IDV_STATE_TIMED_OUT,
           "one that is over is no attempt");
    is_int(created, 0, "and is followed by none");
    gone(c);

    reset_kept(&flow);
    (void) comes_back(&flow);
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_SUCCESS);
    is_int(look(&flow).state, IDV_STATE_TIMED_OUT, "nor a success");
    gone(c);

    reset_kept(&flow);
    (void) comes_back(&flow);
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_IN_PROGRESS);
    gone(c);
    ngx_current_msec += 5000;
    c = run(&flow, IDV_EVENT_POLL);
    answer(IDV_TX_FAIL);
    is_int(created, 1, "one that was open may fail, and be followed");
    answer(IDV_TX_REQUESTED);
    gone(c);

    reset_kept(&flow);
    kept_twice = 1;
    ok(comes_back(&flow), "two workers are asked at once: both find it");
    is_int(look(&flow).version, 1, "and it is one");

    /* this client has begun another one here, as two machines let it */

    reset_kept(&flow);
    other = start("/here");
    strcpy(kept.return_to, "/there");
    ok(!comes_back(&flow), "one of the same kind is enough");
    now = look(&other);
    ok(strcmp(now.return_to, "/here") == 0 && now.version == other.version,
       "and stays as it is");

    reset_kept(&flow);
    kept.binding[31] = 1;
    ok(!comes_back(&flow), "not another client's");

    reset_kept(&flow);
    kept.id[0] = 'x';
    ok(!comes_back(&flow), "not another flow");

    reset_kept(&flow);
    idv_store_subject(provider.id, kept.subject, key);
    (void) idv_store_revoke(store, key, kept_since, kept_since + 3600);
    ok(!comes_back(&flow), "not of a user who was sent back to the beginning");
    kept_since++;
    ok(comes_back(&flow), "but what they began after that");

    /* over in this zone, and not swept yet */

    ngx_current_msec += 24 * 3600 * 1000;
    ok(!comes_back(&flow), "not what this zone has known");

    /* where one is started */

    reset_kept(&flow);
    c = client(&flow, IDV_EVENT_START);
    c->op.ask = &keeper;
    c->op.flow = flow;
    c->op.flow.state = IDV_STATE_NEW;
    c->op.id.len = 0;
    memset(c->op.flow.policy, 3, 16);
    idv_engine_start(&c->op);
    is_int(c->op.flow.state, IDV_STATE_DEVICE, "not under another policy");
    gone(c);

    kept.binding[31] = 1;
    c = client(&flow, IDV_EVENT_START);
    c->op.ask = &keeper;
    c->op.flow = flow;
    c->op.flow.state = IDV_STATE_NEW;
    c->op.id.len = 0;
    idv_engine_start(&c->op);
    is_int(c->op.flow.state, IDV_STATE_DEVICE, "not another client's");
    gone(c);

    reset_kept(&flow);

    c = client(&flow, IDV_EVENT_START);
    c->op.ask = &keeper;
    c->op.flow = flow;
    c->op.flow.state = IDV_STATE_NEW;
    c->op.id.len = 0;
    strcpy(c->op.flow.return_to, "/wanted");
    idv_engine_start(&c->op);
    is_int(c->op.flow.state, IDV_STATE_REQUIRED, "but under its own");
    ok(strcmp(look(&flow).return_to, "/wanted") == 0, "from the new page");
    gone(c);
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


/* what the provider says of a user */

static void
users(idv_call_result_e result, idv_found_e match, const char *id)
{
    idv_call_t  *call;

    call = called;
    called = NULL;

    call->result = result;
    call->match = match;
    call->found.data = (u_char *) id;
    call->found.len = strlen(id);

    call->handler(call);
}


/*
 * A user who is looked up, made, maybe, and looked up again, while another tab
 * changes the flow.  Whoever goes away meanwhile leaves nothing behind.
 */

static void
test_found(void)
{
    client_t    *c;
    idv_flow_t   flow;

    reset();

    provider.flow.lookup = 1;
    provider.flow.on_user_not_found = IDV_PROVISION;
    known = 1;

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(finds, 1, "the user is looked up");
    is_int(created, 0, "and nothing created yet");

    (void) start("/second");
    users(IDV_CALL_OK, IDV_FOUND_NONE, "");
    is_int(provisions, 1, "nobody: one is made");
    ok(called->inputs->n == 1 && called->inputs->list[0].value.len == 3,
       "with what is known");

    users(IDV_CALL_UNAVAILABLE, IDV_FOUND_NONE, "");
    is_int(finds, 2, "no answer: was one made?");

    users(IDV_CALL_OK, IDV_FOUND_ONE, "7b3e");
    is_int(uses, 1, "yes: what does the policy use of what is known?");
    is_int(created, 0, "not before that");

    called->uses = IDV_INPUT_BIT(IDV_INPUT_GIVEN_NAME);
    users(IDV_CALL_OK, IDV_FOUND_NONE, "");
    ok(created == 1 && called->inputs->n == 1
       && called->uses == IDV_INPUT_BIT(IDV_INPUT_GIVEN_NAME), "the name");
    ok(called->user.len == 4 && memcmp(called->user.data, "7b3e", 4) == 0,
       "whose transaction it is");

    answer(IDV_TX_REQUESTED);
    is_int(c->done, 1, "and who asked is told");

    flow = look(&flow);
    is_int(flow.state, IDV_STATE_REQUIRED, "the flow goes on");
    ok(flow.found && strcmp(flow.user, "7b3e") == 0
       && strcmp(flow.return_to, "/second") == 0, "with both changes");
    gone(c);

    /* one that cannot be read */

    reset();
    known = 1;
    ngx_current_msec += 60000;

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    is_int(uses, 1, "a minute later it is read again");
    users(IDV_CALL_NOT_FOUND, IDV_FOUND_NONE, "");
    ok(created == 0 && c->done == 1
       && c->op.result == IDV_ENGINE_UNAVAILABLE
       && look(&flow).state == IDV_STATE_DEVICE,
       "and without it nothing is created");
    gone(c);

    reset();

    provider.flow.lookup = 1;

    flow = start("/first");
    c = run(&flow, IDV_EVENT_DEVICE_SELF);
    idv_engine_abandon(&c->op);
    is_int(canceled, 1, "nobody waits for a lookup");
    ok(idv_engine_job(flow.id) == NULL && look(&flow).busy_until == 0,
       "and another may begin");
    gone(c);
}


int
main(void)
{
    ngx_event_timer_init(tap_log());

    test_touched_create();
    test_touched_read();
    test_returned();
    test_resumed();
    test_taken();
    test_exit();
    test_abandoned(0);
    test_abandoned(1);
    test_found();

    return tap_done();
}
