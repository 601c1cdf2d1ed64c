
/*
 * Copyright (C) nginx-idv authors
 *
 * Random numbers, hashes and sealing.  Every failure leaves OpenSSL's error
 * queue empty: nginx would report what is left there as an alert of its own.
 */


#ifndef _IDV_CRYPTO_H_INCLUDED_
#define _IDV_CRYPTO_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_HASH_LEN       32
#define IDV_KEY_FILE_LEN   32        /* bytes of a session key file */
#define IDV_SEAL_OVERHEAD  (1 + 4 + 12 + 16)  /* version, key id, nonce, tag */
#define IDV_ID_LEN         22        /* 131 bits in letters and digits */
#define IDV_UUID_LEN       36


typedef struct {
    u_char       id[4];              /* derived from the key, not secret */
    u_char       seal[32];           /* AES-256-GCM */
    u_char       mac[32];            /* HMAC-SHA256 */
} idv_key_t;


/* len random bytes; NGX_ERROR if the generator failed: never go on then */
ngx_int_t idv_random(u_char *buf, size_t len);

/* IDV_ID_LEN random letters and digits, no terminator */
ngx_int_t idv_random_id(u_char *buf);

/* 1 if a text could be one of those: length, letters and digits */
ngx_uint_t idv_id_form(const u_char *text, size_t len);

/* SHA-256 over n strings, each prefixed by its length */
ngx_int_t idv_hash(u_char out[IDV_HASH_LEN], const ngx_str_t *parts,
    ngx_uint_t n);

/* SHA-256 of len bytes, as anybody computes it */
ngx_int_t idv_digest(u_char out[IDV_HASH_LEN], const u_char *data, size_t len);

/* HMAC-SHA256 with the key's mac part over n strings, each length-prefixed */
ngx_int_t idv_mac(u_char out[IDV_HASH_LEN], const idv_key_t *key,
    const ngx_str_t *parts, ngx_uint_t n);

/* HKDF-SHA256 of a secret of IDV_KEY_FILE_LEN bytes into a key */
ngx_int_t idv_key_derive(idv_key_t *key, const u_char *secret);

/*
 * AES-256-GCM.  out has room for len + IDV_SEAL_OVERHEAD bytes:
 * version | key id | nonce | ciphertext | tag.  Returns its length, or
 * NGX_ERROR.
 */
ssize_t idv_seal(const idv_key_t *key, const ngx_str_t *aad,
    const u_char *plain, size_t len, u_char *out);

/*
 * Opens with whichever of the nkeys keys has the id in the text.  out has room
 * for len bytes; on failure it is wiped and NGX_DECLINED returned, with one
 * answer for every reason but a want of memory, which is NGX_ERROR.
 */
ssize_t idv_open(const idv_key_t *keys, ngx_uint_t nkeys, const ngx_str_t *aad,
    const u_char *sealed, size_t len, u_char *out);

/* 1 if equal, in time that depends on len only */
ngx_uint_t idv_equal(const u_char *a, const u_char *b, size_t len);

/* 16 bytes from 8-4-4-4-12 hexadecimal digits; NGX_ERROR for any other form */
ngx_int_t idv_uuid_parse(u_char out[16], const u_char *text, size_t len);

/* writes IDV_UUID_LEN lower-case characters, returns the end */
u_char *idv_uuid_print(u_char *buf, const u_char uuid[16]);

/* process wide set-up and its end: fetched algorithms, reused contexts */
ngx_int_t idv_crypto_init(ngx_log_t *log);
void idv_crypto_done(void);


#endif /* _IDV_CRYPTO_H_INCLUDED_ */
