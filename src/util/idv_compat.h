
/*
 * Copyright (C) nginx-idv authors
 *
 * Every difference between versions of nginx, curl, jansson and OpenSSL that
 * the rest of the code would otherwise have to know.
 */


#ifndef _IDV_COMPAT_H_INCLUDED_
#define _IDV_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* 1.23.0 chains headers of one name by "next"; earlier versions have arrays */

#if (nginx_version >= 1023000)
#define idv_header_clear_next(h)  (h)->next = NULL
#else
#define idv_header_clear_next(h)
#endif


/* takes h out of what *p points to: a chain, before 1.23.0 one header */

static ngx_inline void
idv_header_unlink(ngx_table_elt_t **p, ngx_table_elt_t *h)
{
#if (nginx_version >= 1023000)

    for ( /* void */ ; *p; p = &(*p)->next) {
        if (*p == h) {
            *p = h->next;
            return;
        }
    }

#else

    if (*p == h) {
        *p = NULL;
    }

#endif
}


#endif /* _IDV_COMPAT_H_INCLUDED_ */
