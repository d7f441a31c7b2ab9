package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.List;

/** What a subscription gets out of one batch. */
interface Part {

    /** How many changes. */
    int size();

    /** The number of the last new message in it, or −1; a conversation that was deleted and made again begins anew. */
    long lastSeq();

    /** The frames for readers that follow the tail; made once, by the first to ask. */
    Frames frames();

    /**
     * Adds the frames of what a replay did not bring, each with a position that counts what the replay brought.
     *
     * @param raw     what the replay saw
     * @param clamped the same, as far as it is known to be flushed
     * @return the number of the last new message among them, or −1
     */
    long addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts);
}
