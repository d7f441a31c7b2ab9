package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.access.ChannelRights;
import dev.parley.access.CredentialsException;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import dev.parley.changes.FilterException;
import dev.parley.feed.Position;
import dev.parley.stream.Binding.Start;
import dev.parley.transport.OutboundStream;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One topic that a socket has joined, from the join to its end. On the socket's event loop only.
 *
 * <p>The order of a join: whose token, what it may do, what it wants to hear of; then everything is subscribed to, then the client is told so, then
 * follows what there was before. What commits once the client has been told is therefore never missed.
 */
final class Channel implements TopicHub.Receiver {

    private enum State { JOINING, REFUSED, JOINED, CLOSED }

    private static final Logger LOG = Logger.getLogger(Channel.class);
    /** For each of a join's two steps: together below the 10 s after which a client gives it up. */
    private static final long STEP_TIMEOUT_MS = 4_500;
    private static final int MAX_TOKEN_PUSH = 16_384;

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private final ChannelFrames frames;
    private final String ref;
    private final JoinConfig config;
    private final BroadcastReplay replay;
    private final ChannelPresence presence;
    private State state = State.JOINING;
    private Caller caller;
    private String token;
    private ChannelRights rights = ChannelRights.NONE;
    private Subscriptions subscriptions = Subscriptions.NONE;
    private OutboundStream changes;
    private boolean listening;
    private ScheduledFuture<?> expiry;
    /** A token is being looked at; what comes meanwhile waits, the last one only. */
    private boolean checking;
    private String nextToken;

    Channel(RealtimeSession session, RealtimeServices services, Envelope join, JoinConfig config) {
        this.session = session;
        this.services = services;
        this.topic = new Topic(join.topic().substring(ChannelFrames.PREFIX.length()), config.isPrivate());
        this.frames = new ChannelFrames(session.vsn(), join.topic(), join.joinRef() == null ? join.ref() : join.joinRef());
        this.ref = join.ref();
        this.config = config;
        this.token = config.token();
        this.replay = new BroadcastReplay(config, services.stored());
        this.presence = new ChannelPresence(session, services, topic, frames, config);
    }

    ChannelFrames frames() {
        return frames;
    }

    boolean isJoined() {
        return state == State.JOINED;
    }

    /**
     * Joins.
     *
     * @param replaced the channel whose place this one takes, already closed, or null
     */
    void join(Channel replaced) {
        (token == null ? Future.succeededFuture(session.caller()) : Futures.of(services.credentials().check(token)))
                .compose(who -> Futures.of(services.access().mayJoin(who, topic.name(), topic.isPrivate())).map(allowed -> {
                    if (!allowed.mayJoin()) {
                        throw new Refusal(Reasons.unauthorized(topic.name()));
                    }
                    return new Admission(who, allowed);
                }))
                .timeout(STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(admitted -> session.run(() -> {
                    if (state != State.JOINING) {
                        return;
                    }
                    if (admitted.failed()) {
                        refuse(admitted.cause(), replaced);
                    } else {
                        caller = admitted.result().caller();
                        rights = admitted.result().rights();
                        prepare(replaced);
                    }
                }));
    }

    private record Admission(Caller caller, ChannelRights rights) {
    }

    private void prepare(Channel replaced) {
        boolean replays = replay.isWanted() && rights.broadcastRead();
        if (replays) {
            // before stored ones are read: what is said meanwhile waits
            listen();
        }
        Future<Void> stored = replays ? replay.read(topic) : Future.succeededFuture();
        services.compiler().compile(config.entries(), caller).compose(compiled -> stored.map(compiled))
                .timeout(STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(compiled -> session.run(() -> {
                    if (state != State.JOINING) {
                        return;
                    }
                    if (compiled.failed()) {
                        refuse(compiled.cause(), replaced);
                    } else if (!compiled.result().bindings().isEmpty() && !services.streams().begun()) {
                        refuse(new Refusal(Reasons.NOT_CONNECTED), replaced);
                    } else {
                        subscriptions = compiled.result();
                        begin(replaced);
                    }
                }));
    }

    private void begin(Channel replaced) {
        state = State.JOINED;
        services.figures().joined();
        Position now = services.streams().now();
        // in one turn of the event loop, so that the answer leaves when all is subscribed to, and nothing can come before it
        session.write(frames.ok(ref, subscriptions.response()));
        subscribe();
        if (rights.broadcastRead()) {
            listen();
        }
        if (replaced != null) {
            session.write(replaced.frames.close());
        }
        if (state != State.JOINED) {
            return; // the subscription failed at once
        }
        presence.begin(rights);
        replay.deliver(broadcast -> session.write(broadcast, frames.topic()));
        tell(now, subscriptions.bindings().stream().allMatch(binding -> binding.start() == Start.NOW));
        if (config.replicationReady()) {
            session.write(frames.system("system", "ok", "Replication connection established", null));
        }
        watchExpiry();
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

    private void subscribe() {
        if (subscriptions.bindings().isEmpty()) {
            return;
        }
        ChangeFrames encoder = new ChangeFrames(frames, subscriptions.positions(), services.settings().maxRecordBytes);
        changes = new OutboundStream(this::changesFailed);
        changes.writeTo(session.outbound());
        services.streams().changes(session.loop(), encoder, subscriptions.bindings()).subscribe().withSubscriber(changes);
    }

    /** @param live whether there is no backlog: of that the stream itself says when it is through */
    private void tell(Position now, boolean live) {
        subscriptions.problems().forEach(problem -> session.write(frames.system("postgres_changes", "error", problem, null)));
        if (!subscriptions.bindings().isEmpty() && live) {
            session.write(frames.subscribed(subscriptions.positions() ? now : null));
        }
    }

    /** A filter does not go with its table any more, or worse: the client is to join again, and is then told. */
    private void changesFailed(Throwable failure) {
        if (state == State.JOINED) {
            if (!(failure instanceof FilterException)) {
                LOG.error("a channel's changes ended, its client joins again", failure);
            }
            fail();
        }
    }

    /** Ends the channel so that the client joins again by itself. */
    private void fail() {
        close();
        session.forget(this);
        session.write(frames.crash());
    }

    private void refuse(Throwable failure, Channel replaced) {
        state = State.REFUSED;
        services.figures().refused();
        release();
        if (replaced != null) {
            session.write(replaced.frames.close());
        }
        String reason = reason(failure);
        session.later(services.settings().errorDelay, () -> {
            if (state == State.REFUSED) {
                state = State.CLOSED;
                session.forget(this);
                session.write(frames.refused(ref, reason));
            }
        });
    }

    private static String reason(Throwable failure) {
        if (failure instanceof Refusal refusal) {
            return refusal.getMessage();
        }
        if (failure instanceof CredentialsException credentials) {
            return Reasons.of(credentials);
        }
        LOG.debug("a join failed", failure);
        return Reasons.NOT_CONNECTED;
    }

    /** Takes an event that the client sent to this channel. */
    void push(Envelope envelope) {
        switch (envelope.event()) {
            case "broadcast" -> {
                if (RawJson.isBroadcast(envelope.payload())) {
                    byte[] payload = RawJson.bytes(envelope.payload());
                    broadcast(Broadcast.text(payload), payload.length, envelope.ref(), null);
                }
            }
            case "presence" -> presence.push(envelope, rights, this::end);
            case "access_token" -> {
                if (envelope.payload().length() <= MAX_TOKEN_PUSH) {
                    accessToken(JoinConfig.token(JoinConfig.tree(envelope.payload())));
                }
            }
            default -> { } // for later versions
        }
    }

    /** Takes a binary broadcast. */
    void push(BroadcastPush push) {
        if (!push.json() || RawJson.isValid(push.payload())) {
            broadcast(Broadcast.of(push.event(), push.payload(), push.json(), null), push.payload().length, push.ref(), push.metadata());
        }
    }

    private void broadcast(Broadcast broadcast, int bytes, String pushRef, String metadata) {
        if (!rights.broadcastWrite()) {
            return;
        }
        if (bytes > services.settings().maxBroadcastBytes) {
            answer(pushRef, frames.error(pushRef, "{\"error\":\"payload_size_exceeded\"}"));
            return;
        }
        Persist persist = Persist.read(metadata);
        if (persist != null && topic.isPrivate()) {
            services.stored().store(topic.name(), broadcast, persist.ttlSeconds(), config.self() ? null : this)
                    .onComplete(stored -> session.run(() -> answer(pushRef, stored.succeeded()
                            ? frames.ok(pushRef, "{\"id\":" + RawJson.quote(stored.result()) + "}") : frames.error(pushRef, "{}"))));
            return;
        }
        services.figures().broadcast();
        services.hub().publish(topic, broadcast, config.self() ? null : this);
        answer(pushRef, frames.ok(pushRef, "{}"));
    }

    private void answer(String pushRef, String frame) {
        if (config.ack() && pushRef != null && state == State.JOINED) {
            session.write(frame);
        }
    }

    @Override
    public void receive(Broadcast broadcast) {
        if (state != State.CLOSED && replay.admits(broadcast)) {
            session.write(broadcast, frames.topic());
        }
    }

    private void accessToken(String fresh) {
        if (fresh == null || fresh.equals(token) || state != State.JOINED) {
            return;
        }
        if (checking) {
            nextToken = fresh;
            return;
        }
        checking = true;
        Futures.of(services.credentials().check(fresh))
                .compose(who -> Futures.of(services.access().mayJoin(who, topic.name(), topic.isPrivate())).map(allowed -> new Admission(who, allowed)))
                .compose(admission -> services.compiler().compile(config.entries(), admission.caller()).map(compiled -> {
                    if (compiled.bindings().size() < subscriptions.bindings().size()) {
                        throw new Refusal("what this token may watch is less: the client is to join again");
                    }
                    return admission;
                }))
                .timeout(STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(checked -> session.run(() -> {
                    checking = false;
                    if (state != State.JOINED) {
                        return;
                    }
                    if (checked.succeeded()) {
                        token = fresh;
                        renew(checked.result());
                    } else if (checked.cause() instanceof CredentialsException) {
                        end(checked.cause().getMessage());
                    } else {
                        fail(); // passes: the client joins again with this token
                    }
                    String next = nextToken;
                    nextToken = null;
                    accessToken(next);
                }));
    }

    private void renew(Admission admission) {
        if (!admission.rights().mayJoin()) {
            end(Reasons.cannotReadAnyMore(topic.name()));
            return;
        }
        caller = admission.caller();
        rights = admission.rights();
        if (rights.broadcastRead()) {
            listen();
        } else {
            fallSilent();
        }
        presence.renew(rights);
        watchExpiry();
        tell(null, true);
    }

    private void watchExpiry() {
        if (expiry != null) {
            expiry.cancel(false);
        }
        Instant at = caller.expiresAt();
        if (at != null) {
            Duration left = Duration.between(Instant.now(), at);
            expiry = session.later(left.isNegative() ? Duration.ZERO : left, () -> {
                if (state == State.JOINED) {
                    end("Token has expired " + Math.max(0, Duration.between(at, Instant.now()).toSeconds()) + " seconds ago");
                }
            });
        }
    }

    /** The socket has room again. */
    void roomAgain() {
        if (changes != null) {
            changes.ask();
        }
        presence.roomAgain();
    }

    /** Ends the channel for a reason; the client does not join again by itself. */
    void end(String reason) {
        if (state == State.JOINED) {
            close();
            session.forget(this);
            session.write(frames.system("system", "error", reason, null));
            session.write(frames.close());
        }
    }

    /** Leaves everything; nothing is said. */
    void close() {
        if (state != State.CLOSED) {
            boolean entered = state == State.JOINED || state == State.JOINING;
            if (state == State.JOINED) {
                services.figures().left();
            }
            state = State.CLOSED;
            if (entered) {
                release();
            }
        }
    }

    private void release() {
        fallSilent();
        presence.end();
        if (changes != null) {
            changes.cancel();
        }
        if (expiry != null) {
            expiry.cancel(false);
        }
    }
}
