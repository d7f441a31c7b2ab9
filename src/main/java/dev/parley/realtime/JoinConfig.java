package dev.parley.realtime;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a join asks for. What can't be understood of it counts as not asked for; what nobody asks about is passed over unread, since this is kept as long as
 * the channel.
 *
 * @param self       whether the channel gets its own broadcasts
 * @param ack        whether broadcasts are acknowledged
 * @param replay     of stored broadcasts, or null
 * @param replicationReady whether to say when broadcasts from the database are live
 * @param presence   whether to bring who is there
 * @param presenceKey under which the channel itself appears, or null
 * @param entries    of {@code postgres_changes}, as {@link ChangeEntry} reads them
 * @param allOrNone  whether the join is to be refused when one of the entries can't be subscribed to
 * @param isPrivate  whether policies decide
 * @param token      of the user, or null
 */
record JoinConfig(boolean self, boolean ack, Replay replay, boolean replicationReady, boolean presence, String presenceKey,
        List<String> entries, boolean allOrNone, boolean isPrivate, String token) {

    /**
     * Which stored broadcasts are wanted.
     *
     * @param isValid whether it could be understood
     * @param since   from when on, in milliseconds since 1970
     * @param limit   how many at most
     */
    record Replay(boolean isValid, long since, int limit) {

        private static final Replay INVALID = new Replay(false, 0, 0);

        private static Replay read(String replay) {
            if (replay == null || replay.equals("null")) {
                return null;
            }
            Map<String, String> members = RawJson.members(replay, REPLAY);
            JsonNode since = RawJson.scalar(members.get("since"));
            JsonNode limit = RawJson.scalar(members.get("limit"));
            boolean limited = members.containsKey("limit");
            if (!since.isNumber() || !since.canConvertToLong() || limited && !limit.canConvertToInt()) {
                return INVALID;
            }
            return new Replay(true, since.longValue(), limited ? limit.intValue() : Integer.MAX_VALUE);
        }
    }

    private static final Set<String> TOKENS = Set.of("access_token", "user_token");
    private static final Set<String> JOIN = Set.of("config", "access_token", "user_token");
    private static final Set<String> CONFIG = Set.of("broadcast", "presence", "postgres_changes", "postgres_changes_options", "private");
    private static final Set<String> BROADCAST = Set.of("self", "ack", "replay", "replication_ready");
    private static final Set<String> REPLAY = Set.of("since", "limit");
    /** How long to wait is not looked at: here it takes no time. */
    private static final Set<String> CHANGES_OPTIONS = Set.of("wait");
    private static final Set<String> PRESENCE = Set.of("key", "enabled");
    private static final int MAX_KEY = 255;
    /** Of the same as JSON: each character may be an escape. */
    private static final int MAX_KEY_JSON = 6 * MAX_KEY + 2;
    /** As a presence key it would make the state look like a table's change to Supabase's client, which fails on it. */
    private static final String NO_KEY = "ids";

    /** @param mostEntries of {@code postgres_changes}: when there are more, one more is read, and the rest is not */
    static JoinConfig read(String payload, int mostEntries) {
        Map<String, String> join = RawJson.members(payload, JOIN);
        Map<String, String> config = RawJson.members(join.get("config"), CONFIG);
        Map<String, String> broadcast = RawJson.members(config.get("broadcast"), BROADCAST);
        Map<String, String> options = RawJson.members(config.get("postgres_changes_options"), CHANGES_OPTIONS);
        Map<String, String> presence = RawJson.members(config.get("presence"), PRESENCE);
        List<String> entries = RawJson.objects(config.get("postgres_changes"), mostEntries + 1).stream().map(ChangeEntry::reduced).toList();
        return new JoinConfig(isTrue(broadcast.get("self")), isTrue(broadcast.get("ack")), Replay.read(broadcast.get("replay")),
                isTrue(broadcast.get("replication_ready")), isPresenceWanted(config.get("presence"), presence.get("enabled")), key(presence.get("key")),
                entries, isTrue(options.get("wait")), isTrue(config.get("private")), joinToken(join));
    }

    /** The user's token in an {@code access_token} push; null when there is none, or an API key, which says nothing new. */
    static String token(String payload) {
        return token(RawJson.members(payload, TOKENS));
    }

    private static String token(Map<String, String> members) {
        String given = members.get("access_token");
        return user(RawJson.scalar(given == null || given.equals("null") ? members.get("user_token") : given));
    }

    /** A join goes by its {@code user_token} where it brings both, unless the other one is a key. */
    private static String joinToken(Map<String, String> members) {
        String token = token(members);
        String user = user(RawJson.scalar(members.get("user_token")));
        return token != null && user != null ? user : token;
    }

    private static String user(JsonNode token) {
        return token.isTextual() && !token.textValue().isBlank() && !token.textValue().startsWith("sb_") ? token.textValue() : null;
    }

    /** Clients before 2.54 say only under which key. */
    private static boolean isPresenceWanted(String presence, String enabled) {
        return enabled != null ? isTrue(enabled) : presence != null && presence.startsWith("{");
    }

    private static boolean isTrue(String json) {
        JsonNode value = RawJson.scalar(json);
        return value.isBoolean() ? value.booleanValue() : value.isTextual() && value.textValue().equalsIgnoreCase("true");
    }

    private static String key(String json) {
        if (json == null || json.length() > MAX_KEY_JSON) {
            return null;
        }
        JsonNode key = RawJson.tree(json);
        String text = key.isTextual() ? key.textValue() : key.isMissingNode() || key.isNull() ? "" : key.toString();
        return text.isEmpty() || text.length() > MAX_KEY || text.equals(NO_KEY) ? null : text;
    }
}
