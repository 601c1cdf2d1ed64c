
/*
 * Copyright (C) nginx-idv authors
 *
 * Birth dates of record matching, in the ways that people write them.
 */


#ifndef _IDV_RECORD_DATE_H_INCLUDED_
#define _IDV_RECORD_DATE_H_INCLUDED_


#include <stddef.h>


/* the score of idv_match_score() */
unsigned idv_match_dates(const char *a, size_t alen, const char *b,
    size_t blen);


#endif /* _IDV_RECORD_DATE_H_INCLUDED_ */
