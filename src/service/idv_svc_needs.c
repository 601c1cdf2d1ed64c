
/*
 * Copyright (C) nginx-idv authors
 *
 * What the checks of a transaction still need, and what they were about.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_check.h"


ngx_uint_t
idv_svc_tx_asked(const idv_svc_tx_t *tx, idv_svc_level_e level)
{
    ngx_uint_t  i, asked;

    asked = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->level[i] >= (uint8_t) level) {
            asked |= idv_svc_checks[i].needs;
        }
    }

    return asked;
}


ngx_uint_t
idv_svc_tx_settled(const idv_svc_tx_t *tx, ngx_uint_t give)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_enabled(tx->level[i]) && (idv_svc_checks[i].needs & give)
            && !idv_svc_tx_open(tx, i))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
idv_svc_tx_wanted(const idv_svc_tx_t *tx, idv_svc_level_e level)
{
    ngx_uint_t  i, wanted;

    wanted = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (tx->level[i] >= (uint8_t) level && idv_svc_tx_open(tx, i)) {
            wanted |= idv_svc_checks[i].needs;
        }
    }

    return wanted & ~tx->given & ~tx->skipped & ~idv_svc_tx_relied(tx);
}


ngx_uint_t
idv_svc_tx_open(const idv_svc_tx_t *tx, ngx_uint_t check)
{
    return idv_svc_enabled(tx->level[check])
           && tx->checks[check] < IDV_TX_SUCCESS;
}


ngx_uint_t
idv_svc_tx_ready(const idv_svc_tx_t *tx, ngx_uint_t check)
{
    uint32_t  needs;

    needs = idv_svc_checks[check].needs;

    return idv_svc_tx_open(tx, check)
           && tx->found[check] == IDV_SVC_FOUND_NOTHING
           && (tx->given & needs) == needs;
}


ngx_uint_t
idv_svc_tx_relied(const idv_svc_tx_t *tx)
{
    ngx_uint_t  i, relied;

    relied = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_enabled(tx->level[i]) && tx->checks[i] == IDV_TX_SUCCESS) {
            relied |= idv_svc_checks[i].needs;
        }
    }

    return relied;
}


ngx_uint_t
idv_svc_tx_fruitless(const idv_svc_tx_t *tx, uint32_t checks)
{
    ngx_uint_t  i, made;

    made = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {

        if (!(checks & IDV_SVC_CHECK(i)) || !idv_svc_enabled(tx->level[i])) {
            continue;
        }

        if (tx->checks[i] == IDV_TX_SUCCESS) {
            return 0;
        }

        made = 1;
    }

    return made && tx->status == IDV_TX_SUCCESS;
}
