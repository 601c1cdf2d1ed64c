
/*
 * Copyright (C) nginx-idv authors
 *
 * Sessions: sealed as docs and design say, without the help of web/; and what a
 * browser makes of an address.
 */


#ifndef _SEALED_H_INCLUDED_
#define _SEALED_H_INCLUDED_


#include "fuzz.h"


/* what a session is bound to */

ngx_str_t sealed_aad(const idv_provider_t *provider, const char *host,
    ngx_uint_t header);

/* 1 if the text is one that was sealed with a key of ours, for that place */
ngx_uint_t sealed_opens(const idv_provider_t *provider, const char *host,
    ngx_uint_t header, const ngx_str_t *text);

/* the n-th cookie of that name in one header: a splitter of its own */
ngx_int_t sealed_cookie(const ngx_str_t *header, const char *name,
    ngx_uint_t n, ngx_str_t *value);

/* 1 if a browser on the page of a host stays on it, WHATWG URL section 4.4 */
ngx_uint_t sealed_same_origin(const u_char *text, size_t len);


#endif /* _SEALED_H_INCLUDED_ */
