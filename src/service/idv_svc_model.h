
/*
 * Copyright (C) nginx-idv authors
 *
 * The data model of a verify policy.  One table says what a policy may have;
 * what is accepted, what is filled in, what is answered, what the service goes
 * by and what docs/service.md tells all come from it.
 *
 * Source: developer.pingidentity.com/pingone-api/verify/verify-policy
 */


#ifndef _IDV_SVC_MODEL_H_INCLUDED_
#define _IDV_SVC_MODEL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>


#define IDV_SVC_MODEL_PATH  96       /* bytes of a path, with its NUL */


/*
 * Words of the model.  Their numbers are their places in the lists of the
 * table, and 0 is a member that is not there.
 */

typedef enum {
    IDV_SVC_DISABLED = 1,
    IDV_SVC_OPTIONAL,
    IDV_SVC_REQUIRED
} idv_svc_level_e;

typedef enum {
    IDV_SVC_LOW = 1,
    IDV_SVC_MEDIUM,
    IDV_SVC_HIGH
} idv_svc_threshold_e;

typedef enum {
    IDV_SVC_AUTOMATIC = 1,
    IDV_SVC_MANUAL,
    IDV_SVC_STEP_UP
} idv_svc_inspection_e;

typedef enum {
    IDV_SVC_SECONDS = 1,
    IDV_SVC_MINUTES
} idv_svc_unit_e;


#define IDV_SVC_LICENCE(inspection)  (1u << (inspection))


/* of identityRecordMatching, in the order of the table */

typedef enum {
    IDV_SVC_MATCH_ADDRESS = 0,
    IDV_SVC_MATCH_BIRTH_DATE,
    IDV_SVC_MATCH_FAMILY_NAME,
    IDV_SVC_MATCH_GIVEN_NAME,
    IDV_SVC_MATCH_NAME,
    IDV_SVC_NMATCHES
} idv_svc_match_e;


/* what the service goes by: a member of the table's column "field" each */

typedef struct {
    uint16_t            duration;
    uint16_t            unit;            /* idv_svc_unit_e */
} idv_svc_duration_t;


typedef struct {
    uint16_t            verify;          /* idv_svc_level_e */
    uint16_t            attempts;
    uint16_t            deliveries;
    idv_svc_duration_t  cooldown;
    idv_svc_duration_t  life;
} idv_svc_otp_t;


typedef struct {
    uint16_t            threshold;       /* idv_svc_threshold_e; 0: none */
    uint16_t            required;
} idv_svc_match_t;


typedef struct {
    uint16_t            government_id;   /* idv_svc_level_e, as all of these */
    uint16_t            inspection;      /* idv_svc_inspection_e */
    uint16_t            fail_expired;
    uint16_t            id_retries;
    uint16_t            aamva;
    uint16_t            aadhaar;

    uint16_t            facial;
    uint16_t            facial_threshold;

    uint16_t            liveness;
    uint16_t            liveness_threshold;
    uint16_t            liveness_retries;

    idv_svc_match_t     match[IDV_SVC_NMATCHES];
    uint16_t            data_threshold;  /* 0: no data-based verification */

    idv_svc_otp_t       email;
    idv_svc_otp_t       phone;

    uint16_t            voice;
    uint16_t            credential;
    uint16_t            device;

    idv_svc_duration_t  transaction;
    idv_svc_duration_t  collection;
    uint16_t            collect_only;
    uint16_t            authentication_mode;
    uint16_t            ida;
} idv_svc_policy_t;


/* a mistake; inner is taken and may be NULL */

typedef void (*idv_svc_report_pt)(void *data, const char *code,
    const char *target, const char *message, json_t *inner);


/*
 * The whole policy with all defaults, as it is kept and answered; the caller
 * owns it.  licence: bits of the inspection types that may be used.  NULL if
 * there was a mistake; every one of them has been reported.
 */
json_t *idv_svc_model_read(json_t *in, ngx_uint_t licence,
    idv_svc_report_pt report, void *data);

/* from what idv_svc_model_read() returned */
void idv_svc_model_compile(json_t *policy, idv_svc_policy_t *compiled);

/* seconds */
ngx_uint_t idv_svc_model_seconds(const idv_svc_duration_t *d);

/* the inspection type of that word; 0 if there is none such */
ngx_uint_t idv_svc_model_inspection(const ngx_str_t *word);

/* 1: the check is in the policy */
#define idv_svc_enabled(level)  ((level) > IDV_SVC_DISABLED)


#endif /* _IDV_SVC_MODEL_H_INCLUDED_ */
