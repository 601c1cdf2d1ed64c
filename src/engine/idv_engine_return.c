
/*
 * Copyright (C) nginx-idv authors
 *
 * The code of the way back from the capture.  The provider gets it with each
 * transaction of a browser's own device, and a return without it changes
 * nothing.  It is not kept: it is made anew from what only this flow has, and
 * from how many transactions there were before.
 */


#include "idv_engine_job.h"
#include "../util/idv_crypto.h"


#define IDV_ENGINE_CODE      16
#define IDV_ENGINE_CODE_HEX  (2 * IDV_ENGINE_CODE)


static ngx_int_t
idv_engine_code(const idv_key_t *key, const idv_flow_t *flow,
    u_char transaction, u_char *code)
{
    u_char     mac[IDV_HASH_LEN];
    ngx_str_t  parts[4];

    ngx_str_set(&parts[0], "idv return");
    parts[1].data = (u_char *) flow->id;
    parts[1].len = IDV_FLOW_ID_LEN;
    parts[2].data = (u_char *) flow->binding;
    parts[2].len = sizeof(flow->binding);
    parts[3].data = &transaction;
    parts[3].len = 1;

    if (idv_mac(mac, key, parts, 4) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hex_dump(code, mac, IDV_ENGINE_CODE);

    return NGX_OK;
}


ngx_int_t
idv_engine_return(const idv_engine_job_t *job, ngx_str_t *url)
{
    u_char  *p;

    p = ngx_pnalloc(job->pool, job->redirect.len + sizeof("&code=") - 1
                               + IDV_ENGINE_CODE_HEX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;
    url->len = job->redirect.len + sizeof("&code=") - 1 + IDV_ENGINE_CODE_HEX;

    p = ngx_cpymem(p, job->redirect.data, job->redirect.len);
    p = ngx_cpymem(p, "&code=", sizeof("&code=") - 1);

    return idv_engine_code(&job->provider->keys[0], &job->flow,
                           (u_char) (job->flow.transactions + 1), p);
}


ngx_uint_t
idv_engine_asked_back(const idv_engine_op_t *op, const idv_flow_t *flow)
{
    u_char      code[IDV_ENGINE_CODE_HEX];
    ngx_uint_t  i;

    if (op->code.len != sizeof(code)) {
        return 0;
    }

    /* the provider may have it from before a reload that brought a new key */

    for (i = 0; i < op->provider->nkeys; i++) {

        if (idv_engine_code(&op->provider->keys[i], flow, flow->transactions,
                            code)
            == NGX_OK
            && idv_equal(code, op->code.data, sizeof(code)))
        {
            return 1;
        }
    }

    return 0;
}
