package dev.parley.realtime;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** How many broadcasts each caller may send by REST: so many a second on average, in bursts of what comes together in a few seconds. Any thread. */
final class CallerRates {

    private static final int BURST_SECONDS = 5;
    private static final int MAX_CALLERS = 10_000;
    private static final long IDLE_NANOS = Duration.ofSeconds(BURST_SECONDS).toNanos();

    private static final class Allowance {

        private double left;
        private long at;
    }

    private final int perSecond;
    private final ConcurrentMap<String, Allowance> allowances = new ConcurrentHashMap<>();

    CallerRates(int perSecond) {
        this.perSecond = perSecond;
    }

    /** @throws RestRefusal when it is too many */
    void take(String caller, int number) {
        if (allowances.size() > MAX_CALLERS) {
            forgetTheIdle();
        }
        Allowance allowance = allowances.computeIfAbsent(caller, unknown -> {
            Allowance fresh = new Allowance();
            fresh.left = (double) perSecond * BURST_SECONDS;
            fresh.at = System.nanoTime();
            return fresh;
        });
        synchronized (allowance) {
            long now = System.nanoTime();
            allowance.left = Math.min((double) perSecond * BURST_SECONDS, allowance.left + (now - allowance.at) / 1e9 * perSecond);
            allowance.at = now;
            if (allowance.left < 1) {
                throw RestRefusal.message(429, "You have exceeded your rate limit");
            }
            if (allowance.left < number) {
                throw RestRefusal.message(429, "Too many messages to broadcast, please reduce the batch size");
            }
            allowance.left -= number;
        }
    }

    /** One that was idle for so long has its whole allowance again, and needs no memory. */
    private void forgetTheIdle() {
        long now = System.nanoTime();
        allowances.values().removeIf(allowance -> {
            synchronized (allowance) {
                return now - allowance.at > IDLE_NANOS;
            }
        });
    }
}
