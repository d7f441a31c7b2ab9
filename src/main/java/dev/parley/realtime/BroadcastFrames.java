package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.transport.WebSocketBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A broadcast as its receivers get it, made once for all receivers of a version: whole WebSocket frames. */
final class BroadcastFrames {

    private static final byte KIND = 4;
    private static final int HEADER = 5;
    private static final int MAX = 255;

    private BroadcastFrames() {
    }

    /** @return null when this version has no form for it */
    static byte[] of(Broadcast broadcast, Vsn vsn, String topic) {
        byte[] made = broadcast.encoded(vsn.ordinal());
        return made != null ? made : broadcast.encoded(vsn.ordinal(), first -> encode(first, vsn, topic));
    }

    private static byte[] encode(Broadcast broadcast, Vsn vsn, String topic) {
        if (broadcast.envelope() != null) {
            return text(vsn, topic, new String(broadcast.envelope(), StandardCharsets.UTF_8));
        }
        // a meta goes with bytes only in bytes, as upstream has it: not every client looks for one there
        if (vsn == Vsn.V2 && (broadcast.meta() == null || !broadcast.isJson())) {
            byte[] binary = binary(broadcast, topic);
            if (binary != null) {
                return WebSocketBytes.encodeBinary(binary);
            }
        }
        return broadcast.isJson() ? text(vsn, topic, payload(broadcast)) : new byte[0];
    }

    private static String payload(Broadcast broadcast) {
        return "{\"type\":\"broadcast\",\"event\":" + RawJson.quote(broadcast.event()) + ",\"payload\":"
                + new String(broadcast.payload(), StandardCharsets.UTF_8) + (broadcast.meta() == null ? "" : ",\"meta\":" + broadcast.meta()) + "}";
    }

    private static byte[] text(Vsn vsn, String topic, String payload) {
        return WebSocketBytes.encode(List.of(RawJson.bytes(vsn.write(null, null, RawJson.quote(topic), "broadcast", payload))));
    }

    /** Null when a name is too long for the header. */
    private static byte[] binary(Broadcast broadcast, String topic) {
        byte[] name = RawJson.bytes(topic);
        byte[] event = RawJson.bytes(broadcast.event());
        byte[] meta = broadcast.meta() == null ? new byte[0] : RawJson.bytes(broadcast.meta());
        if (name.length > MAX || event.length > MAX || meta.length > MAX) {
            return null;
        }
        byte[] frame = new byte[HEADER + name.length + event.length + meta.length + broadcast.payload().length];
        frame[0] = KIND;
        frame[1] = (byte) name.length;
        frame[2] = (byte) event.length;
        frame[3] = (byte) meta.length;
        frame[4] = (byte) (broadcast.isJson() ? 1 : 0);
        int at = HEADER;
        for (byte[] part : List.of(name, event, meta, broadcast.payload())) {
            System.arraycopy(part, 0, frame, at, part.length);
            at += part.length;
        }
        return frame;
    }
}
