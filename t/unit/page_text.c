
/*
 * Copyright (C) nginx-idv authors
 *
 * The texts that are built in keep the rules that those of a page folder have
 * to: whoever copies them into one is not refused.
 */


#include "tap.h"
#include "web/ngx_http_idv_web.h"
#include "web/ngx_http_idv_page.h"


static void
test_language(const ngx_http_idv_page_lang_t *lang)
{
    ngx_str_t    text;
    ngx_uint_t   i;
    const char  *reason;

    for (i = 1; i < NGX_HTTP_IDV_NTEXTS; i++) {
        text = lang->texts[i];
        reason = "";

        ok(ngx_http_idv_page_check_text(i, &text, &reason) == NGX_OK,
           "%.*s: %s %s", (int) lang->tag.len, lang->tag.data,
           ngx_http_idv_page_text_names[i], reason);
    }
}


int
main(void)
{
    ngx_str_t    text = ngx_string("Is it {hots}?");
    const char  *reason;

    test_language(&ngx_http_idv_page_text_en);
    test_language(&ngx_http_idv_page_text_de);
    test_language(&ngx_http_idv_page_text_ar);

    ok(ngx_http_idv_page_check_text(NGX_HTTP_IDV_TEXT_LOGOUT_TITLE, &text,
                                    &reason)
       != NGX_OK, "what names nothing is refused");

    return tap_done();
}
