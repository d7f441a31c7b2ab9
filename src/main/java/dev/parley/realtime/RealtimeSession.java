package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.transport.Outbound;
import dev.parley.transport.SocketGuard;
import dev.parley.transport.WebSocketBytes;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.quarkus.websockets.next.CloseReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * One socket: takes its frames, keeps its channels. What can't be understood is dropped, as upstream does; the socket and its channels stay. On the
 * socket's event loop only.
 */
final class RealtimeSession implements SocketGuard.Session {

    private static final Logger LOG = Logger.getLogger(RealtimeSession.class);
    private static final int MAX_TOPIC = 255;
    private static final int MAX_JOIN = 262_144;
    /** Of the channels that there are: what they asked for is kept. */
    private static final int MAX_JOINS = 1_048_576;
    private static final long SECOND_MS = 1_000;
    private static final long PRESENCE_MS = 30_000;
    /** Of what is on its way into the database, or waits behind it, as {@link StoredBroadcasts} counts: 64 small broadcasts, or a large one; or some thousand behind one. */
    private static final long MAX_STORING = 1_024_000;
    /** When no more waits for the client, it has taken what was replayed. */
    private static final long NEARLY_NOTHING = 65_536;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final CloseReason TOO_MANY_JOINS = new CloseReason(1001, "too many joins per second");
    private static final CloseReason SLEPT = new CloseReason(1001, "a token has expired meanwhile");

    private final RealtimeServices services;
    private final RealtimeRequest request;
    private final Outbound outbound;
    private final Consumer<CloseReason> goAway;
    private final Map<String, Channel> channels = new HashMap<>(4);
    private final SocketBroadcasts broadcasts;
    private final RateLimit events;
    private final RateLimit joins;
    /** By topic, whether its channel is still there or not: who joins anew does not begin anew. Null until it is needed, which for most it never is. */
    private Map<String, RateLimit> presenceCalls;
    private long storing;
    private long lastFrame = System.nanoTime();
    /** Whether a token has expired while the client slept. */
    private boolean lapsed;
    private boolean leaving;
    private boolean closed;

    /** @param goAway closes the socket */
    RealtimeSession(RealtimeServices services, RealtimeRequest request, Outbound outbound, Consumer<CloseReason> goAway) {
        this.services = services;
        this.request = request;
        this.outbound = outbound;
        this.goAway = goAway;
        this.broadcasts = new SocketBroadcasts(this, services);
        this.events = new RateLimit(services.settings().maxEventsPerSecond, SECOND_MS);
        this.joins = new RateLimit(services.settings().maxJoinsPerSecond, SECOND_MS);
        services.figures().socketOpened();
    }

    Vsn vsn() {
        return request.vsn();
    }

    Caller caller() {
        return request.caller();
    }

    EventLoop loop() {
        return request.channel().eventLoop();
    }

    @Override
    public Outbound outbound() {
        return outbound;
    }

    SocketBroadcasts broadcasts() {
        return broadcasts;
    }

    /** Takes a text frame. */
    void text(String text) {
        if (!isTaken()) {
            return;
        }
        Envelope envelope = vsn().read(text);
        if (envelope == null) {
            dropped("no frame of this version");
        } else {
            take(envelope);
        }
        holdBack();
    }

    /** Takes a binary frame. */
    void binary(byte[] frame) {
        if (!isTaken()) {
            return;
        }
        BroadcastPush push = vsn() == Vsn.V2 ? BroadcastPush.read(frame) : null;
        if (push == null) {
            dropped("no binary frame of this version");
        } else {
            push(push.topic(), push.ref(), push.payload().length, channel -> channel.push(push));
        }
        holdBack();
    }

    @Override
    public void invalidUtf8() {
        dropped("not UTF-8");
    }

    private void take(Envelope envelope) {
        if (envelope.topic().equals("phoenix")) {
            if (envelope.event().equals("heartbeat") && events.take()) {
                write(vsn().write(null, envelope.ref(), "\"phoenix\"", "phx_reply", "{\"status\":\"ok\",\"response\":{}}"));
            }
            return;
        }
        switch (envelope.event()) {
            case "phx_join" -> join(envelope);
            case "phx_leave" -> leave(envelope);
            default -> push(envelope.topic(), envelope.ref(), envelope.payload().length(), channel -> channel.push(envelope));
        }
    }

    /**
     * Whether nothing has come from the client for long though its system keeps the socket: an app in the background, a page that the browser has frozen. One that
     * is awake sends a heartbeat every 25 s, a page whose timers the browser holds back once a minute.
     */
    boolean isAsleep() {
        return System.nanoTime() - lastFrame > services.settings().idleTimeout.toNanos();
    }

    /**
     * Closes the socket with the client's next frame: after that every client connects and joins anew, while those for Swift, C# and Kotlin may pass over a
     * channel's failure. Not sooner, since the one for JavaScript asks for a fresh token when it sends a heartbeat, and would join with the old one.
     */
    void closeOnceAwake() {
        lapsed = true;
    }

    /** A frame has come. Whether it is looked at. */
    private boolean isTaken() {
        lastFrame = System.nanoTime();
        if (lapsed && !leaving) {
            sendAway(SLEPT);
        }
        return !leaving;
    }

    private void sendAway(CloseReason reason) {
        leaving = true;
        goAway.accept(reason);
    }

    private void join(Envelope join) {
        ChannelFrames answers = new ChannelFrames(vsn(), join.topic(), join.joinRef() == null ? join.ref() : join.joinRef());
        String name = join.topic().startsWith(ChannelFrames.PREFIX) ? join.topic().substring(ChannelFrames.PREFIX.length()) : null;
        if (!joins.take()) {
            write(answers.refused(join.ref(), Reasons.TOO_MANY_JOINS));
            sendAway(TOO_MANY_JOINS);
        } else if (name == null) {
            write(answers.refused(join.ref(), Reasons.UNMATCHED_TOPIC));
        } else if (name.isEmpty()) {
            refuseLater(answers, join.ref(), Reasons.TOPIC_NAME_REQUIRED);
        } else if (RawJson.bytes(join.topic()).length > MAX_TOPIC) {
            write(answers.refused(join.ref(), Reasons.TOPIC_NAME_TOO_LONG)); // at once: it is not kept meanwhile
        } else if (join.payload().length() > MAX_JOIN) {
            refuseLater(answers, join.ref(), Reasons.JOIN_TOO_LARGE);
        } else {
            Channel old = channels.remove(join.topic());
            boolean wasJoined = old != null && old.isJoined();
            if (old != null) {
                old.close();
                old.closeReplaced();
            }
            if (channels.size() >= services.settings().maxChannels) {
                refuseLater(answers, join.ref(), Reasons.TOO_MANY_CHANNELS);
                return;
            }
            if (channels.values().stream().mapToInt(Channel::joinSize).sum() + join.payload().length() > MAX_JOINS) {
                if (wasJoined) {
                    write(old.frames().close());
                }
                refuseLater(answers, join.ref(), Reasons.JOINS_TOO_LARGE);
                return;
            }
            Channel channel = new Channel(this, services, answers, join);
            channels.put(join.topic(), channel);
            channel.join(wasJoined ? old : null);
        }
    }

    private void refuseLater(ChannelFrames answers, String ref, String reason) {
        later(services.settings().errorDelay, () -> write(answers.refused(ref, reason)));
    }

    private void leave(Envelope leave) {
        Channel channel = channels.get(leave.topic());
        if (channel == null) {
            write(new ChannelFrames(vsn(), leave.topic(), leave.joinRef()).ok(leave.ref(), "{}"));
            return;
        }
        if (leave.joinRef() != null && !leave.joinRef().equals(channel.frames().joinRef())) {
            return; // means a channel that is gone already
        }
        // what was sent before it comes first; where that is nothing, the answer to the join is of no use to anybody any more
        if (!channel.keepsSomething() || !channel.keep(leave.payload().length(), () -> leave(channel, leave.ref()))) {
            leave(channel, leave.ref());
        }
    }

    private void leave(Channel channel, String ref) {
        forget(channel);
        channel.closeReplaced();
        write(channel.frames().ok(ref, "{}"));
        write(channel.frames().close());
        channel.close();
    }

    /**
     * Hands an event to the channel that it is for, once its join is answered. The client is told when there is no such channel, or that it says too much.
     *
     * @param size of its payload
     */
    private void push(String topic, String ref, int size, Consumer<Channel> event) {
        Channel channel = channels.get(topic);
        if (!events.take()) {
            if (channel != null) {
                channel.end(Reasons.TOO_MANY_MESSAGES);
            }
        } else if (channel == null || !channel.keep(size, () -> push(channel, topic, ref, event))) {
            push(channel, topic, ref, event);
        }
    }

    private void push(Channel channel, String topic, String ref, Consumer<Channel> event) {
        if (channel != null && channel.isJoined()) {
            event.accept(channel);
        } else {
            write(new ChannelFrames(vsn(), topic, null).refused(ref, Reasons.UNMATCHED_TOPIC));
        }
    }

    /** A channel that ended by itself. */
    void forget(Channel channel) {
        channels.remove(channel.frames().topic(), channel);
    }

    void write(String frame) {
        write(RawJson.bytes(frame));
    }

    /** @param frame JSON in UTF-8 */
    void write(byte[] frame) {
        outbound.write(WebSocketBytes.encode(List.of(frame)));
    }

    /** Runs something on the event loop, unless the socket is closed by then. Any thread. */
    void run(Runnable action) {
        loop().execute(() -> {
            if (!closed) {
                action.run();
            }
        });
    }

    /** @param delay at once when it is negative */
    ScheduledFuture<?> later(Duration delay, Runnable action) {
        return loop().schedule(() -> {
            if (!closed) {
                action.run();
            }
        }, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Takes one presence frame of a topic; false when there were too many of late, or on too many topics. */
    boolean takePresenceCall(String topic) {
        if (presenceCalls == null) {
            presenceCalls = new HashMap<>(4);
        }
        int most = 2 * services.settings().maxChannels;
        if (presenceCalls.size() >= most && !presenceCalls.containsKey(topic)) {
            presenceCalls.values().removeIf(RateLimit::isFull);
            if (presenceCalls.size() >= most) {
                return false;
            }
        }
        return presenceCalls.computeIfAbsent(topic, unknown -> new RateLimit(services.settings().maxPresenceCalls, PRESENCE_MS)).take();
    }

    /** So much more, or less, of what it said is on its way into the database. */
    void storing(long change) {
        storing += change;
        if (change < 0) {
            readOn();
        }
    }

    /** Once the client has taken what waits for it. */
    void giveBackOnceTaken(Allowance.Part part) {
        if (closed || outbound.waitingBytes() <= NEARLY_NOTHING) {
            part.giveBack();
        } else {
            part.keep(outbound.waitingBytes()); // no more of it can be left
            loop().schedule(() -> giveBackOnceTaken(part), LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** There is room for answers again. */
    void roomAgain() {
        readOn();
        new ArrayList<>(channels.values()).forEach(Channel::roomAgain);
    }

    void closed() {
        if (closed) {
            return;
        }
        closed = true;
        services.figures().socketClosed();
        List<Channel> all = List.copyOf(channels.values());
        channels.clear();
        all.forEach(Channel::close);
    }

    /** A client that does not read its answers, or says more than can be stored, is not read further. */
    private boolean isFull() {
        return !outbound.hasRoom() || storing >= MAX_STORING;
    }

    private void holdBack() {
        if (isFull()) {
            request.channel().config().setAutoRead(false);
        }
    }

    private void readOn() {
        if (!closed && !isFull()) {
            request.channel().config().setAutoRead(true);
        }
    }

    private static void dropped(String why) {
        LOG.debugf("a frame was dropped: %s", why);
    }
}
