
/*
 * Copyright (C) nginx-idv authors
 *
 * The console of a location: its place, who may use it, where it is written
 * down what they did.
 */


#include "ngx_http_idv_conf.h"
#include "web/ngx_http_idv_console.h"


#define NGX_HTTP_IDV_CONSOLE_ANSWER  (16 * 1024 * 1024)


static char *ngx_http_idv_console_complete(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);
static char *ngx_http_idv_console_needs(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);


/* idv_console_audit: nginx opens it, and again when it is told to */

char *
ngx_http_idv_audit_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->console.audit) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "needs the name of a file";
    }

    lcf->console.audit = ngx_conf_open_file(cf->cycle, &value[1]);

    return lcf->console.audit ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_idv_console_merge(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->console.name.len == 0) {
        return NGX_CONF_OK;
    }

    /* within an "if" it is that of its location, and complete */

    if (conf->console.provider == NULL
        && ngx_http_idv_console_complete(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* bodies stay in memory, and what frames their chunks with them */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->client_max_body_size = NGX_HTTP_IDV_CONSOLE_MAX_BODY;
    clcf->client_body_buffer_size = 2 * NGX_HTTP_IDV_CONSOLE_MAX_BODY;
    clcf->client_body_in_file_only = 0;
    clcf->error_pages = NULL;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_console_complete(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    ngx_uint_t                    plain;
    ngx_http_idv_console_conf_t  *cc;

    cc = &conf->console;

    if (ngx_http_idv_conf_named(cf, conf, "idv_console", &cc->name,
                                &cc->provider)
        != NGX_CONF_OK
        || ngx_http_idv_conf_prefix(cf, conf, "idv_console", &cc->path)
           != NGX_CONF_OK
        || ngx_http_idv_console_needs(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cc->reviews.len
        && (ngx_http_idv_conf_url(&cc->reviews, &plain) != NGX_OK || plain))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "idv_console_reviews needs a URL without a query that "
                      "ends in no slash, https unless it is on this machine, "
                      "in %s:%ui", conf->place_file, conf->place_line);
        return NGX_CONF_ERROR;
    }

    /* connections of its own: no flow waits for an administrator */

    cc->net = cc->provider->net;
    cc->net.max_body = ngx_max(cc->net.max_body, NGX_HTTP_IDV_CONSOLE_ANSWER);

    /* whoever proxies to the provider does not know this machine */

    cc->queue = cc->net;
    ngx_str_null(&cc->queue.proxy);

    return NGX_CONF_OK;
}


/* nobody in particular, everybody, and no trace: all are refused */

static char *
ngx_http_idv_console_needs(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    const char  *wanted;

    wanted = conf->subject == NULL
             ? "auth_idv_subject, who the first factor says acts"
             : conf->console_role == NULL
               ? "auth_idv_console_role, what they may do"
               : conf->console.audit == NULL
                 ? "idv_console_audit, the file that tells what they did"
                 : NULL;

    if (wanted == NULL) {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "idv_console needs %s, in %s:%ui",
                  wanted, conf->place_file, conf->place_line);

    return NGX_CONF_ERROR;
}
