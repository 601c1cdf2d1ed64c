
/*
 * Copyright (C) nginx-idv authors
 *
 * Words of the API and of the capture page, and days.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_svc_rules.h"


static int64_t idv_svc_days(int64_t year, int64_t month, int64_t day);
static ngx_int_t idv_svc_month_days(ngx_int_t year, ngx_int_t month);


typedef struct {
    ngx_str_t  name;
    ngx_str_t  text;
} idv_svc_reason_word_t;


idv_svc_document_t  idv_svc_documents[IDV_SVC_NKINDS + 1] = {
    { ngx_string("passport") },
    { ngx_string("driver_license") },
    { ngx_string("id_card") },
    { ngx_string("residence_permit") },
    { ngx_string("passport_card") },
    { ngx_null_string }
};


/* in the order of idv_svc_reason_e */

static idv_svc_reason_word_t  idv_svc_reasons[IDV_SVC_NREASONS] = {
    { ngx_string("NONE"), ngx_string("") },
    { ngx_string("TRANSACTION_TIMED_OUT"),
      ngx_string("The time for this verification is over.") },
    { ngx_string("DOCUMENT_DATA_MISSING"),
      ngx_string("Some of the details of the document are missing.") },
    { ngx_string("DOCUMENT_IMAGE_INVALID"),
      ngx_string("The photo of the document could not be read.") },
    { ngx_string("BIRTH_DATE_INVALID"),
      ngx_string("The date of birth cannot be right.") },
    { ngx_string("DOCUMENT_EXPIRED"),
      ngx_string("The document has expired.") },
    { ngx_string("SELFIE_IMAGE_INVALID"),
      ngx_string("The photo of your face could not be read.") },
    { ngx_string("DOCUMENT_ZONE_INVALID"),
      ngx_string("The machine-readable lines of the document are not "
                 "right.") },
    { ngx_string("DOCUMENT_DATA_MISMATCH"),
      ngx_string("The machine-readable lines of the document do not say what "
                 "was typed in.") },
    { ngx_string("RECORD_MISMATCH"),
      ngx_string("The document does not match what is known of you.") },
    { ngx_string("REJECTED"),
      ngx_string("The verification was rejected.") },
    { ngx_string("CHECK_NOT_PERFORMED"),
      ngx_string("Something that was needed is missing.") },
    { ngx_string("ONE_TIME_PASSWORD_INVALID"),
      ngx_string("The code that was sent was not entered in time, or not the "
                 "right one.") }
};


ngx_int_t
idv_svc_date(const ngx_str_t *text, int64_t *days)
{
    u_char     *p;
    ngx_int_t   year, month, day;

    p = text->data;

    if (text->len != sizeof("YYYY-MM-DD") - 1 || p[4] != '-' || p[7] != '-') {
        return NGX_DECLINED;
    }

    year = ngx_atoi(p, 4);
    month = ngx_atoi(p + 5, 2);
    day = ngx_atoi(p + 8, 2);

    if (year < 1000 || month < 1 || month > 12
        || day < 1 || day > idv_svc_month_days(year, month))
    {
        return NGX_DECLINED;
    }

    *days = idv_svc_days(year, month, day);

    return NGX_OK;
}


/* Gregorian calendar, counted from March so that a leap day is the last */

static int64_t
idv_svc_days(int64_t year, int64_t month, int64_t day)
{
    if (month < 3) {
        month += 12;
        year--;
    }

    return 365 * year + year / 4 - year / 100 + year / 400
           + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}


static ngx_int_t
idv_svc_month_days(ngx_int_t year, ngx_int_t month)
{
    switch (month) {

    case 4:
    case 6:
    case 9:
    case 11:
        return 30;

    case 2:
        return (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29
                                                                       : 28;
    }

    return 31;
}


ngx_str_t *
idv_svc_reason_name(ngx_uint_t reason)
{
    if (reason >= IDV_SVC_NREASONS) {
        reason = IDV_SVC_REASON_NONE;
    }

    return &idv_svc_reasons[reason].name;
}


ngx_str_t *
idv_svc_reason_text(ngx_uint_t reason)
{
    if (reason >= IDV_SVC_NREASONS) {
        reason = IDV_SVC_REASON_NONE;
    }

    return &idv_svc_reasons[reason].text;
}


ngx_uint_t
idv_svc_reason_parse(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = IDV_SVC_REASON_NONE + 1; i < IDV_SVC_NREASONS; i++) {
        if (idv_svc_reasons[i].name.len == name->len
            && ngx_strncmp(idv_svc_reasons[i].name.data, name->data, name->len)
               == 0)
        {
            return i;
        }
    }

    return IDV_SVC_NREASONS;
}
