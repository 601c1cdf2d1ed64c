
/*
 * Copyright (C) nginx-idv authors
 *
 * Claims: what is taken from a provider's document, and when two values say the
 * same of a person.  A match that is too generous lets someone in with another
 * one's passport; one that is too narrow locks out who has an accent.
 */


#include "tap.h"
#include "model/idv_claims.h"


typedef struct {
    int          same;
    const char  *a;
    const char  *b;
} pair_t;


static const pair_t  pairs[] = {

    { 1, "Ann", "Ann" },
    { 1, "ANN", "ann" },
    { 0, "Ann", "Anna" },
    { 0, "Ann", "An" },
    { 0, "Ann", "Bob" },

    /* never without something to compare */

    { 0, "", "" },
    { 0, "", "Ann" },
    { 0, " ", " " },
    { 0, "-", "-" },
    { 0, "...", "" },
    { 0, "\xcc\x81", "\xcc\x81" },

    /* spaces, hyphens, dots, apostrophes */

    { 1, "Jean-Luc", "JEAN LUC" },
    { 1, "Jean-Luc", "Jeanluc" },
    { 1, " Jean  Luc ", "Jean Luc" },
    { 1, "J. R. R.", "JRR" },
    { 1, "O'Connor", "OCONNOR" },
    { 1, "O\xe2\x80\x99""Connor", "O'Connor" },
    { 1, "Anna\xc2\xa0Maria", "Anna Maria" },
    { 1, "Anna\xe2\x80\x93Maria", "Anna-Maria" },
    { 1, "B-0091734", "B0091734" },
    { 0, "Luc Jean", "Jean Luc" },
    { 0, "Ann/Bob", "Ann Bob" },
    { 0, "Ann,", "Ann" },

    /* numbers: a separator may be missing, but it may not move */

    { 1, "1991-05-17", "1991-05-17" },
    { 1, "1991-05-17", "1991.05.17" },
    { 1, "1991-05-17", "1991 05 17" },
    { 1, "1991-05-17", "19910517" },
    { 1, "19910517", "1991-05-17" },
    { 0, "1991-05-17", "1991-05-18" },
    { 0, "1991-05-17", "1991-17-05" },
    { 0, "1990-1-11", "1990-11-1" },
    { 0, "1-23", "12-3" },
    { 0, "1-2-3", "12-3" },
    { 1, "-123", "123" },
    { 0, "1.5", "15.0" },

    /* accents, precomposed or not */

    { 1, "Ren\xc3\xa9", "RENE" },
    { 1, "Ren\xc3\xa9", "REN\xc3\x89" },
    { 1, "Rene\xcc\x81", "Ren\xc3\xa9" },
    { 1, "\xc5\x81ukasz", "Lukasz" },
    { 1, "Dvo\xc5\x99\xc3\xa1k", "DVORAK" },
    { 1, "Nguy\xe1\xbb\x85n", "Nguyen" },
    { 1, "\xc4\xb0stanbul", "istanbul" },
    { 1, "I\xc5\x9f\xc4\xb1k", "ISIK" },
    { 1, "\xc3\x9e\xc3\xb3r", "Thor" },
    { 1, "\xc3\x86gir", "AEGIR" },
    { 1, "Stra\xc3\x9f""e", "STRASSE" },
    { 1, "Stra\xc3\x9f""e", "STRA\xe1\xba\x9e""E" },
    { 0, "Stra\xc3\x9f""e", "Strase" },
    { 0, "Ren\xc3\xa9", "Ren" },

    /* as machine-readable lines have them */

    { 1, "M\xc3\xbcller", "MUELLER" },
    { 1, "M\xc3\xbcller", "Muller" },
    { 1, "MUELLER", "m\xc3\xbcller" },
    { 1, "S\xc3\xb8rensen", "SOERENSEN" },
    { 1, "S\xc3\xb8rensen", "Sorensen" },
    { 1, "\xc3\x85s", "AAS" },
    { 1, "\xc3\x84\xc3\x96\xc3\x9c", "AEOEUE" },
    { 1, "M\xc3\xbcller-K\xc3\xb6hl", "Mueller K\xc3\xb6hl" },
    { 0, "Mueller", "Muller" },
    { 0, "M\xc3\xbcller", "M\xc3\xb6ller" },
    { 0, "\xc3\xbc", "u\xc3\xbc" },

    /* other scripts: case and nothing else */

    { 1, "\xd0\x98\xd0\x92\xd0\x90", "\xd0\xb8\xd0\xb2\xd0\xb0" },
    { 1, "\xd0\x81\xd0\x84", "\xd1\x91\xd1\x94" },
    { 1, "\xd2\x90", "\xd2\x91" },
    { 0, "\xd0\x98\xd0\xb2", "\xd0\x98" },
    { 1, "\xce\xa3\xce\x9f\xce\xa3", "\xcf\x83\xce\xbf\xcf\x82" },
    { 1, "\xce\x86", "\xce\xac" },
    { 1, "\xd4\xb1", "\xd5\xa1" },
    { 1, "\xe5\xb1\xb1\xe7\x94\xb0", "\xe5\xb1\xb1\xe7\x94\xb0" },
    { 0, "\xe5\xb1\xb1\xe7\x94\xb0", "\xe5\xb1\xb1\xe6\x9c\xac" },

    /* letters that only look alike */

    { 0, "\xd0\x90nn", "Ann" },

    /* malformed: not even the same as itself */

    { 0, "Ann\xff", "Ann\xff" },
    { 0, "Ann\xc3", "Ann\xc3" },
    { 0, "Ann\xc0\xaf", "Ann\xc0\xaf" },
    { 0, "Ann\xe0\x80\xaf", "Ann\xe0\x80\xaf" },
    { 0, "Ann\xed\xa0\x80", "Ann\xed\xa0\x80" },
    { 0, "Ann\xf4\x90\x80\x80", "Ann\xf4\x90\x80\x80" },
    { 0, "Ann\xf0\x80\x80\x80", "Ann\xf0\x80\x80\x80" },
    { 0, "Ann\x80", "Ann\x80" },
    { 0, "Ann\n", "Ann\n" },
    { 0, "Ann\x7f", "Ann\x7f" },
    { 0, "Ann", "Ann\x01" }
};


static void
test_match(void)
{
    size_t         i;
    const pair_t  *pair;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        pair = &pairs[i];

        ok(idv_claims_match(pair->a, strlen(pair->a), pair->b,
                            strlen(pair->b))
           == pair->same
           && idv_claims_match(pair->b, strlen(pair->b), pair->a,
                               strlen(pair->a))
              == pair->same,
           "pair %d %s", (int) i,
           pair->same ? "says the same" : "does not");
    }

    is_int(idv_claims_match("A\0n", 3, "A\0n", 3), 0, "a zero byte");
}


static void
is_claim(json_t *claims, const char *name, const char *expected)
{
    const char  *value;

    value = json_string_value(json_object_get(claims, name));

    if (expected == NULL) {
        ok(json_object_get(claims, name) == NULL, "no %s", name);
        return;
    }

    is_str(value, value ? strlen(value) : 0, expected, name);
}


static json_t *
core_of(const char *text)
{
    json_t  *document, *claims;

    document = json_loads(text, 0, NULL);
    idv_claims_settle(document);
    claims = idv_claims_core(document);
    json_decref(document);

    return claims;
}


/* [status, the check of the document as JSON or nothing, whether it counts] */

static void
test_settled(void)
{
    char     text[512];
    size_t   i;
    json_t  *claims;

    static const struct {
        const char  *status;
        const char  *checks;
        int          counts;
    } rows[] = {
        { "SUCCESS", "{\"GOVERNMENT_ID\":\"SUCCESS\"}", 1 },
        { "SUCCESS", "{\"GOVERNMENT_ID\":\"FAIL\"}", 0 },
        { "SUCCESS", "{\"GOVERNMENT_ID\":\"NOT_REQUIRED\"}", 0 },
        { "SUCCESS", "{\"GOVERNMENT_ID\":\"BRAND_NEW\"}", 0 },
        { "SUCCESS", "{\"LIVENESS\":\"FAIL\"}", 1 },
        { "SUCCESS", "{\"GOVERNMENT_ID\":1}", 1 },
        { "SUCCESS", "\"GOVERNMENT_ID\"", 1 },
        { "APPROVED_MANUALLY", "{\"GOVERNMENT_ID\":\"FAIL\"}", 1 },
        { "APPROVED_NO_REQUEST", "{\"GOVERNMENT_ID\":\"FAIL\"}", 1 },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void) snprintf(text, sizeof(text),
                        "{\"_embedded\":{\"verifiedData\":["
                        "{\"type\":\"GOVERNMENT_ID\","
                        "\"data\":{\"firstName\":\"ANN\"}}]},"
                        "\"transactionStatus\":{\"status\":\"%s\","
                        "\"verificationStatus\":%s}}",
                        rows[i].status, rows[i].checks);

        claims = core_of(text);
        is_claim(claims, "firstName", rows[i].counts ? "ANN" : NULL);
        is_claim(claims, "transactionStatus", rows[i].status);
        json_decref(claims);
    }
}


static void
test_core(void)
{
    size_t       i, at;
    void        *iter;
    json_t      *claims;

    claims = core_of(
        "{\"_embedded\":{\"verifiedData\":["
        "{\"type\":\"SELFIE\",\"data\":{\"firstName\":\"no\","
        "\"IMAGE\":\"aGk=\"}},"
        "{\"type\":\"GOVERNMENT_ID\"},"
        "{\"type\":\"government_id\",\"data\":{\"lastName\":\"OKAFOR\","
        "\"firstName\":\"ADAEZE\",\"middleName\":\"I\","
        "\"birthDate\":\"1991-05-17\",\"weight\":71.5,\"gender\":\"\","
        "\"country\":null,\"addressZip\":{\"x\":1},\"idNumber\":17}},"
        "{\"type\":\"GOVERNMENT_ID\",\"data\":{\"firstName\":\"BOB\","
        "\"nationality\":\"GBR\"}}]},"
        "\"verifiedDocuments\":\"[selfie, driver_license]\","
        "\"id\":\"0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913\","
        "\"transactionStatus\":{\"status\":\"SUCCESS\"}}");

    ok(claims != NULL, "claims of a document");
    is_claim(claims, "transactionStatus", "SUCCESS");
    is_claim(claims, "transactionId", "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913");
    is_claim(claims, "verifiedDocuments", "[selfie, driver_license]");
    is_claim(claims, "firstName", "ADAEZE");
    is_claim(claims, "lastName", "OKAFOR");
    is_claim(claims, "birthDate", "1991-05-17");
    is_claim(claims, "weight", "71.5");
    is_claim(claims, "idNumber", "17");
    is_claim(claims, "gender", NULL);
    is_claim(claims, "country", NULL);
    is_claim(claims, "addressZip", NULL);
    is_claim(claims, "middleName", NULL);

    /* from the second document: it may be someone else's */
    is_claim(claims, "nationality", NULL);

    for (i = 0, at = 0, iter = json_object_iter(claims);
         iter;
         iter = json_object_iter_next(claims, iter), i++)
    {
        while (idv_claims_names[at]
               && strcmp(idv_claims_names[at], json_object_iter_key(iter)))
        {
            at++;
        }
    }

    ok(idv_claims_names[at] != NULL, "in the order of the contract");
    is_int(i, 8, "and no others");

    json_decref(claims);

    static const char *const  odd[] = {
        "{}", "[]", "{\"_embedded\":[]}", "{\"_embedded\":{}}",
        "{\"_embedded\":{\"verifiedData\":{}}}",
        "{\"_embedded\":{\"verifiedData\":[1,[],{\"type\":1}]}}",
        "{\"_embedded\":{\"verifiedData\":[{\"type\":\"GOVERNMENT_ID\","
        "\"data\":[\"firstName\"]}]}}",
        "{\"transactionStatus\":\"SUCCESS\",\"id\":[]}"
    };

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        claims = core_of(odd[i]);
        ok(claims && json_object_size(claims) == 0, "nothing in %s", odd[i]);
        json_decref(claims);
    }

    claims = idv_claims_core(NULL);
    ok(claims && json_object_size(claims) == 0, "nothing in nothing");
    json_decref(claims);
}


static void
add(json_t *claims, const char *name, json_t *value)
{
    is_int(idv_claims_add(claims, name, value), 0, "added or left out");
    json_decref(value);
}


static void
test_add(void)
{
    char     text[IDV_CLAIM_MAX_VALUE + 2], name[IDV_CLAIM_MAX_NAME + 2];
    json_t  *claims;

    claims = json_object();

    memset(text, 'v', sizeof(text));
    memset(name, 'n', sizeof(name));

    text[IDV_CLAIM_MAX_VALUE] = '\0';
    add(claims, "longest", json_string(text));
    is_claim(claims, "longest", text);

    text[IDV_CLAIM_MAX_VALUE] = 'v';
    text[IDV_CLAIM_MAX_VALUE + 1] = '\0';
    add(claims, "longer", json_string(text));
    is_claim(claims, "longer", NULL);

    name[IDV_CLAIM_MAX_NAME] = '\0';
    add(claims, name, json_string("x"));
    is_claim(claims, name, "x");

    name[IDV_CLAIM_MAX_NAME] = 'n';
    name[IDV_CLAIM_MAX_NAME + 1] = '\0';
    add(claims, name, json_string("x"));
    is_claim(claims, name, NULL);

    add(claims, "", json_string("x"));
    is_claim(claims, "", NULL);

    add(claims, "int", json_integer(-42));
    is_claim(claims, "int", "-42");
    add(claims, "true", json_true());
    is_claim(claims, "true", "true");
    add(claims, "false", json_false());
    is_claim(claims, "false", "false");
    add(claims, "null", json_null());
    is_claim(claims, "null", NULL);
    add(claims, "array", json_array());
    is_claim(claims, "array", NULL);
    add(claims, "object", json_object());
    is_claim(claims, "object", NULL);
    add(claims, "empty", json_string(""));
    is_claim(claims, "empty", NULL);
    add(claims, "zero", json_stringn("a\0b", 3));
    is_claim(claims, "zero", NULL);
    add(claims, "int", json_string("later"));
    is_claim(claims, "int", "later");

    is_int(idv_claims_add(claims, "none", NULL), 0, "nothing to add");
    is_claim(claims, "none", NULL);

    json_decref(claims);
}


int
main(void)
{
    test_match();
    test_core();
    test_settled();
    test_add();

    return tap_done();
}
