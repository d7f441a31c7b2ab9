package dev.parley.database;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Says a thing when it happens and then at most once in a while, however often it happens. Any thread. */
public final class Reminder {

    private final long pauseNanos;
    private final AtomicLong nextAt;

    public Reminder(Duration pause) {
        this.pauseNanos = pause.toNanos();
        this.nextAt = new AtomicLong(System.nanoTime());
    }

    public void say(Runnable words) {
        long now = System.nanoTime();
        long next = nextAt.get();
        if (now - next >= 0 && nextAt.compareAndSet(next, now + pauseNanos)) {
            words.run();
        }
    }
}
