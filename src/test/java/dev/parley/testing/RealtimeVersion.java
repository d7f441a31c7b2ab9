package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the two versions of the Supabase protocol write and read messages. Reading is as strict as the reference is: an {@link AssertionError} says
 * what no server may send.
 */
public enum RealtimeVersion {

    /** Objects, text only. */
    V1("1.0.0") {
        @Override
        public String write(RealtimeFrame frame) {
            ObjectNode object = JSON.objectNode();
            object.put("topic", frame.topic()).put("event", frame.event()).put("ref", frame.ref()).put("join_ref", frame.joinRef());
            return object.set("payload", frame.payload()).toString();
        }

        @Override
        public RealtimeFrame read(String text) {
            JsonNode object = Json.read(text);
            Set<String> names = new TreeSet<>();
            object.fieldNames().forEachRemaining(names::add);
            // presence, and where a client resumes its changes too: the frames of its joins are told apart
            boolean ofJoin = OF_JOIN.contains(object.path("event").asText()) && object.path("join_ref").isTextual() && names.remove("join_ref");
            require(names.equals(Set.of("topic", "event", "payload", "ref")), "not the members of 1.0.0: ", text);
            return checked(new RealtimeFrame(ofJoin ? ref(object.get("join_ref")) : null, ref(object.get("ref")), string(object.get("topic"), text),
                    string(object.get("event"), text), object.get("payload")), text);
        }

        @Override
        public RealtimeFrame read(byte[] frame) {
            throw new AssertionError("a binary frame of " + frame.length + " bytes to a 1.0.0 client");
        }
    },

    /** Arrays, and binary broadcasts. */
    V2("2.0.0") {
        @Override
        public String write(RealtimeFrame frame) {
            ArrayNode array = JSON.arrayNode().add(frame.joinRef()).add(frame.ref()).add(frame.topic()).add(frame.event());
            return array.add(frame.payload()).toString();
        }

        @Override
        public RealtimeFrame read(String text) {
            JsonNode array = Json.read(text);
            require(array.isArray() && array.size() == 5, "not an array of five: ", text);
            return checked(new RealtimeFrame(ref(array.get(0)), ref(array.get(1)), string(array.get(2), text),
                    string(array.get(3), text), array.get(4)), text);
        }

        @Override
        public RealtimeFrame read(byte[] frame) {
            ByteBuffer in = ByteBuffer.wrap(frame);
            require(in.get() == BROADCAST, "a binary frame of a kind that no client reads: ", String.valueOf(frame[0]));
            int topicSize = in.get() & 0xff;
            int eventSize = in.get() & 0xff;
            int metaSize = in.get() & 0xff;
            boolean json = in.get() == 1;
            String topic = utf8(in, topicSize);
            ObjectNode payload = JSON.objectNode().put("type", "broadcast").put("event", utf8(in, eventSize));
            String meta = utf8(in, metaSize);
            if (json) {
                payload.set("payload", Json.read(utf8(in, in.remaining())));
            } else {
                byte[] rest = new byte[in.remaining()];
                in.get(rest);
                payload.put("payload", rest);
            }
            if (!meta.isEmpty()) {
                payload.set("meta", Json.read(meta));
            }
            return new RealtimeFrame(null, null, topic, "broadcast", payload);
        }
    };

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Set<String> OF_JOIN = Set.of("postgres_changes", "system", "presence_state", "presence_diff");
    private static final int PUSH = 3;
    private static final int BROADCAST = 4;

    private final String number;

    RealtimeVersion(String number) {
        this.number = number;
    }

    /** What the query's {@code vsn} says. */
    public String number() {
        return number;
    }

    public abstract String write(RealtimeFrame frame);

    public abstract RealtimeFrame read(String text);

    public abstract RealtimeFrame read(byte[] frame);

    /** A broadcast as 2.0.0 clients push it. @param json whether the payload is JSON or raw bytes */
    public static byte[] push(String joinRef, String ref, String topic, String event, String metadata, boolean json, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(PUSH);
        byte[][] strings = {bytes(joinRef), bytes(ref), bytes(topic), bytes(event), bytes(metadata)};
        for (byte[] string : strings) {
            out.write(string.length);
        }
        out.write(json ? 1 : 0);
        for (byte[] string : strings) {
            out.writeBytes(string);
        }
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String utf8(ByteBuffer in, int size) {
        require(size <= in.remaining(), "sizes beyond the frame: ", String.valueOf(size));
        ByteBuffer part = in.slice(in.position(), size);
        in.position(in.position() + size);
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(part);
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8 in a binary frame", e);
        }
    }

    /** Clients make them, as strings; one that makes something else gets that back. */
    private static String ref(JsonNode node) {
        return node.isNull() ? null : node.isTextual() ? node.textValue() : node.toString();
    }

    private static String string(JsonNode node, String frame) {
        require(node.isTextual(), "not a string: " + node + " in ", frame);
        return node.textValue();
    }

    private static RealtimeFrame checked(RealtimeFrame frame, String text) {
        require(frame.payload().isObject(), "not a message: ", text);
        return frame;
    }

    private static void require(boolean holds, String otherwise, String frame) {
        if (!holds) {
            throw new AssertionError(otherwise + frame);
        }
    }
}
