
/*
 * Copyright (C) nginx-idv authors
 *
 * What is said of a user and not of a transaction: whether there may be any,
 * and that all begins anew.  And what the API has for users and environments
 * and this service has not.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


static void idv_svc_user_of(idv_svc_call_t *call, idv_svc_key_t *key);
static ngx_int_t idv_svc_user_answer(idv_svc_call_t *call,
    idv_svc_standing_e standing);


/* in the order of idv_svc_standing_e */

static ngx_str_t  idv_svc_standings[IDV_SVC_NSTANDINGS] = {
    ngx_string("NOT_INITIATED"),
    ngx_string("ENABLED"),
    ngx_string("DISABLED")
};


const ngx_str_t *
idv_svc_user_standing(idv_svc_standing_e standing)
{
    return &idv_svc_standings[standing];
}


ngx_int_t
idv_svc_user_status(idv_svc_call_t *call)
{
    idv_svc_key_t       key;
    idv_svc_standing_e  standing;

    idv_svc_user_of(call, &key);

    if (idv_svc_users_standing(call->store, &key, &standing) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_user_answer(call, standing);
}


ngx_int_t
idv_svc_user_set_status(idv_svc_call_t *call)
{
    ngx_str_t      word;
    ngx_uint_t     i;
    idv_svc_key_t  key;

    word = idv_json_string(call->json, "verifyStatus");

    for (i = 0; i < IDV_SVC_NSTANDINGS; i++) {
        if (word.len == idv_svc_standings[i].len
            && ngx_strncmp(word.data, idv_svc_standings[i].data, word.len)
               == 0)
        {
            break;
        }
    }

    if (i == IDV_SVC_NSTANDINGS) {
        idv_svc_detail(call, "INVALID_VALUE", "verifyStatus",
                       "There is no such status.",
                       json_pack("{s:[s, s, s]}", "allowedValues",
                                 "NOT_INITIATED", "ENABLED", "DISABLED"));

        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    idv_svc_user_of(call, &key);

    if (idv_svc_users_stand(call->store, &key, i) != NGX_OK) {
        return idv_svc_full(call);
    }

    return idv_svc_user_answer(call, i);
}


ngx_int_t
idv_svc_user_reset(idv_svc_call_t *call)
{
    idv_svc_key_t  key;

    idv_svc_user_of(call, &key);

    if (idv_svc_users_reset(call->store, &key) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_nothing(call);
}


static void
idv_svc_user_of(idv_svc_call_t *call, idv_svc_key_t *key)
{
    key->tx = NULL;
    key->env = call->env;
    key->user = call->user;
}


static ngx_int_t
idv_svc_user_answer(idv_svc_call_t *call, idv_svc_standing_e standing)
{
    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:o, s:o}",
                               "_links",
                               idv_svc_json_user_links(call, "/verifyStatus"),
                               "verifyStatus",
                               idv_svc_json_str(
                                           &idv_svc_standings[standing])));
}


/* deprecated, and on its way out of PingOne, too */

ngx_int_t
idv_svc_gone(idv_svc_call_t *call)
{
    return idv_svc_error(call, IDV_SVC_GONE);
}


/* what a register would have to answer */

ngx_int_t
idv_svc_unlicensed(idv_svc_call_t *call)
{
    return idv_svc_error(call, IDV_SVC_NOT_IMPLEMENTED);
}
