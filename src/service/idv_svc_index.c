
/*
 * Copyright (C) nginx-idv authors
 *
 * Every index of the zone.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_zone.h"


void
idv_svc_index_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_int_t           rc;
    idv_svc_index_t    *a, *b;
    ngx_rbtree_node_t **p;

    for ( ;; ) {

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            a = (idv_svc_index_t *) node;
            b = (idv_svc_index_t *) temp;

            rc = ngx_memcmp(a->name, b->name, IDV_SVC_NAME);
            p = (rc < 0) ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


void
idv_svc_index_add(idv_svc_tree_t *tree, idv_svc_index_t *index,
    const u_char *name)
{
    /* which may be its own */

    ngx_memmove(index->name, name, IDV_SVC_NAME);
    ngx_memcpy(&index->node.key, name, sizeof(ngx_rbtree_key_t));

    ngx_rbtree_insert(&tree->tree, &index->node);
}


/* in the order of a tree: the first bytes are a number */

ngx_int_t
idv_svc_index_cmp(const u_char *one, const u_char *two)
{
    ngx_rbtree_key_t  a, b;

    ngx_memcpy(&a, one, sizeof(ngx_rbtree_key_t));
    ngx_memcpy(&b, two, sizeof(ngx_rbtree_key_t));

    return (a != b) ? (a < b ? -1 : 1) : ngx_memcmp(one, two, IDV_SVC_NAME);
}


void *
idv_svc_index_from(idv_svc_tree_t *tree, const u_char *name)
{
    idv_svc_index_t    *found;
    ngx_rbtree_node_t  *node;

    node = tree->tree.root;
    found = NULL;

    if (name == NULL) {
        return (node == &tree->sentinel)
               ? NULL : (void *) ngx_rbtree_min(node, &tree->sentinel);
    }

    while (node != &tree->sentinel) {

        if (idv_svc_index_cmp(name, ((idv_svc_index_t *) node)->name) <= 0) {
            found = (idv_svc_index_t *) node;
            node = node->left;

        } else {
            node = node->right;
        }
    }

    return found;
}


void *
idv_svc_index_find(idv_svc_tree_t *tree, const u_char *name)
{
    ngx_int_t           rc;
    idv_svc_index_t    *index;
    ngx_rbtree_key_t    key;
    ngx_rbtree_node_t  *node;

    ngx_memcpy(&key, name, sizeof(ngx_rbtree_key_t));

    node = tree->tree.root;

    while (node != &tree->sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        index = (idv_svc_index_t *) node;

        rc = ngx_memcmp(name, index->name, IDV_SVC_NAME);
        if (rc == 0) {
            return index;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}
