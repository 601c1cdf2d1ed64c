
/*
 * Copyright (C) nginx-idv authors
 *
 * The capture page as HTML.  It needs no script; everything that is not a
 * constant is escaped here.
 */


#ifndef _IDV_SVC_PAGE_H_INCLUDED_
#define _IDV_SVC_PAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc.h"
#include "idv_svc_form.h"


#define IDV_SVC_MAX_FIELD  100       /* bytes of what is typed in */


/* a field of the document's form, and the key of GOVERNMENT_ID it becomes */

typedef struct {
    const char       *name;
    const char       *label;
    const char       *attributes;
    unsigned          date:1;
} idv_svc_input_t;

extern idv_svc_input_t  idv_svc_inputs[];    /* ends with no name */


typedef struct {
    idv_svc_call_t   *call;
    idv_svc_view_t   *view;

    ngx_str_t         query;         /* that leads back to this transaction */
    ngx_str_t         redirect;      /* where the creator wants the user */
    ngx_str_t         message;
    ngx_str_t         client;        /* who asks, or "" */
    unsigned          same_device:1;
    unsigned          skip_intro:1;
    unsigned          automatic:1;

    /* a form that is shown again: what was wrong, and what was typed in */
    const char       *problem;
    ngx_uint_t        missing;       /* bits of inputs */
    unsigned          bad_zone:1;
    idv_svc_form_t   *form;

    unsigned          deliver:1;     /* a code, once the step is saved */
    idv_svc_channel_e channel;       /* ... that way */

    u_char           *start;
    u_char           *pos;
    u_char           *last;
} idv_svc_page_t;


/* what the link and the creator say; NGX_ERROR without memory */
ngx_int_t idv_svc_page_init(idv_svc_page_t *page, idv_svc_call_t *call,
    idv_svc_view_t *view);

/*
 * What the page asks for next: IDV_SVC_GIVE_EMAIL, IDV_SVC_GIVE_PHONE,
 * IDV_SVC_GIVE_DOCUMENT, IDV_SVC_GIVE_SELFIE, or 0 where its part is over.
 */
ngx_uint_t idv_svc_page_wanted(const idv_svc_tx_t *tx);

/* the page of the transaction's status */
ngx_int_t idv_svc_page_show(idv_svc_page_t *page);

/* what pages are made of; the text is escaped */
ngx_int_t idv_svc_page_begin(idv_svc_page_t *page, idv_svc_call_t *call,
    const char *title, ngx_uint_t refresh);
ngx_int_t idv_svc_page_end(idv_svc_page_t *page, ngx_uint_t status);
void idv_svc_page_print(idv_svc_page_t *page, const char *fmt, ...);
void idv_svc_page_text(idv_svc_page_t *page, ngx_str_t *text);
void idv_svc_page_steps(idv_svc_page_t *page, ngx_uint_t now);
void idv_svc_page_action(idv_svc_page_t *page, const char *step,
    const char *attributes);
void idv_svc_page_skip(idv_svc_page_t *page);

/*
 * idv_svc_page_otp.c: an address and the code that is sent to it; its steps, as
 * those of idv_svc_capture.c are
 */
ngx_int_t idv_svc_page_otp(idv_svc_page_t *page, idv_svc_channel_e channel);
ngx_int_t idv_svc_page_otp_send(idv_svc_page_t *page, ngx_uint_t *changed);
ngx_int_t idv_svc_page_otp_check(idv_svc_page_t *page, ngx_uint_t *changed);

/* idv_svc_capture.c: what is there now; with the last of it all is looked at */
ngx_int_t idv_svc_capture_given(idv_svc_page_t *page, ngx_uint_t *changed);

/* after a step: back to the page, or to where the creator wants the user */
ngx_int_t idv_svc_page_next(idv_svc_page_t *page, ngx_uint_t finished);

/* one page for everything that is not a transaction's */
ngx_int_t idv_svc_page_none(idv_svc_call_t *call);
ngx_int_t idv_svc_page_full(idv_svc_call_t *call);
ngx_int_t idv_svc_page_malformed(idv_svc_call_t *call);


#endif /* _IDV_SVC_PAGE_H_INCLUDED_ */
