package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.testing.Seed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RowTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void valuesAreFoundAsTheyAreWritten() {
        Row row = Row.parse("""
                {"id":7, "body" : "a \\"b\\" \\u00e9\\n","n":null,"t":true,"f":-1.50e+3,"o":{"x":["}",1]},"we\\"ird":"y","e":""}""");
        assertEquals(List.of("id", "body", "n", "t", "f", "o", "we\"ird", "e"), row.names());
        assertEquals("7", row.text("id"));
        assertEquals("a \"b\" é\n", row.text("body"));
        assertNull(row.text("n"));
        assertTrue(row.has("n"));
        assertFalse(row.has("missing"));
        assertNull(row.text("missing"));
        assertEquals("true", row.text("t"));
        assertEquals("-1.50e+3", row.text("f"));
        assertEquals("{\"x\":[\"}\",1]}", row.text("o"));
        assertEquals("y", row.text("we\"ird"));
        assertEquals("", row.text("e"));
        assertEquals("{\"id\":7,\"we\\\"ird\":\"y\"}", row.only(Set.of("we\"ird", "id", "missing")));
    }

    @Test
    void bytesAreBareHexAndNothingElseChanges() {
        Table table = new Table("public", "t", List.of(new Column("a", "bytea", "pg_catalog.bytea"), new Column("b", "text", "pg_catalog.text"),
                new Column("c", "bytea", "pg_catalog.bytea"), new Column("d", "_bytea", "pg_catalog._bytea")), List.of(), List.of(), false);
        assertEquals("{\"c\":\"0102\",\"b\":\"\\\\x03\",\"a\":\"\",\"d\":[\"\\\\x04\"]}",
                Row.parse("{\"c\":\"\\\\x0102\",\"b\":\"\\\\x03\",\"a\":\"\\\\x\",\"d\":[\"\\\\x04\"]}").json(table));
        String without = "{\"a\":null,\"b\":\"\\\\x03\"}";
        assertEquals(without, Row.parse(without).json(table));
    }

    @Test
    void largeValuesAreLeftOutByTheirBytes() {
        Row row = Row.parse("{\"a\":\"" + "x".repeat(62) + "\",\"b\":\"" + "x".repeat(63) + "\",\"c\":\"" + "é".repeat(31) + "\",\"d\":\"" + "é".repeat(32)
                + "\",\"e\":\"" + "😀".repeat(15) + "\",\"f\":\"" + "😀".repeat(16) + "\",\"g\":\"" + "€".repeat(20) + "\",\"h\":\"" + "€".repeat(21) + "\"}");
        assertEquals(List.of("a", "c", "e", "g"), Row.parse(row.withoutLarge(64)).names());
    }

    @Test
    void whatIsNoRowIsRefused() {
        for (String broken : List.of("", "{", "[]", "null", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1", "{\"a\":\"x}", "{\"a\":\"x\\\"}", "{\"a\":{}", "{a:1}",
                "{} x", "{\"a\":1 2}")) {
            assertThrows(IllegalArgumentException.class, () -> Row.parse(broken), broken);
        }
    }

    @Test
    void depthAndSizeAreNoObstacle() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        String digits = "9".repeat(200_000);
        String slashes = "\\\\".repeat(500_000);
        String json = "{\"deep\":" + deep + ",\"digits\":" + digits + ",\"slashes\":\"" + slashes + "\",\"short\":[" + "\"x\",".repeat(200_000) + "1]}";
        Row row = assertTimeout(Duration.ofSeconds(2), () -> Row.parse(json));
        assertEquals(deep, row.text("deep"));
        assertEquals(digits, row.text("digits"));
        assertEquals("\\".repeat(500_000), row.text("slashes"));
    }

    @Test
    void agreesWithAnotherParser() throws Exception {
        Random random = Seed.stream(Seed.of(RowTest.class), 0);
        for (int i = 0; i < 2_000; i++) {
            ObjectNode object = object(random, 3);
            String json = random.nextBoolean() ? JSON.writeValueAsString(object) : JSON.writerWithDefaultPrettyPrinter().writeValueAsString(object);
            Row row = Row.parse(json);
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            assertEquals(names, row.names());
            for (String name : names) {
                JsonNode value = object.get(name);
                String text = row.text(name);
                if (value.isTextual() || value.isNull()) {
                    assertEquals(value.textValue(), text);
                } else {
                    assertEquals(value, JSON.readTree(text));
                }
                assertEquals(JSON.createObjectNode().set(name, value), JSON.readTree(row.only(List.of(name))));
                int field = row.find(name, random.nextInt(names.size()));
                assertTrue(text == null || row.is(field, text) && !row.is(field, text + "x") && !row.is(field, "\u0002"));
            }
        }
    }

    private static ObjectNode object(Random random, int depth) {
        ObjectNode object = JSON.createObjectNode();
        for (int i = random.nextInt(20); i > 0; i--) {
            object.set(string(random), value(random, depth));
        }
        return object;
    }

    private static JsonNode value(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0 -> JSON.getNodeFactory().nullNode();
            case 1 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 2 -> JSON.getNodeFactory().numberNode(random.nextInt());
            case 3 -> JSON.getNodeFactory().numberNode(random.nextDouble() * 1e20);
            case 4 -> JSON.getNodeFactory().textNode(string(random));
            case 5 -> object(random, depth - 1);
            default -> {
                ArrayNode array = JSON.createArrayNode();
                for (int i = random.nextInt(4); i > 0; i--) {
                    array.add(value(random, depth - 1));
                }
                yield array;
            }
        };
    }

    private static String string(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.appendCodePoint("ab{}[]:,\"\\\n\t\u0001/é€😀 x".codePoints().toArray()[random.nextInt(19)]);
        }
        return text.toString();
    }
}
