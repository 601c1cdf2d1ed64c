
/*
 * Copyright (C) nginx-idv authors
 *
 * What the checks are, and how they are made: one after the other, in the order
 * of the table.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../util/idv_json.h"
#include "idv_svc.h"
#include "idv_svc_check.h"
#include "idv_svc_image.h"
#include "idv_svc_type.h"


#define IDV_SVC_DAY       (24 * 60 * 60 * IDV_SVC_SECOND)
#define IDV_SVC_MAX_AGE   130        /* years */
#define IDV_SVC_MAX_BLOB  (256 * 1024)

#define IDV_SVC_KIND_LICENCE  2      /* indices into idv_svc_documents, + 1 */
#define IDV_SVC_KIND_ID_CARD  3


static void idv_svc_check_one(const idv_svc_evidence_t *e, ngx_uint_t i,
    ngx_uint_t closing, idv_svc_result_t *r);
static ngx_uint_t idv_svc_check_before(const idv_svc_result_t *results,
    uint32_t checks);
static void idv_svc_check_register(const idv_svc_view_t *view,
    idv_svc_result_t *result);
static void idv_svc_check_inspect(const idv_svc_tx_t *tx,
    idv_svc_result_t *result);
static json_t *idv_svc_check_notes(idv_svc_view_t *view, ngx_pool_t *pool);
static ngx_uint_t idv_svc_check_keep(idv_svc_view_t *view, ngx_pool_t *pool,
    json_t *meta);
static void idv_svc_check_note(json_t *meta, ngx_uint_t check,
    ngx_uint_t attempt, idv_svc_result_t *result);
static void idv_svc_check_document(const idv_svc_evidence_t *e,
    idv_svc_result_t *r);
static idv_svc_reason_e idv_svc_check_details(const idv_svc_evidence_t *e);
static void idv_svc_check_record(const idv_svc_evidence_t *e,
    idv_svc_result_t *r);
static void idv_svc_check_face(const idv_svc_evidence_t *e,
    idv_svc_result_t *r);
static void idv_svc_check_injection(const idv_svc_evidence_t *e,
    idv_svc_result_t *r);


/* in the order of idv_svc_check_e */

const idv_svc_check_t  idv_svc_checks[IDV_SVC_NCHECKS] = {

    { "EMAIL", "EMAIL", IDV_SVC_GROUP_OTHER,
      IDV_SVC_GIVE_EMAIL, 0, NULL },

    { "PHONE", "PHONE", IDV_SVC_GROUP_OTHER,
      IDV_SVC_GIVE_PHONE, 0, NULL },

    { "DATA_BASED_IDENTITY_VERIFICATION", "DATA_BASED_IDENTITY_VERIFICATION",
      IDV_SVC_GROUP_OTHER, 0,
      IDV_SVC_CHECK(IDV_SVC_CHECK_EMAIL)|IDV_SVC_CHECK(IDV_SVC_CHECK_PHONE),
      NULL },

    { "GOVERNMENT_ID", "DOCUMENT_AUTHENTICATION", IDV_SVC_GROUP_ID,
      IDV_SVC_GIVE_DOCUMENT, 0, idv_svc_check_document },

    { "FACIAL_COMPARISON_DOCUMENT", "FACIAL_COMPARISON", IDV_SVC_GROUP_SELFIE,
      IDV_SVC_GIVE_DOCUMENT|IDV_SVC_GIVE_SELFIE,
      IDV_SVC_CHECK(IDV_SVC_CHECK_GOVERNMENT_ID), idv_svc_check_face },

    { "FACIAL_COMPARISON_REFERENCE_SELFIE", "FACIAL_COMPARISON",
      IDV_SVC_GROUP_SELFIE, IDV_SVC_GIVE_SELFIE, 0, idv_svc_check_face },

    { "LIVENESS", "LIVENESS", IDV_SVC_GROUP_SELFIE,
      IDV_SVC_GIVE_SELFIE, 0, idv_svc_check_face },

    { "IDENTITY_RECORD_MATCHING", "BIOGRAPHIC_MATCH", IDV_SVC_GROUP_OTHER,
      IDV_SVC_GIVE_DOCUMENT, IDV_SVC_CHECK(IDV_SVC_CHECK_GOVERNMENT_ID),
      idv_svc_check_record },

    { "VOICE", "VOICE_VERIFICATION", IDV_SVC_GROUP_OTHER,
      IDV_SVC_GIVE_VOICE, 0, NULL },

    { "CREDENTIAL", "CREDENTIAL", IDV_SVC_GROUP_OTHER, 0, 0, NULL },

    { "DEVICE_OWNERSHIP", "DEVICE_OWNERSHIP", IDV_SVC_GROUP_OTHER, 0, 0,
      NULL },

    { "INJECTION_DETECTION", "INJECTION_DETECTION", IDV_SVC_GROUP_SELFIE,
      IDV_SVC_GIVE_SELFIE,
      IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_DOCUMENT)
      |IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_REFERENCE)
      |IDV_SVC_CHECK(IDV_SVC_CHECK_LIVENESS), idv_svc_check_injection }
};


ngx_uint_t
idv_svc_check_all(idv_svc_view_t *view, ngx_uint_t closing, ngx_pool_t *pool,
    int64_t now)
{
    json_t              *meta;
    ngx_uint_t           i;
    idv_svc_tx_t        *tx;
    idv_svc_result_t     results[IDV_SVC_NCHECKS], *r;
    idv_svc_evidence_t   e;

    tx = &view->tx;

    ngx_memzero(results, sizeof(results));

    e.view = view;
    e.results = results;
    e.pool = pool;
    e.now = now;
    e.request = idv_json_parse(pool, view->blob[IDV_SVC_BLOB_REQUEST].data,
                               view->blob[IDV_SVC_BLOB_REQUEST].len,
                               IDV_SVC_MAX_BLOB);
    e.document = !tx->typed ? NULL
                 : idv_json_parse(pool, view->blob[IDV_SVC_BLOB_DOCUMENT].data,
                                  view->blob[IDV_SVC_BLOB_DOCUMENT].len,
                                  IDV_SVC_MAX_BLOB);

    meta = idv_svc_check_notes(view, pool);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        /* what is only collected is not looked at */

        if (tx->rules.collect_only && i != IDV_SVC_CHECK_INJECTION) {
            continue;
        }

        r = &results[i];

        idv_svc_check_one(&e, i, closing, r);

        if (r->found == IDV_SVC_FOUND_NOTHING || tx->checks[i] == IDV_TX_FAIL) {
            continue;
        }

        if (i == IDV_SVC_CHECK_GOVERNMENT_ID) {
            idv_svc_check_register(view, r);
            idv_svc_check_inspect(tx, r);
        }

        tx->found[i] = (uint8_t) r->found;
        tx->why[i] = (uint8_t) r->reason;

        idv_svc_check_note(meta, i, tx->attempt[idv_svc_checks[i].group], r);
    }

    return idv_svc_check_keep(view, pool, meta);
}


ngx_int_t
idv_svc_check_answer(idv_svc_view_t *view, ngx_uint_t check,
    idv_svc_result_t *result, ngx_pool_t *pool, int64_t now,
    ngx_uint_t *changed)
{
    idv_svc_result_t  results[IDV_SVC_NCHECKS];

    ngx_memzero(results, sizeof(results));

    results[check] = *result;

    return idv_svc_check_answers(view, results, pool, now, changed);
}


/* the last one is what moves the transaction, and by then it knows them all */

ngx_int_t
idv_svc_check_answers(idv_svc_view_t *view,
    idv_svc_result_t results[IDV_SVC_NCHECKS], ngx_pool_t *pool, int64_t now,
    ngx_uint_t *changed)
{
    json_t        *meta;
    ngx_int_t      last;
    ngx_uint_t     i;
    idv_svc_tx_t  *tx;

    tx = &view->tx;
    last = -1;

    meta = idv_svc_check_notes(view, pool);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (results[i].found == IDV_SVC_FOUND_NOTHING) {
            continue;
        }

        if (!idv_svc_enabled(tx->level[i]) || tx->checks[i] >= IDV_TX_SUCCESS
            || idv_svc_tx_decided(tx))
        {
            json_decref(results[i].data);
            continue;
        }

        tx->found[i] = (uint8_t) results[i].found;
        tx->why[i] = (uint8_t) results[i].reason;

        idv_svc_check_note(meta, i, tx->attempt[idv_svc_checks[i].group],
                           &results[i]);
        last = i;
    }

    if (last == -1) {
        json_decref(meta);
        return NGX_DECLINED;
    }

    *changed |= idv_svc_check_keep(view, pool, meta);

    return idv_svc_tx_answer(tx, last, tx->found[last], tx->why[last], now);
}


/* the caller owns the reference */

static json_t *
idv_svc_check_notes(idv_svc_view_t *view, ngx_pool_t *pool)
{
    json_t  *meta;

    meta = idv_json_parse(pool, view->blob[IDV_SVC_BLOB_META].data,
                          view->blob[IDV_SVC_BLOB_META].len,
                          IDV_SVC_MAX_BLOB);

    return meta ? json_incref(meta) : json_object();
}


static ngx_uint_t
idv_svc_check_keep(idv_svc_view_t *view, ngx_pool_t *pool, json_t *meta)
{
    ngx_int_t  rc;

    rc = idv_json_dump(pool, meta, &view->blob[IDV_SVC_BLOB_META]);

    json_decref(meta);

    return rc == NGX_OK ? IDV_SVC_BLOB(IDV_SVC_BLOB_META) : IDV_SVC_BLOBS_NONE;
}


static void
idv_svc_check_one(const idv_svc_evidence_t *e, ngx_uint_t i,
    ngx_uint_t closing, idv_svc_result_t *r)
{
    const idv_svc_tx_t     *tx;
    const idv_svc_check_t  *check;

    tx = &e->view->tx;
    check = &idv_svc_checks[i];

    if (tx->checks[i] == IDV_TX_FAIL) {
        r->found = IDV_SVC_FOUND_BAD;
        return;
    }

    if (!idv_svc_tx_ready(tx, i)) {

        /* somebody has to say, even where there is nothing to look at */

        if (closing && check->run == NULL && tx->level[i] == IDV_SVC_REQUIRED
            && tx->checks[i] < IDV_TX_SUCCESS
            && tx->found[i] == IDV_SVC_FOUND_NOTHING)
        {
            r->found = IDV_SVC_FOUND_OPEN;
        }

        return;
    }

    /* nothing can be made of what failed, or will be given again */

    if (idv_svc_check_before(e->results, check->after)) {
        return;
    }

    if (check->run) {
        check->run(e, r);

    } else if (check->needs
               || (closing && tx->level[i] == IDV_SVC_REQUIRED))
    {
        r->found = IDV_SVC_FOUND_OPEN;
    }
}


static ngx_uint_t
idv_svc_check_before(const idv_svc_result_t *results, uint32_t checks)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if ((checks & IDV_SVC_CHECK(i))
            && (results[i].found == IDV_SVC_FOUND_BAD
                || results[i].found == IDV_SVC_FOUND_UNCLEAR))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * A register that the policy wants to be asked is none that this code has: of
 * licences (AAMVA), of the identity cards of India (Aadhaar).
 */

static void
idv_svc_check_register(const idv_svc_view_t *view, idv_svc_result_t *result)
{
    ngx_uint_t           kind;
    const idv_svc_tx_t  *tx;

    tx = &view->tx;
    kind = tx->document ? tx->document : idv_svc_type_kind(view);

    if (result->found == IDV_SVC_FOUND_GOOD && !tx->test
        && ((tx->rules.aamva && kind == IDV_SVC_KIND_LICENCE)
            || (tx->rules.aadhaar && kind == IDV_SVC_KIND_ID_CARD)))
    {
        result->found = IDV_SVC_FOUND_OPEN;
    }
}


/*
 * MANUAL: a person looks at it in any case; STEP_UP: where the program did not
 * find it good, and the user has no other attempt.
 */

static void
idv_svc_check_inspect(const idv_svc_tx_t *tx, idv_svc_result_t *result)
{
    if (tx->rules.inspection == IDV_SVC_MANUAL
        || (tx->rules.inspection == IDV_SVC_STEP_UP
            && (result->found == IDV_SVC_FOUND_BAD
                || (result->found == IDV_SVC_FOUND_UNCLEAR
                    && tx->attempt[IDV_SVC_GROUP_ID]
                       >= tx->rules.id_retries))))
    {
        result->found = IDV_SVC_FOUND_OPEN;
    }
}


/* {"GOVERNMENT_ID": [{"reason": ..., "data": {...}}, ...]}, by attempts */

static void
idv_svc_check_note(json_t *meta, ngx_uint_t check, ngx_uint_t attempt,
    idv_svc_result_t *result)
{
    json_t      *list, *note;
    ngx_str_t   *reason;
    const char  *name;

    name = idv_svc_checks[check].name;
    list = json_object_get(meta, name);

    if (list == NULL) {
        list = json_array();
        (void) json_object_set_new(meta, name, list);
    }

    while (json_array_size(list) <= attempt) {
        if (json_array_append_new(list, json_object()) != 0) {
            json_decref(result->data);
            return;
        }
    }

    reason = idv_svc_reason_name(result->reason);

    note = json_pack("{s:o*, s:o*}",
                     "reason", result->reason
                               ? json_stringn((char *) reason->data,
                                              reason->len)
                               : NULL,
                     "data", result->data);

    (void) json_array_set_new(list, attempt, note);
}


/*
 * A photo of each side that can be one, and lines that are right and say what
 * was typed in.  What was only typed in is checked by nobody here.
 */

static void
idv_svc_check_document(const idv_svc_evidence_t *e, idv_svc_result_t *r)
{
    json_t               *found;
    ngx_uint_t            side;
    const idv_svc_tx_t   *tx;
    const idv_svc_doc_t  *doc;

    tx = &e->view->tx;

    r->reason = idv_svc_check_details(e);
    r->found = r->reason ? IDV_SVC_FOUND_BAD
               : (tx->test || tx->zone) ? IDV_SVC_FOUND_GOOD
                                        : IDV_SVC_FOUND_OPEN;

    for (side = IDV_SVC_SIDE_FRONT; side <= IDV_SVC_SIDE_BACK; side++) {
        doc = idv_svc_type_doc(e->view, IDV_SVC_GIVE_DOCUMENT, side);

        if (doc && doc->bad) {
            r->found = IDV_SVC_FOUND_UNCLEAR;
            r->reason = IDV_SVC_REASON_DOCUMENT_IMAGE;
        }
    }

    doc = idv_svc_type_doc(e->view, IDV_SVC_GIVE_DOCUMENT, IDV_SVC_SIDE_FRONT);
    found = idv_svc_finding_verifications(tx);

    r->data = json_pack("{s:o*, s:o*, s:{s:i}}",
                        "mitekVerifications", found,
                        "frontImageDocumentId",
                        doc ? idv_svc_json_uuid(doc->id) : NULL,
                        "retry",
                            "attempt",
                            (int) tx->attempt[IDV_SVC_GROUP_ID] + 1);
}


static idv_svc_reason_e
idv_svc_check_details(const idv_svc_evidence_t *e)
{
    int64_t              today, birth, expiry;
    ngx_str_t            value, expires;
    ngx_uint_t           i;
    const idv_svc_tx_t  *tx;

    static const char  *members[] =
        { "idType", "firstName", "lastName", "documentNumber",
          "issuingCountry", NULL };

    tx = &e->view->tx;
    today = e->now / IDV_SVC_DAY;

    /* what the lines say is worth nothing, nor what is missing then */

    if (tx->faults) {
        return IDV_SVC_REASON_ZONE;
    }

    for (i = 0; members[i]; i++) {
        value = idv_json_string(e->document, members[i]);

        /* some people have one name: the lines would tell */

        if (value.len == 0 && !(tx->zone && i == 1)) {
            return IDV_SVC_REASON_DATA_MISSING;
        }
    }

    value = idv_json_string(e->document, "birthDate");
    expires = idv_json_string(e->document, "expirationDate");

    if (value.len == 0 || expires.len == 0) {
        return IDV_SVC_REASON_DATA_MISSING;
    }

    if (tx->differs) {
        return IDV_SVC_REASON_DATA_DIFFERS;
    }

    if (idv_svc_date(&value, &birth) != NGX_OK || birth > today
        || birth < today - IDV_SVC_MAX_AGE * 366)
    {
        return IDV_SVC_REASON_BIRTH_DATE;
    }

    /* valid through the last day that is printed on it */

    if (idv_svc_date(&expires, &expiry) != NGX_OK
        || (tx->rules.fail_expired && expiry < today))
    {
        return IDV_SVC_REASON_DOCUMENT_EXPIRED;
    }

    return IDV_SVC_REASON_NONE;
}


/* what the policy asks of each field that the creator knows, or has to know */

static void
idv_svc_check_record(const idv_svc_evidence_t *e, idv_svc_result_t *r)
{
    ngx_uint_t              i, word;
    const idv_svc_tx_t     *tx;
    const idv_svc_match_t  *match;

    /* idv_svc_threshold_e, as words */

    static const ngx_uint_t  least[] =
        { 0, IDV_MATCH_LOW, IDV_MATCH_MEDIUM, IDV_MATCH_HIGH };

    tx = &e->view->tx;
    r->found = IDV_SVC_FOUND_GOOD;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        match = &tx->rules.match[i];
        word = tx->match[i] ? tx->match[i] - 1 : IDV_MATCH_NOT_APPLICABLE;

        if (match->threshold && match->required
            && word < least[match->threshold])
        {
            r->found = IDV_SVC_FOUND_BAD;
            r->reason = IDV_SVC_REASON_RECORD;
        }
    }
}


/* whose face it is, and whether it lives, no code here can tell */

static void
idv_svc_check_face(const idv_svc_evidence_t *e, idv_svc_result_t *r)
{
    const idv_svc_doc_t  *doc;

    doc = idv_svc_type_doc(e->view, IDV_SVC_GIVE_SELFIE, IDV_SVC_SIDE_FRONT);

    r->found = e->view->tx.test ? IDV_SVC_FOUND_GOOD : IDV_SVC_FOUND_OPEN;

    if (doc == NULL || doc->bad) {
        r->found = IDV_SVC_FOUND_UNCLEAR;
        r->reason = IDV_SVC_REASON_SELFIE_IMAGE;
    }
}


/* any file can be sent as a photo: how it was taken no code here can tell */

static void
idv_svc_check_injection(const idv_svc_evidence_t *e, idv_svc_result_t *r)
{
    r->found = e->view->tx.test ? IDV_SVC_FOUND_GOOD : IDV_SVC_FOUND_OPEN;
}
