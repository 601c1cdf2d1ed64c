
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "idv_directory.h"
#include "idv_input.h"


static ngx_int_t idv_directory_kept(idv_directory_lookup_t *lookup);
static void idv_directory_keep(idv_directory_lookup_t *lookup);
static void idv_directory_sweep(ngx_event_t *ev);
static void idv_directory_answered(idv_ldap_search_t *search);
static ngx_int_t idv_directory_value(void *data, const ngx_str_t *name,
    const ngx_str_t *value);
static ngx_int_t idv_directory_add(idv_directory_lookup_t *lookup,
    ngx_uint_t i, const ngx_str_t *value);
static void idv_directory_wipe(void *data);
static void idv_directory_forget(idv_directory_lookup_t *lookup);


static struct {
    idv_directory_t   **directories;
    ngx_uint_t          n;
    ngx_event_t         sweep;
    ngx_connection_t    nobody;      /* debug logs look for a descriptor */
} idv_directory;


/* attributes whose values are no text, in lower case */

static const ngx_str_t  idv_directory_binaries[] = {
    ngx_string("audio"),
    ngx_string("jpegphoto"),
    ngx_string("objectguid"),
    ngx_string("objectsid"),
    ngx_string("photo"),
    ngx_string("thumbnailphoto"),
    ngx_string("usercertificate"),
    ngx_null_string
};


ngx_int_t
idv_directory_init_process(ngx_cycle_t *cycle, idv_directory_t **directories,
    ngx_uint_t n)
{
    ngx_uint_t        i;
    idv_ldap_conf_t  *confs[IDV_DIRECTORY_MAX];

    if (n == 0) {
        return NGX_OK;
    }

    idv_directory.directories = directories;
    idv_directory.n = n;
    idv_directory.nobody.fd = (ngx_socket_t) -1;

    idv_directory.sweep.handler = idv_directory_sweep;
    idv_directory.sweep.data = &idv_directory.nobody;
    idv_directory.sweep.log = cycle->log;
    idv_directory.sweep.cancelable = 1;

    ngx_add_timer(&idv_directory.sweep, 1000);

    for (i = 0; i < n; i++) {
        confs[i] = &directories[i]->ldap;
    }

    return idv_ldap_init_process(cycle, confs, n);
}


void
idv_directory_exit_process(void)
{
    if (idv_directory.sweep.timer_set) {
        ngx_del_timer(&idv_directory.sweep);
    }

    idv_ldap_exit_process();
}


static void
idv_directory_sweep(ngx_event_t *ev)
{
    ngx_uint_t  i;

    for (i = 0; i < idv_directory.n; i++) {
        if (idv_directory.directories[i]->people) {
            idv_people_sweep(idv_directory.directories[i]->people,
                             ngx_current_msec);
        }
    }

    ngx_add_timer(ev, 1000);
}


ngx_int_t
idv_directory_conf_init(idv_directory_t *directory, const ngx_str_t *filter)
{
    ngx_str_t         parts[4 + IDV_LDAP_MAX_SERVERS + IDV_LDAP_MAX_ATTRIBUTES];
    ngx_uint_t        i, n;
    idv_ldap_conf_t  *ldap;

    ldap = &directory->ldap;
    n = 0;

    parts[n++] = ldap->bind_dn;
    parts[n++] = ldap->base;
    parts[n++] = *filter;

    parts[n].data = (u_char *) &ldap->scope;
    parts[n++].len = sizeof(ldap->scope);

    for (i = 0; i < ldap->nservers; i++) {
        parts[n++] = ldap->servers[i].url;
    }

    for (i = 0; i < ldap->nattributes; i++) {
        parts[n++] = ldap->attributes[i];
    }

    return idv_hash(directory->mark, parts, n);
}


ngx_uint_t
idv_directory_binary(const ngx_str_t *attribute)
{
    const ngx_str_t  *name;

    static const char  option[] = ";binary";

    if (attribute->len > sizeof(option) - 1
        && ngx_strncasecmp(attribute->data + attribute->len
                           - (sizeof(option) - 1), (u_char *) option,
                           sizeof(option) - 1)
           == 0)
    {
        return 1;
    }

    for (name = idv_directory_binaries; name->len; name++) {
        if (name->len == attribute->len
            && ngx_strncasecmp(name->data, attribute->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
idv_directory_lookup(idv_directory_lookup_t *lookup)
{
    ngx_int_t            rc;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(lookup->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = idv_directory_wipe;
    cln->data = lookup;

    if (lookup->directory->people) {
        rc = idv_directory_kept(lookup);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    lookup->search.conf = &lookup->directory->ldap;
    lookup->search.user = lookup->user;
    lookup->search.pool = lookup->pool;
    lookup->search.handler = idv_directory_answered;
    lookup->search.data = lookup;

    idv_ldap_start(&lookup->search);

    return NGX_AGAIN;
}


/*
 * What is kept: the result, then the value of each attribute behind its length.
 */

static ngx_int_t
idv_directory_kept(idv_directory_lookup_t *lookup)
{
    u_char                  hash[IDV_HASH_LEN], *p;
    size_t                  len;
    uint32_t                n;
    ngx_str_t               parts[2];
    ngx_uint_t              i;
    const idv_directory_t  *directory;

    directory = lookup->directory;

    parts[0].data = (u_char *) directory->mark;
    parts[0].len = IDV_HASH_LEN;
    parts[1] = lookup->user;

    p = ngx_pnalloc(lookup->pool, idv_people_room(directory->people));

    if (p == NULL || idv_hash(hash, parts, 2) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(lookup->key, hash, IDV_PEOPLE_KEY);

    if (idv_people_get(directory->people, lookup->key, ngx_current_msec, p,
                       &len)
        != NGX_OK)
    {
        ngx_pfree(lookup->pool, p);
        return NGX_DECLINED;
    }

    lookup->result = *p++;

    for (i = 0; i < directory->ldap.nattributes; i++) {
        ngx_memcpy(&n, p, sizeof(uint32_t));
        p += sizeof(uint32_t);

        lookup->values[i].data = p;
        lookup->values[i].len = n;
        p += n;
    }

    return NGX_OK;
}


static void
idv_directory_keep(idv_directory_lookup_t *lookup)
{
    u_char                 *start, *p;
    size_t                  room;
    uint32_t                n;
    ngx_uint_t              i;
    const idv_directory_t  *directory;

    directory = lookup->directory;
    room = idv_people_room(directory->people);

    start = ngx_pnalloc(lookup->pool, room);
    if (start == NULL) {
        return;
    }

    p = start;
    *p++ = (u_char) lookup->result;

    for (i = 0; i < directory->ldap.nattributes; i++) {
        n = (uint32_t) lookup->values[i].len;

        if (room - (p - start) < sizeof(uint32_t) + n) {
            ngx_log_debug1(NGX_LOG_DEBUG_CORE, ngx_cycle->log, 0,
                           "idv directory \"%V\": too much to be kept",
                           &directory->name);
            goto done;
        }

        p = ngx_cpymem(p, &n, sizeof(uint32_t));

        if (n) {
            p = ngx_cpymem(p, lookup->values[i].data, n);
        }
    }

    (void) idv_people_put(directory->people, lookup->key, ngx_current_msec,
                          ngx_current_msec + directory->keep, start,
                          p - start);

done:

    ngx_explicit_memzero(start, p - start);
    ngx_pfree(lookup->pool, start);
}


void
idv_directory_cancel(idv_directory_lookup_t *lookup)
{
    idv_ldap_cancel(&lookup->search);
}


static void
idv_directory_answered(idv_ldap_search_t *search)
{
    idv_directory_lookup_t *lookup = search->data;

    ngx_int_t  rc;

    lookup->result = search->result;

    if (search->result == IDV_LDAP_FOUND) {
        rc = idv_ldap_each(&search->entry, idv_directory_value, lookup);

        if (rc != NGX_OK) {
            lookup->result = rc == NGX_ABORT ? IDV_LDAP_ERROR
                                             : IDV_LDAP_UNAVAILABLE;

            /* half of an entry is none */

            idv_directory_forget(lookup);
        }
    }

    if (lookup->directory->people
        && (lookup->result == IDV_LDAP_FOUND
            || lookup->result == IDV_LDAP_NOT_FOUND
            || lookup->result == IDV_LDAP_AMBIGUOUS))
    {
        idv_directory_keep(lookup);
    }

    lookup->handler(lookup);
}


/* names come as the directory spells them */

static ngx_int_t
idv_directory_value(void *data, const ngx_str_t *name, const ngx_str_t *value)
{
    idv_directory_lookup_t *lookup = data;

    ngx_uint_t              i;
    const ngx_str_t        *known;
    const idv_directory_t  *directory;

    directory = lookup->directory;

    for (i = 0; i < directory->ldap.nattributes; i++) {
        known = &directory->attributes[i].name;

        if (known->len == name->len
            && ngx_strncasecmp(known->data, name->data, name->len) == 0)
        {
            return idv_directory_add(lookup, i, value);
        }
    }

    return NGX_OK;
}


/* several texts with commas between them; of bytes the first */

static ngx_int_t
idv_directory_add(idv_directory_lookup_t *lookup, ngx_uint_t i,
    const ngx_str_t *value)
{
    u_char      *p;
    ngx_str_t   *all, old, source;

    all = &lookup->values[i];
    old = *all;

    if (value->len == 0) {
        return NGX_OK;
    }

    if (lookup->directory->attributes[i].binary) {

        if (old.len) {
            return NGX_OK;
        }

        p = ngx_pnalloc(lookup->pool, ngx_base64_encoded_length(value->len));
        if (p == NULL) {
            return NGX_ABORT;
        }

        source = *value;
        all->data = p;
        ngx_encode_base64(all, &source);

        return NGX_OK;
    }

    if (!idv_input_text(value)
        || ++lookup->count[i] > IDV_DIRECTORY_MAX_VALUES)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(lookup->pool, old.len + 1 + value->len);
    if (p == NULL) {
        return NGX_ABORT;
    }

    all->data = p;

    if (old.len) {
        p = ngx_cpymem(p, old.data, old.len);
        *p++ = ',';
        ngx_explicit_memzero(old.data, old.len);
    }

    p = ngx_cpymem(p, value->data, value->len);
    all->len = p - all->data;

    return NGX_OK;
}


static void
idv_directory_wipe(void *data)
{
    idv_directory_lookup_t *lookup = data;

    ngx_str_t  *entry;

    entry = &lookup->search.entry;

    if (entry->data) {
        ngx_explicit_memzero(entry->data, entry->len);
    }

    idv_directory_forget(lookup);
}


static void
idv_directory_forget(idv_directory_lookup_t *lookup)
{
    ngx_uint_t  i;

    for (i = 0; i < IDV_LDAP_MAX_ATTRIBUTES; i++) {
        if (lookup->values[i].data) {
            ngx_explicit_memzero(lookup->values[i].data,
                                 lookup->values[i].len);
            ngx_str_null(&lookup->values[i]);
        }
    }
}
