
/*
 * Copyright (C) nginx-idv authors
 *
 * PingOne's answers: from JSON to values, with no I/O and no clock.  Members
 * that are not known are passed over, as the API promises to grow; members that
 * are known and of a wrong kind make the answer unusable.
 *
 * Source: developer.pingidentity.com/pingone-api/verify, and RFC 6749 section 5
 * for tokens.
 */


#ifndef _IDV_PINGONE_PARSE_H_INCLUDED_
#define _IDV_PINGONE_PARSE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "../model/idv_flow.h"


#define IDV_PINGONE_CODE_LEN  63


/* what the answer must be about, where it says so */

typedef struct {
    const u_char   *id;             /* 16 bytes; NULL: a new transaction */
    const u_char   *policy;         /* 16 bytes; NULL: any */
    ngx_str_t       user;
    ngx_str_t       environment;
    unsigned        notified:1;     /* a notification was asked for */
} idv_pingone_expect_t;


typedef struct {
    ngx_str_t       value;          /* bytes of the document */
    uint64_t        life;           /* seconds */
} idv_pingone_token_t;


typedef struct {
    char            code[IDV_PINGONE_CODE_LEN + 1];     /* "" if not given */
    char            detail[IDV_PINGONE_CODE_LEN + 1];
    u_char          id[16];         /* of the error at PingOne */
    unsigned        known:1;        /* PingOne's or OAuth's form */
    unsigned        named:1;        /* it has an id */
} idv_pingone_error_t;


/*
 * All return NULL if the answer can be used, or a sentence for the log, without
 * any of its data, that says why not.
 */

const char *idv_pingone_transaction(json_t *root,
    const idv_pingone_expect_t *expect, idv_transaction_t *tx);

/*
 * Of a list of transactions the newest that succeeded and was created since
 * then, in seconds since the epoch; all zero if there is none.
 */
const char *idv_pingone_newest(json_t *root,
    const idv_pingone_expect_t *expect, int64_t since, idv_transaction_t *tx);

/*
 * The government ids of an answer of verifiedData, in its order: a new array
 * that the caller owns, each an object with an object "data".
 */
const char *idv_pingone_verified_data(json_t *root,
    const idv_pingone_expect_t *expect, json_t **items);

const char *idv_pingone_token(json_t *root, idv_pingone_token_t *token);


/* codes only, of letters, digits and "_"; never a message; root may be NULL */
void idv_pingone_error(json_t *root, idv_pingone_error_t *error);

/* seconds since the epoch of an ISO 8601 time with a zone, else 0 */
int64_t idv_pingone_time(const u_char *text, size_t len);

/* 1 if an absolute http or https URL with a query, safe in a header */
ngx_uint_t idv_pingone_url(const u_char *text, size_t len);


#endif /* _IDV_PINGONE_PARSE_H_INCLUDED_ */
