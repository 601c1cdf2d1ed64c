
/*
 * Copyright (C) nginx-idv authors
 *
 * What a directory's users cost in their zone: the code of store/ on memory of
 * its own, without an nginx around it.
 *
 *     people USERS
 *
 * prints, for a thousand users and for so many: how many are found again, the
 * bytes of each, and nanoseconds to keep and to find one in any order.
 */


#include "store/idv_people.c"

#include <stdio.h>
#include <sys/mman.h>
#include <time.h>


#define ENTRY   512
#define LOOKS   1000000


static ngx_shm_zone_t    zone;
static ngx_slab_pool_t  *pool;
static u_char           *next_free;

ngx_uint_t  ngx_pagesize = 4096;


/* of nginx, as much as a zone needs */

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    zone.shm.addr = mmap(NULL, size, PROT_READ|PROT_WRITE,
                         MAP_ANON|MAP_SHARED, -1, 0);

    pool = (ngx_slab_pool_t *) zone.shm.addr;
    pool->pfree = size / ngx_pagesize - 1;
    next_free = zone.shm.addr + ngx_pagesize;

    return &zone;
}


void *
ngx_slab_alloc(ngx_slab_pool_t *sp, size_t size)
{
    u_char  *p;

    p = next_free;
    next_free += ngx_align(size, 64);

    return p;
}


void *
ngx_slab_calloc(ngx_slab_pool_t *sp, size_t size)
{
    return ngx_slab_alloc(sp, size);
}


void *ngx_pnalloc(ngx_pool_t *p, size_t size) { return calloc(1, size); }
void *ngx_pcalloc(ngx_pool_t *p, size_t size) { return calloc(1, size); }


u_char * ngx_cdecl
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    return buf;
}


void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    while (!ngx_atomic_cmp_set(&pool->lock.lock, 0, 1)) { /* void */ }
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    ngx_atomic_cmp_set(&pool->lock.lock, 1, 0);
}


void
ngx_explicit_memzero(void *buf, size_t n)
{
    ngx_memzero(buf, n);
    ngx_memory_barrier();
}


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1e9 + t.tv_nsec;
}


/* as even as a hash, and the same in each run */

static void
key_of(u_char key[IDV_PEOPLE_KEY], uint64_t n)
{
    n = (n + 1) * 0x9e3779b97f4a7c15ULL;
    n ^= n >> 29;
    n *= 0xbf58476d1ce4e5b9ULL;
    n ^= n >> 32;

    ngx_memcpy(key, &n, 8);
    n *= 0x94d049bb133111ebULL;
    ngx_memcpy(key + 8, &n, 8);
}


static void
measure(uint64_t users)
{
    u_char         key[IDV_PEOPLE_KEY], buf[ENTRY];
    size_t         len, size;
    double         begun, put, get;
    uint64_t       i, kept, found;
    ngx_conf_t     cf;
    idv_people_t  *people;

    static ngx_str_t     name = ngx_string("people");
    static const u_char  record[200] = "ann@example.com";

    ngx_memzero(&cf, sizeof(cf));

    /* half as much again: sets are never evenly full */
    size = users * ENTRY / 2 * 3 + 64 * 1024;

    people = idv_people_add(&cf, &name, size, ENTRY);
    (void) zone.init(&zone, NULL);

    begun = now();

    for (i = 0; i < users; i++) {
        key_of(key, i);
        (void) idv_people_put(people, key, 1000, 10000 + i / 1000, record,
                              sizeof(record));
    }

    put = (now() - begun) / users;

    for (i = 0, kept = 0; i < users; i++) {
        key_of(key, i);
        kept += idv_people_get(people, key, 1000, buf, &len) == NGX_OK;
    }

    begun = now();

    for (i = 0, found = 0; i < LOOKS; i++) {
        key_of(key, i * 2654435761u % users);
        found += idv_people_get(people, key, 1000, buf, &len) == NGX_OK;
    }

    get = (now() - begun) / LOOKS;

    printf("%llu %llu %.0f %.0f %.0f\n", (unsigned long long) users,
           (unsigned long long) kept, (double) size / users, put, get);

    if (found == 0) {
        exit(1);
    }

    munmap(zone.shm.addr, size);
}


int
main(int argc, char **argv)
{
    measure(1000);
    measure(argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000);

    return 0;
}
