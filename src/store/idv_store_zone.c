
/*
 * Copyright (C) nginx-idv authors
 *
 * The zone's life: made, found again after a reload, carved; and what all
 * rooms of it share.
 */


#include "idv_store_zone.h"
#include "../util/idv_crypto.h"


static ngx_int_t idv_store_init_zone(ngx_shm_zone_t *zone, void *data);
static void idv_store_number(idv_store_t *store);
static void idv_store_resized(ngx_shm_zone_t *zone);
static ngx_int_t idv_store_carve(idv_store_t *store);


idv_store_t *
idv_store_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    idv_store_t     *store;
    ngx_shm_zone_t  *zone;

    zone = ngx_shared_memory_add(cf, name, size, tag);
    if (zone == NULL) {
        return NULL;
    }

    store = ngx_pcalloc(cf->pool, sizeof(idv_store_t));
    if (store == NULL) {
        return NULL;
    }

    store->zone = zone;

    zone->init = idv_store_init_zone;
    zone->data = store;

    return store;
}


uint64_t
idv_store_provider_id(ngx_str_t *name, ngx_str_t *environment)
{
    u_char     hash[IDV_HASH_LEN];
    uint64_t   id;
    ngx_str_t  parts[2];

    parts[0] = *name;
    parts[1] = *environment;

    if (idv_hash(hash, parts, 2) != NGX_OK) {
        return 0;
    }

    ngx_memcpy(&id, hash, sizeof(id));

    return id ? id : 1;
}


static ngx_int_t
idv_store_init_zone(ngx_shm_zone_t *zone, void *data)
{
    idv_store_t  *old = data;

    size_t        len;
    idv_store_t  *store;

    store = zone->data;
    store->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old) {
        store->root = old->root;
        idv_store_number(store);
        return NGX_OK;
    }

    if (idv_store_carve(store) != NGX_OK) {
        return NGX_ERROR;
    }

    store->shpool->data = store->root;
    store->shpool->log_nomem = 0;

    len = sizeof(" in idv zone \"\"") + zone->shm.name.len;

    store->shpool->log_ctx = ngx_slab_alloc(store->shpool, len);
    if (store->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(store->shpool->log_ctx, " in idv zone \"%V\"%Z",
                &zone->shm.name);

    idv_store_resized(zone);
    idv_store_number(store);

    return NGX_OK;
}


/* by the master, which takes no lock; a configuration may yet be refused */

static void
idv_store_number(idv_store_t *store)
{
    store->cycle = ngx_atomic_fetch_add(&store->root->cycles, 1) + 1;
}


/* ngx_cycle is still the one before while a new configuration is made */

static void
idv_store_resized(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i, left;
    idv_store_t      *store, *before;
    ngx_shm_zone_t   *old;
    ngx_list_part_t  *part;

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
    old = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            part = part->next;

            if (part == NULL) {
                return;
            }

            old = part->elts;
            i = 0;
        }

        if (old != NULL
            && old[i].tag == zone->tag
            && old[i].shm.name.len == zone->shm.name.len
            && ngx_strncmp(old[i].shm.name.data, zone->shm.name.data,
                           zone->shm.name.len)
               == 0
            && old[i].shm.size != zone->shm.size)
        {
            store = zone->data;
            before = old[i].data;

            left = idv_store_keep_revoked(store->root, before->root);

            ngx_log_error(NGX_LOG_WARN, zone->shm.log, 0,
                          "idv zone \"%V\" has changed its size from %uz to "
                          "%uz: its flows are not kept, and %ui revocations "
                          "have no room",
                          &zone->shm.name, old[i].shm.size, zone->shm.size,
                          left);
            return;
        }
    }
}


/* of one for so many nodes, what each node pays: never less than its part */

#define idv_store_share(type, nodes)  ((sizeof(type) + (nodes) - 1) / (nodes))


static ngx_int_t
idv_store_carve(idv_store_t *store)
{
    size_t             size, each, pos;
    uint32_t           n;
    idv_store_root_t  *root;

    /*
     * One page stays for the log context.  No zone is smaller than
     * IDV_STORE_MIN_SIZE, and t/unit/zone_made.c tries each size from there on.
     */

    size = (store->shpool->pfree - 2) * ngx_pagesize;

    each = sizeof(idv_store_node_t)
           + idv_store_share(idv_store_claims_t, IDV_STORE_CLAIMS)
           + idv_store_share(idv_store_revocation_t, IDV_STORE_REVOKED)
           + idv_store_share(idv_store_budget_t, IDV_STORE_BUDGETS)
           + 2 * sizeof(uint32_t);

    root = ngx_slab_alloc(store->shpool, size);
    if (root == NULL) {
        return NGX_ERROR;
    }

    /* it is zero, as the system gave it: most of its pages stay untouched */

#if (NGX_DEBUG_MALLOC)
    ngx_memzero(root, size);
#endif

    /* room for slots that are rounded up */
    n = (uint32_t) ((size - sizeof(idv_store_root_t)
                     - 8 * sizeof(idv_store_claims_t)
                     - IDV_STORE_WAYS * sizeof(idv_store_budget_t)) / each);

    root->nnodes = n;
    root->nclaims = n / IDV_STORE_CLAIMS + 4;
    root->nrevoked = n / IDV_STORE_REVOKED;
    root->nbudgets = (n / IDV_STORE_BUDGETS / IDV_STORE_WAYS + 1)
                     * IDV_STORE_WAYS;

    /* the largest power of two that is not above the number of nodes */
    for (root->nbuckets = 1; root->nbuckets * 2 <= n; root->nbuckets *= 2) {
        /* void */
    }

    pos = ngx_align(sizeof(idv_store_root_t), 64);

    root->ids = pos;
    pos += root->nbuckets * sizeof(uint32_t);

    root->subjects = pos;
    pos = ngx_align(pos + root->nbuckets * sizeof(uint32_t), 64);

    root->nodes = pos;
    pos = ngx_align(pos + root->nnodes * sizeof(idv_store_node_t), 64);

    root->claims = pos;
    pos = ngx_align(pos + root->nclaims * sizeof(idv_store_claims_t), 64);

    root->revoked = pos;
    pos = ngx_align(pos + root->nrevoked * sizeof(idv_store_revocation_t), 64);

    root->budgets = pos;

    if (idv_random((u_char *) &root->seed, sizeof(root->seed)) != NGX_OK) {
        return NGX_ERROR;
    }

    root->seed |= 1;

    root->magic = IDV_STORE_MAGIC;
    root->layout = IDV_STORE_LAYOUT;
    root->node_size = sizeof(idv_store_node_t);

    store->root = root;

    idv_store_recover(store);

    return NGX_OK;
}


uint64_t
idv_store_seed(const idv_store_t *store)
{
    return store->root->seed;
}


/* one warning a second, however many are refused */

void
idv_store_full(idv_store_t *store)
{
    ngx_atomic_uint_t  now, last;

    idv_store_count(store, IDV_COUNT_ZONE_FULL);

    now = (ngx_atomic_uint_t) ngx_time();
    last = store->root->warned;

    /* a worker's idea of the time may be a second behind that of another */

    if ((now > last || now + 1 < last)
        && ngx_atomic_cmp_set(&store->root->warned, last, now))
    {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "idv zone \"%V\" is full", &store->zone->shm.name);
    }
}


void
idv_store_provider_add(idv_store_t *store, uint64_t id)
{
    if (store->npeers < IDV_STORE_MAX_PEERS) {
        store->peers[store->npeers++] = id;
    }
}


static ngx_uint_t
idv_store_provider_has(idv_store_t *store, uint64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < store->npeers; i++) {
        if (store->peers[i] == id) {
            return 1;
        }
    }

    return 0;
}


void
idv_store_provider_keep(idv_store_t *store)
{
    ngx_uint_t         i;
    idv_store_peer_t  *peer;

    idv_store_lock(store);

    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        peer = &store->root->peers[i];

        if (idv_store_provider_has(store, peer->id)) {
            peer->cycle = ngx_max(peer->cycle, store->cycle);
        }
    }

    idv_store_unlock(store);
}


/*
 * A configuration has at most as many providers as there are records: where one
 * of them has none, another record is not its.  Workers that are leaving keep
 * off what a newer configuration has, and may lose theirs to it: what they then
 * give back is compared with a new record, which knows of no lease or probe.
 */

static idv_store_peer_t *
idv_store_peer_take(idv_store_t *store)
{
    ngx_uint_t         i;
    idv_store_peer_t  *peer, *oldest;

    oldest = NULL;

    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        peer = &store->root->peers[i];

        if (peer->id == 0) {
            return peer;
        }

        if (peer->cycle >= store->cycle
            || idv_store_provider_has(store, peer->id))
        {
            continue;
        }

        if (oldest == NULL || peer->used < oldest->used) {
            oldest = peer;
        }
    }

    return oldest;
}


idv_store_peer_t *
idv_store_peer_lock(idv_store_t *store, uint64_t id)
{
    ngx_uint_t         i;
    idv_store_peer_t  *peer;

    idv_store_lock(store);

    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        peer = &store->root->peers[i];

        if (peer->id == id) {
            idv_store_begin(store->root);
            goto found;
        }
    }

    peer = idv_store_peer_take(store);

    if (peer == NULL) {
        idv_store_unlock(store);
        return NULL;
    }

    idv_store_begin(store->root);

    ngx_explicit_memzero(peer, sizeof(idv_store_peer_t));
    peer->id = id;

found:

    peer->cycle = ngx_max(peer->cycle, store->cycle);
    peer->used = ngx_current_msec;

    return peer;
}


void
idv_store_peer_unlock(idv_store_t *store)
{
    idv_store_end(store->root);
    idv_store_unlock(store);
}


void
idv_store_count(idv_store_t *store, idv_count_e counter)
{
    (void) ngx_atomic_fetch_add(&store->root->counters[counter], 1);
}


ngx_atomic_uint_t
idv_store_counter(idv_store_t *store, idv_count_e counter)
{
    return store->root->counters[counter];
}


void
idv_store_usage(idv_store_t *store, ngx_uint_t *flows, size_t *used,
    size_t *size)
{
    size_t             each;
    idv_store_root_t  *root;

    root = store->root;

    each = sizeof(idv_store_node_t) + 2 * sizeof(uint32_t);

    *flows = root->used_nodes;
    *used = root->used_nodes * each;
    *size = root->nnodes * each;
}
