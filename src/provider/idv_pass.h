
/*
 * Copyright (C) nginx-idv authors
 *
 * The way of one call to the provider, whatever it asks for: admitted by limits
 * and breaker, given a token, sent, and settled with the breaker.
 */


#ifndef _IDV_PASS_H_INCLUDED_
#define _IDV_PASS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_alarm.h"
#include "idv_answer.h"
#include "idv_provider.h"
#include "idv_token.h"


typedef struct idv_pass_s  idv_pass_t;

typedef void (*idv_pass_handler_pt)(idv_pass_t *pass);
typedef void (*idv_pass_answer_pt)(idv_pass_t *pass, idv_transfer_t *t);


/* zeroed, in a pool that outlives it */

struct idv_pass_s {
    /* in; strings are NUL-terminated and live as long */
    const idv_provider_t       *provider;
    const idv_transfer_conf_t  *net;         /* bounds of this call */
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;
    const char                 *name;        /* for the log */

    ngx_str_t                   url;
    ngx_str_t                   type;        /* a header line, or "" */
    ngx_str_t                   body;        /* wiped at the end */
    unsigned                    live:1;      /* of a live request */
    unsigned                    read:1;      /* costs a read */

    idv_pass_handler_pt         send;        /* there is a token */
    idv_pass_answer_pt          answered;    /* the transfer is over */
    idv_pass_handler_pt         end;         /* closes, and tells */
    void                       *data;

    /* what came of it */
    idv_answer_t                answer;
    unsigned                    quiet:1;     /* nothing, or already logged */
    unsigned                    late:1;      /* sent, without an end */

    /* its own */
    unsigned                    admitted:1;
    unsigned                    renewed:1;   /* the token, after a 401 */
    unsigned                    waiting:1;   /* for its token */
    unsigned                    pausing:1;   /* before it is sent again */
    uint64_t                    deadline;    /* monotonic ms */
    idv_store_peer_conf_t       limits;
    idv_peer_pass_t             peer;
    idv_token_t                 token;
    idv_transfer_t             *transfer;
    idv_alarm_t                 alarm;
};


/* its time begins */
void idv_pass_init(idv_pass_t *pass);

/*
 * Goes as far as it gets: send is called at once if there is a token, end only
 * from the event loop.
 */
void idv_pass_enter(idv_pass_t *pass);

/* for send; NULL: end will be called */
idv_transfer_t *idv_pass_transfer(idv_pass_t *pass);

/* NGX_DECLINED: end will be called */
ngx_int_t idv_pass_send(idv_pass_t *pass, idv_transfer_t *t);

/* after a 401; NGX_OK: once more, with a new token */
ngx_int_t idv_pass_renew(idv_pass_t *pass);

/* NGX_OK: once more, after a pause; NGX_DECLINED: there is no time for it */
ngx_int_t idv_pass_pause(idv_pass_t *pass, ngx_msec_t pause);

/* it is over, for a reason of ours; end will be called */
void idv_pass_fail(idv_pass_t *pass, idv_call_result_e result,
    const char *why);

/* it is over, and the answer is there; end is called */
void idv_pass_finish(idv_pass_t *pass);

/* for end: nothing secret stays, nothing is held */
void idv_pass_close(idv_pass_t *pass);

/* end is not called */
void idv_pass_cancel(idv_pass_t *pass);

/* the request behind it is gone; it goes on */
void idv_pass_detach(idv_pass_t *pass, ngx_log_t *log);


#endif /* _IDV_PASS_H_INCLUDED_ */
