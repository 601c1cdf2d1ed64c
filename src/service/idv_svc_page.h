
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
#include "idv_svc_text.h"


#define IDV_SVC_MAX_FIELD  100       /* bytes of what is typed in */


/* a field of the document's form, and the key of GOVERNMENT_ID it becomes */

typedef struct {
    const char           *name;
    idv_svc_text_e        label;
    const char           *attributes;
    unsigned              date:1;
} idv_svc_input_t;

extern const idv_svc_input_t  idv_svc_inputs[];      /* ends with no name */


/* where the user is, in the order in which they come there */

typedef enum {
    IDV_SVC_STAGE_BEGIN = 0,
    IDV_SVC_STAGE_EMAIL,
    IDV_SVC_STAGE_PHONE,
    IDV_SVC_STAGE_KIND,
    IDV_SVC_STAGE_FRONT,
    IDV_SVC_STAGE_BACK,
    IDV_SVC_STAGE_DETAILS,
    IDV_SVC_STAGE_SELFIE,
    IDV_SVC_STAGE_REVIEW,
    IDV_SVC_STAGE_WAIT,
    IDV_SVC_STAGE_DONE
} idv_svc_stage_e;


typedef struct {
    idv_svc_call_t        *call;
    idv_svc_view_t        *view;
    const idv_svc_lang_t  *lang;
    idv_svc_stage_e        stage;

    ngx_str_t              query;    /* that leads back to this transaction */
    ngx_str_t              redirect; /* where the creator wants the user */
    ngx_str_t              message;
    ngx_str_t              client;   /* who asks, or "" */
    unsigned               same_device:1;
    unsigned               skip_intro:1;
    unsigned               automatic:1;
    unsigned               failed:1; /* to print something */

    /* a form that is shown again: what was wrong, and what was typed in */
    idv_svc_text_e         problem;
    ngx_uint_t             empty;    /* bits of inputs */
    ngx_uint_t             wrong;
    unsigned               bad_zone:1;
    idv_svc_form_t        *form;

    unsigned               deliver:1;    /* a code, once the step is saved */
    idv_svc_channel_e      channel;      /* ... that way */

    u_char                *start;
    u_char                *pos;
    u_char                *last;
} idv_svc_page_t;


#define idv_svc_say(page, key)  (&(page)->lang->text[key])


/* what the link and the creator say; NGX_ERROR without memory */
ngx_int_t idv_svc_page_init(idv_svc_page_t *page, idv_svc_call_t *call,
    idv_svc_view_t *view);

/* where the user is now; the view has the list of its documents */
idv_svc_stage_e idv_svc_page_stage(const idv_svc_view_t *view);

/* what is given there; 0: nothing */
ngx_uint_t idv_svc_page_give(idv_svc_stage_e stage);

/* ... while a document is wanted; IDV_SVC_STAGE_SELFIE: it is all there */
idv_svc_stage_e idv_svc_page_paper(const idv_svc_view_t *view);

/* the page of that stage (idv_svc_page_view.c) */
ngx_int_t idv_svc_page_show(idv_svc_page_t *page);

/* idv_svc_page_form.c: the form of a document's details; the last look */
void idv_svc_page_details(idv_svc_page_t *page);
ngx_int_t idv_svc_page_review(idv_svc_page_t *page);

/*
 * idv_svc_page_otp.c: an address and the code that is sent to it; its steps, as
 * those of idv_svc_capture.c are
 */
ngx_int_t idv_svc_page_otp(idv_svc_page_t *page);
ngx_int_t idv_svc_page_otp_send(idv_svc_page_t *page, ngx_uint_t *changed);
ngx_int_t idv_svc_page_otp_check(idv_svc_page_t *page, ngx_uint_t *changed);

/* idv_svc_capture.c: what there is now */
ngx_int_t idv_svc_capture_given(idv_svc_page_t *page, ngx_uint_t *changed);

/* after a step: back to the page, or to where the creator wants the user */
ngx_int_t idv_svc_page_next(idv_svc_page_t *page, ngx_uint_t finished);

/* one page for everything that is not a transaction's */
ngx_int_t idv_svc_page_none(idv_svc_call_t *call);
ngx_int_t idv_svc_page_full(idv_svc_call_t *call);
ngx_int_t idv_svc_page_malformed(idv_svc_call_t *call);


/*
 * The frame of a page, and what is put into it.  A title that is told has
 * values; text is escaped, all other things are markup.
 */

ngx_int_t idv_svc_page_begin(idv_svc_page_t *page, const ngx_str_t *title,
    ngx_uint_t refresh);
ngx_int_t idv_svc_page_end(idv_svc_page_t *page, ngx_uint_t status);

/* the head and the end of a stage's page (idv_svc_page_view.c) */
ngx_int_t idv_svc_page_open(idv_svc_page_t *page, const ngx_str_t *title,
    ngx_uint_t refresh);
ngx_int_t idv_svc_page_close(idv_svc_page_t *page);

/* a form up to its first field; a form that is only a button, of something */
void idv_svc_page_form(idv_svc_page_t *page, const char *step,
    const char *attributes);
void idv_svc_page_button(idv_svc_page_t *page, const char *step,
    const char *what, const ngx_str_t *label, const ngx_str_t *of);

/* ... where this may be left out (idv_svc_page_view.c) */
void idv_svc_page_skip(idv_svc_page_t *page);

void idv_svc_page_print(idv_svc_page_t *page, const char *fmt, ...);
void idv_svc_page_text(idv_svc_page_t *page, const ngx_str_t *text);

/* a text with values, which are markup and may be NULL, in the pool */
ngx_str_t *idv_svc_page_told(idv_svc_page_t *page, idv_svc_text_e key,
    const ngx_str_t *first, const ngx_str_t *second);

/* markup: a value, who asks, a time of day */
ngx_str_t *idv_svc_page_marked(idv_svc_page_t *page, const char *before,
    const ngx_str_t *value, const char *after);
ngx_str_t *idv_svc_page_client(idv_svc_page_t *page);
ngx_str_t *idv_svc_page_time(idv_svc_page_t *page, int64_t ms);


#endif /* _IDV_SVC_PAGE_H_INCLUDED_ */
