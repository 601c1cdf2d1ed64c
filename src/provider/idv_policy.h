
/*
 * Copyright (C) nginx-idv authors
 *
 * What verify policies have a use for, as this worker has read them lately.
 */


#ifndef _IDV_POLICY_H_INCLUDED_
#define _IDV_POLICY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_provider.h"


/*
 * Bits of the inputs that a policy uses, which is the provider's default one
 * where it is zero.  NGX_DECLINED: it has to be read.
 */
ngx_int_t idv_policy_uses(const idv_provider_t *provider,
    const u_char policy[16], uint32_t *uses);

void idv_policy_learn(const idv_provider_t *provider, const u_char policy[16],
    uint32_t uses);


#endif /* _IDV_POLICY_H_INCLUDED_ */
