
/*
 * Copyright (C) nginx-idv authors
 *
 * The flow machine against the design's table of transitions, row by row; then
 * a million random steps that look for what must never happen: COMPLETED
 * without claims that matched, a transaction that nobody asked for, a lease
 * that is not given back, an end that is left.
 */


#include "tap.h"
#include "model/idv_flow.h"

#include <stdlib.h>


typedef struct {
    const char        *what;
    idv_state_e        state;
    idv_event_e        event;
    unsigned           contacts;
    idv_method_e       method;
    idv_tx_status_e    status;
    unsigned           timed_out;
    idv_cause_e        cause;
    unsigned           failures;

    int                rc;
    idv_state_e        then;
    idv_effect_e       effect;
} row_t;


static idv_flow_policy_t  policy = {
    1, IDV_DELIVERY_USER, 3, 1200, 4000, 25000, IDV_BLOCK, IDV_BLOCK, IDV_BLOCK,
    0, 0, IDV_BLOCK
};


#define DEVICE    IDV_STATE_DEVICE
#define OPTIONS   IDV_STATE_OPTIONS
#define REQUIRED  IDV_STATE_REQUIRED
#define PROGRESS  IDV_STATE_IN_PROGRESS
#define COMPLETED IDV_STATE_COMPLETED
#define FAILED    IDV_STATE_FAILED
#define TIMED_OUT IDV_STATE_TIMED_OUT
#define OK        IDV_FLOW_OK
#define NO        IDV_FLOW_REFUSED


static const row_t  rows[] = {

    { "start", IDV_STATE_NEW, IDV_EVENT_START, 3, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_NONE },

    { "self", DEVICE, IDV_EVENT_DEVICE_SELF, 3, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_CREATE },
    { "other with contacts", DEVICE, IDV_EVENT_DEVICE_OTHER, 1, 0, 0, 0, 0, 0,
      OK, OPTIONS, IDV_EFFECT_NONE },
    { "other without", DEVICE, IDV_EVENT_DEVICE_OTHER, 0, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_CREATE },

    { "option", OPTIONS, IDV_EVENT_OPTIONS, 1, IDV_METHOD_EMAIL, 0, 0, 0, 0,
      OK, OPTIONS, IDV_EFFECT_CREATE },

    { "retry in OPTIONS", OPTIONS, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_NONE },
    { "retry in REQUIRED", REQUIRED, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_NONE },
    { "retry in TIMED_OUT", TIMED_OUT, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      OK, DEVICE, IDV_EFFECT_NONE },
    { "retry in FAILED", FAILED, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 2,
      OK, DEVICE, IDV_EFFECT_NONE },
    { "retry in FAILED, none left", FAILED, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 3,
      IDV_FLOW_LIMIT, FAILED, IDV_EFFECT_NONE },
    { "retry in IN_PROGRESS", PROGRESS, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      NO, PROGRESS, IDV_EFFECT_NONE },
    { "retry in DEVICE", DEVICE, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      NO, DEVICE, IDV_EFFECT_NONE },
    { "retry in COMPLETED", COMPLETED, IDV_EVENT_RETRY, 0, 0, 0, 0, 0, 0,
      NO, COMPLETED, IDV_EFFECT_NONE },

    { "poll in REQUIRED", REQUIRED, IDV_EVENT_POLL, 0, 0, 0, 0, 0, 0,
      OK, REQUIRED, IDV_EFFECT_READ },
    { "poll in IN_PROGRESS", PROGRESS, IDV_EVENT_POLL, 0, 0, 0, 0, 0, 0,
      OK, PROGRESS, IDV_EFFECT_READ },
    { "poll in DEVICE", DEVICE, IDV_EVENT_POLL, 0, 0, 0, 0, 0, 0,
      NO, DEVICE, IDV_EFFECT_NONE },
    { "poll in COMPLETED", COMPLETED, IDV_EVENT_POLL, 0, 0, 0, 0, 0, 0,
      NO, COMPLETED, IDV_EFFECT_NONE },

    { "REQUESTED", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_REQUESTED, 0, 0, 0,
      OK, REQUIRED, IDV_EFFECT_NONE },
    { "INITIATED", REQUIRED, IDV_EVENT_STATUS, 0, 0, IDV_TX_INITIATED, 0, 0, 0,
      OK, REQUIRED, IDV_EFFECT_NONE },
    { "PARTIAL", REQUIRED, IDV_EVENT_STATUS, 0, 0, IDV_TX_PARTIAL, 0, 0, 0,
      OK, PROGRESS, IDV_EFFECT_NONE },
    { "IN_PROGRESS", REQUIRED, IDV_EVENT_STATUS, 0, 0, IDV_TX_IN_PROGRESS,
      0, 0, 0, OK, PROGRESS, IDV_EFFECT_NONE },
    { "SUCCESS", REQUIRED, IDV_EVENT_STATUS, 0, 0, IDV_TX_SUCCESS, 0, 0, 0,
      OK, REQUIRED, IDV_EFFECT_FETCH },
    { "APPROVED_MANUALLY", PROGRESS, IDV_EVENT_STATUS, 0, 0,
      IDV_TX_APPROVED_MANUALLY, 0, 0, 0, OK, PROGRESS, IDV_EFFECT_FETCH },
    { "APPROVED_NO_REQUEST", PROGRESS, IDV_EVENT_STATUS, 0, 0,
      IDV_TX_APPROVED_NO_REQUEST, 0, 0, 0, OK, PROGRESS, IDV_EFFECT_FETCH },
    { "NOT_REQUIRED", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_NOT_REQUIRED,
      0, 0, 0, OK, FAILED, IDV_EFFECT_NONE },
    { "unknown", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_UNKNOWN, 0, 0, 0,
      OK, FAILED, IDV_EFFECT_NONE },
    { "FAIL by time-out", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_FAIL, 1,
      0, 0, OK, TIMED_OUT, IDV_EFFECT_NONE },
    { "FAIL, attempts left", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_FAIL, 0,
      0, 1, OK, PROGRESS, IDV_EFFECT_CREATE },
    { "FAIL, none left", PROGRESS, IDV_EVENT_STATUS, 0, 0, IDV_TX_FAIL, 0,
      0, 2, OK, FAILED, IDV_EFFECT_NONE },

    { "claims match", PROGRESS, IDV_EVENT_CLAIMS, 0, 0, 0, 0, 0, 0,
      OK, COMPLETED, IDV_EFFECT_NONE },
    { "claims of somebody else", PROGRESS, IDV_EVENT_CLAIMS, 0, 0, 0, 0,
      IDV_CAUSE_MISMATCH, 0, OK, FAILED, IDV_EFFECT_NONE },
    { "a check is missing", PROGRESS, IDV_EVENT_CLAIMS, 0, 0, 0, 0,
      IDV_CAUSE_CHECKS, 0, OK, FAILED, IDV_EFFECT_NONE },

    { "continue", COMPLETED, IDV_EVENT_CONTINUE, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_ENDED, IDV_EFFECT_ISSUE },
    { "continue in IN_PROGRESS", PROGRESS, IDV_EVENT_CONTINUE, 0, 0, 0, 0, 0,
      0, NO, PROGRESS, IDV_EFFECT_NONE },
    { "continue twice", IDV_STATE_ENDED, IDV_EVENT_CONTINUE, 0, 0, 0, 0, 0, 0,
      NO, IDV_STATE_ENDED, IDV_EFFECT_NONE },

    { "cancel in DEVICE", DEVICE, IDV_EVENT_CANCEL, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_CANCELED, IDV_EFFECT_NONE },
    { "cancel in IN_PROGRESS", PROGRESS, IDV_EVENT_CANCEL, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_CANCELED, IDV_EFFECT_NONE },
    { "cancel in COMPLETED", COMPLETED, IDV_EVENT_CANCEL, 0, 0, 0, 0, 0, 0,
      NO, COMPLETED, IDV_EFFECT_NONE },
    { "cancel twice", IDV_STATE_CANCELED, IDV_EVENT_CANCEL, 0, 0, 0, 0, 0, 0,
      NO, IDV_STATE_CANCELED, IDV_EFFECT_NONE },

    { "close in DEVICE", DEVICE, IDV_EVENT_CLOSE, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_CANCELED, IDV_EFFECT_NONE },
    { "close in COMPLETED", COMPLETED, IDV_EVENT_CLOSE, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_CANCELED, IDV_EFFECT_NONE },
    { "close in FAILED", FAILED, IDV_EVENT_CLOSE, 0, 0, 0, 0, 0, 0,
      OK, IDV_STATE_CANCELED, IDV_EFFECT_NONE },
    { "close what has ended", IDV_STATE_ENDED, IDV_EVENT_CLOSE, 0, 0, 0, 0, 0,
      0, NO, IDV_STATE_ENDED, IDV_EFFECT_NONE },

    { "provider away while creating", DEVICE, IDV_EVENT_CREATE_FAILED, 0, 0, 0,
      0, IDV_CAUSE_UNAVAILABLE, 0, OK, DEVICE, IDV_EFFECT_NONE },
    { "user not known", DEVICE, IDV_EVENT_CREATE_FAILED, 0, 0, 0,
      0, IDV_CAUSE_USER_NOT_FOUND, 0, OK, FAILED, IDV_EFFECT_NONE },
    { "provider away while reading", PROGRESS, IDV_EVENT_READ_FAILED, 0, 0, 0,
      0, 0, 0, OK, PROGRESS, IDV_EFFECT_NONE }
};


static void
step(const idv_flow_policy_t *p, idv_flow_t *flow, idv_event_t *event,
    idv_transaction_t *tx, int *rc, idv_effect_t *effect)
{
    idv_flow_t  next;

    event->tx = tx;

    *rc = idv_flow_next(p, flow, event, &next, effect);
    *flow = next;
}


static void
table(void)
{
    int                rc;
    size_t             i;
    idv_flow_t         flow;
    idv_event_t        event;
    idv_effect_t       effect;
    const row_t       *row;
    idv_transaction_t  tx;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row = &rows[i];

        memset(&flow, 0, sizeof(flow));
        memset(&event, 0, sizeof(event));
        memset(&tx, 0, sizeof(tx));

        flow.state = row->state;
        flow.tx_status = IDV_TX_REQUESTED;
        flow.entered = 1000;
        flow.since = 40000;
        flow.failures = row->failures;

        event.type = row->event;
        event.now = 1010;
        event.now_ms = 50000;
        event.contacts = row->contacts;
        event.method = row->method;
        event.cause = row->cause;

        tx.status = row->status;
        tx.timed_out = row->timed_out;

        step(&policy, &flow, &event, &tx, &rc, &effect);

        ok(rc == row->rc && flow.state == row->then
           && effect.type == row->effect,
           "%s: %d %s effect %d", row->what, rc,
           idv_flow_state_name(flow.state), effect.type);
    }
}


static void
created(void)
{
    int                rc;
    idv_flow_t         flow;
    idv_event_t        event;
    idv_effect_t       effect;
    idv_transaction_t  tx;

    memset(&flow, 0, sizeof(flow));
    memset(&event, 0, sizeof(event));
    memset(&tx, 0, sizeof(tx));

    flow.state = OPTIONS;
    event.type = IDV_EVENT_OPTIONS;
    event.method = IDV_METHOD_EMAIL;
    event.contacts = IDV_CONTACT_EMAIL;
    event.now = 5;
    event.now_ms = 5000;

    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok((flow.flags & IDV_FLOW_CREATING) && flow.busy_until == 30000,
       "creating takes a lease");

    event.type = IDV_EVENT_CANCEL;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_WAIT && flow.state == OPTIONS,
       "what comes meanwhile waits");

    event.type = IDV_EVENT_CREATED;
    strcpy(tx.code, "040817");
    strcpy(tx.url, "https://example.com/?x");
    tx.sent = 0;
    step(&policy, &flow, &event, &tx, &rc, &effect);

    ok(flow.state == REQUIRED && flow.cause == IDV_CAUSE_NOTIFICATION
       && flow.method == IDV_METHOD_QR && flow.busy_until == 0
       && strcmp(flow.code, "040817") == 0,
       "a message that was not sent: the QR code and an error");

    event.type = IDV_EVENT_RETRY;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == DEVICE && flow.code[0] == 0 && flow.url[0] == 0
       && flow.cause == 0, "a retry forgets the old transaction");

    event.type = IDV_EVENT_DEVICE_SELF;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    event.type = IDV_EVENT_CREATED;
    event.method = IDV_METHOD_QR;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok((flow.flags & IDV_FLOW_SELF) && flow.state == REQUIRED, "this device");

    event.type = IDV_EVENT_RETURNED;
    flow.next_read = event.now_ms + 4000;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(!(flow.flags & IDV_FLOW_RETURNED)
       && flow.next_read == event.now_ms + 4000, "a return without its code");
    event.asked = 1;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok((flow.flags & IDV_FLOW_RETURNED) && flow.next_read == event.now_ms,
       "and back: read at once");
    flow.next_read = event.now_ms + 4000;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(flow.next_read == event.now_ms + 4000, "once");

    /* a lease that ran out: its worker is dead */

    event.type = IDV_EVENT_POLL;
    flow.busy_until = event.now_ms + 1;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_WAIT, "busy");
    event.now_ms += 1;
    flow.next_read = 0;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_READ, "until the lease runs out");
    flow.busy_until = 0;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_NONE, "one read in an interval");
    event.now_ms += policy.read_interval;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_READ, "and one in the next");
}


/* a flow in OPTIONS that looks for an earlier success, as an event finds it */

static idv_flow_t
recalling(const idv_flow_policy_t *p, idv_event_t *event,
    idv_transaction_t *tx)
{
    int           rc;
    idv_flow_t    flow;
    idv_effect_t  effect;

    memset(&flow, 0, sizeof(flow));
    memset(event, 0, sizeof(*event));
    memset(tx, 0, sizeof(*tx));

    flow.state = OPTIONS;
    event->type = IDV_EVENT_OPTIONS;
    event->method = IDV_METHOD_SMS;
    event->now = 5;
    event->now_ms = 5000;
    step(p, &flow, event, tx, &rc, &effect);

    ok(rc == OK && effect.type == IDV_EFFECT_RECALL
       && effect.method == IDV_METHOD_SMS && (flow.flags & IDV_FLOW_CREATING)
       && flow.busy_until == 30000, "a choice looks for an earlier success");

    return flow;
}


static void
anew(const idv_flow_t *flow, int rc, const idv_effect_t *effect,
    const char *name)
{
    static const uint8_t  none[16];

    ok(rc == OK && flow->state == OPTIONS && effect->type == IDV_EFFECT_CREATE
       && effect->method == IDV_METHOD_SMS && flow->failures == 0
       && !(flow->flags & IDV_FLOW_COUNTED)
       && memcmp(flow->tx, none, sizeof(none)) == 0,
       "%s: another transaction, as was chosen", name);
}


static void
reuse(void)
{
    int                rc;
    idv_flow_t         flow;
    idv_event_t        event;
    idv_effect_t       effect;
    idv_transaction_t  tx;
    idv_flow_policy_t  p;

    p = policy;
    p.reuse = 3600;

    flow = recalling(&p, &event, &tx);
    event.type = IDV_EVENT_STATUS;
    tx.status = IDV_TX_SUCCESS;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(rc == NO && flow.state == OPTIONS, "nothing but that is looked for");

    event.type = IDV_EVENT_RECALLED;
    step(&p, &flow, &event, NULL, &rc, &effect);
    anew(&flow, rc, &effect, "none");

    event.type = IDV_EVENT_CREATE_FAILED;
    step(&p, &flow, &event, NULL, &rc, &effect);
    event.type = IDV_EVENT_OPTIONS;
    step(&p, &flow, &event, NULL, &rc, &effect);
    anew(&flow, rc, &effect, "looked for once in a flow");

    flow = recalling(&p, &event, &tx);
    memset(tx.id, 9, sizeof(tx.id));
    event.type = IDV_EVENT_RECALLED;
    event.now_ms = 6000;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_READ && flow.tx[0] == 9
       && flow.busy_until == 31000, "what is found is read");

    event.type = IDV_EVENT_STATUS;
    event.now_ms = 7000;
    tx.status = IDV_TX_SUCCESS;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_FETCH && flow.state == OPTIONS
       && flow.busy_until == 32000, "and its claims are fetched");

    event.type = IDV_EVENT_CLAIMS;
    event.cause = IDV_CAUSE_NONE;
    event.verified = 3;
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(flow.state == COMPLETED && flow.entered == 3 && flow.tx[0] == 9
       && flow.busy_until == 0 && !(flow.flags & IDV_FLOW_CREATING)
       && flow.since == 7000, "it is as old as it is");

    /* what may be wrong with it */

    flow = recalling(&p, &event, &tx);
    event.type = IDV_EVENT_RECALLED;
    step(&p, &flow, &event, &tx, &rc, &effect);
    event.type = IDV_EVENT_STATUS;
    tx.status = IDV_TX_FAIL;
    step(&p, &flow, &event, &tx, &rc, &effect);
    anew(&flow, rc, &effect, "one that has failed meanwhile");

    flow = recalling(&p, &event, &tx);
    event.type = IDV_EVENT_RECALLED;
    memset(tx.id, 9, sizeof(tx.id));
    step(&p, &flow, &event, &tx, &rc, &effect);
    event.type = IDV_EVENT_READ_FAILED;
    step(&p, &flow, &event, NULL, &rc, &effect);
    anew(&flow, rc, &effect, "one that cannot be read");

    flow = recalling(&p, &event, &tx);
    event.type = IDV_EVENT_RECALLED;
    step(&p, &flow, &event, &tx, &rc, &effect);
    event.type = IDV_EVENT_CLAIMS;
    event.cause = IDV_CAUSE_MISMATCH;
    step(&p, &flow, &event, NULL, &rc, &effect);
    anew(&flow, rc, &effect, "one of somebody else");
}


/* a user who has to be found before anything is asked of them */

static void
lookup(void)
{
    int                rc;
    unsigned           i;
    idv_flow_t         flow, was;
    idv_event_t        event;
    idv_effect_t       effect;
    idv_transaction_t  tx;
    idv_flow_policy_t  p;

    static const struct {
        idv_cause_e    cause;
        unsigned       state[3];     /* both block, the first and the second
                                        mode let through */
    } users[] = {
        { IDV_CAUSE_USER_NOT_FOUND, { FAILED, COMPLETED, FAILED } },
        { IDV_CAUSE_USER_DISABLED, { FAILED, FAILED, COMPLETED } },
        { IDV_CAUSE_USER_AMBIGUOUS, { FAILED, FAILED, FAILED } }
    };

    p = policy;
    p.lookup = 1;
    p.reuse = 3600;

    memset(&flow, 0, sizeof(flow));
    memset(&event, 0, sizeof(event));
    memset(&tx, 0, sizeof(tx));

    strcpy(flow.user, "ann, whose name is longer");
    flow.state = OPTIONS;
    event.type = IDV_EVENT_OPTIONS;
    event.method = IDV_METHOD_SMS;
    event.now_ms = 5000;
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(effect.type == IDV_EFFECT_FIND && effect.method == IDV_METHOD_SMS
       && (flow.flags & IDV_FLOW_CREATING) && flow.busy_until == 55000,
       "a choice looks for the user first, with the time that takes");
    was = flow;

    event.type = IDV_EVENT_FOUND;
    event.user = "7b3e";
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(rc == OK && flow.found && strcmp(flow.user, "7b3e") == 0
       && flow.user[5] == 0 && effect.type == IDV_EFFECT_RECALL
       && effect.method == IDV_METHOD_SMS && flow.busy_until == 30000,
       "whose earlier success is looked for then");

    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(rc == NO, "and who is found once");

    event.type = IDV_EVENT_CREATE_FAILED;
    step(&p, &flow, &event, NULL, &rc, &effect);
    event.type = IDV_EVENT_OPTIONS;
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(effect.type == IDV_EFFECT_RECALL, "in a flow");

    flow = was;
    flow.state = REQUIRED;
    p.reuse = 0;
    event.type = IDV_EVENT_FOUND;
    event.cause = IDV_CAUSE_FAILED;
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(effect.type == IDV_EFFECT_CREATE && effect.cause == IDV_CAUSE_FAILED,
       "a transaction after a failure says why it is there");

    flow = was;
    flow.flags = 0;
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(rc == NO && !flow.found, "nobody is found who was not looked for");

    flow = was;
    event.user = "";
    step(&p, &flow, &event, NULL, &rc, &effect);
    ok(rc == NO && !flow.found, "nor nobody at all");

    event.type = IDV_EVENT_CREATE_FAILED;

    for (i = 0; i < 9; i++) {
        p.on_user_not_found = i % 3 == 1 ? IDV_BYPASS : IDV_PROVISION;
        p.on_user_disabled = i % 3 == 2 ? IDV_BYPASS : IDV_BLOCK;

        flow = was;
        event.cause = users[i / 3].cause;
        step(&p, &flow, &event, NULL, &rc, &effect);
        ok(flow.state == users[i / 3].state[i % 3]
           && flow.cause == event.cause
           && flow.busy_until == 0, "cause %u, mode %u", event.cause, i % 3);
    }
}


static void
modes(void)
{
    int                rc;
    idv_flow_t         flow, before;
    idv_event_t        event;
    idv_effect_t       effect;
    idv_transaction_t  tx;
    idv_flow_policy_t  p;

    memset(&tx, 0, sizeof(tx));
    memset(&event, 0, sizeof(event));
    memset(&flow, 0, sizeof(flow));
    p = policy;

    /* time-outs at t - 1 and t */

    flow.state = REQUIRED;
    flow.entered = 100;
    flow.since = 100000;
    event.type = IDV_EVENT_LOOK;
    event.now_ms = flow.since + policy.state_timeout * 1000 - 1;
    event.now = 100 + 2 * policy.state_timeout;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == REQUIRED, "until the state times out, whatever the clock");
    event.now_ms++;
    event.now = 1;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == TIMED_OUT, "and when it does");

    event.type = IDV_EVENT_POLL;
    flow.state = PROGRESS;
    flow.since = 100000;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == TIMED_OUT && rc == OK, "a poll is told the time-out");
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == TIMED_OUT && rc == NO, "and is not allowed after it");

    /* bypass */

    p.on_unavailable = IDV_BYPASS;
    flow.state = DEVICE;
    event.type = IDV_EVENT_CREATE_FAILED;
    event.cause = IDV_CAUSE_UNAVAILABLE;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == COMPLETED && (flow.flags & IDV_FLOW_BYPASS),
       "provider away: bypass, if the operator says so");

    flow.flags = 0;
    flow.state = DEVICE;
    event.cause = IDV_CAUSE_NONE;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == DEVICE && !(flow.flags & IDV_FLOW_BYPASS),
       "a provider that refuses is not away");

    p = policy;
    p.on_failed = IDV_BYPASS;
    flow.flags = 0;
    flow.state = PROGRESS;
    flow.tx_status = IDV_TX_IN_PROGRESS;
    flow.failures = 2;
    event.type = IDV_EVENT_STATUS;
    tx.status = IDV_TX_FAIL;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == COMPLETED && (flow.flags & IDV_FLOW_BYPASS),
       "failed for good: bypass, if the operator says so");

    flow.flags = 0;
    flow.state = PROGRESS;
    event.type = IDV_EVENT_CLAIMS;
    event.cause = IDV_CAUSE_MISMATCH;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == FAILED && !(flow.flags & IDV_FLOW_BYPASS),
       "somebody else's document: never");

    /* delivery that the operator decides */

    p = policy;
    p.delivery = IDV_DELIVERY_SMS;
    flow.state = DEVICE;
    flow.busy_until = 0;
    flow.flags = 0;
    event.type = IDV_EVENT_DEVICE_OTHER;
    event.now_ms = flow.since;
    event.contacts = IDV_CONTACT_PHONE | IDV_CONTACT_EMAIL;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_CREATE && effect.method == IDV_METHOD_SMS,
       "forced SMS skips the choice");

    flow.busy_until = 0;
    flow.flags = 0;
    event.contacts = IDV_CONTACT_EMAIL;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(effect.type == IDV_EFFECT_CREATE && effect.method == IDV_METHOD_QR,
       "forced SMS without a number: the QR code");

    p.device_choice = 0;
    flow.state = IDV_STATE_NEW;
    event.type = IDV_EVENT_START;
    step(&p, &flow, &event, &tx, &rc, &effect);
    ok(flow.state == OPTIONS && effect.type == IDV_EFFECT_NONE,
       "without the choice of a device a start still costs nothing");

    flow.state = DEVICE;
    flow.transactions = 16;
    event.type = IDV_EVENT_DEVICE_SELF;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(rc == IDV_FLOW_LIMIT && effect.type == IDV_EFFECT_NONE,
       "transactions of one flow have a bound");

    flow.flags = IDV_FLOW_SELF;
    before = flow;
    event.type = IDV_EVENT_DEVICE_OTHER;
    event.contacts = 0;
    step(&policy, &flow, &event, &tx, &rc, &effect);
    ok(rc == IDV_FLOW_LIMIT && memcmp(&flow, &before, sizeof(flow)) == 0,
       "and what is not done changes nothing");
}


static void
random_walk(const idv_flow_policy_t *p)
{
    int                rc;
    long               i, bad, completed;
    idv_flow_t         flow, was;
    idv_event_t        event;
    idv_effect_t       effect;
    idv_transaction_t  tx;

    memset(&flow, 0, sizeof(flow));
    bad = 0;
    completed = 0;

    srand(1);

    for (i = 0; i < 1000000; i++) {

        memset(&event, 0, sizeof(event));
        memset(&tx, 0, sizeof(tx));

        event.type = rand() % (IDV_EVENT_NEVENTS + 1);
        event.now = 100 + i / 4;
        event.now_ms = event.now * 1000;
        event.contacts = rand() % 4;
        event.method = rand() % 3;
        event.cause = rand() % IDV_CAUSE_NCAUSES;
        tx.status = rand() % (IDV_TX_NSTATUSES + 1);
        tx.timed_out = rand() % 2;
        tx.sent = rand() % 2;
        strcpy(tx.code, "123456");

        was = flow;
        step(p, &flow, &event, &tx, &rc, &effect);

        if (flow.state == IDV_STATE_COMPLETED && was.state != flow.state) {
            completed++;
            bad += event.type != IDV_EVENT_CLAIMS
                   || event.cause != IDV_CAUSE_NONE;
        }

        bad += effect.type == IDV_EFFECT_CREATE
               && event.type != IDV_EVENT_DEVICE_SELF
               && event.type != IDV_EVENT_DEVICE_OTHER
               && event.type != IDV_EVENT_OPTIONS
               && event.type != IDV_EVENT_STATUS
               && !(was.state <= IDV_STATE_OPTIONS
                    && (was.flags & IDV_FLOW_CREATING)
                    && (was.flags & IDV_FLOW_RECALLED));

        /* what is paid for, and what is let in, was looked for first */

        bad += effect.type == IDV_EFFECT_CREATE && p->reuse
               && !(flow.flags & IDV_FLOW_RECALLED);
        bad += effect.type == IDV_EFFECT_RECALL
               && (!p->reuse || (was.flags & IDV_FLOW_RECALLED));

        bad += (was.state == IDV_STATE_ENDED
                || was.state == IDV_STATE_CANCELED)
               && flow.state != was.state;

        bad += rc != IDV_FLOW_OK && effect.type != IDV_EFFECT_NONE;
        bad += flow.state >= IDV_STATE_NSTATES;
        bad += flow.code[0] && flow.state != REQUIRED
               && flow.state != PROGRESS;
        bad += (flow.flags & IDV_FLOW_BYPASS) != 0;
        bad += effect.type == IDV_EFFECT_CREATE && flow.busy_until == 0;

        if (flow.state == IDV_STATE_ENDED || flow.state == IDV_STATE_CANCELED
            || i % 500 == 0)
        {
            memset(&flow, 0, sizeof(flow));
        }
    }

    ok(bad == 0, "a million random steps: %ld wrong ones", bad);
    ok(completed > 100, "of which %ld completed a flow", completed);
}


int
main(void)
{
    table();
    created();
    reuse();
    lookup();
    modes();
    random_walk(&policy);

    policy.reuse = 3600;
    random_walk(&policy);

    return tap_done();
}
