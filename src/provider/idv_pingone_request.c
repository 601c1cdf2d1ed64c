
/*
 * Copyright (C) nginx-idv authors
 *
 * What each call says, and what it takes from the answer.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_json.h"
#include "idv_pingone.h"


#define IDV_PINGONE_MAX_CONTACT   320     /* RFC 3696: 64 + 1 + 255 */
#define IDV_PINGONE_MAX_REDIRECT  2048


static const char *idv_pingone_check(const idv_pingone_t *op);
static const char *idv_pingone_check_create(const idv_call_t *call);
static const char *idv_pingone_check_document(const idv_call_t *call);
static ngx_int_t idv_pingone_path(idv_pingone_t *op);
static ngx_int_t idv_pingone_body(idv_pingone_t *op);
static json_t *idv_pingone_json(const idv_pingone_t *op);
static const u_char *idv_pingone_policy(const idv_pingone_t *op);
static ngx_uint_t idv_pingone_set(const u_char uuid[16]);
static void idv_pingone_expect(const idv_pingone_t *op,
    idv_pingone_expect_t *expect);
static const char *idv_pingone_use_transaction(idv_pingone_t *op,
    json_t *document);
static const char *idv_pingone_use_list(idv_pingone_t *op,
    json_t *document);
static const char *idv_pingone_use_claims(idv_pingone_t *op,
    json_t *document);


const idv_pingone_kind_t  idv_pingone_create = {
    "create transaction",
    ngx_string("POST"),
    ngx_null_string,
    IDV_COUNT_TRANSACTIONS_CREATED,
    0, 1, 0, 0,
    NULL,
    idv_pingone_use_transaction
};


const idv_pingone_kind_t  idv_pingone_read = {
    "read transaction",
    ngx_string("GET"),
    ngx_string("?expand=verifyPolicy"),
    IDV_COUNT_PROVIDER_READS,
    1, 0, 0, 0,
    NULL,
    idv_pingone_use_transaction
};


const idv_pingone_kind_t  idv_pingone_recall = {
    "list transactions",
    ngx_string("GET"),
    ngx_string("?limit=20"),
    IDV_COUNT_PROVIDER_READS,
    1, 0, 0, 1,
    NULL,
    idv_pingone_use_list
};


const idv_pingone_kind_t  idv_pingone_claims = {
    "read verified data",
    ngx_string("GET"),
    ngx_string("/verifiedData?type=GOVERNMENT_ID&attempt=LATEST"),
    IDV_COUNT_PROVIDER_CLAIMS,
    1, 0, 1, 0,
    NULL,
    idv_pingone_use_claims
};


ngx_int_t
idv_pingone_request(idv_pingone_t *op, const char **why)
{
    if (op->kind->request) {
        return op->kind->request(op, why);
    }

    *why = idv_pingone_check(op);

    if (*why) {
        return NGX_OK;
    }

    if (idv_pingone_path(op) != NGX_OK) {
        return NGX_ERROR;
    }

    if (op->kind->creates && idv_pingone_body(op) != NGX_OK) {
        *why = "the request cannot be written as JSON";
    }

    return NGX_OK;
}


/* nothing from outside goes into a URL or a body without a look at it */

static const char *
idv_pingone_check(const idv_pingone_t *op)
{
    const char        *why;
    const idv_call_t  *call;

    call = op->call;
    why = idv_pingone_check_user(&call->user);

    if (why) {
        return why;
    }

    if (op->kind->creates) {
        return idv_pingone_check_create(call);
    }

    if (op->kind->lists) {
        return idv_pingone_set(call->policy) ? NULL : "there is no policy";
    }

    if (!idv_pingone_set(call->tx)) {
        return "there is no transaction";
    }

    return op->kind->extends ? idv_pingone_check_document(call) : NULL;
}


const char *
idv_pingone_check_user(const ngx_str_t *user)
{
    size_t  i;

    if (user->len == 0 || user->len > IDV_FLOW_MAX_USER) {
        return "the user id is empty or too long";
    }

    for (i = 0; i < user->len; i++) {
        if (user->data[i] < 0x20 || user->data[i] == 0x7f) {
            return "the user id has control characters";
        }
    }

    /* a step in a path, even when it is escaped */

    if (user->data[0] == '.'
        && (user->len == 1 || (user->len == 2 && user->data[1] == '.')))
    {
        return "the user id is a relative path";
    }

    return NULL;
}


static const char *
idv_pingone_check_create(const idv_call_t *call)
{
    if (call->contact.len > IDV_PINGONE_MAX_CONTACT
        || (call->contact.len == 0 && call->method != IDV_METHOD_QR))
    {
        return "the contact is empty or too long";
    }

    if (call->redirect.len > IDV_PINGONE_MAX_REDIRECT) {
        return "the redirect URL is too long";
    }

    return NULL;
}


static const char *
idv_pingone_check_document(const idv_call_t *call)
{
    u_char     id[16];
    ngx_str_t  text;

    text = idv_json_string(call->document, "id");

    if (text.len == 0
        || idv_uuid_parse(id, text.data, text.len) != NGX_OK
        || ngx_memcmp(id, call->tx, sizeof(id)) != 0)
    {
        return "the document is not the transaction's";
    }

    return NULL;
}


static ngx_int_t
idv_pingone_path(idv_pingone_t *op)
{
    u_char                *p;
    size_t                 len;
    idv_call_t            *call;
    const idv_provider_t  *provider;

    call = op->call;
    provider = call->provider;

    len = provider->api_url.len + sizeof("/environments/") - 1
          + provider->environment_id.len + sizeof("/users/") - 1
          + 3 * call->user.len + sizeof("/verifyTransactions/") - 1
          + IDV_UUID_LEN + op->kind->query.len + 1;

    p = ngx_pnalloc(call->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->pass.url.data = p;

    p = ngx_sprintf(p, "%V/environments/%V/users/", &provider->api_url,
                    &provider->environment_id);

    p = (u_char *) ngx_escape_uri(p, call->user.data, call->user.len,
                                  NGX_ESCAPE_URI_COMPONENT);

    p = ngx_cpymem(p, "/verifyTransactions",
                   sizeof("/verifyTransactions") - 1);

    if (!op->kind->creates && !op->kind->lists) {
        *p++ = '/';
        p = idv_uuid_print(p, call->tx);
    }

    p = ngx_cpymem(p, op->kind->query.data, op->kind->query.len);

    op->pass.url.len = p - op->pass.url.data;
    *p = '\0';

    return NGX_OK;
}


/* fails on text that is not UTF-8, too */

static ngx_int_t
idv_pingone_body(idv_pingone_t *op)
{
    json_t     *root;
    ngx_int_t   rc;

    root = idv_pingone_json(op);
    if (root == NULL) {
        return NGX_ERROR;
    }

    rc = idv_json_dump(op->call->pool, root, &op->pass.body);

    json_decref(root);

    return rc;
}


static json_t *
idv_pingone_json(const idv_pingone_t *op)
{
    u_char                 uuid[IDV_UUID_LEN];
    json_t                *root, *requirements;
    ngx_int_t              rc;
    ngx_str_t              text;
    const u_char          *policy;
    const ngx_str_t       *redirect;
    const idv_call_t      *call;
    const idv_provider_t  *provider;

    call = op->call;
    provider = call->provider;

    root = json_object();
    rc = NGX_OK;

    policy = idv_pingone_policy(op);

    if (policy) {
        text.data = uuid;
        text.len = idv_uuid_print(uuid, policy) - uuid;

        rc |= idv_pingone_part(root, "verifyPolicy", "id", &text);
    }

    if (call->method != IDV_METHOD_QR) {
        rc |= idv_pingone_part(root, "sendNotification",
                               call->method == IDV_METHOD_EMAIL ? "email"
                                                                : "phone",
                               &call->contact);
    }

    requirements = NULL;

    if (call->inputs) {
        rc |= idv_input_requirements(call->inputs, call->uses, &requirements);
    }

    if (requirements) {
        rc |= json_object_set_new(root, "requirements", requirements);
    }

    /* this device comes back to the page; another one has none of its own */

    redirect = call->redirect.len ? &call->redirect : &provider->redirect_url;

    if (redirect->len) {
        rc |= idv_pingone_part(root, "redirect", "url", redirect);
    }

    if (redirect->len && provider->redirect_message.len) {
        rc |= idv_pingone_part(root, "redirect", "message",
                               &provider->redirect_message);
    }

    if (root == NULL || rc != NGX_OK) {
        json_decref(root);
        return NULL;
    }

    return root;
}


ngx_int_t
idv_pingone_part(json_t *root, const char *part, const char *name,
    const ngx_str_t *value)
{
    json_t  *object;

    object = json_object_get(root, part);

    if (object == NULL) {
        object = json_object();

        if (json_object_set_new(root, part, object) != 0) {
            return NGX_ERROR;
        }
    }

    return json_object_set_new(object, name,
                               json_stringn((char *) value->data, value->len));
}


static const u_char *
idv_pingone_policy(const idv_pingone_t *op)
{
    const idv_call_t  *call;

    call = op->call;

    if (idv_pingone_set(call->policy)) {
        return call->policy;
    }

    if (op->kind->creates && idv_pingone_set(call->provider->verify_policy)) {
        return call->provider->verify_policy;
    }

    return NULL;
}


static ngx_uint_t
idv_pingone_set(const u_char uuid[16])
{
    static const u_char  zero[16];

    return ngx_memcmp(uuid, zero, sizeof(zero)) != 0;
}


static void
idv_pingone_expect(const idv_pingone_t *op, idv_pingone_expect_t *expect)
{
    const idv_call_t  *call;

    call = op->call;

    ngx_memzero(expect, sizeof(idv_pingone_expect_t));

    expect->id = op->kind->creates ? NULL : call->tx;
    expect->policy = idv_pingone_policy(op);
    expect->user = call->user;
    expect->environment = call->provider->environment_id;
    expect->notified = op->kind->creates && call->method != IDV_METHOD_QR;
}


static const char *
idv_pingone_use_transaction(idv_pingone_t *op, json_t *document)
{
    const char            *why;
    idv_pingone_expect_t   expect;

    idv_pingone_expect(op, &expect);

    why = idv_pingone_transaction(document, &expect, &op->call->transaction);

    if (why) {
        ngx_memzero(&op->call->transaction, sizeof(idv_transaction_t));
        return why;
    }

    op->call->document = document;

    return NULL;
}


static const char *
idv_pingone_use_list(idv_pingone_t *op, json_t *document)
{
    idv_pingone_expect_t  expect;

    idv_pingone_expect(op, &expect);

    return idv_pingone_newest(document, &expect, op->call->since,
                              &op->call->transaction);
}


/*
 * Pointers into the result are those of PingOne's own adapter: a transaction
 * whose "_embedded" has the verified data.
 */

static const char *
idv_pingone_use_claims(idv_pingone_t *op, json_t *document)
{
    json_t                *embedded, *items;
    const char            *why;
    idv_pingone_expect_t   expect;

    idv_pingone_expect(op, &expect);

    why = idv_pingone_verified_data(document, &expect, &items);
    if (why) {
        return why;
    }

    embedded = json_object_get(op->call->document, "_embedded");

    if (!json_is_object(embedded)) {
        embedded = json_object();

        if (json_object_set_new(op->call->document, "_embedded", embedded)
            != 0)
        {
            json_decref(items);
            return "no memory";
        }
    }

    return json_object_set_new(embedded, "verifiedData", items) == 0
           ? NULL : "no memory";
}
