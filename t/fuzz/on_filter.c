
/*
 * Copyright (C) nginx-idv authors
 *
 * What is asked of users, and what is told of them: filters, and accounts.
 */


#include "fuzz.h"

#include "service/idv_svc.h"
#include "service/idv_svc_filter.h"
#include "service/idv_svc_record.h"


static const char  *filter_people[][IDV_SVC_NFILTERS] = {
    { "ann", "ann@example.com", "Ann", "Example", "+15555550100", "E-1",
      "ann", "5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93", "true" },
    { "Bob.B", "", "", "", "", "", "bob",
      "5a3c7d0e-9b1f-4c62-8e57-2f6d1b0a4c93", "false" }
};


/* joined only by what is before it, and each comparison by one */

static void
filter_holds(const idv_svc_filter_t *filter)
{
    ngx_uint_t                    i, used;
    const idv_svc_filter_node_t  *node;

    must(filter->n >= 1 && filter->n <= 2 * IDV_SVC_FILTER_TERMS - 1);
    must(filter->n % 2 == 1 && filter->root == filter->n - 1);

    used = 0;

    for (i = 0; i < filter->n; i++) {
        node = &filter->node[i];

        if (node->op >= IDV_SVC_F_AND) {
            must(node->op <= IDV_SVC_F_OR);
            must(node->left < i && node->right < i);
            must(node->left != node->right);
            used += 2;
            continue;
        }

        must(node->attr < IDV_SVC_NFILTERS);
        must(fuzz_is_utf8(node->value.data, node->value.len));
    }

    must(used == filter->n - 1);
}


/* the same filter in parentheses, and with what it says turned round */

static void
filter_again(const ngx_str_t *text, const ngx_str_t *value, ngx_uint_t match)
{
    u_char             buf[2 * IDV_SVC_FILTER_MAX
                           + sizeof("() and ()")];
    ngx_str_t          again;
    idv_svc_filter_t  *filter;

    filter = ngx_palloc(house_pool, sizeof(idv_svc_filter_t));

    again.data = buf;
    again.len = ngx_sprintf(buf, "(%V) and (%V)", text, text) - buf;

    if (idv_svc_filter_parse(house_pool, &again, filter) == NGX_OK) {
        must(idv_svc_filter_match(filter, value) == match);
    }
}


static void
filter_text(ngx_str_t *text)
{
    ngx_int_t          rc;
    ngx_str_t          value[IDV_SVC_NFILTERS];
    ngx_uint_t         i, k;
    idv_svc_filter_t  *filter;

    filter = ngx_palloc(house_pool, sizeof(idv_svc_filter_t));

    rc = idv_svc_filter_parse(house_pool, text, filter);

    if (rc != NGX_OK) {
        must(rc == NGX_DECLINED);
        must(filter->wrong != NULL && filter->at <= text->len);
        return;
    }

    filter_holds(filter);

    for (i = 0; i < 2; i++) {
        for (k = 0; k < IDV_SVC_NFILTERS; k++) {
            value[k].data = (u_char *) filter_people[i][k];
            value[k].len = ngx_strlen(value[k].data);
        }

        filter_again(text, value, idv_svc_filter_match(filter, value));
    }
}


static void
filter_mistake(void *data, const char *code, const char *target,
    const char *message, json_t *inner)
{
    must(code != NULL && target != NULL && message != NULL);

    json_decref(inner);
}


/* what is taken is told, and taken again as the same */

static void
filter_account(ngx_str_t *text)
{
    json_t              *json, *told;
    size_t               sum;
    ngx_str_t            none, kept;
    ngx_uint_t           i;
    idv_svc_own_view_t   view, other;

    json = idv_json_parse(house_pool, text->data, text->len, 64 * 1024);

    if (json == NULL) {
        return;
    }

    ngx_memzero(&view, sizeof(idv_svc_own_view_t));
    ngx_str_set(&none, "");

    if (idv_svc_account_read(house_pool, json, &none, &view.account,
                             filter_mistake, NULL)
        != 0)
    {
        return;
    }

    sum = 0;

    for (i = 0; i < IDV_SVC_NATTRS; i++) {
        sum += view.account.attr[i].len;
        must(fuzz_is_utf8(view.account.attr[i].data,
                          view.account.attr[i].len));
    }

    must(sum <= IDV_SVC_ACCOUNT_MAX);
    must(view.account.attr[IDV_SVC_A_USERNAME].len > 0);

    ngx_str_set(&view.account.id, "ann");

    must(idv_svc_record_write_user(house_pool, &view, &kept) == NGX_OK);
    must(idv_svc_record_read_user(house_pool, &kept, &other) == NGX_OK);

    told = idv_svc_account_json(&view.account);
    json = idv_svc_account_json(&other.account);

    must(told != NULL && json_equal(told, json));
    must(view.account.enabled == other.account.enabled);

    json_decref(told);
    json_decref(json);
}


/* what a file of a user has, as it was opened */

static void
filter_record(ngx_str_t *text)
{
    ngx_str_t            kept;
    idv_svc_own_view_t   view, other;

    if (idv_svc_record_read_user(house_pool, text, &view) != NGX_OK) {
        return;
    }

    must(view.standing < IDV_SVC_NSTANDINGS);
    must(view.account.id.len == 0
         || idv_svc_user_form(&view.account.id) == NGX_OK);

    must(idv_svc_record_write_user(house_pool, &view, &kept) == NGX_OK);
    must(idv_svc_record_read_user(house_pool, &kept, &other) == NGX_OK);
    must(view.standing == other.standing);
    must(view.assurance.text.len == other.assurance.text.len);
}


/* a byte for what it is, then the text */

void
fuzz_filter(fuzz_input_t *in)
{
    u_char     kind;
    ngx_str_t  text;

    kind = fuzz_byte(in);
    text = fuzz_rest(in);
    text = fuzz_copy(&text);

    switch (kind % 3) {

    case 0:
        filter_text(&text);
        break;

    case 1:
        filter_account(&text);
        break;

    default:
        filter_record(&text);
        break;
    }
}
