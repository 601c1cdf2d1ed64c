
/*
 * Copyright (C) nginx-idv authors
 *
 * Names and other texts of documents, letter by letter: UTF-8, and what is left
 * of a letter when case and accents do not count.
 */


#ifndef _IDV_TEXT_H_INCLUDED_
#define _IDV_TEXT_H_INCLUDED_


#include <stdint.h>


/*
 * The next character, RFC 3629: 1, or 0 at the end, or -1 if malformed: no
 * overlong form, no surrogate, nothing above U+10FFFF.
 */
int idv_text_decode(const unsigned char **p, const unsigned char *end,
    uint32_t *c);

/* 1 for an accent that follows its letter */
int idv_text_accent(uint32_t c);

/* 1 for C0, C1 and DEL */
int idv_text_control(uint32_t c);

/*
 * 1 for spaces, hyphens, dots, apostrophes, and what documents have in their
 * place.
 */
int idv_text_separator(uint32_t c);

/*
 * A small letter without accents.  One that stands for two, as U+00C6 does,
 * leaves the second in *rest, which is not touched otherwise.  transcribe:
 * accents are written as ICAO Doc 9303-3 does, U+00DC as "ue".
 */
uint32_t idv_text_fold(uint32_t c, unsigned transcribe, const char **rest);


#endif /* _IDV_TEXT_H_INCLUDED_ */
