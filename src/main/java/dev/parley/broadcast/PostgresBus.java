package dev.parley.broadcast;

import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.database.NotificationListener;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The bus over NOTIFY, on a channel and a connection of its own, so that it can't hold up the doorbell. Events that come within a moment of each other
 * travel in one notification: each takes PostgreSQL's database-wide notify lock.
 *
 * <p>A notification is lines of {@code kind payload}.
 */
@ApplicationScoped
public class PostgresBus implements EphemeralBus {

    private static final String CHANNEL = "parley_broadcast";
    /** PostgreSQL refuses payloads of 8,000 bytes and more. */
    private static final int MAX_NOTIFICATION = 7_900;
    private static final int MAX_QUEUE = 5_000;
    private static final long PAUSE_MS = 10;

    private final Vertx vertx;
    private final Connections connections;
    private final Database database;
    private final BroadcastConfig config;
    private final Map<String, Consumer<String>> subscribers = new ConcurrentHashMap<>();
    private final Queue<String> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicBoolean sending = new AtomicBoolean();
    private volatile NotificationListener listener;

    PostgresBus(Vertx vertx, Connections connections, Database database, BroadcastConfig config) {
        this.vertx = vertx;
        this.connections = connections;
        this.database = database;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        database.migrated().subscribe().with(migrated -> {
            NotificationListener fresh = new NotificationListener(connections, vertx, () -> config.listenUrl()
                    .map(url -> connections.options(url, "parley-broadcast")).orElseGet(() -> connections.options("parley-broadcast")), () -> { });
            fresh.on(CHANNEL, this::receive);
            fresh.start();
            listener = fresh;
        });
    }

    void stop(@Observes ShutdownEvent event) {
        if (listener != null) {
            listener.close();
        }
    }

    @Override
    public void subscribe(String kind, Consumer<String> payloads) {
        subscribers.put(kind, payloads);
    }

    @Override
    public void publish(String kind, String payload) {
        if (payload.indexOf('\n') >= 0 || payload.getBytes(StandardCharsets.UTF_8).length > MAX_PAYLOAD) {
            throw new IllegalArgumentException("an event is one line of at most " + MAX_PAYLOAD + " bytes");
        }
        if (listener == null) {
            return;
        }
        if (queued.incrementAndGet() > MAX_QUEUE) {
            queued.decrementAndGet();
            return;
        }
        queue.add(kind + " " + payload);
        if (sending.compareAndSet(false, true)) {
            send();
        }
    }

    private void send() {
        StringBuilder notification = new StringBuilder();
        int bytes = 0;
        for (String line; (line = queue.peek()) != null; ) {
            int size = line.getBytes(StandardCharsets.UTF_8).length + 1;
            if (bytes + size > MAX_NOTIFICATION) {
                break;
            }
            queue.poll();
            queued.decrementAndGet();
            bytes += size;
            notification.append(line).append('\n');
        }
        listener.send(CHANNEL, notification.toString(), () -> vertx.setTimer(PAUSE_MS, tick -> {
            sending.set(false);
            if (!queue.isEmpty() && sending.compareAndSet(false, true)) {
                send();
            }
        }));
    }

    private void receive(String notification) {
        notification.lines().forEach(line -> {
            int space = line.indexOf(' ');
            Consumer<String> subscriber = space < 0 ? null : subscribers.get(line.substring(0, space));
            if (subscriber != null) {
                subscriber.accept(line.substring(space + 1));
            }
        });
    }
}
