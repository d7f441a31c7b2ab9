package dev.parley.conversation;

import dev.parley.feed.LargeRows;

/** SQL for a page of a conversation's messages out of their table. */
public final class MessageRows {

    /** The JSON of {@code p.message} as text. */
    public static final String TEXT = LargeRows.text("pg_catalog.to_json(p.message)", "p.bytes");
    /** Whether large values are missing in it. */
    public static final String CUT = LargeRows.isCut("p.bytes");

    private MessageRows() {
    }

    /** The first {@code $3} messages of conversation {@code $1} after the number {@code $2}, see {@link #page}. */
    public static String after(String mostBytes) {
        return page(mostBytes, ">", "asc");
    }

    /** The last {@code $3} messages of conversation {@code $1} before the number {@code $2}, see {@link #page}. */
    static String before(String mostBytes) {
        return page(mostBytes, "<", "desc");
    }

    /**
     * Messages as {@code p}: their {@code seq}, {@code created_at}, {@code message} and its {@code bytes}, and whether each {@code fits} into the page.
     *
     * @param mostBytes no further message fits once so many are reached
     */
    private static String page(String mostBytes, String side, String order) {
        return """
                (select l.seq, l.created_at, l as message, b.bytes, sum(b.told) over (order by l.seq %3$s) - b.told < %1$s as fits
                 from (select * from public.messages m where m.conversation_id = $1 and m.seq %2$s $2 order by m.seq %3$s limit $3) l
                 cross join lateral (select s.bytes, %5$s as told from (select %4$s as bytes) s) b) p"""
                .formatted(mostBytes, side, order, bytes("l"), LargeRows.told("s.bytes"));
    }

    /** About the bytes of a message as JSON: of the two of its columns that may be large. */
    static String bytes(String row) {
        return "octet_length(%1$s.content) + octet_length(%1$s.metadata::text)".formatted(row);
    }
}
