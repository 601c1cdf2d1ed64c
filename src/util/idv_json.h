
/*
 * Copyright (C) nginx-idv authors
 *
 * The one reader of foreign JSON: bounds are checked before jansson allocates
 * anything, so that no input can make it recurse or grow beyond them.
 */


#ifndef _IDV_JSON_H_INCLUDED_
#define _IDV_JSON_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>


#define IDV_JSON_MAX_DEPTH    16


/*
 * Parses len bytes of UTF-8 text.  NULL if it is longer than max bytes, nested
 * deeper than IDV_JSON_MAX_DEPTH, has duplicate members, a NUL, trailing bytes
 * or is not JSON; also without memory, and then ngx_errno is NGX_ENOMEM, which
 * it is not otherwise.  The caller owns the reference; with a pool it is
 * dropped by the pool's cleanup instead (pool may be NULL).
 */
json_t *idv_json_parse(ngx_pool_t *pool, const u_char *data, size_t len,
    size_t max);

/*
 * RFC 6901 JSON Pointer.  NULL if nothing is there or the pointer is malformed.
 * The reference is borrowed from root.
 */
json_t *idv_json_pointer(json_t *root, const ngx_str_t *pointer);

/*
 * A string member; an empty string with NULL data if it is missing or not a
 * string.  The bytes belong to the object.
 */
ngx_str_t idv_json_string(json_t *object, const char *name);

/* Compact text of a value in the pool, NGX_ERROR if memory runs out. */
ngx_int_t idv_json_dump(ngx_pool_t *pool, json_t *value, ngx_str_t *out);


#endif /* _IDV_JSON_H_INCLUDED_ */
