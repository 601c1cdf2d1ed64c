
/*
 * Copyright (C) nginx-idv authors
 */


#include "ngx_http_idv_web.h"
#include "ngx_http_idv_session_cache.h"
#include "../util/idv_json.h"


#define NGX_HTTP_IDV_SESSION_VERSION  2
#define NGX_HTTP_IDV_SESSION_FIXED    116
#define NGX_HTTP_IDV_SESSION_SKEW     60     /* seconds between our machines */

#define NGX_HTTP_IDV_SESSION_HEADER   0x01
#define NGX_HTTP_IDV_SESSION_BYPASS   0x02
#define NGX_HTTP_IDV_SESSION_USER     0x04


/*
 * The record that is sealed, numbers in network byte order:
 *
 *   0  version      1  flags        2  status       3  blanks at the end, 0..2
 *   4  id          20  subject     36  policy      52  tx
 *  68  verified    76  issued      84  seen        92  expires
 * 100  owner
 * 116  where the flag says so, the user that a registration has made: 16
 *      claims, blanks
 *
 * The blanks make the sealed text a multiple of three bytes: base64url has then
 * one spelling of it, and no spare bit that could be changed unnoticed.
 *
 * Associated data, each part after its length: the name it comes under, the
 * version, the provider's name and environment, the host.
 */


static ngx_http_idv_session_t *ngx_http_idv_session_try(ngx_http_request_t *r,
    ngx_http_idv_ctx_t *ctx, ngx_http_idv_sealed_t *sealed,
    const u_char subject[16]);
static ngx_int_t ngx_http_idv_session_check(const idv_provider_t *provider,
    const ngx_http_idv_session_t *session, const u_char subject[16],
    const char **reason);
static ngx_int_t ngx_http_idv_session_seal(ngx_http_request_t *r,
    const idv_provider_t *provider, const ngx_http_idv_session_t *session,
    ngx_str_t *text);
static ngx_int_t ngx_http_idv_session_aad(ngx_http_request_t *r,
    const ngx_http_idv_sealed_t *sealed, ngx_str_t *aad);
static size_t ngx_http_idv_session_user(const idv_provider_t *provider);
static size_t ngx_http_idv_session_room(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_uint_t header);
static ngx_int_t ngx_http_idv_session_fit(ngx_http_request_t *r,
    ngx_str_t *claims, size_t room);
static ngx_int_t ngx_http_idv_session_send(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session,
    ngx_str_t *text);
static void ngx_http_idv_session_write(u_char *record,
    const ngx_http_idv_session_t *session, size_t user, size_t blanks);
static ngx_int_t ngx_http_idv_session_read(u_char *record, size_t len,
    ngx_http_idv_session_t *session);
static void ngx_http_idv_session_put64(u_char *p, int64_t n);
static int64_t ngx_http_idv_session_get64(const u_char *p);


ngx_http_idv_session_t *
ngx_http_idv_session(ngx_http_request_t *r, const idv_provider_t *provider,
    const u_char subject[16])
{
    ngx_str_t                name, more, *text;
    ngx_uint_t               pos, tries, counted;
    ngx_http_idv_ctx_t      *ctx;
    ngx_http_idv_sealed_t    sealed;
    ngx_http_idv_session_t  *session;

    ctx = ngx_http_idv_get_ctx(r);

    /* an internal redirect may have brought another provider or subject */

    if (ctx->session && ctx->provider == provider
        && idv_equal(ctx->session->subject, subject, 16))
    {
        return ctx->session;
    }

    counted = ctx->looked;

    ctx->looked = 1;
    ctx->provider = provider;
    ctx->session = NULL;
    ctx->lost = 0;
    ctx->admitted = 0;

    ngx_http_idv_cookie_name(r, provider, IDV_COOKIE_SESSION, &name);

    sealed.provider = provider;
    sealed.header = 0;
    ngx_http_idv_session_host(r, &sealed.host);

    session = NULL;
    pos = 0;

    tries = 0;

    if (ngx_http_idv_cookie_next(r, &name, &pos, &sealed.text) == NGX_OK) {
        tries++;

        /* of two, one was planted: neither counts */

        if (ngx_http_idv_cookie_next(r, &name, &pos, &more) != NGX_OK) {
            session = ngx_http_idv_session_try(r, ctx, &sealed, subject);
        }
    }

    if (session == NULL) {
        text = ngx_http_idv_request_header(r, "IDV-Session");

        if (text) {
            sealed.header = 1;
            sealed.text = *text;

            tries++;
            session = ngx_http_idv_session_try(r, ctx, &sealed, subject);
        }
    }

    if (session == NULL && tries && !counted && !ctx->lost) {
        idv_store_count(provider->store, IDV_COUNT_SESSIONS_REFUSED);
    }

    ctx->session = session;

    return session;
}


static ngx_http_idv_session_t *
ngx_http_idv_session_try(ngx_http_request_t *r, ngx_http_idv_ctx_t *ctx,
    ngx_http_idv_sealed_t *sealed, const u_char subject[16])
{
    ngx_int_t                rc;
    const char              *reason;
    ngx_uint_t               cached;
    ngx_http_idv_session_t  *session;

    session = ngx_palloc(r->pool, sizeof(ngx_http_idv_session_t));
    if (session == NULL) {
        ctx->lost = 1;
        return NULL;
    }

    reason = "does not open";

    rc = ngx_http_idv_session_cache_get(r->pool, sealed, session);

    cached = (rc == NGX_OK);

    if (!cached) {
        rc = ngx_http_idv_session_open(r, sealed, session);

        if (rc == NGX_ERROR) {
            ctx->lost = 1;
        }
    }

    if (rc == NGX_OK) {
        rc = ngx_http_idv_session_check(sealed->provider, session, subject,
                                        &reason);
    }

    if (rc != NGX_OK) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "idv session not taken: %s", reason);
        return NULL;
    }

    if (!cached) {
        ngx_http_idv_session_cache_put(sealed, session);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "idv session taken, cached:%ui header:%ui",
                   cached, sealed->header);

    return session;
}


ngx_int_t
ngx_http_idv_session_open(ngx_http_request_t *r, ngx_http_idv_sealed_t *sealed,
    ngx_http_idv_session_t *session)
{
    u_char     *record;
    ssize_t     n;
    ngx_str_t   aad, bytes;

    if (sealed->text.len > NGX_HTTP_IDV_MAX_COOKIE
        || sealed->text.len % 4 != 0
        || sealed->text.len / 4 * 3
           < NGX_HTTP_IDV_SESSION_FIXED + IDV_SEAL_OVERHEAD)
    {
        return NGX_DECLINED;
    }

    bytes.data = ngx_pnalloc(r->pool, ngx_base64_decoded_length(
                                                          sealed->text.len));
    if (bytes.data == NULL) {
        return NGX_ERROR;
    }

    /* the length differs where padding ended the text before its end */

    if (ngx_decode_base64url(&bytes, &sealed->text) != NGX_OK
        || bytes.len != sealed->text.len / 4 * 3)
    {
        return NGX_DECLINED;
    }

    record = ngx_pnalloc(r->pool, bytes.len);
    if (record == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_idv_session_aad(r, sealed, &aad) != NGX_OK) {
        return NGX_ERROR;
    }

    n = idv_open(sealed->provider->keys, sealed->provider->nkeys, &aad,
                 bytes.data, bytes.len, record);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (n < NGX_HTTP_IDV_SESSION_FIXED) {
        return NGX_DECLINED;
    }

    if (ngx_http_idv_session_read(record, (size_t) n, session) != NGX_OK
        || session->header != sealed->header)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_session_check(const idv_provider_t *provider,
    const ngx_http_idv_session_t *session, const u_char subject[16],
    const char **reason)
{
    u_char  all[16];
    time_t  now, latest;

    now = ngx_time();
    latest = now + NGX_HTTP_IDV_SESSION_SKEW;

    if (session->issued > latest || session->verified > latest
        || session->seen > latest)
    {
        *reason = "of the future";
        return NGX_DECLINED;
    }

    /* a lifetime that was shortened holds for sessions that are out already */

    if (now >= session->expires
        || now - session->issued >= provider->session_lifetime)
    {
        *reason = "expired";
        return NGX_DECLINED;
    }

    if (provider->session_idle
        && now - session->seen >= provider->session_idle)
    {
        *reason = "idle";
        return NGX_DECLINED;
    }

    if (!idv_equal(session->subject, subject, sizeof(session->subject))) {
        *reason = "of another subject";
        return NGX_DECLINED;
    }

    idv_store_subject(provider->id, session->owner, all);

    if (idv_store_revoked(provider->store, session->id, all, session->issued,
                          now))
    {
        *reason = "revoked";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_session_issue(ngx_http_request_t *r,
    const idv_provider_t *provider, const idv_flow_t *flow, ngx_str_t *claims,
    ngx_str_t *out)
{
    size_t                  room;
    time_t                  now;
    ngx_str_t               text;
    ngx_http_idv_ctx_t     *ctx;
    ngx_http_idv_session_t  session;

    ngx_memzero(&session, sizeof(ngx_http_idv_session_t));

    if (provider->registration
        && idv_uuid_parse(session.user, (u_char *) flow->user,
                          ngx_strlen(flow->user))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (idv_random(session.id, sizeof(session.id)) != NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "idv: no random numbers for a session");
        return NGX_ERROR;
    }

    ngx_memcpy(session.subject, flow->subject, sizeof(session.subject));
    ngx_memcpy(session.policy, flow->policy, sizeof(session.policy));
    ngx_memcpy(session.tx, flow->tx, sizeof(session.tx));

    if (idv_engine_owner(flow, session.owner) != NGX_OK) {
        return NGX_ERROR;
    }

    now = ngx_time();

    session.bypass = (flow->flags & IDV_FLOW_BYPASS) ? 1 : 0;
    session.status = flow->tx_status;
    session.verified = (flow->entered > 0 && flow->entered < now)
                       ? flow->entered : now;
    session.issued = now;
    session.seen = now;
    session.expires = now + provider->session_lifetime;
    session.header = (out != NULL);

    if (claims && claims->len) {
        session.claims = *claims;

    } else if (session.bypass) {
        ngx_str_set(&session.claims, "{\"transactionStatus\":\"BYPASS\"}");

    } else {
        ngx_str_set(&session.claims, "{}");
    }

    room = ngx_http_idv_session_room(r, provider, session.header);

    if (ngx_http_idv_session_fit(r, &session.claims, room) != NGX_OK
        || ngx_http_idv_session_seal(r, provider, &session, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out) {
        *out = text;
        return NGX_OK;
    }

    ctx = ngx_http_idv_get_ctx(r);

    ctx->issued = ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_SESSION,
                                          &text, provider->session_lifetime);
    if (ctx->issued == NULL) {
        return NGX_ERROR;
    }

    /* a header without a hash is not sent */
    ctx->issued->hash = 0;

    return NGX_OK;
}


void
ngx_http_idv_session_grant(ngx_http_request_t *r,
    const idv_provider_t *provider)
{
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_idv_get_ctx(r);

    if (ctx && ctx->issued) {
        ctx->issued->hash = 1;
    }

    idv_store_count(provider->store, IDV_COUNT_SESSIONS_ISSUED);
}


ngx_int_t
ngx_http_idv_session_touch(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session)
{
    time_t     now;
    ngx_str_t  text;

    now = ngx_time();

    if (provider->session_idle == 0
        || now - session->seen < (provider->session_idle + 3) / 4
        || r->header_sent)
    {
        return NGX_OK;
    }

    session->seen = now;

    if (ngx_http_idv_session_seal(r, provider, session, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_idv_session_send(r, provider, session, &text);
}


ngx_int_t
ngx_http_idv_session_json(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session,
    ngx_str_t *json)
{
    u_char      *p;
    size_t       len;
    time_t       expires, idle;
    const char  *status;

    static u_char  zero[16];

    if (session == NULL) {
        ngx_str_set(json, "{\"active\":false}");
        return NGX_OK;
    }

    status = session->bypass ? "BYPASS"
                             : idv_tx_status_name(session->status);

    len = sizeof("{\"active\":true,\"status\":\"\",\"verifiedAt\":\"\","
                 "\"expiresAt\":\"\",\"idleExpiresAt\":\"\",\"policy\":\"\"}")
          + ngx_strlen(status) + 3 * NGX_HTTP_IDV_TIME_LEN + IDV_UUID_LEN;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;

    p = ngx_sprintf(p, "{\"active\":true,\"status\":\"%s\"", status);

    if (!session->bypass) {
        p = ngx_sprintf(p, ",\"verifiedAt\":\"");
        p = ngx_http_idv_time(p, session->verified);
        *p++ = '"';
    }

    expires = ngx_min(session->expires,
                      session->issued + provider->session_lifetime);

    p = ngx_sprintf(p, ",\"expiresAt\":\"");
    p = ngx_http_idv_time(p, expires);
    *p++ = '"';

    if (provider->session_idle) {
        idle = ngx_min(expires, session->seen + provider->session_idle);

        p = ngx_sprintf(p, ",\"idleExpiresAt\":\"");
        p = ngx_http_idv_time(p, idle);
        *p++ = '"';
    }

    if (ngx_memcmp(session->policy, zero, sizeof(zero)) != 0) {
        p = ngx_sprintf(p, ",\"policy\":\"");
        p = idv_uuid_print(p, session->policy);
        *p++ = '"';
    }

    *p++ = '}';
    json->len = p - json->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_session_seal(ngx_http_request_t *r,
    const idv_provider_t *provider, const ngx_http_idv_session_t *session,
    ngx_str_t *text)
{
    u_char                 *record;
    size_t                  len, blanks;
    ssize_t                 n;
    ngx_str_t               aad, bytes;
    ngx_http_idv_sealed_t   sealed;

    sealed.provider = provider;
    sealed.header = session->header;
    ngx_http_idv_session_host(r, &sealed.host);

    if (ngx_http_idv_session_aad(r, &sealed, &aad) != NGX_OK) {
        return NGX_ERROR;
    }

    len = NGX_HTTP_IDV_SESSION_FIXED + session->claims.len
          + ngx_http_idv_session_user(provider);
    blanks = (3 - (len + IDV_SEAL_OVERHEAD) % 3) % 3;
    len += blanks;

    record = ngx_pnalloc(r->pool, len);
    bytes.data = ngx_pnalloc(r->pool, len + IDV_SEAL_OVERHEAD);
    text->data = ngx_pnalloc(r->pool,
                         ngx_base64_encoded_length(len + IDV_SEAL_OVERHEAD));

    if (record == NULL || bytes.data == NULL || text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_http_idv_session_write(record, session,
                               ngx_http_idv_session_user(provider), blanks);

    n = idv_seal(&provider->keys[0], &aad, record, len, bytes.data);

    ngx_explicit_memzero(record, len);

    if (n == NGX_ERROR) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "idv: sealing a session failed");
        return NGX_ERROR;
    }

    bytes.len = n;

    ngx_encode_base64url(text, &bytes);

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_session_aad(ngx_http_request_t *r,
    const ngx_http_idv_sealed_t *sealed, ngx_str_t *aad)
{
    u_char      *p;
    size_t       len;
    ngx_str_t    parts[5];
    ngx_uint_t   i;

    if (sealed->header) {
        ngx_str_set(&parts[0], "header IDV-Session");

    } else {
        parts[0] = sealed->provider->cookie_name;
    }

    ngx_str_set(&parts[1], "session 2");
    parts[2] = sealed->provider->name;
    parts[3] = sealed->provider->environment_id;
    parts[4] = sealed->host;

    len = 0;

    for (i = 0; i < 5; i++) {
        len += 2 + parts[i].len;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    aad->data = p;
    aad->len = len;

    for (i = 0; i < 5; i++) {
        *p++ = (u_char) (parts[i].len >> 8);
        *p++ = (u_char) parts[i].len;
        p = ngx_cpymem(p, parts[i].data, parts[i].len);
    }

    return NGX_OK;
}


void
ngx_http_idv_session_host(ngx_http_request_t *r, ngx_str_t *host)
{
    ngx_http_core_srv_conf_t  *cscf;

    *host = r->headers_in.server;

    if (host->len == 0) {
        cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
        *host = cscf->server_name;
    }
}


/* bytes of the user that a registration has made */

static size_t
ngx_http_idv_session_user(const idv_provider_t *provider)
{
    return provider->registration ? sizeof(((ngx_http_idv_session_t *) 0)->user)
                                  : 0;
}


/* bytes of claims that a session may have for its text to be let in again */

static size_t
ngx_http_idv_session_room(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_uint_t header)
{
    ngx_str_t  name;

    if (header) {
        ngx_str_set(&name, "IDV-Session");

    } else {
        ngx_http_idv_cookie_name(r, provider, IDV_COOKIE_SESSION, &name);
    }

    return (NGX_HTTP_IDV_MAX_COOKIE - name.len - 1) / 4 * 3
           - NGX_HTTP_IDV_SESSION_FIXED - ngx_http_idv_session_user(provider)
           - IDV_SEAL_OVERHEAD;
}


/* leaves out claims from the end until the rest has room */

static ngx_int_t
ngx_http_idv_session_fit(ngx_http_request_t *r, ngx_str_t *claims, size_t room)
{
    void        *iter;
    json_t      *root;
    const char  *last;

    if (claims->len <= room) {
        return NGX_OK;
    }

    root = idv_json_parse(r->pool, claims->data, claims->len,
                          IDV_STORE_MAX_CLAIMS);

    if (!json_is_object(root)) {
        return NGX_ERROR;
    }

    while (claims->len > room) {

        last = NULL;

        for (iter = json_object_iter(root);
             iter;
             iter = json_object_iter_next(root, iter))
        {
            last = json_object_iter_key(iter);
        }

        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "idv: claim \"%s\" left out, the session is too long",
                      last);

        if (json_object_del(root, last) != 0
            || idv_json_dump(r->pool, root, claims) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_session_send(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_http_idv_session_t *session,
    ngx_str_t *text)
{
    if (session->header) {
        return ngx_http_idv_header(r, "IDV-Session", text);
    }

    return ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_SESSION, text,
                                   session->expires - ngx_time())
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_idv_session_write(u_char *record,
    const ngx_http_idv_session_t *session, size_t user, size_t blanks)
{
    u_char  *p;

    p = record;

    *p++ = NGX_HTTP_IDV_SESSION_VERSION;
    *p++ = (session->header ? NGX_HTTP_IDV_SESSION_HEADER : 0)
           | (session->bypass ? NGX_HTTP_IDV_SESSION_BYPASS : 0)
           | (user ? NGX_HTTP_IDV_SESSION_USER : 0);
    *p++ = session->status;
    *p++ = (u_char) blanks;

    p = ngx_cpymem(p, session->id, sizeof(session->id));
    p = ngx_cpymem(p, session->subject, sizeof(session->subject));
    p = ngx_cpymem(p, session->policy, sizeof(session->policy));
    p = ngx_cpymem(p, session->tx, sizeof(session->tx));

    ngx_http_idv_session_put64(p, session->verified);
    ngx_http_idv_session_put64(p + 8, session->issued);
    ngx_http_idv_session_put64(p + 16, session->seen);
    ngx_http_idv_session_put64(p + 24, session->expires);

    p = ngx_cpymem(p + 32, session->owner, sizeof(session->owner));
    p = ngx_cpymem(p, session->user, user);
    p = ngx_cpymem(p, session->claims.data, session->claims.len);

    ngx_memset(p, ' ', blanks);
}


static ngx_int_t
ngx_http_idv_session_read(u_char *record, size_t len,
    ngx_http_idv_session_t *session)
{
    size_t  user, blanks;

    user = (record[1] & NGX_HTTP_IDV_SESSION_USER)
           ? sizeof(session->user) : 0;
    blanks = record[3];

    if (record[0] != NGX_HTTP_IDV_SESSION_VERSION
        || user + blanks > len - NGX_HTTP_IDV_SESSION_FIXED)
    {
        return NGX_DECLINED;
    }

    ngx_memzero(session, sizeof(ngx_http_idv_session_t));

    session->header = (record[1] & NGX_HTTP_IDV_SESSION_HEADER) ? 1 : 0;
    session->bypass = (record[1] & NGX_HTTP_IDV_SESSION_BYPASS) ? 1 : 0;
    session->status = record[2];

    ngx_memcpy(session->id, &record[4], sizeof(session->id));
    ngx_memcpy(session->subject, &record[20], sizeof(session->subject));
    ngx_memcpy(session->policy, &record[36], sizeof(session->policy));
    ngx_memcpy(session->tx, &record[52], sizeof(session->tx));
    ngx_memcpy(session->owner, &record[100], sizeof(session->owner));

    session->verified = ngx_http_idv_session_get64(&record[68]);
    session->issued = ngx_http_idv_session_get64(&record[76]);
    session->seen = ngx_http_idv_session_get64(&record[84]);
    session->expires = ngx_http_idv_session_get64(&record[92]);

    /* of no time that we have lived in, and the clock minus it no number */

    if (session->verified < 0 || session->issued < 0 || session->seen < 0) {
        return NGX_DECLINED;
    }

    ngx_memcpy(session->user, &record[NGX_HTTP_IDV_SESSION_FIXED], user);

    session->claims.data = &record[NGX_HTTP_IDV_SESSION_FIXED + user];
    session->claims.len = len - NGX_HTTP_IDV_SESSION_FIXED - user - blanks;

    return NGX_OK;
}


static void
ngx_http_idv_session_put64(u_char *p, int64_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < 8; i++) {
        p[i] = (u_char) ((uint64_t) n >> (56 - 8 * i));
    }
}


static int64_t
ngx_http_idv_session_get64(const u_char *p)
{
    uint64_t    n;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i < 8; i++) {
        n = n << 8 | p[i];
    }

    return (int64_t) n;
}
