package dev.parley.conversation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.access.Identity;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/**
 * What a message must be, whichever door it comes through. Any thread may call it; nothing here waits.
 */
@ApplicationScoped
public class MessageRules {

    /** The longest {@code sender_id} and {@code customer_id}, in characters. */
    static final int MAX_NAME = 200;

    private final int maxContent;
    private final int maxMetadata;

    MessageRules(MessageConfig config) {
        this.maxContent = config.maxContent();
        this.maxMetadata = config.maxMetadata();
    }

    /**
     * Reads a message out of a REST body or a {@code send} frame: the fields {@code id}, {@code content} and {@code metadata}. What else
     * stands there is ignored.
     *
     * @param body           read by {@link StrictJson}
     * @param conversationId where it goes
     * @param speaker        who sends it: {@link dev.parley.access.Access#speaksAs}'s answer, unchecked
     * @param wrongType      the error for a field of the wrong JSON type: INVALID_REQUEST in REST, INVALID_FRAME in a stream
     * @return the message, with a UUIDv7 of ours when it brings no id
     * @throws ParleyException {@code wrongType}, or INVALID_MESSAGE when something is out of bounds
     */
    public NewMessage message(ObjectNode body, UUID conversationId, Identity speaker, ErrorCode wrongType) {
        String id = StrictJson.string(body, "id", wrongType);
        String content = StrictJson.string(body, "content", wrongType);
        if (content == null) {
            throw new ParleyException(wrongType, "content is missing");
        }
        checkSender(speaker);
        return new NewMessage(
                id == null ? UuidV7.next() : TextRules.uuid("id", id, ErrorCode.INVALID_MESSAGE),
                conversationId, speaker.senderId(), speaker.senderRole(),
                TextRules.text("content", content, 1, maxContent, ErrorCode.INVALID_MESSAGE),
                Metadata.text(StrictJson.object(body, "metadata", wrongType), maxMetadata, ErrorCode.INVALID_MESSAGE));
    }

    /**
     * Checks a sender; sockets do so at their upgrade, messages each time.
     *
     * @throws ParleyException INVALID_MESSAGE
     */
    public void checkSender(Identity speaker) {
        TextRules.text("sender_id", speaker.senderId(), 1, MAX_NAME, ErrorCode.INVALID_MESSAGE);
        switch (speaker.senderRole()) {
            case "customer", "admin", "system" -> { }
            default -> throw new ParleyException(ErrorCode.INVALID_MESSAGE, "sender_role must be customer, admin or system");
        }
    }

    /**
     * Reads a conversation's id, from a path or a frame.
     *
     * @param error the error when it is no UUID, or null
     */
    public UUID conversationId(String text, ErrorCode error) {
        return TextRules.uuid("conversation_id", text == null ? "" : text, error);
    }
}
