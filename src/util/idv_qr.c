
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <qrencode.h>

#include "idv_qr.h"


#define IDV_QR_QUIET  4              /* modules around the symbol */

/* one dark run of a row: "M181 181h177v1h-177z" is the longest */

#define IDV_QR_RUN    sizeof("M181 181h177v1h-177z")


static char  idv_qr_head[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
    " shape-rendering=\"crispEdges\">"
    "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
    "<path fill=\"#000\" d=\"";

static char  idv_qr_tail[] = "\"/></svg>";


static ngx_uint_t idv_qr_runs(QRcode *code);
static u_char *idv_qr_path(u_char *p, QRcode *code);


ngx_int_t
idv_qr_svg(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *svg)
{
    int        side;
    size_t     size;
    u_char    *p;
    QRcode    *code;

    if (text->len == 0 || text->len > IDV_QR_MAX_TEXT) {
        return NGX_DECLINED;
    }

    code = QRcode_encodeData((int) text->len, text->data, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return NGX_ERROR;
    }

    side = code->width + 2 * IDV_QR_QUIET;

    size = sizeof(idv_qr_head) + 4 * NGX_INT32_LEN
           + idv_qr_runs(code) * IDV_QR_RUN + sizeof(idv_qr_tail);

    svg->data = ngx_pnalloc(pool, size);
    if (svg->data == NULL) {
        QRcode_free(code);
        return NGX_ERROR;
    }

    p = ngx_sprintf(svg->data, idv_qr_head, side, side, side, side);
    p = idv_qr_path(p, code);
    p = ngx_cpymem(p, idv_qr_tail, sizeof(idv_qr_tail) - 1);

    svg->len = p - svg->data;

    QRcode_free(code);

    return NGX_OK;
}


static ngx_uint_t
idv_qr_runs(QRcode *code)
{
    int         x, y;
    ngx_uint_t  n, dark, last;

    n = 0;

    for (y = 0; y < code->width; y++) {
        last = 0;

        for (x = 0; x < code->width; x++) {
            dark = code->data[y * code->width + x] & 1;
            n += (dark && !last);
            last = dark;
        }
    }

    return n;
}


static u_char *
idv_qr_path(u_char *p, QRcode *code)
{
    int             x, y, run;
    unsigned char  *row;

    for (y = 0; y < code->width; y++) {
        row = code->data + y * code->width;

        for (x = 0; x < code->width; x += run) {

            for (run = 1; x + run < code->width; run++) {
                if ((row[x + run] & 1) != (row[x] & 1)) {
                    break;
                }
            }

            if (row[x] & 1) {
                p = ngx_sprintf(p, "M%d %dh%dv1h-%dz", x + IDV_QR_QUIET,
                                y + IDV_QR_QUIET, run, run);
            }
        }
    }

    return p;
}
