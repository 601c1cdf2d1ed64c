
/*
 * Copyright (C) nginx-idv authors
 *
 * Private to this room: the part of BER that LDAP uses (RFC 4511, 5.1): tags
 * of one byte, lengths of the definite form.
 */


#ifndef _IDV_LDAP_BER_H_INCLUDED_
#define _IDV_LDAP_BER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_BER_BOOLEAN     0x01
#define IDV_BER_INTEGER     0x02
#define IDV_BER_OCTETS      0x04
#define IDV_BER_ENUMERATED  0x0a
#define IDV_BER_SEQUENCE    0x30
#define IDV_BER_SET         0x31


/*
 * Written from its end to its beginning: when the head of a value is due, its
 * length is known.
 */

typedef struct {
    u_char         *start;
    u_char         *pos;
    unsigned        full:1;
} idv_ber_t;


void idv_ber_bytes(idv_ber_t *ber, const void *data, size_t len);

/* the tag and length of what has been written since pos was at end */
void idv_ber_head(idv_ber_t *ber, u_char tag, const u_char *end);

void idv_ber_string(idv_ber_t *ber, u_char tag, const ngx_str_t *s);
void idv_ber_number(idv_ber_t *ber, u_char tag, uint32_t n);
void idv_ber_boolean(idv_ber_t *ber, u_char tag, ngx_uint_t on);


/*
 * Reads the head at *p: its contents are len bytes from *p on, all before last.
 * NGX_ERROR: it is no head, or they are not all there.
 */
ngx_int_t idv_ber_read(const u_char **p, const u_char *last, u_char *tag,
    size_t *len);

/* the same where the tag is known; NGX_ERROR if it is another */
ngx_int_t idv_ber_expect(const u_char **p, const u_char *last, u_char tag,
    size_t *len);

/* a number of the tag, not negative and of 31 bits; NGX_ERROR otherwise */
ngx_int_t idv_ber_expect_number(const u_char **p, const u_char *last,
    u_char tag, uint32_t *n);


#endif /* _IDV_LDAP_BER_H_INCLUDED_ */
