
/*
 * Copyright (C) nginx-idv authors
 *
 * What a checker of the operator's answers: foreign bytes, of which a word for
 * each check is taken, and numbers that belong to its metadata.
 */


#ifndef _IDV_SVC_VERDICT_H_INCLUDED_
#define _IDV_SVC_VERDICT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "idv_svc_check.h"


/*
 * A result for each of the checks that were asked for, bits, and answered; what
 * is not understood is left to a person.  The data of the results is owned by
 * the caller.  NGX_DECLINED if it is no such answer at all.
 */
ngx_int_t idv_svc_verdict(json_t *answer, uint32_t asked,
    idv_svc_result_t results[IDV_SVC_NCHECKS]);


#endif /* _IDV_SVC_VERDICT_H_INCLUDED_ */
