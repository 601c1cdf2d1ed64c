
/*
 * Copyright (C) nginx-idv authors
 *
 * A zone in this process's own memory, for unit tests of store/.  It is made
 * the way nginx makes one: a slab pool, then the zone's own init.
 */


#ifndef _ZONE_H_INCLUDED_
#define _ZONE_H_INCLUDED_


#include "tap.h"
#include "store/idv_store_zone.h"


static ngx_shm_zone_t  test_zone;
static ngx_cycle_t     test_cycle;
static ngx_log_t       test_log;


static idv_store_t *
make_zone(size_t size)
{
    u_char            *p;
    ngx_conf_t         cf;
    ngx_pool_t        *pool;
    idv_store_t       *store;
    ngx_slab_pool_t   *sp;
    static ngx_str_t   name = ngx_string("test");

    ngx_pagesize = getpagesize();
    for (ngx_pagesize_shift = 0;
         ngx_pagesize >> (ngx_pagesize_shift + 1);
         ngx_pagesize_shift++)
    {
        /* void */
    }

    ngx_slab_sizes_init();
    ngx_time_init();

    ngx_memzero(&test_cycle, sizeof(ngx_cycle_t));
    ngx_memzero(&test_zone, sizeof(ngx_shm_zone_t));
    ngx_memzero(&cf, sizeof(ngx_conf_t));

    test_cycle.log = &test_log;
    test_log.log_level = 0;

    pool = ngx_create_pool(4096, &test_log);
    cf.pool = pool;
    cf.cycle = &test_cycle;

    ngx_list_init(&test_cycle.shared_memory, pool, 1, sizeof(ngx_shm_zone_t));
    ngx_cycle = &test_cycle;

    store = idv_store_add(&cf, &name, size, &test_log);

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_ANON|MAP_PRIVATE, -1, 0);

    sp = (ngx_slab_pool_t *) p;
    sp->end = p + size;
    sp->min_shift = 3;
    sp->addr = p;
    ngx_shmtx_create(&sp->mutex, &sp->lock, NULL);
    ngx_slab_init(sp);

    test_zone = *store->zone;
    test_zone.shm.addr = p;
    test_zone.shm.log = &test_log;
    store->zone = &test_zone;

    if (test_zone.init(&test_zone, NULL) != NGX_OK) {
        printf("Bail out! no zone\n");
        exit(1);
    }

    return store;
}


#endif /* _ZONE_H_INCLUDED_ */
