
/*
 * Copyright (C) nginx-idv authors
 *
 * The users that the configuration declares: all that there are, but for those
 * that the API makes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "idv_svc.h"


#define IDV_SVC_MAX_USERS  (8 * 1024 * 1024)         /* bytes of the file */


typedef struct {
    ngx_conf_t    *cf;
    ngx_str_t     *file;
    ngx_uint_t     place;            /* in it, from 1 */
} idv_svc_account_file_t;


static ngx_int_t idv_svc_account_lines(ngx_conf_t *cf, ngx_array_t *users,
    ngx_str_t *text);
static ngx_int_t idv_svc_account_array(ngx_conf_t *cf, ngx_array_t *users,
    ngx_str_t *file, ngx_str_t *text);
static ngx_int_t idv_svc_account_declare(idv_svc_account_file_t *f,
    ngx_array_t *users, json_t *json);
static ngx_int_t idv_svc_account_dates(ngx_array_t *users, ngx_str_t *file);
static ngx_int_t idv_svc_account_twice(ngx_conf_t *cf, ngx_array_t *users,
    ngx_str_t *file);
static void idv_svc_account_report(void *data, const char *code,
    const char *target, const char *message, json_t *inner);
static int ngx_libc_cdecl idv_svc_account_by_id(const void *one,
    const void *two);
static int ngx_libc_cdecl idv_svc_account_by_name(const void *one,
    const void *two);


/* "strict", or a file: a JSON array of users, or one user id a line */

char *
ngx_http_idv_service_users(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    idv_svc_conf_t  *lcf = conf;

    char       *rv;
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t  *value, text;

    if (lcf->users != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->users = ngx_array_create(cf->pool, 16, sizeof(idv_svc_declared_t));
    if (lcf->users == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (value[1].len == 6 && ngx_strncmp(value[1].data, "strict", 6) == 0) {
        return NGX_CONF_OK;
    }

    rv = ngx_http_idv_service_file(cf, &value[1], IDV_SVC_MAX_USERS, 0, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 0; i < text.len && ngx_strchr(" \t\r\n", text.data[i]); i++) {
        /* void */
    }

    rc = (i < text.len && text.data[i] == '[')
         ? idv_svc_account_array(cf, lcf->users, &value[1], &text)
         : idv_svc_account_lines(cf, lcf->users, &text);

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_qsort(lcf->users->elts, lcf->users->nelts, sizeof(idv_svc_declared_t),
              idv_svc_account_by_id);

    return NGX_CONF_OK;
}


/* empty lines and those with "#" in front are skipped */

static ngx_int_t
idv_svc_account_lines(ngx_conf_t *cf, ngx_array_t *users, ngx_str_t *text)
{
    u_char              *p, *last, *end;
    idv_svc_declared_t  *user;

    last = text->data + text->len;

    for (p = text->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, LF);
        if (end == NULL) {
            end = last;
        }

        if (*p == '#' || p == end || (end - p == 1 && *p == CR)) {
            continue;
        }

        user = ngx_array_push(users);
        if (user == NULL) {
            return NGX_ERROR;
        }

        user->id.data = p;
        user->id.len = end - p;
        user->account = NULL;

        if (p[user->id.len - 1] == CR) {
            user->id.len--;
        }
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_account_array(ngx_conf_t *cf, ngx_array_t *users, ngx_str_t *file,
    ngx_str_t *text)
{
    size_t                   i;
    json_t                  *root;
    idv_svc_account_file_t   f;

    root = idv_json_parse(cf->pool, text->data, text->len, IDV_SVC_MAX_USERS);

    if (!json_is_array(root) || json_array_size(root) > IDV_SVC_MAX_ACCOUNTS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a JSON array of at most %d users",
                           file, IDV_SVC_MAX_ACCOUNTS);
        return NGX_ERROR;
    }

    f.cf = cf;
    f.file = file;

    for (i = 0; i < json_array_size(root); i++) {
        f.place = i + 1;

        if (idv_svc_account_declare(&f, users, json_array_get(root, i))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (idv_svc_account_twice(cf, users, file) != NGX_OK) {
        return NGX_ERROR;
    }

    return idv_svc_account_dates(users, file);
}


/* an id that is left out is the user name */

static ngx_int_t
idv_svc_account_declare(idv_svc_account_file_t *f, ngx_array_t *users,
    json_t *json)
{
    json_t              *id;
    ngx_str_t            none;
    ngx_uint_t           mistakes;
    idv_svc_account_t   *account;
    idv_svc_declared_t  *user;

    user = ngx_array_push(users);
    account = ngx_pcalloc(f->cf->pool, sizeof(idv_svc_account_t));

    if (user == NULL || account == NULL) {
        return NGX_ERROR;
    }

    user->account = account;
    account->enabled = 1;

    ngx_str_set(&none, "");

    mistakes = idv_svc_account_read(f->cf->pool, json, &none, account,
                                    idv_svc_account_report, f);

    id = json_object_get(json, "id");

    user->id = id ? idv_json_string(json, "id")
                  : account->attr[IDV_SVC_A_USERNAME];

    if (idv_svc_user_form(&user->id) != NGX_OK || user->id.len == 0) {
        idv_svc_account_report(f, NULL, "id",
                               "The value must be 1 to 100 letters, digits "
                               "and \"._@+-\".", NULL);
        mistakes++;
    }

    account->id = user->id;

    return mistakes ? NGX_ERROR : NGX_OK;
}


/* they are as old as their file */

static ngx_int_t
idv_svc_account_dates(ngx_array_t *users, ngx_str_t *file)
{
    ngx_uint_t           i;
    ngx_file_info_t      fi;
    idv_svc_declared_t  *user;

    if (ngx_file_info(file->data, &fi) == NGX_FILE_ERROR) {
        return NGX_ERROR;
    }

    user = users->elts;

    for (i = 0; i < users->nelts; i++) {
        user[i].account->created = (int64_t) ngx_file_mtime(&fi)
                                   * IDV_SVC_SECOND;
        user[i].account->updated = user[i].account->created;
    }

    return NGX_OK;
}


static ngx_int_t
idv_svc_account_twice(ngx_conf_t *cf, ngx_array_t *users, ngx_str_t *file)
{
    ngx_uint_t           i;
    idv_svc_declared_t  *user;

    user = users->elts;

    ngx_qsort(user, users->nelts, sizeof(idv_svc_declared_t),
              idv_svc_account_by_name);

    for (i = 1; i < users->nelts; i++) {
        if (idv_svc_account_by_name(&user[i - 1], &user[i]) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": two users have the user name \"%V\"",
                               file,
                               &user[i].account->attr[IDV_SVC_A_USERNAME]);
            return NGX_ERROR;
        }
    }

    ngx_qsort(user, users->nelts, sizeof(idv_svc_declared_t),
              idv_svc_account_by_id);

    for (i = 1; i < users->nelts; i++) {
        if (idv_svc_account_by_id(&user[i - 1], &user[i]) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": two users have the id \"%V\"",
                               file, &user[i].id);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
idv_svc_account_report(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    idv_svc_account_file_t  *f = data;

    ngx_conf_log_error(NGX_LOG_EMERG, f->cf, 0,
                       "\"%V\": user %ui: %s: %s", f->file, f->place,
                       target, message);

    json_decref(inner);
}


static int ngx_libc_cdecl
idv_svc_account_by_id(const void *one, const void *two)
{
    const idv_svc_declared_t  *a = one;
    const idv_svc_declared_t  *b = two;

    return (int) ngx_memn2cmp(a->id.data, b->id.data, a->id.len, b->id.len);
}


static int ngx_libc_cdecl
idv_svc_account_by_name(const void *one, const void *two)
{
    const idv_svc_declared_t  *a = one;
    const idv_svc_declared_t  *b = two;

    return (int) idv_svc_account_name_cmp(
                                     &a->account->attr[IDV_SVC_A_USERNAME],
                                     &b->account->attr[IDV_SVC_A_USERNAME]);
}


const idv_svc_declared_t *
idv_svc_account_declared(const idv_svc_conf_t *conf, const ngx_str_t *id)
{
    ngx_int_t            rc;
    ngx_uint_t           low, high, mid;
    idv_svc_declared_t  *user;

    if (conf->users == NULL) {
        return NULL;
    }

    user = conf->users->elts;
    low = 0;
    high = conf->users->nelts;

    while (low < high) {
        mid = low + (high - low) / 2;

        rc = ngx_memn2cmp(id->data, user[mid].id.data, id->len,
                          user[mid].id.len);
        if (rc == 0) {
            return &user[mid];
        }

        if (rc < 0) {
            high = mid;

        } else {
            low = mid + 1;
        }
    }

    return NULL;
}


/* of one that has but an id: that is the user name, too */

void
idv_svc_account_of(const idv_svc_declared_t *user, idv_svc_account_t *account)
{
    if (user->account) {
        *account = *user->account;
        return;
    }

    ngx_memzero(account, sizeof(idv_svc_account_t));

    account->id = user->id;
    account->attr[IDV_SVC_A_USERNAME] = user->id;
    account->enabled = 1;
}
