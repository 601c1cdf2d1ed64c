
/*
 * Copyright (C) nginx-idv authors
 *
 * The form of the table of a policy's members; only for the model's own files.
 */


#ifndef _IDV_SVC_MODEL_TABLE_H_INCLUDED_
#define _IDV_SVC_MODEL_TABLE_H_INCLUDED_


#include "idv_svc_model.h"


#define IDV_SVC_INSPECTIONS  "AUTOMATIC MANUAL STEP_UP"


typedef enum {
    IDV_SVC_M_OBJECT = 0,
    IDV_SVC_M_BOOLEAN,
    IDV_SVC_M_INTEGER,
    IDV_SVC_M_DURATION,              /* an integer; its range is in seconds */
    IDV_SVC_M_TEXT,                  /* its range is in characters */
    IDV_SVC_M_WORD,
    IDV_SVC_M_ANSWERED               /* by the service only */
} idv_svc_model_type_e;


/* where a member that is left out is filled in, "ALWAYS" is for objects */

typedef enum {
    IDV_SVC_M_MAY = 0,
    IDV_SVC_M_MUST,                  /* wherever the client gives its parent */
    IDV_SVC_M_ALWAYS
} idv_svc_model_need_e;


typedef struct {
    const char            *path;
    idv_svc_model_type_e   type;
    idv_svc_model_need_e   need;
    ngx_uint_t             min;
    ngx_uint_t             max;
    const char            *words;    /* that are allowed */
    const char            *preset;   /* NULL: left out */
    size_t                 field;    /* of idv_svc_policy_t, plus 1 */
} idv_svc_model_row_t;


extern const idv_svc_model_row_t  idv_svc_model[];      /* ends with no path */


#endif /* _IDV_SVC_MODEL_TABLE_H_INCLUDED_ */
