
/*
 * Copyright (C) nginx-idv authors
 *
 * Identity record matching by itself: a probe, as from a document, against a
 * gallery of what is known.  Nothing of either is kept.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MAX_VARIANTS  32
#define IDV_SVC_SCORE         1000.0
#define IDV_SVC_MAX_TARGET    64


static void idv_svc_match_members(idv_svc_call_t *call, const char *name);
static void idv_svc_match_pair(idv_svc_call_t *call, const char *name);
static ngx_uint_t idv_svc_match_field(const char *name);
static ngx_uint_t idv_svc_match_text(json_t *value);
static ngx_uint_t idv_svc_match_gallery(json_t *gallery);
static ngx_uint_t idv_svc_match_best(ngx_uint_t field, json_t *probe,
    json_t *gallery, json_t **best);
static void idv_svc_match_invalid(idv_svc_call_t *call, const char *object,
    const char *name, const char *message);


ngx_int_t
idv_svc_match_records(idv_svc_call_t *call)
{
    json_t      *probe, *gallery, *results, *best;
    unsigned     scores[IDV_MATCH_NFIELDS], fields;
    ngx_uint_t   i;
    const char  *name;

    idv_svc_match_members(call, "probe");
    idv_svc_match_members(call, "gallery");

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    probe = json_object_get(call->json, "probe");
    gallery = json_object_get(call->json, "gallery");

    results = json_object();
    fields = 0;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        name = idv_match_field_name(i);

        if (json_object_get(probe, name) == NULL) {
            continue;
        }

        scores[i] = idv_svc_match_best(i, json_object_get(probe, name),
                                       json_object_get(gallery, name), &best);
        fields |= 1u << i;

        (void) json_object_set_new(results, name,
                     json_pack("{s:O, s:O, s:f, s:s}",
                               "probeValue", json_object_get(probe, name),
                               "galleryValue", best,
                               "rawScore", scores[i] / IDV_SVC_SCORE,
                               "confidence",
                               idv_match_word_name(idv_match_word(scores[i]))));
    }

    i = idv_match_overall(scores, fields);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:f, s:s}",
                               "detailedResults", results,
                               "overallWeightedScore", i / IDV_SVC_SCORE,
                               "overallConfidenceScore",
                               idv_match_word_name(idv_match_word(i))));
}


/* all that is wrong is said at once */

static void
idv_svc_match_members(idv_svc_call_t *call, const char *name)
{
    json_t      *object, *value;
    const char  *member;

    object = json_object_get(call->json, name);

    if (json_object_size(object) == 0) {
        idv_svc_match_invalid(call, name, "",
                              "The value must be an object that is not "
                              "empty.");
        return;
    }

    json_object_foreach(object, member, value) {
        if (idv_svc_match_field(member) == IDV_MATCH_NFIELDS) {
            idv_svc_match_invalid(call, name, "",
                                  "Only name, given_name, family_name, "
                                  "address and birth_date can be matched.");

        } else if (ngx_strcmp(name, "probe") == 0) {
            idv_svc_match_pair(call, member);
        }
    }
}


static void
idv_svc_match_pair(idv_svc_call_t *call, const char *name)
{
    json_t  *probe, *gallery;

    probe = json_object_get(json_object_get(call->json, "probe"), name);
    gallery = json_object_get(json_object_get(call->json, "gallery"), name);

    if (!idv_svc_match_text(probe)) {
        idv_svc_match_invalid(call, "probe.", name,
                              "The value must be a text of 1 to 512 bytes.");
    }

    if (!idv_svc_match_gallery(gallery)) {
        idv_svc_match_invalid(call, "gallery.", name,
                              "There must be a value, or 1 to 32 options, of 1 "
                              "to 512 bytes each; expressions are not known.");
    }
}


static ngx_uint_t
idv_svc_match_field(const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        if (ngx_strcmp(idv_match_field_name(i), name) == 0) {
            break;
        }
    }

    return i;
}


static ngx_uint_t
idv_svc_match_text(json_t *value)
{
    return json_is_string(value) && json_string_length(value) != 0
           && json_string_length(value) <= IDV_MATCH_MAX_TEXT;
}


static ngx_uint_t
idv_svc_match_gallery(json_t *gallery)
{
    size_t   i, n;
    json_t  *options;

    options = json_object_get(gallery, "options");

    if (options == NULL) {
        return idv_svc_match_text(json_object_get(gallery, "value"));
    }

    n = json_array_size(options);

    if (n == 0 || n > IDV_SVC_MAX_VARIANTS
        || json_object_get(gallery, "value"))
    {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (!idv_svc_match_text(json_array_get(options, i))) {
            return 0;
        }
    }

    return 1;
}


/* the first of those that are most alike */

static ngx_uint_t
idv_svc_match_best(ngx_uint_t field, json_t *probe, json_t *gallery,
    json_t **best)
{
    size_t       i;
    json_t      *options, *option;
    ngx_uint_t   score, highest;

    options = json_object_get(gallery, "options");
    option = options ? json_array_get(options, 0)
                     : json_object_get(gallery, "value");

    highest = 0;
    *best = option;

    for (i = 1; option; i++) {
        score = idv_match_score(field, json_string_value(probe),
                                json_string_length(probe),
                                json_string_value(option),
                                json_string_length(option));

        if (score > highest) {
            highest = score;
            *best = option;
        }

        option = json_array_get(options, i);
    }

    return highest;
}


static void
idv_svc_match_invalid(idv_svc_call_t *call, const char *object,
    const char *name, const char *message)
{
    char  target[IDV_SVC_MAX_TARGET];

    (void) ngx_snprintf((u_char *) target, sizeof(target), "%s%s%Z", object,
                        name);

    idv_svc_detail(call, "INVALID_VALUE", target, message, NULL);
}
