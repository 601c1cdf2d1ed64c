
/*
 * Copyright (C) nginx-idv authors
 *
 * Identity assurance: what the last transaction that was to be remembered has
 * verified of a user, as verified claims of OpenID Connect for Identity
 * Assurance 1.0.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_check.h"


#define IDV_SVC_IDA_CHECKS                                                    \
    (IDV_SVC_CHECK(IDV_SVC_CHECK_GOVERNMENT_ID)                               \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_DOCUMENT)                              \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_FACE_REFERENCE)                             \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_LIVENESS)                                   \
     |IDV_SVC_CHECK(IDV_SVC_CHECK_RECORD))


/* a key of GOVERNMENT_ID, and what it is in a claim */

typedef struct {
    const char  *key;
    const char  *claim;
} idv_svc_ida_name_t;


static json_t *idv_svc_ida_claims(json_t *document);
static json_t *idv_svc_ida_evidence(const idv_svc_assurance_t *a,
    json_t *document);
static json_t *idv_svc_ida_section(const idv_svc_assurance_t *a,
    const char *type, uint32_t checks);
static const char *idv_svc_ida_method(const idv_svc_assurance_t *a,
    ngx_uint_t check);
static void idv_svc_ida_copy(json_t *to, json_t *from,
    const idv_svc_ida_name_t *names);
static void idv_svc_ida_set(json_t *object, const char *name, json_t *value);
static void idv_svc_ida_key(idv_svc_call_t *call, idv_svc_key_t *key);


static const idv_svc_ida_name_t  idv_svc_ida_names[] = {
    { "firstName", "given_name" },
    { "middleName", "middle_name" },
    { "lastName", "family_name" },
    { "fullName", "name" },
    { "birthDate", "birthdate" },
    { NULL, NULL }
};

static const idv_svc_ida_name_t  idv_svc_ida_address[] = {
    { "addressStreet", "street_address" },
    { "addressCity", "locality" },
    { "addressState", "region" },
    { "addressZip", "postal_code" },
    { NULL, NULL }
};

static const idv_svc_ida_name_t  idv_svc_ida_details[] = {
    { "documentNumber", "document_number" },
    { "issueDate", "date_of_issuance" },
    { "expirationDate", "date_of_expiry" },
    { NULL, NULL }
};

static const idv_svc_ida_name_t  idv_svc_ida_types[] = {
    { "passport", "passport" },
    { "passport_card", "passport" },
    { "driver_license", "driving_permit" },
    { "id_card", "idcard" },
    { "residence_permit", "residence_permit" },
    { NULL, NULL }
};


ngx_int_t
idv_svc_assurance_read(idv_svc_call_t *call)
{
    json_t               *document;
    ngx_int_t             rc;
    idv_svc_key_t         key;
    idv_svc_assurance_t   a;

    idv_svc_ida_key(call, &key);

    rc = idv_svc_users_assurance(call->store, &key, call->request->pool, &a);

    if (rc != NGX_OK) {
        return idv_svc_error(call, rc == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                      : IDV_SVC_UNEXPECTED);
    }

    document = idv_json_parse(call->request->pool, a.text.data, a.text.len,
                              IDV_SVC_MAX_JSON);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:[{s:{s:s, s:o, s:o}, s:o}]}",
                               "_links",
                               idv_svc_json_user_links(call,
                                                       "/identityAssurance"),
                               "verified_claims",
                                   "verification",
                                       "trust_framework",
                                       a.test ? "nginx_idv_test" : "nginx_idv",
                                       "time", idv_svc_json_date(a.at),
                                       "evidence",
                                       idv_svc_ida_evidence(&a, document),
                                   "claims", idv_svc_ida_claims(document)));
}


ngx_int_t
idv_svc_assurance_delete(idv_svc_call_t *call)
{
    idv_svc_key_t  key;

    idv_svc_ida_key(call, &key);

    if (idv_svc_users_forget(call->store, &key) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_nothing(call);
}


/* what is decided by now is known by now */

static void
idv_svc_ida_key(idv_svc_call_t *call, idv_svc_key_t *key)
{
    (void) idv_svc_store_sweep(call->store, call->now);

    key->tx = NULL;
    key->env = call->env;
    key->user = call->user;
}


static json_t *
idv_svc_ida_claims(json_t *document)
{
    json_t     *claims, *address;
    ngx_str_t   text;

    claims = json_object();
    idv_svc_ida_copy(claims, document, idv_svc_ida_names);

    text = idv_json_string(document, "gender");

    if (text.len == 1 && (text.data[0] == 'F' || text.data[0] == 'M')) {
        (void) json_object_set_new(claims, "gender",
                                   json_string(text.data[0] == 'F' ? "female"
                                                                   : "male"));
    }

    text = idv_json_string(document, "nationality");

    if (text.len) {
        (void) json_object_set_new(claims, "nationalities",
                                   json_pack("[o]", idv_svc_json_str(&text)));
    }

    address = json_object();
    idv_svc_ida_copy(address, document, idv_svc_ida_address);

    idv_svc_ida_set(claims, "address", address);

    return claims;
}


/* what was looked at, and apart from it what a register has said */

static json_t *
idv_svc_ida_evidence(const idv_svc_assurance_t *a, json_t *document)
{
    json_t                    *list, *evidence, *details;
    ngx_str_t                  text;
    const idv_svc_ida_name_t  *n;

    evidence = idv_svc_ida_section(a, "document", IDV_SVC_IDA_CHECKS);

    details = json_object();

    text = idv_json_string(document, "idType");

    for (n = idv_svc_ida_types; n->key; n++) {
        if (text.len == ngx_strlen(n->key)
            && ngx_strncmp(text.data, n->key, text.len) == 0)
        {
            (void) json_object_set_new(details, "type",
                                       json_string(n->claim));
        }
    }

    idv_svc_ida_copy(details, document, idv_svc_ida_details);

    text = idv_json_string(document, "issuingCountry");

    if (text.len) {
        (void) json_object_set_new(details, "issuer",
                                   json_pack("{s:o}", "country_code",
                                             idv_svc_json_str(&text)));
    }

    idv_svc_ida_set(evidence, "document_details", details);

    list = json_array();

    (void) json_array_append_new(list, evidence);

    if (a->checks & IDV_SVC_CHECK(IDV_SVC_CHECK_DATA)) {
        (void) json_array_append_new(list,
                          idv_svc_ida_section(a, "electronic_record",
                                        IDV_SVC_CHECK(IDV_SVC_CHECK_DATA)));
    }

    return list;
}


static json_t *
idv_svc_ida_section(const idv_svc_assurance_t *a, const char *type,
    uint32_t checks)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (a->checks & checks & IDV_SVC_CHECK(i)) {
            (void) json_array_append_new(list,
                         json_pack("{s:s*, s:s, s:o, s:o}",
                                   "check_method", idv_svc_ida_method(a, i),
                                   "check", idv_svc_checks[i].name,
                                   "txn", idv_svc_json_uuid(a->tx),
                                   "time", idv_svc_json_date(a->at)));
        }
    }

    return json_pack("{s:s, s:o}", "type", type, "check_details", list);
}


/* the words of the standard; none for what test mode has taken for good */

static const char *
idv_svc_ida_method(const idv_svc_assurance_t *a, ngx_uint_t check)
{
    switch (check) {

    case IDV_SVC_CHECK_GOVERNMENT_ID:
        return a->zone ? "vdig" : a->test ? NULL : "vri";

    case IDV_SVC_CHECK_RECORD:
        return "data";
    }

    return a->test ? NULL : check == IDV_SVC_CHECK_DATA ? "data" : "pvr";
}


static void
idv_svc_ida_copy(json_t *to, json_t *from, const idv_svc_ida_name_t *names)
{
    json_t  *value;

    for ( /* void */ ; names->key; names++) {
        value = json_object_get(from, names->key);

        if (json_string_length(value)) {
            (void) json_object_set(to, names->claim, value);
        }
    }
}


/* an object that says nothing is left out */

static void
idv_svc_ida_set(json_t *object, const char *name, json_t *value)
{
    if (json_object_size(value)) {
        (void) json_object_set_new(object, name, value);

    } else {
        json_decref(value);
    }
}
