
/*
 * Copyright (C) nginx-idv authors
 *
 * A flow that another zone had, before a restart or on another machine, as its
 * own client has kept it.
 */


#include "idv_engine_job.h"
#include "../util/idv_crypto.h"


static ngx_int_t
idv_engine_resumable(idv_engine_op_t *op, const idv_flow_t *kept,
    int64_t sealed)
{
    u_char  owner[16], key[16];

    /* by its id, or by what is wanted of it */

    if (op->id.len) {
        if (op->id.len != IDV_FLOW_ID_LEN
            || ngx_memcmp(op->id.data, kept->id, IDV_FLOW_ID_LEN) != 0)
        {
            return NGX_DECLINED;
        }

    } else if (ngx_memcmp(op->flow.policy, kept->policy, sizeof(kept->policy))
               != 0
               || ((op->flow.flags ^ kept->flags) & IDV_FLOW_BROWSER))
    {
        return NGX_DECLINED;
    }

    if (!idv_equal(kept->binding, op->binding, sizeof(op->binding))) {
        return NGX_DECLINED;
    }

    /* who was sent back to the beginning does not begin with what was before */

    if (idv_engine_owner(kept, owner) != NGX_OK) {
        return NGX_DECLINED;
    }

    idv_store_subject(op->provider->id, owner, key);

    return idv_store_revoked_before(op->provider->store, key, ngx_time())
           < sealed
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
idv_engine_resume(idv_engine_op_t *op, idv_flow_t *flow)
{
    int64_t       sealed;
    ngx_int_t     rc;
    idv_flow_t    kept, next;
    idv_event_t   event;
    idv_store_t  *store;
    idv_effect_t  effect;

    store = op->provider->store;

    if (op->ask->kept == NULL
        || op->ask->kept(op, &kept, &sealed) != NGX_OK
        || idv_engine_resumable(op, &kept, sealed) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_memzero(&event, sizeof(idv_event_t));

    event.type = IDV_EVENT_RESUMED;
    idv_engine_clock(&event);

    if (op->id.len == 0) {
        ngx_memcpy(kept.return_to, op->flow.return_to, sizeof(kept.return_to));
        kept.max_age = op->flow.max_age;

    } else {

        /* who has another one open here goes on with that, as it is */

        next = kept;
        next.return_to[0] = '\0';

        if (idv_store_reuse(store, &next, event.now_ms) == NGX_OK
            && ngx_memcmp(next.id, kept.id, IDV_FLOW_ID_LEN) != 0)
        {
            return NGX_DECLINED;
        }
    }

    /*
     * What is known of it here is newer: that it is over, or that another
     * request has just brought it.
     */

    if (idv_store_known(store, kept.id)) {
        return idv_store_load(store, &op->id, event.now_ms, flow);
    }

    if (idv_flow_next(&op->provider->flow, &kept, &event, &next, &effect)
        != IDV_FLOW_OK)
    {
        return NGX_DECLINED;
    }

    rc = idv_store_create(store, &next, event.now_ms);

    /* of two requests the second finds what the first has brought */

    if (rc != NGX_OK
        && (rc != NGX_AGAIN
            || ngx_memcmp(next.id, kept.id, IDV_FLOW_ID_LEN) != 0))
    {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_INFO, op->log, 0,
                  "idv: provider \"%V\": a flow that this zone did not have "
                  "goes on", &op->provider->name);

    *flow = next;

    return NGX_OK;
}
