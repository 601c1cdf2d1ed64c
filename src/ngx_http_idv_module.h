
/*
 * Copyright (C) nginx-idv authors
 *
 * The configuration, as the rooms of web/ read it.  Const after start.
 */


#ifndef _NGX_HTTP_IDV_MODULE_H_INCLUDED_
#define _NGX_HTTP_IDV_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "provider/idv_directory.h"
#include "provider/idv_provider.h"
#include "util/idv_compat.h"


/* an auth_idv_header directive */

typedef struct {
    ngx_str_t                   name;        /* as written */
    ngx_str_t                   claim;
} ngx_http_idv_header_t;


/* an auth_idv_input directive */

typedef struct {
    idv_input_e                 input;
    ngx_http_complex_value_t    value;
} ngx_http_idv_input_t;


/* where a server's flow API or page is */

typedef struct {
    const idv_provider_t       *provider;
    ngx_str_t                   path;        /* begins and ends with a slash */
} ngx_http_idv_place_t;


/* a gate that names its provider, to be checked when all is read */

typedef struct {
    void                       *server;      /* ngx_http_idv_srv_conf_t */
    const idv_provider_t       *provider;
    u_char                     *file;
    ngx_uint_t                  line;
} ngx_http_idv_gate_t;


typedef struct {
    ngx_array_t                 zones;       /* idv_store_t * */
    ngx_array_t                 providers;   /* idv_provider_t * */
    ngx_array_t                 directories; /* idv_directory_t * */

    ngx_array_t                 gates;       /* ngx_http_idv_gate_t */
    ngx_flag_t                  strips;      /* a server has managed names */
} ngx_http_idv_main_conf_t;


typedef struct {
    ngx_array_t                 apis;        /* ngx_http_idv_place_t */
    ngx_array_t                 pages;       /* ngx_http_idv_place_t */

    /*
     * Every name that an auth_idv_header of the server sets, folded to lower
     * case letters, digits and "_" for all else: stripped from each request to
     * the server, whatever its location.
     */
    ngx_array_t                 managed;     /* ngx_str_t */
} ngx_http_idv_srv_conf_t;


/* who may call a connector: by a bearer key or a client certificate */

typedef struct {
    ngx_str_t                   name;
    u_char                      hash[IDV_HASH_LEN];
    unsigned                    certificate:1;
    uint32_t                    capabilities;    /* bits, in their order */
} ngx_http_idv_caller_t;


/* idv_connector and what stands beside it */

typedef struct {
    ngx_str_t                   name;
    const idv_provider_t       *provider;    /* NULL: none in this location */
    ngx_str_t                   path;
    ngx_str_t                   callers_file;
    ngx_array_t                *callers;     /* ngx_http_idv_caller_t */
    ngx_str_t                   next;        /* where a client goes on, or "" */
    size_t                      max_body;
    size_t                      max_answer;
    ngx_msec_t                  timeout;
    idv_transfer_conf_t         net;         /* the provider's, so bounded */
} ngx_http_idv_connector_conf_t;


/* idv_console and what stands beside it */

typedef struct {
    ngx_str_t                   name;
    const idv_provider_t       *provider;    /* NULL: none in this location */
    ngx_str_t                   path;
    ngx_open_file_t            *audit;
    ngx_str_t                   reviews;     /* URL of the queue, or "" */
    idv_transfer_conf_t         net;         /* to the provider */
    idv_transfer_conf_t         queue;       /* ... and to the queue */
} ngx_http_idv_console_conf_t;


typedef struct {
    ngx_http_complex_value_t   *gate;        /* provider's name, "" or "off" */
    ngx_http_complex_value_t   *mode;        /* "", "required", "optional" */
    ngx_http_complex_value_t   *subject;
    ngx_int_t                   subject_index;   /* it is one variable, or -1 */
    ngx_http_complex_value_t   *email;       /* comma-separated addresses */
    ngx_http_complex_value_t   *phone;       /* comma-separated numbers */
    ngx_http_complex_value_t   *policy;
    ngx_array_t                *policies;    /* u_char[16], as good as that */
    ngx_http_complex_value_t   *max_age;     /* seconds, or 5m, 1h */
    ngx_http_complex_value_t   *accept_bypass;
    ngx_array_t                *headers;     /* ngx_http_idv_header_t */
    ngx_array_t                *inputs;      /* ngx_http_idv_input_t, or NULL */

    const idv_directory_t      *directory;   /* NULL: none */
    ngx_flag_t                  directory_always;
    ngx_http_complex_value_t   *directory_user;  /* NULL: the subject */

    const idv_provider_t       *api;         /* idv_flow_api */
    const idv_provider_t       *page;        /* idv_page */
    const idv_provider_t       *metrics;     /* idv_metrics */
    ngx_str_t                   api_name;
    ngx_str_t                   page_name;
    ngx_str_t                   metrics_name;
    ngx_str_t                   path;        /* of api or page */

    ngx_http_idv_connector_conf_t  connector;
    ngx_http_idv_console_conf_t    console;
    ngx_http_complex_value_t      *console_role;

    /* where the gate, and the place, is configured, for messages */
    u_char                     *file;
    ngx_uint_t                  line;
    u_char                     *place_file;
    ngx_uint_t                  place_line;
} ngx_http_idv_loc_conf_t;


extern ngx_module_t  ngx_http_idv_module;


#endif /* _NGX_HTTP_IDV_MODULE_H_INCLUDED_ */
