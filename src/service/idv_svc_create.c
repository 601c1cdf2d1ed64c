
/*
 * Copyright (C) nginx-idv authors
 *
 * A new transaction: what its creator may say, and what becomes of it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_address.h"
#include "idv_svc_message.h"


#define IDV_SVC_MAX_TEXT     1024
#define IDV_SVC_MAX_SELFIE   (192 * 1024)
#define IDV_SVC_MAX_OPTIONS  16
#define IDV_SVC_MAX_HEADERS  16
#define IDV_SVC_MAX_MESSAGE  256     /* characters */
#define IDV_SVC_MAX_DETAILS  32
#define IDV_SVC_NRECORD      5       /* the first requirements */


typedef struct {
    const char  *name;
    size_t       max;                /* bytes of a value */
    ngx_uint_t   channel;            /* IDV_SVC_NCHANNELS: no address */
} idv_svc_requirement_t;


static idv_svc_requirement_t  idv_svc_requirements[] = {
    { "given_name", IDV_SVC_MAX_TEXT, IDV_SVC_NCHANNELS },
    { "family_name", IDV_SVC_MAX_TEXT, IDV_SVC_NCHANNELS },
    { "name", IDV_SVC_MAX_TEXT, IDV_SVC_NCHANNELS },
    { "address", IDV_SVC_MAX_TEXT, IDV_SVC_NCHANNELS },
    { "birth_date", IDV_SVC_MAX_TEXT, IDV_SVC_NCHANNELS },
    { "email", IDV_SVC_MAX_TEXT, IDV_SVC_EMAIL },
    { "phone", IDV_SVC_MAX_TEXT, IDV_SVC_SMS },
    { "referenceSelfie", IDV_SVC_MAX_SELFIE, IDV_SVC_NCHANNELS },
    { NULL, 0, 0 }
};


static ngx_int_t idv_svc_create_policy(idv_svc_call_t *call,
    idv_svc_stored_t *policy);
static void idv_svc_create_requirements(idv_svc_call_t *call);
static void idv_svc_create_requirement(idv_svc_call_t *call,
    idv_svc_requirement_t *requirement, json_t *value);
static void idv_svc_create_needs(idv_svc_call_t *call,
    const idv_svc_policy_t *rules);
static ngx_uint_t idv_svc_create_text(idv_svc_call_t *call,
    idv_svc_requirement_t *requirement, json_t *value);
static void idv_svc_create_redirect(idv_svc_call_t *call);
static void idv_svc_create_auto(idv_svc_call_t *call, json_t *redirect);
static void idv_svc_create_callback(idv_svc_call_t *call);
static ngx_uint_t idv_svc_create_url(ngx_str_t *url);
static void idv_svc_create_notification(idv_svc_call_t *call);
static ngx_uint_t idv_svc_create_address(idv_svc_channel_e channel,
    json_t *value);
static void idv_svc_create_object(idv_svc_call_t *call, const char *name,
    void (*check)(idv_svc_call_t *call));
static void idv_svc_create_invalid(idv_svc_call_t *call, const char *target,
    const char *message);
static ngx_int_t idv_svc_create_tx(idv_svc_call_t *call,
    idv_svc_stored_t *policy, idv_svc_tx_t *tx);
static ngx_uint_t idv_svc_create_record(json_t *requirements);
static ngx_int_t idv_svc_create_request(idv_svc_call_t *call, ngx_str_t *out);
static ngx_int_t idv_svc_create_answer(idv_svc_call_t *call,
    idv_svc_view_t *view);
static ngx_int_t idv_svc_create_send(idv_svc_call_t *call,
    idv_svc_view_t *view);
static ngx_int_t idv_svc_create_sent(idv_svc_call_t *call);


static const char  *idv_svc_contacts[IDV_SVC_NCHANNELS] = { "email", "phone" };


ngx_int_t
idv_svc_transaction_create(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_view_t    view;
    idv_svc_stored_t  policy;

    if (!json_is_object(call->json)) {
        return idv_svc_error(call, IDV_SVC_INVALID_REQUEST);
    }

    rc = idv_svc_create_policy(call, &policy);
    if (rc == NGX_ERROR) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    idv_svc_create_object(call, "requirements", idv_svc_create_requirements);

    if (rc == NGX_OK) {
        idv_svc_create_needs(call, &policy.rules);
    }

    idv_svc_create_object(call, "redirect", idv_svc_create_redirect);
    idv_svc_create_object(call, "callback", idv_svc_create_callback);
    idv_svc_create_object(call, "sendNotification",
                          idv_svc_create_notification);

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    ngx_memzero(&view, sizeof(idv_svc_view_t));

    if (idv_svc_create_tx(call, &policy, &view.tx) != NGX_OK
        || idv_svc_create_request(call, &view.blob[IDV_SVC_BLOB_REQUEST])
           != NGX_OK)
    {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    rc = idv_svc_store_create(call->store, &view, call->conf->user_limit,
                              call->now);

    if (rc == NGX_BUSY) {
        return idv_svc_error(call, IDV_SVC_LIMITED);
    }

    if (rc == NGX_ABORT) {
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "verifyStatus",
                       "The user's verify status is DISABLED.", NULL);

        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (rc != NGX_OK) {
        return idv_svc_full(call);
    }

    if (view.tx.notify) {
        return idv_svc_create_send(call, &view);
    }

    return idv_svc_create_answer(call, &view);
}


static ngx_int_t
idv_svc_create_answer(idv_svc_call_t *call, idv_svc_view_t *view)
{
    json_t  *json;

    json = idv_svc_transaction_json(call, view);

    if (idv_svc_location(call, json) != NGX_OK) {
        json_decref(json);
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, NGX_HTTP_CREATED, json);
}


static ngx_int_t
idv_svc_create_policy(idv_svc_call_t *call, idv_svc_stored_t *policy)
{
    u_char      id[IDV_SVC_UUID];
    json_t     *value;
    ngx_int_t   rc;
    ngx_str_t   text;

    value = json_object_get(call->json, "verifyPolicy");

    if (value == NULL) {
        return idv_svc_policy_find(call, NULL, 0, policy);
    }

    text = idv_json_string(value, "id");

    if (text.len == 0
        || idv_uuid_parse(id, text.data, text.len) != NGX_OK)
    {
        idv_svc_create_invalid(call, "verifyPolicy.id",
                               "The id must be a UUID.");
        return NGX_DECLINED;
    }

    rc = idv_svc_policy_find(call, id, 0, policy);

    if (rc == NGX_DECLINED) {
        idv_svc_create_invalid(call, "verifyPolicy.id",
                               "There is no such policy.");
    }

    return rc;
}


static void
idv_svc_create_object(idv_svc_call_t *call, const char *name,
    void (*check)(idv_svc_call_t *call))
{
    json_t  *value;

    value = json_object_get(call->json, name);

    if (value == NULL || json_is_null(value)) {
        return;
    }

    if (!json_is_object(value)) {
        idv_svc_create_invalid(call, name, "The value must be an object.");
        return;
    }

    check(call);
}


static void
idv_svc_create_requirements(idv_svc_call_t *call)
{
    json_t                 *requirements, *value;
    idv_svc_requirement_t  *r;

    requirements = json_object_get(call->json, "requirements");

    for (r = idv_svc_requirements; r->name; r++) {
        value = json_object_get(requirements, r->name);

        if (value) {
            idv_svc_create_requirement(call, r, value);
        }
    }
}


/* {"value": text} or {"options": [text, ...]} */

static void
idv_svc_create_requirement(idv_svc_call_t *call,
    idv_svc_requirement_t *requirement, json_t *value)
{
    char     target[64];
    size_t   i, n;
    json_t  *options;

    options = json_object_get(value, "options");

    if (options == NULL
        && idv_svc_create_text(call, requirement,
                               json_object_get(value, "value")))
    {
        return;
    }

    n = json_array_size(options);

    if (json_is_array(options) && n <= IDV_SVC_MAX_OPTIONS) {
        for (i = 0; i < n; i++) {
            if (!idv_svc_create_text(call, requirement,
                                     json_array_get(options, i)))
            {
                break;
            }
        }

        if (i == n) {
            return;
        }
    }

    (void) ngx_snprintf((u_char *) target, sizeof(target), "requirements.%s%Z",
                        requirement->name);

    idv_svc_create_invalid(call, target,
                           "Neither a value nor a list of options, or one "
                           "that is too long or no address.");
}


/* what the policy makes of the requirements */

static void
idv_svc_create_needs(idv_svc_call_t *call, const idv_svc_policy_t *rules)
{
    json_t  *requirements;

    requirements = json_object_get(call->json, "requirements");

    /* there has to be something to compare the face with */

    if (rules->facial == IDV_SVC_REQUIRED
        && !idv_svc_enabled(rules->government_id)
        && json_object_get(requirements, "referenceSelfie") == NULL)
    {
        idv_svc_detail(call, "REQUIRED_VALUE", "requirements.referenceSelfie",
                       "The policy compares faces and has no document.", NULL);
    }

    if (rules->data_threshold && json_object_get(requirements, "phone")
        && rules->phone.verify != IDV_SVC_REQUIRED)
    {
        idv_svc_create_invalid(call, "requirements.phone",
                               "The policy verifies data, and its phone check "
                               "is not REQUIRED.");
    }
}


static ngx_uint_t
idv_svc_create_text(idv_svc_call_t *call, idv_svc_requirement_t *requirement,
    json_t *value)
{
    size_t  len;

    if (requirement->channel != IDV_SVC_NCHANNELS) {
        return idv_svc_create_address(requirement->channel, value);
    }

    len = json_string_length(value);

    return json_is_string(value) && len > 0 && len <= requirement->max;
}


static void
idv_svc_create_redirect(idv_svc_call_t *call)
{
    json_t     *redirect, *message;
    ngx_str_t   url;

    redirect = json_object_get(call->json, "redirect");
    url = idv_json_string(redirect, "url");

    if (!idv_svc_create_url(&url)) {
        idv_svc_create_invalid(call, "redirect.url",
                               "The value must be an absolute http or https "
                               "URL.");
    }

    message = json_object_get(redirect, "message");

    if (message
        && (!json_is_string(message)
            || ngx_utf8_length((u_char *) json_string_value(message),
                               json_string_length(message))
               > IDV_SVC_MAX_MESSAGE))
    {
        idv_svc_create_invalid(call, "redirect.message",
                               "The value must be a text of at most 256 "
                               "characters.");
    }

    if (json_object_get(redirect, "auto")) {
        idv_svc_create_auto(call, redirect);
    }
}


/* "true" is true, as in a policy */

static void
idv_svc_create_auto(idv_svc_call_t *call, json_t *redirect)
{
    json_t     *value;
    ngx_str_t   text;

    value = json_object_get(redirect, "auto");
    text = idv_json_string(redirect, "auto");

    if (text.len && ngx_strcmp(text.data, "true") == 0) {
        (void) json_object_set_new(redirect, "auto", json_true());

    } else if (text.len && ngx_strcmp(text.data, "false") == 0) {
        (void) json_object_set_new(redirect, "auto", json_false());

    } else if (!json_is_boolean(value)) {
        idv_svc_create_invalid(call, "redirect.auto",
                               "The value must be true or false.");
    }
}


static void
idv_svc_create_callback(idv_svc_call_t *call)
{
    json_t      *callback, *headers, *value;
    ngx_str_t    url;
    const char  *name;

    callback = json_object_get(call->json, "callback");
    url = idv_json_string(callback, "url");

    if (!idv_svc_create_url(&url)) {
        idv_svc_create_invalid(call, "callback.url",
                               "The value must be an absolute http or https "
                               "URL.");
    }

    headers = json_object_get(callback, "headers");

    if (headers == NULL) {
        return;
    }

    if (!json_is_object(headers)
        || json_object_size(headers) > IDV_SVC_MAX_HEADERS)
    {
        idv_svc_create_invalid(call, "callback.headers",
                               "The value must be an object of at most 16 "
                               "texts.");
        return;
    }

    json_object_foreach(headers, name, value) {
        if (!json_is_string(value)
            || json_string_length(value) > IDV_SVC_MAX_TEXT)
        {
            idv_svc_create_invalid(call, "callback.headers",
                                   "The value must be an object of at most "
                                   "16 texts.");
            return;
        }
    }
}


/*
 * It becomes a link and a redirect on the capture page: a host is a must, and
 * no byte that a browser would read in its own way.
 */

static ngx_uint_t
idv_svc_create_url(ngx_str_t *url)
{
    u_char      c;
    ngx_uint_t  i, host;

    if (url->len > IDV_SVC_MAX_TEXT) {
        return 0;
    }

    if (url->len > 8 && ngx_strncmp(url->data, "https://", 8) == 0) {
        host = 8;

    } else if (url->len > 7 && ngx_strncmp(url->data, "http://", 7) == 0) {
        host = 7;

    } else {
        return 0;
    }

    if (ngx_strchr("/?#:", url->data[host])) {
        return 0;
    }

    for (i = host; i < url->len && !ngx_strchr("/?#", url->data[i]); i++) {
        c = ngx_tolower(url->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'))
        {
            return 0;
        }
    }

    for ( /* void */ ; i < url->len; i++) {
        c = url->data[i];

        if (c <= ' ' || c >= 0x7f || ngx_strchr("\"'<>\\^`{|}", c)) {
            return 0;
        }
    }

    return 1;
}


static void
idv_svc_create_notification(idv_svc_call_t *call)
{
    json_t  *asked, *email, *phone;

    asked = json_object_get(call->json, "sendNotification");

    email = json_object_get(asked, "email");
    phone = json_object_get(asked, "phone");

    if (email && !idv_svc_create_address(IDV_SVC_EMAIL, email)) {
        idv_svc_create_invalid(call, "sendNotification.email",
                               "The value must be an e-mail address.");
    }

    if (phone && !idv_svc_create_address(IDV_SVC_SMS, phone)) {
        idv_svc_create_invalid(call, "sendNotification.phone",
                               "The value must be a phone number with its "
                               "country code.");
    }
}


static ngx_uint_t
idv_svc_create_address(idv_svc_channel_e channel, json_t *value)
{
    ngx_str_t  text;

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    return json_is_string(value) && idv_svc_address_valid(channel, &text);
}


static void
idv_svc_create_invalid(idv_svc_call_t *call, const char *target,
    const char *message)
{
    if (json_array_size(call->details) < IDV_SVC_MAX_DETAILS) {
        idv_svc_detail(call, "INVALID_VALUE", target, message, NULL);
    }
}


static ngx_int_t
idv_svc_create_tx(idv_svc_call_t *call, idv_svc_stored_t *policy,
    idv_svc_tx_t *tx)
{
    json_t      *asked, *requirements;
    ngx_uint_t   i;

    asked = json_object_get(call->json, "sendNotification");

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        if (json_object_get(asked, idv_svc_contacts[i])) {
            tx->notify |= 1 << i;
        }
    }

    if (idv_svc_uuid(tx->id) != NGX_OK || idv_svc_uuid(tx->items) != NGX_OK
        || idv_svc_code(tx->code) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(tx->env, call->env, IDV_SVC_UUID);
    ngx_memcpy(tx->policy, policy->id, IDV_SVC_UUID);

    tx->user_len = (uint8_t) call->user.len;
    ngx_memcpy(tx->user, call->user.data, call->user.len);

    requirements = json_object_get(call->json, "requirements");

    idv_svc_tx_plan(tx, &policy->rules,
                    json_object_get(requirements, "referenceSelfie") != NULL,
                    idv_svc_create_record(requirements));

    tx->created = call->now;
    tx->updated = call->now;
    tx->expires = call->now + IDV_SVC_SECOND
                  * idv_svc_model_seconds(&policy->rules.transaction);
    tx->collect_time = IDV_SVC_SECOND
                       * idv_svc_model_seconds(&policy->rules.collection);
    tx->personal_time = call->conf->personal_time * IDV_SVC_SECOND;
    tx->record_time = call->conf->record_time * IDV_SVC_SECOND;

    return NGX_OK;
}


/* something that a document can be matched with */

static ngx_uint_t
idv_svc_create_record(json_t *requirements)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NRECORD; i++) {
        if (json_object_get(requirements, idv_svc_requirements[i].name)) {
            return 1;
        }
    }

    return 0;
}


/* what is echoed when the transaction is read, and who asked for it */

static ngx_int_t
idv_svc_create_request(idv_svc_call_t *call, ngx_str_t *out)
{
    json_t      *kept, *value;
    ngx_int_t    rc;
    ngx_uint_t   i;

    static const char  *members[] =
        { "requirements", "callback", "redirect", "sendNotification", NULL };

    kept = json_object();

    for (i = 0; members[i]; i++) {
        value = json_object_get(call->json, members[i]);

        if (json_is_object(value)) {
            (void) json_object_set(kept, members[i], value);
        }
    }

    if (call->client.len) {
        (void) json_object_set_new(kept, "client",
                                   idv_svc_json_str(&call->client));
    }

    rc = idv_json_dump(call->request->pool, kept, out);

    json_decref(kept);

    return rc;
}


static ngx_int_t
idv_svc_create_send(idv_svc_call_t *call, idv_svc_view_t *view)
{
    json_t             *asked;
    ngx_str_t           text, link;
    ngx_uint_t          i, n;
    idv_svc_message_t   list[IDV_SVC_NCHANNELS];

    asked = json_object_get(call->json, "sendNotification");
    n = 0;

    if (idv_svc_transaction_url(call, &view->tx, &link) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {

        if (!(view->tx.notify & (1 << i))) {
            continue;
        }

        ngx_memzero(&list[n], sizeof(idv_svc_message_t));

        list[n].channel = i;
        list[n].link = link;
        list[n].client = call->client;
        list[n].minutes = (view->tx.expires - call->now)
                          / (60 * IDV_SVC_SECOND);

        idv_svc_tx_item(&view->tx, IDV_SVC_ITEM_MESSAGE + i, list[n].id);

        text = idv_json_string(asked, idv_svc_contacts[i]);

        if (idv_svc_address(call->request->pool, i, &text, &list[n].address)
            != NGX_OK)
        {
            return idv_svc_error(call, IDV_SVC_UNEXPECTED);
        }

        n++;
    }

    ngx_memcpy(call->tx, view->tx.id, IDV_SVC_UUID);

    return idv_svc_message_send(call, &view->tx, list, n,
                                idv_svc_create_sent);
}


/* the transaction now knows what became of its messages */

static ngx_int_t
idv_svc_create_sent(idv_svc_call_t *call)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_TEXT, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    return idv_svc_create_answer(call, &view);
}
