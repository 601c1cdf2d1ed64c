
/*
 * Copyright (C) nginx-idv authors
 *
 * Verify policies.  Every environment has the one that the system provides;
 * who asks goes through idv_svc_policy_find(), so that stored ones can join.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MINUTE  (60 * IDV_SVC_SECOND)


static json_t *idv_svc_policy_links(idv_svc_call_t *call,
    idv_svc_policy_t *policy);
static json_t *idv_svc_policy_times(idv_svc_policy_t *policy);
static json_t *idv_svc_policy_time(int64_t ms);


ngx_int_t
idv_svc_policy_find(const u_char *env, const u_char *id,
    idv_svc_policy_t *policy)
{
    u_char     hash[IDV_HASH_LEN];
    ngx_str_t  parts[2];

    static u_char  none[IDV_SVC_UUID];

    /* the same for an environment on every machine and after any restart */

    ngx_str_set(&parts[0], "default verify policy");
    parts[1].data = (u_char *) env;
    parts[1].len = IDV_SVC_UUID;

    if (idv_hash(hash, parts, 2) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(policy->id, hash, IDV_SVC_UUID);

    /* version 8 (RFC 9562): made by a rule of our own */

    policy->id[6] = (u_char) ((policy->id[6] & 0x0f) | 0x80);
    policy->id[8] = (u_char) ((policy->id[8] & 0x3f) | 0x80);

    policy->transaction_time = 30 * IDV_SVC_MINUTE;
    policy->collect_time = 15 * IDV_SVC_MINUTE;

    if (ngx_memcmp(id, none, IDV_SVC_UUID) != 0
        && ngx_memcmp(id, policy->id, IDV_SVC_UUID) != 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


json_t *
idv_svc_policy_json(idv_svc_call_t *call, idv_svc_policy_t *policy)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:b,"
                     " s:{s:s, s:s, s:b}, s:{s:s, s:s}, s:{s:s, s:s},"
                     " s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s},"
                     " s:o, s:o, s:n, s:b}",
                     "_links", idv_svc_policy_links(call, policy),
                     "id", idv_svc_json_uuid(policy->id),
                     "environment", idv_svc_json_reference(call->env),
                     "name", "Default Verify Policy",
                     "description", "Document, face and liveness",
                     "default", 1,
                     "governmentId",
                         "verify", "REQUIRED",
                         "inspectionType", "AUTOMATIC",
                         "failExpiredId", 1,
                     "facialComparison",
                         "verify", "REQUIRED",
                         "threshold", "MEDIUM",
                     "liveness",
                         "verify", "REQUIRED",
                         "threshold", "MEDIUM",
                     "email",
                         "verify", "DISABLED",
                     "phone",
                         "verify", "DISABLED",
                     "voice",
                         "verify", "DISABLED",
                     "verifiableCredential",
                         "verify", "DISABLED",
                     "transaction", idv_svc_policy_times(policy),
                     "createdAt", idv_svc_json_date(0),
                     "updatedAt",
                     "systemProvided", 1);
}


static json_t *
idv_svc_policy_links(idv_svc_call_t *call, idv_svc_policy_t *policy)
{
    u_char     env[IDV_UUID_LEN], id[IDV_UUID_LEN];
    ngx_str_t  e, p;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    p.data = id;
    p.len = IDV_UUID_LEN;
    idv_uuid_print(id, policy->id);

    return json_pack("{s:o, s:o}",
                     "self",
                     idv_svc_json_href(call,
                                       "/environments/%V/verifyPolicies/%V",
                                       &e, &p),
                     "environment",
                     idv_svc_json_href(call, "/environments/%V", &e));
}


static json_t *
idv_svc_policy_times(idv_svc_policy_t *policy)
{
    return json_pack("{s:o, s:{s:o}, s:b}",
                     "timeout",
                     idv_svc_policy_time(policy->transaction_time),
                     "dataCollection",
                         "timeout", idv_svc_policy_time(policy->collect_time),
                     "dataCollectionOnly", 0);
}


static json_t *
idv_svc_policy_time(int64_t ms)
{
    return json_pack("{s:I, s:s}",
                     "duration", (json_int_t) (ms / IDV_SVC_MINUTE),
                     "timeUnit", "MINUTES");
}


ngx_int_t
idv_svc_policy_list(idv_svc_call_t *call)
{
    u_char             env[IDV_UUID_LEN];
    ngx_str_t          e;
    idv_svc_policy_t   policy;

    static u_char  none[IDV_SVC_UUID];

    if (idv_svc_policy_find(call->env, none, &policy) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:{s:o, s:o}, s:{s:[o]}, s:i}",
                               "_links",
                                   "self",
                                   idv_svc_json_href(call,
                                            "/environments/%V/verifyPolicies",
                                            &e),
                                   "environment",
                                   idv_svc_json_href(call, "/environments/%V",
                                                     &e),
                               "_embedded",
                                   "verifyPolicies",
                                   idv_svc_policy_json(call, &policy),
                               "size", 1));
}


ngx_int_t
idv_svc_policy_read(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_policy_t  policy;

    static u_char  none[IDV_SVC_UUID];

    if (ngx_memcmp(call->item, none, IDV_SVC_UUID) == 0) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    rc = idv_svc_policy_find(call->env, call->item, &policy);

    if (rc != NGX_OK) {
        return idv_svc_error(call, rc == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                      : IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_policy_json(call, &policy));
}
