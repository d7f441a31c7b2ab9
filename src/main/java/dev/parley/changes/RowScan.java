package dev.parley.changes;

import java.util.Arrays;

/**
 * One way through a row's text, its top level only. Good for one row; one thread.
 *
 * <p>A scanner of its own and not Jackson's: the text is PostgreSQL's, values are passed on as they are written, and what the database may hold (numbers of
 * 100,000 digits, JSON of any depth) must not fail here.
 */
final class RowScan {

    private final String json;
    private int position;
    private int backslash = -1;
    private boolean escaped;

    RowScan(String json) {
        this.json = json;
    }

    /** @throws IllegalArgumentException when the text is no JSON object */
    Row row() {
        int[] at = new int[16 * Row.WIDTH];
        int fields = 0;
        expect('{');
        if (peek() == '}') {
            position++;
        } else {
            do {
                int i = fields++ * Row.WIDTH;
                if (i == at.length) {
                    at = Arrays.copyOf(at, i * 2);
                }
                peek();
                at[i + Row.NAME_START] = position;
                at[i + Row.NAME_END] = string();
                expect(':');
                peek();
                at[i + Row.VALUE_START] = position;
                at[i + Row.VALUE_END] = value();
            } while (goesOn());
        }
        while (position < json.length()) {
            if (!isSpace(json.charAt(position++))) {
                throw broken();
            }
        }
        return new Row(json, at, fields);
    }

    private boolean goesOn() {
        char c = peek();
        position++;
        if (c != ',' && c != '}') {
            throw broken();
        }
        return c == ',';
    }

    private int value() {
        char c = json.charAt(position);
        if (c == '"') {
            return string();
        }
        if (c == '{' || c == '[') {
            return nested();
        }
        int start = position;
        while (position < json.length() && !isEnd(json.charAt(position))) {
            position++;
        }
        if (start == position) {
            throw broken();
        }
        return position;
    }

    private int nested() {
        int depth = 0;
        do {
            switch (peek()) {
                case '"' -> {
                    string();
                    continue;
                }
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                default -> { }
            }
            position++;
        } while (depth > 0);
        return position;
    }

    /** Passes over a string; returns its end, complemented when there are escapes in it. */
    private int string() {
        expect('"');
        escaped = false;
        position = closing(position) + 1;
        return escaped ? ~position : position;
    }

    /** Looks each quote and each backslash up once: to look for both anew from each of them would be quadratic. */
    private int closing(int from) {
        int quote = -1;
        while (true) {
            if (quote < from) {
                quote = json.indexOf('"', from);
                if (quote < 0) {
                    throw broken();
                }
            }
            if (backslash < from) {
                int next = json.indexOf('\\', from);
                backslash = next < 0 ? Integer.MAX_VALUE : next;
            }
            if (backslash > quote) {
                return quote;
            }
            escaped = true;
            from = backslash + 2;
        }
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw broken();
        }
        position++;
    }

    private char peek() {
        while (position < json.length()) {
            char c = json.charAt(position);
            if (!isSpace(c)) {
                return c;
            }
            position++;
        }
        throw broken();
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    }

    private static boolean isEnd(char c) {
        return c == ',' || c == '}' || isSpace(c);
    }

    private IllegalArgumentException broken() {
        // not the row itself: it may be anybody's
        return new IllegalArgumentException("not a row's JSON, from character " + position + " of " + json.length());
    }
}
