package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A database whose encoding is not UTF-8: what it can't hold is refused, what it holds is told. */
class EncodingIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NAME = "/latin";

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() throws SQLException {
        database = TestPostgres.start();
        run("/postgres", "create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'");
        run(NAME, "create table notes (id int primary key, room int, note json); create publication supabase_realtime for table notes");
        instance = Instance.over(database).setting("quarkus.datasource.jdbc.url", database.jdbcUrl().replace("/postgres", NAME))
                .setting("quarkus.datasource.reactive.url", database.reactiveUrl().replace("/postgres", NAME)).start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void textThatTheEncodingLacksIsRefusedAsTheClientsMistake() {
        UUID conversation = Api.of(instance).createConversation("fünf");
        String path = "/api/conversations/" + conversation;
        assertRefused("PARLEY-INVALID-REQUEST", Http.send("POST", instance.http("/api/conversations"), Json.object(Map.of("subject", "😀"))));
        assertRefused("PARLEY-INVALID-REQUEST", Http.send("PATCH", instance.http(path), Json.object(Map.of("metadata", Map.of("a", "😀")))));
        assertRefused("PARLEY-INVALID-REQUEST", Http.get(instance.http("/api/conversations?customer_id=%F0%9F%98%80")));
        assertRefused("PARLEY-INVALID-MESSAGE", Api.of(instance).send(conversation, UUID.randomUUID(), "😀"));
        assertEquals("zwölf", Api.of(instance).sendNew(conversation, "zwölf").path("content").asText());
        assertEquals("fünf", Json.read(Http.get(instance.http(path)).body()).path("subject").asText());
    }

    @Test
    void aFilteredReplayReadsOnOverEscapesThatTheDatabaseCannotRead() throws IOException, SQLException {
        ChangeBinding first = ChangeBinding.of("*", "public", "notes").filter("room=eq.1");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("first").on(first).joinOnceWatched();
            run(NAME, "insert into notes values (1, 1, null)");
            Await.until(() -> first.changes().size() == 1, PATIENCE, "the first row");
        }
        run(NAME, "insert into notes values (2, 2, '\"\\u2019\"'), (3, 1, '\"\\u2019\"'), (4, 1, '\"\\u00e4\"'); update notes set note = '1'");
        ChangeBinding again = ChangeBinding.of("*", "public", "notes").filter("room=eq.1").afterPosition(first.position());
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("again").on(again).joinOnceWatched();
            Await.until(() -> again.changes().size() == 5, PATIENCE, () -> "what was missed; got " + again.changes());
        }
        assertEquals(List.of(3, 4, 1, 3, 4), again.changes().stream().map(change -> change.data().path("record").path("id").asInt()).toList());
        assertEquals("{\"id\":3,\"room\":1,\"note\":\"’\"}", again.changes().get(0).data().path("record").toString());
    }

    private static void assertRefused(String code, HttpResponse<String> answer) {
        assertEquals(400, answer.statusCode(), answer::body);
        assertEquals(code, Json.read(answer.body()).path("code").asText());
    }

    private static void run(String name, String sql) throws SQLException {
        try (var connection = DriverManager.getConnection(database.jdbcUrl().replace("/postgres", name), "postgres", ""); var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
