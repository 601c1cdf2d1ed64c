
/*
 * Copyright (C) nginx-idv authors
 *
 * One-time passwords for an e-mail address or a phone: how often one is sent
 * and tried, how soon after each other, and how long it is good.  The caller
 * makes the code, delivers it and keeps the state; times are in milliseconds.
 */


#ifndef _IDV_OTP_H_INCLUDED_
#define _IDV_OTP_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define IDV_OTP_LEN       6          /* digits */
#define IDV_OTP_MAX_TEXT  32         /* bytes of what is typed in */


/* email.otp and phone.otp of a verify policy */

typedef struct {
    uint8_t     attempts;
    uint8_t     deliveries;
    int64_t     cooldown;
    int64_t     life;
} idv_otp_rules_t;


/* of a policy that does not say */
extern const idv_otp_rules_t  idv_otp_email;
extern const idv_otp_rules_t  idv_otp_phone;


typedef enum {
    IDV_OTP_REQUESTED = 0,           /* none was sent: all zero */
    IDV_OTP_SENT,
    IDV_OTP_RETRYABLE,               /* a wrong one was typed in */
    IDV_OTP_VERIFIED,
    IDV_OTP_FAILED,
    IDV_OTP_NSTATES
} idv_otp_state_e;


typedef struct {
    uint8_t     state;               /* idv_otp_state_e */
    uint8_t     attempts;            /* so far, over all deliveries */
    uint8_t     deliveries;          /* so far */
    char        code[IDV_OTP_LEN];   /* zero once it is of no use */
    int64_t     sent_at;
} idv_otp_t;


typedef enum {
    IDV_OTP_OK = 0,
    IDV_OTP_MALFORMED,               /* no six digits: it does not count */
    IDV_OTP_WRONG,                   /* there are attempts left */
    IDV_OTP_EXPIRED,                 /* there are deliveries left */
    IDV_OTP_TOO_SOON,
    IDV_OTP_NO_DELIVERIES,           /* the last one may still be typed in */
    IDV_OTP_EXHAUSTED,               /* failed, now or before */
    IDV_OTP_DONE,                    /* verified before */
    IDV_OTP_NOT_SENT,
    IDV_OTP_NRESULTS
} idv_otp_result_e;


/* a code is about to be delivered, which takes the place of the one before */
idv_otp_result_e idv_otp_send(idv_otp_t *otp, const idv_otp_rules_t *rules,
    const char *code, int64_t now);

/* what the user typed in, with spaces and hyphens anywhere */
idv_otp_result_e idv_otp_try(idv_otp_t *otp, const idv_otp_rules_t *rules,
    const char *text, size_t len, int64_t now);

/*
 * Lets time pass: one that has expired and cannot be sent again has failed.
 * 1 if the state has changed.
 */
int idv_otp_advance(idv_otp_t *otp, const idv_otp_rules_t *rules,
    int64_t now);

/* forgets a code whose time is over, and nothing else; 1 if there was one */
int idv_otp_forget(idv_otp_t *otp, const idv_otp_rules_t *rules, int64_t now);

/*
 * A code that was sent to what is the address no more: it is out of time at
 * once.  What was counted stays.
 */
void idv_otp_revoke(idv_otp_t *otp, const idv_otp_rules_t *rules, int64_t now);

/* the SDK's word: REQUESTED, OTP_SENT, OTP_RETRYABLE, SUCCESS, FAIL */
const char *idv_otp_state_name(unsigned state);

/* e.g. OTP_WRONG; NULL out of range */
const char *idv_otp_result_name(unsigned result);


#endif /* _IDV_OTP_H_INCLUDED_ */
