
/*
 * Copyright (C) nginx-idv authors
 *
 * A call of an application, passed on to the provider with our token.  What the
 * provider says comes back as it is: its status, its bytes.
 */


#ifndef _IDV_RELAY_H_INCLUDED_
#define _IDV_RELAY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_provider.h"


typedef struct idv_relay_s  idv_relay_t;

typedef void (*idv_relay_handler_pt)(idv_relay_t *relay);


/* allocated by the caller, zeroed, in a pool that outlives it */

struct idv_relay_s {
    /* in; strings are NUL-terminated and live as long */
    const idv_provider_t       *provider;
    const idv_transfer_conf_t  *net;         /* bounds of this call */
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;

    ngx_str_t                   method;
    ngx_str_t                   path;        /* below the environment */
    ngx_str_t                   type;        /* of the body; "": none */
    ngx_str_t                   body;        /* wiped at the end */
    const char *const          *keep;        /* headers, NULL at the end */
    const char                 *name;        /* for the log */

    size_t                      window;      /* 0: the answer as a whole */
    idv_relay_handler_pt        progress;    /* there are bytes */
    idv_relay_handler_pt        handler;     /* the end */
    void                       *data;

    /* out */
    idv_call_result_e           result;      /* OK: the provider has answered */
    unsigned                    too_large:1; /* ... more than net allows */
    ngx_int_t                   retry_after; /* of a result that is not OK */
    ngx_uint_t                  status;
    ngx_str_t                   kept[IDV_TRANSFER_MAX_KEPT];
    ngx_str_t                   response;    /* wiped with the pool */

    /* the client's own */
    void                       *priv;
};


/*
 * The handlers are called later, never from inside; handler once, as the last.
 * NGX_ERROR: none is called.  Nothing is repeated but after a 401, with a new
 * token: applications know best what they may ask twice.
 */
ngx_int_t idv_relay_start(idv_relay_t *relay);

/* what progress told of has been taken */
void idv_relay_resume(idv_relay_t *relay);

/* ends it without calling its handler */
void idv_relay_cancel(idv_relay_t *relay);


#endif /* _IDV_RELAY_H_INCLUDED_ */
