package dev.parley.changes;

import java.util.Objects;

/**
 * A column as the catalogue has it.
 *
 * @param name          as it is, unquoted
 * @param type          PostgreSQL's {@code typname}: {@code int4}, {@code _text} for an array, the name of an enum
 * @param cast          how the type is written in a cast, schema-qualified and quoted where needed, without type modifier
 * @param collation     the column's collation where it is another than its type's own, schema-qualified and quoted where needed; else null
 * @param deterministic whether values that its collation calls equal are the same bytes; true for a column without collation
 */
public record Column(String name, String type, String cast, String collation, boolean deterministic) {

    // written out: compared for each change and filter, mostly with itself, and in a native executable a record's own may be a thousand times slower
    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Column column && column.name.equals(name) && column.type.equals(type) && column.cast.equals(cast)
                && Objects.equals(column.collation, collation) && column.deterministic == deterministic;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, type, cast, collation, deterministic);
    }

    /** With its type's own collation. */
    public Column(String name, String type, String cast) {
        this(name, type, cast, null, true);
    }
}
