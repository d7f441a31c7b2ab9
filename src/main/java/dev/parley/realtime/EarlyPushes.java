package dev.parley.realtime;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongConsumer;

/**
 * What a client sends on a topic while its join is under way, in order: some do not wait for the answer, and upstream's server reads on only once it has
 * answered. On the socket's event loop only.
 */
final class EarlyPushes {

    /** A thousand small ones, or a large one: by then the socket is long not read any more, this is for what had been read. */
    private static final long MAX_WEIGHT = 4_000_000;
    /** What one counts besides its payload, see {@link RealtimeSession#storing}. */
    private static final int OVERHEAD = 4_000;

    private record Waiting(Runnable push, long weight) {
    }

    private final LongConsumer storing;
    private final Deque<Waiting> waiting = new ArrayDeque<>(1);
    private long weight;

    /** @param storing is told of more that waits, or less */
    EarlyPushes(LongConsumer storing) {
        this.storing = storing;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /**
     * Takes one.
     *
     * @param size of its payload
     * @return false when enough waits already
     */
    boolean take(int size, Runnable push) {
        if (weight >= MAX_WEIGHT) {
            return false;
        }
        Waiting last = new Waiting(push, (long) size + OVERHEAD);
        waiting.add(last);
        count(last.weight);
        return true;
    }

    /** Does all that waits, also what comes meanwhile because the socket is read again. */
    void run() {
        for (Waiting next; (next = waiting.poll()) != null; ) {
            next.push.run();
            count(-next.weight);
        }
    }

    private void count(long change) {
        weight += change;
        storing.accept(change);
    }
}
