
/*
 * Copyright (C) nginx-idv authors
 *
 * The words of the API for a flow.
 */


#include <string.h>

#include "idv_flow.h"


static const char *const  idv_flow_states[IDV_STATE_NSTATES] = {
    "NEW",
    "ID_VERIFICATION_DEVICE",
    "ID_VERIFICATION_OPTIONS",
    "ID_VERIFICATION_REQUIRED",
    "ID_VERIFICATION_IN_PROGRESS",
    "ID_VERIFICATION_COMPLETED",
    "ID_VERIFICATION_FAILED",
    "ID_VERIFICATION_TIMED_OUT",
    "COMPLETED",
    "FAILED"
};


static const char *const  idv_flow_actions[IDV_ACTION_NACTIONS] = {
    "deviceAuthentication",
    "optionsAuthentication",
    "poll",
    "retryVerification",
    "cancelAuthentication",
    "continueAuthentication"
};


const char *
idv_flow_state_name(unsigned state)
{
    return state < IDV_STATE_NSTATES ? idv_flow_states[state] : "UNKNOWN";
}


const char *
idv_flow_action_name(unsigned action)
{
    return action < IDV_ACTION_NACTIONS ? idv_flow_actions[action] : "UNKNOWN";
}


int
idv_flow_action_parse(const char *text, size_t len)
{
    int  i;

    for (i = 0; i < IDV_ACTION_NACTIONS; i++) {
        if (strlen(idv_flow_actions[i]) == len
            && memcmp(idv_flow_actions[i], text, len) == 0)
        {
            return i;
        }
    }

    return -1;
}
