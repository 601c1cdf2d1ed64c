
/*
 * Copyright (C) nginx-idv authors
 *
 * A directory: what an operator asks it for, by whatever name, and its answers.
 *
 *   up to a newline   the filter
 *   up to a newline   the user's name
 *   the rest          bytes of a server
 */


#include "fuzz.h"

#include "net/idv_ldap.h"
#include "net/idv_ldap_message.h"


#define LDAP_MAX_MESSAGE  65536
#define LDAP_ROOM         16384


static size_t
ldap_search(const idv_ldap_filter_t *filter, const ngx_str_t *user,
    u_char *buf, u_char **start)
{
    size_t               size;
    idv_ldap_query_t     query;
    idv_ldap_message_t   message;

    static const ngx_str_t  attributes[] = {
        ngx_string("mail"), ngx_string("mobile")
    };

    ngx_memzero(&query, sizeof(idv_ldap_query_t));

    ngx_str_set(&query.base, "dc=example,dc=com");
    query.scope = 2;
    query.size_limit = 2;
    query.filter = filter;
    query.user = *user;
    query.attributes = attributes;
    query.nattributes = 2;

    *start = idv_ldap_write_search(buf, buf + LDAP_ROOM, 7, &query);

    if (*start == NULL) {
        return 0;
    }

    /* one whole message, of which nothing is left */

    must(idv_ldap_read(*start, buf + LDAP_ROOM - *start, LDAP_ROOM, &size,
                       &message)
         == NGX_OK);
    must(size == (size_t) (buf + LDAP_ROOM - *start));
    must(message.id == 7 && message.type == IDV_LDAP_SEARCH_REQUEST);

    return size;
}


/*
 * A name of as many letters makes the same message but for these letters: so
 * nothing in a name can be taken for a part of the filter.
 */

static void
ldap_filter(ngx_str_t *text, ngx_str_t *user)
{
    u_char             *one, *two, *p, *q;
    size_t              i, n, len;
    ngx_str_t           letters;
    ngx_uint_t          users;
    const char         *error;
    idv_ldap_filter_t  *filter;

    filter = idv_ldap_filter_parse(house_pool, text, &users, &error);

    if (filter == NULL) {
        must(error != NULL);
        return;
    }

    if (users > IDV_LDAP_MAX_USERS || user->len > IDV_LDAP_MAX_USER) {
        return;
    }

    one = ngx_palloc(house_pool, LDAP_ROOM);
    two = ngx_palloc(house_pool, LDAP_ROOM);
    letters.data = ngx_palloc(house_pool, user->len + 1);
    must(one && two && letters.data);

    letters.len = user->len;
    ngx_memset(letters.data, 'x', letters.len);

    len = ldap_search(filter, user, one, &p);

    must(len > 0);
    must(ldap_search(filter, &letters, two, &q) == len);

    for (i = 0, n = 0; i < len; i++) {
        if (p[i] != q[i]) {
            must(q[i] == 'x');
            n++;
        }
    }

    must(n <= users * user->len);
}


static ngx_int_t
ldap_value(void *data, const ngx_str_t *name, const ngx_str_t *value)
{
    size_t *left = data;

    must(name->len + value->len <= *left);

    *left -= value->len;

    return NGX_OK;
}


static void
ldap_answers(ngx_str_t *bytes)
{
    size_t               len, size, left;
    u_char              *p;
    ngx_int_t            rc;
    ngx_str_t            entry;
    ngx_uint_t           code;
    idv_ldap_message_t   message;

    p = bytes->data;
    len = bytes->len;

    for ( ;; ) {
        rc = idv_ldap_read(p, len, LDAP_MAX_MESSAGE, &size, &message);

        if (rc != NGX_OK) {
            must(rc == NGX_ERROR || size == 0 || size > len);
            must(size <= LDAP_MAX_MESSAGE);
            return;
        }

        must(size > 0 && size <= len);
        must(message.pos >= p && message.last <= p + size);

        (void) idv_ldap_result(&message, &code);

        entry.data = (u_char *) message.pos;
        entry.len = message.last - message.pos;
        left = entry.len;

        (void) idv_ldap_each(&entry, ldap_value, &left);

        p += size;
        len -= size;
    }
}


void
fuzz_ldap(fuzz_input_t *in)
{
    ngx_str_t  filter, user, bytes;

    filter = fuzz_until(in, '\n');
    user = fuzz_until(in, '\n');
    bytes = fuzz_rest(in);

    filter = fuzz_copy(&filter);
    user = fuzz_copy(&user);
    bytes = fuzz_copy(&bytes);

    ldap_filter(&filter, &user);
    ldap_answers(&bytes);
}
