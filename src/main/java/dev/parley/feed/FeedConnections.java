package dev.parley.feed;

import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import dev.parley.database.FirstConnection;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** The connections that read the change log: the tail's own, and a pool for replays. */
@ApplicationScoped
public class FeedConnections {

    /**
     * What a session needs to read the log. A statement that was first planned while the log was empty would turn into a sequential scan of a full
     * one (0.2 ms became 48 ms at 700,000 rows), and rows must look the same whoever reads them.
     */
    static final String SESSION = """
            set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off; set jit = off""" + Connections.SAME_TEXTS;

    /** What the tail's session needs besides, for {@link Tail#readBehind}: what is written there rings for nobody. */
    private static final String WRITING = "set parley.quiet = 'on'";

    /**
     * The longest statement that a reader's session keeps prepared. The client's own limit, 2,048, had a conversation's replay parsed and planned anew for each
     * reader that joined: 4,000 of them came in within 10 s on two cores, and within 1.7 s since it is kept.
     */
    private static final int LONGEST_KEPT = 8_192;

    private final Connections connections;
    private final FirstConnection first;
    private final FeedConfig config;
    private final ExpendablePool readers;
    private final AtomicLong readersConnected = new AtomicLong();
    private long renewedAt = System.nanoTime();

    FeedConnections(Connections connections, FirstConnection first, FeedConfig config) {
        this.connections = connections;
        this.first = first;
        this.config = config;
        this.readers = new ExpendablePool(this::newReaders, config.readTimeout().toMillis());
    }

    private Pool newReaders() {
        PgConnectOptions options = connections.options("parley-reader");
        options.setPreparedStatementCacheSqlLimit(LONGEST_KEPT);
        return connections.pool(options, config.readers(), session() + Connections.SYSTEM_NAMES_ONLY, readersConnected::incrementAndGet);
    }

    /** What was given up here must not run on in the server, where each new try makes all of them slower, nor keep its locks when the network fell silent. */
    private String session() {
        return "%s; set statement_timeout = %2$d; set idle_in_transaction_session_timeout = %2$d".formatted(SESSION, Math.max(1, config.readTimeout().toMillis()));
    }

    /**
     * A primary's connection and the history it shows; fails on a standby.
     *
     * @param server see {@link OwnCommit}
     */
    record Primary(PgConnection connection, FeedIdentity identity, Snapshot trimmed, String server) {

        Primary with(FeedIdentity other) {
            return new Primary(connection, other, trimmed, server);
        }
    }

    /** Connects the tail, on its event loop. Makes sure that the log is this cluster's. */
    Future<Primary> connectTail() {
        return first.take().map(this::prepare).orElseGet(() -> connections.session(connections.options("parley-tail")).compose(this::prepare));
    }

    /** What it gives belongs to the connection's event loop, as the first of its futures does: so does what the tail makes of it, a timeout too. */
    private Future<Primary> prepare(PgConnection connection) {
        Future<?> session = Connections.prepare(connection, session());
        Future<RowSet<Row>> standby = connection.query("select pg_is_in_recovery()").execute();
        return session.compose(done -> standby)
                .compose(rows -> rows.iterator().next().getBoolean(0)
                        ? Future.failedFuture("the database is a standby: the feed can be read on the primary only")
                        : claim(connection))
                .onFailure(failure -> connection.close());
    }

    /** Asked in one go: what is asked does not depend on the answers before. */
    private Future<Primary> claim(PgConnection connection) {
        // in the third mode it is as it was left, and found out by whoever listens
        Future<?> notify = config.notifies() == DoorbellMode.AUTO ? Future.succeededFuture()
                : connection.query(BusyDoorbell.turning(config.notifies() == DoorbellMode.OFF)).execute();
        Future<?> claim = connection.query("select parley.claim_log()").execute();
        Future<?> writing = connection.query(WRITING).execute();
        Future<RowSet<Row>> feed = connection.query("select f.feed_id, parley.timeline(), f.trimmed::text, pg_postmaster_start_time()::text from parley.feed f").execute();
        return Future.all(claim, notify, writing, feed).map(done -> {
            Row row = feed.result().iterator().next();
            return new Primary(connection, new FeedIdentity(row.getLong(0), row.getInteger(1)), Snapshot.parse(row.getString(2)), row.getString(3));
        });
    }

    /** For replays and catch-up. Any thread. */
    public Pool readers() {
        return readers.pool();
    }

    /** How many connections have been opened for them: each may be another server's, or the same one's after a crash that the tail has yet to hear of. Any thread. */
    public long readersConnected() {
        return readersConnected.get();
    }

    /** Asks over one of them; what takes longer than a read may fails, and the pool is given up. Any thread. */
    <T> Future<T> ask(Function<Pool, Future<T>> question) {
        return readers.ask(question);
    }

    /** Gives up the pool's connections after one did not answer in time; the next read gets new ones. At most one renewal in a while. */
    public synchronized void renewReaders() {
        long now = System.nanoTime();
        if (now - renewedAt > config.readTimeout().toNanos()) {
            renewedAt = now;
            readers.giveUp(readers.pool());
        }
    }

    @PreDestroy
    void close() {
        readers.close();
    }
}
