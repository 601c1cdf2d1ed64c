
/*
 * Copyright (C) nginx-idv authors
 *
 * Messages to the user of a transaction: the link of the capture page, or a
 * one-time password.
 */


#ifndef _IDV_SVC_MESSAGE_H_INCLUDED_
#define _IDV_SVC_MESSAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_template.h"


/* strings live as long as the request */

typedef struct {
    u_char               id[IDV_SVC_UUID];
    idv_svc_channel_e    channel;
    ngx_str_t            address;    /* of idv_svc_address() */
    ngx_str_t            client;     /* who asks, as people know it, or "" */
    ngx_str_t            link;       /* empty: the message is a password */
    u_char               code[IDV_SVC_CODE_LEN];
    ngx_uint_t           minutes;    /* the code, or the link, is good for */
    ngx_str_t            variant;    /* of the policy's notification, or "" */
    ngx_str_t            language;   /* that the user prefers, or "" */

    const idv_svc_template_t  *template;     /* found when it is sent */
} idv_svc_message_t;


/*
 * Sends messages, at most one for each channel, of a transaction that has been
 * saved.  When all of them have been sent or not, which the transaction knows
 * then, done answers the request, if it is still there.  Returns what a handler
 * returns.
 */
ngx_int_t idv_svc_message_send(idv_svc_call_t *call, const idv_svc_tx_t *tx,
    idv_svc_message_t *list, ngx_uint_t n, idv_svc_handler_pt done);

/* at the end of a worker, after that of its transfers */
void idv_svc_message_exit(void);

/*
 * idv_svc_message_text.c: the message as it is sent, in the pool: lines for a
 * mail server, JSON for a hook.
 */
ngx_int_t idv_svc_message_mail(ngx_pool_t *pool,
    const idv_svc_message_t *message, const ngx_str_t *from, ngx_str_t *out);
ngx_int_t idv_svc_message_json(ngx_pool_t *pool,
    const idv_svc_message_t *message, ngx_str_t *out);


#endif /* _IDV_SVC_MESSAGE_H_INCLUDED_ */
