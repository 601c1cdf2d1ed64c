
/*
 * Copyright (C) nginx-idv authors
 *
 * A request without a connection, for unit tests of web/: headers in and out, a
 * provider, a clock that the test sets, a store that remembers what it is told.
 */


#ifndef _REQUEST_H_INCLUDED_
#define _REQUEST_H_INCLUDED_


#include "tap.h"
#include "web/ngx_http_idv_web.h"


static ngx_cycle_t                fake_cycle;
static ngx_time_t                 fake_time;
static ngx_connection_t           fake_connection;
static ngx_http_core_main_conf_t  fake_core_main;
static ngx_http_core_srv_conf_t   fake_core_srv;
static ngx_http_idv_main_conf_t   fake_main;
static ngx_http_idv_srv_conf_t    fake_srv;
static ngx_http_idv_loc_conf_t    fake_loc;
static ngx_http_idv_ctx_t         fake_ctx;
static idv_key_t                  fake_keys[2];
static idv_provider_t             fake_provider;
static void                      *fake_confs[2][2];
static void                      *fake_loc_confs[2];
static int                        fake_counts[IDV_COUNT_NCOUNTERS];
static u_char                     fake_revoked[16];


/* the n-th header of a list, NULL at its end */

static ngx_table_elt_t *
fake_nth(ngx_list_t *list, ngx_uint_t n)
{
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &list->part; part; part = part->next) {

        if (n < part->nelts) {
            h = part->elts;
            return &h[n];
        }

        n -= part->nelts;
    }

    return NULL;
}


/* the value of a header; "" with data NULL if there is none */

static ngx_str_t
fake_find(ngx_list_t *list, const char *name)
{
    ngx_str_t         none = ngx_null_string;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    for (i = 0; (h = fake_nth(list, i)) != NULL; i++) {
        if (h->hash && h->key.len == strlen(name)
            && ngx_strncasecmp(h->key.data, (u_char *) name, h->key.len) == 0)
        {
            return h->value;
        }
    }

    return none;
}


/* these take the place of the real ones */

ngx_http_idv_ctx_t *
ngx_http_idv_get_ctx(ngx_http_request_t *r)
{
    return &fake_ctx;
}


ngx_int_t
ngx_http_idv_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    ngx_str_t *value)
{
    ngx_str_set(value, "ann");
    return NGX_OK;
}


ngx_str_t *
ngx_http_idv_header_find(ngx_http_request_t *r, const char *name, size_t len)
{
    ngx_str_t  *value;

    value = ngx_palloc(r->pool, sizeof(ngx_str_t));
    *value = fake_find(&r->headers_in.headers, name);

    return value->data ? value : NULL;
}


ngx_table_elt_t *
ngx_http_idv_header_push(ngx_http_request_t *r, const char *name, size_t len,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = len;
    h->value = *value;

    return h;
}


ngx_uint_t
idv_store_revoked(idv_store_t *store, const u_char session[16],
    const u_char subject[16], int64_t issued, int64_t now)
{
    return memcmp(session, fake_revoked, 16) == 0
           || memcmp(subject, fake_revoked, 16) == 0;
}


ngx_int_t
idv_store_revoke(idv_store_t *store, const u_char key[16], int64_t before,
    int64_t expires)
{
    memcpy(fake_revoked, key, 16);
    return NGX_OK;
}


void
idv_store_count(idv_store_t *store, idv_count_e counter)
{
    fake_counts[counter]++;
}


static void
fake_setup(void)
{
    u_char  secret[IDV_KEY_FILE_LEN];

    fake_cycle.pool = tap_pool();
    fake_cycle.log = tap_log();
    ngx_cycle = &fake_cycle;
    ngx_event_timer_init(tap_log());

    fake_time.sec = 1800000000;
    ngx_cached_time = &fake_time;

    ngx_http_core_module.ctx_index = 0;
    ngx_http_idv_module.ctx_index = 1;
    fake_confs[0][0] = &fake_core_main;
    fake_confs[0][1] = &fake_main;
    fake_confs[1][1] = &fake_srv;
    fake_confs[1][0] = &fake_core_srv;
    fake_loc_confs[1] = &fake_loc;

    memset(secret, 1, sizeof(secret));
    idv_key_derive(&fake_keys[0], secret);
    memset(secret, 2, sizeof(secret));
    idv_key_derive(&fake_keys[1], secret);

    ngx_str_set(&fake_provider.name, "pingone");
    ngx_str_set(&fake_provider.environment_id,
                "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913");
    ngx_str_set(&fake_provider.cookie_name, "idv_session");
    ngx_str_set(&fake_provider.cookies[IDV_COOKIE_SESSION],
                "__Host-idv_session");
    ngx_str_set(&fake_provider.cookies[IDV_COOKIE_FLOW],
                "__Host-idv_session_flow");
    ngx_str_set(&fake_provider.same_site, "Lax");
    fake_provider.keys = fake_keys;
    fake_provider.nkeys = 1;
    fake_provider.session_lifetime = 3600;
    fake_provider.session_idle = 600;
}


/* a new request for the host, in a pool of its own */

static ngx_http_request_t *
fake_request(const char *host)
{
    ngx_pool_t          *pool;
    ngx_http_request_t  *r;

    pool = tap_pool();
    r = ngx_pcalloc(pool, sizeof(ngx_http_request_t));

    fake_connection.log = tap_log();

    r->pool = pool;
    r->main = r;
    r->connection = &fake_connection;
    r->main_conf = fake_confs[0];
    r->srv_conf = fake_confs[1];
    r->loc_conf = fake_loc_confs;
    r->headers_in.server.data = (u_char *) host;
    r->headers_in.server.len = strlen(host);

    ngx_list_init(&r->headers_in.headers, pool, 3, sizeof(ngx_table_elt_t));
    ngx_list_init(&r->headers_out.headers, pool, 3, sizeof(ngx_table_elt_t));

    memset(&fake_ctx, 0, sizeof(fake_ctx));

    return r;
}


static void
fake_end(ngx_http_request_t *r)
{
    ngx_destroy_pool(r->pool);
}


/* a request header, as nginx's parser leaves it */

static ngx_table_elt_t *
fake_header(ngx_http_request_t *r, const char *name, const void *value,
    size_t len)
{
    u_char           *lowcase;
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);

    h->key.len = strlen(name);
    h->key.data = ngx_pnalloc(r->pool, h->key.len);
    memcpy(h->key.data, name, h->key.len);

    lowcase = ngx_pnalloc(r->pool, h->key.len);
    h->hash = ngx_hash_strlow(lowcase, h->key.data, h->key.len);
    h->lowcase_key = lowcase;

    h->value.len = len;
    h->value.data = ngx_pnalloc(r->pool, len + 1);
    memcpy(h->value.data, value, len);
    h->value.data[len] = '\0';
    idv_header_clear_next(h);

    return h;
}


#endif /* _REQUEST_H_INCLUDED_ */
