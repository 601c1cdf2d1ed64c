
/*
 * Copyright (C) nginx-idv authors
 *
 * Files that the configuration names, read once and before any request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


/* the whole of a small file; a secret must be no one else's to read */

char *
ngx_http_idv_service_file(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_uint_t secret, ngx_str_t *text)
{
    char             *rv;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a file of at most %uz bytes",
                           name, max);
        goto done;
    }

    if (secret && (fi.st_mode & S_IRWXO)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is a secret that others may read: "
                           "chmod o= it", name);
        goto done;
    }

    text->len = ngx_file_size(&fi);
    text->data = ngx_pnalloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, text->data, text->len);

    if (n != (ssize_t) text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, (n == -1) ? ngx_errno : 0,
                           ngx_read_fd_n " \"%V\" failed", name);
        goto done;
    }

    rv = NGX_CONF_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return rv;
}


/* program [max=number] [timeout=time]: the helper that replaces backgrounds */

char *
ngx_http_idv_service_background(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    ngx_int_t         n;
    ngx_str_t        *value, time;
    ngx_uint_t        i;
    ngx_file_info_t   fi;

    if (lcf->background.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    lcf->background_max = 2;
    lcf->background_time = 10;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "max=", 4) == 0) {
            n = ngx_atoi(value[i].data + 4, value[i].len - 4);

            if (n < 1 || n > 64) {
                return "takes max=number, from 1 to 64";
            }

            lcf->background_max = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            time.data = value[i].data + 8;
            time.len = value[i].len - 8;

            lcf->background_time = ngx_parse_time(&time, 1);

            if (lcf->background_time < 1 || lcf->background_time > 3600) {
                return "takes timeout=time, from 1s to 1h";
            }

            continue;
        }

        return "takes max=number and timeout=time";
    }

    if (ngx_conf_full_name(cf->cycle, &value[1], 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(value[1].data, &fi) == NGX_FILE_ERROR
        || !ngx_is_file(&fi) || access((char *) value[1].data, X_OK) == -1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\" is no program that can be run", &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->background = value[1];

    return NGX_CONF_OK;
}
