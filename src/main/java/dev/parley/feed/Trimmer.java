package dev.parley.feed;

import dev.parley.database.Connections;
import dev.parley.database.Database;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jboss.logging.Logger;
import org.jboss.logging.Logger.Level;

/**
 * Keeps the change log short. It goes by snapshot, not by a row's time: a transaction that stayed open for long commits old rows late.
 *
 * <p>Every so often the tail's position is kept as a mark. A mark as old as the retention (or so far back that the log is over its size) becomes
 * {@code feed.trimmed}, is committed, and only then are the rows that it sees deleted. A reader checks its position against {@code feed.trimmed} in the
 * statement that reads, so that it never takes deleted rows for none. All replicas do this; one at a time takes the marks.
 */
@ApplicationScoped
class Trimmer {

    private static final Logger LOG = Logger.getLogger(Trimmer.class);
    private static final int CHUNK = 5_000;
    /** So many rounds in a row may find a lock taken or the server busy; then the log grows, and somebody should know. */
    private static final int UNSAID_FAILURES = 3;
    private static final long ADVISORY_LOCK = 0x7061726c6579L; // "parley"

    private final Vertx vertx;
    private final FeedConfig config;
    private final FeedConnections connections;
    private final Tail tail;
    private final Database database;
    private boolean running;
    private int failures;

    Trimmer(Vertx vertx, FeedConfig config, FeedConnections connections, Tail tail, Database database) {
        this.vertx = vertx;
        this.config = config;
        this.connections = connections;
        this.tail = tail;
        this.database = database;
    }

    void start(@Observes StartupEvent event) {
        Duration interval = config.retention().dividedBy(24);
        long millis = Math.max(250, Math.min(interval.toMillis(), Duration.ofMinutes(10).toMillis()));
        database.migrated().subscribe().with(migrated -> vertx.setPeriodic(millis, tick -> run()), failure -> { });
    }

    private void run() {
        Position position = tail.position();
        if (running || position == null || !tail.isConnected()) {
            return;
        }
        running = true;
        connections.ask(pool -> pool.withTransaction(connection -> mark(Connections.withoutComplaint(connection), position)))
                .compose(trimmed -> trimmed == null ? Future.succeededFuture(0L) : delete(trimmed))
                .onComplete(done -> {
                    running = false;
                    if (done.failed()) {
                        failed(done.cause());
                    } else {
                        succeeded(done.result());
                    }
                });
    }

    private void failed(Throwable failure) {
        failures++;
        LOG.logf(failures == UNSAID_FAILURES ? Level.WARN : Level.DEBUG, "trimming the change log waits for the next round, %d failed: %s", failures, failure.getMessage());
    }

    private void succeeded(long rows) {
        if (failures >= UNSAID_FAILURES) {
            LOG.info("the change log is trimmed again");
        }
        failures = 0;
        if (rows > 0) {
            LOG.debugf("trimmed %d rows of the change log", rows);
        }
    }

    /** Takes a mark and moves {@code trimmed}; gives the snapshot whose rows may go, or null when another replica is at it. */
    private Future<Snapshot> mark(SqlConnection connection, Position position) {
        return connection.preparedQuery("""
                select pg_try_advisory_xact_lock($1), f.feed_id, f.trimmed::text, aged.snapshot::text, aged.taken_at at time zone 'UTC',
                       large.snapshot::text, large.taken_at at time zone 'UTC', newest.id
                from parley.feed f
                left join lateral (select coalesce(max(l.id), 0) as id from parley.change_log l) newest on true
                left join lateral (select m.snapshot, m.taken_at from parley.feed_marks m
                  where m.taken_at <= clock_timestamp() - $2::bigint * interval '1 millisecond' order by m.taken_at desc limit 1) aged on true
                left join lateral (select m.snapshot, m.taken_at from parley.feed_marks m
                  where m.last_id <= newest.id - $3 order by m.taken_at desc limit 1) large on true
                """).execute(Tuple.of(ADVISORY_LOCK, config.retention().toMillis(), config.maxRows())).compose(rows -> {
            Row row = rows.iterator().next();
            if (!row.getBoolean(0) || row.getLong(1) != position.feedId()) {
                return Future.succeededFuture(null);
            }
            Snapshot before = Snapshot.parse(row.getString(2));
            Snapshot trimmed = before;
            LocalDateTime upTo = null;
            for (int column = 3; column <= 5; column += 2) {
                if (row.getString(column) != null) {
                    // replicas stand at different points: what was trimmed once stays trimmed
                    trimmed = trimmed.union(Snapshot.parse(row.getString(column)));
                    LocalDateTime at = row.getLocalDateTime(column + 1);
                    upTo = upTo == null || at.isAfter(upTo) ? at : upTo;
                }
            }
            Snapshot now = trimmed;
            Future<?> marked = connection.preparedQuery("insert into parley.feed_marks (snapshot, last_id) values ($1::text::pg_snapshot, $2) on conflict do nothing")
                    .execute(Tuple.of(position.base().text(), row.getLong(7)));
            if (upTo == null) {
                return marked.map(now);
            }
            LocalDateTime oldest = upTo;
            return marked
                    .compose(done -> connection.preparedQuery("update parley.feed set trimmed = $1::text::pg_snapshot").execute(Tuple.of(now.text())))
                    .compose(done -> connection.preparedQuery("delete from parley.feed_marks where taken_at <= $1").execute(Tuple.of(oldest.atOffset(ZoneOffset.UTC))))
                    .map(now);
        });
    }

    /** Deletes what the snapshot sees; gives how many rows that were. */
    Future<Long> delete(Snapshot trimmed) {
        Promise<Long> all = Promise.promise();
        delete(trimmed, 0, 0, 0, all);
        return all.future();
    }

    /**
     * In chunks, each from behind the last row of the one before: while something in the database holds on to an old snapshot, deleted rows stay where they are,
     * and each chunk would pass over all that were deleted before it. There may be thousands: none is composed with the next, which would hold them all.
     */
    private void delete(Snapshot trimmed, long xid, long id, long before, Promise<Long> all) {
        connections.ask(pool -> pool.preparedQuery("""
                with gone as (
                  delete from parley.change_log where id = any (array(
                    select id from parley.change_log
                    where (xid, id) > ($4::text::xid8, $5) and xid < $1::text::xid8 and pg_visible_in_snapshot(xid, $2::text::pg_snapshot)
                    order by xid, id limit $3))
                  returning xid, id)
                select count(*) over (), xid::text::bigint, id from gone order by xid desc, id desc limit 1
                """).execute(Tuple.of(Long.toString(trimmed.xmax()), trimmed.text(), CHUNK, Long.toString(xid), id))).onFailure(all::fail).onSuccess(rows -> {
            Row last = rows.size() == 0 ? null : rows.iterator().next();
            long chunk = last == null ? 0 : last.getLong(0);
            if (chunk < CHUNK) {
                all.complete(before + chunk);
            } else {
                delete(trimmed, last.getLong(1), last.getLong(2), before + chunk, all);
            }
        });
    }
}
