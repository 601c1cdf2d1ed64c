
/*
 * Copyright (C) nginx-idv authors
 *
 * What the user does on the phone: begin, give a document, give a photo.  The
 * link's transaction id and code together open a transaction, one alone never.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_checker.h"
#include "idv_svc_form.h"
#include "idv_svc_image.h"
#include "idv_svc_otp.h"
#include "idv_svc_page.h"
#include "idv_svc_paper.h"
#include "idv_svc_type.h"


#define IDV_SVC_TRIES  8


static ngx_int_t idv_svc_capture_open(idv_svc_call_t *call,
    ngx_uint_t want, idv_svc_view_t *view);
static ngx_int_t idv_svc_capture_saved(idv_svc_page_t *page);
static ngx_int_t idv_svc_capture_sent(idv_svc_call_t *call);
static ngx_int_t idv_svc_capture_form(idv_svc_call_t *call,
    idv_svc_form_t *form);
static ngx_int_t idv_svc_capture_begin(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_document(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_image(idv_svc_page_t *page, ngx_int_t type,
    ngx_str_t *image);
static ngx_int_t idv_svc_capture_skip(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_selfie(idv_svc_page_t *page,
    ngx_uint_t *changed);


typedef struct {
    ngx_str_t    name;
    ngx_int_t  (*handler)(idv_svc_page_t *page, ngx_uint_t *changed);
} idv_svc_step_t;


/*
 * A step changes the view; NGX_DECLINED if the transaction is elsewhere by
 * now, NGX_ABORT if the form is to be shown again.
 */

static idv_svc_step_t  idv_svc_steps[] = {
    { ngx_string("begin"), idv_svc_capture_begin },
    { ngx_string("send"), idv_svc_page_otp_send },
    { ngx_string("code"), idv_svc_page_otp_check },
    { ngx_string("document"), idv_svc_capture_document },
    { ngx_string("selfie"), idv_svc_capture_selfie },
    { ngx_string("skip"), idv_svc_capture_skip },
    { ngx_null_string, NULL }
};


static ngx_str_t  idv_svc_style = ngx_string(
    ":root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#1c2129;"
    "--soft:#566072;--line:#8a94a6;--act:#0b57c2;--on-act:#fff;--bad:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--ground:#12151b;--card:#1c2129;"
    "--text:#eceff4;--soft:#a9b3c3;--line:#6d788b;--act:#8ab8ff;"
    "--on-act:#0b1a30;--bad:#ffb4ab}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:1rem;background:var(--ground);color:var(--text);"
    "font:1.0625rem/1.5 system-ui,sans-serif}"
    "main{max-width:30rem;margin:0 auto;padding:1.5rem;background:var(--card);"
    "border-radius:.75rem}"
    "h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}"
    "p,ul{margin:0 0 1rem}ul{padding-inline-start:1.25rem}"
    ".steps{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0 0 1.25rem;"
    "padding:0;list-style:none;font-size:.875rem;color:var(--soft)}"
    ".steps [aria-current]{color:var(--text);font-weight:600;"
    "text-decoration:underline;text-underline-offset:.25rem}"
    ".code{font-size:2rem;font-weight:600;letter-spacing:.15em;"
    "text-align:center}"
    ".note{margin:1rem 0 0;font-size:.875rem;color:var(--soft)}"
    ".problem{padding:.75rem 1rem;border-inline-start:.25rem solid var(--bad);"
    "color:var(--bad)}"
    "label{display:block;margin:1rem 0 .25rem;font-weight:600}"
    "label span{font-weight:400;color:var(--soft)}"
    "input:not([type=hidden]),select{display:block;width:100%;"
    "min-height:2.75rem;"
    "padding:.5rem .75rem;border:1px solid var(--line);border-radius:.375rem;"
    "background:var(--card);color:var(--text);font:inherit}"
    "textarea{display:block;width:100%;padding:.5rem .75rem;"
    "border:1px solid var(--line);border-radius:.375rem;"
    "background:var(--card);color:var(--text);"
    "font:.875rem/1.5 ui-monospace,monospace}"
    "[aria-invalid]{border:2px solid var(--bad)}"
    "button,.button{display:block;width:100%;margin:1.5rem 0 0;padding:.75rem;"
    "border:0;border-radius:.375rem;background:var(--act);"
    "color:var(--on-act);font:inherit;font-weight:600;text-align:center;"
    "text-decoration:none;cursor:pointer}"
    ":focus-visible{outline:3px solid var(--act);outline-offset:2px}");


/* the introduction was given elsewhere: the button is pressed for the user */

static ngx_str_t  idv_svc_script = ngx_string(
    "\"use strict\";\n"
    "{\n"
    "  const form = document.getElementById(\"begin\");\n"
    "  if (form) form.submit();\n"
    "}\n");


ngx_int_t
idv_svc_capture_style(idv_svc_call_t *call)
{
    return idv_svc_send(call, NGX_HTTP_OK, "text/css", &idv_svc_style);
}


ngx_int_t
idv_svc_capture_script(idv_svc_call_t *call)
{
    return idv_svc_send(call, NGX_HTTP_OK, "text/javascript",
                        &idv_svc_script);
}


ngx_int_t
idv_svc_capture_show(idv_svc_call_t *call)
{
    idv_svc_page_t  page;
    idv_svc_view_t  view;

    if (idv_svc_capture_open(call, IDV_SVC_BLOB(IDV_SVC_BLOB_REQUEST), &view)
        != NGX_OK)
    {
        return idv_svc_page_none(call);
    }

    /* the address is a document, and nothing else on a page is one */

    if (idv_svc_otp_wanted(&view.tx)
        && idv_svc_capture_open(call, IDV_SVC_BLOB(IDV_SVC_BLOB_REQUEST)
                                      |IDV_SVC_DOCS, &view)
           != NGX_OK)
    {
        return idv_svc_page_none(call);
    }

    if (idv_svc_page_init(&page, call, &view) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return idv_svc_page_show(&page);
}


ngx_int_t
idv_svc_capture_step(idv_svc_call_t *call)
{
    uint32_t         seen;
    ngx_int_t        rc;
    ngx_str_t        name;
    ngx_uint_t       tries, changed;
    idv_svc_form_t   form;
    idv_svc_page_t   page;
    idv_svc_step_t  *step;
    idv_svc_view_t   view;

    rc = idv_svc_capture_form(call, &form);
    name = idv_svc_form_get(&form, "step");

    for (step = idv_svc_steps; step->name.len; step++) {
        if (name.len == step->name.len
            && ngx_strncmp(name.data, step->name.data, name.len) == 0)
        {
            break;
        }
    }

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_capture_open(call, IDV_SVC_BLOBS_ALL|IDV_SVC_DOCS, &view)
            != NGX_OK)
        {
            return idv_svc_page_none(call);
        }

        /* only who has the link learns what was wrong with the form */

        if (rc != NGX_OK || step->handler == NULL) {
            return idv_svc_page_malformed(call);
        }

        if (idv_svc_page_init(&page, call, &view) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        page.form = &form;
        seen = view.tx.version;
        changed = IDV_SVC_BLOBS_NONE;

        switch (step->handler(&page, &changed)) {

        case NGX_OK:
            break;

        case NGX_DECLINED:
            /* sent twice, or too late: the page says where things stand */
            return idv_svc_page_next(&page, 0);

        case NGX_ABORT:
            return idv_svc_page_show(&page);

        default:
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        switch (idv_svc_store_save(call->store, &view, seen, changed,
                                   call->now))
        {

        case NGX_OK:
            return idv_svc_capture_saved(&page);

        case NGX_ERROR:
            return idv_svc_page_full(call);
        }

        /* somebody else was first, or it is gone: look again */
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* a code is on its way before the user is asked for it */

static ngx_int_t
idv_svc_capture_saved(idv_svc_page_t *page)
{
    idv_svc_page_t  *kept;

    if (page->problem) {
        return idv_svc_page_show(page);
    }

    if (page->view->tx.status == IDV_TX_IN_PROGRESS) {
        idv_svc_checker_ask(page->call, page->view);
    }

    if (!page->deliver) {
        return idv_svc_page_next(page,
                                 page->view->tx.status == IDV_TX_IN_PROGRESS);
    }

    kept = ngx_palloc(page->call->request->pool, sizeof(idv_svc_page_t));
    if (kept == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *kept = *page;
    kept->view = NULL;
    page->call->data = kept;

    return idv_svc_otp_deliver(page->call, page->view, page->channel,
                               idv_svc_capture_sent);
}


static ngx_int_t
idv_svc_capture_sent(idv_svc_call_t *call)
{
    return idv_svc_page_next(call->data, 0);
}


/* NGX_DECLINED for everything that does not open a transaction */

static ngx_int_t
idv_svc_capture_open(idv_svc_call_t *call, ngx_uint_t want,
    idv_svc_view_t *view)
{
    uint32_t       seen;
    ngx_uint_t     tries;
    idv_svc_key_t  key;

    if (idv_uuid_parse(call->tx, call->txnid.data, call->txnid.len)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    key.tx = call->tx;
    key.env = call->env;
    ngx_str_null(&key.user);

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_store_get(call->store, &key, want, call->now,
                              call->request->pool, view)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (view->tx.misses >= IDV_SVC_MAX_MISSES) {
            return NGX_DECLINED;
        }

        if (call->code.len == IDV_SVC_CODE_LEN
            && idv_equal(call->code.data, view->tx.code, IDV_SVC_CODE_LEN))
        {
            return NGX_OK;
        }

        /* counted for sure, however many guess at the same time */

        seen = view->tx.version;

        view->tx.misses++;
        view->tx.version++;

        if (idv_svc_store_save(call->store, view, seen, IDV_SVC_BLOBS_NONE,
                               call->now)
            != NGX_AGAIN)
        {
            break;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
idv_svc_capture_form(idv_svc_call_t *call, idv_svc_form_t *form)
{
    form->n = 0;

    if (idv_svc_media_type(call, "multipart/form-data") == NGX_OK) {
        return idv_svc_form_multipart(&call->body,
                           &call->request->headers_in.content_type->value,
                           form);
    }

    if (idv_svc_media_type(call, "application/x-www-form-urlencoded")
        == NGX_OK)
    {
        return idv_svc_form_parse(&call->body, form);
    }

    return NGX_DECLINED;
}


static ngx_int_t
idv_svc_capture_begin(idv_svc_page_t *page, ngx_uint_t *changed)
{
    if (idv_svc_tx_begin(&page->view->tx, page->call->now) != NGX_OK) {
        return NGX_DECLINED;
    }

    /* a policy may ask for nothing that this page could take */

    return idv_svc_page_wanted(&page->view->tx)
           ? NGX_OK : idv_svc_capture_given(page, changed);
}


static ngx_int_t
idv_svc_capture_document(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_int_t        rc, type;
    ngx_str_t        photo;
    ngx_uint_t       kind;
    idv_svc_view_t  *view;

    view = page->view;

    if (idv_svc_page_wanted(&view->tx) != IDV_SVC_GIVE_DOCUMENT) {
        return NGX_DECLINED;
    }

    photo = idv_svc_form_get(page->form, "photo");

    rc = idv_svc_paper_read(page, photo.len != 0);
    if (rc != NGX_OK) {
        return rc;
    }

    kind = view->tx.document;

    /* what a client has given before is not mixed with it */

    idv_svc_document_remove(view, IDV_SVC_GIVE_DOCUMENT);

    type = idv_svc_type_front(kind);

    if (photo.len && kind && type != NGX_DECLINED
        && idv_svc_capture_image(page, type, &photo) != NGX_OK)
    {
        return NGX_ERROR;
    }

    *changed |= IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);

    return idv_svc_capture_given(page, changed);
}


/* what is there now; with the last of it the page's part is over */

ngx_int_t
idv_svc_capture_given(idv_svc_page_t *page, ngx_uint_t *changed)
{
    idv_svc_view_t  *view;

    view = page->view;

    *changed |= IDV_SVC_DOCS;

    if (idv_svc_tx_give(&view->tx, idv_svc_type_given(view), page->call->now)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (idv_svc_page_wanted(&view->tx) == 0) {
        *changed |= idv_svc_document_look(page->call, view, 1);
    }

    return NGX_OK;
}


/* an optional check is done without */

static ngx_int_t
idv_svc_capture_skip(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_uint_t     wanted;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;
    wanted = idv_svc_page_wanted(tx);

    if (wanted == 0 || (wanted & idv_svc_tx_wanted(tx, IDV_SVC_REQUIRED))) {
        return NGX_DECLINED;
    }

    idv_svc_document_remove(page->view, wanted);

    tx->skipped |= (uint8_t) wanted;

    return idv_svc_capture_given(page, changed);
}


static ngx_int_t
idv_svc_capture_image(idv_svc_page_t *page, ngx_int_t type, ngx_str_t *image)
{
    ngx_uint_t  bad;

    bad = (idv_svc_image(image->data, image->len) == IDV_SVC_IMAGE_NONE);

    return idv_svc_document_add(page->call, page->view, type, image, bad, NULL)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
idv_svc_capture_selfie(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_int_t         type;
    ngx_str_t         photo;

    static ngx_str_t  name = ngx_string("Selfie");

    if (idv_svc_page_wanted(&page->view->tx) != IDV_SVC_GIVE_SELFIE) {
        return NGX_DECLINED;
    }

    photo = idv_svc_form_get(page->form, "camera");

    if (photo.len == 0) {
        photo = idv_svc_form_get(page->form, "photo");
    }

    if (photo.len == 0) {
        page->problem = "Please take or choose a photo.";
        return NGX_ABORT;
    }

    type = idv_svc_type_find(&name);

    if (type == NGX_DECLINED
        || idv_svc_capture_image(page, type, &photo) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return idv_svc_capture_given(page, changed);
}
