
/*
 * Copyright (C) nginx-idv authors
 */


#include "ngx_http_idv_web.h"
#include "ngx_http_idv_session_cache.h"
#include "../model/idv_claims.h"
#include "../util/idv_json.h"


#define NGX_HTTP_IDV_MAX_HEADER  2048    /* bytes of an encoded value */


typedef struct {
    ngx_str_t    name;
    ngx_int_t  (*handler)(ngx_http_request_t *r,
                    const ngx_http_idv_session_t *session, ngx_str_t *value);
} ngx_http_idv_fact_t;


static ngx_int_t ngx_http_idv_fact_status(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value);
static ngx_int_t ngx_http_idv_fact_subject(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value);
static ngx_int_t ngx_http_idv_fact_transaction_id(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value);
static ngx_int_t ngx_http_idv_fact_policy(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value);
static ngx_int_t ngx_http_idv_fact_verified_at(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value);
static ngx_int_t ngx_http_idv_uuid(ngx_http_request_t *r,
    const u_char uuid[16], ngx_str_t *value);

static ngx_int_t ngx_http_idv_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_idv_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_idv_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_int_t rc, ngx_str_t *value);
static ngx_http_idv_session_t *ngx_http_idv_admitted(ngx_http_request_t *r);

static ngx_int_t ngx_http_idv_claim(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, const ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t ngx_http_idv_claims_decode(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, json_t **claims);
static void ngx_http_idv_claims_free(void *data);
static ngx_uint_t ngx_http_idv_same_name(const ngx_str_t *name,
    const char *claim);
static ngx_int_t ngx_http_idv_encode(ngx_pool_t *pool, ngx_str_t *value);

static ngx_uint_t ngx_http_idv_managed(const ngx_array_t *managed,
    const ngx_str_t *name);
static ngx_int_t ngx_http_idv_strip(ngx_http_request_t *r,
    const ngx_array_t *managed, uint64_t lengths);
static ngx_int_t ngx_http_idv_strip_part(ngx_pool_t *pool,
    ngx_list_part_t **last, ngx_table_elt_t *elts, ngx_uint_t n);
static void ngx_http_idv_forget(ngx_http_request_t *r, ngx_table_elt_t *h);
static ngx_int_t ngx_http_idv_push_header(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_str_t *value);


/* what is known of a session besides its claims: $idv_NAME, and for headers */

static ngx_http_idv_fact_t  ngx_http_idv_facts[] = {

    { ngx_string("status"), ngx_http_idv_fact_status },
    { ngx_string("subject"), ngx_http_idv_fact_subject },
    { ngx_string("transaction_id"), ngx_http_idv_fact_transaction_id },
    { ngx_string("policy"), ngx_http_idv_fact_policy },
    { ngx_string("verified_at"), ngx_http_idv_fact_verified_at },

    { ngx_null_string, NULL }
};


static ngx_http_variable_t  ngx_http_idv_variables[] = {

    { ngx_string("idv_status"), NULL,
      ngx_http_idv_variable_fact, (uintptr_t) &ngx_http_idv_facts[0],
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("idv_subject"), NULL,
      ngx_http_idv_variable_fact, (uintptr_t) &ngx_http_idv_facts[1],
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("idv_transaction_id"), NULL,
      ngx_http_idv_variable_fact, (uintptr_t) &ngx_http_idv_facts[2],
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("idv_policy"), NULL,
      ngx_http_idv_variable_fact, (uintptr_t) &ngx_http_idv_facts[3],
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("idv_verified_at"), NULL,
      ngx_http_idv_variable_fact, (uintptr_t) &ngx_http_idv_facts[4],
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("idv_claim_"), NULL,
      ngx_http_idv_variable_claim, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("idv_ldap_"), NULL,
      ngx_http_idv_variable_ldap, 0,
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_idv_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_idv_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_idv_fact_t *fact = (ngx_http_idv_fact_t *) data;

    ngx_int_t                rc;
    ngx_str_t                value;
    ngx_http_idv_session_t  *session;

    rc = NGX_DECLINED;
    session = ngx_http_idv_admitted(r);

    if (session) {
        rc = fact->handler(r, session, &value);
    }

    return ngx_http_idv_variable_set(r, v, rc, &value);
}


static ngx_int_t
ngx_http_idv_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *variable = (ngx_str_t *) data;

    ngx_int_t                rc;
    ngx_str_t                name, value;
    ngx_http_idv_session_t  *session;

    rc = NGX_DECLINED;
    session = ngx_http_idv_admitted(r);

    if (session) {
        name.len = variable->len - (sizeof("idv_claim_") - 1);
        name.data = variable->data + sizeof("idv_claim_") - 1;

        rc = ngx_http_idv_claim(r, session, &name, &value);
    }

    return ngx_http_idv_variable_set(r, v, rc, &value);
}


/*
 * Variables end up in headers, URLs and logs, so they are encoded as headers
 * are: what a document says is nobody's to trust.
 */

static ngx_int_t
ngx_http_idv_variable_set(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_int_t rc, ngx_str_t *value)
{
    if (rc == NGX_OK) {
        rc = ngx_http_idv_encode(r->pool, value);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value->len;
    v->data = value->data;

    return NGX_OK;
}


static ngx_http_idv_session_t *
ngx_http_idv_admitted(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t  *ctx;

    ctx = ngx_http_idv_get_ctx(r);

    return (ctx && ctx->admitted) ? ctx->session : NULL;
}


static ngx_int_t
ngx_http_idv_fact_status(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value)
{
    if (session->bypass) {
        ngx_str_set(value, "BYPASS");
        return NGX_OK;
    }

    value->data = (u_char *) idv_tx_status_name(session->status);
    value->len = ngx_strlen(value->data);

    return NGX_OK;
}


/*
 * The session has a hash of it, and the gate has found both to be the same.
 * Who has registered is the user that was made.
 */

static ngx_int_t
ngx_http_idv_fact_subject(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value)
{
    const ngx_http_idv_loc_conf_t  *lcf;

    if (ngx_http_idv_get_ctx(r)->provider->registration) {
        return ngx_http_idv_uuid(r, session->user, value);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (ngx_http_idv_value(r, lcf->subject, value) != NGX_OK) {
        return NGX_ERROR;
    }

    return value->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_idv_fact_transaction_id(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value)
{
    return ngx_http_idv_uuid(r, session->tx, value);
}


static ngx_int_t
ngx_http_idv_fact_policy(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value)
{
    return ngx_http_idv_uuid(r, session->policy, value);
}


static ngx_int_t
ngx_http_idv_fact_verified_at(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, ngx_str_t *value)
{
    u_char  *p;

    if (session->bypass) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_IDV_TIME_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;

    p = ngx_http_idv_time(p, session->verified);
    *p = '\0';

    value->len = p - value->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_uuid(ngx_http_request_t *r, const u_char uuid[16],
    ngx_str_t *value)
{
    u_char  *p;

    static u_char  zero[16];

    if (ngx_memcmp(uuid, zero, sizeof(zero)) == 0) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, IDV_UUID_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;

    p = idv_uuid_print(p, uuid);
    *p = '\0';

    value->len = p - value->data;

    return NGX_OK;
}


u_char *
ngx_http_idv_time(u_char *buf, time_t t)
{
    ngx_tm_t  tm;

    ngx_gmtime(t, &tm);

    return ngx_sprintf(buf, "%4d-%02d-%02dT%02d:%02d:%02dZ",
                       tm.ngx_tm_year % 10000, tm.ngx_tm_mon, tm.ngx_tm_mday,
                       tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
}


/*
 * A claim as it is written, or else without regard to case and "_": nginx has
 * its variables in lower case.
 */

static ngx_int_t
ngx_http_idv_claim(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, const ngx_str_t *name,
    ngx_str_t *value)
{
    char         key[IDV_CLAIM_MAX_NAME + 1];
    void        *iter;
    json_t      *claims, *claim;

    if (name->len == 0 || name->len > IDV_CLAIM_MAX_NAME) {
        return NGX_DECLINED;
    }

    if (ngx_http_idv_claims_decode(r, session, &claims) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(key, name->data, name->len);
    key[name->len] = '\0';

    claim = json_object_get(claims, key);

    if (claim == NULL) {
        for (iter = json_object_iter(claims);
             iter;
             iter = json_object_iter_next(claims, iter))
        {
            if (ngx_http_idv_same_name(name, json_object_iter_key(iter))) {
                claim = json_object_iter_value(iter);
                break;
            }
        }
    }

    if (!json_is_string(claim) || json_string_length(claim) == 0) {
        return NGX_DECLINED;
    }

    value->data = (u_char *) json_string_value(claim);
    value->len = json_string_length(claim);

    return NGX_OK;
}


/* once a request, and for as long as the session is in the cache */

static ngx_int_t
ngx_http_idv_claims_decode(ngx_http_request_t *r,
    const ngx_http_idv_session_t *session, json_t **claims)
{
    json_t              *root;
    ngx_http_idv_ctx_t  *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_http_idv_get_ctx(r);

    if (ctx->claims && ctx->claims_of.data == session->claims.data) {
        *claims = ctx->claims;
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    root = ngx_http_idv_session_cache_claims(session);

    if (root == NULL) {
        root = idv_json_parse(NULL, session->claims.data, session->claims.len,
                              IDV_STORE_MAX_CLAIMS);

        /* we have sealed an object: it can be lost for want of memory only */

        if (!json_is_object(root)) {
            json_decref(root);
            return NGX_ERROR;
        }

        ngx_http_idv_session_cache_keep(session, root);
    }

    cln->handler = ngx_http_idv_claims_free;
    cln->data = root;

    ctx->claims = root;
    ctx->claims_of = session->claims;

    *claims = root;

    return NGX_OK;
}


static void
ngx_http_idv_claims_free(void *data)
{
    json_decref(data);
}


static ngx_uint_t
ngx_http_idv_same_name(const ngx_str_t *name, const char *claim)
{
    u_char  *p, *last;

    p = name->data;
    last = p + name->len;

    for ( ;; ) {

        while (p < last && *p == '_') {
            p++;
        }

        while (*claim == '_') {
            claim++;
        }

        if (p == last || *claim == '\0') {
            return p == last && *claim == '\0';
        }

        if (ngx_tolower(*p) != ngx_tolower(*claim)) {
            return 0;
        }

        p++;
        claim++;
    }
}


/*
 * Printable ASCII as it is but for "%", and "%XX" for every other byte and for
 * a blank at either end, which receivers would drop.  NGX_DECLINED if that is
 * longer than a header may be.
 */

static ngx_int_t
ngx_http_idv_encode(ngx_pool_t *pool, ngx_str_t *value)
{
    u_char      *p, *dst;
    ngx_uint_t   i, n;

    static const char  hex[] = "0123456789ABCDEF";

    n = 0;

    for (i = 0; i < value->len; i++) {
        p = &value->data[i];

        if (*p < 0x20 || *p > 0x7e || *p == '%') {
            n++;

        } else if (*p == ' ' && (i == 0 || i == value->len - 1)) {
            n++;
        }
    }

    if (value->len + 2 * n > NGX_HTTP_IDV_MAX_HEADER) {
        return NGX_DECLINED;
    }

    if (n == 0) {
        return NGX_OK;
    }

    dst = ngx_pnalloc(pool, value->len + 2 * n + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    p = dst;

    for (i = 0; i < value->len; i++) {
        n = value->data[i];

        if (n < 0x20 || n > 0x7e || n == '%'
            || (n == ' ' && (i == 0 || i == value->len - 1)))
        {
            *p++ = '%';
            *p++ = (u_char) hex[n >> 4];
            *p++ = (u_char) hex[n & 0xf];

        } else {
            *p++ = (u_char) n;
        }
    }

    *p = '\0';

    value->data = dst;
    value->len = p - dst;

    return NGX_OK;
}


/*
 * On every request, so it only looks at a header's length until one could be
 * meant.  What a subrequest has was its parent's, and is stripped already.
 */

ngx_int_t
ngx_http_idv_strip_headers(ngx_http_request_t *r)
{
    uint64_t                        lengths;
    ngx_str_t                      *name;
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    const ngx_http_idv_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_idv_module);

    if (scf->managed.nelts == 0 || r != r->main) {
        return NGX_OK;
    }

    lengths = 0;
    name = scf->managed.elts;

    for (i = 0; i < scf->managed.nelts; i++) {
        lengths |= (uint64_t) 1 << (name[i].len & 63);
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if ((lengths >> (h[i].key.len & 63) & 1)
            && ngx_http_idv_managed(&scf->managed, &h[i].key))
        {
            return ngx_http_idv_strip(r, &scf->managed, lengths);
        }
    }
}


/*
 * What backends fold: CGI's environment has one name for X-Name, x_name and,
 * where nginx lets it through, X.Name.
 */

static ngx_uint_t
ngx_http_idv_managed(const ngx_array_t *managed, const ngx_str_t *name)
{
    u_char       c;
    ngx_str_t   *m;
    ngx_uint_t   i, n;

    m = managed->elts;

    for (i = 0; i < managed->nelts; i++) {

        if (m[i].len != name->len) {
            continue;
        }

        for (n = 0; n < name->len; n++) {
            c = ngx_tolower(name->data[n]);

            if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                c = '_';
            }

            if (c != m[i].data[n]) {
                break;
            }
        }

        if (n == name->len) {
            return 1;
        }
    }

    return 0;
}


/*
 * Headers that stay do not move, as others have pointers to them: the list is
 * made anew of parts that show what is left of the old ones.
 */

static ngx_int_t
ngx_http_idv_strip(ngx_http_request_t *r, const ngx_array_t *managed,
    uint64_t lengths)
{
    ngx_uint_t        i, start;
    ngx_list_t       *headers;
    ngx_list_part_t  *part, *last, first;
    ngx_table_elt_t  *h;

    ngx_memzero(&first, sizeof(ngx_list_part_t));

    headers = &r->headers_in.headers;
    last = &first;

    for (part = &headers->part; part; part = part->next) {

        h = part->elts;
        start = 0;

        for (i = 0; i < part->nelts; i++) {

            if (!(lengths >> (h[i].key.len & 63) & 1)
                || !ngx_http_idv_managed(managed, &h[i].key))
            {
                continue;
            }

            ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "idv request header \"%V\" stripped", &h[i].key);

            if (ngx_http_idv_strip_part(r->pool, &last, &h[start], i - start)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            ngx_http_idv_forget(r, &h[i]);

            start = i + 1;
        }

        if (ngx_http_idv_strip_part(r->pool, &last, &h[start], i - start)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (first.nelts == 0) {
        return ngx_list_init(headers, r->pool, 4, sizeof(ngx_table_elt_t));
    }

    headers->part = first;
    headers->last = (last == &first) ? &headers->part : last;

    /* the last part may end before its array: a push must not go on there */

    headers->nalloc = last->nelts;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_strip_part(ngx_pool_t *pool, ngx_list_part_t **last,
    ngx_table_elt_t *elts, ngx_uint_t n)
{
    ngx_list_part_t  *part;

    /* those who walk a list do not expect an empty part after the first */

    if (n == 0) {
        return NGX_OK;
    }

    part = *last;

    if (part->nelts) {
        part = ngx_pcalloc(pool, sizeof(ngx_list_part_t));
        if (part == NULL) {
            return NGX_ERROR;
        }

        (*last)->next = part;
        *last = part;
    }

    part->elts = elts;
    part->nelts = n;

    return NGX_OK;
}


/* the header of a name that nginx knows, and keeps a pointer to */

static void
ngx_http_idv_forget(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    u_char                     *p;
    ngx_http_header_t          *known;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    known = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                          h->key.len);

    if (known && known->offset) {
        p = (u_char *) &r->headers_in + known->offset;
        idv_header_unlink((ngx_table_elt_t **) p, h);
    }

    /* before 1.23.0 cookies and X-Forwarded-For are in arrays */

    ngx_str_set(&h->value, "");
}


ngx_int_t
ngx_http_idv_set_headers(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_http_idv_session_t *session)
{
    ngx_int_t               rc;
    ngx_str_t               value;
    ngx_uint_t              i;
    ngx_http_idv_fact_t    *fact;
    ngx_http_idv_header_t  *header;

    /* an internal redirect comes with those of the location before */

    if (ngx_http_idv_strip_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    header = headers->elts;

    for (i = 0; i < headers->nelts; i++) {

        for (fact = ngx_http_idv_facts; fact->handler; fact++) {
            if (fact->name.len == header[i].claim.len
                && ngx_memcmp(fact->name.data, header[i].claim.data,
                              fact->name.len)
                   == 0)
            {
                break;
            }
        }

        if (fact->handler) {
            rc = fact->handler(r, session, &value);

        } else {
            rc = ngx_http_idv_claim(r, session, &header[i].claim, &value);
        }

        if (rc == NGX_OK) {
            rc = ngx_http_idv_encode(r->pool, &value);

            if (rc == NGX_DECLINED) {
                ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                              "idv: header \"%V\" not set, the value is "
                              "longer than %d bytes", &header[i].name,
                              NGX_HTTP_IDV_MAX_HEADER);
            }
        }

        if (rc == NGX_OK) {
            rc = ngx_http_idv_push_header(r, &header[i].name, &value);
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_push_header(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_str_t *value)
{
    u_char           *lowcase;
    ngx_table_elt_t  *h;

    lowcase = ngx_pnalloc(r->pool, name->len);
    if (lowcase == NULL) {
        return NGX_ERROR;
    }

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(lowcase, name->data, name->len);
    h->key = *name;
    h->value = *value;
    h->lowcase_key = lowcase;
    idv_header_clear_next(h);

    return NGX_OK;
}
