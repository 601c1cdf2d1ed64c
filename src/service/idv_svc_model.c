
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_model_table.h"


typedef struct {
    json_t                *in;
    json_t                *out;
    ngx_uint_t             licence;  /* bits of inspection types */
    idv_svc_report_pt      report;
    void                  *data;
    ngx_uint_t             mistakes;
    ngx_uint_t             lost;     /* 1: members, for want of memory */
} idv_svc_model_t;


typedef struct {
    const char            *target;
    const char            *message;
    ngx_uint_t           (*broken)(const idv_svc_policy_t *p,
                             const idv_svc_model_t *m);
} idv_svc_model_rule_t;


static void idv_svc_model_row(idv_svc_model_t *m,
    const idv_svc_model_row_t *row);
static json_t *idv_svc_model_parent(json_t *root, const char *path,
    const char **name);
static json_t *idv_svc_model_member(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *parent, const char *name);
static json_t *idv_svc_model_value(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *parent, json_t *value);
static ngx_uint_t idv_svc_model_has_preset(const idv_svc_model_row_t *row,
    json_t *parent);
static json_t *idv_svc_model_preset(const idv_svc_model_row_t *row);
static void idv_svc_model_put(idv_svc_model_t *m, json_t *object,
    const char *name, json_t *value);
static json_t *idv_svc_model_boolean(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *value);
static json_t *idv_svc_model_integer(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *parent, json_t *value);
static json_t *idv_svc_model_text(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *value);
static json_t *idv_svc_model_word(idv_svc_model_t *m,
    const idv_svc_model_row_t *row, json_t *value);
static ngx_uint_t idv_svc_model_place(const char *words, const char *text,
    size_t len);
static json_t *idv_svc_model_words(const char *words);
static json_t *idv_svc_model_range(ngx_uint_t min, ngx_uint_t max);
static void idv_svc_model_mistake(idv_svc_model_t *m, const char *code,
    const char *target, const char *message, json_t *inner);
static void idv_svc_model_presets(idv_svc_model_t *m);
static void idv_svc_model_rules(idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_others(const idv_svc_policy_t *p);

static ngx_uint_t idv_svc_model_no_check(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_late(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_aadhaar(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_no_field(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_no_id(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_alone(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_unlicensed(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);
static ngx_uint_t idv_svc_model_no_match(const idv_svc_policy_t *p,
    const idv_svc_model_t *m);


/* what no single member can break */

static const idv_svc_model_rule_t  idv_svc_model_rule[] = {

    { "governmentId.verify",
      "At least one check must be REQUIRED or OPTIONAL.",
      idv_svc_model_no_check },

    { "transaction.dataCollection.timeout.duration",
      "The time for data collection must be within that of the transaction.",
      idv_svc_model_late },

    { "facialComparison.verify",
      "The value must be REQUIRED where Aadhaar is enabled.",
      idv_svc_model_aadhaar },

    { "identityRecordMatching",
      "At least one field must be given.",
      idv_svc_model_no_field },

    { "identityRecordMatching",
      "Record matching needs governmentId, which is DISABLED.",
      idv_svc_model_no_id },

    { "dataBasedIdentityVerification",
      "Data-based verification needs another check.",
      idv_svc_model_alone },

    { "identityRecordMatching",
      "Record matching is required where governmentId and "
      "dataBasedIdentityVerification are all there is.",
      idv_svc_model_no_match },

    { "governmentId.inspectionType",
      "The environment has no licence for this type.",
      idv_svc_model_unlicensed },

    { NULL, NULL, NULL }
};


json_t *
idv_svc_model_read(json_t *in, ngx_uint_t licence, idv_svc_report_pt report,
    void *data)
{
    idv_svc_model_t             m;
    const idv_svc_model_row_t  *row;

    m.in = in;
    m.out = json_object();
    m.licence = licence;
    m.report = report;
    m.data = data;
    m.mistakes = 0;
    m.lost = (m.out == NULL);

    if (!json_is_object(in)) {
        idv_svc_model_mistake(&m, "INVALID_VALUE", "verifyPolicy",
                              "The policy must be an object.", NULL);
    }

    for (row = idv_svc_model; row->path; row++) {
        idv_svc_model_row(&m, row);
    }

    idv_svc_model_presets(&m);

    /* what has lost a member would be asked for it */

    if (!m.lost) {
        idv_svc_model_rules(&m);
    }

    if (m.lost || m.mistakes) {
        json_decref(m.out);
        return NULL;
    }

    return m.out;
}


static void
idv_svc_model_row(idv_svc_model_t *m, const idv_svc_model_row_t *row)
{
    json_t      *parent, *given, *value;
    ngx_uint_t   mistakes;
    const char  *name;

    if (row->type == IDV_SVC_M_ANSWERED) {
        return;
    }

    parent = idv_svc_model_parent(m->out, row->path, &name);

    if (parent == NULL) {
        return;
    }

    given = idv_svc_model_parent(m->in, row->path, &name);
    value = idv_svc_model_member(m, row, given, name);
    mistakes = m->mistakes;

    if (value) {
        value = idv_svc_model_value(m, row, given, value);

    } else {
        if (row->need == IDV_SVC_M_MUST && json_is_object(given)) {
            idv_svc_model_mistake(m, "REQUIRED_VALUE", row->path,
                                  "A value is required.", NULL);
        }

        if (!idv_svc_model_has_preset(row, given)) {
            return;
        }

        value = idv_svc_model_preset(row);
    }

    if (value || m->mistakes == mistakes) {
        idv_svc_model_put(m, parent, name, value);
    }
}


/* without memory a check would be left out, and the policy weaker */

static void
idv_svc_model_put(idv_svc_model_t *m, json_t *object, const char *name,
    json_t *value)
{
    if (json_object_set_new(object, name, value) != 0) {
        m->lost = 1;
    }
}


/* the object that the last member of the path belongs to, NULL: not there */

static json_t *
idv_svc_model_parent(json_t *root, const char *path, const char **name)
{
    char         part[IDV_SVC_MODEL_PATH];
    size_t       len;
    json_t      *value;
    const char  *dot;

    for ( ;; ) {
        dot = strchr(path, '.');

        if (dot == NULL) {
            *name = path;
            return json_is_object(root) ? root : NULL;
        }

        len = dot - path;
        (void) ngx_cpystrn((u_char *) part, (u_char *) path, len + 1);

        value = json_object_get(root, part);

        if (value == NULL && ngx_strcmp(part, "cooldown") == 0) {
            value = json_object_get(root, "coolDown");
        }

        root = value;
        path = dot + 1;
    }
}


/* documentation writes "coolDown" where all requests have "cooldown" */

static json_t *
idv_svc_model_member(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *parent, const char *name)
{
    json_t  *value, *other;

    value = json_object_get(parent, name);

    if (ngx_strcmp(name, "cooldown") == 0) {
        other = json_object_get(parent, "coolDown");

        if (value && other) {
            idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                                  "The value is given in two spellings.",
                                  NULL);
        }

        value = value ? value : other;
    }

    return json_is_null(value) ? NULL : value;
}


static json_t *
idv_svc_model_value(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *parent, json_t *value)
{
    switch (row->type) {

    case IDV_SVC_M_OBJECT:
        if (json_is_object(value)) {
            return json_object();
        }

        idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                              "The value must be an object.", NULL);
        return NULL;

    case IDV_SVC_M_BOOLEAN:
        return idv_svc_model_boolean(m, row, value);

    case IDV_SVC_M_INTEGER:
    case IDV_SVC_M_DURATION:
        return idv_svc_model_integer(m, row, parent, value);

    case IDV_SVC_M_TEXT:
        return idv_svc_model_text(m, row, value);

    default: /* IDV_SVC_M_WORD */
        return idv_svc_model_word(m, row, value);
    }
}


/* what a given object must have is not filled in */

static ngx_uint_t
idv_svc_model_has_preset(const idv_svc_model_row_t *row, json_t *parent)
{
    if (row->type != IDV_SVC_M_OBJECT) {
        return row->preset != NULL;
    }

    return row->need == IDV_SVC_M_ALWAYS
           || (row->need == IDV_SVC_M_MUST && !json_is_object(parent));
}


static json_t *
idv_svc_model_preset(const idv_svc_model_row_t *row)
{
    switch (row->type) {

    case IDV_SVC_M_OBJECT:
        return json_object();

    case IDV_SVC_M_BOOLEAN:
        return json_boolean(row->preset[0] == 't');

    case IDV_SVC_M_INTEGER:
    case IDV_SVC_M_DURATION:
        return json_integer(ngx_atoi((u_char *) row->preset,
                                     ngx_strlen(row->preset)));

    default:
        return json_string(row->preset);
    }
}


/* PingOne takes them as texts, too */

static json_t *
idv_svc_model_boolean(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *value)
{
    const char  *text;

    if (json_is_boolean(value)) {
        return json_boolean(json_is_true(value));
    }

    text = json_string_value(value);

    if (text && ngx_strcmp(text, "true") == 0) {
        return json_true();
    }

    if (text && ngx_strcmp(text, "false") == 0) {
        return json_false();
    }

    idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                          "The value must be true or false.",
                          idv_svc_model_words("true false"));
    return NULL;
}


/* a fraction is cut off, as PingOne does it */

static json_t *
idv_svc_model_integer(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *parent, json_t *value)
{
    double       number;
    ngx_uint_t   min, max;
    const char  *unit;

    min = row->min;
    max = row->max;

    if (row->type == IDV_SVC_M_DURATION) {
        unit = json_string_value(json_object_get(parent, "timeUnit"));

        if (unit && ngx_strcmp(unit, "MINUTES") == 0) {
            min /= 60;
            max /= 60;
        }
    }

    number = json_number_value(value);

    if (json_is_number(value) && number >= (double) min
        && number < (double) max + 1)
    {
        return json_integer((json_int_t) number);
    }

    idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                          "The value must be a number of the range.",
                          idv_svc_model_range(min, max));
    return NULL;
}


static json_t *
idv_svc_model_text(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *value)
{
    size_t       len;
    u_char      *p;
    ngx_uint_t   i;

    p = (u_char *) json_string_value(value);

    if (p) {
        len = ngx_utf8_length(p, json_string_length(value));

        for (i = 0; i < json_string_length(value); i++) {
            if (p[i] < ' ' || p[i] == 0x7f) {
                len = 0;
            }
        }

        if (len >= row->min && len <= row->max) {
            return json_copy(value);
        }
    }

    idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                          "The value must be a text in one line, with as many "
                          "characters as the range says.",
                          idv_svc_model_range(row->min, row->max));
    return NULL;
}


static json_t *
idv_svc_model_word(idv_svc_model_t *m, const idv_svc_model_row_t *row,
    json_t *value)
{
    if (json_is_string(value)
        && idv_svc_model_place(row->words, json_string_value(value),
                               json_string_length(value)))
    {
        return json_copy(value);
    }

    idv_svc_model_mistake(m, "INVALID_VALUE", row->path,
                          "The value is not one of those that are allowed.",
                          idv_svc_model_words(row->words));
    return NULL;
}


/* the place of a word in a list, from 1; 0 if it is not in it */

static ngx_uint_t
idv_svc_model_place(const char *words, const char *text, size_t len)
{
    size_t      n;
    ngx_uint_t  place;

    for (place = 1; *words; place++) {
        n = strcspn(words, " ");

        if (n == len && ngx_strncmp(words, text, len) == 0) {
            return place;
        }

        words += n;
        words += (*words == ' ');
    }

    return 0;
}


static json_t *
idv_svc_model_words(const char *words)
{
    size_t   n;
    json_t  *list;

    list = json_array();

    while (*words) {
        n = strcspn(words, " ");

        (void) json_array_append_new(list, json_stringn(words, n));

        words += n;
        words += (*words == ' ');
    }

    return json_pack("{s:o}", "allowedValues", list);
}


static json_t *
idv_svc_model_range(ngx_uint_t min, ngx_uint_t max)
{
    return json_pack("{s:I, s:I}", "rangeMinimumValue", (json_int_t) min,
                     "rangeMaximumValue", (json_int_t) max);
}


static void
idv_svc_model_mistake(idv_svc_model_t *m, const char *code,
    const char *target, const char *message, json_t *inner)
{
    m->mistakes++;
    m->report(m->data, code, target, message, inner);
}


/* defaults that depend on other members */

static void
idv_svc_model_presets(idv_svc_model_t *m)
{
    json_t            *id, *times, *timeout;
    ngx_uint_t         best;
    idv_svc_policy_t   policy;

    static const char  *inspections[] =
        { NULL, "AUTOMATIC", "MANUAL", "STEP_UP" };

    idv_svc_model_compile(m->out, &policy);

    /* the highest that is licensed; one that was refused is not replaced */

    id = json_object_get(json_object_get(m->in, "governmentId"),
                         "inspectionType");

    if (id == NULL || json_is_null(id)) {
        best = IDV_SVC_STEP_UP;

        while (best > IDV_SVC_AUTOMATIC
               && !(m->licence & IDV_SVC_LICENCE(best)))
        {
            best--;
        }

        id = json_object_get(m->out, "governmentId");

        idv_svc_model_put(m, id, "inspectionType",
                          json_string(inspections[best]));
    }

    /* a default never breaks a rule that the client has kept */

    times = json_object_get(json_object_get(m->in, "transaction"),
                            "dataCollection");

    if (times == NULL && policy.transaction.duration
        && idv_svc_model_seconds(&policy.collection)
           > idv_svc_model_seconds(&policy.transaction))
    {
        times = json_object_get(m->out, "transaction");
        timeout = json_deep_copy(json_object_get(times, "timeout"));

        idv_svc_model_put(m, json_object_get(times, "dataCollection"),
                          "timeout", timeout);
    }
}


static void
idv_svc_model_rules(idv_svc_model_t *m)
{
    idv_svc_policy_t             policy;
    const idv_svc_model_rule_t  *rule;

    idv_svc_model_compile(m->out, &policy);

    for (rule = idv_svc_model_rule; rule->target; rule++) {
        if (rule->broken(&policy, m)) {
            idv_svc_model_mistake(m, "INVALID_VALUE", rule->target,
                                  rule->message, NULL);
        }
    }
}


/* a verify that was refused may have been any: it breaks no other rule */

static ngx_uint_t
idv_svc_model_no_check(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->government_id == IDV_SVC_DISABLED && p->data_threshold == 0
           && !idv_svc_model_others(p);
}


static ngx_uint_t
idv_svc_model_late(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->transaction.duration
           && idv_svc_model_seconds(&p->collection)
              > idv_svc_model_seconds(&p->transaction);
}


static ngx_uint_t
idv_svc_model_aadhaar(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->aadhaar && p->facial && p->facial != IDV_SVC_REQUIRED;
}


static ngx_uint_t
idv_svc_model_no_field(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    json_t      *matching;
    ngx_uint_t   i;

    static const char  *fields[] =
        { "address", "birth_date", "family_name", "given_name", "name", NULL };

    matching = json_object_get(m->in, "identityRecordMatching");

    if (!json_is_object(matching)) {
        return 0;
    }

    for (i = 0; fields[i]; i++) {
        if (json_object_get(matching, fields[i])) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
idv_svc_model_no_id(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return json_is_object(json_object_get(m->in, "identityRecordMatching"))
           && p->government_id == IDV_SVC_DISABLED;
}


static ngx_uint_t
idv_svc_model_alone(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->data_threshold && p->government_id == IDV_SVC_DISABLED
           && !idv_svc_model_others(p);
}


static ngx_uint_t
idv_svc_model_no_match(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->data_threshold && idv_svc_enabled(p->government_id)
           && !idv_svc_model_others(p)
           && !json_is_object(json_object_get(m->in,
                                              "identityRecordMatching"));
}


/* of a check that is disabled it is ignored */

static ngx_uint_t
idv_svc_model_unlicensed(const idv_svc_policy_t *p, const idv_svc_model_t *m)
{
    return p->inspection && idv_svc_enabled(p->government_id)
           && !(m->licence & IDV_SVC_LICENCE(p->inspection));
}


/* 1: there is, or may be meant, a check besides the document and the data */

static ngx_uint_t
idv_svc_model_others(const idv_svc_policy_t *p)
{
    return p->facial != IDV_SVC_DISABLED || p->liveness != IDV_SVC_DISABLED
           || p->email.verify != IDV_SVC_DISABLED
           || p->phone.verify != IDV_SVC_DISABLED
           || p->voice != IDV_SVC_DISABLED
           || p->credential != IDV_SVC_DISABLED
           || idv_svc_enabled(p->device);
}


void
idv_svc_model_compile(json_t *policy, idv_svc_policy_t *compiled)
{
    json_t                     *value;
    uint16_t                   *field;
    const char                 *name;
    const idv_svc_model_row_t  *row;

    ngx_memzero(compiled, sizeof(idv_svc_policy_t));

    for (row = idv_svc_model; row->path; row++) {

        if (row->field == 0) {
            continue;
        }

        field = (uint16_t *) ((u_char *) compiled + row->field - 1);

        value = idv_svc_model_parent(policy, row->path, &name);
        value = json_object_get(value, name);

        if (row->type == IDV_SVC_M_BOOLEAN) {
            *field = json_is_true(value);

        } else if (row->type == IDV_SVC_M_WORD) {
            *field = (uint16_t) idv_svc_model_place(row->words,
                                       value ? json_string_value(value) : "",
                                       json_string_length(value));

        } else {
            *field = (uint16_t) json_integer_value(value);
        }
    }
}


ngx_uint_t
idv_svc_model_seconds(const idv_svc_duration_t *d)
{
    return d->unit == IDV_SVC_MINUTES ? d->duration * 60 : d->duration;
}


ngx_uint_t
idv_svc_model_inspection(const ngx_str_t *word)
{
    return idv_svc_model_place(IDV_SVC_INSPECTIONS, (char *) word->data,
                               word->len);
}
