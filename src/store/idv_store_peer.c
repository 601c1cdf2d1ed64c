
/*
 * Copyright (C) nginx-idv authors
 *
 * A provider's record in the zone.
 *
 * Nothing here can be left behind by a worker that dies: the lease of a fetch
 * and the half-open probe are deadlines, and their value names their holder (a
 * later one has a later deadline), so a holder that comes late gives back
 * nothing that is not its own.  A token is there only while its length is set,
 * which is written last.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_store.h"
#include "idv_store_peer.h"


#define IDV_PEER_READ_COST      60000    /* ms in the rate's minute */
#define IDV_PEER_WARN_INTERVAL  60000
#define IDV_PEER_RENEW_BEFORE   60000    /* at most so long before the end */


static ngx_uint_t idv_store_peer_closed(idv_store_peer_t *peer,
    const idv_store_peer_conf_t *conf, uint64_t now, idv_peer_pass_t *pass);
static void idv_store_peer_fill(idv_store_peer_t *peer,
    const idv_store_peer_conf_t *conf, uint64_t now);
static ngx_uint_t idv_store_peer_charge(idv_store_peer_t *peer,
    const idv_store_peer_conf_t *conf, ngx_uint_t read, uint64_t now,
    idv_peer_pass_t *pass);
static void idv_store_peer_wipe(idv_store_peer_t *peer);
static ngx_uint_t idv_store_peer_unlease(idv_store_peer_t *peer,
    idv_peer_token_t *token);


idv_peer_verdict_e
idv_store_peer_admit(idv_store_t *store, uint64_t id,
    const idv_store_peer_conf_t *conf, ngx_uint_t read, uint64_t now,
    idv_peer_pass_t *pass)
{
    idv_store_peer_t    *peer;
    idv_peer_verdict_e   verdict;

    pass->wait = 0;
    pass->warn = 0;

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return IDV_PEER_MISSING;
    }

    if (now < peer->not_before) {
        pass->wait = peer->not_before - now;
        verdict = peer->throttled ? IDV_PEER_THROTTLED : IDV_PEER_DEFERRED;

    } else if (!idv_store_peer_closed(peer, conf, now, pass)) {
        verdict = IDV_PEER_OPEN;

    } else if (!idv_store_peer_charge(peer, conf, read, now, pass)) {
        verdict = IDV_PEER_EMPTY;

    } else {
        verdict = IDV_PEER_ADMITTED;

        /* nothing is taken by a call that is refused: the probe comes last */

        if (conf->failures && peer->open && pass->probe == 0) {
            peer->probe = now + conf->probe;
            pass->probe = peer->probe;
        }
    }

    idv_store_peer_unlock(store);

    return verdict;
}


static ngx_uint_t
idv_store_peer_closed(idv_store_peer_t *peer, const idv_store_peer_conf_t *conf,
    uint64_t now, idv_peer_pass_t *pass)
{
    if (conf->failures == 0 || peer->open == 0 || pass->probe) {
        return 1;
    }

    if (now < peer->open) {
        pass->wait = peer->open - now;
        return 0;
    }

    if (now < peer->probe) {
        pass->wait = peer->probe - now;
        return 0;
    }

    return 1;
}


static void
idv_store_peer_fill(idv_store_peer_t *peer, const idv_store_peer_conf_t *conf,
    uint64_t now)
{
    uint64_t  size, missing, elapsed;

    size = (uint64_t) ngx_max(conf->burst, 1) * IDV_PEER_READ_COST;

    if (peer->filled == 0 || peer->bucket > size) {
        peer->bucket = size;
        peer->filled = now;
        return;
    }

    /* another worker may have been here with a clock a little ahead */

    if (now <= peer->filled) {
        return;
    }

    elapsed = now - peer->filled;
    missing = size - peer->bucket;

    /* the division first: elapsed * rate may not fit after a long silence */

    if (elapsed > missing / conf->rate) {
        peer->bucket = size;

    } else {
        peer->bucket += elapsed * conf->rate;
    }

    peer->filled = now;
}


static ngx_uint_t
idv_store_peer_charge(idv_store_peer_t *peer, const idv_store_peer_conf_t *conf,
    ngx_uint_t read, uint64_t now, idv_peer_pass_t *pass)
{
    if (conf->rate == 0) {
        return 1;
    }

    idv_store_peer_fill(peer, conf, now);

    if (peer->bucket >= IDV_PEER_READ_COST) {
        peer->bucket -= IDV_PEER_READ_COST;
        return 1;
    }

    if (!read) {
        peer->bucket = 0;
        return 1;
    }

    pass->wait = (IDV_PEER_READ_COST - peer->bucket + conf->rate - 1)
                 / conf->rate;

    if (peer->warned == 0 || now >= peer->warned + IDV_PEER_WARN_INTERVAL) {
        peer->warned = now;
        pass->warn = 1;
    }

    return 0;
}


ngx_uint_t
idv_store_peer_settle(idv_store_t *store, uint64_t id,
    const idv_store_peer_conf_t *conf, idv_peer_pass_t *pass,
    idv_peer_outcome_e outcome, uint64_t now)
{
    ngx_uint_t         opened;
    idv_store_peer_t  *peer;

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return 0;
    }

    opened = 0;

    switch (outcome) {

    case IDV_PEER_GOOD:
        peer->failures = 0;
        peer->open = 0;
        break;

    case IDV_PEER_BAD:
        if (peer->failures < NGX_MAX_UINT32_VALUE) {
            peer->failures++;
        }

        /* calls that were out when it opened do not keep it open */

        if (conf->failures && now >= peer->open
            && (pass->probe || peer->failures >= conf->failures))
        {
            peer->open = now + conf->timeout;
            opened = 1;
        }

        break;

    default: /* IDV_PEER_NEITHER */
        break;
    }

    if (pass->probe && peer->probe == pass->probe) {
        peer->probe = 0;
    }

    pass->probe = 0;

    idv_store_peer_unlock(store);

    return opened;
}


void
idv_store_peer_defer(idv_store_t *store, uint64_t id, uint64_t wait,
    ngx_uint_t throttled, uint64_t now)
{
    idv_store_peer_t  *peer;

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return;
    }

    if (now + wait > peer->not_before) {
        peer->not_before = now + wait;
        peer->throttled = throttled ? 1 : 0;
    }

    idv_store_peer_unlock(store);
}


ngx_int_t
idv_store_peer_token_get(idv_store_t *store, uint64_t id, uint64_t credentials,
    uint64_t limit, uint64_t now, u_char *buf, idv_peer_token_t *token)
{
    ngx_int_t          rc;
    ngx_uint_t         leased;
    idv_store_peer_t  *peer;

    ngx_memzero(token, sizeof(idv_peer_token_t));

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return NGX_ERROR;
    }

    if (peer->token_len && now >= peer->expires) {
        idv_store_peer_wipe(peer);
    }

    leased = (now < peer->lease);

    if (peer->token_len && peer->credentials == credentials) {
        ngx_memcpy(buf, peer->token, peer->token_len);
        token->len = peer->token_len;
        token->generation = peer->generation;
        rc = NGX_OK;

        if (leased || now < peer->renew) {
            goto done;
        }

    } else if (leased) {
        token->wait = peer->lease - now;
        rc = NGX_AGAIN;
        goto done;

    } else if (now < peer->denied && peer->denied_to == credentials) {
        token->wait = peer->denied - now;
        token->why = peer->denied_why;
        rc = NGX_BUSY;
        goto done;

    } else {
        rc = NGX_DECLINED;
    }

    if (limit) {

        /* never the deadline of an earlier holder, which would be its own */

        peer->lease = ngx_max(now + limit, peer->lease + 1);
        token->lease = peer->lease;
    }

done:

    idv_store_peer_unlock(store);

    return rc;
}


ngx_int_t
idv_store_peer_token_put(idv_store_t *store, uint64_t id, uint64_t credentials,
    const ngx_str_t *value, uint64_t life, uint64_t now,
    idv_peer_token_t *token)
{
    uint64_t           before;
    idv_store_peer_t  *peer;

    if (value->len == 0 || value->len > IDV_STORE_PEER_MAX_TOKEN) {
        return NGX_DECLINED;
    }

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return NGX_ERROR;
    }

    idv_store_peer_wipe(peer);

    before = ngx_min(life / 10, IDV_PEER_RENEW_BEFORE);

    peer->credentials = credentials;
    peer->expires = now + life;
    peer->renew = peer->expires - before;
    peer->denied = 0;

    token->generation = ++peer->generation;

    ngx_memcpy(peer->token, value->data, value->len);

    ngx_memory_barrier();

    peer->token_len = (uint16_t) value->len;

    (void) idv_store_peer_unlease(peer, token);

    idv_store_peer_unlock(store);

    return NGX_OK;
}


void
idv_store_peer_token_deny(idv_store_t *store, uint64_t id, uint64_t credentials,
    uint64_t hold, uint8_t why, uint64_t now, idv_peer_token_t *token)
{
    ngx_uint_t         held;
    idv_store_peer_t  *peer;

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return;
    }

    held = idv_store_peer_unlease(peer, token);

    if (peer->token_len && peer->credentials == credentials) {

        /* the lease may have passed on, and the token be of whoever has it */

        if (held) {
            peer->renew = now + hold;
        }

    } else {
        peer->denied = now + hold;
        peer->denied_to = credentials;
        peer->denied_why = why;
    }

    idv_store_peer_unlock(store);
}


void
idv_store_peer_token_release(idv_store_t *store, uint64_t id,
    idv_peer_token_t *token)
{
    idv_store_peer_t  *peer;

    if (token->lease == 0) {
        return;
    }

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return;
    }

    (void) idv_store_peer_unlease(peer, token);

    idv_store_peer_unlock(store);
}


void
idv_store_peer_token_drop(idv_store_t *store, uint64_t id, uint64_t generation)
{
    idv_store_peer_t  *peer;

    peer = idv_store_peer_lock(store, id);
    if (peer == NULL) {
        return;
    }

    /* another worker may have brought a new one in the meantime */

    if (peer->generation == generation) {
        idv_store_peer_wipe(peer);
    }

    idv_store_peer_unlock(store);
}


static void
idv_store_peer_wipe(idv_store_peer_t *peer)
{
    peer->token_len = 0;

    /* whole: a worker may have died with only a part of it written */

    ngx_explicit_memzero(peer->token, IDV_STORE_PEER_MAX_TOKEN);
}


/* 1: the lease was still the caller's */

static ngx_uint_t
idv_store_peer_unlease(idv_store_peer_t *peer, idv_peer_token_t *token)
{
    ngx_uint_t  held;

    held = (token->lease && peer->lease == token->lease);

    if (held) {
        peer->lease = 0;
    }

    token->lease = 0;

    return held;
}
