
/*
 * Copyright (C) nginx-idv authors
 *
 * What the service and its helper say to each other, on a socket pair; the
 * helper's one argument is how many seconds it has.  Both
 * are programs of one machine, built together: numbers are as they are in
 * memory.
 */


#ifndef _IDV_BACKGROUND_H_INCLUDED_
#define _IDV_BACKGROUND_H_INCLUDED_


#include <stdint.h>


#define IDV_BACKGROUND_MAGIC  0x49445642
#define IDV_BACKGROUND_MAX    (64 * 1024 * 1024)     /* bytes, either way */

typedef struct {
    uint32_t    magic;
    uint32_t    len;                 /* of the picture that follows */
    uint32_t    width;               /* of the shape */
    uint32_t    height;
    uint8_t     rgb[4];
} idv_background_ask_t;


typedef enum {
    IDV_BACKGROUND_JPEG = 0,
    IDV_BACKGROUND_PNG,
    IDV_BACKGROUND_BROKEN,           /* it does not decode */
    IDV_BACKGROUND_LARGE,            /* it has too many pixels */
    IDV_BACKGROUND_NOT_PLAIN,
    IDV_BACKGROUND_NO_MEMORY
} idv_background_e;


typedef struct {
    uint32_t    magic;
    uint32_t    status;              /* idv_background_e */
    uint32_t    len;                 /* of the picture that follows */
} idv_background_tell_t;


#endif /* _IDV_BACKGROUND_H_INCLUDED_ */
