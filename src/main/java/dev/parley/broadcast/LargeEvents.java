package dev.parley.broadcast;

import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The table of events that no notification can carry, on connections of its own. A row is there before its sender speaks of it, and for half a minute
 * after. Any thread.
 */
final class LargeEvents {

    private static final int CONNECTIONS = 2;
    /** A replica goes on sweeping for so long after it has stored something, so that what a quiet time begins with is deleted too. */
    private static final long SWEEPS_ON_NANOS = Duration.ofMinutes(1).toNanos();
    private static final String SWEEP = "delete from parley.large_event where made_at < clock_timestamp() - interval '30 seconds'";

    private final Vertx vertx;
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private final AtomicLong under = new AtomicLong();
    private final long maxBytes;
    private final long sweepPauseMs;
    private volatile long storedAt;
    private final ExpendablePool pool;

    /**
     * @param maxBytes   more may not be on its way at a time, in each direction
     * @param timeout    for storing or fetching one, once there is a connection free: a list of many comes through however long it is
     * @param sweepPause between two looks for what is old
     */
    LargeEvents(Vertx vertx, Connections connections, long maxBytes, Duration timeout, Duration sweepPause) {
        this.vertx = vertx;
        this.pool = new ExpendablePool(() -> connections.pool(connections.options("parley-large-events"), CONNECTIONS,
                "set synchronous_commit = off"), timeout.toMillis());
        this.maxBytes = maxBytes;
        this.sweepPauseMs = sweepPause.toMillis();
    }

    /** Stores an event; the id is good when it is there. */
    Future<Long> store(String payload) {
        Future<Long> id = ask(payload.length(), "insert into parley.large_event (payload) values ($1) returning id", Tuple.of(payload))
                .map(rows -> rows.iterator().next().getLong(0));
        storedAt = System.nanoTime();
        sweepLater();
        return id;
    }

    /** Fetches an event; fails when it is gone. */
    Future<String> fetch(long id, int bytes) {
        return ask(bytes, "select payload from parley.large_event where id = $1", Tuple.of(id)).compose(rows ->
                rows.size() == 0 ? Future.failedFuture("it is gone") : Future.succeededFuture(rows.iterator().next().getString(0)));
    }

    private Future<RowSet<Row>> ask(int bytes, String sql, Tuple parameters) {
        if (under.addAndGet(bytes) > maxBytes) {
            under.addAndGet(-bytes);
            return Future.failedFuture("too many are on their way");
        }
        return pool.askOne(connection -> connection.preparedQuery(sql).execute(parameters)).onComplete(done -> under.addAndGet(-bytes));
    }

    private void sweepLater() {
        if (sweeping.compareAndSet(false, true)) {
            vertx.setTimer(sweepPauseMs, tick -> ask(0, SWEEP, Tuple.tuple()).onComplete(done -> {
                sweeping.set(false);
                if (System.nanoTime() - storedAt < SWEEPS_ON_NANOS) {
                    sweepLater();
                }
            }));
        }
    }

    void close() {
        pool.close();
    }
}
