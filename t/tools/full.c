
/*
 * Copyright (C) nginx-idv authors
 *
 * A disk, preloaded into nginx: while the first native 64-bit number of the
 * file IDV_FULL is other than 0 it is full, and nothing can be written to any
 * regular file, whoever has opened it.  While the second is, a directory that is
 * empty has always been removed by somebody else before its lock is had, once
 * for each number.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>


static const volatile int64_t  *full_now;


static int
full_refuses(int fd)
{
    struct stat  st;

    if (full_now == NULL || *full_now == 0 || fstat(fd, &st) != 0
        || !S_ISREG(st.st_mode))
    {
        return 0;
    }

    errno = ENOSPC;

    return 1;
}


ssize_t
write(int fd, const void *buf, size_t n)
{
    static ssize_t  (*next)(int, const void *, size_t);

    if (next == NULL) {
        next = (ssize_t (*)(int, const void *, size_t))
                   dlsym(RTLD_NEXT, "write");
    }

    return full_refuses(fd) ? -1 : next(fd, buf, n);
}


ssize_t
pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    static ssize_t  (*next)(int, const void *, size_t, off_t);

    if (next == NULL) {
        next = (ssize_t (*)(int, const void *, size_t, off_t))
                   dlsym(RTLD_NEXT, "pwrite");
    }

    return full_refuses(fd) ? -1 : next(fd, buf, n, offset);
}


ssize_t
pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    return pwrite(fd, buf, n, offset);
}


ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    static ssize_t  (*next)(int, const struct iovec *, int);

    if (next == NULL) {
        next = (ssize_t (*)(int, const struct iovec *, int))
                   dlsym(RTLD_NEXT, "writev");
    }

    return full_refuses(fd) ? -1 : next(fd, iov, n);
}


ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t offset)
{
    static ssize_t  (*next)(int, const struct iovec *, int, off_t);

    if (next == NULL) {
        next = (ssize_t (*)(int, const struct iovec *, int, off_t))
                   dlsym(RTLD_NEXT, "pwritev");
    }

    return full_refuses(fd) ? -1 : next(fd, iov, n, offset);
}


ssize_t
pwritev64(int fd, const struct iovec *iov, int n, off64_t offset)
{
    return pwritev(fd, iov, n, offset);
}


int
flock(int fd, int operation)
{
    char            link[64], path[4096];
    ssize_t         n;
    static int      (*next)(int, int);
    static int64_t  removed;

    if (next == NULL) {
        next = (int (*)(int, int)) dlsym(RTLD_NEXT, "flock");
    }

    if (full_now && full_now[1] && full_now[1] != removed) {
        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);

        if (n > 0) {
            path[n] = '\0';

            if (rmdir(path) == 0) {
                removed = full_now[1];
            }
        }
    }

    return next(fd, operation);
}


static void __attribute__((constructor))
full_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("IDV_FULL");
    fd = path ? open(path, O_RDONLY|O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    p = mmap(NULL, 2 * sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);

    if (p != MAP_FAILED) {
        full_now = p;
    }

    close(fd);
}
