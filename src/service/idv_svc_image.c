
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_image.h"


#define IDV_SVC_JPEG_SOI  0xd8
#define IDV_SVC_JPEG_EOI  0xd9
#define IDV_SVC_JPEG_SOS  0xda

#define IDV_SVC_PNG_CHUNK 12         /* length, type and checksum */


static ngx_uint_t idv_svc_jpeg(const u_char *p, const u_char *last);
static ngx_uint_t idv_svc_jpeg_scan(const u_char *p, const u_char *last);
static ngx_uint_t idv_svc_jpeg_frame(u_char marker);
static ngx_uint_t idv_svc_png(const u_char *p, const u_char *last);
static ngx_uint_t idv_svc_side(size_t pixels);
static size_t idv_svc_uint16(const u_char *p);
static size_t idv_svc_uint32(const u_char *p);


static const u_char  idv_svc_png_head[] =
    { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };


idv_svc_image_e
idv_svc_image(const u_char *data, size_t len)
{
    const u_char  *last;

    if (len == 0) {
        return IDV_SVC_IMAGE_NONE;
    }

    last = data + len;

    if (len > 4 && data[0] == 0xff && data[1] == IDV_SVC_JPEG_SOI) {
        return idv_svc_jpeg(data + 2, last) ? IDV_SVC_IMAGE_JPEG
                                            : IDV_SVC_IMAGE_NONE;
    }

    if (len > sizeof(idv_svc_png_head)
        && ngx_memcmp(data, idv_svc_png_head, sizeof(idv_svc_png_head)) == 0)
    {
        return idv_svc_png(data + sizeof(idv_svc_png_head), last)
               ? IDV_SVC_IMAGE_PNG : IDV_SVC_IMAGE_NONE;
    }

    return IDV_SVC_IMAGE_NONE;
}


/* segments up to the first scan, with one frame header among them */

static ngx_uint_t
idv_svc_jpeg(const u_char *p, const u_char *last)
{
    size_t      size;
    u_char      marker;
    ngx_uint_t  frame;

    frame = 0;

    while (last - p >= 4) {

        if (*p++ != 0xff) {
            return 0;
        }

        marker = *p;

        if (marker == 0xff) {        /* fill byte */
            continue;
        }

        p++;

        if (last - p < 2) {
            return 0;
        }

        size = idv_svc_uint16(p);

        if (size < 2 || size > (size_t) (last - p)) {
            return 0;
        }

        if (idv_svc_jpeg_frame(marker)) {
            if (size < 8 || !idv_svc_side(idv_svc_uint16(p + 3))
                || !idv_svc_side(idv_svc_uint16(p + 5))
                || p[7] == 0 || size != (size_t) 8 + 3 * p[7])
            {
                return 0;
            }

            frame = 1;
        }

        if (marker == IDV_SVC_JPEG_SOS) {
            return frame && size > 6 && p[2] && size == (size_t) 6 + 2 * p[2]
                   && idv_svc_jpeg_scan(p + size, last);
        }

        p += size;
    }

    return 0;
}


/*
 * Cameras append data of their own, so the end is looked for and not expected
 * at the last byte.  Within a scan 0xff is stuffed: the marker is unambiguous.
 */

static ngx_uint_t
idv_svc_jpeg_scan(const u_char *p, const u_char *last)
{
    while (last - p >= 2) {
        if (p[0] == 0xff && p[1] == IDV_SVC_JPEG_EOI) {
            return 1;
        }

        p++;
    }

    return 0;
}


/* SOF0 to SOF15 without DHT, JPG and DAC */

static ngx_uint_t
idv_svc_jpeg_frame(u_char marker)
{
    return marker >= 0xc0 && marker <= 0xcf
           && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}


/* IHDR first, at least one IDAT, IEND last */

static ngx_uint_t
idv_svc_png(const u_char *p, const u_char *last)
{
    size_t      size;
    ngx_uint_t  first, pixels;

    first = 1;
    pixels = 0;

    while (last - p >= IDV_SVC_PNG_CHUNK) {
        size = idv_svc_uint32(p);

        if (size > (size_t) (last - p) - IDV_SVC_PNG_CHUNK) {
            return 0;
        }

        if (first) {
            if (size != 13 || ngx_memcmp(p + 4, "IHDR", 4) != 0
                || !idv_svc_side(idv_svc_uint32(p + 8))
                || !idv_svc_side(idv_svc_uint32(p + 12)))
            {
                return 0;
            }

            first = 0;

        } else if (ngx_memcmp(p + 4, "IDAT", 4) == 0) {
            pixels = 1;

        } else if (ngx_memcmp(p + 4, "IEND", 4) == 0) {
            return pixels;
        }

        p += size + IDV_SVC_PNG_CHUNK;
    }

    return 0;
}


static ngx_uint_t
idv_svc_side(size_t pixels)
{
    return pixels > 0 && pixels <= IDV_SVC_IMAGE_SIDE;
}


static size_t
idv_svc_uint16(const u_char *p)
{
    return (size_t) p[0] << 8 | p[1];
}


static size_t
idv_svc_uint32(const u_char *p)
{
    return idv_svc_uint16(p) << 16 | idv_svc_uint16(p + 2);
}
