package dev.parley.changes;

/**
 * A filter's value after the cast to the column's type.
 *
 * @param literal how the type writes it, to be cast once more
 * @param text    as {@link Row#text} has equal values, where the type allows that
 */
record Comparand(String literal, String text) {
}
