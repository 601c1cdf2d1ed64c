
/*
 * Copyright (C) nginx-idv authors
 *
 * The zone of the local service: transactions, tokens, and what the control
 * interface sets and counts.  Everything is copied in and out under the lock;
 * no pointer into the zone leaves these two files.
 */


#ifndef _IDV_SVC_STORE_H_INCLUDED_
#define _IDV_SVC_STORE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_account.h"
#include "idv_svc_keep.h"
#include "idv_svc_model.h"
#include "idv_svc_rules.h"


#define IDV_SVC_MAX_LIST      100    /* transactions in one answer */
#define IDV_SVC_MAX_TOKENS    1024
#define IDV_SVC_MAX_COUNTED   2048   /* paths whose requests are counted */
#define IDV_SVC_MAX_PATH      255
#define IDV_SVC_MAX_FAULTS    16
#define IDV_SVC_MAX_NOTES     64
#define IDV_SVC_MAX_NAME      64     /* bytes of a client's */
#define IDV_SVC_MAX_POLICIES  100    /* of an environment */
#define IDV_SVC_NAME          16     /* bytes of what stands for a name */
#define IDV_SVC_MAX_DOCS      24     /* documents of a transaction */
#define IDV_SVC_MAX_ACCOUNTS  10000  /* users that the API has made */


typedef struct idv_svc_root_s  idv_svc_root_t;

typedef struct {
    idv_svc_root_t    *sh;
    ngx_slab_pool_t   *shpool;
    ngx_str_t          name;
    idv_svc_keep_t    *keep;         /* NULL: nothing is kept in files */
    uint32_t           kept;         /* where this process keeps them */
} idv_svc_store_t;


/* whose transaction: without a user any user's, without env any one's */

typedef struct {
    u_char            *tx;
    u_char            *env;
    ngx_str_t          user;
} idv_svc_key_t;


/* a document that was given */

typedef struct {
    u_char             id[IDV_SVC_UUID];
    uint8_t            type;         /* index into idv_svc_types */
    uint8_t            attempt;      /* of its group, from 0 */
    uint8_t            processed;
    uint8_t            client;       /* by the API, not the capture page */
    uint8_t            fresh;        /* not in the zone like this */
    uint8_t            bad;          /* not what its type says: no photo */
    uint8_t            filed;        /* its value is in a file */
    uint32_t           tag;          /* ... of that name */
    uint32_t           size;         /* as it was given; 0: a text */
    int64_t            created;
    int64_t            updated;
    ngx_str_t          value;        /* empty if it was too large to keep;
                                        without data if it is in a file */
} idv_svc_doc_t;


/*
 * A transaction outside of the zone, with the blobs, and the documents, oldest
 * first, that were wanted.
 */

typedef struct {
    idv_svc_tx_t       tx;
    ngx_str_t          blob[IDV_SVC_NBLOBS];
    idv_svc_doc_t      doc[IDV_SVC_MAX_DOCS];
    ngx_uint_t         ndocs;
    unsigned           latest:1;     /* the user's newest transaction */
} idv_svc_view_t;



typedef struct {
    u_char             path[IDV_SVC_MAX_PATH];
    u_char             type[64];
    uint8_t            path_len;
    uint8_t            type_len;
    uint8_t            drop;
    uint8_t            hang;
    uint32_t           times;
    uint32_t           status;       /* 0: answered as usual */
    int32_t            retry_after;  /* seconds, -1: none */
    uint32_t           delay;        /* ms */
    uint32_t           body_len;
    u_char            *body;
} idv_svc_fault_t;


typedef struct {
    ngx_uint_t         method;
    ngx_uint_t         count;
    ngx_str_t          path;
} idv_svc_counted_t;


typedef struct {
    u_char             tx[IDV_SVC_UUID];
    u_char             id[IDV_SVC_UUID];
    uint8_t            channel;      /* idv_svc_channel_e */
    uint8_t            sent;
    int64_t            at;
    int64_t            until;        /* when it is personal data no more */
    ngx_str_t          address;
    ngx_str_t          link;
} idv_svc_note_t;


/* a policy as it is kept */

typedef struct {
    u_char             id[IDV_SVC_UUID];
    u_char             name[IDV_SVC_NAME];   /* of a hash of its name */
    int64_t            created;
    int64_t            updated;      /* 0: never */
    unsigned           is_default:1;
    unsigned           system:1;     /* given by the configuration */
    unsigned           builtin:1;    /* ... or by ourselves */
    idv_svc_policy_t   rules;
    ngx_str_t          text;         /* JSON, without "default" */
} idv_svc_stored_t;


ngx_int_t idv_svc_store_init(ngx_shm_zone_t *zone, void *data);

/* milliseconds since the epoch by the service's clock */
int64_t idv_svc_store_now(idv_svc_store_t *store);
void idv_svc_store_advance(idv_svc_store_t *store, int64_t ms);

/* 1 once a second: what goes wrong often need not be logged more often */
ngx_uint_t idv_svc_store_warn(idv_svc_store_t *store);

/*
 * A new transaction with the blobs of the view.  limit bounds how many of the
 * user are pending, and how many are kept.  NGX_BUSY above the limit,
 * NGX_ABORT for a user who is disabled, NGX_ERROR if the zone is full.
 */
ngx_int_t idv_svc_store_create(idv_svc_store_t *store, idv_svc_view_t *view,
    ngx_uint_t limit, int64_t now);

/*
 * A copy of the transaction as it is now, with the wanted blobs in the pool.
 * NGX_DECLINED if it is not there.
 */
ngx_int_t idv_svc_store_get(idv_svc_store_t *store, idv_svc_key_t *key,
    ngx_uint_t want, int64_t now, ngx_pool_t *pool, idv_svc_view_t *view);

/*
 * Saves the view, which was changed in private, with the blobs of changed (an
 * empty one is dropped) and, with IDV_SVC_DOCS, the documents that it has now.
 * seen is the version that was read: NGX_AGAIN if it is not the newest any
 * more, NGX_DECLINED if the transaction is gone, NGX_ERROR if the zone is full.
 */
ngx_int_t idv_svc_store_save(idv_svc_store_t *store, idv_svc_view_t *view,
    uint32_t seen, ngx_uint_t changed, int64_t now);

ngx_int_t idv_svc_store_delete(idv_svc_store_t *store, idv_svc_key_t *key,
    int64_t now);

/*
 * Lets time pass for what is due, and writes what is late, both in small steps.
 * 1: there is more to do.
 */
ngx_uint_t idv_svc_store_sweep(idv_svc_store_t *store, int64_t now);

/*
 * The value of a document of a view, read where it is in a file.  NGX_DECLINED
 * if it cannot be had.
 */
ngx_int_t idv_svc_store_value(idv_svc_store_t *store, const idv_svc_tx_t *tx,
    idv_svc_doc_t *doc, ngx_pool_t *pool);

/* what files have, once for a new zone; what is wrong with them is logged */
void idv_svc_store_load(idv_svc_store_t *store, ngx_log_t *log);


/* ids of those that wait for a person, longest first; total: how many do */
ngx_uint_t idv_svc_store_waiting(idv_svc_store_t *store,
    u_char (*ids)[IDV_SVC_UUID], ngx_uint_t max, ngx_uint_t *total);

/*
 * Users.  ids are those of the transactions, newest first, beginning with the
 * one given, or with the newest: NGX_DECLINED if it is not the user's.
 */

typedef enum {
    IDV_SVC_NOT_INITIATED = 0,
    IDV_SVC_ENABLED_USER,
    IDV_SVC_DISABLED_USER,
    IDV_SVC_NSTANDINGS
} idv_svc_standing_e;

ngx_int_t idv_svc_users_list(idv_svc_store_t *store, const idv_svc_key_t *key,
    int64_t now, u_char (*ids)[IDV_SVC_UUID], ngx_uint_t max, ngx_uint_t *n);

ngx_int_t idv_svc_users_standing(idv_svc_store_t *store,
    const idv_svc_key_t *key, idv_svc_standing_e *standing);

/* NGX_ERROR if the zone is full */
ngx_int_t idv_svc_users_stand(idv_svc_store_t *store, const idv_svc_key_t *key,
    idv_svc_standing_e standing);

/* the transactions that there are, and the standing, are no more */
ngx_int_t idv_svc_users_reset(idv_svc_store_t *store,
    const idv_svc_key_t *key);


/* what a transaction of the user has verified, if its policy wants it kept */

typedef struct {
    u_char             tx[IDV_SVC_UUID];
    int64_t            at;           /* when it was decided */
    uint32_t           checks;       /* bits of those that succeeded */
    uint8_t            zone;         /* idv_document_zone_e that was read */
    uint8_t            test;         /* in test mode */
    ngx_str_t          text;         /* JSON, keys of GOVERNMENT_ID */
} idv_svc_assurance_t;

/* NGX_DECLINED if there is none */
ngx_int_t idv_svc_users_assurance(idv_svc_store_t *store,
    const idv_svc_key_t *key, ngx_pool_t *pool,
    idv_svc_assurance_t *assurance);
ngx_int_t idv_svc_users_forget(idv_svc_store_t *store,
    const idv_svc_key_t *key);


/*
 * idv_svc_quota.c: one more message to the user.  NGX_BUSY if that is more than
 * the limit of a day, which begins with its first; NGX_ERROR if the zone is
 * full.
 */
ngx_int_t idv_svc_quota_take(idv_svc_store_t *store, const idv_svc_key_t *key,
    idv_svc_channel_e channel, ngx_uint_t limit, int64_t now);


/*
 * What is kept of a user: whatever of it there is.  Accounts are those that the
 * API has made or changed; a place is where one is in the order of all.
 */

typedef struct {
    idv_svc_standing_e    standing;
    uint32_t              version;   /* 0: nothing is kept */
    u_char                env[IDV_SVC_UUID];     /* of the account */
    idv_svc_account_t     account;   /* without an id there is none */
    idv_svc_assurance_t   assurance; /* without a text there is none */
} idv_svc_own_view_t;


/* NGX_DECLINED: there is no account; version and standing are set even so */
ngx_int_t idv_svc_accounts_get(idv_svc_store_t *store,
    const idv_svc_key_t *key, ngx_pool_t *pool, idv_svc_own_view_t *view);
ngx_int_t idv_svc_accounts_at(idv_svc_store_t *store, const u_char *place,
    ngx_pool_t *pool, idv_svc_own_view_t *view);

/* 1: the API has made or changed such a user */
ngx_uint_t idv_svc_accounts_known(idv_svc_store_t *store,
    const idv_svc_key_t *key);

/*
 * A new account, or another version of one.  seen is the version that was read:
 * NGX_AGAIN if it is not the newest any more.  NGX_ABORT: another user has the
 * name; NGX_BUSY: there are too many; NGX_ERROR: the zone, or for a new one the
 * disk, is full.
 */
ngx_int_t idv_svc_accounts_save(idv_svc_store_t *store, const u_char *env,
    const idv_svc_account_t *account, uint32_t seen, ngx_uint_t create);

/* with all that is known of the user; NGX_DECLINED: there is no account */
ngx_int_t idv_svc_accounts_delete(idv_svc_store_t *store,
    const idv_svc_key_t *key);

/* called with the lock held; 1: it passes */
typedef ngx_uint_t (*idv_svc_account_pt)(void *data,
    const idv_svc_account_t *account);

/*
 * Places of those of the environment that pass, oldest first, beginning with
 * from, or with the first; n: how many, up to max.  Returns how many pass in
 * all.  username, if it is not NULL, is that of all who pass: nobody looks
 * through the others.
 */
ngx_uint_t idv_svc_accounts_list(idv_svc_store_t *store, const u_char *env,
    const ngx_str_t *username, const u_char *from, idv_svc_account_pt passes,
    void *data, u_char (*places)[IDV_SVC_NAME], ngx_uint_t max, ngx_uint_t *n);


/* bearer tokens, by hash; name is that of the client, or "" */

typedef struct {
    u_char             env[IDV_SVC_UUID];
    u_char             name[IDV_SVC_MAX_NAME];
    uint8_t            name_len;
    int64_t            expires;
} idv_svc_grant_t;

ngx_int_t idv_svc_store_token_add(idv_svc_store_t *store, const u_char *hash,
    const idv_svc_grant_t *grant);
ngx_int_t idv_svc_store_token_find(idv_svc_store_t *store, const u_char *hash,
    int64_t now, idv_svc_grant_t *grant);


/*
 * Verify policies of an environment.  initial are those that it has as long as
 * nobody has changed them.
 */

/*
 * Without an id the default one; without a pool no text.  NGX_AGAIN if these
 * are still the initial ones, NGX_DECLINED if there is none such.
 */
ngx_int_t idv_svc_policies_get(idv_svc_store_t *store, const u_char *env,
    const u_char *id, ngx_pool_t *pool, idv_svc_stored_t *policy);

/* ids, oldest first, up to IDV_SVC_MAX_POLICIES; NGX_AGAIN as above */
ngx_int_t idv_svc_policies_list(idv_svc_store_t *store, const u_char *env,
    u_char (*ids)[IDV_SVC_UUID], ngx_uint_t *n);

/*
 * A new policy, or another version of one.  NGX_DECLINED: there is none such;
 * NGX_ABORT: another has the name; NGX_BUSY: there are too many; NGX_ERROR: the
 * zone is full.  What stays as it was is set in policy.
 */
ngx_int_t idv_svc_policies_save(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *initial, ngx_uint_t n, idv_svc_stored_t *policy,
    ngx_uint_t create);

/* NGX_BUSY: it is the default one */
ngx_int_t idv_svc_policies_delete(idv_svc_store_t *store, const u_char *env,
    const idv_svc_stored_t *initial, ngx_uint_t n, const u_char *id);


/* what the control interface needs */

void idv_svc_store_count(idv_svc_store_t *store, ngx_uint_t method,
    ngx_str_t *path);
ngx_int_t idv_svc_store_counted(idv_svc_store_t *store, ngx_str_t *prefix,
    ngx_pool_t *pool, idv_svc_counted_t *list, ngx_uint_t max, ngx_uint_t *n,
    ngx_uint_t *total);
void idv_svc_store_count_clear(idv_svc_store_t *store);

/* replaces all faults; NGX_ERROR if the zone is full, and then none is set */
ngx_int_t idv_svc_store_faults(idv_svc_store_t *store,
    idv_svc_fault_t *faults, ngx_uint_t n);

/* one of the matching fault's times is used; its body is in the pool */
ngx_int_t idv_svc_store_fault(idv_svc_store_t *store, ngx_str_t *path,
    ngx_pool_t *pool, idv_svc_fault_t *fault);

/* a message that would have been sent; NGX_DECLINED if sending fails now */
ngx_int_t idv_svc_store_note(idv_svc_store_t *store, idv_svc_note_t *note,
    int64_t now);
ngx_int_t idv_svc_store_notes(idv_svc_store_t *store, ngx_pool_t *pool,
    int64_t now, idv_svc_note_t *list, ngx_uint_t *n);
void idv_svc_store_notify(idv_svc_store_t *store, ngx_uint_t works);
ngx_uint_t idv_svc_store_notifies(idv_svc_store_t *store);


#endif /* _IDV_SVC_STORE_H_INCLUDED_ */
