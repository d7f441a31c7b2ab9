/*
 * wsload: a load generator for WebSocket servers, in one thread.
 *
 * Opens readers, has each subscribe, sends messages and checks that every member of a message's room gets it once and in order.
 * Each message carries the mark @@MICROS:N@@; a reader finds it in whatever the server wraps round it, so that one tool
 * measures servers with different protocols at the same work. Latency counts from the moment a message was due.
 */
#include "wsload.h"
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct options opt = { .host = "127.0.0.1", .path = "/", .clients = 0, .rooms = 1, .messages = 1000, .window = 1, .ready_count = 1,
                       .pad = 64, .http_connections = 1, .sources = 1, .timeout = 60, .settle = 0.2 };
struct totals sum;
conn *readers;
int ready_readers;
static conn publisher = { .kind = PUBLISHER, .id = -1 };

static const char HELP[] =
    "wsload --port P[,P…] --path /ws/{room} --clients N --rooms R --messages M [--duration S] [--window W | --rate PER_S]\n"
    "  --subscribe FRAME    sent by each client once connected (repeatable); --ready TEXT [--ready-count K] marks a client as subscribed\n"
    "  --everything         each client gets the messages of all rooms, not only those of its own\n"
    "  --first-room K       rooms count from K\n"
    "  --publish FRAME [--publish-path PATH] [--binary]           messages by one more WebSocket, or\n"
    "  --send FRAME --ack TEXT                                    by the clients themselves, each in its own room, or\n"
    "  --http PATH --body BODY [--header 'A: b'] [--connections C]  by HTTP POST\n"
    "  --window W           closed loop: W messages in flight; --done-by-ack: until the server has acknowledged, else until all members have it\n"
    "  --rate R             open loop: R messages/s, sent when due or as soon as a connection is free; latency counts from when they were due\n"
    "  --order KEY|none     the number behind KEY has to rise for each client and room; else messages have to come as they were sent\n"
    "  --hold               sends nothing: says \"ready\", reads until standard input says \"expect N\" (deliveries) or ends; needs --order with numbers\n"
    "                       that rise by one, or --order none\n"
    "  --sources S          spreads clients over S loopback addresses; --pad BYTES, --timeout S, --settle S before the first message\n"
    "  placeholders: {room} {uuid} {client} {n} {id} {mark} {pad} \\xHH\n"
    "One JSON object to standard output. Exit 0: all came once and in order; 1: something was lost, doubled or disordered; 2: it could not run\n";

int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

void die(const char *format, ...) {
    va_list a;
    va_start(a, format);
    fputs("wsload: ", stderr);
    vfprintf(stderr, format, a);
    va_end(a);
    fputc('\n', stderr);
    exit(2);
}

static void take_ports(char *list) {
    for (char *port = strtok(list, ","); port; port = strtok(NULL, ",")) {
        if (opt.port_count == MAX_PORTS) die("at most %d ports", MAX_PORTS);
        opt.ports[opt.port_count++] = atoi(port);
    }
}

static void take_options(int argc, char **argv) {
    enum { HOST = 1, PORT, PATH, CLIENTS, ROOMS, MESSAGES, DURATION, WINDOW, RATE, SUBSCRIBE, READY, READY_COUNT, EVERYTHING, FIRST_ROOM, PUBLISH, PUBLISH_PATH,
           BINARY_FRAMES, SEND, ACK, POST, BODY, HEADER, CONNECTIONS, DONE_BY_ACK, ORDER, HOLD, SOURCES, PAD, TIMEOUT, SETTLE, HELP_ME };
    static struct option names[] = {
        {"host", 1, 0, HOST}, {"port", 1, 0, PORT}, {"path", 1, 0, PATH}, {"clients", 1, 0, CLIENTS}, {"rooms", 1, 0, ROOMS},
        {"messages", 1, 0, MESSAGES}, {"duration", 1, 0, DURATION}, {"window", 1, 0, WINDOW}, {"rate", 1, 0, RATE}, {"subscribe", 1, 0, SUBSCRIBE},
        {"ready", 1, 0, READY}, {"ready-count", 1, 0, READY_COUNT}, {"everything", 0, 0, EVERYTHING}, {"first-room", 1, 0, FIRST_ROOM}, {"publish", 1, 0, PUBLISH},
        {"publish-path", 1, 0, PUBLISH_PATH}, {"binary", 0, 0, BINARY_FRAMES}, {"send", 1, 0, SEND}, {"ack", 1, 0, ACK}, {"http", 1, 0, POST},
        {"body", 1, 0, BODY}, {"header", 1, 0, HEADER}, {"connections", 1, 0, CONNECTIONS}, {"done-by-ack", 0, 0, DONE_BY_ACK}, {"order", 1, 0, ORDER},
        {"hold", 0, 0, HOLD}, {"sources", 1, 0, SOURCES}, {"pad", 1, 0, PAD}, {"timeout", 1, 0, TIMEOUT}, {"settle", 1, 0, SETTLE},
        {"help", 0, 0, HELP_ME}, {0}};
    for (int k; (k = getopt_long(argc, argv, "", names, NULL)) != -1;) switch (k) {
        case HOST: opt.host = optarg; break;
        case PORT: take_ports(optarg); break;
        case PATH: opt.path = optarg; break;
        case CLIENTS: opt.clients = atoi(optarg); break;
        case ROOMS: opt.rooms = atoi(optarg); break;
        case MESSAGES: opt.messages = atoll(optarg); break;
        case DURATION: opt.duration = atof(optarg); break;
        case WINDOW: opt.window = atoi(optarg); break;
        case RATE: opt.rate = atof(optarg); break;
        case SUBSCRIBE:
            if (opt.subscribes == MAX_SUBSCRIBE) die("at most %d --subscribe", MAX_SUBSCRIBE);
            opt.subscribe[opt.subscribes++] = optarg;
            break;
        case READY: opt.ready = optarg; break;
        case READY_COUNT: opt.ready_count = atoi(optarg); break;
        case EVERYTHING: opt.everything = true; break;
        case FIRST_ROOM: opt.first_room = atoi(optarg); break;
        case PUBLISH: opt.publish = optarg; break;
        case PUBLISH_PATH: opt.publish_path = optarg; break;
        case BINARY_FRAMES: opt.binary = true; break;
        case SEND: opt.send = optarg; break;
        case ACK: opt.ack = optarg; break;
        case POST: opt.http = optarg; break;
        case BODY: opt.body = optarg; break;
        case HEADER: opt.header = optarg; break;
        case CONNECTIONS: opt.http_connections = atoi(optarg); break;
        case DONE_BY_ACK: opt.done_by_ack = true; break;
        case ORDER: opt.order = optarg; break;
        case HOLD: opt.hold = true; break;
        case SOURCES: opt.sources = atoi(optarg); break;
        case PAD: opt.pad = atoi(optarg); break;
        case TIMEOUT: opt.timeout = atof(optarg); break;
        case SETTLE: opt.settle = atof(optarg); break;
        default: fputs(HELP, k == HELP_ME ? stdout : stderr); exit(k == HELP_ME ? 0 : 2);
    }
    if (!opt.port_count || opt.clients < 0 || opt.rooms < 1 || opt.messages < 1 || opt.http_connections < 1 || opt.pad < 0 || opt.pad > 60000) die("see --help");
    if (!opt.hold && !!opt.publish + !!opt.send + !!opt.http != 1) die("one of --publish, --send and --http is needed");
    if (opt.send && (!opt.ack || opt.clients < opt.rooms)) die("--send needs --ack, and a client in each room");
    if (opt.done_by_ack && opt.publish) die("what is published is not acknowledged");
}

static void until(int64_t end) {
    for (int64_t now; (now = now_us()) < end;) pump(end - now);
}

/* A server takes so many connections at a time: not more than some hundred wait for their answer. */
static void connect_all(void) {
    int64_t end = now_us() + (int64_t) (opt.timeout * 1e6);
    for (int i = 0; i < opt.clients; i++) {
        conn *c = readers + i;
        c->id = i;
        c->room = i % opt.rooms;
        open_reader(c, opt.ports[i % opt.port_count], opt.path, opt.sources > 1 ? i % opt.sources : 0);
        if (i % 32 == 31) pump(0);
        while (i - ready_readers > 400 && now_us() < end) pump(10000);
    }
    while (ready_readers < opt.clients && now_us() < end) pump(50000);
    if (ready_readers < opt.clients) die("only %d of %d clients became ready", ready_readers, opt.clients);
    if (opt.publish) {
        open_reader(&publisher, opt.ports[0], opt.publish_path ? opt.publish_path : opt.path, 0);
        while (!publisher.ready && now_us() < end) pump(50000);
        if (!publisher.ready) die("the publisher did not become ready");
    }
    if (opt.http) open_http();
    until(now_us() + (int64_t) (opt.settle * 1e6));
}

static void send_message(int64_t at) {
    int64_t n = sum.published++;
    int room = (int) (n % opt.rooms);
    sent(n, at);
    if (opt.http) { http_post(n, room, at); return; }
    conn *c = opt.send ? readers + n % opt.clients : &publisher;
    size_t length;
    char *frame = expand(opt.send ? opt.send : opt.publish, opt.send ? c->room : room, c->id, n, at, &length);
    send_frame(c->fd, opt.binary ? 2 : 1, frame, length);
}

static bool finished(void) {
    return sum.completed == sum.published && sum.deliveries == sum.expected && (opt.publish || sum.acks == (uint64_t) sum.published);
}

/* Returns the seconds from the first message to the last delivery (or acknowledgement). */
static double run(void) {
    int64_t start = now_us(), stop = opt.duration > 0 ? start + (int64_t) (opt.duration * 1e6) : INT64_MAX;
    int64_t end = start + (int64_t) ((opt.duration + opt.timeout) * 1e6), now;
    sum.last_event = start;
    while ((now = now_us()) < end) {
        bool more = sum.published < opt.messages && now < stop;
        if (!more && finished()) break;
        for (; more && (!opt.http || http_idle()); more = sum.published < opt.messages) {
            int64_t due = opt.rate > 0 ? start + (int64_t) (sum.published * 1e6 / opt.rate) : now_us();
            if (opt.rate > 0 ? due > now : sum.published - sum.completed >= opt.window) break;
            send_message(due);
        }
        int64_t next = opt.rate > 0 && more ? start + (int64_t) (sum.published * 1e6 / opt.rate) - now_us() : 1000;
        pump(next > 1000 ? 1000 : next > 0 ? next : 0);
    }
    until(now_us() + 100000); /* what came twice comes late */
    return (sum.last_event - start) / 1e6;
}

/* Reads until told how many deliveries to expect; returns the seconds from then on. */
static double hold(void) {
    char line[64];
    bool open = true, expecting = false;
    int64_t start = now_us(), end = INT64_MAX;
    puts("ready");
    fflush(stdout);
    while (open ? true : expecting && sum.deliveries < sum.expected && now_us() < end) {
        pump(5000);
        struct pollfd in = { .fd = 0, .events = POLLIN };
        if (!open || poll(&in, 1, 0) <= 0) continue;
        ssize_t n = read(0, line, sizeof line - 1);
        line[n > 0 ? n : 0] = 0;
        expecting = sscanf(line, "expect %" SCNu64, &sum.expected) == 1;
        open = false;
        end = now_us() + (int64_t) (opt.timeout * 1e6);
    }
    if (expecting) until(now_us() + 100000);
    else sum.expected = sum.deliveries;
    return (sum.last_event - start) / 1e6;
}

static double processor_seconds(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void print_latency(const char *name, const histogram *h) {
    if (h->count) printf(",\"%s\":{\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}", name,
                         percentile_ms(h, .5), percentile_ms(h, .9), percentile_ms(h, .99), percentile_ms(h, .999), h->max / 1000.0);
}

int main(int argc, char **argv) {
    take_options(argc, argv);
    struct rlimit files = { 1 << 20, 1 << 20 };
    if (setrlimit(RLIMIT_NOFILE, &files)) { getrlimit(RLIMIT_NOFILE, &files); files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files); }
    readers = calloc(opt.clients ? opt.clients : 1, sizeof *readers);
    begin_checks();
    int64_t begin = now_us();
    connect_all();
    double connecting = (now_us() - begin) / 1e6 - opt.settle, busy = processor_seconds();
    sum.bytes = 0;
    int64_t start = now_us();
    double s = opt.hold ? hold() : run();
    busy = (processor_seconds() - busy) / ((now_us() - start) / 1e6);
    if (s <= 0) s = 1e-6;
    if (sum.expected > sum.deliveries) sum.lost += sum.expected - sum.deliveries;
    uint64_t surplus = opt.hold && sum.deliveries > sum.expected ? sum.deliveries - sum.expected : 0;
    uint64_t unanswered = opt.hold || opt.publish ? 0 : sum.published - sum.acks;
    printf("{\"clients\":%d,\"rooms\":%d,\"messages\":%" PRId64 ",\"connect_s\":%.3f,\"seconds\":%.3f,\"deliveries\":%" PRIu64 ",\"acks\":%" PRIu64
           ",\"lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"disorder\":%" PRIu64 ",\"unanswered\":%" PRIu64
           ",\"messages_per_s\":%.1f,\"deliveries_per_s\":%.1f,\"mb_per_s\":%.2f,\"generator_cpu\":%.2f",
           opt.clients, opt.rooms, sum.published, connecting, s, sum.deliveries, sum.acks, sum.lost, sum.duplicates + surplus, sum.disorder, unanswered,
           sum.published / s, sum.deliveries / s, sum.bytes / s / 1e6, busy);
    print_latency("delivery", &delivery_latency);
    print_latency("ack", &ack_latency);
    puts("}");
    return sum.lost || sum.duplicates + surplus || sum.disorder || unanswered;
}
