
/*
 * Copyright (C) nginx-idv authors
 *
 * Claims: attributes taken from a provider's document by name, and compared
 * with what is known of the user.  Needs jansson and nothing of nginx.
 */


#ifndef _IDV_CLAIMS_H_INCLUDED_
#define _IDV_CLAIMS_H_INCLUDED_


#include <stddef.h>
#include <jansson.h>


#define IDV_CLAIM_MAX_NAME   64
#define IDV_CLAIM_MAX_VALUE  512    /* bytes; a longer value is left out */


/*
 * Takes away the documents of a transaction that is a success without them:
 * their check was optional and has not succeeded, so they verify nothing.  What
 * a person has approved stands.  Before all else that is made of the document.
 */
void idv_claims_settle(json_t *document);

/*
 * The core contract of the PingOne adapter (flow-api 4.2) from a document:
 * transactionStatus, transactionId, firstName, ... as an object of strings in
 * the contract's order, those that are there.  NULL without memory.
 */
json_t *idv_claims_core(json_t *document);

/* the names of the core contract, in order, NULL at the end */
extern const char *const  idv_claims_names[];

/*
 * Adds value (string, number or boolean, as text) under name; anything else and
 * values too long are left out.  0, or -1 without memory.
 */
int idv_claims_add(json_t *claims, const char *name, json_t *value);

/*
 * 1 if two values say the same: UTF-8, without regard to case, to accents of
 * Latin letters (dropped, or written as ICAO Doc 9303 does) and to spaces,
 * hyphens, dots and apostrophes, but 1-11 is not 11-1.  Never 1 if either is
 * empty or malformed.
 */
int idv_claims_match(const char *a, size_t alen, const char *b, size_t blen);


#endif /* _IDV_CLAIMS_H_INCLUDED_ */
