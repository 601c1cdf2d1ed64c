
/*
 * Copyright (C) nginx-idv authors
 *
 * The flow machine: (policy, flow, event) to (flow', effect).  Plain C without
 * nginx, I/O or clock: the time is part of the event.
 */


#ifndef _IDV_FLOW_H_INCLUDED_
#define _IDV_FLOW_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "idv_transaction.h"


#define IDV_FLOW_ID_LEN      22
#define IDV_FLOW_MAX_USER    103
#define IDV_FLOW_MAX_URL     391
#define IDV_FLOW_MAX_RETURN  231
#define IDV_FLOW_MAX_CODE    15


/* the order of states is part of the zone's layout */

typedef enum {
    IDV_STATE_NEW = 0,               /* never stored */
    IDV_STATE_DEVICE,
    IDV_STATE_OPTIONS,
    IDV_STATE_REQUIRED,
    IDV_STATE_IN_PROGRESS,
    IDV_STATE_COMPLETED,
    IDV_STATE_FAILED,
    IDV_STATE_TIMED_OUT,
    IDV_STATE_ENDED,                 /* session issued */
    IDV_STATE_CANCELED,
    IDV_STATE_NSTATES
} idv_state_e;


typedef enum {
    IDV_ACTION_DEVICE = 0,           /* deviceAuthentication */
    IDV_ACTION_OPTIONS,              /* optionsAuthentication */
    IDV_ACTION_POLL,
    IDV_ACTION_RETRY,                /* retryVerification */
    IDV_ACTION_CANCEL,               /* cancelAuthentication */
    IDV_ACTION_CONTINUE,             /* continueAuthentication */
    IDV_ACTION_NACTIONS
} idv_action_e;


typedef enum {
    IDV_METHOD_QR = 0,               /* no notification */
    IDV_METHOD_EMAIL,
    IDV_METHOD_SMS
} idv_method_e;


typedef enum {
    IDV_DELIVERY_USER = 0,
    IDV_DELIVERY_QR,
    IDV_DELIVERY_EMAIL,
    IDV_DELIVERY_SMS
} idv_delivery_e;


/* why the last transaction or flow went wrong; the order is in the zone */

typedef enum {
    IDV_CAUSE_NONE = 0,
    IDV_CAUSE_FAILED,                /* the provider said FAIL */
    IDV_CAUSE_MISMATCH,              /* somebody else's document */
    IDV_CAUSE_CHECKS,                /* a required check is not SUCCESS */
    IDV_CAUSE_STATUS,                /* NOT_REQUIRED or an unknown status */
    IDV_CAUSE_NOTIFICATION,          /* the message was not sent */
    IDV_CAUSE_UNAVAILABLE,
    IDV_CAUSE_USER_NOT_FOUND,
    IDV_CAUSE_USER_DISABLED,
    IDV_CAUSE_USER_AMBIGUOUS,        /* several, or not quite this one */
    IDV_CAUSE_NCAUSES
} idv_cause_e;


/* flags of a flow */

#define IDV_FLOW_BROWSER     0x01    /* ends with RESUME, not with COMPLETED */
#define IDV_FLOW_COOKIELESS  0x02    /* its client keeps the state itself */
#define IDV_FLOW_SELF        0x04    /* the user chose this device */
#define IDV_FLOW_RETURNED    0x08    /* ... and came back from the capture */
#define IDV_FLOW_BYPASS      0x10    /* COMPLETED without verification */
#define IDV_FLOW_CREATING    0x20    /* the effect under way creates */
#define IDV_FLOW_COUNTED     0x40    /* the failure of its transaction */
#define IDV_FLOW_RECALLED    0x80    /* an earlier success was looked for */


/* what the zone keeps of a flow; strings are NUL-terminated */

typedef struct {
    char            id[IDV_FLOW_ID_LEN + 2];
    uint32_t        version;         /* one more with every save */

    uint8_t         state;           /* idv_state_e */
    uint8_t         tx_status;       /* idv_tx_status_e */
    uint8_t         method;          /* idv_method_e of the transaction */
    uint8_t         cause;           /* idv_cause_e */
    uint8_t         flags;
    uint8_t         failures;        /* transactions that failed */
    uint8_t         transactions;    /* transactions created */
    uint8_t         found;           /* user: 1: found there, 0: the subject */
    uint32_t        max_age;         /* s: an earlier success may be so old */

    uint64_t        provider;
    uint8_t         binding[32];     /* hash of client secret and subject */
    uint8_t         subject[16];     /* hash of the subject */
    uint8_t         policy[16];      /* verify policy, a UUID */
    uint8_t         tx[16];          /* transaction, a UUID; zero: none */

    char            code[IDV_FLOW_MAX_CODE + 1];
    char            user[IDV_FLOW_MAX_USER + 1];
    char            url[IDV_FLOW_MAX_URL + 1];     /* webVerificationUrl */
    char            return_to[IDV_FLOW_MAX_RETURN + 1];

    int64_t         entered;         /* the state, seconds since the epoch */
    int64_t         tx_expires;      /* 0: unknown */

    /* ms, monotonic: who sets the clock ends no flow */
    uint64_t        created;
    uint64_t        since;           /* when the state was entered */
    uint64_t        expires;         /* when the record may go */
    uint64_t        busy_until;      /* lease of an effect */
    uint64_t        next_read;       /* not before */
} idv_flow_t;


/* what the operator decided; const after start */

typedef enum {
    IDV_BLOCK = 0,
    IDV_BYPASS,
    IDV_PROVISION                    /* a user who is not there is made */
} idv_failure_mode_e;

typedef struct {
    unsigned        device_choice;   /* 0 or 1 */
    unsigned        delivery;        /* idv_delivery_e */
    unsigned        attempts;        /* transactions that may fail, 1..255 */
    unsigned        state_timeout;   /* seconds in one state */
    unsigned        read_interval;   /* ms between reads at the provider */
    unsigned        lease;           /* ms an effect may take */
    unsigned        on_unavailable;  /* idv_failure_mode_e, as all on_ */
    unsigned        on_user_not_found;
    unsigned        on_failed;
    unsigned        reuse;           /* s: so old a success is good; 0: none */
    unsigned        lookup;          /* 0 or 1: the user has to be found */
    unsigned        on_user_disabled;
} idv_flow_policy_t;


typedef enum {
    /* from clients */
    IDV_EVENT_START = 0,
    IDV_EVENT_DEVICE_SELF,
    IDV_EVENT_DEVICE_OTHER,
    IDV_EVENT_OPTIONS,               /* method */
    IDV_EVENT_POLL,
    IDV_EVENT_RETRY,
    IDV_EVENT_CANCEL,
    IDV_EVENT_CONTINUE,
    IDV_EVENT_RETURNED,              /* back from the capture page: asked */
    IDV_EVENT_LOOK,                  /* a read: applies time-outs only */
    IDV_EVENT_FIND,                  /* changes nothing at all */

    /* from an administrator */
    IDV_EVENT_CLOSE,

    /* from effects */
    IDV_EVENT_FOUND,                 /* user, method, cause of the effect */
    IDV_EVENT_RECALLED,              /* tx or NULL, method */
    IDV_EVENT_CREATED,               /* tx, method, sent */
    IDV_EVENT_CREATE_FAILED,         /* cause; FAILED: no other may follow */
    IDV_EVENT_STATUS,                /* tx.status, tx.timed_out */
    IDV_EVENT_CLAIMS,                /* cause: NONE if all matched */
    IDV_EVENT_READ_FAILED,           /* retry_after */

    /* from a client's copy: NEW, with the transaction that it had */
    IDV_EVENT_RESUMED,
    IDV_EVENT_NEVENTS
} idv_event_e;


/* a transaction as the provider told it */

typedef struct {
    uint8_t         id[16];
    uint8_t         status;          /* idv_tx_status_e */
    uint8_t         timed_out;       /* FAIL by TRANSACTION_TIMED_OUT */
    uint8_t         sent;            /* a notification was asked and sent */
    char            code[IDV_FLOW_MAX_CODE + 1];
    char            url[IDV_FLOW_MAX_URL + 1];
    int64_t         expires;         /* seconds since the epoch, 0: unknown */
    int64_t         created;         /* the same */
} idv_transaction_t;


typedef struct {
    idv_event_e               type;
    int64_t                   now;          /* seconds since the epoch */
    uint64_t                  now_ms;       /* monotonic */
    uint8_t                   method;       /* OPTIONS, CREATED, recalling */
    uint8_t                   contacts;     /* 1: e-mail, 2: phone, known */
    uint8_t                   cause;        /* FOUND, CREATE_FAILED, CLAIMS */
    uint8_t                   asked;        /* RETURNED: with its code */
    uint32_t                  retry_after;  /* ms, READ_FAILED */
    const idv_transaction_t  *tx;           /* CREATED, STATUS, RECALLED */
    int64_t                   verified;     /* CLAIMS of an earlier success */
    const char               *user;         /* FOUND: the provider's id */
} idv_event_t;

#define IDV_CONTACT_EMAIL  1
#define IDV_CONTACT_PHONE  2


typedef enum {
    IDV_EFFECT_NONE = 0,             /* save next as it is */
    IDV_EFFECT_FIND,                 /* look the user up, or make one */
    IDV_EFFECT_RECALL,               /* look for an earlier success */
    IDV_EFFECT_CREATE,               /* create a transaction by method */
    IDV_EFFECT_READ,                 /* read the transaction */
    IDV_EFFECT_FETCH,                /* fetch and match claims */
    IDV_EFFECT_ISSUE,                /* issue the session, after the save */
    IDV_EFFECT_WAIT                  /* busy: another effect is under way */
} idv_effect_e;

typedef struct {
    idv_effect_e    type;
    uint8_t         method;          /* CREATE, RECALL, FIND */
    uint8_t         cause;           /* CREATE, FIND: why there is a new one */
} idv_effect_t;


#define IDV_FLOW_OK        0
#define IDV_FLOW_REFUSED  -1         /* the state does not allow the event */
#define IDV_FLOW_LIMIT    -2         /* retry, and no attempt is left */


/*
 * One step.  next is always filled (a copy of flow where nothing changes);
 * it differs from flow in what must be saved before the effect is performed.
 * Returns IDV_FLOW_OK, IDV_FLOW_REFUSED or IDV_FLOW_LIMIT; with the latter two
 * next equals flow but for a time-out that became due, and effect is NONE.
 */
int idv_flow_next(const idv_flow_policy_t *policy, const idv_flow_t *flow,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);

/* 1 if the API action is offered in the state (design, section 4) */
int idv_flow_allows(unsigned state, unsigned action);

/* names of the API: "ID_VERIFICATION_DEVICE", "deviceAuthentication", ... */
const char *idv_flow_state_name(unsigned state);
const char *idv_flow_action_name(unsigned action);

/* the action of that name, or -1 */
int idv_flow_action_parse(const char *text, size_t len);


#endif /* _IDV_FLOW_H_INCLUDED_ */
