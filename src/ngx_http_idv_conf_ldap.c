
/*
 * Copyright (C) nginx-idv authors
 *
 * The directives of an idv_ldap block, and where it is used.
 */


#include "ngx_http_idv_conf_ldap.h"
#include "web/ngx_http_idv_web.h"


#define NGX_HTTP_IDV_LDAP_VARIABLE  "idv_ldap_"


static char *ngx_http_idv_ldap_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_idv_ldap_list(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_idv_ldap_on_error(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_idv_ldap_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_conf_enum_t  ngx_http_idv_ldap_scopes[] = {
    { ngx_string("base"), IDV_LDAP_SCOPE_BASE },
    { ngx_string("one"), IDV_LDAP_SCOPE_ONE },
    { ngx_string("sub"), IDV_LDAP_SCOPE_SUB },
    { ngx_null_string, 0 }
};


/* what may come of a lookup but one entry */

static const struct {
    ngx_str_t           name;
    idv_ldap_result_e   result;
} ngx_http_idv_ldap_causes[] = {
    { ngx_string("not_found"), IDV_LDAP_NOT_FOUND },
    { ngx_string("ambiguous"), IDV_LDAP_AMBIGUOUS },
    { ngx_string("timeout"), IDV_LDAP_TIMEOUT },
    { ngx_string("unavailable"), IDV_LDAP_UNAVAILABLE },
    { ngx_string("refused"), IDV_LDAP_REFUSED },
    { ngx_null_string, IDV_LDAP_PENDING }
};


/* what stands in the block */

static ngx_command_t  ngx_http_idv_ldap_commands[] = {

    { ngx_string("url"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_1MORE,
      ngx_http_idv_ldap_list,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, urls),
      NULL },

    { ngx_string("base"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.base),
      NULL },

    { ngx_string("scope"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, scope),
      ngx_http_idv_ldap_scopes },

    { ngx_string("filter"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, filter),
      NULL },

    { ngx_string("attributes"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_1MORE,
      ngx_http_idv_ldap_list,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, attributes),
      NULL },

    { ngx_string("bind_dn"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.bind_dn),
      NULL },

    { ngx_string("bind_password_file"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, password_file),
      NULL },

    { ngx_string("starttls"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.starttls),
      NULL },

    { ngx_string("trusted_certificate"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.trusted_certificate),
      NULL },

    { ngx_string("connect_timeout"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.connect_timeout),
      NULL },

    { ngx_string("timeout"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.timeout),
      NULL },

    { ngx_string("idle_timeout"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.idle_timeout),
      NULL },

    { ngx_string("fail_timeout"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.fail_timeout),
      NULL },

    { ngx_string("max_entry"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      0,
      offsetof(ngx_http_idv_ldap_conf_t, d.ldap.max_entry),
      NULL },

    { ngx_string("cache"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_1MORE,
      ngx_http_idv_ldap_cache,
      0,
      0,
      NULL },

    { ngx_string("on_error"),
      NGX_HTTP_IDV_LDAP_CONF|NGX_CONF_2MORE,
      ngx_http_idv_ldap_on_error,
      0,
      0,
      NULL },

      ngx_null_command
};


static const idv_directory_t *
ngx_http_idv_find_directory(const ngx_http_idv_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t         i;
    idv_directory_t  **directory;

    directory = mcf->directories.elts;

    for (i = 0; i < mcf->directories.nelts; i++) {
        if (directory[i]->name.len == name->len
            && ngx_memcmp(directory[i]->name.data, name->data, name->len) == 0)
        {
            return directory[i];
        }
    }

    return NULL;
}


char *
ngx_http_idv_ldap_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_main_conf_t *mcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_conf_t                 save;
    idv_ldap_conf_t           *ldap;
    idv_directory_t          **directory;
    ngx_http_idv_ldap_conf_t  *lc;

    value = cf->args->elts;

    if (ngx_http_idv_name(&value[1], 32) != NGX_OK) {
        return "needs a name of at most 32 letters, digits, \"_\" and \"-\"";
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "cannot be named \"off\": that is no directory";
    }

    if (ngx_http_idv_find_directory(mcf, &value[1])) {
        return "is duplicate: there is a directory of that name";
    }

    if (mcf->directories.nelts >= IDV_DIRECTORY_MAX) {
        return "is one too many: 64 are the most";
    }

    lc = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_ldap_conf_t));
    if (lc == NULL) {
        return NGX_CONF_ERROR;
    }

    lc->d.name = value[1];
    lc->d.file = cf->conf_file->file.name.data;
    lc->d.line = cf->conf_file->line;

    ldap = &lc->d.ldap;

    ldap->name = value[1];
    ldap->number = mcf->directories.nelts;
    ldap->starttls = NGX_CONF_UNSET;
    ldap->connect_timeout = NGX_CONF_UNSET_MSEC;
    ldap->timeout = NGX_CONF_UNSET_MSEC;
    ldap->idle_timeout = NGX_CONF_UNSET_MSEC;
    ldap->fail_timeout = NGX_CONF_UNSET_MSEC;
    ldap->max_entry = NGX_CONF_UNSET_SIZE;
    lc->scope = NGX_CONF_UNSET_UINT;
    lc->d.keep = NGX_CONF_UNSET_MSEC;
    lc->cache_size = 4 * 1024 * 1024;
    lc->cache_entry = 1024;

    save = *cf;
    cf->handler = ngx_http_idv_ldap_line;
    cf->handler_conf = (void *) lc;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_ldap_check(cf, lc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    directory = ngx_array_push(&mcf->directories);
    if (directory == NULL) {
        return NGX_CONF_ERROR;
    }

    *directory = &lc->d;

    return NGX_CONF_OK;
}


/* names such as "timeout" are those of other blocks, too: a table of its own */

static char *
ngx_http_idv_ldap_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    char           *rv;
    ngx_str_t      *value;
    ngx_uint_t      least;
    ngx_command_t  *cmd;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = ngx_http_idv_ldap_commands; cmd->name.len; cmd++) {
        if (ngx_strcmp(cmd->name.data, value[0].data) == 0) {
            break;
        }
    }

    if (cmd->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in idv_ldap", &value[0]);
        return NGX_CONF_ERROR;
    }

    least = cmd->type & NGX_CONF_2MORE ? 3 : 2;

    if (cf->args->nelts < least
        || ((cmd->type & NGX_CONF_TAKE1) && cf->args->nelts > least))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, conf);

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                           &value[0], rv);
        rv = NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_idv_ldap_list(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_array_t **list;

    list = (ngx_array_t **) (p + cmd->offset);

    return *list ? "is duplicate" : ngx_http_idv_words(cf, list);
}


/* on_error cause ... empty | block */

static char *
ngx_http_idv_ldap_on_error(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_ldap_conf_t *lc = conf;

    ngx_str_t   *value, *last;
    ngx_uint_t   i, k, bit, block;

    value = cf->args->elts;
    last = &value[cf->args->nelts - 1];

    if (ngx_strcmp(last->data, "block") == 0) {
        block = 1;

    } else if (ngx_strcmp(last->data, "empty") == 0) {
        block = 0;

    } else {
        return "ends with \"empty\" or \"block\"";
    }

    for (i = 1; i < cf->args->nelts - 1; i++) {

        for (k = 0; ngx_http_idv_ldap_causes[k].name.len; k++) {
            if (ngx_strcmp(ngx_http_idv_ldap_causes[k].name.data,
                           value[i].data)
                == 0)
            {
                break;
            }
        }

        if (ngx_http_idv_ldap_causes[k].name.len == 0) {
            return "knows the causes not_found, ambiguous, timeout, "
                   "unavailable and refused";
        }

        bit = 1 << ngx_http_idv_ldap_causes[k].result;

        if (lc->named & bit) {
            return "has a cause twice";
        }

        lc->named |= bit;
        lc->d.block |= block ? bit : 0;
    }

    return NGX_CONF_OK;
}


/* cache off | time [size=SIZE] [entry=SIZE] */

static char *
ngx_http_idv_ldap_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_ldap_conf_t *lc = conf;

    ssize_t      size;
    ngx_int_t    time;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    if (lc->d.keep != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lc->d.keep = 0;
        return NGX_CONF_OK;
    }

    time = ngx_parse_time(&value[1], 0);

    if (time == NGX_ERROR || time < 1000 || time > 24 * 60 * 60 * 1000) {
        return "needs \"off\", or a time from 1s to 1d";
    }

    lc->d.keep = time;

    for (i = 2; i < cf->args->nelts; i++) {
        s = value[i];

        if (ngx_strncmp(s.data, "size=", 5) == 0) {
            s.data += 5;
            s.len -= 5;
            size = ngx_parse_size(&s);

            if (size == NGX_ERROR || size < IDV_PEOPLE_MIN_SIZE) {
                return "needs a size of 64k at least";
            }

            lc->cache_size = size;
            continue;
        }

        if (ngx_strncmp(s.data, "entry=", 6) == 0) {
            s.data += 6;
            s.len -= 6;
            size = ngx_parse_size(&s);

            if (size == NGX_ERROR || size < IDV_PEOPLE_MIN_ENTRY
                || size > IDV_PEOPLE_MAX_ENTRY)
            {
                return "needs an entry of 128 bytes to 64k";
            }

            lc->cache_entry = size;
            continue;
        }

        return "is written as \"off\" or \"time size=SIZE entry=SIZE\"";
    }

    return NGX_CONF_OK;
}


/* auth_idv_ldap name | off [always] */

char *
ngx_http_idv_ldap_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    ngx_str_t                 *value;
    ngx_http_idv_main_conf_t  *mcf;

    if (lcf->directory != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "always") != 0) {
            return "is written as \"name [always]\" or \"off\"";
        }

        lcf->directory_always = 1;
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->directory = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    lcf->directory = ngx_http_idv_find_directory(mcf, &value[1]);

    if (lcf->directory == NULL) {
        return "names a directory that no idv_ldap block before it defines";
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_idv_ldap_asked(const ngx_http_idv_main_conf_t *mcf, u_char *name,
    size_t len)
{
    ngx_uint_t                  i, k;
    idv_directory_t           **directory;
    idv_directory_attribute_t  *attribute;

    directory = mcf->directories.elts;

    for (i = 0; i < mcf->directories.nelts; i++) {
        for (k = 0; k < directory[i]->ldap.nattributes; k++) {
            attribute = &directory[i]->attributes[k];

            if (attribute->variable.len == len
                && ngx_memcmp(attribute->variable.data, name, len) == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


ngx_int_t
ngx_http_idv_check_directories(ngx_conf_t *cf)
{
    size_t                      len;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_idv_main_conf_t   *mcf;
    ngx_http_core_main_conf_t  *cmcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);
    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    len = sizeof(NGX_HTTP_IDV_LDAP_VARIABLE) - 1;
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].name.len <= len
            || ngx_strncmp(v[i].name.data, NGX_HTTP_IDV_LDAP_VARIABLE, len)
               != 0
            || ngx_http_idv_ldap_asked(mcf, v[i].name.data + len,
                                       v[i].name.len - len))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "$%V is an attribute that no idv_ldap block asks for",
                      &v[i].name);
        return NGX_ERROR;
    }

    return NGX_OK;
}
