package dev.parley.stream;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Lets so many pieces of asynchronous work go on at once, the others in the order in which they came. Any thread. */
final class Turns {

    private record Waiting(Context context, Runnable work, Promise<?> promise, long since) {
    }

    private final Vertx vertx;
    private final long patienceNanos;
    private final LongSupplier nanos;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private int free;

    /** @param patienceMs what has waited for longer fails instead: nobody may wait for it any more, and he will have asked again */
    Turns(Vertx vertx, int atOnce, long patienceMs, LongSupplier nanos) {
        this.vertx = vertx;
        this.free = atOnce;
        this.patienceNanos = TimeUnit.MILLISECONDS.toNanos(patienceMs);
        this.nanos = nanos;
    }

    /** Begins the work at once or, when its turn has come, on the caller's context. */
    <T> Future<T> take(Supplier<Future<T>> work) {
        Promise<T> promise = Promise.promise();
        Runnable turn = () -> begin(work).onComplete(promise).onComplete(done -> next());
        synchronized (this) {
            if (free == 0) {
                waiting.add(new Waiting(vertx.getOrCreateContext(), turn, promise, nanos.getAsLong()));
                return promise.future();
            }
            free--;
        }
        turn.run();
        return promise.future();
    }

    private static <T> Future<T> begin(Supplier<Future<T>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private void next() {
        for (Waiting turn; (turn = poll()) != null; ) {
            if (nanos.getAsLong() - turn.since <= patienceNanos) {
                Runnable work = turn.work;
                turn.context.runOnContext(ignored -> work.run());
                return;
            }
            turn.promise.tryFail("too many wait for their turn");
        }
    }

    private synchronized Waiting poll() {
        Waiting turn = waiting.poll();
        if (turn == null) {
            free++;
        }
        return turn;
    }
}
