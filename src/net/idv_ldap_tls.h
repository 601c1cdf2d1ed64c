
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: TLS towards a directory.  OpenSSL works on a socket
 * that never blocks; certificates are read with the configuration.
 */


#ifndef _IDV_LDAP_TLS_H_INCLUDED_
#define _IDV_LDAP_TLS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <openssl/ssl.h>


/* a client's end on a socket; address: host is one, and no name */
SSL *idv_ldap_tls_new(SSL_CTX *ctx, ngx_socket_t fd, const char *host,
    ngx_uint_t address);

/*
 * As recv() and send() of a connection: bytes, 0 at the end, NGX_AGAIN when the
 * events of the connection have been set, NGX_ERROR.  The handshake: NGX_OK,
 * NGX_AGAIN, or NGX_ERROR with the reason in *why.
 */
ngx_int_t idv_ldap_tls_handshake(SSL *ssl, ngx_connection_t *c,
    const char **why);
ssize_t idv_ldap_tls_recv(SSL *ssl, ngx_connection_t *c, u_char *buf,
    size_t size);
ssize_t idv_ldap_tls_send(SSL *ssl, ngx_connection_t *c, u_char *buf,
    size_t size);


#endif /* _IDV_LDAP_TLS_H_INCLUDED_ */
