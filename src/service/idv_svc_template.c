
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_template.h"


#define IDV_SVC_MAX_TEMPLATES  (256 * 1024)  /* bytes of the file */
#define IDV_SVC_MAX_MAIL       (16 * 1024)
#define IDV_SVC_MAX_SMS        660           /* characters */
#define IDV_SVC_MAX_SUBJECT    255           /* bytes */
#define IDV_SVC_ENCODED        39            /* bytes of an encoded word */


typedef struct {
    ngx_conf_t    *cf;
    ngx_str_t     *file;
    ngx_uint_t     place;            /* in the file, from 1 */
} idv_svc_template_file_t;


typedef struct {
    ngx_str_t      name;
    size_t         offset;           /* into idv_svc_template_values_t */
} idv_svc_template_variable_t;


static ngx_int_t idv_svc_template_one(idv_svc_template_file_t *f,
    json_t *json, idv_svc_template_t *template);
static const char *idv_svc_template_read(json_t *json,
    idv_svc_template_t *template);
static const char *idv_svc_template_tags(json_t *json,
    idv_svc_template_t *template);
static const char *idv_svc_template_check(const idv_svc_template_t *template);
static const char *idv_svc_template_variables(const ngx_str_t *text,
    ngx_uint_t *found);
static const idv_svc_template_variable_t *idv_svc_template_variable(
    u_char *p, u_char *last, u_char **end);
static ngx_uint_t idv_svc_template_header(const ngx_str_t *text);
static ngx_int_t idv_svc_template_keep(ngx_pool_t *pool,
    idv_svc_template_t *template);
static ngx_int_t idv_svc_template_subject(ngx_pool_t *pool, ngx_str_t *subject);


/* PingOne's names for what its templates have, and two of ours */

static const idv_svc_template_variable_t  idv_svc_template_names[] = {
    { ngx_string("otp"), offsetof(idv_svc_template_values_t, otp) },
    { ngx_string("app.open.url"), offsetof(idv_svc_template_values_t, link) },
    { ngx_string("minutes"), offsetof(idv_svc_template_values_t, minutes) },
    { ngx_string("client"), offsetof(idv_svc_template_values_t, client) },
    { ngx_null_string, 0 }
};

#define IDV_SVC_TEMPLATE_OTP   0
#define IDV_SVC_TEMPLATE_LINK  1


ngx_int_t
idv_svc_template_conf(ngx_conf_t *cf, ngx_str_t *file, ngx_array_t **templates)
{
    size_t                    i;
    json_t                   *root;
    ngx_str_t                 text;
    idv_svc_template_t       *template;
    idv_svc_template_file_t   f;

    f.cf = cf;
    f.file = file;

    if (ngx_http_idv_service_file(cf, file, IDV_SVC_MAX_TEMPLATES, 0, &text)
        != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }

    root = idv_json_parse(cf->temp_pool, text.data, text.len,
                          IDV_SVC_MAX_TEMPLATES);

    if (!json_is_array(root)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a JSON array of templates", file);
        return NGX_ERROR;
    }

    *templates = ngx_array_create(cf->pool, 4, sizeof(idv_svc_template_t));
    if (*templates == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < json_array_size(root); i++) {
        f.place = i + 1;

        template = ngx_array_push(*templates);
        if (template == NULL) {
            return NGX_ERROR;
        }

        if (idv_svc_template_one(&f, json_array_get(root, i), template)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_template_one(idv_svc_template_file_t *f, json_t *json,
    idv_svc_template_t *template)
{
    const char  *wrong;

    ngx_memzero(template, sizeof(idv_svc_template_t));

    wrong = idv_svc_template_read(json, template);

    if (wrong == NULL) {
        wrong = idv_svc_template_tags(json, template);
    }

    if (wrong == NULL) {
        wrong = idv_svc_template_check(template);
    }

    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, f->cf, 0,
                           "\"%V\": template %ui: %s", f->file, f->place,
                           wrong);
        return NGX_ERROR;
    }

    return idv_svc_template_keep(f->cf->pool, template);
}


/* what the texts are; each of these functions returns what is wrong */

static const char *
idv_svc_template_read(json_t *json, idv_svc_template_t *template)
{
    ngx_str_t  name;

    name = idv_json_string(json, "template");

    if (name.len == sizeof("id_verification") - 1
        && ngx_strcmp(name.data, "id_verification") == 0)
    {
        template->link = 1;

    } else if (name.len != sizeof("email_phone_verification") - 1
               || ngx_strcmp(name.data, "email_phone_verification") != 0)
    {
        return "\"template\" must be \"id_verification\" or "
               "\"email_phone_verification\"";
    }

    name = idv_json_string(json, "deliveryMethod");

    if (name.len == 5 && ngx_strcmp(name.data, "Email") == 0) {
        template->channel = IDV_SVC_EMAIL;
        template->subject = idv_json_string(json, "subject");
        template->text = idv_json_string(json, "body");

    } else if (name.len == 3 && ngx_strcmp(name.data, "SMS") == 0) {
        template->channel = IDV_SVC_SMS;
        template->text = idv_json_string(json, "content");

    } else {
        return "\"deliveryMethod\" must be \"Email\" or \"SMS\"";
    }

    return NULL;
}


static const char *
idv_svc_template_tags(json_t *json, idv_svc_template_t *template)
{
    u_char      c;
    ngx_uint_t  i;

    template->variant = idv_json_string(json, "variant");
    template->locale = idv_json_string(json, "locale");

    if ((json_object_get(json, "variant") && template->variant.len == 0)
        || (json_object_get(json, "locale") && template->locale.len == 0))
    {
        return "\"variant\" and \"locale\" must be texts that are not empty";
    }

    for (i = 0; i < template->locale.len; i++) {
        c = template->locale.data[i] | 0x20;

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return "\"locale\" must be a language tag, as \"de\"";
        }
    }

    return NULL;
}


static const char *
idv_svc_template_check(const idv_svc_template_t *template)
{
    ngx_uint_t   found;
    const char  *wrong;

    if (template->channel == IDV_SVC_EMAIL
        && (template->subject.len == 0
            || template->subject.len > IDV_SVC_MAX_SUBJECT
            || !idv_svc_template_header(&template->subject)))
    {
        return "\"subject\" must be one line of at most 255 bytes";
    }

    if (template->channel == IDV_SVC_EMAIL
        && (template->text.len == 0 || template->text.len > IDV_SVC_MAX_MAIL))
    {
        return "\"body\" must be a text of at most 16k";
    }

    if (template->channel == IDV_SVC_SMS
        && (template->text.len == 0
            || ngx_utf8_length(template->text.data, template->text.len)
               > IDV_SVC_MAX_SMS))
    {
        return "\"content\" must be a text of at most 660 characters";
    }

    wrong = idv_svc_template_variables(&template->text, &found);
    if (wrong) {
        return wrong;
    }

    if (template->link && found != (1 << IDV_SVC_TEMPLATE_LINK)) {
        return "the text needs ${app.open.url}, and has no ${otp}";
    }

    if (!template->link && found != (1 << IDV_SVC_TEMPLATE_OTP)) {
        return "the text needs ${otp}, and has no ${app.open.url}";
    }

    return NULL;
}


/* found: bits of the two that one message has and the other has not */

static const char *
idv_svc_template_variables(const ngx_str_t *text, ngx_uint_t *found)
{
    u_char                             *p, *last, *end;
    ngx_uint_t                          i;
    const idv_svc_template_variable_t  *v;

    *found = 0;
    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        if (p[0] != '$' || last - p < 2 || p[1] != '{') {
            continue;
        }

        v = idv_svc_template_variable(p, last, &end);

        if (v == NULL) {
            return "${...} must be otp, app.open.url, minutes or client";
        }

        i = v - idv_svc_template_names;

        if (i <= IDV_SVC_TEMPLATE_LINK) {
            *found |= 1 << i;
        }
    }

    return NULL;
}


/* p is at "${"; end is behind the "}" */

static const idv_svc_template_variable_t *
idv_svc_template_variable(u_char *p, u_char *last, u_char **end)
{
    u_char                             *q;
    const idv_svc_template_variable_t  *v;

    p += 2;
    q = ngx_strlchr(p, last, '}');

    if (q == NULL) {
        return NULL;
    }

    for (v = idv_svc_template_names; v->name.len; v++) {
        if (v->name.len == (size_t) (q - p)
            && ngx_strncmp(v->name.data, p, v->name.len) == 0)
        {
            *end = q + 1;
            return v;
        }
    }

    return NULL;
}


static ngx_uint_t
idv_svc_template_header(const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


/* what it has is of the JSON; lines end as mail has them */

static ngx_int_t
idv_svc_template_keep(ngx_pool_t *pool, idv_svc_template_t *template)
{
    u_char     *p;
    size_t      i;
    ngx_str_t   text;

    text = template->text;

    p = ngx_pnalloc(pool, 2 * text.len);

    if (p == NULL) {
        return NGX_ERROR;
    }

    template->text.data = p;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == LF && (i == 0 || text.data[i - 1] != CR)) {
            *p++ = CR;
        }

        *p++ = text.data[i];
    }

    template->text.len = p - template->text.data;

    text = template->locale;
    template->locale.data = ngx_pstrdup(pool, &text);

    text = template->variant;
    template->variant.data = ngx_pstrdup(pool, &text);

    if (template->locale.data == NULL || template->variant.data == NULL) {
        return NGX_ERROR;
    }

    return template->channel == IDV_SVC_EMAIL
           ? idv_svc_template_subject(pool, &template->subject) : NGX_OK;
}


/*
 * As it is, if it is ASCII; else in encoded words (RFC 2047), of whole
 * characters each.
 */

static ngx_int_t
idv_svc_template_subject(ngx_pool_t *pool, ngx_str_t *subject)
{
    size_t      i;
    u_char     *p;
    ngx_str_t   text, word, encoded;

    text = *subject;

    p = ngx_pnalloc(pool, sizeof("=?utf-8?B?" "?=\r\n ") * (text.len / 36 + 1)
                          + 2 * ngx_base64_encoded_length(text.len) + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    subject->data = p;

    for (i = 0; i < text.len && text.data[i] < 0x80; i++) { /* void */ }

    if (i == text.len) {
        p = ngx_cpymem(p, text.data, text.len);
        text.len = 0;
    }

    for (i = 0; i < text.len; i += word.len) {
        word.data = text.data + i;
        word.len = ngx_min(IDV_SVC_ENCODED, text.len - i);

        while (i + word.len < text.len
               && (word.data[word.len] & 0xc0) == 0x80)
        {
            word.len--;
        }

        p = ngx_sprintf(p, "%s=?utf-8?B?", i ? "\r\n " : "");

        encoded.data = p;
        ngx_encode_base64(&encoded, &word);

        p = ngx_sprintf(p + encoded.len, "?=");
    }

    subject->len = p - subject->data;
    *p = '\0';

    return NGX_OK;
}


const idv_svc_template_t *
idv_svc_template_find(const ngx_array_t *templates, ngx_uint_t link,
    ngx_uint_t channel, const ngx_str_t *variant, const ngx_str_t *language)
{
    ngx_uint_t                 i, fits, best;
    const idv_svc_template_t  *t, *found;

    if (templates == NULL) {
        return NULL;
    }

    t = templates->elts;
    found = NULL;
    best = 0;

    for (i = 0; i < templates->nelts; i++) {

        if (t[i].link != link || t[i].channel != channel
            || (t[i].variant.len
                && (t[i].variant.len != variant->len
                    || ngx_memcmp(t[i].variant.data, variant->data,
                                  variant->len)
                       != 0)))
        {
            continue;
        }

        fits = 1 + (t[i].variant.len ? 2 : 0)
               + (idv_svc_template_speaks(language, &t[i].locale) ? 1 : 0);

        if (fits > best) {
            best = fits;
            found = &t[i];
        }
    }

    return found;
}


ngx_uint_t
idv_svc_template_speaks(const ngx_str_t *language, const ngx_str_t *locale)
{
    return locale->len
           && language->len >= locale->len
           && ngx_strncasecmp(language->data, locale->data, locale->len) == 0
           && (language->len == locale->len
               || ngx_strchr("-,;", language->data[locale->len]));
}


ngx_int_t
idv_svc_template_text(ngx_pool_t *pool, const idv_svc_template_t *template,
    const idv_svc_template_values_t *values, ngx_str_t *text)
{
    u_char                             *p, *last, *end, *out;
    size_t                              size;
    const ngx_str_t                    *value;
    const idv_svc_template_variable_t  *v;

    last = template->text.data + template->text.len;
    out = NULL;
    size = 0;

    /* once to count, once to write */

    for ( ;; ) {

        for (p = template->text.data; p < last; p = end) {
            end = p + 1;

            if (p[0] != '$' || last - p < 2 || p[1] != '{') {
                size++;

                if (out) {
                    *out++ = *p;
                }

                continue;
            }

            v = idv_svc_template_variable(p, last, &end);
            value = (const ngx_str_t *) ((u_char *) values + v->offset);
            size += value->len;

            if (out) {
                out = ngx_cpymem(out, value->data, value->len);
            }
        }

        if (out) {
            return NGX_OK;
        }

        out = ngx_pnalloc(pool, size);
        if (out == NULL) {
            return NGX_ERROR;
        }

        text->data = out;
        text->len = size;
    }
}
