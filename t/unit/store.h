
/*
 * Copyright (C) nginx-idv authors
 *
 * A zone without an nginx, for unit tests of store/: memory that is mapped as
 * nginx maps it, shared with children, and any number of configurations on it.
 */


#ifndef _STORE_H_INCLUDED_
#define _STORE_H_INCLUDED_


#include "tap.h"
#include "store/idv_store_zone.h"

#include <sys/mman.h>


static ngx_cycle_t      zone_cycle;
static ngx_time_t       zone_time;
static ngx_pool_t      *zone_pool;
static ngx_shm_zone_t  *zone_last;
static u_char          *zone_addr;
static size_t           zone_size;


/* instead of nginx's: each configuration has a zone record of its own */

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    zone_last = ngx_pcalloc(cf->pool, sizeof(ngx_shm_zone_t));

    zone_last->shm.addr = zone_addr;
    zone_last->shm.size = zone_size;
    zone_last->shm.name = *name;
    zone_last->shm.log = tap_log();

    return zone_last;
}


/* one more configuration on the zone; old is the one before, or NULL */

static idv_store_t *
zone_configure(idv_store_t *old)
{
    ngx_conf_t    cf;
    idv_store_t  *store;
    ngx_str_t     name = ngx_string("flows");

    memset(&cf, 0, sizeof(cf));
    cf.pool = zone_pool;

    store = idv_store_add(&cf, &name, zone_size, NULL);

    if (zone_last->init(zone_last, old) != NGX_OK) {
        return NULL;
    }

    return store;
}


static idv_store_t *
zone_create(size_t size)
{
    ngx_uint_t        n;
    ngx_slab_pool_t  *sp;

    if (zone_pool == NULL) {
        zone_pool = tap_pool();
    }

    zone_cycle.log = tap_log();
    ngx_cycle = &zone_cycle;

    zone_time.sec = 1800000000;
    ngx_cached_time = &zone_time;
    ngx_current_msec = 1000000;

    if (ngx_pagesize_shift == 0) {
        for (n = ngx_pagesize; n >>= 1; ngx_pagesize_shift++) { /* void */ }

        ngx_slab_sizes_init();
    }

    zone_size = size;
    zone_addr = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED,
                     -1, 0);

    sp = (ngx_slab_pool_t *) zone_addr;
    sp->end = zone_addr + size;
    sp->min_shift = 3;
    sp->addr = zone_addr;

    if (ngx_shmtx_create(&sp->mutex, &sp->lock, NULL) != NGX_OK) {
        return NULL;
    }

    ngx_slab_init(sp);

    return zone_configure(NULL);
}


/* a flow that nobody has yet; the number makes id and client its own */

static idv_flow_t
zone_flow(ngx_uint_t number, const char *subject, uint64_t provider,
    uint64_t expires)
{
    idv_flow_t  flow;

    memset(&flow, 0, sizeof(flow));

    sprintf(flow.id, "%022lu", (unsigned long) number);
    memcpy(flow.binding, &number, sizeof(number));
    strncpy((char *) flow.subject, subject, sizeof(flow.subject));
    strcpy(flow.user, subject);
    strcpy(flow.return_to, "/");

    flow.provider = provider;
    flow.state = IDV_STATE_DEVICE;
    flow.created = ngx_current_msec;
    flow.since = ngx_current_msec;
    flow.entered = ngx_time();
    flow.expires = expires;

    return flow;
}


static ngx_int_t
zone_load(idv_store_t *store, const idv_flow_t *flow, idv_flow_t *found)
{
    ngx_str_t  id;

    id.data = (u_char *) flow->id;
    id.len = IDV_FLOW_ID_LEN;

    return idv_store_load(store, &id, ngx_current_msec, found);
}


static ngx_uint_t
zone_flows(idv_store_t *store)
{
    size_t      used, size;
    ngx_uint_t  flows;

    idv_store_usage(store, &flows, &used, &size);

    return flows;
}


#endif /* _STORE_H_INCLUDED_ */
