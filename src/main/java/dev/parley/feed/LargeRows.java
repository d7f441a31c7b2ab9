package dev.parley.feed;

/** Rows of many megabytes, which nobody's memory is to hold: the log trigger does the same (V14), but not in what it logged before it did, nor in the tables. */
public final class LargeRows {

    /** A row with more bytes as JSON, an update's old row included, is told without its large values. */
    private static final int WHOLE = 8 << 20;
    /** What a value may have to be told all the same; no key has more. */
    private static final int SMALL = 4096;

    private LargeRows() {
    }

    /** SQL for whether a row has too many bytes. */
    public static String isCut(String bytes) {
        return bytes + " > " + WHOLE;
    }

    /** SQL for about what is told of a row with so many bytes. */
    public static String told(String bytes) {
        return "case when %1$s <= %2$d then %1$s else %3$d end".formatted(bytes, WHOLE, SMALL);
    }

    /** SQL for a row's JSON, cut when it has too many bytes. */
    public static String json(String json, String bytes) {
        return "case when %2$s <= %3$d then %1$s else parley.small_values(%1$s, %4$d) end".formatted(json, bytes, WHOLE, SMALL);
    }

    /** The same as text. */
    public static String text(String json, String bytes) {
        return json(json, bytes) + "::text";
    }
}
