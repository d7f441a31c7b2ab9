package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Parallel;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Another program keeps conversations locked, as a session does that somebody left open: only those who need them wait, and not for ever. */
class LockedRowsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int REST_CONNECTIONS = 2;

    private static TestPostgres database;
    private static Instance instance;

    private UUID locked;
    private UUID other;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("quarkus.datasource.reactive.max-size", String.valueOf(REST_CONNECTIONS))
                .setting("parley.writer.queue-bytes", "1000000").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @BeforeEach
    void newConversations() {
        locked = Conversations.insert(database, "locked");
        other = Conversations.insert(database, "other");
    }

    @Test
    void changesOfALockedConversationAreAnsweredAndHoldUpNoOtherRequest() {
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "update conversations set subject = 'being edited' where id = ?", locked);
            assertUnavailable(this::change);
            Await.until(() -> read(other).statusCode() == 200, SOON, "there are connections for others");
            assertEquals("new", Api.of(instance).sendNew(other, "new").path("content").asText());
            return null;
        });
        Await.until(() -> change().statusCode() == 200, PATIENCE, "the conversation can be changed again");
    }

    @Test
    void readsOfALockedTableAreAnsweredAndLeaveNothingBehindInTheServer() {
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "lock table conversations in access exclusive mode");
            assertUnavailable(() -> read(other));
            Await.until(() -> Sql.on(database).value("select count(*) from pg_stat_activity where query like '%public.conversations%' and wait_event_type = 'Lock'",
                    Long.class) == 0, SOON, "nobody waits in the server for what nobody waits for here");
            return null;
        });
        Await.until(() -> read(other).statusCode() == 200, PATIENCE, "conversations can be read again");
    }

    @Test
    void messagesThatWaitForALockTakeBoundedMemoryAndTheOthersAreRefusedAtOnce() throws IOException {
        List<UUID> sent = new ArrayList<>();
        try (StreamClient client = StreamClient.conversation(other).after(0).join(instance)) {
            Sql.on(database).transaction(connection -> {
                Sql.run(connection, "lock table messages in exclusive mode");
                for (int i = 0; i < 60; i++) {
                    sent.add(UUID.randomUUID());
                    send(client, sent.get(i));
                }
                Await.until(() -> client.answer(sent.get(59)) != null, SOON, "the last one is refused");
                return null;
            });
            Await.until(() -> sent.stream().allMatch(id -> client.answer(id) != null), PATIENCE, "all are answered");
            List<String> answers = sent.stream().map(id -> client.answer(id).path("code").asText("stored")).distinct().toList();
            assertEquals(List.of("stored", "PARLEY-OVERLOADED"), answers, "as long as there is room, and no longer");
            long stored = sent.stream().filter(id -> client.answer(id).path("type").asText().equals("ack")).count();
            assertEquals(stored, Sql.on(database).value("select count(*) from messages where conversation_id = ?", Long.class, other));
            assertEquals("new", Api.of(instance).sendNew(other, "new").path("content").asText());
        }
    }

    private static void send(StreamClient client, UUID id) {
        try {
            client.sendMessage(id, "x".repeat(16_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> change() {
        return Http.send("PATCH", instance.http("/api/conversations/" + locked), "{\"subject\":\"changed\"}");
    }

    private static HttpResponse<String> read(UUID conversation) {
        return Http.get(instance.http("/api/conversations/" + conversation));
    }

    /** For as many requests at once as there are connections. */
    private static void assertUnavailable(Supplier<HttpResponse<String>> request) {
        try {
            Parallel.run(REST_CONNECTIONS, number -> () -> {
                HttpResponse<String> answer = request.get();
                assertEquals(503, answer.statusCode(), answer.body());
                return null;
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
