
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_check.h"
#include "idv_svc_checker.h"
#include "idv_svc_type.h"
#include "idv_svc_verdict.h"


#define IDV_SVC_TRIES       8
#define IDV_SVC_ASKED_POOL  4096


/* a question under way, in a pool of its own */

typedef struct {
    ngx_queue_t         queue;       /* of this worker's */
    ngx_pool_t         *pool;
    idv_svc_store_t    *store;
    idv_transfer_t      transfer;

    u_char              tx[IDV_SVC_UUID];
    uint32_t            checks;      /* bits */
    uint8_t             attempt[IDV_SVC_NGROUPS];
    uint32_t            evidence[IDV_SVC_NCHECKS];
} idv_svc_asked_t;


static uint32_t idv_svc_checker_open(const idv_svc_tx_t *tx);
static json_t *idv_svc_checker_json(idv_svc_asked_t *asked,
    idv_svc_view_t *view);
static json_t *idv_svc_checker_checks(const idv_svc_tx_t *tx,
    uint32_t checks);
static ngx_uint_t idv_svc_checker_threshold(const idv_svc_tx_t *tx,
    ngx_uint_t check);
static json_t *idv_svc_checker_documents(ngx_pool_t *pool,
    idv_svc_view_t *view);
static void idv_svc_checker_ended(idv_transfer_t *t);
static ngx_int_t idv_svc_checker_save(idv_svc_asked_t *asked,
    json_t *answer);
static uint32_t idv_svc_checker_due(const idv_svc_asked_t *asked,
    const idv_svc_view_t *view);
static uint32_t idv_svc_checker_evidence(const idv_svc_view_t *view,
    ngx_uint_t check);
static void idv_svc_checker_free(idv_svc_asked_t *asked);


/* what this process has */

static ngx_queue_t  idv_svc_checker_questions;


void
idv_svc_checker_ask(idv_svc_call_t *call, idv_svc_view_t *view)
{
    json_t                  *json;
    ngx_int_t                rc;
    uint32_t                 checks;
    ngx_uint_t               i;
    ngx_pool_t              *pool;
    idv_transfer_t          *t;
    idv_svc_asked_t         *asked;
    const idv_svc_outlet_t  *outlet;

    outlet = call->conf->out.checker;
    checks = idv_svc_checker_open(&view->tx);

    if (outlet == NULL || checks == 0) {
        return;
    }

    pool = ngx_create_pool(IDV_SVC_ASKED_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    asked = ngx_pcalloc(pool, sizeof(idv_svc_asked_t));
    if (asked == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    if (idv_svc_checker_questions.next == NULL) {
        ngx_queue_init(&idv_svc_checker_questions);
    }

    ngx_queue_insert_tail(&idv_svc_checker_questions, &asked->queue);

    asked->pool = pool;
    asked->store = call->store;
    asked->checks = checks;
    ngx_memcpy(asked->tx, view->tx.id, IDV_SVC_UUID);
    ngx_memcpy(asked->attempt, view->tx.attempt, IDV_SVC_NGROUPS);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        asked->evidence[i] = idv_svc_checker_evidence(view, i);
    }

    t = &asked->transfer;

    t->conf = &call->conf->out.checker_net;
    t->pool = pool;
    t->log = ngx_cycle->log;
    t->url = outlet->url;
    t->creates = 1;
    t->live = 1;
    t->handler = idv_svc_checker_ended;
    t->data = asked;

    ngx_str_set(&t->method, "POST");
    ngx_str_set(&t->headers[0], "Content-Type: application/json");
    ngx_str_set(&t->headers[1], "Accept: application/json");
    t->nheaders = 2;

    if (outlet->authorization.len) {
        t->headers[t->nheaders++] = outlet->authorization;
    }

    json = idv_svc_checker_json(asked, view);
    rc = json ? idv_json_dump(pool, json, &t->body) : NGX_ERROR;

    json_decref(json);

    if (rc != NGX_OK || idv_transfer_start(t) != NGX_OK) {
        idv_svc_checker_free(asked);
    }
}


/* whose an address is, its password tells, or a person */

static uint32_t
idv_svc_checker_open(const idv_svc_tx_t *tx)
{
    uint32_t    checks;
    ngx_uint_t  i;

    checks = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (i != IDV_SVC_CHECK_EMAIL && i != IDV_SVC_CHECK_PHONE
            && idv_svc_enabled(tx->level[i])
            && tx->found[i] == IDV_SVC_FOUND_OPEN
            && !idv_svc_tx_decided(tx))
        {
            checks |= IDV_SVC_CHECK(i);
        }
    }

    return checks;
}


static json_t *
idv_svc_checker_json(idv_svc_asked_t *asked, idv_svc_view_t *view)
{
    json_t        *request, *document;
    ngx_str_t      user;
    ngx_pool_t    *pool;
    idv_svc_tx_t  *tx;

    tx = &view->tx;
    pool = asked->pool;

    user.data = tx->user;
    user.len = tx->user_len;

    request = idv_json_parse(pool, view->blob[IDV_SVC_BLOB_REQUEST].data,
                             view->blob[IDV_SVC_BLOB_REQUEST].len,
                             IDV_SVC_MAX_JSON);
    document = !tx->typed ? NULL
               : idv_json_parse(pool, view->blob[IDV_SVC_BLOB_DOCUMENT].data,
                                view->blob[IDV_SVC_BLOB_DOCUMENT].len,
                                IDV_SVC_MAX_JSON);

    return json_pack("{s:o, s:o, s:{s:o}, s:o, s:o, s:O*, s:O*, s:o}",
                     "transaction", idv_svc_json_reference(tx->id),
                     "environment", idv_svc_json_reference(tx->env),
                     "user",
                         "id", idv_svc_json_str(&user),
                     "verifyPolicy", idv_svc_json_reference(tx->policy),
                     "checks", idv_svc_checker_checks(tx, asked->checks),
                     "requirements", json_object_get(request, "requirements"),
                     "document", document,
                     "documents", idv_svc_checker_documents(pool, view));
}


static json_t *
idv_svc_checker_checks(const idv_svc_tx_t *tx, uint32_t checks)
{
    json_t      *list, *check;
    ngx_uint_t   i, threshold;

    static const char  *words[] = { NULL, "LOW", "MEDIUM", "HIGH" };

    list = json_array();

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (!(checks & IDV_SVC_CHECK(i))) {
            continue;
        }

        threshold = idv_svc_checker_threshold(tx, i);

        check = json_pack("{s:s, s:s, s:i, s:s*}",
                          "check", idv_svc_checks[i].name,
                          "type", idv_svc_checks[i].metadata,
                          "attempt",
                          tx->attempt[idv_svc_checks[i].group] + 1,
                          "threshold", words[threshold]);

        if (i == IDV_SVC_CHECK_GOVERNMENT_ID) {
            (void) json_object_set_new(check, "verifyAamva",
                                       json_boolean(tx->rules.aamva));
            (void) json_object_set_new(check, "aadhaar",
                                       json_boolean(tx->rules.aadhaar));
        }

        (void) json_array_append_new(list, check);
    }

    return list;
}


/* 0: the policy has none for this check */

static ngx_uint_t
idv_svc_checker_threshold(const idv_svc_tx_t *tx, ngx_uint_t check)
{
    switch (check) {

    case IDV_SVC_CHECK_FACE_DOCUMENT:
    case IDV_SVC_CHECK_FACE_REFERENCE:
        return tx->rules.facial_threshold;

    case IDV_SVC_CHECK_LIVENESS:
        return tx->rules.liveness_threshold;

    case IDV_SVC_CHECK_DATA:
        return tx->rules.data_threshold;
    }

    return 0;
}


/* of the latest attempts; those that were too large to keep have no value */

static json_t *
idv_svc_checker_documents(ngx_pool_t *pool, idv_svc_view_t *view)
{
    json_t         *list;
    ngx_str_t       text;
    ngx_uint_t      i;
    idv_svc_doc_t  *doc;

    list = json_array();

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];
        text = doc->value;

        if (!idv_svc_type_latest(&view->tx, doc)
            || idv_svc_type_unproved(&view->tx, doc))
        {
            continue;
        }

        if (text.len && !idv_svc_types[doc->type].text) {
            text.data = ngx_pnalloc(pool,
                                    ngx_base64_encoded_length(doc->value.len));
            if (text.data == NULL) {
                json_decref(list);
                return NULL;
            }

            ngx_encode_base64(&text, &doc->value);
        }

        (void) json_array_append_new(list,
                     json_pack("{s:o, s:o*}",
                               "type",
                               idv_svc_json_str(&idv_svc_types[doc->type].name),
                               "value",
                               text.len ? idv_svc_json_str(&text) : NULL));

        if (text.len && text.data != doc->value.data) {
            ngx_explicit_memzero(text.data, text.len);
        }
    }

    return list;
}


/* without a verdict the transaction stays what it is: open */

static void
idv_svc_checker_ended(idv_transfer_t *t)
{
    json_t           *answer;
    idv_svc_asked_t  *asked;

    asked = t->data;
    answer = NULL;

    if (t->result == IDV_TRANSFER_OK && t->status >= 200 && t->status < 300) {
        answer = idv_json_parse(asked->pool, t->response.data,
                                t->response.len, IDV_SVC_MAX_REPLY);
    }

    if (answer == NULL || idv_svc_checker_save(asked, answer) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "idv: no verdict of the checker: %s, status %ui, \"%s\"",
                      idv_transfer_result_name(t->result), t->status,
                      t->error);
    }

    idv_svc_checker_free(asked);
}


static ngx_int_t
idv_svc_checker_save(idv_svc_asked_t *asked, json_t *answer)
{
    int64_t            now;
    uint32_t           seen, due;
    ngx_int_t          rc;
    ngx_uint_t         tries, changed;
    idv_svc_key_t      key;
    idv_svc_view_t     view;
    idv_svc_result_t   results[IDV_SVC_NCHECKS];

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = asked->tx;

    now = idv_svc_store_now(asked->store);

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        rc = idv_svc_store_get(asked->store, &key,
                               IDV_SVC_BLOBS_ALL|IDV_SVC_DOCS_LIST, now,
                               asked->pool, &view);

        /* it was deleted, or somebody else was first: that is no mistake */

        if (rc == NGX_DECLINED) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        seen = view.tx.version;
        due = idv_svc_checker_due(asked, &view);
        changed = IDV_SVC_BLOBS_NONE;

        if (idv_svc_verdict(answer, due, results) != NGX_OK) {
            return NGX_ERROR;
        }

        if (idv_svc_check_answers(&view, results, asked->pool, now, &changed)
            != NGX_OK)
        {
            return NGX_OK;
        }

        rc = idv_svc_store_save(asked->store, &view, seen, changed, now);

        if (rc != NGX_AGAIN) {
            return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
        }
    }

    return NGX_ERROR;
}


/* still open, and of the attempt and the evidence that were asked about */

static uint32_t
idv_svc_checker_due(const idv_svc_asked_t *asked, const idv_svc_view_t *view)
{
    uint32_t             due;
    ngx_uint_t           i, group;
    const idv_svc_tx_t  *tx;

    tx = &view->tx;
    due = asked->checks & idv_svc_checker_open(tx);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        group = idv_svc_checks[i].group;

        if (tx->attempt[group] != asked->attempt[group]
            || idv_svc_checker_evidence(view, i) != asked->evidence[i])
        {
            due &= ~IDV_SVC_CHECK(i);
        }
    }

    return due;
}


/*
 * Which documents a check looks at: one that is deleted, and another one given
 * in its place, belong to the same attempt.
 */

static uint32_t
idv_svc_checker_evidence(const idv_svc_view_t *view, ngx_uint_t check)
{
    uint32_t              crc;
    ngx_uint_t            i, needs;
    const ngx_str_t      *text;
    const idv_svc_doc_t  *doc;

    needs = idv_svc_checks[check].needs;

    ngx_crc32_init(crc);

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];

        if ((idv_svc_types[doc->type].give & needs)
            && idv_svc_type_latest(&view->tx, doc))
        {
            ngx_crc32_update(&crc, (u_char *) doc->id, IDV_SVC_UUID);
        }
    }

    text = &view->blob[IDV_SVC_BLOB_DOCUMENT];

    if ((needs & IDV_SVC_GIVE_DOCUMENT) && view->tx.typed) {
        ngx_crc32_update(&crc, text->data, text->len);
    }

    ngx_crc32_final(crc);

    return crc;
}


static void
idv_svc_checker_free(idv_svc_asked_t *asked)
{
    idv_transfer_t  *t;

    t = &asked->transfer;

    if (t->body.len) {
        ngx_explicit_memzero(t->body.data, t->body.len);
    }

    ngx_queue_remove(&asked->queue);
    ngx_destroy_pool(asked->pool);
}


void
idv_svc_checker_exit(void)
{
    ngx_queue_t  *q;

    if (idv_svc_checker_questions.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&idv_svc_checker_questions)) {
        q = ngx_queue_head(&idv_svc_checker_questions);
        idv_svc_checker_free(ngx_queue_data(q, idv_svc_asked_t, queue));
    }
}
