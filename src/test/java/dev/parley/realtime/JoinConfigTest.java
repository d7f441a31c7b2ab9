package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.stream.Binding.Event;
import dev.parley.testing.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JoinConfigTest {

    private static final int MOST = 3;

    @Test
    void whatIsAskedForIsReadWhateverStandsBesideIt() {
        JoinConfig join = JoinConfig.read("""
                {"junk":[{"config":{}}],"config":{"broadcast":{"self":"TRUE","ack":true,"replay":{"since":1700000000000,"limit":10,"x":[{}]},
                  "replication_ready":true},
                 "presence":{"key":"me\\u0021","enabled":true,"x":{}},
                 "postgres_changes_options":{"wait":true,"timeout":5000},"private":true,"y":{"private":false}},"access_token":null,"user_token":"a.b.c"}""", MOST);
        assertTrue(join.self() && join.ack() && join.replicationReady() && join.presence() && join.allOrNone() && join.isPrivate());
        assertEquals(new JoinConfig.Replay(true, 1_700_000_000_000L, 10), join.replay());
        assertEquals("me!", join.presenceKey());
        assertEquals("a.b.c", join.token());
        assertEquals(List.of(), join.entries());
    }

    @Test
    void aUsersTokenGoesBeforeAnAccessTokenUnlessThatIsAKey() {
        assertEquals("user", JoinConfig.read("{\"access_token\":\"access\",\"user_token\":\"user\"}", MOST).token());
        assertEquals("access", JoinConfig.read("{\"access_token\":\"access\",\"user_token\":null}", MOST).token());
        assertEquals("access", JoinConfig.read("{\"access_token\":\"access\",\"user_token\":{}}", MOST).token());
        assertNull(JoinConfig.read("{\"access_token\":\"sb_publishable_x\",\"user_token\":\"user\"}", MOST).token());
        assertEquals("access", JoinConfig.token("{\"access_token\":\"access\",\"user_token\":\"user\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "17", "\"x\"", "{}", "{\"config\":null}", "{\"config\":[{\"private\":true}]}",
        "{\"config\":{\"private\":{},\"broadcast\":[],"
            + "\"presence\":7,\"postgres_changes_options\":true,\"postgres_changes\":{\"event\":\"*\"}},\"access_token\":{\"a\":1}}"})
    void whatCannotBeUnderstoodCountsAsNotAskedFor(String payload) {
        assertEquals(new JoinConfig(false, false, null, false, false, null, List.of(), false, false, null), JoinConfig.read(payload, MOST));
    }

    @Test
    void whoSpeaksOfPresenceAndDoesNotSayWhetherWantsIt() {
        assertTrue(read("\"presence\":{\"key\":\"\"}").presence());
        assertTrue(read("\"presence\":{}").presence());
        assertFalse(read("\"presence\":{\"key\":\"me\",\"enabled\":false}").presence());
        assertFalse(read("\"private\":false").presence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "[]", "{}", "{\"since\":\"1\"}", "{\"since\":[1]}",
        "{\"since\":1,\"limit\":{}}", "{\"since\":1,\"limit\":null}"})
    void aReplayThatCannotBeUnderstoodIsToldFromNone(String replay) {
        assertFalse(read("\"broadcast\":{\"replay\":" + replay + "}").replay().isValid());
        assertNull(read("\"broadcast\":{\"replay\":null}").replay());
        assertEquals(Integer.MAX_VALUE, read("\"broadcast\":{\"replay\":{\"since\":1}}").replay().limit());
    }

    @Test
    void entriesComeWithWhatIsUsedOfThemAsItWasSentAndNoMoreOfThemThanOneTooMany() {
        JoinConfig join = read("""
                "postgres_changes":[null,{"event":"*","schema":"public","event":"INSERT","junk":[{},{}],
                  "id":7,"filter":"a=eq.\\u0041","select":[ "id" ],"after":1.50},
                 [],{"table":null,"position":"p"}]""");
        assertEquals(List.of(Json.read("{\"event\":\"INSERT\",\"schema\":\"public\",\"filter\":\"a=eq.A\",\"select\":[\"id\"],\"after\":1.50}"),
                Json.read("{\"table\":null,\"position\":\"p\"}")), join.entries().stream().map(Json::read).toList());
        assertTrue(join.entries().get(0).contains("\"a=eq.\\u0041\"") && join.entries().get(0).contains("1.50"), join.entries()::toString);
        assertEquals(MOST + 1, read("\"postgres_changes\":[" + "{},".repeat(100) + "{}]").entries().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"event", "schema", "table", "filter", "after", "position"})
    void anEntryWithAnObjectOrAnArrayInTheWrongPlaceIsRefused(String member) {
        for (String value : List.of("[\"foo\",\"hey\"]", "{}")) {
            String entry = ChangeEntry.reduced("{\"event\":\"*\",\"schema\":\"public\",\"table\":\"messages\",\"" + member + "\":" + value + "}");
            EntryException refused = assertThrows(EntryException.class, () -> ChangeEntry.read(entry));
            assertEquals("Error parsing `" + member + "` params: " + value, refused.getMessage());
        }
    }

    @Test
    void aSelectIsAListOfNamesAndNotOfAnyLength() {
        assertEquals(List.of("id", "a"), select("[\"id\",\"a\"]").select());
        assertNull(select("null").select());
        assertNull(select("[]").select());
        assertEquals(List.of("id", "a"), select("[null,\"id\",7,[\"b\"],{\"c\":\"d\"},\"a\"]").select());
        assertNull(select("[7,null]").select());
        assertEquals(Event.ALL, select("null").event());
        for (String wrong : List.of("\"id\"", "{}", "[\"id\"", "[" + "\"id\",".repeat(500) + "\"id\"]")) {
            assertThrows(EntryException.class, () -> select(wrong), wrong);
        }
    }

    private static ChangeEntry select(String json) {
        return ChangeEntry.read(ChangeEntry.reduced("{\"table\":\"messages\",\"select\":" + json + "}"));
    }

    /** @param members of the config, JSON */
    private static JoinConfig read(String members) {
        return JoinConfig.read("{\"config\":{" + members + "}}", MOST);
    }
}
