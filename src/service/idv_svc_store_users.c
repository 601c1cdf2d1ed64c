
/*
 * Copyright (C) nginx-idv authors
 *
 * The users in the zone: their transactions in order, whether they may have
 * any, and what is known for sure.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_zone.h"


#define IDV_SVC_RESET     64         /* transactions in one go */
#define IDV_SVC_GIVE_WAY  8
#define IDV_SVC_TRIES     8          /* copies of what others keep changing */


static void idv_svc_own_link(idv_svc_user_t *user, idv_svc_own_t *own);
static ngx_int_t idv_svc_user_key(u_char *name, const idv_svc_key_t *key);
static ngx_queue_t *idv_svc_user_first(idv_svc_store_t *store,
    idv_svc_user_t *user, const u_char *tx);


ngx_int_t
idv_svc_users_list(idv_svc_store_t *store, const idv_svc_key_t *key,
    int64_t now, u_char (*ids)[IDV_SVC_UUID], ngx_uint_t max, ngx_uint_t *n)
{
    u_char           name[IDV_HASH_LEN];
    ngx_int_t        rc;
    ngx_queue_t     *q;
    idv_svc_node_t  *node;
    idv_svc_user_t  *user;

    *n = 0;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    q = user ? idv_svc_user_first(store, user, key->tx) : NULL;

    rc = (q || key->tx == NULL) ? NGX_OK : NGX_DECLINED;

    while (q && q != ngx_queue_sentinel(&user->transactions) && *n < max) {
        node = ngx_queue_data(q, idv_svc_node_t, of_user);

        /* what is over but not yet swept away is passed by */

        if (!idv_svc_tx_gone(&node->tx, now)) {
            ngx_memcpy(ids[(*n)++], node->tx.id, IDV_SVC_UUID);
        }

        q = ngx_queue_next(q);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


/* NULL: the transaction is not the user's */

static ngx_queue_t *
idv_svc_user_first(idv_svc_store_t *store, idv_svc_user_t *user,
    const u_char *tx)
{
    idv_svc_node_t  *node;

    if (tx == NULL) {
        return ngx_queue_head(&user->transactions);
    }

    node = idv_svc_index_find(&store->sh->transactions, tx);

    return (node && node->user == user) ? &node->of_user : NULL;
}


ngx_int_t
idv_svc_users_standing(idv_svc_store_t *store, const idv_svc_key_t *key,
    idv_svc_standing_e *standing)
{
    u_char           name[IDV_HASH_LEN];
    idv_svc_user_t  *user;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    *standing = (user && user->own) ? user->own->standing
                                    : IDV_SVC_NOT_INITIATED;

    ngx_shmtx_unlock(&store->shpool->mutex);

    return NGX_OK;
}


ngx_int_t
idv_svc_users_stand(idv_svc_store_t *store, const idv_svc_key_t *key,
    idv_svc_standing_e standing)
{
    u_char          name[IDV_HASH_LEN];
    idv_svc_own_t  *own;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    own = idv_svc_own(store, name);

    if (own) {
        own->standing = standing;
        idv_svc_own_changed(store, own);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (own == NULL) {
        return NGX_ERROR;
    }

    idv_svc_files_bury(store);

    (void) idv_svc_files_user(store, name);

    return NGX_OK;
}


/*
 * In steps, as there may be many: others want the lock as well.  What is
 * created meanwhile stays.
 */

ngx_int_t
idv_svc_users_reset(idv_svc_store_t *store, const idv_svc_key_t *key)
{
    u_char           name[IDV_HASH_LEN];
    ngx_uint_t       i, left;
    ngx_queue_t     *q;
    idv_svc_user_t  *user;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    left = NGX_MAX_UINT32_VALUE;

    do {
        ngx_shmtx_lock(&store->shpool->mutex);

        user = idv_svc_index_find(&store->sh->users, name);

        if (user) {

            /* it stays until the last one is gone */

            user->n++;

            if (left == NGX_MAX_UINT32_VALUE && user->own) {
                user->own->standing = IDV_SVC_NOT_INITIATED;
                idv_svc_own_changed(store, user->own);
            }

            left = ngx_min(left, user->n - 1);

            for (i = 0; left && i < IDV_SVC_RESET; i++) {
                q = ngx_queue_last(&user->transactions);

                idv_svc_node_remove(store,
                                ngx_queue_data(q, idv_svc_node_t, of_user));
                left--;
            }

            user->n--;
            idv_svc_user_unused(store, user);
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        idv_svc_files_bury(store);

    } while (user && left);

    (void) idv_svc_files_user(store, name);

    return NGX_OK;
}


/* nothing is allocated under the lock: look, make room, look again */

ngx_int_t
idv_svc_users_assurance(idv_svc_store_t *store, const idv_svc_key_t *key,
    ngx_pool_t *pool, idv_svc_assurance_t *assurance)
{
    size_t           len, room;
    u_char          *text, name[IDV_HASH_LEN];
    ngx_uint_t       tries;
    idv_svc_user_t  *user;

    text = NULL;
    room = 0;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        ngx_shmtx_lock(&store->shpool->mutex);

        user = idv_svc_index_find(&store->sh->users, name);

        if (user == NULL || user->own == NULL || user->own->assured == NULL) {
            ngx_shmtx_unlock(&store->shpool->mutex);
            return NGX_DECLINED;
        }

        *assurance = user->own->assured->what;
        len = assurance->text.len;

        if (len <= room) {
            ngx_memcpy(text, user->own->assured->text, len);
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        if (len <= room) {
            assurance->text.data = text;
            return NGX_OK;
        }

        text = ngx_pnalloc(pool, len);
        if (text == NULL) {
            return NGX_ERROR;
        }

        room = len;
    }

    return NGX_ERROR;
}


ngx_int_t
idv_svc_users_forget(idv_svc_store_t *store, const idv_svc_key_t *key)
{
    u_char           name[IDV_HASH_LEN];
    ngx_int_t        rc;
    idv_svc_user_t  *user;

    if (idv_svc_user_key(name, key) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);

    if (user && user->own && user->own->assured) {
        idv_svc_assured_free(store, user->own);
        idv_svc_own_changed(store, user->own);
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    (void) idv_svc_files_user(store, name);

    return rc;
}


void
idv_svc_assured_free(idv_svc_store_t *store, idv_svc_own_t *own)
{
    if (own->assured) {
        ngx_explicit_memzero(own->assured, sizeof(idv_svc_assured_t)
                                           + own->assured->what.text.len);
        ngx_slab_free_locked(store->shpool, own->assured);
        own->assured = NULL;
    }
}


static ngx_int_t
idv_svc_user_key(u_char *name, const idv_svc_key_t *key)
{
    return idv_svc_user_name(name, key->env, key->user.data, key->user.len);
}


ngx_int_t
idv_svc_user_name(u_char *name, const u_char *env, const u_char *user,
    size_t len)
{
    ngx_str_t  parts[2];

    parts[0].data = (u_char *) env;
    parts[0].len = IDV_SVC_UUID;
    parts[1].data = (u_char *) user;
    parts[1].len = len;

    return idv_hash(name, parts, 2);
}


idv_svc_user_t *
idv_svc_user(idv_svc_store_t *store, const u_char *name)
{
    idv_svc_user_t  *user;

    user = idv_svc_index_find(&store->sh->users, name);
    if (user) {
        return user;
    }

    user = idv_svc_zone_alloc(store, sizeof(idv_svc_user_t));
    if (user == NULL) {
        return NULL;
    }

    ngx_memzero(user, sizeof(idv_svc_user_t));
    ngx_queue_init(&user->transactions);
    ngx_queue_init(&user->settled);

    idv_svc_index_add(&store->sh->users, &user->index, name);

    return user;
}


/* before the user, since making room may take one that has nothing left */

idv_svc_own_t *
idv_svc_own(idv_svc_store_t *store, const u_char *name)
{
    idv_svc_own_t   *own;
    idv_svc_user_t  *user;

    user = idv_svc_index_find(&store->sh->users, name);
    if (user && user->own) {
        return user->own;
    }

    own = idv_svc_zone_alloc(store, sizeof(idv_svc_own_t));
    if (own == NULL) {
        return NULL;
    }

    user = idv_svc_user(store, name);
    if (user == NULL) {
        ngx_slab_free_locked(store->shpool, own);
        return NULL;
    }

    idv_svc_own_link(user, own);

    return own;
}


static void
idv_svc_own_link(idv_svc_user_t *user, idv_svc_own_t *own)
{
    ngx_memzero(own, sizeof(idv_svc_own_t));

    own->user = user;
    user->own = own;
}


/* it, and the user, may be gone afterwards */

void
idv_svc_own_changed(idv_svc_store_t *store, idv_svc_own_t *own)
{
    own->version = ++store->sh->changes;

    if (own->version == 0) {
        own->version = ++store->sh->changes;
    }

    if (store->keep && !own->late) {
        ngx_queue_insert_tail(&store->sh->changed, &own->changed);
        own->late = 1;
    }

    idv_svc_user_unused(store, own->user);
}


/*
 * The first that was decided gives way.  There may be thousands, so that nobody
 * looks through them: what is due is swept every second, and only the oldest is
 * looked at once more.
 */

ngx_int_t
idv_svc_user_room(idv_svc_store_t *store, idv_svc_user_t *user,
    ngx_uint_t limit, int64_t now)
{
    ngx_uint_t    i;
    ngx_queue_t  *q;

    if (user->n < limit) {
        return NGX_OK;
    }

    /* it stays without its last one: it is about to get another */

    user->n++;

    if (ngx_queue_empty(&user->settled)) {
        q = ngx_queue_last(&user->transactions);

        (void) idv_svc_node_settle(store,
                                   ngx_queue_data(q, idv_svc_node_t, of_user),
                                   now);
    }

    /* more than one where the limit was higher before */

    for (i = 0; user->n > limit && i < IDV_SVC_GIVE_WAY; i++) {

        if (ngx_queue_empty(&user->settled)) {
            break;
        }

        q = ngx_queue_head(&user->settled);

        idv_svc_node_remove(store,
                            ngx_queue_data(q, idv_svc_node_t, of_settled));
    }

    user->n--;

    return (i || user->n < limit) ? NGX_OK : NGX_BUSY;
}


/* newest first, in whatever order they come */

void
idv_svc_user_insert(idv_svc_user_t *user, idv_svc_node_t *node)
{
    ngx_queue_t     *q;
    idv_svc_node_t  *other;

    for (q = ngx_queue_head(&user->transactions);
         q != ngx_queue_sentinel(&user->transactions);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, idv_svc_node_t, of_user);

        if (other->tx.created <= node->tx.created) {
            break;
        }
    }

    ngx_queue_insert_tail(q, &node->of_user);
}


/* after a restart they come in any order as well */

void
idv_svc_user_settled(idv_svc_node_t *node)
{
    ngx_uint_t       decided;
    ngx_queue_t     *q;
    idv_svc_node_t  *other;

    decided = idv_svc_tx_decided(&node->tx);

    if (decided == node->settled) {
        return;
    }

    node->settled = decided;

    if (!decided) {
        ngx_queue_remove(&node->of_settled);
        return;
    }

    for (q = ngx_queue_last(&node->user->settled);
         q != ngx_queue_sentinel(&node->user->settled);
         q = ngx_queue_prev(q))
    {
        other = ngx_queue_data(q, idv_svc_node_t, of_settled);

        if (other->tx.decided_at <= node->tx.decided_at) {
            break;
        }
    }

    ngx_queue_insert_after(q, &node->of_settled);
}


void
idv_svc_user_assure(idv_svc_store_t *store, idv_svc_node_t *node)
{
    size_t                len;
    ngx_uint_t            i;
    idv_svc_own_t        *own;
    idv_svc_assured_t    *new;
    idv_svc_assurance_t  *what;

    if (node->tx.assured || !idv_svc_tx_assures(&node->tx)
        || node->blob[IDV_SVC_BLOB_DOCUMENT] == NULL)
    {
        return;
    }

    len = node->tx.len[IDV_SVC_BLOB_DOCUMENT];

    new = ngx_slab_calloc_locked(store->shpool,
                                 sizeof(idv_svc_assured_t) + len);
    if (new == NULL) {
        return;
    }

    /* nothing gives way: it could be this very transaction */

    own = node->user->own;

    if (own == NULL) {
        own = ngx_slab_alloc_locked(store->shpool, sizeof(idv_svc_own_t));

        if (own == NULL) {
            ngx_slab_free_locked(store->shpool, new);
            return;
        }

        idv_svc_own_link(node->user, own);
    }

    what = &new->what;

    ngx_memcpy(what->tx, node->tx.id, IDV_SVC_UUID);
    what->at = node->tx.decided_at;
    what->zone = node->tx.zone;
    what->test = node->tx.test;
    what->text.len = len;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (node->tx.checks[i] == IDV_TX_SUCCESS) {
            what->checks |= IDV_SVC_CHECK(i);
        }
    }

    ngx_memcpy(new->text, node->blob[IDV_SVC_BLOB_DOCUMENT], len);

    idv_svc_assured_free(store, own);

    own->assured = new;
    idv_svc_own_changed(store, own);

    node->tx.assured = 1;
    node->tx.version++;
}


void
idv_svc_user_unused(idv_svc_store_t *store, idv_svc_user_t *user)
{
    idv_svc_own_t  *own;

    own = user->own;

    /* one that is late has a file that is to go */

    if (own && own->standing == IDV_SVC_NOT_INITIATED && own->assured == NULL
        && own->member == NULL && !own->late)
    {
        ngx_slab_free_locked(store->shpool, own);
        user->own = NULL;
    }

    if (user->n || user->own) {
        return;
    }

    ngx_rbtree_delete(&store->sh->users.tree, &user->index.node);
    ngx_slab_free_locked(store->shpool, user);
}
