
/*
 * Copyright (C) nginx-idv authors
 *
 * The control interface: what drives the service in tests.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MAX_ADVANCE  (10 * 366 * 24 * 60 * 60)      /* seconds */
#define IDV_SVC_MAX_CHECKS   32
#define IDV_SVC_MAX_WORD     64
#define IDV_SVC_MAX_COUNTS   500


/* what a test makes of a transaction */

typedef struct {
    idv_tx_status_e  status;
    ngx_uint_t       reason;
} idv_svc_forced_t;


static ngx_uint_t idv_svc_control_local(idv_svc_call_t *call);
static ngx_uint_t idv_svc_control_host(idv_svc_call_t *call);
static ngx_uint_t idv_svc_control_origin(idv_svc_call_t *call);
static void idv_svc_control_members(idv_svc_call_t *call,
    const char **members);
static ngx_uint_t idv_svc_control_member(const char **members,
    const char *name);
static void idv_svc_control_data(idv_svc_call_t *call);
static void idv_svc_control_checks(idv_svc_call_t *call);
static ngx_uint_t idv_svc_control_word(const char *text, size_t len);
static ngx_int_t idv_svc_control_forced(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_uint_t *changed, void *data);
static ngx_int_t idv_svc_control_blobs(idv_svc_call_t *call,
    idv_tx_status_e status, idv_svc_view_t *view, ngx_uint_t *changed);
static void idv_svc_control_invalid(idv_svc_call_t *call, const char *target,
    const char *message);
static json_t *idv_svc_control_note(idv_svc_call_t *call,
    idv_svc_note_t *note);
static json_t *idv_svc_control_code(idv_svc_call_t *call,
    idv_svc_note_t *note);


/*
 * From this machine, and not from a page in a browser on it: that would send
 * an origin, or a host name that its author chose.
 */

ngx_int_t
idv_svc_control_check(idv_svc_call_t *call)
{
    if (!idv_svc_control_local(call) || !idv_svc_control_host(call)
        || idv_svc_control_origin(call))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* the connection itself counts, not what a realip module made of it */

static ngx_uint_t
idv_svc_control_local(idv_svc_call_t *call)
{
    ngx_connection_t     *c;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    c = call->request->connection;

    switch (c->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) c->sockaddr;
        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) c->sockaddr;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)
                   && sin6->sin6_addr.s6_addr[12] == 127);
#endif

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif
    }

    return 0;
}


static ngx_uint_t
idv_svc_control_host(idv_svc_call_t *call)
{
    ngx_str_t  host;

    host = call->request->headers_in.server;

    if (host.len == 0 || host.data[0] == '['
        || ngx_inet_addr(host.data, host.len) != INADDR_NONE)
    {
        return 1;
    }

    return host.len == sizeof("localhost") - 1
           && ngx_strncasecmp(host.data, (u_char *) "localhost", host.len)
              == 0;
}


static ngx_uint_t
idv_svc_control_origin(idv_svc_call_t *call)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    part = &call->request->headers_in.headers.part;
    header = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            header = part->elts;
            i = 0;
        }

        if (header[i].key.len == sizeof("Origin") - 1
            && ngx_strncasecmp(header[i].key.data, (u_char *) "Origin",
                               header[i].key.len)
               == 0)
        {
            return 1;
        }
    }
}


ngx_int_t
idv_svc_control_transaction(idv_svc_call_t *call)
{
    ngx_int_t          rc;
    ngx_str_t          text;
    idv_svc_view_t     view;
    idv_svc_forced_t   forced;

    static const char  *members[] =
        { "status", "reason", "data", "verificationStatus", NULL };

    text = idv_json_string(call->json, "status");
    forced.status = idv_tx_status_parse((char *) text.data, text.len);

    if (forced.status == IDV_TX_UNKNOWN) {
        idv_svc_control_invalid(call, "status",
                                "There is no such status.");
    }

    forced.reason = idv_svc_review_reason(call, IDV_SVC_REASON_NONE, 1);

    idv_svc_control_members(call, members);
    idv_svc_control_data(call);
    idv_svc_control_checks(call);

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    if (idv_svc_transaction_change(call, IDV_SVC_BLOBS_TEXT, &view,
                                   idv_svc_control_forced, &forced, &rc)
        != NGX_OK)
    {
        return rc;
    }

    ngx_memcpy(call->env, view.tx.env, IDV_SVC_UUID);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_transaction_json(call, &view));
}


static ngx_int_t
idv_svc_control_forced(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t *changed, void *data)
{
    idv_svc_forced_t *forced = data;

    idv_svc_tx_force(&view->tx, forced->status, forced->reason, call->now);

    return idv_svc_control_blobs(call, forced->status, view, changed);
}


/* a misspelt member would make a test pass for nothing */

static void
idv_svc_control_members(idv_svc_call_t *call, const char **members)
{
    json_t      *value;
    const char  *name;

    json_object_foreach(call->json, name, value) {
        if (!idv_svc_control_member(members, name)) {
            idv_svc_control_invalid(call, name, "There is no such member.");
            return;
        }
    }
}


static ngx_uint_t
idv_svc_control_member(const char **members, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; members[i]; i++) {
        if (ngx_strcmp(members[i], name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
idv_svc_control_data(idv_svc_call_t *call)
{
    json_t      *data, *value;
    const char  *name;

    data = json_object_get(call->json, "data");

    if (data && !json_is_object(data)) {
        idv_svc_control_invalid(call, "data", "The value must be an object.");
        return;
    }

    json_object_foreach(data, name, value) {
        if (!idv_svc_data_key(name) || !json_is_string(value)) {
            idv_svc_control_invalid(call, "data",
                                    "Only texts under the keys of "
                                    "GOVERNMENT_ID are allowed.");
            return;
        }
    }
}


static void
idv_svc_control_checks(idv_svc_call_t *call)
{
    json_t      *checks, *value;
    const char  *name;

    checks = json_object_get(call->json, "verificationStatus");

    if (checks && (!json_is_object(checks)
                   || json_object_size(checks) > IDV_SVC_MAX_CHECKS))
    {
        idv_svc_control_invalid(call, "verificationStatus",
                                "The value must be an object of at most 32 "
                                "checks.");
        return;
    }

    json_object_foreach(checks, name, value) {
        if (!idv_svc_control_word(name, ngx_strlen(name))
            || !json_is_string(value)
            || !idv_svc_control_word(json_string_value(value),
                                     json_string_length(value)))
        {
            idv_svc_control_invalid(call, "verificationStatus",
                                    "Names and values must be constants such "
                                    "as GOVERNMENT_ID.");
            return;
        }
    }
}


static ngx_uint_t
idv_svc_control_word(const char *text, size_t len)
{
    size_t  i;

    if (len == 0 || len > IDV_SVC_MAX_WORD) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!((text[i] >= 'A' && text[i] <= 'Z')
              || (text[i] >= '0' && text[i] <= '9') || text[i] == '_'))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Where the transaction is good, and where data is given, there is a document:
 * the sample's, with what was given in place of it.  Checks that were forced
 * before are forgotten.
 */

static ngx_int_t
idv_svc_control_blobs(idv_svc_call_t *call, idv_tx_status_e status,
    idv_svc_view_t *view, ngx_uint_t *changed)
{
    json_t      *data, *document, *checks;
    ngx_int_t    rc;
    ngx_str_t   *blob;

    data = json_object_get(call->json, "data");
    checks = json_object_get(call->json, "verificationStatus");

    *changed = IDV_SVC_BLOB(IDV_SVC_BLOB_CHECKS);

    blob = &view->blob[IDV_SVC_BLOB_CHECKS];
    blob->len = 0;

    if (checks && idv_json_dump(call->request->pool, checks, blob) != NGX_OK) {
        return NGX_ERROR;
    }

    if (data == NULL && !idv_tx_status_good(status)) {
        return NGX_OK;
    }

    document = idv_svc_data_document(data, 1);

    rc = idv_json_dump(call->request->pool, document,
                       &view->blob[IDV_SVC_BLOB_DOCUMENT]);

    json_decref(document);

    *changed |= IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);

    view->tx.document = 2;           /* the sample is a driving licence */
    view->tx.selfie = 1;
    view->tx.typed = 1;

    /* what was found was found in another document */

    view->tx.zone = IDV_DOCUMENT_NONE;
    view->tx.faults = 0;
    view->tx.differs = 0;
    ngx_memzero(view->tx.match, sizeof(view->tx.match));

    return rc;
}


ngx_int_t
idv_svc_control_clock(idv_svc_call_t *call)
{
    json_t      *value;
    json_int_t   seconds;

    static const char  *members[] = { "advanceSeconds", NULL };

    value = json_object_get(call->json, "advanceSeconds");
    seconds = json_integer_value(value);

    if (!json_is_integer(value) || seconds < 0
        || seconds > IDV_SVC_MAX_ADVANCE)
    {
        idv_svc_control_invalid(call, "advanceSeconds",
                                "The value must be a number of seconds, not "
                                "less than 0.");
    }

    idv_svc_control_members(call, members);

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    idv_svc_store_advance(call->store, seconds * IDV_SVC_SECOND);

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:o}", "now",
                                       idv_svc_json_date(
                                           idv_svc_store_now(call->store))));
}


ngx_int_t
idv_svc_control_requests(idv_svc_call_t *call)
{
    u_char             *src, *dst;
    json_t             *list;
    ngx_str_t           prefix, name;
    ngx_uint_t          i, n, total;
    idv_svc_counted_t   counted[IDV_SVC_MAX_COUNTS];

    if (ngx_http_arg(call->request, (u_char *) "path", 4, &prefix) != NGX_OK) {
        ngx_str_set(&prefix, "/");
    }

    src = ngx_pstrdup(call->request->pool, &prefix);
    if (src == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    prefix.data = src;
    dst = src;

    ngx_unescape_uri(&dst, &src, prefix.len, 0);

    prefix.len = dst - prefix.data;

    if (idv_svc_store_counted(call->store, &prefix, call->request->pool,
                              counted, IDV_SVC_MAX_COUNTS, &n, &total)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    list = json_array();

    for (i = 0; i < n; i++) {
        name = idv_svc_method_name(counted[i].method);

        (void) json_array_append_new(list,
                     json_pack("{s:o, s:o, s:I}",
                               "path", idv_svc_json_str(&counted[i].path),
                               "method", idv_svc_json_str(&name),
                               "count", (json_int_t) counted[i].count));
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:I, s:o}",
                                       "count", (json_int_t) total,
                                       "requests", list));
}


ngx_int_t
idv_svc_control_requests_clear(idv_svc_call_t *call)
{
    idv_svc_store_count_clear(call->store);

    return idv_svc_send_nothing(call);
}


ngx_int_t
idv_svc_control_notes(idv_svc_call_t *call)
{
    json_t          *list;
    ngx_uint_t       i, n;
    idv_svc_note_t   notes[IDV_SVC_MAX_NOTES];

    if (idv_svc_store_notes(call->store, call->request->pool, call->now,
                            notes, &n)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    list = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(list,
                                     idv_svc_control_note(call, &notes[i]));
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:b, s:i, s:o}",
                               "sent", idv_svc_store_notifies(call->store),
                               "size", (int) n,
                               "notifications", list));
}


static json_t *
idv_svc_control_note(idv_svc_call_t *call, idv_svc_note_t *note)
{
    return json_pack("{s:o, s:o, s:s, s:b, s:o, s:o*, s:o*, s:o}",
                     "id", idv_svc_json_uuid(note->id),
                     "transaction", idv_svc_json_reference(note->tx),
                     "method", note->channel == IDV_SVC_EMAIL ? "EMAIL" : "SMS",
                     "sent", note->sent,
                     "address", idv_svc_json_str(&note->address),
                     "link", note->link.len ? idv_svc_json_str(&note->link)
                                            : NULL,
                     "code", idv_svc_control_code(call, note),
                     "createdAt", idv_svc_json_date(note->at));
}


/* a one-time password lives in its transaction and nowhere else */

static json_t *
idv_svc_control_code(idv_svc_call_t *call, idv_svc_note_t *note)
{
    const idv_otp_t  *otp;
    idv_svc_key_t     key;
    idv_svc_view_t    view;

    ngx_memzero(&key, sizeof(idv_svc_key_t));
    key.tx = note->tx;

    if (note->link.len
        || idv_svc_store_get(call->store, &key, IDV_SVC_BLOBS_NONE, call->now,
                             call->request->pool, &view)
           != NGX_OK)
    {
        return NULL;
    }

    otp = &view.tx.otp[note->channel];

    return otp->code[0] && otp->sent_at == note->at
           ? json_stringn(otp->code, IDV_OTP_LEN) : NULL;
}


ngx_int_t
idv_svc_control_notify(idv_svc_call_t *call)
{
    json_t  *sent;

    static const char  *members[] = { "sent", NULL };

    sent = json_object_get(call->json, "sent");

    if (!json_is_boolean(sent)) {
        idv_svc_control_invalid(call, "sent",
                                "The value must be true or false.");
    }

    idv_svc_control_members(call, members);

    if (call->details) {
        return idv_svc_error(call, IDV_SVC_INVALID_DATA);
    }

    idv_svc_store_notify(call->store, json_is_true(sent));

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             json_pack("{s:b}", "sent", json_is_true(sent)));
}


static void
idv_svc_control_invalid(idv_svc_call_t *call, const char *target,
    const char *message)
{
    idv_svc_detail(call, "INVALID_VALUE", target, message, NULL);
}
