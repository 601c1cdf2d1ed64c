
/*
 * Copyright (C) nginx-idv authors
 *
 * What is sealed opens only as it was sealed: whatever byte is changed, cut or
 * added, under whatever other key or name, there is one answer and no
 * plaintext.
 */


#include "tap.h"
#include "util/idv_crypto.h"

#include <openssl/err.h>
#include <openssl/rand.h>


#define TEXT_LEN  300


static idv_key_t  keys[3];
static ngx_str_t  aad = ngx_string("idv_session|1|pingone|shop.example");


static int        no_random;


/* takes the place of libcrypto's */

int
RAND_bytes(unsigned char *buf, int num)
{
    return no_random ? -1 : RAND_bytes_ex(NULL, buf, (size_t) num, 0);
}


static int
all_zero(const u_char *p, size_t len)
{
    while (len--) {
        if (*p++) {
            return 0;
        }
    }

    return 1;
}


static void
test_keys(void)
{
    u_char     secret[IDV_KEY_FILE_LEN];
    idv_key_t  again;

    memset(secret, 7, sizeof(secret));

    is_int(idv_key_derive(&keys[0], secret), NGX_OK, "a key");
    is_int(idv_key_derive(&again, secret), NGX_OK, "the same once more");
    ok(memcmp(&keys[0], &again, sizeof(idv_key_t)) == 0, "gives the same");

    secret[31] ^= 1;
    is_int(idv_key_derive(&keys[1], secret), NGX_OK, "a secret of one bit off");
    ok(memcmp(keys[0].id, keys[1].id, 4) != 0, "has another id");
    ok(memcmp(keys[0].seal, keys[1].seal, 32) != 0, "seals otherwise");
    ok(memcmp(keys[0].mac, keys[1].mac, 32) != 0, "signs otherwise");
    ok(memcmp(keys[0].seal, keys[0].mac, 32) != 0, "two keys for two uses");
    ok(memcmp(keys[0].seal, secret, 32) != 0, "neither is the secret");

    secret[0] ^= 1;
    is_int(idv_key_derive(&keys[2], secret), NGX_OK, "a third");
}


static void
test_seal(void)
{
    size_t   len;
    u_char   plain[TEXT_LEN], out[TEXT_LEN + 64];
    u_char   sealed[TEXT_LEN + IDV_SEAL_OVERHEAD];
    u_char   again[TEXT_LEN + IDV_SEAL_OVERHEAD];
    int      bad;

    memset(plain, 'p', sizeof(plain));
    bad = 0;

    for (len = 0; len <= TEXT_LEN; len++) {
        if (idv_seal(&keys[0], &aad, plain, len, sealed)
            != (ssize_t) (len + IDV_SEAL_OVERHEAD)
            || idv_open(keys, 1, &aad, sealed, len + IDV_SEAL_OVERHEAD, out)
               != (ssize_t) len
            || memcmp(out, plain, len) != 0)
        {
            bad++;
        }
    }

    is_int(bad, 0, "every length opens to what was sealed");

    idv_seal(&keys[0], &aad, plain, TEXT_LEN, sealed);
    idv_seal(&keys[0], &aad, plain, TEXT_LEN, again);
    ok(memcmp(sealed, again, sizeof(sealed)) != 0, "never the same twice");

    is_int(idv_open(keys, 3, &aad, sealed, sizeof(sealed), out), TEXT_LEN,
           "opens among several keys");

    idv_seal(&keys[2], &aad, plain, TEXT_LEN, sealed);
    is_int(idv_open(keys, 3, &aad, sealed, sizeof(sealed), out), TEXT_LEN,
           "an old key still opens");
    is_int(idv_open(keys, 2, &aad, sealed, sizeof(sealed), out), NGX_DECLINED,
           "a key that is gone does not");
    ok(all_zero(out, sizeof(sealed)), "and leaves nothing");

    is_int(idv_open(keys, 0, &aad, sealed, sizeof(sealed), out), NGX_DECLINED,
           "without keys nothing opens");
}


static void
test_tamper(void)
{
    int         opened, left;
    size_t      i;
    u_char      plain[TEXT_LEN], out[TEXT_LEN + 64];
    u_char      sealed[TEXT_LEN + IDV_SEAL_OVERHEAD + 1];
    size_t      len = TEXT_LEN + IDV_SEAL_OVERHEAD;
    idv_key_t   twin;
    ngx_str_t   other;
    unsigned    bit;

    memset(plain, 'p', sizeof(plain));
    idv_seal(&keys[0], &aad, plain, TEXT_LEN, sealed);

    opened = 0;
    left = 0;

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            sealed[i] ^= 1 << bit;
            memset(out, 'x', sizeof(out));

            opened += idv_open(keys, 3, &aad, sealed, len, out)
                      != NGX_DECLINED;
            left += !all_zero(out, len);

            sealed[i] ^= 1 << bit;
        }
    }

    is_int(opened, 0, "no changed bit goes unnoticed");
    is_int(left, 0, "no plaintext is left behind");

    opened = 0;

    for (i = 0; i < len; i++) {
        opened += idv_open(keys, 3, &aad, sealed, i, out) != NGX_DECLINED;
        opened += idv_open(keys, 3, &aad, sealed + i + 1, len - i - 1, out)
                  != NGX_DECLINED;
    }

    is_int(opened, 0, "cut at either end it does not open");

    sealed[len] = 0;
    is_int(idv_open(keys, 3, &aad, sealed, len + 1, out), NGX_DECLINED,
           "one byte more");

    opened = 0;

    for (i = 0; i < aad.len; i++) {
        other.data = aad.data;
        other.len = i;
        opened += idv_open(keys, 3, &other, sealed, len, out) != NGX_DECLINED;
    }

    ngx_str_set(&other, "idv_session|1|pingone|shop.exampla");
    opened += idv_open(keys, 3, &other, sealed, len, out) != NGX_DECLINED;

    is_int(opened, 0, "under no other name");

    /* two keys whose ids happen to be the same */

    twin = keys[1];
    memcpy(twin.id, keys[0].id, sizeof(twin.id));
    is_int(idv_open(&twin, 1, &aad, sealed, len, out), NGX_DECLINED,
           "the id alone is no key");

    {
        idv_key_t  both[2] = { twin, keys[0] };

        is_int(idv_open(both, 2, &aad, sealed, len, out), TEXT_LEN,
               "the second of one id opens after the first has failed");
    }

    is_int(idv_open(keys, 3, &aad, sealed, len, out), TEXT_LEN,
           "after all that it still opens");
    is_int(ERR_peek_error(), 0, "OpenSSL's queue is empty");
}


/* more keys than contexts are kept */

static void
test_many_keys(void)
{
    int        bad, round;
    u_char     secret[IDV_KEY_FILE_LEN], sealed[40][64], out[64];
    idv_key_t  many[40];
    size_t     i;

    bad = 0;

    for (i = 0; i < 40; i++) {
        memset(secret, (int) i + 50, sizeof(secret));
        bad += idv_key_derive(&many[i], secret) != NGX_OK;
    }

    for (round = 0; round < 3; round++) {

        for (i = 0; i < 40; i++) {
            bad += idv_seal(&many[i], &aad, (u_char *) "text", 4, sealed[i])
                   != 4 + IDV_SEAL_OVERHEAD;
        }

        for (i = 0; i < 40; i++) {
            bad += idv_open(many, 40, &aad, sealed[i], 4 + IDV_SEAL_OVERHEAD,
                            out)
                   != 4;
            bad += memcmp(out, "text", 4) != 0;
        }
    }

    is_int(bad, 0, "forty keys in turn");

    idv_crypto_done();
    is_int(idv_open(many, 40, &aad, sealed[39], 4 + IDV_SEAL_OVERHEAD, out), 4,
           "a process that has ended its contexts makes new ones");

    is_int(idv_crypto_init(tap_log()), NGX_OK, "init");
    is_int(idv_crypto_init(tap_log()), NGX_OK, "init again");
}


static void
test_hash(void)
{
    u_char     a[IDV_HASH_LEN], b[IDV_HASH_LEN];
    ngx_str_t  one[2] = { ngx_string("ab"), ngx_string("c") };
    ngx_str_t  two[2] = { ngx_string("a"), ngx_string("bc") };
    ngx_str_t  none[1] = { ngx_null_string };

    /* SHA-256 of 00 00 00 02 "ab" 00 00 00 01 "c" */

    static const u_char  expected[] = {
        0xf2, 0x93, 0x9f, 0x90, 0x30, 0x16, 0xe5, 0xbb,
        0x29, 0xb1, 0xe4, 0xa6, 0x1c, 0xdb, 0xd3, 0x76,
        0x22, 0x0c, 0xa0, 0x3a, 0x24, 0x18, 0x0b, 0x39,
        0x99, 0x5f, 0x2d, 0x50, 0xf2, 0xe0, 0xa6, 0x47
    };

    is_int(idv_hash(a, one, 2), NGX_OK, "hash");
    ok(memcmp(a, expected, sizeof(a)) == 0, "is SHA-256 of lengths and parts");

    is_int(idv_hash(b, two, 2), NGX_OK, "the same bytes, parted elsewhere");
    ok(memcmp(a, b, sizeof(a)) != 0, "hash otherwise");

    is_int(idv_hash(a, none, 1), NGX_OK, "an empty part");
    is_int(idv_hash(b, none, 0), NGX_OK, "no part");
    ok(memcmp(a, b, sizeof(a)) != 0, "are not the same");

    is_int(idv_mac(a, &keys[0], one, 2), NGX_OK, "mac");
    is_int(idv_mac(b, &keys[0], one, 2), NGX_OK, "mac again");
    ok(memcmp(a, b, sizeof(a)) == 0, "is the same");

    is_int(idv_mac(b, &keys[1], one, 2), NGX_OK, "by another key");
    ok(memcmp(a, b, sizeof(a)) != 0, "is another");

    is_int(idv_mac(b, &keys[0], two, 2), NGX_OK, "parted elsewhere");
    ok(memcmp(a, b, sizeof(a)) != 0, "is another, too");
}


/* computed apart from OpenSSL, by Python's hmac and hashlib */

static void
test_vectors(void)
{
    u_char     secret[IDV_KEY_FILE_LEN], mac[IDV_HASH_LEN];
    size_t     i;
    idv_key_t  key;
    ngx_str_t  part = ngx_string("What do ya want for nothing?");

    static const u_char  id[] = { 0x46, 0xa3, 0xa4, 0xb0 };
    static const u_char  seal[] = {
        0xdf, 0xee, 0x64, 0xad, 0x78, 0xb7, 0x1b, 0xd4,
        0x67, 0x5c, 0x51, 0xc6, 0xcf, 0x3b, 0xc4, 0x4b,
        0xec, 0xb5, 0x60, 0xb2, 0x7e, 0x09, 0xa9, 0x2a,
        0x5a, 0xa0, 0x04, 0x64, 0x71, 0x43, 0x58, 0xb1
    };
    static const u_char  expected[] = {
        0xc1, 0x78, 0x1a, 0x7e, 0xa3, 0x0c, 0x24, 0x38,
        0x69, 0xc4, 0x38, 0xc5, 0xef, 0xb0, 0x3f, 0xca,
        0x2a, 0xf3, 0xd3, 0x79, 0xc6, 0xb4, 0x41, 0xdb,
        0x95, 0x30, 0x9c, 0xe8, 0xdf, 0x28, 0x42, 0x39
    };

    for (i = 0; i < sizeof(secret); i++) {
        secret[i] = (u_char) i;
    }

    is_int(idv_key_derive(&key, secret), NGX_OK, "derive");
    ok(memcmp(key.id, id, sizeof(id)) == 0, "id is HKDF-SHA256's");
    ok(memcmp(key.seal, seal, sizeof(seal)) == 0, "key is HKDF-SHA256's");

    is_int(idv_mac(mac, &key, &part, 1), NGX_OK, "mac");
    ok(memcmp(mac, expected, sizeof(mac)) == 0, "mac is HMAC-SHA256's");
}


static void
test_equal(void)
{
    int     wrong;
    u_char  a[70], b[70];
    size_t  len, i;

    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));

    wrong = 0;

    for (len = 0; len <= sizeof(a); len++) {
        wrong += idv_equal(a, b, len) != 1;

        for (i = 0; i < len; i++) {
            b[i] ^= 0x80;
            wrong += idv_equal(a, b, len) != 0;
            b[i] ^= 0x80;
        }
    }

    is_int(wrong, 0, "equal at each length, unequal at each byte");
}


static void
test_random(void)
{
    int         bad, seen[256];
    u_char      a[32], b[32], id[IDV_ID_LEN + 1];
    ngx_uint_t  i, n, kinds;

    is_int(idv_random(a, sizeof(a)), NGX_OK, "random");
    is_int(idv_random(b, sizeof(b)), NGX_OK, "random again");
    ok(memcmp(a, b, sizeof(a)) != 0, "differ");

    memset(seen, 0, sizeof(seen));
    bad = 0;

    for (n = 0; n < 2000; n++) {
        id[IDV_ID_LEN] = '!';
        bad += idv_random_id(id) != NGX_OK;
        bad += id[IDV_ID_LEN] != '!';

        for (i = 0; i < IDV_ID_LEN; i++) {
            seen[id[i]]++;
            bad += !isalnum(id[i]);
        }
    }

    is_int(bad, 0, "ids are letters and digits, and of their length");

    for (i = 0, kinds = 0; i < 256; i++) {
        kinds += seen[i] > 0;

        /* 44,000 over 62: 710 each, a deviation of 26 */
        bad += seen[i] && (seen[i] < 500 || seen[i] > 920);
    }

    is_int(kinds, 62, "every letter and digit is used");
    is_int(bad, 0, "each about as often");
}


/* an id has 22 letters and digits, and nothing else is one */

static void
test_form(void)
{
    int     bad, c, i;
    u_char  id[IDV_ID_LEN + 1];

    memset(id, 'x', sizeof(id));
    bad = 0;

    for (i = 0; i <= (int) sizeof(id); i++) {
        bad += idv_id_form(id, (size_t) i) != (i == IDV_ID_LEN);
    }

    for (i = 0; i < IDV_ID_LEN; i++) {
        for (c = 0; c < 256; c++) {
            id[i] = (u_char) c;
            bad += idv_id_form(id, IDV_ID_LEN) != (c < 128 && isalnum(c));
        }

        id[i] = (i % 2) ? '0' : 'Z';
    }

    is_int(bad, 0, "every length, every byte in every place");
}


/* a generator that fails must never end in a predictable id or nonce */

static void
test_no_random(void)
{
    u_char  id[IDV_ID_LEN], bytes[16], sealed[4 + IDV_SEAL_OVERHEAD];

    memset(sealed, 'x', sizeof(sealed));

    no_random = 1;

    is_int(idv_random(bytes, sizeof(bytes)), NGX_ERROR, "no random bytes");
    is_int(idv_random_id(id), NGX_ERROR, "no id");
    is_int(idv_seal(&keys[0], &aad, (u_char *) "text", 4, sealed), NGX_ERROR,
           "nothing is sealed");
    ok(all_zero(sealed, sizeof(sealed)), "and nothing left");

    no_random = 0;

    is_int(idv_random_id(id), NGX_OK, "it works again");
}


static void
test_uuid(void)
{
    int          bad;
    u_char       uuid[16], text[40], *end;
    size_t       i;
    const char  *name = "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913";

    is_int(idv_uuid_parse(uuid, (u_char *) name, 36), NGX_OK, "a uuid");
    is_int(uuid[0], 0x0f, "first byte");
    is_int(uuid[15], 0x13, "last byte");

    end = idv_uuid_print(text, uuid);
    is_str(text, (size_t) (end - text), name, "printed as it was");

    is_int(idv_uuid_parse(uuid, (u_char *)
                          "0F6D2C1E-3B58-4A7E-9C40-5D21B7A8E913", 36),
           NGX_OK, "in capitals");
    end = idv_uuid_print(text, uuid);
    is_str(text, (size_t) (end - text), name, "printed small");

    bad = 0;

    for (i = 0; i < 36; i++) {
        bad += idv_uuid_parse(uuid, (u_char *) name, i) != NGX_ERROR;

        memcpy(text, name, 36);
        text[i] = 'g';
        bad += idv_uuid_parse(uuid, text, 36) != NGX_ERROR;

        text[i] = (name[i] == '-') ? '0' : '-';
        bad += idv_uuid_parse(uuid, text, 36) != NGX_ERROR;

        text[i] = '\0';
        bad += idv_uuid_parse(uuid, text, 36) != NGX_ERROR;
    }

    memcpy(text, name, 36);
    text[36] = '0';
    bad += idv_uuid_parse(uuid, text, 37) != NGX_ERROR;

    is_int(bad, 0, "nothing else is one");
}


int
main(void)
{
    test_keys();
    test_seal();
    test_tamper();
    test_many_keys();
    test_hash();
    test_vectors();
    test_equal();
    test_random();
    test_form();
    test_no_random();
    test_uuid();

    idv_crypto_done();

    return tap_done();
}
