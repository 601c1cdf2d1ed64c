
/*
 * Copyright (C) nginx-idv authors
 *
 * Directives that bound what verifications may cost.
 */


#include "ngx_http_idv_conf.h"


#define NGX_HTTP_IDV_HOUR  ((ngx_int_t) 60 * 60 * 1000)


static const ngx_str_t  ngx_http_idv_limit_kinds[IDV_LIMIT_NKINDS] = {
    [IDV_LIMIT_SUBJECT] = ngx_string("per=subject"),
    [IDV_LIMIT_ADDRESS] = ngx_string("per=address"),
    [IDV_LIMIT_ALL] = ngx_string("per=all")
};


static ngx_int_t
ngx_http_idv_limit_time(ngx_str_t *value, ngx_msec_t *time)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 0);

    if (n == NGX_ERROR || n < 60 * 1000 || n > 30 * 24 * NGX_HTTP_IDV_HOUR) {
        return NGX_ERROR;
    }

    *time = n;

    return NGX_OK;
}


static char *
ngx_http_idv_limit_add(idv_provider_t *p, const idv_limit_t *limit)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < p->nlimits; i++) {

        if (p->limits[i].kind != limit->kind) {
            continue;
        }

        if (p->limits[i].period == limit->period) {
            return "is duplicate";
        }

        n++;
    }

    if (n == IDV_LIMIT_MAX_KIND) {
        return "is one too many: 4 of a kind hold at once";
    }

    p->limits[p->nlimits++] = *limit;

    return NGX_CONF_OK;
}


/* transaction_limit off | N [time] [per=KIND] */

char *
ngx_http_idv_transaction_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_int_t     n;
    ngx_str_t    *value;
    ngx_uint_t    i, k;
    idv_limit_t   limit;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (pc->limits_off) {
            return "is duplicate";
        }

        pc->limits_off = 1;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n < 1 || n > 1000000) {
        return "is written as \"off\" or \"N [time] [per=subject]\", N from "
               "1 to 1000000";
    }

    ngx_memzero(&limit, sizeof(idv_limit_t));

    limit.count = n;
    limit.period = NGX_HTTP_IDV_HOUR;

    for (i = 2; i < cf->args->nelts; i++) {

        for (k = 0; k < IDV_LIMIT_LOCKOUT; k++) {
            if (ngx_strcmp(value[i].data, ngx_http_idv_limit_kinds[k].data)
                == 0)
            {
                break;
            }
        }

        if (k < IDV_LIMIT_LOCKOUT && i == cf->args->nelts - 1) {
            limit.kind = k;
            continue;
        }

        if (i != 2
            || ngx_http_idv_limit_time(&value[i], &limit.period) != NGX_OK)
        {
            return "needs a time from 1m to 30d, and then per=subject, "
                   "per=address or per=all";
        }
    }

    return ngx_http_idv_limit_add(&pc->p, &limit);
}


/* reuse_verification off | time */

char *
ngx_http_idv_reuse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t  *value;

    if (pc->reuse != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        pc->reuse = 0;
        return NGX_CONF_OK;
    }

    pc->reuse = ngx_parse_time(&value[1], 1);

    if (pc->reuse < 60 || pc->reuse > 365 * 24 * 60 * 60) {
        return "is written as \"off\" or a time from 1m to 365d";
    }

    return NGX_CONF_OK;
}


/* lockout failures=N [within=T] [time=T] */

char *
ngx_http_idv_lockout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_int_t     n;
    ngx_str_t    *value, s;
    ngx_uint_t    i;
    idv_limit_t   limit;

    value = cf->args->elts;

    ngx_memzero(&limit, sizeof(idv_limit_t));

    limit.kind = IDV_LIMIT_LOCKOUT;
    limit.period = NGX_HTTP_IDV_HOUR;
    limit.lock = NGX_HTTP_IDV_HOUR;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "failures=", 9) == 0) {
            n = ngx_atoi(value[i].data + 9, value[i].len - 9);

            if (n == NGX_ERROR || n < 1 || n > 100) {
                return "needs failures from 1 to 100";
            }

            limit.count = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "within=", 7) == 0) {
            s.data = value[i].data + 7;
            s.len = value[i].len - 7;

            if (ngx_http_idv_limit_time(&s, &limit.period) != NGX_OK) {
                return "needs a time from 1m to 30d behind within=";
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "time=", 5) == 0) {
            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            if (ngx_http_idv_limit_time(&s, &limit.lock) != NGX_OK) {
                return "needs a time from 1m to 30d behind time=";
            }

            continue;
        }

        limit.count = 0;
        break;
    }

    if (limit.count == 0) {
        return "is written as \"failures=N [within=T] [time=T]\"";
    }

    return ngx_http_idv_limit_add(&pc->p, &limit);
}


/* how many transactions one subject may have in a time, at most */

static uint64_t
ngx_http_idv_limit_subject(const idv_provider_t *p, ngx_msec_t period)
{
    uint64_t            n, least;
    ngx_uint_t          i;
    const idv_limit_t  *limit;

    least = UINT64_MAX;

    for (i = 0; i < p->nlimits; i++) {
        limit = &p->limits[i];

        if (limit->kind == IDV_LIMIT_SUBJECT) {
            n = limit->count + (uint64_t) limit->count * period
                               / limit->period;
            least = ngx_min(least, n);
        }
    }

    return least;
}


void
ngx_http_idv_limits_init(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    ngx_uint_t       i;
    idv_limit_t      usual;
    idv_provider_t  *p;

    p = &pc->p;

    if (!pc->limits_off && !p->registration
        && ngx_http_idv_limit_subject(p, NGX_HTTP_IDV_HOUR) == UINT64_MAX)
    {
        ngx_memzero(&usual, sizeof(idv_limit_t));

        usual.count = 60;
        usual.period = NGX_HTTP_IDV_HOUR;

        (void) ngx_http_idv_limit_add(p, &usual);
    }

    for (i = 0; i < p->nlimits; i++) {

        if (p->limits[i].kind == IDV_LIMIT_ALL && !p->registration
            && ngx_http_idv_limit_subject(p, p->limits[i].period)
               >= p->limits[i].count)
        {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "idv_provider \"%V\": one subject can have all "
                               "of \"transaction_limit %ui ... per=all\": give "
                               "a smaller limit per=subject", &p->name,
                               p->limits[i].count);
        }
    }
}
