
/*
 * Copyright (C) nginx-idv authors
 *
 * The audit log: a JSON line for each attempt to change something, or to see
 * personal data, and one for what became of it.  Ids, and nothing else.
 *
 * A line is one write to a file that is open for appending, as nginx's access
 * log is when it has no buffer.
 */


#include "ngx_http_idv_console_run.h"


static json_t *ngx_http_idv_console_line(ngx_http_idv_console_t *job,
    const char *result, ngx_uint_t status);
static ngx_uint_t ngx_http_idv_console_value(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_text(const ngx_str_t *text);


static const char *const  ngx_http_idv_console_roles[] = {
    "none",
    "viewer",
    "administrator"
};


ngx_int_t
ngx_http_idv_console_tell(ngx_http_idv_console_t *job, const char *result,
    ngx_uint_t status)
{
    json_t           *line;
    size_t            len;
    u_char           *text;
    ssize_t           n;
    ngx_open_file_t  *file;

    file = job->conf->audit;
    line = ngx_http_idv_console_line(job, result, status);

    len = line ? json_dumpb(line, NULL, 0, JSON_COMPACT) : 0;
    text = len ? ngx_pnalloc(job->request->pool, len + 1) : NULL;

    if (text == NULL) {
        json_decref(line);
        return NGX_ERROR;
    }

    (void) json_dumpb(line, (char *) text, len, JSON_COMPACT);
    json_decref(line);

    text[len++] = LF;

    n = ngx_write_fd(file->fd, text, len);

    if (n == (ssize_t) len) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_CRIT, job->request->connection->log,
                  n == -1 ? ngx_errno : 0,
                  "idv: console: \"%V\" has not taken a line", &file->name);

    return NGX_ERROR;
}


static json_t *
ngx_http_idv_console_line(ngx_http_idv_console_t *job, const char *result,
    ngx_uint_t status)
{
    u_char       when[NGX_HTTP_IDV_TIME_LEN];
    json_t      *line;
    ngx_uint_t   i;

    (void) ngx_http_idv_time(when, ngx_time());

    line = json_pack("{s:s%, s:o, s:s, s:s}",
                     "time", when, (size_t) sizeof(when),
                     "who", ngx_http_idv_console_text(&job->client.subject),
                     "role", ngx_http_idv_console_roles[job->role],
                     "what", job->op->audit);

    if (line == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_IDV_CONSOLE_NIDS; i++) {

        if (job->ids[i].len
            && json_object_set_new(line, ngx_http_idv_console_ids[i],
                                   ngx_http_idv_console_text(&job->ids[i]))
               != 0)
        {
            json_decref(line);
            return NULL;
        }
    }

    if (ngx_http_idv_console_value(job)
        && json_object_set(line, "value",
                           json_object_get(job->input, job->op->value))
           != 0)
    {
        json_decref(line);
        return NULL;
    }

    if (json_object_set_new(line, "result", json_string(result)) != 0
        || (status && json_object_set_new(line, "status",
                                          json_integer(status))
                      != 0))
    {
        json_decref(line);
        return NULL;
    }

    return line;
}


/* what it was changed to: one of our words, and no text of somebody's */

static ngx_uint_t
ngx_http_idv_console_value(ngx_http_idv_console_t *job)
{
    ngx_str_t   word;
    ngx_uint_t  i;

    static const char *const  words[] = {
        "ENABLED", "DISABLED", "APPROVED", "REJECTED"
    };

    if (job->op->value == NULL) {
        return 0;
    }

    word = idv_json_string(job->input, job->op->value);

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (word.len == ngx_strlen(words[i])
            && ngx_strncmp(word.data, words[i], word.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* a subject is what the first factor says, UTF-8 or not */

static json_t *
ngx_http_idv_console_text(const ngx_str_t *text)
{
    u_char   hex[2 * IDV_FLOW_MAX_USER];
    json_t  *value;

    value = json_stringn((char *) text->data, text->len);

    if (value || text->len > IDV_FLOW_MAX_USER) {
        return value;
    }

    return json_stringn((char *) hex,
                        ngx_hex_dump(hex, text->data, text->len) - hex);
}
