
/*
 * Copyright (C) nginx-idv authors
 *
 * What fails when it is told to: see rig_control_t.  These definitions take the
 * place of libc's for all libraries of the process, so that libcurl, jansson,
 * OpenSSL and libqrencode run out of memory as well as nginx does.
 */


#include "rig.h"

#include <link.h>
#include <sys/mman.h>
#include <unwind.h>

#include <sanitizer/common_interface_defs.h>


typedef struct {
    uintptr_t                base;
    uintptr_t                end;
    volatile rig_control_t  *control;
} rig_unwind_t;


/* gcc 12 has no header for it */
size_t __sanitizer_get_current_allocated_bytes(void);

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t n, size_t size);
void *__interceptor_realloc(void *p, size_t size);
void *__interceptor_memalign(size_t alignment, size_t size);
void *__interceptor_aligned_alloc(size_t alignment, size_t size);
int __interceptor_posix_memalign(void **p, size_t alignment, size_t size);
char *__interceptor_strdup(const char *s);
void __interceptor_free(void *p);

void *__real_ngx_list_push(ngx_list_t *list);
void *__real_ngx_array_push(ngx_array_t *array);
int __real_RAND_bytes(unsigned char *buf, int n);
void *__real_ngx_slab_alloc(ngx_slab_pool_t *pool, size_t size);
void *__real_ngx_slab_calloc(ngx_slab_pool_t *pool, size_t size);
void *__real_ngx_slab_alloc_locked(ngx_slab_pool_t *pool, size_t size);
void *__real_ngx_slab_calloc_locked(ngx_slab_pool_t *pool, size_t size);
void __real_ngx_slab_free_locked(ngx_slab_pool_t *pool, void *p);
void __real_ngx_process_events_and_timers(ngx_cycle_t *cycle);


static rig_control_t     rig_none;
volatile rig_control_t  *rig_control = &rig_none;

/* of the binary itself */
static uintptr_t  rig_base;
static uintptr_t  rig_end;


static int
rig_find_binary(struct dl_phdr_info *info, size_t size, void *data)
{
    int  i;

    /* the first is the binary */

    rig_base = info->dlpi_addr;

    for (i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            rig_end = rig_base + info->dlpi_phdr[i].p_vaddr
                      + info->dlpi_phdr[i].p_memsz;
        }
    }

    return 1;
}


static _Unwind_Reason_Code
rig_frame(struct _Unwind_Context *context, void *data)
{
    uintptr_t                ip;
    volatile rig_control_t  *control;

    control = data;
    ip = _Unwind_GetIP(context);

    if (ip >= rig_base && ip < rig_end && control->depth < RIG_STACK) {
        control->stack[control->depth++] = ip - rig_base;
    }

    return _URC_NO_REASON;
}


static _Unwind_Reason_Code
rig_near(struct _Unwind_Context *context, void *data)
{
    int        *frames;
    uintptr_t   ip;

    frames = data;
    ip = _Unwind_GetIP(context) - rig_base;

    if (ip >= rig_control->from && ip < rig_control->to) {
        *frames = -1;
        return _URC_END_OF_STACK;
    }

    return --*frames > 0 ? _URC_NO_REASON : _URC_END_OF_STACK;
}


static int
rig_counts(void)
{
    int  frames;

    if (rig_control->to == 0) {
        return 1;
    }

    frames = RIG_NEAR;
    _Unwind_Backtrace(rig_near, &frames);

    return frames == -1;
}


/* mapped when nginx starts: workers are other users */

static void __attribute__((constructor))
rig_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    static rig_control_t  unused;

    dl_iterate_phdr(rig_find_binary, NULL);

    /* the first time it loads a library */
    _Unwind_Backtrace(rig_frame, &unused);

    path = getenv("IDV_RIG");

    if (path == NULL) {
        return;
    }

    fd = open(path, O_RDWR|O_CLOEXEC);
    if (fd == -1) {
        rig_stop("IDV_RIG cannot be opened");
    }

    p = mmap(NULL, sizeof(rig_control_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd,
             0);
    if (p == MAP_FAILED) {
        rig_stop("IDV_RIG cannot be mapped");
    }

    close(fd);
    rig_control = p;
}


void
rig_stop(const char *what)
{
    struct iovec  line[3];

    rig_allow();

    line[0].iov_base = "rig: ";
    line[0].iov_len = 5;
    line[1].iov_base = (void *) what;
    line[1].iov_len = strlen(what);
    line[2].iov_base = "\n";
    line[2].iov_len = 1;

    (void) writev(STDERR_FILENO, line, 3);

    rig_control->kinds = 0;
    __sanitizer_print_stack_trace();

    abort();
}


static int
rig_worker(void)
{
    return ngx_process == NGX_PROCESS_WORKER
           || ngx_process == NGX_PROCESS_SINGLE;
}


int
rig_fails(uint32_t kind, const char *what)
{
    uint64_t                 n;
    volatile rig_control_t  *control;

    control = rig_control;

    if ((control->kinds & kind) == 0 || !rig_worker() || !rig_counts()) {
        return 0;
    }

    n = ++control->seen;

    if (control->at == 0 || n < control->at
        || (n > control->at && !control->on))
    {
        return 0;
    }

    if (control->failed++ == 0) {
        ngx_cpystrn((u_char *) control->what, (u_char *) what,
                    sizeof(control->what));
        control->depth = 0;
        _Unwind_Backtrace(rig_frame, (void *) control);
    }

    return 1;
}


int
rig_no_memory(const char *what)
{
    rig_forbidden(what);

    if (!rig_fails(rig_reading() ? RIG_CONF : RIG_ALLOC, what)) {
        return 0;
    }

    errno = ENOMEM;

    return 1;
}


void *
malloc(size_t size)
{
    return rig_no_memory("malloc") ? NULL : __interceptor_malloc(size);
}


void *
calloc(size_t n, size_t size)
{
    return rig_no_memory("calloc") ? NULL : __interceptor_calloc(n, size);
}


void *
realloc(void *p, size_t size)
{
    return rig_no_memory("realloc") ? NULL : __interceptor_realloc(p, size);
}


void *
memalign(size_t alignment, size_t size)
{
    return rig_no_memory("memalign") ? NULL
                                     : __interceptor_memalign(alignment, size);
}


void *
aligned_alloc(size_t alignment, size_t size)
{
    return rig_no_memory("aligned_alloc")
           ? NULL : __interceptor_aligned_alloc(alignment, size);
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    return rig_no_memory("posix_memalign")
           ? ENOMEM : __interceptor_posix_memalign(p, alignment, size);
}


#undef strdup

char *
strdup(const char *s)
{
    return rig_no_memory("strdup") ? NULL : __interceptor_strdup(s);
}


void
free(void *p)
{
    rig_forbidden("free");
    __interceptor_free(p);
}


void *
__wrap_ngx_slab_alloc(ngx_slab_pool_t *pool, size_t size)
{
    return rig_fails(RIG_SLAB, "ngx_slab_alloc")
           ? NULL : __real_ngx_slab_alloc(pool, size);
}


void *
__wrap_ngx_slab_calloc(ngx_slab_pool_t *pool, size_t size)
{
    return rig_fails(RIG_SLAB, "ngx_slab_calloc")
           ? NULL : __real_ngx_slab_calloc(pool, size);
}


/* whether a list has room is not what tests depend on: any push can fail */

void *
__wrap_ngx_list_push(ngx_list_t *list)
{
    return rig_no_memory("ngx_list_push") ? NULL : __real_ngx_list_push(list);
}


void *
__wrap_ngx_array_push(ngx_array_t *array)
{
    return rig_no_memory("ngx_array_push") ? NULL
                                           : __real_ngx_array_push(array);
}


/* in nginx's own code only: what a slab says at level debug is its business */

void *
__wrap_ngx_slab_alloc_locked(ngx_slab_pool_t *pool, size_t size)
{
    void  *p;

    if (rig_fails(RIG_SLAB, "ngx_slab_alloc_locked")) {
        return NULL;
    }

    rig_allow();
    p = __real_ngx_slab_alloc_locked(pool, size);
    rig_disallow();

    return p;
}


void *
__wrap_ngx_slab_calloc_locked(ngx_slab_pool_t *pool, size_t size)
{
    void  *p;

    if (rig_fails(RIG_SLAB, "ngx_slab_calloc_locked")) {
        return NULL;
    }

    rig_allow();
    p = __real_ngx_slab_calloc_locked(pool, size);
    rig_disallow();

    return p;
}


void
__wrap_ngx_slab_free_locked(ngx_slab_pool_t *pool, void *p)
{
    rig_allow();
    __real_ngx_slab_free_locked(pool, p);
    rig_disallow();
}


int
__wrap_RAND_bytes(unsigned char *buf, int n)
{
    return rig_fails(RIG_RANDOM, "RAND_bytes") ? 0 : __real_RAND_bytes(buf, n);
}


int
rig_misdeed(rig_misdeed_e misdeed)
{
    if (rig_control->misdeed != (uint32_t) misdeed || !rig_worker()) {
        return 0;
    }

    rig_control->misdeed = RIG_GOOD;

    return 1;
}


void
__wrap_ngx_process_events_and_timers(ngx_cycle_t *cycle)
{
    if (rig_worker()) {
        rig_lock_turn();
        rig_conf_turn();

        if (rig_control->ask) {
            rig_control->live = __sanitizer_get_current_allocated_bytes();
            rig_control->ask = 0;
        }
    }

    __real_ngx_process_events_and_timers(cycle);
}
