
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_check.h"
#include "idv_svc_message.h"
#include "idv_svc_otp.h"
#include "idv_svc_type.h"


#define IDV_SVC_OTP_IDS  60          /* of messages, then they begin anew */


typedef struct {
    ngx_uint_t       give;
    ngx_str_t        type;           /* of the document that has the address */
    const char      *requirement;
} idv_svc_otp_way_t;


static ngx_int_t idv_svc_otp_list(idv_svc_call_t *call,
    idv_svc_view_t *view, idv_svc_channel_e channel, ngx_str_t *list,
    ngx_uint_t *n);
static ngx_int_t idv_svc_otp_add(idv_svc_call_t *call,
    idv_svc_channel_e channel, json_t *value, ngx_str_t *list, ngx_uint_t *n);
static ngx_int_t idv_svc_otp_address(idv_svc_call_t *call,
    idv_svc_view_t *view, idv_svc_channel_e channel, const ngx_str_t *to,
    ngx_str_t *address);
static ngx_int_t idv_svc_otp_keep(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, ngx_str_t *address);
static void idv_svc_otp_settle(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, ngx_uint_t *changed);
static const idv_svc_doc_t *idv_svc_otp_doc(const idv_svc_view_t *view,
    idv_svc_channel_e channel);
static ngx_str_t idv_svc_otp_variant(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_channel_e channel);
static ngx_uint_t idv_svc_otp_open(const idv_svc_tx_t *tx,
    idv_svc_channel_e channel);


/* in the order of idv_svc_channel_e */

static const idv_svc_otp_way_t  idv_svc_otp_ways[IDV_SVC_NCHANNELS] = {
    { IDV_SVC_GIVE_EMAIL, ngx_string("Email"), "email" },
    { IDV_SVC_GIVE_PHONE, ngx_string("Phone"), "phone" }
};


ngx_uint_t
idv_svc_otp_wanted(const idv_svc_tx_t *tx)
{
    ngx_uint_t  i, give;

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        give = idv_svc_otp_ways[i].give;

        if (idv_svc_otp_open(tx, i)
            && !(tx->rules.collect_only && (tx->given & give)))
        {
            return give;
        }
    }

    return 0;
}


/* 1: the policy has the check, and the user can still do it */

static ngx_uint_t
idv_svc_otp_open(const idv_svc_tx_t *tx, idv_svc_channel_e channel)
{
    idv_svc_check_e  check;

    check = idv_svc_tx_otp_check(channel);

    return idv_svc_tx_collecting(tx)
           && idv_svc_enabled(tx->level[check])
           && tx->checks[check] < IDV_TX_SUCCESS
           && !(tx->skipped & idv_svc_otp_ways[channel].give);
}


idv_svc_channel_e
idv_svc_otp_channel(ngx_uint_t give)
{
    return give == IDV_SVC_GIVE_EMAIL ? IDV_SVC_EMAIL : IDV_SVC_SMS;
}


ngx_int_t
idv_svc_otp_look(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, idv_svc_otp_look_t *look)
{
    ngx_str_t             address;
    ngx_uint_t            i;
    idv_otp_rules_t       rules;
    const idv_otp_t      *otp;
    const idv_svc_doc_t  *doc;

    ngx_memzero(look, sizeof(idv_svc_otp_look_t));

    otp = &view->tx.otp[channel];
    idv_svc_tx_otp_rules(&view->tx, channel, &rules);

    if (idv_svc_otp_list(call, view, channel, look->list, &look->n)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < look->n; i++) {
        address = look->list[i];

        if (idv_svc_address_mask(call->request->pool, channel, &address,
                                 &look->list[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    look->state = otp->state;
    look->attempts = rules.attempts - ngx_min(otp->attempts, rules.attempts);
    look->deliveries = rules.deliveries
                       - ngx_min(otp->deliveries, rules.deliveries);
    look->undelivered = (view->tx.undelivered & (1 << channel)) != 0;

    doc = idv_svc_otp_doc(view, channel);

    if (otp->deliveries == 0 || doc == NULL) {
        return NGX_OK;
    }

    look->again = ngx_max(0, otp->sent_at + rules.cooldown - call->now);
    look->valid = ngx_max(0, otp->sent_at + rules.life - call->now);

    if (idv_svc_address(call->request->pool, channel, &doc->value, &address)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return idv_svc_address_mask(call->request->pool, channel, &address,
                                &look->address);
}


/*
 * What the creator requires, or what a client has given by the API: these are
 * not up to who has the link.
 */

static ngx_int_t
idv_svc_otp_list(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, ngx_str_t *list, ngx_uint_t *n)
{
    size_t                i;
    json_t               *json, *options;
    const idv_svc_doc_t  *doc;

    *n = 0;

    doc = idv_svc_otp_doc(view, channel);

    if (doc && doc->client) {
        return idv_svc_address(call->request->pool, channel, &doc->value,
                               &list[(*n)++]);
    }

    json = idv_json_parse(call->request->pool,
                          view->blob[IDV_SVC_BLOB_REQUEST].data,
                          view->blob[IDV_SVC_BLOB_REQUEST].len,
                          IDV_SVC_MAX_JSON);

    json = json_object_get(json_object_get(json, "requirements"),
                           idv_svc_otp_ways[channel].requirement);

    options = json_object_get(json, "options");

    if (options == NULL) {
        return idv_svc_otp_add(call, channel, json_object_get(json, "value"),
                               list, n);
    }

    for (i = 0; i < json_array_size(options); i++) {
        if (idv_svc_otp_add(call, channel, json_array_get(options, i), list, n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what is no address was refused when it came */

static ngx_int_t
idv_svc_otp_add(idv_svc_call_t *call, idv_svc_channel_e channel, json_t *value,
    ngx_str_t *list, ngx_uint_t *n)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (text.len == 0 || *n == IDV_SVC_MAX_ADDRESSES) {
        return NGX_OK;
    }

    rc = idv_svc_address(call->request->pool, channel, &text, &list[*n]);

    if (rc == NGX_OK) {
        (*n)++;
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static const idv_svc_doc_t *
idv_svc_otp_doc(const idv_svc_view_t *view, idv_svc_channel_e channel)
{
    return idv_svc_type_doc(view, idv_svc_otp_ways[channel].give,
                            IDV_SVC_SIDE_NONE);
}


ngx_int_t
idv_svc_otp_send(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, const ngx_str_t *to, ngx_uint_t *changed)
{
    u_char           code[IDV_SVC_CODE_LEN];
    ngx_int_t        rc;
    ngx_str_t        address;
    idv_svc_tx_t    *tx;
    idv_otp_rules_t  rules;

    tx = &view->tx;

    if (!idv_svc_otp_open(tx, channel)) {
        return NGX_DECLINED;
    }

    rc = idv_svc_otp_address(call, view, channel, to, &address);

    if (rc != NGX_OK) {
        return rc == NGX_ERROR ? NGX_ERROR : IDV_OTP_MALFORMED;
    }

    if (tx->rules.collect_only) {
        *changed |= IDV_SVC_DOCS;

        if (idv_svc_otp_keep(call, view, channel, &address) != NGX_OK
            || idv_svc_tx_give(tx, idv_svc_type_given(view), call->now)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        return IDV_OTP_DONE;
    }

    idv_svc_tx_otp_rules(tx, channel, &rules);

    if (idv_svc_code(code) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = idv_otp_send(&tx->otp[channel], &rules, (char *) code, call->now);

    ngx_explicit_memzero(code, IDV_SVC_CODE_LEN);

    if (rc == IDV_OTP_OK) {
        *changed |= IDV_SVC_DOCS;

        if (idv_svc_otp_keep(call, view, channel, &address) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    idv_svc_otp_settle(call, view, channel, changed);

    return rc;
}


/* NGX_DECLINED if there is none such */

static ngx_int_t
idv_svc_otp_address(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, const ngx_str_t *to, ngx_str_t *address)
{
    ngx_int_t             i;
    ngx_str_t             list[IDV_SVC_MAX_ADDRESSES];
    ngx_uint_t            n;
    const idv_svc_doc_t  *doc;

    if (idv_svc_otp_list(call, view, channel, list, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    if (to->len == 0) {
        doc = idv_svc_otp_doc(view, channel);

        if (doc && !doc->client) {
            *address = doc->value;
            return NGX_OK;
        }

        *address = list[0];

        return n == 1 ? NGX_OK : NGX_DECLINED;
    }

    if (n == 0) {
        return idv_svc_address(call->request->pool, channel, to, address);
    }

    i = ngx_atoi(to->data, to->len);

    if (i < 0 || (ngx_uint_t) i >= n) {
        return NGX_DECLINED;
    }

    *address = list[i];

    return NGX_OK;
}


/* the address becomes the document, unless it is already */

static ngx_int_t
idv_svc_otp_keep(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, ngx_str_t *address)
{
    ngx_int_t                 type;
    const idv_svc_doc_t      *doc;
    const idv_svc_otp_way_t  *way;

    way = &idv_svc_otp_ways[channel];
    doc = idv_svc_otp_doc(view, channel);
    type = idv_svc_type_find(&way->type);

    if (doc && (doc->client
                || (doc->value.len == address->len
                    && ngx_memcmp(doc->value.data, address->data, address->len)
                       == 0)))
    {
        return NGX_OK;
    }

    idv_svc_document_remove(view, way->give, IDV_SVC_SIDE_NONE);

    return type != NGX_DECLINED
           && idv_svc_document_add(call, view, type, address, 0, NULL)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
idv_svc_otp_check(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, const ngx_str_t *code, ngx_uint_t *changed)
{
    ngx_int_t         rc;
    idv_svc_tx_t     *tx;
    idv_otp_rules_t   rules;

    tx = &view->tx;

    if (!idv_svc_otp_open(tx, channel) || tx->rules.collect_only) {
        return NGX_DECLINED;
    }

    idv_svc_tx_otp_rules(tx, channel, &rules);

    rc = idv_otp_try(&tx->otp[channel], &rules, (char *) code->data, code->len,
                     call->now);

    idv_svc_otp_settle(call, view, channel, changed);

    return rc;
}


void
idv_svc_otp_revoke(idv_svc_tx_t *tx, ngx_uint_t give, int64_t now)
{
    ngx_uint_t       i;
    idv_otp_rules_t  rules;

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        if (idv_svc_otp_ways[i].give == give) {
            idv_svc_tx_otp_rules(tx, i, &rules);
            idv_otp_revoke(&tx->otp[i], &rules, now);
        }
    }
}


/* a password that has come to its end is the result of its check */

static void
idv_svc_otp_settle(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, ngx_uint_t *changed)
{
    const idv_otp_t   *otp;
    idv_svc_result_t   result;

    otp = &view->tx.otp[channel];
    view->tx.version++;

    ngx_memzero(&result, sizeof(idv_svc_result_t));

    switch (otp->state) {

    case IDV_OTP_VERIFIED:
        result.found = IDV_SVC_FOUND_GOOD;
        break;

    case IDV_OTP_FAILED:
        result.found = IDV_SVC_FOUND_BAD;
        result.reason = IDV_SVC_REASON_PASSWORD;
        break;

    default:
        return;
    }

    result.data = json_pack("{s:{s:i, s:i}}", "otp",
                            "attempts", otp->attempts,
                            "deliveries", otp->deliveries);

    (void) idv_svc_check_answer(view, idv_svc_tx_otp_check(channel), &result,
                                call->request->pool, call->now, changed);

    (void) idv_svc_tx_give(&view->tx, idv_svc_type_given(view), call->now);
}


ngx_int_t
idv_svc_otp_deliver(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, idv_svc_handler_pt done)
{
    json_t               *request;
    const idv_otp_t      *otp;
    idv_otp_rules_t       rules;
    idv_svc_message_t     message;
    const idv_svc_doc_t  *doc;

    otp = &view->tx.otp[channel];
    doc = idv_svc_otp_doc(view, channel);

    ngx_memzero(&message, sizeof(idv_svc_message_t));

    if (doc == NULL
        || idv_svc_address(call->request->pool, channel, &doc->value,
                           &message.address)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_tx_otp_rules(&view->tx, channel, &rules);

    message.channel = channel;
    message.minutes = rules.life / (60 * IDV_SVC_SECOND);
    message.variant = idv_svc_otp_variant(call, &view->tx, channel);
    message.language = idv_svc_accept_language(call);

    /* as the page says it */

    request = idv_json_parse(call->request->pool,
                             view->blob[IDV_SVC_BLOB_REQUEST].data,
                             view->blob[IDV_SVC_BLOB_REQUEST].len,
                             IDV_SVC_MAX_JSON);

    message.client = idv_json_string(request, "client");

    ngx_memcpy(message.code, otp->code, IDV_SVC_CODE_LEN);

    idv_svc_tx_item(&view->tx, IDV_SVC_ITEM_MESSAGE
                    + IDV_SVC_NCHANNELS * (1 + otp->deliveries
                                               % IDV_SVC_OTP_IDS)
                    + channel,
                    message.id);

    return idv_svc_message_send(call, &view->tx, &message, 1, done);
}


/* of the notification, if the policy is still there and has one */

static ngx_str_t
idv_svc_otp_variant(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_channel_e channel)
{
    json_t            *json;
    ngx_str_t          none;
    idv_svc_stored_t   policy;

    ngx_str_null(&none);

    if (idv_svc_policy_find(call, tx->policy, 1, &policy) != NGX_OK) {
        return none;
    }

    json = idv_json_parse(call->request->pool, policy.text.data,
                          policy.text.len, IDV_SVC_MAX_JSON);

    json = json_object_get(json, idv_svc_otp_ways[channel].requirement);
    json = json_object_get(json_object_get(json, "otp"), "notification");

    return idv_json_string(json, "variantName");
}
