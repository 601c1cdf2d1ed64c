
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_claims.h"
#include "idv_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


/* the claims that are taken from a document of this type by their own name */

#define IDV_CLAIMS_DOCUMENT  "GOVERNMENT_ID"


/*
 * A text on its way through a comparison.  A separator counts only between two
 * digits: Jean-Luc is JEAN LUC, but the first of November, 1-11, is not 11-1.
 */

typedef struct {
    const unsigned char  *p;
    const unsigned char  *end;
    const char           *rest;      /* of a letter that stands for two */
    unsigned              transcribe;
    unsigned              separated; /* since the last letter or digit */
    unsigned              digit;     /* that was a digit */
    unsigned              split;     /* a separator between two digits here */
} idv_claims_text_t;


static json_t *idv_claims_document(json_t *document);
static json_t *idv_claims_source(json_t *document, json_t *data,
    const char *name);
static int idv_claims_same(const idv_claims_text_t *a,
    const idv_claims_text_t *b);
static int idv_claims_next(idv_claims_text_t *t, uint32_t *c);


const char *const  idv_claims_names[] = {
    "transactionStatus",
    "transactionId",
    "verifiedDocuments",
    "firstName",
    "lastName",
    "birthDate",
    "gender",
    "weight",
    "nationality",
    "country",
    "addressStreet",
    "addressCity",
    "addressState",
    "addressZip",
    "idNumber",
    "documentNumber",
    "issueDate",
    "expirationDate",
    "issuingCountry",
    NULL
};


void
idv_claims_settle(json_t *document)
{
    json_t      *status;
    const char  *word, *check;

    status = json_object_get(document, "transactionStatus");
    word = json_string_value(json_object_get(status, "status"));
    check = json_string_value(
                json_object_get(json_object_get(status, "verificationStatus"),
                                IDV_CLAIMS_DOCUMENT));

    if (word && strcmp(word, "SUCCESS") == 0
        && check && strcmp(check, "SUCCESS") != 0)
    {
        (void) json_object_del(json_object_get(document, "_embedded"),
                               "verifiedData");
    }
}


json_t *
idv_claims_core(json_t *document)
{
    int          i;
    json_t      *claims, *data;
    const char  *name;

    claims = json_object();
    if (claims == NULL) {
        return NULL;
    }

    data = idv_claims_document(document);

    for (i = 0; idv_claims_names[i]; i++) {
        name = idv_claims_names[i];

        if (idv_claims_add(claims, name,
                           idv_claims_source(document, data, name))
            != 0)
        {
            json_decref(claims);
            return NULL;
        }
    }

    return claims;
}


/*
 * The first government document that has data, and that alone: a name from one
 * and a birth date from another would be nobody's.
 */

static json_t *
idv_claims_document(json_t *document)
{
    size_t       i, n;
    json_t      *list, *item, *data;
    const char  *type;

    list = json_object_get(json_object_get(document, "_embedded"),
                           "verifiedData");
    n = json_array_size(list);

    for (i = 0; i < n; i++) {
        item = json_array_get(list, i);
        type = json_string_value(json_object_get(item, "type"));
        data = json_object_get(item, "data");

        if (type && strcasecmp(type, IDV_CLAIMS_DOCUMENT) == 0
            && json_object_size(data) != 0)
        {
            return data;
        }
    }

    return NULL;
}


static json_t *
idv_claims_source(json_t *document, json_t *data, const char *name)
{
    if (strcmp(name, "transactionStatus") == 0) {
        return json_object_get(json_object_get(document, "transactionStatus"),
                               "status");
    }

    if (strcmp(name, "transactionId") == 0) {
        return json_object_get(document, "id");
    }

    /* the API documents this as a string that looks like a list */

    if (strcmp(name, "verifiedDocuments") == 0) {
        return json_object_get(document, name);
    }

    return json_object_get(data, name);
}


int
idv_claims_add(json_t *claims, const char *name, json_t *value)
{
    int      rc;
    char    *text;
    size_t   len;

    len = strlen(name);

    if (len == 0 || len > IDV_CLAIM_MAX_NAME) {
        return 0;
    }

    if (json_is_string(value)) {
        len = json_string_length(value);

        if (len == 0 || len > IDV_CLAIM_MAX_VALUE
            || strlen(json_string_value(value)) != len)
        {
            return 0;
        }

        return json_object_set_new(claims, name,
                                   json_string(json_string_value(value)));
    }

    if (!json_is_number(value) && !json_is_boolean(value)) {
        return 0;
    }

    /* as JSON writes it, whatever the locale */

    text = json_dumps(value, JSON_ENCODE_ANY);
    if (text == NULL) {
        return -1;
    }

    rc = json_object_set_new(claims, name, json_string(text));

    free(text);

    return rc;
}


int
idv_claims_match(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned           i;
    idv_claims_text_t  x, y;

    memset(&x, 0, sizeof(idv_claims_text_t));
    memset(&y, 0, sizeof(idv_claims_text_t));

    x.p = (const unsigned char *) a;
    x.end = x.p + alen;

    y.p = (const unsigned char *) b;
    y.end = y.p + blen;

    /*
     * The machine-readable lines of a passport have UE where its other lines
     * have U with dots, so each side is read in both ways.
     */

    for (i = 0; i < 4; i++) {
        x.transcribe = i & 1;
        y.transcribe = i >> 1;

        if (idv_claims_same(&x, &y)) {
            return 1;
        }
    }

    return 0;
}


static int
idv_claims_same(const idv_claims_text_t *a, const idv_claims_text_t *b)
{
    int                more;
    uint32_t           c, d;
    unsigned           any, differ, split_a, split_b;
    idv_claims_text_t  x, y;

    x = *a;
    y = *b;

    any = 0;
    differ = 0;
    split_a = 0;
    split_b = 0;

    for ( ;; ) {
        more = idv_claims_next(&x, &c);

        if (more < 0 || idv_claims_next(&y, &d) != more) {
            return 0;
        }

        if (more == 0) {
            break;
        }

        if (c != d) {
            return 0;
        }

        any = 1;
        split_a |= x.split;
        split_b |= y.split;
        differ |= x.split ^ y.split;
    }

    if (!any) {
        return 0;
    }

    /* 19910517 is 1991-05-17: with separators on one side nothing is moved */

    return !differ || !split_a || !split_b;
}


/* the next letter that counts: 1, or 0 at the end, or -1 if malformed */

static int
idv_claims_next(idv_claims_text_t *t, uint32_t *c)
{
    int       rc;
    unsigned  digit;

    t->split = 0;

    if (t->rest) {
        *c = (uint32_t) *t->rest;
        t->rest = NULL;
        return 1;
    }

    for ( ;; ) {
        rc = idv_text_decode(&t->p, t->end, c);
        if (rc != 1) {
            return rc;
        }

        if (idv_text_accent(*c)) {
            continue;
        }

        if (idv_text_separator(*c)) {
            t->separated = 1;
            continue;
        }

        if (idv_text_control(*c)) {
            return -1;
        }

        break;
    }

    digit = (*c >= '0' && *c <= '9');

    t->split = t->separated && t->digit && digit;
    t->separated = 0;
    t->digit = digit;

    *c = idv_text_fold(*c, t->transcribe, &t->rest);

    return 1;
}
