
/*
 * Copyright (C) nginx-idv authors
 *
 * The capture page's step for an e-mail address or a phone: the address, then
 * the code that was sent to it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_otp.h"
#include "idv_svc_page.h"


typedef struct {
    ngx_str_t        name;
    idv_svc_text_e   title;
    idv_svc_text_e   label;
    const char      *attributes;
} idv_svc_page_way_t;


static ngx_int_t idv_svc_page_otp_channel(idv_svc_page_t *page);
static void idv_svc_page_otp_code(idv_svc_page_t *page,
    idv_svc_otp_look_t *look);
static void idv_svc_page_otp_again(idv_svc_page_t *page,
    idv_svc_otp_look_t *look);
static void idv_svc_page_otp_address(idv_svc_page_t *page,
    idv_svc_otp_look_t *look);
static void idv_svc_page_otp_form(idv_svc_page_t *page, const char *step);
static ngx_str_t *idv_svc_page_otp_shown(idv_svc_page_t *page,
    const ngx_str_t *address);
static ngx_str_t idv_svc_page_otp_number(u_char *text, int64_t n);


/* in the order of idv_svc_channel_e */

static const idv_svc_page_way_t  idv_svc_page_ways[IDV_SVC_NCHANNELS] = {

    { ngx_string("email"), IDV_SVC_T_EMAIL_TITLE, IDV_SVC_T_OTP_EMAIL,
      "type=\"email\" autocomplete=\"email\"" },

    { ngx_string("phone"), IDV_SVC_T_PHONE_TITLE, IDV_SVC_T_OTP_PHONE,
      "type=\"tel\" autocomplete=\"tel\"" }
};


/* what the user is told of a result, of sending and of typing in */

static const idv_svc_text_e  idv_svc_page_sending[IDV_OTP_NRESULTS] = {
    [IDV_OTP_MALFORMED] = IDV_SVC_T_OTP_ADDRESS,
    [IDV_OTP_TOO_SOON] = IDV_SVC_T_OTP_TOO_SOON,
    [IDV_OTP_NO_DELIVERIES] = IDV_SVC_T_OTP_NO_MORE
};

static const idv_svc_text_e  idv_svc_page_typing[IDV_OTP_NRESULTS] = {
    [IDV_OTP_MALFORMED] = IDV_SVC_T_OTP_MALFORMED,
    [IDV_OTP_WRONG] = IDV_SVC_T_OTP_WRONG,
    [IDV_OTP_EXPIRED] = IDV_SVC_T_OTP_EXPIRED,
    [IDV_OTP_NOT_SENT] = IDV_SVC_T_OTP_NONE
};


ngx_int_t
idv_svc_page_otp(idv_svc_page_t *page)
{
    idv_svc_otp_look_t  *look;

    page->channel = (page->stage == IDV_SVC_STAGE_EMAIL) ? IDV_SVC_EMAIL
                                                         : IDV_SVC_SMS;

    look = ngx_palloc(page->call->request->pool, sizeof(idv_svc_otp_look_t));

    if (look == NULL
        || idv_svc_otp_look(page->call, page->view, page->channel, look)
           != NGX_OK
        || idv_svc_page_open(page,
                  idv_svc_say(page, idv_svc_page_ways[page->channel].title), 0)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (look->address.len) {
        idv_svc_page_otp_code(page, look);
        idv_svc_page_otp_again(page, look);

    } else if (!page->view->tx.rules.authentication_mode) {
        idv_svc_page_print(page, "<p>%V</p>\n",
                           idv_svc_say(page, IDV_SVC_T_OTP_TIP));
    }

    if (look->address.len == 0 || (look->deliveries && look->n != 1)) {
        idv_svc_page_otp_address(page, look);
    }

    idv_svc_page_skip(page);

    return idv_svc_page_close(page);
}


/* without a code that is good any more, all that is left is to go on */

static void
idv_svc_page_otp_code(idv_svc_page_t *page, idv_svc_otp_look_t *look)
{
    u_char      text[NGX_INT64_LEN];
    ngx_str_t   left, *to, *until;
    ngx_uint_t  over;

    over = (look->valid == 0 || look->undelivered);

    to = idv_svc_page_otp_shown(page, &look->address);
    until = idv_svc_page_time(page, page->call->now + look->valid);

    if (look->undelivered) {
        idv_svc_page_print(page,
            "<p class=\"problem\" role=\"alert\">%V</p>\n",
            idv_svc_page_told(page, IDV_SVC_T_OTP_UNSENT, to, NULL));

    } else if (!over) {
        idv_svc_page_print(page, "<p role=\"status\" id=\"sent\">%V</p>\n",
                           idv_svc_page_told(page, IDV_SVC_T_OTP_SENT, to,
                                             until));
    }

    if (over) {

        if (look->deliveries == 0) {
            idv_svc_page_print(page, "<p>%V</p>\n",
                               idv_svc_say(page, IDV_SVC_T_OTP_OVER));
            idv_svc_page_otp_form(page, "code");
            idv_svc_page_print(page, "<button type=\"submit\">%V</button>\n"
                               "</form>\n",
                               idv_svc_say(page, IDV_SVC_T_OTP_GO_ON));
        }

        return;
    }

    left = idv_svc_page_otp_number(text, look->attempts);

    idv_svc_page_otp_form(page, "code");

    idv_svc_page_print(page,
        "<label for=\"code\">%V</label>\n"
        "<p class=\"hint\" id=\"left\">%V</p>\n"
        "<input id=\"code\" name=\"code\" type=\"text\" dir=\"ltr\" "
        "inputmode=\"numeric\" autocomplete=\"one-time-code\" "
        "maxlength=\"%d\" aria-describedby=\"left%s>\n"
        "<button type=\"submit\">%V</button>\n"
        "</form>\n",
        idv_svc_say(page, IDV_SVC_T_OTP_CODE),
        idv_svc_page_told(page, IDV_SVC_T_OTP_LEFT, &left, NULL),
        IDV_OTP_MAX_TEXT,
        page->problem ? " problem\" aria-invalid=\"true\"" : "\"",
        idv_svc_say(page, IDV_SVC_T_CONTINUE));
}


static void
idv_svc_page_otp_again(idv_svc_page_t *page, idv_svc_otp_look_t *look)
{
    u_char     text[NGX_INT64_LEN];
    ngx_str_t  seconds;

    if (look->deliveries == 0) {
        return;
    }

    idv_svc_page_otp_form(page, "send");

    if (look->again) {
        seconds = idv_svc_page_otp_number(text,
                      (look->again + IDV_SVC_SECOND - 1) / IDV_SVC_SECOND);

        idv_svc_page_print(page, "<p class=\"note\">%V</p>\n",
                           idv_svc_page_told(page, IDV_SVC_T_OTP_WHEN,
                                             &seconds, NULL));
    }

    idv_svc_page_print(page,
        "<button type=\"submit\" class=\"second\">%V</button>\n"
        "</form>\n", idv_svc_say(page, IDV_SVC_T_OTP_AGAIN));
}


static void
idv_svc_page_otp_address(idv_svc_page_t *page, idv_svc_otp_look_t *look)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    const char                *invalid;
    const idv_svc_page_way_t  *way;

    way = &idv_svc_page_ways[page->channel];

    /* a problem with a code is not one of the address */

    invalid = (page->problem == IDV_SVC_T_OTP_ADDRESS)
              ? " aria-invalid=\"true\" aria-describedby=\"problem\"" : "";

    idv_svc_page_otp_form(page, "send");

    if (look->n == 0) {
        idv_svc_page_print(page,
            "<label for=\"to\">%V</label>\n"
            "<input id=\"to\" name=\"to\" dir=\"ltr\" %s maxlength=\"%d\"%s "
            "value=\"",
            idv_svc_say(page, way->label), way->attributes,
            IDV_SVC_MAX_ADDRESS, invalid);

        value = page->form ? idv_svc_form_get(page->form, "to")
                           : look->list[0];

        if (value.len <= IDV_SVC_MAX_ADDRESS) {
            idv_svc_page_text(page, &value);
        }

        idv_svc_page_print(page, "\">\n");

    } else if (look->n == 1) {
        idv_svc_page_print(page, "<p>%V</p>\n",
                           idv_svc_page_told(page, IDV_SVC_T_OTP_TO,
                               idv_svc_page_otp_shown(page, &look->list[0]),
                               NULL));

    } else {
        idv_svc_page_print(page,
                           "<label for=\"to\">%V</label>\n"
                           "<select id=\"to\" name=\"to\"%s>\n",
                           idv_svc_say(page, way->label), invalid);

        for (i = 0; i < look->n; i++) {
            idv_svc_page_print(page, "<option value=\"%ui\">", i);
            idv_svc_page_text(page, &look->list[i]);
            idv_svc_page_print(page, "</option>\n");
        }

        idv_svc_page_print(page, "</select>\n");
    }

    idv_svc_page_print(page,
        "<button type=\"submit\"%s>%V</button>\n"
        "</form>\n",
        look->address.len ? " class=\"second\"" : "",
        idv_svc_say(page, IDV_SVC_T_OTP_SEND));
}


static void
idv_svc_page_otp_form(idv_svc_page_t *page, const char *step)
{
    idv_svc_page_form(page, step, "");

    idv_svc_page_print(page,
                       "<input type=\"hidden\" name=\"for\" value=\"%V\">\n",
                       &idv_svc_page_ways[page->channel].name);
}


/* markup: an address, which reads from left to right in any language */

static ngx_str_t *
idv_svc_page_otp_shown(idv_svc_page_t *page, const ngx_str_t *address)
{
    return idv_svc_page_marked(page, "<bdi dir=\"ltr\">", address, "</bdi>");
}


static ngx_str_t
idv_svc_page_otp_number(u_char *text, int64_t n)
{
    ngx_str_t  number;

    number.data = text;
    number.len = ngx_sprintf(text, "%L", n) - text;

    return number;
}


/* what the form is for; NGX_DECLINED if the page is elsewhere by now */

static ngx_int_t
idv_svc_page_otp_channel(idv_svc_page_t *page)
{
    ngx_str_t         name;
    const ngx_str_t  *way;

    if (page->stage != IDV_SVC_STAGE_EMAIL
        && page->stage != IDV_SVC_STAGE_PHONE)
    {
        return NGX_DECLINED;
    }

    page->channel = idv_svc_otp_channel(idv_svc_page_give(page->stage));

    name = idv_svc_form_get(page->form, "for");
    way = &idv_svc_page_ways[page->channel].name;

    return name.len == way->len
           && ngx_strncmp(name.data, way->data, way->len) == 0
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
idv_svc_page_otp_send(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_int_t  rc;
    ngx_str_t  to;

    if (idv_svc_page_otp_channel(page) != NGX_OK) {
        return NGX_DECLINED;
    }

    to = idv_svc_form_get(page->form, "to");

    rc = idv_svc_otp_send(page->call, page->view, page->channel, &to, changed);

    switch (rc) {

    case NGX_ERROR:
    case NGX_DECLINED:
        return rc;

    case IDV_OTP_OK:
        page->deliver = 1;
        return NGX_OK;

    case IDV_OTP_DONE:
    case IDV_OTP_EXHAUSTED:
        return idv_svc_capture_given(page, changed);
    }

    page->problem = idv_svc_page_sending[rc];

    return NGX_ABORT;
}


/* also a code that is wrong is saved, before the user is told */

ngx_int_t
idv_svc_page_otp_check(idv_svc_page_t *page, ngx_uint_t *changed)
{
    ngx_int_t  rc;
    ngx_str_t  code;

    if (idv_svc_page_otp_channel(page) != NGX_OK) {
        return NGX_DECLINED;
    }

    code = idv_svc_form_get(page->form, "code");

    rc = idv_svc_otp_check(page->call, page->view, page->channel, &code,
                           changed);
    switch (rc) {

    case NGX_ERROR:
    case NGX_DECLINED:
        return rc;

    case IDV_OTP_OK:
    case IDV_OTP_DONE:
    case IDV_OTP_EXHAUSTED:
        return idv_svc_capture_given(page, changed);
    }

    page->problem = idv_svc_page_typing[rc];

    return rc == IDV_OTP_WRONG ? NGX_OK : NGX_ABORT;
}
