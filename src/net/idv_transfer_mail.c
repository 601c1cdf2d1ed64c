
/*
 * Copyright (C) nginx-idv authors
 *
 * A message by SMTP: libcurl makes the connection, as far as TLS and the login,
 * and the rest is said here.  It could say that, too, but then it waits for the
 * server's answer to the message in a way that blocks the process.
 *
 * For the same reason a socket is made deaf as soon as libcurl is about to give
 * up: it says QUIT, and waits up to two minutes for a reply.  What it finds
 * then is the end of the connection, and at once.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <curl/curl.h>

#include "idv_transfer_job.h"


#define IDV_TRANSFER_REPLY    4      /* bytes of a code and what follows it */
#define IDV_TRANSFER_ADDRESS  254    /* RFC 5321 */
#define IDV_TRANSFER_COMMAND  320    /* MAIL FROM and an address */


/* what libcurl has had a reply to */

typedef enum {
    IDV_TRANSFER_GREETING = 0,
    IDV_TRANSFER_HELLO,
    IDV_TRANSFER_STARTTLS,
    IDV_TRANSFER_LOGIN
} idv_transfer_stage_e;


/* what we are about to have a reply to */

typedef enum {
    IDV_TRANSFER_FROM = 0,
    IDV_TRANSFER_TO,
    IDV_TRANSFER_DATA,
    IDV_TRANSFER_MESSAGE
} idv_transfer_step_e;


static void idv_transfer_mail_event(ngx_event_t *ev);
static void idv_transfer_mail_step(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_mail_send(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_mail_recv(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_mail_heard(idv_transfer_job_t *job);
static ngx_int_t idv_transfer_mail_say(idv_transfer_job_t *job);
static void idv_transfer_mail_offer(idv_transfer_job_t *job, u_char *line,
    size_t len);
static ngx_uint_t idv_transfer_mail_last(idv_transfer_job_t *job);


/* what would end a command, or the message, before its time */

ngx_int_t
idv_transfer_mail_check(idv_transfer_t *t)
{
    size_t            i, n;
    const ngx_str_t  *address;

    for (n = 0; n < 2; n++) {
        address = n ? &t->mail->to : &t->mail->from;

        if (address->len == 0 || address->len > IDV_TRANSFER_ADDRESS) {
            return NGX_ERROR;
        }

        for (i = 0; i < address->len; i++) {
            if (address->data[i] <= ' ' || address->data[i] >= 0x7f
                || address->data[i] == '<' || address->data[i] == '>')
            {
                return NGX_ERROR;
            }
        }
    }

    n = t->body.len;

    if (n < 2 || t->body.data[n - 2] != CR || t->body.data[n - 1] != LF) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (t->body.data[i] == '.' && (i == 0 || t->body.data[i - 1] == LF)) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
idv_transfer_mail(idv_transfer_job_t *job)
{
    CURL                       *easy;
    idv_transfer_t             *t;
    const idv_transfer_mail_t  *mail;

    easy = job->easy;
    t = job->transfer;
    mail = t->mail;

    if (!idv_transfer_set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        || !idv_transfer_set(easy, CURLOPT_URL, (char *) t->url.data)
        || !idv_transfer_set(easy, CURLOPT_USE_SSL,
                             mail->starttls ? (long) CURLUSESSL_ALL
                                            : (long) CURLUSESSL_NONE)
        || !idv_transfer_set(easy, CURLOPT_CONNECT_ONLY, 1L)
        || !idv_transfer_set(easy, CURLOPT_FRESH_CONNECT, 1L))
    {
        return NGX_ERROR;
    }

    if (mail->user.len
        && (!idv_transfer_set(easy, CURLOPT_USERNAME, (char *) mail->user.data)
            || !idv_transfer_set(easy, CURLOPT_PASSWORD,
                                 (char *) mail->password.data)))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
idv_transfer_mail_talk(idv_transfer_job_t *job)
{
    curl_socket_t      fd;
    ngx_connection_t  *c;

    if (job->transfer->mail->user.len && !job->offers_login) {
        ngx_cpystrn((u_char *) job->error, (u_char *) "no login is offered",
                    CURL_ERROR_SIZE);
        return NGX_DECLINED;
    }

    fd = CURL_SOCKET_BAD;

    if (curl_easy_getinfo(job->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK
        || fd == CURL_SOCKET_BAD)
    {
        return NGX_ERROR;
    }

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = job;
    c->read->handler = idv_transfer_mail_event;
    c->write->handler = idv_transfer_mail_event;
    c->read->log = c->log;
    c->write->log = c->log;

    job->connection = c;
    job->sent = 1;
    job->step = IDV_TRANSFER_FROM;

    if (idv_transfer_mail_say(job) != NGX_OK) {
        idv_transfer_mail_hang_up(job);
        return NGX_ERROR;
    }

    /* not from inside of whoever found it connected */

    c->write->ready = 1;
    ngx_post_event(c->write, &ngx_posted_events);

    return NGX_OK;
}


/* the descriptor is libcurl's */

void
idv_transfer_mail_hang_up(idv_transfer_job_t *job)
{
    ngx_connection_t  *c;

    c = job->connection;

    if (c == NULL) {
        return;
    }

    job->connection = NULL;

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
}


static void
idv_transfer_mail_event(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    idv_transfer_job_t  *job;

    c = ev->data;
    job = c->data;

    job->active = ngx_current_msec;

    idv_transfer_mail_step(job);
}


static void
idv_transfer_mail_step(idv_transfer_job_t *job)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = job->connection;

    for ( ;; ) {
        rc = job->saying.len ? idv_transfer_mail_send(job)
                             : idv_transfer_mail_recv(job);
        if (rc != NGX_OK) {
            break;
        }
    }

    if (rc == NGX_AGAIN
        && ngx_handle_read_event(c->read, 0) == NGX_OK
        && ngx_handle_write_event(c->write, 0) == NGX_OK)
    {
        return;
    }

    if (rc == NGX_DONE) {
        idv_transfer_talked(job, IDV_TRANSFER_OK, "");

    } else {
        idv_transfer_talked(job, IDV_TRANSFER_RESET,
                            "the connection ended in the dialogue");
    }
}


static ngx_int_t
idv_transfer_mail_send(idv_transfer_job_t *job)
{
    size_t    n;
    CURLcode  code;

    code = curl_easy_send(job->easy, job->saying.data, job->saying.len, &n);

    if (code == CURLE_AGAIN) {
        job->connection->write->ready = 0;
        return NGX_AGAIN;
    }

    if (code != CURLE_OK) {
        return NGX_ERROR;
    }

    job->saying.data += n;
    job->saying.len -= n;

    if (job->saying.len == 0 && job->step == IDV_TRANSFER_MESSAGE
        && !job->all_mailed)
    {
        job->all_mailed = 1;
        ngx_str_set(&job->saying, "." CRLF);
    }

    return NGX_OK;
}


/* a reply may have several lines, the last of which counts */

static ngx_int_t
idv_transfer_mail_recv(idv_transfer_job_t *job)
{
    size_t    n;
    u_char   *lf;
    CURLcode  code;

    if (job->heard == sizeof(job->line)) {
        return NGX_ERROR;
    }

    code = curl_easy_recv(job->easy, job->line + job->heard,
                          sizeof(job->line) - job->heard, &n);

    if (code == CURLE_AGAIN) {
        job->connection->read->ready = 0;
        return NGX_AGAIN;
    }

    if (code != CURLE_OK || n == 0) {
        return NGX_ERROR;
    }

    job->heard += n;
    job->header_bytes += n;

    if (job->header_bytes > job->transfer->conf->max_header) {
        return NGX_ERROR;
    }

    for ( ;; ) {
        lf = ngx_strlchr(job->line, job->line + job->heard, LF);

        if (lf == NULL) {
            return NGX_OK;
        }

        n = lf + 1 - job->line;

        if (n < IDV_TRANSFER_REPLY) {
            return NGX_ERROR;
        }

        if (job->line[3] != '-') {
            return idv_transfer_mail_heard(job);
        }

        ngx_memmove(job->line, lf + 1, job->heard - n);
        job->heard -= n;
    }
}


/* NGX_DONE where all has been said, whatever the answer is */

static ngx_int_t
idv_transfer_mail_heard(idv_transfer_job_t *job)
{
    size_t     n;
    ngx_int_t  code;

    static const ngx_int_t  wanted[] = { 250, 250, 354, 250 };

    code = ngx_atoi(job->line, 3);
    if (code == NGX_ERROR) {
        return NGX_ERROR;
    }

    job->heard = 0;
    job->code = code;

    if (code == wanted[job->step] && job->step != IDV_TRANSFER_MESSAGE) {
        job->step++;
        return idv_transfer_mail_say(job);
    }

    /* politely, but without waiting for what it says to that */

    (void) curl_easy_send(job->easy, "QUIT" CRLF, 6, &n);

    return NGX_DONE;
}


static ngx_int_t
idv_transfer_mail_say(idv_transfer_job_t *job)
{
    u_char                     *p;
    idv_transfer_t             *t;
    const idv_transfer_mail_t  *mail;

    t = job->transfer;
    mail = t->mail;

    switch (job->step) {

    case IDV_TRANSFER_DATA:
        ngx_str_set(&job->saying, "DATA" CRLF);
        return NGX_OK;

    case IDV_TRANSFER_MESSAGE:
        job->saying = t->body;
        return NGX_OK;
    }

    p = ngx_pnalloc(t->pool, IDV_TRANSFER_COMMAND);
    if (p == NULL) {
        return NGX_ERROR;
    }

    job->saying.data = p;
    p = ngx_slprintf(p, p + IDV_TRANSFER_COMMAND, "%s:<%V>" CRLF,
                     job->step == IDV_TRANSFER_FROM ? "MAIL FROM" : "RCPT TO",
                     job->step == IDV_TRANSFER_FROM ? &mail->from : &mail->to);
    job->saying.len = p - job->saying.data;

    return NGX_OK;
}


/* a line of what libcurl hears */

void
idv_transfer_mail_reply(idv_transfer_job_t *job, u_char *line, size_t len)
{
    if (len < IDV_TRANSFER_REPLY) {
        return;
    }

    if (job->stage == IDV_TRANSFER_HELLO) {
        idv_transfer_mail_offer(job, line + IDV_TRANSFER_REPLY,
                                len - IDV_TRANSFER_REPLY);
    }

    if (line[3] == '-') {
        return;
    }

    if (line[0] >= '4' || idv_transfer_mail_last(job)) {
        idv_multi_deafen(job->easy);
    }
}


/* what the server can do, one line each */

static void
idv_transfer_mail_offer(idv_transfer_job_t *job, u_char *line, size_t len)
{
    u_char  *last;

    if (len >= 8 && ngx_strncasecmp(line, (u_char *) "STARTTLS", 8) == 0) {
        job->offers_tls = 1;

    } else if (len >= 5 && (ngx_strncasecmp(line, (u_char *) "AUTH ", 5) == 0
                            || ngx_strncasecmp(line, (u_char *) "AUTH=", 5)
                               == 0))
    {
        last = line + len;

        job->offers_login |=
            ngx_strlcasestrn(line, last, (u_char *) "PLAIN", 5 - 1) != NULL
            || ngx_strlcasestrn(line, last, (u_char *) "LOGIN", 5 - 1) != NULL;
    }
}


/* 1: after this reply nothing good can come any more */

static ngx_uint_t
idv_transfer_mail_last(idv_transfer_job_t *job)
{
    const idv_transfer_mail_t  *mail;

    mail = job->transfer->mail;

    switch (job->stage) {

    case IDV_TRANSFER_GREETING:
        job->stage = IDV_TRANSFER_HELLO;
        return 0;

    case IDV_TRANSFER_HELLO:

        if (mail->starttls && !job->secured) {
            job->stage = IDV_TRANSFER_STARTTLS;
            return !job->offers_tls;
        }

        job->stage = IDV_TRANSFER_LOGIN;
        return mail->user.len && !job->offers_login;

    case IDV_TRANSFER_STARTTLS:
        job->secured = 1;
        job->offers_login = 0;
        job->stage = IDV_TRANSFER_HELLO;
        return 0;
    }

    return 0;
}
