
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>


#define IDV_SEAL_VERSION  1
#define IDV_SEAL_NONCE    12
#define IDV_SEAL_TAG      16
#define IDV_SEAL_HEADER   (1 + 4 + IDV_SEAL_NONCE)

#define IDV_CRYPTO_SLOTS  16

#define IDV_EQUAL_BLOCK   16


/*
 * Setting a key costs more than opening a cookie of usual size, so contexts
 * that already have their key are kept, and a use sets the nonce only.
 */

typedef struct {
    u_char           key[32];
    EVP_CIPHER_CTX  *open;
    EVP_CIPHER_CTX  *seal;
} idv_crypto_slot_t;


/*
 * What belongs to this process.  Filled when first used, so that the master
 * may derive keys; idv_crypto_init() starts anew in each worker.
 */

typedef struct {
    EVP_CIPHER         *gcm;
    EVP_MD             *sha256;
    EVP_MAC            *hmac;
    EVP_MD_CTX         *md;
    EVP_MAC_CTX        *mac;
    idv_crypto_slot_t   slots[IDV_CRYPTO_SLOTS];
    ngx_uint_t          nslots;
    ngx_uint_t          next;            /* the slot that gives way */
} idv_crypto_t;


static ngx_int_t idv_crypto_hash_init(void);
static ngx_int_t idv_crypto_mac_init(void);
static idv_crypto_slot_t *idv_crypto_slot(const idv_key_t *key);
static void idv_crypto_slot_free(idv_crypto_slot_t *slot);
static ngx_int_t idv_crypto_kdf(EVP_KDF_CTX *ctx, const u_char *secret,
    const char *info, u_char *out, size_t len);
static ngx_int_t idv_crypto_decrypt(EVP_CIPHER_CTX *ctx, const ngx_str_t *aad,
    const u_char *sealed, size_t len, u_char *out);
static void idv_crypto_length(u_char buf[4], size_t len);
static ngx_int_t idv_crypto_hex(u_char c);


static idv_crypto_t  idv_crypto;


ngx_int_t
idv_random(u_char *buf, size_t len)
{
    if (len > INT_MAX || RAND_bytes(buf, (int) len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
idv_random_id(u_char *buf)
{
    u_char       bytes[IDV_ID_LEN + 10];
    ngx_uint_t   i, n;

    static const char  alphabet[] = "0123456789"
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz";

    n = 0;

    while (n < IDV_ID_LEN) {

        if (idv_random(bytes, sizeof(bytes)) != NGX_OK) {
            return NGX_ERROR;
        }

        /* bytes above the last multiple of 62 would favour some letters */

        for (i = 0; i < sizeof(bytes) && n < IDV_ID_LEN; i++) {
            if (bytes[i] < 248) {
                buf[n++] = (u_char) alphabet[bytes[i] % 62];
            }
        }
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return NGX_OK;
}


/*
 * Eight characters at a time, of which none is above 0x7f: the top bit of each
 * byte is set where it is from low to high, and no carry reaches the next one.
 */

#define IDV_ONES  0x0101010101010101ULL
#define IDV_TOPS  (IDV_ONES << 7)

#define idv_between(x, low, high)                                             \
    (((x) + IDV_ONES * (0x80 - (low))) & ~((x) + IDV_ONES * (0x7f - (high))))

static ngx_inline ngx_uint_t
idv_id_part(const u_char *text)
{
    uint64_t  x, lower;

    ngx_memcpy(&x, text, sizeof(x));
    lower = x | IDV_ONES * 0x20;

    return (x & IDV_TOPS) == 0
           && ((idv_between(x, '0', '9') | idv_between(lower, 'a', 'z'))
               & IDV_TOPS)
              == IDV_TOPS;
}


ngx_uint_t
idv_id_form(const u_char *text, size_t len)
{
    return len == IDV_ID_LEN
           && idv_id_part(text)
           && idv_id_part(text + 8)
           && idv_id_part(text + IDV_ID_LEN - 8);
}


ngx_int_t
idv_hash(u_char out[IDV_HASH_LEN], const ngx_str_t *parts, ngx_uint_t n)
{
    u_char       prefix[4];
    EVP_MD_CTX  *ctx;
    ngx_uint_t   i;

    if (idv_crypto_hash_init() != NGX_OK) {
        goto failed;
    }

    ctx = idv_crypto.md;

    if (EVP_DigestInit_ex2(ctx, NULL, NULL) != 1) {
        goto failed;
    }

    for (i = 0; i < n; i++) {
        idv_crypto_length(prefix, parts[i].len);

        if (EVP_DigestUpdate(ctx, prefix, sizeof(prefix)) != 1
            || EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1)
        {
            goto failed;
        }
    }

    if (EVP_DigestFinal_ex(ctx, out, NULL) == 1) {
        return NGX_OK;
    }

failed:

    OPENSSL_cleanse(out, IDV_HASH_LEN);
    ERR_clear_error();

    return NGX_ERROR;
}


ngx_int_t
idv_digest(u_char out[IDV_HASH_LEN], const u_char *data, size_t len)
{
    if (idv_crypto_hash_init() == NGX_OK
        && EVP_DigestInit_ex2(idv_crypto.md, NULL, NULL) == 1
        && EVP_DigestUpdate(idv_crypto.md, data, len) == 1
        && EVP_DigestFinal_ex(idv_crypto.md, out, NULL) == 1)
    {
        return NGX_OK;
    }

    OPENSSL_cleanse(out, IDV_HASH_LEN);
    ERR_clear_error();

    return NGX_ERROR;
}


ngx_int_t
idv_mac(u_char out[IDV_HASH_LEN], const idv_key_t *key, const ngx_str_t *parts,
    ngx_uint_t n)
{
    size_t        len;
    u_char        prefix[4];
    ngx_uint_t    i;
    EVP_MAC_CTX  *ctx;

    if (idv_crypto_mac_init() != NGX_OK) {
        goto failed;
    }

    ctx = idv_crypto.mac;

    if (EVP_MAC_init(ctx, key->mac, sizeof(key->mac), NULL) != 1) {
        goto failed;
    }

    for (i = 0; i < n; i++) {
        idv_crypto_length(prefix, parts[i].len);

        if (EVP_MAC_update(ctx, prefix, sizeof(prefix)) != 1
            || EVP_MAC_update(ctx, parts[i].data, parts[i].len) != 1)
        {
            goto failed;
        }
    }

    if (EVP_MAC_final(ctx, out, &len, IDV_HASH_LEN) == 1
        && len == IDV_HASH_LEN)
    {
        return NGX_OK;
    }

failed:

    OPENSSL_cleanse(out, IDV_HASH_LEN);
    ERR_clear_error();

    return NGX_ERROR;
}


ngx_int_t
idv_key_derive(idv_key_t *key, const u_char *secret)
{
    EVP_KDF      *kdf;
    ngx_int_t     rc;
    EVP_KDF_CTX  *ctx;

    rc = NGX_ERROR;
    ctx = NULL;

    kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);

    if (kdf) {
        ctx = EVP_KDF_CTX_new(kdf);
    }

    if (ctx
        && idv_crypto_kdf(ctx, secret, "nginx-idv 1 id", key->id,
                          sizeof(key->id)) == NGX_OK
        && idv_crypto_kdf(ctx, secret, "nginx-idv 1 seal", key->seal,
                          sizeof(key->seal)) == NGX_OK
        && idv_crypto_kdf(ctx, secret, "nginx-idv 1 mac", key->mac,
                          sizeof(key->mac)) == NGX_OK)
    {
        rc = NGX_OK;

    } else {
        OPENSSL_cleanse(key, sizeof(idv_key_t));
        ERR_clear_error();
    }

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);

    return rc;
}


static ngx_int_t
idv_crypto_kdf(EVP_KDF_CTX *ctx, const u_char *secret, const char *info,
    u_char *out, size_t len)
{
    OSSL_PARAM   params[5], *p;

    EVP_KDF_CTX_reset(ctx);

    p = params;

    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                            (char *) "SHA256", 0);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                             (void *) secret,
                                             IDV_KEY_FILE_LEN);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                             (void *) "nginx-idv",
                                             sizeof("nginx-idv") - 1);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                             (void *) info, ngx_strlen(info));
    *p = OSSL_PARAM_construct_end();

    return EVP_KDF_derive(ctx, out, len, params) == 1 ? NGX_OK : NGX_ERROR;
}


ssize_t
idv_seal(const idv_key_t *key, const ngx_str_t *aad, const u_char *plain,
    size_t len, u_char *out)
{
    int                 n;
    u_char             *nonce, *text, *tag;
    EVP_CIPHER_CTX     *ctx;
    idv_crypto_slot_t  *slot;

    if (len > INT_MAX - IDV_SEAL_OVERHEAD || aad->len > INT_MAX) {
        return NGX_ERROR;
    }

    out[0] = IDV_SEAL_VERSION;
    ngx_memcpy(&out[1], key->id, sizeof(key->id));

    nonce = &out[1 + sizeof(key->id)];
    text = &out[IDV_SEAL_HEADER];
    tag = text + len;

    slot = idv_crypto_slot(key);

    if (slot == NULL || idv_random(nonce, IDV_SEAL_NONCE) != NGX_OK) {
        goto failed;
    }

    ctx = slot->seal;

    if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1
        && EVP_EncryptUpdate(ctx, NULL, &n, aad->data, (int) aad->len) == 1
        && EVP_EncryptUpdate(ctx, text, &n, plain, (int) len) == 1
        && EVP_EncryptFinal_ex(ctx, tag, &n) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, IDV_SEAL_TAG, tag)
           == 1)
    {
        return len + IDV_SEAL_OVERHEAD;
    }

failed:

    OPENSSL_cleanse(out, len + IDV_SEAL_OVERHEAD);
    ERR_clear_error();

    return NGX_ERROR;
}


ssize_t
idv_open(const idv_key_t *keys, ngx_uint_t nkeys, const ngx_str_t *aad,
    const u_char *sealed, size_t len, u_char *out)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    idv_crypto_slot_t  *slot;

    rc = NGX_DECLINED;

    if (len < IDV_SEAL_OVERHEAD || len > INT_MAX || aad->len > INT_MAX
        || sealed[0] != IDV_SEAL_VERSION)
    {
        goto declined;
    }

    for (i = 0; i < nkeys; i++) {

        if (ngx_memcmp(&sealed[1], keys[i].id, sizeof(keys[i].id)) != 0) {
            continue;
        }

        slot = idv_crypto_slot(&keys[i]);

        if (slot == NULL) {
            rc = NGX_ERROR;
            break;
        }

        if (idv_crypto_decrypt(slot->open, aad, sealed, len, out) == NGX_OK) {
            return len - IDV_SEAL_OVERHEAD;
        }
    }

declined:

    /* until the tag is checked there is plaintext, and not a trusted one */

    OPENSSL_cleanse(out, len);
    ERR_clear_error();

    return rc;
}


static ngx_int_t
idv_crypto_decrypt(EVP_CIPHER_CTX *ctx, const ngx_str_t *aad,
    const u_char *sealed, size_t len, u_char *out)
{
    int            n, size;
    const u_char  *nonce, *text;

    nonce = &sealed[IDV_SEAL_HEADER - IDV_SEAL_NONCE];
    text = &sealed[IDV_SEAL_HEADER];
    size = (int) (len - IDV_SEAL_OVERHEAD);

    if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1
        && EVP_DecryptUpdate(ctx, NULL, &n, aad->data, (int) aad->len) == 1
        && EVP_DecryptUpdate(ctx, out, &n, text, size) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, IDV_SEAL_TAG,
                               (void *) (text + size))
           == 1
        && EVP_DecryptFinal_ex(ctx, out + size, &n) == 1)
    {
        return NGX_OK;
    }

    return NGX_ERROR;
}


/* one block of what differs: compilers make it a vector */

static ngx_inline void
idv_differ(u_char *diff, const u_char *a, const u_char *b)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_EQUAL_BLOCK; i++) {
        diff[i] |= a[i] ^ b[i];
    }
}


ngx_uint_t
idv_equal(const u_char *a, const u_char *b, size_t len)
{
    u_char    diff[IDV_EQUAL_BLOCK];
    size_t    i, last;
    uint64_t  x[2];

    ngx_memzero(diff, sizeof(diff));

    if (len < sizeof(diff)) {

        for (i = 0; i < len; i++) {
            diff[0] |= a[i] ^ b[i];
        }

        return diff[0] == 0;
    }

    /* the last block may overlap that before it */

    last = len - sizeof(diff);

    for (i = 0; i < last; i += sizeof(diff)) {
        idv_differ(diff, a + i, b + i);
    }

    idv_differ(diff, a + last, b + last);

    ngx_memcpy(x, diff, sizeof(x));

    return (x[0] | x[1]) == 0;
}


ngx_int_t
idv_uuid_parse(u_char out[16], const u_char *text, size_t len)
{
    ngx_int_t   high, low;
    ngx_uint_t  i, n;

    if (len != IDV_UUID_LEN) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < IDV_UUID_LEN; /* void */ ) {

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i++] != '-') {
                return NGX_ERROR;
            }

            continue;
        }

        high = idv_crypto_hex(text[i]);
        low = idv_crypto_hex(text[i + 1]);

        if (high < 0 || low < 0) {
            return NGX_ERROR;
        }

        out[n++] = (u_char) (high << 4 | low);
        i += 2;
    }

    return NGX_OK;
}


u_char *
idv_uuid_print(u_char *buf, const u_char uuid[16])
{
    ngx_uint_t  i;

    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i < 16; i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *buf++ = '-';
        }

        *buf++ = (u_char) hex[uuid[i] >> 4];
        *buf++ = (u_char) hex[uuid[i] & 0xf];
    }

    return buf;
}


ngx_int_t
idv_crypto_init(ngx_log_t *log)
{
    idv_crypto_done();

    if (idv_crypto_hash_init() != NGX_OK || idv_crypto_mac_init() != NGX_OK) {
        goto failed;
    }

    idv_crypto.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

    if (idv_crypto.gcm) {
        return NGX_OK;
    }

failed:

    ERR_clear_error();

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "idv: OpenSSL has no AES-256-GCM, SHA-256 or HMAC");

    return NGX_ERROR;
}


void
idv_crypto_done(void)
{
    ngx_uint_t  i;

    for (i = 0; i < idv_crypto.nslots; i++) {
        idv_crypto_slot_free(&idv_crypto.slots[i]);
    }

    EVP_MD_CTX_free(idv_crypto.md);
    EVP_MAC_CTX_free(idv_crypto.mac);
    EVP_CIPHER_free(idv_crypto.gcm);
    EVP_MD_free(idv_crypto.sha256);
    EVP_MAC_free(idv_crypto.hmac);

    OPENSSL_cleanse(&idv_crypto, sizeof(idv_crypto_t));
}


static ngx_int_t
idv_crypto_hash_init(void)
{
    if (idv_crypto.md) {
        return NGX_OK;
    }

    if (idv_crypto.sha256 == NULL) {
        idv_crypto.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);

        if (idv_crypto.sha256 == NULL) {
            return NGX_ERROR;
        }
    }

    idv_crypto.md = EVP_MD_CTX_new();

    if (idv_crypto.md
        && EVP_DigestInit_ex2(idv_crypto.md, idv_crypto.sha256, NULL) == 1)
    {
        return NGX_OK;
    }

    EVP_MD_CTX_free(idv_crypto.md);
    idv_crypto.md = NULL;

    return NGX_ERROR;
}


static ngx_int_t
idv_crypto_mac_init(void)
{
    OSSL_PARAM  params[2];

    if (idv_crypto.mac) {
        return NGX_OK;
    }

    if (idv_crypto.hmac == NULL) {
        idv_crypto.hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);

        if (idv_crypto.hmac == NULL) {
            return NGX_ERROR;
        }
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    idv_crypto.mac = EVP_MAC_CTX_new(idv_crypto.hmac);

    if (idv_crypto.mac && EVP_MAC_CTX_set_params(idv_crypto.mac, params) == 1)
    {
        return NGX_OK;
    }

    EVP_MAC_CTX_free(idv_crypto.mac);
    idv_crypto.mac = NULL;

    return NGX_ERROR;
}


static idv_crypto_slot_t *
idv_crypto_slot(const idv_key_t *key)
{
    ngx_uint_t          i;
    idv_crypto_slot_t  *slot;

    for (i = 0; i < idv_crypto.nslots; i++) {
        slot = &idv_crypto.slots[i];

        if (idv_equal(slot->key, key->seal, sizeof(slot->key))) {
            return slot;
        }
    }

    if (idv_crypto.gcm == NULL) {
        idv_crypto.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

        if (idv_crypto.gcm == NULL) {
            return NULL;
        }
    }

    if (idv_crypto.nslots < IDV_CRYPTO_SLOTS) {
        slot = &idv_crypto.slots[idv_crypto.nslots++];

    } else {
        slot = &idv_crypto.slots[idv_crypto.next++ % IDV_CRYPTO_SLOTS];
        idv_crypto_slot_free(slot);
    }

    slot->open = EVP_CIPHER_CTX_new();
    slot->seal = EVP_CIPHER_CTX_new();

    if (slot->open && slot->seal
        && EVP_DecryptInit_ex2(slot->open, idv_crypto.gcm, key->seal, NULL,
                               NULL) == 1
        && EVP_EncryptInit_ex2(slot->seal, idv_crypto.gcm, key->seal, NULL,
                               NULL) == 1)
    {
        ngx_memcpy(slot->key, key->seal, sizeof(slot->key));
        return slot;
    }

    /* the last slot takes the place of the one that failed */

    idv_crypto_slot_free(slot);

    idv_crypto.nslots--;
    *slot = idv_crypto.slots[idv_crypto.nslots];

    OPENSSL_cleanse(&idv_crypto.slots[idv_crypto.nslots],
                    sizeof(idv_crypto_slot_t));

    return NULL;
}


static void
idv_crypto_slot_free(idv_crypto_slot_t *slot)
{
    EVP_CIPHER_CTX_free(slot->open);
    EVP_CIPHER_CTX_free(slot->seal);

    OPENSSL_cleanse(slot, sizeof(idv_crypto_slot_t));
}


static void
idv_crypto_length(u_char buf[4], size_t len)
{
    buf[0] = (u_char) (len >> 24);
    buf[1] = (u_char) (len >> 16);
    buf[2] = (u_char) (len >> 8);
    buf[3] = (u_char) len;
}


static ngx_int_t
idv_crypto_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}
