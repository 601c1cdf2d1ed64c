
/*
 * Copyright (C) nginx-idv authors
 *
 * How many messages a user gets in a day, whatever becomes of the transactions
 * that they are about.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_zone.h"


#define IDV_SVC_DAY     (24 * 60 * 60 * IDV_SVC_SECOND)
#define IDV_SVC_EXPIRE  4            /* entries in one go */


static idv_svc_quota_t *idv_svc_quota(idv_svc_store_t *store,
    const u_char *name, int64_t now);
static void idv_svc_quota_expire(idv_svc_store_t *store, int64_t now);


ngx_int_t
idv_svc_quota_take(idv_svc_store_t *store, const idv_svc_key_t *key,
    idv_svc_channel_e channel, ngx_uint_t limit, int64_t now)
{
    u_char            name[IDV_HASH_LEN];
    ngx_int_t         rc;
    idv_svc_quota_t  *quota;

    if (idv_svc_user_name(name, key->env, key->user.data, key->user.len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    idv_svc_quota_expire(store, now);

    quota = idv_svc_quota(store, name, now);

    rc = quota == NULL ? NGX_ERROR
         : quota->n[channel] >= limit ? NGX_BUSY : NGX_OK;

    if (rc == NGX_OK) {
        quota->n[channel]++;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


static idv_svc_quota_t *
idv_svc_quota(idv_svc_store_t *store, const u_char *name, int64_t now)
{
    idv_svc_quota_t  *quota;

    quota = idv_svc_index_find(&store->sh->quotas, name);

    if (quota && now < quota->until) {
        return quota;
    }

    if (quota) {
        ngx_queue_remove(&quota->queue);

    } else {
        quota = idv_svc_zone_alloc(store, sizeof(idv_svc_quota_t));
        if (quota == NULL) {
            return NULL;
        }

        idv_svc_index_add(&store->sh->quotas, &quota->index, name);
    }

    ngx_memzero(quota->n, sizeof(quota->n));
    quota->until = now + IDV_SVC_DAY;

    ngx_queue_insert_tail(&store->sh->quotas_queue, &quota->queue);

    return quota;
}


/* more go than come, so that there are never more than a day's */

static void
idv_svc_quota_expire(idv_svc_store_t *store, int64_t now)
{
    ngx_uint_t        i;
    ngx_queue_t      *q;
    idv_svc_quota_t  *quota;

    for (i = 0; i < IDV_SVC_EXPIRE; i++) {

        if (ngx_queue_empty(&store->sh->quotas_queue)) {
            return;
        }

        q = ngx_queue_head(&store->sh->quotas_queue);
        quota = ngx_queue_data(q, idv_svc_quota_t, queue);

        if (now < quota->until) {
            return;
        }

        ngx_rbtree_delete(&store->sh->quotas.tree, &quota->index.node);
        ngx_queue_remove(&quota->queue);

        ngx_slab_free_locked(store->shpool, quota);
    }
}
