
/*
 * Copyright (C) nginx-idv authors
 *
 * The gate.  It acts after all of access and before anything else of the
 * pre-content phase, once for a request and again after internal redirects.
 */


#include "ngx_http_idv_web.h"
#include "../ngx_http_idv_conf.h"
#include "../util/idv_crypto.h"


static ngx_int_t ngx_http_idv_refuse(ngx_http_request_t *r,
    const idv_provider_t *provider, ngx_str_t *policy);


/* "on", "1", "yes", "true": what a map would say */

static ngx_uint_t
ngx_http_idv_on(ngx_str_t *value)
{
    return (value->len == 2 && ngx_strncmp(value->data, "on", 2) == 0)
           || (value->len == 1 && value->data[0] == '1')
           || (value->len == 3 && ngx_strncmp(value->data, "yes", 3) == 0)
           || (value->len == 4 && ngx_strncmp(value->data, "true", 4) == 0);
}


/* a session of another policy that is as good here, or better */

static ngx_uint_t
ngx_http_idv_accepts(const ngx_http_idv_loc_conf_t *lcf,
    const ngx_http_idv_session_t *session)
{
    u_char      *uuid;
    ngx_uint_t   i;

    if (lcf->policies == NULL) {
        return 0;
    }

    uuid = lcf->policies->elts;

    for (i = 0; i < lcf->policies->nelts; i++) {
        if (ngx_memcmp(&uuid[16 * i], session->policy, 16) == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_idv_max_age(ngx_http_request_t *r, const ngx_http_idv_loc_conf_t *lcf,
    ngx_int_t *age)
{
    ngx_str_t  value;

    if (ngx_http_idv_value(r, lcf->max_age, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *age = NGX_HTTP_IDV_ANY_AGE;

    if (value.len == 0) {
        return NGX_OK;
    }

    *age = ngx_parse_time(&value, 1);

    if (*age == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "idv: auth_idv_max_age gives no time");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* whether a valid session is enough for this location */

static ngx_int_t
ngx_http_idv_enough(ngx_http_request_t *r, const idv_provider_t *provider,
    const ngx_http_idv_loc_conf_t *lcf, ngx_http_idv_session_t *session,
    ngx_str_t *policy)
{
    u_char     uuid[16];
    ngx_int_t  rc, age;
    ngx_str_t  value;

    ngx_memcpy(uuid, provider->verify_policy, sizeof(uuid));

    if (policy->len
        && idv_uuid_parse(uuid, policy->data, policy->len) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_memcmp(uuid, session->policy, sizeof(uuid)) != 0
        && !ngx_http_idv_accepts(lcf, session))
    {
        return NGX_DECLINED;
    }

    if (session->bypass) {

        if (ngx_http_idv_value(r, lcf->accept_bypass, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!ngx_http_idv_on(&value)) {
            return NGX_DECLINED;
        }
    }

    if (lcf->max_age == NULL) {
        return NGX_OK;
    }

    rc = ngx_http_idv_max_age(r, lcf, &age);

    if (rc != NGX_OK || age == NGX_HTTP_IDV_ANY_AGE) {
        return rc;
    }

    return ngx_time() - session->verified <= age ? NGX_OK : NGX_DECLINED;
}


/* NGX_OK: let through; NGX_DECLINED: not verified; NGX_ERROR */

static ngx_int_t
ngx_http_idv_admit(ngx_http_request_t *r, const idv_provider_t *provider,
    const ngx_http_idv_loc_conf_t *lcf, ngx_http_idv_ctx_t *ctx,
    ngx_str_t *policy)
{
    u_char                   subject[16];
    ngx_int_t                rc;
    ngx_http_idv_client_t    client;
    ngx_http_idv_session_t  *session;

    rc = ngx_http_idv_who(r, provider, &client);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_idv_subject_hash(&client.subject, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    session = ngx_http_idv_session(r, provider, subject);

    if (session == NULL) {
        return ctx->lost ? NGX_ERROR : NGX_DECLINED;
    }

    rc = ngx_http_idv_enough(r, provider, lcf, session, policy);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = provider->registration
         ? ngx_http_idv_redeem(r, provider, session)
         : ngx_http_idv_session_touch(r, provider, session);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->admitted = 1;

    if (lcf->headers
        && ngx_http_idv_set_headers(r, lcf->headers, session) != NGX_OK)
    {
        ctx->redeemed = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* NGX_OK: there is nothing to wait for; else what a phase handler returns */

static ngx_int_t
ngx_http_idv_gate_look(ngx_http_request_t *r,
    const ngx_http_idv_loc_conf_t *lcf)
{
    ngx_int_t             rc;
    ngx_http_idv_error_e  error;

    rc = ngx_http_idv_ldap(r);

    if (rc == NGX_AGAIN) {
        return NGX_DONE;
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* flows say it in their own way */

    if (lcf->directory_always && lcf->api == NULL && lcf->page == NULL
        && ngx_http_idv_ldap_blocks(r, &error))
    {
        ngx_http_finalize_request(r, ngx_http_idv_send_error(r, error, -1));
        return NGX_DONE;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_gate_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_str_t                        name, mode, policy;
    ngx_http_idv_ctx_t              *ctx;
    const idv_provider_t            *provider;
    const ngx_http_idv_loc_conf_t   *lcf;
    const ngx_http_idv_main_conf_t  *mcf;

    /* a subrequest is not gated by itself: its request is */

    if (r != r->main) {
        ngx_http_idv_redeem_shared(r);
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_http_idv_module);

    if (r->internal) {

        /* what an earlier location set is not for this one */

        if (mcf->strips && ngx_http_idv_strip_headers(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx = ngx_http_idv_get_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->admitted = 0;
    }

    /* what stands behind evaluates variables, and cannot wait for them */

    if (lcf->directory_always || lcf->api
        || (lcf->page && ngx_http_idv_page_personal(r)))
    {
        rc = ngx_http_idv_gate_look(r, lcf);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (lcf->gate == NULL || lcf->api || lcf->page || lcf->metrics
        || lcf->connector.provider)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_idv_value(r, lcf->gate, &name) != NGX_OK
        || ngx_http_idv_value(r, lcf->mode, &mode) != NGX_OK
        || ngx_http_idv_value(r, lcf->policy, &policy) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* nothing but the word: a map without a default must not open the gate */

    if (name.len == 3 && ngx_strncmp(name.data, "off", 3) == 0) {
        return NGX_DECLINED;
    }

    provider = ngx_http_idv_find_provider(mcf, &name);

    if (provider == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "idv: auth_idv gives the name of no provider");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_idv_admit(r, provider, lcf, ctx, &policy);

    if (rc == NGX_OK) {
        idv_store_count(provider->store, IDV_COUNT_GATE_ADMITTED);
        return NGX_DECLINED;
    }

    if (rc != NGX_DECLINED) {
        ctx->admitted = 0;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (mode.len == sizeof("optional") - 1
        && ngx_strncmp(mode.data, "optional", mode.len) == 0)
    {
        return NGX_DECLINED;
    }

    /* a flow that may be started has to do with the user's contacts */

    if (lcf->directory && !lcf->directory_always
        && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)))
    {
        rc = ngx_http_idv_gate_look(r, lcf);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    idv_store_count(provider->store, IDV_COUNT_GATE_REFUSED);

    /* NGX_OK would go on to the content */
    ngx_http_finalize_request(r, ngx_http_idv_refuse(r, provider, &policy));

    return NGX_DONE;
}


/* a browser that goes to a page, and no script or program */

static ngx_uint_t
ngx_http_idv_navigation(ngx_http_request_t *r)
{
    ngx_str_t  *value;

    value = ngx_http_idv_request_header(r, "Sec-Fetch-Mode");

    if (value) {
        return value->len == sizeof("navigate") - 1
               && ngx_strncmp(value->data, "navigate", value->len) == 0;
    }

    if (ngx_http_idv_request_header(r, "X-Requested-With")) {
        return 0;
    }

    value = ngx_http_idv_request_header(r, "Accept");

    return value
           && ngx_strlcasestrn(value->data, value->data + value->len,
                               (u_char *) "text/html",
                               sizeof("text/html") - 2)
              != NULL;
}


/*
 * An image, a style sheet or the like of a page: nobody reads the flow in the
 * answer, and its cookie would replace that of the flow that somebody does.
 */

static ngx_uint_t
ngx_http_idv_part(ngx_http_request_t *r)
{
    ngx_str_t  *value;

    value = ngx_http_idv_request_header(r, "Sec-Fetch-Dest");

    return value
           && !(value->len == sizeof("empty") - 1
                && ngx_strncmp(value->data, "empty", value->len) == 0);
}


static ngx_int_t
ngx_http_idv_refuse_page(ngx_http_request_t *r,
    const ngx_http_idv_place_t *page, const char *id)
{
    u_char     *p;
    ngx_str_t   location;

    p = ngx_pnalloc(r->pool,
                    page->path.len + sizeof("?flowId=") - 1 + IDV_FLOW_ID_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    location.data = p;
    location.len = ngx_sprintf(p, "%V?flowId=%s", &page->path, id) - p;

    return ngx_http_idv_redirect(r, &location);
}


static ngx_int_t
ngx_http_idv_refuse(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_str_t *policy)
{
    ngx_int_t                       rc, age;
    ngx_str_t                       json;
    ngx_uint_t                      flags;
    idv_engine_op_t                *op;
    ngx_http_idv_error_e            error;
    ngx_http_idv_client_t           client;
    const ngx_http_idv_place_t     *api, *page;
    const ngx_http_idv_loc_conf_t  *lcf;
    const ngx_http_idv_srv_conf_t  *scf;

    if (ngx_http_idv_cors(r, provider) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_idv_client(r, provider, &client);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_NO_SUBJECT, -1);
    }

    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_REQUIRED, -1);
    }

    if (ngx_http_idv_ldap_blocks(r, &error)) {
        return ngx_http_idv_send_error(r, error, -1);
    }

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);

    api = ngx_http_idv_place(&scf->apis, provider);
    page = ngx_http_idv_place(&scf->pages, provider);

    flags = 0;

    if (page && ngx_http_idv_navigation(r)) {
        flags = IDV_FLOW_BROWSER;

    } else if (api == NULL || ngx_http_idv_part(r)) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_REQUIRED, -1);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    rc = ngx_http_idv_max_age(r, lcf, &age);

    if (rc == NGX_DECLINED) {
        /* no session is good here, whatever it says */
        age = 0;
    }

    if (rc == NGX_ERROR
        || ngx_http_idv_start(r, provider, &client, &r->unparsed_uri, flags,
                              policy, age, &op)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (op->result != IDV_ENGINE_OK) {
        return ngx_http_idv_send_error(r,
                                       ngx_http_idv_engine_error(op->result),
                                       op->retry_after);
    }

    if (flags) {
        return ngx_http_idv_refuse_page(r, page, op->flow.id);
    }

    if (ngx_http_idv_flow_json(r, provider, &client, op, &json) != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, NGX_HTTP_FORBIDDEN, "application/json", &json);
}
