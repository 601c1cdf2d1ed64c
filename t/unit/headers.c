
/*
 * Copyright (C) nginx-idv authors
 *
 * Identity headers: what a client sends under a managed name is gone before
 * anything reads it, however it is spelled, and what we set is one clean line.
 */


#include "request.h"


static void
manage(const char *name)
{
    ngx_str_t  *managed;

    managed = ngx_array_push(&fake_srv.managed);
    managed->data = (u_char *) name;
    managed->len = strlen(name);
}


static void
test_spellings(void)
{
    size_t               i, n;
    ngx_http_request_t  *r;

    static const struct {
        const char  *name;
        int          managed;
    } names[] = {
        { "X-Verified-Name", 1 },
        { "x-verified-name", 1 },
        { "X_Verified_Name", 1 },
        { "X_VERIFIED-NAME", 1 },
        { "x.verified.name", 1 },
        { "X~Verified!Name", 1 },
        { "X\x80Verified\xffName", 1 },
        { "X Verified Name", 1 },
        { "X-Level-2", 1 },
        { "X_Level.2", 1 },
        { "X-Level-3", 0 },
        { "X-Verified-Nam", 0 },
        { "X-Verified-Names", 0 },
        { "XVerifiedName", 0 },
        { "X-Verified--Name", 0 },
        { "-X-Verified-Name", 0 },
        { "Y-Verified-Name", 0 },
        { "X-VerifiedzName", 0 },
        { "Host", 0 },
        { "", 0 }
    };

    n = sizeof(names) / sizeof(names[0]);

    for (i = 0; i < n; i++) {
        r = fake_request("shop.example");
        fake_header(r, "Accept", "*/*", 3);
        fake_header(r, names[i].name, "forged", 6);
        fake_header(r, "User-Agent", "x", 1);

        ok(ngx_http_idv_strip_headers(r) == NGX_OK
           && (fake_nth(&r->headers_in.headers, 2) == NULL)
              == names[i].managed
           && fake_find(&r->headers_in.headers, "Accept").len == 3
           && fake_find(&r->headers_in.headers, "User-Agent").len == 1,
           "name %d %s", (int) i, names[i].managed ? "goes" : "stays");

        fake_end(r);
    }

    /* a subrequest has its parent's, with ours among them */

    r = fake_request("shop.example");
    fake_header(r, "X-Verified-Name", "ours", 4);

    {
        ngx_http_request_t  sr = *r;

        sr.main = r;
        ngx_http_idv_strip_headers(&sr);
        is_str(fake_find(&r->headers_in.headers, "X-Verified-Name").data, 4,
               "ours", "a subrequest keeps what we have set");
    }

    fake_end(r);
}


/*
 * Every pattern of managed and other headers up to 11, in parts of 3: the list
 * keeps its order, its elements their places and others' pointers their sense.
 */

static void
test_patterns(void)
{
    int                  bad_order, bad_place, bad_form, bad_push, n, i, at;
    char                 name[16];
    unsigned             bits;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *kept[16], *h;
    ngx_http_request_t  *r;

    bad_order = 0;
    bad_place = 0;
    bad_form = 0;
    bad_push = 0;

    for (n = 0; n <= 11; n++) {
        for (bits = 0; bits < 1u << n; bits++) {

            r = fake_request("shop.example");

            for (i = 0, at = 0; i < n; i++) {
                if (bits >> i & 1) {
                    fake_header(r, "x_verified-NAME", "forged", 6);
                    continue;
                }

                sprintf(name, "X-%d", i);
                kept[at++] = fake_header(r, name, name, strlen(name));
            }

            bad_form += ngx_http_idv_strip_headers(r) != NGX_OK;

            for (part = r->headers_in.headers.part.next;
                 part;
                 part = part->next)
            {
                bad_form += part->nelts == 0;
            }

            for (i = 0; i < at; i++) {
                h = fake_nth(&r->headers_in.headers, (ngx_uint_t) i);
                bad_place += h != kept[i];
                bad_order += h == NULL || h->value.len == 0;
            }

            bad_order += fake_nth(&r->headers_in.headers, (ngx_uint_t) at)
                         != NULL;

            /* pushes land behind them, in memory that is theirs */

            for (i = 0; i < 5; i++) {
                fake_header(r, "X-Pushed", "pushed", 6);
                h = fake_nth(&r->headers_in.headers, (ngx_uint_t) (at + i));
                bad_push += h == NULL || h->key.len != 8;
            }

            for (i = 0; i < at; i++) {
                bad_push += fake_nth(&r->headers_in.headers, (ngx_uint_t) i)
                            != kept[i] || kept[i]->key.data[0] != 'X';
            }

            fake_end(r);
        }
    }

    is_int(bad_form, 0, "no empty part after the first");
    is_int(bad_order, 0, "all that stays is there, in order");
    is_int(bad_place, 0, "and where it was");
    is_int(bad_push, 0, "pushed headers come after it");
}


/* a name that nginx itself knows, if an operator chooses such a one */

static void
test_known(void)
{
    ngx_hash_init_t      hash;
    ngx_hash_key_t       key;
    ngx_http_header_t    known;
    ngx_http_request_t  *r;

    memset(&hash, 0, sizeof(hash));
    memset(&known, 0, sizeof(known));
    ngx_cacheline_size = 64;

    ngx_str_set(&known.name, "From");
    known.offset = offsetof(ngx_http_headers_in_t, user_agent);

    ngx_str_set(&key.key, "from");
    key.key_hash = ngx_hash_key_lc(key.key.data, key.key.len);
    key.value = &known;

    hash.hash = &fake_core_main.headers_in_hash;
    hash.key = ngx_hash_key_lc;
    hash.max_size = 512;
    hash.bucket_size = 64;
    hash.name = (char *) "headers_in_hash";
    hash.pool = fake_cycle.pool;

    ok(ngx_hash_init(&hash, &key, 1) == NGX_OK, "a hash of known headers");

    r = fake_request("shop.example");
    r->headers_in.user_agent = fake_header(r, "From", "forged", 6);
    fake_header(r, "X", "y", 1);

    ok(ngx_http_idv_strip_headers(r) == NGX_OK
       && r->headers_in.user_agent == NULL,
       "nginx forgets it, too");

    fake_end(r);
}


/* in the pool, as those of an opened session are: no address comes twice */

static void
give_claims(ngx_http_request_t *r, ngx_http_idv_session_t *session,
    json_t *root)
{
    char  *text;

    text = json_dumps(root, JSON_COMPACT);

    session->claims.len = strlen(text);
    session->claims.data = ngx_pnalloc(r->pool, session->claims.len);
    memcpy(session->claims.data, text, session->claims.len);

    free(text);
}


static void
test_set(void)
{
    u_char                   value[3000], *p;
    json_t                  *root;
    size_t                   i;
    ngx_str_t                got;
    ngx_array_t             *headers;
    ngx_http_request_t      *r;
    ngx_http_idv_header_t   *header;
    ngx_http_idv_session_t   session;

    static const char *const  wanted[][2] = {
        { "X-Verified-Name", "firstName" },
        { "X-Name", "first_name" },
        { "X-Status", "status" },
        { "X-Subject", "subject" },
        { "X-Tx", "transaction_id" },
        { "X-At", "verified_at" },
        { "X-Policy", "policy" },
        { "X-None", "lastName" },
        { "X-Empty", "empty" },
        { "X-Number", "number" },
        { "X-Long", "long" },
        { "X-Longer", "longer" },
        { "X-Blank", "blank" }
    };

    r = fake_request("shop.example");

    headers = ngx_array_create(r->pool, 4, sizeof(ngx_http_idv_header_t));

    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        header = ngx_array_push(headers);
        header->name.data = (u_char *) wanted[i][0];
        header->name.len = strlen(wanted[i][0]);
        header->claim.data = (u_char *) wanted[i][1];
        header->claim.len = strlen(wanted[i][1]);
    }

    root = json_object();

    /* every byte that a JSON string of a document can have */

    p = value;

    for (i = 1; i < 0x80; i++) {
        *p++ = (u_char) i;
    }

    *p++ = 0xc3;
    *p++ = 0xa9;
    *p = '\0';

    json_object_set_new(root, "firstName", json_string((char *) value));

    memset(value, 'v', sizeof(value));
    value[2048] = '\0';
    json_object_set_new(root, "long", json_string((char *) value));
    value[2046] = '\n';
    value[2047] = '\0';
    json_object_set_new(root, "longer", json_string((char *) value));
    json_object_set_new(root, "empty", json_string(""));
    json_object_set_new(root, "number", json_integer(1));
    json_object_set_new(root, "blank", json_string(" a b "));

    /* where a session was found is known */
    fake_ctx.provider = &fake_provider;

    memset(&session, 0, sizeof(session));
    session.status = IDV_TX_APPROVED_MANUALLY;
    session.verified = fake_time.sec;
    memset(session.tx, 0x11, 16);
    give_claims(r, &session, root);

    /* the unit under test parses what was sealed, up to the store's bound */

    is_int(session.claims.len <= IDV_STORE_MAX_CLAIMS, 0,
           "claims above the bound");
    ok(ngx_http_idv_set_headers(r, headers, &session) == NGX_ERROR,
       "are not parsed: nobody is let in without them");
    is_int(fake_find(&r->headers_in.headers, "X-Verified-Name").len, 0,
           "and none is set");

    json_object_del(root, "longer");
    give_claims(r, &session, root);

    fake_header(r, "x_verified_name", "forged", 6);

    ok(ngx_http_idv_set_headers(r, headers, &session) == NGX_OK, "set again");

    got = fake_find(&r->headers_in.headers, "X-Verified-Name");
    is_str(got.data, got.len,
           "%01%02%03%04%05%06%07%08%09%0A%0B%0C%0D%0E%0F"
           "%10%11%12%13%14%15%16%17%18%19%1A%1B%1C%1D%1E%1F"
           " !\"#$%25&'()*+,-./0123456789:;<=>?"
           "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"
           "`abcdefghijklmnopqrstuvwxyz{|}~%7F%C3%A9",
           "no byte can end the line");
    is_int(fake_find(&r->headers_in.headers, "x_verified_name").len, 0,
           "the client's is gone");
    got = fake_find(&r->headers_in.headers, "X-Name");
    is_int(got.len > 100, 1, "first_name is firstName");
    got = fake_find(&r->headers_in.headers, "X-Status");
    is_str(got.data, got.len, "APPROVED_MANUALLY", "status");
    got = fake_find(&r->headers_in.headers, "X-Subject");
    is_str(got.data, got.len, "ann", "subject");
    got = fake_find(&r->headers_in.headers, "X-Tx");
    is_str(got.data, got.len, "11111111-1111-1111-1111-111111111111",
           "transaction");
    got = fake_find(&r->headers_in.headers, "X-At");
    is_str(got.data, got.len, "2027-01-15T08:00:00Z", "time");
    got = fake_find(&r->headers_in.headers, "X-Blank");
    is_str(got.data, got.len, "%20a b%20", "blanks at the ends");
    is_int(fake_find(&r->headers_in.headers, "X-Long").len, 2048,
           "2,048 bytes are set");

    for (i = 7; i < 10; i++) {
        ok(fake_find(&r->headers_in.headers, wanted[i][0]).data == NULL,
           "%s is absent", wanted[i][0]);
    }

    ok(fake_find(&r->headers_in.headers, "X-Policy").data == NULL,
       "no policy, no header");

    /* one more than fits, once it is encoded */

    json_object_del(root, "long");
    json_object_set_new(root, "longer", json_string((char *) value));
    give_claims(r, &session, root);
    session.bypass = 1;

    ok(ngx_http_idv_set_headers(r, headers, &session) == NGX_OK, "anew");
    ok(fake_find(&r->headers_in.headers, "X-Longer").data == NULL,
       "2,049 bytes are not");
    got = fake_find(&r->headers_in.headers, "X-Status");
    is_str(got.data, got.len, "BYPASS", "bypass");
    ok(fake_find(&r->headers_in.headers, "X-At").data == NULL,
       "nobody was verified at any time");

    for (i = 0, p = NULL; fake_nth(&r->headers_in.headers, i); i++) {
        if (fake_nth(&r->headers_in.headers, i)->key.len
            == sizeof("X-Verified-Name") - 1)
        {
            ok(p == NULL, "each managed header once");
            p = value;
        }
    }

    json_decref(root);
    fake_end(r);
}


int
main(void)
{
    u_char    *p;
    unsigned   i;

    static const char *const  managed[] = {
        "x_verified_name", "x_level_2", "from", "x_name", "x_status",
        "x_subject", "x_tx", "x_at", "x_policy", "x_none", "x_empty",
        "x_number", "x_long", "x_longer", "x_blank"
    };

    fake_setup();

    ngx_array_init(&fake_srv.managed, fake_cycle.pool, 4, sizeof(ngx_str_t));

    /* nothing is managed */

    {
        ngx_http_request_t  *r = fake_request("shop.example");

        fake_header(r, "X-Verified-Name", "any", 3);
        ngx_http_idv_strip_headers(r);
        p = fake_find(&r->headers_in.headers, "X-Verified-Name").data;
        ok(p != NULL, "what is not managed stays");
        fake_end(r);
    }

    for (i = 0; i < sizeof(managed) / sizeof(managed[0]); i++) {
        manage(managed[i]);
    }

    test_known();
    test_spellings();
    test_patterns();
    test_set();

    ngx_destroy_pool(fake_cycle.pool);

    return tap_done();
}
