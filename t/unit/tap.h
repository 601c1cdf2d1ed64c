
/*
 * Copyright (C) nginx-idv authors
 *
 * The Test Anything Protocol for unit tests in C.  A unit test is one file with
 * a main(); it is linked with a whole nginx, sanitized, whose own main() is out
 * of the way.  Any function of nginx or of the modules can be called, and one
 * that the test defines itself takes the place of the real one.
 *
 *     int
 *     main(void)
 *     {
 *         ok(1 + 1 == 2, "one and one is %d", 2);
 *         is_str(name.data, name.len, "poll", "name of the action");
 *
 *         return tap_done();
 *     }
 */


#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static int  tap_run;
static int  tap_failed;


static inline int
tap_point(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    tap_run++;

    printf("%sok %d - ", passed ? "" : "not ", tap_run);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");

    if (!passed) {
        tap_failed++;
        printf("# failed at %s line %d\n", file, line);
    }

    /* what a crash would lose */
    fflush(stdout);

    return passed;
}


static inline int
tap_str(const void *got, size_t len, const char *expected, const char *file,
    int line, const char *name)
{
    int  passed;

    passed = got != NULL && len == strlen(expected)
             && memcmp(got, expected, len) == 0;

    tap_point(passed, file, line, "%s", name);

    if (!passed) {
        printf("# got \"%.*s\", expected \"%s\"\n",
               got ? (int) len : 4, got ? (const char *) got : "NULL",
               expected);
    }

    return passed;
}


/* nginx's strings do not end with a NUL, so strstr() is not for them */

static inline const void *
tap_has(const ngx_str_t *string, const char *part)
{
    if (string->data == NULL) {
        return NULL;
    }

    return memmem(string->data, string->len, part, strlen(part));
}


static inline int
tap_done(void)
{
    printf("1..%d\n", tap_run);

    return tap_failed ? 1 : 0;
}


/* a pool and a log on stderr for functions of nginx that want them */

static inline ngx_log_t *
tap_log(void)
{
    static ngx_log_t        log;
    static ngx_open_file_t  file;

    file.fd = ngx_stderr;
    log.file = &file;
    log.log_level = NGX_LOG_EMERG;

    return &log;
}


static inline ngx_pool_t *
tap_pool(void)
{
    if (ngx_pagesize == 0) {
        ngx_pagesize = getpagesize();
        ngx_time_init();
    }

    return ngx_create_pool(4096, tap_log());
}


#define ok(condition, ...)                                                    \
    tap_point((condition) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, expected, name)                                           \
    tap_point((long long) (got) == (long long) (expected), __FILE__,          \
              __LINE__, "%s: %lld", name, (long long) (got))

#define is_str(data, len, expected, name)                                     \
    tap_str(data, len, expected, __FILE__, __LINE__, name)


#endif /* _TAP_H_INCLUDED_ */
