
/*
 * Copyright (C) nginx-idv authors
 *
 * Inputs are checked by the table.
 */


#include <stdio.h>
#include <string.h>

#include "idv_connector.h"


typedef void (*idv_connector_check_pt)(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);


static void idv_connector_check_value(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_text(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_integer(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_boolean(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_texts(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_pairs(const idv_connector_input_t *input,
    json_t *value, idv_connector_mistakes_t *mistakes);
static void idv_connector_check_together(const idv_connector_t *capability,
    json_t *object, idv_connector_mistakes_t *mistakes);
static void idv_connector_mistake(idv_connector_mistakes_t *mistakes,
    const idv_connector_input_t *input, idv_connector_fault_e fault, int item);
static size_t idv_connector_length(const char *text);
static int idv_connector_word(const char *words, const char *text);
static int idv_connector_step(const char *text);
static int idv_connector_has(const char *text, const char *these);


/* in the order of idv_connector_type_e */

static const idv_connector_check_pt  idv_connector_checks[] = {
    idv_connector_check_text,
    idv_connector_check_text,
    idv_connector_check_text,
    idv_connector_check_text,
    idv_connector_check_text,
    idv_connector_check_integer,
    idv_connector_check_boolean,
    idv_connector_check_texts,
    idv_connector_check_pairs,
    idv_connector_check_text
};


/* in the order of idv_connector_fault_e; %u is the bound of the table */

static const struct {
    const char   *code;
    const char   *text;
} idv_connector_faults[] = {
    { "REQUIRED", "%s: required" },
    { "TYPE", "%s: not of its type" },
    { "MIN_LENGTH", "%s: minLength is %u" },
    { "MAX_LENGTH", "%s: limited to %u characters" },
    { "MINIMUM", "%s: minimum is %u" },
    { "MAXIMUM", "%s: maximum is %u" },
    { "MAX_ITEMS", "%s: limited to %u items" },
    { "UNIQUE_ITEMS", "%s: uniqueItems, this one is there already" },
    { "HTTPS_ONLY", "%s: only secure (https://) URLs are allowed" },
    { "REDIRECT_REQUIRED", "%s: requires a configured Redirect URL" },
    { "ALLOWED_VALUES", "%s: not one of the allowed values" },
    { "FORMAT", "%s: not of its form" },
    { "UNKNOWN_MEMBER", "%s: no member of this input" }
};


const idv_connector_t *
idv_connector_find(const char *name, size_t len)
{
    const idv_connector_t  *capability;

    for (capability = idv_connector_capabilities; capability->name;
         capability++)
    {
        if (strlen(capability->name) == len
            && memcmp(capability->name, name, len) == 0)
        {
            return capability;
        }
    }

    return NULL;
}


const char *
idv_connector_fault_code(idv_connector_fault_e fault)
{
    return idv_connector_faults[fault].code;
}


void
idv_connector_fault_text(const idv_connector_mistake_t *mistake, char *text,
    size_t size)
{
    unsigned                      bound;
    const idv_connector_input_t  *input;

    input = mistake->input;
    bound = 0;

    switch (mistake->fault) {

    case IDV_CONNECTOR_MIN_LENGTH:
    case IDV_CONNECTOR_MINIMUM:
        bound = input->min;
        break;

    case IDV_CONNECTOR_MAX_LENGTH:
    case IDV_CONNECTOR_MAXIMUM:
        bound = input->max ? input->max : IDV_CONNECTOR_MAX_VALUE;
        break;

    case IDV_CONNECTOR_MAX_ITEMS_FAULT:
        bound = IDV_CONNECTOR_MAX_ITEMS;
        break;

    default:
        break;
    }

    (void) snprintf(text, size, idv_connector_faults[mistake->fault].text,
                    mistake->target, bound);
}


void
idv_connector_check(const idv_connector_t *capability, json_t *object,
    idv_connector_mistakes_t *mistakes)
{
    json_t                       *value;
    const char                   *name;
    idv_connector_mistake_t      *mistake;
    const idv_connector_input_t  *input;

    mistakes->n = 0;

    for (input = capability->input; input->name; input++) {
        value = json_object_get(object, input->name);

        if (value == NULL || json_is_null(value)) {
            if (input->required) {
                idv_connector_mistake(mistakes, input, IDV_CONNECTOR_REQUIRED,
                                      -1);
            }

            continue;
        }

        idv_connector_check_value(input, value, mistakes);
    }

    idv_connector_check_together(capability, object, mistakes);

    json_object_foreach(object, name, value) {
        for (input = capability->input; input->name; input++) {
            if (strcmp(input->name, name) == 0) {
                break;
            }
        }

        if (input->name || mistakes->n == IDV_CONNECTOR_MAX_FAULTS) {
            continue;
        }

        mistake = &mistakes->list[mistakes->n++];
        mistake->fault = IDV_CONNECTOR_UNKNOWN_MEMBER;
        mistake->input = NULL;

        /* whole characters only: what is cut must stay UTF-8 */

        if (strlen(name) < IDV_CONNECTOR_MAX_TARGET) {
            memcpy(mistake->target, name, strlen(name) + 1);

        } else {
            memcpy(mistake->target, "...", sizeof("..."));
        }
    }
}


static void
idv_connector_check_value(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    idv_connector_checks[input->type](input, value, mistakes);
}


static void
idv_connector_check_text(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    size_t       len, max;
    unsigned     rgb[3];
    const char  *text;

    if (!json_is_string(value)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE, -1);
        return;
    }

    text = json_string_value(value);
    len = idv_connector_length(text);
    max = input->max ? input->max : IDV_CONNECTOR_MAX_VALUE;

    /* an empty step of a path would ask for something else */

    if (len == 0 && (input->type == IDV_CONNECTOR_ID
                     || input->type == IDV_CONNECTOR_POLICY))
    {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_REQUIRED, -1);
        return;
    }

    if (len < input->min) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MIN_LENGTH, -1);
    }

    if (len > max && input->type != IDV_CONNECTOR_BLOB) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAX_LENGTH, -1);
    }

    if (input->words && !idv_connector_word(input->words, text)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_ALLOWED_VALUES,
                              -1);
    }

    switch (input->type) {

    case IDV_CONNECTOR_ID:
    case IDV_CONNECTOR_POLICY:
        if (idv_connector_step(text)) {
            return;
        }
        break;

    case IDV_CONNECTOR_URL:
        if (strncmp(text, "https://", 8) != 0 || text[8] == '\0') {
            idv_connector_mistake(mistakes, input, IDV_CONNECTOR_HTTPS_ONLY,
                                  -1);
            return;
        }

        if (!idv_connector_has(text, " ")) {
            return;
        }
        break;

    case IDV_CONNECTOR_COLOR:
        if (idv_connector_color(text, rgb)) {
            return;
        }
        break;

    default:
        return;
    }

    idv_connector_mistake(mistakes, input, IDV_CONNECTOR_FORMAT, -1);
}


static void
idv_connector_check_integer(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    json_int_t  n;

    if (!json_is_integer(value)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE, -1);
        return;
    }

    n = json_integer_value(value);

    if (n < (json_int_t) input->min) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MINIMUM, -1);
    }

    if (input->max && n > (json_int_t) input->max) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAXIMUM, -1);
    }
}


static void
idv_connector_check_boolean(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    if (!json_is_boolean(value)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE, -1);
    }
}


static void
idv_connector_check_texts(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    size_t   i, k;
    json_t  *item;

    if (!json_is_array(value)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE, -1);
        return;
    }

    if (json_array_size(value) > IDV_CONNECTOR_MAX_ITEMS) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAX_ITEMS_FAULT,
                              -1);
        return;
    }

    json_array_foreach(value, i, item) {
        if (!json_is_string(item)) {
            idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE,
                                  (int) i);
            continue;
        }

        if (idv_connector_length(json_string_value(item))
            > IDV_CONNECTOR_MAX_VALUE)
        {
            idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAX_LENGTH,
                                  (int) i);
        }

        if (input->words
            && !idv_connector_word(input->words, json_string_value(item)))
        {
            idv_connector_mistake(mistakes, input,
                                  IDV_CONNECTOR_ALLOWED_VALUES, (int) i);
        }

        for (k = 0; k < i; k++) {
            if (json_equal(item, json_array_get(value, k))) {
                idv_connector_mistake(mistakes, input,
                                      IDV_CONNECTOR_UNIQUE_ITEMS, (int) i);
                break;
            }
        }
    }
}


/* [{"name": one of the words, "value": a text}], and nothing else in them */

static void
idv_connector_check_pairs(const idv_connector_input_t *input, json_t *value,
    idv_connector_mistakes_t *mistakes)
{
    size_t       i;
    json_t      *item;
    const char  *name, *text;

    if (!json_is_array(value)) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE, -1);
        return;
    }

    if (input->required && json_array_size(value) == 0) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_REQUIRED, -1);
        return;
    }

    if (json_array_size(value) > IDV_CONNECTOR_MAX_ITEMS) {
        idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAX_ITEMS_FAULT,
                              -1);
        return;
    }

    json_array_foreach(value, i, item) {
        name = idv_connector_string(item, "name");
        text = idv_connector_string(item, "value");

        if (name == NULL || text == NULL || json_object_size(item) != 2) {
            idv_connector_mistake(mistakes, input, IDV_CONNECTOR_WRONG_TYPE,
                                  (int) i);
            continue;
        }

        if (!idv_connector_word(input->words, name)) {
            idv_connector_mistake(mistakes, input,
                                  IDV_CONNECTOR_ALLOWED_VALUES, (int) i);
        }

        if (idv_connector_length(text) > IDV_CONNECTOR_MAX_VALUE) {
            idv_connector_mistake(mistakes, input, IDV_CONNECTOR_MAX_LENGTH,
                                  (int) i);
        }
    }
}


/* what is right by itself, and not beside another member */

static void
idv_connector_check_together(const idv_connector_t *capability, json_t *object,
    idv_connector_mistakes_t *mistakes)
{
    json_t                       *id;
    const char                   *see, *url;
    const idv_connector_input_t  *input;

    for (input = capability->input; input->name; input++) {

        if (input->type == IDV_CONNECTOR_POLICY) {
            see = idv_connector_string(object, input->name);
            id = json_object_get(object, input[1].name);

            if (see && strcmp(see, IDV_CONNECTOR_SEE_ID) == 0
                && (id == NULL || json_is_null(id)))
            {
                idv_connector_mistake(mistakes, &input[1],
                                      IDV_CONNECTOR_REQUIRED, -1);
            }
        }

        /* a message is shown before the browser is sent on */

        if (input->to && strcmp(input->to, "redirect.message") == 0) {
            url = idv_connector_string(object, input[-1].name);

            if (url == NULL && idv_connector_string(object, input->name)) {
                idv_connector_mistake(mistakes, input, IDV_CONNECTOR_NEEDS_URL,
                                      -1);
            }
        }
    }
}


/* item: of an array, or -1; what is one too many is not told */

static void
idv_connector_mistake(idv_connector_mistakes_t *mistakes,
    const idv_connector_input_t *input, idv_connector_fault_e fault, int item)
{
    idv_connector_mistake_t  *mistake;

    if (mistakes->n == IDV_CONNECTOR_MAX_FAULTS) {
        return;
    }

    mistake = &mistakes->list[mistakes->n++];

    mistake->fault = fault;
    mistake->input = input;

    if (item < 0) {
        (void) snprintf(mistake->target, IDV_CONNECTOR_MAX_TARGET, "%s",
                        input->name);
        return;
    }

    (void) snprintf(mistake->target, IDV_CONNECTOR_MAX_TARGET, "%s[%d]",
                    input->name, item);
}


/* characters of UTF-8, which jansson has checked */

static size_t
idv_connector_length(const char *text)
{
    size_t  n;

    for (n = 0; *text; text++) {
        n += ((*text & 0xc0) != 0x80);
    }

    return n;
}


static int
idv_connector_word(const char *words, const char *text)
{
    size_t       len;
    const char  *end;

    for ( ;; ) {
        end = strchr(words, '|');
        len = end ? (size_t) (end - words) : strlen(words);

        if (len == strlen(text) && memcmp(words, text, len) == 0) {
            return 1;
        }

        if (end == NULL) {
            return 0;
        }

        words = end + 1;
    }
}


/*
 * A step that leads to another resource is none, even when it is escaped: there
 * are servers, and proxies before them, that take an escape away twice.
 */

static int
idv_connector_step(const char *text)
{
    return strcmp(text, ".") != 0 && strcmp(text, "..") != 0
           && !idv_connector_has(text, "/\\?#%;");
}


/* 1: there is a control character in it, or one of these */

static int
idv_connector_has(const char *text, const char *these)
{
    for ( /* void */ ; *text; text++) {
        if ((unsigned char) *text < 0x20 || *text == 0x7f
            || strchr(these, *text))
        {
            return 1;
        }
    }

    return 0;
}
