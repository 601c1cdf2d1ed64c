
/*
 * Copyright (C) nginx-idv authors
 *
 * What is kept of a directory's users: found while it counts, not looked at
 * afterwards, and not left in memory.
 */


#include "tap.h"
#include "store/idv_people.h"

#include <sys/mman.h>


#define ZONE   (256 * 1024)
#define ENTRY  256


static ngx_cycle_t      cycle;
static ngx_shm_zone_t   zone;
static ngx_str_t        zone_name;


/* instead of nginx's */

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    zone_name = *name;
    zone.shm.size = size;

    return &zone;
}


static idv_people_t *
configure(ngx_pool_t *pool, idv_people_t *old)
{
    ngx_conf_t     cf;
    ngx_str_t      name = ngx_string("staff");
    idv_people_t  *people;

    memset(&cf, 0, sizeof(cf));
    cf.pool = pool;

    people = idv_people_add(&cf, &name, ZONE, ENTRY);

    return zone.init(&zone, old) == NGX_OK ? people : NULL;
}


static void
create(void)
{
    ngx_uint_t        n;
    ngx_slab_pool_t  *sp;

    for (n = ngx_pagesize; n >>= 1; ngx_pagesize_shift++) { /* void */ }

    zone.shm.addr = mmap(NULL, ZONE, PROT_READ|PROT_WRITE,
                         MAP_ANON|MAP_SHARED, -1, 0);

    sp = (ngx_slab_pool_t *) zone.shm.addr;
    sp->end = zone.shm.addr + ZONE;
    sp->min_shift = 3;
    sp->addr = zone.shm.addr;

    (void) ngx_shmtx_create(&sp->mutex, &sp->lock, NULL);

    ngx_slab_sizes_init();
    ngx_slab_init(sp);
}


static void
key_of(u_char key[IDV_PEOPLE_KEY], uint32_t n)
{
    memset(key, 0, IDV_PEOPLE_KEY);
    memcpy(key, &n, sizeof(n));
    memcpy(key + 8, &n, sizeof(n));
}


static ngx_int_t
put(idv_people_t *people, uint32_t n, uint64_t now, uint64_t expires,
    const char *text)
{
    u_char  key[IDV_PEOPLE_KEY];

    key_of(key, n);

    return idv_people_put(people, key, now, expires, (u_char *) text,
                          strlen(text));
}


static const char *
get(idv_people_t *people, uint32_t n, uint64_t now)
{
    u_char         key[IDV_PEOPLE_KEY];
    size_t         len;
    static u_char  buf[ENTRY];

    key_of(key, n);
    memset(buf, 0, sizeof(buf));

    if (idv_people_get(people, key, now, buf, &len) != NGX_OK) {
        return "";
    }

    return (char *) buf;
}


static int
in_memory(const char *text)
{
    return memmem(zone.shm.addr, ZONE, text, strlen(text)) != NULL;
}


int
main(void)
{
    char           text[ENTRY + 1];
    uint32_t       n, kept;
    uint64_t       t;
    ngx_pool_t    *pool;
    ngx_uint_t     i, size;
    idv_people_t  *people, *next;

    pool = tap_pool();
    ngx_pid = getpid();
    ngx_ncpu = 2;

    cycle.log = tap_log();
    ngx_cycle = &cycle;

    create();
    people = configure(pool, NULL);

    ok(people != NULL, "a zone");
    is_str(zone_name.data, zone_name.len, "idv_ldap_staff_256",
           "with the size of entries in its name");

    /* while it counts */

    is_int(put(people, 1, 1000, 5000, "ann's secret"), NGX_OK, "ann is kept");
    ok(strcmp(get(people, 1, 1000), "ann's secret") == 0, "and found");
    ok(strcmp(get(people, 1, 4999), "ann's secret") == 0, "to the last moment");
    ok(strcmp(get(people, 2, 1000), "") == 0, "bob is not");

    put(people, 1, 2000, 6000, "ann anew");
    ok(strcmp(get(people, 1, 2000), "ann anew") == 0, "the newest counts");
    ok(!in_memory("ann's secret"), "and nothing is left of the other");

    /* a configuration that comes after it has the same */

    next = configure(pool, people);
    ok(strcmp(get(next, 1, 2000), "ann anew") == 0, "after a reload");

    /* its time is over */

    ok(in_memory("ann anew"), "she is in memory");
    ok(strcmp(get(people, 1, 6000), "") == 0, "not found any more");
    ok(!in_memory("ann anew"), "and wiped");

    /* nobody asks */

    put(people, 3, 10000, 20000, "eve alone");

    for (t = 11000; t <= 20000; t += 1000) {
        idv_people_sweep(people, t - 1);
    }

    ok(in_memory("eve alone"), "she stays while she counts");

    for (t = 20000; t <= 81000; t += 1000) {
        idv_people_sweep(people, t);
        idv_people_sweep(next, t);
    }

    ok(!in_memory("eve alone"), "and is wiped within a minute of her time");

    /* what is too large */

    size = idv_people_room(people);
    memset(text, 'x', sizeof(text));
    text[size] = '\0';

    is_int(put(people, 4, 1000, 5000, text), NGX_OK, "all of the room");
    is_int(strlen(get(people, 4, 1000)), size, "is had");
    text[size] = 'x';
    text[size + 1] = '\0';
    is_int(put(people, 4, 1000, 5000, text), NGX_DECLINED, "more is not kept");

    /* more than there is room for: who ends first gives way */

    for (n = 100; n < 3100; n++) {
        snprintf(text, sizeof(text), "user %u", n);
        put(people, n, 1000, 5000 + n, text);
    }

    for (n = 100, kept = 0; n < 3100; n++) {
        snprintf(text, sizeof(text), "user %u", n);
        i = strcmp(get(people, n, 1000), text) == 0;
        kept += i;

        if (n >= 3000) {
            ok(i, "%u is one of the last", n);
        }
    }

    is_int(kept, idv_people_count(people, 1000), "as many as are counted");
    ok(kept > 800 && kept < ZONE / ENTRY, "a zone that is full");

    ngx_destroy_pool(pool);

    return tap_done();
}
