
/*
 * Copyright (C) nginx-idv authors
 *
 * What a directory knows of a user: the values of the attributes that its
 * idv_ldap block asks for.
 */


#ifndef _IDV_DIRECTORY_H_INCLUDED_
#define _IDV_DIRECTORY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../net/idv_ldap.h"
#include "../store/idv_people.h"
#include "../util/idv_crypto.h"


#define IDV_DIRECTORY_MAX         64     /* blocks */
#define IDV_DIRECTORY_MAX_VALUES  16     /* of one attribute */


typedef struct {
    ngx_str_t                   name;        /* as written */
    ngx_str_t                   variable;    /* letters, digits and "_" */
    unsigned                    binary:1;    /* told in base64 */
} idv_directory_attribute_t;


/* an idv_ldap block; const after start */

typedef struct {
    ngx_str_t                   name;
    u_char                     *file;        /* where it is configured */
    ngx_uint_t                  line;

    idv_ldap_conf_t             ldap;
    idv_directory_attribute_t   attributes[IDV_LDAP_MAX_ATTRIBUTES];
    ngx_uint_t                  block;       /* bits of idv_ldap_result_e */

    idv_people_t               *people;      /* NULL: nothing is kept */
    ngx_msec_t                  keep;
    u_char                      mark[IDV_HASH_LEN];  /* what is asked, whom */
} idv_directory_t;


typedef struct idv_directory_lookup_s  idv_directory_lookup_t;

typedef void (*idv_directory_handler_pt)(idv_directory_lookup_t *lookup);


/* zeroed by its owner, in the pool */

struct idv_directory_lookup_s {
    /* in */
    const idv_directory_t      *directory;
    ngx_str_t                   user;
    ngx_pool_t                 *pool;
    idv_directory_handler_pt    handler;
    void                       *data;

    /* out */
    idv_ldap_result_e           result;
    ngx_str_t                   values[IDV_LDAP_MAX_ATTRIBUTES];

    /* its own */
    idv_ldap_search_t           search;
    u_char                      key[IDV_PEOPLE_KEY];
    ngx_uint_t                  count[IDV_LDAP_MAX_ATTRIBUTES];
};


/*
 * NGX_OK: the result is there.  NGX_AGAIN: the handler will be called once.
 * NGX_ERROR: it will not.  Values are wiped with their pool.
 */
ngx_int_t idv_directory_lookup(idv_directory_lookup_t *lookup);

/* the handler will not be called */
void idv_directory_cancel(idv_directory_lookup_t *lookup);

/* directories: idv_directory_t *, of this configuration */
ngx_int_t idv_directory_init_process(ngx_cycle_t *cycle,
    idv_directory_t **directories, ngx_uint_t n);
void idv_directory_exit_process(void);

/*
 * Takes over a block that is complete: what was kept of another server, base or
 * filter is nothing that this one has said.
 */
ngx_int_t idv_directory_conf_init(idv_directory_t *directory,
    const ngx_str_t *filter);

/* whether the value of an attribute is bytes rather than text */
ngx_uint_t idv_directory_binary(const ngx_str_t *attribute);


#endif /* _IDV_DIRECTORY_H_INCLUDED_ */
