
/*
 * Copyright (C) nginx-idv authors
 *
 * Is this a photo?  The structure of JPEG (ISO/IEC 10918-1) and PNG
 * (ISO/IEC 15948) files is walked; pixels are not decoded.
 */


#ifndef _IDV_SVC_IMAGE_H_INCLUDED_
#define _IDV_SVC_IMAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_SVC_IMAGE_SIDE  32768    /* pixels, at most */


typedef enum {
    IDV_SVC_IMAGE_NONE = 0,
    IDV_SVC_IMAGE_JPEG,
    IDV_SVC_IMAGE_PNG
} idv_svc_image_e;


idv_svc_image_e idv_svc_image(const u_char *data, size_t len);


#endif /* _IDV_SVC_IMAGE_H_INCLUDED_ */
