package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.broadcast.Topic;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredRowTest {

    @Test
    void aRowWithJsonIsABroadcastOfThatJson() throws IOException {
        StoredRow row = StoredRow.read("""
                {"id":"i","topic":"chat:42","extension":"broadcast","payload":{"a": 1.10,"private":false},"event":"e","private":true,
                "updated_at":null,"binary_payload":null,"later":[{"topic":"x"}]}""");
        assertTrue(row.isBroadcast());
        assertEquals(new Topic("chat:42", true), row.topic());
        assertEquals("e", row.broadcast().event());
        assertEquals("{\"a\": 1.10,\"private\":false}", new String(row.broadcast().payload(), UTF_8));
        assertTrue(row.broadcast().isJson());
        assertEquals("{\"id\":\"i\"}", row.broadcast().meta());
    }

    @Test
    void aRowWithBytesIsABroadcastOfThoseBytes() throws IOException {
        StoredRow row = StoredRow.read("""
                {"id":"i","topic":"t","extension":"broadcast","payload":null,"event":"e","private":false,"binary_payload":"\\\\x00ff7e"}""");
        assertTrue(row.isBroadcast());
        assertEquals(new Topic("t", false), row.topic());
        assertArrayEquals(new byte[] {0, -1, 0x7e}, row.broadcast().payload());
        assertFalse(row.broadcast().isJson());
    }

    @Test
    void otherRowsAreNone() throws IOException {
        for (String record : List.of("{\"topic\":\"t\",\"extension\":\"presence\",\"event\":\"e\",\"payload\":{}}",
                "{\"topic\":\"t\",\"extension\":\"broadcast\",\"payload\":{}}", "{\"extension\":\"broadcast\",\"event\":\"e\",\"payload\":{}}",
                "{\"topic\":\"t\",\"extension\":\"broadcast\",\"event\":\"e\",\"payload\":null}", "{}")) {
            assertFalse(StoredRow.read(record).isBroadcast(), record);
        }
        for (String record : List.of("", "[]", "{\"a\"", "null")) {
            assertThrows(IOException.class, () -> StoredRow.read(record), record);
        }
    }
}
