/* Messages by HTTP POST: one request under way on each connection. */
#include "wsload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static conn *connections, **idle;
static int idle_count;

void open_http(void) {
    connections = calloc(opt.http_connections, sizeof *connections);
    idle = calloc(opt.http_connections, sizeof *idle);
    for (int i = 0; i < opt.http_connections; i++) {
        conn *c = connections + i;
        c->kind = HTTP;
        c->id = i;
        c->room = opt.ports[i % opt.port_count];
        c->message = -1;
        c->fd = dial(c->room, 0);
        watch(c);
        idle[idle_count++] = c;
    }
}

bool http_idle(void) { return idle_count > 0; }

void http_post(int64_t n, int room, int64_t at) {
    static char request[1 << 17];
    char path[2048], *p = expand(opt.http, room, 0, n, at, NULL);
    if (snprintf(path, sizeof path, "%s", p) >= (int) sizeof path) die("the path is too long");
    size_t length;
    char *body = expand(opt.body ? opt.body : "{mark}", room, 0, n, at, &length);
    conn *c = idle[--idle_count];
    int l = snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\n%s%sContent-Length: %zu\r\n\r\n%s",
        path, opt.host, c->room, opt.header ? opt.header : "", opt.header ? "\r\n" : "", length, body);
    if (l >= (int) sizeof request) die("the request is too long");
    c->message = n;
    write_all(c->fd, request, l);
}

/* Length of the whole answer, 0 while it is not there yet. */
static size_t whole(char *answer, size_t n) {
    char *end = memmem(answer, n, "\r\n\r\n", 4);
    if (!end) return 0;
    *end = 0; /* so that the search stays in the head */
    char *length = strcasestr(answer, "\r\ncontent-length:"), *chunked = strcasestr(answer, "\r\ntransfer-encoding: chunked");
    size_t head = end + 4 - answer, body = 0;
    if (length) body = strtoul(length + 17, NULL, 10);
    *end = '\r';
    if (!length && chunked) {
        char *last = memmem(end + 2, n - (end + 2 - answer), "\r\n0\r\n\r\n", 7);
        return last ? last + 7 - answer : 0;
    }
    return head + body <= n ? head + body : 0;
}

size_t take_answers(conn *c, char *b, size_t n, int64_t at) {
    size_t length = whole(b, n);
    if (!length) return 0;
    if (c->message < 0) die("an answer that nobody asked for: %.*s", (int) (n > 200 ? 200 : n), b);
    if (n < 13 || b[9] != '2') die("refused: %.*s", (int) (n > 600 ? 600 : n), b);
    acknowledged(c->message, at);
    c->message = -1;
    idle[idle_count++] = c;
    return length;
}
