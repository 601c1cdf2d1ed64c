
/*
 * Copyright (C) nginx-idv authors
 *
 * How the page is written: every value is escaped here, once, on its way into
 * the list of pieces that becomes <main>, and <main> goes into the template.
 */


#include "ngx_http_idv_page.h"


static void ngx_http_idv_page_more(idv_html_t *html, int letter,
    idv_html_args_t *args);
static void ngx_http_idv_page_add_text(ngx_http_idv_page_t *page,
    ngx_http_idv_text_e key, ngx_uint_t plain);
static ngx_int_t ngx_http_idv_page_document(ngx_http_idv_page_t *page,
    ngx_str_t *main, ngx_str_t *body);
static ngx_int_t ngx_http_idv_page_headers(ngx_http_request_t *r);


typedef struct {
    const char  *name;
    ngx_str_t    value;
} ngx_http_idv_page_header_t;


/*
 * Chrome holds redirects after a form against form-action: the page itself is
 * the only place that a form leads to.  "same-origin" rather than no referrer
 * at all, since the latter makes a form's Origin "null".
 */

static ngx_http_idv_page_header_t  ngx_http_idv_page_safety[] = {

    { "Content-Security-Policy",
      ngx_string("default-src 'none'; style-src 'self'; script-src 'self'; "
                 "img-src 'self'; connect-src 'self'; form-action 'self'; "
                 "base-uri 'none'; frame-ancestors 'none'") },

    { "Referrer-Policy", ngx_string("same-origin") },

    { "Cross-Origin-Opener-Policy", ngx_string("same-origin") }
};


static const char *const  ngx_http_idv_page_types[NGX_HTTP_IDV_NASSETS] = {
    "text/css; charset=utf-8",
    "text/javascript; charset=utf-8",
    "image/svg+xml"
};


static const char *const  ngx_http_idv_page_urls[NGX_HTTP_IDV_NASSETS] = {
    "style.css",
    "script.js",
    "icon.svg"
};


ngx_int_t
ngx_http_idv_page_init(ngx_http_idv_page_t *page)
{
    page->html.more = ngx_http_idv_page_more;
    page->html.data = page;

    return idv_html_init(&page->html, page->r->pool);
}


void
ngx_http_idv_page_put(ngx_http_idv_page_t *page, const char *fmt, ...)
{
    idv_html_args_t  args;

    va_start(args.list, fmt);
    idv_html_vput(&page->html, fmt, &args);
    va_end(args.list);
}


ngx_str_t
ngx_http_idv_page_string(ngx_http_idv_page_t *page, const char *fmt, ...)
{
    ngx_str_t        string;
    idv_html_t       html;
    idv_html_args_t  args;

    html = page->html;

    ngx_str_set(&string, "");

    if (ngx_http_idv_page_init(page) != NGX_OK) {
        html.failed = 1;

    } else {
        va_start(args.list, fmt);
        idv_html_vput(&page->html, fmt, &args);
        va_end(args.list);

        string = idv_html_join(&page->html);
        html.failed = page->html.failed;
    }

    page->html = html;

    return string;
}


static void
ngx_http_idv_page_more(idv_html_t *html, int letter, idv_html_args_t *args)
{
    ngx_http_idv_page_t *page = html->data;

    if (letter == 'p') {
        idv_html_add(html, page->path_html.data, page->path_html.len);
        return;
    }

    /* 't' and 'T' */

    ngx_http_idv_page_add_text(page, va_arg(args->list, int), letter == 'T');
}


/*
 * A text with its {host}, {contact} and {time}.  They may be of another script
 * than the sentence around them: <bdi> keeps their letters together.
 */

static void
ngx_http_idv_page_add_text(ngx_http_idv_page_t *page,
    ngx_http_idv_text_e key, ngx_uint_t plain)
{
    u_char     *p, *last, *open;
    ngx_str_t   literal, *value;

    p = page->lang->texts[key].data;
    last = p + page->lang->texts[key].len;

    while (p < last) {

        open = ngx_strlchr(p, last, '{');

        literal.data = p;
        literal.len = (open ? open : last) - p;

        idv_html_add_escaped(&page->html, &literal);

        if (open == NULL) {
            return;
        }

        /* no other name came through the configuration */

        switch (last - open > 1 ? open[1] : '}') {

        case 'h':
            value = &page->host;
            break;

        case 't':
            value = &page->time;
            break;

        default:
            value = &page->contact;
        }

        if (!plain) {
            ngx_http_idv_page_put(page, "<bdi>");
        }

        idv_html_add_escaped(&page->html, value);

        if (!plain) {
            ngx_http_idv_page_put(page, "</bdi>");
        }

        p = ngx_strlchr(open, last, '}') + 1;
    }
}


ngx_int_t
ngx_http_idv_page_send(ngx_http_idv_page_t *page)
{
    ngx_str_t            main, body;
    ngx_http_request_t  *r;

    r = page->r;

    main = idv_html_join(&page->html);

    if (page->fragment) {
        body = main;

    } else if (ngx_http_idv_page_document(page, &main, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (page->html.failed || ngx_http_idv_page_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, page->status, "text/html; charset=utf-8",
                             &body);
}


static ngx_int_t
ngx_http_idv_page_document(ngx_http_idv_page_t *page, ngx_str_t *main,
    ngx_str_t *body)
{
    size_t                          len;
    u_char                         *p;
    ngx_str_t                       slots[NGX_HTTP_IDV_NSLOTS], *text;
    ngx_uint_t                      i, n;
    const ngx_http_idv_page_part_t *part;

    for (i = 0; i < NGX_HTTP_IDV_NSLOTS; i++) {
        ngx_str_set(&slots[i], "");
    }

    slots[NGX_HTTP_IDV_SLOT_LANG] =
        ngx_http_idv_page_string(page, "%e", &page->lang->tag);
    slots[NGX_HTTP_IDV_SLOT_DIR] =
        ngx_http_idv_page_string(page, "%T", NGX_HTTP_IDV_TEXT_DIR);
    slots[NGX_HTTP_IDV_SLOT_TITLE] =
        ngx_http_idv_page_string(page, "%T - %e", page->title, &page->host);
    slots[NGX_HTTP_IDV_SLOT_SKIP] =
        ngx_http_idv_page_string(page, "%T", NGX_HTTP_IDV_TEXT_SKIP);
    slots[NGX_HTTP_IDV_SLOT_SERVICE] =
        ngx_http_idv_page_string(page, "%T", NGX_HTTP_IDV_TEXT_SERVICE);
    slots[NGX_HTTP_IDV_SLOT_HOST] =
        ngx_http_idv_page_string(page, "%e", &page->host);
    slots[NGX_HTTP_IDV_SLOT_MAIN] = *main;

    for (i = 0; i < NGX_HTTP_IDV_NASSETS; i++) {
        slots[NGX_HTTP_IDV_SLOT_STYLE + i] =
            ngx_http_idv_page_string(page, "%p%s?v=%v",
                                     ngx_http_idv_page_urls[i],
                                     &page->conf->assets[i].version);
    }

    if (page->go.len) {
        slots[NGX_HTTP_IDV_SLOT_HEAD] =
            ngx_http_idv_page_string(page,
                "<meta http-equiv=\"refresh\" content=\"0;url=%e\">",
                &page->go);

    } else if (page->waits) {
        /* the script polls instead, where there is one */
        slots[NGX_HTTP_IDV_SLOT_HEAD] =
            ngx_http_idv_page_string(page,
                "<noscript><meta http-equiv=\"refresh\" "
                "content=\"%d;url=%p?flowId=%v\"></noscript>",
                (int) ngx_max(page->provider->page_refresh / 1000, 1),
                &page->flow_id);
    }

    len = 0;
    part = page->conf->parts.elts;
    n = page->conf->parts.nelts;

    for (i = 0; i < n; i++) {
        len += part[i].text.len + slots[part[i].slot].len;
    }

    p = ngx_pnalloc(page->r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    body->len = len;

    for (i = 0; i < n; i++) {
        text = &slots[part[i].slot];

        p = ngx_cpymem(p, part[i].text.data, part[i].text.len);
        p = ngx_cpymem(p, text->data, text->len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_page_headers(ngx_http_request_t *r)
{
    size_t                       i, n;
    ngx_http_idv_page_header_t  *header;

    header = ngx_http_idv_page_safety;
    n = sizeof(ngx_http_idv_page_safety) / sizeof(ngx_http_idv_page_header_t);

    for (i = 0; i < n; i++) {
        if (ngx_http_idv_header(r, header[i].name, &header[i].value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_idv_no_store(r);
}


ngx_int_t
ngx_http_idv_page_redirect(ngx_http_idv_page_t *page, ngx_str_t location)
{
    if (page->html.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_redirect(page->r, &location);
}


/*
 * Files that never change under their URL: its query is their hash.  An old
 * URL, or one without a hash, is checked again each time.
 */

ngx_int_t
ngx_http_idv_page_send_asset(ngx_http_idv_page_t *page, ngx_uint_t asset)
{
    ngx_int_t                         rc;
    ngx_buf_t                        *b;
    ngx_str_t                         version;
    ngx_chain_t                       out;
    ngx_table_elt_t                  *etag;
    ngx_http_request_t               *r;
    const ngx_http_idv_page_asset_t  *file;

    static ngx_str_t  forever =
        ngx_string("public, max-age=31536000, immutable");
    static ngx_str_t  ask = ngx_string("no-cache");
    static ngx_str_t  nosniff = ngx_string("nosniff");

    r = page->r;
    file = &page->conf->assets[asset];

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_idv_arg(r, "v", &version);

    if (ngx_http_idv_header(r, "Cache-Control",
                            rc == NGX_OK
                            && version.len == file->version.len
                            && ngx_strncmp(version.data, file->version.data,
                                           version.len)
                               == 0
                            ? &forever : &ask)
        != NGX_OK
        || ngx_http_idv_header(r, "X-Content-Type-Options", &nosniff)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    etag = ngx_list_push(&r->headers_out.headers);
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    etag->hash = 1;
    idv_header_clear_next(etag);
    ngx_str_set(&etag->key, "ETag");
    etag->value = file->etag;

    r->headers_out.etag = etag;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = file->body.len;
    r->headers_out.content_type.data =
        (u_char *) ngx_http_idv_page_types[asset];
    r->headers_out.content_type.len =
        ngx_strlen(ngx_http_idv_page_types[asset]);
    r->headers_out.content_type_len =
        strcspn(ngx_http_idv_page_types[asset], ";");

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = file->body.data;
    b->last = file->body.data + file->body.len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
