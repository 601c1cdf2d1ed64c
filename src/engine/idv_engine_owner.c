
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_engine.h"
#include "../util/idv_crypto.h"


ngx_int_t
idv_engine_owner(const idv_flow_t *flow, u_char owner[16])
{
    u_char     hash[IDV_HASH_LEN];
    ngx_str_t  user;

    if (!flow->found) {
        ngx_memcpy(owner, flow->subject, 16);
        return NGX_OK;
    }

    user.data = (u_char *) flow->user;
    user.len = ngx_strlen(flow->user);

    if (idv_hash(hash, &user, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(owner, hash, 16);

    return NGX_OK;
}
