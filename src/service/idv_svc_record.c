
/*
 * Copyright (C) nginx-idv authors
 *
 * One row a member: what is written, what is read, and which numbers it may
 * have.  A member that a file does not have is 0, as in a new transaction, and
 * one that we do not know is left alone: so members may come and go.  Lists of
 * words only grow at their end.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_json.h"
#include "idv_svc.h"
#include "idv_svc_keep.h"
#include "idv_svc_record.h"
#include "idv_svc_type.h"


#define IDV_SVC_RECORD_VERSION  1
#define IDV_SVC_RECORD_TIME     INT64_C(1000000000000000)
#define IDV_SVC_RECORD_RETRIES  (IDV_SVC_MAX_ATTEMPTS - 1)


typedef struct {
    const char   *name;
    size_t        offset;
    size_t        size;              /* bytes of a number */
    size_t        n;                 /* 0: one number; or so many bytes */
    int64_t       max;               /* of each */
} idv_svc_record_field_t;


#define IDV_SVC_NUMBER(type, member, max)                                     \
    { #member, offsetof(type, member), sizeof(((type *) 0)->member), 0, max }

#define IDV_SVC_BYTES(type, member, max)                                      \
    { #member, offsetof(type, member), 1, sizeof(((type *) 0)->member), max }


static json_t *idv_svc_record_fields(const idv_svc_record_field_t *field,
    const void *from);
static json_t *idv_svc_record_hex(const u_char *p, size_t n);
static json_t *idv_svc_record_base64(ngx_pool_t *pool, const ngx_str_t *s);
static int64_t idv_svc_record_number(const u_char *p, size_t size);
static ngx_int_t idv_svc_record_fill(const idv_svc_record_field_t *field,
    json_t *json, void *to);
static ngx_int_t idv_svc_record_fill_bytes(const idv_svc_record_field_t *f,
    json_t *value, u_char *to);
static ngx_int_t idv_svc_record_fill_number(const idv_svc_record_field_t *f,
    json_t *value, u_char *to);
static ngx_int_t idv_svc_record_documents(ngx_pool_t *pool, json_t *list,
    idv_svc_view_t *view);
static ngx_int_t idv_svc_record_value(ngx_pool_t *pool, json_t *json,
    idv_svc_doc_t *doc);
static ngx_int_t idv_svc_record_policy(ngx_pool_t *pool, json_t *row,
    idv_svc_stored_t *policy);
static void idv_svc_record_report(void *data, const char *code,
    const char *target, const char *message, json_t *inner);


#define N(member, max)  IDV_SVC_NUMBER(idv_svc_tx_t, member, max)
#define B(member, max)  IDV_SVC_BYTES(idv_svc_tx_t, member, max)

static const idv_svc_record_field_t  idv_svc_record_tx[] = {
    B(id, 255),
    B(env, 255),
    B(policy, 255),
    B(items, 255),
    B(code, 255),
    B(user, 255),
    N(user_len, IDV_SVC_MAX_USER),
    N(status, IDV_TX_NSTATUSES - 1),
    B(level, IDV_SVC_REQUIRED),
    B(checks, IDV_TX_NSTATUSES - 1),
    B(found, IDV_SVC_FOUND_OPEN),
    B(why, IDV_SVC_NREASONS - 1),
    B(attempt, IDV_SVC_MAX_ATTEMPTS - 1),
    N(given, 255),
    N(skipped, 255),
    N(typed, 1),
    N(draft, 1),
    N(kind, IDV_SVC_NKINDS),
    N(sides, 255),
    B(again, IDV_SVC_NREASONS - 1),
    N(reason, IDV_SVC_NREASONS - 1),
    N(misses, 255),
    N(notify, 255),
    N(sent, 255),
    N(document, 255),
    N(selfie, 1),
    N(wiped, 1),
    N(zone, IDV_DOCUMENT_AAMVA),
    N(test, 1),
    N(held, 1),
    N(assured, 1),
    B(match, IDV_MATCH_NWORDS),
    N(undelivered, 255),
    N(faults, UINT32_MAX),
    N(differs, UINT32_MAX),
    N(dropped, UINT32_MAX),
    N(unnoted, IDV_SVC_RECORD_TIME),
    N(version, UINT32_MAX),
    N(created, IDV_SVC_RECORD_TIME),
    N(updated, IDV_SVC_RECORD_TIME),
    N(expires, IDV_SVC_RECORD_TIME),
    N(begun, IDV_SVC_RECORD_TIME),
    N(submitted, IDV_SVC_RECORD_TIME),
    N(collect_time, IDV_SVC_RECORD_TIME),
    N(collect_until, IDV_SVC_RECORD_TIME),
    N(decide_at, IDV_SVC_RECORD_TIME),
    N(decided_at, IDV_SVC_RECORD_TIME),
    N(personal_time, IDV_SVC_RECORD_TIME),
    N(record_time, IDV_SVC_RECORD_TIME),

    N(otp[0].state, IDV_OTP_NSTATES - 1),
    N(otp[0].attempts, 255),
    N(otp[0].deliveries, 255),
    B(otp[0].code, '9'),
    N(otp[0].sent_at, IDV_SVC_RECORD_TIME),
    N(otp[1].state, IDV_OTP_NSTATES - 1),
    N(otp[1].attempts, 255),
    N(otp[1].deliveries, 255),
    B(otp[1].code, '9'),
    N(otp[1].sent_at, IDV_SVC_RECORD_TIME),

    N(rules.government_id, IDV_SVC_REQUIRED),
    N(rules.inspection, IDV_SVC_STEP_UP),
    N(rules.fail_expired, 1),
    N(rules.id_retries, IDV_SVC_RECORD_RETRIES),
    N(rules.aamva, UINT16_MAX),
    N(rules.aadhaar, UINT16_MAX),
    N(rules.facial, IDV_SVC_REQUIRED),
    N(rules.facial_threshold, IDV_SVC_HIGH),
    N(rules.liveness, IDV_SVC_REQUIRED),
    N(rules.liveness_threshold, IDV_SVC_HIGH),
    N(rules.liveness_retries, IDV_SVC_RECORD_RETRIES),
    N(rules.match[0].threshold, IDV_SVC_HIGH),
    N(rules.match[0].required, 1),
    N(rules.match[1].threshold, IDV_SVC_HIGH),
    N(rules.match[1].required, 1),
    N(rules.match[2].threshold, IDV_SVC_HIGH),
    N(rules.match[2].required, 1),
    N(rules.match[3].threshold, IDV_SVC_HIGH),
    N(rules.match[3].required, 1),
    N(rules.match[4].threshold, IDV_SVC_HIGH),
    N(rules.match[4].required, 1),
    N(rules.data_threshold, UINT16_MAX),
    N(rules.email.verify, IDV_SVC_REQUIRED),
    N(rules.email.attempts, UINT16_MAX),
    N(rules.email.deliveries, UINT16_MAX),
    N(rules.email.cooldown.duration, UINT16_MAX),
    N(rules.email.cooldown.unit, IDV_SVC_MINUTES),
    N(rules.email.life.duration, UINT16_MAX),
    N(rules.email.life.unit, IDV_SVC_MINUTES),
    N(rules.phone.verify, IDV_SVC_REQUIRED),
    N(rules.phone.attempts, UINT16_MAX),
    N(rules.phone.deliveries, UINT16_MAX),
    N(rules.phone.cooldown.duration, UINT16_MAX),
    N(rules.phone.cooldown.unit, IDV_SVC_MINUTES),
    N(rules.phone.life.duration, UINT16_MAX),
    N(rules.phone.life.unit, IDV_SVC_MINUTES),
    N(rules.voice, IDV_SVC_REQUIRED),
    N(rules.credential, IDV_SVC_REQUIRED),
    N(rules.device, IDV_SVC_REQUIRED),
    N(rules.transaction.duration, UINT16_MAX),
    N(rules.transaction.unit, IDV_SVC_MINUTES),
    N(rules.collection.duration, UINT16_MAX),
    N(rules.collection.unit, IDV_SVC_MINUTES),
    N(rules.collect_only, 1),
    N(rules.authentication_mode, 1),
    N(rules.ida, UINT16_MAX),

    { NULL, 0, 0, 0, 0 }
};

#undef N
#undef B


#define N(member, max)  IDV_SVC_NUMBER(idv_svc_doc_t, member, max)
#define B(member, max)  IDV_SVC_BYTES(idv_svc_doc_t, member, max)

static const idv_svc_record_field_t  idv_svc_record_doc[] = {
    B(id, 255),
    N(type, 255),
    N(attempt, IDV_SVC_MAX_ATTEMPTS - 1),
    N(processed, 1),
    N(client, 1),
    N(bad, 1),
    N(filed, 1),
    N(tag, UINT32_MAX),
    N(size, UINT32_MAX),
    N(created, IDV_SVC_RECORD_TIME),
    N(updated, IDV_SVC_RECORD_TIME),

    { NULL, 0, 0, 0, 0 }
};

#undef N
#undef B


#define N(member, max)  IDV_SVC_NUMBER(idv_svc_stored_t, member, max)
#define B(member, max)  IDV_SVC_BYTES(idv_svc_stored_t, member, max)

static const idv_svc_record_field_t  idv_svc_record_stored[] = {
    B(id, 255),
    B(name, 255),
    N(created, IDV_SVC_RECORD_TIME),
    N(updated, IDV_SVC_RECORD_TIME),

    { NULL, 0, 0, 0, 0 }
};

#undef N
#undef B


#define N(member, max)  IDV_SVC_NUMBER(idv_svc_own_view_t, member, max)
#define B(member, max)  IDV_SVC_BYTES(idv_svc_own_view_t, member, max)

static const idv_svc_record_field_t  idv_svc_record_user[] = {
    N(standing, IDV_SVC_NSTANDINGS - 1),
    B(env, 255),
    N(account.created, IDV_SVC_RECORD_TIME),
    N(account.updated, IDV_SVC_RECORD_TIME),
    N(account.enabled, 1),
    B(assurance.tx, 255),
    N(assurance.at, IDV_SVC_RECORD_TIME),
    N(assurance.checks, UINT32_MAX),
    N(assurance.zone, IDV_DOCUMENT_AAMVA),
    N(assurance.test, 1),

    { NULL, 0, 0, 0, 0 }
};

#undef N
#undef B


/* in the order of idv_svc_blob_e */

static const char  *idv_svc_record_blobs[IDV_SVC_NBLOBS] = {
    "request", "document", "checks", "meta"
};


ngx_int_t
idv_svc_record_write(ngx_pool_t *pool, const idv_svc_view_t *view,
    ngx_str_t *text)
{
    json_t               *json, *blobs, *docs, *one;
    ngx_int_t             rc;
    ngx_uint_t            i;
    const ngx_str_t      *blob;
    const idv_svc_doc_t  *doc;

    blobs = json_object();
    docs = json_array();

    for (i = 0; i < IDV_SVC_NBLOBS; i++) {
        blob = &view->blob[i];

        if (blob->len) {
            (void) json_object_set_new(blobs, idv_svc_record_blobs[i],
                                       json_stringn((char *) blob->data,
                                                    blob->len));
        }
    }

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];
        one = idv_svc_record_fields(idv_svc_record_doc, doc);

        (void) json_object_set_new(one, "length",
                                   json_integer(doc->value.len));

        if (!doc->filed && doc->value.len) {
            (void) json_object_set_new(one, "value",
                                       idv_svc_record_base64(pool,
                                                             &doc->value));
        }

        (void) json_array_append_new(docs, one);
    }

    json = json_pack("{s:i, s:o, s:o, s:o}", "version", IDV_SVC_RECORD_VERSION,
                     "transaction",
                     idv_svc_record_fields(idv_svc_record_tx, &view->tx),
                     "blobs", blobs, "documents", docs);

    rc = idv_json_dump(pool, json, text);

    json_decref(json);

    return rc;
}


static json_t *
idv_svc_record_fields(const idv_svc_record_field_t *field, const void *from)
{
    json_t                        *json;
    const u_char                  *p;
    const idv_svc_record_field_t  *f;

    json = json_object();

    for (f = field; f->name; f++) {
        p = (const u_char *) from + f->offset;

        (void) json_object_set_new(json, f->name,
                     f->n ? idv_svc_record_hex(p, f->n)
                          : json_integer(idv_svc_record_number(p, f->size)));
    }

    return json;
}


static json_t *
idv_svc_record_hex(const u_char *p, size_t n)
{
    u_char  hex[2 * IDV_SVC_MAX_USER];

    return json_stringn((char *) hex,
                        ngx_hex_dump(hex, (u_char *) p, n) - hex);
}


static json_t *
idv_svc_record_base64(ngx_pool_t *pool, const ngx_str_t *s)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(pool, ngx_base64_encoded_length(s->len));
    if (text.data == NULL) {
        return NULL;
    }

    ngx_encode_base64(&text, (ngx_str_t *) s);

    return json_stringn((char *) text.data, text.len);
}


static int64_t
idv_svc_record_number(const u_char *p, size_t size)
{
    switch (size) {

    case 1:
        return *p;

    case 2:
        return *(const uint16_t *) p;

    case 4:
        return *(const uint32_t *) p;
    }

    return *(const int64_t *) p;
}


ngx_int_t
idv_svc_record_read(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_view_t *view)
{
    json_t      *json, *blobs;
    ngx_uint_t   i, n;

    ngx_memzero(view, sizeof(idv_svc_view_t));

    json = idv_json_parse(pool, text->data, text->len, IDV_SVC_KEEP_MAX);

    if (json == NULL && ngx_errno == NGX_ENOMEM) {
        return NGX_ERROR;
    }

    if (json_integer_value(json_object_get(json, "version"))
        != IDV_SVC_RECORD_VERSION
        || idv_svc_record_fill(idv_svc_record_tx,
                               json_object_get(json, "transaction"), &view->tx)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (n = 0; idv_svc_documents[n].name.len; n++) { /* void */ }

    if (view->tx.status == IDV_TX_UNKNOWN || view->tx.document > n
        || view->tx.user_len == 0)
    {
        return NGX_DECLINED;
    }

    blobs = json_object_get(json, "blobs");

    for (i = 0; i < IDV_SVC_NBLOBS; i++) {
        view->blob[i] = idv_json_string(blobs, idv_svc_record_blobs[i]);
    }

    return idv_svc_record_documents(pool, json_object_get(json, "documents"),
                                    view);
}


static ngx_int_t
idv_svc_record_fill(const idv_svc_record_field_t *field, json_t *json,
    void *to)
{
    json_t                        *value;
    u_char                        *p;
    ngx_int_t                      rc;
    const idv_svc_record_field_t  *f;

    if (!json_is_object(json)) {
        return NGX_DECLINED;
    }

    for (f = field; f->name; f++) {
        p = (u_char *) to + f->offset;
        value = json_object_get(json, f->name);

        if (value == NULL) {
            continue;
        }

        rc = f->n ? idv_svc_record_fill_bytes(f, value, p)
                  : idv_svc_record_fill_number(f, value, p);

        if (rc != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_record_fill_bytes(const idv_svc_record_field_t *f, json_t *value,
    u_char *to)
{
    size_t      i, len;
    u_char     *hex;
    ngx_int_t   n;

    len = json_string_length(value);
    hex = (u_char *) json_string_value(value);

    if (hex == NULL || len % 2 || len / 2 > f->n) {
        return NGX_DECLINED;
    }

    for (i = 0; i < len / 2; i++) {
        n = ngx_hextoi(hex + 2 * i, 2);

        if (n == NGX_ERROR || n > f->max) {
            return NGX_DECLINED;
        }

        to[i] = (u_char) n;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_record_fill_number(const idv_svc_record_field_t *f, json_t *value,
    u_char *to)
{
    int64_t  n;

    n = json_integer_value(value);

    if (!json_is_integer(value) || n < 0 || n > f->max) {
        return NGX_DECLINED;
    }

    switch (f->size) {

    case 1:
        *to = (uint8_t) n;
        break;

    case 2:
        *(uint16_t *) to = (uint16_t) n;
        break;

    case 4:
        *(uint32_t *) to = (uint32_t) n;
        break;

    default:
        *(int64_t *) to = n;
        break;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_record_documents(ngx_pool_t *pool, json_t *list, idv_svc_view_t *view)
{
    json_t         *json;
    size_t          i;
    ngx_int_t       rc;
    ngx_uint_t      n;
    idv_svc_doc_t  *doc;

    if (json_array_size(list) > IDV_SVC_MAX_DOCS) {
        return NGX_DECLINED;
    }

    for (n = 0; idv_svc_types[n].name.len; n++) { /* void */ }

    json_array_foreach(list, i, json) {
        doc = &view->doc[i];

        if (idv_svc_record_fill(idv_svc_record_doc, json, doc) != NGX_OK
            || doc->type >= n)
        {
            return NGX_DECLINED;
        }

        rc = idv_svc_record_value(pool, json, doc);
        if (rc != NGX_OK) {
            return rc;
        }

        view->ndocs++;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_record_value(ngx_pool_t *pool, json_t *json, idv_svc_doc_t *doc)
{
    int64_t    len;
    ngx_str_t  text;

    len = json_integer_value(json_object_get(json, "length"));

    if (len < 0 || len > IDV_SVC_KEEP_MAX) {
        return NGX_DECLINED;
    }

    doc->value.len = len;

    if (doc->filed || len == 0) {
        return NGX_OK;
    }

    text = idv_json_string(json, "value");

    doc->value.data = ngx_pnalloc(pool, ngx_base64_decoded_length(text.len));
    if (doc->value.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_decode_base64(&doc->value, &text) != NGX_OK
        || doc->value.len != (size_t) len)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
idv_svc_record_write_policies(ngx_pool_t *pool, const idv_svc_stored_t *policy,
    ngx_uint_t n, ngx_str_t *text)
{
    json_t      *json, *list, *one;
    ngx_int_t    rc;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; i < n; i++) {
        one = idv_svc_record_fields(idv_svc_record_stored, &policy[i]);

        (void) json_object_set_new(one, "default",
                                   json_boolean(policy[i].is_default));
        (void) json_object_set_new(one, "system",
                                   json_boolean(policy[i].system));
        (void) json_object_set_new(one, "builtin",
                                   json_boolean(policy[i].builtin));
        (void) json_object_set_new(one, "text",
                                json_stringn((char *) policy[i].text.data,
                                             policy[i].text.len));

        (void) json_array_append_new(list, one);
    }

    json = json_pack("{s:i, s:o}", "version", IDV_SVC_RECORD_VERSION,
                     "policies", list);

    rc = idv_json_dump(pool, json, text);

    json_decref(json);

    return rc;
}


ngx_int_t
idv_svc_record_read_policies(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_stored_t *policy, ngx_uint_t *n)
{
    json_t      *json, *list, *one;
    size_t       i;
    ngx_int_t    rc;
    ngx_uint_t   defaults;

    json = idv_json_parse(pool, text->data, text->len, IDV_SVC_KEEP_MAX);

    if (json == NULL && ngx_errno == NGX_ENOMEM) {
        return NGX_ERROR;
    }

    list = json_object_get(json, "policies");
    defaults = 0;

    if (json_integer_value(json_object_get(json, "version"))
        != IDV_SVC_RECORD_VERSION
        || json_array_size(list) > IDV_SVC_MAX_POLICIES)
    {
        return NGX_DECLINED;
    }

    json_array_foreach(list, i, one) {
        rc = idv_svc_record_policy(pool, one, &policy[i]);
        if (rc != NGX_OK) {
            return rc;
        }

        defaults += policy[i].is_default;
    }

    *n = json_array_size(list);

    return (defaults == 1) ? NGX_OK : NGX_DECLINED;
}


/* what the service goes by is read from the policy's text, as ever */

static ngx_int_t
idv_svc_record_policy(ngx_pool_t *pool, json_t *row, idv_svc_stored_t *policy)
{
    json_t     *json, *model;
    ngx_int_t   rc;

    ngx_memzero(policy, sizeof(idv_svc_stored_t));

    if (idv_svc_record_fill(idv_svc_record_stored, row, policy) != NGX_OK) {
        return NGX_DECLINED;
    }

    policy->text = idv_json_string(row, "text");

    json = idv_json_parse(pool, policy->text.data, policy->text.len,
                          policy->text.len);

    /* what is licensed now is asked of new policies only */

    model = json ? idv_svc_model_read(json, ~(ngx_uint_t) 0,
                                      idv_svc_record_report, NULL)
                 : NULL;

    if (model == NULL) {
        return NGX_DECLINED;
    }

    rc = idv_svc_policy_pack(pool, model, policy);

    json_decref(model);

    policy->is_default = json_is_true(json_object_get(row, "default"));
    policy->system = json_is_true(json_object_get(row, "system"));
    policy->builtin = json_is_true(json_object_get(row, "builtin"));

    return rc;
}


static void
idv_svc_record_report(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    json_decref(inner);
}


ngx_int_t
idv_svc_record_write_user(ngx_pool_t *pool, const idv_svc_own_view_t *view,
    ngx_str_t *text)
{
    json_t     *json;
    ngx_int_t   rc;

    json = json_pack("{s:i, s:o}", "version", IDV_SVC_RECORD_VERSION,
                     "user", idv_svc_record_fields(idv_svc_record_user, view));

    if (view->account.id.len) {
        (void) json_object_set_new(json, "id",
                                   idv_svc_json_str(&view->account.id));
        (void) json_object_set_new(json, "attributes",
                                   idv_svc_account_json(&view->account));
    }

    if (view->assurance.text.len) {
        (void) json_object_set_new(json, "assurance",
                                   idv_svc_json_str(&view->assurance.text));
    }

    rc = idv_json_dump(pool, json, text);

    json_decref(json);

    return rc;
}


ngx_int_t
idv_svc_record_read_user(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_own_view_t *view)
{
    json_t     *json;
    ngx_str_t   none;

    ngx_memzero(view, sizeof(idv_svc_own_view_t));

    json = idv_json_parse(pool, text->data, text->len, IDV_SVC_KEEP_MAX);

    if (json == NULL && ngx_errno == NGX_ENOMEM) {
        return NGX_ERROR;
    }

    if (json_integer_value(json_object_get(json, "version"))
        != IDV_SVC_RECORD_VERSION
        || idv_svc_record_fill(idv_svc_record_user,
                               json_object_get(json, "user"), view)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    view->account.id = idv_json_string(json, "id");
    view->assurance.text = idv_json_string(json, "assurance");

    ngx_str_set(&none, "");

    if (view->account.id.len
        && (idv_svc_user_form(&view->account.id) != NGX_OK
            || idv_svc_account_read(pool, json_object_get(json, "attributes"),
                                    &none, &view->account,
                                    idv_svc_record_report, NULL)
               != 0))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}
