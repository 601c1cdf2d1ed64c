
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_policy.h"


#define IDV_POLICY_KEPT  32          /* policies */
#define IDV_POLICY_TIME  60000       /* ms: who changes one waits so long */


typedef struct {
    const idv_provider_t  *provider; /* NULL: not in use */
    u_char                 policy[16];
    uint32_t               uses;
    ngx_msec_t             read;     /* when */
} idv_policy_t;


/* of this worker, which has one configuration all its life */

static idv_policy_t  idv_policies[IDV_POLICY_KEPT];


static idv_policy_t *
idv_policy_find(const idv_provider_t *provider, const u_char policy[16])
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_POLICY_KEPT; i++) {
        if (idv_policies[i].provider == provider
            && ngx_memcmp(idv_policies[i].policy, policy, 16) == 0)
        {
            return &idv_policies[i];
        }
    }

    return NULL;
}


ngx_int_t
idv_policy_uses(const idv_provider_t *provider, const u_char policy[16],
    uint32_t *uses)
{
    idv_policy_t  *known;

    known = idv_policy_find(provider, policy);

    if (known == NULL || ngx_current_msec - known->read >= IDV_POLICY_TIME) {
        return NGX_DECLINED;
    }

    *uses = known->uses;

    return NGX_OK;
}


void
idv_policy_learn(const idv_provider_t *provider, const u_char policy[16],
    uint32_t uses)
{
    ngx_uint_t     i;
    idv_policy_t  *known;

    known = idv_policy_find(provider, policy);

    if (known == NULL) {
        known = &idv_policies[0];

        /* the one that was read first gives way, or one that never was */

        for (i = 1; i < IDV_POLICY_KEPT && known->provider; i++) {
            if (idv_policies[i].provider == NULL
                || ngx_current_msec - idv_policies[i].read
                   > ngx_current_msec - known->read)
            {
                known = &idv_policies[i];
            }
        }
    }

    known->provider = provider;
    ngx_memcpy(known->policy, policy, 16);
    known->uses = uses;
    known->read = ngx_current_msec;
}
