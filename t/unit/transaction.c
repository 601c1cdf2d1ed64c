
/*
 * Copyright (C) nginx-idv authors
 *
 * The status of a transaction: the words that there are, and what is none.
 */


#include "tap.h"
#include "model/idv_transaction.h"


static int
parsed(const char *text)
{
    return idv_tx_status_parse(text, strlen(text));
}


int
main(void)
{
    int          i, wrong, good;
    const char  *name;

    wrong = 0;
    good = 0;

    for (i = IDV_TX_UNKNOWN + 1; i < IDV_TX_NSTATUSES; i++) {
        name = idv_tx_status_name((idv_tx_status_e) i);
        wrong += parsed(name) != i;
        good += idv_tx_status_good((idv_tx_status_e) i);
    }

    is_int(wrong, 0, "each status is read as it is named");
    is_int(good, 3, "three of them are a success");

    is_int(parsed(""), IDV_TX_UNKNOWN, "no word");
    is_int(parsed("success"), IDV_TX_UNKNOWN, "a word in lower case");
    is_int(parsed("SUCCES"), IDV_TX_UNKNOWN, "a word that is cut off");
    is_int(parsed("SUCCESS "), IDV_TX_UNKNOWN, "a longer one");
    is_int(parsed("UNKNOWN"), IDV_TX_UNKNOWN, "our own word for none");
    is_int(idv_tx_status_parse(NULL, 0), IDV_TX_UNKNOWN, "nothing");

    /* a number that is in a session or a zone, and is none that we know */

    for (i = IDV_TX_NSTATUSES; i <= 255; i++) {
        wrong += strcmp(idv_tx_status_name((idv_tx_status_e) i),
                        idv_tx_status_name(IDV_TX_UNKNOWN)) != 0;
        good += idv_tx_status_good((idv_tx_status_e) i);
    }

    is_int(wrong, 0, "any other number is unknown");
    is_int(good, 3, "and no success");

    return tap_done();
}
