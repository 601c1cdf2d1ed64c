
/*
 * Copyright (C) nginx-idv authors
 *
 * Setters of the directives in an idv_provider block that nginx has none for.
 */


#include "ngx_http_idv_conf.h"


/* a number within the bounds of the post pointer */

char *
ngx_http_idv_uint_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_int_t               n;
    ngx_str_t              *value;
    ngx_uint_t             *field;
    ngx_conf_num_bounds_t  *bounds;

    field = (ngx_uint_t *) (p + cmd->offset);

    if (*field != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    bounds = cmd->post;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n < bounds->low || n > bounds->high) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a number from %i to %i",
                           &cmd->name, bounds->low, bounds->high);
        return NGX_CONF_ERROR;
    }

    *field = (ngx_uint_t) n;

    return NGX_CONF_OK;
}


/* the words of the directive, behind those that the list has already */

char *
ngx_http_idv_words(ngx_conf_t *cf, ngx_array_t **list)
{
    ngx_str_t   *value, *word;
    ngx_uint_t   n;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (*list == NULL) {
        *list = ngx_array_create(cf->pool, n, sizeof(ngx_str_t));
        if (*list == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    word = ngx_array_push_n(*list, n);
    if (word == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(word, &value[1], n * sizeof(ngx_str_t));

    return NGX_CONF_OK;
}


char *
ngx_http_idv_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    if (pc->key_files && pc->key_files->nelts >= 8) {
        return "is one too many: 8 keys are opened at most";
    }

    return ngx_http_idv_words(cf, &pc->key_files);
}


/* breaker off | failures=N [timeout=T] */

char *
ngx_http_idv_breaker(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    if (pc->p.breaker_failures != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        pc->p.breaker_failures = 0;
        return NGX_CONF_OK;
    }

    pc->p.breaker_failures = 5;
    pc->p.breaker_timeout = 10000;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "failures=", 9) == 0) {
            n = ngx_atoi(value[i].data + 9, value[i].len - 9);

            if (n == NGX_ERROR || n < 1 || n > 1000) {
                return "needs failures from 1 to 1000";
            }

            pc->p.breaker_failures = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            s.data = value[i].data + 8;
            s.len = value[i].len - 8;
            n = ngx_parse_time(&s, 0);

            if (n == NGX_ERROR || n < 100 || n > 600000) {
                return "needs a timeout from 100ms to 10m";
            }

            pc->p.breaker_timeout = n;
            continue;
        }

        return "is written as \"off\" or \"failures=N timeout=T\"";
    }

    return NGX_CONF_OK;
}


/* read_rate off | Nr/m [burst=N] */

char *
ngx_http_idv_read_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (pc->p.read_rate != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        pc->p.read_rate = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len < 4
        || ngx_strcmp(value[1].data + value[1].len - 3, "r/m") != 0)
    {
        return "is written as \"off\" or \"600r/m burst=60\"";
    }

    n = ngx_atoi(value[1].data, value[1].len - 3);

    if (n == NGX_ERROR || n < 1 || n > 1000000) {
        return "must be from 1r/m to 1000000r/m";
    }

    pc->p.read_rate = n;
    pc->p.read_burst = ngx_max(n / 10, 1);

    if (cf->args->nelts == 3) {

        if (ngx_strncmp(value[2].data, "burst=", 6) != 0) {
            return "is written as \"off\" or \"600r/m burst=60\"";
        }

        n = ngx_atoi(value[2].data + 6, value[2].len - 6);

        if (n == NGX_ERROR || n < 1 || n > 100000) {
            return "needs a burst from 1 to 100000";
        }

        pc->p.read_burst = n;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_idv_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t    *value;
    idv_claim_t  *claim;

    value = cf->args->elts;

    if (ngx_http_idv_name(&value[1], 64) != NGX_OK) {
        return "needs a name of at most 64 letters, digits, \"_\" and \"-\"";
    }

    if (value[2].len == 0 || value[2].data[0] != '/' || value[2].len > 256) {
        return "needs a JSON Pointer that begins with a slash";
    }

    if (pc->p.claims == NULL) {
        pc->p.claims = ngx_array_create(cf->pool, 4, sizeof(idv_claim_t));
        if (pc->p.claims == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (pc->p.claims->nelts >= 64) {
        return "is one too many: 64 are taken at most";
    }

    claim = ngx_array_push(pc->p.claims);
    if (claim == NULL) {
        return NGX_CONF_ERROR;
    }

    claim->name = value[1];
    claim->pointer = value[2];

    return NGX_CONF_OK;
}


char *
ngx_http_idv_match(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t                         *value;
    idv_match_t                       *match;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (ngx_http_idv_name(&value[1], 64) != NGX_OK || value[2].len == 0) {
        return "needs a claim's name and what it must say";
    }

    if (pc->p.matches == NULL) {
        pc->p.matches = ngx_array_create(cf->pool, 4, sizeof(idv_match_t));
        if (pc->p.matches == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (pc->p.matches->nelts >= 16) {
        return "is one too many: 16 are compared at most";
    }

    match = ngx_array_push(pc->p.matches);
    if (match == NULL) {
        return NGX_CONF_ERROR;
    }

    match->claim = value[1];
    match->value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (match->value == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = match->value;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


char *
ngx_http_idv_checks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pc->p.required_checks) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_idv_name(&value[i], 64) != NGX_OK) {
            return "needs names such as GOVERNMENT_ID or LIVENESS";
        }
    }

    return ngx_http_idv_words(cf, &pc->p.required_checks);
}


char *
ngx_http_idv_cors_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, plain;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        /* credentials are allowed to it, so it is named, never "*" */

        if (ngx_http_idv_conf_url(&value[i], &plain) != NGX_OK
            || ngx_strlchr(value[i].data + sizeof("https://") - 1,
                           value[i].data + value[i].len, '/'))
        {
            return "needs origins written as https://host[:port]";
        }
    }

    return ngx_http_idv_words(cf, &pc->p.origins);
}
