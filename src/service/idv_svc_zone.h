
/*
 * Copyright (C) nginx-idv authors
 *
 * The layout of the zone, shared by the files of the store only:
 * idv_svc_store*.c, idv_svc_files_users.c, idv_svc_ledger.c,
 * idv_svc_policies.c, idv_svc_quota.c.
 *
 *   root -+- transactions  by id ----------------+
 *         +- due           by the next deadline -+-- idv_svc_node_t -- blobs
 *         +- users         by hash, each with    |
 *         |                its newest first -----+
 *         |                and those decided ----+
 *         |                and its own -- account
 *         +- accounts      by when they were made
 *         +- usernames     by hash
 *         +- decided       least recently read --+   (gives way first)
 *         +- unsaved       newer than its file --+
 *         +- changed       users who are newer than their files
 *         +- graves        ids whose files are to go
 *         +- unburied      ... and those that would not
 *         +- waiting       for a person ---------+
 *         +- tokens        by hash, oldest first
 *         +- counted       by hash, least recently used first
 *         +- quotas        by user, the first day that is over first
 *         +- notes         oldest first
 *         +- shelves       by environment, each with its policies
 *         +- faults, clock
 */


#ifndef _IDV_SVC_ZONE_H_INCLUDED_
#define _IDV_SVC_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_store.h"


/* every index: random or hashed names, so that nobody can unbalance it */

typedef struct {
    ngx_rbtree_node_t   node;
    u_char              name[IDV_SVC_NAME];
} idv_svc_index_t;


typedef struct {
    ngx_queue_t         queue;
    idv_svc_doc_t       doc;         /* its value is below */
    u_char              value[1];
} idv_svc_given_t;


/* bytes of a document's value that are in the zone */

#define idv_svc_given_len(doc)  ((doc)->filed ? 0 : (doc)->value.len)


typedef struct idv_svc_own_s   idv_svc_own_t;
typedef struct idv_svc_user_s  idv_svc_user_t;


/* files that nothing leads to any more */

typedef struct {
    ngx_uint_t          n;
    char                name[IDV_SVC_MAX_DOCS][IDV_SVC_KEEP_NAME];
} idv_svc_gone_t;


typedef struct {
    idv_svc_assurance_t   what;      /* its text is below */
    u_char                text[1];
} idv_svc_assured_t;


/* an account: a node of two trees */

typedef struct {
    idv_svc_index_t     index;       /* by place: when, and a hash */
    idv_svc_index_t     username;
    idv_svc_own_t      *own;
    u_char              env[IDV_SVC_UUID];
    int64_t             created;
    int64_t             updated;
    uint8_t             enabled;
    uint8_t             id_len;
    uint16_t            len[IDV_SVC_NATTRS];
    u_char              text[1];     /* the id, and the attributes */
} idv_svc_member_t;


/* what a user has beside transactions, and a file for; it is never evicted */

struct idv_svc_own_s {
    ngx_queue_t         changed;
    idv_svc_user_t     *user;
    idv_svc_standing_e  standing;
    idv_svc_assured_t  *assured;     /* NULL: nothing is known for sure */
    idv_svc_member_t   *member;      /* NULL: nobody has made the user */
    uint32_t            version;     /* of root's, that nothing else has */
    unsigned            late:1;      /* in root's changed */
};


/* there as long as it has transactions, or something of its own */

struct idv_svc_user_s {
    idv_svc_index_t     index;
    ngx_queue_t         transactions;
    ngx_queue_t         settled;     /* the first that was decided first */
    ngx_uint_t          n;
    idv_svc_own_t      *own;         /* NULL: nothing */
};


/* a transaction that is no more, until its files are gone */

typedef struct {
    ngx_queue_t         queue;
    u_char              id[IDV_SVC_UUID];
} idv_svc_grave_t;


typedef struct {
    idv_svc_index_t     index;
    ngx_rbtree_node_t   due;
    ngx_queue_t         of_user;
    ngx_queue_t         of_settled;
    ngx_queue_t         decided;
    ngx_queue_t         unsaved;
    ngx_queue_t         waiting;
    idv_svc_user_t     *user;
    idv_svc_grave_t    *grave;       /* for when it goes: no time to fail */
    ngx_queue_t         docs;        /* oldest first */
    u_char             *blob[IDV_SVC_NBLOBS];
    idv_svc_tx_t        tx;
    uint32_t            saved;       /* version that its file has */
    unsigned            queued:1;    /* in root's decided */
    unsigned            late:1;      /* in root's unsaved */
    unsigned            waits:1;     /* in root's waiting */
    unsigned            settled:1;   /* in its user's settled */
} idv_svc_node_t;


typedef struct {
    idv_svc_index_t     index;
    ngx_queue_t         queue;
    idv_svc_grant_t     grant;
} idv_svc_token_t;


/* messages of a user's day */

typedef struct {
    idv_svc_index_t     index;
    ngx_queue_t         queue;
    int64_t             until;
    uint32_t            n[IDV_SVC_NCHANNELS];
} idv_svc_quota_t;


typedef struct {
    idv_svc_index_t     index;
    ngx_queue_t         queue;
    ngx_uint_t          method;
    ngx_uint_t          count;
    size_t              len;
    u_char              path[1];
} idv_svc_count_t;


typedef struct {
    ngx_queue_t         queue;
    idv_svc_note_t      note;
    u_char              text[1];     /* address, then link */
} idv_svc_noted_t;


typedef struct {
    idv_svc_index_t     index;       /* by environment */
    ngx_queue_t         policies;    /* oldest first */
    ngx_uint_t          n;
    uint32_t            version;     /* one more with every change */
    uint32_t            saved;       /* version that its file has; 0: none */
} idv_svc_shelf_t;


typedef struct {
    ngx_queue_t         queue;
    idv_svc_stored_t    policy;      /* its text is below */
    u_char              text[1];
} idv_svc_shelved_t;


typedef struct {
    ngx_rbtree_t        tree;
    ngx_rbtree_node_t   sentinel;
} idv_svc_tree_t;


struct idv_svc_root_s {
    idv_svc_tree_t      transactions;
    idv_svc_tree_t      due;
    idv_svc_tree_t      users;
    idv_svc_tree_t      accounts;
    idv_svc_tree_t      usernames;
    idv_svc_tree_t      tokens;
    idv_svc_tree_t      counted;
    idv_svc_tree_t      shelves;
    idv_svc_tree_t      quotas;

    ngx_queue_t         decided;
    ngx_queue_t         unsaved;
    ngx_queue_t         changed;
    ngx_queue_t         graves;
    ngx_queue_t         unburied;
    ngx_queue_t         waiting;     /* for a person, longest first */
    ngx_queue_t         tokens_queue;
    ngx_queue_t         counted_queue;
    ngx_queue_t         quotas_queue;
    ngx_queue_t         notes;

    ngx_uint_t          nwaiting;
    ngx_uint_t          naccounts;
    ngx_uint_t          ntokens;
    ngx_uint_t          ncounted;
    ngx_uint_t          nnotes;

    ngx_atomic_t        clock;       /* ms ahead of the real time */
    ngx_atomic_t        warned;      /* second of the last warning */
    ngx_uint_t          mute;        /* notifications fail */

    ngx_uint_t          shelves_late;        /* 1: some may be unsaved */
    uint32_t            kept;        /* of where its files are; 0: nowhere */
    uint32_t            changes;     /* of users, by which versions differ */

    ngx_uint_t          nfaults;
    idv_svc_fault_t     faults[IDV_SVC_MAX_FAULTS];
};


void idv_svc_index_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel);
void idv_svc_index_add(idv_svc_tree_t *tree, idv_svc_index_t *index,
    const u_char *name);
void *idv_svc_index_find(idv_svc_tree_t *tree, const u_char *name);

/* the first that is not less than the name, or of all; which one is */
void *idv_svc_index_from(idv_svc_tree_t *tree, const u_char *name);
ngx_int_t idv_svc_index_cmp(const u_char *one, const u_char *two);

/* with the lock held; makes room where there is none */
void *idv_svc_zone_alloc(idv_svc_store_t *store, size_t size);

/* the same, but never at the cost of the node itself */
void *idv_svc_node_alloc(idv_svc_store_t *store, idv_svc_node_t *node,
    size_t size);

/* what time does to a node; 1 if it is gone */
ngx_uint_t idv_svc_node_settle(idv_svc_store_t *store, idv_svc_node_t *node,
    int64_t now);
void idv_svc_node_remove(idv_svc_store_t *store, idv_svc_node_t *node);

/*
 * idv_svc_store_users.c, with the lock held: what stands for a user; the user,
 * made if there is none; what it has of its own, made as well; that this has
 * changed; room for one more transaction, NGX_BUSY if there is
 * none; the node's place among the user's, and among those that are decided;
 * keeps what the node has verified, if it is to be kept and there is room;
 * drops a user of whom there is nothing left.
 */
ngx_int_t idv_svc_user_name(u_char *name, const u_char *env,
    const u_char *user, size_t len);
idv_svc_user_t *idv_svc_user(idv_svc_store_t *store, const u_char *name);
idv_svc_own_t *idv_svc_own(idv_svc_store_t *store, const u_char *name);
void idv_svc_own_changed(idv_svc_store_t *store, idv_svc_own_t *own);
ngx_int_t idv_svc_user_room(idv_svc_store_t *store, idv_svc_user_t *user,
    ngx_uint_t limit, int64_t now);
void idv_svc_user_insert(idv_svc_user_t *user, idv_svc_node_t *node);
void idv_svc_user_settled(idv_svc_node_t *node);
void idv_svc_user_assure(idv_svc_store_t *store, idv_svc_node_t *node);
void idv_svc_user_unused(idv_svc_store_t *store, idv_svc_user_t *user);

/*
 * idv_svc_store_docs.c, with the lock held: copies what is wanted, values as
 * far as there is room for them, and returns the room for all; makes the node's
 * documents those of the view, or changes nothing and returns NGX_ERROR; drops
 * them.
 */
size_t idv_svc_docs_copy(idv_svc_node_t *node, idv_svc_view_t *view,
    ngx_uint_t want, u_char *buf, size_t room);
ngx_int_t idv_svc_docs_save(idv_svc_store_t *store, idv_svc_node_t *node,
    idv_svc_view_t *view, idv_svc_gone_t *gone);
void idv_svc_docs_free(idv_svc_store_t *store, idv_svc_node_t *node);

/*
 * idv_svc_store.c: a transaction out of a file, as it is now; saved is the
 * version of the file.  NGX_DECLINED: its time is over; NGX_BUSY: it is there
 * already; NGX_ERROR: the zone is full.
 */
ngx_int_t idv_svc_store_restore(idv_svc_store_t *store, idv_svc_view_t *view,
    uint32_t saved, int64_t now);

/*
 * idv_svc_store_accounts.c: what a user has of its own, out of a file; old: the
 * file is to be written again.  NGX_BUSY: it is there already; NGX_DECLINED:
 * another user has its name; NGX_ERROR: the zone is full.
 */
ngx_int_t idv_svc_own_restore(idv_svc_store_t *store, const u_char *name,
    const idv_svc_own_view_t *view, ngx_uint_t old);

/* a copy, in the pool; NGX_DECLINED: there is nothing */
ngx_int_t idv_svc_own_view(idv_svc_store_t *store, const u_char *name,
    ngx_pool_t *pool, idv_svc_own_view_t *view);

/* with the lock held */
void idv_svc_assured_free(idv_svc_store_t *store, idv_svc_own_t *own);

/* idv_svc_policies.c: the same; old: the file is to be written again */
ngx_int_t idv_svc_policies_restore(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *policy, ngx_uint_t n, ngx_uint_t old);

/*
 * idv_svc_store_files.c, without the lock: makes the file what the transaction
 * is.  NGX_AGAIN: another process is at it, or the sweep will be.
 */
ngx_int_t idv_svc_files_sync(idv_svc_store_t *store, const u_char *id,
    int64_t now);

/* values of fresh documents into files, before the view is saved */
ngx_int_t idv_svc_files_docs(idv_svc_store_t *store, idv_svc_view_t *view,
    idv_svc_gone_t *made);
void idv_svc_files_remove(idv_svc_store_t *store, const u_char *id,
    idv_svc_gone_t *gone);

/*
 * Files of transactions that are no more: the first one, with the lock held,
 * notes that they are to go; the second makes them, and the third those that
 * would not.
 */
void idv_svc_files_grave(idv_svc_store_t *store, idv_svc_node_t *node);
void idv_svc_files_bury(idv_svc_store_t *store);
void idv_svc_files_bury_again(idv_svc_store_t *store);

/* up to so many that are late; returns how many there were */
ngx_uint_t idv_svc_files_sweep(idv_svc_store_t *store, ngx_uint_t max,
    int64_t now);

/*
 * idv_svc_files_users.c, without the lock: makes the file what the user has of
 * its own, or removes it where that is nothing; those that are late.
 */
ngx_int_t idv_svc_files_user(idv_svc_store_t *store, const u_char *name);
ngx_uint_t idv_svc_files_sweep_users(idv_svc_store_t *store, ngx_uint_t max);

ngx_int_t idv_svc_files_policies(idv_svc_store_t *store, const u_char *env);
void idv_svc_files_sweep_policies(idv_svc_store_t *store);

/* idv_svc_policies.c, with the lock held: how many, and their bytes */
ngx_uint_t idv_svc_shelf_copy(idv_svc_shelf_t *shelf, idv_svc_stored_t *policy,
    u_char *buf, size_t room, size_t *need);

/* with the lock held; whether the node is one that waits for a person */
void idv_svc_node_wait(idv_svc_store_t *store, idv_svc_node_t *node,
    ngx_uint_t waits);

/* with the lock held; drops up to n, least recently used first */
ngx_uint_t idv_svc_ledger_shrink(idv_svc_store_t *store, ngx_uint_t n);

/* with the lock held; drops what is out of date, in small steps */
void idv_svc_ledger_expire(idv_svc_store_t *store, int64_t now);


/*
 * Files count where the newest configuration has them.  A worker of the one
 * before may have them elsewhere: it leaves all that is late to the others.
 */

static ngx_inline ngx_uint_t
idv_svc_files_count(const idv_svc_store_t *store)
{
    return store->keep && store->sh->kept == store->kept;
}


#endif /* _IDV_SVC_ZONE_H_INCLUDED_ */
