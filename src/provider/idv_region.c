
/*
 * Copyright (C) nginx-idv authors
 *
 * Where PingOne is, by region: developer.pingidentity.com/pingone-api,
 * "PingOne API domains".
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_provider.h"


typedef struct {
    ngx_str_t  region;
    ngx_str_t  api_url;
    ngx_str_t  auth_url;
} idv_region_t;


#define idv_region(name, domain)                                              \
    { ngx_string(name),                                                       \
      ngx_string("https://api.pingone." domain "/v1"),                        \
      ngx_string("https://auth.pingone." domain) }


static const idv_region_t  idv_regions[] = {
    idv_region("com",    "com"),
    idv_region("na",     "com"),
    idv_region("ca",     "ca"),
    idv_region("eu",     "eu"),
    idv_region("au",     "com.au"),
    idv_region("com.au", "com.au"),
    idv_region("sg",     "sg"),
    idv_region("asia",   "asia"),
    { ngx_null_string, ngx_null_string, ngx_null_string }
};


ngx_int_t
idv_provider_region(ngx_str_t *region, ngx_str_t *api_url, ngx_str_t *auth_url)
{
    const idv_region_t  *r;

    for (r = idv_regions; r->region.len; r++) {

        if (r->region.len == region->len
            && ngx_strncmp(r->region.data, region->data, region->len) == 0)
        {
            *api_url = r->api_url;
            *auth_url = r->auth_url;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}
