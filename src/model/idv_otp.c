
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_otp.h"


#define IDV_OTP_SECOND  ((int64_t) 1000)
#define IDV_OTP_MINUTE  (60 * IDV_OTP_SECOND)


static void idv_otp_end(idv_otp_t *otp, idv_otp_state_e state);
static int idv_otp_digits(char *code, const char *text, size_t len);
static int idv_otp_equal(const char *a, const char *b);


const idv_otp_rules_t  idv_otp_email = {
    5, 3, 30 * IDV_OTP_SECOND, 10 * IDV_OTP_MINUTE
};

const idv_otp_rules_t  idv_otp_phone = {
    5, 3, 30 * IDV_OTP_SECOND, 5 * IDV_OTP_MINUTE
};


/* in the order of idv_otp_state_e */

static const char *const  idv_otp_states[IDV_OTP_NSTATES] = {
    "REQUESTED",
    "OTP_SENT",
    "OTP_RETRYABLE",
    "SUCCESS",
    "FAIL"
};


/* in the order of idv_otp_result_e */

static const char *const  idv_otp_results[IDV_OTP_NRESULTS] = {
    "OTP_OK",
    "OTP_MALFORMED",
    "OTP_WRONG",
    "OTP_EXPIRED",
    "OTP_DELIVERY_TOO_SOON",
    "OTP_DELIVERIES_EXHAUSTED",
    "OTP_ATTEMPTS_EXHAUSTED",
    "OTP_ALREADY_VERIFIED",
    "OTP_NOT_SENT"
};


idv_otp_result_e
idv_otp_send(idv_otp_t *otp, const idv_otp_rules_t *rules, const char *code,
    int64_t now)
{
    (void) idv_otp_advance(otp, rules, now);

    switch (otp->state) {

    case IDV_OTP_VERIFIED:
        return IDV_OTP_DONE;

    case IDV_OTP_FAILED:
        return IDV_OTP_EXHAUSTED;
    }

    if (otp->deliveries >= rules->deliveries) {
        return IDV_OTP_NO_DELIVERIES;
    }

    if (otp->deliveries && now < otp->sent_at + rules->cooldown) {
        return IDV_OTP_TOO_SOON;
    }

    memcpy(otp->code, code, IDV_OTP_LEN);

    otp->state = IDV_OTP_SENT;
    otp->deliveries++;
    otp->sent_at = now;

    return IDV_OTP_OK;
}


/*
 * Attempts are counted over all deliveries: a new code is no new chance to
 * guess.
 */

idv_otp_result_e
idv_otp_try(idv_otp_t *otp, const idv_otp_rules_t *rules, const char *text,
    size_t len, int64_t now)
{
    char  code[IDV_OTP_LEN];

    (void) idv_otp_advance(otp, rules, now);

    switch (otp->state) {

    case IDV_OTP_REQUESTED:
        return IDV_OTP_NOT_SENT;

    case IDV_OTP_VERIFIED:
        return IDV_OTP_DONE;

    case IDV_OTP_FAILED:
        return IDV_OTP_EXHAUSTED;
    }

    if (!idv_otp_digits(code, text, len)) {
        return IDV_OTP_MALFORMED;
    }

    if (now >= otp->sent_at + rules->life) {
        return IDV_OTP_EXPIRED;
    }

    otp->attempts++;

    if (otp->attempts <= rules->attempts && idv_otp_equal(code, otp->code)) {
        idv_otp_end(otp, IDV_OTP_VERIFIED);
        return IDV_OTP_OK;
    }

    if (otp->attempts >= rules->attempts) {
        idv_otp_end(otp, IDV_OTP_FAILED);
        return IDV_OTP_EXHAUSTED;
    }

    otp->state = IDV_OTP_RETRYABLE;

    return IDV_OTP_WRONG;
}


int
idv_otp_advance(idv_otp_t *otp, const idv_otp_rules_t *rules, int64_t now)
{
    if ((otp->state != IDV_OTP_SENT && otp->state != IDV_OTP_RETRYABLE)
        || now < otp->sent_at + rules->life
        || otp->deliveries < rules->deliveries)
    {
        return 0;
    }

    idv_otp_end(otp, IDV_OTP_FAILED);

    return 1;
}


int
idv_otp_forget(idv_otp_t *otp, const idv_otp_rules_t *rules, int64_t now)
{
    if (otp->code[0] == '\0' || now < otp->sent_at + rules->life) {
        return 0;
    }

    memset(otp->code, 0, IDV_OTP_LEN);

    return 1;
}


void
idv_otp_revoke(idv_otp_t *otp, const idv_otp_rules_t *rules, int64_t now)
{
    if (otp->state != IDV_OTP_SENT && otp->state != IDV_OTP_RETRYABLE) {
        return;
    }

    memset(otp->code, 0, IDV_OTP_LEN);

    if (now < otp->sent_at + rules->life) {
        otp->sent_at = now - rules->life;
    }
}


static void
idv_otp_end(idv_otp_t *otp, idv_otp_state_e state)
{
    otp->state = (uint8_t) state;
    memset(otp->code, 0, IDV_OTP_LEN);
}


/* 0 if these are not as many digits as a code has */

static int
idv_otp_digits(char *code, const char *text, size_t len)
{
    size_t  i, n;

    if (len > IDV_OTP_MAX_TEXT) {
        return 0;
    }

    for (i = 0, n = 0; i < len; i++) {

        if (text[i] == ' ' || text[i] == '-') {
            continue;
        }

        if (text[i] < '0' || text[i] > '9' || n == IDV_OTP_LEN) {
            return 0;
        }

        code[n++] = text[i];
    }

    return n == IDV_OTP_LEN;
}


/* in a time that does not tell how many digits are right */

static int
idv_otp_equal(const char *a, const char *b)
{
    size_t    i;
    unsigned  differ;

    for (i = 0, differ = 0; i < IDV_OTP_LEN; i++) {
        differ |= (unsigned char) (a[i] ^ b[i]);
    }

    return differ == 0;
}


const char *
idv_otp_state_name(unsigned state)
{
    return state < IDV_OTP_NSTATES ? idv_otp_states[state] : NULL;
}


const char *
idv_otp_result_name(unsigned result)
{
    return result < IDV_OTP_NRESULTS ? idv_otp_results[result] : NULL;
}
