
/*
 * Copyright (C) nginx-idv authors
 *
 * What is known of a user is written into a request whole, or the request is
 * not made: memory runs out at each allocation, and a value may be no text.
 * The id of a user who was found is one that a path can have.
 */


#include "tap.h"

#include "provider/idv_pingone.h"
#include "util/idv_json.h"


static ngx_uint_t      left;             /* allocations until one fails */
static ngx_uint_t      failed;

static idv_provider_t  provider;
static idv_inputs_t    inputs;


static void *
scarce(size_t size)
{
    if (left && --left == 0) {
        failed = 1;
        return NULL;
    }

    return malloc(size);
}


static void
known(idv_input_e input, const char *value)
{
    inputs.list[inputs.n].input = input;
    inputs.list[inputs.n].value.data = (u_char *) value;
    inputs.list[inputs.n++].value.len = strlen(value);
}


static void
call_of(idv_pingone_t *op, idv_call_t *call, const idv_pingone_kind_t *kind,
    ngx_pool_t *pool)
{
    memset(op, 0, sizeof(*op));
    memset(call, 0, sizeof(*call));

    op->kind = kind;
    op->call = call;
    call->provider = &provider;
    call->pool = pool;
    call->log = tap_log();
    call->inputs = &inputs;
    call->uses = IDV_INPUT_ALL;
    ngx_str_set(&call->user, "ann");
    ngx_str_set(&call->name, "ann");
}


/* NGX_OK if there is a request, whose body is in text then */

static ngx_int_t
written(const idv_pingone_kind_t *kind, char *text, size_t size)
{
    ngx_int_t       rc;
    ngx_pool_t     *pool;
    idv_call_t      call;
    const char     *why;
    idv_pingone_t   op;

    pool = tap_pool();
    call_of(&op, &call, kind, pool);

    rc = idv_pingone_request(&op, &why);

    if (rc == NGX_OK && why) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        snprintf(text, size, "%.*s", (int) op.pass.body.len,
                 (char *) op.pass.body.data);
    }

    ngx_destroy_pool(pool);

    return rc;
}


static void
test_memory(const idv_pingone_kind_t *kind)
{
    char        whole[2048], text[2048];
    ngx_uint_t  n, part;

    ok(written(kind, whole, sizeof(whole)) == NGX_OK
       && strstr(whole, "Ann") && strstr(whole, "Example")
       && strstr(whole, "ann@example.com"),
       "%s: all that is known", kind->name);

    json_set_alloc_funcs(scarce, free);

    part = 0;

    for (n = 1; n < 1000; n++) {
        left = n;
        failed = 0;

        if (written(kind, text, sizeof(text)) == NGX_OK
            && strcmp(text, whole) != 0)
        {
            part++;
        }

        if (!failed) {
            break;
        }
    }

    left = 0;
    json_set_alloc_funcs(malloc, free);

    ok(!failed && n > 20, "each of %d allocations has failed", (int) n - 1);
    is_int(part, 0, "requests that lack something");
}


static const char *
used(const char *text, idv_found_e *match)
{
    json_t         *document;
    ngx_pool_t     *pool;
    idv_call_t      call;
    const char     *why;
    idv_pingone_t   op;

    pool = tap_pool();
    call_of(&op, &call, &idv_pingone_find, pool);

    document = idv_json_parse(pool, (u_char *) text, strlen(text), 4096);
    why = document ? op.kind->use(&op, document) : "no JSON";
    *match = call.match;

    ngx_destroy_pool(pool);

    return why;
}


static void
test_found(void)
{
    char          text[256];
    size_t        i;
    idv_found_e   match;

    static const char *const  bad[] = {
        "\"\"", "\".\"", "\"..\"", "\"a\\nb\"", "\"a\\u007fb\"", "null", "5"
    };

    static const struct {
        const char   *enabled;
        idv_found_e   match;
    } users[] = {
        { "true", IDV_FOUND_ONE },
        { "false", IDV_FOUND_DISABLED },
        { "\"false\"", IDV_FOUND_DISABLED },
        { "null", IDV_FOUND_DISABLED },
        { "0", IDV_FOUND_DISABLED }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "{\"_embedded\":{\"users\":[{\"id\":%s,"
                 "\"username\":\"ann\"}]}}", bad[i]);
        ok(used(text, &match) != NULL, "%s is no id", bad[i]);
    }

    for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        snprintf(text, sizeof(text), "{\"_embedded\":{\"users\":[{\"id\":"
                 "\"7b\",\"username\":\"ann\",\"enabled\":%s}]}}",
                 users[i].enabled);
        ok(used(text, &match) == NULL && match == users[i].match,
           "a user with \"enabled\": %s", users[i].enabled);
    }

    ok(used("{\"_embedded\":{\"users\":[{\"id\":\"7b\","
            "\"username\":\"ann\"}]}}", &match) == NULL
       && match == IDV_FOUND_ONE, "a provider may not tell");
}


int
main(void)
{
    char  text[2048];

    ngx_str_set(&provider.name, "local");
    ngx_str_set(&provider.api_url, "http://127.0.0.1/v1");
    ngx_str_set(&provider.environment_id,
                "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913");
    ngx_str_set(&provider.lookup, "username");
    ngx_str_set(&provider.population, "1bb530d5-c1fd-83c9-b945-b30aae93594b");

    known(IDV_INPUT_GIVEN_NAME, "Ann");
    known(IDV_INPUT_GIVEN_NAME, "Anna");
    known(IDV_INPUT_FAMILY_NAME, "Example");
    known(IDV_INPUT_EMAIL, "ann@example.com");

    test_memory(&idv_pingone_create);
    test_memory(&idv_pingone_provision);

    known(IDV_INPUT_BIRTH_DATE, "199\xe9");
    ok(written(&idv_pingone_create, text, sizeof(text)) != NGX_OK,
       "what is no text is never left out");

    test_found();

    return tap_done();
}
