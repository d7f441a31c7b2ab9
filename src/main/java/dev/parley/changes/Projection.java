package dev.parley.changes;

import java.util.List;
import java.util.Set;

/** The columns of a row that a subscription wants to see. */
public final class Projection {

    private final Set<String> columns;

    private Projection(Set<String> columns) {
        this.columns = columns;
    }

    /** @throws FilterException when there is no such column */
    public static Projection of(Table table, List<String> select) {
        throw new UnsupportedOperationException();
    }

    /** Names of the chosen columns and the key's. */
    public Set<String> columns() {
        return columns;
    }
}
