
/*
 * Copyright (C) nginx-idv authors
 *
 * The flow machine.  Clients' events are looked up in a table by state; what a
 * provider answers is decided by the transaction's status alone.
 */


#include <string.h>

#include "idv_flow.h"


/* a flow that has ended is kept so long, ms, for pages that look once more */
#define IDV_FLOW_LINGER            60000

/* in all, whatever the user does: each costs the operator money */
#define IDV_FLOW_MAX_TRANSACTIONS  16


/* a step that does not return IDV_FLOW_OK has changed nothing */

typedef int (*idv_flow_step_pt)(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);


static int idv_flow_start(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_resumed(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_self(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_other(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_option(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_poll(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_retry(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_cancel(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_continue(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_returned(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_look(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_found(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_recalled(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_created(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_create_failed(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_status(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_claims(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);
static int idv_flow_read_failed(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect);


#define IDV_BIT(n)  (1u << (n))

#define IDV_LIVE                                                              \
    (IDV_BIT(IDV_STATE_DEVICE) | IDV_BIT(IDV_STATE_OPTIONS)                   \
     | IDV_BIT(IDV_STATE_REQUIRED) | IDV_BIT(IDV_STATE_IN_PROGRESS)           \
     | IDV_BIT(IDV_STATE_COMPLETED) | IDV_BIT(IDV_STATE_FAILED)               \
     | IDV_BIT(IDV_STATE_TIMED_OUT))

#define IDV_WAITING                                                           \
    (IDV_BIT(IDV_STATE_REQUIRED) | IDV_BIT(IDV_STATE_IN_PROGRESS))

/* statuses of a transaction that nobody has had anything of */
#define IDV_OPEN                                                              \
    (IDV_BIT(IDV_TX_REQUESTED) | IDV_BIT(IDV_TX_INITIATED)                    \
     | IDV_BIT(IDV_TX_PARTIAL) | IDV_BIT(IDV_TX_IN_PROGRESS))

/* where a transaction is chosen, and an earlier one may do */
#define IDV_CHOOSING                                                          \
    (IDV_BIT(IDV_STATE_DEVICE) | IDV_BIT(IDV_STATE_OPTIONS))

/* states that time out; FAILED and TIMED_OUT just expire */
#define IDV_TIMED                                                             \
    (IDV_BIT(IDV_STATE_DEVICE) | IDV_BIT(IDV_STATE_OPTIONS) | IDV_WAITING     \
     | IDV_BIT(IDV_STATE_COMPLETED))


/* the states in which an API action is offered */

static const unsigned  idv_flow_offers[IDV_ACTION_NACTIONS] = {
    IDV_BIT(IDV_STATE_DEVICE),
    IDV_BIT(IDV_STATE_OPTIONS),
    IDV_WAITING,
    IDV_BIT(IDV_STATE_OPTIONS) | IDV_BIT(IDV_STATE_REQUIRED)
        | IDV_BIT(IDV_STATE_FAILED) | IDV_BIT(IDV_STATE_TIMED_OUT),
    IDV_LIVE & ~IDV_BIT(IDV_STATE_COMPLETED),
    IDV_BIT(IDV_STATE_COMPLETED)
};


/*
 * The states in which an event is taken.  An event that "waits" is held back
 * while a transaction is being created: its outcome decides what it means.
 */

static const struct {
    idv_flow_step_pt   step;
    unsigned           states;
    unsigned           waits;
} idv_flow_steps[IDV_EVENT_NEVENTS] = {

    /* START */         { idv_flow_start, IDV_BIT(IDV_STATE_NEW), 0 },
    /* DEVICE_SELF */   { idv_flow_self, IDV_BIT(IDV_STATE_DEVICE), 1 },
    /* DEVICE_OTHER */  { idv_flow_other, IDV_BIT(IDV_STATE_DEVICE), 1 },
    /* OPTIONS */       { idv_flow_option, IDV_BIT(IDV_STATE_OPTIONS), 1 },
    /* POLL */          { idv_flow_poll, IDV_WAITING, 1 },
    /* RETRY */         { idv_flow_retry,
                          IDV_BIT(IDV_STATE_OPTIONS)
                          | IDV_BIT(IDV_STATE_REQUIRED)
                          | IDV_BIT(IDV_STATE_FAILED)
                          | IDV_BIT(IDV_STATE_TIMED_OUT), 1 },
    /* CANCEL */        { idv_flow_cancel,
                          IDV_LIVE & ~IDV_BIT(IDV_STATE_COMPLETED), 1 },
    /* CONTINUE */      { idv_flow_continue,
                          IDV_BIT(IDV_STATE_COMPLETED), 0 },
    /* RETURNED */      { idv_flow_returned, IDV_LIVE, 0 },
    /* LOOK */          { idv_flow_look, ~0u, 0 },
    /* FIND */          { idv_flow_look, ~0u, 0 },
    /* CLOSE */         { idv_flow_cancel, IDV_LIVE, 0 },
    /* FOUND */         { idv_flow_found, IDV_WAITING | IDV_CHOOSING, 0 },
    /* RECALLED */      { idv_flow_recalled, IDV_CHOOSING, 0 },
    /* CREATED */       { idv_flow_created, IDV_LIVE, 0 },
    /* CREATE_FAILED */ { idv_flow_create_failed, IDV_LIVE, 0 },
    /* STATUS */        { idv_flow_status, IDV_WAITING | IDV_CHOOSING, 0 },
    /* CLAIMS */        { idv_flow_claims, IDV_WAITING | IDV_CHOOSING, 0 },
    /* READ_FAILED */   { idv_flow_read_failed, IDV_LIVE, 0 },
    /* RESUMED */       { idv_flow_resumed, IDV_BIT(IDV_STATE_NEW), 0 }
};


static uint64_t
idv_flow_timeout(const idv_flow_policy_t *policy)
{
    return (uint64_t) policy->state_timeout * 1000;
}


static void
idv_flow_enter(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_state_e state)
{
    if (next->state != state) {
        next->state = (uint8_t) state;
        next->entered = event->now;
        next->since = event->now_ms;
    }

    if (state == IDV_STATE_ENDED || state == IDV_STATE_CANCELED) {
        next->expires = event->now_ms + IDV_FLOW_LINGER;

    } else {
        next->expires = next->since + 2 * idv_flow_timeout(policy);
    }

    if (!(IDV_BIT(state) & IDV_WAITING)) {
        /* whoever holds these can act for the user */
        memset(next->code, 0, sizeof(next->code));
        memset(next->url, 0, sizeof(next->url));
    }
}


static void
idv_flow_release(idv_flow_t *next)
{
    next->busy_until = 0;
    next->flags &= (uint8_t) ~IDV_FLOW_CREATING;
}


static int
idv_flow_create(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect, uint8_t method, uint8_t cause)
{
    if (next->transactions >= IDV_FLOW_MAX_TRANSACTIONS) {
        return IDV_FLOW_LIMIT;
    }

    next->flags |= IDV_FLOW_CREATING;
    next->busy_until = event->now_ms + policy->lease;

    effect->type = policy->reuse && !(next->flags & IDV_FLOW_RECALLED)
                   ? IDV_EFFECT_RECALL : IDV_EFFECT_CREATE;

    if (policy->lookup && !next->found) {
        /* up to three calls: no such user, a new one, who was first? */
        next->busy_until += policy->lease;
        effect->type = IDV_EFFECT_FIND;
    }

    effect->method = method;
    effect->cause = cause;

    return IDV_FLOW_OK;
}


/* how the link travels where the operator decided; QR where nothing is known */

static uint8_t
idv_flow_forced(const idv_flow_policy_t *policy, const idv_event_t *event)
{
    if (policy->delivery == IDV_DELIVERY_EMAIL
        && (event->contacts & IDV_CONTACT_EMAIL))
    {
        return IDV_METHOD_EMAIL;
    }

    if (policy->delivery == IDV_DELIVERY_SMS
        && (event->contacts & IDV_CONTACT_PHONE))
    {
        return IDV_METHOD_SMS;
    }

    return IDV_METHOD_QR;
}


static int
idv_flow_first(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next)
{
    next->flags &= (uint8_t) ~(IDV_FLOW_SELF | IDV_FLOW_RETURNED
                               | IDV_FLOW_BYPASS | IDV_FLOW_COUNTED);
    next->method = IDV_METHOD_QR;
    next->cause = IDV_CAUSE_NONE;
    next->tx_status = IDV_TX_UNKNOWN;
    next->tx_expires = 0;
    next->next_read = 0;
    memset(next->tx, 0, sizeof(next->tx));

    idv_flow_release(next);

    /*
     * Without the choice of a device a start would have to create, and
     * starting never costs anything: OPTIONS, maybe with nothing but the QR
     * code to choose, asks for the action that does.
     */

    idv_flow_enter(policy, event, next,
                   policy->device_choice ? IDV_STATE_DEVICE
                                         : IDV_STATE_OPTIONS);

    return IDV_FLOW_OK;
}


static int
idv_flow_start(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) effect;

    next->created = event->now_ms;

    return idv_flow_first(policy, event, next);
}


static int
idv_flow_resumed(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) effect;

    next->created = event->now_ms;
    next->next_read = event->now_ms;

    /* which no flow has that waits, but one that was not read since */
    next->tx_status = IDV_TX_UNKNOWN;

    idv_flow_enter(policy, event, next, IDV_STATE_REQUIRED);

    return IDV_FLOW_OK;
}


static int
idv_flow_self(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    int  rc;

    rc = idv_flow_create(policy, event, next, effect, IDV_METHOD_QR,
                         IDV_CAUSE_NONE);

    if (rc == IDV_FLOW_OK) {
        next->flags |= IDV_FLOW_SELF;
    }

    return rc;
}


static int
idv_flow_other(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    int  rc;

    if (policy->delivery == IDV_DELIVERY_USER && event->contacts) {
        idv_flow_enter(policy, event, next, IDV_STATE_OPTIONS);
        rc = IDV_FLOW_OK;

    } else {
        rc = idv_flow_create(policy, event, next, effect,
                             idv_flow_forced(policy, event), IDV_CAUSE_NONE);
    }

    if (rc == IDV_FLOW_OK) {
        next->flags &= (uint8_t) ~IDV_FLOW_SELF;
    }

    return rc;
}


static int
idv_flow_option(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    uint8_t  method;

    method = policy->delivery == IDV_DELIVERY_USER
             ? event->method : idv_flow_forced(policy, event);

    return idv_flow_create(policy, event, next, effect, method,
                           IDV_CAUSE_NONE);
}


static int
idv_flow_poll(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    if (next->busy_until > event->now_ms) {
        effect->type = IDV_EFFECT_WAIT;
        return IDV_FLOW_OK;
    }

    if (next->next_read > event->now_ms) {
        return IDV_FLOW_OK;
    }

    /* a lease that ran out belonged to a worker that died */
    idv_flow_release(next);

    next->busy_until = event->now_ms + policy->lease;
    next->next_read = event->now_ms + policy->read_interval;

    effect->type = IDV_EFFECT_READ;

    return IDV_FLOW_OK;
}


static int
idv_flow_retry(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) effect;

    if (next->state == IDV_STATE_FAILED && next->failures >= policy->attempts) {
        return IDV_FLOW_LIMIT;
    }

    return idv_flow_first(policy, event, next);
}


static int
idv_flow_cancel(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) effect;

    idv_flow_release(next);
    idv_flow_enter(policy, event, next, IDV_STATE_CANCELED);

    return IDV_FLOW_OK;
}


static int
idv_flow_continue(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    int64_t  completed;

    completed = next->entered;

    idv_flow_enter(policy, event, next, IDV_STATE_ENDED);

    /* the session says when the user was verified, not when it was fetched */
    next->entered = completed;

    effect->type = IDV_EFFECT_ISSUE;

    return IDV_FLOW_OK;
}


static int
idv_flow_returned(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) policy;
    (void) effect;

    if (!event->asked
        || (next->flags & (IDV_FLOW_SELF | IDV_FLOW_RETURNED)) != IDV_FLOW_SELF
        || !(IDV_BIT(next->state) & IDV_WAITING))
    {
        return IDV_FLOW_OK;
    }

    next->flags |= IDV_FLOW_RETURNED;

    /* there is something to read, once for each transaction */

    if (next->next_read > event->now_ms) {
        next->next_read = event->now_ms;
    }

    return IDV_FLOW_OK;
}


static int
idv_flow_look(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    (void) policy;
    (void) event;
    (void) next;
    (void) effect;

    return IDV_FLOW_OK;
}


/* for good: all transactions of a flow are of one user */

static int
idv_flow_found(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    size_t  len;

    if (!policy->lookup || next->found || !(next->flags & IDV_FLOW_CREATING)) {
        return IDV_FLOW_REFUSED;
    }

    len = strlen(event->user);

    if (len == 0 || len > IDV_FLOW_MAX_USER) {
        return IDV_FLOW_REFUSED;
    }

    memset(next->user, 0, sizeof(next->user));
    memcpy(next->user, event->user, len);
    next->found = 1;

    return idv_flow_create(policy, event, next, effect, event->method,
                           event->cause);
}


/* the transaction that was found is not looked at by anybody yet */

static int
idv_flow_recalled(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    if (!policy->reuse || !(next->flags & IDV_FLOW_CREATING)
        || (next->flags & IDV_FLOW_RECALLED))
    {
        return IDV_FLOW_REFUSED;
    }

    next->flags |= IDV_FLOW_RECALLED;

    if (event->tx == NULL) {
        return idv_flow_create(policy, event, next, effect, event->method,
                               IDV_CAUSE_NONE);
    }

    memcpy(next->tx, event->tx->id, sizeof(next->tx));
    next->busy_until = event->now_ms + policy->lease;
    effect->type = IDV_EFFECT_READ;

    return IDV_FLOW_OK;
}


/* whether the flow has an earlier transaction, and not yet one of its own */

static int
idv_flow_recalls(const idv_flow_t *flow)
{
    return (IDV_BIT(flow->state) & IDV_CHOOSING)
           && (flow->flags & IDV_FLOW_CREATING)
           && (flow->flags & IDV_FLOW_RECALLED);
}


/* it will not do, for whatever reason: as if there had been none */

static int
idv_flow_anew(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    memset(next->tx, 0, sizeof(next->tx));
    next->tx_status = IDV_TX_UNKNOWN;

    return idv_flow_create(policy, event, next, effect, event->method,
                           IDV_CAUSE_NONE);
}


static int
idv_flow_created(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    const idv_transaction_t  *tx;

    (void) effect;

    tx = event->tx;

    idv_flow_release(next);
    next->flags &= (uint8_t) ~(IDV_FLOW_RETURNED | IDV_FLOW_COUNTED);

    memcpy(next->tx, tx->id, sizeof(next->tx));
    next->tx_status = IDV_TX_REQUESTED;
    next->tx_expires = tx->expires;
    next->transactions++;
    next->method = event->method;
    next->cause = event->cause;
    next->next_read = event->now_ms;

    if (event->cause == IDV_CAUSE_FAILED) {
        next->failures++;
    }

    if (event->method != IDV_METHOD_QR && !tx->sent) {
        next->method = IDV_METHOD_QR;
        next->cause = IDV_CAUSE_NOTIFICATION;
    }

    idv_flow_enter(policy, event, next, IDV_STATE_REQUIRED);

    /* a new transaction has the whole time again */
    next->entered = event->now;
    next->since = event->now_ms;
    next->expires = next->since + 2 * idv_flow_timeout(policy);

    memcpy(next->code, tx->code, sizeof(next->code));
    memcpy(next->url, tx->url, sizeof(next->url));

    return IDV_FLOW_OK;
}


static void
idv_flow_bypass(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, uint8_t cause)
{
    next->flags |= IDV_FLOW_BYPASS;
    next->cause = cause;
    idv_flow_enter(policy, event, next, IDV_STATE_COMPLETED);
}


static void
idv_flow_fail(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, uint8_t cause)
{
    if (next->failures < 255) {
        next->failures++;
    }

    next->cause = cause;
    idv_flow_enter(policy, event, next, IDV_STATE_FAILED);
}


/* the last transaction that may fail has failed */

static void
idv_flow_failed(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next)
{
    idv_flow_fail(policy, event, next, IDV_CAUSE_FAILED);

    if (policy->on_failed == IDV_BYPASS) {
        idv_flow_bypass(policy, event, next, IDV_CAUSE_FAILED);
    }
}


static int
idv_flow_create_failed(const idv_flow_policy_t *policy,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect)
{
    (void) effect;

    idv_flow_release(next);

    if (next->state == IDV_STATE_DEVICE) {
        next->flags &= (uint8_t) ~IDV_FLOW_SELF;
    }

    if (event->cause >= IDV_CAUSE_USER_NOT_FOUND) {

        if ((event->cause == IDV_CAUSE_USER_NOT_FOUND
             && policy->on_user_not_found == IDV_BYPASS)
            || (event->cause == IDV_CAUSE_USER_DISABLED
                && policy->on_user_disabled == IDV_BYPASS))
        {
            idv_flow_bypass(policy, event, next, event->cause);

        } else {
            idv_flow_fail(policy, event, next, event->cause);
        }

        return IDV_FLOW_OK;
    }

    if (event->cause == IDV_CAUSE_UNAVAILABLE
        && policy->on_unavailable == IDV_BYPASS)
    {
        idv_flow_bypass(policy, event, next, event->cause);
        return IDV_FLOW_OK;
    }

    if (event->cause == IDV_CAUSE_FAILED
        && (IDV_BIT(next->state) & IDV_WAITING))
    {
        idv_flow_failed(policy, event, next);
        return IDV_FLOW_OK;
    }

    /* the flow stays where it was */

    if (event->retry_after) {
        next->next_read = event->now_ms + event->retry_after;
    }

    return IDV_FLOW_OK;
}


static int
idv_flow_status(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    const idv_transaction_t  *tx;

    tx = event->tx;

    if (idv_flow_recalls(next)) {

        if (!idv_tx_status_good(tx->status)) {
            return idv_flow_anew(policy, event, next, effect);
        }

        next->tx_status = tx->status;
        next->busy_until = event->now_ms + policy->lease;
        effect->type = IDV_EFFECT_FETCH;

        return IDV_FLOW_OK;
    }

    if (IDV_BIT(next->state) & IDV_CHOOSING) {
        return IDV_FLOW_REFUSED;
    }

    idv_flow_release(next);

    /* what is over may have opened the gate already: nobody here would know */

    if (next->tx_status == IDV_TX_UNKNOWN
        && !(IDV_BIT(tx->status) & IDV_OPEN))
    {
        next->tx_status = tx->status;
        idv_flow_enter(policy, event, next, IDV_STATE_TIMED_OUT);
        return IDV_FLOW_OK;
    }

    next->tx_status = tx->status;

    switch ((idv_tx_status_e) tx->status) {

    case IDV_TX_REQUESTED:
    case IDV_TX_INITIATED:
        idv_flow_enter(policy, event, next, IDV_STATE_REQUIRED);
        return IDV_FLOW_OK;

    case IDV_TX_PARTIAL:
    case IDV_TX_IN_PROGRESS:
        idv_flow_enter(policy, event, next, IDV_STATE_IN_PROGRESS);
        return IDV_FLOW_OK;

    case IDV_TX_SUCCESS:
    case IDV_TX_APPROVED_MANUALLY:
    case IDV_TX_APPROVED_NO_REQUEST:
        next->busy_until = event->now_ms + policy->lease;
        effect->type = IDV_EFFECT_FETCH;
        return IDV_FLOW_OK;

    case IDV_TX_FAIL:
        break;

    default:
        /* NOT_REQUIRED, or a word that came after this was written */
        idv_flow_fail(policy, event, next, IDV_CAUSE_STATUS);
        return IDV_FLOW_OK;
    }

    if (tx->timed_out) {
        idv_flow_enter(policy, event, next, IDV_STATE_TIMED_OUT);
        return IDV_FLOW_OK;
    }

    next->flags |= IDV_FLOW_COUNTED;

    if (next->failures + 1u < policy->attempts
        && idv_flow_create(policy, event, next, effect, next->method,
                           IDV_CAUSE_FAILED)
           == IDV_FLOW_OK)
    {
        return IDV_FLOW_OK;
    }

    idv_flow_failed(policy, event, next);

    return IDV_FLOW_OK;
}


static int
idv_flow_claims(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    if (idv_flow_recalls(next)) {

        if (event->cause != IDV_CAUSE_NONE) {
            return idv_flow_anew(policy, event, next, effect);
        }

        idv_flow_release(next);
        idv_flow_enter(policy, event, next, IDV_STATE_COMPLETED);

        /* the session says how old it is */
        next->entered = event->verified;

        return IDV_FLOW_OK;
    }

    if (IDV_BIT(next->state) & IDV_CHOOSING) {
        return IDV_FLOW_REFUSED;
    }

    idv_flow_release(next);

    if (event->cause != IDV_CAUSE_NONE) {

        /* never bypassed: somebody else's document opens nothing */

        if (event->cause == IDV_CAUSE_MISMATCH
            || event->cause == IDV_CAUSE_CHECKS)
        {
            next->flags |= IDV_FLOW_COUNTED;
        }

        idv_flow_fail(policy, event, next, event->cause);
        return IDV_FLOW_OK;
    }

    next->cause = IDV_CAUSE_NONE;
    idv_flow_enter(policy, event, next, IDV_STATE_COMPLETED);

    return IDV_FLOW_OK;
}


static int
idv_flow_read_failed(const idv_flow_policy_t *policy, const idv_event_t *event,
    idv_flow_t *next, idv_effect_t *effect)
{
    uint64_t  after;

    if (idv_flow_recalls(next)) {
        return idv_flow_anew(policy, event, next, effect);
    }

    idv_flow_release(next);

    after = event->now_ms + event->retry_after;

    if (after > next->next_read) {
        next->next_read = after;
    }

    return IDV_FLOW_OK;
}


int
idv_flow_next(const idv_flow_policy_t *policy, const idv_flow_t *flow,
    const idv_event_t *event, idv_flow_t *next, idv_effect_t *effect)
{
    *next = *flow;

    effect->type = IDV_EFFECT_NONE;
    effect->method = IDV_METHOD_QR;
    effect->cause = IDV_CAUSE_NONE;

    /* what an effect brought back still counts, however late */

    if (event->type < IDV_EVENT_FIND
        && next->state < IDV_STATE_NSTATES
        && (IDV_BIT(next->state) & IDV_TIMED)
        && event->now_ms >= next->since + idv_flow_timeout(policy))
    {
        idv_flow_release(next);
        idv_flow_enter(policy, event, next, IDV_STATE_TIMED_OUT);

        if (event->type == IDV_EVENT_POLL) {
            /* that is the answer: a poller has to be told, not refused */
            return IDV_FLOW_OK;
        }
    }

    if (event->type >= IDV_EVENT_NEVENTS
        || next->state >= IDV_STATE_NSTATES
        || !(idv_flow_steps[event->type].states & IDV_BIT(next->state)))
    {
        return IDV_FLOW_REFUSED;
    }

    if (idv_flow_steps[event->type].waits
        && (next->flags & IDV_FLOW_CREATING)
        && next->busy_until > event->now_ms)
    {
        effect->type = IDV_EFFECT_WAIT;
        return IDV_FLOW_OK;
    }

    return idv_flow_steps[event->type].step(policy, event, next, effect);
}


int
idv_flow_allows(unsigned state, unsigned action)
{
    return state < IDV_STATE_NSTATES && action < IDV_ACTION_NACTIONS
           && (idv_flow_offers[action] & IDV_BIT(state));
}
