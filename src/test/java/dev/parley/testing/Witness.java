package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ConcurrentHashMap;

/** A stream, global or of one conversation, that keeps what it saw of every conversation and compares it with the tables. */
public final class Witness implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String ROWS = """
            select to_json(m.*)::text from messages m where conversation_id = ? order by seq""";
    private static final String CONVERSATION = "select to_json(c.*)::text from conversations c where id = ?";

    private final TestPostgres database;
    private final StreamClient stream;
    private final UUID fence;
    private final Map<UUID, List<JsonNode>> changes = new ConcurrentHashMap<>();
    private final Set<UUID> seen = ConcurrentHashMap.newKeySet();

    /** Whether its stream is resumed by {@code seq}: what was sent and deleted meanwhile is told by its end alone, since it is no row any more. */
    private volatile boolean resumesBySeq;

    private Witness(TestPostgres database, StreamClient stream, UUID fence) {
        this.database = database;
        this.stream = stream;
        this.fence = fence;
    }

    /** Joins the global stream of an instance; sees everything that commits from now on. */
    public static Witness of(TestPostgres database, Instance instance) throws IOException {
        return new Witness(database, StreamClient.global(), Conversations.insert(database, "fence")).join(instance);
    }

    /** Joins the stream of a conversation from its start. */
    public static Witness of(TestPostgres database, Instance instance, UUID conversation) throws IOException {
        return new Witness(database, StreamClient.conversation(conversation).after(0), conversation).join(instance);
    }

    private Witness join(Instance instance) throws IOException {
        stream.onFrame(this::record).join(instance);
        return this;
    }

    /** Breaks the connection and goes on, on the first of these instances that lets it in, where it was. */
    public void reconnect(List<Instance> instances) {
        resumesBySeq = stream.conversation() != null;
        stream.reconnect(instances);
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

    /** Fails unless what came, applied to nothing, makes exactly the rows that the table holds, each step fitted, and the conversation is as it was told last, if it was. */
    public void assertSawExactly(UUID conversation) {
        catchUp();
        Map<String, JsonNode> replayed = new LinkedHashMap<>();
        for (JsonNode change : changes(conversation)) {
            apply(change, replayed);
        }
        assertSame(rows(ROWS, conversation), replayed.values());
        List<JsonNode> told = changes(conversation).stream().filter(change -> change.get("type").asText().equals("conversation")).toList();
        JsonNode last = told.isEmpty() ? null : told.get(told.size() - 1);
        if (last != null && !last.get("event").asText().equals("DELETE")) {
            assertSame(rows(CONVERSATION, conversation), List.of(last.get("conversation")));
        }
    }

    private List<JsonNode> rows(String sql, UUID conversation) {
        return Sql.on(database).with(connection -> {
            Sql.run(connection, "set timezone = 'UTC'");
            return Sql.values(connection, sql, String.class, conversation).stream().map(Json::read).toList();
        });
    }

    private static void assertSame(Collection<JsonNode> table, Collection<JsonNode> told) {
        if (!Objects.equals(new HashSet<>(table), new HashSet<>(told))) {
            throw new AssertionError("the table holds\n  " + table + "\nbut the stream says\n  " + told);
        }
    }

    private void apply(JsonNode change, Map<String, JsonNode> rows) {
        switch (change.get("type").asText()) {
            case "message" -> {
                if (rows.put(change.get("message").get("id").asText(), change.get("message")) != null) {
                    throw new AssertionError("came twice: " + change);
                }
            }
            case "message_updated" -> {
                if (rows.put(change.get("message").get("id").asText(), change.get("message")) == null && !resumesBySeq) {
                    throw new AssertionError("an update of what never came: " + change);
                }
            }
            case "message_deleted" -> {
                if (rows.remove(change.get("id").asText()) == null && !resumesBySeq) {
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
