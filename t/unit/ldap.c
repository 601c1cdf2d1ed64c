
/*
 * Copyright (C) nginx-idv authors
 *
 * LDAP as bytes: filters as RFC 4515 and RFC 4511 have them, and answers of a
 * server that may say anything.
 */


#include "tap.h"
#include "net/idv_ldap_peer.h"


static ngx_pool_t  *pool;


static const char *
hex(const u_char *p, size_t len)
{
    static char  text[4096];

    ngx_memzero(text, sizeof(text));

    if (len * 2 < sizeof(text)) {
        ngx_hex_dump((u_char *) text, (u_char *) p, len);
    }

    return text;
}


/* "x" in a filter stands for what RFC 4515 has there; hex of its BER */

static const struct {
    const char  *filter;
    const char  *user;
    const char  *ber;
} filters[] = {

    { "(uid=%s)", "ann", "a30a0403756964" "0403616e6e" },
    { "(uid=a%sz)", "nn", "a30b0403756964" "0404616e6e7a" },

    /* a user's name is a value, whatever is in it */
    { "(uid=%s)", "*", "a3080403756964" "04012a" },
    { "(uid=%s)", ")(a=*", "a30c0403756964" "0405" "2928613d2a" },
    { "(uid=%s)", "\\2a", "a30a0403756964" "04035c3261" },
    { "(uid=%s)", "%s", "a3090403756964" "04022573" },

    { "(mail=*)", "", "87046d61696c" },
    { "(cn=a*)", "", "a4090402636e" "3003" "800161" },
    { "(cn=*a*b*)", "", "a40c0402636e" "3006" "810161" "810162" },
    { "(cn=*%s)", "x", "a4090402636e" "3003" "820178" },
    { "(cn=a*%s*c)", "*", "a40f0402636e" "3009" "800161" "81012a" "820163" },
    { "(age>=7)", "", "a50804036167650401" "37" },
    { "(age<=7)", "", "a60804036167650401" "37" },
    { "(cn~=b)", "", "a8070402636e0401" "62" },
    { "(cn=\\2a\\28\\00)", "", "a3090402636e0403" "2a2800" },
    { "(cn=)", "", "a3060402636e" "0400" },

    { "(&(a=1)(|(b=2)(!(c=3))))", "",
      "a01c" "a306040161040131" "a112" "a306040162040132"
      "a208" "a306040163040133" },

    { "(cn:dn:2.4.6.8.10:=x)", "",
      "a916" "810a322e342e362e382e3130" "8202636e" "830178" "8401ff" },
    { "(:1.2:=%s)", "u", "a908" "8103312e32" "830175" }
};


static const struct {
    const char  *filter;
    const char  *error;
} refused[] = {
    { "", "parentheses" },
    { "uid=%s", "parentheses" },
    { "(uid=%s", "closing" },
    { "(uid=%s))", "more behind" },
    { "(uid=%s)(cn=a)", "more behind" },
    { "(&)", "parentheses" },
    { "(!(a=1)(b=2))", "negates" },
    { "(=a)", "without the name" },
    { "(uid)", "without \"=\"" },
    { "(uid>7)", "without \"=\"" },
    { "(uid=(a)", "write it" },
    { "(uid=\\2)", "backslash" },
    { "(uid=\\zz)", "backslash" },
    { "(uid=%s%s)", "twice" },
    { "(uid>=a*)", "asterisk" },
    { "(cn:=)", NULL },
    { "(:=a)", "extensible" },
    { "(cn:dn:a:b:=x)", "extensible" },
    { "(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(!(a=1))))))))))))))))))", "nested" }
};


static void
test_filters(void)
{
    u_char              buf[1024];
    size_t              i;
    idv_ber_t           ber;
    ngx_str_t           text, user;
    ngx_uint_t          users;
    const char         *error, *bytes;
    idv_ldap_filter_t  *filter;

    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        text.data = (u_char *) filters[i].filter;
        text.len = strlen(filters[i].filter);
        user.data = (u_char *) filters[i].user;
        user.len = strlen(filters[i].user);

        filter = idv_ldap_filter_parse(pool, &text, &users, &error);

        if (!ok(filter != NULL, "%s is a filter", text.data)) {
            continue;
        }

        ber.start = buf;
        ber.pos = buf + sizeof(buf);
        ber.full = 0;

        idv_ldap_filter_write(&ber, filter, &user);

        bytes = hex(ber.pos, buf + sizeof(buf) - ber.pos);
        is_str(bytes, strlen(bytes), filters[i].ber, "and these bytes");

        /* too small a buffer is found out, not overrun */

        ber.start = buf + 64;
        ber.pos = buf + 64 + strlen(filters[i].ber) / 2 - 1;
        ber.full = 0;

        idv_ldap_filter_write(&ber, filter, &user);
        ok(ber.full, "which need their room");
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        text.data = (u_char *) refused[i].filter;
        text.len = strlen(refused[i].filter);

        filter = idv_ldap_filter_parse(pool, &text, &users, &error);

        if (refused[i].error == NULL) {
            ok(filter != NULL, "%s is one", text.data);
            continue;
        }

        ok(filter == NULL && error && strstr(error, refused[i].error),
           "\"%s\" is none: %s", text.data, error ? error : "");
    }
}


/* lengths of each form, written and read again */

static void
test_lengths(void)
{
    u_char        *p, *buf;
    size_t         i, size, len;
    ngx_str_t      s;
    idv_ber_t      ber;
    const u_char  *q;

    static const size_t  lengths[] = {
        0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x12345
    };

    size = 0x20000;
    buf = ngx_alloc(size, tap_log());
    p = ngx_calloc(size, tap_log());

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        s.data = p;
        s.len = lengths[i];

        ber.start = buf;
        ber.pos = buf + size;
        ber.full = 0;

        idv_ber_string(&ber, IDV_BER_OCTETS, &s);

        q = ber.pos;

        ok(!ber.full
           && idv_ber_expect(&q, buf + size, IDV_BER_OCTETS, &len) == NGX_OK
           && len == lengths[i] && q + len == buf + size,
           "a string of %zu bytes", lengths[i]);
    }

    ngx_free(buf);
    ngx_free(p);
}


static const struct {
    const char  *name;
    const char  *bytes;
    size_t       len;
    ngx_int_t    rc;
} answers[] = {
#define ANSWER(name, bytes, rc)  { name, bytes, sizeof(bytes) - 1, rc }

    ANSWER("nothing yet", "", NGX_AGAIN),
    ANSWER("a tag", "\x30", NGX_AGAIN),
    ANSWER("half a head", "\x30\x82\x01", NGX_AGAIN),
    ANSWER("half a message", "\x30\x0c\x02\x01\x01", NGX_AGAIN),
    ANSWER("a message", "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04"
           "\x00", NGX_OK),
    ANSWER("a long form of length", "\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x61"
           "\x07\x0a\x01\x00\x04\x00\x04\x00", NGX_OK),
    ANSWER("another tag", "HTTP/1.1 400", NGX_ERROR),
    ANSWER("an indefinite length", "\x30\x80\x02\x01\x01", NGX_ERROR),
    ANSWER("a length of five bytes", "\x30\x85\x00\x00\x00\x00\x05", NGX_ERROR),
    ANSWER("more than is taken", "\x30\x84\x7f\xff\xff\xff", NGX_ERROR),
    ANSWER("a length that wraps", "\x30\x84\xff\xff\xff\xff", NGX_ERROR),
    ANSWER("a negative id", "\x30\x05\x02\x01\xff\x42\x00", NGX_ERROR),
    ANSWER("an id of five bytes", "\x30\x09\x02\x05\x00\x00\x00\x00\x01\x42"
           "\x00", NGX_ERROR),
    ANSWER("an id without bytes", "\x30\x04\x02\x00\x42\x00", NGX_ERROR),
    ANSWER("no operation", "\x30\x03\x02\x01\x01", NGX_ERROR),
    ANSWER("an operation that is longer", "\x30\x05\x02\x01\x01\x61\x07",
           NGX_ERROR),
    ANSWER("a tag of several bytes", "\x30\x06\x02\x01\x01\x7f\x01\x00",
           NGX_ERROR)
};


static void
test_answers(void)
{
    u_char              *p;
    size_t               i, size;
    idv_ldap_message_t   message;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {

        /* what lies behind it must not be looked at */

        p = ngx_alloc(answers[i].len ? answers[i].len : 1, tap_log());
        ngx_memcpy(p, answers[i].bytes, answers[i].len);

        is_int(idv_ldap_read(p, answers[i].len, 65536, &size, &message),
               answers[i].rc, answers[i].name);

        ngx_free(p);
    }
}


/* an id as it is written; behind the last one comes the first, and never 0 */

static void
test_ids(void)
{
    u_char              buf[64], *p;
    size_t              i, size;
    idv_ldap_peer_t     peer;
    idv_ldap_message_t  message;

    static const uint32_t  before[] = {
        0, 0x7e, 0x7f, 0xfe, 0xff, 0x7ffe, 0x7fff, 0x7ffffe, 0x7fffff,
        0x3ffffffd, 0x3ffffffe
    };

    for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        peer.id = before[i];

        p = idv_ldap_write_unbind(buf, buf + sizeof(buf),
                                  idv_ldap_next_id(&peer));

        ok(peer.id == before[i] + 1
           && idv_ldap_read(p, buf + sizeof(buf) - p, 64, &size, &message)
              == NGX_OK
           && message.id == peer.id && p + size == buf + sizeof(buf),
           "the id %u", peer.id);
    }

    (void) idv_ldap_next_id(&peer);
    is_int(peer.id, 1, "and the first one again");
}


/* so many may wait for a directory, and who goes leaves a place */

static void
test_places(void)
{
    ngx_uint_t          i, n;
    idv_ldap_conf_t     conf, *confs[1];
    idv_ldap_search_t  *searches;

    static ngx_cycle_t  cycle;

    cycle.pool = pool;
    cycle.log = tap_log();
    ngx_cycle = &cycle;

    ngx_queue_init(&ngx_posted_events);
    ngx_event_timer_init(cycle.log);

    ngx_memzero(&conf, sizeof(conf));
    conf.timeout = 1000;
    confs[0] = &conf;

    searches = ngx_calloc((IDV_LDAP_MAX_SEARCHES + 2)
                          * sizeof(idv_ldap_search_t), cycle.log);

    if (!ok(searches != NULL
            && idv_ldap_init_process(&cycle, confs, 1) == NGX_OK,
            "a directory"))
    {
        return;
    }

    n = 0;

    for (i = 0; i < IDV_LDAP_MAX_SEARCHES + 2; i++) {

        if (i == IDV_LDAP_MAX_SEARCHES + 1) {
            idv_ldap_cancel(&searches[7]);
        }

        searches[i].conf = &conf;
        idv_ldap_start(&searches[i]);

        n += searches[i].result == IDV_LDAP_PENDING;
    }

    is_int(searches[IDV_LDAP_MAX_SEARCHES].result, IDV_LDAP_UNAVAILABLE,
           "one too many waits for it");
    is_int(n, IDV_LDAP_MAX_SEARCHES + 1, "the others do, and who comes later");

    for (i = 0; i < IDV_LDAP_MAX_SEARCHES + 2; i++) {
        idv_ldap_cancel(&searches[i]);
    }

    idv_ldap_exit_process();

    ok(ngx_queue_empty(&ngx_posted_events)
       && ngx_event_no_timers_left() == NGX_OK, "and nothing is left of them");

    ngx_free(searches);
}


int
main(void)
{
    pool = tap_pool();

    test_places();

    test_ids();
    test_filters();
    test_lengths();
    test_answers();

    ngx_destroy_pool(pool);

    return tap_done();
}
