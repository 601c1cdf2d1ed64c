
/*
 * Copyright (C) nginx-idv authors
 *
 * A multi handle that is lost, and sockets whose end libcurl has not told: what
 * we know of them goes with the handle, whoever has their numbers next.
 */


#include "tap.h"

#include <ngx_event.h>

#include "net/idv_multi.h"

#undef curl_multi_setopt


typedef struct {
    int              ends[2];       /* ours, and the other side's */
    void            *record;
} pair_t;


static pair_t                     pairs[2];
static ngx_uint_t                 tells;
static ngx_uint_t                 closes;

static curl_socket_callback       tell;
static void                      *tell_data;
static CURLMcode                  outcome;
static ngx_uint_t                 actions;
static ngx_uint_t                 lost;
static ngx_uint_t                 events;

static int                        handle;
static int                        key;
static int                        transfer;


/* libcurl */

CURLM *
curl_multi_init(void)
{
    return &handle;
}


CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list  args;

    va_start(args, option);

    if (option == CURLMOPT_SOCKETFUNCTION) {
        tell = va_arg(args, curl_socket_callback);

    } else if (option == CURLMOPT_SOCKETDATA) {
        tell_data = va_arg(args, void *);
    }

    va_end(args);

    return CURLM_OK;
}


CURLMcode
curl_multi_assign(CURLM *multi, curl_socket_t fd, void *record)
{
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (pairs[i].ends[0] == fd) {
            pairs[i].record = record;
        }
    }

    return CURLM_OK;
}


CURLMcode
curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int mask, int *running)
{
    actions++;

    return outcome;
}


CURLMcode
curl_multi_socket_all(CURLM *multi, int *running)
{
    return CURLM_OK;
}


CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
    return NULL;
}


CURLMcode
curl_multi_cleanup(CURLM *multi)
{
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (tells && pairs[i].record) {
            tell((CURL *) &transfer, pairs[i].ends[0], CURL_POLL_REMOVE,
                 tell_data, pairs[i].record);
        }

        if (closes) {
            close(pairs[i].ends[0]);
        }
    }

    return CURLM_OK;
}


/* what nginx and the transfers have of it */

static ngx_int_t
add_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ev->active = 1;
    events++;

    return NGX_OK;
}


static ngx_int_t
del_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ev->active = 0;
    events--;

    return NGX_OK;
}


static void
on_done(CURL *easy, CURLcode code)
{
}


static void
on_lost(idv_multi_t *multi)
{
    lost++;
}


static void
on_settle(void)
{
}


static void
advance(ngx_msec_t ms)
{
    while (ms--) {
        ngx_current_msec++;
        ngx_event_expire_timers();
        ngx_event_move_posted_next((ngx_cycle_t *) ngx_cycle);
        ngx_event_process_posted((ngx_cycle_t *) ngx_cycle,
                                 &ngx_posted_events);
    }
}


/* two sockets that a transfer reads from */

static void
begin(void)
{
    ngx_uint_t  i;

    outcome = CURLM_OK;
    actions = 0;
    lost = 0;
    events = 0;

    ok(idv_multi_get(&key, 0) != NULL, "a handle");

    for (i = 0; i < 2; i++) {
        pairs[i].record = NULL;

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i].ends) != 0) {
            abort();
        }

        (void) tell((CURL *) &transfer, pairs[i].ends[0], CURL_POLL_IN,
                    tell_data, NULL);
    }

    ok(pairs[0].record && pairs[1].record, "its sockets have records");
}


/* the numbers of its sockets are those of clients by now */

static void
end(const char *name)
{
    int         fds[2][2];
    char        byte;
    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        if (!closes) {
            close(pairs[i].ends[0]);
        }
    }

    for (i = 0; i < 2; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]) != 0) {
            abort();
        }
    }

    ok(fds[0][0] == pairs[0].ends[0] || fds[0][1] == pairs[0].ends[0],
       "%s: the number is taken again", name);

    idv_multi_deafen((CURL *) &transfer);

    for (i = 0; i < 2; i++) {
        ok(write(fds[i][0], "a", 1) == 1 && read(fds[i][1], &byte, 1) == 1
           && write(fds[i][1], "b", 1) == 1 && read(fds[i][0], &byte, 1) == 1,
           "%s: whoever has it now hears", name);

        close(fds[i][0]);
        close(fds[i][1]);
        close(pairs[i].ends[1]);
    }
}


/* looked at by a timer: nobody may look at what is gone */

static void
test_unwatched(void)
{
    ngx_event_flags = 0;

    begin();

    advance(11);
    is_int(actions, 2, "looks at its sockets");

    outcome = CURLM_OUT_OF_MEMORY;
    advance(11);
    is_int(actions, 3, "looks, the last of which breaks it");
    is_int(lost, 1, "handles lost");

    advance(1000);
    is_int(actions, 3, "looks after that");

    end("unwatched");
}


/* watched, and left open: its events would come for ever */

static void
test_watched(void)
{
    ngx_event_flags = NGX_USE_EPOLL_EVENT;
    ngx_event_actions.add = add_event;
    ngx_event_actions.del = del_event;

    begin();
    is_int(events, 2, "events");

    pairs[0].record = NULL;
    idv_multi_exit();
    is_int(events, 0, "events after the end");

    end("watched");
}


int
main(void)
{
    static ngx_cycle_t  cycle;

    ngx_pagesize = getpagesize();
    ngx_time_init();

    cycle.log = tap_log();
    ngx_cycle = &cycle;

    ngx_queue_init(&ngx_posted_events);
    ngx_queue_init(&ngx_posted_next_events);
    ngx_event_timer_init(cycle.log);
    ngx_current_msec = 1000;

    if (idv_multi_init(cycle.log, on_done, on_lost, on_settle) != NGX_OK) {
        return 1;
    }

    /* not told, closed; told, left open; neither told nor closed */

    closes = 1;
    test_unwatched();

    tells = 1;
    closes = 0;
    test_unwatched();

    tells = 0;
    test_watched();

    return tap_done();
}
