
/*
 * Copyright (C) nginx-idv authors
 *
 * The connector: what an application sends, and what a provider says to it.
 *
 *   the first byte    bits 0 to 4: the capability; above: pieces of the answer
 *   up to a newline   the input
 *   the rest          the provider's answer
 */


#include "fuzz.h"

#include "model/idv_connector_filter.h"
#include "util/idv_json.h"


#define CONNECTOR_MAX   (64 * 1024)
#define CONNECTOR_PATH  8192


/* what holds for an input that was taken */

static void
connector_request(const idv_connector_t *capability, json_t *input)
{
    char                          path[CONNECTOR_PATH], *p;
    json_t                       *body;
    const idv_connector_input_t  *row;

    for (row = capability->input; row->name; row++) {
        must(!row->required || json_object_get(input, row->name) != NULL);
    }

    if (capability->way != IDV_CONNECTOR_LOCAL
        && idv_connector_path(capability, input, path, sizeof(path)) == 0)
    {
        must(path[0] == '/' && strlen(path) < sizeof(path));
        must(strstr(path, "//") == NULL && strstr(path, "/../") == NULL
             && strstr(path, "/./") == NULL);

        for (p = path; *p; p++) {
            must(*p > 0x20 && *p < 0x7f && *p != '#');
        }
    }

    body = idv_connector_body(capability, input);

    must(json_is_object(body));
    json_decref(body);
}


static void
connector_input(const idv_connector_t *capability, json_t *input)
{
    char                       text[128];
    size_t                     i;
    idv_connector_mistakes_t   mistakes;

    idv_connector_check(capability, input, &mistakes);

    must(mistakes.n <= IDV_CONNECTOR_MAX_FAULTS);

    for (i = 0; i < mistakes.n; i++) {
        must(strnlen(mistakes.list[i].target, IDV_CONNECTOR_MAX_TARGET)
             < IDV_CONNECTOR_MAX_TARGET);
        must(fuzz_is_utf8((u_char *) mistakes.list[i].target,
                          strlen(mistakes.list[i].target)));

        idv_connector_fault_text(&mistakes.list[i], text, sizeof(text));
        must(strlen(text) > 0);
        must(idv_connector_fault_code(mistakes.list[i].fault) != NULL);
    }

    if (mistakes.n == 0) {
        connector_request(capability, input);
    }
}


/* the same by a tree: members of the output, if they are of their type */

static json_t *
connector_tree(const idv_connector_output_t *rows, json_t *object)
{
    json_t                        *value, *copy;
    const char                    *type;
    const idv_connector_output_t  *row;

    copy = json_object();

    for (row = rows; row->name && row->depth >= rows->depth; row++) {

        if (row->depth != rows->depth) {
            continue;
        }

        value = json_object_get(object, row->name);

        type = json_is_string(value) ? "string"
               : json_is_object(value) ? "object"
               : json_is_array(value) ? "array"
               : json_is_boolean(value) ? "boolean"
               : json_is_number(value) ? "number" : "null";

        if (value == NULL || strcmp(type, row->type) != 0) {
            continue;
        }

        if (json_is_object(value) && row[1].name
            && row[1].depth > row->depth)
        {
            json_object_set_new(copy, row->name,
                                connector_tree(row + 1, value));
            continue;
        }

        json_object_set(copy, row->name, value);
    }

    return copy;
}


static void
connector_answer(const idv_connector_t *capability, ngx_str_t *text,
    size_t piece)
{
    char                    *out;
    long                     n, all;
    size_t                   at, size;
    json_t                  *whole, *cut, *wanted;
    idv_connector_filter_t   filter;

    out = ngx_palloc(house_pool, text->len + IDV_CONNECTOR_FILTER_MORE + 1);
    must(out != NULL);

    idv_connector_filter_init(&filter, capability->output);

    n = 0;
    all = 0;

    for (at = 0; at < text->len && n >= 0; at += size) {
        size = ngx_min(piece, text->len - at);

        n = idv_connector_filter(&filter, (char *) text->data + at, size,
                                 out + all);

        must(n <= (long) (size + IDV_CONNECTOR_FILTER_MORE));

        all += n;
        must(n < 0 || all <= (long) (at + size));
    }

    whole = idv_json_parse(house_pool, text->data, text->len, CONNECTOR_MAX);

    if (n < 0 || !idv_connector_filter_done(&filter)) {
        must(!json_is_object(whole) || text->len > CONNECTOR_MAX
             || memchr(text->data, '\\', text->len) != NULL);
        return;
    }

    /* names that are escaped are taken for others */

    if (!json_is_object(whole)
        || memchr(text->data, '\\', text->len) != NULL)
    {
        return;
    }

    cut = idv_json_parse(house_pool, (u_char *) out, (size_t) all,
                         CONNECTOR_MAX);
    must(cut != NULL);

    wanted = connector_tree(capability->output, whole);
    must(json_equal(cut, wanted));
    json_decref(wanted);
}


void
fuzz_connector(fuzz_input_t *in)
{
    u_char                  first;
    json_t                 *input;
    ngx_str_t               text;
    const idv_connector_t  *capability;

    first = fuzz_byte(in);
    capability = &idv_connector_capabilities[(first & 0x1f) % 19];

    text = fuzz_until(in, '\n');
    input = idv_json_parse(house_pool, text.data, text.len, CONNECTOR_MAX);

    if (json_is_object(input)) {
        connector_input(capability, input);
    }

    text = fuzz_rest(in);
    connector_answer(capability, &text, 1 + (first >> 5));
}
