
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "idv_event.h"


ngx_int_t
idv_event_set(ngx_event_t *ev, ngx_int_t event, ngx_uint_t on)
{
    ngx_uint_t  flags;

    if (on == ev->active) {
        return NGX_OK;
    }

    if (on) {
        return ngx_add_event(ev, event, NGX_LEVEL_EVENT);
    }

    flags = NGX_LEVEL_EVENT;

#if (NGX_HAVE_KQUEUE)

    /* at once: by the next round the number may be another socket's */

    if (ngx_event_flags & NGX_USE_KQUEUE_EVENT) {
        flags |= NGX_FLUSH_EVENT;
    }

#endif

    return ngx_del_event(ev, event, flags);
}


void
idv_event_del(ngx_event_t *ev, ngx_int_t event, ngx_uint_t closed)
{
    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }

    if (!closed) {
        (void) idv_event_set(ev, event, 0);

    } else if (ev->active) {

        /* the kernel has forgotten it already */

        (void) ngx_del_event(ev, event, NGX_CLOSE_EVENT);
    }
}


void
idv_event_stop(ngx_event_t *ev)
{
    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }
}
