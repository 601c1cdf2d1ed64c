
/*
 * Copyright (C) nginx-idv authors
 *
 * Users: found, looked at, enabled and disabled.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_PAGE    "25"        /* users of an answer */
#define NGX_HTTP_IDV_CONSOLE_LATEST  "100"       /* transactions of a user */
#define NGX_HTTP_IDV_CONSOLE_SEARCH  128         /* bytes */
#define NGX_HTTP_IDV_CONSOLE_CURSOR  1024


static void ngx_http_idv_console_found(ngx_http_idv_console_t *job);
static ngx_int_t ngx_http_idv_console_filter(ngx_http_idv_console_t *job,
    ngx_str_t *text, ngx_str_t *filter);
static json_t *ngx_http_idv_console_cursor(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_user_read(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_status_read(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_user_done(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_status_set(ngx_http_idv_console_t *job);


/* what a text is looked for in, always from the beginning */

static const char *const  ngx_http_idv_console_searched[] = {
    "username",
    "email",
    "name.family",
    "name.given",
    "mobilePhone"
};

#define NGX_HTTP_IDV_CONSOLE_NSEARCHED                                        \
    (sizeof(ngx_http_idv_console_searched)                                    \
     / sizeof(ngx_http_idv_console_searched[0]))


void
ngx_http_idv_console_users(ngx_http_idv_console_t *job)
{
    ngx_str_t  text, cursor, filter;

    if (ngx_http_idv_console_arg(job, "search", &text) != NGX_OK
        || ngx_http_idv_console_arg(job, "cursor", &cursor) != NGX_OK)
    {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    if (text.len > NGX_HTTP_IDV_CONSOLE_SEARCH) {
        ngx_http_idv_console_invalid(job, "search", "The text is too long.");
        return;
    }

    if (cursor.len > NGX_HTTP_IDV_CONSOLE_CURSOR) {
        ngx_http_idv_console_invalid(job, "cursor", "It is none of ours.");
        return;
    }

    if (ngx_http_idv_console_filter(job, &text, &filter) != NGX_OK) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_found,
                             "/users?limit=" NGX_HTTP_IDV_CONSOLE_PAGE
                             "%s%v%s%v",
                             filter.len ? "&filter=" : "", &filter,
                             cursor.len ? "&cursor=" : "", &cursor);
}


/* username sw "text" or email sw "text" or ...; an id as well */

static ngx_int_t
ngx_http_idv_console_filter(ngx_http_idv_console_t *job, ngx_str_t *text,
    ngx_str_t *filter)
{
    u_char      *p, uuid[16];
    size_t       i;
    ngx_str_t    quoted;
    ngx_uint_t   n;

    ngx_str_null(filter);

    if (text->len == 0) {
        return NGX_OK;
    }

    quoted.data = ngx_pnalloc(job->request->pool, 2 * text->len);
    filter->data = ngx_pnalloc(job->request->pool,
                               (2 * text->len + 32)
                               * (NGX_HTTP_IDV_CONSOLE_NSEARCHED + 1));

    if (quoted.data == NULL || filter->data == NULL) {
        return NGX_ERROR;
    }

    p = quoted.data;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"' || text->data[i] == '\\') {
            *p++ = '\\';
        }

        *p++ = text->data[i];
    }

    quoted.len = p - quoted.data;
    p = filter->data;

    if (idv_uuid_parse(uuid, text->data, text->len) == NGX_OK) {
        p = ngx_sprintf(p, "id eq \"%V\"", &quoted);
        filter->len = p - filter->data;
        return NGX_OK;
    }

    for (n = 0; n < NGX_HTTP_IDV_CONSOLE_NSEARCHED; n++) {
        p = ngx_sprintf(p, "%s%s sw \"%V\"", n ? " or " : "",
                        ngx_http_idv_console_searched[n], &quoted);
    }

    filter->len = p - filter->data;

    return NGX_OK;
}


static void
ngx_http_idv_console_found(ngx_http_idv_console_t *job)
{
    size_t   i;
    json_t  *list, *user, *users, *next;

    list = json_object_get(json_object_get(job->reply, "_embedded"), "users");
    next = ngx_http_idv_console_cursor(job);
    users = json_array();

    json_array_foreach(list, i, user) {
        (void) json_array_append_new(users,
                                     ngx_http_idv_console_user_json(user));
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                     json_pack("{s:I, s:o, s:o*}",
                               "count", (json_int_t) json_array_size(users),
                               "users", users,
                               "next", next));
}


/*
 * Of the provider's link to more: it may lead elsewhere, a cursor does not.  It
 * is escaped anew when it is sent back, where a plus is no blank.
 */

static json_t *
ngx_http_idv_console_cursor(ngx_http_idv_console_t *job)
{
    u_char      *p, *last, *end;
    json_t      *link;
    ngx_str_t    href, raw, cursor;
    ngx_uint_t   i;

    static const char  name[] = "cursor=";

    link = json_object_get(json_object_get(job->reply, "_links"), "next");
    href = idv_json_string(link, "href");

    p = ngx_strlchr(href.data, href.data + href.len, '?');
    last = href.data + href.len;

    if (p == NULL) {
        return NULL;
    }

    for (i = sizeof(name) - 1; p < last; p = end) {

        p++;
        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > i && ngx_strncmp(p, name, i) == 0) {
            raw.data = p + i;
            raw.len = end - raw.data;

            return ngx_http_idv_unescape(job->request->pool, &raw, 0, &cursor)
                   == NGX_OK
                   ? json_stringn((char *) cursor.data, cursor.len) : NULL;
        }
    }

    return NULL;
}


json_t *
ngx_http_idv_console_user_json(json_t *user)
{
    json_t  *name, *shown;

    name = json_object_get(user, "name");

    shown = json_pack("{s:O*, s:O*, s:O*, s:O*}",
                      "formatted", json_object_get(name, "formatted"),
                      "given", json_object_get(name, "given"),
                      "middle", json_object_get(name, "middle"),
                      "family", json_object_get(name, "family"));

    return json_pack("{s:O*, s:O*, s:o, s:O*, s:O*, s:O*, s:O*}",
                     "id", json_object_get(user, "id"),
                     "username", json_object_get(user, "username"),
                     "name", shown,
                     "email", json_object_get(user, "email"),
                     "mobilePhone", json_object_get(user, "mobilePhone"),
                     "enabled", json_object_get(user, "enabled"),
                     "population", json_object_get(user, "population"));
}


void
ngx_http_idv_console_user(ngx_http_idv_console_t *job)
{
    /* a provider need not have a directory: who is not there may be known */

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_user_read,
                             "/users/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_user_read(ngx_http_idv_console_t *job)
{
    if (job->status == NGX_HTTP_OK) {
        job->task = job->reply;

    } else if (job->status != NGX_HTTP_NOT_FOUND) {
        ngx_http_idv_console_refused(job);
        return;
    }

    /* PingOne has taken it away, or is about to */

    job->lenient = 1;
    ngx_http_idv_console_ask(job, "GET", NULL,
                             ngx_http_idv_console_status_read,
                             "/users/%v/verifyStatus",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_status_read(ngx_http_idv_console_t *job)
{
    json_t  *document;

    document = json_pack("{s:o, s:o}",
                         "user",
                         job->task ? ngx_http_idv_console_user_json(job->task)
                                   : json_object(),
                         "verifyStatus",
                         job->status == NGX_HTTP_OK
                         ? ngx_http_idv_console_bare(job->reply)
                         : json_null());

    job->draft = ngx_http_idv_console_keep(job, document);

    if (job->draft == NULL) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    job->lenient = (job->task == NULL);
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_user_done,
                             "/users/%v/verifyTransactions?limit="
                             NGX_HTTP_IDV_CONSOLE_LATEST,
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_user_done(ngx_http_idv_console_t *job)
{
    u_char      when[NGX_HTTP_IDV_TIME_LEN];
    json_t     *transactions, *flows, *user;
    int64_t     revoked;
    ngx_str_t  *id;

    if (job->status != NGX_HTTP_OK && job->status != NGX_HTTP_NOT_FOUND) {
        ngx_http_idv_console_refused(job);
        return;
    }

    id = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];

    transactions = ngx_http_idv_console_summaries(job->reply);
    flows = ngx_http_idv_console_flows_of(job, id);

    /* who is in no directory, has had no transaction and is not here */

    if (job->task == NULL && json_array_size(transactions) == 0
        && json_array_size(flows) == 0)
    {
        json_decref(transactions);
        json_decref(flows);
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NOT_FOUND);
        return;
    }

    user = json_object_get(job->draft, "user");

    if (ngx_http_idv_console_revoked(job, id, &revoked) != NGX_OK
        || (job->task == NULL
            && json_object_set_new(user, "id", json_stringn((char *) id->data,
                                                            id->len))
               != 0))
    {
        json_decref(transactions);
        json_decref(flows);
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    (void) ngx_http_idv_time(when, (time_t) revoked);

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                     json_pack("{s:O, s:O, s:o, s:o, s:o*}",
                               "user", user,
                               "verifyStatus",
                               json_object_get(job->draft, "verifyStatus"),
                               "transactions", transactions,
                               "flows", flows,
                               "revokedAt",
                               revoked ? json_stringn((char *) when,
                                                      sizeof(when))
                                       : NULL));
}


void
ngx_http_idv_console_status(ngx_http_idv_console_t *job)
{
    ngx_str_t  status;

    status = idv_json_string(job->input, "status");

    if (!(status.len == 7 && ngx_strncmp(status.data, "ENABLED", 7) == 0)
        && !(status.len == 8 && ngx_strncmp(status.data, "DISABLED", 8) == 0))
    {
        ngx_http_idv_console_invalid(job, "status",
                                     "The status is ENABLED or DISABLED.");
        return;
    }

    ngx_http_idv_console_ask(job, "PUT",
                             json_pack("{s:O}", "verifyStatus",
                                       json_object_get(job->input, "status")),
                             ngx_http_idv_console_status_set,
                             "/users/%v/verifyStatus",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


static void
ngx_http_idv_console_status_set(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                ngx_http_idv_console_bare(job->reply));
}
