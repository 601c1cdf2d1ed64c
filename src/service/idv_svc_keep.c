
/*
 * Copyright (C) nginx-idv authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/file.h>

#include "idv_svc_keep.h"


#define IDV_SVC_KEEP_AAD  (32 + 16 + 16 + 4)
#define IDV_SVC_KEEP_BY   (IDV_SVC_KEEP_NAME + sizeof(IDV_SVC_KEEP_REFUSED))


typedef struct {
    ngx_fd_t      dir;
    ngx_log_t    *log;
} idv_svc_keep_wipe_t;


static void idv_svc_keep_path(char *name, const ngx_str_t *path,
    const u_char *id);
static void idv_svc_keep_by(char *by, const char *name);
static ngx_str_t idv_svc_keep_aad(const idv_svc_keep_of_t *of, u_char *buf);
static ngx_int_t idv_svc_keep_put(ngx_fd_t dir, const char *name,
    const u_char *data, size_t len, ngx_log_t *log);
static ngx_int_t idv_svc_keep_get(ngx_fd_t dir, const char *name,
    ngx_str_t *sealed, ngx_log_t *log);
static void idv_svc_keep_wipe_one(void *data, const char *name);


ngx_fd_t
idv_svc_keep_dir(const ngx_str_t *path)
{
    return open((char *) path->data, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
}


ngx_fd_t
idv_svc_keep_open(const ngx_str_t *path, const u_char *id, ngx_uint_t create)
{
    char      name[NGX_MAX_PATH];
    ngx_fd_t  dir;

    idv_svc_keep_path(name, path, id);

    dir = open(name, O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_NOFOLLOW);

    if (dir != NGX_INVALID_FILE || !create || ngx_errno != NGX_ENOENT) {
        return dir;
    }

    if (mkdir(name, 0700) == -1 && ngx_errno != NGX_EEXIST) {
        return NGX_INVALID_FILE;
    }

    return open(name, O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_NOFOLLOW);
}


static void
idv_svc_keep_path(char *name, const ngx_str_t *path, const u_char *id)
{
    u_char  *p;

    p = ngx_snprintf((u_char *) name, NGX_MAX_PATH - IDV_UUID_LEN - 1, "%V/",
                     path);
    p = idv_uuid_print(p, id);
    *p = '\0';
}


ngx_uint_t
idv_svc_keep_gone(ngx_fd_t dir)
{
    ngx_file_info_t  fi;

    return ngx_fd_info(dir, &fi) != NGX_FILE_ERROR && fi.st_nlink == 0;
}


ngx_int_t
idv_svc_keep_lock(ngx_fd_t dir)
{
    return flock(dir, LOCK_EX|LOCK_NB) == 0 ? NGX_OK : NGX_AGAIN;
}


void
idv_svc_keep_name(char *name, const u_char *document, uint32_t tag)
{
    u_char  *p;

    p = idv_uuid_print((u_char *) name, document);
    p = ngx_sprintf(p, ".%08xD", tag);
    *p = '\0';
}


/* fixed places, so that no two different things have the same bytes */

static ngx_str_t
idv_svc_keep_aad(const idv_svc_keep_of_t *of, u_char *buf)
{
    ngx_str_t  aad;

    ngx_memzero(buf, IDV_SVC_KEEP_AAD);

    (void) ngx_snprintf(buf, 32, "nginx-idv %s", of->kind);
    ngx_memcpy(buf + 32, of->id, 16);

    if (of->part) {
        ngx_memcpy(buf + 48, of->part, 16);
        ngx_memcpy(buf + 64, &of->tag, 4);
    }

    aad.data = buf;
    aad.len = IDV_SVC_KEEP_AAD;

    return aad;
}


ngx_int_t
idv_svc_keep_write(idv_svc_keep_t *keep, ngx_fd_t dir, const char *name,
    const idv_svc_keep_of_t *of, const ngx_str_t *text, ngx_log_t *log)
{
    u_char     *sealed, buf[IDV_SVC_KEEP_AAD];
    ssize_t     n;
    ngx_int_t   rc;
    ngx_str_t   aad;

    sealed = ngx_alloc(text->len + IDV_SEAL_OVERHEAD, log);
    if (sealed == NULL) {
        return NGX_ERROR;
    }

    aad = idv_svc_keep_aad(of, buf);
    n = idv_seal(&keep->keys[0], &aad, text->data, text->len, sealed);

    rc = (n == NGX_ERROR) ? NGX_ERROR
                          : idv_svc_keep_put(dir, name, sealed, n, log);

    ngx_free(sealed);

    return rc;
}


/*
 * Not synchronized with the disk, which could take a worker any time: a file
 * that a power failure tears is found out by its seal.
 */

static ngx_int_t
idv_svc_keep_put(ngx_fd_t dir, const char *name, const u_char *data,
    size_t len, ngx_log_t *log)
{
    char        temp[IDV_SVC_KEEP_NAME + sizeof(".new")];
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_err_t   err;

    (void) ngx_snprintf((u_char *) temp, sizeof(temp), "%s.new%Z", name);

    fd = openat(dir, temp, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW,
                0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "idv service: a file cannot be made");
        return NGX_ERROR;
    }

    do {
        n = write(fd, data, len);

        if (n > 0) {
            data += n;
            len -= n;
        }

    } while (len && (n > 0 || (n == -1 && ngx_errno == NGX_EINTR)));

    err = (n == -1) ? ngx_errno : 0;

    if (close(fd) == -1 && err == 0) {
        err = ngx_errno;
    }

    if (err == 0 && len == 0) {
        if (renameat(dir, temp, dir, name) == 0) {
            return NGX_OK;
        }

        err = ngx_errno;
    }

    ngx_log_error(NGX_LOG_ERR, log, err,
                  "idv service: a file cannot be written");

    (void) unlinkat(dir, temp, 0);

    return NGX_ERROR;
}


ngx_int_t
idv_svc_keep_read(idv_svc_keep_t *keep, ngx_fd_t dir, const char *name,
    const idv_svc_keep_of_t *of, ngx_pool_t *pool, ngx_str_t *text,
    ngx_uint_t *old, ngx_log_t *log)
{
    u_char      buf[IDV_SVC_KEEP_AAD];
    ssize_t     n;
    ngx_int_t   rc;
    ngx_str_t   aad, sealed;

    rc = idv_svc_keep_get(dir, name, &sealed, log);
    if (rc != NGX_OK) {
        return rc;
    }

    text->data = ngx_pnalloc(pool, sealed.len);
    if (text->data == NULL) {
        ngx_free(sealed.data);
        return NGX_ERROR;
    }

    aad = idv_svc_keep_aad(of, buf);
    n = idv_open(keep->keys, keep->nkeys, &aad, sealed.data, sealed.len,
                 text->data);

    *old = sealed.len < 5
           || ngx_memcmp(sealed.data + 1, keep->keys[0].id, 4) != 0;

    ngx_free(sealed.data);

    if (n < 0) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "idv service: %s \"%s\" is refused: it is not whole, not "
                      "where it belongs, or none of the keys is its own",
                      of->kind, name);
        return NGX_DECLINED;
    }

    text->len = n;

    return NGX_OK;
}


static ngx_int_t
idv_svc_keep_get(ngx_fd_t dir, const char *name, ngx_str_t *sealed,
    ngx_log_t *log)
{
    size_t           len;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_err_t        err;
    ngx_file_info_t  fi;

    fd = openat(dir, name, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "idv service: \"%s\" cannot be opened", name);
        return NGX_DECLINED;
    }

    n = -1;
    len = 0;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || ngx_file_size(&fi) <= 0 || ngx_file_size(&fi) > IDV_SVC_KEEP_MAX)
    {
        err = 0;
        goto done;
    }

    sealed->len = ngx_file_size(&fi);
    sealed->data = ngx_alloc(sealed->len, log);

    if (sealed->data == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    do {
        n = read(fd, sealed->data + len, sealed->len - len);
        len += (n > 0) ? n : 0;

    } while (len < sealed->len
             && (n > 0 || (n == -1 && ngx_errno == NGX_EINTR)));

    err = (n == -1) ? ngx_errno : 0;

    if (len < sealed->len) {
        ngx_free(sealed->data);
        n = -1;
    }

done:

    (void) close(fd);

    if (n == -1) {
        ngx_log_error(NGX_LOG_ERR, log, err,
                      "idv service: \"%s\" cannot be read", name);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


void
idv_svc_keep_remove(ngx_fd_t dir, const char *name, ngx_log_t *log)
{
    if (unlinkat(dir, name, 0) == -1 && ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "idv service: \"%s\" cannot be removed", name);
    }
}


void
idv_svc_keep_wipe(ngx_fd_t dir, ngx_log_t *log)
{
    idv_svc_keep_wipe_t  ctx;

    ctx.dir = dir;
    ctx.log = log;

    (void) idv_svc_keep_each(dir, idv_svc_keep_wipe_one, &ctx, log);
}


static void
idv_svc_keep_wipe_one(void *data, const char *name)
{
    idv_svc_keep_wipe_t  *ctx = data;

    if (ngx_strcmp(name, IDV_SVC_KEEP_RECORD) != 0) {
        idv_svc_keep_remove(ctx->dir, name, ctx->log);
    }
}


ngx_int_t
idv_svc_keep_drop(const ngx_str_t *path, const u_char *id, ngx_log_t *log)
{
    ngx_fd_t   dir;
    ngx_int_t  rc;

    dir = idv_svc_keep_open(path, id, 0);

    if (dir == NGX_INVALID_FILE) {
        return (ngx_errno == NGX_ENOENT) ? NGX_OK : NGX_ERROR;
    }

    rc = idv_svc_keep_lock(dir);

    if (rc == NGX_OK) {
        rc = idv_svc_keep_erase(path, id, dir, log);
    }

    (void) close(dir);

    return rc;
}


ngx_int_t
idv_svc_keep_erase(const ngx_str_t *path, const u_char *id, ngx_fd_t dir,
    ngx_log_t *log)
{
    char  name[NGX_MAX_PATH];

    /* the record first: what is left without it is nobody's */

    idv_svc_keep_remove(dir, IDV_SVC_KEEP_RECORD, log);
    idv_svc_keep_wipe(dir, log);

    idv_svc_keep_path(name, path, id);

    if (rmdir(name) == -1 && ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "idv service: \"%s\" cannot be removed", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
idv_svc_keep_put_by(ngx_fd_t dir, const char *name, ngx_log_t *log)
{
    char  by[IDV_SVC_KEEP_BY];

    idv_svc_keep_by(by, name);

    if (renameat(dir, name, dir, by) == -1 && ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "idv service: \"%s\" cannot be renamed", name);
    }
}


/* what has its place takes the other one's */

void
idv_svc_keep_put_back(ngx_fd_t dir, const char *name, ngx_log_t *log)
{
    char  by[IDV_SVC_KEEP_BY], other[IDV_SVC_KEEP_BY];

    idv_svc_keep_by(by, name);
    (void) ngx_snprintf((u_char *) other, sizeof(other), "%s.other%Z", name);

    if ((renameat(dir, name, dir, other) == -1 && ngx_errno != NGX_ENOENT)
        || renameat(dir, by, dir, name) == -1
        || (renameat(dir, other, dir, by) == -1 && ngx_errno != NGX_ENOENT))
    {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "idv service: \"%s\" cannot be renamed", name);
    }
}


static void
idv_svc_keep_by(char *by, const char *name)
{
    (void) ngx_snprintf((u_char *) by, IDV_SVC_KEEP_BY,
                        "%s" IDV_SVC_KEEP_REFUSED "%Z", name);
}


ngx_int_t
idv_svc_keep_each(ngx_fd_t dir, idv_svc_keep_each_pt each, void *data,
    ngx_log_t *log)
{
    DIR            *list;
    ngx_fd_t        fd;
    struct dirent  *entry;

    /* another descriptor, since reading moves it and closing closes it */

    fd = openat(dir, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    list = (fd == NGX_INVALID_FILE) ? NULL : fdopendir(fd);

    if (list == NULL) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "idv service: a directory cannot be read");

        if (fd != NGX_INVALID_FILE) {
            (void) close(fd);
        }

        return NGX_ERROR;
    }

    while ((entry = readdir(list)) != NULL) {
        if (ngx_strcmp(entry->d_name, ".") != 0
            && ngx_strcmp(entry->d_name, "..") != 0)
        {
            each(data, entry->d_name);
        }
    }

    (void) closedir(list);

    return NGX_OK;
}
