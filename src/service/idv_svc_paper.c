
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../model/idv_date.h"
#include "../model/idv_document.h"
#include "../model/idv_record_match.h"
#include "idv_svc_paper.h"


#define IDV_SVC_DAY  (24 * 60 * 60 * IDV_SVC_SECOND)


static ngx_int_t idv_svc_paper_zone(idv_svc_page_t *page,
    idv_document_t *document);
static ngx_int_t idv_svc_paper_typed(idv_svc_page_t *page,
    ngx_uint_t elsewhere);
static ngx_uint_t idv_svc_paper_text(ngx_str_t *text);
static ngx_uint_t idv_svc_paper_kind(const ngx_str_t *name);
static json_t *idv_svc_paper_json(idv_svc_page_t *page,
    idv_document_t *document);
static void idv_svc_paper_match(idv_svc_page_t *page, json_t *data);
static ngx_uint_t idv_svc_paper_best(ngx_uint_t field, json_t *asked,
    const ngx_str_t *text);
static void idv_svc_paper_joined(ngx_pool_t *pool, json_t *data,
    const char *const *keys, ngx_str_t *text);


/* what of a document a requirement is compared with, by idv_match_field_e */

static const char *const  idv_svc_paper_keys[IDV_MATCH_NFIELDS][6] = {
    { "addressStreet", "addressCity", "addressState", "addressZip", "country",
      NULL },
    { "birthDate", NULL },
    { "lastName", NULL },
    { "firstName", "middleName", NULL },
    { "firstName", "middleName", "lastName", NULL }
};


ngx_int_t
idv_svc_paper_read(idv_svc_page_t *page, ngx_uint_t elsewhere)
{
    json_t          *data;
    ngx_int_t        rc;
    ngx_str_t        type;
    idv_svc_tx_t    *tx;
    idv_document_t   document;

    rc = idv_svc_paper_zone(page, &document);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = idv_svc_paper_typed(page, elsewhere || document.zone);
    if (rc != NGX_OK) {
        return rc;
    }

    data = idv_svc_paper_json(page, &document);

    rc = idv_json_dump(page->call->request->pool, data,
                       &page->view->blob[IDV_SVC_BLOB_DOCUMENT]);

    if (rc == NGX_OK) {
        tx = &page->view->tx;

        type = idv_json_string(data, "idType");

        tx->document = (uint8_t) idv_svc_paper_kind(&type);
        tx->zone = document.zone;
        tx->faults = document.faults;
        tx->differs = document.differs;
        tx->typed = 1;
        tx->draft = !document.zone;

        idv_svc_tx_changed(tx, IDV_SVC_GIVE_DOCUMENT);
        idv_svc_paper_match(page, data);
    }

    json_decref(data);

    return rc;
}


ngx_int_t
idv_svc_paper_code(idv_svc_call_t *call, idv_svc_view_t *view,
    const ngx_str_t *code)
{
    idv_svc_form_t  form;
    idv_svc_page_t  page;

    ngx_memzero(&page, sizeof(idv_svc_page_t));

    page.call = call;
    page.view = view;
    page.form = &form;

    form.n = 2;

    ngx_str_set(&form.field[0].name, "idType");
    ngx_str_set(&form.field[0].value, "driver_license");
    ngx_str_set(&form.field[1].name, "zone");
    form.field[1].value = *code;

    return idv_svc_paper_read(&page, 1);
}


/*
 * Lines that are none are shown again, as other fields are: a check digit that
 * is not right is a finding, half of a line is a slip.
 */

static ngx_int_t
idv_svc_paper_zone(idv_svc_page_t *page, idv_document_t *document)
{
    ngx_str_t   zone, typed;
    ngx_uint_t  i;

    ngx_memzero(document, sizeof(idv_document_t));

    zone = idv_svc_form_get(page->form, "zone");

    for (i = 0; i < zone.len; i++) {
        if (ngx_strchr(" \t\r\n", zone.data[i]) == NULL) {
            break;
        }
    }

    if (i == zone.len) {
        return NGX_OK;
    }

    (void) idv_document_read(document, zone.data, zone.len,
                             idv_date_of_days(page->call->now / IDV_SVC_DAY));

    if (!document->readable) {
        page->bad_zone = 1;
        page->problem = IDV_SVC_T_PROBLEM_ZONE;
        return NGX_ABORT;
    }

    for (i = 0; i < IDV_DOCUMENT_NFIELDS; i++) {
        typed = idv_svc_form_get(page->form, idv_document_key(i));

        idv_document_compare(document, i, (char *) typed.data, typed.len);
    }

    return NGX_OK;
}


/*
 * What is typed in must be text and dates; what is left out is only asked for
 * again if it cannot be elsewhere, in a photo or in the lines.
 */

static ngx_int_t
idv_svc_paper_typed(idv_svc_page_t *page, ngx_uint_t elsewhere)
{
    int64_t                 days;
    ngx_str_t               value;
    ngx_uint_t              i, empty;
    const idv_svc_input_t  *input;

    empty = 0;

    for (i = 0; idv_svc_inputs[i].name; i++) {
        input = &idv_svc_inputs[i];
        value = idv_svc_form_get(page->form, input->name);

        if (value.len == 0) {
            empty |= 1 << i;

        } else if (!idv_svc_paper_text(&value)
                   || (input->date && idv_svc_date(&value, &days) != NGX_OK))
        {
            page->wrong |= 1 << i;
        }
    }

    if (empty && !elsewhere) {
        page->empty = empty;
        page->problem = IDV_SVC_T_PROBLEM_MISSING;
    }

    if (page->wrong) {
        page->problem = IDV_SVC_T_PROBLEM_FIELDS;
    }

    if (page->problem) {
        return NGX_ABORT;
    }

    return NGX_OK;
}


/* short, printable, UTF-8 */

static ngx_uint_t
idv_svc_paper_text(ngx_str_t *text)
{
    json_t      *json;
    ngx_uint_t   i, blank;

    if (text->len > IDV_SVC_MAX_FIELD) {
        return 0;
    }

    blank = 1;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return 0;
        }

        if (text->data[i] != ' ') {
            blank = 0;
        }
    }

    json = idv_svc_json_str(text);
    json_decref(json);

    return json != NULL && !blank;
}


/* 0 for a kind that is not known */

static ngx_uint_t
idv_svc_paper_kind(const ngx_str_t *name)
{
    ngx_uint_t   i;

    for (i = 0; idv_svc_documents[i].name.len; i++) {
        if (name->len == idv_svc_documents[i].name.len
            && ngx_strncmp(name->data, idv_svc_documents[i].name.data,
                           name->len)
               == 0)
        {
            return i + 1;
        }
    }

    return 0;
}


/* the lines first: what they say was checked, what was typed in was not */

static json_t *
idv_svc_paper_json(idv_svc_page_t *page, idv_document_t *document)
{
    json_t      *given, *data;
    ngx_str_t    value;
    ngx_uint_t   i;

    given = json_object();

    for (i = 0; idv_svc_inputs[i].name; i++) {
        value = idv_svc_form_get(page->form, idv_svc_inputs[i].name);

        (void) json_object_set_new(given, idv_svc_inputs[i].name,
                                   idv_svc_json_str(&value));
    }

    /* the one number that is asked for is the document's and the holder's */

    (void) json_object_set(given, "idNumber",
                           json_object_get(given, "documentNumber"));

    for (i = IDV_DOCUMENT_TYPE + 1; i < IDV_DOCUMENT_NFIELDS; i++) {
        if (document->value[i][0]) {
            (void) json_object_set_new(given, idv_document_key(i),
                                       json_string(document->value[i]));
        }
    }

    /* lines may belong to several kinds, of which one was chosen */

    value = idv_svc_form_get(page->form, "idType");
    i = idv_svc_paper_kind(&value);

    if (i) {
        (void) json_object_set_new(given, "idType",
                             idv_svc_json_str(&idv_svc_documents[i - 1].name));

    } else if (value.len == 0 && !document->visa) {
        (void) json_object_set_new(given, "idType",
                     json_string(document->value[IDV_DOCUMENT_TYPE]));
    }

    data = idv_svc_data_document(given, 0);

    json_decref(given);

    return data;
}


/*
 * What the creator knows of the person, against the document: kept as words,
 * since the texts are gone before the words are.
 */

static void
idv_svc_paper_match(idv_svc_page_t *page, json_t *data)
{
    json_t      *request, *asked;
    ngx_str_t    text;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    pool = page->call->request->pool;

    request = idv_json_parse(pool, page->view->blob[IDV_SVC_BLOB_REQUEST].data,
                             page->view->blob[IDV_SVC_BLOB_REQUEST].len,
                             IDV_SVC_MAX_JSON);

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        asked = json_object_get(json_object_get(request, "requirements"),
                                idv_match_field_name(i));
        if (asked == NULL) {
            continue;
        }

        idv_svc_paper_joined(pool, data, idv_svc_paper_keys[i], &text);

        page->view->tx.match[i] = (u_char)
                                      (1 + idv_svc_paper_best(i, asked, &text));
    }
}


/* of several variants that are accepted the best one counts */

static ngx_uint_t
idv_svc_paper_best(ngx_uint_t field, json_t *asked, const ngx_str_t *text)
{
    size_t       i;
    json_t      *options, *option;
    ngx_uint_t   score, best;

    if (text->len == 0) {
        return IDV_MATCH_NOT_APPLICABLE;
    }

    options = json_object_get(asked, "options");
    option = json_object_get(asked, "value");

    best = 0;

    for (i = 0; option || i < json_array_size(options); i++) {

        if (option == NULL) {
            option = json_array_get(options, i);
        }

        score = idv_match_score(field, (char *) text->data, text->len,
                                json_string_value(option),
                                json_string_length(option));

        best = ngx_max(best, score);
        option = NULL;
    }

    return idv_match_word(best);
}


static void
idv_svc_paper_joined(ngx_pool_t *pool, json_t *data, const char *const *keys,
    ngx_str_t *text)
{
    u_char     *p;
    ngx_str_t   part;

    text->len = 0;
    text->data = ngx_pnalloc(pool, IDV_MATCH_MAX_TEXT);

    if (text->data == NULL) {
        return;
    }

    for (p = text->data; *keys; keys++) {
        part = idv_json_string(data, *keys);

        if (part.len) {
            p = ngx_slprintf(p, text->data + IDV_MATCH_MAX_TEXT, "%s%V",
                             p == text->data ? "" : " ", &part);
        }
    }

    text->len = p - text->data;
}
