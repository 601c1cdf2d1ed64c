
/*
 * Copyright (C) nginx-idv authors
 *
 * The files of users: as those of transactions, but that a user who has nothing
 * left may have something again.  A directory that was removed meanwhile is
 * made anew.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_record.h"
#include "idv_svc_zone.h"


#define IDV_SVC_TRIES  8             /* writings of what others keep changing */
#define IDV_SVC_USERS  32            /* in one go */


static ngx_uint_t idv_svc_files_user_late(idv_svc_store_t *store,
    const u_char *name);
static ngx_int_t idv_svc_files_user_turn(idv_svc_store_t *store,
    const u_char *name, ngx_pool_t *pool);
static ngx_int_t idv_svc_files_user_write(idv_svc_store_t *store,
    const u_char *name, ngx_fd_t dir, ngx_pool_t *pool, uint32_t *version);
static void idv_svc_files_user_saved(idv_svc_store_t *store,
    const u_char *name, uint32_t version);


ngx_int_t
idv_svc_files_user(idv_svc_store_t *store, const u_char *name)
{
    ngx_int_t    rc;
    ngx_uint_t   tries;
    ngx_pool_t  *pool;

    if (!idv_svc_files_count(store)) {
        return NGX_OK;
    }

    rc = NGX_OK;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (!idv_svc_files_user_late(store, name)) {
            return NGX_OK;
        }

        pool = ngx_create_pool(4096, ngx_cycle->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        rc = idv_svc_files_user_turn(store, name, pool);

        ngx_destroy_pool(pool);

        if (rc != NGX_OK) {
            break;
        }
    }

    return rc;
}


static ngx_uint_t
idv_svc_files_user_late(idv_svc_store_t *store, const u_char *name)
{
    ngx_uint_t       late;
    idv_svc_user_t  *user;

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    late = (user && user->own && user->own->late);

    ngx_shmtx_unlock(&store->shpool->mutex);

    return late;
}


/* NGX_AGAIN: another process is at it, or the sweep will be */

static ngx_int_t
idv_svc_files_user_turn(idv_svc_store_t *store, const u_char *name,
    ngx_pool_t *pool)
{
    uint32_t   version;
    ngx_fd_t   dir;
    ngx_int_t  rc;

    dir = idv_svc_keep_open(&store->keep->users, name, 1);

    if (dir == NGX_INVALID_FILE) {
        if (idv_svc_store_warn(store)) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                          "idv service: a directory cannot be made in \"%V\"",
                          &store->keep->users);
        }

        return NGX_ERROR;
    }

    rc = idv_svc_keep_lock(dir);

    /* one that was removed before the lock was had is of no use */

    if (rc == NGX_OK && !idv_svc_keep_gone(dir)) {
        version = 0;
        rc = idv_svc_files_user_write(store, name, dir, pool, &version);

        if (rc == NGX_OK) {
            idv_svc_files_user_saved(store, name, version);
        }
    }

    (void) close(dir);

    return rc;
}


static ngx_int_t
idv_svc_files_user_write(idv_svc_store_t *store, const u_char *name,
    ngx_fd_t dir, ngx_pool_t *pool, uint32_t *version)
{
    ngx_int_t            rc;
    ngx_str_t            text;
    idv_svc_keep_of_t    of;
    idv_svc_own_view_t   view;

    rc = idv_svc_own_view(store, name, pool, &view);

    *version = view.version;

    if (rc == NGX_DECLINED) {
        return idv_svc_keep_erase(&store->keep->users, name, dir,
                                  ngx_cycle->log);
    }

    if (rc != NGX_OK || idv_svc_record_write_user(pool, &view, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    of.kind = "user";
    of.id = name;
    of.part = NULL;

    rc = idv_svc_keep_write(store->keep, dir, IDV_SVC_KEEP_RECORD, &of, &text,
                            ngx_cycle->log);

    ngx_explicit_memzero(text.data, text.len);

    return rc;
}


/* what has changed since is late, and looked at again */

static void
idv_svc_files_user_saved(idv_svc_store_t *store, const u_char *name,
    uint32_t version)
{
    idv_svc_own_t   *own;
    idv_svc_user_t  *user;

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    own = user ? user->own : NULL;

    if (own && own->late && own->version == version
        && idv_svc_files_count(store))
    {
        ngx_queue_remove(&own->changed);
        own->late = 0;

        idv_svc_user_unused(store, user);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


ngx_uint_t
idv_svc_files_sweep_users(idv_svc_store_t *store, ngx_uint_t max)
{
    u_char          names[IDV_SVC_USERS][IDV_SVC_NAME];
    ngx_uint_t      i, n, failed;
    ngx_queue_t    *q;
    idv_svc_own_t  *own;

    if (!idv_svc_files_count(store)
        || ngx_queue_empty(&store->sh->changed))
    {
        return 0;
    }

    max = ngx_min(max, IDV_SVC_USERS);

    ngx_shmtx_lock(&store->shpool->mutex);

    /* to the end of the list, so that none is in the way of the others */

    for (n = 0; n < max && !ngx_queue_empty(&store->sh->changed); n++) {
        q = ngx_queue_head(&store->sh->changed);
        own = ngx_queue_data(q, idv_svc_own_t, changed);

        if (n && ngx_memcmp(names[0], own->user->index.name, IDV_SVC_NAME)
                 == 0)
        {
            break;
        }

        ngx_memcpy(names[n], own->user->index.name, IDV_SVC_NAME);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&store->sh->changed, q);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    failed = 0;

    for (i = 0; i < n && !failed; i++) {
        failed = (idv_svc_files_user(store, names[i]) == NGX_ERROR);
    }

    return failed ? 0 : n;
}
