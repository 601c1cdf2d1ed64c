
/*
 * Copyright (C) nginx-idv authors
 *
 * What users have of their own: accounts, found by their id, by their name and
 * in the order in which they were made; and all of it as it is kept.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_zone.h"


#define IDV_SVC_SCAN   64            /* accounts that are looked at in one go */
#define IDV_SVC_TRIES  8             /* copies of what others keep changing */


static ngx_int_t idv_svc_own_copy(idv_svc_store_t *store, const u_char *name,
    const u_char *place, ngx_pool_t *pool, idv_svc_own_view_t *view);
static idv_svc_own_t *idv_svc_own_find(idv_svc_store_t *store,
    const u_char *name, const u_char *place);
static size_t idv_svc_own_size(idv_svc_own_t *own);
static void idv_svc_own_fill(idv_svc_own_t *own, u_char *p,
    idv_svc_own_view_t *view);
static ngx_int_t idv_svc_accounts_named(idv_svc_store_t *store,
    const u_char *env, const ngx_str_t *username, u_char *place);
static idv_svc_member_t *idv_svc_member_new(idv_svc_store_t *store,
    const u_char *name, const u_char *username, const u_char *env,
    const idv_svc_account_t *account);
static void idv_svc_member_link(idv_svc_store_t *store, idv_svc_own_t *own,
    idv_svc_member_t *member);
static void idv_svc_member_free(idv_svc_store_t *store,
    idv_svc_member_t *member);
static ngx_int_t idv_svc_member_fits(idv_svc_store_t *store,
    idv_svc_own_t *own, const idv_svc_member_t *member);
static size_t idv_svc_member_len(const idv_svc_member_t *member);
static void idv_svc_member_view(idv_svc_member_t *member, u_char *text,
    idv_svc_account_t *account);


ngx_int_t
idv_svc_accounts_get(idv_svc_store_t *store, const idv_svc_key_t *key,
    ngx_pool_t *pool, idv_svc_own_view_t *view)
{
    u_char     name[IDV_HASH_LEN];
    ngx_int_t  rc;

    if (idv_svc_user_name(name, key->env, key->user.data, key->user.len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = idv_svc_own_copy(store, name, NULL, pool, view);

    return (rc == NGX_OK && view->account.id.len == 0) ? NGX_DECLINED : rc;
}


ngx_int_t
idv_svc_accounts_at(idv_svc_store_t *store, const u_char *place,
    ngx_pool_t *pool, idv_svc_own_view_t *view)
{
    return idv_svc_own_copy(store, NULL, place, pool, view);
}


ngx_int_t
idv_svc_own_view(idv_svc_store_t *store, const u_char *name, ngx_pool_t *pool,
    idv_svc_own_view_t *view)
{
    ngx_int_t  rc;

    rc = idv_svc_own_copy(store, name, NULL, pool, view);

    return (rc == NGX_OK && view->standing == IDV_SVC_NOT_INITIATED
            && view->account.id.len == 0 && view->assurance.text.len == 0)
           ? NGX_DECLINED : rc;
}


/* nothing is allocated under the lock: look, make room, look again */

static ngx_int_t
idv_svc_own_copy(idv_svc_store_t *store, const u_char *name,
    const u_char *place, ngx_pool_t *pool, idv_svc_own_view_t *view)
{
    size_t          need, room;
    u_char         *p;
    ngx_uint_t      tries;
    idv_svc_own_t  *own;

    p = NULL;
    room = 0;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        ngx_memzero(view, sizeof(idv_svc_own_view_t));
        need = 0;

        ngx_shmtx_lock(&store->shpool->mutex);

        own = idv_svc_own_find(store, name, place);

        if (own) {
            need = idv_svc_own_size(own);

            if (need <= room) {
                idv_svc_own_fill(own, p, view);
            }
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        if (own == NULL) {
            return NGX_DECLINED;
        }

        if (need <= room) {
            return NGX_OK;
        }

        p = ngx_pnalloc(pool, need);
        if (p == NULL) {
            return NGX_ERROR;
        }

        room = need;
    }

    return NGX_ERROR;
}


static idv_svc_own_t *
idv_svc_own_find(idv_svc_store_t *store, const u_char *name,
    const u_char *place)
{
    idv_svc_user_t    *user;
    idv_svc_member_t  *member;

    if (place) {
        member = idv_svc_index_find(&store->sh->accounts, place);
        return member ? member->own : NULL;
    }

    user = idv_svc_index_find(&store->sh->users, name);

    return user ? user->own : NULL;
}


/* at least one byte: an empty one has been copied, too */

static size_t
idv_svc_own_size(idv_svc_own_t *own)
{
    return 1 + (own->member ? idv_svc_member_len(own->member) : 0)
           + (own->assured ? own->assured->what.text.len : 0);
}


static void
idv_svc_own_fill(idv_svc_own_t *own, u_char *p, idv_svc_own_view_t *view)
{
    size_t  len;

    view->standing = own->standing;
    view->version = own->version;

    if (own->member) {
        len = idv_svc_member_len(own->member);

        ngx_memcpy(view->env, own->member->env, IDV_SVC_UUID);
        ngx_memcpy(p, own->member->text, len);
        idv_svc_member_view(own->member, p, &view->account);

        p += len;
    }

    if (own->assured) {
        view->assurance = own->assured->what;
        view->assurance.text.data = p;
        ngx_memcpy(p, own->assured->text, view->assurance.text.len);
    }
}


ngx_uint_t
idv_svc_accounts_known(idv_svc_store_t *store, const idv_svc_key_t *key)
{
    u_char           name[IDV_HASH_LEN];
    ngx_uint_t       known;
    idv_svc_user_t  *user;

    if (idv_svc_user_name(name, key->env, key->user.data, key->user.len)
        != NGX_OK)
    {
        return 0;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    known = (user && user->own && user->own->member);

    ngx_shmtx_unlock(&store->shpool->mutex);

    return known;
}


ngx_int_t
idv_svc_accounts_save(idv_svc_store_t *store, const u_char *env,
    const idv_svc_account_t *account, uint32_t seen, ngx_uint_t create)
{
    u_char             name[IDV_HASH_LEN], username[IDV_HASH_LEN];
    ngx_int_t          rc;
    idv_svc_key_t      key;
    idv_svc_own_t     *own;
    idv_svc_member_t  *member, *old;

    if (idv_svc_user_name(name, env, account->id.data, account->id.len)
        != NGX_OK
        || idv_svc_account_name(username, env,
                                &account->attr[IDV_SVC_A_USERNAME])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_ERROR;

    /* first, since making room may free the records of others */

    member = idv_svc_member_new(store, name, username, env, account);
    if (member == NULL) {
        goto done;
    }

    own = idv_svc_own(store, name);

    rc = (own == NULL) ? NGX_ERROR
         : (own->version != seen) ? NGX_AGAIN
         : idv_svc_member_fits(store, own, member);

    if (rc == NGX_OK) {

        /* two for a moment, and never none: the worker may die here */

        old = own->member;

        idv_svc_member_link(store, own, member);
        idv_svc_member_free(store, old);
        idv_svc_own_changed(store, own);

    } else {
        ngx_slab_free_locked(store->shpool, member);

        if (own) {
            idv_svc_user_unused(store, own->user);
        }
    }

done:

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (store->keep == NULL) {
        return rc;
    }

    idv_svc_files_bury(store);

    if (rc == NGX_OK && idv_svc_files_user(store, name) == NGX_ERROR
        && create)
    {
        /* what is not in a file has not been created */

        ngx_memzero(&key, sizeof(idv_svc_key_t));
        key.env = (u_char *) env;
        key.user = account->id;

        (void) idv_svc_accounts_delete(store, &key);

        return NGX_ERROR;
    }

    return rc;
}


/* a name that is the user's own is not in the way */

static ngx_int_t
idv_svc_member_fits(idv_svc_store_t *store, idv_svc_own_t *own,
    const idv_svc_member_t *member)
{
    idv_svc_index_t  *other;

    other = idv_svc_index_find(&store->sh->usernames, member->username.name);

    if (other && (own->member == NULL || other != &own->member->username)) {
        return NGX_ABORT;
    }

    return (own->member || store->sh->naccounts < IDV_SVC_MAX_ACCOUNTS)
           ? NGX_OK : NGX_BUSY;
}


ngx_int_t
idv_svc_accounts_delete(idv_svc_store_t *store, const idv_svc_key_t *key)
{
    u_char           name[IDV_HASH_LEN];
    ngx_int_t        rc;
    idv_svc_own_t   *own;
    idv_svc_user_t  *user;

    if (idv_svc_user_name(name, key->env, key->user.data, key->user.len)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&store->shpool->mutex);

    user = idv_svc_index_find(&store->sh->users, name);
    own = user ? user->own : NULL;

    if (own && own->member) {
        idv_svc_member_free(store, own->member);
        idv_svc_assured_free(store, own);

        own->member = NULL;
        own->standing = IDV_SVC_NOT_INITIATED;

        idv_svc_own_changed(store, own);
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (rc != NGX_OK) {
        return rc;
    }

    /* transactions go with the user, and the file with the last change */

    return idv_svc_users_reset(store, key);
}


/*
 * Matching is quick, and the lock is given up from time to time.  What is made
 * or deleted meanwhile is listed or not, and nothing is listed twice.
 */

ngx_uint_t
idv_svc_accounts_list(idv_svc_store_t *store, const u_char *env,
    const ngx_str_t *username, const u_char *from, idv_svc_account_pt passes,
    void *data, u_char (*places)[IDV_SVC_NAME], ngx_uint_t max, ngx_uint_t *n)
{
    u_char              place[IDV_SVC_NAME];
    ngx_uint_t          i, count;
    idv_svc_member_t   *member;
    idv_svc_account_t   account;

    *n = 0;
    count = 0;
    member = NULL;

    if (username) {
        if (idv_svc_accounts_named(store, env, username, place) != NGX_OK) {
            return 0;
        }

        if (max && (from == NULL || idv_svc_index_cmp(place, from) >= 0)) {
            ngx_memcpy(places[(*n)++], place, IDV_SVC_NAME);
        }

        return 1;
    }

    do {
        ngx_shmtx_lock(&store->shpool->mutex);

        member = idv_svc_index_from(&store->sh->accounts,
                                    member ? place : NULL);

        for (i = 0; member && i < IDV_SVC_SCAN; i++) {

            if (ngx_memcmp(member->env, env, IDV_SVC_UUID) == 0) {
                idv_svc_member_view(member, member->text, &account);

                if (passes(data, &account)) {
                    count++;

                    if (*n < max
                        && (from == NULL
                            || idv_svc_index_cmp(member->index.name, from)
                               >= 0))
                    {
                        ngx_memcpy(places[(*n)++], member->index.name,
                                   IDV_SVC_NAME);
                    }
                }
            }

            member = (idv_svc_member_t *)
                         ngx_rbtree_next(&store->sh->accounts.tree,
                                         &member->index.node);
        }

        if (member) {
            ngx_memcpy(place, member->index.name, IDV_SVC_NAME);
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

    } while (member);

    return count;
}


/* the place of the one that has the name */

static ngx_int_t
idv_svc_accounts_named(idv_svc_store_t *store, const u_char *env,
    const ngx_str_t *username, u_char *place)
{
    u_char             name[IDV_HASH_LEN];
    idv_svc_index_t   *index;
    idv_svc_member_t  *member;

    if (idv_svc_account_name(name, env, username) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    index = idv_svc_index_find(&store->sh->usernames, name);

    if (index) {
        member = (idv_svc_member_t *)
                     ((u_char *) index - offsetof(idv_svc_member_t, username));

        ngx_memcpy(place, member->index.name, IDV_SVC_NAME);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return index ? NGX_OK : NGX_DECLINED;
}


/* not linked to anything yet */

static idv_svc_member_t *
idv_svc_member_new(idv_svc_store_t *store, const u_char *name,
    const u_char *username, const u_char *env,
    const idv_svc_account_t *account)
{
    size_t             len;
    u_char            *p;
    ngx_uint_t         i;
    idv_svc_member_t  *member;

    len = account->id.len;

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        len += account->attr[i].len;
    }

    member = idv_svc_zone_alloc(store,
                                offsetof(idv_svc_member_t, text) + len);
    if (member == NULL) {
        return NULL;
    }

    ngx_memzero(member, offsetof(idv_svc_member_t, text));

    /* the number first: by it they are in order */

    ngx_memcpy(member->index.name, &account->created, sizeof(int64_t));
    ngx_memcpy(member->index.name + sizeof(int64_t), name,
               IDV_SVC_NAME - sizeof(int64_t));
    ngx_memcpy(member->username.name, username, IDV_SVC_NAME);
    ngx_memcpy(member->env, env, IDV_SVC_UUID);

    member->created = account->created;
    member->updated = account->updated;
    member->enabled = account->enabled;
    member->id_len = (uint8_t) account->id.len;

    p = ngx_cpymem(member->text, account->id.data, account->id.len);

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        member->len[i] = (uint16_t) account->attr[i].len;
        p = ngx_cpymem(p, account->attr[i].data, account->attr[i].len);
    }

    return member;
}


static void
idv_svc_member_link(idv_svc_store_t *store, idv_svc_own_t *own,
    idv_svc_member_t *member)
{
    member->own = own;
    own->member = member;

    idv_svc_index_add(&store->sh->accounts, &member->index,
                      member->index.name);
    idv_svc_index_add(&store->sh->usernames, &member->username,
                      member->username.name);

    store->sh->naccounts++;
}


static void
idv_svc_member_free(idv_svc_store_t *store, idv_svc_member_t *member)
{
    if (member == NULL) {
        return;
    }

    ngx_rbtree_delete(&store->sh->accounts.tree, &member->index.node);
    ngx_rbtree_delete(&store->sh->usernames.tree, &member->username.node);

    store->sh->naccounts--;

    ngx_explicit_memzero(member->text, idv_svc_member_len(member));
    ngx_slab_free_locked(store->shpool, member);
}


static size_t
idv_svc_member_len(const idv_svc_member_t *member)
{
    size_t      len;
    ngx_uint_t  i;

    len = member->id_len;

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        len += member->len[i];
    }

    return len;
}


/* its strings are in the text, which is the member's or a copy of that */

static void
idv_svc_member_view(idv_svc_member_t *member, u_char *text,
    idv_svc_account_t *account)
{
    ngx_uint_t  i;

    account->id.data = text;
    account->id.len = member->id_len;

    text += member->id_len;

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        account->attr[i].data = text;
        account->attr[i].len = member->len[i];

        text += member->len[i];
    }

    account->created = member->created;
    account->updated = member->updated;
    account->enabled = member->enabled;
}


ngx_int_t
idv_svc_own_restore(idv_svc_store_t *store, const u_char *name,
    const idv_svc_own_view_t *view, ngx_uint_t old)
{
    size_t              len;
    u_char              username[IDV_HASH_LEN];
    ngx_int_t           rc;
    idv_svc_own_t      *own;
    idv_svc_member_t   *member;
    idv_svc_assured_t  *assured;

    if (idv_svc_account_name(username, view->env,
                             &view->account.attr[IDV_SVC_A_USERNAME])
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = NGX_ERROR;
    own = NULL;
    member = NULL;
    assured = NULL;
    len = view->assurance.text.len;

    if (view->account.id.len) {
        member = idv_svc_member_new(store, name, username, view->env,
                                    &view->account);
        if (member == NULL) {
            goto failed;
        }
    }

    if (len) {
        assured = idv_svc_zone_alloc(store, sizeof(idv_svc_assured_t) + len);
        if (assured == NULL) {
            goto failed;
        }

        assured->what = view->assurance;
        ngx_memcpy(assured->text, view->assurance.text.data, len);
    }

    own = idv_svc_own(store, name);
    if (own == NULL) {
        goto failed;
    }

    rc = own->version ? NGX_BUSY : NGX_OK;

    if (rc == NGX_OK && member
        && idv_svc_member_fits(store, own, member) != NGX_OK)
    {
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        goto failed;
    }

    own->standing = view->standing;
    own->assured = assured;
    own->version = ++store->sh->changes;

    if (member) {
        idv_svc_member_link(store, own, member);
    }

    if (old) {
        idv_svc_own_changed(store, own);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return NGX_OK;

failed:

    if (member) {
        ngx_slab_free_locked(store->shpool, member);
    }

    if (assured) {
        ngx_slab_free_locked(store->shpool, assured);
    }

    if (own) {
        idv_svc_user_unused(store, own->user);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);

    return rc;
}
