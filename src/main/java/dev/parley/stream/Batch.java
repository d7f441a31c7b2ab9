package dev.parley.stream;

import dev.parley.feed.Change;
import dev.parley.feed.Delta;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * One page of the tail, sorted by who gets it. Made on the tail's event loop, read by all others.
 */
final class Batch {

    private final Delta delta;
    private final Map<UUID, ChatPart> conversations = new LinkedHashMap<>();
    private final ChatPart all = new ChatPart();
    private boolean truncated;

    Batch(Delta delta) {
        this.delta = delta;
        for (Change change : delta.changes()) {
            ChatChange chat = ChatChange.of(change);
            if (chat == null) {
                continue;
            }
            if (chat.kind() == ChatChange.Kind.TRUNCATED) {
                truncated = true;
                continue;
            }
            all.add(chat);
            if (chat.conversationId() != null) {
                conversations.computeIfAbsent(chat.conversationId(), id -> new ChatPart()).add(chat);
            }
        }
    }

    Delta delta() {
        return delta;
    }

    Map<UUID, ChatPart> conversations() {
        return conversations;
    }

    /** What the global streams get. */
    ChatPart all() {
        return all;
    }

    /** Whether a table was emptied in it: no frame can tell that exactly. */
    boolean truncated() {
        return truncated;
    }

    boolean isEmpty() {
        return all.size() == 0 && !truncated;
    }
}
