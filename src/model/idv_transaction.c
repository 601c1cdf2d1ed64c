
/*
 * Copyright (C) nginx-idv authors
 */


#include <string.h>

#include "idv_transaction.h"


typedef struct {
    const char  *name;
    int          good;
} idv_tx_status_word_t;


/* in the order of idv_tx_status_e */

static const idv_tx_status_word_t  idv_tx_statuses[IDV_TX_NSTATUSES] = {
    { "UNKNOWN", 0 },
    { "REQUESTED", 0 },
    { "INITIATED", 0 },
    { "PARTIAL", 0 },
    { "IN_PROGRESS", 0 },
    { "SUCCESS", 1 },
    { "APPROVED_MANUALLY", 1 },
    { "APPROVED_NO_REQUEST", 1 },
    { "NOT_REQUIRED", 0 },
    { "FAIL", 0 }
};


idv_tx_status_e
idv_tx_status_parse(const char *text, size_t len)
{
    int          i;
    const char  *name;

    if (text == NULL) {
        return IDV_TX_UNKNOWN;
    }

    for (i = IDV_TX_UNKNOWN + 1; i < IDV_TX_NSTATUSES; i++) {
        name = idv_tx_statuses[i].name;

        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            return (idv_tx_status_e) i;
        }
    }

    return IDV_TX_UNKNOWN;
}


const char *
idv_tx_status_name(idv_tx_status_e status)
{
    if ((unsigned) status >= IDV_TX_NSTATUSES) {
        status = IDV_TX_UNKNOWN;
    }

    return idv_tx_statuses[status].name;
}


int
idv_tx_status_good(idv_tx_status_e status)
{
    if ((unsigned) status >= IDV_TX_NSTATUSES) {
        return 0;
    }

    return idv_tx_statuses[status].good;
}
