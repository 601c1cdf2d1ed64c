
/*
 * Copyright (C) nginx-idv authors
 *
 * What the store does where two are at once: two starts of one client, more
 * providers than there are records, a limit after a long silence, and a zone in
 * which a killed worker has left claims of nobody, or of two flows.
 */


#include "store.h"


#define ZONE   (IDV_STORE_MIN_SIZE * 2)
#define LATER  (ngx_current_msec + 1200000)


/* neither of two tabs has found a flow, and both go on to make one */

static void
test_created_twice(void)
{
    idv_flow_t    first, second, found;
    idv_store_t  *store;

    store = zone_create(ZONE);

    first = zone_flow(1, "ann", 7, LATER);
    second = zone_flow(2, "ann", 7, LATER);
    memcpy(second.binding, first.binding, sizeof(first.binding));
    strcpy(second.return_to, "/second");

    ok(idv_store_create(store, &first, ngx_current_msec) == NGX_OK,
       "the first tab makes one");
    ok(idv_store_create(store, &second, ngx_current_msec) == NGX_AGAIN,
       "the second finds it");

    is_str(second.id, IDV_FLOW_ID_LEN, first.id, "which is the same");
    is_int(zone_flows(store), 1, "flows in the zone");

    ok(zone_load(store, &first, &found) == NGX_OK, "it is there");
    is_str(found.return_to, strlen(found.return_to), "/second",
           "and goes where the second came from");
}


/*
 * A worker that is leaving has a provider for which there is no record: newer
 * configurations have them all.
 */

static void
test_no_record(void)
{
    u_char            buf[IDV_STORE_PEER_MAX_TOKEN];
    ngx_uint_t        i, records;
    ngx_str_t         value = ngx_string("SeCrEt-token");
    idv_store_t      *store, *old;
    idv_peer_pass_t   pass;
    idv_peer_token_t  token;

    static const idv_store_peer_conf_t  conf = { 1, 10000, 5000, 0, 0 };

    old = zone_create(ZONE);
    idv_store_provider_add(old, 1);
    idv_store_provider_keep(old);

    store = zone_configure(old);

    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        idv_store_provider_add(store, 1000 + i);
    }

    idv_store_provider_keep(store);

    for (i = 0, records = 0; i < IDV_STORE_MAX_PEERS; i++) {
        ngx_memzero(&pass, sizeof(pass));
        records += idv_store_peer_admit(store, 1000 + i, &conf, 0,
                                        ngx_current_msec, &pass)
                   == IDV_PEER_ADMITTED;
    }

    is_int(records, IDV_STORE_MAX_PEERS, "records, all of them taken");

    ngx_memzero(&pass, sizeof(pass));
    ngx_memzero(&token, sizeof(token));

    is_int(idv_store_peer_admit(old, 1, &conf, 0, ngx_current_msec, &pass),
           IDV_PEER_MISSING, "one without a record");
    is_int(idv_store_peer_settle(old, 1, &conf, &pass, IDV_PEER_BAD,
                                 ngx_current_msec),
           0, "opens no breaker");
    ok(idv_store_peer_token_get(old, 1, 7, 1000, ngx_current_msec, buf, &token)
       == NGX_ERROR, "gets no token");
    ok(idv_store_peer_token_put(old, 1, 7, &value, 3600000, ngx_current_msec,
                                &token)
       == NGX_ERROR, "keeps none");

    token.lease = 1;

    idv_store_peer_defer(old, 1, 60000, 1, ngx_current_msec);
    idv_store_peer_token_deny(old, 1, 7, 60000, 1, ngx_current_msec, &token);
    idv_store_peer_token_release(old, 1, &token);
    idv_store_peer_token_drop(old, 1, 0);

    for (i = 0, records = 0; i < IDV_STORE_MAX_PEERS; i++) {
        ngx_memzero(&pass, sizeof(pass));
        records += idv_store_peer_admit(store, 1000 + i, &conf, 0,
                                        ngx_current_msec, &pass)
                   == IDV_PEER_ADMITTED;
    }

    is_int(records, IDV_STORE_MAX_PEERS, "and all others can be called");
    ok(!store->root->dirty, "no change is left unfinished");
}


static ngx_uint_t
admitted(idv_store_t *store, const idv_store_peer_conf_t *conf)
{
    ngx_uint_t       n;
    idv_peer_pass_t  pass;

    for (n = 0; n < 100; n++) {
        ngx_memzero(&pass, sizeof(pass));

        if (idv_store_peer_admit(store, 7, conf, 1, ngx_current_msec, &pass)
            != IDV_PEER_ADMITTED)
        {
            break;
        }
    }

    return n;
}


/* sixty a minute, three at once */

static void
test_silence(void)
{
    ngx_uint_t    i, n;
    idv_store_t  *store;

    static const idv_store_peer_conf_t  conf = { 0, 0, 0, 60, 3 };

    static const struct {
        ngx_int_t    after;
        ngx_uint_t   reads;
        const char  *what;
    } rows[] = {
        { 0, 3, "reads at once" },
        { 1000, 1, "a second later" },
        { 2999, 2, "not quite three seconds later" },
        { 3600000, 3, "after an hour no more than at first" },
        { -500, 0, "by a clock that is behind" }
    };

    store = zone_create(ZONE);
    idv_store_provider_add(store, 7);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ngx_current_msec += rows[i].after;

        n = admitted(store, &conf);
        is_int(n, rows[i].reads, rows[i].what);
    }
}


static void
test_claims_of_nobody(void)
{
    uint32_t           i, n;
    ngx_str_t          claims = ngx_string("{\"firstName\":\"ANN\"}");
    idv_flow_t         flow[4];
    idv_store_t       *store;
    idv_store_node_t  *node[4];

    store = zone_create(ZONE);

    for (i = 0; i < 4; i++) {
        flow[i] = zone_flow(i + 1, "ann", i, LATER);
        (void) idv_store_create(store, &flow[i], ngx_current_msec);

        flow[i].state = IDV_STATE_COMPLETED;
        (void) idv_store_save(store, &flow[i], &claims);

        for (n = 1; n <= store->root->nnodes; n++) {
            node[i] = idv_store_node(store->root, n);

            if (node[i]->used
                && memcmp(node[i]->flow.id, flow[i].id, IDV_FLOW_ID_LEN) == 0)
            {
                break;
            }
        }
    }

    ok(node[0]->claims && node[1]->claims && node[2]->claims
       && node[3]->claims, "four flows with claims");

    /* as a worker left it that was killed */

    node[0]->claims = store->root->nclaims + 1;
    node[2]->claims = node[1]->claims;
    store->root->dirty = 1;

    ok(zone_load(store, &flow[3], &flow[3]) == NGX_OK, "the zone is mended");
    is_int(store->root->dirty, 0, "and no longer to be");

    is_int(node[0]->claims, 0, "claims behind the end are none");
    ok((node[1]->claims == 0) != (node[2]->claims == 0),
       "of two flows with the same one has them");
    ok(node[3]->claims, "and who has its own keeps them");

    for (n = 0, i = store->root->free_claims; i; n++) {
        i = idv_store_free_next(i, idv_store_slot(store->root, i)->next,
                                store->root->nclaims);
    }

    is_int(n, store->root->nclaims - 2, "all others are free");
}


int
main(void)
{
    test_created_twice();
    test_no_record();
    test_silence();
    test_claims_of_nobody();

    return tap_done();
}
