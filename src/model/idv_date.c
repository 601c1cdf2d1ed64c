
/*
 * Copyright (C) nginx-idv authors
 */


#include "idv_date.h"


static int idv_date_month_days(unsigned year, unsigned month);
static char *idv_date_digits(char *p, unsigned value, unsigned n);


int
idv_date_valid(idv_date_t date)
{
    return date.year >= 1 && date.year <= 9999
           && date.month >= 1 && date.month <= 12
           && date.day >= 1
           && date.day <= idv_date_month_days(date.year, date.month);
}


static int
idv_date_month_days(unsigned year, unsigned month)
{
    switch (month) {

    case 4:
    case 6:
    case 9:
    case 11:
        return 30;

    case 2:
        return (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29
                                                                       : 28;
    }

    return 31;
}


/* counted from March, so that a leap day is the last of its year */

int64_t
idv_date_days(idv_date_t date)
{
    int64_t  year, month;

    year = date.year;
    month = date.month;

    if (month < 3) {
        month += 12;
        year--;
    }

    return 365 * year + year / 4 - year / 100 + year / 400
           + (153 * (month - 3) + 2) / 5 + date.day - 1 - 719468;
}


idv_date_t
idv_date_of_days(int64_t days)
{
    int64_t     era, of_era, year, of_year, month;
    idv_date_t  date;

    days += 719468;

    era = days / 146097;
    of_era = days % 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;

    date.day = (uint8_t) (of_year - (153 * month + 2) / 5 + 1);
    date.month = (uint8_t) (month < 10 ? month + 3 : month - 9);
    date.year = (uint16_t) (era * 400 + year + (date.month < 3));

    return date;
}


int
idv_date_cmp(idv_date_t a, idv_date_t b)
{
    if (a.year != b.year) {
        return a.year < b.year ? -1 : 1;
    }

    if (a.month != b.month) {
        return a.month < b.month ? -1 : 1;
    }

    return (int) a.day - (int) b.day;
}


int
idv_date_number(const char *p, size_t len)
{
    int  n;

    for (n = 0; len; p++, len--) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        n = n * 10 + (*p - '0');
    }

    return n;
}


void
idv_date_print(idv_date_t date, char text[IDV_DATE_LEN + 1])
{
    char  *p;

    p = text;

    if (date.year) {
        p = idv_date_digits(p, date.year, 4);

        if (date.month) {
            *p++ = '-';
            p = idv_date_digits(p, date.month, 2);

            if (date.day) {
                *p++ = '-';
                p = idv_date_digits(p, date.day, 2);
            }
        }
    }

    *p = '\0';
}


static char *
idv_date_digits(char *p, unsigned value, unsigned n)
{
    unsigned  i;

    for (i = n; i; i--) {
        p[i - 1] = (char) ('0' + value % 10);
        value /= 10;
    }

    return p + n;
}
