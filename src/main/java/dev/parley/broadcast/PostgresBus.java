package dev.parley.broadcast;

import dev.parley.broadcast.Inbox.Place;
import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.database.NotificationListener;
import dev.parley.database.Reminder;
import io.netty.buffer.ByteBufUtil;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The bus over NOTIFY, on a channel and connections of its own, so that it can't hold up the doorbell. Events that come within a moment of each other
 * travel in one notification: each takes PostgreSQL's database-wide notify lock. While no other replica is there, nothing travels
 * ({@link Neighbours}).
 *
 * <p>A notification is lines of {@code kind payload}, or {@code *kind id bytes} for a payload that is in {@link LargeEvents}. A large event holds back
 * those of its kind behind it, at both ends, and no others.
 */
@ApplicationScoped
public class PostgresBus implements EphemeralBus {

    private static final Logger LOG = Logger.getLogger(PostgresBus.class);
    private static final String CHANNEL = "parley_broadcast";
    /** PostgreSQL refuses payloads of 8,000 bytes and more. */
    private static final int MAX_NOTIFICATION = 7_900;
    private static final int MAX_LINE = 7_000;
    private static final int MAX_QUEUE = 5_000;
    private static final long MAX_LARGE_BYTES = 64_000_000;
    private static final long PAUSE_MS = 10;
    private static final long LAST_WORDS_MS = 500;

    /** How long things take that a test would wait for. */
    record Pace(Duration signOfLife, Duration forgottenAfter, Duration sweep) {

        static final Pace USUAL = new Pace(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(15));
    }

    /** An event on its way out; without a text as long as it is being stored. */
    private static final class Line {

        private final String kind;
        private volatile String text;
        private volatile boolean dropped;

        Line(String kind, String text) {
            this.kind = kind;
            this.text = text;
        }
    }

    private final Vertx vertx;
    private final Connections connections;
    private final Database database;
    private final BroadcastConfig config;
    private final Pace pace;
    private final LargeEvents large;
    private final Neighbours neighbours;
    private final Map<String, Inbox> subscribers = new ConcurrentHashMap<>();
    private final List<Runnable> connected = new CopyOnWriteArrayList<>();
    private final Queue<Line> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicBoolean wanted = new AtomicBoolean();
    private final AtomicBoolean sending = new AtomicBoolean();
    private final Reminder complaint = new Reminder(Duration.ofSeconds(30));
    private volatile NotificationListener listener;
    private volatile boolean stopped;

    @Inject
    PostgresBus(Vertx vertx, Connections connections, Database database, BroadcastConfig config) {
        this(vertx, connections, database, config, Pace.USUAL);
    }

    PostgresBus(Vertx vertx, Connections connections, Database database, BroadcastConfig config, Pace pace) {
        this.vertx = vertx;
        this.connections = connections;
        this.database = database;
        this.config = config;
        this.pace = pace;
        this.large = new LargeEvents(vertx, connections, MAX_LARGE_BYTES, pace.sweep());
        this.neighbours = new Neighbours(UUID.randomUUID().toString(), pace.forgottenAfter());
        subscribers.put(Neighbours.KIND, new Inbox(Neighbours.KIND, this::heard, MAX_QUEUE));
    }

    void start(@Observes StartupEvent event) {
        database.migrated().subscribe().with(migrated -> {
            NotificationListener fresh = new NotificationListener(connections, vertx, () -> config.listenUrl()
                    .map(url -> connections.options(url, "parley-broadcast")).orElseGet(() -> connections.options("parley-broadcast")), this::connected);
            fresh.on(CHANNEL, this::receive);
            listener = fresh;
            fresh.start();
            vertx.setPeriodic(pace.signOfLife().toMillis(), tick -> {
                neighbours.forgetTheSilent();
                enqueue(Neighbours.KIND, neighbours.here());
            });
        });
    }

    /** After those who have something to say at the end. */
    void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_AFTER) ShutdownEvent event) throws InterruptedException {
        if (listener != null) {
            enqueue(Neighbours.KIND, neighbours.bye());
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_WORDS_MS);
            while (listener.isConnected() && (!queue.isEmpty() || sending.get()) && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
            stopped = true;
            listener.close();
        }
        large.close();
    }

    @Override
    public void subscribe(String kind, Consumer<String> payloads) {
        subscribers.put(kind, new Inbox(kind, payloads, MAX_QUEUE));
    }

    @Override
    public void onConnected(Runnable action) {
        connected.add(action);
    }

    @Override
    public boolean isConnected() {
        NotificationListener current = listener;
        return current != null && current.isConnected();
    }

    @Override
    public boolean reachesOthers() {
        return listener != null && neighbours.mayBeThere();
    }

    @Override
    public void publish(String kind, String payload) {
        int bytes = ByteBufUtil.utf8Bytes(payload);
        if (bytes > MAX_PAYLOAD || payload.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("an event is one line of at most " + MAX_PAYLOAD + " bytes");
        }
        if (!reachesOthers() || stopped) {
            return;
        }
        if (bytes <= MAX_LINE) {
            enqueue(kind, payload);
        } else {
            store(kind, payload, bytes);
        }
    }

    private void enqueue(String kind, String payload) {
        if (hasRoom()) {
            queue.add(new Line(kind, kind + " " + payload));
            kick();
        }
    }

    private void store(String kind, String payload, int bytes) {
        if (!hasRoom()) {
            return;
        }
        Line line = new Line(kind, null);
        queue.add(line);
        large.store(payload).onComplete(stored -> {
            if (stored.succeeded()) {
                line.text = "*" + kind + " " + stored.result() + " " + bytes;
            } else {
                complaint.say(() -> LOG.warn("a large event is lost: " + stored.cause().getMessage()));
                line.dropped = true;
            }
            kick();
        });
    }

    private boolean hasRoom() {
        if (queued.incrementAndGet() > MAX_QUEUE) {
            queued.decrementAndGet();
            complaint.say(() -> LOG.warn("more events for the other replicas than they can be told: some are lost"));
            return false;
        }
        return true;
    }

    private void kick() {
        wanted.set(true);
        if (sending.compareAndSet(false, true)) {
            send();
        }
    }

    private void send() {
        wanted.set(false);
        String notification = next();
        if (!notification.isEmpty()) {
            listener.send(CHANNEL, notification, () -> vertx.setTimer(PAUSE_MS, tick -> send()));
            return;
        }
        sending.set(false);
        if (wanted.get() && sending.compareAndSet(false, true)) {
            vertx.runOnContext(again -> send());
        }
    }

    /** As many lines as fit and may go, in their order. */
    private String next() {
        StringBuilder notification = new StringBuilder();
        int bytes = 0;
        Set<String> heldBack = null;
        for (Iterator<Line> lines = queue.iterator(); lines.hasNext(); ) {
            Line line = lines.next();
            String text = line.text;
            if (text == null && !line.dropped || heldBack != null && heldBack.contains(line.kind)) {
                heldBack = heldBack == null ? new HashSet<>() : heldBack;
                heldBack.add(line.kind);
                continue;
            }
            if (text != null) {
                int size = ByteBufUtil.utf8Bytes(text) + 1;
                if (bytes + size > MAX_NOTIFICATION) {
                    break;
                }
                bytes += size;
                notification.append(text).append('\n');
            }
            lines.remove();
            queued.decrementAndGet();
        }
        return notification.toString();
    }

    private void connected() {
        enqueue(Neighbours.KIND, neighbours.hello());
        connected.forEach(Runnable::run);
    }

    private void heard(String payload) {
        if (neighbours.heard(payload)) {
            enqueue(Neighbours.KIND, neighbours.here());
        }
    }

    private void receive(String notification) {
        notification.lines().forEach(line -> {
            int space = line.indexOf(' ');
            boolean isLarge = line.startsWith("*");
            Inbox inbox = space < 0 ? null : subscribers.get(line.substring(isLarge ? 1 : 0, space));
            if (inbox != null) {
                if (isLarge) {
                    fetch(inbox, line.substring(space + 1));
                } else {
                    inbox.add(line.substring(space + 1));
                }
            }
        });
    }

    private void fetch(Inbox inbox, String idAndBytes) {
        long id;
        int bytes;
        try {
            int space = idAndBytes.indexOf(' ');
            id = Long.parseLong(idAndBytes.substring(0, space));
            bytes = Math.max(0, Integer.parseInt(idAndBytes.substring(space + 1)));
        } catch (RuntimeException e) {
            complaint.say(() -> LOG.warn("a notification can't be understood"));
            return;
        }
        Place place = inbox.reserve();
        if (place != null && !stopped) {
            Context loop = vertx.getOrCreateContext();
            large.fetch(id, bytes).onComplete(fetched -> loop.runOnContext(back -> {
                if (fetched.failed()) {
                    complaint.say(() -> LOG.warn("a large event is lost: " + fetched.cause().getMessage()));
                }
                inbox.settle(place, fetched.result());
            }));
        }
    }
}
