package dev.parley.changes;

import java.util.Locale;

/** What a condition of a filter compares by. */
enum Operator {
    EQ("="), NEQ("<>"), LT("<"), LTE("<="), GT(">"), GTE(">="), IN("="), IS(null), LIKE("~~"), ILIKE("~~*"), MATCH("~"), IMATCH("~*"), ISDISTINCT(null);

    /** The schema of the system's types and operators. */
    static final String SYSTEM = "pg_catalog.";

    private final String sql;

    Operator(String sql) {
        this.sql = sql;
    }

    /** @return null when there is none of that name */
    static Operator named(String name) {
        for (Operator operator : values()) {
            if (operator.word().equals(name)) {
                return operator;
            }
        }
        return null;
    }

    /** As a filter writes it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the value is a pattern and not a value of the column's type. */
    boolean isPattern() {
        return this == LIKE || this == ILIKE || isRegex();
    }

    boolean isRegex() {
        return this == MATCH || this == IMATCH;
    }

    /** Whether it takes an order of values, and not only equality. */
    boolean isOrder() {
        return this == LT || this == LTE || this == GT || this == GTE;
    }

    /** Whether it is a pattern of bytes: those have {@code like} too. */
    boolean takesBytes(String cast) {
        return this == LIKE && cast.equals("pg_catalog.bytea");
    }

    /**
     * The comparison as SQL. Types of the system are compared by the system's operators, whatever somebody else has put where the session looks for others.
     *
     * @param left  an expression of the column's type
     * @param value an expression of type text, for {@code IN} of type json: an array of strings and nulls
     * @param cast  the column's type
     */
    String sql(String left, String value, String cast) {
        boolean system = cast.startsWith(SYSTEM);
        String symbol = system ? "operator(" + SYSTEM + sql + ")" : sql;
        return switch (this) {
            // not any(array): of arrays there is no array
            case IN -> "(select case when bool_or(c) then true when bool_or(c is null) then null else false end from (select " + left + " " + symbol + " e::" + cast
                    + " from json_array_elements_text(" + value + ") e) o(c))";
            case IS -> left + " is null";
            case LIKE, ILIKE, MATCH, IMATCH -> left + " " + symbol + " " + value + (takesBytes(cast) ? "::" + cast : "");
            // does not let its operator be named
            case ISDISTINCT -> system ? "not coalesce(" + EQ.sql(left, value, cast) + ", " + left + " is null and " + value + " is null)"
                    : left + " is distinct from " + value + "::" + cast;
            default -> left + " " + symbol + " " + value + "::" + cast;
        };
    }
}
