
/*
 * Copyright (C) nginx-idv authors
 *
 * Counters of the zone in Prometheus' text format 0.0.4.  Read one by one,
 * without the zone's lock, and rendered afterwards.
 */


#include "ngx_http_idv_web.h"


typedef struct {
    const char   *name;
    const char   *help;
} ngx_http_idv_metric_t;


/* docs/operations.md lists the same; a script compares them */

static const ngx_http_idv_metric_t  ngx_http_idv_counters[] = {
    { "idv_flows_started_total", "Flows started." },
    { "idv_flows_completed_total", "Flows that reached COMPLETED." },
    { "idv_flows_failed_total", "Flows that reached FAILED." },
    { "idv_flows_timed_out_total", "Flows that reached TIMED_OUT." },
    { "idv_flows_canceled_total", "Flows cancelled by their client." },
    { "idv_flows_evicted_total", "Flows that gave way to a new one." },
    { "idv_flows_expired_total", "Flows dropped after their time." },
    { "idv_sessions_issued_total", "Sessions issued." },
    { "idv_sessions_refused_total", "Session texts that were not valid." },
    { "idv_sessions_revoked_total", "Revocations of sessions or subjects." },
    { "idv_sessions_redeemed_total", "Sessions used by their one request." },
    { "idv_gate_admitted_total", "Requests let through." },
    { "idv_gate_refused_total", "Requests refused." },
    { "idv_polls_total", "Polls of flow API clients." },
    { "idv_transactions_created_total", "Transactions at the provider." },
    { "idv_provider_reads_total", "Transactions read." },
    { "idv_provider_claims_total", "Verified data fetched." },
    { "idv_provider_lookups_total", "Users looked up." },
    { "idv_users_provisioned_total", "Users made at the provider." },
    { "idv_provider_policies_total", "Verify policies read." },
    { "idv_provider_tokens_total", "Worker tokens fetched." },
    { "idv_provider_errors_total", "Calls to the provider that failed." },
    { "idv_provider_limited_total", "Calls held back by a limit." },
    { "idv_breaker_opened_total", "Times that the breaker opened." },
    { "idv_zone_full_total", "Flows refused, or limits forgotten." },
    { "idv_limited_subject_total", "Refusals by a limit per subject." },
    { "idv_limited_address_total", "Refusals by a limit per address." },
    { "idv_limited_all_total", "Refusals by a limit of all together." },
    { "idv_limited_locked_total", "Refusals of locked subjects." },
    { "idv_lockouts_total", "Subjects locked after failures." }
};

typedef char  ngx_http_idv_counters_match[
    sizeof(ngx_http_idv_counters) / sizeof(ngx_http_idv_counters[0])
    == IDV_COUNT_NCOUNTERS ? 1 : -1];


ngx_int_t
ngx_http_idv_metrics_handler(ngx_http_request_t *r)
{
    u_char                         *p;
    size_t                          used, size;
    ngx_str_t                       body;
    ngx_uint_t                      i, flows;
    idv_store_t                    *store;
    const ngx_http_idv_loc_conf_t  *lcf;

    static ngx_str_t  allow = ngx_string("GET, HEAD");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        if (ngx_http_idv_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_idv_module);
    store = lcf->metrics->store;

    p = ngx_pnalloc(r->pool, (IDV_COUNT_NCOUNTERS + 3) * 256);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;

    for (i = 0; i < IDV_COUNT_NCOUNTERS; i++) {
        p = ngx_sprintf(p, "# HELP %s %s\n# TYPE %s counter\n%s %uA\n",
                        ngx_http_idv_counters[i].name,
                        ngx_http_idv_counters[i].help,
                        ngx_http_idv_counters[i].name,
                        ngx_http_idv_counters[i].name,
                        idv_store_counter(store, i));
    }

    idv_store_usage(store, &flows, &used, &size);

    p = ngx_sprintf(p, "# HELP idv_flows Flows in the zone.\n"
                    "# TYPE idv_flows gauge\nidv_flows %ui\n", flows);
    p = ngx_sprintf(p, "# HELP idv_zone_used_bytes Bytes of the zone that "
                    "flows take.\n# TYPE idv_zone_used_bytes gauge\n"
                    "idv_zone_used_bytes %uz\n", used);
    p = ngx_sprintf(p, "# HELP idv_zone_size_bytes Bytes of the zone that "
                    "flows can take.\n# TYPE idv_zone_size_bytes gauge\n"
                    "idv_zone_size_bytes %uz\n", size);

    body.len = p - body.data;

    if (ngx_http_idv_no_store(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_idv_send(r, NGX_HTTP_OK, "text/plain; version=0.0.4",
                             &body);
}
