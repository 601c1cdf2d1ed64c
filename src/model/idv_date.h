
/*
 * Copyright (C) nginx-idv authors
 *
 * Days of the Gregorian calendar.
 */


#ifndef _IDV_DATE_H_INCLUDED_
#define _IDV_DATE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define IDV_DATE_LEN  (sizeof("2026-01-02") - 1)


/* a part that is not known is 0: some people's birthdays are a year alone */

typedef struct {
    uint16_t  year;
    uint8_t   month;
    uint8_t   day;
} idv_date_t;


/* 1 if all parts are known and there is such a day; years 1 to 9999 */
int idv_date_valid(idv_date_t date);

/* days since 1970-01-01 of a valid date, and back */
int64_t idv_date_days(idv_date_t date);
idv_date_t idv_date_of_days(int64_t days);

/* less than, equal to or greater than 0; a part not known is the earliest */
int idv_date_cmp(idv_date_t a, idv_date_t b);

/* the number that len digits are, or -1 if they are not all digits */
int idv_date_number(const char *p, size_t len);

/*
 * YYYY-MM-DD with its NUL, without the parts that are not known: 1974-08, 1974,
 * or nothing at all.
 */
void idv_date_print(idv_date_t date, char text[IDV_DATE_LEN + 1]);


#endif /* _IDV_DATE_H_INCLUDED_ */
