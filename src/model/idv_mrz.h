
/*
 * Copyright (C) nginx-idv authors
 *
 * The machine-readable zone of travel documents: ICAO Doc 9303, parts 3 (what
 * all have), 4 (TD3, passports), 5 (TD1, cards), 6 (TD2) and 7 (MRV, visas).
 */


#ifndef _IDV_MRZ_H_INCLUDED_
#define _IDV_MRZ_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "idv_date.h"


#define IDV_MRZ_MAX_TEXT    256      /* bytes of what is typed or pasted */
#define IDV_MRZ_MAX_ZONE    90
#define IDV_MRZ_MAX_NAME    39
#define IDV_MRZ_MAX_NUMBER  23
#define IDV_MRZ_MAX_DATA    16


typedef enum {
    IDV_MRZ_TD1 = 0,                 /* cards: 3 lines of 30 */
    IDV_MRZ_TD2,                     /* 2 lines of 36 */
    IDV_MRZ_TD3,                     /* passports: 2 lines of 44 */
    IDV_MRZ_MRVA,                    /* visas: 2 lines of 44 */
    IDV_MRZ_MRVB,                    /* 2 lines of 36 */
    IDV_MRZ_NFORMATS
} idv_mrz_format_e;


/* what can be wrong; a zone may have several of them */

typedef enum {
    IDV_MRZ_CHARACTER = 0,           /* not of A-Z, 0-9, "<" */
    IDV_MRZ_LENGTH,                  /* no zone has lines like these */
    IDV_MRZ_DOCUMENT_CODE,
    IDV_MRZ_ISSUER,
    IDV_MRZ_NATIONALITY,
    IDV_MRZ_NAME,                    /* none, or not of letters */
    IDV_MRZ_NUMBER,                  /* none, or a long one that ends nowhere */
    IDV_MRZ_BIRTH_DATE,              /* no such day */
    IDV_MRZ_SEX,
    IDV_MRZ_EXPIRY_DATE,
    IDV_MRZ_NUMBER_CHECK,            /* a check digit that is not right */
    IDV_MRZ_BIRTH_CHECK,
    IDV_MRZ_EXPIRY_CHECK,
    IDV_MRZ_OPTIONAL_CHECK,
    IDV_MRZ_COMPOSITE_CHECK,
    IDV_MRZ_NFAULTS
} idv_mrz_fault_e;

#define IDV_MRZ_FAULT(f)  ((uint32_t) 1 << (f))


/* strings end with NUL; fillers are gone from them, or are spaces */

typedef struct {
    uint32_t          faults;        /* bits; nothing else is set if the first
                                        two of them are among these */
    idv_mrz_format_e  format;
    char              zone[IDV_MRZ_MAX_ZONE + 1];   /* its lines in a row */

    char              code[3];
    char              issuer[4];     /* D is DEU */
    char              nationality[4];
    char              number[IDV_MRZ_MAX_NUMBER + 1];
    char              optional[2][IDV_MRZ_MAX_DATA + 1];
    char              primary[IDV_MRZ_MAX_NAME + 1];
    char              secondary[IDV_MRZ_MAX_NAME + 1];
    char              sex;           /* M, F, or X for not specified */
    unsigned          truncated:1;   /* the name goes on beyond the zone */
    idv_date_t        birth;         /* parts may be unknown */
    idv_date_t        expiry;
} idv_mrz_t;


/*
 * Reads a zone as it was typed or pasted: in any case, with spaces anywhere,
 * with or without line breaks.  Where there are line breaks, fillers at the
 * end of a line may be too many or too few.
 *
 * A year has two digits: a birth date is the latest such day that is not after
 * today, an expiry date is from 50 years before today's year to 49 after it.
 *
 * 1 if there is no fault, else 0.
 */
int idv_mrz_parse(idv_mrz_t *mrz, const unsigned char *text, size_t len,
    idv_date_t today);

/* Doc 9303-3, 4.9: the digit, or -1 if a character has no place in a zone */
int idv_mrz_check_digit(const char *p, size_t len);

/* the API's word, e.g. MRZ_BIRTH_DATE_CHECK_DIGIT; NULL out of range */
const char *idv_mrz_fault_name(unsigned fault);

/* TD1, TD2, TD3, MRV_A, MRV_B; NULL out of range */
const char *idv_mrz_format_name(unsigned format);


#endif /* _IDV_MRZ_H_INCLUDED_ */
