
/*
 * Copyright (C) nginx-idv authors
 *
 * The state of a flow as JSON has a buffer of the size that it can need, and
 * no byte is written behind it: not even of a flow whose texts have lost their
 * end.
 */


#include "request.h"


static ngx_int_t
state(idv_flow_t *flow, ngx_str_t *json)
{
    ngx_int_t               rc;
    idv_engine_op_t         op;
    ngx_http_request_t     *r;
    ngx_http_idv_client_t   client;

    r = fake_request("shop.example");

    memset(&op, 0, sizeof(op));
    op.flow = *flow;
    memset(&client, 0, sizeof(client));

    rc = ngx_http_idv_flow_json(r, &fake_provider, &client, &op, json);

    if (rc == NGX_OK) {
        ok(tap_has(json, "\"_links\"") && json->data[json->len - 1] == '}',
           "with its end");
    }

    fake_end(r);

    return rc;
}


int
main(void)
{
    ngx_int_t   rc;
    ngx_str_t   json;
    idv_flow_t  flow;

    fake_setup();

    memset(&flow, 0, sizeof(flow));
    memset(flow.id, 'a', IDV_FLOW_ID_LEN);
    flow.state = IDV_STATE_REQUIRED;

    /* as long as each may be, and all of it to be escaped */

    memset(flow.code, 1, IDV_FLOW_MAX_CODE);
    memset(flow.url, 2, IDV_FLOW_MAX_URL);
    flow.tx_expires = 1800000000;
    flow.cause = IDV_CAUSE_NONE + 1;
    flow.method = IDV_METHOD_EMAIL;
    flow.flags = IDV_FLOW_SELF;

    rc = state(&flow, &json);
    is_int(rc, NGX_OK, "the longest state");

    /* a code without an end goes on through user, URL and return address */

    memset(flow.code, 1, sizeof(flow.code));
    memset(flow.user, 1, sizeof(flow.user));
    memset(flow.url, 1, sizeof(flow.url));
    memset(flow.return_to, 1, IDV_FLOW_MAX_RETURN);

    rc = state(&flow, &json);
    is_int(rc, NGX_ERROR, "one without an end");

    return tap_done();
}
