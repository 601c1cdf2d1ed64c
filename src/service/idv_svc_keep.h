
/*
 * Copyright (C) nginx-idv authors
 *
 * Files that the service keeps, under one directory:
 *
 *   PATH/transactions/{transaction}/record              all but large values
 *   PATH/transactions/{transaction}/{document}.{tag}    a value
 *   PATH/users/{user}/record                            what a user has
 *   PATH/policies/{environment}                         all its policies
 *
 * Each is sealed as a whole with the first of the keys, bound to what it is of,
 * written under another name and renamed.  The directory of a transaction or a
 * user is locked by who writes to it; the kernel gives up the lock of a process
 * that dies.
 *
 * Nothing here knows the zone, and nothing here waits: a lock that another has
 * is NGX_AGAIN.
 */


#ifndef _IDV_SVC_KEEP_H_INCLUDED_
#define _IDV_SVC_KEEP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../util/idv_crypto.h"


#define IDV_SVC_KEEP_RECORD   "record"
#define IDV_SVC_KEEP_REFUSED  ".refused"
#define IDV_SVC_KEEP_NAME     (IDV_UUID_LEN + sizeof(".01234567"))
#define IDV_SVC_KEEP_MAX      (96 * 1024 * 1024)     /* bytes of a file */
#define IDV_SVC_KEEP_ORPHAN   60     /* s, then a file without a record goes */


typedef struct {
    ngx_str_t     transactions;      /* paths, each with a NUL behind it */
    ngx_str_t     users;
    ngx_str_t     policies;
    idv_key_t    *keys;              /* the first seals, all open */
    ngx_uint_t    nkeys;
    time_t        time;              /* no record is kept longer */
} idv_svc_keep_t;


/* what a file is of: all of it is bound to the seal */

typedef struct {
    const char   *kind;
    const u_char *id;                /* 16 bytes */
    const u_char *part;              /* 16 bytes, NULL: the whole */
    uint32_t      tag;
} idv_svc_keep_of_t;


/*
 * The directory of a transaction or a user, open, in one of the paths above;
 * with create it is made if it is not there.  -1 if it is not, or cannot be;
 * ngx_errno says why.
 */
ngx_fd_t idv_svc_keep_open(const ngx_str_t *path, const u_char *id,
    ngx_uint_t create);

/* 1: it has been removed since it was opened */
ngx_uint_t idv_svc_keep_gone(ngx_fd_t dir);

/* NGX_AGAIN: another process has it; it is given up with the descriptor */
ngx_int_t idv_svc_keep_lock(ngx_fd_t dir);

/* of a directory that must exist */
ngx_fd_t idv_svc_keep_dir(const ngx_str_t *path);

/* what there is by that name is replaced, or stays as it was */
ngx_int_t idv_svc_keep_write(idv_svc_keep_t *keep, ngx_fd_t dir,
    const char *name, const idv_svc_keep_of_t *of, const ngx_str_t *text,
    ngx_log_t *log);

/*
 * The text, in the pool.  NGX_DECLINED, and a line in the log, for what cannot
 * be read, is torn, of another key or of something else; old is 1 if it was not
 * sealed with the first key.
 */
ngx_int_t idv_svc_keep_read(idv_svc_keep_t *keep, ngx_fd_t dir,
    const char *name, const idv_svc_keep_of_t *of, ngx_pool_t *pool,
    ngx_str_t *text, ngx_uint_t *old, ngx_log_t *log);

/* the name of a value's file, IDV_SVC_KEEP_NAME bytes with its NUL */
void idv_svc_keep_name(char *name, const u_char *document, uint32_t tag);

/* a file that need not be there */
void idv_svc_keep_remove(ngx_fd_t dir, const char *name, ngx_log_t *log);

/* all files of the directory but the record */
void idv_svc_keep_wipe(ngx_fd_t dir, ngx_log_t *log);

/* the whole directory; NGX_AGAIN: not now; NGX_OK also if it is gone */
ngx_int_t idv_svc_keep_drop(const ngx_str_t *path, const u_char *id,
    ngx_log_t *log);

/* the same with its lock held */
ngx_int_t idv_svc_keep_erase(const ngx_str_t *path, const u_char *id,
    ngx_fd_t dir, ngx_log_t *log);

/* one that cannot be opened goes out of the way, and comes back */
void idv_svc_keep_put_by(ngx_fd_t dir, const char *name, ngx_log_t *log);
void idv_svc_keep_put_back(ngx_fd_t dir, const char *name, ngx_log_t *log);

/* calls for each name in the directory, but for "." and ".." */
typedef void (*idv_svc_keep_each_pt)(void *data, const char *name);

ngx_int_t idv_svc_keep_each(ngx_fd_t dir, idv_svc_keep_each_pt each,
    void *data, ngx_log_t *log);


#endif /* _IDV_SVC_KEEP_H_INCLUDED_ */
