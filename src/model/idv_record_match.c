
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_record_date.h"
#include "idv_record_match.h"
#include "idv_record_text.h"


/* the least scores of HIGH, MEDIUM and LOW */

#define IDV_MATCH_LEAST_HIGH     880
#define IDV_MATCH_LEAST_MEDIUM   700
#define IDV_MATCH_LEAST_LOW      550

/* of two words */

#define IDV_MATCH_SOUND          930 /* another spelling of it */
#define IDV_MATCH_SHORT_SOUND    860
#define IDV_MATCH_VOWELS         750 /* the same consonants */
#define IDV_MATCH_INITIAL        700
#define IDV_MATCH_LEAST          650 /* less is another word */

/* ... that differ in one letter, in two, in the first one */

#define IDV_MATCH_ONE            870 /* at most, below */
#define IDV_MATCH_ONE_LENGTH     7   /* letters */
#define IDV_MATCH_TWO            690
#define IDV_MATCH_TWO_LENGTH     10
#define IDV_MATCH_TWO_LEAST      6
#define IDV_MATCH_MORE_LENGTH    12
#define IDV_MATCH_FIRST          750 /* thousandths */

/* of two texts, in thousandths */

#define IDV_MATCH_MISSING        250 /* the weight of a word that one lacks */
#define IDV_MATCH_ORDER          970 /* the same words in another order */
#define IDV_MATCH_JOINED         990 /* ... written together */
#define IDV_MATCH_OTHER          850 /* a word of both is another one */
#define IDV_MATCH_OTHER_PLACE    650
#define IDV_MATCH_OTHER_NUMBER   500

#define IDV_MATCH_SHORT          4   /* letters; a sound of fewer says less */
#define IDV_MATCH_MAX_WEIGHT     8

#define IDV_MATCH_ALONE          (IDV_MATCH_MAX_WORDS + 1)


typedef struct {
    const char  *name;
    unsigned     weight;
} idv_match_field_t;


typedef struct {
    const char  *from;
    const char  *to;
} idv_match_abbreviation_t;


/* each word's partner among those of the other side, plus one; or ALONE */

typedef struct {
    size_t       a[IDV_MATCH_MAX_WORDS];
    size_t       b[IDV_MATCH_MAX_WORDS];
} idv_match_pairs_t;


static unsigned idv_match_texts(idv_match_field_e field, const char *a,
    size_t alen, const char *b, size_t blen);
static void idv_match_prepare(idv_match_words_t *words,
    idv_match_field_e field);
static unsigned idv_match_compare(const idv_match_words_t *a,
    const idv_match_words_t *b, unsigned ordered);
static unsigned idv_match_pair(const idv_match_words_t *a,
    const idv_match_words_t *b, idv_match_pairs_t *pairs, size_t *x,
    size_t *y);
static unsigned idv_match_missing(const idv_match_words_t *words,
    const size_t *partner);
static int idv_match_in_order(const idv_match_pairs_t *pairs, size_t n);
static unsigned idv_match_together(const idv_match_words_t *a,
    const idv_match_words_t *b);
static void idv_match_append(idv_match_token_t *word,
    const idv_match_token_t *more);
static unsigned idv_match_word_score(const idv_match_token_t *a,
    const idv_match_token_t *b);
static unsigned idv_match_spelled(const idv_match_token_t *a,
    const idv_match_token_t *b);
static int idv_match_swapped(const idv_match_token_t *a,
    const idv_match_token_t *b);
static int idv_match_vowels(const char *a, const char *b);
static unsigned idv_match_weight(const idv_match_token_t *word);
static unsigned idv_match_winkler(const idv_match_token_t *a,
    const idv_match_token_t *b);
static size_t idv_match_damerau(const idv_match_token_t *a,
    const idv_match_token_t *b);


/* in the order of idv_match_field_e */

static const idv_match_field_t  idv_match_fields[IDV_MATCH_NFIELDS] = {
    { "address", 2 },
    { "birth_date", 4 },
    { "family_name", 3 },
    { "given_name", 2 },
    { "name", 4 }
};


/* in the order of idv_match_word_e */

static const char *const  idv_match_word_names[IDV_MATCH_NWORDS] = {
    "NOT_APPLICABLE",
    "NONE",
    "LOW",
    "MEDIUM",
    "HIGH"
};


/* what is no part of a name */

static const char *const  idv_match_titles[] = {
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau", "mme",
    "srta", NULL
};


static const idv_match_abbreviation_t  idv_match_abbreviations[] = {
    { "st", "street" },
    { "str", "strasse" },
    { "ave", "avenue" },
    { "av", "avenue" },
    { "rd", "road" },
    { "dr", "drive" },
    { "ln", "lane" },
    { "ct", "court" },
    { "sq", "square" },
    { "pl", "place" },
    { "blvd", "boulevard" },
    { "hwy", "highway" },
    { "pkwy", "parkway" },
    { "ter", "terrace" },
    { "apt", "apartment" },
    { "ste", "suite" },
    { "fl", "floor" },
    { "bldg", "building" },
    { "n", "north" },
    { "s", "south" },
    { "e", "east" },
    { "w", "west" },
    { "ne", "northeast" },
    { "nw", "northwest" },
    { "se", "southeast" },
    { "sw", "southwest" },
    { "mt", "mount" },
    { "ft", "fort" },
    { "no", "" },
    { "nr", "" }
};


unsigned
idv_match_score(idv_match_field_e field, const char *a, size_t alen,
    const char *b, size_t blen)
{
    if (alen > IDV_MATCH_MAX_TEXT || blen > IDV_MATCH_MAX_TEXT) {
        return 0;
    }

    return (field == IDV_MATCH_BIRTH_DATE)
           ? idv_match_dates(a, alen, b, blen)
           : idv_match_texts(field, a, alen, b, blen);
}


/* each side is read with accents dropped and with accents transcribed */

static unsigned
idv_match_texts(idv_match_field_e field, const char *a, size_t alen,
    const char *b, size_t blen)
{
    unsigned           i, score, best;
    idv_match_words_t  x[2], y[2];

    for (i = 0; i < 2; i++) {
        if (!idv_match_words(&x[i], a, alen, i)
            || !idv_match_words(&y[i], b, blen, i))
        {
            return 0;
        }

        idv_match_prepare(&x[i], field);
        idv_match_prepare(&y[i], field);
    }

    best = 0;

    for (i = 0; i < 4; i++) {
        score = idv_match_compare(&x[i & 1], &y[i >> 1],
                                  field != IDV_MATCH_ADDRESS);

        best = (score > best) ? score : best;
    }

    return best;
}


/* abbreviations are written out, titles left out */

static void
idv_match_prepare(idv_match_words_t *words, idv_match_field_e field)
{
    size_t              i, j, n, kept;
    const char         *to;
    idv_match_token_t  *word;

    n = sizeof(idv_match_abbreviations) / sizeof(idv_match_abbreviations[0]);
    kept = 0;

    for (i = 0; i < words->n; i++) {
        word = &words->word[i];
        to = NULL;

        if (field == IDV_MATCH_ADDRESS) {
            for (j = 0; j < n; j++) {
                if (strcmp(word->text, idv_match_abbreviations[j].from) == 0) {
                    to = idv_match_abbreviations[j].to;
                    break;
                }
            }

            /* Hauptstr. */

            if (to == NULL && word->len > 5
                && word->len + 4 <= IDV_MATCH_MAX_WORD
                && strcmp(word->text + word->len - 3, "str") == 0)
            {
                strcat(word->text, "asse");
                word->len += 4;
                idv_match_sound(word);
            }

        } else {
            for (j = 0; idv_match_titles[j]; j++) {
                if (strcmp(word->text, idv_match_titles[j]) == 0) {
                    to = "";
                    break;
                }
            }
        }

        if (to && *to == '\0' && words->n > 1) {
            continue;
        }

        if (to && *to) {
            strcpy(word->text, to);
            word->len = strlen(to);
            idv_match_sound(word);
        }

        if (kept != i) {
            words->word[kept] = *word;
        }

        kept++;
    }

    words->n = kept;
}


/*
 * Words are paired, the most alike first.  The score is the mean of the pairs,
 * where a long word counts for more than a short one.  What is left over on
 * one side takes a little away; a word of which both have another one takes
 * more.
 */

static unsigned
idv_match_compare(const idv_match_words_t *a, const idv_match_words_t *b,
    unsigned ordered)
{
    size_t             x, y, n;
    unsigned           score, weight, sum, total, other;
    idv_match_pairs_t  pairs;

    memset(&pairs, 0, sizeof(idv_match_pairs_t));

    n = (a->n < b->n) ? a->n : b->n;

    if (n == 0) {
        return 0;
    }

    sum = 0;
    total = 0;
    other = IDV_MATCH_SAME;

    while (n--) {
        score = idv_match_pair(a, b, &pairs, &x, &y);

        /* a number and a word: each side lacks one of them */

        if (a->word[x].number != b->word[y].number) {
            pairs.a[x] = IDV_MATCH_ALONE;
            pairs.b[y] = IDV_MATCH_ALONE;
            continue;
        }

        weight = idv_match_weight(&a->word[x]);

        if (idv_match_weight(&b->word[y]) > weight) {
            weight = idv_match_weight(&b->word[y]);
        }

        total += weight;

        if (score >= IDV_MATCH_LEAST) {
            sum += weight * score;

        } else if (a->word[x].number) {
            other = IDV_MATCH_OTHER_NUMBER;

        } else if (other == IDV_MATCH_SAME) {
            other = ordered ? IDV_MATCH_OTHER : IDV_MATCH_OTHER_PLACE;
        }
    }

    if (total == 0) {
        return 0;
    }

    total = 1000 * total
            + IDV_MATCH_MISSING * (idv_match_missing(a, pairs.a)
                                   + idv_match_missing(b, pairs.b));

    score = 1000 * sum / total * other / IDV_MATCH_SAME;

    if (ordered && !idv_match_in_order(&pairs, a->n)) {
        score = score * IDV_MATCH_ORDER / IDV_MATCH_SAME;
    }

    sum = idv_match_together(a, b);

    return (sum > score) ? sum : score;
}


/* the best pair of words that are free, which are taken */

static unsigned
idv_match_pair(const idv_match_words_t *a, const idv_match_words_t *b,
    idv_match_pairs_t *pairs, size_t *x, size_t *y)
{
    size_t    i, j;
    unsigned  score, best, found;

    best = 0;
    found = 0;
    *x = 0;
    *y = 0;

    for (i = 0; i < a->n; i++) {
        for (j = 0; j < b->n; j++) {

            if (pairs->a[i] || pairs->b[j]) {
                continue;
            }

            score = idv_match_word_score(&a->word[i], &b->word[j]);

            if (!found || score > best) {
                best = score;
                found = 1;
                *x = i;
                *y = j;
            }
        }
    }

    pairs->a[*x] = *y + 1;
    pairs->b[*y] = *x + 1;

    return best;
}


static unsigned
idv_match_missing(const idv_match_words_t *words, const size_t *partner)
{
    size_t    i;
    unsigned  weight;

    weight = 0;

    for (i = 0; i < words->n; i++) {
        if (partner[i] == 0 || partner[i] == IDV_MATCH_ALONE) {
            weight += idv_match_weight(&words->word[i]);
        }
    }

    return weight;
}


static int
idv_match_in_order(const idv_match_pairs_t *pairs, size_t n)
{
    size_t  i, last;

    last = 0;

    for (i = 0; i < n; i++) {
        if (pairs->a[i] == 0 || pairs->a[i] == IDV_MATCH_ALONE) {
            continue;
        }

        if (pairs->a[i] < last) {
            return 0;
        }

        last = pairs->a[i];
    }

    return 1;
}


/* McDonald and Mc Donald, Delacruz and de la Cruz */

static unsigned
idv_match_together(const idv_match_words_t *a, const idv_match_words_t *b)
{
    size_t             i;
    idv_match_token_t  x, y;

    if (a->n == b->n) {
        return 0;
    }

    memset(&x, 0, sizeof(idv_match_token_t));
    memset(&y, 0, sizeof(idv_match_token_t));

    for (i = 0; i < a->n; i++) {
        idv_match_append(&x, &a->word[i]);
    }

    for (i = 0; i < b->n; i++) {
        idv_match_append(&y, &b->word[i]);
    }

    return (x.len <= IDV_MATCH_MAX_WORD && y.len <= IDV_MATCH_MAX_WORD
            && strcmp(x.text, y.text) == 0)
           ? IDV_MATCH_JOINED : 0;
}


/* a length beyond the bound says that it was cut */

static void
idv_match_append(idv_match_token_t *word, const idv_match_token_t *more)
{
    if (word->len + more->len <= IDV_MATCH_MAX_WORD) {
        strcat(word->text, more->text);
    }

    word->len += more->len;
}


static unsigned
idv_match_word_score(const idv_match_token_t *a, const idv_match_token_t *b)
{
    size_t    least;
    unsigned  score;

    if (strcmp(a->text, b->text) == 0) {
        return IDV_MATCH_SAME;
    }

    if (a->number || b->number || !a->latin || !b->latin) {
        return 0;
    }

    least = (a->len < b->len) ? a->len : b->len;

    if (least == 1) {
        return (a->text[0] == b->text[0]) ? IDV_MATCH_INITIAL : 0;
    }

    if (strcmp(a->sound, b->sound) == 0) {
        return (least < IDV_MATCH_SHORT) ? IDV_MATCH_SHORT_SOUND
                                         : IDV_MATCH_SOUND;
    }

    score = idv_match_spelled(a, b);

    if (score < IDV_MATCH_VOWELS && least > IDV_MATCH_SHORT
        && a->sound[0] == b->sound[0] && idv_match_vowels(a->sound, b->sound))
    {
        return IDV_MATCH_VOWELS;
    }

    return score;
}


/*
 * The mean of two measures that know different slips, as far as so many of
 * them in a word of that length are likely.  A slip in the first letter is not.
 */

static unsigned
idv_match_spelled(const idv_match_token_t *a, const idv_match_token_t *b)
{
    size_t    most, changes;
    unsigned  score;

    most = (a->len > b->len) ? a->len : b->len;
    changes = idv_match_damerau(a, b);

    score = (unsigned) ((idv_match_winkler(a, b)
                         + 1000 * (most - changes) / most) / 2);

    if (changes == 1 && most < IDV_MATCH_ONE_LENGTH
        && score > IDV_MATCH_ONE && !idv_match_swapped(a, b))
    {
        score = IDV_MATCH_ONE;
    }

    if (changes == 2 && most < IDV_MATCH_TWO_LENGTH) {
        if (most < IDV_MATCH_TWO_LEAST) {
            return 0;
        }

        score = (score > IDV_MATCH_TWO) ? IDV_MATCH_TWO : score;
    }

    if (changes > 2 && most < IDV_MATCH_MORE_LENGTH) {
        return 0;
    }

    if (a->text[0] != b->text[0] && a->sound[0] != b->sound[0]) {
        score = score * IDV_MATCH_FIRST / IDV_MATCH_SAME;
    }

    return score;
}


/* two letters in each other's place: of one change, no letter is another one */

static int
idv_match_swapped(const idv_match_token_t *a, const idv_match_token_t *b)
{
    size_t  i;
    int     sum;

    sum = 0;

    for (i = 0; i < a->len && i < b->len; i++) {
        sum += a->text[i] - b->text[i];
    }

    return a->len == b->len && sum == 0;
}


/* sounds that differ in vowels only: Mohammed and Muhammad */

static int
idv_match_vowels(const char *a, const char *b)
{
    for ( /* void */ ; *a && *b; a++, b++) {
        if (*a != *b && (strchr("aeiou", *a) == NULL
                         || strchr("aeiou", *b) == NULL))
        {
            return 0;
        }
    }

    return *a == *b;
}


static unsigned
idv_match_weight(const idv_match_token_t *word)
{
    return (word->len < IDV_MATCH_MAX_WEIGHT) ? (unsigned) word->len
                                              : IDV_MATCH_MAX_WEIGHT;
}


/* Jaro's similarity with Winkler's for the first four letters */

static unsigned
idv_match_winkler(const idv_match_token_t *a, const idv_match_token_t *b)
{
    char      used_a[IDV_MATCH_MAX_WORD], used_b[IDV_MATCH_MAX_WORD];
    size_t    i, j, from, to, window, same, changed, prefix;
    unsigned  score;

    memset(used_a, 0, sizeof(used_a));
    memset(used_b, 0, sizeof(used_b));

    window = (a->len > b->len ? a->len : b->len) / 2;
    window = window ? window - 1 : 0;
    same = 0;

    for (i = 0; i < a->len; i++) {
        from = (i > window) ? i - window : 0;
        to = (i + window < b->len) ? i + window + 1 : b->len;

        for (j = from; j < to; j++) {
            if (!used_b[j] && a->text[i] == b->text[j]) {
                used_a[i] = 1;
                used_b[j] = 1;
                same++;
                break;
            }
        }
    }

    if (same == 0) {
        return 0;
    }

    changed = 0;

    for (i = 0, j = 0; i < a->len; i++) {
        if (!used_a[i]) {
            continue;
        }

        while (!used_b[j]) {
            j++;
        }

        changed += (a->text[i] != b->text[j++]);
    }

    score = (unsigned) ((1000 * same / a->len + 1000 * same / b->len
                         + 1000 * (2 * same - changed) / (2 * same)) / 3);

    for (prefix = 0; prefix < 4 && a->text[prefix]
         && a->text[prefix] == b->text[prefix]; prefix++)
    {
        /* void */
    }

    return score + (unsigned) prefix * (1000 - score) / 10;
}


/* letters changed, missing, added, or two of them in each other's place */

static size_t
idv_match_damerau(const idv_match_token_t *a, const idv_match_token_t *b)
{
    size_t         i, j;
    unsigned char  d[IDV_MATCH_MAX_WORD + 1][IDV_MATCH_MAX_WORD + 1];
    unsigned char  least;

    for (i = 0; i <= a->len; i++) {
        d[i][0] = (unsigned char) i;
    }

    for (j = 0; j <= b->len; j++) {
        d[0][j] = (unsigned char) j;
    }

    for (i = 1; i <= a->len; i++) {
        for (j = 1; j <= b->len; j++) {

            least = d[i - 1][j - 1] + (a->text[i - 1] != b->text[j - 1]);

            if (d[i - 1][j] + 1 < least) {
                least = d[i - 1][j] + 1;
            }

            if (d[i][j - 1] + 1 < least) {
                least = d[i][j - 1] + 1;
            }

            if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2]
                && a->text[i - 2] == b->text[j - 1]
                && d[i - 2][j - 2] + 1 < least)
            {
                least = d[i - 2][j - 2] + 1;
            }

            d[i][j] = least;
        }
    }

    return d[a->len][b->len];
}


idv_match_word_e
idv_match_word(unsigned score)
{
    if (score >= IDV_MATCH_LEAST_HIGH) {
        return IDV_MATCH_HIGH;
    }

    if (score >= IDV_MATCH_LEAST_MEDIUM) {
        return IDV_MATCH_MEDIUM;
    }

    return (score >= IDV_MATCH_LEAST_LOW) ? IDV_MATCH_LOW : IDV_MATCH_NONE;
}


unsigned
idv_match_overall(const unsigned *scores, unsigned fields)
{
    unsigned  i, sum, weight;

    sum = 0;
    weight = 0;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        if (fields & (1u << i)) {
            sum += scores[i] * idv_match_fields[i].weight;
            weight += idv_match_fields[i].weight;
        }
    }

    return weight ? sum / weight : 0;
}


const char *
idv_match_word_name(unsigned word)
{
    return word < IDV_MATCH_NWORDS ? idv_match_word_names[word] : NULL;
}


const char *
idv_match_field_name(unsigned field)
{
    return field < IDV_MATCH_NFIELDS ? idv_match_fields[field].name : NULL;
}
