
/*
 * Copyright (C) nginx-idv authors
 *
 * A picture whose background is plain: another colour for it, and another
 * shape.  Pixels in, pixels out; no library, no I/O.
 */


#ifndef _IDV_PICTURE_H_INCLUDED_
#define _IDV_PICTURE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define IDV_PICTURE_SIDE  4096       /* pixels, of what comes out */


typedef struct {
    uint32_t    width;
    uint32_t    height;
    uint8_t    *rgb;                 /* malloc()ed, three bytes a pixel */
} idv_picture_t;


typedef struct {
    uint8_t     rgb[3];
    uint32_t    width;               /* of the shape, for its height */
    uint32_t    height;
} idv_picture_wish_t;


typedef enum {
    IDV_PICTURE_OK = 0,
    IDV_PICTURE_NOT_PLAIN,           /* or with nobody in front */
    IDV_PICTURE_NO_MEMORY
} idv_picture_e;


/*
 * What EXIF says of how a JPEG is to be turned, 1 to 8; 1 if it says nothing.
 * Source: CIPA DC-008, 4.6.5 and tag 0x0112.
 */
unsigned idv_picture_orientation(const uint8_t *data, size_t len);

/* turns it as that says; the old pixels are freed */
idv_picture_e idv_picture_turn(idv_picture_t *picture, unsigned orientation);

/* the new picture takes the place of the old one */
idv_picture_e idv_picture_replace(idv_picture_t *picture,
    const idv_picture_wish_t *wish);


#endif /* _IDV_PICTURE_H_INCLUDED_ */
