package dev.parley.realtime;

/** So many in so much time, in bursts of up to that many. One thread. */
final class RateLimit {

    private final int most;
    private final double perNano;
    private double left;
    private long at = System.nanoTime();

    RateLimit(int most, long millis) {
        this.most = most;
        this.perNano = most / (millis * 1e6);
        this.left = most;
    }

    /** Takes one; false when there is none. */
    boolean take() {
        long now = System.nanoTime();
        left = Math.min(most, left + (now - at) * perNano);
        at = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}
