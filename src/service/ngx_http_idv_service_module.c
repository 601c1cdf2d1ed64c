
/*
 * Copyright (C) nginx-idv authors
 *
 * Directives, configuration and process hooks of the local verification
 * service.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_checker.h"
#include "idv_svc_echo.h"
#include "idv_svc_message.h"


#define IDV_SVC_MAX_SECRET    256
#define IDV_SVC_MAX_URL       255
#define IDV_SVC_MAX_IMAGE     (64 * 1024 * 1024)
#define IDV_SVC_MAX_RECORD    (3650 * 24 * 3600)      /* s */
#define IDV_SVC_SWEEP_TIME    1000                    /* ms */
#define IDV_SVC_SWEEP_MORE    20


static void *ngx_http_idv_service_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_idv_service_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_idv_service_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_idv_service_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_idv_service_enable(ngx_conf_t *cf,
    idv_svc_conf_t *prev, idv_svc_conf_t *conf);
static char *ngx_http_idv_service_client(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_idv_service_public_url(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_idv_service_environment(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_idv_service_inspection(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_idv_service_limit(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_idv_service_control(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_idv_service_test(ngx_conf_t *cf, void *post, void *data);
static ngx_int_t ngx_http_idv_service_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_idv_service_init_process(ngx_cycle_t *cycle);
static void ngx_http_idv_service_exit_process(ngx_cycle_t *cycle);
static void ngx_http_idv_service_sweep(ngx_event_t *ev);


static ngx_conf_post_t  ngx_http_idv_service_limit_post =
    { ngx_http_idv_service_limit };

static ngx_conf_post_t  ngx_http_idv_service_control_post =
    { ngx_http_idv_service_control };

static ngx_conf_post_t  ngx_http_idv_service_test_post =
    { ngx_http_idv_service_test };


static ngx_command_t  ngx_http_idv_service_commands[] = {

    { ngx_string("idv_service_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_service_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_idv_service_store_files,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, enable),
      NULL },

    { ngx_string("idv_service_client"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23,
      ngx_http_idv_service_client,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_control"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, control),
      &ngx_http_idv_service_control_post },

    { ngx_string("idv_service_test_mode"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, test_mode),
      &ngx_http_idv_service_test_post },

    { ngx_string("idv_service_public_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_service_public_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_environment"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_service_environment,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_users"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_idv_service_users,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_policies"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, policies),
      NULL },

    { ngx_string("idv_service_inspection"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_idv_service_inspection,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_user_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, user_limit),
      &ngx_http_idv_service_limit_post },

    { ngx_string("idv_service_processing_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, processing_time),
      NULL },

    { ngx_string("idv_service_personal_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, personal_time),
      NULL },

    { ngx_string("idv_service_record_time"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, record_time),
      NULL },

    { ngx_string("idv_service_max_image"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, max_image),
      NULL },

    { ngx_string("idv_service_keep_image"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, keep_image),
      NULL },

    { ngx_string("idv_service_mail"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      idv_svc_out_mail,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_sms"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      idv_svc_out_sms,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_checker"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      idv_svc_out_checker,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_checker_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, out.checker_timeout),
      NULL },

    { ngx_string("idv_service_message_templates"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      idv_svc_out_templates,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_message_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, out.message_limit),
      &ngx_http_idv_service_limit_post },

    { ngx_string("idv_service_message_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, out.message_timeout),
      NULL },

    { ngx_string("idv_service_trusted_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(idv_svc_conf_t, out.trusted),
      NULL },

    { ngx_string("idv_service_background"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_idv_service_background,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("idv_service_echo"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      idv_svc_echo,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_idv_service_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_idv_service_create_main_conf, /* create main configuration */
    ngx_http_idv_service_init_main_conf,   /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_idv_service_create_loc_conf,  /* create location configuration */
    ngx_http_idv_service_merge_loc_conf    /* merge location configuration */
};


ngx_module_t  ngx_http_idv_service_module = {
    NGX_MODULE_V1,
    &ngx_http_idv_service_module_ctx,      /* module context */
    ngx_http_idv_service_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_idv_service_init_module,      /* init module */
    ngx_http_idv_service_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_idv_service_exit_process,     /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* of this worker; the connection is what the event module expects as data */

static ngx_event_t       ngx_http_idv_service_timer;
static ngx_connection_t  ngx_http_idv_service_dummy;
static idv_svc_store_t  *ngx_http_idv_service_store;


static void *
ngx_http_idv_service_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_idv_service_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_service_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    /* before any zone is known: locations refer to it */

    smcf->store = ngx_pcalloc(cf->pool, sizeof(idv_svc_store_t));
    if (smcf->store == NULL) {
        return NULL;
    }

    return smcf;
}


static char *
ngx_http_idv_service_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_idv_service_main_conf_t  *smcf = conf;

    if (smcf->zone) {
        smcf->zone->init = idv_svc_store_init;
        smcf->zone->data = smcf->store;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_idv_service_create_loc_conf(ngx_conf_t *cf)
{
    idv_svc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(idv_svc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->enable = NGX_CONF_UNSET;
    conf->control = NGX_CONF_UNSET;
    conf->test_mode = NGX_CONF_UNSET;
    conf->clients = NGX_CONF_UNSET_PTR;
    conf->users = NGX_CONF_UNSET_PTR;
    conf->environment = NGX_CONF_UNSET_PTR;
    conf->processing_time = NGX_CONF_UNSET_MSEC;
    conf->personal_time = NGX_CONF_UNSET;
    conf->record_time = NGX_CONF_UNSET;
    conf->max_image = NGX_CONF_UNSET_SIZE;
    conf->keep_image = NGX_CONF_UNSET_SIZE;
    conf->user_limit = NGX_CONF_UNSET_UINT;

    idv_svc_out_create(&conf->out);

    return conf;
}


static char *
ngx_http_idv_service_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    idv_svc_conf_t  *prev = parent;
    idv_svc_conf_t  *conf = child;

    ngx_uint_t                         own;
    ngx_http_idv_service_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_service_module);

    own = (conf->enable == 1);

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_value(conf->control, prev->control, 0);
    ngx_conf_merge_value(conf->test_mode, prev->test_mode, 0);
    ngx_conf_merge_ptr_value(conf->clients, prev->clients, NULL);
    ngx_conf_merge_ptr_value(conf->users, prev->users, NULL);
    ngx_conf_merge_ptr_value(conf->environment, prev->environment, NULL);
    ngx_conf_merge_msec_value(conf->processing_time, prev->processing_time,
                              2000);
    ngx_conf_merge_sec_value(conf->personal_time, prev->personal_time,
                             30 * 60);
    ngx_conf_merge_sec_value(conf->record_time, prev->record_time,
                             24 * 60 * 60);
    ngx_conf_merge_size_value(conf->max_image, prev->max_image,
                              6 * 1024 * 1024);

    /* files have room for all of them */

    if (smcf->store->keep && conf->keep_image == NGX_CONF_UNSET_SIZE
        && prev->keep_image == NGX_CONF_UNSET_SIZE)
    {
        conf->keep_image = conf->max_image;
    }

    ngx_conf_merge_size_value(conf->keep_image, prev->keep_image, 128 * 1024);
    ngx_conf_merge_uint_value(conf->user_limit, prev->user_limit, 100);
    ngx_conf_merge_str_value(conf->public_url, prev->public_url, "");
    ngx_conf_merge_str_value(conf->policies, prev->policies, "");

    if (conf->background.data == NULL) {
        conf->background = prev->background;
        conf->background_max = prev->background_max;
        conf->background_time = prev->background_time;
    }

    if (conf->inspection == 0) {
        conf->inspection = prev->inspection
                           ? prev->inspection
                           : IDV_SVC_LICENCE(IDV_SVC_AUTOMATIC);
    }

    idv_svc_out_merge(&prev->out, &conf->out);

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    return ngx_http_idv_service_enable(cf, own ? NULL : prev, conf);
}


/* prev is NULL where the location itself says idv_service on */

static char *
ngx_http_idv_service_enable(ngx_conf_t *cf, idv_svc_conf_t *prev,
    idv_svc_conf_t *conf)
{
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_idv_service_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_service_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (smcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"idv_service\" needs \"idv_service_zone\" "
                           "in the http block");
        return NGX_CONF_ERROR;
    }

    if (conf->clients == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"idv_service\" needs \"idv_service_client\": "
                           "without one nobody can get a token");
        return NGX_CONF_ERROR;
    }

    if (conf->max_image > IDV_SVC_MAX_IMAGE
        || conf->keep_image > conf->max_image)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"idv_service_max_image\" must be at most 64m, "
                           "and \"idv_service_keep_image\" not above it");
        return NGX_CONF_ERROR;
    }

    if (conf->personal_time < 1 || conf->personal_time > conf->record_time
        || conf->record_time > IDV_SVC_MAX_RECORD)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"idv_service_personal_time\" must be at least 1s "
                           "and not above \"idv_service_record_time\", and "
                           "that at most 3650d");
        return NGX_CONF_ERROR;
    }

    if (idv_svc_policy_conf(cf, conf) != NGX_OK
        || idv_svc_out_init(cf, &conf->out) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->store = smcf->store;

    if (smcf->store->keep && smcf->store->keep->time < conf->record_time) {
        smcf->store->keep->time = conf->record_time;
    }

    if (prev) {
        conf->prefix = prev->prefix;

    } else if (clcf->name.len && clcf->name.data[0] == '/'
#if (NGX_PCRE)
               && clcf->regex == NULL
#endif
              )
    {
        conf->prefix = clcf->name;

        if (conf->prefix.data[conf->prefix.len - 1] == '/') {
            conf->prefix.len--;
        }
    }

    if (clcf->handler == NULL) {
        clcf->handler = idv_svc_handler;

        /* bodies have bounds of their own, whose answers are JSON */

        clcf->client_max_body_size = 0;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    char              *rv;
    json_t            *name;
    ngx_str_t         *value, secret;
    ngx_uint_t         i;
    idv_svc_client_t  *client;

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > IDV_SVC_MAX_SECRET) {
        return "has an id that is empty or longer than 256 bytes";
    }

    if (lcf->clients == NGX_CONF_UNSET_PTR) {
        lcf->clients = ngx_array_create(cf->pool, 2, sizeof(idv_svc_client_t));
        if (lcf->clients == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    client = lcf->clients->elts;

    for (i = 0; i < lcf->clients->nelts; i++) {
        if (client[i].id.len == value[1].len
            && ngx_strncmp(client[i].id.data, value[1].data, value[1].len)
               == 0)
        {
            return "has an id that another one has";
        }
    }

    rv = ngx_http_idv_service_file(cf, &value[2], IDV_SVC_MAX_SECRET + 2, 1,
                                   &secret);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    while (secret.len && (secret.data[secret.len - 1] == LF
                          || secret.data[secret.len - 1] == CR))
    {
        secret.len--;
    }

    if (secret.len == 0 || secret.len > IDV_SVC_MAX_SECRET
        || ngx_strlchr(secret.data, secret.data + secret.len, LF))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must have one line of 1 to 256 bytes",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    client = ngx_array_push(lcf->clients);
    if (client == NULL) {
        return NGX_CONF_ERROR;
    }

    client->id = value[1];
    client->secret = secret;

    ngx_str_null(&client->name);

    if (cf->args->nelts == 4) {
        client->name = value[3];

        /* it is kept as JSON, which is UTF-8 or nothing */

        name = idv_svc_json_str(&client->name);

        if (name == NULL || client->name.len > IDV_SVC_MAX_NAME) {
            json_decref(name);
            return "has a name that is not UTF-8 or longer than 64 bytes";
        }

        json_decref(name);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_public_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    u_char      c;
    size_t      scheme;
    ngx_str_t  *value, url;
    ngx_uint_t  i;

    if (lcf->public_url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    url = value[1];

    if (url.len && url.data[url.len - 1] == '/') {
        url.len--;
    }

    if (ngx_strncmp(url.data, "https://", 8) == 0) {
        scheme = 8;

    } else if (ngx_strncmp(url.data, "http://", 7) == 0) {
        scheme = 7;

    } else {
        return "must begin with http:// or https://";
    }

    if (url.len <= scheme || url.len > IDV_SVC_MAX_URL) {
        return "must name a host and have at most 255 bytes";
    }

    for (i = scheme; i < url.len; i++) {
        c = ngx_tolower(url.data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || ngx_strchr("-._~:[]/", c)))
        {
            return "must be a URL of host, port and path only";
        }
    }

    lcf->public_url = url;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_environment(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    if (lcf->environment != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    lcf->environment = ngx_palloc(cf->pool, IDV_SVC_UUID);
    if (lcf->environment == NULL) {
        return NGX_CONF_ERROR;
    }

    if (idv_uuid_parse(lcf->environment, value[1].data, value[1].len)
        != NGX_OK)
    {
        return "must be a UUID";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_inspection(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, type;

    if (lcf->inspection) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        type = idv_svc_model_inspection(&value[i]);

        if (type == 0) {
            return "must be of AUTOMATIC, MANUAL and STEP_UP";
        }

        lcf->inspection |= IDV_SVC_LICENCE(type);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_limit(ngx_conf_t *cf, void *post, void *data)
{
    ngx_uint_t  *limit = data;

    if (*limit < 1 || *limit > 10000) {
        return "must be from 1 to 10000";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_control(ngx_conf_t *cf, void *post, void *data)
{
    ngx_flag_t  *on = data;

    if (*on) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"idv_service_control\" is on: any program on "
                           "this machine can decide verifications");
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_service_test(ngx_conf_t *cf, void *post, void *data)
{
    ngx_flag_t  *on = data;

    if (*on) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"idv_service_test_mode\" is on: what no program "
                           "can judge, faces above all, counts as good");
    }

    return NGX_CONF_OK;
}


/* files are read, and what that needed goes: a worker starts anew */

static ngx_int_t
ngx_http_idv_service_init_module(ngx_cycle_t *cycle)
{
    ngx_http_idv_service_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_idv_service_module);

    if (smcf && smcf->zone && !ngx_test_config) {
        idv_svc_store_load(smcf->store, cycle->log);
    }

    idv_crypto_done();

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_service_init_process(ngx_cycle_t *cycle)
{
    ngx_http_idv_service_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_idv_service_module);

    if (smcf == NULL || smcf->zone == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    if (idv_crypto_init(cycle->log) != NGX_OK
        || idv_transfer_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_idv_service_store = smcf->store;

    ngx_http_idv_service_dummy.fd = (ngx_socket_t) -1;

    ngx_http_idv_service_timer.handler = ngx_http_idv_service_sweep;
    ngx_http_idv_service_timer.data = &ngx_http_idv_service_dummy;
    ngx_http_idv_service_timer.log = cycle->log;
    ngx_http_idv_service_timer.cancelable = 1;

    ngx_add_timer(&ngx_http_idv_service_timer, IDV_SVC_SWEEP_TIME);

    return NGX_OK;
}


static void
ngx_http_idv_service_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_http_idv_service_store) {
        idv_transfer_exit_process(cycle);
        idv_svc_message_exit();
        idv_svc_checker_exit();
        idv_crypto_done();
    }
}


/* wipes what nobody reads any more; reads do the same for what they touch */

static void
ngx_http_idv_service_sweep(ngx_event_t *ev)
{
    ngx_uint_t        more;
    idv_svc_store_t  *store;

    store = ngx_http_idv_service_store;

    more = idv_svc_store_sweep(store, idv_svc_store_now(store));

    if (!ngx_exiting) {
        ngx_add_timer(ev, more ? IDV_SVC_SWEEP_MORE : IDV_SVC_SWEEP_TIME);
    }
}
