
/*
 * Copyright (C) nginx-idv authors
 *
 * Users and populations, as the API shows them.  There is one population in
 * each environment.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"
#include "idv_svc_filter.h"


/* of a page that begins with a declared user, or with a place */
#define IDV_SVC_CURSOR  (2 * IDV_SVC_NAME)


/* those that are listed, and how many pass in all */

typedef struct {
    idv_svc_call_t       *call;
    idv_svc_filter_t     *filter;        /* NULL: all pass */
    ngx_str_t             population;
    ngx_uint_t            declared;      /* the first of them that is wanted */
    u_char                place[IDV_SVC_NAME];
    ngx_uint_t            placed;        /* 1: the place is wanted first */
    ngx_uint_t            limit;
    ngx_uint_t            count;
    json_t               *list;
    u_char                next[IDV_SVC_CURSOR];
    size_t                next_len;      /* 0: this is the last page */
} idv_svc_account_page_t;


static json_t *idv_svc_account_whole(idv_svc_call_t *call,
    const idv_svc_own_view_t *view, const ngx_str_t *population);
static ngx_int_t idv_svc_account_query(idv_svc_call_t *call,
    idv_svc_account_page_t *page);
static ngx_int_t idv_svc_account_cursor(const ngx_str_t *text,
    idv_svc_account_page_t *page);
static ngx_int_t idv_svc_account_filter(idv_svc_call_t *call,
    idv_svc_account_page_t *page);
static void idv_svc_account_list_declared(idv_svc_account_page_t *page);
static void idv_svc_account_list_made(idv_svc_account_page_t *page);
static ngx_uint_t idv_svc_account_passes(void *data,
    const idv_svc_account_t *account);
static json_t *idv_svc_account_page(idv_svc_account_page_t *page);
static json_t *idv_svc_population_json(idv_svc_call_t *call,
    const ngx_str_t *id);


/* the same on every machine and after any restart */

ngx_int_t
idv_svc_account_population_id(idv_svc_call_t *call, u_char *id)
{
    u_char     uuid[IDV_SVC_UUID];
    ngx_str_t  parts[2];

    ngx_str_set(&parts[0], "default population");
    parts[1].data = call->env;
    parts[1].len = IDV_SVC_UUID;

    if (idv_svc_uuid_of(uuid, parts, 2) != NGX_OK) {
        return NGX_ERROR;
    }

    idv_uuid_print(id, uuid);

    return NGX_OK;
}


ngx_int_t
idv_svc_account_show(idv_svc_call_t *call)
{
    ngx_int_t           rc;
    idv_svc_own_view_t  view;

    rc = idv_svc_account_find(call, &call->user, &view);

    return (rc == NGX_OK) ? idv_svc_account_answer(call, &view, NGX_HTTP_OK)
                          : idv_svc_account_not(call, rc);
}


ngx_int_t
idv_svc_account_not(idv_svc_call_t *call, ngx_int_t rc)
{
    return idv_svc_error(call, rc == NGX_DECLINED ? IDV_SVC_NOT_FOUND
                                                  : IDV_SVC_UNEXPECTED);
}


ngx_int_t
idv_svc_account_find(idv_svc_call_t *call, const ngx_str_t *id,
    idv_svc_own_view_t *view)
{
    ngx_int_t                  rc;
    idv_svc_key_t              key;
    const idv_svc_declared_t  *declared;

    key.tx = NULL;
    key.env = call->env;
    key.user = *id;

    rc = idv_svc_accounts_get(call->store, &key, call->request->pool, view);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    declared = idv_svc_account_declared(call->conf, id);

    if (declared == NULL) {
        return NGX_DECLINED;
    }

    idv_svc_account_of(declared, &view->account);

    return NGX_OK;
}


ngx_int_t
idv_svc_account_answer(idv_svc_call_t *call, const idv_svc_own_view_t *view,
    ngx_uint_t status)
{
    u_char      id[IDV_UUID_LEN];
    json_t     *json;
    ngx_str_t   population;

    if (idv_svc_account_population_id(call, id) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    population.data = id;
    population.len = IDV_UUID_LEN;

    json = idv_svc_account_whole(call, view, &population);

    if (status == NGX_HTTP_CREATED && idv_svc_location(call, json) != NGX_OK) {
        json_decref(json);
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    return idv_svc_send_json(call, status, json);
}


static json_t *
idv_svc_account_whole(idv_svc_call_t *call, const idv_svc_own_view_t *view,
    const ngx_str_t *population)
{
    u_char                    env[IDV_UUID_LEN];
    json_t                   *json, *attrs;
    ngx_str_t                 e;
    const idv_svc_account_t  *account;

    account = &view->account;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    json = json_pack("{s:{s:o, s:o, s:o}, s:o, s:{s:o}, s:{s:o}}",
                     "_links",
                         "self",
                         idv_svc_json_href(call, "/environments/%V/users/%V",
                                           &e, &account->id),
                         "environment",
                         idv_svc_json_href(call, "/environments/%V", &e),
                         "population",
                         idv_svc_json_href(call,
                                           "/environments/%V/populations/%V",
                                           &e, population),
                     "id", idv_svc_json_str(&account->id),
                     "environment",
                         "id", idv_svc_json_str(&e),
                     "population",
                         "id", idv_svc_json_str(population));

    attrs = idv_svc_account_json(account);

    if (json == NULL || attrs == NULL || json_object_update(json, attrs) != 0) {
        json_decref(json);
        json_decref(attrs);
        return NULL;
    }

    json_decref(attrs);

    attrs = json_pack("{s:b, s:o, s:o, s:o}",
                      "enabled", (int) account->enabled,
                      "verifyStatus",
                      idv_svc_json_str(idv_svc_user_standing(view->standing)),
                      "createdAt", idv_svc_json_date(account->created),
                      "updatedAt", idv_svc_json_date(account->updated));

    if (attrs == NULL || json_object_update(json, attrs) != 0) {
        json_decref(json);
        json = NULL;
    }

    json_decref(attrs);

    return json;
}


ngx_int_t
idv_svc_account_list(idv_svc_call_t *call)
{
    u_char                   population[IDV_UUID_LEN];
    idv_svc_account_page_t   page;

    if (idv_svc_account_population_id(call, population) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    ngx_memzero(&page, sizeof(idv_svc_account_page_t));

    page.call = call;
    page.population.data = population;
    page.population.len = IDV_UUID_LEN;

    if (idv_svc_account_query(call, &page) != NGX_OK) {
        return idv_svc_error(call, call->details ? IDV_SVC_INVALID_DATA
                                                 : IDV_SVC_UNEXPECTED);
    }

    page.list = json_array();

    idv_svc_account_list_declared(&page);
    idv_svc_account_list_made(&page);

    return idv_svc_send_json(call, NGX_HTTP_OK, idv_svc_account_page(&page));
}


/* NGX_DECLINED: there are details; each mistake has its own */

static ngx_int_t
idv_svc_account_query(idv_svc_call_t *call, idv_svc_account_page_t *page)
{
    ngx_str_t  value;

    (void) idv_svc_limit(call, &page->limit);

    if (ngx_http_arg(call->request, (u_char *) "cursor", 6, &value) == NGX_OK
        && idv_svc_account_cursor(&value, page) != NGX_OK)
    {
        idv_svc_detail(call, "INVALID_VALUE", "cursor",
                       "There is no such page.", NULL);
    }

    if (idv_svc_account_filter(call, page) == NGX_ERROR) {
        return NGX_ERROR;
    }

    return call->details ? NGX_DECLINED : NGX_OK;
}


/* a number of a declared user, or a place in hexadecimal digits */

static ngx_int_t
idv_svc_account_cursor(const ngx_str_t *text, idv_svc_account_page_t *page)
{
    ngx_int_t   n;
    ngx_uint_t  i;

    if (text->len != IDV_SVC_CURSOR) {
        n = ngx_atoi(text->data, text->len);

        page->declared = n;

        return (n < 1) ? NGX_DECLINED : NGX_OK;
    }

    for (i = 0; i < IDV_SVC_NAME; i++) {
        n = ngx_hextoi(text->data + 2 * i, 2);

        if (n == NGX_ERROR) {
            return NGX_DECLINED;
        }

        page->place[i] = (u_char) n;
    }

    page->placed = 1;

    return NGX_OK;
}


/* a space may be sent as "+", as forms do */

static ngx_int_t
idv_svc_account_filter(idv_svc_call_t *call, idv_svc_account_page_t *page)
{
    u_char     *p, *dst, *src;
    ngx_int_t   rc;
    ngx_str_t   value, text;

    if (ngx_http_arg(call->request, (u_char *) "filter", 6, &value) != NGX_OK) {
        return NGX_OK;
    }

    page->filter = ngx_palloc(call->request->pool, sizeof(idv_svc_filter_t));
    text.data = ngx_pnalloc(call->request->pool, value.len + 1);

    if (page->filter == NULL || text.data == NULL) {
        return NGX_ERROR;
    }

    for (p = value.data; p < value.data + value.len; p++) {
        text.data[p - value.data] = (*p == '+') ? ' ' : *p;
    }

    src = text.data;
    dst = text.data;
    ngx_unescape_uri(&dst, &src, value.len, 0);

    text.len = dst - text.data;

    rc = idv_svc_filter_parse(call->request->pool, &text, page->filter);

    if (rc == NGX_DECLINED) {
        idv_svc_detail(call, "INVALID_VALUE", "filter", page->filter->wrong,
                       json_pack("{s:I}", "position",
                                 (json_int_t) page->filter->at));
    }

    return rc;
}


/* one that the API has changed is with those that it has made */

static void
idv_svc_account_list_declared(idv_svc_account_page_t *page)
{
    ngx_uint_t           i;
    ngx_array_t         *users;
    idv_svc_key_t        key;
    idv_svc_declared_t  *user;
    idv_svc_own_view_t   view;

    users = page->call->conf->users;

    if (users == NULL) {
        return;
    }

    key.tx = NULL;
    key.env = page->call->env;

    user = users->elts;

    for (i = 0; i < users->nelts; i++) {
        ngx_memzero(&view, sizeof(idv_svc_own_view_t));
        idv_svc_account_of(&user[i], &view.account);

        key.user = user[i].id;

        if (!idv_svc_account_passes(page, &view.account)
            || idv_svc_accounts_known(page->call->store, &key))
        {
            continue;
        }

        page->count++;

        if (page->placed || i < page->declared || page->next_len) {
            continue;
        }

        if (json_array_size(page->list) == page->limit) {
            page->next_len = ngx_sprintf(page->next, "%ui", i) - page->next;
            continue;
        }

        (void) idv_svc_users_standing(page->call->store, &key,
                                      &view.standing);
        (void) json_array_append_new(page->list,
                                     idv_svc_account_whole(page->call, &view,
                                                           &page->population));
    }
}


static void
idv_svc_account_list_made(idv_svc_account_page_t *page)
{
    u_char               places[IDV_SVC_MAX_LIST + 1][IDV_SVC_NAME];
    ngx_uint_t           i, n, max;
    const ngx_str_t     *username;
    idv_svc_own_view_t   view;

    username = page->filter ? idv_svc_filter_username(page->filter) : NULL;

    max = page->next_len ? 0 : page->limit - json_array_size(page->list);

    page->count += idv_svc_accounts_list(page->call->store, page->call->env,
                                         username,
                                         page->placed ? page->place : NULL,
                                         idv_svc_account_passes, page, places,
                                         max + 1, &n);

    for (i = 0; i < n && i < max; i++) {

        /* one that has gone since is not in the list */

        if (idv_svc_accounts_at(page->call->store, places[i],
                                page->call->request->pool, &view)
            == NGX_OK)
        {
            (void) json_array_append_new(page->list,
                                         idv_svc_account_whole(page->call,
                                                      &view,
                                                      &page->population));
        }
    }

    if (i < n && page->next_len == 0) {
        page->next_len = ngx_hex_dump(page->next, places[i], IDV_SVC_NAME)
                         - page->next;
    }
}


static ngx_uint_t
idv_svc_account_passes(void *data, const idv_svc_account_t *account)
{
    idv_svc_account_page_t  *page = data;

    ngx_str_t  value[IDV_SVC_NFILTERS];

    if (page->filter == NULL) {
        return 1;
    }

    value[IDV_SVC_F_USERNAME] = account->attr[IDV_SVC_A_USERNAME];
    value[IDV_SVC_F_EMAIL] = account->attr[IDV_SVC_A_EMAIL];
    value[IDV_SVC_F_GIVEN] = account->attr[IDV_SVC_A_GIVEN];
    value[IDV_SVC_F_FAMILY] = account->attr[IDV_SVC_A_FAMILY];
    value[IDV_SVC_F_MOBILE] = account->attr[IDV_SVC_A_MOBILE];
    value[IDV_SVC_F_EXTERNAL] = account->attr[IDV_SVC_A_EXTERNAL];
    value[IDV_SVC_F_ID] = account->id;
    value[IDV_SVC_F_POPULATION] = page->population;

    if (account->enabled) {
        ngx_str_set(&value[IDV_SVC_F_ENABLED], "true");

    } else {
        ngx_str_set(&value[IDV_SVC_F_ENABLED], "false");
    }

    return idv_svc_filter_match(page->filter, value);
}


static json_t *
idv_svc_account_page(idv_svc_account_page_t *page)
{
    u_char      env[IDV_UUID_LEN];
    json_t     *next;
    ngx_str_t   e, cursor, filter;
    ngx_uint_t  n;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, page->call->env);

    next = NULL;

    if (page->next_len) {
        cursor.data = page->next;
        cursor.len = page->next_len;

        /* as it was sent */

        if (ngx_http_arg(page->call->request, (u_char *) "filter", 6, &filter)
            != NGX_OK)
        {
            ngx_str_null(&filter);
        }

        next = idv_svc_json_href(page->call,
                                 "/environments/%V/users?limit=%ui&cursor=%V"
                                 "%s%V",
                                 &e, page->limit, &cursor,
                                 filter.len ? "&filter=" : "", &filter);
    }

    n = json_array_size(page->list);

    return json_pack("{s:{s:o, s:o, s:o*}, s:{s:o}, s:i, s:i}",
                     "_links",
                         "self",
                         idv_svc_json_href(page->call,
                                           "/environments/%V/users", &e),
                         "environment",
                         idv_svc_json_href(page->call, "/environments/%V", &e),
                         "next", next,
                     "_embedded",
                         "users", page->list,
                     "count", (int) page->count,
                     "size", (int) n);
}


ngx_int_t
idv_svc_population_list(idv_svc_call_t *call)
{
    u_char      env[IDV_UUID_LEN], id[IDV_UUID_LEN];
    ngx_str_t   e, p;

    if (idv_svc_account_population_id(call, id) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    p.data = id;
    p.len = IDV_UUID_LEN;

    return idv_svc_send_json(call, NGX_HTTP_OK,
                     json_pack("{s:{s:o, s:o}, s:{s:[o]}, s:i, s:i}",
                               "_links",
                                   "self",
                                   idv_svc_json_href(call,
                                              "/environments/%V/populations",
                                              &e),
                                   "environment",
                                   idv_svc_json_href(call, "/environments/%V",
                                                     &e),
                               "_embedded",
                                   "populations",
                                   idv_svc_population_json(call, &p),
                               "count", 1,
                               "size", 1));
}


ngx_int_t
idv_svc_population_read(idv_svc_call_t *call)
{
    u_char     id[IDV_UUID_LEN], asked[IDV_UUID_LEN];
    ngx_str_t  p;

    if (idv_svc_account_population_id(call, id) != NGX_OK) {
        return idv_svc_error(call, IDV_SVC_UNEXPECTED);
    }

    idv_uuid_print(asked, call->item);

    if (ngx_memcmp(asked, id, IDV_UUID_LEN) != 0) {
        return idv_svc_error(call, IDV_SVC_NOT_FOUND);
    }

    p.data = id;
    p.len = IDV_UUID_LEN;

    return idv_svc_send_json(call, NGX_HTTP_OK,
                             idv_svc_population_json(call, &p));
}


static json_t *
idv_svc_population_json(idv_svc_call_t *call, const ngx_str_t *id)
{
    u_char     env[IDV_UUID_LEN];
    ngx_str_t  e;

    e.data = env;
    e.len = IDV_UUID_LEN;
    idv_uuid_print(env, call->env);

    return json_pack("{s:{s:o, s:o}, s:o, s:{s:o}, s:s, s:s, s:b}",
                     "_links",
                         "self",
                         idv_svc_json_href(call,
                                           "/environments/%V/populations/%V",
                                           &e, id),
                         "environment",
                         idv_svc_json_href(call, "/environments/%V", &e),
                     "id", idv_svc_json_str(id),
                     "environment",
                         "id", idv_svc_json_str(&e),
                     "name", "Default",
                     "description", "All users of the environment",
                     "default", 1);
}
