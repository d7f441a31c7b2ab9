package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import io.vertx.core.AsyncResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Says what one channel says, in that order. A stored broadcast is said by its row, once that has committed: until then what comes behind it waits, and for a
 * while afterwards goes out with the word that the row comes first. What waits is said even if the channel ends meanwhile. On the socket's event loop only.
 *
 * <p>What waits counts as what is being stored does: for its socket, which is not read when there is much of it, and for all together.
 */
final class BroadcastTurns {

    /** By then each replica has said the row, or has given up waiting for it. */
    private static final long FOLLOWS_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** @param answered gets the response, JSON, or null when it failed */
    private record Turn(Broadcast broadcast, boolean persist, Allowance.Part room, Consumer<String> answered) {
    }

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    /** Whom not to bring it, or null. */
    private final TopicHub.Receiver except;
    /** The first one is being stored. Null until something is, which for most channels never is. */
    private Deque<Turn> turns;
    /** The last one that stored something, and when that was. */
    private long transaction;
    private long storedAt;

    BroadcastTurns(RealtimeSession session, RealtimeServices services, Topic topic, TopicHub.Receiver except) {
        this.session = session;
        this.services = services;
        this.topic = topic;
        this.except = except;
    }

    /** @param answered gets the response, JSON, or null when it failed */
    void take(Broadcast broadcast, boolean persist, Consumer<String> answered) {
        boolean first = turns == null || turns.isEmpty();
        if (first && !persist) {
            publish(broadcast);
            answered.accept("{}");
            return;
        }
        Allowance.Part room = services.stored().room(broadcast);
        if (room == null) {
            answered.accept(null);
            return;
        }
        session.storing(StoredBroadcasts.cost(broadcast));
        if (turns == null) {
            turns = new ArrayDeque<>(4);
        }
        turns.add(new Turn(broadcast, persist, room, answered));
        if (first) {
            store();
        }
    }

    /** Stores the first. */
    private void store() {
        services.stored().store(topic.name(), turns.peek().broadcast, except).onComplete(stored -> session.loop().execute(() -> stored(stored)));
    }

    private void stored(AsyncResult<StoredBroadcasts.Kept> stored) {
        if (stored.succeeded()) {
            transaction = stored.result().transaction();
            storedAt = System.nanoTime();
        }
        end(turns.peek(), stored.succeeded() ? "{\"id\":" + RawJson.quote(stored.result().id()) + "}" : null);
        while (!turns.isEmpty() && !turns.peek().persist) {
            publish(turns.peek().broadcast);
            end(turns.peek(), "{}");
        }
        if (!turns.isEmpty()) {
            store();
        }
    }

    /** Removed last: what comes because the socket is read again waits its turn. */
    private void end(Turn first, String response) {
        first.room.giveBack();
        first.answered.accept(response);
        session.storing(-StoredBroadcasts.cost(first.broadcast));
        turns.remove();
    }

    private void publish(Broadcast broadcast) {
        services.figures().broadcast();
        boolean follows = transaction != 0 && System.nanoTime() - storedAt < FOLLOWS_NANOS;
        services.hub().publish(topic, broadcast, except, follows ? transaction : 0);
    }
}
