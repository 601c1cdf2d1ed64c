
/*
 * Copyright (C) nginx-idv authors
 *
 * What a transaction found: verified data while it may be kept, metadata for
 * as long as the transaction is known, and the QR code that leads to it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../util/idv_qr.h"
#include "idv_svc.h"
#include "idv_svc_image.h"


#define IDV_SVC_TRIES     8
#define IDV_SVC_ATTEMPTS  4          /* the first one and three more */


typedef struct {
    ngx_str_t         type;
    ngx_uint_t        blob;
} idv_svc_data_type_t;


typedef struct {
    const char       *key;
    const char       *sample;
} idv_svc_data_key_t;


static ngx_int_t idv_svc_data_query(idv_svc_call_t *call, ngx_uint_t *full,
    ngx_uint_t *want, ngx_uint_t *latest);
static ngx_uint_t idv_svc_data_types(ngx_str_t *value);
static ngx_uint_t idv_svc_data_has(idv_svc_tx_t *tx, ngx_uint_t i);
static ngx_int_t idv_svc_data_find(idv_svc_call_t *call, idv_svc_tx_t *tx);
static json_t *idv_svc_data_item(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t i, ngx_uint_t full);
static json_t *idv_svc_data_content(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t i);
static json_t *idv_svc_data_image(idv_svc_call_t *call, ngx_str_t *image);
static ngx_int_t idv_svc_data_drop(idv_svc_call_t *call, ngx_uint_t all);
static json_t *idv_svc_meta_item(idv_svc_call_t *call, idv_svc_tx_t *tx,
    ngx_uint_t i);
static json_t *idv_svc_meta_document(idv_svc_tx_t *tx);
static json_t *idv_svc_meta_result(const char *name, ngx_uint_t status);
static ngx_uint_t idv_svc_meta_has(idv_svc_tx_t *tx, ngx_uint_t i);


/* in the order of idv_svc_data_e */

static idv_svc_data_type_t  idv_svc_data_type[IDV_SVC_NDATA] = {
    { ngx_string("GOVERNMENT_ID"), IDV_SVC_BLOB_DOCUMENT },
    { ngx_string("FRONT_IMAGE"), IDV_SVC_BLOB_FRONT },
    { ngx_string("SELFIE"), IDV_SVC_BLOB_SELFIE }
};


/* in the order of idv_svc_meta_e */

static const char  *idv_svc_meta_type[IDV_SVC_NMETA] =
    { "DOCUMENT_AUTHENTICATION", "BIOGRAPHIC_MATCH" };

static const char  *idv_svc_meta_provider[IDV_SVC_NMETA] =
    { "LOCAL", "BIOGRAPHIC_MATCHER" };


/* keys of GOVERNMENT_ID with the document of a person who does not exist */

static idv_svc_data_key_t  idv_svc_data_keys[] = {
    { "firstName", "ANN" },
    { "middleName", "MARIE" },
    { "lastName", "EXAMPLE" },
    { "fullName", "ANN MARIE EXAMPLE" },
    { "gender", "F" },
    { "birthDate", "1990-04-12" },
    { "nationality", "USA" },
    { "personalNumber", "" },
    { "idType", "driver_license" },
    { "idNumber", "E5500123" },
    { "documentNumber", "E5500123" },
    { "issueDate", "2024-04-12" },
    { "expirationDate", "2034-04-12" },
    { "issuingCountry", "USA" },
    { "country", "USA" },
    { "addressStreet", "12 EXAMPLE STREET" },
    { "addressCity", "DENVER" },
    { "addressState", "CO" },
    { "addressZip", "80202" },
    { "weight", "62 kg" },
    { "height", "170 cm" },
    { "hairColor", "BRO" },
    { "eyeColor", "GRN" },
    { NULL, NULL }
};


ngx_int_t
idv_svc_data_list(idv_svc_call_t *call)
{
    json_t          *list;
    ngx_int_t        rc;
    ngx_uint_t       i, full, want, latest;
    idv_svc_view_t   view;

    if (idv_svc_data_query(call, &full, &want, &latest) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (idv_svc_transaction_get(call, want, &view, &rc) != NGX_OK) {
        return rc;
    }

    list = json_array();

    for (i = 0; latest && i < IDV_SVC_NDATA; i++) {

        /* a type filter leaves the others out altogether */

        if (idv_svc_data_has(&view.tx, i)
            && (full == 0 || (full & (1 << i))))
        {
            (void) json_array_append_new(list,
                         idv_svc_data_item(call, &view, i, full & (1 << i)));
        }
    }

    i = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:{s:o, s:[]}, s:i}",
                               "_links",
                               idv_svc_json_links(call, &view.tx,
                                                  "transaction",
                                                  "/verifiedData"),
                               "_embedded",
                                   "verifiedData", list,
                                   "previousAttempts",
                               "size", (int) i));
}


/*
 * full: bits of the types whose data is asked for; want: the blobs of these.
 * There is one attempt in a transaction of this service: latest is set where
 * it is among those that are asked for.
 */

static ngx_int_t
idv_svc_data_query(idv_svc_call_t *call, ngx_uint_t *full, ngx_uint_t *want,
    ngx_uint_t *latest)
{
    ngx_int_t            n;
    ngx_str_t            value;
    ngx_uint_t           i;
    ngx_http_request_t  *r;

    r = call->request;

    *full = 0;
    *want = IDV_SVC_BLOBS_NONE;
    *latest = 1;

    if (ngx_http_arg(r, (u_char *) "type", 4, &value) == NGX_OK) {
        *full = idv_svc_data_types(&value);

        /* a type that is not known, or not had, finds nothing */

        *latest = (*full != 0);
    }

    for (i = 0; i < IDV_SVC_NDATA; i++) {
        if (*full & (1 << i)) {
            *want |= IDV_SVC_BLOB(idv_svc_data_type[i].blob);
        }
    }

    if (ngx_http_arg(r, (u_char *) "attempt", 7, &value) != NGX_OK) {
        return NGX_OK;
    }

    if ((value.len == 3 && ngx_strncmp(value.data, "ALL", 3) == 0)
        || (value.len == 6 && ngx_strncmp(value.data, "LATEST", 6) == 0))
    {
        return NGX_OK;
    }

    n = ngx_atoi(value.data, value.len);

    if (n < 1 || n > IDV_SVC_ATTEMPTS) {
        idv_svc_detail(call, "INVALID_VALUE", "attempt",
                       "The attempt must be ALL, LATEST, or 1 to 4.",
                       json_pack("{s:[s, s, s, s, s, s]}", "allowedValues",
                                 "ALL", "LATEST", "1", "2", "3", "4"));
        return NGX_DECLINED;
    }

    *latest = *latest && n == 1;

    return NGX_OK;
}


/* names between commas, in any case */

static ngx_uint_t
idv_svc_data_types(ngx_str_t *value)
{
    u_char      *p, *last, *end;
    ngx_str_t   *type;
    ngx_uint_t   i, types;

    types = 0;
    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        for (i = 0; i < IDV_SVC_NDATA; i++) {
            type = &idv_svc_data_type[i].type;

            if ((size_t) (end - p) == type->len
                && ngx_strncasecmp(p, type->data, type->len) == 0)
            {
                types |= 1 << i;
            }
        }
    }

    return types;
}


/* data is there once there are findings, and until it is deleted */

static ngx_uint_t
idv_svc_data_has(idv_svc_tx_t *tx, ngx_uint_t i)
{
    return idv_svc_tx_checked(tx) && !tx->wiped && !(tx->dropped & (1 << i))
           && tx->len[idv_svc_data_type[i].blob];
}


/* the index of the item in the path, NGX_DECLINED if there is none */

static ngx_int_t
idv_svc_data_find(idv_svc_call_t *call, idv_svc_tx_t *tx)
{
    u_char      id[IDV_SVC_UUID];
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NDATA; i++) {
        idv_svc_tx_item(tx, i, id);

        if (idv_svc_data_has(tx, i)
            && ngx_memcmp(id, call->item, IDV_SVC_UUID) == 0)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
idv_svc_data_read(idv_svc_call_t *call)
{
    ngx_int_t       rc, i;
    idv_svc_view_t  view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_ALL, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    i = idv_svc_data_find(call, &view.tx);

    if (i == NGX_DECLINED) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_data_item(call, &view, i, 1));
}


static json_t *
idv_svc_data_item(idv_svc_call_t *call, idv_svc_view_t *view, ngx_uint_t i,
    ngx_uint_t full)
{
    u_char         id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    json_t        *data;
    ngx_str_t      item;
    idv_svc_tx_t  *tx;

    tx = &view->tx;
    data = NULL;

    if (full) {
        data = idv_svc_data_content(call, view, i);
        if (data == NULL) {
            return NULL;
        }
    }

    item.data = id;
    item.len = IDV_UUID_LEN;

    idv_svc_tx_item(tx, i, uuid);
    idv_uuid_print(id, uuid);

    return json_pack("{s:o, s:o, s:o, s:o*, s:o, s:{s:i}}",
                     "_links",
                     idv_svc_json_links(call, tx, "transaction",
                                        "/verifiedData/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "type", idv_svc_json_str(&idv_svc_data_type[i].type),
                     "data", data,
                     "createdAt",
                     idv_svc_json_date(tx->held ? tx->updated
                                                : tx->decided_at),
                     "retry",
                         "attempt", 1);
}


static json_t *
idv_svc_data_content(idv_svc_call_t *call, idv_svc_view_t *view, ngx_uint_t i)
{
    ngx_str_t  *blob;

    blob = &view->blob[idv_svc_data_type[i].blob];

    if (i != IDV_SVC_DATA_GOVERNMENT_ID) {
        return idv_svc_data_image(call, blob);
    }

    return json_incref(idv_json_parse(call->request->pool, blob->data,
                                      blob->len, IDV_SVC_MAX_JSON));
}


static json_t *
idv_svc_data_image(idv_svc_call_t *call, ngx_str_t *image)
{
    ngx_str_t    text;
    const char  *format;

    format = idv_svc_image(image->data, image->len) == IDV_SVC_IMAGE_PNG
             ? "png" : "jpeg";

    text.data = ngx_pnalloc(call->request->pool,
                            ngx_base64_encoded_length(image->len));
    if (text.data == NULL) {
        return NULL;
    }

    ngx_encode_base64(&text, image);

    return json_pack("{s:o, s:s}", "IMAGE", idv_svc_json_str(&text),
                     "FORMAT", format);
}


ngx_int_t
idv_svc_data_delete(idv_svc_call_t *call)
{
    return idv_svc_data_drop(call, 0);
}


ngx_int_t
idv_svc_data_delete_all(idv_svc_call_t *call)
{
    return idv_svc_data_drop(call, 1);
}


static ngx_int_t
idv_svc_data_drop(idv_svc_call_t *call, ngx_uint_t all)
{
    uint32_t        seen;
    ngx_int_t       rc, one;
    ngx_uint_t      i, tries, blobs;
    idv_svc_view_t  view;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_NONE, &view, &rc)
            != NGX_OK)
        {
            return rc;
        }

        seen = view.tx.version;
        one = idv_svc_data_find(call, &view.tx);
        blobs = 0;

        if (!all && one == NGX_DECLINED) {
            return idv_svc_error(call, IDV_SVC_NOT_FOUND);
        }

        /* what is still being looked at is not data yet */

        for (i = 0; i < IDV_SVC_NDATA; i++) {
            if (idv_svc_data_has(&view.tx, i)
                && (all || i == (ngx_uint_t) one))
            {
                view.tx.dropped |= 1 << i;
                blobs |= IDV_SVC_BLOB(idv_svc_data_type[i].blob);
            }
        }

        if (blobs == 0) {
            return idv_svc_send_nothing(call);
        }

        view.tx.version++;

        rc = idv_svc_store_save(call->store, &view, seen, blobs, call->now);

        if (rc == NGX_OK) {
            return idv_svc_send_nothing(call);
        }
    }

    return idv_svc_error(call, IDV_SVC_UNEXPECTED);
}


json_t *
idv_svc_data_document(json_t *given, ngx_uint_t sample)
{
    json_t              *document, *value;
    idv_svc_data_key_t  *k;

    document = json_object();

    for (k = idv_svc_data_keys; k->key; k++) {
        value = json_object_get(given, k->key);

        if (json_is_string(value)) {
            json_incref(value);

        } else {
            value = json_string(sample ? k->sample : "");
        }

        if (json_object_set_new(document, k->key, value) != 0) {
            json_decref(document);
            return NULL;
        }
    }

    return document;
}


ngx_uint_t
idv_svc_data_key(const char *name)
{
    idv_svc_data_key_t  *k;

    for (k = idv_svc_data_keys; k->key; k++) {
        if (ngx_strcmp(k->key, name) == 0) {
            return 1;
        }
    }

    return 0;
}


/* judgements about what was collected; nothing personal is in them */

ngx_int_t
idv_svc_meta_list(idv_svc_call_t *call)
{
    json_t          *list;
    ngx_int_t        rc;
    ngx_uint_t       i, n;
    idv_svc_view_t   view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_NONE, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    list = json_array();

    for (i = 0; i < IDV_SVC_NMETA; i++) {
        if (idv_svc_meta_has(&view.tx, i)) {
            (void) json_array_append_new(list,
                                         idv_svc_meta_item(call, &view.tx, i));
        }
    }

    n = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:{s:o}, s:[], s:i}",
                               "_links",
                               idv_svc_json_links(call, &view.tx,
                                                  "transaction", "/metaData"),
                               "_embedded",
                                   "metaData", list,
                               "previousAttempts",
                               "size", (int) n));
}


ngx_int_t
idv_svc_meta_read(idv_svc_call_t *call)
{
    u_char          id[IDV_SVC_UUID];
    ngx_int_t       rc;
    ngx_uint_t      i;
    idv_svc_view_t  view;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_NONE, &view, &rc)
        != NGX_OK)
    {
        return rc;
    }

    for (i = 0; i < IDV_SVC_NMETA; i++) {
        idv_svc_tx_item(&view.tx, IDV_SVC_ITEM_META + i, id);

        if (idv_svc_meta_has(&view.tx, i)
            && ngx_memcmp(id, call->item, IDV_SVC_UUID) == 0)
        {
            return idv_svc_send_json(call, NGX_HTTP_OK,
                                     idv_svc_meta_item(call, &view.tx, i));
        }
    }

    return idv_svc_error(call, IDV_SVC_NOT_FOUND);
}


/* a document that waits for a person has no result, but its lines may have */

static ngx_uint_t
idv_svc_meta_has(idv_svc_tx_t *tx, ngx_uint_t i)
{
    ngx_uint_t  field;

    if (!idv_svc_tx_checked(tx) || !tx->document) {
        return 0;
    }

    if (i == IDV_SVC_META_DOCUMENT) {
        return idv_svc_tx_decided(tx) || tx->zone;
    }

    for (field = 0; field < IDV_MATCH_NFIELDS; field++) {
        if (tx->match[field]) {
            return 1;
        }
    }

    return 0;
}


static json_t *
idv_svc_meta_item(idv_svc_call_t *call, idv_svc_tx_t *tx, ngx_uint_t i)
{
    u_char       id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    json_t      *data;
    ngx_str_t    item;
    ngx_uint_t   good;

    item.data = id;
    item.len = IDV_UUID_LEN;

    idv_svc_tx_item(tx, IDV_SVC_ITEM_META + i, uuid);
    idv_uuid_print(id, uuid);

    if (i == IDV_SVC_META_DOCUMENT) {
        data = idv_svc_meta_document(tx);
        good = (tx->checks[IDV_SVC_GOVERNMENT_ID] == IDV_TX_SUCCESS);

    } else {
        data = json_pack("{s:o}", "biographic_match_results",
                         idv_svc_finding_matches(tx, &good));
    }

    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:{s:i}}",
                     "_links",
                     idv_svc_json_links(call, tx, "transaction",
                                        "/metaData/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "provider", idv_svc_meta_provider[i],
                     "type", idv_svc_meta_type[i],
                     "status", good ? "SUCCESS" : "FAIL",
                     "data", data,
                     "retry",
                         "attempt", 1);
}


static json_t *
idv_svc_meta_document(idv_svc_tx_t *tx)
{
    json_t      *results;
    ngx_str_t   *reason;
    ngx_uint_t   i;

    results = json_array();

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        (void) json_array_append_new(results,
                                     idv_svc_meta_result(idv_svc_check_name(i),
                                                         tx->checks[i]));
    }

    reason = tx->reason ? idv_svc_reason_name(tx->reason) : NULL;

    return json_pack("{s:o, s:o*, s:o*}",
                     "checks", results,
                     "reason", reason ? idv_svc_json_str(reason) : NULL,
                     "mitekVerifications", idv_svc_finding_verifications(tx));
}


static json_t *
idv_svc_meta_result(const char *name, ngx_uint_t status)
{
    return json_pack("{s:s, s:s}", "name", name,
                     "status", idv_tx_status_name(status));
}


ngx_int_t
idv_svc_qr(idv_svc_call_t *call)
{
    ngx_int_t       rc;
    ngx_str_t       url, svg, policy;
    idv_svc_view_t  view;
    idv_svc_key_t   key;

    key.tx = call->tx;
    key.env = NULL;
    ngx_str_null(&key.user);

    rc = idv_svc_store_get(call->store, &key, IDV_SVC_BLOBS_NONE, call->now,
                           call->request->pool, &view);

    if (rc == NGX_OK && call->conf->environment
        && ngx_memcmp(view.tx.env, call->conf->environment, IDV_SVC_UUID) != 0)
    {
        rc = NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return idv_svc_error(call, rc == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                      : IDV_SVC_UNEXPECTED);
    }

    ngx_str_set(&policy, "default-src 'none'");

    if (idv_svc_transaction_url(call, &view.tx, &url) != NGX_OK
        || idv_qr_svg(call->request->pool, &url, &svg) != NGX_OK
        || idv_svc_header(call, "Content-Security-Policy", &policy) != NGX_OK)
    {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send(call, NGX_HTTP_OK, "image/svg+xml", &svg);
}
