
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "../util/idv_json.h"
#include "idv_pingone_parse.h"


#define IDV_PINGONE_TIMED_OUT   "TRANSACTION_TIMED_OUT"

/* RFC 6749 leaves the life of a token without expires_in to the server */
#define IDV_PINGONE_SHORT_LIFE  60
#define IDV_PINGONE_LONG_LIFE   86400


static const char *idv_pingone_subject(json_t *root,
    const idv_pingone_expect_t *expect);
static ngx_uint_t idv_pingone_same(const ngx_str_t *a, const ngx_str_t *b);
static const char *idv_pingone_status(json_t *root, idv_transaction_t *tx);
static ngx_uint_t idv_pingone_timed_out(json_t *value, ngx_uint_t depth);
static const char *idv_pingone_capture(json_t *root,
    const idv_pingone_expect_t *expect, idv_transaction_t *tx);
static ngx_uint_t idv_pingone_code(const ngx_str_t *code);
static ngx_uint_t idv_pingone_sent(json_t *root);
static ngx_int_t idv_pingone_digits(const u_char *text, size_t n);
static void idv_pingone_copy_code(char *to, const ngx_str_t *from);


const char *
idv_pingone_transaction(json_t *root, const idv_pingone_expect_t *expect,
    idv_transaction_t *tx)
{
    ngx_str_t    text;
    const char  *why;

    memset(tx, 0, sizeof(idv_transaction_t));

    if (!json_is_object(root)) {
        return "it is not an object";
    }

    text = idv_json_string(root, "id");

    if (text.len == 0 || idv_uuid_parse(tx->id, text.data, text.len) != NGX_OK)
    {
        return "\"id\" is not a UUID";
    }

    if (expect->id && memcmp(tx->id, expect->id, sizeof(tx->id)) != 0) {
        return "it is another transaction";
    }

    why = idv_pingone_subject(root, expect);
    if (why) {
        return why;
    }

    why = idv_pingone_status(root, tx);
    if (why) {
        return why;
    }

    why = idv_pingone_capture(root, expect, tx);
    if (why) {
        return why;
    }

    text = idv_json_string(root, "expiresAt");
    tx->expires = idv_pingone_time(text.data, text.len);

    text = idv_json_string(root, "createdAt");
    tx->created = idv_pingone_time(text.data, text.len);

    tx->sent = expect->notified && idv_pingone_sent(root);

    return NULL;
}


/*
 * Only members, never _links: the form of a link is not part of what the API
 * promises, and it differs between its versions.
 */

static const char *
idv_pingone_subject(json_t *root, const idv_pingone_expect_t *expect)
{
    u_char     policy[16];
    ngx_str_t  text;

    text = idv_json_string(json_object_get(root, "user"), "id");

    if (text.len && !idv_pingone_same(&text, &expect->user)) {
        return "it is of another user";
    }

    text = idv_json_string(json_object_get(root, "environment"), "id");

    if (text.len && !idv_pingone_same(&text, &expect->environment)) {
        return "it is of another environment";
    }

    if (expect->policy == NULL) {
        return NULL;
    }

    text = idv_json_string(json_object_get(root, "verifyPolicy"), "id");

    if (text.len
        && (idv_uuid_parse(policy, text.data, text.len) != NGX_OK
            || memcmp(policy, expect->policy, sizeof(policy)) != 0))
    {
        return "it has another verify policy";
    }

    return NULL;
}


static ngx_uint_t
idv_pingone_same(const ngx_str_t *a, const ngx_str_t *b)
{
    u_char  x[16], y[16];

    if (a->len == b->len && memcmp(a->data, b->data, a->len) == 0) {
        return 1;
    }

    /* UUIDs are the same in either case */

    return idv_uuid_parse(x, a->data, a->len) == NGX_OK
           && b->len == IDV_UUID_LEN
           && idv_uuid_parse(y, b->data, b->len) == NGX_OK
           && memcmp(x, y, sizeof(x)) == 0;
}


static const char *
idv_pingone_status(json_t *root, idv_transaction_t *tx)
{
    json_t     *status;
    ngx_str_t   text;

    status = json_object_get(root, "transactionStatus");

    if (!json_is_object(status)) {
        return "\"transactionStatus\" is not an object";
    }

    text = idv_json_string(status, "status");

    if (text.len == 0) {
        return "\"transactionStatus.status\" is not a string";
    }

    tx->status = idv_tx_status_parse((char *) text.data, text.len);

    /*
     * PingOne has no status for it: an expired transaction is a FAIL with this
     * word inside of verificationStatus, as a name or as a value.
     */

    if (tx->status == IDV_TX_FAIL) {
        tx->timed_out = idv_pingone_timed_out(
                            json_object_get(status, "verificationStatus"), 0);
    }

    return NULL;
}


static ngx_uint_t
idv_pingone_timed_out(json_t *value, ngx_uint_t depth)
{
    size_t       i;
    json_t      *member;
    const char  *name;

    if (depth > IDV_JSON_MAX_DEPTH) {
        return 0;
    }

    switch (json_typeof(value ? value : json_null())) {

    case JSON_STRING:
        return strstr(json_string_value(value), IDV_PINGONE_TIMED_OUT) != NULL;

    case JSON_ARRAY:
        json_array_foreach(value, i, member) {
            if (idv_pingone_timed_out(member, depth + 1)) {
                return 1;
            }
        }

        return 0;

    case JSON_OBJECT:
        json_object_foreach(value, name, member) {
            if (strstr(name, IDV_PINGONE_TIMED_OUT)
                || idv_pingone_timed_out(member, depth + 1))
            {
                return 1;
            }
        }

        return 0;

    default:
        return 0;
    }
}


/*
 * Where the user goes and the code shown there.  A new transaction is of no use
 * without the URL; a later read may have neither.
 */

static const char *
idv_pingone_capture(json_t *root, const idv_pingone_expect_t *expect,
    idv_transaction_t *tx)
{
    ngx_str_t  text;

    text = idv_json_string(root, "webVerificationUrl");

    if (text.len <= IDV_FLOW_MAX_URL && idv_pingone_url(text.data, text.len)) {
        memcpy(tx->url, text.data, text.len);

    } else if (expect->id == NULL) {
        return text.len > IDV_FLOW_MAX_URL
               ? "\"webVerificationUrl\" is too long"
               : "\"webVerificationUrl\" is not an http URL with a query";
    }

    text = idv_json_string(root, "webVerificationCode");

    if (text.len <= IDV_FLOW_MAX_CODE && idv_pingone_code(&text)) {
        memcpy(tx->code, text.data, text.len);

    } else if (expect->id == NULL && text.len) {
        return "\"webVerificationCode\" is not a code";
    }

    return NULL;
}


static ngx_uint_t
idv_pingone_code(const ngx_str_t *code)
{
    size_t  i;

    for (i = 0; i < code->len; i++) {
        if ((code->data[i] < '0' || code->data[i] > '9')
            && (code->data[i] < 'A' || code->data[i] > 'Z')
            && (code->data[i] < 'a' || code->data[i] > 'z')
            && code->data[i] != '-')
        {
            return 0;
        }
    }

    return code->len != 0;
}


static ngx_uint_t
idv_pingone_sent(json_t *root)
{
    size_t   i;
    json_t  *results, *result;

    results = json_object_get(json_object_get(root, "sendNotification"),
                              "results");

    json_array_foreach(results, i, result) {
        if (json_is_true(json_object_get(result, "sent"))) {
            return 1;
        }
    }

    return 0;
}


/*
 * Older transactions may lack members that those of today have: what does not
 * say all that is asked is passed over.
 */

static ngx_uint_t
idv_pingone_succeeded(json_t *item, const idv_pingone_expect_t *expect,
    idv_transaction_t *tx)
{
    u_char                id[16];
    ngx_str_t             text;
    idv_pingone_expect_t  own;

    text = idv_json_string(item, "id");

    if (text.len == 0 || idv_uuid_parse(id, text.data, text.len) != NGX_OK) {
        return 0;
    }

    own = *expect;
    own.id = id;

    return expect->policy
           && idv_json_string(json_object_get(item, "verifyPolicy"), "id").len
           && idv_pingone_transaction(item, &own, tx) == NULL
           && idv_tx_status_good(tx->status);
}


const char *
idv_pingone_newest(json_t *root, const idv_pingone_expect_t *expect,
    int64_t since, idv_transaction_t *tx)
{
    size_t              i;
    json_t             *embedded, *list, *item;
    idv_transaction_t   one;

    ngx_memzero(tx, sizeof(idv_transaction_t));

    if (!json_is_object(root)) {
        return "it is not an object";
    }

    embedded = json_object_get(root, "_embedded");
    list = json_object_get(embedded, "verifyTransactions");

    if ((embedded && !json_is_object(embedded))
        || (list && !json_is_array(list)))
    {
        return "\"_embedded.verifyTransactions\" is not an array";
    }

    json_array_foreach(list, i, item) {

        if (idv_pingone_succeeded(item, expect, &one)
            && one.created > tx->created && one.created >= since)
        {
            *tx = one;
        }
    }

    return NULL;
}


const char *
idv_pingone_verified_data(json_t *root, const idv_pingone_expect_t *expect,
    json_t **items)
{
    size_t       i;
    json_t      *embedded, *data, *item;
    ngx_str_t    type;
    const char  *why;

    *items = NULL;

    if (!json_is_object(root)) {
        return "it is not an object";
    }

    why = idv_pingone_subject(root, expect);
    if (why) {
        return why;
    }

    embedded = json_object_get(root, "_embedded");
    data = json_object_get(embedded, "verifiedData");

    /* a collection without items may come without _embedded */

    if ((embedded && !json_is_object(embedded))
        || (data && !json_is_array(data)))
    {
        return "\"_embedded.verifiedData\" is not an array";
    }

    *items = json_array();
    if (*items == NULL) {
        return "no memory";
    }

    json_array_foreach(data, i, item) {
        type = idv_json_string(item, "type");

        if (type.len == 0) {
            why = "an item of verified data has no type";
            goto failed;
        }

        /* a pointer to the first item must not meet one of another kind */

        if (type.len != sizeof("GOVERNMENT_ID") - 1
            || ngx_strncmp(type.data, "GOVERNMENT_ID", type.len) != 0)
        {
            continue;
        }

        if (!json_is_object(json_object_get(item, "data"))) {
            why = "a government id has no data";
            goto failed;
        }

        if (json_array_append(*items, item) != 0) {
            why = "no memory";
            goto failed;
        }
    }

    return NULL;

failed:

    json_decref(*items);
    *items = NULL;

    return why;
}


const char *
idv_pingone_token(json_t *root, idv_pingone_token_t *token)
{
    size_t      i;
    u_char      ch;
    json_t     *expires;
    json_int_t  life;
    ngx_str_t   type;

    if (!json_is_object(root)) {
        return "it is not an object";
    }

    token->value = idv_json_string(root, "access_token");

    if (token->value.len == 0) {
        return "\"access_token\" is not a string";
    }

    /* b64token of RFC 6750 section 2.1: it goes into a header as it is */

    for (i = 0; i < token->value.len; i++) {
        ch = token->value.data[i];

        if ((ch < '0' || ch > '9') && (ch < 'A' || ch > 'Z')
            && (ch < 'a' || ch > 'z')
            && (ch == '\0' || strchr("-._~+/=", ch) == NULL))
        {
            return "\"access_token\" is not a bearer token";
        }
    }

    type = idv_json_string(root, "token_type");

    if ((type.len == 0 && json_object_get(root, "token_type"))
        || (type.len
            && (type.len != sizeof("Bearer") - 1
                || strncasecmp((char *) type.data, "Bearer", type.len) != 0)))
    {
        return "\"token_type\" is not Bearer";
    }

    expires = json_object_get(root, "expires_in");

    if (json_is_integer(expires)) {
        life = json_integer_value(expires);
        token->life = ngx_max(1, ngx_min(life, IDV_PINGONE_LONG_LIFE));

    } else {
        token->life = IDV_PINGONE_SHORT_LIFE;
    }

    return NULL;
}


void
idv_pingone_error(json_t *root, idv_pingone_error_t *error)
{
    ngx_str_t  text;

    memset(error, 0, sizeof(idv_pingone_error_t));

    /* P1Error has "code", RFC 6749 section 5.2 has "error" */

    text = idv_json_string(root, "code");

    if (text.len == 0) {
        text = idv_json_string(root, "error");
    }

    error->known = (text.len != 0);

    idv_pingone_copy_code(error->code, &text);

    text = idv_json_string(json_array_get(json_object_get(root, "details"), 0),
                           "code");

    idv_pingone_copy_code(error->detail, &text);

    text = idv_json_string(root, "id");

    error->named = text.len
                   && idv_uuid_parse(error->id, text.data, text.len) == NGX_OK;
}


static void
idv_pingone_copy_code(char *to, const ngx_str_t *from)
{
    size_t  i;
    u_char  ch;

    if (from->len > IDV_PINGONE_CODE_LEN) {
        return;
    }

    /* anything but a constant may be somebody's data */

    for (i = 0; i < from->len; i++) {
        ch = from->data[i];

        if ((ch < 'A' || ch > 'Z') && (ch < 'a' || ch > 'z') && ch != '_'
            && (i == 0 || ch < '0' || ch > '9'))
        {
            return;
        }
    }

    memcpy(to, from->data, from->len);
}


/* YYYY-MM-DDThh:mm:ss, a fraction, Z or +hh:mm or -hh:mm */

int64_t
idv_pingone_time(const u_char *text, size_t len)
{
    size_t        i;
    int64_t       days, seconds;
    ngx_int_t     year, month, day, hour, minute, second, zone[2];
    const u_char  *p;

    static const u_char  form[] = "dddd-dd-ddTdd:dd:dd";
    static const u_char  last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                    31 };

    if (len < sizeof(form) || len > 40) {
        return 0;
    }

    for (i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == 'd' ? (text[i] < '0' || text[i] > '9')
                           : (text[i] != form[i]))
        {
            return 0;
        }
    }

    year = idv_pingone_digits(text, 4);
    month = idv_pingone_digits(text + 5, 2);
    day = idv_pingone_digits(text + 8, 2);
    hour = idv_pingone_digits(text + 11, 2);
    minute = idv_pingone_digits(text + 14, 2);
    second = idv_pingone_digits(text + 17, 2);

    if (year < 1970 || month < 1 || month > 12 || day < 1
        || day > last[month - 1] + (month == 2 && year % 4 == 0
                                    && (year % 100 != 0 || year % 400 == 0))
        || hour > 23 || minute > 59 || second > 60)
    {
        return 0;
    }

    p = text + sizeof(form) - 1;
    len -= sizeof(form) - 1;

    if (*p == '.') {
        do {
            p++;
            len--;
        } while (len && *p >= '0' && *p <= '9');

        if (p[-1] == '.') {
            return 0;
        }
    }

    zone[0] = 0;
    zone[1] = 0;

    if (len == 6 && (*p == '+' || *p == '-') && p[3] == ':') {
        zone[0] = idv_pingone_digits(p + 1, 2);
        zone[1] = idv_pingone_digits(p + 4, 2);

        if (zone[0] < 0 || zone[0] > 23 || zone[1] < 0 || zone[1] > 59) {
            return 0;
        }

    } else if (len != 1 || *p != 'Z') {
        return 0;
    }

    /* days in years that begin in March, so that the leap day is the last */

    if (month <= 2) {
        month += 12;
        year--;
    }

    days = 365 * (int64_t) year + year / 4 - year / 100 + year / 400
           + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;

    seconds = days * 86400 + hour * 3600 + minute * 60 + second;

    return seconds - (*p == '-' ? -1 : 1) * (zone[0] * 3600 + zone[1] * 60);
}


static ngx_int_t
idv_pingone_digits(const u_char *text, size_t n)
{
    ngx_int_t  value;

    for (value = 0; n; n--, text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }

        value = value * 10 + (*text - '0');
    }

    return value;
}


ngx_uint_t
idv_pingone_url(const u_char *text, size_t len)
{
    size_t      i, host;
    ngx_uint_t  query;

    if (len > 7 && strncasecmp((char *) text, "http://", 7) == 0) {
        host = 7;

    } else if (len > 8 && strncasecmp((char *) text, "https://", 8) == 0) {
        host = 8;

    } else {
        return 0;
    }

    /* a user name before the host is there to mislead */

    for (i = host; i < len && text[i] != '/' && text[i] != '?'; i++) {
        if (text[i] == '@') {
            return 0;
        }
    }

    if (i == host) {
        return 0;
    }

    query = 0;

    for (i = host; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f
            || strchr("\"#<>\\^`{|}", text[i]) != NULL)
        {
            return 0;
        }

        if (text[i] == '?') {
            query = 1;
        }
    }

    return query;
}
