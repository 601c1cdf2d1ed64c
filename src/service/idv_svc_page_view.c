
/*
 * Copyright (C) nginx-idv authors
 *
 * What the capture page shows at each stage.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_page.h"
#include "idv_svc_type.h"


#define IDV_SVC_MINUTE  (60 * IDV_SVC_SECOND)


typedef ngx_int_t (*idv_svc_page_pt)(idv_svc_page_t *page);


static ngx_int_t idv_svc_view_begin(idv_svc_page_t *page);
static void idv_svc_view_need(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_kind(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_side(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_details(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_selfie(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_waiting(idv_svc_page_t *page);
static ngx_int_t idv_svc_view_done(idv_svc_page_t *page);

static void idv_svc_view_steps(idv_svc_page_t *page);
static void idv_svc_view_again(idv_svc_page_t *page, ngx_uint_t group);
static void idv_svc_view_tip(idv_svc_page_t *page, idv_svc_text_e key);
static void idv_svc_view_photo(idv_svc_page_t *page, const char *camera);
static void idv_svc_view_other(idv_svc_page_t *page);
static void idv_svc_view_back(idv_svc_page_t *page);
static const ngx_str_t *idv_svc_view_reason(idv_svc_page_t *page,
    ngx_uint_t reason);


/* in the order of idv_svc_stage_e */

static const idv_svc_page_pt  idv_svc_views[] = {
    idv_svc_view_begin,
    idv_svc_page_otp,
    idv_svc_page_otp,
    idv_svc_view_kind,
    idv_svc_view_side,
    idv_svc_view_side,
    idv_svc_view_details,
    idv_svc_view_selfie,
    idv_svc_page_review,
    idv_svc_view_waiting,
    idv_svc_view_done
};


/* what the user sees of the way; without what the policy does not ask for */

typedef struct {
    idv_svc_text_e    name;
    idv_svc_text_e    need;
    ngx_uint_t        give;          /* 0: always there */
    idv_svc_stage_e   last;          /* stage */
} idv_svc_way_t;

static const idv_svc_way_t  idv_svc_way[] = {

    { IDV_SVC_T_STEP_BEGIN, IDV_SVC_T_NOTHING, 0, IDV_SVC_STAGE_BEGIN },

    { IDV_SVC_T_STEP_EMAIL, IDV_SVC_T_NEED_EMAIL,
      IDV_SVC_GIVE_EMAIL, IDV_SVC_STAGE_EMAIL },

    { IDV_SVC_T_STEP_PHONE, IDV_SVC_T_NEED_PHONE,
      IDV_SVC_GIVE_PHONE, IDV_SVC_STAGE_PHONE },

    { IDV_SVC_T_STEP_DOCUMENT, IDV_SVC_T_NEED_DOCUMENT,
      IDV_SVC_GIVE_DOCUMENT, IDV_SVC_STAGE_DETAILS },

    { IDV_SVC_T_STEP_SELFIE, IDV_SVC_T_NEED_SELFIE,
      IDV_SVC_GIVE_SELFIE, IDV_SVC_STAGE_SELFIE },

    { IDV_SVC_T_STEP_REVIEW, IDV_SVC_T_NOTHING, 0, IDV_SVC_STAGE_REVIEW },
    { IDV_SVC_T_STEP_RESULT, IDV_SVC_T_NOTHING, 0, IDV_SVC_STAGE_DONE },
    { IDV_SVC_T_NOTHING, IDV_SVC_T_NOTHING, 0, IDV_SVC_STAGE_DONE }
};


ngx_int_t
idv_svc_page_show(idv_svc_page_t *page)
{
    return idv_svc_views[page->stage](page);
}


/*
 * Opening the page changes nothing: whatever previews links must not begin a
 * verification.  That takes the button, or the script that presses it where
 * the link says that the introduction was given elsewhere.
 */

static ngx_int_t
idv_svc_view_begin(idv_svc_page_t *page)
{
    u_char           *code, text[NGX_INT64_LEN];
    ngx_str_t         minutes, *client;
    idv_svc_tx_t     *tx;

    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_BEGIN_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    tx = &page->view->tx;
    code = tx->code;
    client = idv_svc_page_client(page);

    idv_svc_page_print(page, "<p>%V</p>\n",
                       idv_svc_page_told(page, IDV_SVC_T_BEGIN_ASKS, client,
                                         NULL));

    if (!tx->rules.authentication_mode) {
        idv_svc_view_need(page);
    }

    idv_svc_page_print(page,
        "<p>%V</p>\n"
        "<p class=\"code\" dir=\"ltr\"><span>%*s</span> <span>%*s</span></p>\n"
        "<p>%V</p>\n"
        "<p class=\"problem\">%V</p>\n",
        idv_svc_say(page, IDV_SVC_T_BEGIN_CODE),
        (size_t) 3, code, (size_t) 3, code + 3,
        idv_svc_page_told(page, IDV_SVC_T_BEGIN_TIME,
                          idv_svc_page_time(page, tx->created),
                          idv_svc_page_time(page, tx->expires)),
        idv_svc_say(page, IDV_SVC_T_BEGIN_WARNING));

    if (page->call->conf->test_mode) {
        idv_svc_page_print(page, "<p class=\"problem\">%V</p>\n",
                           idv_svc_say(page, IDV_SVC_T_TEST_MODE));
    }

    minutes.data = text;
    minutes.len = ngx_sprintf(text, "%L",
                              (tx->personal_time + IDV_SVC_MINUTE - 1)
                              / IDV_SVC_MINUTE)
                  - text;

    idv_svc_page_print(page, "<p>%V</p>\n",
                       idv_svc_page_told(page, IDV_SVC_T_CONSENT, client,
                                         &minutes));

    idv_svc_page_form(page, "begin", " id=\"begin\"");

    idv_svc_page_print(page,
        "<button type=\"submit\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_BEGIN));

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


static void
idv_svc_view_need(idv_svc_page_t *page)
{
    ngx_uint_t            wanted, required;
    const ngx_str_t      *text;
    const idv_svc_way_t  *way;

    wanted = idv_svc_tx_asked(&page->view->tx, IDV_SVC_OPTIONAL);
    required = idv_svc_tx_asked(&page->view->tx, IDV_SVC_REQUIRED);

    if (wanted == 0) {
        return;
    }

    idv_svc_page_print(page, "<p>%V</p>\n<ul>\n",
                       idv_svc_say(page, IDV_SVC_T_BEGIN_NEED));

    for (way = idv_svc_way; way->name; way++) {
        if (!(wanted & way->give)) {
            continue;
        }

        text = idv_svc_say(page, way->need);

        if (!(required & way->give)) {
            text = idv_svc_page_told(page, IDV_SVC_T_NEED_OPTIONAL, text, NULL);
        }

        idv_svc_page_print(page, "<li>%V</li>\n", text);
    }

    idv_svc_page_print(page, "</ul>\n");
}


static ngx_int_t
idv_svc_view_kind(idv_svc_page_t *page)
{
    ngx_uint_t  i;

    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_KIND_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_view_again(page, IDV_SVC_GROUP_ID);

    idv_svc_page_form(page, "choose", "");

    idv_svc_page_print(page,
        "<fieldset%s>\n"
        "<legend>%V</legend>\n",
        page->problem ? " aria-describedby=\"problem\"" : "",
        idv_svc_say(page, IDV_SVC_T_KIND_TEXT));

    for (i = 0; idv_svc_documents[i].name.len; i++) {
        idv_svc_page_print(page,
            "<label class=\"choice\"><input type=\"radio\" name=\"idType\" "
            "value=\"%V\"%s> %V</label>\n",
            &idv_svc_documents[i].name, i ? "" : " required",
            idv_svc_say(page, IDV_SVC_T_KIND_PASSPORT + i));
    }

    idv_svc_page_print(page,
        "</fieldset>\n"
        "<button type=\"submit\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_CONTINUE));

    idv_svc_page_skip(page);

    return idv_svc_page_close(page);
}


static ngx_int_t
idv_svc_view_side(idv_svc_page_t *page)
{
    ngx_uint_t  back;

    back = (page->stage == IDV_SVC_STAGE_BACK);

    if (idv_svc_page_open(page,
            idv_svc_page_told(page, back ? IDV_SVC_T_BACK_TITLE
                                         : IDV_SVC_T_FRONT_TITLE,
                              idv_svc_say(page, IDV_SVC_T_KIND_PASSPORT
                                                + page->view->tx.kind - 1),
                              NULL),
            0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_view_again(page, IDV_SVC_GROUP_ID);
    idv_svc_view_tip(page, IDV_SVC_T_PAPER_TIP);

    idv_svc_page_form(page, back ? "back" : "front",
                      " enctype=\"multipart/form-data\"");
    idv_svc_view_photo(page, "environment");

    idv_svc_page_print(page,
        "<button type=\"submit\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_CONTINUE));

    idv_svc_page_button(page, "without", back ? "back" : "front",
                        idv_svc_say(page, IDV_SVC_T_PHOTO_WITHOUT), NULL);

    idv_svc_view_other(page);

    return idv_svc_page_close(page);
}


static ngx_int_t
idv_svc_view_details(idv_svc_page_t *page)
{
    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_DETAILS_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_view_again(page, IDV_SVC_GROUP_ID);
    idv_svc_view_tip(page, IDV_SVC_T_DETAILS_TEXT);

    idv_svc_page_details(page);

    idv_svc_view_other(page);

    return idv_svc_page_close(page);
}


static ngx_int_t
idv_svc_view_selfie(idv_svc_page_t *page)
{
    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_SELFIE_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_view_again(page, IDV_SVC_GROUP_SELFIE);
    idv_svc_view_tip(page, IDV_SVC_T_SELFIE_TIP);

    idv_svc_page_form(page, "selfie", " enctype=\"multipart/form-data\"");
    idv_svc_view_photo(page, "user");

    idv_svc_page_print(page,
        "<button type=\"submit\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_CONTINUE));

    idv_svc_page_skip(page);

    return idv_svc_page_close(page);
}


static ngx_int_t
idv_svc_view_waiting(idv_svc_page_t *page)
{
    ngx_uint_t  held;

    held = page->view->tx.held;

    if (idv_svc_page_open(page, idv_svc_say(page, IDV_SVC_T_WAIT_TITLE),
                          held ? 30 : 3)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_print(page, "<p role=\"status\">%V %V%s%V</p>\n",
                       idv_svc_say(page, IDV_SVC_T_WAIT_TEXT),
                       idv_svc_say(page, held ? IDV_SVC_T_WAIT_PERSON
                                              : IDV_SVC_T_NOTHING),
                       held ? " " : "",
                       idv_svc_say(page, IDV_SVC_T_WAIT_PAGE));

    idv_svc_view_back(page);

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


static ngx_int_t
idv_svc_view_done(idv_svc_page_t *page)
{
    ngx_uint_t     good;
    idv_svc_tx_t  *tx;

    tx = &page->view->tx;
    good = idv_tx_status_good(tx->status);

    if (idv_svc_page_open(page,
                          idv_svc_say(page, good ? IDV_SVC_T_GOOD_TITLE
                                                 : IDV_SVC_T_BAD_TITLE), 0)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (good) {
        idv_svc_page_print(page, "<p role=\"status\">%V</p>\n",
                           idv_svc_say(page, IDV_SVC_T_GOOD_TEXT));

    } else {
        idv_svc_page_print(page,
            "<p role=\"status\">%V</p>\n"
            "<p>%V</p>\n",
            idv_svc_page_told(page, IDV_SVC_T_BAD_TEXT,
                              idv_svc_view_reason(page, tx->reason), NULL),
            idv_svc_say(page, IDV_SVC_T_BAD_AGAIN));
    }

    idv_svc_view_back(page);

    return idv_svc_page_end(page, NGX_HTTP_OK);
}


/* the head of every stage; a problem is what is heard and focused first */

ngx_int_t
idv_svc_page_open(idv_svc_page_t *page, const ngx_str_t *title,
    ngx_uint_t refresh)
{
    if (idv_svc_page_begin(page, title, refresh) != NGX_OK) {
        return NGX_ERROR;
    }

    idv_svc_view_steps(page);

    idv_svc_page_print(page, "<h1>%V</h1>\n", title);

    if (page->problem) {
        idv_svc_page_print(page,
                           "<p class=\"problem\" id=\"problem\" role=\"alert\" "
                           "tabindex=\"-1\" autofocus>%V</p>\n",
                           idv_svc_say(page, page->problem));
    }

    return NGX_OK;
}


ngx_int_t
idv_svc_page_close(idv_svc_page_t *page)
{
    idv_svc_page_print(page, "<p class=\"note\">%V</p>\n",
                       idv_svc_page_told(page, IDV_SVC_T_ASKS,
                                         idv_svc_page_client(page),
                                         idv_svc_page_time(page,
                                             page->view->tx.collect_until)));

    return idv_svc_page_end(page, page->problem ? NGX_HTTP_BAD_REQUEST
                                                : NGX_HTTP_OK);
}


static void
idv_svc_view_steps(idv_svc_page_t *page)
{
    ngx_uint_t            asked, now;
    const idv_svc_way_t  *way;

    asked = idv_svc_tx_asked(&page->view->tx, IDV_SVC_OPTIONAL);
    now = 1;

    idv_svc_page_print(page, "<ol class=\"steps\">\n");

    for (way = idv_svc_way; way->name; way++) {

        if (way->give && !(asked & way->give)) {
            continue;
        }

        idv_svc_page_print(page, "<li%s>%V</li>\n",
                           (now && page->stage <= way->last)
                           ? " aria-current=\"step\"" : "",
                           idv_svc_say(page, way->name));

        if (page->stage <= way->last) {
            now = 0;
        }
    }

    idv_svc_page_print(page, "</ol>\n");
}


/* another attempt: what was wrong with the last one */

static void
idv_svc_view_again(idv_svc_page_t *page, ngx_uint_t group)
{
    u_char               text[2][NGX_INT_T_LEN];
    ngx_str_t            n[2];
    const idv_svc_tx_t  *tx;

    tx = &page->view->tx;

    if (tx->again[group] == IDV_SVC_REASON_NONE || page->problem) {
        return;
    }

    n[0].data = text[0];
    n[0].len = ngx_sprintf(text[0], "%d", tx->attempt[group] + 1) - text[0];
    n[1].data = text[1];
    n[1].len = ngx_sprintf(text[1], "%ui", idv_svc_tx_retries(tx, group) + 1)
               - text[1];

    idv_svc_page_print(page,
                       "<p class=\"problem\" id=\"problem\" role=\"alert\" "
                       "tabindex=\"-1\" autofocus>%V %V</p>\n",
                       idv_svc_view_reason(page, tx->again[group]),
                       idv_svc_page_told(page, IDV_SVC_T_AGAIN, &n[0], &n[1]));
}


/* how to do it, unless the policy's creator wants that left out */

static void
idv_svc_view_tip(idv_svc_page_t *page, idv_svc_text_e key)
{
    if (!page->view->tx.rules.authentication_mode) {
        idv_svc_page_print(page, "<p>%V</p>\n", idv_svc_say(page, key));
    }
}


/* which of the two cameras it is that the phone opens */

static void
idv_svc_view_photo(idv_svc_page_t *page, const char *camera)
{
    size_t       size;
    const char  *invalid;

    size = page->call->conf->keep_image ? page->call->conf->keep_image
                                        : page->call->conf->max_image;

    invalid = page->problem ? " aria-invalid=\"true\" "
                              "aria-describedby=\"problem\"" : "";

    idv_svc_page_print(page,
        "<label for=\"camera\">%V</label>\n"
        "<input id=\"camera\" name=\"camera\" type=\"file\" "
        "accept=\"image/jpeg,image/png\" capture=\"%s\" data-size=\"%uz\"%s>\n"
        "<label for=\"photo\">%V <span>%V</span></label>\n"
        "<input id=\"photo\" name=\"photo\" type=\"file\" "
        "accept=\"image/jpeg,image/png\" data-size=\"%uz\"%s>\n",
        idv_svc_say(page, IDV_SVC_T_PHOTO_CAMERA), camera,
        size, invalid,
        idv_svc_say(page, IDV_SVC_T_PHOTO_FILE),
        idv_svc_say(page, IDV_SVC_T_PHOTO_TYPES),
        size, invalid);
}


static void
idv_svc_view_other(idv_svc_page_t *page)
{
    idv_svc_page_button(page, "change", "kind",
                        idv_svc_say(page, IDV_SVC_T_KIND_OTHER), NULL);

    idv_svc_page_skip(page);
}


void
idv_svc_page_skip(idv_svc_page_t *page)
{
    if (idv_svc_tx_wanted(&page->view->tx, IDV_SVC_REQUIRED)
        & idv_svc_page_give(page->stage))
    {
        return;
    }

    idv_svc_page_button(page, "skip", NULL, idv_svc_say(page, IDV_SVC_T_SKIP),
                        NULL);
}


static void
idv_svc_view_back(idv_svc_page_t *page)
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
    idv_svc_page_print(page, "\">%V</a></p>\n",
                       idv_svc_say(page, IDV_SVC_T_CONTINUE));
}


static const ngx_str_t *
idv_svc_view_reason(idv_svc_page_t *page, ngx_uint_t reason)
{
    const ngx_str_t  *text;

    text = &page->lang->reason[reason];

    return text->len ? text : idv_svc_reason_text(reason);
}
