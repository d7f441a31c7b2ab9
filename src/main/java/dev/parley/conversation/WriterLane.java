package dev.parley.conversation;

import dev.parley.conversation.MessageBatch.Result;
import dev.parley.database.Backoff;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jboss.logging.Logger;

/** One transaction at a time, made of all that waits for it. On the writer's event loop only. */
final class WriterLane {

    private static final Logger LOG = Logger.getLogger(WriterLane.class);
    /** A lane serves many conversations: it must not stand still for one. */
    private static final int LOCK_TIMEOUT_MS = 200;

    private final GroupCommitWriter writer;
    private final BusyConversations busy;
    private final Deque<PendingMessage> queue = new ArrayDeque<>();
    private final Backoff backoff = new Backoff(20, 1_000);
    private boolean inFlight;
    private boolean complained;

    WriterLane(GroupCommitWriter writer, BusyConversations busy) {
        this.writer = writer;
        this.busy = busy;
    }

    void add(PendingMessage pending) {
        queue.add(pending);
    }

    void addFirst(PendingMessage pending) {
        queue.addFirst(pending);
    }

    void commitIfIdle() {
        if (inFlight || queue.isEmpty()) {
            return;
        }
        List<PendingMessage> batch = new ArrayList<>(Math.min(queue.size(), writer.config().batch()));
        while (batch.size() < writer.config().batch() && !queue.isEmpty()) {
            batch.add(queue.poll());
        }
        inFlight = true;
        MessageBatch.write(writer.pool(), batch, false, LOCK_TIMEOUT_MS).onComplete(written -> {
            inFlight = false;
            if (written.succeeded()) {
                settle(batch, written.result());
            } else {
                failed(batch, written.cause());
            }
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
        locked.forEach(busy::add);
        putBack(again);
        // later messages to a conversation that turned out busy wait behind the earlier ones
        if (!locked.isEmpty()) {
            queue.removeIf(busy::takes);
        }
        commitIfIdle();
    }

    private void failed(List<PendingMessage> batch, Throwable failure) {
        writer.figures().repeated();
        switch (WriteFailure.of(failure)) {
            case REPEAT -> {
                putBack(batch);
                commitIfIdle();
            }
            case SPLIT -> {
                batch.forEach(busy::add);
                queue.removeIf(busy::takes);
                commitIfIdle();
            }
            case PAUSE -> {
                if (!complained) {
                    LOG.warnf("messages can't be stored, trying on: %s", failure.getMessage());
                    complained = true;
                }
                putBack(batch);
                refuseOverdue();
                inFlight = true;
                writer.vertx().setTimer(backoff.next(), tick -> {
                    inFlight = false;
                    refuseOverdue();
                    commitIfIdle();
                });
            }
        }
    }

    private void putBack(List<PendingMessage> pending) {
        for (int i = pending.size() - 1; i >= 0; i--) {
            queue.addFirst(pending.get(i));
        }
    }

    private void refuseOverdue() {
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
