
/*
 * Copyright (C) nginx-idv authors
 *
 * What the local service is told of documents and of the people on them.
 */


#include "fuzz.h"

#include "model/idv_aamva.h"
#include "model/idv_document.h"
#include "model/idv_mrz.h"
#include "model/idv_otp.h"
#include "model/idv_record_match.h"
#include "model/idv_record_text.h"


#define DOCUMENT_TODAY  { 2027, 1, 15 }


static void
document_string(const char *text, size_t size)
{
    size_t  len;

    len = strnlen(text, size);

    must(len < size);
    must(fuzz_is_utf8((u_char *) text, len));
}


/* Doc 9303-3, 4.9: ranges of a line, weighed as one, and the digit for them */

static void
document_digit(const char *line, const size_t ranges[][2], size_t n,
    size_t digit)
{
    size_t  i, k, at, value, sum;

    static const size_t  weights[] = { 7, 3, 1 };

    sum = 0;
    at = 0;

    for (i = 0; i < n; i++) {
        for (k = ranges[i][0]; k < ranges[i][1]; k++) {
            value = line[k] == '<' ? 0
                    : line[k] <= '9' ? (size_t) (line[k] - '0')
                                     : (size_t) (line[k] - 'A' + 10);
            sum += value * weights[at++ % 3];
        }
    }

    must(line[digit] == (char) ('0' + sum % 10)
         || (line[digit] == '<' && sum == 0));
}


/* of a zone that is said to be right, the digits are */

static void
document_mrz(const idv_mrz_t *mrz)
{
    size_t  i, len;

    static const size_t  td1[][2] = { { 5, 30 }, { 30, 37 }, { 38, 45 },
                                      { 48, 59 } };
    static const size_t  td2[][2] = { { 36, 46 }, { 49, 56 }, { 57, 71 } };
    static const size_t  td3[][2] = { { 44, 54 }, { 57, 64 }, { 65, 87 } };

    static const size_t  births[][2] = { { 30, 36 }, { 49, 55 }, { 57, 63 },
                                         { 57, 63 }, { 49, 55 } };
    static const size_t  ends[][2] = { { 38, 44 }, { 57, 63 }, { 65, 71 },
                                       { 65, 71 }, { 57, 63 } };
    static const size_t  lens[] = { 90, 72, 88, 88, 72 };

    len = strnlen(mrz->zone, sizeof(mrz->zone));
    must(mrz->format < IDV_MRZ_NFORMATS && len == lens[mrz->format]);

    for (i = 0; i < len; i++) {
        must((mrz->zone[i] >= 'A' && mrz->zone[i] <= 'Z')
             || (mrz->zone[i] >= '0' && mrz->zone[i] <= '9')
             || mrz->zone[i] == '<');
    }

    document_digit(mrz->zone, &births[mrz->format], 1,
                   births[mrz->format][1]);
    document_digit(mrz->zone, &ends[mrz->format], 1, ends[mrz->format][1]);

    switch (mrz->format) {

    case IDV_MRZ_TD1:
        document_digit(mrz->zone, td1, 4, 59);
        break;

    case IDV_MRZ_TD2:
        document_digit(mrz->zone, td2, 3, 71);
        break;

    case IDV_MRZ_TD3:
        document_digit(mrz->zone, td3, 3, 87);
        break;

    default:
        break;
    }

    must(mrz->primary[0] && mrz->number[0]);
    must(idv_date_cmp(mrz->birth, (idv_date_t) DOCUMENT_TODAY) <= 0);
}


static void
document_aamva(const idv_aamva_t *aamva)
{
    must(strspn(aamva->issuer, "0123456789") == 6);
    must(strcmp(aamva->kind, "DL") == 0 || strcmp(aamva->kind, "ID") == 0);
    must(aamva->number[0] && aamva->family[0]);
    must(idv_date_valid(aamva->birth) && idv_date_valid(aamva->expiry));
    must(aamva->version > 0 && aamva->version < 100);
}


/* fillers alone are no name: who has nothing to compare is not believed */

static ngx_uint_t
document_says(const char *value)
{
    idv_match_words_t  words;

    return idv_match_words(&words, value, strlen(value), 0) && words.n;
}



/* a byte for the field that is typed in, what is typed up to a NUL, the zone */

void
fuzz_document(fuzz_input_t *in)
{
    int             good;
    unsigned        field, i;
    ngx_str_t       typed, text;
    idv_mrz_t       mrz;
    idv_aamva_t     aamva;
    idv_document_t  document;

    field = fuzz_byte(in);
    typed = fuzz_until(in, '\0');
    typed = fuzz_copy(&typed);
    text = fuzz_rest(in);
    text = fuzz_copy(&text);

    good = idv_mrz_parse(&mrz, text.data, text.len,
                         (idv_date_t) DOCUMENT_TODAY);
    must(good == (mrz.faults == 0));

    if (good) {
        document_mrz(&mrz);
    }

    good = idv_aamva_parse(&aamva, text.data, text.len);
    must(good == (aamva.faults == 0));

    if (good) {
        document_aamva(&aamva);
    }

    good = idv_document_read(&document, text.data, text.len,
                             (idv_date_t) DOCUMENT_TODAY);

    must(good == (document.readable && document.faults == 0));

    if (!document.readable) {
        return;
    }

    for (i = 0; i < IDV_DOCUMENT_NFIELDS; i++) {
        document_string(document.value[i], sizeof(document.value[i]));
    }

    for (i = 0; i < 32; i++) {
        must(!(document.faults >> i & 1)
             || idv_document_fault_name(document.zone, i) != NULL);
    }

    /* what it says itself does not differ from it */

    field %= IDV_DOCUMENT_NFIELDS;

    if (field != IDV_DOCUMENT_TYPE && document_says(document.value[field])) {
        idv_document_compare(&document, field, document.value[field],
                             strlen(document.value[field]));
        must(document.differs == 0);
    }

    idv_document_compare(&document, field, (char *) typed.data, typed.len);
    must((document.differs & ~(1u << field)) == 0);
}


/* a byte for the field, two texts with a NUL between them */

void
fuzz_match(fuzz_input_t *in)
{
    unsigned           score, scores[IDV_MATCH_NFIELDS], same, i;
    ngx_str_t          a, b;
    idv_match_field_e  field;

    field = fuzz_byte(in) % IDV_MATCH_NFIELDS;
    a = fuzz_until(in, '\0');
    a = fuzz_copy(&a);
    b = fuzz_rest(in);
    b = fuzz_copy(&b);

    score = idv_match_score(field, (char *) a.data, a.len, (char *) b.data,
                            b.len);

    must(score <= IDV_MATCH_SAME);
    must(score == idv_match_score(field, (char *) b.data, b.len,
                                  (char *) a.data, a.len));
    must(score == 0 || (a.len && b.len && a.len <= IDV_MATCH_MAX_TEXT
                        && b.len <= IDV_MATCH_MAX_TEXT));
    must(score == 0 || fuzz_is_utf8(a.data, a.len));
    must(idv_match_word_name(idv_match_word(score)) != NULL);

    same = idv_match_score(field, (char *) a.data, a.len, (char *) a.data,
                           a.len);

    /* half a date is half a match, also of itself */

    must(same == 0 || same == IDV_MATCH_SAME
         || field == IDV_MATCH_BIRTH_DATE);

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        scores[i] = (i == (unsigned) field) ? score : same;
    }

    for (i = 0; i < 1u << IDV_MATCH_NFIELDS; i++) {
        must(idv_match_overall(scores, i) <= ngx_max(score, same));
    }
}


/* steps: sent, typed in up to a newline, time that passes */

void
fuzz_otp(fuzz_input_t *in)
{
    char                    digits[IDV_OTP_LEN];
    size_t                  i, n;
    int64_t                 now;
    ngx_str_t               text;
    idv_otp_t               otp, before;
    idv_otp_rules_t         rules;
    idv_otp_result_e        rc;

    static const int64_t    later[] = { 0, 1, 1000, 30000, 60000, 600000 };

    memset(&otp, 0, sizeof(otp));

    rules.attempts = 1 + fuzz_byte(in) % 4;
    rules.deliveries = 1 + fuzz_byte(in) % 3;
    rules.cooldown = 30000;
    rules.life = 600000;
    now = (int64_t) FUZZ_NOW * 1000;

    while (in->p < in->last) {
        before = otp;

        switch (fuzz_byte(in) % 3) {

        case 0:
            rc = idv_otp_send(&otp, &rules, "123456", now);
            must(rc < IDV_OTP_NRESULTS);
            must(rc != IDV_OTP_OK || (before.deliveries < rules.deliveries
                                      && otp.state == IDV_OTP_SENT));
            break;

        case 1:
            text = fuzz_until(in, '\n');

            for (i = 0, n = 0; i < text.len; i++) {
                if (isdigit(text.data[i])) {
                    if (n < IDV_OTP_LEN) {
                        digits[n] = (char) text.data[i];
                    }

                    n++;
                }
            }

            rc = idv_otp_try(&otp, &rules, (char *) text.data, text.len, now);

            /* in time, at an attempt that is left, and by the very code */

            if (rc == IDV_OTP_OK) {
                must(n == IDV_OTP_LEN && memcmp(digits, "123456", n) == 0);
                must(now - before.sent_at < rules.life);
                must(before.attempts < rules.attempts);
                must(before.state == IDV_OTP_SENT
                     || before.state == IDV_OTP_RETRYABLE);
                must(otp.state == IDV_OTP_VERIFIED);
            }

            break;

        default:
            now += later[fuzz_byte(in) % 6];
            (void) idv_otp_advance(&otp, &rules, now);
        }

        must(otp.state < IDV_OTP_NSTATES);
        must(otp.attempts <= rules.attempts);
        must(otp.deliveries <= rules.deliveries);

        /* an end has no way out, and keeps no code */

        if (before.state == IDV_OTP_VERIFIED || before.state == IDV_OTP_FAILED)
        {
            must(otp.state == before.state);
        }

        if (otp.state == IDV_OTP_VERIFIED || otp.state == IDV_OTP_FAILED) {
            must(memcmp(otp.code, "\0\0\0\0\0\0", IDV_OTP_LEN) == 0);
        }
    }
}
