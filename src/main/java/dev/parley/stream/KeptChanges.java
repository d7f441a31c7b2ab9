package dev.parley.stream;

import dev.parley.feed.Delta;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * What the tail brought for a stream while it was joining: kept until it is known which of it the replay has brought already. Bounded; with more
 * than fits nothing is kept, and the stream reads on from the database instead. On the shard's event loop only.
 */
final class KeptChanges {

    private record Kept(Delta delta, Batch.Part part) {
    }

    private final int most;
    private final List<Kept> kept = new ArrayList<>();
    private int changes;
    private boolean overflowed;

    /** @param most changes to keep at most */
    KeptChanges(int most) {
        this.most = most;
    }

    void add(Delta delta, Batch.Part part) {
        changes += part.changes().size();
        if (changes > most) {
            overflowed = true;
            kept.clear();
        } else if (!overflowed) {
            kept.add(new Kept(delta, part));
        }
    }

    boolean overflowed() {
        return overflowed;
    }

    /**
     * Adds the frames of what the replay did not bring, each with a position that counts what the replay brought.
     *
     * @param raw     what the replay saw
     * @param clamped the same, as far as it is known to be flushed
     * @return the highest number of a message among them, or −1
     */
    long framesAfter(Snapshot raw, Snapshot clamped, List<byte[]> texts) {
        long seq = -1;
        for (Kept some : kept) {
            for (ChatChange change : some.part().changes()) {
                if (!raw.sees(change.change().xid())) {
                    Position after = change.change().after();
                    texts.add(change.frame(new Position(after.feedId(), after.timeline(), after.base().union(clamped), after.parts())));
                    seq = Math.max(seq, change.seq());
                }
            }
        }
        return seq;
    }
}
