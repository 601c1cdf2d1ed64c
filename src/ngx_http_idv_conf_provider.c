
/*
 * Copyright (C) nginx-idv authors
 *
 * The idv_provider block.  Whatever is wrong in it is said here, with file and
 * line, and never found out at run time.
 */


#include "ngx_http_idv_conf.h"
#include "web/ngx_http_idv_web.h"
#include "util/idv_crypto.h"


#define NGX_HTTP_IDV_MAX_SECRET  1024


static char *ngx_http_idv_provider_defaults(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc);
static char *ngx_http_idv_provider_check(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc);
static char *ngx_http_idv_provider_cookies(ngx_conf_t *cf,
    ngx_http_idv_main_conf_t *mcf, ngx_http_idv_provider_conf_t *pc);
static char *ngx_http_idv_provider_files(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc);


#define ngx_http_idv_wrong(cf, pc, text)                                      \
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "idv_provider \"%V\": " text,    \
                       &(pc)->p.name)


/*
 * The block is read with nginx's own machinery: its directives have a type of
 * their own, and their configuration stands in for ours in the context.
 */

char *
ngx_http_idv_provider(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_main_conf_t *mcf = conf;

    char                          *rv;
    void                         **confs;
    ngx_str_t                     *value;
    ngx_uint_t                     n;
    ngx_conf_t                     save;
    idv_provider_t               **provider;
    ngx_http_conf_ctx_t            ctx;
    ngx_http_idv_provider_conf_t  *pc;

    value = cf->args->elts;

    if (ngx_http_idv_name(&value[1], 32) != NGX_OK) {
        return "needs a name of at most 32 letters, digits, \"_\" and \"-\"";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "cannot be named \"off\": that opens a gate";
    }

    if (ngx_http_idv_find_provider(mcf, &value[1])) {
        return "is duplicate: there is a provider of that name";
    }

    pc = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_provider_conf_t));
    if (pc == NULL) {
        return NGX_CONF_ERROR;
    }

    pc->p.name = value[1];
    pc->p.file = cf->conf_file->file.name.data;
    pc->p.line = cf->conf_file->line;

    pc->p.net.connect_timeout = NGX_CONF_UNSET_MSEC;
    pc->p.net.timeout = NGX_CONF_UNSET_MSEC;
    pc->p.net.idle_timeout = NGX_CONF_UNSET_MSEC;
    pc->p.net.max_body = NGX_CONF_UNSET_SIZE;
    pc->p.net.max_connections = NGX_CONF_UNSET_UINT;
    pc->p.net.verify = NGX_CONF_UNSET;
    pc->p.net.resolver_timeout = NGX_CONF_UNSET_MSEC;
    pc->p.poll_wait = NGX_CONF_UNSET_MSEC;
    pc->p.breaker_failures = NGX_CONF_UNSET_UINT;
    pc->p.read_rate = NGX_CONF_UNSET_UINT;
    pc->p.collected = NGX_CONF_UNSET;
    pc->p.registration = NGX_CONF_UNSET;
    pc->p.session_lifetime = NGX_CONF_UNSET;
    pc->p.session_idle = NGX_CONF_UNSET;
    pc->p.max_body = NGX_CONF_UNSET_SIZE;
    pc->p.page_refresh = NGX_CONF_UNSET_MSEC;
    pc->device_choice = NGX_CONF_UNSET;
    pc->delivery = NGX_CONF_UNSET_UINT;
    pc->attempts = NGX_CONF_UNSET_UINT;
    pc->on_unavailable = NGX_CONF_UNSET_UINT;
    pc->lookup = NGX_CONF_UNSET;
    pc->on_user_not_found = NGX_CONF_UNSET_UINT;
    pc->on_user_disabled = NGX_CONF_UNSET_UINT;
    pc->on_failed = NGX_CONF_UNSET_UINT;
    pc->state_timeout = NGX_CONF_UNSET;
    pc->reuse = NGX_CONF_UNSET;
    pc->read_interval = NGX_CONF_UNSET_MSEC;

    for (n = 0; cf->cycle->modules[n]; n++) { /* void */ }

    confs = ngx_palloc(cf->pool, n * sizeof(void *));
    if (confs == NULL) {
        return NGX_CONF_ERROR;
    }

    ctx = *(ngx_http_conf_ctx_t *) cf->ctx;

    ngx_memcpy(confs, ctx.loc_conf, ngx_http_max_module * sizeof(void *));
    confs[ngx_http_idv_module.ctx_index] = pc;
    ctx.loc_conf = confs;

    save = *cf;
    cf->ctx = &ctx;
    cf->cmd_type = NGX_HTTP_IDV_PROVIDER_CONF;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (mcf->zones.nelts == 0) {
        ngx_http_idv_wrong(cf, pc, "flows need a zone: write "
                           "\"idv_zone name:size;\" before this block");
        return NGX_CONF_ERROR;
    }

    pc->p.store = *(idv_store_t **) mcf->zones.elts;

    rv = ngx_http_idv_provider_defaults(cf, pc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_provider_check(cf, pc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_provider_cookies(cf, mcf, pc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_provider_files(cf, pc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (mcf->providers.nelts >= IDV_STORE_MAX_PEERS) {
        return "is one too many: 32 providers share a zone";
    }

    provider = ngx_array_push(&mcf->providers);
    if (provider == NULL) {
        return NGX_CONF_ERROR;
    }

    *provider = &pc->p;

    idv_store_provider_add(pc->p.store, pc->p.id);

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_provider_defaults(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    idv_provider_t            *p;
    ngx_http_core_loc_conf_t  *clcf;

    p = &pc->p;

    ngx_conf_init_msec_value(p->net.connect_timeout, 3000);
    ngx_conf_init_msec_value(p->net.timeout, 10000);
    ngx_conf_init_msec_value(p->net.idle_timeout, 5000);
    ngx_conf_init_size_value(p->net.max_body, 256 * 1024);
    ngx_conf_init_uint_value(p->net.max_connections, 16);
    ngx_conf_init_value(p->net.verify, 1);
    ngx_conf_init_msec_value(p->net.resolver_timeout, 3000);
    p->net.max_header = 16 * 1024;

    ngx_conf_init_msec_value(p->poll_wait, 1000);
    ngx_conf_init_uint_value(p->read_rate, 0);
    ngx_conf_init_value(p->collected, 0);
    ngx_conf_init_value(p->registration, 0);
    ngx_conf_init_value(p->session_lifetime, 8 * 60 * 60);
    ngx_conf_init_value(p->session_idle, 60 * 60);
    ngx_conf_init_size_value(p->max_body, 8 * 1024);
    ngx_conf_init_msec_value(p->page_refresh, 5000);

    if (p->breaker_failures == NGX_CONF_UNSET_UINT) {
        p->breaker_failures = 5;
        p->breaker_timeout = 10000;
    }

    ngx_http_idv_limits_init(cf, pc);
    ngx_http_idv_registration_init(pc);

    ngx_conf_init_value(pc->device_choice, 1);
    ngx_conf_init_uint_value(pc->delivery, IDV_DELIVERY_USER);
    ngx_conf_init_uint_value(pc->attempts, 3);
    ngx_conf_init_uint_value(pc->on_unavailable, IDV_BLOCK);
    ngx_conf_init_uint_value(pc->on_user_not_found, IDV_BLOCK);
    ngx_conf_init_uint_value(pc->on_failed, IDV_BLOCK);
    ngx_conf_init_value(pc->state_timeout, 20 * 60);
    ngx_conf_init_value(pc->reuse, 0);
    ngx_conf_init_msec_value(pc->read_interval, 4000);

    p->flow.device_choice = (unsigned) pc->device_choice;
    p->flow.delivery = (unsigned) pc->delivery;
    p->flow.attempts = (unsigned) pc->attempts;
    p->flow.on_unavailable = (unsigned) pc->on_unavailable;
    p->flow.on_user_not_found = (unsigned) pc->on_user_not_found;
    p->flow.on_failed = (unsigned) pc->on_failed;
    p->flow.lookup = (pc->lookup == 1);
    p->flow.on_user_disabled = pc->on_user_disabled == IDV_BYPASS ? IDV_BYPASS
                                                                  : IDV_BLOCK;
    p->flow.state_timeout = (unsigned) pc->state_timeout;
    p->flow.read_interval = (unsigned) pc->read_interval;
    p->flow.reuse = (unsigned) pc->reuse;

    /* a token, the call, and each once more */
    p->flow.lease = (unsigned) (2 * p->net.timeout + 5000);

    if (p->same_site.len == 0) {
        ngx_str_set(&p->same_site, "Lax");
    }

    if (p->cookie_name.len == 0) {
        p->cookie_name.len = sizeof("idv_") - 1 + p->name.len;
        p->cookie_name.data = ngx_pnalloc(cf->pool, p->cookie_name.len);

        if (p->cookie_name.data == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_sprintf(p->cookie_name.data, "idv_%V", &p->name);
    }

    if (ngx_http_idv_cookie_names(cf->pool, &p->cookie_name, p->cookies)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* the one of the http block; without addresses libcurl looks up itself */
    if (clcf->resolver && clcf->resolver->connections.nelts) {
        p->net.resolver = clcf->resolver;
    }

    /* without an id it would have the flows of any other without one */

    p->id = idv_store_provider_id(&p->name, &p->environment_id);

    return p->id ? NGX_CONF_OK : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_idv_conf_url(ngx_str_t *url, ngx_uint_t *plain)
{
    u_char     *p, *end;
    ngx_str_t   rest;

    *plain = 0;

    if (url->len > 8 && ngx_strncasecmp(url->data, (u_char *) "https://", 8)
                        == 0)
    {
        rest.data = url->data + 8;

    } else if (url->len > 7
               && ngx_strncasecmp(url->data, (u_char *) "http://", 7) == 0)
    {
        rest.data = url->data + 7;
        *plain = 1;

    } else {
        return NGX_ERROR;
    }

    end = url->data + url->len;
    rest.len = end - rest.data;

    if (*rest.data == '/' || end[-1] == '/') {
        return NGX_ERROR;
    }

    for (p = rest.data; p < end; p++) {
        if (*p <= ' ' || *p >= 0x7f || *p == '"' || *p == '\\' || *p == '@'
            || *p == '?' || *p == '#')
        {
            return NGX_ERROR;
        }
    }

    if (*plain
        && (ngx_strncmp(rest.data, "127.", 4) == 0
            || ngx_strncmp(rest.data, "[::1]", 5) == 0
            || ngx_strncasecmp(rest.data, (u_char *) "localhost", 9) == 0))
    {
        *plain = 0;
    }

    return NGX_OK;
}


static char *
ngx_http_idv_provider_urls(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    ngx_uint_t       plain_api, plain_auth, plain;
    idv_provider_t  *p;

    p = &pc->p;

    if (p->region.len && (p->api_url.len || p->auth_url.len)) {
        ngx_http_idv_wrong(cf, pc, "give either \"region\" or \"api_url\" and "
                           "\"auth_url\", not both");
        return NGX_CONF_ERROR;
    }

    if (p->region.len) {
        if (idv_provider_region(&p->region, &p->api_url, &p->auth_url)
            != NGX_OK)
        {
            ngx_http_idv_wrong(cf, pc, "\"region\" is not known: na, ca, eu, "
                               "au, sg or asia");
            return NGX_CONF_ERROR;
        }
    }

    if (p->api_url.len == 0 || p->auth_url.len == 0) {
        ngx_http_idv_wrong(cf, pc, "\"region\" is missing, or \"api_url\" and "
                           "\"auth_url\"");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_idv_conf_url(&p->api_url, &plain_api) != NGX_OK
        || ngx_http_idv_conf_url(&p->auth_url, &plain_auth) != NGX_OK)
    {
        ngx_http_idv_wrong(cf, pc, "\"api_url\" and \"auth_url\" are written "
                           "as https://host[:port][/path], no slash at the "
                           "end");
        return NGX_CONF_ERROR;
    }

    if (plain_api || plain_auth) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "idv_provider \"%V\": secrets and claims travel "
                           "unencrypted: use https", &p->name);
    }

    if (p->base_url.len
        && (ngx_http_idv_conf_url(&p->base_url, &plain) != NGX_OK
            || ngx_strlchr(p->base_url.data + sizeof("https://") - 1,
                           p->base_url.data + p->base_url.len, '/')))
    {
        ngx_http_idv_wrong(cf, pc, "\"base_url\" is written as "
                           "https://host[:port]");
        return NGX_CONF_ERROR;
    }

    if (!p->net.verify) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "idv_provider \"%V\": \"verify off\" trusts any "
                           "server", &p->name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_provider_check(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    u_char           uuid[16];
    ngx_uint_t       plain;
    idv_provider_t  *p;

    p = &pc->p;

    if (p->environment_id.len == 0) {
        ngx_http_idv_wrong(cf, pc, "\"environment_id\" is missing");
        return NGX_CONF_ERROR;
    }

    if (idv_uuid_parse(uuid, p->environment_id.data, p->environment_id.len)
        != NGX_OK)
    {
        ngx_http_idv_wrong(cf, pc, "\"environment_id\" must be a UUID");
        return NGX_CONF_ERROR;
    }

    if (p->client_id.len == 0) {
        ngx_http_idv_wrong(cf, pc, "\"client_id\" is missing");
        return NGX_CONF_ERROR;
    }

    if (pc->secret_file.len == 0) {
        ngx_http_idv_wrong(cf, pc, "\"client_secret_file\" is missing");
        return NGX_CONF_ERROR;
    }

    if (pc->key_files == NULL) {
        ngx_http_idv_wrong(cf, pc, "\"session_key_file\" is missing: make one "
                           "with \"openssl rand 32\"");
        return NGX_CONF_ERROR;
    }

    if (pc->policy.len
        && idv_uuid_parse(p->verify_policy, pc->policy.data, pc->policy.len)
           != NGX_OK)
    {
        ngx_http_idv_wrong(cf, pc, "\"verify_policy\" must be a UUID");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_idv_registration_check(cf, pc) != NGX_CONF_OK
        || ngx_http_idv_users_check(cf, pc) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (pc->reuse && pc->policy.len == 0) {
        ngx_http_idv_wrong(cf, pc, "\"reuse_verification\" needs a "
                           "\"verify_policy\": an earlier transaction has to "
                           "be of it");
        return NGX_CONF_ERROR;
    }

    if (p->session_idle > p->session_lifetime) {
        ngx_http_idv_wrong(cf, pc, "\"session_idle\" is longer than "
                           "\"session_lifetime\"");
        return NGX_CONF_ERROR;
    }

    if (pc->state_timeout < 60 || pc->state_timeout > 24 * 60 * 60) {
        ngx_http_idv_wrong(cf, pc, "\"state_timeout\" must be from 60s to 24h");
        return NGX_CONF_ERROR;
    }

    if (pc->read_interval < 200
        || (time_t) (pc->read_interval / 1000) >= pc->state_timeout)
    {
        ngx_http_idv_wrong(cf, pc, "\"read_interval\" must be at least 200ms "
                           "and below \"state_timeout\"");
        return NGX_CONF_ERROR;
    }

    if (p->net.connect_timeout < 1
        || p->net.timeout < 1 || p->net.timeout > 120000
        || p->net.connect_timeout > p->net.timeout)
    {
        ngx_http_idv_wrong(cf, pc, "\"timeout\" must be from 1ms to 120s, and "
                           "\"connect_timeout\" not above it");
        return NGX_CONF_ERROR;
    }

    if (p->net.idle_timeout < 1 || p->net.resolver_timeout < 1) {
        ngx_http_idv_wrong(cf, pc, "\"idle_timeout\" and \"resolver_timeout\" "
                           "must be at least 1ms");
        return NGX_CONF_ERROR;
    }

    if (p->net.max_body < 1024 || p->net.max_body > 16 * 1024 * 1024) {
        ngx_http_idv_wrong(cf, pc, "\"max_response\" must be from 1k to 16m");
        return NGX_CONF_ERROR;
    }

    if (p->poll_wait > 10000) {
        ngx_http_idv_wrong(cf, pc, "\"poll_wait\" must not be above 10s");
        return NGX_CONF_ERROR;
    }

    if (p->page_refresh < 1000 || p->page_refresh > 60000) {
        ngx_http_idv_wrong(cf, pc, "\"page_refresh\" must be from 1s to 60s");
        return NGX_CONF_ERROR;
    }

    if (p->session_lifetime < 60 || p->session_idle < 60) {
        ngx_http_idv_wrong(cf, pc, "\"session_lifetime\" and \"session_idle\" "
                           "must be at least 60s");
        return NGX_CONF_ERROR;
    }

    if (p->redirect_url.len
        && (ngx_http_idv_conf_url(&p->redirect_url, &plain) != NGX_OK || plain
            || p->redirect_url.len > 1024))
    {
        ngx_http_idv_wrong(cf, pc, "\"redirect_url\" is written as "
                           "https://host[:port][/path], no slash at the end, "
                           "of at most 1024 bytes");
        return NGX_CONF_ERROR;
    }

    if (p->redirect_message.len > 256) {
        ngx_http_idv_wrong(cf, pc, "\"redirect_message\" is longer than 256 "
                           "bytes");
        return NGX_CONF_ERROR;
    }

    if (p->max_body < 256 || p->max_body > 1024 * 1024) {
        ngx_http_idv_wrong(cf, pc, "\"max_body\" must be from 256 to 1m");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_idv_name(&p->cookie_name, 64) != NGX_OK) {
        ngx_http_idv_wrong(cf, pc, "\"cookie_name\" must be of at most 64 "
                           "letters, digits, \"_\" and \"-\"");
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(p->cookie_name.data, "__", 2) == 0) {
        ngx_http_idv_wrong(cf, pc, "\"cookie_name\" must not begin with "
                           "\"__\": \"__Host-\" is added where it can be");
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(p->same_site.data, "Lax") != 0
        && ngx_strcmp(p->same_site.data, "Strict") != 0
        && ngx_strcmp(p->same_site.data, "None") != 0)
    {
        ngx_http_idv_wrong(cf, pc, "\"same_site\" is Lax, Strict or None");
        return NGX_CONF_ERROR;
    }

    return ngx_http_idv_provider_urls(cf, pc);
}


/* whether the name of one is that of the other with the suffix */

static ngx_uint_t
ngx_http_idv_provider_cookie_is(const ngx_str_t *name, const ngx_str_t *other,
    const char *suffix)
{
    size_t  len;

    len = ngx_strlen(suffix);

    return name->len == other->len + len
           && ngx_memcmp(name->data, other->data, other->len) == 0
           && ngx_memcmp(name->data + other->len, suffix, len) == 0;
}


/* of two providers on one host, each would undo the other's cookies */

static char *
ngx_http_idv_provider_cookies(ngx_conf_t *cf, ngx_http_idv_main_conf_t *mcf,
    ngx_http_idv_provider_conf_t *pc)
{
    ngx_str_t        *name, *other;
    ngx_uint_t        i, j, meet;
    idv_provider_t  **provider;

    static const char *const  behind[] = {
        NGX_HTTP_IDV_FLOW_COOKIE,
        NGX_HTTP_IDV_KEPT_COOKIE,
        NGX_HTTP_IDV_CONSOLE_COOKIE
    };

    name = &pc->p.cookie_name;
    provider = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        other = &provider[i]->cookie_name;

        meet = ngx_http_idv_provider_cookie_is(name, other, "");

        for (j = 0; j < sizeof(behind) / sizeof(behind[0]); j++) {
            meet |= ngx_http_idv_provider_cookie_is(name, other, behind[j])
                    | ngx_http_idv_provider_cookie_is(other, name, behind[j]);
        }

        if (meet) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "idv_provider \"%V\": its cookies \"%V\", \"%V"
                               NGX_HTTP_IDV_FLOW_COOKIE "\", \"%V"
                               NGX_HTTP_IDV_KEPT_COOKIE "\" and \"%V"
                               NGX_HTTP_IDV_CONSOLE_COOKIE "\" meet those of "
                               "\"%V\": give one of the two another "
                               "\"cookie_name\"", &pc->p.name, name, name, name,
                               name, &provider[i]->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* a whole small file; the caller wipes what it need not keep */

ssize_t
ngx_http_idv_read_file(ngx_conf_t *cf, const char *of, const ngx_str_t *block,
    ngx_str_t *name, u_char *buf, size_t size)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "%s \"%V\": \"%V\" cannot be opened",
                           of, block, name);
        return NGX_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "%s \"%V\": \"%V\" cannot be looked at",
                           of, block, name);

    } else if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s \"%V\": \"%V\" is not a file",
                           of, block, name);

    } else if (ngx_file_access(&fi) & 027) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s \"%V\": \"%V\" is open to others: "
                           "chmod 600 it", of, block, name);

    } else {
        n = read(fd, buf, size);

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "%s \"%V\": \"%V\" cannot be read",
                               of, block, name);
            n = NGX_ERROR;
        }
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", name);
    }

    return n;
}


static void
ngx_http_idv_wipe_provider(void *data)
{
    idv_provider_t *p = data;

    if (p->keys) {
        ngx_explicit_memzero(p->keys, p->nkeys * sizeof(idv_key_t));
    }

    if (p->names) {
        ngx_explicit_memzero(p->names, sizeof(idv_key_t));
    }

    if (p->client_secret.data) {
        ngx_explicit_memzero(p->client_secret.data, p->client_secret.len);
    }
}


static char *
ngx_http_idv_provider_keys(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    u_char           buf[IDV_KEY_FILE_LEN + 1];
    ssize_t          n;
    ngx_int_t        rc;
    ngx_str_t       *file;
    ngx_uint_t       i;
    idv_provider_t  *p;

    p = &pc->p;
    file = pc->key_files->elts;

    p->keys = ngx_pcalloc(cf->pool,
                          pc->key_files->nelts * sizeof(idv_key_t));
    if (p->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < pc->key_files->nelts; i++) {
        n = ngx_http_idv_read_file(cf, "idv_provider", &p->name, &file[i],
                                   buf, sizeof(buf));

        if (n == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        if (n != IDV_KEY_FILE_LEN) {
            ngx_explicit_memzero(buf, sizeof(buf));
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "idv_provider \"%V\": \"%V\" must be of 32 "
                               "bytes: make it with \"openssl rand 32\"",
                               &p->name, &file[i]);
            return NGX_CONF_ERROR;
        }

        rc = idv_key_derive(&p->keys[i], buf);

        ngx_explicit_memzero(buf, sizeof(buf));

        if (rc != NGX_OK) {
            ngx_http_idv_wrong(cf, pc, "a session key cannot be derived");
            return NGX_CONF_ERROR;
        }

        p->nkeys = i + 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_provider_files(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    u_char               buf[NGX_HTTP_IDV_MAX_SECRET + 1];
    ssize_t              n;
    idv_provider_t      *p;
    ngx_pool_cleanup_t  *cln;

    p = &pc->p;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_idv_wipe_provider;
    cln->data = p;

    n = ngx_http_idv_read_file(cf, "idv_provider", &p->name, &pc->secret_file,
                               buf, sizeof(buf));
    if (n == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r')) {
        n--;
    }

    if (n == 0 || n > NGX_HTTP_IDV_MAX_SECRET) {
        ngx_explicit_memzero(buf, sizeof(buf));
        ngx_http_idv_wrong(cf, pc, "\"client_secret_file\" must hold 1 to 1024 "
                           "bytes");
        return NGX_CONF_ERROR;
    }

    p->client_secret.data = ngx_pnalloc(cf->pool, n + 1);

    if (p->client_secret.data) {
        ngx_memcpy(p->client_secret.data, buf, n);
        p->client_secret.data[n] = '\0';
        p->client_secret.len = n;
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    if (p->client_secret.data == NULL) {
        return NGX_CONF_ERROR;
    }

    if (p->net.trusted_certificate.len
        && ngx_conf_full_name(cf->cycle, &p->net.trusted_certificate, 1)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (p->net.trusted_certificate.len
        && access((char *) p->net.trusted_certificate.data, R_OK) == -1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "idv_provider \"%V\": \"%V\" cannot be opened",
                           &p->name, &p->net.trusted_certificate);
        return NGX_CONF_ERROR;
    }

    if (idv_transfer_conf_init(cf, &p->net) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_idv_provider_keys(cf, pc) != NGX_CONF_OK
        || ngx_http_idv_users_key(cf, pc) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_idv_page_load(cf, p) == NGX_OK ? NGX_CONF_OK
                                                   : NGX_CONF_ERROR;
}
