
/*
 * Copyright (C) nginx-idv authors
 *
 * A client's connection: what it sends is in memory, and so is what it gets.
 */


#include "fuzz.h"

#include <sys/socket.h>


#define VISIT_PATIENCE  12000        /* ms that a client waits in all */
#define VISIT_STEPS     2000


typedef struct {
    const ngx_str_t    *in;
    size_t              pos;
    size_t              piece;
    ngx_uint_t          gone;        /* the client */
    u_char              out[FUZZ_MAX_OUT];
    size_t              len;
} visit_t;


static visit_t  visit_now;


static ssize_t
visit_recv(ngx_connection_t *c, u_char *buf, size_t size)
{
    size_t  n;

    n = visit_now.in->len - visit_now.pos;
    n = ngx_min(n, ngx_min(size, visit_now.piece));

    if (n == 0) {
        c->read->ready = 0;

        if (visit_now.gone) {
            c->read->eof = 1;
            return 0;
        }

        return NGX_AGAIN;
    }

    memcpy(buf, visit_now.in->data + visit_now.pos, n);
    visit_now.pos += n;

    return (ssize_t) n;
}


static ssize_t
visit_send(ngx_connection_t *c, u_char *buf, size_t size)
{
    must(size <= FUZZ_MAX_OUT - visit_now.len);

    memcpy(visit_now.out + visit_now.len, buf, size);
    visit_now.len += size;
    c->sent += (off_t) size;

    return (ssize_t) size;
}


static ngx_chain_t *
visit_send_chain(ngx_connection_t *c, ngx_chain_t *in, off_t limit)
{
    off_t         sent;
    ngx_chain_t  *cl;

    sent = 0;

    for (cl = in; cl; cl = cl->next) {
        if (ngx_buf_special(cl->buf)) {
            continue;
        }

        must(ngx_buf_in_memory(cl->buf));

        sent += visit_send(c, cl->buf->pos,
                           (size_t) (cl->buf->last - cl->buf->pos));
    }

    return ngx_chain_update_sent(in, sent);
}


/* as ngx_event_accept() would */

static ngx_connection_t *
visit_open(visit_server_e server)
{
    int                fd;
    ngx_log_t         *log;
    ngx_listening_t   *ls;
    ngx_connection_t  *c;

    static int         pair[2] = { -1, -1 };

    if (pair[0] == -1 && socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0,
                                    pair) != 0)
    {
        perror("socketpair");
        exit(1);
    }

    /* nginx closes it and asks it now and then: it must be one */

    fd = dup(pair[0]);
    must(fd != -1);

    ls = ngx_cycle->listening.elts;
    must(ngx_cycle->listening.nelts == 2);
    ls += server;

    c = ngx_get_connection(fd, ngx_cycle->log);
    must(c != NULL);

    c->type = SOCK_STREAM;
    c->pool = ngx_create_pool(ls->pool_size, ngx_cycle->log);

    log = ngx_palloc(c->pool, sizeof(ngx_log_t));
    *log = ls->log;
    log->writer = ngx_cycle->log->writer;

    c->recv = visit_recv;
    c->send = visit_send;
    c->send_chain = visit_send_chain;
    c->log = log;
    c->pool->log = log;
    c->listening = ls;
    c->sockaddr = ls->sockaddr;
    c->socklen = ls->socklen;
    c->local_sockaddr = ls->sockaddr;
    c->local_socklen = ls->socklen;
    c->addr_text = ls->addr_text;
    c->number = 1;
    c->start_time = ngx_current_msec;

    c->read->log = log;
    c->read->active = 1;
    c->write->log = log;
    c->write->ready = 1;

    log->data = NULL;
    log->handler = NULL;

    return c;
}


static void
visit_knock(ngx_connection_t *c)
{
    if (c->fd != (ngx_socket_t) -1 && c->read->handler) {
        c->read->ready = 1;
        c->read->handler(c->read);
    }

    house_run();
}


ngx_str_t
visit(visit_server_e server, const ngx_str_t *bytes, size_t piece)
{
    size_t             pos, len;
    ngx_str_t          out;
    ngx_uint_t         n;
    ngx_msec_t         end;
    ngx_connection_t  *c;

    house_used = 1;

    visit_now.in = bytes;
    visit_now.pos = 0;
    visit_now.piece = ngx_max(piece, 1);
    visit_now.gone = 0;
    visit_now.len = 0;

    c = visit_open(server);
    end = ngx_current_msec + VISIT_PATIENCE;

    ngx_http_init_connection(c);

    for (n = 0; n < VISIT_STEPS && c->fd != (ngx_socket_t) -1; n++) {
        pos = visit_now.pos;
        len = visit_now.len;

        if (pos < bytes->len) {
            visit_knock(c);
        }

        if (pos != visit_now.pos || len != visit_now.len) {
            continue;
        }

        if (ngx_current_msec < end && house_wait(end - ngx_current_msec)) {
            continue;
        }

        break;
    }

    must(n < VISIT_STEPS);

    /* it goes: whatever nginx was waiting for */

    visit_now.gone = 1;

    for (n = 0; n < 4 && c->fd != (ngx_socket_t) -1; n++) {
        c->read->pending_eof = 1;
        visit_knock(c);
    }

    while (c->fd != (ngx_socket_t) -1) {
        must(house_wait(600000));
    }

    out.len = visit_now.len;
    out.data = ngx_pnalloc(house_pool, out.len ? out.len : 1);
    memcpy(out.data, visit_now.out, out.len);

    return out;
}


ngx_str_t
visit_header(const visit_answer_t *answer, const char *name)
{
    size_t      len;
    u_char     *p, *last, *end;
    ngx_str_t   value = ngx_null_string;

    len = strlen(name);
    p = answer->head.data;
    last = p + answer->head.len;

    for ( /* void */ ; p < last; p = end + 2) {
        end = memmem(p, last - p, CRLF, 2);
        must(end != NULL);

        if ((size_t) (end - p) > len + 1 && p[len] == ':'
            && ngx_strncasecmp(p, (u_char *) name, len) == 0)
        {
            value.data = p + len + 2;
            value.len = end - value.data;
            return value;
        }
    }

    return value;
}


static void
visit_unchunk(ngx_str_t *out, visit_answer_t *answer)
{
    u_char     *p, *end;
    ngx_int_t   size;

    answer->body.data = ngx_pnalloc(house_pool, out->len + 1);
    answer->body.len = 0;

    do {
        p = out->data;
        end = memmem(p, out->len, CRLF, 2);
        must(end != NULL);

        size = ngx_hextoi(p, end - p);
        must(size >= 0 && (size_t) size + 2 <= out->len - (end + 2 - p));

        memcpy(answer->body.data + answer->body.len, end + 2, (size_t) size);
        answer->body.len += (size_t) size;

        end += 2 + size;
        must(memcmp(end, CRLF, 2) == 0);

        out->len -= end + 2 - out->data;
        out->data = end + 2;
    } while (size);
}


ngx_int_t
visit_answer(ngx_str_t *out, visit_answer_t *answer, ngx_uint_t no_body)
{
    u_char     *end;
    ngx_int_t   n;
    ngx_str_t   value;

    if (out->len == 0) {
        return NGX_DECLINED;
    }

    /* HTTP/0.9 has nothing but a body */

    if (out->len < 9 || memcmp(out->data, "HTTP/1.1 ", 9) != 0) {
        return NGX_DECLINED;
    }

    end = memmem(out->data, out->len, CRLF CRLF, 4);
    must(end != NULL);

    n = ngx_atoi(out->data + 9, 3);
    must(n >= 100 && n < 600);

    answer->status = (ngx_uint_t) n;
    answer->head.data = (u_char *) memmem(out->data, end - out->data + 2, CRLF,
                                          2) + 2;
    answer->head.len = end + 2 - answer->head.data;
    ngx_str_null(&answer->body);

    out->len -= end + 4 - out->data;
    out->data = end + 4;

    if (no_body || n < 200 || n == 204 || n == 304) {
        return NGX_OK;
    }

    value = visit_header(answer, "Content-Length");

    if (value.data) {
        n = ngx_atoi(value.data, value.len);
        must(n >= 0 && (size_t) n <= out->len);

        answer->body.data = out->data;
        answer->body.len = (size_t) n;
        out->data += n;
        out->len -= (size_t) n;

        return NGX_OK;
    }

    if (visit_header(answer, "Transfer-Encoding").data) {
        visit_unchunk(out, answer);
        return NGX_OK;
    }

    answer->body = *out;
    out->len = 0;

    return NGX_OK;
}


/*
 * Header lines end where they should, nothing of ours may be kept by a cache,
 * and what goes elsewhere stays on this host.
 */

void
visit_check(const visit_answer_t *answer)
{
    size_t     i;
    ngx_str_t  value;

    for (i = 0; i < answer->head.len; i++) {
        must(answer->head.data[i] != '\0');

        if (answer->head.data[i] == LF) {
            must(i > 0 && answer->head.data[i - 1] == CR);
        }

        if (answer->head.data[i] == CR) {
            must(i + 1 < answer->head.len && answer->head.data[i + 1] == LF);
        }
    }

    value = visit_header(answer, "Set-Cookie");

    if (value.data) {
        must(memmem(value.data, value.len, "; HttpOnly", 10) != NULL);
        value = visit_header(answer, "Cache-Control");
        must(value.data && memmem(value.data, value.len, "no-store", 8));
    }
}
