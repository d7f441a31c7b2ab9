package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** When a thousand clients come back at once, the database must not plan the same statement a thousand times: that took five times as long as all the rest of it. */
class PreparedReadsIT {

    private static final int JOINS = 12;

    @Test
    void joinsArePlannedOnceForEachConnection() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance instance = Instance.over(database).start()) {
            UUID conversation = Conversations.insert(database, 1).get(0);
            String position;
            try (StreamClient before = StreamClient.global().join(instance)) {
                position = before.position();
            }
            try (Connection superuser = database.connect()) {
                superuser.createStatement().execute("insert into messages (conversation_id, sender_role, content) values ('%s', 'system', 'to be replayed')".formatted(conversation));
                superuser.createStatement().execute("alter system set log_min_duration_statement = 0");
                superuser.createStatement().execute("select pg_reload_conf()");
            }
            Await.until(() -> {
                join(instance, StreamClient.conversation(conversation));
                return !parsed(database, "").isEmpty();
            }, Duration.ofSeconds(20), "the server logs what it parses");

            for (int i = 0; i < JOINS; i++) {
                join(instance, StreamClient.conversation(conversation));
                join(instance, StreamClient.conversation(conversation).after(0));
                join(instance, StreamClient.conversation(conversation).after(1).at(position));
                join(instance, StreamClient.global().at(position));
            }

            assertFalse(parsed(database, "").isEmpty(), "nothing was parsed, or nothing is logged");
            assertEquals(List.of(), parsed(database, "<unnamed>"), "parsed for one use");
        }
    }

    private static void join(Instance instance, StreamClient stream) {
        try (stream) {
            stream.join(instance);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first lines of the statements that replays had parsed under this name. */
    private static List<String> parsed(TestPostgres database, String name) {
        return database.log().lines().filter(line -> line.contains("parley-reader") && line.contains(" parse " + name)).toList();
    }
}
