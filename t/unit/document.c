
/*
 * Copyright (C) nginx-idv authors
 *
 * What the machine-readable part of a document says in PingOne's words, and
 * when what was typed in says the same.
 */


#include "tap.h"
#include "model/idv_document.h"
#include "service/idv_svc_check.h"
#include "service/idv_svc_type.h"


#define PASSPORT                                                              \
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"                          \
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10"

#define CARD                                                                  \
    "I<UTOD231458907<<<<<<<<<<<<<<<\n"                                        \
    "7408122F1204159UTO<<<<<<<<<<<6\n"                                        \
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"

/* born in 1974, and nobody knows when; the digits are right */

#define YEAR_ALONE                                                            \
    "P<UTOERIKSSON<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n"                         \
    "L898902C36UTO74<<<<1F1204159<<<<<<<<<<<<<<06"

#define VISA                                                                  \
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n"                                  \
    "L8988901C4XXX4009078F9612109<<<<<<<<"

#define LICENCE                                                               \
    "@\n\x1e\rANSI 636026100001DL00310150DLDAQD1\nDCSPUBLIC\nDACJOHN\n"       \
    "DADQUINCY\nDCUJR\nDBB01311957\nDBA12102029\nDBC1\nDCGUSA\n"              \
    "DAG1 OAK ST\nDAHAPT 2\n\r"


static const idv_date_t  today = { 2026, 3, 4 };


typedef struct {
    const char  *zone;
    const char  *key;
    const char  *typed;
    int          same;
} pair_t;


static const pair_t  pairs[] = {
    { PASSPORT, "documentNumber", "L898902C3", 1 },
    { PASSPORT, "documentNumber", "l898-902 c3", 1 },
    { PASSPORT, "documentNumber", "L898902C", 0 },
    { PASSPORT, "documentNumber", "L898902C33", 0 },
    { PASSPORT, "documentNumber", "L898902O3", 0 },
    { PASSPORT, "documentNumber", "-", 0 },
    { PASSPORT, "documentNumber", "", 1 },
    { PASSPORT, "firstName", "Anna", 1 },
    { PASSPORT, "firstName", "Anna-Maria", 1 },
    { PASSPORT, "firstName", "Maria", 1 },
    { PASSPORT, "firstName", "Peter", 0 },
    { PASSPORT, "middleName", "Maria", 1 },
    { PASSPORT, "lastName", "Eriksson", 1 },
    { PASSPORT, "lastName", "Ericsson", 1 },
    { PASSPORT, "lastName", "Larsson", 0 },
    { PASSPORT, "birthDate", "1974-08-12", 1 },
    { PASSPORT, "birthDate", "1974-12-08", 0 },
    { PASSPORT, "birthDate", "1974-08-1", 0 },
    { PASSPORT, "expirationDate", "2012-04-15", 1 },
    { PASSPORT, "expirationDate", "2012-04-16", 0 },
    { PASSPORT, "issuingCountry", "UTO", 1 },
    { PASSPORT, "issuingCountry", "uto", 1 },
    { PASSPORT, "issuingCountry", "DEU", 0 },
    { PASSPORT, "issuingCountry", "Utopia", 1 },
    { PASSPORT, "issuingCountry", "UT", 1 },
    { PASSPORT, "issuingCountry", "\xc3\x85""A", 1 },
    { PASSPORT, "nationality", "UTX", 0 },
    { PASSPORT, "gender", "F", 1 },
    { PASSPORT, "gender", "M", 0 },
    { PASSPORT, "addressCity", "Nowhere", 1 },
    { PASSPORT, "idType", "passport", 1 },
    { PASSPORT, "idType", "id_card", 0 },
    { PASSPORT, "idType", "driver_license", 0 },
    { CARD, "idType", "id_card", 1 },
    { CARD, "idType", "residence_permit", 1 },
    { CARD, "idType", "passport", 1 },
    { CARD, "idType", "driver_license", 0 },
    { VISA, "idType", "passport", 0 },
    { VISA, "idType", "id_card", 0 },
    { YEAR_ALONE, "birthDate", "1974-01-02", 1 },
    { YEAR_ALONE, "birthDate", "1975-01-02", 0 },
    { YEAR_ALONE, "firstName", "Anna", 1 },
    { LICENCE, "idType", "driver_license", 1 },
    { LICENCE, "idType", "id_card", 0 },
    { LICENCE, "lastName", "Public", 1 },
    { LICENCE, "lastName", "Private", 0 },
    { LICENCE, "fullName", "John Q. Public", 1 },
    { LICENCE, "addressStreet", "1 Oak St Apt 2", 1 },
    { LICENCE, "addressStreet", "2 Oak St Apt 2", 0 }
};


static unsigned
field_of(const char *key)
{
    unsigned  i;

    for (i = 0; i < IDV_DOCUMENT_NFIELDS; i++) {
        if (strcmp(idv_document_key(i), key) == 0) {
            break;
        }
    }

    return i;
}


static int
document_of(idv_document_t *d, const char *text)
{
    return idv_document_read(d, (const u_char *) text, strlen(text), today);
}


static void
is_value(idv_document_t *d, const char *key, const char *expected)
{
    const char  *value = d->value[field_of(key)];

    is_str(value, strlen(value), expected, key);
}


static void
test_pairs(void)
{
    size_t           i;
    unsigned         field;
    const pair_t    *p;
    idv_document_t   d;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        p = &pairs[i];
        field = field_of(p->key);

        if (!ok(document_of(&d, p->zone) && d.readable, "%.9s is right",
                p->zone))
        {
            continue;
        }

        idv_document_compare(&d, field, p->typed, strlen(p->typed));

        ok(d.differs == (p->same ? 0 : (uint32_t) 1 << field),
           "%s \"%s\" and \"%s\": %s", p->key, d.value[field], p->typed,
           p->same ? "the same" : "another");
    }
}


static void
test_values(void)
{
    char            text[1024];
    idv_document_t  d;

    (void) document_of(&d, LICENCE);
    is_int(d.zone, IDV_DOCUMENT_AAMVA, "a licence");
    is_value(&d, "fullName", "JOHN QUINCY PUBLIC JR");
    is_value(&d, "addressStreet", "1 OAK ST APT 2");
    is_value(&d, "birthDate", "1957-01-31");
    is_value(&d, "issueDate", "");
    is_value(&d, "personalNumber", "");

    (void) document_of(&d, YEAR_ALONE);
    is_int(d.zone, IDV_DOCUMENT_MRZ, "lines");
    is_value(&d, "birthDate", "");
    is_value(&d, "firstName", "");
    is_value(&d, "fullName", "ERIKSSON");

    ok(!document_of(&d, "P<UTO") && d.readable == 0
       && d.zone == IDV_DOCUMENT_MRZ && d.faults, "half of a line");
    ok(!document_of(&d, "@\n") && d.readable == 0
       && d.zone == IDV_DOCUMENT_AAMVA && d.faults, "half of a header");

    /* the longest names fit, as far as they do */

    sprintf(text, "@\n\x1e\rANSI 636026100001DL00310150DLDAQD1\nDCS%064d\n"
            "DAC%064d\nDAD%064d\nDBB01311957\nDBA12102029\nDCGUSA\nDAG%064d\n"
            "DAH%064d\n\r", 0, 0, 0, 0, 0);
    ok(document_of(&d, text), "long names");
    is_int(strlen(d.value[IDV_DOCUMENT_FULL_NAME]), 3 * 64 + 2, "three");
    is_int(strlen(d.value[IDV_DOCUMENT_STREET]), 2 * 64 + 1, "two");

    idv_document_compare(&d, IDV_DOCUMENT_NFIELDS, "x", 1);
    is_int(d.differs, 0, "no such field");

    ok(idv_document_key(IDV_DOCUMENT_NFIELDS) == NULL
       && idv_document_fault_name(IDV_DOCUMENT_NONE, 0) == NULL
       && idv_document_fault_name(IDV_DOCUMENT_NZONES, 0) == NULL
       && idv_document_fault_name(IDV_DOCUMENT_MRZ, 99) == NULL, "names end");
}


/* only a person can say more than what code has checked */

static void
test_rules(void)
{
    ngx_int_t         rc, type;
    ngx_uint_t        i;
    ngx_pool_t       *pool;
    idv_svc_tx_t     *tx;
    idv_svc_view_t    view;
    idv_svc_policy_t  rules;

    static ngx_log_t  log;

    static ngx_str_t  selfie = ngx_string("Selfie");
    static ngx_str_t  typed = ngx_string(
        "{\"idType\":\"passport\",\"firstName\":\"x\",\"lastName\":\"x\","
        "\"documentNumber\":\"x\",\"issuingCountry\":\"x\","
        "\"birthDate\":\"1950-01-01\",\"expirationDate\":\"2099-01-01\"}");

    ngx_memzero(&rules, sizeof(idv_svc_policy_t));
    rules.government_id = IDV_SVC_REQUIRED;
    rules.liveness = IDV_SVC_REQUIRED;

    type = idv_svc_type_find(&selfie);

    for (i = 0; i < 4; i++) {
        pool = ngx_create_pool(4096, &log);
        ngx_memzero(&view, sizeof(idv_svc_view_t));

        tx = &view.tx;

        idv_svc_tx_plan(tx, &rules, 0, 0);

        tx->expires = 1000000;
        tx->collect_time = 1000000;
        tx->personal_time = 1000000;
        tx->record_time = 2000000;
        tx->typed = 1;
        tx->zone = (i & 1) ? IDV_DOCUMENT_MRZ : IDV_DOCUMENT_NONE;

        view.blob[IDV_SVC_BLOB_DOCUMENT] = typed;

        /* a face that is none is a finding; the document's check is its own */

        view.ndocs = 1;
        view.doc[0].type = (uint8_t) type;
        view.doc[0].bad = (i & 2) ? 1 : 0;

        (void) idv_svc_tx_give(tx, idv_svc_type_given(&view), 1000);
        (void) idv_svc_check_all(&view, 1, pool, 1000);
        (void) idv_svc_tx_submit(tx, 10, 1000);

        idv_svc_tx_advance(tx, 1009);
        ok(tx->status == IDV_TX_IN_PROGRESS && !idv_svc_tx_checked(tx),
           "%d: still being looked at", (int) i);

        idv_svc_tx_advance(tx, 1000000);

        is_int(tx->status, (i & 2) ? IDV_TX_FAIL : IDV_TX_IN_PROGRESS,
               "status");
        is_int(tx->checks[IDV_SVC_CHECK_GOVERNMENT_ID],
               (i & 1) ? IDV_TX_SUCCESS
                       : (i & 2) ? IDV_TX_NOT_REQUIRED : IDV_TX_IN_PROGRESS,
               "document");
        is_int(tx->checks[IDV_SVC_CHECK_LIVENESS],
               (i & 2) ? IDV_TX_FAIL : IDV_TX_IN_PROGRESS, "face");
        ok(idv_svc_tx_checked(tx), "it can be read");
        ok(!tx->wiped && tx->updated == 1010, "and was looked at in time");

        /* what was open is answered by whoever was asked */

        rc = idv_svc_tx_answer(tx, IDV_SVC_CHECK_LIVENESS, IDV_SVC_FOUND_GOOD,
                               IDV_SVC_REASON_NONE, 1000000);

        is_int(rc, (i & 2) ? NGX_DECLINED : NGX_OK, "an answer");
        is_int(tx->status, (i & 2) ? IDV_TX_FAIL : IDV_TX_IN_PROGRESS,
               "how the photo was taken is open");

        rc = idv_svc_tx_answer(tx, IDV_SVC_CHECK_INJECTION, IDV_SVC_FOUND_GOOD,
                               IDV_SVC_REASON_NONE, 1000000);

        is_int(rc, (i & 2) ? NGX_DECLINED : NGX_OK, "an answer to that");
        is_int(tx->status,
               (i & 2) ? IDV_TX_FAIL
                       : (i & 1) ? IDV_TX_SUCCESS : IDV_TX_IN_PROGRESS,
               "status after it");
        rc = idv_svc_tx_answer(tx, IDV_SVC_CHECK_GOVERNMENT_ID,
                               IDV_SVC_FOUND_BAD, IDV_SVC_REASON_REJECTED,
                               1000000);

        is_int(rc, i == 0 ? NGX_OK : NGX_DECLINED, "another answer");
        is_int(tx->status, i == 1 ? IDV_TX_SUCCESS : IDV_TX_FAIL,
               "status after that");

        ngx_destroy_pool(pool);
    }
}


int
main(void)
{
    test_pairs();
    test_values();
    test_rules();

    return tap_done();
}
