package dev.parley.conversation;

import java.util.UUID;

/**
 * A message that is committed and flushed.
 *
 * @param message   what was sent
 * @param seq       its number within the conversation
 * @param duplicate whether the row was there before this send
 * @param createdAt when it was stored, as PostgreSQL writes it in JSON; of no meaning where there is {@code stored}
 * @param metadata  as PostgreSQL writes it; likewise
 * @param stored    the row as JSON where it is not the message as it was sent: it was there before, or a trigger of somebody made something else of it;
 *                  else null
 */
public record Sent(NewMessage message, long seq, boolean duplicate, String createdAt, String metadata, String stored) {

    public UUID id() {
        return message.id();
    }

    /** The stored row as JSON, to the letter as PostgreSQL makes it. Of a usual row everything is known here, so the database is spared the work. */
    public String row() {
        if (stored != null) {
            return stored;
        }
        StringBuilder json = new StringBuilder(320 + message.content().length())
                .append("{\"id\":\"").append(message.id()).append("\",\"conversation_id\":\"").append(message.conversationId())
                .append("\",\"seq\":").append(seq).append(",\"sender_id\":");
        quote(json, message.senderId());
        json.append(",\"sender_role\":\"").append(message.senderRole()).append("\",\"content\":");
        quote(json, message.content());
        return json.append(",\"created_at\":\"").append(createdAt).append("\",\"metadata\":").append(metadata).append('}').toString();
    }

    /** PostgreSQL's way: short escapes where there are, lower case hexadecimal for other control characters, all else as it is. */
    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (c < ' ') {
                        json.append(c < 16 ? "\\u000" : "\\u00").append(Integer.toHexString(c));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        json.append('"');
    }
}
