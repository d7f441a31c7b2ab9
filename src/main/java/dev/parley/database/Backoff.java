package dev.parley.database;

import java.util.concurrent.ThreadLocalRandom;

/** Doubling pauses between attempts, capped and jittered so that replicas don't come back in step. Not thread-safe. */
public final class Backoff {

    private final long least;
    private final long most;
    private long next;

    /** Both in milliseconds. */
    public Backoff(long least, long most) {
        this.least = least;
        this.most = most;
        this.next = least;
    }

    /** Milliseconds to wait before the next attempt, at least 1. */
    public long next() {
        long pause = next;
        next = Math.min(most, next * 2);
        return Math.max(1, pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
    }

    public void reset() {
        next = least;
    }
}
