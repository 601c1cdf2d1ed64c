
/*
 * Copyright (C) nginx-idv authors
 *
 * Calls to PingOne: what is sent, and what comes of each answer.
 */


#include "provider_script.h"


static void
test_create(void)
{
    client_t        *c;
    idv_transfer_t  *t;

    reset();

    c = client();
    c->call.method = IDV_METHOD_EMAIL;
    ngx_str_set(&c->call.contact, "ann@example.com");
    ngx_str_set(&c->call.redirect, "https://gate.example/back");

    ok(idv_provider_create(&c->call) == NGX_OK, "create is started");

    t = at("/as/token");

    is_str(t->url.data, t->url.len, "https://auth.example.com/" ENV
           "/as/token", "the token's URL");
    is_str(t->method.data, t->method.len, "POST", "the token's method");
    is_str(t->body.data, t->body.len, "grant_type=client_credentials",
           "the token's body");
    ok(header(t, "Authorization: Basic d29ya2VyOlNlQ3JFdH54")
       && header(t, "Content-Type: application/x-www-form-urlencoded"),
       "the token's headers");
    ok(!t->creates && t->live, "a token creates nothing, its call is live");

    answer("/as/token", 200, TOKEN);

    t = at("/verifyTransactions");

    is_str(t->url.data, t->url.len, ANN, "the transaction's URL");
    is_str(t->method.data, t->method.len, "POST", "its method");
    is_str(t->body.data, t->body.len, "{\"verifyPolicy\":{\"id\":\"" POLICY
           "\"},\"sendNotification\":{\"email\":\"ann@example.com\"},"
           "\"redirect\":{\"url\":\"https://gate.example/back\","
           "\"message\":\"Thanks\"}}", "its body");
    ok(header(t, "Authorization: Bearer SeCrEt-token-1")
       && header(t, "Content-Type: application/json"), "its headers");
    ok(t->creates, "it creates");

    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));

    check(c, DONE, IDV_CALL_OK, "created");
    is_int(c->call.transaction.status, IDV_TX_REQUESTED, "its status");
    is_str(c->call.transaction.code, 6, "040817", "its code");
    is_int(c->call.retry_after, -1, "no pause");
    is_int(counters[IDV_COUNT_TRANSACTIONS_CREATED], 1, "counted");
    is_int(started, 2, "transfers");
    is_int(faults, 0, "faults");

    done(c);
    ok(!timers(), "no timer is left");

    /* nothing but a policy where nothing else is asked for */

    c = client();
    idv_uuid_parse(c->call.policy, (u_char *) OTHER, IDV_UUID_LEN);
    idv_provider_create(&c->call);
    t = at("/verifyTransactions");
    is_str(t->body.data, t->body.len, "{\"verifyPolicy\":{\"id\":\"" OTHER
           "\"}}", "the location's policy");
    answer("/verifyTransactions", 201, "{\"id\":\"" TX "\",\"verifyPolicy\":"
           "{\"id\":\"" POLICY "\"},\"transactionStatus\":{\"status\":"
           "\"REQUESTED\"},\"webVerificationUrl\":\"https://a.example/?\"}");
    check(c, DONE, IDV_CALL_UNAVAILABLE, "a transaction of another policy");
    is_int(started, 3, "the token was still good");
    done(c);

    /* another device has no way back: where the operator leads it */

    ngx_str_set(&provider.redirect_url, "https://www.example/done");
    c = client();
    idv_provider_create(&c->call);
    t = at("/verifyTransactions");
    is_str(t->body.data, t->body.len, "{\"verifyPolicy\":{\"id\":\"" POLICY
           "\"},\"redirect\":{\"url\":\"https://www.example/done\","
           "\"message\":\"Thanks\"}}", "where another device is led");
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "created");
    done(c);
}


static void
test_users(void)
{
    size_t           i;
    client_t        *c;
    idv_transfer_t  *t;

    static const struct {
        ngx_str_t    user;
        const char  *path;
    } users[] = {
        { ngx_string("7b3e5a10-2f6c-4c1e-9d55-0a6be1b7f2c4"),
          "7b3e5a10-2f6c-4c1e-9d55-0a6be1b7f2c4" },
        { ngx_string("a b@c.d"), "a%20b%40c.d" },
        { ngx_string("../../admin"), "..%2F..%2Fadmin" },
        { ngx_string("x#y%z&\\"), "x%23y%25z%26%5C" },
        { ngx_string("\xc3\xa4"), "%C3%A4" },
        { ngx_string("..."), "..." },
        { ngx_string(""), NULL },
        { ngx_string("."), NULL },
        { ngx_string(".."), NULL },
        { ngx_string("a\r\nb"), NULL },
        { ngx_string("a\0b"), NULL },
        { ngx_string("a\x7f"), NULL },
        { ngx_string("0123456789012345678901234567890123456789"
                     "0123456789012345678901234567890123456789"
                     "012345678901234567890123"), NULL }
    };

    reset();
    fetch_token();

    for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        c = client();
        c->call.user = users[i].user;

        if (idv_provider_read(&c->call) != NGX_OK || c->done) {
            abort();
        }

        t = at("/verifyTransactions/" TX);

        if (users[i].path) {
            ok(t && strncmp((char *) t->url.data + sizeof(BASE) - 1,
                            users[i].path, strlen(users[i].path)) == 0
               && strcmp((char *) t->url.data + sizeof(BASE) - 1
                         + strlen(users[i].path),
                         "/verifyTransactions/" TX "?expand=verifyPolicy")
               == 0,
               "a user id is escaped: %s", users[i].path);

            answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
            check(c, DONE, IDV_CALL_OK, "and read");

        } else {
            ok(t == NULL && !c->done, "user id %u is not sent", (unsigned) i);
            advance(0);
            check(c, DONE, IDV_CALL_REFUSED, "and refused from the loop");
        }

        done(c);
    }
}


static void
test_unauthorized(void)
{
    client_t  *c;

    reset();
    fetch_token();

    c = start(idv_provider_create);
    answer("/verifyTransactions", 401, ERROR("INVALID_TOKEN"));
    ok(at("/as/token") && ntransfers == 1, "a new token after a 401");
    answer("/as/token", 200, "{\"access_token\":\"SeCrEt-token-3\"}");
    ok(header(at("/verifyTransactions"),
              "Authorization: Bearer SeCrEt-token-3"), "used at once");
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "created after all");
    is_int(faults, 0, "lines in the log");
    done(c);

    c = start(idv_provider_read);
    answer("/verifyTransactions", 401, ERROR("INVALID_TOKEN"));
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions", 401, ERROR("INVALID_TOKEN"));
    check(c, DONE, IDV_CALL_REFUSED, "refused twice");
    is_int(ntransfers, 0, "transfers left");
    is_int(faults, 1, "lines in the log");
    ok(says("read transaction: HTTP 401, code INVALID_TOKEN, error " OTHER),
       "which says so");
    done(c);
}


static const struct {
    const char             *name;
    int                     create;
    idv_transfer_result_e   net;
    ngx_uint_t              status;
    const char             *body;
    int                     repeated;
    idv_call_result_e       result;
} faulty[] = {
    { "read, 500", 0, 0, 500, "", 1, IDV_CALL_UNAVAILABLE },
    { "read, 502", 0, 0, 502, "<html>", 1, IDV_CALL_UNAVAILABLE },
    { "read, 503", 0, 0, 503, "", 1, IDV_CALL_UNAVAILABLE },
    { "read, 504", 0, 0, 504, "", 1, IDV_CALL_UNAVAILABLE },
    { "read, 408", 0, 0, 408, "", 1, IDV_CALL_UNAVAILABLE },
    { "read, 501", 0, 0, 501, "", 0, IDV_CALL_UNAVAILABLE },
    { "read, 302", 0, 0, 302, "", 0, IDV_CALL_UNAVAILABLE },
    { "read, 400", 0, 0, 400, ERROR("INVALID_DATA"), 0, IDV_CALL_REFUSED },
    { "read, 403", 0, 0, 403, ERROR("ACCESS_FAILED"), 0, IDV_CALL_REFUSED },
    { "read, 404", 0, 0, 404, ERROR("NOT_FOUND"), 0, IDV_CALL_NOT_FOUND },
    { "read, 404 of a web server", 0, 0, 404, "<html>", 0, IDV_CALL_REFUSED },
    { "read, 409", 0, 0, 409, "", 0, IDV_CALL_REFUSED },
    { "read, 429", 0, 0, 429, ERROR("REQUEST_LIMITED"), 0, IDV_CALL_LIMITED },
    { "read, HTML", 0, 0, 200, "<html>", 0, IDV_CALL_UNAVAILABLE },
    { "read, cut", 0, 0, 200, "{\"id\":\"" TX, 0, IDV_CALL_UNAVAILABLE },
    { "read, empty", 0, 0, 200, "", 0, IDV_CALL_UNAVAILABLE },
    { "read, other", 0, 0, 200, "{\"id\":\"" OTHER "\",\"transactionStatus\":"
      "{\"status\":\"SUCCESS\"}}", 0, IDV_CALL_UNAVAILABLE },
    { "read, no address", 0, IDV_TRANSFER_RESOLVE, 0, "", 1,
      IDV_CALL_UNAVAILABLE },
    { "read, refused", 0, IDV_TRANSFER_CONNECT, 0, "", 1,
      IDV_CALL_UNAVAILABLE },
    { "read, certificate", 0, IDV_TRANSFER_TLS, 0, "", 0,
      IDV_CALL_UNAVAILABLE },
    { "read, silent", 0, IDV_TRANSFER_TIMEOUT, 0, "", 1,
      IDV_CALL_UNAVAILABLE },
    { "read, reset", 0, IDV_TRANSFER_RESET, 0, "", 1, IDV_CALL_UNAVAILABLE },
    { "read, 10 MB", 0, IDV_TRANSFER_TOO_LARGE, 200, "", 0,
      IDV_CALL_UNAVAILABLE },
    { "read, not HTTP", 0, IDV_TRANSFER_PROTOCOL, 0, "", 0,
      IDV_CALL_UNAVAILABLE },
    { "read, no memory", 0, IDV_TRANSFER_INTERNAL, 0, "", 0, IDV_CALL_ERROR },
    { "create, no memory", 1, IDV_TRANSFER_INTERNAL, 0, "", 0,
      IDV_CALL_ERROR },
    { "create, 500", 1, 0, 500, "", 0, IDV_CALL_UNAVAILABLE },
    { "create, 503", 1, 0, 503, "", 0, IDV_CALL_UNAVAILABLE },
    { "create, 404", 1, 0, 404, ERROR("NOT_FOUND"), 0, IDV_CALL_NOT_FOUND },
    { "create, silent", 1, IDV_TRANSFER_TIMEOUT, 0, "", 0,
      IDV_CALL_UNAVAILABLE },
    { "create, reset", 1, IDV_TRANSFER_RESET, 0, "", 0,
      IDV_CALL_UNAVAILABLE },
    { "create, refused", 1, IDV_TRANSFER_CONNECT, 0, "", 1,
      IDV_CALL_UNAVAILABLE },
    { "create, no address", 1, IDV_TRANSFER_RESOLVE, 0, "", 1,
      IDV_CALL_UNAVAILABLE }
};


static void
test_faults(void)
{
    size_t      i;
    client_t   *c;
    ngx_uint_t  n;

    for (i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
        reset();
        fetch_token();

        c = start(faulty[i].create ? idv_provider_create : idv_provider_read);

        for (n = 0; n < 5 && at("/verifyTransactions"); n++) {
            answer_with("/verifyTransactions", faulty[i].net,
                        faulty[i].status, faulty[i].body, -1);

            if (!c->done) {
                ok(ntransfers == 0, "not repeated at once");
                advance(1000);
            }
        }

        ok(c->done == 1 && c->call.result == faulty[i].result
           && n == (faulty[i].repeated ? 3 : 1) && faults == 1,
           "%s: ended %d, result %d, sent %u times, logged %u", faulty[i].name,
           c->done, c->call.result, (unsigned) n, (unsigned) faults);

        done(c);
    }

    reset();
    fetch_token();

    c = start(idv_provider_read);
    answer("/verifyTransactions", 503, "");
    advance(1000);
    answer("/verifyTransactions", 200, TRANSACTION("PARTIAL"));
    check(c, DONE, IDV_CALL_OK, "a repetition that helps");
    is_int(faults, 0, "lines in the log");
    done(c);

    ok(!timers(), "no timer is left");
}


static void
test_cancel(void)
{
    client_t   *a, *b;
    ngx_uint_t  i;

    for (i = 0; i < 6; i++) {
        reset();

        if (i > 1) {
            fetch_token();
        }

        b = NULL;

        switch (i) {
        case 0:          /* fetching a token */
            a = start(idv_provider_read);
            break;

        case 1:          /* waiting for another worker */
            b = start(idv_provider_read);
            a = start(idv_provider_read);
            break;

        case 2:          /* in transfer */
            a = start(idv_provider_read);
            break;

        case 3:          /* in a pause */
            a = start(idv_provider_read);
            answer("/verifyTransactions", 500, "");
            break;

        case 4:          /* posted */
            broken = 1;
            a = start(idv_provider_read);
            break;

        default:         /* in a new token's transfer */
            a = start(idv_provider_read);
            answer("/verifyTransactions", 401, "");
            break;
        }

        idv_provider_cancel(&a->call);
        idv_provider_cancel(&a->call);

        if (b) {
            idv_provider_cancel(&b->call);
            done(b);
        }

        advance(6000);

        ok(a->done == PENDING && ntransfers == 0 && !timers()
           && peers[0].lease == 0, "canceled in phase %u", (unsigned) i);

        done(a);
    }
}


static void
test_detach(void)
{
    client_t        *c;
    idv_transfer_t  *t;

    reset();

    c = start(idv_provider_create);
    idv_provider_detach(&c->call);
    t = at("/as/token");
    ok(!t->live && t->log == &cycle_log, "the token's transfer is detached");
    answer("/as/token", 200, TOKEN);
    t = at("/verifyTransactions");
    ok(!t->live && t->log == &cycle_log, "what follows, too");
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "a call without a request goes on");
    done(c);

    c = start(idv_provider_create);
    t = at("/verifyTransactions");
    idv_provider_detach(&c->call);
    ok(!t->live && t->log == &cycle_log, "a transfer is detached");
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "it goes on");
    idv_provider_detach(&c->call);
    done(c);

    /* timers of a call that nobody waits for do not hold the worker */

    c = start(idv_provider_read);
    answer("/verifyTransactions", 500, "");
    is_int(ngx_event_no_timers_left(), NGX_AGAIN, "a live call's pause");
    idv_provider_detach(&c->call);
    is_int(ngx_event_no_timers_left(), NGX_OK, "a detached one's");
    idv_provider_cancel(&c->call);
    done(c);
}


static void
test_claims(void)
{
    json_t     *value;
    client_t   *c;
    ngx_str_t   pointer;

    reset();
    fetch_token();

    c = start(idv_provider_read);
    answer("/verifyTransactions/", 200, TRANSACTION("SUCCESS"));
    ok(idv_provider_claims(&c->call) == NGX_OK, "claims are started");
    ok(at("/" TX "/verifiedData?type=GOVERNMENT_ID&attempt=LATEST") != NULL,
       "their URL");
    answer("/verifiedData", 200, "{\"_embedded\":{\"verifiedData\":[{\"type\":"
           "\"GOVERNMENT_ID\",\"data\":{\"firstName\":\"SeCrEt-ann\"}}]}}");
    ok(c->done == 2 && c->call.result == IDV_CALL_OK, "they come");

    ngx_str_set(&pointer, "/_embedded/verifiedData/0/data/firstName");
    value = idv_json_pointer(c->call.document, &pointer);
    ok(json_is_string(value)
       && strcmp(json_string_value(value), "SeCrEt-ann") == 0,
       "a name by its pointer");

    ngx_str_set(&pointer, "/transactionStatus/status");
    value = idv_json_pointer(c->call.document, &pointer);
    ok(json_is_string(value), "the transaction in the same document");

    idv_uuid_parse(c->call.tx, (u_char *) OTHER, IDV_UUID_LEN);
    idv_provider_claims(&c->call);
    advance(0);
    ok(c->done == 3 && c->call.result == IDV_CALL_REFUSED && ntransfers == 0,
       "not for the document of another transaction");

    c->call.document = NULL;
    idv_provider_claims(&c->call);
    advance(0);
    ok(c->done == 4 && c->call.result == IDV_CALL_REFUSED && ntransfers == 0,
       "not without a document");

    done(c);
}


static void
test_bounds(void)
{
    char        body[8192];
    client_t   *c;
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        reset();
        sprintf(body, "{\"access_token\":\"%0*d\"}",
                (int) (IDV_STORE_PEER_MAX_TOKEN + i), 1);

        c = start(idv_provider_read);
        answer("/as/token", 200, body);
        ok(c->done == (int) i && ntransfers == 1 - i,
           "a token of %u bytes", (unsigned) (IDV_STORE_PEER_MAX_TOKEN + i));

        if (i) {
            check(c, DONE, IDV_CALL_UNAVAILABLE, "a token that is too long");
            ok(says("the token is too long"), "is logged");
        }

        idv_provider_cancel(&c->call);
        done(c);
    }

    reset();
    npeers = 0;
    c = start(idv_provider_read);
    advance(0);
    check(c, DONE, IDV_CALL_UNAVAILABLE, "no room for a record");
    ok(says("no room for another provider"), "is logged");
    done(c);

    reset();
    c = client();
    c->call.method = IDV_METHOD_SMS;
    ngx_str_set(&c->call.contact, "\xff\xfe");
    idv_provider_create(&c->call);
    advance(0);
    check(c, DONE, IDV_CALL_REFUSED, "a contact that is not UTF-8");
    done(c);

    reset();
    c = client();
    c->call.method = IDV_METHOD_SMS;
    idv_provider_create(&c->call);
    advance(0);
    check(c, DONE, IDV_CALL_REFUSED, "a message to nobody");
    done(c);
}


static void
test_regions(void)
{
    size_t     i;
    ngx_str_t  api, auth;

    static const struct {
        ngx_str_t    region;
        const char  *api;
        const char  *auth;
    } regions[] = {
        { ngx_string("com"), "https://api.pingone.com/v1",
          "https://auth.pingone.com" },
        { ngx_string("na"), "https://api.pingone.com/v1",
          "https://auth.pingone.com" },
        { ngx_string("eu"), "https://api.pingone.eu/v1",
          "https://auth.pingone.eu" },
        { ngx_string("ca"), "https://api.pingone.ca/v1",
          "https://auth.pingone.ca" },
        { ngx_string("au"), "https://api.pingone.com.au/v1",
          "https://auth.pingone.com.au" },
        { ngx_string("sg"), "https://api.pingone.sg/v1",
          "https://auth.pingone.sg" },
        { ngx_string("asia"), "https://api.pingone.asia/v1",
          "https://auth.pingone.asia" },
        { ngx_string("e"), NULL, NULL },
        { ngx_string("eux"), NULL, NULL },
        { ngx_string(""), NULL, NULL }
    };

    for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        ngx_str_t  region = regions[i].region;

        if (regions[i].api == NULL) {
            is_int(idv_provider_region(&region, &api, &auth), NGX_DECLINED,
                   "no such region");
            continue;
        }

        ok(idv_provider_region(&region, &api, &auth) == NGX_OK
           && strcmp((char *) api.data, regions[i].api) == 0
           && strcmp((char *) auth.data, regions[i].auth) == 0,
           "region %s", (char *) region.data);
    }
}


int
main(void)
{
    set_up();

    test_create();
    test_users();
    test_unauthorized();
    test_faults();
    test_cancel();
    test_detach();
    test_claims();
    test_bounds();
    test_regions();
    test_log_is_clean();

    return tap_done();
}
