
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages: which view an operation has, the document around it,
 * what becomes of a change, and what cannot be shown.
 */


#include "ngx_http_idv_console_view.h"
#include "ngx_http_idv_page.h"


#define NGX_HTTP_IDV_CONSOLE_VERSION  8      /* hexadecimal digits */


/* an operation's view; a change has a page to go to instead */

typedef struct {
    ngx_http_idv_view_pt           show;
    ngx_http_idv_view_next_pt      next;
} ngx_http_idv_view_show_t;


/* what a title says of a status that is no success */

typedef struct {
    ngx_uint_t                     status;
    const char                    *title;
    const char                    *text;
} ngx_http_idv_view_trouble_t;


static ngx_uint_t ngx_http_idv_view_writes(ngx_http_idv_console_t *job);
static ngx_int_t ngx_http_idv_view_uri(ngx_http_idv_view_t *v);
static ngx_int_t ngx_http_idv_view_asset(ngx_http_idv_view_t *v);
static ngx_str_t ngx_http_idv_view_version(void);
static ngx_int_t ngx_http_idv_view_page(ngx_http_idv_view_t *v,
    json_t *answer);
static void ngx_http_idv_view_trouble(ngx_http_idv_view_t *v,
    json_t *answer);
static void ngx_http_idv_view_so_far(ngx_http_idv_view_t *v, json_t *done);
static void ngx_http_idv_view_said(ngx_http_idv_view_t *v, json_t *error);
static void ngx_http_idv_view_notice(ngx_http_idv_view_t *v);
static ngx_uint_t ngx_http_idv_view_own(ngx_http_idv_view_t *v);
static void ngx_http_idv_view_frame(ngx_http_idv_view_t *v,
    ngx_str_t *main);
static void ngx_http_idv_view_menu(ngx_http_idv_view_t *v,
    ngx_http_idv_menu_e menu, const char *path, const char *label);
static void ngx_http_idv_view_more(idv_html_t *html, int letter,
    idv_html_args_t *args);
static void ngx_http_idv_view_time(idv_html_t *html, ngx_str_t *text);


const ngx_http_idv_console_page_t  ngx_http_idv_console_pages[] = {
    { "", NGX_HTTP_IDV_CONSOLE_NONE, 0 },
    { "style.css", NGX_HTTP_IDV_CONSOLE_NONE, 1 },
    { "icon.svg", NGX_HTTP_IDV_CONSOLE_NONE, 1 },
    { "verifyPolicies/new", NGX_HTTP_IDV_CONSOLE_NONE, 0 },
    { "verifyPolicies/{policy}/edit", NGX_HTTP_IDV_CONSOLE_POLICY, 0 },
    { NULL, NGX_HTTP_IDV_CONSOLE_NONE, 0 }
};

#define NGX_HTTP_IDV_PAGE_START  (&ngx_http_idv_console_pages[0])
#define NGX_HTTP_IDV_PAGE_STYLE  (&ngx_http_idv_console_pages[1])
#define NGX_HTTP_IDV_PAGE_ICON   (&ngx_http_idv_console_pages[2])
#define NGX_HTTP_IDV_PAGE_NEW    (&ngx_http_idv_console_pages[3])
#define NGX_HTTP_IDV_PAGE_EDIT   (&ngx_http_idv_console_pages[4])


static const ngx_http_idv_view_show_t
    ngx_http_idv_view_shows[NGX_HTTP_IDV_CONSOLE_NONE] = {

    [NGX_HTTP_IDV_CONSOLE_USERS] =
    { ngx_http_idv_view_users, NULL },

    [NGX_HTTP_IDV_CONSOLE_USER] =
    { ngx_http_idv_view_user, NULL },

    [NGX_HTTP_IDV_CONSOLE_TRANSACTIONS] =
    { NULL, ngx_http_idv_view_to_user },

    [NGX_HTTP_IDV_CONSOLE_TRANSACTION] =
    { ngx_http_idv_view_transaction, NULL },

    [NGX_HTTP_IDV_CONSOLE_DATA] =
    { ngx_http_idv_view_data, NULL },

    /* pictures are sent as they are, and never come here */

    [NGX_HTTP_IDV_CONSOLE_IMAGE] =
    { NULL, ngx_http_idv_view_to_same },

    [NGX_HTTP_IDV_CONSOLE_RESET] =
    { NULL, ngx_http_idv_view_after_reset },

    [NGX_HTTP_IDV_CONSOLE_STATUS] =
    { NULL, ngx_http_idv_view_after_status },

    [NGX_HTTP_IDV_CONSOLE_APPROVE] =
    { NULL, ngx_http_idv_view_after_approve },

    [NGX_HTTP_IDV_CONSOLE_APPROVE_USER] =
    { NULL, ngx_http_idv_view_after_approve_user },

    [NGX_HTTP_IDV_CONSOLE_REVOKE] =
    { NULL, ngx_http_idv_view_after_revoke },

    [NGX_HTTP_IDV_CONSOLE_FLOWS] =
    { ngx_http_idv_view_flows, NULL },

    [NGX_HTTP_IDV_CONSOLE_FLOW_CANCEL] =
    { NULL, ngx_http_idv_view_after_cancel },

    [NGX_HTTP_IDV_CONSOLE_POLICIES] =
    { ngx_http_idv_view_policies, NULL },

    [NGX_HTTP_IDV_CONSOLE_POLICY] =
    { ngx_http_idv_view_policy, NULL },

    [NGX_HTTP_IDV_CONSOLE_POLICY_CREATE] =
    { NULL, ngx_http_idv_view_after_create },

    [NGX_HTTP_IDV_CONSOLE_POLICY_UPDATE] =
    { NULL, ngx_http_idv_view_after_update },

    [NGX_HTTP_IDV_CONSOLE_POLICY_DELETE] =
    { NULL, ngx_http_idv_view_after_delete },

    [NGX_HTTP_IDV_CONSOLE_POLICY_TEST] =
    { ngx_http_idv_view_test, NULL },

    [NGX_HTTP_IDV_CONSOLE_REVIEWS] =
    { ngx_http_idv_view_reviews, NULL },

    [NGX_HTTP_IDV_CONSOLE_REVIEW] =
    { ngx_http_idv_view_review, NULL },

    [NGX_HTTP_IDV_CONSOLE_DECIDE] =
    { NULL, ngx_http_idv_view_after_decide },

    [NGX_HTTP_IDV_CONSOLE_REVIEW_IMAGE] =
    { NULL, ngx_http_idv_view_to_same }
};


/* the last one is for all others */

static const ngx_http_idv_view_trouble_t  ngx_http_idv_view_troubles[] = {

    { NGX_HTTP_BAD_REQUEST, "That was not accepted",
      "What was wrong:" },

    { NGX_HTTP_UNAUTHORIZED, "Sign in first",
      "The console does not know who you are." },

    { NGX_HTTP_FORBIDDEN, "You may not do that",
      "Either your role does not allow it, or the form was opened in another "
      "browser or too long ago." },

    { NGX_HTTP_NOT_FOUND, "Not found",
      "There is no such page, user, transaction or policy, or it is there no "
      "longer." },

    { NGX_HTTP_NOT_ALLOWED, "This address is for a button",
      "It cannot be opened by itself. Go back to the page with the button." },

    { NGX_HTTP_CONFLICT, "Somebody else was faster",
      "It has changed in the meantime. Look at it again." },

    { NGX_HTTP_TOO_MANY_REQUESTS, "Too many requests",
      "The verification service asks to wait a little." },

    { NGX_HTTP_BAD_GATEWAY, "The verification service answered with an error",
      "What it said:" },

    { NGX_HTTP_SERVICE_UNAVAILABLE, "Not available at the moment",
      "Please try again in a few minutes." },

    { NGX_HTTP_GATEWAY_TIME_OUT, "The verification service does not answer",
      "Please try again in a few minutes." },

    { 0, "Something went wrong", "The request could not be answered." }
};


ngx_int_t
ngx_http_idv_console_view_input(ngx_http_idv_console_t *job, json_t **form)
{
    void        *next;
    json_t      *value;
    const char  *name;

    if (ngx_http_idv_view_writes(job)) {
        return ngx_http_idv_view_policy_input(job, form);
    }

    /* a field that was left empty is none */

    json_object_foreach_safe(*form, next, name, value) {
        if (json_string_length(value) == 0) {
            (void) json_object_del(*form, name);
        }
    }

    return NGX_OK;
}


/* 1: a policy */

static ngx_uint_t
ngx_http_idv_view_writes(ngx_http_idv_console_t *job)
{
    const ngx_http_idv_console_op_t  *ops;

    ops = ngx_http_idv_console_ops;

    return job->op == &ops[NGX_HTTP_IDV_CONSOLE_POLICY_CREATE]
           || job->op == &ops[NGX_HTTP_IDV_CONSOLE_POLICY_UPDATE];
}


ngx_int_t
ngx_http_idv_console_view(ngx_http_idv_console_t *job, json_t *answer,
    ngx_http_idv_console_reply_t *reply)
{
    ngx_http_idv_view_t         v;
    const ngx_http_idv_view_show_t  *show;

    ngx_memzero(&v, sizeof(ngx_http_idv_view_t));

    v.job = job;
    v.reply = reply;
    v.admin = (job->role == NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR);

    v.html.more = ngx_http_idv_view_more;
    v.html.data = &v;

    if (ngx_http_idv_view_uri(&v) != NGX_OK
        || idv_html_init(&v.html, job->request->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (job->page == NGX_HTTP_IDV_PAGE_STYLE
        || job->page == NGX_HTTP_IDV_PAGE_ICON)
    {
        return ngx_http_idv_view_asset(&v);
    }

    if (job->op && job->page == NULL && reply->status < 300) {
        show = &ngx_http_idv_view_shows[job->op - ngx_http_idv_console_ops];

        if (show->next) {
            return ngx_http_idv_view_go(&v, show->next(&v, answer));
        }
    }

    return ngx_http_idv_view_page(&v, answer);
}


/* where the console is, as a browser writes it */

static ngx_int_t
ngx_http_idv_view_uri(ngx_http_idv_view_t *v)
{
    ngx_str_t    path;
    ngx_pool_t  *pool;

    pool = v->job->request->pool;
    path = v->job->conf->path;

    v->uri.len = path.len + 2 * ngx_escape_uri(NULL, path.data, path.len,
                                               NGX_ESCAPE_URI);
    v->uri.data = ngx_pnalloc(pool, v->uri.len);

    if (v->uri.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_escape_uri(v->uri.data, path.data, path.len, NGX_ESCAPE_URI);

    return idv_html_escape(pool, &v->uri, &v->path);
}


/* files that never change under their URL: its query is their hash */

static ngx_int_t
ngx_http_idv_view_asset(ngx_http_idv_view_t *v)
{
    ngx_str_t     asked, version, icon;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    version = ngx_http_idv_view_version();

    if (ngx_http_idv_console_arg(v->job, "v", &asked) != NGX_OK) {
        return NGX_ERROR;
    }

    v->reply->cached = (asked.len == version.len
                        && ngx_strncmp(asked.data, version.data, version.len)
                           == 0);

    if (v->job->page == NGX_HTTP_IDV_PAGE_STYLE) {
        v->reply->type = "text/css; charset=utf-8";
        idv_html_put(&v->html, "%v%v",
                     &ngx_http_idv_page_files[NGX_HTTP_IDV_ASSET_STYLE],
                     &ngx_http_idv_view_style);
        icon = idv_html_join(&v->html);

        if (v->html.failed) {
            return NGX_ERROR;
        }

    } else {
        v->reply->type = "image/svg+xml";
        icon = ngx_http_idv_page_files[NGX_HTTP_IDV_ASSET_ICON];
    }

    b = ngx_http_idv_buf(v->job->request, &icon);
    cl = ngx_alloc_chain_link(v->job->request->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;

    v->reply->body = cl;

    return NGX_OK;
}


static ngx_str_t
ngx_http_idv_view_version(void)
{
    uint32_t          crc;
    ngx_str_t         version;
    const ngx_str_t  *file;

    static u_char     digits[NGX_HTTP_IDV_CONSOLE_VERSION];

    /* constants: the first page of a worker counts for all others */

    if (digits[0] == '\0') {
        file = ngx_http_idv_page_files;

        ngx_crc32_init(crc);
        ngx_crc32_update(&crc, file[NGX_HTTP_IDV_ASSET_STYLE].data,
                         file[NGX_HTTP_IDV_ASSET_STYLE].len);
        ngx_crc32_update(&crc, ngx_http_idv_view_style.data,
                         ngx_http_idv_view_style.len);
        ngx_crc32_update(&crc, file[NGX_HTTP_IDV_ASSET_ICON].data,
                         file[NGX_HTTP_IDV_ASSET_ICON].len);
        ngx_crc32_final(crc);

        (void) ngx_snprintf(digits, sizeof(digits), "%08xD", crc);
    }

    version.data = digits;
    version.len = sizeof(digits);

    return version;
}


static ngx_int_t
ngx_http_idv_view_page(ngx_http_idv_view_t *v, json_t *answer)
{
    ngx_buf_t               *b;
    ngx_str_t                main, document;
    ngx_chain_t             *cl;
    ngx_http_idv_console_t  *job;

    job = v->job;

    if (v->reply->status >= 400) {
        ngx_http_idv_view_trouble(v, answer);

    } else if (job->page == NGX_HTTP_IDV_PAGE_START) {
        ngx_http_idv_view_users(v, NULL);

    } else if (job->page == NGX_HTTP_IDV_PAGE_NEW) {
        ngx_http_idv_view_form(v, NULL, NULL);

    } else if (job->page == NGX_HTTP_IDV_PAGE_EDIT) {
        ngx_http_idv_view_form(v, answer, NULL);

    } else {
        ngx_http_idv_view_shows[job->op - ngx_http_idv_console_ops]
            .show(v, answer);
    }

    ngx_http_idv_view_put(v, "</main>\n");

    main = idv_html_join(&v->html);

    if (v->html.failed || idv_html_init(&v->html, v->html.pool) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_idv_view_frame(v, &main);

    document = idv_html_join(&v->html);

    if (v->html.failed) {
        return NGX_ERROR;
    }

    b = ngx_http_idv_buf(job->request, &document);
    cl = ngx_alloc_chain_link(job->request->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;

    v->reply->type = "text/html; charset=utf-8";
    v->reply->body = cl;

    return NGX_OK;
}


/* what was wrong; a policy is shown as it was typed in, with its mistakes */

static void
ngx_http_idv_view_trouble(ngx_http_idv_view_t *v, json_t *answer)
{
    size_t                                 i;
    json_t                                *details, *provider;
    ngx_str_t                              title;
    ngx_http_idv_console_t                *job;
    const ngx_http_idv_view_trouble_t  *t;

    job = v->job;

    if (v->reply->status == NGX_HTTP_BAD_REQUEST && job->input && v->admin
        && ngx_http_idv_view_writes(job))
    {
        ngx_http_idv_view_form(v, job->input, answer);
        return;
    }

    for (t = ngx_http_idv_view_troubles; t->status; t++) {
        if (t->status == v->reply->status) {
            break;
        }
    }

    title.data = (u_char *) t->title;
    title.len = ngx_strlen(t->title);

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_NONE, "trouble", &title);

    ngx_http_idv_view_put(v, "<div class=\"alert\" role=\"alert\">\n"
                             "<p>%s</p>\n", t->text);

    provider = json_object_get(answer, "provider");

    ngx_http_idv_view_said(v, answer);
    ngx_http_idv_view_said(v, provider);

    details = ngx_http_idv_view_details(answer);

    if (json_array_size(details)) {
        ngx_http_idv_view_put(v, "<ul>\n");

        for (i = 0; i < json_array_size(details); i++) {
            ngx_http_idv_view_put(v, "<li><code>%j</code> <bdi>%j</bdi>"
                                  "</li>\n",
                                  json_array_get(details, i), "target",
                                  json_array_get(details, i), "message");
        }

        ngx_http_idv_view_put(v, "</ul>\n");
    }

    ngx_http_idv_view_so_far(v, json_object_get(answer, "done"));
    ngx_http_idv_view_put(v, "</div>\n");

    if (job->op == &ngx_http_idv_console_ops[NGX_HTTP_IDV_CONSOLE_USERS]) {
        if (ngx_http_idv_console_arg(job, "search", &title) != NGX_OK) {
            v->html.failed = 1;
            return;
        }

        ngx_http_idv_view_by_id(v, &title);
    }

    ngx_http_idv_view_put(v, "<p class=\"actions\">\n");

    if (job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER].len) {
        ngx_http_idv_view_put(v, "<a class=\"button primary\" "
                                 "href=\"%pusers/%u\">To the user</a>\n",
                                 &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
    }

    if (job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY].len) {
        ngx_http_idv_view_put(v, "<a class=\"button primary\" "
                                 "href=\"%pverifyPolicies/%u\">To the policy"
                                 "</a>\n",
                                 &job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
    }

    ngx_http_idv_view_put(v, "<a class=\"button\" href=\"%p\">To the "
                             "start</a>\n</p>\n");
}


/* whether a change that was not made has left something behind */

static void
ngx_http_idv_view_so_far(ngx_http_idv_view_t *v, json_t *done)
{
    if (json_object_size(done)) {
        ngx_http_idv_view_put(v, "<p>This had been done before it failed:</p>"
                              "\n");
        ngx_http_idv_view_value(v, done);

    } else if (v->job->changes && v->reply->status < 500) {
        ngx_http_idv_view_put(v, "<p>Nothing has been changed.</p>\n");
    }
}


static void
ngx_http_idv_view_said(ngx_http_idv_view_t *v, json_t *error)
{
    if (json_is_string(json_object_get(error, "message"))) {
        ngx_http_idv_view_put(v, "<p><bdi>%j</bdi> <code>%j</code></p>\n",
                              error, "message", error, "code");
    }
}


/* the provider's own, where it is the provider who says what is wrong */

json_t *
ngx_http_idv_view_details(json_t *error)
{
    json_t  *details;

    details = json_object_get(json_object_get(error, "provider"), "details");

    return details ? details : json_object_get(error, "details");
}


void
ngx_http_idv_view_open(ngx_http_idv_view_t *v,
    ngx_http_idv_menu_e menu, const char *name, ngx_str_t *title)
{
    v->menu = menu;
    v->title = *title;

    ngx_http_idv_view_put(v, "<main id=\"idv-main\" class=\"console %s\" "
                             "tabindex=\"-1\">\n<h1><bdi>%e</bdi></h1>\n",
                             name, title);

    if (v->reply->status < 400) {
        ngx_http_idv_view_notice(v);
    }
}


/* what has been done, on the page to which it led */

static void
ngx_http_idv_view_notice(ngx_http_idv_view_t *v)
{
    size_t                              i;
    ngx_str_t                           done, value;
    const ngx_http_idv_view_word_t  *word;

    static const struct {
        const char  *name;
        const char  *text;
    } counts[] = {
        { "transactions", "Transactions that start over" },
        { "flows", "Open flows that ended" }
    };

    if (ngx_http_idv_console_arg(v->job, "done", &done) != NGX_OK) {
        v->html.failed = 1;
        return;
    }

    word = ngx_http_idv_view_word(ngx_http_idv_view_done, &done);

    if (word->name == NULL || !ngx_http_idv_view_own(v)) {
        return;
    }

    ngx_http_idv_view_put(v, "<div id=\"idv-done\" class=\"done\" "
                             "role=\"status\">\n<p><strong>%s</strong></p>\n",
                             word->word);

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (ngx_http_idv_console_arg(v->job, counts[i].name, &value) != NGX_OK)
        {
            v->html.failed = 1;
            return;
        }

        if (value.len && ngx_atoi(value.data, value.len) != NGX_ERROR) {
            ngx_http_idv_view_put(v, "<p>%s: %e.</p>\n", counts[i].text,
                                  &value);
        }
    }

    if (ngx_http_idv_console_arg(v->job, "message", &value) != NGX_OK) {
        v->html.failed = 1;
        return;
    }

    word = ngx_http_idv_view_word(ngx_http_idv_view_messages, &value);

    if (word->name) {
        ngx_http_idv_view_put(v, "<p>%s</p>\n", word->word);
    }

    ngx_http_idv_view_put(v, "</div>\n");
}


/* a link of another site's must not say that something was done */

static ngx_uint_t
ngx_http_idv_view_own(ngx_http_idv_view_t *v)
{
    ngx_str_t  *site;

    site = ngx_http_idv_request_header(v->job->request, "Sec-Fetch-Site");

    return site == NULL
           || (site->len == sizeof("same-origin") - 1
               && ngx_strncmp(site->data, "same-origin", site->len) == 0);
}


static void
ngx_http_idv_view_frame(ngx_http_idv_view_t *v, ngx_str_t *main)
{
    ngx_str_t                version;
    ngx_http_idv_console_t  *job;

    job = v->job;
    version = ngx_http_idv_view_version();

    ngx_http_idv_view_put(v,
        "<!doctype html>\n"
        "<html lang=\"en\" dir=\"ltr\">\n"
        "<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n"
        "<title>%e - Identity verification console</title>\n"
        "<link rel=\"icon\" href=\"%picon.svg?v=%v\" type=\"image/svg+xml\">\n"
        "<link rel=\"stylesheet\" href=\"%pstyle.css?v=%v\">\n"
        "</head>\n"
        "<body class=\"console\">\n"
        "<a class=\"skip\" href=\"#idv-main\">Skip to the content</a>\n"
        "<header>\n"
        "<p><strong>Identity verification</strong> ",
        &v->title, &version, &version);

    if (job->client.subject.len) {
        ngx_http_idv_view_put(v, "<span>Signed in as <bdi>%e</bdi>%s</span>",
                                 &job->client.subject,
                                 v->admin ? ", administrator"
                                 : job->role == NGX_HTTP_IDV_CONSOLE_VIEWER
                                 ? ", viewer: nothing can be changed" : "");
    }

    ngx_http_idv_view_put(v, "</p>\n");

    if (job->role != NGX_HTTP_IDV_CONSOLE_STRANGER) {
        ngx_http_idv_view_put(v, "<nav aria-label=\"Console\">\n<ul>\n");

        ngx_http_idv_view_menu(v, NGX_HTTP_IDV_MENU_USERS, "", "Users");

        if (v->admin && job->conf->reviews.len) {
            ngx_http_idv_view_menu(v, NGX_HTTP_IDV_MENU_REVIEWS, "reviews",
                                      "Reviews");
        }

        ngx_http_idv_view_menu(v, NGX_HTTP_IDV_MENU_FLOWS, "flows",
                                  "Open flows");
        ngx_http_idv_view_menu(v, NGX_HTTP_IDV_MENU_POLICIES,
                                  "verifyPolicies", "Verify policies");

        ngx_http_idv_view_put(v, "</ul>\n</nav>\n");
    }

    ngx_http_idv_view_put(v, "</header>\n%v</body>\n</html>\n", main);
}


static void
ngx_http_idv_view_menu(ngx_http_idv_view_t *v,
    ngx_http_idv_menu_e menu, const char *path, const char *label)
{
    ngx_http_idv_view_put(v, "<li><a href=\"%p%s\"%s>%s</a></li>\n", path,
                             v->menu == menu ? " aria-current=\"true\"" : "",
                             label);
}


/* writing */

void
ngx_http_idv_view_put(ngx_http_idv_view_t *v, const char *fmt, ...)
{
    idv_html_args_t  args;

    va_start(args.list, fmt);
    idv_html_vput(&v->html, fmt, &args);
    va_end(args.list);
}


ngx_str_t
ngx_http_idv_view_string(ngx_http_idv_view_t *v, const char *fmt,
    ...)
{
    ngx_str_t        string;
    idv_html_t       html;
    idv_html_args_t  args;

    ngx_str_set(&string, "");

    html = v->html;

    if (idv_html_init(&v->html, html.pool) != NGX_OK) {
        html.failed = 1;

    } else {
        va_start(args.list, fmt);
        idv_html_vput(&v->html, fmt, &args);
        va_end(args.list);

        string = idv_html_join(&v->html);
        html.failed = v->html.failed;
    }

    v->html = html;

    return string;
}


static void
ngx_http_idv_view_more(idv_html_t *html, int letter, idv_html_args_t *args)
{
    json_t                       *object;
    ngx_str_t                     text;
    const char                   *name;
    ngx_http_idv_view_t  *v = html->data;

    if (letter == 'p') {
        idv_html_add(html, v->path.data, v->path.len);
        return;
    }

    if (letter == 't') {
        if (v->token.len == 0
            && ngx_http_idv_console_token(v->job, &v->token) != NGX_OK)
        {
            html->failed = 1;
            return;
        }

        idv_html_put(html, "<input type=\"hidden\" name=\"token\" "
                           "value=\"%e\">\n", &v->token);
        return;
    }

    object = va_arg(args->list, json_t *);
    name = va_arg(args->list, const char *);

    text = ngx_http_idv_view_text(v, json_object_get(object, name));

    switch (letter) {

    case 'b':
        idv_html_put(html, text.len ? "<bdi>%e</bdi>"
                                    : "<span class=\"soft\">none</span>%e",
                     &text);
        break;

    case 'U':
        idv_html_put(html, "%u", &text);
        break;

    case 'D':
        ngx_http_idv_view_time(html, &text);
        break;

    default: /* 'j' */
        idv_html_add_escaped(html, &text);
    }
}


/* "2026-03-04T05:06:07.089Z"; what is written otherwise stays as it is */

static void
ngx_http_idv_view_time(idv_html_t *html, ngx_str_t *text)
{
    size_t      i;
    ngx_str_t   day, time;

    static const char  form[] = "dddd-dd-ddTdd:dd:dd";

    if (text->len == 0) {
        idv_html_put(html, "<span class=\"soft\">none</span>");
        return;
    }

    for (i = 0; i < sizeof(form) - 1; i++) {
        if (i == text->len
            || (form[i] == 'd' ? text->data[i] < '0' || text->data[i] > '9'
                               : text->data[i] != (u_char) form[i]))
        {
            break;
        }
    }

    if (i < sizeof(form) - 1 || text->data[text->len - 1] != 'Z') {
        idv_html_put(html, "<bdi>%e</bdi>", text);
        return;
    }

    day.data = text->data;
    day.len = sizeof("dddd-dd-dd") - 1;

    time.data = text->data + day.len + 1;
    time.len = sizeof("dd:dd:dd") - 1;

    idv_html_put(html, "<time datetime=\"%e\">%e %e UTC</time>", text, &day,
                 &time);
}


ngx_int_t
ngx_http_idv_view_go(ngx_http_idv_view_t *v, ngx_str_t location)
{
    if (v->html.failed) {
        return NGX_ERROR;
    }

    v->reply->status = NGX_HTTP_SEE_OTHER;
    v->reply->location = location;

    return NGX_OK;
}
