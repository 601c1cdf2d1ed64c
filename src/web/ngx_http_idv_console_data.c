
/*
 * Copyright (C) nginx-idv authors
 *
 * Verified data.  Images are large, and what they show is nobody's business
 * until somebody asks for them: they are linked, and come one by one.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_TYPES  512          /* bytes of a list of them */


static void ngx_http_idv_console_data_types(ngx_http_idv_console_t *job);
static void ngx_http_idv_console_data_types_of(u_char *types, json_t *list);
static void ngx_http_idv_console_data_read(ngx_http_idv_console_t *job);
static json_t *ngx_http_idv_console_data_answer(ngx_http_idv_console_t *job,
    json_t *full);
static void ngx_http_idv_console_data_merge(ngx_http_idv_console_t *job,
    json_t *list, json_t *index);
static json_t *ngx_http_idv_console_data_link(ngx_http_idv_console_t *job,
    json_t *id);
static json_t *ngx_http_idv_console_data_index(json_t *full);
static json_t *ngx_http_idv_console_data_list(json_t *reply, const char *name);
static ngx_uint_t ngx_http_idv_console_data_image(json_t *item);
static void ngx_http_idv_console_image_read(ngx_http_idv_console_t *job);


static const char *const  ngx_http_idv_console_images[] = {
    "FRONT_IMAGE",
    "BACK_IMAGE",
    "SELFIE",
    "CROPPED_PORTRAIT",
    "CROPPED_DOCUMENT",
    "CROPPED_SIGNATURE",
    "VOICE_SAMPLE",
    "VOICE_INPUT"
};


void
ngx_http_idv_console_data(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_data_types,
                             "/users/%v/verifyTransactions/%v/verifiedData",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


/* ids and types of all there is: then all that is no image */

static void
ngx_http_idv_console_data_types(ngx_http_idv_console_t *job)
{
    u_char     types[NGX_HTTP_IDV_CONSOLE_TYPES];
    ngx_str_t  list;

    types[0] = '\0';

    ngx_http_idv_console_data_types_of(types,
                 ngx_http_idv_console_data_list(job->reply, "verifiedData"));
    ngx_http_idv_console_data_types_of(types,
              ngx_http_idv_console_data_list(job->reply, "previousAttempts"));

    job->draft = job->reply;

    if (types[0] == '\0') {
        ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                    ngx_http_idv_console_data_answer(job,
                                                                     NULL));
        return;
    }

    list.data = types;
    list.len = ngx_strlen(types);

    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_data_read,
                             "/users/%v/verifyTransactions/%v/verifiedData"
                             "?type=%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION],
                             &list);
}


static void
ngx_http_idv_console_data_types_of(u_char *types, json_t *list)
{
    size_t      i, len;
    json_t     *item;
    ngx_str_t   type;

    json_array_foreach(list, i, item) {
        type = idv_json_string(item, "type");
        len = ngx_strlen(types);

        if (type.len == 0 || ngx_http_idv_console_data_image(item)
            || ngx_strstr(types, (char *) type.data)
            || len + type.len + 2 > NGX_HTTP_IDV_CONSOLE_TYPES)
        {
            continue;
        }

        ngx_sprintf(types + len, "%s%V%Z", len ? "," : "", &type);
    }
}


static void
ngx_http_idv_console_data_read(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                ngx_http_idv_console_data_answer(job,
                                                                 job->reply));
}


static json_t *
ngx_http_idv_console_data_answer(ngx_http_idv_console_t *job, json_t *full)
{
    json_t  *list, *previous, *index;

    list = ngx_http_idv_console_data_list(job->draft, "verifiedData");
    previous = ngx_http_idv_console_data_list(job->draft, "previousAttempts");
    index = ngx_http_idv_console_data_index(full);

    if (index == NULL) {
        return NULL;
    }

    ngx_http_idv_console_data_merge(job, list, index);
    ngx_http_idv_console_data_merge(job, previous, index);

    json_decref(index);

    return json_pack("{s:o, s:O*, s:I}",
                     "verifiedData", list ? json_incref(list) : json_array(),
                     "previousAttempts", previous,
                     "size", (json_int_t) json_array_size(list));
}


/* gives each item its data, or where its image is, below the console */

static void
ngx_http_idv_console_data_merge(ngx_http_idv_console_t *job, json_t *list,
    json_t *index)
{
    size_t       i;
    json_t      *item, *id, *data;
    const char  *name;

    json_array_foreach(list, i, item) {

        id = json_object_get(item, "id");
        (void) json_object_del(item, "_links");
        (void) json_object_del(item, "data");

        if (ngx_http_idv_console_data_image(item)) {
            data = ngx_http_idv_console_data_link(job, id);
            (void) json_object_set_new(item, "image", data);
            continue;
        }

        name = json_string_value(id);
        data = name ? json_object_get(index, name) : NULL;

        if (data) {
            (void) json_object_set(item, "data", data);
        }
    }
}


/* a path below the console, escaped */

static json_t *
ngx_http_idv_console_data_link(ngx_http_idv_console_t *job, json_t *id)
{
    u_char     *p, *link, uuid[16];
    ngx_str_t  *user, *tx, name;

    user = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];
    tx = &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION];

    name.data = (u_char *) json_string_value(id);
    name.len = json_string_length(id);

    link = ngx_pnalloc(job->request->pool, sizeof("users/verifyTransactions/")
                                           + sizeof("/images/")
                                           + 3 * user->len + 2 * IDV_UUID_LEN);

    if (link == NULL || name.data == NULL
        || idv_uuid_parse(uuid, name.data, name.len) != NGX_OK)
    {
        return NULL;
    }

    p = ngx_cpymem(link, "users/", sizeof("users/") - 1);
    p = (u_char *) ngx_escape_uri(p, user->data, user->len,
                                  NGX_ESCAPE_URI_COMPONENT);
    p = ngx_sprintf(p, "/verifyTransactions/%V/images/%V", tx, &name);

    return json_stringn((char *) link, p - link);
}


/* data by the id of its item, whose first one counts: lists may be long */

static json_t *
ngx_http_idv_console_data_index(json_t *full)
{
    size_t       i;
    json_t      *index, *item, *data;
    ngx_uint_t   n;
    const char  *id;

    static const char *const  lists[] = { "verifiedData", "previousAttempts" };

    index = json_object();

    for (n = 0; n < 2 && index; n++) {
        json_array_foreach(ngx_http_idv_console_data_list(full, lists[n]), i,
                           item)
        {
            id = json_string_value(json_object_get(item, "id"));
            data = json_object_get(item, "data");

            if (id && data && json_object_get(index, id) == NULL
                && json_object_set(index, id, data) != 0)
            {
                json_decref(index);
                return NULL;
            }
        }
    }

    return index;
}


/* earlier attempts stand beside the list, or with it */

static json_t *
ngx_http_idv_console_data_list(json_t *reply, const char *name)
{
    json_t  *list;

    list = json_object_get(json_object_get(reply, "_embedded"), name);

    return list ? list : json_object_get(reply, name);
}


static ngx_uint_t
ngx_http_idv_console_data_image(json_t *item)
{
    ngx_str_t   type;
    ngx_uint_t  i, n;

    type = idv_json_string(item, "type");
    n = sizeof(ngx_http_idv_console_images)
        / sizeof(ngx_http_idv_console_images[0]);

    for (i = 0; i < n; i++) {
        if (type.len == ngx_strlen(ngx_http_idv_console_images[i])
            && ngx_strncmp(type.data, ngx_http_idv_console_images[i], type.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_idv_console_image(ngx_http_idv_console_t *job)
{
    ngx_http_idv_console_ask(job, "GET", NULL, ngx_http_idv_console_image_read,
                             "/users/%v/verifyTransactions/%v/verifiedData/%v",
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION],
                             &job->ids[NGX_HTTP_IDV_CONSOLE_ID_IMAGE]);
}


static void
ngx_http_idv_console_image_read(ngx_http_idv_console_t *job)
{
    json_t  *data;

    data = json_object_get(job->reply, "data");

    ngx_http_idv_console_picture(job, json_object_get(data, "IMAGE"));
}


/* what it is, its bytes say, and no name or type that came with it */

void
ngx_http_idv_console_picture(ngx_http_idv_console_t *job, json_t *base64)
{
    ngx_str_t  text, bytes;

    static u_char  jpeg[] = { 0xff, 0xd8, 0xff };
    static u_char  png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

    if (!json_is_string(base64)) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_NOT_FOUND);
        return;
    }

    text.data = (u_char *) json_string_value(base64);
    text.len = json_string_length(base64);

    bytes.data = ngx_pnalloc(job->request->pool,
                             ngx_base64_decoded_length(text.len));

    if (bytes.data == NULL) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    if (ngx_decode_base64(&bytes, &text) == NGX_OK) {

        if (bytes.len > sizeof(jpeg)
            && ngx_memcmp(bytes.data, jpeg, sizeof(jpeg)) == 0)
        {
            ngx_http_idv_console_bytes(job, "image/jpeg", &bytes);
            return;
        }

        if (bytes.len > sizeof(png)
            && ngx_memcmp(bytes.data, png, sizeof(png)) == 0)
        {
            ngx_http_idv_console_bytes(job, "image/png", &bytes);
            return;
        }
    }

    ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_UNUSABLE);
}
