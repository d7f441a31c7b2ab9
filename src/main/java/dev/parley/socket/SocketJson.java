package dev.parley.socket;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.parley.access.Identity;
import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.Sent;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The frames that a socket itself answers with, as JSON. */
final class SocketJson {

    static final byte[] PONG = bytes("{\"type\":\"pong\"}");

    private SocketJson() {
    }

    static byte[] ack(Sent sent) {
        return bytes("{\"type\":\"ack\",\"id\":\"" + sent.id() + "\",\"seq\":" + sent.seq() + ",\"duplicate\":" + sent.duplicate() + "}");
    }

    /** @param id what the client called it by, or null */
    static byte[] error(ErrorCode code, String detail, String id) {
        return bytes("{\"type\":\"error\",\"code\":\"" + code.code() + "\",\"message\":" + quote(detail)
                + (id == null ? "" : ",\"id\":" + quote(id)) + "}");
    }

    static byte[] typing(UUID conversationId, Identity speaker) {
        return bytes("{\"type\":\"typing\",\"conversation_id\":\"" + conversationId + "\",\"sender_id\":" + quote(speaker.senderId())
                + ",\"sender_role\":" + quote(speaker.senderRole()) + "}");
    }

    private static String quote(String text) {
        return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
