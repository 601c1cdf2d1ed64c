
/*
 * Copyright (C) nginx-idv authors
 *
 * A record that our own key has sealed, and that is none of ours: of another
 * version, of no time that there was, or with less in it than it says.  And
 * what a process keeps of sessions: without memory nothing, and nothing of a
 * configuration that is gone.
 */


#include "request.h"


#define FIXED  116


static u_char      ann[16] = "ann's hash is ..";
static ngx_uint_t  scarce;           /* no memory of the configuration */


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *cln;

    if (scarce && pool == ngx_cycle->pool) {
        return NULL;
    }

    cln = ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t));
    cln->data = size ? ngx_palloc(pool, size) : NULL;
    cln->next = pool->cleanup;
    pool->cleanup = cln;

    return cln;
}


static void
put64(u_char *p, int64_t n)
{
    int  i;

    for (i = 7; i >= 0; i--) {
        p[i] = (u_char) n;
        n >>= 8;
    }
}


/* one that opens: see the drawing in web/ngx_http_idv_session.c */

static void
make(u_char record[FIXED + 4])
{
    memset(record, 0, FIXED);

    record[0] = 2;
    record[2] = IDV_TX_SUCCESS;
    memset(&record[4], 7, 16);
    memcpy(&record[20], ann, sizeof(ann));
    memcpy(&record[100], ann, sizeof(ann));

    put64(&record[68], fake_time.sec - 9);
    put64(&record[76], fake_time.sec - 9);
    put64(&record[84], fake_time.sec - 9);
    put64(&record[92], fake_time.sec + 999);

    /* no blanks are needed to be of a multiple of three bytes */

    memcpy(&record[FIXED], "{  }", 4);
}


static int
opens(u_char record[FIXED + 4])
{
    int                  found;
    u_char               aad[200], sealed[200], header[400], *p;
    size_t               i;
    ngx_str_t            data, bytes, text;
    ngx_http_request_t  *r;

    const char  *parts[] = { "idv_session", "session 2", "pingone",
                             "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913",
                             "shop.example" };

    p = aad;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        *p++ = 0;
        *p++ = (u_char) strlen(parts[i]);
        p = ngx_cpymem(p, parts[i], strlen(parts[i]));
    }

    data.data = aad;
    data.len = p - aad;

    bytes.data = sealed;
    bytes.len = idv_seal(&fake_keys[0], &data, record,
                         FIXED + 4, sealed);

    p = ngx_cpymem(header, "idv_session=", sizeof("idv_session=") - 1);
    text.data = p;
    ngx_encode_base64url(&text, &bytes);

    r = fake_request("shop.example");
    fake_header(r, "Cookie", header, text.data + text.len - header);

    found = ngx_http_idv_session(r, &fake_provider, ann) != NULL;

    fake_end(r);

    return found;
}


static void
test_records(void)
{
    int     i;
    u_char  record[FIXED + 4];

    make(record);
    ok(opens(record), "one of ours");

    record[0] = 1;
    ok(!opens(record), "one of another version");
    record[0] = 2;

    record[3] = 252;
    ok(!opens(record), "one with more blanks than bytes");
    record[3] = 0;

    record[1] = 1;
    ok(!opens(record), "one of a header, in a cookie");
    record[1] = 0;

    record[1] = 4;
    ok(!opens(record), "one with less than the user in it");
    record[1] = 0;

    ok(opens(record), "which was all that was wrong");

    for (i = 68; i < 92; i += 8) {
        make(record);
        put64(&record[i], -1);
        ok(!opens(record), "of a time before all: %d", i);
    }
}


static void
test_kept(void)
{
    u_char              record[FIXED + 4], hash[16], binding[IDV_HASH_LEN];
    ngx_str_t           who, secret;
    ngx_pool_t         *old;
    static ngx_cycle_t  next;

    make(record);
    ngx_str_set(&who, "ann");
    ngx_str_set(&secret, "aaaaaaaaaaaaaaaaaaaaaa");

    scarce = 1;

    ok(opens(record), "nothing can be kept: it opens");
    ok(ngx_http_idv_subject_hash(&who, hash) == NGX_OK, "a subject has a hash");
    ok(ngx_http_idv_binding(&fake_provider, &secret, &who, binding) == NGX_OK,
       "and a binding");
    ok(ngx_event_timer_rbtree.root == ngx_event_timer_rbtree.sentinel,
       "and there is nothing to be wiped");

    scarce = 0;

    ok(opens(record), "a session of a configuration");

    next = fake_cycle;
    next.pool = tap_pool();
    ngx_cycle = &next;
    old = fake_cycle.pool;

    ok(opens(record), "one of the next");
    ngx_destroy_pool(old);
    ok(ngx_event_timer_rbtree.root != ngx_event_timer_rbtree.sentinel,
       "the end of the first leaves the timer to it");
    ok(opens(record), "and what it kept opens again");

    ngx_destroy_pool(next.pool);
    ok(ngx_event_timer_rbtree.root == ngx_event_timer_rbtree.sentinel,
       "and its own end leaves nothing");
}


int
main(void)
{
    fake_setup();

    test_kept();

    fake_cycle.pool = tap_pool();
    ngx_cycle = &fake_cycle;

    test_records();

    ngx_destroy_pool(fake_cycle.pool);
    idv_crypto_done();

    return tap_done();
}
