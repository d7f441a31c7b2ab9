package dev.parley.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waits for a condition; the only place in the tests that sleeps. */
public final class Await {

    /** A condition may cost a connection, and the database a process: what takes long is asked less often, and at most a tenth of the wait comes on top. */
    private static final long SHORTEST_PAUSE_MS = 5, LONGEST_PAUSE_MS = 50;

    private Await() {
    }

    /** Returns as soon as the condition holds; fails with the description when it does not within the time. */
    public static void until(Callable<Boolean> condition, Duration timeout, String description) {
        until(condition, timeout, () -> description);
    }

    /**
     * Returns as soon as the condition holds. A condition that throws counts as not holding yet: what is asked may be away for a moment.
     *
     * @param description made when the wait fails, so that it can say how far things came
     */
    public static void until(Callable<Boolean> condition, Duration timeout, Supplier<String> description) {
        long begin = System.nanoTime(), deadline = begin + timeout.toNanos();
        Exception last = null;
        do {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (Exception e) {
                last = e;
            }
            long tenth = (System.nanoTime() - begin) / 10_000_000;
            pause(Duration.ofMillis(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, tenth))));
        } while (System.nanoTime() < deadline);
        throw new AssertionError("after " + timeout.toMillis() + " ms still not: " + description.get(), last);
    }

    /** A client's back-off between two tries, and a writer's pace; never a wait for the service to have done something. */
    public static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting", e);
        }
    }
}
