
/*
 * Copyright (C) nginx-idv authors
 *
 * Texts as record matching compares them: words of small Latin letters and
 * digits, whatever the script and the accents they were written in.
 */


#ifndef _IDV_RECORD_TEXT_H_INCLUDED_
#define _IDV_RECORD_TEXT_H_INCLUDED_


#include <stddef.h>


#define IDV_MATCH_MAX_WORDS  16      /* of a text; more are left out */
#define IDV_MATCH_MAX_WORD   47


typedef struct {
    char      text[IDV_MATCH_MAX_WORD + 1];
    char      sound[IDV_MATCH_MAX_WORD + 1];   /* of all its spellings */
    size_t    len;
    unsigned  number:1;              /* it has a digit */
    unsigned  latin:1;               /* all of it could be transliterated */
} idv_match_token_t;


typedef struct {
    idv_match_token_t  word[IDV_MATCH_MAX_WORDS];
    size_t             n;
} idv_match_words_t;


/*
 * transcribe: accents are written as ICAO Doc 9303-3 does.  0 if the text is
 * not UTF-8, or has a control character.
 */
int idv_match_words(idv_match_words_t *words, const char *text, size_t len,
    unsigned transcribe);

/* makes the sound of a word anew */
void idv_match_sound(idv_match_token_t *word);


#endif /* _IDV_RECORD_TEXT_H_INCLUDED_ */
