
/*
 * Copyright (C) nginx-idv authors
 *
 * Clocks that tests move, preloaded into nginx.  The file IDV_CLOCK holds two
 * native 64-bit numbers: the seconds by which the time of day is off, and those
 * by which the monotonic clock is, and with it all timers.
 *
 * The file is mapped when nginx starts, so workers have it whatever user they
 * run as, and whatever environment they are left with.
 */


#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


static const volatile int64_t  *clock_offset;    /* of day, monotonic */


static void __attribute__((constructor))
clock_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("IDV_CLOCK");
    fd = path ? open(path, O_RDONLY|O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    p = mmap(NULL, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);

    if (p != MAP_FAILED) {
        clock_offset = p;
    }

    close(fd);
}


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int  rc;

    /* not libc's: that may be this very function */
    rc = (int) syscall(SYS_clock_gettime, id, ts);

    if (rc != 0 || clock_offset == NULL) {
        return rc;
    }

    switch (id) {

    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        ts->tv_sec += clock_offset[0];
        break;

    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        ts->tv_sec += clock_offset[1];
        break;
    }

    return rc;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec  ts;

    (void) tz;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}


time_t
time(time_t *t)
{
    struct timespec  ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    if (t) {
        *t = ts.tv_sec;
    }

    return ts.tv_sec;
}
