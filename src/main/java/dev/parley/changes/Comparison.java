package dev.parley.changes;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How far values of a type can be compared as {@code to_json} writes them (in UTC, bytea as hex, floats to their last digit) with exactly PostgreSQL's
 * result. What can't is asked of the database.
 */
enum Comparison {

    /** Not at all. */
    NONE(false, false),
    /** Equal values have equal text. */
    SAME_TEXT(true, false),
    /** And they are in the order of their text. */
    TEXT_ORDER(true, true),
    /** Dates and timestamps: the same, but only in the years 1 to 9999. */
    MOMENT(true, true),
    /** {@code char(n)}: blanks at the end don't count. */
    PADDED(false, false),
    INTEGER(true, true),
    NUMERIC(false, true),
    FLOAT4(false, true),
    FLOAT8(false, true);

    private static final String SYSTEM = "pg_catalog.";
    private static final Pattern PLAIN_INTEGER = Pattern.compile("[+-]?[0-9]{1,18}");
    private static final Pattern PLAIN_NUMERIC = Pattern.compile("[+-]?[0-9]{1,100}(\\.[0-9]{1,100})?");
    private static final Pattern PLAIN_UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    /** Reading takes more than linear time; nobody filters by such numbers. */
    private static final int LONGEST_NUMERIC = 1_000;

    private final boolean byText;
    private final boolean ordered;

    Comparison(boolean byText, boolean ordered) {
        this.byText = byText;
        this.ordered = ordered;
    }

    /** For the types that are known by name; an enum's is {@link #SAME_TEXT}, which only the database can tell. */
    static Comparison of(Column column) {
        return switch (systemType(column)) {
            case "int2", "int4", "int8", "oid" -> INTEGER;
            case "bool", "uuid", "bytea", "time" -> TEXT_ORDER;
            case "date", "timestamp", "timestamptz" -> MOMENT;
            case "text", "varchar" -> column.deterministic() ? SAME_TEXT : NONE;
            case "bpchar" -> column.deterministic() ? PADDED : NONE;
            case "name", "inet", "cidr", "macaddr", "macaddr8", "bit", "varbit" -> SAME_TEXT;
            case "numeric" -> NUMERIC;
            case "float4" -> FLOAT4;
            case "float8" -> FLOAT8;
            default -> NONE;
        };
    }

    /**
     * A filter's value as {@code to_json} would write it, for the usual spellings of the usual types; null for whatever needs a look by the database, be it
     * only for the words of its complaint.
     */
    static String usual(Column column, String value) {
        return switch (systemType(column)) {
            case "text", "varchar", "bpchar" -> value;
            case "uuid" -> PLAIN_UUID.matcher(value).matches() ? value.toLowerCase(Locale.ROOT) : null;
            case "int2" -> integer(value, Short.MIN_VALUE, Short.MAX_VALUE);
            case "int4" -> integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "int8" -> integer(value, Long.MIN_VALUE, Long.MAX_VALUE);
            case "oid" -> integer(value, 0, 0xFFFF_FFFFL);
            case "bool" -> switch (value) {
                case "true", "t" -> "true";
                case "false", "f" -> "false";
                default -> null;
            };
            case "numeric" -> PLAIN_NUMERIC.matcher(value).matches() ? value : null;
            default -> null;
        };
    }

    /** Whether a pattern can be applied to the column, without a question to the database. */
    static boolean isText(Column column) {
        return switch (systemType(column)) {
            case "text", "varchar" -> true;
            default -> false;
        };
    }

    static boolean isBoolean(Column column) {
        return systemType(column).equals("bool");
    }

    /** Whether an object in JSON is one value and not a row of several: JSON itself, and what an extension writes as such. */
    static boolean isJson(Column column) {
        return systemType(column).startsWith("json") || column.type().equals("hstore");
    }

    /** Whether values are equal exactly when their texts are. */
    boolean isByText() {
        return byText;
    }

    boolean isOrdered() {
        return ordered;
    }

    /** Whether {@link #value} has an answer for every value of the type. */
    boolean isTotal() {
        return this != NONE && this != MOMENT && this != NUMERIC;
    }

    /**
     * Something that is in the order of the values and equal where they are; null when this value is beyond it.
     *
     * @throws NumberFormatException for what is no value of the type, if it tells
     */
    Comparable<?> value(String text) {
        return switch (this) {
            case NONE -> null;
            case SAME_TEXT, TEXT_ORDER -> text;
            case MOMENT -> text.length() > 4 && text.charAt(4) == '-' && !text.endsWith("BC") ? text : null;
            case PADDED -> withoutPadding(text);
            case INTEGER -> Long.valueOf(text);
            case NUMERIC -> text.isEmpty() || text.length() > LONGEST_NUMERIC || !isDigit(text.charAt(text.length() - 1)) ? null : new BigDecimal(text).stripTrailingZeros();
            // plus zero: minus zero is equal to it
            case FLOAT4 -> Float.parseFloat(text) + 0f;
            case FLOAT8 -> Double.parseDouble(text) + 0d;
        };
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static String withoutPadding(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }

    private static String integer(String value, long least, long most) {
        if (!PLAIN_INTEGER.matcher(value).matches()) {
            return null;
        }
        long number = Long.parseLong(value);
        return number < least || number > most ? null : Long.toString(number);
    }

    private static String systemType(Column column) {
        // names that are words of SQL come quoted: "varchar", "numeric", "timestamp"; and "char", which is none of the types above
        return column.cast().startsWith(SYSTEM) ? column.cast().substring(SYSTEM.length()).replace("\"", "") : "";
    }
}
