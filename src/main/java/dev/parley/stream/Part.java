package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.List;

/** What a subscription gets out of one batch. */
interface Part {

    /** How many changes. */
    int size();

    /** A reader gets it: adds the numbers of its new messages to those that the reader has had. */
    void count(Numbers had);

    /** The frames for readers that follow the tail; made once, by the first to ask. */
    Frames frames();

    /**
     * Adds the frames of what a replay did not bring, each with a position that counts what the replay brought.
     *
     * @param raw     what the replay saw
     * @param clamped the same, as far as it is known to be flushed
     * @param had     what the reader has had so far; the numbers of these are added
     */
    void addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, Numbers had);
}
