package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One entry of {@code postgres_changes} and who listens to it. With {@link #after} the entry asks, at each join anew, for what was missed.
 *
 * <p>Built before the channel joins; the listener is called on the reading thread.
 */
public final class ChangeBinding {

    private final ObjectNode entry = JsonNodeFactory.instance.objectNode();
    private final ObjectNode unknown = JsonNodeFactory.instance.objectNode();
    private final List<RowChange> changes = new CopyOnWriteArrayList<>();
    private Supplier<JsonNode> after = () -> null;
    private Consumer<RowChange> listener = changes::add;
    private volatile String position;
    private ObjectNode sent;
    private JsonNode id;

    private ChangeBinding(String event, String schema, String table) {
        entry.put("event", event).put("schema", schema).put("table", table);
    }

    /** @param event {@code INSERT}, {@code UPDATE}, {@code DELETE} or {@code *} */
    public static ChangeBinding of(String event, String schema, String table) {
        return new ChangeBinding(event, schema, table);
    }

    /** Inserted messages, of one conversation unless it is null. */
    public static ChangeBinding messages(Object conversation) {
        ChangeBinding binding = of("INSERT", "public", "messages");
        return conversation == null ? binding : binding.filter("conversation_id=eq." + conversation);
    }

    public ChangeBinding filter(String filter) {
        entry.put("filter", filter);
        return this;
    }

    /** Sends a member that means nothing to the server; it need not come back. */
    public ChangeBinding unknown(String name, JsonNode value) {
        unknown.set(name, value);
        return this;
    }

    /** Asked at each join; null leaves the key out. */
    public ChangeBinding after(Supplier<JsonNode> given) {
        after = given;
        return this;
    }

    /** Each join asks for what follows the last position that came, the first one for what follows this one; null asks for nothing missed. */
    public ChangeBinding afterPosition(String first) {
        position = first;
        return after(() -> position == null ? NullNode.instance : TextNode.valueOf(position));
    }

    /** Instead of keeping the changes. */
    public ChangeBinding onChange(Consumer<RowChange> given) {
        listener = given;
        return this;
    }

    /** What came, in the order of arrival, unless somebody listens. */
    public List<RowChange> changes() {
        return changes;
    }

    /** The last one that came with a change or from the server by itself; before it, what the first join was given. */
    public String position() {
        return position;
    }

    /** The entry for a join that is about to be sent. */
    synchronized ObjectNode entryNow() {
        sent = entry.deepCopy();
        JsonNode from = after.get();
        if (from != null) {
            sent.set("after", from);
        }
        id = null;
        return sent.deepCopy().setAll(unknown);
    }

    /** What the client does with its entry in the reply, and a bit more: what the server knows of it must come back unchanged. */
    synchronized void confirmed(JsonNode echoed) {
        JsonNode given = echoed.path("id");
        if (!(given.isTextual() && !given.textValue().isEmpty() || given.isNumber() && given.asDouble() != 0)) {
            throw new AssertionError("an id that never matches: " + echoed);
        }
        ObjectNode plain = echoed.deepCopy();
        plain.remove("id");
        unknown.fieldNames().forEachRemaining(plain::remove);
        if (!plain.equals(Json.read(sent.toString()))) { // read, for a number's type
            throw new AssertionError("sent " + sent + ", came back as " + echoed);
        }
        id = given;
    }

    /** Hands the change to the listener if it is meant for this entry. */
    boolean take(JsonNode ids, RowChange change) {
        synchronized (this) {
            String event = entry.get("event").asText();
            if (id == null || !contains(ids, id) || !event.equals("*") && !event.equalsIgnoreCase(change.type())) {
                return false;
            }
        }
        if (change.position() != null) {
            position = change.position();
        }
        listener.accept(change);
        return true;
    }

    /** The server said how far the channel has come, without a change. */
    void cameTo(String said) {
        position = said;
    }

    private static boolean contains(JsonNode ids, JsonNode id) {
        for (JsonNode one : ids) {
            if (one.equals(id)) {
                return true;
            }
        }
        return false;
    }
}
