
/*
 * Copyright (C) nginx-idv authors
 *
 * Verify policies in the zone.  An environment has the configured ones until
 * somebody changes them by the API; from then on it has a shelf of its own,
 * which begins as a copy of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_zone.h"


#define IDV_SVC_TRIES  8             /* copies of what others keep changing */


static idv_svc_shelf_t *idv_svc_shelf(idv_svc_store_t *store,
    const u_char *env, const idv_svc_stored_t *initial, ngx_uint_t n);
static void idv_svc_shelf_free(idv_svc_store_t *store,
    idv_svc_shelf_t *shelf);
static idv_svc_shelved_t *idv_svc_shelf_find(idv_svc_shelf_t *shelf,
    const u_char *id);
static ngx_int_t idv_svc_shelf_room(idv_svc_shelf_t *shelf,
    const idv_svc_stored_t *policy, idv_svc_shelved_t *old);
static idv_svc_shelved_t *idv_svc_shelved_new(idv_svc_store_t *store,
    const idv_svc_stored_t *policy);
static void idv_svc_shelved_drop(idv_svc_store_t *store,
    idv_svc_shelf_t *shelf, idv_svc_shelved_t *shelved);


/* what the configuration gave is in the zone already, or is put there now */

static idv_svc_shelf_t *
idv_svc_shelf(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *initial, ngx_uint_t n)
{
    ngx_uint_t          i;
    idv_svc_shelf_t    *shelf;
    idv_svc_shelved_t  *shelved;

    shelf = idv_svc_index_find(&store->sh->shelves, env);
    if (shelf) {
        return shelf;
    }

    shelf = idv_svc_zone_alloc(store, sizeof(idv_svc_shelf_t));
    if (shelf == NULL) {
        return NULL;
    }

    shelf->n = 0;
    shelf->version = 1;
    shelf->saved = 0;
    ngx_queue_init(&shelf->policies);

    for (i = 0; i < n; i++) {
        shelved = idv_svc_shelved_new(store, &initial[i]);
        if (shelved == NULL) {
            idv_svc_shelf_free(store, shelf);
            return NULL;
        }

        ngx_queue_insert_tail(&shelf->policies, &shelved->queue);
        shelf->n++;
    }

    idv_svc_index_add(&store->sh->shelves, &shelf->index, env);

    return shelf;
}


/* not linked to anything yet */

static void
idv_svc_shelf_free(idv_svc_store_t *store, idv_svc_shelf_t *shelf)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&shelf->policies)) {
        q = ngx_queue_head(&shelf->policies);

        idv_svc_shelved_drop(store, shelf,
                             ngx_queue_data(q, idv_svc_shelved_t, queue));
    }

    ngx_slab_free_locked(store->shpool, shelf);
}


/* without an id the default one */

static idv_svc_shelved_t *
idv_svc_shelf_find(idv_svc_shelf_t *shelf, const u_char *id)
{
    ngx_queue_t        *q;
    idv_svc_shelved_t  *shelved;

    for (q = ngx_queue_head(&shelf->policies);
         q != ngx_queue_sentinel(&shelf->policies);
         q = ngx_queue_next(q))
    {
        shelved = ngx_queue_data(q, idv_svc_shelved_t, queue);

        if (id ? ngx_memcmp(shelved->policy.id, id, IDV_SVC_UUID) == 0
               : shelved->policy.is_default)
        {
            return shelved;
        }
    }

    return NULL;
}


static idv_svc_shelved_t *
idv_svc_shelved_new(idv_svc_store_t *store, const idv_svc_stored_t *policy)
{
    idv_svc_shelved_t  *shelved;

    shelved = idv_svc_zone_alloc(store, offsetof(idv_svc_shelved_t, text)
                                        + policy->text.len);
    if (shelved == NULL) {
        return NULL;
    }

    shelved->policy = *policy;
    ngx_memcpy(shelved->text, policy->text.data, policy->text.len);

    return shelved;
}


static void
idv_svc_shelved_drop(idv_svc_store_t *store, idv_svc_shelf_t *shelf,
    idv_svc_shelved_t *shelved)
{
    ngx_queue_remove(&shelved->queue);
    shelf->n--;

    ngx_slab_free_locked(store->shpool, shelved);
}


ngx_int_t
idv_svc_policies_get(idv_svc_store_t *store, const u_char *env,
    const u_char *id, ngx_pool_t *pool, idv_svc_stored_t *policy)
{
    size_t              room;
    u_char             *p;
    ngx_uint_t          tries;
    idv_svc_shelf_t    *shelf;
    idv_svc_shelved_t  *shelved;

    p = NULL;
    room = 0;

    /* nothing is allocated under the lock: look, make room, look again */

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        ngx_shmtx_lock(&store->shpool->mutex);

        shelf = idv_svc_index_find(&store->sh->shelves, env);
        shelved = shelf ? idv_svc_shelf_find(shelf, id) : NULL;

        if (shelved) {
            *policy = shelved->policy;

            if (policy->text.len <= room) {
                ngx_memcpy(p, shelved->text, policy->text.len);
            }
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        if (shelved == NULL) {
            return shelf ? NGX_DECLINED : NGX_AGAIN;
        }

        policy->text.data = p;

        if (pool == NULL || policy->text.len <= room) {
            return NGX_OK;
        }

        room = policy->text.len;

        p = ngx_pnalloc(pool, room);
        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
idv_svc_policies_list(idv_svc_store_t *store, const u_char *env,
    u_char (*ids)[IDV_SVC_UUID], ngx_uint_t *n)
{
    ngx_queue_t        *q;
    idv_svc_shelf_t    *shelf;
    idv_svc_shelved_t  *shelved;

    *n = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    shelf = idv_svc_index_find(&store->sh->shelves, env);

    if (shelf) {
        for (q = ngx_queue_head(&shelf->policies);
             q != ngx_queue_sentinel(&shelf->policies);
             q = ngx_queue_next(q))
        {
            shelved = ngx_queue_data(q, idv_svc_shelved_t, queue);

            ngx_memcpy(ids[(*n)++], shelved->policy.id, IDV_SVC_UUID);
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return shelf ? NGX_OK : NGX_AGAIN;
}


ngx_int_t
idv_svc_policies_save(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *initial, ngx_uint_t n, idv_svc_stored_t *policy,
    ngx_uint_t create)
{
    ngx_int_t           rc;
    ngx_queue_t        *q;
    idv_svc_shelf_t    *shelf;
    idv_svc_shelved_t  *old, *new, *other;

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_ERROR;
    old = NULL;

    shelf = idv_svc_shelf(store, env, initial, n);
    if (shelf == NULL) {
        goto done;
    }

    old = create ? NULL : idv_svc_shelf_find(shelf, policy->id);

    if (old == NULL && !create) {
        rc = NGX_DECLINED;
        goto done;
    }

    if (old) {
        policy->created = old->policy.created;
        policy->system = old->policy.system;

        /* there is always one: it is another that becomes it instead */

        policy->is_default |= old->policy.is_default;
    }

    rc = idv_svc_shelf_room(shelf, policy, old);
    if (rc != NGX_OK) {
        goto done;
    }

    new = idv_svc_shelved_new(store, policy);
    if (new == NULL) {
        rc = NGX_ERROR;
        goto done;
    }

    /* two for a moment, and never none: the worker may die here */

    other = idv_svc_shelf_find(shelf, NULL);

    q = old ? &old->queue : ngx_queue_last(&shelf->policies);

    ngx_queue_insert_after(q, &new->queue);
    shelf->n++;

    if (other && policy->is_default) {
        other->policy.is_default = 0;
    }

    if (old) {
        idv_svc_shelved_drop(store, shelf, old);
    }

    shelf->version++;
    store->sh->shelves_late = 1;

done:

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (store->keep && rc == NGX_OK) {
        (void) idv_svc_files_policies(store, env);
    }

    return rc;
}


static ngx_int_t
idv_svc_shelf_room(idv_svc_shelf_t *shelf, const idv_svc_stored_t *policy,
    idv_svc_shelved_t *old)
{
    ngx_queue_t        *q;
    idv_svc_shelved_t  *shelved;

    for (q = ngx_queue_head(&shelf->policies);
         q != ngx_queue_sentinel(&shelf->policies);
         q = ngx_queue_next(q))
    {
        shelved = ngx_queue_data(q, idv_svc_shelved_t, queue);

        if (shelved != old
            && ngx_memcmp(shelved->policy.name, policy->name, IDV_SVC_NAME)
               == 0)
        {
            return NGX_ABORT;
        }
    }

    return (old || shelf->n < IDV_SVC_MAX_POLICIES) ? NGX_OK : NGX_BUSY;
}


ngx_int_t
idv_svc_policies_delete(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *initial, ngx_uint_t n, const u_char *id)
{
    ngx_int_t           rc;
    idv_svc_shelf_t    *shelf;
    idv_svc_shelved_t  *shelved;

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_OK;
    shelf = idv_svc_shelf(store, env, initial, n);

    if (shelf == NULL) {
        rc = NGX_ERROR;
        goto done;
    }

    shelved = idv_svc_shelf_find(shelf, id);

    if (shelved == NULL) {
        rc = NGX_DECLINED;

    } else if (shelved->policy.is_default) {
        rc = NGX_BUSY;

    } else {
        idv_svc_shelved_drop(store, shelf, shelved);

        shelf->version++;
        store->sh->shelves_late = 1;
    }

done:

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (store->keep && rc == NGX_OK) {
        (void) idv_svc_files_policies(store, env);
    }

    return rc;
}


ngx_uint_t
idv_svc_shelf_copy(idv_svc_shelf_t *shelf, idv_svc_stored_t *policy,
    u_char *buf, size_t room, size_t *need)
{
    ngx_uint_t          n;
    ngx_queue_t        *q;
    idv_svc_shelved_t  *shelved;

    n = 0;
    *need = 0;

    for (q = ngx_queue_head(&shelf->policies);
         q != ngx_queue_sentinel(&shelf->policies);
         q = ngx_queue_next(q))
    {
        shelved = ngx_queue_data(q, idv_svc_shelved_t, queue);

        policy[n] = shelved->policy;
        policy[n].text.data = buf + *need;

        *need += policy[n].text.len;

        if (*need <= room) {
            ngx_memcpy(policy[n].text.data, shelved->text,
                       policy[n].text.len);
        }

        n++;
    }

    return n;
}


ngx_int_t
idv_svc_policies_restore(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *policy, ngx_uint_t n, ngx_uint_t old)
{
    ngx_int_t         rc;
    idv_svc_shelf_t  *shelf;

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_BUSY;

    if (idv_svc_index_find(&store->sh->shelves, env) == NULL) {
        shelf = idv_svc_shelf(store, env, policy, n);
        rc = NGX_ERROR;

        if (shelf) {
            rc = NGX_OK;
            shelf->saved = shelf->version - old;
            store->sh->shelves_late |= old;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}
