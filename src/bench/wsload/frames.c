/* The client's side of RFC 6455. */
#include "wsload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

void send_frame(int fd, int opcode, const char *payload, size_t n) {
    static unsigned char *b;
    static size_t cap;
    if (cap < n + 16) b = realloc(b, cap = n + 4096);
    size_t h = 0;
    b[h++] = 0x80 | opcode;
    if (n < 126) b[h++] = 0x80 | n;
    else if (n < 65536) { b[h++] = 0x80 | 126; b[h++] = n >> 8; b[h++] = n; }
    else { b[h++] = 0x80 | 127; for (int i = 7; i >= 0; i--) b[h++] = (uint64_t) n >> (8 * i); }
    unsigned char mask[4] = { 1, 2, 3, 4 };
    memcpy(b + h, mask, 4);
    h += 4;
    for (size_t i = 0; i < n; i++) b[h + i] = payload[i] ^ mask[i & 3];
    write_all(fd, b, h + n);
}

void open_reader(conn *c, int port, const char *path, int source) {
    char request[8192];
    c->fd = dial(port, source);
    watch(c);
    int n = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        expand(path, c->room, c->id, 0, 0, NULL), opt.host, port);
    if (n >= (int) sizeof request) die("the path is too long");
    write_all(c->fd, request, n);
}

static void is_ready(conn *c) {
    if (c->ready) return;
    c->ready = true;
    if (c->kind == READER) ready_readers++;
}

static void upgraded(conn *c) {
    c->upgraded = true;
    for (int i = 0; i < opt.subscribes; i++) {
        size_t n;
        char *text = expand(opt.subscribe[i], c->room, c->id, 0, 0, &n);
        send_frame(c->fd, TEXT, text, n);
    }
    if (!opt.ready) is_ready(c);
}

static void on_message(conn *c, char *text, size_t n, int64_t at) {
    char *mark = memmem(text, n, "@@", 2);
    if (mark) {
        if (c->kind == READER) delivered(c, text, n, mark, at);
    } else if (opt.ack && memmem(text, n, opt.ack, strlen(opt.ack))) {
        acknowledged(number_of_id(text, n), at);
    } else if (!c->ready && opt.ready && memmem(text, n, opt.ready, strlen(opt.ready))) {
        if (++c->ready_seen >= opt.ready_count) is_ready(c);
    } else if (memmem(text, n, "\"type\":\"error\"", 14) || memmem(text, n, "\"status\":\"error\"", 16)) {
        die("the server says: %.*s", (int) (n > 600 ? 600 : n), text);
    }
}

size_t take_frames(conn *c, char *b, size_t n, int64_t at) {
    size_t used = 0;
    if (!c->upgraded) {
        char *end = memmem(b, n, "\r\n\r\n", 4);
        if (!end) return 0;
        if (n < 12 || strncmp(b + 9, "101", 3)) die("upgrade refused: %.*s", (int) (n > 400 ? 400 : n), b);
        used = end + 4 - b;
        upgraded(c);
    }
    while (n - used >= 2) {
        unsigned char *p = (unsigned char *) b + used;
        size_t h = 2;
        uint64_t l = p[1] & 127;
        if (l == 126) { if (n - used < 4) break; l = p[2] << 8 | p[3]; h = 4; }
        else if (l == 127) { if (n - used < 10) break; l = 0; for (int i = 0; i < 8; i++) l = l << 8 | p[2 + i]; h = 10; }
        if (l > READ_BUFFER - 16) die("a frame of %llu bytes", (unsigned long long) l);
        if (n - used < h + l) break;
        char *payload = (char *) p + h;
        switch (p[0] & 15) {
            case CONTINUATION: case TEXT: case BINARY: on_message(c, payload, l, at); break;
            case PING: send_frame(c->fd, PONG, payload, l); break;
            case CLOSE: die("connection %d: the server closes with %d %.*s", c->id,
                            l >= 2 ? (unsigned char) payload[0] << 8 | (unsigned char) payload[1] : 0, l > 2 ? (int) l - 2 : 0, payload + 2);
        }
        used += h + l;
    }
    return used;
}
