
/*
 * Copyright (C) nginx-idv authors
 *
 * Where the service keeps what it has: its zone, its files and their keys.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MIN_ZONE  (16 * ngx_pagesize)


static void ngx_http_idv_service_resized(ngx_conf_t *cf, ngx_str_t *name,
    size_t size);
static char *ngx_http_idv_service_path(ngx_conf_t *cf, ngx_str_t *name);
static ngx_int_t ngx_http_idv_service_join(ngx_conf_t *cf, ngx_str_t *path,
    const ngx_str_t *dir, const char *name);
static char *ngx_http_idv_service_key(ngx_conf_t *cf, ngx_str_t *file,
    idv_key_t *key);
static void ngx_http_idv_service_forget(void *data);


char *
ngx_http_idv_service_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_service_main_conf_t  *smcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (smcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = ngx_strlchr(value[1].data, value[1].data + value[1].len, ':');

    if (p == NULL || p == value[1].data) {
        return "must be name:size";
    }

    name.data = value[1].data;
    name.len = p - name.data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || size < (ssize_t) IDV_SVC_MIN_ZONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "size of zone \"%V\" must be at least %uz bytes",
                           &name, (size_t) IDV_SVC_MIN_ZONE);
        return NGX_CONF_ERROR;
    }

    smcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_idv_service_module);
    if (smcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_idv_service_resized(cf, &name, size);

    return NGX_CONF_OK;
}


static void
ngx_http_idv_service_resized(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *zone;

    if (cf->cycle->old_cycle == NULL) {
        return;
    }

    part = &cf->cycle->old_cycle->shared_memory.part;
    zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return;
            }

            part = part->next;
            zone = part->elts;
            i = 0;
        }

        if (zone[i].shm.name.len == name->len
            && ngx_strncmp(zone[i].shm.name.data, name->data, name->len) == 0
            && zone[i].shm.size != size)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "zone \"%V\" changes its size from %uz to %uz: "
                               "its transactions will be lost",
                               name, zone[i].shm.size, size);
            return;
        }
    }
}


char *
ngx_http_idv_service_store_files(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_idv_service_main_conf_t  *smcf = conf;

    char                *rv;
    ngx_str_t           *value;
    ngx_uint_t           i;
    idv_svc_keep_t      *keep;
    ngx_pool_cleanup_t  *cln;

    if (smcf->store->keep) {
        return "is duplicate";
    }

    value = cf->args->elts;

    keep = ngx_pcalloc(cf->pool, sizeof(idv_svc_keep_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (keep == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    keep->keys = ngx_pcalloc(cf->pool,
                             (cf->args->nelts - 2) * sizeof(idv_key_t));
    if (keep->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_idv_service_forget;
    cln->data = keep;

    if (ngx_conf_full_name(cf->cycle, &value[1], 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (value[1].len > 1 && value[1].data[value[1].len - 1] == '/') {
        value[1].data[--value[1].len] = '\0';
    }

    if (value[1].len > NGX_MAX_PATH / 2) {
        return "has a path that is too long";
    }

    if (ngx_http_idv_service_join(cf, &keep->transactions, &value[1],
                                  "transactions") != NGX_OK
        || ngx_http_idv_service_join(cf, &keep->users, &value[1], "users")
           != NGX_OK
        || ngx_http_idv_service_join(cf, &keep->policies, &value[1],
                                     "policies") != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* nginx makes them in this order, for the user of its workers */

    rv = ngx_http_idv_service_path(cf, &value[1]);

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_idv_service_path(cf, &keep->transactions);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_idv_service_path(cf, &keep->users);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_idv_service_path(cf, &keep->policies);
    }

    for (i = 2; i < cf->args->nelts && rv == NGX_CONF_OK; i++) {
        rv = ngx_http_idv_service_key(cf, &value[i],
                                      &keep->keys[keep->nkeys++]);
    }

    smcf->store->keep = keep;

    return rv;
}


static ngx_int_t
ngx_http_idv_service_join(ngx_conf_t *cf, ngx_str_t *path,
    const ngx_str_t *dir, const char *name)
{
    path->len = dir->len + 1 + ngx_strlen(name);

    path->data = ngx_pnalloc(cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(path->data, "%V/%s%Z", dir, name);

    return NGX_OK;
}


static char *
ngx_http_idv_service_path(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_path_t       *path;
    ngx_file_info_t   fi;

    if (ngx_file_info(name->data, &fi) != NGX_FILE_ERROR
        && (!ngx_is_dir(&fi) || (fi.st_mode & (S_IRWXG|S_IRWXO))))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a directory of mode 0700", name);
        return NGX_CONF_ERROR;
    }

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = *name;
    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    return (ngx_add_path(cf, &path) == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_idv_service_key(ngx_conf_t *cf, ngx_str_t *file, idv_key_t *key)
{
    char       *rv;
    ngx_int_t   rc;
    ngx_str_t   secret;

    rv = ngx_http_idv_service_file(cf, file, IDV_KEY_FILE_LEN + 1, 1, &secret);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (secret.len != IDV_KEY_FILE_LEN) {
        ngx_explicit_memzero(secret.data, secret.len);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be of 32 bytes: make it with "
                           "\"openssl rand 32\"", file);
        return NGX_CONF_ERROR;
    }

    rc = idv_key_derive(key, secret.data);

    ngx_explicit_memzero(secret.data, secret.len);

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a key cannot be derived from \"%V\"", file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_idv_service_forget(void *data)
{
    idv_svc_keep_t  *keep = data;

    ngx_explicit_memzero(keep->keys, keep->nkeys * sizeof(idv_key_t));
}
