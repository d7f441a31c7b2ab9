package dev.parley.stream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.feed.Change;
import dev.parley.feed.LogSelection.Table;
import dev.parley.feed.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.UUID;

/**
 * A change of one of chat's two tables, with what is needed to route it. Its frame is made at most once and shared.
 */
final class ChatChange {

    static final Set<Table> TABLES = Set.of(new Table("public", "messages"), new Table("public", "conversations"));

    private static final JsonFactory JSON = new JsonFactory();

    /** What happened, in terms of frames; of what was truncated there is none. */
    enum Kind { MESSAGE, MESSAGE_UPDATED, MESSAGE_DELETED, CONVERSATION, TRUNCATED }

    private final Change change;
    private final Kind kind;
    private final UUID conversationId;
    private final String messageId;
    private final long seq;
    private volatile byte[] frame;

    private ChatChange(Change change, Kind kind, UUID conversationId, String messageId, long seq) {
        this.change = change;
        this.kind = kind;
        this.conversationId = conversationId;
        this.messageId = messageId;
        this.seq = seq;
    }

    /** Null for a change of any other table. */
    static ChatChange of(Change change) {
        if (!change.schema().equals("public")) {
            return null;
        }
        boolean messages = change.table().equals("messages");
        if (!messages && !change.table().equals("conversations")) {
            return null;
        }
        return switch (change.operation()) {
            case TRUNCATE -> new ChatChange(change, Kind.TRUNCATED, null, null, 0);
            case INSERT -> parse(change, messages ? Kind.MESSAGE : Kind.CONVERSATION);
            case UPDATE -> parse(change, messages ? Kind.MESSAGE_UPDATED : Kind.CONVERSATION);
            case DELETE -> parse(change, messages ? Kind.MESSAGE_DELETED : Kind.CONVERSATION);
        };
    }

    /** Reads the row's first columns and stops: id, conversation_id and seq stand in front of the text. */
    private static ChatChange parse(Change change, Kind kind) {
        String id = null;
        UUID conversationId = null;
        long seq = -1;
        try (JsonParser parser = JSON.createParser(change.row())) {
            parser.nextToken();
            boolean conversation = kind == Kind.CONVERSATION;
            while ((id == null || !conversation && (conversationId == null || seq < 0)) && parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "id" -> id = parser.getText();
                    case "conversation_id" -> conversationId = UUID.fromString(parser.getText());
                    case "seq" -> seq = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (id == null) {
            // too large to be kept, and not to be taken apart: no frame can tell that exactly either
            return new ChatChange(change, Kind.TRUNCATED, null, null, 0);
        }
        return new ChatChange(change, kind, kind == Kind.CONVERSATION ? UUID.fromString(id) : conversationId, id, Math.max(seq, 0));
    }

    Change change() {
        return change;
    }

    Kind kind() {
        return kind;
    }

    /** The conversation whose stream gets it; null for a truncate. */
    UUID conversationId() {
        return conversationId;
    }

    /** The message's number, 0 when it is no message's. */
    long seq() {
        return seq;
    }

    /** Whether its conversation is gone with it; one that is made under the same id has numbers of its own. */
    boolean endsConversation() {
        return kind == Kind.CONVERSATION && change.operation() == Change.Operation.DELETE;
    }

    /** A reader gets it: adds its number, when it is a new message's, to those that the reader has had. */
    void count(Numbers had) {
        boolean message = kind == Kind.MESSAGE;
        had.add(endsConversation(), message ? seq : 0, message ? 1 : 0);
    }

    /** The frame with the position of a reader that follows the tail. */
    byte[] frame() {
        byte[] made = frame;
        if (made == null) {
            frame = made = frame(change.after());
        }
        return made;
    }

    /** The frame with another position. */
    byte[] frame(Position position) {
        return switch (kind) {
            case MESSAGE -> FrameJson.message("message", change.record(), position);
            case MESSAGE_UPDATED -> FrameJson.message("message_updated", change.record(), position);
            case MESSAGE_DELETED -> FrameJson.messageDeleted(messageId, conversationId, position);
            case CONVERSATION -> FrameJson.conversation(change.operation().name(), change.row(), position);
            case TRUNCATED -> throw new IllegalStateException("a truncated table has no frame");
        };
    }
}
