
/*
 * Copyright (C) nginx-idv authors
 *
 * What files have when nginx starts: transactions, users and policies, back
 * into a zone that is empty; and the files of policies.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "idv_svc_record.h"
#include "idv_svc_zone.h"


#define IDV_SVC_TRIES   8            /* copies of what others keep changing */
#define IDV_SVC_MARGIN  (24 * 3600)  /* s, on top of a record's time */


typedef struct {
    idv_svc_store_t    *store;
    ngx_log_t          *log;
    int64_t             now;
    ngx_fd_t            dir;
    ngx_uint_t          found;
    ngx_uint_t          refused;
    ngx_uint_t          left;        /* for want of memory */
} idv_svc_load_t;


/* NGX_DECLINED: it cannot be opened, or is no such thing */

typedef ngx_int_t (*idv_svc_load_pt)(idv_svc_load_t *load, const u_char *id,
    ngx_fd_t dir, const char *name, ngx_pool_t *pool);


static ngx_int_t idv_svc_files_shelf(idv_svc_store_t *store,
    const u_char *env, ngx_pool_t *pool, ngx_fd_t dir);
static void idv_svc_load_all(idv_svc_load_t *load, const ngx_str_t *path,
    idv_svc_keep_each_pt each);
static void idv_svc_load_transaction(void *data, const char *name);
static ngx_int_t idv_svc_load_record(idv_svc_load_t *load, const u_char *id,
    ngx_fd_t dir, ngx_pool_t *pool);
static ngx_uint_t idv_svc_load_over(idv_svc_load_t *load, ngx_fd_t dir);
static ngx_uint_t idv_svc_load_orphan(idv_svc_load_t *load, ngx_fd_t dir);
static void idv_svc_load_user(void *data, const char *name);
static ngx_int_t idv_svc_load_own(idv_svc_load_t *load, const u_char *id,
    ngx_fd_t dir, const char *name, ngx_pool_t *pool);
static ngx_uint_t idv_svc_load_there(ngx_fd_t dir, const char *name);
static void idv_svc_load_policies(void *data, const char *name);
static ngx_int_t idv_svc_load_first(idv_svc_load_t *load, const u_char *id,
    ngx_fd_t dir, const char *name, ngx_pool_t *pool, idv_svc_load_pt read);
static ngx_int_t idv_svc_load_shelf(idv_svc_load_t *load, const u_char *env,
    ngx_fd_t dir, const char *name, ngx_pool_t *pool);
static void idv_svc_load_late(idv_svc_store_t *store);


void
idv_svc_store_load(idv_svc_store_t *store, ngx_log_t *log)
{
    uint32_t         kept;
    ngx_uint_t       level;
    idv_svc_load_t   load;
    idv_svc_keep_t  *keep;

    keep = store->keep;

    if (keep == NULL) {
        store->kept = 0;
        store->sh->kept = 0;
        return;
    }

    /* a reload that keeps the zone has nothing to read, but at another place */

    kept = ngx_crc32_long(keep->transactions.data, keep->transactions.len);
    kept |= 1;

    store->kept = kept;

    if (store->sh->kept == kept) {
        return;
    }

    store->sh->kept = kept;

    idv_svc_load_late(store);

    ngx_memzero(&load, sizeof(idv_svc_load_t));

    load.store = store;
    load.log = log;
    load.now = idv_svc_store_now(store);

    /* users first: nothing that is in the zone gives way to them */

    idv_svc_load_all(&load, &keep->users, idv_svc_load_user);
    idv_svc_load_all(&load, &keep->policies, idv_svc_load_policies);
    idv_svc_load_all(&load, &keep->transactions, idv_svc_load_transaction);

    level = (load.refused || load.left) ? NGX_LOG_WARN : NGX_LOG_NOTICE;

    if (load.found || level == NGX_LOG_WARN) {
        ngx_log_error(level, log, 0,
                      "idv service: %ui transactions, users and sets of "
                      "policies read from files, %ui refused, %ui left there "
                      "since the zone is full",
                      load.found, load.refused, load.left);
    }
}


/* all that is in the zone is new to the files */

static void
idv_svc_load_late(idv_svc_store_t *store)
{
    idv_svc_own_t      *own;
    idv_svc_node_t     *node;
    idv_svc_tree_t     *due, *users;
    ngx_rbtree_node_t  *n;

    due = &store->sh->due;
    users = &store->sh->users;

    ngx_shmtx_lock(&store->shpool->mutex);

    n = (due->tree.root == &due->sentinel)
        ? NULL : ngx_rbtree_min(due->tree.root, &due->sentinel);

    for ( /* void */ ; n; n = ngx_rbtree_next(&due->tree, n)) {
        node = (idv_svc_node_t *)
                   ((u_char *) n - offsetof(idv_svc_node_t, due));

        node->saved = node->tx.version - 1;

        if (!node->late) {
            ngx_queue_insert_tail(&store->sh->unsaved, &node->unsaved);
            node->late = 1;
        }
    }

    n = (users->tree.root == &users->sentinel)
        ? NULL : ngx_rbtree_min(users->tree.root, &users->sentinel);

    for ( /* void */ ; n; n = ngx_rbtree_next(&users->tree, n)) {
        own = ((idv_svc_user_t *) n)->own;

        if (own && !own->late) {
            ngx_queue_insert_tail(&store->sh->changed, &own->changed);
            own->late = 1;
        }
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


static void
idv_svc_load_all(idv_svc_load_t *load, const ngx_str_t *path,
    idv_svc_keep_each_pt each)
{
    load->dir = idv_svc_keep_dir(path);

    if (load->dir == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, load->log, ngx_errno,
                      "idv service: \"%V\" cannot be opened", path);
        return;
    }

    (void) idv_svc_keep_each(load->dir, each, load, load->log);

    (void) close(load->dir);
}


static void
idv_svc_load_transaction(void *data, const char *name)
{
    idv_svc_load_t  *load = data;

    u_char       id[IDV_SVC_UUID];
    ngx_fd_t     dir;
    ngx_int_t    rc;
    ngx_uint_t   over;
    ngx_pool_t  *pool;

    if (idv_uuid_parse(id, (u_char *) name, ngx_strlen(name)) != NGX_OK) {
        return;
    }

    dir = idv_svc_keep_open(&load->store->keep->transactions, id, 0);
    if (dir == NGX_INVALID_FILE) {
        return;
    }

    rc = NGX_ERROR;
    over = 0;

    pool = ngx_create_pool(8192, load->log);

    if (pool) {
        rc = idv_svc_load_record(load, id, dir, pool);
        ngx_destroy_pool(pool);
    }

    switch (rc) {

    case NGX_OK:
        load->found++;
        break;

    case NGX_DECLINED:
        over = 1;
        break;

    case NGX_ABORT:
        load->refused++;
        over = idv_svc_load_over(load, dir);

        if (!over) {
            ngx_log_error(NGX_LOG_ERR, load->log, 0,
                          "idv service: transaction \"%s\" is left out", name);
        }

        break;

    case NGX_ERROR:
        load->left++;
        break;
    }

    (void) close(dir);

    if (over) {
        (void) idv_svc_keep_drop(&load->store->keep->transactions, id,
                                 load->log);
    }

    /* those that gave way to it */

    idv_svc_files_bury(load->store);
}


/*
 * NGX_DECLINED: its time is over; NGX_ABORT: it is refused; NGX_ERROR: there is
 * no memory for it.
 */

static ngx_int_t
idv_svc_load_record(idv_svc_load_t *load, const u_char *id, ngx_fd_t dir,
    ngx_pool_t *pool)
{
    uint32_t            saved;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          i, old;
    idv_svc_view_t     *view;
    idv_svc_keep_of_t   of;

    of.kind = IDV_SVC_KEEP_RECORD;
    of.id = id;
    of.part = NULL;

    rc = idv_svc_keep_read(load->store->keep, dir, IDV_SVC_KEEP_RECORD, &of,
                           pool, &text, &old, load->log);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_ABORT : NGX_ERROR;
    }

    view = ngx_palloc(pool, sizeof(idv_svc_view_t));
    if (view == NULL) {
        return NGX_ERROR;
    }

    rc = idv_svc_record_read(pool, &text, view);

    ngx_explicit_memzero(text.data, text.len);

    if (rc == NGX_DECLINED
        || (rc == NGX_OK
            && ngx_memcmp(view->tx.id, id, IDV_SVC_UUID) != 0))
    {
        return NGX_ABORT;
    }

    for (i = 0; i < view->ndocs; i++) {
        view->doc[i].fresh = 1;
    }

    /* one of an older key is to be written again */

    saved = view->tx.version - (uint32_t) old;

    return (rc == NGX_OK) ? idv_svc_store_restore(load->store, view, saved,
                                                  load->now)
                          : NGX_ERROR;
}


/* 1: no transaction is kept that long, whatever it was */

static ngx_uint_t
idv_svc_load_over(idv_svc_load_t *load, ngx_fd_t dir)
{
    struct stat  fi;

    if (fstatat(dir, IDV_SVC_KEEP_RECORD, &fi, AT_SYMLINK_NOFOLLOW) == 0) {
        return fi.st_mtime + load->store->keep->time + IDV_SVC_MARGIN
               < (time_t) (load->now / IDV_SVC_SECOND);
    }

    return ngx_errno == NGX_ENOENT && idv_svc_load_orphan(load, dir);
}


/* values that came before a record, from a process that died then */

static ngx_uint_t
idv_svc_load_orphan(idv_svc_load_t *load, ngx_fd_t dir)
{
    struct stat  fi;

    return fstat(dir, &fi) == 0
           && fi.st_mtime + IDV_SVC_KEEP_ORPHAN
              < (time_t) (load->now / IDV_SVC_SECOND);
}


/*
 * Of a user whose file cannot be opened nobody knows whether there may be
 * transactions: then there are none, until somebody says so or the key is back.
 */

static void
idv_svc_load_user(void *data, const char *name)
{
    idv_svc_load_t  *load = data;

    u_char               id[IDV_SVC_UUID];
    ngx_fd_t             dir;
    ngx_int_t            rc;
    ngx_uint_t           over;
    ngx_pool_t          *pool;
    idv_svc_own_view_t   view;

    if (idv_uuid_parse(id, (u_char *) name, ngx_strlen(name)) != NGX_OK) {
        return;
    }

    dir = idv_svc_keep_open(&load->store->keep->users, id, 0);
    if (dir == NGX_INVALID_FILE) {
        return;
    }

    over = 0;
    rc = NGX_ERROR;

    pool = ngx_create_pool(4096, load->log);

    if (pool) {
        rc = idv_svc_load_first(load, id, dir, IDV_SVC_KEEP_RECORD, pool,
                                idv_svc_load_own);
        ngx_destroy_pool(pool);
    }

    switch (rc) {

    case NGX_OK:
        load->found++;
        break;

    case NGX_DECLINED:
        load->refused++;

        ngx_memzero(&view, sizeof(idv_svc_own_view_t));
        view.standing = IDV_SVC_DISABLED_USER;

        (void) idv_svc_own_restore(load->store, id, &view, 0);

        ngx_log_error(NGX_LOG_ERR, load->log, 0,
                      "idv service: user \"%s\" is left out, and disabled",
                      name);
        break;

    case NGX_ABORT:
        over = idv_svc_load_orphan(load, dir);
        break;

    case NGX_ERROR:
        load->left++;
        break;
    }

    (void) close(dir);

    if (over) {
        (void) idv_svc_keep_drop(&load->store->keep->users, id, load->log);
    }

    idv_svc_files_bury(load->store);
}


static ngx_int_t
idv_svc_load_own(idv_svc_load_t *load, const u_char *id, ngx_fd_t dir,
    const char *name, ngx_pool_t *pool)
{
    u_char               hash[IDV_HASH_LEN];
    ngx_int_t            rc;
    ngx_str_t            text;
    ngx_uint_t           old;
    idv_svc_keep_of_t    of;
    idv_svc_own_view_t   view;

    of.kind = "user";
    of.id = id;
    of.part = NULL;

    rc = idv_svc_keep_read(load->store->keep, dir, name, &of, pool, &text,
                           &old, load->log);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = idv_svc_record_read_user(pool, &text, &view);

    ngx_explicit_memzero(text.data, text.len);

    if (rc == NGX_OK && view.account.id.len
        && (idv_svc_user_name(hash, view.env, view.account.id.data,
                              view.account.id.len)
            != NGX_OK
            || ngx_memcmp(hash, id, IDV_SVC_NAME) != 0))
    {
        return NGX_DECLINED;
    }

    return (rc == NGX_OK) ? idv_svc_own_restore(load->store, id, &view, old)
                          : rc;
}


/*
 * The file, or the one that could not be opened before and can be now, as its
 * key is back.  What cannot be opened is out of the way of what is to come.
 * NGX_ABORT: there is neither.
 */

static ngx_int_t
idv_svc_load_first(idv_svc_load_t *load, const u_char *id, ngx_fd_t dir,
    const char *name, ngx_pool_t *pool, idv_svc_load_pt read)
{
    char        refused[IDV_SVC_KEEP_NAME + sizeof(IDV_SVC_KEEP_REFUSED)];
    ngx_int_t   rc;
    ngx_uint_t  there;

    rc = NGX_ABORT;
    there = idv_svc_load_there(dir, name);

    if (there) {
        rc = read(load, id, dir, name, pool);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    (void) ngx_snprintf((u_char *) refused, sizeof(refused),
                        "%s" IDV_SVC_KEEP_REFUSED "%Z", name);

    if (idv_svc_load_there(dir, refused)) {
        rc = read(load, id, dir, refused, pool);

        if (rc != NGX_DECLINED) {
            idv_svc_keep_put_back(dir, name, load->log);
            return rc;
        }
    }

    if (there) {
        idv_svc_keep_put_by(dir, name, load->log);
    }

    return rc;
}


static ngx_uint_t
idv_svc_load_there(ngx_fd_t dir, const char *name)
{
    struct stat  fi;

    return fstatat(dir, name, &fi, AT_SYMLINK_NOFOLLOW) == 0;
}


/* once for both of an environment's names */

static void
idv_svc_load_policies(void *data, const char *name)
{
    idv_svc_load_t  *load = data;

    char         first[IDV_UUID_LEN + 1];
    size_t       len;
    u_char       env[IDV_SVC_UUID];
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    len = ngx_strlen(name);

    if (idv_uuid_parse(env, (u_char *) name, ngx_min(len, IDV_UUID_LEN))
        != NGX_OK)
    {
        return;
    }

    (void) ngx_cpystrn((u_char *) first, (u_char *) name, sizeof(first));

    if (len != IDV_UUID_LEN
        && (ngx_strcmp(name + IDV_UUID_LEN, IDV_SVC_KEEP_REFUSED) != 0
            || idv_svc_load_there(load->dir, first)))
    {
        return;
    }

    pool = ngx_create_pool(8192, load->log);
    if (pool == NULL) {
        return;
    }

    rc = idv_svc_load_first(load, env, load->dir, first, pool,
                            idv_svc_load_shelf);

    ngx_destroy_pool(pool);

    switch (rc) {

    case NGX_OK:
        load->found++;
        break;

    case NGX_DECLINED:
        load->refused++;

        ngx_log_error(NGX_LOG_ERR, load->log, 0,
                      "idv service: policies \"%s\" are left out, and renamed",
                      first);
        break;

    case NGX_ERROR:
        load->left++;
        break;
    }
}


static ngx_int_t
idv_svc_load_shelf(idv_svc_load_t *load, const u_char *env, ngx_fd_t dir,
    const char *name, ngx_pool_t *pool)
{
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          n, old;
    idv_svc_stored_t   *policy;
    idv_svc_keep_of_t   of;

    of.kind = "policies";
    of.id = env;
    of.part = NULL;

    policy = ngx_palloc(pool, IDV_SVC_MAX_POLICIES * sizeof(idv_svc_stored_t));
    if (policy == NULL) {
        return NGX_ERROR;
    }

    rc = idv_svc_keep_read(load->store->keep, dir, name, &of, pool, &text,
                           &old, load->log);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = idv_svc_record_read_policies(pool, &text, policy, &n);

    return (rc == NGX_OK) ? idv_svc_policies_restore(load->store, env, policy,
                                                     n, old)
                          : rc;
}


ngx_int_t
idv_svc_files_policies(idv_svc_store_t *store, const u_char *env)
{
    ngx_fd_t     dir;
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    dir = idv_svc_keep_dir(&store->keep->policies);

    if (dir == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "idv service: \"%V\" cannot be opened",
                      &store->keep->policies);
        return NGX_ERROR;
    }

    rc = idv_svc_keep_lock(dir);

    if (rc == NGX_OK) {
        pool = ngx_create_pool(8192, ngx_cycle->log);
        rc = NGX_ERROR;

        if (pool) {
            rc = idv_svc_files_shelf(store, env, pool, dir);
            ngx_destroy_pool(pool);
        }
    }

    (void) close(dir);

    return rc;
}


/* as idv_svc_files_sync() */

static ngx_int_t
idv_svc_files_shelf(idv_svc_store_t *store, const u_char *env,
    ngx_pool_t *pool, ngx_fd_t dir)
{
    char                name[IDV_SVC_KEEP_NAME];
    size_t              room, need;
    u_char             *buf;
    uint32_t            version;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          n, tries;
    idv_svc_shelf_t    *shelf;
    idv_svc_stored_t   *policy;
    idv_svc_keep_of_t   of;

    policy = ngx_palloc(pool, IDV_SVC_MAX_POLICIES * sizeof(idv_svc_stored_t));
    if (policy == NULL) {
        return NGX_ERROR;
    }

    *idv_uuid_print((u_char *) name, env) = '\0';

    of.kind = "policies";
    of.id = env;
    of.part = NULL;

    buf = NULL;
    room = 0;
    version = 0;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        n = 0;
        need = 0;

        ngx_shmtx_lock(&store->shpool->mutex);

        shelf = idv_svc_index_find(&store->sh->shelves, env);

        if (shelf && shelf->version == version) {
            shelf->saved = version;
            shelf = NULL;
        }

        if (shelf) {
            n = idv_svc_shelf_copy(shelf, policy, buf, room, &need);
            version = (need <= room) ? shelf->version : 0;
        }

        ngx_shmtx_unlock(&store->shpool->mutex);

        if (shelf == NULL) {
            return NGX_OK;
        }

        if (need > room) {
            room = need;

            buf = ngx_pnalloc(pool, room);
            if (buf == NULL) {
                return NGX_ERROR;
            }

            continue;
        }

        if (idv_svc_record_write_policies(pool, policy, n, &text) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = idv_svc_keep_write(store->keep, dir, name, &of, &text,
                                ngx_cycle->log);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_AGAIN;
}


void
idv_svc_files_sweep_policies(idv_svc_store_t *store)
{
    u_char              env[IDV_SVC_UUID];
    ngx_uint_t          late;
    idv_svc_tree_t     *shelves;
    idv_svc_shelf_t    *shelf;
    ngx_rbtree_node_t  *n;

    if (!idv_svc_files_count(store) || !store->sh->shelves_late) {
        return;
    }

    shelves = &store->sh->shelves;
    late = 0;

    ngx_shmtx_lock(&store->shpool->mutex);

    n = (shelves->tree.root == &shelves->sentinel)
        ? NULL : ngx_rbtree_min(shelves->tree.root, &shelves->sentinel);

    for ( /* void */ ; n && !late; n = ngx_rbtree_next(&shelves->tree, n)) {
        shelf = (idv_svc_shelf_t *) n;

        if (shelf->saved != shelf->version) {
            ngx_memcpy(env, shelf->index.name, IDV_SVC_UUID);
            late = 1;
        }
    }

    store->sh->shelves_late = late;

    ngx_shmtx_unlock(&store->shpool->mutex);

    /* one in a turn: there is no hurry, and no disk that is full likes more */

    if (late) {
        (void) idv_svc_files_policies(store, env);
    }
}
