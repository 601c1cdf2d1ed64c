
/*
 * Copyright (C) nginx-idv authors
 *
 * A call's own clock: one timer that is also the way to be called back from
 * the event loop at once.
 */


#ifndef _IDV_ALARM_H_INCLUDED_
#define _IDV_ALARM_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


typedef struct {
    ngx_event_t         event;
    ngx_connection_t    connection;    /* what a timer's data must look like */
} idv_alarm_t;


/* live: a worker that exits gracefully waits for it */
void idv_alarm_init(idv_alarm_t *alarm, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t live);

/* both replace what was set before */
void idv_alarm_in(idv_alarm_t *alarm, ngx_msec_t ms);
void idv_alarm_post(idv_alarm_t *alarm);

void idv_alarm_stop(idv_alarm_t *alarm);
void idv_alarm_detach(idv_alarm_t *alarm, ngx_log_t *log);

#define idv_alarm_data(ev)  (((ngx_connection_t *) (ev)->data)->data)


#endif /* _IDV_ALARM_H_INCLUDED_ */
