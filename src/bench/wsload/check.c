/* What came, and whether it came once and in order. */
#include "wsload.h"
#include <stdlib.h>
#include <string.h>

histogram delivery_latency, ack_latency;
static uint32_t *arrived;   /* deliveries of message n */
static int64_t *sent_at;

void begin_checks(void) {
    if (!opt.hold) {
        arrived = calloc(opt.messages, sizeof *arrived);
        sent_at = calloc(opt.messages, sizeof *sent_at);
    }
    for (int i = 0; i < opt.clients; i++) {
        conn *c = readers + i;
        int rooms = opt.everything ? opt.rooms : 1;
        if (!opt.hold) c->seen = calloc((opt.everything ? opt.messages : opt.messages / opt.rooms + 1) / 8 + 1, 1);
        c->last = malloc(rooms * sizeof *c->last);
        for (int r = 0; r < rooms; r++) c->last[r] = -1;
    }
}

/* Clients that get message n. */
uint64_t members(int64_t n) {
    int room = (int) (n % opt.rooms);
    return opt.everything ? opt.clients : opt.clients / opt.rooms + (room < opt.clients % opt.rooms);
}

/* 1024 buckets for each power of two: 0.1 % exact. */
static void record(histogram *h, int64_t us) {
    if (us < 0) us = 0;
    if (us > h->max) h->max = us;
    int e = us < 2048 ? 0 : 63 - __builtin_clzll(us) - 10;
    size_t i = e ? 2048 + (size_t) (e - 1) * 1024 + ((us >> e) - 1024) : (size_t) us;
    if (i >= sizeof h->buckets / sizeof *h->buckets) i = sizeof h->buckets / sizeof *h->buckets - 1;
    h->buckets[i]++;
    h->count++;
}

double percentile_ms(const histogram *h, double p) {
    if (!h->count) return 0;
    uint64_t rank = (uint64_t) ((h->count - 1) * p), before = 0;
    size_t i = 0;
    for (; before + h->buckets[i] <= rank; i++) before += h->buckets[i];
    if (i < 2048) return i / 1000.0;
    size_t e = (i - 2048) / 1024 + 1;
    return (((i - 2048) % 1024 + 1024) << e) / 1000.0;
}

static void completed(int64_t at) {
    sum.completed++;
    sum.last_event = at;
}

void sent(int64_t n, int64_t at) {
    sent_at[n] = at;
    sum.expected += members(n);
    if (!opt.done_by_ack && !members(n)) completed(at); /* nobody is there to get it */
}

void acknowledged(int64_t n, int64_t at) {
    if (n < 0 || n >= sum.published) die("an acknowledgement of something that was not sent");
    if (!sent_at[n]) { sum.duplicates++; return; }
    record(&ack_latency, at - sent_at[n]);
    sent_at[n] = 0;
    sum.acks++;
    if (opt.done_by_ack) completed(at);
}

/* A server that numbers messages has to keep its own order; without numbers it is that of sending. */
static int64_t number(const char *text, size_t length, int64_t otherwise) {
    if (!opt.order) return otherwise;
    char *at = memmem(text, length, opt.order, strlen(opt.order));
    if (!at) die("no %s in %.*s", opt.order, (int) (length > 300 ? 300 : length), text);
    return strtoll(at + strlen(opt.order), NULL, 10);
}

static void check_order(conn *c, int room, int64_t number) {
    int64_t *last = c->last + (opt.everything ? room : 0);
    if (opt.hold && *last >= 0) {
        if (number == *last) sum.duplicates++;
        if (number > *last + 1) sum.lost += number - *last - 1;
    }
    if (number < *last) sum.disorder++;
    else *last = number;
}

void delivered(conn *c, const char *text, size_t length, const char *mark, int64_t at) {
    char *end;
    int64_t when = strtoll(mark + 2, &end, 10);
    if (*end != ':') return;
    int64_t n = strtoll(end + 1, &end, 10);
    if (*end != '@' || n < 0) return;
    if (!opt.hold) {
        if (n >= sum.published) return; /* of a run before this one */
        int64_t place = opt.everything ? n : n / opt.rooms;
        if (c->seen[place >> 3] & 1 << (place & 7)) { sum.duplicates++; return; }
        c->seen[place >> 3] |= 1 << (place & 7);
        if (++arrived[n] == members(n) && !opt.done_by_ack) completed(at);
    }
    if (!opt.order || strcmp(opt.order, "none")) check_order(c, opt.hold ? 0 : (int) (n % opt.rooms), number(text, length, n));
    record(&delivery_latency, at - when);
    sum.deliveries++;
    if (!opt.done_by_ack) sum.last_event = at;
}
