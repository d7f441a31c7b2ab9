package dev.parley.changes;

import dev.parley.database.Backoff;
import dev.parley.database.Connections;
import dev.parley.database.Database;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Keeps the log triggers in step with what is to be watched: the publication's tables, those in the settings, chat's, and those watched by hand.
 * Looks again and again, since only a superuser could have the database tell. What is as it should be is left alone, without a lock.
 */
@ApplicationScoped
public class WatchedTables {

    private static final Logger LOG = Logger.getLogger(WatchedTables.class);
    /** At most one in this time for all who {@link #look}. */
    private static final long LOOKS_MILLIS = 1_000;
    /** A table that somebody else has locked may take longer than a join can wait. */
    private static final long LOOK_PATIENCE_MILLIS = 3_000;
    private static final long ADVISORY_LOCK = 0x7461626C6573L; // "tables"
    private static final int NAMES_IN_A_LINE = 10;
    /** For so many turns a replica wants what it says that it wants; see {@code parley.keep_watched}. */
    private static final int TURNS_WANTED = 60;
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String TO_CHANGE = """
            select t.relation::bigint, t.name, t.root is not null, t.event, t.arguments, t.action, t.lacking from parley.triggers_to_change() t
            """;

    /** A trigger to be made or dropped, or what somebody else has to do about one; see {@code parley.triggers_to_change}. */
    private record Step(long relation, String table, boolean watch, String event, String[] arguments, String action, String lacking) {
    }

    /** A table that somebody else has locked: whoever writes to it waits behind every try. */
    private record Held(Backoff backoff, long until, String line) {
    }

    private final Vertx vertx;
    private final Database database;
    private final TableConnections connections;
    private final Catalog catalog;
    private final String publication;
    private final List<TableName> named;
    private final Duration interval;
    private final boolean chat;
    private final Coalesced sync = new Coalesced(this::run);
    private final Complaints complaints = new Complaints(LOG);
    private final Map<Long, Held> held = new ConcurrentHashMap<>();
    /** What those wait for who came since the last look began; null while nobody did. */
    private Promise<Void> nextLook;
    private long lookedAt = System.nanoTime() - Duration.ofMillis(LOOKS_MILLIS).toNanos();
    private volatile long comesSince = System.nanoTime();
    private volatile boolean complained;
    private volatile boolean stopped;

    WatchedTables(Vertx vertx, Database database, TableConnections connections, Catalog catalog,
            @ConfigProperty(name = "parley.realtime.publication", defaultValue = "supabase_realtime") String publication,
            @ConfigProperty(name = "parley.realtime.tables") Optional<List<String>> tables,
            @ConfigProperty(name = "parley.realtime.tables-interval", defaultValue = "5s") Duration interval,
            @ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat) {
        this.vertx = vertx;
        this.database = database;
        this.connections = connections;
        this.catalog = catalog;
        this.publication = publication;
        this.named = tables.orElse(List.of()).stream().filter(name -> !name.isBlank()).map(TableName::parse).toList();
        this.interval = interval;
        this.chat = chat;
    }

    void start(@Observes StartupEvent event) {
        database.settled().subscribe().with(settled -> again());
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
    }

    /** Looks now, instead of at the next turn; calls that come while one runs share the next. The catalogue is fresh afterwards. */
    public Future<Void> sync() {
        return sync.run();
    }

    /**
     * For somebody who asks for a table that the catalogue does not have: it may have been published just now. However many ask for whatever they like, one
     * look a second serves them all.
     *
     * @return when the catalogue has been brought up to date, or could not be in a short time and has to do as it is; fails only as long as there is none
     */
    public Future<Void> look() {
        Promise<Void> mine;
        long pause;
        synchronized (this) {
            if (nextLook != null) {
                return nextLook.future();
            }
            mine = nextLook = Promise.promise();
            pause = LOOKS_MILLIS - Duration.ofNanos(System.nanoTime() - lookedAt).toMillis();
        }
        if (pause > 0) {
            vertx.setTimer(pause, due -> beginLook(mine));
        } else {
            beginLook(mine);
        }
        return mine.future();
    }

    private void beginLook(Promise<Void> waiting) {
        synchronized (this) {
            nextLook = null;
            lookedAt = System.nanoTime();
        }
        // a right that is missing for keeping triggers is not needed for reading shapes
        sync().recover(failure -> catalog.refresh()).timeout(LOOK_PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                .recover(failure -> catalog.isRead() ? Future.succeededFuture() : Future.failedFuture(failure)).onComplete(waiting);
    }

    private void again() {
        if (stopped) {
            return;
        }
        sync().onComplete(done -> {
            report(done.cause());
            long millis = turnMillis();
            // jittered, so that replicas don't stay in step
            vertx.setTimer(millis * 3 / 4 + ThreadLocalRandom.current().nextLong(millis / 2 + 1), tick -> again());
        });
    }

    private long turnMillis() {
        return Math.max(50, interval.toMillis());
    }

    /** While the database was away, or nobody ran, nobody could say what it still wants. */
    private boolean hasComeForLong() {
        return System.nanoTime() - comesSince > Duration.ofMillis(TURNS_WANTED * turnMillis()).toNanos();
    }

    private void report(Throwable failure) {
        if (failure != null) {
            comesSince = System.nanoTime();
        }
        if (failure != null && !complained && !stopped) {
            complained = true;
            LOG.warnf("the watched tables can't be brought up to date, trying on: %s", failure.getMessage());
        } else if (failure == null && complained) {
            complained = false;
            LOG.info("the watched tables are up to date again");
        }
    }

    private Future<Void> run() {
        Map<String, String> wrong = new HashMap<>();
        return connections.ask(pool -> pool.withTransaction(connection -> settle(Connections.withoutComplaint(connection), wrong)))
                .compose(mine -> mine ? connections.ask(pool -> pool.query(TO_CHANGE).execute())
                        .compose(rows -> change(steps(rows), wrong)).onSuccess(done -> complaints.are(wrong)) : Future.succeededFuture())
                .compose(done -> catalog.refresh());
    }

    /** Writes down what is wanted; one replica at a time, answers whether it was this one. */
    private Future<Boolean> settle(SqlConnection connection, Map<String, String> wrong) {
        return connection.preparedQuery("select pg_try_advisory_xact_lock($1)").execute(Tuple.of(ADVISORY_LOCK)).compose(rows -> {
            if (!rows.iterator().next().getBoolean(0)) {
                return Future.succeededFuture(false);
            }
            return connection.preparedQuery("select parley.keep_watched($1, $2, $3, $4, $5::bigint * interval '1 millisecond', $6)").execute(Tuple.tuple().addString(publication)
                    .addArrayOfString(named.stream().map(TableName::schema).toArray(String[]::new))
                    .addArrayOfString(named.stream().map(TableName::name).toArray(String[]::new))
                    .addBoolean(chat).addLong(turnMillis()).addBoolean(hasComeForLong())).compose(missing -> {
                        for (Row row : missing) {
                            wrong.put(row.getString(0), "parley.realtime.tables names " + row.getString(0) + ", and there is no such table");
                        }
                        return connection.query("select parley.grant_realtime()").execute();
                    }).map(true);
        });
    }

    private static Map<Long, List<Step>> steps(RowSet<Row> rows) {
        Map<Long, List<Step>> steps = new LinkedHashMap<>();
        for (Row row : rows) {
            Step step = new Step(row.getLong(0), row.getString(1), row.getBoolean(2), row.getString(3), row.getArrayOfStrings(4), row.getString(5),
                    row.getString(6));
            steps.computeIfAbsent(step.relation, relation -> new ArrayList<>()).add(step);
        }
        return steps;
    }

    /** A transaction for each table, so that each is locked for a moment only and one that can't be had holds up no other. */
    private Future<Void> change(Map<Long, List<Step>> tables, Map<String, String> wrong) {
        List<String> watched = new ArrayList<>();
        List<String> left = new ArrayList<>();
        Future<Void> all = Future.succeededFuture();
        for (List<Step> steps : tables.values()) {
            all = all.compose(done -> stopped ? Future.failedFuture("the service stops") : change(steps).map(lacking -> {
                Step first = steps.get(0);
                if (lacking != null) {
                    wrong.put(first.table, lacking);
                } else if (first.watch) {
                    watched.add(first.table);
                } else {
                    left.add(first.table);
                }
                return null;
            }));
        }
        return all.onComplete(done -> {
            tell("watching", watched);
            tell("no longer watching", left);
        });
    }

    /** What prevented it, or null. */
    private Future<String> change(List<Step> steps) {
        Step first = steps.get(0);
        Held before = held.get(first.relation);
        if (before != null && System.nanoTime() - before.until < 0) {
            return Future.succeededFuture(before.line);
        }
        for (Step step : steps) {
            if (step.lacking != null) {
                return Future.succeededFuture(lacking(step));
            }
        }
        return connections.ask(pool -> pool.withTransaction(connection -> {
            Connections.withoutComplaint(connection);
            Future<?> done = Future.succeededFuture();
            for (Step step : steps) {
                done = done.compose(one -> connection.preparedQuery("select parley.change_trigger($1::bigint::oid, $2, $3, $4)")
                        .execute(Tuple.of(step.relation, step.event, step.arguments, step.action)));
            }
            return done;
        })).map(done -> {
            held.remove(first.relation);
            return (String) null;
        }).otherwise(failure -> {
            String line = first.table + (first.watch ? " is not watched as it should be" : " goes on being watched") + ", trying on: " + failure.getMessage();
            if (failure instanceof PgException error && LOCK_NOT_AVAILABLE.equals(error.getSqlState())) {
                Backoff backoff = before == null ? new Backoff(5_000, 120_000) : before.backoff;
                held.put(first.relation, new Held(backoff, System.nanoTime() + Duration.ofMillis(backoff.next()).toNanos(), line));
            }
            return line;
        });
    }

    private static String lacking(Step step) {
        return step.table + switch (step.action) {
            case "drop" -> " goes on being watched, a right is missing: " + step.lacking;
            case "leave" -> " is not watched and can't be: " + step.lacking + " is a foreign table, and what is written to it by way of " + step.table + " would fail";
            case "enable" -> " is not watched as it should be, somebody has disabled its log triggers: " + step.lacking;
            case "replace" -> " is not watched as it should be, a right is missing: " + step.lacking;
            default -> " is not watched, a right is missing: " + step.lacking;
        };
    }

    private static void tell(String what, List<String> tables) {
        if (!tables.isEmpty()) {
            List<String> some = tables.subList(0, Math.min(NAMES_IN_A_LINE, tables.size()));
            LOG.infof("%s %s%s", what, String.join(", ", some), tables.size() > some.size() ? " and " + (tables.size() - some.size()) + " more" : "");
        }
    }
}
