package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.List;

/** What a subscription gets out of one batch. */
interface Part {

    /** How many changes. */
    int size();

    /**
     * The highest number of a message that a reader of the conversation has had after this.
     *
     * @param before the highest so far: it counts no more when the conversation was deleted in between, for it may be made again
     */
    long seqAfter(long before);

    /** The frames for readers that follow the tail; made once, by the first to ask. */
    Frames frames();

    /**
     * Adds the frames of what a replay did not bring, each with a position that counts what the replay brought.
     *
     * @param raw     what the replay saw
     * @param clamped the same, as far as it is known to be flushed
     * @param before  the highest number of a message so far
     * @return the highest after them, as in {@link #seqAfter}
     */
    long addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, long before);
}
