
/*
 * Copyright (C) nginx-idv authors
 *
 * What the user does on the phone, step by step.  The link's transaction id and
 * code together open a transaction, one alone never.  A step belongs to a stage
 * of the page: sent twice, or from an old tab, it changes nothing.
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


typedef enum {
    IDV_SVC_PART_ADDRESS = 0,
    IDV_SVC_PART_KIND,
    IDV_SVC_PART_SIDE,
    IDV_SVC_PART_DETAILS,
    IDV_SVC_PART_SELFIE
} idv_svc_part_e;


/* what can be changed before it is submitted */

typedef struct {
    const char      *name;
    idv_svc_part_e   part;
    ngx_uint_t       give;
    ngx_uint_t       side;
} idv_svc_part_name_t;


static ngx_int_t idv_svc_capture_open(idv_svc_call_t *call,
    ngx_uint_t want, idv_svc_view_t *view);
static ngx_int_t idv_svc_capture_saved(idv_svc_page_t *page);
static ngx_int_t idv_svc_capture_sent(idv_svc_call_t *call);
static ngx_int_t idv_svc_capture_form(idv_svc_call_t *call,
    idv_svc_form_t *form);
static ngx_int_t idv_svc_capture_begin(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_choose(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_front(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_back(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_side(idv_svc_page_t *page,
    ngx_uint_t *changed, ngx_uint_t side, ngx_uint_t without);
static ngx_int_t idv_svc_capture_without(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_document(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_selfie(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_skip(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_change(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_submit(idv_svc_page_t *page,
    ngx_uint_t *changed);
static ngx_int_t idv_svc_capture_photo(idv_svc_page_t *page,
    ngx_str_t *photo);
static ngx_int_t idv_svc_capture_image(idv_svc_page_t *page, ngx_int_t type,
    ngx_str_t *image);
static ngx_uint_t idv_svc_capture_is(idv_svc_page_t *page, const char *name,
    const char *value);


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
    { ngx_string("choose"), idv_svc_capture_choose },
    { ngx_string("front"), idv_svc_capture_front },
    { ngx_string("back"), idv_svc_capture_back },
    { ngx_string("without"), idv_svc_capture_without },
    { ngx_string("document"), idv_svc_capture_document },
    { ngx_string("selfie"), idv_svc_capture_selfie },
    { ngx_string("skip"), idv_svc_capture_skip },
    { ngx_string("change"), idv_svc_capture_change },
    { ngx_string("submit"), idv_svc_capture_submit },
    { ngx_null_string, NULL }
};


static const idv_svc_part_name_t  idv_svc_parts[] = {

    { "email", IDV_SVC_PART_ADDRESS, IDV_SVC_GIVE_EMAIL, IDV_SVC_SIDE_NONE },
    { "phone", IDV_SVC_PART_ADDRESS, IDV_SVC_GIVE_PHONE, IDV_SVC_SIDE_NONE },
    { "kind", IDV_SVC_PART_KIND, IDV_SVC_GIVE_DOCUMENT, IDV_SVC_SIDE_NONE },
    { "front", IDV_SVC_PART_SIDE, IDV_SVC_GIVE_DOCUMENT, IDV_SVC_SIDE_FRONT },
    { "back", IDV_SVC_PART_SIDE, IDV_SVC_GIVE_DOCUMENT, IDV_SVC_SIDE_BACK },

    { "details", IDV_SVC_PART_DETAILS, IDV_SVC_GIVE_DOCUMENT,
      IDV_SVC_SIDE_NONE },

    { "selfie", IDV_SVC_PART_SELFIE, IDV_SVC_GIVE_SELFIE, IDV_SVC_SIDE_NONE },
    { NULL, IDV_SVC_PART_ADDRESS, 0, IDV_SVC_SIDE_NONE }
};


ngx_int_t
idv_svc_capture_show(idv_svc_call_t *call)
{
    idv_svc_page_t  page;
    idv_svc_view_t  view;

    if (idv_svc_capture_open(call,
                             IDV_SVC_BLOB(IDV_SVC_BLOB_REQUEST)
                             |IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT)
                             |IDV_SVC_DOCS_LIST, &view)
        != NGX_OK)
    {
        return idv_svc_page_none(call);
    }

    /* an address is a document whose value is shown */

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

    page->stage = idv_svc_page_stage(page->view);

    return (page->stage == IDV_SVC_STAGE_REVIEW)
           ? idv_svc_capture_submit(page, changed) : NGX_OK;
}


static ngx_int_t
idv_svc_capture_choose(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_uint_t  i;

    if (page->stage != IDV_SVC_STAGE_KIND) {
        return NGX_DECLINED;
    }

    for (i = 0; idv_svc_documents[i].name.len; i++) {
        if (idv_svc_capture_is(page, "idType",
                               (char *) idv_svc_documents[i].name.data))
        {
            page->view->tx.kind = (uint8_t) (i + 1);

            /* what a client has given before is not mixed with it */

            idv_svc_document_remove(page->view, IDV_SVC_GIVE_DOCUMENT,
                                    IDV_SVC_SIDE_NONE);

            return idv_svc_capture_given(page, changed);
        }
    }

    page->problem = IDV_SVC_T_KIND_MISSING;

    return NGX_ABORT;
}


static ngx_int_t
idv_svc_capture_front(idv_svc_page_t *page, ngx_uint_t *changed)
{
    return idv_svc_capture_side(page, changed, IDV_SVC_SIDE_FRONT, 0);
}


static ngx_int_t
idv_svc_capture_back(idv_svc_page_t *page, ngx_uint_t *changed)
{
    return idv_svc_capture_side(page, changed, IDV_SVC_SIDE_BACK, 0);
}


static ngx_int_t
idv_svc_capture_without(idv_svc_page_t *page, ngx_uint_t *changed)
{
    return idv_svc_capture_side(page, changed,
                                idv_svc_capture_is(page, "what", "back")
                                ? IDV_SVC_SIDE_BACK : IDV_SVC_SIDE_FRONT, 1);
}


static ngx_int_t
idv_svc_capture_side(idv_svc_page_t *page, ngx_uint_t *changed,
    ngx_uint_t side, ngx_uint_t without)
{
    ngx_int_t      type;
    ngx_str_t      photo;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;

    if (page->stage != (side == IDV_SVC_SIDE_FRONT ? IDV_SVC_STAGE_FRONT
                                                   : IDV_SVC_STAGE_BACK))
    {
        return NGX_DECLINED;
    }

    if (!without && idv_svc_capture_photo(page, &photo) != NGX_OK) {
        return NGX_ABORT;
    }

    type = idv_svc_type_side(tx->kind, side);

    idv_svc_document_remove(page->view, IDV_SVC_GIVE_DOCUMENT, side);

    if (!without && idv_svc_capture_image(page, type, &photo) != NGX_OK) {
        return NGX_ERROR;
    }

    tx->sides |= (uint8_t) (1 << side);

    return idv_svc_capture_given(page, changed);
}


static ngx_int_t
idv_svc_capture_document(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_int_t  rc;

    if (page->stage != IDV_SVC_STAGE_DETAILS) {
        return NGX_DECLINED;
    }

    rc = idv_svc_form_set(page->form, "idType",
                     &idv_svc_documents[page->view->tx.kind - 1].name);

    if (rc == NGX_OK) {
        rc = idv_svc_paper_read(page, 0);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    *changed |= IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);

    return idv_svc_capture_given(page, changed);
}


static ngx_int_t
idv_svc_capture_selfie(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_str_t         photo;

    static ngx_str_t  name = ngx_string("Selfie");

    if (page->stage != IDV_SVC_STAGE_SELFIE) {
        return NGX_DECLINED;
    }

    if (idv_svc_capture_photo(page, &photo) != NGX_OK) {
        return NGX_ABORT;
    }

    if (idv_svc_capture_image(page, idv_svc_type_find(&name), &photo)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return idv_svc_capture_given(page, changed);
}


/* an optional check is done without */

static ngx_int_t
idv_svc_capture_skip(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_uint_t     give;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;

    give = idv_svc_page_give(page->stage);

    if (give == 0 || (idv_svc_tx_wanted(tx, IDV_SVC_REQUIRED) & give)) {
        return NGX_DECLINED;
    }

    if (give == IDV_SVC_GIVE_DOCUMENT) {
        tx->kind = 0;
        tx->sides = 0;
        idv_svc_tx_unread(tx);
    }

    idv_svc_document_remove(page->view, give, IDV_SVC_SIDE_NONE);
    idv_svc_otp_revoke(tx, give, page->call->now);

    tx->skipped |= (uint8_t) give;

    return idv_svc_capture_given(page, changed);
}


/*
 * What was given is asked for again; nobody looks at it before the last step.
 * What was found good stays: a face is not another one than that which lives.
 */

static ngx_int_t
idv_svc_capture_change(idv_svc_page_t *page, ngx_uint_t *changed)
{
    idv_svc_tx_t               *tx;
    const idv_svc_part_name_t  *part;

    tx = &page->view->tx;

    for (part = idv_svc_parts; part->name; part++) {
        if (idv_svc_capture_is(page, "what", part->name)) {
            break;
        }
    }

    /* another kind of document is also one half way */

    if (part->name == NULL || idv_svc_tx_settled(tx, part->give)
        || (page->stage != IDV_SVC_STAGE_REVIEW
            && (part->part != IDV_SVC_PART_KIND
                || idv_svc_page_give(page->stage) != part->give)))
    {
        return NGX_DECLINED;
    }

    switch (part->part) {

    case IDV_SVC_PART_ADDRESS:
        break;

    case IDV_SVC_PART_KIND:
        tx->kind = 0;
        tx->sides = 0;
        tx->draft = 0;
        idv_svc_tx_unread(tx);
        idv_svc_document_remove(page->view, part->give, IDV_SVC_SIDE_NONE);
        break;

    case IDV_SVC_PART_SELFIE:
        idv_svc_document_remove(page->view, part->give, IDV_SVC_SIDE_NONE);
        break;

    default:

        if (tx->kind == 0) {
            return NGX_DECLINED;
        }

        if (part->part == IDV_SVC_PART_DETAILS) {
            idv_svc_tx_unread(tx);

        } else {
            tx->sides &= (uint8_t) ~(1 << part->side);
        }
    }

    tx->skipped &= (uint8_t) ~part->give;

    return idv_svc_capture_given(page, changed);
}


static ngx_int_t
idv_svc_capture_submit(idv_svc_page_t *page, ngx_uint_t *changed)
{
    if (page->stage != IDV_SVC_STAGE_REVIEW) {
        return NGX_DECLINED;
    }

    *changed |= idv_svc_document_look(page->call, page->view, 1);

    return NGX_OK;
}


/* what there is now; a document is one when the page has asked for all of it */

ngx_int_t
idv_svc_capture_given(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_uint_t       given;
    idv_svc_view_t  *view;

    view = page->view;
    given = idv_svc_type_given(view);

    if (view->tx.kind && idv_svc_page_paper(view) != IDV_SVC_STAGE_SELFIE) {
        given &= ~IDV_SVC_GIVE_DOCUMENT;
    }

    *changed |= IDV_SVC_DOCS;

    /* a choice is nothing that is there */

    if (view->tx.status == IDV_TX_INITIATED && view->ndocs == 0
        && !view->tx.typed)
    {
        view->tx.version++;
        return NGX_OK;
    }

    return idv_svc_tx_give(&view->tx, given, page->call->now);
}


static ngx_int_t
idv_svc_capture_photo(idv_svc_page_t *page, ngx_str_t *photo)
{
    *photo = idv_svc_form_get(page->form, "camera");

    if (photo->len == 0) {
        *photo = idv_svc_form_get(page->form, "photo");
    }

    if (photo->len == 0) {
        page->problem = IDV_SVC_T_PHOTO_MISSING;
        return NGX_DECLINED;
    }

    /* what is not kept would not have been collected */

    if (page->view->tx.rules.collect_only
        && photo->len > page->call->conf->keep_image)
    {
        page->problem = IDV_SVC_T_PHOTO_LARGE;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_capture_image(idv_svc_page_t *page, ngx_int_t type, ngx_str_t *image)
{
    ngx_uint_t  bad;

    if (type == NGX_DECLINED) {
        return NGX_ERROR;
    }

    bad = (idv_svc_image(image->data, image->len) == IDV_SVC_IMAGE_NONE);

    return idv_svc_document_add(page->call, page->view, type, image, bad, NULL)
           ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
idv_svc_capture_is(idv_svc_page_t *page, const char *name, const char *value)
{
    ngx_str_t  field;

    field = idv_svc_form_get(page->form, name);

    return field.len == ngx_strlen(value)
           && ngx_strncmp(field.data, value, field.len) == 0;
}
