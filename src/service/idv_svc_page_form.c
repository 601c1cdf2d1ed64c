
/*
 * Copyright (C) nginx-idv authors
 *
 * The forms of the capture page: what a document says, and what was given.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_page.h"
#include "idv_svc_type.h"


static void idv_svc_page_zone(idv_svc_page_t *page);
static void idv_svc_page_input(idv_svc_page_t *page, ngx_uint_t i,
    json_t *draft);
static ngx_str_t idv_svc_page_value(idv_svc_page_t *page, const char *name,
    json_t *draft);
static void idv_svc_page_address(idv_svc_page_t *page, idv_svc_text_e name,
    idv_svc_channel_e channel, const char *change);
static void idv_svc_page_document(idv_svc_page_t *page);
static void idv_svc_page_says(idv_svc_page_t *page);
static void idv_svc_page_row(idv_svc_page_t *page, idv_svc_text_e name,
    const ngx_str_t *value, const char *change, ngx_uint_t give);
static void idv_svc_page_change(idv_svc_page_t *page, idv_svc_text_e name,
    const char *what, ngx_uint_t give);
static json_t *idv_svc_page_data(idv_svc_page_t *page);


const idv_svc_input_t  idv_svc_inputs[] = {

    { "documentNumber", IDV_SVC_T_FIELD_NUMBER,
      "autocomplete=\"off\" autocapitalize=\"characters\"", 0 },

    { "firstName", IDV_SVC_T_FIELD_FIRST, "autocomplete=\"given-name\"", 0 },
    { "lastName", IDV_SVC_T_FIELD_LAST, "autocomplete=\"family-name\"", 0 },
    { "birthDate", IDV_SVC_T_FIELD_BIRTH, "autocomplete=\"bday\"", 1 },
    { "expirationDate", IDV_SVC_T_FIELD_EXPIRY, "autocomplete=\"off\"", 1 },

    { "issuingCountry", IDV_SVC_T_FIELD_COUNTRY,
      "autocomplete=\"country-name\"", 0 },

    { NULL, IDV_SVC_T_NOTHING, NULL, 0 }
};


void
idv_svc_page_details(idv_svc_page_t *page)
{
    json_t      *draft;
    ngx_uint_t   i;

    draft = page->view->tx.draft ? idv_svc_page_data(page) : NULL;

    idv_svc_page_form(page, "document", "");
    idv_svc_page_zone(page);

    idv_svc_page_print(page,
        "<fieldset aria-describedby=\"fields-hint\">\n"
        "<legend>%V</legend>\n"
        "<p class=\"hint\" id=\"fields-hint\">%V</p>\n",
        idv_svc_say(page, IDV_SVC_T_FIELDS),
        idv_svc_say(page, IDV_SVC_T_FIELDS_HINT));

    for (i = 0; idv_svc_inputs[i].name; i++) {
        idv_svc_page_input(page, i, draft);
    }

    idv_svc_page_print(page,
        "</fieldset>\n"
        "<button type=\"submit\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_CONTINUE));
}


/* lines that are wrapped are read as well, but are hard to compare */

static void
idv_svc_page_zone(idv_svc_page_t *page)
{
    ngx_str_t  value;

    idv_svc_page_print(page,
        "<label for=\"zone\">%V</label>\n"
        "<p class=\"hint\" id=\"zone-hint\">%V</p>\n"
        "<textarea id=\"zone\" name=\"zone\" rows=\"3\" maxlength=\"%d\" "
        "dir=\"ltr\" autocomplete=\"off\" autocapitalize=\"characters\" "
        "spellcheck=\"false\" wrap=\"off\" aria-describedby=\"zone-hint%s>\n",
        idv_svc_say(page, IDV_SVC_T_ZONE),
        idv_svc_say(page, IDV_SVC_T_ZONE_HINT), IDV_DOCUMENT_MAX_ZONE,
        page->bad_zone ? " problem\" aria-invalid=\"true\"" : "\"");

    /* what follows a line end at the beginning is kept */

    value = idv_svc_page_value(page, "zone", NULL);

    if (value.len <= IDV_DOCUMENT_MAX_ZONE) {
        idv_svc_page_text(page, &value);
    }

    idv_svc_page_print(page, "</textarea>\n");
}


static void
idv_svc_page_input(idv_svc_page_t *page, ngx_uint_t i, json_t *draft)
{
    ngx_str_t               value;
    idv_svc_text_e          error;
    const idv_svc_input_t  *input;

    input = &idv_svc_inputs[i];

    error = IDV_SVC_T_NOTHING;

    if (page->empty & (1 << i)) {
        error = IDV_SVC_T_ERROR_EMPTY;

    } else if (page->wrong & (1 << i)) {
        error = input->date ? IDV_SVC_T_ERROR_DATE : IDV_SVC_T_ERROR_TEXT;
    }

    idv_svc_page_print(page, "<label for=\"%s\">%V</label>\n",
                       input->name, idv_svc_say(page, input->label));

    if (error) {
        idv_svc_page_print(page, "<p class=\"error\" id=\"%s-error\">%V</p>\n",
                           input->name, idv_svc_say(page, error));
    }

    idv_svc_page_print(page, "<input id=\"%s\" name=\"%s\" type=\"%s\" "
                       "maxlength=\"%d\" %s",
                       input->name, input->name, input->date ? "date" : "text",
                       IDV_SVC_MAX_FIELD, input->attributes);

    if (error) {
        idv_svc_page_print(page, " aria-invalid=\"true\" "
                           "aria-describedby=\"%s-error\"", input->name);
    }

    idv_svc_page_print(page, " value=\"");

    value = idv_svc_page_value(page, input->name, draft);

    if (value.len <= IDV_SVC_MAX_FIELD) {
        idv_svc_page_text(page, &value);
    }

    idv_svc_page_print(page, "\">\n");
}


/* what was just typed in, or before */

static ngx_str_t
idv_svc_page_value(idv_svc_page_t *page, const char *name, json_t *draft)
{
    return page->form ? idv_svc_form_get(page->form, name)
                      : idv_json_string(draft, name);
}


ngx_int_t
idv_svc_page_review(idv_svc_page_t *page)
{
    ngx_uint_t     asked;
    idv_svc_tx_t  *tx;

    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_REVIEW_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    tx = &page->view->tx;
    asked = idv_svc_tx_asked(tx, IDV_SVC_OPTIONAL);

    idv_svc_page_print(page, "<p>%V</p>\n<ul class=\"review\">\n",
                       idv_svc_say(page, IDV_SVC_T_REVIEW_TEXT));

    if (asked & IDV_SVC_GIVE_EMAIL) {
        idv_svc_page_address(page, IDV_SVC_T_STEP_EMAIL, IDV_SVC_EMAIL,
                             "email");
    }

    if (asked & IDV_SVC_GIVE_PHONE) {
        idv_svc_page_address(page, IDV_SVC_T_STEP_PHONE, IDV_SVC_SMS, "phone");
    }

    if (asked & IDV_SVC_GIVE_DOCUMENT) {
        idv_svc_page_document(page);
    }

    if (asked & IDV_SVC_GIVE_SELFIE) {
        idv_svc_page_row(page, IDV_SVC_T_REVIEW_SELFIE,
                         idv_svc_say(page, (tx->given & IDV_SVC_GIVE_SELFIE)
                                           ? IDV_SVC_T_REVIEW_GIVEN
                                           : IDV_SVC_T_REVIEW_SKIPPED),
                         "selfie", IDV_SVC_GIVE_SELFIE);
    }

    idv_svc_page_print(page, "</ul>\n");

    idv_svc_page_button(page, "submit", NULL,
                        idv_svc_say(page, IDV_SVC_T_SUBMIT), NULL);

    return idv_svc_page_close(page);
}


/* proved or not, which is for good; or left out, which is not */

static void
idv_svc_page_address(idv_svc_page_t *page, idv_svc_text_e name,
    idv_svc_channel_e channel, const char *change)
{
    ngx_uint_t           give;
    idv_svc_text_e       what;
    const idv_svc_tx_t  *tx;

    tx = &page->view->tx;
    give = (channel == IDV_SVC_EMAIL) ? IDV_SVC_GIVE_EMAIL
                                      : IDV_SVC_GIVE_PHONE;

    if (tx->skipped & give) {
        what = IDV_SVC_T_REVIEW_SKIPPED;

    } else if (tx->otp[channel].state == IDV_OTP_VERIFIED) {
        what = IDV_SVC_T_REVIEW_CONFIRMED;

    } else {
        what = (tx->given & give) ? IDV_SVC_T_REVIEW_GIVEN
                                  : IDV_SVC_T_REVIEW_FAILED;
    }

    idv_svc_page_row(page, name, idv_svc_say(page, what),
                     what == IDV_SVC_T_REVIEW_SKIPPED ? change : NULL, give);
}


static void
idv_svc_page_document(idv_svc_page_t *page)
{
    ngx_uint_t     side;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;

    if (tx->kind == 0) {
        idv_svc_page_row(page, IDV_SVC_T_REVIEW_KIND,
                         idv_svc_say(page, (tx->given & IDV_SVC_GIVE_DOCUMENT)
                                           ? IDV_SVC_T_REVIEW_ELSEWHERE
                                           : IDV_SVC_T_REVIEW_SKIPPED),
                         "kind", IDV_SVC_GIVE_DOCUMENT);
        return;
    }

    idv_svc_page_row(page, IDV_SVC_T_REVIEW_KIND,
                     idv_svc_say(page, IDV_SVC_T_KIND_PASSPORT + tx->kind - 1),
                     "kind", IDV_SVC_GIVE_DOCUMENT);

    for (side = IDV_SVC_SIDE_FRONT; side <= IDV_SVC_SIDE_BACK; side++) {

        if (idv_svc_type_side(tx->kind, side) == NGX_DECLINED) {
            continue;
        }

        idv_svc_page_row(page, side == IDV_SVC_SIDE_FRONT
                               ? IDV_SVC_T_REVIEW_FRONT : IDV_SVC_T_REVIEW_BACK,
                         idv_svc_say(page,
                             idv_svc_type_doc(page->view, IDV_SVC_GIVE_DOCUMENT,
                                              side)
                             ? IDV_SVC_T_REVIEW_GIVEN : IDV_SVC_T_REVIEW_NONE),
                         side == IDV_SVC_SIDE_FRONT ? "front" : "back",
                         IDV_SVC_GIVE_DOCUMENT);
    }

    if (tx->typed) {
        idv_svc_page_says(page);
    }
}


static void
idv_svc_page_says(idv_svc_page_t *page)
{
    json_t                 *data;
    ngx_str_t               value;
    const idv_svc_input_t  *input;

    data = idv_svc_page_data(page);

    idv_svc_page_print(page, "<li><h2>%V</h2>\n<dl>\n",
                       idv_svc_say(page, IDV_SVC_T_REVIEW_DETAILS));

    for (input = idv_svc_inputs; input->name; input++) {
        value = idv_json_string(data, input->name);

        if (value.len) {
            idv_svc_page_print(page, "<div><dt>%V</dt>\n<dd><bdi>",
                               idv_svc_say(page, input->label));
            idv_svc_page_text(page, &value);
            idv_svc_page_print(page, "</bdi></dd></div>\n");
        }
    }

    idv_svc_page_print(page, "</dl>\n");

    idv_svc_page_change(page, IDV_SVC_T_REVIEW_DETAILS, "details",
                        IDV_SVC_GIVE_DOCUMENT);

    idv_svc_page_print(page, "</li>\n");
}


static void
idv_svc_page_row(idv_svc_page_t *page, idv_svc_text_e name,
    const ngx_str_t *value, const char *change, ngx_uint_t give)
{
    idv_svc_page_print(page, "<li><h2>%V</h2>\n<p>%V</p>\n",
                       idv_svc_say(page, name), value);

    if (change) {
        idv_svc_page_change(page, name, change, give);
    }

    idv_svc_page_print(page, "</li>\n");
}


/* what was found good, or bad for good, is not changed any more */

static void
idv_svc_page_change(idv_svc_page_t *page, idv_svc_text_e name,
    const char *what, ngx_uint_t give)
{
    if (!idv_svc_tx_settled(&page->view->tx, give)) {
        idv_svc_page_button(page, "change", what,
                            idv_svc_say(page, IDV_SVC_T_CHANGE),
                            idv_svc_say(page, name));
    }
}


static json_t *
idv_svc_page_data(idv_svc_page_t *page)
{
    return idv_json_parse(page->call->request->pool,
                          page->view->blob[IDV_SVC_BLOB_DOCUMENT].data,
                          page->view->blob[IDV_SVC_BLOB_DOCUMENT].len,
                          IDV_SVC_MAX_JSON);
}
