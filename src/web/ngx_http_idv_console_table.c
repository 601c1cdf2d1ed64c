
/*
 * Copyright (C) nginx-idv authors
 *
 * What the console can do.  Routes, roles, CSRF, the audit log and
 * docs/console.md follow from this table.
 */


#include "ngx_http_idv_console_run.h"


#define NGX_HTTP_IDV_CONSOLE_TXS  "users/{user}/verifyTransactions"
#define NGX_HTTP_IDV_CONSOLE_TX   NGX_HTTP_IDV_CONSOLE_TXS "/{transaction}"


const char *const  ngx_http_idv_console_ids[NGX_HTTP_IDV_CONSOLE_NIDS] = {
    "user",
    "transaction",
    "flow",
    "policy",
    "image"
};


const ngx_http_idv_console_op_t
ngx_http_idv_console_ops[NGX_HTTP_IDV_CONSOLE_NONE] = {

    { NGX_HTTP_GET, "users",
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "users that are found by a text, a page at a time",
      ngx_http_idv_console_users },

    { NGX_HTTP_GET, "users/{user}",
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "one of them: status, transactions, flows here",
      ngx_http_idv_console_user },

    { NGX_HTTP_GET, NGX_HTTP_IDV_CONSOLE_TXS,
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "all changes in the user's status, as the provider lists them",
      ngx_http_idv_console_transactions },

    { NGX_HTTP_GET, NGX_HTTP_IDV_CONSOLE_TX,
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "one of them, with what was judged at each attempt",
      ngx_http_idv_console_transaction },

    { NGX_HTTP_GET, NGX_HTTP_IDV_CONSOLE_TX "/verifiedData",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "data.read", NULL,
      "the verified data of one, with links to its images",
      ngx_http_idv_console_data },

    { NGX_HTTP_GET, NGX_HTTP_IDV_CONSOLE_TX "/images/{image}",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "image.read", NULL,
      "one image of it",
      ngx_http_idv_console_image },

    { NGX_HTTP_POST, "users/{user}/reset",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "user.reset", NULL,
      "the user starts over, at the provider and here",
      ngx_http_idv_console_reset },

    { NGX_HTTP_POST, "users/{user}/status",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "user.status", "status",
      "enables or disables verification of the user",
      ngx_http_idv_console_status },

    { NGX_HTTP_POST, NGX_HTTP_IDV_CONSOLE_TX "/approve",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "transaction.approve", NULL,
      "approves a transaction by hand",
      ngx_http_idv_console_approve },

    { NGX_HTTP_POST, "users/{user}/approve",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "user.approve", NULL,
      "approves a user who has handed in nothing",
      ngx_http_idv_console_approve_user },

    { NGX_HTTP_POST, "users/{user}/sessions/revoke",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "sessions.revoke", NULL,
      "ends all sessions of the user here",
      ngx_http_idv_console_revoke },

    { NGX_HTTP_GET, "flows",
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "flows here, by user or state, a page at a time",
      ngx_http_idv_console_flows },

    { NGX_HTTP_POST, "flows/{flow}/cancel",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "flow.cancel", NULL,
      "ends a flow",
      ngx_http_idv_console_flow_cancel },

    { NGX_HTTP_GET, "verifyPolicies",
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "all verify policies",
      ngx_http_idv_console_policies },

    { NGX_HTTP_GET, "verifyPolicies/{policy}",
      NGX_HTTP_IDV_CONSOLE_VIEWER, NULL, NULL,
      "one of them",
      ngx_http_idv_console_policy },

    { NGX_HTTP_POST, "verifyPolicies",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "policy.create", NULL,
      "a new policy",
      ngx_http_idv_console_policy_create },

    { NGX_HTTP_PUT, "verifyPolicies/{policy}",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "policy.update", NULL,
      "another one in its place",
      ngx_http_idv_console_policy_update },

    { NGX_HTTP_POST, "verifyPolicies/{policy}/delete",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "policy.delete", NULL,
      "deletes a policy",
      ngx_http_idv_console_policy_delete },

    { NGX_HTTP_POST, "verifyPolicies/{policy}/test",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "policy.test", NULL,
      "a transaction to try a policy with",
      ngx_http_idv_console_policy_test },

    { NGX_HTTP_GET, "reviews",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, NULL, NULL,
      "what waits for a person, longest first",
      ngx_http_idv_console_reviews },

    { NGX_HTTP_GET, "reviews/{transaction}",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "review.read", NULL,
      "what was handed in for one of them",
      ngx_http_idv_console_review },

    { NGX_HTTP_POST, "reviews/{transaction}",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "review.decide", "decision",
      "approves or rejects it",
      ngx_http_idv_console_decide },

    { NGX_HTTP_GET, "reviews/{transaction}/images/{image}",
      NGX_HTTP_IDV_CONSOLE_ADMINISTRATOR, "image.read", NULL,
      "one image of it",
      ngx_http_idv_console_review_image }
};
