package dev.parley.broadcast;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Who came and went on a topic, told to all its watchers. A replica's end can make one of some hundred kilobytes for thousands of them: they share what it
 * is encoded to. Any thread.
 */
public final class PresenceDiff {

    /** For some of those who get it; others get what all can. So many of both share buffers too. */
    private static final int ENCODINGS_FOR_SOME = 12;

    private final byte[] json;
    private final ConcurrentMap<String, byte[]> encodings = new ConcurrentHashMap<>(4);

    PresenceDiff(byte[] json) {
        this.json = json;
    }

    /** {@code {"joins":{…},"leaves":{…}}}, JSON in UTF-8. */
    public byte[] json() {
        return json;
    }

    /** What it is encoded to for all, made by the first to ask. */
    public byte[] encoded(String which, Function<byte[], byte[]> encoder) {
        return encodings.computeIfAbsent(which, unknown -> encoder.apply(json));
    }

    /** The same for those who share {@code which}; null where it is not among the first few, and what is for all has to do. */
    public byte[] encodedForSome(String which, Function<byte[], byte[]> encoder) {
        byte[] known = encodings.get(which);
        return known == null && encodings.size() < ENCODINGS_FOR_SOME ? encoded(which, encoder) : known;
    }
}
