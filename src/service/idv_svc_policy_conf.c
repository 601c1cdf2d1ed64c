
/*
 * Copyright (C) nginx-idv authors
 *
 * The policies that environments begin with: one that is built in, and those of
 * the operator's file.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MAX_POLICY_FILE  (1024 * 1024)


typedef struct {
    ngx_conf_t    *cf;
    ngx_str_t     *file;
    ngx_uint_t     licence;          /* bits of inspection types */
    ngx_array_t   *presets;          /* that were read so far */
    ngx_uint_t     place;            /* in the file, from 1 */
} idv_svc_policy_file_t;


static ngx_int_t idv_svc_policy_file(ngx_conf_t *cf, idv_svc_conf_t *conf);
static ngx_int_t idv_svc_policy_one(idv_svc_policy_file_t *f, json_t *json);
static ngx_int_t idv_svc_policy_builtin(ngx_conf_t *cf, idv_svc_conf_t *conf);
static ngx_int_t idv_svc_policy_add(idv_svc_policy_file_t *f,
    idv_svc_stored_t *policy);
static void idv_svc_policy_report(void *data, const char *code,
    const char *target, const char *message, json_t *inner);


static u_char  idv_svc_policy_default[] =
    "{\"name\": \"Default Verify Policy\","
    " \"description\": \"Document, face and liveness\","
    " \"default\": true,"
    " \"governmentId\": {\"verify\": \"REQUIRED\", \"failExpiredId\": true},"
    " \"facialComparison\": {\"verify\": \"REQUIRED\","
                           " \"threshold\": \"MEDIUM\"},"
    " \"liveness\": {\"verify\": \"REQUIRED\", \"threshold\": \"MEDIUM\"}}";


ngx_int_t
idv_svc_policy_conf(ngx_conf_t *cf, idv_svc_conf_t *conf)
{
    ngx_uint_t         i;
    idv_svc_stored_t  *policy;

    conf->presets = ngx_array_create(cf->pool, 2, sizeof(idv_svc_stored_t));
    if (conf->presets == NULL) {
        return NGX_ERROR;
    }

    if (conf->policies.len && idv_svc_policy_file(cf, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    policy = conf->presets->elts;

    for (i = 0; i < conf->presets->nelts; i++) {
        if (policy[i].is_default) {
            return NGX_OK;
        }
    }

    return idv_svc_policy_builtin(cf, conf);
}


static ngx_int_t
idv_svc_policy_file(ngx_conf_t *cf, idv_svc_conf_t *conf)
{
    size_t                  i;
    json_t                 *root;
    ngx_str_t               text;
    idv_svc_policy_file_t   f;

    f.cf = cf;
    f.file = &conf->policies;
    f.licence = conf->inspection;
    f.presets = conf->presets;

    if (ngx_http_idv_service_file(cf, f.file, IDV_SVC_MAX_POLICY_FILE, 0,
                                  &text)
        != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    root = idv_json_parse(cf->temp_pool, text.data, text.len,
                          IDV_SVC_MAX_POLICY_FILE);

    if (!json_is_array(root)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a JSON array of policies", f.file);
        return NGX_ERROR;
    }

    /* one is left for the built-in policy */

    if (json_array_size(root) >= IDV_SVC_MAX_POLICIES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have less than %d policies", f.file,
                           IDV_SVC_MAX_POLICIES);
        return NGX_ERROR;
    }

    for (i = 0; i < json_array_size(root); i++) {
        f.place = i + 1;

        if (idv_svc_policy_one(&f, json_array_get(root, i)) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* with an "id", which is what an adapter's verify_policy names */

static ngx_int_t
idv_svc_policy_one(idv_svc_policy_file_t *f, json_t *json)
{
    json_t            *id, *policy;
    ngx_int_t          rc;
    ngx_str_t          name;
    idv_svc_stored_t   stored;

    ngx_memzero(&stored, sizeof(idv_svc_stored_t));
    stored.system = 1;

    id = json_object_get(json, "id");

    if (id && (!json_is_string(id)
               || idv_uuid_parse(stored.id, (u_char *) json_string_value(id),
                                 json_string_length(id))
                  != NGX_OK))
    {
        idv_svc_policy_report(f, NULL, "id", "The value must be a UUID.",
                              NULL);
        return NGX_ERROR;
    }

    policy = idv_svc_model_read(json, f->licence, idv_svc_policy_report, f);
    if (policy == NULL) {
        return NGX_ERROR;
    }

    name = idv_json_string(policy, "name");

    if (idv_svc_policy_name(&name, stored.name) != NGX_OK) {
        json_decref(policy);
        return NGX_ERROR;
    }

    rc = idv_svc_policy_pack(f->cf->pool, policy, &stored);

    json_decref(policy);

    return (rc == NGX_OK) ? idv_svc_policy_add(f, &stored) : NGX_ERROR;
}


static ngx_int_t
idv_svc_policy_add(idv_svc_policy_file_t *f, idv_svc_stored_t *policy)
{
    ngx_uint_t         i;
    idv_svc_stored_t  *other;

    static u_char  none[IDV_SVC_UUID];

    other = f->presets->elts;

    for (i = 0; i < f->presets->nelts; i++) {

        if (ngx_memcmp(other[i].name, policy->name, IDV_SVC_NAME) == 0) {
            idv_svc_policy_report(f, NULL, "name",
                                  "Another policy has this name.", NULL);
            return NGX_ERROR;
        }

        if (ngx_memcmp(policy->id, none, IDV_SVC_UUID) != 0
            && ngx_memcmp(other[i].id, policy->id, IDV_SVC_UUID) == 0)
        {
            idv_svc_policy_report(f, NULL, "id",
                                  "Another policy has this id.", NULL);
            return NGX_ERROR;
        }

        if (other[i].is_default && policy->is_default) {
            idv_svc_policy_report(f, NULL, "default",
                                  "Another policy is the default one.", NULL);
            return NGX_ERROR;
        }
    }

    other = ngx_array_push(f->presets);
    if (other == NULL) {
        return NGX_ERROR;
    }

    *other = *policy;

    return NGX_OK;
}


static ngx_int_t
idv_svc_policy_builtin(ngx_conf_t *cf, idv_svc_conf_t *conf)
{
    json_t                 *json;
    ngx_int_t               rc;
    ngx_str_t               builtin;
    ngx_uint_t              n;
    idv_svc_stored_t       *policy;
    idv_svc_policy_file_t   f;

    ngx_str_set(&builtin, "built in");

    f.cf = cf;
    f.file = &builtin;
    f.licence = conf->inspection;
    f.presets = conf->presets;
    f.place = 1;

    json = idv_json_parse(NULL, idv_svc_policy_default,
                          sizeof(idv_svc_policy_default) - 1,
                          IDV_SVC_MAX_POLICY_FILE);

    n = conf->presets->nelts;
    rc = idv_svc_policy_one(&f, json);

    json_decref(json);

    if (rc == NGX_OK) {
        policy = conf->presets->elts;
        policy[n].builtin = 1;
    }

    return rc;
}


/* each mistake is a line; the first one need not be the one that matters */

static void
idv_svc_policy_report(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    idv_svc_policy_file_t *f = data;

    ngx_conf_log_error(NGX_LOG_EMERG, f->cf, 0,
                       "\"%V\": policy %ui: %s: %s", f->file, f->place,
                       target, message);

    json_decref(inner);
}


ngx_int_t
idv_svc_policy_name(const ngx_str_t *text, u_char *name)
{
    u_char  hash[IDV_HASH_LEN];

    if (idv_hash(hash, text, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(name, hash, IDV_SVC_NAME);

    return NGX_OK;
}


/* which policy is the default one changes without the policy's text */

ngx_int_t
idv_svc_policy_pack(ngx_pool_t *pool, json_t *json, idv_svc_stored_t *policy)
{
    idv_svc_model_compile(json, &policy->rules);

    policy->is_default = json_is_true(json_object_get(json, "default"));

    (void) json_object_del(json, "default");

    return idv_json_dump(pool, json, &policy->text);
}
