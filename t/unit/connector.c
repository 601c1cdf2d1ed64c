
/*
 * Copyright (C) nginx-idv authors
 *
 * The connector's table has room for what is in it; inputs become paths and
 * bodies; and what a provider says is cut to an output wherever its bytes are
 * parted.
 */


#include "tap.h"
#include "model/idv_connector.h"
#include "model/idv_connector_filter.h"


static const idv_connector_output_t  connector_shape[] = {
    { 0, "id", "string" },
    { 0, "in", "object" },
    { 1, "n", "number" },
    { 1, "deep", "object" },
    { 2, "yes", "boolean" },
    { 0, "any", "object" },
    { 0, "list", "array" },
    { 0, NULL, NULL }
};


/* the text cut in pieces of that size; NULL: it is refused */

static const char *
connector_cut(const char *text, size_t piece)
{
    long                    n, all;
    size_t                  len, size;
    static char             out[4096];
    idv_connector_filter_t  filter;

    idv_connector_filter_init(&filter, connector_shape);

    all = 0;

    for (len = strlen(text); len; len -= size, text += size) {
        size = len < piece ? len : piece;
        n = idv_connector_filter(&filter, text, size, out + all);

        if (n < 0 || n > (long) (size + IDV_CONNECTOR_FILTER_MORE)) {
            return NULL;
        }

        all += n;
    }

    out[all] = '\0';

    return idv_connector_filter_done(&filter) ? out : NULL;
}


static void
connector_filter(void)
{
    size_t       i, piece;
    const char  *is;

    static const struct {
        const char  *text;
        const char  *cut;            /* NULL: refused */
    } cases[] = {
        { "{}", "{}" },
        { " { \"id\" : \"x\" } ", "{\"id\":\"x\"}" },
        { "{\"no\":1,\"id\":\"x\",\"more\":{\"id\":\"y\"}}",
          "{\"id\":\"x\"}" },
        { "{\"in\":{\"x\":[{}],\"n\":-1.5e+3,\"deep\":{\"yes\":true,"
          "\"no\":false}},\"id\":\"\"}",
          "{\"in\":{\"n\":-1.5e+3,\"deep\":{\"yes\":true}},\"id\":\"\"}" },
        { "{\"any\":{\"a\":[1,{\"b\":null}],\"c\":\"\\\"\\u00e9\"}}",
          "{\"any\":{\"a\":[1,{\"b\":null}],\"c\":\"\\\"\\u00e9\"}}" },
        { "{\"list\":[ 1 , \"\xc3\xa9\" , [ ] ]}",
          "{\"list\":[1,\"\xc3\xa9\",[]]}" },

        /* not of their type */
        { "{\"id\":1,\"in\":[],\"list\":{},\"any\":null}", "{}" },
        { "{\"in\":{\"n\":\"1\",\"deep\":{\"yes\":\"true\"}}}",
          "{\"in\":{\"deep\":{}}}" },

        /* not JSON, and what must not be there twice */
        { "", NULL },
        { "[]", NULL },
        { "{\"id\":\"x\"", NULL },
        { "{\"id\":\"x\",}", NULL },
        { "{,}", NULL },
        { "{\"id\" \"x\"}", NULL },
        { "{\"id\":\"x\"}}", NULL },
        { "{\"list\":[1,]}", NULL },
        { "{\"list\":[1}", NULL },
        { "{\"no\":01}", NULL },
        { "{\"no\":1.}", NULL },
        { "{\"no\":-}", NULL },
        { "{\"no\":1e}", NULL },
        { "{\"no\":+1}", NULL },
        { "{\"no\":tru}", NULL },
        { "{\"no\":\"\\x\"}", NULL },
        { "{\"no\":\"\\u12g4\"}", NULL },
        { "{\"no\":\"\n\"}", NULL },
        { "{\"no\":\"\xc3\"}", NULL },
        { "{\"no\":\"\xc0\x80\"}", NULL },
        { "{\"no\":\"\xed\xa0\x80\"}", NULL },
        { "{\"no\":\"\xf4\x90\x80\x80\"}", NULL },
        { "{\"id\":\"x\",\"id\":\"y\"}", NULL },
        { "{\"a\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", NULL }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (piece = 1; piece < 8; piece++) {
            is = connector_cut(cases[i].text, piece);

            ok(cases[i].cut ? is && strcmp(is, cases[i].cut) == 0
                            : is == NULL,
               "cut: %s by %u", cases[i].text, (unsigned) piece);
        }
    }
}


static void
connector_table(void)
{
    unsigned                       n;
    const idv_connector_t         *c;
    const idv_connector_input_t   *in;
    const idv_connector_output_t  *out;

    n = 0;

    for (c = idv_connector_capabilities; c->name; c++) {
        n++;

        ok(idv_connector_find(c->name, strlen(c->name)) == c, "%s: found",
           c->name);
        ok(idv_connector_find(c->name, strlen(c->name) - 1) != c,
           "%s: not by less", c->name);

        for (in = c->input; in->name; in++) {
            ok(strlen(in->name) + 4 < IDV_CONNECTOR_MAX_TARGET,
               "%s: %s has room", c->name, in->name);
        }

        ok(in - c->input <= IDV_CONNECTOR_MAX_INPUTS, "%s: inputs", c->name);

        for (out = c->output; out->name; out++) {
            ok(strlen(out->name) < IDV_CONNECTOR_MAX_NAME
               && out->depth < IDV_CONNECTOR_MAX_DEPTH,
               "%s: %s has room", c->name, out->name);
        }

        ok(out - c->output <= IDV_CONNECTOR_MAX_OUTPUT, "%s: outputs",
           c->name);
    }

    ok(n == 19, "nineteen capabilities");
}


static void
connector_path(void)
{
    char                    path[256], *small;
    size_t                  size;
    json_t                 *input;
    const idv_connector_t  *c;

    c = idv_connector_find("readVerifiedData", 16);
    input = json_pack("{s:s, s:s, s:s, s:[s, s]}", "userId", "a b%\xc3\xa9",
                      "transactionId", "t", "attempt", "LATEST",
                      "verifiedTypes", "SELFIE", "BARCODE");

    ok(idv_connector_path(c, input, path, sizeof(path)) == 0
       && strcmp(path, "/users/a%20b%25%C3%A9/verifyTransactions/t/"
                 "verifiedData?attempt=LATEST&type=SELFIE,BARCODE") == 0,
       "a path is escaped: %s", path);

    for (size = 1; size < 96; size++) {
        small = malloc(size);

        (void) idv_connector_path(c, input, small, size);
        free(small);
    }

    ok(1, "no path is longer than its room");

    json_object_del(input, "transactionId");
    ok(idv_connector_path(c, input, path, sizeof(path)) == -1,
       "a step that is not there");

    json_decref(input);
}


int
main(void)
{
    connector_table();
    connector_filter();
    connector_path();

    return tap_done();
}
