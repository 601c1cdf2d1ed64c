
/*
 * Copyright (C) nginx-idv authors
 *
 * The layout of the zone, shared by the files of the store only:
 * idv_svc_store.c, idv_svc_ledger.c, idv_svc_policies.c.
 *
 *   root -+- transactions  by id ----------------+
 *         +- due           by the next deadline -+-- idv_svc_node_t -- blobs
 *         +- users         by hash, each with    |
 *         |                its newest first -----+
 *         +- decided       least recently read --+   (gives way first)
 *         +- tokens        by hash, oldest first
 *         +- counted       by hash, least recently used first
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


typedef struct {
    idv_svc_index_t     index;
    ngx_queue_t         transactions;
    ngx_uint_t          n;
} idv_svc_user_t;


typedef struct {
    idv_svc_index_t     index;
    ngx_rbtree_node_t   due;
    ngx_queue_t         of_user;
    ngx_queue_t         decided;
    idv_svc_user_t     *user;
    ngx_queue_t         docs;        /* oldest first */
    u_char             *blob[IDV_SVC_NBLOBS];
    idv_svc_tx_t        tx;
    unsigned            queued:1;    /* in root's decided */
} idv_svc_node_t;


typedef struct {
    idv_svc_index_t     index;
    ngx_queue_t         queue;
    idv_svc_grant_t     grant;
} idv_svc_token_t;


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
    idv_svc_tree_t      tokens;
    idv_svc_tree_t      counted;
    idv_svc_tree_t      shelves;

    ngx_queue_t         decided;
    ngx_queue_t         tokens_queue;
    ngx_queue_t         counted_queue;
    ngx_queue_t         notes;

    ngx_uint_t          ntokens;
    ngx_uint_t          ncounted;
    ngx_uint_t          nnotes;

    ngx_atomic_t        clock;       /* ms ahead of the real time */
    ngx_atomic_t        warned;      /* second of the last warning */
    ngx_uint_t          mute;        /* notifications fail */

    ngx_uint_t          nfaults;
    idv_svc_fault_t     faults[IDV_SVC_MAX_FAULTS];
};


void idv_svc_index_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel);
void idv_svc_index_add(idv_svc_tree_t *tree, idv_svc_index_t *index,
    const u_char *name);
void *idv_svc_index_find(idv_svc_tree_t *tree, const u_char *name);

/* with the lock held; makes room where there is none */
void *idv_svc_zone_alloc(idv_svc_store_t *store, size_t size);

/* the same, but never at the cost of the node itself */
void *idv_svc_node_alloc(idv_svc_store_t *store, idv_svc_node_t *node,
    size_t size);

/*
 * idv_svc_store_docs.c, with the lock held: copies what is wanted, values as
 * far as there is room for them, and returns the room for all; makes the node's
 * documents those of the view, or changes nothing and returns NGX_ERROR; drops
 * them.
 */
size_t idv_svc_docs_copy(idv_svc_node_t *node, idv_svc_view_t *view,
    ngx_uint_t want, u_char *buf, size_t room);
ngx_int_t idv_svc_docs_save(idv_svc_store_t *store, idv_svc_node_t *node,
    idv_svc_view_t *view);
void idv_svc_docs_free(idv_svc_store_t *store, idv_svc_node_t *node);

/* with the lock held; drops up to n, least recently used first */
ngx_uint_t idv_svc_ledger_shrink(idv_svc_store_t *store, ngx_uint_t n);

/* with the lock held; drops what is out of date, in small steps */
void idv_svc_ledger_expire(idv_svc_store_t *store, int64_t now);


#endif /* _IDV_SVC_ZONE_H_INCLUDED_ */
