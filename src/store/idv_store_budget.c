
/*
 * Copyright (C) nginx-idv authors
 *
 * What subjects may spend.  A budget is one time: it is moved on by period /
 * count with each transaction, and may be one period ahead of the clock.
 *
 * A budget has IDV_STORE_WAYS places, next to each other, that its subject's
 * hash leads to.  Where others have them all, the one of them that has spent
 * least gives way.  There are no links: a worker that dies leaves nothing that
 * would have to be mended.
 */


#include "idv_store_zone.h"


/* the budget of the flow's subject, or the place for it */

static idv_store_budget_t *
idv_store_find_budget(idv_store_root_t *root, const idv_flow_t *flow)
{
    uint32_t             i, n;
    uint64_t             hash;
    idv_store_budget_t  *budget, *least;

    ngx_memcpy(&hash, flow->subject, sizeof(hash));
    hash ^= flow->provider;

    i = (uint32_t) (hash % (root->nbudgets / IDV_STORE_WAYS)) * IDV_STORE_WAYS;
    least = NULL;

    for (n = 1; n <= IDV_STORE_WAYS; n++) {
        budget = idv_store_budget(root, i + n);

        if (budget->provider == flow->provider
            && ngx_memcmp(budget->subject, flow->subject, 16) == 0)
        {
            return budget;
        }

        if (least == NULL || budget->spent < least->spent) {
            least = budget;
        }
    }

    return least;
}


ngx_int_t
idv_store_spend(idv_store_t *store, const idv_flow_t *flow, ngx_uint_t count,
    ngx_msec_t period, ngx_int_t *wait)
{
    uint64_t             now, spent;
    ngx_int_t            rc;
    idv_store_budget_t  *budget;

    now = ngx_current_msec;
    rc = NGX_BUSY;

    idv_store_lock(store);

    budget = idv_store_find_budget(store->root, flow);

    if (budget->provider != flow->provider
        || ngx_memcmp(budget->subject, flow->subject, 16) != 0)
    {
        budget->spent = 0;
        ngx_memory_barrier();

        budget->provider = flow->provider;
        ngx_memcpy(budget->subject, flow->subject, 16);
        ngx_memory_barrier();
    }

    /* one that a longer period of an earlier configuration left is cut */

    spent = ngx_min(budget->spent, now + period);
    spent = ngx_max(spent, now) + period / count;

    if (spent <= now + period) {
        budget->spent = spent;
        rc = NGX_OK;
    }

    idv_store_unlock(store);

    if (rc == NGX_BUSY) {
        *wait = (ngx_int_t) ((spent - now - period + 999) / 1000);
    }

    return rc;
}


void
idv_store_refund(idv_store_t *store, const idv_flow_t *flow, ngx_uint_t count,
    ngx_msec_t period)
{
    idv_store_budget_t  *budget;

    idv_store_lock(store);

    budget = idv_store_find_budget(store->root, flow);

    if (budget->provider == flow->provider
        && ngx_memcmp(budget->subject, flow->subject, 16) == 0
        && budget->spent > period / count)
    {
        budget->spent -= period / count;
    }

    idv_store_unlock(store);
}
