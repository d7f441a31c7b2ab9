package dev.parley.broadcast;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The bus over NOTIFY, on a channel and connections of its own, so that it can't hold up the doorbell. Events that come within a moment of each other
 * travel in one notification, and many of these in one transaction: each takes PostgreSQL's database-wide notify lock. While no other replica is there,
 * nothing travels ({@link Neighbours}).
 *
 * <p>A notification is a line {@code @ replica} that names its sender, a number that tells it from the others of its transaction, and lines of
 * {@code kind payload}, or {@code *kind id bytes} for a payload that is in {@link LargeEvents}. A large event holds back those of its kind behind it, at
 * both ends, and no others.
 *
 * <p>Order holds within a kind. What keeps replicas acquainted and presence exact goes before all else, and has its own bounds and its own connections for
 * what is large: a flood of broadcasts would otherwise make the others take this replica for dead.
 */
@ApplicationScoped
public class PostgresBus implements EphemeralBus {

    private static final Logger LOG = Logger.getLogger(PostgresBus.class);
    private static final String CHANNEL = "parley_broadcast";
    /** Begins a notification's first line, which names its sender. No kind is called so: versions that know of no such line pass over it. */
    private static final String FROM = "@ ";
    /** PostgreSQL refuses payloads of 8,000 bytes and more. */
    private static final int MAX_NOTIFICATION = 7_900;
    private static final int MAX_LINE = 7_000;
    /** In one transaction: half a megabyte, so that what is urgent soon has its turn, and nobody waits long for the notify lock. */
    private static final int MAX_NOTIFICATIONS = 64;
    /** Of each kind. */
    private static final int MAX_QUEUE = 5_000;
    /** Of what is not urgent. Who types and where a cursor is are better not told than told late. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(2);
    /** What keeps replicas acquainted and presence exact. */
    private static final List<String> URGENT = List.of(Neighbours.KIND, PresenceTelling.KIND);
    private static final long MAX_LARGE_BYTES = 64_000_000;
    private static final Duration LARGE_TIMEOUT = Duration.ofSeconds(10);
    /** Twice that for a line, at the sender and at the receiver, and a heartbeat are less than the three heartbeats of silence that presence takes for death. */
    private static final Duration URGENT_LARGE_TIMEOUT = Duration.ofSeconds(4);
    private static final long PAUSE_MS = 10;
    private static final long LAST_WORDS_MS = 500;

    /** How long things take that a test would wait for. */
    record Pace(Duration signOfLife, Duration forgottenAfter, Duration sweep) {

        static final Pace USUAL = new Pace(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(15));
    }

    private final Vertx vertx;
    private final Connections connections;
    private final Database database;
    private final BroadcastConfig config;
    private final Pace pace;
    private final LargeEvents large;
    private final LargeEvents urgentLarge;
    private final String self = UUID.randomUUID().toString();
    private final String head = FROM + self + '\n';
    private final Neighbours neighbours;
    private final Map<String, Inbox> subscribers = new ConcurrentHashMap<>();
    private final List<Runnable> connected = new CopyOnWriteArrayList<>();
    private final Outbox outbox = new Outbox(MAX_QUEUE, URGENT, MAX_WAIT, this::tooMany, System::nanoTime);
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
        this.large = new LargeEvents(vertx, connections, MAX_LARGE_BYTES, LARGE_TIMEOUT, pace.sweep());
        this.urgentLarge = new LargeEvents(vertx, connections, MAX_LARGE_BYTES, URGENT_LARGE_TIMEOUT, pace.sweep());
        this.neighbours = new Neighbours(self, pace.forgottenAfter());
        subscribers.put(Neighbours.KIND, new Inbox(Neighbours.KIND, this::heard, MAX_QUEUE));
    }

    void start(@Observes StartupEvent event) {
        database.settled().subscribe().with(settled -> {
            if (stopped) {
                return;
            }
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
        if (listener == null) {
            stopped = true;
        } else {
            enqueue(Neighbours.KIND, neighbours.bye());
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_WORDS_MS);
            while (listener.isConnected() && (!outbox.isEmpty() || sending.get()) && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
            stopped = true;
            listener.close();
        }
        large.close();
        urgentLarge.close();
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
        Outbox.Place place = reserve(kind);
        if (place != null) {
            place.settle(kind + " " + payload);
            kick();
        }
    }

    private void store(String kind, String payload, int bytes) {
        Outbox.Place place = reserve(kind);
        if (place == null) {
            return;
        }
        large(kind).store(payload).onComplete(stored -> {
            if (stored.failed()) {
                complaint.say(() -> LOG.warn("a large event is lost: " + stored.cause().getMessage()));
            }
            place.settle(stored.failed() ? null : "*" + kind + " " + stored.result() + " " + bytes);
            kick();
        });
    }

    private Outbox.Place reserve(String kind) {
        Outbox.Place place = outbox.reserve(kind);
        if (place == null) {
            tooMany();
        }
        return place;
    }

    private void tooMany() {
        complaint.say(() -> LOG.warn("more events for the other replicas than they can be told: some are lost"));
    }

    private LargeEvents large(String kind) {
        return URGENT.contains(kind) ? urgentLarge : large;
    }

    private void kick() {
        wanted.set(true);
        if (sending.compareAndSet(false, true)) {
            send();
        }
    }

    private void send() {
        wanted.set(false);
        List<String> notifications = takeTurn();
        if (!notifications.isEmpty()) {
            listener.send(CHANNEL, notifications).onComplete(sent -> vertx.setTimer(PAUSE_MS, tick -> send()));
            return;
        }
        sending.set(false);
        if (wanted.get() && sending.compareAndSet(false, true)) {
            vertx.runOnContext(again -> send());
        }
    }

    /** Each with a number of its own, since of equal ones in a transaction PostgreSQL delivers one. A line without a space says nothing to its receiver. */
    private List<String> takeTurn() {
        List<String> notifications = new ArrayList<>(1);
        while (notifications.size() < MAX_NOTIFICATIONS) {
            String begin = head + notifications.size() + '\n';
            String lines = outbox.take(MAX_NOTIFICATION - begin.length());
            if (lines.isEmpty()) {
                break;
            }
            notifications.add(begin + lines);
        }
        return notifications;
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
        if (notification.startsWith(head)) {
            // the listener knows only what its present connection sent, not what was under way when it got a new one
            return;
        }
        if (notification.startsWith(FROM)) {
            neighbours.alive(notification.lines().findFirst().orElseThrow().substring(FROM.length()));
        }
        notification.lines().forEach(line -> {
            int space = line.indexOf(' ');
            boolean isLarge = line.startsWith("*");
            String kind = space < 0 ? "" : line.substring(isLarge ? 1 : 0, space);
            Inbox inbox = subscribers.get(kind);
            if (inbox != null) {
                if (isLarge) {
                    fetch(large(kind), inbox, line.substring(space + 1));
                } else {
                    inbox.add(line.substring(space + 1));
                }
            }
        });
    }

    private void fetch(LargeEvents events, Inbox inbox, String idAndBytes) {
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
        Inbox.Place place = inbox.reserve();
        if (place != null && !stopped) {
            Context loop = vertx.getOrCreateContext();
            events.fetch(id, bytes).onComplete(fetched -> loop.runOnContext(back -> {
                if (fetched.failed()) {
                    complaint.say(() -> LOG.warn("a large event is lost: " + fetched.cause().getMessage()));
                }
                inbox.settle(place, fetched.result());
            }));
        }
    }
}
