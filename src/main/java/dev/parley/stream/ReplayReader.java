package dev.parley.stream;

import dev.parley.feed.Delta;
import dev.parley.feed.FeedConfig;
import dev.parley.feed.FeedConnections;
import dev.parley.feed.FeedIdentity;
import dev.parley.feed.LogCursor;
import dev.parley.feed.PageLimit;
import dev.parley.feed.Position;
import dev.parley.feed.ReadLimit;
import dev.parley.feed.Tail;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/** What all replays share: the readers' connections, and the history that the tail follows. */
@ApplicationScoped
class ReplayReader {

    /** Whoever is so many transactions behind may have a million rows before him, and PostgreSQL looks at all of them to find his first page. */
    private static final long FAR_BEHIND = 20_000;
    private static final long PATIENCE_MS = 10_000;

    private final FeedConnections connections;
    private final Tail tail;
    private final StreamConfig config;
    private final Turns farBehind;
    private final long goneAfterMs;

    ReplayReader(FeedConnections connections, Tail tail, StreamConfig config, FeedConfig feed, Vertx vertx) {
        this.farBehind = new Turns(vertx, Math.max(1, feed.readers() / 2), PATIENCE_MS, System::nanoTime);
        this.goneAfterMs = ReadLimit.goneAfterMs(feed.readTimeout());
        this.connections = connections;
        this.tail = tail;
        this.config = config;
    }

    /** Reads on one of the connections. One that does not answer in time is of no use, and the others are no better: the next read gets new ones. */
    <T> Future<T> ask(Function<Pool, Future<T>> question) {
        return question.apply(connections.readers()).timeout(goneAfterMs, TimeUnit.MILLISECONDS).onFailure(failure -> {
            if (failure instanceof TimeoutException) {
                connections.renewReaders();
            }
        });
    }

    PageLimit limit() {
        return new PageLimit(config.replayPage(), config.replayBytes());
    }

    /** Reads the next page of the log. Those far behind take turns at it: on all connections at once they kept everybody else from joining, for 8 s. */
    Future<Delta> read(LogCursor cursor, long epoch) {
        Supplier<Future<Delta>> read = () -> ask(pool -> cursor.read(pool, epoch, limit()));
        Position now = tail.position();
        boolean far = now != null && !cursor.isInsideDelta() && now.base().xmax() - cursor.position().base().xmax() > FAR_BEHIND;
        return far ? farBehind.take(read) : read.get();
    }

    /**
     * A position to start from: the one given, once it is known to belong to this history, or else the tail's.
     *
     * @throws dev.parley.feed.FeedGap when it belongs to another
     */
    Position known(Position given) {
        FeedIdentity identity = tail.identity();
        Position now = tail.position();
        if (identity == null || now == null) {
            throw new IllegalStateException("the feed has not begun yet");
        }
        if (given == null) {
            return now;
        }
        identity.check(given);
        return given;
    }

    /** Makes sure that the database still has the history in which the position was taken; fails with {@link dev.parley.feed.FeedGap} when not. */
    Future<Void> check(Position given) {
        return ask(known(given)::find);
    }
}
