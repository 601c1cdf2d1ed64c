
/*
 * Copyright (C) nginx-idv authors
 *
 * What a provider says, cut down to the members of an output while it arrives:
 * nothing is held but the name of one member.
 */


#ifndef _IDV_CONNECTOR_FILTER_H_INCLUDED_
#define _IDV_CONNECTOR_FILTER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "idv_connector.h"


#define IDV_CONNECTOR_MAX_DEPTH   16
#define IDV_CONNECTOR_MAX_NAME    40    /* of a member of an output */
#define IDV_CONNECTOR_MAX_OUTPUT  64    /* members of an output */

/* bytes that may come out beyond those that went in */
#define IDV_CONNECTOR_FILTER_MORE  (IDV_CONNECTOR_MAX_NAME + 8)


typedef struct {
    const idv_connector_output_t   *shape;
    const idv_connector_output_t   *level[IDV_CONNECTOR_MAX_DEPTH];
    const idv_connector_output_t   *row;       /* of the value that comes */
    uint64_t                        seen;      /* rows, by their number */

    unsigned                        state;
    unsigned                        mode;
    unsigned                        mode_depth;
    unsigned                        depth;
    unsigned                        name:1;    /* the string is a name */
    uint32_t                        objects;   /* bits: levels that are */
    uint32_t                        some;      /* ... that have a member */

    unsigned                        left;      /* of \uXXXX, of a character */
    unsigned char                   least;     /* of its next byte */
    unsigned char                   most;
    const char                     *literal;

    size_t                          len;       /* of the name */
    char                            text[IDV_CONNECTOR_MAX_NAME];
} idv_connector_filter_t;


void idv_connector_filter_init(idv_connector_filter_t *filter,
    const idv_connector_output_t *shape);

/*
 * Takes all of in and writes at most len + IDV_CONNECTOR_FILTER_MORE bytes: the
 * object with those members of the output that are there and of their type.
 * What comes as a whole may be written where it is.
 * The number of bytes, or -1: it is no JSON object of UTF-8, is nested deeper
 * than IDV_CONNECTOR_MAX_DEPTH, or has a member of the output twice.
 */
long idv_connector_filter(idv_connector_filter_t *filter, const char *in,
    size_t len, char *out);

/* 1 if the object is complete */
int idv_connector_filter_done(const idv_connector_filter_t *filter);


#endif /* _IDV_CONNECTOR_FILTER_H_INCLUDED_ */
