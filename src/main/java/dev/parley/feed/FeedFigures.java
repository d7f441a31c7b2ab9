package dev.parley.feed;

import jakarta.enterprise.context.ApplicationScoped;

/** How far the tail has come and when, for readiness and metrics. Written by the tail's event loop, read by any thread. */
@ApplicationScoped
public class FeedFigures {

    private final OldestTransaction oldest = new OldestTransaction();
    private volatile long currentAt;
    private volatile long pageAt;
    private volatile long reads;
    private volatile long steps;

    void read() {
        reads++;
    }

    void step() {
        steps++;
    }

    /** The feed begins with now: nothing is left to be delivered. */
    void begun() {
        pageAt = currentAt = System.nanoTime();
    }

    void delivered(Delta delta) {
        pageAt = System.nanoTime();
        if (delta.complete()) {
            currentAt = pageAt;
            oldest.seen(delta.upto(), pageAt);
        }
    }

    /** Nanoseconds since the tail last knew that it had everything; {@link Long#MAX_VALUE} before the first time. */
    public long lag() {
        long at = currentAt;
        return at == 0 ? Long.MAX_VALUE : System.nanoTime() - at;
    }

    /** Nanoseconds since a page was handed out, be there more to read or not; {@link Long#MAX_VALUE} before the tail had everything for the first time. */
    public long sinceLastPage() {
        long at = pageAt;
        return currentAt == 0 ? Long.MAX_VALUE : System.nanoTime() - at;
    }

    /** Nanoseconds for which, at the least, the oldest transaction has been running that the last read saw; 0 when there was none. */
    public long oldestTransaction() {
        return oldest.age(System.nanoTime());
    }

    /** How many pages were read. */
    public long reads() {
        return reads;
    }

    /** How many transactions of our own were gone on by without being read. */
    public long steps() {
        return steps;
    }
}
