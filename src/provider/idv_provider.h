
/*
 * Copyright (C) nginx-idv authors
 *
 * What we say to PingOne Verify: worker tokens, transactions, verified data.
 */


#ifndef _IDV_PROVIDER_H_INCLUDED_
#define _IDV_PROVIDER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>

#include "../model/idv_flow.h"
#include "idv_input.h"
#include "../net/idv_transfer.h"
#include "../store/idv_store.h"
#include "../util/idv_crypto.h"


/* one "claim" directive: a name for the session and where it comes from */

typedef struct {
    ngx_str_t                   name;       /* letters, digits, _ */
    ngx_str_t                   pointer;    /* JSON Pointer into the document */
} idv_claim_t;


/* one "match" directive: a claim that must equal a value of the request */

typedef struct {
    ngx_str_t                   claim;
    ngx_http_complex_value_t   *value;
} idv_match_t;


typedef enum {
    IDV_COOKIE_SESSION = 0,
    IDV_COOKIE_FLOW,
    IDV_COOKIE_KEPT,
    IDV_COOKIE_CONSOLE,
    IDV_COOKIE_NCOOKIES
} idv_cookie_e;


/* whose transactions or failures a "transaction_limit" or "lockout" counts */

typedef enum {
    IDV_LIMIT_SUBJECT = 0,
    IDV_LIMIT_ADDRESS,
    IDV_LIMIT_ALL,
    IDV_LIMIT_LOCKOUT,
    IDV_LIMIT_NKINDS
} idv_limit_e;

typedef struct {
    idv_limit_e                 kind;
    ngx_uint_t                  count;
    ngx_msec_t                  period;
    ngx_msec_t                  lock;       /* LOCKOUT */
} idv_limit_t;

#define IDV_LIMIT_MAX_KIND      IDV_STORE_MAX_TOTALS    /* of one kind */
#define IDV_LIMIT_MAX           (IDV_LIMIT_MAX_KIND * IDV_LIMIT_NKINDS)


/* an idv_provider block; const after start */

typedef struct {
    ngx_str_t                   name;
    uint64_t                    id;         /* in the store */
    u_char                     *file;       /* where it is configured */
    ngx_uint_t                  line;
    idv_store_t                *store;

    ngx_str_t                   environment_id;
    ngx_str_t                   region;
    ngx_str_t                   api_url;    /* no slash at the end */
    ngx_str_t                   auth_url;
    ngx_str_t                   client_id;
    ngx_str_t                   client_secret;
    u_char                      verify_policy[16];   /* zero: the default */

    ngx_str_t                   lookup;     /* users by it; "": by their id */
    idv_key_t                  *names;      /* of hashed names, or NULL */
    ngx_str_t                   population; /* of users who are made */

    idv_transfer_conf_t         net;
    idv_flow_policy_t           flow;

    ngx_uint_t                  breaker_failures;    /* in a row; 0: off */
    ngx_msec_t                  breaker_timeout;     /* open for so long */
    ngx_uint_t                  read_rate;           /* a minute; 0: off */
    ngx_uint_t                  read_burst;
    ngx_msec_t                  poll_wait;
    ngx_uint_t                  nlimits;
    idv_limit_t                 limits[IDV_LIMIT_MAX];

    ngx_array_t                *claims;              /* idv_claim_t */
    ngx_array_t                *matches;             /* idv_match_t */
    ngx_array_t                *required_checks;     /* ngx_str_t */
    ngx_flag_t                  collected;           /* need not be verified */
    ngx_flag_t                  registration;        /* of people unknown */

    /* web */
    idv_key_t                  *keys;                /* the first seals */
    ngx_uint_t                  nkeys;
    ngx_str_t                   cookie_name;         /* without __Host- */
    ngx_str_t                   cookies[IDV_COOKIE_NCOOKIES];  /* with it */
    ngx_str_t                   same_site;           /* Lax, Strict, None */
    time_t                      session_lifetime;
    time_t                      session_idle;
    ngx_str_t                   base_url;            /* "" : as requested */
    ngx_array_t                *origins;             /* ngx_str_t, for CORS */
    size_t                      max_body;
    ngx_str_t                   page_folder;         /* "" : built in */
    ngx_msec_t                  page_refresh;
    void                       *page;                /* files of the page */
    ngx_str_t                   redirect_url;        /* "": none */
    ngx_str_t                   redirect_message;
} idv_provider_t;


typedef enum {
    IDV_CALL_OK = 0,
    IDV_CALL_UNAVAILABLE,            /* net, 5xx, nonsense, breaker open */
    IDV_CALL_LIMITED,                /* 429, or our own token bucket */
    IDV_CALL_NOT_FOUND,              /* 404: user or transaction */
    IDV_CALL_REFUSED,                /* 400, 401, 403: configuration */
    IDV_CALL_ERROR                   /* of this process: never an outage */
} idv_call_result_e;


/* what a lookup of a user has come to */

typedef enum {
    IDV_FOUND_NONE = 0,
    IDV_FOUND_ONE,
    IDV_FOUND_DISABLED,              /* one, who must not be verified */
    IDV_FOUND_AMBIGUOUS              /* several, or not quite this one */
} idv_found_e;


typedef struct idv_call_s  idv_call_t;

typedef void (*idv_call_handler_pt)(idv_call_t *call);


/* one call; allocated by the caller, zeroed, in a pool that outlives it */

struct idv_call_s {
    /* in */
    const idv_provider_t       *provider;
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;
    unsigned                    live:1;      /* of a live request */

    ngx_str_t                   user;        /* the provider's user id */
    u_char                      tx[16];      /* read, claims */

    /*
     * create: zero is the default; read: what the transaction must have, zero
     * for any
     */
    u_char                      policy[16];

    uint8_t                     method;      /* create: idv_method_e */
    ngx_str_t                   contact;     /* create: address or number */
    ngx_str_t                   redirect;    /* create: URL, may be empty */
    int64_t                     since;       /* recall: not created before */
    ngx_str_t                   name;        /* find: value of the attribute */
    const idv_inputs_t         *inputs;      /* create, provision: or NULL */
    uint32_t                    uses;        /* create: of them; uses: out */

    idv_call_handler_pt         handler;
    void                       *data;

    /* out, valid in the handler */
    idv_call_result_e           result;
    ngx_int_t                   retry_after; /* seconds, -1: none */
    idv_transaction_t           transaction; /* create, read, recall */
    idv_found_e                 match;       /* find, provision */
    ngx_str_t                   found;       /* ONE: the user's id, in pool */

    /*
     * create, read: the transaction; claims: the transaction merged with
     * _embedded.verifiedData as documented for JSON Pointers.  Owned by pool.
     */
    json_t                     *document;

    /* the client's own */
    void                       *priv;
};


/*
 * Start a call.  The handler is called once, later, never from inside.
 * NGX_ERROR: it is not called.
 */
ngx_int_t idv_provider_create(idv_call_t *call);

/*
 * The user whose provider->lookup is call->name, and a new one in the
 * provider's population, of that name, with what the inputs have.
 */
ngx_int_t idv_provider_find(idv_call_t *call);
ngx_int_t idv_provider_provision(idv_call_t *call);

/* which inputs call->policy has a use for, bits; zero is the default policy */
ngx_int_t idv_provider_uses(idv_call_t *call);

ngx_int_t idv_provider_read(idv_call_t *call);

/*
 * The newest of the user's transactions that succeeded under call->policy,
 * which must not be zero, and was created since then; "created" is 0 if there
 * is none.  It is worth a look: nothing else of it is checked.
 */
ngx_int_t idv_provider_recall(idv_call_t *call);

/* call->document is the transaction as read before; claims are added to it */
ngx_int_t idv_provider_claims(idv_call_t *call);

/*
 * NGX_DECLINED: no such region.  The names are "com" or "na", "ca", "eu", "au",
 * "sg" and "asia"; the URLs are constants with a terminating NUL.
 */
ngx_int_t idv_provider_region(ngx_str_t *region, ngx_str_t *api_url,
    ngx_str_t *auth_url);

/* ends a call without calling its handler */
void idv_provider_cancel(idv_call_t *call);

/* the request behind it is gone; the call goes on */
void idv_provider_detach(idv_call_t *call);


#endif /* _IDV_PROVIDER_H_INCLUDED_ */
