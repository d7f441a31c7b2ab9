package dev.parley.changes;

/** What conditions have in common that one statement can judge, each with its own value. */
record Shape(Column column, Operator operator, boolean negated) {

    // written out: looked up for each question to the database, and in a native executable a record's own may be a thousand times slower
    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && shape.operator == operator && shape.negated == negated && shape.column.equals(column);
    }

    @Override
    public int hashCode() {
        return (31 * column.hashCode() + operator.hashCode()) * 2 + (negated ? 1 : 0);
    }

    /** See {@link Operator#sql}. */
    String sql(String left, String value) {
        String comparison = operator.sql(left, value, column.cast());
        return negated ? "not (" + comparison + ")" : comparison;
    }
}
