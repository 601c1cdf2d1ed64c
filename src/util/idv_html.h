
/*
 * Copyright (C) nginx-idv authors
 *
 * Escaping for HTML text and for attribute values in double quotes.
 */


#ifndef _IDV_HTML_H_INCLUDED_
#define _IDV_HTML_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Escapes & < > " ' and drops control characters.  The result is in the pool,
 * or src itself where nothing needs escaping.  NGX_ERROR without memory.
 */
ngx_int_t idv_html_escape(ngx_pool_t *pool, const ngx_str_t *src,
    ngx_str_t *dst);


#endif /* _IDV_HTML_H_INCLUDED_ */
