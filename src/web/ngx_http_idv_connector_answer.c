
/*
 * Copyright (C) nginx-idv authors
 *
 * What the connector asks the provider, and what it makes of the answer:
 *
 *   {"statusCode":200,"headers":{...},"transaction":{...},"rawResponse":{...}}
 */


#include "ngx_http_idv_connector.h"
#include "../util/idv_crypto.h"
#include "../util/idv_json.h"


#define NGX_HTTP_IDV_MAX_PATH  8192
#define NGX_HTTP_IDV_WINDOW    (64 * 1024)

#define NGX_HTTP_IDV_TX        "/users/{userId}/verifyTransactions/"          \
                               "{transactionId}"


static ngx_uint_t ngx_http_idv_connector_selects(
    ngx_http_idv_connector_t *job);
static ngx_int_t ngx_http_idv_connector_call(ngx_http_idv_connector_t *job,
    const idv_connector_t *capability, size_t window);
static ngx_int_t ngx_http_idv_connector_wait(ngx_http_idv_connector_t *job);
static void ngx_http_idv_connector_gone(void *data);
static void ngx_http_idv_connector_piece(idv_relay_t *relay);
static void ngx_http_idv_connector_done(idv_relay_t *relay);
static void ngx_http_idv_connector_answer(ngx_http_idv_connector_t *job);
static ngx_int_t ngx_http_idv_connector_step(ngx_http_idv_connector_t *job);
static ngx_int_t ngx_http_idv_connector_selfie(ngx_http_idv_connector_t *job,
    json_t *list);
static ngx_int_t ngx_http_idv_connector_user_data(
    ngx_http_idv_connector_t *job, json_t *list, ngx_str_t *text);
static ngx_int_t ngx_http_idv_connector_select(ngx_http_idv_connector_t *job,
    ngx_str_t *text);
static ngx_uint_t ngx_http_idv_connector_wanted(ngx_http_idv_connector_t *job,
    json_t *item);
static ngx_int_t ngx_http_idv_connector_cut(ngx_str_t *text,
    const idv_connector_output_t *shape);
static ngx_int_t ngx_http_idv_connector_send(ngx_http_idv_connector_t *job,
    const char *named, ngx_str_t *text, ngx_str_t *raw, ngx_uint_t status);
static ngx_int_t ngx_http_idv_connector_refused(
    ngx_http_idv_connector_t *job);


static ngx_str_t  ngx_http_idv_connector_nothing = ngx_string("{}");


void
ngx_http_idv_connector_ask(ngx_http_idv_connector_t *job)
{
    ngx_int_t               rc;
    ngx_http_request_t     *r;
    idv_connector_t         list;
    const idv_connector_t  *capability;

    r = job->request;
    capability = job->capability;

    if (capability->way == IDV_CONNECTOR_CHALLENGE) {
        job->challenge = idv_json_string(job->input, "challenge");

        if (job->challenge.len == 0) {
            job->challenge.data = ngx_pnalloc(r->pool, IDV_ID_LEN);

            if (job->challenge.data == NULL
                || idv_random_id(job->challenge.data) != NGX_OK)
            {
                ngx_http_idv_connector_finalize(job,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR);
                return;
            }

            job->challenge.len = IDV_ID_LEN;
        }
    }

    if (ngx_http_idv_connector_wait(job) != NGX_OK) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    job->streams = (job->minimal && capability->named
                    && capability->way != IDV_CONNECTOR_USER_DATA
                    && !ngx_http_idv_connector_selects(job));

    if (capability->way == IDV_CONNECTOR_SELFIE
        && !json_is_string(json_object_get(job->input, "selfieId")))
    {
        list = *capability;
        list.method = "GET";
        list.path = NGX_HTTP_IDV_TX "/verifiedData";
        list.media = NULL;

        rc = ngx_http_idv_connector_call(job, &list, 0);

    } else {
        rc = ngx_http_idv_connector_call(job, capability,
                                         job->streams ? NGX_HTTP_IDV_WINDOW
                                                      : 0);
    }

    if (rc != NGX_OK) {
        ngx_http_idv_connector_finalize(job, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }
}


/* 1: not all that the provider has listed is wanted */

static ngx_uint_t
ngx_http_idv_connector_selects(ngx_http_idv_connector_t *job)
{
    json_t  *types;

    if (job->capability->way != IDV_CONNECTOR_SELECT) {
        return 0;
    }

    types = json_object_get(job->input, "documentTypes");

    if (json_array_size(types)) {
        return 1;
    }

    types = json_object_get(job->input, "metadataType");

    return json_is_string(types)
           && ngx_strcmp(json_string_value(types), "ALL") != 0;
}


static ngx_int_t
ngx_http_idv_connector_call(ngx_http_idv_connector_t *job,
    const idv_connector_t *capability, size_t window)
{
    char                *path;
    json_t              *body;
    ngx_int_t            rc;
    idv_relay_t         *relay;
    ngx_http_request_t  *r;

    r = job->request;
    relay = &job->relay;

    ngx_memzero(relay, sizeof(idv_relay_t));

    path = ngx_pnalloc(r->pool, NGX_HTTP_IDV_MAX_PATH);

    if (path == NULL
        || idv_connector_path(capability, job->input, path,
                              NGX_HTTP_IDV_MAX_PATH)
           != 0)
    {
        return NGX_ERROR;
    }

    relay->provider = job->conf->provider;
    relay->net = &job->conf->net;
    relay->pool = r->pool;
    relay->log = r->connection->log;
    relay->method.data = (u_char *) capability->method;
    relay->method.len = ngx_strlen(capability->method);
    relay->path.data = (u_char *) path;
    relay->path.len = ngx_strlen(path);
    relay->keep = idv_connector_headers;
    relay->name = capability->name;
    relay->window = window;
    relay->progress = ngx_http_idv_connector_piece;
    relay->handler = ngx_http_idv_connector_done;
    relay->data = job;

    if (capability->media) {
        relay->type.data = (u_char *) capability->media;
        relay->type.len = ngx_strlen(capability->media);

        body = idv_connector_body(capability, job->input);
        if (body == NULL) {
            return NGX_ERROR;
        }

        /* an action has a media type of its own, and may have nothing to say */

        rc = NGX_OK;

        if (json_object_size(body)
            || ngx_strcmp(capability->media, "application/json") == 0)
        {
            rc = idv_json_dump(r->pool, body, &relay->body);
        }

        json_decref(body);

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return idv_relay_start(relay);
}


/* from now on the caller may go away, and takes all of this along */

static ngx_int_t
ngx_http_idv_connector_wait(ngx_http_idv_connector_t *job)
{
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    r = job->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_idv_connector_gone;
    cln->data = job;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (r->connection->read->ready) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(r->connection->read, 0);
}


static void
ngx_http_idv_connector_gone(void *data)
{
    ngx_http_idv_connector_t *job = data;

    job->request = NULL;

    idv_relay_cancel(&job->relay);

    json_decref(job->first);
    job->first = NULL;
}


static void
ngx_http_idv_connector_piece(idv_relay_t *relay)
{
    ngx_connection_t          *c;
    ngx_http_idv_connector_t  *job;

    job = relay->data;
    c = job->request->connection;

    ngx_http_set_log_request(c->log, job->request);

    ngx_http_idv_connector_feed(job);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_idv_connector_done(idv_relay_t *relay)
{
    ngx_int_t                        rc;
    ngx_connection_t                *c;
    ngx_http_request_t              *r;
    ngx_http_idv_connector_t        *job;
    ngx_http_idv_connector_error_e   error;

    job = relay->data;
    r = job->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (relay->result != IDV_CALL_OK && job->begun) {
        ngx_http_idv_connector_abort(job, "the answer has broken off");

    } else if (relay->result != IDV_CALL_OK) {
        error = relay->too_large ? NGX_HTTP_IDV_CONNECTOR_UNUSABLE
                : (relay->result == IDV_CALL_LIMITED)
                  ? NGX_HTTP_IDV_CONNECTOR_LIMITED
                  : (relay->result == IDV_CALL_ERROR)
                    ? NGX_HTTP_IDV_CONNECTOR_INTERNAL
                    : NGX_HTTP_IDV_CONNECTOR_UNAVAILABLE;

        rc = ngx_http_idv_connector_error(r, error, NULL, relay->retry_after);
        ngx_http_idv_connector_finalize(job, rc);

    } else if (relay->status < 200 || relay->status >= 300) {
        rc = ngx_http_idv_connector_refused(job);
        ngx_http_idv_connector_finalize(job, rc);

    } else if (relay->window) {
        job->ended = 1;
        ngx_http_idv_connector_feed(job);

    } else {
        ngx_http_idv_connector_answer(job);
    }

    ngx_http_run_posted_requests(c);
}


/* an answer as a whole */

static void
ngx_http_idv_connector_answer(ngx_http_idv_connector_t *job)
{
    ngx_int_t    rc;
    ngx_str_t    text, raw;

    rc = ngx_http_idv_connector_step(job);

    if (rc == NGX_AGAIN) {
        return;
    }

    raw = job->relay.response;

    if (rc == NGX_OK) {

        if (raw.len == 0) {
            raw = ngx_http_idv_connector_nothing;

        } else {
            rc = ngx_http_idv_connector_cut(&raw, job->capability->output);
        }

        text = raw;
    }

    if (rc == NGX_OK && ngx_http_idv_connector_selects(job)) {
        rc = ngx_http_idv_connector_select(job, &text);
    }

    if (rc == NGX_ABORT) {
        rc = ngx_http_idv_connector_error(job->request,
                                NGX_HTTP_IDV_CONNECTOR_NO_SELFIE, NULL, -1);

    } else if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_ERR, job->request->connection->log, 0,
                      "idv: connector: %s: the provider's answer is not JSON "
                      "of its form", job->capability->name);

        rc = ngx_http_idv_connector_error(job->request,
                                NGX_HTTP_IDV_CONNECTOR_UNUSABLE, NULL, -1);

    } else if (rc == NGX_OK) {
        rc = ngx_http_idv_connector_send(job, job->capability->named, &text,
                                         &raw, NGX_HTTP_OK);

    } else if (rc == NGX_ERROR) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_idv_connector_finalize(job, rc);
}


/*
 * What takes two calls.  NGX_OK: this was the last one; NGX_AGAIN: the next one
 * is out; NGX_DECLINED: the answer cannot be used; NGX_ABORT: it has no selfie.
 */

static ngx_int_t
ngx_http_idv_connector_step(ngx_http_idv_connector_t *job)
{
    json_t           *document;
    ngx_int_t         rc;
    ngx_str_t        *response;
    idv_connector_t   data;

    response = &job->relay.response;

    if (job->capability->way != IDV_CONNECTOR_USER_DATA
        && (job->capability->way != IDV_CONNECTOR_SELFIE
            || json_is_string(json_object_get(job->input, "selfieId"))))
    {
        return NGX_OK;
    }

    document = idv_json_parse(NULL, response->data, response->len,
                              job->conf->max_answer);

    if (!json_is_object(document)) {
        json_decref(document);
        return ngx_errno == NGX_ENOMEM ? NGX_ERROR : NGX_DECLINED;
    }

    if (job->capability->way == IDV_CONNECTOR_SELFIE) {
        rc = ngx_http_idv_connector_selfie(job, document);
        json_decref(document);
        return rc;
    }

    if (job->first == NULL) {
        job->first = document;

        data = *job->capability;
        data.path = NGX_HTTP_IDV_TX
                    "/verifiedData?type=GOVERNMENT_ID&attempt=LATEST";

        return ngx_http_idv_connector_call(job, &data, 0) == NGX_OK
               ? NGX_AGAIN : NGX_ERROR;
    }

    rc = ngx_http_idv_connector_user_data(job, document, response);

    json_decref(document);

    return rc;
}


static ngx_int_t
ngx_http_idv_connector_selfie(ngx_http_idv_connector_t *job, json_t *list)
{
    size_t      i;
    json_t     *item, *id;
    ngx_str_t   type;

    id = NULL;
    list = json_object_get(json_object_get(list, "_embedded"), "verifiedData");

    json_array_foreach(list, i, item) {
        type = idv_json_string(item, "type");

        if (type.len == sizeof("SELFIE") - 1
            && ngx_strncmp(type.data, "SELFIE", type.len) == 0)
        {
            id = json_object_get(item, "id");
        }
    }

    if (!json_is_string(id)) {
        return NGX_ABORT;
    }

    if (json_object_set(job->input, "selfieId", id) != 0
        || ngx_http_idv_connector_call(job, job->capability,
                                       job->streams ? NGX_HTTP_IDV_WINDOW : 0)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_idv_connector_user_data(ngx_http_idv_connector_t *job, json_t *list,
    ngx_str_t *text)
{
    json_t     *data, *both;
    ngx_int_t   rc;

    data = json_object_get(json_object_get(list, "_embedded"), "verifiedData");
    data = json_object_get(json_array_get(data, 0), "data");

    both = json_pack("{s:O*, s:O*, s:o}",
                     "id", json_object_get(job->first, "id"),
                     "transactionStatus",
                     json_object_get(job->first, "transactionStatus"),
                     "verifiedUserData",
                     json_is_object(data) ? json_incref(data) : json_object());

    if (both == NULL) {
        return NGX_ERROR;
    }

    rc = idv_json_dump(job->request->pool, both, text);

    json_decref(both);

    return rc;
}


/* those of a list that were asked for */

static ngx_int_t
ngx_http_idv_connector_select(ngx_http_idv_connector_t *job, ngx_str_t *text)
{
    size_t       i;
    json_t      *document, *list;
    ngx_int_t    rc;
    const char  *name;

    /* rows of the output: _embedded, the list in it, size */

    name = job->capability->output[1].name;

    document = idv_json_parse(NULL, text->data, text->len,
                              job->conf->max_answer);

    if (document == NULL) {
        return ngx_errno == NGX_ENOMEM ? NGX_ERROR : NGX_DECLINED;
    }

    list = json_object_get(json_object_get(document, "_embedded"), name);

    for (i = json_array_size(list); i--; /* void */ ) {
        if (!ngx_http_idv_connector_wanted(job, json_array_get(list, i))) {
            (void) json_array_remove(list, i);
        }
    }

    rc = NGX_ERROR;

    if (json_object_set_new(document, "size",
                            json_integer(json_array_size(list)))
        == 0)
    {
        rc = idv_json_dump(job->request->pool, document, text);
    }

    json_decref(document);

    return rc;
}


static ngx_uint_t
ngx_http_idv_connector_wanted(ngx_http_idv_connector_t *job, json_t *item)
{
    size_t   i;
    json_t  *type, *types, *one;

    type = json_object_get(item, "type");
    types = json_object_get(job->input, "documentTypes");

    if (types == NULL) {
        return json_equal(type, json_object_get(job->input, "metadataType"));
    }

    json_array_foreach(types, i, one) {
        if (json_equal(type, one)) {
            return 1;
        }
    }

    return 0;
}


/* cut where it is; NGX_DECLINED: it is no JSON object */

static ngx_int_t
ngx_http_idv_connector_cut(ngx_str_t *text,
    const idv_connector_output_t *shape)
{
    long                    n;
    idv_connector_filter_t  filter;

    idv_connector_filter_init(&filter, shape);

    n = idv_connector_filter(&filter, (char *) text->data, text->len,
                             (char *) text->data);

    if (n < 0 || !idv_connector_filter_done(&filter)) {
        return NGX_DECLINED;
    }

    text->len = (size_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_http_idv_connector_head(ngx_http_idv_connector_t *job, const char *named,
    ngx_str_t *head)
{
    u_char             *p;
    json_t             *object, *headers;
    ngx_int_t           rc;
    ngx_str_t           text;
    ngx_uint_t          i;
    const idv_relay_t  *relay;

    relay = &job->relay;

    headers = json_object();

    for (i = 0; idv_connector_headers[i]; i++) {

        /* what is not UTF-8 is none */

        if (relay->kept[i].data) {
            (void) json_object_set_new(headers, idv_connector_headers[i],
                             json_stringn((char *) relay->kept[i].data,
                                          relay->kept[i].len));
        }
    }

    object = json_pack("{s:i, s:o, s:o*}",
                       "statusCode", (int) relay->status,
                       "headers", headers,
                       "challenge",
                       job->challenge.len && relay->status < 300
                       ? json_stringn((char *) job->challenge.data,
                                      job->challenge.len)
                       : NULL);

    if (object == NULL) {
        return NGX_ERROR;
    }

    rc = idv_json_dump(job->request->pool, object, &text);

    json_decref(object);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(job->request->pool,
                    text.len + sizeof(",\"\":") + ngx_strlen(named));
    if (p == NULL) {
        return NGX_ERROR;
    }

    /* its last brace comes with the tail */

    head->data = p;
    p = ngx_cpymem(p, text.data, text.len - 1);
    head->len = ngx_sprintf(p, ",\"%s\":", named) - head->data;

    return NGX_OK;
}


/* named NULL: the output has nothing but rawResponse */

static ngx_int_t
ngx_http_idv_connector_send(ngx_http_idv_connector_t *job, const char *named,
    ngx_str_t *text, ngx_str_t *raw, ngx_uint_t status)
{
    off_t                len;
    ngx_buf_t           *b;
    ngx_str_t            head, *part[5];
    ngx_uint_t           i, n;
    ngx_chain_t         *links;
    ngx_http_request_t  *r;

    static ngx_str_t  middle = ngx_string(",\"rawResponse\":");
    static ngx_str_t  tail = ngx_string("}");
    static ngx_str_t  applied = ngx_string("return=minimal");

    r = job->request;

    if (ngx_http_idv_connector_head(job, named ? named : "rawResponse", &head)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = 0;
    part[n++] = &head;

    if (named) {
        part[n++] = text;
        part[n++] = &middle;
    }

    part[n++] = (named && job->minimal) ? &ngx_http_idv_connector_nothing
                                        : raw;
    part[n++] = &tail;

    /* the answer's bytes are there once, and sent twice */

    links = ngx_pcalloc(r->pool, n * sizeof(ngx_chain_t));
    b = ngx_pcalloc(r->pool, n * sizeof(ngx_buf_t));

    if (links == NULL || b == NULL || ngx_http_idv_no_store(r) != NGX_OK
        || (job->minimal && named
            && ngx_http_idv_header(r, "Preference-Applied", &applied)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = 0;

    for (i = 0; i < n; i++) {
        b[i].pos = part[i]->data;
        b[i].last = part[i]->data + part[i]->len;
        b[i].memory = 1;

        links[i].buf = &b[i];
        links[i].next = (i + 1 < n) ? &links[i + 1] : NULL;

        len += part[i]->len;
    }

    b[n - 1].last_buf = (r == r->main) ? 1 : 0;
    b[n - 1].last_in_chain = 1;

    return ngx_http_idv_send_chain(r, status, "application/json", links, len);
}


/*
 * The provider's own error: its status, and its words in rawResponse.  Its 401
 * is about our token and none of the caller's key.
 */

static ngx_int_t
ngx_http_idv_connector_refused(ngx_http_idv_connector_t *job)
{
    ngx_int_t    seconds;
    ngx_str_t    raw, *after;
    ngx_uint_t   i, status;

    raw = job->relay.response;
    status = job->relay.status;

    if (status < 400 || status > 599 || status == NGX_HTTP_UNAUTHORIZED) {
        status = NGX_HTTP_BAD_GATEWAY;
    }

    if (raw.len == 0
        || ngx_http_idv_connector_cut(&raw, idv_connector_error) != NGX_OK)
    {
        raw = ngx_http_idv_connector_nothing;
    }

    for (i = 0; idv_connector_headers[i]; i++) {
        after = &job->relay.kept[i];

        if (ngx_strcmp(idv_connector_headers[i], "Retry-After") != 0
            || after->len == 0)
        {
            continue;
        }

        seconds = ngx_atoi(after->data, after->len);

        if (seconds != NGX_ERROR
            && ngx_http_idv_retry_after(job->request, seconds) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_idv_connector_send(job, NULL, NULL, &raw, status);
}
