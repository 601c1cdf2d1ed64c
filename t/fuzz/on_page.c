
/*
 * Copyright (C) nginx-idv authors
 *
 * The operator's page folder, and what becomes a picture or HTML.
 */


#include "fuzz.h"

#include "util/idv_html.h"
#include "util/idv_qr.h"
#include "web/ngx_http_idv_page.h"

#include <sys/stat.h>
#include <unistd.h>


static const char *const  page_slots[NGX_HTTP_IDV_NSLOTS] = {
    "", "lang", "dir", "title", "head", "style", "script", "icon", "skip",
    "service", "host", "main"
};


/* a file in a folder with nothing else in it */

static void
page_write(const char *folder, const char *name, const ngx_str_t *text)
{
    int   fd;
    char  path[1024];

    snprintf(path, sizeof(path), "%s/%s", folder, name);

    fd = open(path, O_CREAT|O_TRUNC|O_WRONLY, 0600);

    if (fd == -1 || write(fd, text->data, text->len) != (ssize_t) text->len
        || close(fd) != 0)
    {
        perror(path);
        exit(1);
    }
}


/* nothing of a template is lost, and what must be in it is */

static void
page_template(const ngx_http_idv_page_conf_t *page, const ngx_str_t *file)
{
    u_char                    *p;
    ngx_uint_t                 i, seen[NGX_HTTP_IDV_NSLOTS];
    ngx_http_idv_page_part_t  *part;

    memset(seen, 0, sizeof(seen));
    p = file->data;
    part = page->parts.elts;

    for (i = 0; i < page->parts.nelts; i++) {
        must(part[i].slot < NGX_HTTP_IDV_NSLOTS);
        must(part[i].text.len <= (size_t) (file->data + file->len - p));
        must(memcmp(p, part[i].text.data, part[i].text.len) == 0);

        p += part[i].text.len;
        seen[part[i].slot]++;

        if (part[i].slot != NGX_HTTP_IDV_SLOT_LITERAL) {
            must(memcmp(p, "{{", 2) == 0);
            p += 2 + strlen(page_slots[part[i].slot]);
            must(memcmp(p, "}}", 2) == 0);
            p += 2;
        }
    }

    must(p == file->data + file->len);
    must(seen[NGX_HTTP_IDV_SLOT_MAIN] == 1);
    must(seen[NGX_HTTP_IDV_SLOT_LANG] && seen[NGX_HTTP_IDV_SLOT_DIR]
         && seen[NGX_HTTP_IDV_SLOT_TITLE] && seen[NGX_HTTP_IDV_SLOT_HEAD]);
}


static void
page_texts(const ngx_http_idv_page_conf_t *page)
{
    size_t                     k;
    ngx_str_t                 *text;
    ngx_uint_t                 i, n;
    ngx_http_idv_page_lang_t  *lang;

    lang = page->langs.elts;
    must(page->langs.nelts == 4);

    for (i = 0; i < page->langs.nelts; i++) {
        for (n = 1; n < NGX_HTTP_IDV_NTEXTS; n++) {
            text = &lang[i].texts[n];

            must(text->len > 0 && text->len <= 1000);
            must(fuzz_is_utf8(text->data, text->len));

            for (k = 0; k < text->len; k++) {
                must(text->data[k] >= ' ');
                must(text->data[k] != '{'
                     || (text->len - k >= 6
                         && memcmp(text->data + k, "{host}", 6) == 0)
                     || (text->len - k >= 6
                         && memcmp(text->data + k, "{time}", 6) == 0)
                     || (text->len - k >= 9
                         && memcmp(text->data + k, "{contact}", 9) == 0));
            }
        }
    }
}


/* a byte for what it is, and the file */

void
fuzz_page(fuzz_input_t *in)
{
    char               path[1024];
    u_char             kind;
    ngx_int_t          rc;
    ngx_log_t          quiet;
    ngx_str_t          file, request, out;
    ngx_conf_t         cf;
    idv_provider_t    *provider, copy;
    visit_answer_t     answer;
    const char        *name;
    void              *page;

    static char        folder[512];

    if (folder[0] == '\0') {
        snprintf(folder, sizeof(folder), "%s/page", house_prefix);
        must(mkdir(folder, 0700) == 0);
    }

    kind = fuzz_byte(in);
    file = fuzz_rest(in);
    name = (kind & 1) ? "texts.fr" : "template.html";

    page_write(folder, name, &file);

    /* mistakes are what is looked for: nobody wants to read of each */

    quiet = *ngx_cycle->log;
    quiet.log_level = NGX_LOG_STDERR;

    memset(&cf, 0, sizeof(cf));
    cf.cycle = (ngx_cycle_t *) ngx_cycle;
    cf.pool = house_pool;
    cf.log = &quiet;

    provider = house_provider("house");
    copy = *provider;
    copy.page_folder.data = (u_char *) folder;
    copy.page_folder.len = strlen(folder);

    rc = ngx_http_idv_page_load(&cf, &copy);

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    must(unlink(path) == 0);

    if (rc != NGX_OK) {
        return;
    }

    must(fuzz_is_utf8(file.data, file.len));

    if (kind & 1) {
        page_texts(copy.page);

    } else {
        page_template(copy.page, &file);
    }

    /* and it can be shown */

    page = provider->page;
    provider->page = copy.page;

    ngx_str_set(&request, "GET /idv/ HTTP/1.1\r\nHost: shop.example\r\n"
                          "X-Subject: ann\r\nAccept: text/html\r\n"
                          "Accept-Language: fr\r\n\r\n");
    out = visit(VISIT_GATE, &request, request.len);

    provider->page = page;

    must(visit_answer(&out, &answer, 0) == NGX_OK);
    must(answer.status == 200 && answer.body.len > 0);
    visit_check(&answer);
}


static void
image_html(ngx_str_t *text)
{
    size_t      i, k, n;
    ngx_str_t   html;

    static const char *const  entities[] = {
        "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"
    };

    must(idv_html_escape(house_pool, text, &html) == NGX_OK);

    /* read back, it is the text without its control characters */

    for (i = 0, k = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 0x7f) {
            continue;
        }

        must(k < html.len);

        if (html.data[k] != '&') {
            must(html.data[k] == text->data[i]);
            must(strchr("<>\"'", html.data[k]) == NULL);
            k++;
            continue;
        }

        for (n = 0; n < 5; n++) {
            if (html.len - k >= strlen(entities[n])
                && memcmp(html.data + k, entities[n], strlen(entities[n]))
                   == 0)
            {
                break;
            }
        }

        must(n < 5 && "&<>\"'"[n] == text->data[i]);
        k += strlen(entities[n]);
    }

    must(k == html.len);
}


void
fuzz_image(fuzz_input_t *in)
{
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   text, svg;

    text = fuzz_rest(in);
    text = fuzz_copy(&text);

    image_html(&text);

    rc = idv_qr_svg(house_pool, &text, &svg);

    must(rc == ((text.len > 0 && text.len <= IDV_QR_MAX_TEXT)
                ? NGX_OK : NGX_DECLINED));

    if (rc != NGX_OK) {
        return;
    }

    must(memcmp(svg.data, "<svg ", 5) == 0);
    must(memcmp(svg.data + svg.len - 6, "</svg>", 6) == 0);

    for (i = 0; i < svg.len; i++) {
        must(svg.data[i] >= ' ' && svg.data[i] < 0x7f);
    }
}
