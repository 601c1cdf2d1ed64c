
/*
 * Copyright (C) nginx-idv authors
 *
 * The calendar, day by day against that of the C library.
 */


#include "tap.h"
#include "model/idv_date.h"
#include "service/idv_svc_rules.h"

#include <time.h>


static void
test_calendar(void)
{
    char        text[IDV_DATE_LEN + 1], expected[32];
    int64_t     days, first, last;
    time_t      t;
    unsigned    wrong;
    struct tm   tm;
    idv_date_t  date, before;

    first = idv_date_days((idv_date_t) { 1583, 1, 1 });
    last = idv_date_days((idv_date_t) { 2500, 1, 1 });

    is_int(idv_date_days((idv_date_t) { 1970, 1, 1 }), 0, "the epoch");
    is_int(last - first, 334928, "days of 917 years");

    wrong = 0;
    before = idv_date_of_days(first - 1);

    for (days = first; days < last; days++) {
        t = days * 86400;
        gmtime_r(&t, &tm);

        date = idv_date_of_days(days);
        idv_date_print(date, text);
        strftime(expected, sizeof(expected), "%Y-%m-%d", &tm);

        if (strcmp(text, expected) != 0 || idv_date_days(date) != days
            || !idv_date_valid(date) || idv_date_cmp(before, date) >= 0)
        {
            wrong++;
        }

        before = date;
    }

    is_int(wrong, 0, "days that are not the C library's");
}


static void
test_invalid(void)
{
    size_t  i;

    static const idv_date_t  no[] = {
        { 0, 1, 1 }, { 2026, 0, 1 }, { 2026, 1, 0 }, { 2026, 13, 1 },
        { 2026, 1, 32 }, { 2026, 4, 31 }, { 2026, 2, 29 }, { 1900, 2, 29 },
        { 2000, 2, 30 }, { 10000, 1, 1 }
    };

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        ok(!idv_date_valid(no[i]), "no such day: %d-%d-%d", no[i].year,
           no[i].month, no[i].day);
    }

    is_int(idv_date_number("0129", 4), 129, "a number");
    is_int(idv_date_number("01-9", 4), -1, "no number");
}


/* a date as the service takes it */

static void
test_text(void)
{
    size_t     i;
    int64_t    days;
    ngx_str_t  text;

    static const char  *const  no[] = {
        "", "2026-02-29", "2026-2-28", "20260228", "2026/02/28",
        "2026-02-28 ", "0999-02-28", "2026-0a-28", "2026-00-28", "-026-02-28"
    };

    ngx_str_set(&text, "2024-02-29");
    ok(idv_svc_date(&text, &days) == NGX_OK && days == 19782, "a leap day");

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        text.data = (u_char *) no[i];
        text.len = strlen(no[i]);

        ok(idv_svc_date(&text, &days) == NGX_DECLINED, "refused: \"%s\"",
           no[i]);
    }
}


int
main(void)
{
    test_calendar();
    test_invalid();
    test_text();

    return tap_done();
}
