
/*
 * Copyright (C) nginx-idv authors
 *
 * The barcode of a driving licence.  Its text has no check digits, so what does
 * not read exactly as the standard has it is refused by name; but what pasting
 * does to it, and what issuers get wrong in its offsets, is no fault.  All of
 * these people and papers are made up.
 */


#include "tap.h"
#include "model/idv_aamva.h"


#define F(f)  IDV_AAMVA_FAULT(IDV_AAMVA_ ## f)


#define ELEMENTS_V10                                                          \
    "DAQE5500123\n"                                                           \
    "DCSEXAMPLE\n"                                                            \
    "DDEN\n"                                                                  \
    "DACANN\n"                                                                \
    "DDFN\n"                                                                  \
    "DADMARIE\n"                                                              \
    "DDGT\n"                                                                  \
    "DCUNONE\n"                                                               \
    "DCAD\nDCBNONE\nDCDNONE\n"                                                \
    "DBD04122024\n"                                                           \
    "DBB02291992\n"                                                           \
    "DBA04122034\n"                                                           \
    "DBC2\n"                                                                  \
    "DAU067 in\n"                                                             \
    "DAYGRN\n"                                                                \
    "DAZBRO\n"                                                                \
    "DAW137\n"                                                                \
    "DAG12 EXAMPLE STREET                   \n"                               \
    "DAHunavl\n"                                                              \
    "DAIDENVER              \n"                                               \
    "DAJCO\n"                                                                 \
    "DAK802020000  \n"                                                        \
    "DCF00000000000000000001\n"                                               \
    "DCGUSA\n"                                                                \
    "DDK1\n"

#define V10                                                                   \
    "@\n\x1e\rANSI 636020100002DL00410300ZC03410011DL" ELEMENTS_V10           \
    "\rZCZCAGRN\nZCBBRO\n\r"

#define BOTH                                                                  \
    "@\n\x1e\rANSI 636020100002DL00410300ID03410100DL" ELEMENTS_V10           \
    "\rIDDAQX2\nDCSOTHER\nDBBNONE\n\r"

#define CANADA                                                                \
    "@\n\x1e\rANSI 636012090001DL00310200DL"                                  \
    "DAQA1234-56789-01234\nDCSTREMBLAY\nDDEN\nDACZO\xc3\x89\nDDFN\nDADNONE\n" \
    "DDGU\nDBD20230115\nDBB19880731\nDBA20280731\nDBC2\nDAU170 cm\n"          \
    "DAX63\nDAG5 RUE EXEMPLE\nDAIOTTAWA\nDAJON\nDAKK1A 0B1\nDCGCAN\n\r"

#define V3                                                                    \
    "@\n\x1e\rANSI 636026030001DL00310150DL"                                  \
    "DCSPUBLIC\nDCTJOHN,QUINCY\nDAQD12345678\nDBB01311957\nDBA12102029\n"     \
    "DBD10102021\nDBC1\nDCGUSA\n\r"

#define V1                                                                    \
    "@\n\x1e\rANSI 6360000101DL00290150DL"                                    \
    "DAAPUBLIC,JOHN,QUINCY,JR\nDAQT64235789\nDBB19570131\nDBA20291210\n"      \
    "DBCM\nDAG789 E OAK ST\nDAIANYTOWN\nDAJCA\nDAK90223\n\r"

#define ID_CARD                                                               \
    "@\n\x1e\rANSI 636020100001ID00310150ID"                                  \
    "DAQX1\nDCSCHER\nDDEN\nDACNONE\nDBB05201946\nDBA05202030\nDBC9\n"         \
    "DCGUSA\n\r"


typedef struct {
    const char  *what;
    const char  *text;
    unsigned     version;
    const char  *issuer, *kind, *number;
    const char  *family, *first, *middle, *suffix;
    const char  *birth, *expiry, *issue;
    char         sex;
} card_t;


static const card_t  cards[] = {
    { "version 10", V10, 10, "636020", "DL", "E5500123",
      "EXAMPLE", "ANN", "MARIE", "", "1992-02-29", "2034-04-12",
      "2024-04-12", 'F' },
    { "a licence that is a card as well", BOTH, 10, "636020", "DL",
      "E5500123", "EXAMPLE", "ANN", "MARIE", "", "1992-02-29", "2034-04-12",
      "2024-04-12", 'F' },
    { "Canada", CANADA, 9, "636012", "DL", "A1234-56789-01234",
      "TREMBLAY", "ZO\xc3\x89", "", "", "1988-07-31", "2028-07-31",
      "2023-01-15", 'F' },
    { "version 3", V3, 3, "636026", "DL", "D12345678",
      "PUBLIC", "JOHN", "QUINCY", "", "1957-01-31", "2029-12-10",
      "2021-10-10", 'M' },
    { "version 1", V1, 1, "636000", "DL", "T64235789",
      "PUBLIC", "JOHN", "QUINCY", "JR", "1957-01-31", "2029-12-10", "", 'M' },
    { "an identification card", ID_CARD, 10, "636020", "ID", "X1",
      "CHER", "", "", "", "1946-05-20", "2030-05-20", "", 'X' }
};


/* the same card, with one thing replaced by another, everywhere */

typedef struct {
    const char  *what;
    const char  *text;
    const char  *from;
    const char  *to;
    uint32_t     faults;
} changed_t;


static const changed_t  changed[] = {

    /* what does no harm */

    { "line ends of a browser", V10, "\n", "\r\n", 0 },
    { "no record separator", V10, "\x1e", "", 0 },
    { "separators lost from the header", V10, "@\n\x1e\r", "@", 0 },
    { "space in front", V10, "@\n", "  \r\n@\n", 0 },
    { "an offset that is wrong", V10, "DL0041", "DL0000", 0 },
    { "a length that is wrong", V10, "0300ZC", "9999ZC", 0 },
    { "a subfile that is not there", V10, "\rZCZCAGRN\nZCBBRO\n\r", "", 0 },
    { "the type on a line of its own", V10, "DLDAQ", "DL\nDAQ", 0 },
    { "an element of a later standard", V10, "DDK1", "DDZ9", 0 },
    { "a version of tomorrow", V10, "6360201000", "6360201700", 0 },
    { "no issue date", V10, "DBD04122024\n", "", 0 },
    { "no sex", V10, "DBC2\n", "", 0 },
    { "no country, day first", V3, "DCGUSA\n", "", 0 },
    { "no country, year first", CANADA, "DCGCAN\n", "", 0 },
    { "the draft's name", V1, "ANSI ", "AAMVA", 0 },
    { "a given name in two words", V3, "JOHN,QUINCY", "JOHN QUINCY", 0 },
    { "a country in version 1", V1, "DAK90223\n", "DCGUSA\n", 0 },
    { "the issuer's own element twice", V10, "ZCBBRO", "ZCAGRN", 0 },
    { "the issuer's own element, of no form", V10, "ZCBBRO", "Z?", 0 },

    /* what is no such text at all */

    { "a control character", V10, "ANN", "A\x07NN", F(CHARACTER) },
    { "a C1 control character", V10, "ANN", "A\xc2\x85NN", F(CHARACTER) },
    { "Latin-1", CANADA, "\xc3\x89", "\xc9", F(CHARACTER) },
    { "no @", V10, "@\n", "\n", F(HEADER) },
    { "no file type", V10, "ANSI ", "ANSI", F(HEADER) },
    { "another file type", V10, "ANSI ", "ASCI ", F(HEADER) },
    { "an issuer of five digits", V10, "ANSI 636020", "ANSI 63602 ",
      F(ISSUER) },
    { "version 0", V10, "6360201000", "6360200000", F(VERSION) },
    { "a version in letters", V10, "6360201000", "636020XX00", F(VERSION) },
    { "a jurisdiction's version in letters", V10, "6360201000",
      "63602010X0", F(VERSION) },
    { "no subfiles", V10, "02DL0041", "00DL0041", F(DIRECTORY) },
    { "an entry that is none", V10, "ZC0341", "ZC03X1", F(DIRECTORY) },
    { "more entries than there are", V10, "02DL0041", "03DL0041",
      F(DIRECTORY) },
    { "no DL", V10, "DLDAQ", "DAQ", F(SUBFILE) },
    { "another one only", V10, "DL", "EN", F(SUBFILE) },

    /* what is wrong in it */

    { "an element without an id", V10, "DDK1", "K1", F(ELEMENT) },
    { "an element in small letters", V10, "DDK1", "ddk1", F(ELEMENT) },
    { "an element that begins with a digit", V10, "DDK1", "1DK1",
      F(ELEMENT) },
    { "two numbers", V10, "DDK1", "DAQE5500124", F(REPEATED) },
    { "the same number twice", V10, "DDK1", "DAQE5500123", F(REPEATED) },
    { "two dates of birth", V10, "DDK1", "DBB02291992", F(REPEATED) },
    { "no number", V10, "DAQE5500123", "DAQ", F(NUMBER) },
    { "a number that is not available", V10, "E5500123", "unavl",
      F(NUMBER) },
    { "no family name", V10, "DCSEXAMPLE\n", "", F(NAME) },
    { "a family name that is NONE", V10, "EXAMPLE\n", "NONE\n", F(NAME) },
    { "no date of birth", V10, "DBB02291992\n", "", F(BIRTH_DATE) },
    { "born on a leap day that was not", V10, "02291992", "02291991",
      F(BIRTH_DATE) },
    { "born the other way round", V10, "DBB02291992", "DBB19920229",
      F(BIRTH_DATE) },
    { "born the other way round in Canada", CANADA, "DBB19880731",
      "DBB07311988", F(BIRTH_DATE) },
    { "born in seven digits", V10, "02291992", "2291992", F(BIRTH_DATE) },
    { "born in the year 1199", V10, "02291992", "01011199", F(BIRTH_DATE) },
    { "no expiry date", V10, "DBA04122034\n", "", F(EXPIRY_DATE) },
    { "expires on 31 April", V10, "DBA04122034", "DBA04312034",
      F(EXPIRY_DATE) },
    { "issued in the month 13", V10, "DBD04122024", "DBD13122024",
      F(ISSUE_DATE) },
    { "sex", V10, "DBC2", "DBC3", F(SEX) },
    { "another country", V10, "DCGUSA", "DCGUTO", F(COUNTRY)
      | F(BIRTH_DATE) | F(EXPIRY_DATE) | F(ISSUE_DATE) },
    { "another country with its own dates", CANADA, "DCGCAN", "DCGUTO",
      F(COUNTRY) }
};


static uint32_t
faults_of(const char *text, size_t len, idv_aamva_t *aamva)
{
    int             good;
    unsigned char  *copy;

    /* a buffer of its own, so that the sanitizer sees its end */

    copy = malloc(len);
    memcpy(copy, text, len);

    good = idv_aamva_parse(aamva, copy, len);

    free(copy);

    return (good == (aamva->faults == 0)) ? aamva->faults : ~0u;
}


static void
tell(uint32_t faults)
{
    unsigned  i;

    for (i = 0; i < IDV_AAMVA_NFAULTS; i++) {
        if (faults & IDV_AAMVA_FAULT(i)) {
            printf("# %s\n", idv_aamva_fault_name(i));
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
test_cards(void)
{
    size_t         i;
    idv_aamva_t    a;
    const card_t  *c;

    for (i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        c = &cards[i];

        if (!ok(faults_of(c->text, strlen(c->text), &a) == 0, "%s is right",
                c->what))
        {
            tell(a.faults);
        }

        is_int(a.version, c->version, c->what);
        is_text(a.issuer, c->issuer, c->what, "issuer");
        is_text(a.kind, c->kind, c->what, "kind");
        is_text(a.number, c->number, c->what, "number");
        is_text(a.family, c->family, c->what, "family name");
        is_text(a.first, c->first, c->what, "first name");
        is_text(a.middle, c->middle, c->what, "middle name");
        is_text(a.suffix, c->suffix, c->what, "suffix");
        is_date(a.birth, c->birth, c->what, "birth date");
        is_date(a.expiry, c->expiry, c->what, "expiry date");
        is_date(a.issue, c->issue, c->what, "issue date");
        ok(a.sex == c->sex, "%s: sex", c->what);
    }

    (void) faults_of(V10, strlen(V10), &a);

    is_text(a.street[0], "12 EXAMPLE STREET", "an address", "street");
    is_text(a.street[1], "", "an address", "second line");
    is_text(a.city, "DENVER", "an address", "city");
    is_text(a.state, "CO", "an address", "state");
    is_text(a.postal_code, "80202", "an address", "postal code");
    is_text(a.country, "USA", "an address", "country");
    is_text(a.discriminator, "00000000000000000001", "a card",
            "discriminator");
    is_text(a.height, "067 in", "a person", "height");
    is_text(a.weight, "137 lb", "a person", "weight");
    is_text(a.eyes, "GRN", "a person", "eyes");
    is_text(a.hair, "BRO", "a person", "hair");
    ok(!a.family_truncated && !a.first_truncated && a.middle_truncated,
       "the middle name alone was cut");

    (void) faults_of(CANADA, strlen(CANADA), &a);

    is_text(a.weight, "63 kg", "Canada", "weight");
    is_text(a.postal_code, "K1A 0B1", "Canada", "postal code");
}


static char *
replaced(const changed_t *c)
{
    char        *text, *p;
    const char  *from, *found;

    text = malloc(2 * IDV_AAMVA_MAX_TEXT);
    p = text;

    for (from = c->text; (found = strstr(from, c->from)) != NULL;
         from = found + strlen(c->from))
    {
        p += sprintf(p, "%.*s%s", (int) (found - from), from, c->to);
    }

    sprintf(p, "%s", from);

    return text;
}


static void
test_changed(void)
{
    char             *text;
    size_t            i, j, alone[IDV_AAMVA_NFAULTS];
    uint32_t          faults;
    idv_aamva_t       a, whole;
    const changed_t  *c;

    memset(alone, 0, sizeof(alone));

    for (i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        c = &changed[i];
        text = replaced(c);

        ok(strcmp(text, c->text) != 0, "%s: something was changed", c->what);

        faults = faults_of(text, strlen(text), &a);

        if (!ok(faults == c->faults, "%s: %s", c->what,
                c->faults ? "refused" : "no fault"))
        {
            tell(faults);
        }

        if (c->faults == 0) {
            (void) faults_of(c->text, strlen(c->text), &whole);
            ok(strcmp(a.family, whole.family) == 0
               && strcmp(a.first, whole.first) == 0
               && idv_date_cmp(a.birth, whole.birth) == 0
               && idv_date_cmp(a.expiry, whole.expiry) == 0,
               "%s: nothing else was lost", c->what);
        }

        for (j = 0; j < IDV_AAMVA_NFAULTS; j++) {
            alone[j] += (faults == IDV_AAMVA_FAULT(j));
        }

        if (faults & IDV_AAMVA_UNREADABLE) {
            ok(a.family[0] == '\0' && a.number[0] == '\0',
               "%s: nothing is told of it", c->what);
        }

        free(text);
    }

    for (j = 1; j < IDV_AAMVA_NFAULTS; j++) {
        ok(alone[j] && idv_aamva_fault_name(j) != NULL,
           "%s was the only fault of %d", idv_aamva_fault_name(j),
           (int) alone[j]);
    }

    ok(idv_aamva_fault_name(IDV_AAMVA_NFAULTS) == NULL, "names end");
}


static void
test_bounds(void)
{
    char         text[IDV_AAMVA_MAX_TEXT + 2];
    size_t       i, len;
    idv_aamva_t  a;

    static const struct {
        const char  *id;
        size_t       most;
    } elements[] = {
        { "DAQ", IDV_AAMVA_MAX_FIELD }, { "DCS", IDV_AAMVA_MAX_NAME },
        { "DAC", IDV_AAMVA_MAX_NAME }, { "DAG", IDV_AAMVA_MAX_NAME },
        { "DAW", IDV_AAMVA_MAX_FIELD }, { "DAX", IDV_AAMVA_MAX_FIELD - 3 },
        { "DCT", IDV_AAMVA_MAX_NAME }, { "DAA", IDV_AAMVA_MAX_NAME }
    };

    is_int(faults_of("", 0, &a), F(LENGTH), "nothing");

    memset(text, '\n', sizeof(text));
    memcpy(text, V3, strlen(V3));
    is_int(faults_of(text, IDV_AAMVA_MAX_TEXT, &a), 0, "4096 bytes");
    is_int(faults_of(text, IDV_AAMVA_MAX_TEXT + 1, &a), F(LENGTH), "4097");

    for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {

        len = sprintf(text, "@\n\x1e\rANSI 636026030001DL00310150DL%s",
                      elements[i].id);
        memset(text + len, 'A', elements[i].most);
        len += elements[i].most;

        (void) faults_of(text, len, &a);
        ok(!(a.faults & F(ELEMENT)), "%s of %d", elements[i].id,
           (int) elements[i].most);

        text[len++] = 'A';

        (void) faults_of(text, len, &a);
        ok(a.faults & F(ELEMENT), "%s of one more", elements[i].id);
    }

    /* a whole name may be longer than any of its parts */

    len = sprintf(text, "@\n\x1e\rANSI 6360000101DL00310150DLDAA"
                  "%040d,%040d,%042d", 0, 0, 0);
    (void) faults_of(text, len, &a);
    ok(strlen(a.family) == 40 && strlen(a.middle) == 42, "a name of 124");

    len = sprintf(text, "@\n\x1e\rANSI 6360000101DL00310150DLDAA"
                  "%040d,%040d,%044d", 0, 0, 0);
    (void) faults_of(text, len, &a);
    ok(a.faults & F(ELEMENT), "a name of 126");

    /* cut anywhere before its last date it is refused */

    for (i = 0, len = 0; V3 + len + 1 < strstr(V3, "DBD"); len++) {
        i += (faults_of(V3, len, &a) != 0);
    }

    is_int(i, len, "cut anywhere it is refused");

    ok(idv_aamva_like((u_char *) V10, strlen(V10))
       && idv_aamva_like((u_char *) " \n@", 3)
       && !idv_aamva_like((u_char *) "P<UTO", 5)
       && !idv_aamva_like((u_char *) "", 0), "what is meant to be one");
}


static void
test_noise(void)
{
    int             round;
    char            text[1024];
    size_t          i, len, changes;
    uint32_t        state = 20260304, faulty;
    idv_aamva_t     a;

    faulty = 0;

    for (round = 0; round < 4000; round++) {
        len = strlen(V10);
        memcpy(text, V10, len);

        for (changes = 1 + round % 7; changes; changes--) {
            state = state * 1664525 + 1013904223;
            i = (state >> 8) % len;
            state = state * 1664525 + 1013904223;
            text[i] = (char) (state >> 16);
        }

        faulty += (faults_of(text, len, &a) != 0);
    }

    ok(faulty > 2000, "bytes changed at random: %u of 4000 are refused",
       faulty);
}


int
main(void)
{
    test_cards();
    test_changed();
    test_bounds();
    test_noise();

    return tap_done();
}
