package dev.parley.changes;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/** Something that never runs twice at once: calls that come while it runs share one further run, which begins after they have come. Any thread. */
final class Coalesced {

    private final Supplier<Future<Void>> action;
    private boolean running;
    private Promise<Void> next;

    Coalesced(Supplier<Future<Void>> action) {
        this.action = action;
    }

    Future<Void> run() {
        synchronized (this) {
            if (running) {
                if (next == null) {
                    next = Promise.promise();
                }
                return next.future();
            }
            running = true;
        }
        return begin();
    }

    private Future<Void> begin() {
        Future<Void> done;
        try {
            done = action.get();
        } catch (RuntimeException e) {
            done = Future.failedFuture(e);
        }
        return done.onComplete(result -> {
            Promise<Void> waiting;
            synchronized (this) {
                waiting = next;
                next = null;
                running = waiting != null;
            }
            if (waiting != null) {
                begin().onComplete(waiting);
            }
        });
    }
}
