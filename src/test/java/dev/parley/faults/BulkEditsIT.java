package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A conversation of which a program edits thousands of messages again and again, more at a time than a replay carries. */
class BulkEditsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MESSAGES = 5_500;
    private static final int ROUNDS = 12;
    private static final int READERS = 8;

    @Test
    void readersThatHaveToBeginAnewWhileTheEditsGoOnAreLiveInTheEnd() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance instance = Instance.over(database).setting("parley.stream.join-buffer", "1").start()) {
            UUID conversation = Conversations.insert(database, "bulk");
            Sql sql = Sql.on(database);
            sql.run("insert into messages (conversation_id, content) select ?, 'first' from generate_series(1, ?)", conversation, MESSAGES);
            String before;
            try (StreamClient reader = StreamClient.conversation(conversation).after(MESSAGES).join(instance)) {
                before = reader.position();
            }
            List<StreamClient> readers = new ArrayList<>();
            try {
                for (int i = 0; i < READERS; i++) {
                    readers.add(StreamClient.conversation(conversation).after(MESSAGES).at(before));
                }
                sql.run("update messages set content = 'second'");
                CompletableFuture<Void> edits = CompletableFuture.runAsync(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        sql.run("update messages set content = 'round ' || ?", round);
                    }
                });
                for (StreamClient reader : readers) {
                    reader.connect(instance);
                }
                edits.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                for (StreamClient reader : readers) {
                    reader.awaitResync();
                }
                for (StreamClient reader : readers) {
                    Await.until(() -> {
                        // one that commits before a reader's new beginning is not for it
                        sql.run("insert into messages (conversation_id, content) values (?, 'later')", conversation);
                        Await.pause(Duration.ofMillis(100));
                        return reader.deliveries().count() > 0;
                    }, PATIENCE, () -> "a message after the edits; got " + reader.frames("resync") + reader.frames("live"));
                    assertEquals(List.of(), reader.closes());
                    reader.deliveries().assertNoViolation();
                }
            } finally {
                readers.forEach(StreamClient::close);
            }
        }
    }
}
