package dev.parley.realtime;

/** So many in so much time, in bursts of up to that many. One thread at a time. */
final class RateLimit {

    private final long most;
    private final double perNano;
    private double left;
    private long at = System.nanoTime();

    RateLimit(long most, long millis) {
        this.most = most;
        this.perNano = most / (millis * 1e6);
        this.left = most;
    }

    /** Takes one; false when there is none. */
    boolean take() {
        return take(1);
    }

    /** Takes so many, or none and answers false. */
    boolean take(int number) {
        if (left() < number) {
            return false;
        }
        left -= number;
        return true;
    }

    /** Whether nothing could be taken now. */
    boolean isEmpty() {
        return left() < 1;
    }

    /** Whether it has recovered from all that was taken: a fresh one would be no different. */
    boolean isFull() {
        return left() >= most;
    }

    private double left() {
        long now = System.nanoTime();
        left = Math.min(most, left + (now - at) * perNano);
        at = now;
        return left;
    }
}
