
/*
 * Copyright (C) nginx-idv authors
 *
 * The local service: its forms and pictures by themselves, and requests to each
 * of its routes.
 */


#include "fuzz.h"

#include "service/idv_svc_form.h"
#include "service/idv_svc_image.h"


#define SERVICE_ENV   "0f6d2c1e-3b58-4a7e-9c40-5d21b7a8e913"
#define SERVICE_USER  "/v1/environments/" SERVICE_ENV                         \
                      "/users/ann/verifyTransactions"


static void
upload_form(const ngx_str_t *body, idv_svc_form_t *form)
{
    ngx_str_t   *name, *value;
    ngx_uint_t   i, k;

    must(form->n <= IDV_SVC_MAX_FIELDS);

    for (i = 0; i < form->n; i++) {
        name = &form->field[i].name;
        value = &form->field[i].value;

        must(name->data >= body->data
             && name->data + name->len <= body->data + body->len);
        must(value->len == 0
             || (value->data >= body->data
                 && value->data + value->len <= body->data + body->len));

        for (k = 0; k < i; k++) {
            must(form->field[k].name.len != name->len
                 || memcmp(form->field[k].name.data, name->data, name->len)
                    != 0);
        }
    }
}


/* a picture of a size that one can believe, at the place where it is told */

static void
upload_image(const ngx_str_t *body)
{
    size_t           i, n, width, height;
    const u_char    *p;
    idv_svc_image_e  image;

    p = body->data;
    image = idv_svc_image(p, body->len);

    if (image == IDV_SVC_IMAGE_NONE) {
        return;
    }

    must(body->len > 20);

    if (image == IDV_SVC_IMAGE_PNG) {
        must(memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0);
        must(memmem(p, body->len, "IHDR", 4) == p + 12);
        must(memmem(p, body->len, "IDAT", 4) != NULL);
        must(memmem(p, body->len, "IEND", 4) != NULL);

        width = (size_t) p[16] << 24 | p[17] << 16 | p[18] << 8 | p[19];
        height = (size_t) p[20] << 24 | p[21] << 16 | p[22] << 8 | p[23];

        must(width > 0 && width <= IDV_SVC_IMAGE_SIDE);
        must(height > 0 && height <= IDV_SVC_IMAGE_SIDE);
        return;
    }

    must(p[0] == 0xff && p[1] == 0xd8);

    for (i = 2, n = 0; i + 9 < body->len && p[i] == 0xff; /* void */ ) {
        if (p[i + 1] == 0xff) {
            i++;
            continue;
        }

        if (p[i + 1] == 0xc0 || p[i + 1] == 0xc2) {
            n++;
            height = (size_t) p[i + 5] << 8 | p[i + 6];
            width = (size_t) p[i + 7] << 8 | p[i + 8];
            must(width > 0 && width <= IDV_SVC_IMAGE_SIDE);
            must(height > 0 && height <= IDV_SVC_IMAGE_SIDE);
        }

        if (p[i + 1] == 0xda) {
            break;
        }

        i += 2 + ((size_t) p[i + 2] << 8 | p[i + 3]);
    }

    must(memmem(p, body->len, "\xff\xd9", 2) != NULL);
}


/* a byte for what it is; for multipart a line of content type */

void
fuzz_upload(fuzz_input_t *in)
{
    u_char           kind;
    ngx_str_t        type, body;
    idv_svc_form_t   form;

    kind = fuzz_byte(in);

    switch (kind % 3) {

    case 0:
        body = fuzz_rest(in);
        body = fuzz_copy(&body);

        if (idv_svc_form_parse(&body, &form) == NGX_OK) {
            upload_form(&body, &form);
        }

        return;

    case 1:
        type = fuzz_until(in, '\n');
        type = fuzz_copy(&type);
        body = fuzz_rest(in);
        body = fuzz_copy(&body);

        if (idv_svc_form_multipart(&body, &type, &form) == NGX_OK) {
            upload_form(&body, &form);
        }

        return;

    default:
        body = fuzz_rest(in);
        body = fuzz_copy(&body);
        upload_image(&body);
    }
}


static void
service_ask(const char *fmt, ngx_uint_t status, visit_answer_t *answer, ...)
{
    va_list    args;
    ngx_str_t  request, out;

    va_start(args, answer);
    request.data = ngx_pnalloc(house_pool, 16384);
    request.len = ngx_vslprintf(request.data, request.data + 16384, fmt, args)
                  - request.data;
    va_end(args);

    out = visit(VISIT_SERVICE, &request, request.len);

    must(visit_answer(&out, answer, 0) == NGX_OK);
    must(answer->status == status);
}


static ngx_str_t
service_member(const visit_answer_t *answer, const char *name)
{
    json_t     *root;
    ngx_str_t   value;

    root = json_loadb((char *) answer->body.data, answer->body.len, 0, NULL);
    value.data = (u_char *) json_string_value(json_object_get(root, name));
    must(value.data != NULL);
    value.len = strlen((char *) value.data);

    value = fuzz_copy(&value);
    json_decref(root);

    return value;
}


/*
 * A byte for the route; header lines up to an empty one; the body.  There is a
 * token and a transaction, and %s of a route's path is that transaction.
 */

static const struct {
    const char  *method;
    const char  *path;
} service_routes[] = {
    { "POST", "/" SERVICE_ENV "/as/token" },
    { "POST", SERVICE_USER },
    { "GET", SERVICE_USER },
    { "GET", SERVICE_USER "/%V" },
    { "PUT", SERVICE_USER "/%V" },
    { "DELETE", SERVICE_USER "/%V" },
    { "GET", SERVICE_USER "/%V/verifiedData" },
    { "GET", SERVICE_USER "/%V/metaData" },
    { "GET", "/v1/environments/" SERVICE_ENV "/verifyPolicies" },
    { "GET", "/" SERVICE_ENV "/verify/verify-webapp/v2/index.html?txnid=%V" },
    { "POST", "/" SERVICE_ENV "/verify/verify-webapp/v2/index.html?txnid=%V"
              "&code=000000" },
    { "POST", "/_control/transactions/%V" },
    { "PUT", "/_control/faults" },
    { "POST", "/_control/clock" },
    { "GET", "/_control/requests" },
    { "PUT", "/_control/notifications" },
    { "GET", "/" }
};


void
fuzz_service(fuzz_input_t *in)
{
    u_char           route, *p, *last;
    json_t          *root;
    ngx_str_t        token, tx, head, line, rest, request, out, type;
    visit_answer_t   answer;

    service_ask("POST /" SERVICE_ENV "/as/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                "Content-Length: %d\r\n\r\n"
                "grant_type=client_credentials&client_id=worker&client_secret="
                HOUSE_SECRET "-of-the-client", 200, &answer,
                (int) sizeof("grant_type=client_credentials&client_id=worker"
                             "&client_secret=" HOUSE_SECRET "-of-the-client")
                - 1);
    token = service_member(&answer, "access_token");

    service_ask("POST " SERVICE_USER " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Authorization: Bearer %V\r\n"
                "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                201, &answer, &token);
    tx = service_member(&answer, "id");

    route = fuzz_byte(in)
            % (sizeof(service_routes) / sizeof(service_routes[0]));

    /* lines end as lines do, so that what is behind them is a body */

    head.data = ngx_pnalloc(house_pool, 2 * (in->last - in->p) + 1);
    head.len = 0;

    for ( ;; ) {
        line = fuzz_until(in, '\n');

        if (line.len == 0) {
            break;
        }

        head.len = ngx_sprintf(head.data + head.len, "%V" CRLF, &line)
                   - head.data;
    }

    rest = fuzz_rest(in);

    request.data = ngx_pnalloc(house_pool, head.len + rest.len + 1024);
    last = request.data + head.len + rest.len + 1024;

    p = ngx_slprintf(request.data, last, "%s ", service_routes[route].method);
    p = ngx_slprintf(p, last, service_routes[route].path, &tx);
    p = ngx_slprintf(p, last, " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     "Authorization: Bearer %V\r\nContent-Length: %uz\r\n"
                     "%V\r\n", &token, rest.len, &head);
    p = ngx_cpymem(p, rest.data, rest.len);
    request.len = p - request.data;

    out = visit(VISIT_SERVICE, &request, request.len);

    if (visit_answer(&out, &answer, 0) != NGX_OK) {
        return;
    }

    must(answer.status != 500);

    type = visit_header(&answer, "Content-Type");

    if (type.data && memmem(type.data, type.len, "json", 4)
        && answer.body.len)
    {
        root = json_loadb((char *) answer.body.data, answer.body.len,
                          JSON_REJECT_DUPLICATES, NULL);
        must(root != NULL);
        json_decref(root);
    }

    /* whatever it was, it goes on: without the faults that were asked for */

    service_ask("PUT /_control/faults HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                200, &answer);
    service_ask("GET /_control/requests HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                200, &answer);
}
