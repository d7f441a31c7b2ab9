package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;

/** One changed row as the Supabase protocol reports it: {@code data} of a {@code postgres_changes} message. */
public record RowChange(JsonNode data) {

    /** {@code INSERT}, {@code UPDATE} or {@code DELETE}. */
    public String type() {
        return data.path("type").asText();
    }

    public String table() {
        return data.path("table").asText();
    }

    /** The new row, missing after a delete. */
    public JsonNode row() {
        return data.path("record");
    }

    public JsonNode oldRow() {
        return data.path("old_record");
    }

    /** What an {@code after} may say to get what follows this change; null when the server gave none. */
    public String position() {
        return data.path("position").textValue();
    }
}
