
/*
 * Copyright (C) nginx-idv authors
 *
 * Addresses that a message can be sent to.  What passes here is fit for a
 * header, an SMTP command and JSON alike: nothing in it ends or quotes any.
 */


#ifndef _IDV_SVC_ADDRESS_H_INCLUDED_
#define _IDV_SVC_ADDRESS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_rules.h"


#define IDV_SVC_MAX_ADDRESS  254     /* bytes */


/*
 * As messages are sent to it, in the pool: a phone becomes "+" and digits.
 * NGX_DECLINED if it is none, NGX_ERROR without memory.
 */
ngx_int_t idv_svc_address(ngx_pool_t *pool, idv_svc_channel_e channel,
    const ngx_str_t *text, ngx_str_t *address);

ngx_uint_t idv_svc_address_valid(idv_svc_channel_e channel,
    const ngx_str_t *text);

/* of what idv_svc_address() made: enough of it to know it again */
ngx_int_t idv_svc_address_mask(ngx_pool_t *pool, idv_svc_channel_e channel,
    const ngx_str_t *address, ngx_str_t *masked);


#endif /* _IDV_SVC_ADDRESS_H_INCLUDED_ */
