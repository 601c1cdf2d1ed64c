
/*
 * Copyright (C) nginx-idv authors
 *
 * A node is complete before it is linked, and unlinked before it is freed:
 * nginx releases the lock of a worker that died, but repairs nothing.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_zone.h"


#define IDV_SVC_SWEEP  32            /* transactions in one go */
#define IDV_SVC_EVICT  8             /* decided ones that give way at once */
#define IDV_SVC_TRIES  8             /* copies of what others keep changing */


static void idv_svc_tree_init(idv_svc_tree_t *tree,
    ngx_rbtree_insert_pt insert);
static idv_svc_node_t *idv_svc_node_new(idv_svc_store_t *store,
    idv_svc_view_t *view);
static idv_svc_node_t *idv_svc_node_find(idv_svc_store_t *store,
    idv_svc_key_t *key, int64_t now);
static void idv_svc_node_enqueue(idv_svc_store_t *store, idv_svc_node_t *node);
static void idv_svc_node_free(idv_svc_store_t *store, idv_svc_node_t *node);
static ngx_int_t idv_svc_blob_set(idv_svc_store_t *store,
    idv_svc_node_t *node, ngx_uint_t i, ngx_str_t *blob);
static void idv_svc_blob_free(idv_svc_store_t *store, u_char *blob,
    size_t len);


ngx_int_t
idv_svc_store_init(ngx_shm_zone_t *zone, void *data)
{
    idv_svc_store_t  *octx = data;
    idv_svc_store_t  *store = zone->data;

    idv_svc_root_t  *sh;

    store->name = zone->shm.name;
    store->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (octx) {
        store->sh = octx->sh;

    } else if (zone->shm.exists) {
        store->sh = store->shpool->data;
    }

    if (store->sh) {
        /* the module may have been loaded to another address */

        store->sh->transactions.tree.insert = idv_svc_index_insert;
        store->sh->users.tree.insert = idv_svc_index_insert;
        store->sh->accounts.tree.insert = idv_svc_index_insert;
        store->sh->usernames.tree.insert = idv_svc_index_insert;
        store->sh->tokens.tree.insert = idv_svc_index_insert;
        store->sh->counted.tree.insert = idv_svc_index_insert;
        store->sh->shelves.tree.insert = idv_svc_index_insert;
        store->sh->quotas.tree.insert = idv_svc_index_insert;
        store->sh->due.tree.insert = ngx_rbtree_insert_value;

        return NGX_OK;
    }

    sh = ngx_slab_calloc(store->shpool, sizeof(idv_svc_root_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    idv_svc_tree_init(&sh->transactions, idv_svc_index_insert);
    idv_svc_tree_init(&sh->users, idv_svc_index_insert);
    idv_svc_tree_init(&sh->accounts, idv_svc_index_insert);
    idv_svc_tree_init(&sh->usernames, idv_svc_index_insert);
    idv_svc_tree_init(&sh->tokens, idv_svc_index_insert);
    idv_svc_tree_init(&sh->counted, idv_svc_index_insert);
    idv_svc_tree_init(&sh->shelves, idv_svc_index_insert);
    idv_svc_tree_init(&sh->quotas, idv_svc_index_insert);
    idv_svc_tree_init(&sh->due, ngx_rbtree_insert_value);

    ngx_queue_init(&sh->decided);
    ngx_queue_init(&sh->unsaved);
    ngx_queue_init(&sh->changed);
    ngx_queue_init(&sh->graves);
    ngx_queue_init(&sh->unburied);
    ngx_queue_init(&sh->waiting);
    ngx_queue_init(&sh->tokens_queue);
    ngx_queue_init(&sh->counted_queue);
    ngx_queue_init(&sh->quotas_queue);
    ngx_queue_init(&sh->notes);

    store->sh = sh;
    store->shpool->data = sh;

    /* memory that runs out is met by eviction, and said by the caller */

    store->shpool->log_nomem = 0;

    return NGX_OK;
}


static void
idv_svc_tree_init(idv_svc_tree_t *tree, ngx_rbtree_insert_pt insert)
{
    ngx_rbtree_init(&tree->tree, &tree->sentinel, insert);
}


ngx_int_t
idv_svc_store_create(idv_svc_store_t *store, idv_svc_view_t *view,
    ngx_uint_t limit, int64_t now)
{
    u_char           name[IDV_HASH_LEN];
    ngx_int_t        rc;
    idv_svc_tx_t    *tx;
    idv_svc_key_t    key;
    idv_svc_node_t  *node;
    idv_svc_user_t  *user;

    tx = &view->tx;

    if (idv_svc_user_name(name, tx->env, tx->user, tx->user_len) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_ERROR;

    /* first, since making room may free the records of others */

    node = idv_svc_node_new(store, view);
    if (node == NULL) {
        goto done;
    }

    user = idv_svc_user(store, name);
    if (user == NULL) {
        idv_svc_node_free(store, node);
        goto done;
    }

    rc = (user->own && user->own->standing == IDV_SVC_DISABLED_USER)
         ? NGX_ABORT : idv_svc_user_room(store, user, limit, now);

    if (rc != NGX_OK) {
        idv_svc_node_free(store, node);
        goto done;
    }

    node->user = user;
    user->n++;

    ngx_queue_insert_head(&user->transactions, &node->of_user);
    idv_svc_index_add(&store->sh->transactions, &node->index, tx->id);
    idv_svc_node_enqueue(store, node);

done:

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (store->keep == NULL) {
        return rc;
    }

    idv_svc_files_bury(store);

    if (rc == NGX_OK && idv_svc_files_sync(store, tx->id, now) == NGX_ERROR) {

        /* what is not in a file has not been created */

        ngx_memzero(&key, sizeof(idv_svc_key_t));
        key.tx = tx->id;

        (void) idv_svc_store_delete(store, &key, now);

        return NGX_ERROR;
    }

    return rc;
}


ngx_int_t
idv_svc_store_restore(idv_svc_store_t *store, idv_svc_view_t *view,
    uint32_t saved, int64_t now)
{
    u_char           name[IDV_HASH_LEN];
    ngx_int_t        rc;
    idv_svc_tx_t    *tx;
    idv_svc_node_t  *node;
    idv_svc_user_t  *user;

    tx = &view->tx;

    idv_svc_tx_advance(tx, now);

    if (idv_svc_tx_gone(tx, now)) {
        return NGX_DECLINED;
    }

    if (idv_svc_user_name(name, tx->env, tx->user, tx->user_len) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_BUSY;

    if (idv_svc_index_find(&store->sh->transactions, tx->id)) {
        goto done;
    }

    rc = NGX_ERROR;

    node = idv_svc_node_new(store, view);
    if (node == NULL) {
        goto done;
    }

    /* the user last: room for the others may be made of what it has */

    if (idv_svc_docs_save(store, node, view, NULL) != NGX_OK) {
        idv_svc_node_free(store, node);
        goto done;
    }

    user = idv_svc_user(store, name);
    if (user == NULL) {
        idv_svc_node_free(store, node);
        goto done;
    }

    node->user = user;
    node->saved = saved;
    user->n++;

    idv_svc_user_insert(user, node);
    idv_svc_index_add(&store->sh->transactions, &node->index, tx->id);
    ngx_rbtree_insert(&store->sh->due.tree, &node->due);

    (void) idv_svc_node_settle(store, node, now);

    rc = NGX_OK;

done:

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


ngx_int_t
idv_svc_store_get(idv_svc_store_t *store, idv_svc_key_t *key, ngx_uint_t want,
    int64_t now, ngx_pool_t *pool, idv_svc_view_t *view)
{
    size_t           len, need, space, room[IDV_SVC_NBLOBS];
    u_char          *values;
    ngx_uint_t       i, tries, fits;
    idv_svc_node_t  *node;

    ngx_memzero(room, sizeof(room));
    ngx_memzero(view, sizeof(idv_svc_view_t));

    space = 0;
    values = NULL;

    /* nothing is allocated under the lock: look, make room, look again */

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        ngx_shmtx_lock(&store->shpool->mutex);

        node = idv_svc_node_find(store, key, now);

        if (node == NULL) {
            ngx_shmtx_unlock(&store->shpool->mutex);
            return NGX_DECLINED;
        }

        view->tx = node->tx;
        view->latest = (ngx_queue_head(&node->user->transactions)
                        == &node->of_user);
        fits = 1;
        need = 0;

        if (want & (IDV_SVC_DOCS|IDV_SVC_DOCS_LIST)) {
            need = idv_svc_docs_copy(node, view, want, values, space);
        }

        for (i = 0; i < IDV_SVC_NBLOBS; i++) {
            len = node->tx.len[i];

            if (!(want & IDV_SVC_BLOB(i)) || len == 0) {
                view->blob[i].len = 0;
                continue;
            }

            if (len > room[i]) {
                fits = 0;
                continue;
            }

            ngx_memcpy(view->blob[i].data, node->blob[i], len);
            view->blob[i].len = len;
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        if (fits && need <= space) {
            return NGX_OK;
        }

        if (need > space) {
            values = ngx_palloc(pool, need);
            if (values == NULL) {
                return NGX_ERROR;
            }

            space = need;
        }

        for (i = 0; i < IDV_SVC_NBLOBS; i++) {
            len = view->tx.len[i];

            if (!(want & IDV_SVC_BLOB(i)) || len <= room[i]) {
                continue;
            }

            view->blob[i].data = ngx_pnalloc(pool, len);
            if (view->blob[i].data == NULL) {
                return NGX_ERROR;
            }

            room[i] = len;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
idv_svc_store_save(idv_svc_store_t *store, idv_svc_view_t *view, uint32_t seen,
    ngx_uint_t changed, int64_t now)
{
    ngx_int_t        rc;
    ngx_uint_t       i;
    idv_svc_key_t    key;
    idv_svc_gone_t   gone, made;
    idv_svc_node_t  *node;

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = view->tx.id;

    gone.n = 0;
    made.n = 0;

    if (store->keep && (changed & IDV_SVC_DOCS)
        && idv_svc_files_docs(store, view, &made) != NGX_OK)
    {
        idv_svc_files_remove(store, view->tx.id, &made);
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_OK;

    node = idv_svc_node_find(store, &key, now);

    if (node == NULL) {
        rc = NGX_DECLINED;

    } else if (node->tx.version != seen) {
        rc = NGX_AGAIN;
    }

    for (i = 0; rc == NGX_OK && i < IDV_SVC_NBLOBS; i++) {
        if (changed & IDV_SVC_BLOB(i)) {
            rc = idv_svc_blob_set(store, node, i, &view->blob[i]);
        }
    }

    if (rc == NGX_OK && (changed & IDV_SVC_DOCS)) {
        rc = idv_svc_docs_save(store, node, view, &gone);
    }

    if (rc == NGX_OK) {
        ngx_memcpy(view->tx.len, node->tx.len, sizeof(node->tx.len));

        node->tx = view->tx;
        (void) idv_svc_node_settle(store, node, now);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (store->keep) {
        idv_svc_files_remove(store, view->tx.id, rc == NGX_OK ? &gone : &made);
        idv_svc_files_bury(store);

        /* a value may have made the directory of one that went meanwhile */

        if (rc == NGX_DECLINED && made.n) {
            (void) idv_svc_keep_drop(&store->keep->transactions, view->tx.id,
                                     ngx_cycle->log);
        }

        /* the sweep tries again: it is in the zone, and stays there */

        if (rc == NGX_OK) {
            (void) idv_svc_files_sync(store, view->tx.id, now);
        }
    }

    return rc;
}


ngx_int_t
idv_svc_store_delete(idv_svc_store_t *store, idv_svc_key_t *key, int64_t now)
{
    idv_svc_node_t  *node;

    ngx_shmtx_lock(&store->shpool->mutex);

    node = idv_svc_node_find(store, key, now);
    if (node) {
        idv_svc_node_remove(store, node);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    idv_svc_files_bury(store);

    return node ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
idv_svc_store_sweep(idv_svc_store_t *store, int64_t now)
{
    ngx_uint_t          n, users;
    idv_svc_node_t     *node;
    ngx_rbtree_node_t  *due;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (n = 0; n < IDV_SVC_SWEEP; n++) {

        if (store->sh->due.tree.root == &store->sh->due.sentinel) {
            break;
        }

        due = ngx_rbtree_min(store->sh->due.tree.root,
                             &store->sh->due.sentinel);

        if (due->key > (ngx_rbtree_key_t) (now / IDV_SVC_SECOND)) {
            break;
        }

        node = (idv_svc_node_t *)
                   ((u_char *) due - offsetof(idv_svc_node_t, due));

        (void) idv_svc_node_settle(store, node, now);
    }

    idv_svc_ledger_expire(store, now);

    ngx_shmtx_unlock(&store->shpool->mutex);

    idv_svc_files_bury(store);
    idv_svc_files_bury_again(store);
    idv_svc_files_sweep_policies(store);
    users = idv_svc_files_sweep_users(store, IDV_SVC_SWEEP);

    return idv_svc_files_sweep(store, IDV_SVC_SWEEP, now) == IDV_SVC_SWEEP
           || n == IDV_SVC_SWEEP || users == IDV_SVC_SWEEP;
}


/* not linked to anything yet */

static idv_svc_node_t *
idv_svc_node_new(idv_svc_store_t *store, idv_svc_view_t *view)
{
    ngx_uint_t       i;
    idv_svc_node_t  *node;

    node = idv_svc_zone_alloc(store, sizeof(idv_svc_node_t));
    if (node == NULL) {
        return NULL;
    }

    ngx_memzero(node, sizeof(idv_svc_node_t));
    ngx_queue_init(&node->docs);

    node->grave = idv_svc_zone_alloc(store, sizeof(idv_svc_grave_t));
    if (node->grave == NULL) {
        ngx_slab_free_locked(store->shpool, node);
        return NULL;
    }

    node->tx = view->tx;
    node->saved = view->tx.version - 1;
    ngx_memzero(node->tx.len, sizeof(node->tx.len));

    for (i = 0; i < IDV_SVC_NBLOBS; i++) {
        if (idv_svc_blob_set(store, node, i, &view->blob[i]) != NGX_OK) {
            idv_svc_node_free(store, node);
            return NULL;
        }
    }

    return node;
}


/* the node as it is now, if it is the key's */

static idv_svc_node_t *
idv_svc_node_find(idv_svc_store_t *store, idv_svc_key_t *key, int64_t now)
{
    idv_svc_node_t  *node;

    node = idv_svc_index_find(&store->sh->transactions, key->tx);

    if (node == NULL) {
        return NULL;
    }

    if (key->env
        && ngx_memcmp(node->tx.env, key->env, IDV_SVC_UUID) != 0)
    {
        return NULL;
    }

    if (key->user.len
        && (node->tx.user_len != key->user.len
            || ngx_memcmp(node->tx.user, key->user.data, key->user.len) != 0))
    {
        return NULL;
    }

    return idv_svc_node_settle(store, node, now) ? NULL : node;
}


ngx_uint_t
idv_svc_node_settle(idv_svc_store_t *store, idv_svc_node_t *node, int64_t now)
{
    ngx_uint_t  i;

    idv_svc_tx_advance(&node->tx, now);

    if (idv_svc_tx_gone(&node->tx, now)) {
        idv_svc_node_remove(store, node);
        return 1;
    }

    idv_svc_user_assure(store, node);

    if (node->tx.wiped) {
        for (i = 0; i < IDV_SVC_NBLOBS; i++) {
            if (node->blob[i] && i != IDV_SVC_BLOB_CHECKS
                && i != IDV_SVC_BLOB_META)
            {
                (void) idv_svc_blob_set(store, node, i, NULL);
            }
        }

        idv_svc_docs_free(store, node);
    }

    ngx_rbtree_delete(&store->sh->due.tree, &node->due);

    if (node->queued) {
        ngx_queue_remove(&node->decided);
        node->queued = 0;
    }

    idv_svc_node_enqueue(store, node);

    return 0;
}


static void
idv_svc_node_enqueue(idv_svc_store_t *store, idv_svc_node_t *node)
{
    /* rounded up: what is found due in its second is due to the millisecond */

    node->due.key = (ngx_rbtree_key_t)
                        (idv_svc_tx_due(&node->tx) / IDV_SVC_SECOND + 1);

    ngx_rbtree_insert(&store->sh->due.tree, &node->due);

    if (idv_svc_tx_decided(&node->tx)) {
        ngx_queue_insert_tail(&store->sh->decided, &node->decided);
        node->queued = 1;
    }

    if (store->keep && !node->late && node->saved != node->tx.version) {
        ngx_queue_insert_tail(&store->sh->unsaved, &node->unsaved);
        node->late = 1;
    }

    idv_svc_user_settled(node);
    idv_svc_node_wait(store, node, node->tx.held);
}


void
idv_svc_node_remove(idv_svc_store_t *store, idv_svc_node_t *node)
{
    idv_svc_user_t  *user;

    user = node->user;

    idv_svc_files_grave(store, node);

    ngx_rbtree_delete(&store->sh->transactions.tree, &node->index.node);
    ngx_rbtree_delete(&store->sh->due.tree, &node->due);
    ngx_queue_remove(&node->of_user);

    if (node->queued) {
        ngx_queue_remove(&node->decided);
    }

    if (node->late) {
        ngx_queue_remove(&node->unsaved);
    }

    idv_svc_node_wait(store, node, 0);

    if (node->settled) {
        ngx_queue_remove(&node->of_settled);
    }

    user->n--;
    idv_svc_user_unused(store, user);

    idv_svc_node_free(store, node);
}


static void
idv_svc_node_free(idv_svc_store_t *store, idv_svc_node_t *node)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NBLOBS; i++) {
        idv_svc_blob_free(store, node->blob[i], node->tx.len[i]);
    }

    idv_svc_docs_free(store, node);

    if (node->grave) {
        ngx_slab_free_locked(store->shpool, node->grave);
    }

    ngx_explicit_memzero(&node->tx, sizeof(idv_svc_tx_t));
    ngx_slab_free_locked(store->shpool, node);
}


/* the old one stays if there is no room for the new one */

static ngx_int_t
idv_svc_blob_set(idv_svc_store_t *store, idv_svc_node_t *node, ngx_uint_t i,
    ngx_str_t *blob)
{
    size_t   len;
    u_char  *p, *old;

    old = node->blob[i];
    len = node->tx.len[i];
    p = NULL;

    if (blob && blob->len) {

        p = idv_svc_node_alloc(store, node, blob->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, blob->data, blob->len);
    }

    node->blob[i] = p;
    node->tx.len[i] = p ? blob->len : 0;

    idv_svc_blob_free(store, old, len);

    return NGX_OK;
}


static void
idv_svc_blob_free(idv_svc_store_t *store, u_char *blob, size_t len)
{
    if (blob) {
        ngx_explicit_memzero(blob, len);
        ngx_slab_free_locked(store->shpool, blob);
    }
}


/*
 * Eviction could take this very node: nobody writes to decided ones but the
 * control interface, and that is not worth a risk.
 */

void *
idv_svc_node_alloc(idv_svc_store_t *store, idv_svc_node_t *node, size_t size)
{
    return node->queued ? ngx_slab_alloc_locked(store->shpool, size)
                        : idv_svc_zone_alloc(store, size);
}


/* counters give way first, then the oldest transactions that are decided */

void *
idv_svc_zone_alloc(idv_svc_store_t *store, size_t size)
{
    void            *p;
    ngx_uint_t       n;
    ngx_queue_t     *q;
    idv_svc_node_t  *node;

    p = ngx_slab_alloc_locked(store->shpool, size);

    while (p == NULL && idv_svc_ledger_shrink(store, 32)) {
        p = ngx_slab_alloc_locked(store->shpool, size);
    }

    for (n = 0; p == NULL && n < IDV_SVC_EVICT; n++) {

        if (ngx_queue_empty(&store->sh->decided)) {
            break;
        }

        q = ngx_queue_head(&store->sh->decided);
        node = ngx_queue_data(q, idv_svc_node_t, decided);

        idv_svc_node_remove(store, node);

        p = ngx_slab_alloc_locked(store->shpool, size);
    }

    return p;
}
