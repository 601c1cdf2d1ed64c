
/*
 * Copyright (C) nginx-idv authors
 *
 * A provider that answers by script and a clock that the test moves, in place
 * of net/ and of the zone.  Calls of one process stand for those of several
 * workers, as all that they share is in the zone's record.
 */


#ifndef _PROVIDER_SCRIPT_H_INCLUDED_
#define _PROVIDER_SCRIPT_H_INCLUDED_


#include "tap.h"

#include <ngx_event.h>

#include "util/idv_json.h"
#include "util/idv_crypto.h"
#include "provider/idv_provider.h"
#include "store/idv_store_peer.h"


#define TX      "d1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c35"
#define POLICY  "a3c0b6a5-0c9f-49b3-8a77-3a3c9a2f4d11"
#define ENV     "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913"
#define OTHER   "11111111-2222-4333-8444-555555555555"
#define USER    "ann/o'neill?"
#define BASE    "https://api.example.com/v1/environments/" ENV "/users/"
#define ANN     BASE "ann%2Fo%27neill%3F/verifyTransactions"

#define TOKEN                                                                 \
    "{\"access_token\":\"SeCrEt-token-1\",\"token_type\":\"Bearer\","         \
    "\"expires_in\":100}"

#define TRANSACTION(status)                                                   \
    "{\"id\":\"" TX "\",\"transactionStatus\":{\"status\":\"" status "\"},"   \
    "\"webVerificationUrl\":\"https://a.example/?x=SeCrEt-url\","             \
    "\"webVerificationCode\":\"040817\"}"

#define ERROR(code)                                                           \
    "{\"id\":\"" OTHER "\",\"code\":\"" code "\",\"message\":\"of SeCrEt\"}"

#define DONE     1
#define PENDING  0


typedef struct {
    idv_call_t      call;
    ngx_pool_t     *pool;
    int             done;
} client_t;


static idv_store_peer_t   peers[2];
static ngx_uint_t         npeers;
static ngx_uint_t         locked;
static ngx_uint_t         counters[IDV_COUNT_NCOUNTERS];

static idv_transfer_t    *transfers[16];
static ngx_uint_t         ntransfers;
static ngx_uint_t         started;
static ngx_uint_t         canceled;
static ngx_uint_t         broken;

static ngx_log_t          test_log;
static ngx_log_t          cycle_log;
static char               logged[262144];
static size_t             logged_len;
static ngx_uint_t         faults;

static idv_provider_t     provider;


/* the zone */

idv_store_peer_t *
idv_store_peer_lock(idv_store_t *store, uint64_t id)
{
    ngx_uint_t  i;

    if (locked) {
        abort();
    }

    for (i = 0; i < npeers; i++) {
        if (peers[i].id == 0) {
            peers[i].id = id;
        }

        if (peers[i].id == id) {
            locked = 1;
            return &peers[i];
        }
    }

    return NULL;
}


void
idv_store_peer_unlock(idv_store_t *store)
{
    locked = 0;
}


void
idv_store_count(idv_store_t *store, idv_count_e counter)
{
    counters[counter]++;
}


/* the network */

ngx_int_t
idv_transfer_start(idv_transfer_t *t)
{
    if (broken) {
        return NGX_ERROR;
    }

    if (locked || ntransfers == 16) {
        abort();
    }

    t->retry_after = -1;
    transfers[ntransfers++] = t;
    started++;

    return NGX_OK;
}


static void
forget(idv_transfer_t *t)
{
    ngx_uint_t  i;

    for (i = 0; i < ntransfers; i++) {
        if (transfers[i] == t) {
            transfers[i] = transfers[--ntransfers];
            return;
        }
    }

    abort();
}


void
idv_transfer_cancel(idv_transfer_t *t)
{
    forget(t);
    canceled++;
}


void
idv_transfer_detach(idv_transfer_t *t)
{
    t->live = 0;
}


const char *
idv_transfer_result_name(idv_transfer_result_e result)
{
    return "result";
}


/* the clock and the event loop */

static void
advance(ngx_msec_t ms)
{
    ngx_msec_t  end;

    end = ngx_current_msec + ms;

    for ( ;; ) {
        ngx_event_expire_timers();
        ngx_event_process_posted((ngx_cycle_t *) ngx_cycle,
                                 &ngx_posted_events);

        if (ngx_current_msec == end) {
            return;
        }

        ngx_current_msec++;
    }
}


static ngx_uint_t
timers(void)
{
    return ngx_event_timer_rbtree.root != ngx_event_timer_rbtree.sentinel;
}


/* the log, at debug level */

static void
writer(ngx_log_t *log, ngx_uint_t level, u_char *buf, size_t len)
{
    if (logged_len + len < sizeof(logged)) {
        memcpy(logged + logged_len, buf, len);
        logged_len += len;
        logged[logged_len] = '\0';
    }

    if (level == NGX_LOG_ERR) {
        faults++;
    }
}


static ngx_uint_t
says(const char *text)
{
    return strstr(logged, text) != NULL;
}


/* clients and the provider */

static void
reset(void)
{
    memset(peers, 0, sizeof(peers));
    memset(counters, 0, sizeof(counters));

    npeers = 2;
    started = 0;
    canceled = 0;
    broken = 0;
    faults = 0;

    memset(&provider, 0, sizeof(provider));

    ngx_str_set(&provider.name, "pingone");
    ngx_str_set(&provider.environment_id, ENV);
    ngx_str_set(&provider.api_url, "https://api.example.com/v1");
    ngx_str_set(&provider.auth_url, "https://auth.example.com");
    ngx_str_set(&provider.client_id, "worker");
    ngx_str_set(&provider.client_secret, "SeCrEt~x");
    ngx_str_set(&provider.redirect_message, "Thanks");

    provider.id = 7;
    provider.net.timeout = 5000;
    provider.net.max_body = 65536;
    provider.breaker_timeout = 30000;

    idv_uuid_parse(provider.verify_policy, (u_char *) POLICY, IDV_UUID_LEN);

    /* leases and pauses of the test before are over */
    ngx_current_msec += 3600000;
}


static void
handler(idv_call_t *call)
{
    client_t  *c = call->data;

    c->done++;
}


static client_t *
client(void)
{
    client_t    *c;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, &test_log);
    c = ngx_pcalloc(pool, sizeof(client_t));

    c->pool = pool;
    c->call.provider = &provider;
    c->call.pool = pool;
    c->call.log = &test_log;
    c->call.live = 1;
    c->call.handler = handler;
    c->call.data = c;

    ngx_str_set(&c->call.user, USER);
    idv_uuid_parse(c->call.tx, (u_char *) TX, IDV_UUID_LEN);

    return c;
}


static client_t *
start(ngx_int_t (*call)(idv_call_t *call))
{
    client_t  *c;

    c = client();

    if (call(&c->call) != NGX_OK || c->done) {
        abort();
    }

    return c;
}


static void
done(client_t *c)
{
    ngx_destroy_pool(c->pool);
}


/* the oldest transfer to a URL that has this in it */

static idv_transfer_t *
at(const char *part)
{
    ngx_uint_t  i;

    for (i = 0; i < ntransfers; i++) {
        if (strstr((char *) transfers[i]->url.data, part)) {
            return transfers[i];
        }
    }

    return NULL;
}


static ngx_uint_t
header(idv_transfer_t *t, const char *expected)
{
    ngx_uint_t  i;

    for (i = 0; i < t->nheaders; i++) {
        if (strcmp((char *) t->headers[i].data, expected) == 0
            && t->headers[i].len == strlen(expected))
        {
            return 1;
        }
    }

    return 0;
}


static void
answer_with(const char *part, idv_transfer_result_e result, ngx_uint_t status,
    const char *body, ngx_int_t retry_after)
{
    idv_transfer_t  *t;

    t = at(part);

    if (t == NULL) {
        ok(0, "a transfer to %s", part);
        return;
    }

    forget(t);

    t->result = result;
    t->status = status;
    t->retry_after = retry_after;
    t->response.len = strlen(body);
    t->response.data = ngx_pnalloc(t->pool, t->response.len + 1);
    memcpy(t->response.data, body, t->response.len);

    if (result != IDV_TRANSFER_OK) {
        strcpy(t->error, "no luck");
    }

    t->handler(t);

    advance(0);
}


static void
answer(const char *part, ngx_uint_t status, const char *body)
{
    answer_with(part, IDV_TRANSFER_OK, status, body, -1);
}


static void
check(client_t *c, int ended, idv_call_result_e result, const char *name)
{
    ok(c->done == ended && (!ended || c->call.result == result),
       "%s: ended %d times, result %d", name, c->done, c->call.result);
}


static void
fetch_token(void)
{
    client_t  *c;

    c = start(idv_provider_read);
    answer("/as/token", 200, TOKEN);
    answer("/verifyTransactions/", 200, TRANSACTION("REQUESTED"));
    check(c, DONE, IDV_CALL_OK, "a token in the zone");
    done(c);

    started = 0;
}


/* in all that was logged by all of the above, at debug level */

static void
test_log_is_clean(void)
{
    size_t  i;

    static const char  *forbidden[] = {
        "SeCrEt", "U2VDckV0", "NlQ3JFd", "TZUNyRX", "neill", "ann@", "040817",
        "webVerification", "access_token", "Bearer", "Basic"
    };

    ok(logged_len > 1000 && logged_len < sizeof(logged) - 4096,
       "%u bytes of log", (unsigned) logged_len);

    for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        ok(!says(forbidden[i]), "the log has no \"%s\"", forbidden[i]);
    }
}


static void
set_up(void)
{
    static ngx_cycle_t  cycle;

    ngx_pagesize = getpagesize();
    ngx_time_init();

    test_log = *tap_log();
    test_log.writer = writer;
    test_log.log_level = NGX_LOG_DEBUG_CORE|NGX_LOG_DEBUG_HTTP;
    ngx_use_stderr = 0;
    cycle_log = test_log;

    cycle.log = &cycle_log;
    ngx_cycle = &cycle;

    ngx_queue_init(&ngx_posted_events);
    ngx_event_timer_init(&cycle_log);
    ngx_current_msec = 1000;
}


#endif /* _PROVIDER_SCRIPT_H_INCLUDED_ */
