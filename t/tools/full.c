
/*
 * Copyright (C) nginx-idv authors
 *
 * A disk that is full, preloaded into nginx: while the file IDV_FULL holds a
 * native 64-bit number other than 0, nothing can be written to any regular
 * file, whoever has opened it.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
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

    p = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);

    if (p != MAP_FAILED) {
        full_now = p;
    }

    close(fd);
}
