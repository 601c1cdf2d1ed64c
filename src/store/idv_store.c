
/*
 * Copyright (C) nginx-idv authors
 *
 * The zone.
 *
 *   slab pool | root | id buckets | subject buckets | nodes | claims slots
 *                    | revocations
 *
 * All of it is carved out once, from one allocation: nothing is allocated
 * later, so a zone is full when its nodes are, and nothing else can fail.
 * Links are indices into the arrays (0 is none), never addresses.
 *
 *   id bucket ------> node -> node          (by hash of the flow id)
 *   subject bucket -> node -> node          (by hash of the subject)
 *   queue[class] ---> newest <-> oldest     (idle, active, finished)
 *
 * A worker may die at any instruction, also while it holds the mutex, which
 * the master then unlocks.  Whoever changes anything sets root->dirty first
 * and clears it last, and a flow that is overwritten is kept in root->undo
 * meanwhile.  Who finds the mark set rebuilds every link from the nodes.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_store.h"
#include "idv_store_peer.h"
#include "../util/idv_crypto.h"


#define IDV_STORE_MAGIC      0x69647631      /* "idv1" */
#define IDV_STORE_LAYOUT     1
#define IDV_STORE_FILTER     65536           /* bits */
#define IDV_STORE_STEPS      2               /* expired records per change */
#define IDV_STORE_CLAIMS     64              /* one slot for so many nodes */
#define IDV_STORE_REVOKED    16              /* one entry for so many nodes */


typedef enum {
    IDV_STORE_IDLE = 0,              /* nothing under way at the provider */
    IDV_STORE_ACTIVE,                /* a transaction, or its result */
    IDV_STORE_FINISHED,
    IDV_STORE_NCLASSES
} idv_store_class_e;


typedef struct {
    uint32_t               id_next;
    uint32_t               subject_next;
    uint32_t               newer;            /* in the queue of its class */
    uint32_t               older;
    uint32_t               claims;           /* slot */
    uint8_t                used;
    uint8_t                class;
    uint8_t                unused[2];
    idv_flow_t             flow;
} idv_store_node_t;


typedef struct {
    uint32_t               next;             /* of the free ones */
    uint32_t               len;
    u_char                 text[IDV_STORE_MAX_CLAIMS];
} idv_store_claims_t;


typedef struct {
    uint32_t               next;             /* of the bucket, or free */
    uint32_t               used;
    u_char                 key[16];
    int64_t                before;
    int64_t                expires;
} idv_store_revocation_t;


typedef struct {
    uint32_t               newest;
    uint32_t               oldest;
} idv_store_queue_t;


typedef struct {
    uint32_t               magic;
    uint32_t               layout;
    uint32_t               node_size;
    uint32_t               dirty;

    /* sizes and offsets from root, written once */
    uint32_t               nnodes;
    uint32_t               nbuckets;         /* a power of two */
    uint32_t               nclaims;
    uint32_t               nrevoked;
    size_t                 ids;
    size_t                 subjects;
    size_t                 nodes;
    size_t                 claims;
    size_t                 revoked;

    uint32_t               free_node;
    uint32_t               free_claims;
    uint32_t               free_revoked;
    uint32_t               used_nodes;
    uint32_t               used_revoked;
    uint32_t               sweep;            /* next revocation to look at */

    idv_store_queue_t      queues[IDV_STORE_NCLASSES];

    uint32_t               undo_node;
    uint8_t                undo_class;
    idv_flow_t             undo;

    uint32_t               revoked_heads[256];
    ngx_atomic_t           filter[IDV_STORE_FILTER / (8 * sizeof(ngx_atomic_t))];

    ngx_atomic_t           counters[IDV_COUNT_NCOUNTERS];

    idv_store_peer_t       peers[IDV_STORE_MAX_PEERS];
} idv_store_root_t;


struct idv_store_s {
    ngx_shm_zone_t        *zone;
    ngx_slab_pool_t       *shpool;
    idv_store_root_t      *root;
    ngx_atomic_t           warned;           /* second of the last warning */
};


static ngx_int_t idv_store_init_zone(ngx_shm_zone_t *zone, void *data);
static void idv_store_resized(ngx_shm_zone_t *zone);
static ngx_int_t idv_store_carve(idv_store_t *store, ngx_log_t *log);
static void idv_store_recover(idv_store_t *store);


#define idv_store_at(root, offset, type, index)                               \
    (&((type *) ((u_char *) (root) + (root)->offset))[(index) - 1])

#define idv_store_node(root, i)  idv_store_at(root, nodes, idv_store_node_t, i)
#define idv_store_slot(root, i)                                               \
    idv_store_at(root, claims, idv_store_claims_t, i)
#define idv_store_gone(root, i)                                               \
    idv_store_at(root, revoked, idv_store_revocation_t, i)


/* a store makes the order that others see; the compiler keeps it */

#define idv_store_begin(root)  (root)->dirty = 1; ngx_memory_barrier()
#define idv_store_end(root)    ngx_memory_barrier(); (root)->dirty = 0


static void
idv_store_lock(idv_store_t *store)
{
    ngx_shmtx_lock(&store->shpool->mutex);

    if (store->root->dirty) {
        idv_store_recover(store);
    }
}


static void
idv_store_unlock(idv_store_t *store)
{
    ngx_shmtx_unlock(&store->shpool->mutex);
}


idv_store_t *
idv_store_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    idv_store_t     *store;
    ngx_shm_zone_t  *zone;

    zone = ngx_shared_memory_add(cf, name, size, tag);
    if (zone == NULL) {
        return NULL;
    }

    if (zone->data) {
        return zone->data;
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
        return NGX_OK;
    }

    if (zone->shm.exists) {
        store->root = store->shpool->data;
        return NGX_OK;
    }

    if (idv_store_carve(store, zone->shm.log) != NGX_OK) {
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

    return NGX_OK;
}


/* ngx_cycle is still the one before while a new configuration is made */

static void
idv_store_resized(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i;
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
            ngx_log_error(NGX_LOG_WARN, zone->shm.log, 0,
                          "idv zone \"%V\" has changed its size from %uz to "
                          "%uz: its flows and revocations are not kept",
                          &zone->shm.name, old[i].shm.size, zone->shm.size);
            return;
        }
    }
}


static ngx_int_t
idv_store_carve(idv_store_t *store, ngx_log_t *log)
{
    size_t             size, each, pos;
    uint32_t           n;
    idv_store_root_t  *root;

    /* one page stays for the log context */

    if (store->shpool->pfree < 4) {
        return NGX_ERROR;
    }

    size = (store->shpool->pfree - 2) * ngx_pagesize;

    each = sizeof(idv_store_node_t)
           + sizeof(idv_store_claims_t) / IDV_STORE_CLAIMS
           + sizeof(idv_store_revocation_t) / IDV_STORE_REVOKED
           + 4 * sizeof(uint32_t);

    if (size < sizeof(idv_store_root_t) + 64 * each) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "idv zone is too small");
        return NGX_ERROR;
    }

    root = ngx_slab_alloc(store->shpool, size);
    if (root == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(root, size);

    /* room for slots that are rounded up */
    n = (uint32_t) ((size - sizeof(idv_store_root_t)
                     - 8 * sizeof(idv_store_claims_t)) / each);

    root->nnodes = n;
    root->nclaims = n / IDV_STORE_CLAIMS + 4;
    root->nrevoked = n / IDV_STORE_REVOKED;

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
    pos += root->nrevoked * sizeof(idv_store_revocation_t);

    if (pos > size) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "idv zone layout is wrong");
        return NGX_ERROR;
    }

    root->magic = IDV_STORE_MAGIC;
    root->layout = IDV_STORE_LAYOUT;
    root->node_size = sizeof(idv_store_node_t);

    store->root = root;

    idv_store_recover(store);

    return NGX_OK;
}


static ngx_inline uint32_t *
idv_store_id_head(idv_store_root_t *root, const char *id)
{
    uint32_t  hash;

    hash = ngx_murmur_hash2((u_char *) id, IDV_FLOW_ID_LEN);

    return (uint32_t *) ((u_char *) root + root->ids)
           + (hash & (root->nbuckets - 1));
}


static ngx_inline uint32_t *
idv_store_subject_head(idv_store_root_t *root, const u_char *subject)
{
    uint32_t  hash;

    ngx_memcpy(&hash, subject, sizeof(hash));

    return (uint32_t *) ((u_char *) root + root->subjects)
           + (hash & (root->nbuckets - 1));
}


static ngx_uint_t
idv_store_class(idv_flow_t *flow)
{
    switch (flow->state) {

    case IDV_STATE_REQUIRED:
    case IDV_STATE_IN_PROGRESS:
    case IDV_STATE_COMPLETED:
        return IDV_STORE_ACTIVE;

    case IDV_STATE_ENDED:
    case IDV_STATE_CANCELED:
        return IDV_STORE_FINISHED;

    default:
        return (flow->flags & IDV_FLOW_CREATING) ? IDV_STORE_ACTIVE
                                                 : IDV_STORE_IDLE;
    }
}


static void
idv_store_enqueue(idv_store_root_t *root, uint32_t i)
{
    idv_store_node_t   *node;
    idv_store_queue_t  *queue;

    node = idv_store_node(root, i);
    node->class = (uint8_t) idv_store_class(&node->flow);

    queue = &root->queues[node->class];

    node->newer = 0;
    node->older = queue->newest;

    if (queue->newest) {
        idv_store_node(root, queue->newest)->newer = i;

    } else {
        queue->oldest = i;
    }

    queue->newest = i;
}


static void
idv_store_dequeue(idv_store_root_t *root, uint32_t i)
{
    idv_store_node_t   *node;
    idv_store_queue_t  *queue;

    node = idv_store_node(root, i);
    queue = &root->queues[node->class];

    if (node->newer) {
        idv_store_node(root, node->newer)->older = node->older;

    } else {
        queue->newest = node->older;
    }

    if (node->older) {
        idv_store_node(root, node->older)->newer = node->newer;

    } else {
        queue->oldest = node->newer;
    }
}


static void
idv_store_link(idv_store_root_t *root, uint32_t i)
{
    uint32_t          *head;
    idv_store_node_t  *node;

    node = idv_store_node(root, i);

    head = idv_store_id_head(root, node->flow.id);
    node->id_next = *head;
    *head = i;

    head = idv_store_subject_head(root, node->flow.subject);
    node->subject_next = *head;
    *head = i;

    idv_store_enqueue(root, i);
    root->used_nodes++;
}


static void
idv_store_wipe_claims(idv_store_root_t *root, idv_store_node_t *node)
{
    idv_store_claims_t  *slot;

    if (node->claims == 0) {
        return;
    }

    slot = idv_store_slot(root, node->claims);

    ngx_explicit_memzero(slot->text, slot->len);
    slot->len = 0;
    slot->next = root->free_claims;

    root->free_claims = node->claims;
    node->claims = 0;
}


static void
idv_store_remove(idv_store_root_t *root, uint32_t i)
{
    uint32_t          *link;
    idv_store_node_t  *node;

    node = idv_store_node(root, i);

    for (link = idv_store_id_head(root, node->flow.id);
         *link && *link != i;
         link = &idv_store_node(root, *link)->id_next)
    {
        /* void */
    }

    if (*link) {
        *link = node->id_next;
    }

    for (link = idv_store_subject_head(root, node->flow.subject);
         *link && *link != i;
         link = &idv_store_node(root, *link)->subject_next)
    {
        /* void */
    }

    if (*link) {
        *link = node->subject_next;
    }

    idv_store_dequeue(root, i);
    idv_store_wipe_claims(root, node);

    node->used = 0;
    ngx_explicit_memzero(&node->flow, sizeof(idv_flow_t));

    node->id_next = root->free_node;
    root->free_node = i;
    root->used_nodes--;
}


/*
 * Every link is made anew from what the nodes say of themselves.  It takes
 * time in proportion to the zone, after a worker died inside a change.
 */

static void
idv_store_recover(idv_store_t *store)
{
    u_char                  *taken;
    uint32_t                 i, *heads;
    idv_store_node_t        *node;
    idv_store_root_t        *root;
    idv_store_claims_t      *slot;
    idv_store_revocation_t  *gone;

    root = store->root;

    if (root->undo_node) {
        node = idv_store_node(root, root->undo_node);

        if (node->used) {
            node->flow = root->undo;
        }

        root->undo_node = 0;
    }

    heads = (uint32_t *) ((u_char *) root + root->ids);
    ngx_memzero(heads, 2 * root->nbuckets * sizeof(uint32_t));
    ngx_memzero(root->queues, sizeof(root->queues));

    /* "next" of a slot in use is its own number, until the free list is made */

    for (i = 1; i <= root->nclaims; i++) {
        idv_store_slot(root, i)->next = 0;
    }

    root->free_node = 0;
    root->used_nodes = 0;

    for (i = root->nnodes; i; i--) {
        node = idv_store_node(root, i);

        if (!node->used) {
            node->claims = 0;
            node->id_next = root->free_node;
            root->free_node = i;
            continue;
        }

        if (node->claims > root->nclaims
            || (node->claims && idv_store_slot(root, node->claims)->next))
        {
            node->claims = 0;
        }

        if (node->claims) {
            idv_store_slot(root, node->claims)->next = node->claims;
        }

        idv_store_link(root, i);
    }

    root->free_claims = 0;

    for (i = root->nclaims; i; i--) {
        slot = idv_store_slot(root, i);

        if (slot->next == 0) {
            taken = slot->text;
            ngx_explicit_memzero(taken, IDV_STORE_MAX_CLAIMS);
            slot->len = 0;
            slot->next = root->free_claims;
            root->free_claims = i;
        }
    }

    root->free_revoked = 0;
    root->used_revoked = 0;
    ngx_memzero(root->revoked_heads, sizeof(root->revoked_heads));

    for (i = root->nrevoked; i; i--) {
        gone = idv_store_gone(root, i);

        if (!gone->used) {
            gone->next = root->free_revoked;
            root->free_revoked = i;
            continue;
        }

        gone->next = root->revoked_heads[gone->key[0]];
        root->revoked_heads[gone->key[0]] = i;
        root->used_revoked++;
    }

    /* a token may be half written; leases and breakers start over */
    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        ngx_explicit_memzero(&root->peers[i], sizeof(idv_store_peer_t));
    }

    idv_store_end(root);
}


/* drops what has expired, a few records at a time */

static void
idv_store_expire(idv_store_root_t *root, int64_t now)
{
    uint32_t    i;
    ngx_uint_t  class, n;

    for (class = 0; class < IDV_STORE_NCLASSES; class++) {

        for (n = 0; n < IDV_STORE_STEPS; n++) {
            i = root->queues[class].oldest;

            if (i == 0 || idv_store_node(root, i)->flow.expires > now) {
                break;
            }

            idv_store_remove(root, i);
            (void) ngx_atomic_fetch_add(
                                 &root->counters[IDV_COUNT_FLOWS_EXPIRED], 1);
        }
    }
}


/* a node for a new flow: finished flows give way, then idle ones */

static uint32_t
idv_store_take(idv_store_root_t *root)
{
    uint32_t  i;

    if (root->free_node == 0) {
        i = root->queues[IDV_STORE_FINISHED].oldest;

        if (i == 0) {
            i = root->queues[IDV_STORE_IDLE].oldest;
        }

        if (i == 0) {
            return 0;
        }

        idv_store_remove(root, i);
        (void) ngx_atomic_fetch_add(&root->counters[IDV_COUNT_FLOWS_EVICTED],
                                    1);
    }

    i = root->free_node;
    root->free_node = idv_store_node(root, i)->id_next;

    return i;
}


/* one warning a second, however many are refused */

static void
idv_store_full(idv_store_t *store)
{
    ngx_atomic_uint_t  now, last;

    idv_store_count(store, IDV_COUNT_ZONE_FULL);

    now = (ngx_atomic_uint_t) ngx_time();
    last = store->warned;

    if (now != last && ngx_atomic_cmp_set(&store->warned, last, now)) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "idv zone \"%V\" is full", &store->zone->shm.name);
    }
}


/*
 * Looks through the flows of the subject.  Sets same to the open one of the
 * same client, provider and policy, and oldest to the one that gives way.
 */

static ngx_uint_t
idv_store_open(idv_store_root_t *root, idv_flow_t *flow, int64_t now,
    uint32_t *same, uint32_t *oldest)
{
    uint32_t           i;
    ngx_uint_t         n;
    idv_store_node_t  *node;

    n = 0;
    *same = 0;
    *oldest = 0;

    for (i = *idv_store_subject_head(root, flow->subject);
         i;
         i = node->subject_next)
    {
        node = idv_store_node(root, i);

        if (node->class == IDV_STORE_FINISHED
            || node->flow.expires <= now
            || node->flow.provider != flow->provider
            || ngx_memcmp(node->flow.subject, flow->subject, 16) != 0)
        {
            continue;
        }

        n++;

        if (ngx_memcmp(node->flow.binding, flow->binding, 32) == 0
            && ngx_memcmp(node->flow.policy, flow->policy, 16) == 0
            && ((node->flow.flags ^ flow->flags) & IDV_FLOW_BROWSER) == 0)
        {
            *same = i;
        }

        if (node->class == IDV_STORE_IDLE
            && (*oldest == 0
                || node->flow.created
                   <= idv_store_node(root, *oldest)->flow.created))
        {
            *oldest = i;
        }
    }

    return n;
}


ngx_int_t
idv_store_create(idv_store_t *store, idv_flow_t *flow, int64_t now)
{
    uint32_t           i, oldest;
    ngx_int_t          rc;
    idv_store_node_t  *node;
    idv_store_root_t  *root;

    root = store->root;

    idv_store_lock(store);
    idv_store_begin(root);

    idv_store_expire(root, now);

    rc = NGX_OK;

    if (idv_store_open(root, flow, now, &i, &oldest) >= IDV_STORE_MAX_OPEN
        && i == 0)
    {
        if (oldest == 0) {
            rc = NGX_BUSY;
            goto done;
        }

        idv_store_remove(root, oldest);
        (void) ngx_atomic_fetch_add(&root->counters[IDV_COUNT_FLOWS_EVICTED],
                                    1);
    }

    if (i) {
        node = idv_store_node(root, i);

        if (flow->return_to[0]
            && ngx_strcmp(node->flow.return_to, flow->return_to) != 0)
        {
            root->undo = node->flow;
            root->undo_node = i;

            ngx_memcpy(node->flow.return_to, flow->return_to,
                       sizeof(flow->return_to));
            node->flow.version++;

            root->undo_node = 0;
        }

        *flow = node->flow;
        rc = NGX_AGAIN;
        goto done;
    }

    i = idv_store_take(root);

    if (i == 0) {
        rc = NGX_DECLINED;
        goto done;
    }

    flow->version = 1;

    node = idv_store_node(root, i);
    node->flow = *flow;
    node->claims = 0;

    ngx_memory_barrier();
    node->used = 1;

    idv_store_link(root, i);

done:

    idv_store_end(root);
    idv_store_unlock(store);

    if (rc == NGX_DECLINED) {
        idv_store_full(store);

    } else if (rc == NGX_OK) {
        idv_store_count(store, IDV_COUNT_FLOWS_STARTED);
    }

    return rc;
}


static uint32_t
idv_store_find(idv_store_root_t *root, const char *id)
{
    uint32_t           i;
    idv_store_node_t  *node;

    for (i = *idv_store_id_head(root, id); i; i = node->id_next) {
        node = idv_store_node(root, i);

        if (ngx_memcmp(node->flow.id, id, IDV_FLOW_ID_LEN) == 0) {
            return i;
        }
    }

    return 0;
}


ngx_int_t
idv_store_load(idv_store_t *store, const ngx_str_t *id, int64_t now,
    idv_flow_t *flow)
{
    uint32_t   i;
    ngx_int_t  rc;

    if (id->len != IDV_FLOW_ID_LEN) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    idv_store_lock(store);

    i = idv_store_find(store->root, (char *) id->data);

    if (i && idv_store_node(store->root, i)->flow.expires > now) {
        *flow = idv_store_node(store->root, i)->flow;
        rc = NGX_OK;
    }

    idv_store_unlock(store);

    return rc;
}


static const idv_count_e  idv_store_entered[IDV_STATE_NSTATES] = {
    IDV_COUNT_NCOUNTERS, IDV_COUNT_NCOUNTERS, IDV_COUNT_NCOUNTERS,
    IDV_COUNT_NCOUNTERS, IDV_COUNT_NCOUNTERS,
    IDV_COUNT_FLOWS_COMPLETED,
    IDV_COUNT_FLOWS_FAILED,
    IDV_COUNT_FLOWS_TIMED_OUT,
    IDV_COUNT_NCOUNTERS,
    IDV_COUNT_FLOWS_CANCELED
};


static ngx_int_t
idv_store_put_claims(idv_store_root_t *root, idv_store_node_t *node,
    const ngx_str_t *claims)
{
    idv_store_claims_t  *slot;

    if (claims->len > IDV_STORE_MAX_CLAIMS || root->free_claims == 0) {
        return NGX_ERROR;
    }

    node->claims = root->free_claims;
    slot = idv_store_slot(root, node->claims);
    root->free_claims = slot->next;

    slot->len = (uint32_t) claims->len;
    ngx_memcpy(slot->text, claims->data, claims->len);

    return NGX_OK;
}


ngx_int_t
idv_store_save(idv_store_t *store, idv_flow_t *flow, const ngx_str_t *claims)
{
    uint32_t           i;
    ngx_int_t          rc;
    ngx_uint_t         entered;
    idv_store_node_t  *node;
    idv_store_root_t  *root;

    root = store->root;
    entered = 0;

    idv_store_lock(store);

    i = idv_store_find(root, flow->id);

    if (i == 0 || idv_store_node(root, i)->flow.version != flow->version) {
        idv_store_unlock(store);
        return NGX_DECLINED;
    }

    idv_store_begin(root);

    node = idv_store_node(root, i);
    rc = NGX_OK;

    if (claims || flow->state == IDV_STATE_CANCELED
        || flow->state == IDV_STATE_TIMED_OUT)
    {
        idv_store_wipe_claims(root, node);
    }

    if (claims && claims->len) {
        rc = idv_store_put_claims(root, node, claims);
    }

    if (rc == NGX_OK) {
        entered = node->flow.state != flow->state;

        root->undo = node->flow;
        ngx_memory_barrier();
        root->undo_node = i;

        flow->version++;
        node->flow = *flow;

        ngx_memory_barrier();
        root->undo_node = 0;

        if (node->class != idv_store_class(flow) || entered) {
            idv_store_dequeue(root, i);
            idv_store_enqueue(root, i);
        }
    }

    idv_store_end(root);
    idv_store_unlock(store);

    if (entered && idv_store_entered[flow->state] != IDV_COUNT_NCOUNTERS) {
        idv_store_count(store, idv_store_entered[flow->state]);
    }

    return rc;
}


ngx_int_t
idv_store_claims(idv_store_t *store, const idv_flow_t *flow, ngx_pool_t *pool,
    ngx_str_t *claims)
{
    u_char              *p;
    uint32_t             i;
    ngx_int_t            rc;
    idv_store_node_t    *node;
    idv_store_claims_t  *slot;

    /* allocated before the lock is taken */
    p = ngx_pnalloc(pool, IDV_STORE_MAX_CLAIMS);
    if (p == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;
    ngx_str_null(claims);

    idv_store_lock(store);

    i = idv_store_find(store->root, flow->id);

    if (i) {
        node = idv_store_node(store->root, i);

        if (node->flow.version == flow->version) {
            rc = NGX_OK;

            if (node->claims) {
                slot = idv_store_slot(store->root, node->claims);
                ngx_memcpy(p, slot->text, slot->len);
                claims->len = slot->len;
                claims->data = p;
            }
        }
    }

    idv_store_unlock(store);

    return rc;
}


static ngx_inline uint32_t
idv_store_bit(const u_char key[16])
{
    return ((uint32_t) key[1] << 8 | key[2]) % IDV_STORE_FILTER;
}

#define IDV_STORE_WORD  (8 * sizeof(ngx_atomic_t))


static void
idv_store_unrevoke(idv_store_root_t *root, uint32_t i)
{
    uint32_t                *link;
    idv_store_revocation_t  *gone;

    gone = idv_store_gone(root, i);

    for (link = &root->revoked_heads[gone->key[0]];
         *link && *link != i;
         link = &idv_store_gone(root, *link)->next)
    {
        /* void */
    }

    if (*link) {
        *link = gone->next;
    }

    gone->used = 0;
    gone->next = root->free_revoked;
    root->free_revoked = i;

    if (--root->used_revoked == 0) {
        ngx_memzero((void *) root->filter, sizeof(root->filter));
    }
}


static uint32_t
idv_store_find_revocation(idv_store_root_t *root, const u_char key[16])
{
    uint32_t  i;

    for (i = root->revoked_heads[key[0]];
         i && ngx_memcmp(idv_store_gone(root, i)->key, key, 16) != 0;
         i = idv_store_gone(root, i)->next)
    {
        /* void */
    }

    return i;
}


ngx_int_t
idv_store_revoke(idv_store_t *store, const u_char key[16], int64_t before,
    int64_t expires)
{
    uint32_t                 i, n;
    ngx_int_t                rc;
    idv_store_root_t        *root;
    idv_store_revocation_t  *gone;

    root = store->root;

    idv_store_lock(store);
    idv_store_begin(root);

    /* a clock hand over all entries: a few looks at each call */

    for (n = 0; n < 4 && root->nrevoked; n++) {
        root->sweep = root->sweep % root->nrevoked + 1;
        gone = idv_store_gone(root, root->sweep);

        if (gone->used && gone->expires <= ngx_time()) {
            idv_store_unrevoke(root, root->sweep);
        }
    }

    rc = NGX_OK;
    i = idv_store_find_revocation(root, key);

    if (i) {
        gone = idv_store_gone(root, i);
        gone->before = ngx_max(gone->before, before);
        gone->expires = ngx_max(gone->expires, expires);

    } else if (root->free_revoked == 0) {
        rc = NGX_DECLINED;

    } else {
        i = root->free_revoked;
        gone = idv_store_gone(root, i);
        root->free_revoked = gone->next;

        ngx_memcpy(gone->key, key, 16);
        gone->before = before;
        gone->expires = expires;
        gone->next = root->revoked_heads[key[0]];

        ngx_memory_barrier();
        gone->used = 1;

        root->revoked_heads[key[0]] = i;
        root->used_revoked++;
    }

    if (rc == NGX_OK) {
        root->filter[idv_store_bit(key) / IDV_STORE_WORD] |=
                        (ngx_atomic_uint_t) 1
                        << (idv_store_bit(key) % IDV_STORE_WORD);
    }

    idv_store_end(root);
    idv_store_unlock(store);

    if (rc == NGX_OK) {
        idv_store_count(store, IDV_COUNT_SESSIONS_REVOKED);

    } else {
        idv_store_full(store);
    }

    return rc;
}


static ngx_inline ngx_uint_t
idv_store_filtered(idv_store_root_t *root, const u_char key[16])
{
    uint32_t  bit;

    bit = idv_store_bit(key);

    return (root->filter[bit / IDV_STORE_WORD] >> (bit % IDV_STORE_WORD)) & 1;
}


ngx_uint_t
idv_store_revoked(idv_store_t *store, const u_char session[16],
    const u_char subject[16], int64_t issued, int64_t now)
{
    uint32_t                 i;
    ngx_uint_t               k, revoked;
    const u_char            *keys[2];
    idv_store_root_t        *root;
    idv_store_revocation_t  *gone;

    root = store->root;

    if (!idv_store_filtered(root, session)
        && !idv_store_filtered(root, subject))
    {
        return 0;
    }

    keys[0] = session;
    keys[1] = subject;
    revoked = 0;

    idv_store_lock(store);

    for (k = 0; k < 2; k++) {
        i = idv_store_find_revocation(root, keys[k]);

        if (i) {
            gone = idv_store_gone(root, i);

            if (gone->expires > now && issued <= gone->before) {
                revoked = 1;
            }
        }
    }

    idv_store_unlock(store);

    return revoked;
}


idv_store_peer_t *
idv_store_peer_lock(idv_store_t *store, uint64_t id)
{
    ngx_uint_t         i;
    idv_store_root_t  *root;

    root = store->root;

    idv_store_lock(store);

    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {

        if (root->peers[i].id == 0) {
            root->peers[i].id = id;
        }

        if (root->peers[i].id == id) {
            idv_store_begin(root);
            return &root->peers[i];
        }
    }

    idv_store_unlock(store);

    return NULL;
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

    each = sizeof(idv_store_node_t) + 4 * sizeof(uint32_t);

    *flows = root->used_nodes;
    *used = root->used_nodes * each;
    *size = root->nnodes * each;
}
