package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ConcurrentHashMap;

/** A global stream that keeps what it saw of every conversation and compares it with the tables. */
public final class Witness implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String ROWS = """
            select to_json(m.*)::text from messages m where conversation_id = ? order by seq""";

    private final TestPostgres database;
    private final StreamClient stream;
    private final UUID fence;
    private final Map<UUID, List<JsonNode>> changes = new ConcurrentHashMap<>();
    private final Set<UUID> seen = ConcurrentHashMap.newKeySet();

    private Witness(TestPostgres database) {
        this.database = database;
        this.stream = StreamClient.global();
        this.fence = Conversations.insert(database, "fence");
    }

    /** Joins the global stream of an instance; sees everything that commits from now on. */
    public static Witness of(TestPostgres database, Instance instance) throws IOException {
        Witness witness = new Witness(database);
        witness.stream.onFrame(witness::record).join(instance);
        return witness;
    }

    public StreamClient stream() {
        return stream;
    }

    /** Waits until everything that has committed so far has been delivered: a message that commits now comes after all of it. */
    public void catchUp() {
        UUID marker = UUID.randomUUID();
        Sql.on(database).run("insert into messages (id, conversation_id, content) values (?, ?, 'marker')", marker, fence);
        Await.until(() -> seen.contains(marker), PATIENCE, () -> "marker delivered; closed " + stream.closes());
    }

    /** Frames that changed the conversation's messages or the conversation, in the order of arrival. */
    public List<JsonNode> changes(UUID conversation) {
        return List.copyOf(changes.getOrDefault(conversation, List.of()));
    }

    /** Fails unless what came, applied to nothing, makes exactly the rows that the table holds, and each step fitted. */
    public void assertSawExactly(UUID conversation) {
        catchUp();
        Map<String, JsonNode> replayed = new LinkedHashMap<>();
        for (JsonNode change : changes(conversation)) {
            apply(change, replayed);
        }
        List<JsonNode> table = Sql.on(database).with(connection -> {
            Sql.run(connection, "set timezone = 'UTC'");
            return Sql.values(connection, ROWS, String.class, conversation).stream().map(Json::read).toList();
        });
        if (!Objects.equals(new HashSet<>(table), new HashSet<>(replayed.values()))) {
            throw new AssertionError("the table holds\n  " + table + "\nbut the stream says\n  " + replayed.values());
        }
    }

    private static void apply(JsonNode change, Map<String, JsonNode> rows) {
        switch (change.get("type").asText()) {
            case "message" -> {
                if (rows.put(change.get("message").get("id").asText(), change.get("message")) != null) {
                    throw new AssertionError("came twice: " + change);
                }
            }
            case "message_updated" -> {
                if (rows.put(change.get("message").get("id").asText(), change.get("message")) == null) {
                    throw new AssertionError("an update of what never came: " + change);
                }
            }
            case "message_deleted" -> {
                if (rows.remove(change.get("id").asText()) == null) {
                    throw new AssertionError("the end of what never came: " + change);
                }
            }
            default -> {
            }
        }
    }

    private void record(JsonNode frame) {
        JsonNode owner = switch (frame.path("type").asText()) {
            case "message", "message_updated" -> frame.get("message").get("conversation_id");
            case "message_deleted" -> frame.get("conversation_id");
            case "conversation" -> frame.get("conversation").get("id");
            default -> null;
        };
        if (owner != null) {
            changes.computeIfAbsent(UUID.fromString(owner.asText()), unknown -> new CopyOnWriteArrayList<>()).add(frame);
        }
        if (frame.path("type").asText().equals("message")) {
            seen.add(UUID.fromString(frame.get("message").get("id").asText()));
        }
    }

    @Override
    public void close() {
        stream.close();
    }
}
