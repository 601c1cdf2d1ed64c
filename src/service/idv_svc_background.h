
/*
 * Copyright (C) nginx-idv authors
 */


#ifndef _IDV_SVC_BACKGROUND_H_INCLUDED_
#define _IDV_SVC_BACKGROUND_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* the route */
ngx_int_t idv_svc_background(idv_svc_call_t *call);


#endif /* _IDV_SVC_BACKGROUND_H_INCLUDED_ */
