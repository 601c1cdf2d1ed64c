
/*
 * Copyright (C) nginx-idv authors
 *
 * Types of documents, by the names of the API.
 */


#ifndef _IDV_SVC_TYPE_H_INCLUDED_
#define _IDV_SVC_TYPE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_store.h"


#define IDV_SVC_MAX_CODE  8192       /* bytes of a text */


typedef enum {
    IDV_SVC_SIDE_NONE = 0,
    IDV_SVC_SIDE_FRONT,
    IDV_SVC_SIDE_BACK,
    IDV_SVC_SIDE_CODE
} idv_svc_side_e;


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   give;               /* what it is, or a part of */
    ngx_uint_t   kind;               /* index into idv_svc_documents + 1 */
    ngx_uint_t   side;
    ngx_uint_t   data;               /* idv_svc_data_e; IDV_SVC_NDATA: none */
    unsigned     text:1;             /* not base64 */
    unsigned     many:1;             /* more than one in an attempt */
} idv_svc_type_t;

extern const idv_svc_type_t  idv_svc_types[];        /* ends with no name */


/* the index of a type; NGX_DECLINED if there is none such */
ngx_int_t idv_svc_type_find(const ngx_str_t *name);

/* the photo of a side of a kind of document; NGX_DECLINED: it has none */
ngx_int_t idv_svc_type_side(ngx_uint_t kind, ngx_uint_t side);

/* the group whose attempt counts for the type */
ngx_uint_t idv_svc_type_group(ngx_uint_t type);

/* 1: the document belongs to the latest attempt */
ngx_uint_t idv_svc_type_latest(const idv_svc_tx_t *tx,
    const idv_svc_doc_t *doc);

/*
 * 1: an address from the capture page whose code was not typed in there, or a
 * client's whose check has come to its end without success
 */
ngx_uint_t idv_svc_type_unproved(const idv_svc_tx_t *tx,
    const idv_svc_doc_t *doc);

/* what has been given as a whole, in the latest attempts */
ngx_uint_t idv_svc_type_given(const idv_svc_view_t *view);

/* the kind of document that has been given; 0: none */
ngx_uint_t idv_svc_type_kind(const idv_svc_view_t *view);

/* the document of the latest attempt of that give and side; NULL: none */
const idv_svc_doc_t *idv_svc_type_doc(const idv_svc_view_t *view,
    ngx_uint_t give, ngx_uint_t side);


#endif /* _IDV_SVC_TYPE_H_INCLUDED_ */
