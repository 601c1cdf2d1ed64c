
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: a transfer under way.
 */


#ifndef _IDV_TRANSFER_JOB_H_INCLUDED_
#define _IDV_TRANSFER_JOB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "idv_transfer.h"
#include "idv_multi.h"
#include "idv_resolve.h"


/*
 * A transfer belongs to its caller and may vanish in any call of cancel; what
 * libcurl, the resolver and events point at is the job, which is ours.
 */

typedef struct {
    idv_transfer_t           *transfer;        /* NULL: cancelled */
    CURL                     *easy;
    idv_multi_t              *multi;
    struct curl_slist        *headers;
    idv_resolve_t             resolve;

    ngx_queue_t               queue;
    ngx_queue_t               news;
    ngx_event_t               timer;

    ngx_msec_t                started;
    ngx_msec_t                active;          /* the last byte either way */
    curl_off_t                uploaded;

    /* of a dialogue by SMTP: libcurl's part of it, then ours */
    ngx_uint_t                stage;
    ngx_uint_t                step;
    ngx_connection_t         *connection;      /* NULL: not ours yet */
    ngx_str_t                 saying;          /* what is left of it */
    u_char                    line[512];       /* of a reply */
    size_t                    heard;
    ngx_uint_t                code;

    size_t                    header_bytes;
    ngx_uint_t                header_lines;
    size_t                    body_size;       /* allocated for the response */
    size_t                    streamed;        /* bytes, taken or not */

    idv_transfer_result_e     result;

    unsigned                  added:1;         /* the multi handle has it */
    unsigned                  sent:1;          /* connected, or about to send */
    unsigned                  ended:1;
    unsigned                  replayed:1;
    unsigned                  headers_end:1;
    unsigned                  streams:1;       /* comes in pieces */
    unsigned                  paused:1;        /* until they are taken */
    unsigned                  told:1;          /* waits in the queue of news */
    unsigned                  too_large:1;
    unsigned                  no_memory:1;
    unsigned                  offers_tls:1;
    unsigned                  offers_login:1;
    unsigned                  secured:1;
    unsigned                  all_mailed:1;

    char                      error[CURL_ERROR_SIZE];
} idv_transfer_job_t;


/* curl_easy_setopt() as one term of a condition */

#define idv_transfer_set(easy, option, value)                                 \
    (curl_easy_setopt(easy, option, value) == CURLE_OK)


/* what the caller asks for becomes an easy handle; NGX_ERROR if it cannot */
ngx_int_t idv_transfer_request(idv_transfer_job_t *job);

/*
 * The same of a message; a line of a reply to libcurl; goes on where libcurl is
 * connected, until idv_transfer_talked(); ends that.
 */
ngx_int_t idv_transfer_mail_check(idv_transfer_t *t);
ngx_int_t idv_transfer_mail(idv_transfer_job_t *job);
void idv_transfer_mail_reply(idv_transfer_job_t *job, u_char *line, size_t len);
ngx_int_t idv_transfer_mail_talk(idv_transfer_job_t *job);
void idv_transfer_mail_hang_up(idv_transfer_job_t *job);
void idv_transfer_talked(idv_transfer_job_t *job, idv_transfer_result_e result,
    const char *error);

/* has what libcurl reads brought to the transfer */
ngx_int_t idv_transfer_listen(idv_transfer_job_t *job);

/* there are bytes: progress is called from the event loop */
void idv_transfer_tell(idv_transfer_job_t *job);

/* trusts what idv_transfer_conf_init() read; NGX_DECLINED if it did not */
ngx_int_t idv_transfer_trust(idv_transfer_job_t *job);

/* the result for the code that libcurl ended the job with */
idv_transfer_result_e idv_transfer_map(idv_transfer_job_t *job, CURLcode code);


#endif /* _IDV_TRANSFER_JOB_H_INCLUDED_ */
