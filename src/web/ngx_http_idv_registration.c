
/*
 * Copyright (C) nginx-idv authors
 *
 * Registration: people whom no first factor knows yet.  A browser is known by
 * the secret of its flow cookie alone, and what it has verified is told to the
 * application once.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_crypto.h"


#define NGX_HTTP_IDV_NEWCOMER_LEN  (1 + 2 * 16)


/* what is given back at the end of a request, if nothing has come of it */

typedef struct {
    ngx_http_request_t     *request;
    ngx_http_idv_ctx_t     *ctx;
    const idv_provider_t   *provider;
    u_char                  session[16];
} ngx_http_idv_redeemed_t;


static void ngx_http_idv_redeemed(void *data);


/*
 * A hash, so that the secret is in no flow and in no log.  No first factor's
 * subject has control characters, so none is the same.  Of this zone alone:
 * another one does not know which sessions have been used.
 */

ngx_int_t
ngx_http_idv_newcomer(const idv_provider_t *provider,
    ngx_http_idv_client_t *client, ngx_pool_t *pool)
{
    u_char     *p, hash[IDV_HASH_LEN];
    uint64_t    seed;
    ngx_str_t   parts[3];

    if (client->secret.len == 0) {
        return NGX_OK;
    }

    seed = idv_store_seed(provider->store);

    ngx_str_set(&parts[0], "registration");
    parts[1].data = (u_char *) &seed;
    parts[1].len = sizeof(seed);
    parts[2] = client->secret;

    p = ngx_pnalloc(pool, NGX_HTTP_IDV_NEWCOMER_LEN);

    if (p == NULL || idv_hash(hash, parts, 3) != NGX_OK) {
        return NGX_ERROR;
    }

    client->subject.data = p;
    client->subject.len = NGX_HTTP_IDV_NEWCOMER_LEN;

    *p++ = '\001';
    ngx_hex_dump(p, hash, 16);

    return NGX_OK;
}


/*
 * One browser may register several people: each flow has a user of its own,
 * whom the provider makes by this name.
 */

ngx_int_t
ngx_http_idv_flow_user(const idv_provider_t *provider,
    const ngx_http_idv_client_t *client, char *user)
{
    u_char  uuid[16], *p;

    if (!provider->registration) {
        ngx_memcpy(user, client->subject.data, client->subject.len);
        return NGX_OK;
    }

    if (idv_random(uuid, sizeof(uuid)) != NGX_OK) {
        return NGX_ERROR;
    }

    /* RFC 9562, version 4 */

    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;

    p = ngx_cpymem(user, "registration-", sizeof("registration-") - 1);
    (void) idv_uuid_print(p, uuid);

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_redeem(ngx_http_request_t *r, const idv_provider_t *provider,
    const ngx_http_idv_session_t *session)
{
    ngx_int_t                 rc;
    ngx_http_idv_ctx_t       *ctx;
    ngx_pool_cleanup_t       *cln;
    ngx_http_idv_redeemed_t  *redeemed;

    ctx = ngx_http_idv_get_ctx(r);

    /* an internal redirect: it is the same request */

    if (ctx->redeemed == session) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_idv_redeemed_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    rc = idv_store_redeem(provider->store, session->id, session->issued,
                          session->expires);

    if (rc == NGX_BUSY) {
        return NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "idv session redeemed");

    redeemed = cln->data;
    redeemed->request = r;
    redeemed->ctx = ctx;
    redeemed->provider = provider;
    ngx_memcpy(redeemed->session, session->id, sizeof(redeemed->session));

    cln->handler = ngx_http_idv_redeemed;
    ctx->redeemed = session;

    return NGX_OK;
}


/* a subrequest has the headers of its request, and may take them elsewhere */

void
ngx_http_idv_redeem_shared(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_idv_get_ctx(r->main);

    if (ctx && ctx->redeemed) {
        ctx->shared = 1;
    }
}


/*
 * Not a byte of the request has left for an application: it knows nothing, and
 * the user may ask again.  What nginx answers by itself, or from its cache, has
 * been used.
 */

static void
ngx_http_idv_redeemed(void *data)
{
    ngx_http_idv_redeemed_t *redeemed = data;

    ngx_uint_t                  i;
    ngx_array_t                *states;
    ngx_http_request_t         *r;
    ngx_http_upstream_state_t  *state;

    r = redeemed->request;
    states = r->upstream_states;

    if (redeemed->ctx->redeemed && r->upstream == NULL && states == NULL) {
        return;
    }

    if (redeemed->ctx->shared) {
        return;
    }

#if (NGX_HTTP_CACHE)

    /* it may be fetched anew in the background, with this request's headers */

    if (r->cached) {
        return;
    }

#endif

    if (states) {
        state = states->elts;

        for (i = 0; i < states->nelts; i++) {
            if (state[i].bytes_sent) {
                return;
            }
        }
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "idv session given back");

    idv_store_unredeem(redeemed->provider->store, redeemed->session);
}
