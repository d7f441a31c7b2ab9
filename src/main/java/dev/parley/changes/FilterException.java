package dev.parley.changes;

import java.util.Map;

/** A filter can't be applied. */
public class FilterException extends RuntimeException {

    /** As the manual's appendix A has them; upstream's texts name them beside the code. */
    private static final Map<String, String> CONDITIONS = Map.ofEntries(
            Map.entry("0A000", "feature_not_supported"), Map.entry("22001", "string_data_right_truncation"),
            Map.entry("22003", "numeric_value_out_of_range"), Map.entry("22007", "invalid_datetime_format"),
            Map.entry("22008", "datetime_field_overflow"), Map.entry("22021", "character_not_in_repertoire"),
            Map.entry("22023", "invalid_parameter_value"), Map.entry("22025", "invalid_escape_sequence"),
            Map.entry("2201B", "invalid_regular_expression"), Map.entry("22P02", "invalid_text_representation"),
            Map.entry("23502", "not_null_violation"), Map.entry("23514", "check_violation"), Map.entry("42501", "insufficient_privilege"),
            Map.entry("42704", "undefined_object"), Map.entry("42804", "datatype_mismatch"), Map.entry("42883", "undefined_function"),
            Map.entry("54000", "program_limit_exceeded"), Map.entry("57014", "query_canceled"), Map.entry("P0001", "raise_exception"));

    private final boolean grammar;

    /**
     * @param grammar whether the text itself is wrong, as opposed to the table's or the database's objection to it
     * @param message for {@code grammar} upstream's whole text; else the database's error, in its words
     */
    public FilterException(boolean grammar, String message) {
        super(message, null, false, false);
        this.grammar = grammar;
    }

    /** The text of a filter is not one. */
    static FilterException unreadable(String reason) {
        return new FilterException(true, "Error parsing `filter` params: " + reason);
    }

    /** Upstream leaves the check to a function in the database, whose error it passes on. */
    static FilterException raised(String reason) {
        return database("P0001", reason);
    }

    /** The database's objection, or one that it would have made, as upstream's driver words it. */
    static FilterException database(String state, String message) {
        String condition = CONDITIONS.get(state);
        return new FilterException(false, "ERROR " + state + (condition == null ? " " : " (" + condition + ") ") + message);
    }

    /** Comparing with it takes the database too long, in the database's words, whether it said so now or before. */
    static FilterException tooSlow() {
        return database("57014", "canceling statement due to statement timeout");
    }

    public boolean isGrammar() {
        return grammar;
    }
}
