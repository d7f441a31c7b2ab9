package dev.parley.broadcast;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** A warning that is given once in a while, however often there is reason. Any thread. */
final class Complaint {

    private static final long QUIET_NANOS = Duration.ofSeconds(30).toNanos();

    private final Logger log;
    private final AtomicLong at = new AtomicLong(System.nanoTime() - QUIET_NANOS - 1);

    Complaint(Logger log) {
        this.log = log;
    }

    void of(String what) {
        long last = at.get();
        long now = System.nanoTime();
        if (now - last > QUIET_NANOS && at.compareAndSet(last, now)) {
            log.warn(what);
        }
    }
}
