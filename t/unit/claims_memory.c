
/*
 * Copyright (C) nginx-idv authors
 *
 * Memory runs out while claims are taken out of a document, at each allocation:
 * all of them, or an error, and never a few.
 */


#include "tap.h"

#include "engine/idv_engine_claims.h"
#include "util/idv_json.h"


static ngx_uint_t  left;                 /* allocations until one fails */
static ngx_uint_t  failed;


static void *
scarce(size_t size)
{
    if (left && --left == 0) {
        failed = 1;
        return NULL;
    }

    return malloc(size);
}


int
main(void)
{
    char             *text;
    uint8_t           cause;
    json_t           *document;
    ngx_int_t         rc;
    ngx_str_t         all, claims;
    ngx_uint_t        n, errors;
    ngx_pool_t       *pool;
    ngx_array_t       array;
    idv_claim_t       wanted[2];
    idv_provider_t    provider;

    text = "{\"transactionStatus\":{\"status\":\"SUCCESS\"},"
           "\"_embedded\":{\"verifiedData\":[{\"type\":\"GOVERNMENT_ID\","
           "\"data\":{\"firstName\":\"ANN\",\"idNumber\":12}}]},"
           "\"age\":35,\"over18\":true}";

    memset(&provider, 0, sizeof(provider));
    memset(&array, 0, sizeof(array));
    ngx_str_set(&wanted[0].name, "age");
    ngx_str_set(&wanted[0].pointer, "/age");
    ngx_str_set(&wanted[1].name, "over18");
    ngx_str_set(&wanted[1].pointer, "/over18");
    array.elts = wanted;
    array.nelts = 2;
    provider.claims = &array;

    pool = tap_pool();
    document = idv_json_parse(NULL, (u_char *) text, strlen(text), 1000);

    rc = idv_engine_claims(&provider, pool, tap_log(), document, NULL, &all,
                           &cause);
    ok(rc == NGX_OK && cause == IDV_CAUSE_NONE, "with memory");
    ok(tap_has(&all, "\"age\":\"35\"") && tap_has(&all, "\"over18\":\"true\"")
       && tap_has(&all, "ANN"), "all of them");

    json_set_alloc_funcs(scarce, free);

    errors = 0;

    for (n = 1; n < 1000; n++) {
        left = n;
        failed = 0;

        rc = idv_engine_claims(&provider, pool, tap_log(), document, NULL,
                               &claims, &cause);

        if (rc != NGX_OK) {
            errors++;
        }

        if ((rc == NGX_OK) != (claims.len == all.len)) {
            break;
        }

        if (!failed) {
            break;
        }
    }

    left = 0;
    json_set_alloc_funcs(malloc, free);

    ok(!failed, "each of %d allocations has failed", (int) n - 1);
    is_int(errors, n - 1, "errors");

    json_decref(document);
    ngx_destroy_pool(pool);

    return tap_done();
}
