
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <stdarg.h>

#include "../util/idv_html.h"
#include "idv_svc_otp.h"
#include "idv_svc_page.h"


#define IDV_SVC_PAGE_SIZE  (48 * 1024)


static ngx_int_t idv_svc_page_headers(idv_svc_page_t *page);
static void idv_svc_page_origin(idv_svc_page_t *page, ngx_str_t *origin);
static void idv_svc_page_time(idv_svc_page_t *page, int64_t ms);
static ngx_int_t idv_svc_page_intro(idv_svc_page_t *page);
static ngx_int_t idv_svc_page_document(idv_svc_page_t *page);
static void idv_svc_page_kind(idv_svc_page_t *page);
static void idv_svc_page_zone(idv_svc_page_t *page);
static void idv_svc_page_input(idv_svc_page_t *page, ngx_uint_t i);
static ngx_int_t idv_svc_page_selfie(idv_svc_page_t *page);
static void idv_svc_page_again(idv_svc_page_t *page);
static ngx_int_t idv_svc_page_waiting(idv_svc_page_t *page);
static ngx_int_t idv_svc_page_done(idv_svc_page_t *page);
static void idv_svc_page_back(idv_svc_page_t *page);
static ngx_int_t idv_svc_page_plain(idv_svc_call_t *call, ngx_uint_t status,
    const char *title, const char *text);
static ngx_uint_t idv_svc_page_flag(idv_svc_call_t *call, const char *name);


idv_svc_input_t  idv_svc_inputs[] = {
    { "documentNumber", "Number of the document",
      "autocomplete=\"off\" autocapitalize=\"characters\"", 0 },
    { "firstName", "First name, as on the document",
      "autocomplete=\"given-name\"", 0 },
    { "lastName", "Last name, as on the document",
      "autocomplete=\"family-name\"", 0 },
    { "birthDate", "Date of birth", "autocomplete=\"bday\"", 1 },
    { "expirationDate", "Valid until", "autocomplete=\"off\"", 1 },
    { "issuingCountry", "Country that issued it",
      "autocomplete=\"country-name\"", 0 },
    { NULL, NULL, NULL, 0 }
};


static const char  *idv_svc_page_step[] =
    { "Start", "Document", "Photo", "Result", NULL };


ngx_int_t
idv_svc_page_init(idv_svc_page_t *page, idv_svc_call_t *call,
    idv_svc_view_t *view)
{
    u_char     *p, env[IDV_UUID_LEN], id[IDV_UUID_LEN];
    json_t     *request, *redirect;
    ngx_str_t   e, t;

    ngx_memzero(page, sizeof(idv_svc_page_t));

    page->call = call;
    page->view = view;
    page->same_device = idv_svc_page_flag(call, "dt");
    page->skip_intro = idv_svc_page_flag(call, "skipIntro");

    request = idv_json_parse(call->request->pool,
                             view->blob[IDV_SVC_BLOB_REQUEST].data,
                             view->blob[IDV_SVC_BLOB_REQUEST].len,
                             IDV_SVC_MAX_JSON);

    redirect = json_object_get(request, "redirect");

    page->client = idv_json_string(request, "client");

    page->redirect = idv_json_string(redirect, "url");
    page->message = idv_json_string(redirect, "message");
    page->automatic = json_is_true(json_object_get(redirect, "auto"));

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, view->tx.env);

    t.data = id;
    t.len = IDV_UUID_LEN;
    idv_uuid_print(id, view->tx.id);

    p = ngx_pnalloc(call->request->pool,
                    sizeof("txnid=&code=&envId=&dt=1") + 2 * IDV_UUID_LEN
                    + IDV_SVC_CODE_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    page->query.data = p;
    page->query.len = ngx_sprintf(p, "txnid=%V&code=%*s&envId=%V%s", &t,
                                  (size_t) IDV_SVC_CODE_LEN, view->tx.code, &e,
                                  page->same_device ? "&dt=1" : "")
                      - p;

    return NGX_OK;
}


static ngx_uint_t
idv_svc_page_flag(idv_svc_call_t *call, const char *name)
{
    ngx_str_t  value;

    return ngx_http_arg(call->request, (u_char *) name, ngx_strlen(name),
                        &value)
           == NGX_OK && value.len == 1 && value.data[0] == '1';
}


ngx_int_t
idv_svc_page_show(idv_svc_page_t *page)
{
    switch (page->view->tx.status) {

    case IDV_TX_REQUESTED:
        return idv_svc_page_intro(page);

    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        break;

    case IDV_TX_IN_PROGRESS:
        return idv_svc_page_waiting(page);

    default:
        return idv_svc_page_done(page);
    }

    switch (idv_svc_page_wanted(&page->view->tx)) {

    case IDV_SVC_GIVE_EMAIL:
        return idv_svc_page_otp(page, IDV_SVC_EMAIL);

    case IDV_SVC_GIVE_PHONE:
        return idv_svc_page_otp(page, IDV_SVC_SMS);

    case IDV_SVC_GIVE_DOCUMENT:
        return idv_svc_page_document(page);

    case IDV_SVC_GIVE_SELFIE:
        return idv_svc_page_selfie(page);
    }

    /* the rest is up to whoever gave a part of it by the API */

    return idv_svc_page_waiting(page);
}


ngx_uint_t
idv_svc_page_wanted(const idv_svc_tx_t *tx)
{
    ngx_uint_t  wanted;

    wanted = idv_svc_otp_wanted(tx);

    if (wanted) {
        return wanted;
    }

    wanted = idv_svc_tx_wanted(tx, IDV_SVC_OPTIONAL);

    return (wanted & IDV_SVC_GIVE_DOCUMENT) ? IDV_SVC_GIVE_DOCUMENT
                                            : wanted & IDV_SVC_GIVE_SELFIE;
}


/*
 * Opening the page changes nothing: whatever previews links must not begin a
 * verification.  That takes the button, or the script that presses it where
 * the link says that the introduction was given elsewhere.
 */

static ngx_int_t
idv_svc_page_intro(idv_svc_page_t *page)
{
    u_char        *code;
    idv_svc_tx_t  *tx;

    static ngx_str_t  nobody = ngx_string("The site where you started");

    if (idv_svc_page_begin(page, page->call, "Confirm who you are", 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    tx = &page->view->tx;
    code = tx->code;

    idv_svc_page_steps(page, 0);

    idv_svc_page_print(page, "<p><strong>");
    idv_svc_page_text(page, page->client.len ? &page->client : &nobody);
    idv_svc_page_print(page,
        "</strong> asks you to confirm who you are. You need:</p>\n"
        "<ul>\n"
        "<li>a passport, driving licence, identity card or residence "
        "permit</li>\n"
        "<li>a photo of your face, or a camera to take one</li>\n"
        "</ul>\n"
        "<p>Go on only if you started this yourself and were shown the same "
        "code:</p>\n"
        "<p class=\"code\"><span>%*s</span> <span>%*s</span></p>\n"
        "<p>Started at ",
        (size_t) 3, code, (size_t) 3, code + 3);

    idv_svc_page_time(page, tx->created);
    idv_svc_page_print(page, ", valid until ");
    idv_svc_page_time(page, tx->expires);

    idv_svc_page_print(page,
        " UTC.</p>\n"
        "<p class=\"problem\">If somebody sent you here, called you or asked "
        "you to scan a code, stop now: it is them who would get in.</p>\n");

    if (page->call->conf->test_mode) {
        idv_svc_page_print(page,
            "<p class=\"problem\">This service is in test mode: it takes your "
            "word for what you type in, and any photo for your face.</p>\n");
    }

    idv_svc_page_action(page, "begin", " id=\"begin\"");

    idv_svc_page_print(page,
        "<button type=\"submit\">Begin</button>\n"
        "</form>\n"
        "<p class=\"note\">What you enter is deleted 30 minutes after the "
        "decision.</p>\n");

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


static ngx_int_t
idv_svc_page_document(idv_svc_page_t *page)
{
    ngx_uint_t  i;

    if (idv_svc_page_begin(page, page->call, "Your document", 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_steps(page, 1);

    if (page->problem) {
        idv_svc_page_print(page, "<p class=\"problem\" role=\"alert\">%s</p>\n",
                           page->problem);

    } else {
        idv_svc_page_again(page);

        idv_svc_page_print(page,
            "<p>Enter what is printed on it. The machine-readable lines, if it "
            "has such lines, are checked at once, and say what you leave out "
            "above them. A photo of it helps those who look at it in case of "
            "doubt.</p>\n");
    }

    idv_svc_page_action(page, "document", " enctype=\"multipart/form-data\"");
    idv_svc_page_kind(page);

    for (i = 0; idv_svc_inputs[i].name; i++) {
        idv_svc_page_input(page, i);
    }

    idv_svc_page_zone(page);

    idv_svc_page_print(page,
        "<label for=\"photo\">Photo of the document <span>(optional, JPEG or "
        "PNG)</span></label>\n"
        "<input id=\"photo\" name=\"photo\" type=\"file\" "
        "accept=\"image/jpeg,image/png\">\n"
        "<button type=\"submit\">Continue</button>\n"
        "</form>\n");

    idv_svc_page_skip(page);

    return idv_svc_page_end(page, page->problem ? NGX_HTTP_BAD_REQUEST
                                                : NGX_HTTP_OK);
}


static void
idv_svc_page_kind(idv_svc_page_t *page)
{
    ngx_str_t            chosen;
    const char          *selected;
    idv_svc_document_t  *d;

    ngx_str_null(&chosen);

    if (page->form) {
        chosen = idv_svc_form_get(page->form, "idType");
    }

    idv_svc_page_print(page,
                       "<label for=\"idType\">Kind of document</label>\n"
                       "<select id=\"idType\" name=\"idType\">\n");

    for (d = idv_svc_documents; d->name.len; d++) {

        selected = (chosen.len == d->name.len
                    && ngx_strncmp(chosen.data, d->name.data, chosen.len) == 0)
                   ? " selected" : "";

        idv_svc_page_print(page, "<option value=\"%V\"%s>%V</option>\n",
                           &d->name, selected, &d->label);
    }

    idv_svc_page_print(page, "</select>\n");
}


static void
idv_svc_page_input(idv_svc_page_t *page, ngx_uint_t i)
{
    ngx_str_t         value;
    ngx_uint_t        missing;
    idv_svc_input_t  *input;

    input = &idv_svc_inputs[i];
    missing = page->missing & (1 << i);

    idv_svc_page_print(page, "<label for=\"%s\">%s</label>\n"
                       "<input id=\"%s\" name=\"%s\" type=\"%s\" "
                       "maxlength=\"%d\" %s%s value=\"",
                       input->name, input->label, input->name, input->name,
                       input->date ? "date" : "text", IDV_SVC_MAX_FIELD,
                       input->attributes,
                       missing ? " aria-invalid=\"true\"" : "");

    if (page->form) {
        value = idv_svc_form_get(page->form, input->name);

        if (value.len <= IDV_SVC_MAX_FIELD) {
            idv_svc_page_text(page, &value);
        }
    }

    idv_svc_page_print(page, "\">\n");
}


/* lines that are wrapped are read as well, but are hard to compare */

static void
idv_svc_page_zone(idv_svc_page_t *page)
{
    ngx_str_t  value;

    idv_svc_page_print(page,
        "<label for=\"zone\">Machine-readable lines <span>(optional: the lines "
        "with &lt;&lt;&lt;, or the text of the barcode on a licence)</span>"
        "</label>\n"
        "<textarea id=\"zone\" name=\"zone\" rows=\"3\" maxlength=\"%d\" "
        "autocomplete=\"off\" autocapitalize=\"characters\" "
        "spellcheck=\"false\" wrap=\"off\"%s>",
        IDV_DOCUMENT_MAX_ZONE, page->bad_zone ? " aria-invalid=\"true\"" : "");

    if (page->form) {
        value = idv_svc_form_get(page->form, "zone");

        if (value.len <= IDV_DOCUMENT_MAX_ZONE) {
            idv_svc_page_text(page, &value);
        }
    }

    idv_svc_page_print(page, "</textarea>\n");
}


static ngx_int_t
idv_svc_page_selfie(idv_svc_page_t *page)
{
    if (idv_svc_page_begin(page, page->call, "A photo of you", 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_steps(page, 2);

    if (page->problem) {
        idv_svc_page_print(page, "<p class=\"problem\" role=\"alert\">%s</p>\n",
                           page->problem);

    } else {
        idv_svc_page_again(page);

        idv_svc_page_print(page,
            "<p>Look straight at the camera, in good light, with nothing in "
            "front of your face.</p>\n");
    }

    idv_svc_page_action(page, "selfie", " enctype=\"multipart/form-data\"");

    idv_svc_page_print(page,
        "<label for=\"camera\">Use the camera</label>\n"
        "<input id=\"camera\" name=\"camera\" type=\"file\" "
        "accept=\"image/jpeg,image/png\" capture=\"user\">\n"
        "<label for=\"photo\">Or choose a photo <span>(JPEG or PNG)</span>"
        "</label>\n"
        "<input id=\"photo\" name=\"photo\" type=\"file\" "
        "accept=\"image/jpeg,image/png\">\n"
        "<button type=\"submit\">Send</button>\n"
        "</form>\n");

    idv_svc_page_skip(page);

    return idv_svc_page_end(page, page->problem ? NGX_HTTP_BAD_REQUEST
                                                : NGX_HTTP_OK);
}


/* another attempt: what was wrong with the last one */

static void
idv_svc_page_again(idv_svc_page_t *page)
{
    if (page->view->tx.again) {
        idv_svc_page_print(page,
                           "<p class=\"problem\" role=\"alert\">%V Please try "
                           "again.</p>\n",
                           idv_svc_reason_text(page->view->tx.again));
    }
}


void
idv_svc_page_skip(idv_svc_page_t *page)
{
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;

    if (idv_svc_page_wanted(tx) & idv_svc_tx_wanted(tx, IDV_SVC_REQUIRED)) {
        return;
    }

    idv_svc_page_action(page, "skip", "");

    idv_svc_page_print(page,
        "<button type=\"submit\">Go on without it</button>\n"
        "</form>\n");
}


static ngx_int_t
idv_svc_page_waiting(idv_svc_page_t *page)
{
    ngx_uint_t  held;

    held = page->view->tx.held;

    if (idv_svc_page_begin(page, page->call, "Thank you", held ? 30 : 3)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_steps(page, 3);

    idv_svc_page_print(page,
        "<p role=\"status\">We have everything and are checking it.%s This "
        "page shows the result as soon as there is one.</p>\n",
        held ? " A person will look at it, which may take a while." : "");

    idv_svc_page_back(page);

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


static ngx_int_t
idv_svc_page_done(idv_svc_page_t *page)
{
    ngx_str_t     *reason;
    ngx_uint_t     good;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;
    good = idv_tx_status_good(tx->status);

    if (idv_svc_page_begin(page, page->call,
                           good ? "You are verified" : "Not verified", 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_steps(page, 3);

    if (good) {
        idv_svc_page_print(page,
            "<p role=\"status\">Your identity was confirmed. You can close "
            "this page and go on where you started.</p>\n");

    } else {
        reason = idv_svc_reason_text(tx->reason);

        idv_svc_page_print(page,
            "<p role=\"status\">Your identity could not be confirmed. %V</p>\n"
            "<p>Go back to where you started to try again.</p>\n", reason);
    }

    idv_svc_page_back(page);

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


static void
idv_svc_page_back(idv_svc_page_t *page)
{
    if (page->redirect.len == 0) {
        return;
    }

    if (page->message.len) {
        idv_svc_page_print(page, "<p class=\"message\">");
        idv_svc_page_text(page, &page->message);
        idv_svc_page_print(page, "</p>\n");
    }

    idv_svc_page_print(page, "<p><a class=\"button\" href=\"");
    idv_svc_page_text(page, &page->redirect);
    idv_svc_page_print(page, "\">Continue</a></p>\n");
}


ngx_int_t
idv_svc_page_next(idv_svc_page_t *page, ngx_uint_t finished)
{
    u_char           *p;
    ngx_str_t         none, location;

    /* a message is there to be read, on this page, before one leaves it */

    if (finished && page->redirect.len
        && (page->automatic || page->same_device || page->message.len == 0))
    {
        p = ngx_pstrdup(page->call->request->pool, &page->redirect);
        location.len = page->redirect.len;

    } else {
        p = ngx_pnalloc(page->call->request->pool,
                        sizeof("index.html?") + page->query.len);
        location.len = sizeof("index.html?") - 1 + page->query.len;

        if (p) {
            (void) ngx_sprintf(p, "index.html?%V", &page->query);
        }
    }

    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    location.data = p;

    if (idv_svc_header(page->call, "Location", &location) != NGX_OK
        || idv_svc_page_headers(page) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&none);

    return idv_svc_send(page->call, NGX_HTTP_SEE_OTHER, NULL, &none);
}


ngx_int_t
idv_svc_page_none(idv_svc_call_t *call)
{
    return idv_svc_page_plain(call, NGX_HTTP_NOT_FOUND,
                              "This link does not work",
                              "It may be incomplete, or its time is over. Go "
                              "back to where you got it and start again.");
}


ngx_int_t
idv_svc_page_full(idv_svc_call_t *call)
{
    ngx_str_t  seconds;

    ngx_str_set(&seconds, "60");

    if (idv_svc_header(call, "Retry-After", &seconds) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return idv_svc_page_plain(call, NGX_HTTP_SERVICE_UNAVAILABLE,
                              "Please try again later",
                              "At the moment there is no room for what you "
                              "sent. Nothing of it was kept.");
}


ngx_int_t
idv_svc_page_large(idv_svc_call_t *call)
{
    return idv_svc_page_plain(call, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                              "That is too large",
                              "Go back and choose a smaller photo.");
}


ngx_int_t
idv_svc_page_malformed(idv_svc_call_t *call)
{
    return idv_svc_page_plain(call, NGX_HTTP_BAD_REQUEST,
                              "That did not arrive",
                              "Go back and send it again.");
}


static ngx_int_t
idv_svc_page_plain(idv_svc_call_t *call, ngx_uint_t status, const char *title,
    const char *text)
{
    idv_svc_page_t  page;

    ngx_memzero(&page, sizeof(idv_svc_page_t));

    if (idv_svc_page_begin(&page, call, title, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_print(&page, "<p>%s</p>\n", text);

    return idv_svc_page_end(&page, status);
}


ngx_int_t
idv_svc_page_begin(idv_svc_page_t *page, idv_svc_call_t *call,
    const char *title, ngx_uint_t refresh)
{
    page->call = call;

    page->start = ngx_pnalloc(call->request->pool, IDV_SVC_PAGE_SIZE);
    if (page->start == NULL) {
        return NGX_ERROR;
    }

    page->pos = page->start;
    page->last = page->start + IDV_SVC_PAGE_SIZE;

    idv_svc_page_print(page,
        "<!DOCTYPE html>\n"
        "<html lang=\"en\">\n"
        "<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n");

    if (refresh) {
        idv_svc_page_print(page,
                           "<meta http-equiv=\"refresh\" content=\"%ui\">\n",
                           refresh);
    }

    idv_svc_page_print(page,
        "<title>%s</title>\n"
        "<link rel=\"stylesheet\" href=\"capture.css\">\n", title);

    if (page->skip_intro) {
        idv_svc_page_print(page,
                           "<script src=\"capture.js\" defer></script>\n");
    }

    idv_svc_page_print(page,
        "</head>\n"
        "<body>\n"
        "<main>\n"
        "<h1>%s</h1>\n", title);

    return NGX_OK;
}


ngx_int_t
idv_svc_page_end(idv_svc_page_t *page, ngx_uint_t status)
{
    ngx_str_t  body;

    idv_svc_page_print(page, "</main>\n</body>\n</html>\n");

    /* a page that was cut is none; every part of it has a bound below this */

    if (page->pos == page->last || idv_svc_page_headers(page) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = page->start;
    body.len = page->pos - page->start;

    return idv_svc_send(page->call, status, "text/html; charset=utf-8", &body);
}


static ngx_int_t
idv_svc_page_headers(idv_svc_page_t *page)
{
    u_char     *p;
    ngx_str_t   policy, referrer, origin;

    idv_svc_page_origin(page, &origin);

    /* browsers hold a redirect after a form against form-action, too */

    static ngx_str_t  rules = ngx_string(
        "default-src 'none'; style-src 'self'; script-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'");

    p = ngx_pnalloc(page->call->request->pool, rules.len + 1 + origin.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    policy.data = p;
    policy.len = ngx_sprintf(p, "%V%s%V", &rules, origin.len ? " " : "",
                             &origin)
                 - p;

    ngx_str_set(&referrer, "no-referrer");

    if (idv_svc_header(page->call, "Content-Security-Policy", &policy)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return idv_svc_header(page->call, "Referrer-Policy", &referrer);
}


/* scheme, host and port of the redirect; checked when it was created */

static void
idv_svc_page_origin(idv_svc_page_t *page, ngx_str_t *origin)
{
    u_char  *p, *last;

    *origin = page->redirect;

    if (origin->len == 0) {
        return;
    }

    p = origin->data;
    last = p + origin->len;

    for (p += sizeof("http://") + 1; p < last; p++) {
        if (*p == '/' || *p == '?' || *p == '#') {
            break;
        }
    }

    origin->len = p - origin->data;
}


static void
idv_svc_page_time(idv_svc_page_t *page, int64_t ms)
{
    ngx_tm_t  tm;

    ngx_gmtime((time_t) (ms / 1000), &tm);

    idv_svc_page_print(page, "%02d:%02d", tm.ngx_tm_hour, tm.ngx_tm_min);
}


void
idv_svc_page_steps(idv_svc_page_t *page, ngx_uint_t now)
{
    ngx_uint_t  i;

    idv_svc_page_print(page, "<ol class=\"steps\">\n");

    for (i = 0; idv_svc_page_step[i]; i++) {
        idv_svc_page_print(page, "<li%s>%s</li>\n",
                           i == now ? " aria-current=\"step\"" : "",
                           idv_svc_page_step[i]);
    }

    idv_svc_page_print(page, "</ol>\n");
}


void
idv_svc_page_action(idv_svc_page_t *page, const char *step,
    const char *attributes)
{
    idv_svc_page_print(page, "<form method=\"post\" action=\"index.html?");
    idv_svc_page_text(page, &page->query);
    idv_svc_page_print(page, "\"%s>\n"
                       "<input type=\"hidden\" name=\"step\" value=\"%s\">\n",
                       attributes, step);
}


void
idv_svc_page_print(idv_svc_page_t *page, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    page->pos = ngx_vslprintf(page->pos, page->last, fmt, args);
    va_end(args);
}


void
idv_svc_page_text(idv_svc_page_t *page, ngx_str_t *text)
{
    ngx_str_t  escaped;

    if (idv_html_escape(page->call->request->pool, text, &escaped) != NGX_OK) {
        page->pos = page->last;
        return;
    }

    idv_svc_page_print(page, "%V", &escaped);
}
