
/*
 * Copyright (C) nginx-idv authors
 *
 * The calls of idv_provider.h, as PingOne Verify's REST API knows them.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_pingone.h"


static ngx_int_t idv_pingone_start(idv_call_t *call,
    const idv_pingone_kind_t *kind);
static void idv_pingone_send(idv_pass_t *pass);
static void idv_pingone_answered(idv_pass_t *pass, idv_transfer_t *t);
static void idv_pingone_use(idv_pingone_t *op);
static void idv_pingone_release(void *data);
static ngx_int_t idv_pingone_again(idv_pingone_t *op);
static void idv_pingone_end(idv_pass_t *pass);


ngx_int_t
idv_provider_create(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_create);
}


ngx_int_t
idv_provider_read(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_read);
}


ngx_int_t
idv_provider_recall(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_recall);
}


ngx_int_t
idv_provider_claims(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_claims);
}


ngx_int_t
idv_provider_find(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_find);
}


ngx_int_t
idv_provider_provision(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_provision);
}


ngx_int_t
idv_provider_uses(idv_call_t *call)
{
    return idv_pingone_start(call, &idv_pingone_uses);
}


static ngx_int_t
idv_pingone_start(idv_call_t *call, const idv_pingone_kind_t *kind)
{
    const char            *why;
    idv_pass_t            *pass;
    idv_pingone_t         *op;
    const idv_provider_t  *provider;

    provider = call->provider;

    op = ngx_pcalloc(call->pool, sizeof(idv_pingone_t));
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->call = call;
    op->kind = kind;

    pass = &op->pass;
    pass->provider = provider;
    pass->net = &provider->net;
    pass->pool = call->pool;
    pass->log = call->log;
    pass->live = call->live;
    pass->name = kind->name;
    pass->read = kind->read;
    pass->send = idv_pingone_send;
    pass->answered = idv_pingone_answered;
    pass->end = idv_pingone_end;
    pass->data = op;

    if (kind->creates) {
        ngx_str_set(&pass->type, "Content-Type: application/json");
    }

    idv_pass_init(pass);

    if (!kind->extends) {
        call->document = NULL;
    }

    if (idv_pingone_request(op, &why) != NGX_OK) {
        return NGX_ERROR;
    }

    call->priv = op;
    call->retry_after = -1;

    if (why) {
        idv_pass_fail(pass, IDV_CALL_REFUSED, why);
        return NGX_OK;
    }

    idv_pass_enter(pass);

    return NGX_OK;
}


static void
idv_pingone_send(idv_pass_t *pass)
{
    idv_pingone_t   *op;
    idv_transfer_t  *t;

    op = pass->data;

    t = idv_pass_transfer(pass);
    if (t == NULL) {
        return;
    }

    t->creates = op->kind->creates;
    t->method = op->kind->method;

    if (idv_pass_send(pass, t) != NGX_OK) {
        return;
    }

    /* creations are counted when they succeed */

    if (!op->kind->creates) {
        idv_store_count(pass->provider->store, op->kind->counter);
    }
}


static void
idv_pingone_answered(idv_pass_t *pass, idv_transfer_t *t)
{
    idv_pingone_t  *op;

    op = pass->data;

    idv_answer_read(&pass->answer, t);

    if (pass->answer.result == IDV_CALL_OK) {
        idv_pingone_use(op);
    }

    if (pass->answer.status == 401 && idv_pass_renew(pass) == NGX_OK) {
        return;
    }

    if (pass->answer.result != IDV_CALL_OK && idv_pingone_again(op) == NGX_OK) {
        return;
    }

    idv_pass_finish(pass);
}


static void
idv_pingone_use(idv_pingone_t *op)
{
    json_t              *document;
    const char          *why;
    ngx_pool_cleanup_t  *cln;

    /* from here on the pool owns it */

    document = op->pass.answer.document;
    op->pass.answer.document = NULL;

    cln = ngx_pool_cleanup_add(op->call->pool, 0);
    if (cln == NULL) {
        json_decref(document);
        idv_answer_none(&op->pass.answer, IDV_CALL_ERROR, "no memory");
        return;
    }

    cln->handler = idv_pingone_release;
    cln->data = document;

    why = op->kind->use(op, document);

    if (why) {
        idv_answer_unusable(&op->pass.answer, why);
        return;
    }

    if (op->kind->creates) {
        idv_store_count(op->call->provider->store, op->kind->counter);
    }
}


static void
idv_pingone_release(void *data)
{
    json_decref(data);
}


/* NGX_OK: it is sent again after a pause */

static ngx_int_t
idv_pingone_again(idv_pingone_t *op)
{
    const idv_answer_t  *answer;

    answer = &op->pass.answer;

    if (!answer->repeat || op->repeats == IDV_ANSWER_REPEATS) {
        return NGX_DECLINED;
    }

    /* a creation that the provider may have seen is never sent again */

    if (op->kind->creates && !answer->unsent) {
        return NGX_DECLINED;
    }

    return idv_pass_pause(&op->pass, idv_answer_backoff(op->repeats++));
}


static void
idv_pingone_end(idv_pass_t *pass)
{
    idv_call_t     *call;
    idv_pingone_t  *op;

    op = pass->data;
    call = op->call;

    idv_pass_close(pass);

    call->result = pass->answer.result;
    call->retry_after = pass->answer.retry_after;
    call->priv = NULL;

    /* the handler may destroy the pool */

    call->handler(call);
}


void
idv_provider_cancel(idv_call_t *call)
{
    idv_pingone_t  *op;

    op = call->priv;

    if (op == NULL) {
        return;
    }

    call->priv = NULL;

    idv_pass_cancel(&op->pass);
}


void
idv_provider_detach(idv_call_t *call)
{
    idv_pingone_t  *op;

    op = call->priv;

    call->live = 0;
    call->log = ngx_cycle->log;

    if (op) {
        idv_pass_detach(&op->pass, call->log);
    }
}
