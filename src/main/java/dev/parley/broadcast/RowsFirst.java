package dev.parley.broadcast;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/**
 * Keeps broadcasts back until this replica has read a transaction that stored an earlier one: that one is said by its row, which may come later than what
 * came over the bus. Any thread.
 *
 * <p>Bounded in bytes and in time: what there is no room for, and what has waited for too long, is said out of order rather than not at all.
 */
final class RowsFirst {

    private static final long MAX_BYTES = 8_000_000;
    /** What one takes beside its payload. */
    private static final int OVERHEAD = 512;
    /** The tail looks every second without being told to. */
    private static final long PATIENCE_MS = 3_000;

    private record Waiting(long transaction, long bytes, long since, Runnable say) {
    }

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private LongPredicate read = transaction -> false;
    private long bytes;

    /**
     * Says something, now or later.
     *
     * @param transaction what it stored comes first
     * @param say         must not block
     */
    synchronized void say(long transaction, int payload, Runnable say) {
        if (read.test(transaction)) {
            say.run();
            return;
        }
        if (waiting.isEmpty()) {
            lookLater();
        }
        waiting.add(new Waiting(transaction, payload + OVERHEAD, System.nanoTime(), say));
        bytes += payload + OVERHEAD;
        while (bytes > MAX_BYTES) {
            release(waiting.remove());
        }
    }

    /** What one transaction stored has been said here: what waits for it comes before what a later one stored. */
    synchronized void said(long transaction) {
        release(one -> one == transaction);
    }

    /** What all these transactions stored has been said here, if there was anything. */
    synchronized void read(LongPredicate transactions) {
        read = transactions;
        release(transactions);
    }

    private void release(LongPredicate transactions) {
        if (!waiting.isEmpty()) {
            waiting.removeIf(one -> {
                boolean comes = transactions.test(one.transaction);
                if (comes) {
                    release(one);
                }
                return comes;
            });
        }
    }

    private void release(Waiting one) {
        bytes -= one.bytes;
        one.say.run();
    }

    private synchronized void giveUp() {
        long now = System.nanoTime();
        while (!waiting.isEmpty() && now - waiting.peek().since >= TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS)) {
            release(waiting.remove());
        }
        if (!waiting.isEmpty()) {
            lookLater();
        }
    }

    private void lookLater() {
        CompletableFuture.delayedExecutor(PATIENCE_MS, TimeUnit.MILLISECONDS).execute(this::giveUp);
    }
}
