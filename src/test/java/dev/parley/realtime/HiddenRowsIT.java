package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.access.Tokens;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored for private channels comes to nobody by another way, and an old token opens nothing. */
class HiddenRowsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "INSERT"})
    void aSubscriptionToEverythingHasNoStoredBroadcasts(String event) throws IOException {
        UUID conversation = Conversations.insert(database, "seen");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            ChangeBinding live = ChangeBinding.of(event, "*", "*").afterPosition(null);
            client.channel("live").on(live).join().awaitJoined();
            say(conversation, "before");
            Await.until(() -> seen(live, "before"), PATIENCE, "what anybody may see comes");
            String position = live.changes().get(live.changes().size() - 1).position();

            Sql.on(database).run("select realtime.send('{\"text\":\"secret\"}', 'note', 'room:alice-and-bob', true)");
            say(conversation, "after");
            Await.until(() -> seen(live, "after"), PATIENCE, "what anybody may see comes");
            assertNothingHidden(live);

            ChangeBinding late = ChangeBinding.of(event, "*", "*").afterPosition(position);
            client.channel("late").on(late).join().awaitJoined();
            Await.until(() -> seen(late, "after"), PATIENCE, "what was missed comes");
            assertNothingHidden(late);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSocketWhoseTokenHasExpiredJoinsNothing(RealtimeVersion version) throws IOException {
        Instant end = Instant.now().plusSeconds(3);
        String token = Tokens.shared("HS256", null, Instance.JWT_SECRET, "{\"role\":\"authenticated\",\"exp\":" + end.getEpochSecond() + "}");
        try (RealtimeClient client = RealtimeClient.of(version, token).connect(instance)) {
            client.channel("in time").join().awaitJoined();
            Await.until(() -> Instant.now().isAfter(end.plusSeconds(1)), PATIENCE, "the token has expired");
            RealtimeChannel late = client.channel("late").join();
            JsonNode reply = late.awaitJoinReply();
            assertEquals("error", reply.path("status").asText(), reply::toString);
            assertTrue(reply.path("response").path("reason").asText().contains("Token has expired"), reply::toString);
            assertEquals(1, late.frames().size(), late.frames()::toString);
        }
    }

    private static void say(UUID conversation, String content) {
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", conversation, content);
    }

    private static boolean seen(ChangeBinding binding, String content) {
        return binding.changes().stream().anyMatch(change -> change.row().path("content").asText().equals(content));
    }

    private static void assertNothingHidden(ChangeBinding binding) {
        List<RowChange> hidden = binding.changes().stream().filter(change -> !change.data().path("schema").asText().equals("public")).toList();
        assertEquals(List.of(), hidden);
        assertFalse(binding.changes().toString().contains("secret"));
    }
}
