
/*
 * Copyright (C) nginx-idv authors
 *
 * Documents: given one by one, for a check of the policy each, until they are
 * complete.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_check.h"
#include "idv_svc_checker.h"
#include "idv_svc_image.h"
#include "idv_svc_otp.h"
#include "idv_svc_paper.h"
#include "idv_svc_type.h"


#define IDV_SVC_TRIES       8
#define IDV_SVC_VOICES      5        /* samples in an attempt */


typedef struct {
    const char          *type;       /* of the content */
    idv_svc_action_e     action;
} idv_svc_action_t;


/* a document under way from a request to a transaction */

typedef struct {
    idv_svc_call_t      *call;
    idv_svc_view_t      *view;
    ngx_int_t            type;
    ngx_str_t            value;      /* decoded */
    ngx_uint_t           bad;
    idv_svc_doc_t       *old;        /* that is replaced */
} idv_svc_submitted_t;


static ngx_int_t idv_svc_document_get(idv_svc_call_t *call,
    idv_svc_view_t *view, ngx_int_t *rc);
static ngx_uint_t idv_svc_document_hidden(idv_svc_call_t *call,
    idv_svc_tx_t *tx, idv_svc_doc_t *doc);
static idv_svc_doc_t *idv_svc_document_find(idv_svc_call_t *call,
    idv_svc_view_t *view);
static json_t *idv_svc_document_json(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_doc_t *doc);
static ngx_int_t idv_svc_document_answer(idv_svc_call_t *call,
    ngx_uint_t status, idv_svc_view_t *view);
static ngx_int_t idv_svc_document_submit(idv_svc_call_t *call,
    ngx_uint_t replace);
static ngx_uint_t idv_svc_document_types(idv_svc_view_t *view);
static void idv_svc_document_type(idv_svc_submitted_t *s);
static ngx_int_t idv_svc_document_value(idv_svc_submitted_t *s);
static ngx_uint_t idv_svc_document_room(idv_svc_submitted_t *s);
static ngx_uint_t idv_svc_document_reaches(const idv_svc_type_t *type,
    ngx_str_t *value);
static void idv_svc_document_invalid(idv_svc_call_t *call, const char *target,
    const char *message, json_t *inner);
static void idv_svc_document_closed(idv_svc_call_t *call);
static ngx_int_t idv_svc_document_act(idv_svc_call_t *call);
static void idv_svc_document_missing(idv_svc_call_t *call,
    idv_svc_view_t *view);


static idv_svc_action_t  idv_svc_actions[] = {
    { "application/vnd.pingidentity.documents.complete+json",
      IDV_SVC_COMPLETE },
    { "application/vnd.pingidentity.documents.process+json",
      IDV_SVC_PROCESS },
    { NULL, IDV_SVC_SUBMIT }
};


/* what is to be given for what, in the words of the API */

typedef struct {
    ngx_uint_t           give;
    const char          *target;
} idv_svc_missing_t;

static idv_svc_missing_t  idv_svc_missing[] = {
    { IDV_SVC_GIVE_DOCUMENT, "governmentId" },
    { IDV_SVC_GIVE_SELFIE, "Selfie" },
    { IDV_SVC_GIVE_EMAIL, "Email" },
    { IDV_SVC_GIVE_PHONE, "Phone" },
    { IDV_SVC_GIVE_VOICE, "Voice Sample" },
    { 0, NULL }
};


idv_svc_action_e
idv_svc_document_action(idv_svc_call_t *call)
{
    idv_svc_action_t  *a;

    for (a = idv_svc_actions; a->type; a++) {
        if (idv_svc_media_type(call, a->type) == NGX_OK) {
            break;
        }
    }

    return a->action;
}


static ngx_int_t
idv_svc_document_get(idv_svc_call_t *call, idv_svc_view_t *view, ngx_int_t *rc)
{
    return idv_svc_transaction_get(call, IDV_SVC_BLOBS_ALL|IDV_SVC_DOCS, view,
                                   rc);
}


/* after its last change it may be looked at as long as personal data is kept */

static ngx_uint_t
idv_svc_document_hidden(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_doc_t *doc)
{
    return idv_svc_tx_decided(tx)
           && call->now >= doc->updated + tx->personal_time;
}


static idv_svc_doc_t *
idv_svc_document_find(idv_svc_call_t *call, idv_svc_view_t *view)
{
    ngx_uint_t  i;

    for (i = 0; i < view->ndocs; i++) {
        if (ngx_memcmp(view->doc[i].id, call->item, IDV_SVC_UUID) == 0
            && !idv_svc_document_hidden(call, &view->tx, &view->doc[i]))
        {
            return &view->doc[i];
        }
    }

    return NULL;
}


ngx_int_t
idv_svc_document_list(idv_svc_call_t *call)
{
    ngx_int_t       rc;
    idv_svc_view_t  view;

    if (idv_svc_document_get(call, &view, &rc) != NGX_OK) {
        return rc;
    }

    return idv_svc_document_answer(call, NGX_HTTP_OK, &view);
}


static ngx_int_t
idv_svc_document_answer(idv_svc_call_t *call, ngx_uint_t status,
    idv_svc_view_t *view)
{
    json_t         *list, *previous;
    ngx_uint_t      i;
    idv_svc_doc_t  *doc;

    list = json_array();
    previous = json_array();

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];

        if (!idv_svc_document_hidden(call, &view->tx, doc)) {
            (void) json_array_append_new(idv_svc_type_latest(&view->tx, doc)
                                         ? list : previous,
                                         idv_svc_document_json(call, &view->tx,
                                                               doc));
        }
    }

    i = json_array_size(list);

    return idv_svc_send_json(call, status,
                     json_pack("{s:o, s:{s:o}, s:o, s:i}",
                               "_links",
                               idv_svc_json_links(call, &view->tx,
                                                  "verifyTransaction",
                                                  "/documents"),
                               "_embedded",
                                   "documents", list,
                               "previousAttempts", previous,
                               "size", (int) i));
}


static json_t *
idv_svc_document_json(idv_svc_call_t *call, idv_svc_tx_t *tx,
    idv_svc_doc_t *doc)
{
    u_char      id[IDV_UUID_LEN];
    json_t     *value;
    ngx_str_t   item, user, text;

    item.data = id;
    item.len = IDV_UUID_LEN;
    idv_uuid_print(id, doc->id);

    user.data = tx->user;
    user.len = tx->user_len;

    value = NULL;

    if (idv_svc_store_value(call->store, tx, doc, call->request->pool)
        != NGX_OK)
    {
        doc->value.len = 0;
    }

    if (doc->value.len && idv_svc_types[doc->type].text) {
        value = idv_svc_json_str(&doc->value);

    } else if (doc->value.len) {
        text.data = ngx_pnalloc(call->request->pool,
                                ngx_base64_encoded_length(doc->value.len));
        if (text.data == NULL) {
            return NULL;
        }

        ngx_encode_base64(&text, &doc->value);

        value = idv_svc_json_str(&text);
    }

    return json_pack("{s:o, s:o, s:o, s:{s:o}, s:o, s:o, s:o*, s:s,"
                     " s:{s:s}, s:{s:i}, s:o, s:o}",
                     "_links",
                     idv_svc_json_links(call, tx, "verifyTransaction",
                                        "/documents/%V", &item),
                     "id", idv_svc_json_str(&item),
                     "environment", idv_svc_json_reference(tx->env),
                     "user",
                         "id", idv_svc_json_str(&user),
                     "verifyTransaction", idv_svc_json_reference(tx->id),
                     "type", idv_svc_json_str(&idv_svc_types[doc->type].name),
                     "value", value,
                     "status", doc->processed ? "PROCESSED" : "COLLECTED",
                     "source",
                         "provider",
                         doc->client ? "AUTHENTICATED_CLIENT" : "WEB",
                     "retry",
                         "attempt", doc->attempt + 1,
                     "createdAt", idv_svc_json_date(doc->created),
                     "updatedAt", idv_svc_json_date(doc->updated));
}


ngx_int_t
idv_svc_document_read(idv_svc_call_t *call)
{
    ngx_int_t        rc;
    idv_svc_doc_t   *doc;
    idv_svc_view_t   view;

    if (idv_svc_document_get(call, &view, &rc) != NGX_OK) {
        return rc;
    }

    doc = idv_svc_document_find(call, &view);

    if (doc == NULL) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_document_json(call, &view.tx, doc));
}


ngx_int_t
idv_svc_document_post(idv_svc_call_t *call)
{
    return (call->action == IDV_SVC_SUBMIT) ? idv_svc_document_submit(call, 0)
                                            : idv_svc_document_act(call);
}


ngx_int_t
idv_svc_document_update(idv_svc_call_t *call)
{
    return idv_svc_document_submit(call, 1);
}


static ngx_int_t
idv_svc_document_submit(idv_svc_call_t *call, ngx_uint_t replace)
{
    json_t               *json;
    uint32_t              seen;
    ngx_int_t             rc;
    ngx_uint_t            tries;
    idv_svc_doc_t        *doc;
    idv_svc_view_t        view;
    idv_svc_submitted_t   s;

    if (!json_is_object(call->json)) {
        return idv_svc_error(call, IDV_SVC_INVALID_REQUEST);
    }

    ngx_memzero(&s, sizeof(idv_svc_submitted_t));

    s.call = call;
    s.view = &view;

    json = NULL;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_document_get(call, &view, &rc) != NGX_OK) {
            return rc;
        }

        s.old = replace ? idv_svc_document_find(call, &view) : NULL;

        if (replace && s.old == NULL) {
            return idv_svc_error(call, IDV_SVC_NOT_FOUND);
        }

        if (!idv_svc_tx_collecting(&view.tx) || (s.old && s.old->processed)) {
            idv_svc_document_closed(call);
            return idv_svc_error(call, IDV_SVC_INVALID_DATA);
        }

        idv_svc_document_type(&s);

        if (idv_svc_document_value(&s) != NGX_OK) {
            return idv_svc_error(call, IDV_SVC_UNEXPECTED);
        }

        if (call->details) {
            return idv_svc_error(call, IDV_SVC_INVALID_DATA);
        }

        seen = view.tx.version;

        doc = idv_svc_document_add(call, &view, s.type, &s.value, s.bad,
                                   s.old);
        if (doc == NULL) {
            return idv_svc_error(call, IDV_SVC_UNEXPECTED);
        }

        doc->client = 1;

        idv_svc_otp_revoke(&view.tx, idv_svc_types[s.type].give, call->now);

        json = idv_svc_document_json(call, &view.tx, doc);

        (void) idv_svc_tx_give(&view.tx, idv_svc_type_given(&view), call->now);

        rc = idv_svc_store_save(call->store, &view, seen, IDV_SVC_DOCS,
                                call->now);

        if (rc == NGX_OK) {
            break;
        }

        json_decref(json);

        if (rc == NGX_ERROR) {
            return idv_svc_full(call);
        }
    }

    if (tries == IDV_SVC_TRIES) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    if (!replace && idv_svc_location(call, json) != NGX_OK) {
        json_decref(json);
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, replace ? NGX_HTTP_OK : NGX_HTTP_CREATED,
                             json);
}


/* gives of the checks that can still come of it, bits */

static ngx_uint_t
idv_svc_document_types(idv_svc_view_t *view)
{
    ngx_uint_t  i, gives;

    gives = 0;

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        if (idv_svc_enabled(view->tx.level[i])
            && view->tx.checks[i] < IDV_TX_SUCCESS)
        {
            gives |= idv_svc_checks[i].needs;
        }
    }

    return gives & ~idv_svc_tx_relied(&view->tx);
}


static void
idv_svc_document_type(idv_svc_submitted_t *s)
{
    json_t      *allowed;
    ngx_str_t    name;
    ngx_uint_t   i, gives;

    name = idv_json_string(s->call->json, "type");

    if (json_object_get(s->call->json, "type") == NULL) {
        idv_svc_detail(s->call, "REQUIRED_VALUE", "type",
                       "A value is required.", NULL);
        s->type = NGX_DECLINED;
        return;
    }

    gives = idv_svc_document_types(s->view);
    s->type = idv_svc_type_find(&name);

    if (s->old && s->type != s->old->type) {
        idv_svc_document_invalid(s->call, "type",
                                 "The type of a document stays as it is.",
                                 NULL);
        return;
    }

    if (s->type == NGX_DECLINED || !(idv_svc_types[s->type].give & gives)) {
        allowed = json_array();

        for (i = 0; idv_svc_types[i].name.len; i++) {
            if (idv_svc_types[i].give & gives) {
                (void) json_array_append_new(allowed,
                                     idv_svc_json_str(&idv_svc_types[i].name));
            }
        }

        idv_svc_document_invalid(s->call, "type",
                                 "The transaction does not take this type.",
                                 json_pack("{s:o}", "allowedValues", allowed));
        return;
    }

    if (s->old == NULL && !idv_svc_document_room(s)) {
        idv_svc_document_invalid(s->call, "type",
                                 "There is one already, or another kind of "
                                 "document.", NULL);
    }
}


/* one kind of document in an attempt, and each type of it once */

static ngx_uint_t
idv_svc_document_room(idv_svc_submitted_t *s)
{
    ngx_uint_t             i, n;
    const idv_svc_type_t  *type, *other;

    type = &idv_svc_types[s->type];
    n = 0;

    for (i = 0; i < s->view->ndocs; i++) {
        other = &idv_svc_types[s->view->doc[i].type];

        if (!idv_svc_type_latest(&s->view->tx, &s->view->doc[i])) {
            continue;
        }

        if (other == type) {
            n++;

        } else if (other->give == IDV_SVC_GIVE_DOCUMENT
                   && type->give == IDV_SVC_GIVE_DOCUMENT
                   && other->kind != type->kind)
        {
            return 0;
        }
    }

    return n < (type->many ? IDV_SVC_VOICES : 1)
           && s->view->ndocs < IDV_SVC_MAX_DOCS;
}


/*
 * Something that is no photo is taken: the check will say so.  NGX_ERROR is
 * without memory.
 */

static ngx_int_t
idv_svc_document_value(idv_svc_submitted_t *s)
{
    size_t                 max;
    json_t                *json;
    ngx_str_t              text;
    const idv_svc_type_t  *type;

    json = json_object_get(s->call->json, "value");
    text = idv_json_string(s->call->json, "value");

    if (json == NULL) {
        idv_svc_detail(s->call, "REQUIRED_VALUE", "value",
                       "A value is required.", NULL);
        return NGX_OK;
    }

    if (text.len == 0) {
        idv_svc_document_invalid(s->call, "value",
                                 "The value must be a text that is not empty.",
                                 NULL);
        return NGX_OK;
    }

    if (s->type == NGX_DECLINED) {
        return NGX_OK;
    }

    type = &idv_svc_types[s->type];
    max = type->text ? IDV_SVC_MAX_CODE
          : s->view->tx.rules.collect_only ? s->call->conf->keep_image
          : s->call->conf->max_image;

    s->value = text;

    if (!type->text) {
        s->value.data = ngx_pnalloc(s->call->request->pool,
                                    ngx_base64_decoded_length(text.len));

        if (s->value.data == NULL) {
            return NGX_ERROR;
        }

        if (ngx_decode_base64(&s->value, &text) != NGX_OK
            || s->value.len == 0)
        {
            idv_svc_document_invalid(s->call, "value",
                                     "The value must be base64.", NULL);
            return NGX_OK;
        }
    }

    if (!idv_svc_document_reaches(type, &s->value)) {
        idv_svc_document_invalid(s->call, "value",
                                 "No message can be sent to this.", NULL);
        return NGX_OK;
    }

    if (s->value.len > max) {
        idv_svc_document_invalid(s->call, "value", "The value is too large.",
                                 json_pack("{s:I}", "maximumValue",
                                           (json_int_t) max));
        return NGX_OK;
    }

    s->bad = (type->side == IDV_SVC_SIDE_FRONT
              || type->side == IDV_SVC_SIDE_BACK)
             && idv_svc_image(s->value.data, s->value.len)
                == IDV_SVC_IMAGE_NONE;

    return NGX_OK;
}


/* an address is one that a code could be sent to */

static ngx_uint_t
idv_svc_document_reaches(const idv_svc_type_t *type, ngx_str_t *value)
{
    if (!(type->give & (IDV_SVC_GIVE_EMAIL|IDV_SVC_GIVE_PHONE))) {
        return 1;
    }

    return idv_svc_address_valid(idv_svc_otp_channel(type->give), value);
}


static void
idv_svc_document_invalid(idv_svc_call_t *call, const char *target,
    const char *message, json_t *inner)
{
    idv_svc_detail(call, "INVALID_VALUE", target, message, inner);
}


static void
idv_svc_document_closed(idv_svc_call_t *call)
{
    idv_svc_detail(call, "CONSTRAINT_VIOLATION", "verifyTransaction",
                   "The transaction does not take documents any more.", NULL);
}


idv_svc_doc_t *
idv_svc_document_add(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t type, ngx_str_t *value, ngx_uint_t bad, idv_svc_doc_t *old)
{
    idv_svc_doc_t  *doc;

    doc = old;

    if (doc == NULL) {
        if (view->ndocs == IDV_SVC_MAX_DOCS) {
            return NULL;
        }

        doc = &view->doc[view->ndocs];

        ngx_memzero(doc, sizeof(idv_svc_doc_t));

        if (idv_svc_uuid(doc->id) != NGX_OK) {
            return NULL;
        }

        view->ndocs++;

        doc->type = (uint8_t) type;
        doc->attempt = view->tx.attempt[idv_svc_type_group(type)];
        doc->created = call->now;
    }

    idv_svc_tx_changed(&view->tx, idv_svc_types[type].give);

    doc->bad = (uint8_t) bad;
    doc->fresh = 1;
    doc->size = (uint32_t) value->len;
    doc->updated = call->now;
    doc->value = *value;

    /* large ones are looked at and let go */

    if (!idv_svc_types[type].text && value->len > call->conf->keep_image) {
        doc->value.len = 0;
    }

    return doc;
}


/* those of the latest attempt that were given for this */

void
idv_svc_document_remove(idv_svc_view_t *view, ngx_uint_t give,
    ngx_uint_t side)
{
    ngx_uint_t             i, n;
    const idv_svc_type_t  *type;

    n = 0;

    for (i = 0; i < view->ndocs; i++) {
        type = &idv_svc_types[view->doc[i].type];

        if (type->give == give
            && (side == IDV_SVC_SIDE_NONE || type->side == side)
            && idv_svc_type_latest(&view->tx, &view->doc[i]))
        {
            idv_svc_tx_changed(&view->tx, give);
            continue;
        }

        view->doc[n++] = view->doc[i];
    }

    view->ndocs = n;
}


ngx_int_t
idv_svc_document_delete(idv_svc_call_t *call)
{
    uint32_t         seen;
    ngx_int_t        rc;
    ngx_uint_t       give, tries;
    idv_svc_doc_t   *doc;
    idv_svc_view_t   view;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_transaction_get(call, IDV_SVC_DOCS_LIST, &view, &rc)
            != NGX_OK)
        {
            return rc;
        }

        doc = idv_svc_document_find(call, &view);

        if (doc == NULL) {
            return idv_svc_error(call, IDV_SVC_NOT_FOUND);
        }

        seen = view.tx.version;
        give = idv_svc_types[doc->type].give;

        idv_svc_otp_revoke(&view.tx, give, call->now);
        idv_svc_tx_changed(&view.tx, give);

        ngx_memmove(doc, doc + 1,
                    (u_char *) &view.doc[view.ndocs] - (u_char *) (doc + 1));
        view.ndocs--;

        if (idv_svc_tx_give(&view.tx, idv_svc_type_given(&view), call->now)
            != NGX_OK)
        {
            view.tx.version++;
        }

        rc = idv_svc_store_save(call->store, &view, seen, IDV_SVC_DOCS,
                                call->now);

        if (rc == NGX_OK) {
            return idv_svc_send_nothing(call);
        }
    }

    return idv_svc_error(call, IDV_SVC_UNEXPECTED);
}


/* complete: nothing more will come; process: look at what is there */

static ngx_int_t
idv_svc_document_act(idv_svc_call_t *call)
{
    uint32_t         seen;
    ngx_int_t        rc;
    ngx_uint_t       tries, changed;
    idv_svc_view_t   view;

    for (tries = 0; tries < IDV_SVC_TRIES; tries++) {

        if (idv_svc_document_get(call, &view, &rc) != NGX_OK) {
            return rc;
        }

        if (!idv_svc_tx_collecting(&view.tx)) {
            idv_svc_document_closed(call);
            return idv_svc_error(call, IDV_SVC_INVALID_DATA);
        }

        if (call->action == IDV_SVC_COMPLETE
            && idv_svc_tx_wanted(&view.tx, IDV_SVC_REQUIRED))
        {
            idv_svc_document_missing(call, &view);
            return idv_svc_error(call, IDV_SVC_INVALID_DATA);
        }

        seen = view.tx.version;

        changed = idv_svc_document_look(call, &view,
                                        call->action == IDV_SVC_COMPLETE);

        if (call->action == IDV_SVC_PROCESS) {
            (void) idv_svc_tx_give(&view.tx, idv_svc_type_given(&view),
                                   call->now);
            idv_svc_tx_process(&view.tx, call->now);
        }

        rc = idv_svc_store_save(call->store, &view, seen, changed, call->now);

        if (rc == NGX_ERROR) {
            return idv_svc_full(call);
        }

        if (rc != NGX_OK) {
            continue;
        }

        idv_svc_checker_ask(call, &view);

        if (call->action == IDV_SVC_COMPLETE && view.ndocs) {
            return idv_svc_send_json(call, NGX_HTTP_CREATED,
                           idv_svc_document_json(call, &view.tx,
                                                 &view.doc[view.ndocs - 1]));
        }

        return idv_svc_document_answer(call, NGX_HTTP_CREATED, &view);
    }

    return idv_svc_error(call, IDV_SVC_UNEXPECTED);
}


static void
idv_svc_document_missing(idv_svc_call_t *call, idv_svc_view_t *view)
{
    ngx_uint_t          wanted;
    idv_svc_missing_t  *m;

    wanted = idv_svc_tx_wanted(&view->tx, IDV_SVC_REQUIRED);

    for (m = idv_svc_missing; m->target; m++) {
        if (wanted & m->give) {
            idv_svc_detail(call, "REQUIRED_VALUE", m->target,
                           "A document of this type is required.", NULL);
        }
    }
}


ngx_uint_t
idv_svc_document_look(idv_svc_call_t *call, idv_svc_view_t *view,
    ngx_uint_t closing)
{
    ngx_uint_t            i, kind, changed;
    const idv_svc_doc_t  *code;

    changed = 0;
    view->tx.test = (call->conf->test_mode != 0);

    /* a barcode says what would be typed in otherwise */

    code = idv_svc_type_doc(view, IDV_SVC_GIVE_DOCUMENT, IDV_SVC_SIDE_CODE);

    if (code && !view->tx.typed && !view->tx.rules.collect_only
        && idv_svc_type_kind(view)
        && idv_svc_paper_code(call, view, &code->value) == NGX_OK)
    {
        changed = IDV_SVC_BLOB(IDV_SVC_BLOB_DOCUMENT);
    }

    changed |= idv_svc_check_all(view, closing, call->request->pool, call->now);

    for (i = 0; i < view->ndocs; i++) {
        view->doc[i].processed = 1;
    }

    kind = idv_svc_type_kind(view);

    if (kind) {
        view->tx.document = (uint8_t) kind;
    }

    if (view->tx.given & IDV_SVC_GIVE_SELFIE) {
        view->tx.selfie = 1;
    }

    if (closing) {
        (void) idv_svc_tx_submit(&view->tx, call->conf->processing_time,
                                 call->now);
    }

    return changed | IDV_SVC_DOCS;
}
