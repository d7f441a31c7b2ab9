package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.access.ChannelRights;
import dev.parley.access.CredentialsException;
import dev.parley.broadcast.Topic;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The token that a channel goes by: what it admits to, the fresh ones that the client sends, and its expiry. On the socket's event loop only. */
final class ChannelToken {

    /** Whose token it is, and what that one may do on the channel's topic. */
    record Admission(Caller caller, ChannelRights rights) {
    }

    /** @param problems with what the channel watches, by entry */
    private record Fresh(Admission admission, Map<String, String> problems) {
    }

    private final Channel channel;
    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private String token;
    /** A fresh one that is being looked at, or will be again, else null; what comes meanwhile waits, the last one only. */
    private String checking;
    private String next;
    /** Of the one that the channel goes by; null when it never does. */
    private Instant expiresAt;
    private ScheduledFuture<?> expiry;

    /** @param token that came with the join; null to go by what the socket was opened with */
    ChannelToken(Channel channel, RealtimeSession session, RealtimeServices services, Topic topic, String token) {
        this.channel = channel;
        this.session = session;
        this.services = services;
        this.topic = topic;
        this.token = token;
    }

    /** Fails with {@link CredentialsException} for a token that does not hold, and when nobody can say. Completes on any thread. */
    Future<Admission> admission() {
        return token == null ? admission(Future.succeededFuture(session.caller())) : admission(token);
    }

    private Future<Admission> admission(String of) {
        return admission(Futures.of(services.credentials().check(of)));
    }

    private Future<Admission> admission(Future<Caller> who) {
        return who.map(ChannelToken::requireUnexpired).compose(caller ->
                Futures.of(services.access().mayJoin(caller, topic.name(), topic.isPrivate())).map(rights -> new Admission(caller, rights)));
    }

    /** The token that a socket was opened with may have expired since. */
    static Caller requireUnexpired(Caller caller) {
        if (isOver(caller.expiresAt())) {
            throw expired(caller.expiresAt());
        }
        return caller;
    }

    private static boolean isOver(Instant expiry) {
        return expiry != null && !Instant.now().isBefore(expiry);
    }

    private static CredentialsException expired(Instant at) {
        return CredentialsException.expired(Math.max(0, Duration.between(at, Instant.now()).toSeconds()));
    }

    /**
     * Takes a token that the client sent while joined: the channel goes on with it, or ends.
     *
     * @param fresh null, or the one that came last, to leave it as it is
     */
    void push(String fresh) {
        if (fresh == null || fresh.equals(latest()) || !channel.isJoined()) {
            return;
        }
        if (checking != null) {
            next = fresh;
            return;
        }
        check(fresh);
    }

    private String latest() {
        return next != null ? next : checking != null ? checking : token;
    }

    private void check(String fresh) {
        checking = fresh;
        admission(fresh)
                .compose(admission -> channel.problemsFor(admission.caller()).map(problems -> {
                    requireUnexpired(admission.caller());
                    return new Fresh(admission, problems);
                }))
                .timeout(Channel.STEP_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onComplete(checked -> session.run(() -> {
                    if (checked.failed() && passes(checked.cause()) && !isOver(expiresAt) && channel.isJoined()) {
                        session.later(pause(), () -> check(newest(fresh)));
                        return;
                    }
                    checking = null;
                    if (!channel.isJoined()) {
                        return;
                    }
                    if (checked.succeeded()) {
                        token = fresh;
                        channel.renew(checked.result().admission, checked.result().problems);
                    } else if (checked.cause() instanceof CredentialsException) {
                        channel.end(checked.cause().getMessage());
                    } else {
                        channel.fail(); // passes: the client joins again with this token
                    }
                    String waiting = next;
                    next = null;
                    push(waiting);
                }));
    }

    /**
     * Whether nobody could say whether the token holds. Then the channel goes on by the old one as long as that does: all clients of a busy service may send a fresh
     * token at once, and to join again would ask the database once more.
     */
    private static boolean passes(Throwable failure) {
        return !(failure instanceof CredentialsException || failure instanceof Refusal);
    }

    /** Not all at once again. */
    private static Duration pause() {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1_000, 5_000));
    }

    private String newest(String fresh) {
        String newest = next == null ? fresh : next;
        next = null;
        return newest;
    }

    /** Ends the channel when the caller's token expires, unless a fresh one is just being looked at: then what comes of that decides. */
    void watch(Caller caller) {
        forget();
        Instant at = caller.expiresAt();
        expiresAt = at;
        if (at != null) {
            expiry = session.later(Duration.between(Instant.now(), at), () -> {
                if (checking != null) {
                    return;
                }
                if (session.isAsleep()) {
                    channel.fail(); // nobody is awake there to send a fresh token: the client joins again when it is, which it does not after an end
                    session.closeOnceAwake();
                } else {
                    channel.end(expired(at).getMessage());
                }
            });
        }
    }

    /** Watches no more. */
    void forget() {
        if (expiry != null) {
            expiry.cancel(false);
        }
    }
}
