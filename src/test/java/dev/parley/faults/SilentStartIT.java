package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A database that says at the start that its schema is in place, and then nothing more for a while. */
class SilentStartIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String COMPLAINT = "the feed is not connected: ";
    private static final int MESSAGES = 500;

    @Test
    void aTailWhoseFirstConnectionFallsSilentTakesAnotherOnItsOwnEventLoop() throws Exception {
        try (TestPostgres database = TestPostgres.start()) {
            Instance.over(database).start().close();
            UUID conversation = Conversations.insert(database, "silence");
            try (Connection holder = database.connect(); Instance instance = held(holder, database)) {
                Await.until(() -> instance.log().contains(COMPLAINT), PATIENCE, "the tail gives its first connection up");
                List<String> complaints = instance.log().lines().filter(line -> line.contains(COMPLAINT)).toList();
                assertTrue(complaints.stream().allMatch(line -> line.startsWith("vert.x-eventloop-thread")), () -> "the tail is on another thread: " + complaints);
                holder.rollback();
                instance.awaitReady();
                try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(instance)) {
                    Sql.on(database).with(connection -> {
                        for (int i = 0; i < MESSAGES; i++) {
                            Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'spoken')", conversation);
                        }
                        return null;
                    });
                    Await.until(() -> reader.deliveries().count() >= MESSAGES, PATIENCE, () -> reader.deliveries().count() + " messages came");
                    reader.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
                }
                Await.until(() -> connections(database) == 1, PATIENCE, () -> connections(database) + " connections of the tail");
            }
        }
    }

    /** An instance for which the schema is there, and the feed's table locked by somebody. */
    private static Instance held(Connection holder, TestPostgres database) throws Exception {
        holder.setAutoCommit(false);
        Sql.run(holder, "lock table parley.feed in access exclusive mode");
        return Instance.over(database).setting("parley.feed.read-timeout", "500ms").setting("quarkus.vertx.event-loops-pool-size", "4")
                .setting("quarkus.log.console.format", "%t %s%n").begin();
    }

    private static long connections(TestPostgres database) {
        return Sql.on(database).value("select count(*) from pg_stat_activity where application_name = 'parley-tail'", Long.class);
    }
}
