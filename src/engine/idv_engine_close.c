
/*
 * Copyright (C) nginx-idv authors
 *
 * The end of a flow by an administrator.  What is under way for it comes back
 * to a flow that is over, and whoever waits for it finds none.
 */


#include "idv_engine_job.h"


#define IDV_ENGINE_CLOSES  8         /* lost races in a row */


ngx_int_t
idv_engine_close(const idv_provider_t *provider, ngx_str_t *id,
    idv_flow_t *flow)
{
    ngx_uint_t    tries;
    idv_flow_t    loaded;
    idv_event_t   event;
    idv_effect_t  effect;

    ngx_memzero(&event, sizeof(idv_event_t));
    event.type = IDV_EVENT_CLOSE;

    for (tries = 0; tries < IDV_ENGINE_CLOSES; tries++) {

        idv_engine_clock(&event);

        if (idv_store_load(provider->store, id, event.now_ms, &loaded)
            != NGX_OK
            || loaded.provider != provider->id
            || idv_flow_next(&provider->flow, &loaded, &event, flow, &effect)
               != IDV_FLOW_OK)
        {
            return NGX_DECLINED;
        }

        if (idv_store_save(provider->store, flow, NULL) == NGX_OK) {
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}
