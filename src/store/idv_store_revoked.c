
/*
 * Copyright (C) nginx-idv authors
 *
 * Revocations.  Each request that is let through asks whether its session or
 * its subject has been revoked, so a filter of bits, read without the lock,
 * says "no" for nearly all of them.
 */


#include "idv_store_zone.h"


/* the subject may be another person at another provider of the zone */

void
idv_store_subject(uint64_t provider, const u_char subject[16], u_char key[16])
{
    uint64_t  half;

    ngx_memcpy(key, subject, 16);
    ngx_memcpy(&half, key, sizeof(half));

    half ^= provider;

    ngx_memcpy(key, &half, sizeof(half));
}


static ngx_inline uint32_t
idv_store_bit(const u_char key[16])
{
    return ((uint32_t) key[1] << 8 | key[2]) % IDV_STORE_FILTER;
}


static void
idv_store_mark(idv_store_root_t *root, const u_char key[16])
{
    uint32_t  bit;

    bit = idv_store_bit(key);

    root->filter[bit / IDV_STORE_WORD] |= (ngx_atomic_uint_t) 1
                                          << (bit % IDV_STORE_WORD);
}


static void
idv_store_unrevoke(idv_store_root_t *root, uint32_t i)
{
    uint32_t                *link;
    idv_store_revocation_t  *gone;

    gone = idv_store_gone(root, i);

    for (link = &root->revoked_heads[gone->key[0]];
         *link && *link != i;
         link = &idv_store_gone(root, *link)->next)
    {
        /* void */
    }

    if (*link) {
        *link = gone->next;
    }

    gone->used = 0;
    gone->next = root->free_revoked;
    root->free_revoked = i;

    if (--root->used_revoked == 0) {
        ngx_memzero((void *) root->filter, sizeof(root->filter));
    }
}


static uint32_t
idv_store_find_revocation(idv_store_root_t *root, const u_char key[16])
{
    uint32_t  i;

    for (i = root->revoked_heads[key[0]];
         i && ngx_memcmp(idv_store_gone(root, i)->key, key, 16) != 0;
         i = idv_store_gone(root, i)->next)
    {
        /* void */
    }

    return i;
}


/*
 * A clock hand over all entries: a few looks at each call, and more of them
 * where there is no room.  The clock on the wall may be set, and then be set
 * back: it does not decide alone.
 */

static void
idv_store_sweep_revoked(idv_store_root_t *root)
{
    uint32_t                 n;
    idv_store_revocation_t  *gone;

    n = root->free_revoked ? IDV_STORE_SWEEP : IDV_STORE_SEARCH;

    for ( /* void */ ; n && root->nrevoked; n--) {
        root->sweep = root->sweep % root->nrevoked + 1;
        gone = idv_store_gone(root, root->sweep);

        if (gone->used && gone->expires <= ngx_time()
            && gone->until <= ngx_current_msec)
        {
            idv_store_unrevoke(root, root->sweep);
        }
    }
}


static ngx_int_t
idv_store_add_revocation(idv_store_root_t *root, const u_char key[16],
    int64_t before, int64_t expires, uint64_t until, idv_store_used_e used)
{
    uint32_t                 i;
    idv_store_revocation_t  *gone;

    i = root->free_revoked;

    if (i == 0) {
        return NGX_DECLINED;
    }

    gone = idv_store_gone(root, i);
    root->free_revoked = gone->next;

    ngx_memcpy(gone->key, key, 16);
    gone->before = before;
    gone->expires = expires;
    gone->until = until;
    gone->next = root->revoked_heads[key[0]];

    ngx_memory_barrier();
    gone->used = used;

    root->revoked_heads[key[0]] = i;
    root->used_revoked++;

    return NGX_OK;
}


static uint64_t
idv_store_revoked_until(int64_t before, int64_t expires)
{
    return ngx_current_msec + (uint64_t) ngx_max(expires - before, 0) * 1000;
}


ngx_int_t
idv_store_revoke(idv_store_t *store, const u_char key[16], int64_t before,
    int64_t expires)
{
    uint32_t                 i;
    uint64_t                 until;
    ngx_int_t                rc;
    idv_store_root_t        *root;
    idv_store_revocation_t  *gone;

    root = store->root;
    until = idv_store_revoked_until(before, expires);

    idv_store_lock(store);
    idv_store_begin(root);

    idv_store_sweep_revoked(root);

    rc = NGX_OK;
    i = idv_store_find_revocation(root, key);

    if (i) {
        gone = idv_store_gone(root, i);
        gone->used = IDV_STORE_GONE;
        gone->before = ngx_max(gone->before, before);
        gone->expires = ngx_max(gone->expires, expires);
        gone->until = ngx_max(gone->until, until);

    } else {
        rc = idv_store_add_revocation(root, key, before, expires, until,
                                      IDV_STORE_GONE);
    }

    if (rc == NGX_OK) {
        idv_store_mark(root, key);
    }

    idv_store_end(root);
    idv_store_unlock(store);

    if (rc == NGX_OK) {
        idv_store_count(store, IDV_COUNT_SESSIONS_REVOKED);

    } else {
        idv_store_full(store);
    }

    return rc;
}


ngx_int_t
idv_store_redeem(idv_store_t *store, const u_char session[16], int64_t issued,
    int64_t expires)
{
    ngx_int_t          rc;
    idv_store_root_t  *root;

    root = store->root;

    idv_store_lock(store);
    idv_store_begin(root);

    idv_store_sweep_revoked(root);

    if (idv_store_find_revocation(root, session)) {
        rc = NGX_BUSY;

    } else {
        rc = idv_store_add_revocation(root, session, issued, expires,
                                      idv_store_revoked_until(issued, expires),
                                      IDV_STORE_REDEEMED);
    }

    if (rc == NGX_OK) {
        idv_store_mark(root, session);
    }

    idv_store_end(root);
    idv_store_unlock(store);

    if (rc == NGX_OK) {
        idv_store_count(store, IDV_COUNT_SESSIONS_REDEEMED);

    } else if (rc == NGX_DECLINED) {
        idv_store_full(store);
    }

    return rc;
}


void
idv_store_unredeem(idv_store_t *store, const u_char session[16])
{
    uint32_t           i;
    idv_store_root_t  *root;

    root = store->root;

    idv_store_lock(store);
    idv_store_begin(root);

    i = idv_store_find_revocation(root, session);

    /* not where it was revoked meanwhile */

    if (i && idv_store_gone(root, i)->used == IDV_STORE_REDEEMED) {
        idv_store_unrevoke(root, i);
    }

    idv_store_end(root);
    idv_store_unlock(store);
}


static ngx_inline ngx_uint_t
idv_store_filtered(idv_store_root_t *root, const u_char key[16])
{
    uint32_t  bit;

    bit = idv_store_bit(key);

    return (root->filter[bit / IDV_STORE_WORD] >> (bit % IDV_STORE_WORD)) & 1;
}


ngx_uint_t
idv_store_revoked(idv_store_t *store, const u_char session[16],
    const u_char subject[16], int64_t issued, int64_t now)
{
    uint32_t                 i;
    ngx_uint_t               k, revoked;
    const u_char            *keys[2];
    idv_store_root_t        *root;
    idv_store_revocation_t  *gone;

    root = store->root;

    if (!idv_store_filtered(root, session)
        && !idv_store_filtered(root, subject))
    {
        return 0;
    }

    keys[0] = session;
    keys[1] = subject;
    revoked = 0;

    idv_store_lock(store);

    for (k = 0; k < 2; k++) {
        i = idv_store_find_revocation(root, keys[k]);

        if (i) {
            gone = idv_store_gone(root, i);

            if (gone->expires > now && issued <= gone->before) {
                revoked = 1;
            }
        }
    }

    idv_store_unlock(store);

    return revoked;
}


int64_t
idv_store_revoked_before(idv_store_t *store, const u_char key[16], int64_t now)
{
    int64_t                  before;
    uint32_t                 i;
    idv_store_revocation_t  *gone;

    before = 0;

    idv_store_lock(store);

    i = idv_store_find_revocation(store->root, key);

    if (i) {
        gone = idv_store_gone(store->root, i);

        if (gone->expires > now) {
            before = gone->before;
        }
    }

    idv_store_unlock(store);

    return before;
}


void
idv_store_recover_revoked(idv_store_root_t *root)
{
    uint32_t                 i;
    idv_store_revocation_t  *gone;

    root->free_revoked = 0;
    root->used_revoked = 0;
    ngx_memzero(root->revoked_heads, sizeof(root->revoked_heads));

    for (i = root->nrevoked; i; i--) {
        gone = idv_store_gone(root, i);

        if (!gone->used) {
            gone->next = root->free_revoked;
            root->free_revoked = i;
            continue;
        }

        gone->next = root->revoked_heads[gone->key[0]];
        root->revoked_heads[gone->key[0]] = i;
        root->used_revoked++;

        /* who died may have come no further than the entry */
        idv_store_mark(root, gone->key);
    }
}


ngx_uint_t
idv_store_keep_revoked(idv_store_root_t *root, idv_store_root_t *old)
{
    uint32_t                 i, n;
    ngx_uint_t               left;
    idv_store_revocation_t  *gone;

    n = 0;
    left = 0;

    for (i = 1; i <= old->nrevoked; i++) {
        gone = idv_store_gone(old, i);

        if (!gone->used
            || (gone->expires <= ngx_time()
                && gone->until <= ngx_current_msec))
        {
            continue;
        }

        if (n == root->nrevoked) {
            left++;
            continue;
        }

        *idv_store_gone(root, ++n) = *gone;
    }

    idv_store_recover_revoked(root);

    return left;
}
