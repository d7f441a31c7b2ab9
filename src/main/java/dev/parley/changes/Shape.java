package dev.parley.changes;

/** What conditions have in common that one statement can judge, each with its own value. */
record Shape(Column column, Operator operator, boolean negated) {

    /** See {@link Operator#sql}. */
    String sql(String left, String value) {
        String comparison = operator.sql(left, value, column.cast());
        return negated ? "not (" + comparison + ")" : comparison;
    }
}
