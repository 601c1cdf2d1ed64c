
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../util/idv_json.h"
#include "idv_svc_verdict.h"


#define IDV_SVC_FACES  (IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_DOCUMENT)            \
                        |IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_REFERENCE))

#define IDV_SVC_ANY    (IDV_SVC_CHECK(IDV_SVC_NCHECKS) - 1)


typedef struct {
    ngx_str_t         word;
    idv_svc_found_e   found;
} idv_svc_verdict_word_t;


/* a number of the metadata of these checks, as the API documents them */

typedef struct {
    uint32_t          checks;
    const char       *object;        /* that it is in, or NULL */
    const char       *name;
    double            min;
    double            max;
} idv_svc_verdict_number_t;


static idv_svc_found_e idv_svc_verdict_found(json_t *verdict);
static idv_svc_reason_e idv_svc_verdict_reason(json_t *verdict,
    ngx_uint_t check, idv_svc_found_e found);
static json_t *idv_svc_verdict_data(json_t *given, ngx_uint_t check);
static void idv_svc_verdict_number(json_t *data, json_t *given,
    const idv_svc_verdict_number_t *n);


/* anything else, MANUAL among it, is for a person to decide */

static const idv_svc_verdict_word_t  idv_svc_verdict_words[] = {
    { ngx_string("SUCCESS"), IDV_SVC_FOUND_GOOD },
    { ngx_string("FAIL"), IDV_SVC_FOUND_BAD },
    { ngx_string("RETRY"), IDV_SVC_FOUND_UNCLEAR },
    { ngx_null_string, 0 }
};


static const idv_svc_verdict_number_t  idv_svc_verdict_numbers[] = {
    { IDV_SVC_FACES, NULL, "similarity", 0, 100 },
    { IDV_SVC_FACES, NULL, "confidence", 0, 100 },
    { IDV_SVC_FACES, "quality", "brightness", 0, 100 },
    { IDV_SVC_FACES, "quality", "sharpness", 0, 100 },
    { IDV_SVC_CHECK(IDV_SVC_CHECK_LIVENESS), NULL, "score", -100, 100 },
    { IDV_SVC_CHECK(IDV_SVC_CHECK_LIVENESS), NULL, "quality", 0, 1 },
    { IDV_SVC_ANY & ~IDV_SVC_FACES, NULL, "probability", 0, 1 },
    { 0, NULL, NULL, 0, 0 }
};


ngx_int_t
idv_svc_verdict(json_t *answer, uint32_t asked,
    idv_svc_result_t results[IDV_SVC_NCHECKS])
{
    json_t            *checks, *verdict;
    ngx_uint_t         i;
    idv_svc_result_t  *r;

    ngx_memzero(results, IDV_SVC_NCHECKS * sizeof(idv_svc_result_t));

    checks = json_object_get(answer, "checks");

    if (!json_is_object(checks)) {
        return NGX_DECLINED;
    }

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        verdict = json_object_get(checks, idv_svc_checks[i].name);
        r = &results[i];

        if (!(asked & IDV_SVC_CHECK(i)) || !json_is_object(verdict)) {
            continue;
        }

        r->found = idv_svc_verdict_found(verdict);

        if (r->found == IDV_SVC_FOUND_NOTHING) {
            continue;
        }

        r->reason = idv_svc_verdict_reason(verdict, i, r->found);
        r->data = idv_svc_verdict_data(json_object_get(verdict, "data"), i);
    }

    return NGX_OK;
}


static idv_svc_found_e
idv_svc_verdict_found(json_t *verdict)
{
    ngx_str_t                      word;
    const idv_svc_verdict_word_t  *w;

    word = idv_json_string(verdict, "status");

    for (w = idv_svc_verdict_words; w->word.len; w++) {
        if (w->word.len == word.len
            && ngx_memcmp(w->word.data, word.data, word.len) == 0)
        {
            return w->found;
        }
    }

    return IDV_SVC_FOUND_NOTHING;
}


/* one of ours, but that of a time-out, which is for the clock to say */

static idv_svc_reason_e
idv_svc_verdict_reason(json_t *verdict, ngx_uint_t check,
    idv_svc_found_e found)
{
    ngx_str_t   word;
    ngx_uint_t  reason;

    if (found == IDV_SVC_FOUND_GOOD) {
        return IDV_SVC_REASON_NONE;
    }

    word = idv_json_string(verdict, "reason");
    reason = word.len ? idv_svc_reason_parse(&word) : IDV_SVC_NREASONS;

    if (reason != IDV_SVC_NREASONS && reason != IDV_SVC_REASON_NONE
        && reason != IDV_SVC_REASON_TIMED_OUT)
    {
        return reason;
    }

    if (found == IDV_SVC_FOUND_BAD) {
        return IDV_SVC_REASON_REJECTED;
    }

    return idv_svc_checks[check].group == IDV_SVC_GROUP_SELFIE
           ? IDV_SVC_REASON_SELFIE_IMAGE : IDV_SVC_REASON_DOCUMENT_IMAGE;
}


/* it is kept when all that is personal is gone: nothing but known numbers */

static json_t *
idv_svc_verdict_data(json_t *given, ngx_uint_t check)
{
    json_t                          *data;
    const idv_svc_verdict_number_t  *n;

    data = json_object();

    for (n = idv_svc_verdict_numbers; n->name; n++) {
        if (n->checks & IDV_SVC_CHECK(check)) {
            idv_svc_verdict_number(data, given, n);
        }
    }

    return data;
}


static void
idv_svc_verdict_number(json_t *data, json_t *given,
    const idv_svc_verdict_number_t *n)
{
    json_t  *value, *object;

    if (n->object) {
        given = json_object_get(given, n->object);
    }

    value = json_object_get(given, n->name);

    if (!json_is_number(value) || json_number_value(value) < n->min
        || json_number_value(value) > n->max)
    {
        return;
    }

    if (n->object == NULL) {
        (void) json_object_set(data, n->name, value);
        return;
    }

    object = json_object_get(data, n->object);

    if (object == NULL) {
        object = json_object();
        (void) json_object_set_new(data, n->object, object);
    }

    (void) json_object_set(object, n->name, value);
}
