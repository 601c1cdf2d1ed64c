
/*
 * Copyright (C) nginx-idv authors
 */


#include <stdint.h>
#include <string.h>

#include "idv_record_text.h"
#include "idv_text.h"


#define IDV_MATCH_CYRILLIC  0x0430
#define IDV_MATCH_GREEK     0x03b1


typedef struct {
    const char  *from;
    const char  *to;
} idv_match_spelling_t;


static const char *idv_match_latin(uint32_t c, uint32_t before);
static const char *idv_match_greek(uint32_t c, uint32_t before);
static int idv_match_joins(uint32_t c);
static int idv_match_breaks(uint32_t c);
static void idv_match_put(idv_match_token_t *word, const char *p, size_t len);
static void idv_match_letter(idv_match_token_t *word, uint32_t c,
    uint32_t before);
static void idv_match_end(idv_match_words_t *words);


/* ICAO Doc 9303-3, section 6.B, from U+0430 and from U+0450 */

static const char *const  idv_match_cyrillic[] = {
    "a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n",
    "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "ie",
    "y", "", "e", "iu", "ia",
    "e", "e", "d", "g", "ie", "dz", "i", "i", "j", "lj", "nj", "c", "k", "i",
    "u", "dz"
};


/* ISO 843, from U+03B1 */

static const char *const  idv_match_greek_letters[] = {
    "a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x",
    "o", "p", "r", "s", "s", "t", "y", "f", "ch", "ps", "o", "i", "y", "o",
    "y", "o"
};


/*
 * Spellings of one sound, the longer ones first.  A capital is a sound of its
 * own.
 */

static const idv_match_spelling_t  idv_match_spellings[] = {
    { "shch", "S" },
    { "tsch", "C" },
    { "sch", "S" },
    { "tch", "C" },
    { "sh", "S" },
    { "sz", "S" },
    { "ch", "C" },
    { "cz", "C" },
    { "zh", "Z" },
    { "kh", "h" },
    { "ph", "f" },
    { "th", "t" },
    { "dt", "t" },
    { "ck", "k" },
    { "ou", "u" },
    { "oo", "u" },
    { "c", "k" },
    { "q", "k" },
    { "x", "ks" },
    { "w", "v" },
    { "y", "i" },
    { "j", "i" }
};


int
idv_match_words(idv_match_words_t *words, const char *text, size_t len,
    unsigned transcribe)
{
    int                   rc;
    uint32_t              c, before;
    const char           *rest;
    const unsigned char  *p, *end;

    memset(words, 0, sizeof(idv_match_words_t));

    p = (const unsigned char *) text;
    end = p + len;
    before = 0;

    while ((rc = idv_text_decode(&p, end, &c)) == 1) {

        if (idv_match_joins(c)) {
            continue;
        }

        if (idv_match_breaks(c)) {
            idv_match_end(words);
            before = 0;
            continue;
        }

        if (idv_text_control(c)) {
            return 0;
        }

        if (words->n == IDV_MATCH_MAX_WORDS) {
            continue;
        }

        rest = NULL;
        c = idv_text_fold(c, transcribe, &rest);

        idv_match_letter(&words->word[words->n], c, before);

        if (rest) {
            idv_match_letter(&words->word[words->n], (uint32_t) *rest, c);
        }

        before = c;
    }

    idv_match_end(words);

    return rc == 0;
}


/* accents that follow their letter, apostrophes, soft hyphens */

static int
idv_match_joins(uint32_t c)
{
    switch (c) {

    case '\'':
    case '`':
    case 0x00ad:
    case 0x00b4:
    case 0x02bc:
    case 0x2018:
    case 0x2019:
        return 1;
    }

    return idv_text_accent(c);
}


static int
idv_match_breaks(uint32_t c)
{
    switch (c) {

    case '\r':
    case '\n':
    case ',':
    case ';':
    case ':':
    case '/':
    case '<':
    case '#':
    case '(':
    case ')':
    case '&':
    case '+':
    case '"':
        return 1;
    }

    return idv_text_separator(c);
}


static void
idv_match_letter(idv_match_token_t *word, uint32_t c, uint32_t before)
{
    char         utf8[4];
    size_t       n;
    const char  *latin;

    latin = idv_match_latin(c, before);

    if (latin) {
        idv_match_put(word, latin, strlen(latin));
        return;
    }

    if (c < 0x80) {
        utf8[0] = (char) c;
        idv_match_put(word, utf8, 1);

        if (c >= '0' && c <= '9') {
            word->number = 1;
        }

        return;
    }

    /* what cannot be written in Latin letters here is itself or nothing */

    word->latin = 0;

    if (c < 0x800) {
        utf8[0] = (char) (0xc0 | c >> 6);
        n = 1;

    } else if (c < 0x10000) {
        utf8[0] = (char) (0xe0 | c >> 12);
        utf8[1] = (char) (0x80 | (c >> 6 & 0x3f));
        n = 2;

    } else {
        utf8[0] = (char) (0xf0 | c >> 18);
        utf8[1] = (char) (0x80 | (c >> 12 & 0x3f));
        utf8[2] = (char) (0x80 | (c >> 6 & 0x3f));
        n = 3;
    }

    utf8[n++] = (char) (0x80 | (c & 0x3f));

    idv_match_put(word, utf8, n);
}


static const char *
idv_match_latin(uint32_t c, uint32_t before)
{
    size_t  i;

    i = c - IDV_MATCH_CYRILLIC;

    if (c >= IDV_MATCH_CYRILLIC
        && i < sizeof(idv_match_cyrillic) / sizeof(idv_match_cyrillic[0]))
    {
        return idv_match_cyrillic[i];
    }

    if (c == 0x0491) {
        return "g";
    }

    return idv_match_greek(c, before);
}


/* upsilon is a vowel or a consonant by what is in front of it */

static const char *
idv_match_greek(uint32_t c, uint32_t before)
{
    size_t  i;

    if (c == 0x03c5 || c == 0x03cd) {
        switch (before) {

        case 0x03b1:
        case 0x03b5:
        case 0x03b7:
            return "v";

        case 0x03bf:
            return "u";
        }
    }

    switch (c) {

    case 0x0390:
    case 0x03ae:
    case 0x03af:
        return "i";

    case 0x03ac:
        return "a";

    case 0x03ad:
        return "e";

    case 0x03b0:
        return "y";
    }

    i = c - IDV_MATCH_GREEK;

    if (c >= IDV_MATCH_GREEK
        && i < sizeof(idv_match_greek_letters)
               / sizeof(idv_match_greek_letters[0]))
    {
        return idv_match_greek_letters[i];
    }

    return NULL;
}


static void
idv_match_put(idv_match_token_t *word, const char *p, size_t len)
{
    if (word->len == 0) {
        word->latin = ((unsigned char) p[0] < 0x80);
    }

    if (word->len + len <= IDV_MATCH_MAX_WORD) {
        memcpy(word->text + word->len, p, len);
        word->len += len;
    }
}


static void
idv_match_end(idv_match_words_t *words)
{
    idv_match_token_t  *word;

    if (words->n == IDV_MATCH_MAX_WORDS) {
        return;
    }

    word = &words->word[words->n];

    if (word->len) {
        idv_match_sound(word);
        words->n++;
    }
}


void
idv_match_sound(idv_match_token_t *word)
{
    size_t       i, n, len, used;
    const char  *p, *to;

    n = sizeof(idv_match_spellings) / sizeof(idv_match_spellings[0]);
    len = 0;

    for (p = word->text; *p; p += used) {

        to = p;
        used = 1;

        for (i = 0; i < n; i++) {
            used = strlen(idv_match_spellings[i].from);

            if (strncmp(p, idv_match_spellings[i].from, used) == 0) {
                to = idv_match_spellings[i].to;
                break;
            }

            used = 1;
        }

        /* a double letter sounds like one */

        do {
            if ((len == 0 || word->sound[len - 1] != *to)
                && len < IDV_MATCH_MAX_WORD)
            {
                word->sound[len++] = *to;
            }

        } while (to != p && *++to);
    }

    word->sound[len] = '\0';
}
