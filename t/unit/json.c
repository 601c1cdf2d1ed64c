
/*
 * Copyright (C) nginx-idv authors
 *
 * The one reader of foreign JSON refuses before it allocates: each bound is
 * met from both sides.
 */


#include "tap.h"
#include "util/idv_json.h"

#include <sys/mman.h>


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

    ok(idv_json_parse(pool, (u_char *) "[1\0]", 4, LIMIT) == NULL,
       "a NUL behind a number");
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
 * The n-th allocation of a parse fails, alone or with all after it: then there
 * is no value, and it is said why.  jansson alone leaves a byte out of a string
 * of 16 and says nothing; if that is the quote at the end, it reads on, and so
 * behind each piece of memory there is none.
 */

static int  scarce_left;
static int  scarce_on;


typedef struct {
    void    *map;
    size_t   size;
} scarce_t;


static void *
scarce_malloc(size_t size)
{
    u_char    *p;
    size_t     page, all;
    scarce_t  *head;

    if (--scarce_left == 0 || (scarce_on && scarce_left < 0)) {
        return NULL;
    }

    page = (size_t) sysconf(_SC_PAGESIZE);
    size = (size + 15) & ~(size_t) 15;
    all = (size + sizeof(scarce_t) + 2 * page - 1) / page * page;

    p = mmap(NULL, all, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + all - page, page, PROT_NONE) != 0) {
        abort();
    }

    memset(p, 'x', all - page);

    head = (scarce_t *) (void *) (p + all - page - size - sizeof(scarce_t));
    head->map = p;
    head->size = all;

    return head + 1;
}


static void
scarce_free(void *p)
{
    scarce_t *head = p;

    head--;

    if (munmap(head->map, head->size) != 0) {
        abort();
    }
}


static void
scarce(void)
{
    int             i, n, length, wrong, silent, failures;
    u_char          text[128];
    json_t         *value;
    json_free_t     real_free;
    json_malloc_t   real_malloc, now_malloc;

    json_get_alloc_funcs(&real_malloc, &real_free);
    json_set_alloc_funcs(scarce_malloc, scarce_free);

    wrong = 0;
    silent = 0;
    failures = 0;
    value = NULL;

    for (length = 1; length <= 70; length++) {

        n = snprintf((char *) text, sizeof(text), "{\"transaction\":[1.5,\"");
        memset(text + n, 'x', length);
        n += length;
        n += snprintf((char *) text + n, sizeof(text) - n,
                      "\"],\"status\":true}");

        for (scarce_on = 0; scarce_on < 2; scarce_on++) {

            for (i = 1; i < 1000; i++) {
                scarce_left = i;
                json_decref(value);
                value = idv_json_parse(NULL, text, n, LIMIT);

                if (scarce_left > 0) {
                    break;
                }

                failures++;
                wrong += value != NULL;
                silent += value == NULL && ngx_errno != NGX_ENOMEM;
            }
        }
    }

    ok(failures > 1000, "allocations that failed in a parse: %d", failures);
    is_int(wrong, 0, "values where one of them did");
    is_int(silent, 0, "failures for no reason");

    is_int(json_string_length(json_array_get(json_object_get(value,
                                                             "transaction"),
                                             1)),
           70, "with all of them it is whole");
    json_decref(value);

    json_get_alloc_funcs(&now_malloc, &real_free);
    json_set_alloc_funcs(real_malloc, free);

    ok(now_malloc == scarce_malloc, "jansson has the functions that it had");

    value = idv_json_parse(NULL, (u_char *) "{", 1, LIMIT);
    ok(value == NULL && ngx_errno == 0, "a text that is wrong is only wrong");
}
