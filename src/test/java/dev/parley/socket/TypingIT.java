package dev.parley.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That somebody types is said to everybody else who reads there, on every replica, now and then. */
class TypingIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration A_WHILE = Duration.ofMillis(500);
    private static final String TYPING = "{\"type\":\"typing\",\"sender_id\":\"ada\",\"sender_role\":\"customer\"}";

    private static TestPostgres database;
    private static Instance here;
    private static Instance there;

    private UUID conversation;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        here = Instance.over(database).begin();
        there = Instance.over(database).begin();
    }

    @BeforeEach
    void newConversation() {
        here.awaitReady();
        there.awaitReady();
        conversation = Conversations.insert(database, "typing");
    }

    @AfterAll
    static void stop() {
        here.close();
        there.close();
        database.close();
    }

    @Test
    void everybodyElseOnEveryReplicaIsToldWhoTypesAndNobodyInAnotherConversation() throws IOException {
        JsonNode told = Json.read("{\"type\":\"typing\",\"conversation_id\":\"%s\",\"sender_id\":\"ada\",\"sender_role\":\"customer\"}".formatted(conversation));
        UUID other = Conversations.insert(database, "another");
        try (StreamClient author = StreamClient.conversation(conversation).after(0).join(here);
                StreamClient near = StreamClient.conversation(conversation).after(0).join(here); StreamClient nearAll = StreamClient.global().join(here);
                StreamClient far = StreamClient.conversation(conversation).after(0).join(there); StreamClient farAll = StreamClient.global().join(there);
                StreamClient elsewhere = StreamClient.conversation(other).after(0).join(there)) {
            List<StreamClient> others = List.of(near, nearAll, far, farAll);
            Await.until(() -> {
                author.send(TYPING); // the replicas may have to get acquainted first
                return others.stream().noneMatch(reader -> reader.frames("typing").isEmpty());
            }, PATIENCE, () -> "all are told; were " + others.stream().map(reader -> reader.frames("typing").size()).toList());
            others.forEach(reader -> assertEquals(told, reader.frames("typing").get(0)));
            for (StreamClient reader : List.of(author, elsewhere)) {
                reader.send("{\"type\":\"ping\"}");
                reader.awaitFrame("what comes behind it", frame -> frame.path("type").asText().equals("pong"));
                assertEquals(List.of(), reader.frames("typing"));
            }
        }
    }

    @Test
    void whoTypesOnAndOnIsSaidToNowAndThen() throws IOException {
        try (StreamClient author = StreamClient.conversation(conversation).after(0).join(here);
                StreamClient reader = StreamClient.conversation(conversation).after(0).join(here)) {
            long begin = System.nanoTime();
            Await.until(() -> {
                author.send(TYPING);
                return System.nanoTime() - begin > A_WHILE.toNanos();
            }, PATIENCE, "it has typed for a while");
            author.sendMessage(UUID.randomUUID(), "behind it");
            Await.until(() -> reader.deliveries().count() == 1, PATIENCE, "the message");
            long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
            long said = reader.frames("typing").size();
            assertTrue(said >= 1 && said <= 1 + seconds, () -> said + " times in " + seconds + " s");
        }
    }
}
