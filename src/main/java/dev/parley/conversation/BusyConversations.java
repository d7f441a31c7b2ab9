package dev.parley.conversation;

import dev.parley.conversation.MessageBatch.Result;
import dev.parley.database.Reminder;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Conversations whose counter another transaction holds. Each waits by itself, so that a foreign transaction left open delays its own
 * conversation only; a few wait in the database's lock queue at a time, in turns, so that a long wait does not keep a short one out.
 * On the writer's event loop only.
 */
final class BusyConversations {

    /** A turn in the lock queue; at its end the others that wait for a turn come first. Each turn in vain is an error in the server's log. */
    private static final int TURN_MS = 250, TURN_OF_FEW_MS = 2_000;
    /** Behind another replica's waiter each of two locks may take a turn; the pool gives up after half of the patience. */
    private static final int TURNS_IN_PATIENCE = 8;
    /** So often a row that came or went at the same moment may be to blame; then it is a message of the batch. */
    private static final int MAX_REPEATS = 10;

    private static final Logger LOG = Logger.getLogger(BusyConversations.class);

    private final GroupCommitWriter writer;
    private final int most;
    private final Reminder complaint = new Reminder(Duration.ofSeconds(30));
    private final Map<UUID, Deque<PendingMessage>> queues = new HashMap<>();
    private final Deque<UUID> turns = new ArrayDeque<>();
    private int waiters;

    BusyConversations(GroupCommitWriter writer, int waiters) {
        this.writer = writer;
        this.most = waiters;
    }

    /** Takes a message whose conversation is known to be busy, behind those that wait already; false when it is not busy. */
    boolean takes(PendingMessage pending) {
        Deque<PendingMessage> queue = queues.get(pending.message().conversationId());
        if (queue == null) {
            return false;
        }
        queue.add(pending);
        return true;
    }

    /** Takes a message whose conversation turned out to be busy. */
    void add(PendingMessage pending) {
        if (!takes(pending)) {
            UUID conversation = pending.message().conversationId();
            queues.put(conversation, new ArrayDeque<>(List.of(pending)));
            turns.add(conversation);
            next();
        }
    }

    private void next() {
        while (waiters < most && !turns.isEmpty()) {
            waiters++;
            write(turns.poll(), writer.config().batch());
        }
    }

    private void write(UUID conversation, int limit) {
        Deque<PendingMessage> queue = queues.get(conversation);
        List<PendingMessage> batch = new ArrayList<>();
        while (batch.size() < limit && !queue.isEmpty()) {
            batch.add(queue.poll());
        }
        if (batch.isEmpty()) {
            endTurn(conversation);
            return;
        }
        writer.writeWaiting(batch, turn()).onComplete(written -> {
            if (written.succeeded()) {
                settle(conversation, batch, written.result());
            } else {
                failed(conversation, batch, written.cause());
            }
        });
    }

    /** One place in the lock queue is free again soon, whatever the others wait for. */
    private int turn() {
        boolean few = turns.isEmpty() && waiters < most;
        return few ? (int) Math.max(TURN_MS, Math.min(TURN_OF_FEW_MS, writer.config().patience().toMillis() / TURNS_IN_PATIENCE)) : TURN_MS;
    }

    private void settle(UUID conversation, List<PendingMessage> batch, Result[] results) {
        // "busy" can't be answered by a call that waits, "again" follows an earlier message of the same id that was refused
        List<PendingMessage> again = new ArrayList<>(0);
        writer.settle(batch, results, again, again);
        putBack(conversation, again);
        endTurn(conversation);
    }

    private void failed(UUID conversation, List<PendingMessage> batch, Throwable failure) {
        WriteFailure kind = WriteFailure.of(failure);
        boolean locked = failure instanceof PgException error && "55P03".equals(error.getSqlState());
        boolean refused = kind == WriteFailure.SPLIT && !locked || WriteFailure.isIntegrity(failure) && batch.get(0).repeated() > MAX_REPEATS;
        if (refused) {
            if (batch.size() == 1) {
                refuseAlone(batch.get(0), failure);
                endTurn(conversation);
            } else {
                putBack(conversation, batch);
                write(conversation, 1); // one by one: the bad one fails alone
            }
            return;
        }
        long now = System.nanoTime();
        batch.removeIf(pending -> pending.isOverdue(now) && refuse(pending));
        putBack(conversation, batch);
        if (kind == WriteFailure.PAUSE || kind == WriteFailure.SUSPECT) {
            writer.vertx().setTimer(TURN_MS, tick -> endTurn(conversation));
        } else {
            endTurn(conversation);
        }
    }

    private void refuseAlone(PendingMessage pending, Throwable failure) {
        boolean setUp = WriteFailure.isSetUp(failure);
        if (setUp || WriteFailure.isStray(failure)) {
            complaint.say(() -> LOG.warnf("messages can't be stored: %s", ((PgException) failure).getErrorMessage()));
        }
        if (setUp) {
            writer.refuse(pending, ErrorCode.UNAVAILABLE, "the database can't store this message for now: send it again with the same id");
        } else {
            writer.refuse(pending, ErrorCode.INVALID_MESSAGE, "the database refuses this message");
        }
    }

    /** Answers those who have waited too long, whether or not their conversation has had a turn. */
    void refuseOverdue() {
        long now = System.nanoTime();
        queues.values().forEach(queue -> queue.removeIf(pending -> pending.isOverdue(now) && refuse(pending)));
    }

    private boolean refuse(PendingMessage pending) {
        writer.refuse(pending, ErrorCode.UNAVAILABLE, "the conversation is held by another transaction, or the database can't store this at the moment: send the message again with the same id");
        return true;
    }

    private void putBack(UUID conversation, List<PendingMessage> pending) {
        Deque<PendingMessage> queue = queues.get(conversation);
        for (int i = pending.size() - 1; i >= 0; i--) {
            queue.addFirst(pending.get(i));
        }
    }

    private void endTurn(UUID conversation) {
        waiters--;
        if (queues.get(conversation).isEmpty()) {
            queues.remove(conversation);
        } else {
            turns.add(conversation);
        }
        next();
    }
}
