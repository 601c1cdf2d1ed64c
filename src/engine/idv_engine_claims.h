
/*
 * Copyright (C) nginx-idv authors
 *
 * From a provider's document to the claims of a flow.
 */


#ifndef _IDV_ENGINE_CLAIMS_H_INCLUDED_
#define _IDV_ENGINE_CLAIMS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../provider/idv_provider.h"


/*
 * Takes the claims that the provider block names out of the document, and
 * compares: every required check must be SUCCESS, every "match" claim must say
 * what expected (one string for each) says.  cause is IDV_CAUSE_NONE if all do;
 * text is then the claims as a JSON object, in the pool, of at most
 * IDV_STORE_MAX_CLAIMS bytes.  NGX_ERROR without memory.
 */
ngx_int_t idv_engine_claims(const idv_provider_t *provider, ngx_pool_t *pool,
    ngx_log_t *log, json_t *document, const ngx_str_t *expected,
    ngx_str_t *text, uint8_t *cause);


#endif /* _IDV_ENGINE_CLAIMS_H_INCLUDED_ */
