package dev.parley.realtime;

import dev.parley.access.ChannelRights;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import dev.parley.transport.Outbound;
import io.vertx.core.Future;

/**
 * A channel's part in broadcasts: what it says, what it hears, and the stored ones that it asked for. On the socket's event loop only.
 *
 * <p>What it hears comes to ten thousand of these in a row: what is needed for that is kept here, since each other object is one more to be fetched from memory.
 */
final class ChannelBroadcasts implements TopicHub.Receiver {

    /** A socket for which so much waits takes no replay: each channel's may be half as large. */
    private static final long MAX_WAITING_BYTES = 16_000_000;

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private final ChannelFrames frames;
    private final Outbound outbound;
    private final Vsn vsn;
    /** What the socket says itself is told by this. */
    private final Object source;
    /** Null when the join asked for none. */
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
        this.outbound = session.outbound();
        this.vsn = session.vsn();
        this.source = session.broadcasts().source();
        this.replay = config.replay() == null ? null : new BroadcastReplay(config.replay(), services.stored());
        this.self = config.self();
        this.ack = config.ack();
    }

    /** Reads the stored ones that the join asked for, if it may. Fails with {@link Refusal}. */
    Future<Void> read(ChannelRights rights) {
        if (replay == null || !rights.broadcastRead()) {
            return Future.succeededFuture();
        }
        // before they are read: what is said meanwhile waits
        listen();
        return replay.read(topic, outbound);
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
        if (replay == null) {
            return true;
        }
        if (replay.isRead() && outbound.waitingBytes() >= MAX_WAITING_BYTES) {
            return false;
        }
        Allowance.Part part = replay.deliver(this::write, this::writeIfThereIsRoom);
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
        } else {
            refuse(envelope.ref(), "invalid_payload", rights);
        }
    }

    /** Takes a binary one. */
    void push(BroadcastPush push, ChannelRights rights) {
        if (!push.json() || RawJson.isValid(push.payload())) {
            say(Broadcast.of(push.event(), push.payload(), push.json(), null), push.payload().length, push.ref(), push.metadata(), rights);
        } else {
            refuse(push.ref(), "invalid_payload", rights);
        }
    }

    private void say(Broadcast broadcast, int bytes, String ref, String metadata, ChannelRights rights) {
        if (!rights.broadcastWrite()) {
            return;
        }
        if (bytes > services.settings().maxBroadcastBytes) {
            refuse(ref, "payload_size_exceeded", rights);
            return;
        }
        session.broadcasts().say(topic, broadcast, topic.isPrivate() && Persist.isAskedBy(metadata),
                answer -> answer(ref, answer.ok() ? frames.ok(ref, answer.response()) : frames.error(ref, answer.response())));
    }

    private void refuse(String ref, String error, ChannelRights rights) {
        if (rights.broadcastWrite()) {
            answer(ref, frames.error(ref, "{\"error\":\"" + error + "\"}"));
        }
    }

    private void answer(String ref, String frame) {
        if (ack && ref != null && !ended) {
            session.write(frame);
        }
    }

    @Override
    public boolean isDeafTo(Object source) {
        return !self && source == this.source;
    }

    @Override
    public void receive(Broadcast broadcast) {
        if (listening && (replay == null || replay.admits(broadcast))) {
            writeIfThereIsRoom(broadcast);
        }
    }

    /**
     * A broadcast is dropped when the client does not keep up: nobody is promised one. One large broadcast on its way is no reason to drop the next; what
     * waits is shared by all receivers.
     */
    private void writeIfThereIsRoom(Broadcast broadcast) {
        if (!outbound.hasRoom() && outbound.waitingBytes() > 2L * services.settings().maxBroadcastBytes) {
            services.figures().broadcastDropped();
            return;
        }
        write(broadcast);
    }

    /** One that the client has asked for is not dropped. */
    private void write(Broadcast broadcast) {
        byte[] bytes = BroadcastFrames.of(broadcast, vsn, frames.topic());
        if (bytes.length > 0) {
            outbound.write(bytes);
        }
    }

    void end() {
        ended = true;
        if (replay != null) {
            replay.end();
        }
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
