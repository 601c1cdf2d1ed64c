
/*
 * Copyright (C) nginx-idv authors
 *
 * The front door: configuration, phases, process hooks.
 */


#include "ngx_http_idv_conf.h"
#include "engine/idv_engine.h"
#include "net/idv_transfer.h"
#include "util/idv_crypto.h"
#include "web/ngx_http_idv_web.h"


static ngx_int_t ngx_http_idv_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_idv_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_idv_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_idv_create_loc_conf(ngx_conf_t *cf);
static ngx_int_t ngx_http_idv_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_idv_init_process(ngx_cycle_t *cycle);
static void ngx_http_idv_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_idv_module_ctx = {
    ngx_http_idv_preconfiguration,         /* preconfiguration */
    ngx_http_idv_postconfiguration,        /* postconfiguration */

    ngx_http_idv_create_main_conf,         /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_idv_create_srv_conf,          /* create server configuration */
    ngx_http_idv_merge_srv_conf,           /* merge server configuration */

    ngx_http_idv_create_loc_conf,          /* create location configuration */
    ngx_http_idv_merge                     /* merge location configuration */
};


ngx_module_t  ngx_http_idv_module = {
    NGX_MODULE_V1,
    &ngx_http_idv_module_ctx,              /* module context */
    ngx_http_idv_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_idv_init_module,              /* init module */
    ngx_http_idv_init_process,             /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_idv_exit_process,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_idv_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_idv_add_variables(cf);
}


static ngx_int_t
ngx_http_idv_add_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_idv_main_conf_t  *mcf;

    if (ngx_http_idv_check_gates(cf) != NGX_OK
        || ngx_http_idv_check_directories(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    if (mcf->strips
        && ngx_http_idv_add_handler(cf, NGX_HTTP_POST_READ_PHASE,
                                    ngx_http_idv_strip_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->providers.nelts == 0) {
        return NGX_OK;
    }

    /* neither preflights nor phones have credentials: before access */

    if (ngx_http_idv_add_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                 ngx_http_idv_preflight_handler)
        != NGX_OK
        || ngx_http_idv_add_handler(cf, NGX_HTTP_REWRITE_PHASE,
                                    ngx_http_idv_page_done_handler)
           != NGX_OK
        || ngx_http_idv_add_handler(cf, NGX_HTTP_PREACCESS_PHASE,
                                    ngx_http_idv_console_hide)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_idv_add_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                                    ngx_http_idv_gate_handler);
}


static void *
ngx_http_idv_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_idv_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&mcf->zones, cf->pool, 1, sizeof(idv_store_t *))
        != NGX_OK
        || ngx_array_init(&mcf->providers, cf->pool, 2,
                          sizeof(idv_provider_t *))
           != NGX_OK
        || ngx_array_init(&mcf->directories, cf->pool, 1,
                          sizeof(idv_directory_t *))
           != NGX_OK
        || ngx_array_init(&mcf->gates, cf->pool, 4,
                          sizeof(ngx_http_idv_gate_t))
           != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


static void *
ngx_http_idv_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->mode = NULL;
     *     lcf->api = NULL; and the other places, their names and path
     */

    lcf->gate = NGX_CONF_UNSET_PTR;
    lcf->subject = NGX_CONF_UNSET_PTR;
    lcf->email = NGX_CONF_UNSET_PTR;
    lcf->phone = NGX_CONF_UNSET_PTR;
    lcf->policy = NGX_CONF_UNSET_PTR;
    lcf->policies = NGX_CONF_UNSET_PTR;
    lcf->max_age = NGX_CONF_UNSET_PTR;
    lcf->accept_bypass = NGX_CONF_UNSET_PTR;
    lcf->headers = NGX_CONF_UNSET_PTR;
    lcf->inputs = NGX_CONF_UNSET_PTR;
    lcf->console_role = NGX_CONF_UNSET_PTR;
    lcf->directory = NGX_CONF_UNSET_PTR;
    lcf->directory_user = NGX_CONF_UNSET_PTR;
    lcf->connector.max_body = NGX_CONF_UNSET_SIZE;
    lcf->connector.max_answer = NGX_CONF_UNSET_SIZE;
    lcf->connector.timeout = NGX_CONF_UNSET_MSEC;

    return lcf;
}


/*
 * Handlers of a phase run in an order that depends on how and when modules are
 * loaded.  The gate has to be first in its phase, before try_files and mirror
 * act on the request; the phase engine of the new cycle is not in use yet.
 */

static ngx_int_t
ngx_http_idv_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i, n;
    ngx_http_phase_handler_t   *ph, gate;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return NGX_OK;
    }

    /* what the configuration was read with: a worker starts anew */
    idv_crypto_done();

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);
    ph = cmcf->phase_engine.handlers;

    for (n = 0; ph[n].checker; n++) {

        if (ph[n].handler != ngx_http_idv_gate_handler) {
            continue;
        }

        gate = ph[n];

        for (i = n; i && ph[i - 1].checker == gate.checker
                    && ph[i - 1].next == gate.next; i--)
        {
            ph[i] = ph[i - 1];
        }

        ph[i] = gate;

        break;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_init_process(ngx_cycle_t *cycle)
{
    idv_store_t              **store;
    ngx_http_idv_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_idv_module);

    if (mcf->providers.nelts == 0) {
        return NGX_OK;
    }

    /* jansson would read its seed in the first request that has an object */
    json_object_seed(0);

    if (idv_crypto_init(cycle->log) != NGX_OK
        || idv_transfer_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (idv_directory_init_process(cycle, mcf->directories.elts,
                                   mcf->directories.nelts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    store = mcf->zones.elts;
    idv_store_provider_keep(*store);

    return idv_engine_init_process(cycle);
}


static void
ngx_http_idv_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_idv_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_idv_module);

    if (mcf->providers.nelts == 0) {
        return;
    }

    idv_engine_exit_process(cycle);
    idv_directory_exit_process();
    idv_transfer_exit_process(cycle);
    idv_crypto_done();
}
