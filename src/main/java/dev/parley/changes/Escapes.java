package dev.parley.changes;

/** Escapes in JSON that PostgreSQL stores without a look and then can't read: those that stand for NUL, and for half of a character. */
final class Escapes {

    private static final int LENGTH = 6;

    private Escapes() {
    }

    /** @return the same JSON with U+FFFD in their place */
    static String readable(String json) {
        if (!json.contains("\\u")) {
            return json;
        }
        StringBuilder readable = new StringBuilder(json.length());
        int at = 0;
        while (at < json.length()) {
            int length = json.charAt(at) != '\\' ? 1 : json.charAt(at + 1) != 'u' ? 2 : LENGTH;
            boolean replaced = false;
            if (length == LENGTH) {
                char unit = unit(json, at);
                boolean pair = Character.isHighSurrogate(unit) && json.startsWith("\\u", at + LENGTH) && Character.isLowSurrogate(unit(json, at + LENGTH));
                replaced = unit == 0 || Character.isSurrogate(unit) && !pair;
                length = pair ? 2 * LENGTH : LENGTH;
            }
            if (replaced) {
                readable.append("\\ufffd");
            } else {
                readable.append(json, at, at + length);
            }
            at += length;
        }
        return readable.toString();
    }

    private static char unit(String json, int escape) {
        return (char) Integer.parseInt(json, escape + 2, escape + LENGTH, 16);
    }
}
