#include "wsload.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static int epoll_fd = -1;
static char *buffer;

/* One loopback address has some 28,000 ports for connections to one server: source picks another one. */
int dial(int port, int source) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (source > 0) {
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        struct sockaddr_in from = { .sin_family = AF_INET };
        from.sin_addr.s_addr = htonl(0x7f000001 + source);
        if (bind(fd, (void *) &from, sizeof from)) die("bind: %s", strerror(errno));
    }
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, opt.host, &to.sin_addr) != 1) die("--host takes an IPv4 address");
    if (connect(fd, (void *) &to, sizeof to)) die("connect %s:%d: %s", opt.host, port, strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

void write_all(int fd, const void *bytes, size_t length) {
    const char *p = bytes;
    while (length) {
        ssize_t written = write(fd, p, length);
        if (written >= 0) { p += written; length -= written; continue; }
        if (errno != EAGAIN) die("write: %s", strerror(errno));
        struct pollfd wait = { .fd = fd, .events = POLLOUT };
        if (poll(&wait, 1, 10000) == 0) die("the server has taken nothing for 10 s");
    }
}

void watch(conn *c) {
    if (epoll_fd < 0) { epoll_fd = epoll_create1(0); buffer = malloc(READ_BUFFER); }
    struct epoll_event e = { EPOLLIN, { .ptr = c } };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e)) die("epoll: %s", strerror(errno));
}

static void readable(conn *c) {
    for (;;) {
        size_t have = c->rest_len;
        if (have >= READ_BUFFER) die("a frame or answer of more than %d bytes", READ_BUFFER);
        if (have) memcpy(buffer, c->rest, have);
        ssize_t got = read(c->fd, buffer + have, READ_BUFFER - have);
        if (got < 0 && errno == EAGAIN) return;
        if (got < 0) die("connection %d: %s", c->id, strerror(errno));
        if (got == 0) die("connection %d was closed by the server", c->id);
        sum.bytes += got;
        size_t n = have + got, used = c->kind == HTTP ? take_answers(c, buffer, n, now_us()) : take_frames(c, buffer, n, now_us()), left = n - used;
        if (left > c->rest_cap) c->rest = realloc(c->rest, c->rest_cap = left + 512);
        if (left) memcpy(c->rest, buffer + used, left);
        c->rest_len = left;
        if (n < READ_BUFFER) return;
    }
}

void pump(int64_t timeout_us) {
    static struct epoll_event events[1024];
    struct timespec wait = { timeout_us / 1000000, timeout_us % 1000000 * 1000 };
    struct pollfd any = { .fd = epoll_fd, .events = POLLIN }; /* epoll_wait itself counts in milliseconds */
    if (timeout_us > 0) ppoll(&any, 1, &wait, NULL);
    int n = epoll_fd < 0 ? 0 : epoll_wait(epoll_fd, events, 1024, 0);
    for (int i = 0; i < n; i++) readable(events[i].data.ptr);
}
