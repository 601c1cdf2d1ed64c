
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages: whatever an answer says of people, the page is HTML of
 * our own, and all that is foreign in it is text.
 *
 *   the first byte    which page, of all operations and all pages of the view
 *   the second        bits: administrator, queue, photos, a browser's cookie;
 *                     above: the status
 *   up to a newline   what stands for each id, and in the query
 *   the rest          the answer; of a policy that was not taken, the form
 */


#include "fuzz.h"

#include "util/idv_json.h"
#include "web/ngx_http_idv_console.h"


#define CONSOLE_MAX    (64 * 1024)
#define CONSOLE_DEEP   64
#define CONSOLE_NAME   16


static const char *const  console_tags[] = {
    "a", "bdi", "body", "button", "code", "dd", "details", "div", "dl", "dt",
    "em", "figcaption", "figure", "form", "h1", "h2", "h3", "head", "header",
    "html", "img", "input", "label", "li", "link", "main", "meta", "nav",
    "option", "p", "path", "section", "select", "span", "strong", "summary",
    "svg", "table", "tbody", "td", "th", "thead", "time", "title", "tr", "ul",
    NULL
};

static const char *const  console_empty[] = {
    "img", "input", "link", "meta", NULL
};

static const char *const  console_attributes[] = {
    "action", "alt", "aria-current", "aria-describedby", "aria-invalid",
    "aria-label", "aria-labelledby", "autocomplete", "autofocus", "charset",
    "checked", "class", "content", "d", "datetime", "dir", "fill", "for",
    "href", "id", "inputmode", "lang", "maxlength", "method", "name",
    "novalidate", "open", "popover", "popovertarget", "popovertargetaction",
    "rel", "required", "role", "scope", "selected", "shape-rendering", "size",
    "spellcheck", "src", "tabindex", "target", "type", "value", "viewBox",
    "xmlns", NULL
};

static const char *const  console_entities[] = {
    "&amp;", "&lt;", "&gt;", "&quot;", "&#39;", NULL
};


static ngx_uint_t
console_one_of(const char *const *words, const u_char *p, size_t len)
{
    for ( /* void */ ; *words; words++) {
        if (strlen(*words) == len && memcmp(*words, p, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
console_begins(const u_char *p, const u_char *last, const char *text)
{
    return (size_t) (last - p) >= strlen(text)
           && memcmp(p, text, strlen(text)) == 0;
}


/* up to that byte: characters, and entities that we know */

static const u_char *
console_text(const u_char *p, const u_char *last, u_char end)
{
    const char *const  *entity;

    for ( /* void */ ; p < last && *p != end; p++) {
        must(*p != '<' && *p != '>' && *p != '\'' && (*p >= ' ' || *p == '\n'));
        must(*p != '"' || end == '<');

        if (*p != '&') {
            continue;
        }

        for (entity = console_entities; *entity; entity++) {
            if (console_begins(p, last, *entity)) {
                break;
            }
        }

        must(*entity != NULL);
    }

    return p;
}


/* an address leads to the console, to a place in the page, or to the capture */

static void
console_address(const u_char *p, const u_char *last, ngx_uint_t link)
{
    must(console_begins(p, last, "/console/")
         || (link && (console_begins(p, last, "#")
                      || console_begins(p, last, "https://")
                      || console_begins(p, last, "http://"))));
}


static const u_char *
console_tag(const u_char *p, const u_char *last)
{
    const u_char  *name, *value;
    size_t         len;

    while (p < last && *p != '>') {

        if (*p == '/') {                     /* of a picture */
            p++;
            must(p < last && *p == '>');
            break;
        }

        must(*p == ' ');
        p++;

        name = p;

        while (p < last && *p != '=' && *p != ' ' && *p != '>') {
            p++;
        }

        len = p - name;

        must(console_one_of(console_attributes, name, len));

        if (p == last || *p != '=') {
            continue;
        }

        must(last - p > 2 && p[1] == '"');

        value = p + 2;
        p = console_text(value, last, '"');

        must(p < last);

        if (len == 4 && memcmp(name, "href", 4) == 0) {
            console_address(value, p, 1);

        } else if ((len == 3 && memcmp(name, "src", 3) == 0)
                   || (len == 6 && memcmp(name, "action", 6) == 0))
        {
            console_address(value, p, 0);
        }

        p++;
    }

    must(p < last);

    return p + 1;
}


/* everything that is opened is closed, in its order */

static void
console_html(const ngx_str_t *html)
{
    char           open[CONSOLE_DEEP][CONSOLE_NAME];
    size_t         len;
    ngx_uint_t     depth, end;
    const u_char  *p, *last, *name;

    must(fuzz_is_utf8(html->data, html->len));

    p = html->data;
    last = p + html->len;
    depth = 0;

    must(console_begins(p, last, "<!doctype html>\n"));
    p += sizeof("<!doctype html>\n") - 1;

    while (p < last) {

        if (*p != '<') {
            p = console_text(p, last, '<');
            continue;
        }

        p++;
        end = (p < last && *p == '/');
        p += end;

        name = p;

        while (p < last && ((*p >= 'a' && *p <= 'z')
                            || (*p >= '0' && *p <= '9')))
        {
            p++;
        }

        len = p - name;

        must(console_one_of(console_tags, name, len));

        if (end) {
            must(depth > 0 && p < last && *p == '>');
            depth--;
            must(strlen(open[depth]) == len
                 && memcmp(open[depth], name, len) == 0);
            p++;
            continue;
        }

        p = console_tag(p, last);

        if (!console_one_of(console_empty, name, len) && p[-2] != '/') {
            must(depth < CONSOLE_DEEP);
            memcpy(open[depth], name, len);
            open[depth][len] = '\0';
            depth++;
        }
    }

    must(depth == 0);
}


/* the members of a form are texts */

static json_t *
console_form(json_t *value)
{
    json_t      *form, *member;
    const char  *name;

    form = json_object();

    json_object_foreach(value, name, member) {
        if (json_is_string(member)) {
            json_object_set(form, name, member);
        }
    }

    return form;
}


/* each name of the form was wrong */

static json_t *
console_mistakes(json_t *form)
{
    json_t      *details, *value;
    const char  *name;

    details = json_array();

    json_object_foreach(form, name, value) {
        json_array_append_new(details, json_pack("{s:s, s:s, s:O}",
                                                 "code", "INVALID_VALUE",
                                                 "target", name,
                                                 "message", value));
    }

    return json_pack("{s:s, s:s, s:o}", "code", "INVALID_DATA",
                     "message", "The input is not valid.", "details", details);
}


static void
console_page(ngx_http_idv_console_t *job, json_t *answer, ngx_uint_t status)
{
    ngx_str_t                      html;
    ngx_chain_t                   *cl;
    ngx_http_idv_console_reply_t   reply;

    memset(&reply, 0, sizeof(ngx_http_idv_console_reply_t));
    reply.status = status;

    must(ngx_http_idv_console_view(job, answer, &reply) == NGX_OK);

    if (reply.location.len) {
        must(reply.status == NGX_HTTP_SEE_OTHER && reply.body == NULL);
        must(console_begins(reply.location.data,
                            reply.location.data + reply.location.len,
                            "/console/"));
        must(memchr(reply.location.data, '\n', reply.location.len) == NULL);
        must(memchr(reply.location.data, '"', reply.location.len) == NULL);
        return;
    }

    cl = reply.body;
    must(cl != NULL && cl->next == NULL);

    html.data = cl->buf->pos;
    html.len = cl->buf->last - cl->buf->pos;

    if (strncmp(reply.type, "text/html", 9) == 0) {
        html = fuzz_copy(&html);
        console_html(&html);
    }
}


void
fuzz_console(fuzz_input_t *in)
{
    json_t                             *answer;
    u_char                              which, bits;
    ngx_str_t                           id, text;
    ngx_uint_t                          i, n, status, policy;
    ngx_http_idv_console_t              job;
    ngx_http_idv_console_conf_t         conf;
    const ngx_http_idv_console_page_t  *page;

    static const ngx_uint_t  statuses[] = {
        200, 200, 200, 200, 400, 400, 403, 404, 405, 429, 500, 501, 502, 503,
        504, 201
    };

    which = fuzz_byte(in);
    bits = fuzz_byte(in);
    id = fuzz_until(in, '\n');
    text = fuzz_rest(in);

    answer = idv_json_parse(house_pool, text.data, text.len, CONSOLE_MAX);

    if (answer == NULL || !fuzz_is_utf8(id.data, id.len)) {
        return;
    }

    status = statuses[bits >> 4];

    memset(&conf, 0, sizeof(conf));
    conf.provider = house_provider("house");
    ngx_str_set(&conf.path, "/console/");

    if (bits & 2) {
        ngx_str_set(&conf.reviews, "http://127.0.0.1:1/_control/reviews");
    }

    memset(&job, 0, sizeof(job));
    job.request = house_request("shop.example");
    job.conf = &conf;
    job.html = 1;
    job.role = (bits & 1) ? NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR
                          : NGX_HTTP_IDV_CONSOLE_VIEWER;
    job.client.subject = id;
    job.input = json_object();

    for (i = 0; i < NGX_HTTP_IDV_CONSOLE_NIDS; i++) {
        job.ids[i] = id;
    }

    job.request->args.len = 1024 + 3 * 3 * id.len;
    job.request->args.data = ngx_pnalloc(house_pool, job.request->args.len);
    must(job.request->args.data != NULL);

    text.data = ngx_pnalloc(house_pool, 3 * id.len + 1);
    text.len = (u_char *) ngx_escape_uri(text.data, id.data, id.len,
                                         NGX_ESCAPE_URI_COMPONENT)
               - text.data;

    job.request->args.len =
        ngx_sprintf(job.request->args.data,
                    "done=%s&message=SENT&transactions=3&search=%V&user=%V"
                    "&state=%V%s",
                    (bits & 8) ? "reset" : "created", &text, &text, &text,
                    (bits & 4) ? "&photos=1" : "")
        - job.request->args.data;
    job.args = job.request->args;

    for (n = 0; ngx_http_idv_console_pages[n].path; n++) { /* void */ }

    which %= NGX_HTTP_IDV_CONSOLE_NONE + n;
    policy = 0;

    if (which < NGX_HTTP_IDV_CONSOLE_NONE) {
        job.op = &ngx_http_idv_console_ops[which];
        policy = (which == NGX_HTTP_IDV_CONSOLE_POLICY_CREATE
                  || which == NGX_HTTP_IDV_CONSOLE_POLICY_UPDATE);

    } else {
        page = &ngx_http_idv_console_pages[which - NGX_HTTP_IDV_CONSOLE_NONE];
        job.page = page;

        if (page->op != NGX_HTTP_IDV_CONSOLE_NONE) {
            job.op = &ngx_http_idv_console_ops[page->op];
        }
    }

    json_decref(job.input);
    job.input = console_form(answer);

    if (policy) {
        answer = console_mistakes(job.input);
        must(ngx_http_idv_console_view_input(&job, &job.input) == NGX_OK);
        must(json_is_object(job.input));
    }

    console_page(&job, answer, status);

    if (policy) {
        json_decref(answer);
    }

    json_decref(job.input);
}
