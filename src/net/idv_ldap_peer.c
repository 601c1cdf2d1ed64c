
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_ldap_peer.h"


static void idv_ldap_peer_kicked(ngx_event_t *ev);
static void idv_ldap_peer_timer(ngx_event_t *ev);
static void idv_ldap_peer_open(idv_ldap_peer_t *peer);
static void idv_ldap_peer_resolved(idv_resolve_t *rs);
static void idv_ldap_peer_connect(idv_ldap_peer_t *peer,
    struct sockaddr *sockaddr, socklen_t socklen);
static void idv_ldap_peer_connected(idv_ldap_peer_t *peer);
static void idv_ldap_peer_handshake(idv_ldap_peer_t *peer);
static void idv_ldap_peer_bind(idv_ldap_peer_t *peer);
static void idv_ldap_peer_ready(idv_ldap_peer_t *peer);
static void idv_ldap_peer_event(ngx_event_t *ev);
static void idv_ldap_peer_work(idv_ldap_peer_t *peer);
static ngx_int_t idv_ldap_peer_flush(idv_ldap_peer_t *peer);
static ngx_int_t idv_ldap_peer_receive(idv_ldap_peer_t *peer);
static ngx_int_t idv_ldap_peer_pause(idv_ldap_peer_t *peer);
static ngx_int_t idv_ldap_peer_parse(idv_ldap_peer_t *peer);
static ngx_int_t idv_ldap_peer_message(idv_ldap_peer_t *peer,
    idv_ldap_message_t *message, ngx_uint_t last);
static void idv_ldap_peer_failed(idv_ldap_peer_t *peer, const char *what,
    const char *why);
static void idv_ldap_peer_next(idv_ldap_peer_t *peer,
    idv_ldap_result_e result);


void
idv_ldap_peer_init(idv_ldap_peer_t *peer, const idv_ldap_conf_t *conf)
{
    peer->conf = conf;

    ngx_queue_init(&peer->waiting);
    ngx_queue_init(&peer->sent);

    peer->timer.handler = idv_ldap_peer_timer;
    peer->timer.data = &idv_ldap_nobody;
    peer->timer.log = ngx_cycle->log;

    peer->kick.handler = idv_ldap_peer_kicked;
    peer->kick.data = &idv_ldap_nobody;
    peer->kick.log = ngx_cycle->log;
}


void
idv_ldap_peer_kick(idv_ldap_peer_t *peer)
{
    if (!peer->kick.posted) {
        ngx_post_event(&peer->kick, &ngx_posted_events);
    }
}


static void
idv_ldap_peer_kicked(ngx_event_t *ev)
{
    idv_ldap_peer_t  *peer;

    peer = (idv_ldap_peer_t *)
               ((u_char *) ev - offsetof(idv_ldap_peer_t, kick));

    if (peer->state == IDV_LDAP_READY) {
        idv_ldap_peer_work(peer);

    } else if (peer->state == IDV_LDAP_HANDSHAKE) {
        idv_ldap_peer_handshake(peer);

    } else if (peer->state == IDV_LDAP_CLOSED
               && !ngx_queue_empty(&peer->waiting))
    {
        peer->tried = 0;
        idv_ldap_peer_open(peer);
    }
}


static void
idv_ldap_peer_timer(ngx_event_t *ev)
{
    idv_ldap_peer_t  *peer;

    peer = (idv_ldap_peer_t *)
               ((u_char *) ev - offsetof(idv_ldap_peer_t, timer));

    if (peer->state == IDV_LDAP_READY) {
        /* nobody has asked for long; somebody may ask just now */

        idv_ldap_peer_close(peer);

        if (!ngx_queue_empty(&peer->waiting)) {
            idv_ldap_peer_kick(peer);
        }

        return;
    }

    idv_ldap_peer_failed(peer, "connect", "no answer in time");
}


/* what has not failed lately, else what failed first */

static ngx_int_t
idv_ldap_peer_choose(idv_ldap_peer_t *peer)
{
    ngx_int_t   best;
    ngx_uint_t  i;

    best = NGX_ERROR;

    for (i = 0; i < peer->conf->nservers; i++) {

        if (peer->tried & (1 << i)) {
            continue;
        }

        if ((peer->down_set & (1 << i))
            && (ngx_msec_int_t) (peer->down[i] - ngx_current_msec) <= 0)
        {
            peer->down_set &= ~(1 << i);
        }

        if (!(peer->down_set & (1 << i))) {
            return i;
        }

        if (best == NGX_ERROR
            || (ngx_msec_int_t) (peer->down[i] - peer->down[best]) < 0)
        {
            best = i;
        }
    }

    return best;
}


static void
idv_ldap_peer_open(idv_ldap_peer_t *peer)
{
    ngx_int_t                 n;
    ngx_addr_t               *addr;
    idv_resolve_t            *rs;
    const idv_ldap_server_t  *server;

    n = idv_ldap_peer_choose(peer);

    if (n == NGX_ERROR) {
        idv_ldap_fail(peer, IDV_LDAP_UNAVAILABLE);
        return;
    }

    peer->server = n;
    peer->tried |= 1 << n;

    server = &peer->conf->servers[n];

    peer->timer.cancelable = 0;
    ngx_add_timer(&peer->timer, peer->conf->connect_timeout);

    if (server->naddrs) {
        addr = &server->addrs[peer->address[n] % server->naddrs];
        idv_ldap_peer_connect(peer, addr->sockaddr, addr->socklen);
        return;
    }

    rs = &peer->resolve;
    ngx_memzero(rs, sizeof(idv_resolve_t));

    rs->resolver = peer->conf->resolver;
    rs->timeout = peer->conf->connect_timeout;
    rs->handler = idv_ldap_peer_resolved;
    rs->plain = 1;
    rs->port = server->port;
    rs->len = server->host.len;
    ngx_memcpy(rs->name, server->host.data, server->host.len);

    peer->state = IDV_LDAP_RESOLVING;

    if (idv_resolve_start(rs) != NGX_OK) {
        idv_ldap_peer_failed(peer, "lookup of its name", rs->error);
    }
}


static void
idv_ldap_peer_resolved(idv_resolve_t *rs)
{
    ngx_uint_t        i;
    idv_ldap_peer_t  *peer;

    peer = (idv_ldap_peer_t *)
               ((u_char *) rs - offsetof(idv_ldap_peer_t, resolve));

    if (rs->error) {
        idv_ldap_peer_failed(peer, "lookup of its name", rs->error);
        return;
    }

    i = peer->address[peer->server] % rs->naddrs;

    idv_ldap_peer_connect(peer, &rs->addrs[i].sockaddr, rs->lens[i]);
}


static void
idv_ldap_peer_connect(idv_ldap_peer_t *peer, struct sockaddr *sockaddr,
    socklen_t socklen)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *pc;

    pc = &peer->pc;
    ngx_memzero(pc, sizeof(ngx_peer_connection_t));

    pc->sockaddr = sockaddr;
    pc->socklen = socklen;
    pc->name = (ngx_str_t *) &peer->conf->servers[peer->server].url;
    pc->get = ngx_event_get_peer;
    pc->log = ngx_cycle->log;
    pc->log_error = NGX_ERROR_ERR;

    peer->state = IDV_LDAP_CONNECTING;

    rc = ngx_event_connect_peer(pc);

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {
        idv_ldap_peer_failed(peer, "connect", "not possible");
        return;
    }

    c = pc->connection;

    c->data = peer;
    c->read->handler = idv_ldap_peer_event;
    c->write->handler = idv_ldap_peer_event;

    if (peer->out == NULL) {
        peer->out = ngx_alloc(IDV_LDAP_OUT, ngx_cycle->log);
    }

    if (peer->in == NULL) {
        peer->in = ngx_alloc(IDV_LDAP_IN, ngx_cycle->log);
        peer->in_size = IDV_LDAP_IN;
    }

    if (peer->out == NULL || peer->in == NULL) {
        idv_ldap_peer_failed(peer, "connect", "no memory");
        return;
    }

    if (rc == NGX_OK) {
        idv_ldap_peer_connected(peer);
    }
}


static void
idv_ldap_peer_connected(idv_ldap_peer_t *peer)
{
    int                err;
    u_char            *p;
    socklen_t          len;
    ngx_connection_t  *c;

    c = peer->pc.connection;
    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        idv_ldap_peer_failed(peer, "connect", strerror(err));
        return;
    }

    if (peer->conf->servers[peer->server].tls) {
        idv_ldap_peer_handshake(peer);
        return;
    }

    if (!peer->conf->starttls) {
        idv_ldap_peer_bind(peer);
        return;
    }

    peer->state = IDV_LDAP_STARTTLS;
    peer->own = idv_ldap_next_id(peer);

    p = idv_ldap_write_starttls(peer->out, peer->out + IDV_LDAP_OUT, peer->own);

    peer->out_len = peer->out + IDV_LDAP_OUT - p;
    ngx_memmove(peer->out, p, peer->out_len);

    idv_ldap_peer_work(peer);
}


static void
idv_ldap_peer_handshake(idv_ldap_peer_t *peer)
{
    ngx_int_t                 rc;
    const char               *why;
    ngx_connection_t         *c;
    const idv_ldap_server_t  *server;

    c = peer->pc.connection;
    peer->state = IDV_LDAP_HANDSHAKE;

    if (peer->ssl == NULL) {
        server = &peer->conf->servers[peer->server];

        peer->ssl = idv_ldap_tls_new(peer->conf->tls, c->fd,
                                     (char *) server->host.data,
                                     server->address);
        if (peer->ssl == NULL) {
            idv_ldap_peer_failed(peer, "tls", "no memory");
            return;
        }
    }

    rc = idv_ldap_tls_handshake(peer->ssl, c, &why);

    if (rc == NGX_OK) {
        idv_ldap_peer_bind(peer);

    } else if (rc == NGX_ERROR) {
        idv_ldap_peer_failed(peer, "tls", why);
    }
}


static void
idv_ldap_peer_bind(idv_ldap_peer_t *peer)
{
    u_char  *p;

    if (peer->conf->bind_dn.len == 0) {
        idv_ldap_peer_ready(peer);
        return;
    }

    peer->state = IDV_LDAP_BINDING;
    peer->own = idv_ldap_next_id(peer);

    p = idv_ldap_write_bind(peer->out, peer->out + IDV_LDAP_OUT, peer->own,
                            &peer->conf->bind_dn, &peer->conf->password);

    peer->out_len = peer->out + IDV_LDAP_OUT - p;
    ngx_memmove(peer->out, p, peer->out_len);
    ngx_explicit_memzero(peer->out + peer->out_len,
                         IDV_LDAP_OUT - peer->out_len);

    idv_ldap_peer_work(peer);
}


static void
idv_ldap_peer_ready(idv_ldap_peer_t *peer)
{
    ngx_log_debug1(NGX_LOG_DEBUG_CORE, ngx_cycle->log, 0,
                   "idv directory \"%V\": ready", &peer->conf->name);

    ngx_del_timer(&peer->timer);

    peer->state = IDV_LDAP_READY;
    peer->tried = 0;
    peer->down_set &= ~(1 << peer->server);

    idv_ldap_peer_kick(peer);
}


static void
idv_ldap_peer_event(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    idv_ldap_peer_t   *peer;

    c = ev->data;
    peer = c->data;

    if (c->close) {
        /* the worker ends */
        idv_ldap_peer_lost(peer, 0);
        return;
    }

    switch (peer->state) {

    case IDV_LDAP_CONNECTING:
        idv_ldap_peer_connected(peer);
        break;

    case IDV_LDAP_HANDSHAKE:
        idv_ldap_peer_handshake(peer);
        break;

    default:
        idv_ldap_peer_work(peer);
    }
}


/* reads and writes what can be; TLS may have to write in order to read */

static void
idv_ldap_peer_work(idv_ldap_peer_t *peer)
{
    ngx_connection_t  *c;

    if (peer->state == IDV_LDAP_READY) {
        idv_ldap_send(peer);
    }

    if (idv_ldap_peer_flush(peer) != NGX_OK
        || idv_ldap_peer_receive(peer) != NGX_OK)
    {
        idv_ldap_peer_lost(peer, 0);
        return;
    }

    if (peer->state != IDV_LDAP_READY) {
        return;
    }

    c = peer->pc.connection;

    if (peer->nsearches) {
        c->idle = 0;

        if (peer->timer.timer_set) {
            ngx_del_timer(&peer->timer);
        }

        return;
    }

    c->idle = 1;
    peer->timer.cancelable = 1;

    if (!peer->timer.timer_set) {
        ngx_add_timer(&peer->timer, peer->conf->idle_timeout);
    }
}


static ngx_int_t
idv_ldap_peer_flush(idv_ldap_peer_t *peer)
{
    u_char            *p;
    size_t             size;
    ssize_t            n;
    ngx_connection_t  *c;

    c = peer->pc.connection;

    while (peer->out_pos < peer->out_len) {
        p = peer->out + peer->out_pos;
        size = peer->out_len - peer->out_pos;

        n = peer->ssl ? idv_ldap_tls_send(peer->ssl, c, p, size)
                      : c->send(c, p, size);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == NGX_AGAIN || n == 0) {
            return peer->ssl ? NGX_OK : ngx_handle_write_event(c->write, 0);
        }

        /* a password and names: nothing stays that has been sent */

        ngx_explicit_memzero(p, n);
        peer->out_pos += n;

        if (peer->out_pos == peer->out_len) {
            peer->out_pos = 0;
            peer->out_len = 0;

            if (peer->state == IDV_LDAP_READY) {
                idv_ldap_send(peer);
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_ldap_peer_grow(idv_ldap_peer_t *peer, size_t size)
{
    u_char  *p;

    p = ngx_alloc(size, ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, peer->in, peer->in_len);
    ngx_explicit_memzero(peer->in, peer->in_len);
    ngx_free(peer->in);

    peer->in = p;
    peer->in_size = size;

    return NGX_OK;
}


static ngx_int_t
idv_ldap_peer_receive(idv_ldap_peer_t *peer)
{
    u_char            *p;
    size_t             size;
    ssize_t            n;
    ngx_uint_t         reads;
    ngx_connection_t  *c;

    c = peer->pc.connection;
    reads = 0;

    while (peer->state == IDV_LDAP_STARTTLS || peer->state == IDV_LDAP_BINDING
           || peer->state == IDV_LDAP_READY)
    {
        p = peer->in + peer->in_len;
        size = peer->in_size - peer->in_len;

        n = peer->ssl ? idv_ldap_tls_recv(peer->ssl, c, p, size)
                      : c->recv(c, p, size);

        if (n == NGX_AGAIN) {
            return peer->ssl ? NGX_OK : ngx_handle_read_event(c->read, 0);
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        peer->in_len += n;
        peer->heard = ngx_current_msec;

        if (idv_ldap_peer_parse(peer) != NGX_OK) {
            return NGX_ERROR;
        }

        if (peer->state == IDV_LDAP_READY && peer->nsent < IDV_LDAP_MAX_SENT
            && !ngx_queue_empty(&peer->waiting))
        {
            idv_ldap_peer_kick(peer);
        }

        if (++reads >= IDV_LDAP_READS && peer->state == IDV_LDAP_READY) {
            return idv_ldap_peer_pause(peer);
        }
    }

    return NGX_OK;
}


/*
 * A server that never stops does not have the worker to itself, nor is it
 * listened to when nobody waits.
 */

static ngx_int_t
idv_ldap_peer_pause(idv_ldap_peer_t *peer)
{
    if (peer->nsearches == 0) {
        return NGX_ERROR;
    }

    if (peer->kick.posted) {
        ngx_delete_posted_event(&peer->kick);
    }

    ngx_post_event(&peer->kick, &ngx_posted_next_events);

    return NGX_OK;
}


static ngx_int_t
idv_ldap_peer_parse(idv_ldap_peer_t *peer)
{
    u_char              *p;
    size_t               len, size;
    ngx_int_t            rc;
    idv_ldap_message_t   message;

    p = peer->in;
    len = peer->in_len;

    for ( ;; ) {
        rc = idv_ldap_read(p, len, peer->conf->max_entry, &size, &message);

        if (rc == NGX_ERROR) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "idv: directory \"%V\": %V: an answer is too long, "
                          "or not LDAP", &peer->conf->name,
                          &peer->conf->servers[peer->server].url);
            peer->said = 1;
            return NGX_ERROR;
        }

        if (rc == NGX_AGAIN) {
            break;
        }

        if (idv_ldap_peer_message(peer, &message, len == size) != NGX_OK) {
            return NGX_ERROR;
        }

        p += size;
        len -= size;

        if (peer->state == IDV_LDAP_HANDSHAKE) {
            break;
        }
    }

    if (p != peer->in) {
        ngx_memmove(peer->in, p, len);
        ngx_explicit_memzero(peer->in + len, peer->in_len - len);
        peer->in_len = len;
    }

    if (peer->state == IDV_LDAP_HANDSHAKE) {
        idv_ldap_peer_kick(peer);
        return NGX_OK;
    }

    if (size > peer->in_size) {
        return idv_ldap_peer_grow(peer, size);
    }

    return NGX_OK;
}


/* last: nothing has come behind it */

static ngx_int_t
idv_ldap_peer_message(idv_ldap_peer_t *peer, idv_ldap_message_t *message,
    ngx_uint_t last)
{
    ngx_uint_t  code;

    if (peer->state == IDV_LDAP_READY && message->id != 0) {
        return idv_ldap_answer(peer, message);
    }

    /* a notice of disconnection has no id, and nothing else is expected */

    if (message->id == 0 || message->id != peer->own
        || message->type != (peer->state == IDV_LDAP_STARTTLS
                             ? IDV_LDAP_EXTENDED_RESPONSE
                             : IDV_LDAP_BIND_RESPONSE)
        || idv_ldap_result(message, &code) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (peer->state == IDV_LDAP_STARTTLS) {

        /* what came before TLS would be taken for what came through it */

        if (code != IDV_LDAP_SUCCESS || !last) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "idv: directory \"%V\": %V: StartTLS is refused "
                          "(%ui)", &peer->conf->name,
                          &peer->conf->servers[peer->server].url, code);
            peer->said = 1;
            return NGX_ERROR;
        }

        peer->state = IDV_LDAP_HANDSHAKE;

        return NGX_OK;
    }

    if (code == IDV_LDAP_SUCCESS) {
        idv_ldap_peer_ready(peer);
        return NGX_OK;
    }

    peer->said = 1;

    if (idv_ldap_outcome(peer, "bind", code) == IDV_LDAP_REFUSED) {
        peer->denied = 1;
        peer->denied_until = ngx_current_msec + peer->conf->fail_timeout;
    }

    return NGX_ERROR;
}


/* the connection, and nothing else; what was sent waits for its fate */

void
idv_ldap_peer_close(idv_ldap_peer_t *peer)
{
    u_char            *p, buf[16];
    ngx_connection_t  *c;

    c = peer->pc.connection;

    if (c && peer->state == IDV_LDAP_READY && peer->out_len == 0) {

        /* a farewell, if it can be said at once */

        p = idv_ldap_write_unbind(buf, buf + sizeof(buf),
                                  idv_ldap_next_id(peer));

        if (peer->ssl) {
            (void) idv_ldap_tls_send(peer->ssl, c, p, buf + sizeof(buf) - p);

        } else {
            (void) c->send(c, p, buf + sizeof(buf) - p);
        }
    }

    if (peer->ssl) {
        SSL_free(peer->ssl);
        peer->ssl = NULL;
    }

    if (c) {
        ngx_close_connection(c);
        peer->pc.connection = NULL;
    }

    idv_resolve_cancel(&peer->resolve);

    if (peer->timer.timer_set) {
        ngx_del_timer(&peer->timer);
    }

    if (peer->kick.posted) {
        ngx_delete_posted_event(&peer->kick);
    }

    if (peer->in) {
        ngx_explicit_memzero(peer->in, peer->in_size);
        ngx_free(peer->in);
        peer->in = NULL;
    }

    if (peer->out) {
        ngx_explicit_memzero(peer->out, IDV_LDAP_OUT);
        ngx_free(peer->out);
        peer->out = NULL;
    }

    peer->in_len = 0;
    peer->out_pos = 0;
    peer->out_len = 0;
    peer->said = 0;
    peer->state = IDV_LDAP_CLOSED;
}


static void
idv_ldap_peer_down(idv_ldap_peer_t *peer)
{
    peer->down_set |= 1 << peer->server;
    peer->down[peer->server] = ngx_current_msec + peer->conf->fail_timeout;
    peer->address[peer->server]++;
}


/* never became of use: the next server, if there is one */

static void
idv_ldap_peer_failed(idv_ldap_peer_t *peer, const char *what, const char *why)
{
    if (!peer->said) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "idv: directory \"%V\": %V: %s: %s", &peer->conf->name,
                      &peer->conf->servers[peer->server].url, what, why);
    }

    idv_ldap_peer_next(peer, IDV_LDAP_UNAVAILABLE);
}


static void
idv_ldap_peer_next(idv_ldap_peer_t *peer, idv_ldap_result_e result)
{
    idv_ldap_peer_down(peer);
    idv_ldap_peer_close(peer);

    if (result == IDV_LDAP_REFUSED) {
        idv_ldap_fail(peer, result);

    } else if (!ngx_queue_empty(&peer->waiting)) {
        idv_ldap_peer_open(peer);
    }
}


void
idv_ldap_peer_lost(idv_ldap_peer_t *peer, ngx_uint_t hung)
{
    if (peer->state != IDV_LDAP_READY) {

        if (peer->denied) {
            idv_ldap_peer_next(peer, IDV_LDAP_REFUSED);

        } else {
            idv_ldap_peer_failed(peer, "connect", "the connection was closed");
        }

        return;
    }

    if (hung) {
        idv_ldap_peer_down(peer);
    }

    idv_ldap_peer_close(peer);
    idv_ldap_again(peer);

    if (!ngx_queue_empty(&peer->waiting)) {
        idv_ldap_peer_kick(peer);
    }
}


void
idv_ldap_peer_abandon(idv_ldap_peer_t *peer, uint32_t id)
{
    u_char  *p, *start, *end;

    if (peer->state != IDV_LDAP_READY) {
        return;
    }

    start = peer->out + peer->out_len;
    end = peer->out + IDV_LDAP_OUT;

    p = idv_ldap_write_abandon(start, end, idv_ldap_next_id(peer), id);

    if (p) {
        peer->out_len += end - p;
        ngx_memmove(start, p, end - p);

        idv_ldap_peer_kick(peer);
    }
}
