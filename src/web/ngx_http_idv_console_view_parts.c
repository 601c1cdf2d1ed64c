
/*
 * Copyright (C) nginx-idv authors
 *
 * Of what the console's pages are put together: badges, facts, buttons that ask
 * first, and any JSON as lists.
 */


#include "ngx_http_idv_console_view.h"


static void ngx_http_idv_view_object(ngx_http_idv_view_t *v, json_t *value);


void
ngx_http_idv_view_badge(ngx_http_idv_view_t *v,
    const ngx_http_idv_view_word_t *words, const ngx_str_t *name)
{
    const ngx_http_idv_view_word_t  *word;

    word = ngx_http_idv_view_word(words, name);

    if (word->name) {
        ngx_http_idv_view_put(v, "<span class=\"badge %s\">%s</span>",
                              word->kind, word->word);
        return;
    }

    ngx_http_idv_view_put(v, "<span class=\"badge\"><bdi>%e</bdi></span>",
                          name);
}


void
ngx_http_idv_view_fact(ngx_http_idv_view_t *v, const char *label,
    json_t *object, const char *name)
{
    ngx_str_t  text;

    text = ngx_http_idv_view_text(v, json_object_get(object, name));

    if (text.len) {
        ngx_http_idv_view_put(v, "<div><dt>%s</dt><dd><bdi>%e</bdi></dd></div>"
                              "\n", label, &text);
    }
}


ngx_str_t
ngx_http_idv_view_name(ngx_http_idv_view_t *v, json_t *user)
{
    size_t       i;
    json_t      *name;
    ngx_str_t    given, family, text;

    static const char *const  others[] = { "username", "email", "id" };

    name = json_object_get(user, "name");
    given = idv_json_string(name, "given");
    family = idv_json_string(name, "family");

    if (given.len && family.len) {
        text.len = given.len + 1 + family.len;
        text.data = ngx_pnalloc(v->html.pool, text.len);

        if (text.data == NULL) {
            v->html.failed = 1;
            text.len = 0;
            return text;
        }

        (void) ngx_snprintf(text.data, text.len, "%V %V", &given, &family);

        return text;
    }

    if (given.len || family.len) {
        return ngx_http_idv_view_text(v, json_object_get(name, given.len
                                                         ? "given"
                                                         : "family"));
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        text = ngx_http_idv_view_text(v, json_object_get(user, others[i]));

        if (text.len) {
            return text;
        }
    }

    return v->job->ids[NGX_HTTP_IDV_CONSOLE_ID_USER];
}


/*
 * The popup needs no script: browsers open it by "popovertarget", put the focus
 * into it, close it by Escape and give the focus back.  One that knows nothing
 * of that shows it where it stands.
 */

void
ngx_http_idv_view_ask(ngx_http_idv_view_t *v,
    const ngx_http_idv_view_ask_t *ask, ngx_str_t *action, const char *hidden)
{
    ngx_http_idv_view_put(v,
        "<button type=\"button\" class=\"%s\" popovertarget=\"ask-%s\">%s"
        "</button>\n"
        "<div id=\"ask-%s\" class=\"ask\" popover role=\"dialog\" "
        "aria-labelledby=\"ask-%s-title\">\n"
        "<form method=\"post\" action=\"%v\">\n%t%s"
        "<h2 id=\"ask-%s-title\">%s</h2>\n<p>%s</p>\n",
        ask->kind, ask->id, ask->button, ask->id, ask->id, action, hidden,
        ask->id, ask->question, ask->text);

    ngx_http_idv_view_put(v,
        "<p class=\"actions\">\n"
        "<button type=\"button\" popovertarget=\"ask-%s\" "
        "popovertargetaction=\"hide\" autofocus>Cancel</button>\n"
        "<button class=\"primary %s\" id=\"confirm-%s\">%s</button>\n"
        "</p>\n</form>\n</div>\n",
        ask->id, ask->kind, ask->id, ask->button);
}


ngx_str_t
ngx_http_idv_view_text(ngx_http_idv_view_t *v, json_t *value)
{
    ngx_str_t  text;

    ngx_str_set(&text, "");

    switch (json_typeof(value ? value : json_null())) {

    case JSON_STRING:
        text.len = json_string_length(value);
        text.data = ngx_pnalloc(v->html.pool, text.len ? text.len : 1);

        if (text.data == NULL) {
            v->html.failed = 1;
            text.len = 0;
            break;
        }

        ngx_memcpy(text.data, json_string_value(value), text.len);
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        if (idv_json_dump(v->html.pool, value, &text) != NGX_OK) {
            v->html.failed = 1;
            text.len = 0;
        }
        break;

    case JSON_TRUE:
        ngx_str_set(&text, "yes");
        break;

    case JSON_FALSE:
        ngx_str_set(&text, "no");
        break;

    default: /* JSON_NULL, JSON_OBJECT, JSON_ARRAY */
        break;
    }

    return text;
}


/* as deep as a document may be: see IDV_JSON_MAX_DEPTH */

void
ngx_http_idv_view_value(ngx_http_idv_view_t *v, json_t *value)
{
    size_t     i, n;
    ngx_str_t  text;

    if (json_is_object(value)) {
        ngx_http_idv_view_object(v, value);
        return;
    }

    if (!json_is_array(value)) {
        text = ngx_http_idv_view_text(v, value);
        ngx_http_idv_view_put(v, text.len
                              ? "<bdi>%e</bdi>"
                              : "<span class=\"soft\">none</span>%e", &text);
        return;
    }

    n = json_array_size(value);

    if (n == 0) {
        ngx_http_idv_view_put(v, "<span class=\"soft\">none</span>");
        return;
    }

    ngx_http_idv_view_put(v, "<ul>\n");

    for (i = 0; i < n; i++) {
        ngx_http_idv_view_put(v, "<li>");
        ngx_http_idv_view_value(v, json_array_get(value, i));
        ngx_http_idv_view_put(v, "</li>\n");
    }

    ngx_http_idv_view_put(v, "</ul>\n");
}


static void
ngx_http_idv_view_object(ngx_http_idv_view_t *v, json_t *value)
{
    json_t                          *member;
    ngx_str_t                        text;
    const char                      *name;
    const ngx_http_idv_view_word_t  *word;

    if (json_object_size(value) == 0) {
        ngx_http_idv_view_put(v, "<span class=\"soft\">none</span>");
        return;
    }

    /* what is required of a user is wrapped up like this */

    if (json_object_size(value) == 1) {
        member = json_object_get(value, "value");

        if (member) {
            ngx_http_idv_view_value(v, member);
            return;
        }
    }

    ngx_http_idv_view_put(v, "<dl class=\"facts\">\n");

    json_object_foreach(value, name, member) {

        text.data = (u_char *) name;
        text.len = ngx_strlen(name);

        word = ngx_http_idv_view_word(ngx_http_idv_view_keys, &text);

        /* addresses of the API are of no use to people, nor is nothing */

        if ((text.len && text.data[0] == '_')
            || (json_is_string(member) && json_string_length(member) == 0))
        {
            continue;
        }

        ngx_http_idv_view_put(v, "<div><dt>");

        if (word->name) {
            ngx_http_idv_view_put(v, "%s", word->word);

        } else {
            idv_html_add_escaped(&v->html, &text);
        }

        ngx_http_idv_view_put(v, "</dt><dd>");
        ngx_http_idv_view_value(v, member);
        ngx_http_idv_view_put(v, "</dd></div>\n");
    }

    ngx_http_idv_view_put(v, "</dl>\n");
}


json_t *
ngx_http_idv_view_list(json_t *answer, const char *name)
{
    json_t  *list;

    list = json_object_get(answer, name);

    if (list == NULL) {
        list = json_object_get(json_object_get(answer, "_embedded"), name);
    }

    return json_is_array(list) ? list : NULL;
}
