
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_date.h"
#include "idv_record_date.h"
#include "idv_record_match.h"
#include "idv_record_text.h"


#define IDV_MATCH_MAX_READINGS   2

#define IDV_MATCH_SWAPPED        750 /* day and month */
#define IDV_MATCH_EITHER         900 /* if one of two ways is meant */
#define IDV_MATCH_SLIP           600 /* a digit, or two that changed places */
#define IDV_MATCH_PART           700 /* the year alone, or with the month */


static size_t idv_match_readings(const char *text, size_t len,
    idv_date_t *readings);
static int idv_match_part(const idv_match_token_t *word);
static int idv_match_month(const idv_match_token_t *word);
static size_t idv_match_reading(idv_date_t *readings, size_t n, int year,
    int month, int day);
static unsigned idv_match_date(idv_date_t a, idv_date_t b);
static unsigned idv_match_slip(idv_date_t a, idv_date_t b);


static const char *const  idv_match_months[] = {
    "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec"
};


unsigned
idv_match_dates(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t      i, j, n, m;
    unsigned    score, best;
    idv_date_t  x[IDV_MATCH_MAX_READINGS], y[IDV_MATCH_MAX_READINGS];

    n = idv_match_readings(a, alen, x);
    m = idv_match_readings(b, blen, y);

    best = 0;

    for (i = 0; i < n; i++) {
        for (j = 0; j < m; j++) {
            score = idv_match_date(x[i], y[j]);
            best = (score > best) ? score : best;
        }
    }

    if (n > 1 || m > 1) {
        best = (best > IDV_MATCH_EITHER) ? IDV_MATCH_EITHER : best;
    }

    return best;
}


/*
 * 1974-08-12, 19740812, 1974-08, 1974, 12.08.1974, 12 August 1974, August 12,
 * 1974; 12/8/1974 and 12-8-1974, which may be either day.  Returns how many.
 */

static size_t
idv_match_readings(const char *text, size_t len, idv_date_t *readings)
{
    int                part[3], named;
    size_t             i, n;
    idv_match_words_t  words;

    if (!idv_match_words(&words, text, len, 0) || words.n == 0
        || words.n > 3)
    {
        return 0;
    }

    named = -1;

    for (i = 0; i < words.n; i++) {
        part[i] = idv_match_part(&words.word[i]);

        if (part[i] < 0 && named < 0) {
            part[i] = idv_match_month(&words.word[i]);
            named = (int) i;
        }

        if (part[i] < 0) {
            return 0;
        }
    }

    if (words.n == 1) {
        len = words.word[0].len;

        return (len == 8) ? idv_match_reading(readings, 0, part[0] / 10000,
                                              part[0] / 100 % 100,
                                              part[0] % 100)
                          : idv_match_reading(readings, 0, part[0], 0, 0);
    }

    if (words.word[0].len == 4) {
        return idv_match_reading(readings, 0, part[0], part[1],
                                 words.n == 3 ? part[2] : 0);
    }

    if (words.n != 3 || words.word[2].len != 4) {
        return 0;
    }

    if (named >= 0) {
        return idv_match_reading(readings, 0, part[2], part[named],
                                 part[named == 0]);
    }

    n = idv_match_reading(readings, 0, part[2], part[1], part[0]);

    if (memchr(text, '.', len) == NULL && part[0] != part[1]) {
        n = idv_match_reading(readings, n, part[2], part[0], part[1]);
    }

    return n;
}


/* a number of at most 8 digits, also 1st, 2nd, 3rd and 4th; -1 for a word */

static int
idv_match_part(const idv_match_token_t *word)
{
    size_t       len;
    const char  *ending;

    for (len = 0; word->text[len] >= '0' && word->text[len] <= '9'; len++) {
        /* void */
    }

    ending = word->text + len;

    if (len == 0 || len > 8
        || (*ending && strcmp(ending, "st") != 0 && strcmp(ending, "nd") != 0
            && strcmp(ending, "rd") != 0 && strcmp(ending, "th") != 0))
    {
        return -1;
    }

    return idv_date_number(word->text, len);
}


static int
idv_match_month(const idv_match_token_t *word)
{
    int  i;

    for (i = 0; word->len >= 3 && i < 12; i++) {
        if (memcmp(word->text, idv_match_months[i], 3) == 0) {
            return i + 1;
        }
    }

    return -1;
}


/* one more, if there is such a day */

static size_t
idv_match_reading(idv_date_t *readings, size_t n, int year, int month, int day)
{
    idv_date_t  date;

    if (year < 1000 || year > 9999 || month < 0 || month > 12 || day < 0
        || day > 31)
    {
        return n;
    }

    date.year = (uint16_t) year;
    date.month = (uint8_t) (month ? month : 1);
    date.day = (uint8_t) (day ? day : 1);

    if (!idv_date_valid(date) || (month == 0 && day)) {
        return n;
    }

    date.month = (uint8_t) month;
    date.day = (uint8_t) day;

    readings[n] = date;

    return n + 1;
}


static unsigned
idv_match_date(idv_date_t a, idv_date_t b)
{
    if (idv_date_cmp(a, b) == 0) {
        return a.day ? IDV_MATCH_SAME : IDV_MATCH_PART;
    }

    if (a.day == 0 || b.day == 0) {
        return (a.year == b.year
                && (a.month == 0 || b.month == 0 || a.month == b.month))
               ? IDV_MATCH_PART : 0;
    }

    if (a.year == b.year && a.month == b.day && a.day == b.month) {
        return IDV_MATCH_SWAPPED;
    }

    return idv_match_slip(a, b) ? IDV_MATCH_SLIP : 0;
}


static unsigned
idv_match_slip(idv_date_t a, idv_date_t b)
{
    char    x[IDV_DATE_LEN + 1], y[IDV_DATE_LEN + 1];
    size_t  i, first, last, n;

    idv_date_print(a, x);
    idv_date_print(b, y);

    first = IDV_DATE_LEN;
    last = 0;
    n = 0;

    for (i = 0; i < IDV_DATE_LEN; i++) {
        if (x[i] != y[i]) {
            first = n ? first : i;
            last = i;
            n++;
        }
    }

    return n == 1
           || (n == 2 && last == first + 1 && x[first] == y[last]
               && x[last] == y[first]);
}
