
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_language.h"


/* more ranges than that nobody sends by hand */
#define IDV_LANGUAGE_MAX_RANGES  32
#define IDV_LANGUAGE_MAX_ACCEPT  1024


typedef struct {
    const u_char      *langs;
    size_t             size;
    ngx_uint_t         n;
} idv_language_list_t;


static ngx_int_t idv_language_range(u_char **pos, u_char *last,
    ngx_str_t *range, ngx_uint_t *quality);
static ngx_int_t idv_language_quality(u_char **pos, u_char *last,
    ngx_uint_t *quality);
static ngx_uint_t idv_language_lookup(const idv_language_list_t *list,
    const ngx_str_t *range);
static const ngx_str_t *idv_language_tag(const idv_language_list_t *list,
    ngx_uint_t i);


ngx_uint_t
idv_language(const ngx_str_t *accept, const void *langs, size_t size,
    ngx_uint_t n)
{
    u_char               *p, *last;
    ngx_str_t             range;
    ngx_uint_t            i, lang, found, quality, best;
    idv_language_list_t   list;

    found = 0;
    best = 0;

    if (accept == NULL || accept->len == 0) {
        return found;
    }

    list.langs = langs;
    list.size = size;
    list.n = n;

    p = accept->data;
    last = p + ngx_min(accept->len, IDV_LANGUAGE_MAX_ACCEPT);

    for (i = 0; i < IDV_LANGUAGE_MAX_RANGES && p < last; i++) {

        if (idv_language_range(&p, last, &range, &quality) != NGX_OK) {
            continue;
        }

        /* of two that are wanted alike, the first */

        if (quality <= best) {
            continue;
        }

        lang = idv_language_lookup(&list, &range);

        if (lang < n) {
            found = lang;
            best = quality;
        }
    }

    return found;
}


/*
 * One range with its quality in thousandths; *pos moves behind the next comma.
 * NGX_DECLINED where it is malformed.
 */

static ngx_int_t
idv_language_range(u_char **pos, u_char *last, ngx_str_t *range,
    ngx_uint_t *quality)
{
    u_char  *p, *end;

    p = *pos;

    end = ngx_strlchr(p, last, ',');

    if (end == NULL) {
        *pos = last;
        end = last;

    } else {
        *pos = end + 1;
    }

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    range->data = p;

    while (p < end && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    range->len = p - range->data;
    *quality = 1000;

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (range->len == 0) {
        return NGX_DECLINED;
    }

    if (p == end) {
        return NGX_OK;
    }

    return idv_language_quality(&p, end, quality);
}


static ngx_int_t
idv_language_quality(u_char **pos, u_char *last, ngx_uint_t *quality)
{
    u_char      *p;
    ngx_uint_t   scale;

    p = *pos;

    if (*p++ != ';') {
        return NGX_DECLINED;
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (last - p < 3 || (*p | 0x20) != 'q' || p[1] != '=') {
        return NGX_DECLINED;
    }

    p += 2;

    if (*p != '0' && *p != '1') {
        return NGX_DECLINED;
    }

    *quality = (*p++ - '0') * 1000;

    if (p < last && *p == '.') {
        p++;

        for (scale = 100; p < last && *p >= '0' && *p <= '9'; p++) {
            *quality += (*p - '0') * scale;
            scale /= 10;
        }
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p != last || *quality > 1000) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * The range itself, then without its last subtags: "de-AT" finds "de".  What is
 * left of it may also begin a longer tag: "pt" finds "pt-BR".
 */

static ngx_uint_t
idv_language_lookup(const idv_language_list_t *list, const ngx_str_t *range)
{
    size_t            len;
    ngx_uint_t        i;
    const ngx_str_t  *tag;

    if (range->len == 1 && range->data[0] == '*') {
        return 0;
    }

    len = range->len;

    for ( ;; ) {

        for (i = 0; i < list->n; i++) {
            tag = idv_language_tag(list, i);

            if (tag->len == len
                && ngx_strncasecmp(tag->data, range->data, len) == 0)
            {
                return i;
            }
        }

        while (len > 0 && range->data[len - 1] != '-') {
            len--;
        }

        if (len == 0) {
            break;
        }

        len--;
    }

    for (i = 0; i < list->n; i++) {
        tag = idv_language_tag(list, i);

        if (tag->len > range->len
            && tag->data[range->len] == '-'
            && ngx_strncasecmp(tag->data, range->data, range->len) == 0)
        {
            return i;
        }
    }

    return list->n;
}


static const ngx_str_t *
idv_language_tag(const idv_language_list_t *list, ngx_uint_t i)
{
    return (const ngx_str_t *) (list->langs + i * list->size);
}
