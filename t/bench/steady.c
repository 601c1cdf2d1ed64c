
/*
 * Copyright (C) nginx-idv authors
 *
 * steady PORT RATE SECONDS CONNECTIONS ADDRESSES STATUS FILE [IDS]
 *
 * Load at a constant rate.  Each request has a time at which it is due; its
 * latency counts from there, also where it had to wait for a connection or for
 * this program: a server that stops for a while is charged with all who would
 * have come meanwhile.  With a rate of 0 each connection asks again as soon as
 * it is answered.  With 0 seconds the file is sent once.
 *
 * FILE has requests in turn: a line with the length of one, then its bytes.
 * Connections come from so many ADDRESSES, 127.0.0.1 and upwards.  Into IDS the
 * "id" of each answer goes, a line for a request of the file.
 *
 * What a server closes while nothing is under way is opened again, and so is
 * what it closes without a byte of an answer, once for a request: both may
 * happen with any reload.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define ANSWER   8192            /* bytes of the longest answer */
#define ID       22
#define OPENING  128             /* connections under way at a time */


typedef struct {
    const char      *data;
    size_t           len;
} request_t;


typedef struct {
    int              fd;
    int              asked;      /* the request, -1: none */
    int              again;      /* it was sent before */
    int              open;
    uint64_t         due;
    size_t           got;
    size_t           size;       /* of the whole answer, 0: not known yet */
    char            *answer;
} connection_t;


static request_t      *requests;
static int             nrequests;
static connection_t   *connections;
static int             nconnections;
static int            *idle;     /* a ring: who has waited longest asks next */
static int             idle_head;
static int             nidle;
static uint32_t       *latency;
static size_t          done;
static size_t          room;
static unsigned long   wrong;
static unsigned long   lost;
static unsigned long   reopened;
static int             status;
static int             port;
static int             addresses;
static int             opening;
static int             ep;
static char           *ids;


static void
fail(const char *what)
{
    fprintf(stderr, "steady: %s: %s\n", what, strerror(errno));
    exit(2);
}


static void *
get(size_t n, size_t size)
{
    void  *p;

    p = calloc(n ? n : 1, size);

    if (p == NULL) {
        fail("memory");
    }

    return p;
}


/* microseconds */

static uint64_t
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


static void
load(const char *name)
{
    char    *data, *p, *end;
    long     size;
    FILE    *file;

    file = fopen(name, "r");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(name);
    }

    size = ftell(file);
    rewind(file);
    data = get((size_t) size + 1, 1);

    if (fread(data, 1, (size_t) size, file) != (size_t) size) {
        fail(name);
    }

    fclose(file);

    end = data + size;

    for (p = data; p < end; nrequests++) {
        if (nrequests % 1024 == 0) {
            requests = realloc(requests, sizeof(request_t)
                                         * ((size_t) nrequests + 1024));
            if (requests == NULL) {
                fail("memory");
            }
        }

        requests[nrequests].len = strtoul(p, &p, 10);
        requests[nrequests].data = ++p;
        p += requests[nrequests].len;
    }

    if (nrequests == 0 || p != end) {
        fprintf(stderr, "steady: %s has no requests\n", name);
        exit(2);
    }
}


static void
open_one(int n)
{
    int                 one;
    connection_t       *c;
    struct sockaddr_in  from, to;
    struct epoll_event  ev;

    c = &connections[n];
    one = 1;

    memset(&from, 0, sizeof(from));
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t) (n % addresses));

    to = from;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t) port);

    c->fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0);
    c->open = 0;
    c->got = 0;
    c->size = 0;

    if (c->fd < 0
        || setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                      sizeof(one)) != 0
        || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0
        || bind(c->fd, (struct sockaddr *) &from, sizeof(from)) != 0
        || (connect(c->fd, (struct sockaddr *) &to, sizeof(to)) != 0
            && errno != EINPROGRESS))
    {
        fail("a connection");
    }

    ev.events = EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLET;
    ev.data.u32 = (uint32_t) n;

    if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
        fail("epoll_ctl");
    }

    opening++;
}


static void
rest(int n)
{
    connections[n].asked = -1;
    idle[(idle_head + nidle++) % nconnections] = n;
}


static int
awake(void)
{
    int  n;

    n = idle[idle_head];
    idle_head = (idle_head + 1) % nconnections;
    nidle--;

    return n;
}


/* requests are short: a socket that has no room for one is broken */

static void
ask(int n)
{
    request_t     *r;
    connection_t  *c;

    c = &connections[n];
    r = &requests[c->asked];

    c->got = 0;
    c->size = 0;

    if (send(c->fd, r->data, r->len, MSG_NOSIGNAL) != (ssize_t) r->len
        && errno != EPIPE && errno != ECONNRESET)
    {
        fail("send");
    }
}


static void
count(connection_t *c, uint64_t at)
{
    if (done == room) {
        room = room ? 2 * room : 65536;
        latency = realloc(latency, room * sizeof(uint32_t));

        if (latency == NULL) {
            fail("memory");
        }
    }

    latency[done++] = (uint32_t) (at - c->due);
}


/* the server has closed it */

static void
closed(int n)
{
    connection_t  *c;

    c = &connections[n];

    close(c->fd);
    reopened++;

    if (c->asked >= 0 && (c->got || c->again)) {
        lost++;
        c->asked = -1;

    } else if (c->asked >= 0) {
        c->again = 1;
    }

    open_one(n);
}


static void
answered(int n)
{
    char          *id;
    connection_t  *c;

    c = &connections[n];

    count(c, now());

    if (atoi(c->answer + sizeof("HTTP/1.1 ") - 1) != status) {
        wrong++;
    }

    if (ids) {
        id = strstr(c->answer, "\"id\":\"");

        if (id) {
            memcpy(ids + (size_t) c->asked * (ID + 1), id + 6, ID);
        }
    }

    rest(n);
}


/* 1: the answer is there; 0: not yet; -1: closed */

static int
take(connection_t *c)
{
    char     *end, *length;
    ssize_t   got;

    for ( ;; ) {
        got = recv(c->fd, c->answer + c->got, ANSWER - c->got, 0);

        if (got < 0 && errno == EAGAIN) {
            return 0;
        }

        if (got <= 0) {
            return -1;
        }

        c->got += (size_t) got;
        c->answer[c->got] = '\0';

        if (c->size == 0) {
            end = strstr(c->answer, "\r\n\r\n");
            length = strcasestr(c->answer, "\r\nContent-Length: ");

            if (end == NULL) {
                continue;
            }

            c->size = (size_t) (end + 4 - c->answer)
                      + (length && length < end
                         ? strtoul(length + 18, NULL, 10) : 0);
        }

        if (c->got >= c->size) {
            return 1;
        }

        if (c->got == ANSWER) {
            fprintf(stderr, "steady: an answer is too long\n");
            exit(2);
        }
    }
}


static void
event(struct epoll_event *ev)
{
    int            i, k, m, n, rc;
    connection_t  *c;

    n = (int) ev->data.u32;
    c = &connections[n];

    if (!c->open) {

        if (ev->events & (EPOLLERR|EPOLLHUP)) {
            fprintf(stderr, "steady: a connection was refused\n");
            exit(2);
        }

        c->open = 1;
        opening--;

        if (c->asked >= 0) {
            ask(n);

        } else {
            rest(n);
        }

        return;
    }

    if (!(ev->events & (EPOLLIN|EPOLLRDHUP|EPOLLERR|EPOLLHUP))) {
        return;
    }

    rc = (c->asked >= 0) ? take(c) : 0;

    if (rc > 0) {
        answered(n);
    }

    if (rc < 0 || (ev->events & (EPOLLRDHUP|EPOLLERR|EPOLLHUP))) {

        /* not to be asked any more */

        for (i = 0, k = 0; i < nidle; i++) {
            m = idle[(idle_head + i) % nconnections];

            if (m != n) {
                idle[(idle_head + k++) % nconnections] = m;
            }
        }

        nidle = k;
        closed(n);
    }
}


static int
by_size(const void *a, const void *b)
{
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}


static unsigned
percentile(double p)
{
    return done ? latency[(size_t) (p * (double) (done - 1))] : 0;
}


static void
run(double rate, double seconds)
{
    int                 i, n, opened;
    uint64_t            begun, due, ended, t;
    unsigned long       sent, last;
    struct epoll_event  events[512];

    begun = 0;
    ended = 0;
    sent = 0;
    opened = 0;

    last = seconds > 0 && rate > 0 ? (unsigned long) (rate * seconds)
           : seconds > 0 ? ~0UL : (unsigned long) nrequests;

    for ( ;; ) {

        while (opened < nconnections && opening < OPENING) {
            connections[opened].asked = -1;
            open_one(opened++);
        }

        n = epoll_wait(ep, events, 512, 0);

        for (i = 0; i < n; i++) {
            event(&events[i]);
        }

        if (begun == 0) {
            if (nidle < nconnections) {
                continue;
            }

            begun = now();
        }

        t = now();

        if (rate <= 0 && seconds > 0 && t - begun >= seconds * 1e6) {
            last = sent;
        }

        while (nidle && sent < last) {
            due = rate > 0 ? begun + (uint64_t) (sent / rate * 1e6) : t;

            if (due > t) {
                break;
            }

            n = awake();
            connections[n].asked = (int) (sent++ % (unsigned) nrequests);
            connections[n].again = 0;
            connections[n].due = due;
            ask(n);
        }

        if (sent == last && nidle == nconnections) {
            ended = t;
            break;
        }

        if (sent == last && ended == 0) {
            ended = t;
        }

        if (sent == last && t - ended > 10000000) {
            for (i = 0; i < nconnections; i++) {
                lost += (connections[i].asked >= 0);
            }

            break;
        }
    }

    qsort(latency, done, sizeof(uint32_t), by_size);

    printf("{\"requests\":%lu,\"seconds\":%.6f,\"p50\":%u,\"p99\":%u,"
           "\"p999\":%u,\"max\":%u,\"wrong\":%lu,\"lost\":%lu,"
           "\"reopened\":%lu}\n", (unsigned long) done,
           (double) (ended - begun) / 1e6, percentile(0.5), percentile(0.99),
           percentile(0.999), percentile(1), wrong, lost, reopened);
}


int
main(int argc, char **argv)
{
    int   i;
    FILE  *file;

    if (argc < 8) {
        fprintf(stderr, "usage: steady PORT RATE SECONDS CONNECTIONS "
                "ADDRESSES STATUS FILE [IDS]\n");
        return 2;
    }

    port = atoi(argv[1]);
    nconnections = atoi(argv[4]);
    addresses = atoi(argv[5]);
    status = atoi(argv[6]);

    load(argv[7]);

    connections = get((size_t) nconnections, sizeof(connection_t));
    idle = get((size_t) nconnections, sizeof(int));

    for (i = 0; i < nconnections; i++) {
        connections[i].answer = get(ANSWER + 1, 1);
    }

    if (argc > 8) {
        ids = get((size_t) nrequests, ID + 1);
    }

    ep = epoll_create1(0);

    if (ep < 0) {
        fail("epoll_create1");
    }

    run(atof(argv[2]), atof(argv[3]));

    if (ids) {
        file = fopen(argv[8], "w");

        if (file == NULL) {
            fail(argv[8]);
        }

        for (i = 0; i < nrequests; i++) {
            fprintf(file, "%s\n", ids + (size_t) i * (ID + 1));
        }

        fclose(file);
    }

    return 0;
}
