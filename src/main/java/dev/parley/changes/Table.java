package dev.parley.changes;

import java.util.List;

/**
 * A watched table's shape, as it was when the catalogue was last read.
 *
 * @param schema      of the table, or of its root
 * @param name        the table's, or its root's
 * @param columns     in table order, without dropped and virtual ones, which no row in the log has
 * @param key         names of the primary key's columns, empty when there is none
 * @param identity    names of the columns that {@code old_record} holds by replica identity: the key's, an index's, or all of them; empty with {@code nothing}
 * @param rowSecurity whether row level security is on
 */
public record Table(String schema, String name, List<Column> columns, List<String> key, List<String> identity, boolean rowSecurity) {

    // written out: looked up for each change, mostly the same object, and in a native executable a record's own may be a thousand times slower
    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Table table && table.schema.equals(schema) && table.name.equals(name) && table.rowSecurity == rowSecurity
                && table.columns.equals(columns) && table.key.equals(key) && table.identity.equals(identity);
    }

    @Override
    public int hashCode() {
        return 31 * schema.hashCode() + name.hashCode();
    }

    /** @return null when there is no such column */
    public Column column(String wanted) {
        for (Column column : columns) {
            if (column.name().equals(wanted)) {
                return column;
            }
        }
        return null;
    }

    /** Whether it has all these columns. */
    public boolean has(List<String> names) {
        return names.stream().allMatch(name -> column(name) != null);
    }

    /**
     * Whether a row goes with this shape: if not, the table has been altered since the one or the other.
     *
     * @param names the row's columns, in any order
     */
    public boolean fits(List<String> names) {
        return columns.size() == names.size() && columns.stream().allMatch(column -> names.contains(column.name()));
    }
}
