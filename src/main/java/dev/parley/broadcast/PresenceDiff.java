package dev.parley.broadcast;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Who came and went on a topic, told to all its watchers. A replica's end can make one of some hundred kilobytes for thousands of them: they share what it
 * is encoded to. Any thread.
 */
public final class PresenceDiff {

    /** More are not kept: then each that asks makes its own. */
    private static final int MOST_ENCODINGS = 16;

    private final byte[] json;
    private final ConcurrentMap<String, byte[]> encodings = new ConcurrentHashMap<>(4);

    PresenceDiff(byte[] json) {
        this.json = json;
    }

    /** {@code {"joins":{…},"leaves":{…}}}, JSON in UTF-8. */
    public byte[] json() {
        return json;
    }

    /** One of the encodings, made of the JSON by the first to ask. */
    public byte[] encoded(String which, Function<byte[], byte[]> encoder) {
        byte[] known = encodings.get(which);
        if (known == null) {
            known = encoder.apply(json);
            if (encodings.size() < MOST_ENCODINGS) {
                encodings.put(which, known);
            }
        }
        return known;
    }
}
