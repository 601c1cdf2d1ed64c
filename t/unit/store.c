
/*
 * Copyright (C) nginx-idv authors
 *
 * What the zone bounds, flows of a subject that are over, flows whose time is
 * over, records of providers that a configuration had, and what it must not
 * forget.
 */


#include "store.h"


#define ZONE  (512 * 1024)
#define LONG  40                     /* flows of a provider with more time */


/* starting and cancelling for ever leaves nothing but a few records */

static void
test_ended(void)
{
    ngx_uint_t    i, failed, most;
    idv_flow_t    flow, other, found;
    idv_store_t  *store;

    store = zone_create(ZONE);

    other = zone_flow(5000, "bob", 1, ngx_current_msec + 1200000);
    ok(idv_store_create(store, &other, ngx_current_msec) == NGX_OK,
       "bob starts");
    other.state = IDV_STATE_CANCELED;
    other.expires = ngx_current_msec + 60000;
    ok(idv_store_save(store, &other, NULL) == NGX_OK, "and cancels");

    failed = 0;
    most = 0;

    for (i = 1; i <= 1000; i++) {
        flow = zone_flow(i, "ann", 1 + i % 2, ngx_current_msec + 1200000);

        if (idv_store_create(store, &flow, ngx_current_msec) != NGX_OK) {
            failed++;
            continue;
        }

        flow.state = IDV_STATE_CANCELED;
        flow.expires = ngx_current_msec + 60000;

        if (idv_store_save(store, &flow, NULL) != NGX_OK) {
            failed++;
        }

        most = ngx_max(most, zone_flows(store));
    }

    is_int(failed, 0, "of a thousand that start and cancel at once, failed");
    ok(most <= 2 * IDV_STORE_MAX_ENDED, "flows in the zone: %lu",
       (unsigned long) most);
    is_int(idv_store_counter(store, IDV_COUNT_FLOWS_EVICTED), 0,
           "of others, none gives way");
    ok(zone_load(store, &flow, &found) == NGX_OK,
       "the last is there, for pages that look once more");
    ok(zone_load(store, &other, &found) == NGX_OK, "and so is bob's");
}


/*
 * The oldest flows have two days, those after them have two minutes: when these
 * are over there is room, and the oldest stay.
 */

static void
test_expired(idv_state_e state, const char *name)
{
    uint64_t      now;
    ngx_uint_t    i, n, failed, kept;
    idv_flow_t    first[LONG], flow, found;
    idv_store_t  *store;

    store = zone_create(ZONE);
    n = store->root->nnodes;
    now = ngx_current_msec;
    failed = 0;

    for (i = 1; i <= n; i++) {
        flow = zone_flow(i, "", i <= LONG ? 2 : 1,
                         now + (i <= LONG ? 2 * 86400 : 120) * 1000);
        memcpy(flow.subject, &i, sizeof(i));

        if (i <= LONG) {
            first[i - 1] = flow;
        }

        if (idv_store_create(store, &flow, now) != NGX_OK) {
            failed++;
        }

        flow.state = state;

        if (idv_store_save(store, &flow, NULL) != NGX_OK) {
            failed++;
        }
    }

    is_int(failed, 0, "failed while the zone was filled");
    is_int(zone_flows(store), n, "the zone is full");

    ngx_current_msec += 121000;
    now = ngx_current_msec;
    failed = 0;

    for (i = 1; i <= n - LONG; i++) {
        flow = zone_flow(n + i, "", 1, now + 120000);
        memcpy(flow.subject, &i, sizeof(i));

        if (idv_store_create(store, &flow, now) != NGX_OK) {
            failed++;
        }
    }

    is_int(failed, 0, "refused, of as many that come when those are over");
    is_int(idv_store_counter(store, IDV_COUNT_FLOWS_EVICTED), 0,
           "flows that had to give way");

    kept = 0;

    for (i = 0; i < LONG; i++) {
        kept += (zone_load(store, &first[i], &found) == NGX_OK);
    }

    ok(kept == LONG, "flows of a provider with more time, %s, stay: %lu", name,
       (unsigned long) kept);
}


/*
 * A worker died when the entry of a revocation was there and its bit in the
 * filter was not: who mends the zone has to set it.
 */

static void
test_revoked(void)
{
    u_char        session[16], subject[16];
    idv_store_t  *store;

    store = zone_create(ZONE);

    memset(session, 3, sizeof(session));
    memset(subject, 5, sizeof(subject));

    ok(idv_store_revoke(store, session, ngx_time(), ngx_time() + 60) == NGX_OK,
       "a session is revoked");

    ngx_memzero((void *) store->root->filter, sizeof(store->root->filter));
    store->root->dirty = 1;

    /* whoever takes the mutex next */
    idv_store_lock(store);
    idv_store_unlock(store);

    ok(idv_store_revoked(store, session, subject, ngx_time(), ngx_time()),
       "and stays so when a worker has died");
    ok(!idv_store_revoked(store, subject, subject, ngx_time(), ngx_time()),
       "which others are not");
}


/* a call of each provider of a configuration; how many found no record */

static ngx_uint_t
call(idv_store_t *store, uint64_t first, ngx_uint_t n)
{
    ngx_uint_t        missing;
    idv_peer_pass_t   pass;

    static const idv_store_peer_conf_t  conf = { 5, 10000, 5000, 0, 0 };

    for (missing = 0; n--; first++) {
        ngx_current_msec++;
        ngx_memzero(&pass, sizeof(pass));

        if (idv_store_peer_admit(store, first, &conf, 0, ngx_current_msec,
                                 &pass)
            != IDV_PEER_ADMITTED)
        {
            missing++;
        }
    }

    return missing;
}


/* 1 if the provider still has the token that was kept for it */

static ngx_uint_t
keeps(idv_store_t *store, uint64_t id)
{
    u_char            buf[IDV_STORE_PEER_MAX_TOKEN];
    ngx_int_t         rc;
    idv_peer_token_t  token;

    ngx_memzero(&token, sizeof(token));

    rc = idv_store_peer_token_get(store, id, 7, 1000, ngx_current_msec, buf,
                                  &token);

    if (rc == NGX_DECLINED) {
        idv_store_peer_token_release(store, id, &token);
    }

    return rc == NGX_OK;
}


static void
keep(idv_store_t *store, uint64_t id)
{
    ngx_str_t         value = ngx_string("SeCrEt-token");
    idv_peer_token_t  token;

    ngx_memzero(&token, sizeof(token));

    (void) idv_store_peer_token_put(store, id, 7, &value, 3600000,
                                    ngx_current_msec, &token);
}


static idv_store_t *
configure(idv_store_t *old, uint64_t first, ngx_uint_t n)
{
    idv_store_t  *store;

    store = zone_configure(old);

    while (n--) {
        idv_store_provider_add(store, first++);
    }

    return store;
}


static const void *
find(idv_store_t *store, const char *text)
{
    ngx_str_t  peers;

    peers.data = (u_char *) store->root->peers;
    peers.len = sizeof(store->root->peers);

    return tap_has(&peers, text);
}


static void
test_providers(void)
{
    ngx_uint_t    i;
    idv_store_t  *store, *a, *b, *c;

    store = zone_create(ZONE);
    ngx_current_msec = 1000000;

    /* renamed at each reload, for ever; one provider stays */

    a = store;
    idv_store_provider_add(a, 9999);
    idv_store_provider_keep(a);
    keep(a, 9999);

    for (i = 1; i <= 100; i++) {
        a = configure(a, i, 1);
        idv_store_provider_add(a, 9999);
        idv_store_provider_keep(a);

        if (call(a, i, 1)) {
            break;
        }
    }

    is_int(i, 101, "reloads with another provider each, and a record for it");
    ok(keeps(a, 9999), "who is in all of them has its token still");

    /* of three configurations the middle one is leaving */

    store = zone_create(ZONE);

    a = configure(store, 100, 20);
    idv_store_provider_keep(a);
    is_int(call(a, 100, 20), 0, "calls of 20 providers without a record");
    keep(a, 100);
    keep(a, 101);

    b = configure(a, 119, 13);
    idv_store_provider_keep(b);
    is_int(call(b, 119, 13), 0, "of 13, one of which was there");
    keep(b, 120);

    /* refused, or accepted and without a call yet: nothing changes */

    c = configure(b, 300, 10);
    is_int(call(b, 119, 13), 0, "while a configuration was refused");

    c = configure(b, 130, 12);
    idv_store_provider_keep(c);
    is_int(call(b, 119, 13), 0, "while another has no worker busy");
    ok(keeps(b, 120) && keeps(a, 100) && keeps(a, 101),
       "all tokens are there");

    /* 132 .. 141 are new; nobody had 102 .. 111 for longer */

    (void) keeps(a, 100);
    is_int(call(c, 130, 12), 0, "the new one's own, of which 10 are new");
    ok(keeps(a, 100) && keeps(a, 101), "who was used last stays: a token");
    ok(keeps(b, 120), "the other token");

    /* who is leaving takes from the older ones, and nothing of the newer */

    ngx_current_msec++;
    keep(c, 131);
    keep(c, 141);

    for (i = 0; i < 32; i++) {
        (void) call(b, 500 + i, 1);
        (void) call(a, 600 + i, 1);
    }

    ok(keeps(c, 131) && keeps(c, 141) && keeps(b, 120),
       "a worker that is leaving takes nothing of a newer configuration");
    is_int(call(c, 130, 12), 0, "all of which can still be called");

    /* an old worker makes a record again after a recovery: it is ours, too */

    store = zone_create(ZONE);

    a = configure(store, 1, 32);
    keep(a, 1);
    is_int(call(a, 2, 31), 0, "32 providers, the first longest unused");

    c = configure(a, 1, 1);
    idv_store_provider_add(c, 50);
    is_int(call(c, 50, 1), 0, "another, which has no record");
    ok(keeps(c, 1), "does not take that of its own configuration");

    /* an old record is wanted again, by a configuration that is newer */

    store = zone_create(ZONE);

    idv_store_provider_add(store, 1);
    keep(store, 1);

    a = configure(store, 2, 32);
    idv_store_provider_keep(a);
    is_int(call(a, 2, 31), 0, "all records are taken");

    c = configure(a, 1, 1);
    idv_store_provider_keep(c);
    is_int(call(a, 33, 1), 1, "a worker that is leaving finds none");
    ok(keeps(c, 1), "and does not take that one");

    /* 32 new ones: all others go, whatever they were */

    keep(c, 1);
    a = configure(c, 1000, 32);
    idv_store_provider_keep(a);
    is_int(call(a, 1000, 32), 0, "32 new ones: without a record");
    is_int(call(a, 1000, 32), 0, "and again");
    ok(find(a, "SeCrEt") == NULL, "of the others not even a token is left");
    is_int(call(c, 1, 1), 1, "whose last workers are told that");
    is_int(call(a, 1000, 32), 0, "which costs the new ones nothing");
}


/* claims have a place of their own, of which there are fewer than flows */

static void
test_claims(void)
{
    ngx_int_t     rc;
    ngx_str_t     claims;
    ngx_uint_t    i;
    idv_flow_t    flow, last;
    idv_store_t  *store;

    static const ngx_str_t  wiped = ngx_null_string;

    store = zone_create(ZONE);
    ngx_str_set(&claims, "{\"firstName\":\"ANN\"}");
    ngx_memzero(&flow, sizeof(idv_flow_t));
    rc = NGX_OK;

    for (i = 1; i <= store->root->nclaims + 1; i++) {
        last = flow;
        flow = zone_flow(i, "ann", i, ngx_current_msec + 1200000);
        (void) idv_store_create(store, &flow, ngx_current_msec);

        flow.state = IDV_STATE_COMPLETED;
        rc = idv_store_save(store, &flow, &claims);

        if (rc != NGX_OK) {
            break;
        }
    }

    is_int(i, store->root->nclaims + 1, "flows until there is no more place");
    is_int(rc, NGX_ERROR, "the save says so");
    is_int(idv_store_counter(store, IDV_COUNT_ZONE_FULL), 1,
           "and the operator is told");

    (void) idv_store_save(store, &last, &wiped);
    ok(idv_store_save(store, &flow, &claims) == NGX_OK,
       "the place of another one is good again");
}


/* an administrator looks at all of them, some at a time, each once */

static void
test_list(void)
{
    uint32_t             cursor;
    ngx_uint_t           i, n, total, looks, twice;
    idv_flow_t           flow, flows[IDV_STORE_MAX_LISTED];
    idv_store_t         *store;
    idv_store_query_t    query;

    static u_char          seen[4000];
    static const uint64_t  providers[] = { 1, 3 };

    store = zone_create(8 * 1024 * 1024);

    for (i = 1; i <= 3000; i++) {
        flow = zone_flow(i, "", 1 + i % 3, ngx_current_msec
                                           + (i % 5 ? 120000 : 1000));
        memcpy(flow.subject, &i, sizeof(i));
        (void) idv_store_create(store, &flow, ngx_current_msec);
    }

    ngx_current_msec += 2000;

    query.providers = providers;
    query.nproviders = 1;
    query.subject = NULL;
    query.user = NULL;
    query.states = 0;
    cursor = 0;
    total = 0;
    looks = 0;
    twice = 0;

    do {
        n = idv_store_list(store, &query, &cursor, ngx_current_msec, flows,
                           IDV_STORE_MAX_LISTED);

        for (i = 0; i < n; i++) {
            twice += seen[atoi(flows[i].id)]++;
            twice += flows[i].provider != 1;
        }

        total += n;

    } while (cursor && looks++ < 1000);

    is_int(total, 800, "those of a provider that have not expired");
    is_int(twice, 0, "each of them once, and no others");

    query.states = 1 << IDV_STATE_COMPLETED;
    cursor = 0;
    looks = 1;
    total = idv_store_list(store, &query, &cursor, ngx_current_msec, flows, 64);

    while (cursor && looks < 1000) {
        looks++;
        total += idv_store_list(store, &query, &cursor, ngx_current_msec,
                                flows, 64);
    }

    is_int(total, 0, "none is completed");
    is_int(looks, 3, "which takes as many calls as it may, and no more");

    cursor = 4000000000u;
    n = idv_store_list(store, &query, &cursor, ngx_current_msec, flows, 64);
    is_int(n, 0, "a cursor from elsewhere");
    is_int(cursor, 0, "leads nowhere");

    flow = zone_flow(9000, "ann", 1, ngx_current_msec + 120000);
    (void) idv_store_create(store, &flow, ngx_current_msec);
    flow = zone_flow(9001, "ann", 2, ngx_current_msec + 120000);
    (void) idv_store_create(store, &flow, ngx_current_msec);

    query.states = 0;
    query.subject = flow.subject;
    n = idv_store_list(store, &query, &cursor, ngx_current_msec, flows, 64);
    is_int(n, 1, "one of a subject's is of that provider");
    is_str(flows[0].id, IDV_FLOW_ID_LEN, "0000000000000000009000",
           "it is this one");
}


int
main(void)
{
    test_list();
    test_ended();
    test_expired(IDV_STATE_DEVICE, "not begun");
    test_expired(IDV_STATE_REQUIRED, "begun");
    test_revoked();
    test_providers();
    test_claims();

    return tap_done();
}
