
/*
 * Copyright (C) nginx-idv authors
 *
 * The cookies that we set: by the name that a browser protects where it can,
 * and each once in an answer, whatever else is in it.
 */


#include "request.h"


static ngx_table_elt_t *
answers(ngx_http_request_t *r, const char *name, const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);

    memset(h, 0, sizeof(ngx_table_elt_t));
    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = strlen(value);

    return h;
}


static ngx_table_elt_t *
set(ngx_http_request_t *r, const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = strlen(value);

    return ngx_http_idv_cookie_set(r, &fake_provider, IDV_COOKIE_SESSION,
                                   &text, -1);
}


/* how many there are, one that was taken back not counted */

static int
count(ngx_http_request_t *r)
{
    int               n;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    for (i = 0, n = 0; (h = fake_nth(&r->headers_out.headers, i)); i++) {
        n += h->hash != 0;
    }

    return n;
}


static void
test_once(void)
{
    ngx_table_elt_t     *gone, *last;
    ngx_http_request_t  *r;

    static const char *const  others[][2] = {
        { "Set-Cookie", "idv_session_flow=1" },
        { "Set-Cookie", "idv_session" },
        { "Set-Cookie", "idv" },
        { "Set-Cookie", "jdv_session=1" },
        { "Set-Cookia", "idv_session=1" },
        { "Cookie", "idv_session=1" },
        { "X-Set-Cookie", "idv_session=1" }
    };

    ngx_uint_t  i, n = sizeof(others) / sizeof(others[0]), kept;

    r = fake_request("shop.example");

    gone = answers(r, "Set-Cookie", "idv_session=gone");
    gone->hash = 0;

    for (i = 0; i < n; i++) {
        answers(r, others[i][0], others[i][1]);
    }

    last = set(r, "one");

    ok(last && last == fake_nth(&r->headers_out.headers, n + 1), "set");
    is_int(count(r), n + 1, "beside what is another");
    is_str(last->value.data, last->value.len,
           "idv_session=one; Path=/; HttpOnly; SameSite=Lax", "as it should");

    last->key.data = (u_char *) "SET-COOKIE";
    answers(r, "X-Later", "1");

    ok(set(r, "two") == last, "set again");
    is_int(count(r), n + 2, "it is there once");
    is_str(last->value.data, last->value.len,
           "idv_session=two; Path=/; HttpOnly; SameSite=Lax",
           "and the newer one");

    for (i = 0, kept = 0; i < n; i++) {
        kept += strcmp((char *) fake_nth(&r->headers_out.headers,
                                         i + 1)->value.data, others[i][1])
                == 0;
    }

    is_int(kept, n, "all others are as they were");
    is_str(gone->value.data, gone->value.len, "idv_session=gone",
           "and what was taken back is");

    fake_end(r);
}


static void
test_secure(void)
{
    size_t               i;
    ngx_str_t            set;
    ngx_http_request_t  *r;

    static const struct {
        const char  *base_url;
        int          secure;
    } rows[] = {
        { "", 0 },
        { "http://shop.example", 0 },
        { "https://shop.example", 1 },
        { "HTTPS://shop.example", 1 },
        { "https:/", 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        r = fake_request("shop.example");

        fake_provider.base_url.data = (u_char *) rows[i].base_url;
        fake_provider.base_url.len = strlen(rows[i].base_url);

        ok(ngx_http_idv_cookie_set(r, &fake_provider, IDV_COOKIE_FLOW,
                                   &fake_provider.name, 0)
           != NULL, "reached at \"%s\"", rows[i].base_url);

        set = fake_find(&r->headers_out.headers, "Set-Cookie");

        is_str(set.data, set.len,
               rows[i].secure
               ? "__Host-idv_session_flow=pingone; Path=/; HttpOnly; Secure; "
                 "SameSite=Lax; Max-Age=0; "
                 "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
               : "idv_session_flow=pingone; Path=/; HttpOnly; "
                 "SameSite=Lax; Max-Age=0; "
                 "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
               rows[i].secure ? "for TLS alone" : "without TLS");

        fake_end(r);
    }

    ngx_str_null(&fake_provider.base_url);
}


int
main(void)
{
    fake_setup();

    test_once();
    test_secure();

    return tap_done();
}
