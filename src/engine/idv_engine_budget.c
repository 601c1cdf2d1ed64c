
/*
 * Copyright (C) nginx-idv authors
 *
 * Each transaction costs the operator money: a subject has so many.
 */


#include "idv_engine_job.h"


ngx_int_t
idv_engine_spend(const idv_provider_t *provider, const idv_flow_t *flow,
    ngx_int_t *wait)
{
    if (provider->limit == 0) {
        return NGX_OK;
    }

    if (idv_store_spend(provider->store, flow, provider->limit,
                        provider->limit_period, wait)
        == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "idv: provider \"%V\": a subject has reached its limit of "
                  "transactions", &provider->name);

    return NGX_BUSY;
}


void
idv_engine_refund(const idv_provider_t *provider, const idv_flow_t *flow)
{
    if (provider->limit) {
        idv_store_refund(provider->store, flow, provider->limit,
                         provider->limit_period);
    }
}
