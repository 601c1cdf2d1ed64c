
/*
 * Copyright (C) nginx-idv authors
 *
 * Flows in the zone: see the drawing in idv_store_zone.h.
 */


#include "idv_store_zone.h"
#include "../util/idv_crypto.h"


void
idv_store_lock(idv_store_t *store)
{
    ngx_shmtx_lock(&store->shpool->mutex);

    if (store->root->dirty) {
        idv_store_recover(store);
    }
}


void
idv_store_unlock(idv_store_t *store)
{
    ngx_shmtx_unlock(&store->shpool->mutex);
}


static ngx_inline uint32_t *
idv_store_id_head(idv_store_root_t *root, const char *id)
{
    uint32_t  hash;

    hash = ngx_murmur_hash2((u_char *) id, IDV_FLOW_ID_LEN);

    return (uint32_t *) ((u_char *) root + root->ids)
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
idv_store_wipe_claims(idv_store_root_t *root, uint32_t claims)
{
    idv_store_claims_t  *slot;

    if (claims == 0) {
        return;
    }

    slot = idv_store_slot(root, claims);

    ngx_explicit_memzero(slot->text, slot->len);
    slot->len = 0;
    slot->next = idv_store_free_link(claims, root->free_claims, root->nclaims);

    root->free_claims = claims;
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
    idv_store_wipe_claims(root, node->claims);

    node->claims = 0;
    node->used = 0;
    ngx_explicit_memzero(&node->flow, sizeof(idv_flow_t));

    node->id_next = idv_store_free_link(i, root->free_node, root->nnodes);
    root->free_node = i;
    root->used_nodes--;
}


/*
 * Every link is made anew from what the nodes say of themselves.  It takes
 * time in proportion to what was ever used, after a worker died in a change.
 */

void
idv_store_recover(idv_store_t *store)
{
    u_char                  *taken;
    uint32_t                 i, *heads;
    idv_store_node_t        *node;
    idv_store_root_t        *root;
    idv_store_claims_t      *slot;

    root = store->root;

    if (root->undo_node) {
        node = idv_store_node(root, root->undo_node);

        if (node->used) {
            node->flow = root->undo;
            node->claims = root->undo_claims;
        }

        ngx_memory_barrier();
        root->undo_node = 0;
    }

    ngx_memory_barrier();
    ngx_explicit_memzero(&root->undo, sizeof(idv_flow_t));

    heads = (uint32_t *) ((u_char *) root + root->ids);
    ngx_memzero(heads, 2 * root->nbuckets * sizeof(uint32_t));
    ngx_memzero(root->queues, sizeof(root->queues));

    /* "next" of a slot in use is its own number, until the free list is made */

    for (i = 1; i <= root->high_claims; i++) {
        idv_store_slot(root, i)->next = 0;
    }

    root->free_node = root->high_node < root->nnodes ? root->high_node + 1 : 0;
    root->used_nodes = 0;

    for (i = root->high_node; i; i--) {
        node = idv_store_node(root, i);

        if (!node->used) {
            /* one that was being made, or wiped */
            ngx_explicit_memzero(&node->flow, sizeof(idv_flow_t));
            node->claims = 0;
            node->id_next = idv_store_free_link(i, root->free_node,
                                                root->nnodes);
            root->free_node = i;
            continue;
        }

        if (node->claims > root->high_claims
            || (node->claims && idv_store_slot(root, node->claims)->next))
        {
            node->claims = 0;
        }

        if (node->claims) {
            idv_store_slot(root, node->claims)->next = node->claims;
        }

        idv_store_link(root, i);
    }

    root->free_claims = root->high_claims < root->nclaims
                        ? root->high_claims + 1 : 0;

    for (i = root->high_claims; i; i--) {
        slot = idv_store_slot(root, i);

        if (slot->next == 0) {
            taken = slot->text;
            ngx_explicit_memzero(taken, IDV_STORE_MAX_CLAIMS);
            slot->len = 0;
            slot->next = idv_store_free_link(i, root->free_claims,
                                             root->nclaims);
            root->free_claims = i;
        }
    }

    idv_store_recover_revoked(root);

    /* a token may be half written; leases and breakers start over */
    for (i = 0; i < IDV_STORE_MAX_PEERS; i++) {
        ngx_explicit_memzero(&root->peers[i], sizeof(idv_store_peer_t));
    }

    idv_store_end(root);
}


static void
idv_store_drop(idv_store_root_t *root, uint32_t i, idv_count_e counter)
{
    idv_store_remove(root, i);
    (void) ngx_atomic_fetch_add(&root->counters[counter], 1);
}


/*
 * Drops what has expired, a few records at a time.  The oldest of a queue need
 * not be the first to expire: providers differ in their time-outs, and a new
 * transaction has the whole time again.  So a hand goes over all nodes as well.
 */

static void
idv_store_expire(idv_store_root_t *root, uint64_t now)
{
    uint32_t           i;
    ngx_uint_t         class, n;
    idv_store_node_t  *node;

    for (class = 0; class < IDV_STORE_NCLASSES; class++) {

        for (n = 0; n < IDV_STORE_STEPS; n++) {
            i = root->queues[class].oldest;

            if (i == 0 || idv_store_node(root, i)->flow.expires > now) {
                break;
            }

            idv_store_drop(root, i, IDV_COUNT_FLOWS_EXPIRED);
        }
    }

    n = root->free_node ? IDV_STORE_STEPS : IDV_STORE_SEARCH;

    while (n-- && root->high_node) {
        root->hand = root->hand % root->high_node + 1;
        node = idv_store_node(root, root->hand);

        if (node->used && node->flow.expires <= now) {
            idv_store_drop(root, root->hand, IDV_COUNT_FLOWS_EXPIRED);
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

        idv_store_drop(root, i, IDV_COUNT_FLOWS_EVICTED);
    }

    i = root->free_node;
    root->high_node = ngx_max(root->high_node, i);
    root->free_node = idv_store_free_next(i, idv_store_node(root, i)->id_next,
                                          root->nnodes);

    return i;
}


/*
 * Looks through the flows of the subject.  Sets same to the open one of the
 * same client, provider and policy, oldest to the one that gives way, and ended
 * to one that is over where there are many: a subject's list stays short,
 * however often it starts and cancels.
 */

static ngx_uint_t
idv_store_open(idv_store_root_t *root, idv_flow_t *flow, uint64_t now,
    uint32_t *same, uint32_t *oldest, uint32_t *ended)
{
    uint32_t           i;
    ngx_uint_t         n, over;
    idv_store_node_t  *node;

    n = 0;
    over = 0;
    *same = 0;
    *oldest = 0;
    *ended = 0;

    for (i = *idv_store_subject_head(root, flow->subject);
         i;
         i = node->subject_next)
    {
        node = idv_store_node(root, i);

        if (ngx_memcmp(node->flow.subject, flow->subject, 16) != 0) {
            continue;
        }

        if (node->class == IDV_STORE_FINISHED || node->flow.expires <= now) {

            /* the newest come first */

            if (++over >= IDV_STORE_MAX_ENDED) {
                *ended = i;
            }

            continue;
        }

        if (node->flow.provider != flow->provider) {
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


/*
 * A flow is overwritten: whoever finds half of it takes the one before.  That
 * is not kept any longer, for what is in it should not outlive it.
 */

static void
idv_store_replace(idv_store_root_t *root, uint32_t i, const idv_flow_t *flow,
    uint32_t claims)
{
    idv_store_node_t  *node;

    node = idv_store_node(root, i);

    root->undo = node->flow;
    root->undo_claims = node->claims;

    ngx_memory_barrier();
    root->undo_node = i;
    ngx_memory_barrier();

    node->flow = *flow;
    node->claims = claims;

    ngx_memory_barrier();
    root->undo_node = 0;
    ngx_memory_barrier();

    ngx_explicit_memzero(&root->undo, sizeof(idv_flow_t));
}


/* the open flow i is what was asked for, with the new return address */

static void
idv_store_again(idv_store_root_t *root, uint32_t i, idv_flow_t *flow)
{
    idv_flow_t         next;
    idv_store_node_t  *node;

    node = idv_store_node(root, i);

    if (flow->return_to[0]
        && (ngx_strcmp(node->flow.return_to, flow->return_to) != 0
            || node->flow.max_age != flow->max_age))
    {
        next = node->flow;
        ngx_memcpy(next.return_to, flow->return_to, sizeof(flow->return_to));
        next.max_age = flow->max_age;
        next.version++;

        idv_store_replace(root, i, &next, node->claims);
    }

    *flow = node->flow;
}


ngx_int_t
idv_store_reuse(idv_store_t *store, idv_flow_t *flow, uint64_t now)
{
    uint32_t  i, oldest, ended;

    idv_store_lock(store);

    (void) idv_store_open(store->root, flow, now, &i, &oldest, &ended);

    if (i) {
        idv_store_begin(store->root);
        idv_store_again(store->root, i, flow);
        idv_store_end(store->root);
    }

    idv_store_unlock(store);

    return i ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
idv_store_create(idv_store_t *store, idv_flow_t *flow, uint64_t now)
{
    uint32_t           i, oldest, ended;
    ngx_int_t          rc;
    ngx_uint_t         open;
    idv_store_node_t  *node;
    idv_store_root_t  *root;

    root = store->root;

    idv_store_lock(store);
    idv_store_begin(root);

    idv_store_expire(root, now);

    rc = NGX_OK;

    open = idv_store_open(root, flow, now, &i, &oldest, &ended);

    if (ended) {
        idv_store_drop(root, ended, IDV_COUNT_FLOWS_EXPIRED);
    }

    if (open >= IDV_STORE_MAX_OPEN && i == 0) {

        if (oldest == 0) {
            rc = NGX_BUSY;
            goto done;
        }

        idv_store_drop(root, oldest, IDV_COUNT_FLOWS_EVICTED);
    }

    if (i) {
        idv_store_again(root, i, flow);
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


ngx_uint_t
idv_store_known(idv_store_t *store, const char *id)
{
    uint32_t  i;

    idv_store_lock(store);

    i = idv_store_find(store->root, id);

    idv_store_unlock(store);

    return i != 0;
}


ngx_int_t
idv_store_load(idv_store_t *store, const ngx_str_t *id, uint64_t now,
    idv_flow_t *flow)
{
    uint32_t   i;
    ngx_int_t  rc;

    /* what else is in a path is no id, and nginx's hash is for ASCII */

    if (!idv_id_form(id->data, id->len)) {
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


/* the slot that has them now, or 0 */

static uint32_t
idv_store_put_claims(idv_store_root_t *root, const ngx_str_t *claims)
{
    uint32_t             i;
    idv_store_claims_t  *slot;

    i = root->free_claims;

    if (claims->len > IDV_STORE_MAX_CLAIMS || i == 0) {
        return 0;
    }

    slot = idv_store_slot(root, i);
    root->high_claims = ngx_max(root->high_claims, i);
    root->free_claims = idv_store_free_next(i, slot->next, root->nclaims);

    slot->len = (uint32_t) claims->len;
    ngx_memcpy(slot->text, claims->data, claims->len);

    return i;
}


ngx_int_t
idv_store_save(idv_store_t *store, idv_flow_t *flow, const ngx_str_t *claims)
{
    uint32_t           i, slot, stale;
    ngx_int_t          rc;
    ngx_uint_t         entered;
    idv_store_node_t  *node;
    idv_store_root_t  *root;

    root = store->root;
    rc = NGX_OK;
    entered = 0;
    stale = 0;

    idv_store_lock(store);

    i = idv_store_find(root, flow->id);

    if (i == 0 || idv_store_node(root, i)->flow.version != flow->version) {
        idv_store_unlock(store);
        return NGX_DECLINED;
    }

    idv_store_begin(root);

    node = idv_store_node(root, i);
    slot = node->claims;

    if (claims || flow->state == IDV_STATE_CANCELED
        || flow->state == IDV_STATE_TIMED_OUT)
    {
        stale = slot;
        slot = 0;
    }

    if (claims && claims->len) {
        slot = idv_store_put_claims(root, claims);

        if (slot == 0) {
            rc = NGX_ERROR;
            goto done;
        }
    }

    entered = node->flow.state != flow->state;

    flow->version++;
    idv_store_replace(root, i, flow, slot);

    /* only now: a flow that is undone has its claims again */
    idv_store_wipe_claims(root, stale);

    if (node->class != idv_store_class(flow) || entered) {
        idv_store_dequeue(root, i);
        idv_store_enqueue(root, i);
    }

done:

    idv_store_end(root);
    idv_store_unlock(store);

    if (entered && idv_store_entered[flow->state] != IDV_COUNT_NCOUNTERS) {
        idv_store_count(store, idv_store_entered[flow->state]);
    }

    if (rc == NGX_ERROR) {
        idv_store_full(store);
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
