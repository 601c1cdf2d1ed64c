
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_claims.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>


/* the claims that are taken from a document of this type by their own name */

#define IDV_CLAIMS_DOCUMENT  "GOVERNMENT_ID"


typedef struct {
    uint32_t              first;
    uint32_t              last;
    int                   delta;     /* to the lower case; 0: odd is lower */
    unsigned              odd;       /* ... or even is, where odd is 0 */
} idv_claims_case_t;


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
static int idv_claims_decode(idv_claims_text_t *t, uint32_t *c);
static int idv_claims_separator(uint32_t c);
static const char *idv_claims_transcription(uint32_t c);
static uint32_t idv_claims_fold(idv_claims_text_t *t, uint32_t c);
static uint32_t idv_claims_lower(uint32_t c);


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


/*
 * The base of each Latin letter: a dot where there is none, a digit where it is
 * two letters of the list below.
 */

static const char  idv_claims_latin[] =
    "aaaaaa0ceeeeiiiidnooooo.ouuuuy32"  /* U+00C0 */
    "aaaaaa0ceeeeiiiidnooooo.ouuuuy3y"  /* U+00E0 */
    "aaaaaaccccccccddddeeeeeeeeeegggg"  /* U+0100 */
    "gggghhhhiiiiiiiiii44jjkkklllllll"  /* U+0120 */
    "lllnnnnnnnnnoooooo11rrrrrrssssss"  /* U+0140 */
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs"  /* U+0160 */
    "bbbb..occ.ddd.eeeffg...ikkl..nno"  /* U+0180 */
    "oo..pp.....ttttuu.vyyzz........."  /* U+01A0 */
    "....555666777aaiioouuuuuuuuuueaa"  /* U+01C0 */
    "aa00ggggkkoooo..j555gg..nnaa00oo"  /* U+01E0 */
    "aaaaeeeeiiiioooorrrruuuusstt..hh"  /* U+0200 */
    "nd..zzaaeeooooooooyylntj..acclts"  /* U+0220 */
    "z..b..eejj.qrryy...bocdd.e.e....";  /* U+0240 */

static const char  idv_claims_latin_more[] =
    "aabbbbbbccddddddddddeeeeeeeeeeff"  /* U+1E00 */
    "gghhhhhhhhhhiiiikkkkkkllllllllmm"  /* U+1E20 */
    "mmmmnnnnnnnnoooooooopppprrrrrrrr"  /* U+1E40 */
    "ssssssssssttttttttuuuuuuuuuuvvvv"  /* U+1E60 */
    "wwwwwwwwwwxxxxyyzzzzzzhtwya...2."  /* U+1E80 */
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"  /* U+1EA0 */
    "eeeeeeeeiiiioooooooooooooooooooo"  /* U+1EC0 */
    "oooouuuuuuuuuuuuuuyyyyyyyy....yy";  /* U+1EE0 */

static const char *const  idv_claims_pairs[] = {
    "ae", "oe", "ss", "th", "ij", "dz", "lj", "nj"
};


/* letters of other scripts: capitals, and what makes them small */

static const idv_claims_case_t  idv_claims_cases[] = {
    { 0x0386, 0x0386,   38, 0 },     /* Greek */
    { 0x0388, 0x038a,   37, 0 },
    { 0x038c, 0x038c,   64, 0 },
    { 0x038e, 0x038f,   63, 0 },
    { 0x0391, 0x03ab,   32, 0 },
    { 0x03c2, 0x03c2,    1, 0 },     /* the sigma at the end of a word */
    { 0x0400, 0x040f,   80, 0 },     /* Cyrillic */
    { 0x0410, 0x042f,   32, 0 },
    { 0x0460, 0x0481,    0, 1 },
    { 0x048a, 0x04bf,    0, 1 },
    { 0x04c1, 0x04ce,    0, 0 },
    { 0x04d0, 0x052f,    0, 1 },
    { 0x0531, 0x0556,   48, 0 },     /* Armenian */
    { 0x1c90, 0x1cba, -3008, 0 }     /* Georgian */
};


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
        rc = idv_claims_decode(t, c);
        if (rc != 1) {
            return rc;
        }

        /* accents that follow their letter */

        if (*c >= 0x300 && *c <= 0x36f) {
            continue;
        }

        if (idv_claims_separator(*c)) {
            t->separated = 1;
            continue;
        }

        if (*c < 0x20 || (*c >= 0x7f && *c < 0xa0)) {
            return -1;
        }

        break;
    }

    digit = (*c >= '0' && *c <= '9');

    t->split = t->separated && t->digit && digit;
    t->separated = 0;
    t->digit = digit;

    *c = idv_claims_fold(t, *c);

    return 1;
}


/* RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF */

static int
idv_claims_decode(idv_claims_text_t *t, uint32_t *c)
{
    uint32_t  u, least;
    unsigned  n;

    if (t->p == t->end) {
        return 0;
    }

    u = *t->p++;

    if (u < 0x80) {
        *c = u;
        return 1;
    }

    if (u >= 0xc2 && u < 0xe0) {
        n = 1;
        u &= 0x1f;
        least = 0x80;

    } else if (u >= 0xe0 && u < 0xf0) {
        n = 2;
        u &= 0x0f;
        least = 0x800;

    } else if (u >= 0xf0 && u < 0xf5) {
        n = 3;
        u &= 0x07;
        least = 0x10000;

    } else {
        return -1;
    }

    while (n--) {
        if (t->p == t->end || (*t->p & 0xc0) != 0x80) {
            return -1;
        }

        u = u << 6 | (*t->p++ & 0x3f);
    }

    if (u < least || (u >= 0xd800 && u < 0xe000) || u > 0x10ffff) {
        return -1;
    }

    *c = u;

    return 1;
}


/* spaces, hyphens, dots, apostrophes, and what documents have in their place */

static int
idv_claims_separator(uint32_t c)
{
    switch (c) {

    case ' ':
    case '\t':
    case '-':
    case '.':
    case '\'':
    case '`':
    case 0x00a0:
    case 0x00ad:
    case 0x00b4:
    case 0x00b7:
    case 0x02bc:
    case 0x2018:
    case 0x2019:
    case 0x202f:
    case 0x2212:
    case 0x3000:
    case 0x30fb:
        return 1;
    }

    return c >= 0x2000 && c <= 0x2015;
}


/* ICAO Doc 9303-3, section 6: where it writes two letters for an accent */

static const char *
idv_claims_transcription(uint32_t c)
{
    switch (c) {

    case 0xc4:
    case 0xe4:
        return "ae";

    case 0xc5:
    case 0xe5:
        return "aa";

    case 0xd6:
    case 0xd8:
    case 0xf6:
    case 0xf8:
        return "oe";

    case 0xdc:
    case 0xfc:
        return "ue";
    }

    return NULL;
}


static uint32_t
idv_claims_fold(idv_claims_text_t *t, uint32_t c)
{
    char         base;
    const char  *pair;

    if (c < 0xc0) {
        return (c >= 'A' && c <= 'Z') ? (c | 0x20) : c;
    }

    base = '.';
    pair = t->transcribe ? idv_claims_transcription(c) : NULL;

    if (c < 0xc0 + sizeof(idv_claims_latin) - 1) {
        base = idv_claims_latin[c - 0xc0];

    } else if (c >= 0x1e00
               && c < 0x1e00 + sizeof(idv_claims_latin_more) - 1)
    {
        base = idv_claims_latin_more[c - 0x1e00];
    }

    if (base >= '0' && base <= '9') {
        pair = idv_claims_pairs[base - '0'];
    }

    if (pair) {
        t->rest = pair + 1;
        return (uint32_t) *pair;
    }

    return (base != '.') ? (uint32_t) base : idv_claims_lower(c);
}


static uint32_t
idv_claims_lower(uint32_t c)
{
    size_t                    i, n;
    const idv_claims_case_t  *range;

    n = sizeof(idv_claims_cases) / sizeof(idv_claims_cases[0]);

    for (i = 0; i < n; i++) {
        range = &idv_claims_cases[i];

        if (c < range->first || c > range->last) {
            continue;
        }

        if (range->delta) {
            return (uint32_t) ((int) c + range->delta);
        }

        return ((c & 1) == range->odd) ? c : c + 1;
    }

    return c;
}
