
/*
 * Copyright (C) nginx-idv authors
 *
 * How subjects are users of the provider: by which attribute they are found,
 * what becomes of those who are not, and what is known of them.
 */


#include "ngx_http_idv_conf.h"
#include "util/idv_crypto.h"


#define NGX_HTTP_IDV_MAX_ATTRIBUTE  64
#define NGX_HTTP_IDV_MAX_INPUTS     16       /* of a location */


#define ngx_http_idv_users_wrong(cf, pc, text)                                \
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "idv_provider \"%V\": " text,    \
                       &(pc)->p.name)


/* user_lookup off | attribute [hashed=file] */

char *
ngx_http_idv_user_lookup(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_provider_conf_t *pc = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pc->lookup != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    pc->lookup = ngx_strcmp(value[1].data, "off") != 0;

    if (!pc->lookup) {
        return cf->args->nelts == 2 ? NGX_CONF_OK : "takes nothing after off";
    }

    if (value[1].len > NGX_HTTP_IDV_MAX_ATTRIBUTE) {
        return "needs an attribute of at most 64 letters and digits";
    }

    for (i = 0; i < value[1].len; i++) {
        if (!((value[1].data[i] | 0x20) >= 'a'
              && (value[1].data[i] | 0x20) <= 'z')
            && !(i && value[1].data[i] >= '0' && value[1].data[i] <= '9'))
        {
            return "needs an attribute of at most 64 letters and digits";
        }
    }

    pc->p.lookup = value[1];

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "hashed=", 7) != 0 || value[2].len == 7) {
        return "is written as \"off\" or \"attribute hashed=file\"";
    }

    pc->names_file.data = value[2].data + 7;
    pc->names_file.len = value[2].len - 7;

    return NGX_CONF_OK;
}


char *
ngx_http_idv_users_check(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    u_char           uuid[16];
    ngx_uint_t       provision;
    idv_provider_t  *p;

    p = &pc->p;
    provision = pc->on_user_not_found == IDV_PROVISION;

    if (provision && pc->lookup != 1) {
        ngx_http_idv_users_wrong(cf, pc, "\"on_user_not_found provision\" "
                                 "needs a \"user_lookup\": by what is the new "
                                 "user found?");
        return NGX_CONF_ERROR;
    }

    if (provision && ngx_strcmp(p->lookup.data, "id") == 0) {
        ngx_http_idv_users_wrong(cf, pc, "\"user_lookup id\" finds no user "
                                 "whom \"on_user_not_found provision\" makes: "
                                 "the provider gives the id");
        return NGX_CONF_ERROR;
    }

    if (provision != (p->population.len != 0)) {
        ngx_http_idv_users_wrong(cf, pc, "\"on_user_not_found provision\" and "
                                 "\"population\" go together");
        return NGX_CONF_ERROR;
    }

    if (p->population.len
        && idv_uuid_parse(uuid, p->population.data, p->population.len)
           != NGX_OK)
    {
        ngx_http_idv_users_wrong(cf, pc, "\"population\" must be a UUID");
        return NGX_CONF_ERROR;
    }

    if (pc->on_user_disabled != NGX_CONF_UNSET_UINT && pc->lookup != 1) {
        ngx_http_idv_users_wrong(cf, pc, "\"on_user_disabled\" needs a "
                                 "\"user_lookup\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_idv_users_key(ngx_conf_t *cf, ngx_http_idv_provider_conf_t *pc)
{
    u_char           buf[IDV_KEY_FILE_LEN + 1];
    ssize_t          n;
    ngx_int_t        rc;
    idv_provider_t  *p;

    if (pc->names_file.len == 0) {
        return NGX_CONF_OK;
    }

    p = &pc->p;

    p->names = ngx_pcalloc(cf->pool, sizeof(idv_key_t));
    if (p->names == NULL) {
        return NGX_CONF_ERROR;
    }

    n = ngx_http_idv_read_file(cf, "idv_provider", &p->name, &pc->names_file,
                               buf, sizeof(buf));

    if (n == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    rc = n == IDV_KEY_FILE_LEN ? idv_key_derive(p->names, buf) : NGX_DECLINED;

    ngx_explicit_memzero(buf, sizeof(buf));

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "idv_provider \"%V\": \"%V\" must be of 32 bytes: "
                           "make it with \"openssl rand 32\"", &p->name,
                           &pc->names_file);
    }

    return rc == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* auth_idv_input name value; the same name again: another spelling of it */

char *
ngx_http_idv_input_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_idv_loc_conf_t *lcf = conf;

    ngx_str_t                         *value;
    ngx_http_idv_input_t              *input;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (lcf->inputs == NGX_CONF_UNSET_PTR) {
        lcf->inputs = ngx_array_create(cf->pool, 4,
                                       sizeof(ngx_http_idv_input_t));
        if (lcf->inputs == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (lcf->inputs->nelts == NGX_HTTP_IDV_MAX_INPUTS) {
        return "is one too many: a location has 16 at most";
    }

    input = ngx_array_push(lcf->inputs);
    if (input == NULL) {
        return NGX_CONF_ERROR;
    }

    input->input = idv_input_parse(&value[1]);

    if (input->input == IDV_INPUT_NINPUTS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"auth_idv_input\" directive: there is no input "
                           "\"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &input->value;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}
