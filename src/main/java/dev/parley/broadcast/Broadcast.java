package dev.parley.broadcast;

import java.util.function.Function;

/**
 * Something that was said on a topic. Immutable but for the encodings kept with it; any thread.
 *
 * <p>Two forms: with {@code envelope} set, a text broadcast whose whole payload object is passed on as it came; else an event with a payload of its own.
 */
public final class Broadcast {

    /** How many encodings may be kept. */
    public static final int ENCODINGS = 4;

    private final String event;
    private final byte[] payload;
    private final boolean json;
    private final String meta;
    private final byte[] envelope;
    private final Encodings encodings = new Encodings();

    private Broadcast(String event, byte[] payload, boolean json, String meta, byte[] envelope) {
        this.event = event;
        this.payload = payload;
        this.json = json;
        this.meta = meta;
        this.envelope = envelope;
    }

    /**
     * @param payload JSON in UTF-8, or any bytes when {@code json} is false
     * @param meta    a JSON object such as {@code {"id":"…"}}, or null
     */
    public static Broadcast of(String event, byte[] payload, boolean json, String meta) {
        return new Broadcast(event, payload, json, meta, null);
    }

    /** @param envelope the payload object of a text broadcast, JSON in UTF-8, passed on unchanged */
    public static Broadcast text(byte[] envelope) {
        return new Broadcast(null, null, true, null, envelope);
    }

    public String event() {
        return event;
    }

    public byte[] payload() {
        return payload;
    }

    public boolean isJson() {
        return json;
    }

    public String meta() {
        return meta;
    }

    public byte[] envelope() {
        return envelope;
    }

    /** Of what it says, in bytes. */
    public int size() {
        return envelope != null ? envelope.length : payload.length;
    }

    /** One of the encodings, null unless it is made already. */
    public byte[] encoded(int which) {
        return encodings.get(which);
    }

    /** One of the encodings, made by the first to ask; null when {@code encoder} says there is none. */
    public byte[] encoded(int which, Function<Broadcast, byte[]> encoder) {
        return encodings.get(which, () -> encoder.apply(this));
    }
}
