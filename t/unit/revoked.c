
/*
 * Copyright (C) nginx-idv authors
 *
 * Revocations: what is revoked stays so until its time is over, and then gives
 * its place to others.
 */


#include "store.h"


#define NOW  1800000000


static idv_store_t  *store;


/* both clocks, that on the wall and that which nobody sets */

static void
at(int64_t seconds)
{
    zone_time.sec = seconds;
    ngx_current_msec = 1000000 + (ngx_msec_t) (seconds - NOW) * 1000;
}


/* many of them share a bucket, which is their first byte */

static u_char *
key(uint32_t n)
{
    static u_char  keys[2][16];
    static int     turn;

    turn = !turn;

    ngx_memzero(keys[turn], 16);
    keys[turn][0] = (u_char) (n % 3);
    keys[turn][1] = (u_char) (n >> 8);
    keys[turn][2] = (u_char) n;
    ngx_memcpy(&keys[turn][8], &n, sizeof(n));

    return keys[turn];
}


static ngx_int_t
put(uint32_t n, int64_t before, int64_t expires)
{
    return idv_store_revoke(store, key(n), before, expires);
}


/* as a session's own key, and as that of its subject */

static int
revoked(uint32_t n, int64_t issued)
{
    int  session, subject;

    session = idv_store_revoked(store, key(n), key(999999), issued, ngx_time());
    subject = idv_store_revoked(store, key(999999), key(n), issued, ngx_time());

    return session == subject ? session : -1;
}


static void
test_times(void)
{
    ok(!revoked(1, NOW), "nothing is revoked");

    put(1, NOW, NOW + 100);

    ok(revoked(1, NOW - 50) == 1, "what was issued before is");
    ok(revoked(1, NOW) == 1, "and what was issued in that second");
    ok(!revoked(1, NOW + 1), "what is issued later is not");
    ok(!revoked(4, NOW), "nor is another of that bucket");

    put(1, NOW - 10, NOW + 200);
    ok(revoked(1, NOW) == 1, "an earlier one takes nothing back");
    at(NOW + 150);
    ok(revoked(1, NOW) == 1, "and the longer of both times counts");

    put(1, NOW + 20, NOW + 50);
    ok(revoked(1, NOW + 20) == 1, "a later one is added");
    ok(!revoked(1, NOW + 21), "as far as it reaches");

    at(NOW + 200);
    ok(!revoked(1, NOW), "at its end it is over");

    is_int(store->root->used_revoked, 1, "entries of one key");
    is_int(idv_store_counter(store, IDV_COUNT_SESSIONS_REVOKED), 3, "counted");
}


static uint32_t
count(uint32_t from, uint32_t to)
{
    uint32_t  i, n;

    for (i = from, n = 0; i < to; i++) {
        n += revoked(i, NOW) == 1;
    }

    return n;
}


/* the zone has room for so many, and the oldest do not stay for ever */

static void
test_full(void)
{
    uint32_t  i, n;

    n = store->root->nrevoked;
    at(NOW);

    /* every second one for a short time only, over the one of test_times() */

    for (i = 0; i < n; i++) {
        put(i, NOW, NOW + 1000 + (i & 1) * 1000);
    }

    is_int(count(0, n), n, "as many as there is room for");
    ok(put(n, NOW, NOW + 1000) == NGX_DECLINED, "one more is refused");
    is_int(count(0, n + 1), n, "and nothing gave way");
    is_int(idv_store_counter(store, IDV_COUNT_ZONE_FULL), 1, "which is told");

    at(NOW + 1000);

    for (i = 0; i < n / 2; i++) {
        ok(put(100000 + i, NOW, NOW + 2000) == NGX_OK
           && revoked(100000 + i, NOW) == 1,
           "number %d takes the place of one that is over", (int) i);
    }

    is_int(count(0, n), n / 2, "those that last are still there");
    is_int(count(100000, 100000 + n / 2), n / 2, "and all the new ones");

    at(NOW + 2000);
    is_int(count(0, n) + count(100000, 100000 + n / 2), 0, "all are over");
}


/* bits of the filter cannot be cleared one by one */

static void
test_filter(void)
{
    uint32_t  i, n, set;

    at(NOW + 9000);
    n = store->root->nrevoked;

    for (i = 0; i < n; i++) {
        put(5, NOW, NOW);
    }

    is_int(store->root->used_revoked, 1, "all others are gone");

    for (i = 0, set = 0; i < IDV_STORE_FILTER / IDV_STORE_WORD; i++) {
        set += store->root->filter[i] != 0;
    }

    is_int(set, 1, "and the filter is as if they had never been");
}


/* the clock on the wall is set by an hour, and set back */

static void
test_clock(void)
{
    uint32_t  i, n;

    n = store->root->nrevoked;
    at(NOW + 100000);

    zone_time.sec += 3600;
    put(1, NOW + 100000, NOW + 101800);

    for (i = 0; i < n; i++) {
        put(5, NOW, NOW);
    }

    zone_time.sec -= 3600;
    ok(revoked(1, NOW + 100000) == 1, "what a wrong clock ended has not ended");

    at(NOW + 101800);

    for (i = 0; i < n; i++) {
        put(5, NOW, NOW);
    }

    is_int(store->root->used_revoked, 1, "until its time is over by both");
}


static ngx_int_t
redeem(uint32_t n)
{
    return idv_store_redeem(store, key(n), NOW, NOW + 100);
}


/* a session that is good for one request */

static void
test_redeemed(void)
{
    uint32_t                 i, n;
    idv_store_revocation_t  *gone;

    store = zone_create(IDV_STORE_MIN_SIZE);
    n = store->root->nrevoked;
    at(NOW);

    ok(redeem(1) == NGX_OK, "who asks first has it");
    ok(redeem(1) == NGX_BUSY, "and nobody else");
    ok(revoked(1, NOW) == 1, "for all others it is revoked");
    ok(redeem(4) == NGX_OK, "another one of that bucket");

    at(NOW + 101);
    ok(redeem(1) == NGX_BUSY, "also when its time is over");
    at(NOW);

    idv_store_unredeem(store, key(1));
    ok(!revoked(1, NOW) && revoked(4, NOW) == 1, "one is given back");
    ok(redeem(1) == NGX_OK, "and is good once more");
    ok(redeem(1) == NGX_BUSY, "once");

    put(1, NOW, NOW + 100);
    idv_store_unredeem(store, key(1));
    ok(revoked(1, NOW) == 1, "what was revoked meanwhile is not given back");

    put(7, NOW, NOW + 100);
    ok(redeem(7) == NGX_BUSY, "what is revoked cannot be used");
    idv_store_unredeem(store, key(7));
    idv_store_unredeem(store, key(8));
    ok(revoked(7, NOW) == 1, "nor given back");

    is_int(idv_store_counter(store, IDV_COUNT_SESSIONS_REDEEMED), 3,
           "those who got one are counted");
    is_int(idv_store_counter(store, IDV_COUNT_SESSIONS_REVOKED), 2,
           "and are no revocations");

    for (i = 100; store->root->used_revoked < n; i++) {
        (void) redeem(i);
    }

    ok(redeem(i) == NGX_DECLINED, "without room it is not given");
    is_int(idv_store_counter(store, IDV_COUNT_ZONE_FULL), 1, "which is told");
    ok(redeem(4) == NGX_BUSY, "and what was used stays so");

    gone = idv_store_gone(store->root, ngx_min(n, IDV_STORE_SEARCH));
    gone->expires = NOW;
    gone->until = 0;
    store->root->sweep = 0;

    ok(redeem(i) == NGX_OK, "one that is over gives way at once, among many");
}


int
main(void)
{
    store = zone_create(IDV_STORE_MIN_SIZE);

    test_times();
    test_full();
    test_filter();
    test_clock();
    test_redeemed();

    return tap_done();
}
