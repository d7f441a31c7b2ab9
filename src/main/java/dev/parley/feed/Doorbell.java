package dev.parley.feed;

import dev.parley.database.Backoff;
import dev.parley.database.Connections;
import dev.parley.database.NotificationListener;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The NOTIFY channel that says "something committed". It carries no data, so a lost or late ring costs latency until the next poll, never a row.
 * One channel for all: PostgreSQL searches a backend's channels one by one and wakes every listener.
 */
@ApplicationScoped
public class Doorbell {

    static final String CHANNEL = "parley";
    /** What a replica says when it rings for the others. */
    private static final String OTHERS = "replica";
    /** Rings for the others are at least so far apart: each takes PostgreSQL's database-wide notify lock. */
    private static final long RING_PAUSE_MS = 5;
    /** After one that failed: it is made up for, since the others may poll rarely. */
    private static final long RING_AGAIN_MS = 100, RING_AGAIN_LATEST_MS = 1_000;

    private final Vertx vertx;
    private final FeedConfig config;
    private final Connections connections;
    private final AtomicBoolean wanted = new AtomicBoolean();
    private final AtomicBoolean ringing = new AtomicBoolean();
    private final Backoff again = new Backoff(RING_AGAIN_MS, RING_AGAIN_LATEST_MS);
    private volatile boolean stopped;
    private volatile NotificationListener listener;
    private volatile BusyDoorbell busy;

    Doorbell(Vertx vertx, FeedConfig config, Connections connections) {
        this.vertx = vertx;
        this.config = config;
        this.connections = connections;
    }

    /** Begins to listen, on the tail's event loop; {@code rung} is called on an event loop, also after every reconnect. */
    void start(Runnable rung) {
        if (stopped) {
            return;
        }
        listener = new NotificationListener(connections, vertx, () -> config.listenUrl()
                .map(url -> connections.options(url, "parley-doorbell")).orElseGet(() -> connections.options("parley-doorbell")), () -> {
                    rung.run();
                    busy().ifPresent(BusyDoorbell::connected);
                });
        if (config.notifies() == DoorbellMode.AUTO) {
            busy = new BusyDoorbell(vertx, listener, rung);
        }
        listener.on(CHANNEL, said -> {
            rung.run();
            busy().ifPresent(watch -> watch.heard(said));
        });
        listener.start();
        if (wanted.get()) {
            ringOthers(); // was asked for before
        }
    }

    /** Says that the tail has read, and whether it found rows; on its event loop. */
    void read(boolean rows) {
        busy().ifPresent(watch -> watch.read(rows));
    }

    /** Whether other programs' commits do not ring now, because they would have to queue up. Any thread. */
    public boolean isSilent() {
        return busy().map(BusyDoorbell::isSilent).orElse(false);
    }

    private Optional<BusyDoorbell> busy() {
        return Optional.ofNullable(busy);
    }

    /** Rings for the other replicas after a commit that was kept quiet; coalesced. Any thread. */
    public void ringOthers() {
        if (config.notifies() == DoorbellMode.OFF) {
            return;
        }
        wanted.set(true);
        if (listener != null && ringing.compareAndSet(false, true)) {
            ring();
        }
    }

    private void ring() {
        wanted.set(false);
        listener.send(CHANNEL, OTHERS).onComplete(sent -> {
            if (sent.succeeded()) {
                again.reset();
            } else {
                wanted.set(true);
            }
            vertx.setTimer(sent.succeeded() ? RING_PAUSE_MS : again.next(), tick -> {
                ringing.set(false);
                if (wanted.get() && !stopped && ringing.compareAndSet(false, true)) {
                    ring();
                }
            });
        });
    }

    void stop() {
        stopped = true;
        if (listener != null) {
            listener.close();
        }
    }
}
