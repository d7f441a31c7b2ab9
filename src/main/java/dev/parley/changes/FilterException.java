package dev.parley.changes;

/** A filter can't be applied. */
public class FilterException extends RuntimeException {

    private final boolean grammar;

    /**
     * @param grammar whether the text itself is wrong, as opposed to the table's or the database's objection to it
     * @param message for {@code grammar} upstream's whole text; else the database's error, in its words
     */
    public FilterException(boolean grammar, String message) {
        super(message, null, false, false);
        this.grammar = grammar;
    }

    public boolean isGrammar() {
        return grammar;
    }
}
