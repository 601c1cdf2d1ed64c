
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages of transactions: results, verified data, and what waits
 * for a person's judgement.
 */


#include "ngx_http_idv_console_view.h"


static void ngx_http_idv_view_results(ngx_http_idv_view_t *v, json_t *checks);
static void ngx_http_idv_view_judged(ngx_http_idv_view_t *v, json_t *list,
    const char *title, const char *id);
static void ngx_http_idv_view_tx_actions(ngx_http_idv_view_t *v,
    ngx_str_t *status);
static void ngx_http_idv_view_items(ngx_http_idv_view_t *v, json_t *list);
static void ngx_http_idv_view_picture(ngx_http_idv_view_t *v, json_t *item,
    ngx_str_t *photo);
static void ngx_http_idv_view_type(ngx_http_idv_view_t *v, json_t *item,
    const char *name);
static void ngx_http_idv_view_show_photos(ngx_http_idv_view_t *v,
    ngx_str_t *base);
static void ngx_http_idv_view_open_checks(ngx_http_idv_view_t *v,
    json_t *checks);
static void ngx_http_idv_view_decide(ngx_http_idv_view_t *v);


static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_approve_tx = {
    "approve", "plain", "Approve manually",
    "Approve this transaction manually?",
    "The user then counts as verified, whatever the checks have found. Do this "
    "only if you have seen who they are."
};


/* of a rejection, as the local service has them */

static const ngx_http_idv_view_word_t  ngx_http_idv_view_reasons[] = {
    { "REJECTED", "Not convincing", "", NULL },
    { "DOCUMENT_IMAGE_INVALID", "The photo of the document is of no use", "",
      NULL },
    { "SELFIE_IMAGE_INVALID", "The selfie is of no use", "", NULL },
    { "DOCUMENT_DATA_MISMATCH", "What was typed in is not in the document", "",
      NULL },
    { "DOCUMENT_DATA_MISSING", "Something is missing", "", NULL },
    { "DOCUMENT_EXPIRED", "The document has expired", "", NULL },
    { "BIRTH_DATE_INVALID", "The birth date cannot be right", "", NULL },
    { "RECORD_MISMATCH", "Not the person that it should be", "", NULL },
    { NULL, NULL, "", NULL }
};


void
ngx_http_idv_view_transaction(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t     *tx, *status, *messages;
    ngx_str_t   title, word, *user;

    user = &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];

    tx = json_object_get(answer, "transaction");
    status = json_object_get(tx, "transactionStatus");
    word = idv_json_string(status, "status");

    ngx_str_set(&title, "Transaction");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_USERS, "transaction", &title);

    ngx_http_idv_view_put(v, "<p class=\"back\"><a href=\"%pusers/%u\">Back to "
                          "the user</a></p>\n<p>Status: ", user);
    ngx_http_idv_view_badge(v, ngx_http_idv_view_statuses, &word);
    ngx_http_idv_view_put(v, " %j</p>\n<dl class=\"facts\">\n",
                          answer, "meaning");

    ngx_http_idv_view_fact(v, "Transaction ID", tx, "id");
    ngx_http_idv_view_put(v, "<div><dt>Requested</dt><dd>%D</dd></div>\n"
                          "<div><dt>Changed</dt><dd>%D</dd></div>\n"
                          "<div><dt>Time is over</dt><dd>%D</dd></div>\n",
                          tx, "createdAt", tx, "updatedAt", tx, "expiresAt");

    ngx_http_idv_view_put(v, "<div><dt>Verify policy</dt><dd><a "
                          "href=\"%pverifyPolicies/%U\"><code>%j</code></a>"
                          "</dd></div>\n",
                          json_object_get(tx, "verifyPolicy"), "id",
                          json_object_get(tx, "verifyPolicy"), "id");
    ngx_http_idv_view_fact(v, "Verified documents", tx, "verifiedDocuments");
    ngx_http_idv_view_put(v, "</dl>\n");

    if (v->admin) {
        ngx_http_idv_view_tx_actions(v, &word);
    }

    ngx_http_idv_view_put(v, "<section aria-labelledby=\"checks\">\n"
                          "<h2 id=\"checks\">Checks</h2>\n");
    ngx_http_idv_view_results(v, json_object_get(status, "verificationStatus"));

    messages = json_object_get(status, "providerMessagesList");

    if (json_array_size(messages)) {
        ngx_http_idv_view_put(v, "<h3>What the provider says</h3>\n");
        ngx_http_idv_view_value(v, messages);
    }

    ngx_http_idv_view_put(v, "</section>\n");

    ngx_http_idv_view_judged(v, ngx_http_idv_view_list(answer, "metaData"),
                             "Results", "results");
    ngx_http_idv_view_judged(v, ngx_http_idv_view_list(answer,
                                                       "previousAttempts"),
                             "Previous attempts", "previous");
}


static void
ngx_http_idv_view_results(ngx_http_idv_view_t *v, json_t *checks)
{
    json_t                          *value;
    ngx_str_t                        text, name;
    const char                      *key;
    const ngx_http_idv_view_word_t  *word;

    if (json_object_size(checks) == 0) {
        ngx_http_idv_view_put(v, "<p class=\"soft\">None is known.</p>\n");
        return;
    }

    ngx_http_idv_view_put(v, "<table>\n<thead><tr><th scope=\"col\">Check</th>"
                          "<th scope=\"col\">Result</th></tr></thead>\n"
                          "<tbody>\n");

    json_object_foreach(checks, key, value) {
        name.data = (u_char *) key;
        name.len = ngx_strlen(key);

        word = ngx_http_idv_view_word(ngx_http_idv_view_checks, &name);
        text = ngx_http_idv_view_text(v, value);

        ngx_http_idv_view_put(v, word->name
                              ? "<tr><th scope=\"row\">%s</th><td>"
                              : "<tr><th scope=\"row\"><bdi>%s%e</bdi></th>"
                                "<td>",
                              word->name ? word->word : "", &name);
        ngx_http_idv_view_badge(v, ngx_http_idv_view_statuses, &text);
        ngx_http_idv_view_put(v, "</td></tr>\n");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n");
}


/* metadata: what was judged, by whom, at which attempt */

static void
ngx_http_idv_view_judged(ngx_http_idv_view_t *v, json_t *list,
    const char *title, const char *id)
{
    size_t      i, n;
    json_t     *item;
    ngx_str_t   status;

    n = json_array_size(list);

    if (n == 0) {
        return;
    }

    ngx_http_idv_view_put(v, "<section aria-labelledby=\"%s\">\n"
                          "<h2 id=\"%s\">%s</h2>\n", id, id, title);

    for (i = 0; i < n; i++) {
        item = json_array_get(list, i);
        status = idv_json_string(item, "status");

        ngx_http_idv_view_put(v, "<details>\n<summary>");
        ngx_http_idv_view_type(v, item, "type");
        ngx_http_idv_view_put(v, " ");
        ngx_http_idv_view_badge(v, ngx_http_idv_view_statuses, &status);
        ngx_http_idv_view_put(v, "</summary>\n<dl class=\"facts\">\n");
        ngx_http_idv_view_fact(v, "Judged by", item, "provider");
        ngx_http_idv_view_fact(v, "Attempt", json_object_get(item, "retry"),
                               "attempt");
        ngx_http_idv_view_put(v, "</dl>\n");
        ngx_http_idv_view_value(v, json_object_get(item, "data"));
        ngx_http_idv_view_put(v, "</details>\n");
    }

    ngx_http_idv_view_put(v, "</section>\n");
}


/* what API and service permit: only what has begun, or has failed */

static void
ngx_http_idv_view_tx_actions(ngx_http_idv_view_t *v, ngx_str_t *status)
{
    ngx_str_t  base, action;

    base = ngx_http_idv_view_string(v, "%pusers/%u/verifyTransactions/%u",
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);

    ngx_http_idv_view_put(v, "<div class=\"actions\">\n<a class=\"button\" "
                          "href=\"%v/verifiedData\">Show personal data</a>\n",
                          &base);

    if ((status->len == 4 && ngx_strncmp(status->data, "FAIL", 4) == 0)
        || (status->len == 11
            && ngx_strncmp(status->data, "IN_PROGRESS", 11) == 0))
    {
        action = ngx_http_idv_view_string(v, "%v/approve", &base);
        ngx_http_idv_view_ask(v, &ngx_http_idv_view_ask_approve_tx, &action,
                              "");
    }

    ngx_http_idv_view_put(v, "</div>\n");
}


void
ngx_http_idv_view_data(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t     *list, *previous;
    ngx_str_t   title, base;

    ngx_str_set(&title, "Personal data");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_USERS, "data", &title);

    base = ngx_http_idv_view_string(v, "%pusers/%u/verifyTransactions/%u",
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER],
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);

    ngx_http_idv_view_put(v, "<p class=\"back\"><a href=\"%v\">Back to the "
                          "transaction</a></p>\n<p class=\"warning\">What is "
                          "below is personal. That you looked at it is in the "
                          "audit log. It is deleted soon after the decision."
                          "</p>\n", &base);

    list = ngx_http_idv_view_list(answer, "verifiedData");
    previous = ngx_http_idv_view_list(answer, "previousAttempts");

    if (json_array_size(list) == 0 && json_array_size(previous) == 0) {
        ngx_http_idv_view_put(v, "<p>There is none, or it has been deleted "
                              "already.</p>\n");
        return;
    }

    base = ngx_http_idv_view_string(v, "%v/verifiedData", &base);
    ngx_http_idv_view_show_photos(v, &base);

    ngx_http_idv_view_put(v, "<h2>Latest attempt</h2>\n"
                          "<div class=\"beside\">\n");
    ngx_http_idv_view_items(v, list);
    ngx_http_idv_view_put(v, "</div>\n");

    if (json_array_size(previous)) {
        ngx_http_idv_view_put(v, "<h2>Previous attempts</h2>\n"
                              "<div class=\"beside\">\n");
        ngx_http_idv_view_items(v, previous);
        ngx_http_idv_view_put(v, "</div>\n");
    }
}


/* photos are loaded by whoever asks for them, and by nobody else */

static void
ngx_http_idv_view_show_photos(ngx_http_idv_view_t *v, ngx_str_t *base)
{
    ngx_str_t  photos;

    if (ngx_http_idv_console_arg(v->job, "photos", &photos) != NGX_OK) {
        v->html.failed = 1;
        return;
    }

    v->photos = (photos.len != 0);

    ngx_http_idv_view_put(v, "<p class=\"actions\"><a class=\"button%s\" "
                          "href=\"%v%s\" id=\"photos\">%s the photos</a></p>"
                          "\n",
                          v->photos ? "" : " primary", base,
                          v->photos ? "" : "?photos=1",
                          v->photos ? "Hide" : "Show");
}


/* texts, or pictures, one beside the other */

static void
ngx_http_idv_view_items(ngx_http_idv_view_t *v, json_t *list)
{
    size_t      i;
    json_t     *item, *value;
    ngx_str_t   photo;

    for (i = 0; i < json_array_size(list); i++) {
        item = json_array_get(list, i);
        photo = idv_json_string(item, "image");

        ngx_http_idv_view_put(v, photo.len ? "<figure>\n<figcaption>"
                                           : "<section>\n<h3>");
        ngx_http_idv_view_type(v, item, "type");

        if (photo.len) {
            ngx_http_idv_view_put(v, "</figcaption>\n");
            ngx_http_idv_view_picture(v, item, &photo);
            ngx_http_idv_view_put(v, "</figure>\n");
            continue;
        }

        ngx_http_idv_view_put(v, "</h3>\n");

        value = json_object_get(item, "data");
        ngx_http_idv_view_value(v, value ? value
                                         : json_object_get(item, "value"));

        ngx_http_idv_view_put(v, "</section>\n");
    }
}


/* photo: below the console, as the core has written it */

static void
ngx_http_idv_view_picture(ngx_http_idv_view_t *v, json_t *item,
    ngx_str_t *photo)
{
    if (!v->photos) {
        ngx_http_idv_view_put(v, "<p class=\"soft\">not shown</p>\n");
        return;
    }

    ngx_http_idv_view_put(v, "<a href=\"%p%e\"><img src=\"%p%e\" alt=\"",
                          photo, photo);
    ngx_http_idv_view_type(v, item, "type");
    ngx_http_idv_view_put(v, ", open in full size\"></a>\n");
}


static void
ngx_http_idv_view_type(ngx_http_idv_view_t *v, json_t *item, const char *name)
{
    ngx_str_t                        type;
    const ngx_http_idv_view_word_t  *word;

    type = idv_json_string(item, name);
    word = ngx_http_idv_view_word(ngx_http_idv_view_checks, &type);

    ngx_http_idv_view_put(v, word->name ? "%s" : "%s%e",
                          word->name ? word->word : "", &type);
}


void
ngx_http_idv_view_reviews(ngx_http_idv_view_t *v, json_t *answer)
{
    size_t      i, n;
    json_t     *list, *review;
    ngx_str_t   title;

    ngx_str_set(&title, "Reviews");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_REVIEWS, "reviews", &title);

    list = ngx_http_idv_view_list(answer, "reviews");
    n = json_array_size(list);

    if (n == 0) {
        ngx_http_idv_view_put(v, "<p role=\"status\">Nothing waits for you."
                              "</p>\n");
        return;
    }

    ngx_http_idv_view_put(v,
        "<p class=\"soft\">Verifications that only a person can decide, those "
        "that wait longest first.</p>\n"
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
        "aria-label=\"Reviews\">\n<table>\n"
        "<thead><tr><th scope=\"col\">Handed in</th><th scope=\"col\">User</th>"
        "<th scope=\"col\">What is to be judged</th><th scope=\"col\">Review"
        "</th></tr></thead>\n<tbody>\n");

    for (i = 0; i < n; i++) {
        review = json_array_get(list, i);

        ngx_http_idv_view_put(v, "<tr><td>%D</td><td>%b</td><td>",
                              review, "updatedAt",
                              json_object_get(review, "user"), "id");
        ngx_http_idv_view_open_checks(v, json_object_get(review, "checks"));
        ngx_http_idv_view_put(v, "</td><td><a href=\"%previews/%U\">Look at it"
                              "<span class=\"hide\">, transaction %j</span></a>"
                              "</td></tr>\n",
                              json_object_get(review, "transaction"), "id",
                              json_object_get(review, "transaction"), "id");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n</div>\n");
}


static void
ngx_http_idv_view_open_checks(ngx_http_idv_view_t *v, json_t *checks)
{
    size_t                           i;
    ngx_str_t                        name;
    const ngx_http_idv_view_word_t  *word;

    for (i = 0; i < json_array_size(checks); i++) {
        name = ngx_http_idv_view_text(v, json_array_get(checks, i));
        word = ngx_http_idv_view_word(ngx_http_idv_view_checks, &name);

        ngx_http_idv_view_put(v, word->name ? "%s%s" : "%s%s<bdi>%e</bdi>",
                              i ? ", " : "", word->name ? word->word : "",
                              &name);
    }
}


void
ngx_http_idv_view_review(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t     *list, *documents, *required;
    ngx_str_t   title, base;

    ngx_str_set(&title, "Review");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_REVIEWS, "review", &title);

    base = ngx_http_idv_view_string(v, "%previews/%u",
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);

    ngx_http_idv_view_put(v, "<p class=\"back\"><a href=\"%previews\">Back to "
                          "the reviews</a></p>\n<dl class=\"facts\">\n"
                          "<div><dt>User</dt><dd><a href=\"%pusers/%U\">%b</a>"
                          "</dd></div>\n"
                          "<div><dt>Handed in</dt><dd>%D</dd></div>\n",
                          json_object_get(answer, "user"), "id",
                          json_object_get(answer, "user"), "id",
                          answer, "updatedAt");

    ngx_http_idv_view_put(v, "<div><dt>What is to be judged</dt><dd>");
    ngx_http_idv_view_open_checks(v, json_object_get(answer, "checks"));
    ngx_http_idv_view_put(v, "</dd></div>\n</dl>\n");

    documents = ngx_http_idv_view_list(answer, "documents");
    list = ngx_http_idv_view_list(answer, "verifiedData");
    required = json_object_get(answer, "requirements");

    if (json_array_size(documents)) {
        ngx_http_idv_view_show_photos(v, &base);
    }

    ngx_http_idv_view_put(v, "<h2>What was handed in</h2>\n"
                          "<div class=\"beside\">\n");
    ngx_http_idv_view_items(v, documents);
    ngx_http_idv_view_items(v, list);

    if (json_object_size(required)) {
        ngx_http_idv_view_put(v, "<section>\n<h3>What is known of the user"
                              "</h3>\n");
        ngx_http_idv_view_value(v, required);
        ngx_http_idv_view_put(v, "</section>\n");
    }

    ngx_http_idv_view_put(v, "</div>\n");

    ngx_http_idv_view_decide(v);
}


static void
ngx_http_idv_view_decide(ngx_http_idv_view_t *v)
{
    const ngx_http_idv_view_word_t  *reason;

    ngx_http_idv_view_put(v,
        "<section aria-labelledby=\"decide\">\n"
        "<h2 id=\"decide\">Your decision</h2>\n"
        "<p>Is the document genuine, does it show the person of the selfie, "
        "and does it say what was typed in?</p>\n"
        "<div class=\"actions decide\">\n"
        "<form method=\"post\" action=\"%previews/%u\">\n%t"
        "<input type=\"hidden\" name=\"decision\" value=\"APPROVED\">\n"
        "<button class=\"primary\" id=\"approve\">Approve</button>\n</form>\n"
        "<form method=\"post\" action=\"%previews/%u\">\n%t"
        "<input type=\"hidden\" name=\"decision\" value=\"REJECTED\">\n"
        "<p class=\"field\"><label for=\"reason\">Why not</label>\n"
        "<select id=\"reason\" name=\"reason\">\n",
        &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION],
        &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_TRANSACTION]);

    for (reason = ngx_http_idv_view_reasons; reason->name; reason++) {
        ngx_http_idv_view_put(v, "<option value=\"%s\">%s</option>\n",
                              reason->name, reason->word);
    }

    ngx_http_idv_view_put(v, "</select></p>\n<button class=\"danger\" "
                          "id=\"reject\">Reject</button>\n</form>\n</div>\n"
                          "</section>\n");
}
