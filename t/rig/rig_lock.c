
/*
 * Copyright (C) nginx-idv authors
 *
 * What may be done while a zone is locked: copying and linking.  A log line, an
 * allocation or a system call ends the process; the kernel itself tells of
 * system calls, whoever makes them.
 *
 * What may be done while it is not: nothing with what it protects.  Its pages
 * can then not even be read:
 *
 *   adapter   root: counters, filter | peers | buckets, nodes, claims, ...
 *             always                 | while locked
 *
 *   service   root: the clock        | everything else of the slab
 *             always                 | while locked
 */


#include "rig.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "service/idv_svc_zone.h"


#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH  59
#define PR_SYS_DISPATCH_ON            1
#endif

#define RIG_ZONES   16
#define RIG_RANGES  2


typedef struct {
    u_char            *start;
    u_char            *end;
} rig_range_t;


typedef struct {
    ngx_slab_pool_t   *pool;
    idv_store_root_t  *root;         /* of an adapter */
    ngx_uint_t         unlocks;
    rig_range_t        ranges[RIG_RANGES];
} rig_zone_t;


void __real_ngx_shmtx_lock(ngx_shmtx_t *mtx);
ngx_uint_t __real_ngx_shmtx_trylock(ngx_shmtx_t *mtx);
void __real_ngx_shmtx_unlock(ngx_shmtx_t *mtx);
void __real_ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...);


extern ngx_module_t  ngx_http_idv_module;
extern ngx_module_t  ngx_http_idv_service_module;


static volatile ngx_cycle_t  *rig_cycle;
static rig_zone_t             rig_zones[RIG_ZONES];
static ngx_uint_t             rig_nzones;

static rig_zone_t            *rig_held;
static ngx_uint_t             rig_allowed;
static sigset_t               rig_mask;

/* what the kernel looks at before each system call; 1: it is refused */
static volatile char          rig_dispatch;


static void
rig_refused(int signo, siginfo_t *info, void *context)
{
    char  line[64];

    rig_dispatch = 0;

    snprintf(line, sizeof(line), "system call %d while a zone is locked",
             info->si_syscall);

    rig_stop(line);
}


int
rig_locked(void)
{
    return rig_held != NULL && rig_allowed == 0;
}


void
rig_forbidden(const char *what)
{
    char  line[64];

    if (!rig_locked()) {
        return;
    }

    rig_allow();

    snprintf(line, sizeof(line), "%s() while a zone is locked", what);
    rig_stop(line);
}


void
rig_allow(void)
{
    rig_allowed++;
    rig_dispatch = 0;
}


void
rig_disallow(void)
{
    rig_allowed--;
    rig_dispatch = rig_locked() ? 1 : 0;
}


static void
rig_range(rig_range_t *range, void *start, void *end)
{
    range->start = ngx_align_ptr(start, ngx_pagesize);
    range->end = (u_char *) ((uintptr_t) end & ~(ngx_pagesize - 1));
}


static void
rig_protect(rig_zone_t *zone, int access)
{
    ngx_uint_t    i;
    rig_range_t  *range;

    for (i = 0; i < RIG_RANGES; i++) {
        range = &zone->ranges[i];

        if (range->start < range->end
            && mprotect(range->start, range->end - range->start, access) != 0)
        {
            rig_stop("mprotect() of a zone failed");
        }
    }
}


/* the arrays, whatever there will be of them, are all behind the root */

static void
rig_add_adapter(rig_zone_t *zone, idv_store_root_t *root)
{
    zone->root = root;

    rig_range(&zone->ranges[0], root->peers,
              root->peers + IDV_STORE_MAX_PEERS);
    rig_range(&zone->ranges[1], (u_char *) root + root->ids, zone->pool->end);
}


static void
rig_add_service(rig_zone_t *zone, struct idv_svc_root_s *root)
{
    rig_range(&zone->ranges[0], zone->pool->start,
              (u_char *) ((uintptr_t) root & ~(ngx_pagesize - 1)));
    rig_range(&zone->ranges[1], root + 1, zone->pool->end);
}


static void
rig_add_zone(ngx_shm_zone_t *shm)
{
    rig_zone_t  *zone;

    if (shm->tag != &ngx_http_idv_module
        && shm->tag != &ngx_http_idv_service_module)
    {
        return;
    }

    if (rig_nzones == RIG_ZONES) {
        rig_stop("too many zones");
    }

    zone = &rig_zones[rig_nzones++];

    ngx_memzero(zone, sizeof(rig_zone_t));
    zone->pool = (ngx_slab_pool_t *) shm->shm.addr;

    if (shm->tag == &ngx_http_idv_module) {
        rig_add_adapter(zone, zone->pool->data);

    } else {
        rig_add_service(zone, zone->pool->data);
    }

    rig_protect(zone, PROT_NONE);
}


/* without a master process a reload is a new cycle in the same process */

void
rig_lock_turn(void)
{
    ngx_uint_t                  i;
    ngx_list_part_t            *part;
    struct sigaction            sa;
    volatile idv_store_node_t  *node;

    if (rig_nzones && rig_zones[0].root && rig_misdeed(RIG_WALK_UNLOCKED)) {
        node = idv_store_node(rig_zones[0].root, 1);
        (void) node->used;
    }

    if (rig_cycle == ngx_cycle) {
        return;
    }

    if (rig_cycle == NULL) {
        ngx_memzero(&sa, sizeof(struct sigaction));
        sa.sa_sigaction = rig_refused;
        sa.sa_flags = SA_SIGINFO;

        if (sigaction(SIGSYS, &sa, NULL) != 0
            || prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0,
                     &rig_dispatch)
               != 0)
        {
            rig_stop("the kernel cannot tell of system calls: Linux 5.11 can");
        }
    }

    rig_cycle = ngx_cycle;
    rig_nzones = 0;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        for (i = 0; i < part->nelts; i++) {
            rig_add_zone(&((ngx_shm_zone_t *) part->elts)[i]);
        }
    }
}


static rig_zone_t *
rig_find(ngx_shmtx_t *mtx)
{
    ngx_uint_t  i;

    for (i = 0; i < rig_nzones; i++) {
        if (mtx == &rig_zones[i].pool->mutex) {
            return &rig_zones[i];
        }
    }

    return NULL;
}


static void
rig_misbehave(rig_zone_t *zone)
{
    void *volatile  p;

    if (rig_misdeed(RIG_LOG_LOCKED)) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "a line");
    }

    if (rig_misdeed(RIG_ALLOC_LOCKED)) {
        p = malloc(1);
        free(p);
    }

    if (rig_misdeed(RIG_CALL_LOCKED)) {
        (void) getppid();
    }

    if (zone->root && rig_misdeed(RIG_LOSE_NODE)) {
        zone->root->free_node = 0;
    }
}


/*
 * Signals wait meanwhile: what nginx's handler says of them, whatever it
 * interrupts, is not for us to judge.
 */

void
__wrap_ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    sigset_t     all;
    rig_zone_t  *zone;

    zone = rig_find(mtx);

    if (zone == NULL) {
        __real_ngx_shmtx_lock(mtx);
        return;
    }

    if (rig_held) {
        rig_stop("a zone is locked while another one is");
    }

    sigfillset(&all);
    sigdelset(&all, SIGSYS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGABRT);
    sigprocmask(SIG_BLOCK, &all, &rig_mask);

    __real_ngx_shmtx_lock(mtx);

    rig_protect(zone, PROT_READ|PROT_WRITE);

    rig_held = zone;
    rig_dispatch = 1;

    rig_misbehave(zone);
}


void
__wrap_ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    rig_zone_t  *zone;

    zone = rig_find(mtx);

    if (zone == NULL) {
        __real_ngx_shmtx_unlock(mtx);
        return;
    }

    if (zone != rig_held) {
        rig_stop("a zone is unlocked that is not locked");
    }

    rig_dispatch = 0;
    rig_held = NULL;

    /* it takes time: of a large zone not after each change */

    if (zone->root
        && zone->unlocks++ % (zone->root->nnodes / 8192 + 1) == 0)
    {
        rig_zone_verify(zone->root);
    }

    rig_protect(zone, PROT_NONE);

    __real_ngx_shmtx_unlock(mtx);

    sigprocmask(SIG_SETMASK, &rig_mask, NULL);
}


void
__wrap_ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    u_char   line[NGX_MAX_ERROR_STR], *p;
    va_list  args;

    rig_forbidden("ngx_log_error_core");

    va_start(args, fmt);
    p = ngx_vslprintf(line, line + NGX_MAX_ERROR_STR, fmt, args);
    va_end(args);

    __real_ngx_log_error_core(level, log, err, "%*s", (size_t) (p - line),
                              line);
}
