
/*
 * Copyright (C) nginx-idv authors
 *
 * Setters, checks and merging of the directives in ngx_http_idv_conf_table.c.
 */


#ifndef _NGX_HTTP_IDV_CONF_H_INCLUDED_
#define _NGX_HTTP_IDV_CONF_H_INCLUDED_


#include "ngx_http_idv_module.h"


/* cmd_type of what stands in an idv_provider block; no bit of nginx's own */
#define NGX_HTTP_IDV_PROVIDER_CONF  0x00400000

/* of an idv_ldap block, which reads its own: no type that nginx would see */
#define NGX_HTTP_IDV_LDAP_CONF      0


extern ngx_command_t  ngx_http_idv_commands[];


/* an idv_provider block while it is read; "p" is what remains */

typedef struct {
    idv_provider_t              p;

    ngx_str_t                   policy;
    ngx_str_t                   secret_file;
    ngx_str_t                   names_file;
    ngx_array_t                *key_files;   /* ngx_str_t */
    ngx_uint_t                  limits_off;  /* 1: "transaction_limit off" */

    ngx_flag_t                  device_choice;
    ngx_uint_t                  delivery;
    ngx_uint_t                  attempts;
    ngx_uint_t                  on_unavailable;
    ngx_flag_t                  lookup;
    ngx_uint_t                  on_user_not_found;
    ngx_uint_t                  on_user_disabled;
    ngx_uint_t                  on_failed;
    time_t                      state_timeout;
    time_t                      reuse;
    ngx_msec_t                  read_interval;
} ngx_http_idv_provider_conf_t;


char *ngx_http_idv_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_provider(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_gate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_place_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_policies(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_header_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_http_idv_uint_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_words(ngx_conf_t *cf, ngx_array_t **list);
char *ngx_http_idv_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_breaker(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_read_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_transaction_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_idv_reuse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_lockout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* what is counted where nothing was said of it, and what contradicts itself */
void ngx_http_idv_limits_init(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc);

/* what "registration on" means, what contradicts it, and what it needs */
void ngx_http_idv_registration_init(ngx_http_idv_provider_conf_t *pc);
char *ngx_http_idv_registration_check(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc);

char *ngx_http_idv_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_match(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_checks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_cors_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* users of the provider, and what is known of them */
char *ngx_http_idv_user_lookup(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_idv_input_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_users_check(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc);
char *ngx_http_idv_users_key(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc);

char *ngx_http_idv_ldap_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_idv_ldap_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* every $idv_ldap_ATTRIBUTE is an attribute that some block asks for */
ngx_int_t ngx_http_idv_check_directories(ngx_conf_t *cf);

/*
 * The contents of a file that nobody else may read, up to size bytes; the name
 * is made absolute.  NGX_ERROR: said why, as a fault of the block "of name".
 */
ssize_t ngx_http_idv_read_file(ngx_conf_t *cf, const char *of,
    const ngx_str_t *block, ngx_str_t *name, u_char *buf, size_t size);

/* checks and completes the connector of a location, if it has one */
char *ngx_http_idv_connector_merge(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);

/* the same for a console, and the file of its audit log */
char *ngx_http_idv_console_merge(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);
char *ngx_http_idv_audit_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

void *ngx_http_idv_create_srv_conf(ngx_conf_t *cf);
char *ngx_http_idv_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child);

char *ngx_http_idv_merge(ngx_conf_t *cf, void *parent, void *child);

/* every gate has a flow API or a page in its server */
ngx_int_t ngx_http_idv_check_gates(ngx_conf_t *cf);

/*
 * An http or https URL without a query, ending in no slash.  plain is 1 if it
 * is not encrypted and leaves this machine.
 */
ngx_int_t ngx_http_idv_conf_url(ngx_str_t *url, ngx_uint_t *plain);

/* letters, digits, "_" and "-": part of cookie names, messages, labels */
ngx_int_t ngx_http_idv_name(ngx_str_t *name, size_t max);

/* NULL: no such provider */
const idv_provider_t *ngx_http_idv_find_provider(
    const ngx_http_idv_main_conf_t *mcf, ngx_str_t *name);

/*
 * What a directive that makes a place needs: a provider that there is, and a
 * location that is a prefix with a slash at its end.  What is missing is
 * logged.
 */
char *ngx_http_idv_conf_named(ngx_conf_t *cf,
    const ngx_http_idv_loc_conf_t *conf, const char *directive,
    ngx_str_t *name, const idv_provider_t **provider);
char *ngx_http_idv_conf_prefix(ngx_conf_t *cf,
    const ngx_http_idv_loc_conf_t *conf, const char *directive,
    ngx_str_t *path);


#endif /* _NGX_HTTP_IDV_CONF_H_INCLUDED_ */
