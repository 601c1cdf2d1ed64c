
/*
 * Copyright (C) nginx-idv authors
 *
 * The ways out of the service: a mail server, a hook for text messages, and a
 * checker.  All of them are off unless the operator names them.
 */


#ifndef _IDV_SVC_OUT_H_INCLUDED_
#define _IDV_SVC_OUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../net/idv_transfer.h"


#define IDV_SVC_MAX_REPLY  (64 * 1024)       /* bytes of a checker's answer */


typedef struct {
    ngx_str_t               url;
    ngx_str_t               from;            /* of mail only */
    ngx_str_t               user;
    ngx_str_t               password;
    ngx_str_t               authorization;   /* header with the token, or "" */
    unsigned                starttls:1;
} idv_svc_outlet_t;


/* const after start */

typedef struct {
    idv_svc_outlet_t       *mail;            /* NULL: there is none */
    idv_svc_outlet_t       *sms;
    idv_svc_outlet_t       *checker;

    ngx_array_t            *templates;       /* idv_svc_template_t; or NULL */
    ngx_uint_t              message_limit;   /* of a user and channel a day */

    ngx_str_t               trusted;         /* certificates, "": system's */
    ngx_msec_t              message_timeout;
    ngx_msec_t              checker_timeout;

    idv_transfer_conf_t     message_net;
    idv_transfer_conf_t     checker_net;
} idv_svc_out_t;


/* ngx_http_idv_service_out.c: directives, and what is made of them */

char *idv_svc_out_mail(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *idv_svc_out_sms(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *idv_svc_out_checker(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *idv_svc_out_templates(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

void idv_svc_out_create(idv_svc_out_t *out);
void idv_svc_out_merge(idv_svc_out_t *prev, idv_svc_out_t *out);

/* once all of it is known; NGX_ERROR is logged */
ngx_int_t idv_svc_out_init(ngx_conf_t *cf, idv_svc_out_t *out);


#endif /* _IDV_SVC_OUT_H_INCLUDED_ */
