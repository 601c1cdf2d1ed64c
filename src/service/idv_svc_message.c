
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc_message.h"


#define IDV_SVC_TRIES  8


static ngx_uint_t idv_svc_message_note(idv_svc_call_t *call, const u_char *tx,
    idv_svc_message_t *message);
static ngx_int_t idv_svc_message_save(idv_svc_call_t *call, const u_char *tx,
    idv_svc_message_t *list, ngx_uint_t n, ngx_uint_t sent);


ngx_int_t
idv_svc_message_send(idv_svc_call_t *call, const u_char *tx,
    idv_svc_message_t *list, ngx_uint_t n, idv_svc_handler_pt done)
{
    ngx_uint_t  i, sent;

    sent = 0;

    for (i = 0; i < n; i++) {
        sent |= idv_svc_message_note(call, tx, &list[i]) << i;
    }

    if (idv_svc_message_save(call, tx, list, n, sent) == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return done(call);
}


/* without a way out a message is one that the control interface hands out */

static ngx_uint_t
idv_svc_message_note(idv_svc_call_t *call, const u_char *tx,
    idv_svc_message_t *message)
{
    idv_svc_note_t  note;

    if (!call->conf->control) {
        return 0;
    }

    ngx_memcpy(note.tx, tx, IDV_SVC_UUID);
    ngx_memcpy(note.id, message->id, IDV_SVC_UUID);

    note.channel = (uint8_t) message->channel;
    note.until = call->now + call->conf->personal_time * IDV_SVC_SECOND;
    note.address = message->address;
    note.link = message->link;

    if (note.link.len == 0) {
        ngx_str_set(&note.link, "");
    }

    return idv_svc_store_note(call->store, &note, call->now) == NGX_OK;
}


static ngx_int_t
idv_svc_message_save(idv_svc_call_t *call, const u_char *tx,
    idv_svc_message_t *list, ngx_uint_t n, ngx_uint_t sent)
{
    uint32_t        seen;
    ngx_int_t       rc;
    ngx_uint_t      i, tries, bit;
    idv_svc_key_t   key;
    idv_svc_view_t  view;

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = (u_char *) tx;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_store_get(call->store, &key, IDV_SVC_BLOBS_NONE, call->now,
                              call->request->pool, &view)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        seen = view.tx.version;

        for (i = 0; i < n; i++) {
            bit = 1 << list[i].channel;

            if (list[i].link.len && (sent & (1 << i))) {
                view.tx.sent |= (uint8_t) bit;

            } else if (list[i].link.len == 0 && (sent & (1 << i))) {
                view.tx.undelivered &= (uint8_t) ~bit;

            } else if (list[i].link.len == 0) {
                view.tx.undelivered |= (uint8_t) bit;
            }
        }

        view.tx.version++;

        rc = idv_svc_store_save(call->store, &view, seen, IDV_SVC_BLOBS_NONE,
                                call->now);
        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    return NGX_ERROR;
}
