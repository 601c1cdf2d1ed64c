
/*
 * Copyright (C) nginx-idv authors
 *
 * Who asks, and what the rooms of web/ do with the engine.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_crypto.h"


static void ngx_http_idv_ctx_cleanup(void *data);
static void ngx_http_idv_engine_done(idv_engine_op_t *op);
static void ngx_http_idv_client_gone(void *data);
static ngx_int_t ngx_http_idv_expect(idv_engine_op_t *op, ngx_uint_t i,
    ngx_str_t *value);
static void ngx_http_idv_op_address(idv_engine_op_t *op, ngx_str_t *value);


static const idv_engine_ask_t  ngx_http_idv_ask = {
    ngx_http_idv_expect,
    ngx_http_idv_op_address,
    ngx_http_idv_inputs,
    ngx_http_idv_kept
};


/* one operation, from the request's pool */

typedef struct {
    idv_engine_op_t        op;
    ngx_http_request_t    *request;      /* NULL: finalized */
    ngx_http_idv_done_pt   done;
} ngx_http_idv_wait_t;


/* the cleanup does nothing but mark where the context is */

static void
ngx_http_idv_ctx_cleanup(void *data)
{
    ngx_http_idv_ctx_t *ctx = data;

    ctx->session = NULL;
}


static ngx_http_idv_ctx_t *
ngx_http_idv_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_idv_ctx_t  *ctx;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_idv_ctx_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            return ctx;
        }
    }

    return NULL;
}


ngx_http_idv_ctx_t *
ngx_http_idv_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;
    ngx_http_idv_ctx_t  *ctx, *main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);

    if (ctx) {
        return ctx;
    }

    if (r->internal || r != r->main) {
        ctx = ngx_http_idv_find_ctx(r);

        if (ctx) {
            ngx_http_set_ctx(r, ctx, ngx_http_idv_module);
            return ctx;
        }
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_idv_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_idv_ctx_t));

    if (r != r->main) {
        main = ngx_http_idv_find_ctx(r->main);

        if (main) {
            ctx->session = main->session;
            ctx->provider = main->provider;
            ctx->looked = main->looked;
            ctx->admitted = main->admitted;
            ctx->look = main->look;
        }
    }

    ctx->request = r;
    cln->handler = ngx_http_idv_ctx_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_http_idv_module);

    return ctx;
}


ngx_int_t
ngx_http_idv_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    ngx_str_t *value)
{
    if (cv == NULL) {
        ngx_str_null(value);
        return NGX_OK;
    }

    return ngx_http_complex_value(r, cv, value);
}


ngx_str_t *
ngx_http_idv_header_find(ngx_http_request_t *r, const char *name, size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && (ngx_memcmp(h[i].key.data, name, len) == 0
                || ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0))
        {
            return &h[i].value;
        }
    }
}


/* the header in which a client without cookies returns its state */

ngx_str_t *
ngx_http_idv_state_header(ngx_http_request_t *r)
{
    return ngx_http_idv_request_header(r, "X-PF-Authn-API-State");
}


/* a subject is mostly one variable: not measured first, and not copied */

static ngx_int_t
ngx_http_idv_name(ngx_http_request_t *r, const ngx_http_idv_loc_conf_t *lcf,
    ngx_str_t *name)
{
    ngx_http_variable_value_t  *v;

    if (lcf->subject_index == NGX_ERROR) {
        return ngx_http_idv_value(r, lcf->subject, name);
    }

    v = ngx_http_get_flushed_variable(r, lcf->subject_index);

    if (v == NULL || v->not_found) {
        ngx_str_null(name);
        return NGX_OK;
    }

    name->len = v->len;
    name->data = v->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_subject(ngx_http_request_t *r, ngx_http_idv_client_t *client)
{
    ngx_uint_t                      i;
    const ngx_http_idv_loc_conf_t  *lcf;

    ngx_memzero(client, sizeof(ngx_http_idv_client_t));

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (ngx_http_idv_name(r, lcf, &client->subject) != NGX_OK) {
        return NGX_ERROR;
    }

    if (client->subject.len == 0) {
        return NGX_DECLINED;
    }

    if (client->subject.len > IDV_FLOW_MAX_USER) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "idv: a subject of %uz bytes is longer than %d",
                      client->subject.len, IDV_FLOW_MAX_USER);
        return NGX_DECLINED;
    }

    /* the zone keeps it with a NUL at its end: "ann\0x" is not "ann" */

    for (i = 0; i < client->subject.len; i++) {
        if (client->subject.data[i] < 0x20 || client->subject.data[i] == 0x7f) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "idv: a subject has control characters");
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static void
ngx_http_idv_secret(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client)
{
    ngx_str_t   *state, name, value;
    ngx_uint_t   pos;

    state = ngx_http_idv_state_header(r);

    if (state) {
        client->cookieless = 1;

        if (idv_id_form(state->data, state->len)) {
            client->secret = *state;
        }

    } else {

        ngx_http_idv_cookie_name(r, provider, IDV_COOKIE_FLOW, &name);

        pos = 0;

        while (ngx_http_idv_cookie_next(r, &name, &pos, &value) == NGX_OK) {
            if (idv_id_form(value.data, value.len)) {
                client->secret = value;
                break;
            }
        }
    }
}


ngx_int_t
ngx_http_idv_who(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client)
{
    if (!provider->registration) {
        return ngx_http_idv_subject(r, client);
    }

    ngx_memzero(client, sizeof(ngx_http_idv_client_t));

    ngx_http_idv_secret(r, provider, client);

    return ngx_http_idv_newcomer(provider, client, r->pool);
}


ngx_int_t
ngx_http_idv_client(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client)
{
    ngx_int_t  rc;

    rc = ngx_http_idv_who(r, provider, client);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!provider->registration) {
        ngx_http_idv_secret(r, provider, client);
    }

    if (client->secret.len == 0) {
        return NGX_OK;
    }

    return ngx_http_idv_binding(provider, &client->secret, &client->subject,
                                client->binding);
}


/* a secret for a client that has none */

static ngx_int_t
ngx_http_idv_client_new(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client)
{
    client->secret.data = ngx_pnalloc(r->pool, NGX_HTTP_IDV_SECRET_LEN);
    if (client->secret.data == NULL) {
        return NGX_ERROR;
    }

    client->secret.len = NGX_HTTP_IDV_SECRET_LEN;

    if (idv_random_id(client->secret.data) != NGX_OK) {
        return NGX_ERROR;
    }

    if (provider->registration
        && ngx_http_idv_newcomer(provider, client, r->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_idv_binding(provider, &client->secret, &client->subject,
                                client->binding);
}


ngx_int_t
ngx_http_idv_origin(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_str_t *origin)
{
    u_char     *p;
    ngx_str_t   host;

    if (provider->base_url.len) {
        *origin = provider->base_url;
        return NGX_OK;
    }

    /* checked by nginx: no byte of it can leave a URL or a header */

    if (r->headers_in.host) {
        host = r->headers_in.host->value;

    } else {
        host = r->headers_in.server;
    }

    if (host.len == 0) {
        ngx_str_set(&host, "localhost");
    }

    p = ngx_pnalloc(r->pool, sizeof("https://") - 1 + host.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    origin->data = p;

    p = ngx_http_idv_secure(r, provider)
        ? ngx_cpymem(p, "https://", sizeof("https://") - 1)
        : ngx_cpymem(p, "http://", sizeof("http://") - 1);
    p = ngx_cpymem(p, host.data, host.len);

    origin->len = p - origin->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_return_path(const ngx_str_t *path)
{
    ngx_uint_t  i;

    if (path->len == 0 || path->len > IDV_FLOW_MAX_RETURN
        || path->data[0] != '/')
    {
        return NGX_DECLINED;
    }

    if (path->len > 1 && (path->data[1] == '/' || path->data[1] == '\\')) {
        return NGX_DECLINED;
    }

    for (i = 0; i < path->len; i++) {

        /* browsers take a backslash for a slash and drop tabs and newlines */

        if (path->data[i] <= ' ' || path->data[i] >= 0x7f
            || path->data[i] == '\\' || path->data[i] == '"'
            || path->data[i] == '<' || path->data[i] == '>')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


const ngx_http_idv_place_t *
ngx_http_idv_place(const ngx_array_t *places, const idv_provider_t *provider)
{
    ngx_uint_t             i;
    ngx_http_idv_place_t  *place;

    place = places->elts;

    for (i = 0; i < places->nelts; i++) {
        if (place[i].provider == provider) {
            return &place[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_idv_expect(idv_engine_op_t *op, ngx_uint_t i, ngx_str_t *value)
{
    ngx_http_idv_wait_t *wait = op->data;

    idv_match_t  *match;

    match = op->provider->matches->elts;

    return ngx_http_complex_value(wait->request, match[i].value, value);
}


static void
ngx_http_idv_op_address(idv_engine_op_t *op, ngx_str_t *value)
{
    ngx_http_idv_wait_t *wait = op->data;

    ngx_http_idv_address(wait->request, value);
}


/*
 * As nginx's realip has it.  Who has one address of IPv6 has a network of them:
 * they count as one.  So do all who come by a socket of this machine.
 */

void
ngx_http_idv_address(ngx_http_request_t *r, ngx_str_t *value)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (r->connection->sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        value->data = sin6->sin6_addr.s6_addr;
        value->len = 8;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            value->data += 12;
            value->len = 4;
        }

        break;
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        value->data = (u_char *) &sin->sin_addr;
        value->len = 4;
        break;

    default:
        ngx_str_null(value);
        break;
    }
}


ngx_http_request_t *
ngx_http_idv_op_request(idv_engine_op_t *op)
{
    ngx_http_idv_wait_t *wait = op->data;

    return wait->request;
}


static ngx_int_t
ngx_http_idv_op_contacts(ngx_http_request_t *r, idv_engine_op_t *op)
{
    ngx_uint_t                delivery;
    ngx_http_idv_contacts_t   emails, phones;

    if (ngx_http_idv_contacts(r, IDV_CONTACT_EMAIL, &emails) != NGX_OK
        || ngx_http_idv_contacts(r, IDV_CONTACT_PHONE, &phones) != NGX_OK)
    {
        return NGX_ERROR;
    }

    delivery = op->provider->flow.delivery;

    if (emails.n) {
        op->event.contacts |= IDV_CONTACT_EMAIL;

        if (delivery == IDV_DELIVERY_EMAIL) {
            op->contact = emails.addresses[0];
        }
    }

    if (phones.n) {
        op->event.contacts |= IDV_CONTACT_PHONE;

        if (delivery == IDV_DELIVERY_SMS) {
            op->contact = phones.addresses[0];
        }
    }

    return NGX_OK;
}


idv_engine_op_t *
ngx_http_idv_op(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client, ngx_str_t *flow_id, idv_event_e event)
{
    idv_engine_op_t      *op;
    ngx_http_idv_wait_t  *wait;

    wait = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_wait_t));
    if (wait == NULL) {
        return NULL;
    }

    wait->request = r;
    op = &wait->op;

    op->provider = provider;
    op->pool = r->pool;
    op->log = r->connection->log;
    op->ask = &ngx_http_idv_ask;
    op->handler = ngx_http_idv_engine_done;
    op->data = wait;
    op->retry_after = -1;

    ngx_memcpy(op->binding, client->binding, sizeof(op->binding));

    if (flow_id) {
        op->id = *flow_id;
    }

    return ngx_http_idv_op_event(r, op, event) == NGX_OK ? op : NULL;
}


ngx_int_t
ngx_http_idv_op_event(ngx_http_request_t *r, idv_engine_op_t *op,
    idv_event_e event)
{
    op->event.type = event;

    if (event == IDV_EVENT_START || event == IDV_EVENT_DEVICE_OTHER
        || event == IDV_EVENT_OPTIONS
        || (event == IDV_EVENT_POLL
            && op->provider->flow.delivery >= IDV_DELIVERY_EMAIL))
    {
        return ngx_http_idv_op_contacts(r, op);
    }

    return NGX_OK;
}


static void
ngx_http_idv_client_gone(void *data)
{
    ngx_http_idv_wait_t *wait = data;

    if (wait->request) {
        wait->request = NULL;
        idv_engine_abandon(&wait->op);
    }
}


ngx_int_t
ngx_http_idv_run(ngx_http_request_t *r, idv_engine_op_t *op,
    ngx_http_idv_done_pt done)
{
    ngx_http_cleanup_t   *cln;
    ngx_http_idv_wait_t  *wait;

    wait = op->data;
    wait->done = done;

    /* a cleanup and a count only for what has to wait */

    if (idv_engine_run(op) == NGX_OK) {
        ngx_http_idv_keep(r, op);
        return done(r, op);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        wait->request = NULL;
        idv_engine_abandon(op);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    cln->handler = ngx_http_idv_client_gone;
    cln->data = wait;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    return NGX_DONE;
}


static void
ngx_http_idv_engine_done(idv_engine_op_t *op)
{
    ngx_connection_t     *c;
    ngx_http_request_t   *r;
    ngx_http_idv_wait_t  *wait;

    wait = op->data;
    r = wait->request;
    wait->request = NULL;

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_idv_keep(r, op);

    ngx_http_finalize_request(r, wait->done(r, op));

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_idv_start(ngx_http_request_t *r, const idv_provider_t *provider,
    ngx_http_idv_client_t *client, ngx_str_t *return_to, ngx_uint_t flags,
    ngx_str_t *policy, ngx_int_t max_age, idv_engine_op_t **result)
{
    u_char            verify[16], subject[16];
    ngx_uint_t        fresh;
    idv_engine_op_t  *op;

    ngx_memcpy(verify, provider->verify_policy, sizeof(verify));

    if (policy->len
        && idv_uuid_parse(verify, policy->data, policy->len) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "idv: auth_idv_policy gives no UUID");
        return NGX_ERROR;
    }

    fresh = (client->secret.len == 0);

    if (fresh && ngx_http_idv_client_new(r, provider, client) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_idv_subject_hash(&client->subject, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    /* last: an answer that fails sets no cookie */

    if (fresh && !client->cookieless
        && ngx_http_idv_cookie_set(r, provider, IDV_COOKIE_FLOW,
                                   &client->secret, -1)
           == NULL)
    {
        return NGX_ERROR;
    }

    op = ngx_http_idv_op(r, provider, client, NULL, IDV_EVENT_START);
    if (op == NULL) {
        return NGX_ERROR;
    }

    *result = op;

    op->flow.provider = provider->id;
    op->flow.max_age = (uint32_t) ngx_min(max_age, NGX_HTTP_IDV_ANY_AGE);
    op->flow.flags = (uint8_t) (flags | (client->cookieless
                                         ? IDV_FLOW_COOKIELESS : 0));

    ngx_memcpy(op->flow.binding, client->binding, sizeof(op->flow.binding));
    ngx_memcpy(op->flow.subject, subject, sizeof(op->flow.subject));

    if (ngx_http_idv_flow_user(provider, client, op->flow.user) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(op->flow.policy, verify, sizeof(op->flow.policy));

    if (return_to->len && ngx_http_idv_return_path(return_to) == NGX_OK) {
        ngx_memcpy(op->flow.return_to, return_to->data, return_to->len);

    } else {
        op->flow.return_to[0] = '/';
    }

    idv_engine_start(op);

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_strip_handler(ngx_http_request_t *r)
{
    return ngx_http_idv_strip_headers(r) == NGX_OK ? NGX_DECLINED
                                                   : NGX_ERROR;
}
