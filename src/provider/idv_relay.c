
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_pass.h"
#include "idv_relay.h"


#define IDV_RELAY_MAX_ERROR  65536       /* bytes of an error that is kept */


typedef struct {
    idv_relay_t               *relay;
    idv_pass_t                 pass;
} idv_relay_op_t;


typedef struct {
    u_char                    *data;
    size_t                     len;
} idv_relay_bytes_t;


static ngx_int_t idv_relay_prepare(idv_relay_op_t *op);
static void idv_relay_send(idv_pass_t *pass);
static void idv_relay_piece(idv_transfer_t *t);
static void idv_relay_answered(idv_pass_t *pass, idv_transfer_t *t);
static ngx_int_t idv_relay_error(idv_relay_op_t *op, idv_transfer_t *t);
static ngx_int_t idv_relay_own(idv_relay_t *relay, u_char *data, size_t len);
static void idv_relay_wipe(void *data);
static void idv_relay_end(idv_pass_t *pass);


ngx_int_t
idv_relay_start(idv_relay_t *relay)
{
    idv_pass_t      *pass;
    idv_relay_op_t  *op;

    op = ngx_pcalloc(relay->pool, sizeof(idv_relay_op_t));
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->relay = relay;

    if (idv_relay_prepare(op) != NGX_OK) {
        return NGX_ERROR;
    }

    pass = &op->pass;
    pass->provider = relay->provider;
    pass->net = relay->net;
    pass->pool = relay->pool;
    pass->log = relay->log;
    pass->live = 1;
    pass->name = relay->name;
    pass->body = relay->body;
    pass->send = idv_relay_send;
    pass->answered = idv_relay_answered;
    pass->end = idv_relay_end;
    pass->data = op;

    /* whatever it is, it costs from the bucket, and waits when that is empty */

    pass->read = 1;

    relay->priv = op;
    relay->retry_after = -1;
    relay->status = 0;
    ngx_str_null(&relay->response);

    idv_pass_init(pass);
    idv_pass_enter(pass);

    return NGX_OK;
}


static ngx_int_t
idv_relay_prepare(idv_relay_op_t *op)
{
    u_char                *p;
    idv_relay_t           *relay;
    const idv_provider_t  *provider;

    relay = op->relay;
    provider = relay->provider;

    p = ngx_pnalloc(relay->pool, provider->api_url.len
                                 + sizeof("/environments/")
                                 + provider->environment_id.len
                                 + relay->path.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->pass.url.data = p;
    p = ngx_sprintf(p, "%V/environments/%V%V%Z", &provider->api_url,
                    &provider->environment_id, &relay->path);
    op->pass.url.len = p - op->pass.url.data - 1;

    if (relay->type.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(relay->pool, sizeof("Content-Type: ") + relay->type.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->pass.type.data = p;
    p = ngx_sprintf(p, "Content-Type: %V%Z", &relay->type);
    op->pass.type.len = p - op->pass.type.data - 1;

    return NGX_OK;
}


static void
idv_relay_send(idv_pass_t *pass)
{
    idv_relay_t     *relay;
    idv_relay_op_t  *op;
    idv_transfer_t  *t;

    op = pass->data;
    relay = op->relay;

    t = idv_pass_transfer(pass);
    if (t == NULL) {
        return;
    }

    t->creates = (relay->method.data[0] != 'G');
    t->method = relay->method;
    t->window = relay->window;
    t->progress = idv_relay_piece;
    t->keep = relay->keep;

    /* what cannot be sent ends by itself */

    (void) idv_pass_send(pass, t);
}


static void
idv_relay_piece(idv_transfer_t *t)
{
    idv_pass_t      *pass;
    idv_relay_t     *relay;
    idv_relay_op_t  *op;

    pass = t->data;
    op = pass->data;
    relay = op->relay;

    if (relay->status == 0) {
        relay->status = t->status;
        ngx_memcpy(relay->kept, t->kept, sizeof(t->kept));

        /* documents and photos are wiped whatever becomes of the request */

        if (idv_relay_own(relay, t->response.data,
                          ngx_max(relay->window, IDV_TRANSFER_MIN_WINDOW))
            != NGX_OK)
        {
            idv_transfer_cancel(t);
            pass->transfer = NULL;
            idv_pass_fail(pass, IDV_CALL_ERROR, "no memory");
            return;
        }
    }

    relay->response = t->response;
    relay->progress(relay);
}


void
idv_relay_resume(idv_relay_t *relay)
{
    idv_relay_op_t  *op;

    op = relay->priv;
    relay->response.len = 0;

    if (op && op->pass.transfer) {
        op->pass.transfer->response.len = 0;
        idv_transfer_resume(op->pass.transfer);
    }
}


static void
idv_relay_answered(idv_pass_t *pass, idv_transfer_t *t)
{
    ngx_uint_t       streamed;
    idv_answer_t    *answer;
    idv_relay_t     *relay;
    idv_relay_op_t  *op;

    op = pass->data;
    relay = op->relay;
    answer = &pass->answer;

    streamed = (relay->status != 0);

    if (t->result != IDV_TRANSFER_OK) {
        idv_answer_read(answer, t);
        ngx_str_null(&relay->response);

        /* whom it is too much for, or too fast, is no fault of the provider */

        relay->too_large = (t->result == IDV_TRANSFER_TOO_LARGE);

        if (relay->too_large
            || (streamed && t->result == IDV_TRANSFER_TIMEOUT))
        {
            answer->outcome = IDV_PEER_GOOD;
            pass->quiet = 1;
        }

        idv_pass_finish(pass);
        return;
    }

    if (t->status == 401 && idv_pass_renew(pass) == NGX_OK) {
        return;
    }

    relay->status = t->status;
    ngx_memcpy(relay->kept, t->kept, sizeof(t->kept));

    if (t->status >= 200 && t->status < 300) {

        if (!streamed
            && idv_relay_own(relay, t->response.data, t->response.len)
               != NGX_OK)
        {
            idv_answer_none(answer, IDV_CALL_ERROR, "no memory");

        } else {
            ngx_memzero(answer, sizeof(idv_answer_t));
            answer->outcome = IDV_PEER_GOOD;
            answer->retry_after = -1;
            relay->response = t->response;
        }

    } else if (idv_relay_error(op, t) != NGX_OK) {
        idv_answer_none(answer, IDV_CALL_ERROR, "no memory");
    }

    idv_pass_finish(pass);
}


/* an error is an answer, too: ours to log, and the application's to read */

static ngx_int_t
idv_relay_error(idv_relay_op_t *op, idv_transfer_t *t)
{
    ngx_str_t     copy;
    idv_pass_t   *pass;
    idv_relay_t  *relay;

    pass = &op->pass;
    relay = op->relay;

    ngx_str_null(&copy);

    if (t->response.len && t->response.len <= IDV_RELAY_MAX_ERROR) {
        copy.data = ngx_pstrdup(relay->pool, &t->response);

        if (copy.data == NULL
            || idv_relay_own(relay, copy.data, t->response.len) != NGX_OK)
        {
            return NGX_ERROR;
        }

        copy.len = t->response.len;
    }

    idv_answer_read(&pass->answer, t);

    if (pass->answer.result != IDV_CALL_LIMITED
        && pass->answer.result != IDV_CALL_UNAVAILABLE)
    {
        /* what the application asked for was wrong: no news for our log */
        pass->quiet = (t->status != 401 && t->status != 403);
    }

    if (!pass->quiet) {
        idv_answer_fault(&pass->answer, relay->provider, relay->name,
                         relay->log);
        pass->quiet = 1;
    }

    pass->answer.result = IDV_CALL_OK;
    relay->response = copy;

    return NGX_OK;
}


static ngx_int_t
idv_relay_own(idv_relay_t *relay, u_char *data, size_t len)
{
    idv_relay_bytes_t   *bytes;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(relay->pool, sizeof(idv_relay_bytes_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    bytes = cln->data;
    bytes->data = data;
    bytes->len = len;

    cln->handler = idv_relay_wipe;

    return NGX_OK;
}


static void
idv_relay_wipe(void *data)
{
    idv_relay_bytes_t *bytes = data;

    if (bytes->len) {
        ngx_explicit_memzero(bytes->data, bytes->len);
    }
}


static void
idv_relay_end(idv_pass_t *pass)
{
    idv_relay_t     *relay;
    idv_relay_op_t  *op;

    op = pass->data;
    relay = op->relay;

    if (pass->late && relay->status) {
        /* it did answer: whoever asked was slow to take it */
        pass->answer.outcome = IDV_PEER_GOOD;
        pass->quiet = 1;
    }

    idv_pass_close(pass);

    relay->result = pass->answer.result;
    relay->retry_after = pass->answer.retry_after;
    relay->priv = NULL;

    /* the handler may destroy the pool */

    relay->handler(relay);
}


void
idv_relay_cancel(idv_relay_t *relay)
{
    idv_relay_op_t  *op;

    op = relay->priv;

    if (op == NULL) {
        return;
    }

    relay->priv = NULL;

    idv_pass_cancel(&op->pass);
}
