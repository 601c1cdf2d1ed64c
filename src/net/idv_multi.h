
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: libcurl's multi handles, their sockets and timers on
 * nginx's event loop.
 */


#ifndef _IDV_MULTI_H_INCLUDED_
#define _IDV_MULTI_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>


typedef struct idv_multi_s  idv_multi_t;

/* easy has ended, and is to be removed; called outside of libcurl */
typedef void (*idv_multi_done_pt)(CURL *easy, CURLcode code);

/* the handle is lost: every easy handle that has to do with it ends now */
typedef void (*idv_multi_lost_pt)(idv_multi_t *multi);

/* all that ended has been told: the place to run whatever code of others */
typedef void (*idv_multi_settle_pt)(void);


/* NGX_ERROR is logged; once a process, undone by idv_multi_exit() */
ngx_int_t idv_multi_init(ngx_log_t *log, idv_multi_done_pt done,
    idv_multi_lost_pt lost, idv_multi_settle_pt settle);

/* every easy handle has been removed before */
void idv_multi_exit(void);

/*
 * The multi handle of that key, made at its first use.  connections: at most
 * so many to one host, 0 for no limit.  NULL if memory runs out.
 */
idv_multi_t *idv_multi_get(const void *key, ngx_uint_t connections);

/* done may follow, but from the event loop only */
ngx_int_t idv_multi_add(idv_multi_t *multi, CURL *easy);

/* ends a transfer; not from inside libcurl */
void idv_multi_remove(idv_multi_t *multi, CURL *easy);

/* nothing more is read from the sockets of a transfer: they are at their end */
void idv_multi_deafen(CURL *easy);

/* goes on with a transfer that a callback has paused */
ngx_int_t idv_multi_resume(idv_multi_t *multi, CURL *easy);

/* 1 while libcurl is on the stack, that is, in one of its callbacks */
ngx_uint_t idv_multi_inside(void);

/* has settle called in the next round of the event loop */
void idv_multi_post(void);

/*
 * The data of a timer event: debug logs read an fd through it, as if it were a
 * connection.
 */
extern ngx_connection_t  idv_multi_no_connection;


#endif /* _IDV_MULTI_H_INCLUDED_ */
