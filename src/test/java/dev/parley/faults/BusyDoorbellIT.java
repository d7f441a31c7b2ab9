package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Programs that would queue up to ring the doorbell need not, and their rows are not late for it. With polls so rare that none helps. */
class BusyDoorbellIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WRITERS = 24;
    private static final String INSERT = "insert into messages (conversation_id, content) values (?, 'of many')";

    @Test
    void commitsThatWouldQueueUpBehindTheDoorbellStopRingingAndArriveAllTheSame() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance one = unpolled(database).start()) {
            List<UUID> conversations = Conversations.insert(database, WRITERS);
            AtomicBoolean crowd = new AtomicBoolean(true), lastOne = new AtomicBoolean(true);
            ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
            try (Connection remembers = database.connect(); StreamClient near = StreamClient.global().join(one)) {
                List<? extends Future<?>> writing = conversations.stream()
                        .map(conversation -> writers.submit(() -> write(database, conversation, conversation == conversations.get(0) ? lastOne : crowd))).toList();
                Await.until(() -> !rings(database), PATIENCE, "the doorbell falls silent");
                Sql.run(remembers, INSERT, conversations.get(0));
                crowd.set(false);
                // one writer goes on, or it would ring again before the other is there
                try (Instance other = unpolled(database).start(); StreamClient far = StreamClient.global().join(other)) {
                    Await.until(() -> far.deliveries().count() > 0, PATIENCE, "a replica that starts in silence looks by itself");
                    assertEquals(1, one.metric("parley_feed_doorbell_silent"));
                    lastOne.set(false);
                    for (Future<?> writer : writing) {
                        writer.get();
                    }
                    assertArrives(near, database);

                    Await.until(() -> rings(database), PATIENCE, "the doorbell rings again");
                    // a session that knows of the silence does not ring for up to a minute
                    Sql.run(remembers, INSERT, conversations.get(0));
                    assertArrives(near, database);
                    far.deliveries().assertNoViolation();
                }
            } finally {
                crowd.set(false);
                lastOne.set(false);
                writers.shutdown();
            }
        }
    }

    private static Instance.Builder unpolled(TestPostgres database) {
        return Instance.over(database).setting("parley.feed.poll-interval", "1h");
    }

    private static boolean rings(TestPostgres database) {
        return Sql.on(database).value("select notify from parley.feed", Boolean.class);
    }

    private static Void write(TestPostgres database, UUID conversation, AtomicBoolean goesOn) throws Exception {
        try (Connection connection = database.connect()) {
            while (goesOn.get()) {
                Sql.run(connection, INSERT, conversation);
            }
        }
        return null;
    }

    private static void assertArrives(StreamClient reader, TestPostgres database) {
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database);
        long number = committed.values().stream().mapToLong(List::size).sum();
        Await.until(() -> reader.deliveries().count() >= number, PATIENCE, () -> number + " are delivered; got " + reader.deliveries().count());
        reader.deliveries().assertExactly(committed);
    }
}
