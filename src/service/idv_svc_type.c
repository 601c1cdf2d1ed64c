
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_type.h"


#define IDV_SVC_MAX_KINDS  8


/* kinds are those of idv_svc_documents */

const idv_svc_type_t  idv_svc_types[] = {

    { ngx_string("Driver License Front"), IDV_SVC_GIVE_DOCUMENT,
      2, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_FRONT_IMAGE, 0, 0 },

    { ngx_string("Driver License Back"), IDV_SVC_GIVE_DOCUMENT,
      2, IDV_SVC_SIDE_BACK, IDV_SVC_DATA_BACK_IMAGE, 0, 0 },

    { ngx_string("Driver License Code"), IDV_SVC_GIVE_DOCUMENT,
      2, IDV_SVC_SIDE_CODE, IDV_SVC_DATA_BARCODE, 1, 0 },

    { ngx_string("Passport Front"), IDV_SVC_GIVE_DOCUMENT,
      1, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_FRONT_IMAGE, 0, 0 },

    { ngx_string("Passport Card Front"), IDV_SVC_GIVE_DOCUMENT,
      5, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_FRONT_IMAGE, 0, 0 },

    { ngx_string("Passport Card Back"), IDV_SVC_GIVE_DOCUMENT,
      5, IDV_SVC_SIDE_BACK, IDV_SVC_DATA_BACK_IMAGE, 0, 0 },

    { ngx_string("Identity Card Front"), IDV_SVC_GIVE_DOCUMENT,
      3, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_FRONT_IMAGE, 0, 0 },

    { ngx_string("Identity Card Back"), IDV_SVC_GIVE_DOCUMENT,
      3, IDV_SVC_SIDE_BACK, IDV_SVC_DATA_BACK_IMAGE, 0, 0 },

    { ngx_string("Residence Permit Front"), IDV_SVC_GIVE_DOCUMENT,
      4, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_FRONT_IMAGE, 0, 0 },

    { ngx_string("Residence Permit Back"), IDV_SVC_GIVE_DOCUMENT,
      4, IDV_SVC_SIDE_BACK, IDV_SVC_DATA_BACK_IMAGE, 0, 0 },

    { ngx_string("Selfie"), IDV_SVC_GIVE_SELFIE,
      0, IDV_SVC_SIDE_FRONT, IDV_SVC_DATA_SELFIE, 0, 0 },

    { ngx_string("Phone"), IDV_SVC_GIVE_PHONE,
      0, IDV_SVC_SIDE_NONE, IDV_SVC_DATA_PHONE, 1, 0 },

    { ngx_string("Email"), IDV_SVC_GIVE_EMAIL,
      0, IDV_SVC_SIDE_NONE, IDV_SVC_DATA_EMAIL, 1, 0 },

    { ngx_string("Voice Sample"), IDV_SVC_GIVE_VOICE,
      0, IDV_SVC_SIDE_NONE, IDV_SVC_NDATA, 0, 1 },

    { ngx_string("Voice Input"), IDV_SVC_GIVE_VOICE,
      0, IDV_SVC_SIDE_NONE, IDV_SVC_NDATA, 0, 0 },

    { ngx_null_string, 0, 0, 0, 0, 0, 0 }
};


/* the other side, which makes a kind whole together with its front; any of */

static const ngx_uint_t  idv_svc_kind_sides[IDV_SVC_MAX_KINDS] = {
    0, 0, 1 << IDV_SVC_SIDE_BACK | 1 << IDV_SVC_SIDE_CODE, 0, 0,
    1 << IDV_SVC_SIDE_BACK, 0, 0
};


ngx_int_t
idv_svc_type_find(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; idv_svc_types[i].name.len; i++) {
        if (idv_svc_types[i].name.len == name->len
            && ngx_strncmp(idv_svc_types[i].name.data, name->data, name->len)
               == 0)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
idv_svc_type_side(ngx_uint_t kind, ngx_uint_t side)
{
    ngx_uint_t  i;

    for (i = 0; idv_svc_types[i].name.len; i++) {
        if (idv_svc_types[i].kind == kind && idv_svc_types[i].side == side)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


ngx_uint_t
idv_svc_type_group(ngx_uint_t type)
{
    switch (idv_svc_types[type].give) {

    case IDV_SVC_GIVE_DOCUMENT:
        return IDV_SVC_GROUP_ID;

    case IDV_SVC_GIVE_SELFIE:
        return IDV_SVC_GROUP_SELFIE;
    }

    return IDV_SVC_GROUP_OTHER;
}


ngx_uint_t
idv_svc_type_latest(const idv_svc_tx_t *tx, const idv_svc_doc_t *doc)
{
    return doc->attempt == tx->attempt[idv_svc_type_group(doc->type)];
}


ngx_uint_t
idv_svc_type_given(const idv_svc_view_t *view)
{
    ngx_uint_t             i, given;
    const idv_svc_type_t  *type;

    given = (view->tx.typed || idv_svc_type_kind(view)) ? IDV_SVC_GIVE_DOCUMENT
                                                        : 0;

    for (i = 0; i < view->ndocs; i++) {
        type = &idv_svc_types[view->doc[i].type];

        if (type->give != IDV_SVC_GIVE_DOCUMENT
            && idv_svc_type_latest(&view->tx, &view->doc[i])
            && !idv_svc_type_unproved(&view->tx, &view->doc[i]))
        {
            given |= type->give;
        }
    }

    return given;
}


ngx_uint_t
idv_svc_type_unproved(const idv_svc_tx_t *tx, const idv_svc_doc_t *doc)
{
    ngx_uint_t  give, channel;

    give = idv_svc_types[doc->type].give;

    if (tx->rules.collect_only
        || !(give & (IDV_SVC_GIVE_EMAIL|IDV_SVC_GIVE_PHONE)))
    {
        return 0;
    }

    channel = (give == IDV_SVC_GIVE_EMAIL) ? IDV_SVC_EMAIL : IDV_SVC_SMS;

    /* for a client's a person can speak as well, as long as it is open */

    if (doc->client) {
        return tx->checks[idv_svc_tx_otp_check(channel)] > IDV_TX_SUCCESS;
    }

    return tx->otp[channel].state != IDV_OTP_VERIFIED;
}


ngx_uint_t
idv_svc_type_kind(const idv_svc_view_t *view)
{
    ngx_uint_t             i, kind, sides[IDV_SVC_MAX_KINDS];
    const idv_svc_type_t  *type;

    ngx_memzero(sides, sizeof(sides));

    for (i = 0; i < view->ndocs; i++) {
        type = &idv_svc_types[view->doc[i].type];

        if (idv_svc_type_latest(&view->tx, &view->doc[i])) {
            sides[type->kind] |= 1 << type->side;
        }
    }

    for (kind = 1; kind < IDV_SVC_MAX_KINDS; kind++) {
        if ((sides[kind] & (1 << IDV_SVC_SIDE_FRONT))
            && (idv_svc_kind_sides[kind] == 0
                || (sides[kind] & idv_svc_kind_sides[kind])))
        {
            return kind;
        }
    }

    return 0;
}


const idv_svc_doc_t *
idv_svc_type_doc(const idv_svc_view_t *view, ngx_uint_t give, ngx_uint_t side)
{
    ngx_uint_t             i;
    const idv_svc_type_t  *type;

    for (i = 0; i < view->ndocs; i++) {
        type = &idv_svc_types[view->doc[i].type];

        if (type->give == give && type->side == side
            && idv_svc_type_latest(&view->tx, &view->doc[i]))
        {
            return &view->doc[i];
        }
    }

    return NULL;
}
