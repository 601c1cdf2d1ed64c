
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: a worker's one connection to a directory.
 *
 *   CLOSED -> RESOLVING -> CONNECTING -> [STARTTLS] -> [HANDSHAKE]
 *          -> [BINDING] -> READY -> CLOSED
 *
 * Searches wait in one queue, and are in another one once they have been sent.
 * A connection that is lost gives back what it has not answered.
 */


#ifndef _IDV_LDAP_PEER_H_INCLUDED_
#define _IDV_LDAP_PEER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>

#include "idv_ldap.h"
#include "idv_ldap_message.h"
#include "idv_ldap_tls.h"
#include "idv_resolve.h"


#define IDV_LDAP_OUT    32768    /* bytes that wait to be sent */
#define IDV_LDAP_IN     4096     /* bytes at first */
#define IDV_LDAP_READS  64       /* in one turn of the worker */


typedef enum {
    IDV_LDAP_CLOSED = 0,
    IDV_LDAP_RESOLVING,
    IDV_LDAP_CONNECTING,
    IDV_LDAP_STARTTLS,
    IDV_LDAP_HANDSHAKE,
    IDV_LDAP_BINDING,
    IDV_LDAP_READY
} idv_ldap_state_e;


typedef struct {
    const idv_ldap_conf_t      *conf;
    idv_ldap_state_e            state;

    ngx_uint_t                  server;      /* its number */
    ngx_uint_t                  tried;       /* bits, since the last success */
    ngx_msec_t                  down[IDV_LDAP_MAX_SERVERS];  /* until then */
    ngx_uint_t                  address[IDV_LDAP_MAX_SERVERS];
    unsigned                    down_set:IDV_LDAP_MAX_SERVERS;
    unsigned                    denied:1;    /* the password was refused */
    unsigned                    said:1;      /* why it is of no use */
    ngx_msec_t                  denied_until;

    ngx_peer_connection_t       pc;
    SSL                        *ssl;
    idv_resolve_t               resolve;
    ngx_event_t                 timer;       /* to connect, or of idleness */
    ngx_event_t                 kick;

    u_char                     *in;
    size_t                      in_len;
    size_t                      in_size;
    u_char                     *out;
    size_t                      out_pos;
    size_t                      out_len;

    uint32_t                    id;          /* of the last message */
    uint32_t                    own;         /* of STARTTLS or BINDING */
    ngx_msec_t                  heard;

    ngx_queue_t                 waiting;
    ngx_queue_t                 sent;
    ngx_uint_t                  nsearches;   /* in both */
    ngx_uint_t                  nsent;
} idv_ldap_peer_t;


/* something to be sent, or a connection to be made, soon */
void idv_ldap_peer_kick(idv_ldap_peer_t *peer);

/* hung: it said nothing for as long as a search may take */
void idv_ldap_peer_lost(idv_ldap_peer_t *peer, ngx_uint_t hung);

void idv_ldap_peer_init(idv_ldap_peer_t *peer, const idv_ldap_conf_t *conf);
void idv_ldap_peer_close(idv_ldap_peer_t *peer);

/* tells the server that nobody waits for a search any more */
void idv_ldap_peer_abandon(idv_ldap_peer_t *peer, uint32_t id);


/* of the next message; no more of them are under way than numbers between */

static ngx_inline uint32_t
idv_ldap_next_id(idv_ldap_peer_t *peer)
{
    peer->id = peer->id % 0x3fffffff + 1;

    return peer->id;
}


/* of the searches: idv_ldap.c */

/* writes as many as there is room for */
void idv_ldap_send(idv_ldap_peer_t *peer);

/* an entry or the end of a search; NGX_ERROR: the connection is of no use */
ngx_int_t idv_ldap_answer(idv_ldap_peer_t *peer, idv_ldap_message_t *message);

/* what was sent waits again, or fails if it was sent twice */
void idv_ldap_again(idv_ldap_peer_t *peer);

void idv_ldap_fail(idv_ldap_peer_t *peer, idv_ldap_result_e result);

/* the outcome that a result code stands for; logged where it is not one */
idv_ldap_result_e idv_ldap_outcome(idv_ldap_peer_t *peer, const char *what,
    ngx_uint_t code);


/* data of an event that is nobody's: debug logs look for a descriptor there */
extern ngx_connection_t  idv_ldap_nobody;


#endif /* _IDV_LDAP_PEER_H_INCLUDED_ */
