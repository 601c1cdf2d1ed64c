
/*
 * Copyright (C) nginx-idv authors
 *
 * A flow as the API's clients see it.  Written straight into one buffer: it is
 * what every poll answers.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_crypto.h"
#include "../util/idv_qr.h"


#define NGX_HTTP_IDV_PLUGIN  "nginxPingOneVerify0001"
#define NGX_HTTP_IDV_DRAFT   8192        /* enough for a poll's answer */


typedef struct {
    const char   *code;
    const char   *message;
    const char   *user;
} ngx_http_idv_cause_t;


/* docs/flow-api.md lists the same; a script compares them */

static const ngx_http_idv_cause_t  ngx_http_idv_causes[IDV_CAUSE_NCAUSES] = {

    /* IDV_CAUSE_NONE */
    { "", "", "" },

    /* IDV_CAUSE_FAILED */
    { "VERIFICATION_FAILED", "The last verification failed.",
      "We could not verify you. Please try again." },

    /* IDV_CAUSE_MISMATCH */
    { "SUBJECT_MISMATCH", "The verified data do not match the user.",
      "The document does not belong to this account." },

    /* IDV_CAUSE_CHECKS */
    { "CHECKS_FAILED", "A required check did not succeed.",
      "We could not verify you. Please try again." },

    /* IDV_CAUSE_STATUS */
    { "VERIFICATION_NOT_PERFORMED", "The provider did not verify the user.",
      "You have not been verified." },

    /* IDV_CAUSE_NOTIFICATION */
    { "NOTIFICATION_FAILED", "The message could not be sent.",
      "The message could not be sent. Please scan the QR code." },

    /* IDV_CAUSE_UNAVAILABLE */
    { "SERVICE_UNAVAILABLE", "The verification service is not available.",
      "Verification is not available at the moment." },

    /* IDV_CAUSE_USER_NOT_FOUND */
    { "USER_NOT_FOUND", "The verification service does not know the user.",
      "You cannot be verified. Please ask the help desk." },

    /* IDV_CAUSE_USER_DISABLED */
    { "USER_DISABLED", "The user is disabled at the verification service.",
      "You cannot be verified. Please ask the help desk." },

    /* IDV_CAUSE_USER_AMBIGUOUS */
    { "USER_AMBIGUOUS", "The verification service has no one such user.",
      "You cannot be verified. Please ask the help desk." }
};


/* a buffer that never overflows: what does not fit makes it fail at the end */

typedef struct {
    u_char       *start;
    u_char       *pos;
    u_char       *end;
    ngx_uint_t    failed;
} ngx_http_idv_text_t;


static ngx_inline ngx_uint_t
ngx_http_idv_fits(ngx_http_idv_text_t *t, size_t len)
{
    if ((size_t) (t->end - t->pos) < len) {
        t->failed = 1;
        return 0;
    }

    return 1;
}


static ngx_inline void
ngx_http_idv_put(ngx_http_idv_text_t *t, const void *data, size_t len)
{
    if (ngx_http_idv_fits(t, len)) {
        t->pos = ngx_cpymem(t->pos, data, len);
    }
}


#define ngx_http_idv_puts(t, literal)                                         \
    ngx_http_idv_put(t, literal, sizeof(literal) - 1)


#define NGX_HTTP_IDV_BLOCK  16


/* marks the bytes of a block that JSON escapes: compilers make it a vector */

static ngx_inline void
ngx_http_idv_special(u_char *found, const u_char *p)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IDV_BLOCK; i++) {
        found[i] |= (p[i] < ' ') | (p[i] == '"') | (p[i] == '\\');
    }
}


/* whether nothing of a text needs escaping: each poll asks */

static ngx_uint_t
ngx_http_idv_plain(const u_char *p, size_t len)
{
    u_char         found[NGX_HTTP_IDV_BLOCK], text[NGX_HTTP_IDV_BLOCK];
    uint64_t       x[2];
    const u_char  *last;

    ngx_memzero(found, sizeof(found));

    if (len < sizeof(text)) {
        ngx_memset(text, ' ', sizeof(text));
        ngx_memcpy(text, p, len);

        p = text;
        len = sizeof(text);
    }

    /* the last block may overlap that before it */

    for (last = p + len - sizeof(found); p < last; p += sizeof(found)) {
        ngx_http_idv_special(found, p);
    }

    ngx_http_idv_special(found, last);

    ngx_memcpy(x, found, sizeof(x));

    return (x[0] | x[1]) == 0;
}


/* what is written more than once is escaped before; a Host may have quotes */

static ngx_int_t
ngx_http_idv_escape(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char  *p;

    if (ngx_http_idv_plain(text->data, text->len)) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, text->len
                          + ngx_escape_json(NULL, text->data, text->len));
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->len = (u_char *) ngx_escape_json(p, text->data, text->len) - p;
    text->data = p;

    return NGX_OK;
}


static void
ngx_http_idv_put_string(ngx_http_idv_text_t *t, const void *data, size_t len)
{
    size_t  escape;

    ngx_http_idv_puts(t, "\"");

    escape = ngx_http_idv_plain(data, len)
             ? 0 : ngx_escape_json(NULL, (u_char *) data, len);

    if (escape == 0) {
        ngx_http_idv_put(t, data, len);

    } else if (ngx_http_idv_fits(t, len + escape)) {
        t->pos = (u_char *) ngx_escape_json(t->pos, (u_char *) data, len);
    }

    ngx_http_idv_puts(t, "\"");
}


#define ngx_http_idv_put_name(t, literal)                                     \
    ngx_http_idv_puts(t, ",\"" literal "\":")

#define ngx_http_idv_put_member(t, literal, data, len)                        \
    ngx_http_idv_put_name(t, literal);                                        \
    ngx_http_idv_put_string(t, data, len)


/* a constant of ours, which has nothing to escape */

static void
ngx_http_idv_put_text(ngx_http_idv_text_t *t, const char *text)
{
    ngx_http_idv_puts(t, "\"");
    ngx_http_idv_put(t, text, ngx_strlen(text));
    ngx_http_idv_puts(t, "\"");
}


static void
ngx_http_idv_put_digits(u_char *p, int n)
{
    p[0] = (u_char) ('0' + n / 10);
    p[1] = (u_char) ('0' + n % 10);
}


/* without nginx's formatter: each poll tells when its transaction expires */

static void
ngx_http_idv_put_time(ngx_http_idv_text_t *t, int64_t seconds)
{
    ngx_tm_t  tm;

    u_char  text[] = "\"0000-00-00T00:00:00.000Z\"";

    ngx_gmtime((time_t) seconds, &tm);

    ngx_http_idv_put_digits(text + 1, tm.ngx_tm_year / 100 % 100);
    ngx_http_idv_put_digits(text + 3, tm.ngx_tm_year % 100);
    ngx_http_idv_put_digits(text + 6, tm.ngx_tm_mon);
    ngx_http_idv_put_digits(text + 9, tm.ngx_tm_mday);
    ngx_http_idv_put_digits(text + 12, tm.ngx_tm_hour);
    ngx_http_idv_put_digits(text + 15, tm.ngx_tm_min);
    ngx_http_idv_put_digits(text + 18, tm.ngx_tm_sec);

    ngx_http_idv_put(t, text, sizeof(text) - 1);
}


static void
ngx_http_idv_put_links(ngx_http_idv_text_t *t, const idv_flow_t *flow,
    ngx_str_t *href)
{
    ngx_uint_t   i;
    const char  *name;

    ngx_http_idv_puts(t, ",\"_links\":{\"self\":{\"href\":\"");
    ngx_http_idv_put(t, href->data, href->len);

    for (i = 0; i < IDV_ACTION_NACTIONS; i++) {

        if (!idv_flow_allows(flow->state, i)) {
            continue;
        }

        name = idv_flow_action_name(i);

        ngx_http_idv_puts(t, "\"},\"");
        ngx_http_idv_put(t, name, ngx_strlen(name));
        ngx_http_idv_puts(t, "\":{\"href\":\"");
        ngx_http_idv_put(t, href->data, href->len);
    }

    ngx_http_idv_puts(t, "\"}}");
}


static void
ngx_http_idv_put_cause(ngx_http_idv_text_t *t, const idv_flow_t *flow,
    ngx_uint_t error)
{
    const ngx_http_idv_cause_t  *cause;

    if (flow->cause == IDV_CAUSE_NONE || flow->cause >= IDV_CAUSE_NCAUSES) {
        return;
    }

    cause = &ngx_http_idv_causes[flow->cause];

    ngx_http_idv_puts(t, ",\"errorDetails\":[{\"code\":");
    ngx_http_idv_put_text(t, cause->code);
    ngx_http_idv_puts(t, ",\"message\":");
    ngx_http_idv_put_text(t, cause->message);
    ngx_http_idv_puts(t, ",\"userMessage\":");
    ngx_http_idv_put_text(t, cause->user);
    ngx_http_idv_puts(t, "}]");

    if (error) {
        ngx_http_idv_puts(t, ",\"errJson\":{\"code\":");
        ngx_http_idv_put_text(t, cause->code);
        ngx_http_idv_puts(t, "}");
    }
}


static ngx_int_t
ngx_http_idv_put_contacts(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_provider_t *provider, const idv_flow_t *flow, ngx_uint_t contact,
    ngx_uint_t *n)
{
    ngx_str_t                 value, masked;
    ngx_uint_t                i;
    ngx_http_idv_contacts_t   contacts;

    if (ngx_http_idv_offered(r, provider, contact, &contacts) != NGX_OK) {
        return NGX_ERROR;
    }

    *n += contacts.n;

    for (i = 0; i < contacts.n; i++) {

        if (ngx_http_idv_opaque(r->pool, provider, flow, contact,
                                &contacts.addresses[i], &value)
            != NGX_OK
            || ngx_http_idv_mask(r->pool, contact, &contacts.addresses[i],
                                 &masked)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (i) {
            ngx_http_idv_puts(t, ",");
        }

        ngx_http_idv_puts(t, "[");
        ngx_http_idv_put_string(t, value.data, value.len);
        ngx_http_idv_puts(t, ",");
        ngx_http_idv_put_string(t, masked.data, masked.len);
        ngx_http_idv_puts(t, "]");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_put_options(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_provider_t *provider, const idv_flow_t *flow)
{
    ngx_uint_t  n;

    n = 0;

    /* the arrays are always there: older clients die without them */

    ngx_http_idv_puts(t, ",\"emails\":[");

    if (ngx_http_idv_put_contacts(r, t, provider, flow, IDV_CONTACT_EMAIL,
                                  &n)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_idv_puts(t, "],\"phones\":[");

    if (ngx_http_idv_put_contacts(r, t, provider, flow, IDV_CONTACT_PHONE,
                                  &n)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* it hides the QR code, which is all there is without a contact */

    if (n && provider->flow.delivery != IDV_DELIVERY_USER) {
        ngx_http_idv_puts(t, "],\"forcePolicy\":true");

    } else {
        ngx_http_idv_puts(t, "],\"forcePolicy\":false");
    }

    return NGX_OK;
}


/*
 * The code is an image of this API where the client has cookies to fetch it
 * with, and comes inline where it has none.
 */

static ngx_int_t
ngx_http_idv_put_qr(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_flow_t *flow, ngx_str_t *href)
{
    ngx_str_t  url, svg, text;

    ngx_http_idv_put_name(t, "qrUrl");

    if (!(flow->flags & IDV_FLOW_COOKIELESS)) {
        ngx_http_idv_puts(t, "\"");
        ngx_http_idv_put(t, href->data, href->len);
        ngx_http_idv_puts(t, "/qr\"");
        return NGX_OK;
    }

    url.data = (u_char *) flow->url;
    url.len = ngx_strlen(flow->url);

    if (idv_qr_svg(r->pool, &url, &svg) != NGX_OK) {
        return NGX_ERROR;
    }

    text.data = ngx_pnalloc(r->pool, ngx_base64_encoded_length(svg.len));
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(&text, &svg);

    ngx_http_idv_puts(t, "\"data:image/svg+xml;base64,");
    ngx_http_idv_put(t, text.data, text.len);
    ngx_http_idv_puts(t, "\"");

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_put_required(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_flow_t *flow, ngx_str_t *href)
{
    if (ngx_http_idv_put_qr(r, t, flow, href) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_idv_put_member(t, "verificationCode", flow->code,
                            ngx_strlen(flow->code));
    ngx_http_idv_put_member(t, "webVerificationUrl", flow->url,
                            ngx_strlen(flow->url));

    /* a browser that came back would be sent away again at once */

    if ((flow->flags & (IDV_FLOW_SELF | IDV_FLOW_RETURNED)) == IDV_FLOW_SELF) {
        ngx_http_idv_puts(t, ",\"sameDevice\":true,\"newTab\":true");
    }

    if (flow->method == IDV_METHOD_EMAIL) {
        ngx_http_idv_puts(t, ",\"notificationMethod\":\"email\"");

    } else if (flow->method == IDV_METHOD_SMS) {
        ngx_http_idv_puts(t, ",\"notificationMethod\":\"sms\"");
    }

    ngx_http_idv_put_name(t, "txStatus");
    ngx_http_idv_put_text(t, idv_tx_status_name(flow->tx_status));

    ngx_http_idv_put_cause(t, flow, 1);

    if (flow->tx_expires) {
        ngx_http_idv_put_name(t, "expiresAt");
        ngx_http_idv_put_time(t, flow->tx_expires);
    }

    return NGX_OK;
}


/* where the browser goes on: what it asked for, or a page that says why not */

static ngx_int_t
ngx_http_idv_put_resume(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_provider_t *provider, const idv_flow_t *flow)
{
    u_char                          escaped[3 * sizeof(flow->return_to)], *last;
    ngx_str_t                       origin;
    const ngx_http_idv_place_t     *page;
    const ngx_http_idv_srv_conf_t  *scf;

    if (ngx_http_idv_origin(r, provider, &origin) != NGX_OK
        || ngx_http_idv_escape(r->pool, &origin) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_idv_puts(t, ",\"resumeUrl\":\"");
    ngx_http_idv_put(t, origin.data, origin.len);

    if (flow->state == IDV_STATE_ENDED) {
        ngx_http_idv_put(t, flow->return_to, ngx_strlen(flow->return_to));
        ngx_http_idv_puts(t, "\"");
        return NGX_OK;
    }

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);
    page = ngx_http_idv_place(&scf->pages, provider);

    if (page) {
        last = (u_char *) ngx_escape_uri(escaped, (u_char *) flow->return_to,
                                         ngx_strlen(flow->return_to),
                                         NGX_ESCAPE_URI_COMPONENT);

        ngx_http_idv_put(t, page->path.data, page->path.len);
        ngx_http_idv_puts(t, "cancelled?return=");
        ngx_http_idv_put(t, escaped, last - escaped);

    } else {
        ngx_http_idv_puts(t, "/?idv=cancelled");
    }

    ngx_http_idv_puts(t, "\"");

    return NGX_OK;
}


/* members of the ends: what the client has gained, or why not */

static ngx_int_t
ngx_http_idv_put_end(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_provider_t *provider, idv_engine_op_t *op)
{
    ngx_str_t          session;
    const idv_flow_t  *flow;

    flow = &op->flow;

    ngx_str_null(&session);

    if (op->issue
        && ngx_http_idv_session_issue(r, provider, flow, &op->claims,
                                      flow->flags & IDV_FLOW_COOKIELESS
                                      ? &session : NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (flow->flags & IDV_FLOW_BROWSER) {
        return ngx_http_idv_put_resume(r, t, provider, flow);
    }

    if (flow->state == IDV_STATE_CANCELED) {
        ngx_http_idv_puts(t, ",\"code\":\"CANCELED\",\"message\":"
                          "\"The verification was cancelled.\","
                          "\"userMessage\":\"You have cancelled the "
                          "verification.\"");
        return NGX_OK;
    }

    ngx_http_idv_puts(t, ",\"authorizeResponse\":");

    /* claims are an object, and never an empty one */

    if (op->claims.len > 2) {
        ngx_http_idv_put(t, op->claims.data, op->claims.len - 1);

    } else {
        ngx_http_idv_puts(t, "{\"transactionStatus\":\"BYPASS\"");
    }

    if (session.len) {
        ngx_http_idv_put_member(t, "idvSession", session.data, session.len);
    }

    ngx_http_idv_puts(t, "}");

    return NGX_OK;
}


static const char *
ngx_http_idv_status(const idv_flow_t *flow)
{
    if ((flow->state == IDV_STATE_ENDED || flow->state == IDV_STATE_CANCELED)
        && (flow->flags & IDV_FLOW_BROWSER))
    {
        return "RESUME";
    }

    return idv_flow_state_name(flow->state);
}


static ngx_int_t
ngx_http_idv_put_state(ngx_http_request_t *r, ngx_http_idv_text_t *t,
    const idv_provider_t *provider, idv_engine_op_t *op, ngx_str_t *href)
{
    u_char             tx[IDV_UUID_LEN];
    const idv_flow_t  *flow;

    flow = &op->flow;

    switch (flow->state) {

    case IDV_STATE_OPTIONS:
        return ngx_http_idv_put_options(r, t, provider, flow);

    case IDV_STATE_REQUIRED:
        return ngx_http_idv_put_required(r, t, flow, href);

    case IDV_STATE_FAILED:
        if (flow->transactions) {
            (void) idv_uuid_print(tx, flow->tx);
            ngx_http_idv_put_member(t, "txId", tx, sizeof(tx));
        }

        ngx_http_idv_put_cause(t, flow, 0);
        return NGX_OK;

    case IDV_STATE_ENDED:
    case IDV_STATE_CANCELED:
        return ngx_http_idv_put_end(r, t, provider, op);

    default:
        return NGX_OK;
    }
}


/* the address of the flow, as text that needs no escaping any more */

static ngx_int_t
ngx_http_idv_href(ngx_http_request_t *r, const idv_provider_t *provider,
    const idv_flow_t *flow, ngx_str_t *href)
{
    u_char                         *p;
    ngx_str_t                       origin;
    const ngx_http_idv_place_t     *api;
    const ngx_http_idv_srv_conf_t  *scf;

    static ngx_str_t  usual = ngx_string("/pf-ws/authn/flows/");

    if (ngx_http_idv_origin(r, provider, &origin) != NGX_OK) {
        return NGX_ERROR;
    }

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);
    api = ngx_http_idv_place(&scf->apis, provider);

    p = ngx_pnalloc(r->pool, origin.len + (api ? api->path.len : usual.len)
                             + IDV_FLOW_ID_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    href->data = p;

    p = ngx_cpymem(p, origin.data, origin.len);
    p = api ? ngx_cpymem(p, api->path.data, api->path.len)
            : ngx_cpymem(p, usual.data, usual.len);
    p = ngx_cpymem(p, flow->id, IDV_FLOW_ID_LEN);

    href->len = p - href->data;

    return ngx_http_idv_escape(r->pool, href);
}


/* room for the largest answer of the state */

static size_t
ngx_http_idv_room(const idv_flow_t *flow, idv_engine_op_t *op, ngx_str_t *href)
{
    size_t  len;

    len = 512 + (IDV_ACTION_NACTIONS + 1) * (href->len + 40);

    switch (flow->state) {

    case IDV_STATE_OPTIONS:
        return len + 2 * NGX_HTTP_IDV_MAX_CONTACTS * (6 * 260 + 32);

    case IDV_STATE_REQUIRED:
        return len + href->len + 6 * sizeof(flow->url) + 512
               + (flow->flags & IDV_FLOW_COOKIELESS ? 32768 : 0);

    case IDV_STATE_ENDED:
    case IDV_STATE_CANCELED:
        return len + href->len + op->claims.len + NGX_HTTP_IDV_MAX_COOKIE
               + 4 * sizeof(flow->return_to) + 512;

    default:
        return len + 512;
    }
}


ngx_int_t
ngx_http_idv_flow_json(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client, idv_engine_op_t *op, ngx_str_t *json)
{
    u_char                draft[NGX_HTTP_IDV_DRAFT];
    size_t                room;
    ngx_str_t             href;
    const idv_flow_t     *flow;
    ngx_http_idv_text_t   t;

    flow = &op->flow;

    if (ngx_http_idv_href(r, provider, flow, &href) != NGX_OK) {
        return NGX_ERROR;
    }

    room = ngx_http_idv_room(flow, op, &href);

    /* most answers take a part of their room: the pool gets what they take */

    t.start = room > sizeof(draft) ? ngx_pnalloc(r->pool, room) : draft;
    if (t.start == NULL) {
        return NGX_ERROR;
    }

    t.pos = t.start;
    t.end = t.start + room;
    t.failed = 0;

    ngx_http_idv_puts(&t, "{\"id\":\"");
    ngx_http_idv_put(&t, flow->id, IDV_FLOW_ID_LEN);
    ngx_http_idv_puts(&t, "\",\"pluginTypeId\":\"" NGX_HTTP_IDV_PLUGIN
                      "\",\"status\":");
    ngx_http_idv_put_text(&t, ngx_http_idv_status(flow));

    if (ngx_http_idv_put_state(r, &t, provider, op, &href) != NGX_OK) {
        return NGX_ERROR;
    }

    if (client->cookieless && client->secret.len) {
        ngx_http_idv_put_member(&t, "_pf_authn_api_state",
                                client->secret.data, client->secret.len);
    }

    ngx_http_idv_put_links(&t, flow, &href);
    ngx_http_idv_puts(&t, "}");

    if (t.failed) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "idv: a flow's state is longer than %uz bytes", room);
        return NGX_ERROR;
    }

    json->data = t.start;
    json->len = t.pos - t.start;

    if (t.start == draft) {
        json->data = ngx_pnalloc(r->pool, json->len);
        if (json->data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(json->data, draft, json->len);
    }

    return NGX_OK;
}
