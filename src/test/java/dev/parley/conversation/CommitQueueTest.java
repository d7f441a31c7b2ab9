package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.conversation.MessageBatch.Outcome;
import dev.parley.conversation.MessageBatch.Result;
import dev.parley.database.DatabaseLoop;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order messages are written, whatever holds them up. Without a database: each batch ends as the test says. */
class CommitQueueTest {

    private static final WriterConfig CONFIG = new SmallRyeConfigBuilder().withConverter(Duration.class, 200, new DurationConverter())
            .withMapping(WriterConfig.class).build().getConfigMapping(WriterConfig.class);
    private static final UUID HELD = UUID.randomUUID(), FREE = UUID.randomUUID();

    private final Vertx vertx = Vertx.vertx();
    private final Writer writer = new Writer();
    private final BusyConversations busy = new BusyConversations(writer, CONFIG.waiters());
    private final CommitQueue queue = new CommitQueue(writer, busy);
    private final List<String> stored = new ArrayList<>();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void whatComesWhileAConversationIsLockedIsWrittenBehindWhatWaitsThere() {
        send(HELD, "one");
        Batch last = null;
        for (int turn = 1; turn <= 4; turn++) {
            last = writer.next();
            send(HELD, "later " + turn);
            if (turn < 4) {
                last.end(Outcome.BUSY);
            }
        }
        last.end(Outcome.BUSY); // it has been passed over so often that it waits by itself
        Batch waiting = writer.next();
        assertEquals(List.of("one"), waiting.contents(), "what had been passed over less often went ahead, or along");
        send(FREE, "elsewhere");
        writer.next().end(Outcome.CREATED);
        waiting.end(Outcome.CREATED);
        writer.next().end(Outcome.CREATED);
        assertEquals(List.of("elsewhere", "one", "later 1", "later 2", "later 3", "later 4"), stored);
        assertEquals(List.of(), writer.batches);
    }

    @Test
    void whatIsWrittenAgainGoesAheadOfWhatCameMeanwhile() {
        send(FREE, "one");
        Batch first = writer.next();
        send(FREE, "two");
        first.end(Outcome.AGAIN);
        writer.next().end(Outcome.CREATED);
        assertEquals(List.of("one", "two"), stored);
    }

    private void send(UUID conversation, String content) {
        PendingMessage pending = new PendingMessage(new NewMessage(UUID.randomUUID(), conversation, "ada", "customer", content, "{}"),
                new Sender(content, stored), System.nanoTime() + CONFIG.patience().toNanos());
        if (!busy.takes(pending)) {
            queue.add(pending);
        }
        queue.commit();
    }

    /** What is being written. */
    private record Batch(List<PendingMessage> messages, Promise<Result[]> end) {

        void end(Outcome outcome) {
            end.complete(messages.stream().map(message -> new Result(outcome, null)).toArray(Result[]::new));
        }

        List<String> contents() {
            return messages.stream().map(pending -> pending.message().content()).toList();
        }
    }

    private final class Writer extends GroupCommitWriter {

        private final List<Batch> batches = new ArrayList<>();

        Writer() {
            super(CONFIG, null, new DatabaseLoop(vertx), vertx, null, new WriterFigures());
        }

        Batch next() {
            return batches.remove(0);
        }

        @Override
        Future<Result[]> write(List<PendingMessage> batch, int lockTimeoutMs) {
            Batch begun = new Batch(List.copyOf(batch), Promise.promise());
            batches.add(begun);
            return begun.end().future();
        }

        @Override
        Future<Result[]> writeWaiting(List<PendingMessage> batch, int lockTimeoutMs) {
            return write(batch, lockTimeoutMs);
        }
    }

    /** Whoever sent it. */
    private record Sender(String content, List<String> stored) implements UniEmitter<Sent> {

        @Override
        public void complete(Sent sent) {
            stored.add(content);
        }

        @Override
        public void fail(Throwable failure) {
            throw new AssertionError(content, failure);
        }

        @Override
        public UniEmitter<Sent> onTermination(Runnable action) {
            throw new UnsupportedOperationException();
        }
    }
}
