package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProjectionTest {

    private static final Table TABLE = new Table("public", "t",
            Stream.of("id", "a", "b", "part").map(name -> new Column(name, "text", "pg_catalog.text")).toList(), List.of("part", "id"), List.of(), false);
    private static final Row ROW = Row.parse("{\"id\":\"1\",\"a\":\"2\",\"b\":\"3\",\"part\":\"4\"}");

    @Test
    void theKeyComesAlongAndTheTablesOrderStays() {
        Projection projection = Projection.of(TABLE, List.of("b", "id", "b"));
        assertEquals(List.of("id", "b", "part"), projection.columns().stream().map(Column::name).toList());
        assertEquals("{\"id\":\"1\",\"b\":\"3\",\"part\":\"4\"}", projection.apply(ROW));
        assertFalse(projection.isWhole());
    }

    @Test
    void noneAndAllAreTheWholeRow() {
        for (List<String> select : Stream.of(null, List.<String>of(), List.of("a", "b")).toList()) {
            Projection projection = Projection.of(TABLE, select);
            assertTrue(projection.isWhole());
            assertEquals(TABLE.columns(), projection.columns());
            assertEquals(ROW.json(), projection.apply(ROW));
        }
    }

    @Test
    void anUnknownColumnIsRefusedInUpstreamsWords() {
        assertEquals("ERROR P0001 (raise_exception) invalid column for select c",
                assertThrows(FilterException.class, () -> Projection.of(TABLE, List.of("a", "c"))).getMessage());
        assertTrue(assertThrows(FilterException.class, () -> Projection.of(TABLE, List.of("x".repeat(1_000_000)))).getMessage().length() < 300);
    }
}
