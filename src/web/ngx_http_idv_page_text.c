
/*
 * Copyright (C) nginx-idv authors
 *
 * The names of the page's texts, and which language a browser asks for.
 */


#include "../util/idv_language.h"
#include "ngx_http_idv_page.h"


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
    [NGX_HTTP_IDV_TEXT_CAUSE_DISABLED] = "cause_disabled",
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
    [NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS] = "limited_address",
    [NGX_HTTP_IDV_TEXT_LIMITED_ALL] = "limited_all",
    [NGX_HTTP_IDV_TEXT_LIMITED_LOCKED] = "limited_locked",
    [NGX_HTTP_IDV_TEXT_LIMITED_TIME] = "limited_time",
    [NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT] = "too_many_text",
    [NGX_HTTP_IDV_TEXT_FULL_TEXT] = "full_text",
    [NGX_HTTP_IDV_TEXT_ERROR_TITLE] = "error_title",
    [NGX_HTTP_IDV_TEXT_ERROR_TEXT] = "error_text",
    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE] = "not_found_title",
    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT] = "not_found_text"};


const ngx_http_idv_page_lang_t *
ngx_http_idv_page_language(const ngx_array_t *langs, const ngx_str_t *accept)
{
    const ngx_http_idv_page_lang_t  *lang;

    lang = langs->elts;

    return &lang[idv_language(accept, lang, sizeof(ngx_http_idv_page_lang_t),
                              langs->nelts)];
}
