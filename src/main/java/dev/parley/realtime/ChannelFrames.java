package dev.parley.realtime;

import dev.parley.feed.Position;

/**
 * The server's frames of one channel as JSON text.
 *
 * @param vsn     the socket's version
 * @param topic   the wire topic
 * @param joinRef JSON, or null
 */
record ChannelFrames(Vsn vsn, String topic, String joinRef) {

    static final String PREFIX = "realtime:";

    /** @param ref of the push that is answered, JSON */
    String ok(String ref, String response) {
        return vsn.write(joinRef, ref, RawJson.quote(topic), "phx_reply", "{\"status\":\"ok\",\"response\":" + response + "}");
    }

    String error(String ref, String response) {
        return vsn.write(joinRef, ref, RawJson.quote(topic), "phx_reply", "{\"status\":\"error\",\"response\":" + response + "}");
    }

    /** An error with a reason, the form of most. */
    String refused(String ref, String reason) {
        return error(ref, "{\"reason\":" + RawJson.quote(reason) + "}");
    }

    /** Something that belongs to this very join. */
    String push(String event, String payload) {
        return vsn.write(joinRef, null, RawJson.quote(topic), event, payload);
    }

    /** The channel's end; its ref tells a client that has joined anew that it means the old one. */
    String close() {
        return vsn.write(joinRef, joinRef, RawJson.quote(topic), "phx_close", "{}");
    }

    /** The channel failed: the client joins again by itself. */
    String crash() {
        return vsn.write(joinRef, joinRef, RawJson.quote(topic), "phx_error", "{}");
    }

    /** @param position to resume from, or null */
    String system(String extension, String status, String message, Position position) {
        String payload = "{\"extension\":\"" + extension + "\",\"status\":\"" + status + "\",\"message\":" + RawJson.quote(message)
                + ",\"channel\":" + RawJson.quote(topic.substring(PREFIX.length())) + (position == null ? "" : ",\"position\":\"" + position + "\"") + "}";
        return position == null ? push("system", payload) : vsn.ofJoin(joinRef, RawJson.quote(topic), "system", payload);
    }

    String subscribed(Position position) {
        return system("postgres_changes", "ok", "Subscribed to PostgreSQL", position);
    }

    /** A frame around bytes that are the same for many. */
    byte[] around(boolean ofThisJoin, String event, String before, byte[] data, String after) {
        return around(vsn.write(ofThisJoin ? joinRef : null, null, RawJson.quote(topic), event, before + '\0' + after), data);
    }

    /** Such a frame for a client that joins anew from where it got to: it must not take this for the new join's. */
    byte[] aroundOfJoin(String event, String before, byte[] data, String after) {
        return around(vsn.ofJoin(joinRef, RawJson.quote(topic), event, before + '\0' + after), data);
    }

    private static byte[] around(String frame, byte[] data) {
        int hole = frame.indexOf('\0');
        byte[] head = RawJson.bytes(frame.substring(0, hole));
        byte[] tail = RawJson.bytes(frame.substring(hole + 1));
        byte[] whole = new byte[head.length + data.length + tail.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(data, 0, whole, head.length, data.length);
        System.arraycopy(tail, 0, whole, head.length + data.length, tail.length);
        return whole;
    }
}
