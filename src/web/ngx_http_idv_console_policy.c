
/*
 * Copyright (C) nginx-idv authors
 *
 * The fields of a verify policy, and how a form becomes one.  What the form has
 * no field for goes with it as it was: a policy is always written as a whole,
 * and the API may have members that nobody knew of here.
 */


#include "ngx_http_idv_console_policy.h"


#define NGX_HTTP_IDV_POLICY_PATH  96         /* bytes, with a NUL */

#define NGX_HTTP_IDV_LEVELS       "REQUIRED OPTIONAL DISABLED"
#define NGX_HTTP_IDV_THRESHOLDS   "LOW MEDIUM HIGH"
#define NGX_HTTP_IDV_UNITS        "SECONDS MINUTES"

#define NGX_HTTP_IDV_MATCH(name, label)                                       \
    { NGX_HTTP_IDV_FIELD_WORD, "identityRecordMatching." name ".threshold",   \
      label, NULL, NGX_HTTP_IDV_THRESHOLDS, "Not compared", 0, 0, NULL, 1 },  \
    { NGX_HTTP_IDV_FIELD_FLAG,                                                \
      "identityRecordMatching." name ".fieldRequired",                        \
      label ": must be known, on both sides", NULL, NULL, NULL, 0, 0, NULL,   \
      0 }

#define NGX_HTTP_IDV_PASSWORD(name)                                           \
    { NGX_HTTP_IDV_FIELD_NUMBER, name ".otp.attempts.count",                  \
      "Attempts to type the code", "1 to 100.", NULL, NULL, 1, 100, "5", 0 }, \
    { NGX_HTTP_IDV_FIELD_NUMBER, name ".otp.deliveries.count",                \
      "Codes that may be sent", "1 to 100.", NULL, NULL, 1, 100, "3", 0 },    \
    { NGX_HTTP_IDV_FIELD_NUMBER, name ".otp.deliveries.cooldown.duration",    \
      "Time between two codes", "0 to 1800 seconds, or 0 to 30 minutes.",     \
      NULL, NULL, 0, 1800, "30", 0 },                                         \
    { NGX_HTTP_IDV_FIELD_WORD, name ".otp.deliveries.cooldown.timeUnit",      \
      "Unit of the time between", NULL, NGX_HTTP_IDV_UNITS, NULL, 0, 0,       \
      "SECONDS", 0 },                                                         \
    { NGX_HTTP_IDV_FIELD_NUMBER, name ".otp.lifeTime.duration",               \
      "How long a code is good", "60 to 1800 seconds, or 1 to 30 minutes.",   \
      NULL, NULL, 1, 1800, "10", 0 },                                         \
    { NGX_HTTP_IDV_FIELD_WORD, name ".otp.lifeTime.timeUnit",                 \
      "Unit of how long it is good", NULL, NGX_HTTP_IDV_UNITS, NULL, 0, 0,    \
      "MINUTES", 0 },                                                         \
    { NGX_HTTP_IDV_FIELD_WORD, name ".otp.notification.templateName",         \
      "Message with the code", NULL, "email_phone_verification", NULL, 0, 0,  \
      "email_phone_verification", 0 },                                        \
    { NGX_HTTP_IDV_FIELD_TEXT, name ".otp.notification.variantName",          \
      "Variant of the message (optional)", "1 to 256 characters.", NULL,      \
      NULL, 1, 256, NULL, 0 }


static json_t *ngx_http_idv_policy_base(json_t *form);
static ngx_int_t ngx_http_idv_policy_take(json_t *policy, json_t *form,
    const ngx_http_idv_field_t *field);
static json_t *ngx_http_idv_policy_value(const ngx_http_idv_field_t *field,
    const ngx_str_t *text);
static ngx_int_t ngx_http_idv_policy_set(json_t *policy, const char *path,
    json_t *value);
static void ngx_http_idv_policy_drop(json_t *policy,
    const ngx_http_idv_field_t *field);
static json_t *ngx_http_idv_policy_parent(json_t *policy, const char *path,
    ngx_uint_t create, const char **name);


/*
 * Source: developer.pingidentity.com/pingone-api/verify/verify-policy.html;
 * voice is deprecated there, and kept as it is.
 */

const ngx_http_idv_field_t  ngx_http_idv_policy_fields[] = {

    { NGX_HTTP_IDV_FIELD_GROUP, "policy", "Policy",
      "At least one check must be required or optional. An optional check that "
      "fails does not fail the transaction.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_TEXT, "name", "Name",
      "Required, at most 256 characters, different from all others.",
      NULL, NULL, 1, 256, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_TEXT, "description", "Description (optional)",
      "At most 1024 characters.",
      NULL, NULL, 0, 1024, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "default", "Default policy",
      "Used where nobody asks for another one. There is always exactly one: "
      "make another policy the default to change it. It cannot be deleted.",
      NULL, NULL, 0, 0, NULL, 0 },

    { NGX_HTTP_IDV_FIELD_GROUP, "governmentId", "Government ID",
      "Validates an identity document with a photograph.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "governmentId.verify", "Government ID check",
      NULL, NGX_HTTP_IDV_LEVELS, NULL, 0, 0, "REQUIRED", 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "governmentId.inspectionType", "Inspection",
      "Manual and step-up need a licence. Step-up asks a person where the "
      "program does not accept the document.",
      "AUTOMATIC MANUAL STEP_UP", "The most that is licensed", 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "governmentId.failExpiredId",
      "Fail when the document is expired", NULL, NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_NUMBER, "governmentId.retry.attempts",
      "Retries after bad images", "0 to 3; 0 permits none.",
      NULL, NULL, 0, 3, NULL, 1 },
    { NGX_HTTP_IDV_FIELD_WORD, "governmentId.provider.auto",
      "Provider of the automatic inspection", NULL, "MITEK VERIFF",
      "The usual one", 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "governmentId.provider.manual",
      "Provider of the manual inspection", NULL, "MITEK", "The usual one", 0, 0,
      NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "governmentId.verifyAamva",
      "AAMVA: look driving licences up in the register",
      "North America only, licensed separately.", NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "governmentId.documentImages.enabled",
      "Keep images of the document", NULL, NULL, NULL, 0, 0, "true", 0 },
    { NGX_HTTP_IDV_FIELD_GROUP, "governmentId.aadhaar", "Aadhaar (India)",
      "Looks the document up in the register of India, and sends a "
      "one-time password to the phone that is known there. Needs facial "
      "comparison to be required.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "governmentId.aadhaar.enabled",
      "Use Aadhaar", NULL, NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_NUMBER, "governmentId.aadhaar.otp.deliveries.count",
      "Codes that may be sent", "1 to 3.", NULL, NULL, 1, 3, NULL,
      0 },
    { NGX_HTTP_IDV_FIELD_NUMBER,
      "governmentId.aadhaar.otp.deliveries.cooldown.duration",
      "Time between two codes",
      "60 to 1800 seconds, or 1 to 30 minutes.", NULL, NULL, 1, 1800, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD,
      "governmentId.aadhaar.otp.deliveries.cooldown.timeUnit",
      "Unit of the time between", NULL, NGX_HTTP_IDV_UNITS,
      "None", 0, 0, NULL, 0 },

    { NGX_HTTP_IDV_FIELD_GROUP, "facialComparison", "Facial comparison",
      "Compares a selfie with the photograph of the document, or with one that "
      "was given.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "facialComparison.verify",
      "Facial comparison check", NULL, NGX_HTTP_IDV_LEVELS, NULL, 0, 0,
      "REQUIRED", 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "facialComparison.threshold",
      "How alike the faces must be", NULL, NGX_HTTP_IDV_THRESHOLDS, NULL, 0, 0,
      "MEDIUM", 0 },

    { NGX_HTTP_IDV_FIELD_GROUP, "liveness", "Liveness",
      "Looks whether the selfie is of a living person and not of a picture or "
      "mask. Where it is required, injection attacks are looked for as well.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "liveness.verify", "Liveness check", NULL,
      NGX_HTTP_IDV_LEVELS, NULL, 0, 0, "REQUIRED", 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "liveness.threshold", "How sure it must be",
      NULL, NGX_HTTP_IDV_THRESHOLDS, NULL, 0, 0, "MEDIUM", 0 },
    { NGX_HTTP_IDV_FIELD_NUMBER, "liveness.retry.attempts",
      "Retries after a bad selfie", "0 to 3; 0 permits none.", NULL, NULL, 0, 3,
      NULL, 1 },

    { NGX_HTTP_IDV_FIELD_GROUP, "identityRecordMatching",
      "Identity record matching",
      "Compares the document with what is known of the user. Needs the "
      "government ID check.",
      NULL, NULL, 0, 0, NULL, 0 },
    NGX_HTTP_IDV_MATCH("given_name", "Given name"),
    NGX_HTTP_IDV_MATCH("family_name", "Family name"),
    NGX_HTTP_IDV_MATCH("name", "Full name"),
    NGX_HTTP_IDV_MATCH("birth_date", "Birth date"),
    NGX_HTTP_IDV_MATCH("address", "Address"),

    { NGX_HTTP_IDV_FIELD_GROUP, "dataBasedIdentityVerification",
      "Data-based identity verification",
      "Compares personal data with databases. Needs another check as well; "
      "where that is government ID alone, also identity record matching. "
      "Licensed separately.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "dataBasedIdentityVerification.threshold",
      "How alike the data must be", NULL, NGX_HTTP_IDV_THRESHOLDS, "Not done",
      0, 0, NULL, 1 },

    { NGX_HTTP_IDV_FIELD_GROUP, "email", "E-mail address",
      "Sends a one-time password to an e-mail address.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "email.verify", "E-mail check", NULL,
      NGX_HTTP_IDV_LEVELS, NULL, 0, 0, "DISABLED", 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "email.createMfaDevice",
      "Register the address with PingOne MFA", NULL, NULL, NULL, 0, 0, NULL,
      0 },
    NGX_HTTP_IDV_PASSWORD("email"),

    { NGX_HTTP_IDV_FIELD_GROUP, "phone", "Phone",
      "Sends a one-time password to a phone.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "phone.verify", "Phone check", NULL,
      NGX_HTTP_IDV_LEVELS, NULL, 0, 0, "DISABLED", 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "phone.createMfaDevice",
      "Register the phone with PingOne MFA", NULL, NULL, NULL, 0, 0, NULL, 0 },
    NGX_HTTP_IDV_PASSWORD("phone"),

    { NGX_HTTP_IDV_FIELD_GROUP, "transaction", "Time and collection",
      "The time for data collection must be within that of the transaction. "
      "Less than the usual 30 and 15 minutes makes users fail who are slow.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_NUMBER, "transaction.timeout.duration",
      "Time for the transaction", "60 to 1800 seconds, or 1 to 30 minutes.",
      NULL, NULL, 1, 1800, "30", 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "transaction.timeout.timeUnit",
      "Unit of that time", NULL, NGX_HTTP_IDV_UNITS, NULL, 0, 0, "MINUTES", 0 },
    { NGX_HTTP_IDV_FIELD_NUMBER, "transaction.dataCollection.timeout.duration",
      "Time for data collection", "0 to 1800 seconds, or 0 to 30 minutes.",
      NULL, NULL, 0, 1800, "15", 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "transaction.dataCollection.timeout.timeUnit",
      "Unit of the time for data collection", NULL, NGX_HTTP_IDV_UNITS, NULL,
      0, 0, "MINUTES", 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "transaction.dataCollectionOnly",
      "Only collect, verify nothing",
      "What users hand in can be read, and nothing is proved by it.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "transaction.authenticationMode",
      "Leave out instructions on the phone", NULL, NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_FLAG, "transaction.ida.enabled",
      "Keep what was verified as identity assurance", NULL, NULL, NULL, 0, 0,
      NULL, 0 },

    { NGX_HTTP_IDV_FIELD_GROUP, "verifiableCredential", "Digital credential",
      "Verifies a digital credential that the user presents.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "verifiableCredential.verify",
      "Credential check", NULL, NGX_HTTP_IDV_LEVELS, "Not done", 0, 0, NULL,
      1 },

    { NGX_HTTP_IDV_FIELD_GROUP, "deviceOwnership", "Device ownership",
      "Looks whether phone and e-mail address belong to the user. Licensed "
      "separately.",
      NULL, NULL, 0, 0, NULL, 0 },
    { NGX_HTTP_IDV_FIELD_WORD, "deviceOwnership.verify",
      "Device ownership check", NULL, NGX_HTTP_IDV_LEVELS, "Not done", 0, 0,
      NULL, 1 },

    { NGX_HTTP_IDV_FIELD_GROUP, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, 0 }
};


const ngx_http_idv_view_word_t  ngx_http_idv_policy_words[] = {
    { "REQUIRED", "Required", "good", NULL },
    { "OPTIONAL", "Optional", "open", NULL },
    { "DISABLED", "Disabled", "", NULL },
    { "LOW", "Low", "", NULL },
    { "MEDIUM", "Medium", "", NULL },
    { "HIGH", "High", "", NULL },
    { "SECONDS", "seconds", "", NULL },
    { "MINUTES", "minutes", "", NULL },
    { "AUTOMATIC", "Automatic", "", NULL },
    { "MANUAL", "Manual: a person", "", NULL },
    { "STEP_UP", "Step-up: automatic, then a person", "", NULL },
    { "MITEK", "Mitek", "", NULL },
    { "VERIFF", "Veriff", "", NULL },
    { NULL, NULL, "", NULL }
};


/* what the provider says of a policy, and nobody writes */

static const char *const  ngx_http_idv_policy_answered[] = {
    "_links", "id", "environment", "createdAt", "updatedAt", "systemProvided"
};


ngx_int_t
ngx_http_idv_view_policy_input(ngx_http_idv_console_t *job, json_t **form)
{
    json_t                      *policy;
    const ngx_http_idv_field_t  *field;

    (void) job;

    policy = ngx_http_idv_policy_base(*form);
    if (policy == NULL) {
        return NGX_ERROR;
    }

    for (field = ngx_http_idv_policy_fields; field->path; field++) {
        if (field->type != NGX_HTTP_IDV_FIELD_GROUP
            && ngx_http_idv_policy_take(policy, *form, field) != NGX_OK)
        {
            json_decref(policy);
            return NGX_ERROR;
        }
    }

    json_decref(*form);
    *form = policy;

    return NGX_OK;
}


/* what the form had no fields for */

static json_t *
ngx_http_idv_policy_base(json_t *form)
{
    size_t      i;
    json_t     *policy;
    ngx_str_t   text;

    text = idv_json_string(form, "rest");

    policy = idv_json_parse(NULL, text.data, text.len,
                            NGX_HTTP_IDV_CONSOLE_MAX_BODY);

    if (policy == NULL && ngx_errno == NGX_ENOMEM) {
        return NULL;
    }

    if (!json_is_object(policy)) {
        json_decref(policy);
        return json_object();
    }

    for (i = 0; i < sizeof(ngx_http_idv_policy_answered) / sizeof(char *); i++)
    {
        (void) json_object_del(policy, ngx_http_idv_policy_answered[i]);
    }

    return policy;
}


static ngx_int_t
ngx_http_idv_policy_take(json_t *policy, json_t *form,
    const ngx_http_idv_field_t *field)
{
    ngx_str_t    text;
    json_t      *value;
    const char  *name;

    text = idv_json_string(form, field->path);

    if (field->type != NGX_HTTP_IDV_FIELD_FLAG) {
        if (text.len == 0) {
            ngx_http_idv_policy_drop(policy, field);
            return NGX_OK;
        }

        value = ngx_http_idv_policy_value(field, &text);

        return ngx_http_idv_policy_set(policy, field->path, value);
    }

    /* one that is off needs no object of its own to say so */

    if (text.len == 0
        && ngx_http_idv_policy_parent(policy, field->path, 0, &name) == NULL)
    {
        return NGX_OK;
    }

    return ngx_http_idv_policy_set(policy, field->path,
                                   json_boolean(text.len != 0));
}


/* what is no number is the provider's to refuse, and stays to be seen */

static json_t *
ngx_http_idv_policy_value(const ngx_http_idv_field_t *field,
    const ngx_str_t *text)
{
    ngx_int_t  n;

    if (field->type == NGX_HTTP_IDV_FIELD_NUMBER) {
        n = ngx_atoi(text->data, text->len);

        if (n != NGX_ERROR) {
            return json_integer(n);
        }
    }

    return json_stringn((char *) text->data, text->len);
}


/* takes the value */

static ngx_int_t
ngx_http_idv_policy_set(json_t *policy, const char *path, json_t *value)
{
    json_t      *parent;
    const char  *name;

    parent = ngx_http_idv_policy_parent(policy, path, 1, &name);

    if (parent == NULL) {
        json_decref(value);
        return NGX_ERROR;
    }

    return json_object_set_new(parent, name, value) == 0 ? NGX_OK : NGX_ERROR;
}


/* with its object, where nothing is left of that */

static void
ngx_http_idv_policy_drop(json_t *policy, const ngx_http_idv_field_t *field)
{
    char         path[NGX_HTTP_IDV_POLICY_PATH], *dot;
    json_t      *parent;
    const char  *name;

    (void) ngx_cpystrn((u_char *) path, (u_char *) field->path, sizeof(path));

    if (field->whole) {
        *strrchr(path, '.') = '\0';
    }

    for ( ;; ) {
        parent = ngx_http_idv_policy_parent(policy, path, 0, &name);

        if (parent == NULL) {
            return;
        }

        (void) json_object_del(parent, name);

        dot = strrchr(path, '.');

        if (dot == NULL || json_object_size(parent) != 0) {
            return;
        }

        *dot = '\0';
    }
}


/* the object that the last name of a path belongs to; NULL: not there */

static json_t *
ngx_http_idv_policy_parent(json_t *policy, const char *path, ngx_uint_t create,
    const char **name)
{
    char         part[NGX_HTTP_IDV_POLICY_PATH];
    json_t      *next;
    const char  *dot;

    for ( ;; ) {
        dot = strchr(path, '.');

        if (dot == NULL) {
            *name = path;
            return policy;
        }

        (void) ngx_cpystrn((u_char *) part, (u_char *) path, dot - path + 1);

        next = json_object_get(policy, part);

        if (!json_is_object(next)) {
            next = create ? json_object() : NULL;

            if (next == NULL || json_object_set_new(policy, part, next) != 0) {
                return NULL;
            }
        }

        policy = next;
        path = dot + 1;
    }
}


json_t *
ngx_http_idv_policy_get(json_t *policy, const char *path)
{
    const char  *name;

    policy = ngx_http_idv_policy_parent(policy, path, 0, &name);

    return policy ? json_object_get(policy, name) : NULL;
}
