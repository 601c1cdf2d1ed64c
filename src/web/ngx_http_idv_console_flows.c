
/*
 * Copyright (C) nginx-idv authors
 *
 * What users have here: flows, and sessions.  A flow's user is the provider's
 * id of the user, which is the subject that the first factor gave where users
 * are not looked up; a session has a hash of it.  Users are those of an
 * environment, whichever of the providers that share it a gate has named.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_ROUNDS  8


typedef struct {
    const idv_provider_t  *providers[IDV_STORE_MAX_PEERS];
    uint64_t               ids[IDV_STORE_MAX_PEERS];
    ngx_uint_t             n;
    ngx_uint_t             lookup;       /* 1: a subject need not be an id */
} ngx_http_idv_console_house_t;


static void ngx_http_idv_console_house(ngx_http_idv_console_t *job,
    ngx_http_idv_console_house_t *house);
static ngx_uint_t ngx_http_idv_console_same(const ngx_str_t *one,
    const ngx_str_t *other);
static ngx_int_t ngx_http_idv_console_subject_flows(
    ngx_http_idv_console_t *job, ngx_str_t *user, uint32_t states,
    ngx_http_idv_console_house_t *house, idv_flow_t **flows, ngx_uint_t *n);
static json_t *ngx_http_idv_console_flow_json(
    const ngx_http_idv_console_house_t *house, const idv_flow_t *flow);
static json_t *ngx_http_idv_console_time(int64_t when);
static json_t *ngx_http_idv_console_uuid(const u_char *uuid);
static ngx_int_t ngx_http_idv_console_states(ngx_str_t *name,
    uint32_t *states);


/* all that an operator may end */

#define NGX_HTTP_IDV_CONSOLE_OPEN                                             \
    (~((uint32_t) 1 << IDV_STATE_ENDED | (uint32_t) 1 << IDV_STATE_CANCELED))


static void
ngx_http_idv_console_house(ngx_http_idv_console_t *job,
    ngx_http_idv_console_house_t *house)
{
    ngx_uint_t                       i;
    const idv_provider_t            *mine, *const *provider;
    const ngx_http_idv_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(job->request, ngx_http_idv_module);

    mine = job->conf->provider;
    provider = mcf->providers.elts;
    house->n = 0;
    house->lookup = 0;

    for (i = 0; i < mcf->providers.nelts; i++) {

        if (provider[i]->store == mine->store
            && ngx_http_idv_console_same(&provider[i]->environment_id,
                                         &mine->environment_id)
            && ngx_http_idv_console_same(&provider[i]->api_url, &mine->api_url)
            && house->n < IDV_STORE_MAX_PEERS)
        {
            house->providers[house->n] = provider[i];
            house->ids[house->n++] = provider[i]->id;
            house->lookup |= provider[i]->flow.lookup;
        }
    }
}


static ngx_uint_t
ngx_http_idv_console_same(const ngx_str_t *one, const ngx_str_t *other)
{
    return one->len == other->len
           && ngx_strncasecmp(one->data, other->data, one->len) == 0;
}


static ngx_int_t
ngx_http_idv_console_subject_flows(ngx_http_idv_console_t *job,
    ngx_str_t *user, uint32_t states, ngx_http_idv_console_house_t *house,
    idv_flow_t **flows, ngx_uint_t *n)
{
    u_char              subject[16];
    uint32_t            cursor;
    idv_store_query_t   query;

    ngx_http_idv_console_house(job, house);

    *flows = ngx_palloc(job->request->pool,
                        IDV_STORE_MAX_LISTED * sizeof(idv_flow_t));

    if (*flows == NULL || ngx_http_idv_subject_hash(user, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    query.providers = house->ids;
    query.nproviders = house->n;
    query.subject = house->lookup ? NULL : subject;
    query.user = house->lookup ? user : NULL;
    query.states = states;
    cursor = 0;

    /* by a subject all come at once, else some of the zone are looked at */

    *n = 0;

    do {
        *n += idv_store_list(job->conf->provider->store, &query, &cursor,
                             ngx_current_msec, *flows + *n,
                             IDV_STORE_MAX_LISTED - *n);

    } while (cursor && *n < IDV_STORE_MAX_LISTED);

    return NGX_OK;
}


json_t *
ngx_http_idv_console_flows_of(ngx_http_idv_console_t *job, ngx_str_t *user)
{
    json_t                        *list;
    ngx_uint_t                     i, n;
    idv_flow_t                    *flows;
    ngx_http_idv_console_house_t   house;

    if (ngx_http_idv_console_subject_flows(job, user, 0, &house, &flows, &n)
        != NGX_OK)
    {
        return NULL;
    }

    list = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(list,
                            ngx_http_idv_console_flow_json(&house, &flows[i]));
    }

    return list;
}


/* the owner of a session and its provider, as a key of revocations */

ngx_int_t
ngx_http_idv_console_revoked(ngx_http_idv_console_t *job, ngx_str_t *user,
    int64_t *when)
{
    u_char  subject[16], key[16];

    if (ngx_http_idv_subject_hash(user, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    idv_store_subject(job->conf->provider->id, subject, key);

    *when = idv_store_revoked_before(job->conf->provider->store, key,
                                     ngx_time());

    return NGX_OK;
}


/*
 * Ends what is open now, again where more was than comes at once: it is not in
 * the next list any more.
 */

ngx_int_t
ngx_http_idv_console_end_flows(ngx_http_idv_console_t *job, ngx_str_t *user,
    ngx_uint_t *ended)
{
    ngx_str_t                      id;
    ngx_uint_t                     i, k, n, rounds;
    idv_flow_t                    *flows, closed;
    ngx_http_idv_console_house_t   house;

    *ended = 0;

    for (rounds = 0; rounds < NGX_HTTP_IDV_CONSOLE_ROUNDS; rounds++) {

        if (ngx_http_idv_console_subject_flows(job, user,
                                               NGX_HTTP_IDV_CONSOLE_OPEN,
                                               &house, &flows, &n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        for (i = 0; i < n; i++) {
            id.data = (u_char *) flows[i].id;
            id.len = IDV_FLOW_ID_LEN;

            for (k = 0; house.ids[k] != flows[i].provider; k++) {
                /* void */
            }

            if (idv_engine_close(house.providers[k], &id, &closed) == NGX_OK) {
                (*ended)++;
            }
        }

        if (n < IDV_STORE_MAX_LISTED) {
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_http_idv_console_end_sessions(ngx_http_idv_console_t *job, ngx_str_t *user)
{
    u_char                         subject[16], key[16];
    time_t                         now, age;
    ngx_uint_t                     i;
    const idv_provider_t          *provider;
    ngx_http_idv_console_house_t   house;

    if (ngx_http_idv_subject_hash(user, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_idv_console_house(job, &house);

    /* another worker may have issued one in a second that is new to this one */

    ngx_time_update();
    now = ngx_time();

    for (i = 0; i < house.n; i++) {
        provider = house.providers[i];

        idv_store_subject(provider->id, subject, key);

        /*
         * An earlier verification would be another session at once, and a copy
         * of a flow, that its browser has kept, the flow again.
         */

        age = ngx_max(provider->session_lifetime,
                      (time_t) provider->flow.reuse);
        age = ngx_max(age, (time_t) provider->flow.state_timeout);

        if (idv_store_revoke(provider->store, key, now, now + age) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* limits of theirs, and a lock after failures */

ngx_int_t
ngx_http_idv_console_forgive(ngx_http_idv_console_t *job, ngx_str_t *user)
{
    u_char                         subject[16];
    ngx_uint_t                     i;
    ngx_http_idv_console_house_t   house;

    if (ngx_http_idv_subject_hash(user, subject) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_idv_console_house(job, &house);

    for (i = 0; i < house.n; i++) {
        if (idv_engine_forgive(house.providers[i], subject) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_idv_console_revoke(ngx_http_idv_console_t *job)
{
    ngx_int_t  rc;

    rc = ngx_http_idv_console_end_sessions(job,
                                   &job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, rc == NGX_DECLINED
                                       ? NGX_HTTP_IDV_CONSOLE_ZONE_FULL
                                       : NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                json_pack("{s:s}", "sessions", "revoked"));
}


void
ngx_http_idv_console_flows(ngx_http_idv_console_t *job)
{
    u_char                         hash[16], next[NGX_INT_T_LEN];
    json_t                        *list;
    uint32_t                       cursor;
    ngx_int_t                      number;
    ngx_str_t                      user, subject, state, from;
    ngx_uint_t                     i, n;
    idv_flow_t                    *flows;
    idv_store_query_t              query;
    ngx_http_idv_console_house_t   house;

    flows = ngx_palloc(job->request->pool,
                       IDV_STORE_MAX_LISTED * sizeof(idv_flow_t));

    if (flows == NULL
        || ngx_http_idv_console_arg(job, "user", &user) != NGX_OK
        || ngx_http_idv_console_arg(job, "subject", &subject) != NGX_OK
        || ngx_http_idv_console_arg(job, "state", &state) != NGX_OK
        || ngx_http_idv_console_arg(job, "cursor", &from) != NGX_OK)
    {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    if (ngx_http_idv_console_states(&state, &query.states) != NGX_OK) {
        ngx_http_idv_console_invalid(job, "state", "There is no such state.");
        return;
    }

    number = from.len ? ngx_atoi(from.data, from.len) : 0;

    if (number == NGX_ERROR || number > NGX_MAX_INT32_VALUE) {
        ngx_http_idv_console_invalid(job, "cursor", "It is none of ours.");
        return;
    }

    ngx_http_idv_console_house(job, &house);

    if (user.len && !house.lookup) {
        subject = user;
        user.len = 0;
    }

    if (subject.len && ngx_http_idv_subject_hash(&subject, hash) != NGX_OK) {
        ngx_http_idv_console_fail(job, NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    query.providers = house.ids;
    query.nproviders = house.n;
    query.subject = subject.len ? hash : NULL;
    query.user = user.len ? &user : NULL;
    cursor = (uint32_t) number;

    n = idv_store_list(job->conf->provider->store, &query, &cursor,
                       ngx_current_msec, flows, IDV_STORE_MAX_LISTED);

    list = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(list,
                            ngx_http_idv_console_flow_json(&house, &flows[i]));
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                     json_pack("{s:o, s:I, s:o*}",
                               "flows", list,
                               "count", (json_int_t) n,
                               "next",
                               cursor ? json_stringn((char *) next,
                                           ngx_sprintf(next, "%uD", cursor)
                                           - next)
                                      : NULL));
}


/* 0: any */

static ngx_int_t
ngx_http_idv_console_states(ngx_str_t *name, uint32_t *states)
{
    ngx_uint_t   i;
    const char  *state;

    *states = 0;

    if (name->len == 0) {
        return NGX_OK;
    }

    for (i = IDV_STATE_DEVICE; i < IDV_STATE_NSTATES; i++) {
        state = idv_flow_state_name(i);

        if (ngx_strlen(state) == name->len
            && ngx_strncmp(state, name->data, name->len) == 0)
        {
            *states = (uint32_t) 1 << i;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


void
ngx_http_idv_console_flow_cancel(ngx_http_idv_console_t *job)
{
    ngx_int_t                      rc;
    ngx_str_t                      user;
    ngx_uint_t                     i;
    idv_flow_t                     flow;
    ngx_http_idv_console_house_t   house;

    ngx_http_idv_console_house(job, &house);

    rc = NGX_DECLINED;

    for (i = 0; i < house.n && rc == NGX_DECLINED; i++) {
        rc = idv_engine_close(house.providers[i],
                              &job->ids[NGX_HTTP_IDV_CONSOLE_ID_FLOW], &flow);
    }

    if (rc != NGX_OK) {
        ngx_http_idv_console_fail(job, rc == NGX_DECLINED
                                       ? NGX_HTTP_IDV_CONSOLE_NOT_FOUND
                                       : NGX_HTTP_IDV_CONSOLE_INTERNAL);
        return;
    }

    /* the log tells whose it was */

    user.len = ngx_strlen(flow.user);
    user.data = ngx_pnalloc(job->request->pool, user.len);

    if (user.data) {
        ngx_memcpy(user.data, flow.user, user.len);
        job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER] = user;
    }

    ngx_http_idv_console_answer(job, NGX_HTTP_OK,
                                ngx_http_idv_console_flow_json(&house, &flow));
}


static json_t *
ngx_http_idv_console_flow_json(const ngx_http_idv_console_house_t *house,
    const idv_flow_t *flow)
{
    u_char      zero[16];
    int64_t     now, now_ms;
    ngx_uint_t  i;

    for (i = 0; house->ids[i] != flow->provider; i++) {
        /* void */
    }

    now = ngx_time();
    now_ms = (int64_t) ngx_current_msec;

    ngx_memzero(zero, sizeof(zero));

    return json_pack("{s:s%, s:s, s:o*, s:s%, s:o*, s:o, s:o, s:i, s:i, s:o*}",
                     "id", flow->id, (size_t) IDV_FLOW_ID_LEN,
                     "state", idv_flow_state_name(flow->state),
                     "user", json_string(flow->user),
                     "provider", house->providers[i]->name.data,
                     house->providers[i]->name.len,
                     "policy",
                     ngx_memcmp(flow->policy, zero, 16) == 0
                     ? NULL : ngx_http_idv_console_uuid(flow->policy),
                     "createdAt",
                     ngx_http_idv_console_time(now + ((int64_t) flow->created
                                                      - now_ms) / 1000),
                     "expiresAt",
                     ngx_http_idv_console_time(now + ((int64_t) flow->expires
                                                      - now_ms) / 1000),
                     "attempts", (int) flow->transactions,
                     "failures", (int) flow->failures,
                     "transactionId",
                     ngx_memcmp(flow->tx, zero, 16) == 0
                     ? NULL : ngx_http_idv_console_uuid(flow->tx));
}


static json_t *
ngx_http_idv_console_time(int64_t when)
{
    u_char  text[NGX_HTTP_IDV_TIME_LEN];

    (void) ngx_http_idv_time(text, (time_t) when);

    return json_stringn((char *) text, sizeof(text));
}


static json_t *
ngx_http_idv_console_uuid(const u_char *uuid)
{
    u_char  text[IDV_UUID_LEN];

    (void) idv_uuid_print(text, uuid);

    return json_stringn((char *) text, sizeof(text));
}
