
/*
 * Copyright (C) nginx-idv authors
 *
 * The page's files: built in, or from the operator's page_folder.  They are
 * read once, with the configuration, and every mistake in them is found there.
 */


#include "ngx_http_idv_page.h"
#include "../model/idv_text.h"
#include <ngx_md5.h>


#define NGX_HTTP_IDV_PAGE_MAX_FILE   (128 * 1024)
#define NGX_HTTP_IDV_PAGE_MAX_TEXT   1000   /* bytes of one text */
#define NGX_HTTP_IDV_PAGE_MAX_LANGS  32
#define NGX_HTTP_IDV_PAGE_MAX_TAG    35     /* RFC 5646, 4.4.1 */


typedef struct {
    ngx_conf_t                *cf;
    ngx_str_t                  folder;     /* with a slash at the end, or "" */
    ngx_http_idv_page_conf_t  *page;
} ngx_http_idv_page_load_t;


static ngx_int_t ngx_http_idv_page_load_langs(ngx_http_idv_page_load_t *load);
static ngx_int_t ngx_http_idv_page_load_folder(ngx_http_idv_page_load_t *load);
static ngx_int_t ngx_http_idv_page_load_lang(ngx_http_idv_page_load_t *load,
    ngx_str_t *tag);
static ngx_int_t ngx_http_idv_page_parse_texts(ngx_http_idv_page_load_t *load,
    ngx_str_t *path, ngx_str_t *file, ngx_http_idv_page_lang_t *lang);
static ngx_int_t ngx_http_idv_page_parse_line(ngx_http_idv_page_lang_t *lang,
    u_char *given, ngx_str_t *line, const char **reason);
static ngx_int_t ngx_http_idv_page_load_template(
    ngx_http_idv_page_load_t *load);
static ngx_int_t ngx_http_idv_page_parse_template(
    ngx_http_idv_page_load_t *load, ngx_str_t *path, ngx_str_t *file);
static ngx_uint_t ngx_http_idv_page_slot(u_char *name, size_t len);
static ngx_int_t ngx_http_idv_page_load_assets(ngx_http_idv_page_load_t *load);
static ngx_int_t ngx_http_idv_page_read_file(ngx_http_idv_page_load_t *load,
    const ngx_str_t *name, ngx_str_t *path, ngx_str_t *file);
static ngx_uint_t ngx_http_idv_page_is_text(ngx_str_t *file);


static const char *const  ngx_http_idv_page_slots[NGX_HTTP_IDV_NSLOTS] = {
    [NGX_HTTP_IDV_SLOT_LITERAL] = "",
    [NGX_HTTP_IDV_SLOT_LANG] = "lang",
    [NGX_HTTP_IDV_SLOT_DIR] = "dir",
    [NGX_HTTP_IDV_SLOT_TITLE] = "title",
    [NGX_HTTP_IDV_SLOT_HEAD] = "head",
    [NGX_HTTP_IDV_SLOT_STYLE] = "style",
    [NGX_HTTP_IDV_SLOT_SCRIPT] = "script",
    [NGX_HTTP_IDV_SLOT_ICON] = "icon",
    [NGX_HTTP_IDV_SLOT_SKIP] = "skip",
    [NGX_HTTP_IDV_SLOT_SERVICE] = "service",
    [NGX_HTTP_IDV_SLOT_HOST] = "host",
    [NGX_HTTP_IDV_SLOT_MAIN] = "main"
};


/* what no template can do without: languages, refreshing, the page itself */

static const ngx_uint_t  ngx_http_idv_page_required[] = {
    NGX_HTTP_IDV_SLOT_LANG,
    NGX_HTTP_IDV_SLOT_DIR,
    NGX_HTTP_IDV_SLOT_TITLE,
    NGX_HTTP_IDV_SLOT_HEAD,
    NGX_HTTP_IDV_SLOT_MAIN
};


static const ngx_str_t  ngx_http_idv_page_template_name =
    ngx_string("template.html");

static const ngx_str_t  ngx_http_idv_page_file_names[NGX_HTTP_IDV_NASSETS] = {
    ngx_string("style.css"),
    ngx_string("script.js"),
    ngx_string("icon.svg")
};


ngx_int_t
ngx_http_idv_page_load(ngx_conf_t *cf, idv_provider_t *provider)
{
    ngx_str_t                  folder;
    ngx_http_idv_page_load_t   load;
    ngx_http_idv_page_conf_t  *page;

    page = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_page_conf_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    load.cf = cf;
    load.page = page;
    ngx_str_set(&load.folder, "");

    if (provider->page_folder.len) {

        folder = provider->page_folder;

        if (ngx_conf_full_name(cf->cycle, &folder, 1) != NGX_OK) {
            return NGX_ERROR;
        }

        load.folder.data = ngx_pnalloc(cf->pool, folder.len + 2);
        if (load.folder.data == NULL) {
            return NGX_ERROR;
        }

        load.folder.len = ngx_sprintf(load.folder.data, "%V/%Z", &folder)
                          - load.folder.data - 1;
    }

    if (ngx_http_idv_page_load_langs(&load) != NGX_OK
        || ngx_http_idv_page_load_template(&load) != NGX_OK
        || ngx_http_idv_page_load_assets(&load) != NGX_OK)
    {
        return NGX_ERROR;
    }

    provider->page = page;

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_page_load_langs(ngx_http_idv_page_load_t *load)
{
    ngx_uint_t                       i;
    ngx_http_idv_page_lang_t        *lang;

    static const ngx_http_idv_page_lang_t *const  builtin[] = {
        &ngx_http_idv_page_text_en,
        &ngx_http_idv_page_text_de,
        &ngx_http_idv_page_text_ar
    };

    if (ngx_array_init(&load->page->langs, load->cf->pool, 4,
                       sizeof(ngx_http_idv_page_lang_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {

        lang = ngx_array_push(&load->page->langs);
        if (lang == NULL) {
            return NGX_ERROR;
        }

        *lang = *builtin[i];
    }

    if (load->folder.len == 0) {
        return NGX_OK;
    }

    return ngx_http_idv_page_load_folder(load);
}


/* every texts.LANG of the folder */

static ngx_int_t
ngx_http_idv_page_load_folder(ngx_http_idv_page_load_t *load)
{
    u_char     *name;
    size_t      len;
    ngx_dir_t   dir;
    ngx_int_t   rc;
    ngx_str_t   tag;

    static const ngx_str_t  prefix = ngx_string("texts.");

    if (ngx_open_dir(&load->folder, &dir) == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, ngx_errno,
                           "cannot open the page_folder \"%V\"",
                           &load->folder);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    while (rc == NGX_OK) {

        ngx_set_errno(0);

        if (ngx_read_dir(&dir) == NGX_ERROR) {

            if (ngx_errno && ngx_errno != NGX_ENOMOREFILES) {
                ngx_conf_log_error(NGX_LOG_EMERG, load->cf, ngx_errno,
                                   "cannot read the page_folder \"%V\"",
                                   &load->folder);
                rc = NGX_ERROR;
            }

            break;
        }

        name = ngx_de_name(&dir);
        len = ngx_de_namelen(&dir);

        if (len <= prefix.len
            || ngx_strncmp(name, prefix.data, prefix.len) != 0)
        {
            continue;
        }

        tag.len = len - prefix.len;
        tag.data = ngx_pnalloc(load->cf->pool, tag.len);

        if (tag.data == NULL) {
            rc = NGX_ERROR;
            break;
        }

        ngx_memcpy(tag.data, name + prefix.len, tag.len);

        rc = ngx_http_idv_page_load_lang(load, &tag);
    }

    (void) ngx_close_dir(&dir);

    return rc;
}


static ngx_int_t
ngx_http_idv_page_load_lang(ngx_http_idv_page_load_t *load, ngx_str_t *tag)
{
    u_char                    *p;
    ngx_str_t                  name, path, file;
    ngx_uint_t                 i;
    ngx_http_idv_page_lang_t  *lang, *english;

    for (i = 0; i < tag->len; i++) {
        p = &tag->data[i];

        if (tag->len > NGX_HTTP_IDV_PAGE_MAX_TAG
            || !(((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
                 || (i > 1 && ((*p >= '0' && *p <= '9') || *p == '-'))))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                               "\"texts.%V\" in the page_folder does not end "
                               "in a language tag such as \"de\" or \"pt-BR\"",
                               tag);
            return NGX_ERROR;
        }
    }

    lang = load->page->langs.elts;

    for (i = 0; i < load->page->langs.nelts; i++) {
        if (lang[i].tag.len == tag->len
            && ngx_strncasecmp(lang[i].tag.data, tag->data, tag->len) == 0)
        {
            break;
        }
    }

    if (i == NGX_HTTP_IDV_PAGE_MAX_LANGS) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                           "the page_folder has more than %d languages",
                           NGX_HTTP_IDV_PAGE_MAX_LANGS);
        return NGX_ERROR;
    }

    if (i < load->page->langs.nelts) {
        lang = &lang[i];

    } else {
        lang = ngx_array_push(&load->page->langs);
        if (lang == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(lang, sizeof(ngx_http_idv_page_lang_t));
        lang->tag = *tag;
    }

    name.len = sizeof("texts.") - 1 + tag->len;
    name.data = ngx_pnalloc(load->cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(name.data, "texts.%V", tag);

    if (ngx_http_idv_page_read_file(load, &name, &path, &file) != NGX_OK
        || ngx_http_idv_page_parse_texts(load, &path, &file, lang) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* an update may bring texts that the operator's file has not got yet */

    english = load->page->langs.elts;

    for (i = 1; i < NGX_HTTP_IDV_NTEXTS; i++) {

        if (lang->texts[i].len) {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_WARN, load->cf, 0,
                           "\"%V\" has no text \"%s\", the English one is "
                           "used", &path, ngx_http_idv_page_text_names[i]);

        lang->texts[i] = english->texts[i];
    }

    return NGX_OK;
}


/* lines of "key = value", empty lines and lines that begin with "#" */

static ngx_int_t
ngx_http_idv_page_parse_texts(ngx_http_idv_page_load_t *load, ngx_str_t *path,
    ngx_str_t *file, ngx_http_idv_page_lang_t *lang)
{
    u_char      *p, *last, *end, given[NGX_HTTP_IDV_NTEXTS];
    ngx_str_t    line;
    ngx_uint_t   n;
    const char  *reason;

    ngx_memzero(given, sizeof(given));

    p = file->data;
    last = p + file->len;

    for (n = 1; p < last; n++) {

        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            end = last;
        }

        line.data = p;
        line.len = end - p;

        while (line.len && line.data[line.len - 1] <= ' ') {
            line.len--;
        }

        while (line.len && line.data[0] <= ' ') {
            line.data++;
            line.len--;
        }

        if (line.len
            && line.data[0] != '#'
            && ngx_http_idv_page_parse_line(lang, given, &line, &reason)
               != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                               "\"%V\" %s in line %ui", path, reason, n);
            return NGX_ERROR;
        }

        p = end + 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_page_parse_line(ngx_http_idv_page_lang_t *lang, u_char *given,
    ngx_str_t *line, const char **reason)
{
    u_char      *p, *last;
    size_t       len;
    ngx_str_t    value;
    ngx_uint_t   i;

    p = line->data;
    last = p + line->len;

    while (p < last && ((*p >= 'a' && *p <= 'z') || *p == '_')) {
        p++;
    }

    len = p - line->data;

    while (p < last && *p == ' ') {
        p++;
    }

    if (p == last || *p != '=') {
        *reason = "has no \"key = text\"";
        return NGX_ERROR;
    }

    for (p++; p < last && *p <= ' '; p++) { /* void */ }

    value.data = p;
    value.len = last - p;

    for (i = 1; i < NGX_HTTP_IDV_NTEXTS; i++) {

        if (ngx_strlen(ngx_http_idv_page_text_names[i]) != len
            || ngx_strncmp(ngx_http_idv_page_text_names[i], line->data, len)
               != 0)
        {
            continue;
        }

        if (given[i]) {
            *reason = "has a key for the second time";
            return NGX_ERROR;
        }

        given[i] = 1;
        lang->texts[i] = value;

        return ngx_http_idv_page_check_text(i, &value, reason);
    }

    *reason = "has an unknown key";

    return NGX_ERROR;
}


ngx_int_t
ngx_http_idv_page_check_text(ngx_uint_t key, ngx_str_t *text,
    const char **reason)
{
    size_t       i, len;
    const char  *value;

    if (text->len == 0) {
        *reason = "has an empty text";
        return NGX_ERROR;
    }

    if (text->len > NGX_HTTP_IDV_PAGE_MAX_TEXT) {
        *reason = "has a text that is too long";
        return NGX_ERROR;
    }

    if (key == NGX_HTTP_IDV_TEXT_DIR) {

        if (text->len != 3
            || (ngx_strncmp(text->data, "ltr", 3) != 0
                && ngx_strncmp(text->data, "rtl", 3) != 0))
        {
            *reason = "has a direction other than \"ltr\" and \"rtl\"";
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    switch (key) {

    case NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL:
    case NGX_HTTP_IDV_TEXT_OPTIONS_PHONE:
        value = "{contact}";
        *reason = "has a \"{\" without \"host}\" or \"contact}\"";
        break;

    case NGX_HTTP_IDV_TEXT_REQUIRED_VALID:
    case NGX_HTTP_IDV_TEXT_LIMITED_TIME:
        value = "{time}";
        *reason = "has a \"{\" without \"host}\" or \"time}\"";
        break;

    default:
        value = "{host}";
        *reason = "has a \"{\" without \"host}\"";
    }

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < 0x20) {
            *reason = "has a control character";
            return NGX_ERROR;
        }

        if (text->data[i] != '{') {
            continue;
        }

        len = text->len - i;

        if (len >= sizeof("{host}") - 1
            && ngx_strncmp(&text->data[i], "{host}", sizeof("{host}") - 1)
               == 0)
        {
            continue;
        }

        if (len < ngx_strlen(value)
            || ngx_strncmp(&text->data[i], value, ngx_strlen(value)) != 0)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_idv_page_load_template(ngx_http_idv_page_load_t *load)
{
    ngx_int_t  rc;
    ngx_str_t  path, file;

    rc = ngx_http_idv_page_read_file(load, &ngx_http_idv_page_template_name,
                                     &path, &file);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        path = ngx_http_idv_page_template_name;
        file = ngx_http_idv_page_template;
    }

    return ngx_http_idv_page_parse_template(load, &path, &file);
}


static ngx_int_t
ngx_http_idv_page_parse_template(ngx_http_idv_page_load_t *load,
    ngx_str_t *path, ngx_str_t *file)
{
    u_char                   *p, *last, *open, *end, *s;
    ngx_str_t                 name;
    ngx_uint_t                i, n, line, seen[NGX_HTTP_IDV_NSLOTS];
    ngx_http_idv_page_part_t *part;

    if (ngx_array_init(&load->page->parts, load->cf->pool, 32,
                       sizeof(ngx_http_idv_page_part_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(seen, sizeof(seen));

    p = file->data;
    last = p + file->len;

    while (p < last) {

        part = ngx_array_push(&load->page->parts);
        if (part == NULL) {
            return NGX_ERROR;
        }

        open = ngx_strnstr(p, "{{", last - p);

        part->slot = NGX_HTTP_IDV_SLOT_LITERAL;
        part->text.data = p;
        part->text.len = (open ? open : last) - p;

        if (open == NULL) {
            break;
        }

        name.data = open + 2;
        end = ngx_strnstr(name.data, "}}", last - name.data);
        name.len = end ? (size_t) (end - name.data) : 0;

        part->slot = ngx_http_idv_page_slot(name.data, name.len);

        if (part->slot == NGX_HTTP_IDV_NSLOTS) {

            line = 1;

            for (s = file->data; s < open; s++) {
                line += (*s == '\n');
            }

            ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                               "\"%V\" has an unknown placeholder in line %ui",
                               path, line);
            return NGX_ERROR;
        }

        seen[part->slot]++;

        p = end + 2;
    }

    n = sizeof(ngx_http_idv_page_required) / sizeof(ngx_uint_t);

    for (i = 0; i < n; i++) {

        if (seen[ngx_http_idv_page_required[i]]) {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                           "\"%V\" has no placeholder \"{{%s}}\"", path,
                           ngx_http_idv_page_slots[
                               ngx_http_idv_page_required[i]]);
        return NGX_ERROR;
    }

    if (seen[NGX_HTTP_IDV_SLOT_MAIN] > 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                           "\"%V\" has \"{{main}}\" more than once", path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_idv_page_slot(u_char *name, size_t len)
{
    ngx_uint_t  i;

    for (i = NGX_HTTP_IDV_SLOT_LANG; i < NGX_HTTP_IDV_NSLOTS; i++) {
        if (ngx_strlen(ngx_http_idv_page_slots[i]) == len
            && ngx_strncmp(ngx_http_idv_page_slots[i], name, len) == 0)
        {
            return i;
        }
    }

    return NGX_HTTP_IDV_NSLOTS;
}


static ngx_int_t
ngx_http_idv_page_load_assets(ngx_http_idv_page_load_t *load)
{
    u_char                      hash[16];
    ngx_int_t                   rc;
    ngx_md5_t                   md5;
    ngx_str_t                   path, file;
    ngx_uint_t                  i;
    ngx_http_idv_page_asset_t  *asset;

    for (i = 0; i < NGX_HTTP_IDV_NASSETS; i++) {

        rc = ngx_http_idv_page_read_file(load,
                                         &ngx_http_idv_page_file_names[i],
                                         &path, &file);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        asset = &load->page->assets[i];
        asset->body = (rc == NGX_OK) ? file : ngx_http_idv_page_files[i];

        /* only a name for the bytes; nobody gains by making two alike */

        ngx_md5_init(&md5);
        ngx_md5_update(&md5, asset->body.data, asset->body.len);
        ngx_md5_final(hash, &md5);

        asset->etag.len = 2 * sizeof(hash) + 2;
        asset->etag.data = ngx_pnalloc(load->cf->pool, asset->etag.len);
        if (asset->etag.data == NULL) {
            return NGX_ERROR;
        }

        asset->etag.data[0] = '"';
        ngx_hex_dump(&asset->etag.data[1], hash, sizeof(hash));
        asset->etag.data[asset->etag.len - 1] = '"';

        asset->version.data = &asset->etag.data[1];
        asset->version.len = 16;
    }

    return NGX_OK;
}


/* NGX_DECLINED: there is no such file, or no folder */

static ngx_int_t
ngx_http_idv_page_read_file(ngx_http_idv_page_load_t *load,
    const ngx_str_t *name, ngx_str_t *path, ngx_str_t *file)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_err_t        err;
    const char      *reason;
    ngx_file_info_t  fi;

    if (load->folder.len == 0) {
        return NGX_DECLINED;
    }

    path->len = load->folder.len + name->len;
    path->data = ngx_pnalloc(load->cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(path->data, "%V%V%Z", &load->folder, name);

    /* without waiting: it might be a pipe */

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        err = ngx_errno;

        if (err == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, err, "cannot open \"%V\"",
                           path);
        return NGX_ERROR;
    }

    err = 0;
    reason = NULL;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        err = ngx_errno;
        reason = "cannot be examined";

    } else if (!ngx_is_file(&fi)) {
        reason = "is not a file";

    } else if (ngx_file_size(&fi) == 0) {
        reason = "is empty";

    } else if (ngx_file_size(&fi) > NGX_HTTP_IDV_PAGE_MAX_FILE) {
        reason = "is larger than 128 kilobytes";
    }

    if (reason == NULL) {

        file->len = (size_t) ngx_file_size(&fi);
        file->data = ngx_pnalloc(load->cf->pool, file->len);

        n = file->data ? ngx_read_fd(fd, file->data, file->len) : 0;

        if (n != (ssize_t) file->len) {
            err = (n == -1) ? ngx_errno : 0;
            reason = "cannot be read";

        } else if (!ngx_http_idv_page_is_text(file)) {
            reason = "is not UTF-8 text";
        }
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, load->cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    if (reason) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, err, "\"%V\" %s", path,
                           reason);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* nginx's own decoder lets surrogates and wrong continuations pass */

static ngx_uint_t
ngx_http_idv_page_is_text(ngx_str_t *file)
{
    int            rc;
    uint32_t       c;
    const u_char  *p, *last;

    p = file->data;
    last = p + file->len;

    do {
        rc = idv_text_decode(&p, last, &c);
    } while (rc == 1 && c != '\0');

    return rc == 0;
}
