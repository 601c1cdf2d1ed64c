
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: the addresses of a peer by nginx's resolver, as they
 * are or in the form that libcurl takes.
 */


#ifndef _IDV_RESOLVE_H_INCLUDED_
#define _IDV_RESOLVE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <curl/curl.h>


#define IDV_RESOLVE_MAX_NAME   253
#define IDV_RESOLVE_MAX_ADDRS  8


typedef struct idv_resolve_s  idv_resolve_t;

typedef void (*idv_resolve_handler_pt)(idv_resolve_t *rs);


/* embedded in its owner and zeroed; it must not move */

struct idv_resolve_s {
    /* in */
    ngx_resolver_t             *resolver;
    ngx_msec_t                  timeout;
    idv_resolve_handler_pt      handler;
    unsigned                    plain:1;     /* addresses and no list */

    /* by idv_resolve_parse(), in lower case and without a trailing dot */
    u_char                      name[IDV_RESOLVE_MAX_NAME + 1];
    size_t                      len;
    in_port_t                   port;

    /* out: for CURLOPT_RESOLVE, NULL if error says why; the owner frees it */
    struct curl_slist          *list;
    const char                 *error;

    /* out, where it is plain: one at least, if no error says why */
    ngx_sockaddr_t              addrs[IDV_RESOLVE_MAX_ADDRS];
    socklen_t                   lens[IDV_RESOLVE_MAX_ADDRS];
    ngx_uint_t                  naddrs;

    /* its own */
    ngx_resolver_ctx_t         *ctx;
    unsigned                    dot:1;
};


/*
 * Takes from an absolute URL who is to be looked up; default_port is for a URL
 * without one, 0 if its scheme says it.  NGX_DECLINED if there is nothing to
 * look up: an address, or localhost, which libcurl knows.  NGX_ERROR if it is
 * not a URL with a host.
 */
ngx_int_t idv_resolve_parse(idv_resolve_t *rs, const char *url,
    in_port_t default_port);

/*
 * NGX_OK: the handler is called once, perhaps from inside this call.
 * NGX_ERROR: it is not, error says why.
 */
ngx_int_t idv_resolve_start(idv_resolve_t *rs);

/* the handler will not be called */
void idv_resolve_cancel(idv_resolve_t *rs);


#endif /* _IDV_RESOLVE_H_INCLUDED_ */
