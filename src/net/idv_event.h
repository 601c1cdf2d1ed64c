
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: nginx's events of sockets that are libcurl's.
 */


#ifndef _IDV_EVENT_H_INCLUDED_
#define _IDV_EVENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


/* level triggered, on or off */
ngx_int_t idv_event_set(ngx_event_t *ev, ngx_int_t event, ngx_uint_t on);

/* never heard of again; closed: the descriptor has been closed already */
void idv_event_del(ngx_event_t *ev, ngx_int_t event, ngx_uint_t closed);

/* neither a timer nor a posted event any more */
void idv_event_stop(ngx_event_t *ev);


#endif /* _IDV_EVENT_H_INCLUDED_ */
