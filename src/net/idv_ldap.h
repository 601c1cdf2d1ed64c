
/*
 * Copyright (C) nginx-idv authors
 *
 * Lookups in an LDAP directory.  Nothing here blocks: the socket is nginx's,
 * TLS is OpenSSL's on that socket, and messages are bytes that we write and
 * read ourselves.  A worker has one connection to a directory, kept open, with
 * many searches under way on it.
 */


#ifndef _IDV_LDAP_H_INCLUDED_
#define _IDV_LDAP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


#define IDV_LDAP_MAX_SERVERS     4
#define IDV_LDAP_MAX_ATTRIBUTES  16
#define IDV_LDAP_MAX_USER        256     /* bytes */
#define IDV_LDAP_MAX_USERS       8       /* places in a filter */
#define IDV_LDAP_MAX_DN          1024    /* bytes of base and bind_dn */
#define IDV_LDAP_MAX_PASSWORD    1024
#define IDV_LDAP_MAX_SEARCHES    4096    /* of a worker in a directory */
#define IDV_LDAP_MAX_SENT        64      /* of these, without an answer yet */


#define IDV_LDAP_SCOPE_BASE      0
#define IDV_LDAP_SCOPE_ONE       1
#define IDV_LDAP_SCOPE_SUB       2


typedef struct {
    ngx_str_t                   url;         /* as written, for the log */
    ngx_str_t                   host;        /* with a NUL, no brackets */
    in_port_t                   port;
    ngx_addr_t                 *addrs;
    ngx_uint_t                  naddrs;      /* 0: the resolver's to say */
    unsigned                    tls:1;       /* ldaps */
    unsigned                    address:1;   /* host is one */
} idv_ldap_server_t;


/* const after start */

typedef struct {
    ngx_str_t                   name;        /* for the log */
    ngx_uint_t                  number;      /* among all, from 0 */

    idv_ldap_server_t           servers[IDV_LDAP_MAX_SERVERS];
    ngx_uint_t                  nservers;

    ngx_flag_t                  starttls;
    ngx_str_t                   trusted_certificate;
    void                       *tls;         /* SSL_CTX; NULL: none is used */

    ngx_str_t                   bind_dn;     /* "" : anonymous */
    ngx_str_t                   password;
    ngx_str_t                   base;
    ngx_uint_t                  scope;
    const void                 *filter;      /* idv_ldap_filter_t */
    ngx_str_t                  *attributes;
    ngx_uint_t                  nattributes;

    ngx_msec_t                  connect_timeout;   /* until it is bound */
    ngx_msec_t                  timeout;           /* of a lookup in all */
    ngx_msec_t                  idle_timeout;
    ngx_msec_t                  fail_timeout;      /* a server is left alone */
    size_t                      max_entry;

    ngx_resolver_t             *resolver;    /* NULL: none is needed */
} idv_ldap_conf_t;


typedef enum {
    IDV_LDAP_PENDING = 0,
    IDV_LDAP_FOUND,                  /* exactly one entry */
    IDV_LDAP_NOT_FOUND,
    IDV_LDAP_AMBIGUOUS,              /* more than one */
    IDV_LDAP_TIMEOUT,                /* no answer in time */
    IDV_LDAP_UNAVAILABLE,            /* no server, TLS, nonsense, too busy */
    IDV_LDAP_REFUSED,                /* password, rights, base */
    IDV_LDAP_ERROR,                  /* of this process */
    IDV_LDAP_NRESULTS
} idv_ldap_result_e;


typedef struct idv_ldap_search_s  idv_ldap_search_t;

typedef void (*idv_ldap_handler_pt)(idv_ldap_search_t *search);


/* zeroed by its owner; it must not move */

struct idv_ldap_search_s {
    /* in */
    const idv_ldap_conf_t      *conf;
    ngx_str_t                   user;
    ngx_pool_t                 *pool;        /* of the entry */
    idv_ldap_handler_pt         handler;
    void                       *data;

    /* out */
    idv_ldap_result_e           result;
    ngx_str_t                   entry;       /* FOUND: see idv_ldap_entry() */

    /* its own */
    ngx_queue_t                 queue;
    ngx_event_t                 event;
    ngx_msec_t                  when;        /* it was sent */
    uint32_t                    id;
    unsigned                    queued:1;
    unsigned                    sent:1;
    unsigned                    tried:2;     /* so many times */
    unsigned                    many:1;
};


/*
 * Starts a lookup.  The handler is called once, later, never from inside.
 */
void idv_ldap_start(idv_ldap_search_t *search);

/* ends it without calling the handler */
void idv_ldap_cancel(idv_ldap_search_t *search);

/* how many places a filter has for the user; NULL, and *error, if it is none */
const void *idv_ldap_filter_init(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_uint_t *users, const char **error);

/* loads what is trusted, with the configuration; says what is wrong */
ngx_int_t idv_ldap_tls_init(ngx_conf_t *cf, idv_ldap_conf_t *conf);

/* the value of one attribute after another: see provider/idv_directory.c */
typedef ngx_int_t (*idv_ldap_each_pt)(void *data, const ngx_str_t *name,
    const ngx_str_t *value);

/*
 * Calls each() for every value of an entry; NGX_ERROR if it is none, else what
 * each() returned that was not NGX_OK.
 */
ngx_int_t idv_ldap_each(const ngx_str_t *entry, idv_ldap_each_pt each,
    void *data);

/* confs: idv_ldap_conf_t *, of this configuration */
ngx_int_t idv_ldap_init_process(ngx_cycle_t *cycle, idv_ldap_conf_t **confs,
    ngx_uint_t n);
void idv_ldap_exit_process(void);


#endif /* _IDV_LDAP_H_INCLUDED_ */
