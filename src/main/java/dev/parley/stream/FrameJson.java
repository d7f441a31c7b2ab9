package dev.parley.stream;

import dev.parley.feed.Position;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The server's frames as JSON. Rows pass through as PostgreSQL wrote them. */
final class FrameJson {

    private FrameJson() {
    }

    static byte[] message(String type, String row, Position position) {
        return bytes("{\"type\":\"" + type + "\",\"message\":" + row + ",\"position\":\"" + position + "\"}");
    }

    static byte[] messageDeleted(String id, UUID conversationId, Position position) {
        return bytes("{\"type\":\"message_deleted\",\"id\":\"" + id + "\",\"conversation_id\":\"" + conversationId + "\",\"position\":\"" + position + "\"}");
    }

    static byte[] conversation(String event, String row, Position position) {
        return bytes("{\"type\":\"conversation\",\"event\":\"" + event + "\",\"conversation\":" + row + ",\"position\":\"" + position + "\"}");
    }

    /** @param lastSeq negative on the global stream, which has none */
    static byte[] live(long lastSeq, Position position) {
        return bytes("{\"type\":\"live\"," + (lastSeq < 0 ? "" : "\"last_seq\":" + lastSeq + ",") + "\"position\":\"" + position + "\"}");
    }

    static byte[] position(Position position) {
        return bytes("{\"type\":\"position\",\"position\":\"" + position + "\"}");
    }

    static byte[] resync(String reason) {
        return bytes("{\"type\":\"resync\",\"reason\":\"" + reason + "\"}");
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
