package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The body of a batch: {@code {"messages":[{"topic":…,"event":…,"payload":{…},"private":…,"id":…},…]}}. What is unknown is ignored. */
final class BroadcastBatch {

    static final int MAX_NAME = 255;
    private static final int MAX_ID = 200;
    private static final String BLANK = "can't be blank";
    private static final String INVALID = "is invalid";

    /** One broadcast of a batch. */
    record Item(Topic topic, Broadcast broadcast) {
    }

    private final String text;
    private final int maxPayload;
    private final int most;
    private final List<Item> items = new ArrayList<>();
    /** For each message what is wrong with it, as JSON. */
    private final List<String> errors = new ArrayList<>();
    private boolean wrong;

    private BroadcastBatch(String text, int maxPayload, int most) {
        this.text = text;
        this.maxPayload = maxPayload;
        this.most = most;
    }

    /**
     * Reads a batch.
     *
     * @param most messages; with more it is not read further, since what is wrong with each would be told
     * @throws RestRefusal what is wrong with it
     */
    static List<Item> read(String text, int maxPayload, int most) {
        BroadcastBatch batch = new BroadcastBatch(text, maxPayload, most);
        try (JsonParser parser = RawJson.FACTORY.createParser(text)) {
            return batch.read(parser);
        } catch (IOException e) {
            throw RestRefusal.message(400, "Bad Request");
        }
    }

    private List<Item> read(JsonParser parser) throws IOException {
        String problem = BLANK;
        if (parser.nextToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean messages = parser.currentName().equals("messages");
                JsonToken value = parser.nextToken();
                if (messages && value == JsonToken.START_ARRAY) {
                    problem = messages(parser);
                } else {
                    problem = messages ? value == JsonToken.VALUE_NULL ? BLANK : INVALID : problem;
                    parser.skipChildren();
                }
            }
        } else {
            parser.skipChildren();
        }
        if (parser.nextToken() != null) {
            throw RestRefusal.message(400, "Bad Request");
        }
        if (problem != null) {
            throw RestRefusal.invalid("messages", problem);
        }
        if (wrong) {
            throw RestRefusal.invalid("{\"messages\":[" + String.join(",", errors) + "]}");
        }
        return items;
    }

    private String messages(JsonParser parser) throws IOException {
        items.clear();
        errors.clear();
        wrong = false;
        String problem = BLANK;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() == JsonToken.START_OBJECT) {
                message(parser);
                problem = problem == INVALID ? INVALID : null;
            } else {
                parser.skipChildren();
                problem = INVALID;
            }
        }
        return problem;
    }

    private void message(JsonParser parser) throws IOException {
        if (errors.size() >= most) {
            throw CallerRates.tooLarge();
        }
        Field topic = new Field("topic");
        Field event = new Field("event");
        Field id = new Field("id");
        Field payload = new Field("payload");
        Field isPrivate = new Field("private");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "topic" -> topic.text(parser, value, MAX_NAME);
                case "event" -> event.text(parser, value, MAX_NAME);
                case "id" -> id.text(parser, value, MAX_ID);
                case "payload" -> payload(payload, parser, value);
                case "private" -> isPrivate.truth(parser, value);
                default -> parser.skipChildren();
            }
        }
        topic.require();
        event.require();
        payload.require();
        StringBuilder problems = new StringBuilder();
        for (Field field : List.of(topic, event, id, payload, isPrivate)) {
            field.tell(problems);
        }
        errors.add("{" + problems + "}");
        if (problems.length() > 0) {
            wrong = true;
        } else if (!wrong) {
            String meta = id.value == null || id.value.isEmpty() ? null : "{\"id\":" + RawJson.quote(id.value) + "}";
            items.add(new Item(new Topic(topic.value, "true".equals(isPrivate.value)),
                    Broadcast.of(event.value, RawJson.bytes(payload.value), true, meta)));
        }
    }

    private void payload(Field payload, JsonParser parser, JsonToken value) throws IOException {
        payload.set(null, null);
        if (value == JsonToken.START_OBJECT) {
            String slice = RawJson.slice(parser, text);
            boolean tooLarge = slice.length() > maxPayload || slice.getBytes(StandardCharsets.UTF_8).length > maxPayload;
            payload.set(slice, tooLarge ? "Payload size exceeds tenant limit" : null);
        } else if (value != JsonToken.VALUE_NULL) {
            parser.skipChildren();
            payload.set(null, INVALID);
        }
    }

    /** A field of a message: what came, or what is wrong with it. Of two of one name the last one counts. */
    private static final class Field {

        private final String name;
        private String value;
        private String problem;

        Field(String name) {
            this.name = name;
        }

        void set(String fresh, String wrong) {
            value = fresh;
            problem = wrong;
        }

        void text(JsonParser parser, JsonToken token, int most) throws IOException {
            if (token == JsonToken.VALUE_STRING) {
                String text = parser.getText();
                set(text, text.getBytes(StandardCharsets.UTF_8).length > most ? "should be at most " + most + " byte(s)" : null);
            } else {
                parser.skipChildren();
                set(null, token == JsonToken.VALUE_NULL ? null : INVALID);
            }
        }

        void truth(JsonParser parser, JsonToken token) throws IOException {
            switch (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT ? parser.getText() : token.name()) {
                case "true", "1", "VALUE_TRUE" -> set("true", null);
                case "false", "0", "VALUE_FALSE", "VALUE_NULL" -> set(null, null);
                default -> {
                    parser.skipChildren();
                    set(null, INVALID);
                }
            }
        }

        void require() {
            if (problem == null && (value == null || value.isBlank())) {
                problem = BLANK;
            }
        }

        void tell(StringBuilder problems) {
            if (problem != null) {
                problems.append(problems.length() > 0 ? "," : "").append('"').append(name).append("\":[").append(RawJson.quote(problem)).append(']');
            }
        }
    }
}
