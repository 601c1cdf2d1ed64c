
/*
 * Copyright (C) nginx-idv authors
 *
 * Escaping for HTML text and for attribute values in double quotes, and how
 * HTML is written: in pieces, each of them escaped on its way into the list.
 */


#ifndef _IDV_HTML_H_INCLUDED_
#define _IDV_HTML_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct idv_html_s  idv_html_t;

typedef struct {
    va_list             list;
} idv_html_args_t;

/* writes what an owner's own letter of a format stands for */
typedef void (*idv_html_more_pt)(idv_html_t *html, int letter,
    idv_html_args_t *args);

struct idv_html_s {
    ngx_pool_t         *pool;
    idv_html_more_pt    more;        /* NULL: no letters of its own */
    void               *data;        /* the owner's */

    ngx_array_t         pieces;      /* ngx_str_t */
    size_t              len;         /* of them all */
    unsigned            failed:1;    /* memory, while writing */
};


/*
 * Escapes & < > " ' and drops control characters.  The result is in the pool,
 * or src itself where nothing needs escaping.  NGX_ERROR without memory.
 */
ngx_int_t idv_html_escape(ngx_pool_t *pool, const ngx_str_t *src,
    ngx_str_t *dst);

/* nothing is written yet; NGX_ERROR without memory */
ngx_int_t idv_html_init(idv_html_t *html, ngx_pool_t *pool);

/*
 * Appends.  %s: char * and %v: ngx_str_t * as they are, %e: an ngx_str_t *
 * escaped, %u: ngx_str_t * as a URL component, %d: int, every other letter by
 * html->more().  fmt and what is put as it is are not copied.  A failure is
 * kept in html->failed.
 */
void idv_html_put(idv_html_t *html, const char *fmt, ...);
void idv_html_vput(idv_html_t *html, const char *fmt, idv_html_args_t *args);

/* the same for one value */
void idv_html_add(idv_html_t *html, const void *data, size_t len);
void idv_html_add_escaped(idv_html_t *html, const ngx_str_t *value);

/* all that was written, in the pool; "" after a failure */
ngx_str_t idv_html_join(idv_html_t *html);


#endif /* _IDV_HTML_H_INCLUDED_ */
