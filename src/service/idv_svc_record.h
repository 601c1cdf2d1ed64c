
/*
 * Copyright (C) nginx-idv authors
 *
 * The text of what is kept in a file: a transaction with its blobs and
 * documents, the policies of an environment, or what a user has.  Values in,
 * values out.
 */


#ifndef _IDV_SVC_RECORD_H_INCLUDED_
#define _IDV_SVC_RECORD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_store.h"


/* JSON, in the pool; values that have files of their own are left out */
ngx_int_t idv_svc_record_write(ngx_pool_t *pool, const idv_svc_view_t *view,
    ngx_str_t *text);

/*
 * The other way round.  NGX_DECLINED if it is none, or has a number that no
 * transaction of ours can have: names in tables are found by them.
 */
ngx_int_t idv_svc_record_read(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_view_t *view);

ngx_int_t idv_svc_record_write_policies(ngx_pool_t *pool,
    const idv_svc_stored_t *policy, ngx_uint_t n, ngx_str_t *text);

/* up to IDV_SVC_MAX_POLICIES, one of them the default one */
ngx_int_t idv_svc_record_read_policies(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_stored_t *policy, ngx_uint_t *n);

ngx_int_t idv_svc_record_write_user(ngx_pool_t *pool,
    const idv_svc_own_view_t *view, ngx_str_t *text);
ngx_int_t idv_svc_record_read_user(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_own_view_t *view);


#endif /* _IDV_SVC_RECORD_H_INCLUDED_ */
