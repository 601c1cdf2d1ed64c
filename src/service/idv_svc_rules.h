
/*
 * Copyright (C) nginx-idv authors
 *
 * What a transaction of the local service is and how time and the user's
 * steps move it.  Values in, values out: no request, no I/O, no clock.
 * Times are milliseconds since the epoch by the service's own clock.
 */


#ifndef _IDV_SVC_RULES_H_INCLUDED_
#define _IDV_SVC_RULES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../model/idv_document.h"
#include "../model/idv_record_match.h"
#include "../model/idv_transaction.h"


#define IDV_SVC_UUID       16        /* bytes */
#define IDV_SVC_CODE_LEN   6
#define IDV_SVC_MAX_USER   100
#define IDV_SVC_MAX_MISSES 10        /* wrong codes, then the page is closed */

#define IDV_SVC_SECOND     ((int64_t) 1000)
#define IDV_SVC_PERSONAL   (30 * 60 * IDV_SVC_SECOND)       /* after decision */
#define IDV_SVC_RETENTION  (24 * 60 * 60 * IDV_SVC_SECOND)  /* of a record */


typedef enum {
    IDV_SVC_GOVERNMENT_ID = 0,
    IDV_SVC_FACIAL_COMPARISON,
    IDV_SVC_LIVENESS,
    IDV_SVC_NCHECKS
} idv_svc_check_e;


/* why a transaction failed; the names are what the API shows */

typedef enum {
    IDV_SVC_REASON_NONE = 0,
    IDV_SVC_REASON_TIMED_OUT,
    IDV_SVC_REASON_DATA_MISSING,
    IDV_SVC_REASON_DOCUMENT_IMAGE,
    IDV_SVC_REASON_BIRTH_DATE,
    IDV_SVC_REASON_DOCUMENT_EXPIRED,
    IDV_SVC_REASON_SELFIE_IMAGE,
    IDV_SVC_REASON_ZONE,
    IDV_SVC_REASON_DATA_DIFFERS,
    IDV_SVC_REASON_REJECTED,
    IDV_SVC_NREASONS
} idv_svc_reason_e;


/* what a transaction carries besides its numbers, in the order of the zone */

typedef enum {
    IDV_SVC_BLOB_REQUEST = 0,        /* JSON as the creator sent it */
    IDV_SVC_BLOB_DOCUMENT,           /* JSON, keys of GOVERNMENT_ID */
    IDV_SVC_BLOB_CHECKS,             /* JSON, verificationStatus as forced */
    IDV_SVC_BLOB_FRONT,              /* image */
    IDV_SVC_BLOB_SELFIE,             /* image */
    IDV_SVC_NBLOBS
} idv_svc_blob_e;

#define IDV_SVC_BLOB(b)       (1u << (b))
#define IDV_SVC_BLOBS_NONE    0
#define IDV_SVC_BLOBS_TEXT    0x07
#define IDV_SVC_BLOBS_ALL     0x1f


/* verified data that a transaction may have */

typedef enum {
    IDV_SVC_DATA_GOVERNMENT_ID = 0,
    IDV_SVC_DATA_FRONT_IMAGE,
    IDV_SVC_DATA_SELFIE,
    IDV_SVC_NDATA
} idv_svc_data_e;


/* metadata that a transaction may have */

typedef enum {
    IDV_SVC_META_DOCUMENT = 0,
    IDV_SVC_META_MATCH,
    IDV_SVC_NMETA
} idv_svc_meta_e;


typedef enum {
    IDV_SVC_EMAIL = 0,
    IDV_SVC_SMS,
    IDV_SVC_NCHANNELS
} idv_svc_channel_e;


/* what has an id of its own: data first, a message's channel comes on top */

#define IDV_SVC_ITEM_META     0x40
#define IDV_SVC_ITEM_MESSAGE  0x80


typedef struct {
    u_char      id[IDV_SVC_UUID];
    u_char      env[IDV_SVC_UUID];
    u_char      policy[IDV_SVC_UUID];
    u_char      items[IDV_SVC_UUID];        /* see idv_svc_tx_item() */
    u_char      code[IDV_SVC_CODE_LEN];
    u_char      user[IDV_SVC_MAX_USER];

    uint8_t     user_len;
    uint8_t     status;              /* idv_tx_status_e */
    uint8_t     checks[IDV_SVC_NCHECKS];    /* idv_tx_status_e */
    uint8_t     verdict;             /* idv_svc_reason_e, while processing */
    uint8_t     reason;              /* idv_svc_reason_e, once decided */
    uint8_t     misses;              /* wrong codes */
    uint8_t     notify;              /* bits of channels that were asked */
    uint8_t     sent;                /* ... and that got their message */
    uint8_t     dropped;             /* bits of data deleted by the client */
    uint8_t     document;            /* index into idv_svc_documents + 1 */
    uint8_t     selfie;              /* 1: one was given */
    uint8_t     wiped;               /* 1: personal data is gone */
    uint8_t     zone;                /* idv_document_zone_e that was read */
    uint8_t     test;                /* 1: what no code can judge is good */
    uint8_t     held;                /* 1: a person has to decide */
    uint8_t     match[IDV_MATCH_NFIELDS];   /* idv_match_word_e + 1 */

    uint32_t    faults;              /* of the zone, as idv_document_t has */
    uint32_t    differs;             /* ... and what it does not agree with */

    uint32_t    version;             /* one more with every change */
    uint32_t    len[IDV_SVC_NBLOBS];

    int64_t     created;
    int64_t     updated;
    int64_t     expires;             /* of the transaction */
    int64_t     collect_time;        /* the policy's limit for collection */
    int64_t     collect_until;       /* 0: collection has not begun */
    int64_t     decide_at;           /* 0: not by itself */
    int64_t     decided_at;          /* 0: pending */
} idv_svc_tx_t;


/* kinds of documents: the word of the API and what the user reads */

typedef struct {
    ngx_str_t   name;
    ngx_str_t   label;
} idv_svc_document_t;

extern idv_svc_document_t  idv_svc_documents[];      /* ends with no name */


/* what the user gave, as far as the rules look at it */

typedef struct {
    ngx_str_t   first_name;
    ngx_str_t   last_name;
    ngx_str_t   number;
    ngx_str_t   country;
    ngx_str_t   birth_date;          /* YYYY-MM-DD */
    ngx_str_t   expiration_date;
    unsigned    kind:4;              /* as idv_svc_tx_t.document */
    unsigned    bad_image:1;         /* a photo was given and is none */
    unsigned    zone:2;              /* of what was read by machine: */
    uint32_t    faults;
    uint32_t    differs;
} idv_svc_paper_t;


/*
 * The id of something that belongs to the transaction: random as a whole, and
 * its last byte says what it is of.
 */
void idv_svc_tx_item(const idv_svc_tx_t *tx, ngx_uint_t item, u_char *uuid);

/* applies every time limit that has passed */
void idv_svc_tx_advance(idv_svc_tx_t *tx, int64_t now);

/* when idv_svc_tx_advance() or idv_svc_tx_gone() would change next */
int64_t idv_svc_tx_due(const idv_svc_tx_t *tx);

/* 1: the record's time is over */
ngx_uint_t idv_svc_tx_gone(const idv_svc_tx_t *tx, int64_t now);

/*
 * 1: the checks that code can do are done.  The others wait for a person, but
 * in test mode, where they count as good.
 */
ngx_uint_t idv_svc_tx_checked(const idv_svc_tx_t *tx);

/* 1: a final status */
ngx_uint_t idv_svc_tx_decided(const idv_svc_tx_t *tx);

/*
 * The user's steps.  NGX_DECLINED, and nothing changed, where the status does
 * not allow the step.
 */
ngx_int_t idv_svc_tx_begin(idv_svc_tx_t *tx, int64_t now);
ngx_int_t idv_svc_tx_paper(idv_svc_tx_t *tx, const idv_svc_paper_t *paper,
    int64_t now);
ngx_int_t idv_svc_tx_selfie(idv_svc_tx_t *tx, ngx_uint_t image,
    ngx_uint_t test, int64_t time, int64_t now);

/* manual approval: FAIL and IN_PROGRESS only, NGX_DECLINED otherwise */
ngx_int_t idv_svc_tx_approve(idv_svc_tx_t *tx, idv_tx_status_e status,
    int64_t now);

/* the control interface: any status, from any */
void idv_svc_tx_force(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t now);

/* what the rules say of a document */
idv_svc_reason_e idv_svc_judge(const idv_svc_paper_t *paper, int64_t now);

/* days since the epoch of YYYY-MM-DD; NGX_DECLINED if there is no such day */
ngx_int_t idv_svc_date(const ngx_str_t *text, int64_t *days);

/* the API's word, and a sentence for the user */
ngx_str_t *idv_svc_reason_name(ngx_uint_t reason);
ngx_str_t *idv_svc_reason_text(ngx_uint_t reason);

/* IDV_SVC_NREASONS if there is no such word */
ngx_uint_t idv_svc_reason_parse(const ngx_str_t *name);

/* the key of a check in verificationStatus */
const char *idv_svc_check_name(ngx_uint_t check);


#endif /* _IDV_SVC_RULES_H_INCLUDED_ */
