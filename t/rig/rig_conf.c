
/*
 * Copyright (C) nginx-idv authors
 *
 * Configuration is constant once workers run.  What is allocated while it is
 * read is put aside, and a worker cannot write there: a request that changes
 * its own configuration, and thereby everybody's, is a crash.
 */


#include "rig.h"

#include <ngx_http.h>
#include <sys/mman.h>

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>


#define RIG_CHUNK   (1024 * 1024)
#define RIG_CHUNKS  256
#define RIG_ZONE    16               /* bytes between allocations */


void *__real_ngx_palloc(ngx_pool_t *pool, size_t size);
void *__real_ngx_pnalloc(ngx_pool_t *pool, size_t size);
void *__real_ngx_pcalloc(ngx_pool_t *pool, size_t size);
void *__real_ngx_pmemalign(ngx_pool_t *pool, size_t size, size_t alignment);
void __real_ngx_destroy_pool(ngx_pool_t *pool);
char *__real_ngx_conf_parse(ngx_conf_t *cf, ngx_str_t *filename);
ngx_resolver_t *__real_ngx_resolver_create(ngx_conf_t *cf, ngx_str_t *names,
    ngx_uint_t n);
ngx_int_t __real_ngx_http_upstream_init_round_robin(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);


extern ngx_module_t  ngx_http_v2_module;


static u_char      *rig_chunks[RIG_CHUNKS];
static size_t       rig_sizes[RIG_CHUNKS];
static ngx_uint_t   rig_nchunks;
static u_char      *rig_pos;
static u_char      *rig_last;

static ngx_pool_t  *rig_pool;        /* of the configuration that is read */
static ngx_pool_t  *rig_sealed;      /* of the configuration that is in use */

static void        *(*rig_http2)(ngx_conf_t *cf);


static void
rig_new_chunk(size_t size)
{
    u_char  *p;

    size = ngx_align(ngx_max(size, RIG_CHUNK), ngx_pagesize);

    p = (rig_nchunks == RIG_CHUNKS)
        ? MAP_FAILED
        : mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
               0);

    if (p == MAP_FAILED) {
        rig_stop("no memory for configuration");
    }

    __asan_poison_memory_region(p, size);
    __lsan_register_root_region(p, size);

    rig_chunks[rig_nchunks] = p;
    rig_sizes[rig_nchunks++] = size;

    rig_pos = p;
    rig_last = p + size;
}


int
rig_reading(void)
{
    return rig_pool != NULL && !rig_sealed;
}


static void *
rig_conf_alloc(size_t size)
{
    u_char  *p;

    if (rig_no_memory("ngx_palloc")) {
        return NULL;
    }

    if (rig_pos == NULL
        || (size_t) (rig_last - rig_pos) < size + 2 * RIG_ZONE)
    {
        rig_new_chunk(size + 2 * RIG_ZONE);
    }

    p = rig_pos;
    rig_pos = ngx_align_ptr(p + size + RIG_ZONE, RIG_ZONE);

    __asan_unpoison_memory_region(p, size);

    return p;
}


static ngx_uint_t
rig_is_conf(ngx_pool_t *pool)
{
    return pool == rig_pool && rig_reading();
}


void *
__wrap_ngx_palloc(ngx_pool_t *pool, size_t size)
{
    return rig_is_conf(pool) ? rig_conf_alloc(size)
                             : __real_ngx_palloc(pool, size);
}


void *
__wrap_ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return rig_is_conf(pool) ? rig_conf_alloc(size)
                             : __real_ngx_pnalloc(pool, size);
}


/* a new chunk is zero, and nothing of it is used twice */

void *
__wrap_ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    return rig_is_conf(pool) ? rig_conf_alloc(size)
                             : __real_ngx_pcalloc(pool, size);
}


char *
__wrap_ngx_conf_parse(ngx_conf_t *cf, ngx_str_t *filename)
{
    char        *rc;
    ngx_pool_t  *outer;

    outer = rig_pool;
    rig_pool = cf->pool;

    rc = __real_ngx_conf_parse(cf, filename);

    rig_pool = outer;

    return rc;
}


/*
 * What nginx itself writes to later: it counts in the peers of an upstream,
 * names wait for answers in a resolver, and HTTP/2 has its buffer in there.
 */

ngx_int_t
__wrap_ngx_http_upstream_init_round_robin(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    pool = rig_pool;
    rig_pool = NULL;

    rc = __real_ngx_http_upstream_init_round_robin(cf, us);

    rig_pool = pool;

    return rc;
}


ngx_resolver_t *
__wrap_ngx_resolver_create(ngx_conf_t *cf, ngx_str_t *names, ngx_uint_t n)
{
    ngx_pool_t      *pool;
    ngx_resolver_t  *resolver;

    pool = rig_pool;
    rig_pool = NULL;

    resolver = __real_ngx_resolver_create(cf, names, n);

    rig_pool = pool;

    return resolver;
}


static void *
rig_create_http2(ngx_conf_t *cf)
{
    void        *conf;
    ngx_pool_t  *pool;

    pool = rig_pool;
    rig_pool = NULL;

    conf = rig_http2(cf);

    rig_pool = pool;

    return conf;
}


static void __attribute__((constructor))
rig_conf_init(void)
{
    ngx_http_module_t  *http2;

    http2 = ngx_http_v2_module.ctx;

    rig_http2 = http2->create_main_conf;
    http2->create_main_conf = rig_create_http2;
}


static void
rig_conf_access(int access)
{
    ngx_uint_t  i;

    for (i = 0; i < rig_nchunks; i++) {
        if (mprotect(rig_chunks[i], rig_sizes[i], access) != 0) {
            rig_stop("mprotect() of configuration failed");
        }
    }
}


/* secrets are wiped when a worker ends */

void
__wrap_ngx_destroy_pool(ngx_pool_t *pool)
{
    if (pool == rig_sealed) {
        rig_conf_access(PROT_READ|PROT_WRITE);
    }

    __real_ngx_destroy_pool(pool);
}


/* a process without a master reads its next configuration itself */

void
rig_conf_turn(void)
{
    if (rig_sealed) {
        if (rig_misdeed(RIG_WRITE_CONF)) {
            rig_chunks[0][0]++;
        }

        return;
    }

    if (ngx_process != NGX_PROCESS_WORKER) {
        return;
    }

    rig_conf_access(PROT_READ);

    rig_sealed = ngx_cycle->pool;
}
