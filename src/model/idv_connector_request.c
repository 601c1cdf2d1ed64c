
/*
 * Copyright (C) nginx-idv authors
 *
 * Inputs become requests to the provider.
 */


#include <stdio.h>
#include <string.h>

#include "idv_connector.h"


static char *idv_connector_escape(char *p, char *last, const char *text);
static char *idv_connector_query(const idv_connector_input_t *input,
    json_t *value, char *p, char *last, int first);
static json_t *idv_connector_place(json_t *body, const char *to,
    const char **leaf);
static int idv_connector_put(const idv_connector_input_t *input,
    json_t *value, json_t *body);
static int idv_connector_put_pairs(json_t *object, json_t *pairs, int plain);
static json_t *idv_connector_one_of(json_t *texts);


const char *
idv_connector_string(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}


int
idv_connector_color(const char *text, unsigned rgb[3])
{
    if (text[0] != '#' || strlen(text) != 7
        || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
    {
        return 0;
    }

    return sscanf(text + 1, "%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]) == 3;
}


int
idv_connector_path(const idv_connector_t *capability, json_t *object,
    char *path, size_t size)
{
    int                           first;
    char                         *p, *last, *end;
    size_t                        len;
    json_t                       *value;
    const char                   *from, *text;
    const idv_connector_input_t  *input;

    p = path;
    last = path + size;
    from = capability->path;

    while (*from && p) {

        if (*from != '{') {
            if (last - p < 2) {
                return -1;
            }

            *p++ = *from++;
            continue;
        }

        end = strchr(from, '}');
        len = end - from - 1;

        for (input = capability->input; strlen(input->name) != len
             || memcmp(input->name, from + 1, len) != 0; input++)
        {
            /* void */
        }

        text = idv_connector_string(object, input->name);

        if (text && input->type == IDV_CONNECTOR_POLICY
            && strcmp(text, IDV_CONNECTOR_SEE_ID) == 0)
        {
            text = idv_connector_string(object, input[1].name);
        }

        if (text == NULL) {
            return -1;
        }

        p = idv_connector_escape(p, last, text);
        from = end + 1;
    }

    first = (strchr(capability->path, '?') == NULL);

    for (input = capability->input; input->name && p; input++) {
        value = json_object_get(object, input->name);

        if (value && !json_is_null(value) && input->to
            && input->to[0] == '?')
        {
            p = idv_connector_query(input, value, p, last, first);
            first = 0;
        }
    }

    if (p == NULL) {
        return -1;
    }

    *p = '\0';

    return 0;
}


/* NULL: it has no room, with a NUL behind it */

static char *
idv_connector_escape(char *p, char *last, const char *text)
{
    static const char  hex[] = "0123456789ABCDEF";
    static const char  plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~";

    for ( /* void */ ; *text; text++) {

        if (last - p < 4) {
            return NULL;
        }

        if (strchr(plain, *text)) {
            *p++ = *text;
            continue;
        }

        *p++ = '%';
        *p++ = hex[(unsigned char) *text >> 4];
        *p++ = hex[(unsigned char) *text & 0x0f];
    }

    return p;
}


static char *
idv_connector_query(const idv_connector_input_t *input, json_t *value, char *p,
    char *last, int first)
{
    size_t   i;
    char     number[24];
    json_t  *item;

    if (json_is_array(value) && json_array_size(value) == 0) {
        return p;
    }

    if ((size_t) (last - p) < strlen(input->to) + 3) {
        return NULL;
    }

    p += sprintf(p, "%c%s=", first ? '?' : '&', input->to + 1);

    if (json_is_integer(value)) {
        (void) snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
                        json_integer_value(value));
        return idv_connector_escape(p, last, number);
    }

    if (json_is_string(value)) {
        return idv_connector_escape(p, last, json_string_value(value));
    }

    json_array_foreach(value, i, item) {

        if (i && p) {
            if (last - p < 2) {
                return NULL;
            }

            *p++ = ',';
        }

        if (p) {
            p = idv_connector_escape(p, last, json_string_value(item));
        }
    }

    return p;
}


json_t *
idv_connector_body(const idv_connector_t *capability, json_t *object)
{
    json_t                       *body, *value, *preset;
    const idv_connector_input_t  *input;

    body = json_object();
    if (body == NULL) {
        return NULL;
    }

    for (input = capability->input; input->name; input++) {
        value = json_object_get(object, input->name);
        preset = NULL;

        if (input->to == NULL || input->to[0] == '?') {
            continue;
        }

        if ((value == NULL || json_is_null(value))
            && capability->way == IDV_CONNECTOR_SELFIE)
        {
            /* the provider wants all of them */

            preset = (input->type == IDV_CONNECTOR_COLOR)
                     ? json_string("#FFFFFF") : json_integer(1);
            value = preset;

            if (preset == NULL) {
                json_decref(body);
                return NULL;
            }
        }

        if (value == NULL || json_is_null(value)) {
            continue;
        }

        if (idv_connector_put(input, value, body) != 0) {
            json_decref(preset);
            json_decref(body);
            return NULL;
        }

        json_decref(preset);
    }

    return body;
}


/* the object that has the last name of "a.b.c", which is leaf */

static json_t *
idv_connector_place(json_t *body, const char *to, const char **leaf)
{
    char         name[32];
    json_t      *next;
    const char  *dot;

    while ((dot = strchr(to, '.')) != NULL) {
        (void) snprintf(name, sizeof(name), "%.*s", (int) (dot - to), to);

        next = json_object_get(body, name);

        if (next == NULL) {
            next = json_object();

            if (json_object_set_new(body, name, next) != 0) {
                return NULL;
            }
        }

        body = next;
        to = dot + 1;
    }

    *leaf = to;

    return body;
}


static int
idv_connector_put(const idv_connector_input_t *input, json_t *value,
    json_t *body)
{
    json_t      *place, *object;
    unsigned     rgb[3];
    const char  *leaf;

    if (input->type == IDV_CONNECTOR_POLICY
        && strcmp(json_string_value(value), IDV_CONNECTOR_SEE_ID) == 0)
    {
        return 0;
    }

    place = idv_connector_place(body, input->to, &leaf);
    if (place == NULL) {
        return -1;
    }

    switch (input->type) {

    case IDV_CONNECTOR_COLOR:
        (void) idv_connector_color(json_string_value(value), rgb);

        return json_object_set_new(place, leaf,
                                   json_pack("{s:i, s:i, s:i}",
                                             "red", (int) rgb[0],
                                             "green", (int) rgb[1],
                                             "blue", (int) rgb[2]));

    case IDV_CONNECTOR_PAIRS:
        object = json_object_get(place, leaf);

        if (object == NULL) {
            object = json_object();

            if (json_object_set_new(place, leaf, object) != 0) {
                return -1;
            }
        }

        return idv_connector_put_pairs(object, value,
                                       strcmp(leaf, "probe") == 0);

    case IDV_CONNECTOR_TEXTS:
        if (json_array_size(value) == 0) {
            return 0;
        }

        if (strcmp(leaf, "options") != 0) {
            return json_object_set_new(place, leaf,
                                       idv_connector_one_of(value));
        }
        /* fall through */

    default:
        return json_object_set(place, leaf, value);
    }
}


/*
 * {"value": v}, or {"options": [v, ...]} where a name is given more than once;
 * a probe has one text for each name, and the last one counts.
 */

static int
idv_connector_put_pairs(json_t *object, json_t *pairs, int plain)
{
    size_t       i, k;
    json_t      *pair, *other, *values;
    const char  *name, *again;

    json_array_foreach(pairs, i, pair) {
        name = idv_connector_string(pair, "name");

        if (plain) {
            if (json_object_set(object, name, json_object_get(pair, "value"))
                != 0)
            {
                return -1;
            }

            continue;
        }

        values = json_array();

        json_array_foreach(pairs, k, other) {
            again = idv_connector_string(other, "name");

            if (strcmp(name, again) == 0
                && json_array_append(values, json_object_get(other, "value"))
                   != 0)
            {
                json_decref(values);
                return -1;
            }
        }

        if (json_object_set_new(object, name, idv_connector_one_of(values))
            != 0)
        {
            json_decref(values);
            return -1;
        }

        json_decref(values);
    }

    return 0;
}


/* texts: an array that has some */

static json_t *
idv_connector_one_of(json_t *texts)
{
    if (json_array_size(texts) == 1) {
        return json_pack("{s:O}", "value", json_array_get(texts, 0));
    }

    return json_pack("{s:O}", "options", texts);
}
