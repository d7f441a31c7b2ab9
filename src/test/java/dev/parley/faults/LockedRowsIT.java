package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Parallel;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Another program keeps conversations locked, as a session does that somebody left open: only they wait. */
class LockedRowsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int REST_CONNECTIONS = 2;

    @Test
    void changesOfALockedConversationAreAnsweredAndHoldUpNoOtherRequest() {
        try (TestPostgres database = TestPostgres.start();
                Instance instance = Instance.over(database).setting("quarkus.datasource.reactive.max-size", String.valueOf(REST_CONNECTIONS)).start()) {
            UUID locked = Conversations.insert(database, "locked");
            UUID other = Conversations.insert(database, "other");
            Sql.on(database).transaction(connection -> {
                Sql.run(connection, "update conversations set subject = 'being edited' where id = ?", locked);
                try {
                    Parallel.run(REST_CONNECTIONS, number -> () -> {
                        HttpResponse<String> answer = Http.send("PATCH", instance.http("/api/conversations/" + locked), "{\"subject\":\"changed " + number + "\"}");
                        assertEquals(503, answer.statusCode(), answer.body());
                        return null;
                    });
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                Await.until(() -> Http.get(instance.http("/api/conversations/" + other)).statusCode() == 200, Duration.ofSeconds(5), "there are connections for others");
                assertEquals("new", Api.of(instance).sendNew(other, "new").path("content").asText());
                return null;
            });
            Await.until(() -> Http.send("PATCH", instance.http("/api/conversations/" + locked), "{\"subject\":\"changed\"}").statusCode() == 200, PATIENCE,
                    "the conversation can be changed again");
        }
    }
}
