
/*
 * Copyright (C) nginx-idv authors
 *
 * What a provider answers: token, transaction, verified data, users, policies,
 * errors, headers.
 */


#include "fuzz.h"

/* the real one checks types with a macro of its name */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt

#include "engine/idv_engine_claims.h"
#include "model/idv_claims.h"
#include "net/idv_transfer_job.h"
#include "provider/idv_answer.h"
#include "provider/idv_pingone.h"
#include "util/idv_json.h"


#define ANSWER_USER  "ann"
#define ANSWER_ENV   "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913"


typedef size_t (*headers_pt)(char *line, size_t size, size_t n, void *data);


static headers_pt  headers_line;
static headers_pt  headers_body;


static void
answer_transaction(json_t *root, ngx_uint_t create, const u_char *id)
{
    size_t                 i, len, end;
    CURLU                 *url;
    char                  *part;
    const char            *why;
    idv_transaction_t      tx;
    idv_pingone_expect_t   expect;

    memset(&expect, 0, sizeof(expect));
    ngx_str_set(&expect.user, ANSWER_USER);
    ngx_str_set(&expect.environment, ANSWER_ENV);
    expect.id = create ? NULL : id;
    expect.notified = create;

    why = idv_pingone_transaction(root, &expect, &tx);

    if (why) {
        return;
    }

    must(tx.status < IDV_TX_NSTATUSES);
    must(create || memcmp(tx.id, id, 16) == 0);
    must(!tx.timed_out || tx.status == IDV_TX_FAIL);
    must(create || !tx.sent);
    must(tx.code[IDV_FLOW_MAX_CODE] == '\0');
    must(tx.url[IDV_FLOW_MAX_URL] == '\0');
    must(!create || tx.url[0]);

    for (i = 0; tx.code[i]; i++) {
        must(isalnum((u_char) tx.code[i]) || tx.code[i] == '-');
    }

    if (tx.url[0] == '\0') {
        return;
    }

    /* it becomes a Location, an attribute, a QR code */

    len = strlen(tx.url);

    must(strncasecmp(tx.url, "http://", 7) == 0
         || strncasecmp(tx.url, "https://", 8) == 0);
    must(strchr(tx.url, '?') != NULL);

    end = strcspn(tx.url + 8, "/?");
    must(memchr(tx.url, '@', 8 + end) == NULL);

    for (i = 0; i < len; i++) {
        must(tx.url[i] > 0x20 && tx.url[i] < 0x7f);
        must(strchr("\"<>\\`", tx.url[i]) == NULL);
    }

    /* whom libcurl would connect to is whom one reads */

    url = curl_url();

    if (curl_url_set(url, CURLUPART_URL, tx.url, 0) == CURLUE_OK) {
        must(curl_url_get(url, CURLUPART_USER, &part, 0) == CURLUE_NO_USER);
        must(curl_url_get(url, CURLUPART_HOST, &part, 0) == CURLUE_OK);
        must(part[0] != '\0');
        curl_free(part);
    }

    curl_url_cleanup(url);
}


static void
answer_token(json_t *root)
{
    size_t                i;
    idv_pingone_token_t   token;

    if (idv_pingone_token(root, &token) != NULL) {
        return;
    }

    must(token.value.len > 0);
    must(token.life >= 1 && token.life <= 86400);

    for (i = 0; i < token.value.len; i++) {
        must(isalnum(token.value.data[i])
             || strchr("-._~+/=", token.value.data[i]));
    }
}


/* the calendar as libc knows it */

static void
answer_time(json_t *root)
{
    int         sign, zone[2];
    char        text[41], *p;
    time_t      expected;
    int64_t     t;
    ngx_str_t   s;
    struct tm   tm, day;

    s = idv_json_string(root, "expiresAt");
    t = idv_pingone_time(s.data, s.len);

    if (t == 0) {
        return;
    }

    must(s.len <= 40);
    memcpy(text, s.data, s.len);
    text[s.len] = '\0';

    memset(&tm, 0, sizeof(tm));
    p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    must(p != NULL);

    day = tm;
    expected = timegm(&tm);

    /* there is such a day */

    must(day.tm_sec == 60 || (day.tm_mday == tm.tm_mday
                              && day.tm_mon == tm.tm_mon));

    if (*p == '.') {
        p += 1 + strspn(p + 1, "0123456789");
    }

    if (*p != 'Z') {
        sign = (*p == '-') ? 1 : -1;
        must(sscanf(p + 1, "%2d:%2d", &zone[0], &zone[1]) == 2);
        expected += sign * (zone[0] * 3600 + zone[1] * 60);
    }

    must(t == expected);
}


/* who is found is of that name, and has an id that a path can have */

static void
answer_users(json_t *root)
{
    size_t           i;
    json_t          *user;
    ngx_str_t        name;
    idv_call_t       call;
    const char      *why;
    idv_pingone_t    op;
    idv_provider_t   provider;

    provider = *house_provider("house");
    ngx_str_set(&provider.lookup, "username");

    memset(&call, 0, sizeof(call));
    call.provider = &provider;
    call.log = ngx_cycle->log;
    ngx_str_set(&call.name, ANSWER_USER);

    memset(&op, 0, sizeof(op));
    op.call = &call;

    why = idv_pingone_find.use(&op, root);

    if (why || call.match != IDV_FOUND_ONE) {
        return;
    }

    user = json_array_get(json_object_get(json_object_get(root, "_embedded"),
                                          "users"), 0);
    name = idv_json_string(user, "username");

    must(name.len == sizeof(ANSWER_USER) - 1
         && memcmp(name.data, ANSWER_USER, name.len) == 0);
    must(!json_is_false(json_object_get(user, "enabled")));
    must(call.found.len && call.found.len <= IDV_FLOW_MAX_USER);
    must(call.found.data[0] != '.' || call.found.len > 2
         || (call.found.len == 2 && call.found.data[1] != '.'));

    for (i = 0; i < call.found.len; i++) {
        must(call.found.data[i] >= 0x20 && call.found.data[i] != 0x7f);
    }
}


/* what is a text to us is one to JSON */

static void
answer_text(const ngx_str_t *text)
{
    json_t  *value;

    value = json_stringn((char *) text->data, text->len);

    must(value || !idv_input_text(text));

    json_decref(value);
}


void
fuzz_answer(fuzz_input_t *in)
{
    size_t               i;
    u_char               kind, id[16];
    ngx_str_t            body;
    idv_answer_t         answer;
    idv_transfer_t       t;
    idv_pingone_error_t  error;

    static const ngx_uint_t  statuses[] = {
        200, 201, 200, 204, 299, 300, 400, 401, 403, 404, 405, 408, 409, 429,
        430, 500, 501, 502, 503, 504, 505, 599, 199, 0
    };

    memset(&t, 0, sizeof(t));

    kind = fuzz_byte(in);

    t.status = statuses[fuzz_byte(in)
                        % (sizeof(statuses) / sizeof(statuses[0]))];
    t.retry_after = (kind & 0x40) ? fuzz_byte(in) * 15 : -1;
    t.result = (kind & 0x80) ? kind % (IDV_TRANSFER_INTERNAL + 1)
                             : IDV_TRANSFER_OK;
    strcpy(t.error, "no luck");

    body = fuzz_rest(in);
    body = fuzz_copy(&body);

    t.conf = &house_provider("house")->net;
    t.pool = house_pool;
    t.log = ngx_cycle->log;
    t.response = body;

    answer_text(&body);
    idv_answer_read(&answer, &t);

    must(answer.len <= IDV_ANSWER_WHY_LEN);
    must(answer.retry_after >= -1 && answer.retry_after <= 300);
    must(answer.result != IDV_CALL_LIMITED || answer.retry_after >= 0);
    must((answer.result == IDV_CALL_OK) == (answer.document != NULL));
    must(answer.result != IDV_CALL_OK
         || (t.result == IDV_TRANSFER_OK && t.status / 100 == 2));
    must(answer.outcome != IDV_PEER_GOOD || t.result == IDV_TRANSFER_OK);

    for (i = 0; i < answer.len; i++) {
        must(answer.why[i] >= 0x20 && answer.why[i] < 0x7f);
    }

    for (i = 0; i < body.len; i++) {
        must(body.data[i] == '\0');
    }

    if (answer.document == NULL) {
        return;
    }

    must(idv_uuid_parse(id, (u_char *) SCRIPT_TX, IDV_UUID_LEN) == NGX_OK);

    answer_transaction(answer.document, kind & 1, id);
    answer_token(answer.document);
    answer_time(answer.document);
    answer_users(answer.document);
    must((idv_input_uses(answer.document) & ~IDV_INPUT_ALL) == 0);

    idv_pingone_error(answer.document, &error);
    must(strspn(error.code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                            "wxyz_0123456789") == strlen(error.code));
    must(strlen(error.detail) <= IDV_PINGONE_CODE_LEN);

    json_decref(answer.document);
}


/* letters and separators of ASCII alone, folded as the manual says */

static ngx_int_t
data_fold(const ngx_str_t *s, char *to)
{
    size_t  i;

    if (s->len > 512) {
        return NGX_DECLINED;
    }

    for (i = 0; i < s->len; i++) {
        if (isalpha(s->data[i])) {
            *to++ = (char) tolower(s->data[i]);

        } else if (s->data[i] == '\0' || strchr(" -.'", s->data[i]) == NULL) {
            return NGX_DECLINED;
        }
    }

    *to = '\0';

    return NGX_OK;
}


static void
data_match(const ngx_str_t *a, const ngx_str_t *b)
{
    int   rc;
    char  x[513], y[513];

    rc = idv_claims_match((char *) a->data, a->len, (char *) b->data, b->len);

    must(rc == idv_claims_match((char *) b->data, b->len, (char *) a->data,
                                a->len));
    must(rc == 0 || (a->len && b->len));

    if (data_fold(a, x) == NGX_OK && data_fold(b, y) == NGX_OK) {
        must(rc == (x[0] && strcmp(x, y) == 0));
    }
}


/* transaction, what is expected twice, verified data: each up to a NUL */

void
fuzz_data(fuzz_input_t *in)
{
    json_t                *document, *root, *items, *value, *claims;
    uint8_t                cause;
    ngx_str_t              text, expected[2], claim;
    const char            *name;
    idv_provider_t        *provider;
    idv_pingone_expect_t   expect;

    text = fuzz_until(in, '\0');
    document = idv_json_parse(house_pool, text.data, text.len, text.len);

    expected[0] = fuzz_until(in, '\0');
    expected[0] = fuzz_copy(&expected[0]);
    expected[1] = fuzz_until(in, '\0');
    expected[1] = fuzz_copy(&expected[1]);

    data_match(&expected[0], &expected[1]);
    data_match(&expected[0], &expected[0]);

    if (!json_is_object(document)) {
        return;
    }

    memset(&expect, 0, sizeof(expect));
    ngx_str_set(&expect.user, ANSWER_USER);
    ngx_str_set(&expect.environment, ANSWER_ENV);

    text = fuzz_rest(in);
    root = idv_json_parse(house_pool, text.data, text.len, text.len);

    if (root && idv_pingone_verified_data(root, &expect, &items) == NULL) {
        must(json_is_array(items));
        json_object_set_new(document, "_embedded",
                            json_pack("{so}", "verifiedData", items));
    }

    provider = house_provider("strict");

    must(idv_engine_claims(provider, house_pool, ngx_cycle->log, document,
                           expected, &text, &cause)
         == NGX_OK);

    must((cause == IDV_CAUSE_NONE) == (text.len != 0));

    if (cause != IDV_CAUSE_NONE) {
        return;
    }

    /* who is let in: the checks succeeded, and the person is the one */

    value = json_object_get(document, "transactionStatus");
    value = json_object_get(value, "verificationStatus");
    must(strcmp(json_string_value(json_object_get(value, "FACE")), "SUCCESS")
         == 0);

    must(text.len <= IDV_STORE_MAX_CLAIMS);
    must(expected[0].len && expected[1].len);

    claims = idv_json_parse(house_pool, text.data, text.len, text.len);
    must(json_is_object(claims));

    claim = idv_json_string(claims, "firstName");
    data_match(&claim, &expected[0]);
    must(claim.len && idv_claims_match((char *) claim.data, claim.len,
                                       (char *) expected[0].data,
                                       expected[0].len));

    json_object_foreach(claims, name, value) {
        must(json_is_string(value));
        must(json_string_length(value) <= IDV_CLAIM_MAX_VALUE);
    }
}


/* what idv_transfer_listen() tells libcurl */

CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list  args;

    va_start(args, option);

    if (option == CURLOPT_HEADERFUNCTION) {
        headers_line = va_arg(args, headers_pt);

    } else if (option == CURLOPT_WRITEFUNCTION) {
        headers_body = va_arg(args, headers_pt);
    }

    va_end(args);

    return CURLE_OK;
}


/* lines as libcurl gives them, each whole; the body after the byte for it */

void
fuzz_headers(fuzz_input_t *in)
{
    size_t               bytes, lines, taken;
    ngx_str_t            line, body;
    idv_transfer_t       t;
    idv_transfer_conf_t  conf;
    idv_transfer_job_t   job;

    conf = house_provider("house")->net;
    conf.max_header = 600;
    conf.max_body = 64 + fuzz_byte(in) * 64;

    memset(&t, 0, sizeof(t));
    t.conf = &conf;
    t.pool = house_pool;
    t.log = ngx_cycle->log;
    t.retry_after = -1;

    memset(&job, 0, sizeof(job));
    job.transfer = &t;
    job.easy = &job;

    must(idv_transfer_listen(&job) == NGX_OK);

    bytes = 0;
    lines = 0;

    while (in->p < in->last && *in->p != '\0') {
        line = fuzz_until(in, '\n');

        /* the newline is there unless it was the end of the input */
        line.len += (line.data + line.len < in->last);
        line = fuzz_copy(&line);

        taken = headers_line((char *) line.data, 1, line.len, &job);
        bytes += line.len;
        lines++;

        must(taken == (bytes <= conf.max_header
                       && lines <= IDV_TRANSFER_MAX_LINES ? line.len : 0));

        if (taken == 0) {
            must(idv_transfer_map(&job, CURLE_WRITE_ERROR)
                 == IDV_TRANSFER_TOO_LARGE);
            return;
        }
    }

    must(t.retry_after >= -1 && t.retry_after <= 3600);
    must(t.content_type.len <= conf.max_header);

    bytes = 0;
    (void) fuzz_byte(in);

    while (in->p < in->last) {
        body = fuzz_until(in, '\0');

        taken = headers_body((char *) body.data, 1, body.len, &job);
        must(taken == (bytes + body.len <= conf.max_body ? body.len : 0));

        if (taken != body.len) {
            return;
        }

        must(t.response.len == bytes + body.len);
        must(body.len == 0
             || memcmp(t.response.data + bytes, body.data, body.len) == 0);

        bytes += body.len;
    }
}
