
/*
 * Copyright (C) nginx-idv authors
 *
 * The console's pages of verify policies: all of them, one, the form in which
 * it is edited, and one that is tried on one's own phone.
 */


#include "ngx_http_idv_console_policy.h"
#include "../util/idv_qr.h"


static void ngx_http_idv_view_checks_of(ngx_http_idv_view_t *v,
    json_t *policy);
static void ngx_http_idv_view_policy_actions(ngx_http_idv_view_t *v,
    json_t *policy);
static void ngx_http_idv_view_setting(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, json_t *value);
static void ngx_http_idv_view_mistakes(ngx_http_idv_view_t *v, json_t *error);
static json_t *ngx_http_idv_view_mistake(json_t *error, const char *path);
static ngx_uint_t ngx_http_idv_view_settled(const ngx_http_idv_field_t *group,
    json_t *policy, json_t *error);
static void ngx_http_idv_view_rest(ngx_http_idv_view_t *v, json_t *policy);
static void ngx_http_idv_view_field(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, json_t *policy, json_t *error,
    ngx_uint_t fresh);
static void ngx_http_idv_view_input(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, ngx_str_t *value, ngx_str_t *said);
static void ngx_http_idv_view_select(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, ngx_str_t *value, ngx_str_t *said);
static void ngx_http_idv_view_option(ngx_http_idv_view_t *v, ngx_str_t *word,
    ngx_uint_t selected);


static const ngx_http_idv_view_ask_t  ngx_http_idv_view_ask_delete = {
    "delete", "danger", "Delete this policy",
    "Delete this verify policy?",
    "It cannot be brought back. Verifications that have begun with it go on; "
    "whoever asks for it afterwards gets an error."
};


void
ngx_http_idv_view_policies(ngx_http_idv_view_t *v, json_t *answer)
{
    size_t      i, n;
    json_t     *list, *policy;
    ngx_str_t   title;

    ngx_str_set(&title, "Verify policies");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_POLICIES, "policies", &title);

    ngx_http_idv_view_put(v, "<p class=\"soft\">A policy says what a user is "
                          "asked for, and how strictly it is looked at.</p>\n");

    if (v->admin) {
        ngx_http_idv_view_put(v, "<p class=\"actions\"><a class=\"button "
                              "primary\" href=\"%pverifyPolicies/new\">New "
                              "policy</a></p>\n");
    }

    list = ngx_http_idv_view_list(answer, "verifyPolicies");
    n = json_array_size(list);

    if (n == 0) {
        ngx_http_idv_view_put(v, "<p>There is none.</p>\n");
        return;
    }

    ngx_http_idv_view_put(v,
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" "
        "aria-label=\"Verify policies\">\n<table>\n"
        "<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Checks</th>"
        "<th scope=\"col\">Changed</th><th scope=\"col\">ID</th></tr></thead>\n"
        "<tbody>\n");

    for (i = 0; i < n; i++) {
        policy = json_array_get(list, i);

        ngx_http_idv_view_put(v,
            "<tr><th scope=\"row\"><a href=\"%pverifyPolicies/%U\">%b</a>%s"
            "<span class=\"meaning\"><bdi>%j</bdi></span></th><td>",
            policy, "id", policy, "name",
            json_is_true(json_object_get(policy, "default"))
            ? " <span class=\"badge good\">default</span>" : "",
            policy, "description");

        ngx_http_idv_view_checks_of(v, policy);

        ngx_http_idv_view_put(v, "</td><td>%D</td><td><code>%j</code></td>"
                              "</tr>\n",
                              policy,
                              json_is_string(json_object_get(policy,
                                                             "updatedAt"))
                              ? "updatedAt" : "createdAt", policy, "id");
    }

    ngx_http_idv_view_put(v, "</tbody>\n</table>\n</div>\n");
}


/* the checks that a policy has, by the titles of their groups */

static void
ngx_http_idv_view_checks_of(ngx_http_idv_view_t *v, json_t *policy)
{
    json_t                      *check;
    ngx_str_t                    level;
    ngx_uint_t                   n;
    const ngx_http_idv_field_t  *field;

    n = 0;

    for (field = ngx_http_idv_policy_fields; field->path; field++) {

        if (field->type != NGX_HTTP_IDV_FIELD_GROUP) {
            continue;
        }

        check = json_object_get(policy, field->path);
        level = idv_json_string(check, "verify");

        if (level.len == 0 || level.data[0] == 'D') {
            continue;
        }

        ngx_http_idv_view_put(v, "%s%s%s", n++ ? ", " : "", field->label,
                              level.data[0] == 'O' ? " (optional)" : "");
    }

    if (n == 0) {
        ngx_http_idv_view_put(v, "<span class=\"soft\">none</span>");
    }
}


void
ngx_http_idv_view_policy(ngx_http_idv_view_t *v, json_t *answer)
{
    json_t                      *value;
    ngx_str_t                    title;
    ngx_uint_t                   group;
    const ngx_http_idv_field_t  *field;

    title = ngx_http_idv_view_text(v, json_object_get(answer, "name"));

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_POLICIES, "policy", &title);

    ngx_http_idv_view_put(v, "<dl class=\"facts\">\n");
    ngx_http_idv_view_fact(v, "Description", answer, "description");
    ngx_http_idv_view_fact(v, "Default policy", answer, "default");
    ngx_http_idv_view_fact(v, "ID", answer, "id");
    ngx_http_idv_view_put(v, "<div><dt>Created</dt><dd>%D</dd></div>\n"
                          "<div><dt>Changed</dt><dd>%D</dd></div>\n</dl>\n",
                          answer, "createdAt", answer, "updatedAt");

    if (v->admin) {
        ngx_http_idv_view_policy_actions(v, answer);
    }

    group = 0;

    for (field = ngx_http_idv_policy_fields; field->path; field++) {

        if (field->type == NGX_HTTP_IDV_FIELD_GROUP) {
            if (group) {
                ngx_http_idv_view_put(v, "</dl>\n</section>\n");
            }

            /* the first group is the policy itself, which was on top */

            group = json_is_object(ngx_http_idv_policy_get(answer,
                                                           field->path));

            if (group) {
                ngx_http_idv_view_put(v, "<section>\n<h2>%s</h2>\n"
                                      "<dl class=\"facts\">\n", field->label);
            }

            continue;
        }

        value = group ? ngx_http_idv_policy_get(answer, field->path) : NULL;

        if (value) {
            ngx_http_idv_view_setting(v, field, value);
        }
    }

    if (group) {
        ngx_http_idv_view_put(v, "</dl>\n</section>\n");
    }
}


static void
ngx_http_idv_view_policy_actions(ngx_http_idv_view_t *v, json_t *policy)
{
    ngx_str_t   action, *id;
    ngx_uint_t  is_default;

    id = &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY];
    is_default = json_is_true(json_object_get(policy, "default"));

    ngx_http_idv_view_put(v, "<div class=\"actions\">\n<a class=\"button "
                          "primary\" href=\"%pverifyPolicies/%u/edit\">Edit"
                          "</a>\n", id);

    if (!is_default) {
        action = ngx_http_idv_view_string(v, "%pverifyPolicies/%u/delete", id);
        ngx_http_idv_view_ask(v, &ngx_http_idv_view_ask_delete, &action, "");
    }

    ngx_http_idv_view_put(v, "</div>\n");

    if (is_default) {
        ngx_http_idv_view_put(v, "<p class=\"soft\">The default policy cannot "
                              "be deleted. Make another one the default first."
                              "</p>\n");
    }

    ngx_http_idv_view_put(v,
        "<form class=\"search\" method=\"post\" "
        "action=\"%pverifyPolicies/%u/test\">\n%t"
        "<p class=\"field\"><label for=\"userId\">Try it: the ID of a user, "
        "best a test user of yours</label>\n"
        "<input id=\"userId\" name=\"userId\" required maxlength=\"100\" "
        "autocomplete=\"off\" spellcheck=\"false\"></p>\n"
        "<button>Test this policy</button>\n</form>\n", id);
}


static void
ngx_http_idv_view_setting(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, json_t *value)
{
    ngx_str_t                        text;
    const ngx_http_idv_view_word_t  *word;

    text = ngx_http_idv_view_text(v, value);
    word = ngx_http_idv_view_word(ngx_http_idv_policy_words, &text);

    ngx_http_idv_view_put(v, "<div><dt>%s</dt><dd>", field->label);

    if (word->name) {
        ngx_http_idv_view_put(v, "%s", word->word);

    } else {
        ngx_http_idv_view_value(v, value);
    }

    ngx_http_idv_view_put(v, "</dd></div>\n");
}


void
ngx_http_idv_view_form(ngx_http_idv_view_t *v, json_t *policy, json_t *error)
{
    ngx_str_t                    title, *id;
    ngx_uint_t                   open, fresh;
    const ngx_http_idv_field_t  *field;

    id = &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY];
    fresh = (policy == NULL);

    if (!v->admin) {
        ngx_str_set(&title, "You may not do that");
        ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_POLICIES, "trouble",
                               &title);
        ngx_http_idv_view_put(v, "<p>Verify policies are changed by "
                              "administrators.</p>\n");
        return;
    }

    if (id->len) {
        ngx_str_set(&title, "Edit a verify policy");

    } else {
        ngx_str_set(&title, "New verify policy");
    }

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_POLICIES, "form", &title);

    if (error) {
        ngx_http_idv_view_mistakes(v, error);
    }

    ngx_http_idv_view_put(v, "<form class=\"policy\" method=\"post\" "
                          "action=\"%pverifyPolicies%s%u\" novalidate>\n%t",
                          id->len ? "/" : "", id);
    ngx_http_idv_view_rest(v, policy);

    open = 0;

    for (field = ngx_http_idv_policy_fields; field->path; field++) {

        if (field->type != NGX_HTTP_IDV_FIELD_GROUP) {
            ngx_http_idv_view_field(v, field, policy, error, fresh);
            continue;
        }

        ngx_http_idv_view_put(v, "%s<details id=\"g-%s\"%s>\n<summary>%s"
                              "</summary>\n<p class=\"soft\">%s</p>\n",
                              open ? "</details>\n" : "", field->path,
                              ngx_http_idv_view_settled(field, policy, error)
                              ? " open" : "", field->label, field->hint);
        open = 1;
    }

    ngx_http_idv_view_put(v, "</details>\n<p class=\"actions\">\n"
                          "<button class=\"primary\" id=\"save\">%s</button>\n"
                          "<a class=\"button\" href=\"%pverifyPolicies%s%u\">"
                          "Cancel</a>\n</p>\n</form>\n",
                          id->len ? "Save" : "Create this policy",
                          id->len ? "/" : "", id);
}


/* all that is wrong, each with a link to where it is */

static void
ngx_http_idv_view_mistakes(ngx_http_idv_view_t *v, json_t *error)
{
    size_t                       i;
    json_t                      *details, *one;
    ngx_str_t                    target;
    const ngx_http_idv_field_t  *field;

    ngx_http_idv_view_put(v, "<div id=\"idv-problem\" class=\"alert\" "
                          "role=\"alert\" tabindex=\"-1\">\n<h2>The policy was "
                          "not saved</h2>\n<p><bdi>%j</bdi></p>\n",
                          error, "message");

    details = ngx_http_idv_view_details(error);

    if (json_array_size(details)) {
        ngx_http_idv_view_put(v, "<ul>\n");
    }

    for (i = 0; i < json_array_size(details); i++) {
        one = json_array_get(details, i);
        target = idv_json_string(one, "target");

        for (field = ngx_http_idv_policy_fields; field->path; field++) {
            if (ngx_strlen(field->path) == target.len
                && ngx_strncmp(field->path, target.data, target.len) == 0)
            {
                break;
            }
        }

        if (field->path) {
            ngx_http_idv_view_put(v, "<li><a href=\"#%s-%s\">%s</a>: "
                                  "<bdi>%j</bdi></li>\n",
                                  field->type == NGX_HTTP_IDV_FIELD_GROUP
                                  ? "g" : "f", field->path, field->label,
                                  one, "message");

        } else {
            ngx_http_idv_view_put(v, "<li><code>%e</code> <bdi>%j</bdi></li>\n",
                                  &target, one, "message");
        }
    }

    ngx_http_idv_view_put(v, "%s</div>\n",
                          json_array_size(details) ? "</ul>\n" : "");
}


static json_t *
ngx_http_idv_view_mistake(json_t *error, const char *path)
{
    size_t      i;
    json_t     *details, *one;
    ngx_str_t   target;

    details = ngx_http_idv_view_details(error);

    for (i = 0; i < json_array_size(details); i++) {
        one = json_array_get(details, i);
        target = idv_json_string(one, "target");

        if (target.len && ngx_strlen(path) == target.len
            && ngx_strncmp(path, target.data, target.len) == 0)
        {
            return one;
        }
    }

    return NULL;
}


/* 1: a group is of interest: it is on, or there is a mistake in it */

static ngx_uint_t
ngx_http_idv_view_settled(const ngx_http_idv_field_t *group, json_t *policy,
    json_t *error)
{
    json_t                      *value;
    ngx_str_t                    level;
    const ngx_http_idv_field_t  *field;

    if (group == ngx_http_idv_policy_fields
        || ngx_http_idv_view_mistake(error, group->path))
    {
        return 1;
    }

    for (field = group + 1; field->type != NGX_HTTP_IDV_FIELD_GROUP; field++) {
        if (ngx_http_idv_view_mistake(error, field->path)) {
            return 1;
        }
    }

    if (policy == NULL) {
        /* of a new one */
        return (group + 1)->preset != NULL
               && ngx_strcmp((group + 1)->preset, "DISABLED") != 0;
    }

    value = ngx_http_idv_policy_get(policy, group->path);
    level = idv_json_string(value, "verify");

    return json_is_object(value)
           && (level.len == 0 || level.data[0] != 'D');
}


/* the policy as it was, for what has no field */

static void
ngx_http_idv_view_rest(ngx_http_idv_view_t *v, json_t *policy)
{
    ngx_str_t  text;

    if (policy == NULL) {
        return;
    }

    if (idv_json_dump(v->html.pool, policy, &text) != NGX_OK) {
        v->html.failed = 1;
        return;
    }

    ngx_http_idv_view_put(v, "<input type=\"hidden\" name=\"rest\" "
                          "value=\"%e\">\n", &text);
}


static void
ngx_http_idv_view_field(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, json_t *policy, json_t *error,
    ngx_uint_t fresh)
{
    json_t      *mistake, *value;
    ngx_str_t    text, said;

    static ngx_str_t  none = ngx_string("");

    value = policy ? ngx_http_idv_policy_get(policy, field->path) : NULL;
    text = ngx_http_idv_view_text(v, value);

    if (fresh && field->preset) {
        text.data = (u_char *) field->preset;
        text.len = ngx_strlen(field->preset);
    }

    mistake = ngx_http_idv_view_mistake(error, field->path);

    said = mistake && field->hint
           ? ngx_http_idv_view_string(v, " aria-invalid=\"true\" "
                                      "aria-describedby=\"e-%s h-%s\"",
                                      field->path, field->path)
           : mistake
           ? ngx_http_idv_view_string(v, " aria-invalid=\"true\" "
                                      "aria-describedby=\"e-%s\"",
                                      field->path)
           : field->hint
           ? ngx_http_idv_view_string(v, " aria-describedby=\"h-%s\"",
                                      field->path)
           : none;

    ngx_http_idv_view_put(v, "<div class=\"field%s\">\n",
                          mistake ? " wrong" : "");

    if (field->type == NGX_HTTP_IDV_FIELD_FLAG) {
        ngx_http_idv_view_put(v, "<label class=\"flag\"><input "
                              "type=\"checkbox\" id=\"f-%s\" name=\"%s\" "
                              "value=\"true\"%v%s> %s</label>\n",
                              field->path, field->path, &said,
                              json_is_true(value) || (fresh && field->preset)
                              ? " checked" : "", field->label);

    } else {
        ngx_http_idv_view_put(v, "<label for=\"f-%s\">%s</label>\n",
                              field->path, field->label);

        if (field->type == NGX_HTTP_IDV_FIELD_WORD) {
            ngx_http_idv_view_select(v, field, &text, &said);

        } else {
            ngx_http_idv_view_input(v, field, &text, &said);
        }
    }

    if (mistake) {
        ngx_http_idv_view_put(v, "<p class=\"mistake\" id=\"e-%s\"><bdi>%j"
                              "</bdi></p>\n", field->path, mistake, "message");
    }

    if (field->hint) {
        ngx_http_idv_view_put(v, "<p class=\"hint\" id=\"h-%s\">%s</p>\n",
                              field->path, field->hint);
    }

    ngx_http_idv_view_put(v, "</div>\n");
}


static void
ngx_http_idv_view_input(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, ngx_str_t *value, ngx_str_t *said)
{
    ngx_http_idv_view_put(v, "<input id=\"f-%s\" name=\"%s\" value=\"%e\" "
                          "%s=\"%d\" autocomplete=\"off\"%v>\n",
                          field->path, field->path, value,
                          field->type == NGX_HTTP_IDV_FIELD_NUMBER
                          ? "inputmode=\"numeric\" size" : "maxlength",
                          field->type == NGX_HTTP_IDV_FIELD_NUMBER
                          ? 6 : (int) field->max, said);
}


/* a value that is none of the words stays, as a word of its own */

static void
ngx_http_idv_view_select(ngx_http_idv_view_t *v,
    const ngx_http_idv_field_t *field, ngx_str_t *value, ngx_str_t *said)
{
    ngx_str_t    word;
    ngx_uint_t   found, same;
    const char  *p;

    ngx_http_idv_view_put(v, "<select id=\"f-%s\" name=\"%s\"%v>\n",
                          field->path, field->path, said);

    found = (value->len == 0 && field->empty != NULL);

    if (field->empty) {
        ngx_http_idv_view_put(v, "<option value=\"\"%s>%s</option>\n",
                              found ? " selected" : "", field->empty);
    }

    for (p = field->words; *p; p += word.len + (p[word.len] == ' ')) {
        word.data = (u_char *) p;
        word.len = strcspn(p, " ");

        same = (word.len == value->len
                && ngx_strncmp(word.data, value->data, word.len) == 0);
        found |= same;

        ngx_http_idv_view_option(v, &word, same);
    }

    if (!found && value->len) {
        ngx_http_idv_view_option(v, value, 1);
    }

    ngx_http_idv_view_put(v, "</select>\n");
}


static void
ngx_http_idv_view_option(ngx_http_idv_view_t *v, ngx_str_t *word,
    ngx_uint_t selected)
{
    ngx_str_t                        label;
    const ngx_http_idv_view_word_t  *known;

    known = ngx_http_idv_view_word(ngx_http_idv_policy_words, word);
    label = *word;

    if (known->name) {
        label.data = (u_char *) known->word;
        label.len = ngx_strlen(known->word);
    }

    ngx_http_idv_view_put(v, "<option value=\"%e\"%s>%e</option>\n", word,
                          selected ? " selected" : "", &label);
}


/* a transaction of the policy, for the phone of whoever tries it */

void
ngx_http_idv_view_test(ngx_http_idv_view_t *v, json_t *answer)
{
    ngx_str_t   title, url, svg;
    ngx_uint_t  link;

    ngx_str_set(&title, "Try this policy on your phone");

    ngx_http_idv_view_open(v, NGX_HTTP_IDV_MENU_POLICIES, "test", &title);

    url = ngx_http_idv_view_text(v, json_object_get(answer, "url"));

    link = ngx_strncmp(url.data, "https://", ngx_min(url.len, 8)) == 0
           || ngx_strncmp(url.data, "http://", ngx_min(url.len, 7)) == 0;

    ngx_http_idv_view_put(v, "<p>Scan the code, or open the link, and do what "
                          "a user would. The result is a transaction of the "
                          "user whose ID you gave.</p>\n");

    switch (idv_qr_svg(v->html.pool, &url, &svg)) {

    case NGX_OK:
        ngx_http_idv_view_put(v, "<div class=\"qr\" role=\"img\" "
                              "aria-label=\"QR code with the link\">%v</div>\n",
                              &svg);
        break;

    case NGX_ERROR:
        v->html.failed = 1;
        return;
    }

    ngx_http_idv_view_put(v, "<p class=\"code\"><span>Verification code</span> "
                          "<strong dir=\"ltr\">%j</strong></p>\n"
                          "<p class=\"actions\">\n", answer, "code");

    if (link && url.len > 8) {
        ngx_http_idv_view_put(v, "<a class=\"button primary\" href=\"%e\" "
                              "rel=\"noreferrer\" target=\"_blank\">Open the "
                              "link in another window</a>\n", &url);
    }

    ngx_http_idv_view_put(v, "<a class=\"button\" "
                          "href=\"%pverifyPolicies/%u\">Back to the policy</a>"
                          "\n</p>\n",
                          &v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_POLICY]);
}
