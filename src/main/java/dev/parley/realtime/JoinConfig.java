package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a join asks for. What can't be understood of it counts as not asked for.
 *
 * @param self       whether the channel gets its own broadcasts
 * @param ack        whether broadcasts are acknowledged
 * @param replay     of stored broadcasts: an object, or missing
 * @param replicationReady whether to say when broadcasts from the database are live
 * @param presence   whether to bring who is there
 * @param presenceKey under which the channel itself appears, or null
 * @param entries    of {@code postgres_changes}, as they came
 * @param isPrivate  whether policies decide
 * @param token      of the user, or null
 */
record JoinConfig(boolean self, boolean ack, JsonNode replay, boolean replicationReady, boolean presence, String presenceKey,
        List<ObjectNode> entries, boolean isPrivate, String token) {

    static final ObjectMapper MAPPER = new ObjectMapper(RawJson.FACTORY);
    private static final int MAX_KEY = 255;
    /** As a presence key it would make the state look like a table's change to Supabase's client, which fails on it. */
    private static final String NO_KEY = "ids";

    static JoinConfig read(String payload) {
        JsonNode join = tree(payload);
        JsonNode config = join.path("config");
        JsonNode broadcast = config.path("broadcast");
        JsonNode presence = config.path("presence");
        List<ObjectNode> entries = new ArrayList<>();
        if (config.path("postgres_changes").isArray()) {
            config.path("postgres_changes").forEach(entry -> {
                if (entry instanceof ObjectNode object) {
                    entries.add(object);
                }
            });
        }
        return new JoinConfig(isTrue(broadcast.path("self")), isTrue(broadcast.path("ack")), broadcast.path("replay"),
                isTrue(broadcast.path("replication_ready")), isTrue(presence.path("enabled")), key(presence.path("key")), entries,
                isTrue(config.path("private")), token(join));
    }

    /** A payload as a tree; missing when it is no JSON. */
    static JsonNode tree(String payload) {
        try {
            return MAPPER.readTree(payload);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /** The user's token in a join or an {@code access_token} push; null when there is none, or an API key, which says nothing new. */
    static String token(JsonNode payload) {
        JsonNode token = payload.hasNonNull("access_token") ? payload.get("access_token") : payload.path("user_token");
        return token.isTextual() && !token.textValue().isBlank() && !token.textValue().startsWith("sb_") ? token.textValue() : null;
    }

    private static boolean isTrue(JsonNode value) {
        return value.isBoolean() ? value.booleanValue() : value.isTextual() && value.textValue().equalsIgnoreCase("true");
    }

    private static String key(JsonNode key) {
        String text = key.isTextual() ? key.textValue() : key.isMissingNode() || key.isNull() ? "" : key.toString();
        return text.isEmpty() || text.length() > MAX_KEY || text.equals(NO_KEY) ? null : text;
    }
}
