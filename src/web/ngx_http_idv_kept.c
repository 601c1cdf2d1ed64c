
/*
 * Copyright (C) nginx-idv authors
 *
 * What a browser keeps of its flow while it waits for a transaction: enough for
 * a zone that does not have it, sealed, and worth nothing to anybody else.
 */


#include "ngx_http_idv_web.h"


#define NGX_HTTP_IDV_KEPT_VERSION  1
#define NGX_HTTP_IDV_KEPT_FIXED    124
#define NGX_HTTP_IDV_KEPT_MAX      (NGX_HTTP_IDV_KEPT_FIXED                   \
                                    + IDV_FLOW_MAX_CODE + IDV_FLOW_MAX_USER   \
                                    + IDV_FLOW_MAX_URL + IDV_FLOW_MAX_RETURN  \
                                    + 2                                       \
                                    + IDV_SEAL_OVERHEAD)

#define NGX_HTTP_IDV_KEPT_SKEW     60    /* seconds between our machines */

/* what of a flow's flags outlives its zone */
#define NGX_HTTP_IDV_KEPT_FLAGS    (IDV_FLOW_BROWSER|IDV_FLOW_SELF            \
                                    |IDV_FLOW_RETURNED|IDV_FLOW_RECALLED)


/*
 * The record that is sealed, numbers in network byte order:
 *
 *   0  version      1  flags        2  method       3  cause
 *   4  failures     5  transactions 6  code's length
 *   7  blanks at the end, 0..2, as those of a session
 *   8  zone        16  sealed      24  expires     32  id
 *  54  found       55  user's length
 *  56  binding     88  policy     104  tx
 * 120  lengths of url and return address, 2 bytes each
 * 124  code, user, url, return address, blanks
 */


static void
ngx_http_idv_kept_put(u_char *p, uint64_t n, ngx_uint_t bytes)
{
    while (bytes--) {
        *p++ = (u_char) (n >> (8 * bytes));
    }
}


static uint64_t
ngx_http_idv_kept_get(const u_char *p, ngx_uint_t bytes)
{
    uint64_t  n;

    for (n = 0; bytes; bytes--) {
        n = n << 8 | *p++;
    }

    return n;
}


/* associated data: what it is, and of which provider */

static ngx_str_t
ngx_http_idv_kept_aad(const idv_provider_t *provider,
    u_char buf[sizeof("idv kept 1") - 1 + sizeof(uint64_t)])
{
    ngx_str_t  aad;

    aad.data = buf;

    ngx_http_idv_kept_put(ngx_cpymem(buf, "idv kept 1",
                                     sizeof("idv kept 1") - 1),
                          provider->id, 8);

    aad.len = sizeof("idv kept 1") - 1 + 8;

    return aad;
}


/* until when it is worth something: no longer than its transaction, or wait */

static int64_t
ngx_http_idv_kept_until(const idv_provider_t *provider, const idv_flow_t *flow,
    int64_t sealed)
{
    int64_t  until;

    until = sealed + provider->flow.state_timeout;

    return flow->tx_expires ? ngx_min(until, flow->tx_expires) : until;
}


static ngx_int_t
ngx_http_idv_kept_set(ngx_http_request_t *r, const idv_provider_t *provider,
    const idv_flow_t *flow)
{
    size_t     code, user, url, path, len, blanks;
    u_char    *p, record[NGX_HTTP_IDV_KEPT_MAX], sealed[NGX_HTTP_IDV_KEPT_MAX],
               buf[32];
    time_t     now;
    ssize_t    n;
    int64_t    age;
    ngx_str_t  aad, bytes, text;

    now = ngx_time();

    age = ngx_http_idv_kept_until(provider, flow, now) - now;

    if (age <= 0) {
        return NGX_OK;
    }

    code = ngx_strlen(flow->code);
    user = ngx_strlen(flow->user);
    url = ngx_strlen(flow->url);
    path = ngx_strlen(flow->return_to);

    len = NGX_HTTP_IDV_KEPT_FIXED + code + user + url + path;
    blanks = (3 - (len + IDV_SEAL_OVERHEAD) % 3) % 3;

    ngx_memzero(record, NGX_HTTP_IDV_KEPT_FIXED);

    record[0] = NGX_HTTP_IDV_KEPT_VERSION;
    record[1] = flow->flags & NGX_HTTP_IDV_KEPT_FLAGS;
    record[2] = flow->method;
    record[3] = flow->cause;
    record[4] = flow->failures;
    record[5] = flow->transactions;
    record[6] = (u_char) code;
    record[7] = (u_char) blanks;

    ngx_http_idv_kept_put(record + 8, idv_store_seed(provider->store), 8);
    ngx_http_idv_kept_put(record + 16, now, 8);
    ngx_http_idv_kept_put(record + 24, flow->tx_expires, 8);

    ngx_memcpy(record + 32, flow->id, IDV_FLOW_ID_LEN);

    record[54] = flow->found;
    record[55] = (u_char) user;

    ngx_memcpy(record + 56, flow->binding, 32);
    ngx_memcpy(record + 88, flow->policy, 16);
    ngx_memcpy(record + 104, flow->tx, 16);

    ngx_http_idv_kept_put(record + 120, url, 2);
    ngx_http_idv_kept_put(record + 122, path, 2);

    p = record + NGX_HTTP_IDV_KEPT_FIXED;
    p = ngx_cpymem(p, flow->code, code);
    p = ngx_cpymem(p, flow->user, user);
    p = ngx_cpymem(p, flow->url, url);
    p = ngx_cpymem(p, flow->return_to, path);
    ngx_memzero(p, blanks);

    aad = ngx_http_idv_kept_aad(provider, buf);

    n = idv_seal(&provider->keys[0], &aad, record, len + blanks, sealed);

    ngx_explicit_memzero(record, sizeof(record));

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    bytes.data = sealed;
    bytes.len = n;

    text.data = ngx_pnalloc(r->pool, ngx_base64_encoded_length(bytes.len));
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64url(&text, &bytes);

    return ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_KEPT, &text, age)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_idv_kept_find(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_str_t *text)
{
    ngx_str_t   name, more;
    ngx_uint_t  pos;

    ngx_http_idv_cookie_name(r, provider, IDV_COOKIE_KEPT, &name);

    pos = 0;

    if (ngx_http_idv_cookie_next(r, &name, &pos, text) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* of two, one was planted: neither counts */

    return ngx_http_idv_cookie_next(r, &name, &pos, &more) == NGX_OK
           ? NGX_ABORT : NGX_OK;
}


void
ngx_http_idv_keep(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_str_t  text;

    static ngx_str_t  none = ngx_null_string;

    /* to another zone the browser of a registration is another one */

    if (op->result != IDV_ENGINE_OK || op->flow.flags & IDV_FLOW_COOKIELESS
        || op->provider->registration)
    {
        return;
    }

    switch (op->flow.state) {

    case IDV_STATE_DEVICE:
    case IDV_STATE_OPTIONS:

        if (op->event.type != IDV_EVENT_RETRY) {
            return;
        }

        break;

    case IDV_STATE_REQUIRED:
    case IDV_STATE_IN_PROGRESS:

        if (op->made
            && ngx_http_idv_kept_set(r, op->provider, &op->flow) != NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "idv: a flow could not be given to its client");
        }

        return;

    default:
        break;
    }

    /* who was told an end is not led back to what was open */

    if (ngx_http_idv_kept_find(r, op->provider, &text) != NGX_DECLINED) {
        (void) ngx_http_idv_cookie_set(r, op->provider, IDV_COOKIE_KEPT, &none,
                                       0);
    }
}


static ngx_int_t
ngx_http_idv_kept_read(const u_char *record, size_t len, idv_flow_t *flow)
{
    size_t         code, user, url, path;
    const u_char  *p;

    code = record[6];
    user = record[55];
    url = (size_t) ngx_http_idv_kept_get(record + 120, 2);
    path = (size_t) ngx_http_idv_kept_get(record + 122, 2);

    if (record[0] != NGX_HTTP_IDV_KEPT_VERSION
        || code > IDV_FLOW_MAX_CODE || user > IDV_FLOW_MAX_USER
        || url > IDV_FLOW_MAX_URL || path > IDV_FLOW_MAX_RETURN
        || len != NGX_HTTP_IDV_KEPT_FIXED + code + user + url + path
                  + record[7])
    {
        return NGX_DECLINED;
    }

    flow->flags = record[1] & NGX_HTTP_IDV_KEPT_FLAGS;
    flow->method = record[2];
    flow->cause = record[3];
    flow->failures = record[4];
    flow->transactions = record[5];
    flow->found = record[54];
    flow->tx_expires = (int64_t) ngx_http_idv_kept_get(record + 24, 8);

    ngx_memcpy(flow->id, record + 32, IDV_FLOW_ID_LEN);
    ngx_memcpy(flow->binding, record + 56, 32);
    ngx_memcpy(flow->policy, record + 88, 16);
    ngx_memcpy(flow->tx, record + 104, 16);

    p = record + NGX_HTTP_IDV_KEPT_FIXED;

    ngx_memcpy(flow->code, p, code);
    p += code;
    ngx_memcpy(flow->user, p, user);
    p += user;
    ngx_memcpy(flow->url, p, url);
    p += url;
    ngx_memcpy(flow->return_to, p, path);

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_kept(idv_engine_op_t *op, idv_flow_t *flow, int64_t *sealed)
{
    u_char                 bytes[NGX_HTTP_IDV_KEPT_MAX], buf[32],
                           record[NGX_HTTP_IDV_KEPT_MAX];
    ssize_t                n;
    int64_t                now;
    ngx_str_t              text, raw, aad;
    ngx_http_request_t    *r;
    const idv_provider_t  *provider;
    ngx_http_idv_client_t  client;

    r = ngx_http_idv_op_request(op);
    provider = op->provider;

    if (ngx_http_idv_kept_find(r, provider, &text) != NGX_OK
        || ngx_base64_decoded_length(text.len) > sizeof(bytes)
        || text.len % 4 != 0)
    {
        return NGX_DECLINED;
    }

    raw.data = bytes;

    if (ngx_decode_base64url(&raw, &text) != NGX_OK
        || raw.len < NGX_HTTP_IDV_KEPT_FIXED + IDV_SEAL_OVERHEAD)
    {
        return NGX_DECLINED;
    }

    aad = ngx_http_idv_kept_aad(provider, buf);

    n = idv_open(provider->keys, provider->nkeys, &aad, raw.data, raw.len,
                 record);

    ngx_memzero(flow, sizeof(idv_flow_t));

    if (n < NGX_HTTP_IDV_KEPT_FIXED
        || ngx_http_idv_kept_read(record, (size_t) n, flow) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    now = ngx_time();
    *sealed = (int64_t) ngx_http_idv_kept_get(record + 16, 8);

    /* what this zone had is what it has: over, if it is not there */

    if (ngx_http_idv_kept_get(record + 8, 8) == idv_store_seed(provider->store)
        || *sealed > now + NGX_HTTP_IDV_KEPT_SKEW
        || now >= ngx_http_idv_kept_until(provider, flow, *sealed)
        || ngx_http_idv_who(r, provider, &client) != NGX_OK
        || ngx_http_idv_subject_hash(&client.subject, flow->subject) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    flow->provider = provider->id;

    return NGX_OK;
}
