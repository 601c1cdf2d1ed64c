
/*
 * Copyright (C) nginx-idv authors
 *
 * What the targets have in common.  They run in a whole nginx with both
 * modules, configured as house.c says, in one process and without sockets: its
 * clock stands still unless it is moved, its random numbers are the same in
 * each run, and its zones are put back before each input.  So an input is all
 * that there is to a finding.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "targets.h"
#include "ngx_http_idv_conf.h"
#include "provider/idv_provider.h"
#include "web/ngx_http_idv_web.h"


#define FUZZ_NOW      1800000000     /* seconds since the epoch */
#define FUZZ_NOW_MS   1000000        /* monotonic */
#define FUZZ_MAX_OUT  (256 * 1024)   /* bytes that a connection answers */


/* a property: what does not hold ends the process, as a crash would */

#define must(condition)                                                       \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fuzz_broken(#condition, __FILE__, __LINE__);                      \
        }                                                                     \
    } while (0)

void fuzz_broken(const char *what, const char *file, int line)
    __attribute__((noreturn));


/* the input, taken from its front; zeros when it is used up */

typedef struct {
    const u_char   *p;
    const u_char   *last;
} fuzz_input_t;

u_char fuzz_byte(fuzz_input_t *in);

/* up to the next byte of that value, which is dropped; or the rest */
ngx_str_t fuzz_until(fuzz_input_t *in, u_char end);
ngx_str_t fuzz_rest(fuzz_input_t *in);

/* a copy in memory of its own size: what is read behind it is found out */
ngx_str_t fuzz_copy(ngx_str_t *s);

/* 1 if it is UTF-8, and has no NUL */
ngx_uint_t fuzz_is_utf8(const u_char *text, size_t len);


typedef struct {
    const char     *name;            /* NULL after the last one */
    void          (*run)(fuzz_input_t *in);
} fuzz_row_t;

extern const fuzz_row_t fuzz_rows[];

/* the target that runs, and the file if it is one */
extern const fuzz_row_t *fuzz_row;
extern const char *fuzz_file;

int LLVMFuzzerTestOneInput(const u_char *data, size_t len);

#define FUZZ_DECLARE(name, what)  void fuzz_##name(fuzz_input_t *in);
FUZZ_TARGETS(FUZZ_DECLARE)


/* house.c: nginx in this process */

void house_start(void);
void house_enter(const u_char *data, size_t len);
void house_leave(void);

/* of one input; its zones are put back if it has used them */
extern ngx_pool_t *house_pool;
extern ngx_uint_t house_used;

/* the folder of this process */
extern char house_prefix[256];

/* each of the configuration; NULL is no provider of that name */
idv_provider_t *house_provider(const char *name);

/* a request to the gate's server with no connection behind it */
ngx_http_request_t *house_request(const char *host);
ngx_table_elt_t *house_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* runs what is posted; moves the clock to the next timer within ms: 1 */
void house_run(void);
ngx_uint_t house_wait(ngx_msec_t ms);

/* what happens in that time, happens */
void house_sleep(ngx_msec_t ms);

/* bytes that nobody but us has: never in a log, unless they were sent */
#define HOUSE_SECRET  "SeCrEt"


/* script.c: a provider that answers at once, in the place of net/ */

typedef struct {
    ngx_uint_t               status;
    idv_transfer_result_e    result;
    ngx_int_t                retry_after;
    ngx_str_t                body;
} script_answer_t;

typedef void (*script_pt)(idv_transfer_t *t, script_answer_t *answer);

/* what every transfer is answered by; NULL: as PingOne would */
extern script_pt script;

/* ... with this status of each transaction */
extern const char *script_status;

/* of this input */
extern ngx_uint_t script_created, script_fetched;

void script_reset(void);
ngx_uint_t script_step(void);
void script_default(idv_transfer_t *t, script_answer_t *answer);

#define SCRIPT_TX  "d1c2a8f0-77aa-4d6c-8b63-9e0a4f2b6c35"


/* visit.c: a client's connection */

typedef enum {
    VISIT_GATE = 0,
    VISIT_SERVICE
} visit_server_e;

typedef struct {
    ngx_uint_t               status;
    ngx_str_t                head;       /* header lines */
    ngx_str_t                body;       /* without chunks */
} visit_answer_t;

/*
 * Sends the bytes in pieces of that size, waits for what is delayed, closes.
 * What came back is in the pool of the input.
 */
ngx_str_t visit(visit_server_e server, const ngx_str_t *bytes, size_t piece);

/* the next answer of what came back, NGX_DECLINED: there is none */
ngx_int_t visit_answer(ngx_str_t *out, visit_answer_t *answer,
    ngx_uint_t no_body);

/* a header of an answer, data is NULL if there is none */
ngx_str_t visit_header(const visit_answer_t *answer, const char *name);

/* what holds for any answer of the gate's server */
void visit_check(const visit_answer_t *answer);


#endif /* _FUZZ_H_INCLUDED_ */
