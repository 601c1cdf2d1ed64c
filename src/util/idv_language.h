
/*
 * Copyright (C) nginx-idv authors
 *
 * Which language a browser asks for (RFC 9110, 12.5.4; lookup as in RFC 4647,
 * 3.4).
 */


#ifndef _IDV_LANGUAGE_H_INCLUDED_
#define _IDV_LANGUAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The index of the language that an Accept-Language value, or NULL, asks for;
 * 0 where it asks for none of them.  langs: n elements of size bytes each,
 * which begin with their tag, an ngx_str_t.
 */
ngx_uint_t idv_language(const ngx_str_t *accept, const void *langs,
    size_t size, ngx_uint_t n);


#endif /* _IDV_LANGUAGE_H_INCLUDED_ */
