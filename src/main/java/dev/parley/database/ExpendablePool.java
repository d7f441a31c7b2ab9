package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A pool that is opened when first needed, and given up for a new one when it does not answer in time: a connection whose peer is gone without a word never
 * answers, and the pool's others are no better. Any thread.
 */
public final class ExpendablePool {

    private static final String STOPPED = "the service stops";

    private final Supplier<Pool> opener;
    private final long patienceMs;
    private volatile Pool pool;
    private volatile boolean closed;

    /** @param patienceMs how long an answer may take */
    public ExpendablePool(Supplier<Pool> opener, long patienceMs) {
        this.opener = opener;
        this.patienceMs = patienceMs;
    }

    /** Does something on the pool; the time that it waits for a connection counts. Fails when it takes too long, and once the pool is closed. */
    public <T> Future<T> ask(Function<Pool, Future<T>> question) {
        return with(asked -> inTime(question.apply(asked), asked));
    }

    /** Does something on one connection; the time runs from when one is free, since many may wait for it. Fails likewise. */
    public <T> Future<T> askOne(Function<SqlConnection, Future<T>> question) {
        return with(asked -> asked.withConnection(connection -> inTime(question.apply(Connections.withoutComplaint(connection)), asked)));
    }

    private <T> Future<T> with(Function<Pool, Future<T>> question) {
        if (closed) {
            return Future.failedFuture(STOPPED);
        }
        Pool asked;
        try {
            asked = pool();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
        return question.apply(asked);
    }

    private <T> Future<T> inTime(Future<T> answer, Pool asked) {
        return answer.timeout(patienceMs, TimeUnit.MILLISECONDS).onFailure(failure -> {
            if (failure instanceof TimeoutException) {
                giveUp(asked);
            }
        });
    }

    /** The pool as it is now, for those who have a deadline of their own. */
    public Pool pool() {
        Pool current = pool;
        return current != null ? current : open();
    }

    private synchronized Pool open() {
        if (pool == null) {
            if (closed) {
                throw new IllegalStateException(STOPPED);
            }
            pool = opener.get();
        }
        return pool;
    }

    /** Closes this pool, if it has not been given up already; the next question gets a new one. */
    public synchronized void giveUp(Pool silent) {
        if (pool == silent) {
            pool = null;
            silent.close();
        }
    }

    public synchronized void close() {
        closed = true;
        if (pool != null) {
            pool.close();
        }
    }
}
