
/*
 * Copyright (C) nginx-idv authors
 *
 * Flows as an administrator looks at them: by subject through its list, or all
 * of them, some nodes at a time.
 */


#include "idv_store_zone.h"


#define IDV_STORE_LOOKS  1024        /* nodes that one call looks at */


static ngx_uint_t
idv_store_wanted(const idv_store_query_t *query, const idv_store_node_t *node,
    uint64_t now)
{
    ngx_uint_t  i;

    if (!node->used || node->flow.expires <= now) {
        return 0;
    }

    if (query->states && !((query->states >> node->flow.state) & 1)) {
        return 0;
    }

    if (query->subject
        && ngx_memcmp(node->flow.subject, query->subject, 16) != 0)
    {
        return 0;
    }

    if (query->user
        && (ngx_strncmp(node->flow.user, query->user->data, query->user->len)
            != 0
            || node->flow.user[query->user->len] != '\0'))
    {
        return 0;
    }

    for (i = 0; i < query->nproviders; i++) {
        if (node->flow.provider == query->providers[i]) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
idv_store_list(idv_store_t *store, const idv_store_query_t *query,
    uint32_t *cursor, uint64_t now, idv_flow_t *flows, ngx_uint_t max)
{
    uint32_t           i, end;
    ngx_uint_t         n;
    idv_store_node_t  *node;
    idv_store_root_t  *root;

    root = store->root;
    n = 0;

    idv_store_lock(store);

    if (query->subject) {

        for (i = *idv_store_subject_head(root, query->subject);
             i && n < max;
             i = node->subject_next)
        {
            node = idv_store_node(root, i);

            if (idv_store_wanted(query, node, now)) {
                flows[n++] = node->flow;
            }
        }

        *cursor = 0;

        goto done;
    }

    /* a cursor is what a client has sent */

    i = *cursor;
    end = root->high_node;

    if (end > i && end - i > IDV_STORE_LOOKS) {
        end = i + IDV_STORE_LOOKS;
    }

    while (i < end && n < max) {
        node = idv_store_node(root, ++i);

        if (idv_store_wanted(query, node, now)) {
            flows[n++] = node->flow;
        }
    }

    *cursor = i < root->high_node ? i : 0;

done:

    idv_store_unlock(store);

    return n;
}
