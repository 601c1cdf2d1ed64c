
/*
 * Copyright (C) nginx-idv authors
 *
 * A zone for unit tests, and each change that is made to one: what is there
 * before it, and the change.
 */


#ifndef _STORE_CHANGES_H_INCLUDED_
#define _STORE_CHANGES_H_INCLUDED_


#include "tap.h"

#include "store/idv_store_zone.h"

#include <sys/mman.h>


#define NOW      1000
#define FAR      (int64_t) 1000000
#define SECRETS  "482915"


typedef struct {
    u_char           *mem;
    ngx_shm_zone_t   *zone;
    idv_store_t      *store;
} house_t;

typedef struct {
    const char       *name;
    void            (*before)(void);
    void            (*change)(void);
} change_t;


static house_t  live;


/* a zone of its own */

static void
build(house_t *house, ngx_conf_t *cf, char *name)
{
    ngx_str_t         string;
    ngx_slab_pool_t  *sp;

    string.data = (u_char *) name;
    string.len = ngx_strlen(name);

    house->store = idv_store_add(cf, &string, IDV_STORE_MIN_SIZE, cf);
    house->zone = house->store->zone;

    house->mem = mmap(NULL, IDV_STORE_MIN_SIZE, PROT_READ|PROT_WRITE,
                      MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    house->zone->shm.addr = house->mem;

    sp = (ngx_slab_pool_t *) house->mem;
    sp->end = house->mem + IDV_STORE_MIN_SIZE;
    sp->min_shift = 3;
    sp->addr = house->mem;

    (void) ngx_shmtx_create(&sp->mutex, &sp->lock, NULL);
    ngx_slab_init(sp);

    if (house->zone->init(house->zone, NULL) != NGX_OK) {
        printf("Bail out! no zone\n");
        exit(1);
    }
}


/* a flow by its number; four subjects share them */

static void
flow_of(idv_flow_t *flow, ngx_uint_t n)
{
    ngx_memzero(flow, sizeof(idv_flow_t));

    (void) ngx_sprintf((u_char *) flow->id, "%022ui", n);
    (void) ngx_sprintf(flow->binding, "%032ui", n);
    flow->subject[0] = 's';
    flow->subject[1] = (u_char) (n % 4);

    flow->provider = 1;
    flow->state = IDV_STATE_DEVICE;
    flow->created = NOW + n;
    flow->since = NOW;
    flow->expires = FAR;
}


static ngx_int_t
load(house_t *house, ngx_uint_t n, idv_flow_t *flow)
{
    u_char     id[IDV_FLOW_ID_LEN + 1];
    ngx_str_t  string;

    (void) ngx_sprintf(id, "%022ui", n);
    string.data = id;
    string.len = IDV_FLOW_ID_LEN;

    return idv_store_load(house->store, &string, 0, flow);
}


static void
create(ngx_uint_t n)
{
    idv_flow_t  flow;

    flow_of(&flow, n);
    (void) idv_store_create(live.store, &flow, NOW);
}


static void
move(ngx_uint_t n, idv_state_e state, const char *claims)
{
    ngx_str_t   string;
    idv_flow_t  flow;

    if (load(&live, n, &flow) != NGX_OK) {
        return;
    }

    flow.state = (uint8_t) state;

    if (state == IDV_STATE_REQUIRED || state == IDV_STATE_IN_PROGRESS) {
        flow.transactions = 1;
        flow.tx[0] = (uint8_t) n;
        ngx_memcpy(flow.code, SECRETS, sizeof(SECRETS));
        ngx_memset(flow.url, 'u', sizeof(flow.url) - 1);

    } else {
        ngx_memzero(flow.code, sizeof(flow.code));
        ngx_memzero(flow.url, sizeof(flow.url));
    }

    if (claims) {
        string.data = (u_char *) claims;
        string.len = ngx_strlen(claims);
    }

    (void) idv_store_save(live.store, &flow, claims ? &string : NULL);
}


/* the same words, so that half of one and half of the other show */

static const char *
claims_of(char letter)
{
    static char  text[400 + 1];

    ngx_memset(text, letter, 400);
    text[400] = '\0';

    return text;
}


#define FLOWS  24

static void
a_few(void)
{
    ngx_uint_t  n;

    for (n = 1; n <= FLOWS; n++) {
        create(n);
    }

    move(2, IDV_STATE_REQUIRED, NULL);
    move(3, IDV_STATE_IN_PROGRESS, NULL);
    move(4, IDV_STATE_REQUIRED, NULL);
    move(4, IDV_STATE_COMPLETED, claims_of('a'));
    move(5, IDV_STATE_CANCELED, NULL);
    move(8, IDV_STATE_REQUIRED, NULL);
    move(8, IDV_STATE_COMPLETED, claims_of('b'));
}


static void
full(void)
{
    ngx_uint_t  n;
    idv_flow_t  flow;

    for (n = 1; live.store->root->free_node; n++) {
        flow_of(&flow, n);
        ngx_memcpy(&flow.subject[1], &n, sizeof(n));
        (void) idv_store_create(live.store, &flow, NOW);
    }
}


static void
one_ended_with_claims(void)
{
    a_few();
    move(8, IDV_STATE_ENDED, NULL);
}


static void
over(void)
{
    ngx_uint_t        n;
    idv_store_root_t  *root;

    a_few();

    root = live.store->root;
    root->hand = FLOWS / 2;

    /* the oldest of each queue, and one that the hand will find */

    for (n = 0; n < IDV_STORE_NCLASSES; n++) {
        if (root->queues[n].oldest) {
            idv_store_node(root, root->queues[n].oldest)->flow.expires = NOW;
        }
    }

    idv_store_node(root, root->hand + 1)->flow.expires = NOW;
}


static void
many_of_one(void)
{
    ngx_uint_t  n;

    for (n = 1; n <= IDV_STORE_MAX_OPEN; n++) {
        create(n * 4);
    }
}


static void
many_ended_of_one(void)
{
    ngx_uint_t  n;

    for (n = 1; n <= IDV_STORE_MAX_ENDED; n++) {
        create(n * 4);
        move(n * 4, IDV_STATE_CANCELED, NULL);
    }
}


static void
do_create(void)
{
    create(400);
}


static void
do_return(void)
{
    idv_flow_t  flow;

    flow_of(&flow, 2);
    ngx_memset(flow.return_to, 'r', sizeof(flow.return_to) - 1);
    (void) idv_store_reuse(live.store, &flow, NOW);
}


static void
do_required(void)
{
    move(6, IDV_STATE_REQUIRED, NULL);
}


static void
do_completed(void)
{
    move(3, IDV_STATE_COMPLETED, claims_of('c'));
}


static void
do_claims_again(void)
{
    move(4, IDV_STATE_COMPLETED, claims_of('d'));
}


static void
do_ended(void)
{
    move(4, IDV_STATE_ENDED, "");
}


static void
do_timed_out(void)
{
    move(4, IDV_STATE_TIMED_OUT, NULL);
}


static void
do_canceled(void)
{
    move(2, IDV_STATE_CANCELED, NULL);
}


static u_char        key[16] = "a revoked one  ";
static u_char        other[16] = "another        ";
static const u_char  third[16] = "a third one    ";
static const u_char  none[16] = "none at all    ";


static void
revoked(void)
{
    a_few();
    (void) idv_store_revoke(live.store, key, NOW, FAR);
    ngx_memcpy(other, key, 1);
    (void) idv_store_revoke(live.store, other, NOW, FAR);
}


static void
revoked_over(void)
{
    a_few();
    (void) idv_store_revoke(live.store, key, NOW, 1);
}


static void
do_revoke(void)
{
    (void) idv_store_revoke(live.store, third, NOW, FAR);
}


static void
do_revoke_again(void)
{
    (void) idv_store_revoke(live.store, key, NOW + 1, FAR + 1);
}


static void
do_redeem(void)
{
    (void) idv_store_redeem(live.store, third, NOW, FAR);
}


static void
redeemed(void)
{
    revoked();
    do_redeem();
}


static void
do_unredeem(void)
{
    idv_store_unredeem(live.store, third);
}


static void
do_token(void)
{
    ngx_str_t         token;
    idv_peer_token_t  lease;

    ngx_memzero(&lease, sizeof(lease));
    token.data = (u_char *) claims_of('t');
    token.len = ngx_strlen(token.data);

    (void) idv_store_peer_token_put(live.store, 7, 7, &token, 100000, NOW,
                                    &lease);
}


static void
tokened(void)
{
    a_few();
    do_token();
}


static void
do_drop(void)
{
    idv_store_peer_token_drop(live.store, 7, 1);
}


#define NLIMITS  2

/* one of a subject, and one of all together */

static idv_store_limit_t  limits[NLIMITS] = {
    { { 2, 3, 4 }, 4, 60000, 0, 0, 0 },
    { { 2, 3, 5 }, 5, 60000, 0, 1, 0 }
};

static const idv_store_limit_t  lockout = { { 3 }, 2, 60000, 60000, 0, 0 };


static void
do_spend(void)
{
    ngx_int_t   wait;
    ngx_uint_t  which;

    (void) idv_store_spend(live.store, 7, limits, NLIMITS, &which, &wait);
}


static void
do_strike(void)
{
    (void) idv_store_strike(live.store, 7, &lockout);
}


static void
struck(void)
{
    a_few();
    do_strike();
}


static void
spent(void)
{
    a_few();
    do_spend();
}


static void
do_refund(void)
{
    idv_store_refund(live.store, 7, limits, NLIMITS);
}


static const change_t  changes[] = {
    { "a new flow", a_few, do_create },
    { "a new flow in a zone that is full", full, do_create },
    { "a new flow, others expire", over, do_create },
    { "a ninth flow of one person", many_of_one, do_create },
    { "a flow after many that ended", many_ended_of_one, do_create },
    { "another return address", a_few, do_return },
    { "a transaction", a_few, do_required },
    { "a result", a_few, do_completed },
    { "another result", a_few, do_claims_again },
    { "the end", a_few, do_ended },
    { "the end of another", one_ended_with_claims, do_ended },
    { "the end of a result's time", a_few, do_timed_out },
    { "a cancellation", a_few, do_canceled },
    { "a revocation", revoked, do_revoke },
    { "a revocation of the same", revoked, do_revoke_again },
    { "a revocation, another expires", revoked_over, do_revoke },
    { "a session that is used", revoked, do_redeem },
    { "one that is used, and another expires", revoked_over, do_redeem },
    { "one that is given back", redeemed, do_unredeem },
    { "one that is used, and revoked", redeemed, do_revoke },
    { "a token", a_few, do_token },
    { "another token", tokened, do_token },
    { "a token that is dropped", tokened, do_drop },
    { "spending", a_few, do_spend },
    { "spending more", spent, do_spend },
    { "a refund", spent, do_refund },
    { "a failure", a_few, do_strike },
    { "a failure that locks", struck, do_strike }
};


#endif /* _STORE_CHANGES_H_INCLUDED_ */
