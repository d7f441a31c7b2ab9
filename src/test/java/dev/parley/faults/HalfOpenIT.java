package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Cable;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database connection whose peer says nothing any more, and does not close either: a backend that is stopped, a network that drops what it is given. */
class HalfOpenIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static TestPostgres database;
    private static Instance instance;

    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private UUID conversation;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        instance = Instance.over(database).setting("parley.feed.read-timeout", "2s").setting("parley.writer.patience", "6s").start();
    }

    @BeforeEach
    void newConversation() {
        conversation = Conversations.insert(database, "half open");
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void streamsGoOnWhenTheTailsConnectionFallsSilent() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            silenced("parley-tail", () -> {
                for (int i = 0; i < 3; i++) {
                    stream.sendMessage(UUID.randomUUID(), "while the tail is silent " + i);
                }
                Await.until(() -> received.size() == 3, PATIENCE, "the messages reach the stream");
            });
            assertEquals(List.of(), stream.closes());
            assertEquals(List.of(), stream.frames("resync"));
        }
    }

    @Test
    void sendsAreStoredOnceWhenTheWritersConnectionsFallSilent() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            UUID first = UUID.randomUUID(), second = UUID.randomUUID();
            stream.sendMessage(first, "so that there is a connection");
            answer(stream, first);
            silenced("parley-writer", () -> {
                stream.sendMessage(second, "into silence");
                Await.until(() -> received.size() == 2, PATIENCE, "the message is stored by another connection");
                assertEquals("ack", answer(stream, second).path("type").asText());
            });
            assertEquals(2, received.size());
        }
    }

    @Test
    void theLogIsTrimmedOnWhenAllConnectionsFallSilent() {
        Sql sql = Sql.on(database);
        try (Cable cable = new Cable(database.port()); Instance trimming = Instance.over(database).setting("parley.feed.read-timeout", "2s")
                .setting("parley.feed.retention", "2s").setting("quarkus.datasource.reactive.url", "postgresql://127.0.0.1:" + cable.port() + "/postgres").start()) {
            Await.until(() -> sql.value("select count(*) from parley.feed_marks", Long.class) > 1, PATIENCE, "trimming has begun");
            cable.silence();
            sql.run("insert into messages (conversation_id, content) values (?, 'to be trimmed')", conversation);
            Await.until(() -> sql.value("select count(*) from parley.change_log", Long.class) == 0, PATIENCE, "the log is trimmed over other connections");
        }
    }

    @Test
    void restIsServedAgainWhenAllItsConnectionsFallSilent() {
        try (Cable cable = new Cable(database.port()); Instance rest = Instance.over(database).setting("parley.feed.read-timeout", "2s")
                .setting("quarkus.datasource.reactive.max-size", "1")
                .setting("quarkus.datasource.reactive.url", "postgresql://127.0.0.1:" + cable.port() + "/postgres").start()) {
            assertStatus(200, rest);
            cable.silence();
            assertStatus(503, rest);
            Await.until(() -> Http.get(rest.http("/api/conversations/" + conversation)).statusCode() == 200, PATIENCE, "REST has other connections");
        }
    }

    private void assertStatus(int expected, Instance of) {
        HttpResponse<String> answer = Http.get(of.http("/api/conversations/" + conversation));
        assertEquals(expected, answer.statusCode(), answer.body());
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Stops the backends that serve the named connections, as a host that hangs would, and lets them go on afterwards. */
    private void silenced(String application, Step step) throws IOException {
        List<String> backends = Sql.on(database).values("select pid::text from pg_stat_activity where application_name = ?", String.class, application);
        signal("STOP", backends);
        try {
            step.run();
        } finally {
            signal("CONT", backends);
        }
    }

    private static void signal(String name, List<String> processes) throws IOException {
        for (String process : processes) {
            new ProcessBuilder("kill", "-" + name, process).inheritIO().start().onExit().join();
        }
    }

    private static JsonNode answer(StreamClient stream, UUID id) {
        Await.until(() -> stream.answer(id) != null, PATIENCE, "the send of " + id + " is answered");
        return stream.answer(id);
    }
}
