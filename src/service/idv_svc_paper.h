
/*
 * Copyright (C) nginx-idv authors
 *
 * A document as the capture page gets it: what was typed in, and what its
 * machine-readable part says.
 */


#ifndef _IDV_SVC_PAPER_H_INCLUDED_
#define _IDV_SVC_PAPER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_page.h"


/*
 * Reads the form into what the rules look at, whose strings are in the pool,
 * and into the document's JSON.  NGX_ABORT if the form is to be shown again:
 * the page says why.
 */
ngx_int_t idv_svc_paper_read(idv_svc_page_t *page, idv_svc_paper_t *paper,
    ngx_uint_t photo, ngx_str_t *json);


#endif /* _IDV_SVC_PAPER_H_INCLUDED_ */
