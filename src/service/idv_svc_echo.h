
/*
 * Copyright (C) nginx-idv authors
 *
 * The application behind the gate, for demo and tests.
 */


#ifndef _IDV_SVC_ECHO_H_INCLUDED_
#define _IDV_SVC_ECHO_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* the handler of the directive idv_service_echo on | off; */
char *idv_svc_echo(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _IDV_SVC_ECHO_H_INCLUDED_ */
