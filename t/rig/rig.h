
/*
 * Copyright (C) nginx-idv authors
 *
 * The rig: what the sanitized nginx of the tests has linked in, and no other.
 * It watches what no test can see from outside, and breaks what it is told to.
 *
 *   rig_fault.c   the n-th allocation, random number or call fails
 *   rig_call.c    the system calls on connections to a provider
 *   rig_lock.c    what happens while a zone is locked, and while it is not
 *   rig_zone.c    whether the zone is sound, after each change
 *   rig_conf.c    configuration that nobody may write to
 *
 * What it finds ends the process, with a line "rig: ..." and the stack.
 */


#ifndef _RIG_H_INCLUDED_
#define _RIG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "store/idv_store_zone.h"


#define RIG_STACK  24
#define RIG_NEAR   12              /* frames between a call and what it does */


/* what can fail */

#define RIG_ALLOC   0x01             /* malloc() and its kin */
#define RIG_SLAB    0x02             /* ngx_slab_alloc_locked() and its kin */
#define RIG_RANDOM  0x04             /* RAND_bytes() as the modules call it */
#define RIG_CALL    0x08             /* system calls, see rig_call.c */
#define RIG_CONF    0x10             /* malloc() and pools, while reading */


/* misdeeds of the rig itself, so that a test sees each found out */

typedef enum {
    RIG_GOOD = 0,
    RIG_LOG_LOCKED,
    RIG_ALLOC_LOCKED,
    RIG_CALL_LOCKED,
    RIG_WALK_UNLOCKED,
    RIG_WRITE_CONF,
    RIG_LOSE_NODE
} rig_misdeed_e;


/*
 * The file IDV_RIG, shared with the test: Idv::Rig knows it by these offsets.
 * Without it nothing fails.
 */

typedef struct {
    uint32_t            kinds;       /*  0: which count; 0: none */
    uint32_t            on;          /*  4: 1: all from the n-th on fail */
    uint64_t            at;          /*  8: n; 0: they are only counted */
    uint64_t            seen;        /* 16: so many there were */
    uint64_t            failed;      /* 24: so many of them failed */
    int32_t             error;       /* 32: of a call; 0: it is short */
    uint32_t            provider;    /* 36: 1: sockets are the provider's */
    uint64_t            verified;    /* 40: how often a zone was found sound */
    uint32_t            misdeed;     /* 48 */
    uint32_t            depth;       /* 52: of the stack */
    uint64_t            live;        /* 56: bytes in use, if asked for */
    uint32_t            ask;         /* 64: 1: count them */
    char                what[28];    /* 68: what failed first */
    uint64_t            stack[RIG_STACK];   /* 96: addresses in the binary */
    uint64_t            from;        /* 288: what is called from there counts */
    uint64_t            to;          /* 296: and nothing else; 0: all */
} rig_control_t;


extern volatile rig_control_t  *rig_control;

/* stops everything */
void rig_stop(const char *what) __attribute__((noreturn));

/* 1 if this call has to fail */
int rig_fails(uint32_t kind, const char *what);

/* 1 if there is no memory for it */
int rig_no_memory(const char *what);

/* 1 while configuration is read */
int rig_reading(void);

/* nothing may be done now; -1 where it may */
int rig_locked(void);
void rig_forbidden(const char *what);

/* for functions that may do what others may not while a zone is locked */
void rig_allow(void);
void rig_disallow(void);

/* in each turn of a worker's event loop */
void rig_lock_turn(void);
void rig_conf_turn(void);

/* ends the process if the zone of an adapter is not sound; it is locked */
void rig_zone_verify(idv_store_root_t *root);

int rig_misdeed(rig_misdeed_e misdeed);


#endif /* _RIG_H_INCLUDED_ */
