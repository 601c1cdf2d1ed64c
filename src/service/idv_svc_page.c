
/*
 * Copyright (C) nginx-idv authors
 *
 * The frame of the capture page: language, headers, where the user is, and what
 * all its pages are printed with.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <stdarg.h>

#include "../util/idv_html.h"
#include "../util/idv_language.h"
#include "idv_svc_otp.h"
#include "idv_svc_page.h"
#include "idv_svc_type.h"


#define IDV_SVC_PAGE_SIZE  (48 * 1024)


static const idv_svc_lang_t *idv_svc_page_lang(idv_svc_call_t *call);
static ngx_uint_t idv_svc_page_flag(idv_svc_call_t *call, const char *name);
static ngx_int_t idv_svc_page_headers(idv_svc_page_t *page);
static void idv_svc_page_origin(idv_svc_page_t *page, ngx_str_t *origin);
static ngx_str_t *idv_svc_page_room(idv_svc_page_t *page, size_t len);
static ngx_int_t idv_svc_page_plain(idv_svc_call_t *call, ngx_uint_t status,
    idv_svc_text_e title, idv_svc_text_e text);


/* the first one is for those who ask for none of them */

static const idv_svc_lang_t *const  idv_svc_langs[] = {
    &idv_svc_text_en, &idv_svc_text_de, &idv_svc_text_ar
};

#define IDV_SVC_NLANGS  (sizeof(idv_svc_langs) / sizeof(idv_svc_langs[0]))


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
    page->lang = idv_svc_page_lang(call);
    page->stage = idv_svc_page_stage(view);
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


static const idv_svc_lang_t *
idv_svc_page_lang(idv_svc_call_t *call)
{
    ngx_str_t   tags[IDV_SVC_NLANGS], accept;
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NLANGS; i++) {
        tags[i] = idv_svc_langs[i]->tag;
    }

    accept = idv_svc_accept_language(call);

    return idv_svc_langs[idv_language(&accept, tags, sizeof(ngx_str_t),
                                      IDV_SVC_NLANGS)];
}


idv_svc_stage_e
idv_svc_page_stage(const idv_svc_view_t *view)
{
    ngx_uint_t           wanted;
    const idv_svc_tx_t  *tx;

    tx = &view->tx;

    switch (tx->status) {

    case IDV_TX_REQUESTED:
        return IDV_SVC_STAGE_BEGIN;

    case IDV_TX_INITIATED:
    case IDV_TX_PARTIAL:
        break;

    case IDV_TX_IN_PROGRESS:
        return IDV_SVC_STAGE_WAIT;

    default:
        return IDV_SVC_STAGE_DONE;
    }

    wanted = idv_svc_otp_wanted(tx);

    if (wanted) {
        return (wanted == IDV_SVC_GIVE_EMAIL) ? IDV_SVC_STAGE_EMAIL
                                              : IDV_SVC_STAGE_PHONE;
    }

    wanted = idv_svc_tx_wanted(tx, IDV_SVC_OPTIONAL);

    if (wanted & IDV_SVC_GIVE_DOCUMENT) {
        return idv_svc_page_paper(view);
    }

    return (wanted & IDV_SVC_GIVE_SELFIE) ? IDV_SVC_STAGE_SELFIE
                                          : IDV_SVC_STAGE_REVIEW;
}


ngx_uint_t
idv_svc_page_give(idv_svc_stage_e stage)
{
    switch (stage) {

    case IDV_SVC_STAGE_EMAIL:
        return IDV_SVC_GIVE_EMAIL;

    case IDV_SVC_STAGE_PHONE:
        return IDV_SVC_GIVE_PHONE;

    case IDV_SVC_STAGE_KIND:
    case IDV_SVC_STAGE_FRONT:
    case IDV_SVC_STAGE_BACK:
    case IDV_SVC_STAGE_DETAILS:
        return IDV_SVC_GIVE_DOCUMENT;

    case IDV_SVC_STAGE_SELFIE:
        return IDV_SVC_GIVE_SELFIE;

    default:
        return 0;
    }
}


idv_svc_stage_e
idv_svc_page_paper(const idv_svc_view_t *view)
{
    ngx_uint_t           side;
    const idv_svc_tx_t  *tx;

    tx = &view->tx;

    if (tx->kind == 0) {
        return IDV_SVC_STAGE_KIND;
    }

    for (side = IDV_SVC_SIDE_FRONT; side <= IDV_SVC_SIDE_BACK; side++) {
        if (!(tx->sides & (1 << side))
            && idv_svc_type_side(tx->kind, side) != NGX_DECLINED)
        {
            return (side == IDV_SVC_SIDE_FRONT) ? IDV_SVC_STAGE_FRONT
                                                : IDV_SVC_STAGE_BACK;
        }
    }

    /* what is only collected is not read */

    return (tx->typed || (tx->rules.collect_only && idv_svc_type_kind(view)))
           ? IDV_SVC_STAGE_SELFIE : IDV_SVC_STAGE_DETAILS;
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
    return idv_svc_page_plain(call, NGX_HTTP_NOT_FOUND, IDV_SVC_T_NONE_TITLE,
                              IDV_SVC_T_NONE_TEXT);
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
                              IDV_SVC_T_FULL_TITLE, IDV_SVC_T_FULL_TEXT);
}


ngx_int_t
idv_svc_page_large(idv_svc_call_t *call)
{
    return idv_svc_page_plain(call, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                              IDV_SVC_T_LARGE_TITLE, IDV_SVC_T_LARGE_TEXT);
}


ngx_int_t
idv_svc_page_malformed(idv_svc_call_t *call)
{
    return idv_svc_page_plain(call, NGX_HTTP_BAD_REQUEST,
                              IDV_SVC_T_BROKEN_TITLE, IDV_SVC_T_BROKEN_TEXT);
}


static ngx_int_t
idv_svc_page_plain(idv_svc_call_t *call, ngx_uint_t status,
    idv_svc_text_e title, idv_svc_text_e text)
{
    idv_svc_page_t  page;

    ngx_memzero(&page, sizeof(idv_svc_page_t));

    page.call = call;
    page.lang = idv_svc_page_lang(call);

    if (idv_svc_page_begin(&page, idv_svc_say(&page, title), 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    idv_svc_page_print(&page, "<h1>%V</h1>\n<p>%V</p>\n",
                       idv_svc_say(&page, title), idv_svc_say(&page, text));

    return idv_svc_page_end(&page, status);
}


ngx_int_t
idv_svc_page_begin(idv_svc_page_t *page, const ngx_str_t *title,
    ngx_uint_t refresh)
{
    page->start = ngx_pnalloc(page->call->request->pool, IDV_SVC_PAGE_SIZE);
    if (page->start == NULL) {
        return NGX_ERROR;
    }

    page->pos = page->start;
    page->last = page->start + IDV_SVC_PAGE_SIZE;

    idv_svc_page_print(page,
        "<!DOCTYPE html>\n"
        "<html lang=\"%V\" dir=\"%V\">\n"
        "<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n",
        &page->lang->tag, idv_svc_say(page, IDV_SVC_T_DIR));

    if (refresh) {
        idv_svc_page_print(page,
                           "<noscript><meta http-equiv=\"refresh\" "
                           "content=\"%ui\"></noscript>\n", refresh);
    }

    /* who does not see the page hears of the problem first */

    idv_svc_page_print(page,
        "<title>%V%s%V</title>\n"
        "<link rel=\"stylesheet\" href=\"capture.css\">\n"
        "<script src=\"capture.js\" defer></script>\n"
        "</head>\n"
        "<body>\n"
        "<main data-refresh=\"%ui\"%s>\n",
        idv_svc_say(page, page->problem ? IDV_SVC_T_PROBLEM
                                        : IDV_SVC_T_NOTHING),
        page->problem ? ": " : "", title, refresh,
        page->skip_intro ? " data-skip" : "");

    return NGX_OK;
}


ngx_int_t
idv_svc_page_end(idv_svc_page_t *page, ngx_uint_t status)
{
    ngx_str_t  body;

    idv_svc_page_print(page, "</main>\n</body>\n</html>\n");

    /* a page that was cut is none; every part of it has a bound below this */

    if (page->failed || page->pos == page->last
        || idv_svc_page_headers(page) != NGX_OK)
    {
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
        "img-src blob:; connect-src 'self'; "
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


ngx_str_t *
idv_svc_page_time(idv_svc_page_t *page, int64_t ms)
{
    ngx_tm_t   tm;
    ngx_str_t  *text;

    text = idv_svc_page_room(page, sizeof("<time>00:00</time>"));

    ngx_gmtime((time_t) (ms / 1000), &tm);

    text->len = ngx_snprintf(text->data, text->len,
                             "<time>%02d:%02d</time>", tm.ngx_tm_hour,
                             tm.ngx_tm_min)
                - text->data;

    return text;
}


ngx_str_t *
idv_svc_page_client(idv_svc_page_t *page)
{
    return idv_svc_page_marked(page, "<strong><bdi>",
                               page->client.len ? &page->client
                                            : idv_svc_say(page, IDV_SVC_T_SITE),
                               "</bdi></strong>");
}


ngx_str_t *
idv_svc_page_marked(idv_svc_page_t *page, const char *before,
    const ngx_str_t *value, const char *after)
{
    ngx_str_t  escaped, *text;

    if (idv_html_escape(page->call->request->pool, value, &escaped) != NGX_OK) {
        page->failed = 1;
        ngx_str_null(&escaped);
    }

    text = idv_svc_page_room(page, ngx_strlen(before) + escaped.len
                                   + ngx_strlen(after));

    text->len = ngx_snprintf(text->data, text->len, "%s%V%s", before, &escaped,
                             after)
                - text->data;

    return text;
}


ngx_str_t *
idv_svc_page_told(idv_svc_page_t *page, idv_svc_text_e key,
    const ngx_str_t *first, const ngx_str_t *second)
{
    u_char           *p, *last, *to;
    ngx_str_t        *text;
    const ngx_str_t  *value;

    text = idv_svc_page_room(page, idv_svc_say(page, key)->len
                                   + (first ? first->len : 0)
                                   + (second ? second->len : 0));
    if (text->len == 0) {
        return text;
    }

    p = idv_svc_say(page, key)->data;
    last = p + idv_svc_say(page, key)->len;
    to = text->data;

    while (p < last) {

        if (*p != '{') {
            *to++ = *p++;
            continue;
        }

        value = (p[1] == '1') ? first : second;

        if (value) {
            to = ngx_cpymem(to, value->data, value->len);
        }

        p += sizeof("{1}") - 1;
    }

    text->len = to - text->data;

    return text;
}


/* of no length without memory, when the page is none */

static ngx_str_t *
idv_svc_page_room(idv_svc_page_t *page, size_t len)
{
    ngx_str_t  *text;

    static ngx_str_t  none = ngx_null_string;

    text = ngx_palloc(page->call->request->pool, sizeof(ngx_str_t));

    if (text) {
        text->len = len;
        text->data = ngx_pnalloc(page->call->request->pool, len + 1);
    }

    if (text == NULL || text->data == NULL) {
        page->failed = 1;
        return &none;
    }

    return text;
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
idv_svc_page_text(idv_svc_page_t *page, const ngx_str_t *text)
{
    ngx_str_t  escaped;

    if (idv_html_escape(page->call->request->pool, text, &escaped) != NGX_OK) {
        page->failed = 1;
        return;
    }

    idv_svc_page_print(page, "%V", &escaped);
}


void
idv_svc_page_form(idv_svc_page_t *page, const char *step,
    const char *attributes)
{
    idv_svc_page_print(page, "<form method=\"post\" action=\"index.html?");
    idv_svc_page_text(page, &page->query);
    idv_svc_page_print(page, "\"%s>\n"
                       "<input type=\"hidden\" name=\"step\" value=\"%s\">\n",
                       attributes, step);
}


void
idv_svc_page_button(idv_svc_page_t *page, const char *step, const char *what,
    const ngx_str_t *label, const ngx_str_t *of)
{
    ngx_uint_t  submit;

    submit = (ngx_strcmp(step, "submit") == 0);

    idv_svc_page_form(page, step, "");

    if (what) {
        idv_svc_page_print(page, "<input type=\"hidden\" name=\"what\" "
                           "value=\"%s\">\n", what);
    }

    idv_svc_page_print(page, "<button type=\"submit\"%s>%V",
                       submit ? "" : " class=\"second\"", label);

    if (of) {
        idv_svc_page_print(page, "<span class=\"unseen\">: %V</span>", of);
    }

    idv_svc_page_print(page, "</button>\n</form>\n");
}
