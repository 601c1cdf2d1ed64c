
/*
 * Copyright (C) nginx-idv authors
 *
 * System calls on connections to a provider.  In a worker that serves no other
 * connections that it makes itself, these are all that socket() gives.
 */


#include "rig.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#undef fcntl
#undef recv
#undef send


#define RIG_SOCKETS  65536

#define RIG_REAL(name)                                                        \
    static __typeof__(name)  *real;                                           \
                                                                              \
    if (real == NULL) {                                                       \
        real = (__typeof__(name) *) dlsym(RTLD_NEXT, #name);                  \
    }


/* by descriptor: 1 of a provider */
static uint8_t  rig_sockets[RIG_SOCKETS];


static int
rig_is_provider(int fd)
{
    return fd >= 0 && fd < RIG_SOCKETS && rig_sockets[fd];
}


/* 1: the call fails; what is short is done for one byte */

static int
rig_call_fails(int fd, const char *what)
{
    if (!rig_is_provider(fd) || rig_control->error == 0
        || !rig_fails(RIG_CALL, what))
    {
        return 0;
    }

    errno = rig_control->error;

    return 1;
}


static int
rig_call_short(int fd, const char *what)
{
    return rig_is_provider(fd) && rig_control->error == 0
           && rig_fails(RIG_CALL, what);
}


int
socket(int domain, int type, int protocol)
{
    int  fd;

    RIG_REAL(socket);

    if (rig_control->provider == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return real(domain, type, protocol);
    }

    if (rig_control->error && rig_fails(RIG_CALL, "socket")) {
        errno = rig_control->error;
        return -1;
    }

    fd = real(domain, type, protocol);

    if (fd >= 0 && fd < RIG_SOCKETS) {
        rig_sockets[fd] = 1;
    }

    return fd;
}


int
close(int fd)
{
    RIG_REAL(close);

    if (fd >= 0 && fd < RIG_SOCKETS) {
        rig_sockets[fd] = 0;
    }

    return real(fd);
}


int
connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    RIG_REAL(connect);

    return rig_call_fails(fd, "connect") ? -1 : real(fd, addr, len);
}


ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
    RIG_REAL(send);

    if (rig_call_fails(fd, "send")) {
        return -1;
    }

    return real(fd, buf, len && rig_call_short(fd, "send") ? 1 : len, flags);
}


ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
    RIG_REAL(recv);

    if (rig_call_fails(fd, "recv")) {
        return -1;
    }

    return real(fd, buf, len && rig_call_short(fd, "recv") ? 1 : len, flags);
}


ssize_t
write(int fd, const void *buf, size_t len)
{
    RIG_REAL(write);

    if (rig_call_fails(fd, "write")) {
        return -1;
    }

    return real(fd, buf, len && rig_call_short(fd, "write") ? 1 : len);
}


ssize_t
read(int fd, void *buf, size_t len)
{
    RIG_REAL(read);

    if (rig_call_fails(fd, "read")) {
        return -1;
    }

    return real(fd, buf, len && rig_call_short(fd, "read") ? 1 : len);
}


ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    RIG_REAL(writev);

    return rig_call_fails(fd, "writev") ? -1 : real(fd, iov, n);
}


int
epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
    RIG_REAL(epoll_ctl);

    return rig_call_fails(fd, "epoll_ctl") ? -1 : real(ep, op, fd, event);
}


int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    RIG_REAL(getsockopt);

    return rig_call_fails(fd, "getsockopt")
           ? -1 : real(fd, level, name, value, len);
}


int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    RIG_REAL(setsockopt);

    return rig_call_fails(fd, "setsockopt")
           ? -1 : real(fd, level, name, value, len);
}


int
getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    RIG_REAL(getpeername);

    return rig_call_fails(fd, "getpeername") ? -1 : real(fd, addr, len);
}


int
getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    RIG_REAL(getsockname);

    return rig_call_fails(fd, "getsockname") ? -1 : real(fd, addr, len);
}


int
fcntl(int fd, int command, ...)
{
    void     *arg;
    va_list   args;

    RIG_REAL(fcntl);

    va_start(args, command);
    arg = va_arg(args, void *);
    va_end(args);

    /* an open descriptor has flags: this cannot fail */

    if (command != F_GETFD && rig_call_fails(fd, "fcntl")) {
        return -1;
    }

    return real(fd, command, arg);
}


int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
    RIG_REAL(poll);

    return n == 1 && rig_call_fails(fds[0].fd, "poll")
           ? -1 : real(fds, n, timeout);
}
