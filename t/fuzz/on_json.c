
/*
 * Copyright (C) nginx-idv authors
 *
 * JSON against plain jansson and a count of brackets and colons; JSON Pointers
 * against RFC 6901 as it is written.
 */


#include "fuzz.h"

#include "util/idv_json.h"


#define JSON_MAX  2048


static size_t
json_depth(json_t *value)
{
    size_t       i, depth, deepest;
    json_t      *member;
    const char  *name;

    deepest = 0;

    if (json_is_array(value)) {
        json_array_foreach(value, i, member) {
            depth = json_depth(member);
            deepest = ngx_max(deepest, depth);
        }

        return deepest + 1;
    }

    if (json_is_object(value)) {
        json_object_foreach(value, name, member) {
            depth = json_depth(member);
            deepest = ngx_max(deepest, depth);
        }

        return deepest + 1;
    }

    return 0;
}


static size_t
json_members(json_t *value)
{
    size_t       i, n;
    json_t      *member;
    const char  *name;

    n = json_object_size(value);

    json_array_foreach(value, i, member) {
        n += json_members(member);
    }

    json_object_foreach(value, name, member) {
        n += json_members(member);
    }

    if (json_is_string(value)) {
        must(strlen(json_string_value(value)) == json_string_length(value));
    }

    return n;
}


/* each member has a colon: members that were given twice have more */

static size_t
json_colons(const ngx_str_t *text)
{
    size_t  i, n, quoted;

    n = 0;
    quoted = 0;

    for (i = 0; i < text->len; i++) {
        if (quoted && text->data[i] == '\\') {
            i++;

        } else if (text->data[i] == '"') {
            quoted = !quoted;

        } else if (!quoted && text->data[i] == ':') {
            n++;
        }
    }

    return n;
}


void
fuzz_json(fuzz_input_t *in)
{
    json_t      *root, *plain, *again;
    ngx_str_t    text, written;

    text = fuzz_rest(in);

    root = idv_json_parse(house_pool, text.data, text.len, JSON_MAX);
    plain = json_loadb((char *) text.data, text.len, JSON_DECODE_ANY, NULL);

    must((root != NULL)
         == (plain != NULL && text.len <= JSON_MAX
             && json_depth(plain) <= IDV_JSON_MAX_DEPTH
             && json_members(plain) == json_colons(&text)));

    if (root) {
        must(json_equal(root, plain));
        must(idv_json_dump(house_pool, root, &written) == NGX_OK);

        again = idv_json_parse(NULL, written.data, written.len, written.len);

        must(again != NULL && json_equal(root, again));
        must(idv_json_parse(NULL, written.data, written.len, written.len - 1)
             == NULL);

        json_decref(again);
    }

    json_decref(plain);
}


/* one reference token at a time, by the letter */

static json_t *
pointer_walk(json_t *value, const ngx_str_t *pointer, size_t at)
{
    char    token[65536], *end;
    size_t  n;

    if (value == NULL || at == pointer->len) {
        return value;
    }

    if (pointer->data[at++] != '/') {
        return NULL;
    }

    n = 0;

    while (at < pointer->len && pointer->data[at] != '/') {
        if (pointer->data[at] == '~') {
            at++;

            if (at == pointer->len
                || (pointer->data[at] != '0' && pointer->data[at] != '1'))
            {
                return NULL;
            }

            token[n++] = (pointer->data[at++] == '0') ? '~' : '/';
            continue;
        }

        token[n++] = (char) pointer->data[at++];
    }

    token[n] = '\0';

    if (n > 255 || strlen(token) != n) {
        return NULL;
    }

    if (json_is_object(value)) {
        return pointer_walk(json_object_get(value, token), pointer, at);
    }

    if (!json_is_array(value)
        || strspn(token, "0123456789") != n || n == 0 || n > 18
        || (token[0] == '0' && n > 1))
    {
        return NULL;
    }

    return pointer_walk(json_array_get(value, strtoul(token, &end, 10)),
                        pointer, at);
}


void
fuzz_pointer(fuzz_input_t *in)
{
    json_t     *root, *found;
    ngx_str_t   pointer, text;

    pointer = fuzz_until(in, '\n');
    text = fuzz_rest(in);

    if (pointer.len >= 65536) {
        return;
    }

    pointer = fuzz_copy(&pointer);

    root = idv_json_parse(house_pool, text.data, text.len, text.len);

    if (root == NULL) {
        return;
    }

    found = idv_json_pointer(root, &pointer);

    must(found == pointer_walk(root, &pointer, 0));
}
