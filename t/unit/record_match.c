
/*
 * Copyright (C) nginx-idv authors
 *
 * Identity record matching.  record_match.txt has pairs of names, addresses and
 * birth dates with the judgement of one who reads them; the table with the
 * scores is printed here, and every word of it asserted.
 */


#include "tap.h"
#include "model/idv_record_match.h"
#include "model/idv_record_text.h"


#define PAIRS     "t/unit/record_match.txt"
#define MAX_LINE  1024


static unsigned
field_of(const char *name)
{
    unsigned  i;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {
        if (strcmp(idv_match_field_name(i), name) == 0) {
            break;
        }
    }

    return i;
}


/* copies of their own, so that the sanitizer sees their ends */

static unsigned
score_of(unsigned field, const char *a, const char *b)
{
    char      *x, *y;
    unsigned   score;

    x = malloc(strlen(a));
    y = malloc(strlen(b));

    memcpy(x, a, strlen(a));
    memcpy(y, b, strlen(b));

    score = idv_match_score(field, x, strlen(a), y, strlen(b));

    free(x);
    free(y);

    return score;
}


static void
test_pair(char **cell, unsigned *words)
{
    unsigned     field, score;
    const char  *word;

    field = field_of(cell[0]);

    if (!ok(field < IDV_MATCH_NFIELDS, "there is a field %s", cell[0])) {
        return;
    }

    score = score_of(field, cell[2], cell[3]);
    word = idv_match_word_name(idv_match_word(score));

    words[idv_match_word(score)]++;

    if (!ok(strcmp(word, cell[1]) == 0, "%-11s %4u %-6s | %s | %s", cell[0],
            score, word, cell[2], cell[3]))
    {
        printf("# expected %s\n", cell[1]);
    }

    ok(score_of(field, cell[3], cell[2]) == score, "the other way round: %u",
       score);
}


static void
test_pairs(void)
{
    char      line[MAX_LINE], *cell[4], *p;
    FILE     *in;
    unsigned  n, pairs, names, words[IDV_MATCH_NWORDS];

    memset(words, 0, sizeof(words));
    pairs = 0;
    names = 0;

    in = fopen(PAIRS, "r");

    if (!ok(in != NULL, "%s is there", PAIRS)) {
        return;
    }

    while (fgets(line, sizeof(line), in)) {
        line[strcspn(line, "\n")] = '\0';

        if (line[0] == '#' || line[0] == '\0') {
            continue;
        }

        for (p = line, n = 0; n < 4 && p; n++) {
            cell[n] = p;
            p = strchr(p, '\t');

            if (p) {
                *p++ = '\0';
            }
        }

        if (!ok(n == 4 && p == NULL, "four cells: %s", line)) {
            continue;
        }

        test_pair(cell, words);

        pairs++;
        names += (strstr(cell[0], "name") != NULL);
    }

    fclose(in);

    ok(names >= 120, "%u pairs of names, %u in all", names, pairs);

    for (n = IDV_MATCH_NONE; n < IDV_MATCH_NWORDS; n++) {
        ok(words[n] >= 5, "%s: %u", idv_match_word_name(n), words[n]);
    }
}


static void
test_bounds(void)
{
    char               long_text[IDV_MATCH_MAX_TEXT + 2], text[8];
    unsigned           i, c;
    idv_match_words_t  words;

    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';

    is_int(score_of(IDV_MATCH_FULL_NAME, long_text, long_text), 0,
           "513 bytes do not match");
    is_int(score_of(IDV_MATCH_FULL_NAME, long_text + 1, long_text + 1), 1000,
           "512 do");

    for (i = 0; i < sizeof(long_text) - 2; i += 2) {
        long_text[i] = ' ';
    }

    ok(score_of(IDV_MATCH_FULL_NAME, long_text + 1, long_text + 1) == 1000
       && idv_match_words(&words, long_text, IDV_MATCH_MAX_TEXT, 0)
       && words.n == IDV_MATCH_MAX_WORDS, "256 words are 16");

    is_int(score_of(IDV_MATCH_FULL_NAME, "A\xc3", "A\xc3"), 0,
           "malformed text does not match itself");
    is_int(score_of(IDV_MATCH_FULL_NAME, "A\x01", "A\x01"), 0,
           "nor does one with a control character");
    is_int(score_of(IDV_MATCH_BIRTH_DATE, "1974-08-12\xff", "1974-08-12"), 0,
           "nor does a date like that");

    ok(score_of(IDV_MATCH_FULL_NAME,
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmn miller",
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmn smi th") < 990,
       "what does not fit together is not the same");
    is_int(score_of(IDV_MATCH_BIRTH_DATE, "1974-08-12", "08/12/1974"), 900,
           "a date that may be another one");

    /* every letter of the tables, and its neighbours */

    for (c = 0x80; c < 0x600; c++) {
        sprintf(text, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));

        for (i = 0; i < 2; i++) {
            if (!idv_match_words(&words, text, 2, i) && c >= 0xa0) {
                ok(0, "U+%04X is read", c);
            }
        }
    }

    (void) idv_match_words(&words, "Ж\u0416ю", 6, 0);
    is_str(words.word[0].text, words.word[0].len, "zhzhiu", "ICAO's letters");
    is_str(words.word[0].sound, strlen(words.word[0].sound), "Ziu",
           "and their sound");
}


static void
test_overall(void)
{
    unsigned  scores[IDV_MATCH_NFIELDS] = { 0, 1000, 900, 1000, 0 };

    is_int(idv_match_overall(scores, 0), 0, "nothing was compared");
    is_int(idv_match_overall(scores, 1u << IDV_MATCH_FAMILY_NAME), 900,
           "one field is its own mean");
    is_int(idv_match_overall(scores, (1u << IDV_MATCH_FAMILY_NAME)
                                     | (1u << IDV_MATCH_GIVEN_NAME)
                                     | (1u << IDV_MATCH_BIRTH_DATE)),
           (3 * 900 + 2 * 1000 + 4 * 1000) / 9, "three by their weights");
    is_int(idv_match_overall(scores, (1u << IDV_MATCH_ADDRESS)
                                     | (1u << IDV_MATCH_GIVEN_NAME)), 500,
           "two of the same weight");

    is_int(idv_match_word(880), IDV_MATCH_HIGH, "880");
    is_int(idv_match_word(879), IDV_MATCH_MEDIUM, "879");
    is_int(idv_match_word(700), IDV_MATCH_MEDIUM, "700");
    is_int(idv_match_word(699), IDV_MATCH_LOW, "699");
    is_int(idv_match_word(550), IDV_MATCH_LOW, "550");
    is_int(idv_match_word(549), IDV_MATCH_NONE, "549");

    ok(idv_match_word_name(IDV_MATCH_NWORDS) == NULL
       && idv_match_field_name(IDV_MATCH_NFIELDS) == NULL, "names end");
}


static void
test_noise(void)
{
    char      a[64], b[64];
    size_t    i, n;
    unsigned  round, field, wrong;
    uint32_t  state = 20260304;

    wrong = 0;

    for (round = 0; round < 6000; round++) {
        n = round % (sizeof(a) + 1);

        for (i = 0; i < n; i++) {
            state = state * 1664525 + 1013904223;
            a[i] = (round & 1) ? (char) (state >> 16)
                               : "an na-12.\xd0\xb6"[(state >> 16) % 11];
            b[i] = (char) (state >> 24) & ((round & 1) ? 0xff : 0x7f);
        }

        field = round % IDV_MATCH_NFIELDS;

        wrong += (idv_match_score(field, a, n, b, n)
                  != idv_match_score(field, b, n, a, n));
        wrong += (idv_match_score(field, a, n, a, n) > IDV_MATCH_SAME);
    }

    is_int(wrong, 0, "noise: more than the same, or another way round");
}


int
main(void)
{
    test_pairs();
    test_bounds();
    test_overall();
    test_noise();

    return tap_done();
}
