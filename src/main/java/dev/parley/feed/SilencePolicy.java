package dev.parley.feed;

import java.util.concurrent.TimeUnit;

/**
 * When the doorbell falls silent for other programs, and when it rings for them again, by what is seen in ticks of a quarter of a second: it does where commits queue
 * up behind it for a second, until there are few for ten. For one thread.
 */
final class SilencePolicy {

    static final long TICK_MS = 250;
    private static final int TICKS_PER_SECOND = 4;

    /** So many waiting, at so many ticks in a row, are a queue. */
    private static final int QUEUE = 2, QUEUED_TICKS = TICKS_PER_SECOND;
    /** A tick is calm where one look of so many finds something: with all of its looks, up to 16 commits in a second. */
    private static final int CALM_LOOKS = 3;
    /**
     * After so many calm ticks it rings again, and as a trial after so many of silence, for what is found may be the service's own. Where it would have to fall silent
     * again soon, the next time is longer, up to 16 times.
     */
    private static final int CALM_TICKS = 10 * TICKS_PER_SECOND, TRIAL_TICKS = 60 * TICKS_PER_SECOND, MOST_DOUBLINGS = 4;
    /** Longer than sessions remember that they need not ring: only then does a queue come back. */
    private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(75);

    private long turnedAt;
    private int queuedTicks;
    private int calmTicks;
    private int silentTicks;
    private int doublings;

    /** @param now a time of {@link System#nanoTime}, as everywhere here */
    SilencePolicy(long now) {
        turnedAt = now - SOON_NANOS;
    }

    /** While it rings, once a tick: whether to find out how many are waiting. A queue goes on though nobody got through it in this tick. */
    boolean wonders(boolean rung) {
        return rung || queuedTicks > 0;
    }

    /** While it rings: whether so many waiting, after those of the ticks before, are reason to fall silent. */
    boolean isQueue(long waiting) {
        queuedTicks = waiting >= QUEUE ? queuedTicks + 1 : 0;
        return queuedTicks >= QUEUED_TICKS;
    }

    /**
     * In silence, once a tick: whether to ring again. A tail that is away or reads long pages looks seldom, and then what it finds shows nothing.
     *
     * @param reads how often the tail has read in this tick
     * @param finds how often it found rows
     */
    boolean isCalm(int reads, int finds) {
        silentTicks++;
        calmTicks = reads > 0 && finds * CALM_LOOKS <= reads ? calmTicks + 1 : 0;
        return calmTicks >= CALM_TICKS << doublings || silentTicks >= TRIAL_TICKS << doublings;
    }

    /** It has fallen silent, or rings again. */
    void turned(boolean silent, long now) {
        if (silent) {
            doublings = now - turnedAt < SOON_NANOS ? Math.min(doublings + 1, MOST_DOUBLINGS) : 0;
        }
        turnedAt = now;
        beginAnew();
    }

    /** What was decided could not be done: not at the next tick again. */
    void beginAnew() {
        queuedTicks = 0;
        calmTicks = 0;
        silentTicks = 0;
    }
}
