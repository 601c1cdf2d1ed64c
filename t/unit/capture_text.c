
/*
 * Copyright (C) nginx-idv authors
 *
 * The texts of the capture page: each is there in every language, and has the
 * same values to put in.
 */


#include "tap.h"

#include "service/idv_svc_text.h"


static const idv_svc_lang_t *const  langs[] = {
    &idv_svc_text_en, &idv_svc_text_de, &idv_svc_text_ar
};


/* bits of the values; all bits where something else is in braces */

static unsigned
values(const ngx_str_t *text)
{
    size_t    i;
    unsigned  found;

    found = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] != '{' && text->data[i] != '}') {
            continue;
        }

        if (i + 2 >= text->len || text->data[i] != '{'
            || text->data[i + 1] < '1' || text->data[i + 1] > '2'
            || text->data[i + 2] != '}')
        {
            return ~0u;
        }

        found |= 1u << (text->data[i + 1] - '0');
        i += 2;
    }

    return found;
}


int
main(void)
{
    size_t                 i;
    ngx_uint_t             key, missing, other, odd;
    const idv_svc_lang_t  *lang;

    for (i = 0; i < sizeof(langs) / sizeof(langs[0]); i++) {
        lang = langs[i];
        missing = 0;
        other = 0;
        odd = 0;

        for (key = IDV_SVC_T_NOTHING + 1; key < IDV_SVC_NTEXTS; key++) {
            missing += (lang->text[key].len == 0);
            other += (values(&lang->text[key])
                      != values(&idv_svc_text_en.text[key]));
            odd += (values(&lang->text[key]) == ~0u
                    || memchr(lang->text[key].data, '<', lang->text[key].len)
                       != NULL);
        }

        ok(missing == 0, "%s: no text is missing", lang->tag.data);
        ok(other == 0, "%s: each has its values", lang->tag.data);
        ok(odd == 0, "%s: and they are text", lang->tag.data);

        for (key = 1; i && key < IDV_SVC_NREASONS; key++) {
            ok(lang->reason[key].len != 0, "%s: %s", lang->tag.data,
               idv_svc_reason_name(key)->data);
        }
    }

    return tap_done();
}
