
/*
 * Copyright (C) nginx-idv authors
 *
 * The console: administrators and viewers see and change what the provider and
 * the gate know of users.  Checks come in this order: subject, role, place,
 * method, right to it, where the request comes from, content type, body, token.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_API     "api/"
#define NGX_HTTP_IDV_CONSOLE_FIELDS  256         /* of a form */


static void ngx_http_idv_console_mask(ngx_str_t *text);
static ngx_uint_t ngx_http_idv_console_slashed(ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_console_begin(ngx_http_idv_console_t *job);
static ngx_int_t ngx_http_idv_console_find(ngx_http_idv_console_t *job);
static ngx_uint_t ngx_http_idv_console_find_page(ngx_http_idv_console_t *job);
static ngx_uint_t ngx_http_idv_console_match(ngx_http_idv_console_t *job,
    const char *pattern);
static ngx_uint_t ngx_http_idv_console_bind(ngx_http_idv_console_t *job,
    const char *name, size_t len, ngx_str_t *value);
static void ngx_http_idv_console_allow(ngx_http_idv_console_t *job,
    ngx_uint_t methods);
static ngx_int_t ngx_http_idv_console_from_here(ngx_http_idv_console_t *job);
static ngx_uint_t ngx_http_idv_console_type(ngx_http_request_t *r,
    const char *type);
static void ngx_http_idv_console_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_idv_console_form(ngx_http_idv_console_t *job,
    ngx_str_t *text);
static ngx_int_t ngx_http_idv_console_field(ngx_http_idv_console_t *job,
    json_t *form, ngx_str_t *raw);
static ngx_int_t ngx_http_idv_console_form_json(ngx_http_idv_console_t *job,
    json_t *form);
static void ngx_http_idv_console_run(ngx_http_idv_console_t *job);


ngx_int_t
ngx_http_idv_console_handler(ngx_http_request_t *r)
{
    size_t                          len;
    ngx_int_t                       rc;
    ngx_http_idv_ctx_t             *ctx;
    ngx_http_idv_console_t         *job;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    ctx = ngx_http_idv_get_ctx(r);
    job = ngx_pcalloc(r->pool, sizeof(ngx_http_idv_console_t));

    if (ctx == NULL || job == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->call = job;

    job->request = r;
    job->conf = &lcf->console;
    job->args = ctx->args;
    job->html = !ngx_http_idv_console_api(r, job->conf);

    len = job->conf->path.len;

    if (!job->html) {
        len += sizeof(NGX_HTTP_IDV_CONSOLE_API) - 1;
    }

    len = ngx_min(r->uri.len, len);
    job->path.data = r->uri.data + len;
    job->path.len = r->uri.len - len;

    /* all ends are those of a request that is held */

    r->main->count++;

    rc = ngx_http_idv_console_begin(job);

    if (rc == NGX_AGAIN) {

        /* reading has a count of its own */

        r->main->count--;
        rc = ngx_http_read_client_request_body(r, ngx_http_idv_console_body);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    if (rc == NGX_OK) {
        ngx_http_idv_console_run(job);
    }

    return NGX_DONE;
}


ngx_uint_t
ngx_http_idv_console_api(ngx_http_request_t *r,
    const ngx_http_idv_console_conf_t *conf)
{
    size_t  len;

    len = sizeof(NGX_HTTP_IDV_CONSOLE_API) - 1;

    return r->uri.len >= conf->path.len + len
           && ngx_strncmp(r->uri.data + conf->path.len,
                          NGX_HTTP_IDV_CONSOLE_API, len)
              == 0;
}


ngx_int_t
ngx_http_idv_console_hide(ngx_http_request_t *r)
{
    ngx_http_idv_ctx_t             *ctx;
    const ngx_http_idv_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    if (lcf->console.provider == NULL) {
        return NGX_DECLINED;
    }

    /* a page says to the next one how it was found */

    if (r->headers_in.referer) {
        ngx_http_idv_console_mask(&r->headers_in.referer->value);
    }

    ctx = ngx_http_idv_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->args.len = r->args.len;
    ctx->args.data = ngx_pstrdup(r->pool, &r->args);
    if (ctx->args.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_idv_console_mask(&r->args);
    ngx_http_idv_console_mask(&r->unparsed_uri);
    ngx_http_idv_console_mask(&r->request_line);

    return NGX_DECLINED;
}


static void
ngx_http_idv_console_mask(ngx_str_t *text)
{
    u_char  *p, *last;

    last = text->data + text->len;

    for (p = text->data; p; /* void */ ) {
        p = ngx_strlcasestrn(p, last, (u_char *) "search=",
                             sizeof("search=") - 2);

        if (p == NULL) {
            break;
        }

        for (p += sizeof("search=") - 1; p < last && *p != '&' && *p != ' ';
             p++)
        {
            *p = '*';
        }
    }
}


/* NGX_OK: go on; NGX_AGAIN: read the body; NGX_DONE: it has been answered */

static ngx_int_t
ngx_http_idv_console_begin(ngx_http_idv_console_t *job)
{
    ngx_int_t                       rc;
    ngx_str_t                       role;
    ngx_http_request_t             *r;
    const ngx_http_idv_loc_conf_t  *lcf;

    r = job->request;
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);

    rc = ngx_http_idv_subject(r, &job->client);

    if (rc == NGX_DECLINED) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NO_SUBJECT);
        return NGX_DONE;
    }

    if (rc != NGX_OK
        || ngx_http_idv_value(r, lcf->console_role, &role) != NGX_OK)
    {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return NGX_DONE;
    }

    job->role = NGX_HTTP_IDV_CONSOLE_STRANGER;

    if (role.len == sizeof("viewer") - 1
        && ngx_strncmp(role.data, "viewer", role.len) == 0)
    {
        job->role = NGX_HTTP_IDV_CONSOLE_VIEWER;

    } else if (role.len == sizeof("administrator") - 1
               && ngx_strncmp(role.data, "administrator", role.len) == 0)
    {
        job->role = NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR;
    }

    rc = ngx_http_idv_console_find(job);

    if (job->role == NGX_HTTP_IDV_CONSOLE_STRANGER
        && (job->page == NULL || !job->page->open))
    {
        /* what there is they do not learn either */

        job->page = NULL;
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NO_ROLE);
        return NGX_DONE;
    }

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, rc == NGX_DECLINED
                                       ? NGX_HTTP_IDV_CONSOLE_NOT_FOUND
                                       : NGX_HTTP_IDV_CONSOLE_METHOD);
        return NGX_DONE;
    }

    if (job->op && job->role < job->op->role) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NOT_ADMINISTRATOR);
        return NGX_DONE;
    }

    if (!job->changes) {
        return NGX_OK;
    }

    return ngx_http_idv_console_from_here(job) == NGX_OK ? NGX_AGAIN
                                                         : NGX_DONE;
}


/* NGX_DECLINED: there is nothing; NGX_ABORT: not by this method */

static ngx_int_t
ngx_http_idv_console_find(ngx_http_idv_console_t *job)
{
    ngx_uint_t                        i, method, methods;
    const ngx_http_idv_console_op_t  *op;

    if (ngx_http_idv_console_slashed(job->request)) {
        return NGX_DECLINED;
    }

    method = job->request->method;

    if (method == NGX_HTTP_HEAD) {
        method = NGX_HTTP_GET;
    }

    if (job->html && ngx_http_idv_console_find_page(job)) {

        if (method == NGX_HTTP_GET) {
            return NGX_OK;
        }

        job->page = NULL;
        job->op = NULL;
    }

    methods = 0;

    for (i = 0; i < NGX_HTTP_IDV_CONSOLE_NONE; i++) {
        op = &ngx_http_idv_console_ops[i];

        if (!ngx_http_idv_console_match(job, op->path)) {
            continue;
        }

        /* all that forms know is POST */

        methods |= (job->html && op->method == NGX_HTTP_PUT) ? NGX_HTTP_POST
                                                             : op->method;

        if (op->method == method
            || (job->html && op->method == NGX_HTTP_PUT
                && method == NGX_HTTP_POST))
        {
            job->op = op;
            job->changes = (op->method != NGX_HTTP_GET);
            return NGX_OK;
        }
    }

    if (methods == 0) {
        return NGX_DECLINED;
    }

    ngx_http_idv_console_allow(job, methods);

    return NGX_ABORT;
}


/*
 * Nobody has an id with a slash.  nginx has taken the escape away, and a name
 * like "ann/verifyTransactions/ID" would lead to another operation.
 */

static ngx_uint_t
ngx_http_idv_console_slashed(ngx_http_request_t *r)
{
    u_char     *p, *last;
    ngx_str_t  *uri;

    uri = &r->unparsed_uri;

    last = ngx_strlchr(uri->data, uri->data + uri->len, '?');
    if (last == NULL) {
        last = uri->data + uri->len;
    }

    for (p = uri->data; last - p >= 3; p++) {
        if (ngx_strncasecmp(p, (u_char *) "%2f", 3) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_idv_console_find_page(ngx_http_idv_console_t *job)
{
    const ngx_http_idv_console_page_t  *page;

    for (page = ngx_http_idv_console_pages; page->path; page++) {

        if (ngx_http_idv_console_match(job, page->path)) {
            job->page = page;

            if (page->op != NGX_HTTP_IDV_CONSOLE_NONE) {
                job->op = &ngx_http_idv_console_ops[page->op];
            }

            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_idv_console_match(ngx_http_idv_console_t *job, const char *pattern)
{
    u_char       *p, *last;
    size_t        n;
    ngx_str_t     value;
    const char   *end;

    ngx_memzero(job->ids, sizeof(job->ids));

    p = job->path.data;
    last = p + job->path.len;

    while (*pattern) {

        if (*pattern != '{') {

            if (p == last || *p != (u_char) *pattern) {
                return 0;
            }

            p++;
            pattern++;
            continue;
        }

        end = ngx_strchr(pattern, '}');
        value.data = p;

        while (p < last && *p != '/') {
            p++;
        }

        value.len = p - value.data;
        n = end - pattern - 1;

        if (!ngx_http_idv_console_bind(job, pattern + 1, n, &value)) {
            return 0;
        }

        pattern = end + 1;
    }

    return p == last;
}


/* what cannot be an id is nowhere */

static ngx_uint_t
ngx_http_idv_console_bind(ngx_http_idv_console_t *job, const char *name,
    size_t len, ngx_str_t *value)
{
    u_char      uuid[16];
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_IDV_CONSOLE_NIDS; i++) {
        if (ngx_strlen(ngx_http_idv_console_ids[i]) == len
            && ngx_strncmp(ngx_http_idv_console_ids[i], name, len) == 0)
        {
            break;
        }
    }

    switch (i) {

    case NGX_HTTP_IDV_CONSOLE_ID_USER:

        if (!ngx_http_idv_console_is_user(value)) {
            return 0;
        }

        break;

    case NGX_HTTP_IDV_CONSOLE_ID_FLOW:

        if (!idv_id_form(value->data, value->len)) {
            return 0;
        }

        break;

    default:

        if (idv_uuid_parse(uuid, value->data, value->len) != NGX_OK) {
            return 0;
        }

        break;
    }

    job->ids[i] = *value;

    return 1;
}


/*
 * Nothing that an address is made of: there are servers, and proxies before
 * them, that take an escape away twice.
 */

ngx_uint_t
ngx_http_idv_console_is_user(const ngx_str_t *id)
{
    u_char    *p, *last;
    uint32_t   c;

    if (id->len == 0 || id->len > IDV_FLOW_MAX_USER
        || (id->data[0] == '.'
            && (id->len == 1 || (id->len == 2 && id->data[1] == '.'))))
    {
        return 0;
    }

    last = id->data + id->len;

    for (p = id->data; p < last; /* void */ ) {

        if (*p < 0x80) {
            c = *p++;

        } else {
            c = ngx_utf8_decode(&p, last - p);
        }

        /* a half of a pair is no character of JSON either */

        if (c < 0x20 || c == 0x7f || c > 0x10ffff || (c & ~0x7ffu) == 0xd800
            || (c < 0x80 && ngx_strchr("/\\?#%;", c)))
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_http_idv_console_allow(ngx_http_idv_console_t *job, ngx_uint_t methods)
{
    ngx_str_t  *allow;

    static ngx_str_t  get = ngx_string("GET, HEAD");
    static ngx_str_t  post = ngx_string("POST");
    static ngx_str_t  both = ngx_string("GET, HEAD, POST");
    static ngx_str_t  put = ngx_string("GET, HEAD, PUT");

    allow = (methods & NGX_HTTP_PUT) ? &put
            : !(methods & NGX_HTTP_GET) ? &post
              : (methods & NGX_HTTP_POST) ? &both : &get;

    /* without memory for it, the answer fails as well */
    (void) ngx_http_idv_header(job->request, "Allow", allow);
}


/*
 * A page of another site can post a form, and nothing but that: a content type
 * of JSON or a header of its own takes a preflight, which is refused.
 */

static ngx_int_t
ngx_http_idv_console_from_here(ngx_http_idv_console_t *job)
{
    ngx_str_t           *header;
    ngx_http_request_t  *r;

    r = job->request;

    if (ngx_http_idv_same_origin(r, job->conf->provider) == NGX_DECLINED) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_CROSS_SITE);
        return NGX_DONE;
    }

    if (!ngx_http_idv_console_type(r, job->html
                                      ? "application/x-www-form-urlencoded"
                                      : "application/json"))
    {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_MEDIA_TYPE);
        return NGX_DONE;
    }

    if (job->html) {
        return NGX_OK;
    }

    header = ngx_http_idv_request_header(r, "X-IDV-Console");

    if (header == NULL || header->len != 1 || header->data[0] != '1') {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NO_HEADER);
        return NGX_DONE;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_idv_console_type(ngx_http_request_t *r, const char *type)
{
    size_t      len;
    ngx_str_t  *given;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    given = &r->headers_in.content_type->value;

    for (len = 0; len < given->len && given->data[len] != ';'
                  && given->data[len] != ' '; len++)
    {
        /* void */
    }

    return len == ngx_strlen(type)
           && ngx_strncasecmp(given->data, (u_char *) type, len) == 0;
}


static void
ngx_http_idv_console_body(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_http_idv_ctx_t      *ctx;
    ngx_http_idv_console_t  *job;

    ctx = ngx_http_get_module_ctx(r, ngx_http_idv_module);
    job = ctx->call;

    rc = ngx_http_idv_body(r, NGX_HTTP_IDV_CONSOLE_MAX_BODY, &text);

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, rc == NGX_DECLINED
                                       ? NGX_HTTP_IDV_CONSOLE_TOO_LARGE
                                       : NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    if (job->html) {

        if (ngx_http_idv_console_form(job, &text) == NGX_OK) {
            ngx_http_idv_console_run(job);
        }

        return;
    }

    if (text.len == 0) {
        ngx_str_set(&text, "{}");
    }

    job->input = idv_json_parse(r->pool, text.data, text.len,
                                NGX_HTTP_IDV_CONSOLE_MAX_BODY);

    if (!json_is_object(job->input)) {
        ngx_http_idv_console_fail(job, job->input == NULL
                                       && ngx_errno == NGX_ENOMEM
                                       ? NGX_HTTP_IDV_CONSOLE_INTERNAL
                                       : NGX_HTTP_IDV_CONSOLE_BODY);
        return;
    }

    ngx_http_idv_console_run(job);
}


/* NGX_DONE: it has been answered */

static ngx_int_t
ngx_http_idv_console_form(ngx_http_idv_console_t *job, ngx_str_t *text)
{
    json_t     *form;
    ngx_int_t   rc;

    form = json_object();

    rc = form ? ngx_http_idv_console_field(job, form, text) : NGX_ERROR;

    if (rc == NGX_OK) {
        rc = ngx_http_idv_console_form_json(job, form);

    } else {
        json_decref(form);
    }

    switch (rc) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_BODY);
        return NGX_DONE;

    case NGX_ABORT:
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NO_TOKEN);
        return NGX_DONE;

    default:
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return NGX_DONE;
    }
}


/* name=value&name=value; NGX_DECLINED: it is no form, or too much of one */

static ngx_int_t
ngx_http_idv_console_field(ngx_http_idv_console_t *job, json_t *form,
    ngx_str_t *text)
{
    u_char       *p, *last, *end, *equals;
    json_t       *string;
    ngx_int_t     rc;
    ngx_str_t     raw, name, value;
    ngx_pool_t   *pool;

    pool = job->request->pool;

    p = text->data;
    last = p + text->len;

    for ( /* void */ ; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        equals = ngx_strlchr(p, end, '=');

        if (equals == NULL || equals == p
            || json_object_size(form) == NGX_HTTP_IDV_CONSOLE_FIELDS)
        {
            return NGX_DECLINED;
        }

        raw.data = p;
        raw.len = equals - p;
        rc = ngx_http_idv_unescape(pool, &raw, 1, &name);

        if (rc == NGX_OK) {
            raw.data = equals + 1;
            raw.len = end - raw.data;
            rc = ngx_http_idv_unescape(pool, &raw, 1, &value);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        if (ngx_strlchr(name.data, name.data + name.len, '\0')
            || json_object_getn(form, (char *) name.data, name.len))
        {
            return NGX_DECLINED;
        }

        string = json_stringn((char *) value.data, value.len);

        if (string == NULL
            || json_object_setn_new(form, (char *) name.data, name.len, string)
               != 0)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* takes the form; NGX_ABORT: it is not one of ours */

static ngx_int_t
ngx_http_idv_console_form_json(ngx_http_idv_console_t *job, json_t *form)
{
    ngx_int_t   rc;
    ngx_str_t   token;
    ngx_uint_t  valid;

    token = idv_json_string(form, "token");
    valid = ngx_http_idv_console_token_valid(job, &token);

    (void) json_object_del(form, "token");

    rc = valid ? ngx_http_idv_console_view_input(job, &form) : NGX_ABORT;

    job->input = ngx_http_idv_console_keep(job, form);

    return job->input ? rc : NGX_ERROR;
}


/* what is not told is not done */

static void
ngx_http_idv_console_run(ngx_http_idv_console_t *job)
{
    if (job->op == NULL) {
        ngx_http_idv_console_show(job);
        return;
    }

    if (job->op->audit) {

        if (ngx_http_idv_console_tell(job, "attempt", 0) != NGX_OK) {
            ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_AUDIT_FAILED);
            return;
        }

        job->audit = NGX_HTTP_IDV_CONSOLE_ATTEMPT;
    }

    job->op->run(job);
}


ngx_int_t
ngx_http_idv_console_arg(ngx_http_idv_console_t *job, const char *name,
    ngx_str_t *value)
{
    ngx_int_t            rc;
    ngx_str_t            raw, masked;
    ngx_http_request_t  *r;

    r = job->request;

    ngx_str_null(value);

    masked = r->args;
    r->args = job->args;

    rc = ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw);

    r->args = masked;

    if (rc != NGX_OK) {
        return NGX_OK;
    }

    rc = ngx_http_idv_unescape(r->pool, &raw, 1, value);

    if (rc == NGX_DECLINED) {
        ngx_str_null(value);
        return NGX_OK;
    }

    return rc;
}
