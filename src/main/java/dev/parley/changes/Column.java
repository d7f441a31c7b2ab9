package dev.parley.changes;

/**
 * A column as the catalogue has it.
 *
 * @param name as it is, unquoted
 * @param type PostgreSQL's {@code typname}: {@code int4}, {@code _text} for an array, the name of an enum
 * @param cast how the type is written in a cast, schema-qualified and quoted where needed, without type modifier
 */
public record Column(String name, String type, String cast) {
}
