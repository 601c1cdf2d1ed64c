
/*
 * Copyright (C) nginx-idv authors
 *
 * What one subject may spend: so many at once, then one at a time, and each
 * subject for itself, however many there are.
 */


#include "store.h"


#define HOUR  (60 * 60 * 1000)


static idv_store_t  *store;
static ngx_int_t     wait_for;


static idv_flow_t *
subject(uint32_t n, uint64_t provider)
{
    static idv_flow_t  flow;

    ngx_memzero(&flow, sizeof(flow));
    flow.provider = provider;
    n = htonl(n * 2654435761u);
    ngx_memcpy(flow.subject, &n, sizeof(n));
    ngx_memcpy(flow.subject + 8, &n, sizeof(n));

    return &flow;
}


static ngx_int_t
spend(uint32_t n, uint64_t provider)
{
    wait_for = -1;

    return idv_store_spend(store, subject(n, provider), 4, HOUR, &wait_for);
}


static void
refund(uint32_t n, uint64_t provider)
{
    idv_store_refund(store, subject(n, provider), 4, HOUR);
}


static void
test_period(void)
{
    int  i;

    ngx_current_msec = 5000;

    for (i = 1; i <= 4; i++) {
        ok(spend(1, 7) == NGX_OK, "number %d of four", i);
    }

    ok(spend(1, 7) == NGX_BUSY, "there is no fifth");
    ok(wait_for == 15 * 60, "for a quarter of the period: %d",
       (int) wait_for);

    ok(spend(2, 7) == NGX_OK, "another subject has its own");
    ok(spend(1, 8) == NGX_OK, "and so has another provider");

    ngx_current_msec += 15 * 60 * 1000 - 1;
    ok(spend(1, 7) == NGX_BUSY, "a millisecond too early");
    ok(wait_for == 1, "which is said as a second");

    ngx_current_msec += 1;
    ok(spend(1, 7) == NGX_OK, "one is granted");
    ok(spend(1, 7) == NGX_BUSY, "and only one");

    ngx_current_msec += 2 * HOUR;

    for (i = 1; i <= 4; i++) {
        ok(spend(1, 7) == NGX_OK, "after a long time, number %d of four", i);
    }

    ok(spend(1, 7) == NGX_BUSY, "and no more than that");
}


static void
test_refund(void)
{
    ngx_int_t  rc;

    refund(1, 7);
    ok(spend(1, 7) == NGX_OK, "what was not created does not count");
    ok(spend(1, 7) == NGX_BUSY, "and is given back once");

    /* the operator has made the period shorter */

    rc = idv_store_spend(store, subject(1, 7), 4, HOUR / 60, &wait_for);
    ok(rc == NGX_BUSY && wait_for <= 60,
       "what a longer period left does not last longer than the new one");
}


/* one who has spent all is not let off by a crowd of others */

static void
test_crowd(void)
{
    size_t      size;
    u_char     *before;
    uint32_t    i, n, refused;

    n = store->root->nbudgets;
    size = n * sizeof(idv_store_budget_t);

    while (spend(1, 7) == NGX_OK) { /* void */ }

    for (i = 1000; i < 1000 + 2 * n; i++) {
        (void) spend(i, 7);
    }

    ok(spend(1, 7) == NGX_BUSY, "a crowd of %u does not drive out the one",
       2 * n);

    before = malloc(size);
    ngx_memcpy(before, idv_store_budget(store->root, 1), size);

    for (i = 1000000; i < 1000000 + n; i++) {
        refund(i, 7);
    }

    ok(ngx_memcmp(before, idv_store_budget(store->root, 1), size) == 0,
       "who has spent nothing gives nothing back to others");
    free(before);

    refused = 0;

    for (i = 1000; i < 1000 + 2 * n; i++) {
        refused += spend(i, 7) != NGX_OK;
    }

    ok(refused == 0, "and each of them has a second one: %u refused", refused);

    ngx_current_msec += 2 * HOUR;
    ok(spend(1, 7) == NGX_OK, "later it is as if nothing had been");
}


/* a worker died with the mutex, the links were made anew: budgets stay */

static void
test_recover(void)
{
    while (spend(5, 7) == NGX_OK) { /* void */ }

    store->root->dirty = 1;
    ok(spend(5, 7) == NGX_BUSY, "a recovery gives nothing away");
}


int
main(void)
{
    store = zone_create(1024 * 1024);

    test_period();
    test_refund();
    test_crowd();
    test_recover();

    return tap_done();
}
