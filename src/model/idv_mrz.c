
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_mrz.h"


#define IDV_MRZ_MAX_LINES   3
#define IDV_MRZ_MAX_RANGES  4
#define IDV_MRZ_NUMBER_LEN  9        /* a longer one goes on elsewhere */
#define IDV_MRZ_DATE_LEN    6


/* characters of a zone whose lines stand in a row */

typedef struct {
    unsigned char  at;
    unsigned char  len;              /* 0: there is no such field */
} idv_mrz_field_t;


typedef struct {
    const char       *name;
    const char       *codes;         /* what a document code begins with */
    unsigned          visa:1;
    unsigned          long_number:1;
    unsigned char     lines;
    unsigned char     width;

    idv_mrz_field_t   issuer;
    idv_mrz_field_t   nationality;
    idv_mrz_field_t   number;        /* its digit follows; so do the dates' */
    idv_mrz_field_t   birth;
    idv_mrz_field_t   sex;
    idv_mrz_field_t   expiry;
    idv_mrz_field_t   names;
    idv_mrz_field_t   optional[2];
    unsigned char     optional_check;
    unsigned char     composite;     /* where the digit is; 0: nowhere */
    idv_mrz_field_t   covered[IDV_MRZ_MAX_RANGES];
} idv_mrz_layout_t;


/* what was typed in, without what does not count */

typedef struct {
    char              text[IDV_MRZ_MAX_TEXT];
    size_t            len;
    size_t            start[IDV_MRZ_MAX_LINES];
    size_t            n;             /* lines; more than have a place above */
} idv_mrz_input_t;


static int idv_mrz_read(idv_mrz_input_t *in, const unsigned char *text,
    size_t len);
static int idv_mrz_arrange(idv_mrz_t *mrz, const idv_mrz_input_t *in);
static size_t idv_mrz_line(const idv_mrz_input_t *in, size_t i);
static int idv_mrz_fit(char *line, size_t width, const idv_mrz_input_t *in,
    size_t i);
static void idv_mrz_state(idv_mrz_t *mrz, const idv_mrz_field_t *field,
    char *state, idv_mrz_fault_e fault);
static void idv_mrz_number(idv_mrz_t *mrz, const idv_mrz_layout_t *layout);
static void idv_mrz_name(idv_mrz_t *mrz, const idv_mrz_layout_t *layout);
static void idv_mrz_birth(idv_mrz_t *mrz, const char *p, idv_date_t today);
static void idv_mrz_expiry(idv_mrz_t *mrz, const char *p, idv_date_t today);
static void idv_mrz_optional(idv_mrz_t *mrz, const idv_mrz_layout_t *layout);
static void idv_mrz_composite(idv_mrz_t *mrz, const idv_mrz_layout_t *layout);
static void idv_mrz_copy(char *dst, const char *src, size_t len,
    unsigned spaces);
static void idv_mrz_check(idv_mrz_t *mrz, const char *p, size_t len,
    char digit, idv_mrz_fault_e fault);


/* in the order of idv_mrz_format_e */

static const idv_mrz_layout_t  idv_mrz_layouts[IDV_MRZ_NFORMATS] = {

    { "TD1", "ACI", 0, 1, 3, 30,
      { 2, 3 }, { 45, 3 }, { 5, 9 }, { 30, 6 }, { 37, 1 }, { 38, 6 },
      { 60, 30 }, { { 15, 15 }, { 48, 11 } }, 0,
      59, { { 5, 25 }, { 30, 7 }, { 38, 7 }, { 48, 11 } } },

    { "TD2", "ACI", 0, 1, 2, 36,
      { 2, 3 }, { 46, 3 }, { 36, 9 }, { 49, 6 }, { 56, 1 }, { 57, 6 },
      { 5, 31 }, { { 64, 7 }, { 0, 0 } }, 0,
      71, { { 36, 10 }, { 49, 7 }, { 57, 14 }, { 0, 0 } } },

    { "TD3", "P", 0, 0, 2, 44,
      { 2, 3 }, { 54, 3 }, { 44, 9 }, { 57, 6 }, { 64, 1 }, { 65, 6 },
      { 5, 39 }, { { 72, 14 }, { 0, 0 } }, 86,
      87, { { 44, 10 }, { 57, 7 }, { 65, 22 }, { 0, 0 } } },

    { "MRV_A", "V", 1, 0, 2, 44,
      { 2, 3 }, { 54, 3 }, { 44, 9 }, { 57, 6 }, { 64, 1 }, { 65, 6 },
      { 5, 39 }, { { 72, 16 }, { 0, 0 } }, 0,
      0, { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } } },

    { "MRV_B", "V", 1, 0, 2, 36,
      { 2, 3 }, { 46, 3 }, { 36, 9 }, { 49, 6 }, { 56, 1 }, { 57, 6 },
      { 5, 31 }, { { 64, 8 }, { 0, 0 } }, 0,
      0, { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } } }
};


/* in the order of idv_mrz_fault_e */

static const char *const  idv_mrz_faults[IDV_MRZ_NFAULTS] = {
    "MRZ_CHARACTER_INVALID",
    "MRZ_LENGTH_INVALID",
    "MRZ_DOCUMENT_CODE_INVALID",
    "MRZ_ISSUING_STATE_INVALID",
    "MRZ_NATIONALITY_INVALID",
    "MRZ_NAME_INVALID",
    "MRZ_DOCUMENT_NUMBER_INVALID",
    "MRZ_BIRTH_DATE_INVALID",
    "MRZ_SEX_INVALID",
    "MRZ_EXPIRATION_DATE_INVALID",
    "MRZ_DOCUMENT_NUMBER_CHECK_DIGIT",
    "MRZ_BIRTH_DATE_CHECK_DIGIT",
    "MRZ_EXPIRATION_DATE_CHECK_DIGIT",
    "MRZ_OPTIONAL_DATA_CHECK_DIGIT",
    "MRZ_COMPOSITE_CHECK_DIGIT"
};


int
idv_mrz_parse(idv_mrz_t *mrz, const unsigned char *text, size_t len,
    idv_date_t today)
{
    const char              *zone;
    idv_mrz_input_t          in;
    const idv_mrz_layout_t  *layout;

    memset(mrz, 0, sizeof(idv_mrz_t));

    if (len > IDV_MRZ_MAX_TEXT) {
        mrz->faults = IDV_MRZ_FAULT(IDV_MRZ_LENGTH);
        return 0;
    }

    if (!idv_mrz_read(&in, text, len)) {
        mrz->faults = IDV_MRZ_FAULT(IDV_MRZ_CHARACTER);
        return 0;
    }

    if (!idv_mrz_arrange(mrz, &in)) {
        mrz->faults = IDV_MRZ_FAULT(IDV_MRZ_LENGTH);
        return 0;
    }

    zone = mrz->zone;
    layout = &idv_mrz_layouts[mrz->format];

    idv_mrz_copy(mrz->code, zone, 2, 0);

    if (strchr(layout->codes, zone[0]) == NULL
        || (zone[1] >= '0' && zone[1] <= '9'))
    {
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_DOCUMENT_CODE);
    }

    idv_mrz_state(mrz, &layout->issuer, mrz->issuer, IDV_MRZ_ISSUER);
    idv_mrz_state(mrz, &layout->nationality, mrz->nationality,
                  IDV_MRZ_NATIONALITY);

    idv_mrz_name(mrz, layout);
    idv_mrz_optional(mrz, layout);
    idv_mrz_number(mrz, layout);

    switch (zone[layout->sex.at]) {

    case 'M':
    case 'F':
        mrz->sex = zone[layout->sex.at];
        break;

    case 'X':
    case '<':
        mrz->sex = 'X';
        break;

    default:
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_SEX);
    }

    idv_mrz_birth(mrz, &zone[layout->birth.at], today);
    idv_mrz_expiry(mrz, &zone[layout->expiry.at], today);

    idv_mrz_composite(mrz, layout);

    return mrz->faults == 0;
}


/* 0 if there is a character that a zone cannot have */

static int
idv_mrz_read(idv_mrz_input_t *in, const unsigned char *text, size_t len)
{
    size_t         i, line;
    unsigned       fillers;
    unsigned char  c;

    in->len = 0;
    in->n = 0;
    line = 1;

    for (i = 0; i < len; i++) {
        c = text[i];
        fillers = 0;

        if (c == '\r' || c == '\n') {
            line = 1;
            continue;
        }

        if (c == ' ' || c == '\t') {
            continue;
        }

        /* U+00A0, and what keyboards make of "<" and "<<": U+2039, U+00AB */

        if (c == 0xc2 && i + 1 < len && text[i + 1] == 0xa0) {
            i++;
            continue;
        }

        if (c == 0xc2 && i + 1 < len && text[i + 1] == 0xab) {
            i++;
            fillers = 2;

        } else if (c == 0xe2 && i + 2 < len && text[i + 1] == 0x80
                   && text[i + 2] == 0xb9)
        {
            i += 2;
            fillers = 1;

        } else if (c >= 'a' && c <= 'z') {
            c -= 'a' - 'A';

        } else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')
                   && c != '<')
        {
            return 0;
        }

        if (line) {
            if (in->n < IDV_MRZ_MAX_LINES) {
                in->start[in->n] = in->len;
            }

            in->n++;
            line = 0;
        }

        /* never more than there were bytes */

        do {
            in->text[in->len++] = fillers ? '<' : (char) c;
        } while (fillers && --fillers);
    }

    return 1;
}


/*
 * The format follows from the lines, or from the length of all of it where it
 * has been broken into lines elsewhere, or into none.
 */

static int
idv_mrz_arrange(idv_mrz_t *mrz, const idv_mrz_input_t *in)
{
    size_t                   i, format, middle;
    const idv_mrz_layout_t  *layout;

    if (in->n == 0) {
        return 0;
    }

    middle = (in->n > 1) ? idv_mrz_line(in, 1) : 0;

    for (format = 0; format < IDV_MRZ_NFORMATS; format++) {
        layout = &idv_mrz_layouts[format];

        if (layout->visa != (in->text[0] == 'V') || layout->lines != in->n) {
            continue;
        }

        /* the second line ends with a check digit, but for that of visas */

        if (middle != layout->width
            && !(layout->visa && idv_mrz_line(in, 0) == layout->width))
        {
            continue;
        }

        for (i = 0; i < in->n; i++) {
            if (!idv_mrz_fit(&mrz->zone[i * layout->width], layout->width, in,
                             i))
            {
                break;
            }
        }

        if (i == in->n) {
            mrz->format = (idv_mrz_format_e) format;
            return 1;
        }
    }

    for (format = 0; format < IDV_MRZ_NFORMATS; format++) {
        layout = &idv_mrz_layouts[format];

        if (layout->visa == (in->text[0] == 'V')
            && in->len == (size_t) layout->lines * layout->width)
        {
            memcpy(mrz->zone, in->text, in->len);
            mrz->zone[in->len] = '\0';
            mrz->format = (idv_mrz_format_e) format;
            return 1;
        }
    }

    memset(mrz->zone, 0, sizeof(mrz->zone));

    return 0;
}


/* the length of a line */

static size_t
idv_mrz_line(const idv_mrz_input_t *in, size_t i)
{
    return (i + 1 < in->n ? in->start[i + 1] : in->len) - in->start[i];
}


/* makes up for fillers at its end: 0 if other characters are too many */

static int
idv_mrz_fit(char *line, size_t width, const idv_mrz_input_t *in, size_t i)
{
    size_t       len;
    const char  *p;

    p = &in->text[in->start[i]];

    for (len = idv_mrz_line(in, i); len > width; len--) {
        if (p[len - 1] != '<') {
            return 0;
        }
    }

    memcpy(line, p, len);
    memset(line + len, '<', width - len);

    return 1;
}


/* three letters, or fewer and fillers; Doc 9303-3, section 5 */

static void
idv_mrz_state(idv_mrz_t *mrz, const idv_mrz_field_t *field, char *state,
    idv_mrz_fault_e fault)
{
    size_t       i;
    const char  *p;

    p = &mrz->zone[field->at];

    for (i = 0; i < field->len && p[i] >= 'A' && p[i] <= 'Z'; i++) {
        state[i] = p[i];
    }

    if (i == 0) {
        mrz->faults |= IDV_MRZ_FAULT(fault);
    }

    for ( /* void */ ; i < field->len; i++) {
        if (p[i] != '<') {
            mrz->faults |= IDV_MRZ_FAULT(fault);
        }
    }

    /* the one state that is written in another way than ISO 3166 does */

    if (strcmp(state, "D") == 0) {
        memcpy(state, "DEU", 3);
    }
}


/*
 * Of a number that is too long there is a filler instead of its digit, and the
 * optional data begins with the rest of it and the digit; Doc 9303-5, 4.2.4.
 */

static void
idv_mrz_number(idv_mrz_t *mrz, const idv_mrz_layout_t *layout)
{
    char         number[IDV_MRZ_MAX_NUMBER + 1];
    size_t       rest;
    const char  *p, *more;

    p = &mrz->zone[layout->number.at];

    if (!layout->long_number || p[IDV_MRZ_NUMBER_LEN] != '<'
        || p[IDV_MRZ_NUMBER_LEN - 1] == '<')
    {
        idv_mrz_copy(mrz->number, p, IDV_MRZ_NUMBER_LEN, 0);

        if (mrz->number[0] == '\0') {
            mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_NUMBER);
        }

        idv_mrz_check(mrz, p, IDV_MRZ_NUMBER_LEN, p[IDV_MRZ_NUMBER_LEN],
                      IDV_MRZ_NUMBER_CHECK);
        return;
    }

    more = &mrz->zone[layout->optional[0].at];

    for (rest = 0; rest < layout->optional[0].len && more[rest] != '<';
         rest++)
    {
        /* void */
    }

    if (rest < 2) {
        idv_mrz_copy(mrz->number, p, IDV_MRZ_NUMBER_LEN, 0);
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_NUMBER);
        return;
    }

    memcpy(number, p, IDV_MRZ_NUMBER_LEN);
    memcpy(number + IDV_MRZ_NUMBER_LEN, more, rest - 1);

    idv_mrz_copy(mrz->number, number, IDV_MRZ_NUMBER_LEN + rest - 1, 0);
    idv_mrz_copy(mrz->optional[0], more + rest, layout->optional[0].len - rest,
                 1);

    idv_mrz_check(mrz, number, IDV_MRZ_NUMBER_LEN + rest - 1, more[rest - 1],
                  IDV_MRZ_NUMBER_CHECK);
}


/*
 * Primary identifier, two fillers, secondary identifier, which need not be
 * there.  A name that fills the field was cut; Doc 9303-3, section 4.6.
 */

static void
idv_mrz_name(idv_mrz_t *mrz, const idv_mrz_layout_t *layout)
{
    size_t       i, n, split;
    const char  *p;

    p = &mrz->zone[layout->names.at];
    n = layout->names.len;
    split = n;

    for (i = 0; i < n; i++) {
        if (p[i] >= '0' && p[i] <= '9') {
            mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_NAME);
        }

        if (split == n && i + 1 < n && p[i] == '<' && p[i + 1] == '<') {
            split = i;
        }
    }

    idv_mrz_copy(mrz->primary, p, split, 1);
    idv_mrz_copy(mrz->secondary, p + split, n - split, 1);

    if (p[0] == '<') {
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_NAME);
    }

    mrz->truncated = (p[n - 1] != '<');
}


/* Doc 9303-3, section 4.8: parts of a birth date that are not known are "<<" */

static void
idv_mrz_birth(idv_mrz_t *mrz, const char *p, idv_date_t today)
{
    int         part[3];
    size_t      i;
    idv_date_t  date, whole;

    idv_mrz_check(mrz, p, IDV_MRZ_DATE_LEN, p[IDV_MRZ_DATE_LEN],
                  IDV_MRZ_BIRTH_CHECK);

    for (i = 0; i < 3; i++) {
        if (p[2 * i] == '<' && p[2 * i + 1] == '<') {
            part[i] = 0;
            continue;
        }

        part[i] = idv_date_number(&p[2 * i], 2);

        if (part[i] < 0 || (i && part[i] == 0)) {
            mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_BIRTH_DATE);
            return;
        }
    }

    date.year = (uint16_t) (today.year - today.year % 100 + part[0]);
    date.month = (uint8_t) part[1];
    date.day = (uint8_t) part[2];

    if (idv_date_cmp(date, today) > 0) {
        date.year -= 100;
    }

    if (p[0] == '<') {
        date.year = 0;
    }

    /* a year that is not known may be a leap year, a month may have 31 days */

    whole.year = date.year ? date.year : 2000;
    whole.month = date.month ? date.month : 1;
    whole.day = date.day ? date.day : 1;

    if (!idv_date_valid(whole)) {
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_BIRTH_DATE);
        return;
    }

    mrz->birth = date;
}


static void
idv_mrz_expiry(idv_mrz_t *mrz, const char *p, idv_date_t today)
{
    int         year, month, day;
    idv_date_t  date;

    idv_mrz_check(mrz, p, IDV_MRZ_DATE_LEN, p[IDV_MRZ_DATE_LEN],
                  IDV_MRZ_EXPIRY_CHECK);

    year = idv_date_number(p, 2);
    month = idv_date_number(p + 2, 2);
    day = idv_date_number(p + 4, 2);

    if (year < 0 || month < 0 || day < 0) {
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_EXPIRY_DATE);
        return;
    }

    year += today.year - today.year % 100;

    if (year > today.year + 49) {
        year -= 100;

    } else if (year < today.year - 50) {
        year += 100;
    }

    date.year = (uint16_t) year;
    date.month = (uint8_t) month;
    date.day = (uint8_t) day;

    if (!idv_date_valid(date)) {
        mrz->faults |= IDV_MRZ_FAULT(IDV_MRZ_EXPIRY_DATE);
        return;
    }

    mrz->expiry = date;
}


static void
idv_mrz_optional(idv_mrz_t *mrz, const idv_mrz_layout_t *layout)
{
    size_t       i;
    char         digit;
    const char  *p;

    for (i = 0; i < 2; i++) {
        p = &mrz->zone[layout->optional[i].at];

        idv_mrz_copy(mrz->optional[i], p, layout->optional[i].len, 1);
    }

    if (layout->optional_check == 0) {
        return;
    }

    /* Doc 9303-4, 4.2.2: where there is none its digit may be a filler */

    digit = mrz->zone[layout->optional_check];

    if (digit == '<' && mrz->optional[0][0] == '\0') {
        return;
    }

    idv_mrz_check(mrz, &mrz->zone[layout->optional[0].at],
                  layout->optional[0].len, digit, IDV_MRZ_OPTIONAL_CHECK);
}


static void
idv_mrz_composite(idv_mrz_t *mrz, const idv_mrz_layout_t *layout)
{
    char                    covered[IDV_MRZ_MAX_ZONE];
    size_t                  i, len;
    const idv_mrz_field_t  *field;

    if (layout->composite == 0) {
        return;
    }

    for (len = 0, i = 0; i < IDV_MRZ_MAX_RANGES; i++) {
        field = &layout->covered[i];

        memcpy(covered + len, &mrz->zone[field->at], field->len);
        len += field->len;
    }

    idv_mrz_check(mrz, covered, len, mrz->zone[layout->composite],
                  IDV_MRZ_COMPOSITE_CHECK);
}


/* without fillers, or with one space for those between other characters */

static void
idv_mrz_copy(char *dst, const char *src, size_t len, unsigned spaces)
{
    char    *p;
    size_t   i;

    p = dst;

    for (i = 0; i < len; i++) {
        if (src[i] == '<') {
            continue;
        }

        if (spaces && p > dst && src[i - 1] == '<') {
            *p++ = ' ';
        }

        *p++ = src[i];
    }

    *p = '\0';
}


static void
idv_mrz_check(idv_mrz_t *mrz, const char *p, size_t len, char digit,
    idv_mrz_fault_e fault)
{
    if (idv_mrz_check_digit(p, len) != digit - '0') {
        mrz->faults |= IDV_MRZ_FAULT(fault);
    }
}


int
idv_mrz_check_digit(const char *p, size_t len)
{
    int     sum, value;
    size_t  i;

    static const int  weights[] = { 7, 3, 1 };

    for (sum = 0, i = 0; i < len; i++) {

        if (p[i] >= '0' && p[i] <= '9') {
            value = p[i] - '0';

        } else if (p[i] >= 'A' && p[i] <= 'Z') {
            value = p[i] - 'A' + 10;

        } else if (p[i] == '<') {
            value = 0;

        } else {
            return -1;
        }

        sum = (sum + value * weights[i % 3]) % 10;
    }

    return sum;
}


const char *
idv_mrz_fault_name(unsigned fault)
{
    return fault < IDV_MRZ_NFAULTS ? idv_mrz_faults[fault] : NULL;
}


const char *
idv_mrz_format_name(unsigned format)
{
    return format < IDV_MRZ_NFORMATS ? idv_mrz_layouts[format].name : NULL;
}
