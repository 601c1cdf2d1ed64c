
/*
 * Copyright (C) nginx-idv authors
 *
 * Metrics: when the user began, and when everything was handed in.  The capture
 * page reports nothing about the phone, so that there is nothing else to tell.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


static json_t *idv_svc_event_item(idv_svc_call_t *call, idv_svc_tx_t *tx);
static json_t *idv_svc_event_time(int64_t at);
static ngx_uint_t idv_svc_event_is(idv_svc_call_t *call,
    const idv_svc_tx_t *tx);
static ngx_int_t idv_svc_event_drop(idv_svc_call_t *call, ngx_uint_t all);
static ngx_int_t idv_svc_event_dropped(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);


ngx_int_t
idv_svc_event_list(idv_svc_call_t *call)
{
    json_t          *list;
    ngx_int_t        rc;
    ngx_uint_t       n;
    idv_svc_view_t   view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_NONE, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    list = json_array();

    if (view.tx.begun) {
        (void) json_array_append_new(list, idv_svc_event_item(call, &view.tx));
    }

    n = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:{s:o}, s:i}",
                               "_links",
                               idv_svc_json_links(call, &view.tx,
                                                  "transaction", "/appEvents"),
                               "_embedded",
                                   "appEvents", list,
                               "size", (int) n));
}


ngx_int_t
idv_svc_event_read(idv_svc_call_t *call)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_NONE, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    if (!idv_svc_event_is(call, &view.tx)) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_event_item(call, &view.tx));
}


/* 1: there is one, and it is that of the path */

static ngx_uint_t
idv_svc_event_is(idv_svc_call_t *call, const idv_svc_tx_t *tx)
{
    u_char  id[IDV_SVC_UUID];

    idv_svc_tx_item(tx, IDV_SVC_ITEM_EVENT, id);

    return tx->begun && ngx_memcmp(id, call->item, IDV_SVC_UUID) == 0;
}


static json_t *
idv_svc_event_item(idv_svc_call_t *call, idv_svc_tx_t *tx)
{
    u_char     id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    json_t    *submitted;
    ngx_str_t  item;

    item.data = id;
    item.len = IDV_UUID_LEN;

    idv_svc_tx_item(tx, IDV_SVC_ITEM_EVENT, uuid);
    idv_uuid_print(id, uuid);

    submitted = tx->submitted ? idv_svc_event_time(tx->submitted) : NULL;

    return json_pack("{s:o, s:o, s:o, s:{s:{s:o, s:o*}}}",
                     "_links",
                     idv_svc_json_links(call, tx, "transaction",
                                        "/appEvents/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "collectionDate",
                     idv_svc_json_date(ngx_max(tx->begun, tx->submitted)),
                     "data",
                         "ADDITIONAL_INFORMATION",
                             "sdk_initialization",
                             idv_svc_event_time(tx->begun),
                             "document_submission_complete", submitted);
}


/* all leaves are texts */

static json_t *
idv_svc_event_time(int64_t at)
{
    u_char  text[NGX_INT64_LEN], *p;

    p = ngx_sprintf(text, "%L", at / IDV_SVC_SECOND);

    return json_stringn((char *) text, p - text);
}


ngx_int_t
idv_svc_event_delete(idv_svc_call_t *call)
{
    return idv_svc_event_drop(call, 0);
}


ngx_int_t
idv_svc_event_delete_all(idv_svc_call_t *call)
{
    return idv_svc_event_drop(call, 1);
}


static ngx_int_t
idv_svc_event_drop(idv_svc_call_t *call, ngx_uint_t all)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    return idv_svc_transaction_change(call, IDV_SVC_BLOBS_NONE, &view,
                                      idv_svc_event_dropped, &all, &rc)
           == NGX_OK ? idv_svc_send_nothing(call) : rc;
}


static ngx_int_t
idv_svc_event_dropped(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    ngx_uint_t  *all = data;

    if (!*all && !idv_svc_event_is(call, &view->tx)) {
        return NGX_DECLINED;
    }

    view->tx.begun = 0;
    view->tx.submitted = 0;
    view->tx.version++;

    return NGX_OK;
}
