
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <jansson.h>

#include "idv_json.h"


/* the longest reference token of a pointer, unescaped */

#define IDV_JSON_MAX_TOKEN   255
#define IDV_JSON_MIN_BUFFER  16      /* of jansson */


static json_t *idv_json_load(const u_char *data, size_t len);
static size_t idv_json_next(void *buffer, size_t size, void *data);
static void *idv_json_malloc(size_t size);
static ngx_int_t idv_json_depth(const u_char *data, size_t len);
static void idv_json_cleanup(void *data);
static ngx_int_t idv_json_token(u_char **pos, u_char *last, char *token,
    size_t *len);
static json_t *idv_json_step(json_t *value, const char *token, size_t len);


/*
 * While jansson parses: whose memory it is, what is put by for the first time
 * that it is not enough, and whether there was such a time.
 */

static json_malloc_t  idv_json_real_malloc;
static void          *idv_json_reserve;
static size_t         idv_json_reserved;
static ngx_uint_t     idv_json_no_memory;


json_t *
idv_json_parse(ngx_pool_t *pool, const u_char *data, size_t len, size_t max)
{
    json_t              *root;
    ngx_pool_cleanup_t  *cln;

    ngx_set_errno(0);

    if (data == NULL || len == 0 || len > max) {
        return NULL;
    }

    /* jansson loses the NUL behind a number, and takes the rest for JSON */

    if (memchr(data, '\0', len) != NULL) {
        return NULL;
    }

    if (idv_json_depth(data, len) != NGX_OK) {
        return NULL;
    }

    /* registered first: what is parsed always has an owner */

    cln = NULL;

    if (pool) {
        cln = ngx_pool_cleanup_add(pool, 0);
        if (cln == NULL) {
            ngx_set_errno(NGX_ENOMEM);
            return NULL;
        }
    }

    root = idv_json_load(data, len);

    if (root && cln) {
        cln->handler = idv_json_cleanup;
        cln->data = root;
    }

    return root;
}


/*
 * Where memory runs out, jansson may take it for an invalid text, or leave a
 * byte out of a string and say nothing at all: it is not asked, but watched.
 * If that byte was the quote at the end, it would even read and write on beyond
 * the string.  So the first allocation to fail gets what was put by for it, and
 * there is no text any more after the byte that it was for.
 */

static json_t *
idv_json_load(const u_char *data, size_t len)
{
    json_t        *root;
    ngx_str_t      text;
    json_free_t    real_free;
    json_error_t   err;

    json_get_alloc_funcs(&idv_json_real_malloc, &real_free);

    /* jansson's own buffer doubles, and has one token of the text */

    idv_json_reserved = 2 * (len + IDV_JSON_MIN_BUFFER);
    idv_json_reserve = idv_json_real_malloc(idv_json_reserved);

    if (idv_json_reserve == NULL) {
        ngx_set_errno(NGX_ENOMEM);
        return NULL;
    }

    idv_json_no_memory = 0;

    text.data = (u_char *) data;
    text.len = len;

    json_set_alloc_funcs(idv_json_malloc, real_free);

    root = json_load_callback(idv_json_next, &text,
                              JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &err);

    json_set_alloc_funcs(idv_json_real_malloc, real_free);

    if (idv_json_reserve) {
        real_free(idv_json_reserve);
    }

    if (idv_json_no_memory) {
        json_decref(root);
        ngx_set_errno(NGX_ENOMEM);
        return NULL;
    }

    return root;
}


/* one byte at a time, so that none is taken that is not meant to be read */

static size_t
idv_json_next(void *buffer, size_t size, void *data)
{
    ngx_str_t *text = data;

    if (text->len == 0 || idv_json_no_memory) {
        return 0;
    }

    *(u_char *) buffer = *text->data++;
    text->len--;

    return 1;
}


static void *
idv_json_malloc(size_t size)
{
    void  *p;

    p = idv_json_real_malloc(size);

    if (p == NULL && !idv_json_no_memory) {
        idv_json_no_memory = 1;

        if (size <= idv_json_reserved) {
            p = idv_json_reserve;
            idv_json_reserve = NULL;
        }
    }

    return p;
}


/*
 * Brackets outside of strings are counted before the parser, which recurses,
 * sees them.  Whether they match is the parser's business.
 */

static ngx_int_t
idv_json_depth(const u_char *data, size_t len)
{
    size_t      i;
    ngx_uint_t  depth, quoted;

    depth = 0;
    quoted = 0;

    for (i = 0; i < len; i++) {

        if (quoted) {
            if (data[i] == '\\') {
                i++;

            } else if (data[i] == '"') {
                quoted = 0;
            }

            continue;
        }

        switch (data[i]) {

        case '"':
            quoted = 1;
            break;

        case '{':
        case '[':
            if (++depth > IDV_JSON_MAX_DEPTH) {
                return NGX_DECLINED;
            }
            break;

        case '}':
        case ']':
            if (depth == 0) {
                return NGX_DECLINED;
            }
            depth--;
            break;
        }
    }

    return NGX_OK;
}


static void
idv_json_cleanup(void *data)
{
    json_decref(data);
}


json_t *
idv_json_pointer(json_t *root, const ngx_str_t *pointer)
{
    char     token[IDV_JSON_MAX_TOKEN + 1];
    size_t   len;
    u_char  *p, *last;

    p = pointer->data;
    last = p + pointer->len;

    while (root && p < last) {

        if (idv_json_token(&p, last, token, &len) != NGX_OK) {
            return NULL;
        }

        root = idv_json_step(root, token, len);
    }

    return root;
}


/* the next reference token, from its "/" to the next one or the end */

static ngx_int_t
idv_json_token(u_char **pos, u_char *last, char *token, size_t *len)
{
    u_char  *p, c;
    size_t   n;

    p = *pos;

    if (*p++ != '/') {
        return NGX_DECLINED;
    }

    for (n = 0; p < last && *p != '/'; p++) {
        c = *p;

        if (c == '~') {
            if (++p == last || (*p != '0' && *p != '1')) {
                return NGX_DECLINED;
            }

            c = (*p == '0') ? '~' : '/';
        }

        /* no name in a parsed document has a NUL */

        if (c == '\0' || n == IDV_JSON_MAX_TOKEN) {
            return NGX_DECLINED;
        }

        token[n++] = (char) c;
    }

    token[n] = '\0';

    *len = n;
    *pos = p;

    return NGX_OK;
}


static json_t *
idv_json_step(json_t *value, const char *token, size_t len)
{
    ngx_int_t  n;

    if (json_is_object(value)) {
        return json_object_get(value, token);
    }

    if (!json_is_array(value) || len == 0 || (len > 1 && token[0] == '0')) {
        return NULL;
    }

    n = ngx_atoi((u_char *) token, len);
    if (n == NGX_ERROR) {
        return NULL;
    }

    return json_array_get(value, (size_t) n);
}


ngx_str_t
idv_json_string(json_t *object, const char *name)
{
    json_t     *value;
    ngx_str_t   s;

    ngx_str_null(&s);

    value = json_object_get(object, name);

    if (json_is_string(value)) {
        s.data = (u_char *) json_string_value(value);
        s.len = json_string_length(value);
    }

    return s;
}


ngx_int_t
idv_json_dump(ngx_pool_t *pool, json_t *value, ngx_str_t *out)
{
    size_t  len;

    len = json_dumpb(value, NULL, 0, JSON_COMPACT|JSON_ENCODE_ANY);
    if (len == 0) {
        return NGX_ERROR;
    }

    out->data = ngx_pnalloc(pool, len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    out->len = json_dumpb(value, (char *) out->data, len,
                          JSON_COMPACT|JSON_ENCODE_ANY);

    return (out->len == len) ? NGX_OK : NGX_ERROR;
}
