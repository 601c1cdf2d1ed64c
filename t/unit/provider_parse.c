
/*
 * Copyright (C) nginx-idv authors
 *
 * PingOne's answers are taken for what they are: nothing that is cut, of a
 * wrong kind, about somebody else or new to us is ever a success.
 */


#include "tap.h"

#include "util/idv_json.h"
#include "util/idv_crypto.h"
#include "provider/idv_pingone_parse.h"


#define TX      "d1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c35"
#define POLICY  "a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11"
#define USER    "7b3e5a10-2f6c-4c1e-9d55-0a6be1b7f2c4"
#define ENV     "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913"
#define OTHER   "11111111-2222-4333-8444-555555555555"
#define URL     "https://apps.example.com/e/index.html?txnid=1&code=040817"


static u_char                tx_id[16];
static u_char                policy_id[16];
static idv_pingone_expect_t  reading;
static idv_pingone_expect_t  creating;


static const char  whole[] =
    "{\"id\":\"" TX "\",\"environment\":{\"id\":\"" ENV "\"},"
    "\"user\":{\"id\":\"" USER "\"},\"verifyPolicy\":{\"id\":\"" POLICY "\"},"
    "\"transactionStatus\":{\"status\":\"SUCCESS\",\"verificationStatus\":"
    "{\"GOVERNMENT_ID\":\"SUCCESS\",\"LIVENESS\":\"SUCCESS\"}},"
    "\"webVerificationUrl\":\"" URL "\",\"webVerificationCode\":\"040817\","
    "\"sendNotification\":{\"email\":\"a@example.com\",\"results\":"
    "[{\"method\":\"EMAIL\",\"sent\":true}]},"
    "\"expiresAt\":\"2026-03-04T05:36:07.089Z\",\"newMember\":[{}]}";


static json_t *
parse(const char *text)
{
    return idv_json_parse(NULL, (u_char *) text, strlen(text), 65536);
}


static const char *
transaction(const char *text, const idv_pingone_expect_t *expect,
    idv_transaction_t *tx)
{
    json_t      *root;
    const char  *why;

    root = parse(text);
    why = idv_pingone_transaction(root, expect, tx);
    json_decref(root);

    return why;
}


static void
test_whole(void)
{
    idv_transaction_t  tx;

    ok(transaction(whole, &reading, &tx) == NULL, "a whole transaction");
    ok(memcmp(tx.id, tx_id, 16) == 0, "its id");
    is_int(tx.status, IDV_TX_SUCCESS, "its status");
    is_int(tx.timed_out, 0, "not timed out");
    is_str(tx.url, strlen(tx.url), URL, "its URL");
    is_str(tx.code, strlen(tx.code), "040817", "its code");
    is_int(tx.expires, 1772602567, "its end");
    is_int(tx.sent, 0, "a read asks for no notification");

    ok(transaction(whole, &creating, &tx) == NULL, "the same when created");
    is_int(tx.sent, 1, "the notification was sent");
}


typedef struct {
    const char  *name;
    const char  *text;
    int          creates;
    const char  *why;         /* part of the sentence, NULL: usable */
    int          status;
    int          timed_out;
} answer_t;


#define STATUS(s)  "\"transactionStatus\":{\"status\":\"" s "\"}"
#define ID         "{\"id\":\"" TX "\","
#define FAILED(v)                                                             \
    ID "\"transactionStatus\":{\"status\":\"FAIL\","                          \
    "\"verificationStatus\":" v "}}"


static const answer_t  answers[] = {
    { "an array", "[]", 0, "object", 0, 0 },
    { "a string", "\"SUCCESS\"", 0, "object", 0, 0 },
    { "null", "null", 0, "object", 0, 0 },
    { "not JSON", "<html>SUCCESS</html>", 0, "object", 0, 0 },
    { "empty", "{}", 0, "\"id\"", 0, 0 },
    { "a number for an id", "{\"id\":1," STATUS("SUCCESS") "}", 0, "\"id\"",
      0, 0 },
    { "an id that is none", "{\"id\":\"../../admin\"," STATUS("SUCCESS") "}",
      0, "\"id\"", 0, 0 },
    { "another transaction", "{\"id\":\"" OTHER "\"," STATUS("SUCCESS") "}",
      0, "another transaction", 0, 0 },
    { "another user", ID "\"user\":{\"id\":\"" OTHER "\"}," STATUS("SUCCESS")
      "}", 0, "another user", 0, 0 },
    { "the same user in capitals", ID
      "\"user\":{\"id\":\"7B3E5A10-2F6C-4C1E-9D55-0A6BE1B7F2C4\"},"
      STATUS("SUCCESS") "}", 0, NULL, IDV_TX_SUCCESS, 0 },
    { "another environment", ID "\"environment\":{\"id\":\"" OTHER "\"},"
      STATUS("SUCCESS") "}", 0, "another environment", 0, 0 },
    { "another policy", ID "\"verifyPolicy\":{\"id\":\"" OTHER "\"},"
      STATUS("SUCCESS") "}", 0, "policy", 0, 0 },
    { "a policy that is no UUID", ID "\"verifyPolicy\":{\"id\":\"x\"},"
      STATUS("SUCCESS") "}", 0, "policy", 0, 0 },
    { "no status", "{\"id\":\"" TX "\"}", 0, "transactionStatus", 0, 0 },
    { "a status that is a string", ID "\"transactionStatus\":\"SUCCESS\"}",
      0, "transactionStatus", 0, 0 },
    { "a status that is true", ID "\"transactionStatus\":{\"status\":true}}",
      0, "transactionStatus.status", 0, 0 },
    { "a list of statuses", ID
      "\"transactionStatus\":{\"status\":[\"SUCCESS\"]}}", 0,
      "transactionStatus.status", 0, 0 },
    { "an empty status", ID STATUS("") "}", 0, "status", 0, 0 },
    { "two statuses", ID STATUS("FAIL") "," STATUS("SUCCESS") "}", 0,
      "object", 0, 0 },
    { "a status never heard of", ID STATUS("SUCCESSFUL") "}", 0, NULL,
      IDV_TX_UNKNOWN, 0 },
    { "a status in small letters", ID STATUS("success") "}", 0, NULL,
      IDV_TX_UNKNOWN, 0 },
    { "a status with a space", ID STATUS("SUCCESS ") "}", 0, NULL,
      IDV_TX_UNKNOWN, 0 },
    { "not required", ID STATUS("NOT_REQUIRED") "}", 0, NULL,
      IDV_TX_NOT_REQUIRED, 0 },

    { "failed", FAILED("{\"LIVENESS\":\"FAIL\"}"), 0, NULL, IDV_TX_FAIL, 0 },
    { "failed, no details", ID STATUS("FAIL") "}", 0, NULL, IDV_TX_FAIL, 0 },
    { "timed out, as a name", FAILED("{\"TRANSACTION_TIMED_OUT\":\"FAIL\"}"),
      0, NULL, IDV_TX_FAIL, 1 },
    { "timed out, as a value", FAILED("{\"x\":\"TRANSACTION_TIMED_OUT\"}"),
      0, NULL, IDV_TX_FAIL, 1 },
    { "timed out, deep inside",
      FAILED("{\"x\":{\"y\":[1,{\"z\":\"a TRANSACTION_TIMED_OUT\"}]}}"),
      0, NULL, IDV_TX_FAIL, 1 },
    { "timed out, as a string", FAILED("\"TRANSACTION_TIMED_OUT\""), 0, NULL,
      IDV_TX_FAIL, 1 },
    { "timed out, but a success", ID
      "\"transactionStatus\":{\"status\":\"SUCCESS\",\"verificationStatus\":"
      "{\"x\":\"TRANSACTION_TIMED_OUT\"}}}", 0, NULL, IDV_TX_SUCCESS, 0 },
    { "details of a wrong kind", FAILED("[null,7,true]"), 0, NULL,
      IDV_TX_FAIL, 0 },

    { "created without a URL", ID STATUS("REQUESTED") "}", 1, "Url", 0, 0 },
    { "created with a javascript URL", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":\"javascript:alert(1)?\"}", 1, "Url", 0, 0 },
    { "created with a URL without query", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":\"https://a.example/x\"}", 1, "Url", 0, 0 },
    { "created with a URL that is a number", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":7}", 1, "Url", 0, 0 },
    { "created with a strange code", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":\"" URL "\",\"webVerificationCode\":\"<b>\"}",
      1, "Code", 0, 0 },
    { "created with a long code", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":\"" URL "\","
      "\"webVerificationCode\":\"1234567890123456\"}", 1, "Code", 0, 0 },
    { "created without a code", ID STATUS("REQUESTED")
      ",\"webVerificationUrl\":\"" URL "\"}", 1, NULL, IDV_TX_REQUESTED, 0 }
};


static void
test_answers(void)
{
    size_t              i;
    const char         *why;
    const answer_t     *a;
    idv_transaction_t   tx;

    for (i = 0; i < sizeof(answers) / sizeof(answer_t); i++) {
        a = &answers[i];
        why = transaction(a->text, a->creates ? &creating : &reading, &tx);

        if (a->why) {
            ok(why && strstr(why, a->why), "%s: %s", a->name,
               why ? why : "taken");
            continue;
        }

        ok(why == NULL && tx.status == a->status
           && tx.timed_out == a->timed_out, "%s: %s, status %d", a->name,
           why ? why : "taken", tx.status);
    }
}


/* cut anywhere, it is not a transaction */

static void
test_cut(void)
{
    size_t              n;
    json_t             *root;
    ngx_uint_t          taken;
    idv_transaction_t   tx;

    taken = 0;

    for (n = 0; n < sizeof(whole) - 1; n++) {
        root = idv_json_parse(NULL, (u_char *) whole, n, 65536);
        taken += (idv_pingone_transaction(root, &reading, &tx) == NULL);
        json_decref(root);
    }

    is_int(taken, 0, "taken of all that were cut");
}


/* each member in turn is of each kind: never a success that was not said */

static ngx_uint_t
replace(json_t *root, json_t *object, ngx_uint_t *tried)
{
    size_t              i;
    void               *iter;
    json_t             *old, *value;
    ngx_uint_t          wrong;
    const char         *name;
    idv_transaction_t   tx;

    static const char  *kinds[] = {
        "null", "true", "0", "-1.5e9", "\"\"", "\"x\"", "[]", "[{}]", "{}",
        "{\"id\":1}", "{\"status\":null}", "{\"status\":\"FAIL\"}"
    };

    wrong = 0;

    for (iter = json_object_iter(object); iter;
         iter = json_object_iter_next(object, iter))
    {
        name = json_object_iter_key(iter);
        old = json_incref(json_object_iter_value(iter));

        if (json_is_object(old)) {
            wrong += replace(root, old, tried);
        }

        for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            value = parse(kinds[i]);
            json_object_set_new(object, name, value);

            (*tried)++;

            if (idv_pingone_transaction(root, &reading, &tx) == NULL
                && tx.status == IDV_TX_SUCCESS
                && (strcmp(name, "status") == 0
                    || strcmp(name, "transactionStatus") == 0
                    || (strcmp(name, "id") == 0 && object == root)))
            {
                wrong++;
            }
        }

        json_object_set_new(object, name, old);
    }

    return wrong;
}


static void
test_kinds(void)
{
    json_t             *root;
    ngx_uint_t          tried;
    idv_transaction_t   tx;

    tried = 0;
    root = parse(whole);

    is_int(replace(root, root, &tried), 0, "successes that were not said");
    ok(tried > 150, "%u replacements", (unsigned) tried);
    ok(idv_pingone_transaction(root, &reading, &tx) == NULL,
       "the document is whole again");

    json_decref(root);
}


static const struct {
    const char  *text;
    int64_t      expected;
} times[] = {
    { "1970-01-01T00:00:01Z", 1 },
    { "2026-03-04T05:06:07.089Z", 1772600767 },
    { "2026-03-04T05:06:07Z", 1772600767 },
    { "2026-03-04T07:06:07+02:00", 1772600767 },
    { "2026-03-03T23:36:07.1-05:30", 1772600767 },
    { "2000-02-29T00:00:00Z", 951782400 },
    { "2024-12-31T23:59:60Z", 1735689600 },
    { "2100-02-29T00:00:00Z", 0 },
    { "2025-02-29T00:00:00Z", 0 },
    { "2026-13-01T00:00:00Z", 0 },
    { "2026-00-10T00:00:00Z", 0 },
    { "2026-01-01T24:00:00Z", 0 },
    { "2026-01-01T00:00:00", 0 },
    { "2026-01-01T00:00:00.Z", 0 },
    { "2026-01-01T00:00:00.", 0 },
    { "2026-01-01T00:00:00.5", 0 },
    { "2026-01-01T00:00:00+2:00", 0 },
    { "2026-01-01T00:00:00+25:00", 0 },
    { "2026-01-01T00:00:00+ab:cd", 0 },
    { "2026-01-01T00:00:00ZZ", 0 },
    { "2026-01-01 00:00:00Z", 0 },
    { "2026-01-01", 0 },
    { "1772600767", 0 },
    { "1969-12-31T23:59:59Z", 0 },
    { "2026-01-01T00:00:00.0000000000000000000000000000Z", 0 },
    { "", 0 }
};


static void
test_times(void)
{
    size_t   i;
    int64_t  got;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        got = idv_pingone_time((u_char *) times[i].text,
                               strlen(times[i].text));

        ok(got == times[i].expected, "time \"%s\" is %lld", times[i].text,
           (long long) got);
    }
}


static const struct {
    const char  *text;
    int          good;
} urls[] = {
    { "https://a.example/x?y", 1 },
    { "http://127.0.0.1:8081/e/index.html?txnid=1&code=2", 1 },
    { "HTTPS://a.example?x", 1 },
    { "https://a.example/x", 0 },
    { "https://?x", 0 },
    { "https:///x?y", 0 },
    { "https://a.example@b.example/?x", 0 },
    { "https://a.example/?x@y", 1 },
    { "https://a.example/?x#y", 0 },
    { "https://a.example/#?y", 0 },
    { "https://a.example/ ?y", 0 },
    { "https://a.example/?\r\nx", 0 },
    { "https://a.example/?\"x", 0 },
    { "https://a.example\\x?y", 0 },
    { "https://a.example/?\xc3\xa4", 0 },
    { "//a.example/?x", 0 },
    { "ftp://a.example/?x", 0 },
    { "javascript:alert(1)?", 0 },
    { "https://", 0 },
    { "h", 0 },
    { "", 0 }
};


static void
test_urls(void)
{
    size_t             i;
    char               text[1024];
    const char        *why;
    idv_transaction_t  tx;

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        ok(idv_pingone_url((u_char *) urls[i].text, strlen(urls[i].text))
           == (ngx_uint_t) urls[i].good, "URL \"%.20s\" is %s", urls[i].text,
           urls[i].good ? "good" : "refused");
    }

    for (i = 0; i < 2; i++) {
        sprintf(text, ID STATUS("REQUESTED")
                ",\"webVerificationUrl\":\"https://a.example/?%0*d\"}",
                (int) (IDV_FLOW_MAX_URL - sizeof("https://a.example/?") + 1
                       + i), 1);

        why = transaction(text, &creating, &tx);

        ok((why == NULL) == (i == 0), "a URL of %u bytes: %s",
           (unsigned) (IDV_FLOW_MAX_URL + i), why ? why : "taken");
    }
}


static const struct {
    const char  *text;
    const char  *why;
    int64_t      life;
} tokens[] = {
    { "{\"access_token\":\"eyJ.a-b_c~d+e/f==\",\"token_type\":\"Bearer\","
      "\"expires_in\":3600}", NULL, 3600 },
    { "{\"access_token\":\"a\",\"token_type\":\"bearer\"}", NULL, 60 },
    { "{\"access_token\":\"a\"}", NULL, 60 },
    { "{\"access_token\":\"a\",\"expires_in\":\"3600\"}", NULL, 60 },
    { "{\"access_token\":\"a\",\"expires_in\":1e300}", NULL, 60 },
    { "{\"access_token\":\"a\",\"expires_in\":-5}", NULL, 1 },
    { "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}", NULL,
      86400 },
    { "{\"access_token\":\"a\",\"token_type\":\"mac\"}", "token_type", 0 },
    { "{\"access_token\":\"a\",\"token_type\":7}", "token_type", 0 },
    { "{\"access_token\":\"a\\r\\nX: y\"}", "bearer", 0 },
    { "{\"access_token\":\"a b\"}", "bearer", 0 },
    { "{\"access_token\":\"\"}", "access_token", 0 },
    { "{\"access_token\":null}", "access_token", 0 },
    { "{}", "access_token", 0 },
    { "[]", "object", 0 },
    { "", "object", 0 }
};


static void
test_tokens(void)
{
    size_t                i;
    json_t               *root;
    const char           *why;
    idv_pingone_token_t   token;

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        root = parse(tokens[i].text);
        why = idv_pingone_token(root, &token);

        ok(tokens[i].why ? (why && strstr(why, tokens[i].why))
                         : (why == NULL
                            && token.life == (uint64_t) tokens[i].life),
           "token %s: %s", tokens[i].text[0] ? tokens[i].text : "(none)",
           why ? why : "taken");

        json_decref(root);
    }
}


#define ITEM(type, data)  "{\"type\":\"" type "\",\"data\":" data "}"
#define ITEMS(list)       "{\"_embedded\":{\"verifiedData\":[" list "]}}"

static const struct {
    const char  *text;
    const char  *why;
    size_t       items;
} data[] = {
    { ITEMS(ITEM("GOVERNMENT_ID", "{\"firstName\":\"ANN\"}")), NULL, 1 },
    { ITEMS(ITEM("SELFIE", "{\"firstName\":\"EVE\"}") ","
            ITEM("GOVERNMENT_ID", "{\"firstName\":\"ANN\"}")), NULL, 1 },
    { ITEMS(ITEM("SELFIE", "{\"firstName\":\"EVE\"}")), NULL, 0 },
    { ITEMS(""), NULL, 0 },
    { "{\"size\":0}", NULL, 0 },
    { "{\"_embedded\":{}}", NULL, 0 },
    { "{\"_embedded\":[]}", "array", 0 },
    { "{\"_embedded\":{\"verifiedData\":{}}}", "array", 0 },
    { ITEMS("7"), "type", 0 },
    { ITEMS("{\"data\":{}}"), "type", 0 },
    { ITEMS(ITEM("GOVERNMENT_ID", "[]")), "no data", 0 },
    { ITEMS("{\"type\":\"GOVERNMENT_ID\"}"), "no data", 0 },
    { "{\"user\":{\"id\":\"" OTHER "\"}}", "another user", 0 },
    { "[]", "object", 0 }
};


static void
test_data(void)
{
    size_t       i;
    json_t      *root, *items;
    const char  *why;

    for (i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        root = parse(data[i].text);
        why = idv_pingone_verified_data(root, &reading, &items);

        ok(data[i].why ? (why && strstr(why, data[i].why) && items == NULL)
                       : (why == NULL
                          && json_array_size(items) == data[i].items),
           "verified data %s: %s", data[i].text, why ? why : "taken");

        json_decref(items);
        json_decref(root);
    }
}


static const struct {
    const char  *text;
    const char  *code;
    const char  *detail;
    int          known;
    int          named;
} errors[] = {
    { "{\"id\":\"" OTHER "\",\"code\":\"INVALID_DATA\",\"message\":\"x\","
      "\"details\":[{\"code\":\"INVALID_VALUE\",\"target\":\"type\"}]}",
      "INVALID_DATA", "INVALID_VALUE", 1, 1 },
    { "{\"error\":\"invalid_client\",\"error_description\":\"x\"}",
      "invalid_client", "", 1, 0 },
    { "{\"code\":\"ann@example.com is unknown\"}", "", "", 1, 0 },
    { "{\"code\":\"15555550100\"}", "", "", 1, 0 },
    { "{\"code\":7,\"details\":{},\"id\":\"x\"}", "", "", 0, 0 },
    { "[]", "", "", 0, 0 },
    { "<html>", "", "", 0, 0 }
};


static void
test_errors(void)
{
    size_t                i;
    json_t               *root;
    idv_pingone_error_t   e;

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        root = parse(errors[i].text);
        idv_pingone_error(root, &e);

        ok(strcmp(e.code, errors[i].code) == 0
           && strcmp(e.detail, errors[i].detail) == 0
           && e.known == (unsigned) errors[i].known
           && e.named == (unsigned) errors[i].named,
           "error %s: \"%s\"", errors[i].text, e.code);

        json_decref(root);
    }
}


#define ONE(id, policy, status, at)                                           \
    "{\"id\":\"" id "\"," policy STATUS(status) ",\"createdAt\":\"" at "\"}"
#define THIS   "\"verifyPolicy\":{\"id\":\"" POLICY "\"},"
#define THAT   "\"verifyPolicy\":{\"id\":\"" OTHER "\"},"
#define NOON   "2026-03-04T12:00:00Z"
#define LATER  "2026-03-04T12:00:01Z"
#define EARLY  "2026-03-04T11:59:59.999Z"


static const struct {
    const char  *name;
    const char  *list;
    const char  *why;
    int64_t      created;     /* of the one that is found; 0: none */
} lists[] = {
    { "one", "[" ONE(TX, THIS, "SUCCESS", NOON) "]", NULL, 1772625600 },
    { "the newest of three",
      "[" ONE(OTHER, THIS, "SUCCESS", NOON) ","
      ONE(TX, THIS, "APPROVED_MANUALLY", LATER) ","
      ONE(OTHER, THIS, "SUCCESS", NOON) "]", NULL, 1772625601 },
    { "one that is too old", "[" ONE(TX, THIS, "SUCCESS", EARLY) "]", NULL, 0 },
    { "no time", "[" ONE(TX, THIS, "SUCCESS", "soon") "]", NULL, 0 },
    { "a failure", "[" ONE(TX, THIS, "FAIL", NOON) "]", NULL, 0 },
    { "an open one", "[" ONE(TX, THIS, "IN_PROGRESS", NOON) "]", NULL, 0 },
    { "one that was not required", "[" ONE(TX, THIS, "NOT_REQUIRED", NOON) "]",
      NULL, 0 },
    { "an unknown word", "[" ONE(TX, THIS, "DONE", NOON) "]", NULL, 0 },
    { "another policy", "[" ONE(TX, THAT, "SUCCESS", NOON) "]", NULL, 0 },
    { "no policy", "[" ONE(TX, "", "SUCCESS", NOON) "]", NULL, 0 },
    { "a policy that is none",
      "[" ONE(TX, "\"verifyPolicy\":\"" POLICY "\",", "SUCCESS", NOON) "]",
      NULL, 0 },
    { "another user",
      "[" ONE(TX, THIS "\"user\":{\"id\":\"" OTHER "\"},", "SUCCESS", NOON)
      "]", NULL, 0 },
    { "an id that is none", "[" ONE("1", THIS, "SUCCESS", NOON) "]", NULL, 0 },
    { "some that are none, and one",
      "[null,1,[],\"x\",{}," ONE(TX, THIS, "SUCCESS", NOON) "]", NULL,
      1772625600 },
    { "none", "[]", NULL, 0 },
    { "no list", "{}", "array", 0 },
    { "a word", "\"SUCCESS\"", "array", 0 }
};


static void
test_newest(void)
{
    char                  text[2048];
    size_t                i;
    json_t               *root;
    const char           *why;
    idv_transaction_t     tx;
    idv_pingone_expect_t  any;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"_embedded\":{\"verifyTransactions\":%s}}",
                 lists[i].list);

        root = parse(text);
        why = idv_pingone_newest(root, &reading, 1772625600, &tx);
        json_decref(root);

        ok((why == NULL) == (lists[i].why == NULL)
           && (why == NULL || strstr(why, lists[i].why)), "%s: %s",
           lists[i].name, why ? why : "usable");
        is_int(tx.created, lists[i].created, lists[i].name);
        ok(memcmp(tx.id, tx_id, 16) == 0 || tx.created == 0, "%s: which",
           lists[i].name);
    }

    root = parse("{\"_embedded\":{\"verifyTransactions\":["
                 ONE(TX, THIS, "SUCCESS", NOON) "]}}");
    any = reading;
    any.policy = NULL;
    ok(idv_pingone_newest(root, &any, 0, &tx) == NULL && tx.created == 0,
       "without a policy to compare there is none");
    json_decref(root);

    root = parse("{\"size\":0}");
    ok(idv_pingone_newest(root, &reading, 0, &tx) == NULL && tx.created == 0,
       "no list at all");
    json_decref(root);

    root = parse("[]");
    ok(idv_pingone_newest(root, &reading, 0, &tx) != NULL, "no object");
    json_decref(root);
}


int
main(void)
{
    idv_uuid_parse(tx_id, (u_char *) TX, IDV_UUID_LEN);
    idv_uuid_parse(policy_id, (u_char *) POLICY, IDV_UUID_LEN);

    reading.id = tx_id;
    reading.policy = policy_id;
    ngx_str_set(&reading.user, USER);
    ngx_str_set(&reading.environment, ENV);

    creating = reading;
    creating.id = NULL;
    creating.notified = 1;

    test_whole();
    test_answers();
    test_cut();
    test_kinds();
    test_times();
    test_urls();
    test_tokens();
    test_data();
    test_newest();
    test_errors();

    return tap_done();
}
