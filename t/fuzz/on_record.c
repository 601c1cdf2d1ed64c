
/*
 * Copyright (C) nginx-idv authors
 *
 * What the service reads from its own files, once they are opened; and what its
 * helper makes of pictures, once they are decoded.
 */


#include "fuzz.h"

#include "service/idv_svc.h"
#include "service/idv_svc_record.h"
#include "service/idv_svc_type.h"

#include "helper/idv_picture.c"


static void
record_holds(idv_svc_view_t *view)
{
    ngx_uint_t      i;
    idv_svc_tx_t   *tx;
    idv_svc_doc_t  *doc;

    tx = &view->tx;

    must(tx->user_len >= 1 && tx->user_len <= IDV_SVC_MAX_USER);
    must(idv_tx_status_name(tx->status) != NULL);
    must(idv_svc_reason_name(tx->reason)->len < 64);
    must(view->ndocs <= IDV_SVC_MAX_DOCS);

    for (i = 0; i < IDV_SVC_NCHECKS; i++) {
        must(idv_tx_status_name(tx->checks[i]) != NULL);
        must(idv_svc_reason_name(tx->why[i])->len < 64);
        must(tx->level[i] <= IDV_SVC_REQUIRED);
    }

    for (i = 0; i < view->ndocs; i++) {
        doc = &view->doc[i];

        must(idv_svc_types[doc->type].name.len > 0);
        must(doc->attempt < IDV_SVC_MAX_ATTEMPTS);
        must(doc->filed ? doc->value.data == NULL
                        : doc->value.len == 0 || doc->value.data != NULL);
    }
}


static void
record_transaction(ngx_str_t *text)
{
    ngx_str_t        again;
    idv_svc_view_t  *view, *other;

    view = ngx_palloc(house_pool, sizeof(idv_svc_view_t));
    other = ngx_palloc(house_pool, sizeof(idv_svc_view_t));

    if (idv_svc_record_read(house_pool, text, view) != NGX_OK) {
        return;
    }

    record_holds(view);

    must(idv_svc_record_write(house_pool, view, &again) == NGX_OK);
    must(idv_svc_record_read(house_pool, &again, other) == NGX_OK);
    must(ngx_memcmp(&view->tx, &other->tx, sizeof(idv_svc_tx_t)) == 0);
    must(view->ndocs == other->ndocs);

    idv_svc_tx_advance(&view->tx, (int64_t) FUZZ_NOW * 1000);
    (void) idv_svc_tx_due(&view->tx);
    (void) idv_svc_tx_gone(&view->tx, (int64_t) FUZZ_NOW * 1000);

    record_holds(view);
}


static void
record_policies(ngx_str_t *text)
{
    ngx_str_t          again;
    ngx_uint_t         i, n, m, defaults;
    idv_svc_stored_t  *policy, *other;

    policy = ngx_pcalloc(house_pool, IDV_SVC_MAX_POLICIES
                                     * sizeof(idv_svc_stored_t));
    other = ngx_pcalloc(house_pool, IDV_SVC_MAX_POLICIES
                                    * sizeof(idv_svc_stored_t));

    if (idv_svc_record_read_policies(house_pool, text, policy, &n) != NGX_OK) {
        return;
    }

    must(n >= 1 && n <= IDV_SVC_MAX_POLICIES);

    defaults = 0;

    for (i = 0; i < n; i++) {
        defaults += policy[i].is_default;
        must(fuzz_is_utf8(policy[i].text.data, policy[i].text.len));
    }

    must(defaults == 1);

    must(idv_svc_record_write_policies(house_pool, policy, n, &again)
         == NGX_OK);
    must(idv_svc_record_read_policies(house_pool, &again, other, &m)
         == NGX_OK);
    must(n == m);

    for (i = 0; i < n; i++) {
        must(ngx_memcmp(&policy[i].rules, &other[i].rules,
                        sizeof(idv_svc_policy_t))
             == 0);
    }
}


/* a byte for what it is, then the text */

void
fuzz_record(fuzz_input_t *in)
{
    u_char     kind;
    ngx_str_t  text;

    kind = fuzz_byte(in);
    text = fuzz_rest(in);
    text = fuzz_copy(&text);

    if (kind % 2) {
        record_policies(&text);

    } else {
        record_transaction(&text);
    }
}


/*
 * A byte for how it is turned, or 0: the rest is a JPEG's beginning.  Three for
 * the colour, two for the shape, one for the width; the rest are pixels.
 */

void
fuzz_picture(fuzz_input_t *in)
{
    u_char               turn;
    size_t               n;
    ngx_str_t            rest;
    idv_picture_t        picture;
    idv_picture_wish_t   wish;

    turn = fuzz_byte(in);

    if (turn == 0) {
        rest = fuzz_rest(in);
        rest = fuzz_copy(&rest);
        turn = (u_char) idv_picture_orientation(rest.data, rest.len);
        must(turn >= 1 && turn <= 8);
        return;
    }

    wish.rgb[0] = fuzz_byte(in);
    wish.rgb[1] = fuzz_byte(in);
    wish.rgb[2] = fuzz_byte(in);
    wish.width = fuzz_byte(in) * 3 + 1;
    wish.height = fuzz_byte(in) * 3 + 1;

    picture.width = fuzz_byte(in) % 64 + 1;

    rest = fuzz_rest(in);
    n = rest.len / 3 / picture.width;
    n = ngx_min(n, 4096);

    if (n == 0) {
        return;
    }

    picture.height = (uint32_t) n;
    n *= picture.width * 3;

    picture.rgb = malloc(n);
    must(picture.rgb != NULL);
    ngx_memcpy(picture.rgb, rest.data, n);

    must(idv_picture_turn(&picture, turn % 9) == IDV_PICTURE_OK);

    if (idv_picture_replace(&picture, &wish) == IDV_PICTURE_OK) {
        must(picture.width >= 1 && picture.width <= IDV_PICTURE_SIDE);
        must(picture.height >= 1 && picture.height <= IDV_PICTURE_SIDE);

        /* above and beside the person there is nothing but the colour */

        must(ngx_memcmp(picture.rgb, wish.rgb, 3) == 0
             || picture.width < 8 || picture.height < 8);
    }

    free(picture.rgb);
}
