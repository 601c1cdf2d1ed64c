
/*
 * Copyright (C) nginx-idv authors
 *
 * What directories have said of users, for a while and for all workers: a zone
 * of its own for each directory.
 *
 *   slab pool | root | entries, in sets of IDV_PEOPLE_WAYS
 *
 * An entry stands in one of the places that its key leaves it, and takes that
 * of the one that ends first where none is free.  Nothing is linked, so nothing
 * can be torn: an entry counts once its end is written, which comes last.  It
 * is not looked at any more when its time is over, and wiped within a minute.
 */


#ifndef _IDV_PEOPLE_H_INCLUDED_
#define _IDV_PEOPLE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define IDV_PEOPLE_KEY        16         /* bytes, of a hash */
#define IDV_PEOPLE_WAYS       8
#define IDV_PEOPLE_MIN_SIZE   (64 * 1024)
#define IDV_PEOPLE_MIN_ENTRY  128        /* bytes, with what frames it */
#define IDV_PEOPLE_MAX_ENTRY  (64 * 1024)


typedef struct idv_people_s  idv_people_t;       /* per configuration */


/*
 * The zone's name has the size of entries: where that changes, it is another
 * zone.  NULL: said why.
 */
idv_people_t *idv_people_add(ngx_conf_t *cf, const ngx_str_t *name,
    size_t size, size_t entry);

/* bytes that an entry has room for */
size_t idv_people_room(const idv_people_t *people);

/* NGX_OK: copied to buf, which has that room; NGX_DECLINED: not there */
ngx_int_t idv_people_get(idv_people_t *people,
    const u_char key[IDV_PEOPLE_KEY], uint64_t now, u_char *buf, size_t *len);

/* kept until "expires"; NGX_DECLINED: there is no room for so much */
ngx_int_t idv_people_put(idv_people_t *people,
    const u_char key[IDV_PEOPLE_KEY], uint64_t now, uint64_t expires,
    const u_char *data, size_t len);

/*
 * Wipes what is over, in the part that is due: called once a second by every
 * worker, one of which does it.
 */
void idv_people_sweep(idv_people_t *people, uint64_t now);

/* how many entries count */
ngx_uint_t idv_people_count(idv_people_t *people, uint64_t now);


#endif /* _IDV_PEOPLE_H_INCLUDED_ */
