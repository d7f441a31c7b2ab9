package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProjectionTest {

    private static final Table TABLE = new Table("public", "t",
            Stream.of("id", "a", "b", "part").map(name -> new Column(name, "text", "pg_catalog.text")).toList(), List.of("part", "id"), List.of(), false);

    @Test
    void theKeyComesAlong() {
        assertEquals(Set.of("id", "b", "part"), Projection.of(TABLE, List.of("b", "id", "b")).names());
    }

    @Test
    void noneAndAllAreTheWholeRow() {
        for (List<String> select : Stream.of(null, List.<String>of(), List.of("a", "b")).toList()) {
            assertNull(Projection.of(TABLE, select).names());
        }
    }

    @Test
    void anUnknownColumnIsRefusedInUpstreamsWords() {
        assertEquals("ERROR P0001 (raise_exception) invalid column for select c",
                assertThrows(FilterException.class, () -> Projection.of(TABLE, List.of("a", "c"))).getMessage());
        assertTrue(assertThrows(FilterException.class, () -> Projection.of(TABLE, List.of("x".repeat(1_000_000)))).getMessage().length() < 300);
    }
}
