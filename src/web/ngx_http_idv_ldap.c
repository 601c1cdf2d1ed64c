
/*
 * Copyright (C) nginx-idv authors
 *
 * Lookups of a request's user.  nginx evaluates variables at once, so whoever
 * needs what the directory knows asks first and waits: the request is suspended
 * in the pre-content phase, which goes on when the answer is there.
 */


#include "ngx_http_idv_web.h"


/* of one lookup, from the request's pool */

typedef struct {
    ngx_http_request_t         *request;     /* NULL: nothing waits for it */
    idv_directory_lookup_t      lookup;
    unsigned                    done:1;
} ngx_http_idv_look_t;


static ngx_int_t ngx_http_idv_ldap_user(ngx_http_request_t *r,
    const ngx_http_idv_loc_conf_t *lcf, ngx_str_t *user);
static ngx_int_t ngx_http_idv_ldap_wait(ngx_http_request_t *r,
    ngx_http_idv_look_t *look);
static void ngx_http_idv_ldap_done(idv_directory_lookup_t *lookup);
static void ngx_http_idv_ldap_gone(void *data);


ngx_int_t
ngx_http_idv_ldap(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                       user;
    ngx_http_idv_ctx_t             *ctx;
    ngx_http_idv_look_t            *look;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (lcf->directory == NULL) {
        return NGX_OK;
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_idv_ldap_user(r, lcf, &user);

    if (rc != NGX_OK) {
        ctx->look = NULL;
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    look = ctx->look;

    if (look && !look->done) {
        return NGX_AGAIN;
    }

    if (look == NULL || look->lookup.directory != lcf->directory
        || look->lookup.user.len != user.len
        || ngx_memcmp(look->lookup.user.data, user.data, user.len) != 0)
    {
        look = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_look_t));
        if (look == NULL) {
            return NGX_ERROR;
        }

        look->lookup.directory = lcf->directory;
        look->lookup.user = user;
        look->lookup.pool = r->pool;
        look->lookup.handler = ngx_http_idv_ldap_done;
        look->lookup.data = look;

        rc = idv_directory_lookup(&look->lookup);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        ctx->look = look;

        if (rc == NGX_AGAIN) {
            return ngx_http_idv_ldap_wait(r, look);
        }

        look->done = 1;
    }

    return NGX_OK;
}


/* whom to look up; NGX_DECLINED: nobody */

static ngx_int_t
ngx_http_idv_ldap_user(ngx_http_request_t *r,
    const ngx_http_idv_loc_conf_t *lcf, ngx_str_t *user)
{
    ngx_int_t              rc;
    ngx_http_idv_client_t  client;

    if (lcf->directory_user) {

        if (ngx_http_idv_value(r, lcf->directory_user, user) != NGX_OK) {
            return NGX_ERROR;
        }

        return user->len ? NGX_OK : NGX_DECLINED;
    }

    rc = ngx_http_idv_subject(r, &client);
    *user = client.subject;

    return rc;
}


static ngx_int_t
ngx_http_idv_ldap_wait(ngx_http_request_t *r, ngx_http_idv_look_t *look)
{
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(r, 0);

    if (cln == NULL) {
        idv_directory_cancel(&look->lookup);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_idv_ldap_gone;
    cln->data = look;

    look->request = r;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_idv_ldap_gone(look);
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_http_idv_ldap_done(idv_directory_lookup_t *lookup)
{
    ngx_http_idv_look_t *look = lookup->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = look->request;
    look->request = NULL;
    look->done = 1;

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_idv_ldap_gone(void *data)
{
    ngx_http_idv_look_t *look = data;

    if (look->request) {
        look->request = NULL;
        idv_directory_cancel(&look->lookup);
    }
}


ngx_uint_t
ngx_http_idv_ldap_blocks(ngx_http_request_t *r, ngx_http_idv_error_e *error)
{
    idv_ldap_result_e               result;
    ngx_http_idv_ctx_t             *ctx;
    ngx_http_idv_look_t            *look;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);
    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);
    look = ctx ? ctx->look : NULL;

    /* an internal redirect may have left a location that had looked */

    if (look == NULL || look->lookup.directory != lcf->directory) {
        return 0;
    }

    result = look->lookup.result;

    if (!(lcf->directory->block & (1 << result))) {
        return 0;
    }

    *error = (result == IDV_LDAP_NOT_FOUND || result == IDV_LDAP_AMBIGUOUS)
             ? NGX_HTTP_IDV_NO_ENTRY : NGX_HTTP_IDV_DIRECTORY;

    return 1;
}


ngx_int_t
ngx_http_idv_variable_ldap(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    u_char                           *text;
    size_t                            len;
    ngx_str_t                        *value;
    ngx_uint_t                        i;
    ngx_http_idv_ctx_t               *ctx;
    ngx_http_idv_look_t              *look;
    const idv_directory_t            *directory;
    const idv_directory_attribute_t  *attribute;

    v->not_found = 1;

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    look = ctx->look;

    if (look == NULL || !look->done) {
        return NGX_OK;
    }

    text = name->data + sizeof("idv_ldap_") - 1;
    len = name->len - (sizeof("idv_ldap_") - 1);

    directory = look->lookup.directory;

    for (i = 0; i < directory->ldap.nattributes; i++) {
        attribute = &directory->attributes[i];
        value = &look->lookup.values[i];

        if (attribute->variable.len == len
            && ngx_memcmp(attribute->variable.data, text, len) == 0
            && value->len)
        {
            v->data = value->data;
            v->len = value->len;
            v->valid = 1;
            v->no_cacheable = 0;
            v->not_found = 0;
            break;
        }
    }

    return NGX_OK;
}
