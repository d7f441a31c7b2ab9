package dev.parley.stream;

import dev.parley.feed.FeedConnections;
import dev.parley.feed.FeedIdentity;
import dev.parley.feed.PageLimit;
import dev.parley.feed.Position;
import dev.parley.feed.Tail;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;

/** What all replays share: the readers' connections, and the history that the tail follows. */
@ApplicationScoped
class ReplayReader {

    private final FeedConnections connections;
    private final Tail tail;
    private final StreamConfig config;

    ReplayReader(FeedConnections connections, Tail tail, StreamConfig config) {
        this.connections = connections;
        this.tail = tail;
        this.config = config;
    }

    Pool pool() {
        return connections.readers();
    }

    PageLimit limit() {
        return new PageLimit(config.replayPage(), config.replayBytes());
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
        return known(given).find(pool());
    }
}
