
/*
 * Copyright (C) nginx-idv authors
 *
 * A verify policy of PingOne: of its id, or the default one.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_json.h"
#include "idv_pingone.h"


#define IDV_PINGONE_POLICIES  "/verifyPolicies"


static ngx_int_t idv_pingone_policy_request(idv_pingone_t *op,
    const char **why);
static const char *idv_pingone_use_policy(idv_pingone_t *op, json_t *document);
static json_t *idv_pingone_default_policy(json_t *document);


static const u_char  idv_pingone_no_policy[16];


const idv_pingone_kind_t  idv_pingone_uses = {
    "read verify policy",
    ngx_string("GET"),
    ngx_null_string,
    IDV_COUNT_PROVIDER_POLICIES,
    0, 0, 0, 0,
    idv_pingone_policy_request,
    idv_pingone_use_policy
};


static ngx_int_t
idv_pingone_policy_request(idv_pingone_t *op, const char **why)
{
    u_char                *p;
    idv_call_t            *call;
    const idv_provider_t  *provider;

    *why = NULL;

    call = op->call;
    provider = call->provider;

    p = ngx_pnalloc(call->pool, provider->api_url.len
                                + sizeof("/environments/") - 1
                                + provider->environment_id.len
                                + sizeof(IDV_PINGONE_POLICIES) - 1
                                + 1 + IDV_UUID_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->pass.url.data = p;

    p = ngx_sprintf(p, "%V/environments/%V" IDV_PINGONE_POLICIES,
                    &provider->api_url, &provider->environment_id);

    if (ngx_memcmp(call->policy, idv_pingone_no_policy, 16) != 0) {
        *p++ = '/';
        p = idv_uuid_print(p, call->policy);
    }

    op->pass.url.len = p - op->pass.url.data;
    *p = '\0';

    return NGX_OK;
}


static const char *
idv_pingone_use_policy(idv_pingone_t *op, json_t *document)
{
    u_char      id[16];
    json_t     *policy;
    ngx_str_t   text;
    idv_call_t *call;

    call = op->call;

    if (ngx_memcmp(call->policy, idv_pingone_no_policy, 16) == 0) {
        policy = idv_pingone_default_policy(document);

        if (policy == NULL) {
            return "it has no default policy";
        }

    } else {
        policy = document;
        text = idv_json_string(policy, "id");

        if (text.len == 0
            || idv_uuid_parse(id, text.data, text.len) != NGX_OK
            || ngx_memcmp(id, call->policy, 16) != 0)
        {
            return "it is another policy";
        }
    }

    call->uses = idv_input_uses(policy);

    return NULL;
}


static json_t *
idv_pingone_default_policy(json_t *document)
{
    size_t   i;
    json_t  *list, *policy;

    list = json_object_get(json_object_get(document, "_embedded"),
                           "verifyPolicies");

    json_array_foreach(list, i, policy) {
        if (json_is_true(json_object_get(policy, "default"))) {
            return policy;
        }
    }

    return NULL;
}
