
/*
 * Copyright (C) nginx-idv authors
 *
 * What an idv_ldap block has to be.  Whatever is wrong in it is said here, with
 * file and line, and never found out at run time.
 */


#include "ngx_http_idv_conf_ldap.h"
#include "web/ngx_http_idv_web.h"


static char *ngx_http_idv_ldap_servers(ngx_conf_t *cf,
    ngx_http_idv_ldap_conf_t *lc);
static char *ngx_http_idv_ldap_server(ngx_conf_t *cf,
    ngx_http_idv_ldap_conf_t *lc, ngx_str_t *url);
static char *ngx_http_idv_ldap_attributes(ngx_conf_t *cf,
    ngx_http_idv_ldap_conf_t *lc);
static char *ngx_http_idv_ldap_password(ngx_conf_t *cf,
    ngx_http_idv_ldap_conf_t *lc);


#define ngx_http_idv_ldap_wrong(cf, lc, text)                                 \
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "idv_ldap \"%V\": " text,        \
                       &(lc)->d.name)


static char *
ngx_http_idv_ldap_keep(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc)
{
    if (idv_directory_conf_init(&lc->d, &lc->filter) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (lc->d.keep == 0) {
        return NGX_CONF_OK;
    }

    if (lc->cache_size < 16 * lc->cache_entry) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"cache\" has room for less than 16 "
                                "entries");
        return NGX_CONF_ERROR;
    }

    lc->d.people = idv_people_add(cf, &lc->d.name, lc->cache_size,
                                  lc->cache_entry);

    return lc->d.people ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_idv_ldap_check(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc)
{
    char             *rv;
    ngx_uint_t        users;
    const char       *error;
    idv_ldap_conf_t  *ldap;

    ldap = &lc->d.ldap;

    ngx_conf_init_value(ldap->starttls, 0);
    ngx_conf_init_msec_value(ldap->connect_timeout, 2000);
    ngx_conf_init_msec_value(ldap->timeout, 5000);
    ngx_conf_init_msec_value(ldap->idle_timeout, 60000);
    ngx_conf_init_msec_value(ldap->fail_timeout, 10000);
    ngx_conf_init_size_value(ldap->max_entry, 256 * 1024);
    ngx_conf_init_uint_value(lc->scope, IDV_LDAP_SCOPE_SUB);
    ngx_conf_init_msec_value(lc->d.keep, 300000);

    ldap->scope = lc->scope;

    /* whose mail and phone are whose is not to be guessed */

    if (!(lc->named & (1 << IDV_LDAP_AMBIGUOUS))) {
        lc->d.block |= 1 << IDV_LDAP_AMBIGUOUS;
    }

    /* a fault of this process has no cause that an operator could name */
    lc->d.block |= 1 << IDV_LDAP_ERROR;

    if (ldap->connect_timeout == 0 || ldap->timeout == 0
        || ldap->idle_timeout == 0)
    {
        ngx_http_idv_ldap_wrong(cf, lc, "a timeout of 0 is none");
        return NGX_CONF_ERROR;
    }

    if (ldap->connect_timeout > ldap->timeout) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"connect_timeout\" is longer than "
                                "\"timeout\", which is for all of a lookup");
        return NGX_CONF_ERROR;
    }

    if (ldap->max_entry < 4096 || ldap->max_entry > 16 * 1024 * 1024) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"max_entry\" must be from 4k to 16m");
        return NGX_CONF_ERROR;
    }

    if (ldap->base.len > IDV_LDAP_MAX_DN || ldap->bind_dn.len > IDV_LDAP_MAX_DN)
    {
        ngx_http_idv_ldap_wrong(cf, lc, "\"base\" and \"bind_dn\" are at most "
                                "1024 bytes long");
        return NGX_CONF_ERROR;
    }

    if (lc->filter.len == 0) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"filter\" is missing, such as "
                                "\"(uid=%%s)\"");
        return NGX_CONF_ERROR;
    }

    ldap->filter = idv_ldap_filter_init(cf->pool, &lc->filter, &users, &error);

    if (ldap->filter == NULL) {

        if (error) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "idv_ldap \"%V\": \"filter\" %s", &lc->d.name,
                               error);
        }

        return NGX_CONF_ERROR;
    }

    if (users == 0 || users > IDV_LDAP_MAX_USERS) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"filter\" needs \"%%s\", where the "
                                "user's name belongs, and 8 times at most");
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_idv_ldap_attributes(cf, lc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_ldap_password(cf, lc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_idv_ldap_servers(cf, lc);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_idv_ldap_keep(cf, lc);
}


static char *
ngx_http_idv_ldap_servers(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc)
{
    char                      *rv;
    ngx_str_t                 *url;
    ngx_uint_t                 i, tls, plain;
    idv_ldap_conf_t           *ldap;
    idv_ldap_server_t         *server;
    ngx_http_core_loc_conf_t  *clcf;

    ldap = &lc->d.ldap;

    if (lc->urls == NULL) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"url\" is missing");
        return NGX_CONF_ERROR;
    }

    if (lc->urls->nelts > IDV_LDAP_MAX_SERVERS) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"url\" takes 4 servers at most");
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver && clcf->resolver->connections.nelts) {
        ldap->resolver = clcf->resolver;
    }

    url = lc->urls->elts;
    tls = 0;
    plain = 0;

    for (i = 0; i < lc->urls->nelts; i++) {
        rv = ngx_http_idv_ldap_server(cf, lc, &url[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        server = &ldap->servers[i];

        if (server->tls && ldap->starttls) {
            ngx_http_idv_ldap_wrong(cf, lc, "\"starttls\" is for ldap://, "
                                    "ldaps:// has TLS from the beginning");
            return NGX_CONF_ERROR;
        }

        if (server->tls || ldap->starttls) {
            tls = 1;

        } else if (ngx_strncmp(server->host.data, "127.", 4) != 0
                   && ngx_strcmp(server->host.data, "::1") != 0
                   && ngx_strcmp(server->host.data, "localhost") != 0)
        {
            plain = 1;
        }
    }

    if (plain) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "idv_ldap \"%V\": the password and what is known of "
                           "users travel unencrypted: use ldaps or starttls",
                           &lc->d.name);
    }

    if (ldap->trusted_certificate.len
        && ngx_conf_full_name(cf->cycle, &ldap->trusted_certificate, 1)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (tls && idv_ldap_tls_init(cf, ldap) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* names are looked up now, or by the resolver where there is one */

static char *
ngx_http_idv_ldap_server(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc,
    ngx_str_t *url)
{
    u_char             *p;
    size_t              len;
    ngx_url_t           u;
    idv_ldap_conf_t    *ldap;
    idv_ldap_server_t  *server;

    ldap = &lc->d.ldap;
    server = &ldap->servers[ldap->nservers++];
    server->url = *url;

    ngx_memzero(&u, sizeof(ngx_url_t));

    if (url->len > 8
        && ngx_strncasecmp(url->data, (u_char *) "ldaps://", 8) == 0)
    {
        server->tls = 1;
        len = 8;
        u.default_port = 636;

    } else if (url->len > 7
               && ngx_strncasecmp(url->data, (u_char *) "ldap://", 7) == 0)
    {
        len = 7;
        u.default_port = 389;

    } else {
        goto invalid;
    }

    u.url.data = url->data + len;
    u.url.len = url->len - len;

    for (p = u.url.data; p < u.url.data + u.url.len; p++) {
        if (*p <= ' ' || *p >= 0x7f || ngx_strchr("/?#@\\\"", *p)) {
            goto invalid;
        }
    }

    u.no_resolve = ldap->resolver != NULL;

    if (ngx_strncasecmp(u.url.data, (u_char *) "localhost", 9) == 0) {
        u.no_resolve = 0;
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "idv_ldap \"%V\": \"%V\" %s",
                           &lc->d.name, url, u.err ? u.err : "is no URL");
        return NGX_CONF_ERROR;
    }

    server->port = u.port;
    server->addrs = u.addrs;
    server->naddrs = u.naddrs;

    /* a literal of IPv6 has brackets in u.host of later versions only */

    if (u.host.len > 2 && u.host.data[0] == '[') {
        u.host.data++;
        u.host.len -= 2;
    }

    server->address = ngx_inet_addr(u.host.data, u.host.len) != INADDR_NONE
                      || ngx_strlchr(u.host.data, u.host.data + u.host.len, ':')
                         != NULL;

    if (u.host.len == 0 || u.host.len > 253) {
        goto invalid;
    }

    server->host.len = u.host.len;
    server->host.data = ngx_pnalloc(cf->pool, u.host.len + 1);
    if (server->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(server->host.data, u.host.data, u.host.len);
    server->host.data[u.host.len] = '\0';

    return NGX_CONF_OK;

invalid:

    ngx_http_idv_ldap_wrong(cf, lc, "\"url\" is written as "
                            "ldaps://host[:port] or ldap://host[:port]");
    return NGX_CONF_ERROR;
}


static char *
ngx_http_idv_ldap_attributes(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc)
{
    u_char                      ch;
    ngx_str_t                  *name;
    ngx_uint_t                  i, k;
    idv_directory_attribute_t  *attribute;

    if (lc->attributes == NULL) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"attributes\" is missing");
        return NGX_CONF_ERROR;
    }

    if (lc->attributes->nelts > IDV_LDAP_MAX_ATTRIBUTES) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"attributes\" takes 16 at most");
        return NGX_CONF_ERROR;
    }

    name = lc->attributes->elts;

    lc->d.ldap.attributes = name;
    lc->d.ldap.nattributes = lc->attributes->nelts;

    for (i = 0; i < lc->attributes->nelts; i++) {
        attribute = &lc->d.attributes[i];

        attribute->name = name[i];
        attribute->binary = idv_directory_binary(&name[i]);
        attribute->variable.len = name[i].len;
        attribute->variable.data = ngx_pnalloc(cf->pool, name[i].len);

        if (attribute->variable.data == NULL) {
            return NGX_CONF_ERROR;
        }

        for (k = 0; k < name[i].len; k++) {
            ch = ngx_tolower(name[i].data[k]);

            if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
                  || ch == '-' || ch == ';')
                || name[i].len > 64)
            {
                ngx_http_idv_ldap_wrong(cf, lc, "\"attributes\" are names of "
                                        "at most 64 letters, digits, \"-\" "
                                        "and \";\"");
                return NGX_CONF_ERROR;
            }

            attribute->variable.data[k] = ch == '-' || ch == ';' ? '_' : ch;
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_idv_ldap_wipe(void *data)
{
    ngx_str_t *password = data;

    ngx_explicit_memzero(password->data, password->len);
}


static char *
ngx_http_idv_ldap_password(ngx_conf_t *cf, ngx_http_idv_ldap_conf_t *lc)
{
    u_char               buf[IDV_LDAP_MAX_PASSWORD + 2];
    ssize_t              n;
    ngx_str_t           *password;
    ngx_pool_cleanup_t  *cln;

    if (lc->d.ldap.bind_dn.len == 0 && lc->password_file.len == 0) {
        return NGX_CONF_OK;
    }

    if (lc->d.ldap.bind_dn.len == 0 || lc->password_file.len == 0) {
        ngx_http_idv_ldap_wrong(cf, lc, "\"bind_dn\" and "
                                "\"bind_password_file\" go together");
        return NGX_CONF_ERROR;
    }

    n = ngx_http_idv_read_file(cf, "idv_ldap", &lc->d.name, &lc->password_file,
                               buf, sizeof(buf));
    if (n == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r')) {
        n--;
    }

    /* with a DN and no password a server binds, as nobody */

    if (n == 0 || n > IDV_LDAP_MAX_PASSWORD) {
        ngx_explicit_memzero(buf, sizeof(buf));
        ngx_http_idv_ldap_wrong(cf, lc, "\"bind_password_file\" must hold 1 to "
                                "1024 bytes");
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    password = &lc->d.ldap.password;
    password->data = ngx_pnalloc(cf->pool, n);

    if (cln && password->data) {
        ngx_memcpy(password->data, buf, n);
        password->len = n;

        cln->handler = ngx_http_idv_ldap_wipe;
        cln->data = password;
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return password->len ? NGX_CONF_OK : NGX_CONF_ERROR;
}
