
/*
 * Copyright (C) nginx-idv authors
 *
 * Worker tokens by client credentials (RFC 6749, 4.4).  The zone keeps their
 * hashes only.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_form.h"


#define IDV_SVC_TOKEN_BYTES  32
#define IDV_SVC_TOKEN_LEN    43      /* of these in base64url */
#define IDV_SVC_TOKEN_TIME   3600    /* seconds */


static ngx_int_t idv_svc_token_basic(idv_svc_call_t *call, ngx_str_t *id,
    ngx_str_t *secret);
static ngx_int_t idv_svc_token_decode(idv_svc_call_t *call, ngx_str_t *text);
static const idv_svc_client_t *idv_svc_token_client(idv_svc_call_t *call,
    ngx_str_t *id, ngx_str_t *secret);
static ngx_uint_t idv_svc_token_is(const idv_svc_client_t *client,
    ngx_str_t *id, ngx_str_t *secret);
static ngx_int_t idv_svc_token_hash(u_char *hash, u_char *token);
static ngx_int_t idv_svc_token_refuse(idv_svc_call_t *call, ngx_uint_t status,
    const char *error, const char *description);


ngx_int_t
idv_svc_token_issue(idv_svc_call_t *call)
{
    u_char                   bytes[IDV_SVC_TOKEN_BYTES], hash[IDV_HASH_LEN];
    u_char                   text[IDV_SVC_TOKEN_LEN + 1];
    ngx_int_t                rc;
    ngx_str_t                id, secret, type, src, token;
    idv_svc_form_t           form;
    idv_svc_grant_t          grant;
    const idv_svc_client_t  *client;

    if (idv_svc_media_type(call, "application/x-www-form-urlencoded")
        != NGX_OK)
    {
        return idv_svc_token_refuse(call, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                    "invalid_request",
                                    "The body must be a form.");
    }

    if (idv_svc_form_parse(&call->body, &form) != NGX_OK) {
        return idv_svc_token_refuse(call, NGX_HTTP_BAD_REQUEST,
                                    "invalid_request",
                                    "The form is malformed.");
    }

    type = idv_svc_form_get(&form, "grant_type");

    if (type.len == 0) {
        return idv_svc_token_refuse(call, NGX_HTTP_BAD_REQUEST,
                                    "invalid_request",
                                    "grant_type is missing.");
    }

    rc = idv_svc_token_basic(call, &id, &secret);

    if (rc == NGX_DECLINED) {
        id = idv_svc_form_get(&form, "client_id");
        secret = idv_svc_form_get(&form, "client_secret");
    }

    client = (rc == NGX_ERROR) ? NULL
                               : idv_svc_token_client(call, &id, &secret);

    if (client == NULL) {
        return idv_svc_token_refuse(call, NGX_HTTP_UNAUTHORIZED,
                                    "invalid_client",
                                    "The client or its secret is unknown.");
    }

    if (type.len != sizeof("client_credentials") - 1
        || ngx_strncmp(type.data, "client_credentials", type.len) != 0)
    {
        return idv_svc_token_refuse(call, NGX_HTTP_BAD_REQUEST,
                                    "unsupported_grant_type",
                                    "grant_type must be client_credentials.");
    }

    if (idv_random(bytes, IDV_SVC_TOKEN_BYTES) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    src.data = bytes;
    src.len = IDV_SVC_TOKEN_BYTES;
    token.data = text;

    ngx_encode_base64url(&token, &src);

    if (idv_svc_token_hash(hash, text) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    ngx_memcpy(grant.env, call->env, IDV_SVC_UUID);
    ngx_memcpy(grant.name, client->name.data, client->name.len);
    grant.name_len = (uint8_t) client->name.len;
    grant.expires = call->now + IDV_SVC_TOKEN_TIME * IDV_SVC_SECOND;

    if (idv_svc_store_token_add(call->store, hash, &grant) != NGX_OK) {
        return idv_svc_full(call);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:o, s:s, s:i}",
                                       "access_token",
                                       idv_svc_json_str(&token),
                                       "token_type", "Bearer",
                                       "expires_in", IDV_SVC_TOKEN_TIME));
}


/*
 * NGX_OK for a token of the path's environment, NGX_ABORT for one of another,
 * NGX_DECLINED without a valid one.
 */

ngx_int_t
idv_svc_token_check(idv_svc_call_t *call)
{
    u_char            hash[IDV_HASH_LEN], *p, *last;
    idv_svc_grant_t   grant;
    ngx_table_elt_t  *header;

    static ngx_str_t  scheme = ngx_string("Bearer ");

    header = call->request->headers_in.authorization;

    if (header == NULL || header->value.len < scheme.len
        || ngx_strncasecmp(header->value.data, scheme.data, scheme.len) != 0)
    {
        return NGX_DECLINED;
    }

    p = header->value.data + scheme.len;
    last = header->value.data + header->value.len;

    while (p < last && *p == ' ') {
        p++;
    }

    if (last - p != IDV_SVC_TOKEN_LEN
        || idv_svc_token_hash(hash, p) != NGX_OK
        || idv_svc_store_token_find(call->store, hash, call->now, &grant)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_memcmp(grant.env, call->env, IDV_SVC_UUID) != 0) {
        return NGX_ABORT;
    }

    call->client.data = ngx_pnalloc(call->request->pool, IDV_SVC_MAX_NAME);
    if (call->client.data == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(call->client.data, grant.name, grant.name_len);
    call->client.len = grant.name_len;

    return NGX_OK;
}


/*
 * HTTP Basic: NGX_DECLINED if the request has none.  RFC 6749, 2.3.1 wants id
 * and secret form-encoded in it and many clients send them as they are, so
 * both are taken.
 */

static ngx_int_t
idv_svc_token_basic(idv_svc_call_t *call, ngx_str_t *id, ngx_str_t *secret)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = call->request;

    if (r->headers_in.authorization == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_auth_basic_user(r);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    *id = r->headers_in.user;
    *secret = r->headers_in.passwd;

    if (idv_svc_token_client(call, id, secret)) {
        return NGX_OK;
    }

    if (idv_svc_token_decode(call, id) != NGX_OK
        || idv_svc_token_decode(call, secret) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_token_decode(idv_svc_call_t *call, ngx_str_t *text)
{
    u_char  *p;

    p = ngx_pstrdup(call->request->pool, text);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    return idv_svc_form_decode(text);
}


static const idv_svc_client_t *
idv_svc_token_client(idv_svc_call_t *call, ngx_str_t *id, ngx_str_t *secret)
{
    ngx_uint_t               i;
    const idv_svc_client_t  *client;

    client = call->conf->clients->elts;

    for (i = 0; i < call->conf->clients->nelts; i++) {
        if (idv_svc_token_is(&client[i], id, secret)) {
            return &client[i];
        }
    }

    return NULL;
}


static ngx_uint_t
idv_svc_token_is(const idv_svc_client_t *client, ngx_str_t *id,
    ngx_str_t *secret)
{
    u_char  known[IDV_HASH_LEN], given[IDV_HASH_LEN];

    if (id->len != client->id.len
        || ngx_memcmp(id->data, client->id.data, id->len) != 0)
    {
        return 0;
    }

    /* hashes are of one length: nothing is learned from the time */

    return idv_hash(known, &client->secret, 1) == NGX_OK
           && idv_hash(given, secret, 1) == NGX_OK
           && idv_equal(known, given, IDV_HASH_LEN);
}


static ngx_int_t
idv_svc_token_hash(u_char *hash, u_char *token)
{
    ngx_str_t  text;

    text.data = token;
    text.len = IDV_SVC_TOKEN_LEN;

    return idv_hash(hash, &text, 1);
}


/* RFC 6749, 5.2 */

static ngx_int_t
idv_svc_token_refuse(idv_svc_call_t *call, ngx_uint_t status,
    const char *error, const char *description)
{
    ngx_str_t  challenge;

    if (status == NGX_HTTP_UNAUTHORIZED) {
        ngx_str_set(&challenge, "Basic realm=\"token\"");

        if (idv_svc_header(call, "WWW-Authenticate", &challenge) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return idv_svc_send_json(call, status,
                             json_pack("{s:s, s:s}", "error", error,
                                       "error_description", description));
}
