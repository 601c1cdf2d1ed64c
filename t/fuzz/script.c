
/*
 * Copyright (C) nginx-idv authors
 *
 * The provider: in the place of net/, with nothing in between that waits.
 */


#include "fuzz.h"


#define SCRIPT_MAX  16               /* transfers under way at once */

#define SCRIPT_HEAD                                                           \
    "{\"id\":\"" SCRIPT_TX "\","                                              \
    "\"webVerificationUrl\":\"https://verify.example.com/?" HOUSE_SECRET "\","\
    "\"webVerificationCode\":\"040817\","                                     \
    "\"sendNotification\":{\"results\":[{\"sent\":true}]},"                   \
    "\"transactionStatus\":{\"status\":\"%s\","                               \
    "\"verificationStatus\":{\"FACE\":\"%s\"}}}"


script_pt    script;
const char  *script_status;
ngx_uint_t   script_created;
ngx_uint_t   script_fetched;

static idv_transfer_t  *script_transfers[SCRIPT_MAX];
static ngx_uint_t       script_n;


static ngx_str_t  script_token = ngx_string(
    "{\"access_token\":\"" HOUSE_SECRET "\",\"token_type\":\"Bearer\","
    "\"expires_in\":3600}");

static ngx_str_t  script_data = ngx_string(
    "{\"_embedded\":{\"verifiedData\":[{\"type\":\"GOVERNMENT_ID\","
    "\"data\":{\"firstName\":\"Ann\",\"birthDate\":\"1990-02-03\","
    "\"addressCity\":\"Bath\"}}]}}");


/* these take the place of the real ones */

ngx_int_t
idv_transfer_start(idv_transfer_t *t)
{
    must(script_n < SCRIPT_MAX);
    must(t->handler && t->pool && t->log && t->url.len);

    t->retry_after = -1;
    script_transfers[script_n++] = t;

    return NGX_OK;
}


static void
script_forget(idv_transfer_t *t)
{
    ngx_uint_t  i;

    for (i = 0; i < script_n; i++) {
        if (script_transfers[i] == t) {
            script_n--;
            memmove(&script_transfers[i], &script_transfers[i + 1],
                    (script_n - i) * sizeof(script_transfers[0]));
            return;
        }
    }

    must(i < script_n);
}


void
idv_transfer_cancel(idv_transfer_t *t)
{
    script_forget(t);
}


void
idv_transfer_detach(idv_transfer_t *t)
{
    t->live = 0;
}


void
script_reset(void)
{
    script = NULL;
    script_status = "REQUESTED";
    script_created = 0;
    script_fetched = 0;
}


static ngx_uint_t
script_asks(idv_transfer_t *t, const char *part)
{
    return memmem(t->url.data, t->url.len, part, strlen(part)) != NULL;
}


void
script_default(idv_transfer_t *t, script_answer_t *answer)
{
    u_char  *p;

    answer->result = IDV_TRANSFER_OK;
    answer->status = 200;
    answer->retry_after = -1;

    if (script_asks(t, "/as/token")) {
        answer->body = script_token;
        return;
    }

    if (script_asks(t, "/verifiedData")) {
        script_fetched++;
        answer->body = script_data;
        return;
    }

    if (t->creates) {
        script_created++;
        answer->status = 201;
    }

    p = ngx_pnalloc(house_pool, sizeof(SCRIPT_HEAD) + 64);
    answer->body.data = p;
    answer->body.len = ngx_sprintf(p, SCRIPT_HEAD,
                                   t->creates ? "REQUESTED" : script_status,
                                   "SUCCESS")
                       - p;
}


/* answers the oldest; 0 if there is none */

ngx_uint_t
script_step(void)
{
    idv_transfer_t   *t;
    script_answer_t   answer;

    if (script_n == 0) {
        return 0;
    }

    t = script_transfers[0];
    script_forget(t);

    memset(&answer, 0, sizeof(answer));
    (script ? script : script_default)(t, &answer);

    t->result = answer.result;
    t->status = answer.status;
    t->retry_after = answer.retry_after;

    if (answer.body.len > t->conf->max_body) {
        t->result = IDV_TRANSFER_TOO_LARGE;
        answer.body.len = 0;
    }

    /* net/ leaves bytes with no NUL behind them, and none is NULL */

    if (answer.body.len) {
        t->response.data = ngx_pnalloc(t->pool, answer.body.len);
        t->response.len = answer.body.len;
        memcpy(t->response.data, answer.body.data, answer.body.len);
    }

    t->handler(t);

    return 1;
}
