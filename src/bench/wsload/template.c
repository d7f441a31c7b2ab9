#include "wsload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ids differ from run to run: 8 hex digits of the run, then the message's number in the last 12. */
static unsigned run_number(void) {
    static unsigned number;
    if (!number) number = ((unsigned) (now_us() / 1000) ^ (unsigned) getpid() << 20) | 1;
    return number;
}

static bool hex_byte(const char *p, char *byte) {
    if (p[0] != '\\' || p[1] != 'x' || !p[2] || !p[3]) return false;
    char digits[3] = { p[2], p[3], 0 }, *end;
    *byte = (char) strtol(digits, &end, 16);
    return !*end;
}

char *expand(const char *t, int room, int client, int64_t n, int64_t at, size_t *length) {
    static char *out;
    static size_t cap;
    size_t len = 0;
    if (!out) out = malloc(cap = 1 << 16);
    for (const char *p = t; *p;) {
        char text[128], byte;
        const char *s = text;
        if (len + opt.pad + 256 > cap) out = realloc(out, cap *= 2);
        if (!strncmp(p, "{room}", 6)) { sprintf(text, "%d", opt.first_room + room); p += 6; }
        else if (!strncmp(p, "{uuid}", 6)) { sprintf(text, "00000000-0000-4000-8000-%012d", opt.first_room + room); p += 6; }
        else if (!strncmp(p, "{client}", 8)) { sprintf(text, "%d", client); p += 8; }
        else if (!strncmp(p, "{n}", 3)) { sprintf(text, "%lld", (long long) n); p += 3; }
        else if (!strncmp(p, "{id}", 4)) { sprintf(text, "%08x-0000-4000-8000-%012llx", run_number(), (long long) n); p += 4; }
        else if (!strncmp(p, "{mark}", 6)) { sprintf(text, "@@%lld:%lld@@", (long long) at, (long long) n); p += 6; }
        else if (!strncmp(p, "{pad}", 5)) { memset(out + len, 'x', opt.pad); len += opt.pad; p += 5; continue; }
        else if (hex_byte(p, &byte)) { out[len++] = byte; p += 4; continue; }
        else { out[len++] = *p++; continue; }
        size_t l = strlen(s);
        memcpy(out + len, s, l);
        len += l;
    }
    out[len] = 0;
    if (length) *length = len;
    return out;
}

int64_t number_of_id(const char *text, size_t length) {
    char prefix[40];
    int l = sprintf(prefix, "%08x-0000-4000-8000-", run_number());
    char *found = memmem(text, length, prefix, l);
    if (!found || found + l + 12 > text + length) return -1;
    char digits[13] = { 0 };
    memcpy(digits, found + l, 12);
    return strtoll(digits, NULL, 16);
}
