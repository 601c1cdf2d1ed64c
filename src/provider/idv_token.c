
/*
 * Copyright (C) nginx-idv authors
 *
 *   idv_token_get --> look --+-- in the zone ------------------> NGX_OK
 *                      ^     +-- another worker fetches: wait -+
 *                      |     |                                 |
 *                      +---- | <-------------------------------+
 *                            +-- a fetch has just failed ------> NGX_DECLINED
 *                            +-- none, or due: the lease is ours
 *                                  |
 *                                  v        pause
 *                                fetch <-------------+
 *                                  |                 |
 *                                  v                 |
 *                               fetched -- again? ---+
 *                                  |
 *                                  v
 *                    into the zone, or denied for a while --> handler
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_token.h"


#define IDV_TOKEN_LOOK      50       /* ms between looks at the zone */
#define IDV_TOKEN_SLACK     1000     /* ms that a lease outlives its fetch */
#define IDV_TOKEN_BEARER    "Authorization: Bearer "
#define IDV_TOKEN_BASIC     "Authorization: Basic "

/* after a fetch that failed; a wrong secret is not tried at every request */
#define IDV_TOKEN_HOLD          1000
#define IDV_TOKEN_HOLD_REFUSED  10000


static ngx_int_t idv_token_credentials(idv_token_t *token);
static ngx_int_t idv_token_look(idv_token_t *token);
static ngx_int_t idv_token_keep(idv_token_t *token, const u_char *value,
    size_t len);
static ngx_int_t idv_token_wait(idv_token_t *token);
static ngx_int_t idv_token_denied(idv_token_t *token);
static void idv_token_wake(ngx_event_t *ev);
static ngx_int_t idv_token_fetch(idv_token_t *token);
static ngx_int_t idv_token_basic(idv_token_t *token);
static ngx_uint_t idv_token_ambiguous(const idv_provider_t *provider);
static void idv_token_fetched(idv_transfer_t *t);
static void idv_token_store(idv_token_t *token);
static ngx_int_t idv_token_again(idv_token_t *token);
static void idv_token_end(idv_token_t *token);
static void idv_token_wipe(ngx_str_t *secret);


static ngx_str_t  idv_token_fixed_headers[] = {
    ngx_string("Content-Type: application/x-www-form-urlencoded"),
    ngx_string("Accept: application/json"),
    ngx_string("User-Agent: nginx-idv")
};


ngx_int_t
idv_token_get(idv_token_t *token)
{
    token->fetched = 0;
    token->logged = 0;
    token->plain = 0;
    token->repeats = 0;

    idv_token_wipe(&token->header);

    idv_alarm_init(&token->alarm, idv_token_wake, token, token->log,
                   token->live);

    if (idv_token_credentials(token) != NGX_OK) {
        idv_answer_none(&token->answer, IDV_CALL_ERROR,
                        "the token's key cannot be hashed");
        return NGX_DECLINED;
    }

    return idv_token_look(token);
}


/* a reload may bring other credentials for the same provider */

static ngx_int_t
idv_token_credentials(idv_token_t *token)
{
    u_char                 hash[IDV_HASH_LEN];
    ngx_str_t              parts[4];
    const idv_provider_t  *provider;

    provider = token->provider;

    parts[0] = provider->auth_url;
    parts[1] = provider->environment_id;
    parts[2] = provider->client_id;
    parts[3] = provider->client_secret;

    if (idv_hash(hash, parts, 4) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(&token->credentials, hash, sizeof(uint64_t));

    return NGX_OK;
}


static ngx_int_t
idv_token_look(idv_token_t *token)
{
    u_char                 value[IDV_STORE_PEER_MAX_TOKEN];
    uint64_t               now, left;
    ngx_int_t              rc, kept;
    const idv_provider_t  *provider;

    provider = token->provider;
    token->waiting = 0;

    now = ngx_current_msec;
    left = (now < token->deadline) ? token->deadline - now : 0;

    /* without any time it takes no lease: that may have ended right now */

    rc = idv_store_peer_token_get(provider->store, provider->id,
                                  token->credentials,
                                  left ? left + IDV_TOKEN_SLACK : 0,
                                  now, value, &token->peer);

    switch (rc) {

    case NGX_OK:
        token->generation = token->peer.generation;

        kept = idv_token_keep(token, value, token->peer.len);
        ngx_explicit_memzero(value, token->peer.len);

        if (kept != NGX_OK) {
            idv_token_done(token);
            return NGX_DECLINED;
        }

        if (token->peer.lease == 0) {
            return NGX_OK;
        }

        /* it is due; half of the time is left for a call with the old one */

        token->limit = token->deadline - left / 2;
        break;

    case NGX_DECLINED:
        if (token->peer.lease == 0) {
            return idv_token_wait(token);
        }

        token->limit = token->deadline;
        break;

    case NGX_AGAIN:
        return idv_token_wait(token);

    case NGX_BUSY:
        return idv_token_denied(token);

    default: /* NGX_ERROR */
        idv_answer_none(&token->answer, IDV_CALL_UNAVAILABLE,
                        "the zone has no room for another provider");
        return NGX_DECLINED;
    }

    if (idv_token_fetch(token) == NGX_OK) {
        return NGX_AGAIN;
    }

    idv_answer_none(&token->answer, IDV_CALL_ERROR,
                    "the request cannot be sent");
    idv_token_end(token);

    return (token->answer.result == IDV_CALL_OK) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
idv_token_keep(idv_token_t *token, const u_char *value, size_t len)
{
    u_char  *p;
    size_t   size;

    idv_token_wipe(&token->header);

    size = sizeof(IDV_TOKEN_BEARER) - 1 + len;

    p = ngx_pnalloc(token->pool, size + 1);
    if (p == NULL) {
        idv_answer_none(&token->answer, IDV_CALL_ERROR, "no memory");
        return NGX_ERROR;
    }

    token->header.data = p;
    token->header.len = size;

    p = ngx_cpymem(p, IDV_TOKEN_BEARER, sizeof(IDV_TOKEN_BEARER) - 1);
    p = ngx_cpymem(p, value, len);
    *p = '\0';

    token->answer.result = IDV_CALL_OK;

    return NGX_OK;
}


static ngx_int_t
idv_token_wait(idv_token_t *token)
{
    uint64_t  now, ms;

    now = ngx_current_msec;

    if (now >= token->deadline) {
        idv_answer_none(&token->answer, IDV_CALL_UNAVAILABLE,
                        "no token in time");
        return NGX_DECLINED;
    }

    ms = ngx_min(token->peer.wait, IDV_TOKEN_LOOK);
    ms = ngx_min(ms, token->deadline - now);

    token->waiting = 1;
    idv_alarm_in(&token->alarm, ms);

    return NGX_AGAIN;
}


static ngx_int_t
idv_token_denied(idv_token_t *token)
{
    idv_answer_none(&token->answer, token->peer.why,
                    "a token was refused a moment ago");

    token->logged = 1;

    if (token->answer.result != IDV_CALL_REFUSED) {
        token->answer.retry_after = (token->peer.wait + 999) / 1000;
    }

    return NGX_DECLINED;
}


static void
idv_token_wake(ngx_event_t *ev)
{
    ngx_int_t     rc;
    idv_token_t  *token;

    token = idv_alarm_data(ev);

    if (token->transfer) {
        idv_transfer_cancel(token->transfer);
        token->transfer = NULL;

        idv_answer_late(&token->answer);
        idv_token_end(token);
        token->handler(token);
        return;
    }

    if (!token->waiting) {

        if (idv_token_fetch(token) == NGX_OK) {
            return;
        }

        idv_token_end(token);
        token->handler(token);
        return;
    }

    rc = idv_token_look(token);

    if (rc != NGX_AGAIN) {
        token->handler(token);
    }
}


static ngx_int_t
idv_token_fetch(idv_token_t *token)
{
    u_char                *p;
    size_t                 size;
    uint64_t               now;
    ngx_uint_t             i;
    idv_transfer_t        *t;
    const idv_provider_t  *provider;

    provider = token->provider;

    t = ngx_pcalloc(token->pool, sizeof(idv_transfer_t));
    if (t == NULL || idv_token_basic(token) != NGX_OK) {
        return NGX_ERROR;
    }

    size = provider->auth_url.len + provider->environment_id.len
           + sizeof("//as/token");

    t->url.data = ngx_pnalloc(token->pool, size);
    if (t->url.data == NULL) {
        idv_token_wipe(&token->basic);
        return NGX_ERROR;
    }

    p = ngx_sprintf(t->url.data, "%V/%V/as/token%Z", &provider->auth_url,
                    &provider->environment_id);

    t->url.len = p - t->url.data - 1;

    ngx_str_set(&t->method, "POST");
    ngx_str_set(&t->body, "grant_type=client_credentials");

    t->headers[t->nheaders++] = token->basic;

    for (i = 0; i < sizeof(idv_token_fixed_headers) / sizeof(ngx_str_t); i++) {
        t->headers[t->nheaders++] = idv_token_fixed_headers[i];
    }

    t->conf = &provider->net;
    t->pool = token->pool;
    t->log = token->log;
    t->live = token->live;
    t->handler = idv_token_fetched;
    t->data = token;

    now = ngx_current_msec;

    if (now >= token->limit || idv_transfer_start(t) != NGX_OK) {
        idv_token_wipe(&token->basic);
        return NGX_ERROR;
    }

    idv_store_count(provider->store, IDV_COUNT_PROVIDER_TOKENS);

    token->transfer = t;
    token->started = now;
    token->fetched = 1;

    /* the driver knows the transfer's own deadline, not that of the call */

    if (token->limit - now < provider->net.timeout) {
        idv_alarm_in(&token->alarm, token->limit - now);
    }

    return NGX_OK;
}


/*
 * RFC 6749 section 2.3.1 has id and secret form-urlencoded before they are
 * joined; PingOne's documentation does not.  What PingOne generates is the same
 * either way.  For anything else the RFC's form is tried first.
 */

static ngx_int_t
idv_token_basic(idv_token_t *token)
{
    u_char                *p;
    ngx_int_t              rc;
    ngx_str_t              pair, text;
    const idv_provider_t  *provider;

    provider = token->provider;

    pair.len = 3 * (provider->client_id.len + provider->client_secret.len) + 1;

    pair.data = ngx_pnalloc(token->pool, pair.len);
    if (pair.data == NULL) {
        return NGX_ERROR;
    }

    p = pair.data;

    if (token->plain) {
        p = ngx_sprintf(p, "%V:%V", &provider->client_id,
                        &provider->client_secret);

    } else {
        p = (u_char *) ngx_escape_uri(p, provider->client_id.data,
                                      provider->client_id.len,
                                      NGX_ESCAPE_URI_COMPONENT);
        *p++ = ':';
        p = (u_char *) ngx_escape_uri(p, provider->client_secret.data,
                                      provider->client_secret.len,
                                      NGX_ESCAPE_URI_COMPONENT);
    }

    text.data = pair.data;
    text.len = p - pair.data;

    token->basic.len = sizeof(IDV_TOKEN_BASIC) - 1
                       + ngx_base64_encoded_length(text.len);

    token->basic.data = ngx_pnalloc(token->pool, token->basic.len + 1);

    if (token->basic.data) {
        p = ngx_cpymem(token->basic.data, IDV_TOKEN_BASIC,
                       sizeof(IDV_TOKEN_BASIC) - 1);

        pair.data = p;
        ngx_encode_base64(&pair, &text);

        token->basic.len = p + pair.len - token->basic.data;
        token->basic.data[token->basic.len] = '\0';
        rc = NGX_OK;

    } else {
        token->basic.len = 0;
        rc = NGX_ERROR;
    }

    ngx_explicit_memzero(text.data, text.len);

    return rc;
}


static ngx_uint_t
idv_token_ambiguous(const idv_provider_t *provider)
{
    return ngx_escape_uri(NULL, provider->client_id.data,
                          provider->client_id.len, NGX_ESCAPE_URI_COMPONENT)
           || ngx_escape_uri(NULL, provider->client_secret.data,
                             provider->client_secret.len,
                             NGX_ESCAPE_URI_COMPONENT);
}


static void
idv_token_fetched(idv_transfer_t *t)
{
    idv_token_t  *token;

    token = t->data;
    token->transfer = NULL;

    idv_alarm_stop(&token->alarm);
    idv_token_wipe(&token->basic);

    idv_answer_read(&token->answer, t);

    if (token->answer.result == IDV_CALL_OK) {
        idv_token_store(token);
    }

    if (token->answer.result != IDV_CALL_OK
        && idv_token_again(token) == NGX_OK)
    {
        return;
    }

    idv_token_end(token);
    token->handler(token);
}


static void
idv_token_store(idv_token_t *token)
{
    json_t                *document;
    ngx_int_t              rc;
    const char            *why;
    idv_pingone_token_t    fresh;
    const idv_provider_t  *provider;

    provider = token->provider;

    why = idv_pingone_token(token->answer.document, &fresh);

    if (why) {
        idv_answer_unusable(&token->answer, why);
        return;
    }

    document = token->answer.document;
    token->answer.document = NULL;

    /* its life began before it came */

    rc = idv_store_peer_token_put(provider->store, provider->id,
                                  token->credentials, &fresh.value,
                                  fresh.life * 1000, token->started,
                                  &token->peer);

    if (rc == NGX_OK) {
        token->generation = token->peer.generation;
        rc = idv_token_keep(token, fresh.value.data, fresh.value.len);
    }

    /* the document is ours alone, and goes back to malloc() as it is */

    ngx_explicit_memzero(fresh.value.data, fresh.value.len);

    json_decref(document);

    if (rc == NGX_DECLINED) {
        idv_answer_unusable(&token->answer, "the token is too long");

    } else if (rc != NGX_OK) {
        idv_answer_none(&token->answer, IDV_CALL_ERROR,
                        "no memory for the token");
    }
}


/* NGX_OK: another transfer is on its way, now or after a pause */

static ngx_int_t
idv_token_again(idv_token_t *token)
{
    ngx_msec_t  pause;

    if (token->answer.result == IDV_CALL_REFUSED
        && (token->answer.status == 401 || token->answer.status == 400)
        && !token->plain && idv_token_ambiguous(token->provider))
    {
        token->plain = 1;

        return idv_token_fetch(token);
    }

    if (!token->answer.repeat || token->repeats == IDV_ANSWER_REPEATS) {
        return NGX_DECLINED;
    }

    pause = idv_answer_backoff(token->repeats++);

    if ((uint64_t) ngx_current_msec + pause >= token->limit) {
        return NGX_DECLINED;
    }

    idv_alarm_in(&token->alarm, pause);

    return NGX_OK;
}


/* the end of our own fetch, good or bad */

static void
idv_token_end(idv_token_t *token)
{
    uint64_t               hold;
    idv_answer_t          *answer;
    const idv_provider_t  *provider;

    provider = token->provider;
    answer = &token->answer;

    idv_alarm_stop(&token->alarm);
    idv_token_wipe(&token->basic);

    if (answer->result == IDV_CALL_OK) {
        return;
    }

    /* "not found" is about a user; here it is a wrong environment */

    if (answer->result == IDV_CALL_NOT_FOUND) {
        answer->result = IDV_CALL_REFUSED;
    }

    if (answer->outcome == IDV_PEER_NEITHER) {

        /* a fault of our own says nothing of the next fetch */

        idv_store_peer_token_release(provider->store, provider->id,
                                     &token->peer);

    } else {
        hold = (answer->result == IDV_CALL_REFUSED) ? IDV_TOKEN_HOLD_REFUSED
                                                    : IDV_TOKEN_HOLD;

        idv_store_peer_token_deny(provider->store, provider->id,
                                  token->credentials, hold, answer->result,
                                  ngx_current_msec, &token->peer);
    }

    idv_answer_fault(answer, provider, "token", token->log);
    token->logged = 1;

    /* a renewal: the old one is still good */

    if (token->header.len && answer->retry_after <= 0) {
        answer->result = IDV_CALL_OK;
    }
}


void
idv_token_drop(idv_token_t *token)
{
    idv_store_peer_token_drop(token->provider->store, token->provider->id,
                              token->generation);

    idv_token_wipe(&token->header);
}


void
idv_token_done(idv_token_t *token)
{
    if (token->provider == NULL) {
        return;
    }

    if (token->transfer) {
        idv_transfer_cancel(token->transfer);
        token->transfer = NULL;
    }

    idv_alarm_stop(&token->alarm);

    idv_store_peer_token_release(token->provider->store, token->provider->id,
                                 &token->peer);

    idv_token_wipe(&token->basic);
    idv_token_wipe(&token->header);
}


void
idv_token_detach(idv_token_t *token, ngx_log_t *log)
{
    token->live = 0;
    token->log = log;

    idv_alarm_detach(&token->alarm, log);

    if (token->transfer) {
        idv_transfer_detach(token->transfer);
        token->transfer->log = log;
    }
}


static void
idv_token_wipe(ngx_str_t *secret)
{
    if (secret->len) {
        ngx_explicit_memzero(secret->data, secret->len);
        secret->len = 0;
    }
}
