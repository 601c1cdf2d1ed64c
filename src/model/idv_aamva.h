
/*
 * Copyright (C) nginx-idv authors
 *
 * The text in the barcode of North American driving licences and identification
 * cards: AAMVA DL/ID Card Design Standard, annex D, versions 1 (2000) to 10
 * (2020) and those that will follow.
 */


#ifndef _IDV_AAMVA_H_INCLUDED_
#define _IDV_AAMVA_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "idv_date.h"


#define IDV_AAMVA_MAX_TEXT   4096    /* bytes */
#define IDV_AAMVA_MAX_VALUE  125     /* of a name in version 1 */
#define IDV_AAMVA_MAX_NAME   64
#define IDV_AAMVA_MAX_FIELD  40


/* what can be wrong; a text may have several of them */

typedef enum {
    IDV_AAMVA_LENGTH = 0,            /* nothing, or too much */
    IDV_AAMVA_CHARACTER,             /* not UTF-8, or a control character */
    IDV_AAMVA_HEADER,                /* no "@" and "ANSI " */
    IDV_AAMVA_ISSUER,                /* not six digits */
    IDV_AAMVA_VERSION,               /* not two digits, or 00 */
    IDV_AAMVA_DIRECTORY,             /* of the subfiles: cut, or malformed */
    IDV_AAMVA_SUBFILE,               /* neither DL nor ID */
    IDV_AAMVA_ELEMENT,               /* no element, or too long */
    IDV_AAMVA_REPEATED,              /* an element twice: which one counts? */
    IDV_AAMVA_NUMBER,                /* missing */
    IDV_AAMVA_NAME,                  /* missing */
    IDV_AAMVA_BIRTH_DATE,            /* missing, or no such day */
    IDV_AAMVA_EXPIRY_DATE,
    IDV_AAMVA_ISSUE_DATE,            /* no such day; it may be missing */
    IDV_AAMVA_SEX,
    IDV_AAMVA_COUNTRY,               /* not USA, CAN or MEX */
    IDV_AAMVA_NFAULTS
} idv_aamva_fault_e;

#define IDV_AAMVA_FAULT(f)  ((uint32_t) 1 << (f))

/* with any of these nothing else is set */

#define IDV_AAMVA_UNREADABLE                                                  \
    (IDV_AAMVA_FAULT(IDV_AAMVA_LENGTH)                                        \
     | IDV_AAMVA_FAULT(IDV_AAMVA_CHARACTER)                                   \
     | IDV_AAMVA_FAULT(IDV_AAMVA_HEADER)                                      \
     | IDV_AAMVA_FAULT(IDV_AAMVA_ISSUER)                                      \
     | IDV_AAMVA_FAULT(IDV_AAMVA_VERSION)                                     \
     | IDV_AAMVA_FAULT(IDV_AAMVA_DIRECTORY)                                   \
     | IDV_AAMVA_FAULT(IDV_AAMVA_SUBFILE))


/* UTF-8 with a NUL at the end, without padding; empty: not there */

typedef struct {
    uint32_t    faults;              /* bits */

    char        issuer[6 + 1];       /* issuer identification number */
    unsigned    version;             /* of the standard */
    char        kind[2 + 1];         /* DL or ID */

    char        number[IDV_AAMVA_MAX_FIELD + 1];
    char        family[IDV_AAMVA_MAX_NAME + 1];
    char        first[IDV_AAMVA_MAX_NAME + 1];
    char        middle[IDV_AAMVA_MAX_NAME + 1];
    char        suffix[IDV_AAMVA_MAX_FIELD + 1];
    char        street[2][IDV_AAMVA_MAX_NAME + 1];
    char        city[IDV_AAMVA_MAX_NAME + 1];
    char        state[IDV_AAMVA_MAX_FIELD + 1];
    char        postal_code[IDV_AAMVA_MAX_FIELD + 1];
    char        country[IDV_AAMVA_MAX_FIELD + 1];
    char        discriminator[IDV_AAMVA_MAX_FIELD + 1];
    char        eyes[IDV_AAMVA_MAX_FIELD + 1];
    char        hair[IDV_AAMVA_MAX_FIELD + 1];
    char        height[IDV_AAMVA_MAX_FIELD + 1];
    char        weight[IDV_AAMVA_MAX_FIELD + 1];

    char        sex;                 /* M, F, X for not specified; 0 */
    unsigned    family_truncated:1;
    unsigned    first_truncated:1;
    unsigned    middle_truncated:1;

    idv_date_t  birth;
    idv_date_t  expiry;
    idv_date_t  issue;
} idv_aamva_t;


/*
 * Reads the text as a scanner gives it or as it was pasted: separators may have
 * become line ends of any kind, and offsets and lengths, which many issuers
 * have wrong, are not relied on.
 *
 * 1 if there is no fault, else 0.
 */
int idv_aamva_parse(idv_aamva_t *aamva, const unsigned char *text,
    size_t len);

/* 1 if the text is meant to be one, however wrong it is */
int idv_aamva_like(const unsigned char *text, size_t len);

/* the API's word, e.g. AAMVA_BIRTH_DATE_INVALID; NULL out of range */
const char *idv_aamva_fault_name(unsigned fault);


#endif /* _IDV_AAMVA_H_INCLUDED_ */
