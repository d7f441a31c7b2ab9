package dev.parley.realtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.access.ChannelRights;
import dev.parley.broadcast.Presence;
import dev.parley.broadcast.PresenceDiff;
import dev.parley.broadcast.Topic;
import dev.parley.transport.WebSocketBytes;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Consumer;

/** A channel's part in presence: what it says of itself, and what it is told of others. On the socket's event loop. */
final class ChannelPresence implements Presence.Watcher {

    /** What stands around the payload. */
    private static final int ENVELOPE = 1_000;
    private static final String DIFF = "presence_diff";
    /**
     * A difference says whose join it is for, so that a channel that the client opens anew meanwhile does not take it for its own: it would miss who leaves.
     * One of more bytes is the same for all who get it, and so can't, as can't the one for those whose joins are not among the first few kinds.
     */
    private static final int MAX_OWN_DIFF = 4_096;

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    private final ChannelFrames frames;
    private boolean wanted;
    private String key;
    private boolean watching;
    private boolean tracked;
    /** A difference could not be written: the client must be told the whole again. */
    private boolean stale;

    ChannelPresence(RealtimeSession session, RealtimeServices services, Topic topic, ChannelFrames frames, JoinConfig config) {
        this.session = session;
        this.services = services;
        this.topic = topic;
        this.frames = frames;
        this.wanted = config.presence();
        this.key = config.presenceKey();
    }

    void begin(ChannelRights rights) {
        if (wanted && rights.presenceRead() && !watching) {
            watching = true;
            services.presence().watch(topic, session.loop(), this);
        }
    }

    boolean isWatching() {
        return watching;
    }

    /** The channel's rights have changed; who watches still may. */
    void renew(ChannelRights rights) {
        if (tracked && !rights.presenceWrite()) {
            untrack();
        }
        begin(rights);
    }

    void push(Envelope envelope, ChannelRights rights, Consumer<String> end) {
        if (!session.takePresenceCall(frames.topic())) {
            end.accept(Reasons.TOO_MANY_PRESENCE_CALLS);
            return;
        }
        if (envelope.payload().length() > services.settings().maxPresenceBytes + ENVELOPE) {
            end.accept(Reasons.TRACK_TOO_LARGE);
            return;
        }
        JsonNode push = RawJson.tree(envelope.payload());
        JsonNode event = push.path("event");
        if (event.isMissingNode() || event.isNull()) {
            session.write(frames.ok(envelope.ref(), "{}")); // nothing is asked for; upstream answers so
            return;
        }
        switch (event.asText().toLowerCase(Locale.ROOT)) {
            case "track" -> track(push.path("payload"), envelope.ref(), rights, end);
            case "untrack" -> {
                session.write(frames.ok(envelope.ref(), "{}"));
                untrack();
            }
            default -> session.write(frames.error(envelope.ref(), "{}"));
        }
    }

    private void track(JsonNode payload, String ref, ChannelRights rights, Consumer<String> end) {
        if (!rights.presenceWrite()) {
            session.write(frames.error(ref, "{}"));
            return;
        }
        if (!payload.isObject() && !payload.isMissingNode()) {
            session.write(frames.refused(ref, Reasons.TRACK_NOT_A_MAP));
            return;
        }
        String meta = payload.isObject() ? payload.toString() : "{}";
        if (RawJson.bytes(meta).length > services.settings().maxPresenceBytes) {
            end.accept(Reasons.TRACK_TOO_LARGE);
            return;
        }
        if (key == null) {
            key = UUID.randomUUID().toString();
        }
        if (!services.presence().track(topic, this, key, meta)) {
            session.write(frames.error(ref, "{}"));
            return;
        }
        tracked = true;
        wanted = true;
        session.write(frames.ok(ref, "{}"));
        begin(rights);
    }

    private void untrack() {
        if (tracked) {
            tracked = false;
            services.presence().untrack(topic, this);
        }
    }

    private void unwatch() {
        watching = false;
        services.presence().unwatch(topic, session.loop(), this);
    }

    @Override
    public void state(byte[] json) {
        stale = !session.outbound().hasRoom();
        if (!stale) {
            session.write(frames.aroundOfJoin("presence_state", "", json, ""));
        }
    }

    @Override
    public void diff(PresenceDiff diff) {
        if (stale || !session.outbound().hasRoom()) {
            stale = true;
        } else {
            byte[] own = diff.json().length > MAX_OWN_DIFF ? null
                    : diff.encodedForSome(frames.vsn().name() + ' ' + frames.joinRef(), json -> encoded(frames.aroundOfJoin(DIFF, "", json, "")));
            session.outbound().write(own != null ? own : diff.encoded(frames.vsn().name(), json -> encoded(frames.around(false, DIFF, "", json, ""))));
        }
    }

    private static byte[] encoded(byte[] frame) {
        return WebSocketBytes.encode(List.of(frame));
    }

    void roomAgain() {
        if (stale && watching) {
            stale = false;
            unwatch();
            watching = true;
            services.presence().watch(topic, session.loop(), this);
        }
    }

    void end() {
        untrack();
        if (watching) {
            unwatch();
        }
    }
}
