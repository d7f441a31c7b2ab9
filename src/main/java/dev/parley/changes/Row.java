package dev.parley.changes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A row as the change log has it, its top level parsed once: where names and values are, nothing copied. Immutable; any thread. */
public final class Row {

    /** What a value is. */
    enum Kind { NULL, BOOL, NUMBER, STRING, OBJECT, ARRAY }

    /** Where in a field's four numbers is what. */
    static final int NAME_START = 0;
    static final int NAME_END = 1;
    static final int VALUE_START = 2;
    static final int VALUE_END = 3;
    static final int WIDTH = 4;

    private final String json;
    /** Four numbers a field: name and value with their quotes; an end is complemented when there are escapes before it. */
    private final int[] at;
    private final int fields;

    /** @param at as {@link RowScan} found them */
    Row(String json, int[] at, int fields) {
        this.json = json;
        this.at = at;
        this.fields = fields;
    }

    /**
     * @param json one JSON object, as PostgreSQL's {@code to_json} wrote it
     * @throws IllegalArgumentException when it is something else
     */
    public static Row parse(String json) {
        return new RowScan(json).row();
    }

    public String json() {
        return json;
    }

    /** The columns that it has, in its order. */
    public List<String> names() {
        List<String> names = new ArrayList<>(fields);
        for (int field = 0; field < fields; field++) {
            names.add(content(field, NAME_START));
        }
        return names;
    }

    /** Whether the row has the column at all: a deleted row may have been cut down to its key. */
    public boolean has(String column) {
        return find(column, 0) >= 0;
    }

    /** The value's canonical text: a string's content, any other value's JSON. Null when it is null or missing. */
    public String text(String column) {
        int field = find(column, 0);
        return field < 0 ? null : text(field);
    }

    /** The row cut down to these columns, in its own order, values as they are written. */
    public String only(Collection<String> columns) {
        StringBuilder kept = new StringBuilder().append('{');
        for (int field = 0; field < fields; field++) {
            if (columns.contains(content(field, NAME_START))) {
                append(kept, field);
            }
        }
        return kept.append('}').toString();
    }

    /** The row without the values that take more than so many bytes of JSON. */
    public String withoutLarge(int bytes) {
        StringBuilder kept = new StringBuilder().append('{');
        for (int field = 0; field < fields; field++) {
            if (!isLarger(at(field, VALUE_START), end(field, VALUE_START), bytes)) {
                append(kept, field);
            }
        }
        return kept.append('}').toString();
    }

    /** The row in upstream's encoding: {@code bytea} as bare hex digits, all else as it is. */
    public String json(Table table) {
        StringBuilder encoded = null;
        int copied = 0;
        for (int field = 0; field < fields; field++) {
            int start = at(field, VALUE_START);
            if (json.startsWith("\"\\\\x", start) && isBytes(table.column(content(field, NAME_START)))) {
                encoded = encoded == null ? new StringBuilder(json.length()) : encoded;
                encoded.append(json, copied, start + 1);
                copied = start + 4;
            }
        }
        return encoded == null ? json : encoded.append(json, copied, json.length()).toString();
    }

    private static boolean isBytes(Column column) {
        return column != null && column.type().equals("bytea");
    }

    /**
     * @param hint where it is likely to be, since rows come in their table's order
     * @return the field, negative when the row does not have it
     */
    int find(String column, int hint) {
        if (hint < fields && isNamed(hint, column)) {
            return hint;
        }
        for (int field = 0; field < fields; field++) {
            if (isNamed(field, column)) {
                return field;
            }
        }
        return -1;
    }

    Kind kind(int field) {
        return switch (json.charAt(at(field, VALUE_START))) {
            case '"' -> Kind.STRING;
            case '{' -> Kind.OBJECT;
            case '[' -> Kind.ARRAY;
            case 'n' -> Kind.NULL;
            case 't', 'f' -> Kind.BOOL;
            default -> Kind.NUMBER;
        };
    }

    String text(int field) {
        return switch (kind(field)) {
            case NULL -> null;
            case STRING -> content(field, VALUE_START);
            default -> json.substring(at(field, VALUE_START), end(field, VALUE_START));
        };
    }

    /** Whether {@link #text(int)} equals it. */
    boolean is(int field, String text) {
        if (kind(field) == Kind.STRING) {
            return isContent(field, VALUE_START, text);
        }
        int start = at(field, VALUE_START);
        return end(field, VALUE_START) - start == text.length() && json.startsWith(text, start);
    }

    private boolean isNamed(int field, String column) {
        return isContent(field, NAME_START, column);
    }

    private boolean isContent(int field, int which, String text) {
        int start = at(field, which) + 1;
        if (isEscaped(field, which)) {
            return text.length() < end(field, which) - start && content(field, which).equals(text);
        }
        return end(field, which) - 1 - start == text.length() && json.startsWith(text, start);
    }

    private String content(int field, int which) {
        String raw = json.substring(at(field, which) + 1, end(field, which) - 1);
        return isEscaped(field, which) ? unescape(raw) : raw;
    }

    private int at(int field, int which) {
        return at[field * WIDTH + which];
    }

    /** @param which of the two starts */
    private int end(int field, int which) {
        int end = at(field, which + 1);
        return end < 0 ? ~end : end;
    }

    private boolean isEscaped(int field, int which) {
        return at(field, which + 1) < 0;
    }

    private void append(StringBuilder kept, int field) {
        if (kept.length() > 1) {
            kept.append(',');
        }
        kept.append(json, at(field, NAME_START), end(field, NAME_START)).append(':').append(json, at(field, VALUE_START), end(field, VALUE_START));
    }

    private boolean isLarger(int start, int end, int bytes) {
        int size = end - start;
        for (int i = start; i < end && size <= bytes; i++) {
            char c = json.charAt(i);
            size += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
        }
        return size > bytes;
    }

    private static String unescape(String raw) {
        StringBuilder text = new StringBuilder(raw.length());
        int copied = 0;
        for (int i = raw.indexOf('\\'); i >= 0; i = raw.indexOf('\\', copied)) {
            text.append(raw, copied, i);
            char c = raw.charAt(i + 1);
            copied = i + 2;
            switch (c) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    if (raw.length() < i + 6) {
                        throw new IllegalArgumentException("a row with a broken escape");
                    }
                    text.append((char) Integer.parseInt(raw, i + 2, i + 6, 16));
                    copied = i + 6;
                }
                default -> text.append(c);
            }
        }
        return text.append(raw, copied, raw.length()).toString();
    }
}
