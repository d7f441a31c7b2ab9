package dev.parley.transport;

import java.util.List;

/** Frames of RFC 6455 as a server sends them: whole, unmasked, one behind another in one array that all receivers share. */
public final class WebSocketBytes {

    private static final int FINAL_TEXT = 0x81;
    private static final int FINAL_BINARY = 0x82;

    private WebSocketBytes() {
    }

    /** Text frames. */
    public static byte[] encode(List<byte[]> texts) {
        int size = 0;
        for (byte[] text : texts) {
            size += headerSize(text.length) + text.length;
        }
        byte[] bytes = new byte[size];
        int at = 0;
        for (byte[] text : texts) {
            at = header(bytes, at, FINAL_TEXT, text.length);
            System.arraycopy(text, 0, bytes, at, text.length);
            at += text.length;
        }
        return bytes;
    }

    /** One binary frame. */
    public static byte[] encodeBinary(byte[] payload) {
        int header = headerSize(payload.length);
        byte[] bytes = new byte[header + payload.length];
        header(bytes, 0, FINAL_BINARY, payload.length);
        System.arraycopy(payload, 0, bytes, header, payload.length);
        return bytes;
    }

    private static int headerSize(int length) {
        return length < 126 ? 2 : length < 65_536 ? 4 : 10;
    }

    private static int header(byte[] bytes, int at, int kind, int length) {
        bytes[at++] = (byte) kind;
        if (length < 126) {
            bytes[at++] = (byte) length;
            return at;
        }
        int octets = length < 65_536 ? 2 : 8;
        bytes[at++] = (byte) (octets == 2 ? 126 : 127);
        for (int i = octets - 1; i >= 0; i--) {
            bytes[at++] = (byte) ((long) length >>> (8 * i));
        }
        return at;
    }
}
