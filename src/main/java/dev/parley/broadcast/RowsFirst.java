package dev.parley.broadcast;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/**
 * Keeps broadcasts back until this replica has read a transaction that stored an earlier one: that one is said by its row, which may come later than what
 * came over the bus. Any thread.
 *
 * <p>Bounded in bytes and in time: a transaction that there is no room to wait for, or that does not come, is waited for no longer; what was to come after it
 * is said, in its order, and what comes later at once.
 */
final class RowsFirst {

    private static final long MAX_BYTES = 8_000_000;
    private static final int MAX_TRANSACTIONS = 10_000;
    /** What one takes beside its payload. */
    private static final int OVERHEAD = 512;
    private static final long TICK_MS = 500;
    /** The tail looks every second without being told to. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** By then nobody says any more that something comes after the transaction. */
    private static final long FORGOTTEN_NANOS = TimeUnit.SECONDS.toNanos(15);

    private record Waiting(long bytes, Runnable say) {
    }

    /** What is to come after a transaction. */
    private final class After {

        private final long since = System.nanoTime();
        private final List<Waiting> waiting = new ArrayList<>(2);
        /** Whether the transaction is waited for no longer. */
        private boolean open;

        private void open() {
            open = true;
            for (Waiting one : waiting) {
                bytes -= one.bytes;
                one.say.run();
            }
            waiting.clear();
        }

        private boolean isOlderThan(long nanos) {
            return System.nanoTime() - since >= nanos;
        }
    }

    /** By transaction, the eldest first. */
    private final Map<Long, After> transactions = new LinkedHashMap<>();
    private LongPredicate read = transaction -> false;
    private long bytes;
    private boolean ticking;

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
        After after = transactions.computeIfAbsent(transaction, unknown -> new After());
        after.waiting.add(new Waiting(payload + OVERHEAD, say));
        bytes += payload + OVERHEAD;
        if (after.open) {
            after.open();
        }
        for (Iterator<After> eldest = transactions.values().iterator(); bytes > MAX_BYTES; ) {
            eldest.next().open();
        }
        if (transactions.size() > MAX_TRANSACTIONS) {
            Iterator<After> eldest = transactions.values().iterator();
            eldest.next().open();
            eldest.remove();
        }
        tick();
    }

    /** What one transaction stored has been said here: what waits for it comes before what a later one stored. */
    synchronized void said(long transaction) {
        After after = transactions.get(transaction);
        if (after != null) {
            after.open();
        }
    }

    /** What all these transactions stored has been said here, if there was anything. */
    synchronized void read(LongPredicate these) {
        read = these;
        if (!transactions.isEmpty()) {
            transactions.entrySet().removeIf(one -> {
                boolean comes = these.test(one.getKey());
                if (comes) {
                    one.getValue().open();
                }
                return comes;
            });
        }
    }

    private void tick() {
        if (!ticking && !transactions.isEmpty()) {
            ticking = true;
            CompletableFuture.delayedExecutor(TICK_MS, TimeUnit.MILLISECONDS).execute(this::giveUp);
        }
    }

    private synchronized void giveUp() {
        ticking = false;
        transactions.values().removeIf(after -> {
            if (after.isOlderThan(PATIENCE_NANOS)) {
                after.open();
            }
            return after.isOlderThan(FORGOTTEN_NANOS);
        });
        tick();
    }
}
