package dev.parley.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client of the Supabase protocol on one socket: several channels, heartbeats, and after a broken connection a new one on which every channel joins
 * again. It reads as strictly as the reference is: {@link #violations} is what no server may send.
 *
 * <p>Any thread may call; listeners are called on the reading thread.
 */
public final class RealtimeClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration BACK_OFF = Duration.ofMillis(100);
    private static final Duration HEARTBEAT = Duration.ofSeconds(20);
    private static final String PHOENIX = "phoenix";
    private static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "realtime-timer");
        thread.setDaemon(true);
        return thread;
    });
    private static final Set<RealtimeClient> CONNECTED = ConcurrentHashMap.newKeySet();

    static {
        TIMER.scheduleWithFixedDelay(() -> CONNECTED.forEach(RealtimeClient::heartbeatOrNothing), HEARTBEAT.toMillis(), HEARTBEAT.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private final RealtimeVersion version;
    private final String key;
    private final AtomicInteger refs = new AtomicInteger();
    private final Map<String, RealtimeChannel> channels = new ConcurrentHashMap<>();
    private final Set<String> heartbeats = ConcurrentHashMap.newKeySet();
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final SocketReader reader = new SocketReader("realtime", this::acceptStrictly, this::ended);
    private volatile List<Instance> refuges = List.of();

    private RealtimeClient(RealtimeVersion version, String key) {
        this.version = version;
        this.key = key;
    }

    /** A client with the tests' publishable key, not yet connected. */
    public static RealtimeClient of(RealtimeVersion version) {
        return new RealtimeClient(version, Instance.PUBLISHABLE_KEY);
    }

    /** A client with another key or token, not yet connected. */
    public static RealtimeClient of(RealtimeVersion version, String key) {
        return new RealtimeClient(version, key);
    }

    /** The path and query of the socket. */
    public static String path(RealtimeVersion version, String key) {
        return "/realtime/v1/websocket?apikey=" + key + "&vsn=" + version.number();
    }

    /** From now on a broken connection is followed by a new one to one of these instances, and refused joins are tried again. */
    public RealtimeClient reconnectingTo(List<Instance> instances) {
        refuges = instances;
        return this;
    }

    /** Connects; every channel that was joined joins again. @throws IOException refused or unreachable */
    public RealtimeClient connect(Instance instance) throws IOException {
        RawWebSocket opened = RawWebSocket.open(instance.port(), path(version, key));
        reader.follow(opened, () -> { });
        CONNECTED.add(this);
        for (RealtimeChannel channel : channels.values()) {
            channel.rejoin();
        }
        reader.start(opened);
        return this;
    }

    /** A channel, not yet joined. @param name without {@code realtime:} */
    public RealtimeChannel channel(String name) {
        RealtimeChannel channel = new RealtimeChannel(this, name);
        channels.put(channel.topic(), channel);
        return channel;
    }

    /** Sends a heartbeat and waits for its answer: the server has read everything that was sent before. */
    public void awaitHeartbeat() {
        if (!answersHeartbeat()) {
            throw new AssertionError("closed instead of answering a heartbeat: " + closes());
        }
    }

    /** Sends a heartbeat and waits for its answer or the end of the connection. */
    public boolean answersHeartbeat() {
        try {
            String ref = heartbeat();
            Await.until(() -> !heartbeats.contains(ref) || !isConnected(), PATIENCE, () -> "a heartbeat's answer or an end; closed " + closes());
            return !heartbeats.contains(ref);
        } catch (IOException closedMeanwhile) {
            Await.until(() -> !isConnected(), PATIENCE, "a connection that takes nothing has an end");
            return false;
        }
    }

    public RealtimeVersion version() {
        return version;
    }

    public RawWebSocket socket() {
        return reader.socket();
    }

    public String nextRef() {
        return String.valueOf(refs.incrementAndGet());
    }

    public void send(RealtimeFrame frame) throws IOException {
        socket().write(version.write(frame));
    }

    /** How the server ended connections of this client, in order. */
    public List<RawWebSocket.Closed> closes() {
        return reader.closes();
    }

    /** What the server sent and no server may. */
    public List<String> violations() {
        return violations;
    }

    public boolean isConnected() {
        return reader.isFollowing();
    }

    /** Stops reading from the socket: what the server sends piles up on its side. */
    public void pause() {
        reader.pause();
    }

    public void resume() {
        reader.resume();
    }

    /** Breaks the connection without a word; what this client knows stays. */
    public void disconnect() {
        CONNECTED.remove(this);
        reader.letGo();
    }

    @Override
    public void close() {
        refuges = List.of();
        disconnect();
    }

    void forget(RealtimeChannel channel) {
        channels.remove(channel.topic(), channel);
    }

    /** What the real client does after a while when the server refused or broke a channel. */
    void rejoinLater(RealtimeChannel channel) {
        if (refuges.isEmpty() || !channel.isWanted()) {
            return;
        }
        RawWebSocket same = socket();
        TIMER.schedule(() -> {
            if (same == socket() && isConnected() && channel.isWanted() && !channel.isJoined()) {
                try {
                    channel.join();
                } catch (IOException e) {
                    // the reading thread notices too, and connects anew
                }
            }
        }, BACK_OFF.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void heartbeatOrNothing() {
        try {
            heartbeat();
        } catch (IOException e) {
            // the reading thread notices too
        }
    }

    private String heartbeat() throws IOException {
        String ref = nextRef();
        heartbeats.add(ref);
        send(new RealtimeFrame(null, ref, PHOENIX, "heartbeat", JsonNodeFactory.instance.objectNode()));
        return ref;
    }

    private void ended(RawWebSocket.Closed closed) {
        CONNECTED.remove(this);
        if (!refuges.isEmpty()) {
            reconnect();
        }
    }

    private void reconnect() {
        Await.until(() -> {
            for (Instance instance : refuges) {
                try {
                    connect(instance);
                    return true;
                } catch (IOException e) {
                    Await.pause(BACK_OFF);
                }
            }
            return refuges.isEmpty();
        }, PATIENCE, "an instance that lets the client in");
    }

    private void acceptStrictly(RawWebSocket.Received received) {
        try {
            accept(received instanceof RawWebSocket.Binary binary ? version.read(binary.bytes()) : version.read(((RawWebSocket.Text) received).text()));
        } catch (AssertionError | RuntimeException e) {
            violations.add(String.valueOf(e));
        }
    }

    private void accept(RealtimeFrame frame) {
        if (frame.topic().equals(PHOENIX)) {
            if (frame.ref() != null) {
                heartbeats.remove(frame.ref());
            }
            return;
        }
        RealtimeChannel channel = channels.get(frame.topic());
        if (channel != null) {
            channel.accept(frame);
        }
    }
}
