
/*
 * Copyright (C) nginx-idv authors
 *
 * One-time passwords, as stories: what is sent and typed in at which second,
 * and what is said to it.  Six digits can be guessed, so each bound is met
 * exactly.
 */


#include "tap.h"
#include "model/idv_otp.h"


#define MAX_STEPS  12


/* "send 111111" or "try 111111", at that second */

typedef struct {
    int                at;
    const char        *what;
    idv_otp_result_e   result;
    idv_otp_state_e    state;
} step_t;


typedef struct {
    const char        *name;
    idv_otp_rules_t    rules;
    step_t             step[MAX_STEPS];
} story_t;


static const story_t  stories[] = {

    { "it is typed in", { 5, 3, 30000, 600000 }, {
        { 0, "try 111111", IDV_OTP_NOT_SENT, IDV_OTP_REQUESTED },
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 9, "try 111111", IDV_OTP_OK, IDV_OTP_VERIFIED },
        { 9, "try 111111", IDV_OTP_DONE, IDV_OTP_VERIFIED },
        { 99, "send 222222", IDV_OTP_DONE, IDV_OTP_VERIFIED },
        { 9999, "try 111111", IDV_OTP_DONE, IDV_OTP_VERIFIED } } },

    { "it is typed in with slips", { 5, 3, 30000, 600000 }, {
        { 0, "send 012345", IDV_OTP_OK, IDV_OTP_SENT },
        { 1, "try ", IDV_OTP_MALFORMED, IDV_OTP_SENT },
        { 1, "try 01234", IDV_OTP_MALFORMED, IDV_OTP_SENT },
        { 1, "try 0123456", IDV_OTP_MALFORMED, IDV_OTP_SENT },
        { 1, "try 01234O", IDV_OTP_MALFORMED, IDV_OTP_SENT },
        { 1, "try 012345                           ", IDV_OTP_MALFORMED,
          IDV_OTP_SENT },
        { 2, "try 012346", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 3, "try 112345", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 4, "try  012-345 ", IDV_OTP_OK, IDV_OTP_VERIFIED } } },

    { "it is guessed at", { 3, 3, 30000, 600000 }, {
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 1, "try 000001", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 30, "send 222222", IDV_OTP_OK, IDV_OTP_SENT },
        { 31, "try 111111", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 32, "try 000003", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED },
        { 33, "try 222222", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED },
        { 99, "send 333333", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED },
        { 99, "try 333333", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED } } },

    { "the last attempt counts", { 2, 1, 0, 600000 }, {
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 1, "try 000000", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 2, "try 111111", IDV_OTP_OK, IDV_OTP_VERIFIED } } },

    { "it is asked for again", { 5, 3, 30000, 60000 }, {
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 29, "send 222222", IDV_OTP_TOO_SOON, IDV_OTP_SENT },
        { 30, "send 222222", IDV_OTP_OK, IDV_OTP_SENT },
        { 59, "send 333333", IDV_OTP_TOO_SOON, IDV_OTP_SENT },
        { 60, "send 333333", IDV_OTP_OK, IDV_OTP_SENT },
        { 99, "send 444444", IDV_OTP_NO_DELIVERIES, IDV_OTP_SENT },
        { 99, "try 222222", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 119, "try 333333", IDV_OTP_OK, IDV_OTP_VERIFIED } } },

    { "it comes too late", { 5, 2, 30000, 60000 }, {
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 60, "try 111111", IDV_OTP_EXPIRED, IDV_OTP_SENT },
        { 61, "send 222222", IDV_OTP_OK, IDV_OTP_SENT },
        { 120, "try 000000", IDV_OTP_WRONG, IDV_OTP_RETRYABLE },
        { 121, "try 222222", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED },
        { 121, "send 333333", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED } } },

    { "rules of nothing", { 0, 0, 0, 0 }, {
        { 0, "send 111111", IDV_OTP_NO_DELIVERIES, IDV_OTP_REQUESTED },
        { 0, "try 111111", IDV_OTP_NOT_SENT, IDV_OTP_REQUESTED } } },

    { "no attempt at all", { 0, 1, 0, 60000 }, {
        { 0, "send 111111", IDV_OTP_OK, IDV_OTP_SENT },
        { 1, "try 111111", IDV_OTP_EXHAUSTED, IDV_OTP_FAILED } } }
};


static void
test_stories(void)
{
    size_t              i, j, len;
    int64_t             now;
    const char         *text;
    idv_otp_t           otp;
    const step_t       *s;
    idv_otp_result_e    result;

    for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        memset(&otp, 0, sizeof(idv_otp_t));

        for (j = 0; j < MAX_STEPS && stories[i].step[j].what; j++) {
            s = &stories[i].step[j];
            now = 1000 * (int64_t) s->at;
            text = strchr(s->what, ' ') + 1;
            len = strlen(text);

            result = (s->what[0] == 's')
                     ? idv_otp_send(&otp, &stories[i].rules, text, now)
                     : idv_otp_try(&otp, &stories[i].rules, text, len, now);

            ok(result == s->result && otp.state == s->state,
               "%s: %s at %d: %s, %s", stories[i].name, s->what, s->at,
               idv_otp_result_name(result), idv_otp_state_name(otp.state));

            if (otp.state == IDV_OTP_VERIFIED || otp.state == IDV_OTP_FAILED) {
                ok(otp.code[0] == '\0' && otp.code[IDV_OTP_LEN - 1] == '\0',
                   "%s: the code is gone", stories[i].name);
            }
        }
    }
}


static void
test_time(void)
{
    idv_otp_t  otp;

    memset(&otp, 0, sizeof(idv_otp_t));

    ok(!idv_otp_advance(&otp, &idv_otp_email, 999999999), "none was sent");

    otp.deliveries = 2;
    (void) idv_otp_send(&otp, &idv_otp_email, "111111", 60000);

    ok(!idv_otp_advance(&otp, &idv_otp_email, 659999)
       && otp.state == IDV_OTP_SENT, "the last one is good for ten minutes");
    ok(idv_otp_advance(&otp, &idv_otp_email, 660000)
       && otp.state == IDV_OTP_FAILED, "and then it has failed");
    ok(!idv_otp_advance(&otp, &idv_otp_email, 700000), "once");

    is_int(idv_otp_phone.life, 300000, "a phone's is good for five");

    /* whoever reads the memory after its time finds nothing */

    memset(&otp, 0, sizeof(idv_otp_t));

    ok(!idv_otp_forget(&otp, &idv_otp_phone, 999999999), "nothing to forget");

    (void) idv_otp_send(&otp, &idv_otp_phone, "111111", 60000);

    ok(!idv_otp_forget(&otp, &idv_otp_phone, 359999)
       && otp.code[5] == '1', "a code stays for five minutes");
    ok(idv_otp_forget(&otp, &idv_otp_phone, 360000)
       && otp.code[0] == '\0' && otp.code[5] == '\0'
       && otp.state == IDV_OTP_SENT, "and then it alone is forgotten");
    ok(!idv_otp_forget(&otp, &idv_otp_phone, 360000), "once");
    is_int(idv_otp_try(&otp, &idv_otp_phone, "000000", 6, 360001),
           IDV_OTP_EXPIRED, "which is no code of zeros");

    /* no letter of it gives itself away: all of them are compared */

    memset(&otp, 0, sizeof(idv_otp_t));
    (void) idv_otp_send(&otp, &idv_otp_phone, "123456", 0);
    is_int(idv_otp_try(&otp, &idv_otp_phone, "123457", 6, 1), IDV_OTP_WRONG,
           "the last digit counts");
    is_int(idv_otp_try(&otp, &idv_otp_phone, "023456", 6, 1), IDV_OTP_WRONG,
           "and so does the first");

    /* a code whose address has changed, however soon */

    memset(&otp, 0, sizeof(idv_otp_t));
    idv_otp_revoke(&otp, &idv_otp_phone, 400000);
    ok(otp.state == IDV_OTP_REQUESTED && otp.sent_at == 0, "none was sent yet");

    (void) idv_otp_send(&otp, &idv_otp_phone, "123456", 400000);
    (void) idv_otp_try(&otp, &idv_otp_phone, "123457", 6, 400001);
    idv_otp_revoke(&otp, &idv_otp_phone, 400002);
    is_int(idv_otp_try(&otp, &idv_otp_phone, "123456", 6, 400002),
           IDV_OTP_EXPIRED, "a code of another address is out of time");
    ok(otp.attempts == 1 && otp.deliveries == 1 && otp.code[5] == '\0',
       "what was counted stays, and the code does not");
    ok(idv_otp_send(&otp, &idv_otp_phone, "222222", 400003) == IDV_OTP_OK
       && idv_otp_try(&otp, &idv_otp_phone, "222222", 6, 400004) == IDV_OTP_OK,
       "the new address gets one of its own, which is good");
    idv_otp_revoke(&otp, &idv_otp_phone, 400005);
    is_int(otp.state, IDV_OTP_VERIFIED, "what is verified stays so");

    ok(idv_otp_state_name(IDV_OTP_NSTATES) == NULL
       && idv_otp_result_name(IDV_OTP_NRESULTS) == NULL, "names end");
}


int
main(void)
{
    test_stories();
    test_time();

    return tap_done();
}
