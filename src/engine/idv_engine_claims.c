
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_engine_claims.h"
#include "../model/idv_claims.h"
#include "../util/idv_json.h"


static ngx_uint_t
idv_engine_checked(const idv_provider_t *provider, ngx_log_t *log,
    json_t *document)
{
    ngx_str_t   *name, value;
    ngx_uint_t   i;
    json_t      *checks;

    if (provider->required_checks == NULL) {
        return 1;
    }

    checks = json_object_get(json_object_get(document, "transactionStatus"),
                             "verificationStatus");

    name = provider->required_checks->elts;

    for (i = 0; i < provider->required_checks->nelts; i++) {
        value = idv_json_string(checks, (char *) name[i].data);

        if (value.len != sizeof("SUCCESS") - 1
            || ngx_memcmp(value.data, "SUCCESS", value.len) != 0)
        {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "idv: provider \"%V\": required check %V is not "
                          "SUCCESS", &provider->name, &name[i]);
            return 0;
        }
    }

    return 1;
}


/*
 * A policy that only collects data ends in SUCCESS without having verified
 * anybody.  The transaction was read with its policy, which stands in it or is
 * embedded.  A provider that does not expand it has none but verifying ones.
 */

static ngx_uint_t
idv_engine_verified(const idv_provider_t *provider, ngx_log_t *log,
    json_t *document)
{
    json_t  *policy, *rules, *only;

    if (provider->collected) {
        return 1;
    }

    policy = json_object_get(json_object_get(document, "_embedded"),
                             "verifyPolicy");
    if (policy == NULL) {
        policy = json_object_get(document, "verifyPolicy");
    }

    rules = json_object_get(policy, "transaction");
    only = json_object_get(rules, "dataCollectionOnly");

    if ((policy == NULL || json_is_object(policy))
        && (rules == NULL || json_is_object(rules))
        && (only == NULL || json_is_false(only)))
    {
        return 1;
    }

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "idv: provider \"%V\": the verify policy %s: nobody was "
                  "verified", &provider->name,
                  json_is_true(only) ? "only collects data"
                                     : "of a transaction is not understood");

    return 0;
}


static ngx_uint_t
idv_engine_matched(const idv_provider_t *provider, ngx_log_t *log,
    json_t *claims, const ngx_str_t *expected)
{
    ngx_str_t     value;
    ngx_uint_t    i;
    idv_match_t  *match;

    if (provider->matches == NULL) {
        return 1;
    }

    match = provider->matches->elts;

    for (i = 0; i < provider->matches->nelts; i++) {
        value = idv_json_string(claims, (char *) match[i].claim.data);

        if (!idv_claims_match((char *) value.data, value.len,
                              (char *) expected[i].data, expected[i].len))
        {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "idv: provider \"%V\": claim \"%V\" does not match "
                          "the user", &provider->name, &match[i].claim);
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
idv_engine_mapped(const idv_provider_t *provider, json_t *document,
    json_t *claims)
{
    json_t       *value;
    ngx_uint_t    i;
    idv_claim_t  *claim;

    if (provider->claims == NULL) {
        return NGX_OK;
    }

    claim = provider->claims->elts;

    for (i = 0; i < provider->claims->nelts; i++) {
        value = idv_json_pointer(document, &claim[i].pointer);

        if (value == NULL) {
            continue;
        }

        if (idv_claims_add(claims, (char *) claim[i].name.data, value) != 0) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
idv_engine_claims(const idv_provider_t *provider, ngx_pool_t *pool,
    ngx_log_t *log, json_t *document, const ngx_str_t *expected,
    ngx_str_t *text, uint8_t *cause)
{
    json_t     *claims;
    ngx_int_t   rc;

    ngx_str_null(text);
    *cause = IDV_CAUSE_NONE;

    idv_claims_settle(document);

    claims = idv_claims_core(document);
    if (claims == NULL) {
        return NGX_ERROR;
    }

    rc = idv_engine_mapped(provider, document, claims);
    if (rc != NGX_OK) {
        goto done;
    }

    if (!idv_engine_verified(provider, log, document)) {
        *cause = IDV_CAUSE_STATUS;
        goto done;
    }

    if (!idv_engine_checked(provider, log, document)) {
        *cause = IDV_CAUSE_CHECKS;
        goto done;
    }

    if (!idv_engine_matched(provider, log, claims, expected)) {
        *cause = IDV_CAUSE_MISMATCH;
        goto done;
    }

    rc = idv_json_dump(pool, claims, text);

    if (rc == NGX_OK && text->len > IDV_STORE_MAX_CLAIMS) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "idv: provider \"%V\": claims take %uz bytes, more than "
                      "%uz: name fewer or shorter ones",
                      &provider->name, text->len,
                      (size_t) IDV_STORE_MAX_CLAIMS);
        *cause = IDV_CAUSE_STATUS;
        ngx_str_null(text);
    }

done:

    json_decref(claims);

    return rc;
}
