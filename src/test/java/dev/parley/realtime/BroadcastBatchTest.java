package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.realtime.BroadcastBatch.Item;
import dev.parley.testing.Seed;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BroadcastBatchTest {

    private static final int MAX = 1_000;
    private static final int MOST = 10;

    @Test
    void aBatchIsReadAndItsPayloadsStayAsTheyAre() {
        List<Item> items = BroadcastBatch.read("""
                {"x":[{}], "messages":[
                  {"topic":"chat:42","event":"typing","payload":{"u": 1.10, "b":[1e5,"ä\\u0000"]},"private":false},
                  {"private":"true","payload":{},"topic":"b","event":"e","id":"7\\"","other":{"payload":1}}]}""", MAX, MOST);
        Item first = items.get(0);
        assertEquals("chat:42", first.topic().name());
        assertFalse(first.topic().isPrivate());
        assertEquals("typing", first.broadcast().event());
        assertEquals("{\"u\": 1.10, \"b\":[1e5,\"ä\\u0000\"]}", new String(first.broadcast().payload(), UTF_8));
        assertTrue(first.broadcast().isJson());
        assertNull(first.broadcast().meta());
        Item second = items.get(1);
        assertTrue(second.topic().isPrivate());
        assertEquals("{\"id\":\"7\\\"\"}", second.broadcast().meta());
        assertEquals(2, items.size());
    }

    @Test
    void whatIsMissingOrWrongIsSaidByFieldAndMessage() {
        refused("{\"errors\":{\"messages\":[{\"payload\":[\"can't be blank\"]}]}}", "{\"messages\":[{\"topic\":\"a\",\"event\":\"b\"}]}");
        refused("{\"errors\":{\"messages\":[{},{\"topic\":[\"can't be blank\"],\"event\":[\"is invalid\"],\"payload\":[\"is invalid\"],\"private\":[\"is invalid\"]}]}}",
                "{\"messages\":[{\"topic\":\"a\",\"event\":\"b\",\"payload\":{}},{\"topic\":\" \",\"event\":1,\"payload\":[1],\"private\":\"yes\"}]}");
        refused("{\"errors\":{\"messages\":[{\"payload\":[\"Payload size exceeds tenant limit\"]}]}}",
                "{\"messages\":[{\"topic\":\"a\",\"event\":\"b\",\"payload\":{\"x\":\"" + "y".repeat(MAX) + "\"}}]}");
        refused("{\"errors\":{\"messages\":[{\"topic\":[\"should be at most 255 byte(s)\"]}]}}",
                "{\"messages\":[{\"topic\":\"" + "ä".repeat(128) + "\",\"event\":\"b\",\"payload\":{}}]}");
        for (String blank : List.of("", "{}", "{\"messages\":null}", "{\"messages\":[]}", "[]", "7")) {
            refused("{\"errors\":{\"messages\":[\"can't be blank\"]}}", blank);
        }
        for (String invalid : List.of("{\"messages\":{}}", "{\"messages\":[1]}", "{\"messages\":\"x\"}")) {
            refused("{\"errors\":{\"messages\":[\"is invalid\"]}}", invalid);
        }
        for (String nonsense : List.of("{", "{\"messages\":[{]}", "{\"messages\":[]} x", "nul", "[".repeat(5_000))) {
            refused("{\"message\":\"Bad Request\"}", nonsense);
        }
    }

    /** To say of each what is wrong with it would take thirty times what the client sent. */
    @Test
    void ofABatchOfTooManyMessagesNothingIsSaidButThat() {
        String ten = "{},".repeat(9) + "{}";
        assertTrue(assertThrows(RestRefusal.class, () -> BroadcastBatch.read("{\"messages\":[" + ten + "]}", MAX, MOST)).body().startsWith("{\"errors\":{\"messages\":[{\"topic\""));
        refused("{\"message\":\"Too many messages to broadcast, please reduce the batch size\"}", "{\"messages\":[" + ten + ",{}]}");
        refused("{\"message\":\"Too many messages to broadcast, please reduce the batch size\"}", "{\"messages\":[" + "{},".repeat(2_600_000) + "{}]}");
    }

    @Test
    void nothingButARefusalComesOfABrokenBatch() {
        Random random = Seed.stream(Seed.of(getClass()), 0);
        String good = "{\"messages\":[{\"topic\":\"a\",\"event\":\"b\",\"payload\":{\"x\":[1,null,\"ü\"]},\"private\":true,\"id\":\"i\"},{\"topic\":\"a\",\"event\":\"b\",\"payload\":{}}]}";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder broken = new StringBuilder(good);
            for (int n = random.nextInt(4); n >= 0; n--) {
                int at = random.nextInt(broken.length());
                switch (random.nextInt(3)) {
                    case 0 -> broken.deleteCharAt(at);
                    case 1 -> broken.setCharAt(at, "{}[],:\"1tn\\".charAt(random.nextInt(11)));
                    default -> broken.insert(at, "{}[],:\"1tn\\".charAt(random.nextInt(11)));
                }
            }
            try {
                BroadcastBatch.read(broken.toString(), MAX, MOST).forEach(item -> assertTrue(RawJson.isValid(item.broadcast().payload()), broken::toString));
            } catch (RestRefusal refusal) {
                assertTrue(RawJson.isValid(refusal.body().getBytes(UTF_8)), refusal::body);
            }
        }
    }

    @Test
    void aCallerMaySendSoMuchAndNoMoreWithoutPause() {
        CallerRates rates = new CallerRates(10);
        rates.take("a", 40);
        assertEquals("{\"message\":\"Too many messages to broadcast, please reduce the batch size\"}",
                assertThrows(RestRefusal.class, () -> rates.take("a", 20)).body());
        rates.take("b", 50);
        RestRefusal exhausted = assertThrows(RestRefusal.class, () -> rates.take("b", 1));
        assertEquals(429, exhausted.status());
        assertEquals("{\"message\":\"You have exceeded your rate limit\"}", exhausted.body());
    }

    private static void refused(String body, String batch) {
        assertEquals(body, assertThrows(RestRefusal.class, () -> BroadcastBatch.read(batch, MAX, MOST)).body(), batch);
    }
}
