
/*
 * Copyright (C) nginx-idv authors
 *
 * A provider for people whom no first factor knows: what they have in common
 * with others, and what not.
 */


#include "ngx_http_idv_conf.h"


/* each has a user of their own, who is made where one is needed */

void
ngx_http_idv_registration_init(ngx_http_idv_provider_conf_t *pc)
{
    if (!pc->p.registration) {
        return;
    }

    ngx_conf_init_uint_value(pc->on_user_not_found, IDV_PROVISION);

    if (pc->lookup == NGX_CONF_UNSET) {
        pc->lookup = 1;
        ngx_str_set(&pc->p.lookup, "username");
    }
}


/* directives for people who are known, or who come again */

static const char *
ngx_http_idv_registration_wrong(const ngx_http_idv_provider_conf_t *pc)
{
    ngx_uint_t  i;

    if (pc->on_user_not_found != IDV_PROVISION || pc->p.population.len == 0) {
        return "users are made: a \"population\" is needed, and no "
               "\"on_user_not_found\" but \"provision\"";
    }

    if (pc->on_unavailable == IDV_BYPASS || pc->on_failed == IDV_BYPASS
        || pc->on_user_disabled == IDV_BYPASS)
    {
        return "nobody is known who could be let through without being "
               "verified: no \"bypass\"";
    }

    if (pc->reuse) {
        return "there is nobody who could have been verified before: no "
               "\"reuse_verification\"";
    }

    for (i = 0; i < pc->p.nlimits; i++) {
        if (pc->p.limits[i].kind == IDV_LIMIT_SUBJECT
            || pc->p.limits[i].kind == IDV_LIMIT_LOCKOUT)
        {
            return "there is no subject to count for, and a browser is soon "
                   "another: \"transaction_limit\" needs per=address or "
                   "per=all, and there is no \"lockout\"";
        }
    }

    return NULL;
}


char *
ngx_http_idv_registration_check(ngx_conf_t *cf,
    ngx_http_idv_provider_conf_t *pc)
{
    const char  *why;

    if (!pc->p.registration) {
        return NGX_CONF_OK;
    }

    why = ngx_http_idv_registration_wrong(pc);

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "idv_provider \"%V\" has \"registration on\": %s",
                           &pc->p.name, why);
        return NGX_CONF_ERROR;
    }

    if (pc->p.nlimits == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "idv_provider \"%V\" has \"registration on\" and "
                           "no limit: anybody may spend any number of "
                           "transactions; give \"transaction_limit\" "
                           "per=address and per=all", &pc->p.name);
    }

    return NGX_CONF_OK;
}
