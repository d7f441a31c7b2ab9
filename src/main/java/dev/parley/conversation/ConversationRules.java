package dev.parley.conversation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** What a conversation must be to be stored. Any thread may call it; nothing here waits. */
@ApplicationScoped
class ConversationRules {

    private static final int MAX_SUBJECT = 200;
    private static final ErrorCode ERROR = ErrorCode.INVALID_REQUEST;

    private final int maxMetadata;

    ConversationRules(MessageConfig config) {
        this.maxMetadata = config.maxMetadata();
    }

    /** A conversation that somebody wants created: {@code id} is null when it is ours to choose, so are the others when not given. */
    record NewConversation(UUID id, String subject, String customerId, String metadata) {
    }

    /** What somebody wants changed: {@code null} for a field that stays. */
    record Patch(boolean changesSubject, String subject, String status, String metadata) {
    }

    /** Reads the body of a creation; unknown fields are ignored. */
    NewConversation creation(ObjectNode body) {
        String id = StrictJson.string(body, "id", ERROR);
        String customer = StrictJson.string(body, "customer_id", ERROR);
        return new NewConversation(
                id == null ? null : TextRules.uuid("id", id, ERROR),
                subject(body),
                customer == null ? null : TextRules.text("customer_id", customer, 1, MessageRules.MAX_NAME, ERROR),
                metadata(body));
    }

    /** Reads the body of a change; unknown fields are ignored. A subject of null clears it. */
    Patch patch(ObjectNode body) {
        String status = StrictJson.string(body, "status", ERROR);
        if (status != null) {
            checkStatus(status);
        } else if (body.has("status")) {
            throw new ParleyException(ERROR, "status must be open or closed");
        }
        return new Patch(body.has("subject"), subject(body), status, metadata(body));
    }

    static void checkStatus(String status) {
        if (!status.equals(Conversation.OPEN) && !status.equals(Conversation.CLOSED)) {
            throw new ParleyException(ERROR, "status must be open or closed");
        }
    }

    private static String subject(ObjectNode body) {
        String subject = StrictJson.string(body, "subject", ERROR);
        return subject == null ? null : TextRules.text("subject", subject, 0, MAX_SUBJECT, ERROR);
    }

    private String metadata(ObjectNode body) {
        ObjectNode metadata = StrictJson.object(body, "metadata", ERROR);
        if (metadata == null) {
            if (body.has("metadata")) {
                throw new ParleyException(ERROR, "metadata must be a JSON object");
            }
            return null;
        }
        return Metadata.text(metadata, maxMetadata, ERROR);
    }
}
