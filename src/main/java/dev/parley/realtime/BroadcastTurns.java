package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Says what one channel says, in that order. A stored broadcast is said by its row, once that has committed: until then what comes behind it waits, and for a
 * while afterwards goes out with the word that the row comes first. What waits is said even if the channel ends meanwhile. On the socket's event loop only.
 *
 * <p>What waits counts with what is being stored: for its socket, which is not read when there is much of it, and for all together.
 */
final class BroadcastTurns {

    /** By then each replica has read the row; one that has not waits for it from the first that follows, and no longer once the second time is over. */
    private static final long FOLLOWS_NANOS = TimeUnit.SECONDS.toNanos(10), FOLLOWS_OTHERS_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** The client has given up waiting for the answer then, and may say it again: it is not stored any more, and those behind it wait no longer for it. */
    private static final long STORED_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** @param answered gets the response, JSON, or null when it failed */
    private record Turn(Broadcast broadcast, boolean persist, long since, long cost, Allowance.Part room, Consumer<String> answered) {
    }

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    /** Whom not to bring it, or null. */
    private final TopicHub.Receiver except;
    /** The first one is being stored. Null until something is, which for most channels never is. */
    private Deque<Turn> turns;
    /** The last one that stored something, when that was, and whether anything was said to come after it. */
    private long transaction;
    private long storedAt;
    private boolean followed;

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
        long cost = StoredBroadcasts.cost(broadcast, persist);
        Allowance.Part room = services.stored().room(cost);
        if (room == null) {
            answered.accept(null);
            return;
        }
        session.storing(cost);
        if (turns == null) {
            turns = new ArrayDeque<>(4);
        }
        turns.add(new Turn(broadcast, persist, System.nanoTime(), cost, room, answered));
        if (first) {
            goOn();
        }
    }

    /** Up to the next one that is to be stored. */
    private void goOn() {
        for (Turn first; (first = turns.peek()) != null; ) {
            if (!first.persist) {
                publish(first.broadcast);
                end(first, "{}");
            } else if (System.nanoTime() - first.since > STORED_WITHIN_NANOS) {
                end(first, null);
            } else {
                Broadcast broadcast = first.broadcast;
                Future.succeededFuture().compose(now -> services.stored().store(topic.name(), broadcast, except))
                        .onComplete(stored -> session.loop().execute(() -> stored(stored)));
                return;
            }
        }
    }

    private void stored(AsyncResult<StoredBroadcasts.Kept> stored) {
        if (stored.succeeded() && stored.result().transaction() != 0) {
            transaction = stored.result().transaction();
            storedAt = System.nanoTime();
            followed = false;
        }
        end(turns.peek(), stored.succeeded() ? "{\"id\":" + RawJson.quote(stored.result().id()) + "}" : null);
        goOn();
    }

    /** Removed last: what comes because the socket is read again waits its turn. */
    private void end(Turn first, String response) {
        first.room.giveBack();
        first.answered.accept(response);
        session.storing(-first.cost);
        turns.remove();
    }

    private void publish(Broadcast broadcast) {
        services.figures().broadcast();
        followed = transaction != 0 && System.nanoTime() - storedAt < (followed ? FOLLOWS_OTHERS_NANOS : FOLLOWS_NANOS);
        services.hub().publish(topic, broadcast, except, followed ? transaction : 0);
    }
}
