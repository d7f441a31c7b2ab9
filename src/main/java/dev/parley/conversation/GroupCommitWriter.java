package dev.parley.conversation;

import dev.parley.conversation.MessageBatch.Result;
import dev.parley.conversation.MessageBatch.Written;
import dev.parley.database.Connections;
import dev.parley.database.DatabaseLoop;
import dev.parley.database.ExpendablePool;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Pool;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Group commit. Single-row transactions cap throughput at the disk's flush rate, so a few transactions are kept in flight and whatever arrives
 * meanwhile forms the next batch. There is no timer: an idle system commits at once.
 *
 * <p>A conversation is in one transaction at a time, so messages of one sender stay in order. A conversation that another transaction keeps
 * locked, for longer than another replica's batch would, steps out of the queue and waits by itself ({@link BusyConversations}).
 *
 * <p>Messages may come from any thread; all else happens on one event loop.
 */
@ApplicationScoped
public class GroupCommitWriter implements MessageWriter {

    private static final long SWEEP_MS = 1_000;
    /** Of a message that is written where the log is read: others' deliveries wait for it. */
    private static final int ALONE_LOCK_TIMEOUT_MS = 20;
    /** A batch of more is read page by page, as anybody's is, and not told in one piece. */
    private static final long MOST_TOLD_BYTES = 1 << 20;

    private final WriterConfig config;
    private final Vertx vertx;
    private final LogFollower follower;
    private final WriterFigures figures;
    private final Queue<PendingMessage> arrivals = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final Context context;
    private final ExpendablePool pool;
    private CommitQueue queue;
    private BusyConversations busy;

    GroupCommitWriter(WriterConfig config, Connections connections, DatabaseLoop loop, Vertx vertx, LogFollower follower, WriterFigures figures) {
        this.config = config;
        this.pool = new ExpendablePool(() -> connections.pool(connections.options("parley-writer"), config.transactions() + config.waiters(),
                MessageBatch.SESSION, follower::connected), config.patience().toMillis() / 2);
        this.context = loop.context();
        this.vertx = vertx;
        this.follower = follower;
        this.figures = figures;
    }

    @PostConstruct
    void open() {
        vertx.setPeriodic(SWEEP_MS, tick -> context.runOnContext(ignored -> {
            queue.refuseOverdue();
            busy.refuseOverdue();
        }));
        busy = new BusyConversations(this, config.waiters());
        queue = new CommitQueue(this, busy);
    }

    @PreDestroy
    void close() {
        pool.close();
    }

    @Override
    public Uni<Sent> send(NewMessage message) {
        return Uni.createFrom().emitter(sender -> {
            PendingMessage pending = new PendingMessage(message, sender, System.nanoTime() + config.patience().toNanos());
            boolean full = waiting.incrementAndGet() > config.queue();
            if (waitingBytes.addAndGet(pending.bytes()) > config.queueBytes() || full) {
                left(pending);
                pending.refused(ErrorCode.OVERLOADED, "too many messages wait to be stored");
                return;
            }
            arrivals.add(pending);
            if (scheduled.compareAndSet(false, true)) {
                context.runOnContext(ignored -> sort());
            }
        });
    }

    private void sort() {
        scheduled.set(false);
        for (PendingMessage pending; (pending = arrivals.poll()) != null; ) {
            if (!busy.takes(pending)) {
                queue.add(pending);
            }
        }
        queue.commit();
    }

    /** Tells the senders of a committed batch; those still open go, in order, into the two lists. */
    void settle(List<PendingMessage> batch, Result[] results, List<PendingMessage> locked, List<PendingMessage> again) {
        for (int i = 0; i < results.length; i++) {
            PendingMessage pending = batch.get(i);
            switch (results[i].outcome()) {
                case CREATED, DUPLICATE -> {
                    left(pending);
                    pending.stored(results[i].sent());
                }
                case UNKNOWN -> refuse(pending, ErrorCode.UNKNOWN_CONVERSATION, "there is no conversation " + pending.message().conversationId());
                case CLOSED -> refuse(pending, ErrorCode.CONVERSATION_CLOSED, "the conversation is closed");
                case CONFLICT -> refuse(pending, ErrorCode.ID_CONFLICT, "this id belongs to another message");
                case REFUSED -> refuse(pending, ErrorCode.INVALID_MESSAGE, "the database refuses this message");
                case BUSY -> locked.add(pending);
                case AGAIN -> again.add(pending);
            }
        }
    }

    void refuse(PendingMessage pending, ErrorCode code, String detail) {
        left(pending);
        pending.refused(code, detail);
    }

    private void left(PendingMessage pending) {
        waiting.decrementAndGet();
        waitingBytes.addAndGet(-pending.bytes());
    }

    /**
     * One batch, with a deadline: a failed one is repeated by whoever asked; should it be stored after all, its ids are known.
     * Conversations that somebody else has locked are passed over.
     */
    Future<Result[]> write(List<PendingMessage> batch, int lockTimeoutMs) {
        Optional<Future<Optional<Result>>> alone = batch.size() > 1 ? Optional.empty()
                : follower.readBehind(used -> MessageBatch.storeOne(used, batch.get(0).message(), ALONE_LOCK_TIMEOUT_MS));
        if (alone.isEmpty()) {
            boolean tells = follower.takesRows() && batch.stream().mapToLong(PendingMessage::bytes).sum() <= MOST_TOLD_BYTES;
            return byPool(used -> MessageBatch.write(used, batch, lockTimeoutMs, tells));
        }
        return alone.get().compose(result -> {
            if (result.isEmpty()) {
                return byPool(used -> MessageBatch.judge(used, batch, false, lockTimeoutMs));
            }
            figures.committed(1);
            return Future.succeededFuture(new Result[] {result.get()});
        });
    }

    /** The same for a conversation that somebody else has locked: waits for it. */
    Future<Result[]> writeWaiting(List<PendingMessage> batch, int lockTimeoutMs) {
        return byPool(used -> MessageBatch.judge(used, batch, true, lockTimeoutMs));
    }

    /** Whoever follows the log is told before the senders, and so delivers, or reads while they are answered. */
    private Future<Result[]> byPool(Function<Pool, Future<Written>> write) {
        return pool.ask(write).onSuccess(written -> {
            int stored = (int) Stream.of(written.results()).filter(result -> result.sent() != null).count();
            if (stored > 0) {
                figures.committed(stored);
                follower.committed(written.commit());
            }
        }).map(Written::results);
    }

    WriterConfig config() {
        return config;
    }

    Vertx vertx() {
        return vertx;
    }

    WriterFigures figures() {
        return figures;
    }
}
