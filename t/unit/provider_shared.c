
/*
 * Copyright (C) nginx-idv authors
 *
 * What workers share of a provider: one token, one breaker, one limit, and
 * nothing that a worker leaves behind when it is killed.
 */


#include "provider_script.h"


static uint64_t
credentials_of_provider(void)
{
    u_char     hash[IDV_HASH_LEN];
    uint64_t   credentials;
    ngx_str_t  parts[4];

    parts[0] = provider.auth_url;
    parts[1] = provider.environment_id;
    parts[2] = provider.client_id;
    parts[3] = provider.client_secret;

    idv_hash(hash, parts, 4);
    memcpy(&credentials, hash, sizeof(credentials));

    return credentials;
}


/* one fetch for all workers, also when its worker dies */

static void
test_single_flight(void)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    u_char            buf[IDV_STORE_PEER_MAX_TOKEN];
    client_t         *c[8];
    idv_peer_token_t  dead;

    reset();

    for (i = 0; i < 8; i++) {
        c[i] = start(idv_provider_read);
    }

    advance(2000);
    is_int(started, 1, "fetches of eight calls");

    answer("/as/token", 200, TOKEN);
    advance(60);
    is_int(ntransfers, 8, "reads as soon as the token is there");

    for (i = 0; i < 8; i++) {
        answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    }

    for (i = 0; i < 8; i++) {
        check(c[i], DONE, IDV_CALL_OK, "a call that waited");
        done(c[i]);
    }

    is_int(counters[IDV_COUNT_PROVIDER_TOKENS], 1, "tokens fetched");
    ok(!timers(), "no timer is left");

    /* a worker takes the lease and is killed */

    reset();

    rc = idv_store_peer_token_get(NULL, provider.id,
                                  credentials_of_provider(), 3000,
                                  ngx_current_msec, buf, &dead);

    is_int(rc, NGX_DECLINED, "the lease of a worker that is killed");

    c[0] = start(idv_provider_read);
    advance(2900);
    is_int(started, 0, "transfers while the lease lasts");
    advance(200);
    is_int(started, 1, "transfers when it is over");
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(c[0], DONE, IDV_CALL_OK, "the call");
    done(c[0]);

    idv_store_peer_token_release(NULL, provider.id, &dead);

    /* a token that never comes */

    reset();

    c[0] = start(idv_provider_read);
    c[1] = start(idv_provider_read);
    advance(4990);
    ok(!c[0]->done && !c[1]->done, "both wait");
    answer_with("/as/token", IDV_TRANSFER_TIMEOUT, 0, "", -1);
    check(c[0], DONE, IDV_CALL_UNAVAILABLE, "the one that fetched");
    advance(60);
    check(c[1], DONE, IDV_CALL_UNAVAILABLE, "the one that waited");
    is_int(faults, 1, "lines in the log");
    done(c[0]);
    done(c[1]);
}


/* the lease of a worker that was killed, and somebody else at its very end */

static void
test_lease_ends(void)
{
    u_char            buf[IDV_STORE_PEER_MAX_TOKEN];
    uint64_t          credentials;
    client_t         *c;
    ngx_int_t         rc;
    idv_peer_token_t  dead, late, other;
    static ngx_str_t  value = ngx_string("SeCrEt-token-3");

    reset();
    credentials = credentials_of_provider();

    (void) idv_store_peer_token_get(NULL, provider.id, credentials, 5000,
                                    ngx_current_msec, buf, &dead);

    c = start(idv_provider_read);
    advance(5000);
    check(c, DONE, IDV_CALL_UNAVAILABLE, "the call's time ends with it");
    ok(says("no token in time"), "which is what the log says");
    is_int(started, 0, "transfers");
    is_int(peers[0].lease, dead.lease, "nobody took it without any time");
    done(c);

    c = start(idv_provider_read);
    is_int(started, 1, "transfers of the next call, at once");
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(c, DONE, IDV_CALL_OK, "which gets its token");
    done(c);

    /* due, and one millisecond is left */

    advance(91000);
    provider.net.timeout = 1;
    faults = 0;
    c = start(idv_provider_read);
    ok(at("/as/token") != NULL, "a renewal in the last millisecond");
    is_int(faults, 0, "lines in the log before it is over");
    answer_with("/as/token", IDV_TRANSFER_TIMEOUT, 0, "", -1);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(c, DONE, IDV_CALL_OK, "the old one is good");
    done(c);

    /* whoever was late says nothing of the token that came after the lease */

    reset();
    fetch_token();
    advance(91000);

    (void) idv_store_peer_token_get(NULL, provider.id, credentials, 1000,
                                    ngx_current_msec, buf, &dead);
    advance(1000);
    rc = idv_store_peer_token_get(NULL, provider.id, credentials, 1000,
                                  ngx_current_msec, buf, &other);
    is_int(rc, NGX_OK, "the lease passes on");
    ok(other.lease != 0 && other.lease != dead.lease, "to another");

    late = dead;
    idv_store_peer_token_deny(NULL, provider.id, credentials, 500, 1,
                              ngx_current_msec, &dead);
    is_int(peers[0].lease, other.lease, "who keeps it");

    (void) idv_store_peer_token_put(NULL, provider.id, credentials, &value,
                                    100000, ngx_current_msec, &other);
    idv_store_peer_token_deny(NULL, provider.id, credentials, 500, 1,
                              ngx_current_msec, &late);
    is_int(peers[0].renew, ngx_current_msec + 90000,
           "when the new token is due");
    ok(!timers(), "no timer is left");
}


static void
test_renewal(void)
{
    client_t  *a, *b;

    reset();
    fetch_token();

    advance(89000);
    a = start(idv_provider_read);
    ok(at("/as/token") == NULL, "no renewal before nine tenths");
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    done(a);

    advance(2000);
    a = start(idv_provider_read);
    b = start(idv_provider_read);
    ok(at("/as/token") && at("/verifyTransactions/") && ntransfers == 2,
       "one call renews, the other has the old token");
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(b, DONE, IDV_CALL_OK, "the other");
    answer("/as/token", 200, "{\"access_token\":\"SeCrEt-token-2\"}");
    ok(header(at("/verifyTransactions/"),
              "Authorization: Bearer SeCrEt-token-2"), "the new token");
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(a, DONE, IDV_CALL_OK, "the one");
    done(a);
    done(b);

    /* no expires_in: a minute; the renewal fails, the old one is good */

    advance(55000);
    a = start(idv_provider_read);
    answer("/as/token", 501, "");
    ok(header(at("/verifyTransactions/"),
              "Authorization: Bearer SeCrEt-token-2"), "the old token");
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(a, DONE, IDV_CALL_OK, "a renewal that failed");
    done(a);

    /* the renewal hangs: half of the call's time is kept */

    advance(1100);
    a = start(idv_provider_read);
    advance(2501);
    ok(at("/as/token") == NULL && at("/verifyTransactions/"),
       "a renewal that hangs is given up");
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(a, DONE, IDV_CALL_OK, "with the old token");
    done(a);

    /* it ran out */

    advance(10000);
    a = start(idv_provider_read);
    ok(at("/as/token") && ntransfers == 1, "a token that ran out is not used");
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    done(a);

    /* a reload brought another secret */

    ngx_str_set(&provider.client_secret, "SeCrEt-new");
    a = start(idv_provider_read);
    ok(at("/as/token") && ntransfers == 1,
       "a token of other credentials is not used");
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    done(a);
}


static void
test_secret(void)
{
    client_t  *a, *b;

    reset();

    a = start(idv_provider_read);
    b = start(idv_provider_read);
    answer("/as/token", 401, "{\"error\":\"invalid_client\"}");
    check(a, DONE, IDV_CALL_REFUSED, "a wrong secret");
    advance(60);
    check(b, DONE, IDV_CALL_REFUSED, "for the call that waited, too");
    is_int(started, 1, "transfers");
    is_int(faults, 1, "lines in the log");
    ok(says("token: HTTP 401, code invalid_client"), "which says so");
    done(a);
    done(b);

    advance(9000);
    a = start(idv_provider_read);
    advance(0);
    check(a, DONE, IDV_CALL_REFUSED, "soon after");
    is_int(started, 1, "transfers");
    done(a);

    advance(1100);
    a = start(idv_provider_read);
    is_int(started, 2, "transfers, later");
    answer("/as/token", 404, ERROR("NOT_FOUND"));
    check(a, DONE, IDV_CALL_REFUSED, "an unknown environment is no user");
    done(a);

    /* a secret that the two ways to write it differ for */

    reset();
    ngx_str_set(&provider.client_secret, "SeCrEt+/%");

    a = start(idv_provider_read);
    ok(header(at("/as/token"),
              "Authorization: Basic d29ya2VyOlNlQ3JFdCUyQiUyRiUyNQ=="),
       "first as RFC 6749 has it");
    answer("/as/token", 401, "{\"error\":\"invalid_client\"}");
    ok(header(at("/as/token"),
              "Authorization: Basic d29ya2VyOlNlQ3JFdCsvJQ=="),
       "then as PingOne documents it");
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("INITIATED"));
    check(a, DONE, IDV_CALL_OK, "which it knows");
    done(a);
}


static void
test_limits(void)
{
    ngx_uint_t  i;
    client_t   *c;

    reset();
    fetch_token();

    c = start(idv_provider_read);
    answer_with("/verifyTransactions", 0, 429, ERROR("REQUEST_LIMITED"), 7);
    check(c, DONE, IDV_CALL_LIMITED, "429");
    is_int(c->call.retry_after, 7, "its pause");
    done(c);

    advance(4500);
    started = 0;
    c = start(idv_provider_create);
    ok(!c->done, "not called from inside");
    advance(0);
    check(c, DONE, IDV_CALL_LIMITED, "any call in the pause");
    is_int(c->call.retry_after, 3, "what is left of it");
    is_int(started, 0, "transfers");
    is_int(faults, 1, "lines in the log");
    done(c);

    advance(2600);
    c = start(idv_provider_read);
    answer_with("/verifyTransactions", 0, 503, "", 86400);
    check(c, DONE, IDV_CALL_UNAVAILABLE, "503 with a pause, not repeated");
    is_int(c->call.retry_after, 300, "a pause has a bound");
    done(c);

    advance(299000);
    c = start(idv_provider_read);
    advance(0);
    check(c, DONE, IDV_CALL_UNAVAILABLE, "in that pause");
    done(c);

    /* our own rate: two at once, then one a second */

    reset();
    fetch_token();
    provider.read_rate = 60;
    provider.read_burst = 2;

    for (i = 0; i < 3; i++) {
        c = start(idv_provider_read);
        advance(0);

        if (i < 2) {
            answer("/verifyTransactions", 200, TRANSACTION("PARTIAL"));
            check(c, DONE, IDV_CALL_OK, "a read of the burst");

        } else {
            check(c, DONE, IDV_CALL_LIMITED, "one more");
            is_int(c->call.retry_after, 1, "its pause");
        }

        done(c);
    }

    c = start(idv_provider_create);
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "a creation is not put off");
    done(c);

    advance(1000);
    c = start(idv_provider_read);
    answer("/verifyTransactions", 200, TRANSACTION("PARTIAL"));
    check(c, DONE, IDV_CALL_OK, "after a second");
    done(c);

    advance(500);
    c = start(idv_provider_read);
    advance(0);
    check(c, DONE, IDV_CALL_LIMITED, "after half a second");
    done(c);

    is_int(counters[IDV_COUNT_PROVIDER_LIMITED], 2, "put off");
}


static void
fail(ngx_uint_t n)
{
    client_t  *c;

    while (n--) {
        c = start(idv_provider_create);
        answer("/verifyTransactions", 500, "");
        check(c, DONE, IDV_CALL_UNAVAILABLE, "a failure");
        done(c);
    }
}


static void
test_breaker(void)
{
    client_t  *a, *b;

    reset();
    fetch_token();
    provider.breaker_failures = 3;
    provider.breaker_timeout = 10000;

    fail(2);
    a = start(idv_provider_read);
    answer("/verifyTransactions", 404, ERROR("NOT_FOUND"));
    done(a);
    fail(2);
    is_int(counters[IDV_COUNT_BREAKER_OPENED], 0, "openings: not in a row");
    fail(1);
    is_int(counters[IDV_COUNT_BREAKER_OPENED], 1, "openings: three in a row");
    ok(says("the breaker opens, no call for 10000ms"), "logged");

    started = 0;
    faults = 0;
    a = start(idv_provider_create);
    advance(0);
    check(a, DONE, IDV_CALL_UNAVAILABLE, "while it is open");
    is_int(a->call.retry_after, 10, "its pause");
    is_int(started, 0, "transfers");
    is_int(faults, 0, "lines in the log");
    done(a);

    advance(10000);
    a = start(idv_provider_create);
    b = start(idv_provider_create);
    advance(0);
    is_int(started, 1, "one probe");
    check(b, DONE, IDV_CALL_UNAVAILABLE, "the other call");
    done(b);
    answer("/verifyTransactions", 500, "");
    check(a, DONE, IDV_CALL_UNAVAILABLE, "the probe fails");
    is_int(counters[IDV_COUNT_BREAKER_OPENED], 2, "openings");
    done(a);

    advance(9000);
    a = start(idv_provider_create);
    advance(0);
    check(a, DONE, IDV_CALL_UNAVAILABLE, "open for the whole time again");
    done(a);

    /* a probe that is canceled, one whose worker is killed, one that helps */

    advance(1100);
    a = start(idv_provider_create);
    idv_provider_cancel(&a->call);
    done(a);

    a = start(idv_provider_create);
    ok(at("/verifyTransactions") != NULL, "a canceled probe is made up for");
    ntransfers = 0;
    peers[0].probe = ngx_current_msec + 6000;
    a->call.priv = NULL;
    advance(6000);

    b = start(idv_provider_create);
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(b, DONE, IDV_CALL_OK, "a lost probe is made up for");
    done(b);

    b = start(idv_provider_create);
    answer("/verifyTransactions", 201, TRANSACTION("REQUESTED"));
    check(b, DONE, IDV_CALL_OK, "closed again");
    done(b);
    done(a);
}


static void
test_deadline(void)
{
    client_t  *c;

    reset();

    c = start(idv_provider_create);
    advance(3000);
    answer("/as/token", 200, TOKEN);
    advance(1990);
    ok(!c->done, "not yet");
    advance(20);
    check(c, DONE, IDV_CALL_UNAVAILABLE, "token and call share one deadline");
    is_int(canceled, 1, "canceled");
    is_int(faults, 1, "lines in the log");
    done(c);

    broken = 1;
    c = start(idv_provider_create);
    advance(0);
    check(c, DONE, IDV_CALL_ERROR, "a transfer that does not start");
    done(c);

    ok(!timers(), "no timer is left");
}


int
main(void)
{
    set_up();

    test_single_flight();
    test_lease_ends();
    test_renewal();
    test_secret();
    test_limits();
    test_breaker();
    test_deadline();
    test_log_is_clean();

    return tap_done();
}
