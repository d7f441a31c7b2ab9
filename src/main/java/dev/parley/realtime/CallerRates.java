package dev.parley.realtime;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** How many broadcasts each caller may send by REST: so many a second on average, in bursts of what comes together in a few seconds. Any thread. */
final class CallerRates {

    private static final int BURST_SECONDS = 5;
    private static final int MAX_CALLERS = 10_000;

    private final int perSecond;
    private final ConcurrentMap<String, RateLimit> callers = new ConcurrentHashMap<>();

    CallerRates(int perSecond) {
        this.perSecond = perSecond;
    }

    /** So many are too many in any case. */
    int burst() {
        return (int) Math.min(Integer.MAX_VALUE, (long) perSecond * BURST_SECONDS);
    }

    static RestRefusal tooLarge() {
        return RestRefusal.message(429, "Too many messages to broadcast, please reduce the batch size");
    }

    /** @throws RestRefusal when it is too many */
    void take(String caller, int number) {
        if (callers.size() > MAX_CALLERS) {
            forgetTheIdle();
        }
        RateLimit limit = callers.computeIfAbsent(caller, unknown -> new RateLimit(burst(), BURST_SECONDS * 1_000L));
        synchronized (limit) {
            if (!limit.take(number)) {
                throw limit.isEmpty() ? RestRefusal.message(429, "You have exceeded your rate limit") : tooLarge();
            }
        }
    }

    /** One that has its whole allowance again needs no memory. */
    private void forgetTheIdle() {
        callers.values().removeIf(limit -> {
            synchronized (limit) {
                return limit.isFull();
            }
        });
    }
}
