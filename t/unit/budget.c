
/*
 * Copyright (C) nginx-idv authors
 *
 * What may be spent: so many at once, then one at a time, each for itself,
 * however many there are; several limits, of which all have to grant; and who
 * fails too often is locked.
 */


#include "store.h"


#define HOUR  (60 * 60 * 1000)


static idv_store_t  *store;
static ngx_int_t     wait_for;
static ngx_uint_t    refused_by;


/* a limit of four an hour, of whoever has that number */

static idv_store_limit_t *
four(uint32_t n)
{
    static idv_store_limit_t  limit;

    ngx_memzero(&limit, sizeof(limit));
    n = htonl(n * 2654435761u);
    ngx_memcpy(limit.key, &n, sizeof(n));
    ngx_memcpy(limit.key + 8, &n, sizeof(n));
    limit.count = 4;
    limit.period = HOUR;

    return &limit;
}


static ngx_int_t
spend_all(uint64_t provider, idv_store_limit_t *limits, ngx_uint_t n)
{
    wait_for = -1;
    refused_by = 99;

    return idv_store_spend(store, provider, limits, n, &refused_by, &wait_for);
}


static ngx_int_t
spend(uint32_t n, uint64_t provider)
{
    return spend_all(provider, four(n), 1);
}


/* what was spent just now */

static void
refund(uint32_t n, uint64_t provider)
{
    idv_store_limit_t  *limit;

    limit = four(n);
    limit->until = ((uint64_t) ngx_current_msec + HOUR) * 1000;

    idv_store_refund(store, provider, limit, 1);
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

    ok(spend(2, 7) == NGX_OK, "another one has its own");
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
    refund(1, 7);
    ok(spend(1, 7) == NGX_OK, "what was not created does not count");
    ok(spend(1, 7) == NGX_BUSY, "and is given back once");
}


/* the provider has thought for long: meanwhile time has granted it anew */

static void
test_late_refund(void)
{
    int                i;
    idv_store_limit_t  late, later;

    later = *four(3);
    late = *four(4);
    ok(spend_all(7, &later, 1) == NGX_OK
       && spend_all(7, &late, 1) == NGX_OK, "one that will not be created");

    ngx_current_msec += 10 * 60 * 1000;

    for (i = 0; i < 3; i++) {
        (void) spend(4, 7);
    }

    ok(spend(4, 7) == NGX_BUSY, "with three others it is all there is");
    idv_store_refund(store, 7, &late, 1);
    ok(spend(4, 7) == NGX_OK, "ten minutes later it is given back");
    ok(spend(4, 7) == NGX_BUSY, "once");

    ngx_current_msec += 10 * 60 * 1000;

    for (i = 0; i < 4; i++) {
        ok(spend(3, 7) == NGX_OK, "after twenty minutes number %d of four", i);
    }

    idv_store_refund(store, 7, &later, 1);
    ok(spend(3, 7) == NGX_BUSY, "are all there is, whatever comes back");
}


/* a number that no time can be divided by is granted, and not one more */

static void
test_numbers(void)
{
    ngx_uint_t         i, n;
    idv_store_limit_t  limit;

    static const ngx_uint_t  counts[] = { 1, 7, 59, 1000, 999983, 1000000 };

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        limit = *four(200 + i);
        limit.count = counts[i];
        limit.period = 60 * 1000;
        n = 0;

        while (n <= counts[i] && spend_all(7, &limit, 1) == NGX_OK) {
            n++;
        }

        ok(n == counts[i], "%u a minute: %u at once", (unsigned) counts[i],
           (unsigned) n);

        ngx_current_msec += 60 * 1000;
        n = 0;

        while (n <= counts[i] && spend_all(7, &limit, 1) == NGX_OK) {
            n++;
        }

        ok(n <= counts[i] && n + 1 + counts[i] / 50 >= counts[i],
           "and a minute later %u", (unsigned) n);
    }
}


/* several limits: what one refuses costs nothing at the others */

static void
test_several(void)
{
    ngx_uint_t         i;
    idv_store_limit_t  limits[3];

    limits[0] = *four(30);
    limits[1] = *four(31);
    limits[1].count = 2;
    limits[2] = *four(32);
    limits[2].count = 6;
    limits[2].period = 24 * HOUR;
    limits[2].total = 1;

    for (i = 0; i < 2; i++) {
        ok(spend_all(7, limits, 3) == NGX_OK, "all of them grant %u",
           (unsigned) i);
    }

    for (i = 0; i < 20; i++) {
        (void) spend_all(7, limits, 3);
    }

    ok(spend_all(7, limits, 3) == NGX_BUSY && refused_by == 1
       && wait_for == 30 * 60, "then the narrowest refuses");

    limits[1] = *four(33);
    limits[1].count = 2;
    ok(spend_all(7, limits, 3) == NGX_OK, "and has cost the others nothing");

    ok(idv_store_ask(store, 7, limits, 3, &refused_by, &wait_for) == NGX_OK
       && wait_for == -1, "who asks is told");
    ok(spend_all(7, limits, 3) == NGX_OK, "and has spent nothing");

    ok(idv_store_ask(store, 7, limits, 3, &refused_by, &wait_for) == NGX_BUSY
       && wait_for == 30 * 60, "nor if there is nothing left");

    limits[1] = *four(34);
    limits[0] = *four(35);
    ok(spend_all(7, limits, 3) == NGX_OK, "five of all together");
    ok(spend_all(7, limits, 3) == NGX_OK, "six");
    ok(spend_all(7, limits, 3) == NGX_BUSY && refused_by == 2
       && wait_for == 4 * 60 * 60, "and no more, whoever it is");

    idv_store_refund(store, 7, limits, 3);
    ok(spend_all(7, limits, 3) == NGX_OK, "but for one that was not created");

    /* of two that refuse, the one that does so longest */

    limits[0] = *four(36);

    while (spend_all(7, limits, 1) == NGX_OK) { /* void */ }

    ok(spend_all(7, limits, 3) == NGX_BUSY && refused_by == 2
       && wait_for == 4 * 60 * 60, "the longer time is said");
}


static void
test_lock(void)
{
    ngx_uint_t         i;
    idv_store_limit_t  lock;

    lock = *four(40);
    lock.count = 3;
    lock.lock = 2 * HOUR;

    ok(idv_store_strike(store, 7, &lock) == NGX_OK, "a failure");
    ngx_current_msec += HOUR / 2;
    ok(idv_store_strike(store, 7, &lock) == NGX_OK, "another");
    ok(spend_all(7, &lock, 1) == NGX_OK, "lock nobody");

    ngx_current_msec += HOUR / 2 - 1;
    ok(idv_store_strike(store, 7, &lock) == NGX_BUSY, "the third in time does");
    ok(spend_all(7, &lock, 1) == NGX_BUSY && wait_for == 2 * 60 * 60,
       "for two hours");
    ok(idv_store_strike(store, 7, &lock) == NGX_OK, "which what was begun");
    ok(spend_all(7, &lock, 1) == NGX_BUSY && wait_for == 2 * 60 * 60,
       "does not make longer");
    idv_store_refund(store, 7, &lock, 1);

    ngx_current_msec += 2 * HOUR - 1;
    ok(spend_all(7, &lock, 1) == NGX_BUSY && wait_for == 1, "not earlier");
    ngx_current_msec += 1;
    ok(spend_all(7, &lock, 1) == NGX_OK, "then it is over");

    for (i = 0; i < 2; i++) {
        ok(idv_store_strike(store, 7, &lock) == NGX_OK, "and failures anew");
    }

    ngx_current_msec += HOUR;

    for (i = 0; i < 2; i++) {
        ok(idv_store_strike(store, 7, &lock) == NGX_OK, "each hour for itself");
    }

    ok(idv_store_strike(store, 8, &lock) == NGX_OK, "each provider, too");

    lock.count = 1;
    lock.key[5]++;
    ok(idv_store_strike(store, 7, &lock) == NGX_BUSY
       && spend_all(7, &lock, 1) == NGX_BUSY, "one may be one too many");
}


/* one who has spent all is not let off by a crowd of others */

static void
test_crowd(void)
{
    size_t              size;
    u_char             *before;
    uint32_t            i, n, refused;
    idv_store_limit_t   lock, all;

    n = store->root->nbudgets;
    size = n * sizeof(idv_store_budget_t);

    while (spend(1, 7) == NGX_OK) { /* void */ }

    lock = *four(41);
    lock.count = 1;
    lock.lock = HOUR;
    ok(idv_store_strike(store, 7, &lock) == NGX_BUSY, "somebody is locked");

    all = *four(42);
    all.total = 1;
    ok(spend_all(7, &all, 1) == NGX_OK, "and all have one");

    for (i = 1000; i < 1000 + 2 * n; i++) {
        (void) spend(i, 7);
    }

    ok(spend(1, 7) == NGX_BUSY, "a crowd of %u does not drive out the one",
       2 * n);
    ok(spend_all(7, &lock, 1) == NGX_BUSY, "nor the other");

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

    for (i = 0; i < 3; i++) {
        ok(spend_all(7, &all, 1) == NGX_OK, "all have four");
    }

    ok(spend_all(7, &all, 1) == NGX_BUSY, "and no fifth, whoever came");

    ngx_current_msec += 2 * HOUR;
    ok(spend(1, 7) == NGX_OK, "later it is as if nothing had been");
}


/* where all have spent all, nobody is refused who has not: one is forgotten */

static void
test_full(void)
{
    uint32_t           i, k, n, refused;
    ngx_uint_t         warned;
    idv_store_limit_t  lock;

    n = store->root->nbudgets;
    warned = idv_store_counter(store, IDV_COUNT_ZONE_FULL);

    lock = *four(43);
    lock.count = 1;
    lock.lock = HOUR;
    ok(idv_store_strike(store, 7, &lock) == NGX_BUSY, "somebody is locked");

    for (i = 5000; i < 5000 + 10 * n; i++) {
        for (k = 0; k < 5; k++) {
            (void) spend(i, 7);
        }
    }

    refused = 0;

    for (i = 500000; i < 500000 + n; i++) {
        refused += spend(i, 7) != NGX_OK;
    }

    ok(refused == 0, "a table that is full refuses nobody: %u", refused);
    ok(idv_store_counter(store, IDV_COUNT_ZONE_FULL) > warned,
       "but says that it forgets");
    ok(spend_all(7, &lock, 1) == NGX_BUSY, "and those who are locked last");

    ngx_current_msec += 2 * HOUR;
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
    test_late_refund();
    test_numbers();
    test_several();
    test_lock();
    test_crowd();
    test_full();
    test_recover();

    return tap_done();
}
