
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
#include "../model/idv_otp.h"
#include "../model/idv_record_match.h"
#include "../model/idv_transaction.h"
#include "idv_svc_model.h"


#define IDV_SVC_UUID       16        /* bytes */
#define IDV_SVC_CODE_LEN   6
#define IDV_SVC_MAX_USER   100
#define IDV_SVC_MAX_MISSES 10        /* wrong codes, then the page is closed */

#define IDV_SVC_SECOND     ((int64_t) 1000)
#define IDV_SVC_APPROVED   (30 * 60 * IDV_SVC_SECOND)  /* of an approval */


/* in the order in which they are made */

typedef enum {
    IDV_SVC_CHECK_EMAIL = 0,
    IDV_SVC_CHECK_PHONE,
    IDV_SVC_CHECK_DATA,
    IDV_SVC_CHECK_GOVERNMENT_ID,
    IDV_SVC_CHECK_FACE_DOCUMENT,
    IDV_SVC_CHECK_FACE_REFERENCE,
    IDV_SVC_CHECK_LIVENESS,
    IDV_SVC_CHECK_RECORD,
    IDV_SVC_CHECK_VOICE,
    IDV_SVC_CHECK_CREDENTIAL,
    IDV_SVC_CHECK_DEVICE,
    IDV_SVC_CHECK_INJECTION,
    IDV_SVC_NCHECKS                  /* at most 16, see IDV_SVC_ITEM_META */
} idv_svc_check_e;

#define IDV_SVC_CHECK(c)      (1u << (c))

#define IDV_SVC_CHECKS_DOCUMENT  IDV_SVC_CHECK(IDV_SVC_CHECK_GOVERNMENT_ID)
#define IDV_SVC_CHECKS_SELFIE                                                  \
    (IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_DOCUMENT)                               \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_REFERENCE)                             \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_LIVENESS))


/* what the user gives; bits */

#define IDV_SVC_GIVE_DOCUMENT  0x01
#define IDV_SVC_GIVE_SELFIE    0x02
#define IDV_SVC_GIVE_EMAIL     0x04
#define IDV_SVC_GIVE_PHONE     0x08
#define IDV_SVC_GIVE_VOICE     0x10


/* what is given again when it was not good enough, with attempts of its own */

typedef enum {
    IDV_SVC_GROUP_ID = 0,
    IDV_SVC_GROUP_SELFIE,
    IDV_SVC_GROUP_OTHER,             /* never */
    IDV_SVC_NGROUPS
} idv_svc_group_e;

#define IDV_SVC_MAX_ATTEMPTS  4      /* the first one and three more */


/* what a check found, until it is told */

typedef enum {
    IDV_SVC_FOUND_NOTHING = 0,       /* not looked at */
    IDV_SVC_FOUND_GOOD,
    IDV_SVC_FOUND_BAD,
    IDV_SVC_FOUND_UNCLEAR,           /* another attempt, while there are any */
    IDV_SVC_FOUND_OPEN               /* somebody else has to say */
} idv_svc_found_e;


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
    IDV_SVC_REASON_RECORD,
    IDV_SVC_REASON_REJECTED,
    IDV_SVC_REASON_NOT_PERFORMED,
    IDV_SVC_REASON_PASSWORD,
    IDV_SVC_NREASONS
} idv_svc_reason_e;


/* what a transaction carries besides its numbers, in the order of the zone */

typedef enum {
    IDV_SVC_BLOB_REQUEST = 0,        /* JSON as the creator sent it */
    IDV_SVC_BLOB_DOCUMENT,           /* JSON, keys of GOVERNMENT_ID */
    IDV_SVC_BLOB_CHECKS,             /* JSON, verificationStatus as forced */
    IDV_SVC_BLOB_META,               /* JSON, per check a list of attempts */
    IDV_SVC_NBLOBS
} idv_svc_blob_e;

#define IDV_SVC_BLOB(b)       (1u << (b))
#define IDV_SVC_BLOBS_NONE    0
#define IDV_SVC_BLOBS_TEXT    0x07
#define IDV_SVC_BLOBS_ALL     0x0f
#define IDV_SVC_DOCS          0x80   /* documents, beside the blobs */
#define IDV_SVC_DOCS_LIST     0x100  /* the same without their values */


/* verified data that a transaction may have */

typedef enum {
    IDV_SVC_DATA_GOVERNMENT_ID = 0,
    IDV_SVC_DATA_FRONT_IMAGE,
    IDV_SVC_DATA_BACK_IMAGE,
    IDV_SVC_DATA_SELFIE,
    IDV_SVC_DATA_BARCODE,
    IDV_SVC_DATA_EMAIL,
    IDV_SVC_DATA_PHONE,
    IDV_SVC_NDATA                    /* at most 8, see idv_svc_tx_t.dropped */
} idv_svc_data_e;


typedef enum {
    IDV_SVC_EMAIL = 0,
    IDV_SVC_SMS,
    IDV_SVC_NCHANNELS
} idv_svc_channel_e;


/*
 * What has an id of its own: verified data first, all but messages with the
 * attempt in the bits 4 and 5.
 */

#define IDV_SVC_ITEM(what, attempt)  ((what) | ((attempt) << 4))
#define IDV_SVC_ITEM_META     0x40
#define IDV_SVC_ITEM_MESSAGE  0x80
#define IDV_SVC_ITEM_EVENT    0xc0


typedef struct {
    u_char      id[IDV_SVC_UUID];
    u_char      env[IDV_SVC_UUID];
    u_char      policy[IDV_SVC_UUID];
    u_char      items[IDV_SVC_UUID];        /* see idv_svc_tx_item() */
    u_char      code[IDV_SVC_CODE_LEN];
    u_char      user[IDV_SVC_MAX_USER];

    uint8_t     user_len;
    uint8_t     status;              /* idv_tx_status_e */
    uint8_t     level[IDV_SVC_NCHECKS];     /* idv_svc_level_e */
    uint8_t     checks[IDV_SVC_NCHECKS];    /* idv_tx_status_e */
    uint8_t     found[IDV_SVC_NCHECKS];     /* idv_svc_found_e, not yet told */
    uint8_t     why[IDV_SVC_NCHECKS];       /* idv_svc_reason_e */
    uint8_t     attempt[IDV_SVC_NGROUPS];   /* from 0 */
    uint8_t     given;               /* bits, of the latest attempts */
    uint8_t     skipped;             /* ... that the user goes without */
    uint8_t     typed;               /* the document was typed in */
    uint8_t     draft;               /* ... and may be shown to the user */
    uint8_t     kind;                /* that the user chose, as document */
    uint8_t     sides;               /* bits: photographed, or not to be */
    uint8_t     again[IDV_SVC_NGROUPS];     /* idv_svc_reason_e, the last */
    uint8_t     reason;              /* idv_svc_reason_e, once decided */
    uint8_t     misses;              /* wrong codes */
    uint8_t     notify;              /* bits of channels that were asked */
    uint8_t     sent;                /* ... and that got their message */
    uint8_t     document;            /* index into idv_svc_documents + 1 */
    uint8_t     selfie;              /* 1: one was given */
    uint8_t     wiped;               /* 1: personal data is gone */
    uint8_t     zone;                /* idv_document_zone_e that was read */
    uint8_t     test;                /* 1: what no code can judge is good */
    uint8_t     held;                /* 1: a person has to decide */
    uint8_t     assured;             /* 1: what it verified is the user's */
    uint8_t     match[IDV_MATCH_NFIELDS];   /* idv_match_word_e + 1 */
    uint8_t     undelivered;         /* bits of channels: the last password */

    uint32_t    faults;              /* of the zone, as idv_document_t has */
    uint32_t    differs;             /* ... and what it does not agree with */

    uint32_t    dropped;             /* deleted data: 4 bits of attempts each */
    uint64_t    unnoted;             /* ... and metadata: the same by check */
    uint32_t    version;             /* one more with every change */
    uint32_t    len[IDV_SVC_NBLOBS];

    int64_t     created;
    int64_t     updated;
    int64_t     expires;             /* of the transaction */
    int64_t     begun;               /* by the user; 0: not, or deleted */
    int64_t     submitted;           /* ... and handed in */
    int64_t     collect_time;        /* the policy's limit for collection */
    int64_t     collect_until;       /* 0: collection has not begun */
    int64_t     decide_at;           /* 0: not by itself */
    int64_t     decided_at;          /* 0: pending */
    int64_t     personal_time;       /* of personal data, after a decision */
    int64_t     record_time;         /* ... and of all that is left then */

    idv_otp_t   otp[IDV_SVC_NCHANNELS];

    idv_svc_policy_t  rules;         /* of its policy, when it was created */
} idv_svc_tx_t;


/* kinds of documents */

typedef struct {
    ngx_str_t   name;
} idv_svc_document_t;

#define IDV_SVC_NKINDS  5

extern idv_svc_document_t  idv_svc_documents[IDV_SVC_NKINDS + 1];
                                     /* ends with no name */


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

/* 1: a document was verified, and the policy wants that kept with the user */
ngx_uint_t idv_svc_tx_assures(const idv_svc_tx_t *tx);

/* 1: a final status */
ngx_uint_t idv_svc_tx_decided(const idv_svc_tx_t *tx);

/*
 * The checks of the policy, all requested.  reference: there is a selfie to
 * compare with; record: there is something to match the document with.
 */
void idv_svc_tx_plan(idv_svc_tx_t *tx, const idv_svc_policy_t *rules,
    ngx_uint_t reference, ngx_uint_t record);

/*
 * idv_svc_needs.c: what checks need.
 */

/* 1: the check is in the policy, and has not come to its end */
ngx_uint_t idv_svc_tx_open(const idv_svc_tx_t *tx, ngx_uint_t check);

/* what checks of this level and above need, given or not */
ngx_uint_t idv_svc_tx_asked(const idv_svc_tx_t *tx, idv_svc_level_e level);

/* 1: a check that needs this has come to its end, so it stays as it is */
ngx_uint_t idv_svc_tx_settled(const idv_svc_tx_t *tx, ngx_uint_t give);

/*
 * What a check that has succeeded was about: another one in its place, if it is
 * gone, would be one that nobody has looked at.
 */
ngx_uint_t idv_svc_tx_relied(const idv_svc_tx_t *tx);

/* what is still to be given, by checks of this level and above */
ngx_uint_t idv_svc_tx_wanted(const idv_svc_tx_t *tx, idv_svc_level_e level);

/* 1: documents may be given and taken back */
ngx_uint_t idv_svc_tx_collecting(const idv_svc_tx_t *tx);

/*
 * The user's steps.  NGX_DECLINED, and nothing changed, where the status does
 * not allow the step.
 */
ngx_int_t idv_svc_tx_begin(idv_svc_tx_t *tx, int64_t now);

/* this is gone, or is not all any more: it is to be looked at anew */
void idv_svc_tx_changed(idv_svc_tx_t *tx, ngx_uint_t give);

/* what there is by now; idv_svc_tx_begin() is implied */
ngx_int_t idv_svc_tx_give(idv_svc_tx_t *tx, ngx_uint_t given, int64_t now);

/* collection is over; found has been set for what could be looked at */
ngx_int_t idv_svc_tx_submit(idv_svc_tx_t *tx, int64_t time, int64_t now);

/* how often the user may give again what a group's checks look at */
ngx_uint_t idv_svc_tx_retries(const idv_svc_tx_t *tx, ngx_uint_t group);

/* what the document says is not known any more */
void idv_svc_tx_unread(idv_svc_tx_t *tx);

/* tells what was found, and goes on collecting */
void idv_svc_tx_process(idv_svc_tx_t *tx, int64_t now);

/* 1: this attempt's check can be made, and was not */
ngx_uint_t idv_svc_tx_ready(const idv_svc_tx_t *tx, ngx_uint_t check);

/*
 * A result that comes by itself: of a password that was typed in, of a person,
 * of another service.  NGX_DECLINED if nobody waits for it.
 */
ngx_int_t idv_svc_tx_answer(idv_svc_tx_t *tx, ngx_uint_t check,
    idv_svc_found_e found, idv_svc_reason_e reason, int64_t now);

/*
 * 1: the transaction is a success without any of these checks of its policy,
 * which were optional: what was given for them is not verified.  What failed
 * may be approved by a person.
 */
ngx_uint_t idv_svc_tx_fruitless(const idv_svc_tx_t *tx, uint32_t checks);

/* how often, how soon and for how long, by the policy */
void idv_svc_tx_otp_rules(const idv_svc_tx_t *tx, idv_svc_channel_e channel,
    idv_otp_rules_t *rules);

/* the check that a password of this channel is for */
idv_svc_check_e idv_svc_tx_otp_check(idv_svc_channel_e channel);

/*
 * Manual approval: FAIL and IN_PROGRESS, and REQUESTED without a request;
 * NGX_DECLINED otherwise.
 */
ngx_int_t idv_svc_tx_approve(idv_svc_tx_t *tx, idv_tx_status_e status,
    int64_t now);

/*
 * The other way: what waits for a person has failed, and the transaction with
 * it.  IN_PROGRESS only.
 */
ngx_int_t idv_svc_tx_reject(idv_svc_tx_t *tx, idv_svc_reason_e reason,
    int64_t now);

/* the control interface: any status, from any */
void idv_svc_tx_force(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t now);

/* days since the epoch of YYYY-MM-DD; NGX_DECLINED if there is no such day */
ngx_int_t idv_svc_date(const ngx_str_t *text, int64_t *days);

/* the API's word, and a sentence for the user */
ngx_str_t *idv_svc_reason_name(ngx_uint_t reason);
ngx_str_t *idv_svc_reason_text(ngx_uint_t reason);

/* IDV_SVC_NREASONS if there is no such word */
ngx_uint_t idv_svc_reason_parse(const ngx_str_t *name);


#endif /* _IDV_SVC_RULES_H_INCLUDED_ */
