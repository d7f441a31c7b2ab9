package dev.parley.stream;

import dev.parley.feed.Change;
import dev.parley.feed.Delta;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One page of the tail, sorted by who gets it. Made on the tail's event loop, read by all others.
 */
final class Batch {

    /** What one topic gets out of a batch. */
    static final class Part {
        private final List<ChatChange> changes = new ArrayList<>(4);
        private long lastSeq = -1;
        private volatile Frames frames;

        private void add(ChatChange change) {
            changes.add(change);
            if (change.kind() == ChatChange.Kind.MESSAGE) {
                lastSeq = Math.max(lastSeq, change.seq());
            }
        }

        List<ChatChange> changes() {
            return changes;
        }

        /** The highest number of a new message in it, or −1. */
        long lastSeq() {
            return lastSeq;
        }

        /** The frames for readers that follow the tail; made once, by the first event loop that has such a reader. */
        Frames frames() {
            Frames made = frames;
            if (made == null) {
                synchronized (this) {
                    made = frames;
                    if (made == null) {
                        frames = made = new Frames(changes.stream().map(ChatChange::frame).toList());
                    }
                }
            }
            return made;
        }
    }

    private final Delta delta;
    private final Map<UUID, Part> conversations = new LinkedHashMap<>();
    private final Part all = new Part();
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
                conversations.computeIfAbsent(chat.conversationId(), id -> new Part()).add(chat);
            }
        }
    }

    Delta delta() {
        return delta;
    }

    Map<UUID, Part> conversations() {
        return conversations;
    }

    /** What the global streams get. */
    Part all() {
        return all;
    }

    /** Whether a table was emptied in it: no frame can tell that exactly. */
    boolean truncated() {
        return truncated;
    }

    boolean isEmpty() {
        return all.changes().isEmpty() && !truncated;
    }
}
