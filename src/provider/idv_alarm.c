
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "idv_alarm.h"


void
idv_alarm_init(idv_alarm_t *alarm, ngx_event_handler_pt handler, void *data,
    ngx_log_t *log, ngx_uint_t live)
{
    ngx_memzero(alarm, sizeof(idv_alarm_t));

    /* debug builds of nginx log the descriptor of every timer's data */

    alarm->connection.fd = (ngx_socket_t) -1;
    alarm->connection.data = data;

    alarm->event.handler = handler;
    alarm->event.data = &alarm->connection;
    alarm->event.log = log;
    alarm->event.cancelable = live ? 0 : 1;
}


void
idv_alarm_in(idv_alarm_t *alarm, ngx_msec_t ms)
{
    /* a timer that is set keeps its old time if the new one is near */

    idv_alarm_stop(alarm);

    ngx_add_timer(&alarm->event, ngx_max(ms, 1));
}


void
idv_alarm_post(idv_alarm_t *alarm)
{
    idv_alarm_stop(alarm);

    ngx_post_event(&alarm->event, &ngx_posted_events);
}


void
idv_alarm_stop(idv_alarm_t *alarm)
{
    if (alarm->event.timer_set) {
        ngx_del_timer(&alarm->event);
    }

    if (alarm->event.posted) {
        ngx_delete_posted_event(&alarm->event);
    }
}


void
idv_alarm_detach(idv_alarm_t *alarm, ngx_log_t *log)
{
    alarm->event.log = log;
    alarm->event.cancelable = 1;
}
