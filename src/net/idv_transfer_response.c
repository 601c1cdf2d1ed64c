
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "idv_transfer_job.h"


#define IDV_TRANSFER_BODY_SIZE        4096     /* first allocation */
#define IDV_TRANSFER_MAX_RETRY_AFTER  3600     /* seconds */


typedef struct {
    CURLcode                  code;
    idv_transfer_result_e     result;
} idv_transfer_code_t;


typedef struct {
    ngx_str_t                 name;
    void                    (*handler)(idv_transfer_job_t *job,
                                       ngx_str_t *value);
} idv_transfer_header_t;


static int idv_transfer_prereq(void *data, char *peer, char *local,
    int peer_port, int local_port);
static int idv_transfer_progress(void *data, curl_off_t dltotal,
    curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow);
static size_t idv_transfer_header(char *line, size_t size, size_t n,
    void *data);
static void idv_transfer_parse_header(idv_transfer_job_t *job, u_char *line,
    size_t len);
static void idv_transfer_headers_end(idv_transfer_job_t *job);
static void idv_transfer_keep(idv_transfer_job_t *job, u_char *name,
    size_t len, ngx_str_t *value);
static void idv_transfer_content_type(idv_transfer_job_t *job,
    ngx_str_t *value);
static void idv_transfer_retry_after(idv_transfer_job_t *job,
    ngx_str_t *value);
static size_t idv_transfer_body(char *bytes, size_t size, size_t n,
    void *data);
static size_t idv_transfer_piece(idv_transfer_job_t *job, char *bytes,
    size_t len);
static ngx_int_t idv_transfer_grow(idv_transfer_job_t *job, size_t need);


static const idv_transfer_header_t  idv_transfer_response_headers[] = {
    { ngx_string("content-type"), idv_transfer_content_type },
    { ngx_string("retry-after"), idv_transfer_retry_after }
};


/* what is not listed is IDV_TRANSFER_INTERNAL */

static const idv_transfer_code_t  idv_transfer_codes[] = {
    { CURLE_OK,                       IDV_TRANSFER_OK },

    { CURLE_COULDNT_RESOLVE_HOST,     IDV_TRANSFER_RESOLVE },
    { CURLE_COULDNT_RESOLVE_PROXY,    IDV_TRANSFER_RESOLVE },

    { CURLE_COULDNT_CONNECT,          IDV_TRANSFER_CONNECT },
    { CURLE_INTERFACE_FAILED,         IDV_TRANSFER_CONNECT },
    { CURLE_PROXY,                    IDV_TRANSFER_CONNECT },

    { CURLE_SSL_CONNECT_ERROR,        IDV_TRANSFER_TLS },
    { CURLE_PEER_FAILED_VERIFICATION, IDV_TRANSFER_TLS },
    { CURLE_SSL_CACERT_BADFILE,       IDV_TRANSFER_TLS },
    { CURLE_SSL_CERTPROBLEM,          IDV_TRANSFER_TLS },
    { CURLE_SSL_CIPHER,               IDV_TRANSFER_TLS },
    { CURLE_SSL_CRL_BADFILE,          IDV_TRANSFER_TLS },
    { CURLE_SSL_ISSUER_ERROR,         IDV_TRANSFER_TLS },
    { CURLE_SSL_INVALIDCERTSTATUS,    IDV_TRANSFER_TLS },
    { CURLE_USE_SSL_FAILED,           IDV_TRANSFER_TLS },

    { CURLE_OPERATION_TIMEDOUT,       IDV_TRANSFER_TIMEOUT },

    { CURLE_GOT_NOTHING,              IDV_TRANSFER_RESET },
    { CURLE_PARTIAL_FILE,             IDV_TRANSFER_RESET },
    { CURLE_RECV_ERROR,               IDV_TRANSFER_RESET },
    { CURLE_SEND_ERROR,               IDV_TRANSFER_RESET },
    { CURLE_SEND_FAIL_REWIND,         IDV_TRANSFER_RESET },
    { CURLE_HTTP2,                    IDV_TRANSFER_RESET },
    { CURLE_HTTP2_STREAM,             IDV_TRANSFER_RESET },
    { CURLE_SSL_SHUTDOWN_FAILED,      IDV_TRANSFER_RESET },

    { CURLE_FILESIZE_EXCEEDED,        IDV_TRANSFER_TOO_LARGE },
#if (LIBCURL_VERSION_NUM >= 0x080600)
    { CURLE_TOO_LARGE,                IDV_TRANSFER_TOO_LARGE },
#endif

    { CURLE_UNSUPPORTED_PROTOCOL,     IDV_TRANSFER_PROTOCOL },
    { CURLE_URL_MALFORMAT,            IDV_TRANSFER_PROTOCOL },
    { CURLE_WEIRD_SERVER_REPLY,       IDV_TRANSFER_PROTOCOL },
    { CURLE_BAD_CONTENT_ENCODING,     IDV_TRANSFER_PROTOCOL },
    { CURLE_LOGIN_DENIED,             IDV_TRANSFER_PROTOCOL }
};


ngx_int_t
idv_transfer_listen(idv_transfer_job_t *job)
{
    CURL  *easy;

    easy = job->easy;

    if (!idv_transfer_set(easy, CURLOPT_PRIVATE, job)
        || !idv_transfer_set(easy, CURLOPT_ERRORBUFFER, job->error)
        || !idv_transfer_set(easy, CURLOPT_PREREQFUNCTION, idv_transfer_prereq)
        || !idv_transfer_set(easy, CURLOPT_PREREQDATA, job)
        || !idv_transfer_set(easy, CURLOPT_XFERINFOFUNCTION,
                             idv_transfer_progress)
        || !idv_transfer_set(easy, CURLOPT_XFERINFODATA, job)
        || !idv_transfer_set(easy, CURLOPT_HEADERFUNCTION, idv_transfer_header)
        || !idv_transfer_set(easy, CURLOPT_HEADERDATA, job)
        || !idv_transfer_set(easy, CURLOPT_WRITEFUNCTION, idv_transfer_body)
        || !idv_transfer_set(easy, CURLOPT_WRITEDATA, job))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Called when a connection is there and the request is about to be sent.  Twice
 * means that libcurl is about to send it again.
 */

static int
idv_transfer_prereq(void *data, char *peer, char *local, int peer_port,
    int local_port)
{
    idv_transfer_job_t *job = data;

    if (job->transfer == NULL) {
        return CURL_PREREQFUNC_ABORT;
    }

    if (job->sent && job->transfer->creates) {
        job->replayed = 1;
        return CURL_PREREQFUNC_ABORT;
    }

    job->sent = 1;
    job->active = ngx_current_msec;

    return CURL_PREREQFUNC_OK;
}


static int
idv_transfer_progress(void *data, curl_off_t dltotal, curl_off_t dlnow,
    curl_off_t ultotal, curl_off_t ulnow)
{
    idv_transfer_job_t *job = data;

    if (ulnow != job->uploaded) {
        job->uploaded = ulnow;
        job->active = ngx_current_msec;
    }

    return job->transfer == NULL;
}


/* One line, complete; of interim answers, the final one, and trailers. */

static size_t
idv_transfer_header(char *line, size_t size, size_t n, void *data)
{
    u_char              *p;
    size_t               len;
    idv_transfer_t      *t;
    idv_transfer_job_t  *job;

    job = data;
    t = job->transfer;
    p = (u_char *) line;
    len = size * n;

    if (t == NULL) {
        return 0;
    }

    job->active = ngx_current_msec;

    if (len > t->conf->max_header - job->header_bytes
        || job->header_lines == IDV_TRANSFER_MAX_LINES)
    {
        job->too_large = 1;

        if (t->mail) {
            idv_multi_deafen(job->easy);
        }

        return 0;
    }

    job->header_bytes += len;
    job->header_lines++;

    if (t->mail) {
        idv_transfer_mail_reply(job, p, len);
        return len;
    }

    if (len >= 5 && ngx_strncmp(p, "HTTP/", 5) == 0) {

        /* only the last answer counts */

        job->headers_end = 0;
        t->retry_after = -1;
        ngx_str_null(&t->content_type);
        ngx_memzero(t->kept, sizeof(t->kept));

        return len;
    }

    if (p[0] == CR || p[0] == LF) {
        idv_transfer_headers_end(job);
        return len;
    }

    if (!job->headers_end) {
        idv_transfer_parse_header(job, p, len);
    }

    return job->no_memory ? 0 : len;
}


static void
idv_transfer_parse_header(idv_transfer_job_t *job, u_char *line, size_t len)
{
    u_char                       *p, *last;
    ngx_str_t                     value;
    ngx_uint_t                    i;
    const idv_transfer_header_t  *h;

    last = line + len;

    p = ngx_strlchr(line, last, ':');
    if (p == NULL) {
        return;
    }

    len = p++ - line;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (last > p && (last[-1] == LF || last[-1] == CR || last[-1] == ' '
                        || last[-1] == '\t'))
    {
        last--;
    }

    value.data = p;
    value.len = last - p;

    idv_transfer_keep(job, line, len, &value);

    for (i = 0;
         i < sizeof(idv_transfer_response_headers)
             / sizeof(idv_transfer_header_t);
         i++)
    {
        h = &idv_transfer_response_headers[i];

        if (h->name.len == len
            && ngx_strncasecmp(h->name.data, line, len) == 0)
        {
            h->handler(job, &value);
            return;
        }
    }
}


static void
idv_transfer_headers_end(idv_transfer_job_t *job)
{
    long             status;
    idv_transfer_t  *t;

    job->headers_end = 1;

    t = job->transfer;
    status = 0;

    if (t->window) {
        (void) curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);

        t->status = (ngx_uint_t) status;
        job->streams = (status >= 200 && status < 300);
    }
}


static void
idv_transfer_keep(idv_transfer_job_t *job, u_char *name, size_t len,
    ngx_str_t *value)
{
    ngx_uint_t       i;
    idv_transfer_t  *t;

    t = job->transfer;

    for (i = 0; t->keep && t->keep[i] && i < IDV_TRANSFER_MAX_KEPT; i++) {

        if (ngx_strlen(t->keep[i]) != len
            || ngx_strncasecmp((u_char *) t->keep[i], name, len) != 0)
        {
            continue;
        }

        t->kept[i].data = ngx_pstrdup(t->pool, value);

        if (t->kept[i].data == NULL) {
            job->no_memory = 1;
            return;
        }

        t->kept[i].len = value->len;
    }
}


static void
idv_transfer_content_type(idv_transfer_job_t *job, ngx_str_t *value)
{
    idv_transfer_t  *t;

    t = job->transfer;

    t->content_type.data = ngx_pstrdup(t->pool, value);

    if (t->content_type.data == NULL) {
        job->no_memory = 1;
        return;
    }

    t->content_type.len = value->len;
}


/*
 * RFC 9110, 10.2.3: seconds or a date.  Anything else is as good as none; what
 * a server may ask for is bounded, and more digits than a number has ask for
 * the bound.
 */

static void
idv_transfer_retry_after(idv_transfer_job_t *job, ngx_str_t *value)
{
    size_t      n;
    time_t      date;
    ngx_int_t   seconds;

    for (n = 0; n < value->len; n++) {
        if (value->data[n] < '0' || value->data[n] > '9') {
            break;
        }
    }

    if (value->len == 0) {
        return;
    }

    if (n == value->len) {
        seconds = ngx_atoi(value->data, value->len);

        if (seconds == NGX_ERROR) {
            seconds = IDV_TRANSFER_MAX_RETRY_AFTER;
        }

    } else {
        date = ngx_parse_http_time(value->data, value->len);

        if (date == NGX_ERROR) {
            return;
        }

        seconds = ngx_max(date - ngx_time(), 0);
    }

    job->transfer->retry_after = ngx_min(seconds, IDV_TRANSFER_MAX_RETRY_AFTER);
}


static size_t
idv_transfer_body(char *bytes, size_t size, size_t n, void *data)
{
    size_t               len;
    ngx_str_t           *response;
    idv_transfer_job_t  *job;

    job = data;
    len = size * n;

    if (job->transfer == NULL) {
        return 0;
    }

    job->active = ngx_current_msec;

    if (job->streams) {
        return idv_transfer_piece(job, bytes, len);
    }

    response = &job->transfer->response;

    if (len > job->transfer->conf->max_body - response->len) {
        job->too_large = 1;
        return 0;
    }

    if (len > job->body_size - response->len
        && idv_transfer_grow(job, response->len + len) != NGX_OK)
    {
        job->no_memory = 1;
        return 0;
    }

    if (len) {
        ngx_memcpy(response->data + response->len, bytes, len);
        response->len += len;
    }

    return len;
}


/*
 * What has no room any more is left to libcurl, which stops to read: it is
 * offered again when the caller has taken what is there.
 */

static size_t
idv_transfer_piece(idv_transfer_job_t *job, char *bytes, size_t len)
{
    idv_transfer_t  *t;

    t = job->transfer;

    if (len > t->conf->max_body - job->streamed) {
        job->too_large = 1;
        return 0;
    }

    if (job->body_size == 0) {
        job->body_size = ngx_max(t->window, IDV_TRANSFER_MIN_WINDOW);
        t->response.data = ngx_pnalloc(t->pool, job->body_size);

        if (t->response.data == NULL) {
            job->body_size = 0;
            job->no_memory = 1;
            return 0;
        }
    }

    if (len > job->body_size - t->response.len) {
        job->paused = 1;
        return CURL_WRITEFUNC_PAUSE;
    }

    if (len) {
        ngx_memcpy(t->response.data + t->response.len, bytes, len);
        t->response.len += len;
        job->streamed += len;

        idv_transfer_tell(job);
    }

    return len;
}


/* need is not above max_body */

static ngx_int_t
idv_transfer_grow(idv_transfer_job_t *job, size_t need)
{
    size_t           size;
    u_char          *p;
    idv_transfer_t  *t;

    t = job->transfer;

    size = ngx_max(job->body_size, IDV_TRANSFER_BODY_SIZE / 2);
    size = (size < t->conf->max_body / 2) ? size * 2 : t->conf->max_body;
    size = ngx_max(size, need);

    p = ngx_palloc(t->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (t->response.len) {
        ngx_memcpy(p, t->response.data, t->response.len);

        /* it may be a document: no copy stays behind */

        ngx_explicit_memzero(t->response.data, t->response.len);
        (void) ngx_pfree(t->pool, t->response.data);
    }

    t->response.data = p;
    job->body_size = size;

    return NGX_OK;
}


idv_transfer_result_e
idv_transfer_map(idv_transfer_job_t *job, CURLcode code)
{
    long        status;
    ngx_uint_t  i;

    if (job->too_large) {
        return IDV_TRANSFER_TOO_LARGE;
    }

    if (job->no_memory) {
        return IDV_TRANSFER_INTERNAL;
    }

    if (job->replayed) {
        return IDV_TRANSFER_RESET;
    }

    /* a proxy that does not let us through */

    status = 0;
    (void) curl_easy_getinfo(job->easy, CURLINFO_HTTP_CONNECTCODE, &status);

    if (status >= 300 && !job->sent) {
        return IDV_TRANSFER_CONNECT;
    }

    /* so do releases before 8.6 call a header line above their own limit */

    if (code == CURLE_OUT_OF_MEMORY && job->sent && !job->headers_end) {
        return IDV_TRANSFER_TOO_LARGE;
    }

    for (i = 0;
         i < sizeof(idv_transfer_codes) / sizeof(idv_transfer_code_t);
         i++)
    {
        if (idv_transfer_codes[i].code == code) {
            return idv_transfer_codes[i].result;
        }
    }

    return IDV_TRANSFER_INTERNAL;
}
