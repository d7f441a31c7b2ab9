package dev.parley.conversation;

import dev.parley.conversation.MessageBatch.Result;
import dev.parley.database.Backoff;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * What waits for the next transaction. One is in flight as long as there is work; a second one only when enough waits to be worth its fixed cost.
 * On the writer's event loop only.
 */
final class CommitQueue {

    private static final Logger LOG = Logger.getLogger(CommitQueue.class);
    /** A batch serves many conversations: it must not stand still for one. */
    private static final int LOCK_TIMEOUT_MS = 200;
    /** Entries looked at for a batch beside one in flight: most may belong to conversations that are in that one. */
    private static final int LOOK_AHEAD = 2_000;
    /** So often a message whose conversation is locked goes with the next batch: another replica's batch holds it for a moment only. */
    private static final int MAX_PASSED_OVER = 3;
    /** So often a message's batch is repeated at once; then a message is at fault, and all of the batch go one by one. */
    private static final int MAX_REPEATS = 10;
    /** So often after a pause, for what may be the server's fault or a message's. */
    private static final int MAX_SUSPICIONS = 3;

    private final GroupCommitWriter writer;
    private final BusyConversations busy;
    private final Deque<PendingMessage> queue = new ArrayDeque<>();
    private final Backoff backoff = new Backoff(20, 1_000);
    private final Set<UUID> writing = new HashSet<>();
    private int inFlight;
    private boolean pausing;
    private boolean complained;

    CommitQueue(GroupCommitWriter writer, BusyConversations busy) {
        this.writer = writer;
        this.busy = busy;
    }

    void add(PendingMessage pending) {
        queue.add(pending);
    }

    /** Begins what transactions there is work and room for. */
    void commit() {
        WriterConfig config = writer.config();
        while (!pausing && !queue.isEmpty() && (inFlight == 0 || inFlight < config.transactions() && queue.size() >= config.overlap())) {
            List<PendingMessage> batch = take(config.batch());
            if (batch.isEmpty()) {
                return; // all that waits belongs to conversations in flight
            }
            write(batch);
        }
    }

    private List<PendingMessage> take(int most) {
        List<PendingMessage> batch = new ArrayList<>(Math.min(queue.size(), most));
        int look = LOOK_AHEAD;
        for (Iterator<PendingMessage> all = queue.iterator(); batch.size() < most && look-- > 0 && all.hasNext(); ) {
            PendingMessage pending = all.next();
            if (!writing.contains(pending.message().conversationId())) {
                batch.add(pending);
                all.remove();
            }
        }
        return batch;
    }

    private void write(List<PendingMessage> batch) {
        inFlight++;
        batch.forEach(pending -> writing.add(pending.message().conversationId()));
        writer.write(batch, LOCK_TIMEOUT_MS).onComplete(written -> {
            inFlight--;
            batch.forEach(pending -> writing.remove(pending.message().conversationId()));
            if (written.succeeded()) {
                settle(batch, written.result());
            } else {
                failed(batch, written.cause());
            }
            commit();
        });
    }

    private void settle(List<PendingMessage> batch, Result[] results) {
        if (complained) {
            LOG.info("messages are stored again");
            complained = false;
        }
        backoff.reset();
        List<PendingMessage> locked = new ArrayList<>(0), again = new ArrayList<>(0);
        writer.settle(batch, results, locked, again);
        // all messages of a locked conversation share its lot, so their order is kept
        for (PendingMessage pending : locked) {
            if (pending.passedOver() > MAX_PASSED_OVER) {
                busy.add(pending);
            } else {
                again.add(pending);
            }
        }
        putBack(again);
        // later messages to a conversation that turned out busy wait behind the earlier ones
        if (!locked.isEmpty()) {
            queue.removeIf(busy::takes);
        }
    }

    private void failed(List<PendingMessage> batch, Throwable failure) {
        writer.figures().repeated();
        switch (actionAfter(failure, batch)) {
            case REPEAT -> putBack(batch);
            case SPLIT -> {
                batch.forEach(busy::add);
                queue.removeIf(busy::takes);
            }
            case PAUSE, SUSPECT -> {
                if (!complained) {
                    LOG.warnf("messages can't be stored, trying on: %s", failure.getMessage());
                    complained = true;
                }
                putBack(batch);
                refuseOverdue();
                pausing = true;
                writer.vertx().setTimer(backoff.next(), tick -> {
                    pausing = false;
                    refuseOverdue();
                    commit();
                });
            }
        }
    }

    /** Failures are counted for each message, so that others' success meanwhile clears nobody. */
    private static WriteFailure actionAfter(Throwable failure, List<PendingMessage> batch) {
        WriteFailure kind = WriteFailure.of(failure);
        if (kind != WriteFailure.REPEAT && kind != WriteFailure.SUSPECT) {
            return kind;
        }
        int failures = batch.stream().mapToInt(PendingMessage::failed).max().orElse(0);
        return failures > (kind == WriteFailure.REPEAT ? MAX_REPEATS : MAX_SUSPICIONS) ? WriteFailure.SPLIT : kind;
    }

    private void putBack(List<PendingMessage> pending) {
        for (int i = pending.size() - 1; i >= 0; i--) {
            queue.addFirst(pending.get(i));
        }
    }

    /** Answers those who have waited too long. */
    void refuseOverdue() {
        long now = System.nanoTime();
        queue.removeIf(pending -> {
            if (pending.isOverdue(now)) {
                writer.refuse(pending, ErrorCode.UNAVAILABLE, "the database does not answer; the message may or may not be stored: send it again with the same id");
                return true;
            }
            return false;
        });
    }
}
