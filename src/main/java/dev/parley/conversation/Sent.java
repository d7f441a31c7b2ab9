package dev.parley.conversation;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.UUID;

/**
 * A message that is committed and flushed.
 *
 * @param message   what was sent
 * @param seq       its number within the conversation
 * @param createdAt when it was stored, as PostgreSQL writes it in JSON; of no meaning for a duplicate
 * @param known     the row that was there before this send, as JSON; null when this send made it
 */
public record Sent(NewMessage message, long seq, String createdAt, String known) {

    public UUID id() {
        return message.id();
    }

    /** Whether the row was there before. */
    public boolean duplicate() {
        return known != null;
    }

    /** The stored row as JSON. Of a new row everything is known here, so the database is spared making it once more. */
    public String row() {
        if (known != null) {
            return known;
        }
        StringBuilder json = new StringBuilder(320 + message.content().length())
                .append("{\"id\":\"").append(message.id()).append("\",\"conversation_id\":\"").append(message.conversationId())
                .append("\",\"seq\":").append(seq).append(",\"sender_id\":\"");
        JsonStringEncoder.getInstance().quoteAsString(message.senderId(), json);
        json.append("\",\"sender_role\":\"").append(message.senderRole()).append("\",\"content\":\"");
        JsonStringEncoder.getInstance().quoteAsString(message.content(), json);
        return json.append("\",\"created_at\":\"").append(createdAt).append("\",\"metadata\":").append(message.metadata()).append('}').toString();
    }
}
