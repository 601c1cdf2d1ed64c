
/*
 * Copyright (C) nginx-idv authors
 *
 * What the page shows: one view for each thing that a person may have to do.
 * Buttons are forms and links are links, so that all of it works without the
 * script.
 */


#include "ngx_http_idv_page.h"


typedef struct {
    ngx_http_idv_text_e   title;
    const char           *name;          /* class of <main> */
    unsigned              waits;         /* goes on by itself */
    void                (*show)(ngx_http_idv_page_t *page,
                                const idv_flow_t *flow);
} ngx_http_idv_page_view_t;


static const ngx_http_idv_page_view_t *ngx_http_idv_page_view(
    const idv_flow_t *flow);
static const ngx_http_idv_page_view_t *ngx_http_idv_page_required(
    const idv_flow_t *flow);
static void ngx_http_idv_page_open(ngx_http_idv_page_t *page,
    ngx_http_idv_text_e title, const char *name);
static void ngx_http_idv_page_alert(ngx_http_idv_page_t *page,
    ngx_http_idv_text_e text, ngx_http_idv_text_e more);
static ngx_int_t ngx_http_idv_page_close(ngx_http_idv_page_t *page);
static void ngx_http_idv_page_form(ngx_http_idv_page_t *page,
    const char *name);
static void ngx_http_idv_page_actions(ngx_http_idv_page_t *page,
    const idv_flow_t *flow, ngx_http_idv_text_e retry);
static void ngx_http_idv_page_wait(ngx_http_idv_page_t *page);
static void ngx_http_idv_page_code(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_valid(ngx_http_idv_page_t *page,
    int64_t expires);
static ngx_str_t ngx_http_idv_page_capture(ngx_http_idv_page_t *page,
    const idv_flow_t *flow, ngx_uint_t self);

static void ngx_http_idv_page_device(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_choice(ngx_http_idv_page_t *page,
    ngx_uint_t self, ngx_uint_t first);
static void ngx_http_idv_page_options(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_contacts(ngx_http_idv_page_t *page,
    const idv_flow_t *flow, ngx_uint_t contact, ngx_http_idv_text_e label);
static void ngx_http_idv_page_scan(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_self(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_progress(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_completed(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static void ngx_http_idv_page_again(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);


static const ngx_http_idv_page_view_t  ngx_http_idv_page_views[] = {

    [IDV_STATE_NEW] =
    { NGX_HTTP_IDV_TEXT_ERROR_TITLE, "error", 0, ngx_http_idv_page_again },

    [IDV_STATE_DEVICE] =
    { NGX_HTTP_IDV_TEXT_DEVICE_TITLE, "device", 0, ngx_http_idv_page_device },

    [IDV_STATE_OPTIONS] =
    { NGX_HTTP_IDV_TEXT_OPTIONS_TITLE, "options", 0,
      ngx_http_idv_page_options },

    [IDV_STATE_REQUIRED] =
    { NGX_HTTP_IDV_TEXT_REQUIRED_TITLE, "scan", 1, ngx_http_idv_page_scan },

    [IDV_STATE_IN_PROGRESS] =
    { NGX_HTTP_IDV_TEXT_PROGRESS_TITLE, "progress", 1,
      ngx_http_idv_page_progress },

    [IDV_STATE_COMPLETED] =
    { NGX_HTTP_IDV_TEXT_COMPLETED_TITLE, "completed", 0,
      ngx_http_idv_page_completed },

    [IDV_STATE_FAILED] =
    { NGX_HTTP_IDV_TEXT_FAILED_TITLE, "failed", 0, ngx_http_idv_page_again },

    [IDV_STATE_TIMED_OUT] =
    { NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE, "timed-out", 0,
      ngx_http_idv_page_again }
};


static const ngx_http_idv_page_view_t  ngx_http_idv_page_view_self =
    { NGX_HTTP_IDV_TEXT_SELF_TITLE, "self", 1, ngx_http_idv_page_self };

static const ngx_http_idv_page_view_t  ngx_http_idv_page_view_initiated =
    { NGX_HTTP_IDV_TEXT_INITIATED_TITLE, "initiated", 1,
      ngx_http_idv_page_scan };

static const ngx_http_idv_page_view_t  ngx_http_idv_page_view_email =
    { NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE, "message", 1,
      ngx_http_idv_page_scan };

static const ngx_http_idv_page_view_t  ngx_http_idv_page_view_phone =
    { NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE, "message", 1,
      ngx_http_idv_page_scan };

static const ngx_http_idv_page_view_t  ngx_http_idv_page_view_bypass =
    { NGX_HTTP_IDV_TEXT_BYPASS_TITLE, "bypass", 0,
      ngx_http_idv_page_completed };


static const ngx_http_idv_text_e
    ngx_http_idv_page_causes[IDV_CAUSE_NCAUSES] = {

    [IDV_CAUSE_NONE] = NGX_HTTP_IDV_TEXT_NONE,
    [IDV_CAUSE_FAILED] = NGX_HTTP_IDV_TEXT_CAUSE_FAILED,
    [IDV_CAUSE_MISMATCH] = NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH,
    [IDV_CAUSE_CHECKS] = NGX_HTTP_IDV_TEXT_CAUSE_CHECKS,
    [IDV_CAUSE_STATUS] = NGX_HTTP_IDV_TEXT_CAUSE_STATUS,
    [IDV_CAUSE_NOTIFICATION] = NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION,
    [IDV_CAUSE_UNAVAILABLE] = NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE,
    [IDV_CAUSE_USER_NOT_FOUND] = NGX_HTTP_IDV_TEXT_CAUSE_USER,
    [IDV_CAUSE_USER_DISABLED] = NGX_HTTP_IDV_TEXT_CAUSE_DISABLED,
    [IDV_CAUSE_USER_AMBIGUOUS] = NGX_HTTP_IDV_TEXT_CAUSE_USER
};


ngx_int_t
ngx_http_idv_page_show_flow(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    const ngx_http_idv_page_view_t  *view;

    view = ngx_http_idv_page_view(flow);

    if (ngx_http_idv_page_csrf(page, &page->flow_id, &page->csrf) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    page->waits = view->waits;

    if (view->waits || flow->state == IDV_STATE_COMPLETED) {
        /* what was wrong before is over */
        page->error = NGX_HTTP_IDV_TEXT_NONE;
    }

    ngx_http_idv_page_open(page, view->title, view->name);

    view->show(page, flow);

    return ngx_http_idv_page_close(page);
}


static const ngx_http_idv_page_view_t *
ngx_http_idv_page_view(const idv_flow_t *flow)
{
    ngx_uint_t  n;

    if (flow->state == IDV_STATE_REQUIRED) {
        return ngx_http_idv_page_required(flow);
    }

    if (flow->state == IDV_STATE_COMPLETED && (flow->flags & IDV_FLOW_BYPASS))
    {
        return &ngx_http_idv_page_view_bypass;
    }

    n = sizeof(ngx_http_idv_page_views) / sizeof(ngx_http_idv_page_view_t);

    return &ngx_http_idv_page_views[flow->state < n ? flow->state
                                                    : IDV_STATE_NEW];
}


static const ngx_http_idv_page_view_t *
ngx_http_idv_page_required(const idv_flow_t *flow)
{
    if (flow->flags & IDV_FLOW_SELF) {
        return (flow->flags & IDV_FLOW_RETURNED)
               ? &ngx_http_idv_page_views[IDV_STATE_IN_PROGRESS]
               : &ngx_http_idv_page_view_self;
    }

    if (flow->tx_status == IDV_TX_INITIATED) {
        return &ngx_http_idv_page_view_initiated;
    }

    switch (flow->method) {

    case IDV_METHOD_EMAIL:
        return &ngx_http_idv_page_view_email;

    case IDV_METHOD_SMS:
        return &ngx_http_idv_page_view_phone;

    default:
        return &ngx_http_idv_page_views[IDV_STATE_REQUIRED];
    }
}


static void
ngx_http_idv_page_open(ngx_http_idv_page_t *page, ngx_http_idv_text_e title,
    const char *name)
{
    page->title = title;

    ngx_http_idv_page_put(page, "<main id=\"idv-main\" class=\"%s\" "
                          "tabindex=\"-1\" data-title=\"%T - %e\"",
                          name, title, &page->host);

    if (page->waits) {
        ngx_http_idv_page_put(page, " data-refresh=\"%d\" "
                              "data-url=\"%p?flowId=%v\" data-offline=\"%T\"",
                              (int) page->provider->page_refresh,
                              &page->flow_id, NGX_HTTP_IDV_TEXT_OFFLINE);
    }

    ngx_http_idv_page_put(page, ">\n<h1>%t</h1>\n", title);

    if (page->error != NGX_HTTP_IDV_TEXT_NONE) {
        ngx_http_idv_page_alert(page, page->error,
                                page->time.len ? NGX_HTTP_IDV_TEXT_LIMITED_TIME
                                               : NGX_HTTP_IDV_TEXT_NONE);
    }
}


static void
ngx_http_idv_page_alert(ngx_http_idv_page_t *page, ngx_http_idv_text_e text,
    ngx_http_idv_text_e more)
{
    ngx_http_idv_page_put(page, "<div id=\"idv-problem\" class=\"alert\" "
                          "role=\"alert\" tabindex=\"-1\">\n"
                          "<h2>%t</h2>\n<p>%t</p>\n",
                          NGX_HTTP_IDV_TEXT_PROBLEM, text);

    if (more != NGX_HTTP_IDV_TEXT_NONE) {
        ngx_http_idv_page_put(page, "<p>%t</p>\n", more);
    }

    ngx_http_idv_page_put(page, "</div>\n");
}


static ngx_int_t
ngx_http_idv_page_close(ngx_http_idv_page_t *page)
{
    ngx_http_idv_page_put(page, "</main>\n");

    return ngx_http_idv_page_send(page);
}


static void
ngx_http_idv_page_form(ngx_http_idv_page_t *page, const char *name)
{
    ngx_http_idv_page_put(page, "<form class=\"%s\" method=\"post\" "
                          "action=\"%p\">\n"
                          "<input type=\"hidden\" name=\"flowId\" "
                          "value=\"%v\">\n"
                          "<input type=\"hidden\" name=\"csrf\" "
                          "value=\"%v\">\n",
                          name, &page->flow_id, &page->csrf);
}


/* the way back and the way out, as far as the state has them */

static void
ngx_http_idv_page_actions(ngx_http_idv_page_t *page, const idv_flow_t *flow,
    ngx_http_idv_text_e retry)
{
    ngx_http_idv_page_form(page, "actions");

    if (retry != NGX_HTTP_IDV_TEXT_NONE
        && idv_flow_allows(flow->state, IDV_ACTION_RETRY))
    {
        ngx_http_idv_page_put(page, "<button id=\"idv-retry\" class=\"%s\" "
                              "name=\"action\" value=\"retry\">%t</button>\n",
                              retry == NGX_HTTP_IDV_TEXT_RETRY
                              ? "primary" : "secondary", retry);
    }

    if (idv_flow_allows(flow->state, IDV_ACTION_CANCEL)) {
        ngx_http_idv_page_put(page, "<button id=\"idv-cancel\" "
                              "class=\"secondary\" name=\"action\" "
                              "value=\"cancel\">%t</button>\n",
                              NGX_HTTP_IDV_TEXT_CANCEL);
    }

    ngx_http_idv_page_put(page, "</form>\n");
}


static void
ngx_http_idv_page_wait(ngx_http_idv_page_t *page)
{
    ngx_http_idv_page_put(page, "<p class=\"waiting\">"
                          "<span class=\"spinner\" aria-hidden=\"true\"></span>"
                          " %t <a id=\"idv-check\" "
                          "href=\"%p?flowId=%v\">%t</a></p>\n",
                          NGX_HTTP_IDV_TEXT_UPDATES, &page->flow_id,
                          NGX_HTTP_IDV_TEXT_CHECK_NOW);
}


static void
ngx_http_idv_page_code(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_str_t  code;

    code.data = (u_char *) flow->code;
    code.len = ngx_strlen(flow->code);

    if (code.len == 0) {
        return;
    }

    ngx_http_idv_page_put(page, "<p class=\"code\"><span>%t</span> "
                          "<strong id=\"idv-code\" dir=\"ltr\">%e</strong>"
                          "</p>\n", NGX_HTTP_IDV_TEXT_REQUIRED_CODE, &code);

    ngx_http_idv_page_valid(page, flow->tx_expires);
}


/* a time of day says nothing of what is further away */

static void
ngx_http_idv_page_valid(ngx_http_idv_page_t *page, int64_t expires)
{
    u_char    *p;
    ngx_tm_t   tm;

    if (expires <= ngx_time() || expires - ngx_time() > 86400) {
        return;
    }

    p = ngx_pnalloc(page->r->pool, sizeof("23:59") - 1);
    if (p == NULL) {
        page->html.failed = 1;
        return;
    }

    ngx_gmtime((time_t) expires, &tm);

    page->time.data = p;
    page->time.len = ngx_sprintf(p, "%02d:%02d", tm.ngx_tm_hour, tm.ngx_tm_min)
                     - p;

    ngx_http_idv_page_put(page, "<p class=\"valid\">%t</p>\n",
                          NGX_HTTP_IDV_TEXT_REQUIRED_VALID);
}


/* the capture's address, for this device or another */

static ngx_str_t
ngx_http_idv_page_capture(ngx_http_idv_page_t *page, const idv_flow_t *flow,
    ngx_uint_t self)
{
    ngx_str_t  url;

    url.data = (u_char *) flow->url;
    url.len = ngx_strlen(flow->url);

    if (!self) {
        return url;
    }

    /* they have just said that they want it on this device */

    return ngx_http_idv_page_string(page, "%v%sskipIntro=1", &url,
                                    ngx_strchr(flow->url, '?') ? "&" : "?");
}


static void
ngx_http_idv_page_device(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_http_idv_page_put(page, "<p>%t</p>\n", NGX_HTTP_IDV_TEXT_DEVICE_TEXT);

    ngx_http_idv_page_form(page, "choices");
    ngx_http_idv_page_choice(page, page->phone, 1);
    ngx_http_idv_page_choice(page, !page->phone, 0);
    ngx_http_idv_page_put(page, "</form>\n");

    ngx_http_idv_page_actions(page, flow, NGX_HTTP_IDV_TEXT_NONE);
}


static void
ngx_http_idv_page_choice(ngx_http_idv_page_t *page, ngx_uint_t self,
    ngx_uint_t first)
{
    ngx_http_idv_page_put(page, "<button id=\"idv-%s\" class=\"choice %s\" "
                          "name=\"action\" value=\"device-%s\">"
                          "<strong>%t</strong> <span>%t</span></button>\n",
                          self ? "self" : "other",
                          first ? "primary" : "secondary",
                          self ? "self" : "other",
                          self ? NGX_HTTP_IDV_TEXT_DEVICE_SELF
                               : NGX_HTTP_IDV_TEXT_DEVICE_OTHER,
                          self ? NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT
                               : NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT);
}


static void
ngx_http_idv_page_options(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_uint_t  user;

    user = (page->provider->flow.delivery == IDV_DELIVERY_USER);

    ngx_http_idv_page_put(page, "<p>%t</p>\n",
                          user ? NGX_HTTP_IDV_TEXT_OPTIONS_TEXT
                               : NGX_HTTP_IDV_TEXT_START_TEXT);

    ngx_http_idv_page_form(page, "choices");

    ngx_http_idv_page_put(page, "<input type=\"hidden\" name=\"action\" "
                          "value=\"options\">\n"
                          "<button id=\"idv-option-qr\" "
                          "class=\"choice primary\" name=\"option\" "
                          "value=\"\"><strong>%t</strong></button>\n",
                          user ? NGX_HTTP_IDV_TEXT_OPTIONS_QR
                               : NGX_HTTP_IDV_TEXT_START_BUTTON);

    if (user) {
        ngx_http_idv_page_contacts(page, flow, IDV_CONTACT_EMAIL,
                                   NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL);
        ngx_http_idv_page_contacts(page, flow, IDV_CONTACT_PHONE,
                                   NGX_HTTP_IDV_TEXT_OPTIONS_PHONE);
    }

    ngx_http_idv_page_put(page, "</form>\n");

    ngx_http_idv_page_actions(page, flow,
                              page->provider->flow.device_choice
                              ? NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN
                              : NGX_HTTP_IDV_TEXT_NONE);
}


static void
ngx_http_idv_page_contacts(ngx_http_idv_page_t *page, const idv_flow_t *flow,
    ngx_uint_t contact, ngx_http_idv_text_e label)
{
    ngx_str_t                 value;
    ngx_uint_t                i;
    ngx_pool_t               *pool;
    ngx_http_idv_contacts_t   contacts;

    pool = page->r->pool;

    if (ngx_http_idv_contacts(page->r, contact, &contacts) != NGX_OK) {
        page->html.failed = 1;
        return;
    }

    for (i = 0; i < contacts.n; i++) {

        if (ngx_http_idv_mask(pool, contact, &contacts.addresses[i],
                              &page->contact)
            != NGX_OK
            || ngx_http_idv_opaque(pool, page->provider, flow, contact,
                                   &contacts.addresses[i], &value)
               != NGX_OK)
        {
            page->html.failed = 1;
            return;
        }

        ngx_http_idv_page_put(page, "<button class=\"choice secondary\" "
                              "name=\"option\" value=\"%e\">"
                              "<strong>%t</strong></button>\n",
                              &value, label);
    }
}


static void
ngx_http_idv_page_scan(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_str_t   url;
    ngx_uint_t  sent;

    if (flow->cause == IDV_CAUSE_FAILED) {
        ngx_http_idv_page_alert(page, NGX_HTTP_IDV_TEXT_CAUSE_FAILED,
                                NGX_HTTP_IDV_TEXT_FAILED_AGAIN);

    } else if (flow->cause == IDV_CAUSE_NOTIFICATION) {
        ngx_http_idv_page_alert(page, NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION,
                                NGX_HTTP_IDV_TEXT_NONE);
    }

    url = ngx_http_idv_page_capture(page, flow, 0);
    sent = (flow->method != IDV_METHOD_QR);

    if (flow->tx_status == IDV_TX_INITIATED) {
        ngx_http_idv_page_put(page, "<p>%t</p>\n",
                              NGX_HTTP_IDV_TEXT_INITIATED_TEXT);
        ngx_http_idv_page_code(page, flow);

    } else {

        ngx_http_idv_page_put(page, "<ol class=\"steps\">\n<li>%t</li>\n"
                              "<li>%t</li>\n<li>%t</li>\n</ol>\n",
                              !sent ? NGX_HTTP_IDV_TEXT_REQUIRED_SCAN
                              : flow->method == IDV_METHOD_EMAIL
                              ? NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL
                              : NGX_HTTP_IDV_TEXT_REQUIRED_PHONE,
                              NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE,
                              NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW);

        ngx_http_idv_page_code(page, flow);
    }

    ngx_http_idv_page_put(page, "<p class=\"warning\">%t</p>\n",
                          NGX_HTTP_IDV_TEXT_WARNING);

    if (flow->tx_status != IDV_TX_INITIATED) {

        if (sent) {
            ngx_http_idv_page_put(page, "<p>%t</p>\n",
                                  NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD);
        }

        /* the count makes a new picture of a new transaction */

        ngx_http_idv_page_put(page, "<p class=\"qr\"><img id=\"idv-qr\" "
                              "src=\"%pqr?flowId=%v&amp;n=%d\" width=\"240\" "
                              "height=\"240\" alt=\"%T\"></p>\n",
                              &page->flow_id, (int) flow->transactions,
                              NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT);

        ngx_http_idv_page_put(page, "<details id=\"idv-details\">"
                              "<summary id=\"idv-summary\">%t</summary>\n"
                              "<p>%t</p>\n<p><a id=\"idv-link\" href=\"%e\" "
                              "target=\"_blank\" rel=\"noopener noreferrer\">"
                              "%t</a></p>\n</details>\n",
                              NGX_HTTP_IDV_TEXT_REQUIRED_LINK,
                              NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT, &url,
                              NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN);
    }

    ngx_http_idv_page_wait(page);
    ngx_http_idv_page_actions(page, flow, NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN);
}


/*
 * The capture on this device.  Only the tab in which they pressed the button
 * goes there by itself: others, and this one when they come back to it, show
 * the link.
 */

static void
ngx_http_idv_page_self(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_str_t  url;

    if (flow->cause == IDV_CAUSE_FAILED) {
        ngx_http_idv_page_alert(page, NGX_HTTP_IDV_TEXT_CAUSE_FAILED,
                                NGX_HTTP_IDV_TEXT_FAILED_AGAIN);
    }

    url = ngx_http_idv_page_capture(page, flow, 1);

    if (page->leaves && !page->fragment) {
        page->go = url;
    }

    ngx_http_idv_page_put(page, "<p>%t</p>\n", NGX_HTTP_IDV_TEXT_SELF_TEXT);
    ngx_http_idv_page_code(page, flow);
    ngx_http_idv_page_put(page, "<p class=\"warning\">%t</p>\n",
                          NGX_HTTP_IDV_TEXT_WARNING);

    ngx_http_idv_page_put(page, "<p><a id=\"idv-open\" "
                          "class=\"button primary\" href=\"%e\">%t</a>"
                          "</p>\n", &url, NGX_HTTP_IDV_TEXT_SELF_OPEN);

    ngx_http_idv_page_wait(page);
    ngx_http_idv_page_actions(page, flow, NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN);
}


static void
ngx_http_idv_page_progress(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_str_t  url;

    ngx_http_idv_page_put(page, "<p>%t</p>\n",
                          NGX_HTTP_IDV_TEXT_PROGRESS_TEXT);

    if (flow->state == IDV_STATE_REQUIRED) {

        /* back from the capture, maybe before it was finished */

        url = ngx_http_idv_page_capture(page, flow, 1);

        ngx_http_idv_page_put(page, "<p><a id=\"idv-open\" "
                              "class=\"button secondary\" href=\"%e\">%t"
                              "</a></p>\n", &url, NGX_HTTP_IDV_TEXT_SELF_OPEN);
    }

    ngx_http_idv_page_wait(page);
    ngx_http_idv_page_actions(page, flow, NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN);
}


static void
ngx_http_idv_page_completed(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_http_idv_page_put(page, "<p>%t</p>\n",
                          (flow->flags & IDV_FLOW_BYPASS)
                          ? NGX_HTTP_IDV_TEXT_BYPASS_TEXT
                          : NGX_HTTP_IDV_TEXT_COMPLETED_TEXT);

    ngx_http_idv_page_form(page, "actions");
    ngx_http_idv_page_put(page, "<button id=\"idv-continue\" "
                          "class=\"primary\" name=\"action\" "
                          "value=\"continue\">%t</button>\n</form>\n",
                          NGX_HTTP_IDV_TEXT_CONTINUE);
}


/* FAILED and TIMED_OUT: what happened, and another attempt if one is left */

static void
ngx_http_idv_page_again(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_uint_t           left;
    ngx_http_idv_text_e  cause;

    left = (flow->state == IDV_STATE_TIMED_OUT
            || flow->failures < page->provider->flow.attempts);

    if (flow->state == IDV_STATE_TIMED_OUT) {
        ngx_http_idv_page_put(page, "<p>%t</p>\n",
                              NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT);

    } else {
        cause = flow->cause < IDV_CAUSE_NCAUSES
                ? ngx_http_idv_page_causes[flow->cause]
                : NGX_HTTP_IDV_TEXT_NONE;

        if (cause != NGX_HTTP_IDV_TEXT_NONE) {
            ngx_http_idv_page_put(page, "<p>%t</p>\n", cause);
        }

        ngx_http_idv_page_put(page, "<p>%t</p>\n",
                              left ? NGX_HTTP_IDV_TEXT_FAILED_TEXT
                                   : NGX_HTTP_IDV_TEXT_FAILED_LAST);
    }

    ngx_http_idv_page_actions(page, flow,
                              left ? NGX_HTTP_IDV_TEXT_RETRY
                                   : NGX_HTTP_IDV_TEXT_NONE);
}


ngx_int_t
ngx_http_idv_page_show_start(ngx_http_idv_page_t *page,
    ngx_http_idv_session_t *session)
{
    static const ngx_str_t  root = ngx_string("/");

    if (session) {
        ngx_http_idv_page_open(page, NGX_HTTP_IDV_TEXT_ACTIVE_TITLE, "active");

        ngx_http_idv_page_put(page, "<p>%t</p>\n<p class=\"actions\">"
                              "<a class=\"button primary\" href=\"%e\">%t</a>\n"
                              "<a class=\"button secondary\" "
                              "href=\"%plogout\">%t</a></p>\n",
                              NGX_HTTP_IDV_TEXT_ACTIVE_TEXT,
                              page->return_to.len ? &page->return_to : &root,
                              NGX_HTTP_IDV_TEXT_CONTINUE,
                              NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT);

        return ngx_http_idv_page_close(page);
    }

    ngx_http_idv_page_open(page, NGX_HTTP_IDV_TEXT_START_TITLE, "start");

    ngx_http_idv_page_put(page, "<p>%t</p>\n<form class=\"actions\" "
                          "method=\"post\" action=\"%pstart\">\n",
                          NGX_HTTP_IDV_TEXT_START_TEXT);

    if (page->return_to.len) {
        ngx_http_idv_page_put(page, "<input type=\"hidden\" name=\"return\" "
                              "value=\"%e\">\n", &page->return_to);
    }

    ngx_http_idv_page_put(page, "<button id=\"idv-start\" class=\"primary\">"
                          "%t</button>\n</form>\n",
                          NGX_HTTP_IDV_TEXT_START_BUTTON);

    return ngx_http_idv_page_close(page);
}


ngx_int_t
ngx_http_idv_page_show_logout(ngx_http_idv_page_t *page,
    ngx_http_idv_session_t *session)
{
    ngx_str_t  bound, token;

    if (session == NULL) {
        return ngx_http_idv_page_show_notice(page, NGX_HTTP_OK,
                                      NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE,
                                      NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT,
                                      page->return_to.len
                                      ? NGX_HTTP_IDV_LINK_BACK : 0);
    }

    bound.data = session->id;
    bound.len = sizeof(session->id);

    if (ngx_http_idv_page_csrf(page, &bound, &token) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_idv_page_open(page, NGX_HTTP_IDV_TEXT_LOGOUT_TITLE, "logout");

    ngx_http_idv_page_put(page, "<p>%t</p>\n<form class=\"actions\" "
                          "method=\"post\" action=\"%plogout\">\n"
                          "<input type=\"hidden\" name=\"csrf\" "
                          "value=\"%v\">\n",
                          NGX_HTTP_IDV_TEXT_LOGOUT_TEXT, &token);

    if (page->return_to.len) {
        ngx_http_idv_page_put(page, "<input type=\"hidden\" name=\"return\" "
                              "value=\"%e\">\n", &page->return_to);
    }

    ngx_http_idv_page_put(page, "<button id=\"idv-logout\" class=\"primary\">"
                          "%t</button>\n</form>\n",
                          NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON);

    return ngx_http_idv_page_close(page);
}


ngx_int_t
ngx_http_idv_page_show_notice(ngx_http_idv_page_t *page, ngx_uint_t status,
    ngx_http_idv_text_e title, ngx_http_idv_text_e text, ngx_uint_t links)
{
    page->status = status;

    ngx_http_idv_page_open(page, title, "notice");

    ngx_http_idv_page_put(page, "<p>%t</p>\n", text);

    if (links == 0) {
        return ngx_http_idv_page_close(page);
    }

    ngx_http_idv_page_put(page, "<p class=\"actions\">");

    if ((links & NGX_HTTP_IDV_LINK_FLOW) && page->flow_id.len) {
        ngx_http_idv_page_put(page, "<a id=\"idv-flow\" "
                              "class=\"button primary\" "
                              "href=\"%p?flowId=%v\">%t</a>\n",
                              &page->flow_id, NGX_HTTP_IDV_TEXT_CONTINUE);
    }

    if (links & NGX_HTTP_IDV_LINK_START) {
        ngx_http_idv_page_put(page, "<a id=\"idv-again\" "
                              "class=\"button primary\" href=\"%pstart%s%u\">"
                              "%t</a>\n",
                              page->return_to.len ? "?return=" : "",
                              &page->return_to,
                              NGX_HTTP_IDV_TEXT_START_AGAIN);
    }

    if ((links & NGX_HTTP_IDV_LINK_BACK) && page->return_to.len) {
        ngx_http_idv_page_put(page, "<a id=\"idv-back\" "
                              "class=\"button secondary\" href=\"%e\">%t</a>\n",
                              &page->return_to, NGX_HTTP_IDV_TEXT_BACK);
    }

    ngx_http_idv_page_put(page, "</p>\n");

    return ngx_http_idv_page_close(page);
}
