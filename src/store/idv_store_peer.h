
/*
 * Copyright (C) nginx-idv authors
 *
 * What all workers know together about one provider: its worker token, whether
 * it answers, and how often it may be asked.
 *
 * All functions copy in and out under the zone's mutex.  Times are monotonic
 * milliseconds (ngx_current_msec); workers may differ by a few of them.
 */


#ifndef _IDV_STORE_PEER_H_INCLUDED_
#define _IDV_STORE_PEER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_STORE_PEER_MAX_TOKEN  6144   /* PingOne: all headers within 6 KB */


struct idv_store_s;


/*
 * One record of the zone, zeroed when it is made; "id" belongs to the store.
 * No pointers: it outlives reloads and is mapped by two generations of workers.
 */

typedef struct {
    uint64_t      id;              /* 0: free */
    uint64_t      cycle;           /* the newest configuration that has it */
    uint64_t      used;            /* when it was last looked at */

    /* the worker token */
    uint64_t      credentials;     /* whose it is: a hash, see token_get */
    uint64_t      generation;      /* one more with every token */
    uint64_t      renew;           /* from then on somebody renews it */
    uint64_t      expires;
    uint64_t      lease;           /* somebody fetches one until then */
    uint64_t      denied;          /* a fetch failed, no other until then */
    uint64_t      denied_to;       /* ... by these credentials */

    /* the circuit breaker */
    uint64_t      open;            /* no call until then; 0: closed */
    uint64_t      probe;           /* half-open: one call is out until then */

    /* limits */
    uint64_t      not_before;      /* the provider's own Retry-After */
    uint64_t      filled;          /* when the bucket was last filled */
    uint64_t      bucket;          /* a read costs 60000 */
    uint64_t      warned;          /* when an empty bucket was last logged */

    uint32_t      failures;        /* calls in a row */
    uint16_t      token_len;       /* 0: none */
    uint8_t       denied_why;      /* the caller's */
    uint8_t       throttled;       /* not_before comes from a 429 */

    u_char        token[IDV_STORE_PEER_MAX_TOKEN];
} idv_store_peer_t;


/* what the operator decided */

typedef struct {
    ngx_uint_t    failures;        /* in a row open the breaker; 0: off */
    ngx_msec_t    timeout;         /* it stays open for so long */
    ngx_msec_t    probe;           /* a probe takes at most so long */
    ngx_uint_t    rate;            /* reads a minute; 0: off */
    ngx_uint_t    burst;
} idv_store_peer_conf_t;


typedef enum {
    IDV_PEER_ADMITTED = 0,
    IDV_PEER_OPEN,                 /* the breaker is open */
    IDV_PEER_DEFERRED,             /* the provider asked for a pause */
    IDV_PEER_THROTTLED,            /* ... with a 429 */
    IDV_PEER_EMPTY,                /* our own rate of reads */
    IDV_PEER_MISSING               /* no room for a record in the zone */
} idv_peer_verdict_e;


/* of one call, zeroed before its first admission */

typedef struct {
    uint64_t      probe;           /* this call is the probe; else 0 */
    uint64_t      wait;            /* ms until it may be tried again */
    unsigned      warn:1;          /* EMPTY: worth a line in the log */
} idv_peer_pass_t;


typedef enum {
    IDV_PEER_NEITHER = 0,          /* canceled, or a fault of our own */
    IDV_PEER_GOOD,
    IDV_PEER_BAD
} idv_peer_outcome_e;


/*
 * The record, with the zone locked; made if there is none yet.  Where there are
 * IDV_STORE_MAX_PEERS others, it takes the place of one that neither this nor a
 * newer configuration has, the longest unused.  NULL, and not locked: there is
 * none, which only workers that are leaving can find.  For this room only.
 */
idv_store_peer_t *idv_store_peer_lock(struct idv_store_s *store, uint64_t id);
void idv_store_peer_unlock(struct idv_store_s *store);


/*
 * May a call be made?  Asked again, with the same pass, before each repetition.
 * Reads cost from the bucket and are refused when it is empty; other calls cost
 * the same and are not refused.
 */
idv_peer_verdict_e idv_store_peer_admit(struct idv_store_s *store, uint64_t id,
    const idv_store_peer_conf_t *conf, ngx_uint_t read, uint64_t now,
    idv_peer_pass_t *pass);

/* the outcome of an admitted call; 1 if it has opened the breaker */
ngx_uint_t idv_store_peer_settle(struct idv_store_s *store, uint64_t id,
    const idv_store_peer_conf_t *conf, idv_peer_pass_t *pass,
    idv_peer_outcome_e outcome, uint64_t now);

/* no call for "wait" ms */
void idv_store_peer_defer(struct idv_store_s *store, uint64_t id,
    uint64_t wait, ngx_uint_t throttled, uint64_t now);


typedef struct {
    uint64_t      generation;      /* OK */
    uint64_t      lease;           /* taken by this call, or 0 */
    uint64_t      wait;            /* AGAIN, BUSY: ms */
    uint8_t       why;             /* BUSY: as given to token_deny */
    size_t        len;             /* OK: bytes in the caller's buffer */
} idv_peer_token_t;


/*
 * The token of a client.  credentials is a hash of all that it is fetched with:
 * a token of other credentials, from before a reload, is not used.  buf has
 * room for IDV_STORE_PEER_MAX_TOKEN bytes.
 *
 * NGX_OK: it was copied; with a lease it is due, and the caller renews it.
 * NGX_DECLINED: none; the caller has the lease, for "limit" ms, and fetches.
 * NGX_AGAIN: somebody else fetches, look again.
 * NGX_BUSY: a fetch failed a moment ago.  NGX_ERROR: no record.
 * A limit of 0 takes no lease: the caller has no time to fetch.
 */
ngx_int_t idv_store_peer_token_get(struct idv_store_s *store, uint64_t id,
    uint64_t credentials, uint64_t limit, uint64_t now, u_char *buf,
    idv_peer_token_t *token);

/*
 * Keeps a new token, valid for "life" ms from now on, and gives back the lease.
 * token->generation is set.  NGX_DECLINED: it is too long.
 */
ngx_int_t idv_store_peer_token_put(struct idv_store_s *store, uint64_t id,
    uint64_t credentials, const ngx_str_t *value, uint64_t life, uint64_t now,
    idv_peer_token_t *token);

/*
 * The fetch failed: gives back the lease, nobody tries again for "hold" ms.
 * A token that is still valid stays in use.
 */
void idv_store_peer_token_deny(struct idv_store_s *store, uint64_t id,
    uint64_t credentials, uint64_t hold, uint8_t why, uint64_t now,
    idv_peer_token_t *token);

/* the fetch was given up: gives back the lease */
void idv_store_peer_token_release(struct idv_store_s *store, uint64_t id,
    idv_peer_token_t *token);

/* the provider does not accept this token any more */
void idv_store_peer_token_drop(struct idv_store_s *store, uint64_t id,
    uint64_t generation);


#endif /* _IDV_STORE_PEER_H_INCLUDED_ */
