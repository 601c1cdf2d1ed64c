
/*
 * Copyright (C) nginx-idv authors
 */


#include "ngx_http_idv_session_cache.h"


#define NGX_HTTP_IDV_CACHE_BITS   12
#define NGX_HTTP_IDV_CACHE_SLOTS  (1 << NGX_HTTP_IDV_CACHE_BITS)
#define NGX_HTTP_IDV_CACHE_TIME   60000      /* ms without use */


/*
 * A slot is chosen by the end of the sealed text, which is random; who comes
 * later takes it.  There are many, for two who meet in one open their sessions
 * by turns, each time anew; memory is taken by those in use alone.  Only
 * sessions that open get here, so nobody without one can push others out.
 */

typedef struct {
    const idv_provider_t       *provider;
    ngx_http_idv_session_t      session;     /* claims is not set */
    json_t                     *claims;      /* parsed, once asked for */
    ngx_uint_t                  header;
    ngx_msec_t                  used;

    /* host, text and claims, one after the other */
    u_char                     *data;        /* NULL: the slot is free */
    size_t                      host_len;
    size_t                      text_len;
    size_t                      claims_len;
} ngx_http_idv_cached_t;


/* subjects whose hash was computed lately */

typedef struct {
    u_char                      text[IDV_FLOW_MAX_USER];
    u_char                      len;         /* 0: the slot is free */
    u_char                      hash[16];
    ngx_msec_t                  used;
} ngx_http_idv_cached_subject_t;


/* clients of flows, who poll every few seconds */

typedef struct {
    const idv_provider_t       *provider;
    ngx_msec_t                  used;
    u_char                      secret[IDV_ID_LEN];
    u_char                      binding[IDV_HASH_LEN];
    u_char                      len;         /* of text; 0: the slot is free */
    u_char                      text[IDV_FLOW_MAX_USER];
} ngx_http_idv_cached_client_t;


/* as many of each kind */

typedef struct {
    ngx_http_idv_cached_t          slots[NGX_HTTP_IDV_CACHE_SLOTS];
    ngx_http_idv_cached_subject_t  subjects[NGX_HTTP_IDV_CACHE_SLOTS];
    ngx_http_idv_cached_client_t   clients[NGX_HTTP_IDV_CACHE_SLOTS];
    ngx_uint_t                     serial;
    ngx_cycle_t                   *cycle;    /* whose end empties the cache */
    ngx_event_t                    sweep;
    ngx_connection_t               dummy;    /* timers log an fd */
} ngx_http_idv_cache_t;


static ngx_uint_t ngx_http_idv_cache_slot(const ngx_str_t *text);
static void ngx_http_idv_cache_wipe(ngx_http_idv_cached_subject_t *cached);
static ngx_http_idv_cached_t *ngx_http_idv_cache_held(
    const ngx_http_idv_session_t *session);
static ngx_int_t ngx_http_idv_cache_start(void);
static void ngx_http_idv_cache_sweep(ngx_event_t *ev);
static void ngx_http_idv_cache_end(void *data);
static void ngx_http_idv_cache_free(ngx_http_idv_cached_t *cached);


static ngx_http_idv_cache_t  ngx_http_idv_cache;


ngx_int_t
ngx_http_idv_session_cache_get(ngx_pool_t *pool,
    const ngx_http_idv_sealed_t *sealed, ngx_http_idv_session_t *session)
{
    u_char                 *p;
    ngx_http_idv_cached_t  *cached;

    cached = &ngx_http_idv_cache.slots[ngx_http_idv_cache_slot(&sealed->text)];

    if (cached->data == NULL
        || cached->provider != sealed->provider
        || cached->header != sealed->header
        || cached->host_len != sealed->host.len
        || cached->text_len != sealed->text.len)
    {
        return NGX_DECLINED;
    }

    p = cached->data;

    if (ngx_memcmp(p, sealed->host.data, cached->host_len) != 0) {
        return NGX_DECLINED;
    }

    p += cached->host_len;

    if (!idv_equal(p, sealed->text.data, cached->text_len)) {
        return NGX_DECLINED;
    }

    p += cached->text_len;

    *session = cached->session;

    /* of the request's own: the slot may be taken while it runs */

    session->claims.len = cached->claims_len;
    session->claims.data = ngx_pnalloc(pool, cached->claims_len);
    if (session->claims.data == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(session->claims.data, p, cached->claims_len);

    cached->used = ngx_current_msec;

    return NGX_OK;
}


void
ngx_http_idv_session_cache_put(const ngx_http_idv_sealed_t *sealed,
    ngx_http_idv_session_t *session)
{
    u_char                 *p;
    ngx_uint_t              slot;
    ngx_http_idv_cached_t  *cached;

    if (ngx_http_idv_cache_start() != NGX_OK) {
        return;
    }

    slot = ngx_http_idv_cache_slot(&sealed->text);
    cached = &ngx_http_idv_cache.slots[slot];

    if (cached->data) {
        ngx_http_idv_cache_free(cached);
    }

    p = ngx_alloc(sealed->host.len + sealed->text.len + session->claims.len,
                  ngx_cycle->log);
    if (p == NULL) {
        return;
    }

    session->slot = slot;
    session->serial = ++ngx_http_idv_cache.serial;

    cached->provider = sealed->provider;
    cached->header = sealed->header;
    cached->session = *session;
    cached->used = ngx_current_msec;

    cached->data = p;
    cached->host_len = sealed->host.len;
    cached->text_len = sealed->text.len;
    cached->claims_len = session->claims.len;

    p = ngx_cpymem(p, sealed->host.data, sealed->host.len);
    p = ngx_cpymem(p, sealed->text.data, sealed->text.len);
    ngx_memcpy(p, session->claims.data, session->claims.len);

    ngx_str_null(&cached->session.claims);
}


json_t *
ngx_http_idv_session_cache_claims(const ngx_http_idv_session_t *session)
{
    ngx_http_idv_cached_t  *cached;

    cached = ngx_http_idv_cache_held(session);

    return cached ? json_incref(cached->claims) : NULL;
}


void
ngx_http_idv_session_cache_keep(const ngx_http_idv_session_t *session,
    json_t *claims)
{
    ngx_http_idv_cached_t  *cached;

    cached = ngx_http_idv_cache_held(session);

    if (cached && cached->claims == NULL) {
        cached->claims = json_incref(claims);
    }
}


ngx_int_t
ngx_http_idv_subject_hash(ngx_str_t *subject, u_char hash[16])
{
    u_char                          full[IDV_HASH_LEN];
    ngx_http_idv_cached_subject_t  *cached;

    cached = &ngx_http_idv_cache.subjects[ngx_http_idv_cache_slot(subject)];

    if (subject->len
        && subject->len == cached->len
        && ngx_memcmp(subject->data, cached->text, subject->len) == 0)
    {
        ngx_memcpy(hash, cached->hash, sizeof(cached->hash));
        cached->used = ngx_current_msec;

        return NGX_OK;
    }

    if (idv_hash(full, subject, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(hash, full, sizeof(cached->hash));

    if (subject->len > IDV_FLOW_MAX_USER
        || ngx_http_idv_cache_start() != NGX_OK)
    {
        return NGX_OK;
    }

    ngx_http_idv_cache_wipe(cached);

    ngx_memcpy(cached->text, subject->data, subject->len);
    ngx_memcpy(cached->hash, full, sizeof(cached->hash));
    cached->len = (u_char) subject->len;
    cached->used = ngx_current_msec;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_binding(const idv_provider_t *provider, ngx_str_t *secret,
    ngx_str_t *subject, u_char binding[IDV_HASH_LEN])
{
    ngx_str_t                      parts[3];
    ngx_http_idv_cached_client_t  *cached;

    cached = &ngx_http_idv_cache.clients[ngx_http_idv_cache_slot(secret)];

    if (cached->len
        && cached->len == subject->len
        && cached->provider == provider
        && idv_equal(cached->secret, secret->data, IDV_ID_LEN)
        && ngx_memcmp(cached->text, subject->data, subject->len) == 0)
    {
        ngx_memcpy(binding, cached->binding, IDV_HASH_LEN);
        cached->used = ngx_current_msec;

        return NGX_OK;
    }

    parts[0] = provider->name;
    parts[1] = *secret;
    parts[2] = *subject;

    if (idv_hash(binding, parts, 3) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_idv_cache_start() != NGX_OK) {
        return NGX_OK;
    }

    if (cached->len) {
        ngx_explicit_memzero(cached, sizeof(ngx_http_idv_cached_client_t));
    }

    ngx_memcpy(cached->secret, secret->data, IDV_ID_LEN);
    ngx_memcpy(cached->text, subject->data, subject->len);
    ngx_memcpy(cached->binding, binding, IDV_HASH_LEN);
    cached->provider = provider;
    cached->len = (u_char) subject->len;
    cached->used = ngx_current_msec;

    return NGX_OK;
}


static ngx_http_idv_cached_t *
ngx_http_idv_cache_held(const ngx_http_idv_session_t *session)
{
    ngx_http_idv_cached_t  *cached;

    if (session->serial == 0) {
        return NULL;
    }

    cached = &ngx_http_idv_cache.slots[session->slot];

    if (cached->data == NULL || cached->session.serial != session->serial) {
        return NULL;
    }

    return cached;
}


static ngx_uint_t
ngx_http_idv_cache_slot(const ngx_str_t *text)
{
    size_t    len;
    uint64_t  key;

    key = 0;
    len = ngx_min(text->len, sizeof(key));

    if (len == sizeof(key)) {
        ngx_memcpy(&key, text->data + text->len - sizeof(key), sizeof(key));

    } else {
        ngx_memcpy(&key, text->data, len);
    }

    /* by the golden ratio: all of the key counts for the bits on top */

    return (key * 0x9e3779b97f4a7c15ULL) >> (64 - NGX_HTTP_IDV_CACHE_BITS);
}


/*
 * What is kept points into the configuration, so it goes with it; a timer takes
 * what is not used any more, so that personal data does not stay behind.
 */

static ngx_int_t
ngx_http_idv_cache_start(void)
{
    ngx_event_t         *ev;
    ngx_cycle_t         *cycle;
    ngx_pool_cleanup_t  *cln;

    cycle = (ngx_cycle_t *) ngx_cycle;
    ev = &ngx_http_idv_cache.sweep;

    if (ngx_http_idv_cache.cycle != cycle) {

        cln = ngx_pool_cleanup_add(cycle->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_http_idv_cache_end;
        cln->data = cycle;

        ngx_http_idv_cache.cycle = cycle;

        ngx_http_idv_cache.dummy.fd = (ngx_socket_t) -1;

        ev->handler = ngx_http_idv_cache_sweep;
        ev->data = &ngx_http_idv_cache.dummy;
        ev->log = cycle->log;
        ev->cancelable = 1;
    }

    if (!ev->timer_set) {
        ngx_add_timer(ev, NGX_HTTP_IDV_CACHE_TIME);
    }

    return NGX_OK;
}


static void
ngx_http_idv_cache_sweep(ngx_event_t *ev)
{
    ngx_msec_t                      now;
    ngx_uint_t                      i, left;
    ngx_http_idv_cached_t          *cached;
    ngx_http_idv_cached_client_t   *client;
    ngx_http_idv_cached_subject_t  *subject;

    left = 0;
    now = ngx_current_msec;

    for (i = 0; i < NGX_HTTP_IDV_CACHE_SLOTS; i++) {
        cached = &ngx_http_idv_cache.slots[i];

        if (cached->data && now - cached->used >= NGX_HTTP_IDV_CACHE_TIME) {
            ngx_http_idv_cache_free(cached);
        }

        subject = &ngx_http_idv_cache.subjects[i];

        if (subject->len && now - subject->used >= NGX_HTTP_IDV_CACHE_TIME) {
            ngx_http_idv_cache_wipe(subject);
        }

        client = &ngx_http_idv_cache.clients[i];

        if (client->len && now - client->used >= NGX_HTTP_IDV_CACHE_TIME) {
            ngx_explicit_memzero(client, sizeof(ngx_http_idv_cached_client_t));
        }

        left |= cached->data || subject->len || client->len;
    }

    if (left && !ngx_exiting) {
        ngx_add_timer(ev, NGX_HTTP_IDV_CACHE_TIME);
    }
}


static void
ngx_http_idv_cache_end(void *data)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IDV_CACHE_SLOTS; i++) {
        if (ngx_http_idv_cache.slots[i].data) {
            ngx_http_idv_cache_free(&ngx_http_idv_cache.slots[i]);
        }

        ngx_http_idv_cache_wipe(&ngx_http_idv_cache.subjects[i]);
    }

    ngx_explicit_memzero(ngx_http_idv_cache.clients,
                         sizeof(ngx_http_idv_cache.clients));

    if (ngx_http_idv_cache.cycle != data) {
        return;
    }

    /* the last one: without a cycle nothing may be left in the timer tree */

    if (ngx_http_idv_cache.sweep.timer_set) {
        ngx_del_timer(&ngx_http_idv_cache.sweep);
    }

    ngx_http_idv_cache.cycle = NULL;
}


static void
ngx_http_idv_cache_free(ngx_http_idv_cached_t *cached)
{
    ngx_explicit_memzero(cached->data, cached->host_len + cached->text_len
                                       + cached->claims_len);
    ngx_free(cached->data);

    json_decref(cached->claims);

    ngx_explicit_memzero(cached, sizeof(ngx_http_idv_cached_t));
}


static void
ngx_http_idv_cache_wipe(ngx_http_idv_cached_subject_t *cached)
{
    ngx_explicit_memzero(cached, sizeof(ngx_http_idv_cached_subject_t));
}
