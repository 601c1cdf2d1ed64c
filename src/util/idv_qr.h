
/*
 * Copyright (C) nginx-idv authors
 *
 * QR codes as SVG (ISO/IEC 18004, error correction level M, quiet zone 4).
 */


#ifndef _IDV_QR_H_INCLUDED_
#define _IDV_QR_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_QR_MAX_TEXT  1024


/*
 * An SVG document of the code for at most IDV_QR_MAX_TEXT bytes, made in the
 * pool.  NGX_DECLINED if text is empty or too long, NGX_ERROR without memory.
 */
ngx_int_t idv_qr_svg(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *svg);


#endif /* _IDV_QR_H_INCLUDED_ */
