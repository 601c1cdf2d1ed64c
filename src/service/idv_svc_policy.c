
/*
 * Copyright (C) nginx-idv authors
 *
 * Verify policies as the API shows and changes them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


static ngx_int_t idv_svc_policy_id(const idv_svc_stored_t *preset,
    const u_char *env, u_char *id);
static ngx_int_t idv_svc_policy_preset(idv_svc_call_t *call,
    const u_char *id, idv_svc_stored_t *policy);
static ngx_int_t idv_svc_policy_presets(idv_svc_call_t *call,
    idv_svc_stored_t **list);
static ngx_int_t idv_svc_policy_ids(idv_svc_call_t *call,
    u_char (*ids)[IDV_SVC_UUID], ngx_uint_t *n);
static ngx_int_t idv_svc_policy_not(idv_svc_call_t *call, ngx_int_t rc);
static json_t *idv_svc_policy_links(idv_svc_call_t *call, u_char *id);
static ngx_int_t idv_svc_policy_take(idv_svc_call_t *call,
    idv_svc_stored_t *old, idv_svc_stored_t *policy, ngx_int_t *rc);
static ngx_uint_t idv_svc_policy_taken(idv_svc_call_t *call,
    idv_svc_stored_t *policy);
static void idv_svc_policy_mistake(void *data, const char *code,
    const char *target, const char *message, json_t *inner);
static void idv_svc_policy_name_taken(idv_svc_call_t *call);
static ngx_int_t idv_svc_policy_save(idv_svc_call_t *call,
    idv_svc_stored_t *policy, ngx_uint_t create);


/*
 * The id of a configured policy that has none of its own: the same for an
 * environment on every machine and after any restart.
 */

static ngx_int_t
idv_svc_policy_id(const idv_svc_stored_t *preset, const u_char *env,
    u_char *id)
{
    ngx_str_t  parts[3];

    static u_char  none[IDV_SVC_UUID];

    if (ngx_memcmp(preset->id, none, IDV_SVC_UUID) != 0) {
        ngx_memcpy(id, preset->id, IDV_SVC_UUID);
        return NGX_OK;
    }

    ngx_str_set(&parts[0], "default verify policy");
    parts[1].data = (u_char *) env;
    parts[1].len = IDV_SVC_UUID;
    parts[2].data = (u_char *) preset->name;
    parts[2].len = IDV_SVC_NAME;

    return idv_svc_uuid_of(id, parts, preset->builtin ? 2 : 3);
}


ngx_int_t
idv_svc_policy_find(idv_svc_call_t *call, const u_char *id, ngx_uint_t text,
    idv_svc_stored_t *policy)
{
    ngx_int_t  rc;

    rc = idv_svc_policies_get(call->store, call->env, id,
                              text ? call->request->pool : NULL, policy);

    return (rc == NGX_AGAIN) ? idv_svc_policy_preset(call, id, policy) : rc;
}


static ngx_int_t
idv_svc_policy_preset(idv_svc_call_t *call, const u_char *id,
    idv_svc_stored_t *policy)
{
    ngx_uint_t         i;
    idv_svc_stored_t  *preset;

    preset = call->conf->presets->elts;

    for (i = 0; i < call->conf->presets->nelts; i++) {
        *policy = preset[i];

        if (idv_svc_policy_id(&preset[i], call->env, policy->id) != NGX_OK) {
            return NGX_ERROR;
        }

        if (id ? ngx_memcmp(policy->id, id, IDV_SVC_UUID) == 0
               : policy->is_default)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* what an environment's policies begin with */

static ngx_int_t
idv_svc_policy_presets(idv_svc_call_t *call, idv_svc_stored_t **list)
{
    ngx_uint_t         i, n;
    idv_svc_stored_t  *preset, *copy;

    preset = call->conf->presets->elts;
    n = call->conf->presets->nelts;

    copy = ngx_palloc(call->request->pool, n * sizeof(idv_svc_stored_t));
    if (copy == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        copy[i] = preset[i];

        if (idv_svc_policy_id(&preset[i], call->env, copy[i].id) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    *list = copy;

    return NGX_OK;
}


static ngx_int_t
idv_svc_policy_ids(idv_svc_call_t *call, u_char (*ids)[IDV_SVC_UUID],
    ngx_uint_t *n)
{
    ngx_uint_t         i;
    idv_svc_stored_t  *list;

    if (idv_svc_policies_list(call->store, call->env, ids, n) == NGX_OK) {
        return NGX_OK;
    }

    if (idv_svc_policy_presets(call, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    *n = call->conf->presets->nelts;

    for (i = 0; i < *n; i++) {
        ngx_memcpy(ids[i], list[i].id, IDV_SVC_UUID);
    }

    return NGX_OK;
}


json_t *
idv_svc_policy_json(idv_svc_call_t *call, idv_svc_stored_t *policy)
{
    json_t  *kept, *json;

    kept = idv_json_parse(call->request->pool, policy->text.data,
                          policy->text.len, IDV_SVC_MAX_JSON);

    json = json_pack("{s:o, s:o, s:o}",
                     "_links", idv_svc_policy_links(call, policy->id),
                     "id", idv_svc_json_uuid(policy->id),
                     "environment", idv_svc_json_reference(call->env));

    if (json == NULL || json_object_update(json, kept) != 0) {
        json_decref(json);
        return NULL;
    }

    (void) json_object_set_new(json, "default",
                               json_boolean(policy->is_default));
    (void) json_object_set_new(json, "createdAt",
                               idv_svc_json_date(policy->created));
    (void) json_object_set_new(json, "updatedAt",
                               policy->updated
                               ? idv_svc_json_date(policy->updated)
                               : json_null());
    (void) json_object_set_new(json, "systemProvided",
                               json_boolean(policy->system));

    return json;
}


static json_t *
idv_svc_policy_links(idv_svc_call_t *call, u_char *id)
{
    u_char     env[IDV_UUID_LEN], uuid[IDV_UUID_LEN];
    ngx_str_t  e, p;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    p.data = uuid;
    p.len = IDV_UUID_LEN;
    idv_uuid_print(uuid, id);

    return json_pack("{s:o, s:o}",
                     "self",
                     idv_svc_json_href(call,
                                       "/environments/%V/verifyPolicies/%V",
                                       &e, &p),
                     "environment",
                     idv_svc_json_href(call, "/environments/%V", &e));
}


ngx_int_t
idv_svc_policy_list(idv_svc_call_t *call)
{
    u_char             env[IDV_UUID_LEN];
    u_char             ids[IDV_SVC_MAX_POLICIES][IDV_SVC_UUID];
    json_t            *list;
    ngx_str_t          e;
    ngx_uint_t         i, n;
    idv_svc_stored_t   policy;

    if (idv_svc_policy_ids(call, ids, &n) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    list = json_array();

    for (i = 0; i < n; i++) {

        /* one that has gone since is not in the list */

        if (idv_svc_policy_find(call, ids[i], 1, &policy) == NGX_OK) {
            (void) json_array_append_new(list,
                                         idv_svc_policy_json(call, &policy));
        }
    }

    n = json_array_size(list);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:{s:o, s:o}, s:{s:o}, s:i}",
                               "_links",
                                   "self",
                                   idv_svc_json_href(call,
                                            "/environments/%V/verifyPolicies",
                                            &e),
                                   "environment",
                                   idv_svc_json_href(call, "/environments/%V",
                                                     &e),
                               "_embedded",
                                   "verifyPolicies", list,
                               "size", (int) n));
}


ngx_int_t
idv_svc_policy_read(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_stored_t  policy;

    rc = idv_svc_policy_find(call, call->item, 1, &policy);

    if (rc != NGX_OK) {
        return idv_svc_policy_not(call, rc);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_policy_json(call, &policy));
}


static ngx_int_t
idv_svc_policy_not(idv_svc_call_t *call, ngx_int_t rc)
{
    return idv_svc_error(call, rc == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                  : IDV_SVC_UNEXPECTED);
}


ngx_int_t
idv_svc_policy_create(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_stored_t  policy;

    ngx_memzero(&policy, sizeof(idv_svc_stored_t));

    policy.created = call->now;

    if (idv_svc_uuid(policy.id) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    if (idv_svc_policy_take(call, NULL, &policy, &rc) != NGX_OK) {
        return rc;
    }

    return idv_svc_policy_save(call, &policy, 1);
}


/* the whole of it: what is left out is what it would be in a new policy */

ngx_int_t
idv_svc_policy_update(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_stored_t  old, policy;

    rc = idv_svc_policy_find(call, call->item, 0, &old);

    if (rc != NGX_OK) {
        return idv_svc_policy_not(call, rc);
    }

    policy = old;
    policy.updated = call->now;
    policy.is_default = 0;

    if (idv_svc_policy_take(call, &old, &policy, &rc) != NGX_OK) {
        return rc;
    }

    return idv_svc_policy_save(call, &policy, 0);
}


/* NGX_DECLINED: rc is what the answer that was sent instead returned */

static ngx_int_t
idv_svc_policy_take(idv_svc_call_t *call, idv_svc_stored_t *old,
    idv_svc_stored_t *policy, ngx_int_t *rc)
{
    json_t     *json;
    ngx_int_t   packed;
    ngx_str_t   name;

    if (!json_is_object(call->json)) {
        *rc = idv_svc_error(call, IDV_SVC_INVALID_REQUEST);
        return NGX_DECLINED;
    }

    json = idv_svc_model_read(call->json, call->conf->inspection,
                              idv_svc_policy_mistake, call);

    name = idv_json_string(call->json, "name");

    if (idv_svc_policy_name(&name, policy->name) != NGX_OK) {
        json_decref(json);
        *rc = idv_svc_error(call, IDV_SVC_UNEXPECTED);
        return NGX_DECLINED;
    }

    if (name.len && idv_svc_policy_taken(call, policy)) {
        idv_svc_policy_name_taken(call);
    }

    if (old && old->is_default
        && json_is_false(json_object_get(call->json, "default")))
    {
        idv_svc_detail(call, "INVALID_VALUE", "default",
                       "This is the default policy until another becomes it.",
                       NULL);
    }

    if (call->details) {
        json_decref(json);
        *rc = idv_svc_error(call, IDV_SVC_INVALID_DATA);
        return NGX_DECLINED;
    }

    packed = idv_svc_policy_pack(call->request->pool, json, policy);

    json_decref(json);

    if (packed != NGX_OK) {
        *rc = idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return packed;
}


static void
idv_svc_policy_mistake(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    idv_svc_detail(data, code, target, message, inner);
}


static ngx_uint_t
idv_svc_policy_taken(idv_svc_call_t *call, idv_svc_stored_t *policy)
{
    u_char            ids[IDV_SVC_MAX_POLICIES][IDV_SVC_UUID];
    ngx_uint_t        i, n;
    idv_svc_stored_t  other;

    if (idv_svc_policy_ids(call, ids, &n) != NGX_OK) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (ngx_memcmp(ids[i], policy->id, IDV_SVC_UUID) != 0
            && idv_svc_policy_find(call, ids[i], 0, &other) == NGX_OK
            && ngx_memcmp(other.name, policy->name, IDV_SVC_NAME) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
idv_svc_policy_name_taken(idv_svc_call_t *call)
{
    idv_svc_detail(call, "UNIQUENESS_VIOLATION", "name",
                   "Another policy has this name.", NULL);
}


static ngx_int_t
idv_svc_policy_save(idv_svc_call_t *call, idv_svc_stored_t *policy,
    ngx_uint_t create)
{
    json_t            *json;
    idv_svc_stored_t  *presets;

    if (idv_svc_policy_presets(call, &presets) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    switch (idv_svc_policies_save(call->store, call->env, presets,
                                  call->conf->presets->nelts, policy, create))
    {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);

    case NGX_ABORT:
        idv_svc_policy_name_taken(call);
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);

    case NGX_BUSY:
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "verifyPolicies",
                       "The environment has as many policies as it may have.",
                       json_pack("{s:i}", "maximumValue",
                                 IDV_SVC_MAX_POLICIES));
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);

    default:
        return idv_svc_full(call);
    }

    json = idv_svc_policy_json(call, policy);

    if (create && idv_svc_location(call, json) != NGX_OK) {
        json_decref(json);
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, create ? NGX_HTTP_CREATED : NGX_HTTP_OK,
                             json);
}


ngx_int_t
idv_svc_policy_delete(idv_svc_call_t *call)
{
    ngx_int_t          rc;
    idv_svc_stored_t   policy, *presets;

    rc = idv_svc_policy_find(call, call->item, 0, &policy);

    if (rc == NGX_OK && idv_svc_policy_presets(call, &presets) == NGX_OK) {
        rc = policy.is_default
             ? NGX_BUSY
             : idv_svc_policies_delete(call->store, call->env, presets,
                                       call->conf->presets->nelts, policy.id);

    } else if (rc == NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    switch (rc) {

    case NGX_OK:
        return idv_svc_send_nothing(call);

    case NGX_DECLINED:
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);

    case NGX_BUSY:
        idv_svc_detail(call, "CONSTRAINT_VIOLATION", "default",
                       "The default policy cannot be deleted.", NULL);
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    return idv_svc_full(call);
}
