package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import java.io.IOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/** A row of {@code realtime.messages} as the change log holds it. */
final class StoredRow {

    private static final String BROADCAST = "broadcast";
    private static final String HEX = "\\x";

    /** The columns that are strings. */
    private final Map<String, String> texts = new HashMap<>();
    private boolean isPrivate;
    /** JSON text, or null. */
    private String payload;

    private StoredRow() {
    }

    /** @throws IOException when it is no JSON object */
    static StoredRow read(String record) throws IOException {
        StoredRow row = new StoredRow();
        try (JsonParser parser = RawJson.FACTORY.createParser(record)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not a row");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("payload")) {
                    row.payload = value == JsonToken.VALUE_NULL ? null : RawJson.slice(parser, record);
                } else if (value == JsonToken.VALUE_STRING) {
                    row.texts.put(name, parser.getText());
                } else if (name.equals("private")) {
                    row.isPrivate = value == JsonToken.VALUE_TRUE;
                } else {
                    parser.skipChildren();
                }
            }
        }
        return row;
    }

    /** Whether it is something to be said to somebody. */
    boolean isBroadcast() {
        return BROADCAST.equals(texts.get("extension")) && texts.get("topic") != null && texts.get("event") != null
                && (payload != null || texts.get("binary_payload") != null);
    }

    String id() {
        return texts.get("id");
    }

    Topic topic() {
        return new Topic(texts.get("topic"), isPrivate);
    }

    /** @throws IllegalArgumentException when the binary payload is none */
    Broadcast broadcast() {
        String meta = id() == null ? null : "{\"id\":" + RawJson.quote(id()) + "}";
        if (payload != null) {
            return Broadcast.of(texts.get("event"), RawJson.bytes(payload), true, meta);
        }
        String binary = texts.get("binary_payload");
        return Broadcast.of(texts.get("event"), HexFormat.of().parseHex(binary, binary.startsWith(HEX) ? HEX.length() : 0, binary.length()), false, meta);
    }
}
