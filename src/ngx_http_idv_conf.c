
/*
 * Copyright (C) nginx-idv authors
 *
 * Zones, gates and places: what stands outside of a provider block.
 */


#include "ngx_http_idv_conf.h"
#include "util/idv_crypto.h"
#include "web/ngx_http_idv_web.h"


static char *ngx_http_idv_merge_places(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *prev, ngx_http_idv_loc_conf_t *conf);
static ngx_int_t ngx_http_idv_lone_variable(ngx_http_complex_value_t *cv);
static ngx_uint_t ngx_http_idv_registers(ngx_conf_t *cf,
    const ngx_http_idv_loc_conf_t *conf);
static void ngx_http_idv_check_subject(ngx_conf_t *cf,
    ngx_http_idv_loc_conf_t *conf);


char *
ngx_http_idv_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_main_conf_t *mcf = conf;

    u_char        *p;
    ssize_t        size;
    ngx_str_t     *value, name, s;
    idv_store_t  **store;

    value = cf->args->elts;

    p = (u_char *) ngx_strlchr(value[1].data, value[1].data + value[1].len,
                               ':');

    if (p == NULL || p == value[1].data) {
        return "must be written as name:size";
    }

    name.data = value[1].data;
    name.len = p - value[1].data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        return "has an invalid size";
    }

    if (size < (ssize_t) IDV_STORE_MIN_SIZE) {
        return "is too small: 512k is the least";
    }

    if (mcf->zones.nelts) {
        return "is duplicate: all providers share one zone";
    }

    store = ngx_array_push(&mcf->zones);
    if (store == NULL) {
        return NGX_CONF_ERROR;
    }

    *store = idv_store_add(cf, &name, size, &ngx_http_idv_module);

    return *store ? NGX_CONF_OK : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_idv_name(ngx_str_t *name, size_t max)
{
    u_char      ch;
    ngx_uint_t  i;

    if (name->len == 0 || name->len > max) {
        return NGX_ERROR;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


const idv_provider_t *
ngx_http_idv_find_provider(const ngx_http_idv_main_conf_t *mcf,
    ngx_str_t *name)
{
    ngx_uint_t        i;
    idv_provider_t  **provider;

    provider = mcf->providers.elts;

    for (i = 0; i < mcf->providers.nelts; i++) {
        if (provider[i]->name.len == name->len
            && ngx_memcmp(provider[i]->name.data, name->data, name->len) == 0)
        {
            return provider[i];
        }
    }

    return NULL;
}


/* auth_idv provider | off [required | optional] */

char *
ngx_http_idv_gate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_complex_value_t         **cv;
    ngx_http_compile_complex_value_t   ccv;

    if (lcf->gate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->mode = NULL;

    for (i = 1; i < cf->args->nelts; i++) {
        cv = i == 1 ? &lcf->gate : &lcf->mode;

        *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
        if (*cv == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i];
        ccv.complex_value = *cv;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (lcf->mode && lcf->mode->lengths == NULL
        && ngx_strcmp(value[2].data, "required") != 0
        && ngx_strcmp(value[2].data, "optional") != 0)
    {
        return "has a mode that is neither \"required\" nor \"optional\"";
    }

    lcf->file = cf->conf_file->file.name.data;
    lcf->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


/* idv_flow_api, idv_page, idv_connector, ...: the name of a provider */

char *
ngx_http_idv_place_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    ngx_str_t                 *value, *field;
    ngx_http_core_loc_conf_t  *clcf;

    field = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    *field = value[1];

    lcf->place_file = cf->conf_file->file.name.data;
    lcf->place_line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "shares its location with another handler";
    }

    clcf->handler = cmd->post;

    return NGX_CONF_OK;
}


/*
 * What nginx or we read a request by, as it is folded: a claim in its place
 * would make another request of it, and stripping it would end the first
 * factor.
 */

static ngx_str_t  ngx_http_idv_own_headers[] = {
    ngx_string("authorization"),
    ngx_string("connection"),
    ngx_string("content_length"),
    ngx_string("cookie"),
    ngx_string("expect"),
    ngx_string("host"),
    ngx_string("idv_session"),
    ngx_string("keep_alive"),
    ngx_string("te"),
    ngx_string("transfer_encoding"),
    ngx_string("upgrade"),
    ngx_string("x_pf_authn_api_state"),
    ngx_string("x_xsrf_header"),
    ngx_null_string
};


static ngx_uint_t
ngx_http_idv_own_header(const ngx_str_t *folded)
{
    ngx_str_t  *own;

    for (own = ngx_http_idv_own_headers; own->len; own++) {
        if (own->len == folded->len
            && ngx_memcmp(own->data, folded->data, own->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* auth_idv_accept_policy off | UUID ... */

char *
ngx_http_idv_policies(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    u_char      *uuid;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (lcf->policies != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->policies = NULL;
        return NGX_CONF_OK;
    }

    lcf->policies = ngx_array_create(cf->pool, cf->args->nelts - 1, 16);
    if (lcf->policies == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        /* cannot fail: there is room for all of them */
        uuid = ngx_array_push(lcf->policies);

        if (idv_uuid_parse(uuid, value[i].data, value[i].len) != NGX_OK) {
            return "needs UUIDs of verify policies, or \"off\"";
        }
    }

    return NGX_CONF_OK;
}


/* auth_idv_header Name claim; the same name is stripped from every request */

char *
ngx_http_idv_header_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    u_char                    *p;
    ngx_str_t                 *value, *name, folded;
    ngx_uint_t                 i;
    ngx_http_idv_header_t     *header;
    ngx_http_idv_srv_conf_t   *scf;
    ngx_http_idv_main_conf_t  *mcf;

    value = cf->args->elts;

    if (ngx_http_idv_name(&value[1], 64) != NGX_OK) {
        return "needs a header name of letters, digits and \"-\"";
    }

    if (ngx_http_idv_name(&value[2], 64) != NGX_OK) {
        return "needs the name of a claim";
    }

    p = ngx_pnalloc(cf->pool, value[1].len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < value[1].len; i++) {
        p[i] = value[1].data[i] == '-' ? '_' : ngx_tolower(value[1].data[i]);
    }

    folded.data = p;
    folded.len = value[1].len;

    if (ngx_http_idv_own_header(&folded)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_idv_header\" directive cannot set \"%V\": "
                           "requests are read by it", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (lcf->headers == NGX_CONF_UNSET_PTR) {
        lcf->headers = ngx_array_create(cf->pool, 8,
                                        sizeof(ngx_http_idv_header_t));
        if (lcf->headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    header = ngx_array_push(lcf->headers);
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    header->name = value[1];
    header->claim = value[2];

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    mcf->strips = 1;

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_idv_module);

    name = scf->managed.elts;

    for (i = 0; i < scf->managed.nelts; i++) {
        if (name[i].len == folded.len
            && ngx_memcmp(name[i].data, folded.data, folded.len) == 0)
        {
            return NGX_CONF_OK;
        }
    }

    name = ngx_array_push(&scf->managed);
    if (name == NULL) {
        return NGX_CONF_ERROR;
    }

    *name = folded;

    return NGX_CONF_OK;
}


void *
ngx_http_idv_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_idv_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_idv_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&scf->apis, cf->pool, 1, sizeof(ngx_http_idv_place_t))
        != NGX_OK
        || ngx_array_init(&scf->pages, cf->pool, 1,
                          sizeof(ngx_http_idv_place_t))
           != NGX_OK
        || ngx_array_init(&scf->managed, cf->pool, 8, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    return scf;
}


/* names that are managed for all servers are managed for each */

char *
ngx_http_idv_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_idv_srv_conf_t *prev = parent;
    ngx_http_idv_srv_conf_t *conf = child;

    ngx_str_t  *name;

    if (prev->managed.nelts == 0) {
        return NGX_CONF_OK;
    }

    name = ngx_array_push_n(&conf->managed, prev->managed.nelts);
    if (name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(name, prev->managed.elts,
               prev->managed.nelts * sizeof(ngx_str_t));

    return NGX_CONF_OK;
}


char *
ngx_http_idv_merge(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_idv_loc_conf_t *prev = parent;
    ngx_http_idv_loc_conf_t *conf = child;

    size_t                     max;
    ngx_uint_t                 off;
    ngx_http_idv_gate_t       *gate;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_idv_main_conf_t  *mcf;

    if (conf->gate == NGX_CONF_UNSET_PTR) {
        conf->mode = prev->gate == NGX_CONF_UNSET_PTR ? NULL : prev->mode;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    if (conf->directory == NGX_CONF_UNSET_PTR) {
        conf->directory_always = prev->directory_always;
    }

    ngx_conf_merge_ptr_value(conf->directory, prev->directory, NULL);
    ngx_conf_merge_ptr_value(conf->directory_user, prev->directory_user, NULL);
    ngx_conf_merge_ptr_value(conf->gate, prev->gate, NULL);
    ngx_conf_merge_ptr_value(conf->subject, prev->subject, NULL);
    conf->subject_index = ngx_http_idv_lone_variable(conf->subject);
    ngx_conf_merge_ptr_value(conf->email, prev->email, NULL);
    ngx_conf_merge_ptr_value(conf->phone, prev->phone, NULL);
    ngx_conf_merge_ptr_value(conf->policy, prev->policy, NULL);
    ngx_conf_merge_ptr_value(conf->policies, prev->policies, NULL);
    ngx_conf_merge_ptr_value(conf->max_age, prev->max_age, NULL);
    ngx_conf_merge_ptr_value(conf->accept_bypass, prev->accept_bypass, NULL);
    ngx_conf_merge_ptr_value(conf->headers, prev->headers, NULL);
    ngx_conf_merge_ptr_value(conf->inputs, prev->inputs, NULL);
    ngx_conf_merge_ptr_value(conf->console_role, prev->console_role, NULL);

    if (ngx_http_idv_merge_places(cf, prev, conf) != NGX_CONF_OK
        || ngx_http_idv_connector_merge(cf, conf) != NGX_CONF_OK
        || ngx_http_idv_console_merge(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->api || conf->page) {

        /* bodies stay in memory, with room for what frames their chunks */

        max = conf->api ? conf->api->max_body : NGX_HTTP_IDV_PAGE_MAX_FORM;

        clcf->client_body_in_file_only = 0;
        clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                                2 * max);
    }

    if (conf->api) {

        /*
         * A body that is too large is refused before it is read.  Pages of an
         * error_page are for people.
         */

        clcf->client_max_body_size = conf->api->max_body;
        clcf->error_pages = NULL;
    }

    off = conf->gate == NULL
          || (conf->gate->lengths == NULL
              && (conf->gate->value.len == 0
                  || ngx_strcmp(conf->gate->value.data, "off") == 0));

    if ((!off || conf->api || conf->page || conf->console.provider)
        && !ngx_http_idv_registers(cf, conf))
    {
        ngx_http_idv_check_subject(cf, conf);
    }

    if (off || conf->gate->lengths
        || conf->api || conf->page || conf->metrics || conf->connector.provider)
    {
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    gate = ngx_array_push(&mcf->gates);
    if (gate == NULL) {
        return NGX_CONF_ERROR;
    }

    gate->server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_idv_module);
    gate->provider = ngx_http_idv_find_provider(mcf, &conf->gate->value);
    gate->file = conf->file;
    gate->line = conf->line;

    if (gate->provider == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "auth_idv names the provider \"%V\", which no "
                      "idv_provider block defines, in %s:%ui",
                      &conf->gate->value, conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (conf->subject == NULL && !gate->provider->registration) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "auth_idv needs auth_idv_subject, who the first factor "
                      "says the user is, in %s:%ui", conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_idv_conf_named(ngx_conf_t *cf, const ngx_http_idv_loc_conf_t *conf,
    const char *directive, ngx_str_t *name, const idv_provider_t **provider)
{
    ngx_http_idv_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    *provider = ngx_http_idv_find_provider(mcf, name);

    if (*provider == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s names the provider \"%V\", which no idv_provider "
                      "block defines, in %s:%ui",
                      directive, name, conf->place_file, conf->place_line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_idv_conf_prefix(ngx_conf_t *cf, const ngx_http_idv_loc_conf_t *conf,
    const char *directive, ngx_str_t *path)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len == 0 || clcf->name.data[0] != '/'
        || clcf->name.data[clcf->name.len - 1] != '/'
        || clcf->exact_match || clcf->named
#if (NGX_PCRE)
        || clcf->regex
#endif
       )
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s stands in location \"%V\": it needs a prefix "
                      "location that ends with a slash, in %s:%ui",
                      directive, &clcf->name, conf->place_file,
                      conf->place_line);
        return NGX_CONF_ERROR;
    }

    *path = clcf->name;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_merge_place(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf,
    const char *directive, ngx_str_t *name, const idv_provider_t **provider,
    ngx_array_t *places, const char *leaf)
{
    u_char                *p;
    size_t                 len;
    ngx_str_t              path;
    ngx_uint_t             i;
    ngx_http_idv_place_t  *place;

    if (ngx_http_idv_conf_named(cf, conf, directive, name, provider)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (places == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_http_idv_conf_prefix(cf, conf, directive, &path) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->subject == NULL && !(*provider)->registration) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s needs auth_idv_subject, the same as the gate, in "
                      "%s:%ui", directive, conf->place_file,
                      conf->place_line);
        return NGX_CONF_ERROR;
    }

    len = ngx_strlen(leaf);

    if (path.len > len
        && ngx_memcmp(path.data + path.len - len, leaf, len) == 0)
    {
        len = 0;
    }

    p = ngx_pnalloc(cf->pool, path.len + len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->path.data = p;
    p = ngx_cpymem(p, path.data, path.len);
    p = ngx_cpymem(p, leaf, len);
    conf->path.len = p - conf->path.data;

    place = places->elts;

    for (i = 0; i < places->nelts; i++) {
        if (place[i].provider == *provider) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%s for \"%V\" stands twice in one server: \"%V\" "
                          "and \"%V\", in %s:%ui", directive, name,
                          &place[i].path, &conf->path, conf->place_file,
                          conf->place_line);
            return NGX_CONF_ERROR;
        }
    }

    place = ngx_array_push(places);
    if (place == NULL) {
        return NGX_CONF_ERROR;
    }

    place->provider = *provider;
    place->path = conf->path;

    return NGX_CONF_OK;
}


static char *
ngx_http_idv_merge_places(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *prev,
    ngx_http_idv_loc_conf_t *conf)
{
    ngx_http_idv_srv_conf_t   *scf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {

        /* within an "if" the handler is still that of its location */

        conf->api = prev->api;
        conf->page = prev->page;
        conf->metrics = prev->metrics;
        conf->path = prev->path;
        conf->connector = prev->connector;
        conf->console = prev->console;
        conf->place_file = prev->place_file;
        conf->place_line = prev->place_line;

        return NGX_CONF_OK;
    }

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_idv_module);

    if (conf->api_name.len
        && ngx_http_idv_merge_place(cf, conf, "idv_flow_api", &conf->api_name,
                                    &conf->api, &scf->apis, "flows/")
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->page_name.len
        && ngx_http_idv_merge_place(cf, conf, "idv_page", &conf->page_name,
                                    &conf->page, &scf->pages, "")
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->metrics_name.len
        && ngx_http_idv_merge_place(cf, conf, "idv_metrics",
                                    &conf->metrics_name, &conf->metrics, NULL,
                                    "")
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_idv_check_gates(ngx_conf_t *cf)
{
    ngx_uint_t                 i;
    ngx_http_idv_gate_t       *gate;
    ngx_http_idv_srv_conf_t   *scf;
    ngx_http_idv_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);

    gate = mcf->gates.elts;

    for (i = 0; i < mcf->gates.nelts; i++) {
        scf = gate[i].server;

        if (ngx_http_idv_place(&scf->apis, gate[i].provider) == NULL
            && ngx_http_idv_place(&scf->pages, gate[i].provider) == NULL)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "auth_idv \"%V\" has no way in: its server needs a "
                          "location with idv_flow_api or idv_page for that "
                          "provider, in %s:%ui",
                          &gate[i].provider->name, gate[i].file, gate[i].line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * nginx takes $remote_user from the request even where nothing checks it.  The
 * configurations of the modules that do are private; each begins with what
 * switches it on: a complex value of auth_basic, a string of auth_request.
 */

static ngx_uint_t
ngx_http_idv_factor(ngx_conf_t *cf, const char *name, void **conf)
{
    ngx_uint_t            i;
    ngx_http_conf_ctx_t  *ctx;

    ctx = cf->ctx;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, name) == 0) {
            *conf = ctx->loc_conf[cf->cycle->modules[i]->ctx_index];
            return *conf != NULL;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_idv_first_factor(ngx_conf_t *cf)
{
    void                      *factor;
    ngx_str_t                 *uri;
    ngx_http_complex_value_t  *realm;

    if (ngx_http_idv_factor(cf, "ngx_http_auth_basic_module", &factor)) {
        realm = *(ngx_http_complex_value_t **) factor;

        if (realm && realm != NGX_CONF_UNSET_PTR
            && ngx_strcmp(realm->value.data, "off") != 0)
        {
            return 1;
        }
    }

    if (ngx_http_idv_factor(cf, "ngx_http_auth_request_module", &factor)) {
        uri = factor;

        if (uri->len) {
            return 1;
        }
    }

    return 0;
}


/* the index of a variable that is all of a value, NGX_ERROR: there is more */

static ngx_int_t
ngx_http_idv_lone_variable(ngx_http_complex_value_t *cv)
{
    u_char      c;
    ngx_uint_t  i;

    if (cv == NULL || cv->flushes == NULL || cv->value.data[0] != '$') {
        return NGX_ERROR;
    }

    for (i = 1; i < cv->value.len; i++) {
        c = cv->value.data[i];

        if (c != '_' && !isalnum(c)) {
            return NGX_ERROR;
        }
    }

    /* of "$1" and the like, which are no variables, the list is empty */

    return cv->flushes[0] == (ngx_uint_t) -1 ? NGX_ERROR
                                             : (ngx_int_t) cv->flushes[0];
}


/* whether those whom the location has to do with have no subject */

static ngx_uint_t
ngx_http_idv_registers(ngx_conf_t *cf, const ngx_http_idv_loc_conf_t *conf)
{
    const idv_provider_t      *provider;
    ngx_http_idv_main_conf_t  *mcf;

    if (conf->console.provider) {
        return 0;
    }

    provider = conf->api ? conf->api : conf->page;

    if (provider == NULL && conf->gate->lengths == NULL) {
        mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_idv_module);
        provider = ngx_http_idv_find_provider(mcf, &conf->gate->value);
    }

    return provider && provider->registration;
}


static void
ngx_http_idv_check_subject(ngx_conf_t *cf, ngx_http_idv_loc_conf_t *conf)
{
    u_char                    *file;
    ngx_uint_t                 line;
    const char                *why;
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->subject == NULL
        || ngx_strstr(conf->subject->value.data, "$remote_user") == NULL)
    {
        return;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (!ngx_http_idv_first_factor(cf)) {
        why = "which nothing checks there: anybody can claim any name; add a "
              "first factor (auth_basic, auth_request)";

    } else if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        why = "whose password \"satisfy any\" makes needless: who gets in by "
              "address can claim any name";

    } else {
        return;
    }

    file = conf->place_file ? conf->place_file : conf->file;
    line = conf->place_file ? conf->place_line : conf->line;

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "idv: the subject of location \"%V\" comes from "
                  "$remote_user, %s, in %s:%ui", &clcf->name, why, file, line);
}
