package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database connection whose peer says nothing any more, and does not close either: a backend that is stopped, a network that drops what it is given. */
class HalfOpenIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String REPEATS = "parley_writer_repeats_total";

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
            assertReceivedEachRowOnce();
            assertEquals(List.of(), stream.closes());
            assertEquals(List.of(), stream.frames("resync"));
        }
    }

    /** A message by itself goes by the tail's connection; of many at once, all but perhaps the first go by the writer's. */
    @Test
    void sendsAreStoredOnceWhenTheWritersConnectionsFallSilent() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            sendMany(stream).forEach(id -> answer(stream, id));
            double repeatsBefore = instance.metric(REPEATS);
            List<String> writers = silenced("parley-writer", () -> {
                for (UUID id : sendMany(stream)) {
                    assertEquals("ack", answer(stream, id).path("type").asText());
                }
            });
            assertTrue(instance.metric(REPEATS) > repeatsBefore, "nothing went into the silence: this run has shown nothing");
            // what lay there unread is done now, if it is
            Await.until(() -> Sql.on(database).value("select count(*) from pg_stat_activity where pid::text = any (?)", Long.class,
                    (Object) writers.toArray(String[]::new)) == 0, PATIENCE, "the connections that were given up have ended");
            assertReceivedEachRowOnce();
        }
    }

    private static List<UUID> sendMany(StreamClient stream) throws IOException {
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(50).toList();
        for (UUID id : ids) {
            stream.sendMessage(id, "one of many");
        }
        return ids;
    }

    /** Behind a row that commits now. */
    private void assertReceivedEachRowOnce() {
        Sql sql = Sql.on(database);
        sql.run("insert into messages (conversation_id, content) values (?, 'fence')", conversation);
        Await.until(() -> received.stream().anyMatch(message -> message.path("content").asText().equals("fence")), PATIENCE, "the fence reaches the stream");
        assertEquals(sql.values("select id::text from messages where conversation_id = ? order by seq", String.class, conversation),
                received.stream().map(message -> message.path("id").asText()).toList());
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

    /** Stops the backends that serve the named connections, as a host that hangs would, and lets them go on afterwards. @return their process ids */
    private static List<String> silenced(String application, Step step) throws IOException {
        List<String> backends = Sql.on(database).values("select pid::text from pg_stat_activity where application_name = ?", String.class, application);
        assertFalse(backends.isEmpty(), () -> "no backend serves " + application + ": there is nothing to silence");
        signal("STOP", backends);
        try {
            step.run();
        } finally {
            signal("CONT", backends);
        }
        return backends;
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
