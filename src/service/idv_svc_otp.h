
/*
 * Copyright (C) nginx-idv authors
 *
 * E-mail addresses and phones of a transaction: one is good when the code that
 * was sent there is typed in.  How often, how soon and for how long is up to
 * the policy.  A page does this:
 *
 *     idv_svc_otp_wanted()    which of the two is to be asked for next
 *     idv_svc_otp_look()      what there is to show
 *     idv_svc_otp_send()      "send it", for the first time and again
 *     idv_svc_otp_check()     "this is the code"
 *     idv_svc_store_save()    of the view, with what has changed
 *     idv_svc_otp_deliver()   after it, if a code is to be sent
 */


#ifndef _IDV_SVC_OTP_H_INCLUDED_
#define _IDV_SVC_OTP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../model/idv_otp.h"
#include "idv_svc.h"
#include "idv_svc_address.h"


#define IDV_SVC_MAX_ADDRESSES  32


typedef struct {
    ngx_uint_t   state;              /* idv_otp_state_e */

    /* that the creator allows, masked; none: the user types one in */
    ngx_str_t    list[IDV_SVC_MAX_ADDRESSES];
    ngx_uint_t   n;

    ngx_str_t    address;            /* of the last code, masked, or "" */
    ngx_uint_t   attempts;           /* that are left */
    ngx_uint_t   deliveries;         /* that are left */
    int64_t      again;              /* ms until another may be sent */
    int64_t      valid;              /* ms the last one is good for, from now */
    unsigned     undelivered:1;      /* ... but it could not be sent */
} idv_svc_otp_look_t;


/*
 * IDV_SVC_GIVE_EMAIL, IDV_SVC_GIVE_PHONE, or 0 where the user has nothing to do
 * for them any more: verified, failed or skipped.
 */
ngx_uint_t idv_svc_otp_wanted(const idv_svc_tx_t *tx);

/* of that IDV_SVC_GIVE_ */
idv_svc_channel_e idv_svc_otp_channel(ngx_uint_t give);

/* the view needs its blobs and documents; NGX_ERROR without memory */
ngx_int_t idv_svc_otp_look(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, idv_svc_otp_look_t *look);

/*
 * Both change the view, and add to changed what is to be saved of it, whatever
 * the result: attempts count.  An idv_otp_result_e, NGX_DECLINED where the
 * transaction waits for no such thing, or NGX_ERROR without memory or random
 * numbers.  Once a code is right, or wrong for the last time, the page goes on
 * with its next step.
 *
 * to: the address as it was typed in, or where there is a list a place in it,
 * from 0; empty for that of the last code, or the only one there is.
 * IDV_OTP_MALFORMED if it is none of these.
 *
 * Where the policy only collects, sending takes the address and that is all:
 * IDV_OTP_DONE.
 */
ngx_int_t idv_svc_otp_send(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, const ngx_str_t *to, ngx_uint_t *changed);
ngx_int_t idv_svc_otp_check(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, const ngx_str_t *code, ngx_uint_t *changed);

/*
 * The address is another one, or is gone: a code that was sent proves nothing
 * any more.  What was given may be anything, and most is no address.
 */
void idv_svc_otp_revoke(idv_svc_tx_t *tx, ngx_uint_t give, int64_t now);

/*
 * Has the code of the view, which is saved, delivered; then done answers the
 * request.  Returns what a handler returns.
 */
ngx_int_t idv_svc_otp_deliver(idv_svc_call_t *call, idv_svc_view_t *view,
    idv_svc_channel_e channel, idv_svc_handler_pt done);


#endif /* _IDV_SVC_OTP_H_INCLUDED_ */
