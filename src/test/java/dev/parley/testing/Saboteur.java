package dev.parley.testing;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Does harm again and again until it is closed; what it does may fail, as long as it succeeds now and then. */
public final class Saboteur implements AutoCloseable {

    /** One act of harm; returns whether anything was hit. */
    public interface Act {
        boolean run() throws Exception;
    }

    private static final Duration LOOK = Duration.ofMillis(50);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "saboteur");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicInteger hits = new AtomicInteger();

    private Saboteur() {
    }

    public static Saboteur every(Duration period, Act act) {
        Saboteur saboteur = new Saboteur();
        saboteur.timer.scheduleAtFixedRate(() -> saboteur.hit(act), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
        return saboteur;
    }

    /** Does harm each time that so much more has been done since the last: it hits what has found its feet again, whatever time that takes. */
    public static Saboteur afterEach(long amount, LongSupplier done, Act act) {
        AtomicLong next = new AtomicLong(done.getAsLong() + amount);
        return every(LOOK, () -> {
            if (done.getAsLong() < next.get()) {
                return false;
            }
            boolean hit = act.run();
            next.set(done.getAsLong() + amount);
            return hit;
        });
    }

    /** How often it hit something: a test that nothing disturbed has shown nothing. */
    public int hits() {
        return hits.get();
    }

    private void hit(Act act) {
        try {
            if (act.run()) {
                hits.incrementAndGet();
            }
        } catch (Exception | AssertionError e) {
            // The target may be down at the moment.
        }
    }

    /** Waits for an act that is under way. */
    @Override
    public void close() {
        timer.shutdown();
        Await.until(timer::isTerminated, Duration.ofMinutes(2), "the saboteur stops");
    }
}
