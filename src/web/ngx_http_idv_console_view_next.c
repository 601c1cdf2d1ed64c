
/*
 * Copyright (C) nginx-idv authors
 *
 * Where the console goes when something was done (303), so that a reload does
 * nothing again, and what it says there.
 */


#include "ngx_http_idv_console_view.h"


ngx_str_t
ngx_http_idv_view_to_user(ngx_http_idv_view_t *v, json_t *answer)
{
    (void) answer;

    return ngx_http_idv_view_string(v, "%vusers/%u", &v->uri,
                               &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);
}


ngx_str_t
ngx_http_idv_view_to_same(ngx_http_idv_view_t *v, json_t *answer)
{
    (void) answer;

    return v->uri;
}


ngx_str_t
ngx_http_idv_view_after_reset(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  user;

    user = ngx_http_idv_view_to_user(v, answer);

    return ngx_http_idv_view_string(v, "%v?done=reset&transactions=%U"
                                       "&flows=%U&message=%U", &user,
                                       answer, "transactions", answer, "flows",
                                       answer, "message");
}


ngx_str_t
ngx_http_idv_view_after_status(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  user, status;

    user = ngx_http_idv_view_to_user(v, answer);
    status = idv_json_string(v->job->input, "status");

    return ngx_http_idv_view_string(v, "%v?done=%s", &user,
                                       status.len == sizeof("ENABLED") - 1
                                       ? "enabled" : "disabled");
}


ngx_str_t
ngx_http_idv_view_after_approve(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  user;

    user = ngx_http_idv_view_to_user(v, answer);

    return ngx_http_idv_view_string(v, "%v/verifyTransactions/%u"
                         "?done=approved", &user,
                         &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);
}


ngx_str_t
ngx_http_idv_view_after_approve_user(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  user;

    user = ngx_http_idv_view_to_user(v, answer);

    return ngx_http_idv_view_string(v, "%v?done=approved-user", &user);
}


ngx_str_t
ngx_http_idv_view_after_revoke(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  user;

    user = ngx_http_idv_view_to_user(v, answer);

    return ngx_http_idv_view_string(v, "%v?done=sessions", &user);
}


ngx_str_t
ngx_http_idv_view_after_cancel(ngx_http_idv_view_t *v,
    json_t *answer)
{
    (void) answer;

    return ngx_http_idv_view_string(v, "%vflows?done=flow",
                                       &v->uri);
}


ngx_str_t
ngx_http_idv_view_after_create(ngx_http_idv_view_t *v,
    json_t *answer)
{
    return ngx_http_idv_view_string(v, "%vverifyPolicies/%U?done=created",
                                       &v->uri, answer, "id");
}


ngx_str_t
ngx_http_idv_view_after_update(ngx_http_idv_view_t *v,
    json_t *answer)
{
    (void) answer;

    return ngx_http_idv_view_string(v, "%vverifyPolicies/%u?done=updated",
                               &v->uri,
                               &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
}


ngx_str_t
ngx_http_idv_view_after_delete(ngx_http_idv_view_t *v,
    json_t *answer)
{
    (void) answer;

    return ngx_http_idv_view_string(v, "%vverifyPolicies?done=deleted",
                                       &v->uri);
}


ngx_str_t
ngx_http_idv_view_after_decide(ngx_http_idv_view_t *v,
    json_t *answer)
{
    ngx_str_t  decision;

    (void) answer;

    decision = idv_json_string(v->job->input, "decision");

    return ngx_http_idv_view_string(v, "%vreviews?done=review-%s",
                                       &v->uri,
                                       decision.len
                                       && decision.data[0] == 'A'
                                       ? "approved" : "rejected");
}
