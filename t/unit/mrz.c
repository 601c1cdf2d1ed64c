
/*
 * Copyright (C) nginx-idv authors
 *
 * The machine-readable zone.  Its check digits are all that tells a zone that
 * was read from one that was made up, so each is broken once here, and is the
 * only one that is named.  Digits are computed here in a way of its own.  The
 * people and papers are the specimens of ICAO Doc 9303, or are made up.
 */


#include "tap.h"
#include "model/idv_mrz.h"


#define ROUNDS  2000


typedef struct {
    const char  *what;
    const char  *text;
    unsigned     format;
    const char  *code, *issuer, *nationality, *number;
    const char  *primary, *secondary;
    char         sex;
    const char  *birth, *expiry;
    const char  *optional[2];
} specimen_t;


static const idv_date_t  today = { 2026, 3, 4 };


static const specimen_t  specimens[] = {

    { "a card of Utopia",
      "I<UTOD231458907<<<<<<<<<<<<<<<\n"
      "7408122F1204159UTO<<<<<<<<<<<6\n"
      "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
      IDV_MRZ_TD1, "I", "UTO", "UTO", "D23145890", "ERIKSSON", "ANNA MARIA",
      'F', "1974-08-12", "2012-04-15", { "", "" } },

    { "a card with a number of eleven",
      "I<UTOD23145890<7349<<<<<<<<<<<\n"
      "3407127M9507122UTO<<<<<<<<<<<2\n"
      "STEVENSON<<PETER<JOHN<<<<<<<<<",
      IDV_MRZ_TD1, "I", "UTO", "UTO", "D23145890734", "STEVENSON",
      "PETER JOHN", 'M', "1934-07-12", "1995-07-12", { "", "" } },

    { "a TD2 of Utopia",
      "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n"
      "D231458907UTO7408122F1204159<<<<<<<6",
      IDV_MRZ_TD2, "I", "UTO", "UTO", "D23145890", "ERIKSSON", "ANNA MARIA",
      'F', "1974-08-12", "2012-04-15", { "", "" } },

    { "a passport of Utopia",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
      IDV_MRZ_TD3, "P", "UTO", "UTO", "L898902C3", "ERIKSSON", "ANNA MARIA",
      'F', "1974-08-12", "2012-04-15", { "ZE184226B", "" } },

    { "a visa",
      "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
      IDV_MRZ_MRVA, "V", "UTO", "XX" "X", "L8988901C", "ERIKSSON", "ANNA MARIA",
      'F', "1940-09-07", "1996-12-10", { "6ZE184226B", "" } },

    { "a small visa",
      "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n"
      "L8988901C4XXX4009078F9612109<<<<<<<<",
      IDV_MRZ_MRVB, "V", "UTO", "XX" "X", "L8988901C", "ERIKSSON", "ANNA MARIA",
      'F', "1940-09-07", "1996-12-10", { "", "" } }
};


/* a specimen with one character replaced, and what there is to say of it */

typedef struct {
    const char  *what;
    unsigned     specimen;
    unsigned     at;                 /* in the lines in a row */
    const char  *with;
    unsigned     mended;             /* the composite digit is made to fit */
    uint32_t     faults;
} broken_t;

#define F(f)  IDV_MRZ_FAULT(IDV_MRZ_ ## f)


static const broken_t  broken[] = {

    { "TD1: the number's digit", 0, 14, "8", 1, F(NUMBER_CHECK) },
    { "TD1: the birth date's digit", 0, 36, "3", 1, F(BIRTH_CHECK) },
    { "TD1: the expiry date's digit", 0, 44, "0", 1, F(EXPIRY_CHECK) },
    { "TD1: the composite digit", 0, 59, "7", 0, F(COMPOSITE_CHECK) },
    { "TD1: a number's digit without the rest", 0, 14, "8", 0,
      F(NUMBER_CHECK) | F(COMPOSITE_CHECK) },
    { "TD1: optional data, first line", 0, 15, "1", 0, F(COMPOSITE_CHECK) },
    { "TD1: optional data, second line", 0, 48, "1", 0, F(COMPOSITE_CHECK) },
    { "TD1: the last of the first line", 0, 29, "1", 0, F(COMPOSITE_CHECK) },
    { "TD1: the last of the second line", 0, 58, "1", 0, F(COMPOSITE_CHECK) },
    { "TD1: the digit of a long number", 1, 18, "8", 1, F(NUMBER_CHECK) },
    { "TD1: the rest of a long number", 1, 16, "5", 1, F(NUMBER_CHECK) },

    { "TD2: the number's digit", 2, 45, "8", 1, F(NUMBER_CHECK) },
    { "TD2: the birth date's digit", 2, 55, "3", 1, F(BIRTH_CHECK) },
    { "TD2: the expiry date's digit", 2, 63, "0", 1, F(EXPIRY_CHECK) },
    { "TD2: the composite digit", 2, 71, "7", 0, F(COMPOSITE_CHECK) },
    { "TD2: the last of optional data", 2, 70, "1", 0, F(COMPOSITE_CHECK) },

    { "TD3: the number's digit", 3, 53, "7", 1, F(NUMBER_CHECK) },
    { "TD3: the birth date's digit", 3, 63, "3", 1, F(BIRTH_CHECK) },
    { "TD3: the expiry date's digit", 3, 71, "0", 1, F(EXPIRY_CHECK) },
    { "TD3: the optional data's digit", 3, 86, "2", 1, F(OPTIONAL_CHECK) },
    { "TD3: the composite digit", 3, 87, "1", 0, F(COMPOSITE_CHECK) },
    { "TD3: a filler for the digit of data", 3, 86, "<", 1,
      F(OPTIONAL_CHECK) },
    { "TD3: a filler for the number's digit", 3, 53, "<", 1,
      F(NUMBER_CHECK) },

    { "visa: the number's digit", 4, 53, "5", 0, F(NUMBER_CHECK) },
    { "visa: the birth date's digit", 4, 63, "9", 0, F(BIRTH_CHECK) },
    { "visa: the expiry date's digit", 4, 71, "0", 0, F(EXPIRY_CHECK) },
    { "small visa: the number's digit", 5, 45, "5", 0, F(NUMBER_CHECK) },
    { "small visa: the birth date's digit", 5, 55, "9", 0, F(BIRTH_CHECK) },
    { "small visa: the expiry date's digit", 5, 63, "0", 0,
      F(EXPIRY_CHECK) },

    { "a code that no card has", 0, 0, "P", 0, F(DOCUMENT_CODE) },
    { "a code that no passport has", 3, 0, "I", 0, F(DOCUMENT_CODE) },
    { "a digit in the code", 3, 1, "1", 0, F(DOCUMENT_CODE) },
    { "an issuer with a digit", 3, 2, "0", 0, F(ISSUER) },
    { "an issuer with a gap", 3, 3, "<", 0, F(ISSUER) },
    { "no issuer", 3, 2, "<<<", 0, F(ISSUER) },
    { "a nationality with a digit", 3, 54, "UT0", 0, F(NATIONALITY) },
    { "no name", 3, 5, "<<<<<<<<<<<<<<<<<<<<", 0, F(NAME) },
    { "no primary identifier", 3, 5, "<<ERIKSSON<<", 0, F(NAME) },
    { "a name with a digit", 3, 5, "3", 0, F(NAME) },
    { "no number", 3, 44, "<<<<<<<<<0", 1, F(NUMBER) },
    { "a long number with no end", 1, 15, "<", 1, F(NUMBER) },
    { "a long number of one digit", 1, 15, "9<<<", 1, F(NUMBER) },
    { "sex", 3, 64, "N", 0, F(SEX) },
    { "born in the month 13", 3, 57, "7413128", 1, F(BIRTH_DATE) },
    { "born on 31 April", 3, 57, "7404319", 1, F(BIRTH_DATE) },
    { "born on a leap day that was not", 3, 57, "7502293", 1,
      F(BIRTH_DATE) },
    { "born in letters", 3, 57, "74O8122", 1,
      F(BIRTH_DATE) | F(BIRTH_CHECK) },
    { "born in half of a year", 3, 57, "7<0812", 1,
      F(BIRTH_DATE) | F(BIRTH_CHECK) },
    { "expires on 30 February", 3, 65, "1202306", 1, F(EXPIRY_DATE) },
    { "expires nowhere", 3, 65, "<<<<<<0", 1, F(EXPIRY_DATE) }
};


/* how people send the same zone */

typedef struct {
    const char  *what;
    const char  *text;
    unsigned     format;
} typed_t;


static const typed_t  typed[] = {
    { "in a row",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "in small letters",
      "p<utoeriksson<<anna<maria<<<<<<<<<<<<<<<<<<<\r\n"
      "l898902c36uto7408122f1204159ze184226b<<<<<10\r\n", IDV_MRZ_TD3 },
    { "with spaces",
      "  P< UTO ERIKSSON<<ANNA<MARIA<<<<<<<<< <<<<<<<<<<\n\n"
      "\tL898902C3 6 UTO 740812 2 F 120415 9 ZE184226B<<<<< 1 0 ",
      IDV_MRZ_TD3 },
    { "with spaces that do not break",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36\xc2\xa0UTO7408122F1204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "with what a keyboard makes of fillers",
      "P\xe2\x80\xb9UTOERIKSSON\xc2\xab""ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B\xc2\xab\xc2\xab<10",
      IDV_MRZ_TD3 },
    { "fillers left out at the end",
      "P<UTOERIKSSON<<ANNA<MARIA\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "a line as long as those of another format",
      "P<UTOERIKSSON<<ANNA<MARIA<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "too many fillers at the end",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "a card with short lines",
      "I<UTOD231458907\n7408122F1204159UTO<<<<<<<<<<<6\n"
      "ERIKSSON<<ANNA<MARIA", IDV_MRZ_TD1 },
    { "a card in two lines",
      "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159\n"
      "UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<", IDV_MRZ_TD1 },
    { "a passport in four lines",
      "P<UTOERIKSSON<<ANNA<MA\nRIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1\n204159ZE184226B<<<<<10", IDV_MRZ_TD3 },
    { "a visa without its last fillers",
      "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L8988901C4XXX4009078F96121096ZE184226B", IDV_MRZ_MRVA }
};


/* and what is no zone at all */

typedef struct {
    const char  *what;
    const char  *text;
    uint32_t     faults;
} refused_t;


static const refused_t  refused[] = {
    { "nothing", "", F(LENGTH) },
    { "white space", " \r\n\t", F(LENGTH) },
    { "one filler", "<", F(LENGTH) },
    { "one line of a passport",
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", F(LENGTH) },
    { "a line that lost a letter",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<10", F(LENGTH) },
    { "a name line with a letter too many",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<A\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", F(LENGTH) },
    { "an accent",
      "P<UTOERIKSSON<<ANN\xc3\x84<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", F(CHARACTER) },
    { "a hyphen",
      "P<UTOERIKSSON<<ANNA-MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<10", F(CHARACTER) },
    { "half of a character", "P<UTO\xc2", F(CHARACTER) },
    { "two thirds of one", "P<UTO\xe2\x80", F(CHARACTER) },
    { "a visa as long as a card",
      "V<UTOD231458907<<<<<<<<<<<<<<<\n"
      "7408122F1204159UTO<<<<<<<<<<<6\n"
      "ERIKSSON<<ANNA<MARIA<<<<<<<<<<", F(LENGTH) }
};


/* the digit of 9303, by another way: columns of weight 7, 3 and 1 */

static char
digit(const char *text)
{
    size_t       i, column;
    unsigned     sum[3];
    const char  *p;

    static const char  values[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (column = 0; column < 3; column++) {
        sum[column] = 0;

        for (i = column; i < strlen(text); i += 3) {
            p = strchr(values, text[i]);
            sum[column] += p ? p - values : 0;
        }
    }

    return '0' + (7 * sum[0] + 3 * sum[1] + sum[2]) % 10;
}


/* what a specimen is in a row */

static void
row(char *zone, const char *text)
{
    for ( /* void */ ; *text; text++) {
        if (*text != '\n') {
            *zone++ = *text;
        }
    }

    *zone = '\0';
}


static void
mend(char *zone, unsigned format)
{
    char  covered[IDV_MRZ_MAX_ZONE + 1];

    switch (format) {

    case IDV_MRZ_TD1:
        sprintf(covered, "%.25s%.7s%.7s%.11s", zone + 5, zone + 30, zone + 38,
                zone + 48);
        zone[59] = digit(covered);
        break;

    case IDV_MRZ_TD2:
        sprintf(covered, "%.10s%.7s%.14s", zone + 36, zone + 49, zone + 57);
        zone[71] = digit(covered);
        break;

    case IDV_MRZ_TD3:
        sprintf(covered, "%.10s%.7s%.22s", zone + 44, zone + 57, zone + 65);
        zone[87] = digit(covered);
        break;
    }
}


static uint32_t
faults_on(idv_date_t day, const char *text, idv_mrz_t *mrz)
{
    int  good;

    /* a buffer of its own, so that the sanitizer sees its end */

    unsigned char  *copy = malloc(strlen(text));

    memcpy(copy, text, strlen(text));

    good = idv_mrz_parse(mrz, copy, strlen(text), day);

    free(copy);

    return (good == (mrz->faults == 0)) ? mrz->faults : ~0u;
}


static uint32_t
faults_of(const char *text, idv_mrz_t *mrz)
{
    return faults_on(today, text, mrz);
}


static void
tell(uint32_t faults)
{
    unsigned  i;

    for (i = 0; i < IDV_MRZ_NFAULTS; i++) {
        if (faults & IDV_MRZ_FAULT(i)) {
            printf("# %s\n", idv_mrz_fault_name(i));
        }
    }
}


static void
is_text(const char *got, const char *expected, const char *what,
    const char *field)
{
    char  name[128];

    snprintf(name, sizeof(name), "%s: %s", what, field);
    is_str(got, strlen(got), expected, name);
}


static void
is_date(idv_date_t got, const char *expected, const char *what,
    const char *field)
{
    char  text[IDV_DATE_LEN + 1];

    idv_date_print(got, text);
    is_text(text, expected, what, field);
}


static void
test_specimens(void)
{
    size_t              i;
    idv_mrz_t           mrz;
    const specimen_t   *s;

    for (i = 0; i < sizeof(specimens) / sizeof(specimens[0]); i++) {
        s = &specimens[i];

        if (!ok(faults_of(s->text, &mrz) == 0, "%s is right", s->what)) {
            tell(mrz.faults);
        }

        is_int(mrz.format, s->format, s->what);
        is_text(mrz.code, s->code, s->what, "document code");
        is_text(mrz.issuer, s->issuer, s->what, "issuer");
        is_text(mrz.nationality, s->nationality, s->what, "nationality");
        is_text(mrz.number, s->number, s->what, "number");
        is_text(mrz.primary, s->primary, s->what, "primary identifier");
        is_text(mrz.secondary, s->secondary, s->what, "secondary identifier");
        is_date(mrz.birth, s->birth, s->what, "birth date");
        is_date(mrz.expiry, s->expiry, s->what, "expiry date");
        is_text(mrz.optional[0], s->optional[0], s->what, "optional data");
        is_text(mrz.optional[1], s->optional[1], s->what, "more of it");
        ok(mrz.sex == s->sex, "%s: sex", s->what);
        ok(!mrz.truncated, "%s: the name is whole", s->what);
    }
}


static void
test_broken(void)
{
    char             zone[IDV_MRZ_MAX_ZONE + 1];
    size_t           i, j, named[IDV_MRZ_NFAULTS];
    uint32_t         faults;
    idv_mrz_t        mrz;
    const broken_t  *b;

    memset(named, 0, sizeof(named));

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        b = &broken[i];

        row(zone, specimens[b->specimen].text);
        memcpy(zone + b->at, b->with, strlen(b->with));

        if (b->mended) {
            mend(zone, specimens[b->specimen].format);
        }

        faults = faults_of(zone, &mrz);

        if (!ok(faults == b->faults, "broken: %s", b->what)) {
            tell(faults);
        }

        for (j = 0; j < IDV_MRZ_NFAULTS; j++) {
            named[j] += (faults == IDV_MRZ_FAULT(j));
        }
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        faults = faults_of(refused[i].text, &mrz);

        if (!ok(faults == refused[i].faults, "refused: %s", refused[i].what)) {
            tell(faults);
        }

        for (j = 0; j < IDV_MRZ_NFAULTS; j++) {
            named[j] += (faults == IDV_MRZ_FAULT(j));
        }
    }

    for (j = 0; j < IDV_MRZ_NFAULTS; j++) {
        ok(named[j] && idv_mrz_fault_name(j) != NULL,
           "%s was the only fault of %d", idv_mrz_fault_name(j),
           (int) named[j]);
    }
}


static void
test_typed(void)
{
    size_t     i;
    char       text[IDV_MRZ_MAX_TEXT + 2];
    idv_mrz_t  mrz;

    for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        if (!ok(faults_of(typed[i].text, &mrz) == 0
                && mrz.format == typed[i].format
                && strcmp(mrz.primary, "ERIKSSON") == 0,
                "typed: %s", typed[i].what))
        {
            tell(mrz.faults);
        }
    }

    memset(text, ' ', sizeof(text));
    memcpy(text, typed[0].text, strlen(typed[0].text));

    text[IDV_MRZ_MAX_TEXT] = '\0';
    ok(faults_of(text, &mrz) == 0, "256 bytes are read");

    text[IDV_MRZ_MAX_TEXT] = ' ';
    text[IDV_MRZ_MAX_TEXT + 1] = '\0';
    is_int(faults_of(text, &mrz), F(LENGTH), "257 are too many");
}


/* Doc 9303-3, 4.6: names that do not fit, and how their fields are read */

static void
test_names(void)
{
    size_t     i;
    char       zone[IDV_MRZ_MAX_ZONE + 1];
    idv_mrz_t  mrz;

    static const char  *const  names[][4] = {
        { "ARKFREITH<<", "ARKFREITH", "", "" },
        { "VAN<DER<MUELLEN<<MARTIN<", "VAN DER MUELLEN", "MARTIN", "" },
        { "DMARTINI<<", "DMARTINI", "", "" },
        { "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<WARNAM",
          "BENNELONG WOOLOOMOOLOO WARRANDYTE WARNA", "", "cut" },
        { "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<KR",
          "NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K", "cut" },
        { "SMITH<<JOHN<<JUNIOR<<<", "SMITH", "JOHN JUNIOR", "" },
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        row(zone, specimens[3].text);

        memset(zone + 5, '<', 39);
        memcpy(zone + 5, names[i][0],
               strlen(names[i][0]) < 39 ? strlen(names[i][0]) : 39);

        ok(faults_of(zone, &mrz) == 0, "%s is read", names[i][0]);
        is_text(mrz.primary, names[i][1], names[i][0], "primary");
        is_text(mrz.secondary, names[i][2], names[i][0], "secondary");
        ok(mrz.truncated == (names[i][3][0] != '\0'), "%s is %s",
           names[i][0], mrz.truncated ? "cut" : "whole");
    }
}


/* two digits of a year, and dates of which parts are not known */

static void
test_dates(void)
{
    size_t     i;
    char       zone[IDV_MRZ_MAX_ZONE + 1];
    idv_mrz_t  mrz;

    static const char  *const  births[][2] = {
        { "740812", "1974-08-12" },
        { "260304", "2026-03-04" },
        { "260305", "1926-03-05" },
        { "000229", "2000-02-29" },
        { "7408<<", "1974-08" },
        { "74<<<<", "1974" },
        { "26<<<<", "2026" },
        { "27<<<<", "1927" },
        { "<<0812", "" },
        { "<<0229", "" },
        { "<<<<<<", "" }
    };

    static const char  *const  expiries[][2] = {
        { "260303", "2026-03-03" },
        { "751231", "2075-12-31" },
        { "760101", "1976-01-01" },
        { "280229", "2028-02-29" }
    };

    static const char  *const  late[][2] = {
        { "870101", "2087-01-01" },
        { "361231", "2136-12-31" },
        { "370101", "2037-01-01" }
    };

    for (i = 0; i < sizeof(births) / sizeof(births[0]); i++) {
        row(zone, specimens[3].text);
        sprintf(zone + 57, "%s%c", births[i][0], digit(births[i][0]));
        zone[64] = 'F';
        mend(zone, IDV_MRZ_TD3);

        if (!ok(faults_of(zone, &mrz) == 0, "born %s", births[i][0])) {
            tell(mrz.faults);
        }

        is_date(mrz.birth, births[i][1], births[i][0], "birth date");
    }

    ok(mrz.birth.year == 0 && mrz.birth.month == 0 && mrz.birth.day == 0,
       "nothing is known of that birth");

    for (i = 0; i < sizeof(expiries) / sizeof(expiries[0]); i++) {
        row(zone, specimens[3].text);
        sprintf(zone + 65, "%s%c", expiries[i][0], digit(expiries[i][0]));
        zone[72] = 'Z';
        mend(zone, IDV_MRZ_TD3);

        ok(faults_of(zone, &mrz) == 0, "expires %s", expiries[i][0]);
        is_date(mrz.expiry, expiries[i][1], expiries[i][0], "expiry date");
    }

    /* late in a century the next one begins, and the last days are gone */

    for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        row(zone, specimens[3].text);
        sprintf(zone + 65, "%s%c", late[i][0], digit(late[i][0]));
        zone[72] = 'Z';
        mend(zone, IDV_MRZ_TD3);

        ok(faults_on((idv_date_t) { 2087, 1, 1 }, zone, &mrz) == 0,
           "expires %s, seen in 2087", late[i][0]);
        is_date(mrz.expiry, late[i][1], late[i][0], "expiry date");
    }
}


static void
test_rest(void)
{
    char       zone[IDV_MRZ_MAX_ZONE + 1];
    idv_mrz_t  mrz;

    row(zone, specimens[3].text);
    memcpy(zone + 2, "D<<", 3);
    memcpy(zone + 54, "D<<", 3);

    ok(faults_of(zone, &mrz) == 0, "a German passport");
    is_text(mrz.issuer, "DEU", "D<<", "issuer");
    is_text(mrz.nationality, "DEU", "D<<", "nationality");

    row(zone, specimens[3].text);
    zone[64] = '<';
    ok(faults_of(zone, &mrz) == 0 && mrz.sex == 'X', "sex not specified");

    row(zone, specimens[3].text);
    memcpy(zone + 72, "<<<<<<<<<<<<<<<", 15);
    mend(zone, IDV_MRZ_TD3);
    ok(faults_of(zone, &mrz) == 0 && mrz.optional[0][0] == '\0',
       "no optional data, and a filler for its digit");

    row(zone, specimens[3].text);
    memcpy(zone + 72, "<<<<<<<<<<<<<<0", 15);
    mend(zone, IDV_MRZ_TD3);
    ok(faults_of(zone, &mrz) == 0, "no optional data, and a zero");

    row(zone, specimens[0].text);
    memcpy(zone + 14, "<ABCDEF123456781", 16);
    zone[29] = digit("D23145890ABCDEF12345678");
    mend(zone, IDV_MRZ_TD1);
    ok(faults_of(zone, &mrz) == 0, "the longest number");
    is_text(mrz.number, "D23145890ABCDEF12345678", "the longest", "number");

    row(zone, specimens[0].text);
    memcpy(zone + 14, "<77<REST<OF<IT<", 15);
    zone[16] = digit("D231458907");
    mend(zone, IDV_MRZ_TD1);
    ok(faults_of(zone, &mrz) == 0, "optional data behind a long number");
    is_text(mrz.number, "D231458907", "behind it", "number");
    is_text(mrz.optional[0], "REST OF IT", "behind it", "optional data");

    row(zone, specimens[0].text);
    memcpy(zone + 5, "AB<12<<<<", 9);
    zone[14] = digit("AB<12<<<<");
    mend(zone, IDV_MRZ_TD1);
    ok(faults_of(zone, &mrz) == 0 && strcmp(mrz.number, "AB12") == 0,
       "a number that is printed with a hyphen");

    is_int(idv_mrz_check_digit("AB2134<<<", 9), 5, "9303-3, its example");
    is_int(idv_mrz_check_digit("520727", 6), 3, "9303-3, a date");
    is_int(idv_mrz_check_digit("ab", 2), -1, "no digit of small letters");
    ok(idv_mrz_fault_name(IDV_MRZ_NFAULTS) == NULL
       && idv_mrz_format_name(IDV_MRZ_NFORMATS) == NULL, "names end");
    is_text(idv_mrz_format_name(IDV_MRZ_MRVB), "MRV_B", "the last", "format");
}


static unsigned
random_below(unsigned n)
{
    static uint32_t  state = 20260304;

    state = state * 1664525 + 1013904223;

    return (state >> 8) % n;
}


static void
fill(char *p, size_t len, const char *alphabet)
{
    while (len--) {
        *p++ = alphabet[random_below(strlen(alphabet))];
    }
}


/* passports made up at random are read as they were made; noise is survived */

static void
test_many(void)
{
    int            i, j, right, wrong, caught;
    char           zone[IDV_MRZ_MAX_ZONE + 1], part[16], was;
    unsigned char  noise[IDV_MRZ_MAX_TEXT];
    size_t         len;
    idv_mrz_t      mrz;

    static const char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char  some[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";

    right = 0;
    wrong = 0;
    caught = 0;

    for (i = 0; i < ROUNDS; i++) {
        row(zone, specimens[3].text);

        fill(zone + 2, 3, letters);
        fill(zone + 5, 8, letters);
        fill(zone + 44, 9, some);
        zone[44] = 'C';
        sprintf(part, "%.9s", zone + 44);
        zone[53] = digit(part);
        sprintf(part, "%02u%02u%02u", random_below(100),
                1 + random_below(12), 1 + random_below(28));
        memcpy(zone + 57, part, 6);
        zone[63] = digit(part);
        sprintf(part, "%02u%02u%02u", random_below(100),
                1 + random_below(12), 1 + random_below(28));
        memcpy(zone + 65, part, 6);
        zone[71] = digit(part);
        fill(zone + 72, 14, some);
        zone[72] = '1';
        sprintf(part, "%.14s", zone + 72);
        zone[86] = digit(part);
        mend(zone, IDV_MRZ_TD3);

        right += (faults_of(zone, &mrz) == 0);

        /* one digit of the second line becomes another one */

        do {
            j = 44 + random_below(44);
        } while (zone[j] < '0' || zone[j] > '9');

        was = zone[j];

        do {
            zone[j] = '0' + random_below(10);
        } while (zone[j] == was);

        wrong++;
        caught += (faults_of(zone, &mrz) != 0);

        for (len = 0; len < sizeof(noise); len++) {
            noise[len] = (i & 1) ? (unsigned char) random_below(256)
                                 : (unsigned char) some[random_below(37)];
        }

        (void) idv_mrz_parse(&mrz, noise, random_below(sizeof(noise) + 1),
                             today);
        (void) idv_mrz_parse(&mrz, noise, (i & 2) ? 90 : 88, today);
    }

    is_int(right, ROUNDS, "zones made up at random are right");
    is_int(caught, wrong, "and none of them with another digit");
}


int
main(void)
{
    test_specimens();
    test_broken();
    test_typed();
    test_names();
    test_dates();
    test_rest();
    test_many();

    return tap_done();
}
