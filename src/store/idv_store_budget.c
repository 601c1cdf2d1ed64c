
/*
 * Copyright (C) nginx-idv authors
 *
 * What may be spent, and who is locked.  A budget is one time: it is moved on
 * by a step with each transaction, and who is further ahead of the clock than
 * its bound is granted none.
 *
 * A budget has IDV_STORE_WAYS places, next to each other, that its hash leads
 * to; the hash has a secret of the zone, so that nobody can aim at a place.
 * Where others have them all, the one of them that has used the smallest share
 * of what is its own gives way.  That may be all of it, in a zone that is too
 * small for those who come: to refuse them instead would be an outage.  Budgets
 * of all together have places of their own.  There are no links: a worker that
 * dies leaves nothing that would have to be mended.
 */


#include "idv_store_zone.h"


/* us; a budget of count is never granted more, whatever does not divide */

static ngx_inline uint64_t
idv_store_step(const idv_store_limit_t *limit)
{
    return ((uint64_t) limit->period * 1000 + limit->count - 1) / limit->count;
}


static ngx_inline uint64_t
idv_store_bound(const idv_store_limit_t *limit)
{
    return (limit->count - 1) * idv_store_step(limit);
}


static ngx_inline ngx_uint_t
idv_store_is(const idv_store_budget_t *budget, uint64_t provider,
    const idv_store_limit_t *limit)
{
    return budget->provider == provider
           && ngx_memcmp(budget->key, limit->key, 16) == 0;
}


/* in parts of 1024 */

static ngx_inline uint64_t
idv_store_used(const idv_store_budget_t *budget, uint64_t now)
{
    return budget->spent > now
           ? ((budget->spent - now) << 10) / (budget->bound + 1) : 0;
}


/* the budget, or the place for it */

static idv_store_budget_t *
idv_store_find_budget(idv_store_root_t *root, uint64_t provider,
    const idv_store_limit_t *limit, uint64_t now)
{
    uint32_t             i, n;
    uint64_t             hash;
    idv_store_budget_t  *first, *budget, *least;

    if (limit->total) {
        first = root->totals;
        n = IDV_STORE_TOTALS;

    } else {
        ngx_memcpy(&hash, limit->key, sizeof(hash));
        hash = ((hash ^ provider) * root->seed) >> 32;

        i = (uint32_t) (hash % (root->nbudgets / IDV_STORE_WAYS));
        first = idv_store_budget(root, i * IDV_STORE_WAYS + 1);
        n = IDV_STORE_WAYS;
    }

    least = NULL;

    for (budget = first; budget < first + n; budget++) {

        if (idv_store_is(budget, provider, limit)) {
            return budget;
        }

        if (least == NULL
            || idv_store_used(budget, now) < idv_store_used(least, now))
        {
            least = budget;
        }
    }

    return least;
}


/*
 * A place that may have been another's; half of it is worth nothing.  1 if that
 * had nothing left, which is forgotten now.
 */

static ngx_uint_t
idv_store_take_budget(idv_store_budget_t *budget, uint64_t provider,
    const idv_store_limit_t *limit, uint64_t now)
{
    ngx_uint_t  full;

    if (idv_store_is(budget, provider, limit)) {
        return 0;
    }

    full = budget->spent > now + budget->bound;

    budget->spent = 0;
    ngx_memory_barrier();

    budget->provider = provider;
    budget->bound = 0;
    budget->failures = 0;
    ngx_memcpy(budget->key, limit->key, 16);
    ngx_memory_barrier();

    return full;
}


/* under the lock: as idv_store_ask */

static ngx_int_t
idv_store_look(idv_store_root_t *root, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n, uint64_t now,
    ngx_uint_t *which, ngx_int_t *wait)
{
    uint64_t             late, longest, bound;
    ngx_uint_t           i;
    idv_store_budget_t  *budget;

    longest = 0;

    for (i = 0; i < n; i++) {
        budget = idv_store_find_budget(root, provider, &limits[i], now);

        if (!idv_store_is(budget, provider, &limits[i])
            || (limits[i].lock && budget->bound))
        {
            continue;
        }

        bound = limits[i].lock ? 0 : idv_store_bound(&limits[i]);

        if (budget->spent <= now + bound) {
            continue;
        }

        late = budget->spent - now - bound;

        if (late > longest) {
            longest = late;
            *which = i;
        }
    }

    if (longest == 0) {
        return NGX_OK;
    }

    *wait = (ngx_int_t) ((longest + 999999) / 1000000);

    return NGX_BUSY;
}


ngx_int_t
idv_store_ask(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n, ngx_uint_t *which,
    ngx_int_t *wait)
{
    ngx_int_t  rc;

    idv_store_lock(store);

    rc = idv_store_look(store->root, provider, limits, n,
                        (uint64_t) ngx_current_msec * 1000, which, wait);

    idv_store_unlock(store);

    return rc;
}


ngx_int_t
idv_store_spend(idv_store_t *store, uint64_t provider,
    idv_store_limit_t *limits, ngx_uint_t n, ngx_uint_t *which,
    ngx_int_t *wait)
{
    uint64_t             now;
    ngx_int_t            rc;
    ngx_uint_t           i, full;
    idv_store_budget_t  *budget;

    now = (uint64_t) ngx_current_msec * 1000;
    full = 0;

    idv_store_lock(store);

    /* first: what is refused takes nobody's place */

    rc = idv_store_look(store->root, provider, limits, n, now, which, wait);

    for (i = 0; rc == NGX_OK && i < n; i++) {

        if (limits[i].lock) {
            continue;
        }

        budget = idv_store_find_budget(store->root, provider, &limits[i], now);

        full |= idv_store_take_budget(budget, provider, &limits[i], now);

        budget->bound = idv_store_bound(&limits[i]);
        ngx_memory_barrier();

        budget->spent = ngx_max(budget->spent, now)
                        + idv_store_step(&limits[i]);

        limits[i].until = budget->spent;
    }

    idv_store_unlock(store);

    if (full) {
        idv_store_full(store);
    }

    return rc;
}


/*
 * What time has granted anew is not given back as well: it would be another
 * transaction than the one that was not created.
 */

void
idv_store_refund(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n)
{
    uint64_t             now, part;
    ngx_uint_t           i;
    idv_store_budget_t  *budget;

    now = (uint64_t) ngx_current_msec * 1000;

    idv_store_lock(store);

    for (i = 0; i < n; i++) {

        if (limits[i].lock || limits[i].until <= now) {
            continue;
        }

        budget = idv_store_find_budget(store->root, provider, &limits[i], now);
        part = ngx_min(limits[i].until - now, idv_store_step(&limits[i]));

        if (idv_store_is(budget, provider, &limits[i])
            && budget->spent > part)
        {
            budget->spent -= part;
        }
    }

    idv_store_unlock(store);
}


void
idv_store_forgive(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n)
{
    uint64_t             now;
    ngx_uint_t           i;
    idv_store_budget_t  *budget;

    now = (uint64_t) ngx_current_msec * 1000;

    idv_store_lock(store);

    for (i = 0; i < n; i++) {
        budget = idv_store_find_budget(store->root, provider, &limits[i], now);

        if (idv_store_is(budget, provider, &limits[i])) {
            budget->spent = 0;
        }
    }

    idv_store_unlock(store);
}


/* how many there were is counted from the first on, for one period */

ngx_int_t
idv_store_strike(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limit)
{
    uint64_t             now, period;
    ngx_int_t            rc;
    ngx_uint_t           full;
    idv_store_budget_t  *budget;

    now = (uint64_t) ngx_current_msec * 1000;
    period = (uint64_t) limit->period * 1000;
    rc = NGX_OK;

    idv_store_lock(store);

    budget = idv_store_find_budget(store->root, provider, limit, now);
    full = idv_store_take_budget(budget, provider, limit, now);

    if (budget->spent <= now) {
        budget->failures = 0;
        budget->bound = period * limit->count;
        ngx_memory_barrier();

        budget->spent = now + period;

    } else if (budget->bound == 0) {
        /* begun before it was locked */
        goto done;
    }

    budget->failures++;

    if (budget->failures < limit->count) {
        budget->bound = period * limit->count / budget->failures;
        goto done;
    }

    budget->spent = now + (uint64_t) limit->lock * 1000;
    ngx_memory_barrier();

    budget->bound = 0;
    rc = NGX_BUSY;

done:

    idv_store_unlock(store);

    if (full) {
        idv_store_full(store);
    }

    return rc;
}
