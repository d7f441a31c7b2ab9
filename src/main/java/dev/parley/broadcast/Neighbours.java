package dev.parley.broadcast;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which other replicas there are: each says {@code hello} when it begins to listen, {@code here} now and then and in answer to a {@code hello}, and
 * {@code bye}. Whatever else it sends is a sign of its life too.
 *
 * <p>Whoever comes has begun to listen before it says hello, so from then on all others send; what they sent in the moment before that it may have
 * missed, as it would have missed it a moment earlier. A replica that just connected takes it that there are others until there was time to answer.
 */
final class Neighbours {

    static final String KIND = "replica";

    private final String self;
    private final long forgottenNanos;
    private final Map<String, Long> heardAt = new ConcurrentHashMap<>();
    private volatile long expectingUntil;

    /**
     * @param self           names this replica
     * @param forgottenAfter so much silence
     */
    Neighbours(String self, Duration forgottenAfter) {
        this.self = self;
        this.forgottenNanos = forgottenAfter.toNanos();
        this.expectingUntil = System.nanoTime() + forgottenNanos;
    }

    String hello() {
        expectingUntil = System.nanoTime() + forgottenNanos;
        return "hello " + self;
    }

    String here() {
        return "here " + self;
    }

    String bye() {
        return "bye " + self;
    }

    /** Takes in what another replica said; true when it wants an answer. */
    boolean heard(String payload) {
        int space = payload.indexOf(' ');
        String who = payload.substring(space + 1);
        if (who.equals(self)) {
            return false;
        }
        if (payload.startsWith("bye ")) {
            heardAt.remove(who);
            return false;
        }
        heardAt.put(who, System.nanoTime());
        return payload.startsWith("hello ");
    }

    /** Whatever a neighbour sends is a sign of its life. What is still on its way after its bye makes it no neighbour again. */
    void alive(String who) {
        heardAt.computeIfPresent(who, (known, at) -> System.nanoTime());
    }

    void forgetTheSilent() {
        long now = System.nanoTime();
        heardAt.values().removeIf(at -> now - at > forgottenNanos);
    }

    boolean mayBeThere() {
        return !heardAt.isEmpty() || System.nanoTime() - expectingUntil < 0;
    }
}
