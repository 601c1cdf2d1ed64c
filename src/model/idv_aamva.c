
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_aamva.h"
#include "idv_text.h"


#define IDV_AAMVA_ENTRY   10         /* type, offset and length of a subfile */
#define IDV_AAMVA_ID_LEN  3          /* of an element */


typedef struct {
    const char     *p;
    size_t          len;
} idv_aamva_str_t;


/* elements whose value is a date, a word or part of a name: kept, then read */

typedef enum {
    IDV_AAMVA_DBA = 0,
    IDV_AAMVA_DBB,
    IDV_AAMVA_DBD,
    IDV_AAMVA_DBC,
    IDV_AAMVA_DAA,
    IDV_AAMVA_DAB,
    IDV_AAMVA_DCT,
    IDV_AAMVA_DAX,
    IDV_AAMVA_DDE,
    IDV_AAMVA_DDF,
    IDV_AAMVA_DDG,
    IDV_AAMVA_NKEPT
} idv_aamva_kept_e;

#define IDV_AAMVA_COPIED  IDV_AAMVA_NKEPT


typedef struct {
    char            id[IDV_AAMVA_ID_LEN + 1];
    unsigned        kept;            /* idv_aamva_kept_e, or COPIED */
    size_t          offset;
    size_t          size;
} idv_aamva_element_t;


/* the text on its way, in lines: any run of separators ends one */

typedef struct {
    idv_aamva_t      *aamva;
    const char       *p;
    const char       *last;
    const char       *entries;
    unsigned          nentries;
    uint32_t          seen;          /* bits of elements */
    idv_aamva_str_t   kept[IDV_AAMVA_NKEPT];
} idv_aamva_read_t;


static int idv_aamva_text(const unsigned char *text, size_t len);
static int idv_aamva_separator(char c);
static int idv_aamva_header(idv_aamva_read_t *rd);
static int idv_aamva_subfiles(idv_aamva_read_t *rd);
static int idv_aamva_line(idv_aamva_read_t *rd, idv_aamva_str_t *line);
static const char *idv_aamva_subfile(idv_aamva_read_t *rd,
    idv_aamva_str_t *line);
static void idv_aamva_element(idv_aamva_read_t *rd, idv_aamva_str_t *line);
static void idv_aamva_names(idv_aamva_read_t *rd);
static idv_aamva_str_t idv_aamva_part(idv_aamva_str_t *value, char end);
static void idv_aamva_dates(idv_aamva_read_t *rd);
static int idv_aamva_date(const idv_aamva_t *aamva,
    const idv_aamva_str_t *value, idv_date_t *date);
static int idv_aamva_ordered(const char *p, unsigned year_first,
    idv_date_t *date);
static void idv_aamva_words(idv_aamva_read_t *rd);
static void idv_aamva_postal_code(char *code);
static void idv_aamva_set(idv_aamva_t *aamva, char *dst, size_t size,
    const idv_aamva_str_t *value);
static idv_aamva_str_t idv_aamva_trim(const char *p, size_t len);
static int idv_aamva_is(const idv_aamva_str_t *value, const char *word);


#define idv_aamva_copied(field)                                               \
    IDV_AAMVA_COPIED, offsetof(idv_aamva_t, field),                           \
    sizeof(((idv_aamva_t *) 0)->field)

static const idv_aamva_element_t  idv_aamva_elements[] = {
    { "DAQ", idv_aamva_copied(number) },
    { "DCS", idv_aamva_copied(family) },
    { "DAC", idv_aamva_copied(first) },
    { "DAD", idv_aamva_copied(middle) },
    { "DCU", idv_aamva_copied(suffix) },
    { "DAG", idv_aamva_copied(street[0]) },
    { "DAH", idv_aamva_copied(street[1]) },
    { "DAI", idv_aamva_copied(city) },
    { "DAJ", idv_aamva_copied(state) },
    { "DAK", idv_aamva_copied(postal_code) },
    { "DCG", idv_aamva_copied(country) },
    { "DCF", idv_aamva_copied(discriminator) },
    { "DAY", idv_aamva_copied(eyes) },
    { "DAZ", idv_aamva_copied(hair) },
    { "DAU", idv_aamva_copied(height) },
    { "DAW", idv_aamva_copied(weight) },
    { "DBA", IDV_AAMVA_DBA, 0, 0 },
    { "DBB", IDV_AAMVA_DBB, 0, 0 },
    { "DBD", IDV_AAMVA_DBD, 0, 0 },
    { "DBC", IDV_AAMVA_DBC, 0, 0 },
    { "DAA", IDV_AAMVA_DAA, 0, 0 },
    { "DAB", IDV_AAMVA_DAB, 0, 0 },
    { "DCT", IDV_AAMVA_DCT, 0, 0 },
    { "DAX", IDV_AAMVA_DAX, 0, 0 },
    { "DDE", IDV_AAMVA_DDE, 0, 0 },
    { "DDF", IDV_AAMVA_DDF, 0, 0 },
    { "DDG", IDV_AAMVA_DDG, 0, 0 }
};

#define IDV_AAMVA_NELEMENTS                                                   \
    (sizeof(idv_aamva_elements) / sizeof(idv_aamva_elements[0]))


/* in the order of idv_aamva_fault_e */

static const char *const  idv_aamva_faults[IDV_AAMVA_NFAULTS] = {
    "AAMVA_LENGTH_INVALID",
    "AAMVA_CHARACTER_INVALID",
    "AAMVA_HEADER_INVALID",
    "AAMVA_ISSUER_INVALID",
    "AAMVA_VERSION_INVALID",
    "AAMVA_DIRECTORY_INVALID",
    "AAMVA_SUBFILE_MISSING",
    "AAMVA_ELEMENT_INVALID",
    "AAMVA_ELEMENT_REPEATED",
    "AAMVA_DOCUMENT_NUMBER_MISSING",
    "AAMVA_NAME_MISSING",
    "AAMVA_BIRTH_DATE_INVALID",
    "AAMVA_EXPIRATION_DATE_INVALID",
    "AAMVA_ISSUE_DATE_INVALID",
    "AAMVA_SEX_INVALID",
    "AAMVA_COUNTRY_INVALID"
};


int
idv_aamva_parse(idv_aamva_t *aamva, const unsigned char *text, size_t len)
{
    idv_aamva_read_t  rd;

    memset(aamva, 0, sizeof(idv_aamva_t));
    memset(&rd, 0, sizeof(idv_aamva_read_t));

    if (len == 0 || len > IDV_AAMVA_MAX_TEXT) {
        aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_LENGTH);
        return 0;
    }

    if (!idv_aamva_text(text, len)) {
        aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_CHARACTER);
        return 0;
    }

    rd.aamva = aamva;
    rd.p = (const char *) text;
    rd.last = rd.p + len;

    if (!idv_aamva_header(&rd) || !idv_aamva_subfiles(&rd)) {
        return 0;
    }

    idv_aamva_names(&rd);
    idv_aamva_dates(&rd);
    idv_aamva_words(&rd);

    if (aamva->number[0] == '\0') {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_NUMBER);
    }

    return aamva->faults == 0;
}


int
idv_aamva_like(const unsigned char *text, size_t len)
{
    idv_aamva_str_t  rest;

    rest = idv_aamva_trim((const char *) text, len);

    return rest.len && rest.p[0] == '@';
}


/* UTF-8, and no control characters but separators */

static int
idv_aamva_text(const unsigned char *text, size_t len)
{
    int                   rc;
    uint32_t              c;
    const unsigned char  *p;

    p = text;

    while ((rc = idv_text_decode(&p, text + len, &c)) == 1) {
        if (idv_text_control(c) && !idv_aamva_separator((char) c)) {
            return 0;
        }
    }

    return rc == 0;
}


/* data element separator, record separator and segment terminator */

static int
idv_aamva_separator(char c)
{
    return c == '\n' || c == '\r' || c == '\x1e';
}


/*
 * D.12.3: "@", separators, "ANSI ", issuer, version of the standard and, since
 * the second, of the jurisdiction, number of subfiles, and an entry for each.
 */

static int
idv_aamva_header(idv_aamva_read_t *rd)
{
    int          n;
    size_t       i;
    const char  *p;

    while (rd->p < rd->last
           && (idv_aamva_separator(*rd->p) || *rd->p == ' '))
    {
        rd->p++;
    }

    if (rd->p == rd->last || *rd->p++ != '@') {
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_HEADER);
        return 0;
    }

    while (rd->p < rd->last && idv_aamva_separator(*rd->p)) {
        rd->p++;
    }

    /* the first standard was a draft under the name of its authors */

    if (rd->last - rd->p < 5
        || (memcmp(rd->p, "ANSI ", 5) != 0 && memcmp(rd->p, "AAMVA", 5) != 0))
    {
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_HEADER);
        return 0;
    }

    p = rd->p + 5;

    if (rd->last - p < 6 || idv_date_number(p, 6) < 0) {
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_ISSUER);
        return 0;
    }

    memcpy(rd->aamva->issuer, p, 6);
    p += 6;

    n = (rd->last - p < 2) ? -1 : idv_date_number(p, 2);

    if (n < 1) {
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_VERSION);
        return 0;
    }

    rd->aamva->version = (unsigned) n;
    p += 2;

    if (n > 1) {
        if (rd->last - p < 2 || idv_date_number(p, 2) < 0) {
            rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_VERSION);
            return 0;
        }

        p += 2;
    }

    n = (rd->last - p < 2) ? -1 : idv_date_number(p, 2);

    if (n < 1 || rd->last - p < 2 + n * IDV_AAMVA_ENTRY) {
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_DIRECTORY);
        return 0;
    }

    p += 2;

    rd->entries = p;
    rd->nentries = (unsigned) n;

    for (i = 0; i < rd->nentries; i++, p += IDV_AAMVA_ENTRY) {
        if (p[0] < 'A' || p[0] > 'Z' || p[1] < 'A' || p[1] > 'Z'
            || idv_date_number(p + 2, 8) < 0)
        {
            rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_DIRECTORY);
            return 0;
        }
    }

    rd->p = p;

    return 1;
}


/* only DL or ID, whichever is first, is of those that all issuers share */

static int
idv_aamva_subfiles(idv_aamva_read_t *rd)
{
    unsigned          ours;
    const char       *type;
    idv_aamva_str_t   line;

    ours = 0;

    while (idv_aamva_line(rd, &line)) {

        type = idv_aamva_subfile(rd, &line);

        if (type) {
            ours = rd->aamva->kind[0] == '\0'
                   && (memcmp(type, "DL", 2) == 0
                       || memcmp(type, "ID", 2) == 0);

            if (ours) {
                memcpy(rd->aamva->kind, type, 2);
            }
        }

        if (ours) {
            idv_aamva_element(rd, &line);
        }
    }

    if (rd->aamva->kind[0] == '\0') {
        memset(rd->aamva, 0, sizeof(idv_aamva_t));
        rd->aamva->faults = IDV_AAMVA_FAULT(IDV_AAMVA_SUBFILE);
        return 0;
    }

    return 1;
}


static int
idv_aamva_line(idv_aamva_read_t *rd, idv_aamva_str_t *line)
{
    while (rd->p < rd->last && idv_aamva_separator(*rd->p)) {
        rd->p++;
    }

    if (rd->p == rd->last) {
        return 0;
    }

    line->p = rd->p;

    while (rd->p < rd->last && !idv_aamva_separator(*rd->p)) {
        rd->p++;
    }

    line->len = (size_t) (rd->p - line->p);

    return 1;
}


/*
 * The type of the subfile that begins here, which is cut off.  No element's
 * id begins with DL or ID, or with the same two letters as a ZA, ZB, ... whose
 * elements are ZAA, ZBA, ...: these follow it.
 */

static const char *
idv_aamva_subfile(idv_aamva_read_t *rd, idv_aamva_str_t *line)
{
    unsigned     i;
    const char  *type;

    for (i = 0; i < rd->nentries; i++) {
        type = rd->entries + i * IDV_AAMVA_ENTRY;

        if (line->len >= 2 && memcmp(line->p, type, 2) == 0
            && (type[0] != 'Z'
                || (line->len >= 4 && memcmp(line->p + 2, type, 2) == 0)))
        {
            line->p += 2;
            line->len -= 2;
            return type;
        }
    }

    return NULL;
}


static void
idv_aamva_element(idv_aamva_read_t *rd, idv_aamva_str_t *line)
{
    size_t                      i;
    idv_aamva_str_t             value;
    const idv_aamva_element_t  *element;

    /* the type may be alone on its line */

    if (line->len == 0) {
        return;
    }

    for (i = 0; i < IDV_AAMVA_ID_LEN; i++) {
        if (line->len <= i
            || !((line->p[i] >= 'A' && line->p[i] <= 'Z')
                 || (i && line->p[i] >= '0' && line->p[i] <= '9')))
        {
            rd->aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_ELEMENT);
            return;
        }
    }

    for (i = 0; i < IDV_AAMVA_NELEMENTS; i++) {
        element = &idv_aamva_elements[i];

        if (memcmp(line->p, element->id, IDV_AAMVA_ID_LEN) != 0) {
            continue;
        }

        if (rd->seen & ((uint32_t) 1 << i)) {
            rd->aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_REPEATED);
            return;
        }

        rd->seen |= (uint32_t) 1 << i;

        value = idv_aamva_trim(line->p + IDV_AAMVA_ID_LEN,
                               line->len - IDV_AAMVA_ID_LEN);

        if (value.len > IDV_AAMVA_MAX_VALUE) {
            rd->aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_ELEMENT);
            return;
        }

        /* D.12.5: words for what the issuer does not have */

        if (idv_aamva_is(&value, "NONE") || idv_aamva_is(&value, "unavl")) {
            return;
        }

        if (element->kept < IDV_AAMVA_NKEPT) {
            rd->kept[element->kept] = value;
            return;
        }

        idv_aamva_set(rd->aamva, (char *) rd->aamva + element->offset,
                      element->size, &value);
        return;
    }
}


/*
 * Version 1 has DAA, "family,first,middle,suffix", or DAB for the family name;
 * versions 2 and 3 have DCT, "first,middle".
 */

static void
idv_aamva_names(idv_aamva_read_t *rd)
{
    idv_aamva_t      *aamva;
    idv_aamva_str_t   value, part;

    aamva = rd->aamva;

    if (aamva->family[0] == '\0') {
        value = rd->kept[IDV_AAMVA_DAA];

        if (value.len) {
            part = idv_aamva_part(&value, ',');
            idv_aamva_set(aamva, aamva->family, sizeof(aamva->family), &part);

            part = idv_aamva_part(&value, ',');
            idv_aamva_set(aamva, aamva->first, sizeof(aamva->first), &part);

            part = idv_aamva_part(&value, ',');
            idv_aamva_set(aamva, aamva->middle, sizeof(aamva->middle), &part);

            part = idv_aamva_part(&value, ',');
            idv_aamva_set(aamva, aamva->suffix, sizeof(aamva->suffix), &part);

        } else {
            idv_aamva_set(aamva, aamva->family, sizeof(aamva->family),
                          &rd->kept[IDV_AAMVA_DAB]);
        }
    }

    value = rd->kept[IDV_AAMVA_DCT];

    if (aamva->first[0] == '\0' && value.len) {
        part = idv_aamva_part(&value,
                              memchr(value.p, ',', value.len) ? ',' : ' ');
        idv_aamva_set(aamva, aamva->first, sizeof(aamva->first), &part);
        idv_aamva_set(aamva, aamva->middle, sizeof(aamva->middle), &value);
    }

    if (aamva->family[0] == '\0') {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_NAME);
    }

    aamva->family_truncated = idv_aamva_is(&rd->kept[IDV_AAMVA_DDE], "T");
    aamva->first_truncated = idv_aamva_is(&rd->kept[IDV_AAMVA_DDF], "T");
    aamva->middle_truncated = idv_aamva_is(&rd->kept[IDV_AAMVA_DDG], "T");
}


/* what is in front of the end, which is taken off the value */

static idv_aamva_str_t
idv_aamva_part(idv_aamva_str_t *value, char end)
{
    size_t           len, skip;
    idv_aamva_str_t  part;

    for (len = 0; len < value->len && value->p[len] != end; len++) {
        /* void */
    }

    skip = (len < value->len) ? len + 1 : len;

    part = idv_aamva_trim(value->p, len);
    *value = idv_aamva_trim(value->p + skip, value->len - skip);

    return part;
}


static void
idv_aamva_dates(idv_aamva_read_t *rd)
{
    idv_aamva_t  *aamva;

    aamva = rd->aamva;

    if (aamva->country[0] && strcmp(aamva->country, "USA") != 0
        && strcmp(aamva->country, "CAN") != 0
        && strcmp(aamva->country, "MEX") != 0)
    {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_COUNTRY);
    }

    if (!idv_aamva_date(aamva, &rd->kept[IDV_AAMVA_DBB], &aamva->birth)) {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_BIRTH_DATE);
    }

    if (!idv_aamva_date(aamva, &rd->kept[IDV_AAMVA_DBA], &aamva->expiry)) {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_EXPIRY_DATE);
    }

    if (rd->kept[IDV_AAMVA_DBD].len
        && !idv_aamva_date(aamva, &rd->kept[IDV_AAMVA_DBD], &aamva->issue))
    {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_ISSUE_DATE);
    }
}


/*
 * MMDDCCYY in the United States, CCYYMMDD elsewhere, and everywhere in version
 * 1.  Where the country is not said either one will do: of a year from 1900 to
 * 2099 the first two digits are no month, so a date can only be one of them.
 */

static int
idv_aamva_date(const idv_aamva_t *aamva, const idv_aamva_str_t *value,
    idv_date_t *date)
{
    if (value->len != 8) {
        return 0;
    }

    if (aamva->country[0] == '\0') {
        return idv_aamva_ordered(value->p, 0, date)
               || idv_aamva_ordered(value->p, 1, date);
    }

    return idv_aamva_ordered(value->p,
                             aamva->version == 1
                             || strcmp(aamva->country, "USA") != 0, date);
}


static int
idv_aamva_ordered(const char *p, unsigned year_first, idv_date_t *date)
{
    int         year, month, day;
    idv_date_t  d;

    year = idv_date_number(year_first ? p : p + 4, 4);
    month = idv_date_number(year_first ? p + 4 : p, 2);
    day = idv_date_number(year_first ? p + 6 : p + 2, 2);

    if (year < 1900 || year > 2099 || month < 0 || day < 0) {
        return 0;
    }

    d.year = (uint16_t) year;
    d.month = (uint8_t) month;
    d.day = (uint8_t) day;

    if (!idv_date_valid(d)) {
        return 0;
    }

    *date = d;

    return 1;
}


static void
idv_aamva_words(idv_aamva_read_t *rd)
{
    size_t                  i;
    idv_aamva_t            *aamva;
    const idv_aamva_str_t  *value;

    static const struct {
        char   word[2];
        char   sex;
    } words[] = {
        { "1", 'M' }, { "2", 'F' }, { "9", 'X' },
        { "M", 'M' }, { "F", 'F' }, { "X", 'X' }
    };

    aamva = rd->aamva;
    value = &rd->kept[IDV_AAMVA_DBC];

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (idv_aamva_is(value, words[i].word)) {
            aamva->sex = words[i].sex;
        }
    }

    if (value->len && aamva->sex == '\0') {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_SEX);
    }

    /* DAW is in pounds, DAX in kilograms */

    if (aamva->weight[0] && strlen(aamva->weight) + 3 < sizeof(aamva->weight))
    {
        strcat(aamva->weight, " lb");

    } else if (aamva->weight[0] == '\0' && rd->kept[IDV_AAMVA_DAX].len) {
        idv_aamva_set(aamva, aamva->weight, sizeof(aamva->weight) - 3,
                      &rd->kept[IDV_AAMVA_DAX]);

        if (aamva->weight[0]) {
            strcat(aamva->weight, " kg");
        }
    }

    idv_aamva_postal_code(aamva->postal_code);
}


/* nine digits are a ZIP code and four more, which are 0 where there are none */

static void
idv_aamva_postal_code(char *code)
{
    if (strlen(code) != 9 || idv_date_number(code, 9) < 0) {
        return;
    }

    if (memcmp(code + 5, "0000", 4) == 0) {
        code[5] = '\0';
        return;
    }

    memmove(code + 6, code + 5, sizeof("0000"));
    code[5] = '-';
}


static void
idv_aamva_set(idv_aamva_t *aamva, char *dst, size_t size,
    const idv_aamva_str_t *value)
{
    if (value->len == 0) {
        return;
    }

    if (value->len >= size) {
        aamva->faults |= IDV_AAMVA_FAULT(IDV_AAMVA_ELEMENT);
        return;
    }

    memcpy(dst, value->p, value->len);
    dst[value->len] = '\0';
}


/* values are padded with spaces */

static idv_aamva_str_t
idv_aamva_trim(const char *p, size_t len)
{
    idv_aamva_str_t  value;

    while (len && (*p == ' ' || idv_aamva_separator(*p))) {
        p++;
        len--;
    }

    while (len && (p[len - 1] == ' ' || idv_aamva_separator(p[len - 1]))) {
        len--;
    }

    value.p = p;
    value.len = len;

    return value;
}


static int
idv_aamva_is(const idv_aamva_str_t *value, const char *word)
{
    return value->len == strlen(word)
           && memcmp(value->p, word, value->len) == 0;
}


const char *
idv_aamva_fault_name(unsigned fault)
{
    return fault < IDV_AAMVA_NFAULTS ? idv_aamva_faults[fault] : NULL;
}
