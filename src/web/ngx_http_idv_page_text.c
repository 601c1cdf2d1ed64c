
/*
 * Copyright (C) nginx-idv authors
 *
 * The names of the page's texts, and which language a browser asks for
 * (RFC 9110, 12.5.4; lookup as in RFC 4647, 3.4).
 */


#include "ngx_http_idv_page.h"


/* more ranges than that nobody sends by hand */
#define NGX_HTTP_IDV_MAX_RANGES  32
#define NGX_HTTP_IDV_MAX_ACCEPT  1024


static ngx_int_t ngx_http_idv_page_range(u_char **pos, u_char *last,
    ngx_str_t *range, ngx_uint_t *quality);
static ngx_int_t ngx_http_idv_page_quality(u_char **pos, u_char *last,
    ngx_uint_t *quality);
static const ngx_http_idv_page_lang_t *ngx_http_idv_page_lookup(
    const ngx_array_t *langs, const ngx_str_t *range);


const char *const  ngx_http_idv_page_text_names[NGX_HTTP_IDV_NTEXTS] = {
    [NGX_HTTP_IDV_TEXT_DIR] = "dir",
    [NGX_HTTP_IDV_TEXT_SKIP] = "skip",
    [NGX_HTTP_IDV_TEXT_SERVICE] = "service",
    [NGX_HTTP_IDV_TEXT_OFFLINE] = "offline",
    [NGX_HTTP_IDV_TEXT_UPDATES] = "updates",
    [NGX_HTTP_IDV_TEXT_CHECK_NOW] = "check_now",
    [NGX_HTTP_IDV_TEXT_CONTINUE] = "continue",
    [NGX_HTTP_IDV_TEXT_RETRY] = "retry",
    [NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN] = "choose_again",
    [NGX_HTTP_IDV_TEXT_CANCEL] = "cancel",
    [NGX_HTTP_IDV_TEXT_START_AGAIN] = "start_again",
    [NGX_HTTP_IDV_TEXT_BACK] = "back",
    [NGX_HTTP_IDV_TEXT_WARNING] = "warning",
    [NGX_HTTP_IDV_TEXT_PROBLEM] = "problem",
    [NGX_HTTP_IDV_TEXT_START_TITLE] = "start_title",
    [NGX_HTTP_IDV_TEXT_START_TEXT] = "start_text",
    [NGX_HTTP_IDV_TEXT_START_BUTTON] = "start_button",
    [NGX_HTTP_IDV_TEXT_ACTIVE_TITLE] = "active_title",
    [NGX_HTTP_IDV_TEXT_ACTIVE_TEXT] = "active_text",
    [NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT] = "active_logout",
    [NGX_HTTP_IDV_TEXT_DEVICE_TITLE] = "device_title",
    [NGX_HTTP_IDV_TEXT_DEVICE_TEXT] = "device_text",
    [NGX_HTTP_IDV_TEXT_DEVICE_SELF] = "device_self",
    [NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT] = "device_self_hint",
    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER] = "device_other",
    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT] = "device_other_hint",
    [NGX_HTTP_IDV_TEXT_OPTIONS_TITLE] = "options_title",
    [NGX_HTTP_IDV_TEXT_OPTIONS_TEXT] = "options_text",
    [NGX_HTTP_IDV_TEXT_OPTIONS_QR] = "options_qr",
    [NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL] = "options_email",
    [NGX_HTTP_IDV_TEXT_OPTIONS_PHONE] = "options_phone",
    [NGX_HTTP_IDV_TEXT_REQUIRED_TITLE] = "required_title",
    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN] = "required_scan",
    [NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE] = "required_compare",
    [NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW] = "required_follow",
    [NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT] = "required_qr_alt",
    [NGX_HTTP_IDV_TEXT_REQUIRED_CODE] = "required_code",
    [NGX_HTTP_IDV_TEXT_REQUIRED_VALID] = "required_valid",
    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE] = "required_email_title",
    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL] = "required_email",
    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE] = "required_phone_title",
    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE] = "required_phone",
    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD] = "required_scan_instead",
    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK] = "required_link",
    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT] = "required_link_text",
    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN] = "required_link_open",
    [NGX_HTTP_IDV_TEXT_INITIATED_TITLE] = "initiated_title",
    [NGX_HTTP_IDV_TEXT_INITIATED_TEXT] = "initiated_text",
    [NGX_HTTP_IDV_TEXT_SELF_TITLE] = "self_title",
    [NGX_HTTP_IDV_TEXT_SELF_TEXT] = "self_text",
    [NGX_HTTP_IDV_TEXT_SELF_OPEN] = "self_open",
    [NGX_HTTP_IDV_TEXT_PROGRESS_TITLE] = "progress_title",
    [NGX_HTTP_IDV_TEXT_PROGRESS_TEXT] = "progress_text",
    [NGX_HTTP_IDV_TEXT_COMPLETED_TITLE] = "completed_title",
    [NGX_HTTP_IDV_TEXT_COMPLETED_TEXT] = "completed_text",
    [NGX_HTTP_IDV_TEXT_BYPASS_TITLE] = "bypass_title",
    [NGX_HTTP_IDV_TEXT_BYPASS_TEXT] = "bypass_text",
    [NGX_HTTP_IDV_TEXT_FAILED_TITLE] = "failed_title",
    [NGX_HTTP_IDV_TEXT_FAILED_TEXT] = "failed_text",
    [NGX_HTTP_IDV_TEXT_FAILED_LAST] = "failed_last",
    [NGX_HTTP_IDV_TEXT_FAILED_AGAIN] = "failed_again",
    [NGX_HTTP_IDV_TEXT_CAUSE_FAILED] = "cause_failed",
    [NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH] = "cause_mismatch",
    [NGX_HTTP_IDV_TEXT_CAUSE_CHECKS] = "cause_checks",
    [NGX_HTTP_IDV_TEXT_CAUSE_STATUS] = "cause_status",
    [NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION] = "cause_notification",
    [NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE] = "cause_unavailable",
    [NGX_HTTP_IDV_TEXT_CAUSE_USER] = "cause_user",
    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE] = "timed_out_title",
    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT] = "timed_out_text",
    [NGX_HTTP_IDV_TEXT_CANCELED_TITLE] = "canceled_title",
    [NGX_HTTP_IDV_TEXT_CANCELED_TEXT] = "canceled_text",
    [NGX_HTTP_IDV_TEXT_EXPIRED_TITLE] = "expired_title",
    [NGX_HTTP_IDV_TEXT_EXPIRED_TEXT] = "expired_text",
    [NGX_HTTP_IDV_TEXT_RETURNED_TITLE] = "returned_title",
    [NGX_HTTP_IDV_TEXT_RETURNED_TEXT] = "returned_text",
    [NGX_HTTP_IDV_TEXT_LOGOUT_TITLE] = "logout_title",
    [NGX_HTTP_IDV_TEXT_LOGOUT_TEXT] = "logout_text",
    [NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON] = "logout_button",
    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE] = "signed_out_title",
    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT] = "signed_out_text",
    [NGX_HTTP_IDV_TEXT_SUBJECT_TITLE] = "subject_title",
    [NGX_HTTP_IDV_TEXT_SUBJECT_TEXT] = "subject_text",
    [NGX_HTTP_IDV_TEXT_FORM_TITLE] = "form_title",
    [NGX_HTTP_IDV_TEXT_FORM_TEXT] = "form_text",
    [NGX_HTTP_IDV_TEXT_BUSY_TITLE] = "busy_title",
    [NGX_HTTP_IDV_TEXT_LIMITED_TEXT] = "limited_text",
    [NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT] = "too_many_text",
    [NGX_HTTP_IDV_TEXT_FULL_TEXT] = "full_text",
    [NGX_HTTP_IDV_TEXT_ERROR_TITLE] = "error_title",
    [NGX_HTTP_IDV_TEXT_ERROR_TEXT] = "error_text",
    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE] = "not_found_title",
    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT] = "not_found_text"};


const ngx_http_idv_page_lang_t *
ngx_http_idv_page_language(const ngx_array_t *langs, const ngx_str_t *accept)
{
    u_char                          *p, *last;
    ngx_str_t                        range;
    ngx_uint_t                       n, quality, best;
    const ngx_http_idv_page_lang_t  *lang, *found;

    found = langs->elts;
    best = 0;

    if (accept == NULL || accept->len == 0) {
        return found;
    }

    p = accept->data;
    last = p + ngx_min(accept->len, NGX_HTTP_IDV_MAX_ACCEPT);

    for (n = 0; n < NGX_HTTP_IDV_MAX_RANGES && p < last; n++) {

        if (ngx_http_idv_page_range(&p, last, &range, &quality) != NGX_OK) {
            continue;
        }

        /* of two that are wanted alike, the first */

        if (quality <= best) {
            continue;
        }

        lang = ngx_http_idv_page_lookup(langs, &range);

        if (lang) {
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
ngx_http_idv_page_range(u_char **pos, u_char *last, ngx_str_t *range,
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

    return ngx_http_idv_page_quality(&p, end, quality);
}


static ngx_int_t
ngx_http_idv_page_quality(u_char **pos, u_char *last, ngx_uint_t *quality)
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

static const ngx_http_idv_page_lang_t *
ngx_http_idv_page_lookup(const ngx_array_t *langs, const ngx_str_t *range)
{
    size_t                           len;
    ngx_uint_t                       i;
    const ngx_http_idv_page_lang_t  *lang;

    lang = langs->elts;

    if (range->len == 1 && range->data[0] == '*') {
        return lang;
    }

    len = range->len;

    for ( ;; ) {

        for (i = 0; i < langs->nelts; i++) {
            if (lang[i].tag.len == len
                && ngx_strncasecmp(lang[i].tag.data, range->data, len) == 0)
            {
                return &lang[i];
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

    for (i = 0; i < langs->nelts; i++) {
        if (lang[i].tag.len > range->len
            && lang[i].tag.data[range->len] == '-'
            && ngx_strncasecmp(lang[i].tag.data, range->data, range->len) == 0)
        {
            return &lang[i];
        }
    }

    return NULL;
}
