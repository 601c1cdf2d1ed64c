
/*
 * Copyright (C) nginx-idv authors
 *
 * A finished transfer as the client of PingOne understands it.
 */


#ifndef _IDV_ANSWER_H_INCLUDED_
#define _IDV_ANSWER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "../net/idv_transfer.h"
#include "../store/idv_store_peer.h"
#include "idv_pingone_parse.h"
#include "idv_provider.h"


#define IDV_ANSWER_REPEATS   2
#define IDV_ANSWER_WHY_LEN   384


typedef struct {
    idv_call_result_e      result;
    idv_peer_outcome_e     outcome;      /* for the breaker */
    ngx_uint_t             status;       /* HTTP, 0: no response */
    ngx_int_t              retry_after;  /* seconds, -1: none */
    json_t                *document;     /* OK: the caller's reference */

    unsigned               repeat:1;     /* a repetition may help */
    unsigned               unsent:1;     /* the provider has seen nothing */

    size_t                 len;
    u_char                 why[IDV_ANSWER_WHY_LEN];    /* for the log */
} idv_answer_t;


/* what a transfer brought; its response is wiped, whatever it was */
void idv_answer_read(idv_answer_t *answer, idv_transfer_t *t);

/* it cannot be used after all */
void idv_answer_unusable(idv_answer_t *answer, const char *why);

/* there was none, for a reason of ours; outcome is NEITHER */
void idv_answer_none(idv_answer_t *answer, idv_call_result_e result,
    const char *why);

/* ... because the call's time is over */
void idv_answer_late(idv_answer_t *answer);

/* tells other workers of a Retry-After, logs the fault and counts it */
void idv_answer_fault(const idv_answer_t *answer,
    const idv_provider_t *provider, const char *what, ngx_log_t *log);

/* ms to wait before repetition n, from 0 */
ngx_msec_t idv_answer_backoff(ngx_uint_t n);


#endif /* _IDV_ANSWER_H_INCLUDED_ */
