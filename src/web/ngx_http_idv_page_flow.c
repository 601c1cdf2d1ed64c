
/*
 * Copyright (C) nginx-idv authors
 *
 * A browser's way through a flow.  A form leads back to the page by 303, so
 * that reloading repeats nothing and several tabs agree.
 */


#include "ngx_http_idv_page.h"


typedef struct {
    ngx_str_t             name;          /* of the button */
    idv_event_e           event;
} ngx_http_idv_page_action_t;


typedef struct {
    ngx_str_t             name;          /* in the query, after a 303 */
    idv_engine_result_e   result;
    ngx_http_idv_text_e   text;
} ngx_http_idv_page_problem_t;


static ngx_int_t ngx_http_idv_page_look(ngx_http_idv_page_t *page,
    ngx_http_idv_done_pt done);
static ngx_int_t ngx_http_idv_page_looked(ngx_http_request_t *r,
    idv_engine_op_t *op);
static void ngx_http_idv_page_limited(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static ngx_int_t ngx_http_idv_page_poll(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static ngx_int_t ngx_http_idv_page_polled(ngx_http_request_t *r,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_over(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static ngx_int_t ngx_http_idv_page_act(ngx_http_idv_page_t *page);
static ngx_int_t ngx_http_idv_page_act_handler(ngx_http_request_t *r,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_perform(ngx_http_idv_page_t *page,
    const idv_flow_t *flow);
static ngx_int_t ngx_http_idv_page_choose(ngx_http_idv_page_t *page,
    const idv_flow_t *flow, idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_acted(ngx_http_request_t *r,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_prepare(idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_outcome(ngx_http_idv_page_t *page,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_problem(ngx_http_idv_page_t *page,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_returned(ngx_http_request_t *r,
    idv_engine_op_t *op);
static ngx_int_t ngx_http_idv_page_qr_handler(ngx_http_request_t *r,
    idv_engine_op_t *op);


static const ngx_http_idv_page_action_t  ngx_http_idv_page_buttons[] = {
    { ngx_string("device-self"), IDV_EVENT_DEVICE_SELF },
    { ngx_string("device-other"), IDV_EVENT_DEVICE_OTHER },
    { ngx_string("options"), IDV_EVENT_OPTIONS },
    { ngx_string("retry"), IDV_EVENT_RETRY },
    { ngx_string("cancel"), IDV_EVENT_CANCEL },
    { ngx_string("continue"), IDV_EVENT_CONTINUE },
    { ngx_null_string, IDV_EVENT_LOOK }
};


static const ngx_http_idv_page_problem_t  ngx_http_idv_page_problems[] = {

    { ngx_string("unavailable"), IDV_ENGINE_UNAVAILABLE,
      NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE },

    { ngx_string("attempts"), IDV_ENGINE_NO_ATTEMPTS,
      NGX_HTTP_IDV_TEXT_FAILED_LAST },

    { ngx_string("limited"), IDV_ENGINE_LIMITED,
      NGX_HTTP_IDV_TEXT_LIMITED_TEXT },

    { ngx_string("limited"), IDV_ENGINE_LIMITED_ADDRESS,
      NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS },

    { ngx_string("limited"), IDV_ENGINE_LIMITED_ALL,
      NGX_HTTP_IDV_TEXT_LIMITED_ALL },

    { ngx_string("limited"), IDV_ENGINE_LOCKED,
      NGX_HTTP_IDV_TEXT_LIMITED_LOCKED },

    { ngx_null_string, IDV_ENGINE_OK, NGX_HTTP_IDV_TEXT_NONE }
};


/* GET shows a flow, or where to start one; POST is a button of it */

ngx_int_t
ngx_http_idv_page_state(ngx_http_idv_page_t *page)
{
    ngx_str_t                           value;
    const ngx_http_idv_page_problem_t  *problem;

    if (page->r->method == NGX_HTTP_POST) {
        return ngx_http_idv_page_act(page);
    }

    if (ngx_http_idv_arg(page->r, "flowId", &value) != NGX_OK) {
        return ngx_http_idv_page_show_start(page,
                                        ngx_http_idv_page_get_session(page));
    }

    page->leaves = (ngx_http_idv_arg(page->r, "go", &value) == NGX_OK);

    if (ngx_http_idv_arg(page->r, "error", &value) == NGX_OK) {

        for (problem = ngx_http_idv_page_problems; problem->name.len;
             problem++)
        {
            if (problem->name.len == value.len
                && ngx_strncmp(problem->name.data, value.data, value.len) == 0)
            {
                page->error = problem->text;
                break;
            }
        }
    }

    return ngx_http_idv_page_look(page, ngx_http_idv_page_looked);
}


static ngx_int_t
ngx_http_idv_page_look(ngx_http_idv_page_t *page, ngx_http_idv_done_pt done)
{
    idv_engine_op_t  *op;

    op = ngx_http_idv_op(page->r, page->provider, &page->client,
                         &page->flow_id, IDV_EVENT_LOOK);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_run(page->r, op, done);
}


static ngx_int_t
ngx_http_idv_page_looked(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    if (op->result == IDV_ENGINE_NOT_FOUND) {
        rc = ngx_http_idv_page_over(page, NULL);

    } else if (op->result != IDV_ENGINE_OK) {
        rc = ngx_http_idv_page_fail(page, op);

    } else if (op->flow.state == IDV_STATE_ENDED
               || op->flow.state == IDV_STATE_CANCELED)
    {
        rc = ngx_http_idv_page_over(page, &op->flow);

    } else if (op->flow.state == IDV_STATE_REQUIRED
               || op->flow.state == IDV_STATE_IN_PROGRESS)
    {
        rc = ngx_http_idv_page_poll(page, &op->flow);

    } else {
        ngx_http_idv_page_limited(page, &op->flow);
        rc = ngx_http_idv_page_show_flow(page, &op->flow);
    }

    return rc;
}


/* what the address says of limits is asked again: time goes by */

static void
ngx_http_idv_page_limited(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_int_t                           wait;
    ngx_str_t                           address;
    idv_engine_result_e                 result;
    const ngx_http_idv_page_problem_t  *problem;

    if (page->error != NGX_HTTP_IDV_TEXT_LIMITED_TEXT) {
        return;
    }

    ngx_http_idv_address(page->r, &address);

    page->error = NGX_HTTP_IDV_TEXT_NONE;
    result = idv_engine_granted(page->provider, flow, &address, &wait);

    if (result == IDV_ENGINE_OK) {
        return;
    }

    for (problem = ngx_http_idv_page_problems; problem->name.len; problem++) {
        if (problem->result == result) {
            page->error = problem->text;
            wait = (wait + 59) / 60;
            page->time = ngx_http_idv_page_string(page, "%d:%d%d",
                                                  (int) (wait / 60),
                                                  (int) (wait % 60 / 10),
                                                  (int) (wait % 10));
        }
    }
}


/* without the script a reload is what moves a flow on */

static ngx_int_t
ngx_http_idv_page_poll(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    idv_engine_op_t  *op;

    op = ngx_http_idv_op(page->r, page->provider, &page->client,
                         &page->flow_id, IDV_EVENT_POLL);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a failed transaction may be followed by another one */

    if ((flow->flags & IDV_FLOW_SELF)
        && ngx_http_idv_capture_return(page->r, page->provider,
                                       &page->flow_id, &op->redirect)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_run(page->r, op, ngx_http_idv_page_polled);
}


static ngx_int_t
ngx_http_idv_page_polled(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    if (op->result == IDV_ENGINE_NOT_FOUND) {
        /* another tab has ended it meanwhile: look again */
        rc = ngx_http_idv_page_to_flow(page, "");

    } else if (op->result == IDV_ENGINE_OK
               || op->result == IDV_ENGINE_NOT_ALLOWED)
    {
        rc = ngx_http_idv_page_show_flow(page, &op->flow);

    } else {
        rc = ngx_http_idv_page_fail(page, op);
    }

    return rc;
}


/* flow has ended, or is NULL; a browser that is verified goes on */

static ngx_int_t
ngx_http_idv_page_over(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_str_t  root;

    if (flow) {
        page->return_to = ngx_http_idv_page_flow_return(flow);

        if (flow->state == IDV_STATE_CANCELED) {
            return ngx_http_idv_page_cancelled(page);
        }
    }

    if (ngx_http_idv_page_get_session(page)) {
        ngx_str_set(&root, "/");

        return ngx_http_idv_page_redirect(page, page->return_to.len
                                                ? page->return_to : root);
    }

    return ngx_http_idv_page_expired(page);
}


static ngx_int_t
ngx_http_idv_page_act(ngx_http_idv_page_t *page)
{
    ngx_int_t                          rc;
    ngx_str_t                          name;
    const ngx_http_idv_page_action_t  *action;

    if (page->flow_id.len == 0) {
        return ngx_http_idv_page_expired(page);
    }

    if (page->client.secret.len == 0
        || ngx_http_idv_same_origin(page->r, page->provider) == NGX_DECLINED
        || !ngx_http_idv_page_csrf_valid(page, &page->flow_id))
    {
        return ngx_http_idv_page_show_notice(page, NGX_HTTP_FORBIDDEN,
                                             NGX_HTTP_IDV_TEXT_FORM_TITLE,
                                             NGX_HTTP_IDV_TEXT_FORM_TEXT,
                                             NGX_HTTP_IDV_LINK_FLOW);
    }

    rc = ngx_http_idv_page_field(page, "action", &name);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_str_set(&name, "");
    }

    for (action = ngx_http_idv_page_buttons; action->name.len; action++) {
        if (action->name.len == name.len
            && ngx_strncmp(action->name.data, name.data, name.len) == 0)
        {
            break;
        }
    }

    if (action->name.len == 0) {
        return ngx_http_idv_page_show_notice(page, NGX_HTTP_BAD_REQUEST,
                                             NGX_HTTP_IDV_TEXT_ERROR_TITLE,
                                             NGX_HTTP_IDV_TEXT_ERROR_TEXT,
                                             NGX_HTTP_IDV_LINK_FLOW);
    }

    page->action = action->event;

    /* what is offered, and where a cancelled flow came from, is in the flow */

    return ngx_http_idv_page_look(page, ngx_http_idv_page_act_handler);
}


static ngx_int_t
ngx_http_idv_page_act_handler(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    if (op->result == IDV_ENGINE_OK) {
        rc = ngx_http_idv_page_perform(page, &op->flow);

    } else {
        rc = ngx_http_idv_page_problem(page, op);
    }

    return rc;
}


static ngx_int_t
ngx_http_idv_page_perform(ngx_http_idv_page_t *page, const idv_flow_t *flow)
{
    ngx_int_t         rc;
    idv_engine_op_t  *op;

    op = ngx_http_idv_op(page->r, page->provider, &page->client,
                         &page->flow_id, page->action);
    if (op == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    op->prepare = ngx_http_idv_page_prepare;
    rc = NGX_OK;

    switch (page->action) {

    case IDV_EVENT_DEVICE_SELF:
        rc = ngx_http_idv_capture_return(page->r, page->provider,
                                         &page->flow_id, &op->redirect);
        break;

    case IDV_EVENT_OPTIONS:
        rc = ngx_http_idv_page_choose(page, flow, op);
        break;

    default:
        break;
    }

    if (rc == NGX_DECLINED) {
        /* what they chose is no longer offered: show what is */
        return ngx_http_idv_page_to_flow(page, "");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_run(page->r, op, ngx_http_idv_page_acted);
}


static ngx_int_t
ngx_http_idv_page_choose(ngx_http_idv_page_t *page, const idv_flow_t *flow,
    idv_engine_op_t *op)
{
    ngx_int_t  rc;

    /* where the operator decides, the address is there */

    if (page->provider->flow.delivery != IDV_DELIVERY_USER) {
        return NGX_OK;
    }

    rc = ngx_http_idv_page_field(page, "option", &page->option);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || page->option.len == 0) {
        op->event.method = IDV_METHOD_QR;
        return NGX_OK;
    }

    op->event.method = IDV_METHOD_EMAIL;

    rc = ngx_http_idv_choose(page->r, page->provider, flow, IDV_CONTACT_EMAIL,
                             &page->option, &op->contact);

    if (rc == NGX_DECLINED) {
        op->event.method = IDV_METHOD_SMS;

        rc = ngx_http_idv_choose(page->r, page->provider, flow,
                                 IDV_CONTACT_PHONE, &page->option,
                                 &op->contact);
    }

    return rc;
}


static ngx_int_t
ngx_http_idv_page_acted(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    if (op->result == IDV_ENGINE_OK) {
        rc = ngx_http_idv_page_outcome(page, op);

    } else {
        rc = ngx_http_idv_page_problem(page, op);
    }

    return rc;
}


static ngx_int_t
ngx_http_idv_page_prepare(idv_engine_op_t *op)
{
    ngx_str_t             path;
    ngx_http_request_t   *r;
    ngx_http_idv_page_t  *page;

    r = ngx_http_idv_op_request(op);
    page = ngx_http_idv_page_get(r);

    if (ngx_http_idv_session_issue(r, op->provider, &op->flow, &op->claims,
                                   NULL)
        != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    path = ngx_http_idv_page_flow_return(&op->flow);

    page->end = ngx_http_idv_header_push(r, "Location", sizeof("Location") - 1,
                                         &path);
    if (page->end == NULL) {
        return NGX_ERROR;
    }

    /* as the session's cookie: not sent where the flow does not end */
    page->end->hash = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_page_outcome(ngx_http_idv_page_t *page, idv_engine_op_t *op)
{
    static ngx_str_t  empty = ngx_null_string;

    page->return_to = ngx_http_idv_page_flow_return(&op->flow);

    switch (page->action) {

    case IDV_EVENT_DEVICE_SELF:

        /* the redirect after a form stays here, the page then leaves */

        return ngx_http_idv_page_to_flow(page, "&go=1");

    case IDV_EVENT_CANCEL:
        return ngx_http_idv_page_redirect(page,
                         ngx_http_idv_page_string(page,
                                                  "%vcancelled?return=%u",
                                                  &page->path,
                                                  &page->return_to));

    case IDV_EVENT_CONTINUE:

        ngx_http_idv_session_grant(page->r, page->provider);
        page->end->hash = 1;

        return ngx_http_idv_send(page->r, NGX_HTTP_SEE_OTHER, NULL, &empty);

    default:
        return ngx_http_idv_page_to_flow(page, "");
    }
}


/*
 * What went wrong is told by the page that the form leads back to.  An action
 * that the state does not allow was of an older page: the newest is shown.
 */

static ngx_int_t
ngx_http_idv_page_problem(ngx_http_idv_page_t *page, idv_engine_op_t *op)
{
    ngx_str_t                           more;
    const ngx_http_idv_page_problem_t  *problem;

    if (op->result == IDV_ENGINE_NOT_ALLOWED
        || op->result == IDV_ENGINE_NOT_FOUND)
    {
        return ngx_http_idv_page_to_flow(page, "");
    }

    for (problem = ngx_http_idv_page_problems; problem->name.len; problem++) {

        if (problem->result != op->result) {
            continue;
        }

        more = ngx_http_idv_page_string(page, "%v?flowId=%v&error=%v",
                                        &page->path, &page->flow_id,
                                        &problem->name);

        return ngx_http_idv_page_redirect(page, more);
    }

    return ngx_http_idv_page_fail(page, op);
}


ngx_int_t
ngx_http_idv_capture_return(ngx_http_request_t *r,
    const idv_provider_t *provider, const ngx_str_t *flow_id, ngx_str_t *url)
{
    u_char                         *p;
    size_t                          len;
    ngx_str_t                       origin;
    const ngx_http_idv_place_t     *place;
    const ngx_http_idv_srv_conf_t  *scf;

    ngx_str_set(url, "");

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);

    place = ngx_http_idv_place(&scf->pages, provider);

    if (place == NULL) {
        return NGX_OK;
    }

    if (ngx_http_idv_origin(r, provider, &origin) != NGX_OK) {
        return NGX_ERROR;
    }

    len = origin.len + 3 * place->path.len + sizeof("return?flowId=") - 1
          + flow_id->len + 1;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;

    p = ngx_cpymem(p, origin.data, origin.len);
    p = (u_char *) ngx_escape_uri(p, place->path.data, place->path.len,
                                  NGX_ESCAPE_URI);
    p = ngx_sprintf(p, "return?flowId=%V", flow_id);

    url->len = p - url->data;
    *p = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_page_return(ngx_http_idv_page_t *page)
{
    idv_engine_op_t  *op;

    op = ngx_http_idv_op(page->r, page->provider, &page->client,
                         &page->flow_id, IDV_EVENT_RETURNED);
    if (op == NULL
        || ngx_http_idv_arg(page->r, "code", &op->code) == NGX_ERROR)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_run(page->r, op, ngx_http_idv_page_returned);
}


static ngx_int_t
ngx_http_idv_page_returned(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_int_t             rc;
    ngx_http_idv_page_t  *page;

    page = ngx_http_idv_page_get(r);

    if (op->result == IDV_ENGINE_OK) {

        if (op->flow.flags & IDV_FLOW_BROWSER) {
            rc = ngx_http_idv_page_to_flow(page, "");

        } else {
            rc = ngx_http_idv_page_redirect(page,
                                    ngx_http_idv_page_flow_return(&op->flow));
        }

    } else if (op->result != IDV_ENGINE_NOT_FOUND
               && op->result != IDV_ENGINE_NOT_ALLOWED)
    {
        rc = ngx_http_idv_page_fail(page, op);

    } else if (page->flow_id.len && ngx_http_idv_page_get_session(page)) {
        rc = ngx_http_idv_page_to_flow(page, "");

    } else {

        /* maybe the app of a camera, with cookies of its own */

        rc = ngx_http_idv_page_done(page);
    }

    return rc;
}


ngx_int_t
ngx_http_idv_page_qr(ngx_http_idv_page_t *page)
{
    return ngx_http_idv_page_look(page, ngx_http_idv_page_qr_handler);
}


static ngx_int_t
ngx_http_idv_page_qr_handler(ngx_http_request_t *r, idv_engine_op_t *op)
{
    if (op->result == IDV_ENGINE_OK) {
        return ngx_http_idv_send_qr(r, &op->flow);
    }

    return ngx_http_idv_send_error(r, ngx_http_idv_engine_error(op->result),
                                   op->retry_after);
}
