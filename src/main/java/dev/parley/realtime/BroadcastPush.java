package dev.parley.realtime;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A binary frame from a client: kind 3, a broadcast.
 *
 * @param joinRef  JSON, or null
 * @param ref      JSON, or null
 * @param metadata JSON, or null
 * @param json     whether the payload is JSON, as opposed to any bytes
 */
record BroadcastPush(String joinRef, String ref, String topic, String event, String metadata, boolean json, byte[] payload) {

    static final int KIND = 3;
    private static final int HEADER = 7;

    /** Null when the bytes are no such frame. */
    static BroadcastPush read(byte[] frame) {
        if (frame.length < HEADER || frame[0] != KIND || frame[6] != 0 && frame[6] != 1) {
            return null;
        }
        int[] sizes = {frame[1] & 0xFF, frame[2] & 0xFF, frame[3] & 0xFF, frame[4] & 0xFF, frame[5] & 0xFF};
        int end = HEADER + Arrays.stream(sizes).sum();
        if (end > frame.length) {
            return null;
        }
        String[] texts = new String[sizes.length];
        int at = HEADER;
        for (int i = 0; i < sizes.length; i++) {
            texts[i] = text(frame, at, sizes[i]);
            at += sizes[i];
        }
        return new BroadcastPush(ref(texts[0]), ref(texts[1]), texts[2], texts[3], texts[4].isEmpty() ? null : texts[4], frame[6] == 1,
                Arrays.copyOfRange(frame, end, frame.length));
    }

    private static String ref(String text) {
        return text.isEmpty() ? null : RawJson.quote(text);
    }

    /** Older clients write one byte for each UTF-16 unit: what is not UTF-8 is taken for that. */
    private static String text(byte[] frame, int at, int size) {
        try {
            return RawJson.text(ByteBuffer.wrap(frame, at, size));
        } catch (CharacterCodingException e) {
            return new String(frame, at, size, StandardCharsets.ISO_8859_1);
        }
    }
}
