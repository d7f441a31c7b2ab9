package dev.parley.changes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads {@code column=operator.value,…} as upstream reads it, with upstream's complaints. */
final class FilterGrammar {

    static final int MAX_LENGTH = 8_192;
    static final int MAX_CONDITIONS = 20;
    static final int MAX_VALUES = 100;

    private FilterGrammar() {
    }

    /** @return the conditions that must all hold; none for a blank text */
    static List<Condition> parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw FilterException.unreadable("filter must not be longer than " + MAX_LENGTH + " characters");
        }
        String trimmed = text.strip();
        if (trimmed.isEmpty()) {
            return List.of();
        }
        refuseBrokenText(trimmed);
        List<Condition> conditions = new ArrayList<>();
        for (String segment : segments(trimmed)) {
            if (conditions.size() == MAX_CONDITIONS) {
                throw FilterException.unreadable("filter must not have more than " + MAX_CONDITIONS + " conditions");
            }
            conditions.add(condition(segment.strip()));
        }
        return conditions;
    }

    /** What no database string can hold would be altered on the way there. */
    private static void refuseBrokenText(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (c == 0 || Character.isSurrogate(c)) {
                throw FilterException.database("22021", "invalid byte sequence for encoding \"UTF8\"");
            }
        }
    }

    /** Splits at commas outside parentheses and quotes; a quote opens only where a value can begin. */
    private static List<String> segments(String text) {
        List<String> segments = new ArrayList<>();
        int start = 0;
        int depth = 0;
        boolean quoted = false;
        char before = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c == '\\' && i + 1 < text.length()) {
                    i++;
                } else if (c == '"') {
                    quoted = false;
                }
            } else if (c == '"' && (before == '.' || before == '(' || before == ',')) {
                quoted = true;
            } else if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth = Math.max(0, depth - 1);
            } else if (c == ',' && depth == 0) {
                segments.add(text.substring(start, i));
                start = i + 1;
                before = 0;
                continue;
            }
            // in a list blanks don't count; upstream forgets that here, and only has errors for what this lets through
            before = depth > 0 && isSpace(c) && (before == '(' || before == ',') ? before : c;
        }
        segments.add(text.substring(start));
        return segments;
    }

    private static Condition condition(String segment) {
        if (segment.isEmpty()) {
            throw FilterException.unreadable("filter must not contain empty segments (check for extra commas)");
        }
        int equals = segment.indexOf('=');
        if (equals < 0) {
            throw FilterException.unreadable(inspect(segment));
        }
        String rest = segment.substring(equals + 1);
        boolean negated = rest.startsWith("not.");
        rest = negated ? rest.substring(4) : rest;
        int dot = rest.indexOf('.');
        if (dot < 0) {
            throw FilterException.unreadable(inspect(rest));
        }
        String value = rest.substring(dot + 1);
        Operator operator = Operator.named(rest.substring(0, dot));
        if (operator == null) {
            throw FilterException.unreadable(inspect(rest.substring(0, dot), value));
        }
        List<String> values = operator == Operator.IN ? list(value) : List.of(unquote(value));
        return new Condition(segment.substring(0, equals), operator, negated, values);
    }

    private static String unquote(String value) {
        if (!value.startsWith("\"")) {
            return value;
        }
        StringBuilder content = new StringBuilder();
        int end = quoted(value, 0, content);
        return end == value.length() ? content.toString() : value;
    }

    /** Reads from an opening quote; returns the place behind the closing one, negative when there is none. */
    private static int quoted(String text, int opening, StringBuilder content) {
        for (int i = opening + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\' && ++i == text.length()) {
                return -1;
            }
            content.append(text.charAt(i));
        }
        return -1;
    }

    /** The values between parentheses, by the rules of PostgreSQL's array literals: that is what upstream makes of them. */
    private static List<String> list(String value) {
        if (value.length() < 2 || !value.startsWith("(") || !value.endsWith(")")) {
            throw FilterException.unreadable("`in` filter value must be wrapped by parentheses");
        }
        String body = value.substring(1, value.length() - 1);
        List<String> values = new ArrayList<>();
        int i = skipSpace(body, 0);
        if (i == body.length()) {
            return values;
        }
        while (true) {
            StringBuilder content = new StringBuilder();
            if (i < body.length() && body.charAt(i) == '"') {
                i = quoted(body, i, content);
                values.add(content.toString());
            } else {
                i = bare(body, i, values);
            }
            i = i < 0 ? i : skipSpace(body, i);
            if (i < 0 || i < body.length() && body.charAt(i) != ',') {
                throw malformed(body);
            }
            if (values.size() > MAX_VALUES) {
                throw FilterException.raised("too many values for `in` filter. Maximum " + MAX_VALUES);
            }
            if (i == body.length()) {
                return Collections.unmodifiableList(values);
            }
            i = skipSpace(body, i + 1);
        }
    }

    /** Reads a value without quotes; returns the place behind it, negative when it is none. */
    private static int bare(String body, int from, List<String> values) {
        StringBuilder content = new StringBuilder();
        int length = 0; // without the blanks behind it
        boolean escapes = false;
        int i = from;
        for (; i < body.length() && body.charAt(i) != ','; i++) {
            char c = body.charAt(i);
            if (c == '"' || c == '{' || c == '}') {
                return -1;
            }
            boolean escape = c == '\\';
            if (escape && ++i == body.length()) {
                return -1;
            }
            content.append(body.charAt(i));
            length = escape || !isSpace(c) ? content.length() : length;
            escapes |= escape;
        }
        if (length == 0) {
            return -1;
        }
        content.setLength(length);
        String text = content.toString();
        values.add(!escapes && text.equalsIgnoreCase("null") ? null : text);
        return i;
    }

    private static FilterException malformed(String body) {
        return FilterException.database("22P02", "malformed array literal: \"{" + body + "}\"");
    }

    private static int skipSpace(String text, int from) {
        int i = from;
        while (i < text.length() && isSpace(text.charAt(i))) {
            i++;
        }
        return i;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    /** A list of strings as upstream's language prints it. */
    private static String inspect(String... parts) {
        StringBuilder text = new StringBuilder("[");
        for (String part : parts) {
            text.append(text.length() > 1 ? ", \"" : "\"");
            for (int i = 0; i < part.length(); i++) {
                char c = part.charAt(i);
                switch (c) {
                    case '"', '\\' -> text.append('\\').append(c);
                    case '\n' -> text.append("\\n");
                    case '\r' -> text.append("\\r");
                    case '\t' -> text.append("\\t");
                    case '#' -> text.append(part.startsWith("#{", i) ? "\\#" : "#");
                    default -> text.append(c);
                }
            }
            text.append('"');
        }
        return text.append(']').toString();
    }
}
