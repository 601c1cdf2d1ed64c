
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_form.h"


#define IDV_SVC_MAX_BOUNDARY   70    /* RFC 2046, 5.1.1 */
#define IDV_SVC_MAX_PART_HEAD  1024


static ngx_int_t idv_svc_form_add(idv_svc_form_t *form, ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t idv_svc_form_boundary(ngx_str_t *content_type, u_char *mark,
    size_t *len);
static ngx_int_t idv_svc_form_part(u_char *p, u_char *last, ngx_str_t *name);
static u_char *idv_svc_form_search(u_char *p, u_char *last, const u_char *mark,
    size_t len);


ngx_int_t
idv_svc_form_parse(ngx_str_t *body, idv_svc_form_t *form)
{
    u_char     *p, *last, *end, *eq;
    ngx_str_t   name, value;

    form->n = 0;

    last = body->data + body->len;

    for (p = body->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if (p == end) {
            continue;
        }

        eq = ngx_strlchr(p, end, '=');

        name.data = p;
        name.len = (eq ? eq : end) - p;

        value.data = eq ? eq + 1 : end;
        value.len = end - value.data;

        if (idv_svc_form_decode(&name) != NGX_OK
            || idv_svc_form_decode(&value) != NGX_OK
            || idv_svc_form_add(form, &name, &value) != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
idv_svc_form_decode(ngx_str_t *text)
{
    u_char     *p, *dst, *last;
    ngx_int_t   c;

    last = text->data + text->len;
    dst = text->data;

    for (p = text->data; p < last; p++) {

        switch (*p) {

        case '+':
            *dst++ = ' ';
            break;

        case '%':
            if (last - p < 3) {
                return NGX_DECLINED;
            }

            c = ngx_hextoi(p + 1, 2);
            if (c == NGX_ERROR) {
                return NGX_DECLINED;
            }

            *dst++ = (u_char) c;
            p += 2;
            break;

        default:
            *dst++ = *p;
        }
    }

    text->len = dst - text->data;

    return NGX_OK;
}


ngx_int_t
idv_svc_form_multipart(ngx_str_t *body, ngx_str_t *content_type,
    idv_svc_form_t *form)
{
    size_t      len;
    u_char      mark[IDV_SVC_MAX_BOUNDARY + 4], *p, *last, *head, *end;
    ngx_str_t   name, value;

    form->n = 0;

    if (idv_svc_form_boundary(content_type, mark, &len) != NGX_OK) {
        return NGX_DECLINED;
    }

    p = body->data;
    last = p + body->len;

    /* the first boundary has no line in front of it */

    if ((size_t) (last - p) < len - 2
        || ngx_memcmp(p, mark + 2, len - 2) != 0)
    {
        return NGX_DECLINED;
    }

    p += len - 2;

    for ( ;; ) {

        if (last - p < 2) {
            return NGX_DECLINED;
        }

        if (p[0] == '-' && p[1] == '-') {
            return NGX_OK;
        }

        if (p[0] != CR || p[1] != LF) {
            return NGX_DECLINED;
        }

        /* the line's end stays: a part may have no header at all */

        head = p;

        end = idv_svc_form_search(head,
                            ngx_min(last, head + IDV_SVC_MAX_PART_HEAD),
                            (u_char *) CRLF CRLF, 4);
        if (end == NULL) {
            return NGX_DECLINED;
        }

        if (idv_svc_form_part(head + 2, end, &name) != NGX_OK) {
            return NGX_DECLINED;
        }

        value.data = end + 4;

        p = idv_svc_form_search(end + 2, last, mark, len);
        if (p == NULL || p < value.data) {
            return NGX_DECLINED;
        }

        value.len = p - value.data;

        if (idv_svc_form_add(form, &name, &value) != NGX_OK) {
            return NGX_DECLINED;
        }

        p += len;
    }
}


static ngx_int_t
idv_svc_form_add(idv_svc_form_t *form, ngx_str_t *name, ngx_str_t *value)
{
    ngx_uint_t        i;
    idv_svc_field_t  *field;

    if (form->n == IDV_SVC_MAX_FIELDS) {
        return NGX_DECLINED;
    }

    for (i = 0; i < form->n; i++) {
        field = &form->field[i];

        if (field->name.len == name->len
            && ngx_strncmp(field->name.data, name->data, name->len) == 0)
        {
            return NGX_DECLINED;
        }
    }

    form->field[form->n].name = *name;
    form->field[form->n].value = *value;
    form->n++;

    return NGX_OK;
}


ngx_str_t
idv_svc_form_get(idv_svc_form_t *form, const char *name)
{
    size_t      len;
    ngx_str_t   none;
    ngx_uint_t  i;

    len = ngx_strlen(name);

    for (i = 0; i < form->n; i++) {
        if (form->field[i].name.len == len
            && ngx_strncmp(form->field[i].name.data, name, len) == 0)
        {
            return form->field[i].value;
        }
    }

    ngx_str_null(&none);

    return none;
}


ngx_int_t
idv_svc_form_set(idv_svc_form_t *form, const char *name,
    const ngx_str_t *value)
{
    ngx_uint_t  i;

    for (i = 0; i < form->n; i++) {
        if (form->field[i].name.len == ngx_strlen(name)
            && ngx_strncmp(form->field[i].name.data, name,
                           form->field[i].name.len)
               == 0)
        {
            form->field[i].value = *value;
            return NGX_OK;
        }
    }

    if (form->n == IDV_SVC_MAX_FIELDS) {
        return NGX_ERROR;
    }

    form->field[form->n].name.data = (u_char *) name;
    form->field[form->n].name.len = ngx_strlen(name);
    form->field[form->n].value = *value;
    form->n++;

    return NGX_OK;
}


/* mark becomes the boundary with what is in front of it: CR LF "--" */

static ngx_int_t
idv_svc_form_boundary(ngx_str_t *content_type, u_char *mark, size_t *len)
{
    u_char  *p, *last, *end;

    static ngx_str_t  type = ngx_string("multipart/form-data");

    p = content_type->data;
    last = p + content_type->len;

    if (content_type->len < type.len
        || ngx_strncasecmp(p, type.data, type.len) != 0)
    {
        return NGX_DECLINED;
    }

    p = ngx_strlcasestrn(p + type.len, last, (u_char *) "boundary=", 9 - 1);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    p += 9;

    if (p < last && *p == '"') {
        p++;
        end = ngx_strlchr(p, last, '"');

    } else {
        end = ngx_strlchr(p, last, ';');
    }

    if (end == NULL) {
        end = last;
    }

    while (end > p && end[-1] == ' ') {
        end--;
    }

    if (p == end || end - p > IDV_SVC_MAX_BOUNDARY) {
        return NGX_DECLINED;
    }

    *len = ngx_snprintf(mark, IDV_SVC_MAX_BOUNDARY + 4, CRLF "--%*s",
                        (size_t) (end - p), p)
           - mark;

    return NGX_OK;
}


/* the name in a part's Content-Disposition; other headers say nothing to us */

static ngx_int_t
idv_svc_form_part(u_char *p, u_char *last, ngx_str_t *name)
{
    u_char  *end, *q;

    static ngx_str_t  head = ngx_string("Content-Disposition:");

    for ( /* void */ ; p < last; p = end + 2) {

        end = idv_svc_form_search(p, last, (u_char *) CRLF, 2);
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) < head.len
            || ngx_strncasecmp(p, head.data, head.len) != 0)
        {
            continue;
        }

        q = idv_svc_form_search(p, end, (u_char *) " name=\"", 7);

        if (q == NULL) {
            return NGX_DECLINED;
        }

        name->data = q + 7;

        q = ngx_strlchr(name->data, end, '"');
        if (q == NULL) {
            return NGX_DECLINED;
        }

        name->len = q - name->data;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


static u_char *
idv_svc_form_search(u_char *p, u_char *last, const u_char *mark, size_t len)
{
    while (last - p >= (ssize_t) len) {

        p = memchr(p, mark[0], last - p - len + 1);

        if (p == NULL) {
            return NULL;
        }

        if (ngx_memcmp(p, mark, len) == 0) {
            return p;
        }

        p++;
    }

    return NULL;
}
