
/*
 * Copyright (C) nginx-idv authors
 *
 * Who calls the connector: the owner of a bearer key (RFC 6750) or of a client
 * certificate that nginx has verified.
 */


#include "ngx_http_idv_connector.h"
#include "../util/idv_crypto.h"

#if (NGX_HTTP_SSL)
#include <openssl/err.h>
#include <openssl/x509.h>
#endif


#define NGX_HTTP_IDV_MIN_KEY  32         /* what is shorter can be guessed */
#define NGX_HTTP_IDV_MAX_KEY  512


static ngx_int_t ngx_http_idv_caller_key(ngx_http_request_t *r, u_char *hash);
static ngx_int_t ngx_http_idv_caller_certificate(ngx_http_request_t *r,
    u_char *hash);


ngx_int_t
ngx_http_idv_caller(ngx_http_request_t *r,
    const ngx_http_idv_connector_conf_t *conf,
    const ngx_http_idv_caller_t **found)
{
    u_char                        hash[2][IDV_HASH_LEN];
    ngx_int_t                     known[2];
    ngx_uint_t                    i;
    const ngx_http_idv_caller_t  *caller;

    known[0] = ngx_http_idv_caller_key(r, hash[0]);
    known[1] = ngx_http_idv_caller_certificate(r, hash[1]);

    if (known[0] == NGX_ERROR || known[1] == NGX_ERROR) {
        return NGX_ERROR;
    }

    caller = conf->callers->elts;
    *found = NULL;

    for (i = 0; i < conf->callers->nelts; i++) {

        if (known[caller[i].certificate] == NGX_OK
            && idv_equal(caller[i].hash, hash[caller[i].certificate],
                         IDV_HASH_LEN))
        {
            *found = &caller[i];
        }
    }

    return *found ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_idv_caller_key(ngx_http_request_t *r, u_char *hash)
{
    ngx_str_t  value;

    static const size_t  scheme = sizeof("Bearer ") - 1;

    if (r->headers_in.authorization == NULL) {
        return NGX_DECLINED;
    }

    value = r->headers_in.authorization->value;

    if (value.len <= scheme
        || ngx_strncasecmp(value.data, (u_char *) "Bearer ", scheme) != 0)
    {
        return NGX_DECLINED;
    }

    value.data += scheme;
    value.len -= scheme;

    if (value.len < NGX_HTTP_IDV_MIN_KEY || value.len > NGX_HTTP_IDV_MAX_KEY) {
        return NGX_DECLINED;
    }

    return idv_digest(hash, value.data, value.len);
}


#if (NGX_HTTP_SSL)

static ngx_int_t
ngx_http_idv_caller_certificate(ngx_http_request_t *r, u_char *hash)
{
    X509          *cert;
    ngx_int_t      rc;
    unsigned int   len;

    if (r->connection->ssl == NULL) {
        return NGX_DECLINED;
    }

    cert = SSL_get1_peer_certificate(r->connection->ssl->connection);
    if (cert == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;
    len = IDV_HASH_LEN;

    /* optional_no_ca lets any certificate through, and says so here */

    if (SSL_get_verify_result(r->connection->ssl->connection) == X509_V_OK) {
        rc = X509_digest(cert, EVP_sha256(), hash, &len) == 1 ? NGX_OK
                                                              : NGX_ERROR;
    }

    X509_free(cert);
    ERR_clear_error();

    return rc;
}

#else

static ngx_int_t
ngx_http_idv_caller_certificate(ngx_http_request_t *r, u_char *hash)
{
    return NGX_DECLINED;
}

#endif
