package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** The protocol's two versions: how the five fields of a frame stand in JSON. */
enum Vsn {

    /** An object; the server says the join's ref only where {@link #ofJoin} does. */
    V1 {
        @Override
        Envelope read(JsonParser parser, String text) throws IOException {
            String joinRef = null, ref = null, topic = null, event = null, payload = null;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "join_ref" -> joinRef = scalar(parser, text);
                    case "ref" -> ref = scalar(parser, text);
                    case "topic" -> topic = value == JsonToken.VALUE_STRING ? parser.getText() : null;
                    case "event" -> event = value == JsonToken.VALUE_STRING ? parser.getText() : null;
                    case "payload" -> payload = RawJson.slice(parser, text);
                    default -> parser.skipChildren();
                }
            }
            return envelope(joinRef, ref, topic, event, payload);
        }

        @Override
        String write(String joinRef, String ref, String topic, String event, String payload) {
            return "{\"topic\":" + topic + ",\"event\":\"" + event + "\",\"payload\":" + payload + ",\"ref\":" + ref + "}";
        }

        @Override
        String ofJoin(String joinRef, String topic, String event, String payload) {
            return "{\"topic\":" + topic + ",\"event\":\"" + event + "\",\"payload\":" + payload + ",\"ref\":null,\"join_ref\":" + joinRef + "}";
        }
    },

    /** An array, and binary frames for broadcasts. */
    V2 {
        @Override
        Envelope read(JsonParser parser, String text) throws IOException {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return null;
            }
            parser.nextToken();
            String joinRef = scalar(parser, text);
            parser.nextToken();
            String ref = scalar(parser, text);
            String topic = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
            String event = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
            JsonToken value = parser.nextToken();
            if (value == null || value == JsonToken.END_ARRAY) {
                return null;
            }
            String payload = RawJson.slice(parser, text);
            while (parser.nextToken() != null) {
                parser.skipChildren(); // further elements are for later versions
            }
            return envelope(joinRef, ref, topic, event, payload);
        }

        @Override
        String write(String joinRef, String ref, String topic, String event, String payload) {
            return "[" + joinRef + "," + ref + "," + topic + ",\"" + event + "\"," + payload + "]";
        }

        @Override
        String ofJoin(String joinRef, String topic, String event, String payload) {
            return write(joinRef, null, topic, event, payload);
        }
    };

    private static final int MAX_REF = 64;

    /** @return null for a version that is not spoken here; without one it is the first */
    static Vsn of(String name) {
        return name == null || name.equals("1.0.0") ? V1 : name.equals("2.0.0") ? V2 : null;
    }

    /** Reads a text frame; null when it is none of this version. */
    Envelope read(String text) {
        try (JsonParser parser = RawJson.FACTORY.createParser(text)) {
            return read(parser, text);
        } catch (IOException e) {
            return null;
        }
    }

    abstract Envelope read(JsonParser parser, String text) throws IOException;

    /**
     * A frame.
     *
     * @param joinRef JSON or null
     * @param ref     JSON or null
     * @param topic   JSON
     * @param payload JSON
     */
    abstract String write(String joinRef, String ref, String topic, String event, String payload);

    /** A push that a client which has joined the topic anew must not take for the new join's. In the first version older clients do not look at it. */
    abstract String ofJoin(String joinRef, String topic, String event, String payload);

    private static String scalar(JsonParser parser, String text) throws IOException {
        JsonToken token = parser.currentToken();
        String raw = token == null ? "" : RawJson.slice(parser, text);
        if (token == null || !token.isScalarValue() || raw.length() > MAX_REF) {
            throw new IOException("no ref");
        }
        return token == JsonToken.VALUE_NULL ? null : raw;
    }

    private static Envelope envelope(String joinRef, String ref, String topic, String event, String payload) {
        return topic == null || event == null ? null : new Envelope(joinRef, ref, topic, event, payload == null ? "{}" : payload);
    }
}
