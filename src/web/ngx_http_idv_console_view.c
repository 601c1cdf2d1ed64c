
/*
 * Copyright (C) nginx-idv authors
 *
 * The page of an operation: its JSON document, as text.
 */


#include "ngx_http_idv_console.h"
#include "../util/idv_html.h"
#include "../util/idv_json.h"


const ngx_http_idv_console_page_t  ngx_http_idv_console_pages[] = {
    { NULL, NGX_HTTP_IDV_CONSOLE_NONE, 0 }
};


ngx_int_t
ngx_http_idv_console_view_input(ngx_http_idv_console_t *job, json_t **form)
{
    (void) job;
    (void) form;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_console_view(ngx_http_idv_console_t *job, json_t *answer,
    ngx_http_idv_console_reply_t *reply)
{
    u_char       *p;
    ngx_buf_t    *b;
    ngx_str_t     json, text, token;
    ngx_pool_t   *pool;

    pool = job->request->pool;

    if (idv_json_dump(pool, answer, &json) != NGX_OK
        || idv_html_escape(pool, &json, &text) != NGX_OK
        || ngx_http_idv_console_token(job, &token) != NGX_OK)
    {
        return NGX_ERROR;
    }

    b = ngx_create_temp_buf(pool, text.len + token.len + 256);
    reply->body = ngx_alloc_chain_link(pool);

    if (b == NULL || reply->body == NULL) {
        return NGX_ERROR;
    }

    p = b->last;
    b->last = ngx_sprintf(p, "<!DOCTYPE html>\n<html lang=\"en\">\n"
                          "<title>Console</title>\n"
                          "<form method=\"post\">"
                          "<input type=\"hidden\" name=\"token\" value=\"%V\">"
                          "</form>\n<pre>%V</pre>\n</html>\n", &token, &text);

    reply->body->buf = b;
    reply->body->next = NULL;

    return NGX_OK;
}
