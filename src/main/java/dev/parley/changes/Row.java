package dev.parley.changes;

/**
 * A row as the change log has it, its top level parsed once. Not thread safe while it is parsed, immutable afterwards.
 */
public final class Row {

    private final String json;

    private Row(String json) {
        this.json = json;
    }

    /** @param json one JSON object, as PostgreSQL's {@code to_json} wrote it */
    public static Row parse(String json) {
        return new Row(json);
    }

    public String json() {
        return json;
    }

    /** Whether the row has the column at all: a deleted row may have been cut down to its key. */
    public boolean has(String column) {
        throw new UnsupportedOperationException();
    }

    /** The value's canonical text: a string's content, any other value's JSON. Null when it is null or missing. */
    public String text(String column) {
        throw new UnsupportedOperationException();
    }

    /** The columns, in the row's order. */
    public java.util.List<String> names() {
        throw new UnsupportedOperationException();
    }

    /** The row as JSON cut down to these columns, in the row's order. */
    public String only(java.util.Collection<String> columns) {
        throw new UnsupportedOperationException();
    }

    /** The row as JSON in the encoding of upstream's values: {@code bytea} as hex digits without a prefix. */
    public String json(Table table) {
        throw new UnsupportedOperationException();
    }

    /** The row as JSON without fields larger than this. */
    public String withoutLarge(int bytes) {
        throw new UnsupportedOperationException();
    }
}
