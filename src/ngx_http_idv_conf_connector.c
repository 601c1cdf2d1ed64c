
/*
 * Copyright (C) nginx-idv authors
 *
 * The connector of a location: its place, its bounds, who may call it.
 */


#include "ngx_http_idv_conf.h"
#include "model/idv_connector.h"
#include "web/ngx_http_idv_web.h"


#define NGX_HTTP_IDV_MAX_CALLERS  256
#define NGX_HTTP_IDV_CALLERS_LEN  (256 * 1024)   /* bytes of the file */


static char *ngx_http_idv_connector_complete(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);
static char *ngx_http_idv_connector_callers(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);
static char *ngx_http_idv_callers_read(ngx_conf_t *cf,
    ngx_http_idv_connector_conf_t *cc, u_char *p, u_char *last);
static const char *ngx_http_idv_caller_line(
    ngx_http_idv_connector_conf_t *cc, u_char *p, u_char *last);
static ngx_str_t ngx_http_idv_caller_word(u_char **pos, u_char *last);
static ngx_int_t ngx_http_idv_caller_hash(ngx_str_t *text, u_char *hash);
static ngx_int_t ngx_http_idv_caller_capabilities(ngx_str_t *text,
    uint32_t *capabilities);


char *
ngx_http_idv_connector_merge(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_idv_connector_conf_t  *cc;

    cc = &conf->connector;

    if (cc->name.len == 0) {
        return NGX_CONF_OK;
    }

    /* within an "if" it is that of its location, and complete */

    if (cc->provider == NULL
        && ngx_http_idv_connector_complete(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* bodies stay in memory, and what frames their chunks with them */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    clcf->client_max_body_size = cc->max_body;
    clcf->client_body_buffer_size = 2 * cc->max_body;
    clcf->error_pages = NULL;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_connector_complete(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    ngx_uint_t                      plain;
    ngx_http_idv_connector_conf_t  *cc;

    cc = &conf->connector;

    ngx_conf_init_size_value(cc->max_body, 16 * 1024 * 1024);
    ngx_conf_init_size_value(cc->max_answer, 16 * 1024 * 1024);
    ngx_conf_init_msec_value(cc->timeout, 60000);

    if (ngx_http_idv_conf_named(cf, conf, "idv_connector", &cc->name,
                                &cc->provider)
        != NGX_CONF_OK
        || ngx_http_idv_conf_prefix(cf, conf, "idv_connector", &cc->path)
           != NGX_CONF_OK
        || ngx_http_idv_connector_callers(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cc->next.len
        && (ngx_http_idv_conf_url(&cc->next, &plain) != NGX_OK || plain))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "idv_connector_continue needs an https URL without a "
                      "query that ends in no slash, in %s:%ui",
                      conf->place_file, conf->place_line);
        return NGX_CONF_ERROR;
    }

    /* connections of its own: none of the flows waits for an application */

    cc->net = cc->provider->net;
    cc->net.timeout = cc->timeout;
    cc->net.max_body = cc->max_answer;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_connector_callers(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    char                           *rv;
    u_char                         *buf;
    ssize_t                         n;
    ngx_fd_t                        fd;
    ngx_file_info_t                 fi;
    ngx_http_idv_connector_conf_t  *cc;

    cc = &conf->connector;

    if (cc->callers_file.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "idv_connector needs idv_connector_callers, the file of "
                      "those who may call, in %s:%ui",
                      conf->place_file, conf->place_line);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &cc->callers_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cc->callers = ngx_array_create(cf->pool, 8, sizeof(ngx_http_idv_caller_t));
    buf = ngx_palloc(cf->temp_pool, NGX_HTTP_IDV_CALLERS_LEN + 1);

    if (cc->callers == NULL || buf == NULL) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(cc->callers_file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN,
                       0);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "idv_connector_callers: \"%V\" cannot be opened",
                      &cc->callers_file);
        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_ERROR;
    n = -1;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
        && (ngx_file_access(&fi) & 022))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "idv_connector_callers: others may write \"%V\": "
                      "chmod 600 it", &cc->callers_file);

    } else {
        n = read(fd, buf, NGX_HTTP_IDV_CALLERS_LEN + 1);

        if (n < 0 || n > NGX_HTTP_IDV_CALLERS_LEN) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, n < 0 ? ngx_errno : 0,
                          "idv_connector_callers: \"%V\" cannot be read, or "
                          "has more than 256k", &cc->callers_file);

        } else {
            rv = ngx_http_idv_callers_read(cf, cc, buf, buf + n);
        }
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &cc->callers_file);
    }

    return rv;
}


static char *
ngx_http_idv_callers_read(ngx_conf_t *cf, ngx_http_idv_connector_conf_t *cc,
    u_char *p, u_char *last)
{
    u_char      *end;
    ngx_uint_t   line;
    const char  *wrong;

    for (line = 1; p < last; line++) {

        end = ngx_strlchr(p, last, LF);
        if (end == NULL) {
            end = last;
        }

        wrong = ngx_http_idv_caller_line(cc, p, end);

        if (wrong) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "idv_connector_callers: %s, in %V:%ui", wrong,
                          &cc->callers_file, line);
            return NGX_CONF_ERROR;
        }

        p = end + 1;
    }

    if (cc->callers->nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "idv_connector_callers: nobody stands in \"%V\"",
                      &cc->callers_file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* name key|certificate hash capability[,capability...]|* */

static const char *
ngx_http_idv_caller_line(ngx_http_idv_connector_conf_t *cc, u_char *p,
    u_char *last)
{
    ngx_str_t               name, kind, hash, list, more;
    ngx_uint_t              i;
    ngx_http_idv_caller_t  *caller;

    name = ngx_http_idv_caller_word(&p, last);

    if (name.len == 0 || name.data[0] == '#') {
        return NULL;
    }

    kind = ngx_http_idv_caller_word(&p, last);
    hash = ngx_http_idv_caller_word(&p, last);
    list = ngx_http_idv_caller_word(&p, last);
    more = ngx_http_idv_caller_word(&p, last);

    if (list.len == 0 || more.len) {
        return "a line has four words: name, key or certificate, SHA-256, "
               "capabilities";
    }

    if (ngx_http_idv_name(&name, 64) != NGX_OK) {
        return "a name has letters, digits, \"_\" and \"-\"";
    }

    if (cc->callers->nelts == NGX_HTTP_IDV_MAX_CALLERS) {
        return "there are more than 256 callers";
    }

    caller = ngx_array_push(cc->callers);
    if (caller == NULL) {
        return "no memory";
    }

    ngx_memzero(caller, sizeof(ngx_http_idv_caller_t));

    caller->name.data = ngx_pstrdup(cc->callers->pool, &name);
    if (caller->name.data == NULL) {
        return "no memory";
    }

    caller->name.len = name.len;

    if (kind.len == sizeof("certificate") - 1
        && ngx_strncmp(kind.data, "certificate", kind.len) == 0)
    {
        caller->certificate = 1;

    } else if (kind.len != sizeof("key") - 1
               || ngx_strncmp(kind.data, "key", kind.len) != 0)
    {
        return "the second word is neither \"key\" nor \"certificate\"";
    }

    if (ngx_http_idv_caller_hash(&hash, caller->hash) != NGX_OK) {
        return "a SHA-256 has 64 hexadecimal digits";
    }

    if (ngx_http_idv_caller_capabilities(&list, &caller->capabilities)
        != NGX_OK)
    {
        return "there is no such capability";
    }

    for (i = 0; i + 1 < cc->callers->nelts; i++) {
        if (ngx_memcmp(((ngx_http_idv_caller_t *) cc->callers->elts)[i].hash,
                       caller->hash, IDV_HASH_LEN)
            == 0)
        {
            return "that key or certificate is there already";
        }
    }

    return NULL;
}


static ngx_str_t
ngx_http_idv_caller_word(u_char **pos, u_char *last)
{
    u_char     *p;
    ngx_str_t   word;

    p = *pos;

    while (p < last && (*p == ' ' || *p == '\t' || *p == CR)) {
        p++;
    }

    word.data = p;

    while (p < last && *p != ' ' && *p != '\t' && *p != CR) {
        p++;
    }

    word.len = p - word.data;
    *pos = p;

    return word;
}


/* also with colons between the bytes, as openssl prints fingerprints */

static ngx_int_t
ngx_http_idv_caller_hash(ngx_str_t *text, u_char *hash)
{
    u_char     *p;
    size_t      i;
    ngx_int_t   n;
    ngx_uint_t  colons;

    colons = (text->len == 3 * IDV_HASH_LEN - 1);

    if (!colons && text->len != 2 * IDV_HASH_LEN) {
        return NGX_ERROR;
    }

    p = text->data;

    for (i = 0; i < IDV_HASH_LEN; i++) {
        n = ngx_hextoi(p, 2);

        if (n == NGX_ERROR || (colons && i && p[-1] != ':')) {
            return NGX_ERROR;
        }

        hash[i] = (u_char) n;
        p += 2 + colons;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_caller_capabilities(ngx_str_t *text, uint32_t *capabilities)
{
    u_char                 *p, *last, *end;
    const idv_connector_t  *found;

    if (text->len == 1 && text->data[0] == '*') {
        *capabilities = 0xffffffff;
        return NGX_OK;
    }

    last = text->data + text->len;

    for (p = text->data; p <= last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        found = idv_connector_find((char *) p, end - p);

        if (found == NULL) {
            return NGX_ERROR;
        }

        *capabilities |= (uint32_t) 1 << (found - idv_connector_capabilities);
    }

    return NGX_OK;
}
