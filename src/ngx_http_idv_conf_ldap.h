
/*
 * Copyright (C) nginx-idv authors
 *
 * An idv_ldap block while it is read.
 */


#ifndef _NGX_HTTP_IDV_CONF_LDAP_H_INCLUDED_
#define _NGX_HTTP_IDV_CONF_LDAP_H_INCLUDED_


#include "ngx_http_idv_conf.h"


/* "d" is what remains */

typedef struct {
    idv_directory_t             d;

    ngx_array_t                *urls;        /* ngx_str_t */
    ngx_array_t                *attributes;  /* ngx_str_t */
    ngx_str_t                   filter;
    ngx_str_t                   password_file;
    ngx_uint_t                  scope;
    ngx_uint_t                  named;       /* causes that on_error had */
    size_t                      cache_size;
    size_t                      cache_entry;
} ngx_http_idv_ldap_conf_t;


/* checks and completes it when it has been read; says what is wrong */
char *ngx_http_idv_ldap_check(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc);


#endif /* _NGX_HTTP_IDV_CONF_LDAP_H_INCLUDED_ */
