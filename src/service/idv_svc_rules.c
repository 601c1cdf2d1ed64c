
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../model/idv_date.h"
#include "idv_svc_rules.h"


#define IDV_SVC_DAY        (24 * 60 * 60 * IDV_SVC_SECOND)
#define IDV_SVC_MAX_AGE    130       /* years */


static void idv_svc_tx_decide(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t at);
static void idv_svc_tx_checks(idv_svc_tx_t *tx, idv_tx_status_e status);
static void idv_svc_tx_verdict(idv_svc_tx_t *tx);
static void idv_svc_tx_hold(idv_svc_tx_t *tx);
static ngx_uint_t idv_svc_tx_read(const idv_svc_tx_t *tx);
static void idv_svc_tx_change(idv_svc_tx_t *tx, int64_t now);


typedef struct {
    ngx_str_t  name;
    ngx_str_t  text;
} idv_svc_reason_word_t;


idv_svc_document_t  idv_svc_documents[] = {
    { ngx_string("passport"), ngx_string("Passport") },
    { ngx_string("driver_license"), ngx_string("Driving licence") },
    { ngx_string("id_card"), ngx_string("Identity card") },
    { ngx_string("residence_permit"), ngx_string("Residence permit") },
    { ngx_null_string, ngx_null_string }
};


/* in the order of idv_svc_reason_e */

static idv_svc_reason_word_t  idv_svc_reasons[IDV_SVC_NREASONS] = {
    { ngx_string("NONE"), ngx_string("") },
    { ngx_string("TRANSACTION_TIMED_OUT"),
      ngx_string("The time for this verification is over.") },
    { ngx_string("DOCUMENT_DATA_MISSING"),
      ngx_string("Some of the details of the document are missing.") },
    { ngx_string("DOCUMENT_IMAGE_INVALID"),
      ngx_string("The photo of the document could not be read.") },
    { ngx_string("BIRTH_DATE_INVALID"),
      ngx_string("The date of birth cannot be right.") },
    { ngx_string("DOCUMENT_EXPIRED"),
      ngx_string("The document has expired.") },
    { ngx_string("SELFIE_IMAGE_INVALID"),
      ngx_string("The photo of your face could not be read.") },
    { ngx_string("DOCUMENT_ZONE_INVALID"),
      ngx_string("The machine-readable lines of the document are not "
                 "right.") },
    { ngx_string("DOCUMENT_DATA_MISMATCH"),
      ngx_string("The machine-readable lines of the document do not say what "
                 "was typed in.") },
    { ngx_string("REJECTED"),
      ngx_string("The verification was rejected.") }
};


static const char  *idv_svc_checks[IDV_SVC_NCHECKS] = {
    "GOVERNMENT_ID",
    "FACIAL_COMPARISON_DOCUMENT",
    "LIVENESS"
};


void
idv_svc_tx_item(const idv_svc_tx_t *tx, ngx_uint_t item, u_char *uuid)
{
    ngx_memcpy(uuid, tx->items, IDV_SVC_UUID);

    uuid[IDV_SVC_UUID - 1] = (u_char) item;
}


void
idv_svc_tx_advance(idv_svc_tx_t *tx, int64_t now)
{
    switch (tx->status) {

    case IDV_TX_REQUESTED:
        if (now < tx->expires) {
            return;
        }

        idv_svc_tx_decide(tx, IDV_TX_FAIL, IDV_SVC_REASON_TIMED_OUT,
                          tx->expires);
        break;

    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        if (now < tx->collect_until) {
            return;
        }

        idv_svc_tx_decide(tx, IDV_TX_FAIL, IDV_SVC_REASON_TIMED_OUT,
                          tx->collect_until);
        break;

    case IDV_TX_IN_PROGRESS:

        /* documents are in: what remains may outlast the transaction */

        if (tx->decide_at == 0 || now < tx->decide_at) {
            return;
        }

        idv_svc_tx_verdict(tx);
        break;
    }

    if (!tx->wiped && idv_svc_tx_decided(tx)
        && now >= tx->decided_at + IDV_SVC_PERSONAL)
    {
        tx->wiped = 1;
        tx->version++;
    }
}


int64_t
idv_svc_tx_due(const idv_svc_tx_t *tx)
{
    switch (tx->status) {

    case IDV_TX_REQUESTED:
        return tx->expires;

    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        return tx->collect_until;

    case IDV_TX_IN_PROGRESS:
        return tx->decide_at ? tx->decide_at : tx->updated + IDV_SVC_RETENTION;
    }

    return tx->wiped ? tx->decided_at + IDV_SVC_RETENTION
                     : tx->decided_at + IDV_SVC_PERSONAL;
}


ngx_uint_t
idv_svc_tx_gone(const idv_svc_tx_t *tx, int64_t now)
{
    if (idv_svc_tx_decided(tx)) {
        return now >= tx->decided_at + IDV_SVC_RETENTION;
    }

    /* held in progress by the control interface */

    return tx->status == IDV_TX_IN_PROGRESS && tx->decide_at == 0
           && now >= tx->updated + IDV_SVC_RETENTION;
}


ngx_uint_t
idv_svc_tx_decided(const idv_svc_tx_t *tx)
{
    return tx->status > IDV_TX_IN_PROGRESS;
}


ngx_int_t
idv_svc_tx_begin(idv_svc_tx_t *tx, int64_t now)
{
    if (tx->status != IDV_TX_REQUESTED) {
        return NGX_DECLINED;
    }

    tx->status = IDV_TX_INITIATED;
    tx->collect_until = ngx_min(now + tx->collect_time, tx->expires);

    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


ngx_int_t
idv_svc_tx_paper(idv_svc_tx_t *tx, const idv_svc_paper_t *paper, int64_t now)
{
    if (tx->status != IDV_TX_INITIATED) {
        return NGX_DECLINED;
    }

    tx->status = IDV_TX_PARTIAL;
    tx->verdict = idv_svc_judge(paper, now);
    tx->document = paper->kind;
    tx->zone = paper->zone;
    tx->faults = paper->faults;
    tx->differs = paper->differs;
    tx->checks[IDV_SVC_GOVERNMENT_ID] = IDV_TX_IN_PROGRESS;

    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


ngx_int_t
idv_svc_tx_selfie(idv_svc_tx_t *tx, ngx_uint_t image, ngx_uint_t test,
    int64_t time, int64_t now)
{
    if (tx->status != IDV_TX_PARTIAL) {
        return NGX_DECLINED;
    }

    if (!image && tx->verdict == IDV_SVC_REASON_NONE) {
        tx->verdict = IDV_SVC_REASON_SELFIE_IMAGE;
    }

    tx->status = IDV_TX_IN_PROGRESS;
    tx->selfie = 1;
    tx->test = (uint8_t) test;
    tx->decide_at = now + time;

    idv_svc_tx_checks(tx, IDV_TX_IN_PROGRESS);
    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


ngx_int_t
idv_svc_tx_approve(idv_svc_tx_t *tx, idv_tx_status_e status, int64_t now)
{
    ngx_uint_t  i;

    if (tx->status != IDV_TX_FAIL && tx->status != IDV_TX_IN_PROGRESS) {
        return NGX_DECLINED;
    }

    /* who approves what waits for a person has looked at what is open */

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->held && tx->checks[i] == IDV_TX_IN_PROGRESS) {
            tx->checks[i] = IDV_TX_SUCCESS;
        }
    }

    idv_svc_tx_decide(tx, status, IDV_SVC_REASON_NONE, now);

    tx->expires = now + IDV_SVC_PERSONAL;

    return NGX_OK;
}


void
idv_svc_tx_force(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t now)
{
    tx->decide_at = 0;
    tx->decided_at = 0;
    tx->collect_until = 0;
    tx->reason = IDV_SVC_REASON_NONE;
    tx->verdict = IDV_SVC_REASON_NONE;
    tx->wiped = 0;
    tx->dropped = 0;
    tx->held = 0;

    switch (status) {

    case IDV_TX_REQUESTED:
    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        idv_svc_tx_checks(tx, IDV_TX_REQUESTED);

        if (status == IDV_TX_PARTIAL) {
            tx->checks[IDV_SVC_GOVERNMENT_ID] = IDV_TX_IN_PROGRESS;
        }

        if (status != IDV_TX_REQUESTED) {
            tx->collect_until = ngx_min(now + tx->collect_time, tx->expires);
        }

        break;

    case IDV_TX_IN_PROGRESS:
        idv_svc_tx_checks(tx, IDV_TX_IN_PROGRESS);
        break;

    default:
        if (status == IDV_TX_FAIL) {
            reason = reason ? reason : IDV_SVC_REASON_REJECTED;

        } else {
            reason = IDV_SVC_REASON_NONE;
        }

        idv_svc_tx_decide(tx, status, reason, now);
        return;
    }

    tx->status = status;

    idv_svc_tx_change(tx, now);
}


static void
idv_svc_tx_verdict(idv_svc_tx_t *tx)
{
    if (tx->verdict == IDV_SVC_REASON_NONE) {

        if (!tx->test) {
            idv_svc_tx_hold(tx);
            return;
        }

        idv_svc_tx_decide(tx, IDV_TX_SUCCESS, IDV_SVC_REASON_NONE,
                          tx->decide_at);
        return;
    }

    idv_svc_tx_decide(tx, IDV_TX_FAIL, tx->verdict, tx->decide_at);

    /* a bad photo of the face says nothing about the document */

    if (tx->verdict == IDV_SVC_REASON_SELFIE_IMAGE) {
        tx->checks[IDV_SVC_GOVERNMENT_ID] =
                           idv_svc_tx_read(tx) ? IDV_TX_SUCCESS
                                               : IDV_TX_NOT_REQUIRED;

    } else {
        tx->checks[IDV_SVC_FACIAL_COMPARISON] = IDV_TX_NOT_REQUIRED;
        tx->checks[IDV_SVC_LIVENESS] = IDV_TX_NOT_REQUIRED;
    }
}


/*
 * A face is not compared by code, and what is only typed in is not checked by
 * it: both wait for a person.
 */

static void
idv_svc_tx_hold(idv_svc_tx_t *tx)
{
    int64_t  at;

    at = tx->decide_at;

    tx->held = 1;
    tx->decide_at = 0;

    if (idv_svc_tx_read(tx)) {
        tx->checks[IDV_SVC_GOVERNMENT_ID] = IDV_TX_SUCCESS;
    }

    idv_svc_tx_change(tx, at);
}


/* 1: the document was checked; its lines, or in test mode what was typed in */

static ngx_uint_t
idv_svc_tx_read(const idv_svc_tx_t *tx)
{
    return tx->zone || tx->test;
}


ngx_uint_t
idv_svc_tx_checked(const idv_svc_tx_t *tx)
{
    return tx->held || idv_svc_tx_decided(tx);
}


/* an approval overrides the checks, it does not rewrite them */

static void
idv_svc_tx_decide(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t at)
{
    tx->status = status;
    tx->reason = reason;
    tx->decided_at = at;
    tx->decide_at = 0;
    tx->held = 0;

    if (status == IDV_TX_SUCCESS || status == IDV_TX_FAIL
        || status == IDV_TX_NOT_REQUIRED)
    {
        idv_svc_tx_checks(tx, status);
    }

    idv_svc_tx_change(tx, at);
}


static void
idv_svc_tx_checks(idv_svc_tx_t *tx, idv_tx_status_e status)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        tx->checks[i] = status;
    }
}


static void
idv_svc_tx_change(idv_svc_tx_t *tx, int64_t now)
{
    tx->updated = now;
    tx->version++;
}


idv_svc_reason_e
idv_svc_judge(const idv_svc_paper_t *paper, int64_t now)
{
    int64_t  today, birth, expiry;

    today = now / IDV_SVC_DAY;

    /* what the lines say is worth nothing, nor what is missing then */

    if (paper->faults) {
        return IDV_SVC_REASON_ZONE;
    }

    /* some people have one name: the lines would tell */

    if (paper->kind == 0 || (paper->first_name.len == 0 && !paper->zone)
        || paper->last_name.len == 0 || paper->number.len == 0
        || paper->country.len == 0 || paper->birth_date.len == 0
        || paper->expiration_date.len == 0)
    {
        return IDV_SVC_REASON_DATA_MISSING;
    }

    if (paper->bad_image) {
        return IDV_SVC_REASON_DOCUMENT_IMAGE;
    }

    if (paper->differs) {
        return IDV_SVC_REASON_DATA_DIFFERS;
    }

    if (idv_svc_date(&paper->birth_date, &birth) != NGX_OK
        || birth > today || birth < today - IDV_SVC_MAX_AGE * 366)
    {
        return IDV_SVC_REASON_BIRTH_DATE;
    }

    /* valid through the last day that is printed on it */

    if (idv_svc_date(&paper->expiration_date, &expiry) != NGX_OK
        || expiry < today)
    {
        return IDV_SVC_REASON_DOCUMENT_EXPIRED;
    }

    return IDV_SVC_REASON_NONE;
}


ngx_int_t
idv_svc_date(const ngx_str_t *text, int64_t *days)
{
    char        *p;
    int          year, month, day;
    idv_date_t   date;

    p = (char *) text->data;

    if (text->len != IDV_DATE_LEN || p[4] != '-' || p[7] != '-') {
        return NGX_DECLINED;
    }

    year = idv_date_number(p, 4);
    month = idv_date_number(p + 5, 2);
    day = idv_date_number(p + 8, 2);

    if (year < 1000 || month < 0 || day < 0) {
        return NGX_DECLINED;
    }

    date.year = (uint16_t) year;
    date.month = (uint8_t) month;
    date.day = (uint8_t) day;

    if (!idv_date_valid(date)) {
        return NGX_DECLINED;
    }

    *days = idv_date_days(date);

    return NGX_OK;
}


ngx_str_t *
idv_svc_reason_name(ngx_uint_t reason)
{
    if (reason >= IDV_SVC_NREASONS) {
        reason = IDV_SVC_REASON_NONE;
    }

    return &idv_svc_reasons[reason].name;
}


ngx_str_t *
idv_svc_reason_text(ngx_uint_t reason)
{
    if (reason >= IDV_SVC_NREASONS) {
        reason = IDV_SVC_REASON_NONE;
    }

    return &idv_svc_reasons[reason].text;
}


ngx_uint_t
idv_svc_reason_parse(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = IDV_SVC_REASON_NONE + 1; i < IDV_SVC_NREASONS; i++) {
        if (idv_svc_reasons[i].name.len == name->len
            && ngx_strncmp(idv_svc_reasons[i].name.data, name->data, name->len)
               == 0)
        {
            return i;
        }
    }

    return IDV_SVC_NREASONS;
}


const char *
idv_svc_check_name(ngx_uint_t check)
{
    return idv_svc_checks[check];
}
