
/*
 * Copyright (C) nginx-idv authors
 *
 * What the API does to users: it makes, changes and deletes them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_TRIES  8


static ngx_int_t idv_svc_account_update(idv_svc_call_t *call,
    ngx_uint_t whole);
static ngx_int_t idv_svc_account_take(idv_svc_call_t *call,
    idv_svc_account_t *account);
static ngx_uint_t idv_svc_account_taken(idv_svc_call_t *call,
    const idv_svc_account_t *account);
static ngx_int_t idv_svc_account_not_saved(idv_svc_call_t *call,
    ngx_int_t rc);
static void idv_svc_account_mistake(void *data, const char *code,
    const char *target, const char *message, json_t *inner);
static ngx_int_t idv_svc_account_send_enabled(idv_svc_call_t *call,
    ngx_uint_t enabled);


ngx_int_t
idv_svc_account_create(idv_svc_call_t *call)
{
    u_char              id[IDV_UUID_LEN], uuid[IDV_SVC_UUID];
    ngx_int_t           rc;
    idv_svc_own_view_t  view;

    ngx_memzero(&view, sizeof(idv_svc_own_view_t));

    if (idv_svc_uuid(uuid) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    idv_uuid_print(id, uuid);

    view.account.id.data = id;
    view.account.id.len = IDV_UUID_LEN;
    view.account.enabled = 1;
    view.account.created = call->now;
    view.account.updated = call->now;

    rc = idv_svc_account_take(call, &view.account);

    if (rc == NGX_OK) {
        rc = idv_svc_accounts_save(call->store, call->env, &view.account, 0,
                                   1);
    }

    return (rc == NGX_OK)
           ? idv_svc_account_answer(call, &view, NGX_HTTP_CREATED)
           : idv_svc_account_not_saved(call, rc);
}


ngx_int_t
idv_svc_account_replace(idv_svc_call_t *call)
{
    return idv_svc_account_update(call, 1);
}


ngx_int_t
idv_svc_account_change(idv_svc_call_t *call)
{
    return idv_svc_account_update(call, 0);
}


/* whole: what is left out goes, but whether the user is enabled */

static ngx_int_t
idv_svc_account_update(idv_svc_call_t *call, ngx_uint_t whole)
{
    ngx_int_t           rc;
    ngx_uint_t          tries;
    idv_svc_own_view_t  view;

    rc = NGX_AGAIN;

    for (tries = 0; rc == NGX_AGAIN && tries < IDV_SVC_TRIES; tries++) {

        rc = idv_svc_account_find(call, &call->user, &view);

        if (rc != NGX_OK) {
            return idv_svc_account_not(call, rc);
        }

        if (whole) {
            ngx_memzero(view.account.attr, sizeof(view.account.attr));
        }

        view.account.updated = call->now;

        rc = idv_svc_account_take(call, &view.account);

        if (rc == NGX_OK) {
            rc = idv_svc_accounts_save(call->store, call->env, &view.account,
                                       view.version, 0);
        }
    }

    return (rc == NGX_OK) ? idv_svc_account_answer(call, &view, NGX_HTTP_OK)
                          : idv_svc_account_not_saved(call, rc);
}


/* NGX_DECLINED: there are details */

static ngx_int_t
idv_svc_account_take(idv_svc_call_t *call, idv_svc_account_t *account)
{
    u_char     id[IDV_UUID_LEN];
    ngx_str_t  population;

    if (idv_svc_account_population_id(call, id) != NGX_OK) {
        return NGX_ERROR;
    }

    population.data = id;
    population.len = IDV_UUID_LEN;

    (void) idv_svc_account_read(call->request->pool, call->json, &population,
                                account, idv_svc_account_mistake, call);

    if (idv_svc_account_taken(call, account)) {
        return NGX_ABORT;
    }

    return call->details ? NGX_DECLINED : NGX_OK;
}


/* by a user of the configuration whom the API has not changed */

static ngx_uint_t
idv_svc_account_taken(idv_svc_call_t *call, const idv_svc_account_t *account)
{
    ngx_uint_t           i;
    idv_svc_key_t        key;
    idv_svc_account_t    other;
    idv_svc_declared_t  *user;

    if (call->conf->users == NULL) {
        return 0;
    }

    key.tx = NULL;
    key.env = call->env;

    user = call->conf->users->elts;

    for (i = 0; i < call->conf->users->nelts; i++) {
        idv_svc_account_of(&user[i], &other);

        key.user = other.id;

        if (idv_svc_account_name_cmp(&other.attr[IDV_SVC_A_USERNAME],
                                     &account->attr[IDV_SVC_A_USERNAME])
            == 0
            && (other.id.len != account->id.len
                || ngx_memcmp(other.id.data, account->id.data, other.id.len)
                   != 0)
            && !idv_svc_accounts_known(call->store, &key))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
idv_svc_account_not_saved(idv_svc_call_t *call, ngx_int_t rc)
{
    switch (rc) {

    case NGX_ABORT:
        idv_svc_detail(call, "UNIQUENESS_VIOLATION", "username",
                       "Another user has this name.", NULL);
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);

    case NGX_BUSY:
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "users",
                       "There are as many users as there may be.",
                       json_pack("{s:i}", "maximumValue",
                                 IDV_SVC_MAX_ACCOUNTS));
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);

    case NGX_DECLINED:
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);

    case NGX_AGAIN:
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_full(call);
}


static void
idv_svc_account_mistake(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    idv_svc_detail(data, code, target, message, inner);
}


/* one of the configuration would be back at once */

ngx_int_t
idv_svc_account_delete(idv_svc_call_t *call)
{
    ngx_int_t      rc;
    idv_svc_key_t  key;

    if (idv_svc_account_declared(call->conf, &call->user)) {
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "id",
                       "The user is one of the configuration.", NULL);
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    key.tx = NULL;
    key.env = call->env;
    key.user = call->user;

    rc = idv_svc_accounts_delete(call->store, &key);

    return (rc == NGX_OK) ? idv_svc_send_nothing(call)
                          : idv_svc_account_not(call, rc);
}


ngx_int_t
idv_svc_account_enabled_show(idv_svc_call_t *call)
{
    ngx_int_t           rc;
    idv_svc_own_view_t  view;

    rc = idv_svc_account_find(call, &call->user, &view);

    return (rc == NGX_OK)
           ? idv_svc_account_send_enabled(call, view.account.enabled)
           : idv_svc_account_not(call, rc);
}


/* this one member, and no other that the body has */

ngx_int_t
idv_svc_account_enable(idv_svc_call_t *call)
{
    json_t              *enabled;
    ngx_int_t            rc;
    ngx_uint_t           tries;
    idv_svc_own_view_t   view;

    enabled = json_object_get(call->json, "enabled");

    if (!json_is_boolean(enabled)) {
        idv_svc_detail(call, enabled ? "INVALID_VALUE" : "REQUIRED_VALUE",
                       "enabled", "The value must be true or false.", NULL);
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    rc = NGX_AGAIN;

    for (tries = 0; rc == NGX_AGAIN && tries < IDV_SVC_TRIES; tries++) {

        rc = idv_svc_account_find(call, &call->user, &view);

        if (rc != NGX_OK) {
            return idv_svc_account_not(call, rc);
        }

        view.account.updated = call->now;
        view.account.enabled = json_is_true(enabled);

        rc = idv_svc_accounts_save(call->store, call->env, &view.account,
                                   view.version, 0);
    }

    return (rc == NGX_OK)
           ? idv_svc_account_send_enabled(call, view.account.enabled)
           : idv_svc_account_not_saved(call, rc);
}


static ngx_int_t
idv_svc_account_send_enabled(idv_svc_call_t *call, ngx_uint_t enabled)
{
    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:b}",
                               "_links",
                               idv_svc_json_user_links(call, "/enabled"),
                               "enabled", (int) enabled));
}
