
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "idv_ldap.h"
#include "idv_ldap_tls.h"


static void
idv_ldap_tls_free(void *data)
{
    SSL_CTX_free(data);
}


/*
 * Not the functions of nginx: with one use of them the module could not be
 * loaded where nginx itself is built without TLS.
 */

ngx_int_t
idv_ldap_tls_init(ngx_conf_t *cf, idv_ldap_conf_t *conf)
{
    SSL_CTX             *ctx;
    const char          *file;
    ngx_pool_cleanup_t  *cln;

    file = conf->trusted_certificate.len
           ? (const char *) conf->trusted_certificate.data
           : curl_version_info(CURLVERSION_NOW)->cainfo;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    cln->handler = idv_ldap_tls_free;
    cln->data = ctx;

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                          |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          |SSL_MODE_RELEASE_BUFFERS);

    /* an intermediate certificate may be an anchor, as for providers */

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1
        || file == NULL
        || SSL_CTX_load_verify_locations(ctx, file, NULL) != 1
        || X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx),
                                X509_V_FLAG_PARTIAL_CHAIN)
           != 1)
    {
        ERR_clear_error();

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "certificates to trust cannot be loaded from "
                           "\"%s\", a file in PEM format is needed",
                           file ? file : "");
        return NGX_ERROR;
    }

    ERR_clear_error();

    conf->tls = ctx;

    return NGX_OK;
}


SSL *
idv_ldap_tls_new(SSL_CTX *ctx, ngx_socket_t fd, const char *host,
    ngx_uint_t address)
{
    SSL  *ssl;
    int   rc;

    ssl = SSL_new(ctx);
    if (ssl == NULL) {
        ERR_clear_error();
        return NULL;
    }

    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (address) {
        rc = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);

    } else {
        rc = SSL_set1_host(ssl, host) == 1
             && SSL_set_tlsext_host_name(ssl, (char *) host) == 1;
    }

    if (rc != 1 || SSL_set_fd(ssl, fd) != 1) {
        ERR_clear_error();
        SSL_free(ssl);
        return NULL;
    }

    SSL_set_connect_state(ssl);

    return ssl;
}


/* what OpenSSL waits for: NGX_AGAIN, 0 at the end, or NGX_ERROR */

static ssize_t
idv_ldap_tls_wait(SSL *ssl, ngx_connection_t *c, int rc)
{
    switch (SSL_get_error(ssl, rc)) {

    case SSL_ERROR_WANT_READ:
        c->read->ready = 0;
        return ngx_handle_read_event(c->read, 0) == NGX_OK ? NGX_AGAIN
                                                           : NGX_ERROR;

    case SSL_ERROR_WANT_WRITE:
        c->write->ready = 0;
        return ngx_handle_write_event(c->write, 0) == NGX_OK ? NGX_AGAIN
                                                             : NGX_ERROR;

    case SSL_ERROR_ZERO_RETURN:
        return 0;

    default:
        return NGX_ERROR;
    }
}


ngx_int_t
idv_ldap_tls_handshake(SSL *ssl, ngx_connection_t *c, const char **why)
{
    int        rc;
    long       verified;
    ngx_int_t  wait;

    ERR_clear_error();

    rc = SSL_do_handshake(ssl);

    if (rc == 1) {
        return NGX_OK;
    }

    wait = idv_ldap_tls_wait(ssl, c, rc);

    if (wait == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    verified = SSL_get_verify_result(ssl);

    *why = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
                                 : ERR_reason_error_string(ERR_peek_error());

    if (*why == NULL) {
        *why = "the connection was closed";
    }

    ERR_clear_error();

    return NGX_ERROR;
}


ssize_t
idv_ldap_tls_recv(SSL *ssl, ngx_connection_t *c, u_char *buf, size_t size)
{
    int      n;
    ssize_t  rc;

    ERR_clear_error();

    n = SSL_read(ssl, buf, (int) size);

    if (n > 0) {
        return n;
    }

    rc = idv_ldap_tls_wait(ssl, c, n);

    ERR_clear_error();

    return rc;
}


ssize_t
idv_ldap_tls_send(SSL *ssl, ngx_connection_t *c, u_char *buf, size_t size)
{
    int      n;
    ssize_t  rc;

    ERR_clear_error();

    n = SSL_write(ssl, buf, (int) size);

    if (n > 0) {
        return n;
    }

    rc = idv_ldap_tls_wait(ssl, c, n);

    ERR_clear_error();

    return rc == 0 ? NGX_ERROR : rc;
}
