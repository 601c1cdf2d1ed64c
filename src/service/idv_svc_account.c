
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"
#include "../util/idv_json.h"
#include "idv_svc_account.h"
#include "idv_svc_address.h"


#define IDV_SVC_ACCOUNT_PATH      32     /* bytes of a path, with its NUL */
#define IDV_SVC_ACCOUNT_USERNAME  128    /* characters */


typedef enum {
    IDV_SVC_FORM_TEXT = 0,
    IDV_SVC_FORM_USERNAME,
    IDV_SVC_FORM_EMAIL,
    IDV_SVC_FORM_PHONE,
    IDV_SVC_FORM_COUNTRY
} idv_svc_account_form_e;


typedef struct {
    const char               *path;
    ngx_uint_t                max;       /* characters */
    idv_svc_account_form_e    form;
} idv_svc_account_row_t;


typedef struct {
    ngx_pool_t               *pool;
    idv_svc_account_t        *account;
    idv_svc_report_pt         report;
    void                     *data;
    ngx_uint_t                mistakes;
} idv_svc_account_reading_t;


static void idv_svc_account_row(idv_svc_account_reading_t *r,
    const idv_svc_account_row_t *row, json_t *json, ngx_str_t *attr);
static void idv_svc_account_enabled(idv_svc_account_reading_t *r,
    json_t *json);
static void idv_svc_account_population(idv_svc_account_reading_t *r,
    json_t *json, const ngx_str_t *population);
static json_t *idv_svc_account_member(json_t *json, const char *path,
    ngx_uint_t *wrong);
static const char *idv_svc_account_wrong(ngx_pool_t *pool,
    const idv_svc_account_row_t *row, ngx_str_t *text);
static ngx_uint_t idv_svc_account_username(const ngx_str_t *text);
static void idv_svc_account_mistake(idv_svc_account_reading_t *r,
    const char *code, const char *target, const char *message, json_t *inner);


/* in the order of idv_svc_attr_e */

static const idv_svc_account_row_t  idv_svc_account_rows[] = {
    { "username", IDV_SVC_ACCOUNT_USERNAME, IDV_SVC_FORM_USERNAME },
    { "email", 254, IDV_SVC_FORM_EMAIL },
    { "name.given", 256, IDV_SVC_FORM_TEXT },
    { "name.family", 256, IDV_SVC_FORM_TEXT },
    { "name.middle", 256, IDV_SVC_FORM_TEXT },
    { "name.formatted", 256, IDV_SVC_FORM_TEXT },
    { "name.honorificPrefix", 256, IDV_SVC_FORM_TEXT },
    { "name.honorificSuffix", 256, IDV_SVC_FORM_TEXT },
    { "nickname", 256, IDV_SVC_FORM_TEXT },
    { "title", 256, IDV_SVC_FORM_TEXT },
    { "type", 256, IDV_SVC_FORM_TEXT },
    { "accountId", 256, IDV_SVC_FORM_TEXT },
    { "externalId", 1024, IDV_SVC_FORM_TEXT },
    { "mobilePhone", 32, IDV_SVC_FORM_PHONE },
    { "primaryPhone", 32, IDV_SVC_FORM_PHONE },
    { "preferredLanguage", 256, IDV_SVC_FORM_TEXT },
    { "locale", 256, IDV_SVC_FORM_TEXT },
    { "timezone", 256, IDV_SVC_FORM_TEXT },
    { "address.streetAddress", 256, IDV_SVC_FORM_TEXT },
    { "address.locality", 256, IDV_SVC_FORM_TEXT },
    { "address.region", 256, IDV_SVC_FORM_TEXT },
    { "address.postalCode", 40, IDV_SVC_FORM_TEXT },
    { "address.countryCode", 2, IDV_SVC_FORM_COUNTRY },
    { NULL, 0, IDV_SVC_FORM_TEXT }
};


ngx_str_t
idv_svc_account_attr(ngx_uint_t i)
{
    ngx_str_t  name;

    name.data = (u_char *) idv_svc_account_rows[i].path;
    name.len = name.data ? ngx_strlen(name.data) : 0;

    return name;
}


ngx_uint_t
idv_svc_account_read(ngx_pool_t *pool, json_t *json,
    const ngx_str_t *population, idv_svc_account_t *account,
    idv_svc_report_pt report, void *data)
{
    size_t                     sum;
    ngx_uint_t                 i;
    idv_svc_account_reading_t  r;

    r.pool = pool;
    r.account = account;
    r.report = report;
    r.data = data;
    r.mistakes = 0;

    if (!json_is_object(json)) {
        idv_svc_account_mistake(&r, "INVALID_VALUE", "user",
                                "The user must be an object.", NULL);
        return r.mistakes;
    }

    sum = 0;

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        idv_svc_account_row(&r, &idv_svc_account_rows[i], json,
                            &account->attr[i]);
        sum += account->attr[i].len;

        if (i == IDV_SVC_A_USERNAME && account->attr[i].len == 0
            && r.mistakes == 0)
        {
            idv_svc_account_mistake(&r, "REQUIRED_VALUE", "username",
                                    "A value is required.", NULL);
        }
    }

    idv_svc_account_enabled(&r, json);
    idv_svc_account_population(&r, json, population);

    if (sum > IDV_SVC_ACCOUNT_MAX) {
        idv_svc_account_mistake(&r, "INVALID_VALUE", "user",
                                "All attributes together are too long.",
                                json_pack("{s:i}", "maximumValue",
                                          IDV_SVC_ACCOUNT_MAX));
    }

    return r.mistakes;
}


static void
idv_svc_account_row(idv_svc_account_reading_t *r,
    const idv_svc_account_row_t *row, json_t *json, ngx_str_t *attr)
{
    json_t      *value;
    ngx_str_t    text;
    ngx_uint_t   wrong;
    const char  *message;

    value = idv_svc_account_member(json, row->path, &wrong);

    /* an object that is none is told of with the first of its members */

    if (wrong) {
        idv_svc_account_mistake(r, "INVALID_VALUE", row->path,
                                "The value must be in an object.", NULL);
        return;
    }

    if (value == NULL) {
        return;
    }

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (!json_is_null(value) && !json_is_string(value)) {
        message = "The value must be a text.";

    } else {
        message = text.len ? idv_svc_account_wrong(r->pool, row, &text)
                           : NULL;
    }

    if (message) {
        idv_svc_account_mistake(r, "INVALID_VALUE", row->path, message,
                                json_pack("{s:i}", "maximumValue",
                                          (int) row->max));
        return;
    }

    *attr = text;
}


static void
idv_svc_account_enabled(idv_svc_account_reading_t *r, json_t *json)
{
    json_t  *value;

    value = json_object_get(json, "enabled");

    if (value == NULL || json_is_null(value)) {
        return;
    }

    if (!json_is_boolean(value)) {
        idv_svc_account_mistake(r, "INVALID_VALUE", "enabled",
                                "The value must be true or false.", NULL);
        return;
    }

    r->account->enabled = json_is_true(value);
}


static void
idv_svc_account_population(idv_svc_account_reading_t *r, json_t *json,
    const ngx_str_t *population)
{
    json_t      *value;
    ngx_str_t    id;
    ngx_uint_t   wrong;

    value = idv_svc_account_member(json, "population.id", &wrong);

    if (!wrong && (value == NULL || json_is_null(value))) {
        return;
    }

    id.data = (u_char *) json_string_value(value);
    id.len = json_string_length(value);

    if (wrong || id.len != population->len
        || ngx_strncasecmp(id.data, population->data, id.len) != 0)
    {
        idv_svc_account_mistake(r, "INVALID_VALUE", "population.id",
                                "There is no such population.",
                                json_pack("{s:[s%]}", "allowedValues",
                                          (char *) population->data,
                                          population->len));
    }
}


/* of the object, or of one that it has; wrong: that is none */

static json_t *
idv_svc_account_member(json_t *json, const char *path, ngx_uint_t *wrong)
{
    char         name[IDV_SVC_ACCOUNT_PATH];
    json_t      *value;
    const char  *dot;

    *wrong = 0;

    dot = strchr(path, '.');

    if (dot == NULL) {
        return json_object_get(json, path);
    }

    (void) ngx_cpystrn((u_char *) name, (u_char *) path, dot - path + 1);

    value = json_object_get(json, name);

    /* null is for all that it has */

    if (value == NULL || json_is_null(value)) {
        return value;
    }

    *wrong = !json_is_object(value);

    return json_object_get(value, dot + 1);
}


/* NULL: there is nothing wrong with it */

static const char *
idv_svc_account_wrong(ngx_pool_t *pool, const idv_svc_account_row_t *row,
    ngx_str_t *text)
{
    size_t     i;
    ngx_str_t  address;

    if (ngx_utf8_length(text->data, text->len) > row->max) {
        return "The value is too long.";
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return "The value has control characters.";
        }
    }

    if (text->data[0] == ' ' || text->data[text->len - 1] == ' ') {
        return "The value has spaces at an end.";
    }

    switch (row->form) {

    case IDV_SVC_FORM_USERNAME:
        return idv_svc_account_username(text)
               ? NULL : "The value is no user name.";

    case IDV_SVC_FORM_EMAIL:
        return idv_svc_address(pool, IDV_SVC_EMAIL, text, &address) == NGX_OK
               ? NULL : "The value is no e-mail address.";

    case IDV_SVC_FORM_PHONE:
        return idv_svc_address(pool, IDV_SVC_SMS, text, &address) == NGX_OK
               ? NULL : "The value is no phone number.";

    case IDV_SVC_FORM_COUNTRY:
        return text->len == 2
               && text->data[0] >= 'A' && text->data[0] <= 'Z'
               && text->data[1] >= 'A' && text->data[1] <= 'Z'
               ? NULL : "The value must be two capital letters.";

    default:
        return NULL;
    }
}


/* letters and digits of any script, and what addresses have between them */

static ngx_uint_t
idv_svc_account_username(const ngx_str_t *text)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < text->len; i++) {
        c = ngx_tolower(text->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80
              || ngx_strchr("._-@+'", c)))
        {
            return 0;
        }
    }

    return 1;
}


static void
idv_svc_account_mistake(idv_svc_account_reading_t *r, const char *code,
    const char *target, const char *message, json_t *inner)
{
    r->mistakes++;
    r->report(r->data, code, target, message, inner);
}


json_t *
idv_svc_account_json(const idv_svc_account_t *account)
{
    char              name[IDV_SVC_ACCOUNT_PATH];
    json_t           *json, *object;
    ngx_int_t         rc;
    ngx_uint_t        i;
    const char       *path, *dot;
    const ngx_str_t  *attr;

    json = json_object();

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        attr = &account->attr[i];
        path = idv_svc_account_rows[i].path;

        if (attr->len == 0) {
            continue;
        }

        object = json;
        rc = 0;

        dot = strchr(path, '.');

        if (dot) {
            (void) ngx_cpystrn((u_char *) name, (u_char *) path,
                               dot - path + 1);
            path = dot + 1;

            object = json_object_get(json, name);

            if (object == NULL) {
                object = json_object();
                rc = json_object_set_new(json, name, object);
            }
        }

        if (rc != 0
            || json_object_set_new(object, path,
                                   json_stringn((char *) attr->data,
                                                attr->len))
               != 0)
        {
            json_decref(json);
            return NULL;
        }
    }

    return json;
}


ngx_int_t
idv_svc_account_name(u_char *name, const u_char *env,
    const ngx_str_t *username)
{
    u_char     lower[4 * IDV_SVC_ACCOUNT_USERNAME];
    ngx_str_t  parts[3];

    if (username->len > sizeof(lower)) {
        return NGX_ERROR;
    }

    ngx_strlow(lower, username->data, username->len);

    ngx_str_set(&parts[0], "username");
    parts[1].data = (u_char *) env;
    parts[1].len = IDV_SVC_UUID;
    parts[2].data = lower;
    parts[2].len = username->len;

    return idv_hash(name, parts, 3);
}


ngx_int_t
idv_svc_account_name_cmp(const ngx_str_t *one, const ngx_str_t *two)
{
    ngx_int_t  rc;

    rc = ngx_strncasecmp(one->data, two->data, ngx_min(one->len, two->len));

    return (rc || one->len == two->len) ? rc : one->len < two->len ? -1 : 1;
}
