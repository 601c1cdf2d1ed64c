
/*
 * Copyright (C) nginx-idv authors
 *
 * Texts of messages that the operator has written, instead of ours.
 */


#ifndef _IDV_SVC_TEMPLATE_H_INCLUDED_
#define _IDV_SVC_TEMPLATE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* const after start */

typedef struct {
    ngx_uint_t   link;               /* 1: of the link, 0: of a password */
    ngx_uint_t   channel;            /* idv_svc_channel_e */
    ngx_str_t    locale;             /* a language tag, or "": any */
    ngx_str_t    variant;            /* or "" */
    ngx_str_t    subject;            /* of a mail, as its header has it */
    ngx_str_t    text;
} idv_svc_template_t;


/* what stands for ${...} in a text */

typedef struct {
    ngx_str_t    otp;
    ngx_str_t    link;
    ngx_str_t    minutes;
    ngx_str_t    client;
} idv_svc_template_values_t;


/* the file's templates, in the configuration's pool; NGX_ERROR is logged */
ngx_int_t idv_svc_template_conf(ngx_conf_t *cf, ngx_str_t *file,
    ngx_array_t **templates);

/*
 * The one for such a message, NULL if there is none: of its variant, or of
 * none; in the language, or else the first one.
 */
const idv_svc_template_t *idv_svc_template_find(const ngx_array_t *templates,
    ngx_uint_t link, ngx_uint_t channel, const ngx_str_t *variant,
    const ngx_str_t *language);

/* its text with the values, in the pool */
ngx_int_t idv_svc_template_text(ngx_pool_t *pool,
    const idv_svc_template_t *template,
    const idv_svc_template_values_t *values, ngx_str_t *text);

/* 1: an Accept-Language begins with this language, "de" for "de-AT" as well */
ngx_uint_t idv_svc_template_speaks(const ngx_str_t *language,
    const ngx_str_t *locale);


#endif /* _IDV_SVC_TEMPLATE_H_INCLUDED_ */
