/* wsload: see main.c. One thread, one epoll; times are microseconds of CLOCK_REALTIME. */
#ifndef WSLOAD_H
#define WSLOAD_H
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_SUBSCRIBE 8
#define MAX_PORTS 16
#define READ_BUFFER (1 << 20)

enum kind { READER, PUBLISHER, HTTP };

/* A connection. What a read leaves of an unfinished frame or answer waits in rest. */
typedef struct conn {
    enum kind kind;
    int fd, id, room;
    bool upgraded, ready;
    int ready_seen;
    char *rest;
    size_t rest_len, rest_cap;
    unsigned char *seen; /* a bit for each message of the client's rooms */
    int64_t *last;       /* the last number in the order, for each room that the client reads */
    int64_t message;     /* HTTP: the message whose answer is awaited, -1: idle */
} conn;

struct options {
    const char *host, *path, *ready, *publish, *publish_path, *send, *ack, *http, *body, *header, *order;
    const char *subscribe[MAX_SUBSCRIBE];
    int subscribes, ports[MAX_PORTS], port_count, clients, rooms, window, ready_count, pad, http_connections, sources, first_room;
    int64_t messages;
    double rate, timeout, settle, duration;
    bool everything, binary, done_by_ack, hold;
};

struct totals {
    uint64_t deliveries, expected, acks, lost, duplicates, disorder, bytes;
    int64_t published, completed, last_event;
};

typedef struct { uint64_t count, buckets[34 * 1024]; int64_t max; } histogram;

extern struct options opt;
extern struct totals sum;
extern conn *readers;
extern int ready_readers;

/* main.c */
int64_t now_us(void);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* template.c: replaces the placeholders; valid until the next call. */
char *expand(const char *template, int room, int client, int64_t n, int64_t at, size_t *length);
int64_t number_of_id(const char *text, size_t length); /* the n of an {id} that stands in the text, -1 without one of this run */

/* socket.c */
int dial(int port, int source);
void write_all(int fd, const void *bytes, size_t length);
void watch(conn *c);
void pump(int64_t timeout_us); /* reads what has come, or waits so long for something to come */

/* frames.c */
void open_reader(conn *c, int port, const char *path, int source);
void send_frame(int fd, int opcode, const char *payload, size_t length);
size_t take_frames(conn *c, char *bytes, size_t length, int64_t at);

/* http.c */
void open_http(void);
bool http_idle(void);
void http_post(int64_t n, int room, int64_t at);
size_t take_answers(conn *c, char *bytes, size_t length, int64_t at);

/* check.c */
void begin_checks(void);
uint64_t members(int64_t n);
void sent(int64_t n, int64_t at);
void acknowledged(int64_t n, int64_t at);
void delivered(conn *c, const char *text, size_t length, const char *mark, int64_t at);
extern histogram delivery_latency, ack_latency;
double percentile_ms(const histogram *h, double p);
#endif
