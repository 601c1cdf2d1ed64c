
/*
 * Copyright (C) nginx-idv authors
 *
 * Whether the zone of an adapter is sound: each node in its two buckets and in
 * the queue of its class, or free; each slot of claims of one node, or free;
 * each revocation in its bucket, or free; and all numbers right.
 */


#include "rig.h"

#include <sys/mman.h>


/* how often each node, slot or revocation was met */

static uint8_t  *rig_met;
static size_t    rig_met_size;


static void
rig_wrong(const char *what, uint32_t i)
{
    char  line[128];

    snprintf(line, sizeof(line), "the zone is not sound: %s (%u)", what, i);
    rig_stop(line);
}


static void
rig_meet_none(uint32_t n)
{
    size_t  size;

    size = (size_t) n + 1;

    if (size > rig_met_size) {
        rig_met = mmap(NULL, size, PROT_READ|PROT_WRITE,
                       MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
        if (rig_met == MAP_FAILED) {
            rig_stop("no memory for a look at the zone");
        }

        rig_met_size = size;
    }

    ngx_memzero(rig_met, size);
}


/* each is met but once, so no list has a loop */

static void
rig_meet(uint32_t i, uint32_t n, const char *what)
{
    if (i > n) {
        rig_wrong(what, i);
    }

    if (rig_met[i]++) {
        rig_wrong(what, i);
    }
}


static void
rig_meet_all(uint32_t n, const char *what)
{
    uint32_t  i;

    for (i = 1; i <= n; i++) {
        if (rig_met[i] == 0) {
            rig_wrong(what, i);
        }
    }
}


static void
rig_verify_free(idv_store_root_t *root)
{
    uint32_t           i;
    idv_store_node_t  *node;

    for (i = root->free_node;
         i;
         i = idv_store_free_next(i, node->id_next, root->nnodes))
    {
        rig_meet(i, root->nnodes, "a free node is met twice");
        node = idv_store_node(root, i);

        if (node->used) {
            rig_wrong("a free node is in use", i);
        }
    }
}


static void
rig_verify_ids(idv_store_root_t *root)
{
    uint32_t           b, i, used, hash, *heads;
    idv_store_node_t  *node;

    rig_meet_none(root->nnodes);
    heads = (uint32_t *) ((u_char *) root + root->ids);
    used = 0;

    for (b = 0; b < root->nbuckets; b++) {
        for (i = heads[b]; i; i = node->id_next) {
            rig_meet(i, root->nnodes, "a node is met twice by its id");
            node = idv_store_node(root, i);
            hash = ngx_murmur_hash2((u_char *) node->flow.id, IDV_FLOW_ID_LEN);

            if (!node->used) {
                rig_wrong("a node that is not in use has an id", i);
            }

            if ((hash & (root->nbuckets - 1)) != b) {
                rig_wrong("a node is in the bucket of another id", i);
            }

            used++;
        }
    }

    if (used != root->used_nodes) {
        rig_wrong("so many nodes are said to be in use", root->used_nodes);
    }

    rig_verify_free(root);
    rig_meet_all(root->nnodes, "a node is lost");
}


static void
rig_verify_subjects(idv_store_root_t *root)
{
    uint32_t           b, i, used, hash, *heads;
    idv_store_node_t  *node;

    rig_meet_none(root->nnodes);
    heads = (uint32_t *) ((u_char *) root + root->subjects);
    used = 0;

    for (b = 0; b < root->nbuckets; b++) {
        for (i = heads[b]; i; i = node->subject_next) {
            rig_meet(i, root->nnodes, "a node is met twice by its subject");
            node = idv_store_node(root, i);
            ngx_memcpy(&hash, node->flow.subject, sizeof(hash));

            if ((hash & (root->nbuckets - 1)) != b) {
                rig_wrong("a node is in the bucket of another subject", i);
            }

            used++;
        }
    }

    if (used != root->used_nodes) {
        rig_wrong("so many nodes have a subject", used);
    }
}


static ngx_uint_t
rig_class(idv_flow_t *flow)
{
    static const uint8_t  classes[IDV_STATE_NSTATES] = {
        [IDV_STATE_REQUIRED] = IDV_STORE_ACTIVE,
        [IDV_STATE_IN_PROGRESS] = IDV_STORE_ACTIVE,
        [IDV_STATE_COMPLETED] = IDV_STORE_ACTIVE,
        [IDV_STATE_ENDED] = IDV_STORE_FINISHED,
        [IDV_STATE_CANCELED] = IDV_STORE_FINISHED
    };

    if (classes[flow->state] == IDV_STORE_IDLE
        && (flow->flags & IDV_FLOW_CREATING))
    {
        return IDV_STORE_ACTIVE;
    }

    return classes[flow->state];
}


static void
rig_verify_queues(idv_store_root_t *root)
{
    uint32_t           class, i, newer, used;
    idv_store_node_t  *node;

    rig_meet_none(root->nnodes);
    used = 0;

    for (class = 0; class < IDV_STORE_NCLASSES; class++) {
        newer = 0;

        for (i = root->queues[class].newest; i; i = node->older) {
            rig_meet(i, root->nnodes, "a node is met twice in the queues");
            node = idv_store_node(root, i);

            if (node->flow.state >= IDV_STATE_NSTATES) {
                rig_wrong("a flow is in no state", i);
            }

            if (node->class != class || rig_class(&node->flow) != class) {
                rig_wrong("a node is in the queue of another class", i);
            }

            if (node->newer != newer) {
                rig_wrong("a queue does not lead back", i);
            }

            newer = i;
            used++;
        }

        if (root->queues[class].oldest != newer) {
            rig_wrong("a queue has another end", class);
        }
    }

    if (used != root->used_nodes) {
        rig_wrong("so many nodes are in queues", used);
    }
}


static void
rig_verify_claims(idv_store_root_t *root)
{
    uint32_t           i;
    idv_store_node_t  *node;

    rig_meet_none(root->nclaims);

    for (i = 1; i <= root->nnodes; i++) {
        node = idv_store_node(root, i);

        if (node->claims) {
            rig_meet(node->claims, root->nclaims, "claims are of two nodes");

            if (!node->used) {
                rig_wrong("claims of nobody", i);
            }
        }
    }

    for (i = root->free_claims;
         i;
         i = idv_store_free_next(i, idv_store_slot(root, i)->next,
                                 root->nclaims))
    {
        rig_meet(i, root->nclaims, "free claims are met twice");

        if (idv_store_slot(root, i)->len) {
            rig_wrong("free claims are not wiped", i);
        }
    }

    rig_meet_all(root->nclaims, "claims are lost");
}


static void
rig_verify_revoked(idv_store_root_t *root)
{
    uint32_t                 b, i, used;
    idv_store_revocation_t  *gone;

    rig_meet_none(root->nrevoked);
    used = 0;

    for (b = 0; b < 256; b++) {
        for (i = root->revoked_heads[b]; i; i = gone->next) {
            rig_meet(i, root->nrevoked, "a revocation is met twice");
            gone = idv_store_gone(root, i);

            if (!gone->used || gone->key[0] != b) {
                rig_wrong("a revocation is in another bucket", i);
            }

            used++;
        }
    }

    for (i = root->free_revoked; i; i = idv_store_gone(root, i)->next) {
        rig_meet(i, root->nrevoked, "a free revocation is met twice");
    }

    rig_meet_all(root->nrevoked, "a revocation is lost");

    if (used != root->used_revoked) {
        rig_wrong("so many revocations are in use", used);
    }
}


void
rig_zone_verify(idv_store_root_t *root)
{
    if (root->dirty) {
        rig_wrong("it is unlocked in the middle of a change", root->dirty);
    }

    if (root->undo_node) {
        rig_wrong("a change could still be undone", root->undo_node);
    }

    rig_verify_ids(root);
    rig_verify_subjects(root);
    rig_verify_queues(root);
    rig_verify_claims(root);
    rig_verify_revoked(root);

    rig_control->verified++;
}
