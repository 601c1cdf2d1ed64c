
/*
 * Copyright (C) nginx-idv authors
 *
 * The QR code of a flow: page and flow API show the same picture.
 */


#include "ngx_http_idv_web.h"
#include "../util/idv_qr.h"


ngx_int_t
ngx_http_idv_send_qr(ngx_http_request_t *r, const idv_flow_t *flow)
{
    ngx_str_t  url, svg;

    static ngx_str_t  policy = ngx_string("default-src 'none'");

    if (flow->state != IDV_STATE_REQUIRED) {
        return ngx_http_idv_send_error(r, NGX_HTTP_IDV_NOT_FOUND, -1);
    }

    url.data = (u_char *) flow->url;
    url.len = ngx_strlen(flow->url);

    /* a picture that is opened by itself is a document, which may do nothing */

    if (idv_qr_svg(r->pool, &url, &svg) != NGX_OK
        || ngx_http_idv_no_store(r) != NGX_OK
        || ngx_http_idv_header(r, "Content-Security-Policy", &policy)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, NGX_HTTP_OK, "image/svg+xml", &svg);
}
