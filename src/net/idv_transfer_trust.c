
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "idv_transfer_job.h"


/*
 * Left to libcurl, a worker would read and parse some hundred certificates in
 * the middle of a request: 50 ms for the bundle of Debian 12.  And it would do
 * so as the user of workers, who may not read what the operator's user may.
 */


static ngx_uint_t idv_transfer_trust_usable(void);
static X509_STORE *idv_transfer_trust_load(const char *file);
static void idv_transfer_trust_free(void *data);
static CURLcode idv_transfer_trust_callback(CURL *easy, void *ssl_ctx,
    void *data);


ngx_int_t
idv_transfer_conf_init(ngx_conf_t *cf, idv_transfer_conf_t *conf)
{
    X509_STORE          *store;
    const char          *file;
    ngx_pool_cleanup_t  *cln;

    if (!conf->verify || !idv_transfer_trust_usable()) {
        return NGX_OK;
    }

    file = conf->trusted_certificate.len
           ? (const char *) conf->trusted_certificate.data
           : curl_version_info(CURLVERSION_NOW)->cainfo;

    if (file == NULL) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    store = idv_transfer_trust_load(file);

    if (store == NULL) {
        if (conf->trusted_certificate.len == 0) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "the system's certificates in \"%s\" cannot be "
                               "loaded: no server will be trusted", file);
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "certificates to trust cannot be loaded from "
                           "\"%s\", a file in PEM format is needed", file);
        return NGX_ERROR;
    }

    cln->handler = idv_transfer_trust_free;
    cln->data = store;

    conf->trust = store;

    return NGX_OK;
}


/* libcurl must have the very OpenSSL that this module has */

static ngx_uint_t
idv_transfer_trust_usable(void)
{
    const char              *ours;
    curl_version_info_data  *info;

    static const char  name[] = "OpenSSL/";

    info = curl_version_info(CURLVERSION_NOW);
    ours = OpenSSL_version(OPENSSL_VERSION_STRING);

    return info->ssl_version != NULL
           && ngx_strncmp(info->ssl_version, name, sizeof(name) - 1) == 0
           && ngx_strcmp(info->ssl_version + sizeof(name) - 1, ours) == 0;
}


static X509_STORE *
idv_transfer_trust_load(const char *file)
{
    X509_STORE  *store;

    store = X509_STORE_new();

    /* as libcurl does: an intermediate certificate may be an anchor */

    if (store
        && (X509_STORE_load_locations(store, file, NULL) != 1
            || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1))
    {
        X509_STORE_free(store);
        store = NULL;
    }

    ERR_clear_error();

    return store;
}


static void
idv_transfer_trust_free(void *data)
{
    X509_STORE_free(data);
}


ngx_int_t
idv_transfer_trust(idv_transfer_job_t *job)
{
    CURL                       *easy;
    const idv_transfer_conf_t  *conf;

    easy = job->easy;
    conf = job->transfer->conf;

    /* the callback could not tell the TLS of a proxy from the peer's */

    if (conf->trust == NULL
        || (conf->proxy.len > 6
            && ngx_strncasecmp(conf->proxy.data, (u_char *) "https:", 6) == 0))
    {
        return NGX_DECLINED;
    }

    if (!idv_transfer_set(easy, CURLOPT_CAINFO, NULL)
        || !idv_transfer_set(easy, CURLOPT_CAPATH, NULL)
        || !idv_transfer_set(easy, CURLOPT_SSL_CTX_FUNCTION,
                             idv_transfer_trust_callback)
        || !idv_transfer_set(easy, CURLOPT_SSL_CTX_DATA, conf->trust))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static CURLcode
idv_transfer_trust_callback(CURL *easy, void *ssl_ctx, void *data)
{
    SSL_CTX_set1_cert_store(ssl_ctx, data);

    return CURLE_OK;
}
