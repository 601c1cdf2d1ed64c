
/*
 * Copyright (C) nginx-idv authors
 *
 * Directives of the ways out.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_address.h"
#include "idv_svc_template.h"


#define IDV_SVC_MAX_TOKEN        4096
#define IDV_SVC_CONNECT_TIMEOUT  3000        /* ms */
#define IDV_SVC_MAX_HEAD         (16 * 1024)
#define IDV_SVC_CONNECTIONS      16          /* to one host */


/* what "name=" may be of a directive's parameters */

typedef struct {
    ngx_str_t    name;
    ngx_int_t  (*set)(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
                      ngx_str_t *value);
} idv_svc_out_param_t;


static char *idv_svc_out_set(ngx_conf_t *cf, idv_svc_outlet_t **outlet,
    const char *plain, const char *secure, const idv_svc_out_param_t *params);
static ngx_int_t idv_svc_out_url(ngx_conf_t *cf, ngx_str_t *url,
    const char *plain, const char *secure);
static ngx_int_t idv_svc_out_param(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *text, const idv_svc_out_param_t *params);
static ngx_int_t idv_svc_out_from(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *value);
static ngx_int_t idv_svc_out_user(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *value);
static ngx_int_t idv_svc_out_password(ngx_conf_t *cf,
    idv_svc_outlet_t *outlet, ngx_str_t *value);
static ngx_int_t idv_svc_out_starttls(ngx_conf_t *cf,
    idv_svc_outlet_t *outlet, ngx_str_t *value);
static ngx_int_t idv_svc_out_token(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *value);
static ngx_int_t idv_svc_out_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret);
static ngx_uint_t idv_svc_out_secure(const idv_svc_outlet_t *outlet);
static ngx_int_t idv_svc_out_net(ngx_conf_t *cf, idv_svc_out_t *out,
    idv_transfer_conf_t *net, ngx_msec_t timeout, ngx_uint_t secure);


static const idv_svc_out_param_t  idv_svc_out_mail_params[] = {
    { ngx_string("from="), idv_svc_out_from },
    { ngx_string("user="), idv_svc_out_user },
    { ngx_string("password="), idv_svc_out_password },
    { ngx_string("starttls="), idv_svc_out_starttls },
    { ngx_null_string, NULL }
};

static const idv_svc_out_param_t  idv_svc_out_hook_params[] = {
    { ngx_string("token="), idv_svc_out_token },
    { ngx_null_string, NULL }
};


char *
idv_svc_out_mail(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    char              *rv;
    idv_svc_outlet_t  *mail;

    rv = idv_svc_out_set(cf, &lcf->out.mail, "smtp://", "smtps://",
                         idv_svc_out_mail_params);

    if (rv != NGX_CONF_OK || lcf->out.mail == NULL) {
        return rv;
    }

    mail = lcf->out.mail;

    if (mail->from.len == 0) {
        return "needs \"from=\"";
    }

    if ((mail->user.len == 0) != (mail->password.len == 0)) {
        return "needs both \"user=\" and \"password=\", or none of them";
    }

    if (mail->user.len && !idv_svc_out_secure(mail)) {
        return "must not send a password without TLS";
    }

    return NGX_CONF_OK;
}


char *
idv_svc_out_sms(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    return idv_svc_out_set(cf, &lcf->out.sms, "http://", "https://",
                           idv_svc_out_hook_params);
}


char *
idv_svc_out_checker(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    return idv_svc_out_set(cf, &lcf->out.checker, "http://", "https://",
                           idv_svc_out_hook_params);
}


char *
idv_svc_out_templates(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    if (lcf->out.templates != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return idv_svc_template_conf(cf, &value[1], &lcf->out.templates) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* "off" is what a location says that goes without its parent's */

static char *
idv_svc_out_set(ngx_conf_t *cf, idv_svc_outlet_t **outlet, const char *plain,
    const char *secure, const idv_svc_out_param_t *params)
{
    ngx_str_t         *value;
    ngx_uint_t         i;
    idv_svc_outlet_t  *o;

    if (*outlet != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        *outlet = NULL;
        return NGX_CONF_OK;
    }

    o = ngx_pcalloc(cf->pool, sizeof(idv_svc_outlet_t));
    if (o == NULL) {
        return NGX_CONF_ERROR;
    }

    o->url = value[1];
    o->starttls = (ngx_strncmp(value[1].data, "smtp://", 7) == 0);

    if (idv_svc_out_url(cf, &o->url, plain, secure) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (idv_svc_out_param(cf, o, &value[i], params) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    *outlet = o;

    return NGX_CONF_OK;
}


static ngx_int_t
idv_svc_out_url(ngx_conf_t *cf, ngx_str_t *url, const char *plain,
    const char *secure)
{
    size_t      scheme;
    ngx_uint_t  i;

    scheme = ngx_strlen(secure);

    if (ngx_strncmp(url->data, secure, scheme) != 0) {
        scheme = ngx_strlen(plain);

        if (ngx_strncmp(url->data, plain, scheme) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" must begin with %s or %s", url, plain,
                               secure);
            return NGX_ERROR;
        }
    }

    if (url->len == scheme || ngx_strchr("/?#:", url->data[scheme])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" must name a host",
                           url);
        return NGX_ERROR;
    }

    for (i = scheme; i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] >= 0x7f
            || url->data[i] == '@')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" must have no spaces and no user", url);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_out_param(ngx_conf_t *cf, idv_svc_outlet_t *outlet, ngx_str_t *text,
    const idv_svc_out_param_t *params)
{
    ngx_str_t                   value;
    const idv_svc_out_param_t  *p;

    for (p = params; p->name.len; p++) {

        if (text->len > p->name.len
            && ngx_strncmp(text->data, p->name.data, p->name.len) == 0)
        {
            value.data = text->data + p->name.len;
            value.len = text->len - p->name.len;

            return p->set(cf, outlet, &value);
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", text);

    return NGX_ERROR;
}


/* it goes into a command to the server as it is, with a NUL at its end */

static ngx_int_t
idv_svc_out_from(ngx_conf_t *cf, idv_svc_outlet_t *outlet, ngx_str_t *value)
{
    ngx_str_t  address;

    if (idv_svc_address(cf->pool, IDV_SVC_EMAIL, value, &address) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not an e-mail address", value);
        return NGX_ERROR;
    }

    outlet->from = *value;

    return NGX_OK;
}


static ngx_int_t
idv_svc_out_user(ngx_conf_t *cf, idv_svc_outlet_t *outlet, ngx_str_t *value)
{
    outlet->user = *value;

    return NGX_OK;
}


static ngx_int_t
idv_svc_out_password(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *value)
{
    return idv_svc_out_secret(cf, value, &outlet->password);
}


static ngx_int_t
idv_svc_out_starttls(ngx_conf_t *cf, idv_svc_outlet_t *outlet,
    ngx_str_t *value)
{
    if (ngx_strcmp(value->data, "off") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"starttls=\" can only be \"off\"");
        return NGX_ERROR;
    }

    outlet->starttls = 0;

    return NGX_OK;
}


static ngx_int_t
idv_svc_out_token(ngx_conf_t *cf, idv_svc_outlet_t *outlet, ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t   token;

    if (idv_svc_out_secret(cf, value, &token) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(cf->pool, sizeof("Authorization: Bearer ") + token.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    outlet->authorization.data = p;
    outlet->authorization.len = ngx_sprintf(p, "Authorization: Bearer %V%Z",
                                            &token)
                                - p - 1;

    return NGX_OK;
}


/* one line; what comes out has a NUL at its end */

static ngx_int_t
idv_svc_out_secret(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *secret)
{
    ngx_uint_t  i;

    if (ngx_http_idv_service_file(cf, name, IDV_SVC_MAX_TOKEN, 1, secret)
        != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    while (secret->len && (secret->data[secret->len - 1] == LF
                           || secret->data[secret->len - 1] == CR))
    {
        secret->len--;
    }

    for (i = 0; i < secret->len; i++) {
        if (secret->data[i] < ' ' || secret->data[i] == 0x7f) {
            break;
        }
    }

    if (secret->len == 0 || i < secret->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have one line", name);
        return NGX_ERROR;
    }

    secret->data[secret->len] = '\0';

    return NGX_OK;
}


void
idv_svc_out_create(idv_svc_out_t *out)
{
    out->mail = NGX_CONF_UNSET_PTR;
    out->sms = NGX_CONF_UNSET_PTR;
    out->checker = NGX_CONF_UNSET_PTR;
    out->templates = NGX_CONF_UNSET_PTR;
    out->message_limit = NGX_CONF_UNSET_UINT;
    out->message_timeout = NGX_CONF_UNSET_MSEC;
    out->checker_timeout = NGX_CONF_UNSET_MSEC;
}


void
idv_svc_out_merge(idv_svc_out_t *prev, idv_svc_out_t *out)
{
    ngx_conf_merge_ptr_value(out->mail, prev->mail, NULL);
    ngx_conf_merge_ptr_value(out->sms, prev->sms, NULL);
    ngx_conf_merge_ptr_value(out->checker, prev->checker, NULL);
    ngx_conf_merge_ptr_value(out->templates, prev->templates, NULL);
    ngx_conf_merge_uint_value(out->message_limit, prev->message_limit, 50);
    ngx_conf_merge_str_value(out->trusted, prev->trusted, "");
    ngx_conf_merge_msec_value(out->message_timeout, prev->message_timeout,
                              5000);
    ngx_conf_merge_msec_value(out->checker_timeout, prev->checker_timeout,
                              30000);
}


ngx_int_t
idv_svc_out_init(ngx_conf_t *cf, idv_svc_out_t *out)
{
    if ((out->mail || out->sms)
        && idv_svc_out_net(cf, out, &out->message_net, out->message_timeout,
                           idv_svc_out_secure(out->mail)
                           || idv_svc_out_secure(out->sms))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (out->checker == NULL) {
        return NGX_OK;
    }

    return idv_svc_out_net(cf, out, &out->checker_net, out->checker_timeout,
                           idv_svc_out_secure(out->checker));
}


static ngx_uint_t
idv_svc_out_secure(const idv_svc_outlet_t *outlet)
{
    return outlet
           && (outlet->starttls
               || ngx_strncmp(outlet->url.data, "smtps:", 6) == 0
               || ngx_strncmp(outlet->url.data, "https:", 6) == 0);
}


static ngx_int_t
idv_svc_out_net(ngx_conf_t *cf, idv_svc_out_t *out, idv_transfer_conf_t *net,
    ngx_msec_t timeout, ngx_uint_t secure)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (timeout < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the time for a message or a check must not be 0");
        return NGX_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    net->connect_timeout = ngx_min(timeout, IDV_SVC_CONNECT_TIMEOUT);
    net->timeout = timeout;
    net->idle_timeout = timeout;
    net->max_body = IDV_SVC_MAX_REPLY;
    net->max_header = IDV_SVC_MAX_HEAD;
    net->max_connections = IDV_SVC_CONNECTIONS;
    net->trusted_certificate = out->trusted;
    net->resolver_timeout = net->connect_timeout;

    if (clcf->resolver && clcf->resolver->connections.nelts) {
        net->resolver = clcf->resolver;
    }

    if (!secure) {
        return NGX_OK;
    }

    net->verify = 1;

    if (net->trusted_certificate.len
        && ngx_conf_full_name(cf->cycle, &net->trusted_certificate, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return idv_transfer_conf_init(cf, net);
}
