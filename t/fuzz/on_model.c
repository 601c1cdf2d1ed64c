
/*
 * Copyright (C) nginx-idv authors
 *
 * What the local service is told of checks: the model of a verify policy, and a
 * checker's verdict.
 */


#include "fuzz.h"

#include "util/idv_json.h"
#include "service/idv_svc_model.h"
#include "service/idv_svc_verdict.h"


#define MODEL_MAX  (64 * 1024)


static void
policy_mistake(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    ngx_uint_t *mistakes = data;

    must(code != NULL && target != NULL && message != NULL);
    must(strlen(target) < IDV_SVC_MODEL_PATH);

    (*mistakes)++;

    json_decref(inner);
}


static void
policy_otp(const idv_svc_otp_t *otp)
{
    must(otp->verify >= IDV_SVC_DISABLED && otp->verify <= IDV_SVC_REQUIRED);
    must(otp->attempts >= 1 && otp->attempts <= 100);
    must(otp->deliveries >= 1 && otp->deliveries <= 100);
    must(idv_svc_model_seconds(&otp->cooldown) <= 1800);
    must(idv_svc_model_seconds(&otp->life) >= 60);
    must(idv_svc_model_seconds(&otp->life) <= 1800);
}


/* a byte for the inspection types that are licensed, and the policy */

void
fuzz_policy(fuzz_input_t *in)
{
    json_t            *root, *policy, *again;
    ngx_str_t          text;
    ngx_uint_t         licence, mistakes;
    idv_svc_policy_t   rules;

    licence = fuzz_byte(in) % 16;
    text = fuzz_rest(in);

    root = idv_json_parse(house_pool, text.data, text.len, MODEL_MAX);

    if (root == NULL) {
        return;
    }

    mistakes = 0;
    policy = idv_svc_model_read(root, licence, policy_mistake, &mistakes);

    must((policy == NULL) == (mistakes != 0));

    if (policy == NULL) {
        return;
    }

    /* what is kept and answered is a policy, and the same one */

    again = idv_svc_model_read(policy, licence, policy_mistake, &mistakes);

    must(again != NULL && mistakes == 0 && json_equal(policy, again));

    memset(&rules, 0xff, sizeof(idv_svc_policy_t));
    idv_svc_model_compile(policy, &rules);

    must(rules.government_id >= IDV_SVC_DISABLED
         && rules.government_id <= IDV_SVC_REQUIRED);
    must(rules.id_retries <= 3 && rules.liveness_retries <= 3);
    must(!idv_svc_enabled(rules.government_id) || rules.inspection == 0
         || (licence & IDV_SVC_LICENCE(rules.inspection)));
    must(idv_svc_model_seconds(&rules.transaction) >= 60);
    must(idv_svc_model_seconds(&rules.transaction) <= 1800);
    must(idv_svc_model_seconds(&rules.collection)
         <= idv_svc_model_seconds(&rules.transaction));

    policy_otp(&rules.email);
    policy_otp(&rules.phone);

    json_decref(again);
    json_decref(policy);
}


/* known numbers, and no text at all */

static void
verdict_data(json_t *data)
{
    json_t      *value;
    const char  *name;

    must(json_is_object(data) && json_object_size(data) <= 3);

    json_object_foreach(data, name, value) {

        if (json_is_object(value)) {
            verdict_data(value);
            continue;
        }

        must(json_is_number(value));
        must(json_number_value(value) >= -100
             && json_number_value(value) <= 100);
    }
}


/* two bytes for the checks that were asked about, and the answer */

void
fuzz_verdict(fuzz_input_t *in)
{
    json_t             *root;
    uint32_t            asked;
    ngx_str_t           text;
    ngx_uint_t          i;
    idv_svc_result_t    results[IDV_SVC_NCHECKS], *r;

    asked = fuzz_byte(in);
    asked = asked << 8 | fuzz_byte(in);
    text = fuzz_rest(in);

    root = idv_json_parse(house_pool, text.data, text.len, MODEL_MAX);

    if (root == NULL || idv_svc_verdict(root, asked, results) != NGX_OK) {
        return;
    }

    must(json_is_object(json_object_get(root, "checks")));

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        r = &results[i];

        if (r->found == IDV_SVC_FOUND_NOTHING) {
            must(r->reason == IDV_SVC_REASON_NONE && r->data == NULL);
            continue;
        }

        must(asked & IDV_SVC_CHECK(i));
        must(r->found < IDV_SVC_FOUND_OPEN);
        must((r->found == IDV_SVC_FOUND_GOOD)
             == (r->reason == IDV_SVC_REASON_NONE));
        must(r->reason < IDV_SVC_NREASONS
             && r->reason != IDV_SVC_REASON_TIMED_OUT);

        verdict_data(r->data);
        json_decref(r->data);
    }
}
