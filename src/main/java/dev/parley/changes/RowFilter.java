package dev.parley.changes;

import java.util.List;

/** A subscription's filter, checked against a table's columns and types and ready to be applied. Immutable; any thread. */
public interface RowFilter {

    /** What a filter says of a row. */
    enum Verdict {
        MATCH, NO_MATCH,
        /** Only PostgreSQL can say: see {@link Judge}. */
        ASK
    }

    /** Lets everything through. */
    RowFilter ALL = new RowFilter() {
        @Override
        public Verdict test(Row row) {
            return Verdict.MATCH;
        }
    };

    Verdict test(Row row);

    /** Whether the table still has the columns that the filter looks at, of the types that it was made for. */
    default boolean fits(Table table) {
        return true;
    }

    /** Whether it ever answers {@link Verdict#ASK}. */
    default boolean mayAsk() {
        return false;
    }

    /** A column that must equal one of {@link #indexValues} for the row to match, or null when there is none that an index can serve. */
    default String indexColumn() {
        return null;
    }

    /** In {@link Row#text}'s form, each once. */
    default List<String> indexValues() {
        return List.of();
    }

    /** The one that the column must equal; null when it may be one of several. */
    default String indexValue() {
        return indexValues().size() == 1 ? indexValues().get(0) : null;
    }
}
