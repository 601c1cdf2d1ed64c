
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <stdarg.h>

#include "idv_svc.h"


static json_t *idv_svc_json_vurl(idv_svc_call_t *call, const char *fmt,
    va_list args);


json_t *
idv_svc_json_str(const ngx_str_t *s)
{
    return json_stringn((char *) s->data, s->len);
}


json_t *
idv_svc_json_uuid(const u_char *uuid)
{
    u_char  text[IDV_UUID_LEN];

    idv_uuid_print(text, uuid);

    return json_stringn((char *) text, IDV_UUID_LEN);
}


json_t *
idv_svc_json_date(int64_t ms)
{
    u_char    text[IDV_SVC_DATE_LEN + 8], *p;
    ngx_tm_t  tm;

    ngx_gmtime((time_t) (ms / 1000), &tm);

    p = ngx_snprintf(text, sizeof(text), "%4d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                     tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                     tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                     (int) (ms % 1000));

    return json_stringn((char *) text, p - text);
}


json_t *
idv_svc_json_reference(const u_char *uuid)
{
    return json_pack("{s:o}", "id", idv_svc_json_uuid(uuid));
}


json_t *
idv_svc_json_url(idv_svc_call_t *call, const char *fmt, ...)
{
    json_t   *url;
    va_list   args;

    va_start(args, fmt);
    url = idv_svc_json_vurl(call, fmt, args);
    va_end(args);

    return url;
}


json_t *
idv_svc_json_href(idv_svc_call_t *call, const char *fmt, ...)
{
    json_t   *url;
    va_list   args;

    va_start(args, fmt);
    url = idv_svc_json_vurl(call, fmt, args);
    va_end(args);

    return json_pack("{s:o}", "href", url);
}


static json_t *
idv_svc_json_vurl(idv_svc_call_t *call, const char *fmt, va_list args)
{
    u_char  url[IDV_SVC_MAX_HREF], *p, *last;

    last = url + sizeof(url);

    p = ngx_slprintf(url, last, "%V/v1", &call->base);
    p = ngx_vslprintf(p, last, fmt, args);

    return json_stringn((char *) url, p - url);
}


json_t *
idv_svc_json_links(idv_svc_call_t *call, idv_svc_tx_t *tx, const char *rel,
    const char *fmt, ...)
{
    u_char     env[IDV_UUID_LEN], id[IDV_UUID_LEN], self[IDV_SVC_MAX_HREF];
    u_char    *p;
    json_t    *links;
    va_list    args;
    ngx_str_t  e, t, s, user;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, tx->env);

    t.data = id;
    t.len = IDV_UUID_LEN;
    idv_uuid_print(id, tx->id);

    user.data = tx->user;
    user.len = tx->user_len;

    s.data = self;
    s.len = 0;

    if (fmt) {
        va_start(args, fmt);
        p = ngx_vslprintf(self, self + sizeof(self), fmt, args);
        va_end(args);

        s.len = p - self;
    }

    links = json_object();

    (void) json_object_set_new(links, "self",
               idv_svc_json_href(call,
                        "/environments/%V/users/%V/verifyTransactions/%V%V",
                        &e, &user, &t, &s));

    (void) json_object_set_new(links, "environment",
               idv_svc_json_href(call, "/environments/%V", &e));

    (void) json_object_set_new(links, "user",
               idv_svc_json_href(call, "/environments/%V/users/%V",
                                 &e, &user));

    if (rel) {
        (void) json_object_set_new(links, rel,
                   idv_svc_json_href(call,
                            "/environments/%V/users/%V/verifyTransactions/%V",
                            &e, &user, &t));
    }

    if (json_object_size(links) != (size_t) (rel ? 4 : 3)) {
        json_decref(links);
        return NULL;
    }

    return links;
}


json_t *
idv_svc_json_user_links(idv_svc_call_t *call, const char *self)
{
    u_char     env[IDV_UUID_LEN];
    ngx_str_t  e;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    return json_pack("{s:o, s:o, s:o}",
                     "self",
                     idv_svc_json_href(call, "/environments/%V/users/%V%s",
                                       &e, &call->user, self),
                     "environment",
                     idv_svc_json_href(call, "/environments/%V", &e),
                     "user",
                     idv_svc_json_href(call, "/environments/%V/users/%V",
                                       &e, &call->user));
}


ngx_int_t
idv_svc_uuid(u_char *uuid)
{
    if (idv_random(uuid, IDV_SVC_UUID) != NGX_OK) {
        return NGX_ERROR;
    }

    uuid[6] = (u_char) ((uuid[6] & 0x0f) | 0x40);
    uuid[8] = (u_char) ((uuid[8] & 0x3f) | 0x80);

    return NGX_OK;
}


ngx_int_t
idv_svc_uuid_of(u_char *uuid, const ngx_str_t *parts, ngx_uint_t n)
{
    u_char  hash[IDV_HASH_LEN];

    if (idv_hash(hash, parts, n) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(uuid, hash, IDV_SVC_UUID);

    uuid[6] = (u_char) ((uuid[6] & 0x0f) | 0x80);
    uuid[8] = (u_char) ((uuid[8] & 0x3f) | 0x80);

    return NGX_OK;
}


/* each code as likely as any other */

ngx_int_t
idv_svc_code(u_char *code)
{
    uint32_t  n;

    do {
        if (idv_random((u_char *) &n, sizeof(uint32_t)) != NGX_OK) {
            return NGX_ERROR;
        }

    } while (n >= 4294000000U);

    (void) ngx_sprintf(code, "%06uD", n % 1000000);

    return NGX_OK;
}
