
/*
 * Copyright (C) nginx-idv authors
 *
 * Checks: what looks at the evidence of a transaction and says what it found.
 *
 * A check is a row of idv_svc_checks[] in idv_svc_check.c: its words, and the
 * function that runs it.  It is called once for each attempt, when all that it
 * needs is there, never before checks that it depends on.  It looks, and waits
 * for nobody; what it cannot tell by itself is IDV_SVC_FOUND_OPEN: the
 * transaction waits in IN_PROGRESS until idv_svc_tx_answer() brings the result
 * of a person or of another service.  A check without a function is open where
 * the policy requires it; nobody waits for an optional one.
 *
 *   static void
 *   idv_svc_check_something(const idv_svc_evidence_t *e, idv_svc_result_t *r)
 *   {
 *       r->found = IDV_SVC_FOUND_BAD;
 *       r->reason = IDV_SVC_REASON_...;
 *       r->data = json_pack(...);
 *   }
 */


#ifndef _IDV_SVC_CHECK_H_INCLUDED_
#define _IDV_SVC_CHECK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "idv_svc_rules.h"
#include "idv_svc_store.h"


/* zeroed before a check is run; data is taken, and has nothing personal */

typedef struct {
    idv_svc_found_e          found;
    idv_svc_reason_e         reason;
    json_t                  *data;       /* of its metadata; may be NULL */
} idv_svc_result_t;


/* all that there is to look at; nothing here is to be changed or kept */

typedef struct {
    const idv_svc_view_t    *view;       /* documents; the policy: tx.rules */
    json_t                  *request;    /* as it was made: "requirements" */
    json_t                  *document;   /* what was typed in; may be NULL */
    const idv_svc_result_t  *results;    /* of the checks before, by check */
    ngx_pool_t              *pool;
    int64_t                  now;
} idv_svc_evidence_t;


typedef void (*idv_svc_check_pt)(const idv_svc_evidence_t *evidence,
    idv_svc_result_t *result);


typedef struct {
    const char              *name;       /* in verificationStatus */
    const char              *metadata;   /* type of its metadata */
    uint8_t                  group;      /* idv_svc_group_e: what is retried */
    uint32_t                 needs;      /* bits IDV_SVC_GIVE_: all of them */
    uint32_t                 after;      /* checks that must not have failed */
    idv_svc_check_pt         run;
} idv_svc_check_t;


extern const idv_svc_check_t  idv_svc_checks[IDV_SVC_NCHECKS];


/*
 * Runs what can be run, sets what was found in the view, and its metadata.
 * closing: nothing more will be given.  Returns the blobs that have changed.
 */
ngx_uint_t idv_svc_check_all(idv_svc_view_t *view, ngx_uint_t closing,
    ngx_pool_t *pool, int64_t now);

/*
 * The result of a check that did not come from its function; the data is
 * taken.  NGX_DECLINED if nobody waits for it; else changed has the blobs that
 * have changed, too.
 */
ngx_int_t idv_svc_check_answer(idv_svc_view_t *view, ngx_uint_t check,
    idv_svc_result_t *result, ngx_pool_t *pool, int64_t now,
    ngx_uint_t *changed);

/* the same of all that have been found, by check: told at once */
ngx_int_t idv_svc_check_answers(idv_svc_view_t *view,
    idv_svc_result_t results[IDV_SVC_NCHECKS], ngx_pool_t *pool, int64_t now,
    ngx_uint_t *changed);


#endif /* _IDV_SVC_CHECK_H_INCLUDED_ */
