package dev.parley.testing;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Does harm at a fixed rate until it is closed; what it does may fail, as long as it succeeds now and then. */
public final class Saboteur implements AutoCloseable {

    /** One act of harm; returns whether anything was hit. */
    public interface Act {
        boolean run() throws Exception;
    }

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
