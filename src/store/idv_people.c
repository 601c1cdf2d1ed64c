
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_people.h"


#define IDV_PEOPLE_ROUND  60             /* seconds for all entries */
#define IDV_PEOPLE_STEP   256            /* entries under one lock */


typedef struct {
    uint64_t               expires;      /* ms, monotonic; 0: free */
    u_char                 key[IDV_PEOPLE_KEY];
    uint32_t               len;
    u_char                 data[1];
} idv_people_entry_t;


typedef struct {
    ngx_uint_t             n;            /* entries, a multiple of the ways */
    ngx_uint_t             hand;         /* the next to be looked at */
    ngx_atomic_t           swept;        /* second of the last sweep */
    u_char                *entries;      /* same address in each process */
} idv_people_root_t;


struct idv_people_s {
    ngx_shm_zone_t        *zone;
    ngx_slab_pool_t       *shpool;
    idv_people_root_t     *root;
    size_t                 entry;
};


/* a module's zones are told apart by it: what is in them is not the same */

static u_char  idv_people_tag;


static ngx_int_t idv_people_init_zone(ngx_shm_zone_t *zone, void *data);


#define idv_people_at(people, i)                                              \
    ((idv_people_entry_t *) ((people)->root->entries                          \
                             + (size_t) (i) * (people)->entry))


idv_people_t *
idv_people_add(ngx_conf_t *cf, const ngx_str_t *name, size_t size, size_t entry)
{
    u_char          *p;
    ngx_str_t        full;
    idv_people_t    *people;
    ngx_shm_zone_t  *zone;

    /* entries are aligned as what they begin with */
    entry = ngx_align(entry, sizeof(uint64_t));

    full.len = sizeof("idv_ldap__") - 1 + name->len + NGX_SIZE_T_LEN;
    full.data = ngx_pnalloc(cf->pool, full.len);
    people = ngx_pcalloc(cf->pool, sizeof(idv_people_t));

    if (full.data == NULL || people == NULL) {
        return NULL;
    }

    p = ngx_sprintf(full.data, "idv_ldap_%V_%uz", name, entry);
    full.len = p - full.data;

    zone = ngx_shared_memory_add(cf, &full, size, &idv_people_tag);
    if (zone == NULL) {
        return NULL;
    }

    people->zone = zone;
    people->entry = entry;

    zone->init = idv_people_init_zone;
    zone->data = people;

    return people;
}


static ngx_int_t
idv_people_init_zone(ngx_shm_zone_t *zone, void *data)
{
    idv_people_t *old = data;

    size_t              size;
    idv_people_t       *people;
    idv_people_root_t  *root;

    people = zone->data;
    people->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old) {
        people->root = old->root;
        return NGX_OK;
    }

    size = (people->shpool->pfree - 1) * ngx_pagesize;

    root = ngx_slab_calloc(people->shpool, sizeof(idv_people_root_t));
    if (root == NULL) {
        return NGX_ERROR;
    }

    root->n = size / people->entry / IDV_PEOPLE_WAYS * IDV_PEOPLE_WAYS;

    if (root->n == 0) {
        return NGX_ERROR;
    }

    root->entries = ngx_slab_alloc(people->shpool, root->n * people->entry);
    if (root->entries == NULL) {
        return NGX_ERROR;
    }

    /* it is zero, as the system gave it: most of its pages stay untouched */

#if (NGX_DEBUG_MALLOC)
    ngx_memzero(root->entries, root->n * people->entry);
#endif

    people->shpool->log_nomem = 0;
    people->shpool->data = root;
    people->root = root;

    return NGX_OK;
}


size_t
idv_people_room(const idv_people_t *people)
{
    return people->entry - offsetof(idv_people_entry_t, data);
}


/* the first of the places that a key leaves */

static ngx_uint_t
idv_people_set(const idv_people_t *people, const u_char key[IDV_PEOPLE_KEY])
{
    uint64_t  n;

    ngx_memcpy(&n, key, sizeof(uint64_t));

    return n % (people->root->n / IDV_PEOPLE_WAYS) * IDV_PEOPLE_WAYS;
}


static void
idv_people_wipe(idv_people_t *people, idv_people_entry_t *e)
{
    e->expires = 0;
    ngx_memory_barrier();
    ngx_explicit_memzero(e->key, people->entry
                                 - offsetof(idv_people_entry_t, key));
}


ngx_int_t
idv_people_get(idv_people_t *people, const u_char key[IDV_PEOPLE_KEY],
    uint64_t now, u_char *buf, size_t *len)
{
    ngx_int_t            rc;
    ngx_uint_t           i, first;
    idv_people_entry_t  *e;

    rc = NGX_DECLINED;
    first = idv_people_set(people, key);

    ngx_shmtx_lock(&people->shpool->mutex);

    for (i = first; i < first + IDV_PEOPLE_WAYS; i++) {
        e = idv_people_at(people, i);

        if (e->expires == 0) {
            continue;
        }

        if (e->expires <= now) {
            idv_people_wipe(people, e);
            continue;
        }

        if (ngx_memcmp(e->key, key, IDV_PEOPLE_KEY) == 0) {
            *len = e->len;
            ngx_memcpy(buf, e->data, e->len);
            rc = NGX_OK;
            break;
        }
    }

    ngx_shmtx_unlock(&people->shpool->mutex);

    return rc;
}


ngx_int_t
idv_people_put(idv_people_t *people, const u_char key[IDV_PEOPLE_KEY],
    uint64_t now, uint64_t expires, const u_char *data, size_t len)
{
    ngx_uint_t           i, first;
    idv_people_entry_t  *e, *place;

    if (len > idv_people_room(people)) {
        return NGX_DECLINED;
    }

    place = NULL;
    first = idv_people_set(people, key);

    ngx_shmtx_lock(&people->shpool->mutex);

    for (i = first; i < first + IDV_PEOPLE_WAYS; i++) {
        e = idv_people_at(people, i);

        if (e->expires && ngx_memcmp(e->key, key, IDV_PEOPLE_KEY) == 0) {
            place = e;
            break;
        }

        /* one that is free ends before all others */

        if (place == NULL || e->expires < place->expires) {
            place = e;
        }
    }

    idv_people_wipe(people, place);

    ngx_memcpy(place->key, key, IDV_PEOPLE_KEY);
    ngx_memcpy(place->data, data, len);
    place->len = (uint32_t) len;

    ngx_memory_barrier();
    place->expires = expires;

    ngx_shmtx_unlock(&people->shpool->mutex);

    return NGX_OK;
}


void
idv_people_sweep(idv_people_t *people, uint64_t now)
{
    ngx_uint_t           i, n, left;
    idv_people_root_t   *root;
    ngx_atomic_uint_t    second, last;
    idv_people_entry_t  *e;

    root = people->root;
    second = (ngx_atomic_uint_t) (now / 1000);
    last = root->swept;

    if (second == last || !ngx_atomic_cmp_set(&root->swept, last, second)) {
        return;
    }

    for (left = root->n / IDV_PEOPLE_ROUND + 1; left; left -= n) {
        n = ngx_min(left, IDV_PEOPLE_STEP);

        ngx_shmtx_lock(&people->shpool->mutex);

        for (i = 0; i < n; i++) {
            root->hand = (root->hand + 1) % root->n;
            e = idv_people_at(people, root->hand);

            if (e->expires && e->expires <= now) {
                idv_people_wipe(people, e);
            }
        }

        ngx_shmtx_unlock(&people->shpool->mutex);
    }
}


ngx_uint_t
idv_people_count(idv_people_t *people, uint64_t now)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < people->root->n; i++) {
        n += idv_people_at(people, i)->expires > now;
    }

    return n;
}
