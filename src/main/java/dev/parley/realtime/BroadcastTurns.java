package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Says what one socket says on a topic, in that order. A stored broadcast is said by its row, once that has committed: until then what comes behind it waits,
 * and for a while afterwards goes out with the word that the row comes first. What waits is said even if the channel ends meanwhile, and before what is said
 * on the one that takes its place. On the socket's event loop only.
 *
 * <p>What waits counts with what is being stored: for its socket, which is not read when there is much of it, and for all together.
 */
final class BroadcastTurns {

    /** By then each replica has read the row; one that has not waits for it from the first that follows, and no longer once the second time is over. */
    private static final long FOLLOWS_NANOS = TimeUnit.SECONDS.toNanos(10);
    static final long FOLLOWS_OTHERS_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** The client has given up waiting for the answer then, and may say it again: it is not stored any more, and those behind it wait no longer for it. */
    private static final long STORED_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** @param response JSON */
    record Answer(boolean ok, String response) {

        static final Answer SAID = new Answer(true, "{}");
        static final Answer NOT_SAID = new Answer(false, "{}");
        static final Answer UNSTORABLE = new Answer(false, "{\"error\":\"unstorable\"}");
        static final Answer UNKNOWN = new Answer(false, "{\"error\":\"unknown_whether_stored\"}");
    }

    private record Turn(Broadcast broadcast, boolean persist, long since, long cost, Allowance.Part room, Consumer<Answer> answered) {
    }

    private final RealtimeSession session;
    private final RealtimeServices services;
    private final Topic topic;
    /** The first one is being stored. */
    private final Deque<Turn> turns = new ArrayDeque<>(4);
    /** The last one that stored something, when that was, and whether anything was said to come after it. */
    private long transaction;
    private long storedAt;
    private boolean followed;

    BroadcastTurns(RealtimeSession session, RealtimeServices services, Topic topic) {
        this.session = session;
        this.services = services;
        this.topic = topic;
    }

    void take(Broadcast broadcast, boolean persist, Consumer<Answer> answered) {
        boolean first = turns.isEmpty();
        if (first && !persist) {
            publish(broadcast);
            answered.accept(Answer.SAID);
            return;
        }
        long cost = StoredBroadcasts.cost(broadcast, persist);
        Allowance.Part room = services.stored().room(cost);
        if (room == null) {
            answered.accept(Answer.NOT_SAID);
            return;
        }
        session.storing(cost);
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
                end(first, Answer.SAID);
            } else if (System.nanoTime() - first.since > STORED_WITHIN_NANOS) {
                end(first, Answer.NOT_SAID);
            } else {
                Broadcast broadcast = first.broadcast;
                Future.succeededFuture().compose(now -> services.stored().store(topic.name(), broadcast, session.broadcasts().source()))
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
        end(turns.peek(), answer(stored));
        goOn();
    }

    private static Answer answer(AsyncResult<StoredBroadcasts.Kept> stored) {
        if (stored.succeeded()) {
            return new Answer(true, "{\"id\":" + RawJson.quote(stored.result().id()) + "}");
        }
        return stored.cause() instanceof UnknownOutcome ? Answer.UNKNOWN : stored.cause() instanceof Unstorable ? Answer.UNSTORABLE : Answer.NOT_SAID;
    }

    /** Removed last: what comes because the socket is read again waits its turn. */
    private void end(Turn first, Answer answer) {
        first.room.giveBack();
        first.answered.accept(answer);
        session.storing(-first.cost);
        turns.remove();
    }

    private void publish(Broadcast broadcast) {
        followed = transaction != 0 && System.nanoTime() - storedAt < (followed ? FOLLOWS_OTHERS_NANOS : FOLLOWS_NANOS);
        session.broadcasts().publish(topic, broadcast, followed ? transaction : 0);
    }

    /** Nothing waits, and what is said now need not come after anything. */
    boolean isOver() {
        return turns.isEmpty() && (transaction == 0 || System.nanoTime() - storedAt >= FOLLOWS_OTHERS_NANOS);
    }
}
