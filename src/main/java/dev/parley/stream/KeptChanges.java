package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * What the tail brought for a stream while it was joining: kept until it is known which of it the replay has brought already. Bounded; with more
 * than fits nothing is kept, and the stream reads on from the database instead. On the shard's event loop only.
 */
final class KeptChanges {

    private final int most;
    private final List<Part> kept = new ArrayList<>();
    private int changes;
    private boolean overflowed;

    /** @param most changes to keep at most */
    KeptChanges(int most) {
        this.most = most;
    }

    void add(Part part) {
        changes += part.size();
        if (changes > most) {
            overflow();
        } else if (!overflowed) {
            kept.add(part);
        }
    }

    /** Something came that can't be kept: the database has it. */
    void overflow() {
        overflowed = true;
        kept.clear();
    }

    boolean overflowed() {
        return overflowed;
    }

    /**
     * Adds the frames of what the replay did not bring, see {@link Part#addUnseen}.
     *
     * @param had what the replay brought
     */
    void framesAfter(Snapshot raw, Snapshot clamped, List<byte[]> texts, Numbers had) {
        kept.forEach(part -> part.addUnseen(raw, clamped, texts, had));
    }
}
