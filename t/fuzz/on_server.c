
/*
 * Copyright (C) nginx-idv authors
 *
 * The gate's server as a whole: one request to a flow, a flow with any answers
 * of its provider, and anything at all on a connection.
 */


#include "sealed.h"


#define SERVER_HOST   "shop.example"
#define SERVER_API    "/pf-ws/authn/flows/"
#define SERVER_PIECE  512


typedef struct {
    const char  *api;
    const char  *gate;
    ngx_str_t    id;
    ngx_str_t    cookies;            /* as a header line, or "" */
    ngx_str_t    state;
} server_flow_t;


static visit_answer_t
server_ask(const char *fmt, ...)
{
    va_list          args;
    ngx_str_t        request, out;
    visit_answer_t   answer;

    va_start(args, fmt);
    request.data = ngx_pnalloc(house_pool, 16384);
    request.len = ngx_vslprintf(request.data, request.data + 16384, fmt, args)
                  - request.data;
    va_end(args);

    out = visit(VISIT_GATE, &request, request.len);

    must(visit_answer(&out, &answer, 0) == NGX_OK);
    visit_check(&answer);

    return answer;
}


/* every answer of the API is JSON, and an error says what it is */

static ngx_str_t
server_state(const visit_answer_t *answer)
{
    json_t     *root, *status;
    ngx_str_t   state;

    root = json_loadb((char *) answer->body.data, answer->body.len,
                      JSON_REJECT_DUPLICATES, NULL);
    must(json_is_object(root));

    status = json_object_get(root, "status");
    ngx_str_null(&state);

    if (answer->status >= 400 && status == NULL) {
        must(json_is_string(json_object_get(root, "code")));
        must(json_is_string(json_object_get(root, "message")));

    } else {
        must(json_is_string(status));
        state.data = (u_char *) json_string_value(status);
        state.len = json_string_length(status);
        state = fuzz_copy(&state);
    }

    json_decref(root);

    return state;
}


static ngx_uint_t
server_is(const server_flow_t *flow, const char *state)
{
    return flow->state.len == strlen(state)
           && memcmp(flow->state.data, state, flow->state.len) == 0;
}


/* the gate refuses, and with that a flow begins */

static void
server_begin(server_flow_t *flow, ngx_uint_t strict)
{
    u_char           *p;
    json_t           *root;
    ngx_str_t         cookie;
    const char       *id;
    visit_answer_t    answer;

    flow->api = strict ? "/pf-ws/strict/flows/" : SERVER_API;
    flow->gate = strict ? "/strict/" : "/";

    answer = server_ask("GET %s HTTP/1.1\r\nHost: " SERVER_HOST "\r\n"
                        "X-Subject: ann\r\nX-Email: ann@example.com\r\n"
                        "X-Phone: +15555550100\r\n\r\n", flow->gate);
    must(answer.status == 403);

    flow->state = server_state(&answer);

    root = json_loadb((char *) answer.body.data, answer.body.len, 0, NULL);
    id = json_string_value(json_object_get(root, "id"));
    must(id && strlen(id) == IDV_FLOW_ID_LEN);

    flow->id.data = (u_char *) id;
    flow->id.len = IDV_FLOW_ID_LEN;
    flow->id = fuzz_copy(&flow->id);
    json_decref(root);

    cookie = visit_header(&answer, "Set-Cookie");
    must(cookie.data != NULL);
    cookie.len = (u_char *) memchr(cookie.data, ';', cookie.len)
                 - cookie.data;

    flow->cookies.data = ngx_pnalloc(house_pool, cookie.len + 16);
    p = ngx_sprintf(flow->cookies.data, "Cookie: %V\r\n", &cookie);
    flow->cookies.len = p - flow->cookies.data;
}


static visit_answer_t
server_act(server_flow_t *flow, const char *action, const char *body)
{
    visit_answer_t  answer;

    answer = server_ask("POST %s%V HTTP/1.1\r\nHost: " SERVER_HOST "\r\n"
                        "X-Subject: ann\r\nX-Email: ann@example.com\r\n"
                        "X-Phone: +15555550100\r\nX-XSRF-Header: x\r\n"
                        "X-First: Ann\r\nX-Born: 1990-02-03\r\n%V"
                        "Content-Type: application/vnd.pingidentity.%s+json\r\n"
                        "Content-Length: %uz\r\n\r\n%s",
                        flow->api, &flow->id, &flow->cookies, action,
                        strlen(body), body);

    flow->state = server_state(&answer);

    return answer;
}


/* to the state that the byte asks for */

static void
server_bring(server_flow_t *flow, ngx_uint_t to)
{
    server_begin(flow, 0);

    if (to == 0) {
        return;
    }

    (void) server_act(flow, "deviceAuthentication",
                      "{\"deviceAuthentication\":\"other\"}");
    must(server_is(flow, "ID_VERIFICATION_OPTIONS"));

    if (to == 1) {
        return;
    }

    (void) server_act(flow, "optionsAuthentication",
                      "{\"email\":\"ann@example.com\",\"phone\":null}");
    must(server_is(flow, "ID_VERIFICATION_REQUIRED"));

    if (to == 2) {
        return;
    }

    script_status = (to == 3) ? "SUCCESS" : "NOT_REQUIRED";

    (void) server_act(flow, "poll", "{}");
    must(server_is(flow, to == 3 ? "ID_VERIFICATION_COMPLETED"
                                 : "ID_VERIFICATION_FAILED"));
}


/*
 * Flags; the end of the path and the query, and more of header lines, up to an
 * empty one; the body.
 */

#define ACTION_NO_COOKIE   0x08
#define ACTION_NO_XSRF     0x10
#define ACTION_NO_SUBJECT  0x20
#define ACTION_GET         0x40
#define ACTION_NO_ID       0x80

void
fuzz_action(fuzz_input_t *in)
{
    u_char           flags, *p, *last;
    ngx_int_t        rc;
    ngx_str_t        path, head, line, body, request, out;
    idv_flow_t       stored;
    ngx_uint_t       created;
    server_flow_t    flow;
    visit_answer_t   answer;

    flags = fuzz_byte(in);

    server_bring(&flow, (flags & 7) % 5);
    created = script_created;

    path = fuzz_until(in, '\n');

    head.data = ngx_pnalloc(house_pool, 2 * (in->last - in->p) + 1);
    head.len = 0;

    for ( ;; ) {
        line = fuzz_until(in, '\n');

        if (line.len == 0) {
            break;
        }

        head.len = ngx_sprintf(head.data + head.len, "%V" CRLF, &line)
                   - head.data;
    }

    body = fuzz_rest(in);

    request.data = ngx_pnalloc(house_pool, path.len + head.len + body.len
                                           + 2048);
    last = request.data + path.len + head.len + body.len + 2048;

    p = ngx_slprintf(request.data, last, "%s " SERVER_API,
                     (flags & ACTION_GET) ? "GET" : "POST");

    if (!(flags & ACTION_NO_ID)) {
        p = ngx_slprintf(p, last, "%V", &flow.id);
    }

    p = ngx_slprintf(p, last, "%V HTTP/1.1\r\nHost: " SERVER_HOST "\r\n"
                     "%s%s%V%V\r\n", &path,
                     (flags & ACTION_NO_XSRF) ? "" : "X-XSRF-Header: x\r\n",
                     (flags & ACTION_NO_SUBJECT)
                     ? "" : "X-Subject: ann\r\nX-Email: ann@example.com\r\n",
                     (flags & ACTION_NO_COOKIE) ? &(ngx_str_t)
                     ngx_null_string : &flow.cookies, &head);

    if (body.len) {
        /* its length is the last header: the empty line goes behind it */
        p -= 2;
        p = ngx_slprintf(p, last, "Content-Length: %uz\r\n\r\n", body.len);
        p = ngx_cpymem(p, body.data, body.len);
    }

    request.len = p - request.data;

    out = visit(VISIT_GATE, &request, request.len);

    must(script_created <= created + 2);

    rc = idv_store_load(house_provider("house")->store, &flow.id,
                        ngx_current_msec, &stored);

    if (rc == NGX_OK) {
        must(sealed_same_origin((u_char *) stored.return_to,
                                strlen(stored.return_to)));
        must(stored.state != IDV_STATE_COMPLETED || script_fetched);
    }

    if (visit_answer(&out, &answer, 0) != NGX_OK) {
        return;
    }

    visit_check(&answer);
    must(answer.status != 500);

    /* who cannot prove to have begun it learns nothing of a flow */

    if ((flags & ACTION_NO_COOKIE) && answer.status == 200
        && memmem(answer.body.data, answer.body.len, flow.id.data,
                  flow.id.len))
    {
        must(memmem(head.data, head.len, flow.cookies.data + 8,
                    flow.cookies.len - 10)
             || memmem(head.data, head.len, "tate:", 5));
    }
}


/* answers of the input: a byte that says which, a body up to a NUL */

static fuzz_input_t  *provider_in;
static ngx_uint_t     provider_good;     /* a transaction was a success */
static ngx_uint_t     provider_data;     /* ... and its data were read */


static void
provider_answer(idv_transfer_t *t, script_answer_t *answer)
{
    u_char      kind;
    json_t     *root;
    ngx_str_t   word;
    ngx_uint_t  tx;

    static const ngx_uint_t  statuses[] = {
        200, 201, 204, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 301,
        0, 599
    };

    script_default(t, answer);

    tx = !t->creates && answer->body.len
         && memmem(answer->body.data, answer->body.len, SCRIPT_TX, 36);

    kind = fuzz_byte(provider_in);

    if (kind & 0x80) {
        answer->status = statuses[kind & 15];
        answer->retry_after = (kind & 0x40) ? fuzz_byte(provider_in) : -1;
        answer->body = fuzz_until(provider_in, '\0');

    } else if (kind & 0x40) {
        answer->result = kind % (IDV_TRANSFER_INTERNAL + 1);
    }

    if (answer->result != IDV_TRANSFER_OK) {
        return;
    }

    /* data that are gone are an answer, too: nothing matches them */

    if (memmem(t->url.data, t->url.len, "verifiedData", 12)) {
        provider_data |= (answer->status / 100 == 2 || answer->status == 404);
        return;
    }

    if (!tx || answer->status / 100 != 2) {
        return;
    }

    root = json_loadb((char *) answer->body.data, answer->body.len, 0, NULL);

    word.data = (u_char *) json_string_value(
                    json_object_get(json_object_get(root, "transactionStatus"),
                                    "status"));

    if (word.data) {
        provider_good |= strcmp((char *) word.data, "SUCCESS") == 0
                         || strcmp((char *) word.data, "APPROVED_MANUALLY")
                            == 0
                         || strcmp((char *) word.data, "APPROVED_NO_REQUEST")
                            == 0;
    }

    json_decref(root);
}


void
fuzz_provider(fuzz_input_t *in)
{
    u_char           flags;
    ngx_str_t        cookie;
    ngx_uint_t       n, completed;
    server_flow_t    flow;
    visit_answer_t   answer;

    flags = fuzz_byte(in);

    provider_in = in;
    provider_good = 0;
    provider_data = 0;

    script = provider_answer;
    script_status = (flags & 2) ? "SUCCESS" : (flags & 4) ? "FAIL"
                                                          : "INITIATED";

    server_begin(&flow, flags & 1);

    if (!(flags & 1)) {
        answer = server_act(&flow, "deviceAuthentication",
                            (flags & 8)
                            ? "{\"deviceAuthentication\":\"self\"}"
                            : "{\"deviceAuthentication\":\"other\"}");
        must(answer.status == 200 || answer.status == 503
             || answer.status == 429);
    }

    for (n = 0; n < 8; n++) {

        if (server_is(&flow, "ID_VERIFICATION_OPTIONS")) {
            answer = server_act(&flow, "optionsAuthentication",
                                (flags & 16)
                                ? "{\"email\":null,\"phone\":null}"
                                : "{\"email\":\"ann@example.com\","
                                  "\"phone\":null}");
            must(answer.status == 200 || answer.status == 503
                 || answer.status == 429);
            continue;
        }

        if (server_is(&flow, "ID_VERIFICATION_REQUIRED")
            || server_is(&flow, "ID_VERIFICATION_IN_PROGRESS"))
        {
            answer = server_act(&flow, "poll", "{}");

            /* whatever the provider does, a poll is told where it is */

            must(answer.status == 200);
            house_sleep(5000);
            continue;
        }

        break;
    }

    /* a read may have gone on after its poll was answered */

    completed = server_is(&flow, "ID_VERIFICATION_COMPLETED");

    answer = server_act(&flow, "continueAuthentication", "{}");

    if (answer.status != 200) {
        must(answer.status >= 400 && !completed);
        return;
    }

    must(server_is(&flow, "COMPLETED"));
    must((flags & 1) || (provider_good && provider_data));

    /* once */

    cookie = visit_header(&answer, "Set-Cookie");
    must(cookie.data != NULL);

    answer = server_act(&flow, "continueAuthentication", "{}");
    must(answer.status == 404);
    must(visit_header(&answer, "Set-Cookie").data == NULL);
}


static ngx_uint_t
server_folded(const char *name, const char *folded)
{
    for ( /* void */ ; *name && *folded; name++, folded++) {
        if ((isalnum((u_char) *name) ? tolower((u_char) *name) : '_')
            != *folded)
        {
            return 0;
        }
    }

    return *name == *folded;
}


/* the n-th header that the application was given, in any spelling */

static ngx_str_t
server_given(json_t *headers, const char *folded, size_t n)
{
    size_t       i;
    json_t      *values, *value;
    ngx_str_t    given = ngx_null_string;
    const char  *name;

    json_object_foreach(headers, name, values) {

        for (i = 0; server_folded(name, folded); i++) {

            value = json_is_array(values) ? json_array_get(values, i)
                                          : i ? NULL : values;

            if (value == NULL) {
                break;
            }

            if (n-- == 0) {
                given.data = (u_char *) json_string_value(value);
                given.len = json_string_length(value);

                return given;
            }
        }
    }

    return given;
}


/* the host of a request that named it in a header, as nginx takes it */

static char *
server_host(json_t *headers)
{
    size_t      i;
    char       *host;
    ngx_str_t   given;

    given = server_given(headers, "host", 0);
    host = ngx_pcalloc(house_pool, given.len + sizeof(SERVER_HOST));

    for (i = 0; i < given.len && given.data[i] != ':'; i++) {
        host[i] = (char) tolower(given.data[i]);
    }

    if (i && host[i - 1] == '.') {
        host[i - 1] = '\0';
    }

    return host[0] ? host : strcpy(host, SERVER_HOST);
}


/*
 * What the application has seen of an identity came from the gate, and the gate
 * had it from a session that we have sealed, for this place.
 */

static void
server_echo(const visit_answer_t *answer)
{
    char            *host;
    json_t          *root, *headers;
    ngx_str_t        place, cookie, value, name, by;
    ngx_uint_t       n, sealed;
    const char      *cookie_name;
    idv_provider_t  *provider;

    place = visit_header(answer, "X-Place");

    if (place.data == NULL || answer->status != 200) {
        return;
    }

    root = json_loadb((char *) answer->body.data, answer->body.len, 0, NULL);
    headers = json_object_get(root, "headers");
    must(json_is_object(headers));

    provider = house_provider(place.data[0] == 's' ? "strict" : "house");
    cookie_name = (place.data[0] == 's') ? "strict" : "idv_house";
    host = server_host(headers);
    sealed = 0;

    for (n = 0; (cookie = server_given(headers, "cookie", n)).data; n++) {
        if (sealed_cookie(&cookie, cookie_name, 0, &value) == NGX_OK) {
            sealed |= sealed_opens(provider, host, 0, &value);
        }
    }

    value = server_given(headers, "idv_session", 0);

    if (value.data) {
        sealed |= sealed_opens(provider, host, 1, &value);
    }

    name = server_given(headers, "x_verified_name", 0);
    by = server_given(headers, "x_verified_by", 0);

    must(sealed || place.data[0] == 'm');
    must(sealed || (name.data == NULL && by.data == NULL));
    must(name.data == NULL || strcmp((char *) name.data, "Ann") == 0);
    must(place.data[0] != 'g'
         || (by.data && server_given(headers, "x_subject", 0).data));

    json_decref(root);
}


void
fuzz_server(fuzz_input_t *in)
{
    u_char           kind;
    ngx_str_t        bytes, out;
    visit_answer_t   answer;

    kind = fuzz_byte(in);

    script_status = (kind & 2) ? "FAIL" : "SUCCESS";

    bytes = fuzz_rest(in);

    out = visit((kind & 1) ? VISIT_SERVICE : VISIT_GATE, &bytes,
                (kind & 4) ? 1 + (kind >> 3) : SERVER_PIECE);

    /* an answer to HEAD has a length and no body, and looks like others */

    if (memmem(bytes.data, bytes.len, "HEAD", 4)) {
        return;
    }

    while (visit_answer(&out, &answer, 0) == NGX_OK) {
        visit_check(&answer);

        /* a policy that is none is the operator's mistake */

        must(answer.status != 500
             || ngx_strlcasestrn(bytes.data, bytes.data + bytes.len,
                                 (u_char *) "policy", 6 - 1));

        if (!(kind & 1)) {
            server_echo(&answer);
        }
    }
}
