
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_check.h"


static void idv_svc_tx_passwords(idv_svc_tx_t *tx, int64_t now);
static void idv_svc_tx_forget(idv_svc_tx_t *tx);
static void idv_svc_tx_tell(idv_svc_tx_t *tx, ngx_uint_t closing, int64_t at);
static ngx_uint_t idv_svc_tx_tell_one(idv_svc_tx_t *tx, ngx_uint_t check,
    int64_t at);
static void idv_svc_tx_again(idv_svc_tx_t *tx, ngx_uint_t groups, int64_t at);
static ngx_uint_t idv_svc_tx_failed(const idv_svc_tx_t *tx);
static idv_tx_status_e idv_svc_tx_told(ngx_uint_t found);
static void idv_svc_tx_conclude(idv_svc_tx_t *tx, int64_t at);
static void idv_svc_tx_decide(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t at);
static void idv_svc_tx_checks(idv_svc_tx_t *tx, idv_tx_status_e status,
    ngx_uint_t all);
static void idv_svc_tx_change(idv_svc_tx_t *tx, int64_t now);


void
idv_svc_tx_item(const idv_svc_tx_t *tx, ngx_uint_t item, u_char *uuid)
{
    ngx_memcpy(uuid, tx->items, IDV_SVC_UUID);

    uuid[IDV_SVC_UUID - 1] = (u_char) item;
}


void
idv_svc_tx_plan(idv_svc_tx_t *tx, const idv_svc_policy_t *rules,
    ngx_uint_t reference, ngx_uint_t record)
{
    ngx_uint_t  i, required, asked;

    required = 0;
    asked = 0;

    for (i = 0; i < IDV_SVC_NMATCHES; i++) {
        required |= (rules->match[i].threshold && rules->match[i].required);
        asked |= (rules->match[i].threshold != 0);
    }

    tx->rules = *rules;

    tx->level[IDV_SVC_CHECK_EMAIL] = (uint8_t) rules->email.verify;
    tx->level[IDV_SVC_CHECK_PHONE] = (uint8_t) rules->phone.verify;
    tx->level[IDV_SVC_CHECK_GOVERNMENT_ID] = (uint8_t) rules->government_id;
    tx->level[IDV_SVC_CHECK_LIVENESS] = (uint8_t) rules->liveness;
    tx->level[IDV_SVC_CHECK_VOICE] = (uint8_t) rules->voice;
    tx->level[IDV_SVC_CHECK_CREDENTIAL] = (uint8_t) rules->credential;
    tx->level[IDV_SVC_CHECK_DEVICE] = (uint8_t) rules->device;

    if (rules->data_threshold) {
        tx->level[IDV_SVC_CHECK_DATA] = IDV_SVC_REQUIRED;
    }

    if (idv_svc_enabled(rules->government_id)) {
        tx->level[IDV_SVC_CHECK_FACE_DOCUMENT] = (uint8_t) rules->facial;
    }

    if (reference) {
        tx->level[IDV_SVC_CHECK_FACE_REFERENCE] = (uint8_t) rules->facial;
    }

    /* that a photo was taken, and not slipped in: always with the others */

    if (rules->facial == IDV_SVC_REQUIRED
        || rules->liveness == IDV_SVC_REQUIRED)
    {
        tx->level[IDV_SVC_CHECK_INJECTION] = IDV_SVC_REQUIRED;
    }

    if (required || (asked && record)) {
        tx->level[IDV_SVC_CHECK_RECORD] = required ? IDV_SVC_REQUIRED
                                                   : IDV_SVC_OPTIONAL;
    }

    tx->status = IDV_TX_REQUESTED;

    idv_svc_tx_checks(tx, IDV_TX_REQUESTED, 1);
}


ngx_uint_t
idv_svc_tx_collecting(const idv_svc_tx_t *tx)
{
    return tx->status == IDV_TX_REQUESTED || tx->status == IDV_TX_INITIATED
           || tx->status == IDV_TX_PARTIAL;
}


void
idv_svc_tx_advance(idv_svc_tx_t *tx, int64_t now)
{
    ngx_uint_t  i;

    idv_svc_tx_passwords(tx, now);

    /* an attempt that was not good enough may be out of time as well */

    for (i = 0; i <= IDV_SVC_MAX_ATTEMPTS * IDV_SVC_NGROUPS; i++) {

        switch (tx->status) {

        case IDV_TX_REQUESTED:
            if (now < tx->expires) {
                return;
            }

            idv_svc_tx_decide(tx, IDV_TX_FAIL, IDV_SVC_REASON_TIMED_OUT,
                              tx->expires);
            break;

        case IDV_TX_INITIATED:
        case IDV_TX_PARTIAL:
            if (now < tx->collect_until) {
                return;
            }

            idv_svc_tx_decide(tx, IDV_TX_FAIL, IDV_SVC_REASON_TIMED_OUT,
                              tx->collect_until);
            break;

        case IDV_TX_IN_PROGRESS:

            /* documents are in: what remains may outlast the transaction */

            if (tx->decide_at == 0 || now < tx->decide_at) {
                return;
            }

            idv_svc_tx_tell(tx, 1, tx->decide_at);
            break;

        default:
            if (!tx->wiped && now >= tx->decided_at + tx->personal_time) {
                tx->wiped = 1;
                tx->version++;
            }

            return;
        }
    }
}


/* a code that is out of time is of no use to anybody */

static void
idv_svc_tx_passwords(idv_svc_tx_t *tx, int64_t now)
{
    ngx_uint_t       i;
    idv_otp_rules_t  rules;

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        idv_svc_tx_otp_rules(tx, i, &rules);

        tx->version += idv_otp_forget(&tx->otp[i], &rules, now);
    }
}


/* nobody will type in a code any more */

static void
idv_svc_tx_forget(idv_svc_tx_t *tx)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
        if (tx->otp[i].state != IDV_OTP_VERIFIED
            && tx->otp[i].state != IDV_OTP_FAILED)
        {
            ngx_memzero(&tx->otp[i], sizeof(idv_otp_t));
        }
    }
}


void
idv_svc_tx_otp_rules(const idv_svc_tx_t *tx, idv_svc_channel_e channel,
    idv_otp_rules_t *rules)
{
    const idv_svc_otp_t  *otp;

    otp = (channel == IDV_SVC_EMAIL) ? &tx->rules.email : &tx->rules.phone;

    rules->attempts = (uint8_t) otp->attempts;
    rules->deliveries = (uint8_t) otp->deliveries;
    rules->cooldown = IDV_SVC_SECOND * idv_svc_model_seconds(&otp->cooldown);
    rules->life = IDV_SVC_SECOND * idv_svc_model_seconds(&otp->life);
}


idv_svc_check_e
idv_svc_tx_otp_check(idv_svc_channel_e channel)
{
    return channel == IDV_SVC_EMAIL ? IDV_SVC_CHECK_EMAIL
                                    : IDV_SVC_CHECK_PHONE;
}


int64_t
idv_svc_tx_due(const idv_svc_tx_t *tx)
{
    int64_t          due;
    ngx_uint_t       i;
    idv_otp_rules_t  rules;

    switch (tx->status) {

    case IDV_TX_REQUESTED:
        return tx->expires;

    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        due = tx->collect_until;

        for (i = 0; i < IDV_SVC_NCHANNELS; i++) {
            if (tx->otp[i].code[0]) {
                idv_svc_tx_otp_rules(tx, i, &rules);
                due = ngx_min(due, tx->otp[i].sent_at + rules.life);
            }
        }

        return due;

    case IDV_TX_IN_PROGRESS:
        return tx->decide_at ? tx->decide_at : tx->updated + tx->record_time;
    }

    return tx->wiped ? tx->decided_at + tx->record_time
                     : tx->decided_at + tx->personal_time;
}


ngx_uint_t
idv_svc_tx_gone(const idv_svc_tx_t *tx, int64_t now)
{
    if (idv_svc_tx_decided(tx)) {
        return now >= tx->decided_at + tx->record_time;
    }

    /* nobody has said what is to become of it */

    return tx->status == IDV_TX_IN_PROGRESS && tx->decide_at == 0
           && now >= tx->updated + tx->record_time;
}


ngx_uint_t
idv_svc_tx_decided(const idv_svc_tx_t *tx)
{
    return tx->status > IDV_TX_IN_PROGRESS;
}


ngx_uint_t
idv_svc_tx_checked(const idv_svc_tx_t *tx)
{
    return tx->held || idv_svc_tx_decided(tx);
}


ngx_uint_t
idv_svc_tx_assures(const idv_svc_tx_t *tx)
{
    return tx->rules.ida
           && (tx->status == IDV_TX_SUCCESS
               || tx->status == IDV_TX_APPROVED_MANUALLY
               || tx->status == IDV_TX_APPROVED_NO_REQUEST)
           && tx->checks[IDV_SVC_CHECK_GOVERNMENT_ID] == IDV_TX_SUCCESS;
}


ngx_int_t
idv_svc_tx_begin(idv_svc_tx_t *tx, int64_t now)
{
    if (tx->status != IDV_TX_REQUESTED) {
        return NGX_DECLINED;
    }

    tx->status = IDV_TX_INITIATED;
    tx->begun = now;
    tx->collect_until = ngx_min(now + tx->collect_time, tx->expires);

    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


/* nobody has to say what comes of what is not there any more */

void
idv_svc_tx_changed(idv_svc_tx_t *tx, ngx_uint_t give)
{
    ngx_uint_t  i;

    if (!idv_svc_tx_collecting(tx)) {
        return;
    }

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->found[i] == IDV_SVC_FOUND_OPEN
            && (idv_svc_checks[i].needs & give))
        {
            tx->found[i] = IDV_SVC_FOUND_NOTHING;
            tx->why[i] = IDV_SVC_REASON_NONE;
        }
    }
}


ngx_int_t
idv_svc_tx_give(idv_svc_tx_t *tx, ngx_uint_t given, int64_t now)
{
    ngx_uint_t  i, needs;

    if (!idv_svc_tx_collecting(tx)) {
        return NGX_DECLINED;
    }

    (void) idv_svc_tx_begin(tx, now);

    tx->status = IDV_TX_PARTIAL;
    tx->given = (uint8_t) given;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_tx_open(tx, i)) {
            needs = idv_svc_checks[i].needs;

            tx->checks[i] = (tx->found[i] == IDV_SVC_FOUND_OPEN
                             || (needs && (tx->given & needs) == needs))
                            ? IDV_TX_IN_PROGRESS : IDV_TX_REQUESTED;
        }
    }

    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


ngx_int_t
idv_svc_tx_submit(idv_svc_tx_t *tx, int64_t time, int64_t now)
{
    ngx_uint_t  i;

    if (!idv_svc_tx_collecting(tx)) {
        return NGX_DECLINED;
    }

    (void) idv_svc_tx_begin(tx, now);

    idv_svc_tx_forget(tx);

    tx->status = IDV_TX_IN_PROGRESS;
    tx->submitted = now;
    tx->decide_at = now + time;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_tx_open(tx, i)) {
            tx->checks[i] = IDV_TX_IN_PROGRESS;
        }
    }

    idv_svc_tx_change(tx, now);

    return NGX_OK;
}


void
idv_svc_tx_process(idv_svc_tx_t *tx, int64_t now)
{
    idv_svc_tx_tell(tx, 0, now);
}


ngx_int_t
idv_svc_tx_answer(idv_svc_tx_t *tx, ngx_uint_t check, idv_svc_found_e found,
    idv_svc_reason_e reason, int64_t now)
{
    if (idv_svc_tx_decided(tx) || !idv_svc_tx_open(tx, check)) {
        return NGX_DECLINED;
    }

    tx->found[check] = (uint8_t) found;
    tx->why[check] = (uint8_t) reason;

    /* one that is being processed is told with all the others */

    if (tx->status != IDV_TX_IN_PROGRESS || tx->decide_at == 0) {
        idv_svc_tx_tell(tx, tx->status == IDV_TX_IN_PROGRESS, now);
    }

    return NGX_OK;
}


static void
idv_svc_tx_tell(idv_svc_tx_t *tx, ngx_uint_t closing, int64_t at)
{
    ngx_uint_t  i, again, waiting;

    again = 0;
    waiting = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_tx_open(tx, i)) {
            again |= idv_svc_tx_tell_one(tx, i, at);
            waiting |= (tx->found[i] == IDV_SVC_FOUND_OPEN
                        && tx->level[i] == IDV_SVC_REQUIRED);
        }
    }

    tx->decide_at = 0;

    /* nothing that is given again would change what has failed for good */

    if (again && !idv_svc_tx_failed(tx)) {
        idv_svc_tx_again(tx, again, at);
        return;
    }

    if (!closing || (waiting && !idv_svc_tx_failed(tx))) {
        tx->held = (uint8_t) closing;
        idv_svc_tx_change(tx, at);
        return;
    }

    idv_svc_tx_conclude(tx, at);
}


/* the group's bit if the user has another attempt */

static ngx_uint_t
idv_svc_tx_tell_one(idv_svc_tx_t *tx, ngx_uint_t check, int64_t at)
{
    ngx_uint_t  group;

    group = idv_svc_checks[check].group;

    switch (tx->found[check]) {

    case IDV_SVC_FOUND_GOOD:
        tx->checks[check] = IDV_TX_SUCCESS;
        tx->found[check] = IDV_SVC_FOUND_NOTHING;
        break;

    case IDV_SVC_FOUND_UNCLEAR:

        if (tx->attempt[group] < idv_svc_tx_retries(tx, group)
            && at < tx->expires)
        {
            return 1 << group;
        }

        /* fall through */

    case IDV_SVC_FOUND_BAD:
        tx->checks[check] = IDV_TX_FAIL;
        tx->found[check] = IDV_SVC_FOUND_NOTHING;
        break;
    }

    return 0;
}


ngx_uint_t
idv_svc_tx_retries(const idv_svc_tx_t *tx, ngx_uint_t group)
{
    switch (group) {

    case IDV_SVC_GROUP_ID:
        return tx->rules.id_retries;

    case IDV_SVC_GROUP_SELFIE:
        return tx->rules.liveness_retries;
    }

    return 0;
}


/* back to the user, with a time for collection that begins anew */

static void
idv_svc_tx_again(idv_svc_tx_t *tx, ngx_uint_t groups, int64_t at)
{
    ngx_uint_t  i, given, group, anew;

    given = 0;
    ngx_memzero(tx->again, sizeof(tx->again));

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        group = idv_svc_checks[i].group;

        if ((groups & (1 << group)) && idv_svc_tx_open(tx, i)
            && tx->again[group] == IDV_SVC_REASON_NONE)
        {
            tx->again[group] = tx->why[i];
        }
    }

    if (groups & (1 << IDV_SVC_GROUP_ID)) {
        tx->attempt[IDV_SVC_GROUP_ID]++;
        tx->sides = 0;
        idv_svc_tx_unread(tx);
        given |= IDV_SVC_GIVE_DOCUMENT;
    }

    if (groups & (1 << IDV_SVC_GROUP_SELFIE)) {
        tx->attempt[IDV_SVC_GROUP_SELFIE]++;
        given |= IDV_SVC_GIVE_SELFIE;
    }

    tx->given &= (uint8_t) ~given;

    /* what was good or open is so of the attempt before: that was another */

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        anew = (idv_svc_checks[i].needs & given) != 0
               && tx->checks[i] == IDV_TX_SUCCESS;

        if (anew
            || (idv_svc_tx_open(tx, i)
                && (tx->found[i] != IDV_SVC_FOUND_OPEN
                    || (idv_svc_checks[i].needs & given))))
        {
            tx->found[i] = IDV_SVC_FOUND_NOTHING;
            tx->why[i] = IDV_SVC_REASON_NONE;
            tx->checks[i] = IDV_TX_REQUESTED;
        }
    }

    tx->status = IDV_TX_PARTIAL;
    tx->collect_until = ngx_min(at + tx->collect_time, tx->expires);

    idv_svc_tx_change(tx, at);
}


void
idv_svc_tx_unread(idv_svc_tx_t *tx)
{
    tx->typed = 0;
    tx->zone = 0;
    tx->faults = 0;
    tx->differs = 0;

    ngx_memzero(tx->match, sizeof(tx->match));

    idv_svc_tx_changed(tx, IDV_SVC_GIVE_DOCUMENT);
}


static ngx_uint_t
idv_svc_tx_failed(const idv_svc_tx_t *tx)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->level[i] == IDV_SVC_REQUIRED && tx->checks[i] == IDV_TX_FAIL) {
            return 1;
        }
    }

    return 0;
}


/*
 * Every required check has to be a success.  One that nobody made is none,
 * unless another has failed already; an optional one may have been left out,
 * and may have failed.
 */

static void
idv_svc_tx_conclude(idv_svc_tx_t *tx, int64_t at)
{
    ngx_uint_t        i, failed;
    idv_svc_reason_e  reason;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->found[i] == IDV_SVC_FOUND_UNCLEAR) {
            tx->checks[i] = IDV_TX_FAIL;
            tx->found[i] = IDV_SVC_FOUND_NOTHING;
        }
    }

    failed = idv_svc_tx_failed(tx);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (!idv_svc_tx_open(tx, i)) {
            continue;
        }

        if (tx->rules.collect_only || failed
            || tx->level[i] == IDV_SVC_OPTIONAL)
        {
            tx->checks[i] = IDV_TX_NOT_REQUIRED;

        } else {
            tx->checks[i] = IDV_TX_FAIL;
            tx->why[i] = IDV_SVC_REASON_NOT_PERFORMED;
        }

        tx->found[i] = IDV_SVC_FOUND_NOTHING;
    }

    reason = IDV_SVC_REASON_NONE;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->level[i] == IDV_SVC_REQUIRED && tx->checks[i] == IDV_TX_FAIL
            && (reason == IDV_SVC_REASON_NONE
                || reason == IDV_SVC_REASON_NOT_PERFORMED))
        {
            reason = tx->why[i] ? tx->why[i] : IDV_SVC_REASON_REJECTED;
        }
    }

    idv_svc_tx_decide(tx, reason ? IDV_TX_FAIL : IDV_TX_SUCCESS, reason, at);
}


ngx_int_t
idv_svc_tx_approve(idv_svc_tx_t *tx, idv_tx_status_e status, int64_t now)
{
    ngx_uint_t  i;

    if (tx->status != IDV_TX_FAIL && tx->status != IDV_TX_IN_PROGRESS
        && !(tx->status == IDV_TX_REQUESTED
             && status == IDV_TX_APPROVED_NO_REQUEST))
    {
        return NGX_DECLINED;
    }

    /*
     * Who approves what waits for a person has looked at what is open.  What
     * nobody has looked at will not be made any more.
     */

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (!idv_svc_tx_open(tx, i)) {
            continue;
        }

        tx->checks[i] = (tx->held && tx->found[i] == IDV_SVC_FOUND_OPEN)
                        ? IDV_TX_SUCCESS : idv_svc_tx_told(tx->found[i]);
        tx->found[i] = IDV_SVC_FOUND_NOTHING;
    }

    idv_svc_tx_decide(tx, status, IDV_SVC_REASON_NONE, now);

    tx->expires = now + IDV_SVC_APPROVED;

    return NGX_OK;
}


/* what a check comes to that nobody waits for */

static idv_tx_status_e
idv_svc_tx_told(ngx_uint_t found)
{
    switch (found) {

    case IDV_SVC_FOUND_GOOD:
        return IDV_TX_SUCCESS;

    case IDV_SVC_FOUND_BAD:
    case IDV_SVC_FOUND_UNCLEAR:
        return IDV_TX_FAIL;
    }

    return IDV_TX_NOT_REQUIRED;
}


ngx_int_t
idv_svc_tx_reject(idv_svc_tx_t *tx, idv_svc_reason_e reason, int64_t now)
{
    ngx_uint_t  i;

    if (tx->status != IDV_TX_IN_PROGRESS) {
        return NGX_DECLINED;
    }

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (!idv_svc_tx_open(tx, i)) {
            continue;
        }

        tx->checks[i] = IDV_TX_NOT_REQUIRED;

        if (tx->found[i] == IDV_SVC_FOUND_OPEN
            && tx->level[i] == IDV_SVC_REQUIRED)
        {
            tx->checks[i] = IDV_TX_FAIL;
            tx->why[i] = (uint8_t) reason;
        }

        tx->found[i] = IDV_SVC_FOUND_NOTHING;
    }

    idv_svc_tx_decide(tx, IDV_TX_FAIL, reason, now);

    return NGX_OK;
}


void
idv_svc_tx_force(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t now)
{
    tx->decide_at = 0;
    tx->decided_at = 0;
    tx->collect_until = 0;
    tx->reason = IDV_SVC_REASON_NONE;
    tx->wiped = 0;
    tx->dropped = 0;
    tx->test = 1;
    tx->unnoted = 0;
    tx->assured = 0;
    tx->begun = 0;
    tx->submitted = 0;
    tx->given = 0;
    tx->skipped = 0;
    tx->held = 0;
    tx->undelivered = 0;
    tx->draft = 0;
    tx->kind = 0;
    tx->sides = 0;

    ngx_memzero(tx->again, sizeof(tx->again));

    ngx_memzero(tx->otp, sizeof(tx->otp));
    ngx_memzero(tx->found, sizeof(tx->found));
    ngx_memzero(tx->why, sizeof(tx->why));

    switch (status) {

    case IDV_TX_REQUESTED:
    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        idv_svc_tx_checks(tx, IDV_TX_REQUESTED, 1);

        if (status == IDV_TX_PARTIAL
            && idv_svc_enabled(tx->level[IDV_SVC_CHECK_GOVERNMENT_ID]))
        {
            tx->given = IDV_SVC_GIVE_DOCUMENT;
            tx->checks[IDV_SVC_CHECK_GOVERNMENT_ID] = IDV_TX_IN_PROGRESS;
        }

        if (status != IDV_TX_REQUESTED) {
            tx->collect_until = ngx_min(now + tx->collect_time, tx->expires);
        }

        break;

    case IDV_TX_IN_PROGRESS:
        idv_svc_tx_checks(tx, IDV_TX_IN_PROGRESS, 1);
        break;

    default:
        if (status == IDV_TX_SUCCESS || status == IDV_TX_FAIL
            || status == IDV_TX_NOT_REQUIRED)
        {
            idv_svc_tx_checks(tx, status, 1);
        }

        if (status == IDV_TX_FAIL) {
            reason = reason ? reason : IDV_SVC_REASON_REJECTED;

        } else {
            reason = IDV_SVC_REASON_NONE;
        }

        idv_svc_tx_decide(tx, status, reason, now);
        return;
    }

    tx->status = status;

    idv_svc_tx_change(tx, now);
}


/*
 * An approval overrides the checks, it does not rewrite them; a time-out ends
 * those that were under way.
 */

static void
idv_svc_tx_decide(idv_svc_tx_t *tx, idv_tx_status_e status,
    idv_svc_reason_e reason, int64_t at)
{
    if (reason == IDV_SVC_REASON_TIMED_OUT) {
        idv_svc_tx_checks(tx, IDV_TX_FAIL, 0);
    }

    idv_svc_tx_forget(tx);

    tx->status = status;
    tx->reason = reason;
    tx->decided_at = at;
    tx->decide_at = 0;
    tx->held = 0;

    idv_svc_tx_change(tx, at);
}


/* of the policy's checks all, or those that have not come to their end */

static void
idv_svc_tx_checks(idv_svc_tx_t *tx, idv_tx_status_e status, ngx_uint_t all)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (all ? idv_svc_enabled(tx->level[i]) : idv_svc_tx_open(tx, i)) {
            tx->checks[i] = status;
        }
    }
}


static void
idv_svc_tx_change(idv_svc_tx_t *tx, int64_t now)
{
    tx->updated = now;
    tx->version++;
}
