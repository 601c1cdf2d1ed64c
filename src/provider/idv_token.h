
/*
 * Copyright (C) nginx-idv authors
 *
 * The worker token of a provider, by client credentials (RFC 6749 section 4.4):
 * one for all workers, fetched by one of them at a time.
 */


#ifndef _IDV_TOKEN_H_INCLUDED_
#define _IDV_TOKEN_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../net/idv_transfer.h"
#include "../store/idv_store_peer.h"
#include "idv_alarm.h"
#include "idv_answer.h"
#include "idv_provider.h"


typedef struct idv_token_s  idv_token_t;

typedef void (*idv_token_handler_pt)(idv_token_t *token);


struct idv_token_s {
    /* in */
    const idv_provider_t  *provider;
    ngx_pool_t            *pool;
    ngx_log_t             *log;
    uint64_t               deadline;     /* monotonic ms */
    unsigned               live:1;

    idv_token_handler_pt   handler;
    void                  *data;

    /* out */
    idv_answer_t           answer;       /* OK, or why there is none */
    ngx_str_t              header;       /* "Authorization: Bearer ..." */
    uint64_t               generation;
    unsigned               fetched:1;    /* ... by this call */
    unsigned               logged:1;     /* why there is none */

    /* its own */
    unsigned               waiting:1;    /* for another worker */
    unsigned               plain:1;      /* the other form of Basic */
    ngx_uint_t             repeats;
    uint64_t               credentials;
    uint64_t               limit;        /* of the fetch, monotonic ms */
    uint64_t               started;
    idv_peer_token_t       peer;
    idv_transfer_t        *transfer;
    ngx_str_t              basic;
    idv_alarm_t            alarm;
};


/*
 * May be used again after it has answered.  NGX_OK: header is set.  NGX_AGAIN:
 * the handler will be called.  NGX_DECLINED: answer says why there is none.
 * The fault of a fetch is logged here, once for all workers.
 */
ngx_int_t idv_token_get(idv_token_t *token);

/* the provider has answered 401 to it */
void idv_token_drop(idv_token_t *token);

/* no handler will be called; what is secret is wiped */
void idv_token_done(idv_token_t *token);

void idv_token_detach(idv_token_t *token, ngx_log_t *log);


#endif /* _IDV_TOKEN_H_INCLUDED_ */
