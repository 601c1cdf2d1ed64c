
/*
 * Copyright (C) nginx-idv authors
 *
 * Faults: the next requests to a path are delayed, refused, dropped or left
 * hanging, as the control interface asked for it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MAX_TIMES  1000000
#define IDV_SVC_MAX_DELAY  600000    /* ms */
#define IDV_SVC_MAX_RETRY  86400     /* seconds */
#define IDV_SVC_MAX_BODY   (64 * 1024)
#define IDV_SVC_HANG       600000    /* ms, at most */
#define IDV_SVC_HANG_STEP  500


typedef struct {
    const char   *name;
    json_int_t    min;
    json_int_t    max;
    json_int_t    none;              /* where the member is missing */
    size_t        offset;
} idv_svc_number_t;


static ngx_int_t idv_svc_fault_parse(idv_svc_call_t *call, json_t *json,
    idv_svc_fault_t *fault);
static ngx_int_t idv_svc_fault_known(json_t *json);
static ngx_int_t idv_svc_fault_numbers(json_t *json, idv_svc_fault_t *fault);
static ngx_int_t idv_svc_fault_flag(json_t *json, const char *name,
    uint8_t *flag);
static ngx_int_t idv_svc_fault_text(json_t *json, const char *name,
    u_char *text, size_t size, uint8_t *len);
static ngx_int_t idv_svc_fault_body(idv_svc_call_t *call, json_t *json,
    idv_svc_fault_t *fault);
static ngx_int_t idv_svc_fault_wait(idv_svc_call_t *call, ngx_msec_t ms,
    ngx_http_event_handler_pt handler);
static ngx_int_t idv_svc_fault_now(idv_svc_call_t *call);
static void idv_svc_fault_delayed(ngx_http_request_t *r);
static void idv_svc_fault_hanging(ngx_http_request_t *r);
static ngx_int_t idv_svc_fault_send(idv_svc_call_t *call);


static idv_svc_number_t  idv_svc_fault_number[] = {
    { "times", 0, IDV_SVC_MAX_TIMES, 1,
      offsetof(idv_svc_fault_t, times) },
    { "status", 200, 599, 0,
      offsetof(idv_svc_fault_t, status) },
    { "retryAfter", 0, IDV_SVC_MAX_RETRY, -1,
      offsetof(idv_svc_fault_t, retry_after) },
    { "delayMs", 0, IDV_SVC_MAX_DELAY, 0,
      offsetof(idv_svc_fault_t, delay) },
    { NULL, 0, 0, 0, 0 }
};


static const char  *idv_svc_fault_members[] = {
    "path", "times", "status", "retryAfter", "delayMs", "body", "contentType",
    "drop", "hang", NULL
};


/* one object or a list of them; what was set before is forgotten */

ngx_int_t
idv_svc_control_faults(idv_svc_call_t *call)
{
    size_t            i, n;
    json_t           *json;
    idv_svc_fault_t  *faults;

    n = json_is_array(call->json) ? json_array_size(call->json)
                                  : (json_object_size(call->json) != 0);

    if (n > IDV_SVC_MAX_FAULTS) {
        idv_svc_detail(call, "INVALID_VALUE", "faults",
                       "There can be 16 of them.", NULL);

        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    faults = ngx_pcalloc(call->request->pool,
                         sizeof(idv_svc_fault_t) * IDV_SVC_MAX_FAULTS);
    if (faults == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        json = json_is_array(call->json) ? json_array_get(call->json, i)
                                         : call->json;

        if (idv_svc_fault_parse(call, json, &faults[i]) != NGX_OK) {
            idv_svc_detail(call, "INVALID_VALUE", "faults",
                           "A fault is {path, times, status, retryAfter, "
                           "delayMs, body, contentType, drop, hang}, and does "
                           "something.", NULL);

            return idv_svc_error(call, IDV_SVC_INVALID_DATA);
        }
    }

    if (idv_svc_store_faults(call->store, faults, n) != NGX_OK) {
        return idv_svc_full(call);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:i}", "size", (int) n));
}


static ngx_int_t
idv_svc_fault_parse(idv_svc_call_t *call, json_t *json, idv_svc_fault_t *fault)
{
    if (!json_is_object(json)
        || idv_svc_fault_known(json) != NGX_OK
        || idv_svc_fault_numbers(json, fault) != NGX_OK
        || idv_svc_fault_flag(json, "drop", &fault->drop) != NGX_OK
        || idv_svc_fault_flag(json, "hang", &fault->hang) != NGX_OK
        || idv_svc_fault_text(json, "path", fault->path, IDV_SVC_MAX_PATH,
                              &fault->path_len)
           != NGX_OK
        || idv_svc_fault_text(json, "contentType", fault->type,
                              sizeof(fault->type) - 1, &fault->type_len)
           != NGX_OK
        || idv_svc_fault_body(call, json, fault) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (fault->body_len && fault->status == 0) {
        fault->status = NGX_HTTP_OK;
    }

    if (!fault->status && !fault->drop && !fault->hang && !fault->delay) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_fault_known(json_t *json)
{
    json_t       *value;
    ngx_uint_t    i;
    const char   *name;

    json_object_foreach(json, name, value) {

        for (i = 0; idv_svc_fault_members[i]; i++) {
            if (ngx_strcmp(idv_svc_fault_members[i], name) == 0) {
                break;
            }
        }

        if (idv_svc_fault_members[i] == NULL) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_fault_numbers(json_t *json, idv_svc_fault_t *fault)
{
    int32_t            n;
    json_t            *value;
    json_int_t         number;
    idv_svc_number_t  *f;

    for (f = idv_svc_fault_number; f->name; f++) {
        value = json_object_get(json, f->name);
        number = f->none;

        if (value) {
            number = json_integer_value(value);

            if (!json_is_integer(value) || number < f->min || number > f->max)
            {
                return NGX_DECLINED;
            }
        }

        n = (int32_t) number;
        ngx_memcpy((u_char *) fault + f->offset, &n, sizeof(int32_t));
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_fault_flag(json_t *json, const char *name, uint8_t *flag)
{
    json_t  *value;

    value = json_object_get(json, name);

    *flag = json_is_true(value);

    return (value == NULL || json_is_boolean(value)) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
idv_svc_fault_text(json_t *json, const char *name, u_char *text, size_t size,
    uint8_t *len)
{
    ngx_uint_t  i;
    ngx_str_t   value;

    if (json_object_get(json, name) == NULL) {
        return NGX_OK;
    }

    value = idv_json_string(json, name);

    if (value.len == 0 || value.len > size) {
        return NGX_DECLINED;
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    ngx_memcpy(text, value.data, value.len);
    *len = (uint8_t) value.len;

    return NGX_OK;
}


/* a text is sent as it is, anything else as JSON */

static ngx_int_t
idv_svc_fault_body(idv_svc_call_t *call, json_t *json, idv_svc_fault_t *fault)
{
    json_t     *value;
    ngx_str_t   body;

    value = json_object_get(json, "body");

    if (value == NULL) {
        return NGX_OK;
    }

    if (json_is_string(value)) {
        body = idv_json_string(json, "body");

    } else if (idv_json_dump(call->request->pool, value, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    if (body.len > IDV_SVC_MAX_BODY) {
        return NGX_DECLINED;
    }

    fault->body = body.data;
    fault->body_len = (uint32_t) body.len;

    return NGX_OK;
}


ngx_int_t
idv_svc_fault_answer(idv_svc_call_t *call)
{
    ngx_int_t         rc;
    idv_svc_fault_t  *fault;

    fault = &call->fault;

    /* the body of a request that is answered as usual is read later */

    if (fault->status || fault->hang) {
        rc = ngx_http_discard_request_body(call->request);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (fault->delay) {
        return idv_svc_fault_wait(call, fault->delay, idv_svc_fault_delayed);
    }

    return idv_svc_fault_now(call);
}


static ngx_int_t
idv_svc_fault_now(idv_svc_call_t *call)
{
    if (call->fault.drop) {
        return NGX_HTTP_CLOSE;
    }

    if (call->fault.hang) {
        call->hung = ngx_current_msec;

        return idv_svc_fault_wait(call, IDV_SVC_HANG_STEP,
                                  idv_svc_fault_hanging);
    }

    return call->fault.status ? idv_svc_fault_send(call) : idv_svc_run(call);
}


/*
 * The write event's timer, as limit_req has it: nginx deletes it with the
 * request.  Meanwhile the client's going away is noticed.
 */

static ngx_int_t
idv_svc_fault_wait(idv_svc_call_t *call, ngx_msec_t ms,
    ngx_http_event_handler_pt handler)
{
    ngx_http_request_t  *r;

    r = call->request;

    if (!r->discard_body) {
        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = handler;

    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write, ms);

    r->main->count++;

    return NGX_DONE;
}


static void
idv_svc_fault_delayed(ngx_http_request_t *r)
{
    ngx_event_t     *wev;
    idv_svc_call_t  *call;

    wev = r->connection->write;

    if (wev->delayed) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    call = ngx_http_get_module_ctx(r, ngx_http_idv_service_module);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, idv_svc_fault_now(call));
}


/* in steps, so that it does not keep a worker from leaving */

static void
idv_svc_fault_hanging(ngx_http_request_t *r)
{
    ngx_event_t     *wev;
    idv_svc_call_t  *call;

    wev = r->connection->write;

    if (wev->delayed) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    call = ngx_http_get_module_ctx(r, ngx_http_idv_service_module);

    if (ngx_exiting || ngx_terminate
        || ngx_current_msec - call->hung >= IDV_SVC_HANG)
    {
        ngx_http_finalize_request(r, NGX_HTTP_CLOSE);
        return;
    }

    wev->delayed = 1;
    ngx_add_timer(wev, IDV_SVC_HANG_STEP);
}


static ngx_int_t
idv_svc_fault_send(idv_svc_call_t *call)
{
    u_char           *p;
    ngx_str_t         value, body;
    idv_svc_fault_t  *fault;

    fault = &call->fault;

    if (fault->retry_after >= 0) {
        p = ngx_pnalloc(call->request->pool, NGX_INT32_LEN);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%D", fault->retry_after) - p;

        if (idv_svc_header(call, "Retry-After", &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (fault->body == NULL) {
        return idv_svc_error_status(call, fault->status);
    }

    body.data = fault->body;
    body.len = fault->body_len;

    fault->type[fault->type_len] = '\0';

    return idv_svc_send(call, fault->status,
                        fault->type_len ? (char *) fault->type
                                        : "application/json;charset=UTF-8",
                        &body);
}
