package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.realtime.BroadcastTurns.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Says what one socket says: on each topic in that order, also when the socket joins it anew meanwhile. On the socket's event loop only. */
final class SocketBroadcasts {

    /** For so long after a broadcast was stored others may have to be said to come after it. */
    private static final Duration LOOK_AGAIN = Duration.ofNanos(BroadcastTurns.FOLLOWS_OTHERS_NANOS);

    private final RealtimeSession session;
    private final RealtimeServices services;
    /** What the socket is known by to channels that are not to hear it. It holds nothing of the socket: a stored broadcast's is kept until the row comes. */
    private final Object source = new Object();
    /** Of topics, joined or left, on which something is being stored, or was of late. Null until there is one, which for most sockets there never is. */
    private Map<Topic, BroadcastTurns> turns;

    SocketBroadcasts(RealtimeSession session, RealtimeServices services) {
        this.session = session;
        this.services = services;
    }

    Object source() {
        return source;
    }

    void say(Topic topic, Broadcast broadcast, boolean persist, Consumer<Answer> answered) {
        BroadcastTurns there = turns == null ? null : turns.get(topic);
        if (there == null && persist) {
            there = begin(topic);
        }
        if (there == null) {
            publish(topic, broadcast, 0);
            answered.accept(Answer.SAID);
        } else {
            there.take(broadcast, persist, answered);
        }
    }

    /** @param after the transaction whose broadcasts come first; 0 for none */
    void publish(Topic topic, Broadcast broadcast, long after) {
        services.figures().broadcast();
        services.hub().publish(topic, broadcast, source, after);
    }

    private BroadcastTurns begin(Topic topic) {
        if (turns == null) {
            turns = new HashMap<>(4);
        }
        BroadcastTurns begun = new BroadcastTurns(session, services, topic);
        turns.put(topic, begun);
        forgetLater(topic, begun);
        return begun;
    }

    private void forgetLater(Topic topic, BroadcastTurns begun) {
        session.later(LOOK_AGAIN, () -> {
            if (begun.isOver()) {
                turns.remove(topic);
            } else {
                forgetLater(topic, begun);
            }
        });
    }
}
