package dev.parley.feed;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Our own transactions on their way past the log: those that are told while a read is under way, and whether the next one is worth being told with its rows.
 * Belongs to the tail's event loop, but for {@link #writerConnected} and {@link #writers}.
 */
final class OwnCommits {

    /** So many have to be in reach, one after the other, until the next is taken to be. */
    private static final int IN_A_ROW = 3;
    /** Kept while a read is on its way; what there is more of is read. */
    private static final int MAX_WAITING = 16;

    /** How many connections have been opened for writing. */
    private final AtomicInteger writers = new AtomicInteger();
    private final Deque<OwnCommit> waiting = new ArrayDeque<>();
    /** How many of the {@code writers} there were when the last read began. */
    private int known;
    private int reached;

    void writerConnected() {
        writers.incrementAndGet();
    }

    int writers() {
        return writers.get();
    }

    /** @param writers how many there were when the read began that has just ended */
    void read(int writers) {
        known = writers;
    }

    /** Whether all connections that write were there before the last read: no crash and no failover lies between what one has seen and the other. */
    boolean haveKnownWriters() {
        return writers.get() == known;
    }

    void judged(boolean inReach) {
        reached = inReach ? reached + 1 : 0;
    }

    boolean areInReach() {
        return reached >= IN_A_ROW;
    }

    /** False when too many wait. */
    boolean await(OwnCommit commit) {
        return waiting.size() < MAX_WAITING && waiting.add(commit);
    }

    /** @param goesOn takes the next one, and says whether another may follow */
    void drain(Predicate<OwnCommit> goesOn) {
        for (OwnCommit commit; (commit = waiting.poll()) != null && goesOn.test(commit); ) {
            // the next
        }
    }

    void clear() {
        waiting.clear();
        reached = 0;
    }
}
