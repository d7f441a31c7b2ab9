package dev.parley.changes;

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

    /** With its type's own collation. */
    public Column(String name, String type, String cast) {
        this(name, type, cast, null, true);
    }
}
