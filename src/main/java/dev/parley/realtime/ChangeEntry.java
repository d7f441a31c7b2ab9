package dev.parley.realtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.feed.Position;
import dev.parley.stream.Binding;
import dev.parley.stream.Binding.Event;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One entry of {@code postgres_changes}, read but not yet held against the database.
 *
 * @param table        {@code *} for any
 * @param filter       as it came, null for none
 * @param select       the columns, null for all
 * @param resumes      whether the client goes by positions: it said {@code after} or {@code position}, if only null
 * @param seq          of the last message that the client has, −1 for none
 * @param position     that the client has reached, or null
 * @param positionName under which the position goes into the row, or null
 */
record ChangeEntry(Event event, String schema, String table, String filter, List<String> select, boolean resumes, long seq, Position position,
        String positionName) {

    private static final Set<String> MEMBERS = Set.of("event", "schema", "table", "filter", "select", "after", "position");
    private static final int MAX_NAME = 255;
    private static final int MAX_SELECT = 500;

    /**
     * An entry without the members that mean nothing here; the others as they came: clients hold them against what they sent.
     *
     * @param entry a JSON object
     */
    static String reduced(String entry) {
        StringBuilder reduced = new StringBuilder("{");
        RawJson.members(entry, MEMBERS).forEach((name, value) ->
                reduced.append(reduced.length() > 1 ? "," : "").append('"').append(name).append("\":").append(value));
        return reduced.append('}').toString();
    }

    /**
     * @param text the entry, {@link #reduced}
     * @throws EntryException with what the client is told
     */
    static ChangeEntry read(String text) {
        Map<String, String> entry = RawJson.members(text, MEMBERS);
        String schema = name(entry, "schema");
        String table = name(entry, "table");
        if (schema == null && table == null) {
            throw new EntryException("No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: " + text);
        }
        JsonNode filter = value(entry, "filter");
        if (!filter.isTextual() && !filter.isNull() && !filter.isMissingNode()) {
            throw unreadable("filter", entry.get("filter"));
        }
        JsonNode after = value(entry, "after");
        return new ChangeEntry(event(value(entry, "event")), schema == null ? "public" : schema, table == null ? Binding.ANY : table,
                filter.isTextual() && !filter.textValue().isBlank() ? filter.textValue() : null, select(entry.get("select")),
                entry.containsKey("after") || entry.containsKey("position"), seq(after), position(after), name(entry, "position"));
    }

    /** What makes two entries the same subscription, whatever point they begin at; the same everywhere. Names are quoted: one may be called {@code null}, or hold what is put between them. */
    String key() {
        List<String> columns = select == null ? null : select.stream().map(RawJson::quote).toList();
        return event + "\n" + quoted(schema) + "\n" + quoted(table) + "\n" + quoted(filter) + "\n" + columns + "\n" + quoted(positionName);
    }

    private static String quoted(String text) {
        return text == null ? null : RawJson.quote(text);
    }

    /** The parameters as upstream prints them in its messages. */
    String parameters() {
        return "[event: " + (event == Event.ALL ? "*" : event) + ", schema: " + schema + ", table: " + table + ", filters: "
                + (filter == null ? "[]" : "[" + filter + "]") + ", select: " + (select == null ? "nil" : select) + "]";
    }

    boolean isWildcard() {
        return schema.equals(Binding.ANY) || table.equals(Binding.ANY);
    }

    private static Event event(JsonNode event) {
        return switch (event.asText("").toUpperCase(Locale.ROOT)) {
            case "INSERT" -> Event.INSERT;
            case "UPDATE" -> Event.UPDATE;
            case "DELETE" -> Event.DELETE;
            default -> Event.ALL;
        };
    }

    /** What no member has is an object or an array, but {@code select}. */
    private static JsonNode value(Map<String, String> entry, String field) {
        String json = entry.get(field);
        if (json != null && RawJson.isContainer(json)) {
            throw unreadable(field, json);
        }
        return RawJson.scalar(json);
    }

    private static EntryException unreadable(String field, String json) {
        return new EntryException("Error parsing `" + field + "` params: " + json);
    }

    private static String name(Map<String, String> entry, String field) {
        JsonNode name = value(entry, field);
        if (name.isMissingNode() || name.isNull()) {
            return null;
        }
        if (!name.isTextual() || name.textValue().isEmpty() || name.textValue().length() > MAX_NAME) {
            throw unreadable(field, entry.get(field));
        }
        return name.textValue();
    }

    private static List<String> select(String select) {
        if (select == null || select.equals("null")) {
            return null;
        }
        List<String> columns = RawJson.texts(select, MAX_SELECT);
        if (columns == null) {
            throw unreadable("select", select);
        }
        return columns.isEmpty() ? null : columns; // none is all, as upstream has it
    }

    /** A number may come as text, for those who keep it in the browser's storage. */
    private static long seq(JsonNode after) {
        if (after.isIntegralNumber() && after.canConvertToLong() && after.longValue() >= 0) {
            return after.longValue();
        }
        return after.isTextual() && after.textValue().matches("\\d{1,18}") ? Long.parseLong(after.textValue()) : -1;
    }

    private static Position position(JsonNode after) {
        if (after.isMissingNode() || after.isNull() || seq(after) >= 0) {
            return null;
        }
        try {
            return Position.parse(after.textValue() == null ? "" : after.textValue());
        } catch (IllegalArgumentException e) {
            throw new EntryException("Error parsing `after` params: " + after + " is neither a message's seq nor a position that a change brought");
        }
    }
}
