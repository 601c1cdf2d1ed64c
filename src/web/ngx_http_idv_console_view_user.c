
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages of users: those that were searched for, one of them, and
 * the flows that are open here.
 */


#include "ngx_http_idv_console_view.h"


static void ngx_http_idv_view_found(ngx_http_idv_view_t *v, json_t *answer,
    ngx_str_t *search);
static void ngx_http_idv_view_standing(ngx_http_idv_view_t *v,
    json_t *answer);
static void ngx_http_idv_view_user_actions(ngx_http_idv_view_t *v,
    const ngx_str_t *standing);
static void ngx_http_idv_view_history(ngx_http_idv_view_t *v, json_t *list);


static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_reset = {
    "reset", "danger", "Reset verification status",
    "Reset the verification status?",
    "The status becomes <em>Not initiated</em>: what this user has verified "
    "does not count any more, verifications that are open end, and the user is "
    "signed out of everything behind this gate. The user gets a message to "
    "verify their identity again, or is asked to at the next sign-on."
};

static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_approve = {
    "approve", "plain", "Approve without a request",
    "Approve this user without a request?",
    "The user then counts as verified although nobody has looked at a "
    "document. Do this only if you have seen who they are."
};

static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_disable = {
    "disable", "plain", "Disable verification",
    "Disable ID verification for this user?",
    "The user cannot verify their identity until you enable it again. What "
    "they have verified so far stays."
};

static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_enable = {
    "enable", "plain", "Enable verification",
    "Enable ID verification for this user?",
    "The user can verify their identity again."
};

static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_sessions = {
    "sessions", "plain", "End all sessions",
    "End all verified sessions of this user?",
    "The user is signed out of everything behind this gate, and asked to "
    "verify their identity again. Their verification status stays as it is."
};


/* answer: NULL before anybody was searched for */

void
ngx_http_idv_view_users(ngx_http_idv_view_t *v, json_t *answer)
{
    ngx_str_t  search, title;

    ngx_str_set(&title, "Users");

    if (ngx_http_idv_console_arg(v->job, "search", &search) != NGX_OK) {
        v->html.failed = 1;
        return;
    }

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_USERS, "users", &title);

    ngx_http_idv_view_put(v,
        "<form class=\"search\" method=\"get\" action=\"%pusers\" "
        "role=\"search\">\n"
        "<p class=\"field\"><label for=\"search\">Name, username, e-mail "
        "address or user ID</label>\n"
        "<input id=\"search\" type=\"search\" name=\"search\" value=\"%e\" "
        "autocomplete=\"off\" spellcheck=\"false\"%s></p>\n"
        "<button class=\"primary\">Search</button>\n</form>\n",
        &search, answer ? "" : " autofocus");

    if (answer == NULL) {
        ngx_http_idv_view_put(v,
            "<p class=\"soft\">Search for a user to see whether they are "
            "verified, what was found out%s.</p>\n",
            v->admin ? ", and to help those who are stuck" : "");
        return;
    }

    ngx_http_idv_view_found(v, answer, &search);
}


static void
ngx_http_idv_view_found(ngx_http_idv_view_t *v, json_t *answer,
    ngx_str_t *search)
{
    size_t      i, n;
    json_t     *users, *user, *next;
    ngx_str_t   name, cursor;

    users = ngx_http_idv_view_list(answer, "users");
    n = json_array_size(users);

    if (n == 0) {
        ngx_http_idv_view_put(v, "<p role=\"status\">Nobody was found. Try "
                              "only the beginning of the name.</p>\n");
        ngx_http_idv_view_by_id(v, search);
        return;
    }

    ngx_http_idv_view_put(v,
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
        "aria-label=\"Users that were found\">\n<table>\n"
        "<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Username</th>"
        "<th scope=\"col\">E-mail</th><th scope=\"col\">Phone</th>"
        "<th scope=\"col\">Account</th></tr></thead>\n<tbody>\n");

    for (i = 0; i < n; i++) {
        user = json_array_get(users, i);
        name = ngx_http_idv_view_name(v, user);

        ngx_http_idv_view_put(v,
            "<tr><th scope=\"row\"><a href=\"%pusers/%U\"><bdi>%e</bdi></a>"
            "</th><td>%b</td><td>%b</td><td>%b</td><td>%s</td></tr>\n",
            user, "id", &name, user, "username", user, "email",
            user, "mobilePhone",
            json_is_false(json_object_get(user, "enabled")) ? "disabled"
                                                            : "enabled");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n</div>\n");

    next = json_object_get(answer, "next");
    cursor = ngx_http_idv_view_text(v, next);

    if (cursor.len) {
        ngx_http_idv_view_put(v, "<p><a class=\"button\" "
                              "href=\"%pusers?search=%u&amp;cursor=%u\">"
                              "More</a></p>\n", search, &cursor);
    }
}


/* there are providers that know users by their ids, and cannot search */

void
ngx_http_idv_view_by_id(ngx_http_idv_view_t *v, ngx_str_t *id)
{
    if (id->len && id->len <= NGX_HTTP_IDV_CONSOLE_MAX_ID) {
        ngx_http_idv_view_put(v, "<p class=\"actions\"><a class=\"button\" "
                              "id=\"by-id\" href=\"%pusers/%u\">Open the user "
                              "with the ID <bdi>%e</bdi></a></p>\n", id, id);
    }
}


void
ngx_http_idv_view_user(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t     *user, *flows;
    ngx_str_t   name, action, *id;

    id = &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];

    user = json_object_get(answer, "user");
    name = ngx_http_idv_view_name(v, user);

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_USERS, "user", &name);

    ngx_http_idv_view_put(v, "<dl class=\"facts\">\n");
    ngx_http_idv_view_fact(v, "Username", user, "username");
    ngx_http_idv_view_fact(v, "E-mail", user, "email");
    ngx_http_idv_view_fact(v, "Phone", user, "mobilePhone");
    ngx_http_idv_view_fact(v, "User ID", user, "id");

    if (json_is_false(json_object_get(user, "enabled"))) {
        ngx_http_idv_view_put(v, "<div><dt>Account</dt><dd>disabled</dd></div>"
                              "\n");
    }

    ngx_http_idv_view_put(v, "</dl>\n");

    ngx_http_idv_view_standing(v, answer);

    ngx_http_idv_view_put(v, "<section aria-labelledby=\"transactions\">\n"
                          "<h2 id=\"transactions\">Transactions</h2>\n");
    ngx_http_idv_view_history(v, ngx_http_idv_view_list(answer,
                                                        "transactions"));

    ngx_http_idv_view_put(v, "</section>\n<section aria-labelledby=\"flows\">\n"
                          "<h2 id=\"flows\">Open flows</h2>\n");

    flows = ngx_http_idv_view_list(answer, "flows");

    if (json_array_size(flows)) {
        ngx_http_idv_view_flow_table(v, flows);

    } else {
        ngx_http_idv_view_put(v, "<p class=\"soft\">The user is not in the "
                              "middle of a verification at this gate.</p>\n");
    }

    ngx_http_idv_view_put(v, "</section>\n"
                          "<section aria-labelledby=\"sessions\">\n"
                          "<h2 id=\"sessions\">Sessions</h2>\n<p>");

    if (json_object_get(answer, "revokedAt")) {
        ngx_http_idv_view_put(v, "Sessions that began before %D have been "
                              "ended.", answer, "revokedAt");

    } else {
        ngx_http_idv_view_put(v, "No sessions of this user have been ended "
                              "here.");
    }

    ngx_http_idv_view_put(v, "</p>\n");

    if (v->admin) {
        action = ngx_http_idv_view_string(v, "%pusers/%u/sessions/revoke", id);

        ngx_http_idv_view_put(v, "<div class=\"actions\">\n");
        ngx_http_idv_view_ask(v, &ngx_http_idv_view_ask_sessions, &action, "");
        ngx_http_idv_view_put(v, "</div>\n");
    }

    ngx_http_idv_view_put(v, "</section>\n");
}


/* the user's own status, beside the newest result */

static void
ngx_http_idv_view_standing(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t                          *status, *latest;
    ngx_str_t                        text;
    const ngx_http_idv_view_word_t  *word;

    status = json_object_get(answer, "verifyStatus");

    text = json_is_object(status) ? idv_json_string(status, "verifyStatus")
                                  : idv_json_string(answer, "verifyStatus");

    ngx_http_idv_view_put(v, "<section aria-labelledby=\"verification\">\n"
                          "<h2 id=\"verification\">ID verification</h2>\n");

    if (text.len) {
        word = ngx_http_idv_view_word(ngx_http_idv_view_standings, &text);

        ngx_http_idv_view_put(v, "<p id=\"idv-standing\">Status: ");
        ngx_http_idv_view_badge(v, ngx_http_idv_view_standings, &text);
        ngx_http_idv_view_put(v, " %s</p>\n",
                              word->meaning ? word->meaning : "");
    }

    latest = json_array_get(ngx_http_idv_view_list(answer, "transactions"), 0);

    if (latest) {
        text = idv_json_string(latest, "status");

        ngx_http_idv_view_put(v, "<p>Newest transaction: ");
        ngx_http_idv_view_badge(v, ngx_http_idv_view_statuses, &text);
        ngx_http_idv_view_put(v, " %j</p>\n", latest, "meaning");
    }

    if (v->admin) {
        text = json_is_object(status) ? idv_json_string(status, "verifyStatus")
                                      : idv_json_string(answer,
                                                        "verifyStatus");
        ngx_http_idv_view_user_actions(v, &text);
    }

    ngx_http_idv_view_put(v, "</section>\n");
}


static void
ngx_http_idv_view_user_actions(ngx_http_idv_view_t *v,
    const ngx_str_t *standing)
{
    ngx_str_t   user, action;
    ngx_uint_t  disabled;

    disabled = (standing->len == sizeof("DISABLED") - 1
                && ngx_strncmp(standing->data, "DISABLED", standing->len)
                   == 0);

    user = ngx_http_idv_view_string(v, "%pusers/%u",
                              &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER]);

    ngx_http_idv_view_put(v, "<div class=\"actions\">\n");

    action = ngx_http_idv_view_string(v, "%v/reset", &user);
    ngx_http_idv_view_ask(v, &ngx_http_idv_view_ask_reset, &action, "");

    action = ngx_http_idv_view_string(v, "%v/approve", &user);
    ngx_http_idv_view_ask(v, &ngx_http_idv_view_ask_approve, &action, "");

    action = ngx_http_idv_view_string(v, "%v/status", &user);
    ngx_http_idv_view_ask(v, disabled ? &ngx_http_idv_view_ask_enable
                                      : &ngx_http_idv_view_ask_disable, &action,
                          disabled
                          ? "<input type=\"hidden\" name=\"status\" "
                            "value=\"ENABLED\">\n"
                          : "<input type=\"hidden\" name=\"status\" "
                            "value=\"DISABLED\">\n");

    ngx_http_idv_view_put(v, "</div>\n");
}


static void
ngx_http_idv_view_history(ngx_http_idv_view_t *v, json_t *list)
{
    size_t      i, n;
    json_t     *tx;
    ngx_str_t   status;

    n = json_array_size(list);

    if (n == 0) {
        ngx_http_idv_view_put(v, "<p class=\"soft\">Not initiated: the user "
                              "has not begun to verify their identity.</p>\n");
        return;
    }

    ngx_http_idv_view_put(v,
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
        "aria-labelledby=\"transactions\">\n<table>\n"
        "<thead><tr><th scope=\"col\">Transaction ID</th>"
        "<th scope=\"col\">Status</th><th scope=\"col\">Requested</th>"
        "<th scope=\"col\">Changed</th></tr></thead>\n<tbody>\n");

    for (i = 0; i < n; i++) {
        tx = json_array_get(list, i);
        status = idv_json_string(tx, "status");

        ngx_http_idv_view_put(v,
            "<tr><td><a href=\"%pusers/%u/verifyTransactions/%U\">View</a> "
            "<code>%j</code></td><td>",
            &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER], tx, "id", tx, "id");
        ngx_http_idv_view_badge(v, ngx_http_idv_view_statuses, &status);
        ngx_http_idv_view_put(v, "<span class=\"meaning\">%j</span></td>"
                              "<td>%D</td><td>%D</td></tr>\n",
                              tx, "meaning", tx, "createdAt", tx, "updatedAt");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n</div>\n");
}


void
ngx_http_idv_view_flows(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t     *flows;
    ngx_str_t   title, user, state, cursor;

    ngx_str_set(&title, "Open flows");

    if (ngx_http_idv_console_arg(v->job, "user", &user) != NGX_OK
        || ngx_http_idv_console_arg(v->job, "state", &state) != NGX_OK)
    {
        v->html.failed = 1;
        return;
    }

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_FLOWS, "flows", &title);

    ngx_http_idv_view_put(v,
        "<p class=\"soft\">Everybody who is in the middle of a verification at "
        "this gate.</p>\n"
        "<form class=\"search\" method=\"get\" action=\"%pflows\" "
        "role=\"search\">\n"
        "<p class=\"field\"><label for=\"user\">User ID (empty: "
        "everybody)</label>\n"
        "<input id=\"user\" type=\"search\" name=\"user\" value=\"%e\" "
        "autocomplete=\"off\" spellcheck=\"false\"></p>\n"
        "<button class=\"primary\">Show</button>\n</form>\n", &user);

    flows = ngx_http_idv_view_list(answer, "flows");

    if (json_array_size(flows)) {
        ngx_http_idv_view_flow_table(v, flows);

    } else {
        ngx_http_idv_view_put(v, "<p role=\"status\">There is none here.</p>"
                              "\n");
    }

    /* those of others may have been all that was looked at so far */

    cursor = ngx_http_idv_view_text(v, json_object_get(answer, "next"));

    if (cursor.len) {
        ngx_http_idv_view_put(v, "<p><a class=\"button\" "
                              "href=\"%pflows?user=%u&amp;state=%u&amp;"
                              "cursor=%u\">More</a></p>\n", &user, &state,
                              &cursor);
    }
}


void
ngx_http_idv_view_flow_table(ngx_http_idv_view_t *v, json_t *flows)
{
    size_t                           i;
    json_t                          *flow;
    ngx_str_t                        state;
    const ngx_http_idv_view_word_t  *word;

    ngx_http_idv_view_put(v,
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
        "aria-label=\"Open flows\">\n<table>\n"
        "<thead><tr><th scope=\"col\">Begun</th><th scope=\"col\">Who</th>"
        "<th scope=\"col\">Where they are</th><th scope=\"col\">Until</th>"
        "<th scope=\"col\">Attempts</th><th scope=\"col\">Policy</th>%s"
        "</tr></thead>\n<tbody>\n",
        v->admin ? "<th scope=\"col\">End</th>" : "");

    for (i = 0; i < json_array_size(flows); i++) {
        flow = json_array_get(flows, i);
        state = idv_json_string(flow, "state");

        ngx_http_idv_view_put(v, "<tr><td>%D</td><td><a "
                              "href=\"%pusers/%U\">%b</a></td><td>",
                              flow, "createdAt", flow, "user", flow, "user");
        ngx_http_idv_view_badge(v, ngx_http_idv_view_states, &state);
        ngx_http_idv_view_put(v, "</td><td>%D</td><td>%j</td><td>%b</td>",
                              flow, "expiresAt", flow, "attempts",
                              flow, "policy");

        word = ngx_http_idv_view_word(ngx_http_idv_view_states, &state);

        if (v->admin && word->kind[0] == '\0') {
            ngx_http_idv_view_put(v, "<td></td>");

        } else if (v->admin) {
            ngx_http_idv_view_put(v,
                "<td><form method=\"post\" action=\"%pflows/%U/cancel\">\n%t"
                "<button class=\"small\">End<span class=\"hide\"> the flow %j"
                "</span></button></form></td>", flow, "id", flow, "id");
        }

        ngx_http_idv_view_put(v, "</tr>\n");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n</div>\n");
}
