
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_aamva.h"
#include "idv_document.h"
#include "idv_mrz.h"
#include "idv_record_match.h"


static int idv_document_mrz(idv_document_t *document,
    const unsigned char *text, size_t len, idv_date_t today);
static int idv_document_aamva(idv_document_t *document,
    const unsigned char *text, size_t len);
static void idv_document_join(char *dst, const char *const *parts, size_t n);
static void idv_document_set(idv_document_t *document, unsigned field,
    const char *value);
static int idv_document_name(const char *value, const char *typed, size_t len,
    idv_match_word_e least);
static int idv_document_same(const char *value, const char *typed, size_t len);
static int idv_document_birth(idv_date_t date, const char *typed, size_t len);
static int idv_document_country(const char *value, const char *typed,
    size_t len);
static int idv_document_kind(const idv_document_t *document,
    const char *typed, size_t len);
static int idv_document_is(const char *word, const char *typed, size_t len);


/* in the order of idv_document_field_e */

static const char *const  idv_document_keys[IDV_DOCUMENT_NFIELDS] = {
    "idType",
    "firstName",
    "middleName",
    "lastName",
    "fullName",
    "gender",
    "birthDate",
    "nationality",
    "personalNumber",
    "idNumber",
    "documentNumber",
    "issueDate",
    "expirationDate",
    "issuingCountry",
    "country",
    "addressStreet",
    "addressCity",
    "addressState",
    "addressZip",
    "weight",
    "height",
    "hairColor",
    "eyeColor"
};


int
idv_document_read(idv_document_t *document, const unsigned char *text,
    size_t len, idv_date_t today)
{
    memset(document, 0, sizeof(idv_document_t));

    if (idv_aamva_like(text, len)) {
        document->zone = IDV_DOCUMENT_AAMVA;
        return idv_document_aamva(document, text, len);
    }

    document->zone = IDV_DOCUMENT_MRZ;

    return idv_document_mrz(document, text, len, today);
}


static int
idv_document_mrz(idv_document_t *document, const unsigned char *text,
    size_t len, idv_date_t today)
{
    int          good;
    char         sex[2], date[IDV_DATE_LEN + 1];
    idv_mrz_t    mrz;
    const char  *names[2];

    good = idv_mrz_parse(&mrz, text, len, today);

    document->faults = mrz.faults;

    if (mrz.faults & (IDV_MRZ_FAULT(IDV_MRZ_CHARACTER)
                      | IDV_MRZ_FAULT(IDV_MRZ_LENGTH)))
    {
        return 0;
    }

    document->readable = 1;
    document->visa = (mrz.format == IDV_MRZ_MRVA
                      || mrz.format == IDV_MRZ_MRVB);
    document->card = (mrz.format == IDV_MRZ_TD1 || mrz.format == IDV_MRZ_TD2);
    document->birth = mrz.birth;

    names[0] = mrz.secondary;
    names[1] = mrz.primary;

    sex[0] = mrz.sex;
    sex[1] = '\0';

    idv_document_set(document, IDV_DOCUMENT_TYPE,
                     document->card ? "id_card" : "passport");
    idv_document_set(document, IDV_DOCUMENT_FIRST_NAME, mrz.secondary);
    idv_document_set(document, IDV_DOCUMENT_LAST_NAME, mrz.primary);
    idv_document_join(document->value[IDV_DOCUMENT_FULL_NAME], names, 2);
    idv_document_set(document, IDV_DOCUMENT_GENDER, sex);
    idv_document_set(document, IDV_DOCUMENT_NATIONALITY, mrz.nationality);
    idv_document_set(document, IDV_DOCUMENT_NUMBER, mrz.number);
    idv_document_set(document, IDV_DOCUMENT_ID_NUMBER, mrz.number);
    idv_document_set(document, IDV_DOCUMENT_ISSUING_COUNTRY, mrz.issuer);

    if (mrz.format == IDV_MRZ_TD3) {
        idv_document_set(document, IDV_DOCUMENT_PERSONAL_NUMBER,
                         mrz.optional[0]);
    }

    if (idv_date_valid(mrz.birth)) {
        idv_date_print(mrz.birth, date);
        idv_document_set(document, IDV_DOCUMENT_BIRTH_DATE, date);
    }

    idv_date_print(mrz.expiry, date);
    idv_document_set(document, IDV_DOCUMENT_EXPIRATION_DATE, date);

    return good;
}


static int
idv_document_aamva(idv_document_t *document, const unsigned char *text,
    size_t len)
{
    int          good;
    char         sex[2], date[IDV_DATE_LEN + 1];
    idv_aamva_t  aamva;
    const char  *names[4], *street[2];

    good = idv_aamva_parse(&aamva, text, len);

    document->faults = aamva.faults;

    if (aamva.faults & IDV_AAMVA_UNREADABLE) {
        return 0;
    }

    document->readable = 1;
    document->birth = aamva.birth;

    names[0] = aamva.first;
    names[1] = aamva.middle;
    names[2] = aamva.family;
    names[3] = aamva.suffix;

    street[0] = aamva.street[0];
    street[1] = aamva.street[1];

    sex[0] = aamva.sex;
    sex[1] = '\0';

    idv_document_set(document, IDV_DOCUMENT_TYPE,
                     strcmp(aamva.kind, "DL") == 0 ? "driver_license"
                                                   : "id_card");
    idv_document_set(document, IDV_DOCUMENT_FIRST_NAME, aamva.first);
    idv_document_set(document, IDV_DOCUMENT_MIDDLE_NAME, aamva.middle);
    idv_document_set(document, IDV_DOCUMENT_LAST_NAME, aamva.family);
    idv_document_join(document->value[IDV_DOCUMENT_FULL_NAME], names, 4);
    idv_document_set(document, IDV_DOCUMENT_GENDER, sex);
    idv_document_set(document, IDV_DOCUMENT_NUMBER, aamva.number);
    idv_document_set(document, IDV_DOCUMENT_ID_NUMBER, aamva.number);
    idv_document_set(document, IDV_DOCUMENT_ISSUING_COUNTRY, aamva.country);
    idv_document_set(document, IDV_DOCUMENT_COUNTRY, aamva.country);
    idv_document_join(document->value[IDV_DOCUMENT_STREET], street, 2);
    idv_document_set(document, IDV_DOCUMENT_CITY, aamva.city);
    idv_document_set(document, IDV_DOCUMENT_STATE, aamva.state);
    idv_document_set(document, IDV_DOCUMENT_POSTAL_CODE, aamva.postal_code);
    idv_document_set(document, IDV_DOCUMENT_WEIGHT, aamva.weight);
    idv_document_set(document, IDV_DOCUMENT_HEIGHT, aamva.height);
    idv_document_set(document, IDV_DOCUMENT_HAIR, aamva.hair);
    idv_document_set(document, IDV_DOCUMENT_EYES, aamva.eyes);

    idv_date_print(aamva.birth, date);
    idv_document_set(document, IDV_DOCUMENT_BIRTH_DATE, date);

    idv_date_print(aamva.issue, date);
    idv_document_set(document, IDV_DOCUMENT_ISSUE_DATE, date);

    idv_date_print(aamva.expiry, date);
    idv_document_set(document, IDV_DOCUMENT_EXPIRATION_DATE, date);

    return good;
}


/* with one space between those that there are, as far as it fits */

static void
idv_document_join(char *dst, const char *const *parts, size_t n)
{
    size_t  i, len;

    for (len = 0, i = 0; i < n; i++) {

        if (parts[i][0] == '\0'
            || len + 1 + strlen(parts[i]) > IDV_DOCUMENT_MAX_VALUE)
        {
            continue;
        }

        if (len) {
            dst[len++] = ' ';
        }

        strcpy(dst + len, parts[i]);
        len += strlen(parts[i]);
    }
}


/* none is longer than a name of a licence */

static void
idv_document_set(idv_document_t *document, unsigned field, const char *value)
{
    strncpy(document->value[field], value, IDV_DOCUMENT_MAX_VALUE);
}


void
idv_document_compare(idv_document_t *document, unsigned field,
    const char *typed, size_t len)
{
    int          same;
    const char  *value;

    if (field >= IDV_DOCUMENT_NFIELDS || len == 0) {
        return;
    }

    value = document->value[field];

    switch (field) {

    case IDV_DOCUMENT_TYPE:
        same = idv_document_kind(document, typed, len);
        break;

    case IDV_DOCUMENT_FIRST_NAME:
    case IDV_DOCUMENT_MIDDLE_NAME:
        same = idv_document_name(value, typed, len, IDV_MATCH_LOW);
        break;

    case IDV_DOCUMENT_LAST_NAME:
    case IDV_DOCUMENT_FULL_NAME:
        same = idv_document_name(value, typed, len, IDV_MATCH_MEDIUM);
        break;

    case IDV_DOCUMENT_BIRTH_DATE:
        same = idv_document_birth(document->birth, typed, len);
        break;

    case IDV_DOCUMENT_ISSUING_COUNTRY:
    case IDV_DOCUMENT_COUNTRY:
    case IDV_DOCUMENT_NATIONALITY:
        same = idv_document_country(value, typed, len);
        break;

    default:
        same = idv_document_same(value, typed, len);
    }

    if (!same) {
        document->differs |= (uint32_t) 1 << field;
    }
}


/* given names may be left out, umlauts written in either way */

static int
idv_document_name(const char *value, const char *typed, size_t len,
    idv_match_word_e least)
{
    if (*value == '\0') {
        return 1;
    }

    return idv_match_word(idv_match_score(IDV_MATCH_FULL_NAME, value,
                                          strlen(value), typed, len))
           >= least;
}


/* letters and digits alone count */

static int
idv_document_same(const char *value, const char *typed, size_t len)
{
    size_t  i;
    char    c, d;

    if (*value == '\0') {
        return 1;
    }

    for (i = 0; /* void */ ; value++, i++) {

        while (*value == ' ' || *value == '-' || *value == '.') {
            value++;
        }

        while (i < len
               && (typed[i] == ' ' || typed[i] == '-' || typed[i] == '.'))
        {
            i++;
        }

        if (*value == '\0' || i == len) {
            return *value == '\0' && i == len;
        }

        c = (*value >= 'a' && *value <= 'z') ? *value - 'a' + 'A' : *value;
        d = (typed[i] >= 'a' && typed[i] <= 'z') ? typed[i] - 'a' + 'A'
                                                 : typed[i];

        if (c != d) {
            return 0;
        }
    }
}


/* YYYY-MM-DD, as far as the zone knows the day */

static int
idv_document_birth(idv_date_t date, const char *typed, size_t len)
{
    int  year, month, day;

    if (len != IDV_DATE_LEN) {
        return 0;
    }

    year = idv_date_number(typed, 4);
    month = idv_date_number(typed + 5, 2);
    day = idv_date_number(typed + 8, 2);

    return (date.year == 0 || date.year == year)
           && (date.month == 0 || date.month == month)
           && (date.day == 0 || date.day == day);
}


static int
idv_document_country(const char *value, const char *typed, size_t len)
{
    size_t  i;

    if (strlen(value) != 3 || len != 3) {
        return 1;
    }

    for (i = 0; i < len; i++) {
        if (!((typed[i] >= 'A' && typed[i] <= 'Z')
              || (typed[i] >= 'a' && typed[i] <= 'z')))
        {
            return 1;
        }
    }

    return idv_document_same(value, typed, len);
}


/* a visa is no document of identity, whatever it is called */

static int
idv_document_kind(const idv_document_t *document, const char *typed,
    size_t len)
{
    if (document->visa) {
        return 0;
    }

    if (idv_document_is(document->value[IDV_DOCUMENT_TYPE], typed, len)) {
        return 1;
    }

    return document->card
           && (idv_document_is("residence_permit", typed, len)
               || idv_document_is("passport", typed, len));
}


static int
idv_document_is(const char *word, const char *typed, size_t len)
{
    return strlen(word) == len && memcmp(word, typed, len) == 0;
}


const char *
idv_document_key(unsigned field)
{
    return field < IDV_DOCUMENT_NFIELDS ? idv_document_keys[field] : NULL;
}


const char *
idv_document_fault_name(unsigned zone, unsigned fault)
{
    switch (zone) {

    case IDV_DOCUMENT_MRZ:
        return idv_mrz_fault_name(fault);

    case IDV_DOCUMENT_AAMVA:
        return idv_aamva_fault_name(fault);
    }

    return NULL;
}
