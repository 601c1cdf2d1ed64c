
/*
 * Copyright (C) nginx-idv authors
 *
 * A reader of JSON (RFC 8259) that remembers nothing but where it is.
 *
 *   PROJECT   in an object whose members the output names: each is looked up
 *   COPY      in a value that is passed on as it is
 *   DROP      in a value that is not
 *
 * COPY and DROP begin with a value of a PROJECT object, at mode_depth, and end
 * with it.
 */


#include <string.h>

#include "idv_connector_filter.h"


enum {
    IDV_FILTER_PROJECT = 0,
    IDV_FILTER_COPY,
    IDV_FILTER_DROP
};


enum {
    IDV_FILTER_VALUE = 0,
    IDV_FILTER_FIRST_ITEM,           /* or the end of an array */
    IDV_FILTER_FIRST_NAME,           /* or the end of an object */
    IDV_FILTER_NAME,
    IDV_FILTER_COLON,
    IDV_FILTER_AFTER,                /* a comma, or the end */
    IDV_FILTER_STRING,
    IDV_FILTER_ESCAPE,
    IDV_FILTER_HEX,
    IDV_FILTER_UTF8,
    IDV_FILTER_LITERAL,
    IDV_FILTER_MINUS,
    IDV_FILTER_ZERO,
    IDV_FILTER_INT,
    IDV_FILTER_POINT,
    IDV_FILTER_FRACTION,
    IDV_FILTER_EXPONENT,
    IDV_FILTER_SIGN,
    IDV_FILTER_DIGITS,
    IDV_FILTER_DONE
};


static int idv_filter_byte(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_value(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_begin(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_open(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_close(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_after(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_string(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_character(idv_connector_filter_t *f, unsigned char c);
static int idv_filter_number(idv_connector_filter_t *f, unsigned char c,
    char **out);
static int idv_filter_named(idv_connector_filter_t *f);
static void idv_filter_ended(idv_connector_filter_t *f);
static void idv_filter_put(idv_connector_filter_t *f, unsigned char c,
    char **out);
static const char *idv_filter_type(unsigned char c);


void
idv_connector_filter_init(idv_connector_filter_t *filter,
    const idv_connector_output_t *shape)
{
    memset(filter, 0, sizeof(idv_connector_filter_t));

    filter->shape = shape;
}


int
idv_connector_filter_done(const idv_connector_filter_t *filter)
{
    return filter->state == IDV_FILTER_DONE;
}


long
idv_connector_filter(idv_connector_filter_t *f, const char *in, size_t len,
    char *out)
{
    char                 *start;
    const unsigned char  *p, *last, *run;

    start = out;
    p = (const unsigned char *) in;
    last = p + len;

    while (p < last) {

        /* photos: most of what comes is plain text in long strings */

        if (f->state == IDV_FILTER_STRING && !f->name) {

            for (run = p; p < last && *p >= 0x20 && *p < 0x80 && *p != '"'
                          && *p != '\\'; p++)
            {
                /* void */
            }

            if (p > run) {
                if (f->mode != IDV_FILTER_DROP) {
                    /* in and out may be the same bytes */
                    memmove(out, run, p - run);
                    out += p - run;
                }

                continue;
            }
        }

        if (idv_filter_byte(f, *p, &out) != 0) {
            return -1;
        }

        p++;
    }

    return out - start;
}


static int
idv_filter_byte(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (f->state >= IDV_FILTER_MINUS && f->state <= IDV_FILTER_DIGITS) {
        return idv_filter_number(f, c, out);
    }

    if (f->state >= IDV_FILTER_STRING && f->state <= IDV_FILTER_UTF8) {
        return idv_filter_string(f, c, out);
    }

    if (f->state == IDV_FILTER_LITERAL) {
        if (c != (unsigned char) *f->literal) {
            return -1;
        }

        idv_filter_put(f, c, out);

        if (*++f->literal == '\0') {
            idv_filter_ended(f);
        }

        return 0;
    }

    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        return 0;
    }

    switch (f->state) {

    case IDV_FILTER_FIRST_ITEM:
        if (c == ']') {
            return idv_filter_close(f, c, out);
        }
        /* fall through */

    case IDV_FILTER_VALUE:
        return idv_filter_value(f, c, out);

    case IDV_FILTER_FIRST_NAME:
        if (c == '}') {
            return idv_filter_close(f, c, out);
        }
        /* fall through */

    case IDV_FILTER_NAME:
        if (c != '"') {
            return -1;
        }

        f->name = 1;
        f->len = 0;
        f->state = IDV_FILTER_STRING;

        if (f->mode == IDV_FILTER_COPY) {
            idv_filter_put(f, c, out);
        }

        return 0;

    case IDV_FILTER_COLON:
        if (c != ':') {
            return -1;
        }

        f->state = IDV_FILTER_VALUE;

        if (f->mode == IDV_FILTER_COPY) {
            idv_filter_put(f, c, out);
        }

        return 0;

    case IDV_FILTER_AFTER:
        return idv_filter_after(f, c, out);

    default: /* IDV_FILTER_DONE */
        return -1;
    }
}


static int
idv_filter_value(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (f->mode == IDV_FILTER_PROJECT && idv_filter_begin(f, c, out) != 0) {
        return -1;
    }

    switch (c) {

    case '{':
    case '[':
        return idv_filter_open(f, c, out);

    case '"':
        f->state = IDV_FILTER_STRING;
        break;

    case 't':
        f->state = IDV_FILTER_LITERAL;
        f->literal = "rue";
        break;

    case 'f':
        f->state = IDV_FILTER_LITERAL;
        f->literal = "alse";
        break;

    case 'n':
        f->state = IDV_FILTER_LITERAL;
        f->literal = "ull";
        break;

    case '-':
        f->state = IDV_FILTER_MINUS;
        break;

    case '0':
        f->state = IDV_FILTER_ZERO;
        break;

    default:
        if (c < '1' || c > '9') {
            return -1;
        }

        f->state = IDV_FILTER_INT;
    }

    idv_filter_put(f, c, out);

    return 0;
}


/* a value where a mode may begin: that of a member of the output, or not */

static int
idv_filter_begin(idv_connector_filter_t *f, unsigned char c, char **out)
{
    const idv_connector_output_t  *row;

    row = f->row;

    if (f->depth == 0) {
        return c == '{' ? 0 : -1;
    }

    f->mode_depth = f->depth;

    if (row == NULL || strcmp(row->type, idv_filter_type(c)) != 0) {
        f->mode = IDV_FILTER_DROP;
        return 0;
    }

    if (f->some & (1u << f->depth)) {
        *(*out)++ = ',';
    }

    f->some |= 1u << f->depth;

    *(*out)++ = '"';
    memcpy(*out, row->name, strlen(row->name));
    *out += strlen(row->name);
    *(*out)++ = '"';
    *(*out)++ = ':';

    if (c != '{' || row[1].name == NULL || row[1].depth <= row->depth) {
        f->mode = IDV_FILTER_COPY;
    }

    return 0;
}


static int
idv_filter_open(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (f->depth == IDV_CONNECTOR_MAX_DEPTH) {
        return -1;
    }

    /* levels are counted from 1, depth 0 is outside of the object */

    if (f->mode == IDV_FILTER_PROJECT) {
        f->level[f->depth] = f->depth ? f->row + 1 : f->shape;
    }

    f->depth++;
    f->some &= ~(1u << f->depth);

    if (c == '{') {
        f->objects |= 1u << f->depth;
        f->state = IDV_FILTER_FIRST_NAME;

    } else {
        f->objects &= ~(1u << f->depth);
        f->state = IDV_FILTER_FIRST_ITEM;
    }

    idv_filter_put(f, c, out);

    return 0;
}


static int
idv_filter_close(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if ((c == '}') != ((f->objects >> f->depth) & 1)) {
        return -1;
    }

    idv_filter_put(f, c, out);

    f->depth--;

    idv_filter_ended(f);

    return 0;
}


static int
idv_filter_after(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (c == '}' || c == ']') {
        return idv_filter_close(f, c, out);
    }

    if (c != ',') {
        return -1;
    }

    f->state = ((f->objects >> f->depth) & 1) ? IDV_FILTER_NAME
                                              : IDV_FILTER_VALUE;

    if (f->mode == IDV_FILTER_COPY) {
        idv_filter_put(f, c, out);
    }

    return 0;
}


static int
idv_filter_string(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (f->name && f->mode == IDV_FILTER_PROJECT) {

        if (c != '"' || f->state != IDV_FILTER_STRING) {

            /* a name that is too long is none of ours */

            if (f->len < IDV_CONNECTOR_MAX_NAME) {
                f->text[f->len++] = (char) c;
            }
        }

    } else {
        idv_filter_put(f, c, out);
    }

    switch (f->state) {

    case IDV_FILTER_ESCAPE:
        if (c == 'u') {
            f->left = 4;
            f->state = IDV_FILTER_HEX;
            return 0;
        }

        f->state = IDV_FILTER_STRING;

        return (c && strchr("\"\\/bfnrt", c)) ? 0 : -1;

    case IDV_FILTER_HEX:
        if (--f->left == 0) {
            f->state = IDV_FILTER_STRING;
        }

        return (c && strchr("0123456789abcdefABCDEF", c)) ? 0 : -1;

    case IDV_FILTER_UTF8:
        return idv_filter_character(f, c);

    default: /* IDV_FILTER_STRING */
        break;
    }

    if (c >= 0x80) {
        return idv_filter_character(f, c);
    }

    if (c == '\\') {
        f->state = IDV_FILTER_ESCAPE;
        return 0;
    }

    if (c != '"') {
        return c < 0x20 ? -1 : 0;
    }

    if (!f->name) {
        idv_filter_ended(f);
        return 0;
    }

    f->name = 0;
    f->state = IDV_FILTER_COLON;

    return f->mode == IDV_FILTER_PROJECT ? idv_filter_named(f) : 0;
}


/* a byte of a character beyond ASCII: RFC 3629, section 4 */

static int
idv_filter_character(idv_connector_filter_t *f, unsigned char c)
{
    if (f->state == IDV_FILTER_UTF8) {
        if (c < f->least || c > f->most) {
            return -1;
        }

        f->least = 0x80;
        f->most = 0xbf;

        if (--f->left == 0) {
            f->state = IDV_FILTER_STRING;
        }

        return 0;
    }

    if (c < 0xc2 || c > 0xf4) {
        return -1;
    }

    f->state = IDV_FILTER_UTF8;
    f->left = (c < 0xe0) ? 1 : (c < 0xf0) ? 2 : 3;
    f->least = (c == 0xe0) ? 0xa0 : (c == 0xf0) ? 0x90 : 0x80;
    f->most = (c == 0xed) ? 0x9f : (c == 0xf4) ? 0x8f : 0xbf;

    return 0;
}


static int
idv_filter_number(idv_connector_filter_t *f, unsigned char c, char **out)
{
    unsigned  digit, next;

    digit = (c >= '0' && c <= '9');
    next = IDV_FILTER_AFTER;

    switch (f->state) {

    case IDV_FILTER_MINUS:
        next = (c == '0') ? IDV_FILTER_ZERO : digit ? IDV_FILTER_INT : next;
        break;

    case IDV_FILTER_POINT:
    case IDV_FILTER_FRACTION:
        next = digit ? IDV_FILTER_FRACTION : next;
        break;

    case IDV_FILTER_EXPONENT:
        if (c == '+' || c == '-') {
            next = IDV_FILTER_SIGN;
            break;
        }
        /* fall through */

    case IDV_FILTER_SIGN:
    case IDV_FILTER_DIGITS:
        next = digit ? IDV_FILTER_DIGITS : next;
        break;

    case IDV_FILTER_INT:
        next = digit ? IDV_FILTER_INT : next;
        break;
    }

    if (c == '.' && (f->state == IDV_FILTER_ZERO || f->state == IDV_FILTER_INT))
    {
        next = IDV_FILTER_POINT;
    }

    if ((c == 'e' || c == 'E')
        && (f->state == IDV_FILTER_ZERO || f->state == IDV_FILTER_INT
            || f->state == IDV_FILTER_FRACTION))
    {
        next = IDV_FILTER_EXPONENT;
    }

    if (next != IDV_FILTER_AFTER) {
        f->state = next;
        idv_filter_put(f, c, out);
        return 0;
    }

    /* it ends before this byte, if it may */

    if (f->state == IDV_FILTER_MINUS || f->state == IDV_FILTER_POINT
        || f->state == IDV_FILTER_EXPONENT || f->state == IDV_FILTER_SIGN)
    {
        return -1;
    }

    idv_filter_ended(f);

    return idv_filter_byte(f, c, out);
}


/* the row of a member's name; an escaped name is taken for another */

static int
idv_filter_named(idv_connector_filter_t *f)
{
    uint64_t                       bit;
    const idv_connector_output_t  *row, *first;

    first = f->level[f->depth - 1];
    f->row = NULL;

    for (row = first; row->name && row->depth >= first->depth; row++) {

        if (row->depth != first->depth || strlen(row->name) != f->len
            || memcmp(row->name, f->text, f->len) != 0)
        {
            continue;
        }

        bit = (uint64_t) 1 << (row - f->shape);

        if (f->seen & bit) {
            return -1;
        }

        f->seen |= bit;
        f->row = row;

        return 0;
    }

    return 0;
}


static void
idv_filter_ended(idv_connector_filter_t *f)
{
    if (f->depth == f->mode_depth) {
        f->mode = IDV_FILTER_PROJECT;
    }

    f->state = f->depth ? IDV_FILTER_AFTER : IDV_FILTER_DONE;
}


static void
idv_filter_put(idv_connector_filter_t *f, unsigned char c, char **out)
{
    if (f->mode != IDV_FILTER_DROP) {
        *(*out)++ = (char) c;
    }
}


static const char *
idv_filter_type(unsigned char c)
{
    switch (c) {

    case '"':
        return "string";

    case '{':
        return "object";

    case '[':
        return "array";

    case 't':
    case 'f':
        return "boolean";

    case 'n':
        return "null";

    default:
        return "number";
    }
}
