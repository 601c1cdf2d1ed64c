
/*
 * Copyright (C) nginx-idv authors
 *
 * The session: what was issued opens the gate for its subject, host and
 * provider, in its time, and nothing else does, whether this process has seen
 * it before (the cache) or not.
 */


#include "request.h"
#include "web/ngx_http_idv_session_cache.h"


static u_char      ann[16] = "ann's hash is ..";
static u_char      bob[16] = "bob's hash is ..";
static idv_flow_t  flow;


/* the value of the session cookie that an answer sets */

static ngx_str_t
cookie_of(ngx_http_request_t *r)
{
    u_char     *end;
    ngx_str_t   value;

    value = fake_find(&r->headers_out.headers, "Set-Cookie");

    if (value.len) {
        end = ngx_strlchr(value.data, value.data + value.len, ';');
        value.data += sizeof("idv_session=") - 1;
        value.len = end - value.data;
    }

    return value;
}


/* issues a session; the text is copied out of the request's pool */

static ngx_str_t
issue(const char *claims, int cookieless)
{
    ngx_str_t            text, json;
    ngx_http_request_t  *r;

    static u_char  copy[8][5000];
    static int     n;

    json.data = (u_char *) claims;
    json.len = strlen(claims);

    r = fake_request("shop.example");
    ngx_str_null(&text);

    if (ngx_http_idv_session_issue(r, &fake_provider, &flow, &json,
                                   cookieless ? &text : NULL)
        == NGX_OK)
    {
        ngx_http_idv_session_grant(r, &fake_provider);

        if (!cookieless) {
            text = cookie_of(r);
        }
    }

    n = (n + 1) % 8;
    memcpy(copy[n], text.data, text.len);
    text.data = copy[n];

    fake_end(r);

    return text;
}


/* 1 if the text opens the gate as this cookie or header on this host */

static int
opens_as(const char *name, ngx_str_t text, const char *host,
    const u_char subject[16])
{
    int                  found, cookie;
    u_char               header[6000];
    ngx_http_request_t  *r;

    cookie = strcmp(name, "IDV-Session") != 0;
    r = fake_request(host);

    if (cookie) {
        fake_header(r, "Cookie", header,
                    ngx_sprintf(header, "%s=%V", name, &text) - header);
    } else {
        fake_header(r, name, text.data, text.len);
    }

    found = ngx_http_idv_session(r, &fake_provider, subject) != NULL;

    fake_end(r);

    return found;
}


static int
opens(ngx_str_t text)
{
    return opens_as("idv_session", text, "shop.example", ann);
}


static void
test_issue(void)
{
    ngx_str_t                text, set, json;
    ngx_http_request_t      *r;
    ngx_http_idv_session_t  *s;

    r = fake_request("shop.example");
    ngx_str_set(&json, "{\"firstName\":\"Ann\"}");

    ok(ngx_http_idv_session_issue(r, &fake_provider, &flow, &json, NULL)
       == NGX_OK, "a session is made");
    ok(fake_find(&r->headers_out.headers, "Set-Cookie").len == 0,
       "and given to nobody yet");
    is_int(fake_counts[IDV_COUNT_SESSIONS_ISSUED], 0, "it is not counted");

    ngx_http_idv_session_grant(r, &fake_provider);

    set = fake_find(&r->headers_out.headers, "Set-Cookie");
    ok(set.len > 20 && memcmp(set.data, "idv_session=", 12) == 0, "a cookie");
    ok(tap_has(&set, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600")
       != NULL, "with its attributes");
    ok(tap_has(&set, "Secure") == NULL, "not Secure without TLS");
    is_int(fake_counts[IDV_COUNT_SESSIONS_ISSUED], 1, "it is counted");

    text = cookie_of(r);
    fake_header(r, "Cookie", set.data, set.len);
    fake_header(r, "Cookie", "a=b; idv_sessions", 17);

    for (int warm = 0; warm < 2; warm++) {
        memset(&fake_ctx, 0, sizeof(fake_ctx));
        s = ngx_http_idv_session(r, &fake_provider, ann);

        ok(s != NULL, "%s: opens", warm ? "cached" : "new");
        if (s == NULL) {
            return;
        }

        is_int(s->serial > 0, 1, "is kept");
        is_int(s->issued, fake_time.sec, "issued");
        is_int(s->seen, fake_time.sec, "seen");
        is_int(s->verified, fake_time.sec - 5, "verified");
        is_int(s->expires, fake_time.sec + 3600, "expires");
        is_int(s->status, IDV_TX_SUCCESS, "status");
        is_int(s->bypass, 0, "no bypass");
        is_int(s->header, 0, "no header");
        ok(memcmp(s->tx, flow.tx, 16) == 0, "transaction");
        ok(memcmp(s->policy, flow.policy, 16) == 0, "policy");
        is_str(s->claims.data, s->claims.len, "{\"firstName\":\"Ann\"}",
               "claims");

        ok(ngx_http_idv_session(r, &fake_provider, ann) == s,
           "found once a request");
        ok(ngx_http_idv_session(r, &fake_provider, bob) == NULL,
           "but not for another subject of the same request");
    }

    is_int(ngx_http_idv_session_json(r, &fake_provider, s, &json), NGX_OK,
           "for the front end");
    is_str(json.data, json.len, "{\"active\":true,\"status\":\"SUCCESS\","
           "\"verifiedAt\":\"2027-01-15T07:59:55Z\","
           "\"expiresAt\":\"2027-01-15T09:00:00Z\","
           "\"idleExpiresAt\":\"2027-01-15T08:10:00Z\","
           "\"policy\":\"70707070-7070-7070-7070-707070707070\"}", "json");
    ok(ngx_strlchr(text.data, text.data + text.len, '=') == NULL,
       "no padding");

    ngx_http_idv_session_json(r, &fake_provider, NULL, &json);
    is_str(json.data, json.len, "{\"active\":false}", "nobody");

    fake_end(r);

    /* with TLS before nginx */

    ngx_str_set(&fake_provider.base_url, "https://shop.example");
    r = fake_request("shop.example");
    ngx_http_idv_session_issue(r, &fake_provider, &flow, NULL, NULL);
    ngx_http_idv_session_grant(r, &fake_provider);
    set = fake_find(&r->headers_out.headers, "Set-Cookie");
    ok(memcmp(set.data, "__Host-idv_session=", 19) == 0
       && tap_has(&set, "; Path=/; HttpOnly; Secure; SameSite=Lax; ")
          != NULL,
       "__Host- and Secure");
    fake_end(r);
    ngx_str_null(&fake_provider.base_url);
}


static void
test_bypass(void)
{
    ngx_str_t                text, json;
    ngx_http_request_t      *r;
    ngx_http_idv_session_t  *s;

    flow.flags |= IDV_FLOW_BYPASS;
    text = issue("", 1);
    flow.flags &= ~IDV_FLOW_BYPASS;

    r = fake_request("shop.example");
    fake_header(r, "idv-session", text.data, text.len);
    s = ngx_http_idv_session(r, &fake_provider, ann);

    ok(s && s->bypass && s->header, "a bypass, by header");

    if (s) {
        is_str(s->claims.data, s->claims.len,
               "{\"transactionStatus\":\"BYPASS\"}", "that says so");
        ngx_http_idv_session_json(r, &fake_provider, s, &json);
        ok(tap_has(&json, "\"status\":\"BYPASS\",\"expiresAt\"")
           != NULL, "and without a time of verification");
    }

    fake_end(r);
}


/* warm: the process has opened the untouched one before */

static void
test_forged(int warm)
{
    int         bad;
    size_t      i;
    u_char      c;
    ngx_str_t   text, part, header;
    idv_key_t  *keys = fake_provider.keys;

    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_=+/%";

    text = issue("{\"firstName\":\"Ann\"}", 0);
    header = issue("{\"firstName\":\"Ann\"}", 1);

    if (warm) {
        ok(opens(text), "opens once");
        ok(opens_as("IDV-Session", header, "shop.example", ann), "header too");
    }

    bad = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        for (const char *p = alphabet; *p; p++) {
            if ((u_char) *p != c) {
                text.data[i] = (u_char) *p;
                bad += opens(text);
            }
        }

        text.data[i] = c;
    }

    is_int(bad, 0, "no changed character opens");

    for (i = 0; i < text.len; i++) {
        part.data = text.data;
        part.len = i;
        bad += opens(part);
        part.data = text.data + i + 1;
        part.len = text.len - i - 1;
        bad += opens(part);
    }

    is_int(bad, 0, "nor does a part");

    memcpy(text.data + text.len, "====", 4);

    for (part = text; part.len < text.len + 4; /* void */ ) {
        part.len++;
        bad += opens(part);
    }

    is_int(bad, 0, "nor does padding pass");

    ok(!opens_as("idv_session", text, "shop.example.org", ann), "other host");
    ok(!opens_as("idv_session", text, "shop.exampla", ann), "of its length");
    ok(!opens_as("idv_session", text, "", ann), "no host");
    ok(!opens_as("idv_session", text, "shop.example", bob), "other subject");
    ok(!opens_as("idv_sessiom", text, "shop.example", ann), "other name");
    ok(!opens_as("Idv_session", text, "shop.example", ann), "other case");
    ok(!opens_as("__Host-idv_session", text, "shop.example", ann), "prefix");
    ok(!opens_as("IDV-Session", text, "shop.example", ann),
       "a cookie's text as header");
    ok(!opens(header), "a header's text as cookie");
    ok(opens_as("IDV-Session", header, "shop.example", ann),
       "a header's as header");

    /* configured anew: the cache does not outlive a configuration */

    for (i = 0; i < 4; i++) {
        idv_provider_t  saved = fake_provider;
        ngx_str_t      *values[] = { &fake_provider.name,
                                     &fake_provider.environment_id,
                                     &fake_provider.cookie_name };

        if (i < 3) {
            ngx_str_set(values[i], "other");
        } else {
            fake_provider.keys = &fake_keys[1];
        }

        ngx_destroy_pool(fake_cycle.pool);
        fake_cycle.pool = tap_pool();
        ngx_http_idv_cookie_names(fake_cycle.pool, &fake_provider.cookie_name,
                                  fake_provider.cookies);

        ok(!opens_as((char *) fake_provider.cookie_name.data, text,
                     "shop.example", ann), "another provider, %d", (int) i);

        fake_provider = saved;
        ok(!warm || opens(text), "the same again");
    }

    /* rotation: a new key seals, the old one still opens */

    fake_provider.keys = ngx_alloc(2 * sizeof(idv_key_t), tap_log());
    fake_provider.keys[0] = keys[1];
    fake_provider.keys[1] = keys[0];
    fake_provider.nkeys = 2;

    ok(opens(text), "a session of the old key");

    part = issue("{}", 0);
    ok(opens(part), "one of the new key");

    ngx_free(fake_provider.keys);
    fake_provider.keys = keys;
    fake_provider.nkeys = 1;

    ngx_destroy_pool(fake_cycle.pool);
    fake_cycle.pool = tap_pool();

    ok(!opens(part), "not without that key");
}


static void
test_time(int warm)
{
    time_t     start;
    ngx_str_t  text;

    start = fake_time.sec;
    text = issue("{}", 0);

    ok(!warm || opens(text), "now");

    fake_provider.session_idle = 0;

    fake_time.sec = start + 3599;
    ok(opens(text), "a second before its end");
    fake_time.sec = start + 3600;
    ok(!opens(text), "at its end");
    fake_time.sec = start + 3601;
    ok(!opens(text), "after its end");

    fake_time.sec = start + 100;
    fake_provider.session_lifetime = 101;
    ok(opens(text), "before the end of a shorter lifetime");
    fake_provider.session_lifetime = 100;
    ok(!opens(text), "at the end of a shorter lifetime");
    fake_provider.session_lifetime = 100000;
    fake_time.sec = start + 3600;
    ok(!opens(text), "a longer one does not make it live on");
    fake_provider.session_lifetime = 3600;

    fake_provider.session_idle = 600;
    fake_time.sec = start + 599;
    ok(opens(text), "a second before it is idle");
    fake_time.sec = start + 600;
    ok(!opens(text), "idle");

    fake_time.sec = start - 60;
    ok(opens(text), "of a clock a minute ahead");
    fake_time.sec = start - 61;
    ok(!opens(text), "of the future");

    fake_time.sec = start;
    ok(opens(text), "and now again");

    memcpy(fake_revoked, ann, 16);
    ok(!opens(text), "revoked by subject");
    memset(fake_revoked, 0, 16);
    ok(opens(text), "not any more");
}


static void
test_end(void)
{
    ngx_str_t                text, set;
    ngx_http_request_t      *r;
    ngx_http_idv_session_t  *s;

    text = issue("{}", 0);
    r = fake_request("shop.example");
    fake_header(r, "Cookie", "idv_session=", 12);
    fake_nth(&r->headers_in.headers, 0)->value.data
        = ngx_pnalloc(r->pool, text.len + 12);
    fake_nth(&r->headers_in.headers, 0)->value.len = text.len + 12;
    ngx_sprintf(fake_nth(&r->headers_in.headers, 0)->value.data,
                "idv_session=%V", &text);

    s = ngx_http_idv_session(r, &fake_provider, ann);
    ok(s != NULL, "a session");

    fake_time.sec += 149;
    ngx_http_idv_session_touch(r, &fake_provider, s);
    is_int(fake_find(&r->headers_out.headers, "Set-Cookie").len, 0,
           "before a quarter of the idle time the cookie stays");

    fake_time.sec += 1;
    ngx_http_idv_session_touch(r, &fake_provider, s);
    set = cookie_of(r);
    ok(set.len && !(set.len == text.len
                    && memcmp(set.data, text.data, set.len) == 0),
       "then it is set anew");

    {
        u_char       copy[5000];
        ngx_str_t    renewed = { set.len, copy };
        ngx_array_t  sessions;

        memcpy(copy, set.data, set.len);
        set = fake_find(&r->headers_out.headers, "Set-Cookie");
        ok(tap_has(&set, "Max-Age=3450") != NULL,
           "to the same end");

        ngx_http_idv_session_touch(r, &fake_provider, s);
        ok(fake_nth(&r->headers_out.headers, 1) == NULL, "once");

        fake_time.sec += 599;
        ok(!opens(text), "the old one is idle");
        ok(opens(renewed), "the new one is not");

        sessions.elts = s;
        sessions.nelts = 1;
        ok(ngx_http_idv_sessions_end(r, &fake_provider, &sessions) == NGX_OK,
           "end");
        ok(fake_nth(&r->headers_out.headers, 1) == NULL,
           "there is one Set-Cookie");

        set = fake_find(&r->headers_out.headers, "Set-Cookie");
        ok(tap_has(&set, "idv_session=; Path=/; HttpOnly; SameSite=Lax;"
                      " Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
           == (char *) set.data, "it clears");
        ok(!opens(renewed), "what was revoked does not open");
    }

    memset(fake_revoked, 0, 16);
    fake_end(r);

    /* by header: a renewed one comes in a header */

    text = issue("{}", 1);
    r = fake_request("shop.example");
    fake_header(r, "IDV-Session", text.data, text.len);
    s = ngx_http_idv_session(r, &fake_provider, ann);
    ok(s != NULL, "a header's session");
    fake_time.sec += 200;
    ngx_http_idv_session_touch(r, &fake_provider, s);
    is_int(fake_find(&r->headers_out.headers, "Set-Cookie").len, 0,
           "no cookie");
    set = fake_find(&r->headers_out.headers, "IDV-Session");
    is_int(set.len, text.len, "a header");
    fake_end(r);
}


/* what is issued is always short enough, and always read again */

static void
test_size(void)
{
    int                  n, members, bad, longest, dropped;
    char                 claims[IDV_STORE_MAX_CLAIMS + 1], *p;
    ngx_str_t            text;

    bad = 0;
    longest = 0;

    for (n = 1; n < IDV_STORE_MAX_CLAIMS - 8; n++) {
        p = claims;
        p += sprintf(p, "{\"a\":\"");
        memset(p, 'v', (size_t) n);
        sprintf(p + n, "\"}");

        if (n > 300 && n < 2700 && n % 97) {
            continue;
        }

        text = issue(claims, n & 1);
        longest = ngx_max(longest, (int) text.len);
        bad += !opens_as((n & 1) ? "IDV-Session" : "idv_session", text,
                         "shop.example", ann);
    }

    is_int(bad, 0, "every size opens");
    ok(longest > NGX_HTTP_IDV_MAX_COOKIE - 20
       && longest + (int) sizeof("idv_session=") - 1
          <= NGX_HTTP_IDV_MAX_COOKIE, "the longest has %d bytes", longest);

    /* the last are left out, not the first */

    p = claims;
    *p++ = '{';

    for (members = 0; p - claims < IDV_STORE_MAX_CLAIMS - 60; members++) {
        p += sprintf(p, "%s\"claim%d\":\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\"",
                     members ? "," : "", members);
    }

    sprintf(p, "}");
    text = issue(claims, 0);

    {
        ngx_http_request_t      *r = fake_request("shop.example");
        u_char                   cookie[5000];
        json_t                  *root;
        ngx_http_idv_session_t  *s;

        fake_header(r, "Cookie", cookie,
                    ngx_sprintf(cookie, "idv_session=%V", &text) - cookie);
        s = ngx_http_idv_session(r, &fake_provider, ann);
        ok(s != NULL, "it opens");

        root = json_loadb((char *) s->claims.data, s->claims.len, 0, NULL);
        dropped = members - (int) json_object_size(root);
        ok(dropped > 0 && dropped < 12, "%d of %d are left out", dropped,
           members);
        ok(json_object_get(root, "claim0") != NULL, "not the first");
        json_decref(root);

        fake_end(r);
    }
}


static void
test_many(void)
{
    int                  n, refused;
    u_char              *p, *cookies;
    ngx_str_t            text, name, value;
    ngx_uint_t           pos;
    ngx_http_request_t  *r;

    text = issue("{}", 0);
    cookies = ngx_alloc(70000 + text.len, tap_log());

    for (n = 0; n < 6; n++) {
        p = cookies;

        for (int i = 0; i < n; i++) {
            p = ngx_sprintf(p, "idv_session=bad%d; ", i);
        }

        p = ngx_sprintf(p, "idv_session=%V", &text);

        r = fake_request("shop.example");
        fake_header(r, "Cookie", cookies, (size_t) (p - cookies));
        refused = fake_counts[IDV_COUNT_SESSIONS_REFUSED];

        ok((ngx_http_idv_session(r, &fake_provider, ann) != NULL) == (n == 0),
           "%d others before it", n);
        is_int(fake_counts[IDV_COUNT_SESSIONS_REFUSED] - refused, n > 0,
               "refused");

        fake_end(r);
    }

    /* 64 KB of nothing in one header and in many */

    for (n = 0; n < 2; n++) {
        r = fake_request("shop.example");
        memset(cookies, n ? ';' : '=', 65536);

        if (n) {
            for (int i = 0; i < 2000; i++) {
                fake_header(r, "cookie", "idv_session=x; =;;=", 19);
            }
        }

        fake_header(r, "Cookie", cookies, 65536);

        ok(ngx_http_idv_session(r, &fake_provider, ann) == NULL, "no session");

        ngx_str_set(&name, "idv_session");
        pos = 0;
        refused = 0;

        while (ngx_http_idv_cookie_next(r, &name, &pos, &value) == NGX_OK) {
            refused++;
        }

        is_int(refused, n ? 2000 : 0, "each is found once");
        fake_end(r);
    }

    ngx_free(cookies);
}


/* the hash of a subject is the same whether it was computed or remembered */

static void
test_subjects(void)
{
    int         bad, round, i;
    u_char      name[IDV_FLOW_MAX_USER + 8], hash[16], full[IDV_HASH_LEN];
    ngx_str_t   subject;

    bad = 0;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < 500; i++) {
            subject.data = name;
            subject.len = ngx_sprintf(name, "u%d", i / 2) - name;

            bad += ngx_http_idv_subject_hash(&subject, hash) != NGX_OK;
            idv_hash(full, &subject, 1);
            bad += memcmp(hash, full, sizeof(hash)) != 0;
        }

        memset(name, 's', sizeof(name));

        for (i = 0; i < (int) sizeof(name); i++) {
            subject.len = (size_t) i;
            bad += ngx_http_idv_subject_hash(&subject, hash) != NGX_OK;
            idv_hash(full, &subject, 1);
            bad += memcmp(hash, full, sizeof(hash)) != 0;
        }
    }

    is_int(bad, 0, "subjects of every length, again and again");
}


/*
 * What binds a flow to its client is the same whether it was computed or
 * remembered, and another for each provider, secret and subject.
 */

static void
test_bindings(void)
{
    int             bad, round, i, k, p;
    u_char          secret[8][IDV_ID_LEN + 1], binding[IDV_HASH_LEN];
    u_char          full[IDV_HASH_LEN], name[IDV_FLOW_MAX_USER];
    ngx_str_t       parts[3];
    idv_provider_t  providers[2];

    memset(name, 'n', sizeof(name));
    memset(providers, 0, sizeof(providers));
    ngx_str_set(&providers[0].name, "one");
    ngx_str_set(&providers[1].name, "two");

    for (i = 0; i < 8; i++) {
        ngx_sprintf(secret[i], "%022d%Z", i);
    }

    bad = 0;

    /* all of it again and again, so that each is found and each is not */

    for (round = 0; round < 2; round++) {
        for (i = 0; i < 8 * 2 * IDV_FLOW_MAX_USER; i++) {
            for (k = 0; k < 6; k++) {
                name[0] = (k < 2) ? 'a' : 'b';
                p = (i / 8 + k / 4) % 2;
                parts[1].data = secret[i % 8];
                parts[1].len = IDV_ID_LEN;
                parts[2].data = name;
                parts[2].len = (size_t) (1 + i / 16);
                parts[0] = providers[p].name;

                bad += ngx_http_idv_binding(&providers[p], &parts[1], &parts[2],
                                            binding)
                       != NGX_OK;

                idv_hash(full, parts, 3);
                bad += memcmp(binding, full, sizeof(full)) != 0;
            }
        }
    }

    is_int(bad, 0, "clients, their subjects and providers, in turn");
}


/* a cached session has its claims parsed once, any other by each request */

static void
test_claims(void)
{
    int                      n;
    u_char                   cookie[5000];
    ngx_str_t                text, got;
    ngx_http_request_t      *r;
    ngx_http_idv_header_t    header;
    ngx_array_t              headers = { &header, 1, sizeof(header), 1, NULL };
    ngx_http_idv_session_t  *s;

    ngx_str_set(&header.name, "X-First");
    ngx_str_set(&header.claim, "first_name");

    text = issue("{\"firstName\":\"Ann\"}", 0);

    for (n = 0; n < 4; n++) {
        r = fake_request("shop.example");
        fake_header(r, "Cookie", cookie,
                    ngx_sprintf(cookie, "idv_session=%V", &text) - cookie);

        s = ngx_http_idv_session(r, &fake_provider, ann);
        ok(s != NULL, "request %d opens", n);

        if (s && n == 2) {

            /* its slot is taken while the request runs */
            ngx_destroy_pool(fake_cycle.pool);
            fake_cycle.pool = tap_pool();
        }

        ok(s && ngx_http_idv_set_headers(r, &headers, s) == NGX_OK, "set");

        got = fake_find(&r->headers_in.headers, "X-First");
        is_str(got.data, got.len, "Ann", "X-First");

        fake_end(r);
    }
}


/* which opening of a sealed text its session is of: the same from the cache */

static ngx_uint_t
serial_of(ngx_str_t *text)
{
    u_char                   header[6000];
    ngx_uint_t               serial;
    ngx_http_request_t      *r;
    ngx_http_idv_session_t  *s;

    r = fake_request("shop.example");
    fake_header(r, "Cookie", header,
                ngx_sprintf(header, "idv_session=%V", text) - header);

    s = ngx_http_idv_session(r, &fake_provider, ann);
    serial = s ? s->serial : 0;

    fake_end(r);

    return serial;
}


/* few of 400 users who come in turn meet another one in the cache */

static void
test_users(void)
{
    int         anew, i;
    ngx_str_t   texts[400];
    ngx_uint_t  serials[400];

    static u_char  copies[400][300];

    anew = 0;

    for (i = 0; i < 400; i++) {
        texts[i] = issue("{}", 0);
        texts[i].data = memcpy(copies[i], texts[i].data,
                               ngx_min(texts[i].len, sizeof(copies[i])));
        serials[i] = serial_of(&texts[i]);
    }

    for (i = 0; i < 400; i++) {
        anew += serial_of(&texts[i]) != serials[i];
    }

    ok(serials[399] != 0 && anew < 80, "of 400 users %d are opened anew", anew);
}


/* more sessions than the cache holds, then a minute in which nobody comes */

static void
test_cache(void)
{
    int              bad, round, i;
    ngx_msec_t       now;
    u_char          *texts;
    ngx_str_t        text;

    texts = ngx_alloc(5000 * 300, tap_log());
    bad = 0;

    for (i = 0; i < 5000; i++) {
        flow.tx[0] = (uint8_t) i;
        text = issue("{}", 0);
        bad += text.len >= 300;
        texts[i * 300] = (u_char) text.len;
        memcpy(texts + i * 300 + 1, text.data, text.len);
    }

    for (round = 0; round < 2; round++) {
        for (i = 0; i < 5000; i++) {
            text.len = texts[i * 300];
            text.data = texts + i * 300 + 1;
            bad += !opens(text);
        }
    }

    is_int(bad, 0, "five thousand sessions in turn");
    ok(ngx_event_timer_rbtree.root != ngx_event_timer_rbtree.sentinel,
       "there is a timer");

    now = ngx_current_msec;
    ngx_current_msec = now + 70000;
    ngx_event_expire_timers();
    ok(ngx_event_timer_rbtree.root == ngx_event_timer_rbtree.sentinel,
       "after a minute nothing is left to be timed");
    ok(opens(text), "what was dropped opens again");

    ngx_current_msec = now;
    ngx_free(texts);
}


int
main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    fake_setup();

    memcpy(flow.subject, ann, 16);
    memset(flow.policy, 'p', 16);
    memset(flow.tx, 't', 16);
    flow.tx_status = IDV_TX_SUCCESS;
    flow.state = IDV_STATE_ENDED;
    flow.entered = fake_time.sec - 5;

    test_issue();
    test_bypass();
    test_forged(0);
    test_forged(1);
    test_time(0);
    test_time(1);
    test_end();
    test_size();
    test_many();
    test_subjects();
    test_bindings();
    test_claims();
    test_users();
    test_cache();

    ngx_destroy_pool(fake_cycle.pool);
    idv_crypto_done();

    return tap_done();
}
