
/*
 * Copyright (C) nginx-idv authors
 *
 * Filters of users: comparisons, joined by "and" and "or".
 *
 *     username eq "ann" or (name.family sw "Ex" and enabled eq true)
 *
 * "and" binds more tightly, parentheses more so.  Letters of ASCII are the same
 * in either case, but in id and externalId.  Nothing here knows a request or
 * the zone.
 *
 * Source: RFC 7644, 3.4.2.2
 */


#ifndef _IDV_SVC_FILTER_H_INCLUDED_
#define _IDV_SVC_FILTER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_SVC_FILTER_MAX    1024   /* bytes */
#define IDV_SVC_FILTER_TERMS  16     /* comparisons */
#define IDV_SVC_FILTER_DEPTH  8      /* of parentheses */


typedef enum {
    IDV_SVC_F_USERNAME = 0,
    IDV_SVC_F_EMAIL,
    IDV_SVC_F_GIVEN,
    IDV_SVC_F_FAMILY,
    IDV_SVC_F_MOBILE,
    IDV_SVC_F_EXTERNAL,
    IDV_SVC_F_ID,
    IDV_SVC_F_POPULATION,
    IDV_SVC_F_ENABLED,               /* "true" or "false" */
    IDV_SVC_NFILTERS
} idv_svc_filter_attr_e;


typedef enum {
    IDV_SVC_F_EQ = 0,
    IDV_SVC_F_SW,
    IDV_SVC_F_CO,
    IDV_SVC_F_AND,
    IDV_SVC_F_OR
} idv_svc_filter_op_e;


typedef struct {
    uint8_t                   op;
    uint8_t                   attr;  /* of a comparison */
    uint8_t                   left;  /* of two that are joined */
    uint8_t                   right;
    ngx_str_t                 value;
} idv_svc_filter_node_t;


typedef struct {
    idv_svc_filter_node_t     node[2 * IDV_SVC_FILTER_TERMS];
    ngx_uint_t                n;
    ngx_uint_t                root;
    const char               *wrong; /* what is, if something is */
    size_t                    at;    /* ... and where */
} idv_svc_filter_t;


/*
 * NGX_DECLINED if it is no filter, and then wrong and at say why; NGX_ERROR
 * without memory.  Values live as long as the pool.
 */
ngx_int_t idv_svc_filter_parse(ngx_pool_t *pool, const ngx_str_t *text,
    idv_svc_filter_t *filter);

/* the one name that all who pass have, NULL: they may have others */
const ngx_str_t *idv_svc_filter_username(const idv_svc_filter_t *filter);

/* 1: one whose attributes have these values passes */
ngx_uint_t idv_svc_filter_match(const idv_svc_filter_t *filter,
    const ngx_str_t value[IDV_SVC_NFILTERS]);


#endif /* _IDV_SVC_FILTER_H_INCLUDED_ */
