
/*
 * Copyright (C) nginx-idv authors
 *
 * What a transaction found out about the user, while it may be kept, and the QR
 * code that leads to it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../util/idv_qr.h"
#include "idv_svc.h"
#include "idv_svc_image.h"
#include "idv_svc_type.h"


#define IDV_SVC_MAX_ITEMS (IDV_SVC_MAX_DOCS + 1)


/* a piece of data: the document's details, or one that was given */

typedef struct {
    ngx_uint_t        type;          /* idv_svc_data_e */
    ngx_uint_t        attempt;       /* from 0 */
    ngx_uint_t        latest;
    idv_svc_doc_t    *doc;           /* NULL: the details */
} idv_svc_piece_t;


/* which attempts are asked for */

typedef enum {
    IDV_SVC_ATTEMPTS_ALL = 0,        /* then their number, from 1 */
    IDV_SVC_ATTEMPTS_LATEST = IDV_SVC_MAX_ATTEMPTS + 1
} idv_svc_attempts_e;


typedef struct {
    const char       *key;
    const char       *sample;
} idv_svc_data_key_t;


static ngx_int_t idv_svc_data_query(idv_svc_call_t *call, ngx_uint_t *types,
    ngx_uint_t *full, ngx_uint_t *attempts);
static ngx_uint_t idv_svc_data_types(ngx_str_t *value);
static ngx_uint_t idv_svc_data_pieces(idv_svc_view_t *view,
    idv_svc_piece_t *piece);
static ngx_uint_t idv_svc_data_there(idv_svc_tx_t *tx,
    idv_svc_piece_t *piece);
static idv_svc_piece_t *idv_svc_data_find(idv_svc_call_t *call,
    idv_svc_view_t *view, idv_svc_piece_t *piece, ngx_uint_t n);
static json_t *idv_svc_data_item(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_piece_t *piece, ngx_uint_t full);
static json_t *idv_svc_data_content(idv_svc_call_t *call,
    idv_svc_view_t *view, idv_svc_piece_t *piece);
static ngx_int_t idv_svc_data_drop(idv_svc_call_t *call, ngx_uint_t all);
static ngx_int_t idv_svc_data_dropped(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);


/* in the order of idv_svc_data_e */

static ngx_str_t  idv_svc_data_type[IDV_SVC_NDATA] = {
    ngx_string("GOVERNMENT_ID"),
    ngx_string("FRONT_IMAGE"),
    ngx_string("BACK_IMAGE"),
    ngx_string("SELFIE"),
    ngx_string("BARCODE"),
    ngx_string("EMAIL"),
    ngx_string("PHONE")
};


/* any of whose success makes it verified */

static const uint32_t  idv_svc_data_checks[IDV_SVC_NDATA] = {
    IDV_SVC_CHECKS_DOCUMENT,
    IDV_SVC_CHECKS_DOCUMENT,
    IDV_SVC_CHECKS_DOCUMENT,
    IDV_SVC_CHECKS_SELFIE,
    IDV_SVC_CHECKS_DOCUMENT,
    IDV_SVC_CHECK(IDV_SVC_CHECK_EMAIL),
    IDV_SVC_CHECK(IDV_SVC_CHECK_PHONE)
};


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
    json_t           *list, *previous, *item;
    ngx_int_t         rc;
    ngx_uint_t        i, n, types, full, attempts, want;
    idv_svc_view_t    view;
    idv_svc_piece_t   piece[IDV_SVC_MAX_ITEMS], *p;

    if (idv_svc_data_query(call, &types, &full, &attempts) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    /* photos are large: only those who ask for them pay for them */

    want = IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);
    want |= (full && (types & ~(1 << IDV_SVC_DATA_GOVERNMENT_ID)))
            ? IDV_SVC_DOCS : IDV_SVC_DOCS_LIST;

    if (idv_svc_transaction_get(call, want, &view, &rc) != NGX_OK) {
        return rc;
    }

    list = json_array();
    previous = json_array();

    n = idv_svc_data_pieces(&view, piece);

    for (i = 0; i < n; i++) {
        p = &piece[i];

        /* a type filter leaves the others out altogether */

        if (!(types & (1 << p->type))
            || (attempts == IDV_SVC_ATTEMPTS_LATEST && !p->latest)
            || (attempts && attempts < IDV_SVC_ATTEMPTS_LATEST
                && attempts != p->attempt + 1))
        {
            continue;
        }

        item = idv_svc_data_item(call, &view, p, full);

        (void) json_array_append_new(p->latest ? list : previous, item);
    }

    i = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:{s:o, s:o}, s:i}",
                               "_links",
                               idv_svc_json_links(call, &view.tx,
                                                  "transaction",
                                                  "/verifiedData"),
                               "_embedded",
                                   "verifiedData", list,
                                   "previousAttempts", previous,
                               "size", (int) i));
}


/* types: bits of those that are asked for; full: their data comes along */

static ngx_int_t
idv_svc_data_query(idv_svc_call_t *call, ngx_uint_t *types, ngx_uint_t *full,
    ngx_uint_t *attempts)
{
    ngx_int_t            n;
    ngx_str_t            value;
    ngx_http_request_t  *r;

    r = call->request;

    *types = (1 << IDV_SVC_NDATA) - 1;
    *full = 0;
    *attempts = IDV_SVC_ATTEMPTS_ALL;

    if (ngx_http_arg(r, (u_char *) "type", 4, &value) == NGX_OK) {
        *types = idv_svc_data_types(&value);
        *full = 1;
    }

    if (ngx_http_arg(r, (u_char *) "attempt", 7, &value) != NGX_OK
        || (value.len == 3 && ngx_strncmp(value.data, "ALL", 3) == 0))
    {
        return NGX_OK;
    }

    if (value.len == 6 && ngx_strncmp(value.data, "LATEST", 6) == 0) {
        *attempts = IDV_SVC_ATTEMPTS_LATEST;
        return NGX_OK;
    }

    n = ngx_atoi(value.data, value.len);

    if (n < 1 || n > IDV_SVC_MAX_ATTEMPTS) {
        idv_svc_detail(call, "INVALID_VALUE", "attempt",
                       "The attempt must be ALL, LATEST, or 1 to 4.",
                       json_pack("{s:[s, s, s, s, s, s]}", "allowedValues",
                                 "ALL", "LATEST", "1", "2", "3", "4"));
        return NGX_DECLINED;
    }

    *attempts = n;

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
            type = &idv_svc_data_type[i];

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
idv_svc_data_pieces(idv_svc_view_t *view, idv_svc_piece_t *piece)
{
    ngx_uint_t      i, n, data;
    idv_svc_tx_t   *tx;
    idv_svc_doc_t  *doc;

    tx = &view->tx;
    n = 0;

    /* what was only collected is not verified */

    if (!idv_svc_tx_checked(tx) || tx->wiped || tx->rules.collect_only) {
        return 0;
    }

    if (tx->typed && tx->len[IDV_SVC_BLOB_DOCUMENT]) {
        piece[n].type = IDV_SVC_DATA_GOVERNMENT_ID;
        piece[n].attempt = tx->attempt[IDV_SVC_GROUP_ID];
        piece[n].latest = 1;
        piece[n].doc = NULL;
        n += idv_svc_data_there(tx, &piece[n]);
    }

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];
        data = idv_svc_types[doc->type].data;

        if (data == IDV_SVC_NDATA || doc->bad || doc->value.len == 0
            || idv_svc_type_unproved(tx, doc))
        {
            continue;
        }

        piece[n].type = data;
        piece[n].attempt = doc->attempt;
        piece[n].latest = idv_svc_type_latest(tx, doc);
        piece[n].doc = doc;
        n += idv_svc_data_there(tx, &piece[n]);
    }

    return n;
}


/* 0: it was deleted, or verified nothing */

static ngx_uint_t
idv_svc_data_there(idv_svc_tx_t *tx, idv_svc_piece_t *piece)
{
    if ((tx->dropped >> (4 * piece->type + piece->attempt)) & 1) {
        return 0;
    }

    return !idv_svc_tx_fruitless(tx, idv_svc_data_checks[piece->type]);
}


/* the piece of the path, NULL if there is none */

static idv_svc_piece_t *
idv_svc_data_find(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_piece_t *piece, ngx_uint_t n)
{
    u_char      id[IDV_SVC_UUID];
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        idv_svc_tx_item(&view->tx,
                        IDV_SVC_ITEM(piece[i].type, piece[i].attempt), id);

        if (ngx_memcmp(id, call->item, IDV_SVC_UUID) == 0) {
            return &piece[i];
        }
    }

    return NULL;
}


ngx_int_t
idv_svc_data_read(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_view_t    view;
    idv_svc_piece_t   piece[IDV_SVC_MAX_ITEMS], *p;

    if (idv_svc_transaction_get(call, IDV_SVC_BLOBS_ALL|IDV_SVC_DOCS, &view,
                                &rc)
        != NGX_OK)
    {
        return rc;
    }

    p = idv_svc_data_find(call, &view, piece,
                          idv_svc_data_pieces(&view, piece));

    if (p == NULL) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_data_item(call, &view, p, 1));
}


static json_t *
idv_svc_data_item(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_piece_t *piece, ngx_uint_t full)
{
    u_char         id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    json_t        *data;
    ngx_str_t      item;
    idv_svc_tx_t  *tx;

    tx = &view->tx;
    data = NULL;

    /* what cannot be read any more is there, and has no data */

    if (full && piece->doc
        && idv_svc_store_value(call->store, tx, piece->doc,
                               call->request->pool)
           != NGX_OK)
    {
        full = 0;
    }

    if (full) {
        data = idv_svc_data_content(call, view, piece);
        if (data == NULL) {
            return NULL;
        }
    }

    item.data = id;
    item.len = IDV_UUID_LEN;

    idv_svc_tx_item(tx, IDV_SVC_ITEM(piece->type, piece->attempt), uuid);
    idv_uuid_print(id, uuid);

    return json_pack("{s:o, s:o, s:o, s:o*, s:o, s:{s:i}}",
                     "_links",
                     idv_svc_json_links(call, tx, "transaction",
                                        "/verifiedData/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "type",
                     idv_svc_json_str(&idv_svc_data_type[piece->type]),
                     "data", data,
                     "createdAt",
                     idv_svc_json_date(tx->held ? tx->updated
                                                : tx->decided_at),
                     "retry",
                         "attempt", (int) piece->attempt + 1);
}


static json_t *
idv_svc_data_content(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_piece_t *piece)
{
    ngx_str_t  *blob;

    blob = &view->blob[IDV_SVC_BLOB_DOCUMENT];

    switch (piece->type) {

    case IDV_SVC_DATA_GOVERNMENT_ID:
        return json_incref(idv_json_parse(call->request->pool, blob->data,
                                          blob->len, IDV_SVC_MAX_JSON));

    case IDV_SVC_DATA_BARCODE:
    case IDV_SVC_DATA_EMAIL:
    case IDV_SVC_DATA_PHONE:
        return json_pack("{s:o}", "value",
                         idv_svc_json_str(&piece->doc->value));
    }

    return idv_svc_data_image(call, &piece->doc->value);
}


ngx_int_t
idv_svc_data_selfie(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_str_t *image)
{
    idv_svc_piece_t   piece[IDV_SVC_MAX_ITEMS], *p;

    p = idv_svc_data_find(call, view, piece, idv_svc_data_pieces(view, piece));

    if (p == NULL || p->type != IDV_SVC_DATA_SELFIE
        || idv_svc_store_value(call->store, &view->tx, p->doc,
                               call->request->pool)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *image = p->doc->value;

    return NGX_OK;
}


json_t *
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
    ngx_int_t       rc;
    idv_svc_view_t  view;

    return idv_svc_transaction_change(call, IDV_SVC_DOCS_LIST, &view,
                                      idv_svc_data_dropped, &all, &rc)
           == NGX_OK ? idv_svc_send_nothing(call) : rc;
}


/* what is still being looked at is not data yet */

static ngx_int_t
idv_svc_data_dropped(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    ngx_uint_t *all = data;

    ngx_uint_t        i, n;
    idv_svc_piece_t   piece[IDV_SVC_MAX_ITEMS], *one;

    n = idv_svc_data_pieces(view, piece);
    one = idv_svc_data_find(call, view, piece, n);

    if (!*all && one == NULL) {
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (!*all && one != &piece[i]) {
            continue;
        }

        view->tx.dropped |= 1u << (4 * piece[i].type + piece[i].attempt);

        if (piece[i].doc == NULL) {
            *changed |= IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);

        } else {
            *changed |= IDV_SVC_DOCS;
            piece[i].doc->value.len = 0;
            piece[i].doc->fresh = 1;
        }
    }

    if (*changed == IDV_SVC_BLOBS_NONE) {
        return NGX_DONE;
    }

    view->tx.version++;

    return NGX_OK;
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
