package dev.parley.conversation;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The JSON of the interface, as its description shows it. The rows themselves are made by the database. */
final class ApiSchemas {

    private static final String METADATA = "At most 8192 bytes as JSON, numbers of at most 1000 digits written out; not nested deeper than 64 levels, those around it included.";
    private static final String TEXT = "Texts must not contain U+0000 or unpaired surrogates.";

    private ApiSchemas() {
    }

    @Schema(name = "Message", description = "A committed message.")
    record MessageRow(
            @Schema(required = true) UUID id,
            @Schema(name = "conversation_id", required = true) UUID conversationId,
            @Schema(required = true, description = "Its number within the conversation: rises by commit order.") long seq,
            @Schema(name = "sender_id", required = true) String senderId,
            @Schema(name = "sender_role", required = true, enumeration = {"customer", "admin", "system"}) String senderRole,
            @Schema(required = true) String content,
            @Schema(name = "created_at", required = true) OffsetDateTime createdAt,
            @Schema(required = true, type = SchemaType.OBJECT) Object metadata) {
    }

    @Schema(name = "NewMessage", description = "A message to send. Other fields are ignored; null counts as absent. " + TEXT)
    record MessageBody(
            @Schema(nullable = true, description = "Chosen by the client and kept for retries: sent again it yields the same row. Absent or null: the service makes one.") UUID id,
            @Schema(required = true, minLength = 1, maxLength = 16384) String content,
            @Schema(name = "sender_id", nullable = true, minLength = 1, maxLength = 200, defaultValue = "anonymous") String senderId,
            @Schema(name = "sender_role", enumeration = {"customer", "admin", "system"}, defaultValue = "customer") String senderRole,
            @Schema(type = SchemaType.OBJECT, nullable = true, description = METADATA) Object metadata) {
    }

    @Schema(name = "MessagePage", description = "Messages in rising seq.")
    record MessagePage(
            @Schema(required = true) List<MessageRow> items,
            @Schema(required = true, nullable = true, description = "Pass it as `after` (or `before`, when going backwards); null on the last page.") String next) {
    }

    @Schema(name = "Conversation")
    record ConversationRow(
            @Schema(required = true) UUID id,
            @Schema(required = true, nullable = true) String subject,
            @Schema(name = "customer_id", required = true, nullable = true) String customerId,
            @Schema(required = true, enumeration = {"open", "closed"}) String status,
            @Schema(name = "created_at", required = true) OffsetDateTime createdAt,
            @Schema(name = "updated_at", required = true) OffsetDateTime updatedAt,
            @Schema(required = true, type = SchemaType.OBJECT) Object metadata,
            @Schema(name = "last_seq", required = true, description = "The seq that was given last; 0 before the first message.") long lastSeq,
            @Schema(name = "last_message_at", required = true, nullable = true) OffsetDateTime lastMessageAt,
            @Schema(name = "last_message", required = true, nullable = true) MessageRow lastMessage) {
    }

    @Schema(name = "NewConversation", description = "A conversation to create. Other fields are ignored. " + TEXT)
    record ConversationBody(
            @Schema(nullable = true, description = "Chosen by the client and kept for retries. Absent or null: the service makes one.") UUID id,
            @Schema(nullable = true, maxLength = 200) String subject,
            @Schema(name = "customer_id", nullable = true, minLength = 1, maxLength = 200) String customerId,
            @Schema(type = SchemaType.OBJECT, description = METADATA) Object metadata) {
    }

    @Schema(name = "ConversationPatch", description = "What to change; fields that are absent stay. " + TEXT)
    record ConversationPatch(
            @Schema(nullable = true, maxLength = 200, description = "null clears it") String subject,
            @Schema(enumeration = {"open", "closed"}) String status,
            @Schema(type = SchemaType.OBJECT, description = "Replaces the whole object. " + METADATA) Object metadata) {
    }

    @Schema(name = "ConversationPage", description = "Conversations, newest activity first.")
    record ConversationPage(
            @Schema(required = true) List<ConversationRow> items,
            @Schema(required = true, nullable = true, description = "Pass it as `cursor`; null on the last page.") String next) {
    }
}
