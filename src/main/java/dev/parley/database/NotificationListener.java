package dev.parley.database;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotification;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * One connection that LISTENs, comes back by itself and notices when it is half open.
 *
 * <p>Notifications sent while it is away are lost, so whoever listens is told of every (re)connect and must find out by other means what it missed.
 * Callbacks come on this listener's event loop. Notifications that were sent over this very connection are not delivered.
 */
public final class NotificationListener {

    private static final Logger LOG = Logger.getLogger(NotificationListener.class);
    private static final long PROBE_INTERVAL_MS = 5_000;
    private static final long PROBE_TIMEOUT_MS = 5_000;
    private static final long CONNECT_TIMEOUT_MS = 5_000;
    /** Longer than the pause between probes, so that only a connection falls silent for so long that is being made or is lost: it is closed then. */
    private static final int SILENCE_SECONDS = 8;

    private final Connections connections;
    private final Vertx vertx;
    private final Supplier<PgConnectOptions> options;
    private final Map<String, Consumer<String>> channels = new ConcurrentHashMap<>();
    private final Runnable connected;
    private final Backoff backoff = new Backoff(50, 5_000);
    private volatile PgConnection connection;
    private Context context;
    private long probe = -1;
    private final Outage outage = new Outage(line -> LOG.warn(line), System::nanoTime);
    private volatile boolean closed;

    /**
     * @param options   where to, asked at each attempt
     * @param connected called after every (re)connect, once all channels are listened to
     */
    public NotificationListener(Connections connections, Vertx vertx, Supplier<PgConnectOptions> options, Runnable connected) {
        this.connections = connections;
        this.vertx = vertx;
        this.options = options;
        this.connected = connected;
    }

    /** Adds a channel; before {@link #start} only. The name is trusted. */
    public void on(String channel, Consumer<String> payloads) {
        channels.put(channel, payloads);
    }

    /** Connects, and from then on stays connected. */
    public void start() {
        context = vertx.getOrCreateContext();
        context.runOnContext(ignored -> connect());
    }

    public boolean isConnected() {
        return connection != null;
    }

    /** Sends a notification over this connection; fails when it is away, or breaks: then nobody knows whether it was sent. Any thread. */
    public Future<?> send(String channel, String payload) {
        return ask("select pg_notify($1, $2)", Tuple.of(channel, payload));
    }

    /** The same of several, in their order and in one transaction: all of them are sent or none, and of equal ones but one. */
    public Future<?> send(String channel, List<String> payloads) {
        if (payloads.size() == 1) {
            return send(channel, payloads.get(0)); // costs the server less
        }
        return ask("select pg_notify($1, payload) from unnest($2::text[]) with ordinality as sent (payload, place) order by place",
                Tuple.of(channel).addArrayOfString(payloads.toArray(String[]::new)));
    }

    /** Runs a statement over this connection; fails when it is away. Any thread; the answer comes on this listener's event loop. */
    public Future<RowSet<Row>> ask(String sql) {
        return ask(sql, Tuple.tuple());
    }

    private Future<RowSet<Row>> ask(String sql, Tuple parameters) {
        PgConnection current = connection;
        if (current == null) {
            return Future.failedFuture("the LISTEN connection is away");
        }
        return current.preparedQuery(sql).execute(parameters).timeout(PROBE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    public void close() {
        closed = true;
        PgConnection current = connection;
        if (current != null) {
            current.close();
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        String session = channels.keySet().stream().map("listen "::concat).collect(Collectors.joining("; ")) + Connections.SYSTEM_NAMES_ONLY;
        Future<PgConnection> attempt = connections.session(new PgConnectOptions(options.get()).setIdleTimeout(SILENCE_SECONDS), session);
        attempt.timeout(CONNECT_TIMEOUT_MS, TimeUnit.MILLISECONDS).onSuccess(this::use).onFailure(failure -> {
            attempt.onSuccess(PgConnection::close); // should it come after all
            retry(failure);
        });
    }

    private void use(PgConnection fresh) {
        fresh.notificationHandler(this::deliver);
        fresh.closeHandler(gone -> {
            fresh.close(); // the client keeps each connection that nobody closes, also one that the server has closed
            if (connection == fresh) {
                connection = null;
                vertx.cancelTimer(probe);
                retry(null);
            }
        });
        connection = fresh;
        if (outage.ends()) {
            LOG.info("listening for notifications again");
        }
        backoff.reset();
        probe = vertx.setPeriodic(PROBE_INTERVAL_MS, tick -> probe(fresh));
        connected.run();
    }

    private void deliver(PgNotification notification) {
        PgConnection current = connection;
        if (current == null || notification.getProcessId() == current.processId()) {
            return;
        }
        Consumer<String> consumer = channels.get(notification.getChannel());
        if (consumer != null) {
            consumer.accept(notification.getPayload());
        }
    }

    /** A peer that went away without a word leaves a connection on which nothing ever arrives. */
    private void probe(PgConnection current) {
        current.query("select 1").execute().timeout(PROBE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onFailure(failure -> {
                    if (connection == current) {
                        LOG.warn("the LISTEN connection does not answer, taking a new one");
                        connection = null;
                        vertx.cancelTimer(probe);
                        current.close();
                        retry(null);
                    }
                });
    }

    private void retry(Throwable failure) {
        if (closed) {
            return;
        }
        if (failure != null) {
            outage.goesOn("cannot LISTEN, polling meanwhile: " + failure.getMessage());
        }
        vertx.setTimer(backoff.next(), tick -> connect());
    }
}
