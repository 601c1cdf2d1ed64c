
/*
 * Copyright (C) nginx-idv authors
 *
 * Transactions as the API shows, approves and deletes them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_check.h"


#define IDV_SVC_TRIES  8


static json_t *idv_svc_transaction_policy(idv_svc_call_t *call,
    idv_svc_tx_t *tx);
static json_t *idv_svc_transaction_status(idv_svc_call_t *call,
    idv_svc_view_t *view);
static json_t *idv_svc_transaction_reasons(idv_svc_tx_t *tx);
static json_t *idv_svc_transaction_checks(idv_svc_call_t *call,
    idv_svc_view_t *view);
static json_t *idv_svc_transaction_documents(idv_svc_tx_t *tx);
static json_t *idv_svc_transaction_sent(idv_svc_tx_t *tx, json_t *asked);
static json_t *idv_svc_transaction_qr(idv_svc_call_t *call, idv_svc_tx_t *tx);
static ngx_int_t idv_svc_transaction_lost(idv_svc_call_t *call);
static json_t *idv_svc_transaction_page(idv_svc_call_t *call,
    u_char (*ids)[IDV_SVC_UUID], ngx_uint_t n, ngx_uint_t limit);
static ngx_int_t idv_svc_transaction_approved(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);
static idv_tx_status_e idv_svc_transaction_asked(idv_svc_call_t *call);


static const char  *idv_svc_channels[IDV_SVC_NCHANNELS] = { "EMAIL", "SMS" };


ngx_int_t
idv_svc_transaction_get(idv_svc_call_t *call, ngx_uint_t want,
    idv_svc_view_t *view, ngx_int_t *rc)
{
    ngx_int_t      found;
    idv_svc_key_t  key;

    key.tx = call->tx;
    key.env = (call->route->flags & IDV_SVC_CONTROL) ? NULL : call->env;
    key.user = call->user;

    found = idv_svc_store_get(call->store, &key, want, call->now,
                              call->request->pool, view);

    if (found != NGX_OK) {
        *rc = idv_svc_error(call, found == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                        : IDV_SVC_UNEXPECTED);
    }

    return found;
}


ngx_int_t
idv_svc_transaction_change(idv_svc_call_t *call, ngx_uint_t want,
    idv_svc_view_t *view, idv_svc_change_pt change, void *data, ngx_int_t *rc)
{
    uint32_t    seen;
    ngx_int_t   done;
    ngx_uint_t  tries, changed;

    done = NGX_AGAIN;

    for (tries = 0; done == NGX_AGAIN && tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_transaction_get(call, want, view, rc) != NGX_OK) {
            return NGX_DECLINED;
        }

        seen = view->tx.version;
        changed = IDV_SVC_BLOBS_NONE;

        done = change(call, view, &changed, data);

        if (done == NGX_OK) {
            done = idv_svc_store_save(call->store, view, seen, changed,
                                      call->now);
            done = (done == NGX_ERROR) ? NGX_BUSY : done;
        }
    }

    switch (done) {

    case NGX_OK:
    case NGX_DONE:
        return NGX_OK;

    case NGX_BUSY:
        *rc = idv_svc_full(call);
        break;

    case NGX_ABORT:
        *rc = idv_svc_error(call, IDV_SVC_INVALID_DATA);
        break;

    case NGX_DECLINED:
        *rc = idv_svc_error(call, IDV_SVC_NOT_FOUND);
        break;

    default:
        *rc = idv_svc_error(call, IDV_SVC_UNEXPECTED);
        break;
    }

    return NGX_DECLINED;
}


json_t *
idv_svc_transaction_json(idv_svc_call_t *call, idv_svc_view_t *view)
{
    json_t        *request, *sent;
    ngx_str_t      url;
    idv_svc_tx_t  *tx;

    tx = &view->tx;

    if (idv_svc_transaction_url(call, tx, &url) != NGX_OK) {
        return NULL;
    }

    /* what the creator sent comes back, with what became of the messages */

    request = idv_json_parse(call->request->pool,
                             view->blob[IDV_SVC_BLOB_REQUEST].data,
                             view->blob[IDV_SVC_BLOB_REQUEST].len,
                             IDV_SVC_MAX_JSON);

    sent = idv_svc_transaction_sent(tx,
                                json_object_get(request, "sendNotification"));

    return json_pack("{s:o, s:o, s:o, s:o, s:o*, s:o, s:o, s:s%,"
                     " s:O*, s:O*, s:O*, s:o*, s:o, s:o, s:o}",
                     "_links", idv_svc_json_links(call, tx, NULL, NULL),
                     "id", idv_svc_json_uuid(tx->id),
                     "verifyPolicy", idv_svc_transaction_policy(call, tx),
                     "transactionStatus",
                     idv_svc_transaction_status(call, view),
                     "verifiedDocuments", idv_svc_transaction_documents(tx),
                     "qrUrl", idv_svc_transaction_qr(call, tx),
                     "webVerificationUrl", idv_svc_json_str(&url),
                     "webVerificationCode",
                     (char *) tx->code, (size_t) IDV_SVC_CODE_LEN,
                     "requirements", json_object_get(request, "requirements"),
                     "callback", json_object_get(request, "callback"),
                     "redirect", json_object_get(request, "redirect"),
                     "sendNotification", sent,
                     "createdAt", idv_svc_json_date(tx->created),
                     "updatedAt", idv_svc_json_date(tx->updated),
                     "expiresAt", idv_svc_json_date(tx->expires));
}


/* the link for the phone, in the form that PingOne's have */

ngx_int_t
idv_svc_transaction_url(idv_svc_call_t *call, idv_svc_tx_t *tx, ngx_str_t *url)
{
    u_char     env[IDV_UUID_LEN], id[IDV_UUID_LEN], *p;
    size_t     size;
    ngx_str_t  e, t;

    static ngx_str_t  page = ngx_string("/verify/verify-webapp/v2/index.html");
    static ngx_str_t  api = ngx_string("/v1/idValidations/webVerifications");

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, tx->env);

    t.data = id;
    t.len = IDV_UUID_LEN;
    idv_uuid_print(id, tx->id);

    size = call->base.len + 1 + IDV_UUID_LEN + page.len
           + sizeof("?txnid=&url=&code=&envId=") + 2 * IDV_UUID_LEN
           + IDV_SVC_CODE_LEN + 3 * (call->base.len + api.len);

    url->data = ngx_pnalloc(call->request->pool, size);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(url->data, "%V/%V%V?txnid=%V&url=", &call->base, &e, &page,
                    &t);

    p = (u_char *) ngx_escape_uri(p, call->base.data, call->base.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    p = (u_char *) ngx_escape_uri(p, api.data, api.len,
                                  NGX_ESCAPE_URI_COMPONENT);

    p = ngx_sprintf(p, "&code=%*s&envId=%V", (size_t) IDV_SVC_CODE_LEN,
                    tx->code, &e);

    url->len = p - url->data;

    return NGX_OK;
}


static json_t *
idv_svc_transaction_policy(idv_svc_call_t *call, idv_svc_tx_t *tx)
{
    ngx_str_t         expand;
    idv_svc_stored_t  policy;

    if (ngx_http_arg(call->request, (u_char *) "expand", 6, &expand) == NGX_OK
        && expand.len == sizeof("verifyPolicy") - 1
        && ngx_strncmp(expand.data, "verifyPolicy", expand.len) == 0
        && idv_svc_policy_find(call, tx->policy, 1, &policy) == NGX_OK)
    {
        return idv_svc_policy_json(call, &policy);
    }

    return idv_svc_json_reference(tx->policy);
}


static json_t *
idv_svc_transaction_status(idv_svc_call_t *call, idv_svc_view_t *view)
{
    idv_svc_tx_t  *tx;

    tx = &view->tx;

    return json_pack("{s:s, s:o, s:o*}",
                     "status", idv_tx_status_name(tx->status),
                     "verificationStatus",
                     idv_svc_transaction_checks(call, view),
                     "providerMessagesList",
                     idv_svc_transaction_reasons(tx));
}


/* the reason of the transaction first, then those of its required checks */

static json_t *
idv_svc_transaction_reasons(idv_svc_tx_t *tx)
{
    json_t      *list, *faults;
    ngx_uint_t   i, told;

    if (tx->reason == IDV_SVC_REASON_NONE) {
        return NULL;
    }

    list = json_array();

    told = 1 << IDV_SVC_REASON_NONE | 1 << IDV_SVC_REASON_NOT_PERFORMED
           | 1 << tx->reason;

    (void) json_array_append_new(list,
                        idv_svc_json_str(idv_svc_reason_name(tx->reason)));

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->level[i] == IDV_SVC_REQUIRED && tx->checks[i] == IDV_TX_FAIL
            && !(told & (1 << tx->why[i])))
        {
            told |= 1 << tx->why[i];

            (void) json_array_append_new(list,
                        idv_svc_json_str(idv_svc_reason_name(tx->why[i])));
        }
    }

    if (told & (1 << IDV_SVC_REASON_ZONE)) {
        faults = idv_svc_finding_faults(tx);

        (void) json_array_extend(list, faults);

        json_decref(faults);
    }

    return list;
}


/*
 * There is no status for a time-out: clients look for its name among the
 * checks.
 */

static json_t *
idv_svc_transaction_checks(idv_svc_call_t *call, idv_svc_view_t *view)
{
    json_t        *checks;
    ngx_uint_t     i;
    idv_svc_tx_t  *tx;

    checks = json_incref(idv_json_parse(call->request->pool,
                                        view->blob[IDV_SVC_BLOB_CHECKS].data,
                                        view->blob[IDV_SVC_BLOB_CHECKS].len,
                                        IDV_SVC_MAX_JSON));
    if (checks || view->blob[IDV_SVC_BLOB_CHECKS].len) {
        return checks;
    }

    tx = &view->tx;
    checks = json_object();

    /* injection is told of in the metadata only */

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_enabled(tx->level[i]) && i != IDV_SVC_CHECK_INJECTION) {
            (void) json_object_set_new(checks, idv_svc_checks[i].name,
                         json_string(idv_tx_status_name(tx->checks[i])));
        }
    }

    if (tx->reason == IDV_SVC_REASON_TIMED_OUT) {
        (void) json_object_set_new(checks, "TRANSACTION_TIMED_OUT",
                                   json_string("FAIL"));
    }

    return checks;
}


/* a string that looks like a list, as PingOne has it */

static json_t *
idv_svc_transaction_documents(idv_svc_tx_t *tx)
{
    u_char      text[128], *p, *last;
    ngx_uint_t  document, selfie;

    document = idv_svc_tx_fruitless(tx, IDV_SVC_CHECKS_DOCUMENT) ? 0
                                                                : tx->document;
    selfie = tx->selfie && !idv_svc_tx_fruitless(tx, IDV_SVC_CHECKS_SELFIE);

    if (!idv_svc_tx_decided(tx) || tx->rules.collect_only
        || (!document && !selfie))
    {
        return NULL;
    }

    last = text + sizeof(text);

    p = ngx_slprintf(text, last, "[");

    if (selfie) {
        p = ngx_slprintf(p, last, "selfie%s", document ? ", " : "");
    }

    if (document) {
        p = ngx_slprintf(p, last, "%V",
                         &idv_svc_documents[document - 1].name);
    }

    p = ngx_slprintf(p, last, "]");

    return json_stringn((char *) text, p - text);
}


static json_t *
idv_svc_transaction_sent(idv_svc_tx_t *tx, json_t *asked)
{
    u_char       id[IDV_SVC_UUID];
    json_t      *copy, *results;
    ngx_uint_t   i;

    if (asked == NULL) {
        return NULL;
    }

    copy = json_copy(asked);
    results = json_array();

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        if (tx->notify & (1 << i)) {
            idv_svc_tx_item(tx, IDV_SVC_ITEM_MESSAGE + i, id);

            (void) json_array_append_new(results,
                                  json_pack("{s:s, s:b, s:o}",
                                            "method", idv_svc_channels[i],
                                            "sent",
                                            (tx->sent & (1 << i)) != 0,
                                            "notification",
                                            idv_svc_json_reference(id)));
        }
    }

    (void) json_object_set_new(copy, "results", results);

    return copy;
}


static json_t *
idv_svc_transaction_qr(idv_svc_call_t *call, idv_svc_tx_t *tx)
{
    u_char     id[IDV_UUID_LEN];
    ngx_str_t  t;

    t.data = id;
    t.len = IDV_UUID_LEN;
    idv_uuid_print(id, tx->id);

    return idv_svc_json_url(call, "/idValidations/webVerifications/%V/qr", &t);
}


ngx_int_t
idv_svc_transaction_read(idv_svc_call_t *call)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_TEXT, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_transaction_json(call, &view));
}


/* a page, and with it the first of the next one */

ngx_int_t
idv_svc_transaction_list(idv_svc_call_t *call)
{
    u_char         ids[IDV_SVC_MAX_LIST + 1][IDV_SVC_UUID];
    ngx_int_t      rc;
    ngx_str_t      value;
    ngx_uint_t     n, limit;
    idv_svc_key_t  key;

    if (idv_svc_limit(call, &limit) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    key.tx = NULL;
    key.env = call->env;
    key.user = call->user;

    if (ngx_http_arg(call->request, (u_char *) "cursor", 6, &value) == NGX_OK) {
        key.tx = call->item;

        if (idv_uuid_parse(call->item, value.data, value.len) != NGX_OK) {
            return idv_svc_transaction_lost(call);
        }
    }

    rc = idv_svc_users_list(call->store, &key, call->now, ids, limit + 1, &n);

    if (rc == NGX_DECLINED) {
        return idv_svc_transaction_lost(call);
    }

    if (rc != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_transaction_page(call, ids, n, limit));
}


static ngx_int_t
idv_svc_transaction_lost(idv_svc_call_t *call)
{
    idv_svc_detail(call, "INVALID_VALUE", "cursor",
                   "There is no such page any more.", NULL);

    return idv_svc_error(call, IDV_SVC_INVALID_DATA);
}


ngx_int_t
idv_svc_limit(idv_svc_call_t *call, ngx_uint_t *limit)
{
    ngx_int_t  n;
    ngx_str_t  value;

    *limit = IDV_SVC_MAX_LIST;

    if (ngx_http_arg(call->request, (u_char *) "limit", 5, &value) != NGX_OK) {
        return NGX_OK;
    }

    n = ngx_atoi(value.data, value.len);

    if (n < 1 || n > IDV_SVC_MAX_LIST) {
        idv_svc_detail(call, "INVALID_VALUE", "limit",
                       "The limit must be a number from 1 to 100.",
                       json_pack("{s:i, s:i}", "rangeMinimumValue", 1,
                                 "rangeMaximumValue", IDV_SVC_MAX_LIST));

        return NGX_DECLINED;
    }

    *limit = n;

    return NGX_OK;
}


static json_t *
idv_svc_transaction_page(idv_svc_call_t *call, u_char (*ids)[IDV_SVC_UUID],
    ngx_uint_t n, ngx_uint_t limit)
{
    u_char           env[IDV_UUID_LEN], id[IDV_UUID_LEN];
    json_t          *list, *next;
    ngx_str_t        e, t;
    ngx_uint_t       i;
    idv_svc_key_t    key;
    idv_svc_view_t  *view;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    key.env = call->env;
    key.user = call->user;

    view = ngx_palloc(call->request->pool, sizeof(idv_svc_view_t));
    if (view == NULL) {
        return NULL;
    }

    list = json_array();
    next = NULL;

    for (i = 0; i < n && i < limit; i++) {
        key.tx = ids[i];

        /* one that has gone since is not in the list */

        if (idv_svc_store_get(call->store, &key, IDV_SVC_BLOBS_TEXT, call->now,
                              call->request->pool, view)
            == NGX_OK)
        {
            (void) json_array_append_new(list,
                                       idv_svc_transaction_json(call, view));
        }
    }

    if (i < n) {
        t.data = id;
        t.len = IDV_UUID_LEN;
        idv_uuid_print(id, ids[i]);

        next = idv_svc_json_href(call,
                                "/environments/%V/users/%V/verifyTransactions"
                                "?limit=%ui&cursor=%V",
                                &e, &call->user, limit, &t);
    }

    n = json_array_size(list);

    return json_pack("{s:{s:o, s:o, s:o, s:o*}, s:{s:o}, s:i}",
                     "_links",
                         "self", idv_svc_json_href(call,
                                "/environments/%V/users/%V/verifyTransactions",
                                &e, &call->user),
                         "environment", idv_svc_json_href(call,
                                           "/environments/%V", &e),
                         "user", idv_svc_json_href(call,
                                    "/environments/%V/users/%V",
                                    &e, &call->user),
                         "next", next,
                     "_embedded",
                         "verifyTransactions", list,
                     "size", (int) n);
}


ngx_int_t
idv_svc_transaction_approve(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_view_t    view;
    idv_tx_status_e   status;

    status = idv_svc_transaction_asked(call);

    if (status == IDV_TX_UNKNOWN) {
        idv_svc_detail(call, "INVALID_VALUE", "transactionStatus.status",
                       "A transaction can only be approved.",
                       json_pack("{s:[s, s]}", "allowedValues",
                                 "APPROVED_MANUALLY", "APPROVED_NO_REQUEST"));

        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (idv_svc_transaction_change(call, IDV_SVC_BLOBS_TEXT, &view,
                                   idv_svc_transaction_approved, &status, &rc)
        != NGX_OK)
    {
        return rc;
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_transaction_json(call, &view));
}


static ngx_int_t
idv_svc_transaction_approved(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    idv_tx_status_e  *status = data;

    if (!view->latest) {
        idv_svc_detail(call, "CONSTRAINT_VIOLATION",
                       "transactionStatus.status",
                       "The user has a newer transaction.", NULL);
        return NGX_ABORT;
    }

    if (idv_svc_tx_approve(&view->tx, *status, call->now) != NGX_OK) {
        idv_svc_detail(call, "INVALID_VALUE", "transactionStatus.status",
                       "The transaction cannot be approved so: it is neither "
                       "FAIL nor IN_PROGRESS.", NULL);
        return NGX_ABORT;
    }

    return NGX_OK;
}


/* IDV_TX_UNKNOWN for anything but an approval */

static idv_tx_status_e
idv_svc_transaction_asked(idv_svc_call_t *call)
{
    ngx_str_t        text;
    idv_tx_status_e  status;

    text = idv_json_string(json_object_get(call->json, "transactionStatus"),
                           "status");

    status = idv_tx_status_parse((char *) text.data, text.len);

    if (status != IDV_TX_APPROVED_MANUALLY
        && status != IDV_TX_APPROVED_NO_REQUEST)
    {
        return IDV_TX_UNKNOWN;
    }

    return status;
}


ngx_int_t
idv_svc_transaction_delete(idv_svc_call_t *call)
{
    idv_svc_key_t  key;

    key.tx = call->tx;
    key.env = call->env;
    key.user = call->user;

    if (idv_svc_store_delete(call->store, &key, call->now) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_nothing(call);
}
