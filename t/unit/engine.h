
/*
 * Copyright (C) nginx-idv authors
 *
 * Flows for unit tests of engine/: the engine and the zone are the real ones,
 * the provider is played by the test, and each call ends when the test says so.
 */


#ifndef _ENGINE_H_INCLUDED_
#define _ENGINE_H_INCLUDED_


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
static idv_key_t        keys[3];     /* the first is the provider's */
static idv_call_t      *called;      /* under way */
static ngx_uint_t       created, recalls, reads, canceled, detached;
static ngx_uint_t       finds, provisions, uses;
static ngx_uint_t       known;       /* 1: something is, of the user */
static int64_t          since;
static ngx_uint_t       no_calls;    /* the next one cannot be made */
static json_t          *document;    /* what is read */


/* these take the place of the real ones */

static ngx_int_t
begun(idv_call_t *call)
{
    if (no_calls) {
        return NGX_ERROR;
    }

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
idv_provider_uses(idv_call_t *call)
{
    uses++;
    return begun(call);
}


ngx_int_t
idv_provider_find(idv_call_t *call)
{
    finds++;
    return begun(call);
}


ngx_int_t
idv_provider_provision(idv_call_t *call)
{
    provisions++;
    return begun(call);
}


ngx_int_t
idv_provider_recall(idv_call_t *call)
{
    recalls++;
    since = call->since;
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
    detached++;
}


/* the provider answers; handlers run meanwhile */

static void
answer(idv_tx_status_e status)
{
    idv_call_t  *call;

    call = called;
    called = NULL;

    call->result = IDV_CALL_OK;
    call->document = document;
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


static ngx_str_t  home = ngx_string("home");     /* where clients are */


static void
at_home(idv_engine_op_t *op, ngx_str_t *value)
{
    *value = home;
}


/* who it is, as the location knows it */

static ngx_int_t
as_known(idv_engine_op_t *op, uint32_t wanted, idv_inputs_t *inputs)
{
    if (!known) {
        return NGX_OK;
    }

    inputs->n = 1;
    inputs->list[0].input = IDV_INPUT_GIVEN_NAME;
    ngx_str_set(&inputs->list[0].value, "Ann");

    return NGX_OK;
}


static const idv_engine_ask_t  asked = { NULL, at_home, as_known, NULL };


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
    c->op.ask = &asked;
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
    u_char      secret[IDV_KEY_FILE_LEN];
    ngx_uint_t  i;

    static ngx_str_t  name = ngx_string("local");

    store = zone_create(512 * 1024);

    for (i = 0; i < 2; i++) {
        memset(secret, i + 1, sizeof(secret));
        idv_key_derive(&keys[i], secret);
    }

    ngx_current_msec = 1000000;

    memset(&provider, 0, sizeof(provider));
    provider.name = name;
    provider.store = store;
    provider.id = 5;
    provider.poll_wait = 1000;
    provider.keys = keys;
    provider.nkeys = 1;
    provider.flow.device_choice = 1;
    provider.flow.attempts = 3;
    provider.flow.state_timeout = 1200;
    provider.flow.read_interval = 4000;
    provider.flow.lease = 25000;

    called = NULL;
    created = 0;
    recalls = 0;
    finds = 0;
    provisions = 0;
    uses = 0;
    known = 0;
    reads = 0;
    canceled = 0;
    detached = 0;
    no_calls = 0;

    idv_engine_init_process(&zone_cycle);
}


#endif /* _ENGINE_H_INCLUDED_ */
