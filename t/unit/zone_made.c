
/*
 * Copyright (C) nginx-idv authors
 *
 * How a zone is made: of any size that the configuration takes, with what was
 * revoked in one of another size, and with a word about what that costs.
 */


#include "store.h"


static idv_store_t      *store, *before;
static ngx_log_t         heard;
static ngx_open_file_t   written;


/* 1 if a zone of that size is made; it has all there is in the slab pool */

static ngx_uint_t
made(size_t size, size_t *room)
{
    munmap(zone_addr, zone_size);

    store = zone_create(size);
    if (store == NULL) {
        return 0;
    }

    *room = size - ((u_char *) store->root - zone_addr) - ngx_pagesize;

    return 1;
}


static void
test_sizes(void)
{
    size_t             size, room, used, least;
    ngx_uint_t         bad, small, wasted, n;
    idv_store_root_t  *root;

    bad = 0;
    small = 0;
    wasted = 0;
    n = 0;
    least = 0;

    for (size = IDV_STORE_MIN_SIZE;
         size <= 64 * 1024 * 1024;
         size += size < 2 * 1024 * 1024 ? ngx_pagesize : 16 * ngx_pagesize)
    {
        size -= size % ngx_pagesize;

        if (!made(size, &room)) {
            bad++;
            continue;
        }

        n++;
        root = store->root;
        used = root->budgets + root->nbudgets * sizeof(idv_store_budget_t);

        if (least == 0) {
            least = root->nnodes;
        }

        bad += used > room;
        wasted += room - used > room / 128 + 8 * sizeof(idv_store_claims_t);
        small += root->nnodes < 64 || root->nbuckets > root->nnodes
                 || root->nclaims < 5 || root->nrevoked < 4
                 || root->nbudgets < IDV_STORE_WAYS;
    }

    ok(n > 300, "zones of %d sizes", (int) n);
    is_int(bad, 0, "that are larger than their memory");
    is_int(wasted, 0, "that leave memory unused");
    is_int(small, 0, "with too few places of a kind");
    ok(least >= 64, "the smallest has %d flows", (int) least);
}


/* a zone is as large as it may ever have to be: memory is taken with flows */

static void
test_untouched(void)
{
    size_t      room, n, pages, touched;
    u_char     *state;

    ok(made(64 * 1024 * 1024, &room), "a zone of 64 MiB");

    pages = zone_size / ngx_pagesize;
    state = ngx_alloc(pages, tap_log());
    touched = 0;

    is_int(mincore(zone_addr, zone_size, state), 0, "its pages");

    for (n = 0; n < pages; n++) {
        touched += state[n] & 1;
    }

    ok(touched > 0 && touched < pages / 32, "%d of %d are touched",
       (int) touched, (int) pages);

    ngx_free(state);
}


/* what a new zone says where the cycle before had that one, among others */

static const char *
says(const char *name, void *tag, size_t size)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *zone;
    ngx_slab_pool_t  *sp;

    static char  text[4096];
    static char  other[] = "elsewhere";

    (void) ftruncate(written.fd, 0);
    (void) lseek(written.fd, 0, SEEK_SET);

    ngx_list_init(&zone_cycle.shared_memory, zone_pool, 10,
                  sizeof(ngx_shm_zone_t));

    for (i = 0; i < 11; i++) {
        zone = ngx_list_push(&zone_cycle.shared_memory);
        ngx_memzero(zone, sizeof(ngx_shm_zone_t));
        zone->shm.name.data = (u_char *) (i < 10 ? other : name);
        zone->shm.name.len = strlen(i < 10 ? other : name);
        zone->shm.size = size;
        zone->data = before;
        zone->tag = tag;
    }

    /* its memory as it was when nginx handed it over */
    sp = (ngx_slab_pool_t *) zone_addr;
    ngx_memzero(sp->start, sp->end - sp->start);
    ngx_slab_init(sp);

    zone_last->shm.log = &heard;
    zone_last->init(zone_last, NULL);

    ngx_memzero(text, sizeof(text));
    (void) pread(written.fd, text, sizeof(text) - 1, 0);

    return text;
}


static u_char *
key(uint32_t n)
{
    static u_char  name[16];

    ngx_memcpy(&name[0], &n, sizeof(n));
    ngx_memcpy(&name[4], &n, sizeof(n));

    return name;
}


static void
test_resized(void)
{
    int          other;
    FILE        *file;
    int64_t      expires;
    uint32_t     i, n, found;
    const char  *text;

    file = tmpfile();

    written.fd = fileno(file);
    heard.file = &written;
    heard.log_level = NGX_LOG_WARN;
    ngx_use_stderr = 0;

    /* of a zone that has more revocations than the new one has room for */

    before = zone_create(IDV_STORE_MIN_SIZE * 2);
    store = zone_create(IDV_STORE_MIN_SIZE);

    n = store->root->nrevoked + 3;
    expires = ngx_time() + 100;

    for (i = 0; i < n + 2; i++) {
        idv_store_revoke(before, key(i), ngx_time(), expires + (i > 1) * 100);
    }

    zone_time.sec += 100;
    ngx_current_msec += 100000;

    text = says("flows", NULL, IDV_STORE_MIN_SIZE * 2);

    ok(strstr(text, "idv zone \"flows\" has changed its size from 1048576 to "
                    "524288: "), "another size is told");
    ok(strstr(text, "and 3 revocations have no room"), "and what it costs");

    for (i = 0, found = 0; i < n + 2; i++) {
        found += idv_store_revoked(store, key(i), key(i), zone_time.sec - 200,
                                   ngx_time());
    }

    is_int(found, n - 3, "all others are kept, and none that is over");
    is_int(store->root->used_revoked, n - 3, "as many as there is room for");

    ok(says("flows", NULL, IDV_STORE_MIN_SIZE)[0] == 0,
       "the same size is not told");
    ok(says("flowz", NULL, 1)[0] == 0, "nor is another zone's");
    ok(says("flows2", NULL, 1)[0] == 0, "nor one of a longer name");
    ok(says("flows", &other, 1)[0] == 0, "nor one of another module");

    fclose(file);
}


int
main(void)
{
    store = zone_create(IDV_STORE_MIN_SIZE);

    test_sizes();
    test_untouched();
    test_resized();

    return tap_done();
}
