
/*
 * Copyright (C) nginx-idv authors
 *
 * The zone and its files.  The zone is what counts as long as it is there; a
 * file follows each change before its answer is sent, and whoever writes it
 * writes what is newest.  What could not be written stays in a list, and the
 * sweep tries again.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_record.h"
#include "idv_svc_type.h"
#include "idv_svc_zone.h"


#define IDV_SVC_TRIES  8             /* writings of what others keep changing */
#define IDV_SVC_BURY   32            /* transactions in one go */


static ngx_int_t idv_svc_files_write(idv_svc_store_t *store, ngx_fd_t dir,
    idv_svc_view_t *view, ngx_pool_t *pool);
static ngx_uint_t idv_svc_files_saved(idv_svc_store_t *store,
    const idv_svc_view_t *view);
static ngx_uint_t idv_svc_files_assured(idv_svc_store_t *store,
    const idv_svc_tx_t *tx);
static ngx_uint_t idv_svc_files_bury_some(idv_svc_store_t *store,
    ngx_queue_t *graves);
static idv_svc_grave_t *idv_svc_files_find_grave(ngx_queue_t *graves,
    const u_char *id);


ngx_int_t
idv_svc_files_docs(idv_svc_store_t *store, idv_svc_view_t *view,
    idv_svc_gone_t *made)
{
    char               *name;
    ngx_fd_t            dir;
    ngx_int_t           rc;
    ngx_uint_t          i;
    idv_svc_doc_t      *doc;
    idv_svc_keep_of_t   of;

    rc = NGX_OK;
    dir = NGX_INVALID_FILE;

    for (i = 0; rc == NGX_OK && i < view->ndocs; i++) {
        doc = &view->doc[i];

        if (!doc->fresh) {
            continue;
        }

        doc->filed = 0;

        if (idv_svc_types[doc->type].text || doc->value.len == 0) {
            continue;
        }

        if (dir == NGX_INVALID_FILE) {
            dir = idv_svc_keep_open(&store->keep->transactions, view->tx.id, 1);
        }

        if (dir == NGX_INVALID_FILE
            || idv_random((u_char *) &doc->tag, sizeof(doc->tag)) != NGX_OK)
        {
            rc = NGX_ERROR;
            break;
        }

        of.kind = "value";
        of.id = view->tx.id;
        of.part = doc->id;
        of.tag = doc->tag;

        name = made->name[made->n++];
        idv_svc_keep_name(name, doc->id, doc->tag);

        rc = idv_svc_keep_write(store->keep, dir, name, &of, &doc->value,
                                ngx_cycle->log);
        doc->filed = 1;
    }

    if (dir != NGX_INVALID_FILE) {
        (void) close(dir);
    }

    return rc;
}


ngx_int_t
idv_svc_store_value(idv_svc_store_t *store, const idv_svc_tx_t *tx,
    idv_svc_doc_t *doc, ngx_pool_t *pool)
{
    char                name[IDV_SVC_KEEP_NAME];
    ngx_fd_t            dir;
    ngx_int_t           rc;
    ngx_str_t           value;
    ngx_uint_t          old;
    idv_svc_keep_of_t   of;

    if (!doc->filed || doc->value.data || doc->value.len == 0) {
        return NGX_OK;
    }

    dir = store->keep ? idv_svc_keep_open(&store->keep->transactions, tx->id, 0)
                      : NGX_INVALID_FILE;

    if (dir == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    of.kind = "value";
    of.id = tx->id;
    of.part = doc->id;
    of.tag = doc->tag;

    idv_svc_keep_name(name, doc->id, doc->tag);

    rc = idv_svc_keep_read(store->keep, dir, name, &of, pool, &value, &old,
                           ngx_cycle->log);
    (void) close(dir);

    if (rc == NGX_OK && value.len != doc->value.len) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        doc->value = value;
    }

    return rc;
}


void
idv_svc_files_remove(idv_svc_store_t *store, const u_char *id,
    idv_svc_gone_t *gone)
{
    ngx_fd_t    dir;
    ngx_uint_t  i;

    if (gone->n == 0) {
        return;
    }

    dir = idv_svc_keep_open(&store->keep->transactions, id, 0);
    if (dir == NGX_INVALID_FILE) {
        return;
    }

    for (i = 0; i < gone->n; i++) {
        idv_svc_keep_remove(dir, gone->name[i], ngx_cycle->log);
    }

    (void) close(dir);
}


/*
 * Of two processes that changed a transaction one writes both changes.  The
 * other does not wait: if it came too late even for that, the sweep is next.
 */

ngx_int_t
idv_svc_files_sync(idv_svc_store_t *store, const u_char *id, int64_t now)
{
    ngx_fd_t         dir;
    ngx_int_t        rc;
    ngx_uint_t       tries, assured;
    ngx_pool_t      *pool;
    idv_svc_key_t    key;
    idv_svc_view_t  *view;

    if (!idv_svc_files_count(store)) {
        return NGX_OK;
    }

    dir = idv_svc_keep_open(&store->keep->transactions, id, 1);

    if (dir == NGX_INVALID_FILE) {
        if (idv_svc_store_warn(store)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                          "idv service: a directory cannot be made in \"%V\"",
                          &store->keep->transactions);
        }

        return NGX_ERROR;
    }

    pool = NULL;
    rc = idv_svc_keep_lock(dir);

    if (rc != NGX_OK) {
        goto done;
    }

    rc = NGX_ERROR;

    pool = ngx_create_pool(8192, ngx_cycle->log);
    if (pool == NULL) {
        goto done;
    }

    view = ngx_palloc(pool, sizeof(idv_svc_view_t));
    if (view == NULL) {
        goto done;
    }

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = (u_char *) id;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        rc = idv_svc_store_get(store, &key, IDV_SVC_BLOBS_ALL|IDV_SVC_DOCS,
                               now, pool, view);

        if (rc == NGX_OK) {

            /* else it is late, and would be assured once more from its file */

            assured = idv_svc_files_assured(store, &view->tx);
            view->tx.assured &= assured;

            rc = idv_svc_files_write(store, dir, view, pool);

            if (rc == NGX_OK && !assured) {
                rc = NGX_AGAIN;
            }

            if (rc != NGX_OK || idv_svc_files_saved(store, view)) {
                break;
            }
        }

        if (rc == NGX_DECLINED) {

            /* a transaction that went meanwhile */

            (void) close(dir);
            dir = NGX_INVALID_FILE;

            (void) idv_svc_keep_drop(&store->keep->transactions, id,
                                     ngx_cycle->log);

            break;
        }

        if (rc == NGX_ERROR) {
            break;
        }
    }

done:

    if (pool) {
        ngx_destroy_pool(pool);
    }

    if (dir != NGX_INVALID_FILE) {
        (void) close(dir);
    }

    return rc;
}


static ngx_int_t
idv_svc_files_write(idv_svc_store_t *store, ngx_fd_t dir, idv_svc_view_t *view,
    ngx_pool_t *pool)
{
    ngx_int_t           rc;
    ngx_str_t           text;
    idv_svc_keep_of_t   of;

    if (idv_svc_record_write(pool, view, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    of.kind = IDV_SVC_KEEP_RECORD;
    of.id = view->tx.id;
    of.part = NULL;

    rc = idv_svc_keep_write(store->keep, dir, IDV_SVC_KEEP_RECORD, &of, &text,
                            ngx_cycle->log);

    ngx_explicit_memzero(text.data, text.len);

    /* what a worker that died has left there goes as well */

    if (rc == NGX_OK && view->tx.wiped) {
        idv_svc_keep_wipe(dir, ngx_cycle->log);
    }

    return rc;
}


/* 1: what it has verified is in the user's file, if it is to be there */

static ngx_uint_t
idv_svc_files_assured(idv_svc_store_t *store, const idv_svc_tx_t *tx)
{
    u_char  name[IDV_HASH_LEN];

    if (!tx->assured) {
        return 1;
    }

    return idv_svc_user_name(name, tx->env, tx->user, tx->user_len) == NGX_OK
           && idv_svc_files_user(store, name) == NGX_OK;
}


/* 1: the file is what the transaction is, or there is none any more */

static ngx_uint_t
idv_svc_files_saved(idv_svc_store_t *store, const idv_svc_view_t *view)
{
    ngx_uint_t       saved;
    idv_svc_node_t  *node;

    saved = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    node = idv_svc_index_find(&store->sh->transactions, view->tx.id);

    if (!idv_svc_files_count(store)) {
        saved = 1;

    } else if (node && node->tx.version == view->tx.version) {
        node->saved = view->tx.version;
        saved = 1;

        if (node->late) {
            ngx_queue_remove(&node->unsaved);
            node->late = 0;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return saved;
}


void
idv_svc_files_grave(idv_svc_store_t *store, idv_svc_node_t *node)
{
    idv_svc_grave_t  *grave;

    if (store->keep == NULL) {
        return;
    }

    grave = node->grave;

    ngx_memcpy(grave->id, node->tx.id, IDV_SVC_UUID);
    ngx_queue_insert_tail(&store->sh->graves, &grave->queue);

    node->grave = NULL;
}


/* each operation that adds to them empties them afterwards */

void
idv_svc_files_bury(idv_svc_store_t *store)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_TRIES; i++) {
        if (idv_svc_files_bury_some(store, &store->sh->graves) == 0) {
            break;
        }
    }
}


void
idv_svc_files_bury_again(idv_svc_store_t *store)
{
    (void) idv_svc_files_bury_some(store, &store->sh->unburied);
}


/*
 * An id stays until its files are gone: the worker may die in between.  Those
 * that another process writes to, or that the disk will not let go, are out of
 * the way of the others.
 */

static ngx_uint_t
idv_svc_files_bury_some(idv_svc_store_t *store, ngx_queue_t *graves)
{
    u_char            ids[IDV_SVC_BURY][IDV_SVC_UUID];
    ngx_int_t         rc;
    ngx_uint_t        i, n;
    ngx_queue_t      *q;
    idv_svc_grave_t  *grave;

    if (!idv_svc_files_count(store) || ngx_queue_empty(graves)) {
        return 0;
    }

    n = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (q = ngx_queue_head(graves);
         q != ngx_queue_sentinel(graves) && n < IDV_SVC_BURY;
         q = ngx_queue_next(q))
    {
        grave = ngx_queue_data(q, idv_svc_grave_t, queue);
        ngx_memcpy(ids[n++], grave->id, IDV_SVC_UUID);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    for (i = 0; i < n; i++) {
        rc = idv_svc_keep_drop(&store->keep->transactions, ids[i],
                               ngx_cycle->log);

        ngx_shmtx_lock(&store->shpool->mutex);

        grave = idv_svc_files_find_grave(graves, ids[i]);

        if (grave) {
            ngx_queue_remove(&grave->queue);

            if (rc == NGX_OK) {
                ngx_slab_free_locked(store->shpool, grave);

            } else {
                ngx_queue_insert_tail(&store->sh->unburied, &grave->queue);
            }
        }

        ngx_shmtx_unlock(&store->shpool->mutex);
    }

    return n;
}


static idv_svc_grave_t *
idv_svc_files_find_grave(ngx_queue_t *graves, const u_char *id)
{
    ngx_queue_t      *q;
    idv_svc_grave_t  *grave;

    for (q = ngx_queue_head(graves);
         q != ngx_queue_sentinel(graves);
         q = ngx_queue_next(q))
    {
        grave = ngx_queue_data(q, idv_svc_grave_t, queue);

        if (ngx_memcmp(grave->id, id, IDV_SVC_UUID) == 0) {
            return grave;
        }
    }

    return NULL;
}


ngx_uint_t
idv_svc_files_sweep(idv_svc_store_t *store, ngx_uint_t max, int64_t now)
{
    u_char           ids[32][IDV_SVC_UUID];
    ngx_uint_t       i, n, failed;
    ngx_queue_t     *q;
    idv_svc_node_t  *node;

    if (!idv_svc_files_count(store)) {
        return 0;
    }

    max = ngx_min(max, 32);

    ngx_shmtx_lock(&store->shpool->mutex);

    /* to the end of the list, so that none is in the way of the others */

    for (n = 0; n < max && !ngx_queue_empty(&store->sh->unsaved); n++) {
        q = ngx_queue_head(&store->sh->unsaved);
        node = ngx_queue_data(q, idv_svc_node_t, unsaved);

        if (n && ngx_memcmp(ids[0], node->tx.id, IDV_SVC_UUID) == 0) {
            break;
        }

        ngx_memcpy(ids[n], node->tx.id, IDV_SVC_UUID);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&store->sh->unsaved, q);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    failed = 0;

    for (i = 0; i < n && !failed; i++) {
        failed = (idv_svc_files_sync(store, ids[i], now) == NGX_ERROR);
    }

    return failed ? 0 : n;
}
