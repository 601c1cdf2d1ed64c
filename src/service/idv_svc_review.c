
/*
 * Copyright (C) nginx-idv authors
 *
 * What waits for a person, and what that person says.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_check.h"


#define IDV_SVC_MAX_REVIEWS  100


typedef struct {
    ngx_uint_t   approve;
    ngx_uint_t   reason;             /* of a rejection */
} idv_svc_decision_t;


static json_t *idv_svc_review_json(idv_svc_view_t *view);
static ngx_int_t idv_svc_review_decided(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);


ngx_int_t
idv_svc_review_list(idv_svc_call_t *call)
{
    u_char           ids[IDV_SVC_MAX_REVIEWS][IDV_SVC_UUID];
    json_t          *list;
    ngx_uint_t       i, n, total;
    idv_svc_key_t    key;
    idv_svc_view_t   view;

    n = idv_svc_store_waiting(call->store, ids, IDV_SVC_MAX_REVIEWS, &total);

    ngx_memzero(&key, sizeof(idv_svc_key_t));

    list = json_array();

    for (i = 0; i < n; i++) {
        key.tx = ids[i];

        /* one that was decided since is not in the list */

        if (idv_svc_store_get(call->store, &key, IDV_SVC_BLOBS_NONE, call->now,
                              call->request->pool, &view)
            == NGX_OK
            && view.tx.held)
        {
            (void) json_array_append_new(list, idv_svc_review_json(&view));
        }
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:i, s:I, s:o}",
                                       "size", (int) json_array_size(list),
                                       "count", (json_int_t) total,
                                       "reviews", list));
}


/* who and since when, and what about: the rest is read where it is kept */

static json_t *
idv_svc_review_json(idv_svc_view_t *view)
{
    json_t        *checks;
    ngx_str_t      user;
    ngx_uint_t     i;
    idv_svc_tx_t  *tx;

    tx = &view->tx;

    user.data = tx->user;
    user.len = tx->user_len;

    checks = json_array();

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->found[i] == IDV_SVC_FOUND_OPEN) {
            (void) json_array_append_new(checks,
                                         json_string(idv_svc_checks[i].name));
        }
    }

    return json_pack("{s:o, s:o, s:{s:o}, s:o, s:o, s:o, s:o}",
                     "transaction", idv_svc_json_reference(tx->id),
                     "environment", idv_svc_json_reference(tx->env),
                     "user",
                         "id", idv_svc_json_str(&user),
                     "verifyPolicy", idv_svc_json_reference(tx->policy),
                     "checks", checks,
                     "createdAt", idv_svc_json_date(tx->created),
                     "updatedAt", idv_svc_json_date(tx->updated));
}


ngx_int_t
idv_svc_review_decide(idv_svc_call_t *call)
{
    ngx_int_t           rc;
    ngx_str_t           text;
    idv_svc_view_t      view;
    idv_svc_decision_t  decision;

    text = idv_json_string(call->json, "decision");

    decision.approve = (text.len == 8
                        && ngx_strncmp(text.data, "APPROVED", 8) == 0);

    if (!decision.approve
        && (text.len != 8 || ngx_strncmp(text.data, "REJECTED", 8) != 0))
    {
        idv_svc_detail(call, "INVALID_VALUE", "decision",
                       "The decision must be APPROVED or REJECTED.", NULL);
    }

    /* a person does not say that the time is over */

    decision.reason = idv_svc_review_reason(call, IDV_SVC_REASON_REJECTED, 0);

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (idv_svc_transaction_change(call, IDV_SVC_BLOBS_TEXT, &view,
                                   idv_svc_review_decided, &decision, &rc)
        != NGX_OK)
    {
        return rc;
    }

    ngx_memcpy(call->env, view.tx.env, IDV_SVC_UUID);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_transaction_json(call, &view));
}


static ngx_int_t
idv_svc_review_decided(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    idv_svc_decision_t *decision = data;

    ngx_int_t  rc;

    rc = !view->tx.held ? NGX_DECLINED
         : decision->approve
         ? idv_svc_tx_approve(&view->tx, IDV_TX_APPROVED_MANUALLY, call->now)
         : idv_svc_tx_reject(&view->tx, decision->reason, call->now);

    if (rc != NGX_OK) {
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "decision",
                       "The transaction does not wait for anybody.", NULL);
        return NGX_ABORT;
    }

    return NGX_OK;
}


ngx_uint_t
idv_svc_review_reason(idv_svc_call_t *call, ngx_uint_t preset,
    ngx_uint_t clock)
{
    ngx_str_t   text;
    ngx_uint_t  reason;

    if (json_object_get(call->json, "reason") == NULL) {
        return preset;
    }

    text = idv_json_string(call->json, "reason");
    reason = text.len ? idv_svc_reason_parse(&text) : IDV_SVC_NREASONS;

    if (reason == IDV_SVC_NREASONS || reason == IDV_SVC_REASON_NONE
        || (reason == IDV_SVC_REASON_TIMED_OUT && !clock))
    {
        idv_svc_detail(call, "INVALID_VALUE", "reason",
                       "There is no such reason.", NULL);
    }

    return reason;
}
