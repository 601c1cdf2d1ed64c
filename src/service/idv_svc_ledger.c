
/*
 * Copyright (C) nginx-idv authors
 *
 * What the zone keeps besides transactions: its clock, bearer tokens, and for
 * the control interface the counters, faults and messages.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_zone.h"


#define IDV_SVC_EXPIRE  4            /* entries in one go */
#define IDV_SVC_TRIES   8            /* copies of what others keep changing */


static void idv_svc_token_free(idv_svc_store_t *store,
    idv_svc_token_t *token);
static void idv_svc_count_free(idv_svc_store_t *store,
    idv_svc_count_t *count);
static void idv_svc_note_free(idv_svc_store_t *store, idv_svc_noted_t *noted);
static void idv_svc_faults_free(idv_svc_store_t *store);
static idv_svc_fault_t *idv_svc_fault_match(idv_svc_store_t *store,
    ngx_str_t *path);


int64_t
idv_svc_store_now(idv_svc_store_t *store)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec + (int64_t) store->sh->clock;
}


void
idv_svc_store_advance(idv_svc_store_t *store, int64_t ms)
{
    (void) ngx_atomic_fetch_add(&store->sh->clock, (ngx_atomic_int_t) ms);
}


ngx_uint_t
idv_svc_store_warn(idv_svc_store_t *store)
{
    ngx_atomic_uint_t  now, last;

    now = (ngx_atomic_uint_t) ngx_time();
    last = store->sh->warned;

    return now != last && ngx_atomic_cmp_set(&store->sh->warned, last, now);
}


ngx_int_t
idv_svc_store_token_add(idv_svc_store_t *store, const u_char *hash,
    const idv_svc_grant_t *grant)
{
    ngx_queue_t      *q;
    idv_svc_root_t   *sh;
    idv_svc_token_t  *token;

    sh = store->sh;

    ngx_shmtx_lock(&store->shpool->mutex);

    if (sh->ntokens >= IDV_SVC_MAX_TOKENS) {
        q = ngx_queue_head(&sh->tokens_queue);
        idv_svc_token_free(store, ngx_queue_data(q, idv_svc_token_t, queue));
    }

    token = idv_svc_zone_alloc(store, sizeof(idv_svc_token_t));

    if (token) {
        token->grant = *grant;

        idv_svc_index_add(&sh->tokens, &token->index, hash);
        ngx_queue_insert_tail(&sh->tokens_queue, &token->queue);
        sh->ntokens++;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return token ? NGX_OK : NGX_ERROR;
}


ngx_int_t
idv_svc_store_token_find(idv_svc_store_t *store, const u_char *hash,
    int64_t now, idv_svc_grant_t *grant)
{
    ngx_int_t         rc;
    idv_svc_token_t  *token;

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&store->shpool->mutex);

    token = idv_svc_index_find(&store->sh->tokens, hash);

    if (token && now < token->grant.expires) {
        *grant = token->grant;
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


static void
idv_svc_token_free(idv_svc_store_t *store, idv_svc_token_t *token)
{
    ngx_rbtree_delete(&store->sh->tokens.tree, &token->index.node);
    ngx_queue_remove(&token->queue);
    store->sh->ntokens--;

    ngx_slab_free_locked(store->shpool, token);
}


void
idv_svc_store_count(idv_svc_store_t *store, ngx_uint_t method, ngx_str_t *path)
{
    u_char            name[IDV_HASH_LEN];
    ngx_str_t         parts[2];
    idv_svc_root_t   *sh;
    idv_svc_count_t  *count;

    if (path->len > IDV_SVC_MAX_PATH) {
        return;
    }

    parts[0].data = (u_char *) &method;
    parts[0].len = sizeof(ngx_uint_t);
    parts[1] = *path;

    if (idv_hash(name, parts, 2) != NGX_OK) {
        return;
    }

    sh = store->sh;

    ngx_shmtx_lock(&store->shpool->mutex);

    count = idv_svc_index_find(&sh->counted, name);

    if (count) {
        count->count++;
        ngx_queue_remove(&count->queue);
        ngx_queue_insert_tail(&sh->counted_queue, &count->queue);
        goto done;
    }

    if (sh->ncounted >= IDV_SVC_MAX_COUNTED) {
        (void) idv_svc_ledger_shrink(store, 1);
    }

    /* a counter is not worth the eviction of a transaction */

    count = ngx_slab_alloc_locked(store->shpool,
                                  sizeof(idv_svc_count_t) + path->len);
    if (count == NULL) {
        goto done;
    }

    count->method = method;
    count->count = 1;
    count->len = path->len;
    ngx_memcpy(count->path, path->data, path->len);

    idv_svc_index_add(&sh->counted, &count->index, name);
    ngx_queue_insert_tail(&sh->counted_queue, &count->queue);
    sh->ncounted++;

done:

    ngx_shmtx_unlock(&store->shpool->mutex);
}


ngx_int_t
idv_svc_store_counted(idv_svc_store_t *store, ngx_str_t *prefix,
    ngx_pool_t *pool, idv_svc_counted_t *list, ngx_uint_t max, ngx_uint_t *n,
    ngx_uint_t *total)
{
    u_char           *p;
    ngx_queue_t      *q;
    idv_svc_count_t  *count;

    p = ngx_pnalloc(pool, max * IDV_SVC_MAX_PATH);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *n = 0;
    *total = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (q = ngx_queue_last(&store->sh->counted_queue);
         q != ngx_queue_sentinel(&store->sh->counted_queue);
         q = ngx_queue_prev(q))
    {
        count = ngx_queue_data(q, idv_svc_count_t, queue);

        if (count->len < prefix->len
            || ngx_memcmp(count->path, prefix->data, prefix->len) != 0)
        {
            continue;
        }

        *total += count->count;

        if (*n < max) {
            list[*n].method = count->method;
            list[*n].count = count->count;
            list[*n].path.data = p;
            list[*n].path.len = count->len;

            p = ngx_cpymem(p, count->path, count->len);
            (*n)++;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return NGX_OK;
}


void
idv_svc_store_count_clear(idv_svc_store_t *store)
{
    ngx_shmtx_lock(&store->shpool->mutex);

    (void) idv_svc_ledger_shrink(store, IDV_SVC_MAX_COUNTED);

    ngx_shmtx_unlock(&store->shpool->mutex);
}


ngx_uint_t
idv_svc_ledger_shrink(idv_svc_store_t *store, ngx_uint_t n)
{
    ngx_uint_t    i;
    ngx_queue_t  *q;

    for (i = 0; i < n && !ngx_queue_empty(&store->sh->counted_queue); i++) {
        q = ngx_queue_head(&store->sh->counted_queue);
        idv_svc_count_free(store, ngx_queue_data(q, idv_svc_count_t, queue));
    }

    return i;
}


static void
idv_svc_count_free(idv_svc_store_t *store, idv_svc_count_t *count)
{
    ngx_rbtree_delete(&store->sh->counted.tree, &count->index.node);
    ngx_queue_remove(&count->queue);
    store->sh->ncounted--;

    ngx_slab_free_locked(store->shpool, count);
}


void
idv_svc_ledger_expire(idv_svc_store_t *store, int64_t now)
{
    ngx_uint_t        i;
    ngx_queue_t      *q, *next;
    idv_svc_noted_t  *noted;
    idv_svc_token_t  *token;

    for (i = 0; i < IDV_SVC_EXPIRE; i++) {

        if (ngx_queue_empty(&store->sh->tokens_queue)) {
            break;
        }

        q = ngx_queue_head(&store->sh->tokens_queue);
        token = ngx_queue_data(q, idv_svc_token_t, queue);

        if (now < token->grant.expires) {
            break;
        }

        idv_svc_token_free(store, token);
    }

    /* there are few, and not all of them are kept for the same time */

    for (q = ngx_queue_head(&store->sh->notes);
         q != ngx_queue_sentinel(&store->sh->notes);
         q = next)
    {
        next = ngx_queue_next(q);
        noted = ngx_queue_data(q, idv_svc_noted_t, queue);

        if (now >= noted->note.until) {
            idv_svc_note_free(store, noted);
        }
    }
}


ngx_int_t
idv_svc_store_faults(idv_svc_store_t *store, idv_svc_fault_t *faults,
    ngx_uint_t n)
{
    u_char           *body;
    ngx_int_t         rc;
    ngx_uint_t        i;
    idv_svc_root_t   *sh;
    idv_svc_fault_t  *fault;

    sh = store->sh;
    rc = NGX_OK;

    ngx_shmtx_lock(&store->shpool->mutex);

    idv_svc_faults_free(store);

    for (i = 0; i < n; i++) {
        body = NULL;

        if (faults[i].body_len) {
            body = idv_svc_zone_alloc(store, faults[i].body_len);

            if (body == NULL) {
                idv_svc_faults_free(store);
                rc = NGX_ERROR;
                break;
            }

            ngx_memcpy(body, faults[i].body, faults[i].body_len);
        }

        fault = &sh->faults[sh->nfaults];
        *fault = faults[i];
        fault->body = body;

        sh->nfaults++;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}


static void
idv_svc_faults_free(idv_svc_store_t *store)
{
    idv_svc_fault_t  *fault;

    while (store->sh->nfaults) {
        fault = &store->sh->faults[--store->sh->nfaults];

        if (fault->body) {
            ngx_slab_free_locked(store->shpool, fault->body);
            fault->body = NULL;
        }
    }
}


ngx_int_t
idv_svc_store_fault(idv_svc_store_t *store, ngx_str_t *path, ngx_pool_t *pool,
    idv_svc_fault_t *fault)
{
    size_t            room;
    u_char           *body;
    ngx_uint_t        tries;
    idv_svc_fault_t  *match;

    /* without faults a request costs one read */

    if (store->sh->nfaults == 0) {
        return NGX_DECLINED;
    }

    room = 0;
    body = NULL;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        ngx_shmtx_lock(&store->shpool->mutex);

        match = idv_svc_fault_match(store, path);

        if (match == NULL) {
            ngx_shmtx_unlock(&store->shpool->mutex);
            return NGX_DECLINED;
        }

        *fault = *match;

        if (match->body_len <= room || match->body_len == 0) {
            match->times--;

            if (match->body_len) {
                ngx_memcpy(body, match->body, match->body_len);
            }

            ngx_shmtx_unlock(&store->shpool->mutex);

            fault->body = body;

            return NGX_OK;
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        room = fault->body_len;

        body = ngx_pnalloc(pool, room);
        if (body == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_ERROR;
}


static idv_svc_fault_t *
idv_svc_fault_match(idv_svc_store_t *store, ngx_str_t *path)
{
    ngx_uint_t        i;
    idv_svc_fault_t  *fault;

    for (i = 0; i < store->sh->nfaults; i++) {
        fault = &store->sh->faults[i];

        if (fault->times && fault->path_len <= path->len
            && ngx_memcmp(fault->path, path->data, fault->path_len) == 0)
        {
            return fault;
        }
    }

    return NULL;
}


void
idv_svc_node_wait(idv_svc_store_t *store, idv_svc_node_t *node,
    ngx_uint_t waits)
{
    if (waits == node->waits) {
        return;
    }

    node->waits = (waits != 0);

    if (waits) {
        ngx_queue_insert_tail(&store->sh->waiting, &node->waiting);
        store->sh->nwaiting++;
        return;
    }

    ngx_queue_remove(&node->waiting);
    store->sh->nwaiting--;
}


ngx_uint_t
idv_svc_store_waiting(idv_svc_store_t *store, u_char (*ids)[IDV_SVC_UUID],
    ngx_uint_t max, ngx_uint_t *total)
{
    ngx_uint_t       n;
    ngx_queue_t     *q;
    idv_svc_node_t  *node;

    n = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (q = ngx_queue_head(&store->sh->waiting);
         n < max && q != ngx_queue_sentinel(&store->sh->waiting);
         q = ngx_queue_next(q))
    {
        node = ngx_queue_data(q, idv_svc_node_t, waiting);
        ngx_memcpy(ids[n++], node->tx.id, IDV_SVC_UUID);
    }

    *total = store->sh->nwaiting;

    ngx_shmtx_unlock(&store->shpool->mutex);

    return n;
}


ngx_int_t
idv_svc_store_note(idv_svc_store_t *store, idv_svc_note_t *note, int64_t now)
{
    u_char           *p;
    ngx_queue_t      *q;
    idv_svc_root_t   *sh;
    idv_svc_noted_t  *noted;

    sh = store->sh;

    ngx_shmtx_lock(&store->shpool->mutex);

    if (sh->nnotes >= IDV_SVC_MAX_NOTES) {
        q = ngx_queue_head(&sh->notes);
        idv_svc_note_free(store, ngx_queue_data(q, idv_svc_noted_t, queue));
    }

    note->sent = !sh->mute;

    noted = idv_svc_zone_alloc(store, sizeof(idv_svc_noted_t)
                                      + note->address.len + note->link.len);
    if (noted == NULL) {
        ngx_shmtx_unlock(&store->shpool->mutex);
        note->sent = 0;
        return NGX_ERROR;
    }

    note->at = now;
    noted->note = *note;

    noted->note.address.data = noted->text;
    p = ngx_cpymem(noted->text, note->address.data, note->address.len);

    noted->note.link.data = p;
    ngx_memcpy(p, note->link.data, note->link.len);

    ngx_queue_insert_tail(&sh->notes, &noted->queue);
    sh->nnotes++;

    ngx_shmtx_unlock(&store->shpool->mutex);

    return note->sent ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
idv_svc_store_notes(idv_svc_store_t *store, ngx_pool_t *pool, int64_t now,
    idv_svc_note_t *list, ngx_uint_t *n)
{
    size_t            len, size;
    u_char           *p, *last;
    ngx_queue_t      *q;
    idv_svc_noted_t  *noted;

    /* of all, whatever others add meanwhile */

    size = IDV_SVC_MAX_NOTES * 1024;

    p = ngx_pnalloc(pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = p + size;
    *n = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    for (q = ngx_queue_last(&store->sh->notes);
         q != ngx_queue_sentinel(&store->sh->notes);
         q = ngx_queue_prev(q))
    {
        noted = ngx_queue_data(q, idv_svc_noted_t, queue);
        len = noted->note.address.len + noted->note.link.len;

        if (now >= noted->note.until) {
            continue;
        }

        if (len > (size_t) (last - p)) {
            break;
        }

        list[*n] = noted->note;

        list[*n].address.data = p;
        p = ngx_cpymem(p, noted->note.address.data, noted->note.address.len);

        list[*n].link.data = p;
        p = ngx_cpymem(p, noted->note.link.data, noted->note.link.len);

        (*n)++;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return NGX_OK;
}


static void
idv_svc_note_free(idv_svc_store_t *store, idv_svc_noted_t *noted)
{
    ngx_queue_remove(&noted->queue);
    store->sh->nnotes--;

    ngx_explicit_memzero(noted->text,
                         noted->note.address.len + noted->note.link.len);
    ngx_slab_free_locked(store->shpool, noted);
}


void
idv_svc_store_notify(idv_svc_store_t *store, ngx_uint_t works)
{
    store->sh->mute = !works;
}


ngx_uint_t
idv_svc_store_notifies(idv_svc_store_t *store)
{
    return !store->sh->mute;
}
