package dev.parley.changes;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The columns that a subscription gets: those it selected and the primary key's.
 *
 * @param names theirs; null when it gets every column
 */
public record Projection(Set<String> names) {

    private static final int LONGEST = 200;

    // written out: see Table
    @Override
    public boolean equals(Object other) {
        return other instanceof Projection projection && Objects.equals(projection.names, names);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(names);
    }

    /**
     * @param select names of columns; null or empty for all
     * @throws FilterException when the table does not have one of them
     */
    public static Projection of(Table table, List<String> select) {
        if (select == null || select.isEmpty()) {
            return new Projection(null);
        }
        Set<String> known = table.columns().stream().map(Column::name).collect(Collectors.toSet());
        for (String column : select) {
            if (!known.contains(column)) {
                throw FilterException.raised("invalid column for select " + (column.length() <= LONGEST ? column : column.substring(0, LONGEST) + "…"));
            }
        }
        Set<String> wanted = new HashSet<>(select);
        wanted.addAll(table.key());
        return new Projection(wanted.containsAll(known) ? null : Set.copyOf(wanted));
    }
}
