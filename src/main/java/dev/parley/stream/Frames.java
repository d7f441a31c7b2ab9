package dev.parley.stream;

import java.util.List;
import java.util.function.Function;

/**
 * What a stream brings in one step: JSON texts in UTF-8, one for each frame, in order. Made once and shared by all streams that get the same.
 *
 * <p>A transport keeps its own encoding of them here, so that it too is made once. Immutable but for that; any thread.
 */
public final class Frames {

    private final List<byte[]> texts;
    private final Object source;
    private volatile Object encoded;

    public Frames(List<byte[]> texts) {
        this(texts, null);
    }

    /** @param source who caused them and must not get them back, or null */
    public Frames(List<byte[]> texts, Object source) {
        this.texts = texts;
        this.source = source;
    }

    public static Frames of(byte[] text) {
        return new Frames(List.of(text));
    }

    /** Who caused these frames and must not get them back; null for all that the database tells. */
    public Object source() {
        return source;
    }

    public List<byte[]> texts() {
        return texts;
    }

    /** The transport's encoding, made by the first to ask. There is one transport for these frames, so there is one encoding. */
    @SuppressWarnings("unchecked")
    public <T> T encoded(Function<List<byte[]>, T> encoder) {
        Object known = encoded;
        if (known == null) {
            synchronized (this) {
                known = encoded;
                if (known == null) {
                    encoded = known = encoder.apply(texts);
                }
            }
        }
        return (T) known;
    }
}
