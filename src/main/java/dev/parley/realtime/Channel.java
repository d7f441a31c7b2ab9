package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.access.ChannelRights;
import dev.parley.access.CredentialsException;
import dev.parley.broadcast.Topic;
import dev.parley.changes.FilterException;
import dev.parley.feed.Position;
import dev.parley.realtime.ChannelToken.Admission;
import dev.parley.stream.Binding.Start;
import dev.parley.transport.OutboundStream;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One topic that a socket has joined, from the join to its end. On the socket's event loop only.
 *
 * <p>The order of a join: whose token, what it may do, what it wants to hear of; then everything is subscribed to, then the client is told so, then
 * follows what there was before. What commits once the client has been told is therefore never missed.
 */
final class Channel {

    private enum State { JOINING, REFUSED, JOINED, CLOSED }

    private static final Logger LOG = Logger.getLogger(Channel.class);
    /** For each of a join's two steps: together below the 10 s after which a client gives it up. */
    static final long STEP_TIMEOUT_MS = 4_500;
    /** A refusal is held back, but not for so long that the client has given up before it hears why. */
    private static final Duration LATEST_REFUSAL = Duration.ofMillis(2 * STEP_TIMEOUT_MS);
    private static final int MAX_TOKEN_PUSH = 16_384;

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private final ChannelFrames frames;
    private final String ref;
    private final int joinSize;
    private final long begun = System.nanoTime();
    private final JoinConfig config;
    private final ChannelToken token;
    private final ChannelBroadcasts broadcasts;
    private final ChannelPresence presence;
    /** Whose place this one takes, until the client has been told of its end; else null. */
    private Channel replaced;
    /** What the client has sent since the join; null once that is answered. */
    private EarlyPushes early;
    /** Why the channel ends as soon as it has joined and done what came before; else null. */
    private String endsAs;
    private State state = State.JOINING;
    /** What is written on a private channel without the right to; null on a public one. */
    private final LateRights lateBroadcasts;
    private final LateRights latePresence;
    private Caller caller;
    private ChannelRights rights = ChannelRights.NONE;
    private Subscriptions subscriptions = Subscriptions.NONE;
    private OutboundStream changes;

    /**
     * Not joined yet.
     *
     * @param frames of the wire topic, {@code realtime:} and a name
     * @param join   answered under its ref
     */
    Channel(RealtimeSession session, RealtimeServices services, ChannelFrames frames, Envelope join) {
        JoinConfig config = JoinConfig.read(join.payload(), services.settings().maxBindings);
        this.session = session;
        this.services = services;
        this.topic = new Topic(frames.topic().substring(ChannelFrames.PREFIX.length()), config.isPrivate());
        this.frames = frames;
        this.ref = join.ref();
        this.joinSize = join.payload().length();
        this.config = config;
        this.token = new ChannelToken(this, session, services, topic, config.token());
        this.broadcasts = new ChannelBroadcasts(session, services, topic, frames, config);
        this.presence = new ChannelPresence(session, services, topic, frames, config);
        this.early = new EarlyPushes(session::storing);
        this.lateBroadcasts = topic.isPrivate() ? new LateRights(session, this::askAgain) : null;
        this.latePresence = topic.isPrivate() ? new LateRights(session, this::askAgain) : null;
    }

    ChannelFrames frames() {
        return frames;
    }

    /** Of what it asked for, in characters. */
    int joinSize() {
        return joinSize;
    }

    boolean isJoined() {
        return state == State.JOINED;
    }

    /**
     * Joins.
     *
     * @param inPlaceOf the channel whose place this one takes, already closed, or null
     */
    void join(Channel inPlaceOf) {
        replaced = inPlaceOf;
        token.admission()
                .map(admission -> {
                    if (!admission.rights().mayJoin(config.presence())) {
                        throw new Refusal(Reasons.unauthorized(topic.name()));
                    }
                    return admission;
                })
                .timeout(STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(admitted -> session.run(() -> {
                    if (state != State.JOINING) {
                        return;
                    }
                    if (admitted.failed()) {
                        refuse(admitted.cause());
                    } else {
                        rights = admitted.result().rights();
                        prepare(admitted.result().caller());
                    }
                }));
    }

    private void prepare(Caller caller) {
        Future<Void> stored = broadcasts.read(rights);
        services.compiler().compile(config.entries(), caller).compose(compiled -> stored.map(compiled))
                // to look all this up may take its time
                .map(compiled -> {
                    ChannelToken.requireUnexpired(caller);
                    return compiled;
                })
                .timeout(STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(compiled -> session.run(() -> {
                    if (state != State.JOINING) {
                        return;
                    }
                    if (compiled.failed()) {
                        refuse(compiled.cause());
                    } else if (!compiled.result().bindings().isEmpty() && !services.streams().begun()) {
                        refuse(new Refusal(Reasons.NOT_CONNECTED));
                    } else if (config.allOrNone() && !compiled.result().problems().isEmpty()) {
                        refuse(new Refusal(Reasons.notSubscribed(compiled.result().problems().values().iterator().next())));
                    } else {
                        subscriptions = compiled.result().answered();
                        begin(caller, compiled.result().response());
                    }
                }));
    }

    /** @param response JSON */
    private void begin(Caller caller, String response) {
        state = State.JOINED;
        this.caller = caller;
        services.figures().joined();
        Position now = services.streams().now();
        // in one turn of the event loop, so that the answer leaves when all is subscribed to, and nothing can come before it
        session.write(frames.ok(ref, response));
        subscribe();
        closeReplaced();
        if (state != State.JOINED) {
            return; // the subscription failed at once
        }
        broadcasts.follow(rights);
        presence.begin(rights);
        if (!broadcasts.deliverStored()) {
            fail();
            return;
        }
        tell(subscriptions.problems(), now, subscriptions.bindings().stream().allMatch(binding -> binding.start() == Start.NOW));
        if (config.replicationReady()) {
            session.write(frames.system("system", "ok", "Replication connection established", null));
        }
        token.watch(caller);
        takeEarly();
        if (endsAs != null) {
            end(endsAs);
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

    /**
     * @param problems by entry
     * @param live     whether there is no backlog: of that the stream itself says when it is through
     */
    private void tell(Map<String, String> problems, Position now, boolean live) {
        problems.values().forEach(problem -> session.write(frames.system("postgres_changes", "error", problem, null)));
        if (live && !problems.keySet().containsAll(config.entries())) {
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
    void fail() {
        close();
        session.forget(this);
        session.write(frames.crash());
    }

    private void refuse(Throwable failure) {
        state = State.REFUSED;
        services.figures().refused();
        release();
        closeReplaced();
        takeEarly();
        String reason = reason(failure);
        session.later(refusalDelay(), () -> {
            if (state == State.REFUSED) {
                state = State.CLOSED;
                session.forget(this);
                session.write(frames.refused(ref, reason));
            }
        });
    }

    private Duration refusalDelay() {
        Duration left = LATEST_REFUSAL.minusNanos(System.nanoTime() - begun);
        Duration wanted = services.settings().errorDelay;
        return wanted.compareTo(left) <= 0 ? wanted : left;
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

    /**
     * Keeps what was sent while the join is under way until that is answered.
     *
     * @param size of its payload
     * @return false when the join is answered, or enough waits already
     */
    boolean keep(int size, Runnable push) {
        return early != null && (endsAs != null || early.take(size, push));
    }

    /** Whether something waits for the join's answer. */
    boolean keepsSomething() {
        return early != null && !early.isEmpty();
    }

    private void takeEarly() {
        if (early != null) {
            early.run();
            early = null;
        }
    }

    /** Takes an event that the client sent to this channel. */
    void push(Envelope envelope) {
        switch (envelope.event()) {
            case "broadcast" -> write(lateBroadcasts, rights.broadcastWrite(), envelope.payload().length(), () -> broadcasts.push(envelope, rights));
            case "presence" -> write(latePresence, rights.presenceWrite(), envelope.payload().length(), () -> presence.push(envelope, rights, this::end));
            case "access_token" -> {
                if (envelope.payload().length() <= MAX_TOKEN_PUSH) {
                    token.push(JoinConfig.token(envelope.payload()));
                }
            }
            default -> { } // for later versions
        }
    }

    /** Takes a binary broadcast. */
    void push(BroadcastPush push) {
        write(lateBroadcasts, rights.broadcastWrite(), push.payload().length, () -> broadcasts.push(push, rights));
    }

    private static void write(LateRights late, boolean may, int size, Runnable write) {
        if (late == null || may && !late.isWaiting() || !late.take(size, write)) {
            write.run();
        }
    }

    /** What the channel hears stays as it is: to hear more, or less, is for a join and a fresh token to say. */
    private Future<Void> askAgain() {
        Caller asked = caller;
        return Futures.of(services.access().mayByNow(asked, topic.name())).map(now -> {
            session.run(() -> {
                if (caller == asked) {
                    rights = rights.writing(now);
                }
            });
            return null;
        });
    }

    /**
     * What can't be watched any more with a fresh token, by entry; of that, as of what could not be watched before, the client is told, as upstream does. Fails
     * when the caller may watch less than the channel does: then it can't go on as it is.
     */
    Future<Map<String, String>> problemsFor(Caller caller) {
        return services.compiler().compile(config.entries(), caller).map(compiled -> {
            if (!subscriptions.forbidden().containsAll(compiled.forbidden())) {
                throw new Refusal("what this token may watch is less: the client is to join again");
            }
            Map<String, String> problems = new LinkedHashMap<>(subscriptions.problems());
            compiled.problems().forEach(problems::putIfAbsent);
            return problems;
        });
    }

    /**
     * Goes on with what a fresh token admits to. Less to hear than before ends the channel: a client that believes itself joined would not learn of it.
     *
     * @param problems {@link #problemsFor} its caller
     */
    void renew(Admission admission, Map<String, String> problems) {
        ChannelRights now = admission.rights();
        if (rights.broadcastRead() && !now.broadcastRead() || presence.isWatching() && !now.presenceRead()) {
            end(now.mayJoin(config.presence()) ? Reasons.cannotReadAnyMore(topic.name()) : Reasons.cannotRead(topic.name()));
            return;
        }
        caller = admission.caller();
        rights = now;
        broadcasts.follow(rights);
        presence.renew(rights);
        token.watch(admission.caller());
        tell(problems, null, true);
    }

    /** The socket has room again. */
    void roomAgain() {
        if (changes != null) {
            changes.ask();
        }
        presence.roomAgain();
    }

    /** Ends the channel for a reason, while it joins with what comes from now on; the client does not join again by itself. */
    void end(String reason) {
        if (state == State.JOINING) {
            endsAs = endsAs == null ? reason : endsAs;
        } else if (state == State.JOINED) {
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
            takeEarly();
        }
    }

    /** Tells the client of the end of the channel whose place this one takes: once its own join is answered, or will not be any more. */
    void closeReplaced() {
        if (replaced != null) {
            session.write(replaced.frames.close());
            replaced = null;
        }
    }

    private void release() {
        broadcasts.end();
        presence.end();
        if (topic.isPrivate()) {
            lateBroadcasts.end();
            latePresence.end();
        }
        if (changes != null) {
            changes.cancel();
        }
        token.forget();
    }
}
