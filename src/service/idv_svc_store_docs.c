
/*
 * Copyright (C) nginx-idv authors
 *
 * The documents of a transaction in the zone.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_zone.h"


static idv_svc_doc_t *idv_svc_docs_find(idv_svc_view_t *view,
    idv_svc_given_t *given);
static void idv_svc_docs_drop(idv_svc_store_t *store, idv_svc_given_t *given);


size_t
idv_svc_docs_copy(idv_svc_node_t *node, idv_svc_view_t *view,
    ngx_uint_t want, u_char *buf, size_t room)
{
    size_t            need;
    ngx_queue_t      *q;
    idv_svc_doc_t    *doc;
    idv_svc_given_t  *given;

    need = 0;
    view->ndocs = 0;

    for (q = ngx_queue_head(&node->docs);
         q != ngx_queue_sentinel(&node->docs);
         q = ngx_queue_next(q))
    {
        given = ngx_queue_data(q, idv_svc_given_t, queue);

        doc = &view->doc[view->ndocs++];
        *doc = given->doc;
        doc->value.data = NULL;

        if (!(want & IDV_SVC_DOCS)) {
            continue;
        }

        if (need + idv_svc_given_len(doc) <= room && !doc->filed) {
            doc->value.data = buf + need;
            ngx_memcpy(doc->value.data, given->value, doc->value.len);
        }

        need += idv_svc_given_len(doc);
    }

    return need;
}


ngx_int_t
idv_svc_docs_save(idv_svc_store_t *store, idv_svc_node_t *node,
    idv_svc_view_t *view, idv_svc_gone_t *gone)
{
    ngx_uint_t        i, n;
    ngx_queue_t      *q, *next;
    idv_svc_doc_t    *doc;
    idv_svc_given_t  *given, *fresh[IDV_SVC_MAX_DOCS];

    n = 0;

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];

        if (!doc->fresh) {
            continue;
        }

        given = idv_svc_node_alloc(store, node,
                                   offsetof(idv_svc_given_t, value)
                                   + idv_svc_given_len(doc));
        if (given == NULL) {
            while (n) {
                idv_svc_docs_drop(store, fresh[--n]);
            }

            return NGX_ERROR;
        }

        doc->fresh = 0;
        given->doc = *doc;
        ngx_memcpy(given->value, doc->value.data, idv_svc_given_len(doc));

        fresh[n++] = given;
    }

    for (q = ngx_queue_head(&node->docs);
         q != ngx_queue_sentinel(&node->docs);
         q = next)
    {
        next = ngx_queue_next(q);

        given = ngx_queue_data(q, idv_svc_given_t, queue);
        doc = idv_svc_docs_find(view, given);

        for (i = 0; doc && i < n; i++) {
            if (ngx_memcmp(fresh[i]->doc.id, doc->id, IDV_SVC_UUID) == 0) {
                ngx_queue_insert_after(q, &fresh[i]->queue);
                fresh[i] = fresh[--n];
                doc = NULL;
            }
        }

        if (doc == NULL) {
            if (given->doc.filed) {
                idv_svc_keep_name(gone->name[gone->n++], given->doc.id,
                                  given->doc.tag);
            }

            ngx_queue_remove(q);
            idv_svc_docs_drop(store, given);
            continue;
        }

        given->doc.processed = doc->processed;
    }

    for (i = 0; i < n; i++) {
        ngx_queue_insert_tail(&node->docs, &fresh[i]->queue);
    }

    return NGX_OK;
}


static idv_svc_doc_t *
idv_svc_docs_find(idv_svc_view_t *view, idv_svc_given_t *given)
{
    ngx_uint_t  i;

    for (i = 0; i < view->ndocs; i++) {
        if (ngx_memcmp(view->doc[i].id, given->doc.id, IDV_SVC_UUID) == 0) {
            return &view->doc[i];
        }
    }

    return NULL;
}


void
idv_svc_docs_free(idv_svc_store_t *store, idv_svc_node_t *node)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&node->docs)) {
        q = ngx_queue_head(&node->docs);
        ngx_queue_remove(q);

        idv_svc_docs_drop(store, ngx_queue_data(q, idv_svc_given_t, queue));
    }
}


static void
idv_svc_docs_drop(idv_svc_store_t *store, idv_svc_given_t *given)
{
    ngx_explicit_memzero(given->value, idv_svc_given_len(&given->doc));
    ngx_slab_free_locked(store->shpool, given);
}
