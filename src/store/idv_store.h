
/*
 * Copyright (C) nginx-idv authors
 *
 * Where flows live: the shared memory zone.  All functions copy in and out
 * under the zone's mutex; no pointer into the zone leaves this room.
 */


#ifndef _IDV_STORE_H_INCLUDED_
#define _IDV_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../model/idv_flow.h"


#define IDV_STORE_MIN_SIZE     (512 * 1024)
#define IDV_STORE_MAX_OPEN     8     /* open flows of one subject */
#define IDV_STORE_MAX_ENDED    8     /* of one subject, finished or expired */
#define IDV_STORE_MAX_LISTED   64    /* flows of one call */
#define IDV_STORE_MAX_CLAIMS   3072  /* bytes of a flow's claims */
#define IDV_STORE_MAX_PEERS    32    /* providers in one zone */
#define IDV_STORE_MAX_TOTALS   4     /* limits of all, of one provider */


typedef struct idv_store_s  idv_store_t;      /* per configuration */


typedef enum {
    IDV_COUNT_FLOWS_STARTED = 0,
    IDV_COUNT_FLOWS_COMPLETED,
    IDV_COUNT_FLOWS_FAILED,
    IDV_COUNT_FLOWS_TIMED_OUT,
    IDV_COUNT_FLOWS_CANCELED,
    IDV_COUNT_FLOWS_EVICTED,
    IDV_COUNT_FLOWS_EXPIRED,
    IDV_COUNT_SESSIONS_ISSUED,
    IDV_COUNT_SESSIONS_REFUSED,
    IDV_COUNT_SESSIONS_REVOKED,
    IDV_COUNT_SESSIONS_REDEEMED,
    IDV_COUNT_GATE_ADMITTED,
    IDV_COUNT_GATE_REFUSED,
    IDV_COUNT_POLLS,
    IDV_COUNT_TRANSACTIONS_CREATED,
    IDV_COUNT_PROVIDER_READS,
    IDV_COUNT_PROVIDER_CLAIMS,
    IDV_COUNT_PROVIDER_LOOKUPS,
    IDV_COUNT_USERS_PROVISIONED,
    IDV_COUNT_PROVIDER_POLICIES,
    IDV_COUNT_PROVIDER_TOKENS,
    IDV_COUNT_PROVIDER_ERRORS,
    IDV_COUNT_PROVIDER_LIMITED,
    IDV_COUNT_BREAKER_OPENED,
    IDV_COUNT_ZONE_FULL,
    IDV_COUNT_LIMITED_SUBJECT,
    IDV_COUNT_LIMITED_ADDRESS,
    IDV_COUNT_LIMITED_ALL,
    IDV_COUNT_LIMITED_LOCKED,
    IDV_COUNT_LOCKOUTS,
    IDV_COUNT_NCOUNTERS
} idv_count_e;


/* declares the zone; size is at least IDV_STORE_MIN_SIZE */
idv_store_t *idv_store_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag);

/* the key of a provider in a zone: a hash of its name and environment */
uint64_t idv_store_provider_id(ngx_str_t *name, ngx_str_t *environment);

/* says, while a configuration is read, that it has that provider */
void idv_store_provider_add(idv_store_t *store, uint64_t id);

/* a worker begins: what its configuration has of providers is not taken */
void idv_store_provider_keep(idv_store_t *store);


/*
 * The time of flows, here and below, is in monotonic ms (ngx_current_msec).
 *
 * NGX_OK if an open flow with the same binding, provider and policy exists: it
 * is copied to flow, its return address taken from the one that flow had.
 * NGX_DECLINED: none, and flow is as it was.
 */
ngx_int_t idv_store_reuse(idv_store_t *store, idv_flow_t *flow, uint64_t now);

/*
 * Inserts a flow with version 1.  NGX_OK; NGX_AGAIN if an open flow with the
 * same binding, provider and policy exists: it is copied to flow, its return
 * address taken from the new one; NGX_BUSY if the subject has
 * IDV_STORE_MAX_OPEN open flows and all have a transaction under way;
 * NGX_DECLINED if the zone is full.
 */
ngx_int_t idv_store_create(idv_store_t *store, idv_flow_t *flow, uint64_t now);

/* NGX_OK and a copy; NGX_DECLINED if unknown or expired */
ngx_int_t idv_store_load(idv_store_t *store, const ngx_str_t *id, uint64_t now,
    idv_flow_t *flow);

/* 1: there is a record of it, and be it expired */
ngx_uint_t idv_store_known(idv_store_t *store, const char *id);

/*
 * Saves over the version that flow carries and increments it in flow as well.
 * NGX_DECLINED if the record is gone or has another version: load again.
 * NGX_ERROR if there is no memory for claims.  claims NULL keeps what is there,
 * an empty string wipes it.
 */
ngx_int_t idv_store_save(idv_store_t *store, idv_flow_t *flow,
    const ngx_str_t *claims);

/* the claims of a flow of just that version, in the pool */
ngx_int_t idv_store_claims(idv_store_t *store, const idv_flow_t *flow,
    ngx_pool_t *pool, ngx_str_t *claims);


/* which flows are wanted; what is NULL or 0 does not matter */

typedef struct {
    const uint64_t     *providers;           /* never NULL */
    ngx_uint_t          nproviders;
    const u_char       *subject;             /* 16 bytes of its hash */
    const ngx_str_t    *user;                /* the provider's id */
    uint32_t            states;              /* bits, by idv_state_e */
} idv_store_query_t;

/*
 * Copies up to max flows that have not expired and returns how many.  cursor is
 * 0 at first, and afterwards where to go on, or 0: that was all.  There may be
 * more although there were none: only so many are looked at in one call.  Those
 * of a subject are few and come at once, if max is IDV_STORE_MAX_LISTED.
 */
ngx_uint_t idv_store_list(idv_store_t *store, const idv_store_query_t *query,
    uint32_t *cursor, uint64_t now, idv_flow_t *flows, ngx_uint_t max);

/*
 * What may be created at a provider: count transactions in a period (ms), all
 * of them at once where none was created for so long, then one each period /
 * count.  The key is a hash of whose it is, and of which limit.  A limit with
 * a lock (ms) is for failures: who has had count of them within a period is
 * locked for that time.
 */
typedef struct {
    u_char           key[16];
    ngx_uint_t       count;
    ngx_msec_t       period;
    ngx_msec_t       lock;           /* 0: counts transactions */
    ngx_uint_t       total;          /* 1: of all together */
    uint64_t         until;          /* us, out: granted anew by then */
} idv_store_limit_t;

/*
 * One transaction, which all n limits have to grant.  NGX_OK, and it is
 * counted; NGX_BUSY: not granted, nor counted: which is the limit that will do
 * so last, after wait seconds.
 */
ngx_int_t idv_store_spend(idv_store_t *store, uint64_t provider,
    idv_store_limit_t *limits, ngx_uint_t n, ngx_uint_t *which,
    ngx_int_t *wait);

/* the same without counting */
ngx_int_t idv_store_ask(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n, ngx_uint_t *which,
    ngx_int_t *wait);

/*
 * What was counted, as idv_store_spend() has left the limits, has not been
 * created.
 */
void idv_store_refund(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n);

/* nothing was counted, and nobody is locked */
void idv_store_forgive(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limits, ngx_uint_t n);

/*
 * A failure, for a limit with a lock.  NGX_BUSY: it locks; NGX_OK: it does not,
 * or there is a lock already.
 */
ngx_int_t idv_store_strike(idv_store_t *store, uint64_t provider,
    const idv_store_limit_t *limit);


/*
 * Revocations.  key: 16 bytes of a hash that names a session or a subject.
 * Sessions issued until "before" are revoked.  The entry lives until expires on
 * the wall, and as long as from before to expires by the clock that nobody
 * sets: that on the wall may be wrong just now.
 */
ngx_int_t idv_store_revoke(idv_store_t *store, const u_char key[16],
    int64_t before, int64_t expires);

/*
 * A session that is good for one request: NGX_OK for the first that asks,
 * NGX_BUSY for all others, and where it was revoked; NGX_DECLINED without room.
 * From then on it is revoked.
 */
ngx_int_t idv_store_redeem(idv_store_t *store, const u_char session[16],
    int64_t issued, int64_t expires);

/* nothing has come of it: it is good once more, unless it was revoked */
void idv_store_unredeem(idv_store_t *store, const u_char session[16]);

/* a number that no other zone has, and this one for all its life */
uint64_t idv_store_seed(const idv_store_t *store);

/* the key of all sessions of a subject at a provider */
void idv_store_subject(uint64_t provider, const u_char subject[16],
    u_char key[16]);

/*
 * 1 if a session of either key, issued at that time, is revoked.  Takes no lock
 * where neither key's bit is set in the filter.
 */
ngx_uint_t idv_store_revoked(idv_store_t *store, const u_char session[16],
    const u_char subject[16], int64_t issued, int64_t now);

/* until when sessions of that key are revoked, 0: none is */
int64_t idv_store_revoked_before(idv_store_t *store, const u_char key[16],
    int64_t now);


void idv_store_count(idv_store_t *store, idv_count_e counter);
ngx_atomic_uint_t idv_store_counter(idv_store_t *store, idv_count_e counter);

/* flows in the zone now, and bytes in use and in all, for metrics */
void idv_store_usage(idv_store_t *store, ngx_uint_t *flows, size_t *used,
    size_t *size);


#endif /* _IDV_STORE_H_INCLUDED_ */
