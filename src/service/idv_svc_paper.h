
/*
 * Copyright (C) nginx-idv authors
 *
 * A document as it was given: what was typed in, and what its machine-readable
 * part says.
 */


#ifndef _IDV_SVC_PAPER_H_INCLUDED_
#define _IDV_SVC_PAPER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_page.h"


/*
 * Reads the form into the transaction and its document's JSON.  elsewhere: what
 * is not in the form may be in something else.  NGX_ABORT if the form is to be
 * shown again: the page says why.
 */
ngx_int_t idv_svc_paper_read(idv_svc_page_t *page, ngx_uint_t elsewhere);

/* the same with the text of a barcode; NGX_ABORT if that is none */
ngx_int_t idv_svc_paper_code(idv_svc_call_t *call, idv_svc_view_t *view,
    const ngx_str_t *code);


#endif /* _IDV_SVC_PAPER_H_INCLUDED_ */
