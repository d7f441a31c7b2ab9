package dev.parley.changes;

import dev.parley.database.Database;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Looks after schema {@code realtime}: that it is there, and that the table of stored broadcasts has a partition for each day to come and none too old. */
@ApplicationScoped
class MessagePartitions {

    private static final Logger LOG = Logger.getLogger(MessagePartitions.class);
    private static final long INTERVAL_MILLIS = Duration.ofHours(1).toMillis();
    private static final long RETRY_MILLIS = Duration.ofMinutes(1).toMillis();

    private final Vertx vertx;
    private final Database database;
    private final TableConnections connections;
    private final Duration retention;
    private final Complaints complaints = new Complaints(LOG);
    private volatile boolean stopped;

    MessagePartitions(Vertx vertx, Database database, TableConnections connections,
            @ConfigProperty(name = "parley.realtime.messages-retention", defaultValue = "72h") Duration retention) {
        this.vertx = vertx;
        this.database = database;
        this.connections = connections;
        this.retention = retention;
    }

    void start(@Observes StartupEvent event) {
        database.settled().subscribe().with(settled -> again());
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
    }

    private void again() {
        if (stopped) {
            return;
        }
        lookAfter().onSuccess(wrong -> {
            complaints.are(wrong);
            vertx.setTimer(wrong.isEmpty() ? INTERVAL_MILLIS : RETRY_MILLIS, tick -> again());
        });
    }

    /** Makes what is missing, then drops what is too old. Never fails: gives what is wrong, by kind. */
    Future<Map<String, String>> lookAfter() {
        Map<String, String> wrong = new HashMap<>();
        return make(wrong).compose(done -> keep(wrong)).otherwise(failure -> failed("stored broadcasts can't be looked after", failure, wrong))
                .compose(done -> drop()).otherwise(failure -> failed("old partitions of realtime.messages can't be dropped", failure, wrong))
                .map(wrong);
    }

    private Void failed(String what, Throwable failure, Map<String, String> wrong) {
        if (!stopped) {
            wrong.put(what, what + ", trying on: " + failure.getMessage());
        }
        return null;
    }

    private Future<Void> make(Map<String, String> wrong) {
        return connections.ask(pool -> pool.query("select parley.make_realtime()").execute())
                .map(rows -> lacking(rows, "broadcasts from the database do not work, a right is missing: ", wrong));
    }

    private Future<Void> keep(Map<String, String> wrong) {
        return connections.ask(pool -> pool.preparedQuery("select parley.keep_message_partitions($1::bigint * interval '1 second')").execute(retention()))
                .map(rows -> lacking(rows, "partitions of realtime.messages are neither made nor dropped, a right is missing: ", wrong));
    }

    /** One after the other. */
    private Future<Void> drop() {
        return connections.ask(pool -> pool.preparedQuery("select parley.drop_message_partition($1::bigint * interval '1 second')").execute(retention()))
                .compose(dropped -> dropped.size() == 0 ? Future.succeededFuture() : drop());
    }

    private Tuple retention() {
        return Tuple.of(retention.toSeconds());
    }

    private static Void lacking(RowSet<Row> rows, String what, Map<String, String> wrong) {
        for (Row row : rows) {
            wrong.put(what + row.getString(0), what + row.getString(0));
        }
        return null;
    }
}
