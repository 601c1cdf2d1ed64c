
/*
 * Copyright (C) nginx-idv authors
 */


#include <stddef.h>

#include "idv_text.h"


typedef struct {
    uint32_t    first;
    uint32_t    last;
    int         delta;               /* to the lower case; 0: odd is lower */
    unsigned    odd;                 /* ... or even is, where odd is 0 */
} idv_text_case_t;


static const char *idv_text_transcription(uint32_t c);
static uint32_t idv_text_lower(uint32_t c);


/*
 * The base of each Latin letter: a dot where there is none, a digit where it is
 * two letters of the list below.
 */

static const char  idv_text_latin[] =
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

static const char  idv_text_latin_more[] =
    "aabbbbbbccddddddddddeeeeeeeeeeff"  /* U+1E00 */
    "gghhhhhhhhhhiiiikkkkkkllllllllmm"  /* U+1E20 */
    "mmmmnnnnnnnnoooooooopppprrrrrrrr"  /* U+1E40 */
    "ssssssssssttttttttuuuuuuuuuuvvvv"  /* U+1E60 */
    "wwwwwwwwwwxxxxyyzzzzzzhtwya...2."  /* U+1E80 */
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"  /* U+1EA0 */
    "eeeeeeeeiiiioooooooooooooooooooo"  /* U+1EC0 */
    "oooouuuuuuuuuuuuuuyyyyyyyy....yy";  /* U+1EE0 */

static const char *const  idv_text_pairs[] = {
    "ae", "oe", "ss", "th", "ij", "dz", "lj", "nj"
};


/* letters of other scripts: capitals, and what makes them small */

static const idv_text_case_t  idv_text_cases[] = {
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


int
idv_text_decode(const unsigned char **p, const unsigned char *end, uint32_t *c)
{
    uint32_t  u, least;
    unsigned  n;

    if (*p == end) {
        return 0;
    }

    u = *(*p)++;

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
        if (*p == end || (**p & 0xc0) != 0x80) {
            return -1;
        }

        u = u << 6 | (*(*p)++ & 0x3f);
    }

    if (u < least || (u >= 0xd800 && u < 0xe000) || u > 0x10ffff) {
        return -1;
    }

    *c = u;

    return 1;
}


int
idv_text_accent(uint32_t c)
{
    return c >= 0x300 && c <= 0x36f;
}


int
idv_text_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}


int
idv_text_separator(uint32_t c)
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
idv_text_transcription(uint32_t c)
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


uint32_t
idv_text_fold(uint32_t c, unsigned transcribe, const char **rest)
{
    char         base;
    const char  *pair;

    if (c < 0xc0) {
        return (c >= 'A' && c <= 'Z') ? (c | 0x20) : c;
    }

    base = '.';
    pair = transcribe ? idv_text_transcription(c) : NULL;

    if (c < 0xc0 + sizeof(idv_text_latin) - 1) {
        base = idv_text_latin[c - 0xc0];

    } else if (c >= 0x1e00
               && c < 0x1e00 + sizeof(idv_text_latin_more) - 1)
    {
        base = idv_text_latin_more[c - 0x1e00];
    }

    if (base >= '0' && base <= '9') {
        pair = idv_text_pairs[base - '0'];
    }

    if (pair) {
        *rest = pair + 1;
        return (uint32_t) *pair;
    }

    return (base != '.') ? (uint32_t) base : idv_text_lower(c);
}


static uint32_t
idv_text_lower(uint32_t c)
{
    size_t                  i, n;
    const idv_text_case_t  *range;

    n = sizeof(idv_text_cases) / sizeof(idv_text_cases[0]);

    for (i = 0; i < n; i++) {
        range = &idv_text_cases[i];

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
