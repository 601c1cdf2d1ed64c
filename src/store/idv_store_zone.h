
/*
 * Copyright (C) nginx-idv authors
 *
 * The zone.
 *
 *   slab pool | root | id buckets | subject buckets | nodes | claims slots
 *                    | revocations | budgets
 *
 * All of it is carved out once, from one allocation: nothing is allocated
 * later, so a zone is full when its nodes are, and nothing else can fail.
 * Links are indices into the arrays (0 is none), never addresses.
 *
 *   id bucket ------> node -> node          (by hash of the flow id)
 *   subject bucket -> node -> node          (by hash of the subject)
 *   queue[class] ---> newest <-> oldest     (idle, active, finished)
 *
 * A worker may die at any instruction, also while it holds the mutex, which
 * the master then unlocks.  Whoever changes anything sets root->dirty first
 * and clears it last, and a flow that is overwritten is kept in root->undo
 * meanwhile.  Who finds the mark set rebuilds every link from the nodes.
 */


#ifndef _IDV_STORE_ZONE_H_INCLUDED_
#define _IDV_STORE_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_store.h"
#include "idv_store_peer.h"


#define IDV_STORE_MAGIC      0x69647631      /* "idv1" */
#define IDV_STORE_LAYOUT     7
#define IDV_STORE_FILTER     65536           /* bits */
#define IDV_STORE_WORD       (8 * sizeof(ngx_atomic_t))
#define IDV_STORE_STEPS      2               /* expired records per change */
#define IDV_STORE_SWEEP      4               /* revocations per change */
#define IDV_STORE_SEARCH     64              /* ... where none is free */
#define IDV_STORE_CLAIMS     64              /* one slot for so many nodes */
#define IDV_STORE_REVOKED    16              /* one entry for so many nodes */
#define IDV_STORE_BUDGETS    8               /* one budget for so many nodes */
#define IDV_STORE_WAYS       8               /* places that a budget may take */
#define IDV_STORE_TOTALS     (IDV_STORE_MAX_PEERS * IDV_STORE_MAX_TOTALS)


typedef enum {
    IDV_STORE_IDLE = 0,              /* nothing under way at the provider */
    IDV_STORE_ACTIVE,                /* a transaction, or its result */
    IDV_STORE_FINISHED,
    IDV_STORE_NCLASSES
} idv_store_class_e;


typedef struct {
    uint32_t               id_next;
    uint32_t               subject_next;
    uint32_t               newer;            /* in the queue of its class */
    uint32_t               older;
    uint32_t               claims;           /* slot */
    uint8_t                used;
    uint8_t                class;
    uint8_t                unused[2];
    idv_flow_t             flow;
} idv_store_node_t;


typedef struct {
    uint32_t               next;             /* of the free ones */
    uint32_t               len;
    u_char                 text[IDV_STORE_MAX_CLAIMS];
} idv_store_claims_t;


typedef enum {
    IDV_STORE_GONE = 1,              /* revoked */
    IDV_STORE_REDEEMED               /* by a request, which may undo it */
} idv_store_used_e;


typedef struct {
    uint32_t               next;             /* of the bucket, or free */
    uint32_t               used;             /* idv_store_used_e; 0: not */
    u_char                 key[16];
    int64_t                before;
    int64_t                expires;
    uint64_t               until;            /* the same, ms, monotonic */
} idv_store_revocation_t;


/* worth nothing, and free to be taken, once spent lies in the past */

typedef struct {
    uint64_t               spent;            /* until then, us, monotonic */
    uint64_t               bound;            /* ahead of that: nothing left */
    uint64_t               provider;
    uint64_t               failures;         /* of one that may be locked */
    u_char                 key[16];
} idv_store_budget_t;


typedef struct {
    uint32_t               newest;
    uint32_t               oldest;
} idv_store_queue_t;


typedef struct {
    uint32_t               magic;
    uint32_t               layout;
    uint32_t               node_size;
    uint32_t               dirty;

    /* sizes and offsets from root, written once */
    uint32_t               nnodes;
    uint32_t               nbuckets;         /* a power of two */
    uint32_t               nclaims;
    uint32_t               nrevoked;
    uint32_t               nbudgets;         /* a multiple of the ways */
    size_t                 ids;
    size_t                 subjects;
    size_t                 nodes;
    size_t                 claims;
    size_t                 revoked;
    size_t                 budgets;

    uint32_t               free_node;
    uint32_t               free_claims;
    uint32_t               free_revoked;
    uint32_t               used_nodes;
    uint32_t               used_revoked;
    uint32_t               sweep;            /* next revocation to look at */
    uint32_t               hand;             /* next node to look at */
    uint32_t               high_node;        /* beyond it none was ever used */
    uint32_t               high_claims;

    idv_store_queue_t      queues[IDV_STORE_NCLASSES];

    uint32_t               undo_node;
    uint32_t               undo_claims;
    idv_flow_t             undo;

    uint32_t               revoked_heads[256];
    ngx_atomic_t           filter[IDV_STORE_FILTER / IDV_STORE_WORD];

    uint64_t               seed;             /* odd; of this zone alone */
    idv_store_budget_t     totals[IDV_STORE_TOTALS];

    ngx_atomic_t           counters[IDV_COUNT_NCOUNTERS];
    ngx_atomic_t           warned;           /* second of the last warning */

    ngx_atomic_t           cycles;           /* configurations so far */
    idv_store_peer_t       peers[IDV_STORE_MAX_PEERS];
} idv_store_root_t;


struct idv_store_s {
    ngx_shm_zone_t        *zone;
    ngx_slab_pool_t       *shpool;
    idv_store_root_t      *root;

    uint64_t               cycle;            /* number of the configuration */
    ngx_uint_t             npeers;
    uint64_t               peers[IDV_STORE_MAX_PEERS];
};


/*
 * A free list keeps distances: 0 leads to the next record.  So a zone that is
 * new, and zero, has its lists already, and is not touched where nothing is.
 */

static ngx_inline uint32_t
idv_store_free_link(uint32_t i, uint32_t next, uint32_t n)
{
    return (next ? next : n + 1) - i - 1;
}


static ngx_inline uint32_t
idv_store_free_next(uint32_t i, uint32_t link, uint32_t n)
{
    i += link + 1;

    return i <= n ? i : 0;
}


#define idv_store_at(root, offset, type, index)                               \
    (&((type *) ((u_char *) (root) + (root)->offset))[(index) - 1])

#define idv_store_node(root, i)  idv_store_at(root, nodes, idv_store_node_t, i)
#define idv_store_slot(root, i)                                               \
    idv_store_at(root, claims, idv_store_claims_t, i)
#define idv_store_gone(root, i)                                               \
    idv_store_at(root, revoked, idv_store_revocation_t, i)
#define idv_store_budget(root, i)                                             \
    idv_store_at(root, budgets, idv_store_budget_t, i)


/* a store makes the order that others see; the compiler keeps it */

#define idv_store_begin(root)  (root)->dirty = 1; ngx_memory_barrier()
#define idv_store_end(root)    ngx_memory_barrier(); (root)->dirty = 0


/* the head of the list in which a subject's flows are */

static ngx_inline uint32_t *
idv_store_subject_head(idv_store_root_t *root, const u_char *subject)
{
    uint32_t  hash;

    ngx_memcpy(&hash, subject, sizeof(hash));

    return (uint32_t *) ((u_char *) root + root->subjects)
           + (hash & (root->nbuckets - 1));
}


/* takes the mutex, and mends what a worker left that died with it */
void idv_store_lock(idv_store_t *store);
void idv_store_unlock(idv_store_t *store);

/* makes every link of the zone anew */
void idv_store_recover(idv_store_t *store);

/* makes the links of the revocations anew, as a part of that */
void idv_store_recover_revoked(idv_store_root_t *root);

/*
 * Takes over what is revoked from another zone, which workers may be using; the
 * lock is not waited for, since only the master can break one of a dead worker.
 * Returns how many had no room.
 */
ngx_uint_t idv_store_keep_revoked(idv_store_root_t *root,
    idv_store_root_t *old);

/* counts a refusal for want of room, and warns once a second */
void idv_store_full(idv_store_t *store);


#endif /* _IDV_STORE_ZONE_H_INCLUDED_ */
