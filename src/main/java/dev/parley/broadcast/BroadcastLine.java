package dev.parley.broadcast;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A broadcast as one line of text for the bus: {@code flags topic event meta payload}, all but the flags in base64. In place of a meta that there is none of
 * may stand the transaction that it comes after: a replica of an older version passes over it there.
 */
final class BroadcastLine {

    private static final int PRIVATE = 1;
    private static final int JSON = 2;
    private static final int ENVELOPE = 4;
    private static final int META = 8;
    private static final int AFTER = 16;
    private static final int FIELDS = 5;

    private final String[] fields;
    private final int flags;

    private BroadcastLine(String[] fields, int flags) {
        this.fields = fields;
        this.flags = flags;
    }

    /** @param after the transaction whose broadcasts come first, 0 for none; for what has no meta */
    static String write(Topic topic, Broadcast broadcast, long after) {
        boolean envelope = broadcast.envelope() != null;
        String meta = broadcast.meta();
        boolean waits = after != 0 && meta == null;
        int flags = (topic.isPrivate() ? PRIVATE : 0) | (broadcast.isJson() ? JSON : 0) | (envelope ? ENVELOPE : 0) | (meta != null ? META : 0)
                | (waits ? AFTER : 0);
        return Integer.toHexString(flags) + ' ' + encode(topic.name()) + ' ' + encode(broadcast.event()) + ' ' + encode(waits ? Long.toString(after) : meta) + ' '
                + Base64.getEncoder().encodeToString(envelope ? broadcast.envelope() : broadcast.payload());
    }

    /** @throws IllegalArgumentException when it is no such line */
    static BroadcastLine read(String line) {
        String[] fields = line.split(" ", -1);
        if (fields.length != FIELDS) {
            throw new IllegalArgumentException("not a broadcast");
        }
        return new BroadcastLine(fields, Integer.parseInt(fields[0], 16));
    }

    Topic topic() {
        return new Topic(decode(fields[1]), (flags & PRIVATE) != 0);
    }

    /** The transaction whose broadcasts come first, 0 for none. */
    long after() {
        return (flags & AFTER) == 0 ? 0 : Long.parseLong(decode(fields[3]));
    }

    Broadcast broadcast() {
        byte[] payload = Base64.getDecoder().decode(fields[4]);
        if ((flags & ENVELOPE) != 0) {
            return Broadcast.text(payload);
        }
        return Broadcast.of(decode(fields[2]), payload, (flags & JSON) != 0, (flags & META) == 0 ? null : decode(fields[3]));
    }

    private static String encode(String text) {
        return text == null ? "" : Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String field) {
        return new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
    }
}
