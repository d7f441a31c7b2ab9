package dev.parley.realtime;

import dev.parley.access.ChannelRights;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import io.vertx.core.Future;

/** A channel's part in broadcasts: what it says, what it hears, and the stored ones that it asked for. On the socket's event loop only. */
final class ChannelBroadcasts implements TopicHub.Receiver {

    /** A socket for which so much waits takes no replay: each channel's may be half as large. */
    private static final long MAX_WAITING_BYTES = 16_000_000;

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private final ChannelFrames frames;
    private final BroadcastReplay replay;
    private final boolean self;
    private final boolean ack;
    private boolean listening;
    private boolean ended;

    ChannelBroadcasts(RealtimeSession session, RealtimeServices services, Topic topic, ChannelFrames frames, JoinConfig config) {
        this.session = session;
        this.services = services;
        this.topic = topic;
        this.frames = frames;
        this.replay = new BroadcastReplay(config, services.stored());
        this.self = config.self();
        this.ack = config.ack();
    }

    /** Reads the stored ones that the join asked for, if it may. Fails with {@link Refusal}. */
    Future<Void> read(ChannelRights rights) {
        if (!replay.isWanted() || !rights.broadcastRead()) {
            return Future.succeededFuture();
        }
        // before they are read: what is said meanwhile waits
        listen();
        return replay.read(topic, session.outbound());
    }

    /** Hears from now on what it may. */
    void follow(ChannelRights rights) {
        if (rights.broadcastRead()) {
            listen();
        }
    }

    /**
     * The client has been told that it joined: now it gets the stored ones.
     *
     * @return whether it could: not when so much waits for it already that it should join again when it has read that
     */
    boolean deliverStored() {
        if (replay.isRead() && session.outbound().waitingBytes() >= MAX_WAITING_BYTES) {
            return false;
        }
        Allowance.Part part = replay.deliver(stored -> session.answer(stored, frames.topic()), broadcast -> session.write(broadcast, frames.topic()));
        if (part != null) {
            session.giveBackOnceTaken(part);
        }
        return true;
    }

    /** Takes one that the client sent. */
    void push(Envelope envelope, ChannelRights rights) {
        if (RawJson.isBroadcast(envelope.payload())) {
            byte[] payload = RawJson.bytes(envelope.payload());
            say(Broadcast.text(payload), payload.length, envelope.ref(), null, rights);
        }
    }

    /** Takes a binary one. */
    void push(BroadcastPush push, ChannelRights rights) {
        if (!push.json() || RawJson.isValid(push.payload())) {
            say(Broadcast.of(push.event(), push.payload(), push.json(), null), push.payload().length, push.ref(), push.metadata(), rights);
        }
    }

    private void say(Broadcast broadcast, int bytes, String ref, String metadata, ChannelRights rights) {
        if (!rights.broadcastWrite()) {
            return;
        }
        if (bytes > services.settings().maxBroadcastBytes) {
            answer(ref, frames.error(ref, "{\"error\":\"payload_size_exceeded\"}"));
            return;
        }
        session.broadcasts().say(topic, broadcast, topic.isPrivate() && Persist.isAskedBy(metadata),
                answer -> answer(ref, answer.ok() ? frames.ok(ref, answer.response()) : frames.error(ref, answer.response())));
    }

    private void answer(String ref, String frame) {
        if (ack && ref != null && !ended) {
            session.write(frame);
        }
    }

    @Override
    public boolean isDeafTo(Object source) {
        return !self && source == session.broadcasts().source();
    }

    @Override
    public void receive(Broadcast broadcast) {
        if (listening && replay.admits(broadcast)) {
            session.write(broadcast, frames.topic());
        }
    }

    void end() {
        ended = true;
        replay.end();
        fallSilent();
    }

    private void listen() {
        if (!listening) {
            listening = true;
            services.hub().join(topic, session.loop(), this);
        }
    }

    private void fallSilent() {
        if (listening) {
            listening = false;
            services.hub().leave(topic, session.loop(), this);
        }
    }
}
