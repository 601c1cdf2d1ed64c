
/*
 * Copyright (C) nginx-idv authors
 *
 * Forms: application/x-www-form-urlencoded and multipart/form-data.
 */


#ifndef _IDV_SVC_FORM_H_INCLUDED_
#define _IDV_SVC_FORM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_SVC_MAX_FIELDS  24


typedef struct {
    ngx_str_t         name;
    ngx_str_t         value;
} idv_svc_field_t;

typedef struct {
    idv_svc_field_t   field[IDV_SVC_MAX_FIELDS];
    ngx_uint_t        n;
} idv_svc_form_t;


/*
 * Both point into the body, which is decoded in place.  NGX_DECLINED if it is
 * malformed, has too many fields, or one name twice.
 */
ngx_int_t idv_svc_form_parse(ngx_str_t *body, idv_svc_form_t *form);
ngx_int_t idv_svc_form_multipart(ngx_str_t *body, ngx_str_t *content_type,
    idv_svc_form_t *form);

/* the value of a field; empty if there is none */
ngx_str_t idv_svc_form_get(idv_svc_form_t *form, const char *name);

/* ... which is that from now on; NGX_ERROR: there are too many */
ngx_int_t idv_svc_form_set(idv_svc_form_t *form, const char *name,
    const ngx_str_t *value);

/* percent-decoding in place, "+" as a space; NGX_DECLINED if malformed */
ngx_int_t idv_svc_form_decode(ngx_str_t *text);


#endif /* _IDV_SVC_FORM_H_INCLUDED_ */
