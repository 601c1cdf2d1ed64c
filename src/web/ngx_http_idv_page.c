
/*
 * Copyright (C) nginx-idv authors
 *
 * The hosted page: what a browser gets below its path.
 */


#include "ngx_http_idv_page.h"


#define NGX_HTTP_IDV_PAGE_READS  (NGX_HTTP_GET|NGX_HTTP_HEAD)


typedef ngx_int_t (*ngx_http_idv_page_pt)(ngx_http_idv_page_t *page);


typedef struct {
    ngx_str_t             name;          /* below the page's path */
    ngx_uint_t            methods;
    const char           *allow;
    ngx_http_idv_page_pt  handler;
    unsigned              anonymous;     /* no subject is needed */
} ngx_http_idv_page_route_t;


static ngx_http_idv_page_t *ngx_http_idv_page_create(ngx_http_request_t *r);
static ngx_uint_t ngx_http_idv_page_is_phone(ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_page_host(ngx_http_idv_page_t *page);
static const ngx_http_idv_page_route_t *ngx_http_idv_page_route(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_page_below(const ngx_http_idv_page_route_t *route,
    const ngx_str_t *path, ngx_str_t *uri);
static void ngx_http_idv_page_form_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_page_enter(ngx_http_idv_page_t *page,
    const ngx_http_idv_page_route_t *route);
static ngx_int_t ngx_http_idv_page_style(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_script(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_icon(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_start(ngx_http_idv_page_t *page);
static ngx_uint_t ngx_http_idv_page_is_api(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_started_api(ngx_http_idv_page_t *page,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_session(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_logout(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_busy(ngx_http_idv_page_t *page);


static const ngx_http_idv_page_route_t  ngx_http_idv_page_routes[] = {

    { ngx_string(""), NGX_HTTP_IDV_PAGE_READS|NGX_HTTP_POST,
      "GET, HEAD, POST", ngx_http_idv_page_state, 0 },

    { ngx_string("start"), NGX_HTTP_IDV_PAGE_READS|NGX_HTTP_POST,
      "GET, HEAD, POST", ngx_http_idv_page_start, 0 },

    { ngx_string("return"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_return, 0 },

    { ngx_string("qr"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_qr, 0 },

    { ngx_string("session"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_session, 1 },

    { ngx_string("logout"), NGX_HTTP_IDV_PAGE_READS|NGX_HTTP_POST,
      "GET, HEAD, POST", ngx_http_idv_page_logout, 1 },

    { ngx_string("cancelled"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_cancelled, 1 },

    { ngx_string("style.css"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_style, 1 },

    { ngx_string("script.js"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_script, 1 },

    { ngx_string("icon.svg"), NGX_HTTP_IDV_PAGE_READS,
      "GET, HEAD", ngx_http_idv_page_icon, 1 },

    { ngx_null_string, 0, NULL, NULL, 0 }
};


ngx_int_t
ngx_http_idv_page_handler(ngx_http_request_t *r)
{
    ngx_int_t                         rc;
    ngx_str_t                         allow;
    ngx_http_idv_page_t              *page;
    const ngx_http_idv_page_route_t  *route;

    page = ngx_http_idv_page_create(r);
    if (page == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    route = ngx_http_idv_page_route(r);

    if (r->method == NGX_HTTP_POST
        && route->handler
        && (route->methods & NGX_HTTP_POST))
    {
        if (r->headers_in.content_length_n > NGX_HTTP_IDV_PAGE_MAX_FORM) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        rc = ngx_http_read_client_request_body(r,
                                               ngx_http_idv_page_form_handler);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    if (route->handler && !(r->method & route->methods)) {

        allow.data = (u_char *) route->allow;
        allow.len = ngx_strlen(route->allow);

        if (ngx_http_idv_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_idv_page_show_notice(page, NGX_HTTP_NOT_ALLOWED,
                                             NGX_HTTP_IDV_TEXT_ERROR_TITLE,
                                             NGX_HTTP_IDV_TEXT_ERROR_TEXT, 0);
    }

    if (ngx_http_idv_page_read(page) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_page_enter(page, route);
}


/*
 * A phone that comes back from the capture has no first factor to pass: whoever
 * has no flow is told to go on where they began, before access.
 */

ngx_int_t
ngx_http_idv_page_done_handler(ngx_http_request_t *r)
{
    ngx_str_t                       name, value;
    ngx_uint_t                      pos;
    ngx_http_idv_page_t            *page;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (lcf->page == NULL
        || !(r->method & NGX_HTTP_IDV_PAGE_READS)
        || ngx_http_idv_page_route(r)->handler != ngx_http_idv_page_return
        || ngx_http_idv_state_header(r))
    {
        return NGX_DECLINED;
    }

    ngx_http_idv_cookie_name(r, lcf->page, IDV_COOKIE_FLOW, &name);

    pos = 0;

    if (ngx_http_idv_cookie_next(r, &name, &pos, &value) == NGX_OK) {
        return NGX_DECLINED;
    }

    page = ngx_http_idv_page_create(r);
    if (page == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, ngx_http_idv_page_done(page));

    return NGX_DONE;
}


static ngx_http_idv_page_t *
ngx_http_idv_page_create(ngx_http_request_t *r)
{
    ngx_str_t                       path;
    ngx_http_idv_ctx_t             *ctx;
    ngx_http_idv_page_t            *page;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    page = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_page_t));
    if (page == NULL) {
        return NULL;
    }

    ctx->page = page;

    page->r = r;
    page->provider = lcf->page;
    page->conf = lcf->page->page;
    page->status = NGX_HTTP_OK;

    ngx_str_set(&page->form, "");

    page->lang = ngx_http_idv_page_language(&page->conf->langs,
                          ngx_http_idv_request_header(r, "Accept-Language"));

    page->fragment = (ngx_http_idv_request_header(r, "X-IDV-Fragment")
                      != NULL);
    page->phone = ngx_http_idv_page_is_phone(r);

    path = lcf->path;

    page->path.len = path.len + 2 * ngx_escape_uri(NULL, path.data, path.len,
                                                   NGX_ESCAPE_URI);
    page->path.data = ngx_pnalloc(r->pool, page->path.len);
    if (page->path.data == NULL) {
        return NULL;
    }

    (void) ngx_escape_uri(page->path.data, path.data, path.len,
                          NGX_ESCAPE_URI);

    if (ngx_http_idv_page_init(page) != NGX_OK
        || ngx_http_idv_page_host(page) != NGX_OK)
    {
        return NULL;
    }

    page->path_html = ngx_http_idv_page_string(page, "%e", &page->path);

    return page->html.failed ? NULL : page;
}


ngx_http_idv_page_t *
ngx_http_idv_page_get(ngx_http_request_t *r)
{
    /* whoever has a page has a context, which is found again */

    return ngx_http_idv_get_ctx(r)->page;
}


/* only the order of two buttons depends on it */

static ngx_uint_t
ngx_http_idv_page_is_phone(ngx_http_request_t *r)
{
    ngx_str_t  *mobile, *agent;

    mobile = ngx_http_idv_request_header(r, "Sec-CH-UA-Mobile");

    if (mobile && mobile->len == 2 && mobile->data[0] == '?') {
        return mobile->data[1] == '1';
    }

    agent = ngx_http_idv_request_header(r, "User-Agent");

    return agent && agent->len
           && ngx_strlcasestrn(agent->data, agent->data + agent->len,
                               (u_char *) "mobi", 4 - 1)
              != NULL;
}


/* the origin without its scheme: what a person knows the site by */

static ngx_int_t
ngx_http_idv_page_host(ngx_http_idv_page_t *page)
{
    u_char     *p;
    ngx_str_t   origin;

    if (ngx_http_idv_origin(page->r, page->provider, &origin) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_strlchr(origin.data, origin.data + origin.len, '/');

    page->host = origin;

    if (p && (size_t) (p - origin.data) + 2 <= origin.len) {
        page->host.data = p + 2;
        page->host.len = origin.data + origin.len - page->host.data;
    }

    return NGX_OK;
}


static const ngx_http_idv_page_route_t *
ngx_http_idv_page_route(ngx_http_request_t *r)
{
    const ngx_http_idv_loc_conf_t    *lcf;
    const ngx_http_idv_page_route_t  *route;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    for (route = ngx_http_idv_page_routes; route->handler; route++) {
        if (ngx_http_idv_page_below(route, &lcf->path, &r->uri) == NGX_OK) {
            break;
        }
    }

    return route;
}


ngx_uint_t
ngx_http_idv_page_personal(ngx_http_request_t *r)
{
    const ngx_http_idv_page_route_t  *route;

    route = ngx_http_idv_page_route(r);

    return route->handler && !route->anonymous;
}


static ngx_int_t
ngx_http_idv_page_below(const ngx_http_idv_page_route_t *route,
    const ngx_str_t *path, ngx_str_t *uri)
{
    if (uri->len == path->len + route->name.len
        && ngx_strncmp(uri->data, path->data, path->len) == 0
        && ngx_strncmp(uri->data + path->len, route->name.data,
                       route->name.len)
           == 0)
    {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static void
ngx_http_idv_page_form_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    rc = ngx_http_idv_page_body(r, &page->form);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    rc = ngx_http_idv_page_read(page);

    rc = (rc == NGX_OK)
         ? ngx_http_idv_page_enter(page, ngx_http_idv_page_route(r))
         : NGX_HTTP_INTERNAL_SERVER_ERROR;

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_idv_page_enter(ngx_http_idv_page_t *page,
    const ngx_http_idv_page_route_t *route)
{
    ngx_int_t             rc;
    ngx_http_idv_error_e  error;

    if (route->handler == NULL) {
        return ngx_http_idv_page_show_notice(page, NGX_HTTP_NOT_FOUND,
                                          NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE,
                                          NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT, 0);
    }

    rc = ngx_http_idv_client(page->r, page->provider, &page->client);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {

        page->client.subject.len = 0;

        if (!route->anonymous) {

            if (ngx_http_idv_page_is_api(page)) {

                if (ngx_http_idv_cors(page->r, page->provider) != NGX_OK) {
                    return NGX_HTTP_INTERNAL_SERVER_ERROR;
                }

                return ngx_http_idv_send_error(page->r,
                                               NGX_HTTP_IDV_NO_SUBJECT, -1);
            }

            return ngx_http_idv_page_show_notice(page, NGX_HTTP_FORBIDDEN,
                                            NGX_HTTP_IDV_TEXT_SUBJECT_TITLE,
                                            NGX_HTTP_IDV_TEXT_SUBJECT_TEXT, 0);
        }
    }

    if (!route->anonymous && ngx_http_idv_ldap_blocks(page->r, &error)) {

        if (ngx_http_idv_page_is_api(page)) {

            if (ngx_http_idv_cors(page->r, page->provider) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            return ngx_http_idv_send_error(page->r, error, -1);
        }

        return ngx_http_idv_page_show_notice(page,
                                         error == NGX_HTTP_IDV_DIRECTORY
                                         ? NGX_HTTP_SERVICE_UNAVAILABLE
                                         : NGX_HTTP_FORBIDDEN,
                                         NGX_HTTP_IDV_TEXT_ERROR_TITLE,
                                         NGX_HTTP_IDV_TEXT_ERROR_TEXT, 0);
    }

    return route->handler(page);
}


static ngx_int_t
ngx_http_idv_page_style(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_send_asset(page, NGX_HTTP_IDV_ASSET_STYLE);
}


static ngx_int_t
ngx_http_idv_page_script(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_send_asset(page, NGX_HTTP_IDV_ASSET_SCRIPT);
}


static ngx_int_t
ngx_http_idv_page_icon(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_send_asset(page, NGX_HTTP_IDV_ASSET_ICON);
}


/*
 * Starting costs nothing and opens nothing, so that a link from anywhere may
 * do it.
 */

static ngx_int_t
ngx_http_idv_page_start(ngx_http_idv_page_t *page)
{
    ngx_str_t                       policy;
    ngx_uint_t                      api;
    idv_engine_op_t                *op;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(page->r, ngx_http_idv_module);

    api = ngx_http_idv_page_is_api(page);

    if (ngx_http_idv_value(page->r, lcf->policy, &policy) != NGX_OK
        || ngx_http_idv_start(page->r, page->provider, &page->client,
                              &page->return_to, api ? 0 : IDV_FLOW_BROWSER,
                              &policy, NGX_HTTP_IDV_ANY_AGE, &op)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (api) {
        return ngx_http_idv_page_started_api(page, op);
    }

    if (op->result != IDV_ENGINE_OK) {
        return ngx_http_idv_page_fail(page, op);
    }

    page->flow_id.data = (u_char *) op->flow.id;
    page->flow_id.len = IDV_FLOW_ID_LEN;

    return ngx_http_idv_page_to_flow(page, "");
}


static ngx_uint_t
ngx_http_idv_page_is_api(ngx_http_idv_page_t *page)
{
    ngx_str_t  mode;

    return (ngx_http_idv_page_field(page, "response_mode", &mode) == NGX_OK
            || ngx_http_idv_arg(page->r, "response_mode", &mode)
               == NGX_OK)
           && mode.len == sizeof("pi.flow") - 1
           && ngx_strncmp(mode.data, "pi.flow", mode.len) == 0;
}


static ngx_int_t
ngx_http_idv_page_started_api(ngx_http_idv_page_t *page, idv_engine_op_t *op)
{
    ngx_str_t  json;

    if (ngx_http_idv_cors(page->r, page->provider) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (op->result != IDV_ENGINE_OK) {
        return ngx_http_idv_send_error(page->r,
                                       ngx_http_idv_engine_error(op->result),
                                       op->retry_after);
    }

    if (ngx_http_idv_flow_json(page->r, page->provider, &page->client, op,
                               &json)
        != NGX_OK
        || ngx_http_idv_no_store(page->r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(page->r, NGX_HTTP_OK, "application/json", &json);
}


static ngx_int_t
ngx_http_idv_page_session(ngx_http_idv_page_t *page)
{
    ngx_str_t  json;

    if (ngx_http_idv_session_json(page->r, page->provider,
                                  ngx_http_idv_page_get_session(page), &json)
        != NGX_OK
        || ngx_http_idv_no_store(page->r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(page->r, NGX_HTTP_OK, "application/json", &json);
}


static ngx_int_t
ngx_http_idv_page_logout(ngx_http_idv_page_t *page)
{
    ngx_int_t                rc;
    ngx_str_t                bound;
    ngx_array_t              sessions;
    ngx_http_idv_session_t  *first;

    /* one that nobody could look at has not ended */

    if (ngx_http_idv_sessions_held(page->r, page->provider, &sessions)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    first = sessions.nelts ? sessions.elts : NULL;

    if (page->r->method != NGX_HTTP_POST) {
        return ngx_http_idv_page_show_logout(page, first);
    }

    if (first) {
        bound.data = first->id;
        bound.len = sizeof(first->id);

        rc = ngx_http_idv_same_origin(page->r, page->provider);

        if (rc == NGX_DECLINED
            || (rc == NGX_AGAIN && !ngx_http_idv_page_csrf_valid(page,
                                                                 &bound)))
        {
            return ngx_http_idv_page_show_notice(page, NGX_HTTP_FORBIDDEN,
                                                 NGX_HTTP_IDV_TEXT_FORM_TITLE,
                                                 NGX_HTTP_IDV_TEXT_FORM_TEXT,
                                                 0);
        }

        rc = ngx_http_idv_sessions_end(page->r, page->provider, &sessions);

        if (rc == NGX_DECLINED) {
            return ngx_http_idv_page_busy(page);
        }

        if (rc != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (page->return_to.len) {
        return ngx_http_idv_page_redirect(page, page->return_to);
    }

    return ngx_http_idv_page_redirect(page,
                            ngx_http_idv_page_string(page, "%vlogout",
                                                     &page->path));
}


/* the zone has no room to note that the session is over: it is not, then */

static ngx_int_t
ngx_http_idv_page_busy(ngx_http_idv_page_t *page)
{
    ngx_str_t  after;

    ngx_str_set(&after, "60");

    if (ngx_http_idv_header(page->r, "Retry-After", &after) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_page_show_notice(page, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         NGX_HTTP_IDV_TEXT_BUSY_TITLE,
                                         NGX_HTTP_IDV_TEXT_ERROR_TEXT, 0);
}


ngx_int_t
ngx_http_idv_page_cancelled(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_show_notice(page, NGX_HTTP_OK,
                                         NGX_HTTP_IDV_TEXT_CANCELED_TITLE,
                                         NGX_HTTP_IDV_TEXT_CANCELED_TEXT,
                                         NGX_HTTP_IDV_LINK_START
                                         | NGX_HTTP_IDV_LINK_BACK);
}


ngx_int_t
ngx_http_idv_page_done(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_show_notice(page, NGX_HTTP_OK,
                                         NGX_HTTP_IDV_TEXT_RETURNED_TITLE,
                                         NGX_HTTP_IDV_TEXT_RETURNED_TEXT, 0);
}


ngx_int_t
ngx_http_idv_page_expired(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_show_notice(page, NGX_HTTP_NOT_FOUND,
                                         NGX_HTTP_IDV_TEXT_EXPIRED_TITLE,
                                         NGX_HTTP_IDV_TEXT_EXPIRED_TEXT,
                                         NGX_HTTP_IDV_LINK_START
                                         | NGX_HTTP_IDV_LINK_BACK);
}


ngx_int_t
ngx_http_idv_page_to_flow(ngx_http_idv_page_t *page, const char *more)
{
    return ngx_http_idv_page_redirect(page,
                            ngx_http_idv_page_string(page, "%v?flowId=%v%s",
                                                     &page->path,
                                                     &page->flow_id, more));
}


ngx_int_t
ngx_http_idv_page_fail(ngx_http_idv_page_t *page, idv_engine_op_t *op)
{
    ngx_str_t            after;
    ngx_uint_t           status;
    ngx_http_idv_text_e  title, text;

    status = NGX_HTTP_SERVICE_UNAVAILABLE;
    title = NGX_HTTP_IDV_TEXT_BUSY_TITLE;

    switch (op->result) {

    case IDV_ENGINE_TOO_MANY:
        status = NGX_HTTP_TOO_MANY_REQUESTS;
        text = NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT;
        break;

    case IDV_ENGINE_FULL:
        text = NGX_HTTP_IDV_TEXT_FULL_TEXT;
        break;

    default:
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        title = NGX_HTTP_IDV_TEXT_ERROR_TITLE;
        text = NGX_HTTP_IDV_TEXT_ERROR_TEXT;
        break;
    }

    if (status != NGX_HTTP_INTERNAL_SERVER_ERROR) {

        after = ngx_http_idv_page_string(page, "%d",
                                         op->retry_after > 0
                                         ? (int) op->retry_after : 5);

        if (ngx_http_idv_header(page->r, "Retry-After", &after) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_idv_page_show_notice(page, status, title, text,
                                         NGX_HTTP_IDV_LINK_START);
}


ngx_http_idv_session_t *
ngx_http_idv_page_get_session(ngx_http_idv_page_t *page)
{
    u_char  subject[16];

    if (page->client.subject.len == 0) {
        return NULL;
    }

    if (ngx_http_idv_subject_hash(&page->client.subject, subject) != NGX_OK) {
        return NULL;
    }

    return ngx_http_idv_session(page->r, page->provider, subject);
}


ngx_str_t
ngx_http_idv_page_flow_return(const idv_flow_t *flow)
{
    ngx_str_t  path;

    path.data = (u_char *) flow->return_to;
    path.len = ngx_strlen(flow->return_to);

    /* what is in the zone was checked when it came in, and is once more */

    if (ngx_http_idv_return_path(&path) != NGX_OK) {
        ngx_str_set(&path, "/");
    }

    return path;
}
