
/*
 * Copyright (C) nginx-idv authors
 *
 * Identity record matching: how alike two names, addresses or birth dates are,
 * one from a document and one from a record.  The algorithm and its numbers
 * are described in docs/service.md.
 *
 * The gate does not use this: a subject is matched by idv_claims_match(),
 * which knows the same and not the same, and nothing between.
 */


#ifndef _IDV_RECORD_MATCH_H_INCLUDED_
#define _IDV_RECORD_MATCH_H_INCLUDED_


#include <stddef.h>


#define IDV_MATCH_MAX_TEXT  512      /* bytes; longer ones do not match */
#define IDV_MATCH_SAME      1000     /* the highest score */


typedef enum {
    IDV_MATCH_NOT_APPLICABLE = 0,    /* one side has nothing */
    IDV_MATCH_NONE,
    IDV_MATCH_LOW,
    IDV_MATCH_MEDIUM,
    IDV_MATCH_HIGH,
    IDV_MATCH_NWORDS
} idv_match_word_e;


typedef enum {
    IDV_MATCH_ADDRESS = 0,
    IDV_MATCH_BIRTH_DATE,
    IDV_MATCH_FAMILY_NAME,
    IDV_MATCH_GIVEN_NAME,
    IDV_MATCH_FULL_NAME,
    IDV_MATCH_NFIELDS
} idv_match_field_e;


/*
 * 0 to IDV_MATCH_SAME; both are UTF-8.  The order of the two does not count.
 * 0 for what is malformed, too long or empty.
 */
unsigned idv_match_score(idv_match_field_e field, const char *a, size_t alen,
    const char *b, size_t blen);

/* the word of a score */
idv_match_word_e idv_match_word(unsigned score);

/*
 * The mean of the fields' scores by their weights; of those for which a bit of
 * fields is set.  0 without any.
 */
unsigned idv_match_overall(const unsigned *scores, unsigned fields);

/* HIGH, MEDIUM, LOW, NONE, NOT_APPLICABLE */
const char *idv_match_word_name(unsigned word);

/* the API's identifier: address, birth_date, family_name, given_name, name */
const char *idv_match_field_name(unsigned field);


#endif /* _IDV_RECORD_MATCH_H_INCLUDED_ */
