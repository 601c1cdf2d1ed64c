
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "idv_transfer_job.h"


/* below what servers and balancers wait: commonly 60 s and more */
#define IDV_TRANSFER_MAX_AGE  20     /* seconds idle */


typedef struct {
    CURLoption                option;
    long                      value;
} idv_transfer_long_t;


typedef struct {
    CURLoption                option;
    const char               *value;
} idv_transfer_string_t;


static ngx_int_t idv_transfer_check(idv_transfer_t *t);
static ngx_int_t idv_transfer_set_common(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_set_peer(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_set_trust(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_set_request(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_set_headers(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_add_header(idv_transfer_job_t *job,
    const char *header);


static const idv_transfer_long_t  idv_transfer_longs[] = {

    { CURLOPT_NOSIGNAL, 1 },

    /* a lookup that is given up is left to its thread, never waited for */
    { CURLOPT_QUICK_EXIT, 1 },

    { CURLOPT_FOLLOWLOCATION, 0 },
    { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    { CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
    { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    { CURLOPT_HTTP09_ALLOWED, 0 },

    { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
    { CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },

    { CURLOPT_MAXAGE_CONN, IDV_TRANSFER_MAX_AGE },

    { CURLOPT_NOPROGRESS, 0 }
};


static const idv_transfer_string_t  idv_transfer_strings[] = {
    { CURLOPT_PROTOCOLS_STR, "http,https" },
    { CURLOPT_USERAGENT, "nginx-idv" },

    /* "": what the environment says of hosts without proxy is not asked */
    { CURLOPT_NOPROXY, "" }
};


/* sent with every request; "Expect:" keeps libcurl from adding one */

static const char  *idv_transfer_fixed_headers[] = {
    "Accept-Encoding: identity",
    "Expect:"
};


ngx_int_t
idv_transfer_request(idv_transfer_job_t *job)
{
    if (idv_transfer_check(job->transfer) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, job->transfer->log, 0,
                      "idv: malformed method or header of a transfer");
        return NGX_ERROR;
    }

    job->easy = curl_easy_init();
    if (job->easy == NULL) {
        return NGX_ERROR;
    }

    if (idv_transfer_set_common(job) != NGX_OK
        || idv_transfer_set_peer(job) != NGX_OK
        || (job->transfer->mail
            ? idv_transfer_mail(job) != NGX_OK
            : (idv_transfer_set_request(job) != NGX_OK
               || idv_transfer_set_headers(job) != NGX_OK))
        || idv_transfer_listen(job) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, job->transfer->log, 0,
                      "idv: libcurl refused an option of a transfer");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* what would let a caller's value end a line of the request */

static ngx_int_t
idv_transfer_check(idv_transfer_t *t)
{
    size_t       n;
    ngx_uint_t   i;
    ngx_str_t   *header;

    if (t->mail) {
        return idv_transfer_mail_check(t);
    }

    if (t->nheaders > IDV_TRANSFER_MAX_HEADERS || t->method.len == 0) {
        return NGX_ERROR;
    }

    for (n = 0; n < t->method.len; n++) {
        if (t->method.data[n] < 'A' || t->method.data[n] > 'Z') {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < t->nheaders; i++) {
        header = &t->headers[i];

        for (n = 0; n < header->len; n++) {
            if (header->data[n] < 0x20 || header->data[n] == 0x7f) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_transfer_set_common(idv_transfer_job_t *job)
{
    CURL        *easy;
    ngx_uint_t   i;

    easy = job->easy;

    for (i = 0;
         i < sizeof(idv_transfer_longs) / sizeof(idv_transfer_long_t);
         i++)
    {
        if (!idv_transfer_set(easy, idv_transfer_longs[i].option,
                              idv_transfer_longs[i].value))
        {
            return NGX_ERROR;
        }
    }

    for (i = 0;
         i < sizeof(idv_transfer_strings) / sizeof(idv_transfer_string_t);
         i++)
    {
        if (!idv_transfer_set(easy, idv_transfer_strings[i].option,
                              idv_transfer_strings[i].value))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_transfer_set_peer(idv_transfer_job_t *job)
{
    CURL                       *easy;
    const char                 *proxy;
    const idv_transfer_conf_t  *conf;

    easy = job->easy;
    conf = job->transfer->conf;

    /*
     * A libcurl without HTTP/2 refuses it, and then has HTTP/1.1 only; so has
     * what comes in pieces: a stream that is stopped goes on filling memory.
     */

    (void) idv_transfer_set(easy, CURLOPT_HTTP_VERSION,
                            (long) (job->transfer->window
                                    ? CURL_HTTP_VERSION_1_1
                                    : CURL_HTTP_VERSION_2TLS));

    proxy = conf->proxy.len ? (const char *) conf->proxy.data : "";

    if (!idv_transfer_set(easy, CURLOPT_PROXY, proxy)
        || !idv_transfer_set(easy, CURLOPT_SSL_VERIFYPEER,
                             conf->verify ? 1L : 0L)
        || !idv_transfer_set(easy, CURLOPT_SSL_VERIFYHOST,
                             conf->verify ? 2L : 0L)
        || !idv_transfer_set(easy, CURLOPT_CONNECTTIMEOUT_MS,
                             (long) conf->connect_timeout)
        || !idv_transfer_set(easy, CURLOPT_MAXFILESIZE_LARGE,
                             (curl_off_t) conf->max_body))
    {
        return NGX_ERROR;
    }

    return idv_transfer_set_trust(job);
}


static ngx_int_t
idv_transfer_set_trust(idv_transfer_job_t *job)
{
    ngx_int_t                   rc;
    const char                 *cafile;
    const idv_transfer_conf_t  *conf;

    conf = job->transfer->conf;

    rc = idv_transfer_trust(job);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    cafile = NULL;

    if (conf->trusted_certificate.len) {
        cafile = (const char *) conf->trusted_certificate.data;

        if (!idv_transfer_set(job->easy, CURLOPT_CAINFO, cafile)) {
            return NGX_ERROR;
        }

    } else {
        (void) curl_easy_getinfo(job->easy, CURLINFO_CAINFO, &cafile);
    }

    /*
     * The system's directory is dropped where there is a file: with it libcurl
     * reads the file anew for each connection, and a file of the operator's
     * would not be all that is trusted.
     */

    if (cafile && !idv_transfer_set(job->easy, CURLOPT_CAPATH, NULL)) {
        return NGX_ERROR;
    }

    return idv_transfer_set(job->easy, CURLOPT_CA_CACHE_TIMEOUT, -1L)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
idv_transfer_set_request(idv_transfer_job_t *job)
{
    CURL            *easy;
    ngx_uint_t       body, secure;
    idv_transfer_t  *t;

    easy = job->easy;
    t = job->transfer;

    /* POST, PUT and PATCH say how long their body is even if it is empty */

    body = (t->body.len != 0 || t->method.data[0] == 'P');

    if (!idv_transfer_set(easy, CURLOPT_URL, (char *) t->url.data)) {
        return NGX_ERROR;
    }

    /* copied, so that no way of ending a transfer leaves libcurl with it */

    if (body
        && (!idv_transfer_set(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t) t->body.len)
            || !idv_transfer_set(easy, CURLOPT_COPYPOSTFIELDS,
                                 t->body.len ? (char *) t->body.data : "")))
    {
        return NGX_ERROR;
    }

    if (ngx_strcmp(t->method.data, "HEAD") == 0
        && !idv_transfer_set(easy, CURLOPT_NOBODY, 1L))
    {
        return NGX_ERROR;
    }

    if (!idv_transfer_set(easy, CURLOPT_CUSTOMREQUEST,
                          (char *) t->method.data))
    {
        return NGX_ERROR;
    }

    /*
     * libcurl sends a request again, by itself, when a connection that it
     * reused dies before an answer.
     */

    if (t->creates) {
        return idv_transfer_set(easy, CURLOPT_FRESH_CONNECT, 1L) ? NGX_OK
                                                                 : NGX_ERROR;
    }

    /* rather one stream more than one connection more, where HTTP/2 may be */

    secure = (ngx_strncasecmp(t->url.data, (u_char *) "https:", 6) == 0);

    return idv_transfer_set(easy, CURLOPT_PIPEWAIT, (long) secure) ? NGX_OK
                                                                   : NGX_ERROR;
}


static ngx_int_t
idv_transfer_set_headers(idv_transfer_job_t *job)
{
    ngx_uint_t       i;
    idv_transfer_t  *t;

    t = job->transfer;

    for (i = 0; i < sizeof(idv_transfer_fixed_headers) / sizeof(char *); i++) {
        if (idv_transfer_add_header(job, idv_transfer_fixed_headers[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < t->nheaders; i++) {
        if (idv_transfer_add_header(job, (char *) t->headers[i].data)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return idv_transfer_set(job->easy, CURLOPT_HTTPHEADER, job->headers)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
idv_transfer_add_header(idv_transfer_job_t *job, const char *header)
{
    struct curl_slist  *list;

    list = curl_slist_append(job->headers, header);
    if (list == NULL) {
        return NGX_ERROR;
    }

    job->headers = list;

    return NGX_OK;
}
