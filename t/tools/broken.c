
/*
 * Copyright (C) nginx-idv authors
 *
 * A disk that is broken, preloaded into nginx.  The first native 64-bit number
 * in the file IDV_BROKEN says what fails for files and folders whose path has
 * "/broken": 1 to list a folder, 2 to examine a file, 3 to close one.
 */


#define _GNU_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


enum {
    BROKEN_LIST = 1,
    BROKEN_EXAMINE,
    BROKEN_CLOSE
};


static int64_t  broken_what;


static int
broken(int what, int fd)
{
    char     link[64], path[4096];
    ssize_t  n;

    if (broken_what != what) {
        return 0;
    }

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);

    if (n == -1) {
        return 0;
    }

    path[n] = '\0';

    return strstr(path, "/broken") != NULL;
}


struct dirent64 *
readdir64(DIR *dir)
{
    static struct dirent64  *(*next)(DIR *);

    if (next == NULL) {
        next = (struct dirent64 *(*)(DIR *)) dlsym(RTLD_NEXT, "readdir64");
    }

    if (broken(BROKEN_LIST, dirfd(dir))) {
        errno = EIO;
        return NULL;
    }

    return next(dir);
}


int
fstat64(int fd, struct stat64 *st)
{
    static int  (*next)(int, struct stat64 *);

    if (next == NULL) {
        next = (int (*)(int, struct stat64 *)) dlsym(RTLD_NEXT, "fstat64");
    }

    if (broken(BROKEN_EXAMINE, fd)) {
        errno = EIO;
        return -1;
    }

    return next(fd, st);
}


int
close(int fd)
{
    int         failed;
    static int  (*next)(int);

    if (next == NULL) {
        next = (int (*)(int)) dlsym(RTLD_NEXT, "close");
    }

    failed = broken(BROKEN_CLOSE, fd);

    if (next(fd) == -1) {
        return -1;
    }

    if (failed) {
        errno = EIO;
        return -1;
    }

    return 0;
}


static void __attribute__((constructor))
broken_init(void)
{
    int          fd;
    int64_t      what;
    const char  *path;

    path = getenv("IDV_BROKEN");
    fd = path ? open(path, O_RDONLY|O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    if (read(fd, &what, sizeof(what)) == sizeof(what)) {
        broken_what = what;
    }

    close(fd);
}
