
/*
 * Copyright (C) nginx-idv authors
 *
 * What the checks of a document found, in the words and shapes of the API.
 * Nothing personal is in them: they are kept when the document is gone.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_CHECK_DIGIT      601 /* the API's verificationType */
#define IDV_SVC_DATA_COMPARISON  700
#define IDV_SVC_CERTAIN          1000


static json_t *idv_svc_finding_differs(const idv_svc_tx_t *tx);
static json_t *idv_svc_finding(const char *name, int type, json_t *reasons);


json_t *
idv_svc_finding_faults(const idv_svc_tx_t *tx)
{
    json_t      *list;
    ngx_uint_t   i;
    const char  *name;

    list = json_array();

    for (i = 0; (name = idv_document_fault_name(tx->zone, i)) != NULL; i++) {
        if (tx->faults & ((uint32_t) 1 << i)) {
            (void) json_array_append_new(list, json_string(name));
        }
    }

    return list;
}


static json_t *
idv_svc_finding_differs(const idv_svc_tx_t *tx)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();

    for (i = 0; i < IDV_DOCUMENT_NFIELDS; i++) {
        if (tx->differs & ((uint32_t) 1 << i)) {
            (void) json_array_append_new(list,
                                         json_string(idv_document_key(i)));
        }
    }

    return list;
}


json_t *
idv_svc_finding_verifications(const idv_svc_tx_t *tx)
{
    json_t  *list;

    if (tx->zone == IDV_DOCUMENT_NONE) {
        return NULL;
    }

    list = json_array();

    if (tx->zone == IDV_DOCUMENT_MRZ) {
        (void) json_array_append_new(list,
                     idv_svc_finding("MRZ Check Digit", IDV_SVC_CHECK_DIGIT,
                                     idv_svc_finding_faults(tx)));

    } else {
        (void) json_array_append_new(list,
                     idv_svc_finding("Barcode", 0,
                                     idv_svc_finding_faults(tx)));
    }

    (void) json_array_append_new(list,
                     idv_svc_finding("Data Comparison",
                                     IDV_SVC_DATA_COMPARISON,
                                     idv_svc_finding_differs(tx)));

    return list;
}


/* a slip of the pen is no forgery: what is not right is left open */

static json_t *
idv_svc_finding(const char *name, int type, json_t *reasons)
{
    int      good;
    json_t  *finding;

    good = (json_array_size(reasons) == 0);

    finding = json_pack("{s:s, s:s, s:i, s:o}",
                        "name", name,
                        "judgement", good ? "Authentic" : "Undetermined",
                        "probability", good ? IDV_SVC_CERTAIN : 0,
                        "reasons", reasons);

    if (type) {
        (void) json_object_set_new(finding, "verificationType",
                                   json_integer(type));
    }

    return finding;
}


json_t *
idv_svc_finding_matches(const idv_svc_tx_t *tx, ngx_uint_t *good)
{
    json_t      *list;
    ngx_uint_t   i;

    list = json_array();
    *good = 1;

    for (i = 0; i < IDV_MATCH_NFIELDS; i++) {

        if (tx->match[i] == 0) {
            continue;
        }

        if (tx->match[i] - 1 == IDV_MATCH_NONE) {
            *good = 0;
        }

        (void) json_array_append_new(list,
                     json_pack("{s:s, s:s}",
                               "identifier", idv_match_field_name(i),
                               "match",
                               idv_match_word_name(tx->match[i] - 1)));
    }

    return list;
}
