
/*
 * Copyright (C) nginx-idv authors
 *
 * One HTTP request to a provider, or one message by SMTP, without blocking:
 * libcurl's multi socket interface on nginx's event loop.
 */


#ifndef _IDV_TRANSFER_H_INCLUDED_
#define _IDV_TRANSFER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


#define IDV_TRANSFER_MAX_HEADERS  8
#define IDV_TRANSFER_MAX_KEPT     8
#define IDV_TRANSFER_MAX_LINES    256    /* of headers, of a response */
#define IDV_TRANSFER_ERROR_LEN    256
#define IDV_TRANSFER_MIN_WINDOW   (32 * 1024)   /* twice libcurl's pieces */


typedef enum {
    IDV_TRANSFER_OK = 0,             /* a whole response, whatever its status */
    IDV_TRANSFER_RESOLVE,            /* no address */
    IDV_TRANSFER_CONNECT,            /* refused, unreachable */
    IDV_TRANSFER_TLS,                /* handshake or certificate */
    IDV_TRANSFER_TIMEOUT,            /* connect, idle or total deadline */
    IDV_TRANSFER_RESET,              /* closed or reset before the end */
    IDV_TRANSFER_TOO_LARGE,          /* body or headers above their caps */
    IDV_TRANSFER_PROTOCOL,           /* not HTTP */
    IDV_TRANSFER_INTERNAL            /* memory, limits of this process */
} idv_transfer_result_e;


/* how to reach one provider; const after start, strings NUL-terminated */

typedef struct {
    ngx_msec_t                  connect_timeout;
    ngx_msec_t                  timeout;            /* the whole transfer */
    ngx_msec_t                  idle_timeout;       /* no byte either way */
    size_t                      max_body;           /* bytes of a response */
    size_t                      max_header;         /* bytes of its headers */
    ngx_uint_t                  max_connections;    /* per host */
    ngx_flag_t                  verify;             /* TLS chain and name */
    ngx_str_t                   trusted_certificate;/* "" for the system's */
    ngx_str_t                   proxy;              /* "" for none */
    ngx_resolver_t             *resolver;           /* NULL: libcurl's own */
    ngx_msec_t                  resolver_timeout;

    void                       *trust;              /* the driver's own */
} idv_transfer_conf_t;


/* a message instead of a request; strings NUL-terminated, fit for a command */

typedef struct {
    ngx_str_t                   from;               /* an address */
    ngx_str_t                   to;
    ngx_str_t                   user;               /* "": no login */
    ngx_str_t                   password;
    unsigned                    starttls:1;         /* or nothing is sent */
} idv_transfer_mail_t;


typedef struct idv_transfer_s  idv_transfer_t;

typedef void (*idv_transfer_handler_pt)(idv_transfer_t *t);


/*
 * Allocated by the caller, zeroed, in a pool that outlives the transfer.  All
 * input strings are NUL-terminated and live as long.
 */

struct idv_transfer_s {
    /* in */
    const idv_transfer_conf_t  *conf;
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;

    ngx_str_t                   method;             /* "GET", "POST", ... */
    ngx_str_t                   url;                /* http: or https: */
    ngx_str_t                   headers[IDV_TRANSFER_MAX_HEADERS];
    ngx_uint_t                  nheaders;           /* each "Name: value" */
    ngx_str_t                   body;

    /*
     * smtp: and smtps: only; method is unused.  The body is the message: lines
     * that end with CR LF, and do not begin with a dot.
     */
    const idv_transfer_mail_t  *mail;

    /* it creates something: never repeated by libcurl on its own */
    unsigned                    creates:1;

    /* it belongs to a live request: holds the worker at a graceful exit */
    unsigned                    live:1;

    idv_transfer_handler_pt     handler;
    void                       *data;

    /*
     * A response of 2xx comes in pieces: at most window bytes are held, and
     * while they are full nothing is read from the provider.  progress is
     * called, as the handler is, when there are some; who takes them sets the
     * length of response to 0 and calls idv_transfer_resume().  What is left
     * comes with the handler.  0: it comes as a whole, as all others do.
     */
    size_t                      window;
    idv_transfer_handler_pt     progress;

    /* names of response headers to be kept, NULL at the end; NULL: none */
    const char *const          *keep;

    /* out, valid in the handler, status and kept also in progress */
    idv_transfer_result_e       result;
    ngx_uint_t                  status;             /* of HTTP or SMTP */
    ngx_str_t                   response;           /* body, in the pool */
    ngx_str_t                   content_type;
    ngx_int_t                   retry_after;        /* seconds, -1: none */
    ngx_str_t                   kept[IDV_TRANSFER_MAX_KEPT];    /* of keep */
    char                        error[IDV_TRANSFER_ERROR_LEN];

    /* the driver's own */
    void                       *priv;
};


/*
 * Reads the certificates to trust, once and before workers are there, when conf
 * is complete.  NGX_ERROR is logged with file and line.  Without this call
 * libcurl reads them itself, in the worker, at its first handshake.
 */
ngx_int_t idv_transfer_conf_init(ngx_conf_t *cf, idv_transfer_conf_t *conf);

/*
 * Starts a transfer.  NGX_OK: the handler is called once, later, from the event
 * loop, never from inside this call.  NGX_ERROR: it is not called.
 */
ngx_int_t idv_transfer_start(idv_transfer_t *t);

/* The response's bytes have been taken; may call nothing by itself. */
void idv_transfer_resume(idv_transfer_t *t);

/* Ends a transfer that has not called its handler; it will not be called. */
void idv_transfer_cancel(idv_transfer_t *t);

/*
 * The request is gone, the transfer goes on: it no longer holds the worker.
 * Its log must be one that stays, that of the cycle.
 */
void idv_transfer_detach(idv_transfer_t *t);

const char *idv_transfer_result_name(idv_transfer_result_e result);

/* process hooks; workers and single processes only */
ngx_int_t idv_transfer_init_process(ngx_cycle_t *cycle);
void idv_transfer_exit_process(ngx_cycle_t *cycle);


#endif /* _IDV_TRANSFER_H_INCLUDED_ */
