package dev.parley.broadcast;

import java.util.function.Function;

/**
 * Who came and went on a topic, told to all its watchers. A replica's end can make one of some hundred kilobytes for thousands of them: they share what it
 * is encoded to. Any thread.
 */
public final class PresenceDiff {

    private final byte[] json;
    private final Encodings encodings = new Encodings();

    PresenceDiff(byte[] json) {
        this.json = json;
    }

    /** {@code {"joins":{…},"leaves":{…}}}, JSON in UTF-8. */
    public byte[] json() {
        return json;
    }

    /** One of the encodings, made of the JSON by the first to ask. */
    public byte[] encoded(int which, Function<byte[], byte[]> encoder) {
        return encodings.get(which, () -> encoder.apply(json));
    }
}
