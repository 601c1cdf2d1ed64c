
/*
 * Copyright (C) nginx-idv authors
 *
 * Users of PingOne: found by one attribute, and made.  The value of it comes
 * from a first factor, so it gets into a filter as a string and nothing else.
 *
 * Source: developer.pingidentity.com/pingone-api/platform/users, RFC 7644,
 * 3.4.2.2 for filters
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_json.h"
#include "idv_pingone.h"


#define IDV_PINGONE_USERS  "/users"
#define IDV_PINGONE_FIND   "?limit=2&filter="


static ngx_int_t idv_pingone_find_request(idv_pingone_t *op,
    const char **why);
static const char *idv_pingone_use_users(idv_pingone_t *op, json_t *document);
static ngx_int_t idv_pingone_provision_request(idv_pingone_t *op,
    const char **why);
static ngx_int_t idv_pingone_provision_json(const idv_call_t *call,
    json_t *root);
static ngx_int_t idv_pingone_member(json_t *root, const char *name,
    const ngx_str_t *value);
static const char *idv_pingone_use_user(idv_pingone_t *op, json_t *user);
static const char *idv_pingone_check_name(const ngx_str_t *name);
static ngx_int_t idv_pingone_users_url(idv_pingone_t *op,
    const ngx_str_t *filter);
static ngx_uint_t idv_pingone_disabled(json_t *user);


const idv_pingone_kind_t  idv_pingone_find = {
    "find user",
    ngx_string("GET"),
    ngx_null_string,
    IDV_COUNT_PROVIDER_LOOKUPS,
    0, 0, 0, 0,
    idv_pingone_find_request,
    idv_pingone_use_users
};


const idv_pingone_kind_t  idv_pingone_provision = {
    "provision user",
    ngx_string("POST"),
    ngx_null_string,
    IDV_COUNT_USERS_PROVISIONED,
    0, 1, 0, 0,
    idv_pingone_provision_request,
    idv_pingone_use_user
};


static ngx_int_t
idv_pingone_find_request(idv_pingone_t *op, const char **why)
{
    u_char            *p;
    size_t             i;
    ngx_str_t          filter;
    const ngx_str_t   *name, *attribute;

    name = &op->call->name;
    attribute = &op->call->provider->lookup;

    *why = idv_pingone_check_name(name);

    if (*why) {
        return NGX_OK;
    }

    p = ngx_pnalloc(op->call->pool, attribute->len + 2 * name->len
                                    + sizeof(" eq \"\"") - 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    filter.data = p;

    p = ngx_sprintf(p, "%V eq \"", attribute);

    for (i = 0; i < name->len; i++) {

        if (name->data[i] == '"' || name->data[i] == '\\') {
            *p++ = '\\';
        }

        *p++ = name->data[i];
    }

    *p++ = '"';
    filter.len = p - filter.data;

    return idv_pingone_users_url(op, &filter);
}


/* a string of JSON, but for what has to be escaped in one */

static const char *
idv_pingone_check_name(const ngx_str_t *name)
{
    u_char    *p, *last;
    uint32_t   ch;

    if (name->len == 0 || name->len > IDV_FLOW_MAX_USER) {
        return "the user's name is empty or too long";
    }

    p = name->data;
    last = p + name->len;

    while (p < last) {

        ch = *p < 0x80 ? *p++ : ngx_utf8_decode(&p, last - p);

        if (ch < 0x20 || ch == 0x7f) {
            return "the user's name has control characters";
        }

        if (ch > 0x10ffff) {
            return "the user's name is not UTF-8";
        }
    }

    return NULL;
}


static ngx_int_t
idv_pingone_users_url(idv_pingone_t *op, const ngx_str_t *filter)
{
    u_char                *p;
    const idv_provider_t  *provider;

    provider = op->call->provider;

    p = ngx_pnalloc(op->call->pool, provider->api_url.len
                                    + sizeof("/environments/") - 1
                                    + provider->environment_id.len
                                    + sizeof(IDV_PINGONE_USERS) - 1
                                    + sizeof(IDV_PINGONE_FIND) - 1
                                    + 3 * filter->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->pass.url.data = p;

    p = ngx_sprintf(p, "%V/environments/%V" IDV_PINGONE_USERS,
                    &provider->api_url, &provider->environment_id);

    if (filter->len) {
        p = ngx_cpymem(p, IDV_PINGONE_FIND, sizeof(IDV_PINGONE_FIND) - 1);
        p = (u_char *) ngx_escape_uri(p, filter->data, filter->len,
                                      NGX_ESCAPE_URI_COMPONENT);
    }

    op->pass.url.len = p - op->pass.url.data;
    *p = '\0';

    return NGX_OK;
}


static const char *
idv_pingone_use_users(idv_pingone_t *op, json_t *document)
{
    json_t  *users;

    users = json_object_get(json_object_get(document, "_embedded"), "users");

    if (!json_is_array(users)) {
        return "it has no list of users";
    }

    op->call->match = IDV_FOUND_NONE;

    if (json_array_size(users) == 0) {
        return NULL;
    }

    if (json_array_size(users) > 1) {
        op->call->match = IDV_FOUND_AMBIGUOUS;
        return NULL;
    }

    return idv_pingone_use_user(op, json_array_get(users, 0));
}


/*
 * PingOne does not tell names apart by the case of their letters.  A first
 * factor may: who has found somebody else's user is nobody.
 */

static const char *
idv_pingone_use_user(idv_pingone_t *op, json_t *user)
{
    ngx_str_t    id, value;
    idv_call_t  *call;
    const char  *why;

    call = op->call;

    id = idv_json_string(user, "id");
    value = idv_json_string(user, (char *) call->provider->lookup.data);

    /* the flow would keep it */

    why = idv_pingone_check_user(&id);

    if (why) {
        return why;
    }

    if (value.len != call->name.len
        || ngx_memcmp(value.data, call->name.data, value.len) != 0)
    {
        ngx_log_error(NGX_LOG_NOTICE, call->log, 0,
                      "idv: provider \"%V\": a user was found whose \"%V\" is "
                      "spelled differently: not taken", &call->provider->name,
                      &call->provider->lookup);

        call->match = IDV_FOUND_AMBIGUOUS;
        return NULL;
    }

    if (idv_pingone_disabled(user)) {
        call->match = IDV_FOUND_DISABLED;
        return NULL;
    }

    call->match = IDV_FOUND_ONE;
    call->found = id;

    return NULL;
}


/* the account, or, at a provider that still has it, verifications of it */

static ngx_uint_t
idv_pingone_disabled(json_t *user)
{
    json_t     *enabled;
    ngx_str_t   status;

    enabled = json_object_get(user, "enabled");
    status = idv_json_string(user, "verifyStatus");

    return (enabled && !json_is_true(enabled))
           || (status.len == sizeof("DISABLED") - 1
               && ngx_strncmp(status.data, "DISABLED", status.len) == 0);
}


static ngx_int_t
idv_pingone_provision_request(idv_pingone_t *op, const char **why)
{
    json_t      *root;
    ngx_int_t    rc;
    ngx_str_t    none;
    idv_call_t  *call;

    call = op->call;

    *why = idv_pingone_check_name(&call->name);

    if (*why) {
        return NGX_OK;
    }

    root = json_object();

    rc = idv_pingone_provision_json(call, root);

    if (rc == NGX_OK) {
        rc = idv_json_dump(call->pool, root, &op->pass.body);
    }

    json_decref(root);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_null(&none);

    return idv_pingone_users_url(op, &none);
}


static ngx_int_t
idv_pingone_provision_json(const idv_call_t *call, json_t *root)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    const ngx_str_t    *value;
    const idv_input_t  *input;

    rc = idv_pingone_part(root, "population", "id",
                          &call->provider->population);

    for (i = 0; call->inputs && i < IDV_INPUT_NINPUTS; i++) {
        input = &idv_input_table[i];
        value = idv_input_first(call->inputs, i);

        if (value == NULL || input->member == NULL) {
            continue;
        }

        rc |= input->object
              ? idv_pingone_part(root, input->object, input->member, value)
              : idv_pingone_member(root, input->member, value);
    }

    /* last: no input is in the place of the name */

    rc |= idv_pingone_member(root, "username", &call->name);
    rc |= idv_pingone_member(root, (char *) call->provider->lookup.data,
                             &call->name);

    return rc;
}


static ngx_int_t
idv_pingone_member(json_t *root, const char *name, const ngx_str_t *value)
{
    return json_object_set_new(root, name, json_stringn((char *) value->data,
                                                        value->len));
}
