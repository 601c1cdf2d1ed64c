
/*
 * Copyright (C) nginx-idv authors
 *
 * Searches: from the queue to an outcome.
 */


#include "idv_ldap_peer.h"


static void idv_ldap_search_event(ngx_event_t *ev);
static void idv_ldap_leave(idv_ldap_peer_t *peer, idv_ldap_search_t *search);
static void idv_ldap_finish_search(idv_ldap_peer_t *peer,
    idv_ldap_search_t *search, idv_ldap_result_e result);


static struct {
    idv_ldap_peer_t    *peers;
    ngx_uint_t          n;
} idv_ldap;


ngx_connection_t  idv_ldap_nobody = { .fd = (ngx_socket_t) -1 };


#define idv_ldap_of_queue(q)  ngx_queue_data(q, idv_ldap_search_t, queue)

#define idv_ldap_peer(conf)   (&idv_ldap.peers[(conf)->number])


ngx_int_t
idv_ldap_init_process(ngx_cycle_t *cycle, idv_ldap_conf_t **confs, ngx_uint_t n)
{
    ngx_uint_t  i;

    if (n == 0) {
        return NGX_OK;
    }

    idv_ldap.peers = ngx_pcalloc(cycle->pool, n * sizeof(idv_ldap_peer_t));
    if (idv_ldap.peers == NULL) {
        return NGX_ERROR;
    }

    idv_ldap.n = n;

    for (i = 0; i < n; i++) {
        idv_ldap_peer_init(&idv_ldap.peers[i], confs[i]);
    }

    return NGX_OK;
}


void
idv_ldap_exit_process(void)
{
    ngx_uint_t  i;

    for (i = 0; i < idv_ldap.n; i++) {
        idv_ldap_peer_close(&idv_ldap.peers[i]);
    }

    idv_ldap.n = 0;
}


const void *
idv_ldap_filter_init(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_uint_t *users, const char **error)
{
    return idv_ldap_filter_parse(pool, text, users, error);
}


void
idv_ldap_start(idv_ldap_search_t *search)
{
    idv_ldap_peer_t  *peer;

    peer = idv_ldap_peer(search->conf);

    search->event.handler = idv_ldap_search_event;
    search->event.data = &idv_ldap_nobody;
    search->event.log = ngx_cycle->log;

    if (peer->denied
        && (ngx_msec_int_t) (peer->denied_until - ngx_current_msec) <= 0)
    {
        peer->denied = 0;
    }

    /* a password that is wrong is not tried until an account is locked */

    if (peer->denied) {
        search->result = IDV_LDAP_REFUSED;

    } else if (search->user.len > IDV_LDAP_MAX_USER) {
        search->result = IDV_LDAP_NOT_FOUND;

    } else if (peer->nsearches >= IDV_LDAP_MAX_SEARCHES) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "idv: directory \"%V\": too many wait for it",
                      &search->conf->name);
        search->result = IDV_LDAP_UNAVAILABLE;

    } else {
        ngx_add_timer(&search->event, search->conf->timeout);

        ngx_queue_insert_tail(&peer->waiting, &search->queue);
        search->queued = 1;
        peer->nsearches++;

        idv_ldap_peer_kick(peer);

        return;
    }

    ngx_post_event(&search->event, &ngx_posted_events);
}


static void
idv_ldap_leave(idv_ldap_peer_t *peer, idv_ldap_search_t *search)
{
    if (search->event.timer_set) {
        ngx_del_timer(&search->event);
    }

    if (search->event.posted) {
        ngx_delete_posted_event(&search->event);
    }

    if (search->queued) {
        ngx_queue_remove(&search->queue);
        search->queued = 0;
        peer->nsearches--;
    }

    if (search->sent) {
        search->sent = 0;
        peer->nsent--;
    }
}


void
idv_ldap_cancel(idv_ldap_search_t *search)
{
    uint32_t          id;
    idv_ldap_peer_t  *peer;

    peer = idv_ldap_peer(search->conf);
    id = search->sent ? search->id : 0;

    idv_ldap_leave(peer, search);

    if (id) {
        idv_ldap_peer_abandon(peer, id);
    }
}


static void
idv_ldap_finish_search(idv_ldap_peer_t *peer, idv_ldap_search_t *search,
    idv_ldap_result_e result)
{
    idv_ldap_leave(peer, search);

    search->result = result;
    search->handler(search);
}


/* out of time, or over before it began */

static void
idv_ldap_search_event(ngx_event_t *ev)
{
    uint32_t            id;
    ngx_uint_t          hung;
    idv_ldap_peer_t    *peer;
    idv_ldap_search_t  *search;

    search = (idv_ldap_search_t *)
                 ((u_char *) ev - offsetof(idv_ldap_search_t, event));

    peer = idv_ldap_peer(search->conf);

    if (search->result != IDV_LDAP_PENDING) {
        idv_ldap_finish_search(peer, search, search->result);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "idv: directory \"%V\": no answer in time",
                  &search->conf->name);

    id = search->sent ? search->id : 0;
    hung = search->sent
           && (ngx_msec_int_t) (peer->heard - search->when) <= 0;

    /* first: what becomes of the others may end this request, too */

    idv_ldap_finish_search(peer, search, IDV_LDAP_TIMEOUT);

    if (hung) {
        idv_ldap_peer_lost(peer, 1);

    } else if (id) {
        idv_ldap_peer_abandon(peer, id);
    }
}


void
idv_ldap_send(idv_ldap_peer_t *peer)
{
    u_char                 *p, *end, *start;
    ngx_queue_t            *q;
    idv_ldap_query_t        query;
    idv_ldap_search_t      *search;
    const idv_ldap_conf_t  *conf;

    conf = peer->conf;

    ngx_memzero(&query, sizeof(idv_ldap_query_t));

    query.base = conf->base;
    query.scope = conf->scope;
    query.size_limit = 2;
    query.time_limit = conf->timeout / 1000 + 1;
    query.filter = conf->filter;
    query.attributes = conf->attributes;
    query.nattributes = conf->nattributes;

    while (peer->nsent < IDV_LDAP_MAX_SENT && !ngx_queue_empty(&peer->waiting))
    {
        q = ngx_queue_head(&peer->waiting);
        search = idv_ldap_of_queue(q);

        start = peer->out + peer->out_len;
        end = peer->out + IDV_LDAP_OUT;

        query.user = search->user;

        p = idv_ldap_write_search(start, end, idv_ldap_next_id(peer), &query);

        if (p == NULL) {
            /* there will be room: no message is as long as the buffer */
            return;
        }

        ngx_memmove(start, p, end - p);
        peer->out_len += end - p;

        search->id = peer->id;
        search->when = ngx_current_msec;
        search->tried++;
        search->sent = 1;
        search->many = 0;

        if (search->entry.data) {
            /* half of an answer that was lost */
            ngx_explicit_memzero(search->entry.data, search->entry.len);
            ngx_str_null(&search->entry);
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&peer->sent, q);
        peer->nsent++;
    }
}


static idv_ldap_search_t *
idv_ldap_find(idv_ldap_peer_t *peer, uint32_t id)
{
    ngx_queue_t        *q;
    idv_ldap_search_t  *search;

    for (q = ngx_queue_head(&peer->sent);
         q != ngx_queue_sentinel(&peer->sent);
         q = ngx_queue_next(q))
    {
        search = idv_ldap_of_queue(q);

        if (search->id == id) {
            return search;
        }
    }

    return NULL;
}


ngx_int_t
idv_ldap_answer(idv_ldap_peer_t *peer, idv_ldap_message_t *message)
{
    size_t              len;
    ngx_uint_t          code;
    idv_ldap_result_e   result;
    idv_ldap_search_t  *search;

    search = idv_ldap_find(peer, message->id);

    if (search == NULL) {
        /* nobody waits for it any more */
        return NGX_OK;
    }

    switch (message->type) {

    case IDV_LDAP_SEARCH_ENTRY:

        if (search->entry.data) {
            search->many = 1;
            return NGX_OK;
        }

        len = message->last - message->pos;

        search->entry.data = ngx_pnalloc(search->pool, len + 1);

        if (search->entry.data == NULL) {
            idv_ldap_finish_search(peer, search, IDV_LDAP_ERROR);
            return NGX_OK;
        }

        ngx_memcpy(search->entry.data, message->pos, len);
        search->entry.len = len;

        return NGX_OK;

    case IDV_LDAP_SEARCH_REFERENCE:

        /* leads to another server, which nobody has named as trusted */
        return NGX_OK;

    case IDV_LDAP_SEARCH_DONE:

        if (idv_ldap_result(message, &code) != NGX_OK) {
            return NGX_ERROR;
        }

        if (code == IDV_LDAP_SIZE_LIMIT && search->entry.data) {
            code = IDV_LDAP_SUCCESS;
            search->many = 1;
        }

        if (code != IDV_LDAP_SUCCESS) {
            result = idv_ldap_outcome(peer, "search", code);

        } else if (search->many) {
            result = IDV_LDAP_AMBIGUOUS;

        } else {
            result = search->entry.data ? IDV_LDAP_FOUND : IDV_LDAP_NOT_FOUND;
        }

        idv_ldap_finish_search(peer, search, result);

        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


static const struct {
    ngx_uint_t          code;
    idv_ldap_result_e   result;
    const char         *text;
} idv_ldap_outcomes[] = {
    { IDV_LDAP_OPERATIONS_ERROR, IDV_LDAP_REFUSED, "not bound" },
    { IDV_LDAP_TIME_LIMIT, IDV_LDAP_TIMEOUT, "its time limit" },
    { IDV_LDAP_AUTH_METHOD, IDV_LDAP_REFUSED,
      "the way of authentication is not supported" },
    { IDV_LDAP_STRONGER_AUTH, IDV_LDAP_REFUSED, "TLS is required" },
    { IDV_LDAP_REFERRAL, IDV_LDAP_UNAVAILABLE,
      "a referral, which is not followed" },
    { IDV_LDAP_CONFIDENTIALITY, IDV_LDAP_REFUSED, "TLS is required" },
    { IDV_LDAP_NO_SUCH_OBJECT, IDV_LDAP_REFUSED, "there is no such base" },
    { IDV_LDAP_INVALID_DN, IDV_LDAP_REFUSED, "the DN has a wrong syntax" },
    { IDV_LDAP_INAPPROPRIATE_AUTH, IDV_LDAP_REFUSED,
      "authentication is refused" },
    { IDV_LDAP_INVALID_CREDENTIALS, IDV_LDAP_REFUSED,
      "bind_dn or its password is wrong" },
    { IDV_LDAP_INSUFFICIENT_RIGHTS, IDV_LDAP_REFUSED, "no right to search" },
    { 0, IDV_LDAP_UNAVAILABLE, "not possible" }
};


idv_ldap_result_e
idv_ldap_outcome(idv_ldap_peer_t *peer, const char *what, ngx_uint_t code)
{
    ngx_uint_t  i;

    for (i = 0; idv_ldap_outcomes[i].code; i++) {
        if (idv_ldap_outcomes[i].code == code) {
            break;
        }
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "idv: directory \"%V\": %V: %s: %s (%ui)",
                  &peer->conf->name, &peer->conf->servers[peer->server].url,
                  what, idv_ldap_outcomes[i].text, code);

    return idv_ldap_outcomes[i].result;
}


/* handlers may start searches and cancel others: the lists are taken first */

static void
idv_ldap_take(ngx_queue_t *from, ngx_queue_t *to)
{
    ngx_queue_init(to);

    if (!ngx_queue_empty(from)) {
        ngx_queue_add(to, from);
        ngx_queue_init(from);
    }
}


void
idv_ldap_again(idv_ldap_peer_t *peer)
{
    ngx_queue_t         over, taken, *q;
    idv_ldap_search_t  *search;

    idv_ldap_take(&peer->sent, &taken);
    ngx_queue_init(&over);

    /* before those that wait already, in their order */

    while (!ngx_queue_empty(&taken)) {
        q = ngx_queue_last(&taken);
        ngx_queue_remove(q);

        search = idv_ldap_of_queue(q);
        search->sent = 0;
        peer->nsent--;

        if (search->tried < 2) {
            ngx_queue_insert_head(&peer->waiting, q);

        } else {
            ngx_queue_insert_head(&over, q);
        }
    }

    while (!ngx_queue_empty(&over)) {
        search = idv_ldap_of_queue(ngx_queue_head(&over));
        idv_ldap_finish_search(peer, search, IDV_LDAP_UNAVAILABLE);
    }
}


void
idv_ldap_fail(idv_ldap_peer_t *peer, idv_ldap_result_e result)
{
    ngx_queue_t         taken;
    idv_ldap_search_t  *search;

    idv_ldap_take(&peer->waiting, &taken);

    while (!ngx_queue_empty(&taken)) {
        search = idv_ldap_of_queue(ngx_queue_head(&taken));
        idv_ldap_finish_search(peer, search, result);
    }
}


ngx_int_t
idv_ldap_each(const ngx_str_t *entry, idv_ldap_each_pt each, void *data)
{
    ngx_int_t        rc;
    ngx_str_t        name, value;
    idv_ldap_list_t  list, values;

    if (idv_ldap_entry(entry->data, entry->len, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( ;; ) {
        rc = idv_ldap_attribute(&list, &name, &values);

        if (rc != NGX_OK) {
            return rc == NGX_DONE ? NGX_OK : NGX_ERROR;
        }

        while ((rc = idv_ldap_value(&values, &value)) == NGX_OK) {
            rc = each(data, &name, &value);

            if (rc != NGX_OK) {
                return rc;
            }
        }

        if (rc != NGX_DONE) {
            return NGX_ERROR;
        }
    }
}
