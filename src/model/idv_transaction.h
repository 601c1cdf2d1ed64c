
/*
 * Copyright (C) nginx-idv authors
 *
 * The words of a PingOne verify transaction.  Plain C: shared by the adapter,
 * the local service, unit tests and fuzz targets.
 */


#ifndef _IDV_TRANSACTION_H_INCLUDED_
#define _IDV_TRANSACTION_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* transactionStatus.status; the order is part of the zone's layout */

typedef enum {
    IDV_TX_UNKNOWN = 0,              /* any value that is not listed here */
    IDV_TX_REQUESTED,
    IDV_TX_INITIATED,
    IDV_TX_PARTIAL,
    IDV_TX_IN_PROGRESS,
    IDV_TX_SUCCESS,
    IDV_TX_APPROVED_MANUALLY,
    IDV_TX_APPROVED_NO_REQUEST,
    IDV_TX_NOT_REQUIRED,
    IDV_TX_FAIL,
    IDV_TX_NSTATUSES
} idv_tx_status_e;


/* exact, case-sensitive; IDV_TX_UNKNOWN for anything else */
idv_tx_status_e idv_tx_status_parse(const char *text, size_t len);

/* NUL-terminated name; "UNKNOWN" for IDV_TX_UNKNOWN and out of range */
const char *idv_tx_status_name(idv_tx_status_e status);

/* 1 for SUCCESS, APPROVED_MANUALLY, APPROVED_NO_REQUEST and nothing else */
int idv_tx_status_good(idv_tx_status_e status);


#endif /* _IDV_TRANSACTION_H_INCLUDED_ */
