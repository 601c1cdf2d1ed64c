
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


#define IDV_SVC_MINUTE  (60 * IDV_SVC_SECOND)


typedef struct {
    ngx_str_t     name;
    const char   *title;
    const char   *label;
    const char   *attributes;
} idv_svc_page_way_t;


static ngx_int_t idv_svc_page_otp_channel(idv_svc_page_t *page);
static void idv_svc_page_otp_code(idv_svc_page_t *page,
    idv_svc_channel_e channel, idv_svc_otp_look_t *look);
static void idv_svc_page_otp_again(idv_svc_page_t *page,
    idv_svc_channel_e channel, idv_svc_otp_look_t *look);
static void idv_svc_page_otp_address(idv_svc_page_t *page,
    idv_svc_channel_e channel, idv_svc_otp_look_t *look);
static void idv_svc_page_otp_action(idv_svc_page_t *page,
    idv_svc_channel_e channel, const char *step);


/* in the order of idv_svc_channel_e */

static idv_svc_page_way_t  idv_svc_page_ways[IDV_SVC_NCHANNELS] = {

    { ngx_string("email"), "Your e-mail address", "E-mail address",
      "type=\"email\" autocomplete=\"email\"" },

    { ngx_string("phone"), "Your phone number",
      "Phone number <span>(with its country code)</span>",
      "type=\"tel\" autocomplete=\"tel\"" }
};


ngx_int_t
idv_svc_page_otp(idv_svc_page_t *page, idv_svc_channel_e channel)
{
    idv_svc_otp_look_t  *look;

    look = ngx_palloc(page->call->request->pool, sizeof(idv_svc_otp_look_t));

    if (look == NULL
        || idv_svc_otp_look(page->call, page->view, channel, look) != NGX_OK
        || idv_svc_page_begin(page, page->call,
                              idv_svc_page_ways[channel].title, 0)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_steps(page, 0);

    if (page->problem) {
        idv_svc_page_print(page, "<p class=\"problem\" role=\"alert\">%s</p>\n",
                           page->problem);
    }

    if (look->address.len) {
        idv_svc_page_otp_code(page, channel, look);
        idv_svc_page_otp_again(page, channel, look);
    }

    if (look->address.len == 0 || (look->deliveries && look->n != 1)) {
        idv_svc_page_otp_address(page, channel, look);
    }

    idv_svc_page_skip(page);

    return idv_svc_page_end(page, page->problem ? NGX_HTTP_BAD_REQUEST
                                                : NGX_HTTP_OK);
}


/* without a code that is good any more, all that is left is to go on */

static void
idv_svc_page_otp_code(idv_svc_page_t *page, idv_svc_channel_e channel,
    idv_svc_otp_look_t *look)
{
    if (look->undelivered) {
        idv_svc_page_print(page, "<p class=\"problem\" role=\"alert\">The code "
                                 "could not be sent to ");
    } else {
        idv_svc_page_print(page, "<p role=\"status\">A code of six digits was "
                                 "sent to ");
    }

    idv_svc_page_text(page, &look->address);
    idv_svc_page_print(page, ".</p>\n");

    if (look->valid == 0 || look->undelivered) {

        if (look->deliveries) {
            return;
        }

        idv_svc_page_print(page, "<p>Its time is over, and no other can be "
                                 "sent.</p>\n");
        idv_svc_page_otp_action(page, channel, "code");
        idv_svc_page_print(page, "<button type=\"submit\">Go on</button>\n"
                                 "</form>\n");
        return;
    }

    idv_svc_page_otp_action(page, channel, "code");

    idv_svc_page_print(page,
        "<label for=\"code\">Code <span>(good for another %L min)</span>"
        "</label>\n"
        "<input id=\"code\" name=\"code\" type=\"text\" inputmode=\"numeric\" "
        "autocomplete=\"one-time-code\" maxlength=\"%d\"%s>\n"
        "<button type=\"submit\">Continue</button>\n"
        "</form>\n",
        (look->valid + IDV_SVC_MINUTE - 1) / IDV_SVC_MINUTE, IDV_OTP_MAX_TEXT,
        page->problem ? " aria-invalid=\"true\"" : "");
}


static void
idv_svc_page_otp_again(idv_svc_page_t *page, idv_svc_channel_e channel,
    idv_svc_otp_look_t *look)
{
    if (look->deliveries == 0) {
        return;
    }

    idv_svc_page_otp_action(page, channel, "send");

    if (look->again) {
        idv_svc_page_print(page,
            "<p class=\"note\">Nothing there? Another code can be sent in %L "
            "seconds.</p>\n",
            (look->again + IDV_SVC_SECOND - 1) / IDV_SVC_SECOND);
    }

    idv_svc_page_print(page,
        "<button type=\"submit\">Send another code</button>\n"
        "</form>\n");
}


static void
idv_svc_page_otp_address(idv_svc_page_t *page, idv_svc_channel_e channel,
    idv_svc_otp_look_t *look)
{
    ngx_str_t            value;
    ngx_uint_t           i;
    idv_svc_page_way_t  *way;

    way = &idv_svc_page_ways[channel];

    idv_svc_page_otp_action(page, channel, "send");

    if (look->n == 0) {
        idv_svc_page_print(page,
            "<label for=\"to\">%s</label>\n"
            "<input id=\"to\" name=\"to\" %s maxlength=\"%d\" value=\"",
            way->label, way->attributes, IDV_SVC_MAX_ADDRESS);

        value = page->form ? idv_svc_form_get(page->form, "to")
                           : look->list[0];

        if (value.len <= IDV_SVC_MAX_ADDRESS) {
            idv_svc_page_text(page, &value);
        }

        idv_svc_page_print(page, "\">\n");

    } else if (look->n == 1) {
        idv_svc_page_print(page, "<p>A code will be sent to ");
        idv_svc_page_text(page, &look->list[0]);
        idv_svc_page_print(page, ".</p>\n");

    } else {
        idv_svc_page_print(page,
                           "<label for=\"to\">%s</label>\n"
                           "<select id=\"to\" name=\"to\">\n", way->label);

        for (i = 0; i < look->n; i++) {
            idv_svc_page_print(page, "<option value=\"%ui\">", i);
            idv_svc_page_text(page, &look->list[i]);
            idv_svc_page_print(page, "</option>\n");
        }

        idv_svc_page_print(page, "</select>\n");
    }

    idv_svc_page_print(page,
        "<button type=\"submit\">Send a code</button>\n"
        "</form>\n");
}


static void
idv_svc_page_otp_action(idv_svc_page_t *page, idv_svc_channel_e channel,
    const char *step)
{
    idv_svc_page_action(page, step, "");

    idv_svc_page_print(page,
                       "<input type=\"hidden\" name=\"for\" value=\"%V\">\n",
                       &idv_svc_page_ways[channel].name);
}


/* what the form is for; NGX_DECLINED if the page is elsewhere by now */

static ngx_int_t
idv_svc_page_otp_channel(idv_svc_page_t *page)
{
    ngx_str_t   name, *way;
    ngx_uint_t  wanted;

    wanted = idv_svc_otp_wanted(&page->view->tx);

    if (wanted == 0 || page->view->tx.status == IDV_TX_REQUESTED) {
        return NGX_DECLINED;
    }

    page->channel = idv_svc_otp_channel(wanted);

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

    page->problem = idv_svc_otp_text(rc, 1);

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

    page->problem = idv_svc_otp_text(rc, 0);

    return rc == IDV_OTP_WRONG ? NGX_OK : NGX_ABORT;
}
