
/*
 * Copyright (C) nginx-idv authors
 *
 * A worker that dies inside the zone's lock, preloaded into nginx: the file
 * IDV_KILLER holds two native 64-bit numbers, which lock it shall be from now
 * on, and after how many instructions inside it.  Who gives the lock back
 * earlier dies just before that.
 *
 * nginx's own functions come before those of a preloaded library, so the
 * module's references to them are turned when it has been loaded.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


#define KILLER_MODULE  "ngx_http_idv_module.so"


typedef struct {
    volatile int64_t  lock;          /* counted down; 0: none */
    volatile int64_t  steps;
} killer_plan_t;

typedef void (*killer_pt)(void *mutex);


static killer_plan_t  *killer_plan;
static killer_pt       killer_lock, killer_unlock;
static int64_t         killer_left;
static int             killer_armed;


static void
killer_die(void)
{
    kill(getpid(), SIGKILL);
}


#if defined(__x86_64__)

static void
killer_trap(int signo)
{
    (void) signo;

    if (killer_armed && killer_left-- <= 0) {
        killer_die();
    }
}


/* the trap flag: a signal after each instruction from now on */

static void
killer_step(void)
{
    struct sigaction  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = killer_trap;
    sigaction(SIGTRAP, &sa, NULL);

    /* below what a leaf function may keep under its stack pointer */

    __asm__ volatile ("leaq -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp);"
                      "popfq; leaq 128(%%rsp), %%rsp" ::: "memory", "cc");
}

#else

static void
killer_step(void)
{
    killer_die();
}

#endif


static void
killer_wrap_lock(void *mutex)
{
    killer_lock(mutex);

    if (killer_plan->lock > 0
        && __sync_sub_and_fetch(&killer_plan->lock, 1) == 0)
    {
        killer_left = killer_plan->steps;
        killer_armed = 1;
        killer_step();
    }
}


static void
killer_wrap_unlock(void *mutex)
{
    if (killer_armed) {
        killer_die();
    }

    killer_unlock(mutex);
}


static void
killer_turn(struct link_map *map, ElfW(Rela) *rela, size_t size,
    const ElfW(Sym) *symbols, const char *strings)
{
    long         page;
    void       **slot;
    size_t       i;
    uintptr_t    at;
    const char  *name;

    page = sysconf(_SC_PAGESIZE);

    for (i = 0; i < size / sizeof(ElfW(Rela)); i++) {
        name = strings + symbols[ELF64_R_SYM(rela[i].r_info)].st_name;
        slot = (void **) (map->l_addr + rela[i].r_offset);
        at = (uintptr_t) slot & ~((uintptr_t) page - 1);

        if (strcmp(name, "ngx_shmtx_lock") != 0
            && strcmp(name, "ngx_shmtx_unlock") != 0)
        {
            continue;
        }

        if (mprotect((void *) at, (size_t) page, PROT_READ|PROT_WRITE) != 0) {
            abort();
        }

        if (strcmp(name, "ngx_shmtx_lock") == 0) {
            killer_lock = (killer_pt) *slot;
            *slot = (void *) killer_wrap_lock;

        } else {
            killer_unlock = (killer_pt) *slot;
            *slot = (void *) killer_wrap_unlock;
        }
    }
}


void *
dlopen(const char *path, int flags)
{
    void             *handle, *(*next)(const char *, int);
    size_t            sizes[2];
    ElfW(Dyn)        *dyn;
    ElfW(Rela)       *tables[2];
    const char       *strings;
    struct link_map  *map;
    const ElfW(Sym)  *symbols;

    next = (void *(*)(const char *, int)) dlsym(RTLD_NEXT, "dlopen");
    handle = next(path, flags);

    if (handle == NULL || killer_plan == NULL || path == NULL
        || strstr(path, KILLER_MODULE) == NULL)
    {
        return handle;
    }

    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) {
        abort();
    }

    memset(sizes, 0, sizeof(sizes));
    memset(tables, 0, sizeof(tables));
    strings = NULL;
    symbols = NULL;

    for (dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {

        switch (dyn->d_tag) {

        case DT_RELA:
            tables[0] = (ElfW(Rela) *) dyn->d_un.d_ptr;
            break;

        case DT_RELASZ:
            sizes[0] = dyn->d_un.d_val;
            break;

        case DT_JMPREL:
            tables[1] = (ElfW(Rela) *) dyn->d_un.d_ptr;
            break;

        case DT_PLTRELSZ:
            sizes[1] = dyn->d_un.d_val;
            break;

        case DT_STRTAB:
            strings = (const char *) dyn->d_un.d_ptr;
            break;

        case DT_SYMTAB:
            symbols = (const ElfW(Sym) *) dyn->d_un.d_ptr;
            break;
        }
    }

    killer_turn(map, tables[0], sizes[0], symbols, strings);
    killer_turn(map, tables[1], sizes[1], symbols, strings);

    if (killer_lock == NULL || killer_unlock == NULL) {
        abort();
    }

    return handle;
}


static void __attribute__((constructor))
killer_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("IDV_KILLER");
    fd = path ? open(path, O_RDWR|O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    p = mmap(NULL, sizeof(killer_plan_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd,
             0);

    if (p != MAP_FAILED) {
        killer_plan = p;
    }

    close(fd);
}
