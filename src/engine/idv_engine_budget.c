
/*
 * Copyright (C) nginx-idv authors
 *
 * Each transaction costs the operator money: a subject, an address and all
 * together have so many, and who fails too often has none for a time.
 */


#include "idv_engine_job.h"
#include "../util/idv_crypto.h"


static const struct {
    idv_engine_result_e   result;
    idv_count_e           counter;
    const char           *reason;
} idv_engine_limits[IDV_LIMIT_NKINDS] = {

    { IDV_ENGINE_LIMITED, IDV_COUNT_LIMITED_SUBJECT,
      "a subject has reached its limit of transactions" },

    { IDV_ENGINE_LIMITED_ADDRESS, IDV_COUNT_LIMITED_ADDRESS,
      "a client address has reached its limit of transactions" },

    { IDV_ENGINE_LIMITED_ALL, IDV_COUNT_LIMITED_ALL,
      "all together have reached their limit of transactions" },

    { IDV_ENGINE_LOCKED, IDV_COUNT_LIMITED_LOCKED,
      "a subject is locked after failures" }
};


/*
 * The limits as the store counts them, each with a key of its own: one that the
 * operator has changed begins anew.
 */

static ngx_int_t
idv_engine_budget(const idv_provider_t *provider, const u_char owner[16],
    const ngx_str_t *address, idv_store_limit_t *limits)
{
    u_char              hash[IDV_HASH_LEN];
    uint64_t            what[3];
    ngx_str_t           parts[2];
    ngx_uint_t          i;
    const idv_limit_t  *limit;

    for (i = 0; i < provider->nlimits; i++) {
        limit = &provider->limits[i];

        what[0] = limit->kind;
        what[1] = limit->period;
        what[2] = limit->count;

        parts[0].data = (u_char *) what;
        parts[0].len = sizeof(what);

        switch (limit->kind) {

        case IDV_LIMIT_ADDRESS:
            parts[1] = *address;
            break;

        case IDV_LIMIT_ALL:
            ngx_str_null(&parts[1]);
            break;

        default:
            parts[1].data = (u_char *) owner;
            parts[1].len = 16;
            break;
        }

        if (idv_hash(hash, parts, 2) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_memcpy(limits[i].key, hash, sizeof(limits[i].key));
        limits[i].count = limit->count;
        limits[i].period = limit->period;
        limits[i].lock = limit->lock;
        limits[i].total = limit->kind == IDV_LIMIT_ALL;
    }

    return NGX_OK;
}


idv_engine_result_e
idv_engine_granted(const idv_provider_t *provider, const idv_flow_t *flow,
    const ngx_str_t *address, ngx_int_t *wait)
{
    u_char             owner[16];
    ngx_uint_t         which;
    idv_store_limit_t  limits[IDV_LIMIT_MAX];

    if (idv_engine_owner(flow, owner) != NGX_OK
        || idv_engine_budget(provider, owner, address, limits) != NGX_OK)
    {
        return IDV_ENGINE_ERROR;
    }

    if (idv_store_ask(provider->store, provider->id, limits,
                      provider->nlimits, &which, wait)
        == NGX_OK)
    {
        return IDV_ENGINE_OK;
    }

    return idv_engine_limits[provider->limits[which].kind].result;
}


idv_engine_result_e
idv_engine_locked(const idv_provider_t *provider, const idv_flow_t *flow,
    ngx_int_t *wait)
{
    u_char             owner[16];
    ngx_str_t          none;
    ngx_uint_t         i, n, which;
    idv_store_limit_t  limits[IDV_LIMIT_MAX];

    ngx_str_null(&none);

    if (provider->nlimits == 0) {
        return IDV_ENGINE_OK;
    }

    if (idv_engine_owner(flow, owner) != NGX_OK
        || idv_engine_budget(provider, owner, &none, limits) != NGX_OK)
    {
        return IDV_ENGINE_ERROR;
    }

    n = 0;

    for (i = 0; i < provider->nlimits; i++) {
        if (limits[i].lock) {
            limits[n++] = limits[i];
        }
    }

    return idv_store_ask(provider->store, provider->id, limits, n, &which,
                         wait)
           == NGX_BUSY ? IDV_ENGINE_LOCKED : IDV_ENGINE_OK;
}


idv_engine_result_e
idv_engine_spend(const idv_provider_t *provider, const idv_flow_t *flow,
    const ngx_str_t *address, idv_store_limit_t *limits, ngx_int_t *wait)
{
    u_char       owner[16];
    ngx_uint_t   which;
    idv_limit_e  kind;

    if (provider->nlimits == 0) {
        return IDV_ENGINE_OK;
    }

    if (idv_engine_owner(flow, owner) != NGX_OK
        || idv_engine_budget(provider, owner, address, limits) != NGX_OK)
    {
        return IDV_ENGINE_ERROR;
    }

    if (idv_store_spend(provider->store, provider->id, limits,
                        provider->nlimits, &which, wait)
        == NGX_OK)
    {
        return IDV_ENGINE_OK;
    }

    kind = provider->limits[which].kind;

    idv_store_count(provider->store, idv_engine_limits[kind].counter);

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "idv: provider \"%V\": %s, and has the next in %i s",
                  &provider->name, idv_engine_limits[kind].reason, *wait);

    return idv_engine_limits[kind].result;
}


void
idv_engine_refund(const idv_provider_t *provider,
    const idv_store_limit_t *limits)
{
    if (provider->nlimits) {
        idv_store_refund(provider->store, provider->id, limits,
                         provider->nlimits);
    }
}


void
idv_engine_strike(const idv_provider_t *provider, const idv_flow_t *flow)
{
    u_char             owner[16];
    ngx_uint_t         i;
    ngx_str_t          none;
    idv_store_limit_t  limits[IDV_LIMIT_MAX];

    ngx_str_null(&none);

    if (provider->nlimits == 0
        || idv_engine_owner(flow, owner) != NGX_OK
        || idv_engine_budget(provider, owner, &none, limits) != NGX_OK)
    {
        return;
    }

    for (i = 0; i < provider->nlimits; i++) {

        if (limits[i].lock == 0
            || idv_store_strike(provider->store, provider->id, &limits[i])
               != NGX_BUSY)
        {
            continue;
        }

        idv_store_count(provider->store, IDV_COUNT_LOCKOUTS);

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "idv: provider \"%V\": a subject is locked for %M s "
                      "after %ui failures", &provider->name,
                      limits[i].lock / 1000, limits[i].count);
    }
}


ngx_int_t
idv_engine_forgive(const idv_provider_t *provider, const u_char owner[16])
{
    ngx_str_t          none;
    ngx_uint_t         i, n;
    idv_store_limit_t  limits[IDV_LIMIT_MAX];

    ngx_str_null(&none);

    if (provider->nlimits == 0) {
        return NGX_OK;
    }

    if (idv_engine_budget(provider, owner, &none, limits) != NGX_OK) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < provider->nlimits; i++) {
        if (provider->limits[i].kind != IDV_LIMIT_ALL
            && provider->limits[i].kind != IDV_LIMIT_ADDRESS)
        {
            limits[n++] = limits[i];
        }
    }

    idv_store_forgive(provider->store, provider->id, limits, n);

    return NGX_OK;
}
