package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** An innocent client beside one that misbehaves: it goes on receiving rows and broadcasts, and its socket is never closed. */
final class Bystander implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final TestPostgres database;
    private final UUID conversation;
    private final ChangeBinding messages;
    private final RealtimeClient client;
    private final RealtimeClient sender;
    private final RealtimeChannel channel;
    private final RealtimeChannel sending;
    private int shouts;

    private Bystander(TestPostgres database, RealtimeVersion version) {
        this.database = database;
        this.conversation = Conversations.insert(database, "bystander");
        this.messages = ChangeBinding.messages(conversation);
        this.client = RealtimeClient.of(version);
        this.sender = RealtimeClient.of(RealtimeVersion.V2);
        this.channel = client.channel(name()).on(messages);
        this.sending = sender.channel(name());
    }

    /** Joined on a socket of its own. */
    static Bystander join(TestPostgres database, Instance instance, RealtimeVersion version) throws IOException {
        Bystander bystander = new Bystander(database, version);
        bystander.client.connect(instance);
        bystander.sender.connect(instance);
        bystander.channel.join().awaitJoined();
        bystander.sending.join().awaitJoined();
        return bystander;
    }

    /** The channel's name, without {@code realtime:}. */
    String name() {
        return "bystander:" + conversation;
    }

    /** Fails unless a row and a broadcast arrive and nothing was ever said or closed that an innocent client would not expect. */
    void assertUndisturbed() throws IOException {
        UUID id = UUID.randomUUID();
        Sql.on(database).run("insert into messages (id, conversation_id, content) values (?, ?, 'still there?')", id, conversation);
        JsonNode shout = Json.read("{\"shout\":" + ++shouts + "}");
        sending.broadcast("shout", shout);
        channel.awaitBroadcast("shout", shout);
        Await.until(() -> messages.changes().stream().anyMatch(change -> change.row().path("id").asText().equals(id.toString())), PATIENCE,
                () -> "the bystander's message; closed " + client.closes());
        assertEquals(shouts, messages.changes().size(), "one row for each that was inserted");
        for (RealtimeClient innocent : List.of(client, sender)) {
            assertEquals(List.of(), innocent.closes());
            assertEquals(List.of(), innocent.violations());
        }
        assertEquals(List.of(), channel.errors());
    }

    @Override
    public void close() {
        client.close();
        sender.close();
    }
}
