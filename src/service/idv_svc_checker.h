
/*
 * Copyright (C) nginx-idv authors
 *
 * The operator's checker: what no code here can judge is sent to it.
 */


#ifndef _IDV_SVC_CHECKER_H_INCLUDED_
#define _IDV_SVC_CHECKER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


/*
 * Asks about what is open in the view, which has its blobs and documents and is
 * saved.  Nobody waits: the transaction hears of the verdict when it comes, and
 * is left to a person if none comes.
 */
void idv_svc_checker_ask(idv_svc_call_t *call, idv_svc_view_t *view);

/* at the end of a worker, after that of its transfers */
void idv_svc_checker_exit(void);


#endif /* _IDV_SVC_CHECKER_H_INCLUDED_ */
