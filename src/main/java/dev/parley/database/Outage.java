package dev.parley.database;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Says what is wrong when it starts or changes, and then every 30 seconds, however often it is found out. One thread. */
public final class Outage {

    private static final long REMINDER_NANOS = Duration.ofSeconds(30).toNanos();

    private final Consumer<String> log;
    private final LongSupplier nanoTime;
    private String saidLast;
    private long saidAt;

    public Outage(Consumer<String> log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
    }

    public void goesOn(String reason) {
        long now = nanoTime.getAsLong();
        if (!reason.equals(saidLast) || now - saidAt >= REMINDER_NANOS) {
            log.accept(reason + (reason.endsWith(".") ? " Trying again" : ". Trying again"));
            saidLast = reason;
            saidAt = now;
        }
    }

    /** @return whether there was one */
    public boolean ends() {
        boolean was = saidLast != null;
        saidLast = null;
        return was;
    }
}
