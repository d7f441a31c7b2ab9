package dev.parley.changes;

/** A table's name as settings write it: {@code orders}, {@code shop.orders}, {@code shop."Odd.Name"}. Without a schema it is in {@code public}. */
record TableName(String schema, String name) {

    /** Upper and lower case stay as they are; only a name with a dot needs quotes. */
    static TableName parse(String text) {
        String stripped = text.strip();
        int end = endOfPart(stripped);
        String first = unquoted(stripped.substring(0, end));
        return end == stripped.length() ? new TableName("public", first) : new TableName(first, unquoted(stripped.substring(end + 1)));
    }

    private static int endOfPart(String text) {
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '"') {
                quoted = !quoted;
            } else if (text.charAt(i) == '.' && !quoted) {
                return i;
            }
        }
        return text.length();
    }

    private static String unquoted(String part) {
        return part.length() > 1 && part.startsWith("\"") && part.endsWith("\"") ? part.substring(1, part.length() - 1).replace("\"\"", "\"") : part;
    }
}
