
/*
 * Copyright (C) nginx-idv authors
 *
 * Metadata: what was judged, check by check and attempt by attempt.  Nothing
 * personal is in it, and it stays for as long as the transaction is known.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_check.h"


#define IDV_SVC_MAX_ITEMS  (IDV_SVC_NCHECKS * IDV_SVC_MAX_ATTEMPTS)


typedef struct {
    ngx_uint_t    check;
    ngx_uint_t    attempt;           /* from 0 */
    ngx_uint_t    latest;
    json_t       *note;              /* as idv_svc_check_all() wrote it */
} idv_svc_judged_t;


static ngx_uint_t idv_svc_meta_judged(idv_svc_call_t *call,
    idv_svc_view_t *view, idv_svc_judged_t *judged);
static ngx_uint_t idv_svc_meta_has(const idv_svc_tx_t *tx, ngx_uint_t check);
static uint64_t idv_svc_meta_bit(const idv_svc_judged_t *judged);
static idv_svc_judged_t *idv_svc_meta_find(idv_svc_call_t *call,
    idv_svc_tx_t *tx, idv_svc_judged_t *judged, ngx_uint_t n);
static ngx_int_t idv_svc_meta_drop(idv_svc_call_t *call, ngx_uint_t all);
static ngx_int_t idv_svc_meta_dropped(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);
static json_t *idv_svc_meta_item(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_judged_t *judged);


ngx_int_t
idv_svc_meta_list(idv_svc_call_t *call)
{
    json_t            *list, *previous;
    ngx_int_t          rc;
    ngx_uint_t         i, n;
    idv_svc_view_t     view;
    idv_svc_judged_t   judged[IDV_SVC_MAX_ITEMS];

    if (idv_svc_transaction_get(call, IDV_SVC_BLOB(IDV_SVC_BLOB_META), &view,
                                &rc)
        != NGX_OK)
    {
        return rc;
    }

    n = idv_svc_meta_judged(call, &view, judged);

    list = json_array();
    previous = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(judged[i].latest ? list : previous,
                                     idv_svc_meta_item(call, &view.tx,
                                                       &judged[i]));
    }

    n = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:{s:o}, s:o, s:i}",
                               "_links",
                               idv_svc_json_links(call, &view.tx,
                                                  "transaction", "/metaData"),
                               "_embedded",
                                   "metaData", list,
                               "previousAttempts", previous,
                               "size", (int) n));
}


ngx_int_t
idv_svc_meta_read(idv_svc_call_t *call)
{
    ngx_int_t          rc;
    ngx_uint_t         n;
    idv_svc_view_t     view;
    idv_svc_judged_t   judged[IDV_SVC_MAX_ITEMS], *one;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOB(IDV_SVC_BLOB_META), &view,
                                &rc)
        != NGX_OK)
    {
        return rc;
    }

    n = idv_svc_meta_judged(call, &view, judged);

    one = idv_svc_meta_find(call, &view.tx, judged, n);

    if (one == NULL) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_meta_item(call, &view.tx, one));
}


/* the item of the path, NULL if there is none */

static idv_svc_judged_t *
idv_svc_meta_find(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_judged_t *judged, ngx_uint_t n)
{
    u_char      id[IDV_SVC_UUID];
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        idv_svc_tx_item(tx, IDV_SVC_ITEM_META
                        | IDV_SVC_ITEM(judged[i].check, judged[i].attempt),
                        id);

        if (ngx_memcmp(id, call->item, IDV_SVC_UUID) == 0) {
            return &judged[i];
        }
    }

    return NULL;
}


ngx_int_t
idv_svc_meta_delete(idv_svc_call_t *call)
{
    return idv_svc_meta_drop(call, 0);
}


ngx_int_t
idv_svc_meta_delete_all(idv_svc_call_t *call)
{
    return idv_svc_meta_drop(call, 1);
}


static ngx_int_t
idv_svc_meta_drop(idv_svc_call_t *call, ngx_uint_t all)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    return idv_svc_transaction_change(call, IDV_SVC_BLOB(IDV_SVC_BLOB_META),
                                      &view, idv_svc_meta_dropped, &all, &rc)
           == NGX_OK ? idv_svc_send_nothing(call) : rc;
}


static ngx_int_t
idv_svc_meta_dropped(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    ngx_uint_t *all = data;

    ngx_uint_t         i, n;
    idv_svc_judged_t   judged[IDV_SVC_MAX_ITEMS], *one;

    n = idv_svc_meta_judged(call, view, judged);
    one = idv_svc_meta_find(call, &view->tx, judged, n);

    if (!*all && one == NULL) {
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (*all || one == &judged[i]) {
            view->tx.unnoted |= idv_svc_meta_bit(&judged[i]);
        }
    }

    view->tx.version++;

    return NGX_OK;
}


static uint64_t
idv_svc_meta_bit(const idv_svc_judged_t *judged)
{
    return (uint64_t) 1 << (IDV_SVC_MAX_ATTEMPTS * judged->check
                            + judged->attempt);
}


/* what has come to its end, and the attempts that came before it */

static ngx_uint_t
idv_svc_meta_judged(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_judged_t *judged)
{
    json_t        *meta, *list;
    ngx_uint_t     i, n, attempt, last;
    idv_svc_tx_t  *tx;

    tx = &view->tx;

    meta = idv_json_parse(call->request->pool,
                          view->blob[IDV_SVC_BLOB_META].data,
                          view->blob[IDV_SVC_BLOB_META].len,
                          IDV_SVC_MAX_JSON);
    n = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        list = json_object_get(meta, idv_svc_checks[i].name);
        last = tx->attempt[idv_svc_checks[i].group];

        for (attempt = 0; attempt <= last; attempt++) {

            judged[n].check = i;
            judged[n].attempt = attempt;
            judged[n].latest = (attempt == last);
            judged[n].note = json_array_get(list, attempt);

            if (tx->unnoted & idv_svc_meta_bit(&judged[n])) {
                continue;
            }

            if (attempt < last ? json_object_size(judged[n].note) != 0
                               : idv_svc_meta_has(tx, i))
            {
                n++;
            }
        }
    }

    return n;
}


/* what the creator knows is matched, too, where the policy does not ask */

static ngx_uint_t
idv_svc_meta_has(const idv_svc_tx_t *tx, ngx_uint_t check)
{
    ngx_uint_t  i;

    if (check == IDV_SVC_CHECK_RECORD && idv_svc_tx_checked(tx)) {
        for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
            if (tx->match[i]) {
                return 1;
            }
        }
    }

    return tx->checks[check] == IDV_TX_SUCCESS
           || tx->checks[check] == IDV_TX_FAIL;
}


static json_t *
idv_svc_meta_item(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_judged_t *judged)
{
    u_char       id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    json_t      *data, *matches;
    ngx_str_t    item;
    ngx_uint_t   good, alike;

    item.data = id;
    item.len = IDV_UUID_LEN;

    idv_svc_tx_item(tx, IDV_SVC_ITEM_META
                    | IDV_SVC_ITEM(judged->check, judged->attempt), uuid);
    idv_uuid_print(id, uuid);

    /* an attempt that was followed by another was not good enough */

    good = judged->latest && tx->checks[judged->check] == IDV_TX_SUCCESS;

    data = json_object_get(judged->note, "data");
    data = data ? json_copy(data) : json_object();

    (void) json_object_set_new(data, "check",
                       json_string(idv_svc_checks[judged->check].name));

    if (json_object_get(judged->note, "reason")) {
        (void) json_object_set(data, "reason",
                               json_object_get(judged->note, "reason"));
    }

    if (judged->check == IDV_SVC_CHECK_RECORD) {
        matches = idv_svc_finding_matches(tx, &alike);

        (void) json_object_set_new(data, "biographic_match_results", matches);

        if (!idv_svc_enabled(tx->level[judged->check])) {
            good = alike;
        }
    }

    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:{s:i}}",
                     "_links",
                     idv_svc_json_links(call, tx, "transaction",
                                        "/metaData/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "provider",
                     judged->check == IDV_SVC_CHECK_RECORD
                     ? "BIOGRAPHIC_MATCHER" : "LOCAL",
                     "type", idv_svc_checks[judged->check].metadata,
                     "status", good ? "SUCCESS" : "FAIL",
                     "data", data,
                     "retry",
                         "attempt", (int) judged->attempt + 1);
}
