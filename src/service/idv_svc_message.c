
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_message.h"


#define IDV_SVC_TRIES      8
#define IDV_SVC_POST_POOL  4096


/*
 * Messages that are being sent, in a pool of their own: who asked for them may
 * go away, and they are sent nevertheless.
 */

typedef struct idv_svc_post_s  idv_svc_post_t;

typedef struct {
    idv_svc_post_t            *post;
    idv_svc_message_t          message;
    idv_transfer_mail_t        mail;
    idv_transfer_t             transfer;
    unsigned                   sent:1;
} idv_svc_posted_t;


struct idv_svc_post_s {
    ngx_queue_t                queue;        /* of this worker's */
    ngx_pool_t                *pool;
    idv_svc_call_t            *call;         /* NULL: the client has gone */
    ngx_http_cleanup_t        *cleanup;      /* of its request */
    idv_svc_store_t           *store;
    const idv_svc_conf_t      *conf;
    idv_svc_handler_pt         done;

    u_char                     tx[IDV_SVC_UUID];
    idv_svc_posted_t           list[IDV_SVC_NCHANNELS];
    ngx_uint_t                 n;
    ngx_uint_t                 pending;
};


static idv_svc_post_t *idv_svc_message_post(idv_svc_call_t *call,
    idv_svc_message_t *list, ngx_uint_t n);
static ngx_int_t idv_svc_message_copy(ngx_pool_t *pool, ngx_str_t *s,
    const ngx_str_t *from);
static void idv_svc_message_start(idv_svc_posted_t *posted,
    const idv_svc_tx_t *tx);
static ngx_int_t idv_svc_message_allowed(idv_svc_posted_t *posted,
    const idv_svc_tx_t *tx);
static ngx_int_t idv_svc_message_by_mail(idv_svc_posted_t *posted,
    const idv_svc_outlet_t *outlet);
static ngx_int_t idv_svc_message_by_hook(idv_svc_posted_t *posted,
    const idv_svc_outlet_t *outlet);
static ngx_uint_t idv_svc_message_note(idv_svc_post_t *post,
    const idv_svc_message_t *message);
static void idv_svc_message_ended(idv_transfer_t *t);
static ngx_int_t idv_svc_message_wait(idv_svc_post_t *post);
static void idv_svc_message_left(void *data);
static ngx_int_t idv_svc_message_save(idv_svc_post_t *post);
static void idv_svc_message_mark(idv_svc_tx_t *tx,
    const idv_svc_posted_t *posted);
static void idv_svc_message_free(idv_svc_post_t *post);


/* what this process has */

static ngx_queue_t  idv_svc_message_posts;


ngx_int_t
idv_svc_message_send(idv_svc_call_t *call, const idv_svc_tx_t *tx,
    idv_svc_message_t *list, ngx_uint_t n, idv_svc_handler_pt done)
{
    ngx_uint_t       i;
    idv_svc_post_t  *post;

    post = idv_svc_message_post(call, list, n);
    if (post == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    post->done = done;
    ngx_memcpy(post->tx, tx->id, IDV_SVC_UUID);

    for (i = 0; i < n; i++) {
        idv_svc_message_start(&post->list[i], tx);
    }

    if (post->pending) {
        return idv_svc_message_wait(post);
    }

    (void) idv_svc_message_save(post);

    idv_svc_message_free(post);

    return done(call);
}


static idv_svc_post_t *
idv_svc_message_post(idv_svc_call_t *call, idv_svc_message_t *list,
    ngx_uint_t n)
{
    ngx_uint_t          i;
    ngx_pool_t         *pool;
    idv_svc_post_t     *post;
    idv_svc_message_t  *message;

    pool = ngx_create_pool(IDV_SVC_POST_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    post = ngx_pcalloc(pool, sizeof(idv_svc_post_t));
    if (post == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    post->pool = pool;
    post->call = call;
    post->store = call->store;
    post->conf = call->conf;
    post->n = n;

    if (idv_svc_message_posts.next == NULL) {
        ngx_queue_init(&idv_svc_message_posts);
    }

    ngx_queue_insert_tail(&idv_svc_message_posts, &post->queue);

    for (i = 0; i < n; i++) {
        message = &post->list[i].message;

        *message = list[i];
        post->list[i].post = post;

        message->template = idv_svc_template_find(post->conf->out.templates,
                                                  message->link.len != 0,
                                                  message->channel,
                                                  &message->variant,
                                                  &message->language);

        if (idv_svc_message_copy(pool, &message->address, &list[i].address)
            != NGX_OK
            || idv_svc_message_copy(pool, &message->link, &list[i].link)
               != NGX_OK)
        {
            idv_svc_message_free(post);
            return NULL;
        }
    }

    return post;
}


/* libcurl wants a NUL at its end */

static ngx_int_t
idv_svc_message_copy(ngx_pool_t *pool, ngx_str_t *s, const ngx_str_t *from)
{
    s->data = ngx_pnalloc(pool, from->len + 1);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(s->data, from->data, from->len) = '\0';
    s->len = from->len;

    return NGX_OK;
}


/* without a way out a message is one that the control interface hands out */

static void
idv_svc_message_start(idv_svc_posted_t *posted, const idv_svc_tx_t *tx)
{
    ngx_int_t                rc;
    idv_svc_post_t          *post;
    idv_transfer_t          *t;
    const idv_svc_outlet_t  *outlet;

    post = posted->post;
    t = &posted->transfer;

    outlet = (posted->message.channel == IDV_SVC_EMAIL) ? post->conf->out.mail
                                                        : post->conf->out.sms;
    if (outlet == NULL) {
        posted->sent = idv_svc_message_note(post, &posted->message);
        return;
    }

    if (idv_svc_message_allowed(posted, tx) != NGX_OK) {
        return;
    }

    t->conf = &post->conf->out.message_net;
    t->pool = post->pool;
    t->log = ngx_cycle->log;
    t->url = outlet->url;
    t->creates = 1;
    t->live = 1;
    t->handler = idv_svc_message_ended;
    t->data = posted;

    rc = (posted->message.channel == IDV_SVC_EMAIL)
         ? idv_svc_message_by_mail(posted, outlet)
         : idv_svc_message_by_hook(posted, outlet);

    if (rc == NGX_OK && idv_transfer_start(t) == NGX_OK) {
        post->pending++;
    }
}


/* what leaves the machine costs money, or the patience of a stranger */

static ngx_int_t
idv_svc_message_allowed(idv_svc_posted_t *posted, const idv_svc_tx_t *tx)
{
    ngx_int_t        rc;
    idv_svc_key_t    key;
    idv_svc_post_t  *post;

    post = posted->post;

    key.tx = NULL;
    key.env = (u_char *) tx->env;
    key.user.data = (u_char *) tx->user;
    key.user.len = tx->user_len;

    rc = idv_svc_quota_take(post->store, &key, posted->message.channel,
                            post->conf->out.message_limit,
                            idv_svc_store_now(post->store));

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "idv: a message by %s was not sent: %s",
                      posted->message.channel == IDV_SVC_EMAIL ? "mail"
                                                               : "hook",
                      rc == NGX_BUSY ? "the user has had as many as a day has"
                                     : "there is no room to count it");
    }

    return rc;
}


static ngx_int_t
idv_svc_message_by_mail(idv_svc_posted_t *posted,
    const idv_svc_outlet_t *outlet)
{
    posted->mail.from = outlet->from;
    posted->mail.to = posted->message.address;
    posted->mail.user = outlet->user;
    posted->mail.password = outlet->password;
    posted->mail.starttls = outlet->starttls;

    posted->transfer.mail = &posted->mail;

    return idv_svc_message_mail(posted->post->pool, &posted->message,
                                &outlet->from, &posted->transfer.body);
}


static ngx_int_t
idv_svc_message_by_hook(idv_svc_posted_t *posted,
    const idv_svc_outlet_t *outlet)
{
    idv_transfer_t  *t;

    t = &posted->transfer;

    ngx_str_set(&t->method, "POST");
    ngx_str_set(&t->headers[0], "Content-Type: application/json");
    t->nheaders = 1;

    if (outlet->authorization.len) {
        t->headers[t->nheaders++] = outlet->authorization;
    }

    return idv_svc_message_json(posted->post->pool, &posted->message,
                                &t->body);
}


static ngx_uint_t
idv_svc_message_note(idv_svc_post_t *post, const idv_svc_message_t *message)
{
    idv_svc_note_t  note;

    if (!post->conf->control) {
        return 0;
    }

    ngx_memcpy(note.tx, post->tx, IDV_SVC_UUID);
    ngx_memcpy(note.id, message->id, IDV_SVC_UUID);

    note.channel = (uint8_t) message->channel;
    note.until = idv_svc_store_now(post->store)
                 + post->conf->personal_time * IDV_SVC_SECOND;
    note.address = message->address;
    note.link = message->link;

    return idv_svc_store_note(post->store, &note,
                              idv_svc_store_now(post->store))
           == NGX_OK;
}


static void
idv_svc_message_ended(idv_transfer_t *t)
{
    ngx_int_t            rc;
    idv_svc_call_t      *call;
    idv_svc_post_t      *post;
    idv_svc_posted_t    *posted;
    ngx_connection_t    *c;
    idv_svc_handler_pt   done;

    posted = t->data;
    post = posted->post;

    posted->sent = (t->result == IDV_TRANSFER_OK
                    && t->status >= 200 && t->status < 300);

    if (!posted->sent) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "idv: a message by %s was not sent: %s, status %ui, "
                      "\"%s\"",
                      t->mail ? "mail" : "hook",
                      idv_transfer_result_name(t->result), t->status,
                      t->error);
    }

    if (--post->pending) {
        return;
    }

    (void) idv_svc_message_save(post);

    call = post->call;
    done = post->done;

    if (call) {
        post->cleanup->handler = NULL;
    }

    idv_svc_message_free(post);

    if (call == NULL) {
        return;
    }

    c = call->request->connection;

    call->request->read_event_handler = ngx_http_block_reading;
    call->now = idv_svc_store_now(call->store);

    rc = done(call);

    ngx_http_finalize_request(call->request, rc);
    ngx_http_run_posted_requests(c);
}


/* meanwhile the client's going away is noticed */

static ngx_int_t
idv_svc_message_wait(idv_svc_post_t *post)
{
    ngx_http_request_t  *r;
    ngx_http_cleanup_t  *cln;

    r = post->call->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        post->call = NULL;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = idv_svc_message_left;
    cln->data = post;

    post->cleanup = cln;

    if (!r->discard_body) {
        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    r->main->count++;

    return NGX_DONE;
}


static void
idv_svc_message_left(void *data)
{
    idv_svc_post_t *post = data;

    post->call = NULL;
}


static ngx_int_t
idv_svc_message_save(idv_svc_post_t *post)
{
    int64_t         now;
    uint32_t        seen;
    ngx_int_t       rc;
    ngx_uint_t      i, tries;
    idv_svc_key_t   key;
    idv_svc_view_t  view;

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = post->tx;

    now = idv_svc_store_now(post->store);

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        rc = idv_svc_store_get(post->store, &key, IDV_SVC_BLOBS_NONE, now,
                               post->pool, &view);
        if (rc != NGX_OK) {
            return rc;
        }

        seen = view.tx.version;

        for (i = 0; i < post->n; i++) {
            idv_svc_message_mark(&view.tx, &post->list[i]);
        }

        view.tx.version++;

        rc = idv_svc_store_save(post->store, &view, seen, IDV_SVC_BLOBS_NONE,
                                now);
        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    return NGX_ERROR;
}


static void
idv_svc_message_mark(idv_svc_tx_t *tx, const idv_svc_posted_t *posted)
{
    uint8_t  bit;

    bit = (uint8_t) (1 << posted->message.channel);

    if (posted->message.link.len) {
        tx->sent |= posted->sent ? bit : 0;

    } else if (posted->sent) {
        tx->undelivered &= (uint8_t) ~bit;

    } else {
        tx->undelivered |= bit;
    }
}


static void
idv_svc_message_free(idv_svc_post_t *post)
{
    ngx_uint_t  i;

    for (i = 0; i < post->n; i++) {
        if (post->list[i].transfer.body.len) {
            ngx_explicit_memzero(post->list[i].transfer.body.data,
                                 post->list[i].transfer.body.len);
        }

        ngx_explicit_memzero(post->list[i].message.code, IDV_SVC_CODE_LEN);
    }

    ngx_queue_remove(&post->queue);
    ngx_destroy_pool(post->pool);
}


void
idv_svc_message_exit(void)
{
    ngx_queue_t  *q;

    if (idv_svc_message_posts.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&idv_svc_message_posts)) {
        q = ngx_queue_head(&idv_svc_message_posts);
        idv_svc_message_free(ngx_queue_data(q, idv_svc_post_t, queue));
    }
}
