package dev.parley.realtime;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What a channel's client writes though it may not, as far as is known: the right may have been given since the join (by a row that the client itself has
 * inserted meanwhile, say), so the policies are asked once more, and what was written waits for it in order. One for each right. Upstream asks them at the
 * first write only.
 * On the socket's event loop only.
 */
final class LateRights {

    /** Who goes on writing without a right has the database asked no more often. */
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** What one that waits counts besides its payload, see {@link RealtimeSession#storing}. */
    private static final int OVERHEAD = 16_000;

    private record Waiting(Runnable write, long weight) {
    }

    private final RealtimeSession session;
    private final Supplier<Future<Void>> question;
    private final Deque<Waiting> waiting = new ArrayDeque<>(1);
    private long answeredAt = System.nanoTime() - AGAIN_NANOS;

    /** @param question asks the policies and takes their answer over, before it completes, on any thread */
    LateRights(RealtimeSession session, Supplier<Future<Void>> question) {
        this.session = session;
        this.question = question;
    }

    /** Whether a write waits: what is written now comes after it, even if it is allowed by now. */
    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    /**
     * Takes a write that is not allowed, or that others wait before.
     *
     * @param size  of its payload
     * @param write done once the question is answered, or could not be
     * @return false when the question was answered just now: the write is to be done as one that is not allowed
     */
    boolean take(int size, Runnable write) {
        if (waiting.isEmpty() && System.nanoTime() - answeredAt < AGAIN_NANOS) {
            return false;
        }
        Waiting last = new Waiting(write, (long) size + OVERHEAD);
        session.storing(last.weight);
        waiting.add(last);
        if (waiting.size() == 1) {
            question.get().timeout(Channel.STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS).onComplete(done -> session.run(this::goOn));
        }
        return true;
    }

    private void goOn() {
        answeredAt = System.nanoTime();
        for (Waiting next; (next = waiting.poll()) != null; ) {
            next.write.run();
            session.storing(-next.weight);
        }
    }

    /** Nothing is written any more. */
    void end() {
        waiting.forEach(one -> session.storing(-one.weight));
        waiting.clear();
    }
}
