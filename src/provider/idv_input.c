
/*
 * Copyright (C) nginx-idv authors
 */


#include "../util/idv_json.h"
#include "idv_input.h"


#define IDV_INPUT_RECORD  0x01       /* identityRecordMatching, of that name */
#define IDV_INPUT_DATA    0x02       /* dataBasedIdentityVerification */
#define IDV_INPUT_DEVICE  0x04       /* deviceOwnership */
#define IDV_INPUT_MAIL    0x08       /* email */
#define IDV_INPUT_CALL    0x10       /* phone */
#define IDV_INPUT_FACE    0x20       /* a face, and no document to compare */


static ngx_uint_t idv_input_verify(json_t *policy, const char *check,
    const char *word);
static ngx_uint_t idv_input_enabled(json_t *policy, const char *check);
static void idv_input_wipe(void *data);
static ngx_int_t idv_input_requirement(json_t *root,
    const idv_inputs_t *inputs, idv_input_e input);


/* in the order of idv_input_e */

const idv_input_t  idv_input_table[IDV_INPUT_NINPUTS] = {

    { ngx_string("given_name"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_RECORD|IDV_INPUT_DATA|IDV_INPUT_DEVICE, 0, "name", "given" },

    { ngx_string("family_name"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_RECORD|IDV_INPUT_DATA|IDV_INPUT_DEVICE, 0, "name", "family" },

    { ngx_string("name"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_RECORD|IDV_INPUT_DATA|IDV_INPUT_DEVICE, 0, NULL, NULL },

    { ngx_string("birth_date"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_RECORD|IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("address"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_RECORD, 0, NULL, NULL },

    { ngx_string("address_street"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("address_street_line2"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("address_city"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("address_state"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("address_zip"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("national_id_number"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_DATA, 0, NULL, NULL },

    { ngx_string("email"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_MAIL|IDV_INPUT_DEVICE, 1, NULL, "email" },

    { ngx_string("phone"), IDV_INPUT_MAX_TEXT,
      IDV_INPUT_CALL|IDV_INPUT_DEVICE, 0, NULL, NULL },

    { ngx_string("referenceSelfie"), IDV_INPUT_MAX_SELFIE,
      IDV_INPUT_FACE, 0, NULL, NULL }
};


idv_input_e
idv_input_parse(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_INPUT_NINPUTS; i++) {
        if (name->len == idv_input_table[i].name.len
            && ngx_memcmp(name->data, idv_input_table[i].name.data, name->len)
               == 0)
        {
            break;
        }
    }

    return i;
}


const ngx_str_t *
idv_input_first(const idv_inputs_t *inputs, idv_input_e input)
{
    ngx_uint_t  i;

    for (i = 0; i < inputs->n; i++) {
        if (inputs->list[i].input == input) {
            return &inputs->list[i].value;
        }
    }

    return NULL;
}


ngx_int_t
idv_input_copy(ngx_pool_t *pool, idv_inputs_t *dst, const idv_inputs_t *src)
{
    ngx_str_t           *value;
    ngx_uint_t           i;
    ngx_pool_cleanup_t  *cln;

    if (src->n == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = idv_input_wipe;
    cln->data = dst;

    for (i = 0; i < src->n; i++) {

        value = &dst->list[i].value;

        value->len = src->list[i].value.len;
        value->data = ngx_pnalloc(pool, value->len);

        if (value->data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(value->data, src->list[i].value.data, value->len);

        dst->list[i].input = src->list[i].input;
        dst->n = i + 1;
    }

    return NGX_OK;
}


static void
idv_input_wipe(void *data)
{
    idv_inputs_t *inputs = data;

    ngx_uint_t  i;

    for (i = 0; i < inputs->n; i++) {
        ngx_explicit_memzero(inputs->list[i].value.data,
                             inputs->list[i].value.len);
    }
}


static ngx_uint_t
idv_input_verify(json_t *policy, const char *check, const char *word)
{
    ngx_str_t  verify;

    verify = idv_json_string(json_object_get(policy, check), "verify");

    return verify.len && ngx_strcmp(verify.data, word) == 0;
}


static ngx_uint_t
idv_input_enabled(json_t *policy, const char *check)
{
    return idv_input_verify(policy, check, "REQUIRED")
           || idv_input_verify(policy, check, "OPTIONAL");
}


uint32_t
idv_input_uses(json_t *policy)
{
    json_t      *record;
    uint32_t     bits;
    unsigned     parts;
    ngx_uint_t   i;

    parts = 0;
    record = NULL;

    if (idv_input_enabled(policy, "governmentId")) {
        record = json_object_get(policy, "identityRecordMatching");

    } else if (idv_input_enabled(policy, "facialComparison")) {
        parts |= IDV_INPUT_FACE;
    }

    if (json_is_object(json_object_get(policy,
                                       "dataBasedIdentityVerification")))
    {
        parts |= IDV_INPUT_DATA;
    }

    if (idv_input_enabled(policy, "deviceOwnership")) {
        parts |= IDV_INPUT_DEVICE;
    }

    if (idv_input_enabled(policy, "email")) {
        parts |= IDV_INPUT_MAIL;
    }

    if (idv_input_enabled(policy, "phone")) {
        parts |= IDV_INPUT_CALL;
    }

    bits = 0;

    for (i = 0; i < IDV_INPUT_NINPUTS; i++) {
        if ((idv_input_table[i].uses & parts)
            || ((idv_input_table[i].uses & IDV_INPUT_RECORD)
                && json_is_object(json_object_get(record,
                                   (char *) idv_input_table[i].name.data))))
        {
            bits |= IDV_INPUT_BIT(i);
        }
    }

    /* data-based verification takes a phone only where that has to be proved */

    if ((parts & IDV_INPUT_DATA)
        && !idv_input_verify(policy, "phone", "REQUIRED"))
    {
        bits &= ~IDV_INPUT_BIT(IDV_INPUT_PHONE);
    }

    return bits;
}


ngx_uint_t
idv_input_text(const ngx_str_t *value)
{
    u_char    *p, *last;
    uint32_t   ch;

    p = value->data;
    last = p + value->len;

    while (p < last) {
        ch = *p < 0x80 ? *p++ : ngx_utf8_decode(&p, last - p);

        /* a half of a pair is no character of JSON either */

        if (ch > 0x10ffff || ch < 0x20 || (ch >= 0x7f && ch < 0xa0)
            || (ch & ~0x7ffu) == 0xd800)
        {
            return 0;
        }
    }

    return 1;
}


/* {"given_name":{"options":["Ann","Anna"]},"birth_date":{"value":"..."}} */

ngx_int_t
idv_input_requirements(const idv_inputs_t *inputs, uint32_t bits,
    json_t **requirements)
{
    json_t      *root;
    ngx_int_t    rc;
    ngx_uint_t   input;

    root = json_object();
    rc = root ? NGX_OK : NGX_ERROR;

    for (input = 0; input < IDV_INPUT_NINPUTS && rc == NGX_OK; input++) {
        if (bits & IDV_INPUT_BIT(input)) {
            rc = idv_input_requirement(root, inputs, input);
        }
    }

    *requirements = NULL;

    if (rc == NGX_OK && json_object_size(root)) {
        *requirements = root;

    } else {
        json_decref(root);
    }

    return rc;
}


static ngx_int_t
idv_input_requirement(json_t *root, const idv_inputs_t *inputs,
    idv_input_e input)
{
    json_t             *options;
    ngx_int_t           rc;
    ngx_uint_t          i;
    const ngx_str_t    *value;
    const idv_input_t  *row;

    row = &idv_input_table[input];
    options = json_array();
    rc = options ? NGX_OK : NGX_ERROR;

    for (i = 0; i < inputs->n && rc == NGX_OK; i++) {
        value = &inputs->list[i].value;

        if (inputs->list[i].input == input) {
            rc = json_array_append_new(options,
                                       json_stringn((char *) value->data,
                                                    value->len));
        }
    }

    if (rc == NGX_OK && json_array_size(options)) {

        if (json_array_size(options) == 1 && !row->options) {
            rc = json_object_set_new(root, (char *) row->name.data,
                                     json_pack("{s:O}", "value",
                                               json_array_get(options, 0)));

        } else {
            rc = json_object_set_new(root, (char *) row->name.data,
                                     json_pack("{s:O}", "options", options));
        }
    }

    json_decref(options);

    return rc;
}
