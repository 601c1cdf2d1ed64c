
/*
 * Copyright (C) nginx-idv authors
 *
 * The one reader of foreign JSON refuses before it allocates: each bound is
 * met from both sides.
 */


#include "tap.h"
#include "util/idv_json.h"


#define LIMIT  65536


static json_t *parse(ngx_pool_t *pool, const char *text);
static void nested(ngx_pool_t *pool);
static void refused(ngx_pool_t *pool);
static void pointers(ngx_pool_t *pool);
static void scarce(void);


int
main(void)
{
    json_t      *value;
    ngx_str_t    s;
    ngx_pool_t  *pool;

    pool = tap_pool();

    value = parse(pool, "{\"name\":\"\\u00e9\",\"n\":1}");
    ok(value != NULL, "an object");

    s = idv_json_string(value, "name");
    is_str(s.data, s.len, "\xc3\xa9", "a string member");

    s = idv_json_string(value, "n");
    ok(s.len == 0 && s.data == NULL, "a number is not a string");

    s = idv_json_string(value, "none");
    ok(s.len == 0 && s.data == NULL, "nor is nothing");

    ok(idv_json_dump(pool, value, &s) == NGX_OK, "written again");
    is_str(s.data, s.len, "{\"name\":\"\xc3\xa9\",\"n\":1}", "compact");

    ok(idv_json_parse(NULL, (u_char *) "[1]", 3, 2) == NULL, "too long");

    value = idv_json_parse(NULL, (u_char *) "[1]", 3, 3);
    ok(value != NULL, "just as long as it may be");
    json_decref(value);

    nested(pool);
    refused(pool);
    pointers(pool);
    scarce();

    ngx_destroy_pool(pool);

    return tap_done();
}


static json_t *
parse(ngx_pool_t *pool, const char *text)
{
    return idv_json_parse(pool, (u_char *) text, strlen(text), LIMIT);
}


static void
nested(ngx_pool_t *pool)
{
    char        text[2 * 10000 + 1];
    ngx_uint_t  i, n, depths[] = { IDV_JSON_MAX_DEPTH, IDV_JSON_MAX_DEPTH + 1,
                                   1000, 10000 };

    for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        n = depths[i];

        memset(text, '[', n);
        memset(text + n, ']', n);
        text[2 * n] = '\0';

        ok((parse(pool, text) != NULL) == (n <= IDV_JSON_MAX_DEPTH),
           "nested %lu deep", (unsigned long) n);

        /* brackets in a string are no depth */

        text[0] = '[';
        text[1] = '"';
        memset(text + 2, '[', 2 * n - 4);
        text[2 * n - 2] = '"';
        text[2 * n - 1] = ']';

        ok(parse(pool, text) != NULL, "%lu brackets in a string",
           (unsigned long) n);
    }
}


static void
refused(ngx_pool_t *pool)
{
    ngx_uint_t         i;
    static const char  *texts[] = {
        "", " ", "{", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,\"a\":2}",
        "{\"a\":\"\\u0000\"}", "[1] x", "{'a':1}", "[NaN]", "\xff\xfe[1]",
        "[\"\xc3\"]", "[1e999]", "<html>", "[\"\\ud800\"]"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ok(parse(pool, texts[i]) == NULL, "refused, no. %lu",
           (unsigned long) i);
    }

    ok(idv_json_parse(pool, (u_char *) "[1]\0", 4, LIMIT) == NULL,
       "a NUL after the end");
}


static void
pointers(ngx_pool_t *pool)
{
    json_t      *root, *value;
    ngx_str_t    pointer;
    ngx_uint_t   i;

    /* RFC 6901 section 5, and what it forbids */
    static const struct {
        const char  *pointer;
        int          value;
    } cases[] = {
        { "/list/0", 10 }, { "/list/1", 11 }, { "/a~1b", 1 }, { "/m~0n", 8 },
        { "/", 0 }, { "/deep/er", 5 }, { "/list/2", -1 }, { "/list/00", -1 },
        { "/list/-", -1 }, { "/list/1/x", -1 }, { "/none", -1 },
        { "list/0", -1 }, { "/m~2n", -1 }, { "/m~", -1 },
        { "/list/18446744073709551616", -1 }
    };

    root = parse(pool, "{\"list\":[10,11],\"a/b\":1,\"m~n\":8,\"\":0,"
                       "\"deep\":{\"er\":5}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pointer.data = (u_char *) cases[i].pointer;
        pointer.len = strlen(cases[i].pointer);

        value = idv_json_pointer(root, &pointer);

        ok((value == NULL && cases[i].value == -1)
           || (value && json_integer_value(value) == cases[i].value),
           "pointer \"%s\"", cases[i].pointer);
    }

    ngx_str_set(&pointer, "");
    ok(idv_json_pointer(root, &pointer) == root, "the whole document");
}


/*
 * The n-th allocation of a parse fails: then there is no value, and it is said
 * why.  jansson alone leaves a byte out of a string of 16, and says nothing.
 */

static int  scarce_left;


static void *
scarce_malloc(size_t size)
{
    return (--scarce_left == 0) ? NULL : malloc(size);
}


static void
scarce(void)
{
    int             i, wrong, silent;
    json_t         *value;
    ngx_str_t       s;
    json_free_t     real_free;
    json_malloc_t   real_malloc, now_malloc;

    static const char  text[] = "{\"transactionStatusOfAnn\":"
                                "[\"APPROVED_NO_REQUEST_AT_ALL\",1.5,true],"
                                "\"a\":\"0123456789012345678901234567890123\"}";

    json_get_alloc_funcs(&real_malloc, &real_free);
    json_set_alloc_funcs(scarce_malloc, free);

    wrong = 0;
    silent = 0;

    for (i = 1; i < 1000; i++) {
        scarce_left = i;
        value = idv_json_parse(NULL, (u_char *) text, sizeof(text) - 1, LIMIT);

        if (scarce_left > 0) {
            break;
        }

        wrong += value != NULL;
        silent += value == NULL && ngx_errno != NGX_ENOMEM;

        json_decref(value);
    }

    json_get_alloc_funcs(&now_malloc, &real_free);
    json_set_alloc_funcs(real_malloc, free);

    ok(i > 10 && i < 1000, "allocations of a parse: %d", i - 1);
    is_int(wrong, 0, "values where one of them failed");
    is_int(silent, 0, "failures for no reason");
    ok(now_malloc == scarce_malloc, "jansson has the functions that it had");

    s = idv_json_string(value, "a");
    is_int(s.len, 34, "with all of them it is whole");
    json_decref(value);

    value = idv_json_parse(NULL, (u_char *) "{", 1, LIMIT);
    ok(value == NULL && ngx_errno == 0, "a text that is wrong is only wrong");
}
