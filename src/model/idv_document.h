
/*
 * Copyright (C) nginx-idv authors
 *
 * What the machine-readable part of a document says, in the words of PingOne's
 * GOVERNMENT_ID, and whether what was typed in says the same.
 */


#ifndef _IDV_DOCUMENT_H_INCLUDED_
#define _IDV_DOCUMENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "idv_date.h"


#define IDV_DOCUMENT_MAX_VALUE  195  /* bytes */
#define IDV_DOCUMENT_MAX_ZONE   4096


typedef enum {
    IDV_DOCUMENT_NONE = 0,
    IDV_DOCUMENT_MRZ,                /* see idv_mrz.h */
    IDV_DOCUMENT_AAMVA,              /* see idv_aamva.h */
    IDV_DOCUMENT_NZONES
} idv_document_zone_e;


/* keys of GOVERNMENT_ID that a zone may have, and the kind of the document */

typedef enum {
    IDV_DOCUMENT_TYPE = 0,
    IDV_DOCUMENT_FIRST_NAME,
    IDV_DOCUMENT_MIDDLE_NAME,
    IDV_DOCUMENT_LAST_NAME,
    IDV_DOCUMENT_FULL_NAME,
    IDV_DOCUMENT_GENDER,
    IDV_DOCUMENT_BIRTH_DATE,
    IDV_DOCUMENT_NATIONALITY,
    IDV_DOCUMENT_PERSONAL_NUMBER,
    IDV_DOCUMENT_ID_NUMBER,
    IDV_DOCUMENT_NUMBER,
    IDV_DOCUMENT_ISSUE_DATE,
    IDV_DOCUMENT_EXPIRATION_DATE,
    IDV_DOCUMENT_ISSUING_COUNTRY,
    IDV_DOCUMENT_COUNTRY,
    IDV_DOCUMENT_STREET,
    IDV_DOCUMENT_CITY,
    IDV_DOCUMENT_STATE,
    IDV_DOCUMENT_POSTAL_CODE,
    IDV_DOCUMENT_WEIGHT,
    IDV_DOCUMENT_HEIGHT,
    IDV_DOCUMENT_HAIR,
    IDV_DOCUMENT_EYES,
    IDV_DOCUMENT_NFIELDS
} idv_document_field_e;


typedef struct {
    idv_document_zone_e  zone;
    uint32_t             faults;     /* bits of the zone's own faults */
    uint32_t             differs;    /* bits of fields */
    unsigned             readable:1; /* it is a zone, right or wrong */
    unsigned             visa:1;
    unsigned             card:1;     /* of which there are several kinds */
    idv_date_t           birth;      /* parts may be unknown */
    char                 value[IDV_DOCUMENT_NFIELDS]
                              [IDV_DOCUMENT_MAX_VALUE + 1];
} idv_document_t;


/* reads a zone of either kind; 1 if there is no fault */
int idv_document_read(idv_document_t *document, const unsigned char *text,
    size_t len, idv_date_t today);

/*
 * What was typed in for a field.  Names must be alike, numbers, dates and
 * countries (as far as both have three letters) the same, the kind one that
 * has such a zone.  What differs is remembered; nothing differs from nothing.
 */
void idv_document_compare(idv_document_t *document, unsigned field,
    const char *typed, size_t len);

/* the API's key; NULL out of range */
const char *idv_document_key(unsigned field);

/* the API's word for a bit of faults; NULL out of range */
const char *idv_document_fault_name(unsigned zone, unsigned fault);


#endif /* _IDV_DOCUMENT_H_INCLUDED_ */
