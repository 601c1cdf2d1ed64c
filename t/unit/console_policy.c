
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's form of a verify policy against the data model of the local
 * service: no field is missing, none has other words or bounds, a new policy is
 * taken as it is, and saving without changes changes nothing.
 */


#include "tap.h"

#include "service/idv_svc_model_table.h"
#include "util/idv_json.h"
#include "web/ngx_http_idv_console_policy.h"


/* what the form has no field for, and keeps */

static const char *const  kept[] = {
    "voice.", "deviceOwnership.transunion.", "verifiableCredential.protocol",
    NULL
};


static ngx_uint_t
is_kept(const char *path)
{
    ngx_uint_t  i;

    for (i = 0; kept[i]; i++) {
        if (strncmp(kept[i], path, strlen(kept[i])) == 0) {
            return 1;
        }
    }

    return 0;
}


static const ngx_http_idv_field_t *
field_of(const char *path)
{
    const ngx_http_idv_field_t  *field;

    for (field = ngx_http_idv_policy_fields; field->path; field++) {
        if (field->type != NGX_HTTP_IDV_FIELD_GROUP
            && strcmp(field->path, path) == 0)
        {
            return field;
        }
    }

    return NULL;
}


/* 1: each word of one is one of the other */

static ngx_uint_t
has_words(const char *words, const char *others)
{
    size_t       len;
    const char  *p;

    for ( /* void */ ; *words; words += len + (words[len] == ' ')) {
        len = strcspn(words, " ");

        for (p = others; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] == ' '))
        {
            if (strcspn(p, " ") == len && strncmp(p, words, len) == 0) {
                break;
            }
        }

        if (*p == '\0') {
            return 0;
        }
    }

    return 1;
}


/* of an object that nobody has who has no Aadhaar */

static ngx_uint_t
is_option(const char *path)
{
    return strncmp(path, "governmentId.aadhaar.", 21) == 0;
}


static ngx_uint_t
agrees(const idv_svc_model_row_t *row, const ngx_http_idv_field_t *field)
{
    switch (row->type) {

    case IDV_SVC_M_WORD:
        return field->type == NGX_HTTP_IDV_FIELD_WORD
               && has_words(row->words, field->words)
               && has_words(field->words, row->words)
               && (row->need != IDV_SVC_M_MUST || field->empty == NULL
                   || field->whole || is_option(row->path));

    case IDV_SVC_M_BOOLEAN:
        return field->type == NGX_HTTP_IDV_FIELD_FLAG;

    case IDV_SVC_M_INTEGER:
        return field->type == NGX_HTTP_IDV_FIELD_NUMBER
               && field->min == row->min && field->max == row->max;

    case IDV_SVC_M_DURATION:
        return field->type == NGX_HTTP_IDV_FIELD_NUMBER
               && field->max == row->max
               && (field->min == 0) == (row->min == 0);

    default:
        return field->type == NGX_HTTP_IDV_FIELD_TEXT
               && field->max == row->max;
    }
}


static void
mistake(void *data, const char *code, const char *target, const char *message,
    json_t *inner)
{
    (*(ngx_uint_t *) data)++;

    printf("# %s %s: %s\n", code, target, message);

    json_decref(inner);
}


/* what a browser sends of a form that shows this policy; NULL: a new one */

static json_t *
form_of(json_t *policy, ngx_pool_t *pool)
{
    json_t                      *form, *value;
    ngx_str_t                    text;
    const ngx_http_idv_field_t  *field;

    form = json_object();

    if (policy) {
        (void) idv_json_dump(pool, policy, &text);
        json_object_set_new(form, "rest",
                            json_stringn((char *) text.data, text.len));
    }

    for (field = ngx_http_idv_policy_fields; field->path; field++) {

        if (field->type == NGX_HTTP_IDV_FIELD_GROUP) {
            continue;
        }

        value = policy ? ngx_http_idv_policy_get(policy, field->path) : NULL;

        if (policy == NULL && field->preset) {
            json_object_set_new(form, field->path, json_string(field->preset));

        } else if (json_is_integer(value)) {
            json_object_set_new(form, field->path,
                                json_sprintf("%d",
                                         (int) json_integer_value(value)));

        } else if (json_is_string(value)) {
            json_object_set(form, field->path, value);

        } else if (json_is_true(value)) {
            json_object_set_new(form, field->path, json_string("true"));

        } else if (field->type != NGX_HTTP_IDV_FIELD_FLAG) {
            json_object_set_new(form, field->path, json_string(""));
        }
    }

    return form;
}


int
main(void)
{
    json_t                       *form, *policy, *again, *typed;
    ngx_int_t                     rc;
    ngx_pool_t                   *pool;
    ngx_uint_t                    missing, different, mistakes;
    const idv_svc_model_row_t    *row;
    const ngx_http_idv_field_t   *field;

    static const char  full[] =
        "{\"name\": \"full\", \"new\": {\"member\": [1]}, "
        "\"governmentId\": {\"verify\": \"REQUIRED\", \"retry\": "
        "{\"attempts\": 2}, \"aadhaar\": {\"enabled\": false}}, "
        "\"facialComparison\": {\"verify\": \"OPTIONAL\", \"threshold\": "
        "\"LOW\"}, \"identityRecordMatching\": {\"name\": {\"threshold\": "
        "\"HIGH\", \"fieldRequired\": true}}, \"voice\": {\"verify\": "
        "\"OPTIONAL\", \"enrollment\": true, \"comparison\": {\"threshold\": "
        "\"HIGH\"}, \"liveness\": {\"threshold\": \"LOW\"}}, "
        "\"transaction\": {\"timeout\": {\"duration\": 600, \"timeUnit\": "
        "\"SECONDS\"}, \"dataCollection\": {\"timeout\": {\"duration\": 5, "
        "\"timeUnit\": \"MINUTES\"}}, \"ida\": {\"enabled\": true}}}";

    pool = tap_pool();

    missing = 0;
    different = 0;

    for (row = idv_svc_model; row->path; row++) {

        if (row->type == IDV_SVC_M_OBJECT || row->type == IDV_SVC_M_ANSWERED
            || is_kept(row->path))
        {
            continue;
        }

        field = field_of(row->path);

        if (field == NULL) {
            printf("# no field %s\n", row->path);
            missing++;

        } else if (!agrees(row, field)) {
            printf("# another rule for %s\n", row->path);
            different++;
        }
    }

    is_int(missing, 0, "each member has a field");
    is_int(different, 0, "with the same words and bounds");

    missing = 0;

    for (field = ngx_http_idv_policy_fields; field->path; field++) {

        if (field->type == NGX_HTTP_IDV_FIELD_GROUP) {
            continue;
        }

        for (row = idv_svc_model; row->path; row++) {
            if (strcmp(row->path, field->path) == 0) {
                break;
            }
        }

        missing += (row->path == NULL);
    }

    is_int(missing, 0, "and each field is a member");

    /* a new one */

    mistakes = 0;
    form = form_of(NULL, pool);
    json_object_set_new(form, "name", json_string("new"));

    rc = ngx_http_idv_view_policy_input(NULL, &form);
    is_int(rc, NGX_OK, "a form becomes a policy");
    policy = idv_svc_model_read(form, 0xff, mistake, &mistakes);
    ok(policy != NULL && mistakes == 0, "which is taken as it is");

    json_decref(policy);
    json_decref(form);

    /* one that there is */

    typed = idv_json_parse(NULL, (u_char *) full, sizeof(full) - 1, 65536);
    policy = idv_svc_model_read(typed, 0xff, mistake, &mistakes);
    ok(policy != NULL && mistakes == 0, "a policy with nearly everything");

    json_object_set(policy, "new", json_object_get(typed, "new"));

    again = form_of(policy, pool);
    rc = ngx_http_idv_view_policy_input(NULL, &again);
    is_int(rc, NGX_OK, "is in the form");
    ok(json_equal(policy, again), "and is the same when nothing was changed");

    json_decref(again);

    again = form_of(policy, pool);
    json_object_set_new(again, "identityRecordMatching.name.threshold",
                        json_string(""));
    json_object_del(again, "identityRecordMatching.name.fieldRequired");
    json_object_set_new(again, "governmentId.retry.attempts", json_string(""));
    json_object_set_new(again, "liveness.retry.attempts", json_string("x"));
    json_object_del(again, "transaction.ida.enabled");
    rc = ngx_http_idv_view_policy_input(NULL, &again);
    is_int(rc, NGX_OK, "changed");
    ok(json_object_get(again, "identityRecordMatching") == NULL,
       "an object that nothing is left of is gone");
    ok(ngx_http_idv_policy_get(again, "governmentId.retry") == NULL
       && ngx_http_idv_policy_get(again, "governmentId.verify") != NULL,
       "the others are there");
    ok(json_is_string(ngx_http_idv_policy_get(again,
                                              "liveness.retry.attempts")),
       "what is no number is for the provider to refuse");
    ok(json_is_false(ngx_http_idv_policy_get(again, "transaction.ida.enabled")),
       "a box that is not ticked is off");

    json_decref(again);
    json_decref(policy);
    json_decref(typed);

    ngx_destroy_pool(pool);

    return tap_done();
}
